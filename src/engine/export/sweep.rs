//! One image at many t: the contact sheet as a PNG, and the sweep of t as a GIF.

use super::contact_sheet::{Column, contact_sheet};
use crate::{
    data::Picture,
    engine::{
        display::raster::picture_of,
        dissolve::{
            dissolved::Dissolved,
            request::{ImageSource, Recipe},
            session::DissolveSession,
        },
    },
    error::{Error, Result},
    gpu::Difference,
    run_dir::write_with_folder,
    text,
};
use image::{
    Delay, Frame, Rgb, RgbImage, RgbaImage,
    codecs::gif::{GifEncoder, Repeat},
    imageops,
};
use std::{fs, io::Cursor, path::PathBuf};

/// The t of a contact sheet.
pub const SHEET_STEPS: [usize; 7] = [10, 30, 80, 130, 230, 400, 650];
/// Longest side of one of its pictures, and of a frame's, px.
const CELL: usize = 512;
const FRAME: usize = 320;
/// Frames of the sweep, and how long each is shown.
const FRAMES: usize = 40;
const DELAY_MS: u32 = 80;
/// The bar under a frame: its length is t's place on the way.
const BAR: u32 = 4;
/// Grey level round the pictures of the sweep.
const GROUND: u8 = 18;

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepExport {
    /// The image at the t of [`SHEET_STEPS`], what changed below each: a PNG.
    ContactSheet,
    /// Original, dissolved and change beside each other, t going up and down again: a GIF that repeats.
    Sweep,
}

/// What is written, of which image, and how its change is coloured. Carried out on a thread of its own.
#[derive(Debug, Clone)]
pub struct SweepExportRequest {
    /// Sheet or sweep.
    pub what: SweepExport,
    /// The image, prepared as the model's images were.
    pub source: ImageSource,
    /// Its t does not matter.
    pub recipe: Recipe,
    /// Where the file goes, beside what is there already.
    pub folder: PathBuf,
    /// The files and folders that were opened: nothing is written into them.
    pub parts: Vec<PathBuf>,
    /// How change becomes colour.
    pub difference: Difference,
    /// What resizing alone makes is no change.
    pub from_resized: bool,
    /// By what the change is multiplied before it is coloured.
    pub gain: f32,
    /// The t of the sweep, in their order.
    pub steps: Vec<usize>,
}

impl SweepExportRequest {
    /// Values of t from end to end, for a sweep along a track.
    pub fn along(t_at: impl Fn(f64) -> usize) -> Vec<usize> {
        let mut steps: Vec<usize> = (0..FRAMES).map(|i| t_at(i as f64 / (FRAMES - 1) as f64)).collect();
        steps.dedup();
        steps
    }

    /// Writes the file, under a name that is free; returns its path.
    ///
    /// # Errors
    /// A folder inside the data set, a full disk, a picture that cannot be dissolved.
    pub fn write(&self) -> Result<PathBuf> {
        let folder = fs::canonicalize(&self.folder).unwrap_or_else(|_| self.folder.clone());
        let in_it = |part: &PathBuf| fs::canonicalize(part).is_ok_and(|part| folder.starts_with(part));
        if self.parts.iter().any(in_it) {
            return Err(Error::user(
                format!("{} lies in the data set, where nothing is ever written", self.folder.display()),
                "choose another folder",
            ));
        }
        let (bytes, name, extension) = match self.what {
            SweepExport::ContactSheet => (self.contact_sheet()?, "strip", "png"),
            SweepExport::Sweep => (self.sweep()?, "sweep", "gif"),
        };
        let path_of = |name: &str| folder.join(format!("{name}.{extension}"));
        let name = text::free_name(&format!("{}-{name}", text::file_stem(&self.source.name())), |name| !path_of(name).exists());
        let path = path_of(&name);
        write_with_folder(&path, &bytes)?;
        Ok(path)
    }

    /// Above the original and the image dissolved at each t, below what dissolving changed.
    fn contact_sheet(&self) -> Result<Vec<u8>> {
        let mut session = DissolveSession::default();
        let original = self.original(&mut session, CELL)?;
        let last = session.timesteps(&self.recipe)?.unwrap_or(usize::MAX);
        let mut columns = vec![Column { caption: "original".into(), above: original.to_image(), below: None }];
        let mut about = "what dissolving changed".to_string();
        for t in SHEET_STEPS.into_iter().filter(|&t| t < last) {
            let dissolved = session.dissolve(&self.source, &self.recipe.at(t))?;
            let (picture, change, what) = self.shown(&dissolved, &original);
            columns.push(Column { caption: format!("t {t}"), above: picture.to_image(), below: Some(change) });
            about = format!("{what}, × {} · {}", self.gain, dissolved.scale_words());
        }
        let title = format!("{} · below: {about}", self.source.name());
        let sheet = contact_sheet(&columns, &title, [0, 255]);
        let mut png = Cursor::new(Vec::new());
        sheet.write_to(&mut png, image::ImageFormat::Png).map_err(encoding)?;
        Ok(png.into_inner())
    }

    /// Original, dissolved and what changed beside each other, t going up and down again.
    fn sweep(&self) -> Result<Vec<u8>> {
        let mut session = DissolveSession::default();
        let original = self.original(&mut session, FRAME)?;
        let last = session.timesteps(&self.recipe)?.unwrap_or(usize::MAX);
        let steps: Vec<usize> = self.steps.iter().copied().filter(|&t| t < last).collect();
        let mut images = Vec::new();
        for (i, &t) in steps.iter().enumerate() {
            let (dissolved, change, _) = self.shown(&session.dissolve(&self.source, &self.recipe.at(t))?, &original);
            let part = |caption: String, above: RgbImage| Column { caption, above, below: None };
            let parts = [
                part(self.source.name(), original.to_image()),
                part(format!("t {t}"), dissolved.to_image()),
                part(format!("changed, × {}", self.gain), change),
            ];
            let pictures = contact_sheet(&parts, "", [230, GROUND]);
            let (width, height) = pictures.dimensions();
            let mut image = RgbImage::from_pixel(width, height + BAR, Rgb([GROUND; 3]));
            imageops::replace(&mut image, &pictures, 0, 0);
            let length = width * i as u32 / (steps.len().max(2) - 1) as u32;
            for (x, y) in (0..length).flat_map(|x| (height..height + BAR).map(move |y| (x, y))) {
                image.put_pixel(x, y, Rgb([43, 179, 163]));
            }
            images.push(image::DynamicImage::from(image).to_rgba8());
        }
        let back: Vec<RgbaImage> = images.iter().rev().skip(1).take(images.len().saturating_sub(2)).cloned().collect();
        let mut gif = Vec::new();
        {
            let mut encoder = GifEncoder::new_with_speed(&mut gif, 20);
            encoder.set_repeat(Repeat::Infinite).map_err(encoding)?;
            let frames = images.into_iter().chain(back);
            let delay = Delay::from_numer_denom_ms(DELAY_MS, 1);
            encoder.encode_frames(frames.map(|image| Frame::from_parts(image, 0, 0, delay))).map_err(encoding)?;
        }
        Ok(gif)
    }

    fn original(&self, session: &mut DissolveSession, longest: usize) -> Result<Picture> {
        let (original, _) = session.select(&self.source)?;
        Ok(picture_of(&original.raster).within(longest))
    }

    /// The dissolved image at the original's size, what changed in it, and what that is.
    fn shown(&self, dissolved: &Dissolved, original: &Picture) -> (Picture, RgbImage, &'static str) {
        let sized = |raster| picture_of(raster).resize(original.width, original.height);
        let picture = sized(&dissolved.raster);
        match dissolved.resized.as_ref().filter(|_| self.from_resized) {
            Some(resized) => (picture.clone(), self.change(&sized(resized), &picture), "what the model changed"),
            None => (picture.clone(), self.change(original, &picture), "what dissolving changed"),
        }
    }

    fn change(&self, original: &Picture, dissolved: &Picture) -> RgbImage {
        let width = original.width;
        RgbImage::from_fn(width as u32, original.height as u32, |x, y| {
            let i = y as usize * width + x as usize;
            let change = [0, 1, 2].map(|c| dissolved.plane(c)[i] - original.plane(c)[i]);
            let value = match self.difference {
                Difference::Signed => change.iter().sum::<f32>(),
                Difference::Absolute => change.iter().map(|v| v.abs()).sum::<f32>(),
            };
            Rgb(self.difference.colour(value / 3.0 * self.gain))
        })
    }
}

fn encoding(e: image::ImageError) -> Error {
    Error::user(format!("the picture could not be encoded: {e}"), "try another image")
}
