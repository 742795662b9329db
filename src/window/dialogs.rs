//! The desktop's file dialogs, each on a thread of its own, as promises that are looked at once a frame.

use crate::{
    data::{PICTURE_ENDINGS, TABLE_ENDINGS},
    jobs::events::{Pick, Picked},
};
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
pub struct Dialogs(Vec<(Pick, Promise<Picked>)>);

impl Dialogs {
    /// `from`: the folder that it shows first.
    pub fn open(&mut self, pick: Pick, from: Option<PathBuf>, ctx: &Context) {
        let ask = move || {
            // Here, since the next frame may be late.
            let since = Instant::now();
            let answer = std::panic::catch_unwind(|| ask(pick, from)).ok().flatten();
            picked(answer, since.elapsed())
        };
        self.0.push((pick, Promise::spawn_thread("dialog", ask)));
        ctx.request_repaint_after(LOOK);
    }

    /// What was chosen since the last time.
    pub fn answers(&mut self, ctx: &Context) -> Vec<(Pick, Picked)> {
        let mut answers = Vec::new();
        for (pick, promise) in std::mem::take(&mut self.0) {
            match promise.try_take() {
                Ok(picked) => answers.push((pick, picked)),
                Err(promise) => self.0.push((pick, promise)),
            }
        }
        if !self.0.is_empty() {
            ctx.request_repaint_after(LOOK);
        }
        answers
    }
}

/// What opens as a data set beside folders, tables and pictures.
const ARRAYS: [&str; 2] = ["npz", "bin"];

/// What an answer means that took so long. Where the desktop can show no dialog (no portal and no `zenity`, or its library fails)
/// the answer is often that of a cancel.
fn picked(answer: Option<Vec<PathBuf>>, took: Duration) -> Picked {
    match answer {
        Some(paths) if !paths.is_empty() || took >= AT_ONCE => Picked::Paths(paths),
        _ => Picked::NoDialog,
    }
}

/// Waits for the person. `None` where it is known that there was no dialog.
fn ask(pick: Pick, from: Option<PathBuf>) -> Option<Vec<PathBuf>> {
    // Of several files a cancelled dialog is an empty list on Linux, where there may be none at all.
    const SAYS_CANCEL: bool = cfg!(all(unix, not(target_os = "macos")));
    let dialog = rfd::FileDialog::new();
    let dialog = match from {
        Some(folder) => dialog.set_directory(folder),
        None => dialog,
    };
    let one = |path: Option<PathBuf>| Some(path.into_iter().collect());
    let several = |paths: Option<Vec<PathBuf>>| if SAYS_CANCEL { paths } else { Some(paths.unwrap_or_default()) };
    match pick {
        Pick::DataFolder => several(dialog.set_title("Open folders of images").pick_folders()),
        Pick::DataFile => {
            let endings = [&ARRAYS[..], &PICTURE_ENDINGS, &TABLE_ENDINGS].concat();
            let dialog =
                dialog.set_title("Open archives, tables of labels or images").add_filter("Data sets and images", &endings);
            several(dialog.add_filter("All files", &["*"]).pick_files())
        }
        Pick::FolderToScore => one(dialog.set_title("Score the images of a folder").pick_folder()),
        Pick::ExportFolder => one(dialog.set_title("Folder for strips and sweeps").pick_folder()),
        Pick::Curation => {
            let dialog = dialog.set_title("Import labels, left-out images and tags");
            one(dialog.add_filter("Tables of curation", &["csv"]).pick_file())
        }
        Pick::Table => {
            let dialog = dialog.set_title("Open a table of labels").add_filter("Tables", &TABLE_ENDINGS);
            one(dialog.add_filter("All files", &["*"]).pick_file())
        }
        Pick::Annotations => one(dialog.set_title("Label images by the annotations in a folder").pick_folder()),
        Pick::Model | Pick::ModelRun => {
            one(dialog.set_title("Import a diffusion model").add_filter("Weights", &["safetensors", "pt"]).pick_file())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialog_that_was_never_shown_is_no_cancel() {
        let path = || vec![PathBuf::from("a")];
        let (at_once, later) = (Duration::from_millis(5), Duration::from_secs(3));
        let is_none = |answer, took| matches!(picked(answer, took), Picked::NoDialog);
        assert!(is_none(None, at_once) && is_none(None, later), "a bus may take its time to fail");
        assert!(is_none(Some(Vec::new()), at_once) && !is_none(Some(Vec::new()), later));
        assert!(!is_none(Some(path()), at_once) && !is_none(Some(path()), later));
    }
}
