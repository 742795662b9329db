//! The encoder as nodes. The running statistics of its batch normalisations are part of the convolutions before them.

use super::graph::{Attribute, GraphBuilder, Value};
use crate::{
    config::Stem,
    error::Result,
    ml::encoder::{bank::PROJECTION, model::Encoder, shift::SHIFTS},
    nn::BatchNorm2d,
};
use candle_core::{Error as TensorError, Result as TensorResult, Tensor};
use std::collections::BTreeMap;

/// Views (B, 3, side, side) to the projections z (B, 128) and the shift logits f (B, K).
///
/// # Errors
/// Weights of another network.
pub fn encode(graph: &mut GraphBuilder, views: &Value, encoder: &Encoder) -> Result<[Value; 2]> {
    let mut network = Network { graph, weights: encoder.params.snapshot()? };
    Ok(network.forward(views, encoder.config.stem, encoder.config.run.dia.width)?)
}

struct Network<'a> {
    graph: &'a mut GraphBuilder,
    weights: BTreeMap<String, Tensor>,
}

impl Network<'_> {
    fn forward(&mut self, views: &Value, stem: Stem, width: usize) -> TensorResult<[Value; 2]> {
        let half = self.graph.scalar(0.5);
        let x = self.graph.apply("Sub", &[views, &half]);
        let x = self.graph.apply("Div", &[&x, &half]);
        let stride = if stem == Stem::Cifar { 1 } else { 2 };
        let x = self.conv(&x, "backbone.conv1", "backbone.bn1", stride)?;
        let mut x = self.graph.apply("Relu", &[&x]);
        if stem != Stem::Cifar {
            let sizes = [("kernel_shape", vec![3; 2]), ("strides", vec![2; 2]), ("pads", vec![1; 4])];
            x = self.graph.node("MaxPool", &[&x], &sizes.map(|(name, ints)| (name, Attribute::Ints(ints))));
        }
        for (stage, block) in (0..4).flat_map(|stage| [(stage, 0), (stage, 1)]) {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            x = self.block(&x, &format!("backbone.layer{}.{block}", stage + 1), stride)?;
        }
        let x = self.graph.apply("GlobalAveragePool", &[&x]);
        let pooled = self.graph.node("Flatten", &[&x], &[("axis", Attribute::Int(1))]);
        let hidden = self.linear(&pooled, "simclr_layer.0", [8 * width; 2])?;
        let hidden = self.graph.apply("Relu", &[&hidden]);
        let z = self.linear(&hidden, "simclr_layer.2", [PROJECTION, 8 * width])?;
        Ok([z, self.linear(&pooled, "shift_cls_layer", [SHIFTS, 8 * width])?])
    }

    /// Two convolutions with a shortcut.
    fn block(&mut self, x: &Value, name: &str, stride: i64) -> TensorResult<Value> {
        let part = |part: &str| format!("{name}.{part}");
        let y = self.conv(x, &part("conv1"), &part("bn1"), stride)?;
        let y = self.graph.apply("Relu", &[&y]);
        let y = self.conv(&y, &part("conv2"), &part("bn2"), 1)?;
        let shortcut = match self.weights.contains_key(&part("downsample.0.weight")) {
            true => self.conv(x, &part("downsample.0"), &part("downsample.1"), stride)?,
            false => x.clone(),
        };
        let sum = self.graph.apply("Add", &[&y, &shortcut]);
        Ok(self.graph.apply("Relu", &[&sum]))
    }

    /// A convolution that keeps the size (but for its stride), and the batch normalisation after it.
    fn conv(&mut self, x: &Value, conv: &str, norm: &str, stride: i64) -> TensorResult<Value> {
        let kernel = self.weight(&format!("{conv}.weight"))?;
        let (shape, mut weights) = (kernel.dims().to_vec(), kernel.flatten_all()?.to_vec1::<f32>()?);
        let of = |part: &str| self.weight(&format!("{norm}.{part}"))?.to_vec1::<f32>();
        let (gamma, beta, mean, variance) = (of("weight")?, of("bias")?, of("running_mean")?, of("running_var")?);
        let mut bias = Vec::with_capacity(beta.len());
        let per_channel = weights.len() / beta.len().max(1);
        for (channel, kernel) in weights.chunks_exact_mut(per_channel.max(1)).enumerate() {
            let scale = f64::from(gamma[channel]) / (f64::from(variance[channel]) + BatchNorm2d::EPS).sqrt();
            kernel.iter_mut().for_each(|w| *w = (f64::from(*w) * scale) as f32);
            bias.push((f64::from(beta[channel]) - f64::from(mean[channel]) * scale) as f32);
        }
        let side = shape.last().map_or(1, |&side| side as i64);
        let kernel = self.graph.floats(&format!("{conv}.weight"), &shape, &weights);
        let bias = self.graph.floats(&format!("{conv}.bias"), &[bias.len()], &bias);
        let sizes = [("kernel_shape", [side; 2].to_vec()), ("strides", vec![stride; 2]), ("pads", vec![side / 2; 4])];
        // Not every runtime knows that there is none where none is named.
        let sizes = sizes.into_iter().chain([("dilations", vec![1; 2])]);
        let attributes: Vec<_> = sizes.map(|(name, ints)| (name, Attribute::Ints(ints))).collect();
        Ok(self.graph.node("Conv", &[x, &kernel, &bias], &attributes))
    }

    /// `shape`: output, input.
    fn linear(&mut self, x: &Value, name: &str, shape: [usize; 2]) -> TensorResult<Value> {
        let values = |part: &str| self.weight(&format!("{name}.{part}"))?.flatten_all()?.to_vec1::<f32>();
        let (weight, bias) = (values("weight")?, values("bias")?);
        let weight = self.graph.floats(&format!("{name}.weight"), &shape, &weight);
        let bias = self.graph.floats(&format!("{name}.bias"), &shape[..1], &bias);
        Ok(self.graph.node("Gemm", &[x, &weight, &bias], &[("transB", Attribute::Int(1))]))
    }

    fn weight(&self, name: &str) -> TensorResult<&Tensor> {
        self.weights.get(name).ok_or_else(|| TensorError::msg(format!("the weights lack {name:?}")))
    }
}
