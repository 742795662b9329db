//! The U-Net against the reference implementation: outputs, every gradient, names, shapes, number of parameters.
//!
//! Asked for are 1e-4 of the output and 1e-3 of each gradient; where less can be held, less is allowed, so that the tests
//! feel a single wrong number.

use crate::common::{self, Fixture};
use candle_core::{DType, Tensor};
use dissolve_studio::{
    ml::diffusion::unet::Unet,
    nn::{self, Params},
};
use std::collections::BTreeMap;

fn steps(t: &Tensor) -> Vec<usize> {
    t.to_vec1::<i64>().unwrap().into_iter().map(|t| t as usize).collect()
}

fn network(fixture: &Fixture) -> (Params, Unet) {
    let params = Params::new(&common::device(), DType::F32, 0);
    let unet = Unet::new(&params.root(), fixture.meta("dim"), &fixture.meta::<Vec<usize>>("dim_mults"), 3).unwrap();
    (params, unet)
}

#[test]
fn output_and_gradients_match() {
    Fixture::each("unet_small.safetensors").iter().for_each(output_and_gradients_match_in);
}

fn output_and_gradients_match_in(fixture: &Fixture) {
    let (params, unet) = network(fixture);
    let weights = fixture.unet_weights(&fixture.meta::<Vec<usize>>("dim_mults"));
    let expected: Vec<_> = weights.iter().map(|(name, t)| (name.clone(), t.dims().to_vec())).collect();
    assert_eq!(common::names_and_shapes(&params), expected, "names and shapes of the state dictionary");
    params.load(&weights).unwrap();

    // As a training does it.
    let _tape = nn::Tape::start();
    let y = unet.forward(&fixture.get("x"), &steps(&fixture.get("t"))).unwrap();
    common::check("U-Net output", common::relative_to_max(&y, &fixture.get("y")), 2e-5);

    let loss = (y - fixture.get("target")).unwrap().abs().unwrap().mean_all().unwrap();
    common::check("loss", common::relative_to_max(&loss, &fixture.get("loss")), 1e-5);
    let grads = nn::backward(&loss, &params).unwrap();
    let expected = fixture.with_prefix("grad.");
    assert!(expected.keys().eq(weights.keys()), "names of the state dictionary");
    let mut worst = (0.0, String::new());
    for (name, grad) in &expected {
        let found = &part_of(grads.get(name).unwrap_or_else(|| panic!("no gradient of {name}")), grad, fixture);
        // A bias before a group norm of one channel a group (8 channels) has no effect: its gradient is 0, and what both
        // sides compute is rounding noise. It is held against the gradient of the weight beside it.
        if name.ends_with(".proj.bias") && grad.dims() == [8] {
            let scale = common::norm(&expected[&name.replace(".bias", ".weight")]);
            assert!(common::norm(found) <= 1e-5 * scale && common::norm(grad) <= 1e-5 * scale, "{name} has an effect");
            continue;
        }
        let deviation = common::relative_to_norm(found, grad);
        assert!(deviation <= 2e-4, "gradient of {name}: {deviation:e}");
        if deviation >= worst.0 {
            worst = (deviation, name.clone());
        }
    }
    println!("worst gradient: {}", worst.1);
    common::check("gradients", worst.0, 2e-4);
}

/// The elements of a gradient that the fixture keeps: all, or of a large one every so many.
fn part_of(gradient: &Tensor, kept: &Tensor, fixture: &Fixture) -> Tensor {
    if gradient.dims() == kept.dims() {
        return gradient.clone();
    }
    let all = gradient.flatten_all().unwrap();
    let indices = Tensor::arange_step(0, all.dim(0).unwrap() as u32, fixture.meta("grad_stride"), all.device()).unwrap();
    all.index_select(&indices, 0).unwrap()
}

#[test]
fn full_size_matches() {
    Fixture::each("unet_full_pattern.safetensors").iter().for_each(full_size_matches_in);
}

fn full_size_matches_in(fixture: &Fixture) {
    let (params, unet) = network(fixture);
    assert_eq!(params.count(), fixture.meta::<usize>("parameters"));
    if let Some(shapes) = fixture.optional::<BTreeMap<String, Vec<usize>>>("shapes") {
        assert_eq!(common::names_and_shapes(&params).into_iter().collect::<BTreeMap<_, _>>(), shapes);
    }
    params.load(&common::pattern(&common::names_and_shapes(&params), fixture.meta("pattern_seed"))).unwrap();
    let y = unet.forward(&fixture.get("x"), &steps(&fixture.get("t"))).unwrap();
    common::check("full-size U-Net output", common::relative_to_max(&y, &fixture.get("y")), 1e-4);
}
