//! The dissolve profile as part of a run: computed once for the training normals, kept in `profile.safetensors`, and used for the
//! second score of any image.

use super::{
    gaussian::Ranks,
    profile::{self, LENGTH, Profile},
    scorer::BatchScorer,
};
use crate::{
    config::DissolveMethod,
    data::Dataset,
    error::{Error, NextStep, Result},
    ml::{
        base::{
            checkpoint::{self, Metadata, Tensors},
            pixel_loading::load_pixels,
            reporter::{Event, Reporter, Stage},
            stage_progress::StageProgress,
        },
        diffusion::model::DiffusionModel,
        dissolve::dissolver::Dissolver,
        encoder::model::Encoder,
    },
    run_dir::{RunDir, files},
    scores::ScoreKind,
};
use candle_core::{DType, Device, Tensor};
use std::{collections::HashMap, sync::Arc};

/// Training normals that are profiled at most, evenly spread: many times a profile's length is enough for its covariance.
pub(crate) const MOST: usize = 500;
/// Images of one pass.
pub(crate) const CHUNK: usize = 32;

/// Scores images by their dissolve profile.
pub struct ProfileScorer {
    dissolver: Dissolver,
    side: usize,
    device: Device,
    profile: Profile,
    /// Place of each profiled training normal in [`Profile::held_out`].
    names: HashMap<String, usize>,
    ranks: Ranks,
}

impl ProfileScorer {
    /// Reads the run's profile, or computes it on the training normals. `run` is the encoder's. `None`, with a notice, where
    /// it would have to be computed and `data` are not those that the encoder was trained on.
    ///
    /// # Errors
    /// A damaged profile, profiles without spread, a file that cannot be written, [`Error::Stopped`].
    pub fn open_or_build(
        run: &RunDir,
        encoder: &Encoder,
        model: &Arc<DiffusionModel>,
        data: &Arc<Dataset>,
        reporter: &mut dyn Reporter,
    ) -> Result<Option<Self>> {
        if let Some(found) = Self::open(run, model)? {
            return Ok(Some(found));
        }
        if data.fingerprint() != encoder.config.fingerprint {
            let text = "the run has no dissolve profile of its training images; score those once, and the second score is there";
            reporter.event(Event::Notice(text.into()));
            return Ok(None);
        }
        let chosen = data.some_training_normals(MOST);
        let store = load_pixels(data, &encoder.config.run.preprocess, chosen, encoder.config.input_size, reporter)?;
        let (side, device) = (store.size(), model.device().clone());
        let dissolver = dissolver(model, store.is_grey())?;
        let mut rows = Vec::with_capacity(store.len());
        let mut progress = StageProgress::start(Stage::Profile, 0, store.len(), reporter);
        for chunk in (0..store.len()).collect::<Vec<_>>().chunks(CHUNK) {
            rows.extend(profile::profiles(&dissolver, &store.batch(chunk)?, side, &device)?);
            progress.reach(rows.len())?;
        }
        progress.finish();
        let names: Vec<String> = store.ids().iter().filter_map(|&id| Some(data.item(id)?.name.clone())).collect();
        let metadata = Metadata::from([
            ("kind".into(), "dissolve-profile".into()),
            ("side".into(), side.to_string()),
            ("grey".into(), store.is_grey().to_string()),
            ("names".into(), serde_json::to_string(&names).unwrap_or_default()),
        ]);
        let flat: Vec<f64> = rows.iter().flatten().copied().collect();
        let tensors = Tensors::from([("profiles".into(), Tensor::from_vec(flat, (rows.len(), LENGTH), &Device::Cpu)?)]);
        checkpoint::save(&run.join(files::PROFILE), &tensors, &metadata)?;
        Self::new(dissolver, side, device, &rows, names).map(Some)
    }

    /// Reads the run's profile; `None` where it has none.
    ///
    /// # Errors
    /// A damaged profile.
    pub fn open(run: &RunDir, model: &Arc<DiffusionModel>) -> Result<Option<Self>> {
        let path = run.join(files::PROFILE);
        if !path.exists() {
            return Ok(None);
        }
        let (tensors, metadata) = checkpoint::load(&path)?;
        let damaged = || Error::user(format!("{} cannot be read", path.display()), "delete it: it is computed again");
        let rows = tensors.get("profiles").filter(|t| t.dtype() == DType::F64).and_then(|t| t.to_vec2::<f64>().ok());
        let names = metadata.get("names").and_then(|text| serde_json::from_str::<Vec<String>>(text).ok());
        let side = metadata.get("side").and_then(|s| s.parse().ok());
        let (Some(rows), Some(names), Some(side)) = (rows, names, side) else { return Err(damaged()) };
        if rows.len() != names.len() || rows.iter().any(|r| r.len() != LENGTH) {
            return Err(damaged());
        }
        let grey = metadata.get("grey").is_some_and(|g| g == "true");
        Self::new(dissolver(model, grey)?, side, model.device().clone(), &rows, names).map(Some)
    }

    fn new(dissolver: Dissolver, side: usize, device: Device, rows: &[Vec<f64>], names: Vec<String>) -> Result<Self> {
        let profile = Profile::fit(rows)?;
        let ranks = Ranks::new(profile.held_out.clone());
        let names = names.into_iter().enumerate().map(|(i, name)| (name, i)).collect();
        Ok(Self { dissolver, side, device, profile, names, ranks })
    }
}

impl BatchScorer for ProfileScorer {
    fn which(&self) -> ScoreKind {
        ScoreKind::Profile
    }

    fn scores(&self, pictures: &[f32]) -> Result<Vec<f64>> {
        let rows = profile::profiles(&self.dissolver, pictures, self.side, &self.device)?;
        Ok(rows.iter().map(|row| self.profile.score(row)).collect())
    }

    fn held_out(&self, name: &str) -> Option<f64> {
        self.profile.held_out.get(*self.names.get(name)?).copied()
    }

    fn ranks(&self) -> &Ranks {
        &self.ranks
    }
}

/// The profile is always of the diffusion model, at its own resolution.
fn dissolver(model: &Arc<DiffusionModel>, grey: bool) -> Result<Dissolver> {
    Dissolver::new(DissolveMethod::Diffusion, Some(model.clone()), 0, grey)?
        .ok_or_else(|| Error::user("the dissolve profile needs a diffusion model", NextStep::ModelOrNoProfile))
}
