//! An image under its anomaly map, as layers that the window lays over each other.

use super::{anomaly_maps, display::rgba::Rgba, runs::score_set::ScoreSet};
use crate::{
    data::{Dataset, ImageId, Preprocess},
    error::{Error, Result},
    ml::{localisation::map_model::MapModel, scoring::anomaly_map::AnomalyMap},
};
use std::{collections::VecDeque, path::PathBuf, sync::Arc};

/// Longest side of the picture, px.
pub(super) const SHOWN: usize = 1536;
/// Images that are kept.
const KEPT: usize = 4;
/// Edge thickness: 1 px per 700 px of the longer side.
const FINE: usize = 700;

/// The layers, the lowest first; all show the same part of the world, at sizes of their own.
#[derive(Debug, Clone)]
pub struct MapLayers {
    /// The image as maps are made of it, but in all of its pixels where these are not too many.
    pub picture: Rgba,
    /// The colours of the map, clear where it is like normal.
    pub colours: Rgba,
    /// The edge of the image's mask.
    pub mask: Option<Rgba>,
    /// The threshold of the run's model: one in a thousand pixels of normals is above it. `None` where that is gone.
    pub threshold: Option<f32>,
    /// The map was kept by the run, not made now.
    pub is_saved: bool,
    /// The model that made it has learnt from this image.
    pub is_learnt: bool,
}

impl MapLayers {
    /// Least and largest value of maps.
    pub const RANGE: [f32; 2] = [MapModel::SCALE.low, MapModel::SCALE.high];
    /// The value at which a map begins to cover its picture.
    pub const SEEN_FROM: f32 = MapModel::SCALE.low + anomaly_maps::COVERS[0] * (MapModel::SCALE.high - MapModel::SCALE.low);
    /// The colour of the edge of what is above the threshold: white, which the map's own colours are not.
    pub const EDGE: [u8; 4] = [0xFF; 4];

    /// Colour and opacity of a value.
    pub fn colour(value: f32) -> [u8; 4] {
        anomaly_maps::colour(MapModel::SCALE, value)
    }
}

/// Layers with their map.
#[derive(Debug)]
pub(crate) struct RenderedMap {
    pub layers: MapLayers,
    map: AnomalyMap,
}

impl RenderedMap {
    /// Where the map is highest, as shares of the image's sides.
    pub fn highest(&self) -> [f32; 2] {
        let AnomalyMap { width, height, values } = &self.map;
        let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        // A saved map may have reached the end of its scale at many pixels.
        let highest: Vec<usize> = (0..values.len()).filter(|&i| values[i] == most).collect();
        let at = highest.get(highest.len() / 2).copied().unwrap_or_default();
        let width = (*width).max(1);
        [(at % width) as f32 / width as f32, (at / width) as f32 / (*height).max(1) as f32]
    }

    /// The edge of what is above a threshold; `None` where nothing is.
    pub fn edge(&self, threshold: f32) -> Option<Rgba> {
        let AnomalyMap { width, height, values } = &self.map;
        let above: Vec<bool> = values.iter().map(|&v| v > threshold).collect();
        let thick = (*width.max(height) / FINE).max(1);
        above.contains(&true).then(|| Rgba::edge(&above, *width, *height, thick, MapLayers::EDGE))
    }
}

/// Run's file of scores, folder of the images, name of the image.
type Key = (PathBuf, PathBuf, String);

/// What was rendered last, and the model in use.
#[derive(Default)]
pub(crate) struct MapCache {
    model: Option<(PathBuf, MapModel)>,
    /// The newest at the end.
    kept: VecDeque<(Key, Arc<RenderedMap>)>,
}

impl MapCache {
    /// The image under the map that the run has kept of it; else under one made now.
    ///
    /// # Errors
    /// An image that cannot be read; no map and no model that makes one.
    pub fn render(&mut self, set: &ScoreSet, dataset: &Dataset, image: ImageId) -> Result<Arc<RenderedMap>> {
        let name = dataset.item(image).map(|item| item.name.clone()).unwrap_or_default();
        let key = (set.file.clone(), dataset.root().to_path_buf(), name);
        let known = self.kept.iter().position(|(held, _)| *held == key).and_then(|at| self.kept.remove(at));
        let rendered = match known {
            Some((_, rendered)) => rendered,
            None => Arc::new(self.make(set, dataset, image, &key.2)?),
        };
        self.kept.push_back((key, rendered.clone()));
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
        Ok(rendered)
    }

    fn make(&mut self, set: &ScoreSet, dataset: &Dataset, image: ImageId, name: &str) -> Result<RenderedMap> {
        let pixels = dataset.read(image)?;
        // One that cannot be read is made again.
        let saved = set.maps.values(name).and_then(|file| anomaly_maps::read(file, MapModel::SCALE).ok());
        let (is_saved, model) = (saved.is_some(), self.model(set));
        let is_learnt = !set.is_foreign() && model.as_ref().is_ok_and(|model| model.of_normal(name).is_some());
        let (map, threshold) = match (saved, model) {
            (Some(map), model) => (map, model.ok().map(|model| model.threshold)),
            (None, model) => {
                let model = model?;
                (model.map(&model.working_picture(&pixels))?.0, Some(model.threshold))
            }
        };
        let preprocess = Preprocess::new(set.config.preprocess.clone());
        let picture = preprocess.apply(&pixels).within(SHOWN);
        // A mask that cannot be read was named when the data set was opened.
        let mask = dataset.read_cropped_mask(image, &preprocess).unwrap_or_default();
        let (width, height) = (picture.width, picture.height);
        let thick = (width.max(height) / FINE).max(1);
        let layers = MapLayers {
            picture: Rgba::new(&picture),
            colours: Rgba {
                width: map.width,
                height: map.height,
                rgba: map.values.iter().flat_map(|&value| MapLayers::colour(value)).collect(),
            },
            mask: mask.and_then(|mask| Rgba::outline(&mask, width, height, thick)),
            threshold,
            is_saved,
            is_learnt,
        };
        Ok(RenderedMap { layers, map })
    }

    fn model(&mut self, set: &ScoreSet) -> Result<&MapModel> {
        let (path, tiles) = set
            .map_model
            .as_ref()
            .zip(set.config.data.tiles())
            .ok_or_else(|| Error::user("the run's model of anomaly maps is not here", "score the run again"))?;
        let held = match self.model.take().filter(|(held, _)| held == path) {
            Some(held) => held,
            None => (path.clone(), MapModel::load(path, &set.config, tiles)?),
        };
        Ok(&self.model.insert(held).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{DataConfig, RunConfig, Tiling},
        data::Picture,
        engine::{
            anomaly_maps::MapFolder,
            explanation::{Answer, ExplainerCache, MapRequest, Question},
        },
        ml::base::reporter::Silent,
        run_dir::{RunDir, RunKind, SavedMaps, files},
        scores::{ScoreRow, Scores},
    };
    use std::cell::RefCell;

    /// Four textured pictures, a run with its model of maps, and a saved map of the first one: high in its first pixel alone.
    fn fixture() -> (tempfile::TempDir, Arc<Dataset>, ScoreSet) {
        let dir = tempfile::tempdir().unwrap();
        let images = dir.path().join("images");
        std::fs::create_dir(&images).unwrap();
        for i in 0..4_u32 {
            let grey = |x: u32, y: u32| 110 + (x * 31 + y * 17 + i * 7) % 9 + if (x + 9 * i) % 50 < 4 { 40 } else { 0 };
            let picture = image::GrayImage::from_fn(120, 100, |x, y| image::Luma([grey(x, y) as u8]));
            picture.save(images.join(format!("{i}.png"))).unwrap();
        }
        let data = DataConfig { path: images, normal: vec!["*".into()], tile: Tiling::Px(32), ..DataConfig::default() };
        let config = RunConfig { data, ..RunConfig::default() };
        let data = Arc::new(Dataset::open(&config.data, &|_| ()).unwrap());
        let run = RunDir::create(dir.path(), RunKind::Tiles, "r", &config).unwrap();
        MapModel::open_or_train(&run, &config, config.data.tiles().unwrap(), &data, &mut Silent).unwrap();
        let mut map = AnomalyMap::new(120, 100, vec![-3.0; 12_000]);
        map.values[0] = 9.0;
        let maps = run.join(files::MAPS);
        let picture = Picture::new(120, 100, 1, vec![0.5; 12_000]);
        MapFolder::prepare(&maps).unwrap().write("0.png", &map, MapModel::SCALE, &picture, None).unwrap();
        let rows: Vec<ScoreRow> =
            data.items.iter().map(|item| ScoreRow { path: item.name.clone(), ..ScoreRow::default() }).collect();
        let mut set = ScoreSet::new(run.path(), "r".into(), config, Scores::from(rows), None).unwrap();
        set.maps = SavedMaps::find(&maps, set.rows.iter().map(|row| row.path.as_str()));
        set.map_model = Some(run.join(files::MAP_MODEL));
        (dir, data, set)
    }

    fn id(data: &Dataset, name: &str) -> ImageId {
        data.ids(|item, _| item.name == name)[0]
    }

    #[test]
    fn saved_map_is_read_and_a_missing_one_is_made() {
        let (_dir, data, mut set) = fixture();
        let mut cache = MapCache::default();
        let saved = cache.render(&set, &data, id(&data, "0.png")).unwrap();
        let of = |rendered: &RenderedMap, at: usize| rendered.layers.colours.rgba[4 * at + 3];
        assert!(saved.layers.is_saved && of(&saved, 0) == 255 && of(&saved, 1) == 0, "the high pixel alone covers the picture");
        assert_eq!(saved.highest(), [0.0; 2]);
        let edge = saved.edge(8.0).unwrap();
        assert_eq!(edge.rgba.chunks_exact(4).filter(|p| p[3] > 0).count(), 1);
        assert!(saved.edge(9.5).is_none());

        let made = cache.render(&set, &data, id(&data, "1.png")).unwrap();
        let model = MapModel::load(set.map_model.as_ref().unwrap(), &set.config, set.config.data.tiles().unwrap()).unwrap();
        let picture = model.working_picture(&data.read(id(&data, "1.png")).unwrap());
        assert_eq!(made.map, model.map(&picture).unwrap().0);
        assert!(made.layers.is_learnt, "it is one of the training images");
        assert!(!made.layers.is_saved && [made.layers.threshold, saved.layers.threshold] == [Some(model.threshold); 2]);
        assert_eq!([made.layers.picture.width, made.layers.picture.height], [120, 100]);

        std::fs::write(set.maps.values("0.png").unwrap(), "damaged").unwrap();
        std::fs::remove_file(set.config.data.path.join("1.png")).unwrap();
        assert!(cache.render(&set, &data, id(&data, "1.png")).is_ok(), "what was rendered last is kept");
        assert!(
            !MapCache::default().render(&set, &data, id(&data, "0.png")).unwrap().layers.is_saved,
            "a damaged map is made again"
        );
        set.map_model = None;
        let why = MapCache::default().render(&set, &data, id(&data, "2.png")).unwrap_err();
        assert!(why.to_string().contains("model of anomaly maps is not here"), "{why}");
    }

    #[test]
    fn explainer_sends_layers_once_then_edges_and_goes_on_with_what_was_interrupted() {
        let (_dir, data, set) = fixture();
        let set = Arc::new(set);
        let (image, names) = (id(&data, "0.png"), std::array::from_fn(|_| "3.png".to_string()));
        let ask = |threshold| Question {
            generation: 1,
            set: set.clone(),
            dataset: data.clone(),
            image,
            nearest: Some(names.clone()),
            occlude: false,
            anomaly_map: Some(MapRequest { threshold }),
        };
        let mut cache = ExplainerCache::default();
        let mut said = |question: Question, is_stale: bool| {
            let said = RefCell::new(Vec::new());
            let say = |answer: Answer| {
                said.borrow_mut().push(match answer {
                    Answer::Picture { .. } => "picture",
                    Answer::Nearest { .. } => "nearest",
                    Answer::Layers(_) => "layers",
                    Answer::Edge(Some(_)) => "edge",
                    Answer::Edge(None) => "no edge",
                    _ => "other",
                });
            };
            cache.answer(&question, &say, &|| is_stale).unwrap();
            said.into_inner()
        };
        assert_eq!(said(ask(None), true), ["picture"]);
        assert_eq!(said(ask(Some(8.0)), false), ["layers", "edge", "nearest", "nearest", "nearest", "nearest"]);
        assert_eq!(said(ask(Some(9.5)), false), ["no edge"]);
    }
}
