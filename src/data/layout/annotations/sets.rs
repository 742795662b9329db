//! The files of single images as tables of labels: an image is what is marked in its file, as it is in a list of COCO.

use super::{
    class_names::{ClassNames, NumberNames},
    labelme,
    pairing::{Pair, PictureIndex, folders, split_of},
    voc, yolo,
};
use crate::{
    data::{
        dataset::Skipped,
        decode,
        layout::{
            file_scan::{PictureFile, extension, relative},
            tables::{JOIN, Table, decode_text, unmarked},
        },
        text::{cut_list, display_path, first_few},
    },
    error::Warning,
};
use csv::StringRecord;
use encoding_rs::WINDOWS_1252;
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
};

/// Larger files are not read: outlines of hundreds of findings take a few.
const MAX_BYTES: u64 = 16 << 20;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnnotationFormat {
    Voc,
    Yolo,
    LabelMe,
}

impl AnnotationFormat {
    fn of(path: &Path) -> Option<Self> {
        match extension(path).as_str() {
            "xml" => Some(Self::Voc),
            "txt" => Some(Self::Yolo),
            "json" => Some(Self::LabelMe),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Voc => "Pascal VOC",
            Self::Yolo => "YOLO",
            Self::LabelMe => "LabelMe",
        }
    }
}

/// What is marked in an image.
enum Marks {
    Names(BTreeSet<String>),
    /// Numbers of classes.
    Classes(BTreeSet<u32>),
}

impl Marks {
    fn read(path: &Path, format: AnnotationFormat) -> Result<Self, String> {
        let size = std::fs::metadata(path).map_err(|error| decode::io_reason(&error))?.len();
        if size > MAX_BYTES {
            return Err(format!("is larger than {} MiB", MAX_BYTES >> 20));
        }
        let bytes = decode::read_whole(path)?;
        let text = decode_text(&bytes).0;
        match format {
            AnnotationFormat::Voc => voc::read(&text).map(Self::Names),
            AnnotationFormat::Yolo => yolo::read(&text).map(Self::Classes),
            AnnotationFormat::LabelMe => labelme::read(&text).map(Self::Names),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Names(names) => names.is_empty(),
            Self::Classes(classes) => classes.is_empty(),
        }
    }

    /// The names of what is marked in `file`.
    fn names(&self, file: &Path, named: &mut NumberNames) -> BTreeSet<String> {
        match self {
            Self::Names(names) => names.clone(),
            Self::Classes(classes) => classes.iter().map(|&class| named.name(file, class)).collect(),
        }
    }
}

/// A file that is called like a picture.
struct File<'a> {
    path: &'a PathBuf,
    pair: Pair,
    /// The error is a reason to show behind its name.
    marks: Result<Marks, String>,
}

impl File<'_> {
    /// Its picture, and how many folders lead there.
    fn picture(&self) -> Option<(usize, usize)> {
        match self.pair {
            Pair::One { picture, steps } => Some((picture, steps)),
            Pair::None | Pair::Several => None,
        }
    }
}

/// Folders called alike, but for their splits, hold files of one kind.
type FileKind = (AnnotationFormat, String);

fn kind(root: &Path, path: &Path) -> Option<FileKind> {
    let is_split = |name: &String| split_of(std::slice::from_ref(name)).is_some();
    let name = folders(&relative(root, path)).into_iter().rev().find(|name| !is_split(name));
    Some((AnnotationFormat::of(path)?, name.unwrap_or_default()))
}

/// Files of single images that say of which folders' images what is in them.
#[derive(Debug)]
pub struct AnnotationSet {
    /// The folder that holds all of them.
    pub folder: PathBuf,
    /// What they are called: `train/labels/*.txt`.
    pub name: String,
    pub format: AnnotationFormat,
    /// Where the names of classes are from.
    pub names: Option<String>,
    /// Paths of images, from the root, and their labels: none where the file cannot be read.
    pub table: Table,
}

/// What is found in the files of single images.
#[derive(Debug, Default)]
pub struct Annotations {
    pub sets: Vec<AnnotationSet>,
    /// All files that were read as such.
    pub files: HashSet<PathBuf>,
    /// Those that cannot be read.
    pub skipped: Vec<Skipped>,
    pub notes: Vec<Warning>,
}

impl Annotations {
    /// Those of these pictures among `files`, with the names of classes that lie there; paths count from `root`.
    pub fn find(root: &Path, pictures: &[PictureFile], files: &[PathBuf]) -> Self {
        let kinds = of_kinds(root, pictures, files);
        let mut found = Self::default();
        if kinds.is_empty() {
            return found;
        }
        found.files = kinds.values().flatten().map(|file| file.path.clone()).collect();
        let is_of_kind = |path: &Path| kind(root, path).is_some_and(|kind| kinds.contains_key(&kind));
        found.without_picture(root, files.iter().filter(|path| is_of_kind(path)));
        found.without_label(root, kinds.values().flatten());
        // A picture is what the file nearest to it says.
        let mut nearest = HashMap::<(AnnotationFormat, usize), usize>::new();
        for ((format, _), files) in &kinds {
            for (picture, steps) in files.iter().filter_map(File::picture) {
                nearest.entry((*format, picture)).and_modify(|least| *least = steps.min(*least)).or_insert(steps);
            }
        }
        let names = ClassNames::all(files);
        let mut sets = Vec::new();
        for ((format, _), files) in &kinds {
            let mut named = NumberNames::new(root, &names);
            let mut labels = Vec::new();
            for file in files {
                if let Some((picture, steps)) = file.picture()
                    && nearest.get(&(*format, picture)) == Some(&steps)
                {
                    let marked = file.marks.as_ref().ok().map(|marks| marks.names(file.path, &mut named));
                    labels.push((name_of(&pictures[picture]), marked));
                }
            }
            if !labels.is_empty() {
                let set = set(root, *format, files);
                found.notes.extend(named.notes(&set.name));
                sets.push((AnnotationSet { names: named.said_by(), ..set }, labels));
            }
        }
        // An image without marks is one in a set where others have some.
        for format in [AnnotationFormat::Voc, AnnotationFormat::Yolo, AnnotationFormat::LabelMe] {
            let of_format = |(set, _): &&(AnnotationSet, Labels)| set.format == format;
            let marked = sets.iter().filter(of_format).flat_map(|(_, labels)| labels).filter_map(|(_, marked)| marked.as_ref());
            let none = unmarked(marked.flatten().map(String::as_str));
            for (set, labels) in sets.iter_mut().filter(|(set, _)| set.format == format) {
                set.table.rows = labels.iter().map(|(name, marked)| row(name, marked.as_ref(), none)).collect();
            }
        }
        found.sets = sets.into_iter().map(|(set, _)| set).collect();
        found
    }

    /// What is said of files that mark something in an image that is not here.
    fn without_picture<'a>(&mut self, root: &Path, files: impl Iterator<Item = &'a PathBuf>) {
        let marks = |path: &Path| AnnotationFormat::of(path).and_then(|format| Marks::read(path, format).ok());
        let files = files.filter(|path| !self.files.contains(*path));
        let lone: Vec<&PathBuf> = files.filter(|path| marks(path).is_some_and(|marks| !marks.is_empty())).collect();
        if !lone.is_empty() {
            let said = ["1 file annotates an image that is not here", "files annotate images that are not here"];
            self.note(said, lone.iter().map(|path| display_path(&relative(root, path))).collect());
        }
        self.files.extend(lone.into_iter().cloned());
    }

    /// What is said of files that give no label, with their reasons.
    fn without_label<'a>(&mut self, root: &Path, files: impl Iterator<Item = &'a File<'a>>) {
        let mut several = Vec::new();
        for file in files {
            let path = relative(root, file.path);
            match &file.marks {
                Err(reason) => self.skipped.push(Skipped { path, reason: reason.clone() }),
                Ok(_) if file.pair == Pair::Several => several.push(display_path(&path)),
                Ok(_) => {}
            }
        }
        let damaged: Vec<String> = self.skipped.iter().map(|file| format!("{} {}", file.name(), file.reason)).collect();
        let said = ["1 file of annotations is damaged and labels nothing", "files of annotations are damaged and label nothing"];
        self.note(said, damaged);
        let said = [
            "1 file is called like more than one image and labels none of them",
            "files are called like more than one image and label none of them",
        ];
        self.note(said, several);
    }

    /// A line on some files, with their names; the number goes before what is said of several.
    fn note(&mut self, [one, several]: [&str; 2], names: Vec<String>) {
        let said = match names.len() {
            0 => return,
            1 => one.to_string(),
            count => format!("{count} {several}"),
        };
        self.notes.push(format!("{said} ({}).", first_few(names)).into());
    }
}

/// The files that are called like pictures, by their kinds. Texts and files of XML are many things: most of a kind have to say what is
/// in an image; texts that are all empty say so where others are of YOLO.
fn of_kinds<'a>(root: &Path, pictures: &[PictureFile], files: &'a [PathBuf]) -> BTreeMap<FileKind, Vec<File<'a>>> {
    let named = PictureIndex::new(pictures);
    let read = |path: &'a PathBuf| {
        let kind = kind(root, path)?;
        let pair = named.of(&relative(root, path));
        (pair != Pair::None).then(|| (File { path, pair, marks: Marks::read(path, kind.0) }, kind))
    };
    let mut kinds = BTreeMap::<FileKind, Vec<File>>::new();
    for (file, kind) in files.par_iter().filter_map(read).collect::<Vec<_>>() {
        kinds.entry(kind).or_default().push(file);
    }
    let count = |files: &[File], is: fn(&Result<Marks, String>) -> bool| files.iter().filter(|file| is(&file.marks)).count();
    let are_sound = |(format, _): &FileKind, files: &[File]| {
        let sound = match format {
            AnnotationFormat::Voc | AnnotationFormat::LabelMe => count(files, |marks| marks.is_ok()),
            AnnotationFormat::Yolo => count(files, |marks| marks.as_ref().is_ok_and(|marks| !marks.is_empty())),
        };
        sound > 0 && sound >= count(files, |marks| marks.is_err())
    };
    let is_yolo = kinds.iter().any(|(kind, files)| kind.0 == AnnotationFormat::Yolo && are_sound(kind, files));
    kinds.retain(|kind, files| {
        are_sound(kind, files) || (kind.0 == AnnotationFormat::Yolo && is_yolo && count(files, |marks| marks.is_err()) == 0)
    });
    kinds
}

/// Names of images, and what is marked in each; `None` where its file cannot be read.
type Labels = Vec<(String, Option<BTreeSet<String>>)>;

fn row(name: &str, marked: Option<&BTreeSet<String>>, none: &str) -> StringRecord {
    let label = match marked {
        Some(marked) if marked.is_empty() => none.to_string(),
        Some(marked) => marked.iter().map(String::as_str).collect::<Vec<_>>().join(JOIN),
        None => String::new(),
    };
    [name, &label].into_iter().collect()
}

/// The path of a picture as a table names it.
fn name_of(picture: &PictureFile) -> String {
    let bytes = picture.relative.as_os_str().as_encoded_bytes();
    std::str::from_utf8(bytes).map_or_else(|_| WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), str::to_string)
}

/// These files, their table still without rows.
fn set(root: &Path, format: AnnotationFormat, files: &[File]) -> AnnotationSet {
    let places: BTreeSet<&Path> = files.iter().filter_map(|file| file.path.parent()).collect();
    let ending = files.first().map(|file| extension(file.path)).unwrap_or_default();
    let name = cut_list(places.iter().map(|place| display_path(&relative(root, &place.join(format!("*.{ending}"))))), 4);
    let holds_all = |above: &&Path| places.iter().all(|place| place.starts_with(above));
    let folder = places.first().and_then(|place| place.ancestors().find(holds_all)).unwrap_or(root).to_path_buf();
    let table = Table { headers: ["file", "label"].map(str::to_string).to_vec(), ..Table::default() };
    AnnotationSet { folder, name, format, names: None, table }
}
