//! Loss and gradient of a step of the encoder, with its views in parts where all at once would not fit in memory (gradient
//! caching: Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup").
//!
//! Each part is embedded by itself; the loss is that of all embeddings; then each part is embedded once more, and the gradient of
//! the loss for its embeddings goes back through it. This is the gradient of the same loss, but that batch norm uses the statistics
//! of a part, which has all views of some of the images; its running statistics move once a part.

use crate::{
    ml::encoder::{loss::Loss, model::Encoder},
    nn::{self, Grads, Tape},
};
use candle_core::{Result, Tensor, Var, bail};

/// The losses of a step: scalars, on the encoder's device.
#[derive(Debug)]
pub struct Losses {
    /// `L_con`
    pub contrastive: Tensor,
    /// `L_cls`
    pub classification: Tensor,
    /// `contrastive + lambda * classification`
    pub total: Tensor,
}

impl Losses {
    fn new(loss: &Loss, z: &Tensor, logits: &Tensor, labels: &Tensor) -> Result<Self> {
        let contrastive = loss.contrastive(z)?;
        let classification = loss.classification(logits, labels)?;
        let total = (&contrastive + (&classification * loss.lambda)?)?;
        Ok(Self { contrastive, classification, total })
    }
}

/// Loss and gradient on `views` (branches*K*B, 3, H, W), in the order of [`views`](crate::ml::encoder::views), with their shift
/// `labels` (branches*K*B), in at most this many `parts`, `1..=B`. Moves the running statistics of batch norm.
///
/// # Errors
/// Shapes that do not fit, or too little memory.
pub fn loss_and_gradient(
    encoder: &Encoder,
    loss: &Loss,
    views: &Tensor,
    labels: &Tensor,
    images: usize,
    parts: usize,
) -> Result<(Losses, Grads)> {
    if parts <= 1 || images <= 1 {
        let _tape = Tape::start();
        let (z, logits) = encoder.forward(views, true)?;
        let losses = Losses::new(loss, &z, &logits, labels)?;
        let grads = nn::backward(&losses.total, &encoder.params)?;
        return Ok((losses, grads));
    }
    let parts = Parts::new(views, images, parts)?;
    let mut embedded = [Vec::new(), Vec::new()];
    for part in &parts.places {
        // What the tape has written down is dropped with it: no more than a part is in memory.
        let _tape = Tape::start();
        let (z, logits) = encoder.forward(&views.index_select(part, 0)?, true)?;
        embedded.iter_mut().zip([z, logits]).for_each(|(all, part)| all.push(part.detach()));
    }
    let [z, logits] = embedded.map(|part| Var::from_tensor(&Tensor::cat(&part, 0)?.index_select(&parts.back, 0)?));
    let (z, logits) = (z?, logits?);
    let losses = Losses::new(loss, &z, &logits, labels)?;
    let store = losses.total.backward()?;
    let (Some(dz), Some(dlogits)) = (store.get(&z), store.get(&logits)) else { bail!("the loss does not depend on the views") };

    let running = encoder.params.buffers();
    let moved = running.iter().map(|(_, statistic)| statistic.copy()).collect::<Result<Vec<_>>>()?;
    let mut grads = Grads::default();
    for part in &parts.places {
        let _tape = Tape::start();
        let (z, logits) = encoder.forward(&views.index_select(part, 0)?, true)?;
        let along = |x: &Tensor, dx: &Tensor| (x * dx.detach().index_select(part, 0)?)?.sum_all();
        grads.add(&nn::backward(&(along(&z, dz)? + along(&logits, dlogits)?)?, &encoder.params)?)?;
    }
    // They have moved by each part already.
    running.iter().zip(&moved).try_for_each(|((_, statistic), moved)| statistic.set(moved))?;
    Ok((losses, grads))
}

/// Which views are in each part: all those of some images, so that the statistics of batch norm are of all branches and shifts.
struct Parts {
    places: Vec<Tensor>,
    /// Where each view is when the parts lie end to end.
    back: Tensor,
}

impl Parts {
    fn new(views: &Tensor, images: usize, parts: usize) -> Result<Self> {
        let (count, device) = (views.dim(0)?, views.device());
        let each = images.div_ceil(parts.min(images));
        let of = |first: usize| (0..count as u32).filter(move |view| (first..first + each).contains(&(*view as usize % images)));
        let places: Vec<Vec<u32>> = (0..images).step_by(each).map(|first| of(first).collect()).collect();
        let mut back = vec![0u32; count];
        (0..).zip(places.iter().flatten()).for_each(|(at, view)| back[*view as usize] = at);
        let tensor = |places: Vec<u32>| Tensor::new(places, device);
        Ok(Self { places: places.into_iter().map(tensor).collect::<Result<_>>()?, back: tensor(back)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{DiaConfig, RunConfig},
        ml::encoder::{model::EncoderConfig, views::shift_labels},
    };
    use candle_core::{Device, IndexOp};

    const IMAGES: usize = 5;
    const SIDE: usize = 16;

    fn encoder(width: usize) -> Encoder {
        let run = RunConfig { dia: DiaConfig { width, ..DiaConfig::default() }, ..RunConfig::default() };
        Encoder::new(EncoderConfig::new(run, SIDE, String::new()), &Device::Cpu).unwrap()
    }

    fn views() -> (Tensor, Tensor) {
        let labels = shift_labels(3, IMAGES);
        let count = labels.len();
        let values = (0..count * 3 * SIDE * SIDE).map(|i| ((i * 7919 % 1009) as f32 / 1009.0 + (i / 768) as f32 / 60.0).fract());
        let views = Tensor::from_iter(values, &Device::Cpu).unwrap().reshape((count, 3, SIDE, SIDE)).unwrap();
        (views, Tensor::new(labels, &Device::Cpu).unwrap())
    }

    fn far(a: &Tensor, b: &Tensor) -> f32 {
        let norm = |x: &Tensor| x.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap().sqrt();
        norm(&(a - b).unwrap()) / norm(b).max(1e-6)
    }

    /// Runs one network on the parts one after the other, but with one graph over all of them.
    #[test]
    fn the_gradient_is_that_of_one_graph_over_all_parts() {
        let (views, labels) = views();
        let loss = Loss::new(&DiaConfig::default());
        let (cached, whole) = (encoder(8), encoder(8));
        let (losses, grads) = loss_and_gradient(&cached, &loss, &views, &labels, IMAGES, 2).unwrap();

        let parts = Parts::new(&views, IMAGES, 2).unwrap();
        assert_eq!(
            parts.places.iter().map(|part| part.elem_count()).collect::<Vec<_>>(),
            [36, 24],
            "all views of three images, of two"
        );
        let tape = Tape::start();
        let embedded = parts.places.iter().map(|part| whole.forward(&views.index_select(part, 0).unwrap(), true).unwrap());
        let (z, logits): (Vec<Tensor>, Vec<Tensor>) = embedded.unzip();
        let all = |parts_: Vec<Tensor>| Tensor::cat(&parts_, 0).unwrap().index_select(&parts.back, 0).unwrap();
        let expected = Losses::new(&loss, &all(z), &all(logits), &labels).unwrap();
        let graph = nn::backward(&expected.total, &whole.params).unwrap();
        drop(tape);

        assert!(far(&losses.total, &expected.total) < 1e-6);
        assert_eq!(grads.iter().count(), graph.iter().count());
        for (name, expected) in graph.iter() {
            let off = far(grads.get(name).unwrap(), expected);
            assert!(off < 1e-4, "{name}: {off}");
        }
        // The running statistics have moved once a part.
        for ((name, cached), (_, whole)) in cached.params.buffers().iter().zip(whole.params.buffers()) {
            let [cached, whole] = [cached.as_tensor(), whole.as_tensor()].map(|t| t.to_dtype(candle_core::DType::F32).unwrap());
            assert!(far(&cached, &whole) < 1e-6, "{name}");
        }
    }

    /// Apart from batch norm, the parts change little: the loss stays near that of all views at once.
    #[test]
    fn parts_are_near_the_whole_and_more_than_images_are_one_each() {
        let (views, labels) = views();
        let loss = Loss::new(&DiaConfig::default());
        let total = |parts| {
            let (losses, grads) = loss_and_gradient(&encoder(8), &loss, &views, &labels, IMAGES, parts).unwrap();
            assert!(
                grads.iter().all(|(_, grad)| grad.flatten_all().unwrap().i(0).unwrap().to_scalar::<f32>().unwrap().is_finite())
            );
            losses.total.to_scalar::<f32>().unwrap()
        };
        let whole = total(1);
        assert!((total(2) - whole).abs() < 0.05 * whole);
        assert_eq!(total(5), total(99));
    }
}
