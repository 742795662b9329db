//! Anomaly maps without a window: the switch of the large view and what goes with it, and the gallery.

use super::{pixels, scored};
use crate::{
    app::{
        AppCommand, DataCommand, Effect, ResultsCommand, State, actions,
        message::{BackgroundEffect, ImageEffect, MapLayer, Texture},
        state::{MapView, Overlay, Tab, Workspace},
        update::update,
    },
    config::Tiling,
    data::ImageId,
    engine::{
        explanation::{Answer, MapRequest},
        map_layers::MapLayers,
        runs::score_set::ScoreSet,
        thumbnail_cache::Thumb,
    },
    jobs::events::JobEvent,
    run_dir::{SavedMaps, files},
};
use std::sync::Arc;

/// Results of a run that works by tiles, with the second row selected.
fn by_tiles(change: impl FnOnce(&mut ScoreSet)) -> State {
    let mut state = scored();
    let set = state.results.ready().unwrap();
    let mut config = set.config.clone();
    config.data.tile = Tiling::Px(32);
    let mut set = ScoreSet::new("run".as_ref(), "run".into(), config, set.scores.clone(), None).unwrap();
    set.map_model = Some("map".into());
    change(&mut set);
    update(&mut state, ResultsCommand::Open("run".into()));
    update(&mut state, JobEvent::Scores { run: "run".into(), scores: Ok(Arc::new(set)) });
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, ResultsCommand::Tab(Tab::All));
    update(&mut state, ResultsCommand::Row(1));
    state
}

fn view(state: &mut State, change: impl FnOnce(&mut MapView)) -> Vec<Effect> {
    let mut view = state.results.map_view;
    change(&mut view);
    update(state, ResultsCommand::Maps(view))
}

/// What the explainer is asked last.
fn asked(effects: &[Effect]) -> Option<Option<MapRequest>> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Background(BackgroundEffect::Explain(question)) => Some(question.anomaly_map),
        _ => None,
    })
}

const OWN: Option<Option<MapRequest>> = Some(Some(MapRequest { threshold: None }));

#[test]
fn switch_opens_the_large_view_and_each_image_is_asked_for_its_map() {
    let mut state = by_tiles(|_| ());
    let effects = view(&mut state, |v| v.on = true);
    assert_eq!((asked(&effects), state.overlay), (OWN, Some(Overlay::Picture)));
    assert_eq!(asked(&update(&mut state, AppCommand::Walk(1))), OWN, "the next image, too");
    assert!(view(&mut state, |v| v.on = false).is_empty());
    assert_eq!(asked(&update(&mut state, AppCommand::Walk(-1))), OWN, "beside the pictures");
    let toggled = (actions::get(actions::Id::AnomalyMap).command)(&state);
    assert_eq!(asked(&update(&mut state, toggled)), OWN);
    assert!(state.results.map_view.on);
    update(&mut state, AppCommand::Escape);
    let shown = (actions::get(actions::Id::AnomalyMap).command)(&state);
    update(&mut state, shown);
    assert!(state.results.map_view.on && state.overlay == Some(Overlay::Picture), "it is shown, not turned off unseen");
}

#[test]
fn opacity_needs_no_work_and_a_threshold_a_new_edge() {
    let mut state = by_tiles(|_| ());
    view(&mut state, |v| v.on = true);
    assert!(view(&mut state, |v| v.opacity = 7.0).is_empty());
    assert_eq!(state.results.map_view.opacity, 1.0);
    view(&mut state, |v| v.opacity = f32::NAN);
    assert_eq!(state.results.map_view.opacity, 1.0);
    assert_eq!(asked(&view(&mut state, |v| v.threshold = Some(2.5))), Some(Some(MapRequest { threshold: Some(2.5) })));
    view(&mut state, |v| v.threshold = Some(1e9));
    assert_eq!(state.results.map_view.threshold, Some(MapLayers::RANGE[1]));
    assert_eq!(asked(&view(&mut state, |v| v.threshold = None)), OWN);
    view(&mut state, |v| v.threshold = Some(1.0));
    update(&mut state, ResultsCommand::Open("other".into()));
    let MapView { on, threshold, .. } = state.results.map_view;
    assert_eq!((on, threshold), (true, None), "another run's model has a threshold of its own");
}

#[test]
fn reason_is_said_where_there_is_no_map() {
    let refused = |mut state: State| {
        assert!(view(&mut state, |v| v.on = true).is_empty() && !state.results.map_view.on);
        state.notifications.last().unwrap().hint.clone()
    };
    let mut whole = scored();
    update(&mut whole, AppCommand::Go(Workspace::Results));
    update(&mut whole, ResultsCommand::Row(1));
    assert!(refused(whole).contains("works by tiles"));
    assert!(refused(by_tiles(|set| set.map_model = None)).contains("score the run again"));
    assert!(refused(by_tiles(|set| set.place = "elsewhere".into())).contains("data set first"));
    let mut none = by_tiles(|_| ());
    none.results.row = None;
    assert!(refused(none).contains("Select an image"));
    // A run of whole pictures, opened while the switch is on, is not asked for what it does not have.
    let mut state = scored();
    state.results.map_view.on = true;
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, ResultsCommand::Row(1));
    assert_eq!(asked(&update(&mut state, AppCommand::Toggle(Overlay::Picture))), Some(None));
}

#[test]
fn layers_are_uploaded_where_they_are_of_the_image_in_view() {
    let mut state = by_tiles(|_| ());
    view(&mut state, |v| v.on = true);
    let generation = state.results.explanation.generation;
    let layers = |mask| {
        let (picture, colours) = (pixels(), pixels());
        Answer::Layers(Box::new(MapLayers { picture, colours, mask, threshold: Some(3.0), is_saved: true, is_learnt: false }))
    };
    let uploaded = |effects: Vec<Effect>| -> Vec<MapLayer> {
        let layer = |effect| match effect {
            Effect::Image(ImageEffect::Upload(Texture::Layer(layer), _)) => layer,
            other => panic!("{other:?}"),
        };
        effects.into_iter().map(layer).collect()
    };
    assert!(update(&mut state, JobEvent::Why { generation: generation - 1, answer: layers(None) }).is_empty());
    let effects = update(&mut state, JobEvent::Why { generation, answer: layers(Some(pixels())) });
    assert_eq!(uploaded(effects), [MapLayer::Picture, MapLayer::Colours, MapLayer::Mask]);
    let effects = update(&mut state, JobEvent::Why { generation, answer: Answer::Edge(Some(pixels())) });
    assert_eq!(uploaded(effects), [MapLayer::Edge]);
    let shown = state.results.explanation.layers.unwrap();
    assert!(shown.has_mask && shown.has_edge && shown.is_saved && shown.threshold == Some(3.0));
    assert!(update(&mut state, JobEvent::Why { generation, answer: Answer::Edge(None) }).is_empty());
    assert!(!state.results.explanation.layers.unwrap().has_edge, "the edge from before is not drawn any more");
    update(&mut state, AppCommand::Walk(1));
    assert!(state.results.explanation.layers.is_none());
}

#[test]
fn gallery_takes_thumbnails_from_saved_maps_of_the_scores_in_view() {
    let dir = tempfile::tempdir().unwrap();
    files::map_files("6.png").iter().for_each(|file| std::fs::write(dir.path().join(file), "x").unwrap());
    let mut state = by_tiles(|set| set.maps = SavedMaps::find(dir.path(), ["6.png", "7.png"].into_iter()));
    let gallery = actions::get(actions::Id::GalleryMaps);
    assert!((gallery.allowed)(&state).is_ok() && (gallery.allowed)(&by_tiles(|_| ())).unwrap_err().contains("one by one"));
    let toggled = (gallery.command)(&state);
    update(&mut state, toggled);
    assert!(state.results.map_view.in_gallery);
    let number = state.results.number;
    let thumb = |image, under_map| Thumb { image: ImageId(image), under_map };
    let wanted = vec![thumb(6, Some(number)), thumb(6, Some(number - 1)), thumb(6, None), thumb(7, Some(number))];
    let effects = update(&mut state, DataCommand::WantThumbnails(wanted.clone()));
    let [Effect::Image(ImageEffect::Thumbnails(requests))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(requests.iter().map(|(thumb, _)| *thumb).collect::<Vec<_>>(), wanted);
    let from_maps: Vec<bool> = requests.iter().map(|(_, overlay)| overlay.is_some()).collect();
    assert_eq!(from_maps, [true, false, false, false], "older scores and images without a map are as they are");
}
