//! Files to pixels. What a file is, is decided by its content, never by its name. Third-party decoders are guarded: a panic
//! in one becomes the reason why the file cannot be used.

mod data_set;
mod dicom;
mod guard;
mod header;
mod probe;
mod raster;
mod source;
mod tiff;

pub use guard::guarded;
pub use header::{Kind, kind, probe};
pub use probe::Probe;
pub use raster::{Raster, Samples};
pub use source::{check_size, io_reason, open_file, read_whole};

use crate::data::pixels::Picture;
use guard::sentence;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use std::{io::Cursor, path::Path};

/// Decodes a picture that belongs to no data set. The error is a reason to show beside the file's name.
///
/// # Errors
/// A file that is not there, damaged, or no picture.
pub fn read_picture(path: &Path) -> Result<Picture, String> {
    decode(path, 0).map(|raster| Picture::copy_of(&raster))
}

/// Decodes a picture, or the page of one, turned upright. The error is a reason to show beside the file's name.
pub fn decode(path: &Path, page: usize) -> Result<Raster, String> {
    let kind = header::kind(path)?;
    guarded(|| match kind {
        Kind::Tiff => tiff::decode(path, page),
        Kind::Dicom => dicom::decode(path, page),
        Kind::Png => decode_image(path, ImageFormat::Png),
        Kind::Jpeg => decode_image(path, ImageFormat::Jpeg),
        Kind::Gif => decode_image(path, ImageFormat::Gif),
        Kind::Bmp => decode_image(path, ImageFormat::Bmp),
        Kind::WebP => decode_image(path, ImageFormat::WebP),
        other => Err(other.refusal()),
    })
}

fn decode_image(path: &Path, format: ImageFormat) -> Result<Raster, String> {
    let bytes = read_whole(path)?;
    // The decoder fills what is missing of a JPEG with grey and calls it a success.
    if format == ImageFormat::Jpeg && !header::jpeg_is_whole(&bytes) {
        return Err("is cut short: the JPEG data ends before the picture does".into());
    }
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
