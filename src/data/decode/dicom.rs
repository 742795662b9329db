//! DICOM: modality and window transforms, MONOCHROME1, palettes, YBR, several frames. Decoding of the encapsulated forms
//! (RLE, JPEG, JPEG lossless, JPEG 2000) is `dicom-pixeldata`'s; what is done to the stored values afterwards is ours.

use super::{
    data_set::{chain, open},
    guard::sentence,
    probe::Probe,
    raster::{Raster, Samples, unit_range, ycbcr_to_rgb},
    source::check_size,
};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, Tag};
use dicom_pixeldata::{
    DecodedPixelData, PhotometricInterpretation, PixelDecoder, PixelRepresentation, PlanarConfiguration, VoiLutFunction,
};
use std::{cell::RefCell, path::Path, path::PathBuf, rc::Rc};

/// Encodings that no maintained Rust decoder of ours reads, by their names.
const REFUSED: &[(&str, &str)] = &[
    ("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless"),
    ("1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless"),
    ("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Lossless"),
    ("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2"),
    ("1.2.840.10008.1.2.4.94", "JPIP Referenced"),
    ("1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate"),
    ("1.2.840.10008.1.2.4.100", "MPEG-2 video"),
    ("1.2.840.10008.1.2.4.101", "MPEG-2 video"),
    ("1.2.840.10008.1.2.4.102", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.103", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.104", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.105", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.106", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.107", "HEVC video"),
    ("1.2.840.10008.1.2.4.108", "HEVC video"),
    ("1.2.840.10008.1.2.4.110", "JPEG XL Lossless"),
    ("1.2.840.10008.1.2.4.111", "JPEG XL Recompression"),
    ("1.2.840.10008.1.2.4.112", "JPEG XL"),
    ("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 Lossless"),
    ("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 Lossless RPCL"),
    ("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000"),
];

/// Names of encodings that are read, for the message where one of their files cannot be.
const NAMES: &[(&str, &str)] = &[
    ("1.2.840.10008.1.2", "Implicit VR Little Endian"),
    ("1.2.840.10008.1.2.1", "Explicit VR Little Endian"),
    ("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian"),
    ("1.2.840.10008.1.2.2", "Explicit VR Big Endian"),
    ("1.2.840.10008.1.2.4.50", "JPEG Baseline"),
    ("1.2.840.10008.1.2.4.51", "JPEG Extended (12 bit)"),
    ("1.2.840.10008.1.2.4.57", "JPEG Lossless"),
    ("1.2.840.10008.1.2.4.70", "JPEG Lossless SV1"),
    ("1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless"),
    ("1.2.840.10008.1.2.4.91", "JPEG 2000"),
    ("1.2.840.10008.1.2.5", "RLE Lossless"),
];
const RLE: &str = "1.2.840.10008.1.2.5";

fn number(object: &DefaultDicomObject, tag: Tag) -> Option<u64> {
    object.get(tag)?.to_int().ok()
}

fn text(object: &DefaultDicomObject, tag: Tag) -> Option<String> {
    let value = object.get(tag)?.to_str().ok()?;
    Some(value.trim_matches(['\0', ' ']).to_string()).filter(|v| !v.is_empty())
}

/// The header alone: everything before the pixels.
pub fn probe(path: &Path) -> Result<Probe, String> {
    let object = open(path, Some(tags::PIXEL_DATA))?;
    let syntax = object.meta().transfer_syntax().to_string();
    if let Some((_, name)) = REFUSED.iter().find(|(uid, _)| *uid == syntax) {
        return Err(format!("is DICOM encoded as {name} ({syntax}), which is not read"));
    }
    let (Some(rows), Some(columns)) = (number(&object, tags::ROWS), number(&object, tags::COLUMNS)) else {
        let modality = text(&object, tags::MODALITY).map_or(String::new(), |m| format!(" ({m})"));
        return Err(format!("is DICOM without a picture{modality}"));
    };
    let size = check_size(columns, rows)?;
    let frames = number(&object, tags::NUMBER_OF_FRAMES).unwrap_or(1).max(1);
    if frames > 100_000 {
        return Err(format!("claims to hold {frames} frames"));
    }
    Ok(Probe { pages: (0..frames as usize).map(|f| (f, size)).collect(), patient: text(&object, tags::PATIENT_ID) })
}

thread_local! {
    /// The file with several frames that this thread read last, so that its frames do not each read all of it again.
    static LAST: RefCell<Option<(PathBuf, Rc<DefaultDicomObject>)>> = const { RefCell::new(None) };
}
/// Larger files are read for each frame rather than kept.
const KEEP: u64 = 256 << 20;

fn object(path: &Path) -> Result<Rc<DefaultDicomObject>, String> {
    if let Some(object) = LAST.with_borrow(|last| last.as_ref().filter(|(p, _)| p == path).map(|(_, o)| o.clone())) {
        return Ok(object);
    }
    let object = Rc::new(open(path, None)?);
    let small = std::fs::metadata(path).is_ok_and(|m| m.len() <= KEEP);
    let several = number(&object, tags::NUMBER_OF_FRAMES).is_some_and(|n| n > 1);
    LAST.set((small && several).then(|| (path.to_path_buf(), object.clone())));
    Ok(object)
}

pub fn decode(path: &Path, frame: usize) -> Result<Raster, String> {
    let object = object(path)?;
    let syntax = object.meta().transfer_syntax().to_string();
    let encoding = NAMES.iter().chain(REFUSED).find(|(uid, _)| *uid == syntax).map_or(syntax.as_str(), |(_, name)| name);
    let fail = |e: &dyn std::error::Error| sentence(&format!("is DICOM ({encoding}) that cannot be decoded"), &chain(e));
    let (Some(rows), Some(columns)) = (number(&object, tags::ROWS), number(&object, tags::COLUMNS)) else {
        return Err("is DICOM without a picture".into());
    };
    let [width, height] = check_size(columns, rows)?.map(|side| side as usize);
    let samples = number(&object, tags::SAMPLES_PER_PIXEL).unwrap_or(1);
    let bits = number(&object, tags::BITS_ALLOCATED).unwrap_or(0);
    if !matches!((samples, bits), (1, 1 | 8 | 16 | 32) | (3, 8)) {
        return Err(format!("is DICOM with {samples} samples of {bits} bit a pixel, which is not read"));
    }
    let stated = text(&object, tags::PHOTOMETRIC_INTERPRETATION).unwrap_or_default();
    let data = object.decode_pixel_data_frame(frame as u32).map_err(|e| fail(&e))?;
    let bytes = data.frame_data(0).map_err(|_| "is cut short: it holds fewer pixels than its header says".to_string())?;
    match (data.samples_per_pixel(), data.photometric_interpretation()) {
        (1, PhotometricInterpretation::PaletteColor) => palette(&object, &stored_values(&data, bytes)?, width, height),
        (1, interpretation) => {
            let invert = *interpretation == PhotometricInterpretation::Monochrome1;
            let grey = window(&data, stored_values(&data, bytes)?, invert).map_err(|e| fail(&e))?;
            Raster::new(width, height, 1, Samples::F32(unit_range(grey)?))
        }
        _ => {
            let bytes =
                if data.planar_configuration() == PlanarConfiguration::PixelFirst { planar(bytes) } else { bytes.to_vec() };
            // JPEG decoders give RGB by themselves; RLE and plain pixels are as they were stored.
            let plain = object.get(tags::PIXEL_DATA).is_some_and(|e| e.value().fragments().is_none());
            let ybr = stated.starts_with("YBR_FULL") && (plain || syntax == RLE);
            Raster::new(width, height, 3, Samples::U8(if ybr { ycbcr_to_rgb(bytes) } else { bytes }))
        }
    }
}

/// RRR…GGG…BBB… to RGBRGB….
fn planar(bytes: &[u8]) -> Vec<u8> {
    let plane = bytes.len() / 3;
    (0..plane).flat_map(|i| [bytes[i], bytes[plane + i], bytes[2 * plane + i]]).collect()
}

/// The samples as the file means them: the stored bits alone, signed where it says so.
fn stored_values(data: &DecodedPixelData, bytes: &[u8]) -> Result<Vec<i32>, String> {
    let (allocated, bits, high) = (u32::from(data.bits_allocated()), u32::from(data.bits_stored()), u32::from(data.high_bit()));
    let container = if allocated == 1 { 8 } else { allocated };
    let bits = if allocated == 1 { 8 } else { bits };
    if !matches!(container, 8 | 16 | 32) || bits == 0 || bits > container {
        return Err(format!("is DICOM with {bits} of {allocated} bits a sample, which is not read"));
    }
    let shift = (high + 1).saturating_sub(bits).min(container - bits);
    let signed = data.pixel_representation() == PixelRepresentation::Signed;
    let value = |raw: u32| {
        let value = (raw >> shift) << (32 - bits);
        if signed { (value as i32) >> (32 - bits) } else { (value >> (32 - bits)).min(i32::MAX as u32) as i32 }
    };
    Ok(match container {
        8 => bytes.iter().map(|&b| value(b.into())).collect(),
        16 => bytes.as_chunks::<2>().0.iter().map(|&b| value(u16::from_ne_bytes(b).into())).collect(),
        _ => bytes.as_chunks::<4>().0.iter().map(|&b| value(u32::from_ne_bytes(b))).collect(),
    })
}

/// Rescale slope and intercept, then the first window (PS3.3 C.11.2), then MONOCHROME1's inversion. Without a window, 8-bit
/// pictures keep their range and deeper ones are stretched from smallest to largest.
fn window(data: &DecodedPixelData, values: Vec<i32>, invert: bool) -> Result<Vec<f32>, dicom_pixeldata::Error> {
    let (slope, intercept) = data.rescale()?.first().map_or((1.0, 0.0), |r| (r.slope, r.intercept));
    let function = data.voi_lut_function()?.and_then(|f| f.first().copied()).unwrap_or(VoiLutFunction::Linear);
    let window = data.window()?.and_then(|w| w.first().copied()).filter(|w| w.width.is_finite() && w.center.is_finite());
    let modality = |v: i32| f64::from(v) * slope + intercept;
    let (low, high) = match window {
        // LINEAR maps [c - 0.5 - (w-1)/2, c - 0.5 + (w-1)/2]; LINEAR_EXACT [c - w/2, c + w/2].
        Some(w) if function == VoiLutFunction::LinearExact => (w.center - w.width / 2.0, w.center + w.width / 2.0),
        Some(w) => (w.center - 0.5 - (w.width - 1.0).max(0.0) / 2.0, w.center - 0.5 + (w.width - 1.0).max(0.0) / 2.0),
        None if data.bits_stored() <= 8 && data.pixel_representation() == PixelRepresentation::Unsigned => {
            let ends = [modality(0), modality((1 << data.bits_stored()) - 1)];
            (ends[0].min(ends[1]), ends[0].max(ends[1]))
        }
        None => values.iter().map(|&v| modality(v)).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v))),
    };
    let sigmoid = window.filter(|_| function == VoiLutFunction::Sigmoid);
    let shown = |v: i32| {
        let v = modality(v);
        let shown = match sigmoid {
            Some(w) => 1.0 / (1.0 + (-4.0 * (v - w.center) / w.width.max(f64::MIN_POSITIVE)).exp()),
            None if high > low => ((v - low) / (high - low)).clamp(0.0, 1.0),
            None => f64::from(u8::from(v > low)),
        };
        (if invert { 1.0 - shown } else { shown }) as f32
    };
    Ok(values.into_iter().map(shown).collect())
}

/// PALETTE COLOR: three tables, each with its descriptor (length, first value, bits).
fn palette(object: &DefaultDicomObject, values: &[i32], width: usize, height: usize) -> Result<Raster, String> {
    let table = |descriptor: Tag, data: Tag| -> Option<(i32, Vec<u16>)> {
        let descriptor = object.get(descriptor)?.to_multi_int::<i32>().ok()?;
        let (&[length, first, bits], entries) = (descriptor.get(..3)?.as_array()?, object.get(data)?.to_multi_int::<i32>().ok()?);
        let length = if length & 0xffff == 0 { 65_536 } else { (length & 0xffff) as usize };
        let mut entries: Vec<u16> = entries.into_iter().map(|v| v as u16).collect();
        if entries.len() * 2 == length + length % 2 {
            // 8-bit entries, two to a word, low byte first.
            entries = entries.iter().flat_map(|v| v.to_le_bytes().map(u16::from)).collect();
        }
        // Some files say 16 bit and fill the low byte only.
        let low = bits <= 8 || entries.iter().all(|&v| v < 256);
        entries.iter_mut().filter(|_| low).for_each(|v| *v *= 257);
        (!entries.is_empty()).then_some((first, entries))
    };
    let tables = [
        table(tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        table(tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        table(tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA),
    ];
    let [Some(red), Some(green), Some(blue)] = tables else {
        return Err("is DICOM with a palette that is missing, or segmented, which is not read".into());
    };
    let tables = [red, green, blue];
    let look_up = |value: i32, (first, entries): &(i32, Vec<u16>)| {
        let index = usize::try_from(value.saturating_sub(*first)).unwrap_or(0);
        entries.get(index).or(entries.last()).copied().unwrap_or(0)
    };
    let samples = values.iter().flat_map(|&v| [0, 1, 2].map(|c| look_up(v, &tables[c]))).collect();
    Raster::new(width, height, 3, Samples::U16(samples))
}
