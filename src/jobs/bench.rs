//! What the dissolve thread works with: the picture on the table and the tool in its hand, kept from one wish to the next.

use super::{Dissolve, Events, JobEvent, ModelSource, Pixels, Rung, Twin};
use crate::{
    config::DissolveMethod,
    data::{Dataset, ImageId, Picture, Preprocess},
    error::{Error, Result},
    ml::{diffusion::DiffusionModel, dissolve::Dissolver},
    run_dir::RunDir,
};
use candle_core::{Device, Tensor};
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Instant, SystemTime},
};

/// Larger pictures are shown at this size (longest side, px).
const SHOWN: usize = 1024;
/// Longest side of a little picture of the ladder, px.
const RUNG: usize = 96;

#[derive(Default)]
pub(super) struct Bench {
    picture: Option<(Arc<Dataset>, ImageId, Picture)>,
    model: Option<(ModelSource, Stamp, Arc<DiffusionModel>)>,
    /// The newest twin: a change of the colouring alone needs no new one.
    twin: Option<(Key, Picture)>,
}

/// What a dissolved picture depends on.
#[derive(PartialEq, Clone)]
struct Key {
    ladder: u64,
    t: usize,
    model: Option<Stamp>,
}

/// Which state of a growing run the weights are of: the newest file, and when it was written.
type Stamp = (PathBuf, Option<SystemTime>);

impl Bench {
    pub fn twin(&mut self, wish: &Dissolve, events: &Events) -> Result<Twin> {
        let start = Instant::now();
        if self.take(wish)? {
            let (_, id, picture) = self.picture()?;
            events.send(JobEvent::Original { id: *id, pixels: Pixels::new(picture) });
        }
        let dissolver = self.dissolver(wish)?;
        let key = Key { ladder: wish.ladder, t: wish.t, model: self.stamp() };
        let (_, image, original) = self.picture()?;
        let image = *image;
        let dissolved = match &self.twin {
            Some((done, twin)) if *done == key => twin.clone(),
            _ => dissolve(&dissolver, original, wish.t)?,
        };
        let twin = Twin {
            image,
            t: wish.t,
            dissolved: Pixels::new(&dissolved),
            difference: Pixels::difference(original, &dissolved, wish.difference, wish.gain),
            mean_abs_change: mean_abs_change(original, &dissolved),
            milliseconds: start.elapsed().as_secs_f64() * 1e3,
            resolution: dissolver.resolution(),
        };
        self.twin = Some((key, dissolved));
        Ok(twin)
    }

    pub fn rung(&mut self, wish: &Dissolve, t: usize) -> Result<Rung> {
        self.take(wish)?;
        let dissolver = self.dissolver(wish)?;
        let (_, _, original) = self.picture()?;
        let dissolved = dissolve(&dissolver, original, t)?;
        Ok(Rung { t, mean_abs_change: mean_abs_change(original, &dissolved), pixels: Pixels::new(&within(dissolved, RUNG)) })
    }

    /// Puts the wish's picture on the table; true where it was another one before.
    fn take(&mut self, wish: &Dissolve) -> Result<bool> {
        if let Some((dataset, id, _)) = &self.picture
            && Arc::ptr_eq(dataset, &wish.dataset)
            && *id == wish.image
        {
            return Ok(false);
        }
        let picture = Preprocess::new(wish.preprocess.clone()).apply(&wish.dataset.read(wish.image)?);
        self.picture = Some((wish.dataset.clone(), wish.image, within(picture, SHOWN)));
        Ok(true)
    }

    fn picture(&self) -> Result<&(Arc<Dataset>, ImageId, Picture)> {
        self.picture.as_ref().ok_or_else(|| Error::user("no picture is selected", "click one"))
    }

    fn stamp(&self) -> Option<Stamp> {
        self.model.as_ref().map(|(_, stamp, _)| stamp.clone())
    }

    fn dissolver(&mut self, wish: &Dissolve) -> Result<Dissolver> {
        let model = match (&wish.model, wish.method) {
            (Some(source), DissolveMethod::Diffusion) => Some(self.model(source)?),
            _ => {
                self.model = None;
                None
            }
        };
        let grey = self.picture()?.2.is_grey();
        Dissolver::new(wish.method, model, wish.resolution, grey)?
            .ok_or_else(|| Error::user("this method does not dissolve", "choose diffusion, a blur, or down- and up-sampling"))
    }

    /// The weights, read again where the run has written newer ones.
    fn model(&mut self, source: &ModelSource) -> Result<Arc<DiffusionModel>> {
        let stamp = newest(source);
        if let Some((held, held_stamp, model)) = &self.model
            && held == source
            && *held_stamp == stamp
        {
            return Ok(model.clone());
        }
        // The slider's own copy on the CPU: it needs no share of an accelerator that a training fills.
        let model = Arc::new(DiffusionModel::load(&source.0, &Device::Cpu)?);
        self.model = Some((source.clone(), stamp, model.clone()));
        Ok(model)
    }
}

/// The newest weights of a run, or the file itself.
fn newest(ModelSource(path): &ModelSource) -> Stamp {
    let finished = path.join("model.safetensors");
    let file = if finished.is_file() {
        finished
    } else {
        let checkpoint = RunDir::open(path).ok().and_then(|run| crate::ml::checkpoint::newest(&run));
        checkpoint.map_or_else(|| path.clone(), |(_, file)| file)
    };
    let written = std::fs::metadata(&file).and_then(|m| m.modified()).ok();
    (file, written)
}

fn within(picture: Picture, longest: usize) -> Picture {
    let scale = longest as f64 / picture.width.max(picture.height).max(1) as f64;
    if scale >= 1.0 {
        return picture;
    }
    let side = |n: usize| ((n as f64 * scale).round() as usize).max(1);
    picture.resize(side(picture.width), side(picture.height))
}

/// Shrunk to the dissolver's resolution as training pictures are (smoothed), dissolved there, and enlarged again.
fn dissolve(dissolver: &Dissolver, picture: &Picture, t: usize) -> Result<Picture> {
    let (width, height, side) = (picture.width, picture.height, dissolver.resolution());
    // 28-px pictures are padded by the dissolver itself.
    let fitted = if (width, height, side) == (28, 28, 32) { picture.to_rgb() } else { picture.resize(side, side).to_rgb() };
    let (w, h) = (fitted.width, fitted.height);
    let x = Tensor::from_vec(fitted.data, (1, 3, h, w), &Device::Cpu)?;
    let y = dissolver.dissolve(&x, &[t])?;
    Ok(Picture::new(w, h, 3, y.flatten_all()?.to_vec1()?).resize(width, height))
}

fn mean_abs_change(a: &Picture, b: &Picture) -> f64 {
    let sum: f64 = (0..3).map(|c| a.plane(c).iter().zip(b.plane(c)).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>()).sum();
    sum / (3 * a.width * a.height).max(1) as f64
}
