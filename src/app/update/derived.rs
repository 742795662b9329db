//! What follows from the state, whatever brought it about: the preview of the selected image, and work that is done only while
//! nothing trains.

use super::dissolve;
use crate::{
    app::{
        Effect, State,
        message::{BackgroundEffect, ImageEffect, Texture},
        state::{AskedPreview, DuplicateSearch, PreviewDone, Workspace},
    },
    engine::preprocess_preview::{PreprocessPreview, PreviewRequest},
    error::Failure,
};

/// What the state as it is now asks for by itself; to be called after each [`update`](super::update()).
pub fn derived_effects(state: &mut State) -> Vec<Effect> {
    let mut effects: Vec<Effect> = request_preview(state).into_iter().collect();
    effects.extend(examine(state));
    let preprocess = &state.train.config.preprocess;
    if state.data.preview.dissolved_with != *preprocess {
        state.data.preview.dissolved_with = preprocess.clone();
        effects.extend(dissolve::invalidate(state));
    }
    effects
}

/// Asks for the selected image where a person can see it.
fn request_preview(state: &mut State) -> Option<Effect> {
    let (open, image) = (state.data.open.clone()?, state.selected?);
    if state.workspace != Workspace::Data {
        return None;
    }
    let (pictures_since, is_large) = (state.data.pictures_since, state.is_large_alone());
    let preview = &mut state.data.preview;
    // What was seen large stays so: nothing is gained by asking again.
    let is_same = |asked: &&AskedPreview| (asked.pictures_since, asked.image) == (pictures_since, image);
    let was_large = preview.asked.as_ref().filter(is_same).is_some_and(|asked| asked.is_large);
    let preprocess = state.train.config.preprocess.clone();
    let asked = AskedPreview { pictures_since, image, preprocess: preprocess.clone(), is_large: is_large || was_large };
    if preview.asked.as_ref() == Some(&asked) {
        return None;
    }
    preview.generation += 1;
    let (generation, dataset, is_large) = (preview.generation, open.dataset.clone(), asked.is_large);
    preview.asked = Some(asked);
    let request = PreviewRequest { generation, dataset, image, preprocess, is_large };
    Some(Effect::Background(BackgroundEffect::PreviewPreprocessing(Box::new(request))))
}

pub fn preview(state: &mut State, generation: u64, preview: Result<PreprocessPreview, Failure>) -> Vec<Effect> {
    let preview_state = &mut state.data.preview;
    if generation != preview_state.generation {
        return Vec::new();
    }
    match preview {
        Err(failure) => {
            (preview_state.done, preview_state.failed) = (None, Some(failure));
            Vec::new()
        }
        Ok(PreprocessPreview { image, before, after, outline, disc }) => {
            preview_state.done = Some(PreviewDone {
                image,
                size: [before.width, before.height].map(|px| px as u32),
                has_outline: outline.is_some(),
                disc,
            });
            preview_state.failed = None;
            let pictures = [(Texture::Before, before), (Texture::After, after)].into_iter();
            let all = pictures.chain(outline.map(|outline| (Texture::Outline, outline)));
            all.map(|(texture, pixels)| Effect::Image(ImageEffect::Upload(texture, pixels))).collect()
        }
    }
}

/// Starts the search for duplicates, and stops it for a training.
fn examine(state: &mut State) -> Option<Effect> {
    let busy = state.jobs.iter().any(|j| !j.state.has_ended());
    let (open, generation) = (state.data.open.clone()?, state.data.pictures_since);
    let check = &mut state.data.duplicate_search;
    let few = open.dataset.items.len() <= DuplicateSearch::AUTOMATIC;
    let wanted = check.found.is_none() && !busy && (check.asked || few);
    if wanted == check.running {
        return None;
    }
    check.running = wanted;
    check.done = 0;
    Some(if wanted {
        Effect::Background(BackgroundEffect::FindDuplicates { generation, dataset: open.dataset.clone() })
    } else {
        Effect::Background(BackgroundEffect::StopFindingDuplicates)
    })
}
