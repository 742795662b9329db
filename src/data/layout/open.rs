//! From a path to a data set.

use super::{
    annotations::PictureIndex,
    arrays::{npy, npz},
    cifar, contradictions,
    detected::{DetectedLayout, nothing_usable},
    file_scan::{self, FileScan, PictureFile, relative},
    folders,
    labels::{self, Given, SplitList},
    masks,
    patients::patients_from_folders,
    system_files::passed_over,
    tables::{is_table, is_table_name},
};
use crate::{
    config::{DataConfig, LabelColumns, Reading},
    data::{
        dataset::{Dataset, Layout, Skipped, Split, class_key, sounds_normal},
        decode::{self, FileFormat},
        text::{display_path, first_few},
    },
    error::{Error, NextStep, Result, Warning},
};
use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
};

impl Dataset {
    /// Recognises what `config.path` holds. Reads file types and headers, never whole pictures; `progress` hears how many
    /// files were looked at, from any thread.
    ///
    /// # Errors
    /// Where nothing can be used, with the reasons.
    pub fn open(config: &DataConfig, progress: &(dyn Fn(usize) + Sync)) -> Result<Self> {
        let path = config.path.as_path();
        if path.as_os_str().is_empty() {
            return Err(Error::user("no data set was named", NextStep::NameData));
        }
        let kind = std::fs::metadata(path).map_err(Error::io("open", path))?.file_type();
        if kind.is_dir() {
            open_folder(path, config, progress)
        } else if kind.is_file() {
            open_file(path, config, progress)
        } else {
            Err(Error::user(
                format!("{} is a pipe, a socket or a device, which is never opened", path.display()),
                "open a folder, a picture or a .npz archive",
            ))
        }
    }
}

fn refuse(path: &Path, reason: &str, hint: &str) -> Error {
    Error::user(format!("{} {reason}", path.display()), hint)
}

fn open_file(path: &Path, config: &DataConfig, progress: &(dyn Fn(usize) + Sync)) -> Result<Dataset> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let kind = decode::kind(path).map_err(|reason| refuse(path, &reason, "check the path"))?;
    let is_table = !kind.is_picture() && is_table_name(path);
    if kind == FileFormat::Zip && !is_table {
        return read_npz(path)?.into_dataset(path, config);
    }
    if is_table {
        let mut scan = file_scan::scan(folder, &[], progress)?;
        let notes = masks::separate(&mut scan);
        let patients = patients_from_folders(&mut scan.pictures, Path::new(""));
        let mut detected = by_given(folder, &mut scan, path, config)?;
        detected = detected.with_words(patients);
        detected.warnings.extend(notes.into_iter().chain(masks::without_image(&scan.masks_without_image)).map(Warning::from));
        detected.warnings.extend(passed_over(&scan.system_folders, &scan.system_files).map(Warning::from));
        detected.skipped.extend(scan.skipped);
        return detected.into_dataset(folder, config);
    }
    if let Some(outcome) = cifar::detect(folder, &[path.to_path_buf()]) {
        return outcome.map_err(|reason| refuse(path, &reason, "open the binary version"))?.into_dataset(folder, config);
    }
    let relative = path.file_name().map(PathBuf::from).unwrap_or_default();
    let probe =
        decode::probe(path).map_err(|reason| refuse(path, &reason, "open a picture, a folder of pictures or a MedMNIST .npz"))?;
    let why = match probe.pages.len() {
        1 => "A single picture.".to_string(),
        n => format!("A single file with {n} pages."),
    };
    let mut detected = DetectedLayout::new(Layout::Unlabelled, why);
    detected.images.add_file(&PictureFile { path: path.to_path_buf(), relative, probe, masks: Vec::new() }, None, None, None);
    detected.into_dataset(folder, config)
}

fn read_npz(path: &Path) -> Result<DetectedLayout> {
    let hint = match file_scan::extension(path).as_str() {
        "zip" => "unpack it first, and open the folder",
        _ => "a MedMNIST archive holds train_images, train_labels, val_images… as arrays of 0 to 255",
    };
    decode::guarded(|| npz::read(path)).map_err(|reason| refuse(path, &reason, hint))
}

fn open_folder(root: &Path, config: &DataConfig, progress: &(dyn Fn(usize) + Sync)) -> Result<Dataset> {
    let mut scan = file_scan::scan(root, &config.only, progress)?;
    let is_free = config.reading == Reading::Auto && config.level == 0;
    if let Some(mut detected) = (is_free && config.labels.is_none()).then(|| npy::detect(root, &mut scan)).flatten() {
        detected.warnings.extend(passed_over(&scan.system_folders, &scan.system_files).map(Warning::from));
        detected.skipped.extend(among(root, &scan.archives));
        detected.skipped.append(&mut scan.skipped);
        return detected.into_dataset(root, config);
    }
    let notes = masks::separate(&mut scan);
    if scan.pictures.is_empty() && config.labels.is_none() {
        return without_pictures(root, scan, config);
    }
    // Folders that are chosen to be classes are no patients.
    let base = folders::base(&scan.pictures);
    let patients = if is_free { patients_from_folders(&mut scan.pictures, &base) } else { None };
    let mut detected = match &config.labels {
        Some(table) => by_given(root, &mut scan, table, config)?,
        None => detect(root, &mut scan, config)?,
    };
    detected = detected.with_words(patients);
    detected.warnings.extend(notes.into_iter().chain(masks::without_image(&scan.masks_without_image)).map(Warning::from));
    detected.warnings.extend(passed_over(&scan.system_folders, &scan.system_files).map(Warning::from));
    detected.skipped.append(&mut scan.skipped);
    let mut set = detected.into_dataset(root, config)?;
    // Most files of XML are those of single images, as are texts called like them.
    let pictures = PictureIndex::new(&scan.pictures);
    let is_single = |path: &Path| file_scan::extension(path) == "txt" && pictures.are_called_like(path);
    let (xml, tables): (Vec<PathBuf>, Vec<PathBuf>) = scan
        .others
        .into_iter()
        .filter(|path| is_table_name(path) && !is_single(path))
        .partition(|path| file_scan::extension(path) == "xml");
    let xml = xml.into_iter().take(TABLES).filter(|path| is_table(path));
    set.tables = tables.into_iter().chain(xml).take(TABLES).collect();
    Ok(set)
}

/// Tables that a data set remembers.
const TABLES: usize = 50;

/// Archives among pictures, which are data sets of their own.
fn among(root: &Path, archives: &[PathBuf]) -> Vec<Skipped> {
    archives.iter().map(|path| Skipped { path: relative(root, path), reason: FileFormat::Zip.refusal() }).collect()
}

/// What the table says that a person names; where it says patients alone, the folders say the classes.
fn by_given(root: &Path, scan: &mut FileScan, table: &Path, config: &DataConfig) -> Result<DetectedLayout> {
    match labels::from_given(root, scan, table, config)? {
        Given::Labels(detected) => Ok(detected),
        Given::Patients(patients) => Ok(by_folders(scan, config).with_words(patients)),
    }
}

fn by_folders(scan: &FileScan, config: &DataConfig) -> DetectedLayout {
    folders::detect(&scan.pictures, &folders::base(&scan.pictures), config)
}

/// What folders and tables say between them. Where the folders are splits with classes in them, they are believed; otherwise the
/// table that names most of the images is. What is not used is mentioned.
fn detect(root: &Path, scan: &mut FileScan, config: &DataConfig) -> Result<DetectedLayout> {
    scan.skipped.extend(among(root, &scan.archives));
    if config.reading != Reading::Auto || config.level != 0 {
        return Ok(by_folders(scan, config));
    }
    let mut found = labels::find(root, scan, config);
    let mut by_folders = by_folders(scan, config).with_words(found.patients.clone());
    let has_columns = config.columns != LabelColumns::default();
    let classes = by_folders.images.class_names().map(class_key).collect::<BTreeSet<_>>().len();
    let has_classes = classes > 1;
    scan.skipped.append(&mut found.skipped);
    let Some(mut by_table) = found.detected else {
        if has_columns && found.patients.is_none() {
            let names = config.columns.given().collect::<Vec<_>>().join(", ");
            return Err(Error::user(
                format!("no table in {} names its images and has the columns {names}", root.display()),
                "name the table of labels, too",
            ));
        }
        if let Some(mut by_lists) = found.by_lists.filter(|_| !has_classes) {
            by_lists.warnings.extend(found.notes);
            return Ok(by_lists);
        }
        forget_parts(&mut by_folders, &found.ambiguous);
        by_folders.warnings.extend(found.notes);
        // Folders of which one says that there is nothing to find are surely the classes.
        if !has_classes || !by_folders.images.class_names().any(sounds_normal) {
            by_folders.warnings.extend(found.unlabelled);
        }
        return Ok(split_by_lists(by_folders, &scan.pictures, &found.lists));
    };
    // Folders of an image each say less than a table that says the same of all.
    let is_told = tells_classes(&by_table) || classes * 2 > scan.pictures.len();
    let names_few = found.named * 2 < scan.pictures.len();
    let folders_win = by_folders.layout == Layout::Mvtec
        || (by_folders.layout != Layout::Unlabelled
            && has_classes
            && (!by_folders.is_guess || names_few || found.are_guesses || !is_told));
    if folders_win && !has_columns {
        let text = format!("{} names {} of these images, but the folders say their classes.", found.tables, found.named);
        by_folders.warnings.extend(contradictions::between(&by_folders, &by_table, Some(&found.path)));
        by_folders.warnings.push(Warning::new(text, NextStep::UseTable { path: found.path }));
        by_folders.warnings.extend(found.notes);
        by_folders.take_metadata(by_table);
        return Ok(by_folders.with_words(found.patients_of_labelled));
    }
    by_table.warnings.extend(contradictions::between(&by_folders, &by_table, None));
    by_table.warnings.extend(found.notes);
    Ok(by_table.with_words(found.patients))
}

/// Takes the classes from folders of pictures that have the same names in each and other classes by a table: they are parts of a set,
/// or all of it more than once.
fn forget_parts(by_folders: &mut DetectedLayout, of_table: &BTreeSet<String>) {
    let mut classes: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (item, class) in by_folders.images.with_classes() {
        let name = item.name.rsplit('/').next().unwrap_or_default();
        classes.entry(name.rsplit_once('.').map_or(name, |(stem, _)| stem)).or_default().extend(class);
    }
    let are_shared = classes.values().filter(|of| of.len() > 1).count() * 2 > classes.len();
    let names: BTreeSet<String> = by_folders.images.class_names().map(str::to_string).collect();
    let is_class = |name: &String| sounds_normal(name) || of_table.contains(&class_key(name));
    if !of_table.is_empty() && by_folders.is_guess && are_shared && !names.iter().any(is_class) {
        let text = format!("The folders {} hold images of the same names and are not taken for classes.", first_few(&names));
        let step = NextStep::UseFolders { outer: contradictions::are_outer(by_folders) };
        by_folders.without_classes("There are images in folders that do not look like classes, and no table of labels.".into());
        by_folders.warnings.push(Warning::new(text, step));
    }
}

/// Whether a table puts images into classes: it neither says the same of all nor measures something.
fn tells_classes(by_table: &DetectedLayout) -> bool {
    /// As many numbers are no classes, nor are so many fractions.
    const NUMBERS: usize = 12;
    const FRACTIONS: usize = 3;
    let names: BTreeSet<String> = by_table.images.class_names().map(class_key).collect();
    let are_numbers = names.iter().all(|name| name.parse::<f64>().is_ok());
    let fractions = names.iter().filter(|name| name.contains('.')).count();
    names.len() > 1 && !(are_numbers && (names.len() >= NUMBERS || fractions >= FRACTIONS))
}

/// Class folders without splits of their own, split as lists of names say; lists that are not used are mentioned.
fn split_by_lists(mut detected: DetectedLayout, pictures: &[PictureFile], lists: &[SplitList]) -> DetectedLayout {
    let splits: BTreeSet<_> = lists.iter().map(|list| list.split).collect();
    if detected.layout == Layout::ClassFolders && splits.len() > 1 {
        let of = |image: usize| lists.iter().find(|list| list.images.contains(&image)).map(|list| list.split);
        let by_path: HashMap<&Path, Option<Split>> =
            pictures.iter().enumerate().map(|(image, picture)| (picture.path.as_path(), of(image))).collect();
        detected.images.split(|path| by_path.get(path).copied().flatten());
        detected.why += &labels::said_by(lists);
        return detected;
    }
    let text = |list: &SplitList| format!("{} names images of a split ({}) but no labels.", list.name, list.split.name());
    detected.warnings.extend(lists.iter().map(|list| text(list).into()));
    detected
}

fn without_pictures(root: &Path, scan: FileScan, config: &DataConfig) -> Result<Dataset> {
    if let Some(outcome) = cifar::detect(root, &scan.others) {
        return outcome.map_err(|reason| refuse(root, &reason, "get the binary version of the set"))?.into_dataset(root, config);
    }
    match scan.archives.as_slice() {
        [] => Err(nothing_usable(root, &scan.skipped)),
        [archive] => {
            let mut detected = read_npz(archive)?;
            detected.skipped.extend(scan.skipped);
            detected.warnings.extend(passed_over(&scan.system_folders, &scan.system_files).map(Warning::from));
            detected.into_dataset(root, config)
        }
        several => Err(Error::user(
            format!("{} holds {} archives, and one is a data set by itself", root.display(), several.len()),
            format!("open one of them: {}", first_few(several.iter().map(|p| display_path(&relative(root, p))))),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (i, file) in files.iter().enumerate() {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            image::GrayImage::from_pixel(4, 4, image::Luma([i as u8 * 20])).save(path).unwrap();
        }
        dir
    }

    fn open(dir: &tempfile::TempDir, change: impl FnOnce(&mut DataConfig)) -> Dataset {
        let mut config = DataConfig { path: dir.path().into(), ..DataConfig::default() };
        change(&mut config);
        Dataset::open(&config, &|_| ()).unwrap()
    }

    fn classes(set: &Dataset) -> Vec<&str> {
        set.classes.iter().map(|c| c.name.as_str()).collect()
    }

    #[test]
    fn folders_are_read_as_they_are_said_to_be() {
        let dir = folder(&["images/p1/good/a.png", "images/p2/bad/b.png", "scans/p3/bad/c.png"]);
        let read = |reading| open(&dir, |c| c.reading = reading);
        assert_eq!(classes(&read(Reading::OuterFolders)), ["images", "scans"]);
        let inner = read(Reading::InnerFolders);
        assert_eq!((classes(&inner), inner.layout), (vec!["bad", "good"], Layout::ClassFolders));
        assert!(inner.why.contains("As you chose"));
        assert_eq!(read(Reading::Unlabelled).layout, Layout::Unlabelled);
        let split = folder(&["train/good/a.png", "test/good/b.png", "test/bad/c.png"]);
        let set = open(&split, |c| c.reading = Reading::InnerFolders);
        assert_eq!((set.layout, classes(&set)), (Layout::SplitClassFolders, vec!["bad", "good"]));
        assert_eq!(set.items.iter().filter(|i| i.given_split == Some(crate::data::Split::Train)).count(), 1);
    }

    #[test]
    fn columns_of_a_table_are_kept_whoever_says_the_classes() {
        let said = |set: &Dataset, name: &str| {
            let row = set.items.iter().find(|item| item.name == name).unwrap().row;
            row.into_iter().flat_map(|row| set.metadata.of_row(row)).map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>()
        };
        let dir = folder(&["1.png", "2.png", "3.png"]);
        let table = "file,eye,label,site\n2.png,left,1,x\n1.png,right,0,x\n3.png,,1,x\n";
        std::fs::write(dir.path().join("labels.csv"), table).unwrap();
        let set = open(&dir, |_| ());
        assert_eq!(set.layout, Layout::LabelsCsv);
        assert_eq!(said(&set, "1.png"), ["eye=right", "label=0"], "neither names of files nor what is always the same");
        assert_eq!(said(&set, "3.png"), ["label=1"]);

        let dir = folder(&["train/good/1.png", "test/good/2.png", "test/bad/3.png"]);
        let table = "file,camera,label\ntrain/good/1.png,A,0\ntest/good/2.png,B,0\ntest/bad/3.png,A,1\n";
        std::fs::write(dir.path().join("labels.csv"), table).unwrap();
        let set = open(&dir, |_| ());
        assert_eq!(set.layout, Layout::Mvtec);
        assert_eq!(said(&set, "test/good/2.png"), ["camera=B", "label=0"]);
    }

    #[test]
    fn some_parts_of_a_folder_are_one_data_set() {
        let dir = folder(&["good/a.png", "bad/b.png", "other/c.png", "d.png", "e.png"]);
        let set = open(&dir, |c| c.only = vec!["good".into(), "bad".into()]);
        assert_eq!((classes(&set), set.items.len()), (vec!["bad", "good"], 2));
        let files = open(&dir, |c| c.only = vec!["e.png".into(), "d.png".into()]);
        assert_eq!(files.items.iter().map(|i| i.name.as_str()).collect::<Vec<_>>(), ["d.png", "e.png"]);
        assert_eq!(files.layout, Layout::Unlabelled);
    }
}
