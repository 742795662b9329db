//! What the encoder says of images at test time: z and the shift logits f for each shift, averaged over samples (METHOD section
//! 3); and the features of all training normals, the bank that scores are measured against.

use super::{
    augment::Augment,
    model::{Encoder, PROJECTION},
    shift::SHIFTS,
    views::ViewMaker,
};
use crate::{
    data::PixelStore,
    error::{Error, Result},
    ml::base::checkpoint::{Metadata, Tensors},
};
use candle_core::{Device, Tensor};

/// Features of one image: z (K rows of D) and shift logits (K rows of K), row k from the view under S_k.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Features {
    pub z: Vec<f32>,
    pub shift: Vec<f32>,
}

impl Features {
    /// The average, as a sum in f64. Empty where there is nothing to average.
    pub fn mean(samples: &[Self]) -> Self {
        let mean = |part: fn(&Self) -> &[f32]| {
            let length = samples.first().map_or(0, |s| part(s).len());
            let mut sum = vec![0f64; length];
            samples.iter().for_each(|s| sum.iter_mut().zip(part(s)).for_each(|(sum, &v)| *sum += f64::from(v)));
            sum.iter().map(|s| (s / samples.len() as f64) as f32).collect()
        };
        Self { z: mean(|f| &f.z), shift: mean(|f| &f.shift) }
    }

    /// Whether both are of the same picture, rounding apart.
    pub fn resembles(&self, other: &Self) -> bool {
        let largest = self.z.iter().fold(0f32, |m, v| m.max(v.abs()));
        self.z.len() == other.z.len() && self.z.iter().zip(&other.z).all(|(a, b)| (a - b).abs() <= 1e-3 * largest)
    }
}

/// Makes features: how many test-time samples, seen through which crop.
#[derive(Debug)]
pub struct Extractor<'a> {
    encoder: &'a Encoder,
    maker: ViewMaker,
    samples: usize,
}

impl<'a> Extractor<'a> {
    pub fn new(encoder: &'a Encoder, samples: usize, crop_area: f64) -> Self {
        let dia = &encoder.config.run.dia;
        let maker = ViewMaker { augment: Augment::scoring(dia, crop_area), shift: dia.shift, side: encoder.config.side };
        Self { encoder, maker, samples }
    }

    /// Images of one pass, so that its largest activation stays near 128 MiB.
    pub fn chunk(&self) -> usize {
        const PIXELS: usize = 1 << 21;
        (PIXELS / (SHIFTS * self.maker.side * self.maker.side)).clamp(1, 64)
    }

    /// Pictures (flat NCHW) to one list of features for each of them, a sample each.
    pub fn sampled(&self, pictures: &[f32]) -> Result<Vec<Vec<Features>>> {
        let side = self.maker.side;
        let count = pictures.len() / (3 * side * side);
        let mut features = vec![Vec::with_capacity(self.samples); count];
        for sample in 0..self.samples {
            let views = self.maker.scoring(sample, pictures);
            let views = Tensor::from_vec(views, (SHIFTS * count, 3, side, side), self.encoder.device())?;
            let (z, shift) = self.encoder.forward(&views, false)?;
            // Shift-major rows to one block an image.
            let by_image = |x: Tensor| x.reshape((SHIFTS, count, ()))?.transpose(0, 1)?.flatten_from(1)?.to_vec2::<f32>();
            let (z, shift) = (by_image(z.detach())?, by_image(shift.detach())?);
            for ((list, z), shift) in features.iter_mut().zip(z).zip(shift) {
                list.push(Features { z, shift });
            }
        }
        Ok(features)
    }

    /// Averaged features of all images of the store; `tick` hears how many are done, and may end it with an error.
    pub fn all(&self, store: &PixelStore, tick: &mut dyn FnMut(usize) -> Result<()>) -> Result<Vec<Features>> {
        self.of(store, &(0..store.len()).collect::<Vec<_>>(), tick)
    }

    /// The same of some images, by their places in the store.
    pub fn of(&self, store: &PixelStore, places: &[usize], tick: &mut dyn FnMut(usize) -> Result<()>) -> Result<Vec<Features>> {
        let mut all = Vec::with_capacity(places.len());
        for chunk in places.chunks(self.chunk()) {
            all.extend(self.sampled(&store.batch(chunk)?)?.iter().map(|samples| Features::mean(samples)));
            tick(all.len())?;
        }
        Ok(all)
    }
}

/// Features of the training normals, with their names.
#[derive(Debug, Clone, PartialEq)]
pub struct Bank {
    pub features: Vec<Features>,
    /// Names in the data set; what a score's `nearest` says.
    pub names: Vec<String>,
}

impl Bank {
    /// Length of a row of z.
    pub fn width(&self) -> usize {
        self.features.first().map_or(PROJECTION, |f| f.z.len() / SHIFTS)
    }

    /// Adds `bank.z` (M, K, D), `bank.shift` (M, K, K) and the names.
    pub(crate) fn store(&self, tensors: &mut Tensors, metadata: &mut Metadata) -> Result<()> {
        let count = self.features.len();
        let flat = |part: fn(&Features) -> &[f32]| self.features.iter().flat_map(part).copied().collect::<Vec<f32>>();
        let shape = (count, SHIFTS, self.width());
        tensors.insert("bank.z".into(), Tensor::from_vec(flat(|f| &f.z), shape, &Device::Cpu)?);
        tensors.insert("bank.shift".into(), Tensor::from_vec(flat(|f| &f.shift), (count, SHIFTS, SHIFTS), &Device::Cpu)?);
        let names =
            serde_json::to_string(&self.names).map_err(|e| Error::user(format!("the names cannot be written: {e}"), ""))?;
        metadata.insert("bank.names".into(), names);
        Ok(())
    }

    /// Reads what [`store`](Self::store) added; `None` where there is no bank.
    pub(crate) fn restore(tensors: &Tensors, metadata: &Metadata) -> Result<Option<Self>, String> {
        let (Some(z), Some(shift)) = (tensors.get("bank.z"), tensors.get("bank.shift")) else { return Ok(None) };
        let names: Vec<String> = metadata
            .get("bank.names")
            .and_then(|text| serde_json::from_str(text).ok())
            .ok_or("the names of its bank cannot be read")?;
        let rows = |x: &Tensor| x.flatten_from(1).and_then(|x| x.to_vec2::<f32>()).map_err(|e| e.to_string());
        if z.dim(1).ok() != Some(SHIFTS) || shift.dims() != [names.len(), SHIFTS, SHIFTS] || z.dim(0).ok() != Some(names.len()) {
            return Err("its bank has the wrong shape".into());
        }
        let features = rows(z)?.into_iter().zip(rows(shift)?).map(|(z, shift)| Features { z, shift }).collect();
        Ok(Some(Self { features, names }))
    }
}
