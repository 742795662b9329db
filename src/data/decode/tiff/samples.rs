//! Samples of a TIFF as they lie in it, to whole interleaved ones.

use super::chunks::places;
use crate::data::decode::{
    raster::Samples,
    source::{io_reason, read_all},
};
use std::io::{Read, Seek, SeekFrom};
use tiff::decoder::Decoder;

/// The file with the bits of each byte of a page's pixels turned around (`FillOrder` 2), before anything is unpacked.
pub fn with_bits_reversed<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<Vec<u8>, String> {
    let places: Vec<(u64, u64)> = places(decoder).collect();
    let file = decoder.inner();
    let size = file.seek(SeekFrom::End(0)).map_err(|e| io_reason(&e))?;
    file.seek(SeekFrom::Start(0)).map_err(|e| io_reason(&e))?;
    let mut bytes = read_all(file, size)?;
    for (offset, count) in places {
        let place = usize::try_from(offset).ok().zip(usize::try_from(offset.saturating_add(count)).ok());
        let part =
            place.and_then(|(from, to)| bytes.get_mut(from..to)).ok_or("is cut short: it holds fewer pixels than it says")?;
        part.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
    }
    Ok(bytes)
}

/// Rows of samples of less than 8 bits, or of 9 to 15, each row beginning at a byte: stretched to 0..255 or 0..65535, but for
/// indices into a palette.
pub fn unpack(packed: &[u8], bits: u8, width: usize, stored: usize, indices: bool) -> Samples {
    let per_row = width * stored;
    let bits = usize::from(bits);
    let top = (1u32 << bits) - 1;
    let sample = |row: &[u8], i: usize| {
        let (byte, shift) = (i * bits / 8, 24 - bits - i * bits % 8);
        let at = |i: usize| u32::from(row.get(i).copied().unwrap_or(0));
        (at(byte) << 16 | at(byte + 1) << 8 | at(byte + 2)) >> shift & top
    };
    let rows = packed.chunks_exact((per_row * bits).div_ceil(8));
    let values = rows.flat_map(|row| (0..per_row).map(move |i| sample(row, i)));
    match (indices, bits) {
        (true, ..8) => Samples::U8(values.map(|v| v as u8).collect()),
        (true, _) => Samples::U16(values.map(|v| v as u16).collect()),
        (false, ..8) => Samples::U8(values.map(|v| (v * 255 / top) as u8).collect()),
        (false, _) => Samples::U16(values.map(|v| (v * 65_535 / top) as u16).collect()),
    }
}

/// YCbCr whose colour is kept once for `across` x `down` pixels: units of that many Y, then Cb and Cr.
pub fn whole_ycbcr(units: &[u8], width: usize, height: usize, [across, down]: [usize; 2]) -> Vec<u8> {
    let size = across * down + 2;
    let row = width.div_ceil(across) * size;
    let at = |i: usize| units.get(i).copied().unwrap_or(0);
    let pixel = |i: usize| {
        let (x, y) = (i % width, i / width);
        let unit = y / down * row + x / across * size;
        [at(unit + y % down * across + x % across), at(unit + size - 2), at(unit + size - 1)]
    };
    (0..width * height).flat_map(pixel).collect()
}

/// Plane after plane to pixel after pixel.
pub fn interleave<T: Copy>(planes: Vec<T>, pixels: usize, stored: usize) -> Vec<T> {
    (0..pixels).flat_map(|i| (0..stored).map(move |c| c * pixels + i)).filter_map(|i| planes.get(i).copied()).collect()
}

pub fn cmyk_to_rgb(samples: Samples) -> Samples {
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
        let bytes = |packed: &[u8], bits, width, indices| match unpack(packed, bits, width, 1, indices) {
            Samples::U8(v) => v,
            _ => panic!(),
        };
        assert_eq!(bytes(&[0b1010_0000, 0b0100_0000], 1, 3, false), [255, 0, 255, 0, 255, 0]);
        assert_eq!(bytes(&[0x1f], 4, 2, false), [17, 255]);
        assert_eq!(bytes(&[0x1f], 4, 2, true), [1, 15]);
        let Samples::U16(twelve) = unpack(&[0xff, 0xf0, 0x01, 0x80, 0x00], 12, 3, 1, false) else { panic!() };
        assert_eq!(twelve, [65_535, 16, 32_775]);
    }

    #[test]
    fn cmyk_and_planes() {
        let Samples::U8(rgb) = cmyk_to_rgb(Samples::U8(vec![0, 255, 0, 0, 0, 0, 0, 255])) else { panic!() };
        assert_eq!(rgb, [255, 0, 255, 0, 0, 0]);
        assert_eq!(interleave(vec![1, 2, 3, 4, 5, 6], 2, 3), [1, 3, 5, 2, 4, 6]);
    }

    #[test]
    fn shared_colours_are_given_to_each_pixel() {
        // Three columns: the second unit reaches beyond the picture.
        let units = [1, 2, 3, 4, 100, 200, 5, 0, 6, 0, 101, 201];
        let expected = [[1, 100, 200], [2, 100, 200], [5, 101, 201], [3, 100, 200], [4, 100, 200], [6, 101, 201]];
        assert_eq!(whole_ycbcr(&units, 3, 2, [2, 2]), expected.concat());
    }
}
