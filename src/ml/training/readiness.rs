//! Is a diffusion model good enough to train DIA on? A poor one is the best-known cause of failed reproductions: dissolved
//! normals must keep their structure, lose some detail but not all of it, and its samples must not be noise.

use super::{
    dissolve_stats::{DissolveStats, detail, dissolve_stats},
    preview::SAMPLING,
};
use crate::{
    data::PixelStore,
    error::Result,
    ml::{
        base::readiness::{Readiness, ReadinessCheck},
        diffusion::{
            model::{CHANNELS, DiffusionModel},
            sampler::sample,
        },
    },
};

/// Least correlation of a dissolved normal with itself; tiles hold less that is coarse.
const STRUCTURE: f64 = 0.9;
const STRUCTURE_OF_TILES: f64 = 0.75;
/// Share of the fine detail that may stay at most.
const DETAIL: f64 = 0.95;
/// Mean |change| of a pixel, \[0, 1\]: below, nothing is dissolved; above, it is another image.
const CHANGE: [f64; 2] = [0.002, 0.12];
/// Samples may have this much more fine detail than images have; noise has several times as much.
const ROUGHNESS: f64 = 2.0;
const SAMPLES: usize = 4;

impl Readiness {
    /// Judges the statistics of dissolving (in the order of t) and, where the model can be sampled from, `roughness`: the
    /// samples' fine detail relative to that of images.
    pub fn judge(step: usize, stats: &[DissolveStats], roughness: Option<f64>, of_tiles: bool) -> Self {
        let structure = if of_tiles { STRUCTURE_OF_TILES } else { STRUCTURE };
        let mut checks = Vec::new();
        let mut check = |name: &str, share: f64, passed: bool, found: String, advice: &str| {
            let share = if passed { 1.0 } else { share.clamp(0.0, 0.99) };
            checks.push(ReadinessCheck { name: name.into(), share, passed, found, advice: advice.into() });
        };
        const LONGER: &str = "Train it longer: more steps. The curve should be flat at the end.";
        if let (Some(first), Some(last)) = (stats.first(), stats.last()) {
            let DissolveStats { t, correlation, high_frequency_kept, mean_abs_change } = *last;
            check(
                "Keeps structure",
                correlation / structure,
                correlation >= structure,
                format!("correlation with the image {correlation:.3} at t = {t} (wanted: at least {structure})"),
                LONGER,
            );
            let falls = high_frequency_kept <= first.high_frequency_kept;
            check(
                "Takes detail away",
                (1.0 - high_frequency_kept).max(0.0) / (1.0 - DETAIL),
                high_frequency_kept <= DETAIL && falls,
                format!(
                    "{:.0} % of the fine detail stays at t = {t}{} (wanted: at most {:.0} %, and less the larger t)",
                    100.0 * high_frequency_kept,
                    if falls {
                        String::new()
                    } else {
                        format!(", {:.0} % at t = {}", 100.0 * first.high_frequency_kept, first.t)
                    },
                    100.0 * DETAIL
                ),
                match () {
                    () if high_frequency_kept > 1.0 => {
                        "It adds detail in place of taking it away. Train it longer, or with a lower rate."
                    }
                    () if falls => LONGER,
                    () => "A larger t takes less away than a smaller one. Train it longer, or with a lower rate.",
                },
            );
            let [low, high] = CHANGE;
            let within = (low..=high).contains(&mean_abs_change);
            check(
                "Changes in range",
                if mean_abs_change < low { mean_abs_change / low } else { high / mean_abs_change },
                within,
                format!("mean |change| {mean_abs_change:.3} at t = {t} (wanted: {low} to {high})"),
                if mean_abs_change < low { "It hardly changes images. Train it longer." } else { LONGER },
            );
        }
        if let Some(roughness) = roughness {
            check(
                "Samples are no noise",
                ROUGHNESS / roughness.max(1e-9),
                roughness <= ROUGHNESS,
                format!("its samples have {roughness:.1} times the fine detail of images (wanted: at most {ROUGHNESS})"),
                LONGER,
            );
        }
        Self { step, checks }
    }
}

/// Assesses the model after `step` steps on `images` (of the model's size), which it should not have been trained on. Returns the
/// statistics of dissolving, too.
///
/// # Errors
/// Those of dissolving and sampling.
pub fn assess(model: &DiffusionModel, images: &PixelStore, step: usize, seed: u64) -> Result<(Readiness, Vec<DissolveStats>)> {
    let stats = dissolve_stats(model, images)?;
    let roughness = match model.info().config.t_limit {
        0 => {
            let samples = sample(model, SAMPLING, SAMPLES, seed)?.flatten_all()?.to_vec1::<f32>()?;
            let size = model.info().config.size;
            let places: Vec<usize> = (0..images.len().min(16)).collect();
            let of = |pictures: &[f32]| {
                let planes = pictures.chunks_exact(CHANNELS * size * size).flat_map(|p| p.chunks_exact(size * size));
                let details: Vec<f64> = planes.map(|plane| detail(plane, size)).collect();
                details.iter().sum::<f64>() / details.len().max(1) as f64
            };
            Some(of(&samples) / of(&images.batch(&places)?).max(1e-9))
        }
        // A model of the first timesteps alone cannot be sampled from.
        _ => None,
    };
    Ok((Readiness::judge(step, &stats, roughness, model.info().tiles().is_some()), stats))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::base::reporter::Notice;

    fn at(t: usize, correlation: f64, high_frequency_kept: f64, mean_abs_change: f64) -> DissolveStats {
        DissolveStats { t, correlation, high_frequency_kept, mean_abs_change }
    }

    #[test]
    fn a_good_model_is_ready_and_a_poor_one_says_what_to_do() {
        let good = Readiness::judge(9, &[at(30, 0.99, 0.9, 0.01), at(130, 0.98, 0.8, 0.02)], Some(1.1), false);
        assert!(good.is_ready() && good.share() == 1.0 && good.advice().is_none() && good.poorest().is_none());
        for (stats, roughness, name) in [
            ([at(30, 0.99, 0.9, 0.01), at(130, 0.4, 0.8, 0.02)], None, "Keeps structure"),
            ([at(30, 0.99, 0.9, 0.01), at(130, 0.98, 1.5, 0.02)], None, "Takes detail away"),
            // Hardly trained: it leaves the image as it is.
            ([at(30, 0.999, 0.99, 0.01), at(130, 0.998, 0.98, 0.02)], None, "Takes detail away"),
            ([at(30, 0.99, 0.7, 0.01), at(130, 0.98, 0.8, 0.02)], None, "Takes detail away"),
            ([at(30, 0.99, 0.9, 0.01), at(130, 0.98, 0.8, 0.4)], None, "Changes in range"),
            ([at(30, 0.99, 0.9, 0.01), at(130, 0.98, 0.8, 0.02)], Some(9.0), "Samples are no noise"),
        ] {
            let poor = Readiness::judge(9, &stats, roughness, false);
            let failed: Vec<&str> = poor.checks.iter().filter(|c| !c.passed).map(|c| c.name.as_str()).collect();
            assert_eq!(failed, [name]);
            assert!(!poor.is_ready() && poor.share() < 1.0 && poor.advice().is_some());
            // Whether detail is added is told by the figure.
            let advice = &poor.checks.iter().find(|c| !c.passed).unwrap().advice;
            assert_eq!(advice.contains("adds detail"), stats[1].high_frequency_kept > 1.0, "{advice}");
            let notice = Notice::NotReady(poor.poorest().unwrap().clone()).to_string();
            assert!(notice.contains(&poor.poorest().unwrap().found) && !notice.contains("--"), "{notice}");
        }
    }
}
