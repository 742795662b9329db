//! What is done to a picture before a network sees it, in this order: circle crop, letterbox or crop to a square, target size,
//! choice of channels, grey window, Ben Graham's normalisation, CLAHE.

use super::{
    picture::{LUMA, Picture, Pixels},
    resize::resize_bilinear,
    tone,
};
use crate::config::{Aspect, Channels, PreprocessConfig, TileSize};

/// The preprocessing of a run, applied to pictures.
#[derive(Debug, Clone, Default)]
pub struct Preprocess {
    config: PreprocessConfig,
}

impl Preprocess {
    /// `config` as it was validated.
    pub fn new(config: PreprocessConfig) -> Self {
        Self { config }
    }

    /// The settings that it follows.
    pub fn config(&self) -> &PreprocessConfig {
        &self.config
    }

    /// At the picture's own size (of the crop, where there is one; or the target size), for looking at.
    pub fn apply(&self, pixels: &(impl Pixels + ?Sized)) -> Picture {
        let window = self.window(pixels);
        self.tones(match self.config.size {
            0 => Picture::copy_of(&window),
            side => resize_bilinear(&window, side, side, true),
        })
    }

    /// As the networks see it, `size x size`: 28x28 pictures get a border of 2 zeros where 32 is wanted (as MedMNIST images are dissolved),
    /// all others are resized. Grey pictures stay one channel.
    pub fn fit(&self, pixels: &(impl Pixels + ?Sized), size: usize) -> Picture {
        let window = self.window(pixels);
        let [width, height] = match (self.config.size, window.size()) {
            (0, [28, 28]) if size == 32 => [28; 2],
            (0, _) => [size; 2],
            (side, _) => [side; 2],
        };
        let picture = self.tones(if window.size() == [width, height] {
            Picture::copy_of(&window)
        } else {
            resize_bilinear(&window, width, height, true)
        });
        match (width, size) {
            (28, 32) => Picture::copy_of(&Cutout { pixels: &picture, x: -2, y: -2, width: 32, height: 32 }),
            _ => picture.resize(size, size),
        }
    }

    /// At the size that large pictures are worked on at by tiles, in their own proportions.
    pub fn at_working_size(&self, pixels: &(impl Pixels + ?Sized), tiles: TileSize) -> Picture {
        let window = self.window(pixels);
        let size = if self.config.size > 0 { [self.config.size; 2] } else { window.size() };
        let [width, height] = tiles.working(size);
        self.tones(match window.size() == [width, height] {
            true => Picture::copy_of(&window),
            false => resize_bilinear(&window, width, height, true),
        })
    }

    /// The part of a mask that shows what is kept of its picture `pixels`; the mask may be of another size.
    pub fn crop_mask(&self, mask: &Picture, pixels: &(impl Pixels + ?Sized)) -> Picture {
        let kept = self.window(pixels);
        let [width, height] = pixels.size();
        Picture::copy_of(&Cutout {
            pixels: &mask.resize(width, height),
            x: kept.x,
            y: kept.y,
            width: kept.width,
            height: kept.height,
        })
    }

    fn window<'a, P: Pixels + ?Sized>(&self, pixels: &'a P) -> Cutout<'a, P> {
        let [width, height] = pixels.size();
        let whole = Cutout { pixels, x: 0, y: 0, width, height };
        let kept = if self.config.circle_crop { bright_disc(pixels).unwrap_or(whole) } else { whole };
        let [width, height] = [kept.width, kept.height];
        match self.config.aspect {
            Aspect::Squeeze => kept,
            Aspect::Letterbox => kept.square(width.max(height)),
            Aspect::Crop => kept.square(width.min(height)),
        }
    }

    /// The share of a picture that lies in the square around its bright disc, [0, 1]; `None` where there is nothing bright.
    pub fn disc_share(pixels: &(impl Pixels + ?Sized)) -> Option<f32> {
        let [width, height] = pixels.size();
        let disc = bright_disc(pixels)?;
        let inside = |at: isize, side: usize, of: usize| (at + side as isize).min(of as isize) - at.max(0);
        let area = inside(disc.x, disc.width, width) * inside(disc.y, disc.height, height);
        Some(area as f32 / (width * height) as f32)
    }

    fn tones(&self, picture: Picture) -> Picture {
        let mut picture = match self.config.channels {
            Channels::All => picture,
            Channels::Grey => picture.grey(),
            Channels::Green => Picture { channels: 1, data: picture.plane(1).to_vec(), ..picture },
        };
        tone::window(&mut picture, self.config.window.0);
        if self.config.ben_graham {
            tone::ben_graham(&mut picture);
        }
        if self.config.clahe > 0.0 {
            tone::clahe(&mut picture, self.config.clahe);
        }
        picture
    }
}

/// A part of a picture, black where it reaches outside.
struct Cutout<'a, P: ?Sized> {
    pixels: &'a P,
    x: isize,
    y: isize,
    width: usize,
    height: usize,
}

impl<P: ?Sized> Cutout<'_, P> {
    /// The square of `side` px about the same middle.
    fn square(self, side: usize) -> Self {
        let from = |at: isize, length: usize| at + (length as isize - side as isize).div_euclid(2);
        Self { x: from(self.x, self.width), y: from(self.y, self.height), width: side, height: side, ..self }
    }
}

impl<P: Pixels + ?Sized> Pixels for Cutout<'_, P> {
    fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    fn channels(&self) -> usize {
        self.pixels.channels()
    }

    fn row(&self, channel: usize, y: usize, out: &mut [f32]) {
        let [width, height] = self.pixels.size();
        if (self.x, self.width) == (0, width) && self.y == 0 && y < height {
            return self.pixels.row(channel, y, out);
        }
        out.fill(0.0);
        let Some(y) = y.checked_add_signed(self.y).filter(|&y| y < height) else { return };
        let mut row = vec![0.0; width];
        self.pixels.row(channel, y, &mut row);
        let (from, to) = (self.x.max(0) as usize, (-self.x).max(0) as usize);
        if let (Some(row), Some(out)) = (row.get(from..), out.get_mut(to..)) {
            out.iter_mut().zip(row).for_each(|(out, pixel)| *out = *pixel);
        }
    }
}

/// The square around everything brighter than the black surround of a fundus photograph. A row or column counts where 2 % of
/// it is bright, so that specks and burnt-in text do not.
fn bright_disc<P: Pixels + ?Sized>(pixels: &P) -> Option<Cutout<'_, P>> {
    const BRIGHT: f32 = 0.06;
    let [width, height] = pixels.size();
    let (mut columns, mut rows) = (vec![0usize; width], vec![0usize; height]);
    let mut channel_row = vec![0.0; width];
    let mut luma = vec![0.0; width];
    for (y, count) in rows.iter_mut().enumerate() {
        luma.fill(0.0);
        let weights = if pixels.channels() == 1 { &[1.0][..] } else { &LUMA };
        for (c, weight) in weights.iter().enumerate() {
            pixels.row(c, y, &mut channel_row);
            luma.iter_mut().zip(&channel_row).for_each(|(l, v)| *l += weight * v);
        }
        for (column, _) in columns.iter_mut().zip(&luma).filter(|(_, l)| **l > BRIGHT) {
            *column += 1;
            *count += 1;
        }
    }
    let extent = |counts: &[usize], across: usize| {
        let bright = |&n: &usize| n * 50 > across;
        Some((counts.iter().position(bright)?, counts.iter().rposition(bright)? + 1))
    };
    let ((left, right), (top, bottom)) = (extent(&columns, height)?, extent(&rows, width)?);
    let side = (right - left).max(bottom - top);
    let corner = |low: usize, high: usize| (low + high) as isize / 2 - side as isize / 2;
    Some(Cutout { pixels, x: corner(left, right), y: corner(top, bottom), width: side, height: side })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disc(width: usize, height: usize, cx: f32, cy: f32, r: f32) -> Picture {
        let inside = |i: usize| ((i % width) as f32 - cx).hypot((i / width) as f32 - cy) <= r;
        Picture::new(width, height, 1, (0..width * height).map(|i| if inside(i) { 0.5 } else { 0.0 }).collect())
    }

    #[test]
    fn medmnist_is_padded_and_others_resized() {
        let plain = Preprocess::default();
        let ones = Picture::new(28, 28, 1, vec![1.0; 784]);
        let padded = plain.fit(&ones, 32);
        assert_eq!((padded.width, padded.data.iter().sum::<f32>()), (32, 784.0));
        assert_eq!(
            (padded.data[2 * 32 + 1], padded.data[2 * 32 + 2], padded.data[29 * 32 + 29], padded.data[30 * 32 + 29]),
            (0., 1., 1., 0.)
        );
        assert_eq!(plain.fit(&ones, 28), ones);
        assert!(plain.fit(&ones, 64).data.iter().all(|v| (v - 1.0).abs() < 1e-6));
    }

    #[test]
    fn circle_crop_finds_the_disc_even_where_it_is_cut() {
        let crop = Preprocess::new(PreprocessConfig { circle_crop: true, ..Default::default() });
        let whole = crop.apply(&disc(200, 120, 110.0, 60.0, 40.0));
        assert!((78..=82).contains(&whole.width) && whole.width == whole.height, "{}", whole.width);
        let cut = crop.apply(&disc(200, 60, 100.0, 30.0, 80.0));
        assert!(cut.width == cut.height && cut.width > 150, "{} {}", cut.width, cut.height);
        assert_eq!(cut.data[cut.width / 2], 0.0, "black above what was photographed");
        let dark = Picture::new(9, 7, 1, vec![0.0; 63]);
        assert_eq!(crop.apply(&dark), dark);
    }

    #[test]
    fn masks_are_cropped_with_their_pictures() {
        let photograph = disc(200, 120, 110.0, 60.0, 40.0);
        // Half the size, all of the disc but its left half.
        let mask = Picture::new(100, 60, 1, (0..6000).map(|i| if i % 100 >= 55 { 1.0 } else { 0.0 }).collect());
        let crop = Preprocess::new(PreprocessConfig { circle_crop: true, ..Default::default() });
        let (shown, cropped) = (crop.apply(&photograph), crop.crop_mask(&mask, &photograph));
        assert_eq!([cropped.width, cropped.height], [shown.width, shown.height]);
        let inside = cropped.mask_at(8, 8).unwrap();
        assert_eq!(inside[24..32], [false, false, false, false, true, true, true, true]);
        assert_eq!(Preprocess::default().crop_mask(&mask, &photograph), mask.resize(200, 120));
    }

    #[test]
    fn proportions_are_kept_by_bars_or_a_crop() {
        let picture = Picture::new(7, 4, 1, (0..28).map(|i| 1.0 + i as f32).collect());
        let of = |aspect| Preprocess::new(PreprocessConfig { aspect, ..Default::default() });
        let (bars, middle) = (of(Aspect::Letterbox).apply(&picture), of(Aspect::Crop).apply(&picture));
        assert_eq!(([bars.width, bars.height], [middle.width, middle.height]), ([7, 7], [4, 4]));
        let row = |of: &Picture, y: usize| of.data[y * of.width..][..of.width].to_vec();
        assert_eq!(bars.data.iter().sum::<f32>(), picture.data.iter().sum::<f32>(), "nothing is lost");
        assert_eq!((row(&bars, 0), row(&bars, 2), row(&bars, 6)), (vec![0.0; 7], row(&picture, 0), vec![0.0; 7]));
        assert_eq!(row(&middle, 3), row(&picture, 3)[1..5]);
        let square = Picture::new(5, 5, 1, vec![0.5; 25]);
        assert_eq!((of(Aspect::Letterbox).apply(&square), of(Aspect::Crop).apply(&square)), (square.clone(), square));
        // A disc stays round in what a network sees, and its mask lies over it.
        let photograph = disc(200, 120, 100.0, 60.0, 50.0);
        let fitted = of(Aspect::Crop).fit(&photograph, 60);
        let bright = |line: &mut dyn Iterator<Item = f32>| line.filter(|v| *v > 0.25).count();
        let across = bright(&mut fitted.data[30 * 60..31 * 60].iter().copied());
        let down = bright(&mut fitted.data.iter().skip(30).step_by(60).copied());
        assert!(across == down && across == 50, "{across} {down}");
        for aspect in [Aspect::Letterbox, Aspect::Crop] {
            assert_eq!(of(aspect).crop_mask(&photograph, &photograph), of(aspect).apply(&photograph));
        }
    }

    #[test]
    fn a_disc_in_the_middle_is_found_worth_cropping_to() {
        let share = Preprocess::disc_share(&disc(200, 120, 100.0, 60.0, 50.0)).unwrap();
        assert!((0.39..0.44).contains(&share), "{share}");
        assert_eq!(Preprocess::disc_share(&Picture::new(8, 6, 1, vec![0.5; 48])), Some(1.0));
        assert_eq!(Preprocess::disc_share(&Picture::new(8, 6, 1, vec![0.0; 48])), None);
    }

    #[test]
    fn channels_are_chosen() {
        let picture = Picture::new(1, 1, 3, vec![0.1, 0.5, 0.9]);
        let green = Preprocess::new(PreprocessConfig { channels: Channels::Green, ..Default::default() });
        assert_eq!(green.apply(&picture).data, [0.5]);
        let grey = Preprocess::new(PreprocessConfig { channels: Channels::Grey, ..Default::default() });
        assert_eq!(grey.fit(&picture, 1), picture.grey());
    }

    #[test]
    fn a_target_size_comes_before_the_models_own() {
        let small = Preprocess::new(PreprocessConfig { size: 28, ..Default::default() });
        let ones = Picture::new(100, 60, 1, vec![1.0; 6000]);
        assert_eq!([small.apply(&ones).width, small.apply(&ones).height], [28; 2]);
        let padded = small.fit(&ones, 32);
        assert_eq!((padded.width, padded.data.iter().sum::<f32>().round()), (32, 784.0), "28 px in 32: a border of zeros");
        assert_eq!(small.fit(&ones, 64).width, 64);
    }

    /// What a person looks at and what the networks see are the same but for the size.
    #[test]
    fn looking_and_fitting_agree() {
        let config = PreprocessConfig { ben_graham: true, clahe: 2.0, circle_crop: true, ..Default::default() };
        let preprocess = Preprocess::new(config);
        let mut photograph = disc(256, 200, 130.0, 100.0, 90.0);
        photograph.data.iter_mut().enumerate().for_each(|(i, v)| *v *= 0.5 + ((i % 256) as f32 * 0.05).sin() * 0.4);
        let (looked, fitted) = (preprocess.apply(&photograph).resize(64, 64), preprocess.fit(&photograph, 64));
        let apart = looked.data.iter().zip(&fitted.data).map(|(a, b)| (a - b).abs()).sum::<f32>() / 4096.0;
        assert!(apart < 0.04, "{apart}");
    }
}
