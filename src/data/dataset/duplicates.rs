//! Decodes each picture once: what is broken, and what is there twice.

use super::{
    model::{Dataset, Duplicate, ImageId, Skipped, Source},
    read::for_each_image,
    remarks::notes,
};
use crate::data::{
    decode::{self, Raster, Remark},
    pixels::{Pixels, resize_bilinear},
    text::{count_of, first_few},
};
use rayon::prelude::*;
use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{DefaultHasher, Hash, Hasher},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

/// So many pixels are decoded when a set is opened, which takes a second or two.
const AT_ONCE: u64 = 50_000_000;

/// What decoding all pictures showed.
#[derive(Debug, Clone, Default)]
pub struct Examination {
    /// Pictures that cannot be decoded, with the reason.
    pub unusable: Vec<(ImageId, String)>,
    /// Images that are there twice; each with the first that shows the same.
    pub duplicates: Vec<Duplicate>,
    /// Images that were decoded all the same, with what is to be known of them.
    pub remarks: Vec<(ImageId, Remark)>,
}

impl Examination {
    fn of(fingerprints: Vec<(ImageId, Result<Fingerprint, String>)>) -> Self {
        let mut examination = Examination::default();
        let mut first_of: HashMap<u64, ImageId> = HashMap::new();
        let mut distinct = Vec::new();
        for (id, fingerprint) in fingerprints {
            let fingerprint = match fingerprint {
                Ok(fingerprint) => fingerprint,
                Err(reason) => {
                    examination.unusable.push((id, reason));
                    continue;
                }
            };
            examination.remarks.extend(fingerprint.remark.map(|remark| (id, remark)));
            match first_of.entry(fingerprint.exact) {
                Entry::Occupied(first) => {
                    examination.duplicates.push(Duplicate { first: *first.get(), second: id, exact: true });
                }
                Entry::Vacant(place) => {
                    place.insert(id);
                    distinct.push((id, fingerprint));
                }
            }
        }
        let near: Vec<Duplicate> = (0..distinct.len())
            .into_par_iter()
            .flat_map_iter(|i| {
                let (first, fingerprint) = &distinct[i];
                let near = distinct[i + 1..].iter().filter(|(_, other)| fingerprint.is_near(other));
                near.map(|(second, _)| Duplicate { first: *first, second: *second, exact: false })
            })
            .collect();
        examination.duplicates.extend(near);
        examination
    }
}

impl Dataset {
    /// Decodes every picture, in parallel, a few in memory at a time. `progress` hears how many are done, from any thread.
    pub fn examine(&self, progress: &(dyn Fn(usize) + Sync)) -> Examination {
        let done = AtomicUsize::new(0);
        let ids: Vec<ImageId> = (0..self.items.len() as u32).map(ImageId).collect();
        let fingerprints = for_each_image(self, &ids, |_, item| {
            let fingerprint = item.decode().map(|raster| Fingerprint::of(&raster));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            fingerprint
        });
        Examination::of(ids.into_iter().zip(fingerprints).collect())
    }

    /// [`examine`](Self::examine) on this thread alone, one picture after another; `None` as soon as `keep_going`, which hears how
    /// many are done, says no.
    pub fn examine_while(&self, keep_going: &dyn Fn(usize) -> bool) -> Option<Examination> {
        let mut fingerprints = Vec::with_capacity(self.items.len());
        for (i, item) in (0u32..).zip(&self.items) {
            if !keep_going(i as usize) {
                return None;
            }
            fingerprints.push((ImageId(i), item.decode().map(|raster| Fingerprint::of(&raster))));
        }
        Some(Examination::of(fingerprints))
    }

    /// Without the unusable pictures (images are numbered anew), with `duplicates` and warnings filled.
    pub fn without_unusable(&self, examination: &Examination) -> Self {
        let mut set = self.clone();
        set.fingerprint = OnceLock::new();
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

    /// Duplicates as far as they can be found at once: all of them where few pixels have to be decoded for it, else equal files.
    pub(super) fn known_duplicates(&self) -> Vec<Duplicate> {
        let pixels: u64 = self.items.iter().map(|item| item.size.map(u64::from).iter().product::<u64>()).sum();
        if pixels <= AT_ONCE { self.examine(&|_| ()).duplicates } else { self.equal_files() }
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

/// What is remembered of a picture to find it again.
struct Fingerprint {
    /// Of all its pixels.
    exact: u64,
    /// Which of two neighbours is brighter, on a grid of 16 x 16 (dHash).
    gradient: [u64; 4],
    /// That grid itself, brightness and contrast taken out, in units of a standard deviation; empty for flat pictures.
    grid: Vec<f32>,
    remark: Option<Remark>,
}

/// Side of the grid.
const SIDE: usize = 16;
/// Bits of 256 that may differ…
const NEAR_BITS: u32 = 16;
/// …and the root mean square difference of the grids, in standard deviations.
const NEAR_RMS: f32 = 0.05;
/// A grid that varies less than this (of 0..1) says nothing.
const FLAT: f32 = 0.01;

impl Fingerprint {
    fn of(raster: &Raster) -> Self {
        let [width, height] = raster.size();
        let mut row = vec![0.0; width];
        let channels: Vec<u64> = (0..raster.channels())
            .map(|channel| {
                let mut hasher = DefaultHasher::new();
                (width, height).hash(&mut hasher);
                for y in 0..height {
                    raster.row(channel, y, &mut row);
                    row.iter().for_each(|v| hasher.write_u32(v.to_bits()));
                }
                hasher.finish()
            })
            .collect();
        // A grey picture is the same one when stored with three equal channels.
        let exact = match channels[..] {
            [r, g, b] if r != g || r != b => r ^ g.rotate_left(21) ^ b.rotate_left(42),
            _ => channels[0],
        };
        let small = resize_bilinear(raster, SIDE + 1, SIDE, true).grey();
        let mut gradient = [0u64; 4];
        for (i, bit) in small.data.chunks_exact(SIDE + 1).flat_map(|row| row.windows(2).map(|w| w[0] < w[1])).enumerate() {
            gradient[i / 64] |= u64::from(bit) << (i % 64);
        }
        let n = small.data.len() as f32;
        let mean = small.data.iter().sum::<f32>() / n;
        let deviation = (small.data.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n).sqrt();
        let grid = if deviation < FLAT { Vec::new() } else { small.data.iter().map(|v| (v - mean) / deviation).collect() };
        Self { exact, gradient, grid, remark: raster.remark() }
    }

    fn is_near(&self, other: &Self) -> bool {
        let bits = self.gradient.iter().zip(&other.gradient).map(|(a, b)| (a ^ b).count_ones());
        if bits.sum::<u32>() > NEAR_BITS || self.grid.is_empty() || other.grid.is_empty() {
            return false;
        }
        let squares: f32 = self.grid.iter().zip(&other.grid).map(|(a, b)| (a - b).powi(2)).sum();
        squares <= NEAR_RMS * NEAR_RMS * self.grid.len() as f32
    }
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
