//! What a `.npy` file says of its numbers.

use crate::data::decode::source::io_reason;
use std::io::Read;

/// NumPy's headers are 128 bytes; a long or deeply nested one is an attack on its parser.
const MAX_HEADER: usize = 4096;

/// Records of records are at most so deep. The parser's time grows with the depth by powers, without end for some hundred bytes.
const MAX_DEPTH: usize = 6;

/// What lies before the numbers of an array.
#[derive(Debug)]
pub struct Header {
    pub shape: Vec<usize>,
    /// The first axis is the innermost one.
    pub fortran: bool,
    /// `u1`, `i8`, `f4`…
    pub kind: String,
    big_endian: bool,
    /// Bytes of a number.
    pub size: usize,
    /// Makes a value of the bits of a stored number, the rest of which are 0.
    value: fn(u64) -> f64,
    /// Bytes of the header itself.
    pub length: usize,
}

impl Header {
    /// Reads up to the first number. The error is a reason to show beside the file's name.
    pub fn read(mut file: impl Read) -> Result<Self, String> {
        let short = |e: std::io::Error| io_reason(&e);
        let mut header = vec![0u8; 10];
        file.read_exact(&mut header).map_err(short)?;
        if header[6] > 1 {
            header.resize(12, 0);
            file.read_exact(&mut header[10..]).map_err(short)?;
        }
        let length = header[8..].iter().rev().fold(0usize, |n, &b| n << 8 | usize::from(b));
        if !header.starts_with(b"\x93NUMPY") || length > MAX_HEADER {
            return Err("is no NumPy array, or one with an outsize header".into());
        }
        let fixed = header.len();
        header.resize(fixed + length, 0);
        file.read_exact(&mut header[fixed..]).map_err(short)?;
        let damaged = || "has a header that is no NumPy header".to_string();
        if depth(&header[fixed..]) > MAX_DEPTH {
            return Err(damaged());
        }
        let npy = npyz::NpyHeader::from_reader(&header[..]).map_err(|_| damaged())?;
        if npy.uses_pickled_array() {
            return Err("holds Python objects (pickle), which are never executed".into());
        }
        let npyz::DType::Plain(dtype) = npy.dtype() else { return Err("holds records, not numbers".into()) };
        let text = dtype.to_string();
        let kind = text.trim_start_matches(['<', '>', '|', '=']).to_string();
        Ok(Self {
            shape: npy.shape().iter().map(|&d| usize::try_from(d).unwrap_or(usize::MAX)).collect(),
            fortran: npy.order() == npyz::Order::Fortran,
            big_endian: text.starts_with('>'),
            size: dtype.num_bytes().unwrap_or(0),
            value: value_of(&kind).ok_or_else(|| format!("has the type {kind}, which is not read"))?,
            kind,
            length: header.len(),
        })
    }

    /// Bytes of all numbers; `None` beyond all bounds.
    pub fn data_size(&self) -> Option<usize> {
        self.shape.iter().try_fold(self.size, |n, &d| n.checked_mul(d))
    }

    /// Bytes of the whole file; `None` beyond all bounds.
    pub fn file_size(&self) -> Option<usize> {
        self.data_size()?.checked_add(self.length)
    }

    /// Whether the array holds texts, and no numbers.
    pub fn is_text(&self) -> bool {
        is_text(&self.kind)
    }

    /// A text from its bytes, [`size`](Self::size) of them.
    pub fn text(&self, stored: &[u8]) -> String {
        if self.kind.starts_with('S') {
            return String::from_utf8_lossy(stored).trim_end_matches('\0').to_string();
        }
        let letter = |b: &[u8; 4]| if self.big_endian { u32::from_be_bytes(*b) } else { u32::from_le_bytes(*b) };
        let letters = stored.as_chunks::<4>().0.iter().map(|bytes| char::from_u32(letter(bytes)).unwrap_or('\u{fffd}'));
        letters.collect::<String>().trim_end_matches('\0').to_string()
    }

    /// A number from its bytes, [`size`](Self::size) of them.
    pub fn number(&self, stored: &[u8]) -> f64 {
        let grown = |bits: u64, b: &u8| bits << 8 | u64::from(*b);
        let bits = if self.big_endian { stored.iter().fold(0, grown) } else { stored.iter().rev().fold(0, grown) };
        (self.value)(bits)
    }
}

/// Texts of one length: `U6` in UTF-32, `S6` in bytes.
fn is_text(kind: &str) -> bool {
    kind.strip_prefix(['U', 'S']).is_some_and(|length| length.parse::<usize>().is_ok_and(|length| length > 0))
}

/// How many brackets are open at once at most.
fn depth(text: &[u8]) -> usize {
    let mut open = 0usize;
    let deepest = text.iter().map(|byte| {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open
    });
    deepest.max().unwrap_or(0)
}

fn value_of(kind: &str) -> Option<fn(u64) -> f64> {
    Some(match kind {
        _ if is_text(kind) => |_| f64::NAN,
        "u1" | "u2" | "u4" | "u8" | "b1" => |bits| bits as f64,
        "i1" => |bits| f64::from(bits as i8),
        "i2" => |bits| f64::from(bits as i16),
        "i4" => |bits| f64::from(bits as i32),
        "i8" => |bits| bits as i64 as f64,
        "f2" => |bits| half(bits as u16),
        "f4" => |bits| f64::from(f32::from_bits(bits as u32)),
        "f8" => f64::from_bits,
        _ => return None,
    })
}

fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023) / 1024.0);
    let size = match exponent {
        0 => fraction * 2f64.powi(-14),
        31 if fraction > 0.0 => f64::NAN,
        31 => f64::INFINITY,
        _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}
