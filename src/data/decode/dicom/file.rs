//! A DICOM file to its elements, however little of what the standard asks for is there.
//!
//! Files without a preamble, without the meta group or with a wrong length of it, without a transfer syntax or in another one
//! than they say are common among research data, and other readers take them (pydicom with `force=True`).

use super::{
    data_set::DataSet,
    reader::{Fault, MAX_DEPTH, Reader, up_to},
};
use crate::data::decode::source::{io_reason, open_file};
use dicom_core::{Tag, VR};
use flate2::read::DeflateDecoder;
use std::{
    io::{BufReader, Cursor, Read},
    path::Path,
};

/// A data set that is deflated as a whole may become this large, or so many times its file.
const FREE_INFLATED: u64 = 256 << 20;
const MAX_RATIO: u64 = 100;

const DEFLATED: [&str; 3] = ["1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"];
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
const IMPLICIT: &str = "1.2.840.10008.1.2";

/// Reads what pictures need of a file, and with `pixels` the pixels themselves; the UID of its transfer syntax, "" where it
/// says none. The error is a reason to show beside its name.
pub fn open(path: &Path, pixels: bool) -> Result<(DataSet, String), String> {
    let file = open_file(path)?;
    let length = file.metadata().map_err(|e| io_reason(&e))?.len();
    read(BufReader::new(file), length, pixels).map_err(|fault| match fault {
        Fault::Large => format!("is DICOM that would unpack to more than {MAX_RATIO} times its size; that is refused"),
        Fault::CutShort => "is cut short: it ends within an element".into(),
        Fault::Damaged => "is a damaged DICOM file: its elements and items are not where they may be".into(),
        Fault::Deep => format!("is DICOM whose sequences nest more than {MAX_DEPTH} deep, which no picture needs"),
        Fault::Io(error) => io_reason(&error),
    })
}

fn read(mut file: impl Read, length: u64, pixels: bool) -> Result<(DataSet, String), Fault> {
    let mut start = up_to(&mut file, 132)?;
    if start.get(128..132) == Some(b"DICM") {
        start.clear();
    } else if start.starts_with(b"DICM") {
        start.drain(..4);
    }
    let mut reader = Reader::new(Cursor::new(start).chain(file), true, false);
    let (syntax, next) = reader.meta()?;
    let input = Cursor::new(next).chain(reader.input);
    let set = if DEFLATED.contains(&syntax.as_str()) {
        let mut inflated = DeflateDecoder::new(input).take(FREE_INFLATED.max(length.saturating_mul(MAX_RATIO)));
        let set = Reader::new(&mut inflated, true, false).file(pixels);
        if inflated.limit() == 0 {
            return Err(Fault::Large);
        }
        set?
    } else {
        let mut input = input;
        let start = up_to(&mut input, 6)?;
        let (explicit, big_endian) = layout(&start, &syntax);
        Reader::new(Cursor::new(start).chain(input), explicit, big_endian).file(pixels)?
    };
    Ok((set, syntax))
}

/// How a data set is laid out by its first bytes, which are right where they and the transfer syntax differ.
fn layout(start: &[u8], syntax: &str) -> (bool, bool) {
    match start {
        &[a, b, _, _, v, r, ..] => match VR::from_binary([v, r]) {
            Some(_) => (true, u16::from_be_bytes([a, b]) < u16::from_le_bytes([a, b])),
            None => (false, false),
        },
        _ => (syntax != IMPLICIT, syntax == BIG_ENDIAN),
    }
}

/// Whether a file begins as DICOM does, with or without its preamble: with the mark, or with three elements in their order of
/// the groups that files begin with.
pub fn begins(start: &[u8]) -> bool {
    if start.get(128..132) == Some(b"DICM") || start.starts_with(b"DICM") {
        return true;
    }
    let (explicit, big_endian) = layout(start, "");
    let mut reader = Reader::new(start, explicit, big_endian);
    let mut last = Tag(0, 0);
    for n in 0..3 {
        let Ok(Some(header)) = reader.header() else { return false };
        let first = n == 0 && !matches!(header.tag.group(), 2 | 8);
        let Some(length) = header.length.filter(|l| !first && header.tag > last && l % 2 == 0 && *l < 1 << 16) else {
            return false;
        };
        if reader.skip(length.into()).is_err() {
            // The value reaches beyond what was looked at.
            return n > 0;
        }
        last = header.tag;
    }
    true
}
