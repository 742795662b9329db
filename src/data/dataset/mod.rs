//! What a data set is, wherever it came from: images with their classes and splits, and their pixels.

mod array_images;
mod build;
mod curated;
mod curation;
mod duplicates;
mod fingerprint;
mod model;
mod network_pixels_cache;
mod normal;
mod outlined;
mod pixel_store;
mod read;
mod remarks;
mod split;
mod tile_store;

pub use array_images::ArrayImages;
pub use curation::{Curation, ImageCuration, Label};
pub use model::{Class, Dataset, Duplicate, Examination, ImageId, Item, Layout, Skipped, Source, Split, SplitRule};
pub use normal::{ALL, class_key, sounds_normal};
pub use pixel_store::PixelStore;
pub use read::for_each_image;
pub use tile_store::TileSample;
