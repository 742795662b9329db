//! The formats of the `image` crate.

use super::{guard::sentence, raster::Raster, source::check_size};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use std::io::Cursor;

/// Decodes the bytes of a file, turned upright. The error is a reason to show beside the file's name.
pub fn decode(bytes: Vec<u8>, format: ImageFormat) -> Result<Raster, String> {
    let fail = |e: image::ImageError| sentence("is damaged", &e);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    // The picture's size is checked below; this bounds what else a file may ask for (profiles, comments).
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(4 << 30);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(fail)?;
    let (width, height) = decoder.dimensions();
    check_size(u64::from(width), u64::from(height))?;
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(fail)?;
    image.apply_orientation(orientation);
    Raster::from_image(image)
}
