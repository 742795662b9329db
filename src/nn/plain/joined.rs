//! Many tensors as one, end to end, so that an optimiser launches a few operations on all values in place of many on each
//! parameter; and parameters changed without a copy.

use candle_core::{
    CpuStorage, CudaStorage, DType, InplaceOp2, Layout, MetalStorage, Result, Shape, Tensor,
    backend::BackendStorage,
    op::{Add, Sub},
};

/// `tensors` end to end, (N), without history.
pub fn join<'a>(tensors: impl IntoIterator<Item = &'a Tensor>) -> Result<Tensor> {
    let flat = tensors.into_iter().map(|t| t.detach().flatten_all()).collect::<Result<Vec<_>>>()?;
    Tensor::cat(&flat, 0)
}

/// What was joined, as views of these shapes.
pub fn parts<'a>(joined: &Tensor, shapes: impl IntoIterator<Item = &'a Shape>) -> Result<Vec<Tensor>> {
    let mut at = 0;
    let part = |shape: &Shape| {
        let count = shape.elem_count();
        at += count;
        joined.narrow(0, at - count, count)?.reshape(shape)
    };
    shapes.into_iter().map(part).collect()
}

/// The sum of the squares of `x` (N) on the device, of short sums in f64 where it knows that.
pub fn square_sum(x: &Tensor) -> Result<Tensor> {
    // A GPU gives one sum to one of its processors: many short ones first.
    const ROW: usize = 1024;
    let wide = if x.device().is_metal() { DType::F32 } else { DType::F64 };
    let (rows, rest) = (x.elem_count() / ROW, x.elem_count() % ROW);
    let mut sums = Vec::new();
    if rows > 0 {
        sums.push(x.narrow(0, 0, rows * ROW)?.reshape((rows, ROW))?.sqr()?.sum(1)?.to_dtype(wide)?);
    }
    if rest > 0 {
        sums.push(x.narrow(0, rows * ROW, rest)?.to_dtype(wide)?.sqr()?);
    }
    Tensor::cat(&sums, 0)?.sum(0)
}

/// `target -= by`, of one shape.
pub fn subtract(target: &Tensor, by: &Tensor) -> Result<()> {
    target.inplace_op2(by, &InPlace::Subtract)
}

/// `target += (1 - decay) * (towards - target)`, of one shape.
pub fn average(target: &Tensor, towards: &Tensor, decay: f64) -> Result<()> {
    target.inplace_op2(towards, &InPlace::Average { decay })
}

/// The new values take the place of the old ones: candle would copy them there.
enum InPlace {
    Subtract,
    Average { decay: f64 },
}

impl InPlace {
    fn apply<S: BackendStorage>(&self, target: &mut S, layout: &Layout, by: &S, by_layout: &Layout) -> Result<()> {
        *target = match *self {
            Self::Subtract => target.binary_impl::<Sub>(by, layout, by_layout)?,
            Self::Average { decay } => {
                // Of the difference: a share of the whole would be rounded at each step.
                let result = Layout::contiguous(layout.shape());
                let step = by.binary_impl::<Sub>(target, by_layout, layout)?.affine(&result, 1. - decay, 0.)?;
                target.binary_impl::<Add>(&step, layout, &result)?
            }
        };
        Ok(())
    }
}

impl InplaceOp2 for InPlace {
    fn name(&self) -> &'static str {
        match self {
            Self::Subtract => "subtract",
            Self::Average { .. } => "average",
        }
    }

    fn cpu_fwd(&self, target: &mut CpuStorage, layout: &Layout, by: &CpuStorage, by_layout: &Layout) -> Result<()> {
        self.apply(target, layout, by, by_layout)
    }

    fn cuda_fwd(&self, target: &mut CudaStorage, layout: &Layout, by: &CudaStorage, by_layout: &Layout) -> Result<()> {
        self.apply(target, layout, by, by_layout)
    }

    fn metal_fwd(&self, target: &mut MetalStorage, layout: &Layout, by: &MetalStorage, by_layout: &Layout) -> Result<()> {
        self.apply(target, layout, by, by_layout)
    }
}
