//! Adam and LARS, with a state that can be saved and restored to the bit.

use std::collections::BTreeMap;

use candle_core::{Device, Result, Tensor, Var, bail};

use super::{cpu, grads::Grads, plain};

/// One more tensor for each parameter (a moment, a momentum), zero at first.
#[derive(Debug)]
enum Moments {
    /// Changed in place by the fast forms.
    Each(BTreeMap<String, Var>),
    /// End to end, in the order of the parameters.
    Joined(Tensor),
}

impl Moments {
    fn new(vars: &[(String, Var)]) -> Result<Self> {
        if vars.iter().all(|(_, var)| cpu::takes(&[var])) {
            let each = vars.iter().map(|(name, var)| Ok((name.clone(), Var::from_tensor(&var.zeros_like()?)?)));
            return Ok(Self::Each(each.collect::<Result<_>>()?));
        }
        let zeros = vars.iter().map(|(_, var)| var.zeros_like()).collect::<Result<Vec<_>>>()?;
        Ok(Self::Joined(plain::join(&zeros)?))
    }

    fn save(&self, prefix: &str, vars: &[(String, Var)], state: &mut BTreeMap<String, Tensor>) -> Result<()> {
        let values = match self {
            Self::Each(each) => vars.iter().map(|(name, _)| each[name].copy()).collect::<Result<Vec<_>>>()?,
            Self::Joined(joined) => parts(joined, vars)?.iter().map(Tensor::force_contiguous).collect::<Result<_>>()?,
        };
        state.extend(vars.iter().zip(values).map(|((name, _), values)| (format!("{prefix}.{name}"), values.detach())));
        Ok(())
    }

    fn load(&mut self, prefix: &str, vars: &[(String, Var)], state: &BTreeMap<String, Tensor>) -> Result<()> {
        let saved = |(name, var): &(String, Var)| match state.get(&format!("{prefix}.{name}")) {
            Some(tensor) => tensor.to_device(var.device())?.to_dtype(var.dtype())?.contiguous(),
            None => bail!("the optimiser's state lacks \"{prefix}.{name}\""),
        };
        match self {
            Self::Each(each) => vars.iter().try_for_each(|var| each[&var.0].set(&saved(var)?)),
            Self::Joined(joined) => {
                *joined = plain::join(&vars.iter().map(saved).collect::<Result<Vec<_>>>()?)?;
                Ok(())
            }
        }
    }
}

fn parts(joined: &Tensor, vars: &[(String, Var)]) -> Result<Vec<Tensor>> {
    plain::parts(joined, vars.iter().map(|(_, var)| var.shape()))
}

/// `new`, where a parameter has no gradient `old`.
fn where_graded(new: Tensor, old: &Tensor, vars: &[(String, Var)], grads: &Grads) -> Result<Tensor> {
    if vars.iter().all(|(name, _)| grads.get(name).is_some()) {
        return Ok(new);
    }
    let kept = parts(&new, vars)?.into_iter().zip(parts(old, vars)?).zip(vars);
    let kept: Vec<Tensor> = kept.map(|((new, old), (name, _))| if grads.get(name).is_some() { new } else { old }).collect();
    plain::join(&kept)
}

/// Takes `by`, end to end, from the parameters that have a gradient.
fn subtract(by: &Tensor, vars: &[(String, Var)], grads: &Grads) -> Result<()> {
    let graded = vars.iter().zip(parts(by, vars)?).filter(|((name, _), _)| grads.get(name).is_some());
    graded.into_iter().try_for_each(|((_, var), by)| plain::subtract(var, &by))
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
    /// An optimiser of these named parameters. `betas` are the decays of the two moments, in \[0, 1); PyTorch's `eps` is 1e-8.
    pub fn new(vars: Vec<(String, Var)>, betas: (f64, f64), eps: f64) -> Result<Self> {
        Ok(Self { first: Moments::new(&vars)?, second: Moments::new(&vars)?, vars, betas, eps, steps: 0 })
    }

    /// One step with learning rate `lr`. Parameters without a gradient stay as they are.
    pub fn step(&mut self, grads: &Grads, lr: f64) -> Result<()> {
        self.steps += 1;
        let (b1, b2) = self.betas;
        let correct = |beta: f64| 1. - beta.powf(self.steps as f64);
        let (step_size, root) = (lr / correct(b1), correct(b2).sqrt());
        match (&mut self.first, &mut self.second) {
            (Moments::Each(first), Moments::Each(second)) => {
                let (b1, b2, step_size, root, eps) = (b1 as f32, b2 as f32, step_size as f32, root as f32, self.eps as f32);
                for (name, var) in &self.vars {
                    let Some(grad) = grads.get(name) else { continue };
                    let (first, second) = (&first[name], &second[name]);
                    cpu::update(first, grad, |m, g| m.iter_mut().zip(g).for_each(|(m, g)| *m += (1. - b1) * (g - *m)))?;
                    cpu::update(second, grad, |v, g| v.iter_mut().zip(g).for_each(|(v, g)| *v = b2 * *v + (1. - b2) * g * g))?;
                    cpu::update_with(var, first, second, |w, m, v| {
                        w.iter_mut().zip(m).zip(v).for_each(|((w, m), v)| *w -= step_size * m / (v.sqrt() / root + eps));
                    })?;
                }
                Ok(())
            }
            (Moments::Joined(first), Moments::Joined(second)) => {
                let vars = &self.vars;
                let grad = grads.joined_for(vars)?;
                let m = ((&*first * b1)? + (&grad * (1. - b1))?)?;
                let v = ((&*second * b2)? + (grad.sqr()? * (1. - b2))?)?;
                let by = ((&m / v.sqrt()?.affine(1. / root, self.eps)?)? * step_size)?;
                *first = where_graded(m, first, vars, grads)?;
                *second = where_graded(v, second, vars, grads)?;
                subtract(&by, vars, grads)
            }
            _ => bail!("the optimiser's moments are of two kinds"),
        }
    }

    /// `first.NAME`, `second.NAME` and the number of `steps`.
    pub fn state(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut state = BTreeMap::from([("steps".to_owned(), Tensor::new(self.steps, &Device::Cpu)?)]);
        self.first.save("first", &self.vars, &mut state)?;
        self.second.save("second", &self.vars, &mut state)?;
        Ok(state)
    }

    /// Restores what [`Self::state`] gave.
    ///
    /// # Errors
    /// Names the first entry that is missing.
    pub fn load_state(&mut self, state: &BTreeMap<String, Tensor>) -> Result<()> {
        let Some(steps) = state.get("steps") else { bail!("the optimiser's state lacks \"steps\"") };
        self.steps = steps.to_scalar()?;
        self.first.load("first", &self.vars, state)?;
        self.second.load("second", &self.vars, state)
    }
}

fn owners(vars: &[(String, Var)]) -> Result<Tensor> {
    let owners: Vec<u32> = (0u32..).zip(vars).flat_map(|(i, (_, var))| std::iter::repeat_n(i, var.elem_count())).collect();
    let device = vars.first().map_or(&Device::Cpu, |(_, var)| var.device());
    Tensor::new(owners, device)
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
    /// For each value of all parameters, end to end, the number of its parameter, once that was asked for.
    owners: Option<Tensor>,
}

impl Lars {
    /// The method's settings: momentum 0.9, weight decay 1e-6, trust 0.001, eps 1e-8; change the fields for others.
    pub fn new(vars: Vec<(String, Var)>) -> Result<Self> {
        Ok(Self { momentum: 0.9, weight_decay: 1e-6, trust: 1e-3, eps: 1e-8, buffers: Moments::new(&vars)?, owners: None, vars })
    }

    /// One step with learning rate `lr`. Parameters without a gradient stay as they are.
    pub fn step(&mut self, grads: &Grads, lr: f64) -> Result<()> {
        match &mut self.buffers {
            Moments::Each(buffers) => {
                let (momentum, decay) = (self.momentum as f32, self.weight_decay as f32);
                for (name, var) in &self.vars {
                    let Some(grad) = grads.get(name) else { continue };
                    let (w, g) = (cpu::square_sum(var)?.sqrt(), cpu::square_sum(grad)?.sqrt());
                    let ratio = if w > 0. && g > 0. { self.trust * w / (g + self.weight_decay * w + self.eps) } else { 1. };
                    let (ratio, lr, buffer) = (ratio as f32, lr as f32, &buffers[name]);
                    cpu::update_with(buffer, grad, var, |b, g, w| {
                        b.iter_mut().zip(g).zip(w).for_each(|((b, g), w)| *b = momentum * *b + (g + decay * w) * ratio);
                    })?;
                    cpu::update(var, buffer, |w, b| w.iter_mut().zip(b).for_each(|(w, b)| *w -= lr * b))?;
                }
                Ok(())
            }
            Moments::Joined(buffers) => {
                let (vars, decay) = (&self.vars, self.weight_decay);
                let (weights, grad) = (plain::join(vars.iter().map(|(_, var)| var.as_tensor()))?, grads.joined_for(vars)?);
                // One value a parameter. A weight's sum is first over what makes one of its results: work for all of a GPU.
                let norms = |joined: &Tensor| {
                    let sum = |squares: &Tensor| {
                        if squares.rank() > 1 { squares.flatten_from(1)?.sum(1)?.sum(0) } else { squares.sum_all() }
                    };
                    let sums = parts(&joined.sqr()?, vars)?.iter().map(sum).collect::<Result<Vec<_>>>()?;
                    Tensor::stack(&sums, 0)?.sqrt()
                };
                let (w, g) = (norms(&weights)?, norms(&grad)?);
                let ratio = ((&w * self.trust)? / ((&g + (&w * decay)?)? + self.eps)?)?;
                let zeros = w.zeros_like()?;
                let ratio = (w.gt(&zeros)? * g.gt(&zeros)?)?.where_cond(&ratio, &w.ones_like()?)?;
                let of_values = match &self.owners {
                    Some(owners) => owners,
                    None => self.owners.insert(owners(vars)?),
                };
                let update = ((grad + (weights * decay)?)? * ratio.index_select(of_values, 0)?)?;
                let new = ((&*buffers * self.momentum)? + update)?;
                subtract(&(&new * lr)?, vars, grads)?;
                *buffers = where_graded(new, buffers, vars, grads)?;
                Ok(())
            }
        }
    }

    /// `momentum.NAME` for each parameter.
    pub fn state(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut state = BTreeMap::new();
        self.buffers.save("momentum", &self.vars, &mut state)?;
        Ok(state)
    }

    /// Restores what [`Self::state`] gave.
    ///
    /// # Errors
    /// Names the first entry that is missing.
    pub fn load_state(&mut self, state: &BTreeMap<String, Tensor>) -> Result<()> {
        self.buffers.load("momentum", &self.vars, state)
    }
}
