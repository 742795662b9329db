//! What can be done to a run from its list: notes, trash, import, export, report.

use crate::{
    config::RunConfig,
    data::Dataset,
    engine::onnx,
    error::{Error, Result},
    ml::diffusion::{model::DiffusionModel, saved::SavedModel},
    report,
    run_dir::{RunDir, RunKind, RunState, files, write_atomic},
};
use candle_core::Device;
use serde_json::json;
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

/// Done by the loader in the order they were asked for. Paths are run folders, where nothing else is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunAction {
    /// Gives a run a new name and new notes.
    Edit {
        /// The run.
        run: PathBuf,
        /// The name for people; the folder keeps its own.
        name: String,
        /// The notes: free text; may be empty.
        notes: String,
    },
    /// Moves a run into the workspace's trash, as a whole.
    Trash(PathBuf),
    /// Moves a run out of the trash again.
    Restore(PathBuf),
    /// Deletes these runs of the trash for good.
    Delete(Vec<PathBuf>),
    /// Makes a run of a checkpoint of the reference trainer, or of a file of weights.
    Import(PathBuf),
    /// Writes the finished weights as files into the workspace's `exports/`.
    Export(PathBuf),
    /// Writes the encoder with its score for other runtimes, as a file there.
    ExportOnnx(PathBuf),
    /// Writes `report.html` anew and shows it.
    Report(PathBuf),
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunDone {
    /// A sentence for the person; empty where the list itself says it.
    pub text: String,
    /// What the desktop should show.
    pub show: Option<PathBuf>,
    /// Where the run lies now, when it was moved into the trash.
    pub trashed: Option<PathBuf>,
}

impl RunAction {
    /// Does the action in this workspace.
    ///
    /// # Errors
    /// A run that is locked or gone, files that cannot be read or written, weights that are not there or do not fit.
    pub fn execute(&self, workspace: &Path) -> Result<RunDone> {
        match self {
            Self::Edit { run, name, notes } => {
                RunDir::open(run)?.update_manifest(|manifest| (manifest.name, manifest.notes) = (name.clone(), notes.clone()))?;
                Ok(RunDone::default())
            }
            Self::Trash(path) => {
                let run = RunDir::open(path)?;
                let text = format!("{} is in the trash; Ctrl+Z brings it back", run.manifest()?.name);
                let trashed = run.trash(workspace)?;
                Ok(RunDone { text, trashed: Some(trashed.path().to_path_buf()), ..RunDone::default() })
            }
            Self::Restore(path) => {
                let run = RunDir::open(path)?.restore(workspace)?;
                Ok(RunDone { text: format!("{} is back", run.manifest()?.name), ..RunDone::default() })
            }
            Self::Delete(paths) => {
                paths.iter().try_for_each(|path| RunDir::open(path)?.delete_trashed(workspace))?;
                Ok(RunDone::default())
            }
            Self::Import(file) => {
                let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let run = import_model(SavedModel::load(file)?, &RunConfig::default(), file, workspace, &name)?;
                Ok(RunDone { text: format!("{} was imported as a run", run.manifest()?.name), ..RunDone::default() })
            }
            Self::Export(path) => export(&RunDir::open(path)?, workspace),
            Self::ExportOnnx(path) => {
                let run = RunDir::open(path)?;
                let (folder, stem) = exports(&run, workspace)?;
                let file = folder.join(format!("{stem}.onnx"));
                onnx::write(&run, &file)?;
                Ok(RunDone {
                    text: format!("Encoder and score written to {}", file.display()),
                    show: Some(folder),
                    trashed: None,
                })
            }
            Self::Report(path) => {
                let run = RunDir::open(path)?;
                // Without its images the page says so.
                let dataset = Dataset::open(&run.config()?.data, &|_| ()).ok();
                let page = report::write(&run, dataset.as_ref())?;
                Ok(RunDone { text: format!("The report is {}", page.display()), show: Some(page), trashed: None })
            }
        }
    }
}

/// Makes a finished run of a model that came from `file`; what the weights do not tell is taken from `config`.
///
/// # Errors
/// Weights that do not fit the network, or a workspace that cannot be written to.
pub fn import_model(model: SavedModel, config: &RunConfig, file: &Path, workspace: &Path, name: &str) -> Result<RunDir> {
    // Whether the weights fit the network; loading again would otherwise be the first to find out.
    DiffusionModel::new(&model, &Device::Cpu)?;
    let config = RunConfig { ddpm: model.info.config.clone(), ..config.clone() };
    let run = RunDir::create(workspace, RunKind::Ddpm, name, &config)?;
    model.save(&run.join(files::MODEL))?;
    run.log(&format!("imported from {}", file.display()));
    run.set_figures([("steps", json!(model.info.steps))])?;
    run.set_state(RunState::Finished)?;
    Ok(run)
}

fn export(run: &RunDir, workspace: &Path) -> Result<RunDone> {
    let weights = run.contents()?.weights();
    if weights.is_empty() {
        return Err(Error::user("this run has no finished weights", "go on with it until it is finished"));
    }
    let (folder, stem) = exports(run, workspace)?;
    for (part, from) in &weights {
        let mut file = File::open(from).map_err(Error::io("read", from))?;
        write_atomic(&folder.join(format!("{stem}-{}.safetensors", part.name())), |out| io::copy(&mut file, out).map(drop))?;
    }
    let count = if weights.len() == 1 { "1 file".into() } else { format!("{} files", weights.len()) };
    Ok(RunDone { text: format!("{count} of weights written to {}", folder.display()), show: Some(folder), trashed: None })
}

/// The folder of exports, and how the names of this run's files there begin.
fn exports(run: &RunDir, workspace: &Path) -> Result<(PathBuf, String)> {
    let folder = workspace.join(files::EXPORTS);
    std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    Ok((folder, run.path().file_name().unwrap_or_default().to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(workspace: &Path) -> RunDir {
        let run = RunDir::create(workspace, RunKind::Train, "first", &RunConfig::default()).unwrap();
        std::fs::create_dir_all(run.join("ddpm")).unwrap();
        std::fs::write(run.join("ddpm/model.safetensors"), "weights").unwrap();
        run
    }

    #[test]
    fn name_and_notes_are_saved_and_trashed_run_is_restored() {
        let dir = tempfile::tempdir().unwrap();
        let path = run(dir.path()).path().to_path_buf();
        RunAction::Edit { run: path.clone(), name: "second".into(), notes: "why".into() }.execute(dir.path()).unwrap();
        let manifest = RunDir::open(&path).unwrap().manifest().unwrap();
        assert_eq!((manifest.name.as_str(), manifest.notes.as_str()), ("second", "why"));
        let done = RunAction::Trash(path.clone()).execute(dir.path()).unwrap();
        assert!(done.text.contains("second") && !path.exists());
        let trashed = done.trashed.unwrap();
        RunAction::Restore(trashed).execute(dir.path()).unwrap();
        assert!(path.exists());
        let refused = RunAction::Delete(vec![path.clone()]).execute(dir.path()).unwrap_err();
        assert!(refused.to_string().contains("not in the trash") && path.exists());
    }

    #[test]
    fn finished_weights_are_exported_by_part() {
        let dir = tempfile::tempdir().unwrap();
        let run = run(dir.path());
        let done = RunAction::Export(run.path().into()).execute(dir.path()).unwrap();
        let files: Vec<_> = std::fs::read_dir(done.show.unwrap()).unwrap().flatten().map(|f| f.file_name()).collect();
        assert!(files.len() == 1 && files[0].to_string_lossy().ends_with("first-ddpm.safetensors"), "{files:?}");
        let empty = RunDir::create(dir.path(), RunKind::Dia, "none", &RunConfig::default()).unwrap();
        for nothing in [RunAction::Export(empty.path().into()), RunAction::ExportOnnx(empty.path().into())] {
            assert!(nothing.execute(dir.path()).is_err());
        }
        assert!(RunAction::Import(dir.path().join("nothing.pt")).execute(dir.path()).is_err());
    }
}
