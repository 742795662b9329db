//! `inspect` on folders of classes beside tables that say something else, and on folders that are no classes.

use crate::test_files::{
    Dir,
    inspected::{classes, folder, inspect, run, says, splits, warns},
};
use std::collections::BTreeMap;

const CLASSES: [&str; 3] = ["benign", "malignant", "normal"];

/// Five images in each of three class folders, called `ben0.png`, `mal0.png`…
fn class_folders() -> Dir {
    folder(CLASSES.iter().flat_map(|class| (0..5).map(move |i| format!("{class}/{}{i}.png", &class[..3]))))
}

/// A table of two columns with a row for each of those images; `value` of its number and that of its class.
fn of_images(header: &str, value: impl Fn(usize, usize) -> String) -> String {
    let row = |class: usize, i: usize| format!("{}{i}.png,{}\n", &CLASSES[class][..3], value(i, class));
    let rows: String = (0..3).flat_map(|class| (0..5).map(move |i| (class, i))).map(|(class, i)| row(class, i)).collect();
    format!("filename,{header}\n{rows}")
}

fn has_folders_classes(found: &serde_json::Value) -> bool {
    found["layout"] == "class-folders" && classes(found) == BTreeMap::from(CLASSES.map(|class| (class, 5)))
}

#[test]
fn lists_of_the_classes_label_nothing() {
    for (name, text) in [
        ("labels.txt", "0 normal\n1 benign\n2 malignant\n"),
        ("class_names.csv", "normal,0\nbenign,1\nmalignant,2\n"),
        ("counts.csv", "class,n_images\nnormal,5\nbenign,5\nmalignant,5\n"),
        ("weights.csv", "label,weight\nnormal,1.0\nbenign,2.0\nmalignant,3.5\n"),
        ("class_indices.json", r#"{"normal": 0, "benign": 1, "malignant": 2}"#),
        ("confusion.csv", "true,normal,benign,malignant\nnormal,1,0,0\nbenign,0,1,0\nmalignant,0,1,1\n"),
    ] {
        let dir = class_folders();
        dir.write(name, text.as_bytes());
        let found = inspect(dir.path(), &[]);
        assert!(has_folders_classes(&found), "{name}: {found}");
    }
    // CUB-200-2011.
    let path = |i: usize| format!("{:03}.{}/bird_{i}.jpg", 1 + i / 3, ["Albatross", "Auklet"][i / 3]);
    let dir = folder((0..6).map(|i| format!("images/{}", path(i))));
    let images: String = (0..6).map(|i| format!("{} {}\n", i + 1, path(i))).collect();
    dir.write("images.txt", images.as_bytes()).write("classes.txt", b"1 001.Albatross\n2 002.Auklet\n");
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("001.Albatross", 3), ("002.Auklet", 3)]), "{found}");
}

#[test]
fn what_is_no_class_never_overrides_folders() {
    for (name, table) in [
        ("meta.csv", of_images("grade", |i, class| format!("0.{}", 1 + i + class))),
        ("submission.csv", of_images("label", |_, _| "0".into())),
        ("meta.csv", of_images("label", |_, _| "lesion".into())),
        ("run1.csv", of_images("label_pred", |i, _| CLASSES[i % 3].into())),
    ] {
        let dir = class_folders();
        dir.write(name, table.as_bytes());
        let found = inspect(dir.path(), &[]);
        assert!(has_folders_classes(&found) && warns(&found, "the folders say their classes"), "{table}: {found}");
    }
    // Whatever it is called, a column of splits is one.
    let dir = class_folders();
    dir.write("meta.csv", of_images("category", |i, _| ["train", "test"][i / 3].into()).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert!(has_folders_classes(&found) && says(&found, "Lists of names say the split"), "{found}");
    assert_eq!(splits(&found), [9, 0, 6]);
}

#[test]
fn classes_that_are_about_something_else_are_mentioned() {
    let dir = class_folders();
    dir.write("meta.csv", of_images("level", |i, _| (i % 2).to_string()).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("0", 9), ("1", 6)]), "{found}");
    assert!(warns(
        &found,
        "Folders and table name different classes (benign, malignant, normal by the folders; 0, 1 by the table)"
    ));
    assert!(warns(&found, "to use the folders instead: --set data.reading=inner-folders"), "{found}");
    let found = inspect(dir.path(), &["--set", "data.reading=inner-folders"]);
    assert!(has_folders_classes(&found), "{found}");
    // The same classes by other names are not.
    dir.write("meta.csv", of_images("level", |_, class| class.to_string()).as_bytes());
    assert!(!warns(&inspect(dir.path(), &[]), "different classes"));
}

#[test]
fn classes_that_begin_with_normal_are_suggested_together() {
    let suggested = |names: &[&str]| {
        let dir = folder(names.iter().flat_map(|name| (0..4).map(move |i| format!("{name}/{}{i}.png", name.len()))));
        inspect(dir.path(), &[])["suggested"].as_str().map(str::to_string)
    };
    let kvasir = ["normal-cecum", "normal-pylorus", "normal-z-line", "polyps"];
    assert_eq!(suggested(&kvasir).as_deref(), Some("normal-cecum,normal-pylorus,normal-z-line"));
    assert_eq!(suggested(&["Healthy left", "healthy_right", "sick"]).as_deref(), Some("Healthy left,healthy_right"));
    assert_eq!(suggested(&["normal", "normal tension glaucoma", "cataract"]).as_deref(), Some("normal"), "the surest alone");
    assert_eq!(suggested(&["non demented", "non normal", "very demented"]).as_deref(), Some("non demented"));
    assert_eq!(suggested(&["no tumour", "no cyst", "mass"]).as_deref(), Some("no cyst"), "what there is none of is not all");
    // As it is said, it is taken.
    let dir = folder(kvasir.iter().flat_map(|name| (0..4).map(move |i| format!("{name}/{i}.png"))));
    let found = inspect(dir.path(), &["--normal", &suggested(&kvasir).unwrap()]);
    assert_eq!(found["normal"], "normal-cecum, normal-pylorus, normal-z-line", "{found}");
    let said = String::from_utf8(run(dir.path(), &[]).stdout).unwrap();
    assert!(said.contains("Normal: not known; --normal 'normal-cecum,normal-pylorus,normal-z-line' perhaps"), "{said}");
}

#[test]
fn many_folders_of_few_images_may_be_patients_called_by_their_names() {
    let persons = |each: usize| {
        (0..24).flat_map(move |p| (0..each).map(move |i| format!("{}er_{}a/{i}.png", char::from(b'A' + p), char::from(b'Z' - p))))
    };
    let found = inspect(folder(persons(2)).path(), &[]);
    assert!(warns(&found, "24 folders (Aer_Za, Ber_Ya, Cer_Xa, …) hold few images each") && found["normal"].is_null(), "{found}");
    assert!(!warns(&inspect(folder(persons(10)).path(), &[]), "few images each"), "so many are a class");
}

#[test]
fn folders_of_patients_are_no_classes() {
    let six = |name: fn(usize) -> String| (0..6).flat_map(move |p| (0..3).map(move |i| format!("{}/{i}.png", name(p))));
    for paths in [
        six(|p| format!("TCGA-AO-A0{p}J")).collect::<Vec<_>>(),
        six(|p| format!("AB{p}X")).collect(),
        six(|p| format!("CBIS-DDSM/Mass-Training_P_0000{p}_{}", ["LEFT_CC", "RIGHT_MLO"][p % 2])).collect(),
        six(|p| format!("Patients_CT/{:03}", 49 + p)).collect(),
        six(|p| format!("PH2/IMD00{p}/IMD00{p}_Dermoscopic_Image")).collect(),
        six(|p| format!("36ed842ac2c{p}")).collect(),
    ] {
        let found = inspect(folder(&paths).path(), &[]);
        assert_eq!(found["layout"], "unlabelled", "{}: {found}", paths[0]);
        assert!(warns(&found, "folders are called like patients or series"), "{}: {found}", paths[0]);
    }
    // Nor are those that only say that images lie in them.
    let found = inspect(folder((0..6).map(|i| format!("images/default/{i}.png"))).path(), &[]);
    assert!(classes(&found).is_empty(), "{found}");
    let paths = (0..8).map(|i| match i {
        0..6 => format!("train/n0144353{}/images/{i}.png", 1 + i % 2),
        _ => format!("val/images/{i}.png"),
    });
    let found = inspect(folder(paths).path(), &[]);
    assert_eq!(classes(&found).into_keys().collect::<Vec<_>>(), ["n01443531", "n01443532"], "{found}");
}
