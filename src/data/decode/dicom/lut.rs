//! Look-up tables: of a modality, of values of interest, of a palette.

use super::data_set::DataSet;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// Entries for the values from `first` on; values before and behind take the nearest entry.
#[derive(Debug)]
pub struct Lut {
    first: i64,
    entries: Vec<u16>,
    bits: u32,
}

impl Lut {
    /// The first table of a sequence. `signed`: the values that it is asked for may be negative.
    pub fn of_sequence(set: &DataSet, sequence: Tag, signed: bool) -> Option<Self> {
        Self::read(set.items(sequence).first()?, tags::LUT_DESCRIPTOR, tags::LUT_DATA, signed)
    }

    pub fn read(set: &DataSet, descriptor: Tag, data: Tag, signed: bool) -> Option<Self> {
        let descriptor = set.numbers(descriptor);
        let &[length, first, bits] = descriptor.get(..3)?.as_array()?;
        // All three are 16 bit, whichever sign the file gives them; no entries are 65,536.
        let length = match length as i64 & 0xffff {
            0 => 65_536,
            n => n as usize,
        };
        let first = first as i64 & 0xffff;
        let first = if signed { i64::from(first as u16 as i16) } else { first };
        let mut entries: Vec<u16> = set.numbers(data).into_iter().map(|v| v as i64 as u16).collect();
        if entries.len() * 2 == length + length % 2 {
            // Two to a word, the low byte first.
            entries = entries.iter().flat_map(|v| v.to_le_bytes().map(u16::from)).collect();
        } else if entries.len() >= 2 * length && entries.iter().all(|&v| v < 256) {
            // Words that are kept as bytes.
            entries = entries.as_chunks::<2>().0.iter().map(|[low, high]| low | high << 8).collect();
        }
        entries.truncate(length);
        (!entries.is_empty()).then_some(Self { first, entries, bits: bits as u32 })
    }

    pub fn at(&self, value: f64) -> u16 {
        let index = (value.round() as i64).saturating_sub(self.first).clamp(0, self.entries.len() as i64 - 1);
        self.entries[index as usize]
    }

    /// The greatest entry that there can be: white.
    pub fn white(&self) -> u16 {
        let greatest = self.entries.iter().copied().max().unwrap_or(0);
        match self.bits {
            // Some files say 16 bit and fill the low byte only.
            _ if greatest < 256 && !(9..16).contains(&self.bits) => 255,
            bits @ 1..16 if u32::from(greatest) < 1 << bits => ((1u32 << bits) - 1) as u16,
            _ => u16::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::data_set::Element, super::data_set::Value, *};
    use dicom_core::VR;

    fn lut(descriptor: [u16; 3], vr: VR, data: &[u8], signed: bool) -> Lut {
        let mut set = DataSet::default();
        let bytes = descriptor.map(u16::to_le_bytes).concat();
        set.insert(tags::LUT_DESCRIPTOR, Element { vr: VR::US, big_endian: false, value: Value::Bytes(bytes) });
        set.insert(tags::LUT_DATA, Element { vr, big_endian: false, value: Value::Bytes(data.to_vec()) });
        Lut::read(&set, tags::LUT_DESCRIPTOR, tags::LUT_DATA, signed).unwrap()
    }

    #[test]
    fn entries_are_read_in_words_and_in_bytes() {
        let words = lut([3, 10, 12], VR::US, &[1, 0, 0, 1, 0xff, 0x0f], false);
        assert_eq!([9.0, 10.0, 11.4, 12.0, 99.0].map(|v| words.at(v)), [1, 1, 256, 4095, 4095]);
        assert_eq!(words.white(), 4095);
        let bytes = lut([3, 0, 8], VR::OW, &[7, 8, 9, 0], false);
        assert_eq!(([0.0, 1.0, 2.0, 5.0].map(|v| bytes.at(v)), bytes.white()), ([7, 8, 9, 9], 255));
        let unknown = lut([2, 0, 16], VR::UN, &[1, 0, 0, 2], false);
        assert_eq!(([0.0, 1.0].map(|v| unknown.at(v)), unknown.white()), ([1, 512], 65535));
    }

    #[test]
    fn tables_may_begin_below_nought() {
        let table = lut([3, (-1i16) as u16, 8], VR::US, &[1, 0, 2, 0, 3, 0], true);
        assert_eq!([-2.0, -1.0, 0.0, 1.0].map(|v| table.at(v)), [1, 1, 2, 3]);
    }
}
