//! The Train workspace and what lies around it, found by label. The window itself is held in `ui_window.rs`.

use dissolve_studio::{
    app::{
        Command,
        state::{Overlay, Workspace},
        studio::Studio,
    },
    config::RunConfig,
    run_dir::{RunDir, RunKind},
};
use egui_kittest::{Harness, kittest::Queryable};
use std::time::{Duration, Instant};

fn window(folder: &std::path::Path) -> Harness<'static, Studio> {
    let workspace = folder.join("work");
    Harness::builder().with_size([1280.0, 1000.0]).with_max_steps(50).build_eframe(|cc| Studio::new(cc, workspace, None).unwrap())
}

fn send(harness: &mut Harness<'_, Studio>, command: Command) {
    let ctx = harness.ctx.clone();
    harness.state_mut().take(command, &ctx);
    harness.step();
    harness.step();
}

fn has(harness: &Harness<'_, Studio>, label: &str) -> bool {
    harness.query_all_by_label_contains(label).next().is_some()
}

fn until(harness: &mut Harness<'_, Studio>, reached: impl Fn(&Studio) -> bool) {
    let start = Instant::now();
    while !reached(harness.state()) {
        assert!(start.elapsed() < Duration::from_secs(60));
        harness.step();
        std::thread::sleep(Duration::from_millis(2));
    }
    harness.step();
}

#[test]
fn an_unfinished_run_is_offered_and_not_now_takes_the_offer_away() {
    let folder = tempfile::tempdir().unwrap();
    RunDir::create(&folder.path().join("work"), RunKind::Train, "left", &RunConfig::default()).unwrap();
    let mut harness = window(folder.path());
    until(&mut harness, |s| s.state().runs_known);
    assert!(has(&harness, "was not finished"));
    harness.get_by_label("Not now").click();
    harness.step();
    harness.step();
    assert!(!has(&harness, "was not finished") && harness.state().state().offer.is_none());
}

#[test]
fn a_run_that_another_program_works_on_is_not_offered() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDir::create(&folder.path().join("work"), RunKind::Train, "busy", &RunConfig::default()).unwrap();
    let lock = run.lock().unwrap();
    let mut harness = window(folder.path());
    until(&mut harness, |s| s.state().runs_known);
    assert!(run.is_locked() && !has(&harness, "was not finished"));
    assert!(run.lock().is_err(), "two cannot work on one run");
    drop(lock);
    assert!(!run.is_locked());
}

#[test]
fn all_settings_can_be_reached_and_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path());
    send(&mut harness, Command::Go(Workspace::Train));
    assert!(has(&harness, "paper 25000"));
    send(&mut harness, Command::Field("ddpm.clip", "-1".into()));
    assert!(has(&harness, "is negative"), "a folded part opens where something in it is wrong");
    send(&mut harness, Command::Undo);
    assert!(!has(&harness, "is negative"));
}

#[test]
fn about_and_log_say_what_they_are_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = window(folder.path());
    send(&mut harness, Command::Toggle(Overlay::About));
    assert!(has(&harness, "Research use only") && has(&harness, "Open Font License"));
    send(&mut harness, Command::Escape);
    send(&mut harness, Command::Notify("hello there".into()));
    send(&mut harness, Command::Fold(dissolve_studio::app::state::Side::Log));
    assert!(has(&harness, "Copy the log"));
    assert_eq!(harness.state().state().log.len(), 1);
}
