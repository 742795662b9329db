//! Whole data sets of synthetic photographs, in memory or as a folder in MVTec's layout.

use super::{Fundus, LesionKind};
use crate::error::{Error, Result};
use image::{GrayImage, RgbImage};
use rayon::prelude::*;
use std::{fs, path::Path};

/// How many photographs of what.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Normal photographs to learn from.
    pub train: usize,
    /// Normal ones of other people, to be told from the abnormal ones.
    pub test_normal: usize,
    /// Spread evenly over the kinds of lesions.
    pub test_abnormal: usize,
    /// How many lesions an abnormal one has, 1 = as a typical sick eye; see [`Fundus::lesions`].
    pub severity: usize,
    /// All are taken with one camera, as in one hospital; else each with one of its own.
    pub one_camera: bool,
    /// Side in px.
    pub size: usize,
    /// Seed of the data set: one seed draws the same one.
    pub seed: u64,
}

/// One photograph of a data set.
#[derive(Debug, Clone)]
pub struct Photograph {
    /// Square, RGB.
    pub image: RgbImage,
    /// Kind and mask of its lesions; `None` where it is normal.
    pub lesion: Option<(LesionKind, GrayImage)>,
    /// In the training split; else in the test split.
    pub train: bool,
    /// `000.png`, `001.png`… within its folder.
    pub number: usize,
}

impl Photograph {
    /// Path in MVTec's layout, without extension: `train/good/000`, `test/exudates/003`.
    pub fn stem(&self) -> String {
        let class = self.lesion.as_ref().map_or("good", |(kind, _)| kind.name());
        format!("{}/{class}/{:03}", if self.train { "train" } else { "test" }, self.number)
    }
}

/// Renders a data set in parallel; the order is that of the folders.
pub fn photographs(plan: Plan) -> Vec<Photograph> {
    let kinds = LesionKind::ALL.len();
    (0..plan.train + plan.test_normal + plan.test_abnormal)
        .into_par_iter()
        .map(|index| {
            // Each person has a seed of his own; nobody is in two parts.
            let seed = plan.seed.wrapping_mul(1_000_003).wrapping_add(index as u64);
            let fundus = if plan.one_camera { Fundus::at_camera(seed, plan.seed) } else { Fundus::new(seed) };
            let sick = index.checked_sub(plan.train + plan.test_normal);
            let (kind, number) = match sick {
                Some(k) => (Some(LesionKind::ALL[k % kinds]), k / kinds),
                None => (None, if index < plan.train { index } else { index - plan.train }),
            };
            let lesions = kind.map(|kind| fundus.lesions(kind, plan.severity, plan.size)).unwrap_or_default();
            let (image, mask) = fundus.render(plan.size, &lesions);
            Photograph { image, lesion: kind.map(|kind| (kind, mask)), train: index < plan.train, number }
        })
        .collect()
}

/// Writes a data set as PNG files: `train/good`, `test/good`, `test/<lesion>`, `ground_truth/<lesion>`.
///
/// # Errors
/// Where a folder or file cannot be written.
pub fn dataset(out: &Path, plan: Plan) -> Result<()> {
    photographs(plan).par_iter().try_for_each(|photograph| {
        let stem = photograph.stem();
        save(&out.join(format!("{stem}.png")), |path| photograph.image.save(path))?;
        match &photograph.lesion {
            Some((_, mask)) => {
                let name = stem.replacen("test/", "ground_truth/", 1);
                save(&out.join(format!("{name}_mask.png")), |path| mask.save(path))
            }
            None => Ok(()),
        }
    })
}

fn save(path: &Path, write: impl FnOnce(&Path) -> image::ImageResult<()>) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    write(path).map_err(|e| Error::user(format!("could not write {}: {e}", path.display()), "check the disk and its permissions"))
}
