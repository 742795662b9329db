//! Why the selected image has its score: asked where a person can see it, and only the newest answer counts.

use crate::{
    app::{
        Effect, State, actions,
        message::{BackgroundEffect, ImageEffect, MapLayer, Texture},
        state::{Explanation, Layers, OcclusionMap, Overlay, Workspace},
    },
    engine::{
        display::rgba::Rgba,
        explanation::{Answer, HighestTilePictures, MapRequest, Question},
        map_layers::MapLayers,
    },
};

/// The large view of a gallery's image comes up, or shows another one.
pub fn ask(state: &mut State) -> Vec<Effect> {
    let in_view = state.overlay == Some(Overlay::Picture) && state.workspace == Workspace::Results;
    let explanation = &mut state.results.explanation;
    if !in_view || explanation.row == state.results.row && explanation.row.is_some() {
        return Vec::new();
    }
    *explanation = Explanation { generation: explanation.generation + 1, ..Explanation::default() };
    let asked = question(state, false);
    if asked.is_some() {
        state.results.explanation.row = state.results.row;
    }
    asked.into_iter().collect()
}

/// Asks why the selected image has its score, with or without the map of what covering it changes.
pub fn question(state: &State, occlude: bool) -> Option<Effect> {
    let (set, open, row) = (state.results.ready()?, state.open()?, state.results.selected()?);
    let image = state.image_of_row()?;
    let nearest = row.terms.as_ref().map(|terms| terms.nearest.clone());
    let view = state.results.map_view;
    // Laid over the picture or beside it: both are seen at once where there is room.
    let anomaly_map = actions::may_lay_map(state).is_ok().then_some(MapRequest { threshold: view.threshold });
    let (generation, dataset) = (state.results.explanation.generation, open.dataset.clone());
    Some(Effect::Background(BackgroundEffect::Explain(Box::new(Question {
        generation,
        set: set.clone(),
        dataset,
        image,
        nearest,
        occlude,
        anomaly_map,
    }))))
}

/// A part of the answer has come.
pub fn answered(state: &mut State, generation: u64, answer: Answer) -> Vec<Effect> {
    let explanation = &mut state.results.explanation;
    if generation != explanation.generation {
        return Vec::new();
    }
    let running = matches!(explanation.map, OcclusionMap::Running { .. });
    match answer {
        Answer::Picture { pixels, has_mask } => {
            explanation.picture = Some(has_mask);
            vec![Effect::Image(ImageEffect::Upload(Texture::Explained, pixels))]
        }
        Answer::Nearest { shift, pixels } => {
            if let Some(there) = explanation.nearest.get_mut(shift) {
                *there = true;
            }
            vec![Effect::Image(ImageEffect::Upload(Texture::Nearest(shift), pixels))]
        }
        Answer::HighestTile(pictures) => {
            let HighestTilePictures { corners, tile, here, nearest } = *pictures;
            explanation.highest_tile = Some((tile, corners));
            let both = [(Texture::HighestTile, here), (Texture::NearestTile, nearest)];
            both.map(|(texture, pixels)| Effect::Image(ImageEffect::Upload(texture, pixels))).into()
        }
        Answer::Covered { done, of } => {
            if running {
                explanation.map = OcclusionMap::Running { done, of };
            }
            Vec::new()
        }
        Answer::Map { .. } if !running => Vec::new(),
        Answer::Map { pixels, fall, rise } => {
            explanation.map = OcclusionMap::Ready { fall, rise };
            vec![Effect::Image(ImageEffect::Upload(Texture::Map, pixels))]
        }
        Answer::Layers(layers) => {
            let MapLayers { picture, colours, mask, threshold, is_saved, is_learnt } = *layers;
            let (size, has_mask) = ([picture.width as u32, picture.height as u32], mask.is_some());
            explanation.layers = Some(Layers { size, has_mask, has_edge: false, threshold, is_saved, is_learnt });
            let all = [(MapLayer::Picture, Some(picture)), (MapLayer::Colours, Some(colours)), (MapLayer::Mask, mask)];
            all.into_iter().filter_map(|(layer, pixels)| Some(upload(layer, pixels?))).collect()
        }
        Answer::Edge(pixels) => {
            if let Some(layers) = &mut explanation.layers {
                layers.has_edge = pixels.is_some();
            }
            pixels.map(|pixels| upload(MapLayer::Edge, pixels)).into_iter().collect()
        }
        Answer::Failed(failure) => {
            explanation.map = OcclusionMap::None;
            explanation.failed = Some(failure);
            Vec::new()
        }
    }
}

fn upload(layer: MapLayer, pixels: Rgba) -> Effect {
    Effect::Image(ImageEffect::Upload(Texture::Layer(layer), pixels))
}
