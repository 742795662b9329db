//! The U-Net that predicts the noise.

use candle_core::{Result, Tensor};

pub struct Unet;

impl Unet {
    /// `x (B, 3, H, W)` in the model's range, `t` per image. Sides must be multiples of 2^(stages - 1).
    pub fn forward(&self, _x: &Tensor, _t: &[usize]) -> Result<Tensor> {
        todo!()
    }
}
