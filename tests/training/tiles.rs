//! Large pictures at their own scale, through the command line: dissolved by tiles, scored by tiles and map, maps as files.

use assert_cmd::Command;
use candle_core::Device;
use dissolve_studio::{
    config::{DataConfig, DissolveMethod},
    data::{Dataset, ImageId, Picture},
    engine::demo,
    ml::{
        diffusion::model::DiffusionModel,
        dissolve::{dissolver::Dissolver, tiled::TiledDissolver},
    },
};
use serde_json::Value;
use std::{collections::HashSet, fs, path::Path, sync::Arc};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dissolve-studio"));
    command.timeout(std::time::Duration::from_secs(600));
    command
}

/// A textured picture with lines, and a bright spot where it is abnormal.
fn picture(seed: u32, with_spot: bool) -> image::RgbImage {
    image::RgbImage::from_fn(200, 150, |x, y| {
        let line = if (x + y / 2 + 3 * seed) % 50 < 4 { 0.7 } else { 1.0 };
        let far = (f64::from(x) - 120.0).hypot(f64::from(y) - 70.0);
        let spot = if with_spot && far < 9.0 { 70.0 } else { 0.0 };
        let grain = f64::from((x * 31 + y * 17 + seed * 7) % 9);
        let value = (110.0 * line + spot + grain) as u8;
        image::Rgb([value, value / 2 + 20, 40])
    })
}

/// MVTec's layout with masks.
fn data_set(root: &Path) {
    let save = |name: String, picture: image::DynamicImage| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        picture.save(path).unwrap();
    };
    (0..8).for_each(|i| save(format!("train/good/{i}.png"), picture(i, false).into()));
    (8..11).for_each(|i| save(format!("test/good/{i}.png"), picture(i, false).into()));
    for i in 11..14 {
        save(format!("test/spot/{i}.png"), picture(i, true).into());
        let mask = image::GrayImage::from_fn(200, 150, |x, y| {
            let inside = (f64::from(x) - 120.0).hypot(f64::from(y) - 70.0) < 9.0;
            image::Luma([if inside { 255 } else { 0 }])
        });
        save(format!("ground_truth/spot/{i}_mask.png"), mask.into());
    }
    // Anatomy, no finding.
    save("ground_truth/good/8_mask.png".into(), image::GrayImage::from_pixel(200, 150, image::Luma([255])).into());
}

const SMALL: [&str; 10] = [
    "ddpm.dim=8",
    "ddpm.dim_mults=1,2",
    "ddpm.batch=4",
    "ddpm.steps=6",
    "dia.epochs=1",
    "dia.epoch_length=3",
    "dia.batch=4",
    "dia.width=8",
    "dia.ladder=1",
    "score.samples=1",
];

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap()
}

#[test]
fn large_pictures_are_trained_on_scored_and_mapped_by_tiles() {
    let dir = tempfile::tempdir().unwrap();
    let (data, work) = (dir.path().join("data"), dir.path().join("work"));
    data_set(&data);
    let mut train = program();
    train.args(["train", "--preset", "quick", "--maps", "--data"]).arg(&data).arg("--workspace").arg(&work);
    SMALL.iter().for_each(|setting| _ = train.args(["--set", setting]));
    let output = train.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("tiles of 32 px"), "what auto picked, and why, is said: {said}");
    let run = Path::new(String::from_utf8_lossy(&output.stdout).trim()).to_path_buf();

    // Each test image has its map, all at one scale; those of training images are not wanted.
    let map = image::open(run.join("maps/test__spot__11.png.png")).unwrap();
    assert_eq!((map.width(), map.height(), map.color()), (200, 150, image::ColorType::L16));
    assert!(run.join("maps/test__good__8.png-overlay.png").is_file() && !run.join("maps/train__good__0.png.png").exists());
    let levels = map.into_luma16();
    let mean = |inside: bool| {
        let wanted = |x: u32, y: u32| ((f64::from(x) - 120.0).hypot(f64::from(y) - 70.0) < 7.0) == inside;
        let (sum, count) = levels
            .enumerate_pixels()
            .filter(|(x, y, _)| wanted(*x, *y))
            .fold((0.0, 0.0), |(sum, count), (_, _, level)| (sum + f64::from(level.0[0]), count + 1.0));
        sum / count
    };
    assert!(mean(true) > mean(false), "higher where the spot is: {} and {}", mean(true), mean(false));

    let header = fs::read_to_string(run.join("scores.csv")).unwrap().lines().next().unwrap().to_string();
    assert!(header.contains(",tiles,map"), "{header}");
    let evaluation = json(&program().args(["evaluate", "--json"]).arg(&run).output().unwrap().stdout);
    for key in ["pixel_auroc", "pixel_ap", "aupro", "pointing", "tiles_auroc", "map_auroc", "lead_auroc"] {
        assert!(evaluation[key].as_f64().is_some_and(|v| (0.0..=1.0).contains(&v)), "{key}: {evaluation}");
    }
    assert!(evaluation["pixel_auroc"].as_f64().unwrap() > 0.6 && evaluation["pixel_images"] == 3, "{evaluation}");
    let rulers: Vec<&str> = evaluation["pixel_rulers"].as_array().unwrap().iter().filter_map(|r| r["name"].as_str()).collect();
    assert_eq!(rulers, ["blur_difference", "dissolving_residual_t30"]);

    // Other images by the finished run.
    let (scores, maps) = (dir.path().join("new.csv"), dir.path().join("new-maps"));
    let mut score = program();
    score.arg("score").arg("--run").arg(&run).arg("--data").arg(data.join("test/spot"));
    let output = score.arg("--out").arg(&scores).arg("--maps").arg(&maps).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(maps.join("11.png.png").is_file() && maps.join("11.png-overlay.png").is_file());

    // What a run lacks it never learns from other images.
    for (lost, is_made) in [("tiles.safetensors", true), ("map.safetensors", true), ("encoder.safetensors", false)] {
        let (file, aside) = (run.join("tiles").join(lost), dir.path().join("aside"));
        fs::rename(&file, &aside).unwrap();
        let mut score = program();
        score.arg("score").arg("--run").arg(&run).arg("--data").arg(data.join("test")).arg("--out").arg(&scores);
        let output = score.arg("--maps").arg(&maps).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains("no anomaly maps"), "{lost}: {said}");
        assert!(!file.exists(), "{lost}");
        assert_eq!(said.contains("has not kept"), is_made, "{said}");
        fs::rename(&aside, &file).unwrap();
    }

    // The run's diffusion model dissolves by tiles of its own accord; whole pictures and other tiles on demand.
    for (more, tile) in [(vec![], Some(32)), (vec!["--tile", "off"], None), (vec!["--tile", "64", "--working-size", "128"], None)]
    {
        let mut dissolve = program();
        dissolve.arg("dissolve").arg(data.join("test/spot/11.png")).args(["--t", "30"]).args(&more);
        let output = dissolve.arg("--model").arg(&run).arg("--out").arg(dir.path().join("d")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let line = json(&output.stdout);
        assert_eq!(line["tile"].as_u64(), tile, "{line}");
        let [all, resize, model] = ["mean_abs_change", "resize_change", "model_change"].map(|key| line[key].as_f64().unwrap());
        assert!(model > 0.0 && all <= resize + model + 1e-6, "{line}");
        assert_eq!(resize == 0.0, tile.is_some(), "only tiles of the picture's own size resize nothing: {line}");
    }
}

#[test]
fn a_run_without_tiles_says_that_it_makes_no_maps() {
    let dir = tempfile::tempdir().unwrap();
    let (data, work) = (dir.path().join("data"), dir.path().join("work"));
    data_set(&data);
    let mut train = program();
    train.args(["train-dia", "--preset", "quick", "--dissolve", "gaussian:3", "--set", "data.tile=off", "--data"]).arg(&data);
    SMALL.iter().for_each(|setting| _ = train.args(["--set", setting]));
    let output = train.arg("--workspace").arg(&work).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let run = String::from_utf8_lossy(&output.stdout).trim().to_string();
    assert!(!Path::new(&run).join("tiles").exists(), "off is the paper's way");
    let mut score = program();
    let output =
        score.args(["score", "--run", &run, "--maps"]).arg(dir.path().join("m")).arg("--data").arg(&data).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("makes no anomaly maps") && said.contains("data.tile"), "{said}");
}

#[test]
fn contradicting_wishes_are_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    picture(1, true).save(dir.path().join("a.png")).unwrap();
    let wrong: [(&[&str], &str); 5] = [
        (&["--tile", "48"], "32, 64 and 128"),
        (&["--tile", "64", "--resolution", "32"], "contradict"),
        (&["--working-size", "20"], "--working-size"),
        (&["--working-size", "256", "--tile", "off"], "contradict"),
        (&["--working-size", "256", "--resolution", "32"], "contradict"),
    ];
    for (args, says) in wrong {
        let mut dissolve = program();
        dissolve
            .arg("dissolve")
            .arg(dir.path().join("a.png"))
            .args(["--method", "gaussian:7", "--out"])
            .arg(dir.path().join("o"));
        let output = dissolve.args(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(says), "{args:?}: {said}");
    }
}

#[test]
fn maps_of_pictures_that_are_seen_whole_are_wrong_usage() {
    let output = program().args(["train", "--data", ".", "--maps", "--set", "data.tile=off"]).output().unwrap();
    assert!(output.status.code() == Some(2) && String::from_utf8_lossy(&output.stderr).contains("--maps"));
}

/// One that is cut off fails by itself, and a t that is said twice is done once.
#[test]
fn all_pictures_of_a_folder_are_dissolved_that_can_be() {
    let dir = tempfile::tempdir().unwrap();
    let (images, out) = (dir.path().join("images"), dir.path().join("out"));
    fs::create_dir(&images).unwrap();
    ["a", "b", "c"].iter().for_each(|name| picture(1, true).save(images.join(name).with_extension("png")).unwrap());
    let whole = fs::read(images.join("b.png")).unwrap();
    fs::write(images.join("b.png"), &whole[..whole.len() / 2]).unwrap();
    let demo = demo::unpack(dir.path()).unwrap();
    let mut dissolve = program();
    dissolve.arg("dissolve").arg(&images).args(["--t", "5,5", "--tile", "off", "--model"]).arg(demo.model());
    let output = dissolve.arg("--out").arg(&out).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("b.png"), "{said}");
    let lines: Vec<Value> = String::from_utf8_lossy(&output.stdout).lines().map(|line| json(line.as_bytes())).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
}

/// Along the edges of tiles, what dissolving by a network changes is no rougher than elsewhere, and the black surround keeps its
/// pixels.
#[test]
fn a_network_leaves_no_seams_between_tiles() {
    const T: usize = 25;
    let dir = tempfile::tempdir().unwrap();
    let demo = demo::unpack(dir.path()).unwrap();
    let model = Arc::new(DiffusionModel::load(&demo.model(), &Device::Cpu).unwrap());
    let tiles = model.info().tiles().unwrap();
    let data = Dataset::open(&DataConfig { path: demo.data, ..DataConfig::default() }, &|_| {}).unwrap();
    let dissolver = Dissolver::new(DissolveMethod::Diffusion, Some(model), 0, false).unwrap().unwrap();
    let tiled = TiledDissolver::new(dissolver, tiles);
    // So that the edges of tiles are not those of JPEG's blocks.
    let whole = data.read(ImageId(0)).unwrap().to_rgb();
    let (width, height) = (whole.width - 3, whole.height - 5);
    let rows = (0..3).flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))));
    let picture = Picture::new(width, height, 3, rows.map(|(c, y, x)| whole.plane(c)[(y + 5) * whole.width + x + 3]).collect());
    let dissolved = tiled.dissolve(&picture, T, &mut |_, _| Ok(())).unwrap();

    let change: Vec<f32> = picture.plane(1).iter().zip(dissolved.plane(1)).map(|(a, b)| b - a).collect();
    let grid = tiled.grid(width, height);
    // A tile begins, or ends, between such a pixel and the next one.
    let edges = |axis: usize| -> HashSet<usize> {
        (0..grid.len())
            .flat_map(|i| [grid.place(i)[axis], grid.place(i)[axis] + tiles.tile])
            .map(|px| px.wrapping_sub(1))
            .collect()
    };
    let (columns, rows) = (edges(0), edges(1));
    let mut roughness = [(0.0, 0); 2];
    for y in 0..height - 1 {
        for x in 0..width - 1 {
            let i = y * width + x;
            for (step, at_edge) in
                [(change[i + 1] - change[i], columns.contains(&x)), (change[i + width] - change[i], rows.contains(&y))]
            {
                let (sum, count) = &mut roughness[usize::from(at_edge)];
                (*sum, *count) = (*sum + f64::from(step.abs()), *count + 1);
            }
        }
    }
    let [elsewhere, at_edges] = roughness.map(|(sum, count)| sum / f64::from(count));
    assert!(elsewhere > 1e-3, "it dissolves: {elsewhere}");
    assert!(at_edges < 1.2 * elsewhere, "{at_edges} along the edges of tiles, {elsewhere} elsewhere");
    let corner = |x: usize, y: usize| change[y * width + x];
    assert!([(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)].into_iter().all(|(x, y)| corner(x, y) == 0.0));
}
