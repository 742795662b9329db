//! The thread that reads and writes files: data sets, the list of runs, results, previews, exports.

use super::events::{Events, JobEvent};
use crate::{
    config::DataConfig,
    data::{Curation, Dataset, Picture, TablePreview},
    engine::{
        demo,
        display::rgba::Rgba,
        export::{
            curves::CurveExport,
            results::{Export, ExportContext, Format},
        },
        path_completion::PathCompletion,
        runs::{
            actions::RunAction,
            comparison::ComparedRuns,
            list::{ModelSource, RunCurve, list_runs, list_trash},
            log,
            score_set::ScoreSet,
        },
    },
    error::{Error, Failure, Result},
    ml::{base::device, diffusion::model::DiffusionModel},
    run_dir::{files, write_with_folder},
    scores::{Review, ScoreKind},
};
use candle_core::Device;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
};

/// What the loader can be asked for.
#[derive(Debug)]
pub enum LoadRequest {
    /// With `known`, the data set that is open already, only the choice of the normal classes is made anew.
    Open {
        generation: u64,
        config: Box<DataConfig>,
        known: Option<Arc<Dataset>>,
    },
    Table(PathBuf),
    ListRuns,
    Curves(PathBuf),
    /// Whether this file holds a diffusion model.
    CheckModel(PathBuf),
    Run(RunAction),
    /// The scores of a run, or of one of its files of scores, by this score or the one that leads.
    Scores(PathBuf, Option<ScoreKind>),
    Compare {
        first: Arc<ScoreSet>,
        second: PathBuf,
    },
    Graph {
        curve: CurveExport,
        format: Format,
    },
    /// Writes tags and notes beside the scores they are about.
    SaveReview {
        set: Arc<ScoreSet>,
        review: Review,
    },
    Export {
        what: Export,
        set: Arc<ScoreSet>,
        context: ExportContext,
    },
    /// Keeps what was said of the images of a data set, in its table in the workspace.
    SaveCuration {
        table: PathBuf,
        curation: Arc<Curation>,
    },
    /// Reads such a table from anywhere, for the data set with this generation.
    ReadCuration {
        generation: u64,
        path: PathBuf,
        dropped: bool,
    },
    /// Writes it for other programs, under this name.
    ExportCuration {
        name: String,
        curation: Arc<Curation>,
    },
    /// What could compute here: each card is opened for it.
    Devices,
    /// Completes a path by the folders that are there.
    CompletePath(String),
    /// Keeps what belongs to the window in the workspace.
    KeepWindow(Vec<u8>),
    Preview(PathBuf),
    /// The last lines of a run's log.
    Log(PathBuf),
    /// Lays the synthetic demo out in the workspace, where it is not there yet.
    Demo,
    /// The diffusion model of the demo, for other images.
    DemoModel,
}

impl LoadRequest {
    /// A person's words or files: done even when the window has gone meanwhile.
    fn writes(&self) -> bool {
        match self {
            Self::Run(_)
            | Self::Graph { .. }
            | Self::SaveReview { .. }
            | Self::Export { .. }
            | Self::SaveCuration { .. }
            | Self::ExportCuration { .. }
            | Self::KeepWindow(_) => true,
            Self::Open { .. }
            | Self::Table(_)
            | Self::ListRuns
            | Self::Curves(_)
            | Self::CheckModel(_)
            | Self::Scores(..)
            | Self::Compare { .. }
            | Self::ReadCuration { .. }
            | Self::Devices
            | Self::CompletePath(_)
            | Self::Preview(_)
            | Self::Log(_)
            | Self::Demo
            | Self::DemoModel => false,
        }
    }
}

pub struct Loader {
    requests: Option<Sender<LoadRequest>>,
    thread: Option<JoinHandle<()>>,
}

impl Loader {
    /// Runs lie, and the demo is laid out, in `workspace`.
    pub fn start(workspace: PathBuf, events: Events) -> std::io::Result<Self> {
        let (tx, rx) = channel();
        let thread = std::thread::Builder::new().name("loader".into()).spawn(move || run(&rx, &workspace, &events))?;
        Ok(Self { requests: Some(tx), thread: Some(thread) })
    }

    pub fn send(&self, request: LoadRequest) {
        if let Some(requests) = &self.requests {
            // The thread ends only after this end was closed.
            let _ = requests.send(request);
        }
    }

    pub fn join(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(requests: &Receiver<LoadRequest>, workspace: &Path, events: &Events) {
    let mut is_heard = true;
    for request in requests {
        if !is_heard && !request.writes() {
            continue;
        }
        let event = match request {
            LoadRequest::Open { generation, config, known } => {
                let config = DataConfig { curation: Some(files::curation_of(workspace, &config.path)), ..*config };
                let opened = events.guard("loader", || open(&config, known.as_deref(), events));
                match opened.and_then(|r| r.map_err(Failure::from)) {
                    Ok(dataset) => JobEvent::Opened { generation, config, dataset: Arc::new(dataset) },
                    Err(failure) => JobEvent::OpenFailed { generation, path: config.path, failure },
                }
            }
            LoadRequest::Table(path) => {
                let table = events.guard("loader", || TablePreview::read(&path)).and_then(|r| r.map_err(Failure::from));
                JobEvent::Table { path, table }
            }
            LoadRequest::ListRuns => match events.guard("loader", || list_runs(workspace)) {
                Ok(runs) => {
                    events.send(JobEvent::Runs(runs));
                    JobEvent::Trash(list_trash(workspace))
                }
                Err(_) => continue,
            },
            LoadRequest::Curves(run) => match events.guard("loader", || RunCurve::of(&run)) {
                Ok(curves) => JobEvent::Curves { run, curves },
                Err(_) => continue,
            },
            LoadRequest::CheckModel(path) => {
                let checked = events.guard("loader", || DiffusionModel::load(&path, &Device::Cpu).map(drop));
                JobEvent::ModelChecked { path, checked: checked.and_then(|r| r.map_err(Failure::from)) }
            }
            LoadRequest::Run(action) => {
                let done = events.guard("loader", || action.execute(workspace)).and_then(|r| r.map_err(Failure::from));
                JobEvent::RunDone { action, done }
            }
            LoadRequest::Scores(run, kind) => {
                let scores = events.guard("loader", || ScoreSet::read(&run, kind)).and_then(|r| r.map_err(Failure::from));
                JobEvent::Scores { run, scores: scores.map(Arc::new) }
            }
            LoadRequest::Compare { first, second } => {
                let compared =
                    events.guard("loader", || ComparedRuns::read(first, &second)).and_then(|r| r.map_err(Failure::from));
                JobEvent::ComparedRuns { second, compared: compared.map(Arc::new) }
            }
            LoadRequest::SaveReview { set, review } => {
                match events.guard("loader", || review.write(&files::review_of(&set.file))).and_then(|r| r.map_err(Failure::from))
                {
                    Ok(()) => continue,
                    Err(failure) => trouble(failure),
                }
            }
            LoadRequest::SaveCuration { table, curation } => {
                match events.guard("loader", || write_curation(&table, &curation)).and_then(|r| r.map_err(Failure::from)) {
                    Ok(()) => continue,
                    Err(failure) => trouble(failure),
                }
            }
            LoadRequest::ReadCuration { generation, path, dropped } => {
                // Tables of labels are dropped, too: only what this program writes is not one of them.
                let read = || if dropped { Curation::read_exported(&path) } else { Curation::read(&path).map(Some) };
                let curation = events.guard("loader", read).and_then(|r| r.map_err(Failure::from));
                JobEvent::Curation { generation, path, curation: curation.map(|table| table.map(Arc::new)) }
            }
            LoadRequest::Devices => match events.guard("loader", device::choices) {
                Ok(devices) => JobEvent::Devices(devices),
                Err(_) => continue,
            },
            LoadRequest::CompletePath(typed) => match events.guard("loader", || PathCompletion::of(&typed)) {
                Ok(completion) => JobEvent::PathCompleted(completion),
                Err(_) => continue,
            },
            LoadRequest::KeepWindow(bytes) => {
                let path = workspace.join(files::WINDOW);
                match events.guard("loader", || write_with_folder(&path, &bytes)).and_then(|r| r.map_err(Failure::from)) {
                    Ok(()) => continue,
                    Err(failure) => trouble(failure),
                }
            }
            LoadRequest::ExportCuration { name, curation } => {
                let path = workspace.join(files::EXPORTS).join(name);
                match events.guard("loader", || write_curation(&path, &curation)).and_then(|r| r.map_err(Failure::from)) {
                    Ok(()) => JobEvent::Saved(path),
                    Err(failure) => trouble(failure),
                }
            }
            LoadRequest::Graph { curve, format } => {
                let saved = events.guard("loader", || curve.write(format));
                match saved.and_then(|r| r.map_err(Failure::from)) {
                    Ok(path) => JobEvent::Saved(path),
                    Err(failure) => trouble(failure),
                }
            }
            LoadRequest::Export { what, set, context } => {
                let saved = events.guard("loader", || what.write(&set, &context));
                match saved.and_then(|r| r.map_err(Failure::from)) {
                    Ok(path) => JobEvent::Saved(path),
                    Err(failure) => trouble(failure),
                }
            }
            LoadRequest::Demo | LoadRequest::DemoModel => {
                let demo = events.guard("loader", || demo::unpack(workspace)).and_then(|r| r.map_err(Failure::from));
                match request {
                    LoadRequest::DemoModel => JobEvent::DemoModel(demo.map(|demo| ModelSource(demo.model()))),
                    _ => JobEvent::Demo(demo.map(|demo| (demo::settings(&demo.data).data, demo.run))),
                }
            }
            LoadRequest::Log(run) => {
                let lines = log::tail(&run);
                JobEvent::RunLog { run, lines }
            }
            LoadRequest::Preview(file) => {
                let pixels = events.guard("loader", || preview(&file)).map_err(|f| f.summary);
                JobEvent::Preview { file, pixels: pixels.and_then(|r| r.map_err(|e| e.to_string())) }
            }
        };
        is_heard = events.send(event);
    }
}

fn open(config: &DataConfig, known: Option<&Dataset>, events: &Events) -> Result<Dataset> {
    if let Some(dataset) = known {
        return dataset.with_normal(&config.normal);
    }
    let progress = |found| events.offer(JobEvent::Opening { found });
    let plain = DataConfig { curation: None, ..config.clone() };
    match config.curation.as_ref().filter(|table| table.is_file()) {
        None => Dataset::open(&plain, &progress),
        // What is normal may be a label by hand. Of images that were curated and are gone nobody is bothered by an error.
        Some(table) => {
            let curation = Arc::new(Curation::read(table)?);
            Dataset::open(&DataConfig { normal: Vec::new(), ..plain }, &progress)?.curated(curation).with_normal(&config.normal)
        }
    }
}

fn write_curation(path: &Path, curation: &Curation) -> Result<()> {
    write_with_folder(path, &curation.to_csv())
}

fn trouble(Failure { summary, hint }: Failure) -> JobEvent {
    JobEvent::Trouble { summary, hint }
}

fn preview(file: &Path) -> Result<Rgba> {
    let image = image::open(file).map_err(|e| {
        Error::user(format!("the preview {} cannot be read: {e}", file.display()), "it is written anew at the next preview")
    })?;
    Ok(Rgba::new(&Picture::from_image(&image)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::export::curves::ChangeCurve, jobs::events};

    #[test]
    fn what_a_person_asked_to_write_is_written_though_the_window_has_gone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("charts");
        let curve =
            ChangeCurve { image: "eye.png".into(), points: vec![(30, 0.1)], folder: folder.clone(), ..Default::default() };
        let (events, window) = events::channel(Arc::new(|| {}));
        let (requests, queue) = channel();
        requests.send(LoadRequest::ListRuns).unwrap();
        let curation = Arc::new(Curation::default());
        requests.send(LoadRequest::ExportCuration { name: "eyes.csv".into(), curation }).unwrap();
        requests.send(LoadRequest::Graph { curve: CurveExport::ChangeCurve(curve), format: Format::Csv }).unwrap();
        drop((window, requests));
        super::run(&queue, dir.path(), &events);
        assert!(dir.path().join(files::EXPORTS).join("eyes.csv").is_file());
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1);
    }
}
