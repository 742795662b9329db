//! Images that are left out and labelled by a table, through the binary: what is inspected, trained on and scored.

use crate::test_files::Dir;
use assert_cmd::Command;
use dissolve_studio::{
    config::{Preset, RunConfig, apply_settings},
    engine::pipeline,
    ml::base::reporter::Silent,
    run_dir::RunKind,
    scores::Scores,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn call(args: &[&str]) -> std::process::Output {
    Command::cargo_bin("dissolve-studio").unwrap().args(args).timeout(std::time::Duration::from_secs(300)).output().unwrap()
}

fn inspect(set: &Path, table: &Path, more: &[&str]) -> serde_json::Value {
    let setting = format!("data.curation={}", table.display());
    let out = call(&[&["inspect", set.to_str().unwrap(), "--json", "--set", &setting], more].concat());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

fn table(dir: &Dir, rows: &str) -> PathBuf {
    let path = dir.path().join("said.csv");
    fs::write(&path, format!("path,label,leave_out\n{rows}")).unwrap();
    path
}

/// So many pictures, each another, in a folder of the set; "" = the set itself.
fn pictures(dir: &Dir, class: &str, count: u64) {
    (0..count).for_each(|i| {
        _ = dir.png(&Path::new("set").join(class).join(format!("{i}.png")).display().to_string(), i + 100 * class.len() as u64)
    });
}

#[test]
fn inspect_counts_what_is_used_and_tells_what_the_table_names_in_vain() {
    let dir = Dir::new();
    let set = dir.path().join("set");
    pictures(&dir, "good", 6);
    pictures(&dir, "bad", 3);
    let said = table(&dir, "good/0.png,,1\ngood/1.png,abnormal,\nnot/here.png,,1\n");
    let found = inspect(&set, &said, &["--normal", "good"]);
    assert_eq!((&found["images"], &found["left_out"], &found["labelled_by_hand"]), (&8.into(), &1.into(), &1.into()));
    let warnings = found["warnings"].to_string();
    assert!(warnings.contains("1 image of the table of curation is not here: not/here.png"), "{warnings}");
    let text = call(&["inspect", set.to_str().unwrap(), "--set", &format!("data.curation={}", said.display())]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("1 image is left out and 1 image is labelled by hand."), "{text}");
}

#[test]
fn labels_of_the_table_are_the_classes_of_a_folder_without_any() {
    let dir = Dir::new();
    let set = dir.path().join("set");
    pictures(&dir, "", 8);
    let rows: String = (0..6).map(|i| format!("{i}.png,{},\n", if i < 5 { "normal" } else { "abnormal" })).collect();
    let found = inspect(&set, &table(&dir, &rows), &[]);
    assert_eq!((&found["normal"], &found["layout"]), (&"normal".into(), &"unlabelled".into()));
    assert_eq!(found["classes"][1]["name"], "abnormal");
    assert_eq!((&found["classes"][0]["total"], &found["classes"][1]["test"]), (&5.into(), &1.into()));
}

#[test]
fn table_of_other_images_and_what_is_no_such_table_are_refused_in_a_sentence() {
    let dir = Dir::new();
    let set = dir.path().join("set");
    pictures(&dir, "good", 3);
    let refusal = |table: &Path| {
        let setting = format!("data.curation={}", table.display());
        let out = call(&["inspect", set.to_str().unwrap(), "--set", &setting]);
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(1) && !text.contains("panicked"), "{text}");
        text
    };
    let other = refusal(&table(&dir, "eyes/1.png,,1\neyes/2.png,,1\n"));
    assert!(other.contains("says nothing of the images of") && other.contains("eyes/1.png, eyes/2.png"), "{other}");
    assert!(refusal(&table(&dir, "good/0.png,perhaps,\n")).contains("\"perhaps\" in line 2"));
    assert!(refusal(&dir.path().join("missing.csv")).contains("could not read"));
    let empty = call(&["inspect", set.to_str().unwrap(), "--set", "data.curation="]);
    assert_eq!(empty.status.code(), Some(2), "{}", String::from_utf8_lossy(&empty.stderr));
    let not_data = call(&["score", "--run", "x", "--data", "y", "--set", "dia.epochs=3"]);
    assert!(!not_data.status.success());
    assert_eq!(inspect(&set, &table(&dir, ""), &[])["left_out"], 0, "an empty table says nothing");
}

/// The rows of a file of scores, by path: split and label.
fn rows(path: &Path) -> Vec<(String, String, Option<bool>)> {
    let mut rows: Vec<_> = Scores::read(path).unwrap().rows.into_iter().map(|r| (r.path, r.split, r.label)).collect();
    rows.sort();
    rows
}

#[test]
fn a_run_is_trained_and_scored_by_its_own_copy_of_the_table() {
    let dir = Dir::new();
    let (set, work) = (dir.path().join("set"), dir.path().join("work"));
    pictures(&dir, "good", 12);
    pictures(&dir, "bad", 4);
    let said = table(&dir, "good/0.png,,1\ngood/1.png,,1\nbad/0.png,,1\ngood/2.png,abnormal,\nbad/1.png,normal,\n");
    let mut config = RunConfig::preset(Preset::Quick);
    config.data.path = set.clone();
    config.data.normal = vec!["good".into()];
    config.data.curation = Some(said.clone());
    let settings = [
        ("dia.dissolve", "gaussian:3"),
        ("dia.epochs", "1"),
        ("dia.epoch_length", "2"),
        ("dia.batch", "2"),
        ("dia.size", "32"),
        ("dia.width", "16"),
        ("dia.eval_every", "0"),
        ("score.samples", "1"),
        ("score.profile", "false"),
        ("run.threads", "2"),
    ];
    let config = apply_settings(&config, settings).unwrap();
    let run = pipeline::create(RunKind::Train, &config, &work, "t", &mut Silent).unwrap();
    // Whatever happens to the table since: the run goes on with its own.
    fs::write(&said, "path,label,leave_out\ngood/5.png,,1\n").unwrap();
    let folder = run.path().to_str().unwrap();
    let trained = call(&["train", "--resume", folder]);
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
    let first = rows(&run.join("scores.csv"));
    let of = |rows: &[(String, String, Option<bool>)], name: &str| rows.iter().find(|r| r.0 == name).cloned();
    assert_eq!(["good/0.png", "good/1.png", "bad/0.png"].map(|name| of(&first, name)), [None, None, None]);
    assert_eq!(of(&first, "good/2.png").unwrap(), ("good/2.png".into(), "test".into(), Some(true)));
    assert_eq!(of(&first, "bad/1.png").unwrap().2, Some(false));
    assert!(of(&first, "good/5.png").is_some());
    // Its own images are scored again as they were, and figures and page are those of these scores.
    let made = ["evaluation.json", "report.html"].map(|file| run.join(file));
    made.iter().for_each(|file| fs::remove_file(file).unwrap());
    let again = call(&["score", "--run", folder, "--data", set.to_str().unwrap()]);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let path = String::from_utf8(again.stdout).unwrap();
    assert_eq!(Path::new(path.trim()).file_name().unwrap(), "scores.csv");
    assert!(made.iter().all(|file| file.is_file()));
    let paths = |rows: &[(String, String, Option<bool>)]| rows.iter().map(|r| r.0.clone()).collect::<Vec<_>>();
    let (all, kept) = (paths(&rows(Path::new(path.trim()))), paths(&first));
    assert!(kept.iter().all(|name| all.contains(name)) && !all.contains(&"good/0.png".to_string()), "{all:?}");
    // Another table, when one is named.
    let (out, setting) = (dir.path().join("s.csv"), format!("data.curation={}", said.display()));
    let args = ["score", "--run", folder, "--data", set.to_str().unwrap(), "--set", &setting, "--out", out.to_str().unwrap()];
    let other = call(&args);
    assert!(other.status.success(), "{}", String::from_utf8_lossy(&other.stderr));
    let other = rows(&out);
    assert!(of(&other, "good/0.png").is_some() && of(&other, "good/5.png").is_none(), "{other:?}");
}
