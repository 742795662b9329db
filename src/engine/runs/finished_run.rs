//! What a finished run says of other images, labelled or not, and of its own normals with synthetic lesions in them.

use crate::{
    config::{DataConfig, DeviceKind, DissolveMethod, LabelColumns, RunConfig},
    data::{Dataset, ImageId},
    engine::{
        anomaly_maps::MapFolder,
        image_scores::{RunScorer, ScoredImages, lead_threshold},
        memory::Memory,
        synthetic_lesions,
    },
    error::{Error, NextStep, Result, Warning},
    ml::{
        base::{
            device,
            reporter::{Event, Reporter},
        },
        diffusion::model::DiffusionModel,
        encoder::model::Encoder,
        training::dia,
    },
    nn::RetainPages,
    run_dir::{RunDir, files, write_atomic},
    scores::{Scores, SyntheticLesions},
    text,
};
use candle_core::Device;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A finished run, loaded to score images.
pub struct FinishedRun {
    /// The folder that was named; the encoder may be in a part of it.
    pub run: RunDir,
    part: RunDir,
    /// The settings of the part with the encoder, as they were decided while it was trained.
    pub config: RunConfig,
    encoder: Encoder,
    device: Device,
}

impl FinishedRun {
    /// Loads a run, on its own device and threads where no others are named.
    ///
    /// # Errors
    /// A run without a finished encoder; threads that are named and cannot be had.
    pub fn open(run: &Path, device: Option<DeviceKind>, threads: Option<usize>, reporter: &mut dyn Reporter) -> Result<Self> {
        let run = RunDir::open(run)?;
        let part = dia::part(&run)?;
        let config = part.config()?;
        threads.map_or(Ok(()), device::set_threads)?;
        let device = reporter.open_device(device.unwrap_or(config.run.device), threads.unwrap_or(config.run.threads));
        Ok(Self { encoder: Encoder::load(&part.join(files::ENCODER), &device)?, run, part, config, device })
    }

    /// Scores all images. `model`: the diffusion model of the second score, where the run does not hold it; `maps`: the folder that
    /// anomaly maps are written into.
    ///
    /// # Errors
    /// As for [`RunScorer::score`]; maps that are wanted of a run that makes none; pictures that do not fit in memory.
    pub fn score(
        &self,
        data: &Arc<Dataset>,
        model: Option<&Path>,
        maps: Option<&Path>,
        reporter: &mut dyn Reporter,
    ) -> Result<ScoredImages> {
        let all = data.ids(|_, _| true);
        self.require_memory(data, &all, reporter)?;
        self.say_lost_model(model, reporter);
        self.decode_once(data);
        let scorer = self.scorer(model, maps)?;
        if let Some(maps) = maps {
            scorer.require_maps()?;
            MapFolder::prepare(maps)?;
        }
        let mut scored = scorer.score(data, &all, reporter)?;
        if !self.owns(data) {
            // Its threshold is of the training normals, whose scores the run's own file has.
            let own = self.run.contents()?.scores.filter(|path| files::is_own_scores(path)).map(|path| Scores::read(&path));
            let threshold = own.and_then(Result::ok).and_then(|own| lead_threshold(&own, self.config.score.rule));
            scored.scores.set_lead_threshold(threshold);
        }
        Ok(scored)
    }

    /// Scores those of its own images that a run scores by itself, with the maps that its settings ask for.
    ///
    /// # Errors
    /// As for [`RunScorer::score`]; pictures that do not fit in memory.
    pub fn score_own(&self, data: &Arc<Dataset>, reporter: &mut dyn Reporter) -> Result<ScoredImages> {
        let all = data.scored_by_default();
        self.require_memory(data, &all, reporter)?;
        self.say_lost_model(None, reporter);
        self.decode_once(data);
        let maps = self.config.score.maps.then(|| self.run.join(files::MAPS));
        self.scorer(None, maps.as_deref())?.score(data, &all, reporter)
    }

    /// Asks whether there is memory for scores of these images, and says where it is scarce.
    fn require_memory(&self, data: &Arc<Dataset>, ids: &[ImageId], reporter: &mut dyn Reporter) -> Result<()> {
        let size = self.encoder.config.input_size;
        let scarce = Memory::here().require_for_scores(&self.config, size, data, ids)?;
        scarce.into_iter().for_each(|why| reporter.event(Event::Notice(why.into())));
        Ok(())
    }

    /// From now on, scores of an image decode it once.
    fn decode_once(&self, data: &Dataset) {
        data.keep_fitted(&self.config.preprocess, &[self.encoder.config.input_size]);
    }

    fn scorer<'a>(&'a self, model: Option<&Path>, maps: Option<&'a Path>) -> Result<RunScorer<'a>> {
        Ok(RunScorer { part: &self.part, encoder: &self.encoder, model: self.model(model)?, maps })
    }

    /// Draws lesions into the run's own held-out normals, and keeps the figures in the run folder.
    ///
    /// # Errors
    /// As for [`synthetic_lesions::measure`]; where the images of the run are gone, or do not fit in memory.
    pub fn measure_lesions(&self, seed: u64, reporter: &mut dyn Reporter) -> Result<SyntheticLesions> {
        let data = Arc::new(Dataset::open(&self.config.data, &|_| {})?);
        self.require_memory(&data, &data.scored_by_default(), reporter)?;
        let lesions = synthetic_lesions::measure(&self.scorer(None, None)?, &data, seed, reporter)?;
        self.run.tidy();
        lesions.write(&self.run.join(files::SYNTHETIC_LESIONS))?;
        Ok(lesions)
    }

    /// Says where the diffusion model that the run was trained with has gone: scores that need it are left out.
    fn say_lost_model(&self, named: Option<&Path>, reporter: &mut dyn Reporter) {
        let path = &self.config.dia.model;
        let needs_one = self.config.dia.dissolve == DissolveMethod::Diffusion && !path.as_os_str().is_empty();
        if needs_one && self.model_path(named).is_none() && (self.config.score.profile || self.config.data.tiles().is_some()) {
            let text = format!(
                "the diffusion model {} is not there any more: scores that need it are left out, and the one that leads is of fewer parts",
                path.display()
            );
            reporter.event(Event::Notice(Warning::new(text, NextStep::OtherModel).into()));
        }
    }

    /// Whether these are the images that the run learnt from.
    pub fn owns(&self, data: &Dataset) -> bool {
        self.encoder.has_learnt_from(data)
    }

    /// The diffusion model of the run: the one that is named, the one trained beside the encoder, or the one of its settings.
    fn model(&self, named: Option<&Path>) -> Result<Option<Arc<DiffusionModel>>> {
        if !self.config.score.profile && self.config.data.tiles().is_none() {
            return Ok(None);
        }
        self.model_path(named).map(|path| DiffusionModel::load(&path, &self.device).map(Arc::new)).transpose()
    }

    fn model_path(&self, named: Option<&Path>) -> Option<PathBuf> {
        // The encoder may have been named by itself, as a part of its run.
        let folders = [Some(self.run.path()), self.part.path().parent()].into_iter().flatten();
        let beside = || folders.filter_map(|folder| RunDir::open(folder).ok()?.contents().ok()?.model).next();
        let settings = || Some(self.config.dia.model.clone()).filter(|path| path.exists());
        named.map(Path::to_path_buf).or_else(beside).or_else(settings)
    }
}

/// Opens images for a run: with the normal classes of its own and, of the same images, its tables of labels and curation,
/// where nothing else is said and they fit.
/// Returns the settings that were used, too.
pub fn open(config: DataConfig, own: &DataConfig) -> Result<(Arc<Dataset>, DataConfig)> {
    let same = config.place() == own.place();
    let mut config = config;
    if same && config.labels.is_none() {
        config.labels.clone_from(&own.labels);
        if config.columns == LabelColumns::default() {
            config.columns.clone_from(&own.columns);
        }
    }
    if same && config.curation.is_none() {
        config.curation.clone_from(&own.curation);
    }
    if config.normal.is_empty() {
        // Other data may not have those classes: they are scored without labels then.
        let with_own = DataConfig { normal: own.normal.clone(), ..config.clone() };
        if let Ok(set) = Dataset::open(&with_own, &|_| {}) {
            return Ok((Arc::new(set), with_own));
        }
    }
    Ok((Arc::new(Dataset::open(&config, &|_| {})?), config))
}

/// Where the scores of other images than the run's own go: beside those.
pub fn scores_path(run: &RunDir, data: &Path) -> PathBuf {
    run.join(files::scores_of(data))
}

/// Scores a folder for the window, under the `curation` that its workspace keeps of it: writes the scores, and a note of where the images lie, into the run folder, and returns the
/// path of the scores.
pub fn score_folder(run: &Path, folder: &Path, curation: Option<PathBuf>, reporter: &mut dyn Reporter) -> Result<PathBuf> {
    let _pages = RetainPages::new();
    let finished = FinishedRun::open(run, None, None, reporter)?;
    let own = &finished.config.data;
    let wanted = DataConfig { path: folder.to_path_buf(), normal: Vec::new(), labels: None, curation, ..own.clone() };
    let (data, config) = open(wanted, own)?;
    if data.items.is_empty() {
        return Err(Error::user(format!("{} holds no images", folder.display()), "choose another folder"));
    }
    let note = toml::to_string(&config)
        .map_err(|e| Error::user(format!("the path of the images cannot be noted: {e}"), "rename the folder"))?;
    let scores = finished.score(&data, None, None, reporter)?;
    let path = free(&finished.run, folder);
    if let Some(file) = files::data_note(&path) {
        write_atomic(&file, |f| f.write_all(note.as_bytes()))?;
    }
    scores.write(&path)?;
    Ok(path)
}

/// Measures synthetic lesions for the window, with the run's own seed.
pub fn measure_lesions(run: &Path, reporter: &mut dyn Reporter) -> Result<SyntheticLesions> {
    let _pages = RetainPages::new();
    let finished = FinishedRun::open(run, None, None, reporter)?;
    finished.measure_lesions(finished.config.run.seed, reporter)
}

/// Where the scores of a folder go: it replaces its own older scores, but not those of another folder of the same name.
fn free(run: &RunDir, folder: &Path) -> PathBuf {
    let first = scores_path(run, folder);
    let of_folder = |path: &PathBuf| {
        let note = files::data_note(path).and_then(|note| fs::read_to_string(note).ok());
        let config = note.and_then(|text| toml::from_str::<DataConfig>(&text).ok());
        !path.exists() || config.is_some_and(|c| c.path == folder)
    };
    let stem = first.file_stem().unwrap_or_default().to_string_lossy();
    let path_of = |name: &str| first.with_file_name(format!("{name}.csv"));
    path_of(&text::free_name(&stem, |name| of_folder(&path_of(name))))
}
