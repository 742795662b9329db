//! `inspect` on files that are damaged, hostile or of the system: each is named, and the rest works.

use crate::test_files::{
    self, Dir,
    inspected::{count, counts, inspect, reason, refused, warns},
    npy, png, zip,
};
use dissolve_studio::{
    config::DataConfig,
    data::{Dataset, ImageId},
};
use serde_json::Value;

#[test]
fn unreadable_files_are_reported_and_the_rest_works() {
    let dir = Dir::new();
    let complete = png(1);
    let mut jpeg = std::io::Cursor::new(Vec::new());
    image::DynamicImage::from(test_files::picture(7)).write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    dir.write("good.png", &complete).write("really a png.jpg", &png(2)).write("no extension", &png(3));
    dir.write("empty.png", b"").write("text.png", b"this is text").write("page.html.png", b"<html>");
    dir.write("cut.png", &complete[..complete.len() / 2])
        .write("cut.jpg", &jpeg[..jpeg.len() - 20])
        .write("stub.jpg", &jpeg[..30]);
    dir.write("volume.nii.gz", b"\x1f\x8b\x08\0\0")
        .write("huge.png", &test_files::png_header(20_001, 10_000))
        .write("flat.png", &test_files::png_header(0, 10));
    let mut damaged = png(4);
    damaged[60] ^= 0xff;
    dir.write("damaged.png", &damaged);
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["images"], 3, "{found}");
    for (path, says) in [
        ("empty.png", "is empty"),
        ("text.png", "no picture"),
        ("page.html.png", "is a web page"),
        ("cut.png", "cut short"),
        ("cut.jpg", "cut short"),
        ("stub.jpg", "cut short"),
        ("volume.nii.gz", "gzip"),
        ("huge.png", "200 megapixels; the limit is 200"),
        ("flat.png", "no pixels"),
        ("damaged.png", "damaged"),
    ] {
        let reason = reason(&found, path);
        assert!(reason.contains(says), "{path}: {reason}");
    }
}

#[test]
fn single_image_and_invalid_paths() {
    let dir = Dir::new();
    dir.png("one.png", 1).write("words.txt", b"words").write("empty/.keep", b"");
    let found = inspect(&dir.path().join("one.png"), &[]);
    assert_eq!((&found["layout"], &found["images"]), (&"unlabelled".into(), &1.into()));
    assert!(refused(&dir.path().join("words.txt"), &[]).contains("words.txt"));
    assert!(refused(&dir.path().join("empty"), &[]).contains("holds no images"));
    assert!(refused(&dir.path().join("nowhere"), &[]).contains("nowhere"));
    dir.write("bad/a.png", b"");
    assert!(refused(&dir.path().join("bad"), &[]).contains("a.png is empty"));
}

#[cfg(unix)]
#[test]
fn links_pipes_and_non_utf8_names() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let dir = Dir::new();
    let at = |name: &str| dir.path().join(name);
    dir.png("a/1.png", 1).png("b/2.png", 2).png("b/über alle 山.png", 3);
    for name in [&b"b/caf\xe9.png"[..], b"b/caf\xe8.png"] {
        std::fs::write(dir.path().join(std::ffi::OsStr::from_bytes(name)), png(u64::from(name[5]))).unwrap();
    }
    symlink(dir.path(), at("a/loop")).unwrap();
    symlink(at("b"), at("a/again")).unwrap();
    symlink(at("nothing"), at("a/dangling.png")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("a/socket.png")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("a/pipe.png")).status().unwrap().success());
    symlink("/dev/zero", at("a/device.png")).unwrap();
    let found = inspect(dir.path(), &[]);
    assert_eq!(counts(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("a", 1), ("b", 4)]);
    assert!(reason(&found, "a/loop").contains("link"));
    assert!(reason(&found, "a/again").contains("looked at already"));
    assert!(reason(&found, "a/dangling.png").contains("link to nothing"));
    for path in ["a/pipe.png", "a/socket.png", "a/device.png"] {
        assert!(reason(&found, path).contains("never opened"));
    }
    assert!(refused(&at("a/pipe.png"), &[]).contains("never opened"));
    // Named by its bytes on the command line, too.
    let odd = dir.path().join(std::ffi::OsStr::from_bytes(b"b/caf\xe9.png"));
    assert_eq!(inspect(&odd, &[])["images"], 1);
}

#[test]
fn malformed_npz_is_refused() {
    let dir = Dir::new();
    let images = |n: usize| npy("|u1", &[n, 4, 4], &(0..n * 16).map(|i| (i * 7 % 251) as u8).collect::<Vec<_>>());
    let labels = |values: &[u8]| npy("|u1", &[values.len(), 1], values);
    let good = [
        ("train_images", images(3)),
        ("train_labels", labels(&[0, 1, 0])),
        ("test_images", images(2)),
        ("test_labels", labels(&[1, 1])),
    ];
    let open = |name: &str, parts: &[(&str, Vec<u8>)]| {
        dir.write(name, &zip(parts));
        dir.path().join(name)
    };
    let found = inspect(&open("good.npz", &good), &["--normal", "1"]);
    assert_eq!(found["layout"], "medmnist-npz");
    assert_eq!(counts(&found), [count("0", [2, 2, 0, 0]), count("1", [3, 1, 0, 2])]);
    assert!(warns(&found, "no val part"));

    let nan = npy("<f4", &[2, 2, 2], &[0.5f32, f32::NAN, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0].map(f32::to_le_bytes).concat());
    for (what, part, says) in [
        ("short", npy("|u1", &[3, 4, 4], &[0; 20]), "cut short"),
        ("objects", npy("|O", &[3], b"\x80\x04]."), "never executed"),
        ("flat", npy("|u1", &[48], &[0; 48]), "shape [48]"),
        ("cubes", npy("|u1", &[2, 2, 2, 2], &[0; 16]), "shape [2, 2, 2, 2]"),
        ("negative", npy("<i2", &[1, 1, 2], &[0xff, 0xff, 1, 0]), "values from -1"),
        ("text", b"hello, I am no array at all".to_vec(), "no NumPy array"),
        ("words", npy("<U3", &[1, 1, 2], &[0; 24]), "type"),
        ("endless", npy("|u1", &[usize::MAX, usize::MAX, 3], &[]), "more than the archive holds"),
    ] {
        let path = open(&format!("{what}.npz"), &[("train_images", part), good[2].clone(), good[3].clone()]);
        let found = inspect(&path, &[]);
        assert_eq!(found["images"], 2, "{what}");
        assert!(reason(&found, "train_images").contains(says), "{what}: {}", reason(&found, "train_images"));
    }
    let found = inspect(&open("nan.npz", &[("test_images", nan), ("test_labels", labels(&[0, 1]))]), &[]);
    assert_eq!(found["images"], 1);
    assert!(warns(&found, "NaN"));
    let found = inspect(&open("count.npz", &[("train_images", images(3)), ("train_labels", labels(&[0])), good[2].clone()]), &[]);
    assert!(warns(&found, "train_labels has 1 labels for 3 images: train_images stays unlabelled"), "{found}");
    assert!(warns(&found, "no labels") && found["images"] == 5, "{found}");
    assert!(refused(&open("other.npz", &[("arr_0", images(1))]), &[]).contains("arr_0"));
    open("one/a.npz", &good);
    assert_eq!(inspect(&dir.path().join("one"), &[])["images"], 5);
    open("two/a.npz", &good);
    open("two/b.npz", &good);
    assert!(refused(&dir.path().join("two"), &[]).contains("a.npz, b.npz"));
    dir.write("broken.npz", b"PK\x03\x04 and then nothing");
    assert!(refused(&dir.path().join("broken.npz"), &[]).contains("zip"));
}

#[test]
fn decompression_bomb_is_refused() {
    let dir = Dir::new();
    let bomb = npy("|u1", &[260, 1024, 1024], &vec![0; 260 << 20]);
    dir.write("bomb.npz", &zip(&[("train_images", bomb)]));
    let sentence = refused(&dir.path().join("bomb.npz"), &[]);
    assert!(sentence.contains("would unpack to 260 MiB"), "{sentence}");
}

#[test]
fn cifar_binary_is_read_and_pickle_declined() {
    let dir = Dir::new();
    let record = |label: u8, n: usize| [vec![label], (0..3072).map(|i| ((i * n) % 256) as u8).collect()].concat();
    dir.write("cifar-10-batches-bin/data_batch_1.bin", &[record(0, 3), record(1, 5)].concat());
    dir.write("cifar-10-batches-bin/test_batch.bin", &record(1, 7));
    dir.write("cifar-10-batches-bin/batches.meta.txt", b"airplane\nautomobile\n");
    let found = inspect(dir.path(), &["--normal", "airplane"]);
    assert_eq!(found["layout"], "cifar");
    assert_eq!(counts(&found), [count("airplane", [1, 1, 0, 0]), count("automobile", [2, 1, 0, 1])]);
    let python = Dir::new();
    python.write("cifar-10-batches-py/data_batch_1", b"\x80\x02}q\x01");
    assert!(refused(python.path(), &[]).contains("never executed"));
}

#[test]
fn system_files_are_skipped_and_counted() {
    let dir = Dir::new();
    for i in 0..4 {
        dir.png(&format!("normal/{i}.png"), i).png(&format!("sick/{i}.png"), 10 + i);
        dir.png(&format!("normal/@eaDir/{i}.png/SYNOFILE_THUMB_M.jpg"), i).png(&format!("sick/.@__thumb/{i}.png"), i);
        dir.png(&format!("sick/._{i}.png"), i);
    }
    let bins = ["#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found", "__MACOSX", "@Recycle", "#snapshot"];
    for bin in bins {
        dir.png(&format!("{bin}/normal/deleted.png"), 50);
    }
    dir.png(".Trashes/501/gone.png", 51).write("sick/Thumbs.db", b"x").write(".DS_Store", b"x");
    let found = inspect(dir.path(), &[]);
    assert_eq!((&found["layout"], &found["images"]), (&"class-folders".into(), &8.into()));
    assert_eq!(counts(&found).iter().map(|c| (c.0.as_str(), c.1[0])).collect::<Vec<_>>(), [("normal", 4), ("sick", 4)]);
    assert_eq!(found["skipped"], Value::Array(vec![]));
    let lines = found["warnings"].as_array().unwrap().iter().filter(|w| w.as_str().unwrap().contains("passed over"));
    assert_eq!(lines.count(), 1, "{found}");
    assert!(warns(&found, "10 folders and 6 files of the drive or the system"), "{found}");
}

#[test]
fn deeply_nested_dicom_is_excluded_with_reason() {
    let dir = Dir::new();
    // Each sequence and its item reach to the end of the file: the lengths are left open.
    let level = |_| [&[8, 0, 0x40, 0x11][..], b"SQ\0\0", &[0xff; 4], &[0xfe, 0xff, 0, 0xe0], &[0xff; 4]].concat();
    let nested = (0..20_000).flat_map(level).collect::<Vec<u8>>();
    dir.write("deep.dcm", &[test_files::dicom(&[]), nested].concat()).png("good.png", 1);
    let found = inspect(dir.path(), &[]);
    assert_eq!(found["images"], 1);
    assert!(reason(&found, "deep.dcm").contains("nest more than 256 deep"), "{found}");
}

#[cfg(unix)]
#[test]
fn control_characters_of_names_are_made_visible_and_the_images_read_and_labelled_all_the_same() {
    let dir = Dir::new();
    dir.png("images/a\u{1b}[31m.png", 1).png("images/b.png", 2);
    dir.write("labels.csv", "path,diagnosis\nimages/a\u{1b}[31m.png,odd\nimages/b.png,normal\n".as_bytes());
    let config = DataConfig { path: dir.path().into(), ..DataConfig::default() };
    let set = Dataset::open(&config, &|_| ()).unwrap();
    let names: Vec<&str> = set.items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["images/a\\u{1b}[31m.png", "images/b.png"], "{:?}", set.skipped);
    assert_eq!(set.classes.len(), 2);
    assert!((0..2).all(|i| set.read(ImageId(i)).is_ok()));
}
