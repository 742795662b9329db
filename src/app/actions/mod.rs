//! The one table of actions. Buttons, the palette (Ctrl+K), the `?` page and the keys are all made from it.

mod commands;
mod permissions;
mod table;

pub use permissions::{
    has_inspector, may_curate, may_embed, may_export_onnx, may_export_weights, may_lay_map, may_plant, may_score, may_show_maps,
    may_train, may_train_kind, may_unlabel, scorable,
};
pub use table::{ACTIONS, Action, Id};

use super::{Command, DataCommand, State, state::OwnTag};
use eframe::egui::KeyboardShortcut;
use table::plain;

/// Digits and letters that a tag of the person's own may have for a key: those that neither an action nor another tag has.
pub fn free_keys(state: &State) -> Vec<char> {
    let is_taken = |key: &KeyboardShortcut| ACTIONS.iter().any(|action| action.key.as_ref() == Some(key));
    let is_free = |key: char| {
        let tag = OwnTag { name: String::new(), key: Some(key) };
        let taken = tag.shortcut().and_then(plain).is_none_or(|key| is_taken(&key));
        !taken && state.workspace_settings.tags.iter().all(|tag| tag.key != Some(key))
    };
    OwnTag::KEYS.chars().filter(|key| is_free(*key)).collect()
}

/// Puts a tag of the person's own on the chosen images; takes it off where all of them have it. The error says why not now.
pub fn own_tag(state: &State, tag: &str) -> Result<Command, &'static str> {
    may_curate(state)?;
    let chosen = state.selection();
    Ok(DataCommand::Tag { images: chosen.images.clone(), tag: tag.to_string(), on: !chosen.tags.contains(tag) }.into())
}

pub fn get(id: Id) -> &'static Action {
    &ACTIONS[id as usize]
}

#[cfg(test)]
mod tests {
    use super::{permissions::has_job, *};

    #[test]
    fn ids_and_keys_are_unique_and_found() {
        for (i, a) in ACTIONS.iter().enumerate() {
            assert_eq!(get(a.id).id, a.id);
            for b in &ACTIONS[i + 1..] {
                assert_ne!(a.id, b.id);
                assert!(a.key.is_none() || a.key != b.key || a.only != b.only, "{} and {} share a key", a.name, b.name);
            }
        }
    }

    #[test]
    fn a_fresh_window_says_why_it_cannot_train_yet() {
        let state = State::default();
        assert!(may_train(&state).unwrap_err().contains("Ctrl+O"));
        assert!(has_job(&state).is_err());
    }
}
