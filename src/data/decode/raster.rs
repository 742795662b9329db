//! Decoded pixels in the form in which their file keeps them.

use crate::data::pixels::Pixels;
use image::DynamicImage;

/// Interleaved samples; alpha is passed over.
#[derive(Debug, Clone)]
pub struct Raster {
    width: usize,
    height: usize,
    /// Samples a pixel in `samples`, alpha included.
    stored: usize,
    samples: Samples,
}

#[derive(Debug, Clone)]
pub enum Samples {
    U8(Vec<u8>),
    U16(Vec<u16>),
    /// Already in \[0, 1\].
    F32(Vec<f32>),
}

impl Raster {
    /// `stored`: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
    pub fn new(width: usize, height: usize, stored: usize, samples: Samples) -> Result<Self, String> {
        let count = match &samples {
            Samples::U8(v) => v.len(),
            Samples::U16(v) => v.len(),
            Samples::F32(v) => v.len(),
        };
        if width == 0 || height == 0 || !(1..=4).contains(&stored) || count < width * height * stored {
            return Err(format!("has {count} samples where {width}x{height}x{stored} are needed"));
        }
        Ok(Self { width, height, stored, samples })
    }

    pub fn from_image(image: DynamicImage) -> Result<Self, String> {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let stored = usize::from(image.color().channel_count());
        let samples = match image {
            DynamicImage::ImageLuma8(i) => Samples::U8(i.into_raw()),
            DynamicImage::ImageLumaA8(i) => Samples::U8(i.into_raw()),
            DynamicImage::ImageRgb8(i) => Samples::U8(i.into_raw()),
            DynamicImage::ImageRgba8(i) => Samples::U8(i.into_raw()),
            DynamicImage::ImageLuma16(i) => Samples::U16(i.into_raw()),
            DynamicImage::ImageLumaA16(i) => Samples::U16(i.into_raw()),
            DynamicImage::ImageRgb16(i) => Samples::U16(i.into_raw()),
            DynamicImage::ImageRgba16(i) => Samples::U16(i.into_raw()),
            DynamicImage::ImageRgb32F(i) => Samples::F32(unit_range(i.into_raw())?),
            DynamicImage::ImageRgba32F(i) => Samples::F32(unit_range(i.into_raw())?),
            _ => return Err("has a pixel format that is not read".into()),
        };
        Self::new(width, height, stored, samples)
    }
}

impl Raster {
    /// The stored number that 1 stands for.
    pub fn white(&self) -> f32 {
        match self.samples {
            Samples::U8(_) => 255.0,
            Samples::U16(_) => 65535.0,
            Samples::F32(_) => 1.0,
        }
    }

    /// Whether 16-bit samples leave nine tenths of their range unused, as 12-bit pictures in 16-bit files do.
    pub fn is_dim(&self) -> bool {
        matches!(&self.samples, Samples::U16(v) if v.iter().all(|&v| v < 6554))
    }
}

impl Pixels for Raster {
    fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    fn channels(&self) -> usize {
        if self.stored < 3 { 1 } else { 3 }
    }

    fn row(&self, channel: usize, y: usize, out: &mut [f32]) {
        let row = y * self.width * self.stored;
        let places = (row + channel..).step_by(self.stored).take(self.width);
        match &self.samples {
            Samples::U8(v) => out.iter_mut().zip(places).for_each(|(o, i)| *o = f32::from(v[i]) / 255.0),
            Samples::U16(v) => out.iter_mut().zip(places).for_each(|(o, i)| *o = f32::from(v[i]) / 65535.0),
            Samples::F32(v) => out.iter_mut().zip(places).for_each(|(o, i)| *o = v[i]),
        }
    }
}

/// Floats as they are where they lie in \[0, 1\], otherwise stretched from smallest to largest.
pub fn unit_range(mut values: Vec<f32>) -> Result<Vec<f32>, String> {
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    for &v in &values {
        if !v.is_finite() {
            return Err("holds pixels that are no numbers (NaN or infinite)".into());
        }
        (low, high) = (low.min(v), high.max(v));
    }
    if low < 0.0 || high > 1.0 {
        let span = if high > low { high - low } else { 1.0 };
        values.iter_mut().for_each(|v| *v = (*v - low) / span);
    }
    Ok(values)
}

/// Full-range YCbCr (JFIF, DICOM's YBR_FULL) to RGB, in place.
pub fn ycbcr_to_rgb(mut samples: Vec<u8>) -> Vec<u8> {
    for pixel in samples.as_chunks_mut::<3>().0 {
        let [y, cb, cr] = pixel.map(f32::from);
        let (cb, cr) = (cb - 128.0, cr - 128.0);
        *pixel = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb].map(|v| v.round().clamp(0.0, 255.0) as u8);
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_passed_over_and_depths_agree() {
        let rgba = Raster::new(1, 1, 4, Samples::U8(vec![0, 51, 255, 7])).unwrap();
        let deep = Raster::new(1, 1, 3, Samples::U16(vec![0, 13107, 65535])).unwrap();
        for raster in [rgba, deep] {
            let mut value = [0.0];
            let read: Vec<f32> = (0..3).map(|c| (raster.row(c, 0, &mut value), value[0]).1).collect();
            assert_eq!(read, [0.0, 0.2, 1.0]);
        }
        assert!(Raster::new(2, 2, 1, Samples::U8(vec![0; 3])).is_err());
    }

    #[test]
    fn floats_are_stretched_only_where_needed() {
        assert_eq!(unit_range(vec![0.25, 0.5]).unwrap(), [0.25, 0.5]);
        assert_eq!(unit_range(vec![-1.0, 0.0, 3.0]).unwrap(), [0.0, 0.25, 1.0]);
        assert_eq!(unit_range(vec![7.0, 7.0]).unwrap(), [0.0, 0.0]);
        assert!(unit_range(vec![f32::NAN]).is_err());
    }
}
