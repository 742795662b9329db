//! Pictures of the window, held against the ones in `tests/snapshots` (made with Mesa's software Vulkan; egui_kittest's own
//! threshold). `UPDATE_SNAPSHOTS=1 cargo test --release --test ui_snapshots` makes them anew.

use dissolve_studio::app::{
    Command,
    state::{Layout, RUNGS, ThemeChoice, Workspace},
    studio::Studio,
};
use egui_kittest::{Harness, SnapshotOptions, kittest::Queryable};
use std::time::{Duration, Instant};

/// Whether there is a graphics adapter; without one the tests say that they skip, but fail under `CI=true`.
fn adapter() -> bool {
    let options = wgpu::RequestAdapterOptions::default();
    let instance = wgpu::Instance::default();
    let found = pollster(instance.request_adapter(&options)).is_ok();
    assert!(found || std::env::var("CI").is_err(), "no graphics adapter; install mesa-vulkan-drivers");
    if !found {
        println!("skipped: no graphics adapter (install mesa-vulkan-drivers)");
    }
    found
}

/// Waits for a future on this thread.
fn pollster<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
        std::thread::yield_now();
    }
}

fn window(workspace: &std::path::Path) -> Harness<'static, Studio> {
    let workspace = workspace.to_path_buf();
    Harness::builder().with_size([1280.0, 800.0]).wgpu().build_eframe(|cc| Studio::new(cc, workspace, None).unwrap())
}

fn send(harness: &mut Harness<'_, Studio>, command: Command) {
    let ctx = harness.ctx.clone();
    harness.state_mut().take(command, &ctx);
    harness.step();
}

fn until(harness: &mut Harness<'_, Studio>, reached: impl Fn(&Studio) -> bool) {
    let start = Instant::now();
    while !reached(harness.state()) {
        assert!(start.elapsed() < Duration::from_secs(60));
        harness.step();
        std::thread::sleep(Duration::from_millis(2));
    }
    harness.run_ok();
}

/// A snapshot without the lines under these captions: they say where this machine keeps its files.
fn shoot(harness: &mut Harness<'_, Studio>, name: &str, options: &SnapshotOptions) {
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
fn empty_and_open_in_dark_and_light() {
    if !adapter() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
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
    let mut harness = window(folder.path());
    send(&mut harness, Command::Theme(ThemeChoice::Dark));
    for (workspace, name) in [(Workspace::Train, "train_empty_dark"), (Workspace::Results, "results_empty_dark")] {
        send(&mut harness, Command::Go(workspace));
        shoot(&mut harness, name, &SnapshotOptions::new());
    }
    send(&mut harness, Command::Open(set));
    until(&mut harness, |s| s.state().open().is_some());
    send(&mut harness, Command::SetNormal(vec!["good".into()]));
    until(&mut harness, |s| s.state().open().is_some_and(|o| !o.asks_normal()) && s.textures().thumbnails() == 18);
    until(&mut harness, |s| s.state().data.check.found.is_some());
    send(&mut harness, Command::Theme(ThemeChoice::Light));
    shoot(&mut harness, "data_light", &SnapshotOptions::new());
}

/// The demo's slider with its ladder, and the energy curve in the band of the normals.
#[test]
fn dissolve_with_the_demos_model() {
    if !adapter() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path());
    send(&mut harness, Command::Theme(ThemeChoice::Dark));
    send(&mut harness, Command::OpenDemo);
    until(&mut harness, |s| s.state().open().is_some() && s.state().dissolve.model().is_some());
    send(&mut harness, Command::Go(Workspace::Dissolve));
    send(&mut harness, Command::Layout(Layout::Split));
    until(&mut harness, |s| s.state().dissolve.done.is_some() && s.state().dissolve.twins.len() >= RUNGS);
    until(&mut harness, |s| s.state().dissolve.band.as_ref().is_some_and(|b| !b.more()));
    // Another vector width rounds the model's pictures otherwise by a level here and there, and the time it took is written in
    // some fifty pixels: a panel that moves changes thousands.
    shoot(&mut harness, "dissolve_dark", &SnapshotOptions::new().threshold(2.0).max_failed_pixels(300));
}
