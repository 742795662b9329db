//! Train, validation and test: the split that a data set has, or a seeded one that keeps patients together.

use super::{
    curation::Label,
    model::{Dataset, Layout, Split},
};
use crate::{
    data::text::{count_of, first_few, images},
    rng,
};
use fnv::FnvHasher;
use rand::{Rng, seq::SliceRandom};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::Hasher,
};

impl Dataset {
    /// Gives each image its split and returns how that was done, where it is worth saying.
    pub(super) fn assign_splits(&mut self) -> Vec<String> {
        let mut notes = Vec::new();
        let given = |split| self.items.iter().any(|i| i.given_split == Some(split));
        let [train, val, test] = Split::ALL.map(given);
        if self.layout == Layout::Unlabelled && !self.classes.iter().any(|c| c.label.is_some()) {
            self.items.iter_mut().for_each(|i| i.split = i.given_split.unwrap_or(Split::Test));
        } else if test || val {
            let unsaid = self.items.iter().filter(|i| i.given_split.is_none()).count();
            if unsaid > 0 {
                notes.push(format!("{} without a split {} to test.", images(unsaid), if unsaid == 1 { "goes" } else { "go" }));
            }
            if !test {
                notes.push("There is a validation split but no test split: validation serves as test.".into());
            }
            for item in &mut self.items {
                item.split = match item.given_split {
                    Some(Split::Val) if !test => Split::Test,
                    split => split.unwrap_or(Split::Test),
                };
            }
        } else {
            if train {
                notes.push("There is a train split but nothing to test on, so a split is made as if there were none.".into());
            }
            notes.push(self.make_split());
        }
        notes
    }

    /// All images of a patient with an abnormal or unlabelled image go to test, as only normal images train; of the other
    /// patients, as many as bring the normal test images to their share.
    fn make_split(&mut self) -> String {
        let by_patient = self.items.iter().any(|i| i.patient.is_some());
        let known = self.classes.iter().any(|c| c.label.is_some());
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (i, item) in self.items.iter().enumerate() {
            // An image without a patient stands for itself; the NUL keeps its name apart from patients' names.
            groups.entry(item.patient.clone().unwrap_or_else(|| format!("\0{}", item.name))).or_default().push(i);
        }
        // As the data set itself says: what a person says moves the images it is said of, and hardly another. Those that are left
        // out keep their place, and move none.
        let given = |i: usize| match self.items[i].class {
            Some(class) if !self.is_labelled_by_hand() => !known || self.classes[class].label == Some(Label::Normal),
            _ => false,
        };
        let normal = |i: usize| self.items[i].said.label.map_or(given(i), |label| label == Label::Normal);
        let normals = (0..self.items.len()).filter(|&i| normal(i)).count();
        let wanted = (normals as f64 * self.split_rule.test_fraction).round() as usize;
        let groups: Vec<Vec<usize>> = groups.into_values().collect();
        let apart = |groups: Vec<Vec<usize>>| -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
            groups.into_iter().partition(|group| group.iter().all(|&i| given(i)))
        };
        let size = |groups: &[Vec<usize>]| groups.iter().map(Vec::len).sum::<usize>();
        let largest = |groups: &[Vec<usize>]| groups.iter().map(Vec::len).max().unwrap_or(0);
        let (without, with) = (apart(groups.clone()), apart(self.with_twins(groups)));
        // Images that are alike by nature (slices, frames) join into chains, which would leave nothing to train or to test on.
        let left = size(&with.0);
        let has_chains = 2 * left < size(&without.0) || largest(&with.0) > largest(&without.0).max(left.div_ceil(2));
        let (mut free, others) = if has_chains { without } else { with };
        free.shuffle(&mut rng::stream(self.split_rule.seed, "split", 0));
        let (free, mixed) = self.in_order_of_labels(free, others, normal);
        let mut in_test = mixed.iter().flatten().filter(|&&i| normal(i)).count();
        self.items.iter_mut().for_each(|item| item.split = Split::Test);
        let last = free.len().saturating_sub(1);
        let mut trains = Vec::new();
        for (n, group) in free.into_iter().enumerate() {
            // Not much more than wanted goes to test; the last group trains in any case: without one there is nothing to learn from.
            if in_test < wanted && n < last && group.len() <= 2 * (wanted - in_test) {
                in_test += group.len();
            } else {
                trains.push(group);
            }
        }
        // Where all groups are larger than what is wanted, the smallest has to do.
        if in_test == 0 && wanted > 0 && trains.len() > 1 {
            let smallest = (0..trains.len()).min_by_key(|&n| trains[n].len());
            smallest.map(|n| trains.remove(n));
        }
        trains.into_iter().flatten().for_each(|i| self.items[i].split = Split::Train);
        let kept = [(by_patient, "patient"), (!self.twins.is_empty() && !has_chains, "duplicate")];
        let kept: Vec<&str> = kept.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
        let whose = if kept.is_empty() { String::new() } else { format!(", no {} on both sides", kept.join(" or ")) };
        let abnormal = if known { "all abnormal images and " } else { "" };
        let then = if known { "" } else { "; once the normal class is known, all others go to test" };
        format!(
            "No split is given: {abnormal}{:.0} % of the {}images are set aside for test, the rest trains (seed {}{whose}){then}.",
            self.split_rule.test_fraction * 100.0,
            if known { "normal " } else { "" },
            self.split_rule.seed
        )
    }

    /// Groups of normal images in the order in which they are given to test, and all other groups. Of `free`, which the data set
    /// says are normal and have their order, and of `others`: those whose images are `normal` since a person has said so have a
    /// place of their own among them, whatever else is said.
    fn in_order_of_labels(
        &self,
        free: Vec<Vec<usize>>,
        others: Vec<Vec<usize>>,
        normal: impl Fn(usize) -> bool,
    ) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        let count = free.len() as f64;
        let mut places: Vec<(f64, Vec<usize>)> =
            free.into_iter().enumerate().map(|(n, group)| ((n as f64 + 0.5) / count, group)).collect();
        places.extend(others.into_iter().map(|group| {
            let mut name = FnvHasher::default();
            group.iter().for_each(|&i| name.write(self.items[i].name.as_bytes()));
            (rng::stream(self.split_rule.seed, "split by hand", name.finish()).random(), group)
        }));
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        places.into_iter().map(|(_, group)| group).partition(|group| group.iter().all(|&i| normal(i)))
    }

    /// Groups that hold duplicates of one another become one.
    fn with_twins(&self, groups: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
        let mut group_of = vec![0; self.items.len()];
        groups.iter().enumerate().for_each(|(g, members)| members.iter().for_each(|&i| group_of[i] = g));
        // The group that each was joined to, itself at the end of the way.
        let mut joined: Vec<usize> = (0..groups.len()).collect();
        let root = |joined: &[usize], mut g: usize| {
            while joined[g] != g {
                g = joined[g];
            }
            g
        };
        for twin in &self.twins {
            let [a, b] = [twin.first, twin.second].map(|id| root(&joined, group_of[id.index()]));
            joined[a.max(b)] = a.min(b);
        }
        let mut merged: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (g, members) in groups.into_iter().enumerate() {
            merged.entry(root(&joined, g)).or_default().extend(members);
        }
        merged.into_values().collect()
    }

    /// That train and test, as the data set has them, share no class, or that nothing to test on is normal.
    pub(super) fn classes_apart(&self) -> Option<String> {
        let of = |split: Split| -> BTreeSet<usize> {
            self.used().filter(|item| item.given_split == Some(split)).filter_map(|item| item.class).collect()
        };
        let [train, test] = [Split::Train, Split::Test].map(of);
        if train.is_empty() || test.is_empty() {
            return None;
        }
        let names = |classes: &BTreeSet<usize>| first_few(classes.iter().map(|&class| &self.classes[class].name));
        if train.is_disjoint(&test) {
            let [train, test] = [&train, &test].map(names);
            return Some(format!(
                "Train and test have no class in common (train: {train}; test: {test}). Where these are other words for the same, nothing \
                 is measured rightly: give both the same words."
            ));
        }
        let is_normal = |&class: &usize| self.classes[class].label == Some(Label::Normal);
        let lacks = train.iter().any(is_normal) && !test.iter().any(is_normal);
        lacks.then(|| format!("No image of the test split is normal (its classes: {}).", names(&test)))
    }

    /// Patients on both sides of the split.
    pub(super) fn leaks(&self) -> Option<String> {
        let mut sides: BTreeMap<&str, BTreeSet<Split>> = BTreeMap::new();
        for item in self.used() {
            if let Some(patient) = &item.patient {
                sides.entry(patient).or_default().insert(item.split);
            }
        }
        let both: Vec<&str> = sides
            .into_iter()
            .filter(|(_, splits)| splits.contains(&Split::Train) && splits.contains(&Split::Test))
            .map(|(patient, _)| patient)
            .collect();
        (!both.is_empty()).then(|| {
            let count = format!("{} {}", count_of(both.len(), "patient"), if both.len() == 1 { "is" } else { "are" });
            format!("Leak: {count} in train and in test ({}), which flatters every figure.", first_few(both.iter().copied()))
        })
    }
}
