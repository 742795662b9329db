//! `inspect` on the layouts of public data sets, and on tables of labels as people have them: each made small by the test.

use crate::test_files::{
    self, Dir,
    inspected::{classes, folder, inspect, numbered, rows, run, says, splits, warns},
    png,
};
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
fn encodings_of_tables_are_recognised_and_said() {
    let dir = folder(numbered("#.png", 0..4));
    let text = "Datei;Befund\r\n0.png;Läsion\r\n1.png;unauffällig\r\n2.png;Lasion\r\n3.png;unauffällig\r\n";
    let latin = text.chars().map(|c| c as u32 as u8).collect::<Vec<u8>>();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, encoding) in [(latin, "Windows-1252"), (utf16.clone(), "UTF-16"), ([vec![0xff, 0xfe], utf16].concat(), "UTF-16")]
    {
        dir.write("Labels.csv", &bytes);
        let found = inspect(dir.path(), &[]);
        assert_eq!(classes(&found), BTreeMap::from([("Lasion", 1), ("Läsion", 1), ("unauffällig", 2)]), "{encoding}: {found}");
        assert!(warns(&found, &format!("Labels.csv is read as {encoding}")), "{found}");
    }
}

#[test]
fn lists_in_json_and_spreadsheets_are_tables() {
    let dir = folder(numbered("images/#.png", 0..6));
    dir.write("data.json", br#"{"train": {"0": ["0.png", "1.png"], "unlabeled": {"0": ["2.png"]}}, "test": {"0": ["3.png"], "1": ["4.png", "5.png"]}}"#);
    let found = inspect(dir.path(), &["--normal", "0"]);
    assert_eq!((&found["layout"], &found["images"]), (&"labels-csv".into(), &6.into()), "{found}");
    assert_eq!((classes(&found), splits(&found)), (BTreeMap::from([("0", 3), ("1", 2)]), [2, 0, 3]));

    std::fs::remove_file(dir.path().join("data.json")).unwrap();
    let sample = |i: u32| {
        format!(r#"{{"filepath": "images/{i}.png", "ground_truth": {{"_cls": "Classification", "label": "c{}"}}}}"#, i % 2)
    };
    let samples: Vec<String> = (0..6).map(sample).collect();
    dir.write("samples.json", format!(r#"{{"samples": [{}]}}"#, samples.join(",")).as_bytes());
    let label = dir.path().join("samples.json");
    let args = ["--labels", label.to_str().unwrap(), "--map", "label=ground_truth.label"];
    assert_eq!(classes(&inspect(dir.path(), &args)), BTreeMap::from([("c0", 3), ("c1", 3)]));
    assert_eq!(inspect(dir.path(), &[])["layout"], "labels-csv");

    std::fs::remove_file(label).unwrap();
    let images: Vec<String> = (0..6).map(|i| format!(r#"{{"id": {i}, "file_name": "{i}.png"}}"#)).collect();
    let coco = format!(
        r#"{{"images": [{}], "annotations": [{{"image_id": 1, "category_id": 3}}], "categories": [{{"id": 3, "name": "polyp"}}]}}"#,
        images.join(",")
    );
    dir.write("annotations/instances.json", coco.as_bytes());
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::from([("no annotation", 5), ("polyp", 1)]));

    let sheet = folder(numbered("scans/#.png", 0..4));
    sheet.write(
        "labels.xlsx",
        &xlsx(&[
            ["Readings of 2024", ""],
            ["", ""],
            ["image", "grade"],
            ["0.png", "1"],
            ["1.png", "0"],
            ["2", "0"],
            ["3.png", "1"],
        ]),
    );
    let found = inspect(sheet.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("0", 2), ("1", 2)]), "{found}");
    assert_eq!(inspect(&sheet.path().join("labels.xlsx"), &[])["images"], 4);
    sheet.write("labels.xlsx", b"PK\x03\x04 and no more");
    assert_eq!(inspect(sheet.path(), &[])["layout"], "unlabelled");
}

/// A spreadsheet with one sheet; what looks like a number is one.
fn xlsx(rows: &[[&str; 2]]) -> Vec<u8> {
    use std::io::Write;
    let cell = |text: &str| match text.parse::<f64>() {
        _ if text.is_empty() => "<c/>".to_string(),
        Ok(number) => format!("<c><v>{number}</v></c>"),
        Err(_) => format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>"),
    };
    let rows: String = rows.iter().map(|row| format!("<row>{}</row>", row.map(cell).concat())).collect();
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{package}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"{kind}.sheet.main+xml\"/><Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{kind}.worksheet+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"rId1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"rId1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>")),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}").as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
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
fn a_row_is_named_by_its_number_in_the_spreadsheet() {
    let dir = folder(["0.png", "1.png"]);
    let cells = [["List", ""], ["", ""], ["image", "grade"], ["0.png", "a"], ["", ""], ["", ""], ["1.png", "b"], ["x.png", "b"]];
    dir.write("labels.xlsx", &xlsx(&cells));
    let found = inspect(dir.path(), &[]);
    let reason = found["skipped"].as_array().unwrap().iter().find(|s| s["path"] == "x.png").unwrap()["reason"].to_string();
    assert!(reason.contains("row 8 of labels.xlsx"), "{found}");
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
fn tables_without_headers_and_of_folders() {
    let isic = folder(numbered("ISBI2016_ISIC_Part3_Training_Data/ISIC_000#.jpg", 0..4));
    isic.write(
        "ISBI2016_ISIC_Part3_Training_GroundTruth.csv",
        rows(&numbered("ISIC_000#", 0..4), &["benign", "malignant"]).as_bytes(),
    );
    assert_eq!(classes(&inspect(isic.path(), &[])), BTreeMap::from([("benign", 2), ("malignant", 2)]));

    // Headers that are the names of some images are headers all the same.
    let grades = folder(numbered("#.png", 0..4));
    grades.write("onehot.csv", b"image,0,1,2\n0,1,0,0\n1,0,1,0\n2,0,0,1\n3,1,0,0\n");
    assert_eq!(classes(&inspect(grades.path(), &[])), BTreeMap::from([("0", 2), ("1", 1), ("2", 1)]));

    let study = |i: u32| format!("train/XR_HAND/patient0000{i}/study1_{}/", ["positive", "negative"][i as usize % 2]);
    let mura = folder((0..4).flat_map(|i| [1, 2].map(|n| format!("{}image{n}.png", study(i)))));
    let found = inspect(mura.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("negative", 4), ("positive", 4)]), "{found}");
    assert_eq!(found["suggested"], "negative");
    let table: String = (0..4).map(|i| format!("MURA-v1.1/{},{}\n", study(i), 1 - i % 2)).collect();
    mura.write("train_labeled_studies.csv", table.as_bytes());
    let path = mura.path().join("train_labeled_studies.csv");
    let found = inspect(mura.path(), &["--labels", path.to_str().unwrap()]);
    assert_eq!(classes(&found), BTreeMap::from([("0", 4), ("1", 4)]), "{found}");
}

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
    let classes_above = folder((0..12).map(|i| format!("{}/patient{:04}/{}.png", ["COVID", "flu"][i % 2], i / 4, i)));
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
fn data_sets_with_masks_of_their_own_shapes() {
    // IDRiD: numbered folders, and a folder of masks for each lesion.
    let images = |set: &str, letter: &str, numbers: std::ops::Range<u32>| {
        numbers.map(|i| format!("A. Segmentation/1. Original Images/{letter}. {set} Set/IDRiD_{i}.jpg")).collect::<Vec<_>>()
    };
    let masks = |set: &str, letter: &str, numbers: std::ops::Range<u32>| {
        let at = format!("A. Segmentation/2. All Segmentation Groundtruths/{letter}. {set} Set");
        let lesions = [("1. Microaneurysms", "MA"), ("5. Optic Disc", "OD")];
        numbers.flat_map(|i| lesions.map(|(lesion, short)| format!("{at}/{lesion}/IDRiD_{i}_{short}.png"))).collect::<Vec<_>>()
    };
    let segmentation = [
        images("Training", "a", 10..13),
        images("Testing", "b", 55..57),
        masks("Training", "a", 10..13),
        masks("Testing", "b", 55..57),
    ];
    let idrid = folder(segmentation.concat());
    let found = inspect(idrid.path(), &["--normal", "*"]);
    assert_eq!((&found["images"], &found["masks"]), (&5.into(), &5.into()), "{found}");
    assert_eq!(splits(&found), [3, 0, 2], "{found}");
    assert!(warns(&found, "5 masks outline anatomy") && !warns(&found, "several masks"), "{found}");
    // A nodule of the lung is no anatomy, and an image with a mask of the lung alone has no finding where others have.
    let names = ["images/a.png", "images/b.png", "masks/lung_nodule/a.png", "masks/lung/a.png", "masks/lung/b.png"];
    let lungs = folder(names);
    let found = inspect(lungs.path(), &["--normal", "*"]);
    assert!(found["masks"] == 1 && warns(&found, "2 masks outline anatomy"), "{found}");
    let grading = |set: &str, letter: &str, numbers: std::ops::Range<u32>| {
        let names = numbered("IDRiD_1#", numbers);
        let files: Vec<String> =
            names.iter().map(|n| format!("B. Disease Grading/1. Original Images/{letter}. {set} Set/{n}.jpg")).collect();
        (format!("Image name,Retinopathy grade,Risk of macular edema \n{}", rows(&names, &["0,0", "3,2"])), files)
    };
    let [train, test] = [grading("Training", "a", 10..18), grading("Testing", "b", 20..24)];
    let idrid = folder([segmentation.concat(), train.1, test.1].concat());
    for (letter, set, table) in [("a", "Training", train.0), ("b", "Testing", test.0)] {
        let name = format!("B. Disease Grading/2. Groundtruths/{letter}. IDRiD_Disease Grading_{set} Labels.csv");
        idrid.write(&name, table.as_bytes());
    }
    for path in [idrid.path().to_path_buf(), idrid.path().join("B. Disease Grading")] {
        let found = inspect(&path, &["--normal", "0"]);
        assert_eq!((&found["layout"], classes(&found)), (&"labels-csv".into(), BTreeMap::from([("0", 6), ("3", 6)])), "{found}");
        assert_eq!(splits(&found), [8, 0, 4]);
    }

    // BUSI: masks beside the images, one of them with two.
    let busi = folder(
        ["benign (1).png", "benign (1)_mask.png", "benign (1)_mask_1.png", "benign (2).png", "benign (2)_mask.png"]
            .map(|n| format!("benign/{n}")),
    );
    busi.png("normal/normal (1).png", 91).png("normal/normal (1)_mask.png", 92).png("normal/normal (2).png", 93);
    let found = inspect(busi.path(), &[]);
    assert_eq!((classes(&found), &found["masks"]), (BTreeMap::from([("benign", 2), ("normal", 2)]), &3.into()), "{found}");

    assert!(warns(&found, "1 image has several masks"), "{found}");

    // BraTS: several kinds of a slice share a mask.
    let brats = folder(
        ["flair_50", "t1ce_50", "seg_50", "flair_51", "seg_51"]
            .map(|n| format!("BraTS20_Training_001/BraTS20_Training_001_{n}.png")),
    );
    let found = inspect(brats.path(), &[]);
    assert_eq!((&found["images"], &found["masks"]), (&3.into(), &3.into()), "{found}");
    // The same in a folder for each kind, which is no class unless it is said to be.
    for (at, level) in [("", "1"), ("brats/", "2"), ("p1/", "2")] {
        let kinds = ["t1n", "t1c", "t2w", "FLAIR", "seg"].map(|kind| numbered(&format!("{at}{kind}/BraTS_#.png"), 1..4));
        let brats = folder(kinds.concat());
        let found = inspect(brats.path(), &[]);
        assert_eq!(
            (&found["layout"], &found["images"], &found["masks"]),
            (&"unlabelled".into(), &12.into(), &12.into()),
            "{found}"
        );
        assert!(warns(&found, "4 folders are called like kinds of pictures of the same subjects (FLAIR, t1c"), "{found}");
        assert!(warns(&found, &format!("data.level={level}")), "{found}");
        let chosen = inspect(brats.path(), &["--set", &format!("data.level={level}")]);
        assert_eq!(classes(&chosen).len(), 4, "{chosen}");
    }
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

/// A folder with pictures at these paths, and masks at those: a white square on black each.
fn with_masks(pictures: &[String], masks: &[String]) -> Dir {
    let dir = folder(pictures);
    for (path, i) in masks.iter().zip(0..) {
        let inside = |v: u32| (4 + i % 8..12 + i % 8).contains(&v);
        let mask = image::GrayImage::from_fn(40, 32, |x, y| image::Luma([if inside(x) && inside(y) { 255 } else { 0 }]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        mask.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        dir.write(path, &bytes.into_inner());
    }
    dir
}

#[test]
fn masks_are_told_by_names_of_many_kinds() {
    let strings = |paths: &[&str]| paths.iter().map(|path| path.to_string()).collect::<Vec<_>>();
    // LGG: slices and masks in a folder for each patient, a table of patients, and the copy that the archive holds.
    let slices = numbered("TCGA_CS_494#_19990909", 0..3);
    let slices: Vec<String> = slices.iter().flat_map(|p| numbered(&format!("kaggle_3m/{p}/{p}_#"), 1..4)).collect();
    let named = |end: &str| slices.iter().map(|slice| format!("{slice}{end}")).collect::<Vec<_>>();
    let lgg = with_masks(&named(".tif"), &named("_mask.tif"));
    lgg.write("kaggle_3m/data.csv", b"Patient,RNASeqCluster,age\nTCGA_CS_4940,2,50\nTCGA_CS_4941,1,51\n");
    let found = inspect(lgg.path(), &[]);
    assert_eq!((&found["images"], &found["masks"], &found["layout"]), (&9.into(), &9.into(), &"unlabelled".into()), "{found}");
    assert!(says(&found, "Patients are read from the folders") && warns(&found, "3 folders are called like patients"), "{found}");
    for (path, i) in named(".tif").iter().zip(50..) {
        lgg.png(&format!("lgg-mri-segmentation/{path}"), i);
    }
    for path in named("_mask.tif") {
        lgg.write(&format!("lgg-mri-segmentation/{path}"), &std::fs::read(lgg.path().join(&path)).unwrap());
    }
    let found = inspect(lgg.path(), &[]);
    assert_eq!((&found["images"], &found["masks"]), (&9.into(), &9.into()), "{found}");
    assert!(warns(&found, "lgg-mri-segmentation holds copies of images of the other folders"), "{found}");

    for (pictures, masks) in [
        (["0/a.png", "1/b.png", "2/c.png"], ["0/mask.png", "1/mask.png", "2/label.png"]),
        (["img_0.png", "img_1.png", "2.png"], ["mask_0.png", "mask_1.png", "mask_2.png"]),
        (["0.png", "1.png", "2.png"], ["0Mask.png", "1.mask.png", "2_anno.png"]),
        (
            ["im0001.ppm", "im0002.ppm", "im0003.ppm"],
            ["labels-ah/im0001.ah.ppm", "labels-ah/im0002.ah.ppm", "labels-ah/im0003.ah.ppm"],
        ),
        (
            ["X/0.png", "X/1.png", "X/2.png"],
            ["ManualMask/leftMask/0.png", "ManualMask/leftMask/1.png", "ManualMask/leftMask/2.png"],
        ),
        (
            ["a/BraTS_001_flair/s_flair_5.png", "a/t1ce/s_t1ce_5.png", "a/t2/s_t2_5.png"],
            ["a/seg/s_seg_5.png", "a/seg/s_seg_6.png", "a/seg/s_seg_7.png"],
        ),
    ] {
        let dir = with_masks(&strings(&pictures), &strings(&masks));
        let found = inspect(dir.path(), &[]);
        assert_eq!(found["images"], 3, "{found}");
        assert!(found["masks"].as_u64().unwrap() >= 2, "{found}");
    }
}

#[test]
fn masks_of_any_name_are_told_by_what_they_look_like() {
    let each = |pattern: &str| numbered(pattern, 1..5);
    for (pictures, masks) in [
        (each("images/#.png"), each("lesion/#.png")),
        (each("PH2/IMD00#/IMD00#_Dermoscopic_Image/IMD00#.bmp"), each("PH2/IMD00#/IMD00#_lesion/IMD00#_lesion.bmp")),
        (each("Training400/Glaucoma/g#.jpg"), each("Annotation-Training400/Disc_Cup_Masks/Glaucoma/g#.bmp")),
    ] {
        let dir = with_masks(&pictures, &masks);
        let found = inspect(dir.path(), &[]);
        assert_eq!((&found["images"], &found["masks"]), (&4.into(), &4.into()), "{found}");
    }
    // Normal pictures of few values are no masks of those that are called alike.
    let dir = with_masks(&each("test/bad/#.png"), &each("test/good/#.png"));
    let found = inspect(dir.path(), &[]);
    assert_eq!((classes(&found), &found["masks"]), (BTreeMap::from([("bad", 4), ("good", 4)]), &0.into()), "{found}");
    // Two classes whose pictures have the same names are two classes.
    let dir = folder([each("normal/#.png"), each("lesion/#.png")].concat());
    let found = inspect(dir.path(), &[]);
    assert_eq!((classes(&found), &found["masks"]), (BTreeMap::from([("lesion", 4), ("normal", 4)]), &0.into()), "{found}");
}

#[test]
fn tables_are_found_below_titles_and_by_numbers_that_lost_their_zeros() {
    let dir = folder(numbered("000#.png", 0..6));
    let expected = BTreeMap::from([("cyst", 3), ("ok", 3)]);
    let names = numbered("#", 0..6);
    let table = rows(&names, &["ok", "cyst"]);
    let floats = rows(&numbered("#.0", 0..6), &["ok", "cyst"]);
    let spaced = table.replace(",ok", ",Ok").replacen(",Ok", ", OK ", 1).replacen(",Ok", ",ok", 2);
    for text in [
        format!("# made by x\n# 2024\nid,label\n{table}"),
        format!("Export of the study\n\nid,label\n{table}"),
        format!("id,label\n{floats}"),
        format!("id,label\n{spaced}"),
        format!(
            "[{}]",
            table
                .lines()
                .map(|l| l.split_once(',').unwrap())
                .map(|(f, l)| format!("{{\"image\": \"{f}\", \"age\": NaN, \"label\": \"{l}\"}}"))
                .collect::<Vec<_>>()
                .join(",")
        ),
    ] {
        let name = if text.starts_with('[') { "l.json" } else { "l.csv" };
        dir.write(name, text.as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!(classes(&found), expected, "{text}: {found}");
        std::fs::remove_file(dir.path().join(name)).unwrap();
    }
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
    assert_eq!(found["layout"], "class-folders");
    assert!(warns(&found, "t.csv names these files by names that several of them have"), "{found}");
    let refused = run(twice.path(), &["--labels", twice.path().join("t.csv").to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("does not say their folders"));
    // A row may be a patient, with a folder of images.
    let patients = folder(["p0/1.png", "p0/2.png", "p1/3.png", "p2/4.png"]);
    patients.write("t.csv", b"patient,diagnosis\np0,ok\np1,cyst\np2,ok\n");
    assert_eq!(classes(&inspect(patients.path(), &[])), BTreeMap::from([("cyst", 1), ("ok", 3)]));
}

#[test]
fn names_in_our_own_scores_are_read_as_labels() {
    let dir = folder(["=a.png", "-b.png", "c.png", "'d.png"]);
    let table = "path,split,label,score,predicted,threshold\n'=a.png,test,1,2,1,1\n'-b.png,test,0,0,0,1\nc.png,test,0,0,0,1\n'd.png,test,1,2,1,1\n";
    dir.write("scores.csv", table.as_bytes());
    let found = inspect(dir.path(), &["--labels", dir.path().join("scores.csv").to_str().unwrap()]);
    assert_eq!((classes(&found), &found["skipped"]), (BTreeMap::from([("0", 2), ("1", 2)]), &serde_json::json!([])), "{found}");
}

/// A mask as a PNG: a white square on black.
fn mask() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let pixel = |x: u32, y: u32| image::Luma([if x / 8 == 1 && y / 8 == 1 { 255u8 } else { 0 }]);
    image::GrayImage::from_fn(40, 32, pixel).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn pictures_beside_images_that_are_none_are_told() {
    // Real-IAD: masks of the same names beside the images, in another format.
    let dir =
        folder((1..4).flat_map(|i| [format!("bolt/OK/S000{i}/b_{i}_OK_C1.jpg"), format!("bolt/NG/S000{i}/b_{i}_NG_C1.jpg")]));
    (1..4).for_each(|i| _ = dir.write(&format!("bolt/NG/S000{i}/b_{i}_NG_C1.png"), &mask()));
    let found = inspect(dir.path(), &[]);
    assert_eq!((classes(&found), &found["masks"]), (BTreeMap::from([("NG", 3), ("OK", 3)]), &3.into()), "{found}");

    // LAG: a map of attention for each image, ISIC 2017: its superpixels.
    let at = |class: &str, kind: &str| numbered(&format!("{class}/{kind}/000#.jpg"), 0..3);
    let dir =
        folder(["image", "attention_map"].iter().flat_map(|kind| [at("glaucoma", kind), at("non_glaucoma", kind)]).flatten());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("glaucoma", 3), ("non_glaucoma", 3)]), "{found}");
    assert!(warns(&found, "6 pictures made of the images") && warns(&found, "attention_map"), "{found}");
    let dir = folder(["a/ISIC_1.jpg", "a/ISIC_1_superpixels.png", "b/ISIC_2.jpg", "b/ISIC_2_superpixels.png", "c_overlay.png"]);
    assert_eq!(inspect(dir.path(), &[])["images"], 3);
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
fn tables_in_other_scripts_are_read_as_they_are_written() {
    let dir = folder(numbered("#.png", 0..8));
    let table = |labels: [&str; 2]| format!("file,label\n{}", rows(&numbered("#.png", 0..8), &labels));
    for (encoding, labels) in [
        (encoding_rs::GBK, ["正常", "肺炎"]),
        (encoding_rs::BIG5, ["正常", "肺炎"]),
        (encoding_rs::SHIFT_JIS, ["正常", "肺炎の疑い"]),
        (encoding_rs::EUC_KR, ["정상", "폐렴"]),
        (encoding_rs::WINDOWS_1251, ["норма", "пневмония"]),
    ] {
        dir.write("labels.csv", &encoding.encode(&table(labels)).0);
        let found = inspect(dir.path(), &[]);
        assert_eq!(classes(&found), BTreeMap::from(labels.map(|label| (label, 4))), "{}: {found}", encoding.name());
        assert!(warns(&found, "labels.csv is read as "), "{found}");
    }
    let mut damaged = table(["gesund", "Läsion"]).into_bytes();
    damaged.extend(b"x.png,\xff\n");
    dir.write("labels.csv", &damaged);
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("gesund", 4), ("Läsion", 4)]), "{found}");
    assert!(warns(&found, "labels.csv is read as UTF-8 with damaged letters"), "{found}");
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
