//! Times this program's side of the comparison with PyTorch. `cargo bench --bench peer -- --json [--only NAME...] [--repeats N]`
//! prints one JSON object, {case: median seconds}; a NAME that is no case's selects every case containing it.

use std::time::Instant;

use candle_core::{Device, Result, Tensor, Var};
use dissolve_studio::nn;

/// One repetition; returns the seconds of its timed part.
type Case = Box<dyn FnMut() -> Result<f64>>;

fn timed<T>(f: impl FnOnce() -> Result<T>) -> Result<f64> {
    let start = Instant::now();
    f()?;
    Ok(start.elapsed().as_secs_f64())
}

fn randn(shape: impl Into<candle_core::Shape>) -> Result<Tensor> {
    Tensor::randn(0f32, 1., shape, &Device::Cpu)
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

fn make(name: &str) -> Option<Result<Case>> {
    let conv_case = |rest: &str| {
        let (channels, rest) = rest.split_once('c')?;
        let (size, direction) = rest.split_once("px_")?;
        Some(conv(channels.parse().ok()?, size.parse().ok()?, direction == "bwd"))
    };
    name.strip_prefix("conv3x3_b32_").and_then(conv_case)
}

const CASES: &[&str] = &[
    "conv3x3_b32_64c32px_fwd",
    "conv3x3_b32_64c32px_bwd",
    "conv3x3_b32_128c16px_fwd",
    "conv3x3_b32_128c16px_bwd",
    "conv3x3_b32_256c8px_fwd",
    "conv3x3_b32_256c8px_bwd",
    "conv3x3_b32_512c4px_fwd",
    "conv3x3_b32_512c4px_bwd",
];

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
    let mut results = serde_json::Map::new();
    for name in CASES.iter().filter(|name| selected(name)) {
        let Some(case) = make(name) else { continue };
        let mut case = case?;
        for _ in 0..2 {
            case()?;
        }
        let mut times = (0..repeats).map(|_| case()).collect::<Result<Vec<f64>>>()?;
        let seconds = median(&mut times);
        eprintln!("{name:42} median {seconds:9.4} s  min {:9.4}  max {:9.4}", times[0], times[times.len() - 1]);
        results.insert((*name).to_owned(), seconds.into());
    }
    println!("{}", serde_json::to_string_pretty(&results).map_err(candle_core::Error::wrap)?);
    Ok(())
}
