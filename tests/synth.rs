//! The synthetic photographs: the same seed gives the same bytes, and masks tell the truth.

use dissolve_studio::synth::{Fundus, LesionKind};
use image::{RgbImage, imageops};

#[test]
#[ignore = "writes a contact sheet to look at: CONTACT_SHEET=sheet.png cargo test --release --test synth -- --ignored"]
fn contact_sheet() {
    let path = std::env::var("CONTACT_SHEET").unwrap_or_else(|_| "contact-sheet.png".into());
    let size: usize = std::env::var("CONTACT_SIZE").ok().and_then(|s| s.parse().ok()).unwrap_or(512);
    let first: u64 = std::env::var("CONTACT_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
    let mut sheet = RgbImage::new(4 * size as u32, 4 * size as u32);
    for k in 0..16u64 {
        let fundus = Fundus::new(first + k);
        let lesions = match k.checked_sub(11) {
            Some(kind) => fundus.lesions(LesionKind::ALL[kind as usize], size),
            None => Vec::new(),
        };
        let (picture, _) = fundus.render(size, &lesions);
        imageops::replace(&mut sheet, &picture, (k % 4) as i64 * size as i64, (k / 4) as i64 * size as i64);
    }
    sheet.save(path).expect("the sheet can be written");
}
