//! The gradients that are written out, against candle's graph in f64 and the fast forms, in every shape that the networks meet.
//! (Finite differences: `nn::tests`.)

use candle_core::{DType, Device, Result, Tensor, Var};
use proptest::prelude::*;
use rand_distr::{Distribution, StandardNormal};

use super::{conv::Conv, with_plain};
use crate::{
    nn::{self, conv2d_grads},
    rng,
};

fn noise(shape: &[usize], index: u64) -> Tensor {
    let count = shape.iter().product();
    let values: Vec<f64> = StandardNormal.sample_iter(&mut rng::stream(5, "plain-test", index)).take(count).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// Largest deviation, as a part of the largest value.
fn deviation(found: &Tensor, expected: &Tensor) -> Result<f64> {
    let flat = |t: &Tensor| t.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>();
    assert_eq!(found.dims(), expected.dims());
    let (found, expected) = (flat(found)?, flat(expected)?);
    let scale = expected.iter().fold(1e-3f64, |m, v| m.max(v.abs()));
    Ok(found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0., f64::max) / scale)
}

/// Channels in and out, side of the image, kernel, stride, padding.
type ConvShape = (usize, usize, usize, usize, usize, usize);

/// Those of the U-Net of width 64 at 32 px and of the encoder, whose images are smaller here but for a stage that is odd.
fn network_shapes() -> Vec<ConvShape> {
    let mut shapes = vec![(3, 64, 32, 7, 1, 3), (64, 3, 32, 1, 1, 0), (3, 64, 45, 7, 2, 3), (3, 64, 32, 3, 1, 1)];
    for (i, (from, to)) in [(64, 64), (64, 128), (128, 256), (256, 512)].into_iter().enumerate() {
        let side = 32 >> i;
        let down = if i == 3 { (from, to, side, 3, 1, 1) } else { (from, to, side, 4, 2, 1) };
        shapes.extend([(from, from, side, 3, 1, 1), down, (to, from, side, 3, 1, 1), (from + to, to, side / 2 + 1, 3, 1, 1)]);
        shapes.extend([(from, 384, side, 1, 1, 0), (128, from, side, 1, 1, 0), (from + to, to, side, 1, 1, 0)]);
        // The encoder: blocks, the first of which halve odd sides as well as even ones.
        let side = [14usize, 14, 7, 4][i];
        shapes.extend([(from, to, side, 3, 2, 1), (from, to, side, 1, 2, 0), (to, to, side.div_ceil(2), 3, 1, 1)]);
    }
    shapes
}

fn gradients_of_candle(x: &Var, w: &Var, dy: &Tensor, stride: usize, padding: usize) -> Result<[Tensor; 2]> {
    // candle's gradient takes the input to have no unused rows that differ from the unused columns.
    let grads = (x.as_tensor().conv2d(w, padding, stride, 1, 1)? * dy)?.sum_all()?.backward()?;
    Ok([grads.get(x).unwrap().clone(), grads.get(w).unwrap().clone()])
}

#[test]
fn convolutions_of_the_networks_agree() -> Result<()> {
    let mut worst = 0f64;
    for (input, output, side, kernel, stride, padding) in network_shapes() {
        let shape = format!("{input} -> {output} channels, {side} px, kernel {kernel}, stride {stride}");
        let result = (side + 2 * padding - kernel) / stride + 1;
        let x = Var::from_tensor(&noise(&[2, input, side, side], 1))?;
        let w = Var::from_tensor(&(noise(&[output, input, kernel, kernel], 2) * 0.1)?)?;
        let dy = noise(&[2, output, result, result], 3);
        let expected = gradients_of_candle(&x, &w, &dy, stride, padding)?;
        let (dx, dw) = conv2d_grads(&x, &w, &dy, stride, padding)?;
        for (found, expected) in [dx, dw].iter().flatten().zip(&expected) {
            assert!(deviation(found, expected)? < 1e-12, "{shape}, in f64");
        }
        let single = |t: &Tensor| Var::from_tensor(&t.to_dtype(DType::F32)?);
        let (x, w, dy) = (single(&x)?, single(&w)?, dy.to_dtype(DType::F32)?);
        let run = || -> Result<Vec<Tensor>> {
            let (dx, dw) = conv2d_grads(&x, &w, &dy, stride, padding)?;
            Ok([Some(nn::conv2d(&x, &w, None, stride, padding)?.detach()), dx, dw].into_iter().flatten().collect())
        };
        let (fast, plain) = (run()?, with_plain(run)?);
        assert_eq!((fast.len(), plain.len()), (3, 3));
        for (fast, plain) in fast.iter().zip(&plain) {
            worst = worst.max(deviation(plain, fast)?);
        }
        for (plain, expected) in plain[1..].iter().zip(&expected) {
            worst = worst.max(deviation(plain, expected)?);
        }
        assert!(worst < 1e-5, "{shape}, in f32: {worst:e}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(2024),
        ..ProptestConfig::default()
    })]

    /// Images that lie in no memory order, in pieces of the batch that hold one or some of them, with unused rows.
    #[test]
    fn convolutions_of_any_shape_agree(
        (batch, input, output) in (1..5usize, 1..6usize, 1..6usize),
        side in 1..13usize,
        (kernel, stride, padding) in (1..8usize, 1..4usize, 0..4usize),
        images in 1..6usize,
    ) {
        prop_assume!(side + 2 * padding >= kernel);
        let agrees = || -> Result<f64> {
            let x = Var::from_tensor(&noise(&[batch, input, side, side], 1))?;
            let w = Var::from_tensor(&noise(&[output, input, kernel, kernel], 2))?;
            let mut conv = Conv::new(&x, &w, stride, padding)?;
            let result = (side + 2 * padding - kernel) / stride + 1;
            conv.column_bytes = images * input * kernel * kernel.min(stride) * (result + 2) * result * 8;
            let dy = noise(&[batch, output, result, result], 3).transpose(2, 3)?;
            let y = conv.apply(&x.as_tensor().transpose(2, 3)?, &w, None)?;
            let grads = (&y * &dy)?.sum_all()?.backward()?;
            let (turned, weight) = (Var::from_tensor(&x.as_tensor().transpose(2, 3)?.contiguous()?)?, &w);
            let [dx, dw] = gradients_of_candle(&turned, weight, &dy, stride, padding)?;
            let y_off = deviation(&y, &turned.as_tensor().conv2d(&w, padding, stride, 1, 1)?)?;
            let dx_off = deviation(grads.get(&x).unwrap(), &dx.transpose(2, 3)?)?;
            Ok(y_off.max(dx_off).max(deviation(grads.get(&w).unwrap(), &dw)?))
        };
        let off = agrees().unwrap();
        prop_assert!(off < 1e-12, "off by {off:e}");
    }
}
