//! Gradients by parameter name.

use std::collections::BTreeMap;

use candle_core::{DType, Result, Tensor};

use super::{cpu, ops::add};

/// The gradient of each trained parameter that the loss depends on.
#[derive(Debug, Clone, Default)]
pub struct Grads(BTreeMap<String, Tensor>);

impl Grads {
    /// That of the parameter `name`, of its shape.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.0.get(name)
    }

    /// In order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Tensor)> {
        self.0.iter()
    }

    /// Adds `other`; a parameter that only one side knows keeps that side's gradient.
    pub fn add(&mut self, other: &Self) -> Result<()> {
        for (name, grad) in &other.0 {
            let sum = match self.0.get(name) {
                Some(mine) => add(mine, grad)?,
                None => grad.clone(),
            };
            self.0.insert(name.clone(), sum);
        }
        Ok(())
    }

    /// Multiplies all of them.
    pub fn scale(&mut self, factor: f64) -> Result<()> {
        for grad in self.0.values_mut() {
            *grad = if cpu::takes(&[grad]) { cpu::zip(grad, grad, |g, _| g * factor as f32)? } else { (&*grad * factor)? };
        }
        Ok(())
    }

    /// The 2-norm over all gradients, summed in f64.
    pub fn norm(&self) -> Result<f64> {
        let squares = self.0.values().map(square_sum).collect::<Result<Vec<f64>>>()?;
        Ok(squares.iter().sum::<f64>().sqrt())
    }
}

impl FromIterator<(String, Tensor)> for Grads {
    fn from_iter<T: IntoIterator<Item = (String, Tensor)>>(grads: T) -> Self {
        Self(grads.into_iter().collect())
    }
}

/// The sum of squares, in f64.
pub(super) fn square_sum(tensor: &Tensor) -> Result<f64> {
    if cpu::takes(&[tensor]) {
        return cpu::square_sum(tensor);
    }
    tensor.detach().to_dtype(DType::F64)?.sqr()?.sum_all()?.to_scalar()
}

/// Scales the gradients so that their norm ([`Grads::norm`]) is at most `max`, as `torch.nn.utils.clip_grad_norm_` (Pascanu et
/// al. 2013); gives the norm before.
pub fn clip_grad_norm(grads: &mut Grads, max: f64) -> Result<f64> {
    let norm = grads.norm()?;
    let factor = max / (norm + 1e-6);
    // Also false for a NaN norm, which has to reach the weights, not to be hidden here.
    if factor < 1. {
        grads.scale(factor)?;
    }
    Ok(norm)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::nn::{Init, Params, backward};

    #[test]
    fn backward_adds_scales_and_clips() -> Result<()> {
        let params = Params::new(&Device::Cpu, DType::F64, 0);
        let a = params.root().var("a", 2, Init::Const(3.))?;
        params.root().var("unused", 2, Init::Ones)?;
        let mut grads = backward(&a.sqr()?.sum_all()?, &params)?;
        assert!(grads.get("unused").is_none());
        let other = grads.clone();
        grads.add(&other)?;
        grads.scale(0.5)?;
        assert_eq!(grads.get("a").unwrap().to_vec1::<f64>()?, [6., 6.]);
        let before = clip_grad_norm(&mut grads, 1.)?;
        assert!((before - 72f64.sqrt()).abs() < 1e-12);
        assert!((grads.norm()? - 1.).abs() < 1e-6);
        Ok(())
    }
}
