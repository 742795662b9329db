//! How many synthetic lesions the scores find (`planted.json` of a run folder): figures by size and contrast.

use super::ScoreKind;
use crate::{
    error::{Error, Result},
    metrics::{MetricError, Ranking, auroc, wilson},
    run_dir::{read_if_there, write_atomic},
};
use serde::{Deserialize, Serialize};
use std::{io::Write, path::Path};

/// Fewer clean images than this leave no room for one false alarm at 95 % specificity.
const FEW: usize = 20;

/// Figures of images with and without a synthetic lesion, of the same held-out normals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyntheticLesions {
    /// Seed of the places.
    pub seed: u64,
    /// How many held-out normals a spot was drawn into.
    pub images: usize,
    /// How many held-out normals there are.
    pub of: usize,
    /// By score, then by size, then by contrast.
    pub cells: Vec<SyntheticLesionCell>,
}

/// One size and one contrast, as one score sees them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SyntheticLesionCell {
    /// The score; DIA's in older files.
    #[serde(default)]
    pub score: ScoreKind,
    /// Diameter at half its strength, as a share of the picture's shorter side.
    pub size: f64,
    /// Largest change, as a share of the range of the picture's own brightness.
    pub contrast: f64,
    /// AUROC of images with a lesion against those without.
    pub auroc: f64,
    /// Share of the images with a lesion above a threshold that at most 5 % of the clean ones reach.
    pub sensitivity_at_95_specificity: f64,
}

impl SyntheticLesionCell {
    /// From the scores of images without and with a lesion.
    ///
    /// # Errors
    /// No scores, or scores that are not finite.
    pub fn new(score: ScoreKind, [size, contrast]: [f64; 2], clean: &[f64], with_lesions: &[f64]) -> Result<Self, MetricError> {
        let scores = [clean, with_lesions].concat();
        let labels: Vec<bool> = (0..scores.len()).map(|i| i >= clean.len()).collect();
        let sensitivity_at_95_specificity = Ranking::new(&labels, &scores)?.sensitivity_at_specificity(0.95)?;
        Ok(Self { score, size, contrast, auroc: auroc(&labels, &scores)?.value, sensitivity_at_95_specificity })
    }
}

impl SyntheticLesions {
    /// The scores that were measured.
    pub fn kinds(&self) -> Vec<ScoreKind> {
        ScoreKind::ALL.into_iter().filter(|kind| self.cells.iter().any(|c| c.score == *kind)).collect()
    }

    /// The score whose figures are shown where `wanted` is looked at: DIA's where that was not measured.
    pub fn shown_for(&self, wanted: ScoreKind) -> ScoreKind {
        if self.kinds().contains(&wanted) { wanted } else { ScoreKind::Dia }
    }

    /// What one score finds; nothing where it was not measured.
    pub fn by(&self, score: ScoreKind) -> Self {
        Self { cells: self.cells.iter().copied().filter(|c| c.score == score).collect(), ..*self }
    }

    /// The sizes, smallest first.
    pub fn sizes(&self) -> Vec<f64> {
        let mut sizes: Vec<f64> = self.cells.iter().map(|c| c.size).collect();
        sizes.sort_by(f64::total_cmp);
        sizes.dedup();
        sizes
    }

    /// The cells of one size.
    pub fn of_size(&self, size: f64) -> impl Iterator<Item = &SyntheticLesionCell> {
        self.cells.iter().filter(move |c| c.size == size)
    }

    /// A size, for people: "2.5 %".
    pub fn percent(size: f64) -> String {
        format!("{} %", (1e4 * size).round() / 100.0)
    }

    /// Wilson's 95 % interval of a cell's sensitivity.
    pub fn interval(&self, cell: &SyntheticLesionCell) -> [f64; 2] {
        wilson(cell.sensitivity_at_95_specificity, self.images)
    }

    /// What a reader should know where there are few images.
    pub fn caution(&self) -> Option<String> {
        (self.images < FEW).then(|| format!("with {} clean images, 95 % specificity allows not one false alarm", self.images))
    }

    /// The content of `planted.json`.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", serde_json::json!(self))
    }

    /// Reads what [`write`](Self::write) wrote; `None` where the file is not there.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        let Some(text) = read_if_there(path)? else { return Ok(None) };
        let lesions = serde_json::from_slice(&text)
            .map_err(|e| Error::user(format!("{} cannot be read: {e}", path.display()), "plant the lesions again"))?;
        Ok(Some(lesions))
    }

    /// Writes the file atomically.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        write_atomic(path, |file| file.write_all(self.to_json().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_images_with_lesions_against_clean_ones() {
        let clean: Vec<f64> = (0..40).map(f64::from).collect();
        let same = SyntheticLesionCell::new(ScoreKind::Dia, [0.1, 0.0], &clean, &clean).unwrap();
        assert_eq!((same.auroc, same.sensitivity_at_95_specificity), (0.5, 0.05), "what changes nothing is not found");
        let above: Vec<f64> = clean.iter().map(|s| s + 100.0).collect();
        let all = SyntheticLesionCell::new(ScoreKind::Dia, [0.1, 0.8], &clean, &above).unwrap();
        assert_eq!((all.auroc, all.sensitivity_at_95_specificity), (1.0, 1.0));
        assert!(
            SyntheticLesionCell::new(ScoreKind::Dia, [0.1, 0.8], &[], &[]).is_err()
                && SyntheticLesionCell::new(ScoreKind::Dia, [0.1, 0.8], &clean, &[f64::NAN]).is_err()
        );
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("planted.json");
        assert_eq!(SyntheticLesions::read(&path).unwrap(), None);
        let cell = |size, contrast| {
            let score = if size == 0.0125 { ScoreKind::Map } else { ScoreKind::Dia };
            SyntheticLesionCell { score, size, contrast, auroc: 0.75, sensitivity_at_95_specificity: 0.5 }
        };
        let lesions = SyntheticLesions {
            seed: 3,
            images: 8,
            of: 9,
            cells: vec![cell(0.2, 0.1), cell(0.1, 0.1), cell(0.1, 0.4), cell(0.0125, 0.4)],
        };
        lesions.write(&path).unwrap();
        assert_eq!(SyntheticLesions::read(&path).unwrap().as_ref(), Some(&lesions));
        assert_eq!(lesions.kinds(), [ScoreKind::Dia, ScoreKind::Map]);
        assert_eq!([ScoreKind::Map, ScoreKind::Lead].map(|kind| lesions.shown_for(kind)), [ScoreKind::Map, ScoreKind::Dia]);
        assert_eq!(lesions.by(ScoreKind::Dia).sizes(), [0.1, 0.2]);
        assert_eq!(lesions.by(ScoreKind::Dia).of_size(0.1).count(), 2);
        assert_eq!(lesions.by(ScoreKind::Map).sizes().into_iter().map(SyntheticLesions::percent).collect::<Vec<_>>(), ["1.25 %"]);
        let older = r#"{"seed":1,"images":1,"of":1,"cells":[{"size":0.1,"contrast":0.2,"auroc":0.5,"sensitivity_at_95_specificity":0.5}]}"#;
        assert_eq!(serde_json::from_str::<SyntheticLesions>(older).unwrap().kinds(), [ScoreKind::Dia]);
        assert!(lesions.caution().is_some());
        std::fs::write(&path, "{").unwrap();
        assert!(SyntheticLesions::read(&path).is_err());
    }
}
