//! What the command line prints: results to stdout, everything else to stderr. Nothing else prints, for `println!` panics
//! where the reader has gone away or the disk is full.

use crate::error::{Error, Result};
use std::{
    fmt::Display,
    io::{self, Write},
};

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

/// What the parser of the arguments has to say, and the exit code: help to stdout, wrong usage to stderr.
pub fn usage(said: &clap::Error) -> Result<u8> {
    let printed = said.print();
    if said.use_stderr() {
        return Ok(2);
    }
    written(printed.and_then(|()| io::stdout().flush())).map(|()| 0)
}

/// A line on stderr. Where nobody can read it, it is lost.
pub fn note(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::user(format!("the result could not be written to the standard output: {e}"), "send it somewhere else"))
        }
        _ => Ok(()),
    }
}
