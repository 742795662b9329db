//! Signals that ask the program to end (Ctrl-C, `kill`, a closed terminal, a scheduler): whatever it is doing, it has ended within
//! five seconds with exit code 130. Files are written whole or not at all, so this may happen at any moment.

use super::out;
use crate::error::{Error, Result};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// The work is to stop after its step.
static WANTED: AtomicBool = AtomicBool::new(false);
/// The work looks at [`is_wanted`] between its steps.
static BY_STEPS: AtomicBool = AtomicBool::new(false);

/// How long a step may take before it is broken off.
const PATIENCE: Duration = Duration::from_secs(4);
const STOPPED: i32 = 130;

/// Whether the work should stop after its step.
pub fn is_wanted() -> bool {
    WANTED.load(Ordering::SeqCst)
}

/// From here on a signal asks the work to stop, which keeps what was computed; before, it ends the program at once.
pub fn work_by_steps() {
    BY_STEPS.store(true, Ordering::SeqCst);
}

fn signalled() {
    if !BY_STEPS.load(Ordering::SeqCst) || WANTED.swap(true, Ordering::SeqCst) {
        out::note("stopped.");
        std::process::exit(STOPPED);
    }
    out::note("\nstopping after this step (Ctrl-C again to end at once; the last checkpoint stays)");
    thread::spawn(|| {
        thread::sleep(PATIENCE);
        out::note("stopped within a long step: the last checkpoint stays.");
        std::process::exit(STOPPED);
    });
}

/// Listens from now on, on a thread of its own.
///
/// # Errors
/// Where the system does not let it.
#[cfg(unix)]
pub fn listen() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    // Under `nohup` the closed terminal is no reason to end.
    let signals = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|&signal| signal != SIGHUP || !is_ignored(signal));
    let mut signals = signal_hook::iterator::Signals::new(signals).map_err(not_caught)?;
    thread::spawn(move || signals.forever().for_each(|_| signalled()));
    Ok(())
}

/// Whether whoever started this program wants it to ignore the signal. Linux says so; elsewhere it is not known.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(not(unix))]
pub fn listen() -> Result<()> {
    ctrlc::set_handler(signalled).map_err(not_caught)
}

fn not_caught(e: impl std::fmt::Display) -> Error {
    Error::user(format!("Ctrl-C cannot be caught: {e}"), "")
}
