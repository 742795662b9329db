//! What is given to whom: for each reader its name, what it does with the bytes of a file, and the words of its format.

use crate::{seeds, test_files};
use dissolve_studio::{
    config::{DataConfig, RunConfig},
    data::{Curation, Dataset, TablePreview},
    ml::diffusion::saved::SavedModel,
    run_dir::RunDir,
    scores::{Evaluation, Scores},
};
use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
};

/// Whether an input was taken, and why not.
pub type Taken = Result<(), String>;

/// A reader of files that come from outside.
pub struct Target {
    pub name: &'static str,
    /// Gives it the input; why it did not take it.
    pub run: fn(&Folder, &[u8]) -> Taken,
    /// Inputs that it takes.
    pub seeds: fn() -> Vec<Vec<u8>>,
    pub words: &'static [&'static [u8]],
}

pub const TARGETS: &[Target] = &[
    Target {
        name: "pickle",
        run: pickle,
        seeds: seeds::pickles,
        words: &[b"\x85", b"(", b"]", b"}", b"\x8a\x08", b"h\x00", b"Q", b"R", b"X\x01\x00\x00\x00a"],
    },
    Target {
        name: "npz",
        run: npz,
        seeds: seeds::npz,
        words: &[b"'<f8'", b"'|O'", b"'|S99'", b"(", b"[", b"True", b"{'a':", b"\x93NUMPY\x02\0"],
    },
    Target {
        name: "npy",
        run: picture,
        seeds: seeds::npy,
        words: &[b"'<f8'", b"'<c16'", b"'<i8'", b"( ", b"[ ", b"[(", b"True", b"{'a':", b"\x93NUMPY\x02\0"],
    },
    Target { name: "cifar", run: cifar, seeds: seeds::cifar, words: &[b"\n", b"\x80\x02"] },
    Target {
        name: "csv",
        run: csv,
        seeds: seeds::csv,
        words: &[b"\"", b",", b";", b"\n", b"image", b"\0", b"sep=", b"\xff\xfe", b"a.png", b"No Finding", b"|"],
    },
    Target {
        name: "json",
        run: json,
        seeds: seeds::json,
        words: &[b"[", b"{\"a\":", b"]", b"}", b"\"\\ud800\"", b"1e999", b"null", b"\"images\"", b"\"annotations\""],
    },
    Target {
        name: "xml",
        run: xml,
        seeds: seeds::xml,
        words: &[
            b"<annotations>",
            b"<image name=\"a.png\">",
            b"<tag label=\"a\"/>",
            b"</image>",
            b"&#0;",
            b"&amp;",
            b"<!DOCTYPE a [",
            b"<!--",
        ],
    },
    Target {
        name: "voc",
        run: voc,
        seeds: seeds::voc,
        words: &[b"<annotation>", b"<object>", b"<name>", b"</bndbox>", b"<xmin>1</xmin>", b"&#0;", b"&amp;", b"<![CDATA["],
    },
    Target {
        name: "yolo",
        run: yolo,
        seeds: seeds::yolo,
        words: &[b"0 0.5 0.5 1 1\n", b"-1", b"1e999", b"nan", b"names:", b"- ", b"&a [", b"*a", b"{0: a}", b"!!str"],
    },
    Target {
        name: "labelme",
        run: labelme,
        seeds: seeds::labelme,
        words: &[
            b"{",
            b"}",
            b"[",
            b"null",
            b"\"label\":",
            b"\"shapes\":",
            b"\"flags\":",
            b"\"imagePath\":",
            b"\\ud800",
            b"1e999",
        ],
    },
    Target {
        name: "spreadsheet",
        run: spreadsheet,
        seeds: seeds::spreadsheets,
        words: &[
            b"<row r=\"1\">",
            b"<c r=\"XFD1048576\"><v>1</v></c>",
            b"t=\"s\"",
            b"A1:XFD1048576",
            b"</c>",
            b"&#0;",
            b"<is><t>",
        ],
    },
    Target {
        name: "workbook",
        run: workbook,
        seeds: seeds::workbooks,
        words: &[
            b"\x09\x08\x10\0",
            b"\x85\0",
            b"\xfc\0",
            b"\x3c\0",
            b"\xfd\0\x0a\0",
            b"\x00\x02\x0e\0",
            b"\x0a\0\0\0",
            b"\x04\x02",
        ],
    },
    Target {
        name: "config",
        run: config,
        seeds: seeds::configs,
        words: &[b"[", b"[[", b"={a", b"\"\"\"", b"nan", b"inf", b"-1", b".", b"1979-05-27"],
    },
    Target {
        name: "scores",
        run: scores,
        seeds: seeds::scores,
        words: &[b"\"", b",", b"\n", b"nan", b"inf", b"rival_x", b"lead", b"1e308", b"-1e308"],
    },
    Target {
        name: "curation",
        run: curation,
        seeds: seeds::curations,
        words: &[b"\"", b",", b"\n", b"normal", b"abnormal", b"1", b"leave_out", b"'=", b"\xff"],
    },
    Target {
        name: "dicom",
        run: picture,
        seeds: seeds::dicom,
        words: &[
            b"SQ\0\0",
            b"\xff\xff\xff\xff",
            b"\xfe\xff\x00\xe0",
            b"\xfe\xff\xdd\xe0",
            b"\xe0\x7f\x10\x00",
            b"UN\0\0",
            b"OW\0\0",
            b"\x28\x00",
        ],
    },
    Target {
        name: "tiff",
        run: picture,
        seeds: seeds::tiff,
        words: &[
            b"\x03\0\x01\0\0\0",
            b"\x04\0\x01\0\0\0",
            b"\x06\x01\x03\0",
            b"\x01\x01\x03\0",
            b"II*\0",
            b"MM\0*",
            b"II+\0\x08\0",
        ],
    },
    Target {
        name: "pnm",
        run: picture,
        seeds: seeds::pnm,
        words: &[b"P1\n", b"P4\n", b"P7\n", b"#", b"WIDTH ", b"MAXVAL 1\n", b"ENDHDR\n"],
    },
    Target {
        name: "pictures",
        run: picture,
        seeds: seeds::pictures,
        words: &[b"\xff\xda", b"\xff\xc4", b"\xff\xdb", b"\xff\xee\0\x0eAdobe", b"Exif\0\0", b"IDAT", b"VP8X"],
    },
    Target {
        name: "weights",
        run: weights,
        seeds: seeds::weights,
        words: &[b"{\"a\":", b"[", b"\"F32\"", b"\"F64\"", b"\"dtype\"", b"\"data_offsets\"", b"\"__metadata__\""],
    },
    Target {
        name: "manifest",
        run: manifest,
        seeds: seeds::manifests,
        words: &[b"[", b"{\"a\":", b"\"failed\"", b"null", b"1e999"],
    },
];

/// Where the files of a target are written.
pub struct Folder {
    path: PathBuf,
    turn: Cell<usize>,
}

impl Folder {
    pub fn new(path: PathBuf) -> Self {
        for (i, name) in ["a.png", "b.png", "c.png", "d/e.png"].iter().enumerate() {
            let path = path.join("images").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, test_files::png(i as u64)).unwrap();
        }
        Self { path, turn: Cell::new(0) }
    }

    pub fn remove(self) {
        let _ = fs::remove_dir_all(self.path);
    }

    /// Writes the input. Names take turns, so that nothing is kept by name from one input to the next.
    fn write(&self, folder: &str, ending: &str, bytes: &[u8]) -> PathBuf {
        let turn = self.turn.get();
        self.turn.set(turn ^ 1);
        let path = self.path.join(folder).join(format!("input{turn}{ending}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // A file that is cut and written again is flushed to the disk at once by some file systems; a new one is not.
        let _ = fs::remove_file(&path);
        fs::write(&path, bytes).unwrap();
        path
    }
}

/// Several files in one input are divided by this.
pub const NEXT_FILE: &[u8] = b"\n==next==\n";

fn parts(bytes: &[u8]) -> Vec<&[u8]> {
    let mut rest = bytes;
    let mut parts = Vec::new();
    while let Some(at) = rest.windows(NEXT_FILE.len()).position(|w| w == NEXT_FILE) {
        parts.push(&rest[..at]);
        rest = &rest[at + NEXT_FILE.len()..];
    }
    parts.push(rest);
    parts
}

/// An archive of the parts of the input under these names; the input itself where it is an archive.
fn archive(bytes: &[u8], names: &[&str]) -> Vec<u8> {
    if bytes.starts_with(b"PK") {
        return bytes.to_vec();
    }
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, part) in names.iter().zip(parts(bytes)) {
        zip.start_file(*name, stored).unwrap();
        std::io::Write::write_all(&mut zip, part).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Opens a data set and reads its first pictures.
fn open(config: &DataConfig) -> Taken {
    let set = Dataset::open(config, &|_| ()).map_err(|e| e.to_string())?;
    let pictures: Vec<_> = set.ids(|_, _| true).into_iter().take(3).map(|id| set.read(id)).collect();
    pictures.into_iter().try_for_each(|picture| picture.map(drop).map_err(|e| e.to_string()))
}

fn open_path(path: &Path) -> Taken {
    open(&DataConfig { path: path.into(), ..DataConfig::default() })
}

fn picture(folder: &Folder, bytes: &[u8]) -> Taken {
    open_path(&folder.write("pictures", "", bytes))
}

fn pickle(folder: &Folder, bytes: &[u8]) -> Taken {
    SavedModel::load(&folder.write("models", ".pt", &archive(bytes, &["a/data.pkl", "a/data/0", "a/data/1"])))
        .map(drop)
        .map_err(|e| e.to_string())
}

fn weights(folder: &Folder, bytes: &[u8]) -> Taken {
    SavedModel::load(&folder.write("models", ".safetensors", bytes)).map(drop).map_err(|e| e.to_string())
}

fn npz(folder: &Folder, bytes: &[u8]) -> Taken {
    let names = ["train_images.npy", "train_labels.npy", "test_images.npy", "test_labels.npy"];
    open_path(&folder.write("archives", ".npz", &archive(bytes, &names)))
}

fn cifar(folder: &Folder, bytes: &[u8]) -> Taken {
    let inputs = parts(bytes);
    let root = folder.path.join("cifar");
    fs::create_dir_all(&root).unwrap();
    for (name, part) in ["data_batch_1.bin", "batches.meta.txt", "test.bin"].iter().zip(inputs) {
        let _ = fs::remove_file(root.join(name));
        fs::write(root.join(name), part).unwrap();
    }
    open_path(&root)
}

/// A table that is named, one that is found, and its first rows.
fn table(folder: &Folder, ending: &str, bytes: &[u8]) -> Taken {
    let path = folder.write("images", ending, bytes);
    let config = DataConfig { path: folder.path.join("images"), ..DataConfig::default() };
    let named = open(&DataConfig { labels: Some(path.clone()), ..config.clone() });
    let _ = open(&config);
    let _ = TablePreview::read(&path);
    fs::remove_file(path).unwrap();
    named
}

fn csv(folder: &Folder, bytes: &[u8]) -> Taken {
    table(folder, ".csv", bytes)
}

fn json(folder: &Folder, bytes: &[u8]) -> Taken {
    table(folder, ".json", bytes)
}

fn xml(folder: &Folder, bytes: &[u8]) -> Taken {
    table(folder, ".xml", bytes)
}

/// Opens the images with these files beside them.
fn annotated(folder: &Folder, files: &[(&str, &[u8])]) -> Taken {
    let root = folder.path.join("images");
    for (name, bytes) in files {
        fs::write(root.join(name), bytes).unwrap();
    }
    let set = Dataset::open(&DataConfig { path: root.clone(), ..DataConfig::default() }, &|_| ()).map_err(|e| e.to_string());
    files.iter().for_each(|(name, _)| fs::remove_file(root.join(name)).unwrap());
    if set?.classes.is_empty() { Err("labels nothing".into()) } else { Ok(()) }
}

fn voc(folder: &Folder, bytes: &[u8]) -> Taken {
    annotated(folder, &[("a.xml", bytes)])
}

fn labelme(folder: &Folder, bytes: &[u8]) -> Taken {
    annotated(folder, &[("a.json", bytes)])
}

/// Annotations, and the names of their classes.
fn yolo(folder: &Folder, bytes: &[u8]) -> Taken {
    let parts = parts(bytes);
    annotated(folder, &[("a.txt", parts[0]), ("data.yaml", parts.get(1).copied().unwrap_or_default())])
}

/// Files of a spreadsheet, in the order of its seed.
pub const SPREADSHEET: [&str; 6] = [
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
];

fn spreadsheet(folder: &Folder, bytes: &[u8]) -> Taken {
    table(folder, ".xlsx", &archive(bytes, &SPREADSHEET))
}

fn workbook(folder: &Folder, bytes: &[u8]) -> Taken {
    table(folder, ".xls", bytes)
}

/// What was read is written as something that is read as the same.
fn config(_: &Folder, bytes: &[u8]) -> Taken {
    let config = RunConfig::from_toml(&String::from_utf8_lossy(bytes)).map_err(|e| e.to_string())?;
    assert_eq!(RunConfig::from_toml(&config.to_toml()).as_ref(), Ok(&config));
    Ok(())
}

fn scores(folder: &Folder, bytes: &[u8]) -> Taken {
    let scores = Scores::read(&folder.write("scores", ".csv", bytes)).map_err(|e| e.to_string())?;
    if let Ok(evaluation) = Evaluation::new(&scores, None, None) {
        assert!(serde_json::from_str::<serde_json::Value>(&evaluation.to_json()).is_ok());
    }
    let again = folder.path.join("again.csv");
    scores.write(&again).unwrap();
    assert_eq!(Scores::read(&again).unwrap().rows.len(), scores.rows.len());
    Ok(())
}

fn curation(folder: &Folder, bytes: &[u8]) -> Taken {
    let curation = Curation::read(&folder.write("curation", ".csv", bytes)).map_err(|e| e.to_string())?;
    let again = folder.write("again", ".csv", &curation.to_csv());
    assert_eq!(Curation::read(&again).unwrap(), curation);
    Ok(())
}

fn manifest(folder: &Folder, bytes: &[u8]) -> Taken {
    let root = folder.path.join("run");
    fs::create_dir_all(&root).unwrap();
    let _ = fs::remove_file(root.join("manifest.json"));
    fs::write(root.join("manifest.json"), bytes).unwrap();
    RunDir::open(&root).and_then(|run| run.contents()).map(drop).map_err(|e| e.to_string())
}
