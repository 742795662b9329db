//! Bilinear resizing against PyTorch's `interpolate`.

use crate::common::{Fixture, check, max_difference};
use candle_core::Tensor;
use dissolve_studio::data::{Picture, resize_bilinear};

#[test]
fn resizing_matches() {
    Fixture::each("augmentations.safetensors").iter().for_each(resizing_matches_in);
}

fn resizing_matches_in(fixture: &Fixture) {
    let x = fixture.get("x");
    for (name, expected) in fixture.with_prefix("resize_") {
        let (size, antialias) = (expected.dim(3).unwrap(), name.ends_with("antialias"));
        let resized: Vec<f32> = (0..x.dim(0).unwrap())
            .flat_map(|i| {
                let image = x.get(i).unwrap();
                let (channels, height, width) = image.dims3().unwrap();
                let data = image.flatten_all().unwrap().to_vec1().unwrap();
                resize_bilinear(&Picture::new(width, height, channels, data), size, size, antialias).data
            })
            .collect();
        let resized = Tensor::from_vec(resized, expected.dims(), expected.device()).unwrap();
        check(&name, max_difference(&resized, &expected), 1e-5);
    }
}
