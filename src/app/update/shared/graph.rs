//! Graphs with what they show now, as files.

use crate::{
    app::{Effect, State},
    engine::export::{
        curves::{ChangeCurve, CurveExport, Graph},
        results::Format,
    },
    jobs::loader::LoadRequest,
    run_dir::files,
};

/// Saves a graph.
pub fn save(state: &State, graph: Graph, format: Format) -> Vec<Effect> {
    let curve = match graph {
        Graph::Training(run) => Some(CurveExport::Training(run)),
        Graph::Terms => state.results.ready().zip(state.results.row).map(|(set, row)| CurveExport::Terms(set.clone(), row)),
        Graph::ChangeCurve => state.open().zip(state.selected).map(|(open, id)| {
            let d = &state.dissolve;
            CurveExport::ChangeCurve(ChangeCurve {
                image: open.dataset.item(id).map(|item| item.name.clone()).unwrap_or_default(),
                points: d.answers.change_curve().map(|(t, change)| (t, change.all)).collect(),
                floor: d.answers.resizing(),
                band: d.answers.band.as_ref().map(|band| band.rows.clone()).unwrap_or_default(),
                folder: state.workspace_dir.join(files::EXPORTS),
            })
        }),
    };
    curve.map(|curve| Effect::Load(LoadRequest::Graph { curve, format })).into_iter().collect()
}
