//! The ROC and the precision-recall curve, with the point of the shared threshold; a click or drag moves it.

use super::choice::choice;
use crate::{
    app::{
        ResultsCommand,
        state::{Comparing, ResultsCurve as Curve},
    },
    engine::{export::results::ResultsChart, runs::score_set::ScoreSet},
    metrics,
    ui::shared::{
        context::PanelContext,
        plot::{self, percent},
        theme, widgets,
    },
};
use eframe::egui::{RichText, Stroke, Ui};
use egui_plot::{FilledArea, Line, LineStyle, PlotPoint};

/// One point: x, y, and the threshold that leads there.
type At = ([f64; 2], f64);

impl Curve {
    fn chart(self) -> ResultsChart {
        match self {
            Self::Roc => ResultsChart::Roc,
            Self::PrecisionRecall => ResultsChart::PrecisionRecall,
        }
    }

    fn points(self, set: &ScoreSet) -> Box<dyn Iterator<Item = At> + '_> {
        match self {
            Self::Roc => Box::new(set.roc.iter().map(|p| ([p.fpr, p.tpr], p.threshold))),
            Self::PrecisionRecall => Box::new(set.pr.iter().map(|p| ([p.recall, p.precision], p.threshold))),
        }
    }

    /// Names of its axes.
    fn axes(self) -> [&'static str; 2] {
        match self {
            Self::Roc => ["false positive rate", "true positive rate"],
            Self::PrecisionRecall => ["recall", "precision"],
        }
    }

    fn words(self, [x, y]: [f64; 2]) -> String {
        match self {
            Self::Roc => format!("sensitivity {}, specificity {}", percent(y), percent(1.0 - x)),
            Self::PrecisionRecall => format!("precision {}, recall {}", percent(y), percent(x)),
        }
    }

    /// Where the threshold is, if anything can be said of it.
    fn now(self, cx: &PanelContext<'_>) -> Option<[f64; 2]> {
        let c = cx.state.results.confusion();
        match self {
            Self::Roc => Some([1.0 - c.specificity()?, c.sensitivity()?]),
            Self::PrecisionRecall => (c.tp + c.fp > 0).then_some([c.sensitivity()?, c.tp as f64 / (c.tp + c.fp) as f64]),
        }
    }
}

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet, height: f32) {
    let t = theme::of(ui);
    let curve = cx.state.results.curve;
    plot::head(ui, cx, curve.chart(), choice);
    let height = height - 64.0;
    if set.roc.is_empty() {
        plot::undefined(ui, set.evaluation.undefined.as_ref(), height);
        return;
    }
    let now = curve.now(cx);
    let compared = match &cx.state.results.comparison {
        Comparing::Ready(compared) => Some(compared.clone()),
        _ => None,
    };
    let id = if curve == Curve::Roc { "roc" } else { "precision-recall" };
    let [x, y] = curve.axes().map(|name| RichText::new(name).size(theme::SMALL).color(t.weak));
    let plot = plot::quiet(id, t, height).default_x_bounds(-0.02, 1.02).default_y_bounds(-0.02, 1.02);
    let plot = plot.x_axis_label(x).y_axis_label(y);
    let line = plot::thinned(curve.points(set).map(|p| p.0));
    let shown = plot.show(ui, |p| {
        let share = set.evaluation.n_abnormal as f64 / (set.evaluation.n_abnormal + set.evaluation.n_normal).max(1) as f64;
        let chance = if curve == Curve::Roc { vec![[0.0, 0.0], [1.0, 1.0]] } else { vec![[0.0, share], [1.0, share]] };
        p.line(Line::new("chance", chance).color(t.line).style(LineStyle::dashed_loose()));
        if let Some(compared) = &compared {
            let points = plot::thinned(curve.points(&compared.second).map(|p| p.0));
            p.line(Line::new("second run", points).color(t.weak).width(1.5).style(LineStyle::dashed_dense()));
        }
        if curve == Curve::Roc && compared.is_none() {
            p.add(interval(&line, set.evaluation.n_abnormal).fill_color(t.accent.gamma_multiply(0.18)).allow_hover(false));
        }
        let pointer = p.pointer_coordinate().filter(|_| p.response().hovered() || p.response().dragged());
        pointer.and_then(|at| nearest(curve, set, [at.x, at.y]))
    });
    plot::draw_line(ui, &shown.transform, &line, Stroke::new(2.0, t.accent));
    let mark = |[x, y]: [f64; 2], radius: f32, colour| {
        ui.painter().circle_filled(shown.transform.position_from_point(&PlotPoint::new(x, y)), radius, colour);
    };
    now.into_iter().for_each(|at| mark(at, 5.0, t.text));
    shown.inner.into_iter().for_each(|(at, _)| mark(at, 4.0, t.accent));
    let text = match (shown.inner, now) {
        // As short as the narrowest chart.
        (Some((at, threshold)), _) => format!("≥ {threshold:.4}: {}", curve.words(at)),
        (None, Some(now)) => format!("now {}", curve.words(now)),
        (None, None) => "nothing is called abnormal at this threshold".into(),
    };
    let lines = compared.map_or(String::new(), |c| format!(" · solid: this run, dashed: {}", c.second.name));
    widgets::weak_line(ui, text + &lines);
    let response = shown.response;
    if let Some((_, threshold)) = shown.inner
        && (response.dragged() || response.clicked())
    {
        cx.send(ResultsCommand::Threshold(threshold));
    }
}

/// The pointwise 95 % interval of the sensitivity along an ROC.
fn interval(line: &[[f64; 2]], abnormal: usize) -> FilledArea {
    let column = |of: &dyn Fn(&[f64; 2]) -> f64| line.iter().map(of).collect::<Vec<f64>>();
    let bound = |i: usize| column(&|at| metrics::wilson(at[1], abnormal)[i]);
    FilledArea::new("95 % interval of the sensitivity", &column(&|at| at[0]), &bound(0), &bound(1))
}

/// The curve's point nearest to a place.
fn nearest(curve: Curve, set: &ScoreSet, [x, y]: [f64; 2]) -> Option<At> {
    let distance = |(at, _): &At| (at[0] - x).powi(2) + (at[1] - y).powi(2);
    curve.points(set).filter(|p| p.1.is_finite()).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}
