//! Planted lesions on the command line: a run that never saw an abnormal image is told how small a spot it finds.

use dissolve_studio::{
    run_dir::files::SYNTHETIC_LESIONS,
    scores::{ScoreKind, SyntheticLesions},
};
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn call(args: &[&dyn AsRef<OsStr>]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dissolve-studio")).args(args.iter().map(|a| a.as_ref())).output().unwrap()
}

/// Normal pictures alone, six to learn from and four held out; and a run on them with its scores.
fn run(folder: &Path) -> PathBuf {
    for (split, count) in [("train", 6), ("test", 4)] {
        let normals = folder.join("set").join(split).join("good");
        fs::create_dir_all(&normals).unwrap();
        for i in 0..count {
            let image = image::GrayImage::from_fn(24, 24, |x, y| image::Luma([(60 + 4 * x + 2 * y + 3 * i) as u8]));
            image.save(normals.join(format!("{i}.png"))).unwrap();
        }
    }
    let data = folder.join("set");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dissolve-studio"));
    command.args(["train-dia", "--preset", "quick", "--dissolve", "none", "--normal", "good", "--data"]).arg(&data);
    for setting in ["dia.size=24", "dia.epochs=1", "dia.epoch_length=1", "dia.batch=2", "dia.eval_every=0", "score.samples=1"] {
        command.args(["--set", setting]);
    }
    let trained = command.arg("--workspace").arg(folder).output().unwrap();
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
    let run = PathBuf::from(String::from_utf8(trained.stdout).unwrap().lines().last().unwrap());
    assert!(call(&[&"score", &"--run", &run, &"--data", &data]).status.success());
    run
}

#[test]
fn sensitivity_is_measured_without_abnormal_images_and_is_reproducible() {
    let dir = tempfile::tempdir().unwrap();
    let run = run(dir.path());
    let file = run.join(SYNTHETIC_LESIONS);
    let first = call(&[&"evaluate", &run, &"--planted", &"--seed", &"7", &"--json"]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let said: serde_json::Value = serde_json::from_slice(&first.stdout).unwrap();
    assert!(said["auroc"].is_null() && said["undefined"].is_string(), "there is no abnormal image");
    let planted = SyntheticLesions::read(&file).unwrap().unwrap();
    assert_eq!((planted.seed, planted.images, planted.of, planted.cells.len()), (7, 4, 4, 36));
    assert_eq!(planted.kinds(), [ScoreKind::Dia, ScoreKind::Features, ScoreKind::Lead]);
    assert_eq!(said["planted"], serde_json::json!(planted));
    let bytes = fs::read(&file).unwrap();

    // What is there is shown, unless it is wanted anew or of another seed.
    let others = String::from_utf8_lossy(&bytes).replace("\"images\": 4", "\"images\": 3");
    fs::write(&file, &others).unwrap();
    let shown = call(&[&"evaluate", &run, &"--planted", &"--seed", &"7"]);
    let said = String::from_utf8_lossy(&shown.stderr);
    assert!(said.contains("the lesions were planted before") && said.contains("--force"), "{said}");
    assert!(String::from_utf8_lossy(&shown.stdout).contains("in 3 of 4 held-out normal images"));
    let other_seed = call(&[&"evaluate", &run, &"--planted", &"--seed", &"8"]);
    assert!(other_seed.status.success() && SyntheticLesions::read(&file).unwrap().unwrap().seed == 8);
    fs::write(&file, &others).unwrap();
    assert!(call(&[&"evaluate", &run, &"--planted", &"--seed", &"7", &"--force"]).status.success());
    assert_eq!(fs::read(&file).unwrap(), bytes);
    fs::remove_file(&file).unwrap();
    let again = call(&[&"evaluate", &run.join("scores.csv"), &"--planted", &"--seed", &"7"]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("synthetic spots, not disease"));
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn scores_from_before_the_leading_one_say_how_to_get_it() {
    let dir = tempfile::tempdir().unwrap();
    let run = run(dir.path());
    let evaluated = |of: &dyn AsRef<OsStr>| String::from_utf8(call(&[&"evaluate", of]).stdout).unwrap();
    assert!(!evaluated(&run).contains("leading score, so"));
    let file = run.join("scores.csv");
    let mut table = csv::Reader::from_path(&file).unwrap();
    let keep: Vec<bool> = table.headers().unwrap().iter().map(|name| name != "lead").collect();
    let kept = |row: &csv::StringRecord| {
        row.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(cell, _)| cell.to_string()).collect::<Vec<_>>()
    };
    let rows: Vec<_> =
        [kept(&table.headers().unwrap().clone())].into_iter().chain(table.records().map(|row| kept(&row.unwrap()))).collect();
    let mut older = csv::Writer::from_path(&file).unwrap();
    rows.iter().for_each(|row| older.write_record(row).unwrap());
    drop(older);
    let said = evaluated(&run);
    assert!(said.contains("made before there was a leading score") && said.contains("dissolve-studio score --run "), "{said}");
    // A file that lies in no run has no command that would help.
    let alone = dir.path().join("scores.csv");
    fs::copy(&file, &alone).unwrap();
    assert!(!evaluated(&alone).contains("leading score, so"));
}

#[test]
fn impossible_requests_are_refused_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let alone = dir.path().join("scores.csv");
    fs::write(&alone, "path,label,score\na,0,1\nb,1,2\n").unwrap();
    let refused = call(&[&"evaluate", &alone, &"--planted"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("does not lie in a run"));
    assert_eq!(call(&[&"evaluate", &alone, &"--seed", &"1"]).status.code(), Some(2), "--seed is for --planted");
    assert!(call(&[&"evaluate", &alone]).status.success());
}
