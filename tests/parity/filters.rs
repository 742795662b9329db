//! Gaussian and median blur and bilinear resizing against the reference numbers.

use crate::common::{self, Fixture};
use candle_core::Tensor;
use dissolve_studio::{
    data::Picture,
    ml::{base::resize, dissolve::filters},
};

#[test]
fn blurs_match() {
    Fixture::each("augmentations.safetensors").iter().for_each(blurs_match_in);
}

fn blurs_match_in(fixture: &Fixture) {
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
    Fixture::each("augmentations.safetensors").iter().for_each(resizing_matches_in);
}

fn resizing_matches_in(fixture: &Fixture) {
    let x = fixture.get("x");
    for (name, expected) in fixture.with_prefix("resize_").into_iter().filter(|(name, _)| !name.ends_with("antialias")) {
        let size = expected.dim(3).unwrap();
        common::check(&name, common::max_difference(&resize::bilinear(&x, size, size).unwrap(), &expected), 1e-5);
    }
}

#[test]
fn shrinking_of_loaded_pictures_matches() {
    Fixture::each("augmentations.safetensors").iter().for_each(shrinking_of_loaded_pictures_matches_in);
}

fn shrinking_of_loaded_pictures_matches_in(fixture: &Fixture) {
    let x = fixture.get("x");
    let (batch, channels, height, width) = x.dims4().unwrap();
    let side = width / 2;
    let shrink = |i: usize| {
        let values = x.get(i)?.flatten_all()?.to_vec1()?;
        Ok(Picture::new(width, height, channels, values).resize(side, side).data)
    };
    let found: Vec<Vec<f32>> = (0..batch).map(shrink).collect::<candle_core::Result<_>>().unwrap();
    let found = Tensor::from_vec(found.concat(), (batch, channels, side, side), x.device()).unwrap();
    let expected = fixture.get(&format!("resize_{side}_antialias"));
    common::check("picture, antialiased", common::max_difference(&found, &expected), 1e-5);
}
