//! Exponential moving average of the weights.

use std::collections::BTreeMap;

use candle_core::{Result, Tensor, Var, bail};

use super::{cpu, params::Params, plain};

/// The average of some [`Params`] (buffers included), as `ema-pytorch` keeps it.
#[derive(Debug)]
pub struct Ema {
    vars: Vec<(String, Var)>,
    average: BTreeMap<String, Var>,
}

impl Ema {
    /// Begins as a copy of the present weights.
    pub fn new(params: &Params) -> Result<Self> {
        let vars = params.all();
        let average =
            vars.iter().map(|(name, var)| Ok((name.clone(), Var::from_tensor(&var.copy()?)?))).collect::<Result<_>>()?;
        Ok(Self { vars, average })
    }

    /// `average += (1 - decay) * (weights - average)` with `decay` in \[0, 1\]; whole numbers are copied.
    pub fn update(&mut self, decay: f64) -> Result<()> {
        for (name, var) in &self.vars {
            let average = &self.average[name];
            if cpu::takes(&[var]) {
                let weight = (1. - decay) as f32;
                cpu::update(average, var, |a, w| a.iter_mut().zip(w).for_each(|(a, w)| *a += weight * (w - *a)))?;
            } else if var.dtype().is_float() {
                plain::average(average, var, decay)?;
            } else {
                average.set(&var.copy()?.detach())?;
            }
        }
        Ok(())
    }

    /// Sets the average to the present weights.
    pub fn copy(&mut self) -> Result<()> {
        for (name, var) in &self.vars {
            self.average[name].set(&var.copy()?.detach())?;
        }
        Ok(())
    }

    /// A deep copy of the averaged weights, under the parameters' names; also the state to save.
    pub fn weights(&self) -> Result<BTreeMap<String, Tensor>> {
        self.average.iter().map(|(name, var)| Ok((name.clone(), var.copy()?.detach()))).collect()
    }

    /// Restores what [`Ema::weights`] gave.
    ///
    /// # Errors
    /// Names the first weight that is missing.
    pub fn load(&mut self, weights: &BTreeMap<String, Tensor>) -> Result<()> {
        for (name, var) in &self.average {
            match weights.get(name) {
                Some(tensor) => var.set(&tensor.to_device(var.device())?.to_dtype(var.dtype())?.contiguous()?)?,
                None => bail!("the averaged weights lack {name:?}"),
            }
        }
        Ok(())
    }
}
