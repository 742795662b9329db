//! The score that leads: a rule without labels, from an image's ranks among held-out normals.
//!
//! Some scores see a picture resized as a whole, others at its own scale ([`ScoreKind::is_by_tiles`]). What is wrong with it is seen
//! by the ones or by the others: small lesions are gone where it is resized, and on pictures that are small anyway tiles see
//! next to nothing. So the mean rank of either group leads, whichever is higher, and a group that tells nothing on a set does
//! not outvote the other; within a group several scores must agree.

use crate::scores::ScoreKind;

/// The ranks that make an image's leading score: those of the group with the higher mean. `None` where there is but one rank in all.
pub(super) fn leading(ranks: &[(ScoreKind, f64)]) -> Option<Vec<(ScoreKind, f64)>> {
    if ranks.len() < 2 {
        return None;
    }
    let (by_tiles, whole): (Vec<_>, Vec<_>) = ranks.iter().partition(|(kind, _)| kind.is_by_tiles());
    Some(if mean(&by_tiles) > mean(&whole) { by_tiles } else { whole })
}

/// The score that leads, \[0, 1\]: the mean of the [`leading`] ranks.
pub(super) fn lead(ranks: &[(ScoreKind, f64)]) -> Option<f64> {
    leading(ranks).map(|ranks| mean(&ranks))
}

/// 0 of none.
pub(super) fn mean(ranks: &[(ScoreKind, f64)]) -> f64 {
    ranks.iter().map(|(_, rank)| rank).sum::<f64>() / ranks.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
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
}
