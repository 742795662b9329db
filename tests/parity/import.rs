//! A checkpoint as the reference trainer writes it loads as it is, by its EMA weights.

use crate::common::{self, Fixture};
use candle_core::Device;
use dissolve_studio::ml::diffusion::{model::DiffusionModel, saved::SavedModel};
use std::path::Path;

#[test]
fn the_reference_trainers_checkpoint_loads() {
    let paths = common::references("reference_trainer_model.pt");
    paths.iter().zip(Fixture::each("unet_small.safetensors")).for_each(|(path, fixture)| checkpoint_loads(path, &fixture));
}

fn checkpoint_loads(path: &Path, fixture: &Fixture) {
    let saved = SavedModel::load(path).unwrap();
    let dim_mults: Vec<usize> = fixture.optional("checkpoint_dim_mults").unwrap_or_else(|| fixture.meta("dim_mults"));
    assert_eq!(saved.info.config.dim, fixture.meta::<usize>("dim"));
    assert_eq!(saved.info.config.dim_mults, dim_mults);
    assert_eq!(saved.info.steps, 12500);
    let expected = fixture.unet_weights(&dim_mults);
    assert!(saved.weights.keys().eq(expected.keys()));
    let largest = saved.weights.iter().map(|(name, t)| common::max_difference(t, &expected[name])).fold(0.0, f64::max);
    common::check("imported weights", largest, 0.0);

    // Written as our own file and read again, it dissolves to the same bits.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("model.safetensors");
    saved.save(&file).unwrap();
    let [a, b] = [path, &file].map(|p| DiffusionModel::load(p, &Device::Cpu).unwrap());
    let x = fixture.get("x").affine(0.5, 0.5).unwrap();
    let [a, b] = [a, b].map(|m| m.dissolve(&x, &[30, 300]).unwrap());
    assert_eq!(common::max_difference(&a, &b), 0.0);
}

#[test]
fn cut_off_and_altered_checkpoints_are_errors() {
    let bytes = std::fs::read(&common::references("reference_trainer_model.pt")[0]).unwrap();
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
