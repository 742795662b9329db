//! `inspect` on further public data sets, each made small by the test: what names of folders and columns mean there.

use crate::test_files::inspected::{self, classes, folder, inspect, numbered, says, splits, warns};
use serde_json::Value;
use std::collections::BTreeMap;

/// How many images have no class.
fn unlabelled(found: &Value) -> u64 {
    found["images"].as_u64().unwrap() - classes(found).values().sum::<u64>()
}

#[test]
fn folders_that_say_the_split_again_are_no_classes() {
    // RFMiD.
    let [train, test] =
        [numbered("Training_Set/Training_Set/Training/#.png", 1..7), numbered("Test_Set/Test_Set/Test/#.png", 1..5)];
    let dir = folder([train, test].concat());
    let table = |rows: &[&str]| format!("ID,Disease_Risk,DR,ARMD,MH\n{}\n", rows.join("\n"));
    let rows = ["1,0,0,0,0", "2,1,1,0,0", "3,1,1,0,0", "4,1,1,0,0", "5,1,0,1,0", "6,0,0,0,0"];
    dir.write("Training_Set/Training_Set/RFMiD_Training_Labels.csv", table(&rows).as_bytes());
    dir.write("Test_Set/Test_Set/RFMiD_Testing_Labels.csv", table(&rows[..4]).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!((&found["layout"], splits(&found)), (&"labels-csv".into(), [6, 0, 4]), "{found}");
    assert_eq!(classes(&found), BTreeMap::from([("no finding", 3), ("several findings", 7)]), "{found}");
}

#[test]
fn a_single_folder_of_a_set_or_a_part_of_it_is_no_class() {
    for name in ["PALM-Training400", "stage_2_train", "all-mias"] {
        let found = inspect(folder(numbered(&format!("{name}/#.png"), 0..4)).path(), &[]);
        assert_eq!((classes(&found), unlabelled(&found)), (BTreeMap::new(), 4), "{name}: {found}");
    }
    let found = inspect(folder(numbered("cysts/#.png", 0..4)).path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("cysts", 4)]), "{found}");
}

#[test]
fn a_number_behind_a_class_is_a_patient() {
    // Optical coherence tomography of Srinivasan and others.
    let of =
        |class: &str| (1..4).flat_map(|n| numbered(&format!("{class}{n}/TIFFs/8bitTIFFs/00#.tif"), 1..3)).collect::<Vec<_>>();
    let found = inspect(folder([of("AMD"), of("DME"), of("NORMAL")].concat()).path(), &["--normal", "NORMAL"]);
    assert_eq!(classes(&found), BTreeMap::from([("AMD", 6), ("DME", 6), ("NORMAL", 6)]), "{found}");
    assert!(says(&found, "Patients are read from the folders (AMD1, AMD2, AMD3, …)"), "{found}");
    assert!(warns(&found, "no patient on both sides"), "{found}");
}

#[test]
fn a_row_for_both_eyes_labels_each_by_its_own_words() {
    // ODIR-5K.
    let dir = folder((0..4).flat_map(|i| [format!("Images/{i}_left.jpg"), format!("Images/{i}_right.jpg")]));
    let words = [
        ["normal fundus", "normal fundus"],
        ["normal fundus", "cataract"],
        ["glaucoma", "normal fundus"],
        ["cataract", "cataract"],
    ];
    let rows: String = (0..4)
        .map(|i| {
            format!(
                "{i},60,Male,{i}_left.jpg,{i}_right.jpg,{},{},{},{}\n",
                words[i][0],
                words[i][1],
                u8::from(i == 0),
                u8::from(i > 0)
            )
        })
        .collect();
    let headers = "ID,Patient Age,Patient Sex,Left-Fundus,Right-Fundus,Left-Diagnostic Keywords,Right-Diagnostic Keywords,N,C";
    dir.write("full.csv", format!("{headers}\n{rows}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("cataract", 3), ("glaucoma", 1), ("normal fundus", 4)]), "{found}");
    assert_eq!(found["suggested"], "normal fundus");
}

#[test]
fn columns_of_views_and_parts_of_the_body_are_no_findings() {
    // FracAtlas.
    let [broken, whole] = [numbered("images/Fractured/IMG#.jpg", 0..3), numbered("images/Non_fractured/IMG#.jpg", 10..15)];
    let dir = folder([broken, whole].concat());
    let row = |i: u32| format!("IMG{i}.jpg,{},{},{},1,0\n", i % 2, 1 - i % 2, u8::from(i < 10));
    let rows: String = (0..3).chain(10..15).map(row).collect();
    dir.write("dataset.csv", format!("image_id,hand,leg,fractured,frontal,lateral\n{rows}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("Fractured", 3), ("Non_fractured", 5)]), "{found}");
    assert!(warns(&found, "which of its columns is the label is not known") && found["suggested"] == "Non_fractured", "{found}");
}

#[test]
fn a_column_that_says_the_same_of_all_images_is_not_their_label() {
    // Real-IAD.
    let dir = folder([numbered("OK/S#/a.png", 10..14), numbered("NG/BX/S#/a.png", 20..22)].concat());
    let record = |class: &str, path: String| {
        format!("{{\"category\": \"jack\", \"anomaly_class\": \"{class}\", \"image_path\": \"{path}\"}}")
    };
    let [train, test]: [Vec<String>; 2] = [
        (10..13).map(|i| record("OK", format!("OK/S{i}/a.png"))).collect(),
        [record("OK", "OK/S13/a.png".into())]
            .into_iter()
            .chain((20..22).map(|i| record("BX", format!("NG/BX/S{i}/a.png"))))
            .collect(),
    ];
    let text =
        format!("{{\"meta\": {{\"normal_class\": \"OK\"}}, \"train\": [{}], \"test\": [{}]}}", train.join(","), test.join(","));
    dir.write("jack.json", text.as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!((classes(&found), splits(&found)), (BTreeMap::from([("BX", 2), ("OK", 4)]), [3, 0, 3]), "{found}");
}

#[test]
fn a_table_of_splits_with_other_columns_is_a_question() {
    // VinDr-Mammo.
    let dir = folder(numbered("images/a#.png", 10..18));
    let rows: String =
        (10..18).map(|i| format!("a{i},L,CC,BI-RADS {},{}\n", i % 3, if i < 15 { "training" } else { "test" })).collect();
    dir.write(
        "breast-level_annotations.csv",
        format!("image_id,laterality,view_position,breast_birads,split\n{rows}").as_bytes(),
    );
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["layout"], "unlabelled", "{found}");
    assert!(
        warns(&found, "(laterality, view_position, breast_birads)") && warns(&found, "--map file=image_id,label=COLUMN"),
        "{found}"
    );
}

#[test]
fn a_few_numbers_in_a_column_do_not_name_images() {
    let dir = folder(numbered("train/#.png", 0..12));
    let rows: String = (0..12).map(|i| format!("{i}.png,{},{}\n", i % 2, 1 - i % 2)).collect();
    dir.write("train/_classes.csv", format!("filename, normal, benign\n{rows}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("benign", 6), ("normal", 6)]), "{found}");
    assert!(!warns(&found, "names images, too"), "{found}");
    // Nor are numbers that count the images labels of theirs.
    let dir = folder(numbered("images/#.png", 10..16));
    dir.write("images.txt", (10..16).map(|i| format!("{} images/{i}.png\n", i - 9)).collect::<String>().as_bytes());
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::new());
}

#[test]
fn a_folder_to_test_on_beside_classes_is_unlabelled() {
    // TBX11K.
    let paths = [numbered("imgs/health/#.png", 0..4), numbered("imgs/sick/#.png", 4..8), numbered("imgs/test/#.png", 8..11)];
    let found = inspect(folder(paths.concat()).path(), &[]);
    assert_eq!((classes(&found), unlabelled(&found)), (BTreeMap::from([("health", 4), ("sick", 4)]), 3), "{found}");
    assert!(warns(&found, "3 images lie in test, by its name not sorted into classes"), "{found}");
    // A split with classes of its own stays one.
    let paths = [numbered("train/a/#.png", 0..4), numbered("train/b/#.png", 4..8), numbered("test/#.png", 8..11)];
    assert_eq!(splits(&inspect(folder(paths.concat()).path(), &[])), [8, 0, 0]);
}

#[test]
fn numbers_behind_patients_and_what_is_theirs_are_no_classes() {
    // Camelyon17-WILDS.
    let paths = (0..8).map(|i| format!("patches/patient_00{}_node_{}/patch_{i}.png", i % 2, i / 2 % 2));
    let found = inspect(folder(paths).path(), &[]);
    assert_eq!((classes(&found), unlabelled(&found)), (BTreeMap::new(), 8), "{found}");
    assert!(says(&found, "Patients are read from the folders"), "{found}");
}

#[test]
fn a_class_that_sounds_normal_in_its_first_word_is_offered() {
    for (normal, other) in [
        ("Normal cases", "Malignant cases"),
        ("0.0.Normal", "1.0.DR2"),
        ("Non Demented", "Mild Dementia"),
        ("Non-Glaucoma", "Glaucoma"),
    ] {
        let dir = folder([numbered(&format!("{normal}/#.png"), 0..3), numbered(&format!("{other}/#.png"), 3..6)].concat());
        assert_eq!(inspect(dir.path(), &[])["suggested"], normal);
    }
    let dir = folder([numbered("Lung Opacity/#.png", 0..3), numbered("No Lung Opacity, Not Normal/#.png", 3..6)].concat());
    assert!(inspect(dir.path(), &[])["suggested"].is_null());
}

#[test]
fn what_a_message_says_of_columns_can_be_typed() {
    // A row for two eyes, and a label that nobody knows by its name.
    let dir = folder((0..6).flat_map(|i| [format!("Images/{i}_left.jpg"), format!("Images/{i}_right.jpg")]));
    let rows: String = (0..6).map(|i| format!("{i},{i}_left.jpg,{i}_right.jpg,a{},b{},{}\n", i % 2, i % 3, i + 50)).collect();
    dir.write("full.csv", format!("ID,Left-Fundus,Right-Fundus,Left-Verdict,Right-Verdict,Age\n{rows}").as_bytes());
    let table = dir.path().join("full.csv");
    let found = inspect(dir.path(), &[]);
    assert!(warns(&found, "(column `fundus`)") && warns(&found, "--map file=fundus,label=COLUMN"), "{found}");
    let labels = ["--labels", table.to_str().unwrap()];
    for map in ["file=fundus,label=verdict", "label=verdict"] {
        for named in [&labels[..], &[]] {
            let found = inspect(dir.path(), &[named, &["--map", map]].concat());
            assert_eq!(classes(&found).values().sum::<u64>(), 12, "{map}: {found}");
        }
    }
    // As the file itself has them, they are those of one eye.
    let found = inspect(dir.path(), &[&labels[..], &["--map", "file=Right-Fundus,label=Right-Verdict"]].concat());
    assert_eq!(classes(&found), BTreeMap::from([("b0", 2), ("b1", 2), ("b2", 2)]), "{found}");
    let refused = inspected::run(dir.path(), &[&labels[..], &["--map", "label=nothing"]].concat());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("has no column `nothing`; its columns are ID, "), "{said}");

    // Without headers, and with commas in them.
    for (headers, typed) in
        [("", "file=column 1,label=column 3"), ("\"scan, no. 1\",x,\"findings, all\"\n", "file=scan, no. 1,label=findings, all")]
    {
        let dir = folder(numbered("#.png", 10..16));
        let rows: String = (10..16).map(|i| format!("{i}.png,{i}.5,{}\n", ["cyst", "none"][i as usize % 2])).collect();
        dir.write("list.csv", format!("{headers}{rows}").as_bytes());
        let found = inspect(dir.path(), &["--map", typed]);
        assert_eq!(classes(&found), BTreeMap::from([("cyst", 3), ("none", 3)]), "{typed}: {found}");
    }
    // A header of two columns is none to type.
    let dir = folder(numbered("#.png", 10..16));
    let rows: String = (10..16).map(|i| format!("{i},{i}.png,v{},{}\n", i % 2, i * 3)).collect();
    dir.write("list.csv", format!(",id,verdict,id\n{rows}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert!(warns(&found, "--map file=2,label=COLUMN"), "{found}");
    assert_eq!(classes(&inspect(dir.path(), &["--map", "file=2,label=verdict"])), BTreeMap::from([("v0", 3), ("v1", 3)]));
}

#[test]
fn rows_may_name_the_folders_of_studies_and_patients() {
    // MIMIC-CXR: a row for each study, whose folder has a letter before its number; the split of each image in another table.
    let image = |i: u32| format!("0a{i}bc-11-22");
    let place = |i: u32| format!("files/p10/p1000{:04}/s5041{i:04}/{}.jpg", i / 2, image(i));
    let dir = folder((10..20).map(place));
    let rows: String = (10..20).map(|i| format!("1000{:04},5041{i:04},{}\n", i / 2, ["1.0,", ",1.0"][i as usize % 2])).collect();
    dir.write("mimic-cxr-2.0.0-chexpert.csv", format!("subject_id,study_id,Edema,No Finding\n{rows}").as_bytes());
    let split = |i: u32| ["train", "train", "train", "validate", "test"][i as usize % 5];
    let rows: String = (10..20).map(|i| format!("{},5041{i:04},1000{:04},{}\n", image(i), i / 2, split(i))).collect();
    dir.write("mimic-cxr-2.0.0-split.csv", format!("dicom_id,study_id,subject_id,split\n{rows}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!((classes(&found), splits(&found)), (BTreeMap::from([("Edema", 5), ("No Finding", 5)]), [6, 2, 2]), "{found}");
    assert!(says(&found, "column `study_id` names the files") && says(&found, "`subject_id` the patient"), "{found}");

    // The cancer imaging archive: a row for each patient, whose images lie in folders of studies and series.
    let series = |i: u32| [1, 2].map(|n| format!("COLL/AB-{i}/01-02-2003-NA-NA-{i}/{n}.000000-NA-7/1-1.png"));
    let dir = folder((10..16).flat_map(series));
    let rows: String = (10..17).map(|i| format!("AB-{i},60,{}\n", ["tumour", "normal"][i as usize % 2])).collect();
    dir.write("clinical.csv", format!("PatientID,Age,Diagnosis\n{rows}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("normal", 6), ("tumour", 6)]), "{found}");
    assert!(warns(&found, "1 row names no file that is here (AB-16)"), "{found}");
}

#[test]
fn rows_of_several_labels_for_most_images_are_findings() {
    let dir = folder(numbered("images/#.png", 10..18));
    let row = |i: u32| if i < 16 { format!("{i}.png,cyst\n{i}.png,mass\n") } else { format!("{i}.png,normal\n") };
    dir.write("list.csv", format!("image,label\n{}", (10..18).map(row).collect::<String>()).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("normal", 2), ("several findings", 6)]), "{found}");
    assert!(warns(&found, "Most images in list.csv have rows of different labels"), "{found}");
    // Of a few, nobody knows which row is right.
    let row = |i: u32| if i < 12 { format!("{i}.png,cyst\n{i}.png,mass\n") } else { format!("{i}.png,normal\n") };
    dir.write("list.csv", format!("image,label\n{}", (10..18).map(row).collect::<String>()).as_bytes());
    assert!(warns(&inspect(dir.path(), &[]), "2 images with two different labels are left out"));
}

#[test]
fn a_table_of_labels_of_other_files_is_named() {
    // CBIS-DDSM as JPEG: the table names the DICOM files that these were made of.
    let dir = folder((10..16).map(|i| format!("jpeg/1.3.6.1.4.1.9590.100.1.2.{i}/1-249.jpg")));
    let rows: String = (10..16)
        .map(|i| format!("P_000{i},{},Mass-Training_P_000{i}_LEFT_CC/1.3.6/{i}/000000.dcm\n", ["MALIGNANT", "BENIGN"][i % 2]))
        .collect();
    dir.write("csv/mass.csv", format!("patient_id,pathology,image file path\n{rows}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["layout"], "unlabelled", "{found}");
    assert!(
        warns(&found, "csv/mass.csv looks like a table of labels, but none of its rows names a file that is here"),
        "{found}"
    );
    // What describes a set in JSON lists no images.
    let nnunet = folder(numbered("imagesTr/img_#_0000.png", 10..14));
    nnunet.write("dataset.json", br#"{"channel_names": {"0": "L"}, "labels": {"background": 0, "road": 1}, "numTraining": 4}"#);
    assert!(!warns(&inspect(nnunet.path(), &[]), "dataset.json"));
}

#[test]
fn the_class_that_sounds_most_normal_is_offered() {
    // COVID-QU-Ex.
    let dir = folder(["COVID-19", "Non-COVID", "Normal"].iter().flat_map(|class| numbered(&format!("{class}/#.png"), 0..3)));
    assert_eq!(inspect(dir.path(), &[])["suggested"], "Normal");
    // NCT-CRC-HE.
    let dir = folder(["ADI", "NORM", "TUM"].iter().flat_map(|class| numbered(&format!("{class}/#.png"), 0..3)));
    assert_eq!(inspect(dir.path(), &[])["suggested"], "NORM");
}
