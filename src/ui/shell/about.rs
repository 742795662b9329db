//! About: version, what it is for, licences.

use crate::{
    app::AppCommand,
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{RichText, ScrollArea, Ui};

const LICENCES: [(&str, &str); 3] = [
    ("Inter, the typeface · SIL Open Font License 1.1", include_str!("../../../assets/fonts/OFL.txt")),
    ("Phosphor, the icons · MIT", include_str!("../../../assets/fonts/Phosphor-LICENSE.txt")),
    (
        "Dissolve Studio · MIT or Apache-2.0",
        "You may use, copy, change and pass on this program under either licence, at your choice. It comes without any \
         warranty. The libraries it is built from are listed in Cargo.lock with their own licences (MIT, Apache-2.0, BSD, Zlib, \
         MPL-2.0 and the like).",
    ),
];

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let t = theme::of(ui);
    let close = widgets::dialog(ui, "about", 520.0, |ui| {
        ui.label(RichText::new("Dissolve Studio").size(theme::TITLE));
        ui.label(RichText::new(version()).color(t.weak));
        ui.add_space(theme::GAP);
        ui.label(theme::strong("Research use only. Not for diagnosis, nor for any other clinical decision.").color(t.warning));
        ui.label(
            "It finds fine-grained anomalies in medical images, trained on normal images alone, after “Dissolving Is Amplifying: \
             Towards Fine-Grained Anomaly Detection” (ECCV 2024). A high score says that an image differs from the normal ones \
             it was compared with, not that it shows a disease.",
        );
        ui.label(RichText::new("Everything stays on this machine: nothing is sent anywhere.").color(t.weak));
        ui.add_space(theme::GAP);
        widgets::caption(ui, "LICENCES");
        for (name, text) in LICENCES {
            ui.collapsing(name, |ui| {
                ScrollArea::vertical().id_salt(name).max_height(160.0).show(ui, |ui| widgets::weak(ui, text));
            });
        }
        ui.add_space(theme::GAP);
        ui.horizontal(|ui| {
            if ui.button("Copy version").clicked() {
                cx.send(AppCommand::Copy(version()));
            }
            if ui.button("Close").clicked() {
                cx.send(AppCommand::Escape);
            }
        });
    });
    if close {
        cx.send(AppCommand::Escape);
    }
}

fn version() -> String {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    format!("Version {} for {os} on {arch}", env!("CARGO_PKG_VERSION"))
}
