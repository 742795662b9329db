//! `inspect` on what programs for annotating export, and on the list of MIAS. An image with regions is what they are called, one without
//! has no finding, one that nobody looked at has no label.

use crate::test_files::inspected::{classes, folder, inspect, numbered, says, warns};
use std::collections::BTreeMap;

#[test]
fn the_list_of_mias_labels_its_images() {
    let rows = "mdb001 G CIRC B 535 425 197 \nmdb002 G CIRC B 522 280 69\nmdb003 D NORM\nmdb004 D NORM \n\
        mdb005 F CIRC B 477 133 30\nmdb005 F CIRC B 500 168 26\nmdb006 F NORM\nmdb007 G CALC M 1 2 3\nmdb007 G ARCH M 4 5 6\nmdb059 F CIRC B *NOTE 3*\n";
    let explained = "This file lists the films in the MIAS database and provides\nappropriate details as follows:\n\n\
        1st column: MIAS database reference number.\n\n2nd column: Character of background tissue:\n                F Fatty\n                \
        G Fatty-glandular\n\n3rd column: Class of abnormality present:\n                CALC Calcification\n                NORM Normal\n\n\
        NOTES\n=====\n\n1) The list is arranged in pairs of films.\n\n";
    for (before, rows) in [
        ("REFNUM BG CLASS SEVERITY X Y RADIUS\n", rows.to_string()),
        (explained, rows.to_string()),
        ("", rows.replace('\n', "\r\n")),
    ] {
        let dir = folder(numbered("all-mias/mdb00#.pgm", 1..9).into_iter().chain(["all-mias/mdb059.pgm".into()]));
        dir.write("all-mias/Info.txt", format!("{before}{rows}").as_bytes());
        let found = inspect(dir.path(), &[]);
        let counts = BTreeMap::from([("CIRC", 4), ("NORM", 3), ("several findings", 1)]);
        assert_eq!((classes(&found), &found["suggested"]), (counts, &"NORM".into()), "{found}");
        assert!(warns(&found, "1 image has no row in the table and is left out (all-mias/mdb008.pgm)"), "{found}");
        assert!(!warns(&found, "repeat"), "{found}");
    }
}

#[test]
fn tasks_of_label_studio_label_their_images() {
    let region = |label: &str| {
        format!(
            "{{\"type\": \"rectanglelabels\", \"value\": {{\"x\": 1, \"y\": 2, \"width\": 3, \"height\": 4, \"rectanglelabels\": [\"{label}\"]}}}}"
        )
    };
    let result = |i: u32| match i {
        10 => region("cyst"),
        11 => format!("{}, {}", region("cyst"), region("mass")),
        12 => "{\"type\": \"polygon\", \"value\": {\"points\": [[1, 2]]}}".into(),
        _ => String::new(),
    };
    let annotations = |i: u32| match i {
        15 => "[]".to_string(),
        16 => "[{\"was_cancelled\": true, \"result\": []}]".into(),
        _ => format!("[{{\"id\": {i}, \"was_cancelled\": false, \"result\": [{}]}}]", result(i)),
    };
    let export = |place: &str| {
        let task = |i: u32| {
            let image = place.replace('#', &i.to_string());
            format!(
                "{{\"id\": {i}, \"data\": {{\"image\": \"{image}\", \"age\": {i}}}, \"annotations\": {}, \"predictions\": []}}",
                annotations(i)
            )
        };
        format!("[{}]", (10..17).map(task).collect::<Vec<_>>().join(",\n"))
    };
    let counts = BTreeMap::from([("cyst", 1), ("finding", 1), ("no annotation", 2), ("several findings", 1)]);
    for (images, place) in [
        ("images/eye #.png", "/data/local-files/?d=images/eye%20#.png"),
        ("images/#.png", "/data/upload/3/3b4e7f#-#.png"),
        ("images/3b4e7f#-#.png", "/data/upload/3/3b4e7f#-#.png"),
        ("#.png", "s3://bucket/set/#.png"),
    ] {
        let dir = folder(numbered(images, 10..18));
        dir.write("project-1.json", export(place).as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!((classes(&found), &found["layout"]), (counts.clone(), &"labels-csv".into()), "{place}: {found}");
        assert!(warns(&found, "2 images are in the table without a label") && warns(&found, "1 image has no row"), "{found}");
    }
}

#[test]
fn choices_and_lists_of_label_studio_are_classes() {
    let dir = folder(numbered("#.png", 10..16));
    let task = |i: u32| {
        let choice = ["Normal", "Cyst"][i as usize % 2];
        format!(
            "{{\"data\": {{\"image\": \"/data/upload/1/{i}.png\"}}, \"annotations\": [{{\"result\": [{{\"type\": \"choices\", \"value\": {{\"choices\": [\"{choice}\"]}}}}]}}]}}"
        )
    };
    dir.write("export.json", format!("[{}]", (10..16).map(task).collect::<Vec<_>>().join(",")).as_bytes());
    let found = inspect(dir.path(), &[]);
    assert_eq!(
        (classes(&found), &found["suggested"]),
        (BTreeMap::from([("Cyst", 3), ("Normal", 3)]), &"Normal".into()),
        "{found}"
    );
    std::fs::remove_file(dir.path().join("export.json")).unwrap();

    // A record for each annotation, as JSON and as a table.
    let marks = |i: u32| if i < 12 { format!("[{{\"x\": 1, \"rectanglelabels\": [\"cyst {i}\"]}}]") } else { String::new() };
    let record = |i: u32| {
        let label = if i < 12 { format!("\"label\": {},", marks(i)) } else { String::new() };
        format!(
            "{{\"image\": \"/data/upload/1/0123456{}-{i}.png\", \"id\": {i}, {label} \"annotator\": 1, \"annotation_id\": {i}, \"lead_time\": 2.5}}",
            i % 10
        )
    };
    let row = |i: u32| format!("/data/upload/1/0123456{}-{i}.png,{i},\"{}\",1,{i},2.5\n", i % 10, marks(i).replace('"', "\"\""));
    let json = format!("[{}]", (10..16).map(record).collect::<Vec<_>>().join(","));
    let csv = format!("image,id,label,annotator,annotation_id,lead_time\n{}", (10..16).map(row).collect::<String>());
    for (name, text) in [("min.json", json), ("min.csv", csv)] {
        dir.write(name, text.as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!(classes(&found), BTreeMap::from([("cyst 10", 1), ("cyst 11", 1), ("no annotation", 4)]), "{name}: {found}");
        std::fs::remove_file(dir.path().join(name)).unwrap();
    }
}

#[test]
fn regions_of_via_label_their_images() {
    let dir = folder(numbered("images/#.png", 10..16));
    let regions = |i: u32| match i {
        10 => vec!["cyst"],
        11 => vec!["cyst", "mass"],
        12 => vec![""],
        _ => vec![],
    };
    let attributes = |label: &str| if label.is_empty() { "{}".to_string() } else { format!("{{\"type\": \"{label}\"}}") };
    let image = |i: u32| {
        let region = |label: &&str| {
            format!("{{\"shape_attributes\": {{\"name\": \"rect\", \"x\": 1}}, \"region_attributes\": {}}}", attributes(label))
        };
        let regions = regions(i).iter().map(region).collect::<Vec<_>>().join(",");
        format!(
            "\"{i}.png99\": {{\"filename\": \"{i}.png\", \"size\": 99, \"regions\": [{regions}], \"file_attributes\": {{\"caption\": \"\"}}}}"
        )
    };
    let images = format!("{{{}}}", (10..15).map(image).collect::<Vec<_>>().join(","));
    let project = format!(
        "{{\"_via_settings\": {{\"ui\": {{}}}}, \"_via_img_metadata\": {images}, \"_via_attributes\": {{}}, \"_via_data_format_version\": \"2.0.10\"}}"
    );
    let rows = |i: u32| -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let of = regions(i);
        let row = |n: usize, shape: &str, label: &str| {
            format!("{i}.png,99,\"{{}}\",{},{n},{},{}\n", of.len(), quoted(shape), quoted(&attributes(label)))
        };
        match of.is_empty() {
            true => row(0, "{}", ""),
            false => of.iter().enumerate().map(|(n, label)| row(n, "{\"name\": \"rect\", \"x\": 1}", label)).collect(),
        }
    };
    let csv = format!(
        "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n{}",
        (10..15).map(rows).collect::<String>()
    );
    let counts = BTreeMap::from([("cyst", 1), ("finding", 1), ("no annotation", 2), ("several findings", 1)]);
    for (name, text) in [("via_region_data.json", &images), ("via_project.json", &project), ("via_export.csv", &csv)] {
        dir.write(name, text.as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!((classes(&found), &found["suggested"]), (counts.clone(), &"no annotation".into()), "{name}: {found}");
        assert!(warns(&found, "1 image has no row in the table and is left out (images/15.png)"), "{name}: {found}");
        assert!(says(&found, "`filename` names the files"), "{name}: {found}");
        std::fs::remove_file(dir.path().join(name)).unwrap();
    }
}

#[test]
fn where_nothing_is_marked_at_all_nobody_looked() {
    let dir = folder(numbered("images/#.png", 10..16));
    let images: Vec<String> = (10..16).map(|i| format!("{{\"id\": {i}, \"file_name\": \"{i}.png\"}}")).collect();
    let coco = |annotations: &str| {
        format!(
            "{{\"images\": [{}], \"annotations\": [{annotations}], \"categories\": [{{\"id\": 1, \"name\": \"cyst\"}}]}}",
            images.join(",")
        )
    };
    let cvat: String = (10..16).map(|i| format!("<image name=\"{i}.png\"/>")).collect();
    for (name, text) in [
        ("coco.json", coco("")),
        ("coco.json", coco("{\"image_id\": 10, \"caption\": \"a cyst in the left lobe\"}")),
        ("cvat.xml", format!("<annotations>{cvat}</annotations>")),
    ] {
        dir.write(name, text.as_bytes());
        let found = inspect(dir.path(), &[]);
        assert!(classes(&found).is_empty() && found["suggested"].is_null(), "{text}: {found}");
        assert!(warns(&found, &format!("{name} names these files")), "{found}");
        std::fs::remove_file(dir.path().join(name)).unwrap();
    }
    // A place without a name is a finding.
    dir.write("coco.json", coco("{\"image_id\": 10, \"bbox\": [1, 2, 3, 4]}, {\"image_id\": 11, \"category_id\": 1}").as_bytes());
    assert_eq!(classes(&inspect(dir.path(), &[])), BTreeMap::from([("cyst", 1), ("finding", 1), ("no annotation", 4)]));
    // Lists of labels under the names of files.
    let list = |i: u32| format!("\"{i}.png\": {}", ["[]", "[\"cyst\"]", "[\"cyst\", \"mass\"]"][i as usize % 3]);
    dir.write("coco.json", format!("{{{}}}", (10..16).map(list).collect::<Vec<_>>().join(",")).as_bytes());
    let counts = BTreeMap::from([("cyst", 2), ("no annotation", 2), ("several findings", 2)]);
    assert_eq!(classes(&inspect(dir.path(), &[])), counts);
}
