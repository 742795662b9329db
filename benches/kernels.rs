//! Times single operations of `nn`, over all threads: convolutions and each of their gradients, norms, pooling.
//!
//! - `cargo bench --bench kernels -- FILTER` runs those whose name holds FILTER.
//! - `--save-baseline NAME`, then with another version `--baseline NAME` compares the two; nothing else should run meanwhile.
//! - `DISSOLVE_SIMD=avx2` or `portable` holds the kernels to a narrower instruction set.
//!
//! `peer` times whole steps, beside PyTorch.

use candle_core::{Device, Result, Tensor, Var};
use criterion::{Criterion, criterion_group, criterion_main};
use dissolve_studio::nn;
use std::hint::black_box;

/// Standard normal values. They are a variable, so that gradients can be asked for; `detach` takes them without.
fn noise(shape: impl Into<candle_core::Shape>) -> Result<Var> {
    Var::from_tensor(&Tensor::randn(0f32, 1., shape, &Device::Cpu)?)
}

/// `(batch, channels, outputs, side, kernel, stride, padding)`: the shapes of a U-Net of width 64 and of the encoder's stem.
const CONVOLUTIONS: [(usize, usize, usize, usize, usize, usize, usize); 9] = [
    (32, 64, 64, 32, 3, 1, 1),
    (32, 128, 128, 16, 3, 1, 1),
    (32, 256, 256, 8, 3, 1, 1),
    (32, 512, 512, 4, 3, 1, 1),
    (8, 256, 256, 8, 3, 1, 1),
    (8, 512, 512, 4, 3, 1, 1),
    (32, 64, 384, 32, 1, 1, 0),
    (32, 64, 64, 32, 4, 2, 1),
    (192, 3, 64, 32, 7, 2, 3),
];

fn convolutions(c: &mut Criterion) -> Result<()> {
    for (batch, channels, outputs, side, kernel, stride, padding) in CONVOLUTIONS {
        let name = format!("{batch}x{channels}->{outputs} {side}px k{kernel} s{stride}");
        let (x, w) = (noise((batch, channels, side, side))?, noise((outputs, channels, kernel, kernel))?);
        let dy = nn::conv2d(&x.detach(), &w.detach(), None, stride, padding)?;
        let mut group = c.benchmark_group(name);
        group.sample_size(20);
        group.bench_function("forward", |b| b.iter(|| black_box(nn::conv2d(&x.detach(), &w.detach(), None, stride, padding))));
        group.bench_function("input gradient", |b| {
            b.iter(|| black_box(nn::conv2d_grads(&x, &w.detach(), &dy, stride, padding)));
        });
        group.bench_function("weight gradient", |b| {
            b.iter(|| black_box(nn::conv2d_grads(&x.detach(), &w, &dy, stride, padding)));
        });
    }
    Ok(())
}

fn norms(c: &mut Criterion) -> Result<()> {
    let x = noise((32, 64, 32, 32))?;
    let (gamma, beta) = (noise(64)?, noise(64)?);
    let mut group = c.benchmark_group("norms 32x64 32px");
    group.sample_size(20);
    group.bench_function("group norm and SiLU", |b| {
        b.iter(|| black_box(nn::norm_film_silu(&x.detach(), 8, &gamma.detach(), &beta.detach(), None, 1e-5)));
    });
    group.bench_function("batch norm", |b| {
        b.iter(|| black_box(nn::batch_norm_train(&x.detach(), &gamma.detach(), &beta.detach(), 1e-5)));
    });
    group.bench_function("max pool, with gradient", |b| {
        let step = || nn::max_pool_3x3_s2_p1(&x)?.sum_all()?.backward();
        b.iter(|| black_box(step()));
    });
    Ok(())
}

fn all(c: &mut Criterion) {
    // As a training does it.
    let _pages = nn::RetainPages::new();
    if let Err(e) = convolutions(c).and_then(|()| norms(c)) {
        eprintln!("{e}");
    }
}

criterion_group!(kernels, all);
criterion_main!(kernels);
