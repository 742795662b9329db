//! `inspect` on what names images otherwise than by one column of a table: two columns together, lists of names, masks beside images.

use crate::test_files::{
    inspected::{classes, count, counts, folder, inspect, numbered, says, warns},
    mask,
};
use std::collections::BTreeMap;

/// A table of four patients with four slices each, of which the third shows something; a row as `row` writes it.
fn table(header: &str, row: impl Fn(u32, u32, &str) -> String) -> String {
    let rows = (1..=4).flat_map(|patient| (1..=4).map(move |slice| (patient, slice)));
    let row = |(patient, slice)| row(patient, slice, if slice == 3 { "lesion" } else { "normal" });
    format!("{header}\n{}", rows.map(row).collect::<String>())
}

#[test]
fn a_patient_and_a_slice_name_a_picture_together() {
    let each = |path: fn(u32, u32) -> String| (1..=4).flat_map(move |p| (1..=4).map(move |s| path(p, s)));
    let by_numbers = table("patient,slice,label", |p, s, label| format!("{p},{s},{label}\n"));
    let by_names = table("patient,image,label", |p, s, label| format!("p{p},{s}.png,{label}\n"));
    let joined = table("patient,slice,label", |p, s, label| format!("p{p},s{s},{label}\n"));
    for (path, table, column) in [
        ((|p, s| format!("{p:03}/{s}.png")) as fn(u32, u32) -> String, by_numbers, "patient and slice"),
        (|p, s| format!("scans/p{p}/{s}.png"), by_names, "patient and image"),
        (|p, s| format!("scans/p{p}_s{s}.png"), joined, "patient and slice"),
    ] {
        let dir = folder(each(path));
        dir.write("labels.csv", table.as_bytes());
        for args in
            [&[][..], &["--labels", "labels.csv"], &["--labels", "labels.csv", "--map", &format!("file={column},label=label")]]
        {
            let args: Vec<String> =
                args.iter().map(|a| a.replace("labels.csv", &dir.path().join("labels.csv").display().to_string())).collect();
            let found = inspect(dir.path(), &args.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(classes(&found), BTreeMap::from([("lesion", 4), ("normal", 12)]), "{column}: {found}");
            assert!(says(&found, &format!("column `{column}` names the files")), "{found}");
        }
    }
    // Both windows of a slice have its label, by columns for each finding as well.
    let dir = folder(each(|p, s| format!("{p:03}/bone/{s}.png")).chain(each(|p, s| format!("{p:03}/brain/{s}.png"))));
    let marks = |p, s, label: &str| format!("{p},{s},{},{}\n", u8::from(label == "lesion"), u8::from(label == "normal"));
    dir.write("diagnosis.csv", table("PatientNumber,SliceNumber,Bleeding,No_Finding", marks).as_bytes());
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::from([("Bleeding", 8), ("No_Finding", 24)]));
    // What is not there is named by both.
    let dir = folder(each(|p, s| format!("p{p}/{s}.png")).filter(|path| path != "p2/3.png"));
    dir.write("labels.csv", table("patient,image,label", |p, s, label| format!("p{p},{s}.png,{label}\n")).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert!(warns(&found, "1 row names no file that is here (p2/3.png)"), "{found}");
}

#[test]
fn a_few_numbers_beside_a_patient_name_no_pictures() {
    let dir = folder((1..=4).flat_map(|p| (1..=4).map(move |s| format!("p{p}/{s}.png"))));
    dir.write("patients.csv", b"patient,age,label\np1,3,normal\np2,1,normal\np3,4,lesion\np4,2,lesion\n");
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("lesion", 8), ("normal", 8)]), "{found}");
}

#[test]
fn lists_of_names_say_classes() {
    let dir = folder([numbered("scans/n#.png", 0..6), numbered("scans/t#.png", 0..6)].concat());
    let list = |name: &str, pattern: &str, numbers| _ = dir.write(name, numbered(pattern, numbers).join("\n").as_bytes());
    list("normal.txt", "n#.png", 0..6);
    list("tumour.txt", "t#.png", 0..6);
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("normal", 6), ("tumour", 6)]), "{found}");
    assert!(says(&found, "Lists of names, whose own names say the classes: normal.txt, tumour.txt."), "{found}");
    // With splits in their names, and a name that no list has.
    for class in ["normal", "tumour"] {
        std::fs::remove_file(dir.path().join(format!("{class}.txt"))).unwrap();
        list(&format!("lists/{class}_train.txt"), &format!("{}#.png", &class[..1]), 0..4);
        list(&format!("lists/{class}_test.txt"), &format!("{}#.png", &class[..1]), 4..6);
    }
    dir.png("scans/x.png", 90);
    let found = inspect(dir.path(), &[]);
    assert_eq!(counts(&found), [count("normal", [6, 4, 0, 2]), count("tumour", [6, 4, 0, 2])], "{found}");
    assert!(warns(&found, "no row in the table"), "{found}");
}

#[test]
fn lists_that_are_parts_say_no_classes() {
    for names in [["fold1.txt", "fold2.txt"], ["trainlist01.txt", "testlist01.txt"]] {
        let dir = folder(numbered("#.png", 0..8));
        dir.write(names[0], numbered("#.png", 0..5).join("\n").as_bytes());
        dir.write(names[1], numbered("#.png", 5..8).join("\n").as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!((&found["layout"], found["classes"].as_array().unwrap().len()), (&"unlabelled".into(), 0), "{found}");
        assert!(
            warns(&found, &format!("{}, {} list 8 images without labels", names[0].min(names[1]), names[0].max(names[1]))),
            "{found}"
        );
    }
}

#[test]
fn masks_that_a_table_names_belong_to_their_images() {
    let images = numbered("scans/a#.png", 0..8);
    let masks = |i: usize| if i % 2 == 1 { format!("truth/x{}.png", 90 - i) } else { String::new() };
    for folder_of_masks in ["truth", "masks"] {
        let dir = folder(&images);
        let row = |(i, image): (usize, &String)| {
            let mask_path = masks(i).replace("truth", folder_of_masks);
            if !mask_path.is_empty() {
                dir.write(&mask_path, &mask());
            }
            format!("{image},{mask_path},{}\n", if i % 2 == 1 { "lesion" } else { "normal" })
        };
        let table = format!("image,mask_path,label\n{}", images.iter().enumerate().map(row).collect::<String>());
        dir.write("data.csv", table.as_bytes());
        let given = dir.path().join("data.csv").display().to_string();
        for args in [&[][..], &["--labels", &given]] {
            let found = inspect(dir.path(), args);
            assert_eq!((&found["images"], &found["masks"]), (&8.into(), &4.into()), "{folder_of_masks} {args:?}: {found}");
            assert_eq!(classes(&found), BTreeMap::from([("lesion", 4), ("normal", 4)]), "{found}");
            assert!(!warns(&found, "belong to no image") && !warns(&found, "names images, too"), "{found}");
        }
    }
    // Without the table they have no image.
    let dir = folder(&images);
    dir.write("masks/x.png", &mask());
    assert!(warns(&inspect(dir.path(), &[]), "1 mask belongs to no image and is left out (masks/x.png)"));
}

#[test]
fn lists_of_other_programs_label_images() {
    let classes_of = |name: &str, text: String| {
        let dir = folder(numbered("images/a#.png", 0..8));
        dir.write(name, text.as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!(classes(&found).values().copied().collect::<Vec<_>>(), [4, 4], "{name}: {found}");
    };
    let lines = |line: fn(u32, &str) -> String| (0..8).map(|i| line(i, ["normal", "lesion"][i as usize % 2])).collect::<String>();
    // Vertex AI, SageMaker, MXNet.
    classes_of(
        "import.jsonl",
        lines(|i, label| {
            let label = format!("{{\"displayName\": \"{label}\"}}");
            format!("{{\"imageGcsUri\": \"gs://bucket/images/a{i}.png\", \"classificationAnnotation\": {label}}}\n")
        }),
    );
    classes_of(
        "output.manifest",
        lines(|i, label| {
            let about = format!("{{\"class-name\": \"{label}\", \"confidence\": 0.9}}");
            format!("{{\"source-ref\": \"s3://bucket/images/a{i}.png\", \"job\": {}, \"job-metadata\": {about}}}\n", i % 2)
        }),
    );
    classes_of("train.lst", lines(|i, _| format!("{i}\t{}\timages/a{i}.png\n", i % 2)));
    // Whatever text is called.
    for ending in ["dat", "asc", "psv", "ssv", "list", "text"] {
        let between = match ending {
            "psv" => "|",
            "ssv" => ";",
            _ => ",",
        };
        let text = format!("file,label\n{}", lines(|i, label| format!("a{i}.png,{label}\n"))).replace(',', between);
        classes_of(&format!("befunde.{ending}"), text);
    }
    // SIIM-FISABIO: findings with their boxes.
    let row = |i: u32, _: &str| match i % 2 {
        0 => format!("a{i}_image,none 1 0 0 1 1\n"),
        _ => format!("a{i}_image,opacity 1 {i}.5 582 1815 2499 opacity 1 2245 {i} 3340 2352\n"),
    };
    classes_of("level.csv", format!("id,label\n{}", lines(row)));
    // Crosses in a spreadsheet.
    let row = |i: u32, _: &str| format!("a{i},{}\n", ["X,", ",X"][i as usize % 2]);
    classes_of("crosses.csv", format!("Image Name,Common Nevus,Melanoma\n{}", lines(row)));
}
