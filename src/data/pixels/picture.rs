//! One decoded image.

/// Larger pictures are put aside: 200 million pixels.
pub const MAX_PIXELS: u64 = 200_000_000;

/// Anything with rows of pixels in \[0, 1\]: a [`Picture`], a decoded file, a part of either. Lets a picture of 200
/// megapixels be shrunk row by row, without a float copy of it.
pub trait Pixels {
    /// Width and height.
    fn size(&self) -> [usize; 2];
    /// 1 or 3.
    fn channels(&self) -> usize;
    /// Writes row `y` of a channel into `out`, which is one width long.
    fn row(&self, channel: usize, y: usize, out: &mut [f32]);
}

/// Planar pixels, channel after channel, row-major, in \[0, 1\].
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Columns, in pixels.
    pub width: usize,
    /// Rows, in pixels.
    pub height: usize,
    /// 1 (grey) or 3 (RGB).
    pub channels: usize,
    /// `channels * height * width` values.
    pub data: Vec<f32>,
}

/// Weights of red, green and blue in a grey value (ITU-R BT.601).
pub(super) const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

impl Picture {
    /// `data`: `channels * height * width` values, planar; channels 1 or 3. Panics where the numbers do not fit together.
    pub fn new(width: usize, height: usize, channels: usize, data: Vec<f32>) -> Self {
        assert!(
            matches!(channels, 1 | 3) && data.len() == channels * width * height,
            "pixels do not fit {channels}x{height}x{width}"
        );
        Self { width, height, channels, data }
    }

    /// A copy of anything that has pixels.
    pub fn copy_of(pixels: &(impl Pixels + ?Sized)) -> Self {
        let ([width, height], channels) = (pixels.size(), pixels.channels());
        let mut data = vec![0.0; channels * width * height];
        if width > 0 {
            for (i, row) in data.chunks_exact_mut(width).enumerate() {
                pixels.row(i / height, i % height, row);
            }
        }
        Self { width, height, channels, data }
    }

    /// Alpha is dropped; grey stays one channel.
    pub fn from_image(image: &image::DynamicImage) -> Self {
        let (width, height) = (image.width() as usize, image.height() as usize);
        if !image.color().has_color() {
            return Self { width, height, channels: 1, data: image.to_luma32f().into_raw() };
        }
        let samples = image.to_rgb32f().into_raw();
        let plane = |channel: usize| samples.iter().skip(channel).step_by(3);
        Self { width, height, channels: 3, data: (0..3).flat_map(plane).copied().collect() }
    }

    /// Rounded to 8 bit; grey becomes equal channels.
    pub fn to_image(&self) -> image::RgbImage {
        image::RgbImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            let at = y as usize * self.width + x as usize;
            image::Rgb([0, 1, 2].map(|c| (self.plane(c)[at].clamp(0.0, 1.0) * 255.0).round() as u8))
        })
    }

    /// Three channels; a grey one is repeated.
    pub fn to_rgb(&self) -> Self {
        if self.channels == 3 {
            return self.clone();
        }
        Self { channels: 3, data: self.data.repeat(3), ..*self }
    }

    /// One channel: the luma of the colours.
    pub fn grey(&self) -> Self {
        if self.channels == 1 {
            return self.clone();
        }
        let data = (0..self.width * self.height)
            .map(|i| LUMA.iter().enumerate().map(|(c, weight)| weight * self.plane(c)[i]).sum())
            .collect();
        Self { channels: 1, data, ..*self }
    }

    /// Whether all channels are equal everywhere.
    pub fn is_grey(&self) -> bool {
        self.channels == 1 || (self.plane(0) == self.plane(1) && self.plane(0) == self.plane(2))
    }

    /// `height * width` values of a channel; a grey picture gives its only one for each.
    pub fn plane(&self, channel: usize) -> &[f32] {
        let size = self.width * self.height;
        let start = channel.min(self.channels - 1) * size;
        &self.data[start..start + size]
    }
}

impl Pixels for Picture {
    fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    fn channels(&self) -> usize {
        self.channels
    }

    fn row(&self, channel: usize, y: usize, out: &mut [f32]) {
        out.copy_from_slice(&self.plane(channel)[y * self.width..(y + 1) * self.width]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_and_colour_convert() {
        let rgb = Picture::new(2, 1, 3, vec![1.0, 0.0, 1.0, 0.0, 1.0, 1.0]);
        let grey = rgb.grey();
        assert!((grey.data[0] - 1.0).abs() < 1e-6 && (grey.data[1] - 0.114).abs() < 1e-6);
        assert!(!rgb.is_grey() && grey.to_rgb().is_grey());
        assert_eq!(grey.to_rgb().grey().data.len(), 2);
        assert_eq!(rgb.to_image().get_pixel(1, 0).0, [0, 0, 255]);
        assert_eq!(Picture::from_image(&rgb.to_image().into()), rgb);
    }
}
