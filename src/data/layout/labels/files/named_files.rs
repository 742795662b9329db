//! Which picture a value of a table names.
//!
//! A path in a table is a path: it names the picture that lies there, and never one of the same name in another folder. A
//! name without a folder counts where only one picture has it.

use super::{
    naming::Naming,
    path_text::{
        absolute, beginning, from_end, key, number, parts, parts_of, without_extension, without_format, without_letter,
        without_zero,
    },
};
use crate::data::{
    layout::{file_scan::FileScan, levels::split_of_folder},
    text::fold,
};
use encoding_rs::WINDOWS_1252;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::Path,
};

/// The picture that a value names, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    One(usize),
    None,
    /// So many pictures are called that.
    Several(usize),
    /// No picture but a folder of them ([`NamedFiles::folder`]).
    Folder(usize),
}

/// The pictures by what a table may call them. Case and extension matter only between pictures that differ in nothing else.
pub struct NamedFiles<'a> {
    root: &'a Path,
    /// The folders down to the root, as it was named and without links.
    places: Vec<Vec<String>>,
    pictures: Vec<Vec<String>>,
    /// By the whole path, with and without extension, in lower case.
    by_path: HashMap<String, Vec<usize>>,
    /// Paths from the last part to the first, the root's own last, in lower case and in their order.
    by_end: Vec<(String, usize)>,
    /// Folders that hold pictures, in lower case, with the numbers of those above them, from the root on, and their own.
    folders: HashMap<String, Vec<usize>>,
    /// Folders by their own names, those that hold other folders among them, with their numbers; `None` where several are called so.
    folders_named: HashMap<String, Option<usize>>,
    /// The pictures in each folder and below it.
    in_folder: Vec<Vec<usize>>,
    /// Pictures by the first words of their names.
    by_beginning: HashMap<String, Vec<usize>>,
    /// Files that are no usable pictures, by their paths and by their names.
    unusable: HashSet<String>,
}

/// More pictures of one name are not told apart.
const MAX_NAMESAKES: usize = 10_000;
impl<'a> NamedFiles<'a> {
    pub fn new(root: &'a Path, scan: &FileScan) -> Self {
        let named = absolute(root);
        let linked = std::fs::canonicalize(root).ok().map(|path| parts_of(&path)).filter(|parts| *parts != named);
        let places: Vec<Vec<String>> = [named].into_iter().chain(linked).collect();
        let pictures: Vec<Vec<String>> = scan.pictures.iter().map(|c| parts_of(&c.relative)).collect();
        let (mut by_path, mut by_end) = (HashMap::<_, Vec<usize>>::new(), Vec::new());
        let (mut folders, mut in_folder) = (HashMap::<String, Vec<usize>>::new(), Vec::<Vec<usize>>::new());
        let mut by_beginning = HashMap::<String, Vec<usize>>::new();
        let (mut folders_named, mut below) = (HashMap::new(), HashMap::<String, usize>::new());
        let mut add = |path: &[String], i: usize| {
            let Some((name, folder)) = path.split_last() else { return };
            let name = fold(name);
            let stem = without_extension(&name);
            let number = number(stem);
            let bare = without_format(stem);
            // DeepLesion's tables call `000001_01_01/103.png` `000001_01_01_103.png`.
            let joined = folder.last().filter(|_| number.is_some()).map(|folder| format!("{}_{stem}", fold(folder)));
            let names = [Some(stem), (stem != name).then_some(name.as_str()), number.as_deref(), bare, joined.as_deref()];
            for name in names.into_iter().flatten() {
                by_path.entry(format!("{}/{name}", key(folder))).or_default().push(i);
                by_end.extend(places.iter().map(|place| (from_end(name, place.iter().chain(folder)), i)));
            }
            if let Some(word) = beginning(stem) {
                by_beginning.entry(word.to_string()).or_default().push(i);
            }
            let numbers = folders.entry(key(folder)).or_insert_with(|| {
                // The folders above it hold its pictures, too.
                let number_of = |depth: usize| {
                    *below.entry(key(&folder[..depth])).or_insert_with(|| {
                        in_folder.push(Vec::new());
                        let number = in_folder.len() - 1;
                        let name = folder[..depth].last().map(|name| fold(name)).unwrap_or_default();
                        for name in [Some(name.as_str()), without_letter(&name)].into_iter().flatten() {
                            folders_named.entry(name.to_string()).and_modify(|one| *one = None).or_insert(Some(number));
                        }
                        number
                    })
                };
                (0..=folder.len()).map(number_of).collect()
            });
            for &number in numbers.iter() {
                // Under both of its names, a picture is one.
                if in_folder[number].last() != Some(&i) {
                    in_folder[number].push(i);
                }
            }
        };
        for (i, (path, picture)) in pictures.iter().zip(&scan.pictures).enumerate() {
            add(path, i);
            // A name in Windows-1252, as a table may have it in whatever encoding.
            let bytes = picture.relative.as_os_str().as_encoded_bytes();
            if std::str::from_utf8(bytes).is_err() {
                add(&parts(&WINDOWS_1252.decode_without_bom_handling(bytes).0), i);
            }
        }
        by_end.sort_unstable();
        let skipped = scan.skipped.iter().map(|s| parts_of(&s.path));
        let unusable = skipped.flat_map(|path| [key(&path), key(&path[path.len().saturating_sub(1)..])]).collect();
        Self { root, places, pictures, by_path, by_end, folders, folders_named, in_folder, by_beginning, unusable }
    }

    /// The pictures of a folder that a value names.
    pub fn folder(&self, number: usize) -> &[usize] {
        &self.in_folder[number]
    }

    /// The parts of each picture's path from the root.
    pub fn paths(&self) -> &[Vec<String>] {
        &self.pictures
    }

    /// How many pictures there are.
    pub fn count(&self) -> usize {
        self.pictures.len()
    }

    pub fn root(&self) -> &'a Path {
        self.root
    }

    /// The picture at a path from the table's folder, from the root, or from any folder above; else at a path that ends so,
    /// where the value is not a path to another folder of pictures. A name without a folder stands for itself.
    pub fn find(&self, value: &str, naming: &Naming) -> Match {
        let parts = parts(value);
        let Some(parts) = parts.strip_prefix(naming.prefix.as_slice()) else { return Match::None };
        let Some((name, folders)) = parts.split_last() else { return Match::None };
        let is_whole = naming.prefix.is_empty();
        // A table above the root says by itself which folder the root is.
        let from_root = is_whole || !self.places.iter().any(|p| p.len() > naming.folder.len() && p.starts_with(&naming.folder));
        let paths = [
            self.below_root(&[&naming.folder, parts].concat()),
            from_root.then(|| parts.to_vec()),
            is_whole.then(|| self.below_root(parts)).flatten(),
        ];
        let found = paths.iter().flatten().map(|path| self.at(path)).find(|found| *found != Match::None);
        if let Some(found) = found {
            return found;
        }
        if let Some(&folder) =
            paths.iter().flatten().filter(|_| !folders.is_empty()).find_map(|path| self.folders.get(&key(path))?.last())
        {
            return Match::Folder(folder);
        }
        let is_known = |path: &Vec<String>| path.split_last().is_some_and(|(_, folder)| self.folders.contains_key(&key(folder)));
        if !folders.is_empty() && paths.iter().flatten().any(is_known) {
            return Match::None;
        }
        // What a prefix was left out of begins at the root, or at a folder that leads to it.
        let ending = |image: usize| is_whole || self.pictures[image].len() <= folders.len();
        match self.ending(name, folders, &ending) {
            Match::Several(n) if folders.is_empty() => {
                let begins = |folder: &String| !naming.stem.is_empty() && fold(folder).starts_with(&naming.stem);
                let beside = |image: usize| self.pictures[image].iter().rev().nth(1).is_some_and(begins);
                let of_split = |image: usize| {
                    let folders = self.pictures[image].iter().rev().skip(1);
                    naming.split.is_some() && folders.rev().find_map(|folder| split_of_folder(folder)) == naming.split
                };
                let nearest = || {
                    let nearest = |keep: &dyn Fn(usize) -> bool| self.nearest_to(&naming.folder, name, keep);
                    naming.split.and_then(|_| nearest(&of_split)).or_else(|| nearest(&|_| true))
                };
                match (self.ending(name, folders, &beside), self.ending(name, folders, &of_split)) {
                    (Match::One(image), _) | (_, Match::One(image)) => Match::One(image),
                    _ => nearest().map_or(Match::Several(n), Match::One),
                }
            }
            Match::None if folders.is_empty() && naming.may_be_folders => {
                let named = self.folders_named.get(without_zero(&fold(name))).copied().flatten();
                named.map_or(Match::None, Match::Folder)
            }
            Match::None if folders.is_empty() => match self.by_beginning.get(&fold(name)).map(Vec::as_slice) {
                Some([image]) => Match::One(*image),
                _ => Match::None,
            },
            found => found,
        }
    }

    /// The one picture of a name, of those to `keep`, below the folder of its table, else below the folder above that, up to the
    /// root.
    fn nearest_to(&self, table: &[String], name: &str, keep: &dyn Fn(usize) -> bool) -> Option<usize> {
        let table = self.below_root(table)?;
        let below = |n: usize| self.ending(name, &[], &|image| self.pictures[image].starts_with(&table[..n]) && keep(image));
        match (0..=table.len()).rev().map(below).find(|found| *found != Match::None)? {
            Match::One(image) => Some(image),
            _ => None,
        }
    }

    /// Whether a value names this picture by the beginning of its name alone.
    pub fn is_beginning(&self, value: &str, image: usize) -> bool {
        let name = self.pictures[image].last().map(|name| fold(name)).unwrap_or_default();
        beginning(without_extension(&name)).is_some_and(|word| word == fold(value))
    }

    /// The picture at a path from the root.
    fn at(&self, path: &[String]) -> Match {
        let Some((name, folder)) = path.split_last() else { return Match::None };
        let of = |name: &str| self.by_path.get(&format!("{}/{name}", key(folder))).cloned().unwrap_or_default();
        one_of(&self.nearest(name, of))
    }

    /// The folders that tell the pictures of a name apart: the outermost that hold one of them alone.
    pub fn folders_apart(&self, value: &str, naming: &Naming) -> Vec<String> {
        let parts = parts(value);
        let Some((name, folders)) = parts.strip_prefix(naming.prefix.as_slice()).and_then(<[_]>::split_last) else {
            return Vec::new();
        };
        let images = self.all_ending(name, folders, &|_| true);
        let is_alone = |folder: &&[String]| images.iter().filter(|&&image| self.pictures[image].starts_with(folder)).count() == 1;
        let apart = |&image: &usize| {
            let path = &self.pictures[image];
            (1..path.len()).map(|depth| &path[..depth]).find(is_alone).map(|folder| folder.join("/"))
        };
        images.iter().filter_map(apart).collect()
    }

    /// The picture whose path, the root's before it, ends with these folders and this name.
    fn ending(&self, name: &str, folders: &[String], keep: &dyn Fn(usize) -> bool) -> Match {
        one_of(&self.all_ending(name, folders, keep))
    }

    fn all_ending(&self, name: &str, folders: &[String], keep: &dyn Fn(usize) -> bool) -> Vec<usize> {
        self.nearest(name, |name| {
            let end = from_end(name, folders.iter());
            let start = self.by_end.partition_point(|(path, _)| *path < end);
            let alike = self.by_end[start..].iter().take_while(|(path, _)| path.starts_with(&end)).take(MAX_NAMESAKES);
            let images: BTreeSet<usize> = alike.map(|(_, image)| *image).filter(|&image| keep(image)).collect();
            images.into_iter().collect()
        })
    }

    /// Of the pictures of a name, else of its stem: those whose names differ least.
    fn nearest(&self, name: &str, of: impl Fn(&str) -> Vec<usize>) -> Vec<usize> {
        let lower = fold(name);
        let mut images = of(&lower);
        if images.is_empty() {
            images = of(without_extension(&lower));
        }
        // SIIM-FISABIO's `000a312787f2_image`.
        if let (true, Some(image)) = (images.is_empty(), without_extension(&lower).strip_suffix("_image")) {
            images = of(image);
        }
        // Spreadsheets write `0012` as 12, pandas as 12.0.
        if let (true, Some(number)) = (images.is_empty(), number(without_zero(without_extension(&lower)))) {
            images = of(&number);
        }
        if images.len() > 1 {
            let differs = |image: usize| {
                let own = self.pictures[image].last().map_or("", String::as_str);
                (own != name, fold(own) != lower)
            };
            let least = images.iter().map(|&i| differs(i)).min_by_key(|&(exactly, at_all)| (at_all, exactly));
            images.retain(|&i| Some(differs(i)) == least);
        }
        images
    }

    /// The rest of an absolute path that leads below the root.
    fn below_root(&self, path: &[String]) -> Option<Vec<String>> {
        let mut plain: Vec<String> = Vec::new();
        for part in path {
            match part.as_str() {
                ".." => _ = plain.pop(),
                _ => plain.push(part.clone()),
            }
        }
        self.places.iter().find_map(|place| plain.strip_prefix(place.as_slice())).map(<[_]>::to_vec)
    }

    /// Whether a value names a file that is there but cannot be used.
    pub fn is_unusable(&self, value: &str, naming: &Naming) -> bool {
        let parts = parts(value);
        let path = parts.strip_prefix(naming.prefix.as_slice()).unwrap_or(&parts);
        let here = self.below_root(&[&naming.folder, path].concat());
        self.unusable.contains(&key(path)) || here.is_some_and(|path| self.unusable.contains(&key(&path)))
    }
}

fn one_of(images: &[usize]) -> Match {
    match *images {
        [] => Match::None,
        [image] => Match::One(image),
        _ => Match::Several(images.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{
        decode::Probe,
        layout::{file_scan::PictureFile, tables::Table},
    };

    const ROOT: &str = "/data/hospital_b";

    /// What the values of `table` name among `pictures` under [`ROOT`], by place.
    fn found(pictures: &[&str], table: &str, values: &[&str]) -> Vec<Match> {
        let picture = |path: &&str| PictureFile {
            path: Path::new(ROOT).join(path),
            relative: path.into(),
            probe: Probe { pages: vec![(0, [1, 1])], patient: None, windows: None, derived: None },
            masks: Vec::new(),
        };
        let scan = FileScan { pictures: pictures.iter().map(picture).collect(), ..FileScan::default() };
        let rows = Table::parse(format!("file\n{}\n", values.join("\n")).as_bytes()).unwrap();
        let files = NamedFiles::new(Path::new(ROOT), &scan);
        let naming = files.naming(Path::new(table), &rows, Some(0));
        values.iter().map(|value| files.find(value, &naming)).collect()
    }

    const HERE: &str = "/data/hospital_b/labels.csv";

    #[test]
    fn a_path_names_what_lies_there_and_nothing_else() {
        use Match::{None, One, Several};
        let pictures = ["a/1.png", "a/2.png", "b/1.png", "b/3.png"];
        assert_eq!(found(&pictures, HERE, &["a/1.png", "b/1.png", "a/3.png", "c/2.png"]), [One(0), One(2), None, None]);
        assert_eq!(found(&pictures, HERE, &[r".\a\1.png", "A/2.PNG", "/b/3", "./b/3.jpg"]), [One(0), One(1), One(3), One(3)]);
        assert_eq!(found(&pictures, HERE, &["1.png", "2.png", "3", "4"]), [Several(2), One(1), One(3), None]);
        assert_eq!(found(&pictures, HERE, &["c/1.png", "c/3.png"]), [None, None]);
        assert_eq!(found(&pictures, HERE, &["c/a/1.png", "d/a/2.png"]), [None, None], "two places cannot both be this one");
    }

    #[test]
    fn paths_may_begin_at_the_table_above_the_root_or_elsewhere() {
        use Match::{None, One};
        let pictures = ["a/1.png", "b/1.png", "2.png"];
        assert_eq!(found(&pictures, "/data/hospital_b/a/x.csv", &["1.png", "../b/1.png"]), [One(0), One(1)]);
        assert_eq!(
            found(&pictures, HERE, &["hospital_b/a/1.png", "hospital_a/b/1.png", "hospital_a/2.png"]),
            [One(0), None, None]
        );
        assert_eq!(found(&pictures, HERE, &["/data/hospital_b/a/1.png", "/data/hospital_a/b/1.png"]), [One(0), None]);
        assert_eq!(found(&pictures, HERE, &["/data/local-files/?d=a/1.png", "/data/local-files/?d=b/1.png"]), [One(0), One(1)]);
        assert_eq!(found(&pictures, HERE, &[r"C:\Users\me\a\1.png", r"C:\Users\me\2.png"]), [One(0), One(2)]);
        assert_eq!(found(&pictures, "/data/labels.csv", &["hospital_a/2.png", "hospital_a/a/1.png"]), [None, None]);
        assert_eq!(found(&pictures, "/data/labels.csv", &["set/hospital_b/2.png", "set/hospital_a/2.png"]), [One(2), None]);
    }

    #[test]
    fn a_path_may_begin_below_the_root() {
        use Match::{None, One, Several};
        let pictures = ["train/p1/1.png", "test/p2/1.png", "x/p3/1.png", "y/p3/1.png", "p1/2.png"];
        assert_eq!(found(&pictures, HERE, &["p2/1.png", "p3/1.png", "1/1.png"]), [One(1), Several(2), None]);
        assert_eq!(found(&pictures, HERE, &["p1/2.png", "p1/1.png"]), [One(4), None], "p1 is another folder");
    }

    #[test]
    fn names_may_lack_their_extension_or_have_another() {
        use Match::{One, Several};
        let pictures = ["1.2.840", "1.2.841", "a.PNG", "a.png", "b.jpg", "b.tif"];
        let found = found(&pictures, HERE, &["1.2.840", "1.2.841.dcm", "a.png", "a.PNG", "b", "b.TIF"]);
        assert_eq!(found, [One(0), One(1), One(3), One(2), Several(2), One(5)]);
    }

    #[test]
    fn numbers_may_have_lost_their_zeros() {
        use Match::{None, One, Several};
        let pictures = ["a/0007.png", "a/12.png", "b/012.png", "0.png"];
        assert_eq!(
            found(&pictures, HERE, &["7", "7.0", "07.png", "a/7", "b/12", "12"]),
            [One(0), One(0), One(0), One(0), One(2), One(1)]
        );
        assert_eq!(found(&pictures, HERE, &["0.0", "00", "8", "7.5"]), [One(3), One(3), None, None]);
        assert_eq!(found(&["a/007.png", "b/07.png"], HERE, &["7"]), [Several(2)]);
    }

    #[test]
    fn a_bare_name_means_the_picture_nearest_to_its_table() {
        use Match::{One, Several};
        let pictures = ["c1/train/1.png", "c1/test/1.png", "c2/train/1.png"];
        assert_eq!(found(&pictures, "/data/hospital_b/c1/test/label/labels.txt", &["1.png"]), [One(1)], "DAGM");
        assert_eq!(found(&pictures, "/data/hospital_b/c2/labels.txt", &["1"]), [One(2)]);
        assert_eq!(found(&pictures, "/data/hospital_b/c1/labels.txt", &["1"]), [Several(3)]);
    }

    #[test]
    fn a_table_of_a_split_means_the_nearest_pictures_of_that_split() {
        use Match::{None, One};
        let pictures = ["B/img/train/1.png", "B/img/test/1.png", "B/img/test/2.png", "C/img/train/1.png", "C/img/test/1.png"];
        assert_eq!(found(&pictures, "/data/hospital_b/B/tables/Training Labels.csv", &["1", "3"]), [One(0), None], "IDRiD");
        assert_eq!(found(&pictures, "/data/hospital_b/C/tables/Testing Labels.csv", &["1", "2"]), [One(4), One(2)]);
    }

    #[test]
    fn a_table_of_a_split_means_the_pictures_of_that_split() {
        use Match::{One, Several};
        let pictures = ["train/1.png", "val/1.png", "val/2.png"];
        assert_eq!(found(&pictures, "/data/hospital_b/annotations/instances_val.json", &["1.png", "2"]), [One(1), One(2)]);
        assert_eq!(found(&pictures, "/data/hospital_b/a. Training Labels.csv", &["1"]), [One(0)]);
        assert_eq!(found(&pictures, HERE, &["1"]), [Several(2)]);
    }
}
