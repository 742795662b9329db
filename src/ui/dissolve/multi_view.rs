//! Several dissolved images beside each other: one image at many t, several images at one t, methods at matched strength, resolutions.

use super::{
    captioned_image::{CAPTION, Comparison, captioned},
    image_frame::Shot,
};
use crate::{
    app::{
        DissolveCommand,
        state::{Layout, PanelContent},
    },
    engine::{dissolve::session::ComparisonPanel, export::sweep::SHEET_STEPS},
    gpu::{Mode, Raster},
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align2, Rect, Ui, vec2};
use std::sync::Arc;

/// One cell: its name, both pictures where they are there, or why not.
struct Cell {
    name: String,
    pictures: Option<(Arc<Raster>, Arc<Raster>)>,
    failed: Option<String>,
    /// What a click on its name asks for.
    mode: Option<Mode>,
}

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, rect: Rect, original: &Arc<Raster>, peek: bool) -> Comparison {
    let d = &cx.state.dissolve;
    let mode = match (peek, d.shown) {
        (true, _) => Mode::Original,
        (_, PanelContent::Dissolved) => Mode::Dissolved,
        (_, PanelContent::Change) => d.difference.mode(),
    };
    let cells = cells(cx, original);
    let [w, h] = original.size();
    let places = grid(rect, cells.len(), w as f32 / h as f32);
    let mut hover = None;
    for (i, (cell, place)) in cells.iter().zip(places).enumerate() {
        let shot =
            cell.pictures.as_ref().map(|(original, dissolved)| Shot { original, dissolved, mode: cell.mode.unwrap_or(mode) });
        let is_waiting = shot.is_none();
        hover = captioned(ui, cx, ("panel", i), &cell.name, shot, place).hover.or(hover);
        if is_waiting {
            let t = theme::of(ui);
            let text = cell.failed.as_deref().unwrap_or("dissolving…");
            let font = eframe::egui::FontId::proportional(theme::SMALL);
            let galley = ui.painter().layout(text.to_string(), font, t.weak, place.width() - 2.0 * theme::GAP);
            let at = Align2::CENTER_CENTER.anchor_size(place.center(), galley.size());
            ui.painter().galley(at.min, galley, t.weak);
        }
    }
    Comparison { free: None, hover }
}

fn cells(cx: &PanelContext<'_>, original: &Arc<Raster>) -> Vec<Cell> {
    let d = &cx.state.dissolve;
    let first = |name: &str| Cell {
        name: name.into(),
        pictures: Some((original.clone(), original.clone())),
        failed: None,
        mode: Some(Mode::Original),
    };
    let of_panel = |panel: &Option<ComparisonPanel>| match panel {
        None => Cell { name: String::new(), pictures: None, failed: None, mode: None },
        Some(ComparisonPanel { label, original, dissolved: Ok((dissolved, mean)) }) => Cell {
            name: format!("{label} · {mean:.4}"),
            pictures: Some((original.clone(), dissolved.clone())),
            failed: None,
            mode: None,
        },
        Some(ComparisonPanel { label, dissolved: Err(failure), .. }) => {
            Cell { name: label.clone(), pictures: None, failed: Some(widgets::sentence(&failure.summary)), mode: None }
        }
    };
    let panels = d.answers.panels.iter().map(of_panel);
    match d.layout {
        Layout::Steps if !d.uses_t() => {
            let why = "A filter has no t: choose Diffusion on the right.".to_string();
            vec![first("original"), Cell { name: String::new(), pictures: None, failed: Some(why), mode: None }]
        }
        Layout::Steps => std::iter::once(first("original"))
            .chain(SHEET_STEPS.iter().map(|t| {
                let dissolved = d.answers.by_t.get(t);
                let mean = dissolved.map(|d| format!(" · {:.4}", d.mean_abs_change)).unwrap_or_default();
                let pictures = dissolved.map(|d| (original.clone(), d.raster.clone()));
                Cell { name: format!("t = {t}{mean}"), pictures, failed: None, mode: None }
            }))
            .collect(),
        Layout::Images => panels.collect(),
        _ => std::iter::once(first("original")).chain(panels).collect(),
    }
}

/// Equal places in as many columns as show the pictures largest.
fn grid(rect: Rect, count: usize, aspect: f32) -> Vec<Rect> {
    let gap = theme::GAP;
    let size = |columns: usize| {
        let rows = count.div_ceil(columns).max(1);
        let width = (rect.width() - gap * (columns - 1) as f32) / columns as f32;
        let height = (rect.height() - gap * (rows - 1) as f32) / rows as f32;
        vec2(width, height)
    };
    let shown = |columns: &usize| {
        let size = size(*columns);
        ordered(size.x.min((size.y - CAPTION) * aspect))
    };
    let columns = (1..=count.max(1)).max_by_key(shown).unwrap_or(1);
    let size = size(columns);
    let place = |i: usize| {
        let offset = vec2((i % columns) as f32 * (size.x + gap), (i / columns) as f32 * (size.y + gap));
        Rect::from_min_size(rect.min + offset, size)
    };
    (0..count).map(place).collect()
}

/// A width as a number that can be compared, tenths of a point.
fn ordered(width: f32) -> i64 {
    (width * 10.0) as i64
}

/// The choice of what the cells show, with a word on what is seen.
pub fn toolbar(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let d = &cx.state.dissolve;
    let about = match d.layout {
        Layout::Images => "several images at this t; A puts one here",
        Layout::Methods => "each set to change this image equally: mean |change|",
        Layout::Resolutions => "dissolved at 32, 64 and 128 px: mean |change|",
        Layout::Steps => "one image at many t: mean |change|",
        Layout::SideBySide | Layout::Split | Layout::Loupe => return,
    };
    // A row of its own, so that it never makes the page wider than it is.
    ui.horizontal_wrapped(|ui| {
        if let Some(shown) =
            widgets::choices(ui, d.shown, &[(PanelContent::Dissolved, "Dissolved"), (PanelContent::Change, "Change")])
        {
            cx.send(DissolveCommand::Shown(shown));
        }
        widgets::weak(ui, about);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::pos2;

    #[test]
    fn grid_uses_best_number_of_columns() {
        let rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(800.0, 420.0));
        let eight = grid(rect, 8, 1.0);
        assert_eq!(eight.iter().filter(|p| p.top() == 0.0).count(), 4);
        assert!(eight.iter().all(|p| rect.expand(0.1).contains_rect(*p)));
        assert_eq!(grid(rect, 3, 4.0).iter().filter(|p| p.left() == 0.0).count(), 3, "wide ones lie above each other");
        assert!(grid(rect, 0, 1.0).is_empty());
    }
}
