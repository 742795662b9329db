//! The Train workspace and what lies around it, found by label. The window itself is held in `window.rs`.

use crate::harness::Window;
use dissolve_studio::{
    app::{
        AppCommand, TrainCommand,
        state::{Overlay, Workspace},
    },
    config::RunConfig,
    run_dir::{RunDir, RunKind},
};

#[test]
fn unfinished_run_is_offered_for_resuming_and_offer_can_be_dismissed() {
    let folder = tempfile::tempdir().unwrap();
    RunDir::create(&folder.path().join("work"), RunKind::Train, "left", &RunConfig::default()).unwrap();
    let mut window = Window::on(folder, [1280.0, 1000.0]);
    window.until("the runs are listed", |s| s.state().runs_known);
    assert!(window.has("was not finished"));
    window.click("Not now");
    assert!(!window.has("was not finished") && window.state().offer.is_none());
}

#[test]
fn locked_run_is_not_offered_for_resuming() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDir::create(&folder.path().join("work"), RunKind::Train, "busy", &RunConfig::default()).unwrap();
    let lock = run.lock().unwrap();
    let mut window = Window::on(folder, [1280.0, 1000.0]);
    window.until("the runs are listed", |s| s.state().runs_known);
    assert!(run.is_locked() && !window.has("was not finished"));
    assert!(run.lock().is_err(), "two cannot work on one run");
    drop(lock);
    assert!(!run.is_locked());
}

#[test]
fn all_settings_can_be_reached_and_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::on(folder, [1280.0, 1000.0]);
    window.send(AppCommand::Go(Workspace::Train));
    assert!(window.has("paper 25000"));
    window.send(TrainCommand::Field("ddpm.clip", "-1".into()));
    assert!(window.has("-1 is not between"), "a folded part opens where something in it is wrong");
    window.send(AppCommand::Undo);
    assert!(!window.has("-1 is not between"));
}

#[test]
fn about_dialog_and_log_panel_explain_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::on(folder, [1280.0, 1000.0]);
    window.send(AppCommand::Toggle(Overlay::About));
    assert!(window.has("Research use only") && window.has("Open Font License"));
    window.send(AppCommand::Escape);
    window.send(AppCommand::Notify("hello there".into()));
    window.send(AppCommand::Fold(dissolve_studio::app::state::Side::Log));
    assert!(window.has("Copy the log"));
    assert_eq!(window.state().log.len(), 1);
}

#[test]
fn devices_are_listed_with_what_they_are_or_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::on(folder, [1280.0, 1400.0]);
    window.send(AppCommand::Go(Workspace::Train));
    assert!(window.state().devices.is_none(), "cards are opened where somebody wants to see them");
    window.send(TrainCommand::ListDevices);
    window.until("they are listed", |studio| studio.state().devices.as_ref().is_some_and(|devices| !devices.is_empty()));
    let devices = window.state().devices.as_ref().unwrap();
    assert!(devices[0].is.as_ref().unwrap().ends_with("cores"));
    assert_eq!(devices.iter().any(|d| d.is.as_ref().is_err_and(|why| why.contains("no CUDA"))), cfg!(not(feature = "cuda")));
    window.send(TrainCommand::Field("run.device", "cuda:x".into()));
    assert!(window.has("is no device"), "a folded part opens where something in it is wrong");
    window.send(TrainCommand::Field("run.device", "cuda:1".into()));
    assert_eq!(window.state().train.config.run.device.to_string(), "cuda:1");
}
