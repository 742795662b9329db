//! How large a picture is, from the first bytes of its file.

use super::{
    density::Density,
    jpeg::{self, FrameHeader},
    orientation::{orientation, upright_size},
    pnm,
    source::{check_size, io_reason, open_file},
};
use image::{ImageFormat, metadata::Orientation};
use std::{
    io::{BufRead, BufReader},
    path::Path,
};

/// Width and height, turned upright, by the header of a file; refused where the file cannot hold them. The error is a reason to show
/// beside its name.
pub fn size(path: &Path, format: ImageFormat) -> Result<[u32; 2], String> {
    let file = open_file(path)?;
    let length = file.metadata().map_err(|e| io_reason(&e))?.len();
    let mut reader = BufReader::new(file);
    let start = reader.fill_buf().map_err(|e| io_reason(&e))?.to_vec();
    let ([width, height], turn) = match format {
        ImageFormat::Pnm => (pnm::dimensions(reader)?, Orientation::NoTransforms),
        ImageFormat::Jpeg => {
            let header = FrameHeader::read(reader).map_err(|e| io_reason(&e))?;
            if let Some(kind) = header.unread() {
                return Err(jpeg::refusal(&kind));
            }
            header.check_passes(header.is_progressive)?;
            ([header.width.into(), header.height.into()], header.orientation)
        }
        _ => (dimensions(format, &start).ok_or("is cut short")?, orientation(format, reader)),
    };
    let size = check_size(width, height)?;
    Density::of(format, &start).check(size, length)?;
    Ok(upright_size(size, turn))
}

/// Width and height by the first bytes; `None` where these are too few, or of a format whose first bytes do not tell.
pub fn dimensions(format: ImageFormat, start: &[u8]) -> Option<[u64; 2]> {
    let needed = match format {
        ImageFormat::Png => 24,
        ImageFormat::Gif => 10,
        ImageFormat::Bmp => 26,
        ImageFormat::WebP => 30,
        _ => return None,
    };
    let b = start.get(..needed)?;
    let little16 = |i: usize| u32::from(u16::from_le_bytes([b[i], b[i + 1]]));
    let little24 = |i: usize| u32::from_le_bytes([b[i], b[i + 1], b[i + 2], 0]);
    let little32 = |i: usize| u32::from_le_bytes([b[i], b[i + 1], b[i + 2], b[i + 3]]);
    let big32 = |i: usize| u32::from_be_bytes([b[i], b[i + 1], b[i + 2], b[i + 3]]);
    let (width, height) = match format {
        ImageFormat::Png => (big32(16), big32(20)),
        ImageFormat::Gif => (little16(6), little16(8)),
        ImageFormat::Bmp if little32(14) == 12 => (little16(18), little16(20)),
        // Negative: stored from top to bottom.
        ImageFormat::Bmp => ((little32(18) as i32).unsigned_abs(), (little32(22) as i32).unsigned_abs()),
        ImageFormat::WebP => match &b[12..16] {
            b"VP8X" => (little24(24) + 1, little24(27) + 1),
            b"VP8L" => ((little32(21) & 0x3fff) + 1, ((little32(21) >> 14) & 0x3fff) + 1),
            _ => (little16(26) & 0x3fff, little16(28) & 0x3fff),
        },
        _ => return None,
    };
    Some([width.into(), height.into()])
}
