//! Anomaly maps as pictures: the numbers in 16-bit grey, and the map over its image, to be looked at.

use crate::{
    data::{self, Picture},
    engine::display::rgba::Rgba,
    error::{Error, Result},
    gpu::colormap,
    ml::scoring::anomaly_map::{AnomalyMap, MapScale},
    run_dir::{files, write_atomic},
    text,
};
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

/// Shares of the scale at which a map begins to cover its picture, and from which on its colours are full.
pub const COVERS: [f32; 2] = [0.5, 0.7];
/// Opacity of full colours in a file: the picture is seen through them.
const OPACITY: f32 = 0.7;

/// A folder that maps are written into, one after another.
#[derive(Debug)]
pub struct MapFolder {
    dir: PathBuf,
    /// Names of the files that were written, in lower case: some file systems know no other.
    taken: HashSet<String>,
}

impl MapFolder {
    /// To be called before any work: makes the folder where it is not there.
    ///
    /// # Errors
    /// A folder that cannot be made or written to.
    pub fn prepare(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
        tempfile::tempfile_in(dir).map_err(Error::io("write into", dir))?;
        Ok(Self { dir: dir.to_path_buf(), taken: HashSet::new() })
    }

    /// Writes the map of the image `name` (its path in the data set) as `<name>.png`, 16-bit grey, higher = more abnormal, at the
    /// map's size; and `<name>-overlay.png`, the map over `picture` with the mask's edge where there is one. `/` and `\` in the
    /// name become `__`. `scale` is one for all maps of the folder. Returns the path of the grey file.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn write(
        &mut self,
        name: &str,
        map: &AnomalyMap,
        scale: MapScale,
        picture: &Picture,
        mask: Option<&Picture>,
    ) -> Result<PathBuf> {
        let [grey, overlay] = self.names(name);
        let levels: Vec<u8> = map.levels(scale).into_iter().flat_map(u16::to_ne_bytes).collect();
        let path = self.dir.join(grey);
        write_png(&path, &levels, map, ExtendedColorType::L16)?;
        let shown = draw(map, scale, picture, mask);
        write_png(&self.dir.join(overlay), &shown.rgba, map, ExtendedColorType::Rgba8)?;
        Ok(path)
    }

    /// Two names that no other image of the folder has, and that lie in it.
    fn names(&mut self, image: &str) -> [String; 2] {
        let keys = |stem: &str| files::map_files(stem).map(|file| file.to_lowercase());
        let stem = text::free_name(&files::map_stem(image), |stem| keys(stem).iter().all(|key| !self.taken.contains(key)));
        self.taken.extend(keys(&stem));
        files::map_files(&stem)
    }
}

/// A map as [`MapFolder::write`] has written it, in steps of the scale's 16 bits.
///
/// # Errors
/// Where the file cannot be read.
pub fn read(file: &Path, scale: MapScale) -> Result<AnomalyMap> {
    let grey = data::read_picture(file)
        .map_err(|reason| Error::user(format!("{} {reason}", file.display()), "score the run again"))?
        .grey();
    Ok(AnomalyMap::new(grey.width, grey.height, grey.data.iter().map(|&share| scale.value(share)).collect()))
}

/// Colour of a value, and how much of it lies over the picture, \[0, 255\].
pub fn colour(scale: MapScale, value: f32) -> [u8; 4] {
    let (share, [from, to]) = (scale.share(value), COVERS);
    let [r, g, b] = colormap::bytes(colormap::inferno(share));
    [r, g, b, (255.0 * ((share - from) / (to - from)).clamp(0.0, 1.0)).round() as u8]
}

/// The image under the colours of its map, more of them the higher it is.
fn draw(map: &AnomalyMap, scale: MapScale, picture: &Picture, mask: Option<&Picture>) -> Rgba {
    let mut shown = Rgba::new(&picture.resize(map.width, map.height));
    for (pixel, &value) in shown.rgba.chunks_exact_mut(4).zip(&map.values) {
        let [r, g, b, cover] = colour(scale, value);
        let opacity = OPACITY * f32::from(cover) / 255.0;
        for (channel, colour) in pixel.iter_mut().zip([r, g, b]) {
            *channel = (f32::from(*channel) * (1.0 - opacity) + f32::from(colour) * opacity).round() as u8;
        }
    }
    mask.into_iter().fold(shown, Rgba::with_outline)
}

fn write_png(path: &Path, bytes: &[u8], size: &AnomalyMap, colour: ExtendedColorType) -> Result<()> {
    write_atomic(path, |file| {
        let encoder = PngEncoder::new(file);
        encoder.write_image(bytes, size.width as u32, size.height as u32, colour).map_err(std::io::Error::other)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: MapScale = MapScale { low: -1.0, high: 3.0 };

    fn written(folder: &mut MapFolder, name: &str) -> String {
        let map = AnomalyMap::new(2, 1, vec![0.0, 1.0]);
        let path = folder.write(name, &map, SCALE, &Picture::new(2, 1, 1, vec![0.5; 2]), None).unwrap();
        assert_eq!(path.parent(), Some(folder.dir.as_path()));
        path.file_name().unwrap().to_str().unwrap().to_string()
    }

    #[test]
    fn grey_levels_are_of_one_scale_and_the_overlay_shows_what_is_high() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = MapFolder::prepare(&dir.path().join("a/maps")).unwrap();
        let mut map = AnomalyMap::new(12, 8, vec![-1.0; 96]);
        (map.values[0], map.values[1], map.values[2]) = (3.0, 0.9, 7.0);
        let mut mask = Picture::new(12, 8, 1, vec![0.0; 96]);
        mask.data[50] = 1.0;
        let picture = Picture::new(24, 16, 1, vec![0.5; 24 * 16]);
        let path = folder.write("test/bad/ä 1.jpg", &map, SCALE, &picture, Some(&mask)).unwrap();
        assert!(path.ends_with("a/maps/test__bad__ä 1.jpg.png"));
        let grey = match image::open(&path).unwrap() {
            image::DynamicImage::ImageLuma16(grey) => grey,
            other => panic!("{:?}", other.color()),
        };
        assert_eq!((grey.dimensions(), &grey.as_raw()[..4]), ((12, 8), &[65_535, 31_129, 65_535, 0][..]));
        let again = read(&path, SCALE).unwrap();
        assert_eq!((again.width, again.height, again.values[0], again.values[2], again.values[95]), (12, 8, 3.0, 3.0, -1.0));
        assert!((again.values[1] - 0.9).abs() < 1e-4);
        assert!(read(&path.with_file_name("none.png"), SCALE).is_err());
        let shown = image::open(path.with_file_name("test__bad__ä 1.jpg-overlay.png")).unwrap().to_rgb8();
        assert_eq!(
            (shown.dimensions(), shown.get_pixel(1, 0).0),
            ((12, 8), [128; 3]),
            "below the middle nothing covers the image"
        );
        assert!(shown.get_pixel(0, 0).0[0] > 200, "the end of the scale is yellow");
        let [red, green, _] = shown.get_pixel(2, 4).0;
        assert!(green > 200 && red < 100, "the mask's edge is drawn");
    }

    #[test]
    fn names_stay_in_the_folder_and_never_meet() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = MapFolder::prepare(dir.path()).unwrap();
        let names = [
            "a/b.jpg",
            "a__b.jpg",
            "A/B.jpg",
            "../../b.png",
            "..",
            "/etc/passwd",
            r"c:\x\y.png",
            "",
            "a",
            "a-overlay",
            "n\0\n.png",
        ];
        let files: Vec<String> = names.iter().map(|name| written(&mut folder, name)).collect();
        assert_eq!((files[0].as_str(), files[1].as_str()), ("a__b.jpg.png", "a__b.jpg-2.png"));
        assert_eq!((files[3].as_str(), files[5].as_str()), ("..__..__b.png.png", "__etc__passwd.png"));
        let long = "folder/".repeat(60);
        let [one, two] = ["ä1.png", "ä2.png"].map(|end| written(&mut folder, &format!("{long}{end}")));
        assert!(one.ends_with("ä1.png.png") && two.ends_with("ä2.png.png") && one.len() < 220);
        let found = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(found, 2 * (names.len() + 2), "two files each, none over another");
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_said_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        for dir in [file.clone(), file.join("maps")] {
            let error = MapFolder::prepare(&dir).unwrap_err().to_string();
            assert!(error.starts_with("could not create"), "{error}");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");
    }
}
