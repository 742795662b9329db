//! How much dissolving changes the training normals: the band that one image's change curve is seen in. Measured once for a
//! model and its data, and kept in the workspace.

use super::{
    request::DissolveRequest,
    session::{DissolveSession, MeasuredImage, hash},
};
use crate::{
    data::{Dataset, ImageId},
    error::{Error, Result},
    metrics::percentile,
    run_dir::write_with_folder,
};
use serde::{Deserialize, Serialize};
use std::{fs, path::Path};

/// Where it is measured.
const STEPS: [usize; 8] = [5, 20, 50, 90, 150, 280, 520, 900];
/// Training normals measured, spread over all of them.
const NORMALS: usize = 40;
/// The window hears of it each time this many have been measured.
const NEWS: usize = 4;

/// Mean |change| of the training normals against t.
#[derive(Debug, Clone, PartialEq)]
pub struct NormalBand {
    /// `(t, 5th percentile, median, 95th percentile)`, in the order of t.
    pub rows: Vec<(usize, [f64; 3])>,
    /// Normals measured, and how many there will be.
    /// Normals measured…
    pub count: usize,
    /// …of so many.
    pub of: usize,
}

impl NormalBand {
    /// Whether it is still being measured.
    pub fn more(&self) -> bool {
        self.count < self.of
    }
}

/// Measures a band in small pieces, so that the slider never waits for more than one of them.
#[derive(Default)]
pub(crate) struct NormalBandBuilder {
    key: Option<u64>,
    steps: Vec<usize>,
    ids: Vec<ImageId>,
    /// For each image its strengths at `steps`.
    done: Vec<Vec<f64>>,
    /// The image in work.
    now: Option<(MeasuredImage, Vec<f64>)>,
}

/// The file of a complete band.
#[derive(Serialize, Deserialize)]
struct SavedBand {
    steps: Vec<usize>,
    strengths: Vec<Vec<f64>>,
}

impl NormalBandBuilder {
    /// One piece of work: the news where there are any, and whether there is more to do.
    pub fn step(&mut self, session: &mut DissolveSession, request: &DissolveRequest) -> Result<(Option<NormalBand>, bool)> {
        let Some(timesteps) = session.timesteps(&request.recipe)? else { return Ok((None, false)) };
        let (source, recipe) = (&request.source, &request.recipe);
        let ids = measured(&source.dataset);
        let key = key(session, request, &ids)?;
        let file = request.bands.as_ref().map(|folder| folder.join(format!("{key:016x}.json")));
        if self.key != Some(key) {
            let steps: Vec<usize> = STEPS.into_iter().filter(|&t| t < timesteps).collect();
            let done = file.as_ref().and_then(|f| read(f, &steps)).unwrap_or_default();
            *self = Self { key: Some(key), steps, ids, done, now: None };
            return Ok((self.news(), self.done.len() < self.ids.len()));
        }
        match self.now.take() {
            None => {
                let Some(&id) = self.ids.get(self.done.len()) else { return Ok((self.news(), false)) };
                self.now = Some((session.measured(&source.with_image(id), recipe)?, Vec::new()));
            }
            Some((image, mut strengths)) => {
                if let Some(&t) = self.steps.get(strengths.len()) {
                    strengths.push(image.change(t)?);
                }
                if strengths.len() < self.steps.len() {
                    self.now = Some((image, strengths));
                    return Ok((None, true));
                }
                self.done.push(strengths);
                let ended = self.done.len() >= self.ids.len();
                if ended && let Some(file) = file {
                    self.save(&file)?;
                }
                let news = if ended || self.done.len().is_multiple_of(NEWS) { self.news() } else { None };
                return Ok((news, !ended));
            }
        }
        Ok((None, true))
    }

    fn save(&self, file: &Path) -> Result<()> {
        let saved = SavedBand { steps: self.steps.clone(), strengths: self.done.clone() };
        let text = serde_json::to_vec(&saved).map_err(|e| Error::user(format!("the band could not be written: {e}"), ""))?;
        write_with_folder(file, &text)
    }

    /// `None` as long as nothing was measured.
    fn news(&self) -> Option<NormalBand> {
        let rows: Vec<_> = (0..self.steps.len())
            .map(|i| {
                let column: Vec<f64> = self.done.iter().map(|row| row[i]).collect();
                (self.steps[i], [5.0, 50.0, 95.0].map(|p| percentile(&column, p).unwrap_or_default()))
            })
            .collect();
        (!self.done.is_empty()).then_some(NormalBand { rows, count: self.done.len(), of: self.ids.len() })
    }
}

/// The images that a band is measured on.
fn measured(dataset: &Dataset) -> Vec<ImageId> {
    let normals = dataset.training_normals();
    let stride = normals.len().div_ceil(NORMALS).max(1);
    normals.into_iter().step_by(stride).collect()
}

/// Tells all apart that a band depends on: the weights, how it is dissolved, and the pixels of these images.
fn key(session: &mut DissolveSession, request: &DissolveRequest, ids: &[ImageId]) -> Result<u64> {
    let (source, recipe) = (&request.source, &request.recipe);
    let items: Vec<_> = ids.iter().filter_map(|&id| source.dataset.item(id)).collect();
    let items: Vec<_> = items.iter().map(|item| (&item.name, item.window.to_string())).collect();
    Ok(hash((
        session.weights(),
        (recipe.resolution, recipe.tile.to_string(), session.is_grey()?),
        format!("{:?}", source.preprocess),
        source.dataset.root(),
        items,
    )))
}

/// A file of other steps, or one that was damaged, counts for nothing.
fn read(file: &Path, steps: &[usize]) -> Option<Vec<Vec<f64>>> {
    let saved: SavedBand = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let complete = saved.strengths.iter().all(|row| row.len() == steps.len() && row.iter().all(|v| v.is_finite()));
    (saved.steps == steps && complete).then_some(saved.strengths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{DataConfig, DissolveMethod, PreprocessConfig, Tiling},
        engine::dissolve::request::ImageSource,
    };
    use std::sync::Arc;

    #[test]
    fn bands_are_kept_apart_by_all_that_they_depend_on() {
        let folder = tempfile::tempdir().unwrap();
        let image = |colours: [u8; 3]| image::RgbImage::from_fn(40, 40, |x, _| image::Rgb(colours.map(|c| c + x as u8)));
        for (name, colours) in [("colour.png", [90, 20, 10]), ("grey.png", [50; 3]), ("red.png", [200, 0, 0])] {
            image(colours).save(folder.path().join(name)).unwrap();
        }
        let config = DataConfig { path: folder.path().into(), ..DataConfig::default() };
        let dataset = Dataset::open(&config, &|_| {}).unwrap();
        let key = |dataset: &Dataset, selected: u32, measured: &[ImageId]| {
            let (dataset, image) = (Arc::new(dataset.clone()), ImageId(selected));
            let source = ImageSource { dataset, image, preprocess: PreprocessConfig::default() };
            let mut request = DissolveRequest::of(&source, DissolveMethod::Diffusion, Tiling::Off);
            (request.recipe.resolution, request.recipe.t) = (32, 90);
            let mut session = DissolveSession::default();
            session.select(&source).unwrap();
            super::key(&mut session, &request, measured).unwrap()
        };
        let [colour, grey, red] = [0, 1, 2].map(ImageId);
        let first = key(&dataset, 0, &[colour, grey]);
        assert_eq!(key(&dataset, 2, &[colour, grey]), first, "another colour picture is looked at");
        assert_ne!(key(&dataset, 1, &[colour, grey]), first, "a grey one is dissolved with equal channels");
        assert_ne!(key(&dataset, 0, &[colour, red]), first, "other normals");
        let mut other = dataset.clone();
        other.items[0].window = "lung".parse().unwrap();
        assert_ne!(key(&other, 0, &[colour, grey]), first, "other pixels");
        let mut other = dataset.clone();
        other.items.swap(1, 2);
        assert_ne!(key(&other, 0, &[colour, grey]), first, "other images under the same numbers");
    }

    #[test]
    fn saved_band_is_read_again_unless_its_steps_differ_or_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bands/x.json");
        let builder = NormalBandBuilder { steps: vec![5, 20], done: vec![vec![0.1, 0.2]; 3], ..NormalBandBuilder::default() };
        builder.save(&file).unwrap();
        assert_eq!(read(&file, &[5, 20]).unwrap().len(), 3);
        assert!(read(&file, &[5]).is_none());
        fs::write(&file, "{").unwrap();
        assert!(read(&file, &[5, 20]).is_none());
    }
}
