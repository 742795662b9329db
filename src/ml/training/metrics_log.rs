//! `metrics.csv`: one row a step, the losses and rates of a training.

use crate::{
    error::{Error, Result},
    run_dir::{RunDir, files, write_atomic},
};
use csv::{ReaderBuilder, StringRecord, Writer, WriterBuilder};
use std::{
    fs,
    ops::RangeBounds,
    path::PathBuf,
    time::{Duration, Instant},
};

/// The open file.
pub struct MetricsLog {
    path: PathBuf,
    csv: Writer<fs::File>,
    flushed: Instant,
}

impl MetricsLog {
    /// Opens the run's `metrics.csv` after `done` steps: rows beyond them, which a killed run may have written after its
    /// last checkpoint, are dropped, so no step is there twice. The first column is `step`, the others are `columns`.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn resume(run: &RunDir, columns: &[&str], done: usize) -> Result<Self> {
        let path = run.join(files::METRICS);
        let old = fs::read_to_string(&path).unwrap_or_default();
        // A last line without its end was cut off.
        let complete = &old[..old.rfind('\n').map_or(0, |end| end + 1)];
        let is_done = |row: &StringRecord| row.get(0).is_some_and(|s| s.parse::<usize>().is_ok_and(|step| step <= done));
        write_atomic(&path, |file| {
            let mut csv = WriterBuilder::new().flexible(true).from_writer(file);
            csv.write_record(["step"].iter().chain(columns))?;
            let mut rows = ReaderBuilder::new().flexible(true).from_reader(complete.as_bytes());
            rows.records().flatten().filter(is_done).try_for_each(|row| csv.write_record(&row))?;
            csv.flush()
        })?;
        let file = fs::OpenOptions::new().append(true).open(&path).map_err(Error::io("write", &path))?;
        Ok(Self { path, csv: Writer::from_writer(file), flushed: Instant::now() })
    }

    /// Adds the row of `step`; it reaches the file within a second or two of training.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn push(&mut self, step: usize, values: &[f64]) -> Result<()> {
        let row = std::iter::once(step.to_string()).chain(values.iter().map(|v| format!("{v:.6e}")));
        self.csv.write_record(row).map_err(|e| Error::io("write", &self.path)(e.into()))?;
        if self.flushed.elapsed() > Duration::from_secs(1) {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes what is still in memory; before each checkpoint, so that a resumed run finds all rows up to it.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.flushed = Instant::now();
        self.csv.flush().map_err(Error::io("write", &self.path))
    }
}

/// Mean of a column of the run's `metrics.csv` over some steps; `None` where it has none of them.
pub fn mean(run: &RunDir, column: &str, steps: impl RangeBounds<usize>) -> Option<f64> {
    let mut csv = ReaderBuilder::new().flexible(true).from_path(run.join(files::METRICS)).ok()?;
    let column = csv.headers().ok()?.iter().position(|name| name == column)?;
    let is_of =
        |row: &StringRecord| row.get(0).and_then(|step| step.parse().ok()).is_some_and(|step: usize| steps.contains(&step));
    let rows = csv.into_records().flatten().filter(is_of);
    let values: Vec<f64> = rows.filter_map(|row| row.get(column)?.parse().ok()).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::RunConfig, run_dir::RunKind};

    #[test]
    fn resuming_drops_what_came_after_the_checkpoint() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), RunKind::Ddpm, "x", &RunConfig::default()).unwrap();
        let mut series = MetricsLog::resume(&run, &["loss", "lr"], 0).unwrap();
        (1..=5).for_each(|step| series.push(step, &[0.5, 1e-4]).unwrap());
        series.flush().unwrap();
        assert_eq!((mean(&run, "loss", 2..), mean(&run, "lr", ..=5), mean(&run, "lr", 6..)), (Some(0.5), Some(1e-4), None));
        assert_eq!(mean(&run, "nothing", ..), None);
        let path = run.join("metrics.csv");
        let complete = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{complete}6,0.")).unwrap();
        let mut series = MetricsLog::resume(&run, &["loss", "lr"], 3).unwrap();
        (4..=5).for_each(|step| series.push(step, &[0.5, 1e-4]).unwrap());
        series.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), complete);
        assert!(complete.starts_with("step,loss,lr\n1,5.000000e-1,1.000000e-4\n"));
    }
}
