//! Preview of a diffusion model: samples and dissolved normal images as a picture.

use crate::{
    data::{Picture, PixelStore},
    error::{Error, Result},
    ml::diffusion::{
        model::DiffusionModel,
        sampler::{Sampler, sample},
    },
    run_dir::{RunDir, files},
};
use candle_core::Tensor;
use image::{Rgb, RgbImage, imageops};
use std::{io::Cursor, path::PathBuf};

/// Steps shown; those beyond a model's last are left out.
pub const SHOWN: [usize; 4] = [30, 80, 130, 300];
const ROWS: usize = 4;
/// How samples are drawn that a person looks at, or that a model is judged by.
pub(super) const SAMPLING: Sampler = Sampler::Ddim { steps: 12, eta: 0.0 };
/// Least side of a picture in the grid, px.
const CELL: u32 = 96;
const GAP: u32 = 4;

/// Writes `samples/step-N.png`: a row of samples (unless the model knows only the first timesteps, from which nothing can be
/// sampled), then rows of an image of `store` and its dissolved versions.
///
/// # Errors
/// Those of dissolving, or where the file cannot be written.
pub fn write(run: &RunDir, model: &DiffusionModel, store: &PixelStore, step: usize, seed: u64) -> Result<PathBuf> {
    let shown: Vec<usize> = SHOWN.into_iter().filter(|&t| t < model.schedule().timesteps()).collect();
    let columns = shown.len() + 1;
    let size = model.info().config.size;
    let places: Vec<usize> = (0..ROWS.min(store.len())).collect();
    let originals = Tensor::from_vec(store.batch(&places)?, (places.len(), 3, size, size), model.device())?;
    let mut by_column = vec![to_images(&originals)?];
    for &t in &shown {
        by_column.push(to_images(&model.dissolve(&originals, &vec![t; places.len()])?)?);
    }
    let mut rows = match model.info().config.t_limit {
        0 => vec![to_images(&sample(model, SAMPLING, columns, seed)?)?],
        _ => Vec::new(),
    };
    rows.extend((0..places.len()).map(|i| by_column.iter().map(|column| column[i].clone()).collect()));

    let mut png = Cursor::new(Vec::new());
    let encoded = grid(&rows).write_to(&mut png, image::ImageFormat::Png);
    encoded.map_err(|e| Error::user(format!("the preview could not be encoded: {e}"), ""))?;
    let name = files::sample(step);
    run.write(&name, png.get_ref())?;
    Ok(run.join(name))
}

/// `(B, 3, H, W)` in \[0, 1\] as 8-bit images.
fn to_images(x: &Tensor) -> Result<Vec<RgbImage>> {
    let (_, channels, h, w) = x.dims4()?;
    let data = x.flatten_all()?.to_vec1::<f32>()?;
    Ok(data.chunks_exact(channels * h * w).map(|image| Picture::new(w, h, channels, image.to_vec()).to_image()).collect())
}

/// Rows of equally large pictures, enlarged by integers, with gaps that glare in neither theme.
fn grid(rows: &[Vec<RgbImage>]) -> RgbImage {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0) as u32;
    let side = rows.iter().flatten().map(RgbImage::width).max().unwrap_or(1);
    let cell = side * CELL.div_ceil(side);
    let length = |n: u32| n * (cell + GAP) + GAP;
    let mut grid = RgbImage::from_pixel(length(columns), length(rows.len() as u32), Rgb([0x60; 3]));
    for (row, y) in rows.iter().zip(0..) {
        for (picture, x) in row.iter().zip(0..) {
            let enlarged = imageops::resize(picture, cell, cell, imageops::FilterType::Nearest);
            imageops::replace(&mut grid, &enlarged, i64::from(length(x)), i64::from(length(y)));
        }
    }
    grid
}
