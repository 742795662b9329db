//! Why an image has its score: pictures of it and of its nearest normals, and on demand the map of what covering it changes.

use super::{
    display::rgba::{Rgba, blend},
    map_layers::{MapCache, MapLayers, SHOWN},
    runs::score_set::ScoreSet,
};
use crate::{
    data::{Dataset, ImageId, Picture, Preprocess, cut},
    error::Failure,
    error::{Error, Result},
    ml::{
        encoder::model::Encoder,
        scoring::{
            dia_scorer::DiaScorer,
            occlusion::{Occlusion, PLACES, occlusion},
            tiles::highest::{HighestTile, HighestTiles},
        },
    },
    scores::SHIFTS,
};
use candle_core::Device;
use std::{path::PathBuf, sync::Arc};

/// Longest side of a nearest normal, px.
pub(crate) const NEAREST: usize = 160;

/// What the window asks about one scored image. Asked again under the same number it brings only what is still missing.
#[derive(Debug, Clone)]
pub struct Question {
    /// Number of the question, the same for a later request for its map.
    pub generation: u64,
    /// The scores that the image is explained by.
    pub set: Arc<ScoreSet>,
    /// The data set that the image is in.
    pub dataset: Arc<Dataset>,
    /// The image in that data set, which its row in the scores does not tell.
    pub image: ImageId,
    /// Names of the nearest normals in the run's own data.
    pub nearest: Option<[String; SHIFTS]>,
    /// Whether the map of what covering the image changes is wanted, too.
    pub occlude: bool,
    /// How the anomaly map is wanted, where it is wanted, too.
    pub anomaly_map: Option<MapRequest>,
}

/// How an image is wanted under its anomaly map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapRequest {
    /// Value above which a place gets an edge; the model's own where there is none.
    pub threshold: Option<f32>,
}

/// A piece of the answer. What a question does not ask for, or the run has nothing to say of, never comes.
#[derive(Debug)]
pub enum Answer {
    /// The image as the encoder sees it, but larger, with the outline of its mask where it has one.
    Picture {
        /// RGBA, longest side at most 1536 px.
        pixels: Rgba,
        /// Whether the outline of a mask is in it.
        has_mask: bool,
    },
    /// The normal training image nearest to it under one shift.
    Nearest {
        /// The shift, `0..SHIFTS`.
        shift: usize,
        /// Longest side at most 160 px.
        pixels: Rgba,
    },
    /// The tile where the anomaly map is highest, of a picture that is worked on by tiles.
    HighestTile(Box<HighestTilePictures>),
    /// Covered places, of how many (droppable).
    Covered {
        /// Places covered so far.
        done: usize,
        /// Places in all.
        of: usize,
    },
    /// The picture under its map. `fall`, `rise`: the largest changes of the score where a place is covered, both >= 0.
    Map {
        /// RGBA: orange where covering lowers the score, blue where it raises it.
        pixels: Rgba,
        /// Largest fall; 0 where covering never lowers the score.
        fall: f64,
        /// Largest rise, likewise.
        rise: f64,
    },
    /// The image and its anomaly map.
    Layers(Box<MapLayers>),
    /// The edge of what the map has above the threshold, where there is something.
    Edge(Option<Rgba>),
    /// Why the rest of the answer is missing; what came before it holds.
    Failed(Failure),
}

/// The tile of the image where its map is highest, and the normal tile nearest to it, both as they are at the working size.
#[derive(Debug, Clone)]
pub struct HighestTilePictures {
    /// Left upper and right lower corner, as shares of the image's sides.
    pub corners: [[f32; 2]; 2],
    /// Where it is and how far from normal.
    pub tile: HighestTile,
    /// The image's tile.
    pub here: Rgba,
    /// The normal tile.
    pub nearest: Rgba,
}

/// What is kept from one question to the next.
#[derive(Default)]
pub(crate) struct ExplainerCache {
    /// The run's own data, where another data set is open.
    own: Option<(PathBuf, Arc<Dataset>)>,
    encoder: Option<(PathBuf, Encoder, DiaScorer)>,
    /// The question whose pictures were sent, and the picture.
    shown: Option<(u64, Picture)>,
    /// The question whose nearest normals were all sent, the one whose highest tile was, and the one whose anomaly map was.
    nearest: Option<u64>,
    highest: Option<u64>,
    rendered: Option<u64>,
    highest_tiles: Option<(PathBuf, HighestTiles)>,
    maps: MapCache,
}

impl ExplainerCache {
    pub(crate) fn answer(&mut self, q: &Question, say: &dyn Fn(Answer), stale: &dyn Fn() -> bool) -> Result<()> {
        if self.shown.as_ref().is_none_or(|(generation, _)| *generation != q.generation) {
            self.picture(q, say)?;
        }
        // Without a map there are nearest normals all the same.
        let rendered = if stale() { Ok(()) } else { self.anomaly_map(q, say) };
        if self.nearest != Some(q.generation) && !stale() {
            self.nearest(q, say, stale)?;
        }
        // Neither keeps the other from being shown.
        let highest = if stale() { Ok(()) } else { self.highest_tile(q, say, stale) };
        if q.occlude && !stale() {
            self.map(q, say, stale)?;
        }
        rendered.and(highest)
    }

    /// The image under its anomaly map, once; after that the edge at another threshold alone.
    fn anomaly_map(&mut self, q: &Question, say: &dyn Fn(Answer)) -> Result<()> {
        let Some(MapRequest { threshold }) = q.anomaly_map else { return Ok(()) };
        let rendered = self.maps.render(&q.set, &q.dataset, q.image)?;
        if self.rendered != Some(q.generation) {
            say(Answer::Layers(Box::new(rendered.layers.clone())));
            self.rendered = Some(q.generation);
        }
        say(Answer::Edge(rendered.edge(threshold.or(rendered.layers.threshold).unwrap_or(MapLayers::SEEN_FROM))));
        Ok(())
    }

    fn picture(&mut self, q: &Question, say: &dyn Fn(Answer)) -> Result<()> {
        let preprocess = Preprocess::new(q.set.config.preprocess.clone());
        let picture = preprocess.apply(&q.dataset.read(q.image)?).within(SHOWN);
        let mut pixels = Rgba::new(&picture.to_rgb());
        let mask = q.dataset.read_cropped_mask(q.image, &preprocess)?;
        if let Some(mask) = &mask {
            pixels = pixels.with_outline(mask);
        }
        say(Answer::Picture { pixels, has_mask: mask.is_some() });
        self.shown = Some((q.generation, picture));
        Ok(())
    }

    fn nearest(&mut self, q: &Question, say: &dyn Fn(Answer), stale: &dyn Fn() -> bool) -> Result<()> {
        let Some(names) = &q.nearest else { return Ok(()) };
        let preprocess = Preprocess::new(q.set.config.preprocess.clone());
        let own = self.own_data(q)?;
        let places =
            (0u32..).zip(&own.items).filter_map(|(i, item)| Some((names.iter().position(|n| *n == item.name)?, ImageId(i))));
        let mut found: Vec<(usize, ImageId)> = places.collect();
        found.sort_unstable();
        for (first, id) in found {
            if stale() {
                return Ok(());
            }
            let pixels = Rgba::new(&preprocess.apply(&own.read(id)?).within(NEAREST).to_rgb());
            // One image may be the nearest under several shifts.
            for shift in (0..SHIFTS).filter(|&k| names[k] == names[first]) {
                say(Answer::Nearest { shift, pixels: pixels.clone() });
            }
        }
        self.nearest = Some(q.generation);
        Ok(())
    }

    /// The tile where the map is highest, where the run works by tiles and has kept normal ones.
    fn highest_tile(&mut self, q: &Question, say: &dyn Fn(Answer), stale: &dyn Fn() -> bool) -> Result<()> {
        if self.highest == Some(q.generation) {
            return Ok(());
        }
        self.highest = Some(q.generation);
        let Some((bank, tiles)) = q.set.tile_bank.as_ref().zip(q.set.config.data.tiles()) else { return Ok(()) };
        // Without a map there is no such tile; why there is none is said where the map is asked for.
        let Ok(highest) = self.maps.render(&q.set, &q.dataset, q.image).map(|rendered| rendered.highest()) else { return Ok(()) };
        if stale() {
            self.highest = None;
            return Ok(());
        }
        let part = bank.parent().unwrap_or(bank).to_path_buf();
        let held = match self.highest_tiles.take().filter(|(held, _)| *held == part) {
            Some(held) => held,
            None => (part.clone(), HighestTiles::open(&part, tiles)?),
        };
        let (_, highest_tiles) = self.highest_tiles.insert(held);
        let picture = highest_tiles.working_picture(&q.dataset.read(q.image)?);
        let own = q.dataset.item(q.image).filter(|_| !q.set.is_foreign()).map(|item| item.name.clone());
        let Some(tile) = highest_tiles.at(&picture, highest, own.as_deref())? else { return Ok(()) };
        let data = self.own_data(q)?;
        // The training image may be gone by now.
        let Some(normal) = data.named(&tile.nearest.image).and_then(|id| data.read(id).ok()) else {
            return Ok(());
        };
        let Some((_, highest_tiles)) = &self.highest_tiles else { return Ok(()) };
        let (normal, side) = (highest_tiles.working_picture(&normal), highest_tiles.side());
        let pixels = |of: &Picture, place| Rgba::new(&Picture::new(side, side, 3, cut(&of.to_rgb(), place, side)));
        let share = |axis: usize, px: usize| px as f32 / [picture.width, picture.height][axis].max(1) as f32;
        let corner = |add: usize| [0, 1].map(|axis| share(axis, tile.place[axis] + add).min(1.0));
        say(Answer::HighestTile(Box::new(HighestTilePictures {
            corners: [corner(0), corner(side)],
            here: pixels(&picture, tile.place),
            nearest: pixels(&normal, tile.nearest.place),
            tile,
        })));
        Ok(())
    }

    /// The data that the run learnt from: the open ones where these are it.
    fn own_data(&mut self, q: &Question) -> Result<Arc<Dataset>> {
        if !q.set.is_foreign() {
            return Ok(q.dataset.clone());
        }
        let path = &q.set.config.data.path;
        if let Some((held, data)) = &self.own
            && held == path
        {
            return Ok(data.clone());
        }
        let data = Arc::new(Dataset::open(&q.set.config.data, &|_| {})?);
        self.own = Some((path.clone(), data.clone()));
        Ok(data)
    }

    fn map(&mut self, q: &Question, say: &dyn Fn(Answer), stale: &dyn Fn() -> bool) -> Result<()> {
        let path =
            q.set.encoder.clone().ok_or_else(|| Error::user("the run's encoder is not here", "train a run of your own"))?;
        say(Answer::Covered { done: 0, of: PLACES });
        if self.encoder.as_ref().is_none_or(|(held, ..)| *held != path) {
            let encoder = Encoder::load(&path, &Device::Cpu)?;
            let bank = encoder.bank.as_ref().map_or(&[][..], |b| &b.features);
            let scorer = DiaScorer::new(bank)?;
            self.encoder = Some((path, encoder, scorer));
        }
        let (Some((_, encoder, scorer)), Some((_, shown))) = (&self.encoder, &self.shown) else { return Ok(()) };
        let config = &encoder.config;
        let preprocess = Preprocess::new(config.run.preprocess.clone());
        let picture = q.dataset.read_fitted(q.image, &preprocess, config.input_size)?.to_rgb();
        let name = q.dataset.item(q.image).map(|item| item.name.clone()).unwrap_or_default();
        let mut tick = |done: usize| {
            say(Answer::Covered { done, of: PLACES });
            if stale() { Err(Error::Stopped) } else { Ok(()) }
        };
        let found = occlusion(encoder, scorer, &picture.data, &name, &mut tick)?;
        say(coloured(shown, &found));
        Ok(())
    }
}

/// The picture in grey under its map: orange where covering lowers the score, blue where it raises it.
pub(crate) fn coloured(shown: &Picture, found: &Occlusion) -> Answer {
    let [fall, rise] = [1.0, -1.0].map(|sign| found.change.iter().map(|c| sign * c).fold(0.0, f64::max));
    let largest = fall.max(rise).max(1e-12);
    let map = Picture::new(found.side, found.side, 1, found.change.iter().map(|c| (c / largest) as f32).collect());
    Answer::Map { pixels: blend(shown, &map.resize(shown.width, shown.height)), fall, rise }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn map_is_orange_where_covering_lowers_the_score() {
        let grey = Picture::new(2, 1, 1, vec![0.5, 0.5]);
        let found = Occlusion { side: 2, change: vec![0.2, -0.1, 0.2, -0.1], score: 1.0 };
        let Answer::Map { pixels, fall, rise } = coloured(&grey, &found) else { panic!() };
        assert_eq!((fall, rise), (0.2, 0.1));
        assert!(pixels.rgba[0] > pixels.rgba[2], "orange");
        assert!(pixels.rgba[4] < pixels.rgba[6], "blue");
    }
}
