//! Where the images come from, and what is done to them before either model sees them.

use super::{ConfigError, Limits, TileSize, Tiling, ValueWindow, ensure};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which images, and what they are; `[data]` in `config.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// The folder, file or archive that was opened.
    pub path: PathBuf,
    /// What of that folder is looked at, relative to it: several things that were opened at once. Empty: all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<PathBuf>,
    /// How the folders are to be understood.
    pub reading: Reading,
    /// The level of the folders that name the classes: 1 = those in the opened folder, 2 = those in these…; -1 = the folder that an
    /// image lies in, -2 = the one around it…; 0 = as `reading` says. -32 to 32.
    pub level: i64,
    /// Names of the normal classes; `!name` means every class but that one (Kvasir: `!polyps`). Empty: has to be asked.
    pub normal: Vec<String>,
    /// A table of labels, where it is not the one found by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<PathBuf>,
    /// A table `path,label,leave_out` of what a person has said of the images (`normal` or `abnormal`; `1` = left out), which holds in
    /// the place of their classes. The window writes such tables; a run keeps a copy of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curation: Option<PathBuf>,
    /// Which columns of the table mean what.
    pub columns: LabelColumns,
    /// Which values are shown, from black to white: `auto`; of DICOM pictures `lung`, `soft-tissue`, `bone`, `brain`, centre and width
    /// (`40/400`), or one that the files name (`file:SOFT`); of other 16-bit pictures the lowest so many bits (`12bit`; `16bit` = all).
    pub window: ValueWindow,
    /// Share of the images that go to the test split where the data set has none of its own; (0, 1), default 0.3.
    pub test_fraction: TestFraction,
    /// Seed of that split, kept apart from the run's seed so that repeated runs see the same split.
    pub split_seed: u64,
    /// Shorter side, px, at which large pictures are worked on by tiles; 0 = their own. Smaller pictures are never enlarged.
    pub working_size: usize,
    /// Whether large pictures are worked on by tiles: `off` (the paper's way: the whole picture resized), `auto`, or 32, 64, 128.
    pub tile: Tiling,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            path: PathBuf::new(),
            only: Vec::new(),
            reading: Reading::default(),
            level: 0,
            normal: Vec::new(),
            labels: None,
            curation: None,
            columns: LabelColumns::default(),
            window: ValueWindow::Auto,
            test_fraction: TestFraction::default(),
            split_seed: 0,
            working_size: 512,
            tile: Tiling::Off,
        }
    }
}

impl DataConfig {
    /// The files and folders that were opened.
    pub fn parts(&self) -> Vec<PathBuf> {
        match self.only.as_slice() {
            [] => vec![self.path.clone()],
            only => only.iter().map(|part| self.path.join(part)).collect(),
        }
    }

    /// Where the images lie, links followed as far as they lead: one place, however its path is spelt.
    pub fn place(&self) -> PathBuf {
        std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone())
    }
}

/// How the folders of a data set are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// As recognised: a table of labels, MVTec, class folders, or none of these.
    #[default]
    Auto,
    /// The first folder names the class (below `train`, `test` where there are these), whatever it is called.
    OuterFolders,
    /// The folder that an image lies in names the class.
    InnerFolders,
    /// Folders and tables say nothing.
    Unlabelled,
}

impl Reading {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Auto, Self::OuterFolders, Self::InnerFolders, Self::Unlabelled];
}

/// Share of images for the test split, (0, 1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TestFraction(pub f64);

impl Default for TestFraction {
    fn default() -> Self {
        Self(0.3)
    }
}

/// Column names of a CSV of labels; empty = found by its usual names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelColumns {
    /// Names the files: by their paths, or by names that are unique in the set.
    pub file: String,
    /// Names the class.
    pub label: String,
    /// Says `train`, `val` or `test`.
    pub split: String,
    /// Says whose image it is; images of one patient stay in one split.
    pub patient: String,
}

impl LabelColumns {
    /// The names that were given.
    pub fn given(&self) -> impl Iterator<Item = &str> {
        [&self.file, &self.label, &self.split, &self.patient].into_iter().map(String::as_str).filter(|name| !name.is_empty())
    }
}

/// Preprocessing, repeated exactly when a run scores new images. All off by default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreprocessConfig {
    /// Cut a fundus photograph to the square around its bright disc.
    pub circle_crop: bool,
    /// How pictures become the squares that a network sees.
    pub aspect: Aspect,
    /// Which channels are used.
    pub channels: Channels,
    /// Grey window, as shares of the full range of a pixel: what lies below the first becomes black, above the second white.
    /// `0 <= low < high <= 1`; `[0, 1]` changes nothing.
    pub window: GreyWindow,
    /// Ben Graham's normalisation of fundus photographs: the local mean is taken away and what is left is shown four times as
    /// strong about middle grey.
    pub ben_graham: bool,
    /// Clip limit of CLAHE (contrast-limited adaptive histogram equalisation), as OpenCV counts it: 0 = off, usual 2, 0..=40.
    pub clahe: f64,
    /// Side in px to which pictures are shrunk before either model resizes them further; 0 = not. MedMNIST: 28.
    pub size: usize,
}

/// How a picture that is no square becomes one. By tiles, pictures keep their proportions; what is cut off or added counts there, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// Squeezed, as the paper does: discs become ellipses.
    #[default]
    Squeeze,
    /// Between black bars: nothing is lost, and everything is a little smaller.
    Letterbox,
    /// Cut to the square in its middle.
    Crop,
}

/// The `[low, high]` of a grey window, shares of the full range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GreyWindow(pub [f64; 2]);

impl Default for GreyWindow {
    fn default() -> Self {
        Self([0.0, 1.0])
    }
}

/// Which channels of a colour image are used (one channel is shown to the networks three times).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channels {
    /// All that it has.
    #[default]
    All,
    /// Their luma (ITU-R BT.601).
    Grey,
    /// The green one, in which vessels of the retina stand out.
    Green,
}

impl DataConfig {
    /// Checks what can be checked without the data.
    ///
    /// # Errors
    /// A number outside its [`Limits`]; a table of curation without a name.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let named = self.curation.as_ref().is_none_or(|path| !path.as_os_str().is_empty());
        ensure!(named, "data.curation", "names no file; it is a table path,label,leave_out");
        Limits::check_section("data", self)
    }

    /// The tiles of a run, once [`tile`](Self::tile) is decided; `None` where whole pictures are resized.
    pub fn tiles(&self) -> Option<TileSize> {
        match self.tile {
            Tiling::Px(tile) => Some(TileSize { tile, working_size: self.working_size }),
            Tiling::Off | Tiling::Auto => None,
        }
    }
}

impl PreprocessConfig {
    /// Sides that [`size`](Self::size) is offered with; any from 16 to 1024 is allowed.
    pub const SIZES: [usize; 6] = [0, 28, 32, 64, 128, 224];

    /// Pictures become other squares than by squeezing all of them: a part of them, or with bars.
    pub fn reframes(&self) -> bool {
        self.circle_crop || self.aspect != Aspect::Squeeze
    }

    /// Images stay as they are.
    pub fn is_off(&self) -> bool {
        *self == Self::default()
    }

    /// What is done, in words; empty where that is nothing.
    pub fn words(&self) -> String {
        let [low, high] = self.window.0.map(|v| 100.0 * v);
        let channels = match self.channels {
            Channels::All => None,
            Channels::Grey => Some("grey".to_string()),
            Channels::Green => Some("the green channel".into()),
        };
        let parts = [
            self.circle_crop.then(|| "crop to the disc".to_string()),
            match self.aspect {
                Aspect::Squeeze => None,
                Aspect::Letterbox => Some("letterbox".into()),
                Aspect::Crop => Some("crop to the middle square".into()),
            },
            channels,
            (self.window != GreyWindow::default()).then(|| format!("window {low:.1} to {high:.1} %")),
            self.ben_graham.then(|| "Ben Graham’s normalisation".into()),
            (self.clahe > 0.0).then(|| format!("CLAHE {:.1}", self.clahe)),
            (self.size > 0).then(|| format!("{} px", self.size)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Checks every setting of preprocessing.
    ///
    /// # Errors
    /// The first one that cannot be used.
    pub fn validate(&self) -> Result<(), ConfigError> {
        Limits::check_section("preprocess", self)?;
        let [low, high] = self.window.0;
        ensure!(low < high, "preprocess.window", "{low} to {high} is no window; it lies within 0 and 1, the lower end first");
        Ok(())
    }
}
