//! What the dissolve thread works with: prepared images, dissolved tiles and the model, kept from one request to the next.

use super::{
    dissolved::{self, Dissolved, Scale, StripThumbnail},
    prepared_image::{Input, Original, PreparedImage},
    refinement::Refinement,
    request::{DissolveRequest, ImageSource, Recipe},
    tile_cache::{TileCache, TileKey},
};
use crate::{
    config::{DissolveMethod, TileSize},
    data::{Picture, Preprocess},
    engine::{
        display::{
            raster::{picture_of, raster_of},
            rgba::Rgba,
        },
        runs::list::ModelSource,
    },
    error::{Error, Result},
    ml::{
        diffusion::{model::DiffusionModel, saved},
        dissolve::{
            dissolver::Dissolver,
            tiled::{self, TiledDissolver},
        },
    },
};
use candle_core::{Device, Tensor};
use std::{
    collections::VecDeque,
    hash::BuildHasher,
    path::PathBuf,
    sync::Arc,
    time::{Instant, SystemTime},
};

/// Shorter side of a thumbnail of the slider's strip, which is cut to a square, and its longest one, px.
const THUMBNAIL: [usize; 2] = [144, 576];
/// Images kept at most, the newest one among them.
const KEPT: usize = 12;

/// An image ready to be measured.
pub(crate) struct MeasuredImage {
    input: Arc<Input>,
    with: Result<TiledDissolver, Dissolver>,
}

impl MeasuredImage {
    /// Its mean |change| at a step; of a large one on some of its tiles.
    pub fn change(&self, t: usize) -> Result<f64> {
        Ok(match &self.with {
            Ok(tiled) => self.input.sample.change(&tiled.dissolve_cut(&self.input.sample.tiles, t)?),
            Err(dissolver) => self.input.change(&dissolve(dissolver, &self.input.picture, t)?),
        }
        .all)
    }
}

/// Identifies a weights file by path and modification time.
type Stamp = (PathBuf, Option<SystemTime>);

#[derive(Default)]
pub(crate) struct DissolveSession {
    /// The newest first.
    images: VecDeque<PreparedImage>,
    /// The one that is prepared at its full size; all others are shown beside it.
    selected: Option<ImageSource>,
    model: Option<(ModelSource, Stamp, Arc<DiffusionModel>)>,
    tiles: TileCache,
    /// The large picture that is being refined.
    refinement: Option<Refinement>,
}

impl DissolveSession {
    /// Selects an image; the second value is true where it was not prepared before.
    pub fn select(&mut self, source: &ImageSource) -> Result<(Original, bool)> {
        let is_new = !self.images.iter().any(|held| held.source == *source && held.is_full_size);
        self.selected = Some(source.clone());
        Ok((self.prepare(source)?.original.clone(), is_new))
    }

    /// The image as it is shown.
    pub fn original(&mut self, source: &ImageSource) -> Result<Original> {
        Ok(self.prepare(source)?.original.clone())
    }

    /// The image dissolved; a large one coarsely at first, with the tiles that are there, to be [refined](Self::refine). `None`
    /// where it is being refined already: from now on by what is in view.
    ///
    /// # Errors
    /// A picture or a model that cannot be read, a t that the model does not have.
    pub fn begin(&mut self, request: &DissolveRequest) -> Result<Option<Dissolved>> {
        let (source, recipe) = (&request.source, &request.recipe);
        let (dissolver, scale) = self.dissolver_for(source, recipe)?;
        let Scale::Tiles(tiles) = scale else {
            self.refinement = None;
            return self.dissolve_whole(source, recipe, &dissolver).map(Some);
        };
        let key = self.key(source, recipe);
        if let Some(refinement) = self.refinement.as_mut().filter(|held| held.key == key) {
            refinement.look_at(request.in_view);
            return Ok(None);
        }
        let mut refinement = self.refinement(key, dissolver, tiles)?;
        refinement.look_at(request.in_view);
        let now = refinement.dissolved();
        self.refinement = (!now.is_complete()).then_some(refinement);
        Ok(Some(now))
    }

    /// Whether there are tiles left to do.
    pub fn is_refining(&self) -> bool {
        self.refinement.is_some()
    }

    /// Ends refining: something else is looked at.
    pub fn leave(&mut self) {
        self.refinement = None;
    }

    /// Some more tiles of the large picture; the picture where it is time to show it.
    ///
    /// # Errors
    /// Those of the model.
    pub fn refine(&mut self) -> Result<Option<Dissolved>> {
        let Some(mut refinement) = self.refinement.take() else { return Ok(None) };
        let news = refinement.step(&mut self.tiles)?;
        self.refinement = (!refinement.is_complete()).then_some(refinement);
        Ok(news)
    }

    /// The image dissolved at the recipe's scale, completely.
    ///
    /// # Errors
    /// Those of [`begin`](Self::begin).
    pub fn dissolve(&mut self, source: &ImageSource, recipe: &Recipe) -> Result<Dissolved> {
        self.dissolve_unless(source, recipe, &|| false)?.ok_or_else(|| Error::user("dissolving was stopped", "try again"))
    }

    /// Dissolves an image; `None` where `is_stale` says so on the way.
    ///
    /// # Errors
    /// Those of [`begin`](Self::begin).
    pub fn dissolve_unless(
        &mut self,
        source: &ImageSource,
        recipe: &Recipe,
        is_stale: &dyn Fn() -> bool,
    ) -> Result<Option<Dissolved>> {
        let (dissolver, scale) = self.dissolver_for(source, recipe)?;
        let Scale::Tiles(tiles) = scale else { return self.dissolve_whole(source, recipe, &dissolver).map(Some) };
        let mut refinement = self.refinement(self.key(source, recipe), dissolver, tiles)?;
        while !refinement.is_complete() {
            if is_stale() {
                return Ok(None);
            }
            refinement.dissolve_some(&mut self.tiles)?;
        }
        Ok(Some(refinement.dissolved()))
    }

    /// The small dissolved image of the slider's strip: a large one is sharp, changed as the whole of it is at the model's size, and
    /// measured on some of its tiles.
    pub fn thumbnail(&mut self, source: &ImageSource, recipe: &Recipe) -> Result<StripThumbnail> {
        let (dissolver, scale) = self.dissolver_for(source, recipe)?;
        let mut dissolved = self.dissolve_whole(source, recipe, &dissolver)?;
        let [w, h] = self.prepare(source)?.original.size;
        let [short, longest] = THUMBNAIL;
        let side = |n: usize| (short * n).div_ceil(w.min(h)).clamp(1, longest);
        let mut picture = picture_of(&dissolved.raster);
        if let Scale::Tiles(tiles) = scale {
            let small = self.prepare(source)?.input(dissolved.scale);
            let tiled = TiledDissolver::new(dissolver, tiles);
            let input = self.prepare(source)?.input(scale);
            picture = with_change(&input.picture.resize(side(w), side(h)), &small.picture, picture);
            let sampled = self.sampled(&self.key(source, recipe), &tiled, &input)?;
            dissolved =
                Dissolved { scale, tiles: [0, input.shown_tiles()], curve: Some(input.sample.change(&sampled)), ..dissolved };
        }
        Ok(StripThumbnail { pixels: Rgba::new(&picture.resize(side(w), side(h))), dissolved })
    }

    /// The image by tiles, for the sheet of many t. `None` where it is dissolved as a whole, where it is so large that the sheet has no
    /// memory for it, and where `is_stale` says so on the way.
    pub fn sheet_step(
        &mut self,
        source: &ImageSource,
        recipe: &Recipe,
        is_stale: &dyn Fn() -> bool,
    ) -> Result<Option<Dissolved>> {
        let (_, scale) = self.dissolver_for(source, recipe)?;
        let Scale::Tiles(tiles) = scale else { return Ok(None) };
        if dissolved::bytes(tiles.working(self.prepare(source)?.original.size)) > dissolved::SHEET_CELL {
            return Ok(None);
        }
        self.dissolve_unless(source, recipe, is_stale)
    }

    /// An image that is measured and not shown, dissolved as the selected one is.
    pub fn measured(&mut self, source: &ImageSource, recipe: &Recipe) -> Result<MeasuredImage> {
        let picture = Preprocess::new(source.preprocess.clone()).apply(&source.dataset.read(source.image)?);
        let is_grey = self.is_grey()?.unwrap_or_else(|| picture.is_grey());
        let size = [picture.width, picture.height];
        let (dissolver, scale) = self.with_scale(recipe, is_grey, size)?;
        let input = Arc::new(Input::new(&picture, size, scale));
        let with = if let Scale::Tiles(tiles) = scale { Ok(TiledDissolver::new(dissolver, tiles)) } else { Err(dissolver) };
        Ok(MeasuredImage { input, with })
    }

    /// Whether the selected image is grey: others are measured as it is dissolved, with equal channels where it has these. `None` where
    /// none is selected.
    pub fn is_grey(&mut self) -> Result<Option<bool>> {
        let selected = self.selected.clone();
        selected.map(|selected| Ok(self.prepare(&selected)?.original.is_grey)).transpose()
    }

    /// Number of the model's steps; `None` for a filter.
    pub fn timesteps(&mut self, recipe: &Recipe) -> Result<Option<usize>> {
        Ok(self.dissolver(recipe, false)?.model().map(|m| m.schedule().timesteps()))
    }

    /// The resolution at which whole pictures are dissolved, px.
    pub fn resolution(&mut self, recipe: &Recipe) -> Result<usize> {
        Ok(self.dissolver(recipe, false)?.resolution())
    }

    /// Tells the weights in use apart from others.
    pub fn weights(&self) -> u64 {
        self.model.as_ref().map_or(0, |(_, stamp, _)| hash(stamp))
    }

    /// Whether an image beside others, which is kept small, can be dissolved at the recipe's scale.
    pub fn is_enough_for_tiles(&mut self, source: &ImageSource, recipe: &Recipe) -> Result<bool> {
        let (_, scale) = self.dissolver_for(source, recipe)?;
        let image = self.prepare(source)?;
        Ok(if let Scale::Tiles(tiles) = scale { image.is_enough_for(tiles) } else { true })
    }

    fn dissolve_whole(&mut self, source: &ImageSource, recipe: &Recipe, dissolver: &Dissolver) -> Result<Dissolved> {
        let start = Instant::now();
        let scale = Scale::Whole(dissolver.resolution());
        let input = self.prepare(source)?.input(scale);
        let dissolved = dissolve(dissolver, &input.picture, recipe.t)?;
        let change = input.change(&dissolved);
        Ok(Dissolved {
            image: source.image,
            t: recipe.t,
            raster: raster_of(&dissolved),
            resized: input.raster.clone(),
            change,
            curve: Some(change),
            milliseconds: start.elapsed().as_secs_f64() * 1e3,
            scale,
            tiles: [1, 1],
            weights: self.weights(),
        })
    }

    /// A large picture with the change that dissolving the whole of it, at the model's size, makes: sharp, and coarsely dissolved.
    fn refinement(&mut self, key: TileKey, dissolver: Dissolver, tiles: TileSize) -> Result<Refinement> {
        let image = self.prepare(&key.source)?;
        let (small, input) = (image.input(Scale::Whole(dissolver.resolution())), image.input(Scale::Tiles(tiles)));
        let dissolved = dissolve(&dissolver, &small.picture, key.recipe.t)?;
        let mean = small.change(&dissolved);
        let coarse = with_change(&input.picture, &small.picture, dissolved);
        Ok(Refinement::new(key, TiledDissolver::new(dissolver, tiles), input, (coarse, mean), &mut self.tiles))
    }

    /// The tiles of the sample, dissolved.
    fn sampled(&mut self, key: &TileKey, tiled: &TiledDissolver, input: &Input) -> Result<Vec<Vec<f32>>> {
        let sample = &input.sample;
        let held: Option<Vec<_>> = sample.indices.iter().map(|&index| self.tiles.get(key, index)).collect();
        if let Some(held) = held {
            return Ok(held);
        }
        let mut dissolved = Vec::new();
        for chunk in sample.tiles.chunks(tiled.chunk()) {
            dissolved.extend(tiled.dissolve_cut(chunk, key.recipe.t)?);
        }
        sample.indices.iter().zip(&dissolved).for_each(|(&index, tile)| self.tiles.put(key, index, tile));
        Ok(dissolved)
    }

    /// The image, read where it is not there yet: the selected one at its full size, others as they are shown beside it.
    fn prepare(&mut self, source: &ImageSource) -> Result<&mut PreparedImage> {
        let is_selected = |of: &ImageSource| self.selected.as_ref() == Some(of);
        let full_size = is_selected(source);
        let place = match self.images.iter().position(|held| held.source == *source && (held.is_full_size || !full_size)) {
            Some(place) => place,
            None => {
                let image = PreparedImage::read(source, full_size)?;
                // Large ones go when another one is selected; small ones stay for a while.
                let stays = |held: &PreparedImage| {
                    Arc::ptr_eq(&held.source.dataset, &source.dataset)
                        && held.source != *source
                        && (held.is_small() || is_selected(&held.source))
                };
                let mut kept: VecDeque<_> = std::mem::take(&mut self.images).into_iter().filter(stays).collect();
                while kept.len() >= KEPT {
                    let oldest = kept.iter().rposition(|held| !is_selected(&held.source));
                    kept.remove(oldest.unwrap_or(0));
                }
                kept.push_front(image);
                self.images = kept;
                self.tiles.retain(|key| Arc::ptr_eq(&key.source.dataset, &source.dataset));
                0
            }
        };
        self.images.get_mut(place).ok_or_else(|| Error::user("no picture is selected", "click one"))
    }

    fn key(&self, source: &ImageSource, recipe: &Recipe) -> TileKey {
        TileKey { source: source.clone(), recipe: recipe.clone(), weights: self.weights() }
    }

    /// What dissolves this image as a whole, and the scale that the recipe asks for.
    fn dissolver_for(&mut self, source: &ImageSource, recipe: &Recipe) -> Result<(Dissolver, Scale)> {
        let image = self.prepare(source)?;
        let (is_grey, size) = (image.original.is_grey, image.original.size);
        self.with_scale(recipe, is_grey, size)
    }

    fn with_scale(&mut self, recipe: &Recipe, is_grey: bool, size: [usize; 2]) -> Result<(Dissolver, Scale)> {
        let dissolver = self.dissolver(recipe, is_grey)?;
        let learnt = dissolver.model().and_then(|model| model.info().tiles());
        let tiles = tiled::tiles_for(recipe.tile, learnt, recipe.resolution, None, size);
        let scale = tiles.map_or(Scale::Whole(dissolver.resolution()), Scale::Tiles);
        Ok((dissolver, scale))
    }

    fn dissolver(&mut self, recipe: &Recipe, is_grey: bool) -> Result<Dissolver> {
        let model = match &recipe.model {
            Some(source) if recipe.method == DissolveMethod::Diffusion => Some(self.model(source)?),
            _ => None,
        };
        Dissolver::new(recipe.method, model, recipe.resolution, is_grey)?
            .ok_or_else(|| Error::user("this method does not dissolve", "choose diffusion, a blur, or down- and up-sampling"))
    }

    /// The weights, read again where the run has written newer ones.
    fn model(&mut self, source: &ModelSource) -> Result<Arc<DiffusionModel>> {
        let stamp = newest(source);
        if let Some((held, held_stamp, model)) = &self.model
            && held == source
            && *held_stamp == stamp
        {
            return Ok(model.clone());
        }
        // The slider's own copy on the CPU: it needs no share of an accelerator that a training fills.
        let model = Arc::new(DiffusionModel::load(&source.0, &Device::Cpu)?);
        self.model = Some((source.clone(), stamp, model.clone()));
        Ok(model)
    }
}

fn dissolve(dissolver: &Dissolver, fitted: &Picture, t: usize) -> Result<Picture> {
    let (w, h) = (fitted.width, fitted.height);
    let x = Tensor::from_slice(&fitted.data, (1, 3, h, w), &Device::Cpu)?;
    let y = dissolver.dissolve(&x, &[t])?;
    Ok(Picture::new(w, h, 3, y.flatten_all()?.to_vec1()?))
}

/// A sharp picture with the change that dissolving made in a small one of it.
fn with_change(picture: &Picture, small: &Picture, mut dissolved: Picture) -> Picture {
    dissolved.data.iter_mut().zip(&small.data).for_each(|(dissolved, small)| *dissolved -= small);
    let mut changed = dissolved.resize(picture.width, picture.height);
    changed.data.iter_mut().zip(&picture.data).for_each(|(change, v)| *change = (v + *change).clamp(0.0, 1.0));
    changed
}

/// A hash that is the same in each run and version of the program.
pub(crate) fn hash(value: impl std::hash::Hash) -> u64 {
    fnv::FnvBuildHasher::default().hash_one(value)
}

/// The newest weights of a run, or the file itself.
fn newest(ModelSource(path): &ModelSource) -> Stamp {
    let file = saved::model_file(path).unwrap_or_else(|_| path.clone());
    let written = std::fs::metadata(&file).and_then(|m| m.modified()).ok();
    (file, written)
}
