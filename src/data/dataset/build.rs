//! A data set from its images.

use super::model::{Class, Dataset, Item, Layout, Split, SplitRule};
use crate::{config::ValueWindow, error::Warning};
use std::{path::PathBuf, sync::OnceLock};

impl Dataset {
    /// A set made of images that are there already (synthetic ones, say). [`Item::given_split`] is honoured; where no image
    /// has one, a seeded split is made (3 in 10 normal images test, seed 0).
    pub fn from_items(root: PathBuf, layout: Layout, why: String, classes: Vec<Class>, items: Vec<Item>) -> Self {
        let has_own_classes = !classes.is_empty();
        let mut set = Self {
            place: root.clone(),
            root,
            layout,
            why,
            classes,
            items,
            skipped: Vec::new(),
            warnings: Vec::new(),
            duplicates: Vec::new(),
            suggested: Vec::new(),
            tables: Vec::new(),
            dicom_windows: None,
            window: ValueWindow::Auto,
            depth: None,
            metadata: Default::default(),
            curation: Default::default(),
            has_own_classes,
            split_rule: SplitRule { test_fraction: 0.3, seed: 0 },
            notes: Vec::new(),
            split_notes: Vec::new(),
            pairs: Vec::new(),
            twins: Vec::new(),
            outlined: Default::default(),
            examined: None,
            fingerprint: OnceLock::new(),
            fitted: Default::default(),
        };
        set.refresh();
        set
    }

    /// Looks for duplicates that a split of ours has to keep together; nothing where the set has a split of its own.
    pub(in crate::data) fn find_twins(&mut self) {
        let has_split = self.items.iter().any(|i| matches!(i.given_split, Some(Split::Val | Split::Test)));
        if !has_split && !self.classes.is_empty() {
            self.twins = self.known_duplicates();
        }
    }

    /// Reassigns splits and regenerates warnings.
    pub(in crate::data) fn refresh(&mut self) {
        self.split_notes = self.assign_splits();
        self.refresh_warnings();
    }

    /// Regenerates warnings and the suggested normal classes; the split stays.
    pub(super) fn refresh_warnings(&mut self) {
        self.suggested = if self.normal_name().is_none() { self.suggestion() } else { Vec::new() };
        let more = self.leaks().into_iter().chain(self.duplicate_warnings());
        let more = more.chain(self.curation_warning()).chain(self.classes_apart()).map(Warning::from);
        let notes = self.notes.iter().chain(&self.split_notes).cloned();
        self.warnings = notes.chain(more).chain(self.outlined_normals()).collect();
    }
}
