//! What a file is, and how large its picture: from its first bytes, without decoding. An 80,000-file folder is opened this
//! way, so nothing here reads more than a header.

use super::{
    dicom,
    guard::guarded,
    probe::Probe,
    source::{check_size, io_reason, open_file},
    tiff,
};
use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Png,
    Jpeg,
    Gif,
    Bmp,
    WebP,
    Tiff,
    Dicom,
    /// `.npz`, or any other archive.
    Zip,
    Empty,
    /// A format that is known and not read, by its name.
    Foreign(&'static str),
    Unknown,
}

impl Kind {
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Png | Self::Jpeg | Self::Gif | Self::Bmp | Self::WebP | Self::Tiff | Self::Dicom)
    }

    /// Why it is no picture for us.
    pub fn refusal(self) -> String {
        match self {
            Self::Empty => "is empty".into(),
            Self::Zip => "is an archive among pictures; open it by itself".into(),
            Self::Foreign(name) => format!("is {name}, which is not read"),
            _ => "is no picture of a known kind (by its content)".into(),
        }
    }
}

/// The kind of an ordinary file.
pub fn kind(path: &Path) -> Result<Kind, String> {
    let mut start = Vec::with_capacity(400);
    open_file(path)?.take(400).read_to_end(&mut start).map_err(|e| io_reason(&e))?;
    Ok(kind_of(&start))
}

fn kind_of(start: &[u8]) -> Kind {
    let at = |from: usize, magic: &[u8]| start.get(from..from + magic.len()) == Some(magic);
    let little = |from: usize| start.get(from..from + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    if start.is_empty() {
        Kind::Empty
    } else if at(0, b"\x89PNG\r\n\x1a\n") {
        Kind::Png
    } else if at(0, b"\xff\xd8\xff") {
        Kind::Jpeg
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        Kind::Gif
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        Kind::WebP
    } else if at(128, b"DICM") {
        Kind::Dicom
    } else if [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|m| at(0, m)) {
        Kind::Tiff
    } else if at(0, b"BM") && matches!(little(14), Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124)) {
        Kind::Bmp
    } else if at(0, b"PK\x03\x04") || at(0, b"PK\x05\x06") {
        Kind::Zip
    } else if at(0, b"\x02\0\0\0UL") || at(0, b"\x02\0\x01\0OB") {
        Kind::Dicom // a DICOM file without its preamble
    } else {
        FOREIGN.iter().find(|(from, magic, _)| at(*from, magic)).map_or(Kind::Unknown, |&(_, _, name)| Kind::Foreign(name))
    }
}

const FOREIGN: &[(usize, &[u8], &str)] = &[
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"\x1f\x8b", "compressed (gzip)"),
    (344, b"n+1\0", "a NIfTI volume"),
    (0, b"\x5c\x01\0\0", "a NIfTI or Analyze volume"),
    (0, b"NRRD", "an NRRD volume"),
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (4, b"ftypheic", "an HEIC picture"),
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftyp", "a video"),
    (0, b"8BPS", "a Photoshop picture"),
    (0, b"v/1\x01", "an OpenEXR picture"),
    (0, b"%PDF", "a PDF"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
];

/// The pages and their sizes. The error is a reason to show beside the file's name.
pub fn probe(path: &Path) -> Result<Probe, String> {
    let one = |size: [u32; 2]| Probe { pages: vec![(0, size)], patient: None };
    match kind(path)? {
        Kind::Tiff => guarded(|| tiff::pages(path)).map(|pages| Probe { pages, patient: None }),
        Kind::Dicom => guarded(|| dicom::probe(path)),
        kind if kind.is_picture() => {
            let mut reader = BufReader::new(open_file(path)?);
            let (width, height) = dimensions(kind, &mut reader).map_err(|e| io_reason(&e))?;
            check_size(u64::from(width), u64::from(height)).map(one)
        }
        other => Err(other.refusal()),
    }
}

fn dimensions(kind: Kind, reader: &mut BufReader<File>) -> std::io::Result<(u32, u32)> {
    if kind == Kind::Jpeg {
        return jpeg_dimensions(reader);
    }
    let mut b = [0u8; 30];
    let length = read_up_to(reader, &mut b)?;
    let needed = match kind {
        Kind::Png => 24,
        Kind::Gif => 10,
        Kind::Bmp => 26,
        _ => 30,
    };
    if length < needed {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let little16 = |i: usize| u32::from(u16::from_le_bytes([b[i], b[i + 1]]));
    let little24 = |i: usize| u32::from_le_bytes([b[i], b[i + 1], b[i + 2], 0]);
    let little32 = |i: usize| u32::from_le_bytes([b[i], b[i + 1], b[i + 2], b[i + 3]]);
    let big32 = |i: usize| u32::from_be_bytes([b[i], b[i + 1], b[i + 2], b[i + 3]]);
    Ok(match kind {
        Kind::Png => (big32(16), big32(20)),
        Kind::Gif => (little16(6), little16(8)),
        Kind::Bmp if little32(14) == 12 => (little16(18), little16(20)),
        // Negative: stored from top to bottom.
        Kind::Bmp => ((little32(18) as i32).unsigned_abs(), (little32(22) as i32).unsigned_abs()),
        _ => match &b[12..16] {
            b"VP8X" => (little24(24) + 1, little24(27) + 1),
            b"VP8L" => ((little32(21) & 0x3fff) + 1, ((little32(21) >> 14) & 0x3fff) + 1),
            _ => (little16(26) & 0x3fff, little16(28) & 0x3fff),
        },
    })
}

fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match reader.read(&mut buffer[done..])? {
            0 => break,
            n => done += n,
        }
    }
    Ok(done)
}

/// Walks the segments to the frame header.
fn jpeg_dimensions(reader: &mut impl Read) -> std::io::Result<(u32, u32)> {
    let mut byte = || -> std::io::Result<u8> {
        let mut b = [0];
        reader.read_exact(&mut b).map(|()| b[0])
    };
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
        let length = u16::from_be_bytes([byte()?, byte()?]);
        // SOF markers, without DHT, JPG and DAC, which lie among them.
        if (0xc0..=0xcf).contains(&marker) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            byte()?;
            let height = u16::from_be_bytes([byte()?, byte()?]);
            let width = u16::from_be_bytes([byte()?, byte()?]);
            return Ok((width.into(), height.into()));
        }
        for _ in 2..length {
            byte()?;
        }
    }
}

/// Whether the data goes on to the end-of-image marker.
pub fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[first, marker]) = bytes.get(at..at + 2) {
        match (first, marker) {
            (0xff, 0xd9) => return true,
            (0xff, 0xff) => at += 1,
            // Stuffed bytes, restarts and markers without a length.
            (0xff, 0 | 0x01 | 0xd0..=0xd8) => at += 2,
            (0xff, _) => {
                let Some(&[high, low]) = bytes.get(at + 2..at + 4) else { return false };
                at += 2 + usize::from(u16::from_be_bytes([high, low]));
            }
            _ => at += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_content() {
        assert_eq!(kind_of(b""), Kind::Empty);
        assert_eq!(kind_of(b"BM but only text, not a bitmap"), Kind::Unknown);
        assert_eq!(kind_of(b"%PDF-1.7"), Kind::Foreign("a PDF"));
        assert_eq!(kind_of(b"\xff\xd8\xff\xe0"), Kind::Jpeg);
        assert_eq!(kind_of(b"RIFF\0\0\0\0WEBPVP8 "), Kind::WebP);
    }

    #[test]
    fn every_format_tells_its_size_as_the_decoder_does() {
        let dir = tempfile::tempdir().unwrap();
        let image = image::DynamicImage::new_rgb8(37, 21);
        for extension in ["png", "jpg", "gif", "bmp", "webp", "tif"] {
            let path = dir.path().join(format!("x.{extension}"));
            image.save(&path).unwrap();
            assert_eq!(probe(&path).unwrap().pages, [(0, [37, 21])], "{extension}");
            assert_eq!(crate::data::Pixels::size(&crate::data::decode::decode(&path, 0).unwrap()), [37, 21], "{extension}");
        }
    }

    #[test]
    fn a_jpeg_without_its_end_is_seen() {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(64, 64).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        let bytes = bytes.into_inner();
        assert!(jpeg_is_whole(&bytes));
        assert!((0..bytes.len() - 1).all(|n| !jpeg_is_whole(&bytes[..n])));
    }
}
