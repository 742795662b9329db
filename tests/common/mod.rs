//! Where the tests find their files, and how numbers are compared. Parity tests run on `tests/reference` and on a folder of
//! further fixtures where there is one; tests on real images skip, and say so, where their folder is missing.
#![allow(dead_code, reason = "each test program uses its own part")]

use candle_core::{DType, Device, Tensor};
use dissolve_studio::{config::DeviceKind, ml::diffusion::unet::Unet, nn::Params};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A file of the parity fixtures: in `tests/reference` (made by its `make.py`; where the tests are run far from where they were built, the
/// one below the present folder), and in `$DISSOLVE_REFERENCE` (default
/// `../shared/reference`) where that is a folder.
pub fn references(name: &str) -> Vec<PathBuf> {
    let own = [env!("CARGO_MANIFEST_DIR"), "."].map(|root| Path::new(root).join("tests/reference").join(name));
    let own = own.into_iter().find(|file| file.exists()).unwrap_or_else(|| panic!("tests/reference/{name} is missing"));
    std::iter::once(own).chain(find("DISSOLVE_REFERENCE", "reference", "further reference files", name)).collect()
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
    folder: PathBuf,
    pub tensors: BTreeMap<String, Tensor>,
    pub metadata: BTreeMap<String, String>,
}

impl Fixture {
    /// The fixture of this name in each of the [`references`].
    pub fn each(name: &str) -> Vec<Self> {
        references(name).iter().map(|path| Self::open(path)).collect()
    }

    fn open(path: &Path) -> Self {
        println!("{}", path.display());
        let (tensors, metadata) = dissolve_studio::ml::base::checkpoint::load(path).unwrap();
        Self { folder: path.parent().unwrap().to_path_buf(), tensors, metadata }
    }

    /// Another fixture of the same folder.
    pub fn beside(&self, name: &str) -> Self {
        Self::open(&self.folder.join(name))
    }

    /// Where the tests compute.
    pub fn get(&self, name: &str) -> Tensor {
        self.tensors[name].to_device(&device()).unwrap()
    }

    /// The tensors whose names start with `prefix`, without it.
    pub fn with_prefix(&self, prefix: &str) -> BTreeMap<String, Tensor> {
        self.tensors.iter().filter_map(|(name, t)| Some((name.strip_prefix(prefix)?.to_string(), t.clone()))).collect()
    }

    /// A metadata entry (each is JSON).
    pub fn meta<T: serde::de::DeserializeOwned>(&self, key: &str) -> T {
        self.optional(key).unwrap_or_else(|| panic!("no {key}"))
    }

    /// A metadata entry that not every fixture has.
    pub fn optional<T: serde::de::DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.metadata.get(key).map(|value| serde_json::from_str(value).unwrap())
    }

    /// Weights of the U-Net with these widths: those of the file (`weight.NAME`), else the [`pattern`].
    pub fn unet_weights(&self, dim_mults: &[usize]) -> BTreeMap<String, Tensor> {
        let stored = self.with_prefix("weight.");
        if !stored.is_empty() {
            return stored;
        }
        let params = Params::new(&Device::Cpu, DType::F32, 0);
        Unet::new(&params.root(), self.meta("dim"), dim_mults, 3).unwrap();
        pattern(&names_and_shapes(&params), self.meta("pattern_seed"))
    }
}

/// Where the tests compute: on the CPU, or where `DISSOLVE_DEVICE` says.
pub fn device() -> Device {
    let (device, instead) = dissolve_studio::ml::base::device::open(DeviceKind::Cpu);
    assert_eq!(instead, None, "{}", dissolve_studio::ml::base::device::VARIABLE);
    device
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

pub fn names_and_shapes(params: &Params) -> Vec<(String, Vec<usize>)> {
    params.all().iter().map(|(name, v)| (name.clone(), v.dims().to_vec())).collect()
}

/// Deterministic weights without a file: parameters in name order, number p, flat index i, argument
/// `0.618033988749895 i + p + seed`; see `fill` of `tests/reference/make.py`.
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
        (name.clone(), Tensor::from_vec(data, shape.as_slice(), &Device::Cpu).unwrap())
    };
    let mut sorted: Vec<_> = names_and_shapes.to_vec();
    sorted.sort();
    sorted.iter().enumerate().map(fill).collect()
}
