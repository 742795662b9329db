//! `inspect` on tables that say whose the images are, and nothing else that counts.

use crate::test_files::{
    Dir,
    inspected::{classes, folder, inspect, numbered, refused, says, warns},
};
use std::collections::BTreeMap;

/// Twelve images in each of two folders, and a table under these headers with a row for each: its patient, of whom each has four of
/// both kinds, and its age.
fn of_patients(folders: [&str; 2], headers: &str) -> Dir {
    let paths = folders.map(|class| numbered(&format!("{class}/#.png"), 0..12)).concat();
    let dir = folder(&paths);
    let rows: String = paths.iter().enumerate().map(|(i, path)| format!("{path},P{},{}\n", i % 12 / 4, 40 + i)).collect();
    dir.write("meta.csv", format!("{headers}\n{rows}").as_bytes());
    dir
}

const SAID: &str = "Patients are read from meta.csv (column";

#[test]
fn folders_say_the_classes_and_a_table_the_patients() {
    let expected = BTreeMap::from([("normal", 12), ("sick", 12)]);
    for column in ["patient_id", "lesion_id", "video_id"] {
        let dir = of_patients(["normal", "sick"], &format!("file,{column},age"));
        let table = dir.path().join("meta.csv").display().to_string();
        let map = format!("file=file,patient={column}");
        for args in [&[][..], &["--map", &map], &["--labels", &table, "--map", &map]] {
            let found = inspect(dir.path(), args);
            assert_eq!((&found["layout"], classes(&found)), (&"class-folders".into(), expected.clone()), "{found}");
            assert!(says(&found, SAID) && says(&found, "One folder per class"), "{args:?}: {found}");
            assert!(warns(&found, "no patient on both sides") && !warns(&found, "is not known"), "{args:?}: {found}");
        }
        assert!(says(&inspect(&dir.path().join("meta.csv"), &["--map", &map]), SAID));
        assert!(refused(dir.path(), &["--labels", &table]).contains("no column of labels"), "patients were not asked for");
    }
    // A table that labels the images as well, and is not believed.
    let dir = of_patients(["normal", "sick"], "file,patient_id,label_pred");
    let found = inspect(dir.path(), &[]);
    assert!(says(&found, "One folder per class") && says(&found, SAID), "{found}");
    assert!(warns(&found, "no patient on both sides"), "{found}");
}

#[test]
fn a_table_of_patients_alone_leaves_open_what_the_classes_are() {
    let dir = of_patients(["images", "scans"], "file,patient_id,outcome_in_years");
    let found = inspect(dir.path(), &[]);
    assert!(says(&found, SAID) && warns(&found, "which of its columns is the label is not known"), "{found}");
}

#[test]
fn labels_and_patients_may_stand_in_two_tables() {
    let dir = of_patients(["a", "b"], "file,patient_id,age");
    let rows: String =
        ["a", "b"].iter().flat_map(|of| (0..12).map(move |i| format!("{of}/{i}.png,{}\n", ["ok", "cyst"][i % 2]))).collect();
    dir.write("labels.csv", format!("file,label\n{rows}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("cyst", 12), ("ok", 12)]), "{found}");
    assert!(says(&found, "Table of labels labels.csv") && says(&found, SAID), "{found}");
    assert!(warns(&found, "no patient on both sides") && !warns(&found, "is not known"), "{found}");
}

#[test]
fn one_patient_in_all_is_none() {
    let dir = folder(["normal", "sick"].map(|class| numbered(&format!("{class}/#.png"), 0..4)).concat());
    let rows: String =
        ["normal", "sick"].iter().flat_map(|of| (0..4).map(move |i| format!("{of}/{i}.png,anonymous\n"))).collect();
    dir.write("meta.csv", format!("file,patient_id\n{rows}").as_bytes());
    assert!(!says(&inspect(dir.path(), &[]), "Patients are read"));
}
