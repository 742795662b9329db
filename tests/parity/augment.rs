//! Augmentations and shifts with given draws against the reference numbers.

use crate::common::{Fixture, check, values};
use candle_core::Tensor;
use dissolve_studio::{
    config::ShiftKind,
    ml::encoder::{
        augment::{CropBox, Draw, Jitter},
        shift::shift_into,
    },
};

fn pictures(x: &Tensor) -> Vec<Vec<f32>> {
    x.flatten_from(1).unwrap().to_vec2().unwrap()
}

/// Side of the fixture's square pictures, px.
fn side(fixture: &Fixture) -> usize {
    fixture.get("x").dim(3).unwrap()
}

/// Largest deviation of `f` on each picture from the fixture's.
fn deviation(fixture: &Fixture, expected: &str, mut f: impl FnMut(usize, &mut Vec<f32>)) -> f64 {
    let expected = pictures(&fixture.get(expected));
    let mut worst = 0f64;
    for (i, (mut picture, expected)) in pictures(&fixture.get("x")).into_iter().zip(expected).enumerate() {
        f(i, &mut picture);
        for (a, b) in picture.iter().zip(&expected) {
            let d = f64::from((a - b).abs());
            worst = if d <= worst { worst } else { d };
        }
    }
    worst
}

const NO_JITTER: Jitter = Jitter { contrast: 1.0, hue: 0.0, saturation: 1.0, value: 1.0, contrast_first: true };

#[test]
fn augmentations() {
    Fixture::each("augmentations.safetensors").iter().for_each(augmentations_in);
}

fn augmentations_in(fixture: &Fixture) {
    let side = side(fixture);
    let plane = side * side;
    let draws = |name: &str| values(&fixture.get(name)).into_iter().map(|v| v as f32).collect::<Vec<f32>>();
    let (hue, saturation, value, contrast) = (draws("hue"), draws("saturation"), draws("value"), draws("contrast"));
    let jitter =
        |i: usize| Jitter { contrast: contrast[i], hue: hue[i], saturation: saturation[i], value: value[i], ..NO_JITTER };
    let hsv = deviation(fixture, "jitter_hsv", |i, x| jitter(i).apply_hsv(x, plane));
    check("augmentation jitter_hsv", hsv, 1e-5);
    let con = deviation(fixture, "jitter_contrast", |i, x| jitter(i).apply_contrast(x, plane));
    check("augmentation jitter_contrast", con, 1e-5);

    let apply = |draw: Draw, x: &mut Vec<f32>| {
        let mut view = vec![0.0; x.len()];
        draw.apply(x, side, &mut view);
        *x = view;
    };
    let grey = deviation(fixture, "gray", |_, x| apply(Draw { jitter: None, grey: true, crop: CropBox::WHOLE }, x));
    check("augmentation gray", grey, 1e-5);
    let (size, centre) = (draws("crop_wh"), draws("crop_bias"));
    let crop = deviation(fixture, "crop", |i, x| {
        let crop = CropBox { size: [size[2 * i], size[2 * i + 1]], centre: [centre[2 * i], centre[2 * i + 1]] };
        apply(Draw { jitter: None, grey: false, crop }, x);
    });
    check("augmentation crop", crop, 1e-5);
}

#[test]
fn shifts() {
    Fixture::each("augmentations.safetensors").iter().for_each(shifts_in);
}

fn shifts_in(fixture: &Fixture) {
    let side = side(fixture);
    for (name, kind, k) in [
        ("rot90", ShiftKind::Rotation, 1),
        ("rot270", ShiftKind::Rotation, 3),
        ("cutperm1", ShiftKind::Cutperm, 1),
        ("cutperm2", ShiftKind::Cutperm, 2),
    ] {
        let found = deviation(fixture, name, |_, x| {
            let mut view = vec![0.0; x.len()];
            shift_into(kind, k, false, x, side, &mut view);
            *x = view;
        });
        check(&format!("shift {name}"), found, 0.0);
    }
}
