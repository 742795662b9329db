//! Eq. 10 against the reference numbers: the score, its weights and the nearest training images.

use crate::common::{Fixture, check, values};
use candle_core::Tensor;
use dissolve_studio::ml::{encoder::bank::Features, scoring::dia_scorer::DiaScorer};

fn features(z: &Tensor, shift: &Tensor) -> Vec<Features> {
    let rows = |x: &Tensor| x.flatten_from(1).unwrap().to_vec2::<f32>().unwrap();
    rows(z).into_iter().zip(rows(shift)).map(|(z, shift)| Features { z, shift }).collect()
}

#[test]
fn scores_weights_and_nearest() {
    Fixture::each("scoring.safetensors").iter().for_each(scores_weights_and_nearest_in);
}

fn scores_weights_and_nearest_in(fixture: &Fixture) {
    let scorer = DiaScorer::new(&features(&fixture.get("train_z"), &fixture.get("train_shift"))).unwrap();
    let largest = |found: &[f64], name: &str| {
        let expected = values(&fixture.get(name));
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, |m: f64, d| if d <= m { m } else { d })
    };
    let (sim, cls) = scorer.weights();
    check("scoring lambda_sim", largest(&sim, "lambda_sim"), 1e-5);
    check("scoring lambda_cls", largest(&cls, "lambda_cls"), 1e-5);
    let scored: Vec<_> = features(&fixture.get("query_z"), &fixture.get("query_shift")).iter().map(|q| scorer.score(q)).collect();
    let scores: Vec<f64> = scored.iter().map(|s| s.score).collect();
    check("scoring anomaly_score", largest(&scores, "anomaly_score"), 1e-5);
    let nearest: Vec<f64> = scored.iter().flat_map(|s| s.nearest).map(|m| m as f64).collect();
    check("scoring nearest", largest(&nearest, "nearest"), 0.0);
}
