//! What pictures look like: masks have few values, photographs have many. Only where names leave it open is a picture or two
//! of many decoded.

use crate::data::{decode, layout::file_scan::PictureFile, pixels::Picture};
use std::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Mask,
    Photograph,
    /// It cannot be decoded.
    Unknown,
}

/// Most of a mask's pixels have one of four values (lossless), or are nearly black or white (JPEG).
pub fn look(path: &Path) -> Look {
    let Ok(raster) = decode::decode(path, 0) else { return Look::Unknown };
    let grey = Picture::copy_of(&raster).grey();
    let mut counts = [0usize; 256];
    grey.data.iter().for_each(|v| counts[(v * 255.0).round() as usize & 255] += 1);
    let extreme: usize = counts[..=12].iter().chain(&counts[243..]).sum();
    counts.sort_unstable();
    let common: usize = counts[252..].iter().sum();
    let values = counts.iter().filter(|&&n| n > 0).count();
    let most = |pixels: usize| pixels * 10 >= grey.data.len() * 9;
    if values > 32 && !most(extreme) && !most(common) { Look::Photograph } else { Look::Mask }
}

/// Whether up to `number` of these pictures, from all over them, look so.
pub fn all_look(as_one: Look, pictures: &[PictureFile], members: &[usize], number: usize) -> bool {
    let step = members.len().div_ceil(number.max(1)).max(1);
    !members.is_empty() && members.iter().step_by(step).all(|&i| look(&pictures[i].path) == as_one)
}
