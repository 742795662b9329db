//! Images left out and labelled in the window, with pointer and keys, found again when the folder is opened again.

use crate::harness::Window;
use crate::test_files::png;
use dissolve_studio::{
    app::{
        DataCommand,
        state::{DataPage, Workspace},
    },
    data::{Curation, ImageId, Label},
};
use eframe::egui::{Key, Modifiers, Pos2, pos2};
use egui_kittest::kittest::Queryable;
use std::path::{Path, PathBuf};

fn open(window: &mut Window, path: &Path) {
    window.send(DataCommand::Open(path.into()));
    window.until("it is open", |s| s.state().data.opening.is_none());
}

/// A folder of pictures without labels; the last one is like the first.
fn folder(window: &Window, count: u64) -> PathBuf {
    let set = window.path("eyes");
    std::fs::create_dir_all(&set).unwrap();
    for i in 0..count {
        std::fs::write(set.join(format!("eye{i}.png")), png(i % (count - 1))).unwrap();
    }
    set
}

fn left_out(window: &Window) -> Vec<u32> {
    let dataset = &window.state().open().unwrap().dataset;
    (0..dataset.items.len() as u32).filter(|&i| dataset.is_left_out(ImageId(i))).collect()
}

fn marked(window: &Window) -> Vec<u32> {
    window.state().data.marked.iter().map(|id| id.0).collect()
}

/// The only table of the workspace, once it says something of so many images.
fn table(window: &mut Window, of: usize) -> Curation {
    let tables = window.path("work/curation");
    let read = move || {
        let table = std::fs::read_dir(&tables).ok()?.flatten().next()?;
        Curation::read(&table.path()).ok().filter(|curation| curation.len() == of)
    };
    let again = read.clone();
    window.until("it is written", move |_| again().is_some());
    read().unwrap()
}

#[test]
fn images_are_selected_left_out_and_taken_back_with_pointer_and_keys() {
    let mut window = Window::new();
    let set = folder(&window, 6);
    open(&mut window, &set);
    window.click_with("eye1.png, unknown", Modifiers::NONE);
    window.click_with("eye3.png, unknown", Modifiers::SHIFT);
    assert!(window.has("3 selected"));
    window.click_with("eye2.png, unknown", Modifiers::COMMAND);
    assert_eq!(marked(&window), [1, 3]);
    window.key(Key::X);
    window.steps();
    assert_eq!(left_out(&window), [1, 3]);
    assert!(window.has("eye1.png, unknown, left out") && window.has("2 images are left out."));
    assert!(window.has("Left out, 2 images"), "the filter on the left");
    assert_eq!(table(&mut window, 2).names().collect::<Vec<_>>(), ["eye1.png", "eye3.png"]);

    window.key_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(left_out(&window), [0; 0]);
    window.key_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(left_out(&window), [1, 3]);
    window.click("Left out, 2 images");
    assert_eq!(window.state().data.shown.len(), 2);
    window.key_with(Modifiers::COMMAND, Key::A);
    window.key(Key::X);
    window.steps();
    assert_eq!((left_out(&window).len(), window.state().data.shown.len()), (0, 6), "an empty filter goes");

    // By keys alone.
    window.key(Key::Escape);
    window.click_with("eye0.png, unknown", Modifiers::NONE);
    window.key_with(Modifiers::SHIFT, Key::ArrowRight);
    window.key_with(Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(marked(&window), [0, 1, 2]);
    window.key(Key::Space);
    window.steps();
    assert_eq!(marked(&window), [0, 1], "Space takes the last one out");
    window.key(Key::Escape);
    window.steps();
    assert_eq!(marked(&window), [0; 0]);
    window.key(Key::ArrowRight);
    window.key_with(Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(marked(&window), [3, 4, 5], "a row further is the last one here");
}

#[test]
fn labels_by_hand_are_found_again_when_the_folder_is_opened_again() {
    let mut window = Window::new();
    let set = folder(&window, 6);
    open(&mut window, &set);
    assert!(window.has("Are all of these images normal?"));
    window.click_with("eye0.png, unknown", Modifiers::NONE);
    window.click_with("eye3.png, unknown", Modifiers::SHIFT);
    window.key_with(Modifiers::SHIFT, Key::N);
    assert!(window.has("eye0.png, normal") && window.has("Without a label, 2 images"));
    window.click_with("eye4.png, unknown", Modifiers::NONE);
    window.click("Label: abnormal");
    assert!(window.has("eye4.png, abnormal") && !window.has("Are all of these images normal?"));
    assert_eq!(table(&mut window, 5).get("eye4.png").label, Some(Label::Abnormal));

    // With the other button, of the image under the pointer.
    window.harness.get_by_label("eye5.png, unknown").click_secondary();
    window.steps();
    assert_eq!(window.state().selected, Some(ImageId(5)));
    window.harness.get_all_by_label("Leave out, or take back").last().unwrap().click();
    window.steps();
    assert_eq!(left_out(&window), [5]);
    table(&mut window, 6);

    let other = window.path("other");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(other.join("eye0.png"), png(7)).unwrap();
    open(&mut window, &other);
    assert!(window.has("eye0.png, unknown"), "another folder has its own");
    open(&mut window, &set);
    let found = window.state().open().unwrap().clone();
    assert_eq!((found.by_label.map(|(_, n)| n.total()), found.left_out), ([4, 1, 0], 1));
    assert!(std::fs::read_dir(&set).unwrap().count() == 6, "nothing is written beside the images");

    window.send(DataCommand::ExportCuration);
    let exported = window.path("work/exports/eyes-curation.csv");
    window.until("it is exported", |_| exported.is_file());
    assert_eq!(Curation::read(&window.path("work/exports/eyes-curation.csv")).unwrap().len(), 6);
}

#[test]
fn all_but_the_first_of_duplicates_are_left_out() {
    let mut window = Window::new();
    let set = folder(&window, 6);
    open(&mut window, &set);
    window.until("duplicates are looked for", |s| s.state().data.duplicate_search.found.is_some());
    window.send(DataCommand::Page(DataPage::Duplicates));
    window.click("Leave out all duplicates but the first");
    assert_eq!(left_out(&window), [5]);
    window.click("Take back");
    assert_eq!(left_out(&window), [0; 0]);
    window.click("Leave out the second");
    assert_eq!(left_out(&window), [5]);
}

#[test]
fn images_in_a_rectangle_are_selected_together() {
    let mut window = Window::new();
    let set = folder(&window, 6);
    open(&mut window, &set);
    let centre = |window: &Window, i: u32| window.harness.get_by_label(&format!("eye{i}.png, unknown")).rect().center();
    let drag = |window: &mut Window, from: Pos2, to: Pos2| {
        window.harness.drag_at(from);
        window.steps();
        for share in [0.5, 1.0] {
            window.harness.hover_at(from + share * (to - from));
            window.steps();
        }
        window.harness.drop_at(to);
        window.steps();
    };
    let (first, second, third) = (centre(&window, 1), centre(&window, 2), centre(&window, 3));
    drag(&mut window, third, first);
    assert_eq!(marked(&window), [1, 2, 3]);
    // From where there is no image, below the second row of one.
    let below = window.harness.get_by_label("eye5.png, unknown").rect().bottom() + 40.0;
    drag(&mut window, pos2(second.x, below), first);
    assert_eq!(marked(&window), [1, 2]);
    window.click_with("eye4.png, unknown", Modifiers::NONE);
    assert!(marked(&window).is_empty(), "a click is no rectangle");
}

#[test]
fn letters_that_are_typed_into_a_field_leave_nothing_out() {
    let mut window = Window::new();
    let set = folder(&window, 6);
    open(&mut window, &set);
    window.click_with("eye1.png, unknown", Modifiers::NONE);
    let field = window.harness.get_all_by_role(eframe::egui::accesskit::Role::TextInput).next().unwrap();
    field.click();
    window.steps();
    for (modifiers, key) in [(Modifiers::NONE, Key::X), (Modifiers::SHIFT, Key::N), (Modifiers::COMMAND, Key::A)] {
        window.key_with(modifiers, key);
    }
    assert_eq!((window.state().workspace, left_out(&window).len(), marked(&window).len()), (Workspace::Data, 0, 0));
    assert!(window.state().open().unwrap().dataset.curation.is_empty());
}
