//! The files are run by a runtime that shares no code with this program.

use super::{about::About, model, write};
use crate::{
    config::{Aspect, RunConfig, Shift, ThresholdRule},
    ml::{
        encoder::{
            bank::{Bank, Features},
            features::Extractor,
            model::{Encoder, EncoderConfig},
        },
        scoring::dia_scorer::{DiaScorer, ImageScore},
    },
    rng,
    run_dir::{RunDir, RunKind, files},
};
use candle_core::{Device, Tensor};
use prost::Message;
use rand::Rng as _;
use rten::{Model, Value, ValueOrView};

/// Smooth colours with some noise; the second is grey, the third has black, white and flat parts.
fn pictures(count: usize, side: usize, seed: u64) -> Vec<f32> {
    let mut rng = rng::stream(seed, "test", 0);
    let mut all = Vec::new();
    for i in 0..count {
        let waves: [[f32; 3]; 3] = std::array::from_fn(|_| std::array::from_fn(|_| rng.random_range(0.1..0.6)));
        let plane = |wave: &[f32; 3], noise: &mut dyn FnMut() -> f32| -> Vec<f32> {
            let value = |x: f32, y: f32| 0.5 + 0.4 * (wave[0] * x + wave[1] * y + 9.0 * wave[2]).sin();
            (0..side * side).map(|p| (value((p % side) as f32, (p / side) as f32) + noise()).clamp(0.0, 1.0)).collect()
        };
        let mut noise = || rng.random_range(-0.1..0.1);
        let mut planes: Vec<Vec<f32>> = waves.iter().map(|wave| plane(wave, &mut noise)).collect();
        match i % 3 {
            1 => planes = vec![planes[0].clone(); 3],
            2 => {
                planes.iter_mut().for_each(|plane| plane[..side].fill(0.0));
                planes.iter_mut().for_each(|plane| plane[side..2 * side].fill(1.0));
                planes[2][2 * side..4 * side].fill(0.0);
            }
            _ => {}
        }
        all.extend(planes.concat());
    }
    all
}

/// A small encoder whose statistics have moved and whose classifier is sure, with a bank of five pictures.
fn encoder(side: usize, change: impl FnOnce(&mut RunConfig)) -> Encoder {
    let mut run = RunConfig::default();
    (run.dia.width, run.score.samples) = (8, 3);
    change(&mut run);
    let mut encoder = Encoder::new(EncoderConfig::new(run, side, String::new()), &Device::Cpu).unwrap();
    for (name, var) in encoder.params.trainable() {
        if name == "shift_cls_layer.bias" {
            var.set(&Tensor::ones(4, candle_core::DType::F32, &Device::Cpu).unwrap()).unwrap();
        }
    }
    let normals = pictures(5, side, 1);
    for _ in 0..3 {
        encoder.forward(&Tensor::from_slice(&normals, (5, 3, side, side), &Device::Cpu).unwrap(), true).unwrap();
    }
    let names = (0..5).map(|i| format!("normal {i}")).collect();
    encoder.bank = Some(Bank { features: features(&encoder, &normals), names });
    encoder
}

fn features(encoder: &Encoder, pictures: &[f32]) -> Vec<Features> {
    let score = &encoder.config.run.score;
    let sampled = Extractor::new(encoder, score.samples, score.crop_area).sampled(pictures).unwrap();
    sampled.iter().map(|samples| Features::mean(samples)).collect()
}

fn about() -> About {
    About { input: String::new(), score: String::new(), entries: vec![("name", "a run".into())] }
}

/// `score`, `sim`, `cls` as the runtime computes them.
fn answers(file: Vec<u8>, pictures: &[f32], side: usize) -> [Vec<f32>; 3] {
    let model = Model::load(file).unwrap();
    let count = pictures.len() / (3 * side * side);
    let input: ValueOrView = Value::from_shape([count, 3, side, side], pictures.to_vec()).unwrap().into();
    let ids = ["score", "sim", "cls"].map(|name| model.node_id(name).unwrap());
    let found = model.run(vec![(model.node_id("images").unwrap(), input)], &ids, None).unwrap();
    let [score, sim, cls]: [Value; 3] = found.try_into().unwrap();
    let (shape, score) = score.into_shape_vec::<f32, 1>().unwrap();
    assert_eq!(shape, [count]);
    let [sim, cls] = [sim, cls].map(|terms| {
        let (shape, terms) = terms.into_shape_vec::<f32, 2>().unwrap();
        assert_eq!(shape, [count, 4]);
        terms
    });
    [score, sim, cls]
}

fn largest_difference(ours: &[ImageScore], found: &[Vec<f32>; 3]) -> f64 {
    let expected = [
        ours.iter().map(|s| s.score).collect::<Vec<_>>(),
        ours.iter().flat_map(|s| s.sim).collect(),
        ours.iter().flat_map(|s| s.cls).collect(),
    ];
    let pairs = expected.iter().flatten().zip(found.iter().flatten());
    pairs.map(|(a, b)| (a - f64::from(*b)).abs()).fold(0.0, f64::max)
}

#[test]
fn another_runtime_gives_our_scores() {
    type Change = fn(&mut RunConfig);
    let cases: [(usize, Change); 4] = [
        (16, |_| {}),
        (17, |run| run.dia.shift = Shift::Cutperm),
        (40, |run| (run.dia.shift, run.dia.jitter) = (Shift::Cutperm, 0.0)),
        (33, |run| (run.dia.jitter, run.dia.grey_probability, run.score.samples) = (2.0, 0.0, 1)),
    ];
    for (side, change) in cases {
        let encoder = encoder(side, change);
        let scorer = DiaScorer::new(&encoder.bank.as_ref().unwrap().features).unwrap();
        let file = model(&encoder, &about()).unwrap().encode_to_vec();
        for count in [1, 3] {
            let pictures = pictures(count, side, 2);
            let ours: Vec<ImageScore> = features(&encoder, &pictures).iter().map(|f| scorer.score(f)).collect();
            let difference = largest_difference(&ours, &answers(file.clone(), &pictures, side));
            assert!(difference < 1e-4, "{side} px, {count} pictures: {difference}");
        }
    }
}

#[test]
fn a_run_says_in_its_file_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut config) = (dir.path().join("a.onnx"), RunConfig::default());
    config.data.normal = vec!["good".into()];
    (config.preprocess.circle_crop, config.preprocess.aspect, config.preprocess.clahe) = (true, Aspect::Letterbox, 2.0);
    let run = RunDir::create(dir.path(), RunKind::Csi, "baseline", &config).unwrap();
    assert!(write(&run, &path).unwrap_err().to_string().contains("no finished encoder") && !path.exists());
    let mut trained =
        encoder(16, |run| *run = RunConfig { data: config.data.clone(), preprocess: config.preprocess.clone(), ..run.clone() });
    trained.save(&run.join(files::ENCODER)).unwrap();
    write(&run, &path).unwrap();
    let file = super::proto::ModelProto::decode(std::fs::read(&path).unwrap().as_slice()).unwrap();
    let says = |key: &str| file.metadata_props.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
    assert_eq!((says("name"), says("normal"), says("threshold_rule")), (Some("baseline"), Some("good"), Some("percentile:95")));
    let scorer = DiaScorer::new(&trained.bank.as_ref().unwrap().features).unwrap();
    let normals = trained.bank.as_ref().unwrap().features.iter().enumerate().map(|(m, f)| scorer.leave_one_out(f, m).score);
    let expected = crate::metrics::percentile(&normals.collect::<Vec<_>>(), 95.0).unwrap();
    assert_eq!(says("threshold").unwrap().parse::<f64>().unwrap(), expected);
    assert!(file.doc_string.starts_with("Research use only") && file.doc_string.contains("16 x 16 px"));
    assert!(says("preprocess").unwrap().contains("circle_crop = true"));
    let order = ["bright disc", "black bars", "resized to 16 x 16", "CLAHE 2.0,"].map(|step| file.doc_string.find(step).unwrap());
    assert!(order.is_sorted(), "{}", file.doc_string);
    let everything = String::from_utf8_lossy(&file.encode_to_vec()).into_owned();
    assert!(!everything.contains("normal 0"), "names of images stay here");

    // A rule that needs labels has no threshold without them.
    trained.config.run.score.rule = ThresholdRule::Youden;
    trained.save(&run.join(files::ENCODER)).unwrap();
    write(&run, &path).unwrap();
    let file = super::proto::ModelProto::decode(std::fs::read(&path).unwrap().as_slice()).unwrap();
    assert!(file.metadata_props.iter().all(|entry| entry.key != "threshold"));

    trained.bank = None;
    trained.save(&run.join(files::ENCODER)).unwrap();
    assert!(write(&run, &path).unwrap_err().to_string().contains("no features of its training images"));
}
