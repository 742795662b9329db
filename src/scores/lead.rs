//! The score that leads: a rule without labels, from an image's ranks among held-out normals.
//!
//! Some scores see a picture resized as a whole, others at its own scale ([`ScoreKind::is_by_tiles`]). A defect is visible
//! to one group or the other: small lesions are gone where it is resized, and on pictures that are small anyway tiles see
//! next to nothing. So the mean rank of either group leads, whichever is higher, and a group that tells nothing on a set does
//! not outvote the other; within a group several scores must agree.

use super::{ScoreKind, ScoreRow, Scores};
use crate::metrics::HeldOutScores;

/// The ranks that make an image's leading score: those of the group with the higher mean. `None` where there is but one rank in all.
fn leading(ranks: &[(ScoreKind, f64)]) -> Option<Vec<(ScoreKind, f64)>> {
    if ranks.len() < 2 {
        return None;
    }
    let (by_tiles, whole): (Vec<_>, Vec<_>) = ranks.iter().partition(|(kind, _)| kind.is_by_tiles());
    Some(if mean(&by_tiles) > mean(&whole) { by_tiles } else { whole })
}

/// The score that leads, \[0, 1\], from an image's ranks among held-out normals: the higher one of the mean rank by whole pictures
/// and that by tiles. `None` where there is but one rank in all.
pub fn lead(ranks: &[(ScoreKind, f64)]) -> Option<f64> {
    leading(ranks).map(|ranks| mean(&ranks))
}

/// 0 of none.
fn mean(ranks: &[(ScoreKind, f64)]) -> f64 {
    ranks.iter().map(|(_, rank)| rank).sum::<f64>() / ranks.len().max(1) as f64
}

/// Tolerance for recognising the stored leading score: the file lacks some held-out tile scores.
const NEAR: f64 = 0.05;

/// The scores of the run's held-out normals, by which others are ranked.
#[derive(Debug, Clone, Default)]
pub struct LeadParts(Vec<(ScoreKind, HeldOutScores)>);

impl LeadParts {
    /// From the file that holds the training normals.
    pub fn of(scores: &Scores) -> Self {
        let normals = || scores.rows.iter().filter(|row| row.is_training_normal());
        let held_out = |kind: ScoreKind| {
            let values: Vec<f64> = normals().filter_map(|row| row.value(kind)).collect();
            (!values.is_empty()).then(|| (kind, HeldOutScores::new(values)))
        };
        Self(ScoreKind::ALL.into_iter().filter(|kind| *kind != ScoreKind::Lead).filter_map(held_out).collect())
    }

    /// The rank of each score of an image, \[0, 1\].
    pub fn ranks(&self, row: &ScoreRow) -> Vec<(ScoreKind, f64)> {
        self.0.iter().filter_map(|(kind, held_out)| Some((*kind, held_out.rank(row.value(*kind)?)))).collect()
    }

    /// Those that have the leading score as their mean; `None` where it was made of others.
    pub fn leading(&self, row: &ScoreRow) -> Option<Vec<(ScoreKind, f64)>> {
        let score = row.value(ScoreKind::Lead)?;
        leading(&self.ranks(row)).filter(|ranks| (mean(ranks) - score).abs() <= NEAR)
    }

    /// Whether the leading scores of `scores` were made in another way than [`lead`] makes them, as most of them tell; `false` where
    /// the file says too little.
    pub fn are_of_another_rule(&self, scores: &Scores) -> bool {
        let told = scores.rows.iter().filter(|row| row.split != "train" && row.value(ScoreKind::Lead).is_some());
        let [mut same, mut other] = [0_usize; 2];
        for row in told.filter(|row| leading(&self.ranks(row)).is_some()) {
            *if self.leading(row).is_some() { &mut same } else { &mut other } += 1;
        }
        other > same
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::PerScore;
    use ScoreKind::{Dia, Features, Map, Profile, Tiles};

    #[test]
    fn the_group_with_the_higher_mean_leads() {
        let whole = [(Dia, 0.9), (Profile, 0.3), (Features, 0.6)];
        let near = |ranks: &[(ScoreKind, f64)], expected: f64| (lead(ranks).unwrap() - expected).abs() < 1e-12;
        assert!(near(&whole, 0.6));
        assert!(near(&[&whole[..], &[(Tiles, 0.9), (Map, 0.4)]].concat(), 0.65));
        assert!(near(&[&whole[..], &[(Tiles, 0.9), (Map, 0.2)]].concat(), 0.6), "the map does not agree with the tiles");
        assert_eq!(leading(&[&whole[..], &[(Tiles, 0.6), (Map, 0.6)]].concat()).unwrap(), whole, "of equals the whole picture");
        assert_eq!(lead(&[(Dia, 0.9)]), None, "there is nothing to combine");
    }

    fn row(split: &str, dia: f64, features: f64, lead: Option<f64>) -> ScoreRow {
        let by = PerScore::from_fn(|kind| match kind {
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
        let are_older = |leads: [f64; 3]| parts.are_of_another_rule(&Scores::from(leads.map(image).to_vec()));
        assert_eq!([are_older([0.75, 0.75, 0.9]), are_older([0.75, 0.9, 0.9])], [false, true]);
        assert!(!LeadParts::default().are_of_another_rule(&Scores::from(vec![image(0.9)])), "nothing to tell by");
    }
}
