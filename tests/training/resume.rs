//! Kill -9 at any moment, then `--resume`: the final weights and scores are those of a run that was never stopped, bit for bit.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dissolve-studio"));
    command.stderr(Stdio::null()).stdout(Stdio::null());
    command
}

/// Class folders of small pictures: rings, and rings with a bright speck.
fn pictures(root: &Path) {
    for (class, count) in [("good", 20), ("speck", 6)] {
        fs::create_dir_all(root.join(class)).unwrap();
        for i in 0..count {
            let picture = image::RgbImage::from_fn(32, 32, |x, y| {
                let r = ((x as f32 - 15.5 - (i % 5) as f32 * 0.3).powi(2) + (y as f32 - 15.5).powi(2)).sqrt();
                let v = (127.0 + 100.0 * (r * (0.5 + 0.02 * i as f32)).sin()) as u8;
                let speck = class == "speck" && x.abs_diff(8 + i) < 3 && y.abs_diff(20) < 3;
                image::Rgb(if speck { [255, 240, 200] } else { [v, v / 2, 40] })
            });
            picture.save(root.join(class).join(format!("{i}.png"))).unwrap();
        }
    }
}

fn train(data: &Path, workspace: &Path) -> Command {
    let mut command = program();
    command.args(["train", "--preset", "quick", "--normal", "good", "--name", "t", "--threads", "2", "--seed", "3"]);
    command.arg("--data").arg(data).arg("--workspace").arg(workspace);
    for setting in [
        "ddpm.dim=8",
        "ddpm.dim_mults=1,2",
        "ddpm.batch=4",
        "ddpm.steps=12",
        "ddpm.checkpoint_every=4",
        "ddpm.sample_every=8",
        "dia.epochs=3",
        "dia.epoch_length=3",
        "dia.batch=2",
        "dia.checkpoint_every=3",
        "dia.ladder=3",
        "score.samples=2",
    ] {
        command.args(["--set", setting]);
    }
    command
}

/// The only run of a workspace, once it is there.
fn run_of(workspace: &Path) -> Option<PathBuf> {
    let run = fs::read_dir(workspace.join("runs")).ok()?.flatten().next()?.path();
    run.join("manifest.json").exists().then_some(run)
}

fn wait_for(child: &mut Child, workspace: &Path, reached: impl Fn(&Path) -> bool) {
    let begin = Instant::now();
    while !run_of(workspace).is_some_and(|run| reached(&run)) {
        if child.try_wait().unwrap().is_some() {
            return; // it was faster than the moment; the resume below then finds a finished run
        }
        assert!(begin.elapsed() < Duration::from_secs(120), "the moment never came");
        std::thread::yield_now();
    }
}

fn lines(path: PathBuf) -> usize {
    fs::read_to_string(path).map_or(0, |t| t.lines().count())
}

const RESULTS: [&str; 4] = ["ddpm/model.safetensors", "dia/encoder.safetensors", "scores.csv", "evaluation.json"];

#[test]
#[ignore = "six small trainings: half a minute"]
fn run_killed_anywhere_resumes_to_identical_results() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    pictures(&data);
    let complete = dir.path().join("complete");
    assert!(train(&data, &complete).status().unwrap().success());
    let complete = run_of(&complete).unwrap();

    // Before the first checkpoint, between checkpoints, at the seam of the stages, within DIA, and while results are written.
    type Moment = (&'static str, fn(&Path) -> bool);
    let moments: [Moment; 5] = [
        ("first-steps", |run| lines(run.join("ddpm/metrics.csv")) >= 2),
        ("ddpm", |run| lines(run.join("ddpm/metrics.csv")) >= 8),
        ("seam", |run| run.join("ddpm/model.safetensors").exists()),
        ("dia", |run| lines(run.join("dia/metrics.csv")) >= 6),
        ("results", |run| run.join("dia/encoder.safetensors").exists()),
    ];
    for (name, reached) in moments {
        let workspace = dir.path().join(name);
        let mut child = train(&data, &workspace).spawn().unwrap();
        wait_for(&mut child, &workspace, reached);
        child.kill().unwrap();
        child.wait().unwrap();
        let run = run_of(&workspace).unwrap();
        assert!(program().arg("train").arg("--resume").arg(&run).status().unwrap().success(), "resume after {name}");
        for file in RESULTS {
            assert!(
                fs::read(complete.join(file)).unwrap() == fs::read(run.join(file)).unwrap(),
                "{file} differs after a kill at {name}"
            );
        }
        // The full series stands there once, without gaps or repeats.
        for part in ["ddpm", "dia"] {
            let rows = |root: &Path| lines(root.join(part).join("metrics.csv"));
            assert_eq!(rows(&complete), rows(&run), "{part}/metrics.csv after {name}");
        }
    }
}

/// Killed at the very end, between the report and what is noted after it.
#[test]
fn a_finished_run_loses_what_was_left_half_written() {
    use dissolve_studio::{
        config::RunConfig,
        engine::pipeline,
        ml::base::reporter::Silent,
        run_dir::{RunDir, RunKind, RunState},
    };
    let dir = tempfile::tempdir().unwrap();
    let run = RunDir::create(dir.path(), RunKind::Ddpm, "whole", &RunConfig::default()).unwrap();
    run.set_state(RunState::Finished).unwrap();
    let half = run.path().join(".writing-abc");
    fs::write(&half, b"half").unwrap();
    pipeline::resume(&run, &mut Silent).unwrap();
    assert!(!half.exists());
}
