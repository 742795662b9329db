//! One way to dissolve, with all its settings: the diffusion model or a filter, at a low resolution.

use super::filters;
use crate::{
    config::{DiaConfig, DissolveMethod, EqualChannels, Twin},
    error::{Error, NextStep, Result},
    ml::{base::resize::at_resolution, diffusion::model::DiffusionModel},
};
use candle_core::Tensor;
use std::sync::Arc;

/// The resolution where nothing says another; the paper's.
pub const DEFAULT_RESOLUTION: usize = 32;

/// One way to dissolve with all its settings. Cheap to clone, shared between threads.
#[derive(Clone)]
pub struct Dissolver {
    operator: Operator,
    resolution: usize,
    equal_channels: bool,
    twin: Twin,
}

#[derive(Clone)]
enum Operator {
    Diffusion(Arc<DiffusionModel>),
    Gaussian(usize),
    Median(usize),
    Resample,
}

impl Dissolver {
    /// By a diffusion model, at its own resolution.
    pub fn with_model(model: Arc<DiffusionModel>, equal_channels: bool) -> Self {
        let resolution = model.info().config.size;
        Self { operator: Operator::Diffusion(model), resolution, equal_channels, twin: Twin::Plain }
    }

    /// `resolution` 0: that of the model, or 32. `equal_channels`: the result's channels are averaged, so that the network's
    /// slight tint does not give dissolved grey images away.
    ///
    /// Returns `None` for [`DissolveMethod::None`].
    ///
    /// # Errors
    /// Diffusion without a model.
    pub fn new(
        method: DissolveMethod,
        model: Option<Arc<DiffusionModel>>,
        resolution: usize,
        equal_channels: bool,
    ) -> Result<Option<Self>> {
        let mut default = DEFAULT_RESOLUTION;
        let operator = match method {
            DissolveMethod::None => return Ok(None),
            DissolveMethod::Gaussian(k) => Operator::Gaussian(k),
            DissolveMethod::Median(k) => Operator::Median(k),
            DissolveMethod::Resample => Operator::Resample,
            DissolveMethod::Diffusion => {
                let model = model.ok_or_else(|| {
                    Error::user("dissolving by diffusion needs a diffusion model", NextStep::ModelOrOtherMethod)
                })?;
                default = model.info().config.size;
                Operator::Diffusion(model)
            }
        };
        let resolution = if resolution == 0 { default } else { resolution };
        Ok(Some(Self { operator, resolution, equal_channels, twin: Twin::Plain }))
    }

    /// By the settings of a run; `grey`: the data are grey.
    ///
    /// # Errors
    /// Diffusion without a model.
    pub fn from_config(config: &DiaConfig, model: Option<Arc<DiffusionModel>>, grey: bool) -> Result<Option<Self>> {
        let equal_channels = match config.equal_channels {
            EqualChannels::Auto => grey,
            EqualChannels::On => true,
            EqualChannels::Off => false,
        };
        let plain = Self::new(config.dissolve, model, config.resolution, equal_channels)?;
        Ok(plain.map(|dissolver| Self { twin: config.twin, ..dissolver }))
    }

    /// What a dissolved image is where dissolving resizes.
    pub fn twin(&self) -> Twin {
        self.twin
    }

    /// This dissolver at another resolution, px.
    pub fn at_resolution(self, resolution: usize) -> Self {
        Self { resolution, ..self }
    }

    /// The resolution R of dissolving, px.
    pub fn resolution(&self) -> usize {
        self.resolution
    }

    /// How it dissolves.
    pub fn method(&self) -> DissolveMethod {
        match self.operator {
            Operator::Diffusion(_) => DissolveMethod::Diffusion,
            Operator::Gaussian(k) => DissolveMethod::Gaussian(k),
            Operator::Median(k) => DissolveMethod::Median(k),
            Operator::Resample => DissolveMethod::Resample,
        }
    }

    /// The diffusion model behind it, where there is one.
    pub fn model(&self) -> Option<&Arc<DiffusionModel>> {
        if let Operator::Diffusion(model) = &self.operator { Some(model) } else { None }
    }

    /// How far beyond a pixel a filter looks, px; 0 of a network, which sees what it is given as a whole.
    pub fn reach(&self) -> usize {
        match self.operator {
            Operator::Gaussian(k) | Operator::Median(k) => k / 2,
            Operator::Diffusion(_) | Operator::Resample => 0,
        }
    }

    /// Whether the result's channels are averaged.
    pub fn equal_channels(&self) -> bool {
        self.equal_channels
    }

    /// Whether `t` makes a difference.
    pub fn uses_t(&self) -> bool {
        self.model().is_some()
    }

    /// Dissolves `x (B, 3, H, W)` in \[0, 1\], image i at step `t[i]` (filters ignore `t`). Same input, same output.
    ///
    /// # Errors
    /// A timestep or a resolution that the model does not have.
    pub fn dissolve(&self, x: &Tensor, t: &[usize]) -> Result<Tensor> {
        let y = match &self.operator {
            Operator::Diffusion(model) => model.dissolve_at(x, t, self.resolution)?,
            Operator::Gaussian(k) => at_resolution(x, self.resolution, |x| Ok(filters::gaussian(x, *k)?))?,
            Operator::Median(k) => at_resolution(x, self.resolution, |x| Ok(filters::median(x, *k)?))?,
            Operator::Resample => at_resolution(x, self.resolution, |x| Ok(x.clone()))?,
        };
        let y = match self.twin {
            Twin::Plain => y,
            // Resizing is linear: enlarging the change is the same as taking the enlarged images apart.
            Twin::Residual => {
                let resized = at_resolution(x, self.resolution, |x| Ok(x.clone()))?;
                ((x + y)? - resized)?.clamp(0f32, 1f32)?
            }
        };
        let y = if self.equal_channels { y.mean_keepdim(1)?.expand(y.shape())?.contiguous()? } else { y };
        Ok(y)
    }
}

/// Mean absolute change of each image: `mean |a - b|` of `(B, C, H, W)` over all but B.
///
/// # Errors
/// Shapes that differ.
pub fn residual(a: &Tensor, b: &Tensor) -> Result<Vec<f32>> {
    Ok((a - b)?.abs()?.flatten_from(1)?.mean(1)?.to_vec1()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn a_residual_twin_keeps_what_resizing_alone_takes() {
        let device = Device::Cpu;
        let values: Vec<f32> = (0..3 * 64 * 64).map(|i| 0.2 + 0.6 * ((i * 31 % 97) as f32 / 97.0)).collect();
        let x = Tensor::from_vec(values, (1, 3, 64, 64), &device).unwrap();
        let of = |method, twin| {
            let config = DiaConfig { dissolve: method, twin, ..DiaConfig::default() };
            Dissolver::from_config(&config, None, false).unwrap().unwrap().dissolve(&x, &[0]).unwrap()
        };
        let change = |y: &Tensor| residual(&x, y).unwrap()[0];
        assert!(change(&of(DissolveMethod::Resample, Twin::Plain)) > 0.05);
        assert!(change(&of(DissolveMethod::Resample, Twin::Residual)) < 1e-6, "resizing changes nothing then");
        let blurred = of(DissolveMethod::Gaussian(7), Twin::Residual);
        assert!(change(&blurred) > 1e-3 && change(&blurred) < change(&of(DissolveMethod::Gaussian(7), Twin::Plain)));
    }
}
