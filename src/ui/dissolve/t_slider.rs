//! The wide t slider: a strip of thumbnails as its track, the training range framed, what the model has not learnt hatched. Arrows, wheel, drag, double click.

use crate::{
    app::{
        DissolveCommand,
        actions::{Id, get},
        message::Texture,
        state::{DissolveState, STRIP_STEPS, T_MAX, Track},
    },
    ui::shared::{
        context::{PanelContext, allowed},
        theme, widgets,
    },
};
use eframe::egui::{
    Align2, EventFilter, Image, Key, Modifiers, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
    accesskit::{Action, ActionData},
    pos2, vec2,
};

const AXIS: f32 = 20.0;
/// Points of the wheel's way to a step.
const WHEEL: f32 = 10.0;

fn cell(width: f32) -> f32 {
    (width / STRIP_STEPS as f32).min(72.0)
}

/// Height of the slider where it is this wide.
pub fn height(width: f32) -> f32 {
    cell(width) + AXIS + 8.0
}

/// The values of t that DIA trains with, and what those dissolve.
type Range = ([usize; 2], &'static str);

/// What the frame stands for.
pub fn framed(([first, end], what): Range) -> String {
    format!("framed: DIA trains with t {first} to {end} of {what}")
}

/// As wide as there is room; `range` is framed.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, range: Option<Range>) {
    let t = theme::of(ui);
    let width = ui.available_width();
    let cell = cell(width);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height(width)), Sense::click_and_drag());
    let (now, scale) = (cx.state.dissolve.t, cx.state.dissolve.track);
    response.widget_info(|| WidgetInfo::slider(true, now as f64, "t, the strength of dissolving"));
    let track = Rect::from_min_size(rect.min + vec2(0.0, 4.0), vec2(width, cell));

    if response.clicked() || response.drag_started() {
        response.request_focus();
    }
    // It makes nothing of these two keys itself.
    for (key, id) in [(Key::Space, Id::Play), (Key::Enter, Id::BigPicture)] {
        if response.has_focus() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, key)) {
            allowed(get(id), cx.state).into_iter().for_each(|command| cx.send(command));
        }
    }
    if let Some(request) = request(ui, &response, track, scale, now) {
        cx.send(DissolveCommand::SetT(request));
    }

    if let Some(pointer) = response.hover_pos() {
        let at = scale.t(f64::from((pointer.x - track.left()) / track.width()));
        explain(&response, at, range, cx.state.dissolve.t_limit());
    }
    strip(ui, cx, track);
    let x = |value: usize| track.left() + track.width() * scale.at(value) as f32;
    // The range that DIA trains with.
    let below = track.bottom()..=track.bottom() + 4.0;
    ui.painter().rect_filled(Rect::from_x_y_ranges(track.x_range(), below.clone()), 0.0, t.raised);
    if let Some(([first, end], _)) = range {
        let band = Rect::from_x_y_ranges(x(first)..=x(end), below);
        ui.painter().rect_filled(band, 0.0, t.accent);
        let shade = Rect::from_x_y_ranges(band.x_range(), track.y_range());
        ui.painter().rect_stroke(shade, 0.0, Stroke::new(1.0, theme::ON_PICTURE.gamma_multiply(0.7)), StrokeKind::Inside);
    }
    let limit = cx.state.dissolve.t_limit();
    if let Some(limit) = limit.filter(|limit| *limit <= T_MAX) {
        not_learnt(ui, Rect::from_x_y_ranges(x(limit)..=track.right(), track.y_range()));
    }
    for &tick in scale.ticks() {
        let anchor = match tick {
            0 => Align2::LEFT_TOP,
            T_MAX => Align2::RIGHT_TOP,
            _ => Align2::CENTER_TOP,
        };
        widgets::text_at(ui, pos2(x(tick), track.bottom() + 6.0), anchor, tick, t.weak);
    }
    let line = Rect::from_center_size(pos2(x(now), track.center().y), vec2(3.0, track.height() + 10.0));
    // On pictures, which are dark in a light window, too.
    ui.painter().rect_filled(line.expand(1.0), 2.0, theme::HANDLE_EDGE);
    ui.painter().rect_filled(line, 2.0, if response.has_focus() { theme::ON_PICTURE } else { theme::HANDLE });
}

/// Paler, with hatching: the model has not learnt these t.
pub fn not_learnt(ui: &Ui, rect: Rect) {
    const STEP: f32 = 8.0;
    let t = theme::of(ui);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, 0.0, t.page.gamma_multiply(0.6));
    let height = rect.height();
    for i in 0..((rect.width() + height) / STEP) as usize {
        let left = rect.left() - height + i as f32 * STEP;
        painter.line_segment([pos2(left, rect.bottom()), pos2(left + height, rect.top())], Stroke::new(1.0, t.line));
    }
    painter.vline(rect.left(), rect.y_range(), Stroke::new(1.0, t.weak));
}

/// What the place under the pointer is, and what the frame stands for.
fn explain(response: &Response, at: usize, range: Option<Range>, limit: Option<usize>) {
    let here = match limit.filter(|limit| at >= *limit) {
        Some(limit) => not_learnt_at(at, limit),
        None => format!("t = {at}"),
    };
    let framed = range.map(|range| format!("\n{}", widgets::sentence(&framed(range)))).unwrap_or_default();
    response.clone().on_hover_text(format!("{here}{framed}"));
}

/// What is said of a t that the model has not learnt.
pub fn not_learnt_at(t: usize, limit: usize) -> String {
    format!("t = {t}: this model has learnt t below {limit}. Beyond, what it shows is a guess that nothing was trained for.")
}

/// The t that the hand asks for in this frame.
fn request(ui: &Ui, response: &Response, track: Rect, scale: Track, now: usize) -> Option<usize> {
    if response.double_clicked() {
        return Some(DissolveState::default().t);
    }
    if (response.dragged() || response.clicked())
        && let Some(at) = response.interact_pointer_pos()
    {
        return Some(scale.t(f64::from((at.x - track.left()) / track.width())));
    }
    let by = |steps: i64| Some((now as i64 + steps).clamp(0, T_MAX as i64) as usize);
    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
        ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
        let (up, down, large) = ui.input(|i| {
            let count = |a, b| (i.num_presses(a) + i.num_presses(b)) as i64;
            (count(Key::ArrowRight, Key::ArrowUp), count(Key::ArrowLeft, Key::ArrowDown), i.modifiers.shift)
        });
        if up != down {
            return by((up - down) * if large { 10 } else { 1 });
        }
    }
    if response.hovered() {
        // What a slow wheel leaves below a whole step counts in the next frame.
        let key = response.id.with("wheel");
        let before: f32 = ui.data(|data| data.get_temp(key)).unwrap_or_default();
        let scrolled = before + ui.input(|i| i.smooth_scroll_delta().y) / WHEEL;
        ui.data_mut(|data| data.insert_temp(key, scrolled.fract()));
        if scrolled.trunc() != 0.0 {
            return by(scrolled.trunc() as i64);
        }
    }
    let asked = ui.input(|i| {
        let steps = i.num_accesskit_action_requests(response.id, Action::Increment) as i64
            - i.num_accesskit_action_requests(response.id, Action::Decrement) as i64;
        let set = i.accesskit_action_requests(response.id, Action::SetValue).filter_map(|r| match r.data {
            Some(ActionData::NumericValue(v)) => Some(v.round().clamp(0.0, T_MAX as f64) as usize),
            _ => None,
        });
        set.last().or((steps != 0).then_some(now.saturating_add_signed(steps as isize)))
    });
    asked.map(|t| t.min(T_MAX))
}

fn strip(ui: &Ui, cx: &PanelContext<'_>, track: Rect) {
    let t = theme::of(ui);
    let width = track.width() / STRIP_STEPS as f32;
    let d = &cx.state.dissolve;
    for thumbnail in 0..STRIP_STEPS {
        let step = d.track.thumbnail_t(thumbnail);
        let place = Rect::from_min_size(track.min + vec2(thumbnail as f32 * width, 0.0), vec2(width, track.height()));
        ui.painter().rect_filled(place.shrink(1.0), 2.0, t.panel);
        let texture = cx.textures.get(&Texture::StripThumbnail(step)).filter(|_| d.answers.pictured.contains(&step));
        if let Some(texture) = texture {
            // Cut to a square about its middle, so that all cells are filled.
            let size = texture.size_vec2();
            let place = place.shrink(1.0);
            let share = vec2(
                (place.width() * size.y / (place.height() * size.x)).min(1.0),
                (place.height() * size.x / (place.width() * size.y)).min(1.0),
            );
            let uv = Rect::from_center_size(pos2(0.5, 0.5), share.min(Vec2::splat(1.0)));
            Image::new((texture.id(), place.size())).uv(uv).paint_at(ui, place);
        }
    }
}
