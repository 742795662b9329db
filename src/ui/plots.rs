//! The look that all charts share.

use super::theme::{self, Tokens};
use eframe::egui::{FontId, Rangef, Sense};
use egui_plot::{AxisHints, Plot};

/// A chart that can be looked at, and neither moved nor zoomed by accident.
pub fn quiet<'a>(id: &'a str, t: &Tokens, height: f32) -> Plot<'a> {
    let font = FontId::proportional(theme::SMALL);
    let axis = |axis: AxisHints<'a>| axis.tick_label_color(t.weak).tick_label_font(font.clone());
    Plot::new(id)
        .height(height)
        .show_background(false)
        .grid_color(t.line)
        .grid_spacing(Rangef::new(24.0, 160.0))
        .custom_x_axes(vec![axis(AxisHints::new_x()).label_spacing(Rangef::new(40.0, 60.0))])
        .custom_y_axes(vec![axis(AxisHints::new_y()).label_spacing(Rangef::new(16.0, 24.0)).min_thickness(40.0)])
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .sense(Sense::click_and_drag())
}
