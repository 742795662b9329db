//! The only place where the window acts: starts work on other threads, opens dialogs, uploads images.

use super::dialogs::Dialogs;
use crate::{
    app::{
        Effect,
        message::{BackgroundEffect, ImageEffect, JobEffect, JobOrder, WindowEffect},
        state::Work,
    },
    data::Curation,
    engine::{
        dissolve::request::DissolveRequest,
        embedding::EmbeddingRequest,
        explanation::Question,
        machine, pipeline,
        preprocess_preview::PreviewRequest,
        runs::finished_run::{measure_lesions, score_folder},
    },
    error::{Error, Result},
    jobs::{
        compute::Compute,
        control::JobControl,
        duplicate_finder::DuplicateFinder,
        events::{Events, JobEvent},
        job::JobId,
        latest::LatestOnly,
        loader::Loader,
        thumbnails::Thumbnails,
    },
    ml::base::reporter::Reporter,
    run_dir::{RunDir, files},
    ui::shared::textures::Textures,
};
use eframe::egui::{Context, ViewportCommand};
use std::{collections::HashMap, io::Write, path::PathBuf, sync::Arc};
use tempfile::NamedTempFile;

pub struct Effects {
    workspace: PathBuf,
    events: Events,
    loader: Loader,
    thumbnails: Thumbnails,
    preprocess_preview: LatestOnly<PreviewRequest>,
    duplicate_finder: DuplicateFinder,
    dissolve: LatestOnly<DissolveRequest>,
    compute: Compute,
    explainer: LatestOnly<Question>,
    embedder: LatestOnly<EmbeddingRequest>,
    controls: HashMap<JobId, JobControl>,
    dialogs: Dialogs,
}

impl Effects {
    /// Starts the threads.
    pub fn start(workspace: PathBuf, events: Events) -> std::io::Result<Self> {
        Ok(Self {
            preprocess_preview: LatestOnly::<PreviewRequest>::start(events.clone())?,
            duplicate_finder: DuplicateFinder::default(),
            loader: Loader::start(workspace.clone(), events.clone())?,
            thumbnails: Thumbnails::start(workspace.clone(), &events)?,
            dissolve: LatestOnly::<DissolveRequest>::start(events.clone())?,
            compute: Compute::start(events.clone())?,
            explainer: LatestOnly::<Question>::start(events.clone())?,
            embedder: LatestOnly::<EmbeddingRequest>::start(events.clone())?,
            controls: HashMap::new(),
            dialogs: Dialogs::default(),
            workspace,
            events,
        })
    }

    pub fn run(&mut self, effect: Effect, textures: &mut Textures, ctx: &Context) {
        match effect {
            Effect::Load(request) => self.loader.send(request),
            Effect::Job(effect) => self.job(effect),
            Effect::Background(effect) => self.background(effect),
            Effect::Image(effect) => self.image(effect, textures, ctx),
            Effect::Window(effect) => self.window(effect, ctx),
        }
    }

    fn job(&mut self, effect: JobEffect) {
        let events = self.events.clone();
        match effect {
            JobEffect::Train { id, kind, mut config, name, work, curation } => {
                let workspace = self.workspace.clone();
                self.submit(id, move |reporter| {
                    // What was shown when the person started it; the run makes its own copy.
                    let shown = curation.map(|curation| written(&curation)).transpose()?;
                    if let Some(table) = &shown {
                        config.data.curation = Some(table.path().to_path_buf());
                    }
                    let run = match &work {
                        Work::Resume(path) | Work::Score(path) => RunDir::open(path)?,
                        _ => pipeline::create(kind, &config, &workspace, &name, reporter)?,
                    };
                    events.send(JobEvent::JobFolder(id, run.path().to_path_buf()));
                    match work {
                        Work::Score(_) => pipeline::score_run(&run, reporter)?,
                        _ => pipeline::resume(&run, reporter)?,
                    }
                    Ok(run.path().to_path_buf())
                });
            }
            JobEffect::ScoreFolder { id, run, folder } => {
                let curation = Some(files::curation_of(&self.workspace, &folder)).filter(|table| table.is_file());
                self.submit(id, move |reporter| score_folder(&run, &folder, curation, reporter));
            }
            JobEffect::Plant { id, run } => self.submit(id, move |reporter| {
                let lesions = Arc::new(measure_lesions(&run, reporter)?);
                events.send(JobEvent::SyntheticLesions { run: run.clone(), lesions });
                Ok(run)
            }),
            JobEffect::Control(id, order) => {
                if let Some(job) = self.controls.get(&id) {
                    match order {
                        JobOrder::Pause => job.pause(),
                        JobOrder::Continue => job.resume(),
                        JobOrder::Stop => job.stop(),
                        JobOrder::FinishEarly => job.finish_early(),
                    }
                }
            }
        }
    }

    fn submit(&mut self, id: JobId, task: impl FnOnce(&mut dyn Reporter) -> Result<PathBuf> + Send + 'static) {
        let control = JobControl::default();
        self.controls.insert(id, control.clone());
        self.compute.submit(id, control, Box::new(task));
    }

    fn background(&mut self, effect: BackgroundEffect) {
        match effect {
            BackgroundEffect::Dissolve(request) => self.dissolve.ask(*request),
            BackgroundEffect::PreviewPreprocessing(request) => self.preprocess_preview.ask(*request),
            BackgroundEffect::Explain(question) => self.explainer.ask(*question),
            BackgroundEffect::Embed(request) => self.embedder.ask(*request),
            BackgroundEffect::SweepExport(request) => self.detached("export", move |events| {
                let written = events.attempt("export", || request.write());
                events.send(JobEvent::SweepExported(written));
            }),
            BackgroundEffect::FindDuplicates { generation, dataset } => {
                if let Err(e) = self.duplicate_finder.start(generation, dataset, &self.events) {
                    self.events.offer(JobEvent::Trouble { summary: format!("duplicates are not looked for ({e})"), hint: None });
                }
            }
            BackgroundEffect::StopFindingDuplicates => self.duplicate_finder.stop(),
            BackgroundEffect::Machine { timed } => {
                self.detached("measure", move |events| _ = events.send(JobEvent::Machine(machine::inspect(timed))));
            }
        }
    }

    fn image(&mut self, effect: ImageEffect, textures: &mut Textures, ctx: &Context) {
        match effect {
            ImageEffect::Source { generation, dataset, keep } => {
                if !keep {
                    textures.forget();
                }
                self.thumbnails.set_source(generation, dataset, keep);
            }
            ImageEffect::Thumbnails(thumbs) => self.thumbnails.want(thumbs),
            ImageEffect::Upload(texture, pixels) => textures.put(ctx, texture, pixels),
        }
    }

    fn window(&mut self, effect: WindowEffect, ctx: &Context) {
        match effect {
            WindowEffect::Pick { pick, from } => self.dialogs.open(pick, from, ctx),
            WindowEffect::Copy(text) => ctx.copy_text(text),
            WindowEffect::ShowFolder(path) => self.show_folder(path),
            WindowEffect::Close => ctx.send_viewport_cmd(ViewportCommand::Close),
        }
    }

    /// Uploads some waiting thumbnails, and returns the answers of dialogs; to be called once a frame.
    pub fn frame(&mut self, textures: &mut Textures, ctx: &Context) -> Vec<JobEvent> {
        for thumb in textures.upload_some(ctx) {
            self.thumbnails.arrived(thumb);
        }
        self.dialogs.answers(ctx).into_iter().map(|(pick, paths)| JobEvent::Picked(pick, paths)).collect()
    }

    fn show_folder(&self, path: PathBuf) {
        self.detached("file manager", move |events| {
            let program = if cfg!(target_os = "macos") {
                "open"
            } else if cfg!(windows) {
                "explorer"
            } else {
                "xdg-open"
            };
            if let Err(e) = std::process::Command::new(program).arg(&path).status() {
                // What is missing is the program, not the file.
                let summary = format!("{program}, which opens files, could not be started ({e})");
                events.send(JobEvent::Trouble { summary, hint: Some(format!("open {} by hand", path.display()).into()) });
            }
        });
    }

    /// A thread that the window does not wait for.
    fn detached(&self, name: &str, work: impl FnOnce(&Events) + Send + 'static) {
        let (events, thread) = (self.events.clone(), name.to_string());
        let spawned = std::thread::Builder::new().name(name.into()).spawn(move || _ = events.guard(&thread, || work(&events)));
        if let Err(e) = spawned {
            self.events.offer(JobEvent::Trouble { summary: format!("no thread could be started ({e})"), hint: None });
        }
    }

    /// Stops all work with a checkpoint and waits for it. The receiver of the events must be gone by now.
    pub fn shut_down(&mut self) {
        self.controls.values().for_each(JobControl::stop);
        self.compute.join();
        self.duplicate_finder.stop();
        self.preprocess_preview.join();
        self.dissolve.join();
        self.explainer.join();
        self.thumbnails.join();
        self.loader.join();
    }
}

/// A table of curation that lasts as long as this.
fn written(curation: &Curation) -> Result<NamedTempFile> {
    let fail = |e| Error::io("write", std::env::temp_dir())(e);
    let mut table = NamedTempFile::new().map_err(fail)?;
    table.write_all(&curation.to_csv()).map_err(fail)?;
    Ok(table)
}

/// Where runs are kept: `$DISSOLVE_WORKSPACE`; the current folder where it has runs already, as the command line makes them;
/// else the folder for data of this person's programs.
pub fn workspace() -> Result<PathBuf> {
    let here = std::path::Path::new(".");
    let chosen = match std::env::var_os("DISSOLVE_WORKSPACE") {
        Some(path) => PathBuf::from(path),
        None if here.join(files::RUNS).is_dir() => here.to_path_buf(),
        None => dirs::data_local_dir().unwrap_or_else(|| here.to_path_buf()).join("dissolve-studio"),
    };
    std::path::absolute(&chosen).map_err(Error::io("find", &chosen))
}
