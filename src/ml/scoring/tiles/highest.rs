//! The tile of a picture where its anomaly map is highest, and the normal tile nearest to it.
//!
//! By their features alone, tiles at the rim of a photograph are the oddest, with or without a lesion elsewhere: how much of the rim
//! is in them matters more.

use super::{
    bank::{NormalTile, TileBank},
    features::{TileFeatures, tile_features},
};
use crate::{
    config::TileSize,
    data::{Picture, Preprocess},
    error::Result,
    ml::encoder::model::Encoder,
    run_dir::files,
};
use candle_core::Device;
use std::path::Path;

/// See the [module](self).
#[derive(Debug, Clone, PartialEq)]
pub struct HighestTile {
    /// Left and top edge, px of the picture at its working size.
    pub place: [usize; 2],
    /// How far it is from the normal tile nearest to it; for a normal tile that is 1 on average.
    pub distance: f64,
    /// The normal tile that is most like it.
    pub nearest: NormalTile,
}

/// Finds them by what a run has learnt.
pub struct HighestTiles {
    encoder: Encoder,
    tiles: TileSize,
    bank: TileBank,
}

impl HighestTiles {
    /// Reads the part of a run that works by tiles.
    ///
    /// # Errors
    /// Files that are damaged or not there.
    pub fn open(part: &Path, tiles: TileSize) -> Result<Self> {
        let encoder = Encoder::load(&part.join(files::ENCODER), &Device::Cpu)?;
        Ok(Self { encoder, tiles, bank: TileBank::load(&part.join(files::TILE_BANK))? })
    }

    /// An image as its tiles are cut from it.
    pub fn working_picture(&self, image: &Picture) -> Picture {
        Preprocess::new(self.encoder.config.run.preprocess.clone()).at_working_size(image, self.tiles)
    }

    /// The tile of a working picture whose middle is nearest to `highest`, where its map is (shares of its sides); `own`: its name,
    /// where the run may have learnt from it. `None` where there is no other image to show.
    ///
    /// # Errors
    /// Too little memory.
    pub fn at(&self, picture: &Picture, highest: [f32; 2], own: Option<&str>) -> Result<Option<HighestTile>> {
        let tiles = tile_features(&self.encoder, picture, self.tiles.tile)?;
        let [x, y] = [highest[0] * picture.width as f32, highest[1] * picture.height as f32];
        let half = self.tiles.tile as f32 / 2.0;
        let away = |tile: &TileFeatures| (tile.place[0] as f32 + half - x).hypot(tile.place[1] as f32 + half - y);
        let Some(tile) = tiles.into_iter().min_by(|a, b| away(a).total_cmp(&away(b))) else { return Ok(None) };
        let nearest = self.bank.nearest(&tile.features, own);
        Ok(nearest.map(|(nearest, distance)| HighestTile { place: tile.place, distance, nearest }))
    }

    /// Side of a tile, px.
    pub fn side(&self) -> usize {
        self.tiles.tile
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{DataConfig, RunConfig, Tiling},
        data::Dataset,
        ml::{base::reporter::Silent, encoder::model::EncoderConfig, scoring::tiles::scorer::TileScorer},
        run_dir::{RunDir, RunKind},
    };
    use std::sync::Arc;

    #[test]
    fn a_tile_of_another_image_is_shown_beside_the_one_with_a_spot() {
        let dir = tempfile::tempdir().unwrap();
        let images = dir.path().join("images");
        std::fs::create_dir(&images).unwrap();
        for i in 0..6u32 {
            let grey = |x: u32, y: u32| 110 + (x * 31 + y * 17 + i * 7) % 9 + if (x + 9 * i) % 50 < 4 { 40 } else { 0 };
            let picture = image::GrayImage::from_fn(160, 128, |x, y| image::Luma([grey(x, y) as u8]));
            picture.save(images.join(format!("{i}.png"))).unwrap();
        }
        let data = DataConfig { path: images, normal: vec!["*".into()], tile: Tiling::Px(32), ..DataConfig::default() };
        let mut config = RunConfig { data, ..RunConfig::default() };
        config.dia.width = 8;
        let tiles = config.data.tiles().unwrap();
        let data = Arc::new(Dataset::open(&config.data, &|_| ()).unwrap());
        let run = RunDir::create(dir.path(), RunKind::Tiles, "r", &config).unwrap();
        let encoder =
            |fingerprint: &str| Encoder::new(EncoderConfig::new(config.clone(), 32, fingerprint.into()), &Device::Cpu).unwrap();
        encoder(data.fingerprint()).save(&run.join(files::ENCODER)).unwrap();
        let scorer = |fingerprint: &str| TileScorer::open_or_build(&run, encoder(fingerprint), tiles, &data, &mut Silent);
        let built = scorer(data.fingerprint()).unwrap();

        let found = HighestTiles::open(run.path(), tiles).unwrap();
        let id = data.training_normals()[0];
        let name = data.item(id).unwrap().name.clone();
        let mut picture = found.working_picture(&data.read(id).unwrap());
        let middle = [106.0 / 160.0, 66.0 / 128.0];
        let at_home = found.at(&picture, middle, Some(&name)).unwrap().unwrap();
        assert_ne!(at_home.nearest.image, name);
        let width = picture.width;
        (60..72).for_each(|y| (100..112).for_each(|x| picture.data[y * width + x] = ((x + y) % 2) as f32));
        let spotted = found.at(&picture, middle, Some(&name)).unwrap().unwrap();
        let [x, y] = spotted.place;
        assert!(
            (80..=100).contains(&x) && (40..=60).contains(&y) && spotted.distance > 2.0 * at_home.distance,
            "{spotted:?}, {at_home:?}"
        );
        assert_ne!(spotted.nearest.image, name);

        // Of an older run the bank is made when its own images are scored again, and of no others.
        std::fs::remove_file(run.join(files::TILE_BANK)).unwrap();
        scorer("others").unwrap();
        assert!(!run.join(files::TILE_BANK).exists());
        assert_eq!(scorer(data.fingerprint()).unwrap().score(&picture).unwrap(), built.score(&picture).unwrap());
        assert_eq!(HighestTiles::open(run.path(), tiles).unwrap().at(&picture, middle, Some(&name)).unwrap().unwrap(), spotted);
    }
}
