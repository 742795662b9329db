//! `inspect` on tables of labels however they are written: encodings, JSON, spreadsheets, titles, headers or none.

use crate::{
    spreadsheets::one_sheet,
    test_files::inspected::{classes, folder, inspect, numbered, rows, splits, warns},
};
use std::collections::BTreeMap;

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

/// Rows of a spreadsheet; what looks like a number is one.
fn cells(rows: &[[&str; 2]]) -> String {
    let cell = |text: &str| match text.parse::<f64>() {
        _ if text.is_empty() => "<c/>".to_string(),
        Ok(number) => format!("<c><v>{number}</v></c>"),
        Err(_) => format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>"),
    };
    let rows: String = rows.iter().map(|row| format!("<row>{}</row>", row.map(cell).concat())).collect();
    format!("<sheetData>{rows}</sheetData>")
}

/// A spreadsheet with one sheet.
fn xlsx(rows: &[[&str; 2]]) -> Vec<u8> {
    one_sheet(&cells(rows), "")
}

#[test]
fn a_cell_merged_over_several_rows_says_the_same_of_each() {
    let rows = [["image", "grade"], ["0.png", "mild"], ["1.png", ""], ["2.png", "none"], ["3.png", ""]];
    let merged = |places: &str| format!("{}<mergeCells>{places}</mergeCells>", cells(&rows));
    let dir = folder(["0.png", "1.png", "2.png", "3.png"]);
    dir.write("labels.xlsx", &one_sheet(&merged("<mergeCell ref=\"B2:B3\"/><mergeCell ref=\"B4:B5\"/>"), ""));
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::from([("mild", 2), ("none", 2)]));
    // Those of nothing, beside the table, or of another order, change nothing.
    dir.write("labels.xlsx", &one_sheet(&merged("<mergeCell ref=\"D1:D1048576\"/><mergeCell ref=\"B5:B2\"/>"), ""));
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found).get("mild"), Some(&1), "{found}");
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
fn names_in_our_own_scores_are_read_as_labels() {
    let dir = folder(["=a.png", "-b.png", "c.png", "'d.png"]);
    let table = "path,split,label,score,predicted,threshold\n'=a.png,test,1,2,1,1\n'-b.png,test,0,0,0,1\nc.png,test,0,0,0,1\n'd.png,test,1,2,1,1\n";
    dir.write("scores.csv", table.as_bytes());
    let found = inspect(dir.path(), &["--labels", dir.path().join("scores.csv").to_str().unwrap()]);
    assert_eq!((classes(&found), &found["skipped"]), (BTreeMap::from([("0", 2), ("1", 2)]), &serde_json::json!([])), "{found}");
}
