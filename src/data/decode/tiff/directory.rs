//! A page's directory written anew, so that a decoder unpacks the page as something else than it says it is.

use super::overlay::Overlay;
use std::io::{Read, Seek, SeekFrom};

/// What a page is said to be instead.
pub enum Rewrite<'a> {
    /// Grey: indices into a palette are read as they are.
    Grey,
    /// Rows of plain bytes, 8 bit grey: `row` gives their number for so many pixels; `down` rows of pixels make one.
    Bytes { row: &'a dyn Fn(usize) -> usize, down: usize },
}

const WIDTH: u16 = 256;
const LENGTH: u16 = 257;
const BITS: u16 = 258;
const PHOTOMETRIC: u16 = 262;
const SAMPLES: u16 = 277;
const ROWS_PER_STRIP: u16 = 278;
const PREDICTOR: u16 = 317;
const TILE_WIDTH: u16 = 322;
const TILE_LENGTH: u16 = 323;
const EXTRA_SAMPLES: u16 = 338;
const FORMAT: u16 = 339;
const SHORT: u64 = 3;
const LONG: u64 = 4;

/// Numbers of a file in its order of bytes.
struct NumberFormat {
    big_endian: bool,
    /// BigTIFF, with numbers of 64 bits.
    big: bool,
}

impl NumberFormat {
    fn read(&self, bytes: &[u8], at: usize, size: usize) -> Option<u64> {
        let number = bytes.get(at..at.checked_add(size)?)?;
        let grown = |n: u64, b: &u8| n << 8 | u64::from(*b);
        Some(if self.big_endian { number.iter().fold(0, grown) } else { number.iter().rev().fold(0, grown) })
    }

    fn number(&self, value: u64, size: usize) -> Vec<u8> {
        let mut bytes = value.to_le_bytes()[..size].to_vec();
        if self.big_endian {
            bytes.reverse();
        }
        bytes
    }
}

/// The file with another directory of the page whose own is at `place`, as its only page; `None` where that is cut short.
pub fn rewrite<R: Read + Seek>(mut file: R, place: u64, rewrite: &Rewrite) -> Option<Overlay<R>> {
    let mut bytes = vec![0; 4];
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_exact(&mut bytes).ok()?;
    let mut numbers = NumberFormat { big_endian: bytes.starts_with(b"MM"), big: false };
    numbers.big = numbers.read(&bytes, 2, 2)? == 43;
    let (counter, entry, wide) = if numbers.big { (8, 20, 8) } else { (2, 12, 4) };
    file.seek(SeekFrom::Start(place)).ok()?;
    bytes.resize(counter, 0);
    file.read_exact(&mut bytes).ok()?;
    bytes.resize(numbers.read(&bytes, 0, counter)?.min(4096) as usize * entry, 0);
    file.read_exact(&mut bytes).ok()?;
    let changed = bytes.chunks_exact(entry).map(<[u8]>::to_vec).filter_map(|old| {
        let tag = numbers.read(&old, 0, 2)? as u16;
        // Only tags of a single whole number are changed by their value.
        let value = match numbers.read(&old, 2, 2)? {
            SHORT => numbers.read(&old, 4 + wide, 2)?,
            LONG => numbers.read(&old, 4 + wide, 4)?,
            _ => 0,
        } as usize;
        let new = match (rewrite, tag) {
            (_, PHOTOMETRIC) | (Rewrite::Bytes { .. }, SAMPLES | FORMAT | PREDICTOR) => 1,
            (Rewrite::Bytes { .. }, BITS) => 8,
            (Rewrite::Bytes { .. }, EXTRA_SAMPLES) => return None,
            (Rewrite::Bytes { row, .. }, WIDTH | TILE_WIDTH) => row(value),
            (Rewrite::Bytes { down, .. }, LENGTH | ROWS_PER_STRIP | TILE_LENGTH) => value.div_ceil(*down),
            _ => return Some(old),
        };
        let parts = [(tag.into(), 2), (LONG, 2), (1, wide), (new as u64, 4), (0, wide - 4)];
        Some(parts.into_iter().flat_map(|(value, size)| numbers.number(value, size)).collect())
    });
    let changed: Vec<Vec<u8>> = changed.collect();
    let directory = [numbers.number(changed.len() as u64, counter), changed.concat(), numbers.number(0, wide)].concat();
    Overlay::new(file).ok()?.beginning_with(directory)
}
