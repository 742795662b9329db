//! Properties that hold for any scores, and agreement with the definitions written out.

use crate::metrics::*;
use proptest::prelude::*;

/// Labels and scores with many ties, both classes present at least twice.
fn data() -> impl Strategy<Value = (Vec<bool>, Vec<f64>)> {
    prop::collection::vec((any::<bool>(), -6_i32..6), 1..60).prop_map(|rows| {
        let fixed = [(false, 0), (true, 0), (false, 1), (true, 1)];
        rows.into_iter().chain(fixed).map(|(label, score)| (label, f64::from(score) / 2.0)).unzip()
    })
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12
}

/// Mean over all pairs of an abnormal and a normal image; DeLong's variance from the same table.
fn by_definition(labels: &[bool], scores: &[f64]) -> (f64, f64) {
    let of = |class: bool| -> Vec<f64> { labels.iter().zip(scores).filter(|(l, _)| **l == class).map(|(_, &s)| s).collect() };
    let (abnormal, normal) = (of(true), of(false));
    let psi = |a: f64, n: f64| {
        if a > n {
            1.0
        } else if a == n {
            0.5
        } else {
            0.0
        }
    };
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let variance = |v: &[f64]| v.iter().map(|x| (x - mean(v)).powi(2)).sum::<f64>() / (v.len() - 1) as f64 / v.len() as f64;
    let rows: Vec<f64> = abnormal.iter().map(|&a| mean(&normal.iter().map(|&n| psi(a, n)).collect::<Vec<_>>())).collect();
    let columns: Vec<f64> = normal.iter().map(|&n| mean(&abnormal.iter().map(|&a| psi(a, n)).collect::<Vec<_>>())).collect();
    (mean(&rows), (variance(&rows) + variance(&columns)).sqrt())
}

proptest! {
    #[test]
    fn area_and_interval_follow_their_definition((labels, scores) in data()) {
        let area = auroc(&labels, &scores).unwrap();
        let (value, se) = by_definition(&labels, &scores);
        prop_assert!(close(area.value, value) && close(area.se.unwrap(), se));
        let [low, high] = area.ci95.unwrap();
        prop_assert!(0.0 <= low && low <= area.value && area.value <= high && high <= 1.0);
        // The trapezoids under the ROC curve are the same area.
        let roc = Ranking::new(&labels, &scores).unwrap().roc().unwrap();
        let under: f64 = roc.windows(2).map(|w| (w[1].fpr - w[0].fpr) * (w[0].tpr + w[1].tpr) / 2.0).sum();
        prop_assert!(close(under, area.value));
    }

    #[test]
    fn only_the_order_of_the_scores_counts((labels, scores) in data()) {
        let bent: Vec<f64> = scores.iter().map(|s| (s * 0.7).exp() - 5.0).collect();
        prop_assert_eq!(auroc(&labels, &scores).unwrap(), auroc(&labels, &bent).unwrap());
        let (a, b) = (Ranking::new(&labels, &scores).unwrap(), Ranking::new(&labels, &bent).unwrap());
        prop_assert_eq!(a.average_precision(), b.average_precision());
        prop_assert_eq!(a.youden().unwrap().j, b.youden().unwrap().j);
        prop_assert_eq!(paired_delong(&labels, &scores, &bent).unwrap().p_value, Some(1.0));
    }

    #[test]
    fn swapped_classes_and_turned_scores_mirror_the_area((labels, scores) in data()) {
        let area = auroc(&labels, &scores).unwrap();
        let swapped: Vec<bool> = labels.iter().map(|l| !l).collect();
        let turned: Vec<f64> = scores.iter().map(|s| -s).collect();
        for mirrored in [auroc(&swapped, &scores).unwrap(), auroc(&labels, &turned).unwrap()] {
            prop_assert!(close(mirrored.value, 1.0 - area.value) && close(mirrored.se.unwrap(), area.se.unwrap()));
        }
        prop_assert!(close(auroc(&swapped, &turned).unwrap().value, area.value));
    }

    #[test]
    fn confusion_counts_what_is_at_or_above_the_threshold((labels, scores) in data(), half in -8_i32..8) {
        let threshold = f64::from(half) / 2.0 + 0.25 * f64::from(half % 2);
        let ranking = Ranking::new(&labels, &scores).unwrap();
        let count = |label: bool, positive: bool| {
            labels.iter().zip(&scores).filter(|(l, s)| **l == label && (**s >= threshold) == positive).count()
        };
        let expected = Confusion { tp: count(true, true), fp: count(false, true), tn: count(false, false), fn_: count(true, false) };
        prop_assert_eq!(ranking.confusion(threshold), expected);
    }

    #[test]
    fn rules_are_the_best_among_all_thresholds((labels, scores) in data(), tenths in 1_u8..=10) {
        let target = f64::from(tenths) / 10.0;
        let ranking = Ranking::new(&labels, &scores).unwrap();
        let mut cuts = scores.clone();
        cuts.push(100.0);
        let all: Vec<(f64, f64, f64)> = cuts.iter().map(|&t| {
            let c = ranking.confusion(t);
            (t, c.sensitivity().unwrap(), c.specificity().unwrap())
        }).collect();
        let best_j = all.iter().map(|(_, sens, spec)| sens + spec - 1.0).fold(f64::MIN, f64::max);
        prop_assert!(close(ranking.youden().unwrap().j, best_j));
        let kept = |spec: &f64| *spec >= target - 1e-9;
        let most = all.iter().filter(|(_, _, spec)| kept(spec)).map(|a| a.1).fold(0.0, f64::max);
        prop_assert_eq!(ranking.sensitivity_at_specificity(target).unwrap(), most);
        let highest = all.iter().filter(|(_, sens, _)| *sens >= target - 1e-9).map(|a| a.0).fold(f64::MIN, f64::max);
        prop_assert_eq!(ranking.threshold_for_sensitivity(target), Some(highest));
        let lowest = ranking.threshold_for_specificity(target).unwrap();
        prop_assert!(kept(&ranking.confusion(lowest).specificity().unwrap()));
        prop_assert!(!cuts.iter().any(|&t| t < lowest && kept(&ranking.confusion(t).specificity().unwrap())));
    }

    #[test]
    fn a_paired_test_is_symmetric_and_its_variance_is_that_of_the_difference(
        (labels, first) in data(), shifts in prop::collection::vec(-2_i32..3, 64),
    ) {
        let second: Vec<f64> = first.iter().zip(&shifts).map(|(s, d)| s + f64::from(*d)).collect();
        let (ab, ba) = (paired_delong(&labels, &first, &second).unwrap(), paired_delong(&labels, &second, &first).unwrap());
        prop_assert_eq!(ab.delta, -ba.delta);
        prop_assert!(close(ab.p_value.unwrap(), ba.p_value.unwrap()));
        prop_assert!((0.0..=1.0).contains(&ab.p_value.unwrap()));
    }
}

#[test]
fn the_paired_test_follows_its_definition() {
    // Two scores on 3 abnormal and 4 normal images; the structural components by hand, in exact fractions.
    let labels = [true, true, true, false, false, false, false];
    let first = [3.0, 5.0, 1.0, 0.0, 2.0, 4.0, 0.5];
    let second = [6.0, 2.0, 5.0, 1.0, 3.0, 0.0, 4.0];
    // Abnormal images: share of normals below, first (3/4, 1, 1/2), second (1, 1/2, 1).
    // Normal images: share of abnormals above, first (1, 2/3, 1/3, 1), second (1, 2/3, 1, 2/3).
    let d10 = [3.0 / 4.0 - 1.0, 1.0 - 1.0 / 2.0, 1.0 / 2.0 - 1.0];
    let d01 = [0.0, 0.0, 1.0 / 3.0 - 1.0, 1.0 - 2.0 / 3.0];
    let spread = |d: &[f64]| {
        let mean = d.iter().sum::<f64>() / d.len() as f64;
        d.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (d.len() - 1) as f64 / d.len() as f64
    };
    let delta = 9.0 / 12.0 - 10.0 / 12.0;
    let z: f64 = delta / (spread(&d10) + spread(&d01)).sqrt();
    let paired = paired_delong(&labels, &first, &second).unwrap();
    assert!(close(paired.delta, delta));
    assert!(close(paired.p_value.unwrap(), libm::erfc(z.abs() / 2_f64.sqrt())));
}

#[test]
fn one_image_of_a_class_has_an_area_but_no_interval() {
    let area = auroc(&[true, false, false], &[2.0, 1.0, 3.0]).unwrap();
    assert_eq!((area.value, area.se, area.ci95), (0.5, None, None));
    assert_eq!(paired_delong(&[true, false, false], &[2.0, 1.0, 3.0], &[2.0, 1.0, 1.0]).unwrap().p_value, None);
    assert_eq!(auroc(&[true], &[1.0]).unwrap_err(), MetricError::OneClass { missing: "normal" });
    assert!(auroc(&[true, false], &[1.0, f64::NAN]).is_err());
}

#[test]
fn percentiles_interpolate_as_numpy_does() {
    let values = [4.0, 1.0, 3.0, 2.0];
    assert_eq!(percentile(&values, 0.0), Some(1.0));
    assert_eq!(percentile(&values, 50.0), Some(2.5));
    assert!(close(percentile(&values, 95.0).unwrap(), 3.85));
    assert_eq!(percentile(&values, 100.0), Some(4.0));
    assert_eq!(percentile(&[], 50.0), None);
    assert_eq!(percentile(&[1.0, f64::NAN], 50.0), None);
}

#[test]
fn wilson_intervals_hold_the_share() {
    for (p, n) in [(0.0, 1), (1.0, 5), (0.3, 100)] {
        let [low, high] = wilson(p, n);
        // At the ends the formula gives the end itself, up to rounding.
        assert!(0.0 <= low && low <= p + 1e-12 && p - 1e-12 <= high && high <= 1.0);
    }
    // Textbook value: 8 of 10.
    let [low, high] = wilson(0.8, 10);
    assert!((low - 0.4902).abs() < 1e-4 && (high - 0.9433).abs() < 1e-4, "{low} {high}");
    assert_eq!(wilson(0.0, 0), [0.0, 1.0]);
}
