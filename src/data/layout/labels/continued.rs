//! Tables that go on where another one ends.

use super::rows::{LabelTable, MatchedTable};
use std::path::Path;

/// The best table and those that go on where it ends.
pub fn continued(sources: &[MatchedTable], best: usize) -> Vec<usize> {
    let mut taken = sources[best].1.clone();
    let mut chosen = vec![best];
    for i in (0..sources.len()).filter(|&i| i != best) {
        if continues(&sources[best].0, &sources[i].0, sources[i].1.is_disjoint(&taken)) {
            taken.extend(&sources[i].1);
            chosen.push(i);
        }
    }
    chosen.sort_unstable();
    chosen
}

pub fn only(sources: Vec<MatchedTable>, chosen: &[usize]) -> Vec<LabelTable> {
    sources.into_iter().enumerate().filter(|(i, _)| chosen.contains(i)).map(|(_, (source, _))| source).collect()
}

/// Whether a table says of other images what the first one says of its own.
fn continues(first: &LabelTable, other: &LabelTable, is_disjoint: bool) -> bool {
    let by_split = |s: &LabelTable| s.split.is_some() && s.columns.split.is_none();
    let other_split = by_split(first) && by_split(other) && first.split != other.split;
    first.scheme.is_as(&first.table, &other.scheme, &other.table) && (other_split || (is_disjoint && !is_of_guesses(&other.path)))
}

/// A table of what somebody's model says, or of what it should look like (`sample_submission.csv`).
pub fn is_of_guesses(path: &Path) -> bool {
    const WORDS: &[&str] = &["submission", "sample", "example", "template", "prediction", "pred", "result", "output", "score"];
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    WORDS.iter().any(|word| stem.contains(word))
}

/// How new a table is among those that say otherwise, by its name: not of those with the ending of a copy, and the last version.
pub fn edition(path: &Path) -> (bool, u32) {
    const COPIES: &[&str] = &["copy", "kopie", "copie", "copia", "old", "alt", "backup", "bak", "orig", "original"];
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let words = || stem.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let is_numbered = stem.ends_with(')')
        && stem.rsplit_once('(').is_some_and(|(_, number)| number.trim_end_matches(')').bytes().all(|b| b.is_ascii_digit()));
    let is_copy = is_numbered || words().skip(1).any(|word| COPIES.contains(&word));
    let version = words().filter_map(|word| word.strip_prefix('v')?.parse().ok()).next_back();
    (!is_copy, version.unwrap_or(0))
}

/// A form that competitions ask to fill in: what it says of images is made up.
pub fn is_form(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    stem.contains("submission") && (stem.contains("sample") || stem.contains("example") || stem.contains("template"))
}
