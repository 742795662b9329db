//! Gaussian and median blur and bilinear resizing against the reference numbers.

mod common;

use common::Fixture;
use dissolve_studio::ml::{filters, resize};

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
    for (name, found) in [
        ("resize_14", resize::bilinear(&x, 14, 14)),
        ("resize_56", resize::bilinear(&x, 56, 56)),
        ("resize_14_antialias", resize::antialiased(&x, 14, 14)),
    ] {
        common::check(name, common::max_difference(&found.unwrap(), &fixture.get(name)), 1e-5);
    }
}
