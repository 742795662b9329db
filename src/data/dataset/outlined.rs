//! Masks of images that are said to be normal.

use super::{
    curation::Label,
    model::{Dataset, ImageId},
};
use crate::{data::text::first_few, error::Warning};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// So many masks of each class are looked at when a set is opened, and so many in all.
const OF_CLASS: usize = 4;
const OF_ALL: usize = 32;

impl Dataset {
    /// Looks at a few masks of each class, or of all images where there are no classes: which of them are not empty.
    pub(in crate::data) fn look_at_masks(&mut self) {
        let mut by_class: BTreeMap<Option<usize>, Vec<ImageId>> = BTreeMap::new();
        for (i, item) in (0..).zip(&self.items).filter(|(_, item)| !item.masks.is_empty()) {
            by_class.entry(item.class).or_default().push(ImageId(i));
        }
        let most = if by_class.len() == 1 { OF_ALL } else { OF_CLASS };
        let some = |ids: Vec<ImageId>| {
            let step = ids.len().div_ceil(most).max(1);
            ids.into_iter().step_by(step)
        };
        let ids: Vec<ImageId> = by_class.into_values().flat_map(some).take(OF_ALL).collect();
        let is_drawn = |&id: &ImageId| self.read_mask(id).ok().flatten().is_some_and(|mask| mask.data.iter().any(|&v| v > 0.0));
        let drawn: Vec<bool> = ids.par_iter().map(is_drawn).collect();
        let names = ids.iter().zip(drawn).filter(|(_, drawn)| *drawn).map(|(id, _)| self.items[id.index()].name.clone());
        self.outlined = Arc::new(names.collect());
    }

    /// That something is marked on images that are normal, or that not all images can be.
    pub(super) fn outlined_normals(&self) -> Option<Warning> {
        let of = |label: Option<Label>| -> BTreeSet<&str> {
            let items = self.used().filter(|item| self.label_of(item) == label);
            items.map(|item| item.name.as_str()).filter(|name| self.outlined.contains(*name)).collect()
        };
        let normal = of(Some(Label::Normal));
        if !normal.is_empty() {
            let text = format!(
                "Masks of normal images are not empty (such as those of {}). They do not count as findings; where those of abnormal \
                 images outline anatomy, too, figures over pixels say nothing.",
                first_few(normal)
            );
            return Some(Warning::new(text, "take such masks out of the folder, or call these images abnormal".into()));
        }
        let unsaid = of(None);
        (self.classes.is_empty() && !unsaid.is_empty()).then(|| {
            let such = first_few(unsaid);
            format!(
                "Masks outline something in some of these images (such as {such}): unless that is anatomy, not all of them are normal."
            )
            .into()
        })
    }
}
