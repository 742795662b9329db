//! A data set under what a person has said of its images.

use super::{
    curation::{Curation, Label},
    model::{Class, Dataset, ImageId, Item, Skipped},
    normal::ALL,
};
use crate::{
    data::text::{first_few, images, images_are},
    error::{Error, NextStep, Result, Warning},
};
use std::{
    collections::HashSet,
    path::Path,
    sync::{Arc, OnceLock},
};

impl Dataset {
    /// This data set under what a person has said of its images, in the place of what was said before. Where the set has no classes of
    /// its own, labels make two: `normal` and `abnormal`. Remakes the split where it is ours.
    pub fn curated(&self, curation: Arc<Curation>) -> Self {
        let mut set = self.clone();
        set.fingerprint = OnceLock::new();
        let mut has_other_labels = false;
        for item in &mut set.items {
            let said = curation.get(&item.name);
            has_other_labels |= said.label != item.said.label;
            item.said = said;
        }
        set.curation = curation;
        if has_other_labels {
            if set.is_labelled_by_hand() {
                set.class_by_hand();
            }
            set.refresh();
        } else {
            // What is left out keeps its place, so no image changes sides.
            set.refresh_warnings();
        }
        set
    }

    /// This data set under a table that a person names, which has to be one of these images.
    ///
    /// # Errors
    /// A table that cannot be read, or names none of these images.
    pub(in crate::data) fn curated_by(&self, table: &Path) -> Result<Self> {
        let curation = Curation::read(table)?;
        let set = self.curated(Arc::new(curation));
        if !set.curation.is_empty() && !set.items.iter().any(|item| set.curation.says(&item.name)) {
            return Err(Error::user(
                format!(
                    "{} says nothing of the images of {}: it names {}",
                    table.display(),
                    self.root.display(),
                    first_few(set.curation.names())
                ),
                "name the table that was written for these images",
            ));
        }
        Ok(set)
    }

    /// Every image is of the class [`ALL`].
    fn is_all_one_class(&self) -> bool {
        self.classes.first().is_some_and(|class| class.name == ALL)
    }

    /// Its classes are what a person has said, and nothing else.
    pub fn is_labelled_by_hand(&self) -> bool {
        !self.has_own_classes && !self.is_all_one_class()
    }

    fn class_by_hand(&mut self) {
        let labels = [("normal", Label::Normal), ("abnormal", Label::Abnormal)];
        let is_labelled = self.items.iter().any(|item| item.said.label.is_some());
        self.classes = labels
            .into_iter()
            .filter(|_| is_labelled)
            .map(|(name, label)| Class { name: name.into(), label: Some(label) })
            .collect();
        for item in &mut self.items {
            item.class = item.said.label.map(|said| labels.iter().position(|(_, label)| *label == said).unwrap_or_default());
        }
    }

    /// The image of this name.
    pub fn named(&self, name: &str) -> Option<ImageId> {
        (0u32..).zip(&self.items).find(|(_, item)| item.name == name).map(|(i, _)| ImageId(i))
    }

    /// Number of images that are left out.
    pub fn left_out(&self) -> usize {
        self.items.iter().filter(|item| item.said.leave_out).count()
    }

    /// The images that are used: all but those that are left out.
    pub fn used(&self) -> impl Iterator<Item = &Item> + Clone {
        self.items.iter().filter(|item| !item.said.leave_out)
    }

    /// Whether an image is left out.
    pub fn is_left_out(&self, id: ImageId) -> bool {
        self.item(id).is_some_and(|item| item.said.leave_out)
    }

    /// `3 images are left out and 1 image is labelled by hand.`; `None` where nothing was said of any.
    pub fn curation_summary(&self) -> Option<String> {
        let labelled = self.items.iter().filter(|item| item.said.label.is_some()).count();
        let parts = [(self.left_out(), "left out"), (labelled, "labelled by hand")];
        let parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, how)| format!("{} {how}", images_are(*count))).collect();
        (!parts.is_empty()).then(|| format!("{}.", parts.join(" and ")))
    }

    /// What is there and cannot be used, named; `None` where all can.
    pub fn unusable(&self) -> Option<Warning> {
        let names = first_few(self.skipped.iter().map(Skipped::name));
        let are = if self.skipped.len() == 1 {
            "1 file or row cannot be used".into()
        } else {
            format!("{} files or rows cannot be used", self.skipped.len())
        };
        (!self.skipped.is_empty()).then(|| Warning::new(format!("{are} ({names})."), NextStep::SeeUnusable))
    }

    /// Images that were curated and are not here.
    pub(super) fn curation_warning(&self) -> Option<String> {
        if self.curation.is_empty() {
            return None;
        }
        let known = self.items.iter().filter(|item| self.curation.says(&item.name)).count();
        if known == self.curation.len() {
            return None;
        }
        let names: HashSet<&str> = self.items.iter().map(|item| item.name.as_str()).collect();
        let unknown: Vec<&str> = self.curation.names().filter(|name| !names.contains(name)).collect();
        let are = if unknown.len() == 1 { "is" } else { "are" };
        Some(format!("{} of the table of curation {are} not here: {}.", images(unknown.len()), first_few(unknown)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ImageCuration, Layout, Source, Split};

    /// So many images of each of these classes, or of none.
    fn set(classes: &[&str], each: usize) -> Dataset {
        let names = if classes.is_empty() { &["x"] } else { classes };
        let items = names.iter().enumerate().flat_map(|(class, name)| {
            (0..each).map(move |i| {
                let name = format!("{name}/{i}.png");
                Item { class: Some(class), ..Item::new(name.clone(), Source::File(name.into()), [4, 4]) }
            })
        });
        let items: Vec<Item> = items.map(|item| if classes.is_empty() { Item { class: None, ..item } } else { item }).collect();
        let layout = if classes.is_empty() { Layout::Unlabelled } else { Layout::ClassFolders };
        let classes = classes.iter().map(|name| Class { name: name.to_string(), label: None }).collect();
        Dataset::from_items("root".into(), layout, String::new(), classes, items)
    }

    fn said(of: impl IntoIterator<Item = (String, ImageCuration)>) -> Arc<Curation> {
        let mut curation = Curation::default();
        of.into_iter().for_each(|(name, said)| curation.set(&name, said));
        Arc::new(curation)
    }

    const OUT: ImageCuration = ImageCuration { label: None, leave_out: true };

    fn labelled(label: Label) -> ImageCuration {
        ImageCuration { label: Some(label), leave_out: false }
    }

    fn splits(set: &Dataset) -> Vec<Split> {
        set.items.iter().map(|item| item.split).collect()
    }

    #[test]
    fn what_is_left_out_neither_trains_nor_tests_and_moves_no_other_image() {
        let set = set(&["good", "bad"], 20).with_normal(&["good".into()]).unwrap();
        let curated = set.curated(said((0..10).map(|i| (format!("good/{i}.png"), OUT))));
        assert_eq!(splits(&curated), splits(&set));
        let used = [curated.ids(|_, _| true), curated.training_normals(), curated.scored_by_default()];
        assert!(used.iter().flatten().all(|&id| !curated.is_left_out(id)));
        assert_eq!((used[0].len(), curated.left_out(), curated.used().count()), (30, 10, 30));
        assert_eq!(curated.curation_summary().as_deref(), Some("10 images are left out."));
        assert_ne!(curated.fingerprint(), set.fingerprint());
        let back = curated.curated(Arc::default());
        assert_eq!((splits(&back), back.fingerprint()), (splits(&set), set.fingerprint()));
        assert_eq!(back.curation_summary(), None);
    }

    #[test]
    fn a_label_by_hand_counts_for_its_image_and_moves_hardly_another() {
        let set = set(&["good", "bad"], 40).with_normal(&["good".into()]).unwrap();
        let trains = set.items.iter().find(|item| item.split == Split::Train).unwrap().name.clone();
        let curated = set.curated(said([(trains.clone(), labelled(Label::Abnormal))]));
        let id = curated.named(&trains).unwrap();
        assert_eq!((curated.label(id), curated.item(id).unwrap().split), (Some(Label::Abnormal), Split::Test));
        let moved = splits(&set).iter().zip(splits(&curated)).filter(|(a, b)| *a != b).count();
        assert!(moved <= 2, "{moved} images changed sides");
        // Others, said to be normal, are learnt from and tested on like any.
        let many = set.curated(said((0..40).map(|i| (format!("bad/{i}.png"), labelled(Label::Normal)))));
        let of_bad = many.items.iter().filter(|item| item.class == Some(1));
        let tests = of_bad.filter(|item| item.split == Split::Test).count();
        assert!((4..=20).contains(&tests), "{tests} of 40 in test");
        assert_eq!(splits(&many), splits(&many.curated(many.curation.clone())), "the same again");
    }

    #[test]
    fn labels_by_hand_are_the_classes_of_a_set_without_any() {
        let plain = set(&[], 30);
        let normals = |count: usize| (0..count).map(|i| (format!("x/{i}.png"), labelled(Label::Normal)));
        let some = plain.curated(said(normals(10)));
        assert!(some.require_normal().is_ok());
        let trained: Vec<ImageId> = some.training_normals();
        assert_eq!(trained.len(), 7, "three test, and all without a label");
        let more = plain.curated(said(normals(12).chain([("x/20.png".into(), labelled(Label::Abnormal))])));
        let others = trained.iter().filter(|&&id| more.item(id).unwrap().split != Split::Train).count();
        assert!(others <= 1, "{others} of those that trained do no more");
        assert_eq!(more.classes.len(), 2);
        // Where all are said to be normal, labels say which are not.
        let all = more.with_normal(&[ALL.into()]).unwrap();
        assert_eq!(all.classes.len(), 1);
        assert_eq!(all.items.iter().filter(|item| all.label_of(item) == Some(Label::Abnormal)).count(), 1);
        assert_eq!(all.curated(Arc::default()).classes.len(), 1, "that was said of the set");
        assert!(more.curated(Arc::default()).classes.is_empty());
        assert_eq!(more.with_normal(&["normal".into()]).unwrap().training_normals(), more.training_normals());
    }

    #[test]
    fn images_that_are_not_here_are_told_and_kept() {
        let set = set(&["good"], 3).curated(said([("good/0.png".into(), OUT), ("gone.png".into(), OUT)]));
        assert_eq!((set.left_out(), set.curation.len()), (1, 2));
        let warned = |set: &Dataset| set.warnings.iter().any(|w| w.text.contains("is not here: gone.png"));
        assert!(warned(&set) && warned(&set.with_normal(&["good".into()]).unwrap()));
    }
}
