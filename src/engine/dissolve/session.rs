//! What the dissolve thread works with: prepared images and the model, kept from one request to the next.

use super::{
    prepared_image::{MEASURED, Original, PreparedImage, fit},
    request::{ImageSource, Recipe},
};
use crate::{
    config::DissolveMethod,
    data::{ImageId, Picture, Preprocess},
    engine::{
        display::{
            raster::{nothing, picture_of, raster_of},
            rgba::Rgba,
        },
        runs::list::ModelSource,
    },
    error::{Error, Failure, Result},
    gpu::Raster,
    ml::{
        diffusion::{model::DiffusionModel, saved},
        dissolve::{dissolver::Dissolver, matched_strength},
    },
};
use candle_core::{Device, Tensor};
use std::{
    collections::VecDeque,
    hash::BuildHasher,
    path::PathBuf,
    sync::Arc,
    time::{Instant, SystemTime},
};

/// Longest side of a thumbnail of the slider's strip, px.
const THUMBNAIL: usize = 96;
/// Images kept at most, the newest one among them.
const KEPT: usize = 12;
/// The last t of the slider.
const T_MAX: usize = 999;

/// A dissolved image, at the resolution of dissolving; it is stretched to the original's size where it is shown.
#[derive(Debug, Clone)]
pub struct Dissolved {
    pub image: ImageId,
    pub t: usize,
    pub raster: Arc<Raster>,
    /// Mean |original - dissolved| over pixels and channels, \[0, 1\], at 256 px.
    pub mean_abs_change: f64,
    pub milliseconds: f64,
    /// px
    pub resolution: usize,
    /// Tells states of a growing model apart.
    pub weights: u64,
}

/// One of several dissolved images beside each other.
#[derive(Debug, Clone)]
pub struct ComparisonPanel {
    pub label: String,
    pub original: Arc<Raster>,
    /// The dissolved image with its mean |change|, or why there is none.
    pub dissolved: Result<(Arc<Raster>, f64), Failure>,
}

/// One thumbnail of the slider's strip.
#[derive(Debug)]
pub struct StripThumbnail {
    pub dissolved: Dissolved,
    /// The same small, in the original's proportions.
    pub pixels: Rgba,
}

/// An image ready to be measured.
pub(crate) struct MeasuredImage {
    measured: Picture,
    fitted: Picture,
    dissolver: Dissolver,
}

impl MeasuredImage {
    /// Its mean |change| at a step.
    pub fn change(&self, t: usize) -> Result<f64> {
        Ok(mean_abs_change(&self.measured, &dissolve(&self.dissolver, &self.fitted, t)?))
    }
}

/// Which state of a growing run the weights are of: the newest file, and when it was written.
type Stamp = (PathBuf, Option<SystemTime>);

#[derive(Default)]
pub(crate) struct DissolveSession {
    /// The newest first.
    images: VecDeque<PreparedImage>,
    /// The one that is prepared at its full size; all others are shown beside it.
    selected: Option<ImageSource>,
    model: Option<(ModelSource, Stamp, Arc<DiffusionModel>)>,
}

impl DissolveSession {
    /// Selects an image; the second value is true where it was not prepared before.
    pub fn select(&mut self, source: &ImageSource) -> Result<(Original, bool)> {
        let is_new = !self.images.iter().any(|held| held.source == *source && held.is_full_size);
        self.selected = Some(source.clone());
        Ok((self.prepare(source)?.original.clone(), is_new))
    }

    pub fn dissolve(&mut self, source: &ImageSource, recipe: &Recipe) -> Result<Dissolved> {
        let start = Instant::now();
        let is_grey = self.prepare(source)?.is_grey;
        let dissolver = self.dissolver(recipe, is_grey)?;
        let resolution = dissolver.resolution();
        let image = self.prepare(source)?;
        let dissolved = dissolve(&dissolver, image.fitted(resolution), recipe.t)?;
        Ok(Dissolved {
            image: source.image,
            t: recipe.t,
            mean_abs_change: mean_abs_change(&image.measured, &dissolved),
            raster: raster_of(&dissolved),
            milliseconds: start.elapsed().as_secs_f64() * 1e3,
            resolution,
            weights: self.weights(),
        })
    }

    pub fn thumbnail(&mut self, source: &ImageSource, recipe: &Recipe) -> Result<StripThumbnail> {
        let dissolved = self.dissolve(source, recipe)?;
        let [w, h] = self.prepare(source)?.original.size;
        let scale = THUMBNAIL as f64 / w.max(h) as f64;
        let side = |n: usize| ((n as f64 * scale).round() as usize).clamp(1, THUMBNAIL);
        Ok(StripThumbnail { pixels: Rgba::new(&picture_of(&dissolved.raster).resize(side(w), side(h))), dissolved })
    }

    /// The image dissolved, under this label.
    pub fn panel(&mut self, source: &ImageSource, recipe: &Recipe, label: String) -> ComparisonPanel {
        let dissolved = self.dissolve(source, recipe);
        self.panel_of(source, label, dissolved)
    }

    /// The image dissolved by another method, set so that it changes the image by `target` on average.
    pub fn matched(&mut self, source: &ImageSource, recipe: &Recipe, method: DissolveMethod, target: f64) -> ComparisonPanel {
        let name = method_name(method);
        match self.match_strength(source, recipe, method, target) {
            Ok((setting, dissolved)) => self.panel_of(source, format!("{name}, {setting}"), Ok(dissolved)),
            Err(e) => self.panel_of(source, name.into(), Err(e)),
        }
    }

    fn panel_of(&mut self, source: &ImageSource, label: String, dissolved: Result<Dissolved>) -> ComparisonPanel {
        let original = self.prepare(source).map_or_else(|_| nothing(), |image| image.original.raster.clone());
        ComparisonPanel { label, original, dissolved: dissolved.map(|d| (d.raster, d.mean_abs_change)).map_err(Failure::from) }
    }

    fn match_strength(
        &mut self,
        source: &ImageSource,
        recipe: &Recipe,
        method: DissolveMethod,
        target: f64,
    ) -> Result<(String, Dissolved)> {
        if method == recipe.method {
            return Ok((setting_name(method, recipe.t, 0), self.dissolve(source, recipe)?));
        }
        let resolution = self.dissolver(recipe, false)?.resolution();
        // From weak to strong: the setting number of each method.
        let settings = match method {
            DissolveMethod::Diffusion => {
                let timesteps = self.timesteps(&Recipe { method, ..recipe.clone() })?;
                0..=timesteps.map_or(T_MAX, |n| n - 1).min(T_MAX)
            }
            DissolveMethod::Gaussian(_) => 0..=resolution / 2 - 1,
            DissolveMethod::Median(_) => 0..=resolution / 4,
            DissolveMethod::Resample | DissolveMethod::None => 0..=resolution - 2,
        };
        let with = |i: usize| {
            let (method, resolution, t) = match method {
                DissolveMethod::Diffusion => (method, recipe.resolution, i),
                DissolveMethod::Gaussian(_) => (DissolveMethod::Gaussian(2 * i + 1), resolution, 0),
                DissolveMethod::Median(_) => (DissolveMethod::Median(2 * i + 1), resolution, 0),
                DissolveMethod::Resample | DissolveMethod::None => (DissolveMethod::Resample, resolution - i, 0),
            };
            Recipe { method, resolution, t, model: recipe.model.clone() }
        };
        let (best, _) = matched_strength::nearest(settings, target, |i| Ok(self.dissolve(source, &with(i))?.mean_abs_change))?;
        let best = with(best);
        Ok((setting_name(best.method, best.t, best.resolution), self.dissolve(source, &best)?))
    }

    /// An image that is measured and not shown, dissolved as the selected one is.
    pub fn measured(&mut self, source: &ImageSource, recipe: &Recipe) -> Result<MeasuredImage> {
        let picture = Preprocess::new(source.preprocess.clone()).apply(&source.dataset.read(source.image)?);
        let is_grey = match self.selected.clone() {
            Some(selected) => self.prepare(&selected)?.is_grey,
            None => picture.is_grey(),
        };
        let dissolver = self.dissolver(recipe, is_grey)?;
        let fitted = fit(&picture, dissolver.resolution());
        Ok(MeasuredImage { fitted, measured: picture.within(MEASURED).to_rgb(), dissolver })
    }

    /// Number of the model's steps; `None` for a filter.
    pub fn timesteps(&mut self, recipe: &Recipe) -> Result<Option<usize>> {
        Ok(self.dissolver(recipe, false)?.model().map(|m| m.schedule().timesteps()))
    }

    /// Tells the weights in use apart from others.
    pub fn weights(&self) -> u64 {
        self.model.as_ref().map_or(0, |(_, stamp, _)| hash(stamp))
    }

    /// The image, read where it is not there yet: the selected one at its full size, others as they are shown beside it.
    fn prepare(&mut self, source: &ImageSource) -> Result<&mut PreparedImage> {
        let is_selected = |of: &ImageSource| self.selected.as_ref() == Some(of);
        let full_size = is_selected(source);
        let place = match self.images.iter().position(|held| held.source == *source && (held.is_full_size || !full_size)) {
            Some(place) => place,
            None => {
                let image = PreparedImage::read(source, full_size)?;
                // Large ones go when another one is selected; small ones stay for a while.
                let stays = |held: &PreparedImage| {
                    Arc::ptr_eq(&held.source.dataset, &source.dataset)
                        && held.source != *source
                        && (held.is_small() || is_selected(&held.source))
                };
                let mut kept: VecDeque<_> = std::mem::take(&mut self.images).into_iter().filter(stays).collect();
                while kept.len() >= KEPT {
                    let oldest = kept.iter().rposition(|held| !is_selected(&held.source));
                    kept.remove(oldest.unwrap_or(0));
                }
                kept.push_front(image);
                self.images = kept;
                0
            }
        };
        self.images.get_mut(place).ok_or_else(|| Error::user("no picture is selected", "click one"))
    }

    fn dissolver(&mut self, recipe: &Recipe, is_grey: bool) -> Result<Dissolver> {
        let model = match &recipe.model {
            Some(source) if recipe.method == DissolveMethod::Diffusion => Some(self.model(source)?),
            _ => None,
        };
        Dissolver::new(recipe.method, model, recipe.resolution, is_grey)?
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

fn dissolve(dissolver: &Dissolver, fitted: &Picture, t: usize) -> Result<Picture> {
    let (w, h) = (fitted.width, fitted.height);
    let x = Tensor::from_slice(&fitted.data, (1, 3, h, w), &Device::Cpu)?;
    let y = dissolver.dissolve(&x, &[t])?;
    Ok(Picture::new(w, h, 3, y.flatten_all()?.to_vec1()?))
}

/// Mean |original - dissolved| with the latter enlarged to the original's size.
fn mean_abs_change(original: &Picture, dissolved: &Picture) -> f64 {
    let dissolved = dissolved.resize(original.width, original.height);
    let sum: f32 = original
        .data
        .chunks(4096)
        .zip(dissolved.data.chunks(4096))
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>())
        .sum();
    f64::from(sum) / original.data.len().max(1) as f64
}

fn method_name(method: DissolveMethod) -> &'static str {
    match method {
        DissolveMethod::Diffusion => "Diffusion",
        DissolveMethod::Gaussian(_) => "Gaussian",
        DissolveMethod::Median(_) => "Median",
        DissolveMethod::Resample => "Resize",
        DissolveMethod::None => "None",
    }
}

fn setting_name(method: DissolveMethod, t: usize, resolution: usize) -> String {
    match method {
        DissolveMethod::Diffusion => format!("t = {t}"),
        DissolveMethod::Gaussian(k) | DissolveMethod::Median(k) => format!("kernel {k} px"),
        DissolveMethod::Resample | DissolveMethod::None if resolution == 0 => "as set".into(),
        DissolveMethod::Resample | DissolveMethod::None => format!("to {resolution} px"),
    }
}

/// The same in each run and version of the program.
pub(crate) fn hash(value: impl std::hash::Hash) -> u64 {
    fnv::FnvBuildHasher::default().hash_one(value)
}

/// The newest weights of a run, or the file itself.
fn newest(ModelSource(path): &ModelSource) -> Stamp {
    let file = saved::model_file(path).unwrap_or_else(|_| path.clone());
    let written = std::fs::metadata(&file).and_then(|m| m.modified()).ok();
    (file, written)
}
