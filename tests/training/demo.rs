//! The demo that is built into the program: unpacked, opened, and (slow) run to its report.

use dissolve_studio::{
    config::DataConfig,
    data::{Dataset, Layout},
    engine::{demo, pipeline, runs::list::list_runs},
    ml::base::reporter::Silent,
    report,
    run_dir::{RunDir, RunState},
    scores::{Evaluation, ScoreKind, Scores, SyntheticLesions},
};
use std::{
    fs,
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

#[test]
fn demo_unpacks_into_data_set_and_finished_run() {
    let dir = tempfile::tempdir().unwrap();
    let found = demo::unpack(dir.path()).unwrap();

    let config = DataConfig { path: found.data.clone(), normal: vec!["good".into()], ..DataConfig::default() };
    let data = Dataset::open(&config, &|_| {}).unwrap();
    assert_eq!((data.layout, data.skipped.len()), (Layout::Mvtec, 0), "{}", data.why);
    assert!(data.training_normals().len() >= 100 && data.classes.len() == 6);
    let masked = data.items.iter().filter(|item| !item.masks.is_empty()).count();
    assert_eq!(masked, data.items.iter().filter(|item| item.name.starts_with("test/") && !item.name.contains("good")).count());

    let run = RunDir::open(&found.run).unwrap();
    assert_eq!(run.manifest().unwrap().state, RunState::Finished);
    assert_eq!(run.config().unwrap().data.path, found.data);
    let scores = Scores::read(&run.join("scores.csv")).unwrap();
    assert_eq!(scores.rows.len(), data.items.len(), "each photograph has its score");
    assert!(Evaluation::new(&scores, None, None).unwrap().auroc.is_some());
    assert_eq!(scores.kinds(), ScoreKind::ALL, "and by each of the scores that a run has");
    let lesions = SyntheticLesions::read(&run.join("planted.json")).unwrap().unwrap();
    assert_eq!(lesions.kinds(), ScoreKind::ALL, "synthetic lesions are judged by each of them");
    let entries = list_runs(dir.path());
    assert!(entries.len() == 1 && entries[0].model.is_some() && entries[0].has_scores, "the window can show it");
    report::write(&run, Some(&data)).unwrap();
}

#[test]
fn unpacking_again_keeps_valid_files_and_restores_missing_ones() {
    let dir = tempfile::tempdir().unwrap();
    let found = demo::unpack(dir.path()).unwrap();
    let note = found.run.join("note.txt");
    fs::write(&note, "mine").unwrap();
    assert_eq!(demo::unpack(dir.path()).unwrap(), found);
    assert!(note.exists(), "nothing was done twice");
    fs::remove_dir_all(&found.data).unwrap();
    assert_eq!(demo::unpack(dir.path()).unwrap(), found);
    assert!(found.data.is_dir());
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left.len(), 2, "no half-unpacked folder stays: {left:?}");
}

#[test]
fn the_packed_demo_takes_at_most_14_megabytes() {
    let packed = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/demo.zip");
    assert!(fs::metadata(packed).unwrap().len() <= 14_000_000);
}

#[test]
#[ignore = "trains for a few minutes: cargo test --release --test training demo -- --ignored"]
fn demo_runs_through_to_report() {
    let dir = tempfile::tempdir().unwrap();
    let run = demo::create(dir.path(), &mut Silent).unwrap();
    pipeline::resume(&run, &mut Silent).unwrap();
    let report = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(report.contains("Research use only") && report.contains("data:image/"));
    let auroc = run.manifest().unwrap().figures["auroc"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&auroc), "AUROC {auroc}");
}

#[cfg(unix)]
#[test]
#[ignore = "begins the demo's training: cargo test --release --test training demo -- --ignored"]
fn a_stopped_demo_says_how_it_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dissolve-studio"));
    let demo = command.args(["demo", "--out"]).arg(dir.path()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = || list_runs(dir.path()).iter().any(|entry| entry.path.join("dia").is_dir() && !demo::is_demo(&entry.path));
    while !begun() {
        sleep(Duration::from_millis(100));
    }
    Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().unwrap();
    let output = demo.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let run = list_runs(dir.path()).into_iter().find(|entry| !demo::is_demo(&entry.path)).unwrap();
    let call = format!("go on with: dissolve-studio train --resume {}", run.path.display());
    assert!(output.status.code() == Some(130) && said.contains(&call), "{said}");
}
