//! Which data set this is.

use super::{
    curation::{ImageCuration, Label},
    model::{Dataset, ImageId},
};
use fnv::FnvHasher;
use std::hash::Hasher;

impl Dataset {
    /// Which data set this is, as 16 hexadecimal digits: from the names and sizes of all its images and the pixels of the
    /// first three that can be read, and from what a person has said of them, to notice that a model was trained on another
    /// one. The same wherever the set lies and however it is split. Computed at the first call.
    pub fn fingerprint(&self) -> &str {
        self.fingerprint.get_or_init(|| {
            // FNV-1a: stable over platforms and versions, unlike the standard hasher.
            let mut hash = FnvHasher::default();
            for item in &self.items {
                hash.write(item.name.as_bytes());
                item.size.iter().for_each(|side| hash.write(&side.to_le_bytes()));
                if item.said != ImageCuration::default() {
                    let label = item.said.label.map_or(0, |label| if label == Label::Normal { 1 } else { 2 });
                    hash.write(&[b'\0', label, u8::from(item.said.leave_out)]);
                }
            }
            let readable = (0..self.items.len() as u32).filter_map(|i| self.read(ImageId(i)).ok());
            for picture in readable.take(3) {
                picture.data.iter().for_each(|v| hash.write_u8((v * 255.0).round() as u8));
            }
            format!("{:016x}", hash.finish())
        })
    }
}
