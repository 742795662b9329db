//! A dissolved image: its pixels, the scale at which it was made, and how much of what changed is the model's doing.

use crate::{config::TileSize, data::ImageId, engine::display::rgba::Rgba, gpu::Raster};
use std::sync::Arc;

/// Most memory of one picture by tiles on the sheet of many t, of which there are seven; bytes.
pub(super) const SHEET_CELL: usize = 32 << 20;

/// The size at which a picture is dissolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The whole picture shrunk to a square of this side, px.
    Whole(usize),
    /// At its own scale, by overlapping tiles.
    Tiles(TileSize),
}

impl Scale {
    /// Not shrunk to what the model sees.
    pub fn is_tiles(&self) -> bool {
        matches!(self, Self::Tiles(_))
    }
}

/// Mean |change| over pixels and channels, \[0, 1\].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Change {
    /// Original against dissolved.
    pub all: f64,
    /// Original against the resized original: what there is without dissolving anything.
    pub resizing: f64,
    /// Resized original against dissolved: what the model did.
    pub model: f64,
}

/// A dissolved image, at the size at which it was made; it is stretched to the original's size where it is shown.
#[derive(Debug, Clone)]
pub struct Dissolved {
    /// Its place in the data set.
    pub image: ImageId,
    /// Diffusion step; filters have that of the request, which means nothing.
    pub t: usize,
    /// Floats: what dissolving changes can be less than 1/255.
    pub raster: Arc<Raster>,
    /// The original brought through the same resizing, not dissolved; `None` where nothing was resized.
    pub resized: Option<Arc<Raster>>,
    /// What dissolving changed; for a picture in tiles that is not complete, that of its coarse stand-in.
    pub change: Change,
    /// The change as the change curve shows it: of a picture in tiles on some of them, spread over it. `None` until it is complete.
    pub curve: Option<Change>,
    /// Wall time from when it was begun until these pixels were there.
    pub milliseconds: f64,
    /// Whole, or by tiles.
    pub scale: Scale,
    /// Tiles dissolved, of all that are not blank; where there are none yet, the whole picture dissolved at the model's size stands for them.
    pub tiles: [usize; 2],
    /// Tells states of a growing model apart.
    pub weights: u64,
}

impl Dissolved {
    /// Whether no tile is left to do.
    pub fn is_complete(&self) -> bool {
        self.tiles[0] >= self.tiles[1]
    }

    /// The size at which it was made, in words.
    pub fn scale_words(&self) -> String {
        match self.scale {
            Scale::Whole(px) => format!("whole picture at {px} px"),
            Scale::Tiles(TileSize { tile, .. }) => {
                let [width, height] = self.raster.size();
                format!("tiles of {tile} px at {} px", width.min(height))
            }
        }
    }

    /// Whether some of it was made by tiles.
    pub fn has_tiles(&self) -> bool {
        self.scale.is_tiles() && self.tiles[0] > 0
    }

    /// Memory of its pixels, bytes.
    pub fn bytes(&self) -> usize {
        bytes(self.raster.size().map(|side| side as usize))
    }

    /// Whether the sheet of many t has room for such pictures by tiles.
    pub fn fits_on_sheet(&self) -> bool {
        self.bytes() <= SHEET_CELL
    }
}

/// Memory of a picture of this width and height, bytes: floats of four channels, and their halved versions.
pub(super) fn bytes([width, height]: [usize; 2]) -> usize {
    width * height * 16 * 4 / 3
}

/// One thumbnail of the slider's strip.
#[derive(Debug)]
pub struct StripThumbnail {
    /// Its t is the thumbnail's place on the strip.
    pub dissolved: Dissolved,
    /// The dissolved picture small, in the original's proportions.
    pub pixels: Rgba,
}
