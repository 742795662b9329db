//! The images of Results in two dimensions: asked for where they are looked at, and only the newest answer counts.

use crate::{
    app::{Effect, State, actions, message::BackgroundEffect},
    engine::embedding::{EmbeddingNews, EmbeddingRequest},
    error::Failure,
};

/// Looks at them, or at the curves again.
pub fn look(state: &mut State, on: bool) -> Vec<Effect> {
    state.results.embedding.on = on;
    ask(state)
}

/// Asks where the images lie, where that is looked at and not known.
pub fn ask(state: &mut State) -> Vec<Effect> {
    let (Some(set), Some(open)) = (state.results.ready().cloned(), state.open().cloned()) else { return Vec::new() };
    let asked = (set.file.clone(), open.generation);
    let e = &state.results.embedding;
    if !e.on || e.asked.as_ref() == Some(&asked) || actions::may_embed(state).is_err() {
        return Vec::new();
    }
    let Some(encoder) = set.encoder.clone() else { return Vec::new() };
    let images = set.rows.iter().filter_map(|row| open.by_name.get(&row.path).copied()).collect();
    let e = &mut state.results.embedding;
    e.forget();
    e.asked = Some(asked);
    let request = EmbeddingRequest { generation: e.generation, encoder, dataset: open.dataset.clone(), images };
    vec![Effect::Background(BackgroundEffect::Embed(Box::new(request)))]
}

pub fn news(state: &mut State, generation: u64, news: Result<EmbeddingNews, Failure>) -> Vec<Effect> {
    if generation != state.results.embedding.generation {
        return Vec::new();
    }
    let (set, open) = (state.results.ready().cloned(), state.open().cloned());
    let e = &mut state.results.embedding;
    match news {
        Err(failure) => e.failed = Some(failure),
        Ok(EmbeddingNews::Described { done, of }) => e.described = Some([done, of]),
        Ok(EmbeddingNews::Points { points, is_last }) => {
            let (Some(set), Some(open)) = (set, open) else { return Vec::new() };
            let named = |(id, at)| Some((open.dataset.item(id)?.name.clone(), at));
            e.places = points.into_iter().filter_map(named).collect();
            e.is_final = is_last;
            e.place(&set);
        }
    }
    Vec::new()
}
