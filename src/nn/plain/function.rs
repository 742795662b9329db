//! An operation in candle's tensors with gradients of its own: a node of the tape where there is one, else of candle's graph.

use std::sync::{Mutex, PoisonError};

use candle_core::{
    CpuStorage, CudaStorage, CustomOp2, InplaceOp1, Layout, MetalStorage, Result, Shape, Storage, Tensor, Var,
    backend::{BackendDevice, BackendStorage},
    bail,
    op::BackpropOp,
};

use crate::nn::tape::{self, Gradients, Op, Pass, timed};

/// The result of `forward`, with what it gives beside: the gradient of each input, if it has one, from the result and the
/// gradient of the result.
///
/// `forward` is called without history: it takes its tensors detached. Its result is a tensor of its own that nothing else holds,
/// the gradients neither.
pub fn function<G>(name: &'static str, inputs: &[&Tensor], forward: impl FnOnce() -> Result<(Tensor, G)>) -> Result<Tensor>
where
    G: Fn(&Tensor, &Tensor) -> Result<Vec<Option<Tensor>>> + Send + Sync + 'static,
{
    let [first, others @ ..] = inputs else { bail!("{name}: an operation needs an input") };
    if !inputs.iter().any(|t| t.track_op()) {
        return Ok(forward()?.0);
    }
    let (y, gradients) = timed(name, Pass::Forward, forward)?;
    let (shape, storage) = (y.shape().clone(), take_storage(y.contiguous()?)?);
    if tape::records(inputs) {
        // A variable already, so that nothing is copied.
        let leaf = Var::from_tensor(&Tensor::from_storage(storage, shape, BackpropOp::none(), true))?;
        return Ok(tape::record(Op::Function(name, Box::new(gradients)), inputs, leaf));
    }
    let node = GraphNode {
        name,
        result: Mutex::new(Some((storage, shape))),
        others: others.iter().map(|t| t.shape().clone()).collect(),
        gradients: Box::new(gradients),
    };
    if others.is_empty() {
        return first.apply_op2(first, node);
    }
    let others = others.iter().map(|t| t.flatten_all()).collect::<Result<Vec<_>>>()?;
    first.apply_op2(&Tensor::cat(&others, 0)?, node)
}

/// An operation on its first input and all others, laid end to end: candle's graph knows no operations of more than three.
struct GraphNode {
    name: &'static str,
    /// Handed out as the result of the forward pass that the graph asks for.
    result: Mutex<Option<(Storage, Shape)>>,
    others: Vec<Shape>,
    gradients: Box<Gradients>,
}

impl GraphNode {
    fn result<S>(&self, of: impl FnOnce(Storage) -> Option<S>) -> Result<(S, Shape)> {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner).take();
        match result.and_then(|(storage, shape)| Some((of(storage)?, shape))) {
            Some(result) => Ok(result),
            None => bail!("{}: the result is on another device, or was taken before", self.name),
        }
    }
}

impl CustomOp2 for GraphNode {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        self.result(|storage| if let Storage::Cpu(storage) = storage { Some(storage) } else { None })
    }

    fn cuda_fwd(&self, _: &CudaStorage, _: &Layout, _: &CudaStorage, _: &Layout) -> Result<(CudaStorage, Shape)> {
        self.result(|storage| if let Storage::Cuda(storage) = storage { Some(storage) } else { None })
    }

    fn metal_fwd(&self, _: &MetalStorage, _: &Layout, _: &MetalStorage, _: &Layout) -> Result<(MetalStorage, Shape)> {
        self.result(|storage| if let Storage::Metal(storage) = storage { Some(storage) } else { None })
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, y: &Tensor, dy: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let mut gradients = (self.gradients)(&y.detach(), &dy.contiguous()?)?.into_iter();
        let first = gradients.next().flatten();
        if self.others.is_empty() {
            return Ok((first, None));
        }
        let flat = |(gradient, shape): (Option<Tensor>, &Shape)| match gradient {
            Some(gradient) => gradient.flatten_all(),
            None => Tensor::zeros(shape.elem_count(), dy.dtype(), dy.device()),
        };
        let others = gradients.zip(&self.others).map(flat).collect::<Result<Vec<_>>>()?;
        Ok((first, Some(Tensor::cat(&others, 0)?)))
    }
}

/// The values of a contiguous tensor that nothing else holds, without a copy: candle lends them to an operation in place.
fn take_storage(tensor: Tensor) -> Result<Storage> {
    let taken = Taken::default();
    tensor.inplace_op1(&taken)?;
    match taken.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(storage) => Ok(storage),
        None => bail!("a result could not be taken"),
    }
}

#[derive(Default)]
struct Taken(Mutex<Option<Storage>>);

impl Taken {
    fn take<S: BackendStorage>(&self, storage: &mut S, layout: &Layout, wrap: fn(S) -> Storage) -> Result<()>
    where
        S::Device: BackendDevice<Storage = S>,
    {
        if layout.start_offset() != 0 {
            bail!("a result must begin where its memory does");
        }
        let spare = storage.device().zeros_impl(&Shape::from(1), storage.dtype())?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(wrap(std::mem::replace(storage, spare)));
        Ok(())
    }
}

impl InplaceOp1 for Taken {
    fn name(&self) -> &'static str {
        "take"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        self.take(storage, layout, Storage::Cpu)
    }

    fn cuda_fwd(&self, storage: &mut CudaStorage, layout: &Layout) -> Result<()> {
        self.take(storage, layout, Storage::Cuda)
    }

    fn metal_fwd(&self, storage: &mut MetalStorage, layout: &Layout) -> Result<()> {
        self.take(storage, layout, Storage::Metal)
    }
}
