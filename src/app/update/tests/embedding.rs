//! The images of Results in two dimensions, without a window.

use super::scored;
use crate::{
    app::{
        Effect, ResultsCommand, State, actions,
        message::BackgroundEffect,
        state::{GalleryFilter, Tab},
        update::update,
    },
    data::ImageId,
    engine::{
        embedding::{EmbeddingNews, EmbeddingRequest},
        runs::score_set::ScoreSet,
    },
    error::Failure,
    jobs::events::JobEvent,
};
use std::{collections::HashSet, sync::Arc};

/// Results of a run whose encoder is there, and whose data set is open.
fn with_encoder() -> State {
    let mut state = scored();
    let mut config = state.results.ready().unwrap().config.clone();
    config.data.path = "set".into();
    show(&mut state, |scores| {
        let mut set = ScoreSet::new("run".as_ref(), "run".into(), config, scores.clone(), None).unwrap();
        set.encoder = Some("encoder".into());
        set
    });
    state
}

fn show(state: &mut State, make: impl FnOnce(&crate::scores::Scores) -> ScoreSet) {
    let set = make(&state.results.ready().unwrap().scores);
    update(state, JobEvent::Scores { run: "run".into(), scores: Ok(Arc::new(set)) });
}

fn asked(effects: &[Effect]) -> Option<&EmbeddingRequest> {
    effects.iter().find_map(|effect| match effect {
        Effect::Background(BackgroundEffect::Embed(request)) => Some(&**request),
        _ => None,
    })
}

/// All images on a line, in the order of their numbers.
fn line(generation: u64, is_last: bool) -> JobEvent {
    let points = (0..8).map(|i| (ImageId(i), [i as f32, 0.0])).collect();
    JobEvent::Embedding { generation, news: Ok(EmbeddingNews::Points { points, is_last }) }
}

#[test]
fn images_are_described_once_and_lie_where_their_rows_are() {
    let mut state = with_encoder();
    let effects = update(&mut state, ResultsCommand::Embedding(true));
    let request = asked(&effects).expect("it is looked at");
    assert_eq!(request.images.len(), state.results.ready().unwrap().rows.len());
    let generation = request.generation;
    assert!(update(&mut state, line(generation - 1, true)).is_empty() && state.results.embedding.points.is_empty(), "too late");
    update(&mut state, line(generation, false));
    assert!(!state.results.embedding.is_final);
    update(&mut state, line(generation, true));
    assert!(state.results.embedding.is_final);
    let set = state.results.ready().unwrap();
    for &(row, at) in state.results.embedding.points.iter() {
        assert_eq!(set.rows[row].path, format!("{}.png", at[0]));
    }
    assert_eq!(state.results.embedding.points.len(), set.rows.len());
    update(&mut state, ResultsCommand::Embedding(false));
    assert!(asked(&update(&mut state, ResultsCommand::Embedding(true))).is_none(), "it is known");
    update(&mut state, ResultsCommand::Open("other".into()));
    assert!(state.results.embedding.points.is_empty() && state.results.embedding.on);
    let set = scored().results.ready().unwrap().clone();
    update(&mut state, JobEvent::Scores { run: "other".into(), scores: Ok(set) });
    assert!(!state.results.embedding.on, "this run has no encoder: its curves are shown");
}

#[test]
fn what_is_drawn_round_is_listed_alone() {
    let mut state = with_encoder();
    let names = HashSet::from(["5.png".to_string(), "6.png".into()]);
    update(&mut state, ResultsCommand::Tab(Tab::FalsePositives));
    update(&mut state, ResultsCommand::Within(names.clone()));
    let listed = |state: &State| -> HashSet<String> {
        let set = state.results.ready().unwrap();
        state.results.shown.iter().map(|row| set.rows[*row].path.clone()).collect()
    };
    assert_eq!((listed(&state), state.results.tab, state.results.filter.filters()), (names, Tab::All, 1));
    update(&mut state, ResultsCommand::Filter(GalleryFilter::default()));
    assert_eq!(listed(&state).len(), state.results.ready().unwrap().evaluated);
}

#[test]
fn what_stands_in_the_way_is_said() {
    let mut state = scored();
    assert!(actions::may_embed(&state).is_err() && asked(&update(&mut state, ResultsCommand::Embedding(true))).is_none());
    let mut state = with_encoder();
    let generation = asked(&update(&mut state, ResultsCommand::Embedding(true))).unwrap().generation;
    let failure = Failure { summary: "fewer than two".into(), hint: None };
    update(&mut state, JobEvent::Embedding { generation, news: Err(failure.clone()) });
    assert_eq!(state.results.embedding.failed, Some(failure));
}
