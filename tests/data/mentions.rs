//! What is not used, or contradicts what is, is always mentioned.

use crate::test_files::{
    Dir,
    inspected::{classes, folder, inspect, numbered, refused, rows, says, warns},
    mask,
};

/// `ISIC_0001`… of which every so many have a file.
fn part_of(rows: u32, every: usize) -> (Vec<String>, Dir) {
    let names: Vec<String> = (0..rows).map(|i| format!("ISIC_{i:07}")).collect();
    let here = folder(names.iter().step_by(every).map(|name| format!("images/{name}.png")));
    (names, here)
}

#[test]
fn a_table_of_a_large_set_labels_the_part_that_is_here() {
    for (count, every) in [(60, 2), (600, 30)] {
        for header in ["isic_id", "dicom_id", "md5hash", "url"] {
            let (names, dir) = part_of(count, every);
            let table = rows(&names, &["normal", "sick", "normal", "sick", "normal"]);
            dir.write("labels.csv", format!("{header},label\n{table}").as_bytes());
            let found = inspect(dir.path(), &[]);
            assert_eq!(found["layout"], "labels-csv", "{header}: {found}");
            assert!(says(&found, &format!("column `{header}` names the files")), "{found}");
        }
    }
    // A usual name for the column of files, and nothing in it that is here.
    let (names, dir) = part_of(60, 2);
    let table: String = names.iter().map(|name| format!("{name},sick,http://far.away/{name}x\n")).collect();
    dir.write("labels.csv", format!("md5hash,label,url\n{table}").as_bytes());
    assert!(says(&inspect(dir.path(), &[]), "column `md5hash` names the files"));
}

#[test]
fn a_table_that_names_few_of_the_images_says_how_many() {
    let (names, dir) = part_of(40, 1);
    let others = numbered("far_away_#", 0..200);
    dir.write("labels.csv", format!("isic_id,label\n{}{}", rows(&names[..4], &["a", "b"]), rows(&others, &["a"])).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert!(found["layout"] != "labels-csv" && warns(&found, "labels.csv names 4 of the 40 images that are here"), "{found}");
    assert!(warns(&found, "--labels"), "{found}");
    // Numbers that are the names of files, too, may be ages: nothing is labelled by them unasked.
    let dir = folder(numbered("#.png", 20..60));
    let ages: String = (0..300).map(|i| format!("{},{}\n", 1 + i % 99, ["a", "b"][i % 2])).collect();
    dir.write("people.csv", format!("age,label\n{ages}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert!(found["layout"] != "labels-csv" && warns(&found, "whether its column `age` names the files"), "{found}");
}

#[test]
fn patients_are_found_under_many_names_of_columns() {
    let patients = |header: &str| {
        let dir = folder(numbered("v#.png", 0..40));
        let table: String = (0..40).map(|i| format!("v{i}.png,{},K{}\n", ["normal", "sick"][i % 2], i / 4)).collect();
        dir.write("labels.csv", format!("file,label,{header}\n{table}").as_bytes());
        let found = inspect(dir.path(), &["--normal", "normal"]);
        says(&found, "the patient")
    };
    for header in [
        "Patient Name",
        "PatientName",
        "MRN",
        "SubjectID",
        "participant_id",
        "Patienten-Nr.",
        "Case",
        "pid",
        "StudyInstanceUID",
        "Fallnummer",
        "ID_patient",
        "Patient-ID",
        "study_uid",
    ] {
        assert!(patients(header), "{header}");
    }
    for header in ["PatientSex", "patient_age", "side", "volume"] {
        assert!(!patients(header), "{header}");
    }
    // Names of two studies are no patients.
    let dir = folder(numbered("v#.png", 0..8));
    let table: String = (0..8).map(|i| format!("v{i}.png,sick,{}\n", ["MESSIDOR", "APTOS"][i % 2])).collect();
    dir.write("labels.csv", format!("file,label,study\n{table}").as_bytes());
    assert!(!says(&inspect(dir.path(), &[]), "the patient"));
}

#[test]
fn rows_of_patients_whose_folders_are_here_label_their_images() {
    let mgmt = folder((0..12).flat_map(|i| ["T1w", "FLAIR"].map(|kind| format!("train/{:05}/{kind}/Image-1.png", i * 17))));
    let table: String = (0..60).map(|i| format!("{:05},{}\n", i * 17, i % 2)).collect();
    mgmt.write("train_labels.csv", format!("BraTS21ID,MGMT_value\n{table}").as_bytes());
    let found = inspect(mgmt.path(), &[]);
    assert_eq!((&found["layout"], classes(&found)), (&"labels-csv".into(), [("0", 12), ("1", 12)].into()), "{found}");

    let bids = folder((1..9).flat_map(|i| [1, 2].map(|n| format!("sub-{i:02}/anat/sub-{i:02}_T1w_{n}.png"))));
    let table: String = (1..9).map(|i| format!("sub-{i:02}\t40\t{}\n", ["control", "MDD"][i % 2])).collect();
    bids.write("participants.tsv", format!("participant_id\tage\tgroup\n{table}").as_bytes());
    let found = inspect(bids.path(), &[]);
    assert!(found["layout"] == "labels-csv" || warns(&found, "participants.tsv names these files"), "{found}");
}

#[test]
fn folders_around_sorted_and_unsorted_images_are_no_classes() {
    let refuge = |i: usize| format!("Training400/{}/g{i}.jpg", ["Glaucoma", "Non-Glaucoma"][i % 2]);
    let dir = folder((0..10).map(refuge).chain(numbered("REFUGE-Validation400/V#.jpg", 0..4)));
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), [("Glaucoma", 5), ("Non-Glaucoma", 5)].into(), "{found}");
    assert!(warns(&found, "4 images lie in no class folder"), "{found}");

    let labelled = [numbered("labelled/normal/a#.png", 0..4), numbered("labelled/sick/b#.png", 0..4)].concat();
    let found = inspect(folder(labelled.into_iter().chain(numbered("more/c#.png", 0..4))).path(), &[]);
    assert_eq!(classes(&found), [("normal", 4), ("sick", 4)].into(), "{found}");

    let kinds = [numbered("sick/cyst/a#.png", 0..4), numbered("sick/mass/b#.png", 0..4), numbered("other/c#.png", 0..4)].concat();
    let found = inspect(folder(kinds).path(), &[]);
    assert!(warns(&found, "folders that could be the classes: cyst, mass") && warns(&found, "--set data.level=2"), "{found}");
}

#[test]
fn folders_and_tables_that_contradict_each_other_are_told() {
    let images = [numbered("normal/n#.png", 0..10), numbered("abnormal/a#.png", 0..10)].concat();
    for words in [["normal", "abnormal"], ["0", "1"]] {
        let dir = folder(&images);
        let label = |i: usize| words[usize::from(i > 9) ^ usize::from(i < 3)];
        let table: String = images.iter().enumerate().map(|(i, name)| format!("{name},{}\n", label(i))).collect();
        dir.write("labels.csv", format!("file,label\n{table}").as_bytes());
        let found = inspect(dir.path(), &[]);
        assert!(warns(&found, "say different classes of 3 images (such as normal/n0.png: `normal` by its folder"), "{found}");
        assert!(warns(&found, "The table counts. (to use the folders instead: --set data.reading=inner-folders)"), "{found}");
    }
    // The same in other words, and more finely, is no contradiction.
    let dir = folder(&images);
    let table: String = images.iter().enumerate().map(|(i, n)| format!("{n},{}\n", if i < 10 { 0 } else { 1 + i % 2 })).collect();
    dir.write("labels.csv", format!("file,label\n{table}").as_bytes());
    assert!(!warns(&inspect(dir.path(), &[]), "different classes"));

    let dir = folder([numbered("train/n#.png", 0..6), numbered("test/t#.png", 0..4)].concat());
    let row = |name: String, split: &str| format!("{name},{},{split}\n", if name.ends_with("1.png") { "sick" } else { "normal" });
    let train = numbered("train/n#.png", 0..6).into_iter().map(|name| row(name, "test"));
    let table: String = train.chain(numbered("test/t#.png", 0..4).into_iter().map(|name| row(name, "train"))).collect();
    dir.write("labels.csv", format!("file,label,split\n{table}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert!(warns(&found, "put 10 images into different splits"), "{found}");
}

#[test]
fn classes_of_a_part_of_the_images_are_offered_beside_a_table_that_marks_lesions_alone() {
    let dir = folder([numbered("images/Fractured/f#.png", 0..5), numbered("images/Non_fractured/n#.png", 0..4)].concat());
    let table: String = (0..5).map(|i| format!("f{i}.png,fracture\n")).collect();
    dir.write("found.csv", format!("file,label\n{table}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert!(found["layout"] != "labels-csv" || warns(&found, "--set data.reading=inner-folders"), "{found}");
}

#[test]
fn splits_without_a_common_word_are_told() {
    let dir = folder([numbered("a#.png", 0..6), numbered("b#.png", 0..4)].concat());
    let train = rows(&numbered("a#.png", 0..6), &["benign,train", "malignant,train"]);
    let test = rows(&numbered("b#.png", 0..4), &["0.0,test", "1.0,test"]);
    dir.write("labels.csv", format!("file,label,split\n{train}{test}").as_bytes());
    assert!(warns(&inspect(dir.path(), &[]), "Train and test have no class in common"));
    let test = rows(&numbered("b#.png", 0..4), &["malignant,test"]);
    dir.write("labels.csv", format!("file,label,split\n{train}{test}").as_bytes());
    assert!(warns(&inspect(dir.path(), &["--normal", "benign"]), "No image of the test split is normal"));
}

#[test]
fn masks_on_normal_images_are_told() {
    let dir = folder([numbered("Normal/images/N-#.png", 0..4), numbered("COVID/images/C-#.png", 0..4)].concat());
    for name in [numbered("Normal/masks/N-#.png", 0..4), numbered("COVID/masks/C-#.png", 0..4)].concat() {
        dir.write(&name, &mask());
    }
    let told = "Masks of normal images are not empty (such as those of Normal/images/N-0.png";
    assert!(warns(&inspect(dir.path(), &["--normal", "Normal"]), told) && !warns(&inspect(dir.path(), &[]), told));
    let plain = folder(numbered("s#.png", 0..4));
    (0..4).for_each(|i| _ = plain.write(&format!("s{i}_mask.png"), &mask()));
    assert!(warns(&inspect(plain.path(), &[]), "Masks outline something in some of these images"));
}

#[test]
fn files_of_labels_that_are_not_read_are_mentioned() {
    let names = numbered("scan_#.png", 0..6);
    let said = |name: &str, text: String| {
        let dir = folder(&names);
        dir.write(name, text.as_bytes());
        let found = inspect(dir.path(), &[]);
        found["layout"] == "labels-csv" || warns(&found, &format!("{name} names these images"))
    };
    let list = |line: &str| names.iter().map(|name| line.replace('#', name)).collect::<Vec<_>>();
    assert!(said("HAM10000_metadata", format!("lesion,image,dx\n{}\n", list("1,#,nv").join("\n"))));
    assert!(said("labels.yaml", list("#: sick").join("\n")));
    assert!(said("samples.json", format!("{{\"samples\": {{{}}}}}", list("\"#\": {\"finding\": 1}").join(","))));
    assert!(!said("SHA256SUMS", list("0f8a #").join("\n")) && !said("notes.yaml", "made: by hand".into()));
    let dir = folder(&names);
    names.iter().for_each(|name| _ = dir.write(&format!("ann/{name}.json"), b"{\"tags\": []}"));
    assert!(warns(&inspect(dir.path(), &[]), "6 .json files in ann are called like the images"));
}

#[test]
fn cells_that_are_lost_are_told() {
    let said = |table: &str, of: &str| {
        let dir = folder(numbered("#.png", 0..4));
        dir.write("labels.csv", table.as_bytes());
        warns(&inspect(dir.path(), &[]), of)
    };
    assert!(said(
        "file,label\n0.png,a\n1.png,b\n2.png,cyst, left\n3.png,a\n",
        "1 row of labels.csv has more cells than there are columns"
    ));
    assert!(said(
        "file,label,label\n0.png,a,x\n1.png,b,x\n2.png,a,y\n3.png,b,y\n",
        "several columns called `label`; number 2 is used"
    ));
}

#[test]
fn of_tables_that_contradict_each_other_copies_and_old_ones_lose() {
    let labels = |files: [&str; 2]| {
        let dir = folder(numbered("#.png", 0..4));
        for (name, label) in files.into_iter().zip(["new", "old"]) {
            dir.write(name, format!("file,label\n0.png,{label}\n1.png,{label}\n2.png,x\n3.png,x\n").as_bytes());
        }
        classes(&inspect(dir.path(), &[])).keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    for files in [
        ["labels.csv", "labels (1).csv"],
        ["labels.csv", "labels - Kopie.csv"],
        ["labels_v2.csv", "labels_v1.csv"],
        ["t.csv", "a old.csv"],
    ] {
        assert_eq!(labels(files), ["new", "x"], "{files:?}");
    }
    let dir = folder(numbered("#.png", 0..4));
    dir.write("~$labels.xlsx", b"locked by somebody");
    let found = inspect(dir.path(), &[]);
    assert!(!found.to_string().contains("~$labels"), "{found}");
}

#[test]
fn an_image_in_train_and_in_test_is_told() {
    let dir = folder(numbered("#.png", 0..6));
    dir.write("train.csv", b"file,label\n0.png,a\n1.png,b\n2.png,a\n3.png,b\n");
    dir.write("test.csv", b"file,label\n3.png,b\n4.png,a\n5.png,b\n");
    let found = inspect(dir.path(), &[]);
    assert!(warns(&found, "Leak: 1 image is in rows of different splits, of which the first counts (3.png)"), "{found}");
}

#[test]
fn names_that_mean_normal_are_offered_and_archives_are_to_be_unpacked() {
    for normal in ["neg", "unremarkable", "clean", "not_abnormal", "nofracture", "NonDemented", "healthy eye"] {
        let found = inspect(folder([format!("{normal}/a.png"), "sick/b.png".into()]).path(), &[]);
        assert_eq!(found["suggested"], normal, "{found}");
    }
    let dir = Dir::new();
    dir.write("pictures.zip", &crate::test_files::zip(&[("a", b"none".to_vec())]));
    assert!(refused(&dir.path().join("pictures.zip"), &[]).contains("unpack it first"));
}
