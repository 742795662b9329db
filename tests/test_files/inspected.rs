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
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !errors.contains("panicked"), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs it where it has to fail with exit code 1, and returns the sentence.
pub fn refused(path: &Path, args: &[&str]) -> String {
    let output = run(path, args);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(!errors.contains("panicked") && output.stdout.is_empty(), "{errors}");
    errors
}

/// `(name, total, train, val, test)` of each class.
pub fn counts(found: &Value) -> Vec<(String, [u64; 4])> {
    let count = |class: &Value, key: &str| class[key].as_u64().unwrap();
    let list = found["classes"].as_array().unwrap().iter();
    list.map(|c| (c["name"].as_str().unwrap().to_string(), ["total", "train", "val", "test"].map(|k| count(c, k)))).collect()
}

/// One of them.
pub fn count(name: &str, counts: [u64; 4]) -> (String, [u64; 4]) {
    (name.to_string(), counts)
}

/// The reason why a path was put aside.
pub fn reason<'a>(found: &'a Value, path: &str) -> &'a str {
    let skipped = found["skipped"].as_array().unwrap();
    let entry = skipped.iter().find(|s| s["path"] == path).unwrap_or_else(|| panic!("{path} is not among {skipped:?}"));
    entry["reason"].as_str().unwrap()
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
