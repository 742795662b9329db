//! Pictures of the window, held against the ones in `tests/snapshots` (made with Mesa's software Vulkan; egui_kittest's own
//! threshold). `UPDATE_SNAPSHOTS=1 cargo test --release --test ui snapshots` makes them anew.

use crate::gpu_adapter;
use crate::harness::Window;
use dissolve_studio::app::{
    AppCommand, DataCommand, DissolveCommand, ResultsCommand,
    state::{ComparisonLayout, Overlay, STRIP_STEPS, Side, Tab, ThemeChoice, Workspace},
};
use egui_kittest::{SnapshotOptions, kittest::Queryable};

/// Pictures of the gallery that are in view.
const GALLERY: usize = 12;

/// A snapshot without the lines under these captions: they say where this machine keeps its files.
fn shoot(window: &mut Window, name: &str, options: &SnapshotOptions) {
    let harness = &mut window.harness;
    harness.run_ok();
    for caption in ["WORKSPACE", "PATH"] {
        let place = harness.query_by_label(caption).map(|node| node.rect());
        if let Some(place) = place {
            harness.mask(place.translate([0.0, place.height() + 4.0].into()).with_max_x(place.left() + 260.0).expand(4.0));
        }
    }
    harness.snapshot_options(name, options);
}

#[test]
fn empty_and_opened_in_dark_and_light() {
    let Some(_) = gpu_adapter::find() else { return };
    // The paths on the screen must be the same in each run.
    let set = std::path::absolute("target/tmp/snapshot-set").unwrap();
    let _ = std::fs::remove_dir_all(&set);
    for class in ["good", "bad"] {
        std::fs::create_dir_all(set.join(class)).unwrap();
        for i in 0..9u8 {
            let image = image::RgbImage::from_fn(48, 48, |x, y| image::Rgb([20 * i, 5 * x as u8, 5 * y as u8]));
            image.save(set.join(class).join(format!("{i}.png"))).unwrap();
        }
    }
    let mut window = Window::drawn();
    window.send(AppCommand::Theme(ThemeChoice::Dark));
    for (workspace, name) in [(Workspace::Train, "train_empty_dark"), (Workspace::Results, "results_empty_dark")] {
        window.send(AppCommand::Go(workspace));
        shoot(&mut window, name, &SnapshotOptions::new());
    }
    window.send(DataCommand::Open(set));
    window.until("the data set is open", |s| s.state().open().is_some());
    window.send(DataCommand::SetNormal(vec!["good".into()]));
    window.until("its pictures and the normal class are known", |s| {
        s.state().open().is_some_and(|o| !o.asks_normal()) && s.textures().thumbnails() == 18
    });
    window.until("duplicates were looked for", |s| s.state().data.duplicate_search.found.is_some());
    window.send(AppCommand::Theme(ThemeChoice::Light));
    shoot(&mut window, "data_light", &SnapshotOptions::new());
}

/// The demo's scores, gallery and planted lesions.
#[test]
fn results_of_the_demo() {
    let Some(_) = gpu_adapter::find() else { return };
    let mut window = Window::drawn();
    window.send(AppCommand::Theme(ThemeChoice::Dark));
    window.send(AppCommand::OpenDemo);
    window.until("the demo is open", |s| s.state().open().is_some() && s.state().results.ready().is_some());
    window.send(AppCommand::Go(Workspace::Results));
    window.send(ResultsCommand::Tab(Tab::All));
    window.until("the gallery has its pictures", |s| {
        let (results, by_name) = (&s.state().results, &s.state().open().unwrap().by_name);
        let rows = results.shown.iter().take(GALLERY).map(|&row| &results.ready().unwrap().rows[row].path);
        s.textures().thumbnails() >= GALLERY && rows.into_iter().all(|name| s.textures().thumbnail(by_name[name]).is_some())
    });
    shoot(&mut window, "results_dark", &SnapshotOptions::new());
    window.harness.get_by_label("Export: Planted lesions").scroll_to_me();
    // A chart that comes into view knows the width of its labels a frame later.
    (0..8).for_each(|_| window.harness.step());
    shoot(&mut window, "results_planted_dark", &SnapshotOptions::new());
}

/// The demo's slider with its strip, and the change curve in the band of the normals.
#[test]
fn dissolve_with_demo_model() {
    let Some(_) = gpu_adapter::find() else { return };
    let mut window = Window::drawn();
    window.send(AppCommand::Theme(ThemeChoice::Dark));
    window.send(AppCommand::OpenDemo);
    window.until("the demo is open", |s| s.state().open().is_some() && s.state().dissolve.model().is_some());
    window.send(AppCommand::Go(Workspace::Dissolve));
    window.send(DissolveCommand::Layout(ComparisonLayout::Split));
    window.until("the strip is complete", |s| {
        s.state().dissolve.answers.done.is_some() && s.state().dissolve.answers.by_t.len() >= STRIP_STEPS
    });
    window.until("the band is complete", |s| s.state().dissolve.answers.band.as_ref().is_some_and(|b| !b.more()));
    // Another vector width rounds the model's pictures otherwise by a level here and there, and the time it took is written in
    // some fifty pixels: a panel that moves changes thousands.
    shoot(&mut window, "dissolve_dark", &SnapshotOptions::new().threshold(2.0).max_failed_pixels(300));
}

/// 1280x800 pixels at 300 %: one panel at a time, and pages that scroll.
#[test]
fn small_screen() {
    let Some(_) = gpu_adapter::find() else { return };
    let mut window = Window::drawn_at([427.0, 267.0]);
    window.send(AppCommand::Theme(ThemeChoice::Dark));
    window.send(AppCommand::OpenDemo);
    window.until("the demo is open", |s| s.state().open().is_some() && s.state().results.ready().is_some());
    window.until("there are pictures", |s| s.textures().thumbnails() >= 6 && s.state().data.duplicate_search.found.is_some());
    shoot(&mut window, "small_data", &SnapshotOptions::new());
    window.send(AppCommand::Go(Workspace::Dissolve));
    window.send(AppCommand::Fold(Side::Inspector));
    shoot(&mut window, "small_inspector", &SnapshotOptions::new());
    window.send(AppCommand::Go(Workspace::Results));
    shoot(&mut window, "small_results", &SnapshotOptions::new());
    window.send(AppCommand::Toggle(Overlay::Keys));
    shoot(&mut window, "small_keys", &SnapshotOptions::new());
}
