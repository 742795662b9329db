//! The last lines of a run's log, with those of its parts.

use crate::run_dir::{RunDir, files};
use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

/// Lines that are shown.
const LINES: usize = 200;
/// Bytes read from the end of each file.
const BYTES: u64 = 64 << 10;

/// Newest last. Each line begins with its time in a form that sorts, so those of the parts fall into place.
pub fn tail(run: &Path) -> Vec<String> {
    let parts = RunDir::open(run).and_then(|run| run.contents()).map(|contents| contents.parts).unwrap_or_default();
    let mut lines: Vec<String> = parts.iter().flat_map(|(_, part)| end_of(&part.join(files::LOG))).collect();
    lines.sort();
    lines.split_off(lines.len().saturating_sub(LINES))
}

/// A log that cannot be read has no lines.
fn end_of(path: &Path) -> Vec<String> {
    let read = || -> std::io::Result<Vec<String>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let start = length.saturating_sub(BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // The first line was cut where the file was not read from its beginning.
        Ok(text.lines().skip(usize::from(start > 0)).map(String::from).collect())
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::RunConfig, run_dir::RunKind};

    #[test]
    fn log_lines_of_run_and_parts_are_in_order_of_time() {
        let dir = tempfile::tempdir().unwrap();
        assert!(tail(dir.path()).is_empty(), "it is no run");
        let config = RunConfig::default();
        let run = RunDir::create(dir.path(), RunKind::Train, "r", &config).unwrap();
        run.part(RunKind::Dia, &config).unwrap();
        assert!(tail(run.path()).is_empty());
        std::fs::write(run.join("log.txt"), "2026-01-01T10:00:00Z a\n2026-01-01T12:00:00Z c\n").unwrap();
        std::fs::write(run.join("dia/log.txt"), "2026-01-01T11:00:00Z b\n").unwrap();
        let texts: Vec<String> = tail(run.path()).iter().map(|l| l.chars().last().unwrap().to_string()).collect();
        assert_eq!(texts, ["a", "b", "c"]);
    }
}
