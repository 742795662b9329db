//! Tags and notes: kept in the state, and saved beside the run at once.

use crate::{
    app::{Effect, State},
    scores::{Remark, Tag},
};

pub fn tag(state: &mut State, tag: Tag) -> Vec<Effect> {
    let Some(name) = state.results.selected().map(|row| row.path.clone()) else { return Vec::new() };
    let remark = state.results.remark(&name).toggled(tag);
    self::remark(state, &name, remark)
}

pub fn remark(state: &mut State, name: &str, remark: Remark) -> Vec<Effect> {
    let Some(set) = state.results.ready().cloned() else { return Vec::new() };
    if state.results.remark(name) == remark {
        return Vec::new();
    }
    state.results.triage.set(name, remark);
    state.results.list();
    vec![Effect::SaveTriage { set, triage: state.results.triage.clone() }]
}
