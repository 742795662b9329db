//! From an image's number to its pixels.

use super::{
    model::{Dataset, ImageId, Item, Source},
    network_pixels_cache::{NetworkPixels, unpack},
};
use crate::{
    config::PreprocessConfig,
    data::{
        decode::{self, DecodedImage, Samples},
        pixels::{Picture, Preprocess},
    },
    error::{Error, NextStep, Result},
};
use rayon::prelude::*;

/// Pictures above this are decoded one at a time, so that memory is bounded by one of them and not by one a core.
const LARGE: u64 = 24_000_000;

impl Dataset {
    /// Decodes an image at its full size, `channels x height x width` in \[0, 1\].
    ///
    /// # Errors
    /// Where its file is not there any more or cannot be decoded.
    pub fn read(&self, id: ImageId) -> Result<Picture> {
        self.pixels(id).map(|raster| Picture::copy_of(&raster))
    }

    /// The picture of an image, with the number that 1 stands for in the file: 255, 65535, or 1 where its values were mapped already.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_with_white(&self, id: ImageId) -> Result<(Picture, f32)> {
        self.pixels(id).map(|raster| (Picture::copy_of(&raster), raster.white()))
    }

    /// Decodes an image as the networks see it: preprocessed, `size x size`, 1 or 3 channels in \[0, 1\], in steps of 1 / 65535 as
    /// they are kept for training.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_fitted(&self, id: ImageId, preprocess: &Preprocess, size: usize) -> Result<Picture> {
        let name = || self.item(id).map(|item| item.name.clone()).unwrap_or_default();
        let pixels = self
            .fitted(id, preprocess, size)
            .map_err(|reason| Error::user(format!("{} {reason}", name()), NextStep::RemoveFile))?;
        let mut picture = Picture::new(size, size, pixels.len() / (size * size), vec![0.0; pixels.len()]);
        unpack(&pixels, &mut picture.data);
        Ok(picture)
    }

    /// From now on, pictures prepared by `preprocess` are kept at all of `sizes` (px) once they were decoded at one of them (512 MB
    /// at most): the stages of a run decode each image once.
    pub fn keep_fitted(&self, preprocess: &PreprocessConfig, sizes: &[usize]) {
        self.fitted.keep(preprocess, sizes);
    }

    /// An image as the networks see it. The error is a reason to show beside its name.
    pub(super) fn fitted(&self, id: ImageId, preprocess: &Preprocess, size: usize) -> Result<NetworkPixels, String> {
        let item = self.item(id).ok_or("is not in the data set")?;
        self.fitted.fitted(id.index(), preprocess, size, || item.decode())
    }

    /// The mask of an image, grey, at its own size; where it has several, what lies in any of them. `None` where it has none.
    ///
    /// # Errors
    /// Where the mask's file is not there any more or cannot be decoded.
    pub fn read_mask(&self, id: ImageId) -> Result<Option<Picture>> {
        let mut whole: Option<Picture> = None;
        for path in self.item(id).into_iter().flat_map(|item| &item.masks) {
            let mask = decode::decode(path, 0)
                .map_err(|reason| Error::user(format!("{} {reason}", path.display()), "take the mask out of the folder"))?;
            let mask = Picture::copy_of(&mask).grey();
            whole = Some(match whole {
                Some(others) => others.with_mask(&mask),
                None => mask,
            });
        }
        Ok(whole)
    }

    /// The mask of an image over what the preprocessing keeps of it, grey; `None` where it has none.
    ///
    /// # Errors
    /// As [`read_mask`](Self::read_mask) and, where the preprocessing crops, [`read`](Self::read).
    pub fn read_cropped_mask(&self, id: ImageId, preprocess: &Preprocess) -> Result<Option<Picture>> {
        match self.read_mask(id)? {
            Some(mask) if preprocess.config().reframes() => Ok(Some(preprocess.crop_mask(&mask, &self.pixels(id)?))),
            mask => Ok(mask),
        }
    }

    fn pixels(&self, id: ImageId) -> Result<DecodedImage> {
        let Some(item) = self.item(id) else {
            return Err(Error::user(format!("{} has no image number {}", self.root.display(), id.0), "open the data set again"));
        };
        item.decode().map_err(|reason| Error::user(format!("{} {reason}", item.name), NextStep::RemoveFile))
    }
}

impl Item {
    /// The error is a reason to show beside the name.
    pub(crate) fn decode(&self) -> Result<DecodedImage, String> {
        match &self.source {
            Source::File(path) => decode::decode_in_window(path, 0, &self.window),
            Source::Page { path, page } => decode::decode_in_window(path, *page, &self.window),
            Source::Array { pixels, index } => {
                let bytes = pixels.image(*index).ok_or("is not in its archive")?.to_vec();
                DecodedImage::new(pixels.width, pixels.height, pixels.channels, Samples::U8(bytes))
            }
        }
    }

    /// Pixels as its header says.
    fn pixel_count(&self) -> u64 {
        self.size.map(u64::from).iter().product()
    }
}

/// Runs `work` on each image in parallel, but on large ones one after another. Results in the order of `ids`.
pub fn for_each_image<T: Send>(
    dataset: &Dataset,
    ids: &[ImageId],
    work: impl Fn(ImageId, &Item) -> Result<T, String> + Sync,
) -> Vec<Result<T, String>> {
    let item = |id: &ImageId| dataset.item(*id).filter(|i| i.pixel_count() <= LARGE);
    let small: Vec<_> = ids.par_iter().map(|id| item(id).map(|i| work(*id, i))).collect();
    let now = |id: ImageId| dataset.item(id).map_or_else(|| Err("is not in the data set".to_string()), |item| work(id, item));
    ids.iter().zip(small).map(|(id, done)| done.unwrap_or_else(|| now(*id))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DataConfig;

    #[test]
    fn an_image_is_decoded_once_for_all_sizes_of_a_run() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.png", "b.png"] {
            image::RgbImage::from_fn(40, 40, |x, y| image::Rgb([x as u8 * 6, y as u8 * 6, 90]))
                .save(dir.path().join(name))
                .unwrap();
        }
        let config = DataConfig { path: dir.path().into(), ..Default::default() };
        let data = Dataset::open(&config, &|_| ()).unwrap();
        let preprocess = Preprocess::default();
        let fresh = [16, 32].map(|size| data.fitted(ImageId(0), &preprocess, size).unwrap());
        data.keep_fitted(&PreprocessConfig::default(), &[32, 16]);
        data.fitted(ImageId(0), &preprocess, 32).unwrap();
        ["a.png", "b.png"].iter().for_each(|name| std::fs::remove_file(dir.path().join(name)).unwrap());
        let kept = [16, 32].map(|size| data.fitted(ImageId(0), &preprocess, size).unwrap());
        assert_eq!(kept, fresh, "without its file, to the same values");
        assert!(data.fitted(ImageId(1), &preprocess, 16).is_err(), "never decoded");
        assert!(data.fitted(ImageId(0), &preprocess, 24).is_err(), "a size that the run did not name");
        assert!(data.clone().fitted(ImageId(0), &preprocess, 16).is_err(), "a copy remembers nothing");
    }
}
