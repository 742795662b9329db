//! Results in its states: loading, failed, partial, full.

use crate::{
    example_figures,
    panels::{Panels, at, failure, open},
};
use dissolve_studio::{
    app::{
        AppCommand, DissolveCommand, ResultsCommand, State, TrainCommand,
        state::{Layers, Overlay, Tab, Workspace},
        update,
    },
    config::{DissolveMethod, RunConfig, ThresholdRule, Tiling},
    engine::dissolve::prepared_image::Original,
    engine::explanation::Answer,
    engine::runs::score_set::ScoreSet,
    gpu::{Raster, Texels},
    jobs::events::JobEvent,
    jobs::job::{JobId, Outcome},
    ml::base::reporter::{Event, Stage},
    run_dir::RunKind,
    scores::{Area, PixelFigures, PixelRuler, ScoreKind, ScoreRow, Scores},
    ui,
};
use eframe::egui;
use egui_kittest::kittest::Queryable;
use std::sync::Arc;

pub fn score_set() -> ScoreSet {
    let row = |i: usize| ScoreRow {
        path: format!("eyes/IMG_{i:04}.png"),
        split: if i < 12 { "train" } else { "test" }.into(),
        class: ["healthy", "drusen"][usize::from(i % 3 == 2)].into(),
        label: Some(i % 3 == 2),
        score: -2.0 + 0.05 * (i * 7 % 13) as f64 + if i % 3 == 2 { 0.3 } else { 0.0 },
        ..ScoreRow::default()
    };
    let mut config = RunConfig::default();
    config.data.path = "/data/eyes".into();
    let rows: Vec<ScoreRow> = (0..24).map(row).collect();
    let mut set = ScoreSet::new("/home/someone/runs/eyes".as_ref(), "eyes".into(), config, Scores::from(rows), None).unwrap();
    set.encoder = Some("encoder.safetensors".into());
    set
}

fn results_loading() -> State {
    let mut state = at(Workspace::Results);
    open(&mut state, false);
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, ResultsCommand::Open("/home/someone/runs/eyes".into()));
    state
}

pub fn results_failed() -> State {
    let mut state = results_loading();
    update(&mut state, JobEvent::Scores { run: "/home/someone/runs/eyes".into(), scores: Err(failure()) });
    state
}

pub fn results(set: ScoreSet) -> State {
    let mut state = results_loading();
    update(&mut state, JobEvent::Scores { run: "/home/someone/runs/eyes".into(), scores: Ok(Arc::new(set)) });
    state
}

#[test]
fn results_view_while_loading_failed_partial_and_complete() {
    Panels::of(results_loading()).has_all(&["Reading the scores…"]);
    let mut panels = Panels::of(results_failed());
    panels.has_all(&["line 7 has no score", "Copy details"]);
    panels.click("Try again");
    panels.has_all(&["Reading the scores…"]);
    let mut one_class = score_set();
    one_class.scores.rows.retain(|row| row.label == Some(false));
    let only =
        ScoreSet::new("/home/someone/runs/eyes".as_ref(), "eyes".into(), one_class.config, one_class.scores, None).unwrap();
    Panels::of(results(only)).has_all(&["Undefined: There are no abnormal images", "all 8", "images are ranked all the same"]);
    Panels::of(results(score_set())).has_all(&["AUROC", "false positives", "test split · 8 normal, 4 abnormal"]);
}

#[test]
fn figures_of_anomaly_maps_stand_under_the_auroc_where_they_exist() {
    assert!(Panels::of(results(score_set())).0.query_by_label("AT THE PIXELS").is_none());
    let mut set = score_set();
    set.pixels = Some(PixelFigures {
        pixel_auroc: 0.8125,
        pixel_ap: 0.0625,
        aupro: 0.4375,
        pointing: 0.25,
        pixel_images: 4,
        pixel_rulers: vec![
            PixelRuler { name: "blur_difference".into(), pixel_auroc: 0.5625, pixel_ap: 0.1875 },
            PixelRuler { name: "dissolving_residual_t30_of_a_long_name".into(), pixel_auroc: 0.5, pixel_ap: 0.03125 },
        ],
    });
    let panels = Panels::of(results(set));
    let end = panels.0.get_by_label_contains("0.500, 0.031").rect();
    assert!(end.right() <= 1280.0 - ui::shared::theme::PAGE, "a long name gives way: {end:?}");
    panels.has_all(&[
        "AT THE PIXELS",
        "AUPRO",
        "0.438",
        "blur difference",
        "Blur difference, which needs no training, is ahead",
        "Over 4 masked images",
        "not a lesion finder",
    ]);
}

#[test]
fn all_scores_can_be_looked_at_each_with_its_auroc() {
    let mut set = score_set();
    let area = |auroc| Area { auroc: Some(auroc), ci95: None };
    set.evaluation.by[ScoreKind::Tiles] = area(0.625);
    set.evaluation.by[ScoreKind::Lead] = area(0.9375);
    set.kinds = vec![ScoreKind::Dia, ScoreKind::Tiles, ScoreKind::Lead];
    let panels = Panels::of(results(set));
    panels.has_all(&["SCORE AND ITS AUROC", "Tiles", "0.625", "Lead", "0.938"]);
}

/// [`score_set`] with the leading score: the mean of the ranks by DIA and by features.
fn led() -> ScoreSet {
    let mut scores = score_set().scores;
    let value = |row: &ScoreRow| [row.score, -row.score];
    let normals: Vec<[f64; 2]> = scores.rows.iter().filter(|r| r.split == "train" && r.label == Some(false)).map(value).collect();
    for row in &mut scores.rows {
        let rank = |of: usize| {
            let own = value(row)[of];
            let below = normals.iter().map(|v| f64::from(v[of] < own) + f64::from(v[of] <= own)).sum::<f64>();
            below / (2 * normals.len()) as f64
        };
        (row.by[ScoreKind::Features], row.by[ScoreKind::Lead]) = (Some(-row.score), Some((rank(0) + rank(1)) / 2.0));
    }
    let config = score_set().config;
    let mut set = ScoreSet::new("/home/someone/runs/eyes".as_ref(), "eyes".into(), config, scores, None).unwrap();
    set.encoder = Some("encoder.safetensors".into());
    set
}

#[test]
fn the_large_view_names_the_score_and_the_ranks_that_it_is_of() {
    let mut panels = Panels::of(results(led()));
    assert!(!panels.has("before there was a leading score"));
    panels.take(ResultsCommand::Row(0));
    panels.take(AppCommand::Toggle(Overlay::Picture));
    panels.has_all(&["Lead 0.", "· called"]);
    panels.has_all(&["RANKS AMONG HELD-OUT NORMALS", "Features ", "covering the picture changes DIA’s score"]);
    assert!(!panels.has("by tiles leads"), "there are no tiles");
    let mut panels = Panels::of(results(score_set()));
    // Such a run is scored again.
    panels.has_all(&["These scores were made before there was a leading score", "Score a run that is there"]);
    panels.take(ResultsCommand::Row(0));
    panels.take(AppCommand::Toggle(Overlay::Picture));
    panels.has_all(&["DIA -1.", "· called"]);
    assert!(!panels.has("RANKS AMONG HELD-OUT NORMALS"));
}

#[test]
fn a_small_window_has_room_for_the_gallery_and_the_charts_in_turn() {
    let mut panels = Panels::of(results(score_set()));
    panels.0.set_size(egui::vec2(800.0, 600.0));
    panels.take(ResultsCommand::Tab(Tab::All));
    panels.0.run_steps(4);
    let in_view = |panels: &Panels| {
        let cells = panels.0.query_all_by_label_contains("eyes/IMG_");
        cells.filter(|cell| cell.rect().bottom() < 590.0).count()
    };
    assert!(in_view(&panels) >= 2, "{}", in_view(&panels));
    assert!(!panels.has("Precision-recall"));
    panels.click("Charts");
    panels.has_all(&["Precision-recall", "THRESHOLD"]);
    assert_eq!(in_view(&panels), 0);
    panels.click("Images");
    assert!(in_view(&panels) >= 2);
    panels.0.set_size(egui::vec2(1280.0, 800.0));
    panels.0.run_steps(4);
    panels.has_all(&["Precision-recall"]);
    assert!(in_view(&panels) >= 2 && panels.0.query_by_label("Charts").is_none());
}

#[test]
fn classes_to_filter_by_are_those_of_the_images_in_the_gallery() {
    for (tab, offered) in [(Tab::All, true), (Tab::Training, false)] {
        let mut panels = Panels::of(results(score_set()));
        panels.take(ResultsCommand::Tab(tab));
        panels.click("Filters");
        panels.has_all(&["any or none"]);
        let drusen = panels.0.query_by_label("drusen, 4 images").is_some();
        assert_eq!(drusen, offered, "{tab:?}: training normals are healthy");
    }
}

#[test]
fn each_class_has_its_figures_and_lists_its_images() {
    let mut scores = score_set().scores.clone();
    scores.rows.iter_mut().filter(|row| row.path.ends_with("14.png")).for_each(|row| row.class = "scars".into());
    let config = RunConfig::default();
    let set = ScoreSet::new("/home/someone/runs/eyes".as_ref(), "eyes".into(), config, scores, None).unwrap();
    let mut panels = Panels::of(results(set));
    panels.has_all(&["BY CLASS", "found", "scars"]);
    panels.click("scars");
    let r = &panels.0.state().state.results;
    assert_eq!((r.tab, &r.filter.classes, r.shown.len()), (Tab::All, &["scars".to_string()].into(), 1));
    // Several at once.
    panels.click("Filters (1)");
    panels.click("drusen, 3 images");
    let r = &panels.0.state().state.results;
    assert_eq!((r.filter.classes.len(), r.filter.filters(), r.shown.len()), (2, 1, 4));
    panels.click("all classes");
    assert_eq!(panels.0.state().state.results.shown.len(), 12);
}

#[test]
fn terms_are_explained_under_the_pointer() {
    let mut set = score_set();
    set.pixels = Some(PixelFigures {
        pixel_auroc: 0.75,
        pixel_ap: 0.5,
        aupro: 0.5,
        pointing: 1.0,
        pixel_images: 4,
        pixel_rulers: Vec::new(),
    });
    let mut panels = Panels::of(results(set));
    for (term, meaning) in [
        ("95 % interval", "DeLong’s method: how far off the AUROC may be"),
        ("AUPRO", "mean share of each marked region"),
        ("Pointing game", "highest pixel of the map lies in the mask"),
    ] {
        panels.0.query_all_by_label_contains(term).next().unwrap().hover();
        panels.0.run_steps(8);
        panels.has_all(&[meaning]);
    }
}

#[test]
fn misclassified_images_are_marked() {
    let mut panels = Panels::of(results(score_set()));
    panels.take(ResultsCommand::Threshold(-1.57));
    let confusion = panels.0.state().state.results.confusion();
    assert!(confusion.fp > 0 && confusion.fn_ > 0, "{confusion:?}");
    for (name, count) in [("false positives", confusion.fp), ("false negatives", confusion.fn_)] {
        panels.click(&format!("{name} {count}"));
        let state = &panels.0.state().state;
        let wrong = |row: &usize| state.results.outcome(&state.results.ready().unwrap().rows[*row]).is_some_and(Tab::is_wrong);
        assert!(state.results.shown.len() == count && state.results.shown.iter().all(wrong));
    }
    panels.take(ResultsCommand::Tab(Tab::TruePositives));
    let state = &panels.0.state().state;
    let outcome = |row: &usize| state.results.outcome(&state.results.ready().unwrap().rows[*row]);
    assert!(state.results.shown.iter().all(|row| outcome(row) == Some(Tab::TruePositives)));
}

#[test]
fn odd_normals_are_left_out_in_the_gallery_and_training_without_them_is_offered() {
    let mut panels = Panels::of(results(score_set()));
    panels.take(ResultsCommand::Tab(Tab::Training));
    let first = panels.0.state().state.results.shown[0];
    panels.take(ResultsCommand::Row(first));
    assert!(!panels.has("Train again"));
    panels.0.key_press(egui::Key::X);
    panels.0.run_steps(2);
    assert_eq!(panels.0.state().state.open().unwrap().left_out, 1);
    panels.has_all(&["normal, left out"]);
    panels.click("Train again without it");
    assert_eq!(panels.0.state().state.workspace, Workspace::Train);
}

#[test]
fn threshold_is_typed_as_a_number_or_a_rule_and_a_wrong_entry_says_what_is_possible() {
    let mut panels = Panels::of(results(score_set()));
    let typed = |panels: &mut Panels, text: &str| {
        panels.click("Threshold");
        panels.0.get_by_label("Threshold").type_text(text);
        panels.0.run_steps(3);
        let wrong = panels.has("is no threshold: type a number, youden");
        panels.0.key_press(egui::Key::Enter);
        panels.0.run_steps(3);
        let results = &panels.0.state().state.results;
        (wrong, results.rule, results.threshold)
    };
    assert_eq!(typed(&mut panels, "youden").1, Some(ThresholdRule::Youden));
    let (_, rule, threshold) = typed(&mut panels, "-1.25");
    assert_eq!((rule, threshold), (None, -1.25));
    assert_eq!(typed(&mut panels, "percentil"), (true, None, -1.25), "nothing changes");
    assert!(!panels.has("is no threshold"), "and it is left");
    assert_eq!(typed(&mut panels, "sensitivity:0.5").1, Some(ThresholdRule::Sensitivity(0.5)));
}

#[test]
fn double_click_resets_threshold_value() {
    let mut panels = Panels::of(results(score_set()));
    panels.take(ResultsCommand::Rule(ThresholdRule::Sensitivity(0.5)));
    let place = panels.0.get_by_label("% sensitivity, value").rect().center();
    for _ in 0..2 {
        // Both in one frame: the harness's frames are far apart.
        let events = &mut panels.0.input_mut().events;
        events.push(egui::Event::PointerMoved(place));
        for pressed in [true, false] {
            let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
            events.push(egui::Event::PointerButton { pos: place, button, pressed, modifiers });
        }
        panels.0.step();
    }
    panels.0.run_steps(2);
    assert_eq!(panels.0.state().state.results.rule, Some(ThresholdRule::Sensitivity(0.9)));
}

#[test]
fn report_is_written_from_the_head_of_the_results() {
    let panels = Panels::of(results(score_set()));
    let [report, score, name] =
        ["Write report", "Score a folder…", "test split · 8 normal, 4 abnormal"].map(|label| panels.0.get_by_label(label).rect());
    assert!((report.center().y - score.center().y).abs() < 1.0 && report.left() > name.right(), "{report} {score} {name}");
}

#[test]
fn anomaly_map_is_switched_on_in_the_large_view_of_a_run_that_works_by_tiles() {
    let mut set = score_set();
    set.config.data.tile = Tiling::Px(32);
    set.map_model = Some("map.safetensors".into());
    let mut panels = Panels::of(results(set));
    assert!(panels.is_disabled("Anomaly maps"), "none was saved");
    panels.take(ResultsCommand::Row(0));
    panels.take(AppCommand::Toggle(Overlay::Picture));
    assert!(!panels.is_disabled("Anomaly map") && !panels.has("like normal"));
    panels.click("Anomaly map");
    assert!(panels.0.state().state.results.map_view.on);
    panels.has_all(&["Opacity", "like normal", "unlike normal"]);
    panels.0.key_press(egui::Key::M);
    panels.0.run_steps(3);
    assert!(!panels.0.state().state.results.map_view.on && !panels.has("like normal"));
    let generation = panels.0.state().state.results.explanation.generation;
    panels.click("Anomaly map");
    panels.take(JobEvent::Why { generation, answer: Answer::Failed(failure()) });
    panels.has_all(&["line 7 has no score"]);
}

/// Beside wide pictures, which lie above each other, a place is left.
#[test]
fn anomaly_map_lies_beside_wide_pictures_of_the_large_view_with_numbers_on_its_colours() {
    for has_map in [true, false] {
        let mut set = score_set();
        set.config.data.tile = Tiling::Px(32);
        set.map_model = has_map.then(|| "map.safetensors".into());
        let mut state = results(set);
        update(&mut state, ResultsCommand::Tab(Tab::All));
        update(&mut state, ResultsCommand::Row(0));
        update(&mut state, DissolveCommand::Method(DissolveMethod::Gaussian(7)));
        let raster = Arc::new(Raster::new(90, 60, Texels::Floats(vec![[0.5; 4]; 90 * 60])));
        let original = Original { image: state.selected.unwrap(), raster, size: [900, 600], white: 255.0, is_grey: false };
        update(&mut state, JobEvent::Original(original));
        let mut panels = Panels::of(state);
        panels.take(AppCommand::Toggle(Overlay::Picture));
        assert_eq!(panels.0.query_by_label("anomaly map").is_some(), has_map);
        if !has_map {
            continue;
        }
        let layers =
            Layers { size: [90, 60], has_mask: false, has_edge: true, threshold: Some(5.5), is_saved: true, is_learnt: false };
        panels.0.state_mut().state.results.explanation.layers = Some(layers);
        panels.0.run_steps(3);
        panels.has_all(&["Colours of the map from 0 to 16, outlined above 5.5"]);
        panels.click("Anomaly map");
        panels.has_all(&["Colours of the map from 0 to 16, outlined above 5.5", "above 5.5", "unlike normal"]);
    }
}

#[test]
fn anomaly_map_is_disabled_with_its_reason_where_a_run_has_seen_whole_pictures() {
    let mut panels = Panels::of(results(score_set()));
    assert!(panels.0.query_by_label("Anomaly maps").is_none());
    panels.take(ResultsCommand::Row(0));
    panels.take(AppCommand::Toggle(Overlay::Picture));
    assert!(panels.is_disabled("Anomaly map"));
    panels.has_all(&["This run has seen whole pictures"]);
    panels.0.key_press(egui::Key::M);
    panels.0.run_steps(3);
    assert!(!panels.0.state().state.results.map_view.on);
}

#[test]
fn large_view_shows_explanation_as_it_arrives() {
    let mut panels = Panels::of(results(score_set()));
    panels.take(ResultsCommand::Row(0));
    panels.take(AppCommand::Toggle(Overlay::Picture));
    panels.has_all(&["WHY THIS SCORE", "Its picture is being read."]);
    assert!(panels.is_disabled("Map: what covering the picture changes"));
    let generation = panels.0.state().state.results.explanation.generation;
    panels.take(JobEvent::Why { generation, answer: Answer::Failed(failure()) });
    panels.has_all(&["line 7 has no score", "Its picture could not be read."]);
}

#[test]
fn synthetic_lesions_requested_running_failed_and_done() {
    let mut panels = Panels::of(results(score_set()));
    panels.has_all(&["PLANTED LESIONS", "synthetic lesions, not disease"]);
    panels.take(ResultsCommand::Plant);
    panels.take(JobEvent::JobProgress(JobId(1), Event::Started { stage: Stage::SyntheticLesions, done: 52, total: 208 }));
    panels.has_all(&["25.0 %", "Stop"]);
    panels.take(JobEvent::JobEnded(JobId(1), Outcome::Failed(failure())));
    panels.has_all(&["line 7 has no score", "Plant lesions"]);
    panels.take(ResultsCommand::Plant);
    panels.take(JobEvent::SyntheticLesions {
        run: "/home/someone/runs/eyes".into(),
        lesions: Arc::new(example_figures::synthetic_lesions(16)),
    });
    panels.take(JobEvent::JobEnded(JobId(2), Outcome::Finished("/home/someone/runs/eyes".into())));
    panels.has_all(&["16 of 16 held-out normals, not disease", "Export: Planted lesions", "allows not one false alarm"]);
    assert!(!panels.has("Plant lesions"), "the same seed would say the same");
}

#[test]
fn new_scores_do_not_replace_the_ones_in_view() {
    let mut panels = Panels::of(results(score_set()));
    panels.take(TrainCommand::Start(RunKind::Train));
    panels.take(JobEvent::JobEnded(JobId(1), Outcome::Finished("/home/runs/new".into())));
    panels.has_all(&["Train eyes: done", "test split · 8 normal, 4 abnormal"]);
    panels.click("Show its results");
    panels.has_all(&["Reading the scores…"]);
    assert!(!panels.has("Show its results"));
}
