//! Several dissolved images beside each other: one image at many t, several images at one t, methods at matched strength, resolutions.

use super::{
    captioned_image::{CAPTION, ComparisonResponse, captioned},
    image_frame::Shot,
};
use crate::{
    app::{
        DissolveCommand,
        state::{ChangeFrom, ComparisonLayout, DissolveState, PanelContent},
    },
    engine::{
        dissolve::{comparison::ComparisonPanel, dissolved::Dissolved},
        export::sweep::SHEET_STEPS,
    },
    gpu::{Mode, Raster},
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align2, Rect, Ui, vec2};
use std::sync::Arc;

/// One cell: its name, its pictures where they are there, or why not.
struct Cell {
    name: String,
    pictures: Option<Pictures>,
    failed: Option<String>,
    /// What a click on its name asks for.
    mode: Option<Mode>,
}

struct Pictures {
    original: Arc<Raster>,
    dissolved: Arc<Raster>,
    /// What a difference is taken from, where not from the original.
    resized: Option<Arc<Raster>>,
}

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, rect: Rect, original: &Arc<Raster>, peek: bool) -> ComparisonResponse {
    let d = &cx.state.dissolve;
    let mode = match (peek, d.shown) {
        (true, _) | (_, PanelContent::Original) => Mode::Original,
        (_, PanelContent::Dissolved) => Mode::Dissolved,
        (_, PanelContent::Change) => d.difference.mode(),
    };
    let cells = cells(cx, original);
    let [w, h] = original.size();
    let places = grid(rect, cells.len(), w as f32 / h as f32);
    let mut hover = None;
    for (i, (cell, place)) in cells.iter().zip(places).enumerate() {
        let shot = cell.pictures.as_ref().map(|Pictures { original, dissolved, resized }| Shot {
            original,
            dissolved,
            resized: resized.as_ref(),
            mode: cell.mode.unwrap_or(mode),
        });
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
    ComparisonResponse { free: None, hover, in_view: None }
}

fn cells(cx: &PanelContext<'_>, original: &Arc<Raster>) -> Vec<Cell> {
    let d = &cx.state.dissolve;
    let first = |name: &str| Cell {
        name: name.into(),
        pictures: Some(Pictures { original: original.clone(), dissolved: original.clone(), resized: None }),
        failed: None,
        mode: Some(Mode::Original),
    };
    let pictures = |original: &Arc<Raster>, dissolved: &Dissolved| Pictures {
        original: original.clone(),
        dissolved: dissolved.raster.clone(),
        resized: d.resized(dissolved).cloned(),
    };
    // Where a large picture can be dissolved at several scales, each says its own.
    let has_tiles = d.scale().is_some_and(|scale| scale.is_tiles());
    let says_scale = has_tiles && matches!(d.layout(), ComparisonLayout::Steps | ComparisonLayout::Images);
    let named = |label: &str, dissolved: &Dissolved| {
        let is_on_sheet = d.layout() == ComparisonLayout::Steps;
        let scale = match (says_scale, dissolved.has_tiles()) {
            (false, _) => "",
            (true, true) => " · tiles",
            (true, false) if is_on_sheet => " · coarse",
            (true, false) => " · whole",
        };
        // A figure that will be another one by tiles would be compared with those.
        let is_passing = is_on_sheet && has_tiles && !dissolved.has_tiles() && d.fits_on_sheet();
        let figure = if is_passing { String::new() } else { format!(" · {:.4}", measured(d, dissolved)) };
        format!("{label}{figure}{scale}")
    };
    let of_panel = |panel: &Option<ComparisonPanel>| match panel {
        None => Cell { name: String::new(), pictures: None, failed: None, mode: None },
        Some(ComparisonPanel { label, original, dissolved: Ok(dissolved) }) => {
            Cell { name: named(label, dissolved), pictures: Some(pictures(original, dissolved)), failed: None, mode: None }
        }
        Some(ComparisonPanel { label, dissolved: Err(failure), .. }) => {
            Cell { name: label.clone(), pictures: None, failed: Some(widgets::sentence(&failure.summary)), mode: None }
        }
    };
    let panels = d.answers.panels.iter().map(of_panel);
    match d.layout() {
        ComparisonLayout::Steps if !d.uses_t() => {
            let why = "A filter has no t: choose Diffusion on the right.".to_string();
            vec![first("original"), Cell { name: String::new(), pictures: None, failed: Some(why), mode: None }]
        }
        ComparisonLayout::Steps => std::iter::once(first("original"))
            .chain(SHEET_STEPS.iter().map(|t| {
                let dissolved = d.answers.on_sheet(*t);
                let label = format!("t = {t}");
                let name = dissolved.map_or(label.clone(), |dissolved| named(&label, dissolved));
                let pictures = dissolved.map(|dissolved| pictures(original, dissolved));
                Cell { name, pictures, failed: None, mode: None }
            }))
            .collect(),
        ComparisonLayout::Images => panels.collect(),
        // By tiles it is there already.
        ComparisonLayout::Resolutions if has_tiles => {
            let tiles = d.answers.done.as_ref().map(|done| Cell {
                name: named(&done.scale_words(), done),
                pictures: Some(pictures(original, done)),
                failed: None,
                mode: None,
            });
            std::iter::once(first("original")).chain(panels).chain(tiles).collect()
        }
        _ => std::iter::once(first("original")).chain(panels).collect(),
    }
}

/// Mean |change| of what the cells show.
fn measured(d: &DissolveState, dissolved: &Dissolved) -> f64 {
    // Matched strength is that of all change.
    if d.resized(dissolved).is_some() && d.layout() != ComparisonLayout::Methods {
        dissolved.change.model
    } else {
        dissolved.change.all
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
    let beyond = if d.change_from == ChangeFrom::Resized { " beyond resizing" } else { "" };
    let about = match d.layout() {
        ComparisonLayout::Images => format!("several images at this t: mean |change|{beyond}; A puts one here"),
        ComparisonLayout::Methods => "each set to change this image equally, as a whole: mean |change|".into(),
        ComparisonLayout::Resolutions => format!("the whole picture dissolved at 32, 64 and 128 px: mean |change|{beyond}"),
        ComparisonLayout::Steps => {
            let figure = format!(": mean |change|{beyond}");
            let coarse = " · coarse and without figures until all are dissolved by tiles".to_string();
            format!("one image at many t{}", if d.is_sheet_refining() { coarse } else { figure })
        }
        ComparisonLayout::SideBySide | ComparisonLayout::Split | ComparisonLayout::Loupe => return,
    };
    // A row of its own, so that it never makes the page wider than it is.
    ui.horizontal(|ui| {
        if let Some(shown) = widgets::choices(
            ui,
            d.shown,
            &[(PanelContent::Original, "Original"), (PanelContent::Dissolved, "Dissolved"), (PanelContent::Change, "Change")],
        ) {
            cx.send(DissolveCommand::Shown(shown));
        }
        // Its second line begins below its first.
        ui.vertical(|ui| widgets::weak(ui, about));
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
