//! Strips and tiles that are pictures of their own, with sizes of their own.

use crate::data::decode::{density::Density, jpeg::FrameHeader, size, source::io_reason};
use image::ImageFormat;
use std::io::{Read, Seek, SeekFrom};
use tiff::{
    decoder::Decoder,
    tags::{CompressionMethod, Tag},
};

/// As much of a WebP as tells its size.
const START: usize = 30;

/// Offsets and lengths of the strips or tiles of a page, in bytes.
pub fn places<R: Read + Seek>(decoder: &mut Decoder<R>) -> impl Iterator<Item = (u64, u64)> {
    let mut numbers = |strips, tiles| -> Vec<u64> {
        [strips, tiles].into_iter().find_map(|tag| decoder.find_tag_unsigned_vec(tag).ok().flatten()).unwrap_or_default()
    };
    let offsets = numbers(Tag::StripOffsets, Tag::TileOffsets);
    offsets.into_iter().zip(numbers(Tag::StripByteCounts, Tag::TileByteCounts))
}

/// Refuses a page with a part that says it has more pixels than its bytes can hold: its decoder would make room for them.
pub fn check<R: Read + Seek>(decoder: &mut Decoder<R>, compression: u16) -> Result<(), String> {
    let is_jpeg = compression == CompressionMethod::ModernJPEG.to_u16();
    if !is_jpeg && compression != CompressionMethod::WebP.to_u16() {
        return Ok(());
    }
    let places: Vec<(u64, u64)> = places(decoder).collect();
    let file = decoder.inner();
    for (offset, length) in places {
        file.seek(SeekFrom::Start(offset)).map_err(|e| io_reason(&e))?;
        let mut part = file.by_ref().take(length);
        // What has no header that can be read is for the decoder to judge.
        let size = if is_jpeg {
            FrameHeader::read(part).ok().map(|header| [header.width.into(), header.height.into()])
        } else {
            let mut start = Vec::with_capacity(START);
            let _ = part.by_ref().take(START as u64).read_to_end(&mut start);
            size::dimensions(ImageFormat::WebP, &start).map(|sides| sides.map(|side| side as u32))
        };
        let density = if is_jpeg { Density::jpeg() } else { Density::unbounded() };
        size.map_or(Ok(()), |size| density.check(size, length))?;
    }
    Ok(())
}
