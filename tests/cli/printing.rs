//! Printing never panics: a reader that went away is no error, a full device is one sentence.

use crate::test_files::Dir;
use assert_cmd::cargo::CommandCargoExt;
use std::{
    fs::{File, OpenOptions},
    io::PipeWriter,
    path::Path,
    process::{Command, Output, Stdio},
};

/// Nobody reads from it.
fn closed() -> PipeWriter {
    std::io::pipe().unwrap().1
}

/// Every write to it fails, where the system has such a device.
fn full() -> Option<File> {
    OpenOptions::new().write(true).open("/dev/full").ok()
}

fn run(args: &[&str], folder: &Path, set: impl FnOnce(&mut Command)) -> Output {
    let mut command = Command::cargo_bin("dissolve-studio").unwrap();
    command.args(args).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    set(&mut command);
    command.spawn().unwrap().wait_with_output().unwrap()
}

/// A folder with images, scores and a sweep.
fn folder() -> Dir {
    let dir = Dir::new();
    dir.png("images/a.png", 1).png("images/b.png", 2);
    dir.write("scores.csv", b"path,label,score\na,0,0.1\nb,1,0.9\nc,0,0.3\nd,1,0.7\n");
    dir.write("sweep.toml", b"preset = \"quick\"\nseeds = [0, 1]\n[[data]]\npath = \"images\"\nnormal = [\"*\"]\n");
    dir
}

const CALLS: &[&[&str]] = &[
    &["--help"],
    &["--version"],
    &["train", "--help"],
    &["inspect", "images"],
    &["inspect", "images", "--json"],
    &["runs", "--json"],
    &["evaluate", "scores.csv"],
    &["evaluate", "scores.csv", "--json"],
    &["sweep", "sweep.toml", "--list"],
    &["dissolve", "images", "--method", "gaussian:3", "--out", "dissolved"],
];

#[test]
fn closed_pipe_is_no_error() {
    let dir = folder();
    for args in CALLS {
        let output = run(args, dir.path(), |command| {
            command.stdout(closed());
        });
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
    assert!(dir.path().join("dissolved/b-gaussian3.png").is_file(), "the work is done all the same");
}

#[test]
fn full_device_gives_one_sentence() {
    let dir = folder();
    for args in CALLS {
        let Some(full) = full() else { return };
        let output = run(args, dir.path(), |command| {
            command.stdout(full);
        });
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        let error = if args.contains(&"--json") { "{\"error\":\"" } else { "error: " };
        let sentence = format!("{error}the result could not be written");
        assert!(said.starts_with(&sentence) && said.lines().count() == 1, "{args:?}: {said}");
    }
}

#[test]
fn closed_stderr_does_not_change_the_result() {
    let dir = folder();
    let calls: &[(&[&str], i32)] = &[
        (&["runs"], 0),
        (&["dissolve", "images", "--method", "gaussian:3", "--device", "cuda", "--out", "dissolved"], 0),
        (&["inspect", "missing"], 1),
        (&["inspect"], 2),
        (&["dissolve", "images", "--method", "none", "--out", "dissolved"], 2),
    ];
    for (args, code) in calls {
        let output = run(args, dir.path(), |command| {
            command.stderr(closed());
        });
        assert_eq!(output.status.code(), Some(*code), "{args:?}, closed");
        let Some(full) = full() else { continue };
        let output = run(args, dir.path(), |command| {
            command.stderr(full);
        });
        assert_eq!(output.status.code(), Some(*code), "{args:?}, full");
    }
}
