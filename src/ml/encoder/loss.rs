//! The loss of DIA and of the CSI baseline (paper, Eqs. 6-9), over views in branch order.

use crate::config::{Design, DiaConfig};
use candle_core::{D, DType, Result, Tensor};

/// Settings of the loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss {
    /// Temperature.
    pub tau: f64,
    /// Which dissolved views are negatives.
    pub design: Design,
    /// 3 with a dissolving branch, 2 for CSI.
    pub branches: usize,
    /// Weight of the shift classifier's loss.
    pub lambda: f64,
}

impl Loss {
    /// By the settings of a run.
    pub fn new(config: &DiaConfig) -> Self {
        Self { tau: config.tau, design: config.design, branches: config.branches(), lambda: config.lambda }
    }

    /// `L_con` of `z` (branches*B*K, D), not normalised yet; a scalar.
    ///
    /// A view's positive is the same image under the same shift in the other of the first two branches; every other view is a
    /// negative, except, in design b, its own dissolved view. Summed over both directions, divided by the number of views.
    ///
    /// # Errors
    /// A `z` that is no matrix.
    pub fn contrastive(&self, z: &Tensor) -> Result<Tensor> {
        let views = z.dim(0)?;
        let pairs = views / self.branches;
        let length = z.sqr()?.sum_keepdim(1)?.sqrt()?.maximum(1e-12)?;
        let z = z.broadcast_div(&length)?;
        let similarity = (z.matmul(&z.t()?)? / self.tau)?;
        let masked = similarity.broadcast_add(&self.mask(views, z.dtype(), z.device())?)?;
        // The largest value is taken out as a constant: it cancels in the gradient.
        let top = masked.detach().max_keepdim(1)?;
        let log_sum = (masked.broadcast_sub(&top)?.exp()?.sum_keepdim(1)?.log()? + top)?.narrow(0, 0, 2 * pairs)?;
        let positives = ((z.narrow(0, 0, pairs)? * z.narrow(0, pairs, pairs)?)?.sum_all()? * (2.0 / self.tau))?;
        (log_sum.sum_all()? - positives)? / views as f64
    }

    /// `L_cls`: cross-entropy of the shift classifier, `logits` (N, K), `labels` (N) of integers, mean over all N views.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn classification(&self, logits: &Tensor, labels: &Tensor) -> Result<Tensor> {
        let top = logits.detach().max_keepdim(D::Minus1)?;
        let logits = logits.broadcast_sub(&top)?;
        let log_sum = logits.exp()?.sum_keepdim(D::Minus1)?.log()?;
        let own = logits.gather(&labels.unsqueeze(1)?, 1)?;
        (log_sum - own)?.mean_all()
    }

    /// 0 where a pair enters the denominator, a number whose exponential is 0 where it does not.
    fn mask(&self, views: usize, dtype: DType, device: &candle_core::Device) -> Result<Tensor> {
        const OUT: f32 = -1e9;
        let pairs = views / self.branches;
        let mut mask = vec![0f32; views * views];
        let mut drop = |i: usize, j: usize| mask[i * views + j] = OUT;
        (0..views).for_each(|i| drop(i, i));
        if self.design == Design::B && self.branches == 3 {
            for i in 0..2 * pairs {
                let dissolved = 2 * pairs + i % pairs;
                drop(i, dissolved);
                drop(dissolved, i);
            }
        }
        Tensor::from_vec(mask, (views, views), device)?.to_dtype(dtype)
    }
}
