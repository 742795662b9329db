//! The elements of a data set. Each tells by itself how it is laid out, and what no picture needs is passed over unread.
//! Sequences are counted on the way down: a file of 400 KB can nest 20,000 of them, which recursion without a limit answers by
//! ending the process.

use super::data_set::{DataSet, Element, Value};
use dicom_core::{DataDictionary, Tag, VR, dictionary::DataDictionaryEntry};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use std::io::Read;

/// Sequences inside sequences. What the standard describes nests fewer than ten deep, structured reports a few dozen; the
/// stack of a worker (2 MiB) has room for many times as many.
pub const MAX_DEPTH: usize = 256;

const ITEM: Tag = Tag(0xfffe, 0xe000);
const ITEM_END: Tag = Tag(0xfffe, 0xe00d);
const SEQUENCE_END: Tag = Tag(0xfffe, 0xe0dd);

#[derive(Debug)]
pub enum Fault {
    CutShort,
    Damaged,
    Deep,
    /// More than is unpacked of a file.
    Large,
    Io(std::io::Error),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::UnexpectedEof { Self::CutShort } else { Self::Io(error) }
    }
}

/// Up to `length` bytes, fewer at the end.
pub fn up_to(input: &mut impl Read, length: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What comes before the value of an element.
pub struct Header {
    pub tag: Tag,
    vr: VR,
    /// `None`: it ends with a delimiter.
    pub length: Option<u32>,
}

/// Reads elements from the current place of `input` on.
pub struct Reader<R> {
    pub input: R,
    position: u64,
    /// Elements say their representation.
    explicit: bool,
    big_endian: bool,
}

impl<R: Read> Reader<R> {
    pub fn new(input: R, explicit: bool, big_endian: bool) -> Self {
        Self { input, position: 0, explicit, big_endian }
    }

    /// The meta group up to the first element of another one, whatever length it says it has; the UID of the transfer syntax,
    /// and the four bytes that were read too far.
    pub fn meta(&mut self) -> Result<(String, Vec<u8>), Fault> {
        let mut set = DataSet::default();
        loop {
            let tag = up_to(&mut self.input, 4)?;
            let Some(&[2, 0, low, high]) = tag.as_array() else {
                return Ok((set.text(tags::TRANSFER_SYNTAX_UID).unwrap_or_default(), tag));
            };
            let header = self.header_of(Tag(2, u16::from_le_bytes([low, high])))?;
            let value = Value::Bytes(self.bytes(header.length.ok_or(Fault::Damaged)?.into())?);
            set.insert(header.tag, Element { vr: header.vr, big_endian: false, value });
        }
    }

    /// The elements of a file, up to its pixels: what lies behind them is no concern of a picture.
    pub fn file(&mut self, pixels: bool) -> Result<DataSet, Fault> {
        let mut set = DataSet::default();
        while let Some(header) = self.header()? {
            let is_pixels = matches!(header.tag, tags::PIXEL_DATA | tags::FLOAT_PIXEL_DATA | tags::DOUBLE_FLOAT_PIXEL_DATA);
            if is_pixels && !pixels {
                break;
            }
            if !is_pixels {
                self.element(&mut set, &header, 0)?;
                continue;
            }
            // Of pixels that are cut short, the frames before the cut are whole.
            let value = match header.length {
                Some(length) => Value::Bytes(up_to(&mut self.input, length.into())?),
                None => self.fragments(true)?,
            };
            set.insert(header.tag, Element { vr: header.vr, big_endian: self.big_endian, value });
            break;
        }
        Ok(set)
    }

    /// `None` at the end of the data, and where what is left is too short for an element.
    pub fn header(&mut self) -> Result<Option<Header>, Fault> {
        let bytes = up_to(&mut self.input, 4)?;
        let Some(&[a, b, c, d]) = bytes.as_array() else { return Ok(None) };
        self.position += 4;
        let tag = Tag(self.u16([a, b]), self.u16([c, d]));
        match self.header_of(tag) {
            Ok(header) => Ok(Some(header)),
            Err(Fault::CutShort) if tag == Tag(0, 0) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// What follows a tag: representation and length, or the length alone where the two bytes are no representation, as inside
    /// of elements of unknown representation (PS3.5 6.2.2).
    fn header_of(&mut self, tag: Tag) -> Result<Header, Fault> {
        let start: [u8; 4] = self.array()?;
        let stated = VR::from_binary([start[0], start[1]]).filter(|_| self.explicit && tag.group() != 0xfffe);
        let length = match stated {
            None => self.u32(start),
            Some(
                VR::OB
                | VR::OD
                | VR::OF
                | VR::OL
                | VR::OV
                | VR::OW
                | VR::SQ
                | VR::SV
                | VR::UC
                | VR::UN
                | VR::UR
                | VR::UT
                | VR::UV,
            ) => {
                let length = self.array()?;
                self.u32(length)
            }
            Some(_) => self.u16([start[2], start[3]]).into(),
        };
        let known = || StandardDataDictionary.by_tag(tag).map_or(VR::UN, |entry| entry.vr().relaxed());
        let vr = stated.filter(|vr| *vr != VR::UN).unwrap_or_else(known);
        Ok(Header { tag, vr, length: Some(length).filter(|l| *l != u32::MAX) })
    }

    /// Reads the value of an element and keeps it where a picture needs it.
    fn element(&mut self, set: &mut DataSet, header: &Header, depth: usize) -> Result<(), Fault> {
        let keep = match header.tag {
            tags::MODALITY | tags::PATIENT_ID => true,
            Tag(group, _) => matches!(group, 0x0028 | 0x2050 | 0x5200 | 0x7fe0),
        };
        let value = match (header.vr, header.length) {
            (VR::OB | VR::OW, None) => self.fragments(keep)?,
            (VR::SQ, _) | (_, None) => {
                let end = header.length.map(|length| self.position + u64::from(length));
                match (self.items(end, depth + 1), end) {
                    (Ok(items), _) => Value::Items(items),
                    (Err(Fault::Damaged), Some(end)) if self.position <= end => {
                        self.skip(end - self.position)?;
                        return Ok(());
                    }
                    (Err(fault), _) => return Err(fault),
                }
            }
            (_, Some(length)) if keep => Value::Bytes(self.bytes(length.into())?),
            (_, Some(length)) => return self.skip(length.into()),
        };
        if keep {
            set.insert(header.tag, Element { vr: header.vr, big_endian: self.big_endian, value });
        }
        Ok(())
    }

    /// The items of a sequence up to `end`, or to its delimiter.
    fn items(&mut self, end: Option<u64>, depth: usize) -> Result<Vec<DataSet>, Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::Deep);
        }
        let mut items = Vec::new();
        while end.is_none_or(|end| self.position < end) {
            let header = self.header()?.ok_or(Fault::CutShort)?;
            match header.tag {
                ITEM => {
                    let own = header.length.map(|length| self.position + u64::from(length));
                    if own.zip(end).is_some_and(|(own, end)| own > end) {
                        return Err(Fault::Damaged);
                    }
                    items.push(self.item(own, depth)?);
                }
                ITEM_END => {}
                SEQUENCE_END => break,
                _ => return Err(Fault::Damaged),
            }
        }
        Ok(items)
    }

    fn item(&mut self, end: Option<u64>, depth: usize) -> Result<DataSet, Fault> {
        let mut set = DataSet::default();
        while end.is_none_or(|end| self.position < end) {
            let header = self.header()?.ok_or(Fault::CutShort)?;
            match header.tag {
                ITEM_END => break,
                ITEM | SEQUENCE_END => return Err(Fault::Damaged),
                _ if header.length.zip(end).is_some_and(|(length, end)| self.position + u64::from(length) > end) => {
                    return Err(Fault::Damaged);
                }
                _ => self.element(&mut set, &header, depth)?,
            }
        }
        Ok(set)
    }

    /// Encapsulated data: a table of offsets, then fragments. One that is cut short is left out, and its delimiter may be missing.
    fn fragments(&mut self, keep: bool) -> Result<Value, Fault> {
        let mut found = Vec::new();
        while let Some(header) = self.header()? {
            match (header.tag, header.length) {
                (ITEM, Some(length)) if keep => match self.bytes(length.into()) {
                    Ok(bytes) => found.push(bytes),
                    Err(Fault::CutShort) => break,
                    Err(fault) => return Err(fault),
                },
                (ITEM, Some(length)) => self.skip(length.into())?,
                (SEQUENCE_END, _) => break,
                _ => return Err(Fault::Damaged),
            }
        }
        let mut found = found.into_iter();
        Ok(Value::Fragments { offsets: found.next().unwrap_or_default(), fragments: found.collect() })
    }

    fn bytes(&mut self, length: u64) -> Result<Vec<u8>, Fault> {
        let bytes = up_to(&mut self.input, length)?;
        self.position += bytes.len() as u64;
        if bytes.len() as u64 == length { Ok(bytes) } else { Err(Fault::CutShort) }
    }

    pub fn skip(&mut self, length: u64) -> Result<(), Fault> {
        let skipped = std::io::copy(&mut (&mut self.input).take(length), &mut std::io::sink())?;
        self.position += skipped;
        if skipped == length { Ok(()) } else { Err(Fault::CutShort) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        self.position += N as u64;
        Ok(bytes)
    }

    fn u16(&self, bytes: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    fn u32(&self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}
