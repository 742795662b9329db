//! Tiles: how large pictures are worked on at the scale of what is looked for.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Whether pictures are worked on by tiles. In `config.toml`: `off`, `auto`, or the side in px.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tiling {
    /// The whole picture is resized to what a network sees; the paper's way.
    #[default]
    Off,
    /// By the size of the pictures.
    Auto,
    /// Side of a tile, px: one of [`Tiling::SIDES`].
    Px(usize),
}

/// The tiles of a run, decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileSize {
    /// Side of a tile, px.
    pub tile: usize,
    /// Shorter side of the pictures that tiles are cut from, px; 0 = their own. Smaller pictures are not enlarged.
    pub working_size: usize,
}

/// What a diffusion model has learnt from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LearntFrom {
    /// Pictures resized as a whole.
    WholePictures,
    /// Tiles of pictures at their own scale.
    Tiles(TileSize),
}

impl From<Option<TileSize>> for LearntFrom {
    fn from(tiles: Option<TileSize>) -> Self {
        tiles.map_or(Self::WholePictures, Self::Tiles)
    }
}

impl TileSize {
    /// Least working size, px; pictures up to it are not tiled.
    pub const LEAST_WORKING_SIZE: usize = 128;
    /// Greatest working size, px.
    pub const MOST_WORKING_SIZE: usize = 4096;

    /// Width and height at which a picture of `size` px is worked on.
    pub fn working(&self, size: [usize; 2]) -> [usize; 2] {
        let shorter = size[0].min(size[1]);
        if self.working_size == 0 || shorter <= self.working_size {
            return size;
        }
        let scale = self.working_size as f64 / shorter as f64;
        size.map(|side| ((side as f64 * scale).round() as usize).max(1))
    }
}

impl Tiling {
    /// Sides that a tile can have, px: those that the diffusion model can be trained at.
    pub const SIDES: [usize; 3] = [32, 64, 128];

    /// What the setting comes to for pictures whose shorter side is `shorter` px (their median), and why, as a sentence.
    pub fn decide(self, shorter: usize, working_size: usize) -> (Self, String) {
        let working = if working_size == 0 { shorter } else { shorter.min(working_size) };
        let least = TileSize::LEAST_WORKING_SIZE;
        match self {
            Self::Off => (Self::Off, "no tiles: whole pictures are resized, as in the paper".into()),
            _ if working <= least => {
                (Self::Off, format!("no tiles: pictures of {working} px are seen whole (tiles begin above {least} px)"))
            }
            Self::Px(tile) => (self, format!("tiles of {tile} px, of pictures whose shorter side is {working} px")),
            Self::Auto => {
                let tile = if working < 384 { 32 } else { 64 };
                let across = working.div_ceil(tile);
                let why = format!(
                    "tiles of {tile} px, {across} across the shorter side of {working} px: resized whole to {tile} px, a picture would lose what is smaller than two pixels of the network, {} of its own",
                    2 * across
                );
                (Self::Px(tile), why)
            }
        }
    }
}

impl fmt::Display for Tiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => write!(f, "off"),
            Self::Auto => write!(f, "auto"),
            Self::Px(side) => write!(f, "{side}"),
        }
    }
}

impl FromStr for Tiling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "auto" => Ok(Self::Auto),
            _ => match text.parse() {
                Ok(side) if Self::SIDES.contains(&side) => Ok(Self::Px(side)),
                _ => Err(format!("{text} is no tile; there are off, auto, 32, 64 and 128 px")),
            },
        }
    }
}

impl Serialize for Tiling {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Tiling {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        /// A number need not be quoted.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Side(usize),
            Word(String),
        }
        let text = match Written::deserialize(d)? {
            Written::Side(side) => side.to_string(),
            Written::Word(word) => word,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Preset, RunConfig, apply_setting};

    #[test]
    fn tiles_are_decided_by_the_size_of_the_pictures() {
        for (tile, shorter, working_size, expected) in [
            (Tiling::Off, 4000, 512, Tiling::Off),
            (Tiling::Auto, 28, 512, Tiling::Off),
            (Tiling::Auto, 128, 0, Tiling::Off),
            (Tiling::Px(64), 128, 512, Tiling::Off),
            (Tiling::Auto, 224, 512, Tiling::Px(32)),
            (Tiling::Auto, 680, 512, Tiling::Px(64)),
            (Tiling::Auto, 4000, 0, Tiling::Px(64)),
            (Tiling::Px(128), 680, 512, Tiling::Px(128)),
            (Tiling::Px(32), 680, 128, Tiling::Off),
        ] {
            let (decided, why) = tile.decide(shorter, working_size);
            assert_eq!(decided, expected, "{tile} of {shorter} px at {working_size}");
            assert!(why.contains("tiles"));
        }
    }

    #[test]
    fn working_size_keeps_the_proportions_and_never_enlarges() {
        let tiles = |working_size| TileSize { tile: 64, working_size };
        assert_eq!(tiles(512).working([1024, 680]), [771, 512]);
        assert_eq!(tiles(512).working([300, 200]), [300, 200]);
        assert_eq!(tiles(0).working([1024, 680]), [1024, 680]);
    }

    #[test]
    fn a_given_diffusion_model_decides_what_auto_is() {
        let quick = RunConfig::preset(Preset::Quick);
        assert_eq!(quick.data.tile, Tiling::Auto);
        let learnt = TileSize { tile: 32, working_size: 384 };
        let decided = |median, given| quick.with_tiles(Some(median), given).0.data.tiles();
        assert_eq!(decided(1024, None), Some(TileSize { tile: 64, working_size: 512 }));
        assert_eq!(decided(1024, Some(LearntFrom::Tiles(learnt))), Some(learnt));
        assert_eq!(decided(1024, Some(LearntFrom::WholePictures)), None);
        assert_eq!(decided(100, Some(LearntFrom::Tiles(learnt))), None, "a picture too small for tiles");
        let wanted = apply_setting(&quick, "data.tile", "128").unwrap();
        assert_eq!(
            wanted.with_tiles(Some(1024), Some(LearntFrom::WholePictures)).0.data.tile,
            Tiling::Px(128),
            "as the person has said"
        );
    }

    #[test]
    fn the_presets_model_of_tiles_gives_way_to_what_a_person_has_set() {
        let tiles = TileSize { tile: 64, working_size: 512 };
        let quick = RunConfig::preset(Preset::Quick);
        assert_eq!((quick.ddpm_of_tiles(tiles).dim, quick.ddpm_of_tiles(tiles).size), (16, 64));
        let own = apply_setting(&quick, "ddpm.steps", "77").unwrap().ddpm_of_tiles(tiles);
        assert_eq!((own.dim, own.steps, own.size), (16, 77, 64), "what was not set stays the tiles' own");
        let wide = apply_setting(&quick, "ddpm.dim", "24").unwrap().ddpm_of_tiles(tiles);
        assert_eq!((wide.dim, wide.steps), (24, quick.ddpm_of_tiles(tiles).steps));
        // The preset's own value, said, is a value as others are: in its file, and in a run that was decided before.
        let said = apply_setting(&quick, "ddpm.dim", "32").unwrap();
        let said = RunConfig::from_toml(&said.to_toml()).unwrap().with_tiles(Some(1024), None).0;
        assert_eq!((said.ddpm.dim, said.ddpm.batch, said.ddpm_of_tiles(tiles).dim), (32, 8, 32));
        let again = apply_setting(&apply_setting(&quick, "ddpm.dim", "32").unwrap(), "ddpm.dim", "24").unwrap();
        assert_eq!((again.ddpm_of_tiles(tiles).dim, again.run.kept.len()), (24, 0));
    }

    #[test]
    fn a_tile_is_set_by_word_or_number() {
        let config = RunConfig::default();
        for (text, tile) in [("off", Tiling::Off), ("auto", Tiling::Auto), ("64", Tiling::Px(64))] {
            let set = apply_setting(&config, "data.tile", text).unwrap();
            assert_eq!(set.data.tile, tile);
            assert_eq!(RunConfig::from_toml(&set.to_toml()).unwrap().data.tile, tile);
        }
        assert_eq!(RunConfig::from_toml("[data]\ntile = 32").unwrap().data.tile, Tiling::Px(32));
        for (key, wrong) in
            [("data.tile", "48"), ("data.tile", "yes"), ("data.working_size", "20"), ("data.working_size", "9999")]
        {
            assert!(apply_setting(&config, key, wrong).is_err(), "{key} = {wrong}");
        }
    }
}
