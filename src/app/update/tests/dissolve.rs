//! The slider and its pictures.

use super::{opened, update};
use crate::{
    app::{
        AppCommand, DataCommand, DissolveCommand, Effect, State,
        message::{BackgroundEffect, ImageEffect, Texture},
        state::{ChangeFrom, ComparisonLayout, DissolveState, LargeImage, ModelChoice, Overlay, Track, View, Workspace},
    },
    config::{DissolveMethod, PreprocessConfig, TileSize, Tiling},
    data::ImageId,
    engine::{
        display::rgba::Rgba,
        dissolve::{
            comparison::ComparisonPanel,
            dissolved::{Change, Dissolved, Scale, StripThumbnail},
            normal_band::NormalBand,
            request::{ComparisonGrid, DissolveRequest, InView},
        },
        export::sweep::{SHEET_STEPS, SweepExport},
        runs::list::{ModelSource, RunEntry},
    },
    error::Failure,
    gpu::{Raster, Texels},
    jobs::events::JobEvent,
    ml::base::readiness::{Readiness, ReadinessCheck},
};
use std::sync::Arc;

/// The dissolved image of the image that is selected in a fresh state; all its pixels are `value`.
fn dissolved(t: usize, value: f32) -> Dissolved {
    let raster = Arc::new(Raster::new(2, 2, Texels::Floats(vec![[value; 4]; 4])));
    let change = Change { all: f64::from(value), ..Change::default() };
    Dissolved {
        image: ImageId(5),
        t,
        raster,
        resized: None,
        change,
        curve: Some(change),
        milliseconds: 1.0,
        scale: Scale::Whole(32),
        tiles: [1, 1],
        weights: 7,
    }
}

/// A large picture dissolved by tiles, of which so many of ten are done.
fn in_tiles(t: usize, value: f32, done: usize) -> Dissolved {
    let (whole, scale) = (dissolved(t, value), Scale::Tiles(TileSize { tile: 64, working_size: 512 }));
    let resized = Some(whole.raster.clone());
    Dissolved { scale, tiles: [done, 10], resized, curve: whole.curve.filter(|_| done == 10), ..whole }
}

fn thumbnail(t: usize, value: f32) -> StripThumbnail {
    StripThumbnail { dissolved: dissolved(t, value), pixels: Rgba { width: 1, height: 1, rgba: vec![0; 4] } }
}

fn request(effects: &[Effect]) -> DissolveRequest {
    let [Effect::Background(BackgroundEffect::Dissolve(request))] = effects else { panic!("{effects:?}") };
    (**request).clone()
}

/// Dissolve is in view, and one finished model is there.
fn with_model() -> (State, DissolveRequest) {
    let mut state = opened();
    state.dissolve.models = vec![ModelChoice {
        source: ModelSource("run".into()),
        name: "run".into(),
        detail: String::new(),
        trained_on: None,
        place: "".into(),
        preprocess: None,
        tiles: None,
        t_limit: None,
        is_finished: true,
    }];
    let effects = update(&mut state, AppCommand::Go(Workspace::Dissolve));
    let request = request(&effects);
    (state, request)
}

fn value(state: &State) -> f32 {
    state.dissolve.answers.dissolved().unwrap().at(0, 0, 0)[0]
}

/// The slider asks once for each value, and only the newest answer counts.
#[test]
fn the_slider_drops_stale_answers() {
    let (mut state, first) = with_model();
    assert!(update(&mut state, DissolveCommand::SetT(30)).is_empty(), "t is 30 already");
    let second = request(&update(&mut state, DissolveCommand::SetT(200)));
    assert!(second.generation > first.generation && second.strip == first.strip && second.recipe.t == 200);
    update(&mut state, JobEvent::Dissolved { generation: first.generation, dissolved: Ok(dissolved(80, 0.1)) });
    assert!(state.dissolve.answers.done.is_none());
    update(&mut state, JobEvent::Dissolved { generation: second.generation, dissolved: Ok(dissolved(200, 0.2)) });
    assert_eq!(state.dissolve.answers.done.as_ref().unwrap().t, 200);
}

/// Without a gain of the person's own, what changes little is amplified more.
#[test]
fn the_gain_suits_the_image_in_view() {
    let (mut state, first) = with_model();
    let mut answer = |t, value| {
        let request = if t == 30 { first.clone() } else { request(&update(&mut state, DissolveCommand::SetT(t))) };
        update(&mut state, JobEvent::Dissolved { generation: request.generation, dissolved: Ok(dissolved(t, value)) });
        state.dissolve.gain_of(state.selected)
    };
    assert_eq!((answer(30, 0.01), answer(200, 0.04), answer(900, 0.5)), (16.0, 4.0, 2.0));
    update(&mut state, DissolveCommand::Gain(Some(5.0)));
    assert_eq!(state.dissolve.gain_of(state.selected), 5.0);
    update(&mut state, DissolveCommand::Gain(None));
    assert_eq!(state.dissolve.gain_of(state.selected), 2.0);
}

/// The hand never waits: what is there is shown at once, and between two thumbnails their mixture until the dissolved image has come.
#[test]
fn the_cache_answers_at_once() {
    let (mut state, first) = with_model();
    for (t, v) in [(100, 0.2), (300, 0.6)] {
        let effects = update(&mut state, JobEvent::StripThumbnail { strip: first.strip, thumbnail: thumbnail(t, v) });
        assert!(matches!(&effects[..], [Effect::Image(ImageEffect::Upload(Texture::StripThumbnail(at), _))] if *at == t));
    }
    let between = request(&update(&mut state, DissolveCommand::SetT(150)));
    assert!(!between.is_known && !between.strip_steps.contains(&100));
    assert!(state.dissolve.answers.nearly.is_some() && (0.21..0.59).contains(&value(&state)));
    update(&mut state, JobEvent::Dissolved { generation: between.generation, dissolved: Ok(dissolved(150, 0.3)) });
    assert!(state.dissolve.answers.nearly.is_none() && value(&state) == 0.3);
    for (t, v) in [(300, 0.6), (150, 0.3)] {
        let known = request(&update(&mut state, DissolveCommand::SetT(t)));
        assert!(known.is_known, "it is not made again");
        assert!(state.dissolve.answers.nearly.is_none() && value(&state) == v);
    }
    assert_eq!(state.dissolve.answers.change_curve().map(|(t, _)| t).collect::<Vec<_>>(), [100, 150, 300]);
    update(&mut state, JobEvent::StripThumbnail { strip: first.strip + 1, thumbnail: thumbnail(7, 0.9) });
    assert_eq!(state.dissolve.answers.by_t.len(), 3, "another image's ladder");
}

#[test]
fn a_model_that_has_grown_makes_all_twins_anew() {
    let (mut state, _) = with_model();
    state.dissolve.models[0].is_finished = false;
    let first = request(&update(&mut state, DissolveCommand::SetT(100)));
    update(&mut state, JobEvent::Dissolved { generation: first.generation, dissolved: Ok(dissolved(100, 0.1)) });
    let again = request(&update(&mut state, DissolveCommand::SetT(101)));
    let newer = Dissolved { weights: 8, ..dissolved(101, 0.2) };
    let effects = update(&mut state, JobEvent::Dissolved { generation: again.generation, dissolved: Ok(newer) });
    assert!(request(&effects).strip > again.strip);
    assert_eq!(state.dissolve.answers.by_t.keys().copied().collect::<Vec<_>>(), [101]);
    update(&mut state, DissolveCommand::SetT(100));
    assert!(!request(&update(&mut state, DissolveCommand::SetT(101))).is_known, "it may have grown again");
}

/// A large picture comes coarsely, then tile by tile; only the complete one is kept, and is not asked for again.
#[test]
fn a_large_picture_is_refined_until_it_is_complete() {
    let (mut state, _) = with_model();
    let first = request(&update(&mut state, DissolveCommand::SetT(90)));
    let send = |state: &mut State, dissolved| {
        update(state, JobEvent::Dissolved { generation: first.generation, dissolved: Ok(dissolved) });
    };
    for done in [0, 4] {
        send(&mut state, in_tiles(90, 0.1 + done as f32 / 100.0, done));
        assert!(state.dissolve.is_refining() && state.dissolve.answers.by_t.is_empty());
        assert_eq!(value(&state), 0.1 + done as f32 / 100.0, "what is there is shown");
    }
    send(&mut state, in_tiles(90, 0.2, 10));
    assert!(!state.dissolve.is_refining() && state.dissolve.answers.by_t.contains_key(&90));
    // A coarse thumbnail does not take its place.
    let thumbnail = StripThumbnail { dissolved: in_tiles(90, 0.9, 0), pixels: Rgba { width: 1, height: 1, rgba: vec![0; 4] } };
    update(&mut state, JobEvent::StripThumbnail { strip: first.strip, thumbnail });
    update(&mut state, DissolveCommand::SetT(100));
    assert!(state.dissolve.answers.nearly.is_none(), "tiles are not mixed");
    assert!(request(&update(&mut state, DissolveCommand::SetT(90))).is_known);
    assert_eq!(value(&state), 0.2);
}

#[test]
fn what_comes_into_view_is_refined_first() {
    let (mut state, _) = with_model();
    let first = request(&update(&mut state, DissolveCommand::SetT(90)));
    let at = |left: f32, focus| InView { corners: [[left, 0.0], [left + 0.5, 1.0]], focus };
    assert!(update(&mut state, DissolveCommand::InView(at(0.0, [0.2; 2]))).is_empty(), "nothing is refined");
    let coarse = JobEvent::Dissolved { generation: first.generation, dissolved: Ok(in_tiles(90, 0.1, 0)) };
    update(&mut state, coarse);
    assert!(update(&mut state, DissolveCommand::InView(at(0.0, [0.3; 2]))).is_empty(), "the pointer alone asks for nothing");
    let moved = request(&update(&mut state, DissolveCommand::InView(at(0.25, [0.3; 2]))));
    assert_eq!((moved.generation, moved.in_view), (first.generation, at(0.25, [0.3; 2])), "what is on its way is still good");
    let next = request(&update(&mut state, DissolveCommand::SetT(91)));
    assert_eq!(next.in_view, at(0.25, [0.3; 2]));
}

#[test]
fn large_pictures_are_kept_within_a_bound() {
    let mut d = DissolveState::default();
    let raster = Arc::new(Raster::new(1200, 1000, Texels::Floats(vec![[0.5; 4]; 1_200_000])));
    let large = |t| Dissolved { raster: raster.clone(), ..in_tiles(t, 0.1, 10) };
    d.answers.keep(in_tiles(500, 0.1, 0), 0);
    (0..40).for_each(|t| d.answers.keep(large(t), t));
    let bytes: usize = d.answers.by_t.values().map(Dissolved::bytes).sum();
    assert!(bytes <= 256 << 20 && d.answers.by_t.contains_key(&39) && d.answers.by_t.contains_key(&500));
}

#[test]
fn scale_and_resolution_go_with_the_request() {
    let (mut state, first) = with_model();
    assert_eq!((first.recipe.tile, first.recipe.resolution), (Tiling::Auto, 0));
    let small = request(&update(&mut state, DissolveCommand::Resolution(64)));
    assert_eq!(small.recipe.resolution, 64);
    let tiles = request(&update(&mut state, DissolveCommand::Scale(Tiling::Px(32))));
    assert_eq!((tiles.recipe.tile, tiles.recipe.resolution), (Tiling::Px(32), 0), "tiles have no other resolution");
    assert!(tiles.strip > small.strip);
    let shown = dissolved(80, 0.1);
    let resized = Dissolved { resized: Some(shown.raster.clone()), ..shown.clone() };
    assert!(state.dissolve.resized(&shown).is_none() && state.dissolve.resized(&resized).is_some(), "the model's change first");
    update(&mut state, DissolveCommand::ChangeFrom(ChangeFrom::Original));
    assert!(state.dissolve.resized(&resized).is_none());
}

#[test]
fn nothing_is_dissolved_out_of_view_and_all_of_it_when_it_comes_into_view() {
    let mut state = opened();
    update(&mut state, DissolveCommand::Method(DissolveMethod::Resample));
    assert!(update(&mut state, DataCommand::Select(ImageId(1))).is_empty());
    assert_eq!(update(&mut state, AppCommand::Go(Workspace::Dissolve)).len(), 1);
    assert!(update(&mut state, AppCommand::Go(Workspace::Data)).is_empty());
    assert!(update(&mut state, AppCommand::Go(Workspace::Dissolve)).is_empty(), "it is there already");
    state.train.config.preprocess.circle_crop = true;
    let anew = request(&update(&mut state, AppCommand::Go(Workspace::Dissolve)));
    assert!(anew.source.preprocess.circle_crop, "another preprocessing makes other twins");
}

#[test]
fn without_a_model_the_slider_says_what_is_missing() {
    let mut state = opened();
    assert!(update(&mut state, AppCommand::Go(Workspace::Dissolve)).is_empty());
    assert!(state.dissolve.missing().is_some());
    assert_eq!(update(&mut state, DissolveCommand::ImportModel("model-1.pt".into())).len(), 1);
}

#[test]
fn a_sweep_goes_along_the_track_and_begins_again() {
    let (mut state, _) = with_model();
    assert!(update(&mut state, DissolveCommand::Sweep).is_empty(), "it does not play");
    let first = request(&update(&mut state, DissolveCommand::Play)).recipe.t;
    assert!(request(&update(&mut state, DissolveCommand::Sweep)).recipe.t > first);
    update(&mut state, DissolveCommand::SetT(999));
    assert_eq!(request(&update(&mut state, DissolveCommand::Sweep)).recipe.t, 0);
    let failure = Failure { summary: "no".into(), hint: None };
    let generation = state.dissolve.generation;
    update(&mut state, JobEvent::Dissolved { generation, dissolved: Err(failure) });
    assert!(!state.dissolve.playing && state.dissolve.answers.dissolved().is_none());
}

#[test]
fn layouts_ask_for_what_they_show() {
    let (mut state, _) = with_model();
    let images = request(&update(&mut state, DissolveCommand::Layout(ComparisonLayout::Images))).grid;
    assert_eq!(images, ComparisonGrid::Images([5, 6, 7, 0, 1, 2].map(ImageId).to_vec()), "the selected one and those after it");
    update(&mut state, DissolveCommand::Pin);
    update(&mut state, DataCommand::Select(ImageId(2)));
    let pinned = request(&update(&mut state, DissolveCommand::Pin));
    assert_eq!(pinned.grid, ComparisonGrid::Images([5, 2].map(ImageId).to_vec()));
    let panel = || ComparisonPanel {
        label: "x".into(),
        original: dissolved(0, 0.0).raster,
        dissolved: Err(Failure { summary: "no".into(), hint: None }),
    };
    for (generation, index) in [(pinned.generation - 1, 0), (pinned.generation, 1), (pinned.generation, 9)] {
        update(&mut state, JobEvent::ComparisonPanel { generation, index, panel: panel() });
    }
    assert!(state.dissolve.answers.panels[0].is_none() && state.dissolve.answers.panels[1].is_some());
    assert_eq!(request(&update(&mut state, DissolveCommand::Layout(ComparisonLayout::Resolutions))).grid.len(), 3);
    assert_eq!(state.dissolve.answers.panels.len(), 3);
    let steps = request(&update(&mut state, DissolveCommand::Layout(ComparisonLayout::Steps)));
    assert!(crate::engine::export::sweep::SHEET_STEPS.iter().all(|t| steps.strip_steps.contains(t)));
    assert_eq!(request(&update(&mut state, DissolveCommand::Layout(ComparisonLayout::Split))).grid, ComparisonGrid::Nothing);
}

#[test]
fn each_workspace_has_its_layout() {
    let (mut state, _) = with_model();
    assert_eq!(request(&update(&mut state, DissolveCommand::Layout(ComparisonLayout::Methods))).grid, ComparisonGrid::Methods);
    update(&mut state, AppCommand::Go(Workspace::Data));
    let dissolved = DataCommand::Large(LargeImage { dissolved: true, mask: true });
    let in_data = request(&update(&mut state, dissolved));
    assert_eq!((in_data.grid, state.dissolve.layout()), (ComparisonGrid::Nothing, ComparisonLayout::SideBySide));
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, AppCommand::Toggle(Overlay::Picture));
    update(&mut state, DissolveCommand::Layout(ComparisonLayout::Split));
    assert_eq!(request(&update(&mut state, AppCommand::Go(Workspace::Dissolve))).grid, ComparisonGrid::Methods);
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, AppCommand::Toggle(Overlay::Picture));
    assert_eq!(state.dissolve.layout(), ComparisonLayout::Split);
    update(&mut state, AppCommand::Compare(vec![ImageId(1), ImageId(2)]));
    assert_eq!(state.dissolve.layout(), ComparisonLayout::Images);
}

/// What was looked at by tiles before does not lie beside coarse ones: the sheet changes its scale as a whole.
#[test]
fn a_sheet_of_many_t_is_at_one_scale() {
    let (mut state, first) = with_model();
    let visited = in_tiles(first.recipe.t, 0.5, 10);
    update(&mut state, JobEvent::Dissolved { generation: first.generation, dissolved: Ok(visited) });
    assert!(SHEET_STEPS.contains(&first.recipe.t) && first.sheet_steps.is_empty(), "there is no sheet yet");
    update(&mut state, DissolveCommand::ChangeFrom(ChangeFrom::Original));
    let sheet = request(&update(&mut state, DissolveCommand::Layout(ComparisonLayout::Steps)));
    assert_eq!(sheet.sheet_steps, SHEET_STEPS);
    let seen = |state: &State| -> Vec<bool> {
        SHEET_STEPS.iter().filter_map(|t| state.dissolve.answers.on_sheet(*t)).map(Dissolved::has_tiles).collect()
    };
    assert_eq!(seen(&state), [true; 0]);
    for t in SHEET_STEPS {
        let coarse = StripThumbnail { dissolved: in_tiles(t, 0.02, 0), ..thumbnail(t, 0.0) };
        update(&mut state, JobEvent::StripThumbnail { strip: sheet.strip, thumbnail: coarse });
    }
    assert_eq!(seen(&state), [false; 7]);
    assert_eq!(state.dissolve.gain_of(state.selected), 8.0, "the gain is that of the sheet");
    assert!(state.dissolve.is_sheet_refining());
    let by_tiles = |state: &mut State, strip, t| {
        update(state, JobEvent::SheetStep { strip, dissolved: in_tiles(t, 0.005, 10) });
    };
    SHEET_STEPS[1..].iter().for_each(|&t| by_tiles(&mut state, sheet.strip, t));
    by_tiles(&mut state, sheet.strip - 1, SHEET_STEPS[0]);
    assert_eq!(seen(&state), [false; 7], "one is not there yet");
    let more = request(&update(&mut state, DissolveCommand::SetT(31)));
    assert_eq!(more.sheet_steps, SHEET_STEPS[..1]);
    by_tiles(&mut state, sheet.strip, SHEET_STEPS[0]);
    assert_eq!(seen(&state), [true; 7]);
    assert_eq!((state.dissolve.gain_of(state.selected), state.dissolve.is_sheet_refining()), (32.0, false));
    update(&mut state, DissolveCommand::Layout(ComparisonLayout::SideBySide));
    assert!(state.dissolve.answers.by_tiles.is_empty(), "their memory is free again");
}

#[test]
fn the_band_is_asked_for_until_it_is_whole() {
    let (mut state, first) = with_model();
    assert!(first.bands.is_some());
    let band = |count| NormalBand { rows: vec![(5, [0.1, 0.2, 0.3])], count, of: 40 };
    update(&mut state, JobEvent::NormalBand { strip: first.strip, band: band(4) });
    assert!(request(&update(&mut state, DissolveCommand::SetT(81))).bands.is_some());
    update(&mut state, JobEvent::NormalBand { strip: first.strip, band: band(40) });
    assert!(request(&update(&mut state, DissolveCommand::SetT(82))).bands.is_none());
}

#[test]
fn views_keep_to_their_ranges_and_tracks_change_the_ladder() {
    let (mut state, _) = with_model();
    update(&mut state, DissolveCommand::View(View { zoom: 1e9, centre: [-1.0, 2.0], actual: false }));
    assert_eq!(state.dissolve.view.centre, [0.0, 1.0]);
    update(&mut state, DissolveCommand::ActualSize);
    assert!(state.dissolve.view.actual);
    update(&mut state, DissolveCommand::Divider(3.0));
    update(&mut state, DissolveCommand::Gain(Some(1000.0)));
    assert_eq!((state.dissolve.divider, state.dissolve.gain), (1.0, Some(64.0)));
    let linear = request(&update(&mut state, DissolveCommand::Track(Track::Linear)));
    assert!(linear.strip_steps.contains(&Track::Linear.thumbnail_t(3)));
}

#[test]
fn exports_go_to_the_workspace_unless_told_otherwise() {
    let (mut state, _) = with_model();
    state.workspace_dir = "work".into();
    let effects = update(&mut state, DissolveCommand::Export(SweepExport::ContactSheet));
    assert!(
        matches!(&effects[..], [Effect::Background(BackgroundEffect::SweepExport(request))] if request.folder.ends_with("work/exports"))
    );
    assert!(state.dissolve.is_exporting);
    update(&mut state, JobEvent::SweepExported(Ok("work/exports/a.png".into())));
    assert!(!state.dissolve.is_exporting && state.notifications[0].text.contains("a.png"));
    update(&mut state, DissolveCommand::ExportFolder("there".into()));
    let effects = update(&mut state, DissolveCommand::Export(SweepExport::Sweep));
    assert!(
        matches!(&effects[..], [Effect::Background(BackgroundEffect::SweepExport(request))] if request.folder.ends_with("there") && request.steps.len() > 20)
    );
}

#[test]
fn few_twins_are_kept_however_long_the_hand_plays() {
    let mut d = DissolveState::default();
    let thumbnail = d.track.thumbnail_t(4);
    d.answers.pictured.insert(thumbnail);
    (0..999).for_each(|t| d.answers.keep(dissolved(t, 0.1), d.t));
    assert!(d.answers.by_t.len() <= 400 && d.answers.by_t.contains_key(&998) && d.answers.by_t.contains_key(&thumbnail));
}

#[test]
fn a_models_images_are_prepared_as_its_run_prepared_them() {
    let (mut state, first) = with_model();
    state.dissolve.models[0].preprocess = Some(PreprocessConfig { ben_graham: true, ..PreprocessConfig::default() });
    state.train.config.preprocess.circle_crop = true;
    let prepared = request(&update(&mut state, DissolveCommand::SetT(100)));
    assert!(prepared.source.preprocess.ben_graham && !prepared.source.preprocess.circle_crop && prepared.strip != first.strip);
    let blur = request(&update(&mut state, DissolveCommand::Method(DissolveMethod::Gaussian(7))));
    assert!(blur.source.preprocess.circle_crop, "a filter has learnt nothing: the form holds");
}

/// The large view over Results explains a run's score, with that run's own model.
#[test]
fn a_run_lends_its_model_to_the_large_view() {
    let mut state = super::scored();
    let set = state.results.ready().unwrap().run.clone();
    let mut run = super::entry(crate::run_dir::RunState::Finished);
    run.path = set;
    run.model = Some(ModelSource("its own".into()));
    let newer =
        crate::engine::runs::list::RunEntry { path: "newer".into(), model: Some(ModelSource("newer".into())), ..run.clone() };
    update(&mut state, JobEvent::Runs(vec![newer, run]));
    state.selected = Some(ImageId(0));
    update(&mut state, AppCommand::Go(Workspace::Results));
    assert_eq!(state.dissolve.model().unwrap().source, ModelSource("newer".into()));
    let effects = update(&mut state, AppCommand::Toggle(Overlay::Picture));
    let asked = effects.iter().find_map(|e| {
        if let Effect::Background(BackgroundEffect::Dissolve(request)) = e { request.recipe.model.clone() } else { None }
    });
    assert_eq!(asked, Some(ModelSource("its own".into())), "{effects:?}");
    update(&mut state, AppCommand::Go(Workspace::Dissolve));
    assert_eq!(state.dissolve.model().unwrap().source, ModelSource("newer".into()), "it was only lent");
}

/// A finished model of these images is taken, else one that sees pictures as these are seen, else the demo's.
#[test]
fn the_model_that_suits_the_images_is_taken_not_the_newest() {
    let run = |name: &str, data: &str, tile| {
        let mut run = super::runs::entry(name, 10);
        (run.config.data.path, run.place) = (data.into(), data.into());
        run.config.data.tile = tile;
        (run.model, run.model_is_finished) = (Some(ModelSource(name.into())), true);
        run
    };
    let runs = || {
        vec![
            run("ultrasound", "/other/ultrasound", Tiling::Off),
            run("tissue", "/other/tissue", Tiling::Px(64)),
            run("own", "set", Tiling::Off),
            run("00000000-000000-train-synthetic-demo", "/demo", Tiling::Off),
        ]
    };
    let taken = |state: &mut State, but: &[&str]| {
        let runs = runs().into_iter().filter(|run| !but.contains(&run.manifest.name.as_str())).collect();
        update(state, JobEvent::Runs(runs));
        state.dissolve.model().unwrap().name.clone()
    };
    let demo = "00000000-000000-train-synthetic-demo";
    let mut state = opened();
    assert_eq!(taken(&mut state, &[]), "own");
    assert_eq!(taken(&mut state, &["own"]), demo, "these are small pictures");
    assert_eq!(taken(&mut state, &["own", demo]), "ultrasound");
    let mut large = (*state.open().unwrap().dataset).clone();
    large.items.iter_mut().for_each(|item| item.size = [2000, 1500]);
    let config = state.open().unwrap().config.clone();
    update(&mut state, DataCommand::Open("set".into()));
    let generation = state.data.generation;
    update(&mut state, JobEvent::Opened { generation, config, dataset: Arc::new(large) });
    assert_eq!(taken(&mut state, &["own"]), "tissue");
    assert_eq!(taken(&mut state, &["own", "tissue"]), demo);
    assert_eq!(taken(&mut state, &[]), "own");
}

/// A run that ended early does not take the place of the model in use; one that is ready does, and that is said.
#[test]
fn a_model_that_is_not_ready_takes_nobodys_place() {
    let run = |name: &str, is_ready: Option<bool>, is_finished| {
        let mut run = super::runs::entry(name, 10);
        (run.config.data.path, run.place) = ("set".into(), "set".into());
        (run.model, run.model_is_finished) = (Some(ModelSource(name.into())), is_finished);
        let check = |passed| ReadinessCheck {
            name: "Keeps structure".into(),
            share: 0.5,
            passed,
            found: String::new(),
            advice: String::new(),
        };
        run.readiness = is_ready.map(|passed| Readiness { step: 10, checks: vec![check(passed)] });
        run
    };
    let used = |state: &mut State, runs: &[RunEntry]| {
        state.notifications.clear();
        update(state, JobEvent::Runs(runs.to_vec()));
        state.dissolve.model().unwrap().name.clone()
    };
    let mut state = opened();
    let long = run("long", None, true);
    assert_eq!(used(&mut state, std::slice::from_ref(&long)), "long");
    assert_eq!(used(&mut state, &[run("short", None, false), long.clone()]), "long", "it still grows");
    assert_eq!(used(&mut state, &[run("short", Some(false), true), long.clone()]), "long");
    assert!(state.notifications.is_empty());
    let poor = run("poor", Some(false), true);
    let mut other = opened();
    assert_eq!(used(&mut other, std::slice::from_ref(&poor)), "poor", "there is no other");
    assert_eq!(used(&mut other, &[run("poorer", Some(false), true), poor]), "poor", "it is no better");
    assert_eq!(used(&mut state, &[run("new", Some(true), true), long]), "new");
    assert!(state.notifications[0].text.contains("the model of new now"), "{:?}", state.notifications);
}
