//! Makes DICOM files, right ones and others.

use crate::data::{decode, pixels::Picture};
use std::io::Write;

pub const IMPLICIT: &str = "1.2.840.10008.1.2";
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
pub const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
pub const JPEG: &str = "1.2.840.10008.1.2.4.50";
pub const RLE: &str = "1.2.840.10008.1.2.5";

/// How the elements of a data set are laid out.
#[derive(Clone, Copy)]
pub struct Form {
    pub explicit: bool,
    pub big_endian: bool,
}

pub const PLAIN: Form = Form { explicit: true, big_endian: false };

impl Form {
    pub fn number(self, value: u32, size: usize) -> Vec<u8> {
        let mut bytes = value.to_le_bytes()[..size].to_vec();
        if self.big_endian {
            bytes.reverse();
        }
        bytes
    }

    /// The head of an element; `u32::MAX` is a length that is not said.
    pub fn head(self, [group, number]: [u16; 2], vr: &str, length: u32) -> Vec<u8> {
        let mut bytes = [self.number(group.into(), 2), self.number(number.into(), 2)].concat();
        match (self.explicit && group != 0xfffe, vr) {
            (true, "OB" | "OD" | "OF" | "OW" | "SQ" | "UN") => {
                bytes.extend(vr.as_bytes());
                bytes.extend([0, 0]);
                bytes.extend(self.number(length, 4));
            }
            (true, _) => {
                bytes.extend(vr.as_bytes());
                bytes.extend(self.number(length, 2));
            }
            (false, _) => bytes.extend(self.number(length, 4)),
        }
        bytes
    }

    pub fn element(self, tag: [u16; 2], vr: &str, value: &[u8]) -> Vec<u8> {
        let mut value = value.to_vec();
        if value.len() % 2 == 1 {
            value.push(if vr == "UI" { 0 } else { b' ' });
        }
        [self.head(tag, vr, value.len() as u32), value].concat()
    }

    pub fn short(self, number: u16, value: u16) -> Vec<u8> {
        self.element([0x28, number], "US", &self.number(value.into(), 2))
    }

    /// A sequence of one item.
    pub fn sequence(self, tag: [u16; 2], item: &[u8]) -> Vec<u8> {
        let item = [self.head([0xfffe, 0xe000], "", item.len() as u32), item.to_vec()].concat();
        [self.head(tag, "SQ", item.len() as u32), item].concat()
    }
}

/// What is said of a picture.
#[derive(Clone)]
pub struct About {
    pub form: Form,
    pub photometric: &'static str,
    /// Rows, columns.
    pub size: [u16; 2],
    pub samples: u16,
    /// Bits allocated, bits stored.
    pub bits: [u16; 2],
    pub signed: bool,
    /// Elements of group 0028 behind those above, and of later groups.
    pub more: Vec<u8>,
    pub frames: Option<&'static str>,
    pub planar: Option<u16>,
}

impl Default for About {
    fn default() -> Self {
        Self {
            form: PLAIN,
            photometric: "MONOCHROME2",
            size: [1, 4],
            samples: 1,
            bits: [16, 16],
            signed: false,
            more: Vec::new(),
            frames: None,
            planar: None,
        }
    }
}

impl About {
    /// The data set up to the pixels.
    pub fn header(&self) -> Vec<u8> {
        let form = self.form;
        let mut bytes = form.element([8, 0x60], "CS", b"OT");
        bytes.extend(form.element([0x10, 0x20], "LO", b"patient 7"));
        bytes.extend(form.short(2, self.samples));
        bytes.extend(form.element([0x28, 4], "CS", self.photometric.as_bytes()));
        bytes.extend(self.planar.iter().flat_map(|&planar| form.short(6, planar)));
        bytes.extend(self.frames.iter().flat_map(|frames| form.element([0x28, 8], "IS", frames.as_bytes())));
        let high = self.bits[1] - 1;
        let rest = [(0x10, self.size[0]), (0x11, self.size[1]), (0x100, self.bits[0]), (0x101, self.bits[1]), (0x102, high)];
        bytes.extend(rest.iter().flat_map(|&(number, value)| form.short(number, value)));
        bytes.extend(form.short(0x103, self.signed.into()));
        bytes.extend(&self.more);
        bytes
    }

    /// The data set with plain pixels.
    pub fn with(&self, pixels: &[u8]) -> Vec<u8> {
        let vr = if self.bits[0] == 16 { "OW" } else { "OB" };
        [self.header(), self.form.element([0x7fe0, 0x10], vr, pixels)].concat()
    }

    pub fn with_words(&self, pixels: &[i32]) -> Vec<u8> {
        self.with(&pixels.iter().flat_map(|&v| self.form.number(v as u32, 2)).collect::<Vec<u8>>())
    }

    /// The data set with encapsulated pixels: the table of offsets first.
    pub fn with_fragments(&self, fragments: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = [self.header(), self.form.head([0x7fe0, 0x10], "OB", u32::MAX)].concat();
        bytes.extend(fragments.iter().flat_map(|f| self.form.element([0xfffe, 0xe000], "", f)));
        bytes.extend(self.form.head([0xfffe, 0xe0dd], "", 0));
        bytes
    }
}

/// The meta group, its length first.
pub fn meta(syntax: &str) -> Vec<u8> {
    let mut meta = PLAIN.element([2, 2], "UI", b"1.2.840.10008.5.1.4.1.1.7");
    meta.extend(PLAIN.element([2, 3], "UI", b"1.20"));
    if !syntax.is_empty() {
        meta.extend(PLAIN.element([2, 0x10], "UI", syntax.as_bytes()));
    }
    meta.extend(PLAIN.element([2, 0x12], "UI", b"1.20"));
    [PLAIN.element([2, 0], "UL", &(meta.len() as u32).to_le_bytes()), meta].concat()
}

/// A whole file.
pub fn file(syntax: &str, data: &[u8]) -> tempfile::NamedTempFile {
    written(&[&[0; 128], &b"DICM"[..], &meta(syntax), data].concat())
}

pub fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// The pixels of a frame, rounded to 8 bits.
pub fn levels(file: &tempfile::NamedTempFile, frame: usize) -> Vec<u8> {
    let raster = decode::decode(file.path(), frame).unwrap_or_else(|reason| panic!("{reason}"));
    Picture::copy_of(&raster).data.iter().map(|v| (v * 255.0).round() as u8).collect()
}

pub fn reason(file: &tempfile::NamedTempFile) -> String {
    decode::probe(file.path()).err().unwrap_or_else(|| decode::decode(file.path(), 0).unwrap_err())
}
