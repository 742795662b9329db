//! Tags and notes: kept in the state, saved beside the run at once, and undone like settings.

use crate::{
    app::{
        Command, Effect, State,
        state::{Change, data_title},
    },
    scores::{Remark, Tag},
};
use std::path::{Path, PathBuf};

pub fn tag(state: &mut State, tag: Tag) -> Vec<Effect> {
    let Some((set, row)) = state.results.ready().zip(state.results.selected()) else { return Vec::new() };
    let (file, name) = (set.file.clone(), row.path.clone());
    let remark = state.results.remark(&name).toggled(tag);
    self::remark(state, &file, name, remark)
}

pub fn remark(state: &mut State, file: &Path, name: String, remark: Remark) -> Vec<Effect> {
    let Some(set) = state.results.ready().filter(|set| set.file == file).cloned() else {
        let run = file.parent().map(data_title).unwrap_or_default();
        state.notify(format!("That tag belongs to {run}, which is not in view: open it and undo again."));
        state.history.refuse();
        return Vec::new();
    };
    let before = state.results.triage.set(&name, remark.clone());
    if before == remark {
        return Vec::new();
    }
    state.results.list();
    let command = |remark| Command::Remark { file: PathBuf::from(file), name: name.clone(), remark };
    state.history.note(Change::new(format!("Tags and note of {name}"), command(before), command(remark)));
    vec![Effect::SaveTriage { set, triage: state.results.triage.clone() }]
}
