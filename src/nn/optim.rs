//! Adam and LARS, with a state that can be saved and restored to the bit.

use std::collections::BTreeMap;

use candle_core::{Device, Result, Tensor, Var, bail};

use super::{
    cpu,
    grads::{Grads, square_sum},
};

/// One more tensor for each parameter (a moment, a momentum), zero at first.
type Moments = BTreeMap<String, Var>;

fn moments(vars: &[(String, Var)]) -> Result<Moments> {
    vars.iter().map(|(name, var)| Ok((name.clone(), Var::from_tensor(&var.zeros_like()?)?))).collect()
}

fn save_moments(prefix: &str, moments: &Moments, state: &mut BTreeMap<String, Tensor>) -> Result<()> {
    for (name, var) in moments {
        state.insert(format!("{prefix}.{name}"), var.copy()?.detach());
    }
    Ok(())
}

fn load_moments(prefix: &str, moments: &Moments, state: &BTreeMap<String, Tensor>) -> Result<()> {
    for (name, var) in moments {
        match state.get(&format!("{prefix}.{name}")) {
            Some(tensor) => var.set(&tensor.to_device(var.device())?.to_dtype(var.dtype())?.contiguous()?)?,
            None => bail!("the optimiser's state lacks \"{prefix}.{name}\""),
        }
    }
    Ok(())
}

/// Adam (Kingma & Ba 2015) with bias correction, as `torch.optim.Adam` without weight decay.
#[derive(Debug)]
pub struct Adam {
    vars: Vec<(String, Var)>,
    first: Moments,
    second: Moments,
    betas: (f64, f64),
    eps: f64,
    steps: i64,
}

impl Adam {
    /// Of these named parameters. `betas` are the decays of the two moments, in \[0, 1); PyTorch's `eps` is 1e-8.
    pub fn new(vars: Vec<(String, Var)>, betas: (f64, f64), eps: f64) -> Result<Self> {
        Ok(Self { first: moments(&vars)?, second: moments(&vars)?, vars, betas, eps, steps: 0 })
    }

    /// One step with learning rate `lr`. Parameters without a gradient stay as they are.
    pub fn step(&mut self, grads: &Grads, lr: f64) -> Result<()> {
        self.steps += 1;
        let (b1, b2) = self.betas;
        let correct = |beta: f64| 1. - beta.powf(self.steps as f64);
        let (step_size, root) = (lr / correct(b1), correct(b2).sqrt());
        for (name, var) in &self.vars {
            let Some(grad) = grads.get(name) else { continue };
            let (first, second) = (&self.first[name], &self.second[name]);
            if cpu::takes(&[var, grad]) {
                let (b1, b2, step_size, root, eps) = (b1 as f32, b2 as f32, step_size as f32, root as f32, self.eps as f32);
                cpu::update(first, grad, |m, g| m.iter_mut().zip(g).for_each(|(m, g)| *m += (1. - b1) * (g - *m)))?;
                cpu::update(second, grad, |v, g| v.iter_mut().zip(g).for_each(|(v, g)| *v = b2 * *v + (1. - b2) * g * g))?;
                cpu::update_with(var, first, second, |w, m, v| {
                    w.iter_mut().zip(m).zip(v).for_each(|((w, m), v)| *w -= step_size * m / (v.sqrt() / root + eps));
                })?;
                continue;
            }
            first.set(&(first.as_tensor() + ((grad - first.as_tensor())? * (1. - b1))?)?.detach())?;
            second.set(&((second.as_tensor() * b2)? + (grad.sqr()? * (1. - b2))?)?.detach())?;
            let denominator = ((second.sqrt()? / root)? + self.eps)?;
            var.set(&(var.as_tensor() - ((first.as_tensor() / denominator)? * step_size)?)?.detach())?;
        }
        Ok(())
    }

    /// `first.NAME`, `second.NAME` and the number of `steps`.
    pub fn state(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut state = BTreeMap::from([("steps".to_owned(), Tensor::new(self.steps, &Device::Cpu)?)]);
        save_moments("first", &self.first, &mut state)?;
        save_moments("second", &self.second, &mut state)?;
        Ok(state)
    }

    /// Restores what [`Self::state`] gave.
    ///
    /// # Errors
    /// Names the first entry that is missing.
    pub fn load_state(&mut self, state: &BTreeMap<String, Tensor>) -> Result<()> {
        let Some(steps) = state.get("steps") else { bail!("the optimiser's state lacks \"steps\"") };
        self.steps = steps.to_scalar()?;
        load_moments("first", &self.first, state)?;
        load_moments("second", &self.second, state)
    }
}

/// LARS (You et al. 2017) over SGD with momentum: each parameter's step is scaled by `trust * |w| / (|g| + decay * |w| + eps)`.
#[derive(Debug)]
pub struct Lars {
    /// The part of the last step that is made again, in \[0, 1).
    pub momentum: f64,
    /// The part of the weights that is added to the gradients.
    pub weight_decay: f64,
    /// The trust coefficient: the length of a step relative to that of the weights, at a learning rate of 1.
    pub trust: f64,
    /// Added to the denominator of the ratio.
    pub eps: f64,
    vars: Vec<(String, Var)>,
    buffers: Moments,
}

impl Lars {
    /// The method's settings: momentum 0.9, weight decay 1e-6, trust 0.001, eps 1e-8; change the fields for others.
    pub fn new(vars: Vec<(String, Var)>) -> Result<Self> {
        Ok(Self { momentum: 0.9, weight_decay: 1e-6, trust: 1e-3, eps: 1e-8, buffers: moments(&vars)?, vars })
    }

    /// One step with learning rate `lr`. Parameters without a gradient stay as they are.
    pub fn step(&mut self, grads: &Grads, lr: f64) -> Result<()> {
        for (name, var) in &self.vars {
            let Some(grad) = grads.get(name) else { continue };
            let (w, g) = (square_sum(var.as_tensor())?.sqrt(), square_sum(grad)?.sqrt());
            let decay = self.weight_decay;
            let ratio = if w > 0. && g > 0. { self.trust * w / (g + decay * w + self.eps) } else { 1. };
            let buffer = &self.buffers[name];
            if cpu::takes(&[var, grad]) {
                let (momentum, decay, ratio, lr) = (self.momentum as f32, decay as f32, ratio as f32, lr as f32);
                cpu::update_with(buffer, grad, var, |b, g, w| {
                    b.iter_mut().zip(g).zip(w).for_each(|((b, g), w)| *b = momentum * *b + (g + decay * w) * ratio);
                })?;
                cpu::update(var, buffer, |w, b| w.iter_mut().zip(b).for_each(|(w, b)| *w -= lr * b))?;
                continue;
            }
            let update = ((grad + (var.as_tensor() * decay)?)? * ratio)?;
            buffer.set(&((buffer.as_tensor() * self.momentum)? + update)?.detach())?;
            var.set(&(var.as_tensor() - (buffer.as_tensor() * lr)?)?.detach())?;
        }
        Ok(())
    }

    /// `momentum.NAME` for each parameter.
    pub fn state(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut state = BTreeMap::new();
        save_moments("momentum", &self.buffers, &mut state)?;
        Ok(state)
    }

    /// Restores what [`Self::state`] gave.
    ///
    /// # Errors
    /// Names the first entry that is missing.
    pub fn load_state(&mut self, state: &BTreeMap<String, Tensor>) -> Result<()> {
        load_moments("momentum", &self.buffers, state)
    }
}
