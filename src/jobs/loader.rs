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
        if let Some(event) = answer(request, workspace, events) {
            is_heard = events.send(event);
        }
    }
}

/// What came of a request; `None` where there is nothing to say.
fn answer(request: LoadRequest, workspace: &Path, events: &Events) -> Option<JobEvent> {
    Some(match request {
        LoadRequest::Open { generation, config, known } => {
            let config = DataConfig { curation: Some(files::curation_of(workspace, &config.path)), ..*config };
            match events.attempt("loader", || open(&config, known.as_deref(), events)) {
                Ok(dataset) => JobEvent::Opened { generation, config, dataset: Arc::new(dataset) },
                Err(failure) => JobEvent::OpenFailed { generation, path: config.path, failure },
            }
        }
        LoadRequest::Table(path) => {
            let table = events.attempt("loader", || TablePreview::read(&path));
            JobEvent::Table { path, table }
        }
        LoadRequest::ListRuns => {
            events.send(JobEvent::Runs(events.guard("loader", || list_runs(workspace)).ok()?));
            JobEvent::Trash(list_trash(workspace))
        }
        LoadRequest::Curves(run) => {
            let curves = events.guard("loader", || RunCurve::of(&run)).ok()?;
            JobEvent::Curves { run, curves }
        }
        LoadRequest::CheckModel(path) => {
            let checked = events.attempt("loader", || DiffusionModel::load(&path, &Device::Cpu).map(drop));
            JobEvent::ModelChecked { path, checked }
        }
        LoadRequest::Run(action) => {
            let done = events.attempt("loader", || action.execute(workspace));
            JobEvent::RunDone { action, done }
        }
        LoadRequest::Scores(run, kind) => {
            let scores = events.attempt("loader", || ScoreSet::read(&run, kind));
            JobEvent::Scores { run, scores: scores.map(Arc::new) }
        }
        LoadRequest::Compare { first, second } => {
            let compared = events.attempt("loader", || ComparedRuns::read(first, &second));
            JobEvent::ComparedRuns { second, compared: compared.map(Arc::new) }
        }
        LoadRequest::ReadCuration { generation, path, dropped } => {
            // Tables of labels are dropped, too: only what this program writes is not one of them.
            let read = || if dropped { Curation::read_exported(&path) } else { Curation::read(&path).map(Some) };
            let curation = events.attempt("loader", read).map(|table| table.map(Arc::new));
            JobEvent::Curation { generation, path, curation }
        }
        LoadRequest::Devices => JobEvent::Devices(events.guard("loader", device::choices).ok()?),
        LoadRequest::CompletePath(typed) => JobEvent::PathCompleted(events.guard("loader", || PathCompletion::of(&typed)).ok()?),
        LoadRequest::Demo => {
            let demo = events.attempt("loader", || demo::unpack(workspace));
            JobEvent::Demo(demo.map(|demo| (demo::settings(&demo.data).data, demo.run)))
        }
        LoadRequest::DemoModel => {
            let demo = events.attempt("loader", || demo::unpack(workspace));
            JobEvent::DemoModel(demo.map(|demo| ModelSource(demo.model())))
        }
        LoadRequest::Log(run) => {
            let lines = log::tail(&run);
            JobEvent::RunLog { run, lines }
        }
        LoadRequest::Preview(file) => {
            let pixels = events.guard("loader", || preview(&file)).map_err(|failure| failure.summary);
            JobEvent::Preview { file, pixels: pixels.and_then(|r| r.map_err(|e| e.to_string())) }
        }
        // What is asked to be written somewhere is told where it lies, what the window keeps by itself only where that fails.
        LoadRequest::SaveReview { set, review } => kept(events, || review.write(&files::review_of(&set.file)))?,
        LoadRequest::SaveCuration { table, curation } => kept(events, || write_curation(&table, &curation))?,
        LoadRequest::KeepWindow(bytes) => kept(events, || write_with_folder(&workspace.join(files::WINDOW), &bytes))?,
        LoadRequest::ExportCuration { name, curation } => {
            let path = workspace.join(files::EXPORTS).join(name);
            saved(events, || write_curation(&path, &curation).map(|()| path.clone()))
        }
        LoadRequest::Graph { curve, format } => saved(events, || curve.write(format)),
        LoadRequest::Export { what, set, context } => saved(events, || what.write(&set, &context)),
    })
}

fn kept(events: &Events, write: impl FnOnce() -> Result<()>) -> Option<JobEvent> {
    events.attempt("loader", write).err().map(trouble)
}

fn saved(events: &Events, write: impl FnOnce() -> Result<PathBuf>) -> JobEvent {
    events.attempt("loader", write).map_or_else(trouble, JobEvent::Saved)
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
