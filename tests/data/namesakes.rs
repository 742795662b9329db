//! `inspect` on tables of bare names that pictures in several folders have.

use crate::test_files::{
    Dir,
    inspected::{classes, folder, inspect, numbered, rows, splits, warns},
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
