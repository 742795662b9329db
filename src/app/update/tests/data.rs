//! Opening, understanding otherwise, tables, duplicates and previews, without a window.

use crate::{
    app::{
        AppCommand, DataCommand, Effect, State, TrainCommand,
        message::{Curate, ImageEffect, Texture},
        state::{DataPage, DuplicateSearch, PairCounts, Workspace},
        update::{derived_effects, tests::*, update},
    },
    config::{DataConfig, LabelColumns, PreprocessConfig, Reading, ValueWindow},
    data::{Duplicate, Examination, ImageId, TablePreview},
    engine::preprocess_preview::PreprocessPreview,
    error::Failure,
    jobs::events::{JobEvent, Pick, Picked},
    run_dir::RunKind,
};
use std::sync::Arc;

#[test]
fn several_things_are_parts_of_the_folder_that_holds_them() {
    let mut state = State::default();
    let effects = update(&mut state, DataCommand::OpenSeveral(vec!["/a/b/x".into(), "/a/b/y.png".into()]));
    let [Effect::Load(LoadRequest::Open { config, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((config.path.as_path(), config.only.len()), ("/a/b".as_ref(), 2));
    let effects = update(&mut state, DataCommand::OpenSeveral(vec!["/a/b/x".into(), "/a/c/y".into(), "/a/b".into()]));
    let [Effect::Load(LoadRequest::Open { config, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((config.path.as_path(), config.only[0].as_path()), ("/a".as_ref(), "b/x".as_ref()));
    let effects = update(&mut state, DataCommand::OpenSeveral(vec!["/a/b".into()]));
    assert!(
        matches!(&effects[..], [Effect::Load(LoadRequest::Open { config, .. })] if config.only.is_empty() && config.path.ends_with("b"))
    );
}

#[test]
fn another_reading_forgets_what_was_said_of_the_old_one() {
    let mut state = opened();
    let effects = update(&mut state, DataCommand::Reading(Reading::InnerFolders));
    let [Effect::Load(LoadRequest::Open { config, known: None, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((config.reading, config.normal.len()), (Reading::InnerFolders, 0));
    let effects = update(&mut state, DataCommand::Level(3));
    let [Effect::Load(LoadRequest::Open { config, known: None, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((config.reading, config.level), (Reading::Auto, 3));
}

#[test]
fn another_window_keeps_selection_and_filter_and_shows_other_pixels() {
    let mut state = opened();
    update(&mut state, DataCommand::Select(ImageId(3)));
    let window: ValueWindow = "lung".parse().unwrap();
    let effects = update(&mut state, DataCommand::Window(window.clone()));
    let [Effect::Load(LoadRequest::Open { config, known: None, generation })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((&config.window, config.normal.len()), (&window, 1));
    let (config, generation, dataset) = (config.clone(), *generation, state.open().unwrap().dataset.clone());
    let effects = update(&mut state, JobEvent::Opened { generation, config: *config.clone(), dataset });
    assert!(matches!(&effects[0], Effect::Image(ImageEffect::Source { keep: false, .. })), "{effects:?}");
    assert_eq!((state.selected, state.data.pictures_since), (Some(ImageId(3)), generation));
    assert_eq!(state.open().unwrap().config.window, window);
    let effects = update(&mut state, DataCommand::Level(1));
    assert!(matches!(&effects[..], [Effect::Load(LoadRequest::Open { config, .. })] if config.window == window), "it stays");
}

#[test]
fn a_table_is_mapped_and_used() {
    let mut state = opened();
    let effects = update(&mut state, DataCommand::ChooseColumns(Some("set/x.csv".into())));
    assert!(matches!(&effects[..], [Effect::Load(LoadRequest::Table(_))]));
    let guess = LabelColumns { file: "id".into(), ..LabelColumns::default() };
    let preview = TablePreview { headers: vec!["id".into(), "dx".into()], rows: Vec::new(), total: 0, guess: guess.clone() };
    update(&mut state, JobEvent::Table { path: "other.csv".into(), table: Ok(preview.clone()) });
    assert!(state.data.table.as_ref().unwrap().preview.is_none(), "of another table");
    update(&mut state, JobEvent::Table { path: "set/x.csv".into(), table: Ok(preview) });
    assert_eq!(state.data.table.as_ref().unwrap().columns.file, "id");
    update(&mut state, DataCommand::Columns(LabelColumns { label: "dx".into(), ..guess }));
    let effects = update(&mut state, DataCommand::UseTable);
    let [Effect::Load(LoadRequest::Open { config, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((config.labels.as_deref(), config.columns.label.as_str()), (Some("set/x.csv".as_ref()), "dx"));
    assert!(config.normal.is_empty() && state.data.table.is_none());
}

#[test]
fn a_folder_of_annotations_labels_the_open_images() {
    let mut state = opened();
    let picked = JobEvent::Picked(Pick::Annotations, Picked::Paths(vec!["set/labels".into()]));
    let effects = update(&mut state, picked);
    let [Effect::Load(LoadRequest::Open { config, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((config.labels.as_deref(), &config.columns), (Some("set/labels".as_ref()), &LabelColumns::default()));
    assert!(config.normal.is_empty() && config.path == state.open().unwrap().config.path);
}

#[test]
fn a_table_that_could_not_be_opened_is_mapped_too() {
    let mut state = State::default();
    update(&mut state, DataCommand::Open("set/x.csv".into()));
    let failure = Failure { summary: "no column".into(), hint: None };
    update(&mut state, JobEvent::OpenFailed { generation: 1, path: "set/x.csv".into(), failure });
    update(&mut state, DataCommand::ChooseColumns(Some("set/x.csv".into())));
    let effects = update(&mut state, DataCommand::UseTable);
    assert!(
        matches!(&effects[..], [Effect::Load(LoadRequest::Open { config, .. })] if config.path.ends_with("x.csv") && config.labels.is_none())
    );
}

#[test]
fn the_program_starts_with_what_was_open_last() {
    let mut state = State::default();
    assert!(matches!(update(&mut state, AppCommand::OpenLast)[..], [Effect::Load(LoadRequest::Demo)]), "nothing was");
    let last = DataConfig { path: "set".into(), normal: vec!["good".into()], ..DataConfig::default() };
    state.persisted.recent = vec![last.clone(), DataConfig::default()];
    let effects = update(&mut state, AppCommand::OpenLast);
    assert!(matches!(&effects[..], [Effect::Load(LoadRequest::Open { config, .. })] if **config == last));
}

#[test]
fn recent_data_sets_keep_how_they_were_read_and_can_be_forgotten() {
    let mut state = opened();
    assert_eq!(state.persisted.recent[0].normal, ["good"]);
    update(&mut state, DataCommand::ForgetRecent("set".into()));
    assert!(state.persisted.recent.is_empty());
}

#[test]
fn duplicates_are_looked_for_while_nothing_trains() {
    let mut state = opened();
    let started = |effects: &[Effect]| {
        effects.iter().any(|e| matches!(e, Effect::Background(BackgroundEffect::FindDuplicates { generation: 1, .. })))
    };
    assert!(started(&derived_effects(&mut state)));
    assert!(!started(&derived_effects(&mut state)), "once");
    update(&mut state, TrainCommand::Start(RunKind::Train));
    assert!(derived_effects(&mut state).iter().any(|e| matches!(e, Effect::Background(BackgroundEffect::StopFindingDuplicates))));
    let id = state.jobs[0].id;
    update(&mut state, JobEvent::JobEnded(id, crate::jobs::job::Outcome::Stopped));
    assert!(started(&derived_effects(&mut state)), "again, once the training has ended");
    let pair = Duplicate { first: ImageId(0), second: ImageId(7), exact: true };
    let found = Examination { duplicates: vec![pair], unusable: vec![(ImageId(3), "is cut short".into())], remarks: Vec::new() };
    update(&mut state, JobEvent::Examined { generation: 1, examination: Arc::new(found) });
    assert_eq!(state.data.duplicate_search.found.as_ref().unwrap().duplicates, [pair]);
    assert_eq!(state.data.duplicate_search.used, PairCounts { all: 1, across: 1 });
    for left_out in [true, false] {
        update(&mut state, DataCommand::Curate(vec![ImageId(7)], Curate::LeaveOut(left_out)));
        assert_eq!(state.data.duplicate_search.used.all, usize::from(!left_out));
    }
    assert!(state.data.broken.contains_key(&ImageId(3)) && !started(&derived_effects(&mut state)));
    update(&mut state, DataCommand::Page(DataPage::Duplicates));
    update(&mut state, DataCommand::Open("other".into()));
    let dataset = dataset([None, None]);
    update(&mut state, JobEvent::Opened { generation: 2, config: DataConfig::default(), dataset });
    assert!(state.data.duplicate_search.found.is_none() && state.data.page == DataPage::Images);
    const { assert!(DuplicateSearch::AUTOMATIC >= 1000) };
}

#[test]
fn the_selected_image_is_looked_at_once_and_again_with_other_settings() {
    let mut state = opened();
    let asked = |state: &mut State| {
        let effects = derived_effects(state);
        effects.into_iter().find_map(|e| {
            if let Effect::Background(BackgroundEffect::PreviewPreprocessing(request)) = e {
                Some((request.generation, request.image))
            } else {
                None
            }
        })
    };
    assert_eq!(asked(&mut state), Some((1, ImageId(5))));
    assert_eq!(asked(&mut state), None);
    let config = PreprocessConfig { circle_crop: true, ..PreprocessConfig::default() };
    update(&mut state, DataCommand::Preprocess(config.clone()));
    let strip = state.dissolve.strip;
    assert_eq!(asked(&mut state), Some((2, ImageId(5))));
    assert!(state.dissolve.strip > strip, "what was dissolved is out of date");
    let preview =
        |image| PreprocessPreview { image: ImageId(image), before: pixels(), after: pixels(), outline: None, disc: None };
    let late = JobEvent::PreprocessPreview { generation: 1, preview: Ok(preview(5)) };
    assert!(update(&mut state, late).is_empty() && state.data.preview.done.is_none());
    let effects = update(&mut state, JobEvent::PreprocessPreview { generation: 2, preview: Ok(preview(5)) });
    assert!(matches!(
        &effects[..],
        [Effect::Image(ImageEffect::Upload(Texture::Before, _)), Effect::Image(ImageEffect::Upload(Texture::After, _))]
    ));
    update(&mut state, AppCommand::Undo);
    assert_eq!(state.train.config.preprocess, PreprocessConfig::default());
    assert_eq!(asked(&mut state).map(|(g, _)| g), Some(3));
    update(&mut state, AppCommand::Go(Workspace::Train));
    update(&mut state, DataCommand::Select(ImageId(1)));
    assert_eq!(asked(&mut state), None, "out of view");
    update(&mut state, DataCommand::Preprocess(config.clone()));
    let effects = update(&mut state, TrainCommand::Start(RunKind::Train));
    assert!(matches!(&effects[..], [Effect::Job(JobEffect::Train { config: run, .. })] if run.preprocess == config));
}

/// Opens a data set of the same images at another path.
fn open_at(state: &mut State, path: &str) {
    update(state, DataCommand::Open(path.into()));
    let config = DataConfig { path: path.into(), ..DataConfig::default() };
    let generation = state.data.generation;
    update(state, JobEvent::Opened { generation, config, dataset: dataset([None, None]) });
}

#[test]
fn preprocessing_belongs_to_its_data_set_and_another_is_said() {
    let mut state = opened();
    let crop = PreprocessConfig { circle_crop: true, ..PreprocessConfig::default() };
    update(&mut state, DataCommand::Preprocess(crop.clone()));
    open_at(&mut state, "other");
    assert!(state.train.config.preprocess.is_off());
    let said = &state.notifications.last().unwrap().text;
    assert!(said.starts_with("Preprocessing of other: off.") && said.contains("crop to the disc"), "{said}");
    assert_eq!(state.history.next_undo(), Some("Preprocessing of other"));
    open_at(&mut state, "set");
    assert_eq!(state.train.config.preprocess, crop);
    assert!(
        state.notifications.last().unwrap().text.contains("set, as it was left: crop to the disc"),
        "{:?}",
        state.notifications
    );

    let said = state.notifications.len();
    open_at(&mut state, "set");
    assert_eq!((&state.train.config.preprocess, state.notifications.len()), (&crop, said), "read anew");
    open_at(&mut state, "other");
    update(&mut state, AppCommand::Undo);
    assert_eq!(state.train.config.preprocess, crop, "taken over");
    state.remember();
    let mut next = State::starting(state.persisted.clone(), "work".into(), 2);
    assert!(next.train.config.preprocess.is_off());
    open_at(&mut next, "other");
    assert_eq!((&next.train.config.preprocess, next.notifications.len(), next.history.next_undo()), (&crop, 0, None));
    open_at(&mut next, "third");
    assert!(next.train.config.preprocess.is_off());
}

/// Where the desktop has no file dialog, that is said; a cancel says nothing.
#[test]
fn a_missing_dialog_is_not_silent() {
    let mut state = State::default();
    update(&mut state, JobEvent::Picked(Pick::DataFolder, Picked::Paths(Vec::new())));
    assert!(state.notifications.is_empty());
    update(&mut state, JobEvent::Picked(Pick::DataFolder, Picked::NoDialog));
    assert!(state.notifications[0].hint.contains("type the path") && state.data.paths_asked == 1);
    update(&mut state, JobEvent::Picked(Pick::Model, Picked::NoDialog));
    assert_eq!(state.data.paths_asked, 1, "the field is none for models");
    let effects = update(&mut state, JobEvent::Picked(Pick::DataFolder, Picked::Paths(vec!["/a/b".into(), "/a/c".into()])));
    assert!(
        matches!(&effects[..], [Effect::Load(LoadRequest::Open { config, .. })] if config.only.len() == 2),
        "several are one data set"
    );
}
