//! The part of the report about anomaly maps.

use crate::{
    metrics::{AUPRO_LIMIT, POINTING_TOLERANCE},
    scores::{PixelFigures, baseline_title},
    text::sentence,
};
use maud::{Markup, html};

/// How well the maps of `method` find what the masks outline.
pub fn section(pixels: &PixelFigures, method: &str) -> Markup {
    let line = |name: &str, area: f64, precision: f64, others: [Option<f64>; 2]| {
        let number = |value: Option<f64>| html! { td.n { (value.map_or("–".into(), |v| format!("{v:.3}"))) } };
        html! { tr { td { (name) } (number(Some(area))) (number(Some(precision))) (number(others[0])) (number(others[1])) } }
    };
    html! {
        p {
            "The model's anomaly maps against the masks of " (pixels.pixel_images) (if pixels.pixel_images == 1 { " image" } else { " images" })
            ". " b { (sentence(&format!("read the figures with care: {}", PixelFigures::MEANING))) }
        }
        @if let Some(note) = pixels.note() { p.warning { (sentence(&note)) } }
        table {
            thead { tr { th { "map" } th.n { "pixel AUROC" } th.n { "average precision" } th.n { "AUPRO" } th.n { "pointing game" } } }
            tbody {
                (line(method, pixels.pixel_auroc, pixels.pixel_ap, [Some(pixels.aupro), Some(pixels.pointing)]))
                @for ruler in &pixels.pixel_rulers {
                    (line(&format!("{} (no training)", baseline_title(&ruler.name)), ruler.pixel_auroc, ruler.pixel_ap, [None; 2]))
                }
            }
        }
        p.quiet {
            "Over all pixels of the images whose mask is not empty. AUPRO: mean share of each region that is caught, over false positive rates up to "
            (AUPRO_LIMIT) ", as a share of the most there could be (0.15 by chance). Pointing game: share of the images whose highest pixel lies in the mask, or at most 1/"
            (POINTING_TOLERANCE) " of the shorter side beside it."
        }
    }
}
