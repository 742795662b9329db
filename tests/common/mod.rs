//! Where the tests find outside files, and how numbers are compared. Tests skip, and say so, where a folder is missing.
#![allow(dead_code, reason = "each test program uses its own part")]

use candle_core::{DType, Tensor};
use std::{collections::BTreeMap, path::PathBuf};

/// A file of the parity fixtures, in `$DISSOLVE_REFERENCE` (default `../shared/reference`).
pub fn reference(name: &str) -> Option<PathBuf> {
    find("DISSOLVE_REFERENCE", "reference", "reference files", name)
}

/// A file or folder of the real images, in `$DISSOLVE_DATA` (default `../shared/data`).
pub fn data(name: &str) -> Option<PathBuf> {
    find("DISSOLVE_DATA", "data", "data sets", name)
}

fn find(variable: &str, folder: &str, what: &str, name: &str) -> Option<PathBuf> {
    let root = std::env::var_os(variable)
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared").join(folder), PathBuf::from);
    if !root.is_dir() {
        println!("skipped: no {what} at {} (set {variable})", root.display());
        return None;
    }
    let path = root.join(name);
    assert!(path.exists(), "{} has no {name}", root.display());
    Some(path)
}

/// Tensors and metadata of a `.safetensors` fixture.
pub struct Fixture {
    pub tensors: BTreeMap<String, Tensor>,
    pub metadata: BTreeMap<String, String>,
}

impl Fixture {
    pub fn open(name: &str) -> Option<Self> {
        let (tensors, metadata) = dissolve_studio::ml::base::checkpoint::load(&reference(name)?).unwrap();
        Some(Self { tensors, metadata })
    }

    pub fn get(&self, name: &str) -> Tensor {
        self.tensors[name].clone()
    }

    /// The tensors whose names start with `prefix`, without it.
    pub fn with_prefix(&self, prefix: &str) -> BTreeMap<String, Tensor> {
        self.tensors.iter().filter_map(|(name, t)| Some((name.strip_prefix(prefix)?.to_string(), t.clone()))).collect()
    }

    /// A metadata entry (each is JSON).
    pub fn meta<T: serde::de::DeserializeOwned>(&self, key: &str) -> T {
        serde_json::from_str(&self.metadata[key]).unwrap()
    }
}

pub fn values(t: &Tensor) -> Vec<f64> {
    t.flatten_all().unwrap().to_dtype(DType::F64).unwrap().to_vec1().unwrap()
}

/// Largest |a - b|; NaN where any is NaN.
pub fn max_difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.dims(), b.dims());
    values(a).iter().zip(values(b)).map(|(a, b)| (a - b).abs()).fold(0.0, |m, d| if d <= m { m } else { d })
}

/// Largest |a - b| relative to the largest |b|.
pub fn relative_to_max(a: &Tensor, b: &Tensor) -> f64 {
    max_difference(a, b) / values(b).iter().fold(0.0, |m: f64, v| m.max(v.abs()))
}

/// Euclidean norm.
pub fn norm(t: &Tensor) -> f64 {
    values(t).iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// |a - b| relative to |b|, Euclidean norms.
pub fn relative_to_norm(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.dims(), b.dims());
    let squares = values(a).iter().zip(values(b)).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    squares.sqrt() / norm(b)
}

/// Prints the deviation and fails above the tolerance (and on NaN).
pub fn check(what: &str, deviation: f64, tolerance: f64) {
    println!("{what}: largest deviation {deviation:.2e} (allowed {tolerance:.0e})");
    assert!(deviation <= tolerance, "{what}: {deviation:e} is above {tolerance:e}");
}

/// Deterministic weights without a file: parameters in name order, number p, flat index i, argument
/// `0.618033988749895 i + p + seed`; see `pattern_fill` of the script that wrote the fixtures.
pub fn pattern(names_and_shapes: &[(String, Vec<usize>)], seed: i64) -> BTreeMap<String, Tensor> {
    let fill = |(p, (name, shape)): (usize, &(String, Vec<usize>))| {
        let count: usize = shape.iter().product();
        let fan_in: usize = shape.iter().skip(1).product();
        let value = |i: usize| {
            let v = (0.618033988749895 * i as f64 + p as f64 + seed as f64).sin();
            if name.ends_with(".g") {
                1.0 + 0.1 * v
            } else if shape.len() >= 2 {
                v / (fan_in as f64).sqrt()
            } else if name.ends_with("bias") {
                0.1 * v
            } else {
                1.0 + 0.1 * v
            }
        };
        let data: Vec<f32> = (0..count).map(|i| value(i) as f32).collect();
        (name.clone(), Tensor::from_vec(data, shape.as_slice(), &candle_core::Device::Cpu).unwrap())
    };
    let mut sorted: Vec<_> = names_and_shapes.to_vec();
    sorted.sort();
    sorted.iter().enumerate().map(fill).collect()
}
