//! Training of the diffusion model as a run: it may be stopped or killed at any moment, and gives the same bits as if it had
//! not been.
//!
//! Everything random comes from streams numbered by the pass, so a checkpoint needs no generator state.

use super::{
    ddpm_step::{Batch, DdpmTrainer, StepReport},
    metrics_log::{self, MetricsLog},
    preview, readiness,
};
use crate::{
    config::{InputRange, RunConfig},
    data::{Dataset, ImageId, Label, PixelStore, Split, TileSample},
    error::{Error, NextStep, Result},
    ml::{
        base::{
            ahead::ahead,
            checkpoint,
            pixel_loading::{load_pixels, load_tiles},
            reporter::{Control, Event, Notice, Reporter, Stage, Step},
            throughput::Throughput,
        },
        diffusion::{
            info::ModelInfo,
            model::{CHANNELS, DiffusionModel, noise},
            saved::SavedModel,
        },
    },
    rng,
    run_dir::{RunDir, RunState, files},
};
use candle_core::{Device, Tensor};
use rand::{Rng as _, seq::SliceRandom};
use serde_json::json;
use std::sync::Arc;

/// With fewer training images a diffusion model learns them by heart (paper, Table 3).
const FEW_IMAGES: usize = 100;
/// Steps whose mean loss stands for the run.
const RECENT: usize = 100;
/// How many held-out images tell whether the model dissolves as it should.
const HELD_OUT: usize = 60;

/// Trains on the training normals, or resumes from the run's newest complete checkpoint; a finished run is only loaded.
/// The run's manifest says how it ended.
///
/// # Errors
/// No normal images, a loss that is not a number, a full disk, [`Error::Stopped`].
pub fn train(
    run: &RunDir,
    config: &RunConfig,
    data: &Arc<Dataset>,
    device: &Device,
    reporter: &mut dyn Reporter,
) -> Result<DiffusionModel> {
    if let (Some(model), RunState::Finished) = (run.contents()?.model, run.manifest()?.state) {
        return DiffusionModel::load(&model, device);
    }
    run.note_end("ddpm", train_or_resume(run, config, data, device, reporter))
}

fn train_or_resume(
    run: &RunDir,
    config: &RunConfig,
    data: &Arc<Dataset>,
    device: &Device,
    reporter: &mut dyn Reporter,
) -> Result<DiffusionModel> {
    run.set_state(RunState::Unfinished)?;
    let ddpm = &config.ddpm;
    let chosen = share_of(data.training_normals(), ddpm.fraction, config.run.seed);
    let tiles = config.data.tiles();
    let few = if tiles.is_some() { FEW_IMAGES / 10 } else { FEW_IMAGES };
    if chosen.len() < few {
        let text = format!("only {} normal images to learn from: the diffusion model may learn them by heart", chosen.len());
        reporter.event(Event::Notice(text.into()));
    }
    let store = match tiles {
        Some(tiles) => {
            let drawn = ddpm.steps * ddpm.batch * ddpm.accumulate;
            let mut sample = TileSample::new(tiles, drawn, config.run.seed);
            // So that it can dissolve whole pictures as well, a quarter of what it learns from is such.
            sample.whole = (sample.count / 3).div_ceil(chosen.len().max(1));
            load_tiles(data, &config.preprocess, chosen, sample, reporter)?
        }
        None => load_pixels(data, &config.preprocess, chosen, ddpm.size, reporter)?,
    };
    let mut trainer = DdpmTrainer::new(ddpm, config.run.seed, device)?;
    let mut ended = false;
    if let Some((step, path)) = checkpoint::to_resume(run, reporter)? {
        let (tensors, metadata) = checkpoint::load(&path)?;
        trainer.load_state(&tensors, step)?;
        ended = checkpoint::has_ended(&metadata);
        run.log(&format!("ddpm: resumes after step {step}"));
    }
    let info = ModelInfo {
        config: ddpm.clone(),
        dataset: config.data.path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        grey: store.is_grey(),
        fingerprint: data.fingerprint().to_string(),
        steps: 0,
        working_size: tiles.map(|tiles| tiles.working_size),
    };
    let held_out = data.ids(|item, label| item.split == Split::Val && label == Some(Label::Normal));
    let mut held_out: Vec<ImageId> = if held_out.is_empty() { store.ids().to_vec() } else { held_out };
    held_out.dedup();
    let step = held_out.len().div_ceil(HELD_OUT).max(1);
    let held_out: Vec<ImageId> = held_out.into_iter().step_by(step).collect();
    let held_out = match tiles {
        Some(tiles) => {
            let sample = TileSample::new(tiles, HELD_OUT, config.run.seed + 1);
            load_tiles(data, &config.preprocess, held_out, sample, reporter)?
        }
        None => load_pixels(data, &config.preprocess, held_out, ddpm.size, reporter)?,
    };
    let training = DdpmTraining { run, config, store: &store, held_out, info, device };
    reporter.event(Event::Started { stage: Stage::Ddpm, done: trainer.steps_done(), total: ddpm.steps });
    if !ended {
        training.run(&mut trainer, reporter)?;
    }
    let (saved, model) = training.snapshot(&trainer)?;
    saved.save(&run.join(files::MODEL))?;
    training.preview(&model, trainer.steps_done(), reporter);
    let (readiness, stats) = readiness::assess(&model, &training.held_out, trainer.steps_done(), config.run.seed)?;
    if let Some(check) = readiness.poorest() {
        reporter.event(Event::Notice(Notice::NotReady(check.clone())));
    }
    let loss = metrics_log::mean(run, "loss", (trainer.steps_done() + 1).saturating_sub(RECENT)..);
    run.set_figures([
        ("steps", json!(trainer.steps_done())),
        ("loss", json!(loss)),
        ("dissolving", json!(stats)),
        ("readiness", json!(readiness)),
    ])?;
    reporter.event(Event::Readiness(readiness));
    reporter.event(Event::Finished { stage: Stage::Ddpm });
    Ok(model)
}

/// What the steps share.
struct DdpmTraining<'a> {
    run: &'a RunDir,
    config: &'a RunConfig,
    store: &'a PixelStore,
    /// Normal images it does not learn from, where there are such.
    held_out: PixelStore,
    info: ModelInfo,
    device: &'a Device,
}

impl DdpmTraining<'_> {
    /// Steps to the last, or to where the person wants it to end; a checkpoint is there then.
    fn run(&self, trainer: &mut DdpmTrainer, reporter: &mut dyn Reporter) -> Result<()> {
        let (ddpm, done) = (&self.config.ddpm, trainer.steps_done());
        let mut metrics = MetricsLog::resume(self.run, &["loss", "lr", "grad_norm", "images_per_second"], done)?;
        let mut throughput = Throughput::start();
        let mut due = checkpoint::Due::every(ddpm.checkpoint_every);
        // Drawn while the step before is made: a second copy of the numbers, and no wait for them.
        let draw = |step: usize| (0..ddpm.accumulate).map(|i| self.batch(step * ddpm.accumulate + i)).collect::<Result<Vec<_>>>();
        ahead(done..ddpm.steps, draw, |drawn| {
            for (step, batches) in (done + 1..=ddpm.steps).zip(drawn) {
                match reporter.control() {
                    Control::Continue => throughput.skip(),
                    Control::Stop => {
                        self.save(trainer, &mut metrics, false)?;
                        return Err(Error::Stopped);
                    }
                    Control::FinishEarly => return self.save(trainer, &mut metrics, true),
                }
                let batches =
                    batches?.iter().map(|batch| batch.to_device(self.device)).collect::<candle_core::Result<Vec<_>>>()?;
                let report = trainer.step(&batches)?;
                if !report.is_finite() {
                    return Err(self.not_a_number(step));
                }
                let StepReport { loss, grad_norm, lr } = report;
                let (images_per_second, eta_secs) = throughput.tick(1, ddpm.batch * ddpm.accumulate, ddpm.steps - step);
                metrics.push(step, &[loss, lr, grad_norm, images_per_second])?;
                let (stage, total, parts) = (Stage::Ddpm, ddpm.steps, [loss, 0.0]);
                reporter.event(Event::Step(Step { stage, step, total, loss, parts, grad_norm, lr, images_per_second, eta_secs }));
                if due.is_now(step) || step == ddpm.steps {
                    due.keep(|| self.save(trainer, &mut metrics, step == ddpm.steps))?;
                }
                if ddpm.sample_every > 0 && step % ddpm.sample_every == 0 && step != ddpm.steps {
                    let model = self.snapshot(trainer)?.1;
                    self.preview(&model, step, reporter);
                    let (readiness, _) = readiness::assess(&model, &self.held_out, step, self.config.run.seed)?;
                    self.run.set_figures([("readiness", json!(readiness))])?;
                    reporter.event(Event::Readiness(readiness));
                }
            }
            Ok(())
        })
    }

    /// The input of forward pass `pass`, counted over all steps, on the host.
    fn batch(&self, pass: usize) -> Result<Batch> {
        let (ddpm, seed, index) = (&self.config.ddpm, self.config.run.seed, pass as u64);
        let mut pixels = self.store.batch(&self.places(pass))?;
        if ddpm.flip {
            let mut coin = rng::stream(seed, "ddpm-flip", index);
            for image in pixels.chunks_exact_mut(CHANNELS * ddpm.size * ddpm.size) {
                if coin.random() {
                    image.chunks_exact_mut(ddpm.size).for_each(<[f32]>::reverse);
                }
            }
        }
        let shape = [ddpm.batch, CHANNELS, ddpm.size, ddpm.size];
        let x = Tensor::from_vec(pixels, &shape, &Device::Cpu)?;
        let x0 = match ddpm.input_range {
            InputRange::Symmetric => x.affine(2.0, -1.0)?,
            InputRange::Unit => x,
        };
        let limit = if ddpm.t_limit == 0 { ddpm.timesteps } else { ddpm.t_limit };
        let mut dice = rng::stream(seed, "ddpm-t", index);
        let t = (0..ddpm.batch).map(|_| dice.random_range(0..limit as u64) as usize).collect();
        Ok(Batch { x0, t, eps: noise(&shape, seed, "ddpm-noise", index, &Device::Cpu)? })
    }

    /// The images of a pass: all of them in random order, over and over.
    fn places(&self, pass: usize) -> Vec<usize> {
        let (count, batch) = (self.store.len(), self.config.ddpm.batch);
        let order = |round: usize| {
            let mut order: Vec<usize> = (0..count).collect();
            order.shuffle(&mut rng::stream(self.config.run.seed, "ddpm-order", round as u64));
            order
        };
        let first = pass * batch;
        let rounds = (first / count..).flat_map(order);
        rounds.skip(first % count).take(batch).collect()
    }

    fn snapshot(&self, trainer: &DdpmTrainer) -> Result<(SavedModel, DiffusionModel)> {
        let info = ModelInfo { steps: trainer.steps_done(), ..self.info.clone() };
        let saved = SavedModel::new(trainer.ema_weights()?, info)?;
        let model = DiffusionModel::new(&saved, self.device)?;
        Ok((saved, model))
    }

    /// `ended`: no step follows.
    fn save(&self, trainer: &DdpmTrainer, metrics: &mut MetricsLog, ended: bool) -> Result<()> {
        metrics.flush()?;
        let step = trainer.steps_done();
        let metadata = ModelInfo { steps: step, ..self.info.clone() }.to_metadata();
        checkpoint::save_step(self.run, step, &trainer.state()?, metadata, ended, self.config.ddpm.keep)
    }

    /// Pictures on the way; that they could not be made is no reason to stop.
    fn preview(&self, model: &DiffusionModel, step: usize, reporter: &mut dyn Reporter) {
        match preview::write(self.run, model, &self.held_out, step, self.config.run.seed) {
            Ok(file) => reporter.event(Event::Preview { step, file }),
            Err(e) => reporter.event(Event::Notice(format!("no preview of step {step}: {e}").into())),
        }
    }

    fn not_a_number(&self, step: usize) -> Error {
        let ddpm = &self.config.ddpm;
        Error::user(
            format!("the loss of the diffusion model is not a number at step {step}"),
            NextStep::Steadier { part: "ddpm", lr: format!("{:e}", ddpm.lr), unclipped: ddpm.clip <= 0.0 },
        )
    }
}

/// The seeded share of the images that the diffusion model may see, at least one, in their old order.
fn share_of(mut ids: Vec<ImageId>, fraction: f64, seed: u64) -> Vec<ImageId> {
    if fraction < 1.0 {
        let wanted = ((ids.len() as f64 * fraction).round() as usize).max(1);
        ids.shuffle(&mut rng::stream(seed, "ddpm-fraction", 0));
        ids.truncate(wanted);
        ids.sort_unstable();
    }
    ids
}
