//! From a path to a data set, and from an image's number to its pixels.

use super::{
    Dataset, ImageId, Item, Layout, Picture, Preprocess, Skipped, Source, arrays,
    assemble::{Recognised, drafts_of, nothing_usable},
    cifar,
    decode::{self, Kind, Raster, Samples},
    folders, labels, masks,
    split::some_of,
    system_files::passed_over,
    walk::{self, Candidate, Survey, extension, relative, shown},
};
use crate::{
    config::{DataConfig, Reading},
    error::{Error, NextStep, Result},
};
use std::path::{Path, PathBuf};

impl Dataset {
    /// Recognises what `config.path` holds. Reads file types and headers, never whole pictures; `progress` hears how many
    /// files were looked at, from any thread. Errors where nothing can be used, with the reasons.
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

    /// Decodes an image at its full size.
    pub fn read(&self, id: ImageId) -> Result<Picture> {
        self.pixels(id).map(|raster| Picture::copy_of(&raster))
    }

    /// The same with the number that 1 stands for in the file: 255, 65535, or 1 where its values were mapped already.
    pub fn read_with_white(&self, id: ImageId) -> Result<(Picture, f32)> {
        self.pixels(id).map(|raster| (Picture::copy_of(&raster), raster.white()))
    }

    /// Decodes an image as the networks see it: preprocessed, `size x size`, 1 or 3 channels.
    pub fn read_fitted(&self, id: ImageId, preprocess: &Preprocess, size: usize) -> Result<Picture> {
        self.pixels(id).map(|raster| preprocess.fit(&raster, size))
    }

    /// The mask of an image, grey, at its own size; `None` where it has none.
    pub fn read_mask(&self, id: ImageId) -> Result<Option<Picture>> {
        let Some(path) = self.item(id).and_then(|item| item.mask.as_deref()) else { return Ok(None) };
        let mask = decode::decode(path, 0).map_err(|reason| refuse(path, &reason, "take the mask out of the folder"))?;
        Ok(Some(Picture::copy_of(&mask).grey()))
    }

    fn pixels(&self, id: ImageId) -> Result<Raster> {
        let Some(item) = self.item(id) else {
            return Err(Error::user(format!("{} has no image number {}", self.root.display(), id.0), "open the data set again"));
        };
        item.decode().map_err(|reason| Error::user(format!("{} {reason}", item.name), NextStep::RemoveFile))
    }
}

impl Item {
    /// The error is a reason to show beside the name.
    pub(super) fn decode(&self) -> Result<Raster, String> {
        match &self.source {
            Source::File(path) => decode::decode(path, 0),
            Source::Page { path, page } => decode::decode(path, *page),
            Source::Array { pixels, index } => {
                let bytes = pixels.image(*index).ok_or("is not in its archive")?.to_vec();
                Raster::new(pixels.width, pixels.height, pixels.channels, Samples::U8(bytes))
            }
        }
    }

    /// Pixels as its header says.
    pub(super) fn pixel_count(&self) -> u64 {
        self.size.map(u64::from).iter().product()
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
    let is_table = kind == Kind::Unknown && matches!(extension(path).as_str(), "csv" | "tsv" | "txt");
    if kind == Kind::Zip {
        return npz(path, path, config);
    }
    if is_table {
        let mut survey = walk::survey(folder, &[], progress)?;
        let notes = masks::separate(&mut survey.pictures);
        let mut recognised = labels::from_given(folder, &survey, path, config)?;
        recognised.warnings.extend(notes);
        recognised.warnings.extend(passed_over(&survey.system_folders, &survey.system_files));
        recognised.skipped.extend(survey.skipped);
        return recognised.finish(folder, config);
    }
    if let Some(outcome) = cifar::recognise(folder, &[path.to_path_buf()]) {
        return outcome.map_err(|reason| refuse(path, &reason, "open the binary version"))?.finish(folder, config);
    }
    let relative = path.file_name().map(PathBuf::from).unwrap_or_default();
    let probe =
        decode::probe(path).map_err(|reason| refuse(path, &reason, "open a picture, a folder of pictures or a MedMNIST .npz"))?;
    let drafts = drafts_of(&Candidate { path: path.to_path_buf(), relative, probe, mask: None }, None, None, None);
    let why = match drafts.len() {
        1 => "A single picture.".to_string(),
        n => format!("A single file with {n} pages."),
    };
    Recognised { layout: Layout::Unlabelled, why, drafts, skipped: Vec::new(), warnings: Vec::new(), normal: None }
        .finish(folder, config)
}

fn npz(path: &Path, root: &Path, config: &DataConfig) -> Result<Dataset> {
    let hint = "a MedMNIST archive holds train_images, train_labels, val_images… as arrays of 0 to 255";
    decode::guarded(|| arrays::open_npz(path)).map_err(|reason| refuse(path, &reason, hint))?.finish(root, config)
}

fn open_folder(root: &Path, config: &DataConfig, progress: &(dyn Fn(usize) + Sync)) -> Result<Dataset> {
    let mut survey = walk::survey(root, &config.only, progress)?;
    let notes = masks::separate(&mut survey.pictures);
    let mut recognised = if let Some(table) = &config.labels {
        labels::from_given(root, &survey, table, config)?
    } else if survey.pictures.is_empty() {
        return without_pictures(root, survey, config);
    } else {
        recognise(root, &mut survey, config)
    };
    recognised.warnings.extend(notes);
    recognised.warnings.extend(passed_over(&survey.system_folders, &survey.system_files));
    recognised.skipped.append(&mut survey.skipped);
    let mut set = recognised.finish(root, config)?;
    let tables = survey.others.into_iter().filter(|p| matches!(extension(p).as_str(), "csv" | "tsv"));
    set.tables = tables.take(TABLES).collect();
    Ok(set)
}

/// Tables that a data set remembers.
const TABLES: usize = 50;

fn recognise(root: &Path, survey: &mut Survey, config: &DataConfig) -> Recognised {
    let among = survey.archives.iter().map(|p| Skipped { path: relative(root, p), reason: Kind::Zip.refusal() });
    survey.skipped.extend(among);
    let base = folders::base(&survey.pictures);
    let mut recognised = folders::recognise(&survey.pictures, &base, config.reading);
    let may_be_table = !matches!(recognised.layout, Layout::Mvtec | Layout::SplitClassFolders);
    if config.reading == Reading::Auto && may_be_table {
        // A table may lie beside the images or in any folder on the way to them.
        let places: Vec<PathBuf> = base.ancestors().map(|folder| root.join(folder)).chain([root.to_path_buf()]).collect();
        let (by_table, notes) = labels::find(root, &places, survey, config);
        recognised = by_table.unwrap_or(recognised);
        recognised.warnings.extend(notes);
    }
    recognised
}

fn without_pictures(root: &Path, survey: Survey, config: &DataConfig) -> Result<Dataset> {
    if let Some(outcome) = cifar::recognise(root, &survey.others) {
        return outcome.map_err(|reason| refuse(root, &reason, "get the binary version of the set"))?.finish(root, config);
    }
    match survey.archives.as_slice() {
        [] => Err(nothing_usable(root, &survey.skipped)),
        [archive] => npz(archive, root, config),
        several => Err(Error::user(
            format!("{} holds {} archives, and one is a data set by itself", root.display(), several.len()),
            format!("open one of them: {}", some_of(several.iter().map(|p| shown(&relative(root, p))))),
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
    fn some_parts_of_a_folder_are_one_data_set() {
        let dir = folder(&["good/a.png", "bad/b.png", "other/c.png", "d.png", "e.png"]);
        let set = open(&dir, |c| c.only = vec!["good".into(), "bad".into()]);
        assert_eq!((classes(&set), set.items.len()), (vec!["bad", "good"], 2));
        let files = open(&dir, |c| c.only = vec!["e.png".into(), "d.png".into()]);
        assert_eq!(files.items.iter().map(|i| i.name.as_str()).collect::<Vec<_>>(), ["d.png", "e.png"]);
        assert_eq!(files.layout, Layout::Unlabelled);
    }
}
