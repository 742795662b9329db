//! Tags that claim more values than a file has bytes: a decoder would make room for them before it reads any.

use std::io::{Read, Seek, SeekFrom};

/// A longer chain of pages is taken for damage.
pub const MAX_PAGES: usize = 10_000;

/// Bytes of a value of each type, by its number.
const SIZES: [u64; 19] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

struct Numbers<R> {
    file: R,
    big_endian: bool,
}

impl<R: Read> Numbers<R> {
    /// The next number of so many bytes, 8 at most; `None` where the file ends.
    fn next(&mut self, size: usize) -> Option<u64> {
        let mut bytes = [0; 8];
        self.file.read_exact(&mut bytes[..size]).ok()?;
        let grown = |n: u64, b: &u8| n << 8 | u64::from(*b);
        let bytes = &bytes[..size];
        Some(if self.big_endian { bytes.iter().fold(0, grown) } else { bytes.iter().rev().fold(0, grown) })
    }
}

/// Refuses a file of `length` bytes with such a tag. What else is wrong with it is for the decoder to say.
pub fn check(file: impl Read + Seek, length: u64) -> Result<(), String> {
    let mut numbers = Numbers { file, big_endian: false };
    match most_values(&mut numbers, length) {
        Some(count) => Err(format!("says it has a tag of {count} values, but {length} bytes cannot hold them: it is damaged")),
        None => Ok(()),
    }
}

/// The number of values of the first tag that has too many.
fn most_values(numbers: &mut Numbers<impl Read + Seek>, length: u64) -> Option<u64> {
    // `II` or `MM`.
    numbers.big_endian = numbers.next(2)? == 0x4d4d;
    let is_big = numbers.next(2)? == 43;
    if is_big {
        numbers.next(4)?;
    }
    let (counter, wide) = if is_big { (8, 8) } else { (2, 4) };
    let mut at = numbers.next(wide)?;
    // Each entry has its own bytes: a chain with more of them goes in circles.
    let mut left = length / 12;
    for _ in 0..MAX_PAGES {
        if at == 0 {
            break;
        }
        numbers.file.seek(SeekFrom::Start(at)).ok()?;
        for _ in 0..numbers.next(counter)? {
            left = left.checked_sub(1)?;
            numbers.next(2)?;
            let size = SIZES.get(numbers.next(2)? as usize).copied().unwrap_or(0);
            let count = numbers.next(wide)?;
            numbers.next(wide)?;
            if count.saturating_mul(size) > length {
                return Some(count);
            }
        }
        at = numbers.next(wide)?;
    }
    None
}
