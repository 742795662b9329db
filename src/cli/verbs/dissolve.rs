//! `dissolve`: pictures with their fine features taken away, at their own size, and what was taken.

use crate::{
    cli::{
        args::device as parse_device,
        next_step, out,
        streams::{Input, is_dash},
    },
    config::{DataConfig, DeviceKind, DiaConfig, DissolveMethod, Limits, PreprocessConfig, TileSize, Tiling, ValueWindow},
    data::{Dataset, ImageId, Picture, Preprocess},
    engine::{
        export::contact_sheet::{Column, contact_sheet},
        memory::Memory,
    },
    error::{Error, NextStep, Result},
    ml::{
        base::{device, reporter::Notice, resize::at_resolution},
        diffusion::model::DiffusionModel,
        dissolve::{
            dissolver::Dissolver,
            tiled::{self, TiledDissolver},
        },
    },
    run_dir::{RunDir, require_writable, write_atomic},
    text::{self, count_of},
};
use candle_core::{Device, Tensor};
use image::{ImageError, ImageFormat, RgbImage};
use serde_json::json;
use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// Largest side of a picture in the strip, px.
const STRIP_CELL: usize = 1024;

/// Time between two lines that say how far a picture is.
const SAY_EVERY: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  dissolve-studio dissolve scan.png --model runs/20260101-120000-ddpm-fundus --out dissolved\n  \
    dissolve-studio dissolve a.png b.png --model model-25.pt --t 30,80,130,300 --out dissolved\n  \
    dissolve-studio dissolve photograph.jpg --model RUN --tile 64 --working-size 1024 --out dissolved\n  \
    dissolve-studio dissolve scan.png --method gaussian:7 --out blurred"
)]
pub struct Args {
    /// Pictures, or folders of them; - = a picture from the standard input
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// The diffusion model: a run folder, model.safetensors, or a reference model-N.pt
    #[arg(long, value_name = "RUN|FILE")]
    model: Option<PathBuf>,
    /// Timesteps; the larger, the more is taken away
    #[arg(long, value_name = "T,…", value_delimiter = ',', default_value = "30,80,130")]
    t: Vec<usize>,
    /// Side at which the whole picture is dissolved, px: no tiles then [default: that of the model, or 32]
    #[arg(long, value_name = "PX")]
    resolution: Option<usize>,
    /// off: the whole picture is resized and dissolved; 32, 64 or 128: at its own scale, by overlapping tiles of that side, px;
    /// auto: by tiles where the model has learnt from tiles and the picture is large enough
    #[arg(long, value_name = "off|auto|PX", default_value = "auto")]
    tile: Tiling,
    /// Shorter side, px, to which a picture is shrunk before it is dissolved by tiles; 0 = its own [default: that of the model, or 512]
    #[arg(long, value_name = "PX")]
    working_size: Option<usize>,
    /// diffusion, gaussian:K, median:K or resample
    #[arg(long, default_value = "diffusion")]
    method: DissolveMethod,
    /// Which values are shown: auto; of DICOM pictures lung, soft-tissue, bone, brain, centre and width (40/400), or one that the
    /// files name (file:SOFT); of 16-bit pictures 8bit to 16bit [default: that of the model's run]
    #[arg(long, value_name = "WINDOW", allow_hyphen_values = true)]
    window: Option<ValueWindow>,
    /// Folder for the results
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where to compute (cuda:1 = the second card)
    #[arg(long, value_parser = parse_device(), default_value = "cpu")]
    device: DeviceKind,
    /// Worker threads [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// Everything that the pictures share.
struct Work {
    method: DissolveMethod,
    model: Option<Arc<DiffusionModel>>,
    resolution: usize,
    tile: Tiling,
    working_size: Option<usize>,
    window: ValueWindow,
    /// That of the model's run, where it changes pictures.
    preprocess: Option<Preprocess>,
    /// Empty where the method has no steps.
    steps: Vec<usize>,
    device: Device,
    out: PathBuf,
    /// Names given away.
    names: HashSet<String>,
    /// The images so far, which are never written over.
    sources: HashSet<PathBuf>,
    /// It was said that t means more by tiles.
    warned: bool,
    /// Why nothing more is printed: the files are written all the same.
    printed: Result<()>,
}

pub fn run(mut args: Args) -> Result<()> {
    let mut seen = HashSet::new();
    args.t.retain(|&t| seen.insert(t));
    device::set_threads(args.threads.unwrap_or(0))?;
    let (device, notice) = device::open(args.device);
    if let Some(why) = notice {
        out::note(format_args!("note: {}", next_step::notice(&Notice::OnCpu(why))));
    }
    refuse_contradictions(&args)?;
    let diffusion = args.method == DissolveMethod::Diffusion;
    let model = open_model(&args, &device)?;
    if let Some(model) = &model {
        check_steps(&args, model)?;
    }
    let of_run = || RunDir::open(args.model.as_deref()?).ok()?.config().ok();
    let run = of_run().unwrap_or_default();
    let window = args.window.clone().unwrap_or(run.data.window);
    let preprocess = Some(run.preprocess).filter(|preprocess| diffusion && *preprocess != PreprocessConfig::default());
    if preprocess.is_some() {
        out::note(format_args!("note: pictures are prepared as those that the model has learnt from, and compared with that"));
    }
    std::fs::create_dir_all(&args.out).map_err(Error::io("create", &args.out))?;
    require_writable(&args.out)?;
    let mut work = Work {
        method: args.method,
        model,
        resolution: args.resolution.unwrap_or(0),
        tile: args.tile,
        working_size: args.working_size,
        window,
        preprocess: preprocess.map(Preprocess::new),
        steps: if diffusion { args.t } else { Vec::new() },
        device,
        out: args.out,
        names: HashSet::new(),
        sources: HashSet::new(),
        warned: false,
        printed: Ok(()),
    };
    // One picture that cannot be read does not keep the others from being dissolved.
    let mut failed = None;
    for path in &args.images {
        if let Err(e) = work.path(path) {
            later(&mut failed, e);
        }
    }
    failed.map_or(work.printed, Err)
}

/// Refuses settings that exclude each other, or that lie outside their range.
fn refuse_contradictions(args: &Args) -> Result<()> {
    if let (Tiling::Px(tile), Some(resolution)) = (args.tile, args.resolution) {
        return Err(Error::usage(
            format!("--tile {tile} and --resolution {resolution} contradict each other"),
            "give --tile for large pictures at their own scale, or --resolution for whole pictures resized",
        ));
    }
    let whole = match (args.tile, args.resolution) {
        (Tiling::Off, _) => Some("--tile off".to_string()),
        (_, resolution) => resolution.map(|px| format!("--resolution {px}")),
    };
    if let (Some(px), Some(whole)) = (args.working_size, whole) {
        return Err(Error::usage(
            format!("--working-size {px} and {whole} contradict each other: a working size is for tiles"),
            "leave one of them out",
        ));
    }
    let sides = [
        ("--working-size", "data.working_size", args.working_size, 512),
        ("--resolution", "dia.resolution", args.resolution, 128),
    ];
    for (flag, key, px, example) in sides {
        let checked = px.map_or(Ok(()), |px| Limits::check(key, px as f64));
        checked.map_err(|e| Error::usage(format!("{flag}: {} px", e.reason), format!("as in {flag} {example}")))?;
    }
    Ok(())
}

/// The diffusion model, where the method needs one.
fn open_model(args: &Args, device: &Device) -> Result<Option<Arc<DiffusionModel>>> {
    match (&args.method, &args.model) {
        (DissolveMethod::None, _) => {
            Err(Error::usage("--method none dissolves nothing", "there are diffusion, gaussian:K, median:K and resample"))
        }
        (DissolveMethod::Diffusion, None) => Err(Error::usage(
            "dissolving by diffusion needs --model",
            "give a run folder or a model file, or another --method such as gaussian:7",
        )),
        (DissolveMethod::Diffusion, Some(path)) => Ok(Some(Arc::new(DiffusionModel::load(path, device)?))),
        _ => Ok(None),
    }
}

/// Refuses t that the model does not have, and says where what it has learnt ends.
fn check_steps(args: &Args, model: &DiffusionModel) -> Result<()> {
    let (timesteps, info) = (model.schedule().timesteps(), model.info());
    if let Some(early) = info.early() {
        out::note(format_args!("note: {early}"));
    }
    if let Some(t) = args.t.iter().max().filter(|&&t| t >= timesteps) {
        return Err(Error::usage(format!("--t {t} is beyond the model's last step"), format!("use 0 to {}", timesteps - 1)));
    }
    let learnt = info.config.t_limit;
    if learnt > 0 && args.t.iter().any(|&t| t >= learnt) {
        out::note(format_args!("note: this model has learnt t below {learnt}: from there on what it leaves says nothing"));
    }
    if let Tiling::Px(tile) = args.tile
        && info.tiles().is_none()
    {
        out::note(format_args!("note: this model has learnt from whole pictures: a tile of {tile} px is to it a small picture"));
    }
    Ok(())
}

/// Keeps an error to end with, and says the one that was kept so far.
fn later(failed: &mut Option<Error>, e: Error) {
    if let Some(earlier) = failed.replace(e) {
        out::note(format_args!("error: {earlier}"));
    }
}

impl Work {
    fn path(&mut self, path: &Path) -> Result<()> {
        let input = Input::new(path)?;
        let data = Dataset::open(
            &DataConfig { path: input.path().to_path_buf(), window: self.window.clone(), ..DataConfig::default() },
            &|_| {},
        )?;
        for skipped in &data.skipped {
            out::note(format_args!("note: {} {}", skipped.name(), skipped.reason));
        }
        for by_bits in data.warnings.iter().filter(|warning| warning.step == Some(NextStep::AllBits)) {
            out::note(format_args!("note: {} (--window 16bit shows them as they are)", by_bits.text));
        }
        let sources = data.items.iter().filter_map(|item| item.source.path()?.canonicalize().ok());
        self.sources.extend(sources);
        let is_file = is_dash(path) || path.is_file();
        // As of the paths that were named, one that cannot be read does not keep the others from being dissolved.
        let mut failed = None;
        for (i, item) in data.items.iter().enumerate() {
            let shown = if data.items.len() == 1 && is_file { path.to_string_lossy().into_owned() } else { item.name.clone() };
            let read = data.read(ImageId(i as u32)).map(|picture| match &self.preprocess {
                None => picture,
                Some(preprocess) => preprocess.apply(&picture),
            });
            let done = read.and_then(|picture| self.picture(&shown, &item.name, &picture));
            match done {
                Err(e @ (Error::Stopped | Error::Io { .. })) => return Err(e),
                Err(e) => later(&mut failed, e),
                Ok(()) => {}
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Writes everything about one picture; a line on stdout for each dissolved one.
    fn picture(&mut self, shown: &str, name: &str, picture: &Picture) -> Result<()> {
        let Some(dissolver) = Dissolver::new(self.method, self.model.clone(), self.resolution, picture.is_grey())? else {
            return Ok(());
        };
        Memory::here().require_for_dissolving([picture.width, picture.height])?;
        let original = picture.to_rgb();
        let steps: Vec<Option<usize>> =
            if dissolver.uses_t() { self.steps.iter().map(|&t| Some(t)).collect() } else { vec![None] };
        // Both at the original's size: what resizing alone makes of it, and the dissolved pictures.
        let tiles = self.tiles([original.width, original.height]);
        if tiles.is_none() && (self.working_size.is_some() || matches!(self.tile, Tiling::Px(_))) {
            let [width, height] = [original.width, original.height];
            let shorter = width.min(height).min(self.working_size.filter(|&size| size > 0).unwrap_or(usize::MAX));
            let why = match shorter <= TileSize::LEAST_WORKING_SIZE {
                true => format!("tiles begin above {} px", TileSize::LEAST_WORKING_SIZE),
                false => "its model has learnt from whole pictures".into(),
            };
            out::note(format_args!("note: {shown} ({width} x {height} px) is dissolved whole: {why}"));
        }
        let learnt = DiaConfig::default().steps_of_t(tiles.is_some());
        if tiles.is_some() && !self.warned && self.steps.iter().any(|&t| t > learnt.end) {
            self.warned = true;
            out::note(format_args!(
                "note: at a picture's own scale t means more: above {} one step takes away more than there is, and may leave rings; \
                 --t {},{} dissolves, --tile off takes the whole picture at once",
                learnt.end,
                learnt.start,
                (learnt.start + learnt.end) / 2
            ));
        }
        let scaled = match tiles {
            Some(tiles) => {
                by_tiles(TiledDissolver::new(dissolver, tiles), &original, &steps, &mut Progress::new(shown, steps.len()))?
            }
            None => Scaled::Whole(dissolver, self.device.clone()),
        };
        let resized = scaled.resized(&original)?;
        let was_resized = resized != original;
        // One gain for all steps, so that they can be compared; one picture at a time, since they can be large.
        let mut gain = Gain::default();
        for (i, t) in steps.iter().enumerate() {
            gain.see(&difference(&original, &scaled.dissolved(&original, i, *t)?));
        }
        let gain = gain.value();

        let resize_change = mean(&difference(&original, &resized));
        let stem = text::free_name(&text::file_stem(name), |name| self.names.insert(name.to_string()));
        let mut columns =
            vec![Column { caption: "original".into(), above: original.clone().within(STRIP_CELL).to_image(), below: None }];
        for (i, t) in steps.into_iter().enumerate() {
            let picture = scaled.dissolved(&original, i, t)?;
            let mut change = difference(&original, &picture);
            let label = t.map_or_else(|| self.method.to_string().replace(':', ""), |t| format!("t{t}"));
            let mean_abs_change = mean(&change);
            change.data.iter_mut().for_each(|v| *v *= f32::from(gain));
            let file = self.save(&picture.to_image(), &format!("{stem}-{label}.png"))?;
            self.save(&change.to_image(), &format!("{stem}-{label}-abs-difference-x{gain}.png"))?;
            let mut by_model = difference(&resized, &picture);
            let model_change = mean(&by_model);
            if was_resized {
                by_model.data.iter_mut().for_each(|v| *v *= f32::from(gain));
                self.save(&by_model.to_image(), &format!("{stem}-{label}-model-difference-x{gain}.png"))?;
                change = by_model;
            }
            let caption = t.map_or_else(|| self.method.to_string(), |t| format!("t {t}"));
            columns.push(Column {
                caption,
                above: picture.within(STRIP_CELL).to_image(),
                below: Some(change.within(STRIP_CELL).to_image()),
            });
            if self.printed.is_ok() {
                self.printed = out::line(json!({
                    "image": shown, "t": t, "file": file.to_string_lossy(), "mean_abs_change": mean_abs_change,
                    "resize_change": resize_change, "model_change": model_change, "tile": tiles.map(|tiles| tiles.tile),
                }));
            }
        }
        let changed = if was_resized { "what the model changed beyond resizing" } else { "what dissolving changed" };
        let title = format!("{name} · below: {changed}, absolute, × {gain}");
        self.save(&contact_sheet(&columns, &title, [0, 255]), &format!("{stem}-strip.png"))?;
        Ok(())
    }

    /// The tiles that a picture of this size is dissolved by; `None`: it is resized as a whole.
    fn tiles(&self, size: [usize; 2]) -> Option<TileSize> {
        let learnt = self.model.as_ref().and_then(|model| model.info().tiles());
        tiled::tiles_for(self.tile, learnt, self.resolution, self.working_size, size)
    }

    fn save(&self, picture: &RgbImage, name: &str) -> Result<PathBuf> {
        let path = self.out.join(name);
        if path.canonicalize().is_ok_and(|path| self.sources.contains(&path)) {
            let text = format!("{} is one of the images, which are never written over", path.display());
            return Err(Error::user(text, "give another folder with --out"));
        }
        write_atomic(&path, |file| {
            picture.write_to(file, ImageFormat::Png).map_err(|e| match e {
                ImageError::IoError(e) => e,
                e => io::Error::other(e),
            })
        })?;
        Ok(path)
    }
}

/// A picture at the scale at which it is dissolved, and back at its own size.
enum Scaled {
    /// At the working size; what was dissolved there is kept.
    Tiles { working: Picture, dissolved: Vec<Picture> },
    /// At the resolution of dissolving, which is quick: nothing is kept.
    Whole(Dissolver, Device),
}

impl Scaled {
    /// What resizing alone makes of the picture.
    fn resized(&self, original: &Picture) -> Result<Picture> {
        match self {
            Self::Tiles { working, .. } => Ok(working.resize(original.width, original.height)),
            Self::Whole(dissolver, device) => {
                through(original, device, |x| at_resolution(x, dissolver.resolution(), |x| Ok(x.clone())))
            }
        }
    }

    /// The picture dissolved at the `index`-th of the steps, which is t.
    fn dissolved(&self, original: &Picture, index: usize, t: Option<usize>) -> Result<Picture> {
        match self {
            Self::Tiles { dissolved, .. } => Ok(dissolved[index].resize(original.width, original.height)),
            Self::Whole(dissolver, device) => through(original, device, |x| dissolver.dissolve(x, &[t.unwrap_or(0)])),
        }
    }
}

/// What `make` makes of a picture of three channels, as a tensor (1, 3, H, W) of the same size.
fn through(original: &Picture, device: &Device, make: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Picture> {
    let (width, height) = (original.width, original.height);
    let x = Tensor::from_slice(&original.data, (1, 3, height, width), device)?;
    Ok(Picture::new(width, height, 3, make(&x)?.flatten_all()?.to_vec1()?))
}

/// The picture at the working size, and dissolved by tiles there.
fn by_tiles(
    dissolver: TiledDissolver,
    original: &Picture,
    steps: &[Option<usize>],
    progress: &mut Progress<'_>,
) -> Result<Scaled> {
    let working = dissolver.working_picture(original);
    let mut dissolved = Vec::with_capacity(steps.len());
    for t in steps {
        let tick = &mut |done, of| {
            progress.tiles(*t, done, of);
            Ok(())
        };
        dissolved.push(dissolver.dissolve(&working, t.unwrap_or(0), tick)?);
        progress.done += 1;
    }
    Ok(Scaled::Tiles { working, dissolved })
}

/// Says on stderr how far a picture is that takes long.
struct Progress<'a> {
    image: &'a str,
    /// Steps that are done, of how many.
    done: usize,
    of: usize,
    last: Instant,
}

impl<'a> Progress<'a> {
    fn new(image: &'a str, of: usize) -> Self {
        Self { image, done: 0, of, last: Instant::now() }
    }

    fn tiles(&mut self, t: Option<usize>, done: usize, of: usize) {
        if self.last.elapsed() < SAY_EVERY {
            return;
        }
        self.last = Instant::now();
        let (image, step) = (text::visible(self.image), self.done + 1);
        let t = t.map(|t| format!(" (t = {t})")).unwrap_or_default();
        out::note(format_args!("{image}: tile {done} of {of}, {step} of {}{t}", count_of(self.of, "dissolving")));
    }
}

/// What changes are multiplied by to be seen: a power of two that saturates one value in 500 at most.
#[derive(Default)]
struct Gain {
    /// How many values each would saturate.
    above: [usize; Self::ALL.len()],
    seen: usize,
}

impl Gain {
    const ALL: [u8; 5] = [32, 16, 8, 4, 2];

    fn see(&mut self, change: &Picture) {
        for (above, gain) in self.above.iter_mut().zip(Self::ALL) {
            *above += change.data.iter().filter(|v| **v * f32::from(gain) > 1.0).count();
        }
        self.seen += change.data.len();
    }

    fn value(&self) -> u8 {
        let few = |above: &usize| *above <= self.seen / 500;
        self.above.iter().zip(Self::ALL).find(|(above, _)| few(above)).map_or(1, |(_, gain)| gain)
    }
}

/// Mean over all pixels and channels.
fn mean(picture: &Picture) -> f64 {
    picture.data.iter().map(|&v| f64::from(v)).sum::<f64>() / picture.data.len().max(1) as f64
}

/// |a - b|
fn difference(a: &Picture, b: &Picture) -> Picture {
    let data = a.data.iter().zip(&b.data).map(|(a, b)| (a - b).abs()).collect();
    Picture::new(a.width, a.height, 3, data)
}
