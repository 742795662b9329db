//! `inspect` on which column of a table names the files, where several could.

use crate::test_files::inspected::{classes, folder, inspect, numbered, says, splits, warns};
use std::collections::BTreeMap;

/// Eight images and a table under these headers: in each row its number from 1, `name` with that of another image in the place of
/// `#`, and a class that is right for that image alone.
fn counted(paths: &[String], headers: &str, name: impl Fn(u32) -> String) -> crate::test_files::Dir {
    let dir = folder(paths);
    let row = |i: u32| format!("{i},{},{}\n", name(9 - i), if 9 - i < 4 { "lesion" } else { "normal" });
    dir.write("table.csv", format!("{headers}\n{}", (1..9).map(row).collect::<String>()).as_bytes());
    dir
}

#[test]
fn names_and_paths_win_over_counters_beside_them() {
    let expected = BTreeMap::from([("lesion", 3), ("normal", 5)]);
    for (pattern, headers) in [
        ("#.png", "vizzy_id,vizzy_path,label"),
        ("#.png", "image_id,derm_file,label"),
        ("#.png", "id,stored_as,label"),
        ("sets/a/#.png", "id,key,label"),
        ("00#.png", "DDI_ID,DDI_file,label"),
        ("00#", "patient,scan,label"),
    ] {
        let paths: Vec<String> =
            numbered(pattern, 1..9).into_iter().map(|path| path.trim_end_matches(".png").to_string() + ".png").collect();
        let dir = counted(&paths, headers, |i| pattern.replace('#', &i.to_string()));
        let found = inspect(dir.path(), &[]);
        let column = headers.split(',').nth(1).unwrap();
        assert!(says(&found, &format!("column `{column}` names the files")), "{headers}: {found}");
        assert_eq!(classes(&found), expected, "{headers}");
    }
    // Of a set of which a part is here, too.
    let dir = counted(&numbered("#.png", 1..5), "image_id,derm_file,label", |i| format!("{i}.png"));
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("lesion", 3), ("normal", 1)]), "{found}");
}

#[test]
fn paths_win_over_names_that_several_files_have() {
    let dir = folder([numbered("a/#.png", 0..4), numbered("b/#.png", 0..4)].concat());
    let row = |site: &str, i: u32| format!("{i}.png,{site}/{i}.png,{}\n", if i == 0 { "lesion" } else { "normal" });
    let rows: String = ["a", "b"].iter().flat_map(|site| (0..4).map(move |i| row(site, i))).collect();
    dir.write("t.csv", format!("filename,path,label\n{rows}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("lesion", 2), ("normal", 6)]), "{found}");
}

#[test]
fn measures_and_counts_name_no_files() {
    let paths = numbered("#.png", 1..41);
    for (headers, row) in [
        ("case,age,diagnosis", "C00#,#,"),
        ("scan,x,y,w,h,class", "scan-#,#,3,5,5,"),
        ("epoch,loss,class", "#,0.#5,"),
        ("region,area,label", "r#,#,"),
    ] {
        let dir = folder(&paths);
        let rows: String = (1..41).map(|i| format!("{}{}\n", row.replace('#', &i.to_string()), ["ok", "cyst"][i % 2])).collect();
        dir.write("table.csv", format!("{headers}\n{rows}").as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!(found["layout"], "unlabelled", "{headers}: {found}");
        assert!(warns(&found, "table.csv looks like a table of labels"), "{headers}: {found}");
    }
    // A column that is called like one of images may count them, and any other that has one number for each.
    for header in ["image_no", "specimen"] {
        let dir = folder(&paths);
        let rows: String = (1..41).map(|i| format!("{i},7,{}\n", ["ok", "cyst"][i % 2])).collect();
        dir.write("table.csv", format!("{header},site,label\n{rows}").as_bytes());
        assert_eq!(inspect(dir.path(), &[])["layout"], "labels-csv", "{header}");
    }
}

#[test]
fn images_of_a_study_are_named_before_the_study() {
    // SIIM-FISABIO-RSNA COVID-19.
    let path = |i: u32| format!("train/36ed842ac2{:02x}/97bd8c5b10{i:02x}/9dcd7a44ef{i:02x}.png", i / 2);
    let dir = folder((16..26).map(path));
    let row = |i: u32| format!("9dcd7a44ef{i:02x}_image,{},36ed842ac2{:02x}\n", ["none", "opacity"][i as usize % 2], i / 2);
    let rows: String = (16..26).map(row).collect();
    dir.write("train_image_level.csv", format!("id,label,StudyInstanceUID\n{rows}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("none", 5), ("opacity", 5)]), "{found}");
}

#[test]
fn names_of_files_may_hold_blanks() {
    let dir = folder(["COVID", "non-COVID"].iter().flat_map(|class| numbered(&format!("{class}/{class} (#).png"), 0..6)));
    let list = |numbers: std::ops::Range<u32>| {
        let of = |class: &str| numbered(&format!("{class}/{class} (#).png"), numbers.clone());
        [of("COVID"), of("non-COVID")].concat().join("\n")
    };
    dir.write("train.txt", list(0..4).as_bytes()).write("test.txt", list(4..6).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!((splits(&found), classes(&found).len()), ([8, 0, 4], 2), "{found}");

    let dir = folder(numbered("im (#).png", 0..6));
    let lines: String = (0..6).map(|i| format!("im ({i}).png {}\n", i % 2)).collect();
    dir.write("list.txt", lines.as_bytes());
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::from([("0", 3), ("1", 3)]));
}

#[test]
fn a_list_of_patients_needs_no_headers() {
    let dir = folder((0..6).flat_map(|p| numbered(&format!("P00{p}/#.png"), 0..2)));
    for delimiter in [" ", ","] {
        let lines: String = (0..6).map(|p| format!("P00{p}{delimiter}{}\n", ["normal", "tumour"][p % 2])).collect();
        dir.write("patients.txt", lines.as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!(classes(&found), BTreeMap::from([("normal", 6), ("tumour", 6)]), "{delimiter:?}: {found}");
    }
}

#[test]
fn names_of_files_as_programs_and_sets_write_them() {
    let dir = folder(numbered("data/scan#.jpg", 10..14));
    let label = |i: u32| format!(r#""scan{i}": {{"label": {}, "confidence": null}}"#, i % 2);
    let labels = (10..14).map(label).collect::<Vec<_>>().join(",");
    dir.write("labels.json", format!(r#"{{"classes": ["normal", "lesion"], "labels": {{{labels}}}}}"#).as_bytes());
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::from([("lesion", 2), ("normal", 2)]), "FiftyOne");

    let dir = folder((1..9).map(|i| format!("Images_png/00000{i}_01_01/{}.png", 100 + i)));
    let row = |i: u32| format!("00000{i}_01_01_{}.png,{},{}\n", 100 + i, 109 - i, ["lung", "liver"][i as usize % 2]);
    let rows: String = (1..9).map(row).collect();
    dir.write("DL_info.csv", format!("File_name,Key_slice_index,label\n{rows}").as_bytes());
    let found = inspect(dir.path(), &[]);
    assert!(says(&found, "column `File_name` names the files"), "DeepLesion: {found}");

    // Names of three letters are found in what is not read as well.
    let dir = folder(numbered("s#.jpg", 0..4));
    let record = |i: u32| format!(r#"{{"image": "s{i}.jpg", "annotations": [{{"label": "normal"}}]}}"#);
    dir.write("annotations.dat.yaml", (0..4).map(record).collect::<String>().as_bytes());
    assert!(warns(&inspect(dir.path(), &[]), "names these images; labels may be in it"));
}
