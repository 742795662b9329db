//! `inspect` on tables of bare names that pictures in several folders have.

use crate::test_files::{
    Dir,
    inspected::{classes, folder, inspect, numbered, refused, rows, says, splits, warns},
};
use std::collections::BTreeMap;

/// Pictures 1 to 6 to train on and 1 to 4 to test on, in each of these parts of a set as IDRiD has them.
fn idrid(parts: &[&str]) -> Dir {
    let images = |part: &str| {
        let at = format!("{part}/1. Original Images");
        [
            numbered(&format!("{at}/a. Training Set/IDRiD_00#.jpg"), 1..7),
            numbered(&format!("{at}/b. Testing Set/IDRiD_00#.jpg"), 1..5),
        ]
    };
    folder(parts.iter().flat_map(|part| images(part).concat()))
}

#[test]
fn tables_of_a_split_name_its_images_in_their_own_part() {
    let parts = ["A. Segmentation", "B. Disease Grading", "C. Localization"];
    let dir = idrid(&parts);
    for (name, numbers, grades) in [("a. Training", 1..7, ["0", "3"]), ("b. Testing", 1..5, ["0", "4"])] {
        let table = format!("Image name,Retinopathy grade\n{}", rows(&numbered("IDRiD_00#", numbers), &grades));
        dir.write(&format!("B. Disease Grading/2. Groundtruths/{name} Labels.csv"), table.as_bytes());
    }
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("0", 5), ("3", 3), ("4", 2)]), "{found}");
    assert_eq!(splits(&found), [6, 0, 4], "{found}");
    for part in ["A. Segmentation", "C. Localization"] {
        assert!(
            warns(&found, &format!("No row of the table names a file in {part}/1. Original Images/a. Training Set: 6")),
            "{found}"
        );
    }
    // Without a table, they are parts of a set and no classes.
    let found = inspect(idrid(&parts).path(), &[]);
    assert!(classes(&found).is_empty() && splits(&found) == [0; 3], "{found}");
    assert!(warns(&found, "These are 3 sets side by side (A. Segmentation/1. Original Images, B. Disease"), "{found}");
    // Others may be classes.
    let found = inspect(idrid(&["cyst", "tumour"]).path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("cyst", 10), ("tumour", 10)]), "{found}");
}

/// A set twice, called the same in each folder, but for a few pictures that are in one alone, and a table of bare names.
fn twice(folders: [&str; 2], labels: &[&str]) -> Dir {
    let dir =
        folder([numbered(&format!("{}/#.png", folders[0]), 0..8), numbered(&format!("{}/#.png", folders[1]), 0..6)].concat());
    dir.write("l.csv", format!("image,level\n{}", rows(&numbered("#", 0..8), labels)).as_bytes());
    dir
}

#[test]
fn a_set_that_is_there_twice_is_opened_once() {
    for folders in [["resized_train", "resized_train_cropped"], ["siteB", "siteC"], ["a/a", "b/b"]] {
        let dir = twice(folders, &["0", "2"]);
        let outer = folders.map(|name| name.split('/').next().unwrap());
        let way_out = format!("open one of {}, {} alone, with --labels ", outer[0], outer[1]);
        let found = inspect(dir.path(), &[]);
        assert!(classes(&found).is_empty() && found["layout"] == "unlabelled", "{found}");
        assert!(
            warns(&found, "l.csv names these files by names that several of them have") && warns(&found, &way_out),
            "{found}"
        );
        assert!(warns(&found, "hold images of the same names and are not taken for classes"), "{found}");
        // Either way out works.
        let table = dir.path().join("l.csv");
        let labels = ["--labels", table.to_str().unwrap()];
        assert!(refused(dir.path(), &labels).contains(&way_out));
        let found = inspect(&dir.path().join(outer[1]), &labels);
        assert_eq!(classes(&found), BTreeMap::from([("0", 3), ("2", 3)]), "{found}");
        let found = inspect(dir.path(), &["--set", "data.reading=outer-folders"]);
        assert_eq!(classes(&found), BTreeMap::from([(outer[0], 8), (outer[1], 6)]), "{found}");
    }
    // Folders that are called as the table's classes are, or as normal images, are classes.
    for (folders, labels) in [(["cyst", "mass"], ["cyst", "mass"]), (["normal", "mass"], ["0", "1"])] {
        let found = inspect(twice(folders, &labels).path(), &[]);
        assert!(says(&found, "One folder per class") && warns(&found, "open one of "), "{found}");
    }
    // So are those that share no names among them.
    let views = |class: &str, numbers: std::ops::Range<u32>| {
        ["far", "near"].map(|view| numbered(&format!("{class}/{view}/#.png"), numbers.clone())).concat()
    };
    let dir = folder([views("cyst", 0..4), views("mass", 4..8)].concat());
    dir.write("l.csv", format!("image,level\n{}", rows(&numbered("#", 0..8), &["0", "1"])).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("cyst", 8), ("mass", 8)]), "{found}");
    assert!(warns(&found, "open one of cyst/far, cyst/near, mass/far, … alone"), "{found}");
}
