//! The verbs that read runs and scores, as a script sees them.

use dissolve_studio::{
    config::RunConfig,
    rng,
    run_dir::{RunDir, RunKind},
    scores::{PixelFigures, PixelRuler, ScoreRow, Scores},
};
use rand::Rng;
use serde_json::Value;
use std::{
    ffi::OsStr,
    fs,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

fn call(args: &[&dyn AsRef<OsStr>]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dissolve-studio")).args(args.iter().map(|a| a.as_ref())).output().unwrap()
}

/// What went to stdout, as JSON.
fn json(args: &[&dyn AsRef<OsStr>]) -> Value {
    let output = call(args);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Exit code 1 and one line on stderr, which is returned.
fn refusal(args: &[&dyn AsRef<OsStr>]) -> String {
    let output = call(args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty());
    assert_eq!(said.trim().lines().count(), 1, "{said}");
    said
}

fn write(dir: &Path, name: &str, text: impl AsRef<[u8]>) -> std::path::PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

const SCORES: &str =
    "path,split,label,score\na,test,0,0.1\nb,test,0,0.4\nc,test,1,0.35\nd,test,1,0.8\ne,train,0,0.2\nf,train,0,0.3\n";

#[test]
fn json_has_documented_keys() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "scores with space ä.csv", SCORES);
    let e = json(&[&"evaluate", &file, &"--json"]);
    assert_eq!(e["auroc"], 0.75);
    assert_eq!((&e["n_normal"], &e["n_abnormal"]), (&2.into(), &2.into()));
    assert_eq!(e["rule"], "percentile:95");
    assert!(e["threshold"].as_f64().is_some_and(|t| (t - 0.295).abs() < 1e-12));
    assert_eq!(e["confusion"], serde_json::json!({"tp": 2, "fp": 1, "tn": 1, "fn": 0}));
    assert_eq!((&e["sensitivity"], &e["specificity"]), (&1.0.into(), &0.5.into()));
    for key in ["auroc_ci95", "average_precision", "sensitivity_at_90_specificity", "sensitivity_at_95_specificity", "rivals"] {
        assert!(!e[key].is_null(), "{key}");
    }
    assert!(e.as_object().unwrap().contains_key("undefined") && e["undefined"].is_null());
    let youden = json(&[&"evaluate", &file, &"--json", &"--rule", &"youden"]);
    assert_eq!((&youden["rule"], &youden["threshold"]), (&"youden".into(), &0.8.into()));
}

#[test]
fn each_class_of_abnormal_images_has_figures() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "a,0,none,0.1\nb,0,none,0.3\nc,1,mild,0.2\nd,1,mild,0.4\ne,1,severe,0.9\n";
    let file = write(dir.path(), "s.csv", format!("path,label,class,score\n{rows}"));
    let e = json(&[&"evaluate", &file, &"--json", &"--rule", &"specificity:1"]);
    let classes = serde_json::json!([
        {"class": "mild", "images": 2, "called_abnormal": 1, "auroc": 0.75},
        {"class": "severe", "images": 1, "called_abnormal": 1, "auroc": 1.0},
    ]);
    assert_eq!(e["by_class"], classes);
    let text = String::from_utf8(call(&[&"evaluate", &file]).stdout).unwrap();
    assert!(text.contains("\nsevere                             1"), "{text}");
}

#[test]
fn scores_by_tiles_and_by_map_have_rows_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "a,0,0.1,1,5\nb,0,0.4,2,3\nc,1,0.35,3,4\nd,1,0.8,4,6\n";
    let file = write(dir.path(), "s.csv", format!("path,label,score,tiles,map\n{rows}"));
    let text = String::from_utf8(call(&[&"evaluate", &file]).stdout).unwrap();
    for part in ["by DIA. ", "\n  Tiles                            1.0000", "\n  Anomaly map                      0.7500"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Dissolve profile") && !text.contains("leading score"));
    let by_tiles = String::from_utf8(call(&[&"evaluate", &file, &"--by", &"tiles"]).stdout).unwrap();
    assert!(by_tiles.contains("\nAUROC                              1.0000"), "{by_tiles}");
    let missing = call(&[&"evaluate", &file, &"--by", &"profile"]);
    let said = String::from_utf8_lossy(&missing.stderr);
    assert!(missing.status.code() == Some(2) && said.contains("there are: dia, tiles, map"), "{said}");
    let rows = "a,0,0.1,1,0.2\nb,0,0.4,2,0.1\nc,1,0.35,3,0.9\nd,1,0.8,4,0.8\n";
    let file = write(dir.path(), "led.csv", format!("path,label,score,tiles,lead\n{rows}"));
    let e = json(&[&"evaluate", &file, &"--json"]);
    assert_eq!((&e["lead"], &e["lead_auroc"], &e["auroc"]), (&"dia+tiles".into(), &1.0.into(), &0.75.into()));
    // For people all figures are of the score that leads; in JSON those without a prefix are of the column `score`.
    let text = String::from_utf8(call(&[&"evaluate", &file]).stdout).unwrap();
    for part in
        ["by the leading score", "\nAUROC                              1.0000", "\n  DIA                              0.7500"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(json(&[&"evaluate", &file, &"--json", &"--by", &"lead"])["auroc"], 1.0);
    // The run's own threshold is in the file, though the training normals, whose percentile it may be, are not.
    let rows =
        "a,test,0,0.1,0.2,0.85\nb,test,0,0.4,0.1,0.85\nc,test,1,0.35,0.9,0.85\nd,test,1,0.8,0.8,0.85\nn,train,0,0,0.5,0.85\n";
    let own = write(dir.path(), "own.csv", format!("path,split,label,score,lead,lead_threshold\n{rows}"));
    assert_eq!(json(&[&"evaluate", &own, &"--json", &"--by", &"lead"])["threshold"], 0.85);
    assert_eq!(json(&[&"evaluate", &own, &"--json", &"--by", &"lead", &"--rule", &"percentile:95"])["threshold"], 0.5);
    let compared = String::from_utf8(call(&[&"evaluate", &file, &"--compare", &file]).stdout).unwrap();
    assert!(compared.contains("AUROC 1.0000 against 1.0000"), "{compared}");
}

#[test]
fn single_class_gives_null_auroc_with_reason() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "s.csv", "path,label,score\na,0,1\nb,0,2\nc,,3\n");
    let e = json(&[&"evaluate", &file, &"--json"]);
    for key in ["auroc", "auroc_ci95", "average_precision", "sensitivity", "sensitivity_at_95_specificity", "threshold"] {
        assert!(e[key].is_null(), "{key}");
    }
    assert!(e["undefined"].as_str().unwrap().contains("no abnormal images"));
    let text = call(&[&"evaluate", &file]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("undefined: there are no abnormal images"));
}

#[test]
fn two_score_files_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let a = write(dir.path(), "a.csv", SCORES);
    let b = write(dir.path(), "b.csv", SCORES.replace("0.35", "0.5"));
    let e = json(&[&"evaluate", &a, &"--json", &"--compare", &b]);
    assert_eq!((&e["delta_auroc"], &e["auroc"], &e["n_shared"]), (&(-0.25).into(), &0.75.into(), &4.into()));
    assert!(e["p_value"].as_f64().is_some_and(|p| 0.0 < p && p < 1.0));
    assert_eq!(e["moved"][0]["path"], "b");
    let same = json(&[&"evaluate", &a, &"--json", &"--compare", &a]);
    assert_eq!((&same["delta_auroc"], &same["p_value"]), (&0.0.into(), &1.0.into()));
}

#[test]
fn unreadable_file_gives_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    assert!(refusal(&[&"evaluate", &dir.path().join("missing.csv")]).contains("could not read"));
    assert!(refusal(&[&"evaluate", &dir.path()]).contains("could not read"));
    let bad = write(dir.path(), "bad.csv", "path,label,score\na,0,1\nb,maybe,2\n");
    assert!(refusal(&[&"evaluate", &bad]).contains("line 3, column `label`"));
    let file = write(dir.path(), "s.csv", SCORES);
    assert!(refusal(&[&"evaluate", &file, &"--split", &"holdout"]).contains("there are: test, train"));
    assert!(refusal(&[&"report", &"--run", &dir.path()]).contains("is not a run folder"));
    assert!(refusal(&[&"export", &"--run", &dir.path(), &"--out", &dir.path().join("x")]).contains("is not a run folder"));
    for wrong in [&["evaluate"][..], &["evaluate", "x.csv", "--rule", "best"], &["export", "--run", "x"]] {
        assert_eq!(Command::new(env!("CARGO_BIN_EXE_dissolve-studio")).args(wrong).output().unwrap().status.code(), Some(2));
    }
}

#[test]
fn pixel_figures_beside_the_scores_are_told_and_a_damaged_file_of_them_is_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "s.csv", SCORES);
    let keys = ["pixel_auroc", "pixel_ap", "aupro", "pointing", "pixel_images", "pixel_rulers"];
    let without = json(&[&"evaluate", &file, &"--json"]);
    assert!(keys.iter().all(|key| without.get(key).is_none()));

    let ruler = PixelRuler { name: "blur_difference".into(), pixel_auroc: 0.75, pixel_ap: 0.125 };
    let figures = PixelFigures {
        pixel_auroc: 0.5,
        pixel_ap: 0.25,
        aupro: 0.375,
        pointing: 1.0,
        pixel_images: 3,
        pixel_rulers: vec![ruler],
    };
    figures.write(&file).unwrap();
    let e = json(&[&"evaluate", &file, &"--json"]);
    let told: serde_json::Map<String, Value> = keys.iter().map(|key| (key.to_string(), e[key].clone())).collect();
    assert_eq!(Value::from(told), serde_json::to_value(&figures).unwrap());
    assert_eq!(e["auroc"], 0.75, "the figures of the images stay");
    let text = String::from_utf8(call(&[&"evaluate", &file]).stdout).unwrap();
    for part in
        ["at the pixels of 3 masked images", "0.3750", "not a lesion finder", "note: blur difference, which needs no training"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }

    let splits = write(dir.path(), "t.csv", "path,split,label,score\na,test,0,0\nb,test,1,1\nc,val,0,0\nd,val,1,1\n");
    figures.write(&splits).unwrap();
    assert_eq!(json(&[&"evaluate", &splits, &"--split", &"test", &"--json"])["pixel_images"], 3);
    assert!(json(&[&"evaluate", &splits, &"--split", &"val", &"--json"]).get("pixel_images").is_none(), "they are of the test");
    write(dir.path(), "s.pixels.json", "{\"pixel_auroc\": \"high\"}");
    let output = call(&[&"evaluate", &file, &"--json"]);
    assert_eq!((output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap()), (Some(0), without));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.trim().lines().count() == 1 && said.contains("s.pixels.json cannot be used"), "{said}");
}

#[cfg(unix)]
#[test]
fn non_utf8_path_works() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(OsStr::from_bytes(b"sc\xffres.csv"));
    fs::write(&path, SCORES).unwrap();
    assert_eq!(json(&[&"evaluate", &path, &"--json"])["auroc"], 0.75);
}

#[test]
fn arbitrary_bytes_are_refused_without_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("noise.csv");
    let base = SCORES.as_bytes();
    for index in 0..400 {
        let mut rng = rng::stream(9, "noise", index);
        let mut bytes = base.to_vec();
        for _ in 0..rng.random_range(1..6) {
            let at = rng.random_range(0..bytes.len());
            match rng.random_range(0..3) {
                0 => bytes[at] = rng.random(),
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, [b',', b'"', b'\n', b'-', 0, 0xff][rng.random_range(0..6)]),
            }
        }
        fs::write(&path, &bytes).unwrap();
        if let Ok(scores) = Scores::read(&path) {
            let _ = dissolve_studio::scores::Evaluation::new(&scores, None, None).map(|e| e.to_json());
        }
    }
}

#[test]
fn hundred_thousand_rows_are_evaluated_quickly() {
    let dir = tempfile::tempdir().unwrap();
    let mut rng = rng::stream(2, "rows", 0);
    let row = |i: usize| {
        let label = i.is_multiple_of(3);
        let score = rng.random_range(0.0..1.0) + 0.3 * f64::from(u8::from(label));
        ScoreRow { path: format!("images/{i:06}.png"), label: Some(label), score, ..ScoreRow::default() }
    };
    let scores = Scores::from((0..100_000).map(row).collect::<Vec<_>>());
    let path = dir.path().join("scores.csv");
    scores.write(&path).unwrap();
    let start = Instant::now();
    let e = json(&[&"evaluate", &path, &"--json", &"--compare", &path]);
    println!("reading, evaluating and comparing 100,000 rows: {:.2?}", start.elapsed());
    assert_eq!(e["n_normal"].as_u64().unwrap() + e["n_abnormal"].as_u64().unwrap(), 100_000);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn runs_are_listed_and_exported() {
    let dir = tempfile::tempdir().unwrap();
    let run = RunDir::create(dir.path(), RunKind::Train, "x", &RunConfig::default()).unwrap();
    run.set_figures([("auroc", 0.75.into())]).unwrap();
    let listed = json(&[&"runs", &"--json", &"--workspace", &dir.path()]);
    assert_eq!((&listed[0]["figures"]["auroc"], &listed[0]["kind"]), (&0.75.into(), &"train".into()));
    assert_eq!((&listed[0]["state"], &listed[0]["path"]), (&"unfinished".into(), &run.path().to_str().unwrap().into()));
    let listed = || String::from_utf8(call(&[&"runs", &"--workspace", &dir.path()]).stdout).unwrap();
    let lock = run.lock().unwrap();
    assert!(listed().starts_with("running"), "{}", listed());
    drop(lock);
    assert!(listed().starts_with("unfinished"), "{}", listed());
    let out = dir.path().join("weights.safetensors");
    assert!(refusal(&[&"export", &"--run", &run.path(), &"--out", &out]).contains("no finished weights"));
    fs::create_dir(run.join("ddpm")).unwrap();
    run.write("ddpm/model.safetensors", b"weights").unwrap();
    assert!(call(&[&"export", &"--run", &run.path(), &"--out", &out, &"--part", &"ddpm"]).status.success());
    assert_eq!(fs::read(&out).unwrap(), b"weights");
    let network = dir.path().join("model.onnx");
    let refused = refusal(&[&"export", &run.path(), &"--onnx", &network]);
    assert!(refused.contains("no finished encoder") && refused.contains("give a run of train") && !network.exists(), "{refused}");
    let empty = dir.path().join("nothing");
    assert_eq!(json(&[&"runs", &"--json", &"--workspace", &empty]), Value::Array(vec![]));
}

#[test]
fn each_subcommand_help_has_an_example() {
    for verb in ["evaluate", "report", "runs", "export"] {
        let help = call(&[&verb, &"--help"]);
        assert!(String::from_utf8_lossy(&help.stdout).contains(&format!("dissolve-studio {verb}")), "{verb}");
    }
}
