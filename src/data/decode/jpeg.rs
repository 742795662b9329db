//! JPEG files: what kind of JPEG, how large, and what to do where the end is missing.

use super::{
    formats,
    guard::sentence,
    raster::{DecodedImage, Remark},
    source::read_whole,
};
use crate::data::pixels::{MAX_PIXELS, Pixels};
use image::{ImageFormat, metadata::Orientation};
use std::{io::Read, path::Path};

/// How a JPEG is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// Baseline, extended or progressive, by Huffman codes.
    Huffman,
    Lossless,
    Hierarchical,
    Arithmetic,
    /// JPEG-LS, which shares nothing but the markers.
    Ls,
}

/// What the segments up to the frame header say.
#[derive(Debug, Clone)]
pub struct FrameHeader {
    pub process: Process,
    /// Bits of a sample.
    pub precision: u8,
    pub width: u16,
    pub height: u16,
    /// Coded in several passes over the picture, each of which refines what those before it left.
    pub is_progressive: bool,
    /// As its Exif data say.
    pub orientation: Orientation,
    components: Vec<u8>,
    /// Blocks across and down of each component in a unit.
    sampling: Vec<[u8; 2]>,
    jfif: bool,
    /// What Adobe's segment says of the colours: 0 none, 1 YCbCr, 2 YCCK.
    adobe: Option<u8>,
}

impl FrameHeader {
    /// Walks the segments to the frame header.
    pub fn read(mut reader: impl Read) -> std::io::Result<Self> {
        let mut byte = || -> std::io::Result<u8> {
            let mut byte = [0];
            reader.read_exact(&mut byte).map(|()| byte[0])
        };
        let (mut jfif, mut adobe, mut orientation) = (false, None, Orientation::NoTransforms);
        byte()?;
        byte()?;
        loop {
            while byte()? != 0xff {}
            let mut marker = byte()?;
            while marker == 0xff {
                marker = byte()?;
            }
            match marker {
                0 | 0x01 | 0xd0..=0xd8 => continue,
                0xd9 | 0xda => return Err(std::io::Error::other("there is no frame header before the data")),
                _ => {}
            }
            let length = usize::from(u16::from_be_bytes([byte()?, byte()?])).saturating_sub(2);
            // SOF markers, without DHT, JPG and DAC, which lie among them; and that of JPEG-LS.
            let process = match marker {
                0xc0..=0xc2 => Process::Huffman,
                0xc3 => Process::Lossless,
                0xc5..=0xc7 => Process::Hierarchical,
                0xc9..=0xcb | 0xcd..=0xcf => Process::Arithmetic,
                0xf7 => Process::Ls,
                _ => {
                    // The first bytes tell the application's segments apart.
                    let mut start = Vec::new();
                    for i in 0..length {
                        let value = byte()?;
                        if i < 12 || marker == 0xe1 {
                            start.push(value);
                        }
                    }
                    if let Some(exif) = start.strip_prefix(b"Exif\0\0").filter(|_| marker == 0xe1) {
                        orientation = Orientation::from_exif_chunk(exif).unwrap_or(Orientation::NoTransforms);
                    }
                    jfif |= marker == 0xe0 && start.starts_with(b"JFIF\0");
                    if marker == 0xee && start.starts_with(b"Adobe") {
                        adobe = start.get(11).copied();
                    }
                    continue;
                }
            };
            let precision = byte()?;
            let height = u16::from_be_bytes([byte()?, byte()?]);
            let width = u16::from_be_bytes([byte()?, byte()?]);
            let of_each = (0..byte()?).map(|_| Ok([byte()?, byte()?, byte()?])).collect::<std::io::Result<Vec<_>>>()?;
            let components = of_each.iter().map(|&[name, ..]| name).collect();
            let sampling = of_each.iter().map(|&[_, sampling, _]| [sampling >> 4, sampling & 15]).collect();
            let is_progressive = marker == 0xc2;
            return Ok(Self {
                process,
                precision,
                width,
                height,
                is_progressive,
                orientation,
                components,
                sampling,
                jfif,
                adobe,
            });
        }
    }

    pub fn components(&self) -> usize {
        self.components.len()
    }

    /// Whether the three components are YCbCr, as the markers say, or the names of the components; `None` where nothing does.
    pub fn is_ycbcr(&self) -> Option<bool> {
        match (self.jfif, self.adobe, &self.components[..]) {
            (true, ..) => Some(true),
            (_, Some(transform), _) => Some(transform != 0),
            (_, _, b"RGB") => Some(false),
            _ => None,
        }
    }

    /// The name of a sound kind of JPEG that is not read.
    pub fn unread(&self) -> Option<String> {
        match self.process {
            Process::Lossless => Some("a lossless JPEG".into()),
            _ => self.unread_by_jpeg_decoder(),
        }
    }

    /// Why the JPEG decoder cannot read it within DICOM, where lossless ones are read.
    pub fn unread_by_jpeg_decoder(&self) -> Option<String> {
        match self.process {
            Process::Arithmetic => Some("an arithmetic-coded JPEG".into()),
            Process::Hierarchical => Some("a hierarchical JPEG".into()),
            Process::Ls => Some("a JPEG-LS".into()),
            Process::Huffman if self.precision != 8 => Some(format!("a JPEG of {} bits", self.precision)),
            Process::Huffman | Process::Lossless => None,
        }
    }
}

impl FrameHeader {
    /// Refuses a picture in `several` passes that needs more memory than the largest in colour that has one: until the last pass, all
    /// of its coefficients are kept, of two bytes each.
    pub fn check_passes(&self, several: bool) -> Result<(), String> {
        let pixels = u64::from(self.width) * u64::from(self.height);
        let side = |i: usize| self.sampling.iter().map(|sides| u64::from(sides[i])).max().unwrap_or(1).max(1);
        let unit = side(0) * side(1);
        // Where colours are shared by pixels, they have fewer coefficients.
        let blocks: u64 = self.sampling.iter().map(|&[across, down]| u64::from(across) * u64::from(down)).sum();
        let bytes = |pixels: u64| pixels * 2 * blocks / unit + pixels * self.components().min(3) as u64;
        let most = 3 * MAX_PIXELS;
        if !several || bytes(pixels) <= most {
            return Ok(());
        }
        let limit = most / bytes(1_000_000).max(1);
        Err(format!(
            "is a JPEG in several passes (progressive) of {} megapixels; the limit is {limit} for those; converted, it is read: {IN_ONE}",
            pixels / 1_000_000
        ))
    }
}

/// Makes a JPEG in one pass.
const IN_ONE: &str = "jpegtran FILE > FILE.jpg";
/// More passes are taken for an attempt to keep the computer busy.
const MOST_PASSES: usize = 100;

/// Why a sound kind of JPEG is no picture for us, and what makes one of it. Older versions of djpeg read neither 12 bits nor what
/// is lossless, and no common program a hierarchical one.
pub fn refusal(kind: &str) -> String {
    let command = match kind {
        "a JPEG-LS" => "ffmpeg -i FILE FILE.png",
        "an arithmetic-coded JPEG" => "djpeg FILE > FILE.ppm (libjpeg-turbo)",
        "a hierarchical JPEG" => return format!("is {kind}, which is not read"),
        _ => "djpeg FILE > FILE.ppm (libjpeg-turbo 3.0 or later)",
    };
    format!("is {kind}, which is not read; converted, it is: {command}")
}

pub fn decode(path: &Path) -> Result<DecodedImage, String> {
    let mut bytes = read_whole(path)?;
    let header = FrameHeader::read(&bytes[..]).map_err(|e| sentence("is a damaged JPEG", &e))?;
    if let Some(kind) = header.unread() {
        return Err(refusal(&kind));
    }
    if header.jfif && header.components() == 3 && header.adobe == Some(0) {
        believe_jfif(&mut bytes);
    }
    let scans = scans(&bytes);
    header.check_passes(header.is_progressive || scans.count > 1)?;
    if scans.count > MOST_PASSES {
        return Err(format!("is a JPEG in {} passes; the limit is {MOST_PASSES}; converted, it is read: {IN_ONE}", scans.count));
    }
    if scans.is_whole { formats::decode(bytes, ImageFormat::Jpeg) } else { decode_endless(bytes) }
}

/// Has Adobe's segment say YCbCr, as JFIF does: libjpeg and what is built on it believe JFIF, the decoder Adobe.
fn believe_jfif(bytes: &mut [u8]) {
    let segment = bytes.windows(9).position(|w| w[..2] == [0xff, 0xee] && w[4..] == *b"Adobe");
    if let Some(transform) = segment.and_then(|at| bytes.get_mut(at + 15)) {
        *transform = 1;
    }
}

/// A picture of which this share (1 / 100) is missing is not used.
const MOST_MISSING: usize = 100;

/// Decodes a JPEG without its end. The decoder fills what is missing of a picture with grey and calls it a success, so the
/// picture is decoded with two different continuations: what is there does not depend on them.
fn decode_endless(mut bytes: Vec<u8>) -> Result<DecodedImage, String> {
    let cut_short = || "is cut short: the JPEG data ends before the picture does".to_string();
    while bytes.last() == Some(&0xff) {
        bytes.pop();
    }
    let noise = (0..200u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).filter(|b| *b != 0xff);
    let with = |more: Vec<u8>| {
        let continued = [&bytes[..], &more, &[0xff, 0xd9]].concat();
        formats::decode(continued, ImageFormat::Jpeg).map_err(|_| cut_short())
    };
    let (picture, other) = (with(Vec::new())?, with(noise.collect())?);
    let [width, height] = picture.size();
    let (mut row, mut other_row) = (vec![0.0; width], vec![0.0; width]);
    let mut missing = 0;
    for (channel, y) in (0..picture.channels()).flat_map(|c| (0..height).map(move |y| (c, y))) {
        picture.row(channel, y, &mut row);
        other.row(channel, y, &mut other_row);
        missing += row.iter().zip(&other_row).filter(|(a, b)| a != b).count();
    }
    if missing * MOST_MISSING > width * height {
        return Err(cut_short());
    }
    Ok(picture.with(Remark::NoEnd))
}

/// What a JPEG's data are.
struct Scans {
    /// Passes over the picture, or over one of its components.
    count: usize,
    /// They go on to the end-of-image marker.
    is_whole: bool,
}

fn scans(bytes: &[u8]) -> Scans {
    let mut scans = Scans { count: 0, is_whole: false };
    let mut at = 2;
    while let Some(&[first, marker]) = bytes.get(at..at + 2) {
        match (first, marker) {
            (0xff, 0xd9) => return Scans { is_whole: true, ..scans },
            (0xff, 0xff) => at += 1,
            // Stuffed bytes, restarts and markers without a length.
            (0xff, 0 | 0x01 | 0xd0..=0xd8) => at += 2,
            (0xff, _) => {
                scans.count += usize::from(marker == 0xda);
                let Some(&[high, low]) = bytes.get(at + 2..at + 4) else { return scans };
                at += 2 + usize::from(u16::from_be_bytes([high, low]));
            }
            _ => at += 1,
        }
    }
    scans
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture that is busy everywhere, its bottom as well.
    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let pixel = |x: u32, y: u32| image::Rgb([(x * 37 % 251) as u8, (y * 91 % 241) as u8, ((x ^ y) * 5 % 256) as u8]);
        image::RgbImage::from_fn(width, height, pixel).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    }

    fn decoded(bytes: &[u8]) -> Result<DecodedImage, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.jpg");
        std::fs::write(&path, bytes).unwrap();
        super::super::decode(&path, 0)
    }

    #[test]
    fn a_jpeg_without_its_end_is_seen() {
        let bytes = jpeg(64, 64);
        assert!(scans(&bytes).is_whole);
        assert!((0..bytes.len() - 1).all(|n| !scans(&bytes[..n]).is_whole));
    }

    #[test]
    fn a_jpeg_of_which_only_the_end_is_missing_is_decoded_with_a_remark() {
        let bytes = jpeg(320, 240);
        let whole = decoded(&bytes).unwrap();
        assert_eq!(whole.remark(), None);
        let end = bytes.len();
        for endless in [&bytes[..end - 1], &bytes[..end - 2], &[&bytes[..end - 2], &[0; 50]].concat()] {
            let read = decoded(endless).unwrap();
            assert_eq!(read.remark(), Some(Remark::NoEnd));
            let (mut row, mut expected) = (vec![0.0; 320], vec![0.0; 320]);
            for y in 0..240 {
                read.row(1, y, &mut row);
                whole.row(1, y, &mut expected);
                assert_eq!(row, expected, "row {y}");
            }
        }
        assert!(decoded(&bytes[..end - 2 - end / 10]).unwrap_err().contains("is cut short"));
        assert!(decoded(&bytes[..100]).unwrap_err().contains("is cut short"));
    }

    #[test]
    fn progressive_pictures_are_limited_by_what_their_coefficients_take() {
        // What is left of the limit for pictures of 200 megapixels, for colours that are shared by four pixels, or by none.
        let header = |marker: u8, side: u16, sampling: &[u8]| {
            let sides = [side.to_be_bytes(), side.to_be_bytes()].concat();
            let components: Vec<u8> = sampling.iter().zip(1..).flat_map(|(&of, name)| [name, of, 0]).collect();
            let about = [&[8][..], &sides, &[sampling.len() as u8], &components].concat();
            [&[0xff, 0xd8, 0xff, marker, 0, about.len() as u8 + 2], &about[..], &[0; 400_000]].concat()
        };
        let shared: &[u8] = &[0x22, 0x11, 0x11];
        for (sampling, limit) in [(shared, 10_000), (&[0x11; 3], 8_164), (&[0x11], 14_142)] {
            for (marker, side, is_read) in [(0xc2, limit, true), (0xc2, limit + 30, false), (0xc0, limit + 30, true)] {
                let header = FrameHeader::read(&header(marker, side, sampling)[..]).unwrap();
                assert_eq!(header.check_passes(header.is_progressive).is_ok(), is_read, "{sampling:?}, {side}");
            }
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), header(0xc2, 14_000, shared)).unwrap();
        for reason in [super::super::probe(file.path()).unwrap_err(), decoded(&header(0xc2, 14_000, shared)).unwrap_err()] {
            assert!(reason.contains("of 196 megapixels; the limit is 100 for those") && reason.contains("jpegtran"), "{reason}");
        }
    }

    #[test]
    fn a_jpeg_of_very_many_passes_is_refused_before_any_is_decoded() {
        let bytes = jpeg(64, 64);
        let scan = bytes.windows(2).position(|w| w == [0xff, 0xda]).unwrap();
        let (scan, end) = (&bytes[scan..bytes.len() - 2], &bytes[bytes.len() - 2..]);
        let many = |count: usize| [&bytes[..bytes.len() - 2], &scan.repeat(count - 1), end].concat();
        assert_eq!((scans(&many(3)).count, scans(&many(3)).is_whole), (3, true));
        let reason = decoded(&many(101)).unwrap_err();
        assert!(reason.starts_with("is a JPEG in 101 passes; the limit is 100"), "{reason}");
    }

    #[test]
    fn colours_are_those_of_jfif_where_adobe_says_otherwise() {
        let bytes = jpeg(32, 32);
        assert_eq!(&bytes[6..10], b"JFIF");
        let jfif = 4 + usize::from(u16::from_be_bytes([bytes[4], bytes[5]]));
        let adobe = [&b"\xff\xee\x00\x0eAdobe"[..], &[0, 100, 0, 0, 0, 0, 0]].concat();
        let read = |bytes: &[u8]| crate::data::Picture::copy_of(&decoded(bytes).unwrap()).data;
        assert_eq!(read(&[&bytes[..jfif], &adobe, &bytes[jfif..]].concat()), read(&bytes));
    }

    #[test]
    fn sound_kinds_that_are_not_read_are_named() {
        let bytes = jpeg(16, 16);
        let frame = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        for (marker, precision, name) in
            [(0xc9, 8, "arithmetic-coded"), (0xca, 8, "arithmetic-coded"), (0xc3, 8, "lossless"), (0xc1, 12, "of 12 bits")]
        {
            let mut other = bytes.clone();
            (other[frame + 1], other[frame + 4]) = (marker, precision);
            let reason = decoded(&other).unwrap_err();
            assert!(reason.contains(name) && reason.contains("is not read; converted, it is: djpeg FILE"), "{reason}");
            assert_eq!(reason.contains("3.0 or later"), name != "arithmetic-coded", "{reason}");
        }
        let mut other = bytes;
        other[frame + 1] = 0xc5;
        let reason = decoded(&other).unwrap_err();
        assert!(reason.ends_with("is a hierarchical JPEG, which is not read"), "{reason}");
    }
}
