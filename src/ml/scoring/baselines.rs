//! Baselines (the "reality check"): scores that need no training, computed on the images that the model sees. A model that is not
//! better than these has learnt nothing that simple statistics could not tell.

use crate::{
    config::PreprocessConfig,
    data::{Dataset, ImageId, Picture, Preprocess},
    error::Result,
    ml::base::evenly_spaced::evenly_spaced,
};
use nalgebra::{DMatrix, DVector, SymmetricEigen};
use rayon::prelude::*;

/// A score that needs no training.
#[derive(Debug, Clone, Copy)]
enum Baseline {
    Brightness,
    Contrast,
    HighFrequencyEnergy,
    Roughness,
    Width,
    Height,
    Aspect,
    PcaResidual,
    NearestNormalDistance,
}

impl Baseline {
    /// All of them, in the order they are declared: that of their [`Values`].
    const ALL: [Self; 9] = [
        Self::Brightness,
        Self::Contrast,
        Self::HighFrequencyEnergy,
        Self::Roughness,
        Self::Width,
        Self::Height,
        Self::Aspect,
        Self::PcaResidual,
        Self::NearestNormalDistance,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Brightness => "brightness",
            Self::Contrast => "contrast",
            Self::HighFrequencyEnergy => "high_frequency_energy",
            Self::Roughness => "roughness",
            Self::Width => "width",
            Self::Height => "height",
            Self::Aspect => "aspect",
            Self::PcaResidual => "pca_residual",
            Self::NearestNormalDistance => "nearest_normal_distance",
        }
    }

    fn measures(self) -> &'static str {
        match self {
            Self::Brightness => "mean of the pixels",
            Self::Contrast => "standard deviation of the pixels",
            Self::HighFrequencyEnergy => "variance of the Laplacian",
            Self::Roughness => "mean |x − mean of 3×3|; low = smooth",
            Self::Width => "width of the stored picture",
            Self::Height => "height of the stored picture",
            Self::Aspect => "width / height of the stored picture",
            Self::PcaResidual => "distance from the principal components of the training normals",
            Self::NearestNormalDistance => "pixel distance to the nearest training normal",
        }
    }
}

/// Names of the baselines, in the order of their values.
pub const NAMES: [&str; Baseline::ALL.len()] = {
    let mut names = [""; Baseline::ALL.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = Baseline::ALL[i].name();
        i += 1;
    }
    names
};

/// One value for each of [`NAMES`]; NaN where it cannot be had.
pub type Values = [f64; NAMES.len()];

/// What a baseline measures, for people; empty for a name that is none of [`NAMES`].
pub fn describe(name: &str) -> &'static str {
    Baseline::ALL.into_iter().find(|baseline| baseline.name() == name).map_or("", Baseline::measures)
}

/// Side of the grey pictures that are compared pixel by pixel.
const SIDE: usize = 28;
/// Training normals that pixel distances are computed to, and those that the principal components are fitted to, at most.
const NEAREST_SAMPLE: usize = 2048;
const PCA_SAMPLE: usize = 256;
/// Principal components, at most.
const COMPONENTS: usize = 32;
/// Pictures in memory at once.
const CHUNK: usize = 256;

/// Measures `ids`, against the training normals of the data set where there are some, at `size` px (that of the encoder).
/// `progress` is called with the number of images that are done, and may end the work with an error. An image that cannot be
/// decoded gets NaN.
///
/// # Errors
/// Whatever `progress` returns.
pub fn measure(
    dataset: &Dataset,
    ids: &[ImageId],
    preprocess: &PreprocessConfig,
    size: usize,
    progress: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Vec<Values>> {
    let preprocess = Preprocess::new(preprocess.clone());
    let read = |id: ImageId| {
        // Small pictures are measured as they are, without the border that the networks need.
        let size = if dataset.item(id)?.size == [28, 28] { 28 } else { size };
        dataset.read_fitted(id, &preprocess, size).ok()
    };
    let normals: Vec<ImageId> = evenly_spaced(&dataset.training_normals(), NEAREST_SAMPLE).copied().collect();
    let mut known: Vec<(ImageId, Vec<f32>)> = Vec::new();
    for chunk in normals.chunks(CHUNK) {
        known.par_extend(chunk.par_iter().filter_map(|&id| Some((id, thumbnail(&read(id)?)))));
        progress(0)?;
    }
    let pca = Pca::fit(&evenly_spaced(&known, PCA_SAMPLE).cloned().collect::<Vec<_>>());
    let mut all = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        all.par_extend(chunk.par_iter().map(|&id| {
            let mut values = [f64::NAN; NAMES.len()];
            if let Some(item) = dataset.item(id) {
                let [width, height] = item.size.map(f64::from);
                values[Baseline::Width as usize] = width;
                values[Baseline::Height as usize] = height;
                values[Baseline::Aspect as usize] = width / height.max(1.0);
            }
            if let Some(picture) = read(id) {
                for (baseline, value) in statistics(&picture.grey()) {
                    values[baseline as usize] = value;
                }
                let small = thumbnail(&picture);
                values[Baseline::PcaResidual as usize] = pca.as_ref().map_or(f64::NAN, |pca| pca.residual(&small));
                values[Baseline::NearestNormalDistance as usize] = nearest(&known, id, &small);
            }
            values
        }));
        progress(all.len())?;
    }
    Ok(all)
}

fn thumbnail(picture: &Picture) -> Vec<f32> {
    picture.grey().resize(SIDE, SIDE).data
}

/// Mean, standard deviation, variance of the 4-neighbour Laplacian and mean |x - 3x3 mean|, the last two over inner pixels.
fn statistics(grey: &Picture) -> [(Baseline, f64); 4] {
    let (width, height, x) = (grey.width, grey.height, &grey.data);
    let (mean, variance) = moments(x.iter().map(|&v| f64::from(v)));
    let inner =
        || (1..height.saturating_sub(1)).flat_map(|row| (1..width.saturating_sub(1)).map(move |column| row * width + column));
    let at = |i: usize| f64::from(x[i]);
    let (_, laplacian) = moments(inner().map(|i| at(i - 1) + at(i + 1) + at(i - width) + at(i + width) - 4.0 * at(i)));
    let around = |i: usize| [i - width, i, i + width].iter().map(|&j| at(j - 1) + at(j) + at(j + 1)).sum::<f64>() / 9.0;
    let (roughness, _) = moments(inner().map(|i| (at(i) - around(i)).abs()));
    [
        (Baseline::Brightness, mean),
        (Baseline::Contrast, variance.sqrt()),
        (Baseline::HighFrequencyEnergy, laplacian),
        (Baseline::Roughness, roughness),
    ]
}

/// Mean and variance; NaN for no values.
fn moments(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        n += 1.0;
        let delta = value - mean;
        mean += delta / n;
        squares += delta * (value - mean);
    }
    if n > 0.0 { (mean, squares / n) } else { (f64::NAN, f64::NAN) }
}

/// Root mean square distance to the nearest of the known pictures other than the picture itself.
fn nearest(known: &[(ImageId, Vec<f32>)], id: ImageId, picture: &[f32]) -> f64 {
    let distance = |other: &[f32]| picture.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
    let least = known.iter().filter(|(other, _)| *other != id).map(|(_, p)| distance(p)).min_by(f32::total_cmp);
    least.map_or(f64::NAN, |d| (f64::from(d) / picture.len() as f64).sqrt())
}

/// Principal components of the training normals.
struct Pca {
    mean: DVector<f64>,
    /// One component a row.
    components: DMatrix<f64>,
}

impl Pca {
    /// Through the Gram matrix of the pictures, which is small where there are fewer pictures than pixels. `None` for fewer
    /// than three pictures.
    fn fit(pictures: &[(ImageId, Vec<f32>)]) -> Option<Self> {
        let n = pictures.len();
        if n < 3 {
            return None;
        }
        let mut x = DMatrix::from_fn(n, SIDE * SIDE, |i, j| f64::from(pictures[i].1[j]));
        let mean = x.row_mean();
        x.row_iter_mut().for_each(|mut row| row -= &mean);
        let eigen = SymmetricEigen::new(&x * x.transpose());
        let mut order: Vec<usize> = (0..n).filter(|&i| eigen.eigenvalues[i] > 1e-9).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        // With as many components as pictures there would be no residual left.
        order.truncate(COMPONENTS.min(n / 3));
        let rows: Vec<_> =
            order.iter().map(|&i| (eigen.eigenvectors.column(i).transpose() * &x) / eigen.eigenvalues[i].sqrt()).collect();
        let components = if rows.is_empty() { DMatrix::zeros(0, SIDE * SIDE) } else { DMatrix::from_rows(&rows) };
        Some(Self { mean: mean.transpose(), components })
    }

    /// Root mean square of what the components do not explain.
    fn residual(&self, picture: &[f32]) -> f64 {
        let x = DVector::from_iterator(picture.len(), picture.iter().map(|&v| f64::from(v))) - &self.mean;
        let explained = (&self.components * &x).norm_squared();
        ((x.norm_squared() - explained).max(0.0) / picture.len() as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{ArrayImages, Class, Item, Label, Layout, Source, Split},
        metrics,
        rng::stream,
    };
    use rand::Rng;
    use std::sync::Arc;

    /// Smooth normals (training ones first), and abnormal pictures with a grain that hardly changes their mean.
    fn grainy() -> Dataset {
        let (count, side) = (60, 20);
        let mut rng = stream(1, "test", 0);
        let mut data = Vec::new();
        for i in 0..count {
            let (tilt, grain) = (rng.random::<f64>() * 4.0, if i < 40 { 1.0 } else { 12.0 });
            data.extend((0..side * side).map(|p| {
                let slope = 60.0 + (p % side) as f64 * tilt + (p / side) as f64 * (4.0 - tilt);
                (slope + grain * (rng.random::<f64>() - 0.5)) as u8
            }));
        }
        let pixels = Arc::new(ArrayImages { height: side, width: side, channels: 1, data });
        let item = |index: usize| Item {
            class: Some(usize::from(index >= 40)),
            given_split: Some(if index < 20 { Split::Train } else { Split::Test }),
            ..Item::new(format!("{index}"), Source::Array { pixels: pixels.clone(), index }, [side as u32; 2])
        };
        let class = |name: &str, label| Class { name: name.into(), label: Some(label) };
        let classes = vec![class("smooth", Label::Normal), class("grainy", Label::Abnormal)];
        Dataset::from_items("test".into(), Layout::MedmnistNpz, String::new(), classes, (0..count).map(item).collect())
    }

    #[test]
    fn baselines_measure_what_they_are_named_for() {
        let data = grainy();
        let ids = data.ids(|item, _| item.split == Split::Test);
        let mut seen = 0;
        let values = measure(&data, &ids, &PreprocessConfig::default(), 20, &mut |done| {
            seen = done;
            Ok(())
        })
        .unwrap();
        assert_eq!((values.len(), seen), (40, 40));
        let labels: Vec<bool> = ids.iter().map(|&id| data.label(id) == Some(Label::Abnormal)).collect();
        let area = |name: &str| {
            let at = NAMES.iter().position(|n| *n == name).unwrap();
            let column: Vec<f64> = values.iter().map(|v| v[at]).collect();
            metrics::auroc(&labels, &column).unwrap().value
        };
        for name in ["high_frequency_energy", "roughness", "pca_residual", "nearest_normal_distance"] {
            assert!(area(name) > 0.95, "{name} {}", area(name));
        }
        for name in ["width", "height", "aspect"] {
            assert_eq!(area(name), 0.5);
        }
        assert!((area("brightness") - 0.5).abs() < 0.3);
    }

    #[test]
    fn a_training_picture_is_not_its_own_neighbour() {
        let data = grainy();
        let values = measure(&data, &data.training_normals(), &PreprocessConfig::default(), 20, &mut |_| Ok(())).unwrap();
        assert!(values.iter().all(|v| v[8] > 0.0));
    }

    #[test]
    fn without_training_normals_the_others_remain_and_a_stop_is_heard() {
        let mut data = grainy();
        data.items.iter_mut().for_each(|item| item.split = Split::Test);
        let ids = data.ids(|_, _| true);
        let values = measure(&data, &ids, &PreprocessConfig::default(), 20, &mut |_| Ok(())).unwrap();
        assert!(values[0][..7].iter().all(|v| v.is_finite()) && values[0][7..].iter().all(|v| v.is_nan()));
        let stopped = measure(&data, &ids, &PreprocessConfig::default(), 20, &mut |_| Err(crate::error::Error::Stopped));
        assert!(stopped.is_err());
    }

    #[test]
    fn flat_and_tiny_pictures_give_numbers_or_nan_but_no_panic() {
        for (width, height) in [(1, 1), (2, 2), (1, 9), (5, 5)] {
            let [(_, mean), (_, deviation), ..] = statistics(&Picture::new(width, height, 1, vec![0.5; width * height]));
            assert_eq!((mean, deviation), (0.5, 0.0));
        }
    }
}
