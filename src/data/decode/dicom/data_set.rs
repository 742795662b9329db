//! The elements of a DICOM file that its pictures need, as they lie in it.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use std::collections::BTreeMap;

/// Elements by their tags: of a file, or of an item of a sequence.
#[derive(Debug, Default)]
pub struct DataSet(BTreeMap<Tag, Element>);

#[derive(Debug)]
pub struct Element {
    pub vr: VR,
    pub big_endian: bool,
    pub value: Value,
}

#[derive(Debug)]
pub enum Value {
    /// All but sequences, as stored.
    Bytes(Vec<u8>),
    /// The items of a sequence.
    Items(Vec<DataSet>),
    /// Encapsulated pixels: the table of offsets, which may be empty, and what follows it.
    Fragments { offsets: Vec<u8>, fragments: Vec<Vec<u8>> },
}

impl DataSet {
    pub fn insert(&mut self, tag: Tag, element: Element) {
        self.0.insert(tag, element);
    }

    pub fn get(&self, tag: Tag) -> Option<&Element> {
        self.0.get(&tag)
    }

    /// The items of a sequence; none where it is not there.
    pub fn items(&self, tag: Tag) -> &[DataSet] {
        match self.get(tag).map(|e| &e.value) {
            Some(Value::Items(items)) => items,
            _ => &[],
        }
    }

    /// The text of an element without its padding; `None` where it is empty or not there.
    pub fn text(&self, tag: Tag) -> Option<String> {
        let Value::Bytes(bytes) = &self.get(tag)?.value else { return None };
        // Other character sets than UTF-8 only have to stay apart from one another.
        let text = std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|&b| char::from(b)).collect(), str::to_string);
        Some(text.trim_matches(['\0', ' ']).to_string()).filter(|t| !t.is_empty())
    }

    /// The numbers of an element, whatever their representation; none where it is not there or holds no numbers.
    pub fn numbers(&self, tag: Tag) -> Vec<f64> {
        let Some(Element { vr, big_endian, value: Value::Bytes(bytes) }) = self.get(tag) else { return Vec::new() };
        fn of<const N: usize>(bytes: &[u8], big: bool, number: fn([u8; N]) -> f64) -> Vec<f64> {
            let ordered = |mut b: [u8; N]| {
                if big {
                    b.reverse();
                }
                number(b)
            };
            bytes.as_chunks::<N>().0.iter().copied().map(ordered).collect()
        }
        let big = *big_endian;
        match vr {
            VR::US | VR::OW => of(bytes, big, |b| u16::from_le_bytes(b).into()),
            VR::SS => of(bytes, big, |b| i16::from_le_bytes(b).into()),
            VR::UL | VR::OL | VR::AT => of(bytes, big, |b| u32::from_le_bytes(b).into()),
            VR::SL => of(bytes, big, |b| i32::from_le_bytes(b).into()),
            VR::UV | VR::OV => of(bytes, big, |b| u64::from_le_bytes(b) as f64),
            VR::FL | VR::OF => of(bytes, big, |b| f32::from_le_bytes(b).into()),
            VR::FD | VR::OD => of(bytes, big, f64::from_le_bytes),
            VR::OB | VR::UN => bytes.iter().map(|&b| b.into()).collect(),
            _ => self.text(tag).iter().flat_map(|t| t.split('\\')).map_while(decimal).collect(),
        }
    }

    pub fn number(&self, tag: Tag) -> Option<f64> {
        self.numbers(tag).first().copied()
    }

    /// A whole number that is not negative.
    pub fn count(&self, tag: Tag) -> Option<u64> {
        self.number(tag).filter(|v| *v >= 0.0 && v.fract() == 0.0).map(|v| v as u64)
    }

    /// Where a group of attributes of a frame is: in its own functional group, in the one that all frames share, or beside the
    /// pixels.
    pub fn of_frame(&self, frame: usize, group: Tag) -> &DataSet {
        let own = self.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).get(frame);
        let shared = self.items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first();
        [own, shared].into_iter().flatten().find_map(|groups| groups.items(group).first()).unwrap_or(self)
    }
}

/// A number as text; some systems write the decimal comma of their country.
fn decimal(text: &str) -> Option<f64> {
    let text = text.trim_matches(['\0', ' ']);
    let plain = if text.contains('.') { text.replace(',', "") } else { text.replace(',', ".") };
    plain.parse().ok().filter(|v: &f64| v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_either_decimal_sign() {
        let found = ["1000,0", " 40.5 ", "1,000.5", "-3", "1e3\0", "none", "", "inf", "1,2,3"].map(decimal);
        assert_eq!(found, [Some(1000.0), Some(40.5), Some(1000.5), Some(-3.0), Some(1000.0), None, None, None, None]);
    }

    #[test]
    fn numbers_of_all_representations_are_read() {
        let read = |vr, big_endian, bytes: &[u8]| {
            let mut set = DataSet::default();
            set.insert(Tag(0x28, 2), Element { vr, big_endian, value: Value::Bytes(bytes.to_vec()) });
            set.numbers(Tag(0x28, 2))
        };
        assert_eq!(read(VR::US, false, &[1, 0, 0, 1]), [1.0, 256.0]);
        assert_eq!(read(VR::US, true, &[1, 0, 0, 1]), [256.0, 1.0]);
        assert_eq!(read(VR::SS, false, &[0xff, 0xff]), [-1.0]);
        assert_eq!(read(VR::DS, false, b"40,5\\-7 "), [40.5, -7.0]);
        assert_eq!(read(VR::FD, false, &0.25f64.to_le_bytes()), [0.25]);
        assert!(read(VR::IS, false, b"two").is_empty());
    }
}
