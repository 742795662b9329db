//! `scores.csv`: written atomically; read also where other programs wrote it, with only `path`, `label`, `score`.

use super::{PerScore, SHIFTS, ScoreKind, ScoreRow, ScoreTerms, Scores};
use crate::{
    error::{Error, Result},
    run_dir::write_atomic,
    text,
};
use ::csv::{ByteRecord, ReaderBuilder, WriterBuilder};
use std::{borrow::Cow, collections::HashMap, path::Path};

/// Names of the columns of [`ScoreTerms`], for each shift.
const TERMS: [[&str; 3]; SHIFTS] = [
    ["sim_0", "cls_0", "nearest_0"],
    ["sim_1", "cls_1", "nearest_1"],
    ["sim_2", "cls_2", "nearest_2"],
    ["sim_3", "cls_3", "nearest_3"],
];

/// Scores that have a column of their own: all but DIA's, which is `score`.
fn kinds_with_column() -> impl Iterator<Item = ScoreKind> {
    ScoreKind::ALL.into_iter().filter(|kind| *kind != ScoreKind::Dia)
}

impl Scores {
    /// Columns `path,split,label,score,predicted,threshold,sim_0..3,cls_0..3,nearest_0..3`, then `class,spread`, one for each
    /// other [`ScoreKind`], `lead_predicted,lead_threshold`, and one `rival_NAME` for each baseline. Empty = unknown; numbers in their shortest exact form;
    /// names are no formulas for a spreadsheet ([`text::cell`]).
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        write_atomic(path, |file| {
            let mut csv = WriterBuilder::new().from_writer(file);
            csv.write_record(self.header())?;
            for row in &self.rows {
                csv.write_record(fields(row, self.baselines.len()))?;
            }
            csv.flush()
        })
    }

    fn header(&self) -> Vec<String> {
        let mut names: Vec<String> = ["path", "split", "label", "score", "predicted", "threshold"].map(String::from).to_vec();
        for part in 0..3 {
            names.extend(TERMS.iter().map(|columns| columns[part].to_string()));
        }
        names.extend(["class", "spread"].map(String::from));
        names.extend(kinds_with_column().map(|kind| kind.name().to_string()));
        names.extend(["lead_predicted", "lead_threshold"].map(String::from));
        names.extend(self.baselines.iter().map(|name| format!("rival_{name}")));
        names
    }

    /// Reads a file of scores. Only `path` and `score` must be there; commas, semicolons or tabs; a byte order mark and bytes
    /// that are no UTF-8 are tolerated.
    ///
    /// # Errors
    /// Says line and column of the first value that cannot be used.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        Self::parse(&bytes).map_err(|problem| {
            let example =
                "a file of scores looks like `path,label,score`, label 1 = abnormal or empty, a higher score more abnormal";
            Error::user(format!("{} cannot be used: {problem}", path.display()), example)
        })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let first_line = bytes.split(|&b| b == b'\n' || b == b'\r').next().unwrap_or_default();
        let count = |c: u8| first_line.iter().filter(|&&b| b == c).count();
        let delimiter = if count(b',') > 0 {
            b','
        } else if count(b';') > 0 {
            b';'
        } else {
            b'\t'
        };
        let mut reader = ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
        let header = reader.byte_headers().map_err(|e| e.to_string())?;
        let names: Vec<String> = header.iter().map(|h| String::from_utf8_lossy(h).trim().to_lowercase()).collect();
        let columns = ScoreColumns::find(names)?;
        let baselines = columns.baselines.iter().map(|&at| columns.names[at]["rival_".len()..].to_string()).collect();
        let mut rows = Vec::new();
        for record in reader.byte_records() {
            let record = record.map_err(|e| e.to_string())?;
            let cells = Cells { line: record.position().map_or(0, ::csv::Position::line), record: &record, columns: &columns };
            rows.push(cells.row()?);
        }
        if rows.is_empty() {
            return Err("it holds no scores".into());
        }
        Ok(Self { rows, baselines })
    }
}

fn fields(row: &ScoreRow, baselines: usize) -> Vec<String> {
    let flag = |value: Option<bool>| value.map_or(String::new(), |v| u8::from(v).to_string());
    let number = |value: Option<f64>| value.filter(|v| !v.is_nan()).map_or(String::new(), |v| v.to_string());
    let mut fields = vec![
        text::cell(&row.path).into_owned(),
        text::cell(&row.split).into_owned(),
        flag(row.label),
        row.value(ScoreKind::Dia).unwrap_or(row.score).to_string(),
        flag(row.predicted),
        number(row.threshold),
    ];
    match &row.terms {
        Some(terms) => {
            fields.extend(terms.sim.iter().chain(&terms.cls).map(|&v| number(Some(v))));
            fields.extend(terms.nearest.iter().map(|name| text::cell(name).into_owned()));
        }
        None => fields.extend(std::iter::repeat_n(String::new(), 3 * SHIFTS)),
    }
    fields.push(text::cell(&row.class).into_owned());
    fields.push(number(row.deviation));
    fields.extend(kinds_with_column().map(|kind| number(row.by[kind])));
    fields.extend([flag(row.lead_predicted), number(row.lead_threshold)]);
    fields.extend((0..baselines).map(|i| number(row.baselines.get(i).copied())));
    fields
}

/// Where the columns are.
struct ScoreColumns {
    names: Vec<String>,
    places: HashMap<String, usize>,
    path: usize,
    score: usize,
    baselines: Vec<usize>,
}

impl ScoreColumns {
    fn find(names: Vec<String>) -> Result<Self, String> {
        // Of two columns with one name the first counts.
        let places: HashMap<String, usize> = names.iter().cloned().zip(0..names.len()).rev().collect();
        if names.iter().all(String::is_empty) {
            return Err("its first line names no columns".into());
        }
        let need = |name: &str| {
            let place = places.get(name).copied();
            place.ok_or_else(|| format!("it has no column `{name}`, only: {}", shorten(&names.join(", "))))
        };
        let (path, score) = (need("path")?, need("score")?);
        let baselines = (0..names.len()).filter(|&i| names[i].starts_with("rival_")).collect();
        Ok(Self { names, places, path, score, baselines })
    }
}

/// Enough of a text to recognise it.
fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(80).map(|c| if c.is_control() { '·' } else { c }).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// One line of the file.
struct Cells<'a> {
    line: u64,
    record: &'a ByteRecord,
    columns: &'a ScoreColumns,
}

impl Cells<'_> {
    fn row(&self) -> Result<ScoreRow, String> {
        let score = self.number(self.columns.score)?;
        let mut by = PerScore::default();
        for kind in kinds_with_column() {
            by[kind] = self.optional(kind.name())?;
        }
        Ok(ScoreRow {
            path: self.text(self.columns.path),
            split: self.named("split").map(|at| self.text(at)).unwrap_or_default(),
            class: self.named("class").map(|at| self.text(at)).unwrap_or_default(),
            label: self.flag("label")?,
            score: score.ok_or_else(|| self.wrong(self.columns.score, "is empty; each image needs a score"))?,
            predicted: self.flag("predicted")?,
            threshold: self.optional("threshold")?,
            lead_predicted: self.flag("lead_predicted")?,
            lead_threshold: self.optional("lead_threshold")?,
            terms: self.terms()?,
            deviation: self.optional("spread")?,
            by,
            baselines: self
                .columns
                .baselines
                .iter()
                .map(|&at| Ok(self.number(at)?.unwrap_or(f64::NAN)))
                .collect::<Result<_, String>>()?,
        })
    }

    fn terms(&self) -> Result<Option<ScoreTerms>, String> {
        let mut terms = ScoreTerms::default();
        for (k, [sim, cls, nearest]) in TERMS.iter().enumerate() {
            let (Some(sim), Some(cls)) = (self.optional(sim)?, self.optional(cls)?) else {
                return Ok(None);
            };
            terms.sim[k] = sim;
            terms.cls[k] = cls;
            terms.nearest[k] = self.named(nearest).map(|at| self.text(at)).unwrap_or_default();
        }
        Ok(Some(terms))
    }

    fn named(&self, name: &str) -> Option<usize> {
        self.columns.places.get(name).copied()
    }

    fn cell(&self, at: usize) -> Cow<'_, str> {
        String::from_utf8_lossy(self.record.get(at).unwrap_or_default())
    }

    fn text(&self, at: usize) -> String {
        text::from_cell(&self.cell(at)).into()
    }

    fn wrong(&self, at: usize, what: &str) -> String {
        format!("line {}, column `{}`: \"{}\" {what}", self.line, self.columns.names[at], shorten(&self.cell(at)))
    }

    fn number(&self, at: usize) -> Result<Option<f64>, String> {
        match self.cell(at).trim() {
            "" => Ok(None),
            trimmed => match trimmed.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Some(value)),
                Ok(_) => Err(self.wrong(at, "is no finite number")),
                Err(_) => Err(self.wrong(at, "is no number (with a decimal point)")),
            },
        }
    }

    fn optional(&self, name: &str) -> Result<Option<f64>, String> {
        self.named(name).map_or(Ok(None), |at| self.number(at))
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        let Some(at) = self.named(name) else { return Ok(None) };
        match self.cell(at).trim().to_lowercase().as_str() {
            "" | "nan" => Ok(None),
            "1" | "1.0" | "true" | "abnormal" => Ok(Some(true)),
            "0" | "0.0" | "false" | "normal" => Ok(Some(false)),
            _ => Err(self.wrong(at, "is neither 1 (abnormal) nor 0 (normal) nor empty (unknown)")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Scores, String> {
        Scores::parse(text.as_bytes())
    }

    #[test]
    fn what_was_written_is_read_again() {
        let terms = ScoreTerms {
            sim: [0.1 + 0.2, 1e-300, -0.0, 4.0],
            cls: [1.0, 2.0, f64::MAX, -3.5],
            nearest: ["@eaDir/a,b.png", "say \"hi\".png", "line\nbreak", "ä"].map(String::from),
        };
        let full = ScoreRow {
            path: "=HYPERLINK(\"x\"),ünïcode, with comma.png".into(),
            split: "test".into(),
            class: "CNV".into(),
            label: Some(true),
            score: 1.0 / 3.0,
            predicted: Some(false),
            threshold: Some(0.5),
            lead_predicted: Some(true),
            lead_threshold: Some(0.75),
            terms: Some(terms),
            deviation: Some(0.01),
            by: PerScore::from_fn(|kind| (kind != ScoreKind::Dia).then_some(kind as usize as f64 - 1.5)),
            baselines: vec![1.5, 2.5],
        };
        let bare = ScoreRow { path: "b".into(), score: -1.0, baselines: vec![0.0, 7.0], ..ScoreRow::default() };
        let scores = Scores { rows: vec![full, bare], baselines: vec!["contrast".into(), "width".into()] };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("scores.csv");
        scores.write(&path).unwrap();
        assert_eq!(Scores::read(&path).unwrap(), scores);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\n\"'=HYPERLINK") && text.contains("\"'@eaDir/a"), "a spreadsheet sees no formula: {text}");
        let header = std::fs::read_to_string(&path).unwrap().lines().next().unwrap().to_string();
        assert!(header.starts_with("path,split,label,score,predicted,threshold,sim_0,sim_1,sim_2,sim_3,cls_0,"));
        let end =
            "nearest_3,class,spread,profile,features,tiles,map,lead,lead_predicted,lead_threshold,rival_contrast,rival_width";
        assert!(header.ends_with(end));
    }

    #[test]
    fn files_of_other_programs_are_read() {
        let plain = parse("\u{feff}path,label,score\r\na.png,1,0.5\r\nb.png,,-2e-3\r\n").unwrap();
        assert_eq!(plain.rows.iter().map(|r| r.label).collect::<Vec<_>>(), [Some(true), None]);
        assert_eq!(plain.rows[1].score, -2e-3);
        assert_eq!(plain.rows[0].terms, None);
        assert_eq!(parse("Score;Path\n0.5;a").unwrap().rows[0].path, "a");
        assert_eq!(parse("score\tpath\n0.5\ta").unwrap().rows[0].path, "a");
        let odd = Scores::parse(b"path,score\nsc\xff\xfen.png,1\n").unwrap();
        assert_eq!(odd.rows[0].path, "sc\u{fffd}\u{fffd}n.png");
    }

    #[test]
    fn errors_name_line_and_column() {
        for (text, says) in [
            ("path,score\na,1\nb,x\n", "line 3, column `score`: \"x\" is no number"),
            ("path,score\na,inf\n", "line 2, column `score`: \"inf\" is no finite number"),
            ("path,score\na,\n", "line 2, column `score`: \"\" is empty"),
            ("path,label,score\na,2,1\n", "line 2, column `label`: \"2\" is neither"),
            ("path,score\na,1,5\n", "line: 2"),
            ("path,label\na,1\n", "no column `score`, only: path, label"),
            ("path,score\n", "it holds no scores"),
            ("", "its first line names no columns"),
            (" , \na,1\n", "its first line names no columns"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        let error = Scores::parse(&[0u8, 159, 146, 150].repeat(1000)).unwrap_err();
        assert!(error.chars().count() < 200, "{error}");
    }
}
