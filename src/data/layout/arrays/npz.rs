//! `.npz` archives of arrays, as MedMNIST has them. No pickle is ever executed.

use super::{
    labels::{classes, findings_note, unlabelled},
    names::{ArrayName, ArrayRole},
};
use crate::data::{
    dataset::{ArrayImages, Item, Layout, Skipped, Source, Split},
    decode::{NpyHeader, check_size, io_reason, open_file},
    layout::detected::DetectedLayout,
    text::first_few,
};
use std::{fs::File, io::Read, path::Path, sync::Arc};
use zip::ZipArchive;

/// An archive may unpack to this much at all…
const MAX_UNPACKED: u64 = 6 << 30;
/// …and beyond this size only to so many times its own.
const FREE_UNPACKED: u64 = 256 << 20;
const MAX_RATIO: u64 = 100;
/// Images that are no 8-bit numbers are turned into such, beside each other in memory.
const MAX_NUMBERS: usize = 512 << 20;

/// Reads an archive of images with their labels, as MedMNIST has it (`train_images`, `train_labels`, `val_…`, `test_…`) or others
/// (`x_train`, `y_train`; `X`, `y`). The error is a reason to show beside the file's name; parts that are missing or wrong are skipped
/// where others can be used.
pub fn read(path: &Path) -> Result<DetectedLayout, String> {
    let mut zip = ZipArchive::new(open_file(path)?).map_err(|e| format!("is no whole zip archive: {e}"))?;
    check_ratio(path, &mut zip)?;
    let names: Vec<String> = zip.file_names().flatten().map(|n| n.to_string()).collect();
    let mut arrays: Vec<(&str, ArrayName)> = names
        .iter()
        .map(|name| name.strip_suffix(".npy").unwrap_or(name))
        .filter_map(|name| Some((name, ArrayName::of(name)?)))
        .collect();
    arrays.sort_by_key(|(name, said)| (said.split.is_none(), said.split, *name));
    let of = |role| arrays.iter().filter(move |(_, name)| name.role == Some(role));
    let mut detected = DetectedLayout::new(Layout::MedmnistNpz, String::new());
    // With labels, and without.
    let mut parts: [Vec<&str>; 2] = Default::default();
    for (images, name) in of(ArrayRole::Images) {
        let labels = of(ArrayRole::Labels).find(|(_, labels)| labels.labels(name)).map(|(labels, _)| *labels);
        match read_part(&mut zip, images, labels, name.split) {
            Ok((labelled, warnings)) => {
                parts[usize::from(labelled.iter().all(|(_, class)| class.is_none()))].push(*images);
                detected.warnings.extend(warnings.into_iter().map(Into::into));
                labelled.into_iter().for_each(|(item, class)| detected.images.add(item, class));
            }
            Err(reason) => detected.skipped.push(Skipped { path: images.into(), reason }),
        }
    }
    let lone = of(ArrayRole::Labels).filter(|(_, labels)| !of(ArrayRole::Images).any(|(_, images)| labels.labels(images)));
    detected.skipped.extend(lone.map(|(labels, _)| Skipped { path: labels.into(), reason: "has labels but no images".into() }));
    let has = |split: Option<Split>| arrays.iter().any(|(_, name)| name.role.is_some() && name.split == split);
    let missing =
        Split::ALL.into_iter().filter(|&split| !has(Some(split)) && Split::ALL.into_iter().any(|split| has(Some(split))));
    detected.warnings.extend(missing.map(|split| format!("The archive has no {} part.", split.name()).into()));
    if detected.images.is_empty() && detected.skipped.is_empty() {
        let names = first_few(names.iter());
        return Err(format!("holds no MedMNIST arrays (train_images, train_labels, test_images…), only {names}"));
    }
    let kind = if parts.iter().flatten().all(|part| part.ends_with("_images")) { "MedMNIST archive" } else { "Archive" };
    let [labelled, bare] = parts.map(|names| names.join(", "));
    detected.why = match (labelled.is_empty(), bare.is_empty()) {
        (_, true) => format!("{kind} with {labelled} and their labels."),
        (true, false) => format!("{kind} with {bare}, without labels."),
        (false, false) => format!("{kind} with {labelled} and their labels, and {bare} without."),
    };
    Ok(detected)
}

fn check_ratio(path: &Path, zip: &mut ZipArchive<File>) -> Result<(), String> {
    let packed = std::fs::metadata(path).map_err(|e| io_reason(&e))?.len().max(1);
    let mut unpacked = 0u64;
    for i in 0..zip.len() {
        unpacked = unpacked.saturating_add(zip.by_index_raw(i).map_err(|e| format!("is a damaged archive: {e}"))?.size());
    }
    if unpacked > MAX_UNPACKED || (unpacked > FREE_UNPACKED && unpacked / packed > MAX_RATIO) {
        return Err(format!("would unpack to {} MiB, {} times its own size; that is refused", unpacked >> 20, unpacked / packed));
    }
    Ok(())
}

struct Array {
    header: NpyHeader,
    bytes: Vec<u8>,
}

fn read_array(zip: &mut ZipArchive<File>, part: &str) -> Result<Array, String> {
    let name = if zip.index_for_name(part).is_some() { part.to_string() } else { format!("{part}.npy") };
    let mut entry = zip.by_name(&name).map_err(|e| format!("cannot be unpacked: {e}"))?;
    let declared = entry.size();
    let header = NpyHeader::read(&mut entry)?;
    if header.fortran && header.shape.len() > 1 {
        return Err("is stored in Fortran order; save it with np.ascontiguousarray".into());
    }
    let Some(expected) = header.data_size().map(|n| n as u64).filter(|&n| n <= declared) else {
        return Err(format!("says it has the shape {:?}, more than the archive holds", header.shape));
    };
    let mut bytes = Vec::with_capacity(expected as usize);
    entry.take(expected).read_to_end(&mut bytes).map_err(|e| format!("cannot be unpacked: {e}"))?;
    if bytes.len() as u64 != expected {
        return Err("is cut short".into());
    }
    Ok(Array { header, bytes })
}

impl Array {
    fn numbers(&self) -> impl Iterator<Item = f64> + Clone {
        self.bytes.chunks_exact(self.header.size).map(|stored| self.header.number(stored))
    }
}

/// An image and its class.
type LabelledItem = (Item, Option<String>);

/// Images and labels of one split, and warnings: where some images of it had to be left out, or its labels cannot be used.
fn read_part(
    zip: &mut ZipArchive<File>,
    images: &str,
    labels: Option<&str>,
    split: Option<Split>,
) -> Result<(Vec<LabelledItem>, Vec<String>), String> {
    let mut array = read_array(zip, images)?;
    let (count, height, width, channels) = match array.header.shape[..] {
        [n, h, w] => (n, h, w, 1),
        [n, h, w, c @ (1 | 3)] => (n, h, w, c),
        _ => {
            let way = match array.header.shape[..] {
                [_, 1 | 3, ..] if array.header.shape.len() == 4 => ": np.moveaxis(array, 1, -1) puts the channels last",
                [_, _, h, w] => &format!(": of volumes save the slices, array.reshape(-1, {h}, {w}), and a label for each"),
                _ => "",
            };
            let needed = "N x height x width, with 1 or 3 channels after it, is needed";
            return Err(format!("has the shape {:?}; {needed}{way}", array.header.shape));
        }
    };
    let size = check_size(width as u64, height as u64)?;
    let mut not_numbers = Vec::new();
    if array.header.is_text() {
        return Err(format!("has the type {}, which is not read", array.header.kind));
    }
    if array.header.kind != "u1" {
        if array.bytes.len() > MAX_NUMBERS {
            return Err(format!("has {} MiB of {}; save it as 8-bit numbers", array.bytes.len() >> 20, array.header.kind));
        }
        let numbers = array.numbers();
        let per_image = height * width * channels;
        not_numbers = vec![false; count];
        let places = numbers.clone().enumerate().filter(|(_, v)| !v.is_finite());
        places.for_each(|(i, _)| not_numbers[i / per_image] = true);
        // Floats may be in [0, 1] or in [0, 255]: the largest value tells.
        let (low, high) = numbers.clone().filter(|v| v.is_finite()).fold((0.0f64, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
        if low < 0.0 || high > 255.0 {
            return Err(format!("has values from {low} to {high}; 0 to 255 (or 0 to 1) is needed"));
        }
        let scale = if array.header.kind.starts_with('f') && high <= 1.0 { 255.0 } else { 1.0 };
        array.bytes = numbers.map(|v| (v * scale).round() as u8).collect();
    }
    let mut warnings = Vec::new();
    let read = labels.map(|part| {
        let array = read_array(zip, part).and_then(|array| classes(&array.header, &array.bytes, count));
        array.map(|classes| (part, classes)).map_err(|reason| unlabelled(part, &reason, images))
    });
    let labels = match read {
        Some(Ok((part, classes))) => {
            warnings.extend(classes.are_findings.then(|| findings_note(part)));
            Some(classes.of)
        }
        Some(Err(reason)) => {
            warnings.push(reason);
            None
        }
        None => {
            warnings.push(format!("{images} has no labels."));
            None
        }
    };
    let pixels = Arc::new(ArrayImages { height, width, channels, data: array.bytes });
    let labelled: Vec<LabelledItem> = (0..count)
        .filter(|&i| not_numbers.get(i) != Some(&true))
        .map(|index| {
            let mut item = Item::new(format!("{images}[{index}]"), Source::Array { pixels: pixels.clone(), index }, size);
            item.given_split = split;
            (item, labels.as_ref().and_then(|l| l.get(index).cloned()))
        })
        .collect();
    let bad = count - labelled.len();
    if bad > 0 {
        warnings.push(format!("{bad} of {images} hold pixels that are no numbers (NaN) and are left out."));
    }
    Ok((labelled, warnings))
}
