//! Little pictures on disk, in the workspace: one file a data set, to which each is added once.
//!
//! ```text
//! DSTHUMB1                         then, again and again:
//! key u64 | sum u64 | length u32 | JPEG
//! ```
//! The key tells name, size and time of change of image and mask, so that a changed file is made anew. What a killed program
//! left half-written at the end is cut off by the next record; a damaged one is found by its sum. Only one program at a time
//! adds to a file; others read it.
//!
//! Why not a file for each key (or a crate that does so, such as `cacache`): a data set has tens of thousands of images. One
//! open file is read for all of them, a set that is not used any more goes with one deletion, and its last use is one time
//! stamp; as many small files are slow to list on network disks and take a block each.

use super::display::rgba::Rgba;
use crate::{
    config::ValueWindow,
    data::{Dataset, ImageId, Item},
    run_dir::files,
};
use fnv::FnvHasher;
use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder};
use std::{
    collections::HashMap,
    fs::{self, File},
    hash::Hasher,
    io::{BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

const MAGIC: &[u8; 8] = b"DSTHUMB1";
const HEADER: u64 = 20;
/// A data set's file does not grow above this, bytes.
const FILE_LIMIT: u64 = 512 << 20;
/// All files together: the ones used longest ago go first.
const LIMIT: u64 = 1 << 30;
const QUALITY: u8 = 88;
/// Pictures below this many pixels are read from their own files as fast.
const WORTHWHILE: u64 = 60_000;

/// Which little picture of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thumb {
    pub image: ImageId,
    /// The number of the scores under whose anomaly map the image is seen; `None`: the image alone.
    pub under_map: Option<u64>,
}

impl From<ImageId> for Thumb {
    fn from(image: ImageId) -> Self {
        Self { image, under_map: None }
    }
}

pub struct ThumbnailCache {
    file: File,
    places: HashMap<u64, (u64, u32)>,
    /// Where the next record goes.
    end: u64,
    /// No other program adds to it.
    is_ours: bool,
}

impl ThumbnailCache {
    /// The folder of all files in a workspace.
    pub fn folder(workspace: &Path) -> PathBuf {
        workspace.join(files::THUMBNAILS)
    }

    /// Opens or makes the file of a data set. Errors only where it cannot be read or made: the window works without.
    pub fn open(workspace: &Path, dataset: &Dataset) -> std::io::Result<Self> {
        let folder = Self::folder(workspace);
        fs::create_dir_all(&folder)?;
        let name = format!("{:016x}.pack", hash(&[dataset.root().as_os_str().as_encoded_bytes()]));
        make_room(&folder, &name, LIMIT - FILE_LIMIT);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(folder.join(name))?;
        let is_ours = file.try_lock().is_ok();
        let mut cache = Self { file, places: HashMap::new(), end: 0, is_ours };
        cache.index()?;
        if is_ours {
            // The time of its last use.
            let _ = cache.file.set_modified(SystemTime::now());
        }
        Ok(cache)
    }

    /// Finds all complete records.
    fn index(&mut self) -> std::io::Result<()> {
        let length = self.file.metadata()?.len();
        let mut reader = BufReader::with_capacity(1 << 16, &self.file);
        let mut magic = [0; 8];
        if length < 8 || reader.read_exact(&mut magic).is_err() || &magic != MAGIC {
            if self.is_ours {
                self.file.set_len(0)?;
                (&self.file).seek(SeekFrom::Start(0))?;
                (&self.file).write_all(MAGIC)?;
            }
            self.end = 8;
            return Ok(());
        }
        let mut at = 8;
        while at + HEADER <= length {
            let mut header = [0; HEADER as usize];
            reader.read_exact(&mut header)?;
            let (key, size) = (number(&header[..8]), number(&header[16..]));
            if at + HEADER + size > length {
                break;
            }
            self.places.insert(key, (at, size as u32));
            reader.seek_relative(size as i64)?;
            at += HEADER + size;
        }
        self.end = at;
        Ok(())
    }

    /// The thumbnail of an image, where there is one that is not out of date.
    pub fn get(&mut self, key: u64) -> Option<Rgba> {
        let &(at, size) = self.places.get(&key)?;
        let mut record = vec![0; HEADER as usize + size as usize];
        let read = self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.read_exact(&mut record));
        let (header, jpeg) = record.split_at(HEADER as usize);
        let complete = read.is_ok() && number(&header[..8]) == key && number(&header[8..16]) == hash(&[jpeg]);
        let image = complete.then(|| image::load_from_memory_with_format(jpeg, image::ImageFormat::Jpeg).ok()).flatten();
        let Some(image) = image else {
            self.places.remove(&key);
            return None;
        };
        let rgba = image.into_rgba8();
        Some(Rgba { width: rgba.width() as usize, height: rgba.height() as usize, rgba: rgba.into_raw() })
    }

    /// Adds a thumbnail. A full disk or file is no error: it is made anew the next time.
    pub fn put(&mut self, key: u64, pixels: &Rgba) {
        if !self.is_ours || self.places.contains_key(&key) || self.end > FILE_LIMIT {
            return;
        }
        let rgb: Vec<u8> = pixels.rgba.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        let mut jpeg = Vec::new();
        let (width, height) = (pixels.width as u32, pixels.height as u32);
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
        if encoder.write_image(&rgb, width, height, ExtendedColorType::Rgb8).is_err() {
            return;
        }
        let mut record = key.to_le_bytes().to_vec();
        record.extend(hash(&[&jpeg]).to_le_bytes());
        record.extend((jpeg.len() as u32).to_le_bytes());
        record.extend(&jpeg);
        let written = self.file.seek(SeekFrom::Start(self.end)).and_then(|_| self.file.write_all(&record));
        if written.is_ok() {
            self.places.insert(key, (self.end, jpeg.len() as u32));
            self.end += record.len() as u64;
        }
    }
}

/// The key of an image; `None` where keeping it is not worth while or its file is gone.
pub fn key(item: &Item, side: usize) -> Option<u64> {
    if u64::from(item.size[0]) * u64::from(item.size[1]) < WORTHWHILE {
        return None;
    }
    let stamp = |path: &Path| {
        let meta = fs::metadata(path).ok()?;
        let changed = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(format!("{} {}", meta.len(), changed.as_nanos()))
    };
    let own = stamp(item.source.path()?)?;
    let masks: Vec<String> = item.masks.iter().filter_map(|path| stamp(path)).collect();
    let mask = masks.join(" ");
    let window = match &item.window {
        ValueWindow::Auto => String::new(),
        other => other.to_string(),
    };
    Some(hash(&[item.name.as_bytes(), own.as_bytes(), mask.as_bytes(), &side.to_le_bytes(), window.as_bytes()]))
}

/// Deletes the files used longest ago until the others fit into `limit` bytes; `keep` stays.
fn make_room(folder: &Path, keep: &str, limit: u64) {
    let mut packs: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "pack") && entry.file_name() != keep)
        .filter_map(|entry| entry.metadata().ok().and_then(|m| Some((m.modified().ok()?, m.len(), entry.path()))))
        .collect();
    packs.sort();
    let mut used: u64 = packs.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in packs {
        if used <= limit {
            return;
        }
        if fs::remove_file(path).is_ok() {
            used -= size;
        }
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b))
}

/// With a break between the parts: a byte that no text has.
fn hash(parts: &[&[u8]]) -> u64 {
    let mut hasher = FnvHasher::default();
    for part in parts {
        hasher.write(part);
        hasher.write_u8(0xff);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Layout, Source};

    fn dataset(root: &Path) -> Dataset {
        Dataset::from_items(root.into(), Layout::Unlabelled, String::new(), Vec::new(), Vec::new())
    }

    fn picture(grey: u8) -> Rgba {
        Rgba { width: 3, height: 2, rgba: [grey, grey, grey, 255].repeat(6) }
    }

    #[test]
    fn thumbnails_are_found_again_after_truncation() {
        let dir = tempfile::tempdir().unwrap();
        let set = dataset("/images".as_ref());
        let mut cache = ThumbnailCache::open(dir.path(), &set).unwrap();
        (0..3).for_each(|k| cache.put(k, &picture(40 * k as u8)));
        let end = cache.end;
        cache.file.set_len(end - 1).unwrap();
        drop(cache);
        let mut cache = ThumbnailCache::open(dir.path(), &set).unwrap();
        assert_eq!(cache.get(1), Some(picture(40)));
        assert_eq!(cache.get(2), None, "it was cut off");
        cache.put(2, &picture(200));
        assert_eq!(cache.get(2), Some(picture(200)));
        // A damaged one is found by its sum.
        cache.file.seek(SeekFrom::Start(8 + HEADER + 30)).unwrap();
        cache.file.write_all(&[7; 20]).unwrap();
        assert_eq!(cache.get(0), None);
    }

    #[test]
    fn second_process_reads_and_does_not_write() {
        let dir = tempfile::tempdir().unwrap();
        let set = dataset("/images".as_ref());
        let mut first = ThumbnailCache::open(dir.path(), &set).unwrap();
        first.put(5, &picture(90));
        let mut second = ThumbnailCache::open(dir.path(), &set).unwrap();
        second.put(6, &picture(10));
        assert_eq!((second.get(5), second.get(6)), (Some(picture(90)), None));
        assert_eq!(fs::read_dir(ThumbnailCache::folder(dir.path())).unwrap().count(), 1);
    }

    #[test]
    fn oldest_files_are_deleted_first() {
        let dir = tempfile::tempdir().unwrap();
        for (i, name) in ["a.pack", "b.pack", "c.pack"].iter().enumerate() {
            fs::write(dir.path().join(name), [0; 100]).unwrap();
            let time = UNIX_EPOCH + std::time::Duration::from_secs(1000 + i as u64);
            File::options().write(true).open(dir.path().join(name)).unwrap().set_modified(time).unwrap();
        }
        make_room(dir.path(), "a.pack", 150);
        let left = |name: &str| dir.path().join(name).exists();
        assert!(left("a.pack") && !left("b.pack") && left("c.pack"));
    }

    #[test]
    fn changed_file_has_another_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        fs::write(&path, "one").unwrap();
        let item = Item::new("a.jpg", Source::File(path.clone()), [400, 300]);
        let before = key(&item, 160);
        assert!(before.is_some() && key(&item, 160) == before);
        fs::write(&path, "other").unwrap();
        assert_ne!(key(&item, 160), before);
        assert_eq!(key(&Item::new("a.jpg", Source::File(path), [28, 28]), 160), None);
    }
}
