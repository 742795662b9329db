//! Folders read as a person says.

use super::placed::{LISTED, PlacedFile, any_split};
use crate::{
    config::Reading,
    data::{
        dataset::{Layout, Split},
        layout::{
            detected::DetectedLayout,
            levels::{class_of_study, split_of_folder},
        },
        text::cut_list,
    },
};
use std::collections::BTreeSet;

/// The folder at a level below the path that was opened names the class; counted from the image where it is negative.
pub fn at_level(files: &[PlacedFile], level: i64) -> DetectedLayout {
    let class = |s: &PlacedFile| -> Option<String> {
        let n = usize::try_from(level.unsigned_abs()).ok()?;
        let at = if level > 0 { Some(n - 1) } else { s.dirs.len().checked_sub(n) };
        at.and_then(|at| s.dirs.get(at)).map(|name| class_of_study(name).to_string())
    };
    let is_split = files.iter().filter_map(class).all(|name| split_of_folder(&name).is_some());
    chosen_by(files, class, |s| any_split(s).filter(|_| !is_split), &format!("the folders at level {level} name the classes"))
}

/// What a person says of the folders; names of splits keep their meaning.
pub fn as_chosen(files: &[PlacedFile], reading: Reading) -> DetectedLayout {
    let split = |s: &PlacedFile| s.dirs.first().and_then(|d| split_of_folder(d));
    let class = |s: &PlacedFile| -> Option<String> {
        let below = &s.dirs[usize::from(split(s).is_some()).min(s.dirs.len())..];
        match reading {
            Reading::OuterFolders => below.first().cloned(),
            Reading::InnerFolders => below.last().cloned(),
            Reading::Auto | Reading::Unlabelled => None,
        }
    };
    let what = match reading {
        Reading::OuterFolders => "the outer folder names the class",
        _ => "the folder an image lies in names its class",
    };
    chosen_by(files, class, split, what)
}

fn chosen_by(
    files: &[PlacedFile],
    class: impl Fn(&PlacedFile) -> Option<String>,
    split: impl Fn(&PlacedFile) -> Option<Split>,
    what: &str,
) -> DetectedLayout {
    let names: BTreeSet<String> = files.iter().filter_map(&class).collect();
    let (layout, why) = if names.is_empty() {
        (Layout::Unlabelled, "As you chose: no image has a class.".to_string())
    } else {
        let layout = if files.iter().any(|s| split(s).is_some()) { Layout::SplitClassFolders } else { Layout::ClassFolders };
        (layout, format!("As you chose: {what} ({}).", cut_list(&names, LISTED)))
    };
    let mut detected = DetectedLayout::new(layout, why);
    files.iter().for_each(|s| detected.images.add_file(s.file, class(s).as_deref(), split(s), None));
    detected
}
