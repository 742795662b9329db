//! The reality check on real images: what scores without any training reach there.

use crate::common;
use dissolve_studio::{
    config::{DataConfig, PreprocessConfig},
    data::{Dataset, Label, Split},
    metrics,
    ml::scoring::baselines,
};

#[test]
fn simple_image_statistics_separate_pneumonia() {
    let Some(path) = common::data("medmnist/pneumoniamnist.npz") else { return };
    let config = DataConfig { path, normal: vec!["0".into()], ..DataConfig::default() };
    let data = Dataset::open(&config, &|_| ()).unwrap();
    let ids = data.ids(|item, label| item.split == Split::Test && label.is_some());
    let values = baselines::measure(&data, &ids, &PreprocessConfig::default(), 32, &mut |_| Ok(())).unwrap();
    let labels: Vec<bool> = ids.iter().map(|&id| data.label(id) == Some(Label::Abnormal)).collect();
    let area = |at: usize| metrics::auroc(&labels, &values.iter().map(|v| v[at]).collect::<Vec<_>>()).unwrap().value;
    let areas: Vec<f64> = (0..baselines::NAMES.len()).map(area).collect();
    for (name, area) in baselines::NAMES.iter().zip(&areas) {
        println!("{name:<24} high = abnormal {area:.3}, low = abnormal {:.3}", 1.0 - area);
    }
    let best = |name: &str| {
        let area = areas[baselines::NAMES.iter().position(|n| *n == name).unwrap()];
        area.max(1.0 - area)
    };
    // Known of this data set; a model that stays below is beaten by a ruler.
    assert!(best("high_frequency_energy") > 0.9 && best("contrast") > 0.8);
    assert_eq!(best("width"), 0.5);
}
