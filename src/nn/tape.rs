//! The record of the operations that a backward pass goes through: the fast ones, and those with gradients of their own.
//!
//! candle begins the gradient of every tensor as zeros and adds to it, on threads of its own that wait spinning: on a CPU a
//! quarter of a training step, on a GPU most of its launches. While a [`Tape`] lives, these operations of its thread are written down on it instead of
//! joining candle's graph, in which their results are then leaves. What lies between them (heads, losses, the network of the
//! timestep) stays candle's, whose gradients are small there.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use candle_core::{CustomOp1, CustomOp2, CustomOp3, Result, Tensor, Var, bail};

thread_local! {
    static TAPE: RefCell<Option<Vec<TapeNode>>> = const { RefCell::new(None) };
    static OP_TIMINGS: RefCell<BTreeMap<(&'static str, Pass), Duration>> = const { RefCell::new(BTreeMap::new()) };
}

/// A direction through an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pass {
    /// From inputs to the result.
    Forward,
    /// From the gradient of the result to those of the inputs.
    Backward,
}

/// The time that this thread's recorded operations of each name and pass have taken since this was called last on it.
pub fn take_op_timings() -> BTreeMap<(&'static str, Pass), Duration> {
    OP_TIMINGS.take()
}

/// Runs `f`, a pass of an operation.
pub fn timed<T>(name: &'static str, pass: Pass, f: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = f();
    OP_TIMINGS.with_borrow_mut(|timings| *timings.entry((name, pass)).or_default() += start.elapsed());
    result
}

/// Records this thread's fast operations until it is dropped; [`super::backward`] plays them back, once. One a thread.
#[derive(Debug)]
pub struct Tape(());

impl Tape {
    /// Begins an empty record, in place of any other of this thread.
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

/// From a result and its gradient to the gradient of each input, if it has one.
pub type Gradients = dyn Fn(&Tensor, &Tensor) -> Result<Vec<Option<Tensor>>> + Send + Sync;

/// A recorded operation, by its number of inputs.
pub enum Op {
    One(Box<dyn CustomOp1>),
    Two(Box<dyn CustomOp2>),
    Three(Box<dyn CustomOp3>),
    /// A function of any number of inputs.
    Function(&'static str, Box<Gradients>),
    /// Its result is its input.
    Boundary,
}

/// An operation with what it was applied to.
pub struct TapeNode {
    op: Op,
    pub inputs: Vec<Tensor>,
    pub output: Tensor,
}

impl Op {
    fn name(&self) -> &'static str {
        match self {
            Self::One(op) => op.name(),
            Self::Two(op) => op.name(),
            Self::Three(op) => op.name(),
            Self::Function(name, _) => name,
            Self::Boundary => "graph boundary",
        }
    }
}

impl TapeNode {
    /// The gradient of each input from that of the output.
    pub fn gradients(&self, dy: &Tensor) -> Result<Vec<Option<Tensor>>> {
        timed(self.op.name(), Pass::Backward, || self.untimed_gradients(dy))
    }

    fn untimed_gradients(&self, dy: &Tensor) -> Result<Vec<Option<Tensor>>> {
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
            (Op::Function(_, gradients), _) => gradients(&y.detach(), &dy.contiguous()?)?,
            (Op::Boundary, [_]) => vec![Some(dy.clone())],
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
    TAPE.with_borrow_mut(|tape| tape.get_or_insert_default().push(TapeNode { op, inputs, output: output.clone() }));
    output
}

/// What this thread's tape holds, in order of recording; it is empty then. Without a tape there is nothing.
pub fn take() -> Vec<TapeNode> {
    TAPE.with_borrow_mut(|tape| tape.as_mut().map(std::mem::take)).unwrap_or_default()
}

/// `x`, beyond which candle's graph does not look while a tape records: for what many operations use, so that its own gradient
/// is worked out once.
pub fn graph_boundary(x: &Tensor) -> Result<Tensor> {
    if records(&[x]) { Ok(record(Op::Boundary, &[x], Var::from_tensor(&x.detach())?)) } else { Ok(x.clone()) }
}
