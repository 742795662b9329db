//! The images that commands on the selection are about, with what panels say of them.

use crate::data::{Dataset, ImageId};
use std::collections::BTreeSet;

/// They may be many: worked out once for each selection, not at each frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// In the order of the data set or, on Results, of the gallery.
    pub images: Vec<ImageId>,
    /// Tags of the person's own that all of them have.
    pub tags: BTreeSet<String>,
    /// Each one is; false where there are none.
    pub all_left_out: bool,
    /// Some have a label by hand.
    pub any_labelled: bool,
}

impl Selection {
    /// The selection of these images of a data set.
    pub fn new(images: Vec<ImageId>, dataset: &Dataset) -> Self {
        let items = || images.iter().filter_map(|&id| dataset.item(id));
        let of_first = items().next().into_iter().flat_map(|item| dataset.curation.tags(&item.name));
        let mut tags: BTreeSet<String> = of_first.map(String::from).collect();
        for item in items() {
            if tags.is_empty() {
                break;
            }
            tags.retain(|tag| dataset.curation.has_tag(&item.name, tag));
        }
        Self {
            tags,
            all_left_out: !images.is_empty() && items().all(|item| item.said.leave_out),
            any_labelled: items().any(|item| item.said.label.is_some()),
            images,
        }
    }
}
