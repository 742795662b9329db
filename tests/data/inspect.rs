//! `inspect` through the binary: layouts of folders, splits, and what is printed.

use crate::test_files::{
    self, Dir,
    inspected::{count, counts, inspect, reason, refused, run, warns},
};
use assert_cmd::Command;
use serde_json::Value;

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
    assert_eq!(counts(&found), [count("good", [5, 4, 0, 1]), count("scratch", [2, 0, 0, 2])]);
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
    assert_eq!(counts(&found), [count("Ungood", [4, 0, 2, 2]), count("good", [10, 6, 2, 2])]);
    assert!(!warns(&found, "masks belong") && warns(&found, "Masks of normal images are not empty"), "{found}");

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
        assert_eq!(counts(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("normal", 4), ("sick", 4)]);
    }

    // DRIVE: names that only begin alike, and two folders of masks.
    let drive = Dir::new();
    for i in 21..25 {
        drive.png(&format!("training/images/{i}_training.png"), i).png(&format!("training/1st_manual/{i}_manual1.png"), 50 + i);
        drive.png(&format!("training/mask/{i}_training_mask.png"), 90 + i);
    }
    let found = inspect(drive.path(), &[]);
    assert_eq!((&found["images"], &found["masks"], counts(&found).len()), (&4.into(), &4.into(), 0), "{found}");

    // A mask goes to an image of its own folder only.
    let sites = Dir::new();
    sites.png("a/images/1.png", 1).png("a/images/2.png", 2).png("b/images/3.png", 3).png("b/images/4.png", 4);
    sites.png("a/masks/1.png", 50).png("a/masks/3.png", 51);
    let found = inspect(sites.path(), &[]);
    assert_eq!((&found["images"], &found["masks"]), (&4.into(), &1.into()));
    assert!(warns(&found, "1 mask belongs to no image and is left out (a/masks/3.png)"), "{found}");
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
    assert_eq!(counts(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("mask", 4), ("nomask", 4)]);
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
    assert_eq!(counts(&found), [count("good", [8, 4, 0, 4]), count("mask", [4, 0, 0, 4])]);
}

#[test]
fn class_named_like_masks_is_kept_with_notice() {
    let dir = Dir::new();
    for i in 0..4 {
        dir.png(&format!("label/{i}.png"), i).png(&format!("no finding/{i}.png"), 10 + i);
    }
    let found = inspect(dir.path(), &[]);
    assert_eq!(counts(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("label", 4), ("no finding", 4)]);
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
    assert_eq!(counts(&split), [count("healthy", [20, 14, 0, 6]), count("ill", [20, 0, 0, 20])]);
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
    assert_eq!(counts(&found), [count("CNV", [6, 3, 1, 2]), count("NORMAL", [6, 3, 1, 2])]);
    assert!(reason(&found, "archive/OCT2017/extra").contains("no split"));
    assert_eq!(found["normal"], "NORMAL");
}

#[test]
fn split_without_classes_and_train_folder_alone() {
    let flat = Dir::new();
    flat.png("train/1.png", 1).png("train/2.png", 2).png("test/3.png", 3);
    let found = inspect(flat.path(), &[]);
    assert_eq!((&found["layout"], &found["images"]), (&"unlabelled".into(), &3.into()));
    assert!(counts(&found).is_empty());
    assert_eq!(counts(&inspect(flat.path(), &["--normal", "*"])), [count("*", [3, 2, 0, 1])]);

    let train = Dir::new();
    for i in 0..10 {
        train.png(&format!("train/a/{i}.png"), i).png(&format!("train/b/{i}.png"), 50 + i);
    }
    let found = inspect(train.path(), &["--normal", "a"]);
    assert_eq!(counts(&found), [count("a", [10, 7, 0, 3]), count("b", [10, 0, 0, 10])]);
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
    assert_eq!(counts(&found).iter().map(|c| c.1[0]).collect::<Vec<_>>(), [3, 3, 2]);
    assert!(reason(&found, "test_images").contains("names no file"));

    let copies = Dir::new();
    copies
        .png("COVID/1.png", 1)
        .png("non-COVID/2.png", 2)
        .png("originals-png/COVID/1.png", 3)
        .png("originals-png/non-COVID/2.png", 4);
    let found = inspect(copies.path(), &[]);
    assert_eq!(counts(&found).into_iter().map(|c| c.0).collect::<Vec<_>>(), ["COVID", "non-COVID"]);
    assert!(warns(&found, "originals-png"));
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
    assert_eq!(counts(&found), [count("ill", [2, 0, 0, 2]), count("none", [18, 12, 0, 6])]);
    assert!(!warns(&found, "Leak") && warns(&found, "no patient on both sides"));
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
        assert_eq!(counts(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("ABNORMAL", 2), ("Normal", 4)]);
        assert!(warns(&found, "1 row repeats"), "{found}");
    }
    assert_eq!(inspect(table.path(), &["--normal", "!abnormal"])["normal"], "Normal");

    let folders = Dir::new();
    for i in 0..3 {
        folders.png(&format!("train/NORMAL/{i}.png"), i).png(&format!("test/normal/{i}.png"), 10 + i);
        folders.png(&format!("test/Übel /{i}.png"), 20 + i).png(&format!("train/übel/{i}.png"), 30 + i);
    }
    let found = inspect(folders.path(), &["--normal", "Normal"]);
    assert_eq!(counts(&found), [count("NORMAL", [6, 3, 0, 3]), count("Übel", [6, 3, 0, 3])]);

    let mvtec = Dir::new();
    mvtec.png("train/good/1.png", 1).png("train/Good /2.png", 2).png("test/GOOD/3.png", 3).png("test/hole/4.png", 4);
    let found = inspect(mvtec.path(), &[]);
    assert_eq!((&found["layout"], &found["normal"]), (&"mvtec".into(), &"GOOD".into()));
    assert_eq!(counts(&found).iter().map(|c| c.1[0]).collect::<Vec<_>>(), [3, 1]);
}

#[test]
fn wrong_usage_exits_with_2() {
    let output = Command::cargo_bin("dissolve-studio").unwrap().args(["inspect", ".", "--map", "colour=red"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let help = Command::cargo_bin("dissolve-studio").unwrap().args(["inspect", "--help"]).output().unwrap();
    assert!(String::from_utf8_lossy(&help.stdout).contains("Examples:"));
}
