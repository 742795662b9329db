//! The desktop's file dialogs, each on a thread of its own, as promises that are looked at once a frame.

use crate::jobs::events::{Pick, Picked};
use eframe::egui::Context;
use poll_promise::Promise;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// How often an open dialog is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// No person cancels within this time: there was no dialog.
const AT_ONCE: Duration = Duration::from_millis(300);

/// Dialogs that have not been answered yet.
#[derive(Default)]
pub struct Dialogs(Vec<(Pick, Instant, Promise<Vec<PathBuf>>)>);

impl Dialogs {
    /// `from`: the folder that it shows first.
    pub fn open(&mut self, pick: Pick, from: Option<PathBuf>, ctx: &Context) {
        // Where the dialog cannot be shown (no portal, or its library fails) the answer is that of a cancel.
        let ask = move || std::panic::catch_unwind(|| ask(pick, from)).unwrap_or_default();
        self.0.push((pick, Instant::now(), Promise::spawn_thread("dialog", ask)));
        ctx.request_repaint_after(LOOK);
    }

    /// What was chosen since the last time.
    pub fn answers(&mut self, ctx: &Context) -> Vec<(Pick, Picked)> {
        let mut answers = Vec::new();
        for (pick, since, promise) in std::mem::take(&mut self.0) {
            match promise.try_take() {
                Ok(paths) if paths.is_empty() && since.elapsed() < AT_ONCE => answers.push((pick, Picked::NoDialog)),
                Ok(paths) => answers.push((pick, Picked::Paths(paths))),
                Err(promise) => self.0.push((pick, since, promise)),
            }
        }
        if !self.0.is_empty() {
            ctx.request_repaint_after(LOOK);
        }
        answers
    }
}

/// What opens as a data set beside folders.
const DATA: [&str; 14] = ["npz", "csv", "bin", "dcm", "png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp", "gif", "tsv", "txt"];

/// Waits for the person.
fn ask(pick: Pick, from: Option<PathBuf>) -> Vec<PathBuf> {
    let dialog = rfd::FileDialog::new();
    let dialog = match from {
        Some(folder) => dialog.set_directory(folder),
        None => dialog,
    };
    let one = |path: Option<PathBuf>| path.into_iter().collect();
    match pick {
        Pick::DataFolder => dialog.set_title("Open folders of images").pick_folders().unwrap_or_default(),
        Pick::DataFile => {
            let dialog = dialog.set_title("Open archives, tables of labels or images").add_filter("Data sets and images", &DATA);
            dialog.add_filter("All files", &["*"]).pick_files().unwrap_or_default()
        }
        Pick::FolderToScore => one(dialog.set_title("Score the images of a folder").pick_folder()),
        Pick::ExportFolder => one(dialog.set_title("Folder for strips and sweeps").pick_folder()),
        Pick::Curation => {
            let dialog = dialog.set_title("Import labels, left-out images and tags");
            one(dialog.add_filter("Tables of curation", &["csv"]).pick_file())
        }
        Pick::Table => one(dialog.set_title("Open a table of labels").add_filter("Tables", &["csv", "tsv", "txt"]).pick_file()),
        Pick::Model | Pick::ModelRun => {
            one(dialog.set_title("Import a diffusion model").add_filter("Weights", &["safetensors", "pt"]).pick_file())
        }
    }
}
