//! Charts and tables of Results as files, in `exports/` of the run folder.

use crate::{
    engine::runs::score_set::{ScoreSet, bin_width},
    error::{Error, Result},
    report::{
        chart::{canvas::Figure, png::png, svg},
        figures,
    },
    run_dir::write_atomic,
    scores::{Annotation, PLANTED, Review, ScoreRow, SyntheticLesions, Tag},
};
use csv::Writer;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chart {
    Roc,
    PrecisionRecall,
    Histogram,
    Confusion,
    SyntheticLesions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Png,
    Svg,
    Csv,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Png, Self::Svg, Self::Csv];

    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Svg => "SVG",
            Self::Csv => "CSV",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    Chart(Chart, Format),
    /// Tags and notes with what the model says of the images.
    Tags,
}

pub(crate) type Table = Writer<Vec<u8>>;

impl Export {
    /// Writes the file, and returns its path.
    ///
    /// # Errors
    /// A chart that does not exist for the scores; a folder that cannot be written to.
    pub fn write(self, set: &ScoreSet, threshold: f64, review: &Review) -> Result<PathBuf> {
        let (name, bytes) = match self {
            Self::Tags => ("tags.csv".to_string(), tags(set, threshold, review)?),
            Self::Chart(chart, Format::Csv) => (format!("{}.csv", chart.file()), table(chart, set, threshold)?),
            Self::Chart(chart, format) => {
                let rows: Vec<&ScoreRow> = set.evaluated().iter().collect();
                let name = format!("{}.{}", chart.file(), format.name().to_lowercase());
                let bytes = match chart {
                    Chart::Roc => picture(&figures::roc(&rows, Some(threshold)).ok_or_else(|| undefined(set))?, format),
                    Chart::PrecisionRecall => picture(&figures::precision_recall(&rows).ok_or_else(|| undefined(set))?, format),
                    Chart::Histogram => {
                        picture(&figures::histogram(&rows, Some(threshold)).ok_or_else(|| undefined(set))?, format)
                    }
                    Chart::SyntheticLesions => picture(&figures::planted(&lesions(set)?), format),
                    Chart::Confusion => picture(&figures::ConfusionMatrix::new(set.confusion(threshold), threshold), format),
                }?;
                (name, bytes)
            }
        };
        let stem = set.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // Files of a folder that was scored later do not replace those of the run's own images.
        let name = stem.strip_prefix("scores-").map_or(name.clone(), |folder| format!("{folder}-{name}"));
        let path = set.run.join("exports").join(name);
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        write_atomic(&path, |file| file.write_all(&bytes))?;
        Ok(path)
    }
}

impl Chart {
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
    let found = SyntheticLesions::read(&set.run.join(PLANTED))?;
    found.ok_or_else(|| Error::user("no lesions were planted for this run", "plant some first"))
}

fn undefined(set: &ScoreSet) -> Error {
    let why = set.evaluation.undefined.clone().unwrap_or_else(|| "there are no scores".into());
    Error::user(format!("this chart is undefined: {why}"), "it needs normal and abnormal images with labels")
}

pub(crate) fn picture(figure: &impl Figure, format: Format) -> Result<Vec<u8>> {
    if format == Format::Png { png(figure) } else { Ok(svg::standalone(figure).into_bytes()) }
}

pub(crate) fn csv_of(fill: impl FnOnce(&mut Table) -> csv::Result<()>) -> Result<Vec<u8>> {
    let mut table = Writer::from_writer(Vec::new());
    let failed = |e: String| Error::user(format!("the table could not be written: {e}"), "");
    fill(&mut table).map_err(|e| failed(e.to_string()))?;
    table.into_inner().map_err(|e| failed(e.to_string()))
}

fn table(chart: Chart, set: &ScoreSet, threshold: f64) -> Result<Vec<u8>> {
    if matches!(chart, Chart::Roc | Chart::PrecisionRecall) && set.roc.is_empty() {
        return Err(undefined(set));
    }
    let lesions = if chart == Chart::SyntheticLesions { lesions(set)?.cells } else { Vec::new() };
    let numbers = |table: &mut Table, row: &[f64]| table.write_record(row.iter().map(f64::to_string));
    csv_of(|table| match chart {
        Chart::Roc => {
            table.write_record(["false_positive_rate", "sensitivity", "threshold"])?;
            set.roc.iter().try_for_each(|p| numbers(table, &[p.fpr, p.tpr, p.threshold]))
        }
        Chart::PrecisionRecall => {
            table.write_record(["recall", "precision", "threshold"])?;
            set.pr.iter().try_for_each(|p| numbers(table, &[p.recall, p.precision, p.threshold]))
        }
        Chart::Histogram => {
            table.write_record(["from", "to", "normal", "abnormal", "unknown"])?;
            let width = bin_width(set.range);
            (0..crate::engine::runs::score_set::BINS).try_for_each(|i| {
                let from = set.range[0] + i as f64 * width;
                let [normal, abnormal, unknown] = set.histogram.map(|counts| counts[i] as f64);
                numbers(table, &[from, from + width, normal, abnormal, unknown])
            })
        }
        Chart::SyntheticLesions => {
            table.write_record(["size", "contrast", "sensitivity_at_95_specificity", "auroc"])?;
            lesions.iter().try_for_each(|c| numbers(table, &[c.size, c.contrast, c.sensitivity_at_95_specificity, c.auroc]))
        }
        Chart::Confusion => {
            let c = set.confusion(threshold);
            table.write_record(["label", "called_normal", "called_abnormal", "threshold"])?;
            for (label, counts) in [("normal", [c.tn, c.fp]), ("abnormal", [c.fn_, c.tp])] {
                table.write_record([label.into(), counts[0].to_string(), counts[1].to_string(), threshold.to_string()])?;
            }
            Ok(())
        }
    })
}

fn tags(set: &ScoreSet, threshold: f64, review: &Review) -> Result<Vec<u8>> {
    csv_of(|table| {
        let head = ["path", "split", "class", "label", "score", "predicted"].into_iter();
        table.write_record(head.chain(Tag::ALL.map(Tag::column)).chain(["note"]))?;
        for row in &set.rows {
            let Some(annotation) = review.get(&row.path) else { continue };
            let flag = |v: bool| u8::from(v).to_string();
            let known = [row.path.clone(), row.split.clone(), row.class.clone(), row.label.map(flag).unwrap_or_default()];
            let said = [row.score.to_string(), flag(row.score >= threshold)];
            let tags = Tag::ALL.map(|t| flag(Annotation::has(annotation, t)));
            table.write_record(known.into_iter().chain(said).chain(tags).chain([annotation.note.clone()]))?;
        }
        Ok(())
    })
}
