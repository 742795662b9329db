//! Saved views: what narrows and orders a list, and the charts beside it, under a name.

use super::{Colours, ColumnFilter, Filter, GalleryFilter, ResultsCurve, Sort, State, Tab, Workspace, listing::one_or_several};
use crate::{
    data::{Dataset, Split},
    scores::ScoreKind,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A view under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedView {
    /// Unique in its workspace.
    pub name: String,
    /// What it brings back.
    pub view: ListView,
}

/// What is seen of a workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListView {
    /// A view of the grid in Data.
    Data(DataListView),
    /// A view of gallery and charts in Results.
    Results(ResultsListView),
}

/// The filter of the grid, with classes by their names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DataListView {
    /// As [`Filter::split`].
    pub split: Option<Split>,
    /// Names of classes; of those that a data set does not have nothing is asked.
    #[serde(alias = "class", deserialize_with = "one_or_several")]
    pub classes: BTreeSet<String>,
    /// As [`Filter::left_out`].
    pub left_out: bool,
    /// As [`Filter::unlabelled`].
    pub unlabelled: bool,
    /// As [`Filter::tag`].
    pub tag: Option<String>,
    /// As [`Filter::columns`]; of columns that a data set does not have nothing is asked.
    pub columns: ColumnFilter,
}

/// Outcome, order and filter of the gallery, the score, and the charts beside it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResultsListView {
    /// Which outcome.
    pub tab: Tab,
    /// In which order.
    pub sort: Sort,
    /// Without a line that was drawn: that is one among these images alone.
    pub filter: GalleryFilter,
    /// The score that is looked at.
    pub score: ScoreKind,
    /// The curve over the histogram.
    pub curve: ResultsCurve,
    /// The images in two dimensions in the place of the curves.
    pub likeness: bool,
    /// What colours say in two dimensions.
    pub colours: Colours,
    /// The gallery shows images under their anomaly maps.
    pub maps: bool,
}

/// A saved view as it was shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownView {
    /// That of the saved view.
    pub name: String,
    /// What it asks for and these images do not have, in words.
    pub lacks: Vec<String>,
    /// What is seen without that.
    pub view: ListView,
}

impl ShownView {
    /// The score that it asked for is there: it may have no images for the tab that was `asked` for.
    pub fn came_with(&mut self, asked: Tab, now: Tab) {
        if let ListView::Results(view) = &mut self.view
            && view.tab == asked
            && now != asked
        {
            self.lacks.push(asked.name().into());
            view.tab = now;
        }
    }
}

impl ListView {
    /// The one whose list it is.
    pub fn workspace(&self) -> Workspace {
        match self {
            Self::Data(_) => Workspace::Data,
            Self::Results(_) => Workspace::Results,
        }
    }
}

impl DataListView {
    /// The filter for this data set; of classes that it does not have nothing is asked.
    pub fn filter(&self, dataset: &Dataset) -> Filter {
        Filter {
            split: self.split,
            classes: self.classes.iter().filter_map(|name| dataset.find_class(name)).collect(),
            left_out: self.left_out,
            unlabelled: self.unlabelled,
            tag: self.tag.clone(),
            columns: self.columns.clone(),
        }
    }

    /// What this view asks for and has not come about in `now`, in words.
    pub fn lacks(&self, now: &Self) -> Vec<String> {
        let class = self.classes.difference(&now.classes).map(|class| format!("class {class}"));
        let tag = self.tag.iter().filter(|_| now.tag != self.tag).map(|tag| format!("tag {tag}"));
        let left_out = (self.left_out && !now.left_out).then(|| "left-out images".to_string());
        let unlabelled = (self.unlabelled && !now.unlabelled).then(|| "images without a label".to_string());
        class.chain(left_out).chain(unlabelled).chain(tag).chain(lacking_columns(&self.columns, &now.columns)).collect()
    }
}

impl ResultsListView {
    /// What this view asks for and has not come about in `now`, in words.
    pub fn lacks(&self, now: &Self) -> Vec<String> {
        let (asked, is) = (&self.filter, &now.filter);
        let range = if asked.range == is.range { "" } else { " with its range" };
        let score = (self.score != now.score).then(|| format!("score {}{range}", self.score.title()));
        let tab = (self.tab != now.tab).then(|| self.tab.name().to_string());
        let class = asked.classes.difference(&is.classes).map(|class| format!("class {class}"));
        let tag = asked.own_tag.iter().filter(|_| is.own_tag != asked.own_tag).map(|tag| format!("tag {tag}"));
        let likeness = (self.likeness && !now.likeness).then(|| "images by likeness".to_string());
        let maps = (self.maps && !now.maps).then(|| "anomaly maps".to_string());
        let listed = score.into_iter().chain(tab).chain(class).chain(tag).chain(lacking_columns(&asked.columns, &is.columns));
        listed.chain(likeness).chain(maps).collect()
    }
}

fn lacking_columns<'a>(asked: &'a ColumnFilter, now: &'a ColumnFilter) -> impl Iterator<Item = String> + 'a {
    asked.names().filter(|name| now.get(name).is_none()).map(|name| format!("column {name}"))
}

impl State {
    /// What is seen now of the workspace in view; `None` where that has no list, or nothing is open.
    pub fn present_view(&self) -> Option<ListView> {
        match self.workspace {
            Workspace::Data => self.data_view().map(ListView::Data),
            Workspace::Results => self.results_view().map(ListView::Results),
            _ => None,
        }
    }

    /// What is seen of the grid.
    pub fn data_view(&self) -> Option<DataListView> {
        let (open, filter) = (self.open()?, self.data.filter.clone());
        let classes = filter.classes.iter().filter_map(|&class| Some(open.dataset.classes.get(class)?.name.clone())).collect();
        let Filter { split, left_out, unlabelled, tag, columns, .. } = filter;
        Some(DataListView { split, classes, left_out, unlabelled, tag, columns })
    }

    /// What is seen of the gallery.
    pub fn results_view(&self) -> Option<ResultsListView> {
        let (r, set) = (&self.results, self.results.ready()?);
        Some(ResultsListView {
            tab: r.tab,
            sort: r.sort,
            // A line that was drawn is one among these images alone.
            filter: GalleryFilter { within: None, ..r.filter.clone() },
            score: set.kind,
            curve: r.curve,
            likeness: r.embedding.on,
            colours: r.embedding.colours,
            maps: r.map_view.in_gallery,
        })
    }

    /// What the saved view in view asks for in vain, for as long as nothing else is asked for.
    pub fn view_note(&self) -> Option<String> {
        let shown = self.last_view.as_ref().filter(|shown| !shown.lacks.is_empty())?;
        let is_seen = self.present_view().as_ref() == Some(&shown.view);
        is_seen.then(|| format!("“{}” without what is not here: {}.", shown.name, shown.lacks.join(", ")))
    }

    /// The saved views of the workspace in view.
    pub fn saved_views(&self) -> impl Iterator<Item = &SavedView> {
        self.workspace_settings.views.iter().filter(|saved| saved.view.workspace() == self.workspace)
    }

    /// The saved view after the present one, else after the one that was shown last (another data set may lack what it asks for), or
    /// the first.
    pub fn next_view(&self) -> Option<&SavedView> {
        let present = self.present_view()?;
        let views: Vec<&SavedView> = self.saved_views().collect();
        let is_present = views.iter().position(|saved| saved.view == present);
        let at = is_present
            .or_else(|| views.iter().position(|saved| self.last_view.as_ref().is_some_and(|last| last.name == saved.name)));
        views.get(at.map_or(0, |at| (at + 1) % views.len())).copied()
    }
}
