//! Gaussian and median blur and bilinear resizing against the reference numbers.

mod common;

use candle_core::Tensor;
use common::Fixture;
use dissolve_studio::{
    data::Picture,
    ml::{base::resize, dissolve::filters},
};

#[test]
fn blurs_match() {
    let Some(fixture) = Fixture::open("augmentations.safetensors") else { return };
    let x = fixture.get("x");
    for k in [3, 7, 11] {
        let gaussian = filters::gaussian(&x, k).unwrap();
        common::check(&format!("gaussian {k}"), common::max_difference(&gaussian, &fixture.get(&format!("gaussian{k}"))), 1e-5);
        let median = filters::median(&x, k).unwrap();
        common::check(&format!("median {k}"), common::max_difference(&median, &fixture.get(&format!("median{k}"))), 0.0);
    }
}

#[test]
fn resizing_matches() {
    let Some(fixture) = Fixture::open("augmentations.safetensors") else { return };
    let x = fixture.get("x");
    for (name, found) in [("resize_14", resize::bilinear(&x, 14, 14)), ("resize_56", resize::bilinear(&x, 56, 56))] {
        common::check(name, common::max_difference(&found.unwrap(), &fixture.get(name)), 1e-5);
    }
}

#[test]
fn downscaling_of_loaded_images_matches() {
    let Some(fixture) = Fixture::open("augmentations.safetensors") else { return };
    let x = fixture.get("x");
    let (batch, channels, height, width) = x.dims4().unwrap();
    let shrink = |i: usize| {
        let values = x.get(i)?.flatten_all()?.to_vec1()?;
        Ok(Picture::new(width, height, channels, values).resize(14, 14).data)
    };
    let found: Vec<Vec<f32>> = (0..batch).map(shrink).collect::<candle_core::Result<_>>().unwrap();
    let found = Tensor::from_vec(found.concat(), (batch, channels, 14, 14), x.device()).unwrap();
    common::check("picture, antialiased", common::max_difference(&found, &fixture.get("resize_14_antialias")), 1e-5);
}
