//! Scores of images (METHOD section 3, Eq. 10): how like the nearest normal training image, and how sure of its shift.

use super::{
    dissolve::Dissolver,
    encoder::Encoder,
    features::{Bank, Extractor, Features},
    profile::{self, Profile, Ranks},
    progress::{Event, Reporter, Stage, Step, Wish},
    shift::SHIFTS,
};
use crate::{
    config::ScoreConfig,
    data::{Dataset, ImageId, Label, PixelStore, Split},
    error::{Error, Result},
    scores::{ScoreRow, Terms},
};
use rayon::prelude::*;
use std::{collections::HashMap, sync::Arc};

/// The bank, prepared: unit axes and weights.
#[derive(Debug, Clone)]
pub struct Scorer {
    /// M x K x D, each row of length 1 (or 0).
    axes: Vec<f32>,
    width: usize,
    /// |z_{m,k}| and f_{m,k}\[k\] of each training normal, and their sums.
    lengths: Vec<[f64; SHIFTS]>,
    logits: Vec<[f64; SHIFTS]>,
    length_sum: [f64; SHIFTS],
    logit_sum: [f64; SHIFTS],
}

/// One image's score and what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// -mean_k(sim + cls); higher is more abnormal.
    pub score: f64,
    /// `lambda_sim,k * max_m z_k . axis_{m,k}`
    pub sim: [f64; SHIFTS],
    /// `lambda_cls,k * f_k[k]`
    pub cls: [f64; SHIFTS],
    /// The m of that maximum.
    pub nearest: [usize; SHIFTS],
}

impl Scorer {
    /// # Errors
    /// Where the bank is empty or ragged.
    pub fn new(bank: &[Features]) -> Result<Self> {
        let width = bank.first().map_or(0, |f| f.z.len() / SHIFTS);
        let whole = |f: &Features| f.z.len() == SHIFTS * width && f.shift.len() == SHIFTS * SHIFTS;
        if width == 0 || !bank.iter().all(whole) {
            return Err(Error::user("there are no features of normal images to compare with", "train the encoder to its end first"));
        }
        let length = |z: &[f32]| z.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
        let lengths: Vec<[f64; SHIFTS]> = bank.iter().map(|f| per_shift(|k| length(&f.z[k * width..][..width]))).collect();
        let logits: Vec<[f64; SHIFTS]> = bank.iter().map(|f| per_shift(|k| f64::from(f.shift[k * SHIFTS + k]))).collect();
        let rows = bank.iter().zip(&lengths).flat_map(|(f, lengths)| f.z.chunks_exact(width).zip(lengths));
        let axes = rows.flat_map(|(z, &length)| z.iter().map(move |&v| (f64::from(v) / length.max(1e-12)) as f32)).collect();
        let sum = |rows: &[[f64; SHIFTS]]| per_shift(|k| rows.iter().map(|r| r[k]).sum());
        Ok(Self { axes, width, length_sum: sum(&lengths), logit_sum: sum(&logits), lengths, logits })
    }

    /// Number of training normals M.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// lambda_sim and lambda_cls for each shift.
    pub fn weights(&self) -> ([f64; SHIFTS], [f64; SHIFTS]) {
        self.weights_without(None)
    }

    /// Eq. 10.
    pub fn score(&self, image: &Features) -> Scored {
        self.score_without(image, None)
    }

    /// The training normal number `m` scored against the others, as if it had not been among them.
    pub fn leave_one_out(&self, image: &Features, m: usize) -> Scored {
        // A single training image has no others: it is scored against itself.
        self.score_without(image, (self.len() > 1).then_some(m))
    }

    fn weights_without(&self, left_out: Option<usize>) -> ([f64; SHIFTS], [f64; SHIFTS]) {
        let count = (self.len() - usize::from(left_out.is_some())) as f64;
        let own = |rows: &[[f64; SHIFTS]], k: usize| left_out.map_or(0.0, |m| rows[m][k]);
        let weight = |sum: &[f64; SHIFTS], rows: &[[f64; SHIFTS]]| per_shift(|k| count / (sum[k] - own(rows, k)));
        (weight(&self.length_sum, &self.lengths), weight(&self.logit_sum, &self.logits))
    }

    fn score_without(&self, image: &Features, left_out: Option<usize>) -> Scored {
        let (lambda_sim, lambda_cls) = self.weights_without(left_out);
        let best = per_shift(|k| {
            let z = &image.z[k * self.width..][..self.width];
            let axes = self.axes.chunks_exact(self.width).skip(k).step_by(SHIFTS).enumerate();
            let others = axes.filter(|(m, _)| Some(*m) != left_out).map(|(m, axis)| (dot(z, axis), m));
            // Of equals the first.
            others.fold((f32::NEG_INFINITY, 0), |best, new| if new.0 > best.0 { new } else { best })
        });
        let sim = per_shift(|k| lambda_sim[k] * f64::from(best[k].0));
        let cls = per_shift(|k| lambda_cls[k] * f64::from(image.shift[k * SHIFTS + k]));
        let score = -(0..SHIFTS).map(|k| sim[k] + cls[k]).sum::<f64>() / SHIFTS as f64;
        Scored { score, sim, cls, nearest: best.map(|b| b.1) }
    }
}

fn per_shift<T>(f: impl FnMut(usize) -> T) -> [T; SHIFTS] {
    std::array::from_fn(f)
}

/// Eight running sums, so that the compiler can use the machine's vectors.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    for (a, b) in a.zip(b) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    sums.iter().sum::<f32>() + rest
}
