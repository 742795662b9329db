//! Columns of the table of labels as filters, in the grid and in the gallery.

use super::{dataset, opened, scored};
use crate::{
    app::{
        AppCommand, DataCommand, ResultsCommand, State,
        actions::{self, Id},
        state::{ColumnFilter, ColumnTest, Filter, GalleryFilter, Tab, Workspace},
        update::update,
    },
    data::{ImageId, Label, Metadata},
    jobs::events::JobEvent,
};
use std::sync::Arc;

/// Opens the set again, with a table of all images but the last.
fn give_table(state: &mut State) {
    let mut set = (*dataset([Some(Label::Normal), Some(Label::Abnormal)])).clone();
    let columns = [("eye", ["left", "right"]), ("grade", ["0", "3"])];
    set.metadata = Arc::new(Metadata::new(columns.iter().map(|(name, values)| (*name, (0..7).map(|i| values[i / 2 % 2])))));
    (0..7).for_each(|i| set.items[i as usize].row = Some(i));
    let config = state.open().unwrap().config.clone();
    update(state, DataCommand::Open("set".into()));
    let generation = state.data.generation;
    update(state, JobEvent::Opened { generation, config, dataset: Arc::new(set) });
}

fn left() -> ColumnFilter {
    let mut columns = ColumnFilter::default();
    columns.set("eye", ColumnTest::OneOf(["left".to_string()].into()));
    columns
}

#[test]
fn the_grid_lists_images_by_the_columns_of_their_table() {
    let mut state = opened();
    give_table(&mut state);
    update(&mut state, DataCommand::Filter(Filter { columns: left(), ..Filter::default() }));
    assert_eq!(*state.data.shown, [0, 1, 4, 5].map(ImageId), "the last one has no row");
    update(&mut state, DataCommand::Filter(Filter { columns: left(), classes: [1].into(), ..Filter::default() }));
    assert_eq!(*state.data.shown, [1, 5].map(ImageId));
    let unfiltered = actions::get(Id::Unfiltered);
    assert!((unfiltered.allowed)(&state).is_ok());
    update(&mut state, DataCommand::Open("set".into()));
    let (config, generation) = (state.open().unwrap().config.clone(), state.data.generation);
    let dataset = dataset([Some(Label::Normal), Some(Label::Abnormal)]);
    update(&mut state, JobEvent::Opened { generation, config, dataset });
    assert!(state.data.filter.columns.is_empty(), "a set without that column");
    assert_eq!(state.data.shown.len(), 4, "the class is still asked for");
}

#[test]
fn the_gallery_lists_scored_images_by_the_columns_of_their_table() {
    let mut state = scored();
    update(&mut state, AppCommand::Go(Workspace::Results));
    update(&mut state, ResultsCommand::Tab(Tab::All));
    let filter = GalleryFilter { columns: left(), ..GalleryFilter::default() };
    update(&mut state, ResultsCommand::Filter(filter.clone()));
    assert_eq!(state.results.shown.len(), 4, "no table, nothing to ask of it");
    give_table(&mut state);
    update(&mut state, ResultsCommand::Filter(filter.clone()));
    let paths = |state: &State| {
        let set = state.results.ready().unwrap().clone();
        state.results.shown.iter().map(|&row| set.rows[row].path.clone()).collect::<Vec<_>>()
    };
    assert_eq!((paths(&state), filter.filters()), (vec!["5.png".to_string(), "4.png".into()], 1));
    update(&mut state, AppCommand::Go(Workspace::Results));
    let unfiltered = (actions::get(Id::Unfiltered).command)(&state);
    update(&mut state, unfiltered);
    assert_eq!(state.results.shown.len(), 4);
}
