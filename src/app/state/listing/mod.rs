//! What narrows lists of images down: the grid of Data and the gallery of Results.

mod column_filter;
mod gallery_filter;
mod marks;
mod selection;

pub use column_filter::{ColumnFilter, ColumnTest};
pub use gallery_filter::GalleryFilter;
pub use marks::{Mark, Marks};
pub use selection::Selection;
