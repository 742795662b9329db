//! `inspect` on the layouts of public data sets: each made small by the test.

use crate::test_files::{
    self, Dir,
    inspected::{classes, folder, inspect, numbered, run, splits, warns},
    mask, png,
};
use std::collections::BTreeMap;

#[test]
fn the_level_of_the_classes_is_found_and_can_be_chosen() {
    let findings = ["lower-gi-tract/anatomical-landmarks/cecum", "lower-gi-tract/pathological-findings/polyps"];
    let upper = ["upper-gi-tract/anatomical-landmarks/z-line", "upper-gi-tract/pathological-findings/esophagitis-a"];
    let all = [findings, upper].concat();
    let dir = folder(all.iter().flat_map(|f| numbered(&format!("labeled-images/{f}/#.jpg"), 0..2)));
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("cecum", 2), ("esophagitis-a", 2), ("polyps", 2), ("z-line", 2)]));
    assert!(warns(&found, "lower-gi-tract, upper-gi-tract. (if they are the classes: --set data.level=2)"), "{found}");
    for (level, names) in [("2", ["lower-gi-tract", "upper-gi-tract"]), ("-2", ["anatomical-landmarks", "pathological-findings"])]
    {
        let found = inspect(dir.path(), &["--set", &format!("data.level={level}")]);
        assert_eq!(classes(&found), BTreeMap::from(names.map(|name| (name, 4))), "{level}");
    }
    assert_eq!(run(dir.path(), &["--set", "data.level=99"]).status.code(), Some(2));
}

#[test]
fn a_folder_may_say_its_split_and_its_class_in_one_name() {
    let dir =
        folder(["train_normal", "test_normal", "test_sick"].iter().flat_map(|name| numbered(&format!("{name}/#.png"), 0..4)));
    let found = inspect(dir.path(), &[]);
    assert_eq!((classes(&found), splits(&found)), (BTreeMap::from([("normal", 8), ("sick", 4)]), [4, 0, 8]), "{found}");
    let dir = folder(["train_images", "test results", "sick"].iter().flat_map(|name| numbered(&format!("{name}/#.png"), 0..4)));
    assert!(!classes(&inspect(dir.path(), &[])).contains_key("results"));
}

#[test]
fn a_folder_for_each_patient_is_a_question_and_no_class() {
    let dir = folder((0..300).map(|i| format!("patient{i:04}/1.png")));
    let found = inspect(dir.path(), &[]);
    assert_eq!((&found["layout"], classes(&found).len()), (&"unlabelled".into(), 0));
    assert!(warns(&found, "300 folders are called like patients") && warns(&found, "--set data.level=1"), "{found}");
    let chosen = ["--set", "data.level=1"];
    assert_eq!(classes(&inspect(dir.path(), &chosen)).len(), 300);
    let output = run(dir.path(), &chosen);
    assert!(output.stdout.len() < 4000, "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("and 280 more"));
    let refused = run(dir.path(), &[&chosen[..], &["--normal", "nobody"]].concat());
    assert!(refused.status.code() == Some(1) && refused.stderr.len() < 2000);

    // Below classes they are patients, whom a split keeps together.
    let classes_above = folder((0..12).map(|i| format!("{}/patient{:04}/{}.png", ["COVID", "flu"][i % 2], i % 4, i)));
    let found = inspect(classes_above.path(), &["--normal", "flu"]);
    assert_eq!(classes(&found), BTreeMap::from([("COVID", 6), ("flu", 6)]), "{found}");
    assert!(warns(&found, "no patient on both sides"), "{found}");
}

#[test]
fn benchmarks_of_anomaly_detection() {
    // MVTec AD 2, LOCO and BTech: other names of splits and of the normal class, masks at other depths.
    let ad2 = folder([
        "can/train/good/000_regular.png",
        "can/train/good/001_regular.png",
        "can/validation/good/000_regular.png",
        "can/test_public/good/000_regular.png",
        "can/test_public/bad/000_regular.png",
        "can/test_public/ground_truth/bad/000_regular_mask.png",
        "can/test_private/000_regular.png",
    ]);
    let found = inspect(ad2.path(), &[]);
    assert_eq!((&found["layout"], &found["normal"], &found["masks"]), (&"mvtec".into(), &"good".into(), &1.into()), "{found}");
    assert_eq!((&found["images"], classes(&found)), (&6.into(), BTreeMap::from([("bad", 1), ("good", 4)])), "{found}");

    let loco = folder([
        "train/good/000.png",
        "validation/good/000.png",
        "test/good/000.png",
        "test/logical_anomalies/000.png",
        "test/structural_anomalies/000.png",
        "ground_truth/logical_anomalies/000/000.png",
        "ground_truth/logical_anomalies/000/001.png",
        "ground_truth/structural_anomalies/000/000.png",
    ]);
    let found = inspect(loco.path(), &[]);
    assert_eq!((&found["layout"], &found["images"], &found["masks"]), (&"mvtec".into(), &5.into(), &2.into()), "{found}");
    assert!(warns(&found, "1 image has several masks: what lies in any of them counts"), "{found}");

    let btech = |set: &str| {
        ["train/ok/0.bmp", "train/ok/1.bmp", "test/ok/2.bmp", "test/ko/0.bmp", "ground_truth/ko/0.png"]
            .map(|path| format!("{set}/{path}"))
    };
    let found = inspect(folder(btech("01")).path(), &[]);
    assert_eq!((&found["layout"], &found["normal"], &found["masks"]), (&"mvtec".into(), &"ok".into(), &1.into()), "{found}");
    // Several of them side by side.
    let found = inspect(folder([btech("01"), btech("02")].concat()).path(), &[]);
    assert_eq!((&found["layout"], &found["masks"]), (&"mvtec".into(), &2.into()), "{found}");
    assert_eq!((classes(&found), splits(&found)), (BTreeMap::from([("ko", 2), ("ok", 6)]), [4, 0, 4]));
    assert!(warns(&found, "2 sets side by side (01, 02)"), "{found}");

    let visa = folder(
        ["Images/Normal/0000.JPG", "Images/Normal/0001.JPG", "Images/Anomaly/000.JPG", "Masks/Anomaly/000.png"]
            .iter()
            .flat_map(|path| ["candle", "pcb1"].map(|set| format!("{set}/Data/{path}"))),
    );
    let found = inspect(visa.path(), &[]);
    assert_eq!((&found["images"], &found["masks"]), (&6.into(), &2.into()), "{found}");
    assert_eq!(classes(&found), BTreeMap::from([("Anomaly", 2), ("Normal", 4)]));
    let row = |set: &str, split: &str, label: &str, path: &str| format!("{set},{split},{label},{set}/Data/Images/{path},\n");
    let table: String = ["candle", "pcb1"]
        .iter()
        .map(|set| {
            row(set, "train", "normal", "Normal/0000.JPG")
                + &row(set, "test", "normal", "Normal/0001.JPG")
                + &row(set, "test", "anomaly", "Anomaly/000.JPG")
        })
        .collect();
    visa.write("split_csv/1cls.csv", format!("object,split,label,image,mask\n{table}").as_bytes());
    let found = inspect(visa.path(), &[]);
    assert_eq!((&found["layout"], splits(&found)), (&"labels-csv".into(), [2, 0, 4]), "{found}");
}

#[test]
fn our_own_split_keeps_duplicates_on_one_side() {
    let dir = Dir::new();
    for i in 0..30u64 {
        dir.png(&format!("normal/{i}.png"), i / 2).png(&format!("sick/{i}.png"), 100 + i);
    }
    // Once more in another format, and once among the abnormal ones.
    test_files::picture(3).save(dir.path().join("normal/again.bmp")).unwrap();
    dir.write("sick/normal.png", &png(5));
    let found = inspect(dir.path(), &["--normal", "normal"]);
    assert!(warns(&found, "no duplicate on both sides") && !warns(&found, "lie across the splits"), "{found}");
    assert!(found["duplicates"].as_array().unwrap().len() > 15 && splits(&found)[0] > 15, "{found}");

    // Frames that are alike by nature would all be one group, and nothing would be left to learn from.
    let film = Dir::new();
    (0..20).for_each(|i| _ = film.png(&format!("normal/{i}.png"), 7).png(&format!("sick/{i}.png"), 7));
    let found = inspect(film.path(), &["--normal", "normal"]);
    assert!(splits(&found)[0] == 14 && !warns(&found, "no duplicate on both sides"), "{found}");
}

#[cfg(unix)]
#[test]
fn links_that_leave_the_folder_are_named_and_passed_over() {
    use std::os::unix::fs::symlink;
    let (dir, other) = (folder(["a/1.png", "a/2.png", "b/3.png"]), folder(["c/secret.png"]));
    symlink(other.path().join("c"), dir.path().join("c")).unwrap();
    symlink(other.path().join("c/secret.png"), dir.path().join("b/secret.png")).unwrap();
    symlink(dir.path().join("a/1.png"), dir.path().join("b/inside.png")).unwrap();
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("a", 2), ("b", 2)]), "{found}");
    for path in ["c", "b/secret.png"] {
        let skipped = found["skipped"].as_array().unwrap().iter().find(|s| s["path"] == path).unwrap();
        assert!(skipped["reason"].as_str().unwrap().contains("leads out of the folder"), "{skipped}");
    }
}

#[test]
fn images_for_training_without_a_class_folder_are_normal_where_the_test_has_classes() {
    let name = |i: u32, kind: &str| format!("BraTS2021_0000{i}_{kind}_75.png");
    let train = (0..3).map(|i| format!("BraTS2021/train/{}", name(i, "flair")));
    let test = ["normal", "tumor"].into_iter().zip([4..6, 6..8]);
    let test = test.flat_map(|(class, numbers)| numbers.map(move |i| format!("BraTS2021/test/{class}/{}", name(i, "flair"))));
    let dir = folder(train.chain(test));
    (6..8).for_each(|i| _ = dir.write(&format!("BraTS2021/test/annotation/{}", name(i, "seg")), &mask()));
    let found = inspect(dir.path(), &[]);
    assert_eq!((classes(&found), &found["normal"]), (BTreeMap::from([("normal", 5), ("tumor", 2)]), &"normal".into()), "{found}");
    assert_eq!((splits(&found), &found["masks"]), ([3, 0, 4], &2.into()), "{found}");
    assert!(warns(&found, "3 images in train, in no class folder, are taken for `normal`"), "{found}");
    // Nothing is assumed where no class of the test is known to be normal.
    let dir = folder(["train/a.png", "train/b.png", "test/x/c.png", "test/y/d.png"]);
    assert!(warns(&inspect(dir.path(), &[]), "2 images lie in no class folder: unlabelled"));
}

#[test]
fn outer_folders_that_say_kinds_of_files_are_no_classes() {
    let train = (0..3).flat_map(|fold| ["all", "hem"].map(|class| format!("C-NMC_training_data/fold_{fold}/{class}/{fold}.bmp")));
    let dir = folder(train.chain(["C-NMC_test_prelim_phase_data/1.bmp".to_string()]));
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("all", 3), ("hem", 3)]), "{found}");
    assert!(warns(&found, "1 image lies in no class folder"), "{found}");
    let labelled = ["labeled-images/upper/a/cecum/1.jpg", "labeled-images/upper/b/polyps/2.jpg"].map(String::from);
    let dir = folder(labelled.into_iter().chain(numbered("unlabeled-images/images/#.jpg", 0..6)));
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("cecum", 1), ("polyps", 1)]), "{found}");
    assert!(warns(&found, "6 images lie in no class folder"), "{found}");
    for single in ["JPEGImages", "AllDICOMs", "dicoms"] {
        assert_eq!(inspect(folder([format!("{single}/1.png"), format!("{single}/2.png")]).path(), &[])["layout"], "unlabelled");
    }
}
