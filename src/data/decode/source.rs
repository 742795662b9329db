//! Files as they are opened: ordinary ones only, of a bounded size, and the reason where that fails.

use crate::data::pixels::MAX_PIXELS;
use std::{fs::File, io::Read, path::Path};

/// Files above this are not read into memory whole.
const MAX_FILE: u64 = 2 << 30;

/// Refuses pictures without pixels and above [`MAX_PIXELS`].
pub fn check_size(width: u64, height: u64) -> Result<[u32; 2], String> {
    match width.checked_mul(height) {
        Some(0) => Err("has no pixels".into()),
        Some(pixels) if pixels <= MAX_PIXELS => Ok([width as u32, height as u32]),
        _ => Err(format!(
            "is {width}x{height}, {} megapixels; the limit is {}",
            width.saturating_mul(height) / 1_000_000,
            MAX_PIXELS / 1_000_000
        )),
    }
}

/// Opens an ordinary file: never a pipe or a device, whose opening would block.
pub fn open_file(path: &Path) -> Result<File, String> {
    let meta = std::fs::metadata(path).map_err(|e| io_reason(&e))?;
    if !meta.is_file() {
        return Err("is no ordinary file".into());
    }
    File::open(path).map_err(|e| io_reason(&e))
}

pub fn read_whole(path: &Path) -> Result<Vec<u8>, String> {
    let file = open_file(path)?;
    let size = file.metadata().map_err(|e| io_reason(&e))?.len();
    read_all(file, size)
}

/// All of a file of about `size` bytes that is open already.
pub fn read_all(file: impl Read, size: u64) -> Result<Vec<u8>, String> {
    if size > MAX_FILE {
        return Err(format!("is larger than {} GiB", MAX_FILE >> 30));
    }
    let mut bytes = Vec::with_capacity(size as usize);
    file.take(MAX_FILE).read_to_end(&mut bytes).map_err(|e| io_reason(&e))?;
    Ok(bytes)
}

pub fn io_reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "is not there (any more)".into(),
        std::io::ErrorKind::PermissionDenied => "may not be read (permission denied)".into(),
        std::io::ErrorKind::UnexpectedEof => "is cut short".into(),
        _ => format!("could not be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_limited() {
        assert_eq!(check_size(20_000, 10_000), Ok([20_000, 10_000]));
        assert!(check_size(20_001, 10_000).unwrap_err().contains("limit is 200"));
        assert!(check_size(u64::MAX, 2).is_err() && check_size(0, 5).is_err());
    }
}
