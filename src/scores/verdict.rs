//! What an AUROC says, in words, and what to try next.

use super::{Area, BaselineFigure, baseline_title};
use serde::Serialize;

/// Two sentences that a person can read without knowing what an AUROC is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What the figure says.
    pub text: String,
    /// What to try next; empty where there is nothing to mend.
    pub next: String,
    /// Whether there is reason to doubt the model.
    pub doubt: bool,
}

/// An interval wider than this says little.
const WIDE: f64 = 0.2;

impl Verdict {
    /// What is said of a run without the leading score.
    pub const WITHOUT_LEAD: &str = "these scores were made before there was a leading score, so the figures are DIA's alone";

    /// The verdict on a score's area over `images` labelled images, beside the baselines' on the same images. `None` where there is no area.
    pub fn new(area: Area, images: usize, baselines: &[BaselineFigure]) -> Option<Self> {
        let auroc = area.auroc?;
        let verdict = |doubt: bool, text: String, next: &str| Some(Self { text, next: next.into(), doubt });
        let Some([low, high]) = area.ci95 else {
            return verdict(
                true,
                format!("{images} labelled images are too few to tell this from chance"),
                "label more images of both kinds",
            );
        };
        if high < 0.5 {
            return verdict(
                true,
                "the wrong way round: normal images have the higher scores".into(),
                "check which class is called normal; if it is the right one, this score does not suit these images: look at the others",
            );
        }
        if low <= 0.5 {
            return verdict(
                true,
                format!("the interval contains 0.5: on these {images} images this is no better than guessing"),
                "try a larger input, more normal images, longer training or another shift, and look at the normal images with the \
                 highest scores: some of them may not be normal",
            );
        }
        if let Some(text) = beaten(auroc, baselines) {
            return verdict(
                true,
                text,
                "the difference that it measures may be all there is to see here, or come from camera or preparation: look at \
                 images of both kinds, and train longer before you trust the model",
            );
        }
        let text = format!(
            "of a normal and an abnormal image, the abnormal one has the higher score {:.0} times in 100",
            (100.0 * auroc).min(99.0)
        );
        let next = if high - low > WIDE { "the interval is wide: more labelled images would tell more" } else { "" };
        verdict(false, text, next)
    }
}

/// The best of the scores that need no training, where one does better than the model.
fn beaten(model: f64, baselines: &[BaselineFigure]) -> Option<String> {
    let better = || baselines.iter().filter_map(|b| Some((b, b.best()?))).filter(|(_, (area, _))| *area > model);
    let (best, (area, reversed)) = better().max_by(|(_, a), (_, b)| a.0.total_cmp(&b.0))?;
    let direction = if reversed { "low" } else { "high" };
    let others = match better().count() - 1 {
        0 => String::new(),
        1 => " (another one does better than the model, too)".to_string(),
        more => format!(" ({more} others do better than the model, too)"),
    };
    Some(format!(
        "{}, which needs no training, separates these images better than the model: AUROC {area:.3} ({direction} = abnormal, as only \
         the labels tell) against {model:.3}{others}",
        baseline_title(&best.name)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(auroc: f64, ci95: [f64; 2]) -> Area {
        Area { auroc: Some(auroc), ci95: Some(ci95) }
    }

    fn baseline(name: &str, auroc: f64) -> BaselineFigure {
        BaselineFigure { name: name.into(), auroc: Some(auroc), auroc_reversed: Some(1.0 - auroc), ci95: None }
    }

    #[test]
    fn each_kind_of_figure_has_its_words() {
        let of = |area: Area, baselines: &[BaselineFigure]| Verdict::new(area, 84, baselines).unwrap();
        let chance = of(area(0.51, [0.44, 0.58]), &[]);
        assert!(chance.doubt && chance.text.contains("on these 84 images this is no better than guessing"), "{chance:?}");
        assert!(chance.next.contains("more normal images"));
        let reversed = of(area(0.3, [0.2, 0.4]), &[baseline("roughness", 0.9)]);
        assert!(reversed.doubt && reversed.text.starts_with("the wrong way round"), "{reversed:?}");
        let good = of(area(0.927, [0.903, 0.950]), &[baseline("roughness", 0.6)]);
        assert_eq!(good.text, "of a normal and an abnormal image, the abnormal one has the higher score 93 times in 100");
        assert_eq!((good.next.as_str(), good.doubt), ("", false));
        assert!(of(area(0.8, [0.65, 0.95]), &[]).next.starts_with("the interval is wide"));
        assert!(of(area(1.0, [1.0, 1.0]), &[]).text.ends_with("99 times in 100"), "no figure is certain");
        let few = of(Area { auroc: Some(1.0), ci95: None }, &[]);
        assert!(few.doubt && few.text.contains("too few"));
        assert_eq!(Verdict::new(Area::default(), 0, &[]), None);
    }

    #[test]
    fn a_baseline_that_beats_the_model_is_named() {
        let all = [baseline("mean_value", 0.8), baseline("high_frequency_energy", 0.05), baseline("contrast", 0.6)];
        let verdict = Verdict::new(area(0.75, [0.6, 0.9]), 90, &all).unwrap();
        assert!(verdict.doubt);
        assert_eq!(
            verdict.text,
            "high-frequency energy, which needs no training, separates these images better than the model: AUROC 0.950 (low = abnormal, \
             as only the labels tell) against 0.750 (another one does better than the model, too)"
        );
    }
}
