//! The formats of the `image` crate.

use super::{
    density::Density,
    guard::sentence,
    raster::{DecodedImage, Remark},
    source::check_size,
};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};
use std::io::Cursor;

/// Decodes the bytes of a file, turned upright. The error is a reason to show beside the file's name.
pub fn decode(bytes: Vec<u8>, format: ImageFormat) -> Result<DecodedImage, String> {
    let fail = |e: ImageError| match e {
        ImageError::Unsupported(_) => sentence("is of a kind that is not read", &e),
        _ => sentence("is damaged", &e),
    };
    let is_animated = is_animated(&bytes, format);
    let (length, density) = (bytes.len() as u64, Density::of(format, &bytes));
    if let Some(first) = gif_frames(&bytes).next().filter(|_| format == ImageFormat::Gif) {
        density.check(first, length)?;
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    // The picture's size is checked below; this bounds what else a file may ask for (profiles, comments).
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(2 << 30);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(fail)?;
    let (width, height) = decoder.dimensions();
    density.check(check_size(u64::from(width), u64::from(height))?, length)?;
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(fail)?;
    image.apply_orientation(orientation);
    let raster = DecodedImage::from_image(image)?;
    Ok(if is_animated { raster.with(Remark::FirstOnly) } else { raster })
}

/// Whether a file holds more pictures than the first.
fn is_animated(bytes: &[u8], format: ImageFormat) -> bool {
    match format {
        ImageFormat::Gif => gif_frames(bytes).count() > 1,
        ImageFormat::WebP => bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|flags| flags & 2 != 0),
        ImageFormat::Png => {
            let place = |chunk: &[u8; 4]| bytes.windows(4).position(|w| w == chunk);
            place(b"IDAT").is_some_and(|data| bytes[..data].windows(4).any(|w| w == b"acTL"))
        }
        _ => false,
    }
}

/// Width and height of the first two pictures of a GIF, without unpacking them.
fn gif_frames(bytes: &[u8]) -> impl Iterator<Item = [u32; 2]> {
    let byte = |at: usize| bytes.get(at).copied();
    let palette = |flags: u8| if flags & 0x80 == 0 { 0 } else { 6usize << (flags & 7) };
    let number = move |at: usize| Some(u32::from(u16::from_le_bytes([byte(at)?, byte(at + 1)?])));
    let mut at = 13 + palette(byte(10).unwrap_or(0));
    let frames = std::iter::from_fn(move || {
        loop {
            let frame = match byte(at)? {
                0x21 => None,
                0x2c => Some([number(at + 5)?, number(at + 7)?]),
                _ => return None,
            };
            at += if frame.is_some() { 11 + palette(byte(at + 9)?) } else { 2 };
            // Blocks with their lengths, up to an empty one.
            while let Some(length) = byte(at) {
                at += 1 + usize::from(length);
                if length == 0 {
                    break;
                }
            }
            if frame.is_some() {
                return frame;
            }
        }
    });
    frames.take(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Delay, Frame, RgbaImage, codecs::gif::GifEncoder};

    #[test]
    fn what_is_sound_and_not_read_is_not_called_damaged() {
        let mut bmp = Vec::new();
        image::RgbImage::new(4, 4).write_to(&mut Cursor::new(&mut bmp), ImageFormat::Bmp).unwrap();
        // Its pixels are said to be a JPEG.
        bmp[30] = 4;
        let reason = decode(bmp.clone(), ImageFormat::Bmp).unwrap_err();
        assert!(reason.starts_with("is of a kind that is not read: "), "{reason}");
        bmp[30] = 0;
        bmp[26] = 7;
        assert!(decode(bmp, ImageFormat::Bmp).unwrap_err().starts_with("is damaged: "), "seven planes");
    }

    #[test]
    fn an_animation_is_its_first_picture_and_that_is_said() {
        let gif = |frames: u8| {
            let mut bytes = Vec::new();
            let mut encoder = GifEncoder::new(&mut bytes);
            for i in 0..frames {
                let picture = RgbaImage::from_pixel(4, 4, image::Rgba([255 * (1 - i), 0, 0, 255]));
                encoder.encode_frame(Frame::from_parts(picture, 0, 0, Delay::from_numer_denom_ms(40, 1))).unwrap();
            }
            drop(encoder);
            bytes
        };
        let read = |frames| decode(gif(frames), ImageFormat::Gif).unwrap();
        assert_eq!([read(1).remark(), read(2).remark()], [None, Some(Remark::FirstOnly)]);
        let first = crate::data::pixels::Picture::copy_of(&read(2));
        assert!(first.plane(0).iter().all(|red| *red > 0.9));
    }
}
