//! Which columns matter, by their usual names.

use crate::{
    config::LabelColumns,
    data::text::{cut_list, words},
};

/// Names of columns that an error lists, at most.
const LISTED: usize = 30;

/// Places of the columns that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    pub file: Option<usize>,
    pub label: Option<usize>,
    pub split: Option<SplitColumns>,
    pub patient: Option<usize>,
}

/// The columns that say the split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SplitColumns {
    /// One with the names of splits.
    Named(usize),
    /// A column of yes and no for train, val and test each, where there is one.
    Marks([Option<usize>; 3]),
}

impl SplitColumns {
    /// All of them.
    pub fn all(self) -> impl Iterator<Item = usize> {
        let columns = match self {
            Self::Named(column) => [Some(column), None, None],
            Self::Marks(columns) => columns,
        };
        columns.into_iter().flatten()
    }
}

#[rustfmt::skip]
const FILE: &[&str] = &[
    "file", "filename", "file_name", "filepath", "file_path", "path", "image", "images", "image_name", "imagename", "image_id",
    "imageid", "image_path", "imagepath", "image_file", "img", "img_name", "img_id", "img_path", "id_code", "image_index", "dicom",
    "name", "id", "refnum", "url", "uri", "image_url", "source_ref", "imagegcsuri", "sopinstanceuid", "datei", "dateiname",
    "bild", "bildname", "fichier", "archivo",
];
#[rustfmt::skip]
const LABEL: &[&str] = &[
    "label", "labels", "anomaly_class", "anomaly", "class", "class_name", "class_label", "target", "diagnosis", "dx", "category", "level",
    "finding", "findings", "finding_labels", "grade", "y", "ground_truth_label", "detections_label", "diagnostic", "disease",
    "benign_malignant", "retinopathy_grade", "dr_grade", "befund", "diagnose", "klasse", "kategorie", "diagnostico", "diagnóstico",
    "classe", "clase", "etiqueta", "classification", "pathology", "severity", "diagnostic_keywords", "adjudicated_dr_grade",
    "specie_name", "choice", "isup_grade", "tag",
];
/// Of records in records, behind the name of the outer one.
const INNER_LABEL: &[&str] = &["class_name", "displayname", "label", "class", "category", "diagnosis"];
const SPLIT: &[&str] = &["split", "set", "partition", "subset", "phase", "dataset_type", "tags", "usage"];
/// By their letters, the surest first.
#[rustfmt::skip]
const PATIENT: &[&str] = &[
    "patient", "patientid", "idpatient", "patid", "subject", "subjectid", "participant", "participantid", "patientnumber", "patientno",
    "patientname", "patientcode", "patientuid", "mrn", "patientenid", "patientennr", "patientennummer", "patientidentifier",
    "numéropatient", "患者id",
];
/// The same of what may be of one patient, or be something else: believed where their values have numbers.
#[rustfmt::skip]
const OF_PATIENT: &[&str] = &[
    "caseid", "case", "fallnummer", "fallnr", "pid", "person", "personid", "donor", "donorid", "animal", "animalid", "sub", "lesionid",
    "eyeid", "studyinstanceuid", "studyuid", "studyid", "study", "accessionnumber", "examid", "exam", "seriesinstanceuid", "seriesuid",
    "slideid", "volumeid", "videoid",
];

/// Columns of what images lie in folders of, beside patients.
const FOLDERS: &[&str] = &[
    "study",
    "study_id",
    "studyid",
    "series",
    "series_id",
    "seriesid",
    "case",
    "case_id",
    "exam",
    "exam_id",
    "folder",
    "scan_id",
    "session",
    "session_id",
    "studyinstanceuid",
    "study_instance_uid",
    "seriesinstanceuid",
    "series_instance_uid",
    "series_uid",
];

/// Whether a column is called as one that numbers images: `image_no`, `DDI_ID`, `SliceNumber`.
pub fn sounds_like_files(header: &str) -> bool {
    const WORDS: &[&str] = &[
        "file", "filename", "image", "img", "id", "no", "nr", "number", "name", "scan", "slice", "picture", "photo", "frame",
        "bild",
    ];
    FILE.contains(&plain(header).as_str()) || words(header).any(|word| WORDS.contains(&word.to_lowercase().as_str()))
}

/// Whether a column is called like one of measures or counts, which number no images.
pub fn is_measure(header: &str) -> bool {
    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "age", "alter", "epoch", "step", "iter", "iteration", "rank", "area", "x", "y", "z", "w", "h", "width", "height", "size", "score",
        "count", "weight", "year", "month", "day", "time", "row", "col", "length", "volume", "diameter", "x1", "y1", "x2", "y2",
    ];
    plain(header).split('_').any(|word| WORDS.contains(&word))
}

/// Whether a column may name the folders that images lie in.
pub fn is_of_folders(header: &str) -> bool {
    FOLDERS.contains(&plain(header).as_str())
}

impl Columns {
    /// By the names, or the numbers from 1, that were given, else by their usual names. Errors where a given one is not there.
    pub fn find(headers: &[String], wanted: &LabelColumns) -> Result<Self, String> {
        let names: Vec<String> = headers.iter().map(|header| plain(header)).collect();
        let called = |name: &str| names.iter().position(|header| header == name);
        let find = |given: &str, usual: &[&str]| {
            if given.is_empty() {
                return Ok(usual.iter().find_map(|name| called(name)));
            }
            let number = given.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|&n| n < headers.len());
            (headers.iter().position(|h| h == given))
                .or_else(|| called(&plain(given)))
                .or(number)
                .map(Some)
                .ok_or_else(|| format!("has no column `{given}`; its columns are {}", cut_list(headers, LISTED)))
        };
        // Beside `x`, `y` is a place.
        let is_place = |c: usize| names[c] == "y" && called("x").is_some();
        // Of records in records: `job-metadata.class-name`.
        let inner = |header: &String| header.rsplit_once('.').map(|(_, name)| plain(name));
        let called_inside = |name: &&str| headers.iter().position(|header| inner(header).as_deref() == Some(name));
        let label = find(&wanted.label, LABEL)?.or_else(|| INNER_LABEL.iter().find_map(called_inside));
        Ok(Self {
            file: find(&wanted.file, FILE)?,
            label: label.filter(|&c| !wanted.label.is_empty() || !is_place(c)),
            split: find(&wanted.split, SPLIT)?.map(SplitColumns::Named),
            patient: if wanted.patient.is_empty() { by_letters(headers, PATIENT) } else { find(&wanted.patient, &[])? },
        })
    }
}

/// Columns of what may be of one patient, the surest first.
pub fn of_patient(headers: &[String]) -> impl Iterator<Item = usize> {
    OF_PATIENT.iter().filter_map(|name| by_letters(headers, &[name]))
}

fn by_letters(headers: &[String], usual: &[&str]) -> Option<usize> {
    let letters = |header: &str| header.chars().filter(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
    let headers: Vec<String> = headers.iter().map(|header| letters(header)).collect();
    usual.iter().find_map(|name| headers.iter().position(|header| header == name))
}

/// Whether a column of labels is called like this one.
pub fn is_label(header: &str) -> bool {
    LABEL.contains(&plain(header).as_str())
}

/// Lower case, words joined by `_`.
pub fn plain(header: &str) -> String {
    header.trim().to_lowercase().replace([' ', '-', '.', '/'], "_")
}
