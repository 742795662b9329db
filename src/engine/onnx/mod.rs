//! The finished encoder as one ONNX file, for other runtimes: views, network, bank and the score of Eq. 10 in one graph.
//!
//! What is drawn for the samples of test time is the same for every picture, so the graph holds all of them, and answers with the
//! score that [`dia_scorer`] gives. On PneumoniaMNIST the plain picture alone, without them, has an AUROC
//! of 0.69 where they have 0.81, and the threshold would not fit.

mod about;
mod graph;
mod network;
mod proto;
#[cfg(test)]
mod tests;
mod views;

use crate::{
    error::{Error, Result},
    ml::{
        encoder::{bank::PROJECTION, features::Extractor, model::Encoder, shift::SHIFTS},
        scoring::dia_scorer,
        training::dia,
    },
    run_dir::{RunDir, files, write_atomic},
};
use about::About;
use candle_core::Device;
use graph::{Attribute, GraphBuilder, Value};
use prost::Message;
use std::{io::Write, path::Path};

/// Protobuf has no larger files.
const LARGEST: usize = (1 << 31) - 1;

/// Writes the encoder of a run.
///
/// # Errors
/// A run without a finished encoder, scores that are no numbers, a file that cannot be written.
pub fn write(run: &RunDir, path: &Path) -> Result<()> {
    let encoder = Encoder::load(&dia::part(run)?.join(files::ENCODER), &Device::Cpu)?;
    let model = model(&encoder, &About::of(run, &encoder)?)?;
    if model.encoded_len() > LARGEST {
        return Err(Error::user(
            "the file would be larger than the 2 GB that ONNX can hold",
            "use an encoder of smaller pictures, or one with fewer samples at test time",
        ));
    }
    let bytes = model.encode_to_vec();
    write_atomic(path, |file| file.write_all(&bytes))
}

fn model(encoder: &Encoder, about: &About) -> Result<proto::ModelProto> {
    let side = encoder.config.input_size;
    let mut graph = GraphBuilder::default();
    let pictures = graph.input("images", &[None, Some(3), Some(side), Some(side)], &about.input);
    let score = &encoder.config.run.score;
    let samples: Vec<_> = Extractor::new(encoder, score.samples, score.crop_area).draws().collect();
    let views = views::views(&mut graph, &pictures, side, encoder.config.run.dia.shift.kind(), &samples);
    let [z, f] = network::encode(&mut graph, &views, encoder)?;
    let [z, f] = [(z, PROJECTION), (f, SHIFTS)].map(|(x, width)| mean_of_samples(&mut graph, &x, samples.len(), width));
    let [sim, cls] = terms(&mut graph, &z, &f, encoder)?;
    let both = graph.apply("Add", &[&sim, &cls]);
    let normality = graph.reduce("ReduceMean", &both, 1, false);
    let score = graph.apply("Neg", &[&normality]);
    graph.output("score", &score, &[None], &about.score);
    graph.output("sim", &sim, &[None, Some(SHIFTS)], about::SIM);
    graph.output("cls", &cls, &[None, Some(SHIFTS)], about::CLS);
    Ok(proto::ModelProto {
        ir_version: Some(8),
        producer_name: about::PROGRAM.into(),
        producer_version: about::VERSION.into(),
        doc_string: about.text(),
        graph: Some(graph.finish("dissolving_is_amplifying")),
        opset_import: vec![proto::OperatorSetIdProto { domain: String::new(), version: Some(graph::OPSET) }],
        metadata_props: about
            .entries
            .iter()
            .map(|(key, value)| proto::StringStringEntryProto { key: (*key).into(), value: value.clone() })
            .collect(),
    })
}

/// (V N, width) to (K, N, width).
fn mean_of_samples(graph: &mut GraphBuilder, x: &Value, samples: usize, width: usize) -> Value {
    let by_sample = graph.reshape(x, &[samples as i64, SHIFTS as i64, -1, width as i64]);
    graph.reduce("ReduceMean", &by_sample, 0, false)
}

/// The two terms of Eq. 10 of each picture under each shift, (N, K), from z (K, N, D) and f (K, N, K).
fn terms(graph: &mut GraphBuilder, z: &Value, f: &Value, encoder: &Encoder) -> Result<[Value; 2]> {
    let (bank, scorer, _) = dia_scorer::of_bank(encoder)?;
    let (lambda_sim, lambda_cls) = scorer.weights();
    let [lambda_sim, lambda_cls] = [lambda_sim, lambda_cls].map(|of_shifts| of_shifts.map(|weight| weight as f32));
    if !lambda_sim.iter().chain(&lambda_cls).all(|weight| weight.is_finite()) {
        return Err(Error::user("the scores of this encoder are no numbers: it has learnt too little", "train it longer"));
    }
    let (normals, width) = (scorer.len(), bank.width());
    // (M, K, D) to (K, D, M)
    let places = (0..SHIFTS).flat_map(|k| (0..width).flat_map(move |d| (0..normals).map(move |m| (m * SHIFTS + k) * width + d)));
    let axes: Vec<f32> = places.map(|place| scorer.axes()[place]).collect();
    let axes = graph.floats("bank.axes", &[SHIFTS, width, normals], &axes);
    let likeness = graph.apply("MatMul", &[z, &axes]);
    let nearest = graph.reduce("ReduceMax", &likeness, 2, true);
    let lambda_sim = graph.floats("lambda_sim", &[SHIFTS, 1, 1], &lambda_sim);
    let sim = graph.apply("Mul", &[&nearest, &lambda_sim]);
    let own: Vec<f32> = (0..SHIFTS * SHIFTS).map(|i| if i % (SHIFTS + 1) == 0 { lambda_cls[i / SHIFTS] } else { 0.0 }).collect();
    let own = graph.floats("lambda_cls", &[SHIFTS, SHIFTS, 1], &own);
    let cls = graph.apply("MatMul", &[f, &own]);
    Ok([sim, cls].map(|term| {
        let term = graph.reshape(&term, &[SHIFTS as i64, -1]);
        graph.node("Transpose", &[&term], &[("perm", Attribute::Ints(vec![1, 0]))])
    }))
}
