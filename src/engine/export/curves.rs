//! Charts of Dissolve and Train, and the terms of one image, as files.

use super::{
    results::{Format, picture},
    table::csv_of,
};
use crate::{
    engine::runs::{
        normal_quantiles::{Normals, PERCENTS},
        score_set::ScoreSet,
    },
    error::{Error, Result},
    report::{
        Axis,
        chart::{
            canvas::SeriesColor,
            xy_chart::{Chart, Series, Shape},
        },
        figures, training,
    },
    run_dir::{RunDir, files, write_with_folder},
    scores::{SHIFTS, ScoreTerms},
    text,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Which graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Graph {
    /// How much dissolving changes the selected image, against t.
    ChangeCurve,
    /// The curves of this run and its parts, and the AUROC of each epoch.
    Training(PathBuf),
    /// The eight terms of the selected image's score among the training normals.
    Terms,
}

/// A graph with its values.
#[derive(Debug)]
pub enum CurveExport {
    /// The change curve of the selected image.
    ChangeCurve(ChangeCurve),
    /// The run folder, from whose files the curves are read.
    Training(PathBuf),
    /// The set, and the row in it.
    Terms(Arc<ScoreSet>, usize),
}

/// Change of one image against t.
#[derive(Debug, Clone, Default)]
pub struct ChangeCurve {
    /// Its name in the data set: title of the chart, and stem of the file.
    pub image: String,
    /// `(t, mean |change|)`
    pub points: Vec<(usize, f64)>,
    /// Mean |change| that resizing alone makes, where there was any.
    pub floor: Option<f64>,
    /// `(t, 5th percentile, median, 95th percentile)` of the training normals; may be empty.
    pub band: Vec<(usize, [f64; 3])>,
    /// Where the file is written; made where it is not there.
    pub folder: PathBuf,
}

impl CurveExport {
    /// Writes the graph; returns the file or, where they are several, their folder.
    ///
    /// # Errors
    /// Nothing to be drawn; a folder that cannot be written to.
    pub fn write(&self, format: Format) -> Result<PathBuf> {
        match self {
            Self::ChangeCurve(curve) => {
                let bytes = if format == Format::Csv { curve.table()? } else { picture(&curve.chart(), format)? };
                save(&curve.folder, &format!("{}-energy", text::file_stem(&curve.image)), format, &bytes)
            }
            Self::Training(run) => training_curves(run, format),
            Self::Terms(set, row) => {
                let row = set.rows.get(*row);
                let found = row.and_then(|row| Some((row, row.terms.as_ref()?, set.normals.as_ref()?)));
                let (row, terms, normals) = found.ok_or_else(|| nothing("this image has no terms"))?;
                let path = set.export_path(&format!("{}-terms.csv", text::file_stem(&row.path)));
                write_with_folder(&path, &terms_table(terms, normals)?)?;
                Ok(path)
            }
        }
    }
}

fn nothing(what: &str) -> Error {
    Error::user(format!("there is nothing to save: {what}"), "")
}

fn save(folder: &Path, name: &str, format: Format, bytes: &[u8]) -> Result<PathBuf> {
    let path = folder.join(format!("{name}.{}", format.name().to_lowercase()));
    write_with_folder(&path, bytes)?;
    Ok(path)
}

impl ChangeCurve {
    fn chart(&self) -> Chart {
        let mut series = Vec::new();
        if !self.band.is_empty() {
            let band = self.band.iter().map(|(t, v)| [*t as f64, v[0], v[2]]).collect();
            let median = self.band.iter().map(|(t, v)| [*t as f64, v[1]]).collect();
            series.push(Series::named(SeriesColor::Normal, Shape::Band(band), "training normals, 5 to 95 %"));
            series.push(Series::new(SeriesColor::Normal, Shape::Line(median)));
        }
        if let (Some(floor), Some(first), Some(last)) = (self.floor, self.points.first(), self.points.last()) {
            let ends = [first, last].map(|(t, _)| [*t as f64, floor]);
            series.push(Series::named(SeriesColor::Quiet, Shape::Line(ends.to_vec()), "resizing alone"));
        }
        let line = self.points.iter().map(|(t, change)| [*t as f64, *change]).collect();
        series.push(Series::named(SeriesColor::Accent, Shape::Line(line), "this image"));
        let (x, y) = (Axis::new("t"), Axis::new("mean |change|"));
        Chart { title: format!("Dissolving {}", text::elided(&self.image, 60)), x, y, series, size: [480.0, 300.0] }
    }

    /// All t of image or band, in their order.
    fn table(&self) -> Result<Vec<u8>> {
        let mut steps: Vec<usize> = self.points.iter().map(|p| p.0).chain(self.band.iter().map(|b| b.0)).collect();
        steps.sort_unstable();
        steps.dedup();
        let text = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
        csv_of(|table| {
            table.write_record(["t", "mean_abs_change", "normals_p5", "normals_median", "normals_p95", "resizing"])?;
            for t in steps {
                let own = self.points.iter().find(|p| p.0 == t).map(|p| p.1);
                let band = self.band.iter().find(|b| b.0 == t).map(|b| b.1);
                let normals = [0, 1, 2].map(|i| text(band.map(|b| b[i])));
                table.write_record([t.to_string(), text(own)].into_iter().chain(normals).chain([text(self.floor)]))?;
            }
            Ok(())
        })
    }
}

fn training_curves(run: &Path, format: Format) -> Result<PathBuf> {
    let run = RunDir::open(run)?;
    let folder = run.join(files::EXPORTS);
    let parts = run.contents()?.parts;
    let curves: Vec<_> =
        parts.iter().flat_map(|(part, dir)| training::columns(dir).into_iter().map(|c| (part.name(), c))).collect();
    let epochs = || parts.iter().map(|(part, dir)| (part.name(), training::epochs(dir))).filter(|(_, e)| !e.rows.is_empty());
    if curves.is_empty() && epochs().next().is_none() {
        return Err(nothing("this run has written no curves"));
    }
    if format == Format::Csv {
        let bytes = csv_of(|table| {
            table.write_record(["part", "curve", "against", "at", "value"])?;
            for (part, (name, points)) in &curves {
                for [x, y] in points {
                    table.write_record([part, name.as_str(), "step", &x.to_string(), &y.to_string()])?;
                }
            }
            for (part, epochs) in epochs() {
                for row in &epochs.rows {
                    for (name, value) in ["auroc", "auroc_lower", "auroc_upper"].iter().zip(&row[1..]) {
                        table.write_record([part, name, "epoch", &row[0].to_string(), &value.to_string()])?;
                    }
                }
            }
            Ok(())
        })?;
        return save(&folder, "training", format, &bytes);
    }
    for (part, (name, points)) in &curves {
        let (title, unit) = training::words(name);
        let bytes = picture(&figures::curve(title, unit, points), format)?;
        save(&folder, &format!("training-{part}-{name}"), format, &bytes)?;
    }
    for (part, epochs) in epochs() {
        let bytes = picture(&figures::auroc_by_epoch(&epochs.rows, &epochs.split), format)?;
        save(&folder, &format!("training-{part}-auroc"), format, &bytes)?;
    }
    Ok(folder)
}

fn terms_table(terms: &ScoreTerms, normals: &Normals) -> Result<Vec<u8>> {
    csv_of(|table| {
        let percentiles = PERCENTS.map(|p| format!("normals_p{p:.0}"));
        table.write_record(["term", "shift", "value"].map(String::from).into_iter().chain(percentiles))?;
        for (name, values, quantiles) in [("similarity", &terms.sim, &normals.sim), ("shift known", &terms.cls, &normals.cls)] {
            for k in 0..SHIFTS {
                let head = [name.to_string(), k.to_string(), values[k].to_string()];
                table.write_record(head.into_iter().chain(quantiles[k].map(|v| v.to_string())))?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::RunConfig,
        run_dir::RunKind,
        scores::{ScoreRow, Scores},
    };
    use std::fs;

    #[test]
    fn change_curve_is_written_as_table_of_all_t_and_as_chart() {
        let dir = tempfile::tempdir().unwrap();
        let curve = ChangeCurve {
            image: "eyes/a.png".into(),
            points: vec![(0, 0.0), (80, 0.1)],
            floor: Some(0.05),
            band: vec![(80, [0.01, 0.02, 0.03]), (300, [0.1, 0.2, 0.3])],
            folder: dir.path().join("exports"),
        };
        let curve = CurveExport::ChangeCurve(curve);
        let path = curve.write(Format::Csv).unwrap();
        assert!(path.ends_with("exports/eyes-a-energy.csv"));
        let text = fs::read_to_string(path).unwrap();
        assert_eq!(
            text.lines().skip(1).collect::<Vec<_>>(),
            ["0,0,,,,0.05", "80,0.1,0.01,0.02,0.03,0.05", "300,,0.1,0.2,0.3,0.05"]
        );
        let svg = fs::read_to_string(curve.write(Format::Svg).unwrap()).unwrap();
        assert!(svg.contains("mean |change|") && svg.contains("training normals") && svg.contains("resizing alone"));
    }

    #[test]
    fn terms_of_images_of_one_name_are_files_of_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), RunKind::Dia, "eyes", &RunConfig::default()).unwrap();
        let row = |path: &str, split: &str| {
            let terms = Some(ScoreTerms::default());
            ScoreRow { path: path.into(), split: split.into(), label: Some(false), terms, ..ScoreRow::default() }
        };
        let scores = Scores::from(vec![row("n.png", "train"), row("a/1.png", "test"), row("b/1.png", "test")]);
        ["scores.csv", "scores-other.csv"].iter().for_each(|file| scores.write(&run.join(file)).unwrap());
        fs::write(run.join("scores-other.toml"), "path = \"/other\"\n").unwrap();
        for file in ["scores.csv", "scores-other.csv"] {
            let set = Arc::new(ScoreSet::read(&run.join(file), None).unwrap());
            (0..set.evaluated).for_each(|row| _ = CurveExport::Terms(set.clone(), row).write(Format::Csv).unwrap());
        }
        let written = fs::read_dir(run.join("exports")).unwrap();
        let mut names: Vec<_> = written.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["a-1-terms.csv", "b-1-terms.csv", "other-a-1-terms.csv", "other-b-1-terms.csv"]);
    }

    #[test]
    fn curves_of_run_and_parts_are_written() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), RunKind::Dia, "eyes", &RunConfig::default()).unwrap();
        assert!(training_curves(run.path(), Format::Csv).is_err(), "there are none yet");
        fs::write(run.join("metrics.csv"), "step,loss\n1,0.5\n2,0.25\n").unwrap();
        fs::write(run.join("epochs.csv"), "epoch,split,auroc,auroc_lower,auroc_upper\n1,test,0.7,0.6,0.8\n").unwrap();
        let text = fs::read_to_string(training_curves(run.path(), Format::Csv).unwrap()).unwrap();
        assert!(text.contains("dia,loss,step,2,0.25\n") && text.contains("dia,auroc_upper,epoch,1,0.8\n"), "{text}");
        let folder = training_curves(run.path(), Format::Svg).unwrap();
        assert!(folder.join("training-dia-loss.svg").exists() && folder.join("training-dia-auroc.svg").exists());
    }
}
