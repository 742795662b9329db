//! Files that the tests of the data module make.
#![allow(dead_code, reason = "each test program uses its own part")]

pub mod inspected;
pub mod xls;

use dissolve_studio::rng::stream;
use image::{Rgb, RgbImage};
use rand::Rng;
use std::{
    collections::BTreeMap,
    io::{Cursor, Write},
    path::Path,
};

/// A temporary folder to fill.
pub struct Dir(tempfile::TempDir);

impl Dir {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, name: &str, bytes: &[u8]) -> &Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// Writes [`png`]`(seed)`.
    pub fn png(&self, name: &str, seed: u64) -> &Self {
        self.write(name, &png(seed))
    }
}

/// A colourful 40 x 32 picture of soft blobs, different for each seed.
pub fn picture(seed: u64) -> RgbImage {
    let mut rng = stream(seed, "made", 0);
    let blobs: Vec<[f32; 6]> = (0..8).map(|_| std::array::from_fn(|_| rng.random::<f32>())).collect();
    RgbImage::from_fn(40, 32, |x, y| {
        let mut sum = [40.0f32; 3];
        for [bx, by, size, r, g, b] in &blobs {
            let distance = (x as f32 - bx * 40.0).powi(2) + (y as f32 - by * 32.0).powi(2);
            let weight = 160.0 * (-distance / (10.0 + 60.0 * size)).exp();
            sum.iter_mut().zip([r, g, b]).for_each(|(s, c)| *s += weight * c);
        }
        Rgb(sum.map(|v| v.min(255.0) as u8))
    })
}

pub fn png(seed: u64) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture(seed).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A mask as a PNG: a white square on black.
pub fn mask() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let pixel = |x: u32, y: u32| image::Luma([if x / 8 == 1 && y / 8 == 1 { 255u8 } else { 0 }]);
    image::GrayImage::from_fn(40, 32, pixel).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The start of a PNG of any size, without pixels.
pub fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// A `.npy` file.
pub fn npy(kind: &str, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let shape: String = shape.iter().map(|d| format!("{d}, ")).collect();
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// A `.npz` file of `.npy` parts.
pub fn zip(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A DICOM file in Explicit VR Little Endian: elements of `(group, element, VR, value)` in ascending order.
pub fn dicom(elements: &[(u16, u16, &str, Vec<u8>)]) -> Vec<u8> {
    let encode = |(group, element, vr, value): &(u16, u16, &str, Vec<u8>)| {
        let mut value = value.clone();
        if value.len() % 2 == 1 {
            value.push(if matches!(*vr, "UI" | "OB") { 0 } else { b' ' });
        }
        let mut bytes = [group.to_le_bytes(), element.to_le_bytes()].concat();
        bytes.extend(vr.as_bytes());
        if matches!(*vr, "OB" | "OW" | "SQ" | "UN") {
            bytes.extend([0, 0]);
            bytes.extend((value.len() as u32).to_le_bytes());
        } else {
            bytes.extend((value.len() as u16).to_le_bytes());
        }
        bytes.extend(value);
        bytes
    };
    let meta: Vec<u8> = [
        (2, 1, "OB", vec![0, 1]),
        (2, 2, "UI", b"1.2.840.10008.5.1.4.1.1.7".to_vec()),
        (2, 3, "UI", b"1.2.3".to_vec()),
        (2, 0x10, "UI", b"1.2.840.10008.1.2.1".to_vec()),
        (2, 0x12, "UI", b"1.2.3.4".to_vec()),
    ]
    .iter()
    .flat_map(encode)
    .collect();
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    bytes.extend(encode(&(2, 0, "UL", (meta.len() as u32).to_le_bytes().to_vec())));
    bytes.extend(meta);
    bytes.extend(elements.iter().flat_map(encode));
    bytes
}

/// A grey DICOM picture of 16-bit values, row after row. `more` is said of it, too, or instead of what is said here.
pub fn grey_dicom(width: u16, values: &[i16], more: &[(u16, u16, &'static str, Vec<u8>)]) -> Vec<u8> {
    let short = |value: u16| value.to_le_bytes().to_vec();
    let said = [
        (0x28, 2, "US", short(1)),
        (0x28, 4, "CS", b"MONOCHROME2".to_vec()),
        (0x28, 0x10, "US", short(values.len() as u16 / width)),
        (0x28, 0x11, "US", short(width)),
        (0x28, 0x100, "US", short(16)),
        (0x28, 0x101, "US", short(16)),
        (0x28, 0x102, "US", short(15)),
        (0x28, 0x103, "US", short(1)),
        (0x7fe0, 0x10, "OW", values.iter().flat_map(|value| value.to_le_bytes()).collect()),
    ];
    let by_tag = said.into_iter().chain(more.iter().cloned()).map(|element| ((element.0, element.1), element));
    dicom(&BTreeMap::from_iter(by_tag).into_values().collect::<Vec<_>>())
}
