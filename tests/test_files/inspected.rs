//! What `inspect` finds in a folder.

use super::Dir;
use assert_cmd::Command;
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

/// Runs `inspect PATH ARGS…`.
pub fn run(path: &Path, args: &[&str]) -> std::process::Output {
    let mut command = Command::cargo_bin("dissolve-studio").unwrap();
    command.arg("inspect").arg(path).args(args).timeout(std::time::Duration::from_secs(60)).output().unwrap()
}

/// Runs `inspect --json PATH ARGS…`, which has to succeed.
pub fn inspect(path: &Path, args: &[&str]) -> Value {
    let output = run(path, &[args, &["--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// How many images each class has.
pub fn classes(found: &Value) -> BTreeMap<&str, u64> {
    let list = found["classes"].as_array().unwrap();
    list.iter().map(|c| (c["name"].as_str().unwrap(), c["total"].as_u64().unwrap())).collect()
}

/// How many images are in train, val and test.
pub fn splits(found: &Value) -> [u64; 3] {
    let list = found["classes"].as_array().unwrap();
    ["train", "val", "test"].map(|split| list.iter().map(|c| c[split].as_u64().unwrap()).sum())
}

/// Whether the sentence on what was recognised holds this.
pub fn says(found: &Value, of: &str) -> bool {
    found["why"].as_str().unwrap().contains(of)
}

/// Whether a warning holds this.
pub fn warns(found: &Value, of: &str) -> bool {
    found["warnings"].as_array().unwrap().iter().any(|w| w.as_str().unwrap().contains(of))
}

/// A folder with a different picture at each of these paths.
pub fn folder<S: AsRef<str>>(paths: impl IntoIterator<Item = S>) -> Dir {
    let dir = Dir::new();
    paths.into_iter().zip(1..).for_each(|(path, seed)| _ = dir.png(path.as_ref(), seed));
    dir
}

/// The pattern with each of these numbers in the place of `#`.
pub fn numbered(pattern: &str, numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|i| pattern.replace('#', &i.to_string())).collect()
}

/// Lines of `value,label`, labels in turn.
pub fn rows(values: &[String], labels: &[&str]) -> String {
    values.iter().zip(labels.iter().cycle()).map(|(value, label)| format!("{value},{label}\n")).collect()
}
