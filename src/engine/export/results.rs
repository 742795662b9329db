//! Charts and tables of Results as files, in `exports/` of the run folder.

use super::table::{CsvTable, csv_of};
use crate::{
    data::Curation,
    engine::runs::score_set::ScoreSet,
    error::{Error, Result},
    report::{
        chart::{canvas::Figure, png::png, svg},
        figures,
    },
    run_dir::{files, write_with_folder},
    scores::{BINS, ImageReview, Review, ScoreKind, ScoreRow, SyntheticLesions, Tag},
    text,
};
use std::{path::PathBuf, sync::Arc};

/// The charts of Results; each is written over the evaluated rows, by the score and at the threshold in view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResultsChart {
    /// Sensitivity against the false positive rate.
    Roc,
    /// Precision against recall.
    PrecisionRecall,
    /// Scores of normal, abnormal and unlabelled images, in [`BINS`] bins.
    Histogram,
    /// Counts of labels by calls.
    Confusion,
    /// Sensitivity at 95 % specificity against the contrast of planted lesions, a line a size.
    SyntheticLesions,
}

/// How a chart is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The picture at three times its size in px, light colours.
    Png,
    /// The picture, with text as text.
    Svg,
    /// Its values.
    Csv,
}

impl Format {
    /// As menus list them.
    pub const ALL: [Self; 3] = [Self::Png, Self::Svg, Self::Csv];

    /// For people; lower case it is the file's ending.
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Svg => "SVG",
            Self::Csv => "CSV",
        }
    }
}

/// What Results can write into the run's `exports/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// One chart, as a picture or as its values.
    Chart(ResultsChart, Format),
    /// Tags and notes with what the model says of the images.
    Tags,
    /// What the model says of the selected images, with their tags and notes, tagged or not.
    Selected,
}

/// What the window shows of the scores.
#[derive(Debug, Clone, Default)]
pub struct ExportContext {
    /// Score from which on an image is called abnormal.
    pub threshold: f64,
    /// Tags and notes of the run's images.
    pub review: Review,
    /// What was said of the images of the data set, own tags among it.
    pub curation: Arc<Curation>,
    /// The selected ones, by their place in [`ScoreSet::rows`].
    pub selected: Vec<usize>,
}

impl Export {
    /// Writes the file, and returns its path.
    ///
    /// # Errors
    /// A chart that does not exist for the scores; a folder that cannot be written to.
    pub fn write(self, set: &ScoreSet, context: &ExportContext) -> Result<PathBuf> {
        let threshold = context.threshold;
        let (name, bytes) = match self {
            Self::Tags => {
                let is_tagged = |row: &&ScoreRow| {
                    context.review.get(&row.path).is_some() || context.curation.tags(&row.path).next().is_some()
                };
                ("tags.csv".to_string(), tags(set.rows.iter().filter(is_tagged), set.kind, context)?)
            }
            Self::Selected => {
                let rows = context.selected.iter().filter_map(|&place| set.rows.get(place));
                ("selected.csv".to_string(), tags(rows, set.kind, context)?)
            }
            Self::Chart(chart, Format::Csv) => (format!("{}.csv", chart.file()), table(chart, set, threshold)?),
            Self::Chart(chart, format) => {
                let rows: Vec<&ScoreRow> = set.evaluated().iter().collect();
                let name = format!("{}.{}", chart.file(), format.name().to_lowercase());
                let bytes = match chart {
                    ResultsChart::Roc => picture(&figures::roc(&rows, Some(threshold)).ok_or_else(|| undefined(set))?, format),
                    ResultsChart::PrecisionRecall => {
                        picture(&figures::precision_recall(&rows).ok_or_else(|| undefined(set))?, format)
                    }
                    ResultsChart::Histogram => {
                        picture(&figures::histogram(&set.histogram, Some(threshold)).ok_or_else(|| undefined(set))?, format)
                    }
                    ResultsChart::SyntheticLesions => {
                        let lesions = lesions(set)?;
                        picture(&figures::planted(&lesions, lesions.shown_for(set.kind)), format)
                    }
                    ResultsChart::Confusion => {
                        picture(&figures::ConfusionMatrix::new(set.confusion(threshold), threshold), format)
                    }
                }?;
                (name, bytes)
            }
        };
        let path = set.export_path(&name);
        write_with_folder(&path, &bytes)?;
        Ok(path)
    }
}

impl ResultsChart {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Roc => "ROC",
            Self::PrecisionRecall => "Precision-recall",
            Self::Histogram => "Histogram",
            Self::Confusion => "Confusion matrix",
            Self::SyntheticLesions => "Planted lesions",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Roc => "roc",
            Self::PrecisionRecall => "precision-recall",
            Self::Histogram => "histogram",
            Self::Confusion => "confusion-matrix",
            Self::SyntheticLesions => "planted-lesions",
        }
    }
}

/// From the file: the job may have written it after the scores were read.
fn lesions(set: &ScoreSet) -> Result<SyntheticLesions> {
    let found = SyntheticLesions::read(&set.run.join(files::SYNTHETIC_LESIONS))?;
    found.ok_or_else(|| Error::user("no lesions were planted for this run", "plant some first"))
}

fn undefined(set: &ScoreSet) -> Error {
    let why = set.evaluation.undefined.clone().unwrap_or_else(|| "there are no scores".into());
    Error::user(format!("this chart is undefined: {why}"), "it needs normal and abnormal images with labels")
}

pub(crate) fn picture(figure: &impl Figure, format: Format) -> Result<Vec<u8>> {
    if format == Format::Png { png(figure) } else { Ok(svg::standalone(figure).into_bytes()) }
}

fn table(chart: ResultsChart, set: &ScoreSet, threshold: f64) -> Result<Vec<u8>> {
    if matches!(chart, ResultsChart::Roc | ResultsChart::PrecisionRecall) && set.roc.is_empty() {
        return Err(undefined(set));
    }
    let lesions = if chart == ResultsChart::SyntheticLesions { lesions(set)?.cells } else { Vec::new() };
    let numbers = |table: &mut CsvTable, row: &[f64]| table.write_record(row.iter().map(f64::to_string));
    csv_of(|table| match chart {
        ResultsChart::Roc => {
            table.write_record(["false_positive_rate", "sensitivity", "threshold"])?;
            set.roc.iter().try_for_each(|p| numbers(table, &[p.fpr, p.tpr, p.threshold]))
        }
        ResultsChart::PrecisionRecall => {
            table.write_record(["recall", "precision", "threshold"])?;
            set.pr.iter().try_for_each(|p| numbers(table, &[p.recall, p.precision, p.threshold]))
        }
        ResultsChart::Histogram => {
            table.write_record(["from", "to", "normal", "abnormal", "unknown"])?;
            (0..BINS).try_for_each(|i| {
                let [from, to] = set.histogram.edges(i);
                let [normal, abnormal, unknown] = set.histogram.counts.map(|counts| counts[i] as f64);
                numbers(table, &[from, to, normal, abnormal, unknown])
            })
        }
        ResultsChart::SyntheticLesions => {
            table.write_record(["score", "size", "contrast", "sensitivity_at_95_specificity", "auroc"])?;
            lesions.iter().try_for_each(|c| {
                let figures = [c.size, c.contrast, c.sensitivity_at_95_specificity, c.auroc].map(|v| v.to_string());
                table.write_record(std::iter::once(c.score.name()).chain(figures.iter().map(String::as_str)))
            })
        }
        ResultsChart::Confusion => {
            let c = set.confusion(threshold);
            table.write_record(["label", "called_normal", "called_abnormal", "threshold"])?;
            for (label, counts) in [("normal", [c.tn, c.fp]), ("abnormal", [c.fn_, c.tp])] {
                table.write_record([label.into(), counts[0].to_string(), counts[1].to_string(), threshold.to_string()])?;
            }
            Ok(())
        }
    })
}

/// What is known and was said of these images; own tags where some image has one.
/// `by`: the score that `score` and `predicted` are of.
fn tags<'a>(rows: impl Iterator<Item = &'a ScoreRow>, by: ScoreKind, context: &ExportContext) -> Result<Vec<u8>> {
    let rows: Vec<&ScoreRow> = rows.collect();
    let own = |row: &ScoreRow| context.curation.tags(&row.path).collect::<Vec<_>>().join("; ");
    let has_own = rows.iter().any(|row| !own(row).is_empty());
    csv_of(|table| {
        let head = ["path", "split", "class", "label", "by", "score", "predicted", "left_out"].into_iter();
        let last = has_own.then_some("tags");
        table.write_record(head.chain(Tag::ALL.map(Tag::column)).chain(["note"]).chain(last))?;
        for row in rows {
            let review = context.review.get(&row.path).cloned().unwrap_or_default();
            let flag = |v: bool| u8::from(v).to_string();
            let [path, split, class] = [&row.path, &row.split, &row.class].map(|name| text::cell(name).into_owned());
            let known = [path, split, class, row.label.map(flag).unwrap_or_default()];
            let (predicted, is_left_out) = (row.score >= context.threshold, context.curation.get(&row.path).leave_out);
            let said = [by.name().to_string(), row.score.to_string(), flag(predicted), flag(is_left_out)];
            let tags = Tag::ALL.map(|t| flag(ImageReview::has(&review, t)));
            let own = has_own.then(|| text::cell(&own(row)).into_owned());
            let note = text::cell(&review.note).into_owned();
            table.write_record(known.into_iter().chain(said).chain(tags).chain([note]).chain(own))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::RunConfig,
        report::{self, chart::xy_chart::Shape},
        run_dir::{RunDir, RunKind},
    };
    use std::fs;

    #[test]
    fn the_histogram_has_the_same_bars_in_every_file_and_in_the_report() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), RunKind::Train, "r", &RunConfig::default()).unwrap();
        let row = |i: usize| {
            // One far outlier, and some images whose label nobody knows.
            let score = if i == 0 { 40.0 } else { (i * 7 % 50) as f64 / 10.0 };
            ScoreRow {
                path: i.to_string(),
                split: "test".into(),
                label: [Some(false), Some(true), None][i % 3],
                score,
                threshold: Some(2.5),
                ..ScoreRow::default()
            }
        };
        crate::scores::Scores::from((0..90).map(row).collect::<Vec<_>>()).write(&run.join("scores.csv")).unwrap();
        let set = ScoreSet::read(run.path(), None).unwrap();
        let threshold = set.evaluation.threshold.unwrap();
        let file = |format| {
            let path = Export::Chart(ResultsChart::Histogram, format)
                .write(&set, &ExportContext { threshold, ..ExportContext::default() })
                .unwrap();
            fs::read_to_string(path).unwrap()
        };
        let text = file(Format::Csv);
        let rows = csv::Reader::from_reader(text.as_bytes()).into_records();
        let table: Vec<Vec<f64>> = rows.map(|r| r.unwrap().iter().map(|v| v.parse().unwrap()).collect()).collect();

        let chart = figures::histogram(&set.histogram, None).unwrap();
        for (class, series) in chart.series.iter().enumerate() {
            let Shape::Bars(bars) = &series.shape else { panic!("{series:?}") };
            let total: f64 = table.iter().map(|row| row[2 + class]).sum();
            let expected: Vec<[f64; 3]> = table.iter().map(|row| [row[0], row[1], 100.0 * row[2 + class] / total]).collect();
            assert_eq!((bars, total), (&expected, 30.0));
        }
        let bars = |svg: &str| -> Vec<String> {
            svg.split('<').filter(|tag| tag.starts_with("rect class=\"bar")).map(String::from).collect()
        };
        let page = fs::read_to_string(report::write(&run, None).unwrap()).unwrap();
        let shown = table.iter().flat_map(|row| &row[2..]).filter(|n| **n > 0.0).count();
        assert_eq!((bars(&page), bars(&page).len()), (bars(&file(Format::Svg)), shown));
    }
}
