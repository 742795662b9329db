//! What the command line prints: results to stdout, everything else to stderr. Nothing else prints, for `println!` panics
//! where the reader has gone away or the disk is full.

use crate::error::{Error, Result};
use serde_json::{Value, json};
use std::{
    fmt::Display,
    io::{self, Read, Write},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

/// Whether everything on stderr is JSON.
static JSON: AtomicBool = AtomicBool::new(false);

/// From now on everything on stderr is JSON, an object a line.
pub fn speak_json() {
    JSON.store(true, Ordering::Relaxed);
}

pub fn speaks_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Writes a result to stdout, as it is.
///
/// # Errors
/// Where it cannot be written, but for a reader that has gone away (`| head`): it has what it wanted, the work goes on, and
/// the exit code is that of the work.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// A line on stdout; see [`print`].
pub fn line(text: impl Display) -> Result<()> {
    print(&format!("{text}\n"))
}

/// A path on stdout, as it is, whatever its bytes; see [`print`].
pub fn path(path: &Path) -> Result<()> {
    let mut out = io::stdout().lock();
    written(out.write_all(path.as_os_str().as_encoded_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()))
}

/// Writes a file to stdout, as [`print`] writes a text.
pub fn copy(file: &mut impl Read) -> Result<()> {
    let mut out = io::stdout().lock();
    written(io::copy(file, &mut out).and_then(|_| out.flush()))
}

/// What the parser of the arguments has to say, and the exit code: help to stdout, wrong usage to stderr.
pub fn usage(said: &clap::Error) -> Result<u8> {
    if said.use_stderr() {
        if speaks_json() {
            let text = said.render().to_string();
            event(&json!({"error": text.trim().trim_start_matches("error: ")}));
        } else {
            let _ = said.print();
        }
        return Ok(2);
    }
    written(said.print().and_then(|()| io::stdout().flush())).map(|()| 0)
}

/// A line on stderr, or a notice where JSON is spoken. Where nobody can read it, it is lost.
pub fn note(text: impl Display) {
    if speaks_json() {
        event(&json!({"notice": text.to_string().trim()}));
    } else {
        let _ = writeln!(io::stderr(), "{text}");
    }
}

/// A line of JSON on stderr. Where nobody can read it, it is lost.
pub fn event(event: &Value) {
    let _ = writeln!(io::stderr(), "{event}");
}

fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::user(format!("the result could not be written to the standard output: {e}"), "send it somewhere else"))
        }
        _ => Ok(()),
    }
}
