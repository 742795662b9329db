//! CIFAR-10 and CIFAR-100 in their binary batches. The Python batches are pickles, which are never executed: they are named
//! and declined.

use super::{detected::DetectedLayout, file_scan::relative};
use crate::data::{
    dataset::{ArrayImages, Item, Layout, Skipped, Source, Split},
    decode::{open_file, read_whole},
    text::display_path,
};
use std::{
    collections::HashMap,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

const PIXELS: usize = 3 * 32 * 32;

/// Record layouts: bytes of labels before each image, and which of them is the class.
const CIFAR_10: (usize, usize) = (1, 0);
/// Coarse and fine label.
const CIFAR_100: (usize, usize) = (2, 1);

fn batch_kind(name: &str) -> Option<((usize, usize), Split)> {
    match name {
        "test_batch.bin" => Some((CIFAR_10, Split::Test)),
        "train.bin" => Some((CIFAR_100, Split::Train)),
        "test.bin" => Some((CIFAR_100, Split::Test)),
        _ => name
            .strip_prefix("data_batch_")
            .and_then(|n| n.strip_suffix(".bin"))
            .filter(|n| n.parse::<u32>().is_ok())
            .map(|_| (CIFAR_10, Split::Train)),
    }
}

/// Recognises batches among the files that are no pictures. `Err` says why those that are there are declined.
pub fn detect(root: &Path, files: &[PathBuf]) -> Option<Result<DetectedLayout, String>> {
    let name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let batches: Vec<_> = files.iter().filter_map(|p| Some((p, batch_kind(&name(p))?))).collect();
    if batches.is_empty() {
        let is_pickle = |p: &&PathBuf| {
            let name = name(p);
            (name.starts_with("data_batch_") || ["test_batch", "train", "test"].contains(&name.as_str())) && starts_as_pickle(p)
        };
        return files.iter().find(is_pickle).map(|p| {
            Err(format!(
                "holds CIFAR batches as Python pickles ({}), which are never executed; the binary version of the set is read",
                display_path(&relative(root, p))
            ))
        });
    }
    let mut detected = DetectedLayout::new(Layout::Cifar, String::new());
    let names = class_names(files);
    for &(path, ((labels, class), split)) in &batches {
        let label = display_path(&relative(root, path));
        match read_batch(path, labels, class) {
            Ok((pixels, classes)) => {
                for (index, &class) in classes.iter().enumerate() {
                    let source = Source::Array { pixels: pixels.clone(), index };
                    let mut item = Item::new(format!("{label}[{index}]"), source, [32, 32]);
                    item.given_split = Some(split);
                    detected.images.add(item, Some(names.get(&class).cloned().unwrap_or_else(|| class.to_string())));
                }
            }
            Err(reason) => detected.skipped.push(Skipped { path: relative(root, path), reason }),
        }
    }
    let listed: Vec<String> = batches.iter().map(|(p, _)| name(p)).collect();
    detected.why = format!("CIFAR binary batches: {}.", listed.join(", "));
    Some(Ok(detected))
}

fn starts_as_pickle(path: &Path) -> bool {
    let mut start = [0u8; 2];
    open_file(path).is_ok_and(|mut f| f.read_exact(&mut start).is_ok()) && start[0] == 0x80 && start[1] <= 5
}

fn class_names(files: &[PathBuf]) -> HashMap<u8, String> {
    let names = ["batches.meta.txt", "fine_label_names.txt"];
    let file = files.iter().find(|p| p.file_name().is_some_and(|n| names.iter().any(|m| n == *m)));
    let text = file.and_then(|p| read_whole(p).ok()).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
    text.lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .enumerate()
        .filter_map(|(i, l)| Some((u8::try_from(i).ok()?, l.to_string())))
        .collect()
}

/// Planes of one image after another become interleaved pixels.
fn read_batch(path: &Path, labels: usize, class: usize) -> Result<(Arc<ArrayImages>, Vec<u8>), String> {
    let bytes = read_whole(path)?;
    let record = labels + PIXELS;
    if bytes.is_empty() || bytes.len() % record != 0 {
        return Err(format!("has {} bytes, no multiple of a CIFAR record's {record}", bytes.len()));
    }
    let records = bytes.chunks_exact(record);
    let classes = records.clone().map(|r| r[class]).collect();
    let data = records.flat_map(|r| (0..1024).flat_map(move |i| [0, 1, 2].map(|c| r[labels + c * 1024 + i]))).collect();
    Ok((Arc::new(ArrayImages { height: 32, width: 32, channels: 3, data }), classes))
}
