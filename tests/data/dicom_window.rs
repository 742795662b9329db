//! The window of DICOM pictures: which values are shown, and that a run keeps it.

use crate::test_files::{Dir, grey_dicom};
use dissolve_studio::{
    config::{DataConfig, ValueWindow},
    data::{Dataset, ImageId},
    run_dir::RunDir,
    scores::Scores,
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A CT slice with windows of its own, first soft tissue, then lung. `hounsfield`: row after row.
fn slice(width: u16, hounsfield: &[i16]) -> Vec<u8> {
    let stored: Vec<i16> = hounsfield.iter().map(|v| v + 1024).collect();
    let windows = [
        (0x28, 0x1050, "DS", b"60\\-500".to_vec()),
        (0x28, 0x1051, "DS", b"301\\1001".to_vec()),
        (0x28, 0x1052, "DS", b"-1024".to_vec()),
        (0x28, 0x1053, "DS", b"1".to_vec()),
        (0x28, 0x1055, "LO", b"SOFT\\Lung".to_vec()),
    ];
    grey_dicom(width, &stored, &windows)
}

fn levels(path: &Path, window: &str) -> Vec<u8> {
    let config = DataConfig { path: path.into(), window: window.parse().unwrap(), ..DataConfig::default() };
    let set = Dataset::open(&config, &|_| ()).unwrap();
    assert_eq!(set.dicom_windows, Some(vec!["Lung".to_string(), "SOFT".to_string()]));
    set.read(ImageId(0)).unwrap().data.iter().map(|v| (v * 255.0).round() as u8).collect()
}

#[test]
fn pictures_are_seen_through_the_chosen_window() {
    let dir = Dir::new();
    dir.write("slice.dcm", &slice(6, &[-1000, -600, 0, 40, 400, 1300]));
    let file = dir.path().join("slice.dcm");
    for (window, expected) in [
        // LINEAR: (v - (c - 0.5 - (w - 1) / 2)) / (w - 1)
        ("auto", [0, 0, 77, 111, 255, 255]),
        ("lung", [60, 128, 230, 236, 255, 255]),
        ("soft-tissue", [0, 0, 102, 128, 255, 255]),
        ("bone", [0, 0, 71, 77, 128, 255]),
        ("brain", [0, 0, 0, 129, 255, 255]),
        ("-600/401", [0, 128, 255, 255, 255, 255]),
        ("file:lung", [0, 102, 255, 255, 255, 255]),
        ("file:2", [0, 102, 255, 255, 255, 255]),
        ("file:1", [0, 0, 77, 111, 255, 255]),
        ("file:none", [0, 0, 77, 111, 255, 255]),
    ] {
        assert_eq!(levels(&file, window), expected, "{window}");
    }
}

fn program(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_dissolve-studio")).args(args).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Slices of which only brain is told apart, and only in a narrow window.
fn slices(dir: &Dir) {
    for i in 0..8i16 {
        let values: Vec<i16> = (0..24 * 24).map(|p| 20 + (p * (i + 3)) % 41 + if p % 24 < 4 { 900 } else { 0 }).collect();
        let (split, class) = if i < 5 { ("train", "good") } else { ("test", if i == 5 { "good" } else { "bad" }) };
        for root in ["images", "copy"] {
            dir.write(&format!("{root}/{split}/{class}/{i}.dcm"), &slice(24, &values));
        }
    }
}

#[test]
fn a_run_keeps_the_window_and_scores_through_it() {
    let dir = Dir::new();
    slices(&dir);
    let found: Value = serde_json::from_str(&program(dir.path(), &["inspect", "images", "--json"])).unwrap();
    assert_eq!(found["windows"], serde_json::json!(["Lung", "SOFT"]));
    let mut args = vec!["train-dia", "--preset", "quick", "--dissolve", "none", "--normal", "good", "--data", "images"];
    let settings = ["dia.size=24", "dia.epochs=1", "dia.epoch_length=1", "dia.batch=2", "dia.eval_every=0", "score.samples=1"];
    settings.iter().chain(&["data.window=brain"]).for_each(|setting| args.extend(["--set", setting]));
    let run = PathBuf::from(program(dir.path(), &args).trim());
    let run = RunDir::open(&dir.path().join(run)).unwrap();
    assert_eq!(run.config().unwrap().data.window, "brain".parse::<ValueWindow>().unwrap());

    let score = |data: &str, out: &str| {
        let run = run.path().to_str().unwrap();
        program(dir.path(), &["score", "--run", run, "--data", data, "--out", out]);
        let rows = Scores::read(&dir.path().join(out)).unwrap().rows;
        rows.into_iter().filter(|row| row.path.starts_with("test")).map(|row| (row.path, row.score)).collect::<Vec<_>>()
    };
    let (own, others) = (score("images", "own.csv"), score("copy", "others.csv"));
    assert_eq!(own.len(), 3);
    assert_eq!(own, others, "pictures that it has not seen are shown to it in the same way");
    // Other pixels have other scores: the same slices, whose own first window is that of the run.
    for file in
        fs::read_dir(dir.path().join("copy/test/bad")).unwrap().chain(fs::read_dir(dir.path().join("copy/test/good")).unwrap())
    {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let place = bytes.windows(3).position(|w| w == b"301").unwrap();
        fs::write(&path, [&bytes[..place], b"881", &bytes[place + 3..]].concat()).unwrap();
    }
    assert_eq!(score("copy", "rewindowed.csv"), own, "what a file says of its window is passed over");

    let blurred = |window: &[&str]| -> f64 {
        let args = ["dissolve", "images/test/good/5.dcm", "--method", "gaussian:3", "--out", "dissolved"];
        serde_json::from_str::<Value>(&program(dir.path(), &[&args, window].concat())).unwrap()["mean_abs_change"]
            .as_f64()
            .unwrap()
    };
    assert!(blurred(&["--window", "-600/1500"]) > 0.0, "a window may begin with a minus");
    assert!(blurred(&["--window", "brain"]) > 1.5 * blurred(&["--window", "bone"]), "a narrow window shows more of the texture");
}
