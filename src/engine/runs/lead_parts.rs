//! Which ranks among held-out normals make the leading score of an image.

use crate::{
    engine::lead::{leading, mean},
    ml::scoring::gaussian::Ranks,
    scores::{ScoreKind, ScoreRow, Scores},
};

/// The scores of the run's held-out normals, by which others are ranked.
#[derive(Debug, Clone, Default)]
pub struct LeadParts(Vec<(ScoreKind, Ranks)>);

/// A mean of ranks farther from the leading score than this is of other ranks: a file does not tell of all held-out tiles.
const NEAR: f64 = 0.05;

impl LeadParts {
    /// From the file that holds the training normals.
    pub fn of(scores: &Scores) -> Self {
        let normals = || scores.rows.iter().filter(|row| row.split == "train" && row.label == Some(false));
        let ranks = |kind: ScoreKind| {
            let values: Vec<f64> = normals().filter_map(|row| row.value(kind)).collect();
            (!values.is_empty()).then(|| (kind, Ranks::new(values)))
        };
        Self(ScoreKind::ALL.into_iter().filter(|kind| *kind != ScoreKind::Lead).filter_map(ranks).collect())
    }

    /// The rank of each score of an image, \[0, 1\].
    pub fn ranks(&self, row: &ScoreRow) -> Vec<(ScoreKind, f64)> {
        self.0.iter().filter_map(|(kind, ranks)| Some((*kind, ranks.rank(row.value(*kind)?)))).collect()
    }

    /// Those that have the leading score as their mean; `None` where it was made of others.
    pub fn leading(&self, row: &ScoreRow) -> Option<Vec<(ScoreKind, f64)>> {
        let score = row.value(ScoreKind::Lead)?;
        leading(&self.ranks(row)).filter(|ranks| (mean(ranks) - score).abs() <= NEAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::OfEach;

    fn row(split: &str, dia: f64, features: f64, lead: Option<f64>) -> ScoreRow {
        let by = OfEach::from_fn(|kind| match kind {
            ScoreKind::Dia => Some(dia),
            ScoreKind::Features => Some(features),
            ScoreKind::Lead => lead,
            _ => None,
        });
        ScoreRow { split: split.into(), label: Some(false), score: dia, by, ..ScoreRow::default() }
    }

    #[test]
    fn the_ranks_of_an_image_are_told_where_they_make_its_score() {
        let normals = (0..10).map(|i| row("train", f64::from(i), f64::from(i) * 2.0, None));
        let parts = LeadParts::of(&Scores::from(normals.collect::<Vec<_>>()));
        let image = |lead| row("test", 4.5, 100.0, Some(lead));
        assert_eq!(parts.leading(&image(0.75)), Some(vec![(ScoreKind::Dia, 0.5), (ScoreKind::Features, 1.0)]));
        assert_eq!(parts.leading(&image(0.9)), None, "made of other ranks");
        assert_eq!(LeadParts::default().leading(&image(0.75)), None);
    }
}
