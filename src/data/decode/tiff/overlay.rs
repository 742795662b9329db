//! A TIFF as if it began with another of its pages, or with a directory that is not in it: nothing of the file is copied.

use std::io::{Read, Result, Seek, SeekFrom};

/// A file with other first bytes, and with more bytes at its end.
pub struct Overlay<R> {
    file: R,
    /// Bytes of the file.
    length: u64,
    /// In the place of as many of its bytes.
    header: Vec<u8>,
    /// Behind its last byte.
    tail: Vec<u8>,
    at: u64,
    /// Where the file itself stands; `None` where that is not known.
    file_at: Option<u64>,
}

impl<R: Read + Seek> Overlay<R> {
    /// The file as it is.
    pub fn new(mut file: R) -> Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        Ok(Self { file, length, header: Vec::new(), tail: Vec::new(), at: 0, file_at: None })
    }

    /// Whose header says that its first directory is at `place`; `None` where it cannot.
    pub fn beginning_at(mut self, place: u64) -> Option<Self> {
        self.header.clear();
        let mut header = vec![0; 16];
        self.seek(SeekFrom::Start(0)).ok()?;
        self.read_exact(&mut header[..8]).ok()?;
        let is_big_endian = header.starts_with(b"MM");
        // BigTIFF has numbers of 64 bits, and the size of them before.
        if header[2..4].contains(&43) {
            self.read_exact(&mut header[8..]).ok()?;
            header[8..].copy_from_slice(&if is_big_endian { place.to_be_bytes() } else { place.to_le_bytes() });
        } else {
            let place = u32::try_from(place).ok()?;
            header.truncate(8);
            header[4..].copy_from_slice(&if is_big_endian { place.to_be_bytes() } else { place.to_le_bytes() });
        }
        self.header = header;
        self.seek(SeekFrom::Start(0)).ok()?;
        Some(self)
    }

    /// With this directory at its end as the first.
    pub fn beginning_with(mut self, directory: Vec<u8>) -> Option<Self> {
        self.tail = directory;
        let end = self.length;
        self.beginning_at(end)
    }
}

impl<R: Read + Seek> Read for Overlay<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let mut of = |bytes: &[u8], at: u64| bytes.get(at as usize..).unwrap_or_default().read(out);
        let read = if self.at < self.header.len() as u64 {
            of(&self.header, self.at)?
        } else if self.at >= self.length {
            of(&self.tail, self.at - self.length)?
        } else {
            if self.file_at != Some(self.at) {
                self.file.seek(SeekFrom::Start(self.at))?;
            }
            let most = (self.length - self.at).min(out.len() as u64) as usize;
            let read = self.file.read(&mut out[..most])?;
            self.file_at = Some(self.at + read as u64);
            read
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> Seek for Overlay<R> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let end = self.length + self.tail.len() as u64;
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => end.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
