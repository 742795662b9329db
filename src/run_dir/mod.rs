//! Run folders: `runs/<time>-<kind>-<name>/`, and how files in them are written so that a kill at any moment leaves each
//! of them complete.
//!
//! [`files`] names every file of a run, [`RunContents`] says what a run holds of them.

#![warn(missing_docs)]

mod contents;
pub mod files;
mod manifest;
mod saved_maps;
mod write;

pub use contents::RunContents;
pub use manifest::{Manifest, RunKind, RunState};
pub use saved_maps::SavedMaps;
pub use write::{read_if_there, require_writable, require_writable_file, write_atomic, write_with_folder};

use crate::{
    config::RunConfig,
    error::{Error, NextStep, Result},
    text,
};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

/// An existing run folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Makes `workspace/runs/<time>-<kind>-<name>/` with its `config.toml` and `manifest.json`.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn create(workspace: &Path, kind: RunKind, name: &str, config: &RunConfig) -> Result<Self> {
        let now = jiff::ZonedDateTime::now();
        let name_in_path = if name.is_empty() { "run".to_string() } else { text::folder_name(name) };
        let stem = format!("{}-{}-{name_in_path}", now.strftime("%Y%m%d-%H%M%S"), kind.name());
        let runs = workspace.join(files::RUNS);
        fs::create_dir_all(&runs).map_err(Error::io("create", &runs))?;
        // Made while the name is looked for, so that two programs never take the same one.
        let mut made = Ok(());
        let path = runs.join(text::free_name(&stem, |name| {
            made = fs::create_dir(runs.join(name));
            !matches!(&made, Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists)
        }));
        made.map_err(Error::io("create", &path))?;
        Self::init(path, kind, name, config)
    }

    /// Makes the folder of a part (`ddpm`, `dia`) inside this run, or opens it where it exists.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn part(&self, kind: RunKind, config: &RunConfig) -> Result<Self> {
        let path = self.path.join(kind.name());
        if path.join(files::MANIFEST).exists() {
            return Self::open(&path);
        }
        fs::create_dir_all(&path).map_err(Error::io("create", &path))?;
        Self::init(path, kind, kind.name(), config)
    }

    fn init(path: PathBuf, kind: RunKind, name: &str, config: &RunConfig) -> Result<Self> {
        for sub in [files::CHECKPOINTS, files::SAMPLES] {
            fs::create_dir_all(path.join(sub)).map_err(Error::io("create", path.join(sub)))?;
        }
        let run = Self { path };
        run.set_config(config)?;
        // The manifest comes last: a folder without one is no run.
        run.write_manifest(&Manifest {
            kind,
            name: name.to_string(),
            created: jiff::Timestamp::now().to_string(),
            version: env!("CARGO_PKG_VERSION").to_string(),
            state: RunState::Unfinished,
            notes: String::new(),
            data: String::new(),
            figures: serde_json::Map::new(),
        })?;
        Ok(run)
    }

    /// Opens an existing run.
    ///
    /// # Errors
    /// Where the folder has no readable manifest.
    pub fn open(path: &Path) -> Result<Self> {
        let run = Self { path: path.to_path_buf() };
        run.manifest()?;
        Ok(run)
    }

    /// All runs of a workspace, newest first; folders that are no runs are left out.
    pub fn list(workspace: &Path) -> Vec<Self> {
        Self::list_folder(&workspace.join(files::RUNS))
    }

    /// Folders of runs whose manifest cannot be read, newest first, each with the reason.
    pub fn list_damaged(workspace: &Path) -> Vec<(PathBuf, Error)> {
        let folders = fs::read_dir(workspace.join(files::RUNS)).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_run = |path: &PathBuf| path.join(files::MANIFEST).exists();
        let mut damaged: Vec<(PathBuf, Error)> =
            folders.filter(is_run).filter_map(|path| Some((path.clone(), Self::open(&path).err()?))).collect();
        damaged.sort_by(|a, b| b.0.cmp(&a.0));
        damaged
    }

    fn list_folder(folder: &Path) -> Vec<Self> {
        let mut runs: Vec<Self> =
            fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| Self::open(&entry.path()).ok()).collect();
        runs.sort_by(|a, b| b.path.cmp(&a.path));
        runs
    }

    /// Moves the run into the workspace's trash, from where it can be [restored](Self::restore).
    ///
    /// # Errors
    /// Where the folder cannot be moved.
    pub fn trash(&self, workspace: &Path) -> Result<Self> {
        // What works on it has its path, and would go on writing there.
        if self.is_locked() {
            return Err(self.in_work());
        }
        self.move_into(&workspace.join(files::TRASH))
    }

    /// Moves a run out of the trash, back among the others.
    ///
    /// # Errors
    /// Where the folder cannot be moved.
    pub fn restore(&self, workspace: &Path) -> Result<Self> {
        self.move_into(&workspace.join(files::RUNS))
    }

    fn move_into(&self, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let free = folder.join(text::free_name(&name, |name| !folder.join(name).exists()));
        fs::rename(&self.path, &free).map_err(Error::io("move", &self.path))?;
        Ok(Self { path: free })
    }

    /// The runs in the workspace's trash, newest first.
    pub fn list_trash(workspace: &Path) -> Vec<Self> {
        Self::list_folder(&workspace.join(files::TRASH))
    }

    /// Deletes a run for good, with all that is in its folder.
    ///
    /// # Errors
    /// Where it does not lie in the workspace's trash: nothing else is ever deleted.
    pub fn delete_trashed(&self, workspace: &Path) -> Result<()> {
        if self.path.parent() != Some(&workspace.join(files::TRASH)) {
            return Err(Error::user(format!("{} is not in the trash", self.path.display()), "move it there first"));
        }
        fs::remove_dir_all(&self.path).map_err(Error::io("delete", &self.path))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file of the run, by a name of [`files`].
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// What the run is, and how far it has come.
    ///
    /// # Errors
    /// A folder that is no run, or a damaged manifest.
    pub fn manifest(&self) -> Result<Manifest> {
        let path = self.join(files::MANIFEST);
        let text = fs::read(&path)
            .map_err(|e| Error::user(format!("{} is not a run folder ({e})", self.path.display()), NextStep::ChooseRun))?;
        serde_json::from_slice(&text).map_err(|e| {
            Error::user(format!("{} cannot be read: {e}", path.display()), "the run was damaged or made by another version")
        })
    }

    /// Changes something in the manifest, and nothing that another program changes at the same time.
    ///
    /// # Errors
    /// Where the manifest cannot be read or written.
    pub fn update_manifest(&self, change: impl FnOnce(&mut Manifest)) -> Result<()> {
        let path = self.join(files::MANIFEST_LOCK);
        let file = fs::File::create(&path).map_err(Error::io("write", &path))?;
        // Some network disks have no locks.
        let _ = file.lock();
        let mut manifest = self.manifest()?;
        change(&mut manifest);
        self.write_manifest(&manifest)
    }

    fn write_manifest(&self, manifest: &Manifest) -> Result<()> {
        let text =
            serde_json::to_vec_pretty(manifest).map_err(|e| Error::user(format!("the manifest cannot be written: {e}"), ""))?;
        self.write(files::MANIFEST, &text)
    }

    /// Notes how far the run has come.
    ///
    /// # Errors
    /// Where the manifest cannot be read or written.
    pub fn set_state(&self, state: RunState) -> Result<()> {
        self.update_manifest(|manifest| manifest.state = state)
    }

    /// Holds the run for this process until the returned file is dropped or the process ends, however that happens; removes what a
    /// process that was killed has not finished writing.
    ///
    /// # Errors
    /// Where another process (or thread) works on the run.
    pub fn lock(&self) -> Result<fs::File> {
        let path = self.join(files::LOCK);
        let file = fs::File::create(&path).map_err(Error::io("write", &path))?;
        // Who only asks whether it is held holds it for a moment.
        for wait in [0, 1, 5, 20] {
            std::thread::sleep(Duration::from_millis(wait));
            // Some network disks have no locks: they are no reason not to train.
            if !matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
                write::remove_half_written(&self.path);
                return Ok(file);
            }
        }
        Err(self.in_work())
    }

    /// Removes what a killed process has not finished writing, unless one works on the run.
    pub fn tidy(&self) {
        if !self.is_locked() {
            write::remove_half_written(&self.path);
        }
    }

    fn in_work(&self) -> Error {
        Error::user(
            format!("{} is being worked on already", self.path.display()),
            "wait until the other program is done with it, or stop it there",
        )
    }

    /// Whether some process works on the run now.
    pub fn is_locked(&self) -> bool {
        let file = fs::File::open(self.join(files::LOCK));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
    }

    /// Notes in log and manifest how the work called `what` has ended, and hands its result on.
    ///
    /// # Errors
    /// That of `result`, or where the note cannot be written.
    pub fn note_end<T>(&self, what: &str, result: Result<T>) -> Result<T> {
        self.log(&match &result {
            Ok(_) => format!("{what}: finished"),
            Err(e) => format!("{what}: {e}"),
        });
        match self.set_state(RunState::after(&result)) {
            Err(e) if result.is_ok() => Err(e),
            // Where the work failed, that is what has to be told, not that its note could not be written.
            _ => result,
        }
    }

    /// Adds figures for lists and reports, by key.
    ///
    /// # Errors
    /// Where the manifest cannot be read or written.
    pub fn set_figures(&self, figures: impl IntoIterator<Item = (&'static str, serde_json::Value)>) -> Result<()> {
        self.update_manifest(|manifest| manifest.figures.extend(figures.into_iter().map(|(k, v)| (k.to_string(), v))))
    }

    /// The settings of the run.
    ///
    /// # Errors
    /// Where the file is not there, or has a setting that cannot be used.
    pub fn config(&self) -> Result<RunConfig> {
        let path = self.join(files::CONFIG);
        let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
        let mut config = RunConfig::from_toml(&text)
            .map_err(|e| Error::user(format!("{}: {e}", path.display()), "mend the setting, or start a new run"))?;
        config.data.curation = config.data.curation.map(|table| self.join(table));
        Ok(config)
    }

    /// Replaces the settings. Of the table of curation that they name the run gets a copy, and names that one from then on.
    ///
    /// # Errors
    /// Where that table cannot be read, or the folder cannot be written.
    pub fn set_config(&self, config: &RunConfig) -> Result<()> {
        let mut config = config.clone();
        if let Some(table) = config.data.curation.take() {
            if table != self.join(files::CURATION) {
                let copy = fs::read(&table).map_err(Error::io("read", &table))?;
                self.write(files::CURATION, &copy)?;
            }
            config.data.curation = Some(files::CURATION.into());
        }
        self.write(files::CONFIG, config.to_toml().as_bytes())
    }

    /// Writes one of the run's files atomically (see [`write_atomic`]).
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
        write_atomic(&self.join(name), |file| file.write_all(bytes))
    }

    /// Appends a line with the time to the log. A log that cannot be written does not stop the work.
    pub fn log(&self, line: &str) {
        let now = jiff::Timestamp::now();
        let open = fs::OpenOptions::new().create(true).append(true).open(self.join(files::LOG));
        if let Ok(mut file) = open {
            let _ = writeln!(file, "{now:.0} {line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_found_again_with_its_settings() {
        let dir = tempfile::tempdir().unwrap();
        let config = RunConfig::default();
        let run = RunDir::create(dir.path(), RunKind::Dia, "my run/ä", &config).unwrap();
        let twin = RunDir::create(dir.path(), RunKind::Dia, "my run/ä", &config).unwrap();
        assert_ne!(run, twin);
        run.set_state(RunState::Failed { reason: "x".into() }).unwrap();
        let found = RunDir::list(dir.path());
        assert_eq!(found.len(), 2);
        assert_eq!(run.config().unwrap(), config);
        assert_eq!(run.manifest().unwrap().state, RunState::Failed { reason: "x".into() });
        assert!(RunDir::list_damaged(dir.path()).is_empty());
        fs::write(run.join(files::MANIFEST), "{ half").unwrap();
        let damaged = RunDir::list_damaged(dir.path());
        assert_eq!((RunDir::list(dir.path()).len(), damaged.len(), &damaged[0].0), (1, 1, &run.path().to_path_buf()));
    }

    #[test]
    fn run_and_its_parts_keep_the_curation_they_began_with() {
        let dir = tempfile::tempdir().unwrap();
        let table = dir.path().join("said.csv");
        fs::write(&table, "path,label,leave_out\na.png,,1\n").unwrap();
        let mut config = RunConfig::default();
        config.data.curation = Some(table.clone());
        let run = RunDir::create(dir.path(), RunKind::Train, "x", &config).unwrap();
        let part = run.part(RunKind::Dia, &run.config().unwrap()).unwrap();
        fs::remove_file(&table).unwrap();
        // Another thread count on resuming, say.
        run.set_config(&run.config().unwrap()).unwrap();
        let moved = run.trash(dir.path()).unwrap().restore(dir.path()).unwrap();
        for run in [&moved, &RunDir::open(&moved.join(part.path().file_name().unwrap())).unwrap()] {
            let kept = run.config().unwrap().data.curation.unwrap();
            assert_eq!(kept.parent(), Some(run.path()));
            assert!(fs::read_to_string(kept).unwrap().contains("a.png,,1"));
        }
    }

    #[test]
    fn a_run_comes_back_from_the_trash_and_is_deleted_only_there() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), RunKind::Ddpm, "x", &RunConfig::default()).unwrap();
        assert!(run.delete_trashed(dir.path()).is_err());
        let trashed = run.trash(dir.path()).unwrap();
        assert!(RunDir::list(dir.path()).is_empty());
        assert_eq!(RunDir::list_trash(dir.path()), std::slice::from_ref(&trashed));
        assert_eq!(trashed.restore(dir.path()).unwrap(), run);
        let trashed = run.trash(dir.path()).unwrap();
        trashed.delete_trashed(dir.path()).unwrap();
        assert!(RunDir::list(dir.path()).is_empty() && RunDir::list_trash(dir.path()).is_empty());
    }
}
