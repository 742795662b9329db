//! The report, from runs made up here: a complete one, and ones that lack parts.

use dissolve_studio::{
    config::{Preset, RunConfig, ShiftKind, ThresholdRule},
    data::{ArrayImages, Class, Curation, Dataset, Item, Label, Layout, Skipped, Source, Split},
    report, rng,
    run_dir::{RunDir, RunKind, RunState, files},
    scores::{
        ImageReview, PerScore, PixelFigures, PixelRuler, Review, ScoreKind, ScoreRow, Scores, SyntheticLesionCell,
        SyntheticLesions, Tag,
    },
};
use rand::Rng;
use std::{fmt::Write, path::Path, sync::Arc};

const SIDE: usize = 48;

/// Discs with a bright spot; abnormal ones have dark freckles. 60 training normals, 80 + 60 test images.
fn dataset() -> Dataset {
    let mut data = Vec::new();
    for index in 0..200_u64 {
        let mut rng = rng::stream(3, "report-test", index);
        let (cx, cy, tilt) = (rng.random_range(-4.0..4.0), rng.random_range(-4.0..4.0), rng.random_range(-1.0..1.0));
        let freckles: Vec<[f64; 2]> = (0..if index >= 140 { 9 } else { 0 })
            .map(|_| [rng.random_range(-14.0..14.0), rng.random_range(-14.0..14.0)])
            .collect();
        for y in 0..SIDE {
            for x in 0..SIDE {
                let (u, v) = (x as f64 - SIDE as f64 / 2.0, y as f64 - SIDE as f64 / 2.0);
                let inside = u.hypot(v) < 22.0;
                let spot = (-((u - 8.0 - cx).powi(2) + (v - cy).powi(2)) / 18.0).exp();
                let freckle = freckles.iter().any(|f| (u - f[0]).hypot(v - f[1]) < 1.6);
                let light = 0.5 + 0.01 * tilt * u + 0.4 * spot - if freckle { 0.25 } else { 0.0 };
                for tint in [1.0, 0.55, 0.3] {
                    data.push(if inside { (255.0 * light * tint).clamp(0.0, 255.0) as u8 } else { 4 });
                }
            }
        }
    }
    let pixels = Arc::new(ArrayImages { height: SIDE, width: SIDE, channels: 3, data });
    let item = |index: usize| {
        let split = if index < 60 { Split::Train } else { Split::Test };
        let class = usize::from(index >= 140);
        let name = format!("{}/{}/IMG_{index:05} <left eye>.png", split.name(), ["healthy", "freckled"][class]);
        Item {
            class: Some(class),
            given_split: Some(split),
            ..Item::new(name, Source::Array { pixels: pixels.clone(), index }, [SIDE as u32; 2])
        }
    };
    let class = |name: &str, label| Class { name: name.into(), label: Some(label) };
    let items: Vec<Item> = (0..200).map(item).collect();
    let classes = vec![class("healthy", Label::Normal), class("freckled", Label::Abnormal)];
    let why = "Made-up discs, in train/ and test/ with one folder for each class (healthy, freckled).".into();
    let duplicates = vec![(items[3].name.clone(), items[70].name.clone())];
    let mut set = Dataset::from_items("/home/someone/Pictures/made up".into(), Layout::SplitClassFolders, why, classes, items);
    set.duplicates = duplicates;
    set.skipped = vec![Skipped { path: "test/healthy/broken.png".into(), reason: "the file ends too early".into() }];
    set.warnings = vec!["1 image is in the training and in the test split.".into()];
    set
}

fn scores(data: &Dataset) -> Scores {
    let mut scores: Scores = (0..data.items.len())
        .map(|index| {
            let mut rng = rng::stream(4, "report-test", index as u64);
            let abnormal = index >= 140;
            let noise: f64 = (0..6).map(|_| rng.random_range(-0.5..0.5)).sum();
            ScoreRow {
                path: data.items[index].name.clone(),
                split: data.items[index].split.name().into(),
                class: ["healthy", "freckled"][usize::from(abnormal)].into(),
                label: Some(abnormal),
                score: -2.0 + 0.1 * noise + if abnormal { 0.15 } else { 0.0 },
                by: PerScore::from_fn(|which| (which == ScoreKind::Profile).then_some(10.0 + noise)),
                baselines: vec![0.3 + 0.01 * noise, noise - 2.5 * f64::from(u8::from(abnormal))],
                ..ScoreRow::default()
            }
        })
        .collect::<Vec<_>>()
        .into();
    scores.baselines = vec!["brightness".into(), "high_frequency_energy".into()];
    let threshold = scores.threshold(ThresholdRule::Percentile(95.0), None).unwrap();
    scores.set_threshold(Some(threshold));
    scores
}

fn complete_run(workspace: &Path) -> RunDir {
    let mut config = RunConfig::preset(Preset::Quick);
    config.data.path = "/home/someone/Pictures/made up".into();
    config.data.normal = vec!["healthy".into()];
    let run = RunDir::create(workspace, RunKind::Train, "made-up discs", &config).unwrap();
    let decided = config.with_shift(ShiftKind::Cutperm);
    let (ddpm, dia) = (run.part(RunKind::Ddpm, &config).unwrap(), run.part(RunKind::Dia, &decided).unwrap());
    let mut rng = rng::stream(5, "report-test", 0);
    let mut series = String::from("step,loss,lr,grad_norm,images_per_second\n");
    for step in 1..=3000 {
        let loss = 0.04 + 0.9 * (-f64::from(step) / 120.0).exp() + rng.random_range(0.0..0.03);
        writeln!(series, "{step},{loss:.6e},4e-4,{:.3e},{:.1}", loss * 8.0, 120.0 + rng.random_range(0.0..9.0)).unwrap();
    }
    ddpm.write("metrics.csv", series.as_bytes()).unwrap();
    let mut series = String::from("step,loss,contrastive,classification,lr,grad_norm,images_per_second\n");
    for step in 1..=200 {
        let (a, b) = (4.0 - f64::from(step).ln() / 4.0, 1.4 / (1.0 + f64::from(step) / 40.0));
        let lr = (std::f64::consts::PI * f64::from(step) / 200.0).cos() / 2.0 + 0.5;
        writeln!(series, "{step},{},{a},{b},{lr},{},{}", a + b, 2.0 + a, 30.0 + f64::from(step % 5)).unwrap();
    }
    dia.write("metrics.csv", series.as_bytes()).unwrap();
    let mut epochs = String::from("epoch,step,auroc,auroc_lower,auroc_upper,n_normal,n_abnormal,split,samples\n");
    for (epoch, auroc) in [0.61, 0.7, 0.78, 0.83, 0.81].into_iter().enumerate() {
        writeln!(epochs, "{},{},{auroc},{},{},80,60,test,1", epoch * 2 + 2, epoch * 40, auroc - 0.08, auroc + 0.07).unwrap();
    }
    dia.write("epochs.csv", epochs.as_bytes()).unwrap();
    for step in [90, 300] {
        let grid = image::RgbImage::from_fn(504, 504, |x, y| {
            image::Rgb(if x % 100 < 4 || y % 100 < 4 { [255; 3] } else { [(x / 2) as u8, (y / 2) as u8, 90] })
        });
        grid.save(ddpm.join(format!("samples/step-{step}.png"))).unwrap();
    }
    run.set_state(RunState::Finished).unwrap();
    run
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn complete_run_gives_complete_report() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    let _ = std::fs::remove_dir_all(&dir);
    let (run, data) = (complete_run(&dir), dataset());
    scores(&data).write(&run.join("scores.csv")).unwrap();
    let found = |score, size: f64, contrast: f64| SyntheticLesionCell {
        score,
        size,
        contrast,
        auroc: 0.5 + 0.45 * contrast,
        sensitivity_at_95_specificity: (4.0 * size * contrast + 0.05).min(1.0),
    };
    let sizes = [(ScoreKind::Dia, 0.05), (ScoreKind::Dia, 0.1), (ScoreKind::Map, 0.0125)];
    let cells = sizes.iter().flat_map(|&(score, size)| [0.1, 0.2, 0.4, 0.8].map(|c| found(score, size, c))).collect();
    SyntheticLesions { seed: 5, images: 64, of: 80, cells }.write(&run.join(files::SYNTHETIC_LESIONS)).unwrap();
    let path = report::write(&run, Some(&data)).unwrap();
    println!("to look at: {}", path.display());
    let page = read(&path);
    for part in [
        "Research use only – not for diagnosis",
        "with one folder for each class",
        "AUROC of DIA",
        "aria-label=\"ROC\"",
        "aria-label=\"Precision and recall\"",
        "Confusion matrix",
        "orders of the halves (cutperm)",
        "Gradient norm",
        "best epoch, selected on labels",
        "high-frequency energy",
        "better than the model",
        "False positives",
        "data:image/jpeg;base64,",
        "data:image/png;base64,",
        "After step 300",
        "dissolve-studio evaluate",
        "[ddpm]",
        "synthetic lesions, not disease",
        "Anomaly map: found at 95 % specificity",
        "diameter 1.25 %",
        "--planted --seed 5",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains("&lt;left eye&gt;") && !page.contains("<left eye>"), "names are escaped");
    for address in ["http://", "https://", "src=\"/", "<script", "@import", "url("] {
        let outside = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.contains(address), "the page needs nothing from elsewhere: {address}");
    }
    assert!(page.len() < 3 << 20, "{} bytes", page.len());
    assert!(!page.contains("NaN"));
}

#[test]
fn report_lists_what_was_tagged_and_noted() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = RunConfig::default();
    config.data.path = dir.path().join("eyes");
    let run = RunDir::create(dir.path(), RunKind::Dia, "tagged", &config).unwrap();
    let scores = scores(&dataset());
    scores.write(&run.join("scores.csv")).unwrap();
    assert!(!read(&report::write(&run, None).unwrap()).contains("Tags and notes"));
    let names: Vec<&str> = scores.rows.iter().map(|row| row.path.as_str()).collect();
    let mut review = Review::default();
    review.set(names[0], ImageReview::default().toggled(Tag::ImagePoor).with_note("too <dark>"));
    review.write(&files::review_of(&run.join("scores.csv"))).unwrap();
    let mut curation = Curation::default();
    curation.tag(names[1], "camera 2", true);
    let table = files::curation_of(dir.path(), &config.data.path);
    std::fs::create_dir_all(table.parent().unwrap()).unwrap();
    std::fs::write(table, curation.to_csv()).unwrap();
    let page = read(&report::write(&run, None).unwrap());
    let section = page.split("Tags and notes").nth(1).unwrap();
    for part in ["image poor", "too &lt;dark&gt;", "camera 2"] {
        assert!(section.contains(part), "{part}");
    }
}

#[test]
fn report_states_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let config = RunConfig::default();
    for kind in [RunKind::Train, RunKind::Ddpm, RunKind::Dia, RunKind::Csi] {
        let run = RunDir::create(dir.path(), kind, "bare", &config).unwrap();
        let page = read(&report::write(&run, None).unwrap());
        assert!(page.contains("Research use only") && page.contains("not finished") && page.contains("were not at hand"));
        assert_eq!(page.contains("This run has no scores yet"), kind != RunKind::Ddpm);
    }
}

#[test]
fn report_says_which_training_was_ended_early() {
    let dir = tempfile::tempdir().unwrap();
    let run = complete_run(dir.path());
    let page = || read(&report::write(&run, None).unwrap());
    let steps = run.part(RunKind::Dia, &RunConfig::default()).unwrap().config().unwrap().dia.total_steps();
    assert!(steps == 200 && !page().contains("ended after step"), "what has no weights goes on");
    for (kind, file) in [(RunKind::Ddpm, files::MODEL), (RunKind::Dia, files::ENCODER)] {
        std::fs::write(run.join(kind.name()).join(file), "weights").unwrap();
    }
    assert!(!page().contains("ended after step") && page().contains("Each figure comes from one of these commands"));
    let few: String = (1..=32).map(|step| format!("{step},0.5\n")).collect();
    std::fs::write(run.join("dia/metrics.csv"), format!("step,loss\n{few}")).unwrap();
    let page = page();
    assert!(page.contains("The training of the encoder was ended after step 32 of 200."), "it has learnt from 32 steps");
    assert!(!page.contains("Each figure comes from one of these commands"));
}

#[test]
fn report_tells_what_the_maps_reach_and_a_damaged_file_of_that_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let run = RunDir::create(dir.path(), RunKind::Dia, "maps", &RunConfig::default()).unwrap();
    let file = run.join("scores.csv");
    scores(&dataset()).write(&file).unwrap();
    let title = "Where the scores come from";
    assert!(!read(&report::write(&run, None).unwrap()).contains(title));
    let figures = PixelFigures {
        pixel_auroc: 0.8125,
        pixel_ap: 0.0625,
        aupro: 0.4375,
        pointing: 0.3125,
        pixel_images: 16,
        pixel_rulers: vec![PixelRuler { name: "blur_difference".into(), pixel_auroc: 0.5625, pixel_ap: 0.1875 }],
    };
    figures.write(&file).unwrap();
    let page = read(&report::write(&run, None).unwrap());
    let parts = [
        title,
        "not a lesion finder",
        "masks of 16 images",
        "0.812",
        "0.438",
        "0.312",
        "Blur difference, which needs no training",
    ];
    for part in parts {
        assert!(page.contains(part), "{part}");
    }
    run.write("scores.pixels.json", b"{").unwrap();
    assert!(!read(&report::write(&run, None).unwrap()).contains(title));
}

#[test]
fn images_called_abnormal_stand_beside_their_maps_where_these_were_kept() {
    let (dir, data) = (tempfile::tempdir().unwrap(), dataset());
    let run = RunDir::create(dir.path(), RunKind::Dia, "maps", &RunConfig::default()).unwrap();
    let scores = scores(&data);
    scores.write(&run.join("scores.csv")).unwrap();
    let title = "positives under their anomaly maps";
    assert!(!read(&report::write(&run, Some(&data)).unwrap()).contains(title));
    std::fs::create_dir(run.join(files::MAPS)).unwrap();
    for row in scores.rows.iter().filter(|row| row.split == "test") {
        for file in files::map_files(&files::map_stem(&row.path)) {
            image::RgbImage::from_pixel(40, 30, image::Rgb([200, 90, 20])).save(run.join(files::MAPS).join(file)).unwrap();
        }
    }
    let page = read(&report::write(&run, Some(&data)).unwrap());
    for kind in ["False", "True"] {
        assert!(page.contains(&format!("{kind} {title}")), "{kind}");
    }
    let maps = page.matches(", anomaly map\"").count();
    assert!((2..=12).contains(&maps), "{maps}");
    let (_, section) = page.split_once("id=\"maps\"").unwrap();
    let section = section.split("</section>").next().unwrap();
    assert_eq!(section.matches("data:image/jpeg;base64,").count(), 2 * maps, "picture and map of each");
    let without = read(&report::write(&run, None).unwrap());
    assert!(without.contains(title) && without.contains("no picture"), "the maps are there without the images, too");
}

#[test]
fn report_is_written_for_single_class_damaged_and_unlabelled_scores() {
    let (dir, data) = (tempfile::tempdir().unwrap(), dataset());
    let run = RunDir::create(dir.path(), RunKind::Dia, "odd", &RunConfig::default()).unwrap();
    let mut normals = scores(&data);
    normals.rows.retain(|row| row.label == Some(false));
    normals.write(&run.join("scores.csv")).unwrap();
    let page = read(&report::write(&run, Some(&data)).unwrap());
    assert!(page.contains("no abnormal images") && page.contains("Confusion matrix") && !page.contains("aria-label=\"ROC\""));
    normals.rows.iter_mut().for_each(|row| row.label = None);
    normals.write(&run.join("scores.csv")).unwrap();
    let page = read(&report::write(&run, Some(&data)).unwrap());
    assert!(page.contains("no labelled images") && page.contains("aria-label=\"Scores\""));
    run.write("scores.csv", b"path,score\na,what\n").unwrap();
    assert!(read(&report::write(&run, None).unwrap()).contains("line 2, column `score`"));
}

#[test]
fn names_of_files_and_classes_do_nothing_in_the_page() {
    let hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\u{1b}[31m\n\u{202e}gnp.exe`";
    let (dir, mut data) = (tempfile::tempdir().unwrap(), dataset());
    data.items.iter_mut().for_each(|item| item.name = format!("{hostile}/{}", item.name));
    data.classes.iter_mut().for_each(|class| class.name += hostile);
    data.root = format!("/home/{hostile}").into();
    data.why = format!("One folder per class: {hostile}.");
    data.skipped = vec![Skipped { path: hostile.into(), reason: format!("is labelled `{hostile}`") }];
    data.duplicates = vec![(data.items[3].name.clone(), hostile.into())];
    data.warnings = vec![format!("{hostile} names no file.").into()];
    let run = complete_run(dir.path());
    let mut scored = scores(&data);
    scored.rows.iter_mut().for_each(|row| row.class += hostile);
    scored.write(&run.join("scores.csv")).unwrap();
    for data in [Some(&data), None] {
        let page = read(&report::write(&run, data).unwrap());
        for raw in ["<script", "<img src=x", "\u{1b}", "\u{202e}"] {
            assert!(!page.contains(raw), "{raw:?}");
        }
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
        let (quote, attribute) = ("\"'><", "&quot;'&gt;&lt;");
        assert!(!page.contains(quote) && page.contains(attribute));
    }
}
