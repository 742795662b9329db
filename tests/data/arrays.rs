//! `inspect` on images as arrays: `.npy` files beside each other, `.npz` archives, and what MedMNIST's own program makes of those.

use crate::test_files::{
    Dir,
    inspected::{self, classes, folder, inspect, says, splits, warns},
    npy, zip,
};
use std::collections::BTreeMap;

/// So many different images.
fn images(count: usize) -> Vec<u8> {
    npy("|u1", &[count, 6, 5], &(0..count * 30).map(|i| (i * 7 % 251) as u8).collect::<Vec<_>>())
}

fn labels(values: &[u8]) -> Vec<u8> {
    npy("|u1", &[values.len()], values)
}

#[test]
fn arrays_of_images_have_their_labels_in_arrays_beside_them() {
    for [x, y] in [
        ["X", "y"],
        ["images", "labels"],
        ["oct_images", "oct_labels"],
        ["data", "targets"],
        ["scans/train", "scans/train_labels"],
    ] {
        let dir = Dir::new();
        dir.write(&format!("{x}.npy"), &images(4)).write(&format!("{y}.npy"), &labels(&[0, 1, 0, 0]));
        let found = inspect(dir.path(), &[]);
        assert_eq!((classes(&found), &found["images"]), (BTreeMap::from([("0", 3), ("1", 1)]), &4.into()), "{x}: {found}");
        assert!(says(&found, &format!("{x}.npy with {y}.npy")), "{found}");
        assert!(found["skipped"].as_array().unwrap().is_empty(), "{found}");
    }
    let words: Vec<u8> = ["ok", "ill", "ok", "ok"]
        .iter()
        .flat_map(|word| format!("{word:\0<3}").chars().flat_map(|c| (c as u32).to_le_bytes()).collect::<Vec<_>>())
        .collect();
    let dir = Dir::new();
    dir.write("X.npy", &images(4)).write("y.npy", &npy("<U3", &[4], &words));
    let found = inspect(dir.path(), &[]);
    assert_eq!((classes(&found), &found["suggested"]), (BTreeMap::from([("ill", 1), ("ok", 3)]), &"ok".into()), "{found}");
    for (pattern, of) in [("x_#", "y_#"), ("#_images", "#_labels"), ("X#", "y#"), ("#/images", "#/labels")] {
        let dir = Dir::new();
        let at = |pattern: &str, split: &str| format!("{}.npy", pattern.replace('#', split));
        dir.write(&at(pattern, "train"), &images(3))
            .write(&at(of, "train"), &npy("<i8", &[3, 1], &[1u64, 1, 0].map(u64::to_le_bytes).concat()));
        dir.write(&at(pattern, "test"), &images(2)).write(&at(of, "test"), &labels(&[1, 0]));
        let found = inspect(dir.path(), &["--normal", "1"]);
        assert_eq!((classes(&found), splits(&found)), (BTreeMap::from([("0", 2), ("1", 3)]), [3, 0, 2]), "{pattern}: {found}");
    }
}

/// Slices with their masks, one file each: a mask is no list of labels.
#[test]
fn arrays_of_the_shape_of_their_images_are_masks() {
    let dir = Dir::new();
    for i in 0..6u8 {
        let pixels: Vec<u8> = (0..32 * 40).map(|p| ((p * 7 + usize::from(i) * 13) % 251) as u8).collect();
        let mask: Vec<u8> = (0..32 * 40).map(|p| u8::from(p % 40 > 30)).collect();
        dir.write(&format!("image_{i}.npy"), &npy("|u1", &[32, 40], &pixels));
        dir.write(&format!("label_{i}.npy"), &npy("|u1", &[32, 40], &mask));
    }
    let found = inspect(dir.path(), &[]);
    assert!(found["images"].as_u64().is_some_and(|n| n >= 6), "none is refused: {found}");
    assert!(!says(&found, "with label_0.npy"), "{found}");
}

#[test]
fn arrays_of_labels_that_do_not_fit_are_named_and_label_nothing() {
    let dir = Dir::new();
    dir.write("X.npy", &images(4)).write("y.npy", &labels(&[0, 1, 0]));
    let found = inspect(dir.path(), &[]);
    assert!(classes(&found).is_empty() && warns(&found, "y.npy has 3 labels for 4 images: X.npy stays unlabelled"), "{found}");
    // Pictures laid out as rows are named, and no picture.
    let flat = Dir::new();
    flat.write("X.npy", &npy("|u1", &[4, 30], &[9; 120])).write("y.npy", &labels(&[0, 1, 0, 1]));
    let output = inspected::run(flat.path(), &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("X.npy holds 4 rows of 30 numbers"), "{said}");
    // One-hot, and several findings for each image.
    dir.write("y.npy", &npy("|u1", &[4, 3], &[0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1]));
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::from([("0", 2), ("1", 1), ("2", 1)]));
    dir.write("y.npy", &npy("|u1", &[4, 3], &[0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0]));
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("0", 1), ("no finding", 2), ("several findings", 1)]), "{found}");
    assert!(warns(&found, "y.npy has several labels for each image"), "{found}");
    // Pictures beside others are pictures.
    let other = folder(["a/1.png", "a/2.png", "b/3.png"]);
    other.write("b/data.npy", &npy("|u1", &[6, 5], &[7; 30]));
    assert_eq!(classes(&inspect(other.path(), &[])), BTreeMap::from([("a", 2), ("b", 2)]));
}

#[test]
fn archives_may_call_their_arrays_otherwise() {
    let dir = Dir::new();
    let parts = [("x_train", images(3)), ("y_train", labels(&[1, 1, 0])), ("x_test", images(2)), ("y_test", labels(&[1, 0]))];
    dir.write("mnist.npz", &zip(&parts));
    let found = inspect(&dir.path().join("mnist.npz"), &["--normal", "1"]);
    assert_eq!((classes(&found), splits(&found)), (BTreeMap::from([("0", 2), ("1", 3)]), [3, 0, 2]), "{found}");
    dir.write("whole.npz", &zip(&[("images", images(4)), ("labels", labels(&[0, 1, 0, 0]))]));
    let found = inspect(&dir.path().join("whole.npz"), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("0", 3), ("1", 1)]), "{found}");
    assert!(!warns(&found, "The archive has no"), "{found}");
    // ChestMNIST: several findings.
    let findings = npy("|u1", &[4, 3], &[0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0]);
    dir.write("chest.npz", &zip(&[("train_images", images(4)), ("train_labels", findings)]));
    let found = inspect(&dir.path().join("chest.npz"), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("0", 1), ("no finding", 2), ("several findings", 1)]), "{found}");
}

#[test]
fn tables_of_medmnist_have_no_headers() {
    let name = |split: &str, i: usize, label: &str| format!("{split}{i}_{label}.png");
    let all = [("train", "TRAIN", 6), ("val", "VALIDATION", 2), ("test", "TEST", 4)];
    let at = |label: &dyn Fn(usize) -> String| -> Vec<(String, String)> {
        let of = |(split, said, count): (&'static str, &'static str, usize)| {
            let row = |i: usize| {
                (
                    name(split, i, &label(i).replace(',', "_")),
                    format!("{said},{},{}\n", name(split, i, &label(i).replace(',', "_")), label(i)),
                )
            };
            (0..count).map(row).collect::<Vec<_>>()
        };
        all.into_iter().flat_map(of).collect()
    };
    let set = |label: &dyn Fn(usize) -> String| {
        let (files, rows): (Vec<String>, Vec<String>) = at(label).into_iter().unzip();
        let dir = folder(files.iter().map(|file| format!("set/{file}")));
        dir.write("set.csv", rows.concat().as_bytes());
        inspect(dir.path(), &[])
    };
    let found = set(&|i| (i % 2).to_string());
    assert_eq!((classes(&found), splits(&found)), (BTreeMap::from([("0", 6), ("1", 6)]), [6, 2, 4]), "{found}");
    let found = set(&|i| ["0,0,0", "0,1,0", "1,1,0"][i % 3].to_string());
    let counts = BTreeMap::from([("column 4", 4), ("no finding", 5), ("several findings", 3)]);
    assert_eq!((classes(&found), splits(&found)), (counts, [6, 2, 4]), "{found}");
}

#[test]
fn labels_that_do_not_fit_leave_the_images_of_an_archive_unlabelled() {
    let dir = Dir::new();
    let few = [
        ("train_images", images(4)),
        ("train_labels", labels(&[0, 1])),
        ("test_images", images(2)),
        ("test_labels", labels(&[0, 1])),
    ];
    dir.write("a.npz", &zip(&few));
    let found = inspect(&dir.path().join("a.npz"), &[]);
    assert_eq!((classes(&found), &found["images"]), (BTreeMap::from([("0", 1), ("1", 1)]), &6.into()), "{found}");
    assert!(warns(&found, "train_labels has 2 labels for 4 images: train_images stays unlabelled"), "{found}");
    assert!(says(&found, "with test_images and their labels, and train_images without"), "{found}");
    dir.write("a.npz", &zip(&[("images", images(3)), ("labels", npy("<f4", &[3], &f32::NAN.to_le_bytes().repeat(3)))]));
    let found = inspect(&dir.path().join("a.npz"), &[]);
    assert!(classes(&found).is_empty() && warns(&found, "labels has no number at [0] (NaN): images stays unlabelled"), "{found}");
}

#[test]
fn labels_without_their_images_are_named() {
    let says = |dir: &Dir| String::from_utf8_lossy(&inspected::run(dir.path(), &[]).stderr).into_owned();
    let one_hot = npy("|u1", &[5, 3], &[0, 0, 1].repeat(5));
    for (name, bytes, images) in
        [("y_test", labels(&[0, 1, 1]), "x_test"), ("ytrain", one_hot.clone(), "x_train"), ("labels", one_hot, "images")]
    {
        let dir = Dir::new();
        dir.write(&format!("{name}.npy"), &bytes);
        let said = says(&dir);
        assert!(said.contains(&format!("{name}.npy holds labels, but their images are missing ({images}.npy)")), "{said}");
        // Beside others that have theirs.
        dir.write("X.npy", &self::images(2)).write("y.npy", &labels(&[0, 1]));
        let found = inspect(dir.path(), &[]);
        assert_eq!((classes(&found), &found["images"]), (BTreeMap::from([("0", 1), ("1", 1)]), &2.into()), "{found}");
        let reason = found["skipped"][0]["reason"].as_str().unwrap();
        let is_other = name == "labels" && reason == "holds labels, too; those of y.npy are used";
        assert!(is_other || reason.contains("their images are missing"), "{found}");
    }
    // Images that cannot be used are not missing.
    let dir = Dir::new();
    dir.write("x_test.npy", b"\x93NUMPY").write("y_test.npy", &labels(&[0, 1]));
    assert!(!says(&dir).contains("missing"), "{}", says(&dir));
}

#[test]
fn archives_beside_arrays_and_pictures_are_named() {
    let dir = Dir::new();
    dir.write("X.npy", &images(2)).write("y.npy", &labels(&[0, 1])).write("more.npz", &zip(&[("images", images(3))]));
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["images"], 2, "{found}");
    assert_eq!((&found["skipped"][0]["path"], found["skipped"].as_array().unwrap().len()), (&"more.npz".into(), 1), "{found}");
    let lone = Dir::new();
    lone.write("y_test.npy", &labels(&[0, 1])).write("z2.npz", &zip(&[("images", images(3)), ("labels", labels(&[0, 1, 0]))]));
    let found = inspect(lone.path(), &[]);
    assert_eq!((classes(&found), &found["images"]), (BTreeMap::from([("0", 2), ("1", 1)]), &3.into()), "{found}");
    assert!(found["skipped"][0]["reason"].as_str().unwrap().contains("(x_test.npy)"), "the labels are not passed over: {found}");
}
