//! What cannot fit in memory is refused before anything starts: no allocation fails hours later.

use super::machine;
use crate::{
    config::{DeviceKind, RunConfig},
    data::{Dataset, ImageId},
    error::{Error, NextStep, Result},
    ml::{
        base::reporter::Stage,
        training::cost::{self, Amount, Speed},
    },
    run_dir::RunKind,
};

/// Bytes that there are for this process, and of these the free ones; infinite where the system does not say.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    total: f64,
    free: f64,
}

impl Memory {
    /// That of this machine.
    pub fn here() -> Self {
        let bytes = |known: Option<u64>| known.map_or(f64::INFINITY, |bytes| bytes as f64);
        Self { total: bytes(machine::total_memory()), free: bytes(machine::free_memory()) }
    }

    /// Whether a training fits by its forecast: what to say where it needs more than is free now.
    ///
    /// # Errors
    /// Where it needs more than there is: the stage, and the settings that its memory follows from.
    pub fn require_for_training(self, kind: RunKind, config: &RunConfig, data: &Dataset) -> Result<Option<String>> {
        let normals = data.training_normals();
        let has_model = kind != RunKind::Ddpm && (kind != RunKind::Train || !config.dia.model.as_os_str().is_empty());
        let amount = Amount::new(config, has_model, [normals.len(), data.scored_by_default().len()], data.median_size(&normals));
        self.require(config, amount, &|stage| kind != RunKind::Ddpm || stage == Stage::Ddpm, &|stage| NextStep::Smaller {
            part: section(stage),
        })
    }

    /// Refuses scores of these images by a finished encoder whose input has this side, px, where they do not fit in memory.
    ///
    /// # Errors
    /// Where they need more than there is.
    pub fn require_for_scores(
        self,
        config: &RunConfig,
        input_size: usize,
        data: &Dataset,
        ids: &[ImageId],
    ) -> Result<Option<String>> {
        // One picture at a time: the largest of them counts, by what is worked on where that is by tiles.
        let worked_on = |size: [usize; 2]| config.data.tiles().map_or(size, |tiles| tiles.working(size));
        let sizes = ids.iter().filter_map(|&id| data.item(id)).map(|item| item.size.map(|side| side as usize));
        let largest = sizes.max_by_key(|&size| worked_on(size).iter().product::<usize>());
        let amount = Amount { input_size, ..Amount::new(config, true, [0, ids.len()], largest) };
        self.require(config, amount, &|stage| matches!(stage, Stage::Profile | Stage::Scores | Stage::Maps), &|stage| match stage
        {
            Stage::Maps => "make the largest pictures smaller, or train with a smaller working size".into(),
            _ => "use a machine with more memory, or a run with smaller networks".into(),
        })
    }

    /// Whether a picture of this size, px, can be dissolved and compared with itself at its own size.
    ///
    /// # Errors
    /// Where it needs more than there is.
    pub fn require_for_dissolving(self, [width, height]: [usize; 2]) -> Result<()> {
        // Original, resized, dissolved, two changes, and two tensors on the way: three planes of four bytes each.
        let bytes = 7.0 * 12.0 * width as f64 * height as f64;
        if bytes <= self.total {
            return Ok(());
        }
        let (needs, has) = (gigabytes(bytes), gigabytes(self.total));
        Err(Error::user(
            format!(
                "a picture of {width} x {height} px needs about {needs} of memory to be dissolved, and this machine has {has}"
            ),
            "make it smaller, or cut out the part that matters",
        ))
    }

    fn require(
        self,
        config: &RunConfig,
        amount: Amount,
        is_needed: &dyn Fn(Stage) -> bool,
        hint: &dyn Fn(Stage) -> NextStep,
    ) -> Result<Option<String>> {
        // A graphics card has a memory of its own, and its driver says when that is full.
        if config.run.device != DeviceKind::Cpu {
            return Ok(None);
        }
        let costs = cost::forecast(config, amount, Speed::ordinary(1)).into_iter().filter(|cost| is_needed(cost.stage));
        let Some((stage, bytes)) = costs.map(|cost| (cost.stage, cost.bytes)).max_by(|a, b| a.1.total_cmp(&b.1)) else {
            return Ok(None);
        };
        let needs = gigabytes(bytes);
        if bytes > self.total {
            let has = gigabytes(self.total);
            let text = format!("{} would need about {needs} of memory, and this machine has {has}", stage.name());
            return Err(Error::user(text, hint(stage)));
        }
        let free = gigabytes(self.free);
        let slow =
            || format!("{} needs about {needs} of memory, and {free} are free: it will be slow, or be ended", stage.name());
        Ok((bytes > self.free).then(slow))
    }
}

/// The section of the settings that the memory of a stage follows from.
fn section(stage: Stage) -> &'static str {
    match stage {
        Stage::Ddpm | Stage::DissolveCache | Stage::Profile => "ddpm",
        Stage::TileNormals | Stage::MapModel | Stage::Maps => "data",
        _ => "dia",
    }
}

fn gigabytes(bytes: f64) -> String {
    format!("{:.1} GB", bytes / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DataConfig, Preset, Tiling};

    const SMALL: Memory = Memory { total: 4e9, free: 4e9 };

    /// Ten normal images, of one size.
    fn data(width: u32, height: u32) -> (tempfile::TempDir, Dataset) {
        let dir = tempfile::tempdir().unwrap();
        for i in 0..10u8 {
            image::GrayImage::from_pixel(width, height, image::Luma([i])).save(dir.path().join(format!("{i}.png"))).unwrap();
        }
        let normal = vec![crate::data::ALL.to_string()];
        let config = DataConfig { path: dir.path().into(), normal, ..DataConfig::default() };
        let set = Dataset::open(&config, &|_| ()).unwrap();
        (dir, set)
    }

    fn refusal(found: Result<Option<String>>) -> (String, String) {
        let error = found.unwrap_err();
        (error.to_string(), format!("{:?}", error.hint()))
    }

    #[test]
    fn a_training_beyond_the_memory_is_refused_by_the_stage_that_needs_most() {
        let (_dir, data) = data(64, 64);
        let quick = Preset::Quick.config();
        assert_eq!(SMALL.require_for_training(RunKind::Train, &quick, &data).unwrap(), None);

        let mut wide = quick.clone();
        (wide.ddpm.batch, wide.ddpm.dim) = (256, 128);
        let (said, hint) = refusal(SMALL.require_for_training(RunKind::Train, &wide, &data));
        assert!(said.starts_with("Diffusion model would need about") && said.ends_with("this machine has 4.0 GB"), "{said}");
        assert!(hint.contains("ddpm"), "{hint}");
        // A diffusion model that is there needs no training.
        wide.dia.model = "model.safetensors".into();
        assert!(SMALL.require_for_training(RunKind::Train, &wide, &data).is_ok());

        let mut encoder = quick;
        (encoder.dia.batch, encoder.dia.size, encoder.dia.width) = (64, 512, 256);
        let (said, hint) = refusal(SMALL.require_for_training(RunKind::Train, &encoder, &data));
        assert!(said.starts_with("DIA would need") && hint.contains("dia"), "{said} {hint}");
        assert!(SMALL.require_for_training(RunKind::Ddpm, &encoder, &data).is_ok(), "the diffusion model alone");
        encoder.run.device = DeviceKind::Cuda(0);
        assert!(SMALL.require_for_training(RunKind::Train, &encoder, &data).is_ok(), "in a graphics card's own memory");
    }

    #[test]
    fn what_needs_more_than_is_free_is_said_and_tried() {
        let (_dir, data) = data(64, 64);
        let busy = Memory { free: 1e8, ..SMALL };
        let said = busy.require_for_training(RunKind::Train, &Preset::Quick.config(), &data).unwrap().unwrap();
        assert!(said.contains("needs about") && said.contains("0.1 GB are free"), "{said}");
        let unknown = Memory { total: f64::INFINITY, free: f64::INFINITY };
        assert_eq!(unknown.require_for_training(RunKind::Train, &Preset::Quick.config(), &data).unwrap(), None);
    }

    #[test]
    fn scores_of_pictures_too_large_for_the_memory_are_refused() {
        let mut config = Preset::Quick.config();
        config.data.tile = Tiling::Px(64);
        config.data.working_size = 512;
        let (_dir, large) = data(4000, 3000);
        let ids = large.ids(|_, _| true);
        assert_eq!(SMALL.require_for_scores(&config, 64, &large, &ids).unwrap(), None, "they are made smaller");
        config.data.working_size = 0;
        let (said, hint) = refusal(SMALL.require_for_scores(&config, 64, &large, &ids));
        assert!(said.starts_with("Anomaly maps would need") && hint.contains("largest pictures"), "{said} {hint}");

        // A strip is as large at its working size as its longer side says.
        config.data.working_size = 512;
        let (_dir, strip) = data(16_000, 520);
        let ids = strip.ids(|_, _| true);
        let tight = Memory { total: 1.5e9, ..SMALL };
        assert_eq!(tight.require_for_scores(&config, 64, &large, &large.ids(|_, _| true)).unwrap(), None);
        refusal(tight.require_for_scores(&config, 64, &strip, &ids));
    }

    #[test]
    fn a_picture_that_cannot_be_dissolved_here_is_refused() {
        SMALL.require_for_dissolving([6000, 4000]).unwrap();
        let text = SMALL.require_for_dissolving([14_000, 14_000]).unwrap_err().to_string();
        assert!(text.contains("14000 x 14000 px needs about 16.5 GB") && text.contains("has 4.0 GB"), "{text}");
    }
}
