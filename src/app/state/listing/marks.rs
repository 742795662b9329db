//! Which entries of a list are selected together: images of the grid, rows of the gallery.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

/// How several entries are selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark<T> {
    /// All that the filter shows.
    All,
    /// With this one, or without it.
    Toggle(T),
    /// All from where the selection began up to this one.
    To(T),
    /// Several at once, as a box round them selects them.
    These {
        /// In the order of the list.
        entries: Vec<T>,
        /// To those that are selected; else they alone are.
        adds: bool,
    },
}

/// Entries that are selected together; none: the selected one alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks<T> {
    marked: Arc<BTreeSet<T>>,
    /// Where a range begins.
    anchor: Option<T>,
}

impl<T> Default for Marks<T> {
    fn default() -> Self {
        Self { marked: Arc::default(), anchor: None }
    }
}

impl<T: Copy + Ord + std::hash::Hash> Marks<T> {
    /// Whether these are the very same marks, with no change between.
    pub fn is_unchanged(&self, since: &Self) -> bool {
        Arc::ptr_eq(&self.marked, &since.marked)
    }

    /// Whether the selected one stands alone.
    pub fn is_empty(&self) -> bool {
        self.marked.is_empty()
    }

    /// 0 where the selected one stands alone.
    pub fn len(&self) -> usize {
        self.marked.len()
    }

    /// Whether this one is among them.
    pub fn contains(&self, entry: &T) -> bool {
        self.marked.contains(entry)
    }

    /// In the order of the data set, or of the rows.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.marked.iter()
    }

    /// Changes what is marked among the entries that are shown, in their order; `selected`: the one that was selected alone.
    /// Returns the one to be looked at.
    pub fn mark(&mut self, mark: Mark<T>, shown: &[T], selected: Option<T>) -> Option<T> {
        let place = |entry: T| shown.iter().position(|other| *other == entry);
        match mark {
            Mark::All => {
                self.marked = Arc::new(shown.iter().copied().collect());
                None
            }
            Mark::Toggle(entry) => {
                let alone = self.alone(selected, shown);
                let marked = Arc::make_mut(&mut self.marked);
                if marked.is_empty() {
                    marked.extend(alone);
                    marked.insert(entry);
                } else if !marked.remove(&entry) {
                    marked.insert(entry);
                }
                self.anchor = Some(entry);
                Some(entry)
            }
            Mark::To(entry) => {
                let anchor = *self.anchor.get_or_insert(selected.unwrap_or(entry));
                let to = place(entry)?;
                // What the range began with may be hidden by now.
                let from = place(anchor).unwrap_or(to);
                self.marked = Arc::new(shown[from.min(to)..=from.max(to)].iter().copied().collect());
                Some(entry)
            }
            Mark::These { entries, adds } => {
                let alone = self.alone(selected, shown).filter(|_| adds);
                if !adds {
                    self.clear();
                }
                // Of a long list the end is what the pointer has just been at.
                let (first, last) = (entries.first().copied(), entries.last().copied());
                Arc::make_mut(&mut self.marked).extend(alone.into_iter().chain(entries));
                self.anchor = first;
                last.filter(|_| selected.is_none_or(|selected| !self.contains(&selected)))
            }
        }
    }

    /// The one that was selected alone stays with the next ones.
    fn alone(&self, selected: Option<T>, shown: &[T]) -> Option<T> {
        selected.filter(|selected| self.is_empty() && shown.contains(selected))
    }

    /// Takes all marks away; returns whether there were any.
    pub fn clear(&mut self) -> bool {
        self.anchor = None;
        !std::mem::take(&mut self.marked).is_empty()
    }

    /// What is not shown is not marked.
    pub fn keep_shown(&mut self, shown: &[T]) {
        if !self.marked.is_empty() {
            let shown: HashSet<T> = shown.iter().copied().collect();
            Arc::make_mut(&mut self.marked).retain(|entry| shown.contains(entry));
        }
    }
}
