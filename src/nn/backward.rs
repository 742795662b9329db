//! The backward pass: candle's graph, and between its parts the tape.

use std::collections::{HashMap, HashSet};

use candle_core::{
    CpuStorage, CudaStorage, CustomOp1, Layout, MetalStorage, Result, Shape, Tensor, TensorId,
    backend::{BackendDevice, BackendStorage},
};

use super::{grads::Grads, ops::add, params::Params, tape};

/// The gradients of the scalar `loss` for the trained parameters, each of its parameter's shape: through candle's graph, and
/// through this thread's [`super::Tape`] if there is one, which is empty afterwards.
///
/// # Errors
/// Where an operation between has no gradient.
pub fn backward(loss: &Tensor, params: &Params) -> Result<Grads> {
    let mut nodes = tape::take();
    let trained = params.trainable();
    let wanted = nodes.iter().map(|n| n.output.id()).chain(trained.iter().map(|(_, var)| var.id())).collect();
    let mut store = GradStore { grads: HashMap::new(), wanted };
    store.add_graph(loss)?;
    // The users of a tensor were recorded after it. A node's tensors are given back before the next one is looked at.
    while let Some(node) = nodes.pop() {
        let Some(dy) = store.grads.remove(&node.output.id()) else { continue };
        let mut between: Option<Tensor> = None;
        for (input, grad) in node.inputs.iter().zip(node.gradients(&dy)?) {
            match grad {
                Some(grad) if input.is_variable() => store.add(input.id(), grad)?,
                // A result of candle's: its graph goes on from here.
                Some(grad) if input.track_op() => {
                    let seed = input.apply_op1(Seed(grad.detach()))?;
                    between = Some(match between {
                        Some(others) => (others + seed)?,
                        None => seed,
                    });
                }
                _ => {}
            }
        }
        if let Some(between) = between {
            store.add_graph(&between)?;
        }
    }
    Ok(trained.into_iter().filter_map(|(name, var)| Some((name, store.grads.remove(&var.id())?))).collect())
}

/// A dummy scalar whose gradient with respect to its input is the stored tensor.
struct Seed(Tensor);

impl Seed {
    fn scalar<S: BackendStorage>(like: &S) -> Result<(S, Shape)>
    where
        S::Device: BackendDevice<Storage = S>,
    {
        let shape = Shape::from(());
        Ok((like.device().zeros_impl(&shape, like.dtype())?, shape))
    }
}

impl CustomOp1 for Seed {
    fn name(&self) -> &'static str {
        "seed"
    }

    fn cpu_fwd(&self, input: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        Self::scalar(input)
    }

    fn cuda_fwd(&self, input: &CudaStorage, _: &Layout) -> Result<(CudaStorage, Shape)> {
        Self::scalar(input)
    }

    fn metal_fwd(&self, input: &MetalStorage, _: &Layout) -> Result<(MetalStorage, Shape)> {
        Self::scalar(input)
    }

    /// The seeds' sum is what goes back, so each has a gradient of 1.
    fn bwd(&self, _: &Tensor, _: &Tensor, _: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(self.0.clone()))
    }
}

/// Gradients by tensor.
struct GradStore {
    grads: HashMap<TensorId, Tensor>,
    /// Those that somebody will ask for.
    wanted: HashSet<TensorId>,
}

impl GradStore {
    fn add(&mut self, id: TensorId, grad: Tensor) -> Result<()> {
        let sum = match self.grads.remove(&id) {
            Some(mine) => add(&mine, &grad)?,
            None => grad,
        };
        self.grads.insert(id, sum);
        Ok(())
    }

    /// Adds what candle's graph gives for the scalar `of`.
    fn add_graph(&mut self, of: &Tensor) -> Result<()> {
        let store = of.backward()?;
        let ids: Vec<TensorId> = store.get_ids().filter(|id| self.wanted.contains(id)).copied().collect();
        for id in ids {
            if let Some(grad) = store.get_id(id) {
                self.add(id, grad.detach())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device, bail};

    use super::*;
    use crate::nn::{Conv2d, GroupNorm, Linear, Tape, gelu, graph_boundary, join_channels, upsample_nearest2};

    /// Results used twice, results of candle's between recorded ones, a graph boundary, and an operation that nothing depends on.
    fn loss(params: &Params) -> Result<Tensor> {
        let root = params.root();
        let (first, second) =
            (Conv2d::new(&root.pp("a"), 3, 8, 3, 1, 1, true)?, Conv2d::new(&root.pp("b"), 11, 8, 1, 1, 0, false)?);
        let (norm, linear) = (GroupNorm::new(&root.pp("c"), 2, 8)?, Linear::new(&root.pp("d"), 3, 16, true)?);
        let noise = |shape: (usize, usize, usize, usize)| {
            let wave = Tensor::arange(0f32, (shape.0 * shape.1 * shape.2 * shape.3) as f32, &Device::Cpu)?;
            (wave * 0.7)?.sin()?.reshape(shape)
        };
        let x = noise((2, 3, 6, 6))?;
        let time = graph_boundary(&gelu(&linear.forward(&noise((2, 3, 1, 1))?.reshape((2, 3))?)?)?)?;
        let film = time.chunk(2, 1)?;
        let h = norm.film_silu(&first.forward(&x)?, Some((&film[0], &film[1])))?;
        let unused = upsample_nearest2(&h)?;
        let skewed = join_channels(&(&h * 0.5)?.transpose(2, 3)?, &x)?;
        let h = add(&norm.film_silu(&second.forward(&skewed)?, Some((&film[1], &film[0])))?, &h)?;
        drop(unused);
        h.sqr()?.mean_all()? + time.sqr()?.mean_all()?
    }

    fn agree(tolerance: f32) -> Result<()> {
        let params = Params::new(&Device::Cpu, DType::F32, 3);
        let graph = backward(&loss(&params)?, &params)?;
        let tape = Tape::start();
        let loss = loss(&params)?;
        let recorded = backward(&loss, &params)?;
        assert!(tape::take().is_empty(), "played back once");
        drop(tape);
        assert!(!tape::records(&[&loss]));
        assert_eq!(graph.iter().count(), 7);
        for (name, expected) in graph.iter() {
            let Some(found) = recorded.get(name) else { bail!("no gradient of {name}") };
            let (off, size) = ((found - expected)?.sqr()?.sum_all()?, expected.sqr()?.sum_all()?);
            let (off, size) = (off.to_scalar::<f32>()?, size.to_scalar::<f32>()?);
            assert!(off.sqrt() <= tolerance * size.sqrt(), "{name}: {off} of {size}");
        }
        Ok(())
    }

    #[test]
    fn gradients_are_those_of_the_graph() -> Result<()> {
        agree(1e-6)
    }

    #[test]
    fn plain_gradients_are_those_of_the_graph() -> Result<()> {
        crate::nn::with_plain(|| agree(1e-6))
    }
}
