//! What is listed in the grid and in the gallery, and what is done with it, in the window with pointer and keys.

use crate::harness::Window;
use crate::test_files::png;
use dissolve_studio::{
    app::{
        AppCommand, DataCommand, ResultsCommand,
        state::{Overlay, Tab, Workspace},
    },
    config::RunConfig,
    run_dir::{RunDir, RunKind},
};
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use std::path::PathBuf;

/// Six eyes with a table of their sides, grades and ages.
fn eyes(window: &Window) -> PathBuf {
    let set = window.path("eyes");
    std::fs::create_dir_all(&set).unwrap();
    let mut table = String::from("file,split,label,side,grade,age,remark\n");
    for i in 0..30 {
        std::fs::write(set.join(format!("eye{i:02}.png")), png(i)).unwrap();
        let (split, grade) = (if i < 6 { "train" } else { "test" }, if i < 15 { 0 } else { i % 3 });
        let side = ["left", "right"][i as usize % 2];
        table += &format!("eye{i:02}.png,{split},{},{side},{grade},{},seen {} times\n", i32::from(i >= 15), 40 + i, i * i);
    }
    std::fs::write(set.join("labels.csv"), table).unwrap();
    set
}

/// Opens them.
fn opened() -> Window {
    let mut window = Window::new();
    let set = eyes(&window);
    window.send(DataCommand::Open(set));
    window.until("it is open", |s| s.state().data.opening.is_none());
    window.until("class 0 is asked for or known", |s| s.state().open().is_some());
    window.send(DataCommand::SetNormal(vec!["0".into()]));
    window.until("it is known", |s| s.state().open().is_some_and(|open| !open.asks_normal()));
    window
}

/// The same with a run that has scored them, in Results.
fn scored() -> Window {
    let mut window = opened();
    let mut config = RunConfig::default();
    config.data = window.state().open().unwrap().config.clone();
    config.data.curation = None;
    let run = RunDir::create(&window.path("work"), RunKind::Train, "eyes", &config).unwrap();
    let mut scores = String::from("path,split,label,score\n");
    for i in 0..30 {
        let (split, label) = (if i < 6 { "train" } else { "test" }, i32::from(i >= 15));
        scores += &format!("eye{i:02}.png,{split},{label},{}\n", f64::from(i) / 10.0);
    }
    std::fs::write(run.join("scores.csv"), scores).unwrap();
    window.send(ResultsCommand::Open(run.path().into()));
    window.until("the scores are read", |s| s.state().results.ready().is_some());
    window.send(AppCommand::Go(Workspace::Results));
    window.send(ResultsCommand::Tab(Tab::All));
    window
}

#[test]
fn several_images_of_the_gallery_are_selected_with_pointer_and_keys() {
    let mut window = scored();
    assert!(window.has("0 selected"));
    // The highest score comes first.
    window.click_with("eye29.png, abnormal", Modifiers::NONE);
    window.click_with("eye27.png, abnormal", Modifiers::SHIFT);
    assert!(window.has("3 selected"));
    window.click_with("eye28.png, abnormal", Modifiers::COMMAND);
    assert_eq!(window.state().selected_rows().len(), 2);
    window.key(Key::X);
    window.steps();
    assert!(window.has("eye29.png, abnormal, left out") && window.has("eye27.png, abnormal, left out"));
    assert_eq!(window.state().open().unwrap().left_out, 2);
    assert!(window.has("2 of these images are left out since; the figures still count them"));
    window.key_with(Modifiers::COMMAND, Key::Z);
    assert!(!window.has("the figures still count"));
    window.key_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert!(window.has("the figures still count") && window.has("Train again"));
    window.key(Key::P);
    window.steps();
    assert_eq!(window.state().results.review.len(), 2);
    window.key(Key::Space);
    window.steps();
    assert_eq!(window.state().selected_rows().len(), 3, "Space adds the one that is looked at");
    window.click("Export the selected images as CSV");
    window.until("it is exported", |s| {
        s.state().notifications.iter().any(|notification| notification.text.contains("selected.csv"))
    });
    let exported = std::fs::read_dir(window.path("work/runs"))
        .unwrap()
        .flatten()
        .find_map(|run| std::fs::read_to_string(run.path().join("exports/selected.csv")).ok())
        .unwrap();
    assert!(exported.starts_with("path,split,class,label,by,score,predicted,left_out,"), "{exported}");
    assert_eq!(exported.matches(",dia,").count(), 3, "which score it is");
    window.click("Compare the selected images");
    assert_eq!((window.state().workspace, window.state().dissolve.pinned.len()), (Workspace::Dissolve, 3));
    window.send(AppCommand::Go(Workspace::Results));
    window.key_with(Modifiers::COMMAND, Key::A);
    assert_eq!(window.state().selected_rows().len(), 24);
    window.key(Key::Escape);
    window.steps();
    assert_eq!(window.state().selected_rows().len(), 1);
}

#[test]
fn a_table_of_curation_is_taken_in_where_it_is_dropped() {
    let mut window = opened();
    let table = window.path("said.csv");
    std::fs::write(&table, "path,label,leave_out\neye00.png,,1\neye02.png,abnormal,0\ngone.png,,1\n").unwrap();
    window.send(DataCommand::ImportCuration { path: table.clone(), dropped: true });
    window.until("it is taken in", |s| s.state().open().unwrap().left_out == 1);
    assert!(window.has("said.csv names 3 images: 2 here, 1 not found"));
    assert!(window.has("eye00.png, normal, left out") && window.has("eye02.png, abnormal"));
    window.key_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.state().open().unwrap().left_out, 0);
    let labels = window.path("eyes/labels.csv");
    window.send(DataCommand::ImportCuration { path: labels.clone(), dropped: true });
    window.until("a table of labels is opened", |s| s.state().open().unwrap().config.path == labels);
}

#[test]
fn folders_of_a_path_are_completed_with_tab() {
    let mut window = opened();
    ["other set/deep", "other thing"].iter().for_each(|name| std::fs::create_dir_all(window.path(name)).unwrap());
    let at = |window: &Window, name: &str| window.path(name).display().to_string();
    let field = |window: &Window| window.harness.get_by_label("Path to open").value().unwrap_or_default();
    let typed = at(&window, "oth");
    window.type_into("Path to open", &typed);
    window.key(Key::Tab);
    let several = at(&window, "other ");
    window.until("it goes on", |s| s.state().completion.as_ref().is_some_and(|(_, c)| c.completed == several));
    window.steps();
    assert_eq!(field(&window), several);
    assert!(window.has("other set   other thing"));
    window.harness.get_by_label("Path to open").type_text("s");
    window.steps();
    window.key(Key::Tab);
    let one = at(&window, "other set/");
    window.until("one is left", |s| s.state().completion.as_ref().is_some_and(|(_, c)| c.completed == one));
    window.steps();
    assert_eq!(field(&window), one);
    window.harness.get_by_label("Path to open").type_text("deep/x");
    window.steps();
    window.key(Key::Tab);
    window.until("nothing begins so", |s| s.state().completion.as_ref().is_some_and(|(_, c)| c.typed.ends_with("deep/x")));
    window.steps();
    let focused = |window: &Window| window.harness.get_by_label("Path to open").accesskit_node().is_focused();
    assert!(focused(&window));
    window.key(Key::Tab);
    window.steps();
    assert!(!focused(&window), "then Tab goes to the next field");
}

#[test]
fn views_are_saved_in_a_menu_and_shown_again() {
    let mut window = scored();
    window.click("Filters");
    window.harness.get_all_by_label("Filter by side").last().unwrap().click();
    window.steps();
    window.harness.get_all_by_label("side left, 15 images").last().unwrap().click();
    window.steps();
    window.key(Key::Escape);
    window.steps();
    window.click("Views");
    window.type_into("Name of this view", "left eyes");
    window.click("Save");
    assert_eq!(window.state().workspace_settings.views.len(), 1);
    assert!(window.has("View left eyes"), "the menu stays");
    window.key(Key::Escape);
    window.steps();
    window.send(ResultsCommand::Filter(Default::default()));
    assert_eq!(window.state().results.shown.len(), 24);
    window.key(Key::W);
    window.steps();
    assert_eq!(window.state().results.shown.len(), 12);
    window.click("Views");
    window.click("Forget the view left eyes");
    assert!(window.state().workspace_settings.views.is_empty() && window.has("None yet."));
}

#[test]
fn own_tags_are_made_given_by_key_and_found_again() {
    let mut window = opened();
    window.key_with(Modifiers::COMMAND, Key::G);
    window.type_into("Name of a new tag", "camera 2");
    window.click("Add");
    assert_eq!(window.state().workspace_settings.tags[0].key, Some('5'));
    window.key(Key::Escape);
    window.steps();
    window.click_with("eye01.png, normal", Modifiers::NONE);
    window.click_with("eye03.png, normal", Modifiers::SHIFT);
    window.key(Key::Num5);
    window.steps();
    assert!(window.has("eye02.png, normal, camera 2"), "a chip in the grid");
    window.click("camera 2, 3 images");
    assert!(window.has("Images 3 of 30"));
    window.click_with("eye02.png, normal, camera 2", Modifiers::NONE);
    window.click("Tag: camera 2");
    assert_eq!(window.state().data.shown.len(), 2, "the button takes it off");
    window.click("camera 2, 2 images");
    window.key(Key::Enter);
    window.until("the large view is there", |s| s.state().overlay == Some(Overlay::Picture));
    window.key(Key::Num5);
    window.steps();
    assert!(window.has("tagged camera 2"), "a chip in the large view");
    window.key(Key::Escape);
    // Both are written by another thread: the name and key of the tag, and what has it.
    let (file, curations) = (window.path("work/window.json"), window.path("work/curation"));
    let has_tag = |path: &std::path::Path| std::fs::read_to_string(path).is_ok_and(|text| text.contains("camera 2"));
    window.until("it is kept", |_| {
        has_tag(&file) && std::fs::read_dir(&curations).is_ok_and(|mut all| all.any(|file| has_tag(&file.unwrap().path())))
    });

    let set = window.path("eyes");
    let Window { harness, folder } = window;
    drop(harness);
    let mut window = Window::on(folder, [1280.0, 800.0]);
    assert_eq!(window.state().workspace_settings.tags[0].name, "camera 2");
    window.send(DataCommand::Open(set));
    window.until("it is open, with what has the tag", |s| s.state().open().is_some_and(|open| open.tags.len() == 1));
}

#[test]
fn images_are_listed_by_columns_of_the_table() {
    let mut window = opened();
    assert!(window.has("COLUMNS OF THE TABLE"));
    window.click("Filter by side");
    window.click("side left, 15 images");
    assert!(window.has("Images 15 of 30") && window.has("Filter by side: left"));
    window.click("Filter by grade");
    window.click("grade 1, 5 images");
    window.click("grade 2, 5 images");
    assert!(window.has("grade: 1, 2"));
    assert_eq!(window.state().data.shown.len(), 5);
    window.click("Filter by age");
    assert!(window.has("Lowest age") && window.has("Highest age"));
    window.click("Filter by remark");
    window.type_into("remark contains", "256");
    assert_eq!(window.state().data.shown.len(), 1);
    window.click("All images, 30 images");
    assert_eq!(window.state().data.shown.len(), 30);

    let mut window = scored();
    assert_eq!(window.state().results.shown.len(), 24);
    window.click("Filters");
    let columns: Vec<_> = window.harness.get_all_by_label("Filter by side").collect();
    columns.last().unwrap().click();
    window.steps();
    let lefts: Vec<_> = window.harness.get_all_by_label("side left, 15 images").collect();
    lefts.last().unwrap().click();
    window.steps();
    assert_eq!(window.state().results.shown.len(), 12);
    assert_eq!(window.state().data.shown.len(), 30, "the grid has a filter of its own");
    assert!(window.has("Filters (1)"));
}
