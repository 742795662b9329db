//! The window as a person meets it: found by label, clicked, typed into, dragged. No graphics adapter is needed here; the
//! pictures themselves are held in `snapshots.rs`.

use crate::harness::Window;
use dissolve_studio::{
    app::{
        AppCommand, DataCommand, DissolveCommand, ResultsCommand, TrainCommand,
        state::{Colours, JobState, OcclusionMap, ScoresStatus, Workspace},
    },
    config::ThresholdRule,
    engine::export::{
        results::{Export, Format, ResultsChart},
        sweep::SweepExport,
    },
    scores::Tag,
    window::studio::Studio,
};
use eframe::egui::{Event, Key, Modifiers, PointerButton};
use egui_kittest::kittest::{NodeT, Queryable};
use std::path::Path;

/// Two folders of 14 small images each: `good` with a smooth ground, `bad` with a bright spot on it.
fn images(folder: &Path) {
    for (class, spot) in [("good", false), ("bad", true)] {
        std::fs::create_dir_all(folder.join(class)).unwrap();
        for i in 0..14u32 {
            let image = image::RgbImage::from_fn(32, 32, |x, y| {
                let lit = spot && x.abs_diff(8 + i) < 3 && y.abs_diff(16) < 3;
                let ground = 60 + 3 * i as u8 + (x as u8 * 2) + (y as u8);
                image::Rgb(if lit { [250, 240, 120] } else { [ground, ground / 2, ground / 3] })
            });
            image.save(folder.join(class).join(format!("{i:02}.png"))).unwrap();
        }
    }
}

/// A window with these images open.
fn with_images() -> Window {
    let mut window = Window::new();
    let path = window.path("set");
    images(&path);
    window.send(DataCommand::Open(path));
    window.until("the data set is open", |s| s.state().open().is_some());
    window
}

#[test]
fn empty_window_explains_each_workspace() {
    let mut window = Window::new();
    window.harness.step();
    assert!(window.has("Open a folder of images"));
    for (tab, says) in
        [("Dissolve", "Nothing to dissolve yet"), ("Train", "Nothing to learn from yet."), ("Results", "No scores yet")]
    {
        window.click(tab);
        assert!(window.has(says), "{tab}");
    }
    window.click("Train");
    let button = window.harness.get_by_label("Train all");
    assert!(button.accesskit_node().is_disabled());
}

#[test]
fn typed_path_opens_and_wrong_one_is_explained() {
    let mut window = Window::new();
    let path = window.path("set");
    images(&path);
    window.harness.step();
    window.type_into("Path to open", "/nowhere/at/all");
    window.click("Open");
    window.until("an error is shown", |s| s.state().data.failed.is_some());
    assert!(window.has("Try again") && window.has("Copy details"));
    window.send(DataCommand::Open(path));
    window.until("the data set is open", |s| s.state().open().is_some());
    assert!(!window.has("Try again"));
    assert!(window.has("28 images"));
}

#[test]
fn normal_class_is_asked_and_image_selected_in_grid() {
    let mut window = with_images();
    assert!(window.has("Which class is normal?"));
    window.harness.get_by_label_contains("good · 14 images").click();
    window.harness.step();
    window.until("the answer is taken", |s| s.state().open().is_some_and(|o| !o.asks_normal()));
    assert!(!window.has("Which class is normal?"));
    window.steps();
    window.harness.get_by_label("bad/07.png, abnormal").click();
    window.harness.step();
    window.harness.step();
    let state = window.state();
    let picked = state.open().unwrap().dataset.item(state.selected.unwrap()).unwrap();
    assert_eq!(picked.name, "bad/07.png");
    let before = state.selected;
    window.key(Key::ArrowRight);
    assert_ne!(window.state().selected, before, "arrows walk the images");
}

#[test]
fn keys_switch_workspaces_except_while_typing() {
    let mut window = Window::new();
    window.harness.step();
    window.key(Key::Num3);
    assert_eq!(window.state().workspace, Workspace::Train);
    window.key(Key::Num1);
    window.harness.get_by_label("Path to open").click();
    window.harness.step();
    window.key(Key::Num3);
    assert_eq!(window.state().workspace, Workspace::Data);
}

#[test]
fn command_palette_runs_action_by_name() {
    let mut window = Window::new();
    window.harness.step();
    window.harness.key_press_modifiers(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::K);
    window.harness.step();
    window.harness.step();
    window.harness.get_by_label("Find an action").type_text("results");
    window.harness.step();
    window.key(Key::Enter);
    assert_eq!(window.state().workspace, Workspace::Results);
    assert_eq!(window.state().overlay, None);
}

#[test]
fn invalid_setting_is_explained_and_blocks_training() {
    let mut window = with_images();
    window.send(DataCommand::SetNormal(vec!["good".into()]));
    window.until("the answer is taken", |s| s.state().open().is_some_and(|o| !o.asks_normal()));
    window.click("Train");
    let disabled = |window: &Window| window.harness.get_by_label("Train all").accesskit_node().is_disabled();
    assert!(!disabled(&window));
    window.type_into("Steps", "x");
    assert!(window.has("not a whole number") && disabled(&window));
}

/// The synthetic demo's finished run, without any training.
#[test]
fn results_are_filtered_tagged_explained_and_exported() {
    let mut window = Window::new();
    window.send(AppCommand::OpenDemo);
    window.until("the scores are there", |s| s.state().results.ready().is_some() && s.state().open().is_some());
    window.click("Results");
    let set = window.state().results.ready().unwrap().clone();
    assert!(window.has("now sensitivity") && window.has("AUROC"));
    window.click("Precision-recall");
    assert!(window.has("precision"));
    // It lies below the fold, as the cell of the confusion matrix does.
    window.harness.get_by_label("Threshold by Youden").click_accesskit();
    window.steps();
    let youden = set.threshold(ThresholdRule::Youden).unwrap();
    assert_eq!(window.state().results.threshold, youden);
    let c = set.confusion(youden);
    window.harness.get_by_label(&format!("{} true positives", c.tp)).click_accesskit();
    window.steps();
    assert_eq!(window.state().results.shown.len(), c.tp);
    window.click(&format!("all {}", set.evaluated));

    // Keys tag the selected image; the file is there at once, and Ctrl+Z takes it back.
    window.key(Key::ArrowRight);
    window.key(Key::T);
    let tags = set.run.join("tags.csv");
    window.until("the tag is on the disk", |_| tags.exists());
    let name = &set.rows[0].path;
    assert!(window.state().results.image_review(name).has(Tag::LabelWrong));
    window.harness.get_by_label("Note").focus();
    window.harness.step();
    window.harness.get_by_label("Note").type_text("odd");
    window.harness.step();
    // What was typed is kept when something else is clicked.
    window.click(&format!("all {}", set.evaluated));
    assert_eq!(window.state().results.image_review(name).note, "odd");
    window.until("the note is on the disk", |_| std::fs::read_to_string(&tags).unwrap().contains("odd"));
    window.send(AppCommand::Undo);
    assert_eq!(window.state().results.image_review(name).note, "");

    // The large view explains the score.
    window.key(Key::Enter);
    window.until("picture and nearest normals are there", |s| {
        let explanation = &s.state().results.explanation;
        explanation.picture.is_some() && explanation.nearest.iter().all(|n| *n)
    });
    assert!(window.has("nearest normal under 90°") && window.has("similarity 0°") && window.has("shift known 270°"));
    window.click("Map: what covering the picture changes");
    window.until(
        "places are covered",
        |s| matches!(s.state().results.explanation.map, OcclusionMap::Running { done, .. } if done > 0),
    );
    window.click("Stop");
    window.until("it has stopped", |s| matches!(s.state().results.explanation.map, OcclusionMap::None));
    window.send(AppCommand::Escape);

    for chart in [ResultsChart::Roc, ResultsChart::PrecisionRecall, ResultsChart::Histogram, ResultsChart::Confusion] {
        for format in Format::ALL {
            window.send(ResultsCommand::Export(Export::Chart(chart, format)));
        }
    }
    window.send(ResultsCommand::Export(Export::Tags));
    // While a file is written another one lies beside it.
    let sizes = || -> Vec<u64> {
        let files = std::fs::read_dir(set.run.join("exports")).into_iter().flatten().flatten();
        files.map(|f| f.metadata().map_or(0, |m| m.len())).collect()
    };
    window.until("all is exported", |_| sizes().len() == 13 && sizes().iter().all(|&size| size > 30));
}

#[test]
fn images_that_look_alike_lie_together_and_are_listed_by_a_line_round_them() {
    let mut window = Window::new();
    window.send(AppCommand::OpenDemo);
    window.until("the scores are there", |s| s.state().results.ready().is_some() && s.state().open().is_some());
    window.click("Results");
    window.click("Likeness");
    window.until("all images have their place", |s| s.state().results.embedding.is_final);
    let set = window.state().results.ready().unwrap().clone();
    assert_eq!(window.state().results.embedding.points.len(), set.rows.len());
    assert!(window.has(&format!("{} images · draw round some", set.rows.len())));
    window.click("score");
    assert_eq!(window.state().results.embedding.colours, Colours::Score);

    // Round the left half of them.
    let rect = window.harness.get_by_label("Images in two dimensions").rect();
    let corners = [rect.left_top(), rect.center_top(), rect.center_bottom(), rect.left_bottom()];
    let button = |pos, pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
    let mut feel = |event| {
        window.harness.event(event);
        window.harness.step();
    };
    feel(Event::PointerMoved(corners[0]));
    feel(button(corners[0], true));
    corners.iter().skip(1).for_each(|corner| feel(Event::PointerMoved(*corner)));
    feel(button(corners[3], false));
    window.steps();
    let within = window.state().results.filter.within.clone().expect("a line was drawn");
    assert!((1..set.rows.len()).contains(&within.len()), "{} of {}", within.len(), set.rows.len());
    assert!(window.state().results.shown.iter().all(|&row| within.contains(&set.rows[row].path)));
    assert!(window.has("Filters (1)"));
    window.click("ROC");
    assert!(!window.state().results.embedding.on && window.has("now sensitivity"));
}

/// The three moves on one window, with real training of a few steps: open, train and keep working, see the outcome.
#[test]
fn folder_to_false_positives_in_three_actions() {
    let mut window = with_images();
    window.send(DataCommand::SetNormal(vec!["good".into()]));
    window.until("the answer is taken", |s| s.state().open().is_some_and(|o| !o.asks_normal()));
    for (key, value) in [
        ("ddpm.steps", "3"),
        ("ddpm.batch", "2"),
        ("ddpm.dim", "8"),
        ("dia.epochs", "1"),
        ("dia.batch", "2"),
        ("score.samples", "1"),
    ] {
        window.send(TrainCommand::Field(key, value.into()));
    }
    // Settings that the form does not show.
    for (key, value) in [("ddpm.dim_mults", "1,2"), ("dia.epoch_length", "2"), ("dia.ladder", "1"), ("dia.max_size", "32")] {
        window.send(TrainCommand::Field(key, value.into()));
    }
    assert_eq!(window.state().train.error(), None);
    window.click("Train");
    window.click("Train all");
    window.until("the job runs", |s| !s.state().jobs.is_empty());
    // The window is free meanwhile: dissolve with a blur.
    window.send(DissolveCommand::Method(dissolve_studio::config::DissolveMethod::Gaussian(7)));
    window.click("Dissolve");
    window.until("the blurred image is shown", |s| s.state().dissolve.answers.done.is_some());
    assert!(window.has("mean |change|"));
    window.until("the job has ended", |s| s.state().jobs.iter().all(|j| j.state.has_ended()));
    let state = window.state();
    let ended = &state.jobs[0];
    assert!(matches!(&ended.state, JobState::Ended(dissolve_studio::jobs::job::Outcome::Finished(_))), "{:?}", ended.state);
    assert!(!ended.progress.curves.is_empty());

    // Its model moves the slider.
    window.until("the model is listed", |s| !s.state().dissolve.models.is_empty());
    window.send(DissolveCommand::Method(dissolve_studio::config::DissolveMethod::Diffusion));
    window.until("the dissolved image is shown", |s| s.state().dissolve.answers.done.is_some());
    let slider = window.harness.get_by_label("t, the strength of dissolving").rect();
    window.harness.drag_at(slider.left_center());
    window.harness.step();
    window.harness.hover_at(slider.center());
    window.harness.step();
    window.harness.drop_at(slider.center());
    window.harness.step();
    let t = window.state().dissolve.t;
    assert!((100..150).contains(&t), "half of the logarithmic track is about 122, not {t}");
    window
        .until("the image dissolved at that t is shown", |s| s.state().dissolve.answers.done.as_ref().is_some_and(|d| d.t == t));

    // And its scores are under Results.
    window.click("Results");
    window.until("the scores are there", |s| matches!(s.state().results.scores, ScoresStatus::Ready(_)));
    window.harness.step();
    assert!(window.has("false positives") && window.has("AUROC"));
    let lowest = window.state().results.ready().unwrap().histogram.range[0];
    window.send(ResultsCommand::Threshold(lowest));
    let c = window.state().results.confusion();
    assert!(c.fp > 0 && c.tn == 0, "all are called abnormal at the lowest threshold: {c:?}");
    assert!(window.has(&format!("false positives {}", c.fp)));

    // What of an image its score depends on.
    window.send(ResultsCommand::Row(0));
    window.send(AppCommand::Toggle(dissolve_studio::app::state::Overlay::Picture));
    window.until("the picture is there", |s| s.state().results.explanation.picture.is_some());
    window.click("Map: what covering the picture changes");
    window.until("the map is there", |s| matches!(s.state().results.explanation.map, OcclusionMap::Ready { .. }));
    assert!(window.has("not a lesion"));
    window.send(AppCommand::Escape);

    // How small and how faint a spot it finds.
    window.harness.get_by_label("Plant lesions").click_accesskit();
    window.harness.step();
    window.until("lesions are planted", |s| s.state().results.lesions.is_some());
    window.until("the job has ended", |s| s.state().jobs.iter().all(|j| j.state.has_ended()));
    assert!(window.has("held-out normals, not disease") && window.has("at 95 % specificity, against contrast"));
    let set = window.state().results.ready().unwrap().clone();
    for format in Format::ALL {
        window.send(ResultsCommand::Export(Export::Chart(ResultsChart::SyntheticLesions, format)));
    }
    window.until("it is exported", |_| std::fs::read_dir(set.run.join("exports")).is_ok_and(|files| files.count() == 3));

    // Other images, without labels, ranked by the same run.
    let new = window.path("new");
    std::fs::create_dir_all(&new).unwrap();
    for i in 0..5 {
        std::fs::copy(window.folder.path().join(format!("set/bad/{i:02}.png")), new.join(format!("{i}.png"))).unwrap();
    }
    window.click("Score a folder…");
    window.type_into("Folder to score", new.to_str().unwrap());
    window.click("Score");
    window
        .until("the folder is ranked", |s| s.state().results.ready().is_some_and(|set| set.is_foreign() && set.rows.len() == 5));
    window.harness.step();
    assert!(window.has("Undefined: There are no labelled images") && window.has("all 5"));
    window.until("its pictures are shown", |s| s.state().open().is_some_and(|o| o.config.path == new));
}

/// In a fresh workspace the slider works before anything was trained.
#[test]
fn demo_model_dissolves_own_images_at_once() {
    let mut window = with_images();
    window.click("Dissolve");
    window.harness.get_by_label_contains("Dissolve with the demo's model").click();
    window.until("the image is dissolved", |s| s.state().dissolve.answers.done.is_some());
    assert!(window.has("This model was trained on synthetic-fundus"));
    assert!(!window.state().shows_demo(), "the own images stay open");
}

/// Each layout of the Dissolve workspace, with a blur and without a model: what can be shown is, what cannot says why.
#[test]
fn comparison_works_in_each_layout() {
    let mut window = with_images();
    window.click("Dissolve");
    assert!(window.has("No diffusion model yet"));
    window.click("Try a Gaussian blur");
    window.until("the blurred image is shown", |s| s.state().dissolve.answers.done.is_some());
    assert!(window.has("what dissolving changed") && window.has("mean |change|"));
    window.click("Split");
    // The bar is moved by the arrows that are its own while it has the focus.
    let selected = window.state().selected;
    window.harness.get_by_label("Split bar").focus();
    window.harness.step();
    window.key(Key::ArrowRight);
    window.steps();
    assert!(window.state().dissolve.divider > 0.5 && window.state().selected == selected);
    window.click("Loupe");
    assert!(window.has("under the pointer"));
    window.click("Many t");
    assert!(window.has("one image at many t"));
    let save = window.harness.get_by_label("Save the strip of many t (PNG)");
    assert!(save.accesskit_node().is_disabled(), "a filter has no t");
    let complete = |s: &Studio| {
        !s.state().dissolve.answers.panels.is_empty() && s.state().dissolve.answers.panels.iter().all(Option::is_some)
    };
    window.click("Images");
    window.until("six images are dissolved", complete);
    assert_eq!(window.state().dissolve.answers.panels.len(), 6);
    window.click("Methods");
    window.until("all methods have answered", complete);
    assert!(window.has("Gaussian, kernel 7 px") && window.has("Median, kernel"));
    let panels = &window.state().dissolve.answers.panels;
    assert!(panels[0].as_ref().unwrap().dissolved.is_err(), "there is no diffusion model");
    let mean = |i: usize| panels[i].as_ref().unwrap().dissolved.as_ref().unwrap().change.all;
    assert!((mean(1) - mean(3)).abs() < 0.5 * mean(1), "{} and {} are of one strength", mean(1), mean(3));
    window.click("Resolutions");
    window.until("three resolutions have answered", complete);
    assert!(window.has("128 px"));
    window.key(Key::Plus);
    assert!(window.state().dissolve.view.zoom > 1.0);
    let selected = window.state().selected;
    window.harness.key_press_modifiers(eframe::egui::Modifiers::ALT, Key::ArrowRight);
    window.harness.step();
    assert!(window.state().dissolve.view.centre[0] > 0.5 && window.state().selected == selected);
    window.key(Key::Num0);
    assert!(window.state().dissolve.view.actual);
    window.key(Key::Z);
    assert!(!window.state().dissolve.view.actual);
}

#[test]
fn contact_sheet_and_sweep_are_exported() {
    let mut window = Window::new();
    window.send(AppCommand::OpenDemo);
    window.until("the demo is open", |s| s.state().open().is_some() && s.state().dissolve.model().is_some());
    window.send(AppCommand::Go(Workspace::Dissolve));
    for (what, end) in [(SweepExport::ContactSheet, "-strip.png"), (SweepExport::Sweep, "-sweep.gif")] {
        window.send(DissolveCommand::Export(what));
        window.until("it is written", |s| !s.state().dissolve.is_exporting);
        let mut files = std::fs::read_dir(window.path("work/exports")).unwrap().flatten().map(|f| f.path());
        let path = files.find(|p| p.to_string_lossy().ends_with(end)).unwrap();
        let picture = image::open(&path).unwrap().to_rgb8();
        // Pictures of 256 px, two of them in the strip, and some lines of text.
        let pictures = if end == "-strip.png" { 2 * (256 + 4) } else { 256 + 4 };
        assert!((pictures..pictures + 80).contains(&picture.height()), "{}", picture.height());
    }
}

#[test]
fn closing_stops_running_job_which_can_be_resumed() {
    let mut window = with_images();
    window.send(DataCommand::SetNormal(vec!["good".into()]));
    window.until("the answer is taken", |s| s.state().open().is_some_and(|o| !o.asks_normal()));
    for (key, value) in [("ddpm.batch", "2"), ("ddpm.dim", "8"), ("ddpm.steps", "100000")] {
        window.send(TrainCommand::Field(key, value.into()));
    }
    window.send(TrainCommand::Start(dissolve_studio::run_dir::RunKind::Train));
    window.until("it trains", |s| s.state().running().is_some_and(|j| j.progress.last.is_some()));
    window.send(AppCommand::Close);
    window.until("it has stopped", |s| s.state().jobs.iter().all(|j| j.state.has_ended()));
    window.until("the run is listed", |s| s.state().runs.iter().any(|r| r.can_resume() && r.model.is_some()));
}
