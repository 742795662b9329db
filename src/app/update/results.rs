//! The workspace Results: the scores of one run with their one threshold.

use super::{
    compare_runs, data, dissolve, large_view,
    shared::{embedding, gallery, review},
};
use crate::{
    app::{
        Effect, ResultsCommand, State, actions,
        state::{Comparing, Explanation, GalleryFilter, OpenScores, ScoresStatus, Tab},
    },
    config::{DataConfig, ThresholdRule},
    engine::{
        export::results::{Export, ExportContext},
        runs::{list::ModelSource, score_set::ScoreSet},
    },
    error::Failure,
    jobs::loader::LoadRequest,
    scores::ScoreKind,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub fn execute(state: &mut State, command: ResultsCommand) -> Vec<Effect> {
    match command {
        ResultsCommand::Open(run) => open(state, run),
        ResultsCommand::By(kind) => switch_score(state, kind),
        ResultsCommand::Threshold(threshold) => set_threshold(state, threshold),
        ResultsCommand::Rule(rule) => set_rule(state, rule),
        ResultsCommand::Tab(tab) => gallery::relist(state, |r| r.tab = tab),
        ResultsCommand::Sort(sort) => gallery::relist(state, |r| r.sort = sort),
        ResultsCommand::Filter(filter) => gallery::relist(state, |r| r.filter = filter),
        ResultsCommand::Row(row) => gallery::select_row(state, row),
        ResultsCommand::Mark(mark) => gallery::mark(state, mark),
        ResultsCommand::Tag(tag) => review::tag(state, tag),
        ResultsCommand::Review { file, name, review } => review::replace(state, &file, vec![(name, review)]),
        ResultsCommand::Export(what) => export(state, what),
        ResultsCommand::CompareWith(run) => compare_runs::compare_with(state, run),
        ResultsCommand::AskFolder(open) => {
            state.results.asks_folder = open;
            Vec::new()
        }
        ResultsCommand::ScoreFolder(folder) => compare_runs::score_folder(state, folder),
        ResultsCommand::Plant => compare_runs::plant(state),
        ResultsCommand::Occlude(wanted) => large_view::occlude(state, wanted),
        ResultsCommand::Maps(view) => large_view::view_maps(state, view),
        ResultsCommand::Embedding(on) => embedding::look(state, on),
        ResultsCommand::EmbeddingColours(colours) => {
            state.results.embedding.colours = colours;
            Vec::new()
        }
        ResultsCommand::Curve(curve) => {
            state.results.curve = curve;
            Vec::new()
        }
        ResultsCommand::Within(names) => gallery::relist(state, |r| {
            r.filter.within = Some(Arc::new(names));
            // All outcomes: the line says which images are meant.
            if r.tab != Tab::Training {
                r.tab = Tab::All;
            }
        }),
    }
}

/// Shows the scores of a run, or of one of its files of scores.
pub fn open(state: &mut State, run: PathBuf) -> Vec<Effect> {
    state.notifications.retain(|notification| notification.results.as_ref() != Some(&run));
    let r = &mut state.results;
    r.run = Some(run.clone());
    r.scores = ScoresStatus::Loading;
    r.recalled = None;
    r.row = None;
    r.marked.clear();
    r.explanation = Explanation { generation: r.explanation.generation + 1, ..Explanation::default() };
    // Another run has another model, with a threshold of its own.
    r.map_view.threshold = None;
    // Its results come first, the images it has learnt from are asked for.
    r.tab = if r.tab == Tab::Training { Tab::All } else { r.tab };
    r.filter = GalleryFilter::default();
    r.comparison = Comparing::None;
    r.asks_folder = false;
    r.embedding.forget();
    r.list();
    vec![Effect::Load(LoadRequest::Scores(run, None))]
}

/// Shows the scores that the last session had open; those that have gone since are not missed.
pub fn recall(state: &mut State) -> Vec<Effect> {
    let Some(scores) = state.persisted.scores.clone() else { return Vec::new() };
    let request = LoadRequest::Scores(scores.run.clone(), Some(scores.kind));
    open(state, scores.run.clone());
    state.results.recalled = Some(scores);
    vec![Effect::Load(request)]
}

/// Shows the same images by another score; the selection stays.
fn switch_score(state: &mut State, kind: ScoreKind) -> Vec<Effect> {
    let r = &mut state.results;
    let (Some(run), Some(set)) = (r.run.clone(), r.ready()) else { return Vec::new() };
    if set.kind == kind {
        return Vec::new();
    }
    // The range is one of scores.
    r.filter.range = [None; 2];
    r.comparison = Comparing::None;
    vec![Effect::Load(LoadRequest::Scores(run, Some(kind)))]
}

/// The demo is open in all workspaces: its images, its model, its scores.
pub fn demo(state: &mut State, demo: Result<(DataConfig, PathBuf), Failure>) -> Vec<Effect> {
    match demo {
        Ok((data, run)) => {
            state.demo = Some(data.path.clone());
            let mut effects = data::open_config(state, data);
            effects.push(Effect::Load(LoadRequest::ListRuns));
            // What the last session had open goes before the demo's.
            if state.results.recalled.is_none() {
                effects.extend(open(state, run));
            }
            effects
        }
        Err(failure) => no_demo(state, failure),
    }
}

/// The demo's model is in use once the list of runs has brought it.
pub fn demo_model(state: &mut State, model: Result<ModelSource, Failure>) -> Vec<Effect> {
    match model {
        Ok(model) => {
            let mut effects = dissolve::change(state, |d| d.chosen = Some(model));
            effects.push(Effect::Load(LoadRequest::ListRuns));
            effects
        }
        Err(failure) => no_demo(state, failure),
    }
}

fn no_demo(state: &mut State, Failure { summary, hint }: Failure) -> Vec<Effect> {
    state.notify_failure(Failure { summary: format!("The demo could not be opened: {summary}"), hint });
    Vec::new()
}

pub fn scores(state: &mut State, run: &Path, scores: Result<Arc<ScoreSet>, Failure>) -> Vec<Effect> {
    if state.results.run.as_deref() != Some(run) {
        return Vec::new();
    }
    let recalled = state.results.recalled.take();
    match scores {
        Err(_) if recalled.is_some() => {
            (state.results.run, state.results.scores) = (None, ScoresStatus::None);
            Vec::new()
        }
        Err(failure) => {
            state.results.scores = ScoresStatus::Failed(failure);
            Vec::new()
        }
        Ok(set) => {
            let middle = (set.histogram.range[0] + set.histogram.range[1]) / 2.0;
            let r = &mut state.results;
            r.threshold = set.evaluation.threshold.unwrap_or(middle);
            r.rule = Some(set.own_rule());
            if let Some(seen) = recalled.as_ref().or(state.persisted.seen(run, set.kind)) {
                let threshold = seen.rule.map_or(Some(seen.threshold), |rule| set.threshold(rule).ok());
                (r.threshold, r.rule) = threshold.map_or((r.threshold, r.rule), |threshold| (threshold, seen.rule));
            }
            r.number += 1;
            // Rows have other places.
            r.marked.clear();
            r.review = set.review.clone();
            // The same image, where another score has put it.
            let selected = r.selected().map(|row| row.path.clone());
            r.row = selected.and_then(|path| set.rows.iter().position(|row| row.path == path));
            r.explanation.row = r.explanation.row.and(r.row);
            r.lesions = set.lesions.clone();
            let (config, place, foreign) = (set.data.clone(), set.place.clone(), set.is_foreign());
            let (asked, is_new) = (r.tab, matches!(r.scores, ScoresStatus::Loading));
            r.tab = r.tab.here(&set);
            r.embedding.place(&set);
            r.scores = ScoresStatus::Ready(set);
            // The outcome that was looked at in another run may have no image in this one.
            if is_new {
                r.tab = r.first_with_images();
            }
            let tab = r.tab;
            state.last_view.iter_mut().for_each(|shown| shown.came_with(asked, tab));
            gallery::meet(state);
            let mut effects = embedding::ask(state);
            // The gallery needs the images: its data set is opened where none is, or where a person had just that folder scored.
            let is_open = state.data.open.is_some() || state.data.opening.is_some();
            let shown = state.open().is_some_and(|open| open.dataset.place == place);
            let known = !config.path.as_os_str().is_empty();
            if known && (!is_open || foreign && !shown && recalled.is_none()) {
                effects.extend(data::open_config(state, config));
            }
            // Nor are its images seen by likeness where that cannot come.
            state.results.embedding.on &= actions::may_embed(state).is_ok() || state.data.opening.is_some();
            effects
        }
    }
}

fn set_threshold(state: &mut State, threshold: f64) -> Vec<Effect> {
    if threshold.is_finite() {
        state.results.threshold = threshold;
        state.results.rule = None;
        state.results.list();
        keep_threshold(state);
    }
    Vec::new()
}

/// The threshold that was set is there again whenever these scores are.
fn keep_threshold(state: &mut State) {
    let r = &state.results;
    let Some((run, set)) = r.run.clone().zip(r.ready()) else { return };
    state.persisted.keep_threshold(OpenScores { run, kind: set.kind, threshold: r.threshold, rule: r.rule });
}

fn set_rule(state: &mut State, rule: ThresholdRule) -> Vec<Effect> {
    let Some(found) = state.results.ready().map(|set| set.threshold(rule)) else { return Vec::new() };
    match found {
        Ok(threshold) => {
            state.results.threshold = threshold;
            state.results.rule = Some(rule);
            state.results.list();
            keep_threshold(state);
        }
        Err(reason) => state.notify_error(reason, "Choose another rule, or drag the line."),
    }
    Vec::new()
}

fn export(state: &mut State, what: Export) -> Vec<Effect> {
    let r = &state.results;
    let context = || ExportContext {
        threshold: r.threshold,
        review: r.review.clone(),
        curation: r.images.curation.clone(),
        selected: state.selected_rows(),
    };
    r.ready().map(|set| Effect::Load(LoadRequest::Export { what, set: set.clone(), context: context() })).into_iter().collect()
}
