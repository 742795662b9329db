//! The charts of a run: training curves, ROC, precision and recall, histogram of the scores.

use super::chart::{
    canvas::{Anchor, Canvas, Figure, Role, SeriesColor, Text},
    scale::Axis,
    xy_chart::{Chart, Series, Shape},
};
use crate::{
    metrics::{self, Confusion, Ranking, RocPoint},
    scores::{Histogram, ScoreKind, ScoreRow, SyntheticLesionCell, SyntheticLesions},
};

/// Plot areas in px.
const LARGE: [f64; 2] = [376.0, 340.0];
const SMALL: [f64; 2] = [238.0, 140.0];

/// Points of a curve where there are more.
const BUCKETS: usize = 240;

/// A score as it is written everywhere on the page.
pub fn score(value: f64) -> String {
    format!("{value:.4}").replace('-', "−")
}

/// Labels and scores of the rows that figures are over.
fn labelled(rows: &[&ScoreRow]) -> (Vec<bool>, Vec<f64>) {
    rows.iter().filter_map(|row| Some((row.label?, row.score))).unzip()
}

/// ROC with the pointwise 95 % interval of the sensitivity, the AUROC's interval in the legend, and the threshold as a point.
/// `None` where a class is missing.
pub fn roc(rows: &[&ScoreRow], threshold: Option<f64>) -> Option<Chart> {
    let (labels, scores) = labelled(rows);
    let ranking = Ranking::new(&labels, &scores).ok()?;
    let points = ranking.roc().ok()?;
    let area = metrics::auroc(&labels, &scores).ok()?;
    let interval = area.ci95.map_or(String::new(), |[low, high]| format!(" [{low:.3}, {high:.3}]"));
    let band = |p: &RocPoint| {
        let [low, high] = metrics::wilson(p.tpr, ranking.abnormal());
        [p.fpr, low, high]
    };
    let mut series = vec![
        Series::named(SeriesColor::Accent, Shape::Band(points.iter().map(band).collect()), "95 % interval"),
        Series::new(SeriesColor::Quiet, Shape::Dashed(vec![[0.0, 0.0], [1.0, 1.0]])),
        Series::named(
            SeriesColor::Accent,
            Shape::Line(points.iter().map(|p| [p.fpr, p.tpr]).collect()),
            format!("AUROC {:.3}{interval}", area.value),
        ),
    ];
    if let Some(threshold) = threshold {
        let c = ranking.confusion(threshold);
        if let (Some(sensitivity), Some(specificity)) = (c.sensitivity(), c.specificity()) {
            series.push(Series::named(SeriesColor::Accent, Shape::Point([1.0 - specificity, sensitivity]), "threshold"));
        }
    }
    let (x, y) =
        (Axis::unit("1 − specificity (normal images called abnormal)"), Axis::unit("sensitivity (abnormal images found)"));
    Some(Chart { title: "ROC".into(), x, y, series, size: LARGE })
}

/// `None` where a class is missing.
pub fn precision_recall(rows: &[&ScoreRow]) -> Option<Chart> {
    let (labels, scores) = labelled(rows);
    let ranking = Ranking::new(&labels, &scores).ok()?;
    let points = ranking.precision_recall().ok()?;
    let first = points.first()?.precision;
    let line = std::iter::once([0.0, first]).chain(points.iter().map(|p| [p.recall, p.precision])).collect();
    let share = ranking.abnormal() as f64 / labels.len() as f64;
    let series = vec![
        Series::named(
            SeriesColor::Quiet,
            Shape::Dashed(vec![[0.0, share], [1.0, share]]),
            format!("share of abnormal images {share:.2}"),
        ),
        Series::named(
            SeriesColor::Accent,
            Shape::Line(line),
            format!("average precision {:.3}", ranking.average_precision().ok()?),
        ),
    ];
    let (x, y) = (Axis::unit("recall (abnormal images found)"), Axis::unit("precision (alarms that are right)"));
    Some(Chart { title: "Precision and recall".into(), x, y, series, size: LARGE })
}

/// Scores by class, as shares of each class, with the threshold. `None` where there are no scores.
pub fn histogram(histogram: &Histogram, threshold: Option<f64>) -> Option<Chart> {
    let classes = [(SeriesColor::Normal, "normal"), (SeriesColor::Abnormal, "abnormal"), (SeriesColor::Quiet, "unknown")];
    let mut series = Vec::new();
    for ((ink, name), counts) in classes.into_iter().zip(&histogram.counts) {
        let total: usize = counts.iter().sum();
        if total > 0 {
            let bar = |(bin, n): (usize, &usize)| {
                let [from, to] = histogram.edges(bin);
                [from, to, 100.0 * *n as f64 / total as f64]
            };
            let bars = counts.iter().enumerate().map(bar).collect();
            series.push(Series::named(ink, Shape::Bars(bars), format!("{name} ({total})")));
        }
    }
    if series.is_empty() {
        return None;
    }
    if let Some(threshold) = threshold {
        series.push(Series::named(SeriesColor::Quiet, Shape::Vertical(threshold), format!("threshold {}", score(threshold))));
    }
    let (x, y) = (Axis::new("score (higher = more abnormal)"), Axis::new("share of the class, %"));
    Some(Chart { title: "Scores".into(), x, y, series, size: [LARGE[0], 240.0] })
}

/// Share of the planted lesions that a score finds, against their contrast: a line a size.
pub fn planted(planted: &SyntheticLesions, score: ScoreKind) -> Chart {
    let planted = planted.by(score);
    let mut series = vec![Series::named(SeriesColor::Quiet, Shape::Dashed(vec![[0.0, 5.0], [100.0, 5.0]]), "by chance")];
    let sizes = planted.sizes();
    for (i, &size) in sizes.iter().enumerate() {
        let found = |c: &SyntheticLesionCell| [100.0 * c.contrast, 100.0 * c.sensitivity_at_95_specificity];
        let points: Vec<[f64; 2]> = planted.of_size(size).map(found).collect();
        // Told apart by stroke as well as by colour, the largest boldest.
        let (ink, shape) = match sizes.len() - i {
            1 => (SeriesColor::Accent, Shape::Line(points.clone())),
            2 => (SeriesColor::Accent, Shape::Dashed(points.clone())),
            3 => (SeriesColor::Quiet, Shape::Line(points.clone())),
            _ => (SeriesColor::Quiet, Shape::Dashed(points.clone())),
        };
        series.push(Series::named(ink, shape, format!("{} of the side", SyntheticLesions::percent(size))));
        series.extend(points.into_iter().map(|p| Series::new(ink, Shape::Point(p))));
    }
    let title = format!("Synthetic lesions in {} held-out normals, by {}", planted.images, score.title());
    let (x, y) = (Axis::new("contrast, % of the image's range"), Axis::new("found at 95 % specificity, %"));
    let y = Axis { range: Some([0.0, 100.0]), ..y };
    Chart { title, x: Axis { range: Some([0.0, 100.0]), ..x }, y, series, size: [LARGE[0], 240.0] }
}

/// What a threshold gets right and wrong, as four fields shaded by their share of the class.
pub struct ConfusionMatrix {
    counts: Confusion,
    title: String,
}

impl ConfusionMatrix {
    const CELL: [f64; 2] = [130.0, 90.0];
    const CORNER: [f64; 2] = [110.0, 72.0];

    pub fn new(counts: Confusion, threshold: f64) -> Self {
        Self { counts, title: format!("At threshold {}", score(threshold)) }
    }
}

impl Figure for ConfusionMatrix {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> [f64; 2] {
        [0, 1].map(|i| Self::CORNER[i] + 2.0 * Self::CELL[i] + 8.0)
    }

    fn draw(&self, pen: &mut dyn Canvas) {
        let c = &self.counts;
        let [left, top] = Self::CORNER;
        let [width, height] = Self::CELL;
        pen.text(Text::Title, [0.0, 14.0], Anchor::Start, false, &self.title);
        for (column, name) in ["called normal", "called abnormal"].into_iter().enumerate() {
            pen.text(Text::Label, [left + (column as f64 + 0.5) * width, top - 10.0], Anchor::Middle, false, name);
        }
        let rows = [("normal", SeriesColor::Normal, [c.tn, c.fp]), ("abnormal", SeriesColor::Abnormal, [c.fn_, c.tp])];
        for (row, (name, ink, counts)) in rows.into_iter().enumerate() {
            let y = top + row as f64 * height;
            pen.text(Text::Label, [left - 12.0, y + height / 2.0 + 4.0], Anchor::End, false, name);
            for (column, count) in counts.into_iter().enumerate() {
                let share = count as f64 / (counts[0] + counts[1]).max(1) as f64;
                let (x, middle) = (left + column as f64 * width, [left + (column as f64 + 0.5) * width, y + height / 2.0]);
                pen.rect(Role::Bar, ink, [x + 2.0, y + 2.0, width - 4.0, height - 4.0], 0.15 + 0.85 * share);
                pen.text(Text::Title, middle, Anchor::Middle, false, &count.to_string());
                let text = if counts == [0, 0] { "no images".into() } else { format!("{:.1} %", 100.0 * share) };
                pen.text(Text::Label, [middle[0], middle[1] + 18.0], Anchor::Middle, false, &text);
            }
        }
    }
}

/// One column of a training's series against the step; noisy ones as mean and range of neighbouring steps.
pub fn curve(title: &str, unit: &str, points: &[[f64; 2]]) -> Chart {
    let mut series = Vec::new();
    if points.len() > 2 * BUCKETS {
        let buckets = || points.chunks(points.len().div_ceil(BUCKETS));
        let middle = |chunk: &[[f64; 2]], column: usize| chunk.iter().map(|p| p[column]).sum::<f64>() / chunk.len() as f64;
        let range = |chunk: &[[f64; 2]]| {
            let low = chunk.iter().map(|p| p[1]).fold(f64::INFINITY, f64::min);
            let high = chunk.iter().map(|p| p[1]).fold(f64::NEG_INFINITY, f64::max);
            [middle(chunk, 0), low, high]
        };
        series.push(Series::new(SeriesColor::Accent, Shape::Band(buckets().map(range).collect())));
        series.push(Series::new(SeriesColor::Accent, Shape::Line(buckets().map(|c| [middle(c, 0), middle(c, 1)]).collect())));
    } else {
        series.push(Series::new(SeriesColor::Accent, Shape::Line(points.to_vec())));
    }
    let values = || points.iter().map(|p| p[1]);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    // Losses and norms fall over orders of magnitude; a learning rate's way to nothing is not the story.
    let log = low > 0.0 && high > 20.0 * low && unit != "learning rate";
    Chart { title: title.into(), x: Axis::new("step"), y: Axis { log, ..Axis::new(unit) }, series, size: SMALL }
}

/// AUROC with its interval after each evaluated epoch, on a split: rows `[epoch, auroc, low, high]`.
pub fn auroc_by_epoch(rows: &[[f64; 4]], split: &str) -> Chart {
    let mut series = vec![
        Series::named(SeriesColor::Accent, Shape::Band(rows.iter().map(|r| [r[0], r[2], r[3]]).collect()), "95 % interval"),
        Series::new(SeriesColor::Accent, Shape::Line(rows.iter().map(|r| [r[0], r[1]]).collect())),
    ];
    if let Some(last) = rows.last() {
        series.push(Series::named(SeriesColor::Accent, Shape::Point([last[0], last[1]]), format!("last epoch {:.3}", last[1])));
    }
    if let Some(best) = best_epoch(rows) {
        let name = format!("best {:.3}, selected on labels", best[1]);
        series.push(Series::named(SeriesColor::Quiet, Shape::Point([best[0], best[1]]), name));
    }
    Chart {
        title: format!("AUROC by epoch, split “{split}”"), x: Axis::new("epoch"), y: Axis::new("AUROC"), series, size: SMALL
    }
}

/// The epoch with the highest AUROC.
pub fn best_epoch(rows: &[[f64; 4]]) -> Option<&[f64; 4]> {
    rows.iter().max_by(|a, b| a[1].total_cmp(&b[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(label: Option<bool>, score: f64) -> ScoreRow {
        ScoreRow { path: score.to_string(), label, score, ..ScoreRow::default() }
    }

    #[test]
    fn charts_exist_only_where_their_figures_do() {
        let both = [row(Some(false), 0.0), row(Some(true), 1.0), row(Some(false), 0.5), row(Some(true), 0.4)];
        let both: Vec<&ScoreRow> = both.iter().collect();
        assert!(roc(&both, Some(0.5)).unwrap().svg().contains("AUROC 0.750"));
        assert!(precision_recall(&both).is_some());
        let one = [row(Some(false), 0.0), row(None, 1.0)];
        let one: Vec<&ScoreRow> = one.iter().collect();
        assert!(roc(&one, None).is_none() && precision_recall(&one).is_none());
        assert!(histogram(&Histogram::new(one.into_iter()), None).unwrap().svg().contains("unknown (1)"));
        assert!(histogram(&Histogram::new([].iter()), None).is_none());
    }

    #[test]
    fn long_noisy_series_become_a_band() {
        let points: Vec<[f64; 2]> = (0..5000).map(|i| [f64::from(i), 1.0 + f64::from(i % 7)]).collect();
        let chart = curve("Loss", "loss", &points);
        assert!(matches!(&chart.series[0].shape, Shape::Band(b) if b.len() <= BUCKETS && b[0][1] == 1.0 && b[0][2] == 7.0));
        assert_eq!(curve("Loss", "loss", &points[..100]).series.len(), 1);
    }
}
