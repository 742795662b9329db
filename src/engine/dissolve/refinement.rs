//! A large picture on its way from coarse to fine: what is in view first, from where the eye is outwards.

use super::{
    dissolved::{Change, Dissolved, Scale},
    prepared_image::{Input, TileContent},
    request::InView,
    tile_cache::{TileCache, TileKey},
};
use crate::{
    data::{Picture, TileBlend, TileGrid},
    engine::display::raster::raster_of,
    error::Result,
    ml::dissolve::tiled::{TiledDissolver, keep_surround},
};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// What a step takes at most, about: a newer wish waits no longer.
const STEP: Duration = Duration::from_millis(80);
/// Fewer tiles in a pass of the network take longer each.
const LEAST: usize = 4;
/// The picture is shown anew after this long, or after so many times what putting it together takes.
const NEWS: Duration = Duration::from_millis(100);
const NEWS_COST: u32 = 8;

/// See the [module](self).
pub(super) struct Refinement {
    pub key: TileKey,
    dissolver: TiledDissolver,
    input: Arc<Input>,
    grid: TileGrid,
    blend: TileBlend,
    /// Stands where no tile is done yet.
    coarse: Picture,
    coarse_change: Change,
    in_view: InView,
    /// Tiles to be done, the next one last.
    waiting: Vec<usize>,
    /// How many of the waiting tiles are not in view.
    out_of_view: usize,
    /// Those of the sample, for the change curve.
    sampled: BTreeMap<usize, Vec<f32>>,
    /// Tiles of a step.
    pace: usize,
    began: Instant,
    last_news: Instant,
    /// How long putting the picture together has taken.
    news_took: Duration,
}

impl Refinement {
    /// `coarse`: what the picture, at the size of the input, looks like until its tiles are done, and its change. Tiles of the cache are
    /// taken over, and blank ones as they are.
    pub fn new(
        key: TileKey,
        dissolver: TiledDissolver,
        input: Arc<Input>,
        coarse: (Picture, Change),
        cache: &mut TileCache,
    ) -> Self {
        let grid = dissolver.grid(input.picture.width, input.picture.height);
        let now = Instant::now();
        let mut new = Self {
            blend: TileBlend::new(grid.clone()),
            pace: dissolver.chunk().div_ceil(4),
            in_view: InView::default(),
            waiting: Vec::new(),
            out_of_view: 0,
            sampled: BTreeMap::new(),
            began: now,
            last_news: now,
            news_took: Duration::ZERO,
            key,
            dissolver,
            input,
            grid,
            coarse: coarse.0,
            coarse_change: coarse.1,
        };
        for index in 0..new.grid.len() {
            let blank = || (new.input.tiles[index] == TileContent::Blank).then(|| new.grid.cut(&new.input.picture, index));
            match blank().or_else(|| cache.get(&new.key, index)) {
                Some(pixels) => new.add(index, &pixels),
                None => new.waiting.push(index),
            }
        }
        new.look_at(InView::default());
        new
    }

    /// Sorts what is left by what is in view now; the rim of a photograph comes after what it surrounds.
    pub fn look_at(&mut self, in_view: InView) {
        self.in_view = in_view;
        let [width, height] = self.grid.size().map(|side| side as f32);
        let tile = self.grid.tile() as f32;
        let [from, to] = in_view.corners.map(|[x, y]| [x * width, y * height]);
        let focus = [in_view.focus[0] * width, in_view.focus[1] * height];
        let grid = &self.grid;
        let order = |&index: &usize| {
            let [x, y] = grid.place(index).map(|px| px as f32);
            let is_out = x + tile <= from[0] || y + tile <= from[1] || x >= to[0] || y >= to[1];
            let distance = (x + tile / 2.0 - focus[0]).hypot(y + tile / 2.0 - focus[1]);
            (is_out, self.input.tiles[index], distance as u32, index)
        };
        let mut waiting = self.waiting.clone();
        waiting.sort_by_key(|index| std::cmp::Reverse(order(index)));
        self.out_of_view = waiting.iter().filter(|index| order(index).0).count();
        self.waiting = waiting;
    }

    pub fn is_complete(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Dissolves some tiles. Returns the picture where it is time to show it.
    pub fn step(&mut self, cache: &mut TileCache) -> Result<Option<Dissolved>> {
        let had_in_view = self.waiting.len() > self.out_of_view;
        self.dissolve_some(cache)?;
        let is_in_view = had_in_view && self.waiting.len() <= self.out_of_view;
        let is_time = is_in_view || self.is_complete() || self.last_news.elapsed() >= NEWS.max(NEWS_COST * self.news_took);
        Ok(is_time.then(|| self.dissolved()))
    }

    /// As [`step`](Self::step), without a picture.
    pub fn dissolve_some(&mut self, cache: &mut TileCache) -> Result<()> {
        let began = Instant::now();
        let mut next = self.waiting.split_off(self.waiting.len().saturating_sub(self.pace));
        next.reverse();
        let tiles = match self.dissolver.dissolve_tiles(&self.grid, &self.input.picture, &next, self.key.recipe.t) {
            Ok(tiles) => tiles,
            Err(e) => {
                self.waiting.extend(next.into_iter().rev());
                return Err(e);
            }
        };
        for (index, pixels) in next.into_iter().zip(&tiles) {
            cache.put(&self.key, index, pixels);
            self.add(index, pixels);
        }
        // As many as fit into a step at this speed.
        let share = STEP.as_secs_f64() / began.elapsed().as_secs_f64().max(1e-4);
        self.pace = ((tiles.len() as f64 * share) as usize).clamp(LEAST.min(self.dissolver.chunk()), self.dissolver.chunk());
        Ok(())
    }

    fn add(&mut self, index: usize, pixels: &[f32]) {
        self.blend.add(index, pixels);
        if self.input.sample.indices.contains(&index) {
            self.sampled.insert(index, pixels.to_vec());
        }
    }

    /// The picture as far as it is done.
    pub fn dissolved(&mut self) -> Dissolved {
        let began = Instant::now();
        let mut picture = self.blend.picture(&self.coarse);
        keep_surround(&self.input.picture, self.input.visibility.as_deref(), &mut picture);
        let is_complete = self.is_complete();
        let change = if is_complete { self.input.change(&picture) } else { self.coarse_change };
        let sampled: Vec<Vec<f32>> = if is_complete { self.sampled.values().cloned().collect() } else { Vec::new() };
        let raster = raster_of(&picture);
        self.last_news = Instant::now();
        self.news_took = began.elapsed();
        Dissolved {
            image: self.key.source.image,
            t: self.key.recipe.t,
            raster,
            resized: self.input.raster.clone(),
            change,
            curve: is_complete.then(|| self.input.sample.change(&sampled)),
            milliseconds: self.began.elapsed().as_secs_f64() * 1e3,
            scale: Scale::Tiles(self.dissolver.tiles()),
            tiles: [self.input.shown_tiles() - self.waiting.len(), self.input.shown_tiles()],
            weights: self.key.weights,
        }
    }
}
