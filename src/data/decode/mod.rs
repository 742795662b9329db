//! Files to pixels. What a file is, is decided by its content, never by its name. Third-party decoders are guarded: a panic
//! in one becomes the reason why the file cannot be used.

mod data_set;
mod dicom;
mod header;
mod raster;
mod tiff;

pub use header::{Kind, Probe, kind, probe};
pub use raster::{Raster, Samples};

use crate::data::pixels::MAX_PIXELS;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use std::{
    cell::Cell,
    fs::File,
    io::{Cursor, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Once,
};

/// Files above this are not read into memory whole.
const MAX_FILE: u64 = 2 << 30;

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

/// Refuses pictures without pixels and above [`MAX_PIXELS`].
pub(super) fn check_size(width: u64, height: u64) -> Result<[u32; 2], String> {
    match width.checked_mul(height) {
        Some(0) => Err("has no pixels".into()),
        Some(pixels) if pixels <= MAX_PIXELS => Ok([width as u32, height as u32]),
        _ => Err(format!(
            "is {width}x{height}, {} megapixels; the limit is {}",
            width.saturating_mul(height) / 1_000_000,
            MAX_PIXELS / 1_000_000
        )),
    }
}

/// Opens an ordinary file: never a pipe or a device, whose opening would block.
pub(super) fn open_file(path: &Path) -> Result<File, String> {
    let meta = std::fs::metadata(path).map_err(|e| io_reason(&e))?;
    if !meta.is_file() {
        return Err("is no ordinary file".into());
    }
    File::open(path).map_err(|e| io_reason(&e))
}

pub(super) fn read_whole(path: &Path) -> Result<Vec<u8>, String> {
    let file = open_file(path)?;
    let size = file.metadata().map_err(|e| io_reason(&e))?.len();
    if size > MAX_FILE {
        return Err(format!("is larger than {} GiB", MAX_FILE >> 30));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    file.take(MAX_FILE).read_to_end(&mut bytes).map_err(|e| io_reason(&e))?;
    Ok(bytes)
}

pub(super) fn io_reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "is not there (any more)".into(),
        std::io::ErrorKind::PermissionDenied => "may not be read (permission denied)".into(),
        std::io::ErrorKind::UnexpectedEof => "is cut short".into(),
        _ => format!("could not be read: {error}"),
    }
}

/// One line of what a decoder said.
fn sentence(what: &str, error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let cut_short =
        ["unexpected eof", "unexpected end", "failed to fill whole buffer"].iter().any(|s| text.to_ascii_lowercase().contains(s));
    if cut_short { format!("is cut short: {line}") } else { format!("{what}: {line}") }
}

thread_local!(static GUARDED: Cell<bool> = const { Cell::new(false) });

/// Runs a decoder; its panic becomes a reason, and prints nothing.
pub(super) fn guarded<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                usual(info);
            }
        }));
    });
    let before = GUARDED.replace(true);
    // The closure only builds its result, so nothing half-changed outlives a panic.
    let result = catch_unwind(AssertUnwindSafe(decode));
    GUARDED.set(before);
    result.unwrap_or_else(|_| Err("made the decoder fail; the file is damaged".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_reason() {
        let reason = guarded::<()>(|| panic!("inside a decoder")).unwrap_err();
        assert!(reason.contains("damaged"));
        assert!(!GUARDED.get());
    }

    #[test]
    fn sizes_are_limited() {
        assert_eq!(check_size(20_000, 10_000), Ok([20_000, 10_000]));
        assert!(check_size(20_001, 10_000).unwrap_err().contains("limit is 200"));
        assert!(check_size(u64::MAX, 2).is_err() && check_size(0, 5).is_err());
    }
}
