//! What narrows lists of images down: the grid of Data and the gallery of Results.

mod column_filter;
mod gallery_filter;
mod marks;
mod selection;

pub use column_filter::{ColumnFilter, ColumnTest};
pub use gallery_filter::{GalleryFilter, one_or_several};
pub use marks::{Mark, Marks};
pub use selection::Selection;

use std::collections::BTreeSet;

/// What is chosen after a click on `one`: that alone, or nothing where it was so; a click that `adds` leaves the others as they are.
pub fn clicked<T: Ord + Clone>(chosen: &BTreeSet<T>, one: T, adds: bool) -> BTreeSet<T> {
    let is_off = chosen.contains(&one) && (adds || chosen.len() == 1);
    let mut new = if adds { chosen.clone() } else { BTreeSet::new() };
    _ = if is_off { new.remove(&one) } else { new.insert(one) };
    new
}
