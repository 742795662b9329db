//! Which classes are normal.

use super::{
    curation::Label,
    model::{Class, Dataset},
};
use crate::{
    data::text::{cut_list, first_few, fold, thousands},
    error::{Error, NextStep, Result},
};

/// Names that sound normal, the surest first: offered, never taken by themselves.
#[rustfmt::skip]
const SOUNDS_NORMAL: &[&str] = &[
    "normal", "norm", "good", "healthy", "ok", "non covid", "noncovid", "no dr", "nodr", "control", "controls", "negative", "no finding",
    "no findings", "nofinding", "no tumor", "notumor", "no annotation", "unauffällig", "gesund", "ohne befund", "sano", "sain", "normale", "正常", "정상", "норма",
];

/// The first word of a name that may mean normal.
#[rustfmt::skip]
const BEGIN_NORMAL: &[&str] = &[
    "normal", "healthy", "non", "no", "not", "neg", "uninfected", "unremarkable", "clean", "nofracture", "nofractures", "nontumor",
    "nondemented", "nonfractured",
];

/// Those of them that no other word turns into its opposite, as `no` is: several classes that begin with one are all normal.
const SURELY_NORMAL: &[&str] = &["normal", "healthy", "uninfected", "unremarkable"];

/// In the place of a class's name: every image.
pub const ALL: &str = "*";

/// What tells classes apart: neither case nor white space (outer, doubled, or an underscore in its place) nor the way an accent is
/// stored does, as people type and folders are made by hand.
pub fn class_key(name: &str) -> String {
    let folded = fold(name.trim());
    if !folded.contains(|c: char| c == '_' || c.is_whitespace()) {
        return folded;
    }
    let words = folded.split(|c: char| c == '_' || c.is_whitespace()).filter(|word| !word.is_empty());
    let key = words.collect::<Vec<_>>().join(" ");
    if key.is_empty() { folded } else { key }
}

/// Whether a class of this name is one of normal images, by the sound of it.
pub fn sounds_normal(name: &str) -> bool {
    normal_sound(name).is_some()
}

/// Its place among the names that sound so, the surest first.
fn normal_sound(name: &str) -> Option<usize> {
    let name = class_key(name).replace(['_', '-'], " ");
    SOUNDS_NORMAL.iter().position(|sound| *sound == name)
}

impl Dataset {
    /// This data set with these classes normal and all others abnormal; `!name` means every class but that one, `*` every
    /// image of a set without classes. Remakes the split where it is ours.
    ///
    /// # Errors
    /// Where a name is no class, or none is left that is normal; lists the classes with their counts.
    pub fn with_normal(&self, names: &[String]) -> Result<Self> {
        let mut set = self.clone();
        if names.is_empty() {
            return Ok(set);
        }
        // Labels by hand are classes, but `*` is of every image.
        if !set.has_own_classes && (set.classes.is_empty() || names.iter().any(|n| n == ALL)) {
            if names.iter().any(|n| n != ALL) {
                return Err(Error::user(
                    format!("{} has no classes, so none can be called `{}`", self.root.display(), first_few(names)),
                    NextStep::SayWhatIsNormal,
                ));
            }
            set.classes = vec![Class { name: ALL.into(), label: None }];
            set.items.iter_mut().for_each(|i| i.class = Some(0));
        }
        let names = &set.meant(names);
        let mut normal = vec![false; set.classes.len()];
        for name in names {
            match name.strip_prefix('!').filter(|_| self.find_class(name).is_none()) {
                Some(other) => {
                    let except = self.class_named(other)?;
                    normal.iter_mut().enumerate().for_each(|(i, n)| *n |= i != except);
                }
                None if name == ALL => normal.fill(true),
                None => normal[self.class_named(name)?] = true,
            }
        }
        // `!a !b` means neither of them.
        for other in names.iter().filter(|n| self.find_class(n).is_none()).filter_map(|n| n.strip_prefix('!')) {
            if let Some(except) = self.find_class(other) {
                normal[except] = false;
            }
        }
        if !normal.contains(&true) {
            return Err(self.error("no class is left that is normal"));
        }
        for (class, normal) in set.classes.iter_mut().zip(normal) {
            class.label = Some(if normal { Label::Normal } else { Label::Abnormal });
        }
        set.refresh();
        Ok(set)
    }

    /// Makes sure that a class is known to be normal.
    ///
    /// # Errors
    /// Where none is: asks for it, and lists the classes with their counts.
    pub fn require_normal(&self) -> Result<()> {
        if self.classes.iter().any(|c| c.label == Some(Label::Normal)) {
            Ok(())
        } else {
            Err(self.error("which class is normal has to be said"))
        }
    }

    /// Names of the normal classes, joined; `None` where it has to be asked.
    pub fn normal_name(&self) -> Option<String> {
        let names: Vec<&str> = self.classes.iter().filter(|c| c.label == Some(Label::Normal)).map(|c| c.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// `0 (1349), 1 (3883)`, the first twenty of them.
    pub fn class_counts(&self) -> String {
        let mut counts = vec![0usize; self.classes.len()];
        self.items.iter().filter_map(|item| item.class).for_each(|class| counts[class] += 1);
        cut_list(self.classes.iter().zip(counts).map(|(c, n)| format!("{} ({})", c.name, thousands(n))), 20)
    }

    /// Names as they were meant: where a comma divides a name that is no class, its parts are; where parts are none, and joined
    /// by a comma they are one, that is.
    fn meant(&self, names: &[String]) -> Vec<String> {
        let is_class = |name: &str| {
            name == ALL || self.find_class(name).is_some() || name.strip_prefix('!').is_some_and(|n| self.find_class(n).is_some())
        };
        let parts: Vec<&str> = names.iter().flat_map(|name| name.split(',')).collect();
        if !names.iter().any(|name| name.contains(',')) && names.iter().all(|name| is_class(name)) {
            return names.to_vec();
        }
        let mut meant = Vec::new();
        let mut at = 0;
        while at < parts.len() {
            let end = (at + 1..=parts.len()).rev().find(|&end| {
                is_class(&parts[at..end].join(",")) && !(end > at + 1 && parts[at..end].iter().all(|p| is_class(p)))
            });
            let end = end.unwrap_or(at + 1);
            meant.push(parts[at..end].join(","));
            at = end;
        }
        meant
    }

    /// The first class that sounds normal, else one that does by its first word, `no` beside `yes`, `Non Demented`, with all that begin
    /// so where that is sure: `normal-cecum`, `normal-pylorus`.
    pub(super) fn suggestion(&self) -> Vec<String> {
        let first_word = |class: &Class| {
            let key = class_key(&class.name).replace('-', " ");
            // `0.0.Normal` has its place in an order before it.
            let mut words = key.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' ')).split(' ');
            let first = words.next().and_then(|first| BEGIN_NORMAL.iter().find(|word| **word == first));
            first.filter(|_| !words.any(|word| word == "normal"))
        };
        // `Normal` before `Non-COVID`.
        let sounding = self.classes.iter().filter_map(|c| Some((normal_sound(&c.name)?, c))).min_by_key(|(at, _)| *at);
        if let Some((_, class)) = sounding {
            return vec![class.name.clone()];
        }
        let begin = || self.classes.iter().filter_map(|class| Some((first_word(class)?, class)));
        let Some((word, _)) = begin().next() else { return Vec::new() };
        let most = if SURELY_NORMAL.contains(word) { usize::MAX } else { 1 };
        begin().filter(|(first, _)| *first == word).map(|(_, class)| class.name.clone()).take(most).collect()
    }

    fn class_named(&self, name: &str) -> Result<usize> {
        self.find_class(name).ok_or_else(|| self.error(&format!("there is no class `{name}`")))
    }

    /// The class of this name: exactly, else in any case and without outer white space, else as the same number (`0` and
    /// `0.0`).
    pub fn find_class(&self, name: &str) -> Option<usize> {
        let find = |same: &dyn Fn(&str) -> bool| self.classes.iter().position(|c| same(&c.name));
        let (key, number) = (class_key(name), |text: &str| text.trim().parse::<f64>().ok());
        find(&|c| c == name)
            .or_else(|| find(&|c| class_key(c) == key))
            .or_else(|| find(&|c| number(c).is_some() && number(c) == number(name)))
    }

    fn error(&self, what: &str) -> Error {
        if self.classes.is_empty() {
            return Error::user(format!("{what}, and {} has no classes", self.root.display()), NextStep::SayWhatIsNormal);
        }
        // Any other may be what is to be found.
        let offer = Some(self.suggestion().join(",")).filter(|names| !names.is_empty()).unwrap_or_else(|| "NAME".into());
        Error::user(
            format!("{what}; the classes of {} are {}", self.root.display(), self.class_counts()),
            NextStep::NameNormal { such_as: offer },
        )
    }
}
