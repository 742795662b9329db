//! Which bytes of the pixel data belong to a frame.

use super::{
    attributes::Attributes,
    data_set::{DataSet, Element, Value},
    syntax::RLE,
};
use dicom_core::VR;
use dicom_dictionary_std::tags;
use std::borrow::Cow;

/// What a file holds of one frame.
pub enum Stored<'a> {
    /// Samples, little-endian.
    Plain(Cow<'a, [u8]>),
    /// As an encoder wrote it.
    Encoded(Cow<'a, [u8]>),
}

pub fn stored<'a>(set: &'a DataSet, about: &Attributes, syntax: &str, frame: usize) -> Result<Stored<'a>, String> {
    let element = set.get(tags::PIXEL_DATA).ok_or("is DICOM without pixels")?;
    match &element.value {
        Value::Bytes(bytes) => plain(element, bytes, about, frame).map(Stored::Plain),
        Value::Fragments { offsets, fragments } => {
            let extended = set.numbers(tags::EXTENDED_OFFSET_TABLE).into_iter().map(|v| v as u64);
            let basic = offsets.as_chunks::<4>().0.iter().map(|&b| u64::from(u32::from_le_bytes(b)));
            let offsets: Vec<u64> = if offsets.is_empty() { extended.collect() } else { basic.collect() };
            encoded(&offsets, fragments, about.frames, frame, syntax == RLE).map(Stored::Encoded)
        }
        Value::Items(_) => Err("is DICOM whose pixels are no pixels".into()),
    }
}

fn plain<'a>(element: &Element, bytes: &'a [u8], about: &Attributes, frame: usize) -> Result<Cow<'a, [u8]>, String> {
    let short = || "is cut short: it holds fewer pixels than its header says".to_string();
    let pixels = about.width * about.height;
    if about.allocated == 1 {
        // Bit after bit without a gap between frames, the lowest of a byte first.
        let bit = |at: usize| Some(bytes.get(at / 8)? >> (at % 8) & 1);
        return (frame * pixels..(frame + 1) * pixels).map(bit).collect::<Option<_>>().map(Cow::Owned).ok_or_else(short);
    }
    let bits = if about.is_422(bytes.len()) { pixels * 16 } else { pixels * about.samples * about.allocated as usize };
    let size = bits / 8;
    let stored = bytes.get(frame * size..(frame + 1) * size).ok_or_else(short)?;
    match (element.big_endian, about.allocated as usize / 8) {
        // Bytes in words lie in the order of the words, which may begin within the frame before.
        (true, 1) if element.vr == VR::OW => {
            let byte = |i: usize| bytes.get(i ^ 1).copied().unwrap_or(0);
            Ok(Cow::Owned((frame * size..(frame + 1) * size).map(byte).collect()))
        }
        (true, unit @ 2..) => Ok(Cow::Owned(stored.chunks(unit).flat_map(|word| word.iter().rev().copied()).collect())),
        _ => Ok(Cow::Borrowed(stored)),
    }
}

/// The fragments of a frame: by the table of offsets where there is one, else by what tells frames apart in the fragments.
fn encoded<'a>(
    offsets: &[u64],
    fragments: &'a [Vec<u8>],
    frames: usize,
    frame: usize,
    one_each: bool,
) -> Result<Cow<'a, [u8]>, String> {
    let starts: Vec<u64> = fragments
        .iter()
        .scan(0, |at, fragment| {
            let start = *at;
            *at += fragment.len() as u64 + 8;
            Some(start)
        })
        .collect();
    let first_of: Vec<usize> = if frames == 1 {
        vec![0]
    } else if fragments.len() <= frames || one_each {
        (0..fragments.len()).collect()
    } else if let Some(firsts) = (offsets.len() == frames).then(|| by_offsets(offsets, &starts)).flatten() {
        firsts
    } else {
        by_content(fragments, frames).ok_or("is DICOM whose frames cannot be told apart: it has no table of their offsets")?
    };
    let (Some(&first), last) = (first_of.get(frame), first_of.get(frame + 1).copied().unwrap_or(fragments.len())) else {
        return Err("is cut short: it holds fewer frames than its header says".into());
    };
    match fragments.get(first..last) {
        Some([]) | None => Err("is cut short: it holds no pixels".into()),
        Some([one]) => Ok(Cow::Borrowed(one)),
        Some(several) => Ok(Cow::Owned(several.concat())),
    }
}

fn by_offsets(offsets: &[u64], starts: &[u64]) -> Option<Vec<usize>> {
    offsets.iter().map(|offset| starts.binary_search(offset).ok()).collect()
}

/// Frames end with the end of a JPEG (or JPEG 2000) image, or else begin with the beginning of one.
fn by_content(fragments: &[Vec<u8>], frames: usize) -> Option<Vec<usize>> {
    let ends = |f: &[u8]| {
        let tail = &f[f.len().saturating_sub(10)..];
        tail.iter().rposition(|&b| b == 0xd9).is_some_and(|at| at > 0 && tail[at - 1] == 0xff)
    };
    let begins = |f: &[u8]| f.starts_with(&[0xff, 0xd8, 0xff]) || f.starts_with(&[0xff, 0x4f, 0xff, 0x51]);
    let after_ends = (0..fragments.len()).filter(|&i| i == 0 || ends(&fragments[i - 1])).collect::<Vec<_>>();
    let at_begins = (0..fragments.len()).filter(|&i| begins(&fragments[i])).collect::<Vec<_>>();
    [after_ends, at_begins].into_iter().find(|firsts| firsts.len() == frames && firsts.first() == Some(&0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame<'a>(offsets: &[u64], fragments: &'a [Vec<u8>], frames: usize, frame: usize) -> Result<Cow<'a, [u8]>, String> {
        encoded(offsets, fragments, frames, frame, false)
    }

    #[test]
    fn frames_in_several_fragments_are_told_apart() {
        let (start, end) = (vec![0xff, 0xd8, 0xff, 1], vec![2, 0xff, 0xd9, 0]);
        let fragments = [start.clone(), end.clone(), start.clone(), vec![3, 4], end.clone()];
        for offsets in [&[][..], &[0, 24], &[0, 5]] {
            assert_eq!(*frame(offsets, &fragments, 2, 0).unwrap(), [&start[..], &end].concat(), "{offsets:?}");
            assert_eq!(*frame(offsets, &fragments, 2, 1).unwrap(), [&start[..], &[3, 4], &end].concat(), "{offsets:?}");
        }
        assert_eq!(frame(&[], &fragments, 1, 0).unwrap().len(), 18, "one frame in all of them");
        let endless = [start.clone(), vec![1], start, vec![1]];
        assert_eq!(*frame(&[], &endless, 2, 1).unwrap(), [0xff, 0xd8, 0xff, 1, 1]);
        assert!(frame(&[], &endless, 3, 1).unwrap_err().contains("cannot be told apart"));
        assert!(frame(&[], &[vec![1]], 3, 0).is_ok());
        assert!(frame(&[], &[vec![1]], 3, 2).unwrap_err().contains("is cut short"));
        assert!(frame(&[], &[], 1, 0).unwrap_err().contains("is cut short"));
    }
}
