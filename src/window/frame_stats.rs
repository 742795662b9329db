//! How long frames take: the hidden option `--frame-stats FILE`.

use crate::{error::Result, run_dir::write_atomic};
use cpu_time::ThreadTime;
use serde_json::json;
use std::{
    io::Write,
    path::PathBuf,
    time::{Duration, Instant},
};

/// Measures the CPU time that the window's thread spends on each frame's logic and drawing, and writes it down at the end.
pub struct FrameStats {
    file: PathBuf,
    started: Instant,
    first_frame: Option<Duration>,
    /// Times of the frame at work: a frame may be drawn in several passes.
    current: Option<[Duration; 2]>,
    /// CPU and clock time of each frame.
    frames: Vec<[Duration; 2]>,
}

/// One measured part of a frame.
pub struct Part(Instant, ThreadTime);

impl FrameStats {
    pub fn new(file: PathBuf, started: Instant) -> Self {
        Self { file, started, first_frame: None, current: None, frames: Vec::new() }
    }

    pub fn begin() -> Part {
        Part(Instant::now(), ThreadTime::now())
    }

    /// A frame begins with its logic…
    pub fn logic(&mut self, part: Part) {
        self.frames.extend(self.current.take());
        self.add(part);
    }

    /// … and is then drawn.
    pub fn drawn(&mut self, part: Part) {
        self.add(part);
        self.first_frame.get_or_insert_with(|| self.started.elapsed());
    }

    fn add(&mut self, Part(clock, cpu): Part) {
        let [c, w] = self.current.unwrap_or_default();
        self.current = Some([c + cpu.elapsed(), w + clock.elapsed()]);
    }

    /// Writes the file.
    pub fn write(mut self) -> Result<()> {
        self.frames.extend(self.current.take());
        let sorted = |which: usize| {
            let mut ms: Vec<f64> = self.frames.iter().map(|f| f[which].as_secs_f64() * 1e3).collect();
            ms.sort_by(f64::total_cmp);
            ms
        };
        let (cpu, clock) = (sorted(0), sorted(1));
        let text = json!({
            "frames": self.frames.len(),
            "cpu_ms_p50": at(&cpu, 0.5),
            "cpu_ms_p99": at(&cpu, 0.99),
            "cpu_ms_max": at(&cpu, 1.0),
            "first_frame_ms": self.first_frame.map(|d| d.as_secs_f64() * 1e3),
            "clock_ms_p50": at(&clock, 0.5),
            "clock_ms_p99": at(&clock, 0.99),
            "clock_ms_max": at(&clock, 1.0),
        });
        write_atomic(&self.file, |out| writeln!(out, "{text:#}"))
    }
}

/// The value that the share `q` of all does not exceed.
fn at(sorted: &[f64], q: f64) -> Option<f64> {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).map(|ms| (ms * 1e3).round() / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_the_nearest_ones() {
        let ms: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!([0.5, 0.99, 1.0].map(|q| at(&ms, q)), [Some(100.0), Some(198.0), Some(200.0)]);
        assert_eq!(at(&[], 0.5), None);
    }

    #[test]
    fn all_passes_of_a_frame_are_one_frame() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("stats.json");
        let mut stats = FrameStats::new(file.clone(), Instant::now());
        for _ in 0..3 {
            stats.logic(FrameStats::begin());
            stats.drawn(FrameStats::begin());
            stats.drawn(FrameStats::begin());
        }
        stats.write().unwrap();
        let found: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        assert_eq!(found["frames"], 3);
        assert!(found["first_frame_ms"].is_number() && found["cpu_ms_p99"].is_number());
    }
}
