//! A checkpoint as the reference trainer writes it loads as it is, by its EMA weights.

mod common;

use candle_core::Device;
use common::Fixture;
use dissolve_studio::ml::diffusion::{model::DiffusionModel, saved::SavedModel};

#[test]
fn reference_checkpoint_loads() {
    let Some(path) = common::reference("reference_trainer_model.pt") else { return };
    let Some(fixture) = Fixture::open("unet_small.safetensors") else { return };
    let saved = SavedModel::load(&path).unwrap();
    assert_eq!(saved.info.config.dim, fixture.meta::<usize>("dim"));
    assert_eq!(saved.info.config.dim_mults, fixture.meta::<Vec<usize>>("dim_mults"));
    assert_eq!(saved.info.steps, 12500);
    let expected = fixture.with_prefix("weight.");
    assert!(saved.weights.keys().eq(expected.keys()));
    let largest = saved.weights.iter().map(|(name, t)| common::max_difference(t, &expected[name])).fold(0.0, f64::max);
    common::check("imported weights", largest, 0.0);

    // Written as our own file and read again, it dissolves to the same bits.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("model.safetensors");
    saved.save(&file).unwrap();
    let [a, b] = [&path, &file].map(|p| DiffusionModel::load(p, &Device::Cpu).unwrap());
    let x = fixture.get("x").affine(0.5, 0.5).unwrap();
    let [a, b] = [a, b].map(|m| m.dissolve(&x, &[30, 300]).unwrap());
    assert_eq!(common::max_difference(&a, &b), 0.0);
}

#[test]
fn truncated_and_altered_checkpoints_are_errors() {
    let Some(path) = common::reference("reference_trainer_model.pt") else { return };
    let bytes = std::fs::read(path).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("model-1.pt");
    for end in [0, 1, 100, bytes.len() / 2, bytes.len() - 10] {
        std::fs::write(&file, &bytes[..end]).unwrap();
        assert!(SavedModel::load(&file).is_err(), "{end} bytes");
    }
    // Whatever single bytes of the pickle become, reading ends with a model or an error.
    for at in (60..9000).step_by(53) {
        let mut altered = bytes.clone();
        altered[at] ^= 0x55;
        std::fs::write(&file, &altered).unwrap();
        let _ = SavedModel::load(&file);
    }
}
