//! Which data set a model or a run belongs to.

use crate::data::{Dataset, ImageId};

/// Which data set this is, from the names and sizes of all its images and the pixels of a few: to notice that a model was
/// trained on another one. The same wherever the set lies and however it is split.
pub fn fingerprint(data: &Dataset) -> String {
    // FNV-1a: stable over platforms and versions, unlike the standard hasher.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for &b in bytes {
            hash = (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for item in &data.items {
        add(item.name.as_bytes());
        item.size.iter().for_each(|side| add(&side.to_le_bytes()));
    }
    let readable = (0..data.items.len() as u32).filter_map(|i| data.read(ImageId(i)).ok());
    for picture in readable.take(3) {
        picture.data.iter().for_each(|v| add(&[(v * 255.0).round() as u8]));
    }
    format!("{hash:016x}")
}
