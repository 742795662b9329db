//! The thread that opens data sets, lists runs, and reads results and previews.

use super::events::{Events, JobEvent};
use crate::error::Failure;
use crate::{
    config::DataConfig,
    data::{Dataset, Picture, TablePreview},
    engine::{
        demo,
        display::rgba::Pixels,
        export::{
            curves::Drawn,
            results::{Export, Format},
        },
        run_actions::RunErrand,
        run_comparison::Compared,
        run_list::{RunCurve, list_runs, list_trash},
        run_log,
        score_set::{ScoreSet, triage_file},
    },
    error::{Error, Result},
    ml::diffusion::model::DiffusionModel,
    scores::Triage,
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

/// What the loader can be sent for.
#[derive(Debug)]
pub enum Errand {
    /// With `known`, the data set that is open already, only the choice of the normal classes is made anew.
    Open {
        generation: u64,
        config: DataConfig,
        known: Option<Arc<Dataset>>,
    },
    Table {
        path: PathBuf,
    },
    ListRuns {
        workspace: PathBuf,
    },
    Curves {
        run: PathBuf,
    },
    /// Whether this file holds a diffusion model.
    CheckModel {
        path: PathBuf,
    },
    Run {
        errand: RunErrand,
        workspace: PathBuf,
    },
    Scores {
        run: PathBuf,
    },
    Compare {
        first: Arc<ScoreSet>,
        second: PathBuf,
    },
    Graph {
        drawn: Drawn,
        format: Format,
    },
    /// Writes tags and notes beside the scores they are about.
    SaveTriage {
        set: Arc<ScoreSet>,
        triage: Triage,
    },
    Export {
        what: Export,
        set: Arc<ScoreSet>,
        threshold: f64,
        triage: Triage,
    },
    Preview {
        file: PathBuf,
    },
    /// The last lines of a run's log.
    Log {
        run: PathBuf,
    },
    /// Lays the synthetic demo out in the workspace, where it is not there yet.
    Demo {
        workspace: PathBuf,
    },
}

impl Errand {
    /// A person's words or files: done even when the window has gone meanwhile.
    fn writes(&self) -> bool {
        matches!(self, Self::Run { .. } | Self::SaveTriage { .. } | Self::Export { .. })
    }
}

pub struct Loader {
    errands: Option<Sender<Errand>>,
    thread: Option<JoinHandle<()>>,
}

impl Loader {
    pub fn start(events: Events) -> std::io::Result<Self> {
        let (tx, rx) = channel();
        let thread = std::thread::Builder::new().name("loader".into()).spawn(move || run(&rx, &events))?;
        Ok(Self { errands: Some(tx), thread: Some(thread) })
    }

    pub fn send(&self, errand: Errand) {
        if let Some(errands) = &self.errands {
            // The thread ends only after this end was closed.
            let _ = errands.send(errand);
        }
    }

    pub fn join(&mut self) {
        self.errands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(errands: &Receiver<Errand>, events: &Events) {
    let mut is_heard = true;
    for errand in errands {
        if !is_heard && !errand.writes() {
            continue;
        }
        let event = match errand {
            Errand::Open { generation, config, known } => {
                let opened = events.guard("loader", || open(&config, known.as_deref(), events));
                match opened.and_then(|r| r.map_err(Failure::from)) {
                    Ok(dataset) => JobEvent::Opened { generation, config, dataset: Arc::new(dataset) },
                    Err(failure) => JobEvent::OpenFailed { generation, path: config.path, failure },
                }
            }
            Errand::Table { path } => {
                let table = events.guard("loader", || TablePreview::read(&path)).and_then(|r| r.map_err(Failure::from));
                JobEvent::Table { path, table }
            }
            Errand::ListRuns { workspace } => match events.guard("loader", || list_runs(&workspace)) {
                Ok(runs) => {
                    events.send(JobEvent::Runs(runs));
                    JobEvent::Trash(list_trash(&workspace))
                }
                Err(_) => continue,
            },
            Errand::Curves { run } => match events.guard("loader", || RunCurve::of(&run)) {
                Ok(curves) => JobEvent::Curves { run, curves },
                Err(_) => continue,
            },
            Errand::CheckModel { path } => {
                let checked = events.guard("loader", || DiffusionModel::load(&path, &Device::Cpu).map(drop));
                JobEvent::ModelChecked { path, checked: checked.and_then(|r| r.map_err(Failure::from)) }
            }
            Errand::Run { errand, workspace } => {
                let done = events.guard("loader", || errand.carry_out(&workspace)).and_then(|r| r.map_err(Failure::from));
                JobEvent::RunDone { errand, done }
            }
            Errand::Scores { run } => {
                let scores = events.guard("loader", || ScoreSet::read(&run)).and_then(|r| r.map_err(Failure::from));
                JobEvent::Scores { run, scores: scores.map(Arc::new) }
            }
            Errand::Compare { first, second } => {
                let compared = events.guard("loader", || Compared::read(first, &second)).and_then(|r| r.map_err(Failure::from));
                JobEvent::Compared { second, compared: compared.map(Arc::new) }
            }
            Errand::SaveTriage { set, triage } => {
                match events.guard("loader", || triage.write(&triage_file(&set.file))).and_then(|r| r.map_err(Failure::from)) {
                    Ok(()) => continue,
                    Err(Failure { summary, hint }) => JobEvent::Trouble { summary, hint },
                }
            }
            Errand::Graph { drawn, format } => {
                let saved = events.guard("loader", || drawn.write(format));
                match saved.and_then(|r| r.map_err(Failure::from)) {
                    Ok(path) => JobEvent::Saved(path),
                    Err(Failure { summary, hint }) => JobEvent::Trouble { summary, hint },
                }
            }
            Errand::Export { what, set, threshold, triage } => {
                let saved = events.guard("loader", || what.write(&set, threshold, &triage));
                match saved.and_then(|r| r.map_err(Failure::from)) {
                    Ok(path) => JobEvent::Saved(path),
                    Err(Failure { summary, hint }) => JobEvent::Trouble { summary, hint },
                }
            }
            Errand::Demo { workspace } => {
                let demo = events.guard("loader", || demo::unpack(&workspace)).and_then(|r| r.map_err(Failure::from));
                JobEvent::Demo(demo.map(|demo| (demo::settings(&demo.data).data, demo.run)))
            }
            Errand::Log { run } => {
                let lines = run_log::tail(&run);
                JobEvent::RunLog { run, lines }
            }
            Errand::Preview { file } => {
                let pixels = events.guard("loader", || preview(&file)).map_err(|f| f.summary);
                JobEvent::Preview { file, pixels: pixels.and_then(|r| r.map_err(|e| e.to_string())) }
            }
        };
        is_heard = events.send(event);
    }
}

fn open(config: &DataConfig, known: Option<&Dataset>, events: &Events) -> Result<Dataset> {
    match known {
        Some(dataset) => dataset.with_normal(&config.normal),
        None => Dataset::open(config, &|found| events.offer(JobEvent::Opening { found })),
    }
}

fn preview(file: &Path) -> Result<Pixels> {
    let image = image::open(file).map_err(|e| {
        Error::user(format!("the preview {} cannot be read: {e}", file.display()), "it is written anew at the next preview")
    })?;
    Ok(Pixels::new(&Picture::from_image(&image)))
}
