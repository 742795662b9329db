//! Which data set a model or a run belongs to.

use crate::data::{Dataset, ImageId};
use fnv::FnvHasher;
use std::hash::Hasher;

/// Which data set this is, from the names and sizes of all its images and the pixels of a few: to notice that a model was
/// trained on another one. The same wherever the set lies and however it is split.
pub fn fingerprint(data: &Dataset) -> String {
    // FNV-1a: stable over platforms and versions, unlike the standard hasher.
    let mut hash = FnvHasher::default();
    for item in &data.items {
        hash.write(item.name.as_bytes());
        item.size.iter().for_each(|side| hash.write(&side.to_le_bytes()));
    }
    let readable = (0..data.items.len() as u32).filter_map(|i| data.read(ImageId(i)).ok());
    for picture in readable.take(3) {
        picture.data.iter().for_each(|v| hash.write_u8((v * 255.0).round() as u8));
    }
    format!("{:016x}", hash.finish())
}
