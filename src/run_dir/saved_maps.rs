//! The anomaly maps that are kept of a run's images.

use super::files;
use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

/// Files of maps, by the name of their image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedMaps(HashMap<String, [PathBuf; 2]>);

impl SavedMaps {
    /// Looks for the maps of these images in a folder, which need not be there. Where two images would have the same file, neither
    /// has a map here: which of them it is of cannot be told.
    pub fn find<'a>(folder: &Path, images: impl Iterator<Item = &'a str>) -> Self {
        let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let there: HashSet<String> = names.filter_map(|name| name.into_string().ok()).collect();
        if there.is_empty() {
            return Self::default();
        }
        let wanted: Vec<_> = images.map(|image| (image, files::map_files(&files::map_stem(image)))).collect();
        let mut owners: HashMap<String, usize> = HashMap::new();
        for file in wanted.iter().flat_map(|(_, files)| files) {
            *owners.entry(file.to_lowercase()).or_default() += 1;
        }
        let is_its_own = |file: &String| there.contains(file) && owners.get(&file.to_lowercase()) == Some(&1);
        let found = wanted.into_iter().filter(|(_, files)| files.iter().all(is_its_own));
        Self(found.map(|(image, files)| (image.to_string(), files.map(|file| folder.join(file)))).collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The map of an image, its values in grey.
    pub fn values(&self, image: &str) -> Option<&Path> {
        self.0.get(image).map(|[values, _]| values.as_path())
    }

    /// The map's colours over the image.
    pub fn overlay(&self, image: &str) -> Option<&Path> {
        self.0.get(image).map(|[_, overlay]| overlay.as_path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_found_by_the_name_of_their_image_where_it_is_no_other_ones() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str| fs::write(dir.path().join(name), "x").unwrap();
        for stem in ["test__a.jpg", "c.png", "d__e.png"] {
            files::map_files(stem).iter().for_each(|file| put(file));
        }
        put("half.png.png");
        let images = ["test/a.jpg", "b.png", "c.png", "half.png", "d/e.png", "D__e.png"];
        let found = SavedMaps::find(dir.path(), images.into_iter());
        assert_eq!(found.values("test/a.jpg"), Some(dir.path().join("test__a.jpg.png").as_path()));
        assert_eq!(found.overlay("c.png"), Some(dir.path().join("c.png-overlay.png").as_path()));
        assert!(["b.png", "half.png", "d/e.png", "D__e.png"].iter().all(|image| found.values(image).is_none()));
        assert!(!found.is_empty() && SavedMaps::find(&dir.path().join("none"), images.into_iter()).is_empty());
    }
}
