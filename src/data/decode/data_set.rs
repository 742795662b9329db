//! DICOM files into memory, with a limit on how deeply their sequences nest.
//!
//! `dicom-object` reads, and drops, nested sequences by recursion without a limit: a file of 400 KB with 20,000 of them
//! overflows the stack, which ends the process and which nothing can catch. A larger stack only moves the limit, and a look
//! at the file beforehand would read everything twice and have to agree with the reader about every byte. Here the same
//! parser's tokens (flat, whatever the transfer syntax and the kind of lengths) become the same objects, and the depth is
//! counted on the way.

use super::{
    guard::sentence,
    source::{io_reason, open_file},
};
use dicom_core::{DataElement, VR, value::DataSetSequence, value::PixelFragmentSequence};
use dicom_encoding::{Codec, TransferSyntaxIndex};
use dicom_object::{DefaultDicomObject, FileMetaTable, InMemDicomObject, Tag, mem::InMemElement};
use dicom_parser::dataset::{DataSetReader, DataToken, read};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
};

/// Sequences inside sequences. What the standard describes nests fewer than ten deep, structured reports a few dozen; the
/// stack of a worker (2 MiB) has room for many times as many.
const MAX_DEPTH: usize = 256;

type Tokens<'a> = &'a mut dyn Iterator<Item = read::Result<DataToken>>;

/// Reads the file, or what is before its first element from `until` on. The error is a reason to show beside its name.
pub fn open(path: &Path, until: Option<Tag>) -> Result<DefaultDicomObject, String> {
    let mut file = BufReader::new(open_file(path)?);
    if file.fill_buf().map_err(|e| io_reason(&e))?.get(128..132) == Some(b"DICM") {
        file.consume(128);
    }
    let meta = FileMetaTable::from_reader(&mut file).map_err(|e| damaged(&e))?;
    let uid = meta.transfer_syntax();
    let unread = || format!("is DICOM encoded as {uid}, which is not read");
    let syntax = TransferSyntaxRegistry.get(uid).ok_or_else(unread)?;
    let data: Box<dyn Read> = match syntax.codec() {
        Codec::Dataset(Some(deflated)) => deflated.adapt_reader(Box::new(file)),
        Codec::Dataset(None) => return Err(unread()),
        Codec::None | Codec::EncapsulatedPixelData(..) => Box::new(file),
    };
    let mut tokens = DataSetReader::new_with_ts(data, syntax).map_err(|e| damaged(&e))?;
    Ok(object(&mut tokens, until, 0)?.with_exact_meta(meta))
}

/// The elements up to the end of the file, or of the item.
fn object(tokens: Tokens, until: Option<Tag>, depth: usize) -> Result<InMemDicomObject, String> {
    let mut elements: Vec<InMemElement> = Vec::new();
    while let Some(token) = next(tokens)? {
        let tag = match &token {
            DataToken::ElementHeader(header) => header.tag,
            DataToken::SequenceStart { tag, .. } => *tag,
            DataToken::PixelSequenceStart => dicom_dictionary_std::tags::PIXEL_DATA,
            DataToken::ItemEnd if depth > 0 => break,
            _ => return Err(misplaced()),
        };
        if until.is_some_and(|until| until <= tag) {
            break;
        }
        elements.push(match token {
            DataToken::ElementHeader(header) => match next(tokens)? {
                Some(DataToken::PrimitiveValue(value)) => DataElement::new_with_len(tag, header.vr, header.len, value),
                Some(_) => return Err(misplaced()),
                None => return Err(cut_short()),
            },
            DataToken::SequenceStart { len, .. } => {
                let items = items(tokens, depth + 1)?;
                DataElement::new_with_len(tag, VR::SQ, len, DataSetSequence::new(items, len))
            }
            _ => DataElement::new(tag, VR::OB, fragments(tokens)?),
        });
    }
    Ok(InMemDicomObject::from_element_iter(elements))
}

fn items(tokens: Tokens, depth: usize) -> Result<Vec<InMemDicomObject>, String> {
    if depth > MAX_DEPTH {
        return Err(format!("is DICOM whose sequences nest more than {MAX_DEPTH} deep, which no picture needs"));
    }
    let mut items = Vec::new();
    loop {
        match next(tokens)?.ok_or_else(cut_short)? {
            DataToken::ItemStart { .. } => items.push(object(tokens, None, depth)?),
            DataToken::SequenceEnd => return Ok(items),
            _ => return Err(misplaced()),
        }
    }
}

/// Encapsulated pixels: the table of offsets, then the fragments.
fn fragments(tokens: Tokens) -> Result<PixelFragmentSequence<Vec<u8>>, String> {
    let (mut offsets, mut fragments) = (Vec::new(), Vec::new());
    while let Some(token) = next(tokens)? {
        match token {
            DataToken::OffsetTable(table) => offsets = table,
            DataToken::ItemValue(fragment) => fragments.push(fragment),
            DataToken::ItemStart { .. } | DataToken::ItemEnd => {}
            DataToken::SequenceEnd => break,
            _ => return Err(misplaced()),
        }
    }
    Ok(PixelFragmentSequence::new(offsets, fragments))
}

fn next(tokens: Tokens) -> Result<Option<DataToken>, String> {
    tokens.next().transpose().map_err(|e| damaged(&e))
}

fn damaged(error: &dyn std::error::Error) -> String {
    sentence("is a damaged DICOM file", &chain(error))
}

fn misplaced() -> String {
    "is a damaged DICOM file: its elements and items are not where they may be".into()
}

fn cut_short() -> String {
    "is cut short: it ends within an element".into()
}

/// The whole cause in one line: the outermost message of these crates says little.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let message = inner.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        source = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{super::decode, super::header::probe, MAX_DEPTH};
    use crate::data::pixels::Pixels;
    use dicom_encoding::{Codec, TransferSyntaxIndex};
    use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
    use std::io::Write;

    const IMPLICIT: &str = "1.2.840.10008.1.2";
    const EXPLICIT: &str = "1.2.840.10008.1.2.1";
    const DEFLATED: &str = "1.2.840.10008.1.2.1.99";

    fn element(explicit: bool, [group, number]: [u16; 2], vr: &str, length: u32) -> Vec<u8> {
        let mut bytes = [group.to_le_bytes(), number.to_le_bytes()].concat();
        match (explicit, vr) {
            (true, "SQ" | "OB") => bytes.extend([vr.as_bytes(), &[0, 0], &length.to_le_bytes()].concat()),
            (true, _) => bytes.extend([vr.as_bytes(), &(length as u16).to_le_bytes()].concat()),
            (false, _) => bytes.extend(length.to_le_bytes()),
        }
        bytes
    }

    /// `depth` sequences of one item, each but the last one holding the next.
    fn nested(explicit: bool, defined: bool, depth: usize) -> Vec<u8> {
        let level = element(explicit, [8, 0x1140], "SQ", 0).len() + 8;
        let length = |bytes: usize| if defined { bytes as u32 } else { u32::MAX };
        let mut bytes = Vec::new();
        for inside in (0..depth).rev().map(|below| below * level) {
            bytes.extend(element(explicit, [8, 0x1140], "SQ", length(8 + inside)));
            bytes.extend(element(false, [0xfffe, 0xe000], "", length(inside)));
        }
        for _ in 0..if defined { 0 } else { depth } {
            bytes.extend(element(false, [0xfffe, 0xe00d], "", 0));
            bytes.extend(element(false, [0xfffe, 0xe0dd], "", 0));
        }
        bytes
    }

    /// A grey picture of 2 x 1 px, its sequences before the pixels or after them.
    fn file(syntax: &str, defined: bool, depth: usize, after: bool) -> tempfile::NamedTempFile {
        let explicit = syntax != IMPLICIT;
        let with =
            |explicit, tag, vr: &str, value: &[u8]| [element(explicit, tag, vr, value.len() as u32), value.to_vec()].concat();
        let mut meta = with(true, [2, 2], "UI", b"1.2.840.10008.5.1.4.1.1.7\0");
        meta.extend(with(true, [2, 3], "UI", b"1.20"));
        let padding = if syntax.len() % 2 == 1 { "\0" } else { "" };
        meta.extend(with(true, [2, 0x10], "UI", format!("{syntax}{padding}").as_bytes()));
        meta.extend(with(true, [2, 0x12], "UI", b"1.20"));
        let head = [&[0; 128], &b"DICM"[..], &with(true, [2, 0], "UL", &(meta.len() as u32).to_le_bytes()), &meta].concat();
        let mut data = if after { Vec::new() } else { nested(explicit, defined, depth) };
        for (number, value) in [(2, 1u16), (0x10, 1), (0x11, 2), (0x100, 8), (0x101, 8), (0x102, 7), (0x103, 0)] {
            if number == 0x10 {
                data.extend(with(explicit, [0x28, 4], "CS", b"MONOCHROME2 "));
            }
            data.extend(with(explicit, [0x28, number], "US", &value.to_le_bytes()));
        }
        data.extend(with(explicit, [0x7fe0, 0x10], "OB", &[7, 250]));
        if after {
            data.extend(nested(explicit, defined, depth));
        }
        if syntax == DEFLATED {
            let Some(Codec::Dataset(Some(deflate))) = TransferSyntaxRegistry.get(DEFLATED).map(|s| s.codec()) else { panic!() };
            let place = tempfile::NamedTempFile::new().unwrap();
            deflate.adapt_writer(Box::new(place.reopen().unwrap())).write_all(&data).unwrap();
            data = std::fs::read(place.path()).unwrap();
        }
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[head, data].concat()).unwrap();
        file
    }

    #[test]
    fn sequences_that_nest_without_end_are_a_reason_and_no_crash() {
        for syntax in [EXPLICIT, IMPLICIT, DEFLATED] {
            for defined in [true, false] {
                let read = file(syntax, defined, 200, false);
                assert_eq!(probe(read.path()).unwrap().pages, [(0, [2, 1])], "{syntax}, {defined}");
                assert_eq!(decode(read.path(), 0).unwrap().size(), [2, 1], "{syntax}, {defined}");
                let refused = file(syntax, defined, 20_000, false);
                for reason in [probe(refused.path()).unwrap_err(), decode(refused.path(), 0).unwrap_err()] {
                    assert!(reason.contains("nest more than 256 deep"), "{syntax}, {defined}: {reason}");
                }
            }
        }
    }

    #[test]
    fn sequences_are_counted_to_the_limit_and_behind_the_pixels_too() {
        assert!(decode(file(EXPLICIT, true, MAX_DEPTH, false).path(), 0).is_ok());
        assert!(decode(file(EXPLICIT, true, MAX_DEPTH + 1, false).path(), 0).is_err());
        assert!(decode(file(EXPLICIT, false, 20_000, true).path(), 0).unwrap_err().contains("nest more than"));
    }
}
