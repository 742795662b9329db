//! The backward pass over the fast operations.
//!
//! candle begins the gradient of every tensor as zeros and adds to it, on threads of its own that wait spinning: on a CPU a
//! quarter of a training step. While a [`Tape`] lives, the fast operations of its thread are written down on it instead of
//! joining candle's graph, in which their results are then leaves. What lies between them (heads, losses, the network of the
//! timestep) stays candle's, whose gradients are small there.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use candle_core::{CustomOp1, CustomOp2, CustomOp3, Result, Tensor, TensorId, Var, bail};

use super::{Params, add};

thread_local! {
    static TAPE: RefCell<Option<Vec<Node>>> = const { RefCell::new(None) };
    static SPENT: RefCell<BTreeMap<(&'static str, Pass), Duration>> = const { RefCell::new(BTreeMap::new()) };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pass {
    Forward,
    Backward,
}

/// The time that this thread's recorded operations of each name have taken since it was asked last.
pub fn take_spent() -> BTreeMap<(&'static str, Pass), Duration> {
    SPENT.take()
}

/// Runs `f`, a pass of an operation.
pub fn timed<T>(name: &'static str, pass: Pass, f: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = f();
    SPENT.with_borrow_mut(|spent| *spent.entry((name, pass)).or_default() += start.elapsed());
    result
}

/// Records this thread's fast operations until it is dropped; [`super::backward`] plays them back, once. One a thread.
#[derive(Debug)]
pub struct Tape(());

impl Tape {
    #[must_use = "operations are recorded only as long as this lives"]
    pub fn start() -> Self {
        TAPE.set(Some(Vec::new()));
        Self(())
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        TAPE.set(None);
    }
}

pub enum Op {
    One(Box<dyn CustomOp1>),
    Two(Box<dyn CustomOp2>),
    Three(Box<dyn CustomOp3>),
    /// Its result is its input.
    Seam,
}

struct Node {
    op: Op,
    inputs: Vec<Tensor>,
    output: Tensor,
}

impl Op {
    fn name(&self) -> &'static str {
        match self {
            Self::One(op) => op.name(),
            Self::Two(op) => op.name(),
            Self::Three(op) => op.name(),
            Self::Seam => "seam",
        }
    }
}

impl Node {
    /// The gradient of each input from that of the output.
    fn gradients(&self, dy: &Tensor) -> Result<Vec<Option<Tensor>>> {
        let y = &self.output;
        Ok(match (&self.op, &self.inputs[..]) {
            (Op::One(op), [a]) => vec![op.bwd(a, y, dy)?],
            (Op::Two(op), [a, b]) => {
                let (da, db) = op.bwd(a, b, y, dy)?;
                vec![da, db]
            }
            (Op::Three(op), [a, b, c]) => {
                let (da, db, dc) = op.bwd(a, b, c, y, dy)?;
                vec![da, db, dc]
            }
            (Op::Seam, [_]) => vec![Some(dy.clone())],
            _ => bail!("an operation was recorded with the wrong number of inputs"),
        })
    }
}

/// Whether an operation on these is to be recorded.
pub fn records(inputs: &[&Tensor]) -> bool {
    TAPE.with_borrow(Option::is_some) && inputs.iter().any(|t| t.track_op())
}

/// Records the operation; its result comes back as a leaf of candle's graph.
pub fn record(op: Op, inputs: &[&Tensor], output: Var) -> Tensor {
    let output = output.into_inner();
    let inputs = inputs.iter().map(|t| (*t).clone()).collect();
    TAPE.with_borrow_mut(|tape| tape.get_or_insert_default().push(Node { op, inputs, output: output.clone() }));
    output
}

/// `x`, beyond which candle's graph does not look while a tape records: for what many operations use, so that its own gradient
/// is worked out once.
pub fn seam(x: &Tensor) -> Result<Tensor> {
    if records(&[x]) { Ok(record(Op::Seam, &[x], Var::from_tensor(&x.detach())?)) } else { Ok(x.clone()) }
}

/// Gradients by tensor.
struct Store {
    grads: HashMap<TensorId, Tensor>,
    /// Those that somebody will ask for.
    wanted: HashSet<TensorId>,
}

impl Store {
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

/// The gradients of the scalar `loss` for the trained parameters, over candle's graph and the tape, which is then empty.
pub fn gradients(loss: &Tensor, params: &Params) -> Result<impl FnMut(&Tensor) -> Option<Tensor>> {
    let mut nodes = TAPE.with_borrow_mut(|tape| tape.as_mut().map(std::mem::take)).unwrap_or_default();
    let trained = params.trainable();
    let wanted = nodes.iter().map(|n| n.output.id()).chain(trained.iter().map(|(_, var)| var.id())).collect();
    let mut store = Store { grads: HashMap::new(), wanted };
    store.add_graph(loss)?;
    // The users of a tensor were recorded after it. A node's tensors are given back before the next one is looked at.
    while let Some(node) = nodes.pop() {
        let Some(dy) = store.grads.remove(&node.output.id()) else { continue };
        let mut between: Option<Tensor> = None;
        for (input, grad) in node.inputs.iter().zip(timed(node.op.name(), Pass::Backward, || node.gradients(&dy))?) {
            match grad {
                Some(grad) if input.is_variable() => store.add(input.id(), grad)?,
                // A result of candle's: its graph goes on from here.
                Some(grad) if input.track_op() => {
                    let seed = (input * grad.detach())?.sum_all()?;
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
    Ok(move |var: &Tensor| store.grads.remove(&var.id()))
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::nn::{Conv2d, GroupNorm, Linear, backward, gelu, join_channels, upsample_nearest2};

    /// Results used twice, results of candle's between recorded ones, a seam, and an operation that nothing depends on.
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
        let time = seam(&gelu(&linear.forward(&noise((2, 3, 1, 1))?.reshape((2, 3))?)?)?)?;
        let film = time.chunk(2, 1)?;
        let h = norm.film_silu(&first.forward(&x)?, Some((&film[0], &film[1])))?;
        let unused = upsample_nearest2(&h)?;
        let skewed = join_channels(&(&h * 0.5)?.transpose(2, 3)?, &x)?;
        let h = add(&norm.film_silu(&second.forward(&skewed)?, Some((&film[1], &film[0])))?, &h)?;
        drop(unused);
        h.sqr()?.mean_all()? + time.sqr()?.mean_all()?
    }

    #[test]
    fn gradients_are_those_of_the_graph() -> Result<()> {
        let params = Params::new(&Device::Cpu, DType::F32, 3);
        let graph = backward(&loss(&params)?, &params)?;
        let tape = Tape::start();
        let loss = loss(&params)?;
        let recorded = backward(&loss, &params)?;
        assert!(TAPE.with_borrow(|tape| tape.as_ref().is_some_and(Vec::is_empty)), "played back once");
        drop(tape);
        assert!(!records(&[&loss]));
        assert_eq!(graph.iter().count(), 7);
        for (name, expected) in graph.iter() {
            let Some(found) = recorded.get(name) else { bail!("no gradient of {name}") };
            let (off, size) = ((found - expected)?.sqr()?.sum_all()?, expected.sqr()?.sum_all()?);
            let (off, size) = (off.to_scalar::<f32>()?, size.to_scalar::<f32>()?);
            assert!(off.sqrt() <= 1e-6 * size.sqrt(), "{name}: {off} of {size}");
        }
        Ok(())
    }
}
