//! What the person has said of scored images: their tags and notes.

use super::parts::{Parts, Scored};
use crate::scores::ScoreRow;
use maud::{Markup, html};

/// Images that are listed before the rest is only counted.
const LISTED: usize = 200;

/// A table of the images with tags or notes, the highest score first; `None` where there are none.
pub fn table(parts: &Parts, scored: &Scored) -> Option<Markup> {
    let said = |row: &&ScoreRow| parts.review.get(&row.path).is_some() || parts.curation.tags(&row.path).next().is_some();
    let mut rows: Vec<&ScoreRow> = scored.scores.rows.iter().filter(said).collect();
    rows.sort_by(|a, b| b.score.total_cmp(&a.score));
    let tags = |row: &ScoreRow| {
        let of_run = parts.review.get(&row.path).into_iter().flat_map(|review| review.tags());
        let own = parts.curation.tags(&row.path).map(String::from);
        let all: Vec<String> = of_run.map(|tag| tag.name().to_string()).chain(own).collect();
        all.join(", ")
    };
    let note = |row: &ScoreRow| parts.review.get(&row.path).map(|review| review.note.clone()).unwrap_or_default();
    let label = |row: &ScoreRow| row.label.map_or("not known", |abnormal| if abnormal { "abnormal" } else { "normal" });
    (!rows.is_empty()).then(|| {
        html! {
            p { "What a person has noted while looking at the images; no figure depends on it." }
            table {
                thead { tr { th { "image" } th { "label" } th.n { "score" } th { "tags" } th { "note" } } }
                tbody {
                    @for row in rows.iter().take(LISTED) {
                        tr { td { (row.path) } td { (label(row)) } td.n { (format!("{:.3}", row.score)) } td { (tags(row)) } td { (note(row)) } }
                    }
                }
            }
            @if rows.len() > LISTED { p.quiet { "… and " (rows.len() - LISTED) " more" } }
        }
    })
}
