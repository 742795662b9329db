//! What the workspace keeps of the window, in a file of its own: tags that the person has made, and views
//! that were saved.

use super::{SavedView, State};
use crate::data::Curation;
use eframe::egui::Key;
use serde::{Deserialize, Serialize};

/// What the workspace keeps of the window.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkspaceSettings {
    /// In the order in which they were made.
    pub tags: Vec<OwnTag>,
    /// Saved views, of Data and of Results.
    pub views: Vec<SavedView>,
}

/// A tag of the person's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnTag {
    /// As [`Curation::tag_name`] has it.
    pub name: String,
    /// A digit or an upper-case letter.
    pub key: Option<char>,
}

impl OwnTag {
    /// Digits and letters that a tag may have, as far as no action has them.
    pub const KEYS: &str = "56789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// Its key on the keyboard.
    pub fn shortcut(&self) -> Option<Key> {
        Key::from_name(&self.key?.to_string())
    }
}

impl WorkspaceSettings {
    /// These settings with one more tag. The error says why its name will not do.
    pub fn with_tag(&self, name: &str, key: Option<char>) -> Result<Self, String> {
        let name = Curation::new_tag(name)?;
        if self.tags.iter().any(|tag| tag.name == name) {
            return Err(format!("There is a tag “{name}”."));
        }
        let mut new = self.clone();
        new.tags.push(OwnTag { name, key });
        Ok(new)
    }
}

impl State {
    /// The person's tags: those that were made, and others that images of the open data set have.
    pub fn own_tags(&self) -> Vec<OwnTag> {
        let mut tags = self.workspace_settings.tags.clone();
        let used = self.open().into_iter().flat_map(|open| open.tags.keys());
        let others: Vec<&String> = used.filter(|name| tags.iter().all(|tag| tag.name != **name)).collect();
        tags.extend(others.into_iter().map(|name| OwnTag { name: name.clone(), key: None }));
        tags
    }
}
