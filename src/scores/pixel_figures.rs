//! How well anomaly maps find what masks outline (`scores.pixels.json` beside `scores.csv`).

use super::baseline_title;
use crate::{
    error::{Error, Result},
    run_dir::{files, read_if_there, write_atomic},
};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{ErrorKind, Write},
    path::Path,
};

/// Figures over the pixels of all scored pictures whose mask is not empty, but normal ones; each of them in \[0, 1\], higher = better.
/// [`PixelTally`](crate::metrics::PixelTally) says how they are computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PixelFigures {
    /// Area under the ROC curve, each pixel as one case.
    pub pixel_auroc: f64,
    /// Average precision, each pixel as one case.
    pub pixel_ap: f64,
    /// Area under the per-region overlap up to a false positive rate of 0.3, as a share of 0.3.
    pub aupro: f64,
    /// Share of the pictures whose highest pixel lies in the mask, or close to it.
    pub pointing: f64,
    /// How many pictures.
    pub pixel_images: usize,
    /// Maps that need no training, on the same pixels.
    pub pixel_rulers: Vec<PixelRuler>,
}

/// What a map that needs no training reaches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PixelRuler {
    /// Such as `blur_difference`.
    pub name: String,
    /// As [`PixelFigures::pixel_auroc`].
    pub pixel_auroc: f64,
    /// As [`PixelFigures::pixel_ap`].
    pub pixel_ap: f64,
}

impl PixelFigures {
    /// What these figures say, and what they do not.
    pub const MEANING: &str = "they say where in the picture the score comes from; the map is not a lesion finder";

    /// A sentence where maps that need no training are ahead of the model's.
    pub fn note(&self) -> Option<String> {
        let ahead = |r: &&PixelRuler| r.pixel_auroc > self.pixel_auroc || r.pixel_ap > self.pixel_ap;
        let names: Vec<String> = self.pixel_rulers.iter().filter(ahead).map(|r| baseline_title(&r.name)).collect();
        let (needs, what) = if names.len() == 1 { ("needs", "is") } else { ("need", "are") };
        let names = names.split_last().map(|(last, first)| match first {
            [] => last.clone(),
            _ => format!("{} and {last}", first.join(", ")),
        })?;
        Some(format!("{names}, which {needs} no training, {what} ahead of the model's map in pixel AUROC or average precision"))
    }

    /// Reads the figures of a file of scores; `None` where it has none.
    ///
    /// # Errors
    /// A file that cannot be read, or that holds something else.
    pub fn read(scores: &Path) -> Result<Option<Self>> {
        let path = files::pixel_figures_of(scores);
        let Some(text) = read_if_there(&path)? else { return Ok(None) };
        let found: Result<Self, String> = serde_json::from_slice(&text).map_err(|e| e.to_string());
        let found = found.and_then(|f| if f.is_sound() { Ok(f) } else { Err("a figure lies outside of 0 to 1".into()) });
        let damaged =
            |why| Error::user(format!("the pixel figures in {} cannot be used: {why}", path.display()), "score the images again");
        found.map(Some).map_err(damaged)
    }

    /// Writes the figures beside their file of scores.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn write(&self, scores: &Path) -> Result<()> {
        let text = format!("{:#}\n", serde_json::json!(self));
        write_atomic(&files::pixel_figures_of(scores), |file| file.write_all(text.as_bytes()))
    }

    /// [Writes](Self::write) the figures of scores that were written anew; without any, those of the older scores go.
    ///
    /// # Errors
    /// Where they cannot be written or removed.
    pub fn replace(figures: Option<&Self>, scores: &Path) -> Result<()> {
        match figures {
            Some(figures) => figures.write(scores),
            None => {
                let path = files::pixel_figures_of(scores);
                let gone = fs::remove_file(&path).or_else(|e| if e.kind() == ErrorKind::NotFound { Ok(()) } else { Err(e) });
                gone.map_err(Error::io("remove", &path))
            }
        }
    }

    fn is_sound(&self) -> bool {
        let own = [self.pixel_auroc, self.pixel_ap, self.aupro, self.pointing];
        let rulers = self.pixel_rulers.iter().flat_map(|r| [r.pixel_auroc, r.pixel_ap]);
        self.pixel_images > 0 && own.into_iter().chain(rulers).all(|figure| (0.0..=1.0).contains(&figure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(rulers: &[(&str, f64, f64)]) -> PixelFigures {
        let ruler = |&(name, pixel_auroc, pixel_ap): &(&str, f64, f64)| PixelRuler { name: name.into(), pixel_auroc, pixel_ap };
        PixelFigures {
            pixel_auroc: 0.75,
            pixel_ap: 0.25,
            aupro: 0.5,
            pointing: 1.0,
            pixel_images: 4,
            pixel_rulers: rulers.iter().map(ruler).collect(),
        }
    }

    #[test]
    fn figures_lie_beside_their_scores_and_are_read_as_they_were_written() {
        let dir = tempfile::tempdir().unwrap();
        let scores = dir.path().join("my scores.v2.csv");
        assert_eq!(PixelFigures::read(&scores).unwrap(), None);
        let written = figures(&[("blur_difference", 0.625, 0.125)]);
        written.write(&scores).unwrap();
        let text = fs::read_to_string(dir.path().join("my scores.v2.pixels.json")).unwrap();
        let keys: Vec<String> = serde_json::from_str::<serde_json::Map<_, _>>(&text).unwrap().keys().cloned().collect();
        assert_eq!(keys, ["pixel_auroc", "pixel_ap", "aupro", "pointing", "pixel_images", "pixel_rulers"]);
        assert_eq!(PixelFigures::read(&scores).unwrap(), Some(written));
        for _ in 0..2 {
            PixelFigures::replace(None, &scores).unwrap();
            assert_eq!(PixelFigures::read(&scores).unwrap(), None, "new scores without maps do not keep them");
        }
    }

    #[test]
    fn damaged_and_foreign_files_are_one_sentence() {
        let dir = tempfile::tempdir().unwrap();
        let scores = dir.path().join("s.csv");
        let whole = serde_json::json!(figures(&[]));
        let wrong = [("pixel_auroc", serde_json::json!(7)), ("pixel_images", 0.into()), ("aupro", serde_json::Value::Null)];
        let wrong = wrong.map(|(key, value)| {
            let mut text = whole.clone();
            text[key] = value;
            text.to_string()
        });
        for text in ["", "{", "[1, 2]", "{\"pixel_auroc\": 0.5}", "\u{0}"].map(String::from).into_iter().chain(wrong) {
            fs::write(dir.path().join("s.pixels.json"), &text).unwrap();
            let error = PixelFigures::read(&scores).unwrap_err().to_string();
            assert!(error.contains("s.pixels.json cannot be used") && !error.contains('\n'), "{text}: {error}");
        }
    }

    #[test]
    fn rulers_that_are_ahead_are_named() {
        assert_eq!(figures(&[("blur_difference", 0.75, 0.25)]).note(), None);
        let one = figures(&[("blur_difference", 0.9, 0.1), ("plain", 0.1, 0.1)]).note().unwrap();
        assert!(one.starts_with("blur difference, which needs no training, is ahead"), "{one}");
        let two = figures(&[("a", 0.9, 0.1), ("b", 0.1, 0.1), ("c", 0.1, 0.3)]).note().unwrap();
        assert!(two.starts_with("a and c, which need no training, are ahead"), "{two}");
    }
}
