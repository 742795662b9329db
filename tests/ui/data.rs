//! Data and the list of runs as a person meets them: layouts and tables chosen anew, duplicates side by side, masks,
//! preprocessing; runs compared, named, thrown away and brought back.

use crate::harness::Window;
use crate::test_files;
use dissolve_studio::{
    app::{
        AppCommand, DataCommand, DissolveCommand, RunsCommand,
        state::{DataPage, Overlay, Workspace},
    },
    config::{Aspect, Channels, DissolveMethod, RunConfig},
    run_dir::{RunDir, RunKind},
    window::studio::Studio,
};
use eframe::egui::{Event, Key, MissingGlyphPolicy, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, accesskit::Role};
use egui_kittest::kittest::{NodeT, Queryable};
use image::{GrayImage, Luma};
use std::path::Path;

fn open(window: &mut Window, path: &Path) {
    window.send(DataCommand::Open(path.into()));
    window.until("it is open", |s| s.state().data.opening.is_none());
}

/// A picture with a spot, told apart from others by `seed`.
fn picture(path: &Path, seed: u32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let spot = |x: u32, y: u32| x.abs_diff(seed * 7 % 40) < 5 && y.abs_diff(seed * 13 % 40) < 5;
    let grey = |x: u32, y: u32| if spot(x, y) { 240 } else { (x * 3 + y * (seed % 3)) as u8 };
    GrayImage::from_fn(40, 40, |x, y| Luma([grey(x, y)])).save(path).unwrap();
}

#[test]
fn layout_is_changed_from_menu() {
    let mut window = Window::new();
    let set = window.path("set");
    for (i, name) in ["left/p1/good/a.png", "left/p2/bad/b.png", "right/p3/bad/c.png"].iter().enumerate() {
        picture(&set.join(name), i as u32);
    }
    open(&mut window, &set);
    assert!(window.has("Which class is normal?"));
    window.harness.get_by_label_contains("one folder per class").click();
    window.steps();
    window.click("classes: the innermost folder is the class");
    window.until("it is read anew", |s| s.state().open().is_some_and(|o| o.dataset.why.starts_with("As you chose")));
    let classes = &window.state().open().unwrap().dataset.classes;
    assert!(classes.iter().map(|class| class.name.as_str()).eq(["bad", "good"]));
    assert!(window.has("As you chose"));
    assert!(window.has("good · 1 image"));
}

#[test]
fn unknown_table_columns_can_be_mapped() {
    let mut window = Window::new();
    let set = window.path("set");
    (0..4).for_each(|i| picture(&set.join(format!("eye{i}.png")), i));
    let rows: String = (0..4).map(|i| format!("{i},eye{i},{}\n", if i < 3 { "well" } else { "ill" })).collect();
    std::fs::write(set.join("list.csv"), format!("nr,Auge,Spalte\n{rows}")).unwrap();
    open(&mut window, &set);
    assert!(window.state().open().unwrap().dataset.classes.is_empty(), "German headers are not known");
    window.send(DataCommand::ChooseColumns(Some(set.join("list.csv"))));
    window.until("the table is read", |s| s.state().data.table.as_ref().is_some_and(|t| t.preview.is_some()));
    assert!(window.has("4 rows in all") && window.has("eye2"));
    for (role, column) in [("Column of the image", "Auge"), ("Column of the label", "Spalte")] {
        window.click(role);
        window.harness.get_by_role_and_label(Role::Button, column).click();
        window.steps();
    }
    window.click("Use this table");
    window.until("it is used", |s| s.state().open().is_some_and(|o| o.dataset.classes.len() == 2));
    assert!(window.has("well · 3 images"));
}

#[test]
fn duplicates_are_found_and_shown_side_by_side() {
    let mut window = Window::new();
    let set = window.path("set");
    (0..5).for_each(|i| picture(&set.join(format!("train/good/{i}.png")), i));
    (7..10).for_each(|i| picture(&set.join(format!("test/bad/{i}.png")), i));
    std::fs::copy(set.join("train/good/3.png"), set.join("test/bad/copy.png")).unwrap();
    open(&mut window, &set);
    window.until("duplicates are looked for", |s| s.state().data.duplicate_search.found.is_some());
    window.click("Duplicates 1 pair");
    assert_eq!(window.state().data.page, DataPage::Duplicates);
    assert!(window.has("equal pixel for pixel") && window.has("across the splits"));
    window.click("test/bad/copy.png, a duplicate");
    let state = window.state();
    assert_eq!(state.open().unwrap().dataset.item(state.selected.unwrap()).unwrap().name, "test/bad/copy.png");
}

#[test]
fn preprocessing_is_set_previewed_and_undone() {
    let mut window = Window::new();
    let set = window.path("set");
    (0..3).for_each(|i| picture(&set.join(format!("train/good/{i}.png")), i));
    picture(&set.join("test/bad/x.png"), 5);
    picture(&set.join("test/good/y.png"), 7);
    let mask = GrayImage::from_fn(40, 40, |x, y| Luma([if (10..30).contains(&x) && (10..30).contains(&y) { 255 } else { 0 }]));
    std::fs::create_dir_all(set.join("ground_truth/bad")).unwrap();
    mask.save(set.join("ground_truth/bad/x_mask.png")).unwrap();
    open(&mut window, &set);
    window.until("the image is looked at", |s| s.state().data.preview.done.is_some());
    assert!(window.state().data.preview.done.unwrap().has_outline);
    assert!(window.has("The line is the edge of its mask") && !window.has("after"));
    window.click("CLAHE");
    assert!(window.has("after"));
    assert_eq!(window.state().train.config.preprocess.clahe, 2.0);
    window.click("letterbox");
    assert_eq!(window.state().train.config.preprocess.aspect, Aspect::Letterbox);
    window.click("green");
    window.send(AppCommand::Undo);
    assert_eq!(window.state().train.config.preprocess.channels, Channels::All);
    window.click("Switch off");
    assert_eq!(window.state().train.config.preprocess, Default::default());
}

#[test]
fn the_large_view_shows_the_image_alone_under_its_mask() {
    let mut window = Window::new();
    let set = window.path("set");
    (0..3).for_each(|i| picture(&set.join(format!("train/good/{i}.png")), i));
    picture(&set.join("test/bad/x.png"), 5);
    let large = |value: fn(u32, u32) -> u8| GrayImage::from_fn(1000, 900, |x, y| Luma([value(x, y)]));
    large(|x, y| (x / 8 + y / 8) as u8).save(set.join("test/bad/x.png")).unwrap();
    let mask = large(|x, y| if (100..300).contains(&x) && (100..300).contains(&y) { 255 } else { 0 });
    std::fs::create_dir_all(set.join("ground_truth/bad")).unwrap();
    mask.save(set.join("ground_truth/bad/x_mask.png")).unwrap();
    open(&mut window, &set);
    window.click("test/bad/x.png, abnormal");
    window.until("the image is looked at", |s| s.state().data.preview.done.is_some_and(|done| done.has_outline));
    assert_eq!(window.state().data.preview.done.unwrap().size[0], 768, "beside controls it is small");
    window.key(Key::Enter);
    window.steps();
    assert!(window.has("the image") && window.has("Mask") && window.has("Dissolved"));
    assert!(window.state().is_large_alone(), "without a model, too");
    window.until("all its pixels are there", |s| s.state().data.preview.done.is_some_and(|done| done.size == [1000, 900]));
    window.key(Key::M);
    window.steps();
    assert!(!window.state().data.large.mask);
    window.click("Mask");
    assert!(window.state().data.large.mask);
    // There is no model: V says so, and changes nothing.
    window.key(Key::V);
    window.steps();
    assert!(window.state().is_large_alone() && !window.state().notifications.is_empty());
    // A filter needs no model. The dissolved pictures have no line of the mask.
    window.send(DissolveCommand::Method(DissolveMethod::Resample));
    window.key(Key::V);
    window.steps();
    assert!(!window.state().is_large_alone());
    assert!(window.harness.get_by_label("Mask").accesskit_node().is_disabled());
    window.key(Key::M);
    window.steps();
    assert!(window.state().data.large.mask);
    assert!(window.state().notifications.iter().any(|notification| notification.text.contains("switch Dissolved off (V)")));
    window.key(Key::V);
    window.steps();
    assert!(!window.harness.get_by_label("Mask").accesskit_node().is_disabled());
    window.send(DataCommand::Select(window.state().open().unwrap().by_name["train/good/0.png"]));
    window.key(Key::M);
    window.steps();
    assert!(window.state().notifications.iter().any(|notification| notification.text.contains("This image has no mask.")));
}

#[test]
fn another_folder_begins_without_preprocessing_and_that_is_said() {
    let mut window = Window::on(tempfile::tempdir().unwrap(), [1280.0, 1200.0]);
    let [one, two] = ["one", "two"].map(|name| window.path(name));
    for (set, count) in [(&one, 3), (&two, 4)] {
        (0..count).for_each(|i| picture(&set.join(format!("train/good/{i}.png")), i));
    }
    let is_on = |window: &Window| window.has("Switch off");
    open(&mut window, &one);
    window.until("the image is looked at", |s| s.state().data.preview.done.is_some());
    window.click("CLAHE");
    assert!(is_on(&window));
    open(&mut window, &two);
    assert!(!is_on(&window) && window.has("Preprocessing of two: off."), "{:?}", window.state().notifications);
    window.key_with(Modifiers::COMMAND, Key::Z);
    assert!(is_on(&window), "it can be taken over");
    window.key_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    open(&mut window, &one);
    assert!(is_on(&window) && window.has("Preprocessing of one, as it was left: CLAHE 2.0."));
}

#[test]
fn window_of_dicom_pictures_is_chosen_or_typed() {
    // As tall as the panel, which scrolls otherwise.
    let mut window = Window::on(tempfile::tempdir().unwrap(), [1280.0, 1200.0]);
    let set = window.path("set");
    picture(&set.join("good/a.png"), 1);
    open(&mut window, &set);
    assert!(!window.has("DICOM window"), "there is none of these");
    let ct = window.path("ct");
    let values: Vec<i16> = (0..64).map(|v| v * 10).collect();
    std::fs::create_dir_all(ct.join("good")).unwrap();
    std::fs::write(ct.join("good/1.dcm"), test_files::grey_dicom(8, &values, &[(0x28, 0x1055, "LO", b"LIVER".to_vec())]))
        .unwrap();
    open(&mut window, &ct);
    let chosen = |window: &Window| window.state().open().unwrap().config.window.to_string();
    let choose = |window: &mut Window, name: &str| {
        window.click("Window of DICOM pictures");
        window.harness.get_by_role_and_label(Role::Button, name).click();
        window.steps();
        window.until("it is open", |s| s.state().data.opening.is_none());
    };
    choose(&mut window, "soft tissue (40 / 400)");
    assert_eq!(chosen(&window), "soft-tissue");
    choose(&mut window, "“LIVER” of each file");
    assert_eq!(chosen(&window), "file:LIVER");
    window.until("the image is looked at", |s| s.state().data.preview.done.is_some());
    choose(&mut window, "as each file says");
    assert_eq!(chosen(&window), "auto");
    window.type_into("Centre and width of the window", "60/350");
    window.key(Key::Enter);
    window.until("it is open", |s| s.state().open().is_some_and(|o| o.config.window.to_string() == "60/350"));
}

#[test]
fn recent_data_set_opens_with_one_click() {
    let mut window = Window::new();
    let (one, two) = (window.path("one"), window.path("two"));
    picture(&one.join("a.png"), 1);
    picture(&two.join("b.png"), 2);
    open(&mut window, &one);
    open(&mut window, &two);
    window.click("Open one again");
    window.until("it is open again", |s| s.state().open().is_some_and(|o| o.title() == "one"));
    window.click("Forget two");
    assert_eq!(window.state().persisted.recent.len(), 1);
}

#[test]
fn runs_are_compared_trashed_and_restored() {
    let mut window = Window::new();
    window.send(AppCommand::Toggle(Overlay::Runs));
    assert!(window.has("No runs yet"));
    let workspace = window.path("work");
    for (name, steps) in [("first", 100), ("second", 200)] {
        let mut config = RunConfig::default();
        config.ddpm.steps = steps;
        let run = RunDir::create(&workspace, RunKind::Ddpm, name, &config).unwrap();
        std::fs::write(run.join("metrics.csv"), "step,loss\n1,0.5\n2,0.4\n3,0.3\n").unwrap();
    }
    window.send(RunsCommand::Refresh);
    window.until("the runs are listed", |s| s.state().runs.len() == 2);
    window.click("Compare first");
    window.until("its curves are read", |s| s.state().run_list.curves.len() == 1);
    assert!(window.has("DDPM · loss") && window.has("ddpm.steps") && !window.has("what differs"), "one run alone has its curves");
    window.click("Compare second");
    window.until("their curves are read", |s| s.state().run_list.curves.len() == 2);
    assert!(window.has("what differs: 1 of "));
    let top = |label: &str| window.harness.get_by_label(label).rect().top();
    let order = ["AUROC", "ddpm.steps", "DDPM · loss", "SETTINGS THAT ARE THE SAME", "ddpm.dim"].map(top);
    assert!(order.is_sorted(), "figures and what differs come first: {order:?}");

    window.click("Details of first");
    window.type_into("Notes on the run", "half a word");
    let notes = |path: &std::path::Path| RunDir::open(path).unwrap().manifest().unwrap().notes;
    let first = window.state().run_list.selected.clone().unwrap();
    assert_eq!(notes(&first), "", "no file at each letter");
    window.send(AppCommand::Toggle(Overlay::Runs));
    window.until("the notes are kept", |_| notes(&first) == "half a word");
    window.send(AppCommand::Toggle(Overlay::Runs));
    window.harness.get_by_label("Notes on the run");
    window.click("Use its settings");
    assert_eq!((window.state().workspace, window.state().train.config.ddpm.steps), (Workspace::Train, 100));
    window.send(AppCommand::Toggle(Overlay::Runs));

    window.type_into("Find runs", "sec");
    assert!(!window.has("Details of first") && window.has("Details of second"));
    window.click("Details of second");
    window.click("Move to trash");
    window.until("it is in the trash", |s| s.state().run_list.trash.len() == 1);
    assert_eq!(window.state().runs.len(), 1);
    window.click("Trash 1");
    window.click("Delete second");
    assert!(window.has("Delete this run for good?"));
    window.click("Keep");
    window.send(AppCommand::Undo);
    window.until("it is back", |s| s.state().runs.len() == 2 && s.state().run_list.trash.is_empty());
}

#[test]
fn unlabelled_images_can_be_declared_normal_and_trained_on() {
    let mut window = Window::new();
    let set = window.path("set");
    (0..6).for_each(|i| picture(&set.join(format!("eye{i}.png")), i));
    // Typed, with another data set open.
    window.send(AppCommand::OpenDemo);
    window.until("the demo is open", |s| s.state().open().is_some());
    window.type_into("Path to open", set.to_str().unwrap());
    window.key(Key::Enter);
    window.until("it is open", |s| s.state().open().is_some_and(|o| o.dataset.items.len() == 6));
    assert!(window.has("Are all of these images normal?") && window.state().open().unwrap().training_normals == 0);
    window.click("All 6 are normal");
    window.until("they are to learn from", |s| s.state().open().is_some_and(|o| o.training_normals > 3));
    assert!(!window.has("Are all of these images normal?") && window.has("all of them, 6 images"));
    assert!(window.has("Normal: all images"));
    window.click("Change…");
    window.until("it is asked again", |s| s.state().open().is_some_and(|o| o.training_normals == 0));
    assert!(window.has("Are all of these images normal?"));
    window.send(AppCommand::Undo);
    window.until("that is taken back", |s| s.state().open().is_some_and(|o| o.training_normals > 3));
}

/// Classes that sound normal together are taken together.
#[test]
fn normal_classes_of_the_same_beginning_are_one_answer() {
    let mut window = Window::new();
    let set = window.path("set");
    for (i, name) in (0..).zip(["normal-cecum/0.png", "normal-cecum/1.png", "normal-z-line/2.png", "polyps/3.png"]) {
        picture(&set.join(name), i);
    }
    open(&mut window, &set);
    assert!(window.has("normal-z-line · 1 image  (sounds normal, with 1 more)") && window.has("polyps · 1 image"));
    window.click("normal-cecum · 2 images  (sounds normal, with 1 more)");
    window.until("both are normal", |s| s.state().open().is_some_and(|o| o.config.normal == ["normal-cecum", "normal-z-line"]));
    assert!(window.has("Normal: normal-cecum, normal-z-line"));
}

/// Answered by mistake, the question is found again in the same place, taken back, and changed box by box.
#[test]
fn normal_class_is_chosen_again_where_it_was_asked() {
    let mut window = Window::new();
    let set = window.path("set");
    (0..3).for_each(|i| picture(&set.join(format!("train/calm/{i}.png")), i));
    for (i, name) in (3..).zip(["train/odd/3.png", "test/calm/4.png", "test/wild/5.png", "test/wild/6.png"]) {
        picture(&set.join(name), i);
    }
    open(&mut window, &set);
    let normal = |names: &'static [&str]| {
        move |s: &Studio| s.state().data.opening.is_none() && s.state().open().is_some_and(|o| o.config.normal == names)
    };
    window.click("wild · 2 images");
    window.until("wild is normal", normal(&["wild"]));
    assert!(!window.has("Which class is normal?") && window.has("Normal: wild"));
    assert!(window.has("No normal image is in the training split"));
    window.key_with(Modifiers::COMMAND, Key::Z);
    window.until("it is taken back", normal(&[]));
    assert!(window.has("Which class is normal?"));
    window.key_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    window.until("it is made again", normal(&["wild"]));

    window.click("Change…");
    let boxes = |window: &Window| ["wild (2)", "calm (4)"].map(|name| window.harness.get_by_label(name).rect());
    let before = boxes(&window);
    assert!(window.harness.get_by_label("wild (2)").accesskit_node().is_disabled(), "one has to be normal");
    window.click("calm (4)");
    assert_eq!(boxes(&window), before, "on the way");
    window.until("both are normal", normal(&["calm", "wild"]));
    window.click("wild (2)");
    window.until("calm alone is normal", normal(&["calm"]));
    assert_eq!(boxes(&window), before, "they stay under the pointer");
    window.click("Done");
    assert!(window.has("Normal: calm") && !window.has("No normal image") && !window.has("wild (2)"));

    window.key_with(Modifiers::COMMAND, Key::K);
    window.harness.get_by_label("Find an action").type_text("choose the normal");
    window.steps();
    window.key(Key::Enter);
    window.steps();
    assert!(window.has("Which classes are normal?"));
    window.key(Key::Escape);
    window.steps();
    assert!(window.has("Normal: calm"));
}

/// A click in a scrolled grid selects what is under it, and moves nothing.
#[test]
fn image_grid_keeps_scroll_position() {
    let mut window = Window::new();
    window.send(AppCommand::OpenDemo);
    window.until("the demo is open", |s| s.state().open().is_some());
    let place = window.harness.get_by_label("test/drusen/000.jpg, abnormal").rect();
    window.harness.hover_at(place.center());
    window.harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: [0.0, -700.0].into(),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    (0..30).for_each(|_| window.harness.step());
    // One in the middle of what is in view now.
    let middle = |name: &str| window.harness.query_by_label(name).is_some_and(|n| (300.0..600.0).contains(&n.rect().center().y));
    let items = &window.state().open().unwrap().dataset.items;
    let said = |name: &str| format!("{name}, {}", if name.contains("good") { "normal" } else { "abnormal" });
    let name = items.iter().map(|i| said(&i.name)).rfind(|name| middle(name)).expect("something is in view");
    assert!(!name.contains("drusen"), "it was scrolled");
    let before = window.harness.get_by_label(&name).rect();
    window.click(&name);
    (0..10).for_each(|_| window.harness.step());
    assert_eq!(window.harness.get_by_label(&name).rect(), before);
}

/// Without the system's fonts, which are the window's alone.
#[test]
fn names_in_letters_without_a_font_are_said() {
    let mut window = Window::new();
    let set = window.path("set");
    picture(&set.join("good/über.png"), 1);
    open(&mut window, &set);
    assert!(!window.has("shown as boxes"));
    window.harness.ctx.set_missing_glyph_policy(MissingGlyphPolicy::Tofu);
    picture(&set.join("good/肺炎の疑い.png"), 2);
    open(&mut window, &set);
    window.steps();
    assert!(window.has("shown as boxes") && window.has("fonts-noto-cjk"), "{:?}", window.state().notifications);
}

#[test]
fn names_of_classes_as_long_as_outlines_are_cut() {
    let mut window = Window::new();
    let set = window.path("set");
    (0..6).for_each(|i| picture(&set.join(format!("{i}.png")), i));
    let long = |i: u32| format!("{i} {}", "1 2 3;".repeat(400));
    let rows: String = (0..6).map(|i| format!("{i}.png\t{}\n", long(i % 2))).collect();
    std::fs::write(set.join("list.tsv"), format!("file\tlabel\n{rows}")).unwrap();
    open(&mut window, &set);
    assert!(window.state().open().unwrap().dataset.classes.iter().any(|class| class.name == long(1)));
    let names = |window: &Window, role| -> Vec<String> {
        window.harness.query_all_by_role(role).filter_map(|node| node.accesskit_node().label()).collect()
    };
    let mut answers = names(&window, Role::Button);
    answers.retain(|name| name.contains(" · 3 images"));
    assert!(answers.iter().any(|name| name.starts_with("1 1 2 3;")), "{answers:?}");
    window.send(DataCommand::SetNormal(vec![long(0)]));
    window.until("the answer is taken", |s| s.state().open().is_some_and(|o| !o.asks_normal()));
    window.send(DataCommand::ChooseNormal(true));
    let boxes = names(&window, Role::CheckBox);
    assert!(boxes.iter().any(|name| name.starts_with("1 1 2 3;") && name.ends_with("(3)")), "{boxes:?}");
    assert!(answers.iter().chain(&boxes).all(|name| name.chars().count() < 100), "{answers:?} {boxes:?}");
}
