//! Decodes each picture once: what is broken, and what is there twice.

use super::{
    model::{Dataset, Duplicate, ImageId, Skipped},
    read::for_each_image,
    remarks::notes,
};
use crate::data::{
    decode::{Raster, Remark},
    pixels::{Pixels, resize_bilinear},
    text::{count_of, first_few},
};
use rayon::prelude::*;
use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{DefaultHasher, Hash, Hasher},
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

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
        let name = |id: ImageId| set.items[id.index()].name.clone();
        set.duplicates = set.pairs.iter().map(|d| (name(d.first), name(d.second))).collect();
        set.notes.extend(notes(&examination.remarks, &|id| &self.items[id.index()].name));
        set.refresh();
        set
    }

    pub(super) fn duplicate_warnings(&self) -> Vec<String> {
        let count = |exact: bool| self.pairs.iter().filter(|d| d.exact == exact).count();
        let item = |id: ImageId| &self.items[id.index()];
        let mut warnings = Vec::new();
        if !self.pairs.is_empty() {
            warnings.push(format!(
                "Duplicates: {} of equal pictures, {} of nearly equal ones.",
                pairs(count(true)),
                pairs(count(false))
            ));
        }
        let mut tell = |what: &str, chosen: &dyn Fn(&&Duplicate) -> bool| {
            let found: Vec<&Duplicate> = self.pairs.iter().filter(chosen).collect();
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
