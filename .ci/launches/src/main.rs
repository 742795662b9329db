//! Operations and bytes of one step of each training in the plain form; see `../run`.
#![allow(dead_code, unused_imports, reason = "the modules are the program's, this uses a part")]

#[path = "../program/nn/mod.rs"]
mod nn;
#[path = "../program/rng.rs"]
mod rng;
#[path = "../program/ml/diffusion/unet.rs"]
mod unet;

use candle_core::{DType, Device, Result, Tensor, launches};
use nn::{Adam, BatchNorm2d, Conv2d, Ema, Lars, Linear, Params, Scope, Tape};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let count = |at, otherwise| std::env::args().nth(at).map_or(otherwise, |n| n.parse().expect("a number"));
    nn::with_plain(|| {
        ddpm_step(count(1, 4))?;
        dia_step(count(2, 2))
    })
}

/// Prints what was launched since this was called last.
fn report(part: &str) {
    let all = launches::take();
    let launched = || all.iter().filter(|(name, _)| !name.starts_with("columns"));
    let (operations, bytes) = launched().fold((0, 0), |sum, (_, one)| (sum.0 + one.0, sum.1 + one.1));
    println!("{part:<26} {operations:>6} operations {:>9.1} MB", bytes as f64 / 1e6);
    if std::env::var_os("DETAIL").is_some() {
        launched().for_each(|(name, one)| println!("    {name:<26} {:>6} {:>9.1} MB", one.0, one.1 as f64 / 1e6));
    }
}

fn wave(shape: &[usize]) -> Result<Tensor> {
    let values = (0..shape.iter().product()).map(|i: usize| (i as f64 * 0.7).sin() as f32 * 1.3);
    Tensor::from_vec(values.collect::<Vec<_>>(), shape, &Device::Cpu)
}

/// Of the U-Net of width 64 at 32 px.
fn ddpm_step(images: usize) -> Result<()> {
    println!("\nDDPM, {images} images of 32 px");
    let params = Params::new(&Device::Cpu, DType::F32, 1);
    let unet = unet::Unet::new(&params.root(), 64, &[1, 2, 4, 8], 3)?;
    let mut adam = Adam::new(params.trainable(), (0.9, 0.99), 1e-8)?;
    let mut ema = Ema::new(&params)?;
    let (x, eps) = (wave(&[images, 3, 32, 32])?, wave(&[images, 3, 32, 32])?);
    let t: Vec<usize> = (0..images).map(|i| 3 * i % 1000).collect();
    launches::take();
    let _tape = Tape::start();
    let loss = nn::mean(&(unet.forward(&x, &t)? - eps)?.abs()?)?;
    report("forward");
    let mut grads = nn::backward(&loss, &params)?;
    report("backward");
    nn::clip_grad_norm(&mut grads, 1.)?;
    report("clip");
    adam.step(&grads, 1e-4)?;
    report("Adam");
    ema.update(0.995)?;
    report("average");
    println!("loss {:.6}", loss.to_scalar::<f32>()?);
    Ok(())
}

/// One residual block of the encoder.
struct Block {
    convs: [Conv2d; 2],
    norms: [BatchNorm2d; 2],
    shortcut: Option<(Conv2d, BatchNorm2d)>,
}

fn conv(scope: Scope, from: usize, to: usize, kernel: usize, stride: usize) -> Result<Conv2d> {
    Conv2d::new(&scope, from, to, kernel, stride, kernel / 2, false)
}

/// Of the encoder of width 64 with the stem of 224 px. (That of the program knows settings and files.)
fn dia_step(views: usize) -> Result<()> {
    println!("\nDIA, {views} views of 224 px");
    let params = Params::new(&Device::Cpu, DType::F32, 1);
    let root = params.root();
    let stem = (conv(root.pp("conv1"), 3, 64, 7, 2)?, BatchNorm2d::new(&root.pp("bn1"), 64)?);
    let mut blocks = Vec::new();
    for i in 0..8 {
        let (at, to) = (root.pp(format!("block{i}")), 64 << (i / 2));
        let (from, stride) = if i > 0 && i % 2 == 0 { (to / 2, 2) } else { (to, 1) };
        let shortcut =
            if stride == 2 { Some((conv(at.pp("short"), from, to, 1, 2)?, BatchNorm2d::new(&at.pp("bns"), to)?)) } else { None };
        blocks.push(Block {
            convs: [conv(at.pp("conv1"), from, to, 3, stride)?, conv(at.pp("conv2"), to, to, 3, 1)?],
            norms: [BatchNorm2d::new(&at.pp("bn1"), to)?, BatchNorm2d::new(&at.pp("bn2"), to)?],
            shortcut,
        });
    }
    let heads = [Linear::new(&root.pp("head1"), 512, 512, true)?, Linear::new(&root.pp("head2"), 512, 128, true)?];
    let mut lars = Lars::new(params.trainable())?;
    let x = wave(&[views, 3, 224, 224])?;
    launches::take();
    let _tape = Tape::start();
    let mut h = nn::max_pool_3x3_s2_p1(&stem.1.forward_relu(&stem.0.forward(&x)?, true)?)?;
    for Block { convs, norms, shortcut } in &blocks {
        let y = convs[1].forward(&norms[0].forward_relu(&convs[0].forward(&h)?, true)?)?;
        let short = match shortcut {
            Some((conv, norm)) => norm.forward(&conv.forward(&h)?, true)?,
            None => h,
        };
        h = norms[1].forward_add_relu(&y, &short, true)?;
    }
    let z = heads[1].forward(&nn::relu(&heads[0].forward(&h.flatten_from(2)?.mean(2)?)?)?)?;
    let loss = z.sqr()?.mean_all()?;
    report("forward");
    let mut grads = nn::backward(&loss, &params)?;
    report("backward");
    grads.norm()?;
    report("norm");
    lars.step(&grads, 1e-4)?;
    report("LARS");
    println!("loss {:.6}", loss.to_scalar::<f32>()?);
    Ok(())
}
