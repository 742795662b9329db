//! Sweeps from the command line: how far their cells are, and the table of their figures.

use assert_cmd::cargo::CommandCargoExt;
use dissolve_studio::{
    config::{Preset, RunConfig},
    run_dir::{RunDir, RunKind, RunState},
};
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const PLAN: &str = r#"
preset = "quick"
seeds = [0, 1]

[[data]]
path = "eyes"
name = "fundus"

[[data]]
path = "chest.npz"
normal = ["0"]

[[settings]]
name = "dia"

[[settings]]
name = "csi"
set = { "dia.dissolve" = "none" }
"#;

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::cargo_bin("dissolve-studio").unwrap().args(args).current_dir(folder).output().unwrap()
}

fn stdout(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A run with these scores of ten normal images, then of ten abnormal ones.
fn finished(workspace: &Path, name: &str, scores: impl Fn(usize) -> f64) {
    let run = RunDir::create(workspace, RunKind::Train, name, &RunConfig::preset(Preset::Quick)).unwrap();
    let row = |i: usize| format!("{i}.png,test,,{},{},{}\n", usize::from(i >= 10), scores(i), i);
    let rows: String = (0..20).map(row).collect();
    fs::write(run.path().join("scores.csv"), format!("path,split,class,label,score,lead\n{rows}")).unwrap();
    run.set_figures([("seconds", serde_json::json!(120.0))]).unwrap();
    run.set_state(RunState::Finished).unwrap();
}

/// Half of the cells are done: DIA ranks all abnormal images above all normal ones, CSI half of them.
fn half_done(folder: &Path) {
    fs::write(folder.join("plan.toml"), PLAN).unwrap();
    let workspace = folder.join("plan");
    for seed in 0..2 {
        finished(&workspace, &format!("fundus-dia-seed{seed}"), |i| i as f64);
        finished(&workspace, &format!("fundus-csi-seed{seed}"), |i| (i % 10) as f64);
    }
    let failed = RunDir::create(&workspace, RunKind::Train, "chest-dia-seed0", &RunConfig::preset(Preset::Quick)).unwrap();
    failed.set_state(RunState::Failed { reason: "no room".into() }).unwrap();
}

#[test]
fn status_tells_how_far_each_cell_is() {
    let dir = tempfile::tempdir().unwrap();
    half_done(dir.path());
    let output = run(dir.path(), &["sweep", "status", "plan.toml"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("4 of 8 cells are finished"));
    let lines = stdout(output);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines[0], "0\tfundus-dia-seed0\tfinished");
    assert_eq!(lines[4], "4\tchest-dia-seed0\tfailed: no room");
    assert_eq!(lines[7], "7\tchest-csi-seed1\tnot begun");
    let list = stdout(run(dir.path(), &["sweep", "plan.toml", "--list"]));
    assert_eq!(list.lines().nth(5), Some("5\tchest-dia-seed1"));
}

#[cfg(unix)]
#[test]
fn a_task_of_a_slurm_array_does_its_cell() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("someone's sweeps");
    fs::create_dir(&folder).unwrap();
    half_done(&folder);
    let script = stdout(run(&folder, &["sweep", "plan.toml", "--slurm"]));
    assert!(script.starts_with("#!/bin/bash\n#SBATCH ") && script.contains("\n#SBATCH --array=0-7\n"), "{script}");
    assert!(folder.join("plan/slurm").is_dir(), "Slurm does not make the folder of its logs");
    // A finished cell is not run again: its task tells how far all are.
    let task = Command::new("bash").args(["-c", &script]).env("SLURM_ARRAY_TASK_ID", "3").current_dir("/").output().unwrap();
    let table = stdout(task);
    assert!(table.contains("\nfundus,csi,2,10,10,"), "{table}");
    let output = run(&folder, &["sweep", "-", "--slurm", "--workspace", "w"]);
    assert_eq!(output.status.code(), Some(2), "an array cannot read the standard input");
}

#[test]
fn merge_tabulates_the_finished_runs_against_a_baseline() {
    let dir = tempfile::tempdir().unwrap();
    half_done(dir.path());
    let markdown = stdout(run(dir.path(), &["sweep", "merge", "plan.toml", "--baseline", "csi", "--out", "results"]));
    assert_eq!(markdown, fs::read_to_string(dir.path().join("results/merged.md")).unwrap());
    let rows: Vec<&str> = markdown.lines().collect();
    assert_eq!(rows.len(), 6, "head, rule and four groups: {markdown}");
    assert!(rows[0].contains("Δ to csi (p)"), "{markdown}");
    assert_eq!(
        rows[2],
        "| fundus (10 / 10) | dia | 2 | 1.000 ± 0.000 | +0.500 (< 0.001) | 1.000 ± 0.000 | +0.500 (< 0.001) | – | 2 |"
    );
    assert!(rows[3].starts_with("| fundus (10 / 10) | csi | 2 | 0.500 ± 0.000 | – | 1.000"), "{markdown}");
    assert!(rows[4].starts_with("| chest | dia | 0 | – | – |"), "{markdown}");
    assert!(fs::read_to_string(dir.path().join("results/merged.html")).unwrap().contains("fundus (10 / 10)"));
    let mut table = csv::Reader::from_path(dir.path().join("results/merged.csv")).unwrap();
    let head = table.headers().unwrap().clone();
    let first = table.records().next().unwrap().unwrap();
    let value = |name: &str| &first[head.iter().position(|h| h == name).unwrap()];
    assert_eq!((value("aurocs"), value("deltas"), value("minutes")), ("1.0000 1.0000", "0.5000 0.5000", "2.0000"));
}

#[test]
fn what_cannot_be_merged_is_refused_in_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    half_done(dir.path());
    let twice = PLAN.replace("name = \"csi\"", "name = \"dia\"");
    fs::write(dir.path().join("twice.toml"), twice).unwrap();
    for (args, code, said) in [
        (&["sweep", "merge", "plan.toml", "--baseline", "svm"][..], 2, "there are: dia, csi"),
        (&["sweep", "status", "twice.toml"], 1, "two cells called fundus-dia-seed0"),
        (&["sweep", "status", "missing.toml"], 1, "missing.toml"),
        (&["sweep", "merge"], 2, "FILE"),
    ] {
        let output = run(dir.path(), args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(code) && error.contains(said), "{args:?}: {error}");
    }
}

#[test]
fn a_normal_class_that_is_not_there_is_refused_before_any_work() {
    let dir = tempfile::tempdir().unwrap();
    for class in ["healthy", "sick"] {
        fs::create_dir_all(dir.path().join("eyes").join(class)).unwrap();
        for i in 0..4u8 {
            let image = image::GrayImage::from_pixel(8, 8, image::Luma([40 * i + u8::from(class == "sick")]));
            image.save(dir.path().join("eyes").join(class).join(format!("{i}.png"))).unwrap();
        }
    }
    let with_normal = |file: &str, normal: &str| {
        let text = format!(
            "preset = \"quick\"\nseeds = [0]\n[[data]]\npath = \"eyes\"\nname = \"a\"\nnormal = [\"healthy\"]\n[[data]]\npath = \"eyes\"\n{normal}"
        );
        fs::write(dir.path().join(file), text).unwrap();
    };
    with_normal("wrong.toml", "normal = [\"helthy\"]");
    with_normal("unsaid.toml", "");
    for (file, said) in [("wrong.toml", "helthy"), ("unsaid.toml", "which class is normal has to be said")] {
        for args in [&["sweep", file, "--list"][..], &["sweep", file], &["sweep", file, "--cell", "1"]] {
            let output = run(dir.path(), args);
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.code() == Some(1) && error.contains(said), "{args:?}: {error}");
            assert!(error.contains("healthy (4)") && output.stdout.is_empty() && !error.contains("=="), "{args:?}: {error}");
        }
        assert_eq!(sweep_runs(dir.path(), file), 0);
    }
    with_normal("right.toml", "normal = [\"!sick\"]");
    assert_eq!(stdout(run(dir.path(), &["sweep", "right.toml", "--list"])).lines().count(), 2);
}

/// How many run folders a sweep has made.
fn sweep_runs(folder: &Path, file: &str) -> usize {
    fs::read_dir(folder.join(file).with_extension("").join("runs")).map_or(0, Iterator::count)
}

/// Two programs at once on cells that would train the same diffusion model: it is trained once, and the figures are those of one
/// program alone.
#[test]
fn cells_share_a_diffusion_model_that_is_trained_once() {
    let dir = tempfile::tempdir().unwrap();
    for (class, bright) in [("good", 0), ("bad", 90)] {
        fs::create_dir_all(dir.path().join("eyes").join(class)).unwrap();
        for i in 0..8u32 {
            let image = image::GrayImage::from_fn(16, 16, |x, y| image::Luma([(40 + 9 * ((x * y + i) % 11) + bright) as u8]));
            image.save(dir.path().join("eyes").join(class).join(format!("{i}.png"))).unwrap();
        }
    }
    let small = r#""ddpm.steps" = 6, "ddpm.size" = 16, "ddpm.dim" = 8, "ddpm.dim_mults" = [1, 2], "ddpm.batch" = 4, "dia.epochs" = 1, "dia.batch" = 4, "score.samples" = 1, "run.threads" = 1"#;
    let plan = format!(
        "preset = \"quick\"\nseeds = [0]\n[[data]]\npath = \"eyes\"\nnormal = [\"good\"]\n\
         [[settings]]\nname = \"dia\"\nset = {{ {small} }}\n\
         [[settings]]\nname = \"cutperm\"\nset = {{ {small}, \"dia.shift\" = \"cutperm\" }}\n\
         [[settings]]\nname = \"median\"\nset = {{ {small}, \"dia.dissolve\" = \"median:3\", \"score.profile\" = false }}\n"
    );
    fs::write(dir.path().join("plan.toml"), plan).unwrap();
    let one = |cell: &str| {
        let mut command = Command::cargo_bin("dissolve-studio").unwrap();
        command.args(["sweep", "plan.toml", "--cell", cell]).current_dir(dir.path());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap()
    };
    let mut both = [one("0"), one("1")];
    assert!(both.iter_mut().all(|child| child.wait().unwrap().success()));
    stdout(run(dir.path(), &["sweep", "plan.toml"]));
    assert_eq!(sweep_runs(dir.path(), "plan.toml"), 4, "three cells and one diffusion model");

    stdout(run(dir.path(), &["sweep", "plan.toml", "--workspace", "alone"]));
    let figures = |workspace: &str| {
        let table = stdout(run(dir.path(), &["sweep", "merge", "plan.toml", "--workspace", workspace]));
        table.lines().map(|line| line.rsplitn(3, '|').last().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(figures("plan"), figures("alone"));
}
