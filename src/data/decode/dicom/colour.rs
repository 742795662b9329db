//! Pictures in colour: palettes, YCbCr, planes.

use super::{attributes::Attributes, codec::Decoded, data_set::DataSet, lut::Lut};
use crate::data::decode::raster::{DecodedImage, Samples, ycbcr_to_rgb};
use dicom_dictionary_std::tags;

/// Three samples a pixel. `is_422`: neighbours share their colour.
pub fn rgb(decoded: Decoded, about: &Attributes, planar: bool, is_422: bool) -> Result<DecodedImage, String> {
    let pixels = about.width * about.height;
    let ybr = about.photometric.starts_with("YBR_FULL") && !decoded.is_rgb;
    if about.photometric.starts_with("YBR_PARTIAL") && !decoded.is_rgb {
        return Err(format!("is DICOM in {}, which is not read", about.photometric));
    }
    let samples = match decoded.container {
        8 => {
            let bytes = match decoded.bytes {
                bytes if is_422 && planar => apart_422(&bytes, pixels),
                bytes if is_422 => {
                    let pairs = bytes.as_chunks::<4>().0.iter();
                    pairs.flat_map(|&[first, second, cb, cr]| [first, cb, cr, second, cb, cr]).collect()
                }
                bytes if planar => interleaved(&bytes, pixels),
                bytes => bytes.into_owned(),
            };
            Samples::U8(if ybr { ycbcr_to_rgb(bytes) } else { bytes })
        }
        16 if !ybr => {
            let white = ((1u64 << about.stored) - 1) as f32;
            let values: Vec<f32> =
                about.values(&decoded.bytes, 16).into_iter().map(|v| (v as f32 / white).clamp(0.0, 1.0)).collect();
            Samples::F32(if planar { interleaved(&values, pixels) } else { values })
        }
        bits => return Err(format!("is DICOM in colour with {bits} bits a sample, which is not read")),
    };
    DecodedImage::new(about.width, about.height, 3, samples)
}

/// RRR…GGG…BBB… to RGBRGB….
fn interleaved<T: Copy>(planes: &[T], pixels: usize) -> Vec<T> {
    (0..pixels).flat_map(|i| (0..3).filter_map(move |c| planes.get(c * pixels + i).copied())).collect()
}

/// All of Y, then half as many of Cb and Cr.
fn apart_422(planes: &[u8], pixels: usize) -> Vec<u8> {
    let at = |i: usize| planes.get(i).copied().unwrap_or(0);
    (0..pixels).flat_map(|i| [at(i), at(pixels + i / 2), at(pixels + pixels / 2 + i / 2)]).collect()
}

/// PALETTE COLOR: three tables.
pub fn palette(set: &DataSet, about: &Attributes, values: &[i32]) -> Result<DecodedImage, String> {
    let table = |descriptor, data| Lut::read(set, descriptor, data, about.signed);
    let tables = [
        table(tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        table(tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        table(tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA),
    ];
    let [Some(red), Some(green), Some(blue)] = &tables else {
        return Err("is DICOM with a palette that is missing, or segmented, which is not read".into());
    };
    // One white for all three, or a table without bright entries would shine.
    let white = [red, green, blue].map(Lut::white).into_iter().max().unwrap_or(u16::MAX);
    let level = |table: &Lut, v: i32| (u32::from(table.at(v.into())) * 65_535 / u32::from(white.max(1))).min(65_535) as u16;
    let samples = values.iter().flat_map(|&v| [red, green, blue].map(|table| level(table, v))).collect();
    DecodedImage::new(about.width, about.height, 3, Samples::U16(samples))
}
