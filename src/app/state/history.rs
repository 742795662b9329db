//! Undo and redo: each change is kept as the edit that takes it back and the one that makes it again.

use super::{OwnTag, SavedView, TrainState};
use crate::{data::Curation, engine::runs::actions::RunAction, scores::ImageReview};
use std::{path::PathBuf, sync::Arc};

/// Changes that are remembered.
const KEPT: usize = 200;

/// What can be taken back, and made again.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// The whole training form becomes this.
    Form(Box<TrainState>),
    /// What is noted about the images of these names, in this file of scores, becomes this.
    Review {
        /// The file of scores that these are notes of.
        file: PathBuf,
        /// By the names of the images.
        reviews: Vec<(String, ImageReview)>,
    },
    /// What was said of the images of the data set at this path becomes this.
    Curation {
        /// Its path.
        data: PathBuf,
        /// What is said of all its images.
        curation: Arc<Curation>,
    },
    /// The normal classes of the data set at this path become these; with none, it is asked again.
    Normal {
        /// Its path.
        data: PathBuf,
        /// Empty: nobody has said it.
        names: Vec<String>,
    },
    /// The person's tags become these.
    Tags(Vec<OwnTag>),
    /// The saved views become these.
    Views(Vec<SavedView>),
    /// Something done from the list of runs, or its opposite.
    Run(RunAction),
}

/// One step of undo and redo.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// What was changed, as in "Undo: Steps".
    pub what: String,
    /// Takes it back.
    pub undo: Edit,
    /// Makes it again.
    pub redo: Edit,
    merges: bool,
}

impl HistoryEntry {
    /// One of its own, merged with no other.
    pub fn new(what: impl Into<String>, undo: Edit, redo: Edit) -> Self {
        Self { what: what.into(), undo, redo, merges: false }
    }

    /// One change together with the one before it where that was of the same thing: typed letters, a drag.
    pub fn merging(self) -> Self {
        Self { merges: true, ..self }
    }
}

/// What was changed in this session, up to 200 steps; a new change forgets what was undone.
#[derive(Debug, Default)]
pub struct History {
    done: Vec<HistoryEntry>,
    undone: Vec<HistoryEntry>,
    /// A change is being taken back or made again: what that does is no new change.
    replaying: Option<Replay>,
    /// The last change is complete: the next one is not merged with it.
    sealed: bool,
}

#[derive(Debug, Clone, Copy)]
enum Replay {
    Undo,
    Redo,
}

impl History {
    /// Remembers a change that was just made.
    pub fn note(&mut self, change: HistoryEntry) {
        if self.replaying.is_some() || change.undo == change.redo {
            return;
        }
        self.undone.clear();
        let sealed = std::mem::take(&mut self.sealed);
        match self.done.last_mut().filter(|last| !sealed && change.merges && last.merges && last.what == change.what) {
            Some(last) => {
                last.redo = change.redo;
                // On and off again is no change.
                self.done.pop_if(|last| last.undo == last.redo);
            }
            None => self.done.push(change),
        }
        if self.done.len() > KEPT {
            self.done.remove(0);
        }
    }

    /// Remembers a change whose answer came late: where that is already there, made again, only the way back is new.
    pub fn note_again(&mut self, change: HistoryEntry) {
        match self.done.iter().rposition(|c| c.redo == change.redo) {
            Some(at) => {
                self.done.remove(at);
                self.done.push(change);
            }
            None => self.note(change),
        }
    }

    /// The next change is one of its own, even where it is of the same thing.
    pub fn seal(&mut self) {
        self.sealed = true;
    }

    /// What is being replayed cannot be done now: it can be tried again.
    pub fn refuse(&mut self) {
        match self.replaying.take() {
            Some(Replay::Undo) => self.done.extend(self.undone.pop()),
            Some(Replay::Redo) => self.undone.extend(self.done.pop()),
            None => {}
        }
    }

    /// What Ctrl+Z would take back.
    pub fn next_undo(&self) -> Option<&str> {
        self.done.last().map(|c| c.what.as_str())
    }

    /// What Ctrl+Shift+Z would make again.
    pub fn next_redo(&self) -> Option<&str> {
        self.undone.last().map(|c| c.what.as_str())
    }

    /// Moves one change from done to undone; its undo is to be carried out between this and [`end`](Self::end).
    pub fn begin_undo(&mut self) -> Option<Edit> {
        let change = self.done.pop()?;
        let undo = change.undo.clone();
        self.undone.push(change);
        self.replaying = Some(Replay::Undo);
        Some(undo)
    }

    /// The other way round.
    pub fn begin_redo(&mut self) -> Option<Edit> {
        let change = self.undone.pop()?;
        let redo = change.redo.clone();
        self.done.push(change);
        self.replaying = Some(Replay::Redo);
        Some(redo)
    }

    /// Returns whether it could be done.
    pub fn end(&mut self) -> bool {
        self.replaying.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Edit {
        let mut form = TrainState::default();
        form.set("ddpm.steps", text.into());
        Edit::Form(Box::new(form))
    }

    fn typed(text: &str, before: &str) -> HistoryEntry {
        HistoryEntry::new("Steps", steps(before), steps(text)).merging()
    }

    #[test]
    fn a_complete_change_is_not_merged_with_the_next_and_on_and_off_is_none() {
        let mut history = History::default();
        history.note(typed("200", "100"));
        history.seal();
        history.note(typed("300", "200"));
        assert_eq!(history.begin_undo(), Some(steps("200")));
        history.end();
        history.note(typed("300", "200"));
        history.note(typed("200", "300"));
        assert_eq!(history.begin_undo(), Some(steps("100")), "there and back");
        history.refuse();
        assert_eq!(
            (history.next_undo(), history.next_redo()),
            (Some("Steps"), None),
            "what could not be done can be tried again"
        );
    }

    #[test]
    fn typed_letters_are_one_change_and_a_new_change_forgets_what_was_undone() {
        let mut history = History::default();
        history.note(typed("1", ""));
        history.note(typed("12", "1"));
        assert_eq!(history.begin_undo(), Some(steps("")));
        history.note(typed("x", "y"));
        history.end();
        assert_eq!((history.next_undo(), history.next_redo()), (None, Some("Steps")), "a replay is no change");
        assert_eq!(history.begin_redo(), Some(steps("12")));
        history.end();
        assert!(history.begin_undo().is_some());
        history.end();
        history.note(typed("3", ""));
        assert_eq!(history.next_redo(), None);
    }
}
