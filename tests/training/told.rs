//! What a training and a scoring say of files, labels and models that are not as they should be, and what they never write over.

use dissolve_studio::run_dir::{RunDir, files};
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn call(folder: &Path, args: &[&dyn AsRef<OsStr>]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dissolve-studio"));
    args.iter().for_each(|arg| _ = command.arg(arg));
    command.current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Two splits of small pictures, and a file that is none.
fn pictures(root: &Path) {
    for (place, count) in [("train/good", 6), ("test/good", 2), ("test/odd", 2)] {
        fs::create_dir_all(root.join(place)).unwrap();
        for i in 0..count {
            let picture = image::GrayImage::from_fn(24, 24, |x, y| image::Luma([(x * (i + 2) * 9 + y * 7) as u8]));
            picture.save(root.join(place).join(format!("{i}.png"))).unwrap();
        }
    }
    fs::write(root.join("train/good/empty.png"), b"").unwrap();
    fs::copy(root.join("train/good/0.png"), root.join("test/good/0.png")).unwrap();
}

/// The smallest run of CSI on `images`; its folder, and what was said.
fn train(folder: &Path, workspace: &OsStr) -> (PathBuf, String) {
    let mut args: Vec<&dyn AsRef<OsStr>> =
        vec![&"train-dia", &"--preset", &"quick", &"--dissolve", &"none", &"--data", &"images"];
    args.extend([&"--workspace" as &dyn AsRef<OsStr>, &workspace]);
    let settings = ["dia.epochs=1", "dia.epoch_length=1", "dia.batch=2", "dia.eval_every=0", "score.samples=1", "dia.size=24"];
    settings.iter().for_each(|setting| args.extend([&"--set" as &dyn AsRef<OsStr>, setting]));
    let output = call(folder, &args);
    assert!(output.status.success(), "{}", said(&output));
    let printed = output.stdout.strip_suffix(b"\n").unwrap();
    (folder.join(path(printed)), said(&output))
}

#[cfg(unix)]
fn path(printed: &[u8]) -> PathBuf {
    <OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(printed).into()
}

#[cfg(not(unix))]
fn path(printed: &[u8]) -> PathBuf {
    String::from_utf8(printed.to_vec()).unwrap().into()
}

#[test]
fn what_cannot_be_used_is_named_and_what_lies_with_the_images_is_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    pictures(&at("images"));
    let (run, notes) = train(dir.path(), OsStr::new("ws"));
    let unusable = "1 file or row cannot be used (train/good/empty.png).";
    assert_eq!(notes.matches(unusable).count(), 1, "{notes}");
    let across = "lie across the splits, which flatters every figure: test/good/0.png and train/good/0.png";
    assert!(notes.contains(across), "{notes}");
    let log = fs::read_to_string(run.join(files::LOG)).unwrap();
    assert!(log.contains(&format!("note: {unusable}")), "{log}");

    // Other images, without a class that is known to be normal.
    fs::create_dir_all(at("new")).unwrap();
    for name in ["a.png", "b.png"] {
        fs::copy(at("images/test/odd/0.png"), at("new").join(name)).unwrap();
    }
    fs::write(at("new/c.png"), b"").unwrap();
    fs::write(at("new/table.csv"), "file,label\na.png,ok\nb.png,cyst\n").unwrap();
    let score = |out: &str| call(dir.path(), &[&"score", &"--run", &run, &"--data", &"new", &"--out", &out]);
    let output = score("s.csv");
    let notes = said(&output);
    assert!(output.status.success() && notes.contains("1 file or row cannot be used (c.png)."), "{notes}");
    assert!(notes.contains("labels stay empty") && notes.contains("cyst (1)"), "{notes}");
    // Columns that are not there, of other images and of its own.
    for folder in ["new", "images"] {
        let output = call(dir.path(), &[&"score", &"--run", &run, &"--data", &folder, &"--map", &"file=zzz", &"--out", &"z.csv"]);
        assert!(output.status.code() == Some(1) && said(&output).contains("zzz"), "{folder}: {}", said(&output));
    }
    let before = fs::read(at("new/table.csv")).unwrap();
    let output = score("new/table.csv");
    assert!(output.status.code() == Some(2) && said(&output).contains("never written over"), "{}", said(&output));
    assert_eq!(fs::read(at("new/table.csv")).unwrap(), before);
}

#[test]
fn a_run_goes_on_where_its_images_were_moved_and_keeps_what_it_was_made_with() {
    let dir = tempfile::tempdir().unwrap();
    pictures(&dir.path().join("images"));
    let (run, _) = train(dir.path(), OsStr::new("ws"));
    let resume = |more: &[&str]| {
        let mut args: Vec<&dyn AsRef<OsStr>> = vec![&"train-dia", &"--resume", &run];
        more.iter().for_each(|arg| args.push(arg));
        call(dir.path(), &args)
    };
    let settings = || fs::read(run.join(files::CONFIG)).unwrap();
    let before = settings();
    assert!(resume(&["--device", "cuda", "--threads", "1"]).status.success());
    assert_eq!(settings(), before, "it is finished");
    for flag in [["--normal", "odd"], ["--labels", "x.csv"], ["--map", "file=x"]] {
        let output = resume(&flag);
        assert!(
            output.status.code() == Some(2) && said(&output).contains("is settled by the run"),
            "{flag:?}: {}",
            said(&output)
        );
    }
    let name = run.file_name().unwrap();
    let by_name = call(dir.path(), &[&"train-dia", &"--resume", &name, &"--workspace", &"ws"]);
    assert!(by_name.status.success(), "as `runs` lists it: {}", said(&by_name));
    // As if it had been stopped.
    RunDir::open(&run).unwrap().set_state(dissolve_studio::run_dir::RunState::Unfinished).unwrap();
    fs::rename(dir.path().join("images"), dir.path().join("moved")).unwrap();
    let output = resume(&[]);
    assert!(output.status.code() == Some(1) && said(&output).contains("images"), "{}", said(&output));
    let output = resume(&["--data", "moved"]);
    assert!(output.status.success() && !said(&output).contains("are others than those"), "{}", said(&output));
}

#[test]
fn an_image_is_not_written_over_by_what_dissolving_makes_of_another() {
    let dir = tempfile::tempdir().unwrap();
    pictures(&dir.path().join("images"));
    let odd = dir.path().join("images/test/odd");
    fs::rename(odd.join("1.png"), odd.join("0-gaussian7.png")).unwrap();
    let before = fs::read(odd.join("0-gaussian7.png")).unwrap();
    let output = call(dir.path(), &[&"dissolve", &odd, &"--method", &"gaussian:7", &"--out", &odd]);
    assert!(output.status.code() == Some(1) && said(&output).contains("never written over"), "{}", said(&output));
    assert_eq!(fs::read(odd.join("0-gaussian7.png")).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn a_path_that_is_no_text_is_printed_as_it_is() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    pictures(&dir.path().join("images"));
    let (run, _) = train(dir.path(), OsStr::from_bytes(b"ws\xff"));
    assert!(run.join(files::CONFIG).is_file(), "{run:?}");
}
