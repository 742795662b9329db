//! `.npy` files in a folder, one of images and one of their labels: `X.npy` and `y.npy`, `x_train.npy` and `y_train.npy`.

use super::{
    labels::{ArrayClasses, classes, findings_note, unlabelled},
    names::{ArrayName, ArrayRole},
};
use crate::{
    data::{
        dataset::{Item, Layout, Skipped, Source, Split},
        decode::{NpyHeader, io_reason, open_file},
        layout::{
            detected::DetectedLayout,
            file_scan::{FileScan, PictureFile, extension},
            levels::split_of_folder,
        },
        text::{cut_list, display_part, display_path, first_few},
    },
    error::Warning,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::Read,
    path::{Path, PathBuf},
};

/// Larger arrays are none of labels.
const MAX_LABELS: usize = 256 << 20;
/// So many files are listed in a sentence.
const LISTED: usize = 12;

/// An array and what its name says.
struct NamedArray<'a> {
    path: &'a Path,
    name: &'a ArrayName,
}

/// The name of an array, where it says what it holds.
fn named(path: &Path) -> Option<ArrayName> {
    ArrayName::of(&path.file_stem()?.to_string_lossy()).filter(|_| extension(path) == "npy")
}

/// All arrays, whether they can be pictures or not.
fn arrays(scan: &FileScan) -> Vec<(PathBuf, ArrayName)> {
    let refused = scan.skipped.iter().map(|skipped| &skipped.path);
    let paths = refused.chain(scan.pictures.iter().map(|picture| &picture.relative));
    paths.filter_map(|path| Some((path.clone(), named(path)?))).collect()
}

/// Takes arrays of labels without their images for what they are: they are skipped, and it is said what is missing.
fn name_lone_labels(root: &Path, scan: &mut FileScan) {
    let all = arrays(scan);
    let are_labels = |name: &ArrayName| name.role == Some(ArrayRole::Labels);
    let with_images: HashSet<_> =
        all.iter().filter(|(_, name)| !are_labels(name)).map(|(path, name)| (path.parent(), name.subject())).collect();
    let is_lone = |path: &Path, name: &ArrayName| {
        are_labels(name) && !with_images.contains(&(path.parent(), name.subject())) && may_list_labels(&root.join(path))
    };
    let lone: BTreeMap<&PathBuf, &ArrayName> =
        all.iter().filter(|(path, name)| is_lone(path, name)).map(|(path, name)| (path, name)).collect();
    scan.pictures.retain(|picture| !lone.contains_key(&picture.relative));
    scan.skipped.retain(|skipped| !lone.contains_key(&skipped.path));
    let reason = |name: &ArrayName| format!("holds labels, but their images are missing ({}.npy)", name.of_images());
    scan.skipped.extend(lone.into_iter().map(|(path, name)| Skipped { path: path.clone(), reason: reason(name) }));
}

/// Whether an array has the shape of a list, and not of a picture.
fn may_list_labels(path: &Path) -> bool {
    let header = open_file(path).and_then(|mut file| NpyHeader::read(&mut file));
    header.is_ok_and(|header| match header.shape[..] {
        [_] => true,
        [rows, width] => width < 16 || rows >= width * 8,
        _ => false,
    })
}

/// The images of arrays with their labels, where arrays of labels lie beside arrays of images and hold most of them; takes those of
/// labels out of what is skipped.
pub fn detect(root: &Path, scan: &mut FileScan) -> Option<DetectedLayout> {
    name_lone_labels(root, scan);
    let all = arrays(scan);
    let of_labels: Vec<NamedArray> = all
        .iter()
        .filter(|(_, name)| name.role == Some(ArrayRole::Labels))
        .map(|(path, name)| NamedArray { path, name })
        .collect();
    let by_subject: BTreeMap<_, &NamedArray> = of_labels.iter().rev().map(|l| ((l.path.parent(), l.name.subject()), l)).collect();
    let labels_of = |picture: &PictureFile| -> Option<&NamedArray> {
        let name = named(&picture.relative)?;
        let labels = *by_subject.get(&(picture.relative.parent(), name.subject()))?;
        labels.name.labels(&name).then_some(labels)
    };
    let paths: HashSet<&Path> = of_labels.iter().map(|labels| labels.path).collect();
    let is_labels = |picture: &PictureFile| paths.contains(picture.relative.as_path());
    // Labels of the shape of their images are masks, which other layouts know.
    if scan.pictures.iter().any(|picture| !is_labels(picture) && labels_of(picture).is_some_and(|l| are_masks(root, l, picture)))
    {
        return None;
    }
    let pictures: Vec<&PictureFile> = scan.pictures.iter().filter(|picture| !is_labels(picture)).collect();
    let is_array = |picture: &PictureFile| named(&picture.relative).is_some_and(|name| name.role == Some(ArrayRole::Images));
    let (arrays, others): (Vec<&PictureFile>, Vec<&PictureFile>) =
        pictures.into_iter().partition(|picture| labels_of(picture).is_some() || is_array(picture));
    let count = |pictures: &[&PictureFile]| pictures.iter().map(|picture| picture.probe.pages.len()).sum::<usize>();
    if !arrays.iter().any(|picture| labels_of(picture).is_some()) || count(&others) > count(&arrays) {
        return None;
    }
    let mut detected = DetectedLayout::new(Layout::MedmnistNpz, String::new());
    let mut pairs = Vec::new();
    for &picture in &arrays {
        let (path, name) = (display_path(&picture.relative), named(&picture.relative));
        // An array of rows of numbers, with a label for each.
        if let ([(_, [width, height])], Some(labels)) = (picture.probe.pages.as_slice(), labels_of(picture))
            && *height > 1
            && read(&root.join(labels.path), *height as usize).is_ok()
        {
            let reason = format!("holds {height} rows of {width} numbers, which are no pictures; N x height x width is needed");
            detected.skipped.push(Skipped { path: picture.relative.clone(), reason });
            continue;
        }
        let split = name.and_then(|name| name.split).or_else(|| split_of(&picture.relative));
        let labels = labels_of(picture).map(|labels| {
            let label = display_path(labels.path);
            read(&root.join(labels.path), picture.probe.pages.len())
                .map_err(|reason| unlabelled(&label, &reason, &path))
                .map(|classes| (label, classes))
        });
        let classes = match labels {
            Some(Ok((label, classes))) => {
                detected.warnings.extend(classes.are_findings.then(|| findings_note(&label).into()));
                pairs.push(format!("{path} with {label}"));
                Some(classes.of)
            }
            Some(Err(reason)) => {
                detected.warnings.push(reason.into());
                None
            }
            None => {
                detected.warnings.push(format!("{path} has no labels.").into());
                None
            }
        };
        add(&mut detected, picture, split, classes);
    }
    detected.why = match pairs.is_empty() {
        true => "Arrays of images; their labels cannot be used.".into(),
        false => format!("Arrays of images with their labels: {}.", cut_list(pairs, LISTED)),
    };
    if !others.is_empty() {
        let names = first_few(others.iter().map(|picture| display_path(&picture.relative)));
        detected.warnings.push(Warning::from(format!("Beside the arrays lie other pictures, which are left out ({names}).")));
        let reason = || "lies beside arrays of images with labels, and is none".to_string();
        detected.skipped.extend(others.iter().map(|p| Skipped { path: p.relative.clone(), reason: reason() }));
    }
    let used: HashSet<PathBuf> = arrays.iter().filter_map(|picture| Some(labels_of(picture)?.path.to_path_buf())).collect();
    let others: HashMap<PathBuf, String> = of_labels
        .iter()
        .filter(|labels| !used.contains(labels.path))
        .filter_map(|labels| Some((labels, by_subject.get(&(labels.path.parent(), labels.name.subject()))?)))
        .filter(|(labels, first)| labels.path != first.path && used.contains(first.path))
        .map(|(labels, first)| {
            (labels.path.to_path_buf(), format!("holds labels, too; those of {} are used", display_path(first.path)))
        })
        .collect();
    scan.skipped.retain(|skipped| !used.contains(&skipped.path) && !others.contains_key(&skipped.path));
    scan.skipped.extend(others.into_iter().map(|(path, reason)| Skipped { path, reason }));
    Some(detected)
}

/// Whether an array of labels has the shape of the images.
fn are_masks(root: &Path, labels: &NamedArray, picture: &PictureFile) -> bool {
    let Ok(header) = open_file(&root.join(labels.path)).and_then(|mut file| NpyHeader::read(&mut file)) else { return false };
    match (picture.probe.pages.as_slice(), &header.shape[..]) {
        ([(_, [width, height])], [rows, columns]) => [*rows, *columns] == [*height as usize, *width as usize] && *columns > 1,
        (_, shape) => shape.len() > 2,
    }
}

/// The split that a folder on the way to a file says.
fn split_of(path: &Path) -> Option<Split> {
    path.parent().into_iter().flat_map(Path::components).find_map(|part| split_of_folder(&display_part(part.as_os_str())))
}

fn read(path: &Path, count: usize) -> Result<ArrayClasses, String> {
    let mut file = open_file(path)?;
    let header = NpyHeader::read(&mut file)?;
    let size = header.data_size().filter(|&size| size <= MAX_LABELS).ok_or("is too large for labels")?;
    let mut bytes = Vec::new();
    file.take(size as u64).read_to_end(&mut bytes).map_err(|e| io_reason(&e))?;
    if bytes.len() < size {
        return Err("is cut short".into());
    }
    classes(&header, &bytes, count)
}

fn add(detected: &mut DetectedLayout, picture: &PictureFile, split: Option<Split>, classes: Option<Vec<String>>) {
    let name = display_path(&picture.relative);
    for (i, &(page, size)) in picture.probe.pages.iter().enumerate() {
        let source = Source::Page { path: picture.path.clone(), page };
        let mut item = Item::new(format!("{name}#{}", page + 1), source, size);
        item.given_split = split;
        detected.images.add(item, classes.as_ref().and_then(|classes| classes.get(i).cloned()));
    }
}
