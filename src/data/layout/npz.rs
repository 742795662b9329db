//! `.npz` archives of arrays, as MedMNIST has them. No pickle is ever executed.

use super::detected::DetectedLayout;
use crate::data::{
    dataset::{ArrayImages, Item, Layout, Skipped, Source, Split},
    decode::{NpyHeader, check_size, io_reason, open_file},
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

/// Reads a MedMNIST archive: `train_images`, `train_labels`, `val_…`, `test_…`. The error is a reason to show beside the
/// file's name; parts that are missing or wrong are skipped where others can be used.
pub fn read(path: &Path) -> Result<DetectedLayout, String> {
    let mut zip = ZipArchive::new(open_file(path)?).map_err(|e| format!("is no whole zip archive: {e}"))?;
    check_ratio(path, &mut zip)?;
    let names: Vec<String> = zip.file_names().flatten().map(|n| n.to_string()).collect();
    let mut detected = DetectedLayout::new(Layout::MedmnistNpz, String::new());
    let mut parts = Vec::new();
    for split in Split::ALL {
        let (images, labels) = (format!("{}_images", split.name()), format!("{}_labels", split.name()));
        let has = |part: &str| names.iter().any(|n| n.strip_suffix(".npy").unwrap_or(n) == part);
        if !has(&images) {
            if has(&labels) {
                let reason = "has labels but no images".to_string();
                detected.skipped.push(Skipped { path: labels.into(), reason });
            } else {
                detected.warnings.push(format!("The archive has no {} part.", split.name()).into());
            }
            continue;
        }
        match read_part(&mut zip, &images, has(&labels).then_some(labels.as_str()), split) {
            Ok((labelled, warning)) => {
                parts.push(images);
                detected.warnings.extend(warning.map(Into::into));
                labelled.into_iter().for_each(|(item, class)| detected.images.add(item, class));
            }
            Err(reason) => detected.skipped.push(Skipped { path: images.into(), reason }),
        }
    }
    if detected.images.is_empty() && detected.skipped.is_empty() {
        let names = first_few(names.iter());
        return Err(format!("holds no MedMNIST arrays (train_images, train_labels, test_images…), only {names}"));
    }
    detected.why = format!("MedMNIST archive with {} and their labels.", parts.join(", "));
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

/// Images and labels of one split, and a warning where some images of it had to be left out.
fn read_part(
    zip: &mut ZipArchive<File>,
    images: &str,
    labels: Option<&str>,
    split: Split,
) -> Result<(Vec<LabelledItem>, Option<String>), String> {
    let mut array = read_array(zip, images)?;
    let (count, height, width, channels) = match array.header.shape[..] {
        [n, h, w] => (n, h, w, 1),
        [n, h, w, c @ (1 | 3)] => (n, h, w, c),
        _ => {
            return Err(format!(
                "has the shape {:?}; N x height x width, with 1 or 3 channels after it, is needed",
                array.header.shape
            ));
        }
    };
    let size = check_size(width as u64, height as u64)?;
    let mut not_numbers = Vec::new();
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
    let labels =
        labels.map(|part| read_labels(zip, part, count).map_err(|e| format!("cannot be used: {part} {e}"))).transpose()?;
    let pixels = Arc::new(ArrayImages { height, width, channels, data: array.bytes });
    let labelled: Vec<LabelledItem> = (0..count)
        .filter(|&i| not_numbers.get(i) != Some(&true))
        .map(|index| {
            let mut item = Item::new(format!("{images}[{index}]"), Source::Array { pixels: pixels.clone(), index }, size);
            item.given_split = Some(split);
            (item, labels.as_ref().and_then(|l| l.get(index).cloned()))
        })
        .collect();
    let bad = count - labelled.len();
    let mut warning = (bad > 0).then(|| format!("{bad} of {images} hold pixels that are no numbers (NaN) and are left out."));
    if labels.is_none() {
        warning = Some(format!("{images} has no labels. {}", warning.unwrap_or_default()).trim_end().to_string());
    }
    Ok((labelled, warning))
}

fn read_labels(zip: &mut ZipArchive<File>, part: &str, count: usize) -> Result<Vec<String>, String> {
    let array = read_array(zip, part)?;
    match array.header.shape[..] {
        [n] | [n, 1] if n == count => {}
        [n] | [n, 1] => return Err(format!("has {n} labels for {count} images")),
        [_, k] => return Err(format!("has {k} labels for each image; one is needed")),
        _ => return Err(format!("has the shape {:?}; N or N x 1 is needed", array.header.shape)),
    }
    let numbers = array.numbers();
    if let Some(at) = numbers.clone().position(|v| !v.is_finite()) {
        return Err(format!("has no number at [{at}] (NaN)"));
    }
    // Whole numbers print without a fraction.
    Ok(numbers.map(|v| v.to_string()).collect())
}
