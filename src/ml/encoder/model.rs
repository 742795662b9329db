//! The contrastive encoder: ResNet-18 with a projection head and a shift classifier.
//!
//! Parameters carry the names that users of torchvision know, below `backbone.`; the heads are `simclr_layer` and
//! `shift_cls_layer`. The setting `dia.width` makes it narrower or wider; 64 is ResNet-18. Pictures come in \[0, 1\] and are
//! normalised by (x - 0.5) / 0.5.

use super::{
    bank::{Bank, PROJECTION},
    shift::SHIFTS,
};
use crate::{
    config::{RunConfig, Stem},
    data::Dataset,
    error::{Error, Result},
    ml::base::checkpoint::{self, CheckpointMetadata},
    nn::{BatchNorm2d, Conv2d, Init, Linear, Params, Scope, max_pool_3x3_s2_p1, relu},
};
use candle_core::{DType, Device, Result as TensorResult, Tensor};
use std::path::Path;

/// What an encoder was built and trained with; travels in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderConfig {
    /// All settings of the run; the network's width among them (64 where a file is older than the setting).
    pub run: RunConfig,
    /// Width and height of the images it sees, px (resolved where the setting was automatic).
    pub input_size: usize,
    /// `Imagenet` or `Cifar`, resolved as well.
    pub stem: Stem,
    /// Which data set it learnt from ([`Dataset::fingerprint`]); empty where that is unknown.
    pub fingerprint: String,
}

impl EncoderConfig {
    /// Resolves the automatic stem.
    pub fn new(run: RunConfig, input_size: usize, fingerprint: String) -> Self {
        let stem = resolved_stem(run.dia.stem, input_size);
        Self { run, input_size, stem, fingerprint }
    }
}

/// `stem` itself, or the one that suits `input_size` px where it is automatic.
pub(crate) fn resolved_stem(stem: Stem, input_size: usize) -> Stem {
    match stem {
        Stem::Auto if input_size <= 32 => Stem::Cifar,
        Stem::Auto => Stem::Imagenet,
        given => given,
    }
}

/// The network with its weights; after training with the features of the training normals.
#[derive(Debug)]
pub struct Encoder {
    /// What it was built and trained with.
    pub config: EncoderConfig,
    /// Weights and running statistics, by name.
    pub params: Params,
    /// Features of the training normals; `None` before the end of its training.
    pub bank: Option<Bank>,
    net: Net,
}

impl Encoder {
    /// Weights initialised as torchvision does it, by the run's seed.
    ///
    /// # Errors
    /// Too little memory on the device.
    pub fn new(config: EncoderConfig, device: &Device) -> TensorResult<Self> {
        let params = Params::new(device, DType::F32, config.run.run.seed);
        let net = Net::new(&params.root(), config.stem, config.run.dia.width)?;
        Ok(Self { config, params, bank: None, net })
    }

    /// Pictures (N, 3, H, W) in \[0, 1\] to (z (N, 128), shift logits (N, 4)). `train`: batch statistics, which also move
    /// the running ones.
    ///
    /// # Errors
    /// An input of another shape, or too little memory.
    pub fn forward(&self, x: &Tensor, train: bool) -> TensorResult<(Tensor, Tensor)> {
        self.net.forward(x, train)
    }

    /// Local features of pictures (N, 3, H, W) in \[0, 1\], of any size: the outputs of the first `count` of its four stages, each
    /// (N, C, h, w); the first has `dia.width` channels and a quarter of the sides (with the stem of 224 px), each following one
    /// twice the channels and half the sides.
    ///
    /// # Errors
    /// An input of another shape, or too little memory.
    pub fn local_features(&self, x: &Tensor, count: usize) -> TensorResult<Vec<Tensor>> {
        self.net.stages(x, count, false)
    }

    /// Whether `data` are what it learnt from.
    pub fn has_learnt_from(&self, data: &Dataset) -> bool {
        data.fingerprint() == self.config.fingerprint
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        self.params.device()
    }

    /// Writes weights, running statistics, configuration and bank, atomically.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut tensors = self.params.snapshot()?;
        let mut metadata = CheckpointMetadata::from([
            ("kind".into(), "dia-encoder".into()),
            ("config".into(), self.config.run.to_toml()),
            ("side".into(), self.config.input_size.to_string()),
            ("stem".into(), if self.config.stem == Stem::Cifar { "cifar" } else { "imagenet" }.into()),
            ("fingerprint".into(), self.config.fingerprint.clone()),
        ]);
        if let Some(bank) = &self.bank {
            bank.store(&mut tensors, &mut metadata)?;
        }
        checkpoint::save(path, &tensors, &metadata)
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// Where the file is damaged or holds something else.
    pub fn load(path: &Path, device: &Device) -> Result<Self> {
        let (tensors, metadata) = checkpoint::load(path)?;
        let wrong = |what: &str| {
            Error::user(
                format!("{} is no encoder of this program: {what}", path.display()),
                "give an encoder.safetensors, or the folder of a finished DIA run",
            )
        };
        let entry = |key: &str| metadata.get(key).ok_or_else(|| wrong(&format!("its metadata lack {key:?}")));
        let run = RunConfig::from_toml(entry("config")?).map_err(|e| wrong(&e.to_string()))?;
        let input_size = entry("side")?.parse().map_err(|_| wrong("its input size is not a number"))?;
        let stem = match entry("stem")?.as_str() {
            "cifar" => Stem::Cifar,
            "imagenet" => Stem::Imagenet,
            other => return Err(wrong(&format!("unknown stem {other:?}"))),
        };
        let mut encoder = Self::new(EncoderConfig { run, input_size, stem, fingerprint: entry("fingerprint")?.clone() }, device)?;
        encoder.params.load(&tensors).map_err(|e| wrong(&e.to_string()))?;
        encoder.bank = Bank::restore(&tensors, &metadata).map_err(|e| wrong(&e))?;
        Ok(encoder)
    }
}

#[derive(Debug)]
struct Net {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    stem: Stem,
    blocks: Vec<BasicBlock>,
    projection: [Linear; 2],
    shift: Linear,
}

impl Net {
    /// `width`: channels of the first stage; the pooled feature has eight times as many.
    fn new(scope: &Scope, stem: Stem, width: usize) -> TensorResult<Self> {
        let backbone = scope.pp("backbone");
        let (kernel, stride) = if stem == Stem::Cifar { (3, 1) } else { (7, 2) };
        let mut blocks = Vec::new();
        for stage in 0..4 {
            let layer = backbone.pp(format!("layer{}", stage + 1));
            let output = width << stage;
            let (input, stride) = if stage == 0 { (width, 1) } else { (output / 2, 2) };
            blocks.push(BasicBlock::new(&layer.pp(0), input, output, stride)?);
            blocks.push(BasicBlock::new(&layer.pp(1), output, output, 1)?);
        }
        let feature = 8 * width;
        let projection = scope.pp("simclr_layer");
        Ok(Self {
            conv1: conv(&backbone.pp("conv1"), 3, width, kernel, stride)?,
            bn1: BatchNorm2d::new(&backbone.pp("bn1"), width)?,
            stem,
            blocks,
            projection: [
                Linear::new(&projection.pp(0), feature, feature, true)?,
                Linear::new(&projection.pp(2), feature, PROJECTION, true)?,
            ],
            shift: Linear::new(&scope.pp("shift_cls_layer"), feature, SHIFTS, true)?,
        })
    }

    fn forward(&self, x: &Tensor, train: bool) -> TensorResult<(Tensor, Tensor)> {
        let x = self.blocks.iter().try_fold(self.stem(x, train)?, |x, block| block.forward(&x, train))?;
        let feature = x.flatten_from(2)?.mean(2)?;
        let z = self.projection[1].forward(&relu(&self.projection[0].forward(&feature)?)?)?;
        Ok((z, self.shift.forward(&feature)?))
    }

    fn stem(&self, x: &Tensor, train: bool) -> TensorResult<Tensor> {
        let x = ((x - 0.5)? / 0.5)?;
        let x = self.bn1.forward_relu(&self.conv1.forward(&x)?, train)?;
        if self.stem == Stem::Cifar { Ok(x) } else { max_pool_3x3_s2_p1(&x) }
    }

    /// The outputs of the first `count` stages, two blocks each.
    fn stages(&self, x: &Tensor, count: usize, train: bool) -> TensorResult<Vec<Tensor>> {
        let mut x = self.stem(x, train)?;
        let mut outputs = Vec::with_capacity(count);
        for stage in self.blocks.chunks(2).take(count) {
            x = stage.iter().try_fold(x, |x, block| block.forward(&x, train))?;
            outputs.push(x.clone());
        }
        Ok(outputs)
    }
}

/// Two 3x3 convolutions with a shortcut, torchvision's block of the same name.
#[derive(Debug)]
struct BasicBlock {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    conv2: Conv2d,
    bn2: BatchNorm2d,
    downsample: Option<(Conv2d, BatchNorm2d)>,
}

impl BasicBlock {
    fn new(scope: &Scope, input: usize, output: usize, stride: usize) -> TensorResult<Self> {
        let downsample = if stride != 1 || input != output {
            let scope = scope.pp("downsample");
            Some((conv(&scope.pp(0), input, output, 1, stride)?, BatchNorm2d::new(&scope.pp(1), output)?))
        } else {
            None
        };
        Ok(Self {
            conv1: conv(&scope.pp("conv1"), input, output, 3, stride)?,
            bn1: BatchNorm2d::new(&scope.pp("bn1"), output)?,
            conv2: conv(&scope.pp("conv2"), output, output, 3, 1)?,
            bn2: BatchNorm2d::new(&scope.pp("bn2"), output)?,
            downsample,
        })
    }

    fn forward(&self, x: &Tensor, train: bool) -> TensorResult<Tensor> {
        let y = self.bn1.forward_relu(&self.conv1.forward(x)?, train)?;
        let y = self.conv2.forward(&y)?;
        let shortcut = match &self.downsample {
            Some((conv, bn)) => bn.forward(&conv.forward(x)?, train)?,
            None => x.clone(),
        };
        self.bn2.forward_add_relu(&y, &shortcut, train)
    }
}

/// A convolution without bias that keeps the size (but for its stride), begun as torchvision does: He et al. 2015, normal with
/// variance 2 / fan_out.
fn conv(scope: &Scope, input: usize, output: usize, kernel: usize, stride: usize) -> TensorResult<Conv2d> {
    let std = (2.0 / (output * kernel * kernel) as f64).sqrt();
    let weight = scope.var("weight", (output, input, kernel, kernel), Init::Normal(std))?;
    Ok(Conv2d { weight, bias: None, stride, padding: kernel / 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_encoder_comes_back_from_its_file_and_a_file_older_than_the_setting_is_64_wide() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("encoder.safetensors");
        let mut run = RunConfig::default();
        run.dia.width = 8;
        let encoder = Encoder::new(EncoderConfig::new(run, 32, String::new()), &Device::Cpu).unwrap();
        encoder.save(&path).unwrap();
        let again = Encoder::load(&path, &Device::Cpu).unwrap();
        assert_eq!(again.config, encoder.config);
        let x = Tensor::rand(0f32, 1.0, (2, 3, 32, 32), &Device::Cpu).unwrap();
        let [z, found] = [&encoder, &again].map(|e| e.forward(&x, false).unwrap().0.to_vec2::<f32>().unwrap());
        assert!(z == found && z[0].len() == PROJECTION);

        let old = RunConfig::default().to_toml().replace("width = 64\n", "");
        assert!(!old.contains("width ="));
        let run = RunConfig::from_toml(&old).unwrap();
        let params = Encoder::new(EncoderConfig::new(run, 64, String::new()), &Device::Cpu).unwrap().params.snapshot().unwrap();
        assert_eq!(params["backbone.layer4.1.conv2.weight"].dims(), [512, 512, 3, 3]);
    }
}
