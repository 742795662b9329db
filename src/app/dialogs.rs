//! The desktop's file dialogs, each on a thread of its own, as promises that are looked at once a frame.

use crate::jobs::Pick;
use eframe::egui::Context;
use poll_promise::Promise;
use std::{path::PathBuf, time::Duration};

/// How often an open dialog is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Dialogs that have not been answered yet.
#[derive(Default)]
pub struct Dialogs(Vec<(Pick, Promise<Option<PathBuf>>)>);

impl Dialogs {
    pub fn open(&mut self, pick: Pick, ctx: &Context) {
        // Where the dialog cannot be shown (no portal, or its library fails) the answer is that of a cancel.
        let ask = move || std::panic::catch_unwind(|| ask(pick)).unwrap_or(None);
        self.0.push((pick, Promise::spawn_thread("dialog", ask)));
        ctx.request_repaint_after(LOOK);
    }

    /// What was chosen since the last time; `None` = cancelled.
    pub fn answers(&mut self, ctx: &Context) -> Vec<(Pick, Option<PathBuf>)> {
        let mut answers = Vec::new();
        for (pick, promise) in std::mem::take(&mut self.0) {
            match promise.try_take() {
                Ok(path) => answers.push((pick, path)),
                Err(promise) => self.0.push((pick, promise)),
            }
        }
        if !self.0.is_empty() {
            ctx.request_repaint_after(LOOK);
        }
        answers
    }
}

/// Waits for the person.
fn ask(pick: Pick) -> Option<PathBuf> {
    let dialog = rfd::FileDialog::new();
    match pick {
        Pick::DataFolder => dialog.set_title("Open a folder of images").pick_folder(),
        Pick::DataFile => {
            dialog.set_title("Open an archive or a table of labels").add_filter("Data sets", &["npz", "csv"]).pick_file()
        }
        Pick::FolderToScore => dialog.set_title("Score the images of a folder").pick_folder(),
        Pick::FilmFolder => dialog.set_title("Folder for strips and sweeps").pick_folder(),
        Pick::Table => dialog.set_title("Open a table of labels").add_filter("Tables", &["csv", "tsv", "txt"]).pick_file(),
        Pick::Model | Pick::ModelRun => {
            dialog.set_title("Import a diffusion model").add_filter("Weights", &["safetensors", "pt"]).pick_file()
        }
    }
}
