//! What the name of an array says: `x_train`, `y_train`, `test_images`, `labels`.

use crate::data::dataset::Split;

const IMAGES: &[&str] = &["x", "images", "image", "imgs", "img", "pictures", "scans", "slices", "data", "inputs"];
const LABELS: &[&str] = &["y", "labels", "label", "targets", "target", "classes", "lbls"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrayRole {
    Images,
    Labels,
}

/// Which images an array belongs to, and whether it holds them or their labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrayName {
    pub split: Option<Split>,
    /// What is left of the name; that of images and their labels is the same.
    rest: String,
    words: Vec<String>,
    /// `None`: it does not say.
    pub role: Option<ArrayRole>,
}

impl ArrayName {
    /// `stem`: without `.npy`. `None` of a name that says both.
    pub fn of(stem: &str) -> Option<Self> {
        let words = words(stem);
        let is_of = |word: &&String, list: &[&str]| list.contains(&word.as_str());
        let count = |list: &[&str]| words.iter().filter(|word| is_of(word, list)).count();
        let role = match (count(IMAGES), count(LABELS)) {
            (0, 0) => None,
            (1, 0) => Some(ArrayRole::Images),
            (0, 1) => Some(ArrayRole::Labels),
            _ => return None,
        };
        let split = words.iter().find_map(|word| Split::from_name(word));
        let says = |word: &&String| is_of(word, IMAGES) || is_of(word, LABELS) || Split::from_name(word).is_some();
        let rest = words.iter().filter(|word| !says(word)).cloned().collect::<Vec<_>>().join("_");
        Some(Self { split, rest, words, role })
    }

    /// What images and their labels share.
    pub fn subject(&self) -> (Option<Split>, &str) {
        (self.split, &self.rest)
    }

    /// What the array of the images would be called that these labels are of: `x_test` of `y_test`.
    pub fn of_images(&self) -> String {
        let images = |word: &String| match LABELS.iter().position(|label| label == word) {
            Some(0) => "x".to_string(),
            Some(_) => "images".to_string(),
            None => word.clone(),
        };
        self.words.iter().map(images).collect::<Vec<_>>().join("_")
    }

    /// Whether this array holds the labels of the images in that one. Images need not say that they are such: `train.npy`.
    pub fn labels(&self, images: &Self) -> bool {
        let roles = (self.role, images.role);
        matches!(roles, (Some(ArrayRole::Labels), None | Some(ArrayRole::Images))) && self.subject() == images.subject()
    }
}

/// In lower case: between signs, at humps (`trainX`), and where `x` or `y` stands at the name of a split (`xtrain`).
fn words(stem: &str) -> Vec<String> {
    let mut apart = String::new();
    for c in stem.chars() {
        if c.is_uppercase() && apart.ends_with(char::is_lowercase) {
            apart.push('_');
        }
        apart.push(c);
    }
    let lower = apart.to_lowercase();
    let two = |word: &str| {
        let parts = ["x", "y"].iter().find_map(|sign| {
            let split = word.strip_prefix(sign).or_else(|| word.strip_suffix(sign))?;
            Split::from_name(split).map(|_| vec![sign.to_string(), split.to_string()])
        });
        parts.unwrap_or_else(|| vec![word.to_string()])
    };
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).flat_map(two).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_and_their_labels_are_told_by_their_names() {
        let name = |stem: &str| ArrayName::of(stem).unwrap();
        for (images, labels, split) in [
            ("X", "y", None),
            ("x_train", "y_train", Some(Split::Train)),
            ("X_test", "Y_test", Some(Split::Test)),
            ("Xtrain", "ytrain", Some(Split::Train)),
            ("trainX", "trainY", Some(Split::Train)),
            ("val_images", "val_labels", Some(Split::Val)),
            ("images", "labels", None),
            ("train", "train_labels", Some(Split::Train)),
            ("train-data", "train-targets", Some(Split::Train)),
            ("oct_images", "oct_labels", None),
        ] {
            assert!(name(labels).labels(&name(images)), "{images} {labels}");
            assert_eq!(name(images).split, split, "{images}");
        }
        for (images, other) in [("x_train", "y_test"), ("a_images", "b_labels"), ("images", "images"), ("y", "y"), ("scan", "y")]
        {
            assert!(!name(other).labels(&name(images)), "{images} {other}");
        }
        assert_eq!(ArrayName::of("image_labels"), None);
        assert_eq!(["y_test", "ytrain", "val_labels"].map(|stem| name(stem).of_images()), ["x_test", "x_train", "val_images"]);
    }
}
