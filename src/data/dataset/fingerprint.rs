//! Which data set this is.

use super::model::{Dataset, ImageId};

/// FNV-1a of 64 bits: stable over platforms and versions, unlike the standard hasher.
struct Fnv(u64);

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Dataset {
    /// Which data set this is, as 16 hexadecimal digits: from the names and sizes of all its images and the pixels of the
    /// first three that can be read, to notice that a model was trained on another one. The same wherever the set lies and
    /// however it is split. Computed at the first call.
    pub fn fingerprint(&self) -> &str {
        self.fingerprint.get_or_init(|| {
            let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
            for item in &self.items {
                hash.add(item.name.as_bytes());
                item.size.iter().for_each(|side| hash.add(&side.to_le_bytes()));
            }
            let readable = (0..self.items.len() as u32).filter_map(|i| self.read(ImageId(i)).ok());
            for picture in readable.take(3) {
                picture.data.iter().for_each(|v| hash.add(&[(v * 255.0).round() as u8]));
            }
            format!("{:016x}", hash.0)
        })
    }
}
