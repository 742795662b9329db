//! `inspect` where findings are outlined: run lengths, boxes, annotations in XML. An image without any is normal.

use crate::test_files::inspected::{classes, folder, inspect, numbered, rows, says, splits, warns};
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

    // Those of single images are counted, as before.
    let voc = folder(numbered("img#.png", 10..16));
    (10..16).for_each(|i| _ = voc.write(&format!("img{i}.xml"), b"<annotation><object><name>a</name></object></annotation>"));
    assert!(warns(&inspect(voc.path(), &[]), "6 .xml files are called like the images, one each"));
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
