//! `evaluate`: the figures of a file of scores.

use crate::{
    cli::{
        out,
        progress::Terminal,
        streams::{Input, is_dash},
    },
    config::ThresholdRule,
    engine::runs::finished_run::FinishedRun,
    error::{Error, Result},
    report::commands,
    run_dir::{RunDir, files, require_writable},
    scores::{
        Area, BaselineFigure, ClassFigures, Comparison, Evaluation, PixelFigures, PixelRuler, RankChange, ScoreKind, Scores,
        SyntheticLesionCell, SyntheticLesions, ThresholdOrigin, Verdict, baseline_title,
    },
    text::{self, count_of, elided, sentence, thousands},
};
use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

/// How many of the images that moved most are named.
const NAMED: usize = 10;

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  dissolve-studio evaluate runs/20260101-120000-train-breast/scores.csv\n  \
                        dissolve-studio evaluate a.csv --compare b.csv --json\n  zcat scores.csv.gz | dissolve-studio evaluate -\n  dissolve-studio evaluate a.csv --rule sensitivity:0.95\n  \
                        dissolve-studio evaluate runs/20260101-120000-train-breast --planted\n\n\
                        Any table with the columns path, label (1 = abnormal, 0 = normal, empty = unknown) and score will do.")]
pub struct Args {
    /// A file of scores, or a run with scores; - = scores from the standard input
    #[arg(value_name = "SCORES.csv")]
    scores: PathBuf,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Compare with other scores of the same images (paired DeLong; first minus second); - = from the standard input
    #[arg(long, value_name = "OTHER.csv")]
    compare: Option<PathBuf>,
    /// Evaluate this split [default: test, or all rows where nothing is split]
    #[arg(long, value_name = "NAME")]
    split: Option<String>,
    /// Threshold: youden, sensitivity:0.9, specificity:0.9 or percentile:95 (of the training normals) [default: the file's own]
    #[arg(long)]
    rule: Option<ThresholdRule>,
    /// The score that all figures are of: dia (Eq. 10), profile, features, tiles, map or lead [default: the one that leads; with
    /// --json dia, the column `score`]
    #[arg(long, value_name = "SCORE")]
    by: Option<ScoreKind>,
    /// Also draw synthetic lesions into the run's held-out normal images, and tell how many are found by size and contrast;
    /// needs a run with its encoder, no labels of abnormal images, and some minutes
    #[arg(long)]
    planted: bool,
    /// Seed of the planted lesions [default: the run's]
    #[arg(long, value_name = "N", requires = "planted")]
    seed: Option<u64>,
    /// Plant the lesions again, though their figures are in the run
    #[arg(long, requires = "planted")]
    force: bool,
}

pub fn run(args: Args) -> Result<()> {
    if args.planted && is_dash(&args.scores) {
        return Err(Error::usage("--planted needs a run, which - is not", "name the run's folder"));
    }
    let input = Input::new(&args.scores)?;
    let file = scores_of(input.path());
    let all = Scores::read(&file)?;
    let split = args.split.as_deref();
    let leading = if args.json { ScoreKind::Dia } else { all.leading_kind() };
    let kind = args.by.unwrap_or(leading);
    let scores = seen_by(&all, kind, args.rule, &file)?;
    let evaluation = Evaluation::new(&scores, split, args.rule)?;
    let mut comparison = match &args.compare {
        Some(path) => {
            let other = Input::new(path)?;
            let other = Scores::read(&scores_of(other.path()))?;
            // Files of other programs have one score.
            let same = if args.by.is_some() || other.kinds().contains(&kind) { kind } else { ScoreKind::Dia };
            let [first, second] = [&all, &other].map(|scores| seen_by(scores, same, args.rule, &file));
            Some(Comparison::new(&*first?, &*second?, split)?)
        }
        None => None,
    };
    comparison.iter_mut().for_each(|c| c.rank_changes.truncate(NAMED));
    let planted = if args.planted { Some(plant(&file, args.seed, args.force)?) } else { None };
    // What lies beside the scores is no reason not to tell what they say. It is of the test images, whatever split is named.
    let pixels = PixelFigures::read(&file).unwrap_or_else(|why| {
        out::note(sentence(&why.to_string()));
        None
    });
    let pixels = pixels.filter(|_| split.is_none_or(|split| split == "test"));
    let (comparison, pixels, planted) = (comparison.as_ref(), pixels.as_ref(), planted.as_ref());
    if args.json {
        return out::print(&json(&evaluation, comparison, pixels, planted));
    }
    let mut text = text(&evaluation, kind, comparison, pixels, planted);
    text.extend(lacks_lead(&file).filter(|_| args.by.is_none() && kind == ScoreKind::Dia));
    out::print(&text)
}

/// The file of scores that is meant: itself, or the one of a run.
fn scores_of(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(files::SCORES) } else { path.to_path_buf() }
}

/// What makes the leading score of a run whose scores are from before it.
fn lacks_lead(scores: &Path) -> Option<String> {
    // Of a bare name the folder is empty.
    let folder = scores.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let run = RunDir::open(folder).ok().filter(|_| files::is_own_scores(scores))?;
    run.contents().ok()?.encoder?;
    let command = commands::score(run.path(), &run.config().ok()?.data.path);
    Some(format!("\nnote: {}. To get it, score the run's images again: {command}\n", Verdict::WITHOUT_LEAD))
}

/// The scores by one of them.
fn seen_by<'a>(all: &'a Scores, kind: ScoreKind, rule: Option<ThresholdRule>, file: &Path) -> Result<Cow<'a, Scores>> {
    all.seen_by(kind, rule).ok_or_else(|| {
        let there: Vec<&str> = all.kinds().into_iter().map(ScoreKind::name).collect();
        Error::usage(
            format!("{} has no score {} of all images", file.display(), kind.name()),
            format!("there are: {}", there.join(", ")),
        )
    })
}

/// The run is where its scores lie. Figures of the same seed that are younger than its encoder are there already.
fn plant(scores: &Path, seed: Option<u64>, again: bool) -> Result<SyntheticLesions> {
    let folder = scores.parent().unwrap_or(Path::new(""));
    let run = RunDir::open(folder).map_err(|_| {
        Error::user(format!("{} does not lie in a run, whose encoder --planted needs", scores.display()), "name the run's folder")
    })?;
    let seed = match seed {
        Some(seed) => seed,
        None => run.config()?.run.seed,
    };
    let file = run.join(files::SYNTHETIC_LESIONS);
    let changed = |path: &Path| std::fs::metadata(path).and_then(|m| m.modified()).ok();
    let is_young = run.contents()?.encoder.is_some_and(|encoder| changed(&encoder) <= changed(&file));
    if let Some(known) = SyntheticLesions::read(&file).ok().flatten().filter(|known| known.seed == seed && is_young && !again) {
        out::note(format_args!(
            "note: the lesions were planted before; these are the figures in {}. --force plants them again.",
            file.display()
        ));
        return Ok(known);
    }
    require_writable(run.path())?;
    let mut terminal = Terminal::new();
    FinishedRun::open(folder, None, None, &mut terminal)?.measure_lesions(seed, &mut terminal)
}

fn json(
    evaluation: &Evaluation,
    comparison: Option<&Comparison>,
    pixels: Option<&PixelFigures>,
    planted: Option<&SyntheticLesions>,
) -> String {
    let Ok(mut all) = serde_json::to_value(evaluation) else { return evaluation.to_json() };
    for more in [serde_json::to_value(comparison), serde_json::to_value(pixels)].into_iter().flatten() {
        if let (Some(all), serde_json::Value::Object(more)) = (all.as_object_mut(), more) {
            all.extend(more);
        }
    }
    if let (Some(all), Some(planted)) = (all.as_object_mut(), planted) {
        all.insert("planted".into(), serde_json::json!(planted));
    }
    format!("{all:#}\n")
}

fn number(value: Option<f64>) -> String {
    value.map_or("–".into(), |v| format!("{v:.4}"))
}

fn interval(ci95: Option<[f64; 2]>) -> String {
    ci95.map_or(String::new(), |[low, high]| format!("   95 % interval {low:.4} – {high:.4}"))
}

fn text(
    e: &Evaluation,
    kind: ScoreKind,
    comparison: Option<&Comparison>,
    pixels: Option<&PixelFigures>,
    planted: Option<&SyntheticLesions>,
) -> String {
    let mut lines = figures(e, kind);
    lines.extend(by_class(e));
    lines.extend(others(e, kind));
    lines.extend(reality_check(e));
    lines.extend(pixels.into_iter().flat_map(at_pixels));
    lines.extend(comparison.into_iter().flat_map(compared));
    lines.extend(planted.into_iter().flat_map(lesions));
    if let Some(verdict) = e.verdict_on(kind) {
        lines.push(format!("\n{} {}", sentence(&verdict.text), sentence(&verdict.next)).trim_end().into());
    }
    lines.extend(e.notes.iter().map(|note| format!("\nnote: {note}")));
    text::visible_lines(&lines.join("\n")).into_owned() + "\n"
}

fn figures(e: &Evaluation, kind: ScoreKind) -> Vec<String> {
    let over = if e.split == "all" { "no split".to_string() } else { format!("split {}", e.split) };
    let mut lines = vec![format!(
        "{} normal, {} abnormal, {} unlabelled images ({over}); a higher score is more abnormal",
        thousands(e.n_normal),
        thousands(e.n_abnormal),
        thousands(e.n_unlabelled)
    )];
    lines.extend(e.undefined.iter().map(|why| format!("undefined: {why}")));
    let name = match kind {
        ScoreKind::Lead => format!("the leading score, of {}", e.lead.replace('+', ", ")),
        kind => kind.title().into(),
    };
    lines.extend([
        String::new(),
        format!("by {name}. {}", sentence(kind.meaning())),
        format!("AUROC                              {}{}", number(e.auroc), interval(e.auroc_ci95)),
        format!("average precision                  {}", number(e.average_precision)),
        format!("sensitivity at 90 % specificity    {}", number(e.sensitivity_at_90_specificity)),
        format!("sensitivity at 95 % specificity    {}", number(e.sensitivity_at_95_specificity)),
    ]);
    if let (Some(threshold), Some(c)) = (e.threshold, e.confusion) {
        let origin = match e.rule {
            ThresholdOrigin::Rule(rule) => rule.to_string(),
            ThresholdOrigin::File => "the run's".into(),
        };
        lines.extend([
            format!(
                "\nthreshold {threshold:.4} ({origin}): sensitivity {}, specificity {}",
                number(e.sensitivity),
                number(e.specificity)
            ),
            format!("{:<12}{:>16}{:>18}", "", "called normal", "called abnormal"),
            format!("{:<12}{:>16}{:>18}", "normal", thousands(c.tn), thousands(c.fp)),
            format!("{:<12}{:>16}{:>18}", "abnormal", thousands(c.fn_), thousands(c.tp)),
        ]);
    }
    lines
}

fn by_class(e: &Evaluation) -> Vec<String> {
    let row = |name: &str, images: &str, called: &str, area: &str| format!("{name:<28}{images:>8}{called:>18}  {area}");
    let head = format!("\n{}", row("class", "images", "called abnormal", "AUROC"));
    let of = |c: &ClassFigures| {
        let called = c.called_abnormal.map_or("–".into(), thousands);
        row(&elided(&c.class, 28), &thousands(c.images), &called, &number(c.auroc))
    };
    if e.by_class.is_empty() { Vec::new() } else { std::iter::once(head).chain(e.by_class.iter().map(of)).collect() }
}

fn others(e: &Evaluation, kind: ScoreKind) -> Vec<String> {
    // Without a leading score its figure is DIA's.
    let is_told = |other| other != kind && (other != ScoreKind::Lead || e.lead.contains('+'));
    let told = e.by.iter().filter(|(other, area)| is_told(*other) && area.auroc.is_some());
    let line = |(i, (other, area)): (usize, (ScoreKind, &Area))| {
        let head = if i == 0 { "\nAUROC by the other scores:\n" } else { "" };
        format!("{head}  {:<33}{}{}", other.title(), number(area.auroc), interval(area.ci95))
    };
    told.enumerate().map(line).collect()
}

fn reality_check(e: &Evaluation) -> Vec<String> {
    let row = |name: &str, high: &str, low: &str| format!("{name:<28}{high:>16}{low:>16}");
    let head = format!("\n{}", row("reality check: AUROC of", "high = abnormal", "low = abnormal"));
    let of = |b: &BaselineFigure| row(&baseline_title(&b.name), &number(b.auroc), &number(b.auroc_reversed));
    if e.baselines.is_empty() { Vec::new() } else { std::iter::once(head).chain(e.baselines.iter().map(of)).collect() }
}

fn at_pixels(p: &PixelFigures) -> Vec<String> {
    let of = format!("at the pixels of {}", count_of(p.pixel_images, "masked image"));
    let (area, precision) = (p.pixel_auroc, p.pixel_ap);
    let mut lines = vec![
        format!("\n{of:<36}{:>8}{:>10}{:>8}{:>10}", "AUROC", "precision", "AUPRO", "pointing"),
        format!("{:<36}{area:>8.4}{precision:>10.4}{:>8.4}{:>10.4}", "the model's map", p.aupro, p.pointing),
    ];
    let ruler = |r: &PixelRuler| format!("{:<36}{:>8.4}{:>10.4}", baseline_title(&r.name), r.pixel_auroc, r.pixel_ap);
    lines.extend(p.pixel_rulers.iter().map(ruler));
    lines.push(PixelFigures::MEANING.into());
    lines.extend(p.note().map(|note| format!("note: {note}")));
    lines
}

fn compared(c: &Comparison) -> Vec<String> {
    let head = format!(
        "\ncompared on {}: AUROC {} against {}, difference {}, p = {} (paired DeLong)",
        count_of(c.n_shared, "shared image"),
        number(c.auroc_first),
        number(c.auroc_second),
        number(c.delta_auroc),
        number(c.p_value)
    );
    let change = |m: &RankChange| {
        let label = if m.label == 1 { "abnormal" } else { "normal" };
        format!("  rank {:>5.1} % → {:>5.1} %  {label:<9} {}", 100.0 * m.rank_first, 100.0 * m.rank_second, m.path)
    };
    std::iter::once(head).chain(c.rank_changes.iter().map(change)).collect()
}

fn lesions(all: &SyntheticLesions) -> Vec<String> {
    let mut lines = vec![
        format!(
            "\nplanted lesions (synthetic spots, not disease) in {} of {} held-out normal images:",
            thousands(all.images),
            thousands(all.of)
        ),
        "found at 95 % specificity (AUROC against the same images without), by contrast as a share of the image's range".into(),
    ];
    for kind in all.kinds() {
        let p = all.by(kind);
        let row = |size: f64, of: &dyn Fn(&SyntheticLesionCell) -> String| {
            p.of_size(size).map(|c| format!("{:>18}", of(c))).collect::<String>()
        };
        let sizes = p.sizes();
        let contrasts = |c: &SyntheticLesionCell| format!("{:.0} %", 100.0 * c.contrast);
        lines.push(format!("{:<28}{}", kind.title(), sizes.first().map_or(String::new(), |&size| row(size, &contrasts))));
        for size in sizes {
            let found = |c: &SyntheticLesionCell| format!("{:.0} % ({:.3})", 100.0 * c.sensitivity_at_95_specificity, c.auroc);
            let diameter = format!("  {} of the shorter side", SyntheticLesions::percent(size));
            lines.push(format!("{diameter:<28}{}", row(size, &found)));
        }
    }
    lines.extend(all.caution().map(|caution| format!("note: {caution}")));
    lines
}
