//! The files of what is remembered from one start to the next.
//!
//! Where several windows are open: a window writes the whole file now and then. Of two, each would write over what the other remembers, and the second would
//! offer the jobs that wait in the first as left behind. So the first window has the file, and each other one a copy.

use crate::{
    app::state::{PersistedState, WorkspaceSettings},
    error::{Error, NextStep, Result},
    run_dir::files,
    text,
};
use eframe::egui::{Context, scroll_area};
use std::{
    collections::HashMap,
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// What the workspace keeps of the window. A file that cannot be used is kept under another name, since the next tag writes anew.
///
/// # Errors
/// Such a file, and where it is now.
pub fn workspace_settings(workspace: &Path) -> Result<WorkspaceSettings> {
    let file = workspace.join(files::WINDOW);
    let reason = match fs::read(&file) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(WorkspaceSettings::default()),
        Err(e) => e.to_string(),
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(settings) => return Ok(settings),
            Err(e) => e.to_string(),
        },
    };
    let next: NextStep = match set_aside(&file) {
        Ok(kept) => format!("they begin anew; the file is kept as {kept}").into(),
        Err(_) => "move the file away: the next tag or view writes it anew".into(),
    };
    Err(Error::user(format!("the tags and views in {} cannot be read: {reason}", file.display()), next))
}

/// Moves a file that cannot be used out of the way, and returns its new name.
fn set_aside(file: &Path) -> std::io::Result<String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let kept = text::free_name(&format!("{name}.damaged"), |name| !file.with_file_name(name).exists());
    fs::rename(file, file.with_file_name(&kept))?;
    Ok(kept)
}

/// Each start shows the head of what it opens: of what the windowing library remembers, widths of panels stay, and how far something
/// was scrolled goes.
pub fn forget_scrolling(ctx: &Context) {
    ctx.data_mut(|data| data.remove_by_type::<scroll_area::State>());
}

/// What eframe has as [`PersistedState`] in its file.
pub const STORAGE_KEY: &str = "studio";

/// The windowing library begins anew without a word where its file, or our part of it, cannot be used, and then writes over it.
///
/// # Errors
/// Such a file, and where it is now.
fn check(file: &Path) -> Result<()> {
    let reason = match fs::read_to_string(file) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => e.to_string(),
        Ok(text) => match ron::from_str(&text).and_then(|values: HashMap<String, String>| {
            let ours = values.get(STORAGE_KEY).map(|text| ron::from_str::<PersistedState>(text));
            ours.transpose()
        }) {
            Ok(_) => return Ok(()),
            Err(e) => e.to_string(),
        },
    };
    let next: NextStep = match set_aside(file) {
        Ok(kept) => format!("recent data sets, the training form and waiting jobs begin anew; the file is kept as {kept}").into(),
        Err(_) => "move the file away: this window writes it anew when it closes".into(),
    };
    Err(Error::user(format!("what the window remembers, in {}, cannot be read: {reason}", file.display()), next))
}

pub struct Remembered {
    /// The file to read and write.
    pub file: PathBuf,
    /// Why nothing is remembered of the last time, where that is to be said.
    pub trouble: Option<Error>,
    /// Held as long as this window is open, where it is the first.
    lock: Option<File>,
    /// Is deleted with this.
    _copy: Option<TempDir>,
}

impl Remembered {
    /// In the folder of the program's data; `None` where nothing can be kept.
    pub fn open(folder: &Path) -> Option<Self> {
        fs::create_dir_all(folder).ok()?;
        let file = folder.join("app.ron");
        let lock = File::create(folder.join("window.lock")).ok()?;
        // Disks without locks are no reason to forget.
        if !matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            let trouble = check(&file).err();
            return Some(Self { file, trouble, lock: Some(lock), _copy: None });
        }
        let copy = tempfile::tempdir().ok()?;
        let own = copy.path().join("app.ron");
        // Of a first window that has written nothing there is nothing to copy.
        let _ = fs::copy(&file, &own);
        Some(Self { file: own, trouble: None, lock: None, _copy: Some(copy) })
    }

    /// Whether no other window was open when this one was.
    pub fn is_first(&self) -> bool {
        self.lock.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_settings_of_the_workspace_are_kept_and_said_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(files::WINDOW);
        assert_eq!(workspace_settings(dir.path()).unwrap(), WorkspaceSettings::default());
        for (kept, text) in [("window.json.damaged", "{\"tags\": [{\"na"), ("window.json.damaged-2", "[]x")] {
            fs::write(&file, text).unwrap();
            let why = workspace_settings(dir.path()).unwrap_err();
            assert!(why.to_string().starts_with("the tags and views in"), "{why}");
            assert!(matches!(why.hint(), Some(NextStep::Text(hint)) if hint.contains(kept)), "{:?}", why.hint());
            assert_eq!(fs::read_to_string(dir.path().join(kept)).unwrap(), text);
            assert_eq!(workspace_settings(dir.path()).unwrap(), WorkspaceSettings::default(), "it is said once");
        }
    }

    #[test]
    fn a_damaged_file_of_what_is_remembered_is_kept_and_said_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("app.ron");
        let sound = |ours: &str| ron::ser::to_string(&HashMap::from([(STORAGE_KEY, ours), ("egui", "()")])).unwrap();
        let state = ron::ser::to_string(&PersistedState { log_shown: true, ..PersistedState::default() }).unwrap();
        for text in [sound(&state), sound("()"), "{}".into()] {
            fs::write(&file, &text).unwrap();
            assert!(Remembered::open(dir.path()).unwrap().trouble.is_none(), "{text}");
        }
        let cut = sound(&state)[..40].to_string();
        let cases = [("app.ron.damaged", cut), ("app.ron.damaged-2", sound("(recent: 3)")), ("app.ron.damaged-3", String::new())];
        for (kept, text) in cases {
            fs::write(&file, &text).unwrap();
            let why = Remembered::open(dir.path()).unwrap().trouble.unwrap();
            assert!(why.to_string().starts_with("what the window remembers"), "{why}");
            assert!(matches!(why.hint(), Some(NextStep::Text(hint)) if hint.contains(kept)), "{:?}", why.hint());
            assert_eq!(fs::read_to_string(dir.path().join(kept)).unwrap(), text);
            assert!(Remembered::open(dir.path()).unwrap().trouble.is_none(), "it is said once");
        }
    }

    #[test]
    fn a_second_window_writes_nothing_over_what_the_first_remembers() {
        let dir = tempfile::tempdir().unwrap();
        let first = Remembered::open(dir.path()).unwrap();
        let theme = "{\"theme\": \"dark\"}";
        fs::write(&first.file, theme).unwrap();
        let second = Remembered::open(dir.path()).unwrap();
        assert!(first.is_first() && !second.is_first());
        assert_eq!(fs::read_to_string(&second.file).unwrap(), theme);
        let copy = second.file.clone();
        fs::write(&copy, "other").unwrap();
        drop(second);
        assert!(!copy.exists());
        drop(first);
        let next = Remembered::open(dir.path()).unwrap();
        assert!(next.is_first());
        assert_eq!(fs::read_to_string(&next.file).unwrap(), theme);
    }

    #[test]
    fn how_far_something_was_scrolled_goes_and_the_rest_of_the_layout_stays() {
        let (ctx, id) = (Context::default(), eframe::egui::Id::unique("pane"));
        scroll_area::State::default().store(&ctx, id);
        ctx.data_mut(|data| data.insert_persisted(id, 240.0_f32));
        forget_scrolling(&ctx);
        assert!(scroll_area::State::load(&ctx, id).is_none());
        assert_eq!(ctx.data_mut(|data| data.get_persisted::<f32>(id)), Some(240.0));
    }
}
