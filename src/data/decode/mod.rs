//! Files to pixels. What a file is, is decided by its content, never by its name. Third-party decoders are guarded: a panic
//! in one becomes the reason why the file cannot be used.

mod density;
mod dicom;
mod formats;
mod guard;
mod header;
mod jpeg;
mod npy;
mod orientation;
mod pnm;
mod probe;
mod raster;
mod size;
mod source;
mod tiff;

pub use guard::guarded;
pub use header::{FileFormat, PICTURE_ENDINGS, kind, probe};
pub use npy::Header as NpyHeader;
pub use probe::Probe;
pub use raster::{DecodedImage, Remark, Samples};
pub use source::{check_size, io_reason, open_file, read_whole};

use crate::{config::ValueWindow, data::pixels::Picture};
use image::ImageFormat;
use std::{io::Read, path::Path};

/// Decodes a picture that belongs to no data set. The error is a reason to show beside the file's name.
///
/// # Errors
/// A file that is not there, damaged, or no picture.
pub fn read_picture(path: &Path) -> Result<Picture, String> {
    decode(path, 0).map(|raster| Picture::copy_of(&raster))
}

/// Decodes a picture, or the page of one, turned upright. The error is a reason to show beside the file's name.
pub fn decode(path: &Path, page: usize) -> Result<DecodedImage, String> {
    decode_in_window(path, page, &ValueWindow::Auto)
}

/// Decodes a picture through this window, where that is for its kind.
pub fn decode_in_window(path: &Path, page: usize, window: &ValueWindow) -> Result<DecodedImage, String> {
    let kind = header::kind(path)?;
    let decoded = guarded(|| match kind {
        FileFormat::Tiff => tiff::decode(path, page),
        FileFormat::Dicom => dicom::decode(path, page, window),
        FileFormat::Jpeg => jpeg::decode(path),
        FileFormat::Npy => npy::decode(path, page),
        FileFormat::Pnm => formats::decode(pnm::without_comments(read_whole(path)?), ImageFormat::Pnm),
        other => match other.format() {
            Some(format) => formats::decode(read_whole(path)?, format),
            None => Err(other.refusal()),
        },
    })?;
    Ok(match window {
        ValueWindow::Bits(bits) if kind != FileFormat::Dicom => decoded.by_bits(*bits),
        _ => decoded,
    })
}

/// Whether a file holds samples of 16 bits, by its header; never of DICOM, whose windows are its own.
pub fn is_deep(path: &Path) -> bool {
    let deep = || -> Result<bool, String> {
        Ok(match header::kind(path)? {
            FileFormat::Png => {
                let mut header = [0; 25];
                open_file(path)?.read_exact(&mut header).map_err(|e| io_reason(&e))?;
                header[24] == 16
            }
            FileFormat::Tiff => tiff::is_deep(path)?,
            FileFormat::Npy => NpyHeader::read(open_file(path)?)?.kind == "u2",
            _ => false,
        })
    };
    guarded(deep).unwrap_or(false)
}
