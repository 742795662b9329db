//! The demo in the binary: synthetic fundus photographs, a diffusion model trained on them, and a finished run.
//!
//! `make` trains all of it and packs it; `unpack` lays it out in a workspace; `create` a run of the main job on it, with the
//! shipped diffusion model. The packed weights have 16 bits, which halves their size.

use super::{pipeline, runs::finished_run};
use crate::{
    config::{DdpmConfig, DiaConfig, Preset, RunConfig},
    error::{Error, Result},
    ml::base::{
        checkpoint::{self, Tensors},
        reporter::Reporter,
    },
    run_dir::{RunDir, RunKind, files},
    synth::{self, Photograph, Plan},
};
use candle_core::{DType, Tensor};
use fnv::FnvHasher;
use image::codecs::jpeg::JpegEncoder;
use std::{
    fs,
    hash::Hasher,
    io::{Cursor, Read, Write},
    path::{Path, PathBuf},
};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// Made by `dissolve-studio make-demo --out assets/demo`.
const PACKED: &[u8] = include_bytes!("../../assets/demo/demo.zip");
/// Name of the packed file.
pub const FILE: &str = "demo.zip";
/// Folder of the photographs, in the workspace and in the packed file.
const DATA: &str = "synthetic-fundus";
/// Folder of the packed run; it sorts behind all runs of the person.
const RUN: &str = "00000000-000000-train-synthetic-demo";
/// Tells in the unpacked run which build it came from.
const STAMP: &str = "demo-version";
const NOTES: &str = "Synthetic demo: no photograph is of a real eye.";

const PHOTOGRAPHS: Plan =
    Plan { train: 160, test_normal: 40, test_abnormal: 40, severity: 4, one_camera: true, size: 256, seed: 2024 };
const JPEG_QUALITY: u8 = 90;

/// Where the demo lies once it is unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demo {
    /// The data set: MVTec's layout, `good` is normal.
    pub data: PathBuf,
    /// A finished run of `train` on it, with both networks, scores, evaluation and synthetic lesions.
    pub run: PathBuf,
}

impl Demo {
    /// The folder of its diffusion model.
    pub fn model(&self) -> PathBuf {
        self.run.join(RunKind::Ddpm.name())
    }
}

/// Whether this is the run that the demo comes with.
pub fn is_demo(run: &Path) -> bool {
    run.file_name().is_some_and(|name| name == RUN)
}

/// The settings of the demo, for `data`.
pub fn settings(data: &Path) -> RunConfig {
    let mut config = RunConfig::preset(Preset::Quick);
    config.data.path = data.to_path_buf();
    config.data.normal = vec!["good".into()];
    config.ddpm = DdpmConfig { dim: 16, steps: 1000, lr: 1e-3, checkpoint_every: 200, sample_every: 0, ..config.ddpm };
    config.dia = DiaConfig { size: 64, width: 24, epochs: 10, epoch_length: 20, checkpoint_every: 20, ..config.dia };
    config.score.profile = true;
    // Maps are made when they are looked at: as files they would be most of the demo.
    config.score.maps = false;
    config
}

/// Lays the demo out in `workspace` as `synthetic-fundus/` and `runs/…-synthetic-demo/`, where it is not there yet.
///
/// # Errors
/// Where the folder cannot be written to.
pub fn unpack(workspace: &Path) -> Result<Demo> {
    let demo = Demo { data: workspace.join(DATA), run: workspace.join(files::RUNS).join(RUN) };
    let stamp = version();
    if demo.data.is_dir() && fs::read_to_string(demo.run.join(STAMP)).is_ok_and(|found| found == stamp) {
        return Ok(demo);
    }
    let runs = workspace.join(files::RUNS);
    fs::create_dir_all(&runs).map_err(Error::io("create", &runs))?;
    // Unpacked beside its place and then moved: the demo is there completely or not at all, and its run comes last.
    let temporary = tempfile::Builder::new().prefix(".demo-").tempdir_in(workspace).map_err(Error::io("write", workspace))?;
    extract(temporary.path())?;
    let run = temporary.path().join(RUN);
    let parts = [RunKind::Ddpm, RunKind::Dia, RunKind::Tiles].map(|kind| run.join(kind.name()));
    for part in std::iter::once(&run).chain(&parts) {
        point_to(&RunDir::open(part)?, &demo.data)?;
    }
    write(&run.join(STAMP), stamp.as_bytes())?;
    for (from, to) in [(temporary.path().join(DATA), &demo.data), (run, &demo.run)] {
        if to.exists() {
            fs::remove_dir_all(to).map_err(Error::io("replace", to))?;
        }
        fs::rename(&from, to).map_err(Error::io("write", to))?;
    }
    Ok(demo)
}

/// Makes the run that does the main job on the demo in `workspace` ([`pipeline::resume`]): DIA, scores, evaluation and report, with
/// the shipped diffusion model.
///
/// # Errors
/// As for [`pipeline::create`].
pub fn create(workspace: &Path, reporter: &mut dyn Reporter) -> Result<RunDir> {
    let demo = unpack(workspace)?;
    let run = pipeline::create(RunKind::Train, &settings(&demo.data), workspace, "demo", reporter)?;
    copy_folder(&demo.model(), &run.join(RunKind::Ddpm.name()))?;
    Ok(run)
}

/// Makes `demo.zip` in `out`: renders the photographs, trains on them, and packs what the demo needs. `keep_model`: with the
/// diffusion model that this build holds, instead of a new one.
pub fn make(out: &Path, keep_model: bool, reporter: &mut dyn Reporter) -> Result<PathBuf> {
    fs::create_dir_all(out).map_err(Error::io("create", out))?;
    let workspace = tempfile::tempdir().map_err(Error::io("write", std::env::temp_dir()))?;
    let data = workspace.path().join(DATA);
    let photographs = synth::photographs(PHOTOGRAPHS);
    let files = photographs.iter().map(encode).collect::<Result<Vec<_>>>()?.concat();
    for (name, bytes) in &files {
        write(&data.join(name), bytes)?;
    }
    let run = pipeline::create(RunKind::Train, &settings(&data), workspace.path(), DATA, reporter)?;
    if keep_model {
        let (ddpm, before) = (RunKind::Ddpm.name(), workspace.path().join("before"));
        copy_folder(&unpack(&before)?.run.join(ddpm), &run.join(ddpm))?;
        RunDir::open(&run.join(ddpm))?.set_config(&settings(&data))?;
    }
    pipeline::resume(&run, reporter)?;
    for (kind, weights) in run.contents()?.weights() {
        to_f16(&weights, kind == RunKind::Tiles)?;
    }
    finished_run::measure_lesions(run.path(), reporter)?;
    let packed = pack(&run, &files)?;
    let path = out.join(FILE);
    write(&path, &packed)?;
    Ok(path)
}

/// A photograph and its mask as files of the data set.
fn encode(photograph: &Photograph) -> Result<Vec<(String, Vec<u8>)>> {
    let failed = |e: image::ImageError| Error::user(format!("a photograph could not be encoded: {e}"), "");
    let stem = photograph.stem();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY).encode_image(&photograph.image).map_err(failed)?;
    let mut files = vec![(format!("{stem}.jpg"), jpeg)];
    if let Some((_, mask)) = &photograph.lesion {
        let mut png = Cursor::new(Vec::new());
        mask.write_to(&mut png, image::ImageFormat::Png).map_err(failed)?;
        files.push((format!("{}_mask.png", stem.replacen("test/", "ground_truth/", 1)), png.into_inner()));
    }
    Ok(files)
}

/// The photographs and the parts of a finished run that the window shows.
fn pack(run: &RunDir, photographs: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    run.update_manifest(|manifest| {
        manifest.name = "synthetic-demo".into();
        manifest.notes = NOTES.into();
    })?;
    let of = |part: RunKind, file: &str| format!("{}/{file}", part.name());
    let of_all = [files::CONFIG, files::MANIFEST, files::METRICS];
    let mut names: Vec<String> = [RunKind::Ddpm, RunKind::Dia, RunKind::Tiles]
        .into_iter()
        .flat_map(|part| of_all.map(|file| of(part, file)))
        .chain(of_all.map(String::from))
        .chain([files::SCORES, files::EVALUATION, files::SYNTHETIC_LESIONS].map(String::from))
        .chain([files::PROFILE, files::FEATURES, files::ENCODER].map(|file| of(RunKind::Dia, file)))
        .chain([files::ENCODER, files::TILES, files::TILE_BANK, files::MAP_MODEL].map(|file| of(RunKind::Tiles, file)))
        .chain([files::pixel_figures_of(Path::new(files::SCORES)).to_string_lossy().into_owned()])
        .chain([of(RunKind::Ddpm, files::MODEL)])
        .filter(|name| run.join(name).exists())
        .collect();
    let folder = of(RunKind::Ddpm, files::SAMPLES);
    let samples = fs::read_dir(run.join(&folder)).map_err(Error::io("read", run.path()))?;
    names.extend(samples.flatten().map(|file| format!("{folder}/{}", file.file_name().to_string_lossy())));
    names.sort();

    let failed = |e: std::io::Error| Error::user(format!("the demo could not be packed: {e}"), "");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: String, bytes: &[u8]| {
        zip.start_file(name, SimpleFileOptions::default()).map_err(|e| failed(e.into()))?;
        zip.write_all(bytes).map_err(failed)
    };
    for (name, bytes) in photographs {
        add(format!("{DATA}/{name}"), bytes)?;
    }
    for name in names {
        let path = run.join(&name);
        add(format!("{RUN}/{name}"), &fs::read(&path).map_err(Error::io("read", &path))?)?;
    }
    Ok(zip.finish().map_err(|e| failed(e.into()))?.into_inner())
}

/// Keeps a network's weights in 16 bits; they are read as 32 bits again. Biases, statistics and features are small and stay.
/// `first_stage`: what lies behind the encoder's first stage becomes zero, which packs to nothing: of tiles nobody looks further.
fn to_f16(path: &Path, first_stage: bool) -> Result<()> {
    let (tensors, metadata) = checkpoint::load(path)?;
    let is_weight = |name: &str, t: &Tensor| t.rank() > 1 && !name.starts_with("bank.");
    let is_seen = |name: &str| ["backbone.conv1", "backbone.bn1", "backbone.layer1"].iter().any(|part| name.starts_with(part));
    let tensors_f16 = tensors.into_iter().map(|(name, t)| {
        let t = if first_stage && !is_seen(&name) { t.zeros_like()? } else { t };
        let t = if is_weight(&name, &t) { t.to_dtype(DType::F16)? } else { t };
        Ok((name, t))
    });
    checkpoint::save(path, &tensors_f16.collect::<Result<Tensors>>()?, &metadata)
}

fn extract(to: &Path) -> Result<()> {
    let damaged = |e: zip::result::ZipError| Error::user(format!("this build holds no demo: {e}"), "make it with make-demo");
    let mut zip = ZipArchive::new(Cursor::new(PACKED)).map_err(damaged)?;
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).map_err(damaged)?;
        let Some(name) = file.enclosed_name() else { continue };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|e| damaged(e.into()))?;
        write(&to.join(name), &bytes)?;
    }
    Ok(())
}

/// Tells a run where its data lie now.
fn point_to(run: &RunDir, data: &Path) -> Result<()> {
    let mut config = run.config()?;
    config.data.path = data.to_path_buf();
    run.set_config(&config)
}

/// Length and sum of the packed file: another build's demo replaces the one that is there.
fn version() -> String {
    let mut sum = FnvHasher::default();
    sum.write(PACKED);
    format!("{} {:016x}", PACKED.len(), sum.finish())
}

#[cfg_attr(not(test), expect(clippy::disallowed_methods, reason = "into a temporary folder, which is moved as a whole"))]
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    fs::write(path, bytes).map_err(Error::io("write", path))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in fs::read_dir(from).map_err(Error::io("read", from))?.flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).map_err(Error::io("write", &target))?;
        }
    }
    Ok(())
}
