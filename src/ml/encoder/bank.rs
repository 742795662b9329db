//! Features of images, and those of all training normals: the bank that scores are measured against.

use super::shift::SHIFTS;
use crate::{
    error::{Error, Result},
    ml::base::checkpoint::{CheckpointMetadata, Tensors},
};
use candle_core::{Device, Tensor};

/// Length of the projection z.
pub const PROJECTION: usize = 128;

/// Features of one image: z (K rows of D) and shift logits (K rows of K), row k from the view under S_k.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Features {
    /// Projections, K x D, row-major, not normalised.
    pub z: Vec<f32>,
    /// Shift logits, K x K, row-major.
    pub shift: Vec<f32>,
}

impl Features {
    /// The average over samples of one image, summed in f64. Empty where there are none.
    pub fn mean(samples: &[Self]) -> Self {
        let mean = |part: fn(&Self) -> &[f32]| {
            let length = samples.first().map_or(0, |s| part(s).len());
            let mut sum = vec![0f64; length];
            samples.iter().for_each(|s| sum.iter_mut().zip(part(s)).for_each(|(sum, &v)| *sum += f64::from(v)));
            sum.iter().map(|s| (s / samples.len() as f64) as f32).collect()
        };
        Self { z: mean(|f| &f.z), shift: mean(|f| &f.shift) }
    }

    /// Whether both are of the same image: equal up to 1e-3 of the largest value, since the order of sums may differ.
    pub fn resembles(&self, other: &Self) -> bool {
        let largest = self.z.iter().fold(0f32, |m, v| m.max(v.abs()));
        self.z.len() == other.z.len() && self.z.iter().zip(&other.z).all(|(a, b)| (a - b).abs() <= 1e-3 * largest)
    }
}

/// Features of the training normals, with their names.
#[derive(Debug, Clone, PartialEq)]
pub struct Bank {
    /// The features of M images.
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
    pub(crate) fn store(&self, tensors: &mut Tensors, metadata: &mut CheckpointMetadata) -> Result<()> {
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
    pub(crate) fn restore(tensors: &Tensors, metadata: &CheckpointMetadata) -> Result<Option<Self>, String> {
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
