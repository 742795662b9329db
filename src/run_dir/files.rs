//! The names of all files and folders of a run, and of those of a workspace that runs are kept in. They are named nowhere else.
//! Folders of parts are called by their [kind](super::RunKind::name).
//!
//! | name | written by | read by |
//! |---|---|---|
//! | [`CONFIG`], [`MANIFEST`] | `run_dir` | `run_dir`, for all others |
//! | [`CURATION`] | `run_dir`, a copy when the run is made | `data`, when the run opens its data |
//! | [`LOG`] | `run_dir` | `engine::runs::log` |
//! | [`LOCK`], [`MANIFEST_LOCK`] | `run_dir` | `run_dir` |
//! | [`METRICS`] | `ml::training::metrics_log` | the same on resuming, `engine::runs::list`, `report::training` |
//! | [`EPOCHS`] | `ml::training::validation` | the same on resuming, `engine::runs::list`, `report::training` |
//! | [`CHECKPOINTS`] | `ml::base::checkpoint` | the same on resuming |
//! | [`MODEL`] | `ml::training::ddpm` | `ml::diffusion::model`, found by [`RunContents`](super::RunContents) |
//! | [`SAMPLES`] | `ml::training::preview` | `report::training`, the window |
//! | [`DISSOLVE_CACHE`], [`DISSOLVE_CACHE_PART`] | `ml::training::dissolve_cache` | the same |
//! | [`ENCODER`] | `ml::training::dia` | `ml::encoder::model`, found by [`RunContents`](super::RunContents) |
//! | [`PROFILE`], [`FEATURES`] | `ml::scoring::descriptor_scorer` | the same |
//! | [`TILES`], [`TILE_BANK`] | `ml::scoring::tiles` | the same |
//! | [`MAP_MODEL`] | `ml::localisation::map_model` | the same, `engine::map_layers` |
//! | [`SCORES`] and [`scores_of`] others | `scores`, called by `engine` | `scores`, for window, report and sweep |
//! | [`data_note`] | `engine::runs::finished_run` | `engine::runs::score_set` |
//! | [`pixel_figures_of`] | `scores` | `scores` |
//! | [`review_of`] | `jobs::loader` | `engine::runs::score_set`, `report` |
//! | [`EVALUATION`] | `engine::pipeline` | other programs |
//! | [`SYNTHETIC_LESIONS`] | `engine::runs::finished_run` | `engine::runs::score_set`, `report` |
//! | [`MAPS`] | `engine::anomaly_maps` | [`SavedMaps`](super::SavedMaps) |
//! | [`REPORT`] | `report` | people |
//! | [`EXPORTS`] | `engine::export`, `jobs::loader` | people |
//! | [`TILES_PART`], [`RUNS`], [`TRASH`] | `run_dir` | `run_dir`, `engine::runs` |
//! | [`SWEEP_LOCK`] | `engine::sweep` | `engine::sweep` |
//! | [`CURATIONS`] | `jobs::loader` | `jobs::loader`, `engine`, `report` |
//! | [`WINDOW`] | `jobs::loader` | `window::remembered` |
//! | [`BANDS`] | `engine::dissolve::normal_band` | the same |
//! | [`THUMBNAILS`] | `engine::thumbnail_cache` | the same |

use crate::text;
use fnv::FnvHasher;
use std::{
    fs,
    hash::Hasher,
    path::{Path, PathBuf},
};

/// All settings.
pub const CONFIG: &str = "config.toml";
/// What this run is ([`Manifest`](super::Manifest)).
pub const MANIFEST: &str = "manifest.json";
/// What a person had said of the images when the run began; its settings name it.
pub const CURATION: &str = "curation.csv";
/// One line an event.
pub const LOG: &str = "log.txt";
/// Locked while a process works on the run.
pub const LOCK: &str = ".lock";
/// Locked while a process changes the manifest.
pub const MANIFEST_LOCK: &str = ".manifest.lock";
/// Locked while a sweep looks for the run of a cell, or makes it; in the workspace.
pub const SWEEP_LOCK: &str = ".sweep.lock";
/// The metrics log of the training, a row a step.
pub const METRICS: &str = "metrics.csv";
/// Evaluations on labelled images during the training, a row each.
pub const EPOCHS: &str = "epochs.csv";
/// The finished diffusion model, with its configuration inside.
pub const MODEL: &str = "model.safetensors";
/// The finished encoder, with its configuration and the features of the training normals inside.
pub const ENCODER: &str = "encoder.safetensors";
/// The dissolve cache: the training normals dissolved at a few t.
pub const DISSOLVE_CACHE: &str = "ladder.safetensors";
/// The cache while it is built.
pub const DISSOLVE_CACHE_PART: &str = "ladder.part";
/// What the dissolve profiles of the training normals look like.
pub const PROFILE: &str = "profiles.safetensors";
/// What the training normals' features look like.
pub const FEATURES: &str = "features.safetensors";
/// What normal tiles look like to the encoder of tiles.
pub const TILES: &str = "tiles.safetensors";
/// Some normal tiles, to be shown beside one that is not like them.
pub const TILE_BANK: &str = "tile-bank.safetensors";
/// What makes anomaly maps.
pub const MAP_MODEL: &str = "map.safetensors";
/// The scores of the run's own images. Those of other images lie beside it ([`scores_of`]).
pub const SCORES: &str = "scores.csv";
/// What the scores say of the model.
pub const EVALUATION: &str = "evaluation.json";
/// How many synthetic lesions the score finds.
pub const SYNTHETIC_LESIONS: &str = "planted.json";
/// The report.
pub const REPORT: &str = "report.html";

/// Folder of unfinished weights ([`checkpoint`]).
pub const CHECKPOINTS: &str = "checkpoints";
/// Folder of the part that works by tiles.
pub const TILES_PART: &str = "tiles";
/// Folder of previews of the diffusion model ([`sample`]).
pub const SAMPLES: &str = "samples";
/// Folder of the anomaly maps of its own images.
pub const MAPS: &str = "maps";
/// Folder of charts and tables for other programs; also in the workspace.
pub const EXPORTS: &str = "exports";
/// Folder of the workspace for what a person says of images, a table a data set.
pub const CURATIONS: &str = "curation";
/// What a workspace keeps of the window: own tags, saved views.
pub const WINDOW: &str = "window.json";
/// Folder of the workspace's runs.
pub const RUNS: &str = "runs";
/// Where runs lie that were thrown away, in the workspace.
pub const TRASH: &str = ".trash";
/// Folder of the workspace for what was measured of training normals.
pub const BANDS: &str = "bands";
/// Folder of the workspace for thumbnails, a file a data set.
pub const THUMBNAILS: &str = ".thumbnails";

/// Longer names of maps lose their beginning, so that they fit every file system, in bytes.
const LONGEST: usize = 200;
const STEP: &str = "step-";
const WEIGHTS: &str = ".safetensors";
/// How names of scores begin, and of the reviews beside them.
const SCORES_STEM: &str = "scores";
const REVIEW_STEM: &str = "tags";

/// Where a workspace keeps what a person says of the images of a data set, by its path.
pub fn curation_of(workspace: &Path, data: &Path) -> PathBuf {
    let path = fs::canonicalize(data).or_else(|_| std::path::absolute(data)).unwrap_or_else(|_| data.to_path_buf());
    let mut hash = FnvHasher::default();
    hash.write(path.as_os_str().as_encoded_bytes());
    let name = text::folder_name(&path.file_name().unwrap_or_default().to_string_lossy());
    workspace.join(CURATIONS).join(format!("{name}-{:016x}.csv", hash.finish()))
}

/// The part of a run that works by tiles, seen from the part (or the run) that its encoder of whole pictures is in.
pub fn tiles_part(encoder: &Path) -> Option<PathBuf> {
    let places = [Some(encoder), encoder.parent()].into_iter().flatten();
    places.map(|folder| folder.join(TILES_PART)).find(|part| part.join(MANIFEST).is_file())
}

/// What the files of an image's map are called, without the ending: the image's path as one name.
pub fn map_stem(image: &str) -> String {
    let is_allowed = |c: char| !(c.is_control() || cfg!(windows) && r#":*?"<>|"#.contains(c));
    let name: String = image.replace(['/', '\\'], "__").chars().map(|c| if is_allowed(c) { c } else { '-' }).collect();
    // The end tells images apart.
    let from = (name.len().saturating_sub(LONGEST)..).find(|&from| name.is_char_boundary(from)).unwrap_or_default();
    name[from..].to_string()
}

/// The files of a map: its values in grey, and its colours over the image.
pub fn map_files(stem: &str) -> [String; 2] {
    [format!("{stem}.png"), format!("{stem}-overlay.png")]
}

/// The weights after a step.
pub fn checkpoint(step: usize) -> PathBuf {
    Path::new(CHECKPOINTS).join(format!("{STEP}{step}{WEIGHTS}"))
}

/// The step of a checkpoint; `None` for any other file.
pub fn step_of(checkpoint: &Path) -> Option<usize> {
    checkpoint.file_name()?.to_str()?.strip_prefix(STEP)?.strip_suffix(WEIGHTS)?.parse().ok()
}

/// The preview after a step.
pub fn sample(step: usize) -> PathBuf {
    Path::new(SAMPLES).join(format!("{STEP}{step}.png"))
}

/// Whether the name of a preview, without its number, is that of [`sample`].
pub fn is_sample(kind: &str) -> bool {
    kind == STEP
}

/// Scores of other images than the run's own, by the folder or file that they lie in.
pub fn scores_of(data: &Path) -> String {
    format!("{SCORES_STEM}-{}.csv", data.file_stem().unwrap_or_default().to_string_lossy())
}

/// The name of the images in a file of scores; `None` for the run's own.
pub fn scored_data(scores: &Path) -> Option<String> {
    let stem = scores.file_stem()?.to_string_lossy();
    Some(stem.strip_prefix(SCORES_STEM)?.strip_prefix('-')?.to_string())
}

/// Whether a file holds scores, of the run's own images or of others.
pub fn is_scores(path: &Path) -> bool {
    is_own_scores(path) || path.extension().is_some_and(|e| e == "csv") && scored_data(path).is_some()
}

/// Whether these are the scores of the run's own images.
pub fn is_own_scores(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == SCORES)
}

/// The note that says which data a file of scores is of; the run's own has none.
pub fn data_note(scores: &Path) -> Option<PathBuf> {
    (!is_own_scores(scores)).then(|| scores.with_extension("toml"))
}

/// What the anomaly maps of the same images reach at the pixels of masks: it lies beside the file of scores.
pub fn pixel_figures_of(scores: &Path) -> PathBuf {
    scores.with_extension("pixels.json")
}

/// What a person noted about the images of a file of scores: it lies beside it.
pub fn review_of(scores: &Path) -> PathBuf {
    let name = scores.file_name().unwrap_or_default().to_string_lossy().replacen(SCORES_STEM, REVIEW_STEM, 1);
    scores.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 23] = [
        CONFIG,
        MANIFEST,
        CURATION,
        LOG,
        LOCK,
        MANIFEST_LOCK,
        SWEEP_LOCK,
        METRICS,
        EPOCHS,
        MODEL,
        ENCODER,
        DISSOLVE_CACHE,
        DISSOLVE_CACHE_PART,
        PROFILE,
        FEATURES,
        TILES,
        TILE_BANK,
        MAP_MODEL,
        SCORES,
        EVALUATION,
        SYNTHETIC_LESIONS,
        REPORT,
        WINDOW,
    ];
    const FOLDERS: [&str; 10] = [CHECKPOINTS, TILES_PART, SAMPLES, MAPS, EXPORTS, CURATIONS, RUNS, TRASH, BANDS, THUMBNAILS];

    #[test]
    fn every_name_is_listed_with_who_writes_and_reads_it() {
        let source = include_str!("files.rs");
        let lines = source.lines().filter_map(|line| line.strip_prefix("pub const ")?.split_once(": &str = "));
        let named: Vec<(&str, &str)> = lines.map(|(name, value)| (name, value.trim_matches(['"', ';']))).collect();
        let listed: Vec<&str> = FILES.into_iter().chain(FOLDERS).collect();
        assert_eq!(named.len(), listed.len());
        assert!(named.iter().all(|(_, value)| listed.contains(value)), "{named:?}");
        let rows: Vec<&str> = source.lines().filter(|line| line.starts_with("//! | [`")).collect();
        let missing: Vec<_> =
            named.iter().filter(|(name, _)| !rows.iter().any(|row| row.contains(&format!("[`{name}`]")))).collect();
        assert!(missing.is_empty(), "no row says who writes and reads {missing:?}");
    }

    #[test]
    fn names_of_numbered_files_are_read_again() {
        assert_eq!(checkpoint(20).to_str(), Some("checkpoints/step-20.safetensors"));
        assert_eq!(step_of(&checkpoint(20)), Some(20));
        assert_eq!(["step-x.safetensors", "step-20.png", "model.safetensors"].map(|name| step_of(name.as_ref())), [None; 3]);
        assert_eq!(sample(3).to_str(), Some("samples/step-3.png"));
    }

    #[test]
    fn scores_of_other_images_lie_beside_those_of_the_run_with_their_own_notes() {
        let (own, other) = (Path::new("run/scores.csv"), Path::new("run").join(scores_of("/data/new eyes.npz".as_ref())));
        assert_eq!(other, Path::new("run/scores-new eyes.csv"));
        assert_eq!((scored_data(own), scored_data(&other).as_deref()), (None, Some("new eyes")));
        assert!(is_scores(own) && is_scores(&other) && !is_scores("tags.csv".as_ref()) && !is_own_scores(&other));
        assert_eq!((data_note(own), data_note(&other)), (None, Some("run/scores-new eyes.toml".into())));
        assert_eq!((review_of(own), review_of(&other)), ("run/tags.csv".into(), "run/tags-new eyes.csv".into()));
        assert_eq!(pixel_figures_of(own), Path::new("run/scores.pixels.json"));
        assert!(!is_scores(&pixel_figures_of(own)) && !is_scores(&pixel_figures_of(&other)));
    }

    /// Every line of the sources that spells one of them out, in the code: texts for people and tests may.
    #[test]
    fn no_other_file_names_them() {
        let files = FILES.iter().flat_map(|name| [format!("\"{name}\""), format!("/{name}\"")]);
        let parts = ["ddpm", "dia", "csi"];
        let folders = FOLDERS
            .iter()
            .chain(&parts)
            .flat_map(|name| [format!("join(\"{name}\")"), format!("\"{name}/"), format!("/{name}\"")]);
        let spelt_out: Vec<String> = files.chain(folders).collect();
        let (mut rooms, mut found) = (vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")], Vec::new());
        while let Some(room) = rooms.pop() {
            for path in std::fs::read_dir(room).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    rooms.extend((!path.ends_with("tests")).then_some(path));
                } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("run_dir/files.rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                    let named = lines.filter(|line| spelt_out.iter().any(|name| line.contains(name)));
                    found.extend(named.map(|line| format!("{}: {line}", path.display())));
                }
            }
        }
        assert!(found.is_empty(), "{found:#?}");
    }
}
