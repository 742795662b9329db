//! TIFF: 1 to 64 bit, several pages, palettes, planes apart, CMYK and YCbCr.

use super::{
    guard::sentence,
    raster::{Raster, Samples, unit_range, ycbcr_to_rgb},
    source::{check_size, open_file},
};
use std::{fs::File, io::BufReader, path::Path};
use tiff::{
    ColorType,
    decoder::{Decoder, DecodingResult, Limits},
    tags::Tag,
};

/// A longer chain of pages is taken for damage.
const MAX_PAGES: usize = 10_000;

fn open(path: &Path) -> Result<Decoder<BufReader<File>>, String> {
    let decoder = Decoder::new(BufReader::new(open_file(path)?)).map_err(|e| sentence("is damaged", &e))?;
    let mut limits = Limits::default();
    limits.decoding_buffer_size = 4 << 30;
    limits.intermediate_buffer_size = 1 << 30;
    Ok(decoder.with_limits(limits))
}

/// Number and size of each page; smaller copies of a page (thumbnails) and masks are passed over.
pub fn pages(path: &Path) -> Result<Vec<(usize, [u32; 2])>, String> {
    let mut decoder = open(path)?;
    let mut pages = Vec::new();
    for page in 0..MAX_PAGES {
        let subfile: u32 = decoder.find_tag_unsigned(Tag::NewSubfileType).ok().flatten().unwrap_or(0);
        let (width, height) = decoder.dimensions().map_err(|e| sentence("is damaged", &e))?;
        if subfile & 0b101 == 0 {
            pages.push((page, check_size(width.into(), height.into())?));
        }
        if !decoder.more_images() {
            break;
        }
        decoder.next_image().map_err(|e| sentence("is damaged", &e))?;
    }
    if pages.is_empty() { Err("has no pages".into()) } else { Ok(pages) }
}

pub fn decode(path: &Path, page: usize) -> Result<Raster, String> {
    let fail = |e: tiff::TiffError| sentence("is damaged or of a kind that is not read", &e);
    let mut decoder = open(path)?;
    decoder.seek_to_image(page).map_err(fail)?;
    let (width, height) = decoder.dimensions().map_err(fail)?;
    let [width, height] = check_size(width.into(), height.into())?.map(|side| side as usize);
    let colour = decoder.colortype().map_err(fail)?;
    let mut result = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut result).map_err(fail)?;
    let stored = match colour {
        ColorType::Gray(_) | ColorType::Palette(_) => 1,
        ColorType::GrayA(_) => 2,
        ColorType::RGB(_) | ColorType::YCbCr(_) => 3,
        ColorType::RGBA(_) | ColorType::CMYK(_) => 4,
        ColorType::Multiband { num_samples: samples @ 1..=4, .. } => samples.into(),
        other => return Err(format!("is a TIFF of colour type {other:?}, which is not read")),
    };
    let bits = colour.bit_depth();
    let samples = match result {
        DecodingResult::U8(v) if bits < 8 => {
            Samples::U8(unpack(&v, bits, width, stored, matches!(colour, ColorType::Palette(_))))
        }
        DecodingResult::U8(v) => Samples::U8(v),
        DecodingResult::U16(v) => Samples::U16(v),
        DecodingResult::U32(v) => stretched(v.into_iter().map(|v| v as f32))?,
        DecodingResult::U64(v) => stretched(v.into_iter().map(|v| v as f32))?,
        DecodingResult::I8(v) => stretched(v.into_iter().map(f32::from))?,
        DecodingResult::I16(v) => stretched(v.into_iter().map(f32::from))?,
        DecodingResult::I32(v) => stretched(v.into_iter().map(|v| v as f32))?,
        DecodingResult::I64(v) => stretched(v.into_iter().map(|v| v as f32))?,
        DecodingResult::F32(v) => stretched(v.into_iter())?,
        DecodingResult::F64(v) => stretched(v.into_iter().map(|v| v as f32))?,
        _ => return Err("is a TIFF of 16-bit floats, which is not read".into()),
    };
    let samples = if layout.planes > 1 { interleave(samples, width * height, stored) } else { samples };
    match (colour, samples) {
        (ColorType::Palette(_), Samples::U8(indices)) => {
            let map = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(fail)?;
            let third = map.len() / 3;
            let colour = |&i: &u8| [0, 1, 2].map(|c| map.get(c * third + usize::from(i)).copied().unwrap_or(0));
            Raster::new(width, height, 3, Samples::U16(indices.iter().flat_map(colour).collect()))
        }
        (ColorType::CMYK(_), samples) => Raster::new(width, height, 3, cmyk_to_rgb(samples)),
        (ColorType::YCbCr(8), Samples::U8(v)) => Raster::new(width, height, 3, Samples::U8(ycbcr_to_rgb(v))),
        (ColorType::Palette(_) | ColorType::YCbCr(_), _) => {
            Err(format!("is a TIFF of colour type {colour:?}, which is not read"))
        }
        (_, samples) => Raster::new(width, height, stored, samples),
    }
}

/// Rows of 1, 2 or 4 bit samples, each row beginning at a byte; stretched to 0..255 but for indices into a palette.
fn unpack(packed: &[u8], bits: u8, width: usize, stored: usize, indices: bool) -> Vec<u8> {
    let per_row = width * stored;
    let (per_byte, top) = (usize::from(8 / bits), ((1u16 << bits) - 1) as u8);
    let sample = |row: &[u8], i: usize| {
        let shift = 8 - bits as usize * (i % per_byte + 1);
        let value = (row[i / per_byte] >> shift) & top;
        if indices { value } else { (u16::from(value) * 255 / u16::from(top)) as u8 }
    };
    packed.chunks_exact(per_row.div_ceil(per_byte)).flat_map(|row| (0..per_row).map(move |i| sample(row, i))).collect()
}

fn stretched(values: impl Iterator<Item = f32>) -> Result<Samples, String> {
    unit_range(values.collect()).map(Samples::F32)
}

fn interleave(samples: Samples, pixels: usize, stored: usize) -> Samples {
    fn woven<T: Copy>(planes: &[T], pixels: usize, stored: usize) -> Vec<T> {
        (0..pixels).flat_map(|i| (0..stored).filter_map(move |c| planes.get(c * pixels + i).copied())).collect()
    }
    match samples {
        Samples::U8(v) => Samples::U8(woven(&v, pixels, stored)),
        Samples::U16(v) => Samples::U16(woven(&v, pixels, stored)),
        Samples::F32(v) => Samples::F32(woven(&v, pixels, stored)),
    }
}

fn cmyk_to_rgb(samples: Samples) -> Samples {
    let rgb = |c: [f32; 4]| [0, 1, 2].map(|i| (1.0 - c[i]) * (1.0 - c[3]));
    match samples {
        Samples::U8(v) => Samples::U8(
            v.as_chunks::<4>()
                .0
                .iter()
                .flat_map(|c| rgb(c.map(|v| f32::from(v) / 255.0)).map(|v| (v * 255.0).round() as u8))
                .collect(),
        ),
        Samples::U16(v) => {
            Samples::F32(v.as_chunks::<4>().0.iter().flat_map(|c| rgb(c.map(|v| f32::from(v) / 65535.0))).collect())
        }
        Samples::F32(v) => Samples::F32(v.as_chunks::<4>().0.iter().flat_map(|&c| rgb(c)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_samples_are_unpacked_row_by_row() {
        assert_eq!(unpack(&[0b1010_0000, 0b0100_0000], 1, 3, 1, false), [255, 0, 255, 0, 255, 0]);
        assert_eq!(unpack(&[0x1f], 4, 2, 1, false), [17, 255]);
        assert_eq!(unpack(&[0x1f], 4, 2, 1, true), [1, 15]);
    }

    #[test]
    fn cmyk_and_planes() {
        let Samples::U8(rgb) = cmyk_to_rgb(Samples::U8(vec![0, 255, 0, 0, 0, 0, 0, 255])) else { panic!() };
        assert_eq!(rgb, [255, 0, 255, 0, 0, 0]);
        let Samples::U8(woven) = interleave(Samples::U8(vec![1, 2, 3, 4, 5, 6]), 2, 3) else { panic!() };
        assert_eq!(woven, [1, 3, 5, 2, 4, 6]);
    }
}
