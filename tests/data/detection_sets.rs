//! `inspect` on sets for detection whose images each have a file of annotations: Pascal VOC's XML, YOLO's text, LabelMe's JSON. An image is what is marked
//! in its file.

use crate::test_files::{
    Dir,
    inspected::{classes, folder, inspect, numbered, reason, refused, says, splits, warns},
};
use serde_json::Value;
use std::collections::BTreeMap;

fn voc(names: &[&str]) -> String {
    let object = |name: &&str| {
        format!(
            "<object><name>{name}</name><difficult>0</difficult>\
             <bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></object>"
        )
    };
    let objects: String = names.iter().map(object).collect();
    format!("<annotation><filename>x.jpg</filename><size><width>8</width><height>8</height></size>{objects}</annotation>")
}

fn yolo(classes: &[u32]) -> String {
    classes.iter().map(|class| format!("{class} 0.5 0.5 0.25 0.25\n")).collect()
}

/// Writes what is marked in each image, at the pattern with the numbers of the images in the place of `#`.
fn mark<'a, T: ?Sized + 'a>(
    dir: &Dir,
    pattern: &str,
    marks: impl IntoIterator<Item = (u32, &'a T)>,
    form: impl Fn(&'a T) -> String,
) {
    for (image, marked) in marks {
        dir.write(&pattern.replace('#', &image.to_string()), form(marked).as_bytes());
    }
}

const NAMES: [(u32, &[&str]); 6] =
    [(0, &["cyst"]), (1, &["cyst", "cyst"]), (2, &["mass"]), (3, &["cyst", "mass"]), (4, &[]), (5, &[])];
const CLASSES: [(u32, &[u32]); 6] = [(0, &[0]), (1, &[0, 0]), (2, &[2]), (3, &[0, 2]), (4, &[]), (5, &[])];

fn counts() -> BTreeMap<&'static str, u64> {
    BTreeMap::from([("cyst", 2), ("mass", 1), ("no annotation", 2), ("several findings", 1)])
}

/// Whether nothing is said but that the program splits.
fn is_quiet(found: &Value) -> bool {
    found["warnings"].as_array().unwrap().iter().all(|warning| warning.as_str().unwrap().starts_with("No split is given"))
}

#[test]
fn objects_of_voc_label_their_images() {
    for (images, annotations) in
        [("VOC/JPEGImages/#.jpg", "VOC/Annotations/#.xml"), ("#.png", "#.xml"), ("images/#.png", "annotations/xmls/#.xml")]
    {
        let dir = folder(numbered(images, 0..6));
        mark(&dir, annotations, NAMES, voc);
        let found = inspect(dir.path(), &[]);
        assert_eq!((classes(&found), &found["suggested"]), (counts(), &"no annotation".into()), "{images}: {found}");
        assert!(found["layout"] == "labels-csv" && says(&found, "Annotations of single images"), "{found}");
        assert!(says(&found, "Pascal VOC") && is_quiet(&found), "{found}");
    }
}

#[test]
fn shapes_of_labelme_label_their_images() {
    let shapes = |names: &[&str]| {
        let shape =
            |name: &&str| format!("{{\"label\": \"{name}\", \"points\": [[1, 2], [3, 4]], \"shape_type\": \"rectangle\"}}");
        let shapes = names.iter().map(shape).collect::<Vec<_>>().join(", ");
        format!(
            "{{\"version\": \"5.2.1\", \"flags\": {{}}, \"shapes\": [{shapes}], \"imagePath\": \"x.png\", \"imageData\": null}}"
        )
    };
    for (images, annotations) in [("images/#.png", "annotations/#.json"), ("#.png", "#.json")] {
        let dir = folder(numbered(images, 0..6));
        mark(&dir, annotations, NAMES, shapes);
        let found = inspect(dir.path(), &[]);
        assert_eq!((classes(&found), &found["suggested"]), (counts(), &"no annotation".into()), "{images}: {found}");
        assert!(says(&found, "LabelMe") && is_quiet(&found), "{found}");
    }
    // What scanners and other programs write beside each image says nothing of what is in it.
    let dir = folder(numbered("#.png", 0..6));
    (0..6).for_each(|i| _ = dir.write(&format!("{i}.json"), b"{\"EchoTime\": 0.03, \"shapes\": []}"));
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::new());
}

#[test]
fn boxes_and_outlines_of_yolo_label_their_images() {
    let yaml = "train: ../train/images\nnc: 3\nnames: ['cyst', 'other', 'mass']\n";
    for (images, annotations, file, names) in [
        ("train/images/#_png.rf.0a.jpg", "train/labels/#_png.rf.0a.txt", "data.yaml", yaml),
        ("images/train/#.png", "labels/train/#.txt", "set.yaml", "names:\n  0: cyst\n  1: other\n  2: mass\n"),
        ("obj_train_data/#.png", "obj_train_data/#.txt", "obj.names", "cyst\nother\nmass\n"),
        ("images/#.png", "labels/#.txt", "classes.txt", "cyst\r\nother\r\nmass\r\n"),
        ("#.png", "#.txt", "classes.txt", "cyst\nother\nmass"),
        ("images/#.png", "labels/#.txt", "about/data.yml", yaml),
    ] {
        let dir = folder(numbered(images, 0..6));
        mark(&dir, annotations, CLASSES, yolo);
        dir.write(file, names.as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!((classes(&found), &found["suggested"]), (counts(), &"no annotation".into()), "{images}: {found}");
        assert!(says(&found, "YOLO") && says(&found, file) && is_quiet(&found), "{found}");
        assert_eq!(found["skipped"], serde_json::json!([]));
    }
    let dir = folder(numbered("images/#.png", 0..4));
    let outline = "1 0.1 0.1 0.4 0.1 0.4 0.5 0.1 0.5 0.05 0.3\n";
    mark(&dir, "labels/#.txt", (0..4).map(|i| (i, if i < 2 { outline } else { "" })), str::to_string);
    dir.write("data.yaml", b"names: [cyst, polyp]\n");
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::from([("no annotation", 2), ("polyp", 2)]));
}

#[test]
fn folders_of_splits_stay_splits_and_their_files_belong_to_their_images() {
    let splits_of = ["train", "valid", "test"];
    let dir = folder(splits_of.map(|split| numbered(&format!("{split}/images/#.jpg"), 0..6)).concat());
    for (split, marked) in splits_of.into_iter().zip(0..) {
        // Files of one name in each split, and a split whose images are all without a finding.
        const MARKS: [&[u32]; 3] = [&[0], &[1], &[]];
        let of = |i: u32| MARKS[if split == "test" { 2 } else { (i / 3 + marked) as usize }];
        mark(&dir, &format!("{split}/labels/#.txt"), (0..6).map(|i| (i, of(i))), yolo);
    }
    dir.write("data.yaml", b"names: [cyst, mass]");
    let found = inspect(dir.path(), &["--normal", "no annotation"]);
    assert_eq!(classes(&found), BTreeMap::from([("cyst", 3), ("mass", 6), ("no annotation", 9)]), "{found}");
    assert_eq!(splits(&found), [6, 6, 6]);
    let of = |name: &str| found["classes"].as_array().unwrap().iter().find(|class| class["name"] == name).unwrap().clone();
    assert_eq!((of("cyst")["train"].as_u64(), of("no annotation")["val"].as_u64()), (Some(3), Some(3)), "{found}");
}

#[test]
fn classes_without_names_are_their_numbers() {
    let dir = folder(numbered("images/#.png", 0..6));
    mark(&dir, "labels/#.txt", CLASSES, yolo);
    let found = inspect(dir.path(), &[]);
    let counts = BTreeMap::from([("0", 2), ("2", 1), ("no annotation", 2), ("several findings", 1)]);
    assert_eq!((classes(&found), &found["suggested"]), (counts, &"no annotation".into()), "{found}");
    assert!(warns(&found, "Nothing names the classes of labels/*.txt (data.yaml, classes.txt, obj.names)"), "{found}");
    assert!(warns(&found, "they are called by their numbers (0, 2)"), "{found}");
    // Some have a name; and one of several files that name them is used, and said.
    dir.write("classes.txt", b"cyst\nmass\n").write("data.yaml", b"names: [tumour, mass]");
    let found = inspect(dir.path(), &[]);
    assert_eq!(
        classes(&found).keys().copied().collect::<Vec<_>>(),
        ["2", "no annotation", "several findings", "tumour"],
        "{found}"
    );
    assert!(
        warns(&found, "data.yaml does not name all classes of labels/*.txt: others are called by their numbers (2)"),
        "{found}"
    );
    assert!(warns(&found, "classes.txt names classes otherwise than data.yaml, which is used"), "{found}");
}

#[test]
fn images_and_files_without_each_other_are_said() {
    let dir = folder(numbered("VOC/JPEGImages/#.jpg", 0..8).into_iter().chain(["cover/front.png".into()]));
    mark(&dir, "VOC/Annotations/#.xml", NAMES.into_iter().chain([(17, &["mass"][..])]), voc);
    let found = inspect(dir.path(), &[]);
    assert_eq!((classes(&found), &found["images"]), (counts(), &6.into()), "{found}");
    assert!(warns(&found, "2 images have no file of annotations and are left out (VOC/JPEGImages/6.jpg, VOC/JPEGImages/7.jpg)"));
    assert_eq!(reason(&found, "VOC/JPEGImages/6.jpg"), "has no file of annotations");
    assert!(warns(&found, "No file of annotations is of a file in cover: 1 image left out"), "{found}");
    assert!(warns(&found, "1 file annotates an image that is not here (VOC/Annotations/17.xml)"), "{found}");

    // That of an image of another patient, or of another split, is not taken for it.
    let dir = folder(["p1/images/1.png", "p1/images/2.png", "p2/images/2.png", "p3/images/1.png", "train/images/9.png"]);
    for path in ["p1/labels/1.txt", "p1/labels/2.txt", "p2/labels/1.txt", "p3/labels/1.txt", "val/labels/9.txt"] {
        dir.write(path, if path.starts_with("p1") { b"" } else { b"0 0.5 0.5 1 1\n" });
    }
    let found = inspect(dir.path(), &[]);
    assert_eq!((classes(&found), &found["images"]), (BTreeMap::from([("0", 1), ("no annotation", 2)]), &3.into()), "{found}");
    // Nor is one that may be of two images.
    let dir = folder(["images_1/1.png", "images_2/1.png", "images_1/2.png", "images_2/3.png"]);
    mark(&dir, "labels/#.txt", (1..4).map(|i| (i, if i < 3 { "0 0.5 0.5 1 1" } else { "" })), str::to_string);
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("0", 1), ("no annotation", 1)]), "{found}");
    assert!(warns(&found, "1 file is called like more than one image and labels none of them (labels/1.txt)"), "{found}");
}

#[test]
fn a_class_that_is_called_normal_is_normal() {
    let dir = folder(numbered("images/#.png", 0..6));
    mark(&dir, "labels/#.txt", CLASSES, yolo);
    dir.write("data.yaml", b"names: [Normal, benign, malignant]");
    let found = inspect(dir.path(), &["--normal", "Normal"]);
    // Whether an image without marks is normal, too, is not known.
    assert_eq!(classes(&found), BTreeMap::from([("Normal", 2), ("malignant", 1), ("several findings", 1)]), "{found}");
    assert!(warns(&found, "2 images are given no label by their annotations: unlabelled"), "{found}");
    assert_eq!(inspect(dir.path(), &[])["suggested"], "Normal");
}

#[test]
fn damaged_files_label_nothing_and_are_named() {
    let big = dir_with_large_file();
    let found = inspect(big.path(), &[]);
    assert_eq!(reason(&found, "labels/0.txt"), "is larger than 16 MiB", "{found}");
    assert_eq!(classes(&found), BTreeMap::from([("0", 2), ("no annotation", 1)]), "{found}");

    let sound = voc(&["cyst"]);
    let box_at = |corners: &str| sound.replace("<xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax>", corners);
    for (text, says) in [
        (sound.replace("</annotation>", ""), "cut short"),
        (sound.replace("</name>", "</nam>"), "is no XML"),
        (String::new(), "is empty, or no XML"),
        ("\0".repeat(900), "no XML"),
        (sound.replace("<name>cyst", "<name>&cyst;"), "is no XML: it does not say what `&cyst;` is"),
        (box_at("<xmin>1e999</xmin>"), "has `1e999` in the place of a number of pixels"),
        (
            box_at("<xmin>20</xmin><ymin>1</ymin><xmax>30</xmax><ymax>3</ymax>"),
            "has a box of `cyst` that lies outside of the image",
        ),
        (box_at("<xmin>3</xmin><ymin>1</ymin><xmax>1</xmax><ymax>3</ymax>"), "ends before it begins"),
    ] {
        let dir = folder(numbered("images/#.png", 0..4));
        mark(&dir, "Annotations/#.xml", NAMES.into_iter().filter(|(i, _)| [1, 2].contains(i)), voc);
        dir.write("Annotations/0.xml", text.as_bytes()).write("Annotations/3.xml", voc(&[]).as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!(classes(&found), BTreeMap::from([("cyst", 1), ("mass", 1), ("no annotation", 1)]), "{says}: {found}");
        assert!(reason(&found, "Annotations/0.xml").contains(says), "{says}: {found}");
        assert!(warns(&found, "1 file of annotations is damaged and labels nothing (Annotations/0.xml "), "{says}: {found}");
        assert!(warns(&found, "1 image is given no label by their annotations: unlabelled"), "{says}: {found}");
    }
    for (text, says) in [
        ("0 0.5 0.5 1 1\ncyst 0.5 0.5 1 1\n", "has `cyst` in the place of the number of a class in line 2"),
        ("0 50 60 12 14\n", "has 50 in the place of a part of the image, which is 0 to 1, in line 1"),
        ("0 0.5 nan 1 1\n", "has `nan` in the place of a number in line 1"),
        ("0 0.5 0.5\n", "has neither a box nor an outline in line 1"),
        ("0 0.5 0.5 -0.005 1\n", "has a box without extent in line 1"),
    ] {
        let dir = folder(numbered("images/#.png", 0..4));
        mark(&dir, "labels/#.txt", CLASSES.into_iter().skip(1).take(3), |classes: &[u32]| yolo(&classes[..1]));
        dir.write("labels/0.txt", text.as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!(classes(&found), BTreeMap::from([("0", 2), ("2", 1)]), "{says}: {found}");
        assert_eq!(reason(&found, "labels/0.txt"), says, "{found}");
    }
    // Coordinates in pixels everywhere, and texts about something else, are no annotations of YOLO.
    for text in ["0 50 60 12 14\n", "a cyst in the left lobe\n", ""] {
        let dir = folder(numbered("images/#.png", 0..6));
        mark(&dir, "labels/#.txt", (0..6).map(|i| (i, text)), str::to_string);
        let found = inspect(dir.path(), &[]);
        assert!(classes(&found).is_empty() && found["images"] == 6, "{text}: {found}");
        assert!(
            warns(&found, "6 .txt files in labels are called like the images, one each, and are not read"),
            "{text}: {found}"
        );
    }
}

/// Four images, of which the first has more annotations than anybody makes.
fn dir_with_large_file() -> Dir {
    let dir = folder(numbered("images/#.png", 0..4));
    dir.write("labels/0.txt", "0 0.5 0.5 1 1\n".repeat((16 << 20) / 14 + 1).as_bytes());
    for i in 1..4 {
        dir.write(&format!("labels/{i}.txt"), if i < 3 { b"0 0.5 0.5 1 1\n" } else { b"" });
    }
    dir
}

#[test]
fn annotations_are_used_in_the_place_of_folders_where_they_are_asked_for() {
    let dir = folder(
        [numbered("train/good/#.png", 0..2), numbered("test/good/#.png", 2..3), numbered("test/bad/#.png", 3..6)].concat(),
    );
    mark(&dir, "labels/#.txt", CLASSES, yolo);
    dir.write("classes.txt", b"cyst\nother\nmass\n");
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("bad", 3), ("good", 3)]), "{found}");
    assert!(warns(&found, "labels/*.txt names 6 of these images, but the folders say their classes"), "{found}");
    assert!(warns(&found, "--labels"), "{found}");
    let labels = dir.path().join("labels");
    let labels = labels.to_str().unwrap();
    assert_eq!(classes(&inspect(dir.path(), &["--labels", labels])), counts());
    // Also where they lie beside what is opened.
    let found = inspect(&dir.path().join("test"), &["--labels", labels]);
    assert_eq!(classes(&found), BTreeMap::from([("mass", 1), ("no annotation", 2), ("several findings", 1)]), "{found}");
    assert!(says(&found, "classes named by") && warns(&found, "2 files annotate images that are not here"), "{found}");
    let none = dir.path().join("test/good");
    let sentence = refused(dir.path(), &["--labels", none.to_str().unwrap()]);
    assert!(sentence.contains("holds no annotations of single images"), "{sentence}");
}

#[test]
fn a_table_of_the_same_images_is_said_to_differ() {
    let dir = folder(numbered("images/#.png", 0..6));
    mark(&dir, "labels/#.txt", CLASSES, yolo);
    dir.write("grades.csv", b"file,label\n0.png,healthy\n1.png,ill\n2.png,ill\n3.png,ill\n4.png,healthy\n5.png,healthy\n");
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("healthy", 3), ("ill", 3)]), "{found}");
    assert!(warns(&found, "labels/*.txt names these files, too"), "{found}");
}
