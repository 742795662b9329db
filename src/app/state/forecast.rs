//! What a training will take, before it starts and while it runs.

use super::Progress;
use crate::{
    engine::machine::Machine,
    ml::{
        base::reporter::Stage,
        training::cost::{Cost, Speed},
    },
    run_dir::RunKind,
};

/// Speed and memory of this machine, as far as they are known.
#[derive(Debug, Default)]
pub struct MachineState {
    /// `None` until it was measured.
    pub speed: Option<Speed>,
    /// Bytes that could be used now.
    pub free_memory: Option<u64>,
    /// It is being measured.
    pub measuring: bool,
}

impl MachineState {
    /// Takes in what was measured; what is not told stays as it was.
    pub fn take(&mut self, machine: Machine) {
        self.measuring = false;
        self.speed = machine.speed.or(self.speed);
        self.free_memory = machine.free_memory.or(self.free_memory);
    }
}

/// Seconds and memory of each stage of a training.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forecast {
    /// In the order of the work; empty: nothing is known.
    pub costs: Vec<Cost>,
}

/// The cards' stages, each with those that belong to it.
pub fn card_of(stage: Stage) -> Stage {
    match stage {
        Stage::Data | Stage::Ddpm => Stage::Ddpm,
        Stage::DissolveCache | Stage::Dia | Stage::Bank | Stage::TileDia => Stage::Dia,
        Stage::Profile
        | Stage::NormalFeatures
        | Stage::Scores
        | Stage::TileNormals
        | Stage::MapModel
        | Stage::Maps
        | Stage::SyntheticLesions
        | Stage::Report => Stage::Scores,
    }
}

/// Work that the machine is equally fast at, be it faster or slower than forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Workload {
    Unet,
    Encoder,
    /// Whole pictures, decoded and mapped.
    Maps,
    /// Several of these at once, or of a cost that is not forecast: no measure of other stages.
    Mixed,
}

impl Workload {
    fn of(stage: Stage) -> Self {
        match stage {
            Stage::Ddpm | Stage::DissolveCache | Stage::Profile => Self::Unet,
            Stage::Dia | Stage::Bank => Self::Encoder,
            Stage::TileNormals | Stage::MapModel | Stage::Maps => Self::Maps,
            Stage::Data | Stage::TileDia | Stage::NormalFeatures | Stage::Scores | Stage::SyntheticLesions | Stage::Report => {
                Self::Mixed
            }
        }
    }
}

impl Forecast {
    /// Seconds that the stages of one card take together, and the most bytes that one of them takes.
    pub fn of_card(&self, card: Stage) -> Option<(f64, f64)> {
        let costs = self.costs.iter().filter(|c| card_of(c.stage) == card);
        costs.fold(None, |sum, c| {
            let (seconds, bytes) = sum.unwrap_or((0.0, 0.0));
            Some((seconds + c.seconds, f64::max(bytes, c.bytes)))
        })
    }

    /// Seconds of what a run of this kind does.
    pub fn seconds_of(&self, kind: RunKind) -> f64 {
        let card = match kind {
            RunKind::Train => return self.seconds(),
            RunKind::Ddpm => Stage::Ddpm,
            RunKind::Dia | RunKind::Csi | RunKind::Tiles => Stage::Dia,
        };
        self.of_card(card).map_or(0.0, |(seconds, _)| seconds)
    }

    /// All stages, as it was forecast.
    pub fn seconds(&self) -> f64 {
        self.costs.iter().map(|c| c.seconds).sum()
    }

    /// Peak of all stages, in bytes.
    pub fn bytes(&self) -> f64 {
        self.costs.iter().map(|c| c.bytes).fold(0.0, f64::max)
    }

    /// Seconds that are left on a card, corrected by what the steps took so far: the running stage is timed by its own steps,
    /// and what is to come is scaled as the same network's stages turned out.
    pub fn left_on(&self, card: Stage, progress: &Progress) -> f64 {
        let of_card = self.costs.iter().filter(|c| card_of(c.stage) == card);
        of_card.map(|c| self.left_of(c, progress)).sum()
    }

    /// Seconds of a whole card, corrected in the same way.
    pub fn corrected(&self, card: Stage, progress: &Progress) -> f64 {
        let of_card = self.costs.iter().filter(|c| card_of(c.stage) == card);
        of_card.map(|c| c.seconds * self.ratio(c.stage, progress)).sum()
    }

    /// Seconds that are left of all, corrected as by [`left_on`](Self::left_on).
    pub fn left(&self, progress: &Progress) -> f64 {
        self.costs.iter().map(|c| self.left_of(c, progress)).sum()
    }

    fn left_of(&self, cost: &Cost, progress: &Progress) -> f64 {
        let past = progress.stage.is_some_and(|s| s as usize > cost.stage as usize) || progress.finished.contains(&cost.stage);
        if past {
            return 0.0;
        }
        let predicted = cost.seconds * self.ratio(cost.stage, progress);
        if progress.stage != Some(cost.stage) {
            return predicted;
        }
        match progress.last {
            Some(step) if step.eta_secs > 0.0 || step.step == step.total => step.eta_secs,
            _ => predicted * (1.0 - f64::from(progress.share())),
        }
    }

    /// How much slower than predicted the stage is, or else the last one of the same kind of work was.
    fn ratio(&self, stage: Stage, progress: &Progress) -> f64 {
        let measured = || progress.seconds_per_step.iter().rev();
        let own = measured().filter(|(s, ..)| *s == stage);
        let alike =
            measured().filter(|(s, ..)| Workload::of(*s) == Workload::of(stage) && Workload::of(stage) != Workload::Mixed);
        // Until a picture was mapped, the machine is as fast at that as at the encoder's work.
        let by_encoder =
            measured().filter(|(s, ..)| Workload::of(*s) == Workload::Encoder && Workload::of(stage) != Workload::Unet);
        let same = own.chain(alike).chain(by_encoder);
        let ratios = same.filter_map(|&(s, each, total)| {
            let cost = self.costs.iter().find(|c| c.stage == s)?;
            Some(each * total as f64 / cost.seconds)
        });
        ratios.filter(|r| r.is_finite() && *r > 0.0).map(|r| r.clamp(0.02, 50.0)).next().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Preset,
        ml::{
            base::reporter::Step,
            training::cost::{self, Amount},
        },
    };

    const AMOUNT: Amount =
        Amount { training_normals: 300, images: 500, input_size: 64, has_model: false, tiles: None, working_pixels: 0 };
    const SPEED: Speed = Speed { unet: 1e10, encoder: 2e10 };

    fn step(stage: Stage, step: usize, total: usize, each: f64) -> Step {
        let eta_secs = each * (total - step) as f64;
        Step { stage, step, total, loss: 0.0, parts: [0.0; 2], grad_norm: 0.0, lr: 0.0, images_per_second: 1.0, eta_secs }
    }

    /// A machine on which all is `slower` than forecast: after ten steps what is left is right within a factor of 1.5.
    #[test]
    fn ten_steps_correct_the_forecast() {
        for slower in [0.2, 1.0, 3.0, 20.0] {
            let forecast = Forecast { costs: cost::forecast(&Preset::Quick.config(), AMOUNT, SPEED) };
            let total = Preset::Quick.config().ddpm.steps;
            let each = slower * forecast.costs[0].seconds / total as f64;
            let mut progress = Progress { stage: Some(Stage::Ddpm), done: 0, total, ..Progress::default() };
            let before = forecast.left(&progress);
            assert!((before / forecast.seconds() - 1.0).abs() < 1e-9);
            progress.step(step(Stage::Ddpm, 10, total, each));
            let truth = each * (total - 10) as f64;
            let card = forecast.left_on(Stage::Ddpm, &progress);
            assert!((1.0 / 1.5..1.5).contains(&(card / truth)), "{card} of {truth}");
            let whole = forecast.corrected(Stage::Ddpm, &progress);
            assert!((whole / (each * total as f64) - 1.0).abs() < 0.01);
            // The ladder is made by the same network.
            let strip = forecast.costs.iter().find(|c| c.stage == Stage::DissolveCache).unwrap();
            assert!((forecast.left_of(strip, &progress) / strip.seconds / slower - 1.0).abs() < 0.01);
        }
    }

    /// A whole run by tiles, in which each kind of work is slower or faster than forecast by a factor of its own: what is said to
    /// be left grows only where such a factor comes to light, and from the first map on it is right.
    #[test]
    fn scoring_is_forecast_by_what_its_stages_took() {
        let tiles = Some(crate::config::TileSize { tile: 64, working_size: 512 });
        let amount = Amount { tiles, working_pixels: 400_000, ..AMOUNT };
        let forecast = Forecast { costs: cost::forecast(&Preset::Quick.config(), amount, SPEED) };
        assert!(forecast.costs.is_sorted_by_key(|c| c.stage as usize), "in the order of the work");
        let slower = |stage| match stage {
            Stage::Ddpm | Stage::DissolveCache | Stage::Profile => 4.0,
            Stage::TileNormals | Stage::MapModel | Stage::Maps => 0.5,
            _ => 2.0,
        };
        let truth: Vec<f64> = forecast.costs.iter().map(|c| c.seconds * slower(c.stage)).collect();
        let mut progress = Progress::default();
        for (i, cost) in forecast.costs.iter().enumerate() {
            const TOTAL: usize = 100;
            (progress.stage, progress.done, progress.total, progress.last) = (Some(cost.stage), 0, TOTAL, None);
            let mut before = f64::INFINITY;
            for at in 1..=TOTAL {
                progress.step(step(cost.stage, at, TOTAL, truth[i] / TOTAL as f64));
                let (left, rest) = (forecast.left(&progress), truth[i + 1..].iter().sum::<f64>());
                assert!(left <= before * (1.0 + 1e-9), "{:?}, step {at}: {left} after {before}", cost.stage);
                before = left;
                let right = rest + truth[i] * (1.0 - at as f64 / TOTAL as f64);
                if cost.stage as usize >= Stage::TileNormals as usize && right > 0.0 {
                    assert!((left / right - 1.0).abs() < 0.01, "{:?}, step {at}: {left} of {right}", cost.stage);
                }
            }
            progress.finished.push(cost.stage);
        }
        assert_eq!(forecast.left(&progress), 0.0);
    }

    #[test]
    fn what_is_done_takes_no_more_time() {
        let forecast = Forecast { costs: cost::forecast(&Preset::Quick.config(), AMOUNT, SPEED) };
        let progress = Progress { stage: Some(Stage::Dia), done: 0, total: 10, ..Progress::default() };
        assert_eq!(forecast.left_on(Stage::Ddpm, &progress), 0.0);
        assert!(forecast.left_on(Stage::Dia, &progress) > 0.0);
        assert_eq!(forecast.of_card(Stage::Data), None);
    }
}
