//! Times this program's side of the comparison with PyTorch. `cargo bench --bench peer -- --json [--only NAME...] [--repeats N]`
//! prints one JSON object, {case: median seconds}; a NAME that is no case's selects every case containing it. `--profile` tells
//! what the operations' share of a training step is. `--device cuda|metal|cpu-plain` times it there, a card with two cases more;
//! without it, what `DISSOLVE_DEVICE` says.

use std::{sync::OnceLock, time::Instant};

use candle_core::{DType, Device, Result, Tensor, Var};
use dissolve_studio::{
    config::{DdpmConfig, DeviceKind, RunConfig, Stem},
    ml::{
        base::device,
        diffusion::unet::{self, Unet},
        encoder::model::EncoderConfig,
        training::{
            ddpm_step::{Batch, DdpmTrainer},
            dia_step::DiaTrainer,
        },
    },
    nn::{self, Params},
};

const MULTS: [usize; 4] = [1, 2, 4, 8];

/// One repetition; returns the seconds of its timed part.
type Case = Box<dyn FnMut() -> Result<f64>>;

/// Where all is computed.
fn device() -> &'static Device {
    static DEVICE: OnceLock<Device> = OnceLock::new();
    DEVICE.get_or_init(|| {
        let kind = match wanted().as_deref() {
            None | Some("cpu-plain") => DeviceKind::Cpu,
            Some(name) => name.parse().unwrap_or_else(|why| panic!("--device {why}")),
        };
        let (device, instead) = device::open(kind);
        assert_eq!(instead, None, "nothing is timed on another device than the one that was asked for");
        device
    })
}

/// What `--device` says.
fn wanted() -> Option<String> {
    std::env::args().skip_while(|a| a != "--device").nth(1)
}

/// Seconds until all that `f` asks of the device is done.
fn timed<T>(f: impl FnOnce() -> Result<T>) -> Result<f64> {
    device().synchronize()?;
    let start = Instant::now();
    f()?;
    device().synchronize()?;
    Ok(start.elapsed().as_secs_f64())
}

fn randn(shape: impl Into<candle_core::Shape>) -> Result<Tensor> {
    Tensor::randn(0f32, 1., shape, device())
}

/// One 3x3 convolution, padding 1, no bias, batch 32; backward means the gradients of input and weight.
fn conv(channels: usize, size: usize, backward: bool) -> Result<Case> {
    let x = Var::from_tensor(&randn((32, channels, size, size))?)?;
    let bound = 1. / (channels as f64 * 9.).sqrt();
    let w = Var::from_tensor(&(randn((channels, channels, 3, 3))? * bound)?)?;
    if !backward {
        return Ok(Box::new(move || timed(|| nn::conv2d(&x.detach(), &w.detach(), None, 1, 1))));
    }
    let direction = randn((32, channels, size, size))?;
    Ok(Box::new(move || timed(|| nn::conv2d_grads(&x, &w, &direction, 1, 1))))
}

/// One forward pass of the dim 64 U-Net with the weights standardised beforehand, as dissolving runs it.
fn dissolve(size: usize, batch: usize) -> Result<Case> {
    let params = Params::new(device(), DType::F32, 0);
    Unet::new(&params.root(), 64, &MULTS, 3)?;
    let standardised = |(name, w): (String, Tensor)| Ok((name.clone(), unet::standardise(&name, &w)?));
    let weights = params.snapshot()?.into_iter().map(standardised).collect::<Result<_>>()?;
    let net = Unet::with_standardised(&Params::fixed(weights, device(), DType::F32).root(), 64, &MULTS, 3)?;
    let x = randn((batch, 3, size, size))?;
    Ok(Box::new(move || timed(|| net.forward(&x, &vec![80; batch]))))
}

/// Noising, forward, L1 loss, backward, clipping, Adam.
fn ddpm_step(dim: usize, size: usize, batch: usize) -> Result<Case> {
    let config = DdpmConfig { dim, ..DdpmConfig::default() };
    let mut trainer = DdpmTrainer::new(&config, 0, device())?;
    let x0 = randn((batch, 3, size, size))?;
    let mut at = 0;
    Ok(Box::new(move || {
        at += 1;
        let t = (0..batch).map(|i| (i * 331 + at * 127) % 1000).collect();
        timed(|| trainer.optimise(&[Batch { x0: x0.clone(), t, eps: randn(x0.shape())? }]))
    }))
}

/// ResNet-18 with ImageNet stem and both heads, three branches, LARS.
fn dia_step(views: usize, size: usize) -> Result<Case> {
    let mut run = RunConfig::default();
    run.dia.stem = Stem::Imagenet;
    let mut trainer =
        DiaTrainer::new(EncoderConfig::new(run, size, String::new()), device()).map_err(candle_core::Error::wrap)?;
    let x = Tensor::rand(0f32, 1., (views, 3, size, size), device())?;
    let labels: Vec<i64> = (0..views).map(|i| (i / (views / 12) % 4) as i64).collect();
    let labels = Tensor::new(labels, device())?;
    Ok(Box::new(move || timed(|| trainer.step(&x, &labels, 0.5))))
}

/// Numbers in a name, by order.
fn numbers(name: &str) -> Vec<usize> {
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}

fn make(name: &str) -> Option<Result<Case>> {
    let case = |prefix: &str| name.strip_prefix(prefix).map(numbers);
    if let Some(n) = case("conv3x3_b32_") {
        return Some(conv(*n.first()?, *n.get(1)?, name.ends_with("bwd")));
    }
    if let Some(n) = case("dissolve_unet64_") {
        return Some(dissolve(*n.first()?, *n.get(1)?));
    }
    if let Some(n) = case("ddpm_step_unet") {
        return Some(ddpm_step(*n.first()?, *n.get(1)?, *n.get(2)?));
    }
    let n = case("dia_step_r18_imagenetstem_")?;
    Some(dia_step(*n.first()?, *n.get(1)?))
}

/// Prints the share of each operation in steps that took `seconds` together.
fn print_profile(seconds: f64) {
    let mut rows: Vec<(String, f64)> = nn::take_op_timings()
        .into_iter()
        .map(|((name, pass), time)| (format!("{name}, {}", format!("{pass:?}").to_lowercase()), time.as_secs_f64()))
        .collect();
    let rest = seconds - rows.iter().map(|(_, time)| time).sum::<f64>();
    rows.push(("the rest: heads, loss, optimiser, sums of gradients".to_owned(), rest));
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    rows.iter().for_each(|(name, time)| eprintln!("    {:5.1} %  {name}", 100. * time / seconds));
}

/// The cases of the comparison, and two small ones that people with two cores train.
const CASES: &[&str] = &[
    "dissolve_unet64_32px_b1",
    "dissolve_unet64_32px_b8",
    "dissolve_unet64_128px_b1",
    "ddpm_step_unet64_32px_b32",
    "ddpm_step_unet32_32px_b32",
    "ddpm_step_unet32_32px_b16",
    "dia_step_r18_imagenetstem_384x32px",
    "dia_step_r18_imagenetstem_48x224px",
    "dia_step_r18_imagenetstem_192x28px",
    "conv3x3_b32_64c32px_fwd",
    "conv3x3_b32_64c32px_bwd",
    "conv3x3_b32_128c16px_fwd",
    "conv3x3_b32_128c16px_bwd",
    "conv3x3_b32_256c8px_fwd",
    "conv3x3_b32_256c8px_bwd",
    "conv3x3_b32_512c4px_fwd",
    "conv3x3_b32_512c4px_bwd",
];

/// What a card is bought for: too slow on a CPU.
const CARD_CASES: &[&str] = &["ddpm_step_unet64_32px_b256", "dia_step_r18_imagenetstem_384x224px"];

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len() % 2 == 1 { times[middle] } else { (times[middle - 1] + times[middle]) / 2. }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |flag: &str| arguments.iter().position(|a| a == flag).map(|at| &arguments[at + 1..]);
    let only: Vec<&String> =
        after("--only").map_or(Vec::new(), |rest| rest.iter().take_while(|a| !a.starts_with("--")).collect());
    let repeats: usize = after("--repeats").and_then(|rest| rest.first()?.parse().ok()).unwrap_or(7);
    let selected = |name: &str| {
        only.is_empty() || only.iter().any(|o| *o == name || (!CASES.contains(&o.as_str()) && name.contains(o.as_str())))
    };
    // As a run does it.
    let _pages = nn::RetainPages::new();
    let mut results = serde_json::Map::new();
    let card: &[&str] = if device().is_cpu() { &[] } else { CARD_CASES };
    let is_plain = wanted().is_some_and(|device| device == "cpu-plain");
    for name in CASES.iter().chain(card).filter(|name| selected(name)) {
        let Some(case) = (if is_plain { nn::with_plain(|| make(name)) } else { make(name) }) else { continue };
        let mut case = case?;
        let mut case = || if is_plain { nn::with_plain(&mut case) } else { case() };
        for _ in 0..2 {
            case()?;
        }
        nn::take_op_timings();
        let mut times = (0..repeats).map(|_| case()).collect::<Result<Vec<f64>>>()?;
        let total = times.iter().sum();
        let seconds = median(&mut times);
        eprintln!("{name:42} median {seconds:9.4} s  min {:9.4}  max {:9.4}", times[0], times[times.len() - 1]);
        if arguments.iter().any(|a| a == "--profile") {
            print_profile(total);
        }
        results.insert((*name).to_owned(), seconds.into());
    }
    println!("{}", serde_json::to_string_pretty(&results).map_err(candle_core::Error::wrap)?);
    Ok(())
}
