//! Graphs with what they show now, as files.

use crate::{
    app::{Effect, State},
    engine::export::{
        curves::{Drawn, Energy, Graph},
        results::Format,
    },
    jobs::loader::LoadRequest,
};

/// Saves a graph.
pub fn save(state: &State, graph: Graph, format: Format) -> Vec<Effect> {
    let drawn = match graph {
        Graph::Training(run) => Some(Drawn::Training(run)),
        Graph::Terms => state.results.ready().zip(state.results.row).map(|(set, row)| Drawn::Terms(set.clone(), row)),
        Graph::Energy => state.open().zip(state.selected).map(|(open, id)| {
            let d = &state.dissolve;
            Drawn::Energy(Energy {
                image: open.dataset.item(id).map(|item| item.name.clone()).unwrap_or_default(),
                points: d.energy().collect(),
                band: d.band.as_ref().map(|band| band.rows.clone()).unwrap_or_default(),
                folder: state.workspace_dir.join("exports"),
            })
        }),
    };
    drawn.map(|drawn| Effect::Load(LoadRequest::Graph { drawn, format })).into_iter().collect()
}
