//! What the numbers of YOLO's classes are called: `names` of a `data.yaml`, or the lines of `classes.txt` and its like.

use crate::{
    data::{
        decode,
        layout::{
            file_scan::{extension, relative},
            tables::decode_text,
        },
        text::{cut_list, display_path, first_few},
    },
    error::Warning,
};
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
};

/// Larger files are not read: names of a thousand classes take less, and a parser of YAML takes long for a hundred thousand levels.
const MAX_BYTES: u64 = 32 << 10;

/// Lists of names, a line each, by the number of their line from 0.
const LISTS: &[&str] = &["classes.txt", "class_names.txt", "predefined_classes.txt", "names.txt", "_darknet.labels"];

/// The names that a file gives to numbers.
pub struct ClassNames {
    pub path: PathBuf,
    pub names: BTreeMap<u32, String>,
}

impl ClassNames {
    /// The names for the files of a folder: those in it or nearest above it, else the only ones that there are; of several in one
    /// folder the settings of a training first.
    pub fn of<'a>(all: &'a [Self], folder: &Path) -> impl Iterator<Item = &'a Self> {
        let above = folder.ancestors().find(|above| all.iter().any(|names| names.path.parent() == Some(above)));
        let above =
            above.map(Path::to_path_buf).or_else(|| Some(all.first()?.path.parent()?.to_path_buf()).filter(|_| all.len() == 1));
        all.iter().filter(move |names| names.path.parent() == above.as_deref())
    }

    /// All such files among these, settings before lists.
    pub fn all(files: &[PathBuf]) -> Vec<Self> {
        let (mut settings, mut lists) = (Vec::new(), Vec::new());
        for path in files {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            let (of, read): (_, fn(&str) -> Option<_>) = match extension(path).as_str() {
                "yaml" | "yml" => (&mut settings, names_of_yaml),
                "names" => (&mut lists, names_of_lines),
                _ if LISTS.contains(&name.as_str()) => (&mut lists, names_of_lines),
                _ => continue,
            };
            if !std::fs::metadata(path).is_ok_and(|metadata| metadata.len() <= MAX_BYTES) {
                continue;
            }
            let names = decode::read_whole(path).ok().and_then(|bytes| read(&decode_text(&bytes).0));
            of.extend(names.filter(|names| !names.is_empty()).map(|names| Self { path: path.clone(), names }));
        }
        settings.into_iter().chain(lists).collect()
    }
}

/// Names for the numbers in the files of some folders, and what there is to say of them.
pub struct NumberNames<'a> {
    root: &'a Path,
    all: &'a [ClassNames],
    of_folder: HashMap<PathBuf, Vec<&'a ClassNames>>,
    /// Files whose names are used.
    used: BTreeSet<String>,
    /// Numbers without a name, and the file that names others.
    unnamed: BTreeMap<u32, Option<String>>,
    /// Files that name a class otherwise than that which is used.
    others: BTreeSet<(String, String)>,
}

impl<'a> NumberNames<'a> {
    pub fn new(root: &'a Path, all: &'a [ClassNames]) -> Self {
        let (used, unnamed, others) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        Self { root, all, of_folder: HashMap::new(), used, unnamed, others }
    }

    /// What a class in this file is called: its number, where it has no name.
    pub fn name(&mut self, file: &Path, class: u32) -> String {
        let said = |names: &ClassNames| display_path(&relative(self.root, &names.path));
        let folder = file.parent().unwrap_or(self.root);
        let of = || ClassNames::of(self.all, folder).collect();
        let of = self.of_folder.entry(folder.to_path_buf()).or_insert_with(of);
        let first = of.first().map(|first| said(first));
        let Some(name) = of.first().and_then(|first| first.names.get(&class)) else {
            self.unnamed.insert(class, first);
            return class.to_string();
        };
        let first = first.unwrap_or_default();
        let differs = |other: &&&ClassNames| other.names.get(&class).is_some_and(|other| other != name);
        self.others.extend(of.iter().filter(differs).map(|other| (first.clone(), said(other))));
        self.used.insert(first);
        name.clone()
    }

    /// The files whose names are used; `None` where none is.
    pub fn said_by(&self) -> Option<String> {
        (!self.used.is_empty()).then(|| cut_list(&self.used, 4))
    }

    /// What is said of classes without a name, and of names that contradict each other; `files`: what the annotations are called.
    pub fn notes(&self, files: &str) -> Vec<Warning> {
        let classes = first_few(self.unnamed.keys());
        let unnamed = self.unnamed.values().next().map(|named| match named {
            Some(named) => format!("{named} does not name all classes of {files}: others are called by their numbers ({classes})."),
            None => format!(
                "Nothing names the classes of {files} (data.yaml, classes.txt, obj.names): they are called by their numbers ({classes})."
            ),
        });
        let others =
            self.others.iter().map(|(used, other)| format!("{other} names classes otherwise than {used}, which is used."));
        unnamed.into_iter().chain(others).map(Warning::from).collect()
    }
}

fn names_of_lines(text: &str) -> Option<BTreeMap<u32, String>> {
    Some(numbered(text.lines().map(str::to_string)))
}

/// `names: [cyst, mass]`, or `names: {0: cyst, 1: mass}`; other settings are passed over.
fn names_of_yaml(text: &str) -> Option<BTreeMap<u32, String>> {
    #[derive(Deserialize)]
    struct Settings<T> {
        names: T,
    }
    fn names<T: DeserializeOwned>(text: &str) -> Option<T> {
        serde_saphyr::from_str::<Settings<T>>(text).ok().map(|settings| settings.names)
    }
    names::<Vec<String>>(text).map(numbered).or_else(|| names(text))
}

fn numbered(names: impl IntoIterator<Item = String>) -> BTreeMap<u32, String> {
    let names = (0..).zip(names).map(|(number, name)| (number, name.trim().to_string()));
    names.filter(|(_, name)| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_name_classes_in_any_form() {
        let expected = BTreeMap::from([(0, "cyst".to_string()), (1, "no".into()), (2, "Grade: 3".into())]);
        for text in [
            "train: ../train/images\nnc: 3\nnames: ['cyst', \"no\", 'Grade: 3'] # all\nroboflow:\n  version: 2\n",
            "path: /data\nnames:\n  0: cyst\n  1: no\n  2: 'Grade: 3'\n",
            "names:\n- cyst\n- no\n- \"Grade: 3\"\nnc: 3\n",
            "names: [cyst,\n  no,\n  'Grade: 3']\n",
        ] {
            assert_eq!(names_of_yaml(text).as_ref(), Some(&expected), "{text}");
        }
        assert_eq!(names_of_yaml("names: [0, 1.5]").unwrap(), BTreeMap::from([(0, "0".into()), (1, "1.5".into())]));
        let laughs = format!(
            "a: &a [{}]\nb: &b [{}]\nc: &c [{}]\nd: &d [{}]\nnames: *d",
            "x,".repeat(99),
            "*a,".repeat(99),
            "*b,".repeat(99),
            "*c,".repeat(99)
        );
        for text in ["", "nc: 3", "names: 3", "names: [a", "names: {cyst: 0}", "\0", &laughs] {
            assert_eq!(names_of_yaml(text), None, "{text:.40}");
        }
        assert_eq!(names_of_lines("cyst\r\n\r\nmass \r\n").unwrap(), BTreeMap::from([(0, "cyst".into()), (2, "mass".into())]));
    }
}
