//! `inspect` through the binary, on folders that the tests make: each layout, each limit, and unkind files.

use crate::test_files::{self, Dir, npy, png, zip};
use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;

/// Runs `inspect --json PATH ARGS…`, which has to succeed.
fn inspect(path: &Path, args: &[&str]) -> Value {
    let output = run(path, &[args, &["--json"]].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs it where it has to fail with exit code 1, and returns the sentence.
fn refused(path: &Path, args: &[&str]) -> String {
    let output = run(path, args);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(!errors.contains("panicked") && output.stdout.is_empty(), "{errors}");
    errors
}

fn run(path: &Path, args: &[&str]) -> std::process::Output {
    Command::cargo_bin("dissolve-studio")
        .unwrap()
        .arg("inspect")
        .arg(path)
        .args(args)
        .timeout(std::time::Duration::from_secs(60))
        .output()
        .unwrap()
}

/// `(name, total, train, val, test)` of each class.
fn classes(found: &Value) -> Vec<(String, [u64; 4])> {
    let count = |class: &Value, key: &str| class[key].as_u64().unwrap();
    let list = found["classes"].as_array().unwrap().iter();
    list.map(|c| (c["name"].as_str().unwrap().to_string(), ["total", "train", "val", "test"].map(|k| count(c, k)))).collect()
}

fn class(name: &str, counts: [u64; 4]) -> (String, [u64; 4]) {
    (name.to_string(), counts)
}

/// The reason why a path was put aside.
fn reason<'a>(found: &'a Value, path: &str) -> &'a str {
    let skipped = found["skipped"].as_array().unwrap();
    let entry = skipped.iter().find(|s| s["path"] == path).unwrap_or_else(|| panic!("{path} is not among {skipped:?}"));
    entry["reason"].as_str().unwrap()
}

fn warns(found: &Value, of: &str) -> bool {
    found["warnings"].as_array().unwrap().iter().any(|w| w.as_str().unwrap().contains(of))
}

#[test]
fn mvtec_layout_has_normal_class_and_masks() {
    let dir = Dir::new();
    for i in 0..4 {
        dir.png(&format!("train/good/{i}.png"), i);
    }
    dir.png("test/good/9.png", 9)
        .png("test/scratch/1.png", 21)
        .png("test/scratch/2.png", 22)
        .png("ground_truth/scratch/1_mask.png", 50);
    let found = inspect(dir.path(), &[]);
    assert_eq!(
        (&found["layout"], &found["normal"], &found["images"], &found["masks"]),
        (&"mvtec".into(), &"good".into(), &7.into(), &1.into())
    );
    assert_eq!(classes(&found), [class("good", [5, 4, 0, 1]), class("scratch", [2, 0, 0, 2])]);
    assert!(found["why"].as_str().unwrap().contains("good"));
}

#[test]
fn mask_files_are_not_images_or_classes() {
    // BMAD: images lie in the class folder or in its `img`, masks in its `label`, with the same numbers in each split.
    let bmad = Dir::new();
    for i in 0..6 {
        bmad.png(&format!("Brain/train/good/{i:04}.png"), i);
    }
    let (mut number, mut masks) = (10, 500);
    for split in ["valid", "test"] {
        for kind in ["good", "Ungood"] {
            for i in 0..2 {
                (number, masks) = (number + 1, masks + 1);
                bmad.png(&format!("Brain/{split}/{kind}/img/{i:04}.png"), number);
                bmad.png(&format!("Brain/{split}/{kind}/label/{i:04}.png"), masks);
            }
        }
    }
    let found = inspect(bmad.path(), &[]);
    assert_eq!((&found["layout"], &found["normal"]), (&"mvtec".into(), &"good".into()));
    assert_eq!((&found["images"], &found["masks"]), (&14.into(), &8.into()));
    assert_eq!(classes(&found), [class("Ungood", [4, 0, 2, 2]), class("good", [10, 6, 2, 2])]);
    assert!(!warns(&found, "mask"), "{found}");

    for (images, masks) in [
        ("images", "masks"),
        ("images", "labels"),
        ("img", "label"),
        ("Original", "Ground Truth"),
        ("train_images", "train_masks"),
        ("imagesTr", "labelsTr"),
        ("image", "Annotations"),
        ("fundus", "GT"),
        ("img", "anomaly_mask"),
        ("images", "label images"),
    ] {
        let dir = Dir::new();
        for i in 0..4 {
            for (n, class) in (0..).zip(["normal", "sick"]) {
                dir.png(&format!("{images}/{class}/{i}.png"), 10 * n + i);
                dir.png(&format!("{masks}/{class}/{i}.png"), 100 + 10 * n + i);
            }
        }
        let found = inspect(dir.path(), &[]);
        assert_eq!((&found["images"], &found["masks"]), (&8.into(), &8.into()), "{images} and {masks}");
        assert_eq!(classes(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("normal", 4), ("sick", 4)]);
    }

    // DRIVE: names that only begin alike, and two folders of masks.
    let drive = Dir::new();
    for i in 21..25 {
        drive.png(&format!("training/images/{i}_training.png"), i).png(&format!("training/1st_manual/{i}_manual1.png"), 50 + i);
        drive.png(&format!("training/mask/{i}_training_mask.png"), 90 + i);
    }
    let found = inspect(drive.path(), &[]);
    assert_eq!((&found["images"], &found["masks"], classes(&found).len()), (&4.into(), &4.into(), 0), "{found}");

    // A mask goes to an image of its own folder only.
    let sites = Dir::new();
    sites.png("a/images/1.png", 1).png("a/images/2.png", 2).png("b/images/3.png", 3).png("b/images/4.png", 4);
    sites.png("a/masks/1.png", 50).png("a/masks/3.png", 51);
    let found = inspect(sites.path(), &[]);
    assert_eq!((&found["images"], &found["masks"]), (&4.into(), &1.into()));
    assert!(warns(&found, "1 mask belongs to no image and is left out (a/masks/3.png)"), "{found}");
}

#[test]
fn table_labels_images_not_masks() {
    let dir = Dir::new();
    for i in 0..4 {
        dir.png(&format!("images/{i}.png"), i).png(&format!("masks/{i}.png"), 20 + i);
    }
    dir.write("labels.csv", b"image,label\n0,a\n1,a\n2,b\n3.png,b\n");
    let found = inspect(dir.path(), &[]);
    assert_eq!((&found["layout"], &found["images"], &found["masks"]), (&"labels-csv".into(), &4.into(), &4.into()));
    assert_eq!(found["warnings"].as_array().unwrap().len(), 1, "only that no split is given: {found}");
}

#[test]
fn classes_called_mask_are_classes() {
    let dir = Dir::new();
    let mut black_and_white = std::io::Cursor::new(Vec::new());
    let mask = image::GrayImage::from_fn(40, 32, |x, y| image::Luma([if x > 10 && y > 9 { 255 } else { 0 }]));
    mask.write_to(&mut black_and_white, image::ImageFormat::Png).unwrap();
    for i in 0..4 {
        dir.png(&format!("nomask/{i}.png"), i).png(&format!("mask/{i}.png"), 10 + i);
    }
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("mask", 4), ("nomask", 4)]);
    assert!(warns(&found, "mask is called like a folder of masks, but holds photographs"), "{found}");
    for i in 0..4 {
        dir.write(&format!("mask/{i}.png"), black_and_white.get_ref());
    }
    let found = inspect(dir.path(), &[]);
    assert_eq!((&found["images"], &found["masks"]), (&4.into(), &4.into()), "{found}");

    let mvtec = Dir::new();
    for i in 0..4 {
        mvtec.png(&format!("train/good/{i}.png"), i).png(&format!("test/good/{i}.png"), 10 + i);
        mvtec
            .png(&format!("test/mask/{i}.png"), 20 + i)
            .write(&format!("ground_truth/mask/{i}_mask.png"), black_and_white.get_ref());
    }
    let found = inspect(mvtec.path(), &[]);
    assert_eq!((&found["images"], &found["masks"]), (&12.into(), &4.into()), "{found}");
    assert_eq!(classes(&found), [class("good", [8, 4, 0, 4]), class("mask", [4, 0, 0, 4])]);
}

#[test]
fn class_named_like_masks_is_kept_with_notice() {
    let dir = Dir::new();
    for i in 0..4 {
        dir.png(&format!("label/{i}.png"), i).png(&format!("no finding/{i}.png"), 10 + i);
    }
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("label", 4), ("no finding", 4)]);
    assert!(warns(&found, "label is called like a folder of masks"), "{found}");
}

#[test]
fn class_folders_ask_for_normal_class_and_get_seeded_split() {
    let dir = Dir::new();
    for i in 0..20 {
        dir.png(&format!("healthy/{i}.png"), i).png(&format!("ill/{i}.png"), 100 + i);
    }
    dir.write("notes.md", b"about these").write(".DS_Store", b"x");
    let found = inspect(dir.path(), &[]);
    assert_eq!(
        (&found["layout"], &found["normal"], &found["suggested"]),
        (&"class-folders".into(), &Value::Null, &"healthy".into())
    );
    assert_eq!(found["skipped"], Value::Array(vec![]));
    let split = inspect(dir.path(), &["--normal", "healthy"]);
    assert_eq!(classes(&split), [class("healthy", [20, 14, 0, 6]), class("ill", [20, 0, 0, 20])]);
    assert!(warns(&split, "No split is given"));
    assert_eq!(split, inspect(dir.path(), &["--normal", "!ill"]), "the same split each time");
    let sentence = refused(dir.path(), &["--normal", "sound"]);
    assert!(sentence.contains("healthy (20), ill (20)"), "{sentence}");
}

#[test]
fn split_folders_below_wrapping_folder_are_found() {
    let dir = Dir::new();
    let mut number = 0;
    for (split, count) in [("train", 3), ("val", 1), ("TEST", 2)] {
        for name in ["NORMAL", "CNV"] {
            for _ in 0..count {
                number += 1;
                dir.png(&format!("archive/OCT2017/{split}/{name}/{number}.png"), number);
            }
        }
    }
    dir.png("archive/OCT2017/extra/7.png", 99);
    let found = inspect(dir.path(), &["--normal", "normal"]);
    assert_eq!(found["layout"], "split-class-folders");
    assert_eq!(classes(&found), [class("CNV", [6, 3, 1, 2]), class("NORMAL", [6, 3, 1, 2])]);
    assert!(reason(&found, "archive/OCT2017/extra").contains("no split"));
    assert_eq!(found["normal"], "NORMAL");
}

#[test]
fn split_without_classes_and_train_folder_alone() {
    let flat = Dir::new();
    flat.png("train/1.png", 1).png("train/2.png", 2).png("test/3.png", 3);
    let found = inspect(flat.path(), &[]);
    assert_eq!((&found["layout"], &found["images"]), (&"unlabelled".into(), &3.into()));
    assert!(classes(&found).is_empty());
    assert_eq!(classes(&inspect(flat.path(), &["--normal", "*"])), [class("*", [3, 2, 0, 1])]);

    let train = Dir::new();
    for i in 0..10 {
        train.png(&format!("train/a/{i}.png"), i).png(&format!("train/b/{i}.png"), 50 + i);
    }
    let found = inspect(train.path(), &["--normal", "a"]);
    assert_eq!(classes(&found), [class("a", [10, 7, 0, 3]), class("b", [10, 0, 0, 10])]);
    assert!(warns(&found, "nothing to test on"));
}

#[test]
fn aptos_layout_and_helper_folders() {
    let dir = Dir::new();
    let mut table = "id_code,diagnosis\n".to_string();
    for i in 0..8 {
        dir.png(&format!("train_images/{i:03x}.png"), i);
        table += &format!("{i:03x},{}\n", i % 3);
    }
    dir.png("test_images/001.png", 77).png("test_images/aaa.png", 78);
    dir.write("train.csv", table.as_bytes())
        .write("test.csv", b"id_code\n001\naaa\n")
        .write("sample_submission.csv", b"id_code,diagnosis\n001,0\naaa,0\n");
    let found = inspect(dir.path(), &["--normal", "0"]);
    assert_eq!((&found["layout"], &found["images"]), (&"labels-csv".into(), &8.into()));
    assert_eq!(classes(&found).iter().map(|c| c.1[0]).collect::<Vec<_>>(), [3, 3, 2]);
    assert!(reason(&found, "test_images").contains("names no file"));

    let copies = Dir::new();
    copies
        .png("COVID/1.png", 1)
        .png("non-COVID/2.png", 2)
        .png("originals-png/COVID/1.png", 3)
        .png("originals-png/non-COVID/2.png", 4);
    let found = inspect(copies.path(), &[]);
    assert_eq!(classes(&found).into_iter().map(|c| c.0).collect::<Vec<_>>(), ["COVID", "non-COVID"]);
    assert!(warns(&found, "originals-png"));
}

#[test]
fn table_formats_are_recognised() {
    // Semicolons, BOM, CRLF, quotes, back slashes; a split and a patient; numbers as pandas writes them.
    let dir = Dir::new();
    for i in 0..6 {
        dir.png(&format!("images/a {i}.png"), i);
    }
    let table = "\u{feff}\"file\";\"split\";\"label\";\"patient\"\r\n\"images\\a 0.png\";train;0.0;p1\r\nimages/a 1.png;train;0;p2\r\n./images/a 2.png;test;1;p2\r\na 3.png;test;0;p3\r\na 4;test;;p4\r\n";
    dir.write("labels.csv", table.as_bytes());
    let found = inspect(dir.path(), &["--normal", "0"]);
    assert_eq!((&found["layout"], &found["images"]), (&"labels-csv".into(), &5.into()));
    assert_eq!(classes(&found), [class("0", [3, 2, 0, 1]), class("1", [1, 0, 0, 1])]);
    assert!(warns(&found, "Leak: 1 patient is in train and in test (p2)"), "{found}");
    assert!(warns(&found, "1 image is in the table without a label"));
    assert!(reason(&found, "images/a 5.png").contains("no row"));
}

#[test]
fn table_path_never_labels_file_of_another_folder() {
    // Labels of one hospital; the same numbers in another.
    let sites = Dir::new();
    let rows = |of: &str, label: &str, numbers: std::ops::Range<u64>| -> String {
        numbers.map(|i| format!("{of}{i:04}.jpg,{label}\n")).collect()
    };
    for i in 1..9 {
        sites.png(&format!("hospital_b/{i:04}.jpg"), i);
    }
    for (sick, normal) in [
        ("hospital_a/", "hospital_b/"),
        ("hospital_a\\", ".\\hospital_b\\"),
        ("/mnt/hospital_a/", "/mnt/hospital_b/"),
        ("C:\\study\\hospital_a\\", "C:\\study\\hospital_b\\"),
        ("study/hospital_a/", "study/hospital_b/"),
    ] {
        let table = format!("file,label\n{}{}", rows(sick, "sick", 1..5), rows(normal, "normal", 5..9));
        sites.write("labels.csv", table.as_bytes());
        // Opened completely, and at the one hospital alone.
        let labels = sites.path().join("labels.csv");
        for (path, args) in
            [(sites.path().to_path_buf(), vec![]), (sites.path().join("hospital_b"), vec!["--labels", labels.to_str().unwrap()])]
        {
            let found = inspect(&path, &args);
            assert_eq!((&found["layout"], &found["images"]), (&"labels-csv".into(), &4.into()), "{sick}: {found}");
            assert_eq!(classes(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("normal", 4)], "{sick}");
            assert!(warns(&found, "4 rows name no file that is here"), "{found}");
            assert!(warns(&found, "4 images have no row in the table"), "{found}");
            assert_eq!(found["skipped"].as_array().unwrap().len(), 8);
        }
    }
    // Most rows without a file.
    let table = format!("file,label\n{}{}", rows("hospital_a/", "sick", 1..30), rows("hospital_b/", "normal", 5..8));
    sites.write("labels.csv", table.as_bytes());
    let found = inspect(sites.path(), &[]);
    assert_eq!((&found["layout"], &found["images"]), (&"labels-csv".into(), &3.into()), "{found}");
    assert!(warns(&found, "29 rows name no file that is here") && warns(&found, "5 images have no row"), "{found}");
    // Where not one row names a file, the table labels nothing, and that is said.
    sites.write("labels.csv", format!("file,label\n{}", rows("hospital_a/", "sick", 1..9)).as_bytes());
    let found = inspect(sites.path(), &[]);
    assert!(found["layout"] != "labels-csv" && warns(&found, "only 0 % of its rows name a file that is here"), "{found}");
    let table = sites.path().join("labels.csv");
    let sentence = refused(&sites.path().join("hospital_b"), &["--labels", table.to_str().unwrap()]);
    assert!(sentence.contains("names no file that lies in"), "{sentence}");
}

#[test]
fn table_paths_with_other_root_are_resolved() {
    let dir = Dir::new();
    for i in 0..4 {
        dir.png(&format!("scans/p{i}/view.JPG"), i);
    }
    for before in ["", "CheXpert-v1.0-small/", "/home/anna/data/", "D:\\data\\", "./"] {
        let rows: String = (0..4).map(|i| format!("{before}scans/p{i}/view.jpg,{}\n", i % 2)).collect();
        dir.write("labels.csv", format!("path,label\n{rows}").as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!(found["images"], 4, "{before}");
        assert_eq!(classes(&found).iter().map(|c| c.1[0]).collect::<Vec<_>>(), [2, 2], "{before}");
        assert_eq!(warns(&found, "is taken for this folder"), !matches!(before, "" | "./"), "{found}");
    }
    // Paths below other folders, and a bare name that two files have.
    dir.png("more/p0/other.JPG", 9);
    dir.write("labels.csv", b"path,label\np0/view,0\np1/view,1\np0/other,0\nview,1\np3/view,1\n");
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["images"], 4);
    assert!(warns(&found, "1 row names more than one file, which are not labelled (view)"), "{found}");
    // A table of a complete set beside a few of its images.
    let part = Dir::new();
    part.png("a/1.png", 1).png("a/2.png", 2);
    let rows: String = (0..50).map(|i| format!("a/{i}.png,x\nb/{i}.png,y\n")).collect();
    part.write("labels.csv", format!("file,label\n{rows}").as_bytes());
    let found = inspect(part.path(), &[]);
    assert_eq!((classes(&found), &found["images"]), (vec![class("x", [2, 1, 0, 1])], &2.into()));
    assert!(warns(&found, "98 rows name no file that is here (a/0.png, b/0.png, b/1.png, …)"), "{found}");
}

#[test]
fn columns_can_be_mapped_and_table_chosen() {
    let dir = Dir::new();
    for i in 0..4 {
        dir.png(&format!("pictures/{i}.png"), i);
    }
    dir.write("tables/findings.tsv", b"scan\tverdict\tcase\n0\tnone\tA\n1\tnone\tB\n2\tcyst\tA\n3\tcyst\tC\n");
    let table = dir.path().join("tables/findings.tsv");
    let labels = ["--labels", table.to_str().unwrap()];
    assert!(refused(dir.path(), &labels).contains("scan, verdict, case"));
    let found =
        inspect(dir.path(), &[&labels[..], &["--map", "file=scan,label=verdict,patient=case", "--normal", "!cyst"]].concat());
    assert_eq!(found["layout"], "labels-csv");
    // Patient A has a cyst, so its normal image tests as well.
    assert_eq!(classes(&found), [class("cyst", [2, 0, 0, 2]), class("none", [2, 1, 0, 1])]);
    assert!(refused(dir.path(), &[&labels[..], &["--map", "label=nothing"]].concat()).contains("no column `nothing`"));
}

#[test]
fn missing_duplicate_and_contradicting_rows_are_reported() {
    let dir = Dir::new();
    for i in 0..5 {
        dir.png(&format!("{i}.png"), i);
    }
    dir.write("x.csv", b"file,label\n0.png,a\n0.png,a\n1.png,a\n1.png,b\n2.png,b\ngone.png,a\n3.png\n,a\n");
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["images"], 3);
    assert!(warns(&found, "1 row repeats"));
    assert!(reason(&found, "1.png").contains("`a` in row 4 of x.csv and `b` in row 5"));
    assert!(reason(&found, "gone.png").contains("row 7 of x.csv"));
    assert!(reason(&found, "4.png").contains("no row"));
}

#[test]
fn hundred_thousand_rows_are_read_quickly() {
    let dir = Dir::new();
    let mut table = "file,label\n".to_string();
    for i in 0..100_000 {
        table += &format!("{i}.png,{}\n", i % 2);
    }
    dir.write("labels.csv", table.as_bytes());
    dir.png("1.png", 1).png("99999.png", 2);
    let start = std::time::Instant::now();
    let path = dir.path().join("labels.csv");
    let found = inspect(dir.path(), &["--labels", path.to_str().unwrap()]);
    assert_eq!((found["images"].as_u64(), found["skipped"].as_array().map(Vec::len)), (Some(2), Some(99_998)));
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn split_keeps_images_of_a_patient_together() {
    let dir = Dir::new();
    for i in 0..10 {
        dir.png(&format!("none/{i}_left.png"), i);
        dir.png(&format!("{}/{i}_right.png", if i < 2 { "ill" } else { "none" }), 40 + i);
    }
    let found = inspect(dir.path(), &["--normal", "none"]);
    // 18 normals, 30 % = 5; patients 0 and 1 bring 2, then patients of 2, never split.
    assert_eq!(classes(&found), [class("ill", [2, 0, 0, 2]), class("none", [18, 12, 0, 6])]);
    assert!(!warns(&found, "Leak") && warns(&found, "no patient on both sides"));
}

#[test]
fn unreadable_files_are_reported_and_the_rest_works() {
    let dir = Dir::new();
    let complete = png(1);
    let mut jpeg = std::io::Cursor::new(Vec::new());
    image::DynamicImage::from(test_files::picture(7)).write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    dir.write("good.png", &complete).write("really a png.jpg", &png(2)).write("no extension", &png(3));
    dir.write("empty.png", b"").write("text.png", b"this is text").write("page.html.png", b"<html>");
    dir.write("cut.png", &complete[..complete.len() / 2])
        .write("cut.jpg", &jpeg[..jpeg.len() - 20])
        .write("stub.jpg", &jpeg[..30]);
    dir.write("volume.nii.gz", b"\x1f\x8b\x08\0\0")
        .write("huge.png", &test_files::png_header(20_001, 10_000))
        .write("flat.png", &test_files::png_header(0, 10));
    let mut damaged = png(4);
    damaged[60] ^= 0xff;
    dir.write("damaged.png", &damaged);
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["images"], 3, "{found}");
    for (path, says) in [
        ("empty.png", "is empty"),
        ("text.png", "no picture"),
        ("page.html.png", "is a web page"),
        ("cut.png", "cut short"),
        ("cut.jpg", "cut short"),
        ("stub.jpg", "cut short"),
        ("volume.nii.gz", "gzip"),
        ("huge.png", "200 megapixels; the limit is 200"),
        ("flat.png", "no pixels"),
        ("damaged.png", "damaged"),
    ] {
        let reason = reason(&found, path);
        assert!(reason.contains(says), "{path}: {reason}");
    }
}

#[test]
fn single_image_and_invalid_paths() {
    let dir = Dir::new();
    dir.png("one.png", 1).write("words.txt", b"words").write("empty/.keep", b"");
    let found = inspect(&dir.path().join("one.png"), &[]);
    assert_eq!((&found["layout"], &found["images"]), (&"unlabelled".into(), &1.into()));
    assert!(refused(&dir.path().join("words.txt"), &[]).contains("words.txt"));
    assert!(refused(&dir.path().join("empty"), &[]).contains("holds no images"));
    assert!(refused(&dir.path().join("nowhere"), &[]).contains("nowhere"));
    dir.write("bad/a.png", b"");
    assert!(refused(&dir.path().join("bad"), &[]).contains("a.png is empty"));
}

#[cfg(unix)]
#[test]
fn links_pipes_and_non_utf8_names() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let dir = Dir::new();
    let at = |name: &str| dir.path().join(name);
    dir.png("a/1.png", 1).png("b/2.png", 2).png("b/über alle 山.png", 3);
    for name in [&b"b/caf\xe9.png"[..], b"b/caf\xe8.png"] {
        std::fs::write(dir.path().join(std::ffi::OsStr::from_bytes(name)), png(u64::from(name[5]))).unwrap();
    }
    symlink(dir.path(), at("a/loop")).unwrap();
    symlink(at("b"), at("a/again")).unwrap();
    symlink(at("nothing"), at("a/dangling.png")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("a/socket.png")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("a/pipe.png")).status().unwrap().success());
    symlink("/dev/zero", at("a/device.png")).unwrap();
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("a", 1), ("b", 4)]);
    assert!(reason(&found, "a/loop").contains("link"));
    assert!(reason(&found, "a/again").contains("looked at already"));
    assert!(reason(&found, "a/dangling.png").contains("link to nothing"));
    for path in ["a/pipe.png", "a/socket.png", "a/device.png"] {
        assert!(reason(&found, path).contains("never opened"));
    }
    assert!(refused(&at("a/pipe.png"), &[]).contains("never opened"));
    // Named by its bytes on the command line, too.
    let odd = dir.path().join(std::ffi::OsStr::from_bytes(b"b/caf\xe9.png"));
    assert_eq!(inspect(&odd, &[])["images"], 1);
}

#[test]
fn malformed_npz_is_refused() {
    let dir = Dir::new();
    let images = |n: usize| npy("|u1", &[n, 4, 4], &(0..n * 16).map(|i| (i * 7 % 251) as u8).collect::<Vec<_>>());
    let labels = |values: &[u8]| npy("|u1", &[values.len(), 1], values);
    let good = [
        ("train_images", images(3)),
        ("train_labels", labels(&[0, 1, 0])),
        ("test_images", images(2)),
        ("test_labels", labels(&[1, 1])),
    ];
    let open = |name: &str, parts: &[(&str, Vec<u8>)]| {
        dir.write(name, &zip(parts));
        dir.path().join(name)
    };
    let found = inspect(&open("good.npz", &good), &["--normal", "1"]);
    assert_eq!(found["layout"], "medmnist-npz");
    assert_eq!(classes(&found), [class("0", [2, 2, 0, 0]), class("1", [3, 1, 0, 2])]);
    assert!(warns(&found, "no val part"));

    let nan = npy("<f4", &[2, 2, 2], &[0.5f32, f32::NAN, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0].map(f32::to_le_bytes).concat());
    for (what, part, says) in [
        ("short", npy("|u1", &[3, 4, 4], &[0; 20]), "cut short"),
        ("objects", npy("|O", &[3], b"\x80\x04]."), "never executed"),
        ("flat", npy("|u1", &[48], &[0; 48]), "shape [48]"),
        ("cubes", npy("|u1", &[2, 2, 2, 2], &[0; 16]), "shape [2, 2, 2, 2]"),
        ("negative", npy("<i2", &[1, 1, 2], &[0xff, 0xff, 1, 0]), "values from -1"),
        ("text", b"hello, I am no array at all".to_vec(), "no NumPy array"),
        ("words", npy("<U3", &[1, 1, 2], &[0; 24]), "type"),
        ("endless", npy("|u1", &[usize::MAX, usize::MAX, 3], &[]), "more than the archive holds"),
    ] {
        let path = open(&format!("{what}.npz"), &[("train_images", part), good[2].clone(), good[3].clone()]);
        let found = inspect(&path, &[]);
        assert_eq!(found["images"], 2, "{what}");
        assert!(reason(&found, "train_images").contains(says), "{what}: {}", reason(&found, "train_images"));
    }
    let found = inspect(&open("nan.npz", &[("test_images", nan), ("test_labels", labels(&[0, 1]))]), &[]);
    assert_eq!(found["images"], 1);
    assert!(warns(&found, "NaN"));
    let found = inspect(&open("count.npz", &[("train_images", images(3)), ("train_labels", labels(&[0])), good[2].clone()]), &[]);
    assert!(warns(&found, "train_labels has 1 labels for 3 images: train_images stays unlabelled"), "{found}");
    assert!(warns(&found, "no labels") && found["images"] == 5, "{found}");
    assert!(refused(&open("other.npz", &[("arr_0", images(1))]), &[]).contains("arr_0"));
    open("one/a.npz", &good);
    assert_eq!(inspect(&dir.path().join("one"), &[])["images"], 5);
    open("two/a.npz", &good);
    open("two/b.npz", &good);
    assert!(refused(&dir.path().join("two"), &[]).contains("a.npz, b.npz"));
    dir.write("broken.npz", b"PK\x03\x04 and then nothing");
    assert!(refused(&dir.path().join("broken.npz"), &[]).contains("zip"));
}

#[test]
fn decompression_bomb_is_refused() {
    let dir = Dir::new();
    let bomb = npy("|u1", &[260, 1024, 1024], &vec![0; 260 << 20]);
    dir.write("bomb.npz", &zip(&[("train_images", bomb)]));
    let sentence = refused(&dir.path().join("bomb.npz"), &[]);
    assert!(sentence.contains("would unpack to 260 MiB"), "{sentence}");
}

#[test]
fn cifar_binary_is_read_and_pickle_declined() {
    let dir = Dir::new();
    let record = |label: u8, n: usize| [vec![label], (0..3072).map(|i| ((i * n) % 256) as u8).collect()].concat();
    dir.write("cifar-10-batches-bin/data_batch_1.bin", &[record(0, 3), record(1, 5)].concat());
    dir.write("cifar-10-batches-bin/test_batch.bin", &record(1, 7));
    dir.write("cifar-10-batches-bin/batches.meta.txt", b"airplane\nautomobile\n");
    let found = inspect(dir.path(), &["--normal", "airplane"]);
    assert_eq!(found["layout"], "cifar");
    assert_eq!(classes(&found), [class("airplane", [1, 1, 0, 0]), class("automobile", [2, 1, 0, 1])]);
    let python = Dir::new();
    python.write("cifar-10-batches-py/data_batch_1", b"\x80\x02}q\x01");
    assert!(refused(python.path(), &[]).contains("never executed"));
}

#[test]
fn duplicates_are_found_across_splits_and_formats() {
    let dir = Dir::new();
    for i in 0..6 {
        dir.png(&format!("train/good/{i}.png"), i);
    }
    let picture = test_files::picture(3);
    picture.save(dir.path().join("train/good/copy.bmp")).unwrap();
    std::fs::create_dir_all(dir.path().join("test/bad")).unwrap();
    image::DynamicImage::from(picture)
        .resize_exact(80, 80, image::imageops::FilterType::Triangle)
        .save(dir.path().join("test/bad/larger.jpg"))
        .unwrap();
    let found = inspect(dir.path(), &[]);
    let pairs = found["duplicates"].to_string();
    assert_eq!(found["duplicates"].as_array().unwrap().len(), 2, "{pairs}");
    assert!(pairs.contains("copy.bmp") && pairs.contains("larger.jpg"));
    assert!(warns(&found, "1 pair of duplicates lie across the splits"), "{found}");
}

#[test]
fn text_output_matches_json() {
    let dir = Dir::new();
    dir.png("normal/1.png", 1).png("ill/2.png", 2).write("ill/3.png", b"");
    let output = run(dir.path(), &[]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in ["class-folders", "--normal 'normal'", "ill/3.png is empty", "total"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn class_names_ignore_case_and_surrounding_space() {
    let table = Dir::new();
    for i in 0..6 {
        table.png(&format!("{i}.png"), i);
    }
    table.write("labels.csv", "filename , label\n0.png , Normal\n1.png , normal \n2.png , ABNORMAL\n3.png , Normal\n4.png,Normal\u{a0}\n5.png,\" abnormal\"\n0.png,NORMAL\n".as_bytes());
    for name in ["Normal", "normal", " NORMAL "] {
        let found = inspect(table.path(), &["--normal", name]);
        assert_eq!(found["normal"], "Normal");
        assert_eq!(classes(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("ABNORMAL", 2), ("Normal", 4)]);
        assert!(warns(&found, "1 row repeats"), "{found}");
    }
    assert_eq!(inspect(table.path(), &["--normal", "!abnormal"])["normal"], "Normal");

    let folders = Dir::new();
    for i in 0..3 {
        folders.png(&format!("train/NORMAL/{i}.png"), i).png(&format!("test/normal/{i}.png"), 10 + i);
        folders.png(&format!("test/Übel /{i}.png"), 20 + i).png(&format!("train/übel/{i}.png"), 30 + i);
    }
    let found = inspect(folders.path(), &["--normal", "Normal"]);
    assert_eq!(classes(&found), [class("NORMAL", [6, 3, 0, 3]), class("Übel", [6, 3, 0, 3])]);

    let mvtec = Dir::new();
    mvtec.png("train/good/1.png", 1).png("train/Good /2.png", 2).png("test/GOOD/3.png", 3).png("test/hole/4.png", 4);
    let found = inspect(mvtec.path(), &[]);
    assert_eq!((&found["layout"], &found["normal"]), (&"mvtec".into(), &"GOOD".into()));
    assert_eq!(classes(&found).iter().map(|c| c.1[0]).collect::<Vec<_>>(), [3, 1]);
}

#[test]
fn system_files_are_skipped_and_counted() {
    let dir = Dir::new();
    for i in 0..4 {
        dir.png(&format!("normal/{i}.png"), i).png(&format!("sick/{i}.png"), 10 + i);
        dir.png(&format!("normal/@eaDir/{i}.png/SYNOFILE_THUMB_M.jpg"), i).png(&format!("sick/.@__thumb/{i}.png"), i);
        dir.png(&format!("sick/._{i}.png"), i);
    }
    let bins = ["#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "__MACOSX", "@Recycle", "#snapshot"];
    for bin in bins {
        dir.png(&format!("{bin}/normal/deleted.png"), 50);
    }
    dir.png(".Trashes/501/gone.png", 51).write("sick/Thumbs.db", b"x").write(".DS_Store", b"x");
    let found = inspect(dir.path(), &[]);
    assert_eq!((&found["layout"], &found["images"]), (&"class-folders".into(), &8.into()));
    assert_eq!(classes(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("normal", 4), ("sick", 4)]);
    assert_eq!(found["skipped"], Value::Array(vec![]));
    let lines = found["warnings"].as_array().unwrap().iter().filter(|w| w.as_str().unwrap().contains("passed over"));
    assert_eq!(lines.count(), 1, "{found}");
    assert!(warns(&found, "10 folders and 6 files of the drive or the system"), "{found}");
}

#[test]
fn wrong_usage_exits_with_2() {
    let output = Command::cargo_bin("dissolve-studio").unwrap().args(["inspect", ".", "--map", "colour=red"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let help = Command::cargo_bin("dissolve-studio").unwrap().args(["inspect", "--help"]).output().unwrap();
    assert!(String::from_utf8_lossy(&help.stdout).contains("Examples:"));
}

#[test]
fn deeply_nested_dicom_is_excluded_with_reason() {
    let dir = Dir::new();
    // Each sequence and its item reach to the end of the file: the lengths are left open.
    let level = |_| [&[8, 0, 0x40, 0x11][..], b"SQ\0\0", &[0xff; 4], &[0xfe, 0xff, 0, 0xe0], &[0xff; 4]].concat();
    let nested = (0..20_000).flat_map(level).collect::<Vec<u8>>();
    dir.write("deep.dcm", &[test_files::dicom(&[]), nested].concat()).png("good.png", 1);
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["images"], 1);
    assert!(reason(&found, "deep.dcm").contains("nest more than 256 deep"), "{found}");
}
