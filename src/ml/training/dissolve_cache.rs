//! The dissolve cache: the training images dissolved at a few values of t, computed once, kept on disk with the run and drawn
//! from while the encoder is trained, so that a step does not pay for the U-Net.
//!
//! `ladder.safetensors` holds one tensor, `twins` (values of t, mirrored 0/1, images, channels, size, size) of u16 (65535 = 1).
//! Larger images are stored at the dissolving resolution and enlarged when they are read, just as dissolving does it. The file
//! is filled in order as `ladder.part`, so a stopped build is resumed where it was; memory holds one batch of it at a time.

use crate::{
    config::Twin,
    data::PixelStore,
    error::{Error, Result},
    ml::{base::resize, dissolve::dissolver::Dissolver, encoder::shift::flip_in_place},
    run_dir::{RunDir, files},
};
use candle_core::{Device, Tensor};
use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom, Write},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// Images dissolved in one pass.
pub(super) const CHUNK: usize = 32;
const ONE: f32 = u16::MAX as f32;

/// `count` integer values of t in the middles of equal parts of `t_min..t_max`.
pub fn cached_timesteps(t_min: usize, t_max: usize, count: usize) -> Vec<usize> {
    let part = (t_max - t_min) as f64 / count as f64;
    (0..count).map(|i| ((t_min as f64 + part * (i as f64 + 0.5)).floor() as usize).clamp(t_min, t_max - 1)).collect()
}

/// What a cache holds; two with the same plan are the same.
#[derive(Debug, Clone, PartialEq)]
pub struct CachePlan {
    /// The values of t.
    pub t: Vec<usize>,
    /// Number of images.
    pub images: usize,
    /// Width and height of the images, px.
    pub input_size: usize,
    /// Width and height at which dissolved images are stored, px: those of dissolving, or the images' own where they are smaller.
    stored_size: usize,
    /// 1 where the three planes of a dissolved image are equal by construction.
    channels: usize,
    /// By which dissolver, of which data set.
    identity: String,
}

impl CachePlan {
    /// `count` values of t; a single one where t makes no difference. `identity`: the data set's fingerprint.
    pub fn new(dissolver: &Dissolver, store: &PixelStore, t: std::ops::Range<usize>, count: usize, identity: &str) -> Self {
        let count = if dissolver.uses_t() { count } else { 1 };
        let (input_size, resolution) = (store.size(), dissolver.resolution());
        Self {
            t: cached_timesteps(t.start, t.end, count),
            images: store.len(),
            input_size,
            // A residual one is as sharp as its image: it is kept at the image's own size.
            stored_size: if dissolver.twin() == Twin::Residual { input_size } else { input_size.min(resolution) },
            channels: if dissolver.equal_channels() { 1 } else { 3 },
            identity: match dissolver.twin() {
                Twin::Plain => format!("{} at {resolution} px, {identity}", dissolver.method()),
                Twin::Residual => format!("{} at {resolution} px, residual, {identity}", dissolver.method()),
            },
        }
    }

    fn values(&self) -> usize {
        self.channels * self.stored_size * self.stored_size
    }

    fn records(&self) -> usize {
        self.t.len() * 2 * self.images
    }

    /// A safetensors header: the file is a complete one as soon as the last image is in it.
    fn header(&self) -> Vec<u8> {
        let Self { t, images, stored_size, channels, .. } = self;
        let bytes = 2 * (self.records() * self.values()) as u64;
        let mut header = serde_json::json!({
            "__metadata__": { "t": format!("{t:?}"), "side": self.input_size.to_string(), "identity": self.identity },
            "twins": { "dtype": "U16", "shape": [t.len(), 2, images, channels, stored_size, stored_size], "data_offsets": [0, bytes] },
        })
        .to_string()
        .into_bytes();
        header.resize(header.len().next_multiple_of(8), b' ');
        [&(header.len() as u64).to_le_bytes()[..], &header].concat()
    }
}

/// A complete cache, read by slices.
#[derive(Debug)]
pub struct DissolveCache {
    /// What it holds.
    pub plan: CachePlan,
    file: Mutex<File>,
    path: PathBuf,
    header: u64,
}

impl DissolveCache {
    /// Opens the run's cache, or builds it (or what is missing of it). `tick(done, total)` is called after each pass and may
    /// end the build with an error; what was computed is kept.
    ///
    /// # Errors
    /// A full disk, images that cannot be read any more, or whatever `tick` returns.
    pub fn open_or_build(
        run: &RunDir,
        plan: CachePlan,
        dissolver: &Dissolver,
        store: &PixelStore,
        device: &Device,
        tick: &mut dyn FnMut(usize, usize) -> Result<()>,
    ) -> Result<Self> {
        let path = run.join(files::DISSOLVE_CACHE);
        let header = plan.header();
        let length = (header.len() + 2 * plan.records() * plan.values()) as u64;
        let complete =
            File::open(&path).is_ok_and(|file| begins_with(&file, &header) && file.metadata().is_ok_and(|m| m.len() == length));
        if !complete {
            let part = run.join(files::DISSOLVE_CACHE_PART);
            build(&part, &header, &plan, dissolver, store, device, tick)?;
            fs::rename(&part, &path).map_err(Error::io("write", &path))?;
        }
        let file = File::open(&path).map_err(Error::io("read", &path))?;
        Ok(Self { plan, file: Mutex::new(file), path, header: header.len() as u64 })
    }

    /// N dissolved images at value number `t_index` of t: of the image at each place as it is, or mirrored. Flat (N, 3, size,
    /// size), \[0, 1\].
    ///
    /// # Errors
    /// A file that cannot be read any more.
    pub fn read(&self, t_index: usize, picks: &[(usize, bool)], device: &Device) -> Result<Vec<f32>> {
        let (plan, values) = (&self.plan, self.plan.values());
        let mut small = Vec::with_capacity(picks.len() * 3 * plan.stored_size * plan.stored_size);
        let mut bytes = vec![0u8; 2 * values];
        for &(image, mirrored) in picks {
            let record = (t_index * 2 + usize::from(mirrored)) * plan.images + image;
            let at = self.header + (record * bytes.len()) as u64;
            {
                let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
                let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
                read.map_err(Error::io("read", &self.path))?;
            }
            for _ in 0..3 / plan.channels {
                small.extend(bytes.as_chunks().0.iter().map(|&b| f32::from(u16::from_le_bytes(b)) / ONE));
            }
        }
        if plan.stored_size == plan.input_size {
            return Ok(small);
        }
        let small = Tensor::from_vec(small, (picks.len(), 3, plan.stored_size, plan.stored_size), device)?;
        Ok(resize::bilinear(&small, plan.input_size, plan.input_size)?.flatten_all()?.to_vec1()?)
    }
}

fn begins_with(mut file: &File, header: &[u8]) -> bool {
    let mut found = vec![0; header.len()];
    file.read_exact(&mut found).is_ok() && found == header
}

/// Fills `part` up to its end, from where it is complete.
fn build(
    part: &std::path::Path,
    header: &[u8],
    plan: &CachePlan,
    dissolver: &Dissolver,
    store: &PixelStore,
    device: &Device,
    tick: &mut dyn FnMut(usize, usize) -> Result<()>,
) -> Result<()> {
    let fail = |e| Error::io("write", part)(e);
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(part).map_err(fail)?;
    let record = 2 * plan.values();
    let mut done = 0;
    if begins_with(&file, header) {
        let written = (file.metadata().map_err(fail)?.len() - header.len() as u64) as usize / record;
        // The last pass before a power cut may not have reached the disk: it is done again, with the same neighbours.
        let last = written.min(plan.records()).saturating_sub(1);
        done = last - last % plan.images % CHUNK;
        file.set_len((header.len() + done * record) as u64).map_err(fail)?;
    } else {
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(header)).map_err(fail)?;
    }
    file.seek(SeekFrom::End(0)).map_err(fail)?;
    tick(done, plan.records())?;
    while done < plan.records() {
        // A pass stays within one value of t, mirrored or not.
        let image = done % plan.images;
        let count = CHUNK.min(plan.images - image);
        let (t_index, mirrored) = (done / plan.images / 2, done / plan.images % 2 == 1);
        let mut pictures = store.batch(&(image..image + count).collect::<Vec<_>>())?;
        if mirrored {
            flip_in_place(&mut pictures, plan.input_size);
        }
        let pictures = Tensor::from_vec(pictures, (count, 3, plan.input_size, plan.input_size), device)?;
        let pictures = resize::bilinear(&pictures, plan.stored_size, plan.stored_size)?;
        let dissolved = dissolver.dissolve(&pictures, &vec![plan.t[t_index]; count])?.narrow(1, 0, plan.channels)?;
        let values = dissolved.detach().flatten_all()?.to_vec1::<f32>()?;
        let bytes: Vec<u8> = values.iter().flat_map(|v| ((v.clamp(0.0, 1.0) * ONE).round() as u16).to_le_bytes()).collect();
        file.write_all(&bytes).and_then(|()| file.sync_data()).map_err(fail)?;
        done += count;
        tick(done, plan.records())?;
    }
    file.sync_all().map_err(fail)
}
