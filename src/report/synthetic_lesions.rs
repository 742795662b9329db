//! The part of the report about planted lesions.

use super::figures;
use crate::{
    scores::{ScoreKind, SyntheticLesions},
    text::sentence,
};
use maud::{Markup, PreEscaped, html};

/// How many synthetic lesions the scores find; the one that leads has the chart.
pub fn section(planted: &SyntheticLesions) -> Markup {
    let kinds = planted.kinds();
    html! {
        p {
            "Soft spots, half of them bright and half dark, were drawn into " (planted.images) " of " (planted.of) " normal images that the run did not learn "
            "from, and both were scored. " b { "These are synthetic lesions, not disease" } ": they say how small and how faint a change the score still "
            "notices, and nothing about what a real lesion looks like. Sizes are shares of the shorter side. Seed " (planted.seed) "."
            @if kinds.contains(&ScoreKind::Map) { " The anomaly map has learnt from spots, if of other shapes." }
        }
        @if let Some(caution) = planted.caution() { p.warning { (sentence(&caution)) } }
        div.charts { div { (PreEscaped(figures::planted(planted, planted.shown_for(ScoreKind::Lead)).svg())) } }
        @for kind in kinds { (table(&planted.by(kind), kind)) }
    }
}

fn table(planted: &SyntheticLesions, kind: ScoreKind) -> Markup {
    let sizes = planted.sizes();
    let contrasts: Vec<f64> = sizes.first().map(|&size| planted.of_size(size).map(|c| c.contrast).collect()).unwrap_or_default();
    html! {
        table {
            thead { tr { th { (kind.title()) ": found at 95 % specificity (95 % interval; AUROC)" } @for c in &contrasts { th.n { "contrast " (format!("{:.0} %", 100.0 * c)) } } } }
            tbody {
                @for &size in &sizes {
                    tr {
                        td { "diameter " (SyntheticLesions::percent(size)) }
                        @for cell in planted.of_size(size) {
                            @let [low, high] = planted.interval(cell).map(|v| 100.0 * v);
                            td.n { (format!("{:.0} %", 100.0 * cell.sensitivity_at_95_specificity)) br; span.quiet { (format!("{low:.0} – {high:.0} %; {:.3}", cell.auroc)) } }
                        }
                    }
                }
            }
        }
    }
}
