//! Data sets: what a path holds, which images are normal, and their pixels.
//!
//! [`Dataset::open`] looks at a path without decoding the pictures (file types and headers only), [`Dataset::with_normal`]
//! says which classes are normal, [`Dataset::examine`] decodes each picture once to find what is broken or there twice, and
//! [`PixelStore`] keeps the pixels that the networks see. Nothing here ever writes.
//!
//! | room | what it holds | may use |
//! |---|---|---|
//! | `text` | counts, lists and paths as people read them | nothing |
//! | `metadata` | what tables say of images beside class and split | nothing |
//! | `pixels` | one picture: its pixels, resizing, preprocessing | nothing |
//! | `decode` | files to pixels, by their content | `pixels` |
//! | `dataset` | images, classes, splits, duplicates, pixel batches | `text metadata pixels decode` |
//! | `layout` | how a path is understood: files, folders, tables, archives | all of the above |
#![warn(missing_docs)]

mod dataset;
mod decode;
mod layout;
mod metadata;
mod pixels;
mod text;

pub use dataset::{
    ALL, ArrayImages, Class, Curation, Dataset, Duplicate, Examination, ImageCuration, ImageId, Item, Label, Layout, PixelStore,
    Skipped, Source, Split, SplitRule, TileSample, for_each_image,
};
pub use decode::{PICTURE_ENDINGS, read_picture};
pub use layout::{TABLE_ENDINGS, TablePreview};
pub use metadata::{ColumnKind, Metadata, MetadataColumn};
pub use pixels::{
    CONTENT_RULE, MAX_PIXELS, Picture, Pixels, Preprocess, TileBlend, TileGrid, content, cut, gaussian_blur, has_content,
    has_surround, is_blank, resize_bilinear, visibility,
};
