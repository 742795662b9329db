//! Dissolved images beside each other: other images, other methods at matched strength, other resolutions.

use super::{
    dissolved::Dissolved,
    request::{ImageSource, Recipe},
    session::DissolveSession,
};
use crate::{
    config::{DissolveMethod, Tiling},
    engine::display::raster::nothing,
    error::{Failure, Result},
    gpu::Raster,
    ml::dissolve::matched_strength,
};
use std::sync::Arc;

/// The last t of the slider.
pub const T_MAX: usize = 999;

/// One of several dissolved images beside each other.
#[derive(Debug, Clone)]
pub struct ComparisonPanel {
    /// What it differs by: an image's name, a method with its setting, a resolution in px.
    pub label: String,
    /// A blank where it cannot be read.
    pub original: Arc<Raster>,
    /// The dissolved image, or why there is none.
    pub dissolved: Result<Dissolved, Failure>,
}

impl DissolveSession {
    /// The image dissolved, under this label; `None` where `is_stale` says that nobody waits for it any more. Where it is large,
    /// by tiles as far as it is kept large enough beside others.
    pub fn panel(
        &mut self,
        source: &ImageSource,
        recipe: &Recipe,
        label: String,
        is_stale: &dyn Fn() -> bool,
    ) -> Option<ComparisonPanel> {
        let dissolved = match self.is_enough_for_tiles(source, recipe) {
            Ok(true) => self.dissolve_unless(source, recipe, is_stale).transpose()?,
            Ok(false) => self.dissolve(source, &recipe.whole()),
            Err(e) => Err(e),
        };
        Some(self.panel_of(source, label, dissolved))
    }

    /// The image dissolved by another method, set so that it changes the image as much as the recipe does on average; both of the
    /// whole picture.
    pub fn matched(&mut self, source: &ImageSource, recipe: &Recipe, method: DissolveMethod) -> ComparisonPanel {
        let name = method_name(method);
        match self.match_strength(source, &recipe.whole(), method) {
            Ok((setting, dissolved)) => self.panel_of(source, format!("{name}, {setting}"), Ok(dissolved)),
            Err(e) => self.panel_of(source, name.into(), Err(e)),
        }
    }

    fn panel_of(&mut self, source: &ImageSource, label: String, dissolved: Result<Dissolved>) -> ComparisonPanel {
        let original = self.original(source).map_or_else(|_| nothing(), |original| original.raster);
        ComparisonPanel { label, original, dissolved: dissolved.map_err(Failure::from) }
    }

    fn match_strength(&mut self, source: &ImageSource, recipe: &Recipe, method: DissolveMethod) -> Result<(String, Dissolved)> {
        let own = self.dissolve(source, recipe)?;
        if method == recipe.method {
            return Ok((setting_name(method, recipe.t, 0), own));
        }
        let target = own.change.all;
        let resolution = self.resolution(recipe)?;
        // From weak to strong: the setting number of each method.
        let settings = match method {
            DissolveMethod::Diffusion => {
                let timesteps = self.timesteps(&Recipe { method, ..recipe.clone() })?;
                0..=timesteps.map_or(T_MAX, |n| n - 1).min(T_MAX)
            }
            DissolveMethod::Gaussian(_) => 0..=resolution / 2 - 1,
            DissolveMethod::Median(_) => 0..=resolution / 4,
            DissolveMethod::Resample | DissolveMethod::None => 0..=resolution - 2,
        };
        let with = |i: usize| {
            let (method, resolution, t) = match method {
                DissolveMethod::Diffusion => (method, recipe.resolution, i),
                DissolveMethod::Gaussian(_) => (DissolveMethod::Gaussian(2 * i + 1), resolution, 0),
                DissolveMethod::Median(_) => (DissolveMethod::Median(2 * i + 1), resolution, 0),
                DissolveMethod::Resample | DissolveMethod::None => (DissolveMethod::Resample, resolution - i, 0),
            };
            Recipe { method, resolution, t, tile: Tiling::Off, model: recipe.model.clone() }
        };
        let (best, _) = matched_strength::nearest(settings, target, |i| Ok(self.dissolve(source, &with(i))?.change.all))?;
        let best = with(best);
        Ok((setting_name(best.method, best.t, best.resolution), self.dissolve(source, &best)?))
    }
}

fn method_name(method: DissolveMethod) -> &'static str {
    match method {
        DissolveMethod::Diffusion => "Diffusion",
        DissolveMethod::Gaussian(_) => "Gaussian",
        DissolveMethod::Median(_) => "Median",
        DissolveMethod::Resample => "Resize",
        DissolveMethod::None => "None",
    }
}

fn setting_name(method: DissolveMethod, t: usize, resolution: usize) -> String {
    match method {
        DissolveMethod::Diffusion => format!("t = {t}"),
        DissolveMethod::Gaussian(k) | DissolveMethod::Median(k) => format!("kernel {k} px"),
        DissolveMethod::Resample | DissolveMethod::None if resolution == 0 => "as set".into(),
        DissolveMethod::Resample | DissolveMethod::None => format!("to {resolution} px"),
    }
}
