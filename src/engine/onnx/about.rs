//! What the file says of itself: what it is for, how pictures are brought to its input, what its numbers mean.

use crate::{
    config::{Aspect, PreprocessConfig},
    error::Result,
    ml::{
        encoder::{model::Encoder, shift::SHIFTS},
        scoring::dia_scorer,
    },
    run_dir::RunDir,
    scores::{Scores, threshold_by},
};
use std::collections::BTreeSet;

pub const PROGRAM: &str = "dissolve-studio";
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

const USE: &str = "Research use only, not for diagnosis";

pub const SIM: &str = "How like the nearest normal training picture it is under each of the 4 shifts, about 1 for normal pictures (the columns sim_0 to sim_3)";
pub const CLS: &str =
    "How sure the shift classifier is of each of the 4 shifts, about 1 for normal pictures (the columns cls_0 to cls_3)";

/// Texts of a file.
pub struct About {
    pub input: String,
    pub score: String,
    /// The metadata, by their keys.
    pub entries: Vec<(&'static str, String)>,
}

impl About {
    /// Names of images and of their folder are not among them: the file may go to other people.
    ///
    /// # Errors
    /// An encoder without a bank, a run that cannot be read.
    pub fn of(run: &RunDir, encoder: &Encoder) -> Result<Self> {
        let (config, side) = (&encoder.config.run, encoder.config.input_size);
        let own = run.contents()?.scores.and_then(|path| Scores::read(&path).ok()).unwrap_or_default();
        let (_, _, held_out) = dia_scorer::of_bank(encoder)?;
        let held_out: Vec<f64> = held_out.iter().map(|scored| scored.score).collect();
        // A rule that needs labels was applied where there were some.
        let rule = config.score.rule;
        let threshold = threshold_by(rule, None, &held_out).or_else(|| own.rows.first()?.threshold);
        let normal = match config.data.normal.as_slice() {
            [] => {
                let classes = own.rows.iter().filter(|row| row.label == Some(false)).map(|row| row.class.as_str());
                classes.filter(|class| !class.is_empty()).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
            }
            named => named.join(", "),
        };
        let views = config.score.samples * SHIFTS;
        let input = format!(
            "N pictures of {side} x {side} px: planes in the order red, green, blue (of a grey picture three times the same), rows from \
             the top, values from 0 = black to 1 = white. Each is looked at {views} times, so memory is needed for {views} N views. How \
             a picture is brought there: {}",
            steps(&config.preprocess, &config.data.window.to_string(), side)
        );
        let called = threshold.map(|t| format!(" From {t} on, a picture is called abnormal ({rule}).")).unwrap_or_default();
        let score = format!(
            "Anomaly score: minus the mean over the 4 shifts of sim + cls; higher = more abnormal.{called} It is the column `score` (DIA, Eq. \
             10) of the program's scores.csv, not the one that leads there. A picture that the encoder was trained on is compared with \
             itself as well here, and with the others alone there"
        );
        let entries = [
            ("name", run.manifest()?.name),
            ("program", format!("{PROGRAM} {VERSION}")),
            ("use", USE.into()),
            ("normal", normal),
            ("threshold", threshold.map(|t| t.to_string()).unwrap_or_default()),
            ("threshold_rule", rule.to_string()),
            ("side", side.to_string()),
            ("dissolve", config.dia.dissolve.to_string()),
            ("samples", config.score.samples.to_string()),
            ("input", input.clone()),
            ("preprocess", toml::to_string(&config.preprocess).unwrap_or_default()),
        ];
        Ok(Self { input, score, entries: entries.into_iter().filter(|(_, value)| !value.is_empty()).collect() })
    }

    /// All of it, to be read.
    pub fn text(&self) -> String {
        format!("{USE}.\n\nInput `images`: {}.\n\n`score`: {}.\n\n`sim`: {SIM}.\n\n`cls`: {CLS}.\n", self.input, self.score)
    }
}

/// What is done to a picture, in order, as [`Preprocess::fit`](crate::data::Preprocess::fit) does it.
fn steps(preprocess: &PreprocessConfig, window: &str, side: usize) -> String {
    let resized = |to: usize| {
        format!(
            "resized to {to} x {to} px whatever its proportions, bilinear with half-pixel centres, smoothed where it shrinks (in PyTorch \
             interpolate(x, ({to}, {to}), mode=\"bilinear\", align_corners=False, antialias=True))"
        )
    };
    let tones = PreprocessConfig { circle_crop: false, aspect: Aspect::Squeeze, size: 0, ..preprocess.clone() }.words();
    let first = if preprocess.size > 0 { preprocess.size } else { side };
    let mut steps = vec![format!(
        "decoded and turned upright, without transparency, divided by the largest value of its type (255, 65535), or of its lowest bits (4095 for the window 12bit); seen through the window {window}"
    )];
    steps.extend(preprocess.circle_crop.then(|| "cut to the square around the bright disc of a fundus photograph".to_string()));
    steps.extend(match preprocess.aspect {
        Aspect::Squeeze => None,
        Aspect::Letterbox => Some("made a square by equal black bars".to_string()),
        Aspect::Crop => Some("cut to the square in its middle".to_string()),
    });
    const BORDER: &str = "a border of 2 black px on each side";
    steps.push(match (preprocess.size, side) {
        (0, 32) => format!("{}; one of 28 x 28 px gets {BORDER} in its place", resized(side)),
        _ => resized(first),
    });
    steps.extend((!tones.is_empty()).then(|| format!("{tones}, as the program does it")));
    steps.extend((first != side).then(|| if (first, side) == (28, 32) { BORDER.into() } else { resized(side) }));
    steps.iter().enumerate().map(|(i, step)| format!("({}) {step}", i + 1)).collect::<Vec<_>>().join("; ")
}
