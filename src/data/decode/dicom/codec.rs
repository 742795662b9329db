//! Frames as encoders wrote them, to samples. What a frame is, it says itself where it is a JPEG of any kind.

use super::{
    attributes::Attributes,
    syntax::{DEFLATED_FRAMES, PLAIN_FRAMES, RLE},
};
use crate::data::decode::{
    density::{self, Density},
    guard::sentence,
    jpeg::{FrameHeader, Process},
};
use flate2::read::DeflateDecoder;
use std::{borrow::Cow, io::Read};

/// The samples of a frame, interleaved.
pub struct Decoded<'a> {
    /// Little-endian.
    pub bytes: Cow<'a, [u8]>,
    /// Bits of a sample in `bytes`: 8, 16 or 32.
    pub container: u32,
    /// Whether YCbCr was turned into RGB on the way.
    pub is_rgb: bool,
}

pub fn decode<'a>(encoded: Cow<'a, [u8]>, about: &Attributes, syntax: &str) -> Result<Decoded<'a>, String> {
    let size = about.width * about.height * about.samples * about.allocated as usize / 8;
    let bits = (about.samples as u32 * about.allocated).into();
    let dense = |density: Density| density.check([about.width as u32, about.height as u32], encoded.len() as u64);
    match syntax {
        RLE => dense(Density::new(bits, density::PACK_BITS))?,
        DEFLATED_FRAMES => dense(Density::new(bits, density::DEFLATE))?,
        PLAIN_FRAMES => {}
        _ => dense(Density::unbounded())?,
    }
    let as_stored = |bytes: Cow<'a, [u8]>| {
        if bytes.len() < size {
            return Err("is cut short: a frame holds fewer pixels than its header says".to_string());
        }
        Ok(Decoded { bytes, container: about.allocated, is_rgb: false })
    };
    match syntax {
        RLE => as_stored(Cow::Owned(run_lengths(&encoded, about)?)),
        PLAIN_FRAMES => as_stored(encoded),
        DEFLATED_FRAMES => {
            let mut bytes = Vec::new();
            let inflated = DeflateDecoder::new(&*encoded).take(size as u64).read_to_end(&mut bytes);
            inflated.map_err(|e| sentence("holds a damaged frame", &e))?;
            as_stored(Cow::Owned(bytes))
        }
        _ if encoded.starts_with(&[0xff, 0xd8]) => jpeg(&encoded, about),
        _ if encoded.starts_with(&[0xff, 0x4f, 0xff, 0x51]) || encoded.get(4..8) == Some(b"jP  ") => jpeg_2000(&encoded, about),
        "" => Err("is DICOM whose encoding is not said and cannot be told from its pixels".into()),
        _ => Err("does not hold what its transfer syntax says".into()),
    }
}

fn jpeg(encoded: &[u8], about: &Attributes) -> Result<Decoded<'static>, String> {
    let header = FrameHeader::read(encoded).map_err(|e| sentence("holds a damaged JPEG", &e))?;
    if let Some(kind) = header.unread_by_jpeg_decoder() {
        let way = match kind.as_str() {
            "a JPEG-LS" => "; plain, it is: dcmdjpls FILE NEW (DCMTK)",
            bits if bits.ends_with(" bits") => "; plain, it is: dcmdjpeg FILE NEW (DCMTK)",
            _ => "",
        };
        return Err(format!("is DICOM encoded as {kind}, which is not read{way}"));
    }
    check(about, [header.width.into(), header.height.into()], header.components())?;
    // A lossless one has a bit for each sample, at least.
    let density = if header.process == Process::Lossless { Density::new(1, 1) } else { Density::jpeg() };
    density.check([header.width.into(), header.height.into()], encoded.len() as u64)?;
    let mut decoder = jpeg_decoder::Decoder::new(encoded);
    let is_rgb = header.process != Process::Lossless;
    if header.components() == 3 && is_rgb {
        let ycbcr = header.is_ycbcr().unwrap_or(about.photometric != "RGB");
        decoder.set_color_transform(if ycbcr { jpeg_decoder::ColorTransform::YCbCr } else { jpeg_decoder::ColorTransform::RGB });
    }
    let bytes = decoder.decode().map_err(|e| sentence("holds a damaged JPEG", &e))?;
    let container = match decoder.info().map(|info| info.pixel_format) {
        Some(jpeg_decoder::PixelFormat::L16) => 16,
        _ => 8,
    };
    let bytes = match container {
        16 => bytes.as_chunks::<2>().0.iter().flat_map(|&b| u16::from_ne_bytes(b).to_le_bytes()).collect(),
        _ => bytes,
    };
    Ok(Decoded { bytes: Cow::Owned(bytes), container, is_rgb })
}

fn jpeg_2000(encoded: &[u8], about: &Attributes) -> Result<Decoded<'static>, String> {
    // The size that is claimed, before a decoder makes room for it.
    let siz = encoded.windows(4).position(|w| w == [0xff, 0x4f, 0xff, 0x51]).and_then(|at| encoded.get(at + 8..at + 24));
    let sides: Vec<u32> = siz.unwrap_or_default().as_chunks::<4>().0.iter().map(|&b| u32::from_be_bytes(b)).collect();
    if let [right, bottom, left, top] = sides[..] {
        check(about, [right.saturating_sub(left) as usize, bottom.saturating_sub(top) as usize], about.samples)?;
    }
    let image = jpeg2k::Image::from_bytes(encoded).map_err(|e| sentence("holds a JPEG 2000 that cannot be decoded", &e))?;
    let components = image.components();
    check(about, [image.width() as usize, image.height() as usize], components.len())?;
    let pixels = about.width * about.height;
    if components.iter().any(|c| c.data().len() != pixels) {
        return Err("is DICOM encoded as JPEG 2000 with planes of several sizes, which is not read".into());
    }
    let container = if about.allocated > 16 { 32 } else { about.allocated.max(8) };
    let bytes = (0..pixels)
        .flat_map(|i| components.iter().take(about.samples).map(move |c| c.data()[i]))
        .flat_map(|sample| sample.to_le_bytes().into_iter().take(container as usize / 8))
        .collect();
    Ok(Decoded { bytes: Cow::Owned(bytes), container, is_rgb: false })
}

fn check(about: &Attributes, [width, height]: [usize; 2], samples: usize) -> Result<(), String> {
    if (width, height, samples) == (about.width, about.height, about.samples) {
        return Ok(());
    }
    Err(format!(
        "holds a frame of {width}x{height}x{samples} where its header says {}x{}x{}",
        about.width, about.height, about.samples
    ))
}

/// PS3.5 annex G: for each byte of a sample, the most significant first, a segment of its own.
fn run_lengths(encoded: &[u8], about: &Attributes) -> Result<Vec<u8>, String> {
    let cut_short = || "is cut short: its RLE data ends before the picture does".to_string();
    let (pixels, bytes) = (about.width * about.height, about.allocated as usize / 8);
    let word = |i: usize| {
        let word = encoded.get(4 * i..4 * i + 4)?.as_array()?;
        Some(u32::from_le_bytes(*word) as usize)
    };
    let count = word(0).filter(|n| *n <= 15).ok_or("holds damaged RLE data")?;
    let mut out = vec![0; pixels * about.samples * bytes];
    for segment in 0..about.samples * bytes {
        let start = word(segment + 1).filter(|_| segment < count).ok_or_else(cut_short)?;
        let end = word(segment + 2).filter(|end| segment + 1 < count && *end >= start).unwrap_or(encoded.len());
        let packed = encoded.get(start..end.min(encoded.len())).ok_or_else(cut_short)?;
        let (sample, byte) = (segment / bytes, bytes - 1 - segment % bytes);
        let places = out.iter_mut().skip(sample * bytes + byte).step_by(about.samples * bytes);
        let mut samples = unpacked(packed);
        for place in places {
            *place = samples.next().ok_or_else(cut_short)?;
        }
    }
    Ok(out)
}

/// PackBits.
fn unpacked(packed: &[u8]) -> impl Iterator<Item = u8> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let length = *packed.get(at)? as i8;
        let (repeats, literal) = match length {
            0.. => (1, packed.get(at + 1..)?.get(..length as usize + 1).or(packed.get(at + 1..))?),
            -128 => (0, &packed[..0]),
            _ => (1 - isize::from(length), packed.get(at + 1..at + 2)?),
        };
        at += 1 + literal.len();
        Some(std::iter::repeat_n(literal, repeats as usize).flatten().copied())
    })
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bytes_are_unpacked() {
        let packed = [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0x80, 0xfd, 0xaa, 0x01, 0x22];
        assert_eq!(unpacked(&packed).collect::<Vec<_>>(), [0xaa, 0xaa, 0xaa, 0x80, 0, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x22]);
    }
}
