//! `inspect` on pictures beside images that are none: masks and drawings, whatever they are called.

use crate::test_files::{
    Dir, grey_dicom,
    inspected::{classes, folder, inspect, numbered, reason, rows, says, splits, warns},
    mask,
};
use std::collections::BTreeMap;

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
fn fields_of_view_are_no_findings() {
    for (image, drawn, view) in [
        // DRIVE, whose images to test on may come without what was drawn.
        ("training/images/2#_training.png", "training/1st_manual/2#_manual1.png", "training/mask/2#_training_mask.png"),
        // HRF.
        ("images/0#_dr.png", "manual1/0#_dr.png", "mask/0#_dr_mask.png"),
    ] {
        let each = |pattern: &str| numbered(pattern, 1..5);
        let more = |pattern: &str| [each(pattern), numbered(&pattern.replace("training", "test"), 5..8)].concat();
        let dir = with_masks(&more(image), &[each(drawn), more(view)].concat());
        let found = inspect(dir.path(), &[]);
        assert_eq!((&found["images"], &found["masks"]), (&7.into(), &4.into()), "{found}");
        assert!(warns(&found, "7 masks in `mask`, beside those drawn by hand, outline the field of view"), "{found}");
        assert!(!warns(&found, "several masks"), "{found}");
        // Alone, they may be anything.
        let found = inspect(with_masks(&more(image), &more(view)).path(), &[]);
        assert_eq!(found["masks"], 7, "{found}");
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
    // Whatever stands after the name of the image, in a folder of normal images, too.
    for end in ["-d", "_HGE_Seg", "_OD_mask", "_R1_Label1", "_mask2", " (mask)", "_maske", "_lung_outline"] {
        let pictures = [each("scan#.png"), each("normal/scan#.png")].concat();
        let masks: Vec<String> = pictures.iter().map(|name| name.replace(".png", &format!("{end}.png"))).collect();
        let found = inspect(with_masks(&pictures, &masks).path(), &[]);
        assert_eq!((&found["images"], &found["masks"]), (&8.into(), &8.into()), "{end}: {found}");
    }
    // Second photographs are none.
    let found = inspect(folder([each("a#.png"), each("a#_L.png"), each("a#_2.png")].concat()).path(), &[]);
    assert_eq!((&found["images"], &found["masks"]), (&12.into(), &0.into()), "{found}");
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
fn dicom_objects_made_from_images_are_no_images() {
    let values: Vec<i16> = (0..256).collect();
    let object = |modality: &str| grey_dicom(16, &values, &[(8, 0x60, "CS", modality.as_bytes().to_vec())]);
    let dir = Dir::new();
    dir.write("1.dcm", &object("CT"))
        .write("2.dcm", &object("CT"))
        .write("3.dcm", &object("SEG"))
        .write("4.dcm", &object("RTDOSE"));
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["images"], 2, "{found}");
    assert_eq!(reason(&found, "3.dcm"), "is DICOM that holds a segmentation, not an image");
    // One that is called like the mask of an image is.
    dir.write("1_mask.dcm", &object("SEG"));
    let found = inspect(dir.path(), &[]);
    assert_eq!((&found["images"], &found["masks"]), (&2.into(), &1.into()), "{found}");
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
