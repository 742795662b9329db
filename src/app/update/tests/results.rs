//! Results without a window: the gallery, tags, a second run, a folder to score.

use super::scored;
use crate::{
    app::{
        AppCommand, DataCommand, Effect, ResultsCommand, State, actions,
        message::{Curate, JobEffect},
        state::{Comparing, GalleryFilter, JobState, Mark, Overlay, ScoresStatus, Sort, Tab, Workspace},
        update::update,
    },
    config::{RunConfig, ThresholdRule},
    data::ImageId,
    engine::{export::results::Export, runs::score_set::ScoreSet},
    error::Failure,
    jobs::{
        events::JobEvent,
        job::{JobId, Outcome},
        loader::LoadRequest,
    },
    scores::{ImageReview, ScoreKind, SyntheticLesions, Tag},
};
use std::sync::Arc;

/// After a restart Results shows what it showed; a run that has gone is not missed.
#[test]
fn scores_that_were_open_are_open_after_a_restart() {
    let mut before = scored();
    update(&mut before, ResultsCommand::Threshold(2.5));
    before.remember();
    let start = |state: &State| {
        let mut next = State::starting(state.persisted.clone(), "work".into(), 2);
        let effects = update(&mut next, AppCommand::OpenLast);
        let scores = effects
            .iter()
            .filter(|e| matches!(e, Effect::Load(LoadRequest::Scores(run, Some(ScoreKind::Dia))) if run.ends_with("run")));
        assert_eq!(scores.count(), 1, "{effects:?}");
        next
    };
    let set = before.results.ready().unwrap().clone();
    let mut next = start(&before);
    update(&mut next, JobEvent::Scores { run: "run".into(), scores: Ok(set.clone()) });
    assert_eq!((next.results.threshold, next.results.rule, next.results.confusion().tp), (2.5, None, 1));
    // A rule is asked anew, as the scores may be others by now.
    update(&mut next, ResultsCommand::Rule(ThresholdRule::Youden));
    next.remember();
    let mut ruled = start(&next);
    update(&mut ruled, JobEvent::Scores { run: "run".into(), scores: Ok(set) });
    assert_eq!((ruled.results.threshold, ruled.results.rule), (next.results.threshold, Some(ThresholdRule::Youden)));

    // Also where another run was looked at in between.
    update(&mut ruled, ResultsCommand::Threshold(2.5));
    update(&mut ruled, ResultsCommand::Open("other".into()));
    update(&mut ruled, ResultsCommand::Open("run".into()));
    update(&mut ruled, JobEvent::Scores { run: "run".into(), scores: Ok(before.results.ready().unwrap().clone()) });
    assert_eq!((ruled.results.threshold, ruled.results.rule), (2.5, None));

    let mut gone = start(&next);
    gone.remember();
    assert!(gone.persisted.scores.is_some(), "they are on their way");
    let failure = Failure { summary: "no run".into(), hint: None };
    update(&mut gone, JobEvent::Scores { run: "run".into(), scores: Err(failure) });
    assert!(matches!(gone.results.scores, ScoresStatus::None) && gone.results.run.is_none() && gone.notifications.is_empty());
    gone.remember();
    assert_eq!(gone.persisted.scores, None);
}

#[test]
fn the_gallery_is_sieved_and_sorted() {
    let mut state = scored();
    update(&mut state, ResultsCommand::Tab(Tab::All));
    assert_eq!(*state.results.shown, [0, 1, 2, 3], "highest first, training images apart");
    update(&mut state, ResultsCommand::Sort(Sort::Lowest));
    assert_eq!(*state.results.shown, [3, 2, 1, 0]);
    update(&mut state, ResultsCommand::Threshold(2.2));
    update(&mut state, ResultsCommand::Sort(Sort::Nearest));
    assert_eq!(state.results.shown[0], 1);
    update(&mut state, ResultsCommand::Sort(Sort::Name));
    update(&mut state, ResultsCommand::Filter(GalleryFilter { range: [Some(0.5), Some(2.5)], ..GalleryFilter::default() }));
    assert_eq!(*state.results.shown, [2, 1]);
    update(&mut state, ResultsCommand::Filter(GalleryFilter { text: "7.P".into(), ..GalleryFilter::default() }));
    assert_eq!(*state.results.shown, [0]);
    update(&mut state, ResultsCommand::Filter(GalleryFilter { classes: ["none".into()].into(), ..GalleryFilter::default() }));
    assert!(state.results.shown.is_empty());
    update(&mut state, ResultsCommand::Filter(GalleryFilter::default()));
    update(&mut state, ResultsCommand::Tab(Tab::Training));
    assert_eq!(*state.results.shown, [4], "the normals questioned");
}

#[test]
fn tags_are_saved_at_once_and_can_be_taken_back() {
    let mut state = scored();
    assert!(update(&mut state, ResultsCommand::Tag(Tag::ImagePoor)).is_empty(), "nothing is selected");
    update(&mut state, ResultsCommand::Row(1));
    let effects = update(&mut state, ResultsCommand::Tag(Tag::ImagePoor));
    let [Effect::Load(LoadRequest::SaveReview { review, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert!(review.get("6.png").unwrap().has(Tag::ImagePoor));
    let filter = GalleryFilter { tag: Some(Tag::ImagePoor), ..GalleryFilter::default() };
    update(&mut state, ResultsCommand::Tab(Tab::All));
    update(&mut state, ResultsCommand::Filter(filter));
    assert_eq!(*state.results.shown, [1]);
    let file = state.results.ready().unwrap().file.clone();
    let noted = state.results.image_review("6.png").with_note("blurred");
    let command = ResultsCommand::Review { file, name: "6.png".into(), review: noted };
    assert_eq!(update(&mut state, command.clone()).len(), 1);
    assert!(update(&mut state, command).is_empty(), "the same is not saved twice");
    assert!(matches!(&update(&mut state, AppCommand::Undo)[..], [Effect::Load(LoadRequest::SaveReview { .. })]));
    assert_eq!(state.results.image_review("6.png").note, "");
    update(&mut state, AppCommand::Undo);
    assert!(state.results.review.is_empty() && state.results.shown.is_empty());
    update(&mut state, AppCommand::Redo);
    assert!(state.results.image_review("6.png").has(Tag::ImagePoor));
    update(&mut state, ResultsCommand::Open("other".into()));
    assert!(update(&mut state, AppCommand::Undo).is_empty() && state.notifications.last().unwrap().text.contains("open it"));
    assert_eq!(state.history.next_undo(), Some("Tags and note of 6.png"), "it can be tried again");
    let elsewhere =
        ResultsCommand::Review { file: "other/scores.csv".into(), name: "6.png".into(), review: ImageReview::default() };
    assert!(update(&mut state, elsewhere).is_empty(), "another run's tags are left alone");
}

#[test]
fn the_gallery_lists_and_exports_own_tags() {
    let mut state = scored();
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, ResultsCommand::Tab(Tab::All));
    update(&mut state, ResultsCommand::Row(1));
    let command = actions::own_tag(&state, "drusen").unwrap();
    update(&mut state, command);
    let filter = GalleryFilter { own_tag: Some("drusen".into()), ..GalleryFilter::default() };
    update(&mut state, ResultsCommand::Filter(filter));
    assert_eq!((&**state.results.shown, state.results.filter.filters()), (&[1][..], 1));
    let effects = update(&mut state, ResultsCommand::Export(Export::Tags));
    let [Effect::Load(LoadRequest::Export { what, set, context })] = &effects[..] else { panic!("{effects:?}") };
    let dir = tempfile::tempdir().unwrap();
    let set = ScoreSet::new(dir.path(), "run".into(), set.config.clone(), set.scores.clone(), None).unwrap();
    let text = std::fs::read_to_string(what.write(&set, context).unwrap()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "path,split,class,label,by,score,predicted,left_out,label_wrong,image_poor,interesting,note,tags");
    assert_eq!((lines[1], lines.len()), ("6.png,test,,0,dia,2,1,0,0,0,0,,drusen", 2));
    update(&mut state, AppCommand::Undo);
    assert_eq!(state.results.filter.own_tag, None, "no image has it any more");
}

#[test]
fn tags_are_counted_on_scored_images_and_each_image_once() {
    let mut state = scored();
    // Two of these were not scored.
    update(&mut state, DataCommand::Tag { images: [1, 2, 6, 7].map(ImageId).to_vec(), tag: "drusen".into(), on: true });
    update(&mut state, DataCommand::Curate(vec![ImageId(4)], Curate::LeaveOut(true)));
    assert_eq!(state.results.tagged(), 2, "what is left out has no tag by that");
    for row in [1, 2] {
        update(&mut state, ResultsCommand::Row(row));
        update(&mut state, ResultsCommand::Tag(Tag::ImagePoor));
    }
    assert_eq!(state.results.tagged(), 3, "an image with tags of both kinds counts once");
}

/// Opens the run, with the threshold of its rule, again from this tab.
fn opened_from(tab: Tab, threshold: f64) -> Tab {
    let mut state = scored();
    update(&mut state, ResultsCommand::Tab(tab));
    let mut scores = state.results.ready().unwrap().scores.clone();
    scores.rows[0].score = threshold;
    let set = ScoreSet::new("other".as_ref(), "other".into(), RunConfig::default(), scores, None).unwrap();
    update(&mut state, ResultsCommand::Open("other".into()));
    update(&mut state, JobEvent::Scores { run: "other".into(), scores: Ok(Arc::new(set)) });
    assert!(!state.results.shown.is_empty());
    state.results.tab
}

#[test]
fn a_run_opens_on_an_outcome_that_has_images() {
    assert_eq!(opened_from(Tab::FalseNegatives, 1.5), Tab::FalseNegatives, "as it was left");
    assert_eq!(opened_from(Tab::FalseNegatives, 0.5), Tab::FalsePositives);
    assert_eq!(opened_from(Tab::FalsePositives, 2.5), Tab::FalseNegatives);
    assert_eq!(opened_from(Tab::TrueNegatives, -1.0), Tab::FalsePositives, "all are called abnormal");
    assert_eq!(opened_from(Tab::Training, 1.5), Tab::All);
}

#[test]
fn what_no_list_shows_is_not_left_out_with_it() {
    let mut state = scored();
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, ResultsCommand::Tab(Tab::All));
    let [first, .., last] = state.results.shown[..] else { panic!("{:?}", state.results.shown) };
    update(&mut state, ResultsCommand::Row(first));
    assert_eq!(state.selected_rows(), [first]);
    update(&mut state, ResultsCommand::Filter(GalleryFilter { range: [None, Some(f64::MIN)], ..GalleryFilter::default() }));
    assert!(state.results.shown.is_empty() && state.selection().images.is_empty());
    assert!((actions::get(actions::Id::LeaveOut).allowed)(&state).is_err());
    // Seen large it is what a command is about.
    update(&mut state, AppCommand::Toggle(Overlay::Picture));
    assert_eq!(state.selected_rows(), [first]);
    update(&mut state, AppCommand::Escape);

    // What the score is surest of: the highest of those called abnormal, the lowest of those called normal.
    update(&mut state, ResultsCommand::Filter(GalleryFilter::default()));
    assert_eq!((state.results.sort, state.results.shown.first()), (Sort::Surest, Some(&first)));
    let threshold = state.results.ready().unwrap().rows[first].score + 1.0;
    update(&mut state, ResultsCommand::Threshold(threshold));
    update(&mut state, ResultsCommand::Tab(Tab::FalseNegatives));
    let of = |row: &usize| state.results.ready().unwrap().rows[*row].score;
    assert!(state.results.shown.is_sorted_by(|a, b| of(a) <= of(b)), "{last}");
}

#[test]
fn several_rows_are_selected_tagged_left_out_and_compared() {
    let mut state = scored();
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, ResultsCommand::Tab(Tab::All));
    update(&mut state, ResultsCommand::Sort(Sort::Lowest));
    assert_eq!(*state.results.shown, [3, 2, 1, 0]);
    update(&mut state, ResultsCommand::Row(2));
    update(&mut state, ResultsCommand::Mark(Mark::To(0)));
    assert_eq!(state.selected_rows(), [2, 1, 0], "in the order of the gallery");
    assert_eq!(state.selection().images, [5, 6, 7].map(ImageId));
    update(&mut state, ResultsCommand::Mark(Mark::Toggle(1)));
    assert_eq!(state.selected_rows(), [2, 0]);

    update(&mut state, ResultsCommand::Tag(Tag::ImagePoor));
    update(&mut state, ResultsCommand::Mark(Mark::Toggle(1)));
    update(&mut state, ResultsCommand::Tag(Tag::ImagePoor));
    assert_eq!(state.results.review.count(Tag::ImagePoor), 3, "those without it get it");
    assert_eq!(state.history.next_undo(), Some("Tags and note of 3 images"));
    update(&mut state, ResultsCommand::Tag(Tag::ImagePoor));
    assert!(state.results.review.is_empty(), "all had it");
    (0..2).for_each(|_| _ = update(&mut state, AppCommand::Undo));
    assert_eq!(state.results.review.count(Tag::ImagePoor), 2, "at once");

    let effects = update(&mut state, ResultsCommand::Export(Export::Selected));
    let [Effect::Load(LoadRequest::Export { what, set, context })] = &effects[..] else { panic!("{effects:?}") };
    let dir = tempfile::tempdir().unwrap();
    let set = ScoreSet::new(dir.path(), "run".into(), set.config.clone(), set.scores.clone(), None).unwrap();
    let text = std::fs::read_to_string(what.write(&set, context).unwrap()).unwrap();
    let paths: Vec<&str> = text.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(paths, ["path", "5.png", "6.png", "7.png"]);

    let act = |state: &mut State, id| {
        let action = actions::get(id);
        assert_eq!((action.allowed)(state), Ok(()), "{}", action.name);
        let command = (action.command)(state);
        update(state, command)
    };
    act(&mut state, actions::Id::LeaveOut);
    assert_eq!(state.open().unwrap().left_out, 3);
    assert_eq!(state.selected_rows().len(), 3, "they are still selected");
    act(&mut state, actions::Id::Compare);
    assert_eq!((state.workspace, state.dissolve.pinned.clone()), (Workspace::Dissolve, [5, 6, 7].map(ImageId).to_vec()));
    assert!(state.dissolve.pinned.contains(&state.selected.unwrap()));

    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, AppCommand::Escape);
    assert!(state.results.marked.is_empty());
    update(&mut state, ResultsCommand::Row(3));
    update(&mut state, AppCommand::Extend(1));
    assert_eq!(state.selected_rows(), [3, 2]);
    act(&mut state, actions::Id::SelectAll);
    update(&mut state, ResultsCommand::Filter(GalleryFilter { text: "7".into(), ..GalleryFilter::default() }));
    assert_eq!(state.selected_rows(), [0], "what is not shown is not selected");
    assert!((actions::get(actions::Id::Compare).allowed)(&state).is_err(), "one is not two");
    update(&mut state, AppCommand::Walk(1));
    assert!(state.results.marked.is_empty(), "a plain arrow selects one again");
}

#[test]
fn a_second_run_is_awaited_and_late_answers_are_dropped() {
    let mut state = scored();
    let effects = update(&mut state, ResultsCommand::CompareWith(Some("other".into())));
    assert!(matches!(&effects[..], [Effect::Load(LoadRequest::Compare { second, .. })] if second.ends_with("other")));
    let failed =
        |path: &str| JobEvent::ComparedRuns { second: path.into(), compared: Err(Failure { summary: "no".into(), hint: None }) };
    update(&mut state, failed("older"));
    assert!(matches!(state.results.comparison, Comparing::Loading(_)));
    update(&mut state, failed("other"));
    assert!(matches!(state.results.comparison, Comparing::Failed(..)));
    update(&mut state, ResultsCommand::CompareWith(None));
    assert!(matches!(state.results.comparison, Comparing::None));
}

#[test]
fn a_folder_is_scored_as_a_job_where_the_encoder_is_there() {
    let mut state = scored();
    assert!(update(&mut state, ResultsCommand::ScoreFolder("new".into())).is_empty());
    assert!(state.notifications[0].hint.contains("encoder is not here"));
    let set = state.results.ready().unwrap();
    let mut with = ScoreSet::new("run".as_ref(), "run".into(), set.config.clone(), set.scores.clone(), None).unwrap();
    with.encoder = Some("encoder".into());
    update(&mut state, ResultsCommand::Open("run".into()));
    update(&mut state, JobEvent::Scores { run: "run".into(), scores: Ok(Arc::new(with)) });
    update(&mut state, ResultsCommand::AskFolder(true));
    let effects = update(&mut state, ResultsCommand::ScoreFolder("new".into()));
    assert!(matches!(&effects[..], [Effect::Job(JobEffect::ScoreFolder { id: JobId(1), .. })]) && !state.results.asks_folder);
    assert_eq!(state.jobs[0].state, JobState::Running);
    let mut in_view = scored();
    update(&mut in_view, AppCommand::Go(Workspace::Results));
    in_view.results.scores = std::mem::replace(&mut state.results.scores, ScoresStatus::Loading);
    in_view.jobs.clone_from(&state.jobs);
    let effects = update(&mut in_view, JobEvent::JobEnded(JobId(1), Outcome::Finished("run/scores-new.csv".into())));
    assert!(
        effects.iter().any(|e| matches!(e, Effect::Load(LoadRequest::Scores(..)))),
        "its run is in view: the folder is awaited"
    );
    assert!((actions::get(actions::Id::FinishEarly).allowed)(&state).is_err(), "half a list is of no use");
    let effects = update(&mut state, JobEvent::JobEnded(JobId(1), Outcome::Finished("run/scores-new.csv".into())));
    assert!(!effects.iter().any(|e| matches!(e, Effect::Load(LoadRequest::Scores(..)))), "the open images and results stay");
    assert_eq!(state.notifications.last().unwrap().results, Some("run/scores-new.csv".into()));
    let effects = update(&mut state, ResultsCommand::Open("run/scores-new.csv".into()));
    assert!(matches!(&effects[..], [Effect::Load(LoadRequest::Scores(path, None))] if path.ends_with("scores-new.csv")));
    assert!(state.notifications.iter().all(|n| n.results.is_none()), "the way was taken");
}

#[test]
fn planted_lesions_are_a_job_and_their_figures_belong_to_one_run() {
    let mut state = scored();
    assert!(update(&mut state, ResultsCommand::Plant).is_empty() && state.notifications[0].hint.contains("encoder is not here"));
    let set = state.results.ready().unwrap();
    let mut with = ScoreSet::new("run".as_ref(), "run".into(), set.config.clone(), set.scores.clone(), None).unwrap();
    with.encoder = Some("encoder".into());
    update(&mut state, ResultsCommand::Open("run".into()));
    update(&mut state, JobEvent::Scores { run: "run".into(), scores: Ok(Arc::new(with)) });
    let effects = update(&mut state, ResultsCommand::Plant);
    assert!(matches!(&effects[..], [Effect::Job(JobEffect::Plant { id: JobId(1), run })] if run.ends_with("run")));
    assert!(update(&mut state, ResultsCommand::Plant).is_empty(), "once is enough");
    assert!((actions::get(actions::Id::FinishEarly).allowed)(&state).is_err());
    let planted = Arc::new(SyntheticLesions { seed: 0, images: 4, of: 4, cells: Vec::new() });
    update(&mut state, JobEvent::SyntheticLesions { run: "other".into(), lesions: planted.clone() });
    assert!(state.results.lesions.is_none());
    update(&mut state, JobEvent::SyntheticLesions { run: "run".into(), lesions: planted });
    let effects = update(&mut state, JobEvent::JobEnded(JobId(1), Outcome::Finished("run".into())));
    assert!(
        !effects.iter().any(|e| matches!(e, Effect::Load(LoadRequest::Scores(..)))),
        "gallery and selection stay as they are"
    );
    assert!(state.results.lesions.is_some());
}

#[test]
fn another_score_leads_where_there_is_one_and_the_selection_stays() {
    let mut state = scored();
    let set = state.results.ready().unwrap();
    assert_eq!((set.kind, &set.kinds[..]), (ScoreKind::Dia, &[ScoreKind::Dia][..]));
    let mut rows = set.scores.clone();
    rows.rows.iter_mut().for_each(|row| row.by[ScoreKind::Lead] = Some(-row.score));
    let read = |kind| {
        let set = ScoreSet::new("run".as_ref(), "run".into(), RunConfig::default(), rows.clone(), kind).unwrap();
        JobEvent::Scores { run: "run".into(), scores: Ok(Arc::new(set)) }
    };
    let led = read(None);
    assert!(ScoreSet::new("run".as_ref(), "r".into(), RunConfig::default(), rows.clone(), Some(ScoreKind::Map)).is_err());
    update(&mut state, led);
    let set = state.results.ready().unwrap();
    assert_eq!(
        (set.kind, set.evaluation.auroc, set.evaluation.by[ScoreKind::Dia].auroc),
        (ScoreKind::Lead, Some(0.25), Some(0.75))
    );
    assert_eq!(set.rows[0].path, "4.png", "the order follows");
    update(&mut state, ResultsCommand::Row(0));
    assert!(update(&mut state, ResultsCommand::By(ScoreKind::Lead)).is_empty(), "it is shown already");
    let effects = update(&mut state, ResultsCommand::By(ScoreKind::Dia));
    assert!(matches!(&effects[..], [Effect::Load(LoadRequest::Scores(_, Some(ScoreKind::Dia)))]));
    let dia = read(Some(ScoreKind::Dia));
    update(&mut state, dia);
    assert_eq!(state.results.selected().map(|row| (row.path.as_str(), row.score)), Some(("4.png", 0.0)));
}
