//! Patients by the names of their files and folders.

use super::{
    file_scan::PictureFile,
    levels::{Level, are_numbered_classes, is_generic, split_of_folder},
};
use crate::data::{
    dataset::Item,
    text::{display_part, first_few},
};
use std::{
    collections::BTreeSet,
    path::{Component, Path},
};

/// Gives each picture below folders that are called like patients (`patient00001/study1/`) the folder as its patient, where its
/// file says none. Returns what is said of it.
pub fn patients_from_folders(pictures: &mut [PictureFile], base: &Path) -> Option<String> {
    let folders = |picture: &PictureFile| -> Vec<String> {
        let below = picture.relative.strip_prefix(base).unwrap_or(&picture.relative).parent();
        let parts = below.into_iter().flat_map(Path::components).map(|part: Component| display_part(part.as_os_str()));
        parts.filter(|name| split_of_folder(name).is_none() && !is_generic(name)).collect()
    };
    let paths: Vec<Vec<String>> = pictures.iter().map(folders).collect();
    let depth = paths.iter().map(Vec::len).max().unwrap_or(0);
    let names = |level: usize| paths.iter().filter_map(|path| path.get(level).map(String::as_str)).collect::<BTreeSet<_>>();
    let are_patients = |names: &BTreeSet<&str>| Level::of(names) == Level::Patients || are_numbered_classes(names);
    let level = (0..depth).find(|&level| names(level).len() > 1 && are_patients(&names(level)))?;
    for (picture, path) in pictures.iter_mut().zip(&paths).filter(|(p, _)| p.probe.patient.is_none()) {
        picture.probe.patient = path.get(level).map(|name| {
            // Short numbers may begin anew in each folder.
            let is_long = name.bytes().filter(u8::is_ascii_digit).count() >= 4;
            if is_long { name.clone() } else { path[..=level].join("/") }
        });
    }
    Some(format!("Patients are read from the folders ({}).", first_few(names(level))))
}

/// Gives each image its patient where nearly all names follow a known pattern, and returns that pattern: `13_left`/`13_right`, `person1_bacteria_2`
/// (Kermany's chest X-rays), `CNV-1016042-1` (OCT2017). Names of patients are shared between classes.
pub fn patients_from_names(items: &mut [Item]) -> Option<&'static str> {
    if items.is_empty() || items.iter().any(|i| i.patient.is_some()) {
        return None;
    }
    type Pattern = fn(&str) -> Option<&str>;
    const PATTERNS: [(&str, Pattern); 4] =
        [("NAME_left and NAME_right", eye), ("personN_…", person), ("CLASS-PATIENT-N", oct), ("SOB_CLASS-YEAR-PATIENT-N", slide)];
    let stem = |item: &Item| {
        let file = item.name.rsplit('/').next().unwrap_or(&item.name);
        file.split_once('.').map_or(file, |(stem, _)| stem).to_string()
    };
    let stems: Vec<String> = items.iter().map(stem).collect();
    let (name, pattern) =
        PATTERNS.iter().find(|(_, p)| stems.iter().filter(|s| p(s).is_some()).count() * 10 >= stems.len() * 9)?;
    for (item, stem) in items.iter_mut().zip(&stems) {
        item.patient = pattern(stem).map(str::to_string);
    }
    Some(name)
}

fn eye(stem: &str) -> Option<&str> {
    let (patient, side) = stem.rsplit_once(['_', '-'])?;
    (!patient.is_empty() && ["left", "right"].iter().any(|s| side.eq_ignore_ascii_case(s))).then_some(patient)
}

fn person(stem: &str) -> Option<&str> {
    let (patient, rest) = stem.split_once('_')?;
    let number = patient.strip_prefix("person")?;
    (digits(number) && !rest.is_empty()).then_some(patient)
}

fn oct(stem: &str) -> Option<&str> {
    let (class, rest) = stem.split_once('-')?;
    let (patient, number) = rest.split_once('-')?;
    (class.chars().all(|c| c.is_ascii_alphabetic()) && patient.len() >= 4 && digits(patient) && digits(number)).then_some(patient)
}

/// BreakHis: `22549AB` of `SOB_B_TA-14-22549AB-40-001`.
fn slide(stem: &str) -> Option<&str> {
    let mut parts = stem.strip_prefix("SOB_")?.split('-').skip(1);
    let (year, patient) = (parts.next()?, parts.next()?);
    (digits(year) && patient.starts_with(|c: char| c.is_ascii_digit()) && parts.all(digits)).then_some(patient)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patients_are_read_from_known_patterns_only() {
        assert_eq!(eye("13_left"), Some("13"));
        assert_eq!(eye("a_b-RIGHT"), Some("a_b"));
        assert_eq!(eye("left"), None);
        assert_eq!(person("person12_virus_3"), Some("person12"));
        assert_eq!(person("IM-0001-0001"), None);
        assert_eq!(oct("CNV-1016042-1"), Some("1016042"));
        assert_eq!(oct("IM-01-0001"), None);
        assert_eq!(
            [slide("SOB_B_TA-14-22549AB-40-001"), slide("SOB_M-2"), slide("B-14-22549AB-40-001")],
            [Some("22549AB"), None, None]
        );
    }
}
