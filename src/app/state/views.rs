//! Saved views: what narrows and orders a list, and the charts beside it, under a name.

use super::{Colours, ColumnFilter, Filter, GalleryFilter, MapView, ResultsCurve, Sort, State, Tab, Workspace};
use crate::{
    data::{Dataset, Split},
    scores::ScoreKind,
};
use serde::{Deserialize, Serialize};

/// A view under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedView {
    pub name: String,
    pub view: ListView,
}

/// What is seen of a workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListView {
    Data(DataListView),
    Results(ResultsListView),
}

/// The filter of the grid, with classes by their names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DataListView {
    pub split: Option<Split>,
    pub class: Option<String>,
    pub left_out: bool,
    pub unlabelled: bool,
    pub tag: Option<String>,
    pub columns: ColumnFilter,
}

/// Outcome, order and filter of the gallery, the score, and the charts beside it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResultsListView {
    pub tab: Tab,
    pub sort: Sort,
    pub filter: GalleryFilter,
    pub score: ScoreKind,
    pub curve: ResultsCurve,
    /// The images in two dimensions in the place of the curves.
    pub likeness: bool,
    pub colours: Colours,
    /// The gallery shows images under their anomaly maps.
    pub maps: bool,
}

impl ListView {
    pub fn workspace(&self) -> Workspace {
        match self {
            Self::Data(_) => Workspace::Data,
            Self::Results(_) => Workspace::Results,
        }
    }
}

impl DataListView {
    /// The filter for this data set; of a class that it does not have nothing is asked.
    pub fn filter(&self, dataset: &Dataset) -> Filter {
        Filter {
            split: self.split,
            class: self.class.as_ref().and_then(|name| dataset.find_class(name)),
            left_out: self.left_out,
            unlabelled: self.unlabelled,
            tag: self.tag.clone(),
            columns: self.columns.clone(),
        }
    }
}

impl State {
    /// What is seen now of the workspace in view; `None` where that has no list, or nothing is open.
    pub fn present_view(&self) -> Option<ListView> {
        match self.workspace {
            Workspace::Data => {
                let (open, filter) = (self.open()?, self.data.filter.clone());
                let class = filter.class.and_then(|class| open.dataset.classes.get(class)).map(|class| class.name.clone());
                let Filter { split, left_out, unlabelled, tag, columns, .. } = filter;
                Some(ListView::Data(DataListView { split, class, left_out, unlabelled, tag, columns }))
            }
            Workspace::Results => {
                let (r, set) = (&self.results, self.results.ready()?);
                Some(ListView::Results(ResultsListView {
                    tab: r.tab,
                    sort: r.sort,
                    // A line that was drawn is one among these images alone.
                    filter: GalleryFilter { within: None, ..r.filter.clone() },
                    score: set.kind,
                    curve: r.curve,
                    likeness: r.embedding.on,
                    colours: r.embedding.colours,
                    maps: r.map_view.in_gallery,
                }))
            }
            _ => None,
        }
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
        let at = is_present.or_else(|| views.iter().position(|saved| self.last_view.as_ref() == Some(&saved.name)));
        views.get(at.map_or(0, |at| (at + 1) % views.len())).copied()
    }
}

impl ResultsListView {
    /// How maps are looked at, as far as the view says.
    pub fn map_view(&self, before: MapView) -> MapView {
        MapView { in_gallery: self.maps, ..before }
    }
}
