//! The metrics against scikit-learn's, and DeLong's standard error against its definition.

use crate::common;
use dissolve_studio::metrics::{Ranking, auroc};
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
struct Case {
    labels: Vec<u8>,
    scores: Vec<f64>,
    auroc: f64,
    average_precision: f64,
    fpr: Vec<f64>,
    tpr: Vec<f64>,
    thresholds: Vec<Option<f64>>,
    delong_se: f64,
    delong_ci95: [f64; 2],
    youden_threshold: f64,
    youden_j: f64,
    sensitivity_at_90_specificity: f64,
    sensitivity_at_95_specificity: f64,
}

const TOLERANCE: f64 = 1e-12;

#[test]
fn metrics_agree_with_scikit_learn() {
    common::references("metrics.json").iter().for_each(|path| cases_agree(path));
}

fn cases_agree(path: &Path) {
    let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(!cases.is_empty());
    // (what, ours, theirs) of all cases; an infinite threshold is written as null.
    let mut pairs: Vec<(&str, f64, f64)> = Vec::new();
    for case in &cases {
        let labels: Vec<bool> = case.labels.iter().map(|&l| l == 1).collect();
        let ranking = Ranking::new(&labels, &case.scores).unwrap();
        let roc = ranking.roc().unwrap();
        assert_eq!([roc.len(); 3], [case.fpr.len(), case.tpr.len(), case.thresholds.len()], "points of the ROC curve");
        for (i, point) in roc.iter().enumerate() {
            pairs.push(("ROC fpr", point.fpr, case.fpr[i]));
            pairs.push(("ROC tpr", point.tpr, case.tpr[i]));
            match case.thresholds[i] {
                Some(threshold) => pairs.push(("ROC thresholds", point.threshold, threshold)),
                None => assert_eq!(point.threshold, f64::INFINITY),
            }
        }
        let area = auroc(&labels, &case.scores).unwrap();
        let (ci, youden) = (area.ci95.unwrap(), ranking.youden().unwrap());
        pairs.extend([
            ("AUROC", area.value, case.auroc),
            ("DeLong standard error", area.se.unwrap(), case.delong_se),
            ("DeLong interval", ci[0], case.delong_ci95[0]),
            ("DeLong interval", ci[1], case.delong_ci95[1]),
            ("average precision", ranking.average_precision().unwrap(), case.average_precision),
            ("Youden threshold", youden.threshold, case.youden_threshold),
            ("Youden index", youden.j, case.youden_j),
            ("sensitivity at specificity", ranking.sensitivity_at_specificity(0.90).unwrap(), case.sensitivity_at_90_specificity),
            ("sensitivity at specificity", ranking.sensitivity_at_specificity(0.95).unwrap(), case.sensitivity_at_95_specificity),
        ]);
    }
    let mut names: Vec<&str> = pairs.iter().map(|p| p.0).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let of = pairs.iter().filter(|p| p.0 == name).map(|p| (p.1 - p.2).abs());
        // `max` would drop a NaN; this keeps it, and the check fails on it.
        common::check(name, of.fold(0.0, |most, d| if d <= most { most } else { d }), TOLERANCE);
    }
}
