//! Files to pixels.

use super::resize::Pixels;

pub struct Raster {
    width: usize,
}

impl Raster {
    pub fn from_image(image: image::DynamicImage) -> Result<Self, String> {
        todo!()
    }
}

impl Pixels for Raster {
    fn size(&self) -> [usize; 2] {
        todo!()
    }
    fn channels(&self) -> usize {
        todo!()
    }
    fn row(&self, channel: usize, y: usize, out: &mut [f32]) {
        todo!()
    }
}
