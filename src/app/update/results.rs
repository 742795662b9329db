//! Runs, and the scores of one of them with their one threshold.

use super::{data, dissolve, explanation, jobs, navigation::stepped};
use crate::{
    app::{
        Effect, State, next_step,
        state::{Comparing, GalleryFilter, ResultsState, Scores, Tab, Why},
    },
    config::{DataConfig, ThresholdRule},
    data::ImageId,
    engine::{
        export::{
            curves::{ChangeCurve, CurveExport, Graph},
            results::{Export, Format},
        },
        runs::list::RunEntry,
        runs::score_set::ScoreSet,
    },
    error::Failure,
    run_dir::files,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub fn runs(state: &mut State, runs: Vec<RunEntry>) -> Vec<Effect> {
    state.runs = runs;
    if !std::mem::replace(&mut state.runs_known, true) {
        jobs::offer(state);
    }
    let before = state.dissolve.model().map(|m| m.source.clone());
    dissolve::list_models(state);
    // Another model is in use now, or the first one has come.
    if state.dissolve.model().map(|m| m.source.clone()) == before { Vec::new() } else { dissolve::invalidate(state) }
}

pub fn open_run(state: &mut State, run: PathBuf) -> Vec<Effect> {
    state.notices.retain(|notice| notice.results.as_ref() != Some(&run));
    let r = &mut state.results;
    r.run = Some(run.clone());
    r.scores = Scores::Loading;
    r.row = None;
    r.why = Why { generation: r.why.generation + 1, ..Why::default() };
    r.filter = GalleryFilter::default();
    r.comparison = Comparing::None;
    r.asks_folder = false;
    r.list();
    vec![Effect::LoadScores(run)]
}

/// The demo is open in all workspaces: its images, its model, its scores.
pub fn demo(state: &mut State, demo: Result<(DataConfig, PathBuf), Failure>) -> Vec<Effect> {
    match demo {
        Ok((data, run)) => {
            state.demo = Some(data.path.clone());
            let mut effects = data::open_data(state, data);
            effects.push(Effect::ListRuns);
            effects.extend(open_run(state, run));
            effects
        }
        Err(failure) => {
            state.notify_error(
                format!("The demo could not be opened: {}", failure.summary),
                next_step::words(failure.hint.as_ref()),
            );
            Vec::new()
        }
    }
}

pub fn scores(state: &mut State, run: &Path, scores: Result<Arc<ScoreSet>, Failure>) -> Vec<Effect> {
    if state.results.run.as_deref() != Some(run) {
        return Vec::new();
    }
    match scores {
        Err(failure) => {
            state.results.scores = Scores::Failed(failure);
            Vec::new()
        }
        Ok(set) => {
            let middle = (set.histogram.range[0] + set.histogram.range[1]) / 2.0;
            let r = &mut state.results;
            r.threshold = set.evaluation.threshold.unwrap_or(middle);
            r.rule = set.own_rule();
            r.review = set.review.clone();
            r.lesions = set.lesions.clone();
            let (config, foreign) = (set.data.clone(), set.is_foreign());
            // Outcomes need labels; a ranking does without.
            let labelled = set.evaluation.n_normal + set.evaluation.n_abnormal > 0;
            r.tab = if !labelled || r.tab == Tab::Training { Tab::All } else { r.tab };
            r.scores = Scores::Ready(set);
            r.list();
            // The gallery needs the pictures: its data set is opened where none is, or where a person had just that folder scored.
            let is_open = state.data.open.is_some() || state.data.opening.is_some();
            let shown = state.open().is_some_and(|o| o.config.path == config.path);
            let known = !config.path.as_os_str().is_empty();
            if known && (!is_open || foreign && !shown) { data::open_data(state, config) } else { Vec::new() }
        }
    }
}

pub fn set_threshold(state: &mut State, threshold: f64) -> Vec<Effect> {
    if threshold.is_finite() {
        state.results.threshold = threshold;
        state.results.rule = None;
        state.results.list();
    }
    Vec::new()
}

pub fn set_rule(state: &mut State, rule: ThresholdRule) -> Vec<Effect> {
    let Some(found) = state.results.ready().map(|set| set.threshold(rule)) else { return Vec::new() };
    match found {
        Ok(threshold) => {
            state.results.threshold = threshold;
            state.results.rule = Some(rule);
            state.results.list();
        }
        Err(reason) => state.notify_error(reason, "Choose another rule, or drag the line."),
    }
    Vec::new()
}

/// Changes what the gallery shows.
pub fn relist(state: &mut State, change: impl FnOnce(&mut ResultsState)) -> Vec<Effect> {
    change(&mut state.results);
    state.results.list();
    Vec::new()
}

pub fn export(state: &mut State, what: Export) -> Vec<Effect> {
    let r = &state.results;
    let effect =
        |set: &Arc<ScoreSet>| Effect::Export { what, set: set.clone(), threshold: r.threshold, review: r.review.clone() };
    r.ready().map(effect).into_iter().collect()
}

/// A graph with what it shows now, as a file.
pub fn graph(state: &State, graph: Graph, format: Format) -> Vec<Effect> {
    let curve = match graph {
        Graph::Training(run) => Some(CurveExport::Training(run)),
        Graph::Terms => state.results.ready().zip(state.results.row).map(|(set, row)| CurveExport::Terms(set.clone(), row)),
        Graph::ChangeCurve => state.open().zip(state.selected).map(|(open, id)| {
            let d = &state.dissolve;
            CurveExport::ChangeCurve(ChangeCurve {
                image: open.dataset.item(id).map(|item| item.name.clone()).unwrap_or_default(),
                points: d.change_curve().collect(),
                band: d.band.as_ref().map(|band| band.rows.clone()).unwrap_or_default(),
                folder: state.workspace_dir.join(files::EXPORTS),
            })
        }),
    };
    curve.map(|curve| Effect::Graph { curve, format }).into_iter().collect()
}

pub fn walk(state: &mut State, by: i64) -> Vec<Effect> {
    let compared = match &state.results.comparison {
        Comparing::Ready(compared) => Some(compared),
        _ => None,
    };
    let gallery: &[usize] = compared.map_or(&state.results.shown, |compared| &compared.rows);
    let at = state.results.row.and_then(|row| gallery.iter().position(|r| *r == row));
    let next = stepped(at, by, gallery.len()).and_then(|i| gallery.get(i).copied());
    next.map_or_else(Vec::new, |row| select_row(state, row))
}

pub fn select_row(state: &mut State, row: usize) -> Vec<Effect> {
    state.results.row = Some(row);
    let mut effects = image(state).map_or_else(Vec::new, |id| data::select(state, id));
    effects.extend(explanation::ask(state));
    effects
}

/// The image of the selected row, where its data set is open.
pub fn image(state: &State) -> Option<ImageId> {
    let (set, open) = (state.results.ready()?, state.open()?);
    (open.config.path == set.data.path).then(|| open.by_name.get(&state.results.selected()?.path).copied())?
}
