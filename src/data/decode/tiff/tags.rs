//! Directories, read before a decoder reads them: where they are, and tags that claim more values than a file has bytes, for which a
//! decoder would make room.

use std::io::{Read, Seek, SeekFrom};

/// A longer chain of pages is taken for damage.
pub const MAX_PAGES: usize = 10_000;

/// Bytes of a value of each type, by its number.
const SIZES: [u64; 19] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

struct Numbers<R> {
    file: R,
    big_endian: bool,
    /// BigTIFF, with numbers of 64 bits.
    is_big: bool,
}

impl<R: Read + Seek> Numbers<R> {
    /// Reads the header of a file; with the place of its first directory.
    fn of(file: R) -> Option<(Self, u64)> {
        let mut numbers = Self { file, big_endian: false, is_big: false };
        // `II` or `MM`.
        numbers.big_endian = numbers.next(2)? == 0x4d4d;
        numbers.is_big = numbers.next(2)? == 43;
        if numbers.is_big {
            numbers.next(4)?;
        }
        let first = numbers.wide()?;
        Some((numbers, first))
    }

    /// The next number of so many bytes, 8 at most; `None` where the file ends.
    fn next(&mut self, size: usize) -> Option<u64> {
        let mut bytes = [0; 8];
        self.file.read_exact(&mut bytes[..size]).ok()?;
        let grown = |n: u64, b: &u8| n << 8 | u64::from(*b);
        let bytes = &bytes[..size];
        Some(if self.big_endian { bytes.iter().fold(0, grown) } else { bytes.iter().rev().fold(0, grown) })
    }

    /// The next number of values, or place in the file.
    fn wide(&mut self) -> Option<u64> {
        self.next(if self.is_big { 8 } else { 4 })
    }

    /// Goes to a directory, and reads the number of its entries.
    fn entries(&mut self, place: u64) -> Option<u64> {
        self.file.seek(SeekFrom::Start(place)).ok()?;
        self.next(if self.is_big { 8 } else { 2 })
    }

    /// The place of the directory after the one at `place`; 0 where that is the last.
    fn after(&mut self, place: u64) -> Option<u64> {
        let bytes = self.entries(place)?.checked_mul(if self.is_big { 20 } else { 12 })?;
        self.file.seek_relative(bytes.try_into().ok()?).ok()?;
        self.wide()
    }
}

/// Places of the directories of all pages.
pub fn directories(file: impl Read + Seek) -> Vec<u64> {
    let mut places = Vec::new();
    if let Some((mut numbers, mut at)) = Numbers::of(file) {
        while at != 0 && places.len() < MAX_PAGES {
            places.push(at);
            at = numbers.after(at).unwrap_or(0);
        }
    }
    places
}

/// Refuses a file of `length` bytes with such a tag in the first `pages`. What else is wrong with it is for the decoder to say.
pub fn check(file: impl Read + Seek, length: u64, pages: usize) -> Result<(), String> {
    match most_values(file, length, pages) {
        Some(count) => Err(format!("says it has a tag of {count} values, but {length} bytes cannot hold them: it is damaged")),
        None => Ok(()),
    }
}

/// The number of values of the first tag that has too many.
fn most_values(file: impl Read + Seek, length: u64, pages: usize) -> Option<u64> {
    let (mut numbers, mut at) = Numbers::of(file)?;
    // Each entry has its own bytes: a chain with more of them goes in circles.
    let mut left = length / 12;
    for _ in 0..pages {
        if at == 0 {
            break;
        }
        for _ in 0..numbers.entries(at)? {
            left = left.checked_sub(1)?;
            numbers.next(2)?;
            let size = SIZES.get(numbers.next(2)? as usize).copied().unwrap_or(0);
            let count = numbers.wide()?;
            numbers.wide()?;
            if count.saturating_mul(size) > length {
                return Some(count);
            }
        }
        at = numbers.wide()?;
    }
    None
}
