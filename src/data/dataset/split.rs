//! Train, validation and test: the split that a data set has, or a seeded one that keeps patients together.

use super::{
    curation::Label,
    model::{Dataset, Item, Layout, Split},
};
use crate::{
    data::text::{count_of, first_few, images, thousands},
    error::Warning,
    rng,
};
use fnv::FnvHasher;
use rand::{Rng, seq::SliceRandom};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::Hasher,
};

/// What a split of ours keeps on one side, the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Together {
    /// All images of a patient, as a model that has seen some knows the others.
    #[default]
    Patients,
    /// The normal ones among them: what is learnt from has no sisters among the normal images that it is tested on.
    NormalsOfPatients,
    Nothing,
}

/// Which images are normal.
struct Normals {
    /// As the data set itself says.
    given: Vec<bool>,
    /// As a person has said, else as the data set does.
    said: Vec<bool>,
}

/// A split as it could be made.
#[derive(Default)]
struct Division {
    together: Together,
    /// Duplicates are kept together as well.
    twins: bool,
    /// Normal images that have to test, since others with which they are kept together are not normal.
    bound: usize,
    /// All that train; the others test.
    trains: Vec<usize>,
}

impl Dataset {
    /// Gives each image its split and returns how that was done, where it is worth saying.
    pub(super) fn assign_splits(&mut self) -> Vec<Warning> {
        let mut notes: Vec<Warning> = Vec::new();
        let given = |split| self.items.iter().any(|i| i.given_split == Some(split));
        let [train, val, test] = Split::ALL.map(given);
        if self.layout == Layout::Unlabelled && !self.classes.iter().any(|c| c.label.is_some()) {
            self.items.iter_mut().for_each(|i| i.split = i.given_split.unwrap_or(Split::Test));
        } else if test || val {
            let unsaid = self.items.iter().filter(|i| i.given_split.is_none()).count();
            if unsaid > 0 {
                notes.push(
                    format!("{} without a split {} to test.", images(unsaid), if unsaid == 1 { "goes" } else { "go" }).into(),
                );
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

    /// Makes a split of the strictest kind that leaves at least half of what is wanted to train with, and says how.
    fn make_split(&mut self) -> Warning {
        let by_patient = self.items.iter().any(|i| i.patient.is_some());
        let known = self.classes.iter().any(|c| c.label.is_some());
        // As the data set itself says: what a person says moves the images it is said of, and hardly another. Those that are left
        // out keep their place, and move none.
        let given = |item: &Item| match item.class {
            Some(class) if !self.is_labelled_by_hand() => !known || self.classes[class].label == Some(Label::Normal),
            _ => false,
        };
        let given: Vec<bool> = self.items.iter().map(given).collect();
        let said = self.items.iter().zip(&given).map(|(item, given)| item.said.label.map_or(*given, |l| l == Label::Normal));
        let normals = Normals { said: said.collect(), given };
        let count = normals.said.iter().filter(|normal| **normal).count();
        let wanted = (count as f64 * self.split_rule.test_fraction).round() as usize;
        let kinds = [Together::Patients, Together::NormalsOfPatients, Together::Nothing];
        let kinds = &kinds[..if by_patient { 3 } else { 1 }];
        let mut ways = kinds.iter().flat_map(|&kind| [(kind, true), (kind, false)]);
        let (mut division, mut with_whole_patients) = (Division::default(), 0);
        ways.find(|&(together, twins)| {
            let Some(next) = self.divide(together, twins, &normals, wanted) else { return false };
            let trains = next.trains.len();
            if together == Together::Patients {
                with_whole_patients = trains;
            }
            division = next;
            2 * trains >= count - wanted && (together == Together::Patients || trains < count)
        });
        self.items.iter_mut().for_each(|item| item.split = Split::Test);
        division.trains.iter().for_each(|&i| self.items[i].split = Split::Train);

        let Division { together, twins, bound, trains } = division;
        let kept = [(by_patient && together == Together::Patients, "patient"), (twins && !self.twins.is_empty(), "duplicate")];
        let kept: Vec<&str> = kept.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
        let kept = kept.join(" or ");
        let whose = if kept.is_empty() { String::new() } else { format!(", no {kept} on both sides") };
        let (abnormal, then) = match known {
            true => ("all abnormal images and ", ""),
            false => ("", "; once the normal class is known, all others go to test"),
        };
        let those = format!("{}image{}", if known { "normal " } else { "" }, if count == 1 { "" } else { "s" });
        let of = |part: usize| format!("{} of {} {those}", thousands(part), thousands(count));
        let mut text = format!(
            "No split is given: {abnormal}{} are set aside for test ({:.0} % are wanted), the rest trains (seed {}{whose}){then}.",
            of(count - trains.len()),
            self.split_rule.test_fraction * 100.0,
            self.split_rule.seed
        );
        if together != Together::Patients {
            let though = if together == Together::NormalsOfPatients { ", though their normal images stay together" } else { "" };
            text += &format!(" Patients are split{though}: whole ones would leave {} to train with.", of(with_whole_patients));
        } else if bound > wanted {
            text += &format!(" {} are bound to test: images of the same {kept} are not normal.", thousands(bound));
        } else {
            return text.into();
        }
        if by_patient { Warning::new(text, "add normal images of other patients, or say a split".into()) } else { text.into() }
    }

    /// Images that are kept together with an abnormal or unlabelled one go to test, as only normal images train; of the others, as
    /// many as bring the normal test images to what is `wanted`. `None` where duplicates would be kept together and cannot be.
    fn divide(&self, together: Together, twins: bool, normals: &Normals, wanted: usize) -> Option<Division> {
        let mut groups: BTreeMap<(String, bool), Vec<usize>> = BTreeMap::new();
        for (i, item) in self.items.iter().enumerate() {
            // An image without a patient stands for itself; the NUL keeps its name apart from patients' names.
            let patient = item.patient.clone().filter(|_| together != Together::Nothing);
            let whose = patient.unwrap_or_else(|| format!("\0{}", item.name));
            let is_apart = together == Together::NormalsOfPatients && normals.said[i];
            groups.entry((whose, is_apart)).or_default().push(i);
        }
        let groups: Vec<Vec<usize>> = groups.into_values().collect();
        let apart = |groups: Vec<Vec<usize>>| -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
            groups.into_iter().partition(|group| group.iter().all(|&i| normals.given[i]))
        };
        let size = |groups: &[Vec<usize>]| groups.iter().map(Vec::len).sum::<usize>();
        let largest = |groups: &[Vec<usize>]| groups.iter().map(Vec::len).max().unwrap_or(0);
        let (mut free, others) = if twins {
            let (without, with) = (apart(groups.clone()), apart(self.with_twins(groups)));
            // Images that are alike by nature (slices, frames) join into chains, which would leave nothing to train or to test on.
            let left = size(&with.0);
            if 2 * left < size(&without.0) || largest(&with.0) > largest(&without.0).max(left.div_ceil(2)) {
                return None;
            }
            with
        } else {
            apart(groups)
        };
        free.shuffle(&mut rng::stream(self.split_rule.seed, "split", 0));
        let (free, mixed) = self.in_order_of_labels(free, others, |i| normals.said[i]);
        let bound = mixed.iter().flatten().filter(|&&i| normals.said[i]).count();
        let mut in_test = bound;
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
        Some(Division { together, twins, bound, trains: trains.concat() })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Class, Duplicate, ImageId, Source};

    /// So many normal and abnormal images of each of these patients.
    fn set(patients: &[[usize; 2]]) -> Dataset {
        let items = patients.iter().enumerate().flat_map(|(patient, counts)| {
            (0..2).flat_map(move |class| {
                (0..counts[class]).map(move |i| {
                    let name = format!("{patient}/{class}/{i}.png");
                    let item = Item::new(name.clone(), Source::File(name.into()), [4, 4]);
                    Item { class: Some(class), patient: Some(format!("P{patient}")), ..item }
                })
            })
        });
        let class = |name: &str, label| Class { name: name.into(), label: Some(label) };
        let classes = vec![class("ok", Label::Normal), class("ill", Label::Abnormal)];
        Dataset::from_items("root".into(), Layout::LabelsCsv, String::new(), classes, items.collect())
    }

    /// How many of each patient's normal images train.
    fn trains(set: &Dataset) -> BTreeMap<&str, usize> {
        let mut trains = BTreeMap::new();
        for item in set.items.iter().filter(|item| item.split == Split::Train) {
            assert_eq!(item.class, Some(0));
            *trains.entry(item.patient.as_deref().unwrap()).or_default() += 1;
        }
        trains
    }

    #[test]
    fn patients_stay_whole_where_half_of_what_is_wanted_is_left_to_train_with() {
        let set = set(&[[[4, 2]; 5], [[4, 0]; 5]].concat());
        assert_eq!(trains(&set), (5..10).map(|p| (["P5", "P6", "P7", "P8", "P9"][p - 5], 4)).collect());
        let [said] = &set.warnings[..] else { panic!("{:?}", set.warnings) };
        assert!(said.text.contains("all abnormal images and 20 of 40 normal images are set aside for test (30 % are wanted)"));
        assert!(said.text.contains("no patient on both sides") && said.text.contains("20 are bound to test"), "{}", said.text);
        assert!(said.step.is_some());
    }

    #[test]
    fn patients_are_split_where_whole_ones_would_leave_little_to_train_with() {
        let set = set(&[[4, 4]; 8]);
        let trained = trains(&set);
        assert!(trained.len() == 5 && trained.values().all(|&n| n == 4), "normal images of a patient on one side: {trained:?}");
        let [said, leak] = &set.warnings[..] else { panic!("{:?}", set.warnings) };
        assert!(said.text.contains("12 of 32 normal images are set aside for test"), "{}", said.text);
        assert!(said.text.contains("whole ones would leave 0 of 32 normal images to train with") && said.step.is_some());
        assert!(leak.text.contains("5 patients are in train and in test"), "{}", leak.text);
    }

    #[test]
    fn a_patient_with_nearly_all_images_is_on_both_sides() {
        for patients in [&[[20, 3]][..], &[[20, 3], [0, 2]]] {
            let set = set(patients);
            assert_eq!(trains(&set), BTreeMap::from([("P0", 14)]));
            assert!(set.warnings[0].text.contains("6 of 20 normal images") && set.warnings[1].text.contains("Leak: 1 patient"));
        }
        // One image can only train.
        assert_eq!(trains(&set(&[[1, 1]])), BTreeMap::from([("P0", 1)]));
    }

    #[test]
    fn duplicates_are_kept_together_only_where_patients_can_be_as_well() {
        let mut set = set(&[&[[2, 1]; 5][..], &[[2, 0]; 6]].concat());
        let id = |name: &str| set.named(name).unwrap();
        // Three of the six who are normal throughout have an image that one of the others has, too.
        let pairs = [("0/0/0.png", "5/0/0.png"), ("1/0/0.png", "6/0/0.png"), ("2/0/0.png", "7/0/0.png")];
        let twins: Vec<[ImageId; 2]> = pairs.iter().map(|(a, b)| [id(a), id(b)]).collect();
        set.twins = twins.into_iter().map(|[first, second]| Duplicate { first, second, exact: true }).collect();
        set.refresh();
        assert_eq!(trains(&set).into_keys().collect::<Vec<_>>(), ["P10", "P5", "P6", "P7", "P8", "P9"]);
        assert!(!set.warnings.iter().any(|warning| warning.text.contains("Leak")));
    }
}
