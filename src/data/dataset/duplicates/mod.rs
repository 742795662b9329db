//! Decodes each picture once: what is broken, and what is there twice.

mod signature;

use super::{
    model::{Dataset, Duplicate, Examination, ImageId, Skipped, Source},
    read::for_each_image,
    remarks::notes,
};
use crate::data::{
    decode,
    text::{count_of, first_few},
};
use rayon::prelude::*;
use signature::{Signature, near_pairs};
use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{DefaultHasher, Hash, Hasher},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

/// So many pixels are decoded when a set is opened, which takes a second or two.
const AT_ONCE: u64 = 50_000_000;

impl Examination {
    fn of(signatures: Vec<(ImageId, Result<Signature, String>)>) -> Self {
        let mut examination = Examination::default();
        let mut first_of: HashMap<u64, ImageId> = HashMap::new();
        let mut distinct = Vec::new();
        for (id, signature) in signatures {
            let signature = match signature {
                Ok(signature) => signature,
                Err(reason) => {
                    examination.unusable.push((id, reason));
                    continue;
                }
            };
            examination.remarks.extend(signature.remark.map(|remark| (id, remark)));
            match first_of.entry(signature.exact) {
                Entry::Occupied(first) => {
                    examination.duplicates.push(Duplicate { first: *first.get(), second: id, exact: true });
                }
                Entry::Vacant(place) => {
                    place.insert(id);
                    distinct.push((id, signature));
                }
            }
        }
        let near = near_pairs(&distinct);
        examination.duplicates.extend(near.into_iter().map(|(first, second)| Duplicate { first, second, exact: false }));
        examination
    }
}

impl Dataset {
    /// Decodes every picture, in parallel, a few in memory at a time; nothing where that was done when the set was opened. `progress`
    /// hears how many are done, from any thread.
    pub fn examine(&self, progress: &(dyn Fn(usize) + Sync)) -> Examination {
        if let Some(known) = &self.examined {
            progress(self.items.len());
            return Examination::clone(known);
        }
        let done = AtomicUsize::new(0);
        let ids: Vec<ImageId> = (0..self.items.len() as u32).map(ImageId).collect();
        let signatures = for_each_image(self, &ids, |_, item| {
            let signature = item.decode().map(|raster| Signature::of(&raster));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            signature
        });
        Examination::of(ids.into_iter().zip(signatures).collect())
    }

    /// [`examine`](Self::examine) on this thread alone, one picture after another; `None` as soon as `keep_going`, which hears how
    /// many are done, says no.
    pub fn examine_while(&self, keep_going: &dyn Fn(usize) -> bool) -> Option<Examination> {
        if let Some(known) = &self.examined {
            return Some(Examination::clone(known));
        }
        let mut signatures = Vec::with_capacity(self.items.len());
        for (i, item) in (0u32..).zip(&self.items) {
            if !keep_going(i as usize) {
                return None;
            }
            signatures.push((ImageId(i), item.decode().map(|raster| Signature::of(&raster))));
        }
        Some(Examination::of(signatures))
    }

    /// Without the unusable pictures (images are numbered anew), with `duplicates` and warnings filled.
    pub fn without_unusable(&self, examination: &Examination) -> Self {
        let mut set = self.clone();
        set.fingerprint = OnceLock::new();
        set.examined = None;
        let unusable: HashMap<ImageId, &String> = examination.unusable.iter().map(|(id, reason)| (*id, reason)).collect();
        let mut number = HashMap::new();
        set.items.clear();
        for (i, item) in self.items.iter().enumerate() {
            let id = ImageId(i as u32);
            match unusable.get(&id) {
                Some(reason) => set.skipped.push(Skipped { path: PathBuf::from(&item.name), reason: (*reason).clone() }),
                None => {
                    number.insert(id, ImageId(set.items.len() as u32));
                    set.items.push(item.clone());
                }
            }
        }
        set.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        let renumbered = |d: &Duplicate| Some(Duplicate { first: *number.get(&d.first)?, second: *number.get(&d.second)?, ..*d });
        set.pairs = examination.duplicates.iter().filter_map(renumbered).collect();
        set.twins = self.twins.iter().filter_map(renumbered).collect();
        let name = |id: ImageId| set.items[id.index()].name.clone();
        set.duplicates = set.pairs.iter().map(|d| (name(d.first), name(d.second))).collect();
        set.notes.extend(notes(&examination.remarks, &|id| &self.items[id.index()].name));
        set.refresh();
        set
    }

    /// With warnings of duplicates, as far as they are found at once.
    pub fn with_known_duplicates(mut self) -> Self {
        if self.pairs.is_empty() {
            self.pairs = self.known_duplicates();
            self.refresh_warnings();
        }
        self
    }

    /// Duplicates as far as they can be found at once: all of them where few pixels have to be decoded for it, else equal files.
    pub(super) fn known_duplicates(&mut self) -> Vec<Duplicate> {
        let pixels: u64 = self.items.iter().map(|item| item.size.map(u64::from).iter().product::<u64>()).sum();
        if pixels > AT_ONCE {
            return self.equal_files();
        }
        let examination = self.examine(&|_| ());
        let duplicates = examination.duplicates.clone();
        self.examined = Some(Arc::new(examination));
        duplicates
    }

    /// Images whose files have the same bytes: of those of one size, a few bytes are compared first.
    fn equal_files(&self) -> Vec<Duplicate> {
        let path = |id: ImageId| match &self.item(id)?.source {
            Source::File(path) => Some(path),
            Source::Page { .. } | Source::Array { .. } => None,
        };
        let ids: Vec<ImageId> = (0..self.items.len() as u32).map(ImageId).collect();
        let by_size = alike(&ids, |id| Some(std::fs::metadata(path(id)?).ok()?.len()));
        let by_middle = alike(&by_size, |id| middle(path(id)?).ok());
        let by_bytes = |id| {
            let mut hasher = DefaultHasher::new();
            hasher.write(&decode::read_whole(path(id)?).ok()?);
            Some(hasher.finish())
        };
        let mut first_of = HashMap::new();
        let keys: Vec<(ImageId, Option<u64>)> = by_middle.par_iter().map(|&id| (id, by_bytes(id))).collect();
        let pair = |(id, key): (ImageId, Option<u64>)| {
            let first = *first_of.entry(key?).or_insert(id);
            (first != id).then_some(Duplicate { first, second: id, exact: true })
        };
        keys.into_iter().filter_map(pair).collect()
    }

    pub(super) fn duplicate_warnings(&self) -> Vec<String> {
        // A pair of which one is left out is none.
        let pairs_used: Vec<&Duplicate> =
            self.pairs.iter().filter(|d| !self.is_left_out(d.first) && !self.is_left_out(d.second)).collect();
        let count = |exact: bool| pairs_used.iter().filter(|d| d.exact == exact).count();
        let item = |id: ImageId| &self.items[id.index()];
        let mut warnings = Vec::new();
        if !pairs_used.is_empty() {
            warnings.push(format!(
                "Duplicates: {} of equal pictures, {} of nearly equal ones.",
                pairs(count(true)),
                pairs(count(false))
            ));
        }
        let mut tell = |what: &str, chosen: &dyn Fn(&&Duplicate) -> bool| {
            let found: Vec<&Duplicate> = pairs_used.iter().copied().filter(chosen).collect();
            if !found.is_empty() {
                let names = found.iter().map(|d| format!("{} and {}", item(d.first).name, item(d.second).name));
                warnings.push(format!("{} {what}: {}.", pairs(found.len()), first_few(names)));
            }
        };
        tell("of duplicates lie across the splits, which flatters every figure", &|d| {
            item(d.first).split != item(d.second).split
        });
        tell("of duplicates are in different classes", &|d| item(d.first).class != item(d.second).class);
        warnings
    }
}

/// Those of some images that share their key with another, in their order.
fn alike<K: Hash + Eq + Send>(ids: &[ImageId], key: impl Fn(ImageId) -> Option<K> + Sync) -> Vec<ImageId> {
    let mut by_key: HashMap<K, Vec<ImageId>> = HashMap::new();
    let keys: Vec<Option<K>> = ids.par_iter().map(|&id| key(id)).collect();
    for (&id, key) in ids.iter().zip(keys) {
        if let Some(key) = key {
            by_key.entry(key).or_default().push(id);
        }
    }
    let mut alike: Vec<ImageId> = by_key.into_values().filter(|ids| ids.len() > 1).flatten().collect();
    alike.sort_unstable();
    alike
}

/// The size of a file and a few bytes from its middle.
fn middle(path: &Path) -> std::io::Result<(u64, Vec<u8>)> {
    let mut file = std::fs::File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size / 2))?;
    let mut bytes = Vec::new();
    file.take(1024).read_to_end(&mut bytes)?;
    Ok((size, bytes))
}

fn pairs(count: usize) -> String {
    count_of(count, "pair")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DataConfig;

    #[test]
    fn equal_files_are_found_without_decoding() {
        let dir = tempfile::tempdir().unwrap();
        for (name, grey) in [("a.png", 10), ("b.png", 20), ("c.png", 10), ("d.png", 10)] {
            image::GrayImage::from_pixel(40, 40, image::Luma([grey])).save(dir.path().join(name)).unwrap();
        }
        let set = Dataset::open(&DataConfig { path: dir.path().into(), ..Default::default() }, &|_| ()).unwrap();
        let pairs: Vec<(u32, u32)> = set.equal_files().iter().map(|d| (d.first.0, d.second.0)).collect();
        assert_eq!(pairs, [(0, 2), (0, 3)]);
    }
}
