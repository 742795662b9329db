//! Bilinear resizing against PyTorch's `interpolate`.

mod common;

use candle_core::Tensor;
use common::{Fixture, check, max_difference};
use dissolve_studio::data::{Picture, resize_bilinear};

#[test]
fn bilinear_resize_matches_pytorch() {
    let Some(fixture) = Fixture::open("augmentations.safetensors") else { return };
    let x = fixture.get("x");
    for (name, size, antialias) in [("resize_14", 14, false), ("resize_14_antialias", 14, true), ("resize_56", 56, false)] {
        let resized: Vec<f32> = (0..x.dim(0).unwrap())
            .flat_map(|i| {
                let image = x.get(i).unwrap();
                let (channels, height, width) = image.dims3().unwrap();
                let data = image.flatten_all().unwrap().to_vec1().unwrap();
                resize_bilinear(&Picture::new(width, height, channels, data), size, size, antialias).data
            })
            .collect();
        let expected = fixture.get(name);
        let resized = Tensor::from_vec(resized, expected.dims(), expected.device()).unwrap();
        check(name, max_difference(&resized, &expected), 1e-5);
    }
}
