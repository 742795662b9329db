//! The plain forms against finite differences in f64, and what both forms do with NaN and infinity.

use candle_core::{DType, Device, Result, Shape, Tensor, Var};
use rand_distr::{Distribution, StandardNormal};

use super::{
    add, attention, batch_norm_eval, batch_norm_train, channel_layer_norm, conv2d, gelu, group_norm, join_channels, l2_normalise,
    linear_attention, max_pool_3x3_s2_p1, norm_film_silu, relu, silu, standardise_weight, upsample_nearest2, with_plain,
};
use crate::rng;

type Operation = (&'static str, Vec<Tensor>, fn(&[Tensor]) -> Result<Tensor>);

fn noise(shape: impl Into<Shape>, index: u64) -> Tensor {
    let shape = shape.into();
    let values: Vec<f64> =
        StandardNormal.sample_iter(&mut rng::stream(11, "operation-test", index)).take(shape.elem_count()).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// Every operation, with inputs in f64.
fn operations() -> Vec<Operation> {
    let image = || noise((3, 4, 5, 6), 1);
    let (gamma, beta) = (|| noise(4, 2), || noise(4, 3));
    vec![
        ("conv 3x3", vec![image(), noise((5, 4, 3, 3), 2), noise(5, 3)], |t| conv2d(&t[0], &t[1], Some(&t[2]), 1, 1)),
        ("conv 4x4", vec![noise((3, 4, 6, 6), 1), noise((5, 4, 4, 4), 2)], |t| conv2d(&t[0], &t[1], None, 2, 1)),
        ("conv 1x1", vec![image(), noise((5, 4, 1, 1), 2)], |t| conv2d(&t[0], &t[1], None, 1, 0)),
        ("conv 7x7", vec![noise((2, 3, 9, 8), 1), noise((4, 3, 7, 7), 2)], |t| conv2d(&t[0], &t[1], None, 2, 3)),
        ("conv 3x3 of many", vec![noise((8, 32, 16, 16), 1), noise((64, 32, 3, 3), 2)], |t| conv2d(&t[0], &t[1], None, 1, 1)),
        ("conv 3x3 of small", vec![noise((16, 32, 4, 4), 1), noise((64, 32, 3, 3), 2)], |t| conv2d(&t[0], &t[1], None, 1, 1)),
        ("group norm", vec![image(), gamma(), beta()], |t| group_norm(&t[0], 2, &t[1], &t[2], 1e-5)),
        ("norm, film, silu", vec![image(), gamma(), beta(), noise((3, 4), 4), noise((3, 4), 5)], |t| {
            norm_film_silu(&t[0], 2, &t[1], &t[2], Some((&t[3], &t[4])), 1e-5)
        }),
        ("channel layer norm", vec![image(), noise((1, 4, 1, 1), 2)], |t| channel_layer_norm(&t[0], &t[1], 1e-5)),
        ("weight standardisation", vec![noise((3, 4, 3, 3), 1)], |t| standardise_weight(&t[0], 1e-5)),
        ("batch norm", vec![image(), gamma(), beta()], |t| Ok(batch_norm_train(&t[0], &t[1], &t[2], 1e-5)?.0)),
        ("batch norm at rest", vec![image(), gamma(), beta()], |t| {
            let ones = Tensor::ones(4, t[0].dtype(), t[0].device())?;
            batch_norm_eval(&t[0], &ones, &ones, &t[1], &t[2], 1e-5)
        }),
        ("max pool", vec![image()], |t| max_pool_3x3_s2_p1(&t[0])),
        ("upsampling", vec![image()], |t| upsample_nearest2(&t[0])),
        ("joining", vec![image(), noise((3, 2, 5, 6), 2)], |t| join_channels(&t[0], &t[1])),
        ("linear attention", vec![noise((2, 12, 3, 4), 1)], |t| linear_attention(&t[0], 2)),
        ("attention", vec![noise((2, 12, 3, 4), 1)], |t| attention(&t[0], 2, 10.)),
        ("sum", vec![image(), noise((3, 4, 5, 6), 2)], |t| add(&t[0], &t[1])),
        ("silu", vec![image()], |t| silu(&t[0])),
        ("gelu", vec![image()], |t| gelu(&t[0])),
        ("relu", vec![image()], |t| relu(&t[0])),
        ("normalised vectors", vec![image()], |t| l2_normalise(&t[0], 1)),
    ]
}

fn scalar(t: &Tensor) -> Result<f64> {
    t.to_dtype(DType::F64)?.to_scalar()
}

#[test]
fn plain_gradients_are_slopes() -> Result<()> {
    const STEP: f64 = 1e-5;
    for (name, inputs, op) in operations() {
        let direction = noise(with_plain(|| op(&inputs))?.shape(), 100);
        let value = |inputs: &[Tensor]| -> Result<Tensor> { (with_plain(|| op(inputs))? * &direction)?.sum_all() };
        for i in 0..inputs.len() {
            let var = Var::from_tensor(&inputs[i])?;
            let mut at = inputs.clone();
            at[i] = var.as_tensor().clone();
            let grads = value(&at)?.backward()?;
            let Some(grad) = grads.get(&var) else { candle_core::bail!("{name}: input {i} has no gradient") };
            let towards = noise(var.shape(), 200);
            let moved = |by: f64| -> Result<f64> {
                let mut at = inputs.clone();
                at[i] = (&inputs[i] + (&towards * by)?)?;
                scalar(&value(&at)?)
            };
            let (slope, expected) = ((moved(STEP)? - moved(-STEP)?) / (2. * STEP), scalar(&(grad * &towards)?.sum_all()?)?);
            assert!((slope - expected).abs() <= 1e-6 * (1. + expected.abs()), "{name}, input {i}: {slope} and {expected}");
        }
    }
    Ok(())
}

/// Means a thousand times the deviation cost no more digits than they must: the last that f32 has of such a value are 6e-5.
#[test]
fn normalisations_far_from_zero_keep_their_digits() -> Result<()> {
    let inputs = [(noise((2, 8, 32, 32), 1) + 1000.)?, noise(8, 2), noise(8, 3), noise((2, 8), 4), noise((2, 8), 5)];
    let direction = noise((2, 8, 32, 32), 100);
    let operations: [Operation; 3] = [
        ("group norm", inputs[..3].to_vec(), |t| group_norm(&t[0], 2, &t[1], &t[2], 1e-5)),
        ("norm, film, silu", inputs.to_vec(), |t| norm_film_silu(&t[0], 2, &t[1], &t[2], Some((&t[3], &t[4])), 1e-5)),
        ("batch norm", inputs[..3].to_vec(), |t| Ok(batch_norm_train(&t[0], &t[1], &t[2], 1e-5)?.0)),
    ];
    for (name, inputs, op) in operations {
        // Of the same values, those of f32.
        let gradients = |dtype: DType| -> Result<Vec<Tensor>> {
            let as_is = |t: &Tensor| t.to_dtype(DType::F32)?.to_dtype(dtype);
            let vars = inputs.iter().map(|t| Var::from_tensor(&as_is(t)?)).collect::<Result<Vec<_>>>()?;
            let y = with_plain(|| op(&vars.iter().map(|v| v.as_tensor().clone()).collect::<Vec<_>>()))?;
            let grads = (y * as_is(&direction)?)?.sum_all()?.backward()?;
            vars.iter().map(|v| grads.get(v).unwrap().to_dtype(DType::F64)).collect()
        };
        for (i, (single, double)) in gradients(DType::F32)?.iter().zip(gradients(DType::F64)?).enumerate() {
            let largest = |t: &Tensor| scalar(&t.abs()?.flatten_all()?.max(0)?);
            let off = largest(&(single - &double)?)? / largest(&double)?;
            assert!(off < 3e-4, "{name}, input {i}: {off:e}");
        }
    }
    Ok(())
}

/// Where the plain form gives NaN or infinity the fast one does, and where a gradient holds one there, it does here: a training that
/// diverges is seen. (A Winograd tile spreads them over its 4x4 pixels; padding is not multiplied with a gradient that is NaN.)
#[test]
fn what_is_not_finite_stays_so() -> Result<()> {
    let bad = |t: &Tensor| -> Result<Vec<bool>> {
        Ok(t.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?.iter().map(|v| !v.is_finite()).collect())
    };
    for (name, inputs, op) in operations() {
        for poison in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for i in 0..inputs.len() {
                let mut values: Vec<f64> = inputs[i].flatten_all()?.to_vec1()?;
                let middle = values.len() / 2;
                values[middle] = poison;
                let poisoned = Tensor::from_vec(values, inputs[i].shape(), &Device::Cpu)?;
                let run = || -> Result<Vec<Vec<bool>>> {
                    let all = inputs.iter().enumerate().map(|(j, t)| if i == j { &poisoned } else { t });
                    let vars = all.map(|t| Var::from_tensor(&t.to_dtype(DType::F32)?)).collect::<Result<Vec<_>>>()?;
                    let y = op(&vars.iter().map(|v| v.as_tensor().clone()).collect::<Vec<_>>())?;
                    let grads = y.sqr()?.sum_all()?.backward()?;
                    std::iter::once(bad(&y)).chain(vars.iter().filter_map(|v| Some(bad(grads.get(v)?)))).collect()
                };
                let (fast, plain) = (run()?, with_plain(run)?);
                let lost = fast[0].iter().zip(&plain[0]).filter(|(fast, plain)| **plain && !**fast).count();
                assert!(lost == 0, "{name}, {poison} in input {i}: the result is finite in {lost} places");
                let hidden = |(fast, plain): (&Vec<bool>, &Vec<bool>)| plain.contains(&true) && !fast.contains(&true);
                assert!(!fast.iter().zip(&plain).any(hidden), "{name}, {poison} in input {i}: a gradient is finite");
            }
        }
    }
    Ok(())
}
