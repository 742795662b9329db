//! Which way up a picture is stored, as its Exif data say: found where its decoder finds them, without decoding.

use image::{ImageFormat, metadata::Orientation};
use std::io::{BufRead, Read, Seek, SeekFrom};

/// As much of Exif data as is read: the orientation stands at their beginning.
const LONGEST: u64 = 1 << 20;

/// The orientation of a PNG or a WebP; other formats have no Exif data, or tell them with their header.
pub fn orientation(format: ImageFormat, file: impl BufRead + Seek) -> Orientation {
    let exif = match format {
        ImageFormat::Png => exif_chunk(file, true),
        ImageFormat::WebP => exif_chunk(file, false),
        _ => None,
    };
    exif.and_then(|exif| Orientation::from_exif_chunk(&exif)).unwrap_or(Orientation::NoTransforms)
}

/// The chunk of Exif data of a PNG, before its pixels, or of a WebP, anywhere.
fn exif_chunk(mut file: impl BufRead + Seek, is_png: bool) -> Option<Vec<u8>> {
    file.seek(SeekFrom::Start(if is_png { 8 } else { 12 })).ok()?;
    loop {
        let mut head = [0; 8];
        file.read_exact(&mut head).ok()?;
        let [a, b, c, d, e, f, g, h] = head;
        let (name, length, after) = if is_png {
            ([e, f, g, h], u32::from_be_bytes([a, b, c, d]), 4)
        } else {
            ([a, b, c, d], u32::from_le_bytes([e, f, g, h]), i64::from(e & 1))
        };
        match &name {
            b"IDAT" => return None,
            b"eXIf" | b"EXIF" => {
                let mut exif = Vec::new();
                file.take(LONGEST.min(length.into())).read_to_end(&mut exif).ok()?;
                return Some(exif);
            }
            _ => file.seek_relative(i64::from(length) + after).ok()?,
        }
    }
}

/// Width and height of a picture that is turned upright.
pub fn upright_size([width, height]: [u32; 2], orientation: Orientation) -> [u32; 2] {
    match orientation {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            [height, width]
        }
        _ => [width, height],
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{
        Pixels,
        decode::{decode, probe},
    };
    use image::{ExtendedColorType, ImageEncoder, codecs};
    use std::fs::File;

    /// Exif data of nothing but an orientation.
    fn exif(orientation: u8) -> Vec<u8> {
        [&b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[orientation, 0, 0, 0], &[0; 4]].concat()
    }

    #[test]
    fn sizes_are_those_of_the_pictures_turned_upright() {
        let dir = tempfile::tempdir().unwrap();
        for orientation in 0..=9 {
            for ending in ["png", "jpg", "webp", "tif"] {
                let path = dir.path().join(format!("{orientation}.{ending}"));
                let file = File::create(&path).unwrap();
                match ending {
                    "png" => write(codecs::png::PngEncoder::new(file), orientation),
                    "jpg" => write(codecs::jpeg::JpegEncoder::new(file), orientation),
                    "webp" => write(codecs::webp::WebPEncoder::new_lossless(file), orientation),
                    _ => {
                        let mut tiff = tiff::encoder::TiffEncoder::new(file).unwrap();
                        let mut image = tiff.new_image::<tiff::encoder::colortype::RGB8>(50, 30).unwrap();
                        image.encoder().write_tag(tiff::tags::Tag::Orientation, u16::from(orientation)).unwrap();
                        image.write_data(&PIXELS).unwrap();
                    }
                }
                let expected = if (5..=8).contains(&orientation) { [30, 50] } else { [50, 30] };
                assert_eq!(probe(&path).unwrap().pages, [(0, expected)], "{orientation}.{ending}");
                assert_eq!(decode(&path, 0).unwrap().size().map(|side| side as u32), expected, "{orientation}.{ending}");
            }
        }
    }

    const PIXELS: [u8; 50 * 30 * 3] = [7; 50 * 30 * 3];

    fn write(mut encoder: impl ImageEncoder, orientation: u8) {
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder.write_image(&PIXELS, 50, 30, ExtendedColorType::Rgb8).unwrap();
    }
}
