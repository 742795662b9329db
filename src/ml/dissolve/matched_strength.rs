//! Matched strength: for another way of dissolving, the setting that changes an image just as much on average. Only then does
//! a comparison of methods say what they take away, and not how strongly they were set (paper, Appendix B).

use crate::error::Result;
use std::ops::RangeInclusive;

/// The setting in `range` whose strength is nearest to `target`, and that strength, by bisection: `strength` grows with the
/// setting, and is called about log2 of the range's length.
///
/// # Errors
/// Those of `strength`.
pub fn nearest(
    range: RangeInclusive<usize>,
    target: f64,
    mut strength: impl FnMut(usize) -> Result<f64>,
) -> Result<(usize, f64)> {
    let (mut low, mut high) = range.into_inner();
    let (mut at_low, mut at_high) = (strength(low)?, strength(high)?);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let at_middle = strength(middle)?;
        if at_middle < target {
            (low, at_low) = (middle, at_middle);
        } else {
            (high, at_high) = (middle, at_middle);
        }
    }
    Ok(if (target - at_low).abs() <= (at_high - target).abs() { (low, at_low) } else { (high, at_high) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_setting_is_found_in_few_steps() {
        for target in [-1.0, 0.0, 8.9, 9.1, 36.0, 250.0, 9999.0] {
            let mut asked = 0;
            let found = nearest(0..=16, target, |k| {
                asked += 1;
                Ok((k * k) as f64)
            });
            let best = (0..=16).min_by_key(|k| ((k * k) as f64 - target).abs() as i64).unwrap();
            assert_eq!(found.unwrap(), (best, (best * best) as f64), "{target}");
            assert!(asked <= 7);
        }
        assert_eq!(nearest(3..=3, 1.0, |_| Ok(5.0)).unwrap(), (3, 5.0));
    }
}
