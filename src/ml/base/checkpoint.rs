//! Tensors on disk: `.safetensors` files with text metadata, and the checkpoints of a run folder.
//!
//! Files with the same content have the same bytes (the header is written in name order), so that a resumed training can
//! be compared with one that was never stopped.

use super::reporter::{Event, Reporter};
use crate::{
    error::{Error, Result},
    run_dir::{RunDir, files, write_atomic},
};
use candle_core::{Device, Tensor};
use safetensors::SafeTensors;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Named tensors, in name order.
pub type Tensors = BTreeMap<String, Tensor>;
/// Text entries of a file, by key.
pub type CheckpointMetadata = BTreeMap<String, String>;

/// Work that a kill may cost.
const LOST: Duration = Duration::from_secs(60);
/// Writing takes at most this share of the time.
const SHARE: u32 = 20;

/// When checkpoints are due: every so many steps, and in between where a minute of work would be lost.
pub struct Due {
    every: usize,
    last: Instant,
    cost: Duration,
}

impl Due {
    /// From now on, every so many steps (> 0) at least.
    pub fn every(steps: usize) -> Self {
        Self { every: steps, last: Instant::now(), cost: Duration::ZERO }
    }

    /// Whether one is due after this step.
    pub fn is_now(&self, step: usize) -> bool {
        step.is_multiple_of(self.every) || self.last.elapsed() >= LOST.max(SHARE * self.cost)
    }

    /// Writes one by `save`.
    ///
    /// # Errors
    /// As `save`.
    pub fn keep(&mut self, save: impl FnOnce() -> Result<()>) -> Result<()> {
        let start = Instant::now();
        save()?;
        self.last = Instant::now();
        self.cost = self.last - start;
        Ok(())
    }
}

/// Writes the tensors (any device) atomically: the file is complete or not there.
///
/// # Errors
/// Where the file cannot be written or a tensor cannot be read.
pub fn save(path: &Path, tensors: &Tensors, metadata: &CheckpointMetadata) -> Result<()> {
    let mut header = Map::new();
    header.insert("__metadata__".into(), json!(metadata));
    let mut end = 0;
    for (name, tensor) in tensors {
        let start = end;
        end += tensor.elem_count() * tensor.dtype().size_in_bytes();
        let dtype = tensor.dtype().as_str().to_uppercase();
        header.insert(name.clone(), json!({ "dtype": dtype, "shape": tensor.dims(), "data_offsets": [start, end] }));
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    write_atomic(path, |file| {
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;
        let mut bytes = Vec::new();
        for tensor in tensors.values() {
            bytes.clear();
            tensor.write_bytes(&mut bytes).map_err(io::Error::other)?;
            file.write_all(&bytes)?;
        }
        Ok(())
    })
}

/// Reads a `.safetensors` file of any origin onto the CPU.
///
/// # Errors
/// Where the file cannot be read, is of another kind, or was cut off.
pub fn load(path: &Path) -> Result<(Tensors, CheckpointMetadata)> {
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    let damaged = |e: &dyn std::fmt::Display| {
        Error::user(
            format!("{} is no complete .safetensors file: {e}", path.display()),
            "it was cut off or is something else; use another",
        )
    };
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(&e))?;
    let metadata = header.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).map_err(|e| damaged(&e))?;
    Ok((tensors.into_iter().collect(), metadata))
}

/// Entry of a checkpoint that no step follows: its training was ended before its last one.
const ENDED: &str = "ended";

/// Writes the checkpoint of a step, `ended` where no step follows, and deletes all but the newest `keep`.
///
/// # Errors
/// As [`save`].
pub fn save_step(
    run: &RunDir,
    step: usize,
    state: &Tensors,
    mut metadata: CheckpointMetadata,
    ended: bool,
    keep: usize,
) -> Result<()> {
    if ended {
        metadata.insert(ENDED.into(), "true".into());
    }
    save(&step_path(run, step), state, &metadata)?;
    prune(run, keep);
    Ok(())
}

/// Whether no step follows the checkpoint with these entries.
pub fn has_ended(metadata: &CheckpointMetadata) -> bool {
    metadata.contains_key(ENDED)
}

/// `checkpoints/step-N.safetensors` of a run.
pub fn step_path(run: &RunDir, step: usize) -> PathBuf {
    run.join(files::checkpoint(step))
}

/// The newest complete checkpoint with its step; `None` where there is none.
pub fn newest(run: &RunDir) -> Option<(usize, PathBuf)> {
    run.checkpoints().into_iter().find(|(_, path)| is_complete(path))
}

/// The checkpoint to go on from, with its step; `None` where none was written yet. That a newer one cannot be used is said.
///
/// # Errors
/// Where there are checkpoints and none of them is complete: beginning anew is for the person to decide.
pub fn to_resume(run: &RunDir, reporter: &mut dyn Reporter) -> Result<Option<(usize, PathBuf)>> {
    let all = run.checkpoints();
    let Some((last, newest_path)) = all.first() else { return Ok(None) };
    let Some((step, path)) = newest(run) else {
        let (count, are) = match all.len() {
            1 => ("the only checkpoint".to_string(), "is"),
            count => (format!("all {count} checkpoints"), "are"),
        };
        let folder = run.join(files::CHECKPOINTS);
        return Err(Error::user(
            format!("{count} in {} {are} cut short, so that there is nothing to go on from", folder.display()),
            "put whole ones there from a copy, or delete that folder, and it begins again at the first step",
        ));
    };
    if step < *last {
        let name = newest_path.file_name().unwrap_or_default().to_string_lossy();
        let text =
            format!("{name} is cut short: it goes on from step {step} instead of {last}, and computes those between again");
        reporter.event(Event::Notice(text.into()));
    }
    Ok(Some((step, path)))
}

/// Deletes all but the newest `keep` complete checkpoints. What cannot be deleted stays; it does no harm.
pub fn prune(run: &RunDir, keep: usize) {
    let mut complete = 0;
    for (_, path) in run.checkpoints() {
        let wanted = complete < keep && is_complete(&path);
        complete += usize::from(wanted);
        if !wanted {
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether the file is as long as its header says.
fn is_complete(path: &Path) -> bool {
    let length = || -> io::Result<u64> {
        let mut file = fs::File::open(path)?;
        let mut size = [0; 8];
        file.read_exact(&mut size)?;
        let mut header = Vec::new();
        (&mut file).take(u64::from_le_bytes(size)).read_to_end(&mut header)?;
        let header: Map<String, Value> = serde_json::from_slice(&header)?;
        let end = header.values().filter_map(|t| t.get("data_offsets")?.get(1)?.as_u64()).max().unwrap_or(0);
        Ok(8 + u64::from_le_bytes(size) + end)
    };
    matches!((length(), fs::metadata(path)), (Ok(expected), Ok(found)) if found.len() == expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::RunConfig, ml::base::reporter::Control, run_dir::RunKind};

    fn sample() -> (Tensors, CheckpointMetadata) {
        let device = &Device::Cpu;
        let tensors = [
            ("b.weight", Tensor::arange(0f32, 6., device).unwrap().reshape((2, 3)).unwrap()),
            ("a", Tensor::new(&[1i64, -2], device).unwrap()),
            ("scalar", Tensor::new(0.5f32, device).unwrap()),
        ];
        let metadata = [("step", "7"), ("config", "x = \"ä\"\n"), ("name", "n")];
        (
            tensors.into_iter().map(|(k, v)| (k.to_string(), v)).collect(),
            metadata.into_iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
        )
    }

    #[test]
    fn a_checkpoint_is_due_at_its_step_and_after_a_minute() {
        let mut due = Due::every(50);
        assert!(due.is_now(100) && !due.is_now(101));
        let Some(before) = Instant::now().checked_sub(LOST) else { return };
        due.last = before;
        assert!(due.is_now(101));
        // One that takes long to write comes less often.
        due.cost = LOST / 10;
        assert!(!due.is_now(101) && due.is_now(100));
        due.last = before;
        due.keep(|| Ok(())).unwrap();
        assert!(!due.is_now(101) && due.cost < LOST / 10);
        assert!(due.keep(|| Err(Error::Stopped)).is_err());
    }

    #[test]
    fn what_was_saved_is_loaded_and_same_content_gives_same_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let (tensors, metadata) = sample();
        let paths = ["1", "2"].map(|n| dir.path().join(n));
        paths.iter().for_each(|p| save(p, &tensors, &metadata).unwrap());
        assert_eq!(fs::read(&paths[0]).unwrap(), fs::read(&paths[1]).unwrap());
        let (found, found_metadata) = load(&paths[0]).unwrap();
        assert_eq!(found_metadata, metadata);
        assert_eq!(found.keys().collect::<Vec<_>>(), tensors.keys().collect::<Vec<_>>());
        for (name, t) in &tensors {
            assert_eq!((t.dims(), t.dtype()), (found[name].dims(), found[name].dtype()));
            assert_eq!(t.to_string(), found[name].to_string());
        }
    }

    #[test]
    fn a_cut_off_newest_checkpoint_is_passed_over_and_pruning_keeps_complete_ones() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), RunKind::Ddpm, "x", &RunConfig::default()).unwrap();
        let (tensors, metadata) = sample();
        for step in [5, 10, 20, 100] {
            save(&step_path(&run, step), &tensors, &metadata).unwrap();
        }
        assert_eq!(newest(&run).unwrap().0, 100);
        let bytes = fs::read(step_path(&run, 100)).unwrap();
        for length in [0, 7, 30, bytes.len() - 1] {
            fs::write(step_path(&run, 100), &bytes[..length]).unwrap();
            assert_eq!(newest(&run).unwrap().0, 20, "{length} bytes");
            assert!(load(&step_path(&run, 100)).is_err());
        }
        prune(&run, 2);
        let left: Vec<usize> = run.checkpoints().into_iter().map(|(step, _)| step).collect();
        assert_eq!(left, [20, 10]);
    }

    #[test]
    fn cut_off_checkpoints_are_said_and_never_begun_anew_from_in_silence() {
        struct Heard(Vec<String>);
        impl Reporter for Heard {
            fn event(&mut self, event: Event) {
                if let Event::Notice(notice) = event {
                    self.0.push(notice.to_string());
                }
            }
            fn control(&mut self) -> Control {
                Control::Continue
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path(), RunKind::Ddpm, "x", &RunConfig::default()).unwrap();
        let mut heard = Heard(Vec::new());
        assert!(to_resume(&run, &mut heard).unwrap().is_none(), "there is none yet");
        let (tensors, metadata) = sample();
        let cut = |step: usize| {
            let path = step_path(&run, step);
            save(&path, &tensors, &metadata).unwrap();
            fs::write(&path, &fs::read(&path).unwrap()[..50]).unwrap();
        };
        save(&step_path(&run, 10), &tensors, &metadata).unwrap();
        cut(20);
        assert_eq!(to_resume(&run, &mut heard).unwrap().unwrap().0, 10);
        assert!(heard.0.len() == 1 && heard.0[0].contains("goes on from step 10 instead of 20"), "{:?}", heard.0);
        cut(10);
        let refused = to_resume(&run, &mut heard).unwrap_err().to_string();
        assert!(refused.starts_with("all 2 checkpoints in") && refused.contains("cut short"), "{refused}");
    }
}
