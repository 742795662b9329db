//! Files of single images as a table of labels.

use super::{
    files::{NamedFiles, Naming, absolute},
    rows::{Annotated, LabelTable, MatchedTable},
};
use crate::data::layout::{
    annotations::AnnotationSet,
    tables::{Columns, JOIN, LabelScheme},
};

/// The images that these files annotate, by their paths from the root.
pub fn annotated(files: &NamedFiles, set: AnnotationSet) -> MatchedTable {
    let AnnotationSet { folder, name, format, names, table } = set;
    let columns = Columns { file: Some(0), label: Some(1), split: None, patient: None };
    let scheme = if table.column(1).any(|label| label.contains(JOIN)) { LabelScheme::List(1) } else { LabelScheme::Column(1) };
    let naming = Naming { folder: absolute(files.root()), ..Naming::default() };
    let images = files.named(&table, columns.file, &naming);
    let form = names.map_or_else(|| format.name().to_string(), |names| format!("{}, classes named by {names}", format.name()));
    let annotations = Some(Annotated { files: name, form });
    (LabelTable { path: folder, annotations, table, columns, naming, scheme, split: None }, images)
}
