//! Each fast form against its plain form in f64: values, gradients, repeated bits, NaN.

use candle_core::{DType, Device, Result, Shape, Tensor, Var};
use proptest::prelude::*;
use rand_distr::{Distribution, StandardNormal};

use crate::{
    nn::{
        Adam, BatchNorm2d, Ema, Grads, Lars, Params, batch_norm_train, channel_layer_norm, clip_grad_norm, conv2d, group_norm,
        join_channels, linear_attention, max_pool_3x3_s2_p1, norm_film_silu, standardise_weight, upsample_nearest2, with_plain,
    },
    rng,
};

/// Standard normal values.
fn noise(shape: impl Into<Shape>, index: u64) -> Tensor {
    let shape = shape.into();
    let values: Vec<f32> =
        StandardNormal.sample_iter(&mut rng::stream(7, "kernel-test", index)).take(shape.elem_count()).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// The result, and the gradient of each input for a fixed random direction of the result.
fn value_and_grads(inputs: &[Tensor], dtype: DType, op: &dyn Fn(&[Tensor]) -> Result<Tensor>) -> Result<Vec<Tensor>> {
    let vars = inputs.iter().map(|t| Var::from_tensor(&t.to_dtype(dtype)?)).collect::<Result<Vec<_>>>()?;
    let y = op(&vars.iter().map(|v| v.as_tensor().clone()).collect::<Vec<_>>())?;
    let direction = noise(y.shape(), 1000).to_dtype(dtype)?;
    let grads = (&y * direction)?.sum_all()?.backward()?;
    let grad = |v: &Var| grads.get(v).cloned().map_or_else(|| v.zeros_like(), Ok);
    std::iter::once(Ok(y.detach())).chain(vars.iter().map(grad)).collect()
}

fn flat(t: &Tensor) -> Vec<f64> {
    t.to_dtype(DType::F64).and_then(|t| t.flatten_all()?.to_vec1()).unwrap()
}

/// Fails where fast and plain form differ by more than `tolerance` of the largest value, or two runs in any bit.
fn agree(inputs: &[Tensor], tolerance: f64, op: &dyn Fn(&[Tensor]) -> Result<Tensor>) {
    let fast = value_and_grads(inputs, DType::F32, op).unwrap();
    let again = value_and_grads(inputs, DType::F32, op).unwrap();
    let plain = with_plain(|| value_and_grads(inputs, DType::F64, op)).unwrap();
    for (i, ((fast, again), plain)) in fast.iter().zip(&again).zip(&plain).enumerate() {
        assert_eq!(fast.dims(), plain.dims());
        let (fast, again, plain) = (flat(fast), flat(again), flat(plain));
        assert_eq!(fast, again, "output {i} differs from run to run");
        let scale = plain.iter().fold(0.1f64, |m, v| m.max(v.abs()));
        let worst = fast.iter().zip(&plain).map(|(a, b)| (a - b).abs()).fold(0., f64::max);
        assert!(worst <= tolerance * scale, "output {i} (0 = value, then gradients): off by {worst:e} of {scale:e}");
    }
}

/// Cases with fixed shapes: float32 against float64 is held to a tolerance, not to every shape that chance can find.
fn cases(n: u32) -> ProptestConfig {
    let rng_seed = proptest::test_runner::RngSeed::Fixed(2024);
    ProptestConfig { cases: n, failure_persistence: None, rng_seed, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn conv2d_agrees(
        (batch, input, output) in (1..4usize, 1..21usize, 1..40usize),
        (height, width) in (1..20usize, 1..20usize),
        (kernel, stride, padding) in prop::sample::select(vec![(3, 1, 1), (1, 1, 0), (4, 2, 1), (7, 2, 3), (3, 2, 1), (1, 2, 0), (7, 1, 3), (5, 1, 2), (2, 2, 0), (3, 3, 0)]),
        bias in any::<bool>(),
    ) {
        prop_assume!(height + 2 * padding >= kernel && width + 2 * padding >= kernel);
        let mut inputs = vec![noise((batch, input, height, width), 1), noise((output, input, kernel, kernel), 2)];
        if bias {
            inputs.push(noise(output, 3));
        }
        agree(&inputs, 1e-5, &|t| conv2d(&t[0], &t[1], t.get(2), stride, padding));
    }

    /// Channels that fit the vectors and enough pixels: the form for large 3x3 convolutions.
    #[test]
    fn large_conv2d_agrees(
        (batch, input, output) in (1..5usize, 1..4usize, 1..4usize),
        (height, width) in (13..40usize, 13..40usize),
        bias in any::<bool>(),
    ) {
        let (input, output) = (32 * input, 32 * output);
        let batch = batch.max(4096usize.div_ceil(height * width));
        let weight = (noise((output, input, 3, 3), 2) * 0.1).unwrap();
        let mut inputs = vec![noise((batch, input, height, width), 1), weight];
        if bias {
            inputs.push(noise(output, 3));
        }
        agree(&inputs, 1e-5, &|t| conv2d(&t[0], &t[1], t.get(2), 1, 1));
    }

    #[test]
    fn group_norms_agree(
        (batch, groups, per_group) in (1..4usize, 1..5usize, 1..5usize),
        (height, width) in (1..12usize, 1..12usize),
        film in any::<bool>(),
    ) {
        let channels = groups * per_group;
        let x = (noise((batch, channels, height, width), 1) * 3.).unwrap();
        let mut inputs = vec![(x + 2.).unwrap(), noise(channels, 2), noise(channels, 3)];
        // A group of few values may be nearly constant, which makes its gradient large and ill-conditioned.
        prop_assume!(per_group * height * width >= 4);
        agree(&inputs, 1e-4, &|t| group_norm(&t[0], groups, &t[1], &t[2], 1e-5));
        if film {
            inputs.extend([noise((batch, channels), 4), noise((batch, channels, 1, 1), 5)]);
        }
        agree(&inputs, 1e-4, &|t| norm_film_silu(&t[0], groups, &t[1], &t[2], t.get(3).zip(t.get(4)), 1e-5));
    }

    #[test]
    fn channel_layer_norm_agrees((batch, channels) in (1..4usize, 8..40usize), (height, width) in (1..12usize, 1..12usize)) {
        let inputs = [(noise((batch, channels, height, width), 1) + 1.).unwrap(), noise((1, channels, 1, 1), 2)];
        agree(&inputs, 1e-4, &|t| channel_layer_norm(&t[0], &t[1], 1e-5));
    }

    #[test]
    fn standardise_weight_agrees((output, input, kernel) in (1..9usize, 2..9usize, 1..4usize)) {
        prop_assume!(input * kernel * kernel >= 8);
        agree(&[noise((output, input, kernel, kernel), 1)], 1e-4, &|t| standardise_weight(&t[0], 1e-5));
    }

    #[test]
    fn batch_norms_agree((batch, channels) in (1..5usize, 1..9usize), (height, width) in (1..9usize, 2..9usize), train in any::<bool>()) {
        prop_assume!(batch * height * width >= 8);
        let x = (noise((batch, channels, height, width), 1) + 2.).unwrap();
        let inputs = [x, noise(channels, 2), noise(channels, 3), noise((batch, channels, height, width), 4)];
        agree(&inputs[..3], 1e-4, &|t| Ok(batch_norm_train(&t[0], &t[1], &t[2], 1e-5)?.0));
        let layer = |t: &[Tensor]| -> Result<BatchNorm2d> {
            let params = Params::new(t[0].device(), t[0].dtype(), 0);
            let mut layer = BatchNorm2d::new(&params.root(), channels)?;
            (layer.weight, layer.bias) = (t[1].clone(), t[2].clone());
            Ok(layer)
        };
        agree(&inputs[..3], 1e-4, &|t| layer(t)?.forward_relu(&t[0], train));
        agree(&inputs, 1e-4, &|t| layer(t)?.forward_add_relu(&t[0], &t[3], train));
    }

    #[test]
    fn resampling_agrees((batch, channels) in (1..4usize, 1..5usize), (height, width) in (1..12usize, 1..12usize), more in 1..5usize) {
        let x = noise((batch, channels, height, width), 1);
        // Equal values, as ReLU makes them, ask for the first of them.
        let ties = x.relu().unwrap();
        agree(std::slice::from_ref(&x), 1e-6, &|t| max_pool_3x3_s2_p1(&t[0]));
        agree(&[ties], 1e-6, &|t| max_pool_3x3_s2_p1(&t[0]));
        agree(std::slice::from_ref(&x), 1e-6, &|t| upsample_nearest2(&t[0]));
        agree(&[x, noise((batch, more, height, width), 2)], 1e-6, &|t| join_channels(&t[0], &t[1]));
    }

    #[test]
    fn linear_attention_agrees((batch, heads, d) in (1..4usize, 1..4usize, 1..9usize), (height, width) in (1..12usize, 1..12usize)) {
        agree(&[noise((batch, 3 * heads * d, height, width), 1)], 1e-4, &|t| linear_attention(&t[0], heads));
    }
}

#[test]
fn conv2d_agrees_over_many_blocks() {
    let inputs = [noise((5, 70, 17, 33), 1), noise((67, 70, 3, 3), 2), noise(67, 3)];
    agree(&inputs, 1e-5, &|t| conv2d(&t[0], &t[1], Some(&t[2]), 1, 1));
    agree(&inputs, 1e-5, &|t| conv2d(&t[0].transpose(2, 3)?, &t[1].transpose(2, 3)?, Some(&t[2]), 1, 1));
    agree(&inputs, 1e-5, &|t| conv2d(&t[0], &t[1], Some(&t[2]), 2, 1));
}

/// Images of few channels have their own copy for the weights' gradient.
#[test]
fn conv2d_of_few_channels_agrees() {
    for (channels, kernel, stride, padding) in [(3, 7, 2, 3), (1, 7, 1, 3), (2, 3, 1, 1), (3, 5, 2, 0), (3, 3, 3, 2)] {
        let inputs = [noise((5, channels, 19, 34), 1), noise((70, channels, kernel, kernel), 2), noise(70, 3)];
        agree(&inputs, 1e-5, &|t| conv2d(&t[0], &t[1], Some(&t[2]), stride, padding));
    }
}

/// Enough small images are worked on side by side.
#[test]
fn conv2d_agrees_on_many_small_images() {
    for (batch, side) in [(8, 1), (17, 2), (9, 4), (16, 7), (11, 8)] {
        for (kernel, stride, padding) in [(3, 1, 1), (3, 2, 1), (4, 2, 1), (7, 2, 3)] {
            if side + 2 * padding >= kernel {
                let inputs = [noise((batch, 13, side, side), 1), noise((14, 13, kernel, kernel), 2), noise(14, 3)];
                agree(&inputs, 1e-5, &|t| conv2d(&t[0], &t[1], Some(&t[2]), stride, padding));
            }
        }
    }
}

#[test]
fn conv2d_lets_nan_through() {
    let mut values = vec![1f32; 36];
    values[0] = f32::NAN;
    let x = Tensor::from_vec(values, (1, 1, 6, 6), &Device::Cpu).unwrap();
    let y = flat(&conv2d(&x, &noise((1, 1, 3, 3), 2), None, 1, 1).unwrap());
    let nan: Vec<usize> = y.iter().enumerate().filter(|(_, v)| v.is_nan()).map(|(i, _)| i).collect();
    assert_eq!(nan, [0, 1, 6, 7]);
}

/// Three steps of everything that changes parameters in place, against the plain form.
#[test]
fn optimisers_agree() {
    let run = |plain: bool| -> Result<Vec<f64>> {
        let dtype = if plain { DType::F64 } else { DType::F32 };
        let var = |index| -> Result<Var> { Var::from_tensor(&noise((130, 131), index).to_dtype(dtype)?) };
        let (a, b) = (var(1)?, var(2)?);
        let mut adam = Adam::new(vec![("w".into(), a.clone())], (0.9, 0.99), 1e-8)?;
        let mut lars = Lars::new(vec![("w".into(), b.clone())])?;
        let params = Params::new(&Device::Cpu, dtype, 3);
        let averaged = params.root().var("e", 40, crate::nn::Init::Normal(1.))?;
        let mut ema = Ema::new(&params)?;
        for step in 3..6 {
            let gradient = noise((131, 130), step).to_dtype(dtype)?.t()?;
            let mut grads: Grads = [("w".to_owned(), gradient)].into_iter().collect();
            let other = grads.clone();
            grads.add(&other)?;
            clip_grad_norm(&mut grads, 50.)?;
            adam.step(&grads, 1e-3)?;
            lars.step(&grads, 1.)?;
            params.load(&[("e".to_owned(), (&averaged * 0.5)?)].into())?;
            ema.update(0.9)?;
        }
        Ok([flat(&a), flat(&b), flat(&ema.weights()?["e"]), flat(&adam.state()?["second.w"])].concat())
    };
    let (fast, plain) = (run(false).unwrap(), with_plain(|| run(true)).unwrap());
    let worst = fast.iter().zip(&plain).map(|(a, b)| (a - b).abs() / b.abs().max(0.1)).fold(0., f64::max);
    assert!(worst < 1e-5, "off by {worst:e}");
}

/// Runs these tests again in a process that is held to a narrower instruction set.
#[test]
fn narrower_instruction_sets_agree() {
    if std::env::var_os("DISSOLVE_SIMD").is_some() {
        return;
    }
    for level in ["avx2", "portable"] {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["nn::cpu::tests", "--test-threads=2"])
            .env("DISSOLVE_SIMD", level)
            .output()
            .unwrap();
        assert!(output.status.success(), "{level}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn exp_is_exact_to_two_ulps() {
    for i in -105_000..100_000 {
        let x = i as f32 * 1e-3;
        let (ours, exact) = (super::math::exp(x), f64::from(x).exp());
        if x < -86. {
            assert_eq!(ours, 0.);
        } else if x <= 88.722 {
            assert!((f64::from(ours) - exact).abs() <= 2.5e-7 * exact, "{x}: {ours} {exact}");
        } else {
            assert!(x < 88.723 || ours == f32::INFINITY, "{x}");
        }
    }
    assert!(super::math::exp(f32::NAN).is_nan());
    assert_eq!(super::math::exp(f32::NEG_INFINITY), 0.);
}
