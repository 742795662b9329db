//! The synthetic photographs: the same seed gives the same bytes, and masks tell the truth.

use dissolve_studio::synth::{Fundus, LesionKind, Plan, dataset, photographs};
use image::{RgbImage, imageops};

#[test]
#[ignore = "writes a contact sheet to look at: CONTACT_SHEET=sheet.png cargo test --release --test data synth -- --ignored"]
fn contact_sheet_is_written() {
    let path =
        std::env::var("CONTACT_SHEET").unwrap_or_else(|_| concat!(env!("CARGO_TARGET_TMPDIR"), "/contact-sheet.png").into());
    let size: usize = std::env::var("CONTACT_SIZE").ok().and_then(|s| s.parse().ok()).unwrap_or(512);
    let first: u64 = std::env::var("CONTACT_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
    let mut sheet = RgbImage::new(4 * size as u32, 4 * size as u32);
    for k in 0..16u64 {
        let fundus = Fundus::new(first + k);
        let lesions = match k.checked_sub(11) {
            Some(kind) => fundus.lesions(LesionKind::ALL[kind as usize], 1, size),
            None => Vec::new(),
        };
        let (picture, _) = fundus.render(size, &lesions);
        imageops::replace(&mut sheet, &picture, (k % 4) as i64 * size as i64, (k / 4) as i64 * size as i64);
    }
    sheet.save(path).expect("the sheet can be written");
}

#[test]
fn same_seed_gives_same_bytes() {
    let render = |seed| Fundus::new(seed).render(64, &Fundus::new(seed).lesions(LesionKind::Exudates, 1, 64));
    assert_eq!(render(5), render(5));
    assert_ne!(render(5).0, render(6).0);
}

#[test]
fn masks_cover_changed_pixels() {
    for (seed, kind) in LesionKind::ALL.into_iter().enumerate() {
        let fundus = Fundus::new(seed as u64);
        let (healthy, no_mask) = fundus.render(64, &[]);
        let (sick, mask) = fundus.render(64, &fundus.lesions(kind, 1, 64));
        assert!(no_mask.pixels().all(|p| p.0 == [0]));
        let (mut inside, mut marked) = (0, 0);
        for ((a, b), m) in healthy.pixels().zip(sick.pixels()).zip(mask.pixels()) {
            let change = (0..3).map(|c| (b.0[c] as i32 - a.0[c] as i32).abs()).max().unwrap();
            if m.0 == [0] {
                assert!(change <= 3, "{}: a change of {change} outside the mask", kind.name());
            } else {
                marked += 1;
                inside += usize::from(change >= 2);
            }
        }
        assert!((4..64 * 64 / 8).contains(&marked), "{}: {marked} px of lesion", kind.name());
        assert!(inside * 10 >= marked * 9, "{}: a mask where nothing changed", kind.name());
        let sum = |image: &RgbImage| image.as_raw().iter().map(|&v| u64::from(v)).sum::<u64>();
        assert_eq!(sum(&sick) > sum(&healthy), kind.is_bright(), "{}", kind.name());
    }
}

#[test]
fn disc_is_bright_and_macula_dark() {
    let mut bright = 0;
    for seed in 0..12 {
        let fundus = Fundus::new(seed);
        let (picture, _) = fundus.render(64, &[]);
        // The brightest spot of a blurred picture lies on the disc's side.
        let blurred = imageops::blur(&picture, 2.0);
        let light = |p: &image::Rgb<u8>| u32::from(p.0[1]) + u32::from(p.0[2]);
        let (x, _, _) = blurred.enumerate_pixels().max_by_key(|(_, _, p)| light(p)).unwrap();
        bright += usize::from((x < 32) == fundus.is_left());
        let corner = picture.get_pixel(1, 1).0;
        assert!(corner.iter().all(|&v| v < 20), "the surround is black, not {corner:?}");
    }
    assert!(bright >= 10, "the disc was found in {bright} of 12");
}

#[test]
fn data_set_is_written_in_mvtec_layout() {
    let dir = tempfile::tempdir().unwrap();
    let plan = Plan { train: 3, test_normal: 2, test_abnormal: 6, severity: 1, one_camera: false, size: 32, seed: 1 };
    dataset(dir.path(), plan).unwrap();
    let count = |folder: &str| std::fs::read_dir(dir.path().join(folder)).unwrap().count();
    assert_eq!((count("train/good"), count("test/good"), count("test/microaneurysms"), count("test/drusen")), (3, 2, 2, 1));
    assert!(dir.path().join("ground_truth/drusen/000_mask.png").exists());
    let read = image::open(dir.path().join("test/good/001.png")).unwrap().to_rgb8();
    assert_eq!(read, photographs(plan)[4].image, "on disk as in memory");
}
