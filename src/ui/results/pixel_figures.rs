//! How well the anomaly maps find what masks outline, beside maps that need no training.

use crate::{
    app::icons,
    scores::{PixelFigures, baseline_title},
    text::count_of,
    ui::shared::{glossary, theme, widgets},
};
use eframe::egui::{RichText, Ui};

pub fn show(ui: &mut Ui, pixels: &PixelFigures) {
    widgets::caption(ui, "AT THE PIXELS");
    let row = |ui: &mut Ui, name: &str, value: String, help: &str| {
        widgets::figure(ui, name, &value).on_hover_text(help);
    };
    row(ui, "AUROC", format!("{:.3}", pixels.pixel_auroc), glossary::PIXEL_CASES);
    row(ui, "Average precision", format!("{:.3}", pixels.pixel_ap), glossary::PIXEL_CASES);
    row(ui, "AUPRO", format!("{:.3}", pixels.aupro), glossary::AUPRO);
    row(ui, "Pointing game", format!("{:.3}", pixels.pointing), glossary::POINTING_GAME);
    for ruler in &pixels.pixel_rulers {
        let value = format!("{:.3}, {:.3}", ruler.pixel_auroc, ruler.pixel_ap);
        let help = format!("{}, a map that needs no training: AUROC and average precision", baseline_title(&ruler.name));
        row(ui, &baseline_title(&ruler.name), value, &help);
    }
    if let Some(note) = pixels.note() {
        let text = RichText::new(format!("{}  {}", icons::WARNING, widgets::sentence(&note)));
        ui.label(text.size(theme::SMALL).color(theme::of(ui).warning));
    }
    let images = count_of(pixels.pixel_images, "masked image");
    widgets::weak(ui, format!("Over {images}: {}.", PixelFigures::MEANING));
}
