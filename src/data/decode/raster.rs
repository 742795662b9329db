//! Decoded pixels in the form in which their file keeps them.

use crate::data::pixels::Pixels;
use image::{DynamicImage, metadata::Orientation};

/// Interleaved samples; alpha is passed over.
#[derive(Debug, Clone)]
pub struct DecodedImage {
    width: usize,
    height: usize,
    /// Samples a pixel in `samples`, alpha included.
    stored: usize,
    samples: Samples,
    remark: Option<Remark>,
}

/// What a person should know of a picture that was decoded all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Remark {
    /// A JPEG without its last bytes; the picture is whole.
    NoEnd,
    /// Some pixels are no numbers (NaN); they are black.
    NotNumbers,
    /// The window that a DICOM file names is no number; all of its range is shown.
    NoWindow,
    /// Several pictures one after another, of which the first is used.
    FirstOnly,
    /// One of three pictures of an array that may be the channels of one.
    OfThree,
    /// The DICOM file has no window of the name that was chosen; it is shown as the file says.
    OtherWindow,
    /// 16-bit samples of which only so many low bits are used, as of 12-bit pictures in 16-bit files.
    Dim(u32),
    /// 16-bit samples with values beyond the bits by which they are shown; they are white.
    Beyond,
}

#[derive(Debug, Clone)]
pub enum Samples {
    U8(Vec<u8>),
    U16(Vec<u16>),
    /// Already in \[0, 1\].
    F32(Vec<f32>),
}

impl DecodedImage {
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
        Ok(Self { width, height, stored, samples, remark: None })
    }

    /// A picture of any numbers: as they are where they lie in \[0, 1\], otherwise stretched from smallest to largest.
    pub fn floats(width: usize, height: usize, stored: usize, values: Vec<f32>) -> Result<Self, String> {
        let (values, all_numbers) = unit_range(values)?;
        let raster = Self::new(width, height, stored, Samples::F32(values))?;
        Ok(if all_numbers { raster } else { raster.with(Remark::NotNumbers) })
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
            DynamicImage::ImageRgb32F(i) => return Self::floats(width, height, stored, i.into_raw()),
            DynamicImage::ImageRgba32F(i) => return Self::floats(width, height, stored, i.into_raw()),
            _ => return Err("has a pixel format that is not read".into()),
        };
        Self::new(width, height, stored, samples)
    }
}

impl DecodedImage {
    /// The stored number that 1 stands for.
    pub fn white(&self) -> f32 {
        match self.samples {
            Samples::U8(_) => 255.0,
            Samples::U16(_) => 65535.0,
            Samples::F32(_) => 1.0,
        }
    }

    pub fn with(self, remark: Remark) -> Self {
        Self { remark: Some(remark), ..self }
    }

    pub fn remark(&self) -> Option<Remark> {
        self.remark.or_else(|| self.used_bits().map(Remark::Dim))
    }

    /// 16-bit samples by the lowest so many of their bits, 1 to 16: the greatest value of those becomes white.
    pub fn by_bits(mut self, bits: u32) -> Self {
        let white = (1u32 << bits.clamp(1, 16)) - 1;
        let Samples::U16(values) = &mut self.samples else { return self };
        let beyond = values.iter().any(|v| u32::from(*v) > white);
        let scaled = |v: u16| ((u32::from(v).min(white) * 65535 + white / 2) / white) as u16;
        values.iter_mut().for_each(|v| *v = scaled(*v));
        if beyond && self.remark.is_none() { self.with(Remark::Beyond) } else { self }
    }

    /// The bits that 16-bit samples use where they leave nine tenths of their range unused.
    pub fn used_bits(&self) -> Option<u32> {
        let Samples::U16(values) = &self.samples else { return None };
        let greatest = values.iter().copied().max()?;
        (greatest < 6554).then(|| (16 - greatest.leading_zeros()).max(1))
    }

    /// Turned upright, from the orientation that the file says its rows and columns have.
    pub fn upright(self, orientation: Orientation) -> Self {
        if orientation == Orientation::NoTransforms {
            return self;
        }
        let (width, height, stored) = (self.width, self.height, self.stored);
        let (turned, flipped_x, flipped_y) = match orientation {
            Orientation::NoTransforms => (false, false, false),
            Orientation::FlipHorizontal => (false, true, false),
            Orientation::Rotate180 => (false, true, true),
            Orientation::FlipVertical => (false, false, true),
            Orientation::Rotate90FlipH => (true, false, false),
            Orientation::Rotate90 => (true, false, true),
            Orientation::Rotate270FlipH => (true, true, true),
            Orientation::Rotate270 => (true, true, false),
        };
        let [across, down] = if turned { [height, width] } else { [width, height] };
        // Where the sample of the upright picture lies in the stored one.
        let place = |i: usize| {
            let (pixel, sample) = (i / stored, i % stored);
            let (x, y) = (pixel % across, pixel / across);
            let (x, y) = if turned { (y, x) } else { (x, y) };
            let (x, y) = (if flipped_x { width - 1 - x } else { x }, if flipped_y { height - 1 - y } else { y });
            (y * width + x) * stored + sample
        };
        let count = width * height * stored;
        let samples = match &self.samples {
            Samples::U8(v) => Samples::U8((0..count).map(|i| v[place(i)]).collect()),
            Samples::U16(v) => Samples::U16((0..count).map(|i| v[place(i)]).collect()),
            Samples::F32(v) => Samples::F32((0..count).map(|i| v[place(i)]).collect()),
        };
        Self { width: across, height: down, samples, ..self }
    }
}

impl Pixels for DecodedImage {
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

/// Floats as they are where they lie in \[0, 1\], otherwise stretched from smallest to largest, and whether all are numbers.
/// What is no number is black; infinity is white.
pub fn unit_range(mut values: Vec<f32>) -> Result<(Vec<f32>, bool), String> {
    let finite = values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return Err("holds no pixel that is a number (all are NaN or infinite)".into());
    }
    let (low, span) = match (low < 0.0 || high > 1.0, high - low) {
        (false, _) => (0.0, 1.0),
        (true, span) if span > 0.0 => (low, span),
        (true, _) => (low, 1.0),
    };
    let mut all_numbers = true;
    for v in &mut values {
        all_numbers &= v.is_finite();
        *v = if v.is_nan() { 0.0 } else { ((*v - low) / span).clamp(0.0, 1.0) };
    }
    Ok((values, all_numbers))
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
        let rgba = DecodedImage::new(1, 1, 4, Samples::U8(vec![0, 51, 255, 7])).unwrap();
        let deep = DecodedImage::new(1, 1, 3, Samples::U16(vec![0, 13107, 65535])).unwrap();
        for raster in [rgba, deep] {
            let mut value = [0.0];
            let read: Vec<f32> = (0..3).map(|c| (raster.row(c, 0, &mut value), value[0]).1).collect();
            assert_eq!(read, [0.0, 0.2, 1.0]);
        }
        assert!(DecodedImage::new(2, 2, 1, Samples::U8(vec![0; 3])).is_err());
    }

    #[test]
    fn deep_samples_are_shown_by_their_lowest_bits() {
        let by_12 = |values: Vec<u16>| DecodedImage::new(2, 1, 1, Samples::U16(values)).unwrap().by_bits(12);
        let mut row = [0.0; 2];
        by_12(vec![4095, 2048]).row(0, 0, &mut row);
        assert!(row[0] == 1.0 && (row[1] - 2048.0 / 4095.0).abs() < 1e-5, "{row:?}");
        assert_eq!(by_12(vec![4095, 2048]).remark(), None);
        by_12(vec![5000, 0]).row(0, 0, &mut row);
        assert_eq!((row, by_12(vec![5000, 0]).remark()), ([1.0, 0.0], Some(Remark::Beyond)));
        let eight = DecodedImage::new(1, 1, 1, Samples::U8(vec![7])).unwrap().by_bits(12);
        assert_eq!(eight.white(), 255.0, "what has 8 bits is left alone");
    }

    #[test]
    fn floats_are_stretched_only_where_needed() {
        assert_eq!(unit_range(vec![0.25, 0.5]).unwrap(), (vec![0.25, 0.5], true));
        assert_eq!(unit_range(vec![-1.0, 0.0, 3.0]).unwrap(), (vec![0.0, 0.25, 1.0], true));
        assert_eq!(unit_range(vec![7.0, 7.0]).unwrap(), (vec![0.0, 0.0], true));
    }

    #[test]
    fn what_is_no_number_is_black_and_said() {
        let (values, all_numbers) = unit_range(vec![f32::NAN, -2.0, 2.0, f32::INFINITY, f32::NEG_INFINITY]).unwrap();
        assert_eq!((values, all_numbers), (vec![0.0, 0.0, 1.0, 1.0, 0.0], false));
        assert_eq!(DecodedImage::floats(2, 1, 1, vec![f32::NAN, 0.5]).unwrap().remark(), Some(Remark::NotNumbers));
        assert!(unit_range(vec![f32::NAN]).is_err());
    }

    #[test]
    fn pictures_that_use_few_of_their_bits_are_told() {
        let raster = |greatest| DecodedImage::new(2, 1, 1, Samples::U16(vec![0, greatest])).unwrap().remark();
        assert_eq!([4095, 1000, 1, 0].map(raster), [12, 10, 1, 1].map(|bits| Some(Remark::Dim(bits))));
        assert_eq!(raster(20_000), None);
    }

    /// Each of the eight orientations is turned as the `image` crate turns it.
    #[test]
    fn pictures_are_turned_upright() {
        let image = image::RgbImage::from_fn(3, 2, |x, y| image::Rgb([x as u8, y as u8, 7]));
        for number in 1..=8 {
            let orientation = Orientation::from_exif(number).unwrap();
            let mut expected = DynamicImage::from(image.clone());
            expected.apply_orientation(orientation);
            let turned = DecodedImage::new(3, 2, 3, Samples::U8(image.as_raw().clone())).unwrap().upright(orientation);
            assert_eq!(turned.size(), [expected.width() as usize, expected.height() as usize], "{number}");
            let Samples::U8(samples) = turned.samples else { panic!() };
            assert_eq!(samples, expected.into_rgb8().into_raw(), "{number}");
        }
    }
}
