//! `inspect` on the rows of tables of labels: which files they name, and what is said of those that name none.

use crate::test_files::{
    Dir,
    inspected::{count, counts, inspect, reason, refused, warns},
};

#[test]
fn table_formats_are_recognised() {
    // Semicolons, BOM, CRLF, quotes, back slashes; a split and a patient; numbers as pandas writes them.
    let dir = Dir::new();
    for i in 0..6 {
        dir.png(&format!("images/a {i}.png"), i);
    }
    let table = "\u{feff}\"file\";\"split\";\"label\";\"patient\"\r\n\"images\\a 0.png\";train;0.0;p1\r\nimages/a 1.png;train;0;p2\r\n./images/a 2.png;test;1;p2\r\na 3.png;test;0;p3\r\na 4;test;;p4\r\n";
    dir.write("labels.csv", table.as_bytes());
    let found = inspect(dir.path(), &["--normal", "0"]);
    assert_eq!((&found["layout"], &found["images"]), (&"labels-csv".into(), &5.into()));
    assert_eq!(counts(&found), [count("0", [3, 2, 0, 1]), count("1", [1, 0, 0, 1])]);
    assert!(warns(&found, "Leak: 1 patient is in train and in test (p2)"), "{found}");
    assert!(warns(&found, "1 image is in the table without a label"));
    assert!(reason(&found, "images/a 5.png").contains("no row"));
}

#[test]
fn training_says_where_the_normal_images_are_when_its_split_lacks_them() {
    let dir = Dir::new();
    (0..5).for_each(|i| _ = dir.png(&format!("{i}.png"), i));
    dir.write("l.csv", b"file,split,label\n0.png,train,ok\n1.png,test,ok\n2.png,test,ok\n3.png,train,ill\n4.png,test,ill\n");
    let mut train = assert_cmd::Command::cargo_bin("dissolve-studio").unwrap();
    train.args(["train", "--normal", "ok", "--workspace"]).arg(dir.path().join("w")).arg("--data").arg(dir.path());
    let output = train.timeout(std::time::Duration::from_secs(60)).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("1 of its 3 normal images in the training split") && errors.contains("give it a split"), "{errors}");
    assert!(!errors.contains("check --normal"), "{errors}");
}

#[test]
fn our_own_split_leaves_normal_images_to_train_with_where_patients_have_both() {
    let dir = Dir::new();
    let mut table = String::from("file,label,patient\n");
    for i in 0..32 {
        dir.png(&format!("{i}.png"), i);
        table += &format!("{i}.png,{},P{}\n", if i % 4 < 2 { "normal" } else { "lesion" }, i / 4);
    }
    dir.write("l.csv", table.as_bytes());
    let found = inspect(dir.path(), &["--normal", "normal"]);
    assert_eq!(counts(&found), [count("lesion", [16, 0, 0, 16]), count("normal", [16, 10, 0, 6])], "{found}");
    assert!(warns(&found, "Patients are split, though their normal images stay together: whole ones would leave 0 of 16"));
    assert!(warns(&found, "(add normal images of other patients, or say a split)") && warns(&found, "Leak: 5 patients"));
}

#[test]
fn table_path_never_labels_file_of_another_folder() {
    // Labels of one hospital; the same numbers in another.
    let sites = Dir::new();
    let rows = |of: &str, label: &str, numbers: std::ops::Range<u64>| -> String {
        numbers.map(|i| format!("{of}{i:04}.jpg,{label}\n")).collect()
    };
    for i in 1..9 {
        sites.png(&format!("hospital_b/{i:04}.jpg"), i);
    }
    for (sick, normal) in [
        ("hospital_a/", "hospital_b/"),
        ("hospital_a\\", ".\\hospital_b\\"),
        ("/mnt/hospital_a/", "/mnt/hospital_b/"),
        ("C:\\study\\hospital_a\\", "C:\\study\\hospital_b\\"),
        ("study/hospital_a/", "study/hospital_b/"),
    ] {
        let table = format!("file,label\n{}{}", rows(sick, "sick", 1..5), rows(normal, "normal", 5..9));
        sites.write("labels.csv", table.as_bytes());
        // Opened completely, and at the one hospital alone.
        let labels = sites.path().join("labels.csv");
        for (path, args) in
            [(sites.path().to_path_buf(), vec![]), (sites.path().join("hospital_b"), vec!["--labels", labels.to_str().unwrap()])]
        {
            let found = inspect(&path, &args);
            assert_eq!((&found["layout"], &found["images"]), (&"labels-csv".into(), &4.into()), "{sick}: {found}");
            assert_eq!(counts(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("normal", 4)], "{sick}");
            assert!(warns(&found, "4 rows name no file that is here"), "{found}");
            assert!(warns(&found, "4 images have no row in the table"), "{found}");
            assert_eq!(found["skipped"].as_array().unwrap().len(), 8);
        }
    }
    // Most rows without a file.
    let table = format!("file,label\n{}{}", rows("hospital_a/", "sick", 1..30), rows("hospital_b/", "normal", 5..8));
    sites.write("labels.csv", table.as_bytes());
    let found = inspect(sites.path(), &[]);
    assert_eq!((&found["layout"], &found["images"]), (&"labels-csv".into(), &3.into()), "{found}");
    assert!(warns(&found, "29 rows name no file that is here") && warns(&found, "5 images have no row"), "{found}");
    // Where not one row names a file, the table labels nothing, and that is said.
    sites.write("labels.csv", format!("file,label\n{}", rows("hospital_a/", "sick", 1..9)).as_bytes());
    let found = inspect(sites.path(), &[]);
    assert!(found["layout"] != "labels-csv" && warns(&found, "none of its rows names a file that is here"), "{found}");
    let table = sites.path().join("labels.csv");
    let sentence = refused(&sites.path().join("hospital_b"), &["--labels", table.to_str().unwrap()]);
    assert!(sentence.contains("names no file that lies in"), "{sentence}");
}

#[test]
fn table_paths_with_other_root_are_resolved() {
    let dir = Dir::new();
    for i in 0..4 {
        dir.png(&format!("scans/p{i}/view.JPG"), i);
    }
    for before in ["", "CheXpert-v1.0-small/", "/home/anna/data/", "D:\\data\\", "./"] {
        let rows: String = (0..4).map(|i| format!("{before}scans/p{i}/view.jpg,{}\n", i % 2)).collect();
        dir.write("labels.csv", format!("path,label\n{rows}").as_bytes());
        let found = inspect(dir.path(), &[]);
        assert_eq!(found["images"], 4, "{before}");
        assert_eq!(counts(&found).iter().map(|c| c.1[0]).collect::<Vec<_>>(), [2, 2], "{before}");
        assert_eq!(warns(&found, "is taken for this folder"), !matches!(before, "" | "./"), "{found}");
    }
    // Paths below other folders, and a bare name that two files have.
    dir.png("more/p0/other.JPG", 9);
    dir.write("labels.csv", b"path,label\np0/view,0\np1/view,1\np0/other,0\nview,1\np3/view,1\n");
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["images"], 4);
    assert!(warns(&found, "1 row names more than one file, which are not labelled (view)"), "{found}");
    // A table of a complete set beside a few of its images.
    let part = Dir::new();
    part.png("a/1.png", 1).png("a/2.png", 2);
    let rows: String = (0..50).map(|i| format!("a/{i}.png,x\nb/{i}.png,y\n")).collect();
    part.write("labels.csv", format!("file,label\n{rows}").as_bytes());
    let found = inspect(part.path(), &[]);
    assert_eq!((counts(&found), &found["images"]), (vec![count("x", [2, 1, 0, 1])], &2.into()));
    assert!(warns(&found, "98 rows name no file that is here (a/0.png, b/0.png, b/1.png, …)"), "{found}");
}

#[test]
fn columns_can_be_mapped_and_table_chosen() {
    let dir = Dir::new();
    for i in 0..4 {
        dir.png(&format!("pictures/{i}.png"), i);
    }
    dir.write("tables/findings.tsv", b"scan\tverdict\tcase\n0\tnone\tA\n1\tnone\tB\n2\tcyst\tA\n3\tcyst\tC\n");
    let table = dir.path().join("tables/findings.tsv");
    let labels = ["--labels", table.to_str().unwrap()];
    assert!(refused(dir.path(), &labels).contains("scan, verdict, case"));
    let found =
        inspect(dir.path(), &[&labels[..], &["--map", "file=scan,label=verdict,patient=case", "--normal", "!cyst"]].concat());
    assert_eq!(found["layout"], "labels-csv");
    // Patient A has a cyst, so its normal image tests as well.
    assert_eq!(counts(&found), [count("cyst", [2, 0, 0, 2]), count("none", [2, 1, 0, 1])]);
    assert!(refused(dir.path(), &[&labels[..], &["--map", "label=nothing"]].concat()).contains("no column `nothing`"));
}

#[test]
fn missing_duplicate_and_contradicting_rows_are_reported() {
    let dir = Dir::new();
    for i in 0..5 {
        dir.png(&format!("{i}.png"), i);
    }
    dir.write("x.csv", b"file,label\n0.png,a\n0.png,a\n1.png,a\n1.png,b\n2.png,b\ngone.png,a\n3.png\n,a\n");
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["images"], 3);
    assert!(warns(&found, "1 row repeats"));
    assert!(reason(&found, "1.png").contains("`a` in row 4 of x.csv and `b` in row 5"));
    assert!(reason(&found, "gone.png").contains("row 7 of x.csv"));
    assert!(reason(&found, "4.png").contains("no row"));
}

#[test]
fn hundred_thousand_rows_are_read_quickly() {
    let dir = Dir::new();
    let mut table = "file,label\n".to_string();
    for i in 0..100_000 {
        table += &format!("{i}.png,{}\n", i % 2);
    }
    dir.write("labels.csv", table.as_bytes());
    dir.png("1.png", 1).png("99999.png", 2);
    let start = std::time::Instant::now();
    let path = dir.path().join("labels.csv");
    let found = inspect(dir.path(), &["--labels", path.to_str().unwrap()]);
    assert_eq!((found["images"].as_u64(), found["skipped"].as_array().map(Vec::len)), (Some(2), Some(99_998)));
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn table_labels_images_not_masks() {
    let dir = Dir::new();
    for i in 0..4 {
        dir.png(&format!("images/{i}.png"), i).png(&format!("masks/{i}.png"), 20 + i);
    }
    dir.write("labels.csv", b"image,label\n0,a\n1,a\n2,b\n3.png,b\n");
    let found = inspect(dir.path(), &[]);
    assert_eq!((&found["layout"], &found["images"], &found["masks"]), (&"labels-csv".into(), &4.into(), &4.into()));
    assert_eq!(found["warnings"].as_array().unwrap().len(), 1, "only that no split is given: {found}");
}
