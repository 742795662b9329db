//! Bends bytes as hostile and damaged files are bent: lengths of all sizes, numbers in text, blocks that repeat or nest, parts of
//! other files, words that the format knows.

use rand::{Rng, seq::IndexedRandom};

/// What fields of lengths, counts and offsets are set to, besides what is near the true ones.
const EXTREMES: [u64; 14] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x0001_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
];

const NUMBERS: [&str; 12] =
    ["0", "-1", "1", "255", "65536", "2147483648", "99999999999", "18446744073709551616", "1e308", "1e-400", "NaN", "0.5"];

/// Inputs do not grow beyond this.
const LONGEST: usize = 128 << 10;

/// `seed` with one to five changes. `others`: what parts are taken from; `words`: of the format.
pub fn mutated(seed: &[u8], others: &[Vec<u8>], words: &[&[u8]], rng: &mut impl Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.random_range(1..=5) {
        change(&mut bytes, others, words, rng);
        bytes.truncate(LONGEST);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, others: &[Vec<u8>], words: &[&[u8]], rng: &mut impl Rng) {
    let length = bytes.len();
    if length == 0 {
        bytes.extend(others.choose(rng).into_iter().flatten());
        return;
    }
    // Headers are where most can go wrong.
    let reach = if rng.random() { length.min(200) } else { length };
    let at = rng.random_range(0..reach);
    let block = at..(at + rng.random_range(1..=32)).min(length);
    match rng.random_range(0..12) {
        0 => bytes[at] ^= 1 << rng.random_range(0..8),
        1 => bytes[at] = rng.random(),
        2 => drop(bytes.drain(block)),
        3 => bytes.truncate(at),
        4 => {
            let copy = bytes[block].to_vec();
            let to = rng.random_range(0..=length);
            bytes.splice(to..to, copy);
        }
        // Depth: an opening bracket, an item of a sequence, a page.
        5 => {
            let copy = bytes[block].repeat([2, 10, 100, 1000, 5000][rng.random_range(0..5)]);
            bytes.splice(at..at, copy);
        }
        6 => {
            let Some(other) = others.choose(rng).filter(|other| !other.is_empty()) else { return };
            let from = rng.random_range(0..other.len());
            bytes.splice(at.., other[from..].iter().copied());
        }
        7 | 8 => number(bytes, at, rng),
        9 => digits(bytes, at, rng),
        10 => {
            let Some(word) = words.choose(rng) else { return };
            let copies = if rng.random_range(0..8) == 0 { 3000 } else { 1 };
            let end = if rng.random() { at } else { (at + word.len()).min(length) };
            bytes.splice(at..end, word.repeat(copies));
        }
        _ => {
            let to = rng.random_range(0..length);
            bytes.swap(at, to);
        }
    }
}

/// A whole number of 2, 4 or 8 bytes, in either order.
fn number(bytes: &mut [u8], at: usize, rng: &mut impl Rng) {
    let size = [2, 4, 8][rng.random_range(0..3)];
    let at = if rng.random() { at & !1 } else { at };
    let length = bytes.len() as u64;
    let Some(field) = bytes.get_mut(at..at + size) else { return };
    let value = match rng.random_range(0..4) {
        0 => length.saturating_sub(rng.random_range(0..16)),
        1 => rng.random_range(0..70_000),
        _ => EXTREMES[rng.random_range(0..EXTREMES.len())],
    };
    field.copy_from_slice(&value.to_le_bytes()[..size]);
    if rng.random() {
        field.reverse();
    }
}

/// The first number in text behind `at` becomes another.
fn digits(bytes: &mut Vec<u8>, at: usize, rng: &mut impl Rng) {
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|i| at + i) else { return };
    let end = start + bytes[start..].iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let number = NUMBERS[rng.random_range(0..NUMBERS.len())];
    bytes.splice(start..end, number.bytes());
}
