//! Small images kept in memory, and the archives they come from (`.npz` of MedMNIST).

/// Small images of one size, as they lie in an archive: `count x height x width x channels`, 8 bit.
#[derive(Debug)]
pub struct ArrayImages {
    pub height: usize,
    pub width: usize,
    /// 1 or 3.
    pub channels: usize,
    pub data: Vec<u8>,
}

impl ArrayImages {
    pub fn len(&self) -> usize {
        self.data.len() / (self.height * self.width * self.channels).max(1)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
