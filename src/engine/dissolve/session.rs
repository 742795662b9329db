//! What the dissolve thread works with: pictures on the table and the tool in its hand, kept from one wish to the next.

use super::request::DissolveRequest;
use crate::{
    config::{DissolveMethod, PreprocessConfig},
    data::{Dataset, ImageId, Picture, Preprocess},
    engine::{
        display::{
            raster::{nothing, picture_of, raster_bytes, raster_of},
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

/// Larger pictures are shown at this many pixels.
const SHOWN: usize = 80_000_000;
/// Up to this many pixels, pictures of more than 8 bits are shown from floats.
const FINE: usize = 16_000_000;
/// Longest side of what is dissolved from, px: far more than any resolution of dissolving.
const BASE: usize = 4096;
/// Longest side at which the change is measured, px.
pub(crate) const MEASURED: usize = 256;
/// Longest side of a little picture of the ladder, px.
const RUNG: usize = 96;
/// Pictures kept beside the newest one, at most this large (longest side, px).
const KEPT: usize = 12;
const SIDE: usize = 1024;
/// The last t of the slider.
const T_MAX: usize = 999;

/// An image as it is shown.
#[derive(Debug, Clone)]
pub struct Original {
    pub image: ImageId,
    pub raster: Arc<Raster>,
    /// Width and height before it was made smaller to be shown, px.
    pub size: [usize; 2],
    /// What the file says where the picture says 1; 1 where its values were mapped.
    pub white: f32,
}

/// An image's dissolved twin, at the resolution of dissolving; it is stretched to the original's size where it is shown.
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

/// One of several twins beside each other.
#[derive(Debug, Clone)]
pub struct ComparisonPanel {
    pub label: String,
    pub original: Arc<Raster>,
    pub twin: Result<(Arc<Raster>, f64), Failure>,
}

#[derive(Default)]
pub(crate) struct DissolveSession {
    /// The newest first.
    tables: VecDeque<Table>,
    model: Option<(ModelSource, Stamp, Arc<DiffusionModel>)>,
}

/// A picture, prepared.
struct Table {
    dataset: Arc<Dataset>,
    preprocess: PreprocessConfig,
    original: Original,
    /// Not shrunk to be one beside others.
    is_whole: bool,
    base: Picture,
    measured: Picture,
    grey: bool,
    /// `base` as the dissolver takes it, for the resolutions asked for so far.
    fitted: Vec<(usize, Picture)>,
}

/// An image ready to be measured.
pub(crate) struct Prepared {
    measured: Picture,
    fitted: Picture,
}

/// Which state of a growing run the weights are of: the newest file, and when it was written.
type Stamp = (PathBuf, Option<SystemTime>);

impl DissolveSession {
    /// The wish's picture; the second value is true where it was not on the table before.
    pub fn original(&mut self, request: &DissolveRequest) -> Result<(Original, bool)> {
        let is_new = !self.tables.iter().any(|t| t.is_of(request, request.image) && t.is_whole);
        Ok((self.take(request, request.image, false)?.original.clone(), is_new))
    }

    pub fn twin(&mut self, request: &DissolveRequest) -> Result<Dissolved> {
        let start = Instant::now();
        let (raster, mean_abs_change, resolution) =
            self.dissolved(request, request.image, request.method, request.resolution, request.t)?;
        let (image, t, weights) = (request.image, request.t, self.weights());
        Ok(Dissolved {
            image,
            t,
            raster,
            mean_abs_change,
            milliseconds: start.elapsed().as_secs_f64() * 1e3,
            resolution,
            weights,
        })
    }

    pub fn thumbnail(&mut self, request: &DissolveRequest, t: usize) -> Result<StripThumbnail> {
        let twin = self.twin(&DissolveRequest { t, ..request.clone() })?;
        let [w, h] = self.take(request, request.image, false)?.original.size;
        let scale = RUNG as f64 / w.max(h) as f64;
        let side = |n: usize| ((n as f64 * scale).round() as usize).clamp(1, RUNG);
        Ok(StripThumbnail { pixels: Rgba::new(&picture_of(&twin.raster).resize(side(w), side(h))), twin })
    }

    /// The twin of an image of the data set at the wish's settings.
    pub fn of_image(&mut self, request: &DissolveRequest, image: ImageId) -> ComparisonPanel {
        let label = request.dataset.item(image).map(|item| item.name.clone()).unwrap_or_default();
        let is_main = image == request.image;
        let original = match self.take(request, image, !is_main) {
            Ok(table) => table.original.raster.clone(),
            Err(e) => return ComparisonPanel { label, original: nothing(), twin: Err(e.into()) },
        };
        let twin = self.dissolved(request, image, request.method, request.resolution, request.t);
        ComparisonPanel { label, original, twin: twin.map(|(raster, mean, _)| (raster, mean)).map_err(Failure::from) }
    }

    /// The twin at another resolution.
    pub fn at_resolution(&mut self, request: &DissolveRequest, resolution: usize) -> ComparisonPanel {
        let twin = self.dissolved(request, request.image, request.method, resolution, request.t);
        self.panel(request, format!("{resolution} px"), twin.map(|(raster, mean, _)| (raster, mean)))
    }

    /// The twin by another method, set so that it changes the picture by `target` on average.
    pub fn matched(&mut self, request: &DissolveRequest, method: DissolveMethod, target: f64) -> ComparisonPanel {
        let name = method_name(method);
        match self.match_strength(request, method, target) {
            Ok((setting, raster, mean)) => self.panel(request, format!("{name}, {setting}"), Ok((raster, mean))),
            Err(e) => self.panel(request, name.into(), Err(e)),
        }
    }

    fn panel(&mut self, request: &DissolveRequest, label: String, twin: Result<(Arc<Raster>, f64)>) -> ComparisonPanel {
        let original = self.take(request, request.image, false).map_or_else(|_| nothing(), |table| table.original.raster.clone());
        ComparisonPanel { label, original, twin: twin.map_err(Failure::from) }
    }

    fn match_strength(
        &mut self,
        request: &DissolveRequest,
        method: DissolveMethod,
        target: f64,
    ) -> Result<(String, Arc<Raster>, f64)> {
        if method == request.method {
            let (raster, mean, _) = self.dissolved(request, request.image, method, request.resolution, request.t)?;
            return Ok((setting_name(method, request.t, 0), raster, mean));
        }
        let resolution = self.dissolver(request, request.image, request.method, request.resolution)?.resolution();
        // From weak to strong: the setting number of each method.
        let settings = match method {
            DissolveMethod::Diffusion => {
                let last = self
                    .dissolver(request, request.image, method, request.resolution)?
                    .model()
                    .map(|m| m.schedule().timesteps() - 1);
                0..=last.unwrap_or(T_MAX).min(T_MAX)
            }
            DissolveMethod::Gaussian(_) => 0..=resolution / 2 - 1,
            DissolveMethod::Median(_) => 0..=resolution / 4,
            DissolveMethod::Resample | DissolveMethod::None => 0..=resolution - 2,
        };
        let with = |i: usize| match method {
            DissolveMethod::Diffusion => (method, request.resolution, i),
            DissolveMethod::Gaussian(_) => (DissolveMethod::Gaussian(2 * i + 1), resolution, 0),
            DissolveMethod::Median(_) => (DissolveMethod::Median(2 * i + 1), resolution, 0),
            DissolveMethod::Resample | DissolveMethod::None => (DissolveMethod::Resample, resolution - i, 0),
        };
        let (best, _) = matched_strength::nearest(settings, target, |i| {
            let (method, resolution, t) = with(i);
            Ok(self.dissolved(request, request.image, method, resolution, t)?.1)
        })?;
        let (method, resolution, t) = with(best);
        let (raster, mean, _) = self.dissolved(request, request.image, method, resolution, t)?;
        Ok((setting_name(method, t, resolution), raster, mean))
    }

    /// An image dissolved: the twin, its mean |change|, and the resolution it has.
    fn dissolved(
        &mut self,
        request: &DissolveRequest,
        image: ImageId,
        method: DissolveMethod,
        resolution: usize,
        t: usize,
    ) -> Result<(Arc<Raster>, f64, usize)> {
        let dissolver = self.dissolver(request, image, method, resolution)?;
        let table = self.take(request, image, image != request.image)?;
        let twin = dissolve(&dissolver, table.fitted(dissolver.resolution()), t)?;
        let mean = mean_abs_change(&table.measured, &twin);
        Ok((raster_of(&twin), mean, dissolver.resolution()))
    }

    /// An image that is measured and not shown.
    pub fn prepare(&mut self, request: &DissolveRequest, image: ImageId) -> Result<Prepared> {
        let picture = Preprocess::new(request.preprocess.clone()).apply(&request.dataset.read(image)?);
        let side = self.dissolver(request, request.image, request.method, request.resolution)?.resolution();
        Ok(Prepared { fitted: fit(&picture, side), measured: picture.within(MEASURED).to_rgb() })
    }

    /// Its mean |change| at a step.
    pub fn strength(&mut self, request: &DissolveRequest, prepared: &Prepared, t: usize) -> Result<f64> {
        let dissolver = self.dissolver(request, request.image, request.method, request.resolution)?;
        Ok(mean_abs_change(&prepared.measured, &dissolve(&dissolver, &prepared.fitted, t)?))
    }

    /// Number of the model's steps; `None` for a filter.
    pub fn timesteps(&mut self, request: &DissolveRequest) -> Result<Option<usize>> {
        let dissolver = self.dissolver(request, request.image, request.method, request.resolution)?;
        Ok(dissolver.model().map(|m| m.schedule().timesteps()))
    }

    /// Tells the weights in use apart from others.
    pub fn weights(&self) -> u64 {
        self.model.as_ref().map_or(0, |(_, stamp, _)| hash(stamp))
    }

    /// The image, read and prepared where it is not there yet. `small`: it is one beside others.
    fn take(&mut self, request: &DissolveRequest, image: ImageId, small: bool) -> Result<&mut Table> {
        let place = match self.tables.iter().position(|t| t.is_of(request, image) && (small || t.is_whole)) {
            Some(place) => place,
            None => {
                let table = Table::read(request, image, !small)?;
                // Large ones go when another one is selected; little ones stay for a while.
                self.tables.retain(|t| {
                    let is_little =
                        t.base.width.max(t.base.height) <= SIDE && t.original.raster.size().into_iter().all(|s| s <= SIDE as u32);
                    let is_main = t.is_of(request, request.image);
                    Arc::ptr_eq(&t.dataset, &request.dataset) && !t.is_of(request, image) && (is_little || is_main)
                });
                while self.tables.len() >= KEPT {
                    let oldest = self.tables.iter().rposition(|t| !t.is_of(request, request.image));
                    self.tables.remove(oldest.unwrap_or(0));
                }
                self.tables.push_front(table);
                0
            }
        };
        self.tables.get_mut(place).ok_or_else(|| Error::user("no picture is selected", "click one"))
    }

    fn dissolver(
        &mut self,
        request: &DissolveRequest,
        image: ImageId,
        method: DissolveMethod,
        resolution: usize,
    ) -> Result<Dissolver> {
        let model = match &request.model {
            Some(source) if method == DissolveMethod::Diffusion => Some(self.model(source)?),
            _ => None,
        };
        let grey = self.take(request, image, image != request.image)?.grey;
        Dissolver::new(method, model, resolution, grey)?
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

impl Table {
    /// `is_whole`: at its own size, not as one little picture beside others.
    fn read(request: &DissolveRequest, image: ImageId, is_whole: bool) -> Result<Self> {
        let (picture, white) = request.dataset.read_with_white(image)?;
        let mapped = request.preprocess != PreprocessConfig::default();
        let picture = if mapped { Preprocess::new(request.preprocess.clone()).apply(&picture) } else { picture };
        let (size, grey) = ([picture.width, picture.height], picture.is_grey());
        let largest = (SHOWN as f64 / (size[0] * size[1]).max(1) as f64).sqrt() * size[0].max(size[1]) as f64;
        let picture = picture.within(largest as usize);
        let white = if mapped { 1.0 } else { white };
        let picture = if is_whole { picture } else { picture.within(SIDE) };
        // Files of more than 8 bits keep their values where there is room.
        let fine = white != 255.0 && picture.width * picture.height <= FINE;
        let raster = if fine { raster_of(&picture.to_rgb()) } else { raster_bytes(&picture) };
        let picture = picture.within(BASE);
        let measured = picture.clone().within(MEASURED).to_rgb();
        let original = Original { image, raster, size, white };
        let (dataset, preprocess) = (request.dataset.clone(), request.preprocess.clone());
        Ok(Self { dataset, preprocess, original, is_whole, base: picture, measured, grey, fitted: Vec::new() })
    }

    fn is_of(&self, request: &DissolveRequest, image: ImageId) -> bool {
        self.original.image == image && Arc::ptr_eq(&self.dataset, &request.dataset) && self.preprocess == request.preprocess
    }

    fn fitted(&mut self, side: usize) -> &Picture {
        let place = self.fitted.iter().position(|(s, _)| *s == side).unwrap_or_else(|| {
            self.fitted.push((side, fit(&self.base, side)));
            self.fitted.len() - 1
        });
        &self.fitted[place].1
    }
}

/// Shrunk to the dissolver's resolution as training pictures are (smoothed); 28-px pictures are padded by the dissolver itself.
fn fit(picture: &Picture, side: usize) -> Picture {
    if (picture.width, picture.height, side) == (28, 28, 32) { picture.to_rgb() } else { picture.resize(side, side).to_rgb() }
}

fn dissolve(dissolver: &Dissolver, fitted: &Picture, t: usize) -> Result<Picture> {
    let (w, h) = (fitted.width, fitted.height);
    let x = Tensor::from_slice(&fitted.data, (1, 3, h, w), &Device::Cpu)?;
    let y = dissolver.dissolve(&x, &[t])?;
    Ok(Picture::new(w, h, 3, y.flatten_all()?.to_vec1()?))
}

/// Mean |original - twin| with the twin enlarged to the original's size.
fn mean_abs_change(original: &Picture, twin: &Picture) -> f64 {
    let twin = twin.resize(original.width, original.height);
    let sum: f32 = original
        .data
        .chunks(4096)
        .zip(twin.data.chunks(4096))
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

/// One step of the ladder.
#[derive(Debug)]
pub struct StripThumbnail {
    pub twin: Dissolved,
    /// The twin small, in the original's proportions.
    pub pixels: Rgba,
}
