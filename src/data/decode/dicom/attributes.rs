//! What a DICOM file says of the form of its pixels.

use super::data_set::DataSet;
use crate::data::decode::source::check_size;
use dicom_dictionary_std::tags;

/// A file may say that it holds this many frames.
const MAX_FRAMES: u64 = 100_000;

#[derive(Debug, Clone)]
pub struct Attributes {
    pub width: usize,
    pub height: usize,
    pub frames: usize,
    /// Samples a pixel.
    pub samples: usize,
    /// Bits of a sample in the file…
    pub allocated: u32,
    /// …those of them that count…
    pub stored: u32,
    /// …and the highest one that does.
    pub high: u32,
    pub signed: bool,
    /// Plane after plane.
    pub planar: bool,
    /// `MONOCHROME2`, `RGB`…
    pub photometric: String,
}

impl Attributes {
    pub fn of(set: &DataSet) -> Result<Self, String> {
        let (Some(rows), Some(columns)) = (set.count(tags::ROWS), set.count(tags::COLUMNS)) else {
            let modality = set.text(tags::MODALITY).map_or(String::new(), |m| format!(" ({m})"));
            return Err(format!("is DICOM without a picture{modality}"));
        };
        let [width, height] = check_size(columns, rows)?.map(|side| side as usize);
        // No frames is what some systems write of a single one.
        let frames = set.count(tags::NUMBER_OF_FRAMES).unwrap_or(1).max(1);
        if frames > MAX_FRAMES {
            return Err(format!("claims to hold {frames} frames"));
        }
        let bits = |tag| set.count(tag).and_then(|v| u32::try_from(v).ok());
        let allocated = bits(tags::BITS_ALLOCATED).unwrap_or(0);
        let stored = bits(tags::BITS_STORED).filter(|s| (1..=allocated).contains(s)).unwrap_or(allocated);
        let high = bits(tags::HIGH_BIT).filter(|h| (stored..=allocated).contains(&(h + 1))).unwrap_or(stored.saturating_sub(1));
        Ok(Self {
            width,
            height,
            frames: frames as usize,
            samples: set.count(tags::SAMPLES_PER_PIXEL).unwrap_or(1) as usize,
            allocated,
            stored,
            high,
            signed: set.count(tags::PIXEL_REPRESENTATION) == Some(1),
            planar: set.count(tags::PLANAR_CONFIGURATION) == Some(1),
            photometric: set.text(tags::PHOTOMETRIC_INTERPRETATION).unwrap_or_default(),
        })
    }

    /// Whether pixels as they are stored, `length` bytes in all, keep the colour of two neighbours once. Some files say so and
    /// keep all.
    pub fn is_422(&self, length: usize) -> bool {
        let whole = self.width * self.height * 3;
        self.photometric.ends_with("_422") && (self.samples, self.allocated) == (3, 8) && length < whole * self.frames
    }

    /// The samples as the file means them: the stored bits alone, signed where it says so. `bytes`: little-endian, `container`
    /// (8, 16 or 32) bits each.
    pub fn values(&self, bytes: &[u8], container: u32) -> Vec<i32> {
        let stored = self.stored.clamp(1, container);
        let shift = (self.high + 1).saturating_sub(stored).min(container - stored);
        let value = |raw: u32| {
            let value = (raw >> shift) << (32 - stored);
            if self.signed { (value as i32) >> (32 - stored) } else { (value >> (32 - stored)).min(i32::MAX as u32) as i32 }
        };
        match container {
            8 => bytes.iter().map(|&b| value(b.into())).collect(),
            16 => bytes.as_chunks::<2>().0.iter().map(|&b| value(u16::from_le_bytes(b).into())).collect(),
            _ => bytes.as_chunks::<4>().0.iter().map(|&b| value(u32::from_le_bytes(b))).collect(),
        }
    }

    /// A stored number, such as that of the padding, as [`values`](Self::values) gives it; files differ in its sign.
    pub fn value(&self, number: f64) -> i32 {
        let bits = 32 - self.stored.clamp(1, 32);
        let raw = number as i64 as u32;
        if self.signed { ((raw << bits) as i32) >> bits } else { ((raw << bits) >> bits).min(i32::MAX as u32) as i32 }
    }
}
