//! `-` where a file could be: what comes through the standard input, or goes to the standard output. Readers and writers of
//! files see a temporary one in its place.

use super::out;
use crate::{
    data::PICTURE_ENDINGS,
    error::{Error, Result},
    run_dir::require_writable_file,
};
use std::{
    fs::{self, File},
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};
use tempfile::TempDir;

/// The name of a file that stands for stdin, without its ending.
const STDIN: &str = "stdin";

/// Whether this stands for stdin or stdout; a file of that name is `./-`.
pub fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A file that was named, or what came through stdin.
pub struct Input {
    path: PathBuf,
    _folder: Option<TempDir>,
}

impl Input {
    /// Reads stdin to its end where `path` is `-`.
    ///
    /// # Errors
    /// Where stdin cannot be read, or was read before.
    pub fn new(path: &Path) -> Result<Self> {
        static IS_READ: AtomicBool = AtomicBool::new(false);
        if !is_dash(path) {
            return Ok(Self { path: path.to_path_buf(), _folder: None });
        }
        if IS_READ.swap(true, Ordering::SeqCst) {
            return Err(Error::usage(
                "- stands for the standard input, which can be read once",
                "name a file in one of its places",
            ));
        }
        let folder = TempDir::new().map_err(Error::io("create", std::env::temp_dir()))?;
        let path = folder.path().join(STDIN);
        let mut file = File::create(&path).map_err(Error::io("create", &path))?;
        io::copy(&mut io::stdin().lock(), &mut file).map_err(Error::io("read", "the standard input"))?;
        Ok(Self { path, _folder: Some(folder) })
    }

    /// A table of labels, which is read by the ending of its name, as input.
    pub fn table(path: &Path) -> Result<Self> {
        let mut input = Self::new(path)?;
        if input._folder.is_some() {
            let bytes = fs::read(&input.path).map_err(Error::io("read", "the standard input"))?;
            let named = input.path.with_extension(table_ending(&bytes));
            fs::rename(&input.path, &named).map_err(Error::io("create", &named))?;
            input.path = named;
        }
        Ok(input)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// How a table like this would end.
fn table_ending(bytes: &[u8]) -> &'static str {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => "json",
        Some(b'<') => "xml",
        _ if bytes.starts_with(b"PK\x03\x04") => "xlsx",
        _ => "csv",
    }
}

/// Refuses, before the work, a file that cannot be written, or that is a picture by its name, which may be somebody's.
pub fn require_place(path: &Path, flag: &str) -> Result<()> {
    if is_dash(path) {
        return Ok(());
    }
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    if PICTURE_ENDINGS.contains(&ending.as_str()) {
        return Err(Error::usage(
            format!("{flag} {} is called like an image, and images are never written over", path.display()),
            "give it another ending",
        ));
    }
    require_writable_file(path)
}

/// Refuses `-` where a path is kept, as `what` in the words of a person.
pub fn refuse_dash(path: Option<&PathBuf>, flag: &str, what: &str) -> Result<()> {
    match path {
        Some(path) if is_dash(path) => {
            Err(Error::usage(format!("{flag} - cannot be: {what}"), "save it in a file and name that (a file called - is ./-)"))
        }
        _ => Ok(()),
    }
}

/// A file to write, or stdout.
pub struct Output {
    path: PathBuf,
    folder: Option<TempDir>,
}

impl Output {
    pub fn new(path: &Path) -> Result<Self> {
        if !is_dash(path) {
            return Ok(Self { path: path.to_path_buf(), folder: None });
        }
        let folder = TempDir::new().map_err(Error::io("create", std::env::temp_dir()))?;
        Ok(Self { path: folder.path().join("stdout"), folder: Some(folder) })
    }

    /// Output that is no text, and would spoil a terminal; `such_as` shows how it is sent elsewhere.
    pub fn binary(path: &Path, such_as: &str) -> Result<Self> {
        if is_dash(path) && io::stdout().is_terminal() {
            return Err(Error::usage(
                "weights are no text to show",
                format!("send them to a file or a program, as in {such_as}"),
            ));
        }
        Self::new(path)
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Says on stdout where the file lies, or prints the file itself.
    pub fn finish(self) -> Result<()> {
        match self.folder {
            None => out::path(&self.path),
            Some(_folder) => out::copy(&mut File::open(&self.path).map_err(Error::io("read", &self.path))?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_without_a_name_are_told_apart_by_what_they_say() {
        let cases: [(&[u8], _); 5] =
            [(b"file,label\n", "csv"), (b"\n [{}]", "json"), (b"<annotations>", "xml"), (b"PK\x03\x04", "xlsx"), (b"", "csv")];
        cases.into_iter().for_each(|(bytes, ending)| assert_eq!(table_ending(bytes), ending));
    }

    #[test]
    fn a_file_to_write_is_no_image() {
        let folder = TempDir::new().unwrap();
        let place = |name: &str| require_place(&folder.path().join(name), "--out").map_err(|e| (e.exit_code(), e.to_string()));
        assert!(place("scores.csv").is_ok() && require_place("-".as_ref(), "--out").is_ok());
        assert!(place("nope/deep/x.csv").is_err_and(|(code, said)| code == 1 && said.contains("there is no folder")));
        assert!(place("picture.PNG").is_err_and(|(code, said)| code == 2 && said.contains("never written over")));
    }

    #[test]
    fn a_file_may_be_called_dash() {
        assert!(is_dash("-".as_ref()) && !is_dash("./-".as_ref()));
    }
}
