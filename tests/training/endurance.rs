//! What a run bears: kill -9, signals, full disks and a second program, in every stage. Whatever happens, `--resume` goes on, and the
//! final files are those of a run that nothing happened to, bit for bit.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

fn program(verb: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dissolve-studio"));
    command.arg(verb).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Large enough for tiles: textured pictures, some with a bright spot and its mask.
fn data_set(root: &Path) {
    let is_spot = |x: u32, y: u32| (f64::from(x) - 90.0).hypot(f64::from(y) - 70.0) < 9.0;
    let picture = |seed: u32, spot: bool| {
        image::RgbImage::from_fn(140, 132, |x, y| {
            let line = if (x + y / 2 + 3 * seed) % 50 < 4 { 80 } else { 110 };
            let value = line + (x * 31 + y * 17 + seed * 7) % 9 + if spot && is_spot(x, y) { 70 } else { 0 };
            image::Rgb([value as u8, value as u8 / 2 + 20, 40])
        })
    };
    let save = |name: String, picture: image::DynamicImage| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        picture.save(path).unwrap();
    };
    (0..6).for_each(|i| save(format!("train/good/{i}.png"), picture(i, false).into()));
    (6..8).for_each(|i| save(format!("test/good/{i}.png"), picture(i, false).into()));
    for i in 8..9 {
        save(format!("test/spot/{i}.png"), picture(i, true).into());
        let mask = image::GrayImage::from_fn(140, 132, |x, y| image::Luma([if is_spot(x, y) { 255 } else { 0 }]));
        save(format!("ground_truth/spot/{i}_mask.png"), mask.into());
    }
}

const SMALL: [&str; 14] = [
    "ddpm.dim=8",
    "ddpm.dim_mults=1,2",
    "ddpm.batch=2",
    "ddpm.steps=8",
    "ddpm.checkpoint_every=3",
    "ddpm.sample_every=8",
    "dia.epochs=2",
    "dia.epoch_length=3",
    "dia.batch=2",
    "dia.width=8",
    "dia.ladder=1",
    "dia.checkpoint_every=2",
    "dia.size=32",
    "score.samples=1",
];

/// A training of everything there is, by tiles too; a few seconds.
fn train(data: &Path, workspace: &Path) -> Command {
    let mut command = program("train");
    command.args(["--preset", "quick", "--maps", "--normal", "good", "--name", "t", "--threads", "2", "--seed", "3", "--json"]);
    command.arg("--data").arg(data).arg("--workspace").arg(workspace);
    SMALL.iter().for_each(|setting| _ = command.args(["--set", setting]));
    command
}

fn resume(run: &Path) -> Command {
    let mut command = program("train");
    command.arg("--resume").arg(run).arg("--json");
    command
}

fn run_of(workspace: &Path) -> PathBuf {
    let runs: Vec<PathBuf> = fs::read_dir(workspace.join("runs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs[0].clone()
}

fn expect(output: Output, what: &str) -> Output {
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// What a run has made, by its path in it: weights, statistics, scores, maps. Not what holds times.
fn results(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(run).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let by_name = files.map(|file| (file.path().strip_prefix(run).unwrap().to_str().unwrap().to_string(), file));
    let is_result = |name: &str| {
        (name.ends_with(".safetensors") && !name.contains("checkpoints"))
            || name.starts_with("maps/")
            || ["scores.csv", "scores.pixels.json", "evaluation.json"].contains(&name)
    };
    by_name.filter(|(name, _)| is_result(name)).map(|(name, file)| (name, fs::read(file.path()).unwrap())).collect()
}

/// That nothing happened to this run, as far as it can be seen: all results, whole curves, and nothing half-written.
fn assert_same(complete: &Path, run: &Path, after: &str) {
    let (expected, found) = (results(complete), results(run));
    let names = |of: &BTreeMap<String, Vec<u8>>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&expected), names(&found), "files after {after}");
    for (name, bytes) in &expected {
        let same = found[name] == *bytes;
        if !same && !name.ends_with(".safetensors") && !name.ends_with(".png") {
            let [expected, found] = [bytes, &found[name]].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            let other = expected.lines().zip(found.lines()).find(|(a, b)| a != b);
            panic!("{name} differs after {after}: {other:#?}");
        }
        assert!(same, "{name} differs after {after}");
    }
    for curve in ["ddpm/metrics.csv", "dia/metrics.csv", "tiles/metrics.csv"] {
        let lines = |run: &Path| fs::read_to_string(run.join(curve)).unwrap().lines().count();
        assert_eq!(lines(complete), lines(run), "{curve} after {after}");
    }
    let left: Vec<PathBuf> = walkdir::WalkDir::new(run).into_iter().map(|entry| entry.unwrap().into_path()).collect();
    let left: Vec<&PathBuf> =
        left.iter().filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(".writing-")).collect();
    assert!(left.is_empty(), "{left:?} after {after}");
    assert!(run.join("report.html").is_file());
}

/// A stage as a run has it, in its order, and how long it took.
#[derive(Debug, Clone)]
struct Stage {
    name: String,
    took: Duration,
}

/// A program that works, and what it says, line by line.
struct Working {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Working {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, said: Vec::new() }
    }

    /// The name of the stage that begins next; `None` where the program ends.
    fn next_stage(&mut self) -> Option<String> {
        for line in self.lines.iter() {
            let Ok(event) = serde_json::from_str::<Value>(&line) else {
                // A kill cuts the line that is being written.
                assert!(self.lines.recv().is_err(), "no JSON: {line}");
                return None;
            };
            self.said.push(line);
            if event["event"] == "started" {
                return Some(event["stage"].as_str().unwrap().to_string());
            }
        }
        None
    }

    /// Waits for so many stages to begin, and a while into the last.
    fn wait_into(&mut self, stages: usize, delay: Duration) {
        (0..stages).for_each(|_| _ = self.next_stage());
        std::thread::sleep(delay);
    }

    fn signal(&self, signal: &str) {
        Command::new("kill").args([signal, &self.child.id().to_string()]).stderr(Stdio::null()).status().unwrap();
    }

    /// The exit code, `None` after a kill; and the last line of all that was said.
    fn end(mut self) -> (Option<i32>, String) {
        while self.next_stage().is_some() {}
        (self.child.wait().unwrap().code(), self.said.pop().unwrap_or_default())
    }
}

/// A complete run to compare with: its folder, and its stages.
fn complete(data: &Path, workspace: &Path) -> (PathBuf, Vec<Stage>) {
    let mut working = Working::start(train(data, workspace));
    let (mut stages, mut begun) = (Vec::<Stage>::new(), Instant::now());
    while let Some(name) = working.next_stage() {
        if let Some(last) = stages.last_mut() {
            last.took = begun.elapsed();
        }
        begun = Instant::now();
        stages.push(Stage { name, took: Duration::ZERO });
    }
    stages.last_mut().unwrap().took = begun.elapsed();
    assert_eq!(working.end().0, Some(0));
    (run_of(workspace), stages)
}

/// The same share of each stage for each call in turn, spread evenly: the golden ratio.
fn share(i: usize) -> f64 {
    (i as f64 * 0.618_033_988_749_895 + 0.3).fract()
}

#[test]
#[ignore = "some thirty small trainings: minutes"]
fn run_killed_in_any_stage_resumes_to_identical_results() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    data_set(&data);
    let (complete, stages) = complete(&data, &dir.path().join("complete"));
    let all = [
        "Diffusion model",
        "Dissolving",
        "DIA",
        "DIA on tiles",
        "Normal tiles",
        "Anomaly map",
        "Dissolve profile",
        "Scores",
        "Report",
    ];
    assert!(all.iter().all(|name| stages.iter().any(|stage| stage.name == *name)), "{stages:?}");
    // Each stage twice, so that no short one is missed.
    for i in 0..2 * stages.len() {
        let (number, stage) = (i / 2 + 1, &stages[i / 2]);
        let delay = stage.took.mul_f64(share(i));
        let moment = format!("kill {i} {delay:?} into {number}: {}", stage.name);
        let workspace = dir.path().join(format!("killed{i}"));
        let mut working = Working::start(train(&data, &workspace));
        working.wait_into(number, delay);
        working.signal("-KILL");
        let code = working.end().0;
        println!("{moment}{}", if code.is_some() { " (it had ended)" } else { "" });
        let run = run_of(&workspace);
        expect(resume(&run).output().unwrap(), &moment);
        assert_same(&complete, &run, &moment);
        fs::remove_dir_all(workspace).unwrap();
    }
    // What is asked of a finished run leaves it as it was.
    let planted = || expect(program("evaluate").arg(&complete).args(["--planted", "--json"]).output().unwrap(), "planted").stdout;
    let (begun, expected) = (Instant::now(), planted());
    let took = begun.elapsed();
    let before = results(&complete);
    for i in 0..6 {
        let mut command = program(if i % 2 == 0 { "evaluate" } else { "report" });
        command.args(if i % 2 == 0 { ["--planted", "--json"].as_slice() } else { &["--run"] }).arg(&complete);
        let mut child = command.spawn().unwrap();
        std::thread::sleep(if i % 2 == 0 { took.mul_f64(share(i)) } else { Duration::from_millis(20 + 30 * i as u64) });
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(results(&complete) == before, "after a kill of {command:?}");
    }
    assert_eq!(planted(), expected);
    // However the kills fell.
    fs::write(complete.join(".writing-killed"), "half").unwrap();
    expect(program("report").arg("--run").arg(&complete).output().unwrap(), "report");
    assert_same(&complete, &complete, "kills of what reads it");
}

#[cfg(unix)]
#[test]
fn terminated_in_any_stage_it_ends_within_five_seconds_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    data_set(&data);
    let (complete, stages) = complete(&data, &dir.path().join("complete"));
    let workspace = dir.path().join("terminated");
    let mut command = train(&data, &workspace);
    let (mut at, mut seen) = (0, Vec::new());
    for (i, name) in ["Diffusion model", "DIA", "DIA on tiles", "Scores"].iter().enumerate() {
        let mut working = Working::start(command);
        // A resumed run begins with the stage that it was stopped in, or the one behind it.
        while let Some(begun) = working.next_stage() {
            if begun == *name {
                seen.push(*name);
                break;
            }
        }
        let took = stages.iter().find(|stage| stage.name == *name).unwrap().took;
        std::thread::sleep(took.mul_f64(0.5 * share(i)));
        working.signal("-TERM");
        let sent = Instant::now();
        let (code, last) = working.end();
        assert!(sent.elapsed() < Duration::from_secs(5), "{name}: {:?}", sent.elapsed());
        // Where the stage was over, the run may have ended.
        assert!(code == Some(130) || (code == Some(0) && i == 3), "{name}: {code:?} {last}");
        at += usize::from(code == Some(130));
        command = resume(&run_of(&workspace));
    }
    assert!(at >= 3 && seen.len() >= 3, "{at}, {seen:?}");
    expect(command.output().unwrap(), "after the signals");
    assert_same(&complete, &run_of(&workspace), "signals");
}

#[test]
fn programs_at_once_in_one_workspace_leave_each_other_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (data, workspace) = (dir.path().join("data"), dir.path().join("work"));
    data_set(&data);
    let mut both = [Working::start(train(&data, &workspace)), Working::start(train(&data, &workspace))];
    both.iter_mut().for_each(|working| working.wait_into(1, Duration::ZERO));
    let runs: Vec<PathBuf> = fs::read_dir(workspace.join("runs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(runs.len(), 2, "each has a folder of its own");
    // A run that is worked on is left alone; those who only look may.
    let refused = resume(&runs[0]).output().unwrap();
    let said: Value = serde_json::from_slice(refused.stderr.split(|b| *b == b'\n').next().unwrap()).unwrap();
    assert!(refused.status.code() == Some(1) && said["error"].as_str().unwrap().contains("worked on already"), "{said}");
    while both.iter_mut().any(|working| working.child.try_wait().unwrap().is_none()) {
        expect(program("inspect").arg(&data).arg("--json").output().unwrap(), "inspect");
        let list = expect(program("runs").arg("--workspace").arg(&workspace).arg("--json").output().unwrap(), "runs");
        assert_eq!(serde_json::from_slice::<Value>(&list.stdout).unwrap().as_array().map(Vec::len), Some(2));
        for run in &runs {
            // There may be nothing to report yet, but never harm.
            let report = program("report").arg("--run").arg(run).output().unwrap();
            assert!(matches!(report.status.code(), Some(0 | 1)), "{report:?}");
        }
    }
    both.into_iter().for_each(|working| assert_eq!(working.end().0, Some(0)));
    assert_same(&runs[0], &runs[1], "two at once");
    assert!(fs::read_to_string(runs[0].join("log.txt")).unwrap().contains("ended: Finished"));
}

/// A small disk of its own; `None` where this person may not make one.
struct Disk(PathBuf);

impl Disk {
    fn new(place: PathBuf, megabytes: usize) -> Option<Self> {
        fs::create_dir_all(&place).unwrap();
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"]).arg(&place).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(place))
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut ballast = fs::File::create(self.0.join("ballast")).unwrap();
        for size in [1 << 20, 4096, 1] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
#[ignore = "a dozen small trainings on a disk of their own, which root may make: minutes"]
fn run_on_a_full_disk_says_so_and_goes_on_once_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    data_set(&data);
    let (complete, stages) = complete(&data, &dir.path().join("complete"));
    for (i, stage) in stages.iter().enumerate() {
        let Some(disk) = Disk::new(dir.path().join(format!("disk{i}")), 64) else {
            println!("skipped: no file system can be mounted here");
            return;
        };
        let delay = stage.took.mul_f64(share(i));
        let moment = format!("full {delay:?} into {}: {}", i + 1, stage.name);
        let mut working = Working::start(train(&data, &disk.0));
        working.wait_into(i + 1, delay);
        disk.fill();
        let (code, last) = working.end();
        println!("{moment}: {code:?} {last}");
        let run = run_of(&disk.0);
        if code != Some(0) {
            let said: Value = serde_json::from_str(&last).unwrap();
            let all = last.to_lowercase();
            assert_eq!(code, Some(1), "{moment}: {last}");
            assert!(said["error"].is_string() && all.contains("no space left") && all.contains("resume"), "{moment}: {last}");
            // Still full: said again, and nothing is lost.
            let again = resume(&run).output().unwrap();
            assert_eq!(again.status.code(), Some(1), "{moment}: {again:?}");
        }
        disk.free();
        expect(resume(&run).output().unwrap(), &moment);
        assert_same(&complete, &run, &moment);
    }
}
