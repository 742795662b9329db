//! Convolution with 3x3 kernels, stride 1 and padding 1 by Winograd's F(4x4, 3x3): 36 multiplications for 16 results instead of
//! 144, for some additions before and after (Lavin and Gray 2016, "Fast algorithms for convolutional neural networks").
//!
//! Images are cut into tiles of 4x4 results. Everything between the transforms is a matrix product over channels for each of the
//! 36 points. Rounding errors are those of the direct form: what the transforms add, shorter sums take away.

mod large_batch;
mod product;
mod small_batch;
mod stages;
mod tiles;
mod transform;
mod weight_grad;

use crate::nn::cpu::simd;
pub use stages::Winograd;
use tiles::TILE;
pub use tiles::WinogradTiles;
pub use weight_grad::WinogradWeightGrad;

/// Pixels of all images from which on it is faster.
const LEAST_PIXELS: usize = 128;
/// Fewer images with fewer pixels than these are quick anyway, and a deep network that multiplies rounding errors (a U-Net with
/// arbitrary weights: a hundredfold) then keeps those of the direct form.
const FEW_IMAGES: usize = 4;
const FEW_PIXELS: usize = 4096;

/// Whether it can be used, and takes less time than the direct form.
pub fn pays(grid: &WinogradTiles, outputs: usize) -> bool {
    let lanes = simd::lanes();
    let fits = grid.channels.is_multiple_of(lanes) && outputs.is_multiple_of(2 * lanes);
    // Tiles that mostly hang over the border are work for nothing.
    let many = grid.images >= FEW_IMAGES || grid.pixels() >= FEW_PIXELS;
    fits && many && grid.pixels() >= LEAST_PIXELS && 2 * grid.pixels() >= TILE * TILE * grid.tiles()
}

/// Whether the transform pays for the gradient of the weights, which has more to do for each weight.
pub fn pays_for_weights(grid: &WinogradTiles, outputs: usize) -> bool {
    pays(grid, outputs) && grid.pixels().pow(2) >= 4 * grid.channels * outputs
}

/// The result, (images, outputs, height, width). The sizes must be such that [`pays`] is true, and fit the slices.
pub fn convolve(job: &Winograd) -> Vec<f32> {
    let panels = job.outputs / (2 * simd::lanes());
    if job.grid.tiles() <= small_batch::MAX_TILES && panels >= rayon::current_num_threads() {
        small_batch::run(job)
    } else {
        large_batch::run(job)
    }
}
