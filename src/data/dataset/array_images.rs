//! Small images kept in memory: of archives, and synthetic ones.

/// Small images of one size, as they lie in an archive: `count x height x width x channels`, 8 bit.
#[derive(Debug)]
pub struct ArrayImages {
    /// Rows of each image, in pixels.
    pub height: usize,
    /// Columns of each image, in pixels.
    pub width: usize,
    /// 1 or 3.
    pub channels: usize,
    /// `count * height * width * channels` bytes.
    pub data: Vec<u8>,
}

impl ArrayImages {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.data.len() / (self.height * self.width * self.channels).max(1)
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The interleaved bytes of one image, counted from 0; `None` beyond the last.
    pub fn image(&self, index: usize) -> Option<&[u8]> {
        let size = self.height * self.width * self.channels;
        self.data.get(index.checked_mul(size)?..)?.get(..size)
    }
}
