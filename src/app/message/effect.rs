use crate::{
    app::state::Work,
    config::RunConfig,
    data::{Curation, Dataset},
    engine::{
        display::rgba::Rgba, dissolve::request::DissolveRequest, embedding::EmbeddingRequest, explanation::Question,
        export::sweep::SweepExportRequest, preprocess_preview::PreviewRequest, thumbnail_cache::Thumb,
    },
    jobs::{events::Pick, job::JobId, loader::LoadRequest, thumbnails},
    run_dir::RunKind,
};
use std::{path::PathBuf, sync::Arc};

/// What has to be done outside of the state, by who carries it out; see `window::effects`.
#[derive(Debug)]
pub enum Effect {
    /// Reading and writing files, one after the other.
    Load(LoadRequest),
    /// Long work, one job at a time.
    Job(JobEffect),
    /// Short work, each kind on a thread of its own.
    Background(BackgroundEffect),
    /// Thumbnails and textures.
    Image(ImageEffect),
    /// The window and the desktop.
    Window(WindowEffect),
}

#[derive(Debug)]
pub enum JobEffect {
    Train {
        id: JobId,
        kind: RunKind,
        config: Box<RunConfig>,
        name: String,
        work: Work,
        /// What was said of the images of a new run.
        curation: Option<Arc<Curation>>,
    },
    /// Scores a folder with the run's encoder.
    ScoreFolder {
        id: JobId,
        run: PathBuf,
        folder: PathBuf,
    },
    /// Draws lesions into the run's held-out normals.
    Plant {
        id: JobId,
        run: PathBuf,
    },
    Control(JobId, JobOrder),
}

/// What a running job is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOrder {
    Pause,
    Continue,
    Stop,
    /// Ends the stage as if this had been its last step.
    FinishEarly,
}

#[derive(Debug)]
pub enum BackgroundEffect {
    Dissolve(Box<DissolveRequest>),
    SweepExport(Box<SweepExportRequest>),
    /// The selected image before and after preprocessing.
    PreviewPreprocessing(Box<PreviewRequest>),
    /// Why an image has its score.
    Explain(Box<Question>),
    /// Where the images lie in two dimensions.
    Embed(Box<EmbeddingRequest>),
    FindDuplicates {
        generation: u64,
        dataset: Arc<Dataset>,
    },
    StopFindingDuplicates,
    /// Free memory and, where `timed`, the speed of this machine.
    Machine {
        timed: bool,
    },
}

#[derive(Debug)]
pub enum ImageEffect {
    /// A data set is there: thumbnails come from it. `keep` = those of the one before are of the same images.
    Source {
        generation: u64,
        dataset: Arc<Dataset>,
        keep: bool,
    },
    /// In the order they are wanted; the newest request goes first.
    Thumbnails(Vec<thumbnails::Request>),
    Upload(Texture, Rgba),
}

#[derive(Debug)]
pub enum WindowEffect {
    /// The desktop's dialog; it shows the folder `from` first.
    Pick {
        pick: Pick,
        from: Option<PathBuf>,
    },
    Copy(String),
    ShowFolder(PathBuf),
    Close,
}

/// Names of the images on the graphics card.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Texture {
    Thumbnail(Thumb),
    /// The selected image before and after preprocessing, and its mask's edge over the former.
    Before,
    After,
    Outline,
    /// Thumbnail at this t.
    StripThumbnail(usize),
    Preview(PathBuf),
    /// The image whose score is explained, with its mask's outline.
    Explained,
    /// The image whose score is explained under the map of what covering it changes.
    Map,
    /// Its nearest normal under a shift.
    Nearest(usize),
    /// Its tile where the anomaly map is highest, and the normal one nearest to that.
    HighestTile,
    NearestTile,
    /// One layer of the image under its anomaly map.
    Layer(MapLayer),
}

/// The layers of an image under its anomaly map, the lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MapLayer {
    Picture,
    Colours,
    /// The edge of the image's mask.
    Mask,
    /// The edge of what is above the threshold.
    Edge,
}
