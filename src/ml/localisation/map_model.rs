//! The model of anomaly maps: trained on normal pictures with spots drawn into them, kept with the run.

use super::{
    pixel_features::{Scales, brightness, features},
    pixel_net::{Examples, PixelNet},
    training_spots::draw_spots,
};
use crate::{
    config::{RunConfig, TileSize},
    data::{Dataset, ImageId, Picture, Pixels, Preprocess, content, for_each_image, has_surround},
    error::{Error, Result},
    metrics::{self, HeldOutScores},
    ml::{
        base::{
            checkpoint::{self, CheckpointMetadata},
            reporter::{Reporter, Stage},
            stage_progress::StageProgress,
        },
        scoring::anomaly_map::{AnomalyMap, MapScale},
    },
    rng,
    run_dir::{RunDir, files},
};
use rand::Rng as _;
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// Pictures worked on at once.
const CHUNK: usize = 4;
/// Training normals that spots are drawn into, at most, evenly spread.
pub(crate) const MOST: usize = 80;
/// Pixels learnt from, of spots and of what was there, as many of each from a picture.
const PIXELS: usize = 2000;
/// Covered more than this a pixel is of a spot, less than that it is not.
const COVERED: [f32; 2] = [0.05, 0.5];
/// The value of what is no content, and the range of values: logits.
const LIMIT: f32 = 16.0;
/// Share of a picture's content whose highest values make its score: a few small lesions are enough.
const TOP: f64 = 0.001;

/// Makes an [`AnomalyMap`] of any picture.
pub struct MapModel {
    net: PixelNet,
    scales: Scales,
    tiles: TileSize,
    preprocess: Preprocess,
    /// Shorter side of the pictures it learnt from, px.
    shorter: usize,
    /// Its pictures lie in a black surround, which is no content.
    has_surround: bool,
    /// The logit that one in a thousand pixels of the training normals exceeds.
    pub threshold: f32,
    /// Scores of the training normals that it was held against.
    normals: BTreeMap<String, f64>,
    held_out_scores: HeldOutScores,
}

impl MapModel {
    /// One range for all maps.
    pub const SCALE: MapScale = MapScale { low: -LIMIT, high: LIMIT };

    /// Reads the run's model, or trains it on the training normals of `data`.
    ///
    /// # Errors
    /// No picture that can be decoded, a file that cannot be written, [`Error::Stopped`].
    pub fn open_or_train(
        run: &RunDir,
        config: &RunConfig,
        tiles: TileSize,
        data: &Arc<Dataset>,
        reporter: &mut dyn Reporter,
    ) -> Result<Self> {
        let path = run.join(files::MAP_MODEL);
        if path.exists() {
            return Self::load(&path, config, tiles);
        }
        let model = Self::train(config, tiles, data, reporter)?;
        let mut metadata = CheckpointMetadata::from([("kind".into(), "anomaly-map".into())]);
        metadata.insert("shorter".into(), model.shorter.to_string());
        metadata.insert("surround".into(), model.has_surround.to_string());
        metadata.insert("threshold".into(), model.threshold.to_string());
        metadata.insert("normals".into(), serde_json::to_string(&model.normals).unwrap_or_default());
        checkpoint::save(&path, &model.net.tensors()?, &metadata)?;
        Ok(model)
    }

    /// Reads what training has written, for a run of these settings and tiles.
    ///
    /// # Errors
    /// A file that is damaged or something else.
    pub fn load(path: &Path, config: &RunConfig, tiles: TileSize) -> Result<Self> {
        let damaged = || {
            Error::user(
                format!("{} cannot be read", path.display()),
                "delete it, and score the images that the run has learnt from: it is trained again",
            )
        };
        let (tensors, metadata) = checkpoint::load(path).map_err(|_| damaged())?;
        let number = |key: &str| metadata.get(key).and_then(|text| text.parse::<f32>().ok()).filter(|v| v.is_finite());
        let found = PixelNet::from_tensors(&tensors).zip(number("shorter").zip(number("threshold")));
        let (net, (shorter, threshold)) = found.ok_or_else(damaged)?;
        let normals: BTreeMap<String, f64> =
            metadata.get("normals").and_then(|text| serde_json::from_str(text).ok()).ok_or_else(damaged)?;
        let scales = Scales::new(shorter as usize);
        if scales.count() != net.inputs() {
            return Err(damaged());
        }
        let preprocess = Preprocess::new(config.preprocess.clone());
        let held_out_scores = HeldOutScores::new(normals.values().copied().collect());
        let (shorter, has_surround) = (shorter as usize, metadata.get("surround").is_some_and(|text| text == "true"));
        Ok(Self { net, scales, tiles, preprocess, shorter, has_surround, threshold, normals, held_out_scores })
    }

    fn train(config: &RunConfig, tiles: TileSize, data: &Arc<Dataset>, reporter: &mut dyn Reporter) -> Result<Self> {
        let preprocess = Preprocess::new(config.preprocess.clone());
        let chosen = data.some_training_normals(MOST);
        let shorter = tiles.working([config.shorter_side(data.median_side(&chosen)); 2])[0];
        let (scales, seed) = (Scales::new(shorter), config.run.seed);
        let count = scales.count();
        let steps = chosen.len();
        // Three parts that take about as long: features of pictures with spots, the network, maps of the pictures as they are.
        let mut progress = StageProgress::start(Stage::MapModel, 0, 3 * steps, reporter);
        let has_surround = in_surround(data, &chosen, &preprocess, tiles);
        let mut examples = Examples::default();
        for (done, ids) in chosen.chunks(CHUNK).enumerate() {
            let found = for_each_image(data, ids, |id, item| {
                let picture = preprocess.at_working_size(&item.decode()?, tiles);
                Ok(learn_from(&picture, has_surround, &scales, &mut rng::stream(seed, "map-pixels", u64::from(id.0))))
            });
            for few in found.into_iter().flatten() {
                examples.features.extend(few.features);
                examples.is_target.extend(few.is_target);
            }
            progress.reach((CHUNK * done + ids.len()).min(steps))?;
        }
        let net = PixelNet::train(&examples, count, seed, &mut |step, of| progress.reach(steps + steps * step / of.max(1)))?;
        let (normals, held_out_scores) = (BTreeMap::new(), HeldOutScores::new(Vec::new()));
        let mut model = Self { net, scales, tiles, preprocess, shorter, has_surround, threshold: 0.0, normals, held_out_scores };
        let mut values = Vec::new();
        for (done, ids) in chosen.chunks(CHUNK).enumerate() {
            let found = for_each_image(data, ids, |_, item| {
                let picture = model.working_picture(&item.decode()?);
                let (map, score) = model.map(&picture).map_err(|e| e.to_string())?;
                let few: Vec<f64> = map.values.iter().step_by(37).filter(|v| **v > -LIMIT).map(|&v| f64::from(v)).collect();
                Ok((item.name.clone(), score, few))
            });
            for (name, score, few) in found.into_iter().flatten() {
                model.normals.insert(name, score);
                values.extend(few);
            }
            progress.reach(2 * steps + (CHUNK * done + ids.len()).min(steps))?;
        }
        progress.finish();
        model.threshold = metrics::percentile(&values, 99.9).unwrap_or(0.0) as f32;
        model.held_out_scores = HeldOutScores::new(model.normals.values().copied().collect());
        Ok(model)
    }

    /// The score of a training normal that it was held against; `None` for other pictures.
    pub fn of_normal(&self, name: &str) -> Option<f64> {
        self.normals.get(name).copied()
    }

    /// Scores of the training normals.
    pub fn held_out_scores(&self) -> &HeldOutScores {
        &self.held_out_scores
    }

    /// A picture as maps are made of it.
    pub fn working_picture(&self, picture: &(impl Pixels + ?Sized)) -> Picture {
        self.preprocess.at_working_size(picture, self.tiles)
    }

    /// The map of a picture at its working size, and the picture's score: the mean of the highest thousandth of its content.
    ///
    /// # Errors
    /// Too little memory.
    pub fn map(&self, picture: &Picture) -> Result<(AnomalyMap, f64)> {
        let (width, content) = (picture.width, content_of(picture, self.has_surround));
        let planes = features(&brightness(picture), &content, width, &self.scales);
        let pixels: Vec<usize> = (0..content.len()).filter(|&i| content[i]).collect();
        let mut logits = self.net.logits(&planes, &pixels)?;
        let mut values = vec![-LIMIT; content.len()];
        pixels.iter().zip(&logits).for_each(|(&i, &logit)| values[i] = logit.clamp(-LIMIT, LIMIT));
        let top = ((logits.len() as f64 * TOP).ceil() as usize).clamp(1, logits.len().max(1));
        logits.sort_unstable_by(|a, b| b.total_cmp(a));
        let score = logits.iter().take(top).map(|&v| f64::from(v)).sum::<f64>() / top as f64;
        Ok((AnomalyMap::new(width, picture.height, values), score))
    }
}

/// Whether the normals lie in a black surround: nine of ten of some of them do.
fn in_surround(data: &Arc<Dataset>, ids: &[ImageId], preprocess: &Preprocess, tiles: TileSize) -> bool {
    let some: Vec<ImageId> = ids.iter().copied().step_by(ids.len().div_ceil(20).max(1)).collect();
    let found = for_each_image(data, &some, |_, item| Ok(has_surround(&preprocess.at_working_size(&item.decode()?, tiles))));
    let (all, with) = found.into_iter().flatten().fold((0, 0), |(all, with), has| (all + 1, with + usize::from(has)));
    all > 0 && 10 * with >= 9 * all
}

fn content_of(picture: &Picture, has_surround: bool) -> Vec<bool> {
    if has_surround { content(picture) } else { vec![true; picture.width * picture.height] }
}

/// Pixels of a normal picture with spots in it.
fn learn_from(picture: &Picture, has_surround: bool, scales: &Scales, rng: &mut rng::Rng) -> Examples {
    let (width, content) = (picture.width, content_of(picture, has_surround));
    let mut plane = brightness(picture);
    let covered = draw_spots(&mut plane, &content, width, rng);
    let planes = features(&plane, &content, width, scales);
    let [low, high] = COVERED;
    let mut examples = Examples::default();
    let inside: Vec<usize> = (0..content.len()).filter(|&i| content[i]).collect();
    for (is_target, among) in [
        (true, inside.iter().copied().filter(|&i| covered[i] > high).collect::<Vec<_>>()),
        (false, inside.iter().copied().filter(|&i| covered[i] < low).collect()),
    ] {
        let picks = if among.is_empty() { 0 } else { PIXELS };
        for _ in 0..picks {
            let pixel = among[rng.random_range(0..among.len() as u64) as usize];
            examples.features.extend(planes.iter().map(|plane| plane[pixel]));
            examples.is_target.push(is_target);
        }
    }
    examples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::DataConfig, ml::base::reporter::Silent, run_dir::RunKind};

    /// Textured pictures with a line across, as 8-bit files.
    fn folder(count: u32) -> (tempfile::TempDir, Arc<Dataset>) {
        let dir = tempfile::tempdir().unwrap();
        for i in 0..count {
            picture(i, false).save(dir.path().join(format!("{i}.png"))).unwrap();
        }
        let config = DataConfig { path: dir.path().into(), normal: vec!["*".into()], ..Default::default() };
        let data = Dataset::open(&config, &|_| ()).unwrap();
        (dir, Arc::new(data))
    }

    fn picture(seed: u32, with_spot: bool) -> image::GrayImage {
        image::GrayImage::from_fn(160, 140, |x, y| {
            let line = if (x + 2 * seed) % 60 < 4 { -30.0 } else { 0.0 };
            let (u, v) = (f64::from(x) - 80.0, f64::from(y) - 70.0);
            let spot = if with_spot { 45.0 * (-(u * u + v * v) / 18.0).exp() } else { 0.0 };
            let noise = f64::from((x * 31 + y * 17 + seed * 7) % 9);
            image::Luma([(120.0 + line + spot + noise) as u8])
        })
    }

    #[test]
    fn a_spot_stands_out_and_what_normal_pictures_have_does_not() {
        let (dir, data) = folder(6);
        let (config, tiles) = (RunConfig::default(), TileSize { tile: 32, working_size: 0 });
        let run = RunDir::create(dir.path(), RunKind::Dia, "maps", &config).unwrap();
        let model = MapModel::open_or_train(&run, &config, tiles, &data, &mut Silent).unwrap();
        let of = |with_spot| Picture::from_image(&picture(9, with_spot).into());
        let (map, score) = model.map(&of(true)).unwrap();
        let peak = (0..map.values.len()).max_by(|a, b| map.values[*a].total_cmp(&map.values[*b])).unwrap();
        let (x, y) = (peak % 160, peak / 160);
        assert!((72..88).contains(&x) && (62..78).contains(&y), "highest at {x}, {y}");
        assert!(map.values[peak] > model.threshold);
        assert!(score > model.map(&of(false)).unwrap().1 && model.held_out_scores().rank(score) > 0.9);

        let again = MapModel::open_or_train(&run, &config, tiles, &data, &mut Silent).unwrap();
        assert_eq!(again.map(&of(true)).unwrap(), (map, score), "read from its file");
        assert_eq!(again.of_normal("0.png"), model.of_normal("0.png"));
        run.write(files::MAP_MODEL, b"x").unwrap();
        assert!(MapModel::open_or_train(&run, &config, tiles, &data, &mut Silent).is_err());
    }
}
