//! A small network that judges single pixels by their features: three fully connected layers, trained to tell two kinds apart.

use crate::{
    error::{Error, Result},
    ml::base::checkpoint::Tensors,
    nn::{self, Adam, Linear, Params, relu},
    rng,
};
use candle_core::{DType, Device, Result as TensorResult, Tensor};
use rand::seq::SliceRandom;

/// Width of both hidden layers.
const HIDDEN: usize = 32;
/// Standardised features are cut here.
const FAR: f32 = 6.0;
/// Pixels of a step, passes over all of them, steps at least, peak learning rate of Adam (cosine to zero).
const BATCH: usize = 1024;
const EPOCHS: usize = 10;
const LEAST_STEPS: usize = 1500;
const LR: f64 = 3e-3;
/// Pixels judged in one product.
const CHUNK: usize = 1 << 16;

/// The network, with the mean and the deviation that features are standardised by.
pub struct PixelNet {
    mean: Vec<f32>,
    deviation: Vec<f32>,
    layers: [Linear; 3],
    params: Params,
}

/// Pixels to learn from: rows of features, and whether each is of the kind that is looked for.
#[derive(Debug, Default)]
pub struct Examples {
    /// Row after row.
    pub features: Vec<f32>,
    /// One a row.
    pub is_target: Vec<bool>,
}

impl PixelNet {
    fn new(count: usize, seed: u64) -> TensorResult<Self> {
        let params = Params::new(&Device::Cpu, DType::F32, seed);
        let root = params.root();
        let layers = [
            Linear::new(&root.pp(0), count, HIDDEN, true)?,
            Linear::new(&root.pp(1), HIDDEN, HIDDEN, true)?,
            Linear::new(&root.pp(2), HIDDEN, 1, true)?,
        ];
        Ok(Self { mean: vec![0.0; count], deviation: vec![1.0; count], layers, params })
    }

    /// Trains on pixels of `count` features each; the same seed gives the same network. `tick(step, steps)` may end it.
    ///
    /// # Errors
    /// No pixels, or whatever `tick` returns.
    pub fn train(examples: &Examples, count: usize, seed: u64, tick: &mut dyn FnMut(usize, usize) -> Result<()>) -> Result<Self> {
        let rows = examples.is_target.len();
        if rows == 0 || count == 0 {
            return Err(Error::user("no picture has content to learn from", "look at the pictures: are they all black?"));
        }
        let mut net = Self::new(count, seed)?;
        for (i, (mean, deviation)) in net.mean.iter_mut().zip(&mut net.deviation).enumerate() {
            let of = || examples.features.iter().skip(i).step_by(count).map(|&v| f64::from(v));
            let m = of().sum::<f64>() / rows as f64;
            *mean = m as f32;
            *deviation = ((of().map(|v| (v - m).powi(2)).sum::<f64>() / rows as f64).sqrt() as f32).max(1e-6);
        }
        let mut adam = Adam::new(net.params.trainable(), (0.9, 0.999), 1e-8)?;
        let per_epoch = rows.div_ceil(BATCH);
        let mut order: Vec<usize> = (0..rows).collect();
        let steps = (EPOCHS * per_epoch).max(LEAST_STEPS);
        for step in 0..steps {
            if step % per_epoch == 0 {
                order.shuffle(&mut rng::stream(seed, "pixel-order", (step / per_epoch) as u64));
            }
            let batch = order.iter().skip(step % per_epoch * BATCH).take(BATCH);
            let (mut features, mut targets) = (Vec::with_capacity(BATCH * count), Vec::with_capacity(BATCH));
            for &row in batch {
                features.extend_from_slice(&examples.features[row * count..][..count]);
                targets.push(f32::from(u8::from(examples.is_target[row])));
            }
            let targets = Tensor::from_vec(targets.clone(), (targets.len(), 1), &Device::Cpu)?;
            let _tape = nn::Tape::start();
            let logits = net.forward(features)?;
            // Binary cross-entropy of logits, in the form that does not overflow.
            let soft = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
            let loss = ((relu(&logits)? - (&logits * &targets)?)? + soft)?.mean_all()?;
            let lr = LR * 0.5 * (1.0 + (std::f64::consts::PI * step as f64 / steps as f64).cos());
            adam.step(&nn::backward(&loss, &net.params)?, lr)?;
            if step % 64 == 0 {
                tick(step, steps)?;
            }
        }
        Ok(net)
    }

    /// Features of a pixel that it takes.
    pub fn inputs(&self) -> usize {
        self.mean.len()
    }

    /// Logits (N, 1) of N rows of raw features.
    fn forward(&self, mut features: Vec<f32>) -> TensorResult<Tensor> {
        let count = self.mean.len();
        for row in features.chunks_exact_mut(count) {
            for ((v, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *v = ((*v - mean) / deviation).clamp(-FAR, FAR);
            }
        }
        let x = Tensor::from_vec(features.clone(), (features.len() / count, count), &Device::Cpu)?;
        let x = relu(&self.layers[0].forward(&x)?)?;
        let x = relu(&self.layers[1].forward(&x)?)?;
        self.layers[2].forward(&x)
    }

    /// The logit of each of `pixels`, whose features are planes, as [`features`](super::pixel_features::features) gives them.
    ///
    /// # Errors
    /// Too little memory.
    pub fn logits(&self, planes: &[Vec<f32>], pixels: &[usize]) -> Result<Vec<f32>> {
        let mut logits = Vec::with_capacity(pixels.len());
        for chunk in pixels.chunks(CHUNK) {
            let rows = chunk.iter().flat_map(|&i| planes.iter().map(move |plane| plane[i])).collect();
            logits.extend(self.forward(rows)?.detach().flatten_all()?.to_vec1::<f32>()?);
        }
        Ok(logits)
    }

    /// Weights, mean and deviation by name.
    ///
    /// # Errors
    /// Too little memory.
    pub fn tensors(&self) -> Result<Tensors> {
        let mut tensors = self.params.snapshot()?;
        for (name, values) in [("mean", &self.mean), ("deviation", &self.deviation)] {
            tensors.insert(name.into(), Tensor::new(values.as_slice(), &Device::Cpu)?);
        }
        Ok(tensors)
    }

    /// Reads what [`tensors`](Self::tensors) gave; `None` where it is something else.
    pub fn from_tensors(tensors: &Tensors) -> Option<Self> {
        let values = |name: &str| tensors.get(name)?.to_vec1::<f32>().ok();
        let (mean, deviation) = (values("mean")?, values("deviation")?);
        let net = Self::new(mean.len(), 0).ok().filter(|_| mean.len() == deviation.len())?;
        net.params.load(tensors).ok()?;
        Some(Self { mean, deviation, ..net })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;

    #[test]
    fn a_ring_is_told_from_its_inside_and_the_network_comes_back_from_its_tensors() {
        let mut rng = rng::stream(3, "test", 0);
        let mut examples = Examples::default();
        for _ in 0..6000 {
            let (x, y): (f32, f32) = (rng.random_range(-2.0..2.0), rng.random_range(-2.0..2.0));
            examples.features.extend([x, y]);
            examples.is_target.push(x.hypot(y) > 1.2);
        }
        let net = PixelNet::train(&examples, 2, 5, &mut |_, _| Ok(())).unwrap();
        let planes = [0, 1].map(|i| examples.features.iter().skip(i).step_by(2).copied().collect::<Vec<f32>>());
        let all: Vec<usize> = (0..6000).collect();
        let logits = net.logits(&planes, &all).unwrap();
        let right = logits.iter().zip(&examples.is_target).filter(|(logit, is)| (**logit > 0.0) == **is).count();
        assert!(right > 5700, "{right} of 6000");
        let again = PixelNet::from_tensors(&net.tensors().unwrap()).unwrap();
        assert_eq!(again.logits(&planes, &all).unwrap(), logits);
        assert!(PixelNet::from_tensors(&Tensors::new()).is_none());
    }

    #[test]
    fn nothing_to_learn_from_is_an_error_and_a_stop_is_heard() {
        assert!(PixelNet::train(&Examples::default(), 3, 0, &mut |_, _| Ok(())).is_err());
        let some = Examples { features: vec![0.0; 20], is_target: vec![true; 10] };
        assert!(matches!(PixelNet::train(&some, 2, 0, &mut |_, _| Err(Error::Stopped)), Err(Error::Stopped)));
    }
}
