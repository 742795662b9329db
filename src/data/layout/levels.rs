//! What the levels of a tree of folders hold: splits, classes, patients, or nothing but images.

use crate::data::dataset::{Split, class_key, sounds_normal};
use std::collections::{BTreeMap, BTreeSet};

/// Folder names that say what kind of files they hold, not of what class they are.
#[rustfmt::skip]
const GENERIC: &[&str] = &[
    "images", "image", "imgs", "img", "data", "dataset", "pictures", "photos", "scans", "slices", "frames", "dicom", "input", "all",
    "train_images", "test_images", "val_images", "original_images", "original", "originals", "raw", "jpg", "jpeg", "png", "tif",
    "tiff", "dcm", "dicoms", "default",
];
/// Words of a name that stand for a person, a visit or a series where a number follows.
#[rustfmt::skip]
const PATIENTS: &[&str] = &[
    "patient", "pat", "pt", "p", "subject", "subj", "sub", "case", "person", "id", "pid", "study", "series", "exam", "volume", "vol",
    "scan", "slice", "slide", "sequence", "seq", "clip", "animal", "mouse", "video",
];
/// Kinds of pictures of one place: the sequences of BraTS and of other sets of MR images.
#[rustfmt::skip]
pub const MODALITIES: &[&str] = &[
    "flair", "t1", "t1w", "t1ce", "t1c", "t1n", "t1gd", "t2", "t2w", "t2f", "dwi", "adc", "swi", "pd",
];
/// Words that stand for a class where a number follows.
#[rustfmt::skip]
const CLASSES: &[&str] = &[
    "class", "label", "grade", "category", "type", "stage", "level", "birads", "bi_rads", "kl", "cluster", "group", "c", "dr",
    "score", "klasse",
];
/// More numbered folders than this are not classes.
const MAX_NUMBERED: usize = 10;
/// More folders than this are not classes, whatever they are called.
pub const MAX_CLASSES: usize = 200;

/// `1. Original Images`, `a. Training Set`: without what only brings folders into their order, words joined by `_`.
pub fn plain(name: &str) -> String {
    let name = name.trim();
    let rest = name
        .split_once(". ")
        .filter(|(order, _)| order.len() == 1 || (!order.is_empty() && order.bytes().all(|b| b.is_ascii_digit())))
        .map_or(name, |(_, rest)| rest);
    rest.trim().to_lowercase().replace([' ', '-'], "_")
}

/// Whether a name says nothing of what is in the images: `images`, NIH's `images_001`, `HAM10000_images_part_2`.
pub fn is_generic(name: &str) -> bool {
    const PARTS: &[&str] = &["part", "batch", "fold", "chunk", "folder"];
    let plain = plain(name);
    let word = plain.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    // nnU-Net's `imagesTr`.
    let of_set = plain.strip_suffix("tr").or_else(|| plain.strip_suffix("ts")).map(|word| word.trim_end_matches('_'));
    GENERIC.contains(&plain.as_str())
        || of_set.is_some_and(|word| GENERIC.contains(&word))
        || (word.len() < plain.len() && (GENERIC.contains(&word) || word.rsplit('_').next().is_some_and(|w| PARTS.contains(&w))))
}

/// Whether a folder is called like a kind of pictures of one place: `t1ce`, `FLAIR images`.
pub fn is_modality(name: &str) -> bool {
    let plain = plain(name);
    let mut words = plain.split('_').filter(|word| !GENERIC.contains(word));
    words.next().is_some_and(|word| MODALITIES.contains(&word)) && words.next().is_none()
}

/// Whether a name ends with a word that says nothing of what is in the images: `ISIC2018_Task3_Training_Input`, `CXR_png`.
fn ends_generic(name: &str) -> bool {
    const JOINED: &[&str] = &["images", "dicoms", "pictures", "photos"];
    let plain = plain(name);
    // `JPEGImages`, `AllDICOMs`.
    let joined = JOINED.iter().find_map(|word| plain.strip_suffix(word));
    plain.rsplit('_').next().is_some_and(|word| GENERIC.contains(&word)) || joined.is_some_and(|rest| !sounds_normal(rest))
}

/// Leaves out the outermost folders where all of them say of what kind their files are (`labeled-images`, `unlabeled-images`) and
/// those below some of them may be classes.
pub fn without_kinds(paths: &mut [Vec<&str>]) {
    let at = |level: usize| paths.iter().filter_map(move |path| path.get(level).copied());
    let outer: BTreeSet<&str> = at(0).collect();
    let depth = paths.iter().map(Vec::len).max().unwrap_or(0);
    let may_be_classes = |names: BTreeSet<&str>| names.len() > 1 && matches!(Level::of(&names), Level::Names | Level::WithNormal);
    let says_normal = |name: &str| plain(name).split('_').any(sounds_normal);
    let are_kinds = outer.len() > 1 && outer.iter().all(|name| ends_generic(name) && !says_normal(name));
    if are_kinds && (1..depth).any(|level| may_be_classes(at(level).collect())) {
        paths.iter_mut().filter(|path| !path.is_empty()).for_each(|path| _ = path.remove(0));
    }
}

/// The split that a folder's name says, perhaps among words that say nothing: `a. Training Set`, `train_images`, `test_public`.
pub fn split_of_folder(name: &str) -> Option<Split> {
    const BESIDE: &[&str] =
        &["set", "data", "images", "image", "imgs", "img", "public", "private", "mixed", "input", "folder", "dir", "split"];
    let plain = plain(name);
    Split::from_name(&plain).or_else(|| {
        let words: Vec<&str> = plain.split('_').collect();
        let split = words.iter().find_map(|word| Split::from_name(word))?;
        words.iter().all(|word| BESIDE.contains(word) || Split::from_name(word) == Some(split)).then_some(split)
    })
}

/// Whether a folder's name says that nobody has sorted its images yet: Br35H's `pred`, `unlabeled-images`, `to_predict`.
pub fn is_unsorted(name: &str) -> bool {
    #[rustfmt::skip]
    const NAMES: &[&str] = &[
        "pred", "preds", "predict", "prediction", "predictions", "to_predict", "for_prediction", "unlabeled", "unlabelled",
        "not_labeled", "not_labelled", "unsorted", "unclassified", "unannotated", "inference", "infer", "to_label", "to_classify",
    ];
    let plain = plain(name);
    let words = plain.split('_').filter(|word| !GENERIC.contains(word) && !["set", "seg"].contains(word));
    NAMES.contains(&words.collect::<Vec<_>>().join("_").as_str())
}

/// `positive` of MURA's `study1_positive`.
pub fn class_of_study(name: &str) -> &str {
    let rest =
        name.strip_prefix("study").and_then(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix('_'));
    rest.filter(|_| name.as_bytes().get(5).is_some_and(u8::is_ascii_digit)).unwrap_or(name)
}

/// Whether folders are called like classes with a number for each patient, one of them normal: `AMD1`, `AMD2`, `NORMAL1`.
pub fn are_numbered_classes(names: &BTreeSet<&str>) -> bool {
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    names.iter().for_each(|name| *words.entry(class_key(without_number(name))).or_default() += 1);
    let are_numbered = names.iter().all(|name| without_number(name).len() < name.len());
    are_numbered && words.len() > 1 && words.values().all(|&count| count > 1) && words.keys().any(|word| sounds_normal(word))
}

/// `AMD` of `AMD12`.
pub fn without_number(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '_' | '-'))
}

/// Whether folders are the lettered parts of a set, each with a task of its own, and no classes: IDRiD's `A. Segmentation`.
pub fn are_lettered(names: &BTreeSet<&str>) -> bool {
    let is_lettered = |name: &&str| matches!(name.as_bytes(), [letter, b'.', b' ', ..] if letter.is_ascii_alphabetic());
    names.len() > 1 && names.iter().all(is_lettered) && !names.iter().any(|name| sounds_normal(&plain(name)))
}

/// What the folders of one level are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// All the same.
    Single,
    /// Persons, visits or series.
    Patients,
    /// Several kinds of pictures of the same places: the sequences of MR images.
    Modalities,
    /// One of them sounds like the class of normal images.
    WithNormal,
    /// Anything else.
    Names,
}

impl Level {
    pub fn of(names: &BTreeSet<&str>) -> Self {
        let keys: BTreeSet<String> = names.iter().map(|name| class_key(class_of_study(name))).collect();
        if keys.iter().any(|name| sounds_normal(name)) {
            Self::WithNormal
        } else if are_patients(names) {
            Self::Patients
        } else if keys.len() < 2 {
            Self::Single
        } else if names.iter().all(|name| is_modality(name)) {
            Self::Modalities
        } else {
            Self::Names
        }
    }
}

/// Whether a name begins with a word for a person or the like, and a number follows each of its words: `patient_004_node_1`.
fn is_numbered_patient(name: &str) -> bool {
    let plain = plain(name);
    let parts: Vec<&str> = plain.split('_').filter(|part| !part.is_empty()).collect();
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let has_number = |pair: &[&str]| matches!(pair, [word, number] if !is_number(word) && is_number(number));
    parts.len() > 2 && PATIENTS.contains(&parts[0]) && parts.chunks(2).all(has_number)
}

/// Whether a name is a long number to the base of sixteen, as studies and series have: `36ed842ac2cd`.
fn is_hexadecimal(name: &str) -> bool {
    name.len() >= 8 && name.bytes().all(|b| b.is_ascii_hexdigit()) && name.bytes().filter(u8::is_ascii_digit).count() >= 2
}

/// Whether a name is that of a class of ImageNet: `n01443537`, a word of WordNet.
fn is_word(name: &str) -> bool {
    name.strip_prefix('n').is_some_and(|number| number.len() == 8 && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether names differ by numbers alone that are those of persons: they stand for one inside a name
/// (`Mass-Training_P_00001_LEFT_CC`), or in the middle of names that are alike (`IMD002_Dermoscopic_Image`, `TCGA-AO-A01J`), or
/// bare ones have zeros before them and begin anywhere (`049`, `050`).
fn are_numbered_alike(names: &BTreeSet<&str>) -> bool {
    /// Fewer names that are alike may be anything.
    const LEAST: usize = 5;
    let is_digit = |c: char| c.is_ascii_digit();
    let number_of = |part: &str| part.len() >= 3 && part.chars().all(is_digit);
    let plain: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let is_of_person = |name: &String| {
        let parts: Vec<&str> = name.split('_').collect();
        parts.windows(2).any(|pair| PATIENTS.contains(&pair[0]) && number_of(pair[1]))
    };
    // Each number as one sign.
    let shape = |name: &String| name.split(is_digit).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("0");
    let is_inside = |name: &String| {
        let runs = name.split(|c| !is_digit(c)).filter(|run| !run.is_empty()).count();
        runs == 1 && name.starts_with(char::is_alphabetic) && name.ends_with(char::is_alphabetic)
    };
    let word = shape(&plain[0]).split(['0', '_']).next().unwrap_or_default().to_string();
    let are_alike = plain.len() >= LEAST && plain.iter().all(|name| is_inside(name) && shape(name) == shape(&plain[0]));
    let are_bare = plain.iter().all(|name| number_of(name) && name.starts_with('0'));
    let smallest = plain.iter().filter_map(|name| name.parse::<u64>().ok()).min();
    plain.iter().all(is_of_person)
        || (are_alike && !CLASSES.contains(&word.as_str()))
        || (are_bare && smallest.is_some_and(|smallest| smallest > 1))
}

/// Whether nearly all names are a word and a number, and the word, or how many they are, says that they are no classes.
fn are_patients(names: &BTreeSet<&str>) -> bool {
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    // Numbers of persons are long (`TCGA_CS_4941_19960909`), or have zeros before them (`IMD002`).
    let (mut long, mut padded) = (0, 0);
    if names.iter().all(|name| is_word(name)) {
        return false;
    }
    if names.len() > 1 && (names.iter().all(|name| is_numbered_patient(name)) || are_numbered_alike(names)) {
        return true;
    }
    for name in names {
        let plain = plain(name);
        // `Patient (12)`, as Windows numbers copies.
        let plain = plain.replace(['(', ')'], "");
        let stem = plain.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_long = plain.bytes().filter(u8::is_ascii_digit).count() >= 8 || is_hexadecimal(&plain);
        if stem.len() < plain.len() || is_long {
            let word = if is_long { "" } else { stem.trim_end_matches('_') };
            long += usize::from(is_long);
            padded += usize::from(!word.is_empty() && plain.len() - stem.len() >= 3 && plain[stem.len()..].starts_with('0'));
            *words.entry(word.to_string()).or_default() += 1;
        }
    }
    let Some((word, count)) = words.into_iter().max_by_key(|(_, count)| *count) else { return false };
    let most = count * 10 >= names.len() * 9;
    let is_class = CLASSES.contains(&word.as_str());
    let most_of = |number: usize| names.len() > 1 && number * 10 >= names.len() * 9;
    let are_numbers = names.len() > MAX_NUMBERED || PATIENTS.contains(&word.as_str()) || most_of(long) || most_of(padded);
    most && !is_class && are_numbers
}

/// The level whose folders are the classes: where one sounds normal; else, where the names of inner folders lie in one outer folder
/// each, the level that holds the images; else the outermost. `paths`: the folders of each image, outermost first.
pub fn choose(paths: &[Vec<&str>]) -> (Option<usize>, Vec<Level>) {
    let depth = common_depth(paths);
    let names: Vec<BTreeSet<&str>> =
        (0..depth).map(|level| paths.iter().filter_map(|path| path.get(level).copied()).collect()).collect();
    let levels: Vec<Level> = names.iter().map(Level::of).collect();
    let with = |kind| (0..depth).find(|&level| levels[level] == kind);
    // A folder for each image, or nearly so, is no class either.
    let fits = |level: &usize| {
        let folders = names[*level].len();
        folders <= MAX_CLASSES && (folders <= MAX_NUMBERED || folders * 2 <= paths.len())
    };
    // One folder below each patient, all called alike, says nothing.
    let only = |level: usize| names[level].len() == 1;
    let outermost = with(Level::Names);
    let deepest = (0..depth).rev().find(|&level| levels[level] == Level::Names);
    let is_tree = |level: usize| {
        let mut parents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for path in paths.iter().filter(|path| path.len() > level) {
            parents.entry(class_key(path[level])).or_default().insert(class_key(&path[..level].join("/")));
        }
        parents.values().all(|above| above.len() == 1)
    };
    let chosen = with(Level::WithNormal)
        .filter(|&level| !only(level) || outermost.is_none())
        .or_else(|| deepest.filter(|&level| fits(&level) && is_tree(level)))
        .or(outermost)
        .filter(fits);
    // A single folder is a class where nothing else is.
    let is_class = |name: &&str| !ends_generic(name) && (!is_of_set(name) || sounds_normal(name));
    let chosen =
        chosen.or_else(|| (0..depth).rev().find(|&l| levels[l] == Level::Single && depth == 1 && names[l].iter().all(is_class)));
    (chosen, levels)
}

/// `PALM-Training400`, `stage_2_train`: the name of a data set or a part of it.
fn is_of_set(name: &str) -> bool {
    plain(name).split('_').map(without_number).any(|word| Split::from_name(word).is_some() || GENERIC.contains(&word))
}

/// The level below the chosen one, where its folders hold some of the images and could be classes, and whether they are: at least
/// half of the images lie in them, and one sounds normal, or the folders around them only part a set, as in REFUGE's
/// `Training400/Glaucoma` beside `Validation400`.
pub fn below(paths: &[Vec<&str>], chosen: usize) -> Option<(usize, bool)> {
    let at = |level: usize| paths.iter().filter_map(move |path| path.get(level).copied()).collect::<BTreeSet<_>>();
    let (outer, inner) = (at(chosen), at(chosen + 1));
    let sounds_so = |name: &&str| sounds_normal(name) || ["no", "non"].contains(&plain(name).split('_').next().unwrap_or(""));
    let inside = paths.iter().filter(|path| path.len() > chosen + 1).count();
    let may_be = inside < paths.len()
        && inner.len() > 1
        && inner.len() <= MAX_NUMBERED
        && !outer.iter().any(&sounds_so)
        && matches!(Level::of(&inner), Level::Names | Level::WithNormal);
    let are = inside * 2 >= paths.len() && (inner.iter().any(sounds_so) || outer.iter().all(|name| is_of_set(name)));
    may_be.then_some((chosen + 1, are))
}

/// So many folders nine in ten images have above them.
fn common_depth(paths: &[Vec<&str>]) -> usize {
    let mut depths: Vec<usize> = paths.iter().map(Vec::len).filter(|&depth| depth > 0).collect();
    depths.sort_unstable();
    depths.get(depths.len() / 10).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(paths: &[&str]) -> Option<usize> {
        choose(&paths.iter().map(|path| path.split('/').collect()).collect::<Vec<_>>()).0
    }

    #[test]
    fn the_level_that_names_the_classes() {
        assert_eq!(
            chosen(&["upper/landmarks/z-line", "upper/findings/barretts", "lower/landmarks/cecum"]),
            Some(2),
            "HyperKvasir"
        );
        assert_eq!(chosen(&["site_a/normal", "site_a/sick", "site_b/normal"]), Some(1));
        assert_eq!(chosen(&["normal", "abnormal/cyst", "abnormal/tumour"]), Some(0));
        assert_eq!(chosen(&["COVID/batch one", "COVID/batch two", "flu/batch one"]), Some(0), "the same below each");
        assert_eq!(chosen(&["COVID/patient1", "COVID/patient2", "flu/patient3"]), Some(0));
        assert_eq!(chosen(&["XR_HAND/patient1/study1_positive", "XR_ELBOW/patient2/study1_negative"]), Some(2), "MURA");
        assert_eq!(chosen(&["patient00001/study1", "patient00002/study1"]), None, "CheXpert");
        assert_eq!(chosen(&["t1", "t2", "FLAIR", "t1ce"]), None, "kinds of the same slices");
        assert_eq!(chosen(&["glioma/t1c", "glioma/t2w", "metastasis/t1c"]), Some(0));
        assert_eq!(chosen(&["t0", "t1", "t2"]), Some(0), "points in time");
        assert_eq!(chosen(&["0", "1", "2"]), Some(0));
        assert_eq!(["PALM-Training400", "stage_2_train", "all-mias"].map(|name| chosen(&[name])), [None; 3], "names of sets");
        assert_eq!(["ISIC2018_Task1-2_Training_Input", "JPEGImages", "AllDICOMs"].map(|name| chosen(&[name])), [None; 3]);
        let each: Vec<String> = (0..60).map(|i| format!("p{i:05}x")).collect();
        assert_eq!(chosen(&each.iter().map(String::as_str).collect::<Vec<_>>()), None, "a folder for each image");
    }

    #[test]
    fn classes_may_be_those_of_a_part() {
        let found = |paths: &[&str]| below(&paths.iter().map(|path| path.split('/').collect()).collect::<Vec<_>>(), 0);
        assert_eq!(found(&["Training400/Glaucoma", "Training400/Non-Glaucoma", "REFUGE-Validation400"]), Some((1, true)));
        assert_eq!(found(&["labelled/normal", "labelled/sick", "more"]), Some((1, true)));
        assert_eq!(found(&["sick/cyst", "sick/mass", "other"]), Some((1, false)));
        assert_eq!(found(&["normal", "abnormal/cyst", "abnormal/tumour"]), None);
        assert_eq!(found(&["covid/patient1", "covid/patient2", "flu"]), None);
    }

    #[test]
    fn outer_folders_that_say_kinds_of_files_are_no_classes() {
        let left = |paths: &[&'static str]| -> Vec<String> {
            let mut paths: Vec<Vec<&str>> = paths.iter().map(|path| path.split('/').collect()).collect();
            without_kinds(&mut paths);
            paths.iter().map(|path| path.join("/")).collect()
        };
        assert_eq!(left(&["labeled-images/a/b", "labeled-images/c", "unlabeled-images"]), ["a/b", "c", ""]);
        let classes = ["normal_images/a", "sick_images/b"];
        assert_eq!(left(&classes), classes);
        for classes in [&["covid_images", "flu_images"][..], &["covid_images/patient1", "flu_images/patient2"]] {
            assert_eq!(left(classes), classes);
        }
    }

    #[test]
    fn names_of_splits_among_other_words() {
        for (name, split) in [
            ("a. Training Set", Some(Split::Train)),
            ("b. Testing Set", Some(Split::Test)),
            ("train_images", Some(Split::Train)),
            ("test_private_mixed", Some(Split::Test)),
            ("Validation", Some(Split::Val)),
            ("test results", None),
            ("ISIC_Training_Input", None),
            ("training_positive", None),
        ] {
            assert_eq!(split_of_folder(name), split, "{name}");
        }
    }

    #[test]
    fn classes_may_have_a_number_for_each_patient() {
        let are = |names: &[&str]| are_numbered_classes(&names.iter().copied().collect());
        assert!(are(&["AMD1", "AMD2", "NORMAL1", "NORMAL2"]) && are(&["sick 01", "sick 02", "normal 01", "normal 03"]));
        assert!(!are(&["AMD1", "AMD2"]) && !are(&["grade1", "grade2", "normal"]) && !are(&["T1", "T2", "N0", "N1"]));
        assert_eq!(["AMD12", "normal 03", "AMD"].map(without_number), ["AMD", "normal", "AMD"]);
    }

    #[test]
    fn lettered_folders_are_parts_of_a_set() {
        let are = |names: &[&str]| are_lettered(&names.iter().copied().collect());
        assert!(are(&["A. Segmentation", "B. Disease Grading", "C. Localization"]));
        assert!(!are(&["A. Normal", "B. Glaucoma"]) && !are(&["1. Cyst", "2. Tumour"]) && !are(&["A. Segmentation"]));
    }

    #[test]
    fn names_of_what_is_not_sorted() {
        assert!(["pred", "to_predict", "Unlabeled-Images", "unlabelled set", "inference"].iter().all(|name| is_unsorted(name)));
        assert!(!["predicted tumour", "labelled", "unknown", "images", "no"].iter().any(|name| is_unsorted(name)));
    }

    #[test]
    fn names_that_say_nothing() {
        assert!(
            ["images", "1. Original Images", "images_001", "HAM10000_images_part_1", "batch2", "imagesTr"]
                .iter()
                .all(|n| is_generic(n))
        );
        assert!(!["normal", "part", "grade_1", "COVID"].iter().any(|name| is_generic(name)));
    }

    #[test]
    fn patients_are_told_from_classes() {
        let is = |names: &[&str]| Level::of(&names.iter().copied().collect()) == Level::Patients;
        assert!(
            is(&["patient00001", "patient00002"])
                && is(&["Slide_01", "Slide_02"])
                && is(&["Case-1", "Case-2", "Case-17"])
                && is(&["p0", "p1"])
                && is(&["Patient (0)", "Patient (1)"])
                && is(&["patient_004_node_1", "patient_009_node_2"])
                && !is(&["study_1_positive", "study_2_negative"])
        );
        let numbers: Vec<String> = (0..30).map(|i| format!("{i:04}")).collect();
        assert!(is(&numbers.iter().map(String::as_str).collect::<Vec<_>>()));
        assert!(is(&["TCGA_CS_4940_19990909", "TCGA_CS_4941_19960909"]) && is(&["BraTS20_Training_001", "BraTS20_Training_002"]));
        assert!(!is(&["grade001", "grade002"]) && !is(&["01", "02", "03"]) && !is(&["type10", "type20"]));
        assert!(is(&["Mass-Training_P_00001_LEFT_CC", "Mass-Training_P_00002_RIGHT_MLO"]) && is(&["049", "050", "051"]));
        assert!(is(&["36ed842ac2cd", "97bd8c5b107f"]) && !is(&["001", "002", "003"]) && !is(&["facade00", "beefcake"]));
        assert!(is(&["A0", "A1", "A2", "A3", "A4"].map(|name| ["TCGA-AO-", name, "J"].concat()).each_ref().map(String::as_str)));
        assert!(!is(&["0", "1", "2", "3", "4"]) && !is(&["grade0", "grade1"]) && !is(&["cecum", "polyps"]));
    }
}
