//! Training of the contrastive encoder as a run: DIA, or CSI where nothing is dissolved.
//!
//! Everything random comes from streams numbered by the step, so a run that is resumed from a checkpoint computes the same bits
//! as one that was never stopped. The views of the next step are made on a thread of their own while the present one runs.

use super::{
    dia_step::{DiaTrainer, StepLoss, learning_rate},
    dissolve_cache::{CachePlan, DissolveCache},
    dissolved_source::DissolvedSource,
    metrics_log::MetricsLog,
    shift_trial::ShiftTrial,
    validation::Validation,
};
use crate::{
    config::{DiaConfig, RunConfig, TileSize},
    data::{Dataset, PixelStore, TileSample},
    error::{Error, NextStep, Result},
    ml::{
        base::{
            ahead::ahead,
            checkpoint::{self, CheckpointMetadata},
            pixel_loading::{load_pixels, load_tiles},
            reporter::{Control, Event, Reporter, Stage, Step},
            stage_progress::StageProgress,
            throughput::Throughput,
        },
        diffusion::model::DiffusionModel,
        dissolve::dissolver::Dissolver,
        encoder::{
            augment::Augment,
            bank::Bank,
            features::Extractor,
            model::{Encoder, EncoderConfig},
            views::{ViewMaker, shift_labels},
        },
    },
    rng,
    run_dir::{RunDir, RunState, files},
};
use candle_core::{Device, Tensor};
use rand::seq::SliceRandom;
use std::sync::Arc;

/// Trains on the training normals, or resumes from the run's newest complete checkpoint; a finished run is only loaded.
///
/// `model` dissolves where the settings say `diffusion`; other methods and CSI need none. In the end the features of all
/// training normals are computed, `encoder.safetensors` is written and the run is marked as finished.
///
/// # Errors
/// Too few normal images, a diffusion model that is missing or does not fit, a loss that is not a number,
/// [`Error::Stopped`], a full disk.
pub fn train(
    run: &RunDir,
    config: &RunConfig,
    data: &Arc<Dataset>,
    model: Option<Arc<DiffusionModel>>,
    device: &Device,
    reporter: &mut dyn Reporter,
) -> Result<Encoder> {
    if let Some(finished) = run.contents()?.encoder {
        run.set_state(RunState::Finished)?;
        return Encoder::load(&finished, device);
    }
    run.note_end("dia", Training { run, config, data, model, tiles: None, device }.by_shift(reporter))
}

/// Trains an encoder on tiles of the training normals and their dissolved versions at the same scale: no blur of resizing tells the
/// two apart, so what is learnt is what dissolving takes. `run` is the part for it; its encoder has no bank.
///
/// # Errors
/// As [`train`].
pub fn train_tiles(
    run: &RunDir,
    config: &RunConfig,
    tiles: TileSize,
    data: &Arc<Dataset>,
    model: Option<Arc<DiffusionModel>>,
    device: &Device,
    reporter: &mut dyn Reporter,
) -> Result<Encoder> {
    let finished = run.join(files::ENCODER);
    if finished.is_file() {
        run.set_state(RunState::Finished)?;
        return Encoder::load(&finished, device);
    }
    run.note_end("dia on tiles", Training { run, config, data, model, tiles: Some(tiles), device }.by_shift(reporter))
}

/// Number of training tiles; each is reused several times because dissolved versions are precomputed.
pub(crate) fn tile_count(config: &DiaConfig) -> usize {
    (config.total_steps() * config.images_per_batch() / 6).clamp(64, 8192)
}

/// The run folder of the encoder in a run of `train`, `train-dia` or the baseline.
///
/// # Errors
/// Where the run has no finished encoder.
pub fn part(run: &RunDir) -> Result<RunDir> {
    let contents = run.contents()?;
    let part = contents.dia().filter(|_| contents.encoder.is_some()).cloned();
    part.ok_or_else(|| Error::user(format!("{} has no finished encoder", run.path().display()), NextStep::FinishRun))
}

/// What an encoder is trained with.
struct Training<'a> {
    run: &'a RunDir,
    config: &'a RunConfig,
    data: &'a Arc<Dataset>,
    model: Option<Arc<DiffusionModel>>,
    /// `None`: on whole pictures.
    tiles: Option<TileSize>,
    device: &'a Device,
}

impl Training<'_> {
    /// Trains with the tried shift; restarts with rotation if it is not learnt.
    fn by_shift(&self, reporter: &mut dyn Reporter) -> Result<Encoder> {
        loop {
            let shift = ShiftTrial::of(self.run, &self.config.dia)?;
            if let Some(encoder) = self.train_or_resume(shift, reporter)? {
                return Ok(encoder);
            }
            ShiftTrial::reject(self.run)?;
            let text = "the encoder does not learn to tell cutperm's four shifts; it begins again by rotation";
            reporter.event(Event::Notice(text.into()));
        }
    }

    /// `None`: the shift that was tried is not learnt.
    fn train_or_resume(&self, mut shift: ShiftTrial, reporter: &mut dyn Reporter) -> Result<Option<Encoder>> {
        let &Self { run, data, device, .. } = self;
        run.set_state(RunState::Unfinished)?;
        let config = &self.config.with_shift(shift.kind);
        let store = self.images(reporter)?;
        let mut trainer =
            DiaTrainer::new(EncoderConfig::new(config.clone(), store.size(), data.fingerprint().to_string()), device)?;
        let (mut done, mut ended) = (0, false);
        if let Some((step, path)) = checkpoint::to_resume(run, reporter)? {
            let (tensors, metadata) = checkpoint::load(&path)?;
            trainer.load_state(&tensors)?;
            (done, ended) = (step, checkpoint::has_ended(&metadata));
            run.log(&format!("dia: resumes after step {step}"));
        }
        if done < config.dia.total_steps() && !ended {
            let dissolved = self.dissolved(&store, reporter)?;
            let (stage, is_validated) = match self.tiles {
                Some(_) => (Stage::TileDia, false),
                None => (Stage::Dia, config.dia.eval_every > 0),
            };
            let validation = if is_validated { Validation::open(run, config, data, &store, done, reporter)? } else { None };
            let steps = Steps { run, config, store: &store, dissolved, validation, stage, device };
            if !steps.run(&mut trainer, done, &mut shift, reporter)? {
                return Ok(None);
            }
        }
        shift.decide(run)?;
        let mut encoder = trainer.encoder;
        if self.tiles.is_none() {
            encoder.bank = Some(bank(&encoder, config, data, &store, reporter)?);
        }
        encoder.save(&run.join(files::ENCODER))?;
        Ok(Some(encoder))
    }

    /// The training normals, whole or in tiles.
    fn images(&self, reporter: &mut dyn Reporter) -> Result<PixelStore> {
        let &Self { config, data, .. } = self;
        let normals = data.training_normals();
        let store = match self.tiles {
            Some(tiles) => {
                let sample = TileSample::new(tiles, tile_count(&config.dia), config.run.seed + 1);
                load_tiles(data, &config.preprocess, normals, sample, reporter)?
            }
            None => {
                warn_of_strange_model(self.model.as_deref(), data.fingerprint(), reporter);
                warn_of_early_model(self.model.as_deref(), reporter);
                let side = input_size(config, data.median_side(&normals));
                load_pixels(data, &config.preprocess, normals, side, reporter)?
            }
        };
        if store.len() < 2 {
            return Err(Error::user(
                format!("there are {} normal training images; the encoder needs at least two", store.len()),
                NextStep::CheckNormal,
            ));
        }
        Ok(store)
    }

    /// Where their dissolved versions come from; `None` where nothing is dissolved.
    fn dissolved(&self, store: &PixelStore, reporter: &mut dyn Reporter) -> Result<Option<DissolvedSource>> {
        let dia = &self.config.dia;
        let Some(dissolver) = Dissolver::from_config(dia, self.model.clone(), store.is_grey())? else { return Ok(None) };
        let dissolver = if self.tiles.is_some() { dissolver.at_resolution(store.size()) } else { dissolver };
        let steps_of_t = dia.steps_of_t(self.tiles.is_some());
        if dia.cached_timesteps == 0 {
            return Ok(Some(DissolvedSource::Exact(dissolver, steps_of_t)));
        }
        let plan = CachePlan::new(&dissolver, store, steps_of_t, dia.cached_timesteps, self.data.fingerprint());
        let cache = dissolve_cache(self.run, plan, store, dissolver, self.device, reporter)?;
        Ok(Some(DissolvedSource::DissolveCache(cache)))
    }
}

/// A diffusion model of other data makes dissolved images drift towards those data's look (paper, Appendix D).
fn warn_of_strange_model(model: Option<&DiffusionModel>, identity: &str, reporter: &mut dyn Reporter) {
    let Some(info) = model.map(DiffusionModel::info) else { return };
    let text = match info.fingerprint.as_str() {
        own if own == identity => return,
        "" => "the diffusion model does not say what it was trained on; if not on these data, dissolved images drift towards the look of others".into(),
        _ => format!("the diffusion model was not trained on these data but on {}: dissolved images drift towards the look of those", info.dataset),
    };
    reporter.event(Event::Notice(text.into()));
}

/// A model of a training that goes on, or was ended early.
fn warn_of_early_model(model: Option<&DiffusionModel>, reporter: &mut dyn Reporter) {
    if let Some(text) = model.and_then(|model| model.info().early()) {
        reporter.event(Event::Notice(text.into()));
    }
}

/// Width and height of the encoder's input, px: the setting, or that of the images (their `median`, where preprocessing does
/// not set it) up to the limit.
pub fn input_size(config: &RunConfig, median: Option<usize>) -> usize {
    const LEAST: usize = 16;
    let dia = &config.dia;
    match config.shorter_side(median) {
        _ if dia.size > 0 => dia.size,
        0 => dia.max_size,
        side => side.clamp(LEAST, dia.max_size.max(LEAST)),
    }
}

fn dissolve_cache(
    run: &RunDir,
    plan: CachePlan,
    store: &PixelStore,
    dissolver: Dissolver,
    device: &Device,
    reporter: &mut dyn Reporter,
) -> Result<DissolveCache> {
    let mut progress: Option<StageProgress> = None;
    let mut reporter = Some(reporter);
    let cache = DissolveCache::open_or_build(run, plan, &dissolver, store, device, &mut |done, total| {
        if let Some(reporter) = reporter.take() {
            progress = Some(StageProgress::start(Stage::DissolveCache, done, total, reporter));
        }
        progress.as_mut().map_or(Ok(()), |p| p.reach(done))
    })?;
    if let Some(progress) = progress {
        progress.finish();
    }
    Ok(cache)
}

/// The features of the training normals.
fn bank(encoder: &Encoder, config: &RunConfig, data: &Dataset, store: &PixelStore, reporter: &mut dyn Reporter) -> Result<Bank> {
    let extractor = Extractor::new(encoder, config.score.samples, config.score.crop_area);
    let mut progress = StageProgress::start(Stage::Bank, 0, store.len(), reporter);
    let features = extractor.all(store, &mut |done| progress.reach(done))?;
    progress.finish();
    let names = store.ids().iter().map(|&id| data.item(id).map(|item| item.name.clone()).unwrap_or_default()).collect();
    Ok(Bank { features, names })
}

/// Everything that the steps share.
struct Steps<'a> {
    run: &'a RunDir,
    config: &'a RunConfig,
    store: &'a PixelStore,
    dissolved: Option<DissolvedSource>,
    validation: Option<Validation>,
    stage: Stage,
    device: &'a Device,
}

impl Steps<'_> {
    /// Runs steps from `done`, to the last or to an early finish. Returns false if the shift proves unlearnable.
    fn run(mut self, trainer: &mut DiaTrainer, done: usize, shift: &mut ShiftTrial, reporter: &mut dyn Reporter) -> Result<bool> {
        let total = self.config.dia.total_steps();
        let columns = ["loss", "contrastive", "classification", "lr", "grad_norm", "images_per_second"];
        let mut metrics = MetricsLog::resume(self.run, &columns, done)?;
        reporter.event(Event::Started { stage: self.stage, done, total });
        let mut validation = self.validation.take();
        let this = &self;
        let make = |step| this.views(step);
        let mut due = checkpoint::Due::every(self.config.dia.checkpoint_every);
        let is_learnt = ahead(done..total, make, |made| {
            let mut throughput = Throughput::start();
            for (step, views) in (done..total).zip(made) {
                match reporter.control() {
                    Control::Continue => {}
                    Control::Stop => {
                        this.save(trainer, &mut metrics, step, false)?;
                        return Err(Error::Stopped);
                    }
                    Control::FinishEarly => return this.save(trainer, &mut metrics, step, true).map(|()| true),
                }
                let lr = learning_rate(&this.config.dia, step);
                let loss = this.step(trainer, views?, step, lr)?;
                let step = step + 1;
                let (images_per_second, eta_secs) = throughput.tick(1, this.batch(), total - step);
                let StepLoss { contrastive, classification, total: sum, grad_norm } = loss;
                metrics.push(step, &[sum, contrastive, classification, lr, grad_norm, images_per_second])?;
                let parts = [contrastive, classification];
                reporter.event(Event::Step(Step {
                    stage: this.stage,
                    step,
                    total,
                    loss: sum,
                    parts,
                    grad_norm,
                    lr,
                    images_per_second,
                    eta_secs,
                }));
                if shift.is_tried(step) {
                    metrics.flush()?;
                    if !shift.is_learnt(this.run) {
                        return Ok(false);
                    }
                    shift.decide(this.run)?;
                }
                if due.is_now(step) || step == total {
                    due.keep(|| this.save(trainer, &mut metrics, step, step == total))?;
                }
                if let Some(validation) = &mut validation {
                    validation.after(step, &trainer.encoder, this.store, reporter)?;
                    throughput.skip();
                }
            }
            Ok(true)
        })?;
        if is_learnt {
            reporter.event(Event::Finished { stage: self.stage });
        }
        Ok(is_learnt)
    }

    /// Images of a batch: as set, but each at most once.
    fn batch(&self) -> usize {
        self.config.dia.images_per_batch().clamp(2, self.store.len().max(2))
    }

    /// The images of a step: passes over all of them in random order; what is left of a pass is dropped.
    fn places(&self, step: usize) -> Vec<usize> {
        let (batch, count) = (self.batch(), self.store.len());
        let per_pass = count / batch;
        let mut order: Vec<usize> = (0..count).collect();
        order.shuffle(&mut rng::stream(self.config.run.seed, "dia-order", (step / per_pass) as u64));
        order[step % per_pass * batch..][..batch].to_vec()
    }

    /// The views of a step, flat NCHW.
    fn views(&self, step: usize) -> Result<Vec<f32>> {
        let (dia, seed, side) = (&self.config.dia, self.config.run.seed, self.store.size());
        let places = self.places(step);
        let images = self.store.batch(&places)?;
        let dissolved = self
            .dissolved
            .as_ref()
            .map(|dissolved| dissolved.draw(seed, step, &places, &images, side, self.device))
            .transpose()?;
        let maker = ViewMaker { augment: Augment::training(dia), shift: dia.shift.kind(), size: side };
        Ok(maker.training(seed, step, &images, dissolved.as_deref()))
    }

    fn step(&self, trainer: &mut DiaTrainer, views: Vec<f32>, step: usize, lr: f64) -> Result<StepLoss> {
        let labels = shift_labels(self.config.dia.branches(), self.batch());
        let (count, side) = (labels.len(), self.store.size());
        let views = Tensor::from_vec(views, (count, 3, side, side), self.device)?;
        let loss = trainer.step(&views, &Tensor::from_vec(labels, count, self.device)?, lr)?;
        if loss.total.is_finite() && loss.grad_norm.is_finite() {
            return Ok(loss);
        }
        Err(Error::user(
            format!("the loss of the encoder is not a number at step {}", step + 1),
            NextStep::Steadier { part: "dia", lr: self.config.dia.lr.to_string(), unclipped: false },
        ))
    }

    /// `ended`: no step follows.
    fn save(&self, trainer: &DiaTrainer, metrics: &mut MetricsLog, step: usize, ended: bool) -> Result<()> {
        metrics.flush()?;
        let metadata = CheckpointMetadata::from([("kind".into(), "dia-checkpoint".into()), ("step".into(), step.to_string())]);
        checkpoint::save_step(self.run, step, &trainer.state()?, metadata, ended, self.config.dia.keep)
    }
}
