//! What is said and kept in view where it was not: views that ask for what is not here, damaged files, the preview of preprocessing.

use crate::harness::Window;
use crate::test_files::png;
use dissolve_studio::{
    app::{
        AppCommand, DataCommand, DissolveCommand, ResultsCommand, RunsCommand,
        state::{DataListView, ListView, Overlay, OwnTag, SavedView, Side, Tab, Workspace},
    },
    config::{DataConfig, DissolveMethod, RunConfig},
    data::{ImageId, Split},
    jobs::events::{JobEvent, Pick, Picked},
    run_dir::{RunDir, RunKind},
};
use eframe::egui::{Key, Modifiers, Popup, Rect};
use egui_kittest::kittest::{NodeT, Queryable};
use std::path::PathBuf;

/// Two folders of pictures.
fn eyes(window: &Window) -> PathBuf {
    let set = window.path("eyes");
    for i in 0..20 {
        let folder = set.join(if i < 12 { "good" } else { "bad" });
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("eye{i:02}.png")), png(i)).unwrap();
    }
    set
}

fn opened(size: [f32; 2]) -> Window {
    let mut window = Window::on(tempfile::tempdir().unwrap(), size);
    let set = eyes(&window);
    window.send(DataCommand::Open(set));
    window.until("it is open", |s| s.state().open().is_some());
    window.send(DataCommand::SetNormal(vec!["good".into()]));
    window.until("it is known", |s| s.state().open().is_some_and(|open| !open.asks_normal()));
    window
}

#[test]
fn the_preview_stays_in_view_while_preprocessing_is_set_and_nothing_moves() {
    for size in [[800.0, 600.0], [1280.0, 800.0]] {
        let mut window = opened(size);
        assert!(window.state().unfolded(Side::Inspector));
        window.until("the preview is there", |s| s.state().data.preview.done.is_some());
        let rect = |window: &Window, label: &str| window.harness.get_by_label(label).rect();
        let screen = Rect::from_min_size(Default::default(), size.into());
        window.harness.get_by_label("Target size").scroll_to_me();
        window.harness.run_steps(8);
        let controls = |window: &Window| ["CLAHE", "green", "Target size", "Crop to the bright disc"].map(|c| rect(window, c));
        let (picture, before) = (rect(&window, "The selected image"), controls(&window));
        for control in &before[..3] {
            assert!(
                screen.contains_rect(*control) && control.top() > picture.bottom(),
                "{size:?}: {control:?} below {picture:?}"
            );
        }
        for control in ["CLAHE", "green", "all"] {
            window.click(control);
            let generation = window.state().data.preview.generation;
            window.until("the preview follows", move |s| {
                s.state().data.preview.generation >= generation && s.state().data.preview.done.is_some()
            });
            window.steps();
            let both = [rect(&window, "before"), rect(&window, "after")];
            assert!(both.iter().all(|picture| screen.contains_rect(*picture)), "{size:?}: {both:?}");
            assert_eq!(controls(&window), before, "{size:?}, after {control}");
        }
        window.click("CLAHE");
        assert_eq!((rect(&window, "The selected image"), controls(&window)), (picture, before));
    }
}

#[test]
fn a_workspace_begins_at_its_top_however_far_another_is_scrolled() {
    let mut window = opened([800.0, 600.0]);
    for folder in [false, true] {
        if folder {
            window.until("the preview is there", |s| s.state().data.preview.done.is_some());
            window.harness.get_by_label("Target size").scroll_to_me();
        } else {
            window.send(DataCommand::Select(ImageId(19)));
        }
        window.harness.run_steps(8);
        let (workspace, first) = if folder { (Workspace::Dissolve, "DISSOLVE BY") } else { (Workspace::Train, "Train all") };
        window.send(AppCommand::Go(workspace));
        window.harness.run_steps(4);
        let place = window.harness.get_by_label(first).rect();
        assert!(place.top() > 40.0 && place.bottom() < 160.0, "{first} at {place:?}");
        window.send(AppCommand::Go(Workspace::Data));
    }
}

#[test]
fn the_selected_image_stays_in_view_when_the_grid_becomes_wider() {
    let mut window = opened([800.0, 600.0]);
    window.send(DataCommand::Select(ImageId(13)));
    window.harness.run_steps(8);
    let name = window.state().open().unwrap().dataset.items[13].name.clone();
    let top = |window: &Window| window.harness.get_by_label_contains(&format!("{name}, ")).rect().top();
    let before = top(&window);
    for _ in 0..2 {
        window.send(AppCommand::Fold(Side::Inspector));
        window.harness.run_steps(8);
        // At the end of the list it cannot lie as high.
        assert!(top(&window) > 200.0 && top(&window) < 560.0, "{before} becomes {}", top(&window));
    }
}

#[test]
fn a_panel_that_is_not_there_is_not_folded() {
    let mut window = opened([800.0, 600.0]);
    let folded = |window: &mut Window| {
        let before = window.state().unfolded(Side::Inspector);
        window.key(Key::CloseBracket);
        window.steps();
        before != window.state().unfolded(Side::Inspector)
    };
    assert!(folded(&mut window));
    window.send(AppCommand::Go(Workspace::Train));
    assert!(!folded(&mut window), "Train has none");
}

/// In Results, scores of images that are not open.
fn other_scores(window: &mut Window) {
    let data = DataConfig { path: window.path("other"), ..DataConfig::default() };
    let config = RunConfig { data, ..RunConfig::default() };
    let run = RunDir::create(&window.path("work"), RunKind::Train, "other", &config).unwrap();
    let scores = "path,split,label,score\ngood/eye00.png,test,0,0.1\nbad/eye12.png,test,1,0.9\n";
    std::fs::write(run.join("scores.csv"), scores).unwrap();
    window.send(ResultsCommand::Open(run.path().into()));
    window.until("the scores are read", |s| s.state().results.ready().is_some());
    window.send(AppCommand::Go(Workspace::Results));
    window.send(ResultsCommand::Tab(Tab::All));
}

#[test]
fn no_other_picture_stands_under_the_name_of_an_image_that_is_not_open() {
    let mut window = opened([1280.0, 800.0]);
    other_scores(&mut window);
    window.send(ResultsCommand::Row(0));
    window.key(Key::Enter);
    window.until("the large view is there", |s| s.state().overlay == Some(Overlay::Picture));
    assert!(window.has("The data set of this image is not open."));
    // Under the large view the page offers it, too.
    window.harness.query_all_by_label("Open other").last().unwrap().click();
    window.until("it is looked for", |s| s.state().data.failed.as_ref().is_some_and(|(path, _)| path.ends_with("other")));
}

#[test]
fn results_of_other_images_lead_to_these_and_to_the_runs_of_the_open_ones() {
    let mut window = opened([1280.0, 800.0]);
    let title = window.state().open().unwrap().title();
    let data = DataConfig { curation: None, ..window.state().open().unwrap().config.clone() };
    let config = RunConfig { data, ..RunConfig::default() };
    other_scores(&mut window);
    let none = format!("0 runs of {title}");
    assert!(window.harness.get_by_label(&none).accesskit_node().is_disabled());
    RunDir::create(&window.path("work"), RunKind::Train, "mine", &config).unwrap();
    window.send(RunsCommand::Refresh);
    window.until("the runs are listed", |s| s.state().runs.len() == 2);
    window.click(&format!("1 run of {title}"));
    assert!(window.has("Details of mine") && !window.has("Details of other"));
    window.key(Key::Escape);
    window.click("Open other");
    window.until("it is looked for", |s| s.state().data.failed.as_ref().is_some_and(|(path, _)| path.ends_with("other")));
}

#[test]
fn a_view_says_what_it_asks_for_and_is_not_here() {
    let mut window = opened([1280.0, 800.0]);
    let view = DataListView { split: Some(Split::Test), classes: ["cyst".into()].into(), ..DataListView::default() };
    window.send(AppCommand::ShowView(SavedView { name: "cysts".into(), view: ListView::Data(view) }));
    assert!(window.has("“cysts” without what is not here: class cyst."));
    window.click("All images, 20 images");
    assert!(!window.has("“cysts” without"));
}

#[test]
fn a_name_that_no_tag_can_have_is_refused_in_words() {
    let mut window = opened([1280.0, 800.0]);
    window.key_with(Modifiers::COMMAND, Key::G);
    for (typed, why) in [(";", "A name has no semicolon"), (&*"x".repeat(50), "A name has 40 letters at most; these are 50.")] {
        window.type_into("Name of a new tag", typed);
        window.key(Key::Enter);
        window.steps();
        assert!(window.has(why), "{typed}");
        assert!(window.state().workspace_settings.tags.is_empty());
        window.click("Name of a new tag");
        window.key_with(Modifiers::COMMAND, Key::A);
        window.key(Key::Delete);
        window.steps();
    }
}

#[test]
fn letters_do_nothing_that_a_page_hides() {
    let mut window = opened([1280.0, 800.0]);
    window.click_with("good/eye01.png, normal", Modifiers::NONE);
    let left_out = |window: &Window| window.state().open().unwrap().left_out;
    for overlay in [Overlay::Keys, Overlay::About, Overlay::Tags] {
        window.send(AppCommand::Toggle(overlay));
        window.key(Key::X);
        window.steps();
        assert_eq!((window.state().overlay, left_out(&window)), (Some(overlay), 0));
        window.key(Key::Escape);
        window.steps();
        assert_eq!(window.state().overlay, None, "{overlay:?}");
    }
    window.key(Key::X);
    window.steps();
    assert_eq!(left_out(&window), 1);
    window.key_with(Modifiers::COMMAND, Key::G);
    let field = window.harness.get_by_label("Name of a new tag");
    assert!(field.accesskit_node().is_focused(), "a name can be typed at once");
}

#[test]
fn a_letter_that_can_do_nothing_here_says_why() {
    let mut window = opened([1280.0, 800.0]);
    window.click_with("good/eye01.png, normal", Modifiers::NONE);
    let said = |window: &Window| window.state().notifications.iter().map(|n| n.text.clone()).collect::<Vec<_>>();
    let before = said(&window);
    window.key(Key::ArrowLeft);
    window.steps();
    assert_eq!(said(&window), before, "arrows are pressed in passing");
    window.key(Key::T);
    window.steps();
    assert!(said(&window).iter().any(|text| text.contains("Tag: label wrong") && text.contains("workspace Results")));
}

#[test]
fn keys_do_nothing_to_what_lies_under_a_menu_or_the_list_of_runs() {
    let mut window = opened([1280.0, 800.0]);
    window.send(DataCommand::Tags(vec![OwnTag { name: "odd".into(), key: Some('5') }]));
    let now = |window: &Window| {
        let state = window.state();
        let open = state.open().unwrap();
        (state.workspace, state.overlay, state.selected, state.data.marked.iter().count(), open.left_out, open.tags.len())
    };
    let press_all = |window: &mut Window, keys: &[Key]| {
        for key in keys {
            window.key_with(Modifiers::NONE, *key);
        }
        window.key_with(Modifiers::SHIFT, Key::ArrowRight);
    };
    let of_images = [Key::X, Key::Num5, Key::ArrowRight, Key::ArrowDown];
    window.click_with("good/eye01.png, normal", Modifiers::NONE);
    window.harness.get_by_label("Target size").scroll_to_me();
    window.harness.run_steps(8);
    for menu in ["Target size", "good/eye01.png, normal"] {
        let node = window.harness.get_by_label(menu);
        if menu.starts_with("good") {
            node.click_secondary()
        } else {
            node.click()
        }
        window.steps();
        assert!(Popup::is_any_open(&window.harness.ctx), "{menu}");
        let before = now(&window);
        press_all(&mut window, &of_images);
        press_all(&mut window, &[Key::Num3, Key::V, Key::Questionmark]);
        assert_eq!(now(&window), before, "{menu}");
        window.key(Key::Escape);
        window.steps();
        assert!(!Popup::is_any_open(&window.harness.ctx), "Escape closes it, and only it");
        assert_eq!(now(&window), before, "{menu}");
    }
    window.send(AppCommand::Toggle(Overlay::Runs));
    let before = now(&window);
    press_all(&mut window, &of_images);
    assert_eq!(now(&window), before);
    window.key(Key::Num3);
    window.steps();
    assert_eq!((window.state().overlay, window.state().workspace), (None, Workspace::Train), "pages have their keys there");
}

#[test]
fn a_table_of_curation_with_a_wrong_cell_is_no_data_set() {
    let mut window = opened([1280.0, 800.0]);
    let (table, set) = (window.path("said.csv"), window.state().open().unwrap().config.path.clone());
    std::fs::write(&table, "path,label,leave_out\ngood/eye00.png,,1\ngood/eye01.png,sick,0\n").unwrap();
    window.send(DataCommand::ImportCuration { path: table, dropped: true });
    window.until("it is said", |s| s.state().notifications.iter().any(|n| n.text.contains("has the label \"sick\" in line 3")));
    let state = window.state();
    assert_eq!((&state.open().unwrap().config.path, state.open().unwrap().left_out), (&set, 0));
    assert!(state.data.opening.is_none());
}

#[test]
fn damaged_settings_of_the_workspace_are_kept_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("work");
    std::fs::create_dir_all(&work).unwrap();
    std::fs::write(work.join("window.json"), "{\"tags\": [{\"name\": \"cam").unwrap();
    let mut window = Window::on(folder, [1280.0, 800.0]);
    window.steps();
    assert!(window.has("The tags and views in") && window.has("kept as window.json.damaged"));
    window.key_with(Modifiers::COMMAND, Key::G);
    window.type_into("Name of a new tag", "blur");
    window.click("Add");
    let file = window.path("work/window.json");
    window.until("a new tag is kept", |_| file.is_file());
    assert!(std::fs::read_to_string(window.path("work/window.json.damaged")).unwrap().ends_with("cam"));
    let Window { harness, folder } = window;
    drop(harness);
    let window = Window::on(folder, [1280.0, 800.0]);
    assert!(window.state().notifications.is_empty(), "it is said once");
    assert_eq!(window.state().workspace_settings.tags[0].name, "blur");
}

/// A file's name can hold a line's end, and turn the direction of writing.
#[cfg(unix)]
#[test]
fn names_with_control_characters_stay_on_their_line() {
    let mut window = Window::new();
    let set = window.path("eyes");
    std::fs::create_dir_all(&set).unwrap();
    std::fs::write(set.join("a\nb.png"), png(1)).unwrap();
    window.send(DataCommand::Open(set));
    window.until("it is open", |s| s.state().open().is_some());
    window.send(DataCommand::Select(ImageId(0)));
    assert!(window.has("a\\nb.png"));
}

#[test]
fn a_warning_never_makes_results_wider_than_they_are() {
    let mut window = opened([800.0, 600.0]);
    other_scores(&mut window);
    assert!(window.state().unfolded(Side::Inspector));
    let right = window.harness.get_by_label("Score a folder…").rect().right();
    for label in ["Results of other images: those of other, not of ", "Open other"] {
        let place = window.harness.get_by_label_contains(label).rect();
        assert!(place.right() <= 800.0 - 288.0, "{label}: {place:?} under the panel on the right");
    }
    assert!(right <= 800.0 - 288.0, "{right}");
}

/// The hover text of the grid stays behind, and what the pointer shows stands beside the name.
#[test]
fn large_view_names_its_image_and_no_other() {
    let mut window = opened([1280.0, 800.0]);
    window.send(DissolveCommand::Method(DissolveMethod::Resample));
    window.send(DataCommand::Select(ImageId(0)));
    let name = |window: &Window, id| window.state().open().unwrap().dataset.item(id).unwrap().name.clone();
    let (selected, other) = (name(&window, ImageId(0)), name(&window, ImageId(12)));
    let place = window.harness.query_all_by_label_contains(&format!("{other}, ")).next().unwrap().rect();
    window.harness.hover_at(place.center());
    window.harness.run_steps(8);
    let text = format!("{other}\n");
    assert!(window.has(&text), "the hover text is there");
    window.key(Key::Enter);
    window.key(Key::V);
    window.until("it is dissolved", |s| s.state().dissolve.answers.done.is_some());
    window.harness.run_steps(8);
    assert!(!window.has(&text), "it stays behind");
    window.harness.hover_at([240.0, 250.0].into());
    window.harness.run_steps(4);
    assert!(window.has(" · original "), "what the pointer shows");
    assert_eq!(window.harness.query_all_by_label(&selected).count(), 2, "beside the name, which is in the panel, too");
}

#[test]
fn where_there_is_no_file_dialog_the_cursor_is_in_the_field_for_a_path() {
    let mut window = opened([1280.0, 800.0]);
    window.key(Key::OpenBracket);
    window.steps();
    assert!(!window.has("Path to open"));
    let focused =
        |window: &Window| window.harness.query_by_label("Path to open").is_some_and(|field| field.accesskit_node().is_focused());
    window.send(JobEvent::Picked(Pick::DataFolder, Picked::NoDialog));
    window.harness.run_steps(4);
    assert!(window.has("This desktop has shown no file dialog") && focused(&window));
    window.click_with("good/eye01.png, normal", Modifiers::NONE);
    window.harness.run_steps(2);
    assert!(!focused(&window), "once");
}
