//! Files bent by chance are given to every reader of files that come from outside: none may panic (not even where a guard catches
//! it, in code of ours), overflow its stack, take more than four seconds of the processor or more memory than the densest encoding can mean.
//!
//! `cargo test --release --test fuzz` bends each seed some thousand times, always in the same way. For longer, each target for so
//! many seconds, in other ways each time:
//!
//! ```sh
//! FUZZ_SECONDS=300 cargo test --release --test fuzz -- --ignored --nocapture      # FUZZ_TARGET=dicom: that one alone
//! ```
//!
//! An input that brings a fault is kept in `target/tmp/fuzz`; as a file in `tests/corpus/TARGET` it is tried again each time.

mod mutate;
mod seeds;
mod targets;
#[path = "../test_files/mod.rs"]
mod test_files;

use dissolve_studio::rng::stream;
use rand::{Rng, seq::IndexedRandom};
use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Mutex, Once,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use targets::{Folder, TARGETS, Taken, Target};

/// Bounds for one input.
const MOST_SECONDS: f64 = 4.0;
/// What may be taken by few bytes: the values of a TIFF's tags are read into 256 MB at most.
const MOST_BYTES: u64 = 320 << 20;
/// And for each byte of the input: one of a GIF can be 2731 pixels of four bytes.
const MOST_BYTES_EACH: u64 = 12 << 10;
/// Longer inputs are not bent further, or those that grow take all the time.
const KEPT: usize = 64 << 10;
/// Where nothing comes back after so much time of the processor, the whole process is ended…
const HANGS: Duration = Duration::from_secs(30);
/// …or after so much time on the clock, of which a process with little right to the processor may get a hundredth.
const STANDS: Duration = Duration::from_secs(1200);

/// Runs on which a fault is noted, one at a time: time and memory are those of the process.
static TURN: Mutex<()> = Mutex::new(());
/// Panics in code of ours, caught or not.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Panics of readers are noted rather than printed; those of other crates, caught, are what the guard is for.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The guard's own hook first: this one then stands before it.
        let _ = dissolve_studio::data::read_picture(Path::new("Cargo.toml"));
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if BEGUN.load(Ordering::Relaxed) == 0 {
                return usual(info);
            }
            let ours = info.location().is_some_and(|at| at.file().starts_with("src/") || at.file().starts_with("tests/"));
            if ours {
                PANICS.lock().unwrap().push(info.to_string());
            }
        }));
    });
}

/// A field of `/proc/self/status`, bytes; `None` where there is no such file.
fn memory(field: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().ok()? << 10)
}

/// What is wrong with how the target took this input.
fn fault(target: &Target, folder: &Folder, input: &[u8]) -> (Taken, Option<String>) {
    // The peak of the memory begins anew.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let before = memory("VmRSS:");
    let start = cpu_time::ProcessTime::now();
    let result = catch_unwind(AssertUnwindSafe(|| (target.run)(folder, input)));
    let seconds = start.elapsed().as_secs_f64();
    let taken = memory("VmHWM:").zip(before).map_or(0, |(peak, before)| peak.saturating_sub(before));
    let panics = std::mem::take(&mut *PANICS.lock().unwrap());
    let fault = if !panics.is_empty() || result.is_err() {
        Some(format!("panic: {}", panics.join("; ")))
    } else if seconds > MOST_SECONDS && !cfg!(debug_assertions) {
        Some(format!("{seconds:.1} s"))
    } else {
        (taken > MOST_BYTES + MOST_BYTES_EACH * input.len() as u64).then(|| format!("{} MB", taken >> 20))
    };
    (result.unwrap_or_else(|_| Err("it panicked".into())), fault)
}

fn results() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz")
}

/// The number of the input that runs now; 0 = none runs.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// Ends the process where an input is never done with. Its file stays, as it does after an overflow of the stack.
fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let origin = Instant::now();
        std::thread::spawn(move || {
            let mut last = (0, origin, cpu_time::ProcessTime::now());
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let begun = BEGUN.load(Ordering::Relaxed);
                if begun != last.0 {
                    last = (begun, Instant::now(), cpu_time::ProcessTime::now());
                } else if begun != 0 && (last.1.elapsed() > STANDS || last.2.elapsed() > HANGS) {
                    eprintln!("an input hangs; it lies in /dev/shm/fuzz-*, or the folder of temporary files");
                    std::process::abort();
                }
            }
        });
    });
}

/// Inputs, executions and faults of a target.
struct Runs<'a> {
    target: &'a Target,
    folder: Folder,
    executions: u64,
    taken: u64,
    faults: Vec<String>,
}

impl<'a> Runs<'a> {
    fn new(target: &'a Target) -> Self {
        note_panics();
        watch();
        fs::create_dir_all(results()).unwrap();
        // In memory where there is such a place: thousands of small files wait long for a busy disk.
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() }.join(format!(
            "fuzz-{}-{}",
            target.name,
            std::process::id()
        ));
        let _ = fs::remove_dir_all(&place);
        Self { target, folder: Folder::new(place), executions: 0, taken: 0, faults: Vec::new() }
    }

    fn run(&mut self, input: &[u8]) -> Taken {
        self.executions += 1;
        BEGUN.store(self.executions, Ordering::Relaxed);
        let (taken, fault) = fault(self.target, &self.folder, input);
        BEGUN.store(0, Ordering::Relaxed);
        self.taken += u64::from(taken.is_ok());
        if let Some(fault) = fault {
            let mut hash = DefaultHasher::new();
            input.hash(&mut hash);
            let path = results().join(format!("{}-{:016x}", self.target.name, hash.finish()));
            fs::write(&path, input).unwrap();
            self.faults.push(format!("{}: {fault}: {}", self.target.name, path.display()));
        }
        taken
    }

    /// The seeds, and what once brought a fault.
    fn corpus(&mut self) -> Vec<Vec<u8>> {
        let mut corpus = (self.target.seeds)();
        for (i, seed) in corpus.iter().enumerate() {
            if let Err(reason) = self.run(seed) {
                self.faults.push(format!("{}: seed {i} is not taken: {reason}", self.target.name));
            }
        }
        let kept = Path::new("tests/corpus").join(self.target.name);
        let mut files: Vec<PathBuf> = fs::read_dir(kept).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let input = fs::read(file).unwrap();
            let _ = self.run(&input);
            corpus.push(input);
        }
        corpus
    }

    fn mutate(&mut self, pool: &mut Vec<Vec<u8>>, rng: &mut impl Rng) {
        let seed = pool.choose(rng).unwrap();
        let input = mutate::mutated(seed, pool, self.target.words, rng);
        // What is still taken is bent further.
        if self.run(&input).is_ok() && pool.len() < 500 && input.len() < KEPT && rng.random_range(0..4) == 0 {
            pool.push(input);
        }
    }

    /// Prints what was done; the faults.
    fn end(self) -> Vec<String> {
        let Self { target, folder, executions, taken, faults } = self;
        println!("{}: {executions} inputs, {taken} taken, {} faults", target.name, faults.len());
        folder.remove();
        faults
    }
}

#[test]
fn bent_files_do_no_harm() {
    let _turn = TURN.lock();
    let mut faults = Vec::new();
    for target in TARGETS {
        let mut runs = Runs::new(target);
        let mut pool = runs.corpus();
        let mut rng = stream(1, target.name, 0);
        let start = Instant::now();
        (0..1500).for_each(|_| runs.mutate(&mut pool, &mut rng));
        println!("{:.1} s", start.elapsed().as_secs_f64());
        faults.extend(runs.end());
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
#[ignore = "as long as FUZZ_SECONDS says, for each target (10)"]
fn bent_files_do_no_harm_for_long() {
    let _turn = TURN.lock();
    let asked: Option<u64> = std::env::var("FUZZ_SECONDS").ok().and_then(|s| s.parse().ok());
    // Whether a change may land must not hang on chance.
    let (seconds, most, seed) = asked.map_or((10, 10_000, 2), |seconds| (seconds, usize::MAX, rand::random()));
    let wanted = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let mut faults = Vec::new();
    for target in TARGETS.iter().filter(|target| wanted.is_empty() || target.name == wanted) {
        let mut runs = Runs::new(target);
        let mut pool = runs.corpus();
        let mut rng = stream(seed, target.name, 0);
        let start = Instant::now();
        for _ in 0..most {
            if start.elapsed() >= Duration::from_secs(seconds) || runs.faults.len() >= 20 {
                break;
            }
            runs.mutate(&mut pool, &mut rng);
        }
        faults.extend(runs.end());
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
