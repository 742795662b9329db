//! How much dissolving changes the selected image, against t, in the band of the training normals.

use super::t_slider;
use crate::{
    app::{
        AppCommand,
        state::{T_MAX, Track},
    },
    engine::export::{curves::Graph, results::Format},
    text::thousands,
    ui::shared::{context::PanelContext, plot, theme, widgets},
};
use eframe::egui::{Ui, WidgetInfo, accesskit::Role, vec2};
use egui_plot::{FilledArea, GridMark, HLine, HoverPosition, Line, Points, VLine};

/// Below this height the legend has one line, points.
const LOW: f32 = 142.0;
/// Least height of the plot.
const LEAST: f32 = 48.0;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, height: f32) {
    let d = &cx.state.dissolve;
    if !d.uses_t() || d.answers.change_curve().count() < 2 {
        return;
    }
    let (t, top) = (theme::of(ui), ui.cursor().top());
    ui.horizontal(|ui| {
        // All tiles at every t would take minutes: the figure under the pictures is of all, and may differ.
        let is_of_tiles = d.scale().is_some_and(|scale| scale.is_tiles());
        widgets::caption(
            ui,
            if is_of_tiles { "MEAN |CHANGE| OF SOME TILES AGAINST t" } else { "MEAN |CHANGE| OF THIS IMAGE AGAINST t" },
        );
        let place = "Save this curve in the workspace’s exports";
        plot::export_as(ui, cx, "Energy", place, &Format::ALL, |format| AppCommand::Graph(Graph::ChangeCurve, format));
    });
    let d = &cx.state.dissolve;
    let legend = match &d.answers.band {
        Some(band) if band.more() => {
            format!("measuring the training normals, {} of {}…", thousands(band.count), thousands(band.of))
        }
        Some(band) => {
            format!("thick: this image · band and thin line: 5 to 95 % and median of {} training normals", thousands(band.count))
        }
        None if cx.state.open().is_some_and(|o| o.training_normals > 0) => "the training normals come after the strip…".into(),
        None => "There are no training normals to compare with.".into(),
    };
    // As on the slider, so that a place here is a place there.
    let track = d.track;
    let x = move |step: usize| track.at(step);
    let points: Vec<[f64; 2]> = d.answers.change_curve().map(|(step, change)| [x(step), change.all]).collect();
    let now = d.answers.done_of(cx.state.selected);
    let floor = d.answers.resizing();
    let dashed = floor.map(|floor| format!("dashed: resizing alone, {floor:.4}"));
    let lines = match dashed {
        // Where there is little room the curve has it.
        Some(dashed) if height < LOW => vec![format!("{dashed} · {legend}")],
        dashed => dashed.into_iter().chain([legend]).collect(),
    };
    // What stands above and below it has its place first.
    let head = ui.cursor().top() - top;
    let below: f32 = lines.iter().map(|line| widgets::weak_height(ui, line) + ui.spacing().item_spacing.y).sum();
    let plot = plot::quiet("change curve", t, (height - head - below - ui.spacing().item_spacing.y).max(LEAST))
        .include_y(0.0)
        .include_x(0.0)
        .include_x(1.0)
        // Neither a margin nor an axis beside it moves it: the values stand in it.
        .set_margin_fraction(vec2(0.0, 0.05))
        .show_axes([true, false]);
    let plot = plot
        .x_grid_spacer(move |_| marks(track))
        .x_axis_formatter(move |mark, _| track.t(mark.value).to_string())
        .label_formatter(move |hover| match hover {
            HoverPosition::NearDataPoint { plot_name, position, .. } => {
                Some(format!("{plot_name}\nt = {}\nmean |change| {:.4}", track.t(position.x), position.y))
            }
            HoverPosition::Elsewhere { .. } => None,
        });
    let shown = plot.show(ui, |p| {
        if let Some(band) = &d.answers.band {
            let column = |i: usize| band.rows.iter().map(|(_, v)| v[i]).collect::<Vec<f64>>();
            let xs: Vec<f64> = band.rows.iter().map(|(step, _)| x(*step)).collect();
            let area = FilledArea::new("training normals, 5 to 95 %", &xs, &column(0), &column(2));
            p.add(area.fill_color(t.normal.gamma_multiply(0.25)));
            let median: Vec<[f64; 2]> = xs.into_iter().zip(column(1)).map(|(x, y)| [x, y]).collect();
            p.line(Line::new("median of the training normals", median).color(t.normal).width(1.0));
        }
        if let Some(floor) = floor {
            let dashed = egui_plot::LineStyle::dashed_dense();
            p.hline(HLine::new("resizing alone", floor).color(t.warning).width(1.5).style(dashed));
        }
        p.line(Line::new("this image", points).color(t.accent).width(2.0));
        if let Some(now) = now {
            p.vline(VLine::new("t", x(now.t)).color(t.weak));
            if let Some(change) = now.curve {
                p.points(Points::new("now", vec![[x(now.t), change.all]]).color(t.text).radius(4.0));
            }
        }
    });
    shown.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Change curve"));
    if let Some(limit) = d.t_limit().filter(|limit| *limit <= T_MAX) {
        let left = shown.transform.position_from_point_x(x(limit));
        t_slider::not_learnt(ui, shown.transform.frame().with_min_x(left));
    }
    plot::values_inside(ui, &shown.transform);
    lines.into_iter().for_each(|line| _ = widgets::weak(ui, line));
}

fn marks(track: Track) -> Vec<GridMark> {
    track.ticks().iter().map(|&t| GridMark { value: track.at(t), step_size: 0.25 }).collect()
}
