//! A grid of thumbnails, of which only what is in view exists. Used by Data and by the gallery.

use super::{
    context::{PanelContext, keys_are_elsewhere},
    tags, theme, widgets,
};
use crate::{
    app::{
        AppCommand, Command,
        actions::Id,
        icons,
        state::{Mark, Overlay, Tab},
    },
    data::Label,
    engine::thumbnail_cache::Thumb,
};
use eframe::egui::{
    Align2, Color32, Event, FontId, IdSalt, Key, PointerButton, Pos2, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    Vec2, WidgetInfo, accesskit::Role, pos2, style::ScrollAnimation, vec2,
};
use std::{fmt, hash::Hash};

/// Least side of a cell's picture in a grid of this width, so many steps larger than suits it; the columns share what is left.
fn cell_side(width: f32, steps: i8) -> f32 {
    const STEP: f32 = 1.25;
    // In wide grids they are larger, and there are more of them, too.
    (width / 8.0).clamp(112.0, 160.0) * STEP.powi(steps.into())
}

/// The buttons that make thumbnails smaller and larger.
pub fn size_buttons(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    widgets::icon_button(ui, cx, Id::SmallerThumbnails);
    widgets::icon_button(ui, cx, Id::LargerThumbnails);
}

/// Height of the lines under it.
pub const LINE: f32 = 16.0;

/// One cell, as its owner describes it.
pub struct GridCell {
    /// `None`: an image of a data set that is not open.
    pub thumb: Option<Thumb>,
    pub name: String,
    pub label: Option<Label>,
    pub selected: bool,
    /// Selected together with others.
    pub marked: bool,
    pub left_out: bool,
    /// A second line under the name.
    pub note: Option<String>,
    /// How its call turned out, in the gallery.
    pub outcome: Option<Tab>,
    /// Tags of the person's own.
    pub tags: Vec<String>,
    /// What else is said under the pointer.
    pub hint: Option<&'static str>,
}

/// What was done to a cell with the pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Click {
    pub index: usize,
    pub how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Once,
    Twice,
    /// With Ctrl held.
    Toggle,
    /// With Shift held.
    To,
    /// With the other button: a menu opens.
    Menu,
}

impl Click {
    /// Sends what it asks for of this entry: to `select` it alone, or to `mark` it with others; `is_marked`: it is one of several.
    pub fn send<T: Copy, C: Into<Command>>(
        self,
        cx: &mut PanelContext<'_>,
        entry: T,
        is_marked: bool,
        select: impl Fn(T) -> C,
        mark: impl Fn(Mark<T>) -> C,
    ) {
        match self.how {
            How::Once => cx.send(select(entry)),
            How::Twice => {
                cx.send(select(entry));
                cx.send(AppCommand::Toggle(Overlay::Picture));
            }
            How::Toggle => cx.send(mark(Mark::Toggle(entry))),
            How::To => cx.send(mark(Mark::To(entry))),
            // The menu is of all that are selected where this one is among them.
            How::Menu if is_marked => {}
            How::Menu => cx.send(select(entry)),
        }
    }
}

/// What is remembered between frames.
#[derive(Default)]
pub struct Grid {
    /// The list that was shown, where the caller has several.
    list: Option<IdSalt>,
    /// What was selected in the last frame: a new selection is scrolled into view.
    selected: Option<usize>,
    /// How far it was scrolled then, points, and how it was laid out.
    offset: f32,
    columns: usize,
    row: f32,
    view: f32,
    /// See [`seen`](Self::seen), for the next time it is drawn.
    kept: Option<(usize, f32)>,
    /// Where the pointer began to draw a rectangle, points of the content.
    corner: Option<Pos2>,
    /// The entries in the last one, and whether they are added to those that are selected.
    boxed: Option<(Vec<usize>, bool)>,
}

/// Draws the entries of a cell's menu.
pub type Menu<'a> = &'a dyn Fn(&mut Ui, &mut PanelContext<'_>);

impl Grid {
    /// Says which list is shown next: another one than before begins at its top.
    pub fn begin(&mut self, list: impl Hash + fmt::Debug) {
        let list = Some(IdSalt::new(list));
        if self.list.is_some_and(|before| Some(before) != list) {
            self.kept = Some((0, 0.0));
        }
        self.list = list;
    }

    /// Sends what a rectangle that was drawn over entries of this list asks for.
    pub fn send_box<T: Copy, C: Into<Command>>(&mut self, cx: &mut PanelContext<'_>, list: &[T], mark: impl Fn(Mark<T>) -> C) {
        let Some((inside, adds)) = self.boxed.take() else { return };
        cx.send(mark(Mark::These { entries: inside.iter().filter_map(|&i| list.get(i).copied()).collect(), adds }));
    }

    /// Shows `count` cells; returns the one that was clicked. `menu`: the entries of a cell's menu, where it has one.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        cx: &mut PanelContext<'_>,
        count: usize,
        selected: Option<usize>,
        cell: impl Fn(usize) -> GridCell,
        menu: Option<Menu<'_>>,
    ) -> Option<Click> {
        let gap = theme::GAP;
        // The scroll bar keeps its place.
        let width = ui.available_width() - 12.0;
        let least = cell_side(width, cx.state.persisted.thumbnail_steps);
        let columns = ((width + gap) / (least + gap)).floor().max(1.0) as usize;
        let side = ((width + gap) / columns as f32 - gap).floor().max(1.0);
        let height = side + 2.0 * LINE;
        let rows = count.div_ceil(columns);
        let mut clicked = None;
        let mut area = ScrollArea::vertical().auto_shrink(false);
        if self.columns != 0 && (self.columns, self.row) != (columns, height + gap) {
            self.kept = Some(self.seen(selected));
            // How far it can be scrolled is known after it was laid out.
            ui.ctx().request_discard("other columns");
        } else if let Some((index, place)) = self.kept.take() {
            area = area.vertical_scroll_offset(((index / columns) as f32 * (height + gap) - place).max(0.0));
        } else if self.selected != selected {
            self.selected = selected;
            area = self.scroll_to(ui, area, selected, columns, height + gap);
        }
        (self.columns, self.row, self.view) = (columns, height + gap, ui.available_height());
        rows_by_key(ui, cx, columns as i64);
        let view = ui.available_rect_before_wrap().with_max_x(ui.cursor().left() + width);
        let drawn = self.draw_box(ui, view, vec2(side, height), columns, count);
        let inside = drawn.as_ref().map_or(&[][..], |(_, inside)| inside);
        let shown = area.show_rows(ui, height, rows, |ui, range| {
            for row in range {
                ui.horizontal(|ui| {
                    for index in (row * columns..((row + 1) * columns).min(count)).take(columns) {
                        let mut cell = cell(index);
                        cell.marked |= inside.contains(&index);
                        let (rect, response) = ui.allocate_exact_size(vec2(side, height), Sense::click());
                        let mark = widgets::label_word(cell.label);
                        response.widget_info(|| {
                            let out = if cell.left_out { ", left out" } else { "" };
                            let tags: String = cell.tags.iter().map(|tag| format!(", {tag}")).collect();
                            let selected = cell.selected || cell.marked;
                            WidgetInfo::selected(Role::Image, true, selected, format!("{}, {mark}{out}{tags}", cell.name))
                        });
                        paint(ui, cx, rect, &cell, response.hovered());
                        clicked = how(ui, &response).map(|how| Click { index, how }).or(clicked);
                        if let Some(menu) = menu {
                            response.context_menu(|ui| menu(ui, cx));
                        }
                        response.on_hover_text(hover_text(cx, &cell));
                    }
                });
            }
            if drawn.is_some() {
                follow_pointer(ui, view);
            }
        });
        self.offset = shown.state.clamped_offset().y;
        if let Some((rect, _)) = drawn {
            let (t, painter) = (theme::of(ui), ui.painter().with_clip_rect(view));
            painter.rect(rect, 0.0, t.accent.gamma_multiply(0.2), Stroke::new(1.0, t.accent), StrokeKind::Inside);
        }
        clicked
    }

    /// The rectangle that the pointer draws over the cells, or between them, on the screen, and which of them lie in it.
    fn draw_box(&mut self, ui: &Ui, view: Rect, cell: Vec2, columns: usize, count: usize) -> Option<(Rect, Vec<usize>)> {
        // Under the cells, which take clicks alone; by no key.
        let ground = ui.interact(view, ui.scope_id().with("box"), Sense::CLICK | Sense::DRAG);
        let scrolled = view.min.to_vec2() - vec2(0.0, self.offset);
        if ground.drag_started_by(PointerButton::Primary) {
            self.corner = ui.input(|i| i.pointer.press_origin()).map(|at| at - scrolled);
        }
        let corner = self.corner?;
        let Some(at) = ground.interact_pointer_pos() else {
            self.corner = None;
            return None;
        };
        let rect = Rect::from_two_pos(corner, at - scrolled);
        let inside = within(rect, cell, columns, count);
        if ground.drag_stopped() {
            self.corner = None;
            self.boxed = Some((inside.clone(), ui.input(|i| i.modifiers.shift || i.modifiers.command)));
        }
        Some((rect.translate(scrolled), inside))
    }

    /// What stays where it is when columns and heights become others, and how far it lies below the top: the selected image where it
    /// is in view, else the first one.
    fn seen(&self, selected: Option<usize>) -> (usize, f32) {
        let place = |index: usize| (index / self.columns) as f32 * self.row - self.offset;
        let first = (self.offset / self.row.max(1.0)).round() as usize * self.columns;
        let kept = selected.filter(|&index| (0.0..self.view).contains(&place(index))).unwrap_or(first);
        (kept, place(kept))
    }

    /// Brings the selected row into view where it is outside of it.
    fn scroll_to(&self, ui: &Ui, area: ScrollArea, selected: Option<usize>, columns: usize, row: f32) -> ScrollArea {
        let Some(index) = selected else { return area };
        let (top, view) = ((index / columns) as f32 * row, ui.available_height());
        if top >= self.offset && top + row <= self.offset + view {
            area
        } else {
            area.vertical_scroll_offset((top - view / 3.0).max(0.0))
        }
    }
}

/// The cells that a rectangle touches, both in points of the content.
fn within(rect: Rect, cell: Vec2, columns: usize, count: usize) -> Vec<usize> {
    // Cells `from..to` across or down; a gap belongs to none.
    let touched = |low: f32, high: f32, side: f32| {
        let pitch = side + theme::GAP;
        ((low - side) / pitch).ceil().max(0.0) as usize..((high / pitch).floor() + 1.0).max(0.0) as usize
    };
    let across = touched(rect.left(), rect.right(), cell.x);
    let (from, to) = (across.start, across.end.min(columns));
    let rows = touched(rect.top(), rect.bottom(), cell.y);
    let rows = rows.start..rows.end.min(count.div_ceil(columns));
    rows.flat_map(|row| (from..to).map(move |column| row * columns + column)).filter(|&index| index < count).collect()
}

/// Scrolls towards a pointer that is above or below what is in view.
fn follow_pointer(ui: &mut Ui, view: Rect) {
    /// Points a frame at most.
    const FASTEST: f32 = 24.0;
    let Some(y) = ui.input(|i| i.pointer.latest_pos()).map(|at| at.y) else { return };
    let beyond = y - y.clamp(view.top(), view.bottom());
    if beyond != 0.0 {
        ui.scroll_with_delta_animation(vec2(0.0, -(beyond / 4.0).clamp(-FASTEST, FASTEST)), ScrollAnimation::none());
        ui.ctx().request_repaint();
    }
}

fn how(ui: &Ui, response: &Response) -> Option<How> {
    // As they were when the button was let go, which may be earlier in a long frame.
    let let_go = |event: &Event| match event {
        Event::PointerButton { pressed: false, modifiers, .. } => Some(*modifiers),
        _ => None,
    };
    let held = ui.input(|i| i.events.iter().rev().find_map(let_go).unwrap_or(i.modifiers));
    match () {
        () if response.secondary_clicked() => Some(How::Menu),
        () if response.double_clicked() && !held.command && !held.shift => Some(How::Twice),
        () if !response.clicked() => None,
        () if held.shift => Some(How::To),
        () if held.command => Some(How::Toggle),
        () => Some(How::Once),
    }
}

/// Up and down go a row further, as left and right go an image further.
pub fn rows_by_key(ui: &Ui, cx: &mut PanelContext<'_>, columns: i64) {
    if keys_are_elsewhere(ui, cx.state) {
        return;
    }
    let step = |event: &Event| match event {
        Event::Key { key: Key::ArrowUp, pressed: true, modifiers, .. } => Some((-columns, modifiers.shift)),
        Event::Key { key: Key::ArrowDown, pressed: true, modifiers, .. } => Some((columns, modifiers.shift)),
        _ => None,
    };
    let steps: Vec<(i64, bool)> = ui.input(|i| i.events.iter().filter_map(step).collect());
    for (by, extends) in steps {
        cx.send(if extends { AppCommand::Extend(by) } else { AppCommand::Walk(by) });
    }
}

fn hover_text(cx: &PanelContext<'_>, cell: &GridCell) -> String {
    let broken = cell.thumb.and_then(|thumb| cx.state.data.broken.get(&thumb.image));
    let mut lines = vec![cell.name.clone(), widgets::label_word(cell.label).to_string()];
    lines.extend(cell.note.clone());
    lines.extend(cell.outcome.map(|o| format!("{}: {}", o.name(), o.meaning())));
    lines.extend((!cell.tags.is_empty()).then(|| format!("tagged {}", cell.tags.join(", "))));
    lines.extend(cell.hint.map(String::from));
    lines.extend(broken.map(|reason| widgets::sentence(reason)));
    lines.join("\n")
}

/// What a cell's picture lies on: the page itself, so that a wide or a high picture has no bands beside it.
fn ground(t: &theme::Tokens, is_marked: bool, has_picture: bool) -> Color32 {
    match is_marked {
        true => t.accent.gamma_multiply(0.35),
        false if has_picture => t.page,
        false => t.panel,
    }
}

/// Draws a cell into `rect`: a square picture, and two lines under it.
pub fn paint(ui: &Ui, cx: &mut PanelContext<'_>, rect: Rect, cell: &GridCell, hovered: bool) {
    let t = theme::of(ui);
    let picture = Rect::from_min_size(rect.min, Vec2::splat(rect.width()));
    let painter = ui.painter();
    let thumbnail = cell.thumb.map(|thumb| (thumb, cx.textures.thumbnail(thumb)));
    painter.rect_filled(picture, theme::RADIUS, ground(t, cell.marked, matches!(thumbnail, Some((_, Some(_))))));
    match thumbnail {
        Some((_, Some(texture))) => {
            let inner = widgets::fit(texture.size_vec2(), picture.shrink(2.0));
            let image = eframe::egui::Image::new((texture.id(), inner.size())).corner_radius(4);
            let image = if cell.left_out { image.tint(theme::LEFT_OUT) } else { image };
            // Nothing shines through it.
            painter.rect_filled(inner, theme::RADIUS, t.page);
            image.paint_at(ui, inner);
        }
        Some((thumb, None)) if cx.state.data.broken.contains_key(&thumb.image) => {
            widgets::text_at(ui, picture.center(), Align2::CENTER_CENTER, "cannot be read", t.error);
        }
        Some((thumb, None)) => {
            cx.want(thumb);
            painter.rect_filled(picture.shrink(24.0), theme::RADIUS, t.raised);
        }
        None => _ = widgets::text_at(ui, picture.center(), Align2::CENTER_CENTER, "data set not open", t.weak),
    }
    tags::over(ui, picture, &cell.tags);
    if cell.left_out {
        let line = picture.shrink(picture.width() * 0.12);
        painter.line_segment([line.left_bottom(), line.right_top()], Stroke::new(2.0, t.text));
    }
    if cell.marked {
        let badge = Rect::from_min_size(picture.min, Vec2::splat(22.0));
        painter.rect_filled(badge, theme::RADIUS, t.accent);
        widgets::text_at(ui, badge.center(), Align2::CENTER_CENTER, icons::CHECK, t.on_accent);
    }
    let edge = match () {
        () if cell.selected => Some((2.0, t.accent)),
        () if cell.marked => Some((1.0, t.accent)),
        () => hovered.then_some((1.0, t.weak)),
    };
    if let Some((width, colour)) = edge {
        painter.rect_stroke(picture, theme::RADIUS, Stroke::new(width, colour), StrokeKind::Inside);
    }
    let font = FontId::proportional(theme::SMALL);
    let baseline = picture.bottom() + LINE * 0.5 + 2.0;
    let wrong = cell.outcome.is_some_and(Tab::is_wrong);
    widgets::outcome_mark(painter, t, cell.label, wrong, pos2(rect.left() + 7.0, baseline), 4.0);
    let name = widgets::cut_middle(ui, cell.name.rsplit('/').next().unwrap_or(&cell.name), &font, rect.width() - 18.0);
    widgets::text_at(
        ui,
        pos2(rect.left() + 16.0, baseline),
        Align2::LEFT_CENTER,
        name,
        if cell.selected { t.text } else { t.weak },
    );
    if let Some(note) = &cell.note {
        // What comes first counts most, and is not cut.
        let note = widgets::cut_end(ui, note, &font, rect.width() - 18.0);
        widgets::text_at(ui, pos2(rect.left() + 16.0, baseline + LINE), Align2::LEFT_CENTER, note, t.weak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_grow_with_the_window_and_by_hand() {
        assert_eq!([700.0, 1200.0, 3000.0].map(|width| cell_side(width, 0)), [112.0, 150.0, 160.0]);
        assert!(cell_side(700.0, -1) < 90.0 && cell_side(700.0, 1) == 140.0);
    }

    #[test]
    fn pictures_lie_on_the_page_and_empty_cells_are_seen() {
        let t = &theme::DARK;
        assert_eq!([ground(t, false, true), ground(t, false, false)], [t.page, t.panel]);
        assert!(ground(t, true, true) != t.page, "a marked one is seen all round");
    }

    #[test]
    fn a_rectangle_holds_what_it_touches() {
        // Cells of 100 x 120 points with gaps of 8, four in a row, ten of them.
        let of = |from: (f32, f32), to: (f32, f32)| within(Rect::from_two_pos(from.into(), to.into()), vec2(100.0, 120.0), 4, 10);
        assert_eq!(of((50.0, 50.0), (60.0, 60.0)), [0]);
        assert_eq!(of((260.0, 200.0), (150.0, 50.0)), [1, 2, 5, 6], "drawn from either end");
        assert_eq!(of((102.0, 20.0), (106.0, 400.0)), [0; 0], "between two columns");
        assert_eq!(of((-50.0, 300.0), (2000.0, 9000.0)), [8, 9], "the last row is no full one");
        assert_eq!(of((-50.0, -90.0), (-10.0, 9000.0)), [0; 0], "beside all");
    }
}
