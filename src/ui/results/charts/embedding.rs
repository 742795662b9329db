//! The images in two dimensions, alike ones near each other: a click selects, a line drawn round some lists only these.

use super::choice::{ChartsView, choice};
use crate::{
    app::{
        AppCommand, ResultsCommand,
        state::{Colours, Overlay},
    },
    engine::runs::score_set::ScoreSet,
    text::{images, thousands},
    ui::shared::{context::PanelContext, plot, theme, widgets},
};
use eframe::egui::{
    self, Align2, Color32, FontId, Image, Pos2, Rect, Shape, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};
use egui_plot::{PlotPoint, PlotTransform};

/// A pointer this near to an image means it, points.
const NEAR: f32 = 10.0;
/// A drag shorter than this is no lasso, points.
const SHORT: f32 = 12.0;
/// Radius of a test image's mark, and of any other, points.
const RADIUS: [f32; 2] = [4.0, 2.5];
/// Side of the thumbnail at the pointer, points.
const THUMB: f32 = 96.0;

/// A row of the scores, and where it lies on the screen.
type At = (usize, Pos2);

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet, view: &mut ChartsView, height: f32) {
    let t = theme::of(ui);
    ui.horizontal(|ui| {
        ui.set_height(24.0);
        choice(ui, cx);
    });
    let e = &cx.state.results.embedding;
    if let Some(failure) = &e.failed {
        return widgets::failure(ui, cx, &failure.summary.clone(), &failure.hint.clone());
    }
    ui.horizontal(|ui| {
        ui.label("Colour by");
        let all = [(Colours::Label, "label"), (Colours::Score, "score"), (Colours::Tags, "tags")];
        if let Some(colours) = widgets::choices(ui, e.colours, &all) {
            cx.send(ResultsCommand::EmbeddingColours(colours));
        }
        if !e.is_final {
            ui.spinner();
        }
    });
    let points = e.points.clone();
    let colours = e.colours;
    let shown =
        plot::quiet("embedding", t, height - 142.0).show_axes(false).show_grid(false).show_crosshair(false).show(ui, |p| {
            // What is drawn comes after; these say how far it reaches.
            p.points(
                egui_plot::Points::new("images", points.iter().map(|(_, at)| *at).collect::<Vec<_>>())
                    .radius(0.0)
                    .allow_hover(false),
            );
            p.pointer_coordinate()
        });
    let (transform, response) = (shown.transform, shown.response);
    let response = response.on_hover_cursor(egui::CursorIcon::Crosshair);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Images in two dimensions"));
    let place = |at: [f64; 2]| transform.position_from_point(&PlotPoint::new(at[0], at[1]));
    // Test images that pass the filters lie above training images, and these above all others.
    let results = &cx.state.results;
    let passes = results.filter_passes(set);
    let rank = |row: usize| if passes(row) { 1 + usize::from(row < set.evaluated) } else { 0 };
    let mut placed: Vec<(usize, At)> = points.iter().map(|&(row, at)| (rank(row), (row, place(at)))).collect();
    placed.sort_by_key(|(rank, _)| *rank);
    let painter = ui.painter_at(transform.frame().expand(4.0));
    for &(rank, (row, at)) in &placed {
        let label = widgets::label_of(set.rows[row].label);
        let plain = match colours {
            Colours::Label => widgets::label_colour(t, label),
            Colours::Score => ramp(t, share(set, row)),
            Colours::Tags if results.is_tagged(&set.rows[row].path) => t.accent,
            Colours::Tags => t.weak,
        };
        match (rank, colours) {
            (2, Colours::Label) => {
                let wrong = results.outcome(&set.rows[row]).is_some_and(|tab| tab.is_wrong());
                widgets::outcome_mark(&painter, t, label, wrong, at, RADIUS[0]);
            }
            (2, _) => _ = painter.circle(at, RADIUS[0], plain, Stroke::new(1.0, t.page)),
            (1, _) => _ = painter.circle_filled(at, RADIUS[1], plain.gamma_multiply(0.6)),
            _ => _ = painter.circle_filled(at, RADIUS[1], t.weak.gamma_multiply(0.2)),
        }
    }
    let placed: Vec<At> = placed.into_iter().map(|(_, at)| at).collect();
    if let Some((_, at)) = cx.state.results.row.and_then(|row| placed.iter().find(|(r, _)| *r == row)) {
        painter.circle_stroke(*at, RADIUS[0] + 3.0, Stroke::new(2.0, t.text));
    }
    lasso(cx, set, view, &transform, &response, &points);
    draw_lasso(&painter, view, &place, t.accent);
    let pointer = response.hover_pos().filter(|_| view.lasso.is_empty());
    let under = pointer.and_then(|pointer| nearest(&placed, pointer));
    if let Some((row, at)) = under {
        painter.circle_stroke(at, RADIUS[0] + 2.0, Stroke::new(1.5, t.accent));
        peek(ui, cx, set, row, at, transform.frame());
        if response.clicked() {
            cx.send(ResultsCommand::Row(row));
        }
        if response.double_clicked() {
            cx.send(AppCommand::Toggle(Overlay::Picture));
        }
    }
    let text = match under {
        Some((row, _)) => format!("{} · {:.3}", set.rows[row].path, set.rows[row].score),
        None => progress(cx, set),
    };
    widgets::weak_line(ui, text);
    widgets::weak(ui, "What the encoder sees alike lies together. Small marks are training images. Far away is not abnormal.");
}

/// What there is, or how far it has come.
fn progress(cx: &PanelContext<'_>, set: &ScoreSet) -> String {
    let e = &cx.state.results.embedding;
    match (e.described, e.points.len()) {
        (Some([done, of]), 0) => format!("{} of {} looked at", thousands(done), images(of)),
        (_, 0) => "the encoder is being read".into(),
        (_, n) if n < set.rows.len() => {
            format!("{} of {} · draw round some to list only these", thousands(n), images(set.rows.len()))
        }
        (_, n) => format!("{} · draw round some to list only these", images(n)),
    }
}

/// Draws a line round images, and lists what lies in it.
fn lasso(
    cx: &mut PanelContext<'_>,
    set: &ScoreSet,
    view: &mut ChartsView,
    transform: &PlotTransform,
    response: &egui::Response,
    points: &[(usize, [f64; 2])],
) {
    if response.dragged()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let at = transform.value_from_position(pointer);
        view.lasso.push([at.x, at.y]);
    }
    if !response.drag_stopped() {
        return;
    }
    let line = std::mem::take(&mut view.lasso);
    let on_screen = |at: &[f64; 2]| transform.position_from_point(&PlotPoint::new(at[0], at[1]));
    let is_long = line.first().is_some_and(|first| line.iter().any(|at| on_screen(at).distance(on_screen(first)) > SHORT));
    if is_long {
        let within = points.iter().filter(|(_, at)| is_inside(&line, *at)).map(|(row, _)| set.rows[*row].path.clone());
        cx.send(ResultsCommand::Within(within.collect()));
    }
}

fn draw_lasso(painter: &egui::Painter, view: &ChartsView, place: &dyn Fn([f64; 2]) -> Pos2, colour: Color32) {
    let line: Vec<Pos2> = view.lasso.iter().map(|at| place(*at)).collect();
    if let [first, .., last] = line[..] {
        painter.line_segment([last, first], Stroke::new(1.0, colour.gamma_multiply(0.5)));
        painter.add(Shape::line(line, Stroke::new(1.5, colour)));
    }
}

/// Whether a point lies inside a closed line: a ray from it crosses the line an odd number of times.
fn is_inside(line: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let ends = line.iter().zip(line.iter().cycle().skip(1));
    let crosses = |(a, b): &(&[f64; 2], &[f64; 2])| {
        let ([ax, ay], [bx, by]) = (**a, **b);
        (ay > y) != (by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax)
    };
    ends.filter(crosses).count() % 2 == 1
}

fn nearest(placed: &[At], pointer: Pos2) -> Option<At> {
    let near = placed.iter().filter(|(_, at)| at.distance(pointer) < NEAR);
    near.min_by(|a, b| a.1.distance(pointer).total_cmp(&b.1.distance(pointer))).copied()
}

/// The thumbnail of the image under the pointer, where there is one.
fn peek(ui: &Ui, cx: &mut PanelContext<'_>, set: &ScoreSet, row: usize, at: Pos2, frame: &Rect) {
    let t = theme::of(ui);
    let id = cx.state.open().and_then(|open| open.by_name.get(&set.rows[row].path).copied());
    let Some(texture) = id.and_then(|id| cx.textures.thumbnail(id)) else {
        id.into_iter().for_each(|id| cx.want(id));
        return;
    };
    let size = texture.size_vec2() * (THUMB / texture.size_vec2().max_elem());
    // Beside the mark, on the side where there is room.
    let x = if at.x + 12.0 + size.x > frame.right() { at.x - 12.0 - size.x } else { at.x + 12.0 };
    let y = (at.y - size.y / 2.0).clamp(frame.top(), (frame.bottom() - size.y - 16.0).max(frame.top()));
    let rect = Rect::from_min_size(pos2(x, y), size);
    let painter = ui.painter();
    painter.rect_filled(rect.expand2(vec2(3.0, 3.0)), 3.0, t.raised);
    Image::new((texture.id(), size)).paint_at(ui, rect);
    let word = widgets::label_word(widgets::label_of(set.rows[row].label));
    let font = FontId::proportional(theme::SMALL);
    let below = rect.center_bottom() + vec2(0.0, 3.0);
    let text = painter.layout_no_wrap(word.into(), font.clone(), t.text);
    painter.rect_filled(Rect::from_center_size(below + vec2(0.0, 8.0), text.size() + vec2(6.0, 2.0)), 3.0, t.raised);
    painter.text(below, Align2::CENTER_TOP, word, font, t.text);
}

/// Where the score of a row lies among all that are evaluated: 0 = lowest, 1 = highest.
fn share(set: &ScoreSet, row: usize) -> f32 {
    let above = set.evaluated().partition_point(|r| r.score > set.rows[row].score);
    1.0 - above as f32 / set.evaluated.max(1) as f32
}

/// From the colour of normal to that of abnormal images.
fn ramp(t: &theme::Tokens, share: f32) -> Color32 {
    t.normal.lerp_to_gamma(t.abnormal, share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_goes_round_lies_inside() {
        // A horseshoe, open at the top.
        let line = [[0.0, 0.0], [6.0, 0.0], [6.0, 6.0], [4.0, 6.0], [4.0, 2.0], [2.0, 2.0], [2.0, 6.0], [0.0, 6.0]];
        assert!([[1.0, 5.0], [5.0, 5.0], [3.0, 1.0]].iter().all(|at| is_inside(&line, *at)));
        assert!([[3.0, 4.0], [7.0, 1.0], [-1.0, 1.0], [3.0, -1.0]].iter().all(|at| !is_inside(&line, *at)));
        assert!(!is_inside(&[], [0.0, 0.0]) && !is_inside(&[[1.0, 1.0]], [1.0, 1.0]));
    }
}
