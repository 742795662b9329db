//! The frame of every page: it needs no other file, and fits light and dark.

use super::chart::svg;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// A whole page with this title.
pub fn document(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – Dissolve Studio" }
                style { (PreEscaped(include_str!("page.css"))) (PreEscaped(svg::STYLE)) }
            }
            body { main { (content) } }
        }
    }
}
