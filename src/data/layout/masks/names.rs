//! What the names of files and folders say of masks.

use crate::data::layout::levels::{MODALITIES, plain};

/// Folders of masks, whatever lies beside them. All names here are in lower case and joined by `_`.
const ALWAYS: &[&str] = &[
    "ground_truth",
    "ground_truths",
    "groundtruth",
    "groundtruths",
    "gt",
    "mask",
    "masks",
    "segmentation",
    "segmentations",
    "annotation",
    "annotations",
    "1st_manual",
    "2nd_manual",
];
/// Folders that hold masks only where images lie beside them: these names may be those of classes, too.
const BESIDE_IMAGES: &[&str] = &["label", "labels", "seg", "segs", "manual", "manual1", "manual2", "ann", "anno", "annot"];
/// Folders of the images that masks are made for.
const IMAGES: &[&str] = &[
    "images",
    "image",
    "imgs",
    "img",
    "pictures",
    "photos",
    "scans",
    "scan",
    "slices",
    "frames",
    "dicom",
    "input",
    "inputs",
    "data",
    "original",
    "originals",
    "raw",
    "rgb",
    "source",
    "ct",
    "mri",
    "mr",
    "us",
    "xray",
    "fundus",
];
/// Ends of the names of masks: `X_mask.png` for `X.png`; the whole name where the folder names the image.
const ENDS: &[&str] = &[
    "mask",
    "segmentation",
    "seg",
    "gt",
    "groundtruth",
    "ground_truth",
    "label",
    "labels",
    "annotation",
    "annot",
    "anno",
    "manual1",
    "manual2",
    "1stho",
    "2ndho",
    "ah",
    "vk",
];
/// What a folder's name says, and what is left of the name without it: `train` of `train_masks`.
pub enum FolderRole {
    Masks { always: bool, rest: String },
    Images { rest: String },
    Other,
}

pub fn role(name: &str) -> FolderRole {
    let name = plain(&humps_apart(name));
    let rest = |words: &[&str]| {
        words.iter().find_map(|word| match name.strip_suffix(word) {
            Some("") => Some(String::new()),
            Some(rest) if rest.ends_with('_') => Some(rest.trim_end_matches('_').to_string()),
            // nnU-Net's `labelsTr`, and `masks_train`.
            _ => name
                .strip_prefix(word)
                .filter(|rest| rest.starts_with('_') || ["tr", "ts"].contains(rest))
                .map(|rest| rest.trim_start_matches('_').to_string()),
        })
    };
    if ALWAYS.contains(&name.as_str()) {
        FolderRole::Masks { always: true, rest: String::new() }
    } else if let Some(rest) = rest(ALWAYS).or_else(|| rest(BESIDE_IMAGES)) {
        FolderRole::Masks { always: false, rest }
    } else if let Some(rest) = rest(IMAGES).or_else(|| rest(MODALITIES)) {
        FolderRole::Images { rest }
    } else {
        FolderRole::Other
    }
}

/// Words of what folders of images and masks hold that say nothing of which belong together.
const FILLERS: &[&str] = &["all", "original", "originals", "raw", "segmentation", "lesion", "lesions", "binary", "pixel"];

/// What is left of a folder's name without words that say nothing.
pub fn bare(rest: &str) -> String {
    rest.split('_').filter(|word| !FILLERS.contains(word)).collect::<Vec<_>>().join("_")
}

/// Words of folders of masks that outline what every image has.
const ANATOMY: &[&str] = &["optic", "fovea", "macula", "vessel", "vessels", "lung", "lungs", "fov"];

/// Words that may stand beside those of [`ANATOMY`].
const BESIDE_ANATOMY: &[&str] =
    &["disc", "disk", "cup", "mask", "masks", "field", "area", "left", "right", "manual", "segmentations"];

/// Whether a folder of masks is called like a part of the body, and like nothing else: a lung nodule is a finding.
pub fn says_anatomy(folder: &str) -> bool {
    let name = plain(&humps_apart(folder));
    let words = || name.split('_').filter(|word| !word.is_empty() && !word.bytes().all(|b| b.is_ascii_digit()));
    let is_known = |word: &str| [ANATOMY, BESIDE_ANATOMY, FILLERS].iter().any(|list| list.contains(&word));
    words().any(|word| ANATOMY.contains(&word)) && words().all(is_known)
}

/// Whether a folder is called like one of what a person drew: `1st_manual` of DRIVE, `manual1` of HRF.
pub fn is_by_hand(folder: &str) -> bool {
    ["1st_manual", "2nd_manual", "manual", "manual1", "manual2"].contains(&plain(folder).as_str())
}

/// Whether a folder is called as that of the fields of view is beside one of [what a person drew](is_by_hand).
pub fn may_be_views(folder: &str) -> bool {
    plain(folder) == "mask"
}

fn without(stem: &str, words: &[&str]) -> Option<String> {
    let parts: Vec<&str> = stem.split('_').collect();
    let kept: Vec<&str> = parts.iter().copied().filter(|part| !words.contains(&part.to_lowercase().as_str())).collect();
    (kept.len() + 1 == parts.len() && !kept.is_empty()).then(|| kept.join("_"))
}

/// `X_50` of `X_flair_50`.
pub fn without_modality(stem: &str) -> Option<String> {
    without(stem, MODALITIES)
}

/// `X_50` of `X_seg_50`.
pub fn without_mask_word(stem: &str) -> Option<String> {
    without(stem, ENDS)
}

/// `Manual_Mask` of `ManualMask`.
fn humps_apart(name: &str) -> String {
    let mut apart = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_uppercase() && apart.ends_with(char::is_lowercase) {
            apart.push('_');
        }
        apart.push(c);
    }
    apart
}

/// Whether a name says of itself, and not of another picture, that it is a mask: `mask`, `label_2`.
pub fn is_mask_alone(stem: &str) -> bool {
    ENDS.contains(&plain(unnumbered(stem)).as_str())
}

/// `mask` of `mask_1`.
fn unnumbered(stem: &str) -> &str {
    stem.rsplit_once('_').filter(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())).map_or(stem, |(s, _)| s)
}

/// Names of the images that a mask of this name may be of: `X` of `X_mask`, `X_mask_1`, `X-seg`, `X.gt`, `XMask`; `7` and `img_7`
/// of `mask_7`.
pub fn masked(stem: &str) -> Vec<String> {
    let mut names: Vec<String> = mask_of(stem).map(str::to_string).into_iter().collect();
    let lower = stem.to_ascii_lowercase();
    let begins = |word: &&str| lower.strip_prefix(*word)?.strip_prefix(['_', '-', ' ']).map(str::len);
    if let Some(rest) = ENDS.iter().filter_map(begins).min().and_then(|length| stem.get(stem.len() - length..)) {
        let images = ["img", "image", "im", "scan", "slice", "frame", "input"];
        let sign = stem.get(stem.len() - rest.len() - 1..stem.len() - rest.len()).unwrap_or("_");
        names.extend(images.iter().map(|word| format!("{word}{sign}{rest}")));
        names.push(rest.to_string());
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The image's name where the mask's own ends as those of masks do.
pub fn mask_of(stem: &str) -> Option<&str> {
    let numbered = unnumbered(stem);
    let lower = numbered.to_ascii_lowercase();
    let cut = |end: &&str| {
        let rest = lower.strip_suffix(*end)?;
        let hump = || numbered[rest.len()..].starts_with(char::is_uppercase) && !rest.is_empty();
        let before = || numbered[..rest.len()].ends_with(|c: char| c.is_ascii_digit() || c.is_lowercase());
        rest.strip_suffix(['_', '-', ' ', '.']).map(str::len).or_else(|| (hump() && before()).then_some(rest.len()))
    };
    numbered.get(..ENDS.iter().filter_map(cut).min()?).filter(|s| !s.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_told_by_their_names() {
        assert_eq!(mask_of("benign (1)_mask"), Some("benign (1)"));
        assert_eq!(mask_of("benign (1)_mask_2"), Some("benign (1)"));
        assert_eq!(mask_of("x_GT"), Some("x"));
        assert_eq!(mask_of("21_manual1"), Some("21"));
        assert_eq!(mask_of("x_ground_truth"), Some("x"));
        assert_eq!(mask_of("_mask"), None);
        assert_eq!(mask_of("mask_7"), None);
        assert_eq!(["0.mask", "0Mask", "im0001.ah", "a_anno"].map(mask_of), [Some("0"), Some("0"), Some("im0001"), Some("a")]);
        assert_eq!(["unmask", "IMGT", "Mask"].map(mask_of), [None; 3]);
        assert!(masked("mask_7").contains(&"7".into()) && masked("mask_7").contains(&"img_7".into()));
        assert!(is_mask_alone("mask") && is_mask_alone("Label_2") && !is_mask_alone("7") && !is_mask_alone("a_mask"));
    }

    #[test]
    fn slices_of_several_kinds_share_a_mask() {
        assert_eq!(without_modality("BraTS_001_flair_50"), Some("BraTS_001_50".into()));
        assert_eq!(without_mask_word("BraTS_001_seg_50"), without_modality("BraTS_001_t1ce_50"));
        assert_eq!((without_modality("flair"), without_modality("x_1"), without_mask_word("seg_seg_1")), (None, None, None));
    }

    #[test]
    fn folders_of_masks_are_told_from_those_of_images() {
        let masks = |name: &str| matches!(role(name), FolderRole::Masks { always: true, .. });
        let perhaps = |name: &str, left: &str| matches!(role(name), FolderRole::Masks { always: false, rest } if rest == left);
        let images = |name: &str, left: &str| matches!(role(name), FolderRole::Images { rest } if rest == left);
        assert!(perhaps("ManualMask", "manual") && perhaps("leftMask", "left") && masks("GroundTruth"));
        assert!(masks("1. Ground Truth") && masks("GT") && masks("1st_manual") && masks("Masks"));
        assert!(
            perhaps("label", "") && perhaps("train_masks", "train") && perhaps("labelsTr", "tr") && perhaps("with_mask", "with")
        );
        assert!(images("img", "") && images("train-images", "train") && images("imagesTr", "tr"));
        assert!(
            ["normal", "unlabelled", "labelled", "masked", "imaging"].iter().all(|name| matches!(role(name), FolderRole::Other))
        );
    }
}
