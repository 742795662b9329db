//! The look that all charts share, and what stands round those that can be exported.

use super::{
    context::PanelContext,
    theme::{self, Tokens},
    widgets,
};
use crate::{
    app::{Command, ResultsCommand, icons},
    engine::export::results::{Export, Format, ResultsChart},
};
use eframe::egui::{Align, Align2, FontId, Layout, Rangef, RichText, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2};
use egui_plot::{AxisHints, GridMark, Plot, PlotPoint, PlotTransform};

/// Least distance of two labels above each other, points.
const APART: f32 = 24.0;

/// A chart that is neither moved nor zoomed by accident.
pub fn quiet<'a>(id: &'a str, t: &Tokens, height: f32) -> Plot<'a> {
    let font = FontId::proportional(theme::SMALL);
    let axis = |axis: AxisHints<'a>| axis.tick_label_color(t.weak).tick_label_font(font.clone());
    Plot::new(id)
        .height(height)
        .show_background(false)
        .grid_color(t.line)
        .grid_spacing(Rangef::new(APART, 160.0))
        .x_grid_spacer(|input| round_marks(input.bounds, 2.5 * input.base_step_size))
        .y_grid_spacer(|input| round_marks(input.bounds, input.base_step_size))
        .custom_x_axes(vec![axis(AxisHints::new_x()).label_spacing(Rangef::new(40.0, 60.0))])
        .custom_y_axes(vec![axis(AxisHints::new_y()).label_spacing(Rangef::new(0.5 * APART, APART)).min_thickness(40.0)])
        .x_axis_formatter(|mark, _| label(mark))
        .y_axis_formatter(|mark, _| label(mark))
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .sense(Sense::click_and_drag())
}

/// [`quiet`], along steps or epochs, which are whole numbers.
pub fn of_steps<'a>(id: &'a str, t: &Tokens, height: f32) -> Plot<'a> {
    quiet(id, t, height).x_grid_spacer(|input| round_marks(input.bounds, (2.5 * input.base_step_size).max(1.0)))
}

/// Marks at round numbers, at least `least` apart, so that each has room for its label.
fn round_marks((low, high): (f64, f64), least: f64) -> Vec<GridMark> {
    if !(least.is_finite() && least > 0.0) {
        return Vec::new();
    }
    let power = 10f64.powf(least.log10().floor());
    let step_size = [1.0, 2.0, 5.0, 10.0].map(|n| n * power).into_iter().find(|step| *step >= least).unwrap_or(10.0 * power);
    let numbers = (low / step_size).ceil() as i64..=(high / step_size).floor() as i64;
    numbers.map(|n| GridMark { value: n as f64 * step_size, step_size }).collect()
}

/// With as many decimals as its step needs.
fn label(mark: GridMark) -> String {
    let decimals = (-mark.step_size.log10() - 1e-9).ceil().clamp(0.0, 9.0) as usize;
    format!("{:.decimals$}", mark.value)
}

/// The menu that saves a chart.
pub fn export(ui: &mut Ui, cx: &mut PanelContext<'_>, chart: ResultsChart) {
    let place = "Save this chart in the run folder";
    export_as(ui, cx, chart.name(), place, &Format::ALL, |format| ResultsCommand::Export(Export::Chart(chart, format)));
}

/// The menu that saves a graph in one of these formats; `place` says where.
pub fn export_as<C: Into<Command>>(
    ui: &mut Ui,
    cx: &mut PanelContext<'_>,
    name: &str,
    place: &str,
    formats: &[Format],
    make: impl Fn(Format) -> C,
) {
    let text = RichText::new(icons::DOWNLOAD).size(theme::BODY).color(theme::of(ui).weak);
    let menu = ui.menu_button(text, |ui| {
        for format in formats {
            if ui.button(format!("{name} as {}", format.name())).clicked() {
                cx.send(make(*format));
                ui.close();
            }
        }
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Export: {name}")));
    let names: Vec<&str> = formats.iter().map(|f| f.name()).collect();
    menu.response.on_hover_text(format!("{place} as {}", names.join(", ")));
}

/// A chart's caption with its export on the right, and whatever else stands in that line.
pub fn head(ui: &mut Ui, cx: &mut PanelContext<'_>, chart: ResultsChart, left: impl FnOnce(&mut Ui, &mut PanelContext<'_>)) {
    ui.horizontal(|ui| {
        ui.set_height(24.0);
        left(ui, cx);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| export(ui, cx, chart));
    });
}

/// What stands in place of a curve that does not exist.
pub fn undefined(ui: &mut Ui, why: Option<&String>, height: f32) {
    let colour = theme::of(ui).weak;
    let why = why.map_or("It needs labelled images of both kinds.".into(), |why| widgets::sentence(why));
    ui.vertical(|ui| {
        ui.set_min_height(height);
        ui.label(RichText::new(format!("Undefined: {why} The images are ranked all the same.")).color(colour));
    });
}

/// Points closer than a pixel or so are left out: a curve of 50,000 is drawn as fast as one of 500.
pub fn thinned(points: impl Iterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
    const NEAR: f64 = 0.002;
    let mut kept: Vec<[f64; 2]> = Vec::new();
    let mut last = None;
    for point in points {
        if kept.last().is_none_or(|k| (k[0] - point[0]).abs() > NEAR || (k[1] - point[1]).abs() > NEAR) {
            kept.push(point);
            last = None;
        } else {
            last = Some(point);
        }
    }
    kept.extend(last);
    kept
}

/// Draws a line over a plot that was shown, segment by segment: as one path egui fills the corners of a curve of steps.
pub fn draw_line(ui: &Ui, transform: &PlotTransform, points: &[[f64; 2]], stroke: Stroke) {
    let painter = ui.painter_at(transform.frame().expand(stroke.width));
    let place = |[x, y]: [f64; 2]| transform.position_from_point(&PlotPoint::new(x, y));
    for [from, to] in points.array_windows() {
        painter.line_segment([place(*from), place(*to)], stroke);
    }
    // No gap where two of them meet.
    for at in points {
        painter.circle_filled(place(*at), 0.5 * stroke.width, stroke.color);
    }
}

/// The values of the y axis within the plot, for one that is as wide as what it stands above.
pub fn values_inside(ui: &Ui, transform: &PlotTransform) {
    let (frame, bounds, t) = (transform.frame(), transform.bounds(), theme::of(ui));
    let least = f64::from(APART) * bounds.height() / f64::from(frame.height().max(1.0));
    for mark in round_marks((bounds.min()[1], bounds.max()[1]), least) {
        let y = transform.position_from_point_y(mark.value);
        // Not where it would lie on the values of t.
        if y > frame.top() + 6.0 && y < frame.bottom() - 8.0 {
            widgets::text_at(ui, pos2(frame.left() + 4.0, y), Align2::LEFT_CENTER, label(mark), t.weak);
        }
    }
}

/// A share for people.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axis_marks_are_round_and_spaced() {
        let values = |bounds, least| round_marks(bounds, least).iter().map(|m| (m.value * 1e6).round() / 1e6).collect::<Vec<_>>();
        assert_eq!(values((0.27, 0.85), 0.11), [0.4, 0.6, 0.8]);
        assert_eq!(values((-3.0, 301.0), 60.0), [0.0, 100.0, 200.0, 300.0]);
        assert_eq!(values((0.001, 0.0042), 0.001), [0.001, 0.002, 0.003, 0.004]);
        assert_eq!(values((0.9, 3.1), 0.2_f64.max(1.0)), [1.0, 2.0, 3.0], "of whole steps");
        let said = |value, step_size| label(GridMark { value, step_size });
        assert_eq!([said(0.5, 0.5), said(0.2, 0.2), said(100.0, 100.0), said(0.003, 0.001)], ["0.5", "0.2", "100", "0.003"]);
        assert!(values((0.0, 1.0), f64::NAN).is_empty() && values((0.0, 1.0), 0.0).is_empty());
    }
}
