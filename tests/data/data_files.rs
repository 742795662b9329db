//! Pixels of every kind of file, the store that keeps them, and the real sets.

use crate::common;
use crate::test_files::{self, Dir, grey_dicom};
use base64::{Engine, prelude::BASE64_STANDARD};
use dissolve_studio::{
    config::{DataConfig, PreprocessConfig},
    data::{Dataset, ImageId, Label, Layout, Picture, PixelStore, Preprocess, Split},
    rng::stream,
};
use rand::Rng;
use std::{path::Path, sync::Arc};

/// 16 x 8, (200, 40, 90) as Adobe CMYK.
const CMYK: &str = "/9j/7gAOQWRvYmUAZAAAAAAC/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoKCgYICwwLCgwJCgoK/9sAQwECAgICAgIFAwMFCgcGBwoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK/8AAFAgACAAQBAERAAIRAQMRAQQRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAAGCf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/xAAWAQEBAQAAAAAAAAAAAAAAAAAABAn/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADgQBAAIRAxEEAAA/AKBQx7aQAD//2Q==";
/// 16 x 8, from (250, 10, 20) above to (0, 100, 200) below, progressive.
const PROGRESSIVE: &str = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wgARCAAIABADAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAb/xAAWAQEBAQAAAAAAAAAAAAAAAAAABQb/2gAMAwEAAhADEAAAAYKrqB//xAAUEAEAAAAAAAAAAAAAAAAAAAAQ/9oACAEBAAEFAj//xAAWEQADAAAAAAAAAAAAAAAAAAAAFmL/2gAIAQMBAT8BeqHqj//EABYRAAMAAAAAAAAAAAAAAAAAAAAWYf/aAAgBAgEBPwFegvQ//8QAFBABAAAAAAAAAAAAAAAAAAAAEP/aAAgBAQAGPwI//8QAFRABAQAAAAAAAAAAAAAAAAAAABH/2gAIAQEAAT8hqv/aAAwDAQACAAMAAAAQt//EABYRAAMAAAAAAAAAAAAAAAAAAAAR8P/aAAgBAwEBPxCWSz//xAAUEQEAAAAAAAAAAAAAAAAAAAAQ/9oACAECAQE/ED//xAAUEAEAAAAAAAAAAAAAAAAAAAAQ/9oACAEBAAE/EA//2Q==";

fn open(path: &Path, normal: &[&str]) -> Dataset {
    let normal = normal.iter().map(|n| n.to_string()).collect();
    Dataset::open(&DataConfig { path: path.into(), normal, ..Default::default() }, &|_| ()).unwrap()
}

/// The pictures of a folder in the order of their names.
fn pictures(dir: &Dir) -> Vec<Picture> {
    let set = open(dir.path(), &[]);
    assert_eq!(set.skipped, []);
    set.ids(|_, _| true).into_iter().map(|id| set.read(id).unwrap()).collect()
}

fn rgb_at(picture: &Picture, x: usize, y: usize) -> [f32; 3] {
    [0, 1, 2].map(|c| picture.plane(c)[y * picture.width + x] * 255.0)
}

fn assert_near(what: &str, found: [f32; 3], expected: [f32; 3], tolerance: f32) {
    assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() <= tolerance), "{what}: {found:?}, not {expected:?}");
}

#[test]
fn uncommon_jpeg_kinds_are_decoded() {
    let dir = Dir::new();
    dir.write("a.jpg", &BASE64_STANDARD.decode(CMYK).unwrap()).write("b.jpg", &BASE64_STANDARD.decode(PROGRESSIVE).unwrap());
    let [cmyk, progressive] = &pictures(&dir)[..] else { panic!() };
    assert_near("CMYK", rgb_at(cmyk, 5, 5), [200.0, 40.0, 90.0], 6.0);
    assert_near("progressive, above", rgb_at(progressive, 8, 0), [250.0, 10.0, 20.0], 16.0);
    assert_near("progressive, below", rgb_at(progressive, 8, 7), [0.0, 100.0, 200.0], 16.0);
}

/// Each of EXIF's eight orientations stores the same upright picture, bright in its upper left corner only.
#[test]
fn exif_orientation_is_applied() {
    let dir = Dir::new();
    let upright = image::GrayImage::from_fn(32, 16, |x, y| image::Luma([if x < 8 && y < 8 { 240 } else { 20 }]));
    let upright = image::DynamicImage::from(upright);
    for orientation in 1..=8u8 {
        // The turn that undoes what the tag asks for.
        let stored = match orientation {
            2 => upright.fliph(),
            3 => upright.rotate180(),
            4 => upright.flipv(),
            5 => upright.rotate90().fliph(),
            6 => upright.rotate270(),
            7 => upright.rotate270().fliph(),
            8 => upright.rotate90(),
            _ => upright.clone(),
        };
        let mut jpeg = std::io::Cursor::new(Vec::new());
        stored.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
        let jpeg = jpeg.into_inner();
        let mut exif = b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        dir.write(&format!("{orientation}.jpg"), &[&jpeg[..2], &exif, &jpeg[2..]].concat());
    }
    for (i, picture) in pictures(&dir).iter().enumerate() {
        assert_eq!([picture.width, picture.height], [32, 16], "orientation {}", i + 1);
        assert!(rgb_at(picture, 3, 3)[0] > 200.0 && rgb_at(picture, 28, 12)[0] < 60.0, "orientation {}", i + 1);
        assert!(rgb_at(picture, 28, 3)[0] < 60.0 && rgb_at(picture, 3, 12)[0] < 60.0, "orientation {}", i + 1);
    }
}

#[test]
fn tiff_pages_and_bit_depths_are_decoded() {
    use tiff::encoder::{TiffEncoder, colortype};
    let dir = Dir::new();
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    encoder.write_image::<colortype::Gray16>(2, 1, &[0, 65535]).unwrap();
    encoder.write_image::<colortype::RGB8>(1, 1, &[255, 0, 51]).unwrap();
    encoder.write_image::<colortype::Gray32Float>(3, 1, &[-1.0, 0.0, 3.0]).unwrap();
    encoder.write_image::<colortype::CMYK8>(1, 1, &[0, 255, 0, 0]).unwrap();
    dir.write("pages.tif", bytes.get_ref());
    let set = open(dir.path(), &[]);
    let names: Vec<&str> = set.items.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["pages.tif#1", "pages.tif#2", "pages.tif#3", "pages.tif#4"]);
    let data: Vec<Vec<f32>> = pictures(&dir).into_iter().map(|p| p.data).collect();
    assert_eq!(data, [vec![0.0, 1.0], vec![1.0, 0.0, 0.2], vec![0.0, 0.25, 1.0], vec![1.0, 0.0, 1.0]]);
}

#[test]
fn dicom_windowing_and_inversion_are_applied() {
    let dir = Dir::new();
    // Hounsfield units: stored 1024 is 0; the window 50 wide 101 maps -0.5 to 0 and 99.5 to 1.
    let window = [
        (0x28, 0x1050, "DS", b"50".to_vec()),
        (0x28, 0x1051, "DS", b"101".to_vec()),
        (0x28, 0x1052, "DS", b"-1024".to_vec()),
        (0x28, 0x1053, "DS", b"1".to_vec()),
    ];
    let values = [-3000, 1024, 1074, 3000];
    let inverse = [&window[..], &[(0x28, 4, "CS", b"MONOCHROME1".to_vec())]].concat();
    dir.write("1.dcm", &grey_dicom(4, &values, &window)).write("2.dcm", &grey_dicom(4, &values, &inverse));
    dir.write("3", &grey_dicom(4, &[-100, 0, 100, 300], &[]));
    let found = pictures(&dir);
    let expected = [[0.0, 0.005, 0.505, 1.0], [1.0, 0.995, 0.495, 0.0], [0.0, 0.25, 0.5, 1.0]];
    for (picture, expected) in found.iter().zip(expected) {
        assert!(picture.data.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{:?}", picture.data);
    }
}

#[test]
fn store_returns_decoded_images_within_any_memory_budget() {
    let dir = Dir::new();
    for i in 0..5 {
        dir.png(&format!("{i}.png"), i);
    }
    let grey = image::GrayImage::from_fn(24, 24, |x, y| image::Luma([(x * y % 256) as u8]));
    grey.save(dir.path().join("grey.png")).unwrap();
    dir.write("late.png", &test_files::png_header(24, 24));
    let set = Arc::new(open(dir.path(), &["*"]));
    let ids = set.ids(|_, _| true);
    assert_eq!(ids.len(), 7);
    let store = |ids: &[ImageId], budget| {
        PixelStore::with_budget(set.clone(), PreprocessConfig::default(), ids.to_vec(), 24, budget, &|_| ()).unwrap()
    };
    let (all, some, none) = (store(&ids, usize::MAX), store(&ids, 24 * 24 * 2 * 4), store(&ids, 0));
    assert_eq!((all.len(), all.is_grey(), all.unusable().len()), (6, false, 1));
    assert!(all.unusable()[0].path.ends_with("late.png"));
    let wanted = [5, 0, 3, 3, 1];
    let batch = all.batch(&wanted).unwrap();
    assert_eq!(batch.len(), wanted.len() * 3 * 24 * 24);
    assert!(
        batch == some.batch(&wanted).unwrap() && batch == none.batch(&wanted).unwrap(),
        "the same values, kept or decoded again"
    );
    let first = set.read_fitted(all.ids()[0], &Preprocess::default(), 24).unwrap();
    assert!(batch[3 * 576..].iter().zip(&first.data).all(|(a, b)| (a - b).abs() < 1e-5));
    // An 8-bit picture at its own size comes back to the bit.
    assert!(batch[..576].iter().zip(grey.as_raw()).all(|(v, g)| *v == f32::from(*g) / 255.0));
    assert!(store(&ids[5..], 1 << 20).is_grey());
    assert!(all.batch(&[6]).is_err());
    std::fs::remove_file(dir.path().join("0.png")).unwrap();
    assert!(none.batch(&[0]).unwrap_err().to_string().contains("0.png is not there"));
    assert!(PixelStore::new(set.clone(), PreprocessConfig::default(), vec![ids[6]], 24).is_err());
}

#[test]
fn changing_normal_class_decodes_nothing_and_redoes_own_split_only() {
    let dir = Dir::new();
    for i in 0..10 {
        dir.png(&format!("a/{i}.png"), i).png(&format!("b/{i}.png"), 20 + i);
    }
    let set = open(dir.path(), &[]);
    assert!(set.require_normal().unwrap_err().to_string().contains("a (10), b (10)"));
    let normals = |name: &str| {
        let set = set.with_normal(&[name.to_string()]).unwrap();
        let class = set.classes.iter().position(|c| c.name == name);
        assert!(set.training_normals().iter().all(|id| set.items[id.index()].class == class));
        assert!(set.ids(|i, l| i.split == Split::Train && l != Some(Label::Normal)).is_empty());
        set.training_normals().len()
    };
    assert_eq!((normals("a"), normals("b")), (7, 7));
}

#[test]
fn nothing_is_written_beside_the_images() {
    let dir = Dir::new();
    dir.png("a/1.png", 1).png("b/2.png", 2).write("b/3.png", b"");
    let list = || walkdir::WalkDir::new(dir.path()).into_iter().map(|e| e.unwrap().into_path()).collect::<Vec<_>>();
    let before = list();
    let set = open(dir.path(), &["a"]);
    let set = set.without_unusable(&set.examine(&|_| ()));
    PixelStore::new(Arc::new(set.clone()), PreprocessConfig::default(), set.training_normals(), 32).unwrap();
    assert_eq!(before, list());
}

/// Files with flipped, missing and doubled bytes: each ends as an image or as a reason, none as a panic or worse.
#[test]
fn damaged_files_do_no_harm() {
    let dir = Dir::new();
    let mut originals = vec![
        grey_dicom(4, &[-100, 0, 100, 300], &[]),
        BASE64_STANDARD.decode(CMYK).unwrap(),
        BASE64_STANDARD.decode(PROGRESSIVE).unwrap(),
        test_files::zip(&[
            ("test_images", test_files::npy("|u1", &[2, 4, 4], &[7; 32])),
            ("test_labels", test_files::npy("|u1", &[2, 1], &[0, 1])),
        ]),
    ];
    for format in ["png", "jpg", "gif", "bmp", "webp", "tif"] {
        let path = dir.path().join(format!("original.{format}"));
        image::DynamicImage::from(test_files::picture(1)).save(&path).unwrap();
        originals.push(std::fs::read(path).unwrap());
    }
    let mut rng = stream(0, "damage", 0);
    for (kind, original) in originals.iter().enumerate() {
        for n in 0..60 {
            let mut bytes = original.clone();
            for _ in 0..rng.random_range(1..4) {
                // Headers are where most can go wrong.
                let reach = if rng.random::<bool>() { bytes.len().min(200) } else { bytes.len() };
                let at = rng.random_range(0..reach);
                match rng.random_range(0..4) {
                    0 => bytes.truncate(at.max(1)),
                    1 => bytes.insert(at, rng.random()),
                    2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][rng.random_range(0..5)],
                    _ => bytes[at] ^= 1 << rng.random_range(0..8),
                }
            }
            dir.write(&format!("{kind}/{n}"), &bytes);
            let config = DataConfig { path: dir.path().join(format!("{kind}/{n}")), ..Default::default() };
            if let Ok(set) = Dataset::open(&config, &|_| ()) {
                set.without_unusable(&set.examine(&|_| ()));
            }
        }
    }
    let set = open(dir.path(), &[]);
    let usable = set.without_unusable(&set.examine(&|_| ()));
    assert_eq!(usable.items.len() + usable.skipped.len(), set.items.len() + set.skipped.len());
    assert!(usable.skipped.iter().all(|s| !s.reason.is_empty()));
}

/// A GIF of one colour, `side` x `side` (3000 or more), packed as densely as can be: each code stands for one pixel more than
/// that before it, up to the end of the table.
fn densest_gif(side: u16) -> Vec<u8> {
    let mut bits = Vec::new();
    let mut put = |code: u32, size: u32| bits.extend((0..size).map(|i| (code >> i & 1) as u8));
    put(4, 3);
    put(0, 3);
    let mut left = u32::from(side) * u32::from(side) - 1;
    for code in (6..).map(|code| u32::min(code, 4095)) {
        let length = code - 4;
        if length > left {
            put(left + 4, 12);
            break;
        }
        put(code, code.ilog2() + 1);
        left -= length;
    }
    put(5, 12);
    let bytes: Vec<u8> = bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |n, bit| n << 1 | bit)).collect();
    let [low, high] = side.to_le_bytes();
    let mut gif = [b"GIF89a", &[low, high, low, high, 0x80, 0, 0][..], &[9, 9, 9, 0, 0, 0]].concat();
    gif.extend([0x2c, 0, 0, 0, 0, low, high, low, high, 0, 2]);
    bytes.chunks(255).for_each(|block| gif.extend([&[block.len() as u8], block].concat()));
    gif.extend([0, 0x3b]);
    gif
}

/// What may be read however few bytes it has, and the same headers over bytes that cannot hold what they say.
#[test]
fn pictures_of_one_colour_are_read_and_claims_beyond_their_bytes_are_not() {
    use tiff::encoder::{Compression, DeflateLevel, TiffEncoder, colortype::Gray8};
    let (side, dir) = (3000, Dir::new());
    let black = image::DynamicImage::new_luma8(side, side);
    for format in ["png", "jpg", "bmp", "webp", "pgm"] {
        black.save(dir.path().join(format!("a.{format}"))).unwrap();
    }
    image::DynamicImage::new_luma8(10_000, 10_000).save(dir.path().join("large.png")).unwrap();
    dir.write("a.gif", &densest_gif(side as u16));
    for (name, compression) in [
        ("deflate", Compression::Deflate(DeflateLevel::Best)),
        ("lzw", Compression::Lzw),
        ("packbits", Compression::Packbits),
        ("none", Compression::Uncompressed),
    ] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap().with_compression(compression);
        encoder.write_image::<Gray8>(side, side, &vec![0; (side * side) as usize]).unwrap();
        dir.write(&format!("{name}.tif"), bytes.get_ref());
    }
    let set = open(dir.path(), &[]);
    assert_eq!((set.items.len(), &set.skipped[..]), (11, &[][..]));
    for id in set.ids(|_, _| true) {
        let name = &set.item(id).unwrap().name;
        let picture = set.read(id).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(picture.data.iter().all(|v| *v < 0.04), "{name}");
    }

    // Lossless WebP can be as empty as that, and TIFF has its header at the end.
    for name in ["a.png", "a.jpg", "a.bmp", "a.pgm", "a.gif", "large.png"] {
        let bytes = std::fs::read(dir.path().join(name)).unwrap();
        dir.write(name, &bytes[..if name == "a.jpg" { 700 } else { 300 }]);
    }
    let set = open(dir.path(), &[]);
    let reasons: Vec<String> = set.skipped.iter().map(|s| format!("{} {}", s.path.display(), s.reason)).collect();
    assert_eq!(reasons.len(), 6, "{reasons:#?}");
    assert!(reasons.iter().all(|r| r.contains(" bytes cannot hold them: it is cut short or damaged")), "{reasons:#?}");
}

/// What the README of the real sets says of them.
#[test]
fn real_data_sets_are_recognised() {
    let expected = [
        ("medmnist/breastmnist.npz", "1", Layout::MedmnistNpz, 780, 399, [171, 63]),
        ("medmnist/pneumoniamnist.npz", "0", Layout::MedmnistNpz, 5856, 1214, [369, 779]),
        ("fundus-eyepacs", "0", Layout::LabelsCsv, 480, 192, [152, 136]),
        ("busi-ultrasound", "good", Layout::Mvtec, 218, 93, [40, 85]),
        ("sars-cov-2-ct", "non-COVID", Layout::ClassFolders, 480, 224, [96, 160]),
    ];
    for (name, normal, layout, images, train, held_out) in expected {
        let Some(path) = common::data(name) else { return };
        let set = open(&path, &[normal]);
        assert_eq!((set.layout, set.items.len(), set.training_normals().len()), (layout, images, train), "{name}");
        let held = |wanted| set.ids(|item, label| item.split != Split::Train && label == Some(wanted)).len();
        assert_eq!([held(Label::Normal), held(Label::Abnormal)], held_out, "{name}");
        // The abnormal images of a training split are not trained on, but they are there.
        assert!(set.items.iter().all(|i| i.class.is_some()), "{name}");
    }
}

#[test]
fn real_dicom_encodings_are_decoded() {
    let Some(path) = common::data("dicom") else { return };
    let set = open(&path, &[]);
    let set = set.without_unusable(&set.examine(&|_| ()));
    let skipped: Vec<String> = set.skipped.iter().map(|s| s.path.display().to_string()).collect();
    assert_eq!(skipped, ["JPGExtended.dcm", "MR_truncated.dcm", "rtplan.dcm"]);
    // One scan in five encodings decodes to the same pixels: that is what finds its copies.
    let copies: Vec<&str> = set.duplicates.iter().filter(|(a, _)| a == "MR_small.dcm").map(|(_, b)| b.as_str()).collect();
    assert_eq!(copies, ["MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_jp2klossless.dcm"]);
}

#[test]
#[ignore = "makes 80,000 files"]
fn eighty_thousand_files_open_without_decoding() {
    let dir = Dir::new();
    // Pictures whose headers are complete and whose pixels are missing: decoding would put them all aside.
    for i in 0..80_000 {
        dir.write(&format!("{}/{}/{i}.png", ["train", "test"][i % 2], ["a", "b"][i / 2 % 2]), &test_files::png_header(512, 512));
    }
    let start = std::time::Instant::now();
    let set = open(dir.path(), &["a"]);
    println!("80,000 files opened in {:?}", start.elapsed());
    assert_eq!((set.items.len(), set.training_normals().len()), (80_000, 20_000));
    assert!(start.elapsed().as_secs() < 60);
}
