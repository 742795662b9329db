//! A Gaussian of what the training normals look like, and what each of them scores by one that was fitted without it: kept with
//! the run.

use super::gaussian::Gaussian;
use crate::{
    error::{Error, Result},
    metrics::HeldOutScores,
    ml::base::checkpoint::{self, CheckpointMetadata, Tensors},
    scores::ScoreKind,
};
use candle_core::{Device, Tensor};
use rayon::prelude::*;
use std::{collections::BTreeMap, path::Path};

/// Parts that take turns at being held out.
const FOLDS: usize = 5;

/// What was seen of the training normals.
#[derive(Debug, Default)]
pub struct NormalSamples {
    /// Names of the pictures.
    pub names: Vec<String>,
    /// Features: one row or several of each picture.
    pub rows: Vec<Vec<f64>>,
    /// Which picture each row is of, by its place in `names`.
    pub of_picture: Vec<usize>,
    /// All of them are grey.
    pub grey: bool,
}

impl NormalSamples {
    /// Adds a picture's rows.
    pub fn add(&mut self, name: String, rows: impl IntoIterator<Item = Vec<f64>>) {
        let before = self.rows.len();
        self.rows.extend(rows);
        self.of_picture.extend(std::iter::repeat_n(self.names.len(), self.rows.len() - before));
        self.names.push(name);
    }
}

/// What is said where a run lacks what these scores compare with, and the data at hand are not those that it has learnt from.
pub(crate) fn not_kept(scores: &[ScoreKind]) -> String {
    let named: Vec<_> = scores.iter().map(|score| score.name()).collect();
    let missing = named.join(", ");
    format!(
        "no score by {missing}: the run has not kept what its training images look like to it; score those once, and it is there"
    )
}

/// Judges pictures by the mean squared Mahalanobis distance of their rows.
#[derive(Debug, Clone)]
pub struct NormalGaussian {
    gaussian: Gaussian,
    /// The score of each training normal that was seen, without its own fold.
    held_out: BTreeMap<String, f64>,
    held_out_scores: HeldOutScores,
    /// All normals that were seen are grey.
    pub grey: bool,
}

impl NormalGaussian {
    /// Fits to all rows, and scores each picture by a Gaussian of the pictures of other folds.
    ///
    /// # Errors
    /// Fewer than two rows, or rows without spread.
    pub fn fit(seen: &NormalSamples) -> Result<Self> {
        let gaussian = Gaussian::fit(seen.rows.iter().map(Vec::as_slice))?;
        let scores = held_out(&gaussian, seen);
        Ok(Self::new(gaussian, seen.names.iter().cloned().zip(scores).collect(), seen.grey))
    }

    fn new(gaussian: Gaussian, held_out: BTreeMap<String, f64>, grey: bool) -> Self {
        let held_out_scores = HeldOutScores::new(held_out.values().copied().collect());
        Self { gaussian, held_out, held_out_scores, grey }
    }

    /// Writes it atomically; `kind` says what its rows are.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: &Path, kind: &str) -> Result<()> {
        let (mean, precision) = self.gaussian.parts();
        let width = mean.len();
        let tensors = Tensors::from([
            ("mean".into(), Tensor::from_vec(mean, width, &Device::Cpu)?),
            ("precision".into(), Tensor::from_vec(precision, (width, width), &Device::Cpu)?),
            // As numbers of a text they would come back with another last bit.
            ("held_out".into(), Tensor::from_vec(self.held_out.values().copied().collect(), self.held_out.len(), &Device::Cpu)?),
        ]);
        let normals = serde_json::to_string(&self.held_out).unwrap_or_default();
        let metadata = [("kind", kind.into()), ("normals", normals), ("grey", self.grey.to_string())];
        checkpoint::save(path, &tensors, &CheckpointMetadata::from(metadata.map(|(key, value)| (key.into(), value))))
    }

    /// Reads what [`save`](Self::save) wrote; its rows must have `width` numbers.
    ///
    /// # Errors
    /// A file that is damaged or something else.
    pub fn load(path: &Path, width: usize) -> Result<Self> {
        let (tensors, metadata) = checkpoint::load(path)?;
        let values = |name: &str| tensors.get(name)?.flatten_all().ok()?.to_vec1::<f64>().ok();
        let gaussian = values("mean")
            .filter(|mean| mean.len() == width)
            .zip(values("precision"))
            .and_then(|(mean, precision)| Gaussian::from_parts(mean, precision));
        let named = metadata.get("normals").and_then(|text| serde_json::from_str::<BTreeMap<String, f64>>(text).ok());
        // Older files have them as text alone.
        let held_out = named.map(|named| match values("held_out").filter(|exact| exact.len() == named.len()) {
            Some(exact) => named.into_keys().zip(exact).collect(),
            None => named,
        });
        match gaussian.zip(held_out) {
            Some((gaussian, held_out)) => {
                Ok(Self::new(gaussian, held_out, metadata.get("grey").is_some_and(|grey| grey == "true")))
            }
            None => Err(Error::user(format!("{} cannot be read", path.display()), "delete it: it is made again")),
        }
    }

    /// The score of a picture with these rows; higher is more abnormal.
    pub fn score(&self, rows: &[Vec<f64>]) -> f64 {
        // Summed in the order of the rows: threads that add as they come would change the last digit from run to run.
        let distances: Vec<f64> = rows.par_iter().map(|row| self.gaussian.distance(row)).collect();
        distances.iter().sum::<f64>() / rows.len().max(1) as f64
    }

    /// Score of a training normal by a Gaussian that was fitted without it; `None` where it was not seen.
    pub fn held_out(&self, name: &str) -> Option<f64> {
        self.held_out.get(name).copied()
    }

    /// The held-out normals' scores.
    pub fn held_out_scores(&self) -> &HeldOutScores {
        &self.held_out_scores
    }
}

/// Mean distance of each picture's rows from a Gaussian of the rows of other folds.
fn held_out(all: &Gaussian, seen: &NormalSamples) -> Vec<f64> {
    let pictures = seen.names.len();
    let folds = FOLDS.min(pictures.max(1));
    let rows = || seen.rows.iter().zip(&seen.of_picture);
    let sums: Vec<(f64, usize)> = (0..folds)
        .into_par_iter()
        .flat_map_iter(|fold| {
            let others = rows().filter(|(_, p)| **p % folds != fold).map(|(row, _)| row.as_slice());
            let without = Gaussian::fit(others).unwrap_or_else(|_| all.clone());
            let mut sums = vec![(0.0, 0); pictures];
            for (row, &p) in rows().filter(|(_, p)| **p % folds == fold) {
                sums[p].0 += without.distance(row);
                sums[p].1 += 1;
            }
            sums
        })
        .collect();
    let of = |p: usize| {
        let (sum, count) = sums[(p % folds) * pictures + p];
        sum / count.max(1) as f64
    };
    (0..pictures).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use rand::Rng as _;

    fn seen() -> NormalSamples {
        let mut rng = rng::stream(2, "test", 0);
        let mut seen = NormalSamples::default();
        for i in 0..10 {
            let rows: Vec<Vec<f64>> = (0..6).map(|_| (0..8).map(|_| rng.random_range(-1.0..1.0)).collect()).collect();
            seen.add(format!("{i}.png"), rows);
        }
        seen
    }

    #[test]
    fn held_out_pictures_look_farther_than_those_fitted_to() {
        let seen = seen();
        let normals = NormalGaussian::fit(&seen).unwrap();
        let fitted = normals.score(&seen.rows);
        let held_out: Vec<f64> = seen.names.iter().map(|name| normals.held_out(name).unwrap()).collect();
        assert!(held_out.iter().sum::<f64>() / 10.0 > fitted);
        assert_eq!(normals.held_out_scores().rank(f64::MAX), 1.0);
        assert!(normals.score(&[vec![9.0; 8]]) > 20.0 * fitted && normals.held_out("other.png").is_none());
    }

    #[test]
    fn it_comes_back_from_its_file_and_another_is_refused() {
        let (dir, mut normals) = (tempfile::tempdir().unwrap(), NormalGaussian::fit(&seen()).unwrap());
        // A number that the reader of JSON rounds to its neighbour, and others like it.
        let hard = (0..200).map(|i| (format!("hard {i}"), 1108.217734554852 + f64::from(i) * 1.7e-13));
        normals.held_out.extend(hard);
        let path = dir.path().join("normals.safetensors");
        normals.save(&path, "test").unwrap();
        let again = NormalGaussian::load(&path, 8).unwrap();
        assert_eq!((again.score(&[vec![0.5; 8]]), again.held_out), (normals.score(&[vec![0.5; 8]]), normals.held_out));
        assert!(NormalGaussian::load(&path, 7).is_err(), "of another encoder");
        std::fs::write(&path, b"x").unwrap();
        assert!(NormalGaussian::load(&path, 8).is_err());
    }
}
