//! The image that a mask belongs to.

use super::place::Place;
use std::collections::HashMap;

/// Images by their names.
pub struct Index<'a> {
    places: &'a [Place],
    by_stem: HashMap<&'a str, Vec<usize>>,
    by_key: HashMap<(&'a str, &'a str), Vec<usize>>,
    in_key: HashMap<&'a str, Vec<usize>>,
    /// The only image below a folder; `None` where there are several.
    alone: HashMap<&'a [String], Option<usize>>,
}

impl<'a> Index<'a> {
    pub fn new(places: &'a [Place], images: &[usize]) -> Self {
        let (by_stem, by_key, in_key, alone) = Default::default();
        let mut index = Self { places, by_stem, by_key, in_key, alone };
        for &i in images {
            let (key, stem) = (places[i].key.as_str(), places[i].stem.as_str());
            index.by_stem.entry(stem).or_default().push(i);
            index.by_key.entry((key, stem)).or_default().push(i);
            index.in_key.entry(key).or_default().push(i);
            for depth in 1..=places[i].folders.len() {
                index.alone.entry(&places[i].folders[..depth]).and_modify(|one| *one = None).or_insert(Some(i));
            }
        }
        index
    }

    /// Whether an image lies where that of this mask would, or the mask's own name ends as those of masks do.
    pub fn has_counterpart(&self, mask: &Place) -> bool {
        let (own, ends) = mask.image_stems.split_last().map_or((None, &[][..]), |(own, ends)| (Some(own), ends));
        let is_there = |stem: &String| mask.keys().any(|key| self.by_key.contains_key(&(key, stem.as_str())));
        own.is_some_and(is_there) || ends.iter().any(|stem| is_there(stem) || self.by_stem.contains_key(stem.as_str()))
    }

    /// The one image of the same name in the same place; else below the folder that the folder of masks lies in; else whose
    /// name begins with that of the mask (`21_training` of `21_manual1`); else the only one there is.
    pub fn image_of(&self, mask: &Place) -> Option<usize> {
        let one = |found: Vec<usize>| if let [image] = found[..] { Some(image) } else { None };
        let stems = || mask.image_stems.iter().map(String::as_str);
        let names = || mask.keys().flat_map(|key| mask.image_stems.iter().map(move |stem| (key, stem.as_str())));
        if let Some(image) = names().find_map(|name| one(self.by_key.get(&name)?.clone())) {
            return Some(image);
        }
        let above = mask.mask_folder()?.split_last()?.1;
        let below = |stem: &str, fits: &dyn Fn(&Place) -> bool| {
            let named = self.by_stem.get(stem)?.iter().copied();
            one(named.filter(|&i| self.places[i].folders.starts_with(above) && fits(&self.places[i])).collect())
        };
        let own = mask.key_below(above.len());
        // The folder of one image's masks has the image's name.
        let around = own.rsplit_once('/').map_or("", |(around, _)| around).to_string();
        let alike = |key: &str| {
            let key = key.to_string();
            move |image: &Place| {
                let other = image.key_below(above.len());
                ends_with(&other, &key) || ends_with(&key, &other)
            }
        };
        let begins_alike = |key: &str| {
            let stem = mask.image_stems.first()?.as_str();
            let longer = |i: &usize| self.places[*i].stem.strip_prefix(stem).is_some_and(|rest| rest.starts_with(['_', '-']));
            one(self.in_key.get(key)?.iter().copied().filter(longer).collect())
        };
        stems()
            .find_map(|stem| below(stem, &alike(&own)))
            .or_else(|| mask.other_stems().find_map(|stem| below(stem, &alike(&own)).or_else(|| below(stem, &alike(&around)))))
            .or_else(|| stems().find_map(|stem| below(stem, &|_| true)))
            .or_else(|| mask.keys().find_map(begins_alike))
            .or_else(|| mask.other_stems().find_map(|stem| below(stem, &|_| true)))
            .or_else(|| self.alone.get(above).copied().flatten())
    }
}

/// Whether the last folders of a path are these.
fn ends_with(path: &str, end: &str) -> bool {
    !end.is_empty() && path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}
