//! Habits of command lines: completions, manual pages, `-` for a stream, verbs that are misspelt, exit codes, JSON alone where
//! it is asked for.

use crate::test_files::{Dir, png};
use assert_cmd::cargo::CommandCargoExt;
use dissolve_studio::{
    config::DataConfig,
    data::{Dataset, Preprocess},
    scores::{ScoreRow, Scores},
};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

const SCORES: &str = "path,label,score\na,0,0.1\nb,1,0.9\nc,0,0.3\nd,1,0.7\n";

fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("dissolve-studio").unwrap();
    command.args(args).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    program(folder, args).output().unwrap()
}

/// Runs it with this on its stdin.
fn fed(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut child = program(folder, args).stdin(Stdio::piped()).spawn().unwrap();
    // A call that is refused does not read.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn stdout(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code and what was said.
fn refused(output: Output) -> (i32, String) {
    assert!(output.stdout.is_empty());
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A run of an encoder that has learnt next to nothing, of `images/`; its path.
fn trained(dir: &Dir, more: &[&str]) -> Output {
    for i in 0..6 {
        dir.png(&format!("images/train/good/{i}.png"), i);
    }
    dir.png("images/test/good/7.png", 7).png("images/test/good/8.png", 8).png("images/test/bad/9.png", 9);
    let mut args = vec!["train-dia", "--preset", "quick", "--dissolve", "none", "--normal", "good", "--data", "images"];
    for setting in ["dia.size=24", "dia.epochs=1", "dia.epoch_length=1", "dia.batch=2", "dia.eval_every=0", "score.samples=1"] {
        args.extend(["--set", setting]);
    }
    run(dir.path(), &[&args, more].concat())
}

#[test]
fn completions_are_what_the_shells_take() {
    let dir = Dir::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = stdout(run(dir.path(), &["completions", shell]));
        assert!(["train-ddpm", "evaluate", "preset"].iter().all(|word| script.contains(word)), "{shell}");
        assert!(!script.contains("make-demo"), "{shell}: what is hidden is not offered");
    }
    let (code, said) = refused(run(dir.path(), &["completions", "command.com"]));
    assert!(code == 2 && said.contains("bash"), "{said}");

    let script = stdout(run(dir.path(), &["completions", "bash"]));
    let asked =
        [("insp", "inspect"), ("train --preset qu", "quick"), ("train --device c", "cpu cuda"), ("evaluate --pla", "--planted")];
    for (typed, offered) in asked {
        let words: Vec<&str> = ["dissolve-studio"].into_iter().chain(typed.split(' ')).collect();
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let call = format!(
            "{script}\nCOMP_WORDS=({}); COMP_CWORD={}; \
             $(complete -p dissolve-studio | sed 's/.*-F \\([^ ]*\\).*/\\1/') dissolve-studio {last} {before}; echo ${{COMPREPLY[@]}}",
            words.join(" "),
            words.len() - 1
        );
        let Ok(bash) = Command::new("bash").args(["-c", &call]).output() else { return };
        assert_eq!(String::from_utf8_lossy(&bash.stdout).trim(), offered, "{typed}: {}", String::from_utf8_lossy(&bash.stderr));
    }
}

#[test]
fn manual_pages_are_printed_and_written() {
    let dir = Dir::new();
    let page = stdout(run(dir.path(), &["man"]));
    assert!(page.contains(".TH dissolve-studio 1") && page.contains("inspect"), "{page}");
    assert_eq!(stdout(run(dir.path(), &["man", "--out", "man1"])).trim(), "man1");
    let mut names: Vec<String> =
        fs::read_dir(dir.path().join("man1")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.contains(&"dissolve-studio.1".into()) && names.contains(&"dissolve-studio-train-ddpm.1".into()), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("make-demo") || name.contains("help")), "{names:?}");
    let inspect = fs::read_to_string(dir.path().join("man1/dissolve-studio-inspect.1")).unwrap();
    assert!(inspect.contains("Examples:") && inspect.contains("duplicates"), "{inspect}");
}

#[test]
fn dash_is_the_standard_input() {
    let dir = Dir::new();
    dir.write("scores.csv", SCORES.as_bytes()).png("good/1.png", 1).png("good/2.png", 2).png("bad/3.png", 3);
    let file = stdout(run(dir.path(), &["evaluate", "scores.csv", "--json"]));
    assert_eq!(stdout(fed(dir.path(), &["evaluate", "-", "--json"], SCORES.as_bytes())), file);
    let compared: Value = serde_json::from_str(&stdout(fed(
        dir.path(),
        &["evaluate", "scores.csv", "--compare", "-", "--json"],
        SCORES.as_bytes(),
    )))
    .unwrap();
    assert_eq!(compared["delta_auroc"], 0.0);
    let (code, said) = refused(fed(dir.path(), &["evaluate", "-", "--compare", "-"], SCORES.as_bytes()));
    assert!(code == 2 && said.contains("can be read once"), "{said}");

    let found: Value = serde_json::from_str(&stdout(fed(dir.path(), &["inspect", "-", "--json"], &png(5)))).unwrap();
    assert_eq!((&found["images"], &found["sizes"][0][0]), (&1.into(), &40.into()));
    let tables: [&[u8]; 2] = [
        b"image,finding\ngood/1.png,clear\ngood/2.png,spot\nbad/3.png,spot\n",
        br#"[{"image": "good/1.png", "label": "clear"}, {"image": "good/2.png", "label": "spot"}, {"image": "bad/3.png", "label": "spot"}]"#,
    ];
    for table in tables {
        let found: Value =
            serde_json::from_str(&stdout(fed(dir.path(), &["inspect", ".", "--labels", "-", "--json"], table))).unwrap();
        let classes: Vec<_> =
            found["classes"].as_array().unwrap().iter().map(|c| (c["name"].clone(), c["total"].clone())).collect();
        assert_eq!(classes, [("clear".into(), 1.into()), ("spot".into(), 2.into())]);
    }

    let lines = stdout(fed(dir.path(), &["dissolve", "-", "--method", "gaussian:3", "--out", "dissolved"], &png(5)));
    assert_eq!(serde_json::from_str::<Value>(&lines).unwrap()["image"], "-");
    assert!(dir.path().join("dissolved/stdin-gaussian3.png").is_file());

    let sweep = "preset = \"quick\"\nseeds = [0, 1]\n[[data]]\npath = \"good\"\nnormal = [\"*\"]\n";
    assert_eq!(stdout(fed(dir.path(), &["sweep", "-", "--list"], sweep.as_bytes())).lines().count(), 2);
    let (code, said) = refused(fed(dir.path(), &["sweep", "-"], sweep.as_bytes()));
    assert!(code == 2 && said.contains("--workspace"), "{said}");

    // What a run keeps is opened again later.
    for args in [["train", "--data", "-"].as_slice(), &["train", "--data", "good", "--labels", "-"]] {
        let (code, said) = refused(fed(dir.path(), args, &png(5)));
        assert!(code == 2 && said.contains("save it in a file"), "{said}");
    }
}

#[test]
fn dash_is_the_standard_output() {
    let dir = Dir::new();
    let run_folder = stdout(trained(&dir, &[]));
    let name = run_folder.trim();
    let to_file = stdout(run(dir.path(), &["score", "--run", name, "--data", "images", "--out", "scores.csv"]));
    assert_eq!(to_file.trim(), "scores.csv");
    let piped = stdout(run(dir.path(), &["score", "--run", name, "--data", "images", "--out", "-"]));
    assert_eq!(piped, fs::read_to_string(dir.path().join("scores.csv")).unwrap());
    let weights = run(dir.path(), &["export", "--run", name, "--out", "-"]);
    assert_eq!(weights.stdout, fs::read(dir.path().join(name).join("encoder.safetensors")).unwrap());
    assert_eq!(stdout(run(dir.path(), &["export", name, "--onnx", "model.onnx"])).trim(), "model.onnx");
    let network = run(dir.path(), &["export", "--run", name, "--onnx", "-"]);
    assert!(network.stdout == fs::read(dir.path().join("model.onnx")).unwrap());
}

#[test]
fn exported_network_gives_the_scores_of_the_table() {
    let dir = Dir::new();
    let settings = ["--set", "dia.jitter=1", "--set", "score.samples=2", "--set", "dia.shift=cutperm"];
    let name = stdout(trained(&dir, &settings)).trim().to_string();
    stdout(run(dir.path(), &["score", "--run", &name, "--data", "images", "--out", "scores.csv"]));
    stdout(run(dir.path(), &["export", &name, "--onnx", "model.onnx"]));
    let network = rten::Model::load_file(dir.path().join("model.onnx")).unwrap();
    let scores = Scores::read(&dir.path().join("scores.csv")).unwrap();
    let images: Vec<_> = scores.rows.iter().filter(|row| row.split == "test").collect();
    assert_eq!(images.len(), 3);
    let config = DataConfig { path: dir.path().join("images"), ..DataConfig::default() };
    let data = Dataset::open(&config, &|_| ()).unwrap();
    let pixels = |row: &&ScoreRow| {
        let id = data.ids(|item, _| item.name == row.path)[0];
        Preprocess::default().fit(&data.read(id).unwrap(), 24).to_rgb().data
    };
    let pixels: Vec<f32> = images.iter().flat_map(pixels).collect();
    let pixels = rten::Value::from_shape([3, 3, 24, 24], pixels).unwrap();
    let names = ["images", "score", "sim"].map(|name| network.node_id(name).unwrap());
    let mut found = network.run(vec![(names[0], pixels.into())], &names[1..], None).unwrap().into_iter();
    let (_, score) = found.next().unwrap().into_shape_vec::<f32, 1>().unwrap();
    let (_, sim) = found.next().unwrap().into_shape_vec::<f32, 2>().unwrap();
    for (row, (score, sim)) in images.iter().zip(score.iter().zip(sim.chunks(4))) {
        let terms = row.terms.as_ref().unwrap();
        let differences = sim.iter().zip(terms.sim).map(|(found, term)| (f64::from(*found) - term).abs());
        assert!(differences.fold(0.0, f64::max) < 1e-4, "{}: {:?} in the table, {sim:?} by the network", row.path, terms.sim);
        // A classifier that has learnt nothing has a large weight in the score.
        let difference = (row.score - f64::from(*score)).abs();
        assert!(difference < 1e-3 * (1.0 + row.score.abs()), "{}: {} in the table, {score} by the network", row.path, row.score);
    }
}

#[test]
fn misspelt_verbs_are_named_unless_such_a_path_is_there() {
    let dir = Dir::new();
    for (typed, meant) in [("inspct", "inspect"), ("evalute", "evaluate"), ("train-dpm", "train-ddpm"), ("Sweep", "sweep")] {
        for args in [&[typed][..], &[typed, "x.csv", "--json-is-not-read"]] {
            let (code, said) = refused(run(dir.path(), args));
            assert!(code == 2 && said.contains(&format!("did you mean `dissolve-studio {meant}`")), "{typed}: {said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }
    let (code, said) = refused(run(dir.path(), &["no-such-images/"]));
    assert!(code == 1 && said.contains("could not open no-such-images/"), "{said}");
    // Flags as before.
    let (code, said) = refused(run(dir.path(), &["inspect", "--jsn"]));
    assert!(code == 2 && said.contains("--json"), "{said}");
}

#[test]
fn settings_of_data_change_what_inspect_understands() {
    let dir = Dir::new();
    for (i, path) in ["site1/clear", "site1/spot", "site2/clear"].iter().enumerate() {
        dir.png(&format!("{path}/{i}.png"), i as u64);
    }
    let classes = |set: &[&str]| -> Vec<String> {
        let found: Value = serde_json::from_str(&stdout(run(dir.path(), &[&["inspect", ".", "--json"], set].concat()))).unwrap();
        found["classes"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(classes(&["--set", "data.level=1"]), ["site1", "site2"]);
    assert_eq!(classes(&["--set", "data.level=2"]), ["clear", "spot"]);
    assert!(classes(&["--set", "data.reading=unlabelled"]).is_empty());
    for (setting, says) in
        [("data.levle=2", "data.level"), ("data.level=99", "-32"), ("ddpm.steps=3", "data."), ("data.level", "=")]
    {
        let (code, said) = refused(run(dir.path(), &["inspect", ".", "--set", setting]));
        assert!(code == 2 && said.contains(says), "{setting}: {said}");
    }
}

/// Calls that cannot succeed, with their exit codes.
const REFUSED: &[(&[&str], i32)] = &[
    (&["inspect", "missing"], 1),
    (&["inspect"], 2),
    (&["evaluate", "missing.csv"], 1),
    (&["evaluate", "scores.csv", "--split", "nowhere"], 1),
    (&["evaluate", "scores.csv", "--rule", "best"], 2),
    (&["evaluate", "scores.csv", "--seed", "1"], 2),
    (&["dissolve", "missing.png", "--method", "gaussian:3", "--out", "out"], 1),
    (&["dissolve", "image.png", "--out", "out"], 2),
    (&["dissolve", "image.png", "--method", "gaussian:4", "--out", "out"], 2),
    (&["train"], 2),
    (&["train", "--data", "missing"], 1),
    (&["train", "--data", "image.png", "--set", "ddpm.setps=1"], 2),
    (&["train", "--data", "image.png", "--preset", "fast"], 2),
    (&["train", "--resume", "missing"], 1),
    (&["train-ddpm", "--data", "image.png"], 1),
    (&["train-dia", "--data", "image.png"], 2),
    (&["score", "--run", "missing", "--data", "image.png"], 1),
    (&["score", "--data", "image.png"], 2),
    (&["report", "--run", "missing"], 1),
    (&["report"], 2),
    (&["runs", "--workspace"], 2),
    (&["export", "--run", "missing", "--out", "x"], 1),
    (&["export", "--out", "x"], 2),
    (&["export", "missing", "--onnx", "x"], 1),
    (&["export", "missing", "--onnx", "x", "--out", "y"], 2),
    (&["export", "missing", "--onnx", "x", "--part", "ddpm"], 2),
    (&["import", "image.png"], 1),
    (&["import"], 2),
    (&["sweep", "missing.toml"], 1),
    (&["sweep", "sweep.toml", "--cell", "9"], 2),
    (&["sweep", "broken.toml"], 1),
    (&["demo", "--out"], 2),
    (&["man", "--out", "image.png/x"], 1),
    (&["completions"], 2),
];

fn folder() -> Dir {
    let dir = Dir::new();
    dir.write("scores.csv", SCORES.as_bytes()).png("image.png", 1).write("broken.toml", b"seeds = ");
    dir.write("sweep.toml", b"preset = \"quick\"\nseeds = [0]\n[[data]]\npath = \"missing\"\nnormal = [\"a\"]\n");
    dir
}

#[test]
fn exit_codes_tell_refusals_from_wrong_usage() {
    let dir = folder();
    for (args, code) in REFUSED {
        let (found, said) = refused(run(dir.path(), args));
        assert_eq!(found, *code, "{args:?}: {said}");
        assert!(said.starts_with("error: ") && (*code == 2 || said.lines().count() == 1), "{args:?}: {said}");
    }
    for args in [&["runs"][..], &["evaluate", "scores.csv"], &["inspect", "image.png"], &["help"], &["help", "train"], &["-V"]] {
        stdout(run(dir.path(), args));
    }
    // A sweep goes on after a failed run, shows its table, and still says that it failed.
    let output = run(dir.path(), &["sweep", "sweep.toml"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("1 of 1 run failed"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("data,settings,runs"));
}

/// All lines of JSON.
fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

#[test]
fn with_json_stderr_is_json_whatever_happens() {
    let dir = folder();
    for (args, code) in REFUSED {
        let output = run(dir.path(), &[*args, &["--json"]].concat());
        let said = lines(&output.stderr);
        // Verbs without --json refuse the flag.
        assert!([*code, 2].contains(&output.status.code().unwrap()), "{args:?}");
        assert!(said.len() == 1 && said[0]["error"].is_string(), "{args:?}: {said:?}");
    }
    for args in [["inspect", "image.png"], ["evaluate", "scores.csv"], ["runs", "--workspace=."]] {
        let output = run(dir.path(), &[&args[..], &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap();
        assert!(output.stderr.is_empty(), "{args:?}");
    }

    let output = trained(&dir, &["--json"]);
    let progress = lines(&output.stderr);
    assert!(progress.iter().any(|line| line["step"].is_number() && line["eta_secs"].is_number()), "{progress:?}");
    assert!(progress.iter().any(|line| line["notice"].as_str().is_some_and(|s| s.starts_with("run folder: "))), "{progress:?}");
    let folder = stdout(output);
    assert_eq!(folder.lines().count(), 1, "the run folder alone");
    let output = run(dir.path(), &["score", "--run", folder.trim(), "--data", "images", "--out", "s.csv", "--json"]);
    lines(&output.stderr);
    assert_eq!(stdout(output), "s.csv\n");
}

#[cfg(unix)]
#[test]
fn stopped_work_exits_with_130_and_stays_json() {
    let dir = Dir::new();
    (0..8).for_each(|i| _ = dir.png(&format!("good/{i}.png"), i));
    let small = ["--preset", "quick", "--set", "ddpm.size=32", "--set", "ddpm.dim=8", "--set", "ddpm.dim_mults=1,2"];
    let args = ["train-ddpm", "--data", "good", "--normal", "*", "--set", "ddpm.steps=100000", "--set", "ddpm.batch=2", "--json"];
    let mut child = program(dir.path(), &[&args[..], &small].concat()).spawn().unwrap();
    let mut said = Vec::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut next = |said: &mut Vec<u8>| stderr.read_until(b'\n', said).unwrap() > 0;
    while !String::from_utf8_lossy(&said).contains("images_per_second") && next(&mut said) {}
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    while next(&mut said) {}
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(output.stdout.is_empty());
    let said = lines(&said);
    assert!(said.iter().any(|line| line["notice"].as_str().is_some_and(|s| s.contains("train --resume"))), "{said:?}");
    assert!(said.last().unwrap()["error"].is_string(), "{said:?}");
    let runs: Vec<PathBuf> = fs::read_dir(dir.path().join("runs")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(runs.len(), 1);
}

/// `dissolve-studio-cuda` beside the ordinary build takes over where it starts, and is passed over where the loader refuses it.
#[cfg(unix)]
#[test]
fn build_with_cuda_beside_this_one_takes_over_where_it_starts() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (own, other) = (dir.path().join("dissolve-studio"), dir.path().join("dissolve-studio-cuda"));
    fs::hard_link(env!("CARGO_BIN_EXE_dissolve-studio"), &own).unwrap();
    let says = |script: &str| {
        fs::write(&other, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
        let output = Command::new(&own).args(["completions", "bash"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(says("echo \"the other: $*\""), "the other: completions bash\n");
    assert!(says("exit 127").contains("dissolve-studio"), "the loader's refusal");

    fs::remove_file(&other).unwrap();
    fs::hard_link(&own, &other).unwrap();
    let output = Command::new(&other).arg("--version").output().unwrap();
    assert!(output.stdout.starts_with(b"dissolve-studio "), "a copy under that name is not started for ever");
}
