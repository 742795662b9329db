//! Small pictures of what the threshold gets wrong.

use super::{chart::canvas::SeriesColor, figures};
use crate::{
    data::{Dataset, ImageId, Picture, read_picture},
    run_dir::{SavedMaps, files},
    scores::ScoreRow,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use maud::{Markup, html};
use std::{collections::HashMap, io::Cursor};

/// Pictures of each kind, at most, and their longer side in px.
const SHOWN: usize = 18;
const SIDE: usize = 144;
/// Pictures beside their anomaly maps, at most, and their longer side in px: lesions are small.
const MAPPED: usize = 12;
const MAPPED_SIDE: usize = 256;

/// Pictures by the name that the scores have for them.
pub struct ImageLookup<'a> {
    dataset: &'a Dataset,
    ids: HashMap<&'a str, ImageId>,
}

impl<'a> ImageLookup<'a> {
    pub fn new(dataset: &'a Dataset) -> Self {
        let ids = dataset.items.iter().enumerate().map(|(i, item)| (item.name.as_str(), ImageId(i as u32))).collect();
        Self { dataset, ids }
    }

    fn thumbnail(&self, name: &str, side: usize) -> Option<String> {
        address(self.dataset.read(*self.ids.get(name)?).ok()?, side)
    }
}

/// A JPEG as a data address.
fn address(picture: Picture, side: usize) -> Option<String> {
    let small = picture.within(side).to_image();
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(Cursor::new(&mut bytes), 88);
    small.write_with_encoder(encoder).ok()?;
    Some(format!("data:image/jpeg;base64,{}", STANDARD.encode(bytes)))
}

/// The mark of a class: colour and shape.
pub fn mark(ink: SeriesColor) -> Markup {
    html! {
        svg.mark viewBox="0 0 12 12" aria-hidden="true" {
            @match ink {
                SeriesColor::Normal => { circle cx="6" cy="6" r="5" fill="#4c9be8" {} }
                SeriesColor::Abnormal => { path d="M6 0.5l5.8 10.5h-11.6z" fill="#e8934c" {} }
                _ => { rect x="1.5" y="1.5" width="9" height="9" fill="#8a8a8a" {} }
            }
        }
    }
}

/// Images whose label is `abnormal` and that the threshold calls otherwise, the worst first.
pub fn mistakes<'r>(rows: &[&'r ScoreRow], threshold: f64, abnormal: bool) -> Vec<&'r ScoreRow> {
    let mut wrong: Vec<&ScoreRow> =
        rows.iter().copied().filter(|r| r.label == Some(abnormal) && (r.score >= threshold) != abnormal).collect();
    wrong.sort_by(|a, b| (b.score - threshold).abs().total_cmp(&(a.score - threshold).abs()));
    wrong
}

/// A row of pictures with score and name; without pictures a square in their place.
pub fn grid(rows: &[&ScoreRow], pictures: Option<&ImageLookup>) -> Markup {
    html! {
        div.gallery {
            @for row in rows.iter().take(SHOWN) { (card(row, pictures)) }
        }
        @if rows.len() > SHOWN { p.quiet { "… and " (rows.len() - SHOWN) " more, in " code { (files::SCORES) } "." } }
    }
}

/// What the threshold calls abnormal, beside its anomaly map where that was kept: as many wrong calls as right ones, the highest
/// score first. Nothing where no map is left.
pub fn mapped(rows: &[&ScoreRow], threshold: f64, maps: &SavedMaps, pictures: Option<&ImageLookup>) -> Markup {
    let called = |abnormal: bool| {
        let mut found: Vec<_> = (rows.iter().filter(|r| r.label == Some(abnormal) && r.score >= threshold))
            .filter_map(|row| Some((*row, maps.overlay(&row.path)?)))
            .collect();
        found.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score));
        found.truncate(MAPPED / 2);
        found
    };
    let kinds = [(false, "False positives"), (true, "True positives")].map(|(abnormal, title)| (title, called(abnormal)));
    html! {
        @if kinds.iter().any(|(_, found)| !found.is_empty()) {
            p.quiet { "Images that are called abnormal beside their anomaly maps, the highest score first. The brighter, the more unlike normal images a place looks: where the score comes from, not a lesion finder. A line is the mask that came with the image." }
        } @else {
            p.quiet { "No image that is called abnormal has a map." }
        }
        @for (title, found) in kinds.iter().filter(|(_, found)| !found.is_empty()) {
            h3 { (title) " under their anomaly maps" }
            div.gallery.mapped {
                @for (row, overlay) in found {
                    @let under = read_picture(overlay).ok().and_then(|picture| address(picture, MAPPED_SIDE));
                    figure.card title=(row.path) {
                        div.pair {
                            (image(pictures.and_then(|p| p.thumbnail(&row.path, MAPPED_SIDE)), &row.path))
                            (image(under, &format!("{}, anomaly map", row.path)))
                        }
                        figcaption {
                            span.score { (mark(if row.label == Some(true) { SeriesColor::Abnormal } else { SeriesColor::Normal })) (figures::score(row.score)) }
                            span.quiet { (middle(row.path.rsplit('/').next().unwrap_or(&row.path), 40)) }
                        }
                    }
                }
            }
        }
    }
}

fn image(address: Option<String>, what: &str) -> Markup {
    html! {
        @match address {
            Some(address) => { img src=(address) alt=(what); }
            None => { div.nothing { "no picture" } }
        }
    }
}

fn card(row: &ScoreRow, pictures: Option<&ImageLookup>) -> Markup {
    let (ink, label) = match row.label {
        Some(false) => (SeriesColor::Normal, "normal"),
        Some(true) => (SeriesColor::Abnormal, "abnormal"),
        None => (SeriesColor::Quiet, "unknown"),
    };
    let file = row.path.rsplit('/').next().unwrap_or(&row.path);
    let nearest = row.terms.as_ref().map_or(String::new(), |t| format!("\nnearest normal training image: {}", t.nearest[0]));
    let class = if row.class.is_empty() { label.to_string() } else { format!("{label} · {}", row.class) };
    html! {
        figure.card title=(format!("{}{nearest}", row.path)) {
            (image(pictures.and_then(|p| p.thumbnail(&row.path, SIDE)), &format!("{}, {label}", row.path)))
            figcaption {
                span.score { (mark(ink)) (figures::score(row.score)) }
                span.quiet { (middle(&class, 20)) }
                span.quiet { (middle(file, 20)) }
            }
        }
    }
}

/// A long name with its middle cut out.
pub fn middle(name: &str, most: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= most {
        return name.to_string();
    }
    let head = most / 2 - 1;
    let tail = most - head - 1;
    letters[..head].iter().chain(['…'].iter()).chain(&letters[letters.len() - tail..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(middle("short.png", 20), "short.png");
        assert_eq!(middle("test/CNV/CNV-1016042-1.jpeg", 20), "test/CNV/…042-1.jpeg");
        assert_eq!(middle(&"ä".repeat(50), 20).chars().count(), 20);
    }

    #[test]
    fn mistakes_come_worst_first() {
        let row = |score: f64, label| ScoreRow { path: score.to_string(), label: Some(label), score, ..ScoreRow::default() };
        let rows = [row(0.1, true), row(0.4, true), row(0.9, true), row(0.6, false), row(0.8, false), row(0.2, false)];
        let rows: Vec<&ScoreRow> = rows.iter().collect();
        let names = |abnormal| mistakes(&rows, 0.5, abnormal).iter().map(|r| r.score).collect::<Vec<_>>();
        assert_eq!(names(true), [0.1, 0.4]);
        assert_eq!(names(false), [0.8, 0.6]);
    }
}
