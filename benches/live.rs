//! Times the window's live dissolving of a large picture, as the slider asks for it: `cargo bench --bench live -- RUN IMAGE`.
//! Printed are, for several t, the milliseconds until the first (coarse) answer, until a part in view is done, and until all is; before that, what a tile takes in passes of several sizes.

use dissolve_studio::{
    config::{DataConfig, DissolveMethod, PreprocessConfig, Tiling},
    data::{Dataset, ImageId, is_blank},
    engine::{
        dissolve::request::{ComparisonGrid, DissolveRequest, ImageSource, InView, Recipe},
        runs::list::ModelSource,
    },
    jobs::{
        dissolver::Dissolving,
        events::{JobEvent, channel},
    },
    ml::{
        diffusion::model::DiffusionModel,
        dissolve::{dissolver::Dissolver, tiled::TiledDissolver},
    },
};
use std::{
    sync::{Arc, mpsc::Receiver},
    time::{Duration, Instant},
};

/// The part in view where the picture is zoomed: half of each side.
const IN_VIEW: InView = InView { corners: [[0.25; 2], [0.75; 2]], focus: [0.5; 2] };

/// Milliseconds until answers of `generation` with tiles done: any, those in view (so many, blank ones included), all.
fn answers(rx: &Receiver<JobEvent>, generation: u64, in_view: usize) -> [f64; 3] {
    let began = Instant::now();
    let mut times = [f64::NAN; 3];
    while let Ok(event) = rx.recv_timeout(Duration::from_secs(120)) {
        let JobEvent::Dissolved { generation: g, dissolved } = event else { continue };
        let dissolved = dissolved.expect("dissolved");
        if g != generation {
            continue;
        }
        let now = began.elapsed().as_secs_f64() * 1e3;
        let [done, of] = dissolved.tiles;
        for (time, least) in times.iter_mut().zip([0, in_view, of]) {
            if time.is_nan() && done >= least {
                *time = now;
            }
        }
        if done == of {
            return times;
        }
    }
    times
}

/// Prints the milliseconds a tile by the number of tiles of a pass. Returns how many are done once those in view are: blank ones are from
/// the beginning.
fn passes(run: &str, source: &ImageSource) -> usize {
    let model = Arc::new(DiffusionModel::load(run.as_ref(), &candle_core::Device::Cpu).expect("a model"));
    let tiles = model.info().tiles().expect("a model of tiles");
    let dissolver = Dissolver::with_model(model, false);
    let tiled = TiledDissolver::new(dissolver, tiles);
    let picture = tiled.working_picture(&source.dataset.read(source.image).expect("a picture"));
    let grid = tiled.grid(picture.width, picture.height);
    let shown: Vec<usize> = (0..grid.len()).filter(|&i| !is_blank(&grid.cut(&picture, i))).collect();
    for count in [1, 2, 4, 8, 16, 32].into_iter().filter(|count| *count <= shown.len()) {
        let indices = shown[..count].to_vec();
        let mut best = f64::INFINITY;
        for _ in 0..4 {
            let began = Instant::now();
            tiled.dissolve_tiles(&grid, &picture, &indices, 80).expect("dissolved");
            best = best.min(began.elapsed().as_secs_f64() * 1e3);
        }
        println!("a pass of {count:<2} tiles of {} px: {best:6.1} ms, {:5.1} ms a tile", tiles.tile, best / count as f64);
    }
    let is_in_view = |&&i: &&usize| {
        let overlaps = |axis: usize| {
            let (from, side) = (grid.place(i)[axis] as f32, grid.size()[axis] as f32);
            from < IN_VIEW.corners[1][axis] * side && from + tiles.tile as f32 > IN_VIEW.corners[0][axis] * side
        };
        overlaps(0) && overlaps(1)
    };
    let in_view = shown.iter().filter(is_in_view).count();
    println!("{} tiles, {} of them blank, {in_view} of the others in view", grid.len(), grid.len() - shown.len());
    grid.len() - shown.len() + in_view
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let [run, image] = &arguments[..] else {
        println!("nothing is timed without a run and a picture: cargo bench --bench live -- RUN IMAGE");
        return;
    };
    let data = DataConfig { path: image.into(), ..DataConfig::default() };
    let dataset = Arc::new(Dataset::open(&data, &|_| {}).expect("a picture"));
    let source = ImageSource { dataset, image: ImageId(0), preprocess: PreprocessConfig::default() };
    let in_view_count = passes(run, &source);
    let (events, rx) = channel(Arc::new(|| {}));
    let mut worker = Dissolving::start(events).expect("a thread");
    let mut generation = 0;
    let mut ask = |t: usize| {
        generation += 1;
        let model = Some(ModelSource(run.into()));
        worker.ask(DissolveRequest {
            generation,
            strip: 0,
            source: source.clone(),
            recipe: Recipe { method: DissolveMethod::Diffusion, model, resolution: 0, tile: Tiling::Auto, t },
            is_known: false,
            in_view: IN_VIEW,
            strip_steps: Vec::new(),
            sheet_steps: Vec::new(),
            grid: ComparisonGrid::Nothing,
            bands: None,
        });
        generation
    };
    for (t, what) in [(80, "first, reading picture and model"), (81, "next t"), (130, "next t"), (80, "back at a t")] {
        let [first, in_view, all] = answers(&rx, ask(t), in_view_count);
        println!("t = {t:<4} first {first:6.0} ms · in view {in_view:6.0} ms · all {all:6.0} ms   {what}");
    }
    let began = Instant::now();
    for t in 200..230 {
        ask(t);
        std::thread::sleep(Duration::from_millis(16));
    }
    let dragged = began.elapsed();
    let seen = rx.try_iter().filter(|event| matches!(event, JobEvent::Dissolved { .. })).count();
    println!("dragged over 30 values of t in {:.0} ms: {seen} answers", dragged.as_secs_f64() * 1e3);
    let [first, in_view, all] = answers(&rx, ask(230), in_view_count);
    println!("t = 230  first {first:6.0} ms · in view {in_view:6.0} ms · all {all:6.0} ms   after the drag");
    worker.join();
}
