//! Selecting several images, leaving them out and labelling them, without a window.

use crate::{
    app::{
        AppCommand, DataCommand, Effect, State, TrainCommand,
        actions::{self, Id},
        message::{Curate, JobEffect},
        state::{Filter, Mark, Workspace},
        update::{tests::*, update},
    },
    config::DataConfig,
    data::{Curation, Dataset, Duplicate, Examination, ImageId, Item, Label, Layout, Source, Split},
    jobs::{events::JobEvent, loader::LoadRequest},
    run_dir::RunKind,
};
use proptest::prelude::*;
use std::{path::PathBuf, rc::Rc, sync::Arc};

fn ids(numbers: impl IntoIterator<Item = u32>) -> Vec<ImageId> {
    numbers.into_iter().map(ImageId).collect()
}

fn marked(state: &State) -> Vec<u32> {
    state.data.marked.iter().map(|id| id.0).collect()
}

fn act(state: &mut State, id: Id) -> Vec<Effect> {
    let action = actions::get(id);
    assert_eq!((action.allowed)(state), Ok(()), "{}", action.name);
    let command = (action.command)(state);
    update(state, command)
}

/// The open set of the other tests, with its table in the workspace.
fn curated() -> State {
    let mut state = opened();
    reopen(&mut state, dataset([Some(Label::Normal), Some(Label::Abnormal)]));
    state
}

fn reopen(state: &mut State, dataset: Arc<Dataset>) {
    update(state, DataCommand::Open("set".into()));
    let config = DataConfig { path: "set".into(), curation: Some("work/set.csv".into()), ..DataConfig::default() };
    update(state, JobEvent::Opened { generation: state.data.generation, config, dataset });
}

/// Six images of which nothing is known.
fn unlabelled() -> State {
    let item = |i: usize| Item::new(format!("{i}.png"), Source::File(PathBuf::from(format!("{i}.png"))), [4, 4]);
    let set = Dataset::from_items("set".into(), Layout::Unlabelled, "plain".into(), Vec::new(), (0..6).map(item).collect());
    let mut state = State::default();
    reopen(&mut state, Arc::new(set));
    state
}

#[test]
fn several_images_are_selected_with_pointer_and_keys() {
    let mut state = curated();
    update(&mut state, DataCommand::Select(ImageId(2)));
    assert_eq!(state.selection().images, ids([2]));
    update(&mut state, DataCommand::Mark(Mark::Toggle(ImageId(5))));
    assert_eq!(marked(&state), [2, 5], "the one before stays");
    update(&mut state, DataCommand::Mark(Mark::To(ImageId(3))));
    assert_eq!((marked(&state), state.selected), (vec![3, 4, 5], Some(ImageId(3))), "from the last one that was added");
    update(&mut state, AppCommand::Extend(-2));
    assert_eq!(marked(&state), [1, 2, 3, 4, 5]);
    update(&mut state, AppCommand::Extend(4));
    assert_eq!(marked(&state), [5], "the other way it becomes shorter");
    update(&mut state, DataCommand::Mark(Mark::Toggle(ImageId(5))));
    assert_eq!((marked(&state), state.selection().images.clone()), (vec![], ids([5])));
    act(&mut state, Id::SelectAll);
    assert_eq!(state.selection().images.len(), 8);
    update(&mut state, DataCommand::Filter(Filter { split: Some(Split::Test), ..Filter::default() }));
    assert_eq!(marked(&state), [4, 5, 6, 7], "what is not shown is not selected");
    update(&mut state, AppCommand::Escape);
    assert_eq!(state.selection().images, ids([5]));
    act(&mut state, Id::SelectAll);
    update(&mut state, AppCommand::Walk(1));
    assert_eq!(state.selection().images, ids([6]), "a plain arrow selects one again");
    let these = |entries: [u32; 2], adds| Mark::These { entries: entries.map(ImageId).to_vec(), adds };
    update(&mut state, DataCommand::Mark(these([4, 5], true)));
    assert_eq!((marked(&state), state.selected), (vec![4, 5, 6], Some(ImageId(6))));
    update(&mut state, DataCommand::Mark(these([4, 5], false)));
    assert_eq!((marked(&state), state.selected), (vec![4, 5], Some(ImageId(5))), "the one that is looked at is among them");
    update(&mut state, DataCommand::Mark(Mark::These { entries: Vec::new(), adds: false }));
    assert_eq!(marked(&state), [0; 0]);
}

#[test]
fn what_is_left_out_is_saved_counted_hidden_from_training_and_undone() {
    let mut state = curated();
    let before = state.open().unwrap().training_normals;
    update(&mut state, DataCommand::Select(ImageId(0)));
    update(&mut state, DataCommand::Mark(Mark::To(ImageId(1))));
    let effects = act(&mut state, Id::LeaveOut);
    let [Effect::Load(LoadRequest::SaveCuration { table, curation })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((table.to_str(), curation.names().collect::<Vec<_>>()), (Some("work/set.csv"), vec!["0.png", "1.png"]));
    let open = state.open().unwrap().clone();
    assert_eq!((open.left_out, open.training_normals), (2, before - 1));
    assert_eq!(open.counts.iter().map(|c| c.total()).sum::<usize>(), 6);
    assert_eq!((state.data.shown.len(), marked(&state)), (8, vec![0, 1]), "they are still seen, and selected");
    update(&mut state, DataCommand::Filter(Filter { left_out: true, ..Filter::default() }));
    assert_eq!(*state.data.shown, ids([0, 1]));
    assert_eq!(state.history.next_undo(), Some("Leave out 2 images"));

    // A run takes what is shown, whatever is said later.
    let effects = update(&mut state, TrainCommand::Start(RunKind::Train));
    let [Effect::Job(JobEffect::Train { curation: Some(taken), config, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((taken.len(), config.data.curation.is_some()), (2, true));

    assert!(matches!(&update(&mut state, AppCommand::Undo)[..], [Effect::Load(LoadRequest::SaveCuration { .. })]));
    assert_eq!((state.open().unwrap().left_out, &state.data.filter), (0, &Filter::default()), "no filter shows nothing");
    update(&mut state, AppCommand::Redo);
    assert_eq!(state.open().unwrap().left_out, 2);
    update(&mut state, DataCommand::Select(ImageId(0)));
    act(&mut state, Id::LeaveOut);
    assert_eq!(state.open().unwrap().left_out, 1, "the same key takes back");
}

#[test]
fn labels_by_hand_make_the_classes_of_a_folder_without_any() {
    let mut state = unlabelled();
    assert!(actions::may_train(&state).unwrap_err().contains("whether these images are normal"));
    update(&mut state, DataCommand::Select(ImageId(0)));
    update(&mut state, DataCommand::Mark(Mark::To(ImageId(3))));
    act(&mut state, Id::LabelNormal);
    update(&mut state, DataCommand::Select(ImageId(5)));
    act(&mut state, Id::LabelAbnormal);
    let open = state.open().unwrap().clone();
    assert_eq!(open.dataset.classes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["normal", "abnormal"]);
    assert_eq!((open.by_label.map(|(_, n)| n.total()), open.asks_normal()), ([4, 1, 1], false));
    assert!(open.training_normals > 1 && actions::may_train(&state).is_ok());
    assert_eq!(open.dataset.label(ImageId(5)), Some(Label::Abnormal));
    update(&mut state, DataCommand::Filter(Filter { unlabelled: true, ..Filter::default() }));
    assert_eq!(*state.data.shown, ids([4]));
    update(&mut state, AppCommand::Undo);
    update(&mut state, AppCommand::Undo);
    assert!(state.open().unwrap().dataset.classes.is_empty());
    assert_eq!(state.data.shown.len(), 6);
}

#[test]
fn own_tags_have_keys_are_put_on_images_and_taken_back() {
    let mut state = curated();
    assert_eq!(actions::free_keys(&state).first(), Some(&'5'), "1 to 4 go through the workspaces");
    assert!(!actions::free_keys(&state).contains(&'T'), "an action has it");
    let tags = state.workspace_settings.with_tag(" blur  bad ", Some('5')).unwrap().tags;
    let effects = update(&mut state, DataCommand::Tags(tags));
    let [Effect::Load(LoadRequest::KeepWindow(bytes))] = &effects[..] else { panic!("{effects:?}") };
    assert!(String::from_utf8_lossy(bytes).contains("\"blur bad\""));
    let refused = |name: &str| state.workspace_settings.with_tag(name, None).unwrap_err();
    assert_eq!(refused("blur bad "), "There is a tag “blur bad”.");
    assert!(refused(";").contains("no semicolon") && refused(" ").contains("Type a name"));
    assert!(!actions::free_keys(&state).contains(&'5'));

    update(&mut state, DataCommand::Select(ImageId(0)));
    update(&mut state, DataCommand::Mark(Mark::To(ImageId(1))));
    let toggle = |state: &mut State| {
        let command = actions::own_tag(state, "blur bad").unwrap();
        update(state, command)
    };
    let effects = toggle(&mut state);
    let [Effect::Load(LoadRequest::SaveCuration { curation, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert!(curation.has_tag("0.png", "blur bad") && curation.has_tag("1.png", "blur bad"));
    assert_eq!(state.history.next_undo(), Some("Tag “blur bad” on 2 images"));
    assert_eq!(state.open().unwrap().tags.get("blur bad"), Some(&2));
    update(&mut state, DataCommand::Filter(Filter { tag: Some("blur bad".into()), ..Filter::default() }));
    assert_eq!(*state.data.shown, ids([0, 1]));
    toggle(&mut state);
    assert_eq!((state.data.shown.len(), state.open().unwrap().tags.len()), (8, 0), "no filter shows nothing");
    update(&mut state, AppCommand::Undo);
    assert_eq!(state.open().unwrap().tags.get("blur bad"), Some(&2));
    update(&mut state, DataCommand::Tags(Vec::new()));
    assert_eq!(state.own_tags().len(), 1, "images keep it");
    update(&mut state, AppCommand::Undo);
    assert_eq!(state.workspace_settings.tags[0].key, Some('5'));
}

#[test]
fn a_table_of_curation_is_imported_with_a_line_of_what_it_names() {
    let mut state = curated();
    update(&mut state, DataCommand::Curate(ids([0, 1]), Curate::LeaveOut(true)));
    let effects = update(&mut state, DataCommand::ImportCuration { path: "x/by hand.csv".into(), dropped: false });
    let [Effect::Load(LoadRequest::ReadCuration { generation, .. })] = effects[..] else { panic!("{effects:?}") };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("by hand.csv");
    let answer = |state: &mut State, text: &str, dropped: bool| {
        std::fs::write(&file, text).unwrap();
        let read = if dropped { Curation::read_exported(&file) } else { Curation::read(&file).map(Some) };
        let curation = read.map(|table| table.map(Arc::new)).map_err(crate::error::Failure::from);
        update(state, JobEvent::Curation { generation, path: file.clone(), curation })
    };
    let effects = answer(&mut state, "path,label,leave_out,tags\n1.png,abnormal,0,x\n2.png,,1,\nz.png,,1,\n", true);
    let [Effect::Load(LoadRequest::SaveCuration { curation, .. })] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(curation.names().collect::<Vec<_>>(), ["0.png", "1.png", "2.png"], "what is not named stays");
    let said = curation.get("1.png");
    assert_eq!((said.label, said.leave_out, curation.has_tag("1.png", "x")), (Some(Label::Abnormal), false, true));
    let last = |state: &State| state.notifications.last().unwrap().text.clone();
    assert_eq!(last(&state), "by hand.csv names 3 images: 2 here, 1 not found; Ctrl+Z takes this back");
    assert_eq!(state.history.next_undo(), Some("Import of by hand.csv"));
    update(&mut state, AppCommand::Undo);
    assert_eq!(state.open().unwrap().left_out, 2);

    answer(&mut state, "path,tags\n1.png,x\n", false);
    let said = state.open().unwrap().dataset.curation.get("1.png");
    assert!(said.leave_out, "of what there is no column nothing is said");

    answer(&mut state, "path,leave_out\n3.png,1\n", false);
    assert_eq!(last(&state), "by hand.csv names 1 image, which is here; Ctrl+Z takes this back");
    assert!(answer(&mut state, "path,leave_out\n3.png,1\n", false).is_empty());
    assert!(last(&state).ends_with("nothing changes"));
    assert!(answer(&mut state, "path,leave_out\nz.png,1\n", false).is_empty());
    assert!(state.notifications.last().unwrap().is_error && last(&state).contains("names 1 image, and none of them is here"));
    assert!(answer(&mut state, "path,score\n3.png,1\n", false).is_empty() && state.notifications.last().unwrap().is_error);
    assert!(answer(&mut state, "path,label,leave_out\n3.png,sick,0\n", true).is_empty(), "it is no data set");
    assert!(last(&state).ends_with("has the label \"sick\" in line 2"), "{}", last(&state));
    let opened = answer(&mut state, "path,label\n3.png,normal\n", true);
    assert!(matches!(&opened[..], [Effect::Load(LoadRequest::Open { .. })]), "a table of labels that is dropped is opened");
}

#[test]
fn one_image_of_several_equal_ones_stays() {
    let mut state = curated();
    let pair = |(first, second)| Duplicate { first: ImageId(first), second: ImageId(second), exact: true };
    // 3 is like 2 alone, which goes: it stays.
    let duplicates = [(0, 1), (0, 2), (2, 3), (4, 6)].map(pair).to_vec();
    let examination = Examination { duplicates, ..Examination::default() };
    let generation = state.data.pictures_since;
    update(&mut state, JobEvent::Examined { generation, examination: Arc::new(examination) });
    act(&mut state, Id::LeaveOutDuplicates);
    let out = |state: &State| (0..8).filter(|&i| state.open().unwrap().dataset.is_left_out(ImageId(i))).collect::<Vec<_>>();
    assert_eq!(out(&state), [1, 2, 6]);
    assert!((actions::get(Id::LeaveOutDuplicates).allowed)(&state).is_err(), "none is left");
    update(&mut state, AppCommand::Undo);
    assert_eq!(out(&state), [0; 0]);
}

#[test]
fn what_was_said_of_another_data_set_is_not_undone_here() {
    let mut state = curated();
    update(&mut state, DataCommand::Curate(ids([1]), Curate::LeaveOut(true)));
    update(&mut state, DataCommand::Open("other".into()));
    let config = DataConfig { path: "other".into(), ..DataConfig::default() };
    let dataset = dataset([Some(Label::Normal), Some(Label::Abnormal)]);
    let generation = state.data.generation;
    update(&mut state, JobEvent::Opened { generation, config, dataset });
    assert!(update(&mut state, AppCommand::Undo).is_empty());
    assert!(state.notifications[0].text.contains("which is not open"));
    assert_eq!((state.open().unwrap().left_out, state.history.next_undo()), (0, Some("Leave out 1.png")));
}

#[test]
fn what_is_said_while_the_normal_class_is_chosen_is_not_lost() {
    let mut state = State::default();
    let before = dataset([None, None]);
    reopen(&mut state, before.clone());
    let effects = update(&mut state, DataCommand::SetNormal(vec!["good".into()]));
    let [Effect::Load(LoadRequest::Open { generation, config, .. })] = &effects[..] else { panic!("{effects:?}") };
    update(&mut state, DataCommand::Curate(ids([1]), Curate::LeaveOut(true)));
    let dataset = Arc::new(before.with_normal(&config.normal).unwrap());
    update(&mut state, JobEvent::Opened { generation: *generation, config: *config.clone(), dataset });
    assert_eq!((state.open().unwrap().left_out, state.open().unwrap().asks_normal()), (1, false));
}

#[test]
fn images_are_curated_where_they_are_seen() {
    let mut state = curated();
    let allowed = |state: &State| (actions::get(Id::LeaveOut).allowed)(state).is_ok();
    assert!(allowed(&state));
    update(&mut state, AppCommand::Go(Workspace::Train));
    assert!(!allowed(&state));
    update(&mut state, AppCommand::Go(Workspace::Data));
    update(&mut state, DataCommand::Select(ImageId(0)));
    update(&mut state, DataCommand::Filter(Filter { split: Some(Split::Test), ..Filter::default() }));
    assert!(!allowed(&state), "the selected one is hidden");
}

/// What was said, and of each image its label, its split, and whether it is left out.
type Seen = (Arc<Curation>, Vec<(Option<Label>, Split, bool)>);

/// What can be seen of the images.
fn seen(state: &State) -> Seen {
    let set = &state.open().unwrap().dataset;
    let image = |item: &Item| (set.label_of(item), item.split, item.said.leave_out);
    (set.curation.clone(), set.items.iter().map(image).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: proptest::test_runner::RngSeed::Fixed(2024), ..ProptestConfig::default() })]

    #[test]
    fn undo_takes_everything_back_and_redo_brings_it_again(
        labelled in any::<bool>(),
        changes in prop::collection::vec((prop::collection::vec(0u32..8, 1..5), 0usize..5), 1..12),
    ) {
        let mut state = if labelled { curated() } else { unlabelled() };
        let before = seen(&state);
        let mut made = 0;
        for (images, what) in changes {
            let what = [
                Curate::LeaveOut(true),
                Curate::LeaveOut(false),
                Curate::Label(Some(Label::Normal)),
                Curate::Label(Some(Label::Abnormal)),
                Curate::Label(None),
            ][what];
            made += update(&mut state, DataCommand::Curate(ids(images), what)).len();
        }
        let after = seen(&state);
        for _ in 0..made {
            update(&mut state, AppCommand::Undo);
        }
        prop_assert_eq!(seen(&state), before);
        for _ in 0..made {
            update(&mut state, AppCommand::Redo);
        }
        prop_assert_eq!(seen(&state), after);
    }
}

#[test]
fn what_is_chosen_is_worked_out_once_for_each_change() {
    let mut state = curated();
    update(&mut state, DataCommand::Select(ImageId(0)));
    update(&mut state, DataCommand::Mark(Mark::To(ImageId(2))));
    let before = state.selection();
    update(&mut state, AppCommand::Notify("hello".into()));
    assert!(Rc::ptr_eq(&before, &state.selection()), "nothing that it depends on has changed");
    let has = |state: &State| {
        let chosen = state.selection();
        (chosen.images.len(), chosen.tags.len(), chosen.all_left_out, chosen.any_labelled)
    };
    assert_eq!(has(&state), (3, 0, false, false));
    let tagged = |images| DataCommand::Tag { images, tag: "blur".into(), on: true };
    update(&mut state, tagged(ids([0, 1])));
    assert_eq!(has(&state), (3, 0, false, false), "one of them has not got it");
    update(&mut state, tagged(ids([2])));
    assert_eq!(has(&state), (3, 1, false, false));
    act(&mut state, Id::LeaveOut);
    assert_eq!(has(&state), (3, 1, true, false));
    act(&mut state, Id::LabelNormal);
    update(&mut state, DataCommand::Mark(Mark::Toggle(ImageId(3))));
    assert_eq!(has(&state), (4, 0, false, true));
    update(&mut state, AppCommand::Go(Workspace::Train));
    update(&mut state, AppCommand::Go(Workspace::Results));
    assert_eq!(has(&state), (0, 0, false, false), "no scores are there");
    update(&mut state, AppCommand::Go(Workspace::Data));
    update(&mut state, DataCommand::Select(ImageId(3)));
    assert_eq!(has(&state), (1, 0, false, false));
}
