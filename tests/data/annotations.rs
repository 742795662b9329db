//! `inspect` where findings are outlined: run lengths, boxes, annotations in XML. An image without any is normal.

use crate::test_files::inspected::{self, classes, folder, inspect, numbered, rows, says, splits, warns};
use std::collections::BTreeMap;

#[test]
fn run_lengths_are_findings_and_no_classes() {
    for header in ["ImageId,EncodedPixels", "ImageId, EncodedPixels", "image_id,rle_mask", "id,outline"] {
        let dir = folder(numbered("dicom-images-train/1.2.3.#.png", 10..20));
        let runs = |i: u32| format!("1.2.3.{i},{} 3 1005 4 2005 {i} 3000 7\n", 100 + i);
        let none = |i: u32| format!("1.2.3.{i},{}\n", if i.is_multiple_of(2) { " -1" } else { "" });
        // Several rows of an image are several outlines.
        let rows: String = (10..14).flat_map(|i| [runs(i), runs(i + 7 - 7)]).chain((14..20).map(none)).collect();
        dir.write("train-rle.csv", format!("{header}\n{rows}").as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!(classes(&found), BTreeMap::from([("finding", 4), ("no finding", 6)]), "{header}: {found}");
        assert_eq!(found["normal"], "no finding", "{header}");
        assert!(says(&found, "run lengths") && !warns(&found, "repeat"), "{header}: {found}");
    }
}

#[test]
fn run_lengths_may_have_classes_and_leave_out_images_without_findings() {
    // Severstal: rows for defects alone.
    let images = numbered("train_images/000#.jpg", 10..20);
    let dir = folder(&images);
    dir.write(
        "train.csv",
        b"ImageId,ClassId,EncodedPixels\n00010.jpg,1,5 7 9 1\n00011.jpg,3,5 7\n00011.jpg,4,8 8\n00012.jpg,3,1 2\n",
    );
    let found = inspect(dir.path(), &[]);
    let counts = BTreeMap::from([("1", 1), ("3", 1), ("no finding", 7), ("several findings", 1)]);
    assert_eq!((classes(&found), &found["normal"]), (counts, &"no finding".into()), "{found}");
    assert!(warns(&found, "7 images have no row in the table, which holds outlines of findings alone"), "{found}");

    // As it was before: a row for each image and class, both in one column.
    let joined = folder(&images[..3]);
    let rows: String = (10..13)
        .flat_map(|i| (1..5).map(move |c| format!("000{i}.jpg_{c},{}\n", if i + c == 13 { "1 5" } else { "" })))
        .collect();
    joined.write("train.csv", format!("ImageId_ClassId,EncodedPixels\n{rows}").as_bytes());
    let found = inspect(joined.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("1", 1), ("2", 1), ("3", 1)]), "{found}");
    let rows = rows.replace("00010.jpg_3,1 5", "00010.jpg_3,");
    joined.write("train.csv", format!("ImageId_ClassId,EncodedPixels\n{rows}").as_bytes());
    let found = inspect(joined.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("1", 1), ("2", 1), ("no finding", 1)]), "{found}");

    // Kaggle's nuclei: the name of a folder, outlines in every image.
    let nuclei = folder(numbered("stage1_train/ab#cd/images/ab#cd.png", 10..14));
    let rows: String = (10..14).flat_map(|i| [format!("ab{i}cd,5 6 7 8\n"), format!("ab{i}cd,9 1\n")]).collect();
    nuclei.write("stage1_train_labels.csv", format!("ImageId,EncodedPixels\n{rows}").as_bytes());
    let found = inspect(nuclei.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("finding", 4)]), "{found}");
    assert!(found["normal"].is_null());
}

#[test]
fn rows_of_boxes_add_up_for_each_image() {
    // RSNA: rows by patient.
    let rsna = folder(numbered("stage_2_train_images/0004cfab-#.png", 10..16));
    let boxed = |i: u32| format!("0004cfab-{i},1.0,2.0,3.0,4.0,1\n0004cfab-{i},5.0,6.0,3.0,4.0,1\n");
    let rows: String = (10..12).map(boxed).chain((12..16).map(|i| format!("0004cfab-{i},,,,,0\n"))).collect();
    rsna.write("stage_2_train_labels.csv", format!("patientId,x,y,width,height,Target\n{rows}").as_bytes());
    let found = inspect(rsna.path(), &["--normal", "0"]);
    assert_eq!(classes(&found), BTreeMap::from([("0", 4), ("1", 2)]), "{found}");

    // VinDr-CXR: several readers, each with several findings.
    let vindr = folder(numbered("train/a#.png", 10..14));
    let table = "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n\
        a10,No finding,14,R1,,,,\na10,No finding,14,R2,,,,\na11,Mass,3,R1,1,2,3,4\na11,Mass,3,R2,1,2,3,4\n\
        a12,Mass,3,R1,1,2,3,4\na12,Nodule,4,R1,1,2,3,4\na13,No finding,14,R1,,,,\na13,Mass,3,R2,1,2,3,4\n";
    vindr.write("train.csv", table.as_bytes());
    let found = inspect(vindr.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("Mass", 2), ("No finding", 1), ("several findings", 1)]), "{found}");
    assert!(warns(&found, "1 image is called normal in one row and something else in another"), "{found}");
}

#[test]
fn annotations_of_cvat_label_images() {
    let dir = folder(numbered("images/scan#.png", 10..16));
    let image =
        |i: u32, inner: &str| format!("<image id=\"{i}\" name=\"images/scan{i}.png\" width=\"4\" height=\"4\">{inner}</image>\n");
    let mark = "<box label=\"polyp\" xtl=\"1\" ytl=\"1\" xbr=\"2\" ybr=\"2\"></box>";
    let both = format!("{mark}<polygon label=\"ulcer\" points=\"1,1;2,2\"/>");
    let xml = |images: String| {
        format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations><version>1.1</version>{images}</annotations>")
    };
    let images: String = (10..16)
        .map(|i| {
            image(
                i,
                match i {
                    10 => mark,
                    11 => &both,
                    _ => "",
                },
            )
        })
        .collect();
    dir.write("annotations.xml", xml(images).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("no annotation", 4), ("polyp", 1), ("several findings", 1)]), "{found}");
    assert_eq!((&found["layout"], &found["suggested"]), (&"labels-csv".into(), &"no annotation".into()));

    // Tags say it themselves: what has none is not known to be normal.
    let tag = |label: &str| format!("<tag label=\"{label}\" source=\"manual\"></tag>");
    let images: String = (10..16)
        .map(|i| {
            image(
                i,
                &match i {
                    10 | 11 => tag("abnormal"),
                    15 => String::new(),
                    _ => tag("normal"),
                },
            )
        })
        .collect();
    dir.write("annotations.xml", xml(images).as_bytes());
    let found = inspect(&dir.path().join("annotations.xml"), &["--normal", "normal"]);
    assert_eq!(classes(&found), BTreeMap::from([("abnormal", 2), ("normal", 3)]), "{found}");
    assert!(warns(&found, "1 image is in the table without a label"), "{found}");
}

#[test]
fn folders_of_unsorted_images_are_no_class() {
    let paths =
        [numbered("Br35H/yes/y#.jpg", 10..14), numbered("Br35H/no/no#.jpg", 10..15), numbered("Br35H/pred/pred#.jpg", 0..3)];
    let found = inspect(folder(paths.concat()).path(), &[]);
    assert_eq!((classes(&found), &found["images"]), (BTreeMap::from([("no", 5), ("yes", 4)]), &12.into()), "{found}");
    assert_eq!(found["suggested"], "no");
    assert!(warns(&found, "3 images lie in pred, by its name not sorted into classes: unlabelled"), "{found}");
    for name in ["to_predict", "unlabeled", "Unlabelled images", "inference"] {
        let paths = [numbered("normal/#.png", 0..3), numbered("sick/#.png", 3..6), numbered(&format!("{name}/#.png"), 6..8)];
        let found = inspect(folder(paths.concat()).path(), &[]);
        assert_eq!(classes(&found), BTreeMap::from([("normal", 3), ("sick", 3)]), "{name}: {found}");
        assert!(warns(&found, &format!("2 images lie in {name}")), "{found}");
    }
    let only = inspect(folder(numbered("inference/#.png", 0..3)).path(), &[]);
    assert_eq!(only["images"], 3, "{only}");
    // Below a split.
    let paths =
        [numbered("train/normal/#.png", 0..3), numbered("train/sick/#.png", 3..6), numbered("test/unlabeled/#.png", 6..8)];
    let found = inspect(folder(paths.concat()).path(), &[]);
    assert_eq!((classes(&found), splits(&found)), (BTreeMap::from([("normal", 3), ("sick", 3)]), [6, 0, 0]), "{found}");
}

#[test]
fn a_sample_of_answers_labels_nothing() {
    let names = numbered("t#", 10..18);
    let dir = folder(names.iter().map(|name| format!("test/{name}.png")));
    dir.write("sample_submission.csv", format!("image_id,label\n{}", rows(&names, &["0"])).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["layout"], "unlabelled", "{found}");
    assert!(warns(&found, "sample_submission.csv names these files, but is made for answers by its name"), "{found}");
}

#[test]
fn a_damaged_run_length_is_named_and_labels_nothing() {
    let dir = folder(numbered("train/#.png", 100..160));
    let row = |i: u32| match i {
        110 => "110.png,\"5 7 9\"\n".to_string(),
        // What is found by another row stays found; what is not is not called normal.
        111 => "111.png,12.5 x\n111.png,5 7\n".into(),
        112 => "112.png,see note\n112.png,\n".into(),
        _ if i.is_multiple_of(2) => {
            format!("{i}.png,{}\n", (1..500).map(|n| format!("{} {} ", n * 9, i - 90)).collect::<String>())
        }
        _ => format!("{i}.png,\n"),
    };
    dir.write("train.csv", format!("ImageId,EncodedPixels\n{}", (100..160).map(row).collect::<String>()).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("finding", 29), ("no finding", 29)]), "{found}");
    assert!(
        warns(&found, "3 rows have no run lengths where they outline, and label nothing (row 12 of train.csv: `5 7 9`"),
        "{found}"
    );
    assert!(warns(&found, "2 images are in the table without a label"), "{found}");

    // Under a name that says nothing, too.
    let rows = (100..160).map(row).collect::<String>();
    dir.write("train.csv", format!("ImageId,outline\n{}", rows.replace("12.5 x", "1 2").replace("see note", "1 2")).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(classes(&found), BTreeMap::from([("finding", 30), ("no finding", 29)]), "{found}");
}

#[test]
fn a_long_value_is_cut_where_it_is_listed() {
    let dir = folder(numbered("#.png", 0..8));
    let long = |i: u32| format!("{i} {}", "1,2;".repeat(2000));
    let rows: String = (0..8).map(|i| format!("{i}.png\t{}\n", long(i % 2))).collect();
    dir.write("list.tsv", format!("file\tlabel\n{rows}").as_bytes());
    let output = inspected::run(dir.path(), &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.lines().all(|line| line.chars().count() < 700), "{text}");
    assert_eq!(inspect(dir.path(), &[])["classes"][0]["name"], long(0).as_str(), "whole for programs");
    let refused = inspected::run(dir.path(), &["--normal", "x"]);
    assert!(refused.stderr.len() < 2000, "{}", String::from_utf8_lossy(&refused.stderr));
}

#[test]
fn rows_of_points_may_contradict_each_other() {
    // A place without an extent is that of an image, of a scan or of a landmark.
    let table = |headers: &str, rest: &str| {
        let dir = folder(numbered("#.png", 0..4));
        let rows =
            ["0.png,normal", "0.png,cyst", "1.png,normal", "2.png,cyst", "3.png,normal"].map(|row| format!("{row},{rest}\n"));
        dir.write("list.csv", format!("file,label,{headers}\n{}", rows.concat()).as_bytes());
        inspect(dir.path(), &[])
    };
    for (headers, rest) in [("x,y", "1,2"), ("left,top", "1,2"), ("coordX,coordY,coordZ", "1,2,3")] {
        let found = table(headers, rest);
        assert_eq!(classes(&found), BTreeMap::from([("cyst", 1), ("normal", 2)]), "{headers}: {found}");
        assert!(warns(&found, "1 image with two different labels is left out"), "{headers}: {found}");
    }
    for (headers, rest) in
        [("x,y,radius", "1,2,3"), ("xmin,ymin,xmax,ymax", "1,2,3,4"), ("x,y,w,h", "1,2,3,4"), ("x1,y1,x2,y2", "1,2,3,4")]
    {
        let found = table(headers, rest);
        assert_eq!(classes(&found), BTreeMap::from([("cyst", 2), ("normal", 2)]), "{headers}: {found}");
        assert!(warns(&found, "1 image is called normal in one row and something else in another"), "{headers}: {found}");
    }
}

#[test]
fn damaged_annotations_are_named_and_label_nothing() {
    let dir = folder(numbered("images/scan#.png", 10..16));
    let image = |i: u32| format!("<image name=\"scan{i}.png\"><box label=\"polyp\" xtl=\"1\"/></image>");
    let whole = format!("<?xml version=\"1.0\"?><annotations>{}</annotations>", (10..13).map(image).collect::<String>());
    let cut = whole.replace("</annotations>", "");
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(whole.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (bytes, says) in [
        (cut.as_bytes(), "cut short"),
        (whole.replace("</image>", "</imag>").as_bytes(), "is no XML"),
        (&[0; 900], "is no XML"),
        (b"", "is no XML"),
    ] {
        dir.write("annotations.xml", bytes);
        let found = inspect(dir.path(), &[]);
        assert!(classes(&found).is_empty() && found["images"] == 6, "{found}");
        assert!(warns(&found, "annotations.xml") && warns(&found, says) && warns(&found, "It labels nothing"), "{says}: {found}");
    }
    dir.write("annotations.xml", &wide);
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::from([("polyp", 3)]), "UTF-16");
    // Those of single images, however few; and other lists.
    dir.write("annotations.xml", b"<annotation><object><name>polyp</name></object></annotation>");
    assert!(warns(&inspect(dir.path(), &[]), "1 .xml file annotates a single image and is not read (annotations.xml)"));
    dir.write("annotations.xml", b"<project/>").write("coco.json", b"{\"images\": [{\"file_name\": \"scan10.png\"}, {\"file_");
    assert!(warns(&inspect(dir.path(), &[]), "coco.json is no JSON"));
}

#[test]
fn names_and_classes_in_one_column_keep_their_header() {
    let images = numbered("train/#.jpg", 10..13);
    for (header, file, class) in [
        ("id", "id", "ClassId"),
        ("image_id", "image_id", "ClassId"),
        ("Image_Label", "Image", "Label"),
        ("Image_Id_Class_Id", "Image_Id", "Class_Id"),
    ] {
        let dir = folder(&images);
        let rows: String = (10..13)
            .flat_map(|i| ["fish", "sugar"].map(|class| format!("{i}.jpg_{class},{}\n", if i == 10 { "1 5" } else { "" })))
            .collect();
        dir.write("train.csv", format!("{header},EncodedPixels\n{}", rows.replace("11.jpg_fish,", "11.jpg_fish,1 5")).as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!(
            classes(&found),
            BTreeMap::from([("fish", 1), ("no finding", 1), ("several findings", 1)]),
            "{header}: {found}"
        );
        assert!(
            says(&found, &format!("column `{file}` names the files")) && says(&found, &format!("what `{class}` says")),
            "{found}"
        );
        // As it is said, so it may be typed; and as the file has it, it is understood.
        for map in [format!("file={file},label={class}"), format!("file={file}"), format!("label={class}"), "label=2".into()] {
            let typed = inspect(dir.path(), &["--map", &map]);
            assert_eq!(classes(&typed), classes(&found), "{map}: {typed}");
        }
    }
}
