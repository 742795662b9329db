//! Named parameters: what a network trains, and the statistics it keeps.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::{DType, Device, Result, Shape, Tensor, Var, bail};
use rand::distr::Uniform;
use rand_distr::{Distribution, Normal};

use crate::rng;

/// How a parameter begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// All 0.
    Zeros,
    /// All 1.
    Ones,
    /// All this value.
    Const(f64),
    /// `Uniform(b)`: evenly in \[-b, b\].
    Uniform(f64),
    /// `Normal(s)`: with mean 0 and standard deviation s.
    Normal(f64),
}

impl Init {
    /// PyTorch's default for convolution and linear layers, weights and biases alike: U(±1/sqrt(fan_in)).
    pub fn fan_in(fan_in: usize) -> Self {
        Self::Uniform(1. / (fan_in as f64).sqrt())
    }

    fn values(self, count: usize, seed: u64, name: &str) -> Result<Vec<f32>> {
        let mut rng = rng::stream(seed, name, 0);
        Ok(match self {
            Self::Zeros => vec![0.; count],
            Self::Ones => vec![1.; count],
            Self::Const(value) => vec![value as f32; count],
            Self::Uniform(bound) => {
                let uniform = Uniform::new_inclusive(-bound as f32, bound as f32).map_err(candle_core::Error::wrap)?;
                uniform.sample_iter(&mut rng).take(count).collect()
            }
            Self::Normal(std) => {
                let normal = Normal::new(0f32, std as f32).map_err(candle_core::Error::wrap)?;
                normal.sample_iter(&mut rng).take(count).collect()
            }
        })
    }
}

#[derive(Debug)]
struct Entry {
    var: Var,
    trained: bool,
}

/// A store of named parameters on one device, in name order. Clones share the same parameters.
///
/// A parameter's first value depends on the seed and its name alone, not on the order of creation.
#[derive(Debug, Clone)]
pub struct Params {
    entries: Arc<Mutex<BTreeMap<String, Entry>>>,
    device: Device,
    dtype: DType,
    seed: u64,
    fixed: Option<Arc<BTreeMap<String, Tensor>>>,
}

impl Params {
    /// An empty store; `seed` is that of the first values.
    pub fn new(device: &Device, dtype: DType, seed: u64) -> Self {
        Self { entries: Arc::default(), device: device.clone(), dtype, seed, fixed: None }
    }

    /// For inference: the network takes these weights as they are. They are no variables, so nothing records history for
    /// gradients; creating a layer whose weight is missing or has another shape is an error that names it.
    pub fn fixed(weights: BTreeMap<String, Tensor>, device: &Device, dtype: DType) -> Self {
        Self { fixed: Some(Arc::new(weights)), ..Self::new(device, dtype, 0) }
    }

    /// The place in the tree of names above all others.
    pub fn root(&self) -> Scope {
        Scope { params: self.clone(), prefix: String::new() }
    }

    /// Where the parameters are.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The parameters' type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The trained parameters, in name order.
    pub fn trainable(&self) -> Vec<(String, Var)> {
        self.lock().iter().filter(|(_, e)| e.trained).map(|(n, e)| (n.clone(), e.var.clone())).collect()
    }

    /// Parameters and buffers (running statistics), in name order.
    pub fn all(&self) -> Vec<(String, Var)> {
        self.lock().iter().map(|(n, e)| (n.clone(), e.var.clone())).collect()
    }

    /// What belongs to the network but is not trained (running statistics), in name order.
    pub fn buffers(&self) -> Vec<(String, Var)> {
        self.lock().iter().filter(|(_, e)| !e.trained).map(|(n, e)| (n.clone(), e.var.clone())).collect()
    }

    /// A deep copy of everything.
    pub fn snapshot(&self) -> Result<BTreeMap<String, Tensor>> {
        self.lock().iter().map(|(n, e)| Ok((n.clone(), e.var.copy()?.detach()))).collect()
    }

    /// Overwrites everything with `tensors`, converting device and type. Names of no parameter are ignored.
    ///
    /// # Errors
    /// Names the first parameter that is missing or has another shape; nothing is changed then.
    pub fn load(&self, tensors: &BTreeMap<String, Tensor>) -> Result<()> {
        let entries = self.lock();
        for (name, entry) in entries.iter() {
            match tensors.get(name) {
                None => bail!("the weights lack {name:?}"),
                Some(t) if t.shape() != entry.var.shape() => {
                    bail!("the weight {name:?} has shape {:?}, the network needs {:?}", t.dims(), entry.var.dims())
                }
                Some(_) => {}
            }
        }
        for (name, entry) in entries.iter() {
            if let Some(tensor) = tensors.get(name) {
                entry.var.set(&tensor.to_device(&self.device)?.to_dtype(entry.var.dtype())?.contiguous()?)?;
            }
        }
        Ok(())
    }

    /// Number of trained scalars.
    pub fn count(&self) -> usize {
        self.lock().values().filter(|e| e.trained).map(|e| e.var.elem_count()).sum()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value of `name` among the fixed weights.
    fn given(&self, name: &str, shape: &Shape, dtype: DType) -> Option<Result<Tensor>> {
        let weights = self.fixed.as_ref()?;
        Some(match weights.get(name) {
            None => Err(candle_core::Error::msg(format!("the weights lack {name:?}"))),
            Some(t) if t.shape() != shape => Err(candle_core::Error::msg(format!(
                "the weight {name:?} has shape {:?}, the network needs {:?}",
                t.dims(),
                shape.dims()
            ))),
            Some(t) => t.to_device(&self.device).and_then(|t| t.to_dtype(dtype)?.contiguous()),
        })
    }

    /// The parameter called `name`, created by `make` if there is none yet.
    fn entry(&self, name: String, shape: Shape, trained: bool, make: impl FnOnce(&str) -> Result<Tensor>) -> Result<Var> {
        let mut entries = self.lock();
        if let Some(entry) = entries.get(&name) {
            if entry.var.shape() != &shape || entry.trained != trained {
                bail!("the parameter {name:?} exists already with shape {:?}", entry.var.dims());
            }
            return Ok(entry.var.clone());
        }
        let var = Var::from_tensor(&make(&name)?)?;
        entries.insert(name, Entry { var: var.clone(), trained });
        Ok(var)
    }
}

/// A place in the tree of names, `downs.0.block1`.
#[derive(Debug, Clone)]
pub struct Scope {
    params: Params,
    prefix: String,
}

impl Scope {
    /// The scope `name` below this one.
    pub fn pp(&self, name: impl std::fmt::Display) -> Self {
        Self { params: self.params.clone(), prefix: self.full(&name.to_string()) }
    }

    /// Where the parameters are.
    pub fn device(&self) -> &Device {
        &self.params.device
    }

    /// The parameters' type.
    pub fn dtype(&self) -> DType {
        self.params.dtype
    }

    /// A trained parameter. The tensor sees every later change of the parameter.
    pub fn var(&self, name: &str, shape: impl Into<Shape>, init: Init) -> Result<Tensor> {
        let shape = shape.into();
        if let Some(given) = self.params.given(&self.full(name), &shape, self.dtype()) {
            return given;
        }
        let var = self.params.entry(self.full(name), shape.clone(), true, |name| {
            let values = init.values(shape.elem_count(), self.params.seed, name)?;
            Tensor::from_vec(values, shape.clone(), self.device())?.to_dtype(self.dtype())
        })?;
        Ok(var.as_tensor().clone())
    }

    /// A value that belongs to the network but is not trained.
    pub fn buffer(&self, name: &str, shape: impl Into<Shape>, fill: f64) -> Result<Var> {
        let shape = shape.into();
        self.params.entry(self.full(name), shape.clone(), false, |name| {
            if let Some(given) = self.params.given(name, &shape, self.dtype()) {
                return given;
            }
            Tensor::full(fill as f32, shape.clone(), self.device())?.contiguous()?.to_dtype(self.dtype())
        })
    }

    /// A count (i64 scalar, from 0) that belongs to the network.
    pub fn counter(&self, name: &str) -> Result<Var> {
        self.params.entry(self.full(name), Shape::from(()), false, |name| {
            self.params.given(name, &Shape::from(()), DType::I64).unwrap_or_else(|| Tensor::new(0i64, self.device()))
        })
    }

    fn full(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}.{name}", self.prefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_values_depend_on_seed_and_name_alone() -> Result<()> {
        let weights = |seed, names: &[&str]| -> Result<Vec<f32>> {
            let params = Params::new(&Device::Cpu, DType::F32, seed);
            for name in names {
                params.root().pp("layer").var(name, 5, Init::Uniform(0.5))?;
            }
            params.snapshot()?["layer.a"].to_vec1()
        };
        assert_eq!(weights(1, &["a", "b"])?, weights(1, &["b", "a"])?);
        assert_ne!(weights(1, &["a"])?, weights(2, &["a"])?);
        assert!(weights(1, &["a"])?.iter().all(|v| v.abs() <= 0.5));
        Ok(())
    }

    #[test]
    fn fixed_weights_record_no_history() -> Result<()> {
        let weights = BTreeMap::from([("a".to_string(), Tensor::ones(2, DType::F32, &Device::Cpu)?)]);
        let scope = Params::fixed(weights, &Device::Cpu, DType::F32).root();
        let a = scope.var("a", 2, Init::Zeros)?;
        assert_eq!(a.to_vec1::<f32>()?, [1., 1.]);
        assert!(!(a + 1.)?.track_op());
        assert!(scope.var("b", 2, Init::Zeros).unwrap_err().to_string().contains("\"b\""));
        assert!(scope.var("a", 3, Init::Zeros).is_err());
        Ok(())
    }

    #[test]
    fn load_names_what_does_not_fit_and_changes_nothing() -> Result<()> {
        let params = Params::new(&Device::Cpu, DType::F32, 0);
        let a = params.root().var("a", 2, Init::Zeros)?;
        params.root().buffer("b", 3, 1.)?;
        assert_eq!(params.count(), 2);
        let ones = |n: usize| Tensor::ones(n, DType::F32, &Device::Cpu);
        let missing = params.load(&BTreeMap::from([("a".into(), ones(2)?)])).unwrap_err().to_string();
        assert!(missing.contains("\"b\""), "{missing}");
        let shaped = params.load(&BTreeMap::from([("a".into(), ones(2)?), ("b".into(), ones(4)?)])).unwrap_err().to_string();
        assert!(shaped.contains("\"b\"") && shaped.contains('3'), "{shaped}");
        assert_eq!(a.to_vec1::<f32>()?, [0., 0.]);
        params.load(&BTreeMap::from([("a".into(), ones(2)?), ("b".into(), ones(3)?)]))?;
        assert_eq!(a.to_vec1::<f32>()?, [1., 1.]);
        Ok(())
    }
}
