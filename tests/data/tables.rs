//! `inspect` on tables of labels as people have them: which are used, what their columns mean, and which images their rows name.

use crate::test_files::inspected::{classes, folder, inspect, numbered, rows, run, says, splits, warns};
use std::collections::BTreeMap;

#[test]
fn one_hot_tables_of_splits_label_images_of_other_folders() {
    let [train, test] = [numbered("ISIC_000#", 10..16), numbered("ISIC_010#", 20..23)];
    let at = |folder: &str, names: &[String]| names.iter().map(|n| format!("{folder}/{n}.jpg")).collect::<Vec<_>>();
    let dir = folder([at("ISIC2018_Task3_Training_Input", &train), at("ISIC2018_Task3_Test_Input", &test)].concat());
    let labels = ["1.0,0.0,0.0", "0.0,1.0,0.0", "0.0,0.0,1.0"];
    for (split, names) in [("Training", &train), ("Test", &test)] {
        let name = format!("ISIC2018_Task3_{split}_GroundTruth/ISIC2018_Task3_{split}_GroundTruth.csv");
        dir.write(&name, format!("image,MEL,NV,BCC\n{}", rows(names, &labels)).as_bytes());
    }
    let found = inspect(dir.path(), &["--normal", "nv"]);
    assert_eq!((&found["layout"], &found["normal"]), (&"labels-csv".into(), &"NV".into()), "{found}");
    assert_eq!(classes(&found), BTreeMap::from([("BCC", 3), ("MEL", 3), ("NV", 3)]));
    assert_eq!(splits(&found), [6, 0, 3]);
    assert!(says(&found, "one-hot") && says(&found, "names the split"), "{found}");
}

#[test]
fn one_hot_tables_go_on_though_a_class_never_occurs_and_weights_stand_beside() {
    let [train, test] = [numbered("a#", 10..22), numbered("b#", 20..28)];
    let at = |folder: &str, names: &[String]| names.iter().map(|n| format!("{folder}/{n}.jpg")).collect::<Vec<_>>();
    let dir = folder([at("Training_Input", &train), at("Test_Input", &test)].concat());
    // No image of the first is unknown, none of the second has a DF.
    let labels = ["1.0,0.0,0.0,0.0", "0.0,1.0,0.0,0.0", "0.0,0.0,1.0,0.0"];
    dir.write("Training_GroundTruth.csv", format!("image,MEL,NV,DF,UNK\n{}", rows(&train, &labels)).as_bytes());
    let labels = ["1.0,0.0,0.0,0.0,1.0,1.0", "0.0,1.0,0.0,0.0,1.0,0.0", "0.0,0.0,0.0,1.0,1.0,1.0", "0.0,1.0,0.0,0.0,1.0,1.0"];
    let table = format!("image,MEL,NV,DF,UNK,score_weight,validation_weight\n{}", rows(&test, &labels));
    dir.write("Test_GroundTruth.csv", table.as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("DF", 4), ("MEL", 6), ("NV", 8), ("UNK", 2)]), "{found}");
    assert_eq!(splits(&found), [12, 0, 8]);
    assert!(!warns(&found, "not used") && !warns(&found, "left out"), "{found}");
}

#[test]
fn a_table_that_tells_what_another_one_sums_up_is_no_contradiction() {
    let names = numbered("#.png", 0..8);
    let dir = folder(&names);
    let table = |labels: &[&str]| format!("image,label\n{}", rows(&names, labels));
    dir.write("split.csv", table(&["normal", "anomaly", "normal", "anomaly"]).as_bytes());
    dir.write("which.csv", table(&["normal", "hole", "normal", "melted"]).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert!(warns(&found, "which.csv names these files, too") && !warns(&found, "contradicts"), "{found}");
    dir.write("which.csv", table(&["normal", "hole", "melted", "normal"]).as_bytes());
    assert!(warns(&inspect(dir.path(), &[]), "which.csv contradicts the table that is used: it labels 4 images differently"));
}

#[test]
fn columns_of_findings_and_a_path_prefix_are_understood() {
    let path = |split: &str, i: u32| format!("{split}/patient{i:05}/study1/view1_frontal.jpg");
    let dir = folder((0..6).map(|i| path("train", i)).chain((50..53).map(|i| path("valid", i))));
    let table = |split: &str, numbers: std::ops::Range<u32>| {
        let findings = ["1.0,,,", ",1.0,,", ",1.0,1.0,0.0", ",-1.0,,", ",0.0,,", ",,,"];
        let rows: String = numbers
            .zip(findings)
            .map(|(i, f)| format!("CheXpert-v1.0-small/{},Male,60,Frontal,AP,{f}\n", path(split, i)))
            .collect();
        format!("Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Edema,Fracture,Support Devices\n{rows}")
    };
    dir.write("train.csv", table("train", 0..6).as_bytes()).write("valid.csv", table("valid", 50..53).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!((&found["layout"], &found["normal"]), (&"labels-csv".into(), &"No Finding".into()), "{found}");
    let counts = BTreeMap::from([("Edema", 2), ("No Finding", 4), ("several findings", 2), ("uncertain", 1)]);
    assert_eq!(classes(&found), counts);
    assert_eq!(splits(&found), [6, 0, 3]);
    assert!(warns(&found, "begin with CheXpert-v1.0-small") && says(&found, "Patients are read from the folders"), "{found}");

    // NIH: findings in one field, images in several folders.
    let nih = folder((0..6).map(|i| format!("images_00{}/images/0000000{i}_000.png", 1 + i % 2)));
    let labels = ["No Finding", "Mass|Edema", "Mass"];
    let files = numbered("0000000#_000.png", 0..6);
    nih.write("Data_Entry_2017.csv", format!("Image Index,Finding Labels\n{}", rows(&files, &labels)).as_bytes());
    let found = inspect(nih.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("Mass", 2), ("No Finding", 2), ("several findings", 2)]), "{found}");
    assert_eq!(found["suggested"], "No Finding");
    assert!(says(&found, "bare names"));
    nih.write("train_val_list.txt", files[..4].join("\n").as_bytes()).write("test_list.txt", files[4..].join("\n").as_bytes());
    let found = inspect(nih.path(), &[]);
    assert_eq!(splits(&found), [4, 0, 2], "{found}");
    assert!(says(&found, "Lists of names say the split: test_list.txt, train_val_list.txt"), "{found}");
}

#[test]
fn tables_of_other_images_go_on_and_guesses_do_not() {
    let [train, test] = [numbered("#_left", 10..16), numbered("#_left", 50..56)];
    let at = |folder: &str, names: &[String]| names.iter().map(|n| format!("{folder}/{n}.jpeg")).collect::<Vec<_>>();
    let eyepacs = folder([at("train", &train), at("test", &test)].concat());
    eyepacs.write("trainLabels.csv", format!("image,level\n{}", rows(&train, &["0", "2"])).as_bytes());
    eyepacs
        .write("retinopathy_solution.csv", format!("image,level,Usage\n{}", rows(&test, &["0,Public", "2,Private"])).as_bytes());
    let found = inspect(eyepacs.path(), &["--normal", "0"]);
    assert_eq!((classes(&found), splits(&found)), (BTreeMap::from([("0", 6), ("2", 6)]), [6, 0, 6]), "{found}");

    let aptos = folder([at("train_images", &train), at("test_images", &test)].concat());
    aptos.write("train.csv", format!("id_code,diagnosis\n{}", rows(&train, &["0", "2"])).as_bytes());
    aptos.write("sample_submission.csv", format!("id_code,diagnosis\n{}", rows(&test, &["0"])).as_bytes());
    let found = inspect(aptos.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("0", 3), ("2", 3)]), "{found}");
    assert!(warns(&found, "sample_submission.csv names these files, too"), "{found}");
}

#[test]
fn a_table_without_known_labels_is_named_with_what_to_type() {
    let names = numbered("PAT_#_0.png", 0..8);
    let dir = folder(names.iter().map(|n| format!("all pictures/{n}")));
    let lines: String = names.iter().zip(["BCC", "NEV"].iter().cycle()).map(|(n, l)| format!("{n},55,{l},True\n")).collect();
    dir.write("about/meta data.csv", format!("key,age,verdict,biopsed\n{lines}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert!(found["layout"] != "labels-csv" && warns(&found, "names these files (column `key`)"), "{found}");
    assert!(warns(&found, "age, verdict, biopsed") && warns(&found, "--map file=key,label=COLUMN"), "{found}");
    let path = dir.path().join("about/meta data.csv");
    assert!(warns(&found, &format!("--labels '{}'", path.display())), "{found}");
    let found = inspect(dir.path(), &["--labels", path.to_str().unwrap(), "--map", "file=key,label=verdict"]);
    assert_eq!(classes(&found), BTreeMap::from([("BCC", 4), ("NEV", 4)]));
    // The columns alone are enough, and are never dropped in silence.
    assert_eq!(inspect(dir.path(), &["--map", "label=verdict"])["layout"], "labels-csv");
    let refused = run(dir.path(), &["--map", "label=nothing"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("has the columns nothing"));

    dir.write("about/meta data.csv", format!("img_id,age,diagnostic,biopsed\n{lines}").as_bytes());
    assert_eq!(inspect(dir.path(), &[])["layout"], "labels-csv", "PAD-UFES");
}

#[test]
fn columns_of_yes_and_no_may_say_the_split() {
    let names = numbered("#.png", 0..6);
    let dir = folder(&names);
    dir.write("list.csv", format!("file,label,is_train\n{}", rows(&names, &["good,1", "good,0", "bad,0"])).as_bytes());
    let found = inspect(dir.path(), &["--normal", "good"]);
    assert_eq!((splits(&found), classes(&found)), ([2, 0, 4], BTreeMap::from([("bad", 2), ("good", 4)])), "{found}");
    assert!(says(&found, "`is_train` the split"), "{found}");
    let table = dir.path().join("list.csv");
    let args = ["--labels", table.to_str().unwrap(), "--map", "split=is_train", "--normal", "good"];
    assert_eq!(splits(&inspect(dir.path(), &args)), [2, 0, 4]);
    dir.write("list.csv", format!("file,label,is_train\n{}", rows(&names, &["good,1", "bad,1"])).as_bytes());
    assert!(warns(&inspect(dir.path(), &[]), "Column `is_train` of list.csv sounds like a split, and is not used"));
}

#[test]
fn tables_that_contradict_or_are_not_used_are_mentioned() {
    let names = numbered("#.png", 0..8);
    let dir = folder(&names);
    dir.write("a.csv", format!("file,label\n{}", rows(&names, &["normal", "sick"])).as_bytes());
    dir.write("b.csv", format!("file,label\n{}", rows(&names, &["normal", "sick", "sick", "sick"])).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert!(
        says(&found, "Table of labels a.csv") && warns(&found, "b.csv contradicts the table that is used: it labels 2 images"),
        "{found}"
    );
    assert!(warns(&found, "to use it instead: --labels "), "{found}");
    // What this program wrote itself is no table of labels.
    std::fs::remove_file(dir.path().join("a.csv")).unwrap();
    let scores: String = names.iter().map(|n| format!("{n},test,1,0.5,1,0.4\n")).collect();
    dir.write("b.csv", format!("path,split,label,score,predicted,threshold\n{scores}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert!(found["layout"] == "unlabelled" && warns(&found, "b.csv holds scores that this program wrote"), "{found}");
    // Where folders say the classes of splits, a table is mentioned.
    let split = folder(["train/NORMAL/1.png", "train/CNV/2.png", "test/NORMAL/3.png", "test/CNV/4.png"]);
    split.write("list.csv", b"file,label\n1.png,x\n2.png,y\n3.png,x\n4.png,y\n");
    let found = inspect(split.path(), &[]);
    assert!(
        found["layout"] == "split-class-folders" && warns(&found, "list.csv names 4 of these images, but the folders"),
        "{found}"
    );
}

#[test]
fn tables_that_cannot_be_used_by_themselves_are_mentioned() {
    let dir = folder([numbered("set/img/#.png", 0..4), numbered("set/other/x#.png", 0..2)].concat());
    dir.write("labels.csv", format!("file,label\n{}", rows(&numbered("#.png", 0..4), &["ok", "cyst"])).as_bytes());
    let found = inspect(&dir.path().join("set/img"), &[]);
    assert_eq!(found["layout"], "unlabelled");
    assert!(warns(&found, "labels.csv lies above this folder and names these files. (to use it instead: --labels "), "{found}");
    let table = dir.path().join("labels.csv");
    let found = inspect(&dir.path().join("set/img"), &["--labels", table.to_str().unwrap()]);
    assert_eq!(classes(&found), BTreeMap::from([("cyst", 2), ("ok", 2)]), "{found}");

    // Names that several files have label none of them.
    let twice = folder([numbered("a/#.png", 0..4), numbered("b/#.png", 0..4)].concat());
    twice.write("t.csv", format!("file,label\n{}", rows(&numbered("#.png", 0..4), &["ok", "cyst"])).as_bytes());
    let found = inspect(twice.path(), &[]);
    assert_eq!(found["layout"], "unlabelled");
    assert!(warns(&found, "t.csv names these files by names that several of them have"), "{found}");
    let refused = run(twice.path(), &["--labels", twice.path().join("t.csv").to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("does not say their folders"));
    // A row may be a patient, with a folder of images.
    let patients = folder(["p0/1.png", "p0/2.png", "p1/3.png", "p2/4.png"]);
    patients.write("t.csv", b"patient,diagnosis\np0,ok\np1,cyst\np2,ok\n");
    assert_eq!(classes(&inspect(patients.path(), &[])), BTreeMap::from([("cyst", 1), ("ok", 3)]));
}

#[test]
fn lists_and_columns_of_splits_split_class_folders() {
    let names: Vec<String> = ["bad", "good"].iter().flat_map(|c| numbered(&format!("{c}/{c}#.png"), 0..6)).collect();
    let dir = folder(&names);
    let is_test = |name: &&String| name.ends_with("4.png") || name.ends_with("5.png");
    let (test, train): (Vec<&String>, Vec<&String>) = names.iter().partition(is_test);
    let lines = |names: &[&String]| names.iter().map(|name| format!("{name}\n")).collect::<String>();
    dir.write("train.txt", lines(&train).as_bytes()).write("test.txt", lines(&test).as_bytes());
    let found = inspect(dir.path(), &["--normal", "good"]);
    assert_eq!((splits(&found), classes(&found)), ([8, 0, 4], BTreeMap::from([("bad", 6), ("good", 6)])), "{found}");
    assert!(says(&found, "Lists of names say the split: test.txt, train.txt"), "{found}");

    ["train.txt", "test.txt"].iter().for_each(|name| std::fs::remove_file(dir.path().join(name)).unwrap());
    let split = |name: &String| if is_test(&name) { "test" } else { "train" };
    let table: String = names.iter().map(|name| format!("{name},{}\n", split(name))).collect();
    dir.write("folds.csv", format!("path,split\n{table}").as_bytes());
    let found = inspect(dir.path(), &["--normal", "good"]);
    assert_eq!(splits(&found), [8, 0, 4], "{found}");
    assert!(says(&found, "Lists of names say the split: folds.csv"), "{found}");
}

#[test]
fn columns_that_name_other_images_are_mentioned() {
    let dir = folder((0..4).flat_map(|i| [format!("{i}_left.jpg"), format!("{i}_right.jpg")]));
    let table: String = (0..4).map(|i| format!("{i},{i}_left.jpg,{i}_right.jpg,{},{}\n", i % 2, (i + 1) % 2)).collect();
    dir.write("ODIR.csv", format!("ID,Left-Fundus,Right-Fundus,N,D\n{table}").as_bytes());
    let found = inspect(dir.path(), &[]);
    let text = "Column `Right-Fundus` of ODIR.csv names images, too; the labels are given to those of `Left-Fundus` alone";
    assert!(warns(&found, text) && warns(&found, "--map file=Right-Fundus,label=COLUMN"), "{found}");
}

#[test]
fn names_of_converted_files_and_beginnings_of_names_are_found() {
    let dir = folder(numbered("scan#.nii.png", 0..4));
    dir.write("t.csv", format!("name,label\n{}", rows(&numbered("scan#", 0..4), &["a", "b"])).as_bytes());
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::from([("a", 2), ("b", 2)]));
    dir.write("t.csv", format!("name,label\n{}", rows(&numbered("scan#.nii.gz", 0..4), &["a", "b"])).as_bytes());
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::from([("a", 2), ("b", 2)]));

    let dir = folder(numbered("AllDICOMs/2058690#_6c613a14b80a8591_MG_R_CC_ANON.png", 0..4));
    let table = rows(&numbered("2058690#", 0..4), &["1", "5"]).replace(',', ";");
    dir.write("INbreast.csv", format!("File Name;Bi-Rads\n{table}").as_bytes());
    let path = dir.path().join("INbreast.csv");
    let found = inspect(dir.path(), &["--labels", path.to_str().unwrap(), "--map", "label=Bi-Rads"]);
    assert_eq!(classes(&found), BTreeMap::from([("1", 2), ("5", 2)]), "{found}");
    assert!(
        warns(&found, "4 rows name their files by the beginnings of their names (20586900 for AllDICOMs/20586900_"),
        "{found}"
    );
    let found = inspect(dir.path(), &[]);
    assert!(found["layout"] == "labels-csv" || warns(&found, "INbreast.csv names these files"), "{found}");
    // A patient with two images is no name of either.
    dir.png("AllDICOMs/20586900_other.png", 99);
    let found = inspect(dir.path(), &["--labels", path.to_str().unwrap(), "--map", "label=Bi-Rads"]);
    assert_eq!(classes(&found), BTreeMap::from([("1", 1), ("5", 2)]), "{found}");
}

#[test]
fn a_large_table_above_is_read_where_some_of_its_rows_name_the_images() {
    let dir = folder(numbered("set/img/eye#.png", 100..140));
    let comment = "no change since the last visit, ".repeat(8);
    let mut rows: Vec<String> = (0..12_000).map(|i| format!("ear{i}.png,{},\"{comment}\"\n", i % 3)).collect();
    let table = |rows: &[String]| format!("file,label,comment\n{}", rows.concat());
    dir.write("labels.csv", table(&rows).as_bytes());
    let found = inspect(&dir.path().join("set/img"), &[]);
    assert!(!warns(&found, "lies above this folder"), "{found}");
    // Wherever they stand.
    rows.splice(7000..7040, (100..140).map(|i| format!("eye{i}.png,{},\"{}\"\n", i % 2, comment.repeat(20))));
    dir.write("labels.csv", table(&rows).as_bytes());
    let found = inspect(&dir.path().join("set/img"), &[]);
    assert!(warns(&found, "labels.csv lies above this folder and names these files"), "{found}");
}

#[test]
fn names_match_however_their_accents_are_stored() {
    let dir = folder(["Lu\u{308}beck/1.png", "Lu\u{308}beck/Scha\u{308}del.png", "Köln/3.png"]);
    dir.write(
        "labels.csv",
        "file,label\nL\u{fc}beck/1.png,übel\nLÜBECK/Sch\u{e4}del.png,u\u{308}bel\nKo\u{308}ln/3.png,gut\n".as_bytes(),
    );
    let found = inspect(dir.path(), &["--normal", "gut"]);
    assert_eq!((&found["images"], classes(&found).len()), (&3.into(), 2), "{found}");
    assert_eq!(inspect(dir.path(), &["--normal", "!u\u{308}bel"])["normal"], "gut");
}

#[test]
fn a_comma_may_be_part_of_a_class_name() {
    let dir = folder(["a, severe/1.png", "a, severe/2.png", "mild/3.png", "none/4.png", "none/5.png"]);
    for (normal, names) in [
        ("a, severe", "a, severe"),
        ("none,mild", "mild, none"),
        ("a, severe,mild", "a, severe, mild"),
        ("!a, severe", "mild, none"),
    ] {
        assert_eq!(inspect(dir.path(), &["--normal", normal])["normal"], names, "{normal}");
    }
}
