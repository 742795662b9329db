//! TIFF: 1 to 64 bit, several pages, orientation, palettes, planes apart, CMYK and YCbCr.

mod chunks;
mod directory;
mod overlay;
mod page_places;
mod samples;
mod tags;
#[cfg(test)]
mod tests;

use super::{
    density::{self, Density},
    guard::sentence,
    orientation::upright_size,
    raster::{DecodedImage, Samples, ycbcr_to_rgb},
    source::{check_size, io_reason, open_file},
};
use image::metadata::Orientation;
use overlay::Overlay;
use samples::{cmyk_to_rgb, interleave, unpack, whole_ycbcr};
use std::{
    io::{BufReader, Cursor, Read, Seek, SeekFrom},
    path::Path,
};
use tags::MAX_PAGES;
use tiff::{
    ColorType, TiffError,
    decoder::{ChunkType, Decoder, DecodingResult, Limits},
    tags::{CompressionMethod, Tag},
};

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = 4 << 30;
    limits.intermediate_buffer_size = 1 << 30;
    limits
}

/// Reads the first page's directory.
fn begin<R: Read + Seek>(mut file: R) -> Result<Decoder<R>, String> {
    file.rewind().map_err(|e| io_reason(&e))?;
    Ok(Decoder::new(file).map_err(fail)?.with_limits(limits()))
}

fn length(file: &mut impl Seek) -> Result<u64, String> {
    let length = file.seek(SeekFrom::End(0)).map_err(|e| io_reason(&e))?;
    file.rewind().map_err(|e| io_reason(&e))?;
    Ok(length)
}

fn fail(error: TiffError) -> String {
    match &error {
        TiffError::UnsupportedError(what) => format!("is a TIFF of a kind that is not read: {what}"),
        _ => sentence("is damaged", &error),
    }
}

/// Number and size, turned upright, of each page; smaller copies of a page (thumbnails) and masks are passed over.
pub fn pages(path: &Path) -> Result<Vec<(usize, [u32; 2])>, String> {
    let mut file = BufReader::new(open_file(path)?);
    let length = length(&mut file)?;
    tags::check(&mut file, length, MAX_PAGES)?;
    let mut decoder = begin(file)?;
    let mut pages = Vec::new();
    for page in 0..MAX_PAGES {
        let subfile: u32 = decoder.find_tag_unsigned(Tag::NewSubfileType).ok().flatten().unwrap_or(0);
        if subfile & 0b101 == 0 {
            let about = Page::of(&mut decoder)?;
            pages.push((page, upright_size(about.check(length)?, about.orientation)));
        }
        if !decoder.more_images() {
            break;
        }
        decoder.next_image().map_err(fail)?;
    }
    if pages.is_empty() { Err("has no pages".into()) } else { Ok(pages) }
}

/// Whether the first page has samples of 16 bits.
pub fn is_deep(path: &Path) -> Result<bool, String> {
    let mut file = BufReader::new(open_file(path)?);
    let length = length(&mut file)?;
    tags::check(&mut file, length, 1)?;
    Ok(Page::of(&mut begin(file)?)?.bits == 16)
}

/// What the tags of a page say of the form of its pixels.
struct Page {
    width: usize,
    height: usize,
    bits: u16,
    /// Samples a pixel.
    stored: usize,
    photometric: u16,
    compression: u16,
    planar: bool,
    /// Pixels that share a colour in YCbCr.
    shared: [usize; 2],
    orientation: Orientation,
    /// The first pixel of a byte is its lowest bit.
    is_reversed: bool,
}

const PALETTE: u16 = 3;
const YCBCR: u16 = 6;

impl Page {
    fn of<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<Self, String> {
        let (width, height) = decoder.dimensions().map_err(fail)?;
        let [width, height] = check_size(width.into(), height.into())?.map(|side| side as usize);
        let mut first = |tag, otherwise: u16| -> u16 {
            decoder.find_tag_unsigned_vec(tag).ok().flatten().and_then(|v: Vec<u16>| v.first().copied()).unwrap_or(otherwise)
        };
        let (bits, stored) = (first(Tag::BitsPerSample, 1), first(Tag::SamplesPerPixel, 1).into());
        let (photometric, compression) = (first(Tag::PhotometricInterpretation, 1), first(Tag::Compression, 1));
        let planar = first(Tag::PlanarConfiguration, 1) == 2;
        let orientation = Orientation::from_exif(first(Tag::Orientation, 1) as u8).unwrap_or(Orientation::NoTransforms);
        let is_reversed = first(Tag::FillOrder, 1) == 2;
        let shared = decoder.find_tag_unsigned_vec(Tag::ChromaSubsampling).ok().flatten().unwrap_or(vec![2, 2]);
        let shared = match shared[..] {
            [across @ (1 | 2 | 4), down @ (1 | 2 | 4)] => [across, down],
            _ => [1, 1],
        };
        Ok(Self { width, height, bits, stored, photometric, compression, planar, shared, orientation, is_reversed })
    }

    /// Width and height as stored, refused where a file of `length` bytes cannot hold the page.
    fn check(&self, length: u64) -> Result<[u32; 2], String> {
        let size = [self.width as u32, self.height as u32];
        // Of YCbCr, colours may be shared by many.
        let samples = if self.photometric == YCBCR { 1 } else { self.stored };
        let bits = u64::from(self.bits) * samples as u64;
        let density = match CompressionMethod::from_u16(self.compression) {
            Some(CompressionMethod::None) => Density::new(bits, 1),
            Some(CompressionMethod::LZW) => Density::new(bits, density::LZW),
            Some(CompressionMethod::PackBits) => Density::new(bits, density::PACK_BITS),
            Some(CompressionMethod::Deflate | CompressionMethod::OldDeflate) => Density::new(bits, density::DEFLATE),
            Some(CompressionMethod::ZSTD) => Density::new(bits, density::ZSTD),
            // A bit can be a row that is like the one above it.
            Some(CompressionMethod::Fax4) => Density::new(1, self.width as u64),
            Some(CompressionMethod::ModernJPEG) => Density::jpeg(),
            Some(CompressionMethod::WebP) => Density::unbounded(),
            _ => return Err(format!("is a TIFF of a kind that is not read: compression method {}", self.compression)),
        };
        density.check(size, length).map(|()| size)
    }
}

pub fn decode(path: &Path, page: usize) -> Result<DecodedImage, String> {
    let missing = || MISSING.to_string();
    // The header has the place of the first.
    let place = if page == 0 { None } else { Some(*page_places::of(path)?.get(page).ok_or_else(missing)?) };
    decode_at(BufReader::new(open_file(path)?), place)
}

const MISSING: &str = "is damaged: a page is missing";

/// Decodes the page whose directory is at `place`, or the first one. Nothing of the other pages is read.
fn decode_at(file: impl Read + Seek, place: Option<u64>) -> Result<DecodedImage, String> {
    let mut file = Overlay::new(file).map_err(|e| io_reason(&e))?;
    if let Some(place) = place {
        file = file.beginning_at(place).ok_or(MISSING)?;
    }
    let length = length(&mut file)?;
    tags::check(&mut file, length, 1)?;
    let mut decoder = begin(file)?;
    let about = Page::of(&mut decoder)?;
    about.check(length)?;
    chunks::check(&mut decoder, about.compression)?;
    let tile_height = decoder.chunk_dimensions().1 as usize;
    if about.planar && decoder.get_chunk_type() == ChunkType::Tile && !about.height.is_multiple_of(tile_height.max(1)) {
        // The decoder takes the last row of tiles for damaged.
        return Err("is a TIFF of planes in tiles that end below it, which is not read; converted, it is: \
                    tiffcp -s -p contig FILE FILE.tif"
            .into());
    }
    if about.is_reversed && !matches!(about.compression, 6 | 7) {
        let bytes = samples::with_bits_reversed(&mut decoder)?;
        return unpacked(&mut begin(Cursor::new(bytes))?, &about);
    }
    unpacked(&mut decoder, &about)
}

fn unpacked<R: Read + Seek>(decoder: &mut Decoder<R>, about: &Page) -> Result<DecodedImage, String> {
    let Page { width, height, .. } = *about;
    let jpeg = about.compression == CompressionMethod::ModernJPEG.to_u16();
    // The decoder refuses some forms that it could unpack: it is told that they are plain bytes, and the rest is ours.
    let raster = if jpeg && about.stored == 2 && !about.planar {
        return Err("is a TIFF of JPEGs with alpha, which is not read".into());
    } else if about.photometric == PALETTE {
        palette(decoder, about)?
    } else if about.photometric == YCBCR && !jpeg && about.shared != [1, 1] && (about.bits, about.planar) == (8, false) {
        let [across, down] = about.shared;
        let unit = across * down + 2;
        let bytes = as_bytes(decoder, &|w| w.div_ceil(across) * unit, down)?;
        let ycbcr = whole_ycbcr(&bytes, width, height, about.shared);
        DecodedImage::new(width, height, 3, Samples::U8(ycbcr_to_rgb(ycbcr)))?
    } else if matches!(about.bits, 9..=15) && about.stored <= 4 && !about.planar && matches!(about.photometric, 0..=2) {
        let (bits, stored) = (usize::from(about.bits), about.stored);
        let bytes = as_bytes(decoder, &|w| (w * stored * bits).div_ceil(8), 1)?;
        let Samples::U16(mut values) = unpack(&bytes, about.bits as u8, width, stored, false) else {
            return Err("is a TIFF of a kind that is not read".into());
        };
        values.iter_mut().filter(|_| about.photometric == 0).for_each(|v| *v = u16::MAX - *v);
        DecodedImage::new(width, height, stored, Samples::U16(values))?
    } else {
        plain(decoder, about)?
    };
    Ok(raster.upright(about.orientation))
}

/// Unpacks the page as rows of plain bytes. `row`: their number for so many pixels; `down`: rows of pixels that make one.
fn as_bytes<R: Read + Seek>(decoder: &mut Decoder<R>, row: &dyn Fn(usize) -> usize, down: usize) -> Result<Vec<u8>, String> {
    let mut rewritten = rewritten(decoder, &directory::Rewrite::Bytes { row, down })?;
    match rewritten.read_image().map_err(fail)? {
        DecodingResult::U8(bytes) => Ok(bytes),
        _ => Err("is a TIFF of a kind that is not read".into()),
    }
}

fn rewritten<'a, R: Read + Seek>(
    decoder: &'a mut Decoder<R>,
    change: &directory::Rewrite,
) -> Result<Decoder<Overlay<&'a mut R>>, String> {
    let place = decoder.ifd_pointer().ok_or(MISSING)?.0;
    begin(directory::rewrite(decoder.inner(), place, change).ok_or("is damaged: its directory is cut short")?)
}

fn palette<R: Read + Seek>(decoder: &mut Decoder<R>, about: &Page) -> Result<DecodedImage, String> {
    let mut map = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(fail)?;
    // Some writers fill the low byte only.
    if map.iter().all(|&v| v < 256) {
        map.iter_mut().for_each(|v| *v *= 257);
    }
    let third = map.len() / 3;
    let colour = |i: usize| [0, 1, 2].map(|c| map.get(c * third + i).copied().unwrap_or(0));
    let (width, stored) = (about.width, about.stored);
    let mut grey = rewritten(decoder, &directory::Rewrite::Grey)?;
    // What follows an index is alpha.
    let colours = |indices: &mut dyn Iterator<Item = usize>| indices.step_by(stored.max(1)).flat_map(colour).collect();
    let samples: Vec<u16> = match grey.read_image().map_err(fail)? {
        DecodingResult::U8(v) if about.bits < 8 => match unpack(&v, about.bits as u8, width, stored, true) {
            Samples::U8(v) => colours(&mut v.into_iter().map(usize::from)),
            _ => Vec::new(),
        },
        DecodingResult::U8(v) => colours(&mut v.into_iter().map(usize::from)),
        DecodingResult::U16(v) => colours(&mut v.into_iter().map(usize::from)),
        _ => return Err("is a TIFF with a palette for numbers that are no indices".into()),
    };
    DecodedImage::new(width, about.height, 3, Samples::U16(samples))
}

fn plain<R: Read + Seek>(decoder: &mut Decoder<R>, about: &Page) -> Result<DecodedImage, String> {
    let (width, height) = (about.width, about.height);
    let colour = decoder.colortype().map_err(fail)?;
    let stored = match colour {
        ColorType::Gray(_) => 1,
        ColorType::GrayA(_) => 2,
        ColorType::RGB(_) | ColorType::YCbCr(_) => 3,
        ColorType::RGBA(_) | ColorType::CMYK(_) => 4,
        ColorType::Multiband { num_samples: samples @ 1..=4, .. } => samples.into(),
        ColorType::Multiband { num_samples, .. } => {
            return Err(format!("is a TIFF with {num_samples} samples a pixel, which is not read"));
        }
        other => return Err(format!("is a TIFF of colour type {other:?}, which is not read")),
    };
    let mut result = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut result).map_err(fail)?;
    let bits = colour.bit_depth();
    let floats = |values: Vec<f32>| {
        let values = if layout.planes > 1 { interleave(values, width * height, stored) } else { values };
        DecodedImage::floats(width, height, stored, values)
    };
    let samples = match result {
        DecodingResult::U8(v) if bits < 8 => unpack(&v, bits, width, stored, false),
        DecodingResult::U8(v) if layout.planes > 1 => Samples::U8(interleave(v, width * height, stored)),
        DecodingResult::U8(v) => Samples::U8(v),
        DecodingResult::U16(v) if layout.planes > 1 => Samples::U16(interleave(v, width * height, stored)),
        DecodingResult::U16(v) => Samples::U16(v),
        DecodingResult::U32(v) => return floats(v.into_iter().map(|v| v as f32).collect()),
        DecodingResult::U64(v) => return floats(v.into_iter().map(|v| v as f32).collect()),
        DecodingResult::I8(v) => return floats(v.into_iter().map(f32::from).collect()),
        DecodingResult::I16(v) => return floats(v.into_iter().map(f32::from).collect()),
        DecodingResult::I32(v) => return floats(v.into_iter().map(|v| v as f32).collect()),
        DecodingResult::I64(v) => return floats(v.into_iter().map(|v| v as f32).collect()),
        DecodingResult::F16(v) => return floats(v.into_iter().map(|v| v.to_f32()).collect()),
        DecodingResult::F32(v) => return floats(v),
        DecodingResult::F64(v) => return floats(v.into_iter().map(|v| v as f32).collect()),
    };
    match (colour, samples) {
        (ColorType::CMYK(_), samples) => DecodedImage::new(width, height, 3, cmyk_to_rgb(samples)),
        (ColorType::YCbCr(8), Samples::U8(v)) => DecodedImage::new(width, height, 3, Samples::U8(ycbcr_to_rgb(v))),
        (ColorType::YCbCr(_), _) => Err(format!("is a TIFF of colour type {colour:?}, which is not read")),
        (_, samples) => DecodedImage::new(width, height, stored, samples),
    }
}
