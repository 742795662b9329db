//! What was typed of a path, completed by the folders that are there.

use std::path::Path;

/// Folders that are named where several begin alike.
const NAMED: usize = 6;

/// A path that was typed, and how it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathCompletion {
    /// As it stood in the field; where that has changed since, this answer is passed over.
    pub typed: String,
    /// As far as it can only be meant; no further where nothing begins so.
    pub completed: String,
    /// The first folders that it may be, where there are several.
    pub choices: Vec<String>,
    /// How many there are.
    pub count: usize,
}

impl PathCompletion {
    /// Looks at the folder that was typed so far. `~` is the person's own, hidden ones have to be begun with their point.
    pub fn of(typed: &str) -> Self {
        let mut path = typed.trim_start().to_string();
        if let Some((rest, home)) = path.strip_prefix('~').zip(std::env::home_dir()).filter(|(rest, _)| rest.starts_with('/')) {
            path = format!("{}{rest}", home.display());
        }
        let (folder, begun) = path.rsplit_once('/').map_or(("", path.as_str()), |(folder, begun)| (folder, begun));
        let place = if folder.is_empty() && path.starts_with('/') { "/" } else { folder };
        let entries = std::fs::read_dir(if place.is_empty() { Path::new(".") } else { Path::new(place) });
        let is_meant = |name: &String| name.starts_with(begun) && (begun.starts_with('.') || !name.starts_with('.'));
        let folders = entries.into_iter().flatten().flatten().filter(|entry| entry.path().is_dir());
        let mut names: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).filter(is_meant).collect();
        names.sort();
        let same = match &names[..] {
            [] => return Self { typed: typed.into(), completed: path, ..Self::default() },
            [one] => format!("{one}/"),
            [first, .., last] => {
                let same = first.chars().zip(last.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a);
                same.collect()
            }
        };
        let completed = format!("{}{same}", &path[..path.len() - begun.len()]);
        let count = names.len();
        names.truncate(NAMED);
        Self { typed: typed.into(), completed, choices: if count > 1 { names } else { Vec::new() }, count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_on_as_far_as_it_can_only_be_meant() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| format!("{}/{name}", dir.path().display());
        for folder in ["fundus left/raw", "fundus right", ".hidden", "ct"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        std::fs::write(dir.path().join("fundus.csv"), "").unwrap();
        let of = |typed: &str| PathCompletion::of(&at(typed));
        assert_eq!(of("c").completed, at("ct/"));
        let several = of("fun");
        assert_eq!(
            (several.completed, several.choices, several.count),
            (at("fundus "), vec!["fundus left".into(), "fundus right".into()], 2)
        );
        assert_eq!(of("fundus l").completed, at("fundus left/"));
        assert_eq!(of("fundus left/").completed, at("fundus left/raw/"));
        assert_eq!(of("x").completed, at("x"), "nothing begins so");
        assert_eq!((of("").count, of(".h").completed), (3, at(".hidden/")));
        assert!(PathCompletion::of("/").count > 0 && PathCompletion::of("~nobody").count == 0);
        assert_eq!(PathCompletion::of("~/").completed.starts_with('~'), std::env::home_dir().is_none());
    }
}
