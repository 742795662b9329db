//! 16-bit pictures of cameras and scanners that have fewer bits: by which they are shown, and that a run keeps it.

use crate::test_files::{
    Dir,
    inspected::{inspect, warns},
};
use dissolve_studio::{
    config::{DataConfig, ValueWindow},
    data::{Dataset, ImageId},
    run_dir::RunDir,
};
use image::{ImageBuffer, Luma};
use std::{path::Path, process::Command};

/// Pictures whose greatest values are these.
fn deep(dir: &Dir, folder: &str, greatest: &[u16]) {
    for (i, &white) in greatest.iter().enumerate() {
        let value = |x: u32, y: u32| (u32::from(white) * ((x * (i as u32 + 2) + y * 5) % 24) / 23) as u16;
        let path = dir.path().join(folder).join(format!("{i}.png"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        ImageBuffer::from_fn(24, 24, |x, y| Luma([value(x, y)])).save(path).unwrap();
    }
}

fn whitest(path: &Path, window: &str) -> Vec<f32> {
    let config = DataConfig { path: path.into(), window: window.parse().unwrap(), ..DataConfig::default() };
    let set = Dataset::open(&config, &|_| ()).unwrap();
    let greatest = |i| set.read(ImageId(i)).unwrap().data.into_iter().fold(0.0, f32::max);
    (0..set.items.len() as u32).map(greatest).collect()
}

#[test]
fn pictures_of_12_bits_are_shown_by_those_and_that_is_said() {
    let dir = Dir::new();
    deep(&dir, "scans", &[4095, 1000, 2048]);
    let scans = dir.path().join("scans");
    let found = inspect(&scans, &[]);
    assert_eq!(found["depth"], 12);
    assert!(warns(&found, "use only the lowest 12 bits are shown by those: 4095 is white"), "{found}");
    assert!(!warns(&found, "nearly black"));
    let near = |found: Vec<f32>, expected: [f32; 3]| found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4);
    assert!(near(whitest(&scans, "auto"), [1.0, 1000.0 / 4095.0, 2048.0 / 4095.0]), "one scale for all");
    assert!(near(whitest(&scans, "10bit"), [1.0, 1000.0 / 1023.0, 1.0]), "what lies beyond is white");
    assert!(warns(&inspect(&scans, &["--set", "data.window=10bit"]), "2 images of 16 bit with values beyond the bits"));
    assert!(near(whitest(&scans, "16bit"), [4095.0 / 65535.0, 1000.0 / 65535.0, 2048.0 / 65535.0]));
    let found = inspect(&scans, &["--set", "data.window=16bit"]);
    assert!(found["depth"] == 16 && warns(&found, "nearly black"), "{found}");

    // Where one uses all of them, the others are dim.
    deep(&dir, "mixed", &[65535, 1000, 2048]);
    let mixed = dir.path().join("mixed");
    assert!(near(whitest(&mixed, "auto"), [1.0, 1000.0 / 65535.0, 2048.0 / 65535.0]));
    assert!(warns(&inspect(&mixed, &[]), "2 images of 16 bit use only the lowest 12 bits"));
    // Where there is no data set to look at, it is said as well.
    let args = ["dissolve", "scans/1.png", "--method", "gaussian:3", "--out", "dissolved"];
    let output = Command::new(env!("CARGO_BIN_EXE_dissolve-studio")).args(args).current_dir(dir.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("use only the lowest 10 bits") && said.contains("--window 16bit"), "{said}");
    // Eight bits are what they are.
    dir.png("plain/a.png", 1);
    assert!(inspect(&dir.path().join("plain"), &[])["depth"].is_null());
}

#[test]
fn a_run_keeps_the_bits_for_pictures_that_use_fewer() {
    let dir = Dir::new();
    deep(&dir, "images/train/good", &[4095, 4000, 3000, 2000]);
    deep(&dir, "images/test/bad", &[4095]);
    let mut args = vec!["train-dia", "--preset", "quick", "--dissolve", "none", "--normal", "good", "--data", "images"];
    let settings = ["dia.size=24", "dia.epochs=1", "dia.epoch_length=1", "dia.batch=2", "dia.eval_every=0", "score.samples=1"];
    settings.iter().for_each(|setting| args.extend(["--set", setting]));
    let output = Command::new(env!("CARGO_BIN_EXE_dissolve-studio")).args(&args).current_dir(dir.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let run = RunDir::open(&dir.path().join(String::from_utf8(output.stdout).unwrap().trim())).unwrap();
    assert_eq!(run.config().unwrap().data.window, ValueWindow::Bits(12));
}
