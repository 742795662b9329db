//! What a file is, and how large its picture: from its first bytes, without decoding. An 80,000-file folder is opened this
//! way, so nothing here reads more than a header.

use super::{
    dicom,
    guard::guarded,
    npy, pnm,
    probe::Probe,
    size::size,
    source::{io_reason, open_file},
    tiff,
};
use flate2::read::GzDecoder;
use image::ImageFormat;
use std::{io::Read, path::Path};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    Png,
    Jpeg,
    Gif,
    Bmp,
    WebP,
    Tiff,
    Dicom,
    /// Netpbm: PBM, PGM, PPM.
    Pnm,
    /// An array of NumPy.
    Npy,
    /// `.npz`, or any other archive.
    Zip,
    Empty,
    /// A format that is known and not read, by its name.
    Foreign(&'static str),
    /// A picture in three dimensions, by the name of its format.
    Volume(&'static str),
    Unknown,
}

/// Endings of the names of pictures that are read, in lower case. What a file is, its content says; names are asked only where
/// there is no file: in dialogs, and in tables that may name some.
pub const PICTURE_ENDINGS: [&str; 16] =
    ["png", "jpg", "jpeg", "gif", "bmp", "webp", "tif", "tiff", "dcm", "dicom", "ima", "pbm", "pgm", "ppm", "pnm", "npy"];

impl FileFormat {
    pub fn is_picture(self) -> bool {
        !matches!(self, Self::Zip | Self::Empty | Self::Foreign(_) | Self::Volume(_) | Self::Unknown)
    }

    /// What decodes it, where that is the `image` crate.
    pub fn format(self) -> Option<ImageFormat> {
        Some(match self {
            Self::Png => ImageFormat::Png,
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Gif => ImageFormat::Gif,
            Self::Bmp => ImageFormat::Bmp,
            Self::WebP => ImageFormat::WebP,
            Self::Pnm => ImageFormat::Pnm,
            _ => return None,
        })
    }

    /// Why it is no picture for us.
    pub fn refusal(self) -> String {
        match self {
            Self::Empty => "is empty".into(),
            Self::Zip => "is an archive among pictures; open it by itself".into(),
            Self::Foreign(name) => format!("is {name}, which is not read"),
            Self::Volume(name) => format!("is {name}, which is not read; its slices are, as an array: {TO_SLICES}"),
            _ => "is no picture of a known kind (by its content)".into(),
        }
    }
}

/// Makes `slices.npy` of a volume, one picture for each step along its first axis.
const TO_SLICES: &str = "python -c \"import SimpleITK as s, numpy as n, sys; \
n.save('slices.npy', s.GetArrayFromImage(s.ReadImage(sys.argv[1])))\" VOLUME";

/// As much of a file as tells its kind.
const START: u64 = 400;

/// The kind of an ordinary file.
pub fn kind(path: &Path) -> Result<FileFormat, String> {
    let mut start = Vec::with_capacity(START as usize);
    open_file(path)?.take(START).read_to_end(&mut start).map_err(|e| io_reason(&e))?;
    if start.starts_with(b"\x1f\x8b") {
        // What is packed tells itself apart; whether all of it can be unpacked is not asked.
        let mut packed = GzDecoder::new(open_file(path)?).take(START);
        start.clear();
        let _ = packed.read_to_end(&mut start);
        return Ok(match kind_of(&start) {
            FileFormat::Volume(name) => FileFormat::Volume(name),
            _ => FileFormat::Foreign("compressed (gzip)"),
        });
    }
    Ok(kind_of(&start))
}

fn kind_of(start: &[u8]) -> FileFormat {
    let at = |from: usize, magic: &[u8]| start.get(from..from + magic.len()) == Some(magic);
    let little = |from: usize| start.get(from..from + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    if start.is_empty() {
        FileFormat::Empty
    } else if at(0, b"\x89PNG\r\n\x1a\n") {
        FileFormat::Png
    } else if at(0, b"\xff\xd8\xff") {
        FileFormat::Jpeg
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        FileFormat::Gif
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        FileFormat::WebP
    } else if at(128, b"DICM") {
        FileFormat::Dicom
    } else if at(0, b"\x93NUMPY") {
        FileFormat::Npy
    } else if [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|m| at(0, m)) {
        FileFormat::Tiff
    } else if at(0, b"BM") && matches!(little(14), Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124)) {
        FileFormat::Bmp
    } else if at(0, b"PK\x03\x04") || at(0, b"PK\x05\x06") {
        FileFormat::Zip
    } else if at(0, b"RIFF") {
        FileFormat::Foreign(if at(8, b"WAVE") { SOUND } else { "a video" })
    } else if let Some((_, _, name)) = VOLUMES.iter().find(|(from, magic, _)| at(*from, magic)) {
        FileFormat::Volume(name)
    } else if at(4, b"ftyp") {
        FileFormat::Foreign(by_brands(start))
    } else if let Some((_, _, name)) = FOREIGN.iter().find(|(from, magic, _)| at(*from, magic)) {
        FileFormat::Foreign(name)
    } else if is_meta_image(start) {
        FileFormat::Volume("a MetaImage volume (MHA)")
    } else if pnm::begins(start) {
        FileFormat::Pnm
    } else if dicom::begins(start) {
        FileFormat::Dicom
    } else {
        text_kind(start)
    }
}

const SOUND: &str = "a sound file";

/// The header of a MetaImage is lines of text in any order.
fn is_meta_image(start: &[u8]) -> bool {
    let mut lines = start.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let named = |line: &str, name: &str| line.split_once('=').is_some_and(|(key, _)| key.trim() == name);
    start.is_ascii() && lines.clone().next().is_some_and(|first| first.contains('=')) && lines.any(|line| named(line, "NDims"))
}

/// What lies in the place of a picture: what a server answered, a pointer to a file, a drawing.
fn text_kind(start: &[u8]) -> FileFormat {
    let text = String::from_utf8_lossy(start).trim_start_matches('\u{feff}').trim_start().to_lowercase();
    if text.starts_with("version https://git-lfs") {
        FileFormat::Foreign("a pointer of Git LFS to a file that was not fetched")
    } else if text.starts_with("<!doctype html") || text.starts_with("<html") {
        FileFormat::Foreign("a web page")
    } else if text.starts_with("<svg") || (text.starts_with("<?xml") && text.contains("<svg")) {
        FileFormat::Foreign("an SVG drawing")
    } else {
        FileFormat::Unknown
    }
}

/// Media files say what they hold by brands: the first one, then those that they are compatible with.
fn by_brands(start: &[u8]) -> &'static str {
    let length = start.first_chunk().map_or(0, |b| u32::from_be_bytes(*b) as usize).min(start.len());
    let brands: Vec<&[u8]> = start.get(8..length.max(12)).unwrap_or_default().chunks_exact(4).collect();
    let any = |wanted: &[&[u8; 4]]| wanted.iter().any(|w| brands.contains(&&w[..]));
    if any(&[b"avif", b"avis"]) {
        "an AVIF picture"
    } else if any(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"msf1"]) {
        "an HEIC picture"
    } else if any(&[b"crx "]) {
        "a raw photograph (CR3)"
    } else if brands.first().is_some_and(|first| [b"M4A ", b"M4B ", b"M4P "].iter().any(|sound| first == sound)) {
        SOUND
    } else {
        "a video"
    }
}

const VOLUMES: &[(usize, &[u8], &str)] = &[
    (344, b"n+1\0", "a NIfTI volume"),
    (344, b"ni1\0", "a NIfTI volume"),
    (4, b"n+2\0\r\n\x1a\n", "a NIfTI-2 volume"),
    (4, b"ni2\0\r\n\x1a\n", "a NIfTI-2 volume"),
    (0, b"\x5c\x01\0\0", "a NIfTI or Analyze volume"),
    (0, b"\0\0\x01\x5c", "a NIfTI or Analyze volume"),
    (0, b"NRRD", "an NRRD volume"),
];

const FOREIGN: &[(usize, &[u8], &str)] = &[
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"8BPS", "a Photoshop picture"),
    (0, b"v/1\x01", "an OpenEXR picture"),
    (0, b"PF\n", "a PFM picture"),
    (0, b"Pf\n", "a PFM picture"),
    (0, b"%PDF", "a PDF"),
    (0, b"%!PS", "PostScript"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript"),
    (0, b"#?RADIANCE", "a Radiance picture (HDR)"),
    (0, b"#?RGBE", "a Radiance picture (HDR)"),
    (0, b"DDS ", "a DDS picture"),
    (0, b"II\xbc\x01", "a JPEG XR picture"),
    (0, b"SIMPLE  =", "a FITS picture"),
    (0, b"AT&TFORM", "a DjVu document"),
    (0, b"qoif", "a QOI picture"),
    (0, b"gimp xcf", "a GIMP picture"),
    (0, b"icns", "an icon"),
    (0, b"\0\0\x01\0", "an icon"),
    (0, b"BPG\xfb", "a BPG picture"),
    (0, b"FLIF", "a FLIF picture"),
    (0, b"\xd7\xcd\xc6\x9a", "a WMF drawing"),
    (0, b"IIRO", "a raw photograph (ORF)"),
    (0, b"IIU\0", "a raw photograph (RW2)"),
    (0, b"FUJIFILMCCD-RAW", "a raw photograph (RAF)"),
    (0, b"ZISRAWFILE", "a CZI picture of a microscope"),
    (0, b"\xda\xce\xbe\x0a", "an ND2 picture of a microscope"),
    (0, b"CDF\x01", "a NetCDF file"),
    (0, b"CDF\x02", "a NetCDF file"),
    (0, b"MATLAB 5.0 MAT-file", "a MATLAB file"),
    (0, b"ID3", SOUND),
    (0, b"\xff\xfb", SOUND),
    (0, b"\xff\xf3", SOUND),
    (0, b"\xff\xf1", SOUND),
    (0, b"\xff\xf9", SOUND),
    (0, b"fLaC", SOUND),
    (0, b"OggS", SOUND),
    (8, b"AIF", SOUND),
    (0, b"MThd", SOUND),
    (0, b"#!AMR", SOUND),
    (0, b".snd", SOUND),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"\0\0\x01\xba", "a video"),
    (0, b"\0\0\x01\xb3", "a video"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "a video"),
    (0, b"FLV\x01", "a video"),
    (4, b"wide", "a video"),
    (4, b"moov", "a video"),
    (4, b"mdat", "a video"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
];

/// The pages and their sizes. The error is a reason to show beside the file's name.
pub fn probe(path: &Path) -> Result<Probe, String> {
    let of = |pages| Probe { pages, patient: None, windows: None, derived: None };
    match kind(path)? {
        FileFormat::Tiff => guarded(|| tiff::pages(path)).map(of),
        FileFormat::Dicom => guarded(|| dicom::probe(path)),
        FileFormat::Npy => guarded(|| npy::probe(path)).map(of),
        other => match other.format() {
            Some(format) => size(path, format).map(|size| of(vec![(0, size)])),
            None => Err(other.refusal()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_content() {
        assert_eq!(kind_of(b""), FileFormat::Empty);
        assert_eq!(kind_of(b"BM but only text, not a bitmap"), FileFormat::Unknown);
        assert_eq!(kind_of(b"%PDF-1.7"), FileFormat::Foreign("a PDF"));
        assert_eq!(kind_of(b"\xff\xd8\xff\xe0"), FileFormat::Jpeg);
        assert_eq!(kind_of(b"RIFF\0\0\0\0WEBPVP8 "), FileFormat::WebP);
        assert_eq!(kind_of(b"P5\n# MIAS\n1024 1024\n255\n"), FileFormat::Pnm);
        assert_eq!(kind_of(b"P1 of the study\n"), FileFormat::Unknown);
        assert_eq!(kind_of(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic"), FileFormat::Foreign("an HEIC picture"));
        assert_eq!(kind_of(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif"), FileFormat::Foreign("an AVIF picture"));
        assert_eq!(kind_of(b"\0\0\0\x18ftypheix\0\0\0\0mif1heix"), FileFormat::Foreign("an HEIC picture"));
        assert_eq!(kind_of(b"\0\0\0\x18ftypisom\0\0\x02\0isommp42"), FileFormat::Foreign("a video"));
        assert_eq!(
            kind_of(b"CompressedData = True\nObjectType=Image\nNDims=3\n"),
            FileFormat::Volume("a MetaImage volume (MHA)")
        );
        for sound in [&b"RIFF\x24\0\0\0WAVEfmt "[..], b"ID3\x04\0", b"\xff\xfb\x90\0", b"OggS\0", b"FORM\0\0\0\0AIFFCOMM"] {
            assert_eq!(kind_of(sound), FileFormat::Foreign(SOUND));
        }
        assert_eq!(kind_of(b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42"), FileFormat::Foreign(SOUND));
        assert_eq!(kind_of(b"RIFF\0\0\0\0AVI LIST"), FileFormat::Foreign("a video"));
        assert_eq!(kind_of(b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- --><svg/>"), FileFormat::Foreign("an SVG drawing"));
        assert_eq!(kind_of(b"\n<!DOCTYPE html><html>404"), FileFormat::Foreign("a web page"));
        assert_eq!(kind_of(b"<?xml version='1.0'?><annotation/>"), FileFormat::Unknown);
        assert_eq!(kind_of(b"ObjectType = Image\nNDims = 3\n"), FileFormat::Volume("a MetaImage volume (MHA)"));
    }

    #[test]
    fn volumes_are_named_with_the_way_to_their_slices() {
        use std::io::Write;
        let dir = tempfile::tempdir().unwrap();
        let mut nifti = [&348u32.to_le_bytes()[..], &[0; 340], b"n+1\0"].concat();
        nifti.extend([0; 1000]);
        std::fs::write(dir.path().join("a.nii"), &nifti).unwrap();
        let packed = std::fs::File::create(dir.path().join("a.nii.gz")).unwrap();
        flate2::write::GzEncoder::new(packed, Default::default()).write_all(&nifti).unwrap();
        for name in ["a.nii", "a.nii.gz"] {
            let reason = probe(&dir.path().join(name)).unwrap_err();
            assert!(reason.contains("a NIfTI volume") && reason.contains("ReadImage"), "{name}: {reason}");
        }
        let packed = std::fs::File::create(dir.path().join("text.gz")).unwrap();
        flate2::write::GzEncoder::new(packed, Default::default()).write_all(b"only text").unwrap();
        assert_eq!(kind(&dir.path().join("text.gz")).unwrap(), FileFormat::Foreign("compressed (gzip)"));
    }

    #[test]
    fn every_format_tells_its_size_as_the_decoder_does() {
        let dir = tempfile::tempdir().unwrap();
        let image = image::DynamicImage::new_rgb8(37, 21);
        for extension in ["png", "jpg", "gif", "bmp", "webp", "tif", "ppm"] {
            let path = dir.path().join(format!("x.{extension}"));
            image.save(&path).unwrap();
            assert_eq!(probe(&path).unwrap().pages, [(0, [37, 21])], "{extension}");
            assert_eq!(crate::data::Pixels::size(&crate::data::decode::decode(&path, 0).unwrap()), [37, 21], "{extension}");
        }
    }
}
