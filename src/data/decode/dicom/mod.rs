//! DICOM: what a radiologist's viewer shows of a file. Decoders of JPEG and JPEG 2000 are others'; which bytes belong to a
//! frame and what is done to its values is ours.
//!
//! | room | what it holds | may use |
//! |---|---|---|
//! | `syntax` | names of encodings | nothing |
//! | `data_set` | elements and their values | nothing |
//! | `reader` | bytes to elements | `data_set` |
//! | `file` | how a file begins and is laid out | `data_set reader` |
//! | `lut` | look-up tables | `data_set` |
//! | `attributes` | the form of the pixels | `data_set` |
//! | `frames` | which bytes are a frame's | `data_set attributes syntax` |
//! | `codec` | an encoded frame to samples | `attributes syntax` |
//! | `grey`, `colour` | samples to what is shown | all of the above |

mod attributes;
mod codec;
mod colour;
mod data_set;
mod file;
mod frames;
mod grey;
mod lut;
mod reader;
mod syntax;
#[cfg(test)]
mod tests;

pub use file::begins;

use super::{
    probe::Probe,
    raster::{DecodedImage, Remark, Samples},
};
use crate::config::ValueWindow;
use attributes::Attributes;
use codec::Decoded;
use data_set::DataSet;
use dicom_dictionary_std::tags;
use frames::Stored;
use std::{cell::RefCell, path::Path, path::PathBuf, rc::Rc};

/// The header alone: everything before the pixels.
pub fn probe(path: &Path) -> Result<Probe, String> {
    let (set, syntax) = file::open(path, false)?;
    if let Some(refusal) = syntax::refusal(&syntax) {
        return Err(refusal);
    }
    let about = Attributes::of(&set)?;
    let size = [about.width as u32, about.height as u32];
    Ok(Probe {
        pages: (0..about.frames).map(|f| (f, size)).collect(),
        patient: set.text(tags::PATIENT_ID),
        windows: Some(grey::window_names(&set)),
        derived: set.text(tags::MODALITY).and_then(|modality| match modality.as_str() {
            "SEG" => Some("a segmentation"),
            "RTDOSE" => Some("doses of a radiotherapy"),
            _ => None,
        }),
    })
}

/// A file's elements and the UID of its transfer syntax.
type File = Rc<(DataSet, String)>;

thread_local! {
    /// The file with several frames that this thread read last, so that its frames do not each read all of it again.
    static LAST: RefCell<Option<(PathBuf, File)>> = const { RefCell::new(None) };
}
/// Larger files are read for each frame rather than kept.
const KEEP: u64 = 256 << 20;

fn kept(path: &Path) -> Result<File, String> {
    if let Some(file) = LAST.with_borrow(|last| last.as_ref().filter(|(p, _)| p == path).map(|(_, f)| f.clone())) {
        return Ok(file);
    }
    let file = Rc::new(file::open(path, true)?);
    let small = std::fs::metadata(path).is_ok_and(|m| m.len() <= KEEP);
    let several = file.0.count(tags::NUMBER_OF_FRAMES).is_some_and(|n| n > 1);
    LAST.set((small && several).then(|| (path.to_path_buf(), file.clone())));
    Ok(file)
}

/// `window`: which of its values are shown, where it is grey.
pub fn decode(path: &Path, frame: usize, window: &ValueWindow) -> Result<DecodedImage, String> {
    let file = kept(path)?;
    let (set, syntax) = &*file;
    if let Some(refusal) = syntax::refusal(syntax) {
        return Err(refusal);
    }
    let about = Attributes::of(set)?;
    if let Some(floats) = floats(set, &about, frame) {
        return floats;
    }
    if !matches!((about.samples, about.allocated), (1, 1 | 8 | 16 | 32) | (3, 8 | 16)) {
        return Err(format!("is DICOM with {} samples of {} bit a pixel, which is not read", about.samples, about.allocated));
    }
    let named = |reason: String| match reason.strip_prefix("holds ") {
        Some(what) => format!("is DICOM ({}) that holds {what}", syntax::name(syntax)),
        None => reason,
    };
    let stored = frames::stored(set, &about, syntax, frame)?;
    let is_422 = match (set.get(tags::PIXEL_DATA).map(|e| &e.value), &stored) {
        (Some(data_set::Value::Bytes(all)), Stored::Plain(_)) => about.is_422(all.len()),
        _ => false,
    };
    // Encoders interleave, whatever the planar configuration says.
    let planar = about.planar && matches!(stored, Stored::Plain(_));
    let decoded = match stored {
        Stored::Plain(bytes) => Decoded { bytes, container: about.allocated.max(8), is_rgb: false },
        Stored::Encoded(bytes) => codec::decode(bytes, &about, syntax).map_err(named)?,
    };
    if about.samples == 3 {
        return colour::rgb(decoded, &about, planar, is_422);
    }
    let values = about.values(&decoded.bytes, decoded.container);
    if about.photometric == "PALETTE COLOR" {
        return colour::palette(set, &about, &values);
    }
    let shown = grey::shown(set, &about, frame, values, window);
    let raster = DecodedImage::new(about.width, about.height, 1, Samples::F32(shown))?;
    Ok(match window {
        ValueWindow::OfFile(name) if !grey::names_window(set, frame, name) => raster.with(Remark::OtherWindow),
        ValueWindow::Auto if grey::window_is_unread(set, frame) => raster.with(Remark::NoWindow),
        _ => raster,
    })
}

/// Maps of parameters, which are floats and say nothing of how they are shown.
fn floats(set: &DataSet, about: &Attributes, frame: usize) -> Option<Result<DecodedImage, String>> {
    let tag = [tags::FLOAT_PIXEL_DATA, tags::DOUBLE_FLOAT_PIXEL_DATA].into_iter().find(|&tag| set.get(tag).is_some())?;
    let pixels = about.width * about.height;
    let values: Vec<f32> = set.numbers(tag).into_iter().skip(frame * pixels).take(pixels).map(|v| v as f32).collect();
    Some(DecodedImage::floats(about.width, about.height, 1, values))
}
