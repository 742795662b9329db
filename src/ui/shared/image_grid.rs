//! A grid of thumbnails, of which only what is in view exists. Used by Data and by the gallery.

use super::{
    context::{PanelContext, keys_are_elsewhere},
    tags, theme, widgets,
};
use crate::{
    app::{
        AppCommand, Command, icons,
        state::{Mark, Overlay, Tab},
    },
    data::Label,
    engine::thumbnail_cache::Thumb,
};
use eframe::egui::{
    Align2, Event, FontId, Key, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, accesskit::Role,
    pos2, vec2,
};

/// Least side of a cell's picture; the columns share what is left of the width.
const CELL: f32 = 112.0;
/// Height of the lines under it.
pub const LINE: f32 = 16.0;

/// One cell, as its owner describes it.
pub struct Cell {
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
    /// What was selected in the last frame: a new selection is scrolled into view.
    selected: Option<usize>,
    /// How far it was scrolled then, points, and how it was laid out.
    offset: f32,
    columns: usize,
    row: f32,
    view: f32,
    /// See [`seen`](Self::seen), for the next time it is drawn.
    kept: Option<(usize, f32)>,
}

/// Draws the entries of a cell's menu.
pub type Menu<'a> = &'a dyn Fn(&mut Ui, &mut PanelContext<'_>);

impl Grid {
    /// Shows `count` cells; returns the one that was clicked. `menu`: the entries of a cell's menu, where it has one.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        cx: &mut PanelContext<'_>,
        count: usize,
        selected: Option<usize>,
        cell: impl Fn(usize) -> Cell,
        menu: Option<Menu<'_>>,
    ) -> Option<Click> {
        let gap = theme::GAP;
        // The scroll bar keeps its place.
        let width = ui.available_width() - 12.0;
        let columns = ((width + gap) / (CELL + gap)).floor().max(1.0) as usize;
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
        let shown = area.show_rows(ui, height, rows, |ui, range| {
            for row in range {
                ui.horizontal(|ui| {
                    for index in (row * columns..((row + 1) * columns).min(count)).take(columns) {
                        let cell = cell(index);
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
        });
        self.offset = shown.state.clamped_offset().y;
        clicked
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

fn hover_text(cx: &PanelContext<'_>, cell: &Cell) -> String {
    let broken = cell.thumb.and_then(|thumb| cx.state.data.broken.get(&thumb.image));
    let mut lines = vec![cell.name.clone(), widgets::label_word(cell.label).to_string()];
    lines.extend(cell.note.clone());
    lines.extend(cell.outcome.map(|o| format!("{}: {}", o.name(), o.meaning())));
    lines.extend((!cell.tags.is_empty()).then(|| format!("tagged {}", cell.tags.join(", "))));
    lines.extend(cell.hint.map(String::from));
    lines.extend(broken.map(|reason| widgets::sentence(reason)));
    lines.join("\n")
}

/// Draws a cell into `rect`: a square picture, and two lines under it.
pub fn paint(ui: &Ui, cx: &mut PanelContext<'_>, rect: Rect, cell: &Cell, hovered: bool) {
    let t = theme::of(ui);
    let picture = Rect::from_min_size(rect.min, Vec2::splat(rect.width()));
    let painter = ui.painter();
    painter.rect_filled(picture, theme::RADIUS, if cell.marked { t.accent.gamma_multiply(0.35) } else { t.panel });
    match cell.thumb.map(|thumb| (thumb, cx.textures.thumbnail(thumb))) {
        Some((_, Some(texture))) => {
            let inner = widgets::fit(texture.size_vec2(), picture.shrink(2.0));
            let image = eframe::egui::Image::new((texture.id(), inner.size())).corner_radius(4);
            let image = if cell.left_out { image.tint(theme::LEFT_OUT) } else { image };
            // Nothing shines through it.
            painter.rect_filled(inner, theme::RADIUS, t.panel);
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
        let note = widgets::cut_middle(ui, note, &font, rect.width() - 18.0);
        widgets::text_at(ui, pos2(rect.left() + 16.0, baseline + LINE), Align2::LEFT_CENTER, note, t.weak);
    }
}
