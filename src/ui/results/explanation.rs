//! Why the selected image has its score: how it lies among the normals, its nearest normals, what covering it changes; and its
//! terms.

use crate::{
    app::{
        AppCommand, ResultsCommand,
        actions::{self, Id},
        message::Texture,
        state::OcclusionMap,
    },
    config::ShiftKind,
    engine::{
        export::{curves::Graph, results::Format},
        runs::{
            normal_quantiles::{Normals, PERCENTS, Quantiles},
            score_set::ScoreSet,
        },
    },
    scores::{SHIFTS, ScoreKind, ScoreRow, ScoreTerms},
    text::thousands,
    ui::shared::{
        context::PanelContext,
        plot::{self, percent},
        theme, widgets,
    },
};
use eframe::egui::{
    Align2, Button, FontId, Image, ProgressBar, Rangef, Rect, RichText, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

/// In a column of this height, which may scroll.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet, row: &ScoreRow, height: f32) {
    let top = ui.cursor().top();
    place(ui, cx, set, row);
    if let Some(leading) = set.lead.leading(row).filter(|_| set.kind == ScoreKind::Lead) {
        ui.add_space(theme::GAP);
        ranks(ui, &set.lead.ranks(row), &leading);
    }
    ui.add_space(theme::GAP);
    let room = height - (ui.cursor().top() - top);
    where_it_matters(ui, cx, row, room);
    if cx.state.results.explanation.highest_tile.is_some() {
        ui.add_space(theme::GAP);
        highest_tile(ui, cx);
    }
    if let Some(terms) = &row.terms {
        ui.add_space(theme::GAP);
        nearest(ui, cx, set, terms);
    }
}

/// Shifts by name.
fn shift(set: &ScoreSet, k: usize) -> &'static str {
    match set.config.dia.shift.kind() {
        ShiftKind::Rotation => ["0°", "90°", "180°", "270°"][k % SHIFTS],
        ShiftKind::Cutperm => ["whole", "sides", "halves", "both"][k % SHIFTS],
    }
}

/// Where the score lies, in sentences.
fn place(ui: &mut Ui, cx: &PanelContext<'_>, set: &ScoreSet, row: &ScoreRow) {
    widgets::caption(ui, "WHY THIS SCORE");
    if let Some(normals) = &set.normals {
        let share = percent(normals.share_strictly_below(row.score));
        ui.label(format!("More abnormal than {share} of the {} training normals.", thousands(normals.len())))
            .on_hover_text("Each of them scored against all others");
    }
    match row.deviation.filter(|_| set.kind == ScoreKind::Dia || row.split == "train") {
        Some(deviation) => {
            let samples = set.config.score.samples;
            let far = (row.score - cx.state.results.threshold).abs();
            let steady = match far {
                _ if deviation == 0.0 => "",
                _ if far > 2.0 * deviation => " The threshold is farther away than that: a steady call.",
                _ => " The threshold is that near: an unsteady call.",
            };
            ui.label(RichText::new(format!("± {deviation:.3} over {samples} test-time samples.{steady}")).size(theme::SMALL))
                .on_hover_text("Standard deviation of the score over crops and colours");
        }
        None if row.split == "train" => _ = widgets::weak(ui, "A training image: its score is against all others of them."),
        None => {}
    }
}

/// The ranks of the scores that an image's leading score is of, each as a bar; those that it is the mean of in colour.
fn ranks(ui: &mut Ui, all: &[(ScoreKind, f64)], leading: &[(ScoreKind, f64)]) {
    let t = theme::of(ui);
    let by_tiles = leading.iter().any(|(kind, _)| kind.is_by_tiles());
    widgets::caption(ui, "RANKS AMONG HELD-OUT NORMALS");
    for &(kind, rank) in all {
        let leads = kind.is_by_tiles() == by_tiles;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width().min(360.0), 18.0), Sense::hover());
        let track =
            Rect::from_x_y_ranges(rect.left() + 116.0..=rect.right() - 56.0, rect.center().y - 4.0..=rect.center().y + 4.0);
        let filled = track.with_max_x(track.left() + track.width() * rank as f32);
        ui.painter().rect_filled(track, 2.0, t.hover);
        ui.painter().rect_filled(filled, 2.0, if leads { t.accent } else { t.weak });
        widgets::text_at(ui, rect.left_center(), Align2::LEFT_CENTER, kind.title(), t.weak);
        let colour = if leads { t.text } else { t.weak };
        widgets::text_at(ui, rect.right_center(), Align2::RIGHT_CENTER, percent(rank), colour);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{} {}", kind.title(), percent(rank))));
        response.on_hover_text(format!("{}: higher than {} of the held-out normals", kind.title(), percent(rank)));
    }
    widgets::weak(ui, "Held out: the same training normals, each scored against all others.");
    if all.len() > leading.len() {
        let (these, others) = if by_tiles { ("tiles", "whole pictures") } else { ("whole pictures", "tiles") };
        widgets::weak(ui, format!("The mean of the ranks by {these} leads: it is higher than that by {others}."));
    }
}

/// Room for what stands round the map: its caption, its button, and the nearest normals.
const BELOW: f32 = 290.0;

fn where_it_matters(ui: &mut Ui, cx: &mut PanelContext<'_>, row: &ScoreRow, room: f32) {
    let t = theme::of(ui);
    let explanation = &cx.state.results.explanation;
    let is_mapped = matches!(explanation.map, OcclusionMap::Ready { .. });
    let (caption, texture) = match is_mapped {
        true => ("WHERE COVERING THE PICTURE CHANGES DIA’S SCORE", Texture::Map),
        false => ("THE IMAGE", Texture::Explained),
    };
    widgets::caption(ui, caption);
    let picture = cx.textures.get(&texture).filter(|_| explanation.picture.is_some()).cloned();
    let side = ui.available_width().min(300.0).min((room - BELOW).max(160.0));
    // A wide picture takes no more height than it has.
    let height = picture.as_ref().map_or(side, |p| side * (p.size_vec2().y / p.size_vec2().x.max(1.0)).min(1.0));
    let height = height.max(widgets::LEAST_SIDE);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let place = Rect::from_min_size(rect.min, vec2(side, height));
    match &picture {
        Some(picture) => {
            let shown = widgets::fit(picture.size_vec2(), place);
            Image::new((picture.id(), shown.size())).corner_radius(4).paint_at(ui, shown);
            if let Some((_, corners)) = explanation.highest_tile.as_ref().filter(|_| texture == Texture::Explained) {
                let [from, to] = corners.map(|[x, y]| shown.min + vec2(x, y) * shown.size());
                ui.painter().rect_stroke(
                    Rect::from_min_max(from, to),
                    0.0,
                    Stroke::new(2.0, theme::ON_PICTURE),
                    StrokeKind::Outside,
                );
            }
        }
        None => {
            ui.painter().rect_filled(place, theme::RADIUS, t.raised);
            let is_coming = explanation.failed.is_none() && cx.state.image_of_row().is_some();
            let text = if is_coming { "reading…" } else { "no picture" };
            widgets::text_at(ui, place.center(), Align2::CENTER_CENTER, text, t.weak);
        }
    }
    let name = if texture == Texture::Map { "map of what covering changes" } else { "the image" };
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    // The map is drawn without it.
    if explanation.picture == Some(true) && texture == Texture::Explained {
        widgets::weak(ui, "The line is the mask that came with the image.");
    }
    match explanation.map {
        OcclusionMap::None => {
            if explanation.highest_tile.is_some() && explanation.picture.is_some() {
                widgets::weak(ui, "Framed: the tile where the anomaly map is highest, enlarged below.");
            }
            widgets::action_button_as(ui, cx, Id::Map, Button::new("Make the map"));
            let may_score = actions::may_score(cx.state);
            widgets::weak(ui, may_score.err().unwrap_or("Of where covering the picture changes DIA’s score."));
            if let (Ok(()), Err(why)) = (may_score, (actions::get(Id::Map).allowed)(cx.state)) {
                widgets::weak(ui, why);
            }
        }
        OcclusionMap::Running { done, of } => {
            ui.horizontal(|ui| {
                let share = done as f32 / of.max(1) as f32;
                ui.add(ProgressBar::new(share).desired_width(140.0).desired_height(8.0).fill(t.accent));
                widgets::weak(ui, format!("{done} of {of} places covered"));
                if widgets::small_button(ui, "Stop").clicked() {
                    cx.send(ResultsCommand::Occlude(false));
                }
            });
        }
        OcclusionMap::Ready { fall, rise } => {
            legend(ui, fall, rise);
            let largest = fall.max(rise);
            if row.deviation.is_some_and(|s| largest < s) {
                let text = "All of it is smaller than the score's spread over the samples.";
                ui.label(RichText::new(text).size(theme::SMALL).color(t.warning));
            }
            let text =
                "What DIA’s score depends on, not a lesion: a square of the colour around it covers one place after the other.";
            widgets::weak(ui, text);
        }
    }
    if let Some(failure) = explanation.failed.clone() {
        widgets::failure(ui, cx, &failure.summary, &failure.hint);
    }
}

/// The tile where the map is highest, beside the normal one nearest to it.
fn highest_tile(ui: &mut Ui, cx: &PanelContext<'_>) {
    const SIDE: f32 = 120.0;
    let t = theme::of(ui);
    let Some((tile, _)) = &cx.state.results.explanation.highest_tile else { return };
    widgets::caption(ui, "HIGHEST ON THE ANOMALY MAP, AND NEAREST NORMAL");
    ui.horizontal(|ui| {
        let of = &tile.nearest.image;
        let names = ["in this image", of.rsplit('/').next().unwrap_or(of)];
        for (texture, name) in [Texture::HighestTile, Texture::NearestTile].iter().zip(names) {
            let (rect, response) = ui.allocate_exact_size(vec2(SIDE, SIDE + 16.0), Sense::hover());
            let place = Rect::from_min_size(rect.min, vec2(SIDE, SIDE));
            ui.painter().rect_filled(place, theme::RADIUS, t.raised);
            if let Some(texture) = cx.textures.get(texture) {
                Image::new((texture.id(), place.size())).corner_radius(4).paint_at(ui, place);
            }
            let short = widgets::cut_middle(ui, name, &FontId::proportional(theme::SMALL), SIDE);
            widgets::text_at(ui, pos2(rect.left(), place.bottom() + 8.0), Align2::LEFT_CENTER, short, t.weak);
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("tile {name}")));
            response.on_hover_text(format!("{name}, enlarged: as it is at the working size"));
        }
    });
    let times = tile.distance;
    widgets::weak(
        ui,
        format!(
            "The tile is {times:.1} times as far from this normal one as normal tiles are, on average, from the nearest of \
             another image."
        ),
    );
}

fn legend(ui: &mut Ui, fall: f64, rise: f64) {
    let t = theme::of(ui);
    for (colour, text) in [
        (t.abnormal, format!("covered: DIA’s score falls, by up to {fall:.3}")),
        (t.normal, format!("covered: DIA’s score rises, by up to {rise:.3}")),
    ] {
        ui.horizontal(|ui| {
            ui.spacing_mut().interact_size.y = 16.0;
            let (rect, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
            ui.painter().rect_filled(rect, 2.0, colour);
            widgets::weak(ui, text);
        });
    }
}

/// The nearest normal of the training set for each shift.
fn nearest(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet, terms: &ScoreTerms) {
    let t = theme::of(ui);
    widgets::caption(ui, "NEAREST NORMAL TRAINING IMAGE TO DIA, FOR EACH SHIFT");
    let gap = theme::GAP;
    let side = ((ui.available_width() - 3.0 * gap) / 4.0).min(120.0);
    ui.horizontal(|ui| {
        for k in 0..SHIFTS {
            let (rect, response) = ui.allocate_exact_size(vec2(side, side + 32.0), Sense::hover());
            let place = Rect::from_min_size(rect.min, vec2(side, side));
            ui.painter().rect_filled(place, theme::RADIUS, t.raised);
            let there = cx.state.results.explanation.nearest[k];
            if let Some(texture) = cx.textures.get(&Texture::Nearest(k)).filter(|_| there) {
                let shown = widgets::fit(texture.size_vec2(), place);
                Image::new((texture.id(), shown.size())).corner_radius(4).paint_at(ui, shown);
            }
            let name = &terms.nearest[k];
            let short =
                widgets::cut_middle(ui, name.rsplit('/').next().unwrap_or(name), &FontId::proportional(theme::SMALL), side);
            widgets::text_at(ui, pos2(rect.left(), place.bottom() + 8.0), Align2::LEFT_CENTER, short, t.weak);
            let text = format!("{} {:.3}", shift(set, k), terms.sim[k]);
            widgets::text_at(ui, pos2(rect.left(), place.bottom() + 24.0), Align2::LEFT_CENTER, text, t.text);
            response.widget_info(|| {
                WidgetInfo::labeled(Role::Image, true, format!("nearest normal under {}: {name}", shift(set, k)))
            });
            response.on_hover_text(format!("{name}\nsimilarity {:.4} under the shift {}", terms.sim[k], shift(set, k)));
        }
    });
}

/// Height of the eight terms, px.
pub const BARS: f32 = 232.0;

/// The eight terms, each as a bar on the distribution of the training normals.
pub fn bars(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet, terms: &ScoreTerms, normals: &Normals) {
    ui.spacing_mut().item_spacing.y = theme::STEP;
    ui.horizontal(|ui| {
        widgets::caption(ui, "TERMS OF DIA’S SCORE AMONG THE TRAINING NORMALS");
        let place = "Save them in the run folder";
        plot::export_as(ui, cx, "Terms", place, &[Format::Csv], |format| AppCommand::Graph(Graph::Terms, format));
    });
    widgets::weak(
        ui,
        "Grey: 5 to 95 % and 25 to 75 % of the normals, with their median. Left is more abnormal: DIA’s score is minus the mean of the sums.",
    );
    let groups: [(&str, &[f64; SHIFTS], &[Quantiles; SHIFTS]); 2] =
        [("similarity", &terms.sim, &normals.sim), ("shift known", &terms.cls, &normals.cls)];
    for (name, values, quantiles) in groups {
        let all = values.iter().copied().chain(quantiles.iter().flatten().copied());
        let [low, high] = all.fold([f64::MAX, f64::MIN], |[low, high], v| [low.min(v), high.max(v)]);
        for k in 0..SHIFTS {
            bar(ui, &format!("{name} {}", shift(set, k)), values[k], &quantiles[k], [low, high]);
        }
    }
}

fn bar(ui: &mut Ui, name: &str, value: f64, quantiles: &Quantiles, [low, high]: [f64; 2]) {
    let t = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let track = Rangef::new(rect.left() + 116.0, rect.right() - 56.0);
    let room = (high - low).max(1e-12);
    let x = |v: f64| track.min + track.span() * ((v - low) / room) as f32;
    let (middle, painter) = (rect.center().y, ui.painter());
    let band = |from: usize, to: usize, half: f32| {
        Rect::from_x_y_ranges(x(quantiles[from])..=x(quantiles[to]), middle - half..=middle + half)
    };
    painter.hline(track, middle, Stroke::new(1.0, t.line));
    painter.rect_filled(band(0, 4, 4.0), 2.0, t.hover);
    painter.rect_filled(band(1, 3, 4.0), 2.0, t.weak.gamma_multiply(0.6));
    painter.vline(x(quantiles[2]), middle - 6.0..=middle + 6.0, Stroke::new(1.0, t.text));
    // A term that is lower than nearly all normals' makes the image abnormal.
    let odd = value < quantiles[0];
    let colour = if odd { t.abnormal } else { t.accent };
    painter.circle(pos2(x(value), middle), 5.0, colour, Stroke::new(1.5, t.page));
    widgets::text_at(ui, rect.left_center(), Align2::LEFT_CENTER, name, t.weak);
    widgets::text_at(ui, rect.right_center(), Align2::RIGHT_CENTER, format!("{value:.3}"), if odd { t.abnormal } else { t.text });
    let [p5, _, p50, _, p95] = *quantiles;
    let words = format!(
        "{name}: {value:.4}, {}\nnormals: {:.0} % at {p5:.4}, median {p50:.4}, {:.0} % at {p95:.4}",
        if odd { "lower than 95 % of the normals" } else { "within what normals have" },
        PERCENTS[0],
        PERCENTS[4],
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name} {value:.3}")));
    response.on_hover_text(words);
}
