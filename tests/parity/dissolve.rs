//! Dissolved pictures against the reference implementation, with the weights of the small U-Net.

use crate::common::{self, Fixture};
use dissolve_studio::{
    config::{DdpmConfig, InputRange},
    ml::{
        diffusion::{info::ModelInfo, model::DiffusionModel, saved::SavedModel},
        dissolve::dissolver,
    },
};

/// The small U-Net beside `dissolved`.
fn model(dissolved: &Fixture, config: DdpmConfig) -> DiffusionModel {
    let fixture = dissolved.beside("unet_small.safetensors");
    let dim_mults: Vec<usize> = fixture.meta("dim_mults");
    let weights = fixture.unet_weights(&dim_mults);
    let config = DdpmConfig { dim: fixture.meta("dim"), dim_mults, ..config };
    let saved = SavedModel::new(weights, ModelInfo::unknown(config));
    DiffusionModel::new(&saved.unwrap(), &common::device()).unwrap()
}

#[test]
fn dissolved_pictures_match() {
    Fixture::each("dissolve_small.safetensors").iter().for_each(dissolved_pictures_match_in);
}

fn dissolved_pictures_match_in(fixture: &Fixture) {
    let x = fixture.get("x");
    let size = x.dim(3).unwrap();
    let model = model(fixture, DdpmConfig { size, ..DdpmConfig::default() });
    let t: Vec<usize> = fixture.get("t").to_vec1::<i64>().unwrap().into_iter().map(|t| t as usize).collect();
    // All steps as one batch, in the model's range…
    let batch = x.expand((t.len(), 3, size, size)).unwrap().contiguous().unwrap();
    let found = model.predict_start(&batch, &t).unwrap();
    common::check("dissolved, [-1, 1]", common::max_difference(&found, &fixture.get("x0")), 1e-4);
    // …and one by one as pictures in [0, 1].
    let picture = x.affine(0.5, 0.5).unwrap();
    for (i, &t) in t.iter().enumerate() {
        let found = model.dissolve(&picture, &[t]).unwrap();
        let expected = fixture.get("x0").narrow(0, i, 1).unwrap().affine(0.5, 0.5).unwrap();
        common::check(&format!("dissolved at t = {t}"), common::max_difference(&found, &expected), 1e-4);
    }
}

#[test]
fn small_pictures_are_padded_and_large_ones_resized() {
    Fixture::each("dissolve_small.safetensors").iter().for_each(small_pictures_are_padded_and_large_ones_resized_in);
}

fn small_pictures_are_padded_and_large_ones_resized_in(fixture: &Fixture) {
    let model = model(fixture, DdpmConfig::default());
    let picture = fixture.get("x").affine(0.5, 0.5).unwrap().upsample_nearest2d(32, 32).unwrap();
    let crop = picture.narrow(2, 2, 28).unwrap().narrow(3, 2, 28).unwrap().contiguous().unwrap();
    let padded = crop.pad_with_zeros(2, 2, 2).unwrap().pad_with_zeros(3, 2, 2).unwrap();
    let expected = model.dissolve(&padded, &[80]).unwrap().narrow(2, 2, 28).unwrap().narrow(3, 2, 28).unwrap();
    assert_eq!(common::max_difference(&model.dissolve(&crop, &[80]).unwrap(), &expected), 0.0);

    let large = picture.upsample_nearest2d(96, 64).unwrap();
    let found = model.dissolve(&large, &[80]).unwrap();
    assert_eq!(found.dims(), large.dims());
    assert!(dissolver::residual(&found, &large).unwrap()[0] > 0.0);
}

#[test]
fn the_unit_range_feeds_the_picture_as_it_is() {
    Fixture::each("dissolve_small.safetensors").iter().for_each(the_unit_range_feeds_the_picture_as_it_is_in);
}

fn the_unit_range_feeds_the_picture_as_it_is_in(fixture: &Fixture) {
    let picture = fixture.get("x").affine(0.5, 0.5).unwrap();
    let size = picture.dim(3).unwrap();
    let unit = model(fixture, DdpmConfig { input_range: InputRange::Unit, size, ..DdpmConfig::default() });
    let expected = unit.predict_start(&picture, &[80]).unwrap().clamp(0f32, 1f32).unwrap();
    assert_eq!(common::max_difference(&unit.dissolve(&picture, &[80]).unwrap(), &expected), 0.0);
}

#[test]
fn a_step_beyond_the_last_is_an_error() {
    let model = model(&Fixture::each("dissolve_small.safetensors")[0], DdpmConfig::default());
    let x = candle_core::Tensor::zeros((1, 3, 32, 32), candle_core::DType::F32, &common::device()).unwrap();
    assert!(model.dissolve(&x, &[1000]).unwrap_err().to_string().contains("999"));
}
