//! Gradients by parameter name.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Result, Tensor, Var};

use super::{cpu, ops::add, plain};

/// The gradient of each trained parameter that the loss depends on.
#[derive(Debug, Clone, Default)]
pub struct Grads {
    each: BTreeMap<String, Tensor>,
    /// All of them end to end in order of their names, of which `each` are views then.
    joined: Option<Tensor>,
}

impl Grads {
    /// That of the parameter `name`, of its shape.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.each.get(name)
    }

    /// In order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Tensor)> {
        self.each.iter()
    }

    /// Adds `other`; a parameter that only one side knows keeps that side's gradient.
    pub fn add(&mut self, other: &Self) -> Result<()> {
        self.joined = None;
        for (name, grad) in &other.each {
            let sum = match self.each.get(name) {
                Some(mine) => add(mine, grad)?,
                None => grad.clone(),
            };
            self.each.insert(name.clone(), sum);
        }
        Ok(())
    }

    /// Multiplies all of them.
    pub fn scale(&mut self, factor: f64) -> Result<()> {
        if self.are_fast() {
            self.joined = None;
            for grad in self.each.values_mut() {
                *grad = cpu::zip(grad, grad, |g, _| g * factor as f32)?;
            }
            return Ok(());
        }
        let scaled = (self.join()? * factor)?;
        self.split(scaled)
    }

    /// The 2-norm over all gradients, summed in f64.
    pub fn norm(&mut self) -> Result<f64> {
        if self.each.is_empty() {
            return Ok(0.);
        }
        if self.are_fast() {
            let squares = self.each.values().map(cpu::square_sum).collect::<Result<Vec<f64>>>()?;
            return Ok(squares.iter().sum::<f64>().sqrt());
        }
        Ok(plain::square_sum(&self.join()?)?.to_device(&Device::Cpu)?.to_dtype(DType::F64)?.to_scalar::<f64>()?.sqrt())
    }

    fn are_fast(&self) -> bool {
        self.each.values().all(|grad| cpu::takes(&[grad]))
    }

    /// All of them end to end in order of their names.
    fn join(&mut self) -> Result<Tensor> {
        match &self.joined {
            Some(joined) => Ok(joined.clone()),
            None => {
                let joined = plain::join(self.each.values())?;
                self.split(joined.clone())?;
                Ok(joined)
            }
        }
    }

    /// Takes these values.
    fn split(&mut self, joined: Tensor) -> Result<()> {
        let parts = plain::parts(&joined, self.each.values().map(Tensor::shape))?;
        self.each.values_mut().zip(parts).for_each(|(grad, part)| *grad = part);
        self.joined = Some(joined);
        Ok(())
    }

    /// Those of `vars` end to end, zeros where one has none.
    pub(super) fn joined_for(&self, vars: &[(String, Var)]) -> Result<Tensor> {
        if let Some(joined) = &self.joined
            && self.each.keys().eq(vars.iter().map(|(name, _)| name))
        {
            return Ok(joined.clone());
        }
        let grad = |(name, var): &(String, Var)| self.get(name).map_or_else(|| var.zeros_like(), |grad| Ok(grad.clone()));
        plain::join(&vars.iter().map(grad).collect::<Result<Vec<_>>>()?)
    }
}

impl FromIterator<(String, Tensor)> for Grads {
    fn from_iter<T: IntoIterator<Item = (String, Tensor)>>(grads: T) -> Self {
        Self { each: grads.into_iter().collect(), joined: None }
    }
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
