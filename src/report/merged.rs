//! The figures of many runs side by side: the table of a sweep, and its page.

use super::{
    chart::{
        canvas::{Anchor, Canvas, Figure, Role, SeriesColor, Text},
        svg,
    },
    document::document,
};
use crate::scores::baseline_title;
use maud::{Markup, PreEscaped, html};

/// Runs of the same data and settings, which differ by their seed alone. Figures are those of the finished ones, in the order of
/// their seeds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MergedGroup {
    /// Name of the data set.
    pub data: String,
    /// Name of the settings.
    pub settings: String,
    /// Finished runs.
    pub runs: usize,
    /// Normal and abnormal images that the figures are over.
    pub images: Option<[usize; 2]>,
    /// AUROC of Eq. 10 (of CSI, where nothing is dissolved).
    pub dia: Vec<f64>,
    /// AUROC of the leading score.
    pub lead: Vec<f64>,
    /// The better of the baselines whose direction is known without labels, and its mean AUROC.
    pub known_direction: Option<(String, f64)>,
    /// AUROC minus the baseline settings' on the same seed, and p (paired DeLong).
    pub dia_against: Vec<[f64; 2]>,
    /// Paired differences of the leading score, against the baseline settings' Eq. 10.
    pub lead_against: Vec<[f64; 2]>,
    /// Mean time of a run.
    pub minutes: Option<f64>,
}

impl MergedGroup {
    /// Mean AUROC of DIA's score over the seeds.
    pub fn mean_dia(&self) -> Option<f64> {
        mean(&self.dia)
    }

    /// Standard deviation over the seeds, divisor n - 1.
    pub fn deviation_dia(&self) -> Option<f64> {
        deviation(&self.dia)
    }

    /// As [`mean_dia`](Self::mean_dia).
    pub fn mean_lead(&self) -> Option<f64> {
        mean(&self.lead)
    }

    /// As [`deviation_dia`](Self::deviation_dia).
    pub fn deviation_lead(&self) -> Option<f64> {
        deviation(&self.lead)
    }

    /// Heads of the table's columns; see [`cells`](Self::cells).
    pub fn titles(baseline: Option<&str>) -> Vec<String> {
        let mut all: Vec<String> = ["set (normal / abnormal)", "settings", "n", "Eq. 10"].map(String::from).into();
        all.extend(baseline.map(|name| format!("Δ to {name} (p)")));
        all.push("lead".into());
        all.extend(baseline.map(|name| format!("lead: Δ to Eq. 10 of {name} (p)")));
        all.extend(["known direction", "min"].map(String::from));
        all
    }

    /// The row for people: mean ± standard deviation; differences as their mean and the largest p.
    pub fn cells(&self, with_baseline: bool) -> Vec<String> {
        let figure = |values: &[f64]| match (mean(values), deviation(values)) {
            (Some(mean), Some(sd)) => format!("{mean:.3} ± {sd:.3}"),
            (Some(mean), None) => format!("{mean:.3}"),
            _ => "–".into(),
        };
        let against = |values: &[[f64; 2]]| {
            let delta = mean(&values.iter().map(|v| v[0]).collect::<Vec<_>>());
            let p = values.iter().map(|v| v[1]).fold(0.0, f64::max);
            delta.map_or("–".into(), |delta| {
                format!("{delta:+.3} ({})", if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") })
            })
        };
        let images = self.images.map_or(String::new(), |[normal, abnormal]| format!(" ({normal} / {abnormal})"));
        let mut all = vec![format!("{}{images}", self.data), self.settings.clone(), self.runs.to_string(), figure(&self.dia)];
        all.extend(with_baseline.then(|| against(&self.dia_against)));
        all.push(figure(&self.lead));
        all.extend(with_baseline.then(|| against(&self.lead_against)));
        all.push(self.known_direction.as_ref().map_or("–".into(), |(name, area)| format!("{area:.3} {}", baseline_title(name))));
        all.push(self.minutes.map_or("–".into(), |m| format!("{m:.0}")));
        all
    }
}

/// `None` of nothing.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    Some((values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt())
}

/// The page: the table, and a chart of each seed's AUROC.
pub fn page(title: &str, groups: &[MergedGroup], baseline: Option<&str>) -> Markup {
    let content = html! {
        h1 { (title) }
        p.quiet {
            "AUROC of the test images at the last epoch: mean and standard deviation over the seeds. "
            @if let Some(name) = baseline { "Differences are to " (name) " on the same seed, with the largest p of the seeds (paired DeLong). " }
            "“Known direction”: the better of the scores without training whose direction is known without labels. Research use only."
        }
        section {
            table {
                thead { tr { @for head in MergedGroup::titles(baseline) { th { (head) } } } }
                tbody { @for group in groups { tr { @for cell in group.cells(baseline.is_some()) { td { (cell) } } } } }
            }
        }
        section { (PreEscaped(svg::embedded(&Dots(groups)))) }
    };
    document(title, content)
}

/// One line a group, one mark a seed: circles for the leading score, squares for Eq. 10, a rule for the baseline of known direction.
struct Dots<'a>(&'a [MergedGroup]);

impl Dots<'_> {
    const LEFT: f64 = 300.0;
    const WIDTH: f64 = 640.0;
    const TOP: f64 = 48.0;
    const ROW: f64 = 24.0;

    fn x(area: f64) -> f64 {
        Self::LEFT + Self::WIDTH * area.clamp(0.0, 1.0)
    }
}

impl Figure for Dots<'_> {
    fn title(&self) -> &'static str {
        "AUROC of each run"
    }

    fn size(&self) -> [f64; 2] {
        [Self::LEFT + Self::WIDTH + 20.0, Self::TOP + Self::ROW * self.0.len() as f64 + 40.0]
    }

    fn draw(&self, pen: &mut dyn Canvas) {
        pen.text(
            Text::Title,
            [0.0, 14.0],
            Anchor::Start,
            false,
            "AUROC of each run: ● leading score, ■ Eq. 10, | known direction",
        );
        let bottom = Self::TOP + Self::ROW * self.0.len() as f64;
        for step in 0..=10 {
            let x = Self::x(f64::from(step) / 10.0);
            let role = if step == 5 { Role::Axis } else { Role::Grid };
            pen.line(role, None, &[[x, Self::TOP - 8.0], [x, bottom]]);
            pen.text(Text::Tick, [x, bottom + 18.0], Anchor::Middle, false, &format!("{:.1}", f64::from(step) / 10.0));
        }
        for (i, group) in self.0.iter().enumerate() {
            let y = Self::TOP + Self::ROW * (i as f64 + 0.5);
            let name: String = format!("{}, {}", group.data, group.settings).chars().take(44).collect();
            pen.text(Text::Label, [Self::LEFT - 12.0, y + 4.0], Anchor::End, false, &name);
            if let Some((_, area)) = &group.known_direction {
                pen.line(Role::Line, Some(SeriesColor::Quiet), &[[Self::x(*area), y - 8.0], [Self::x(*area), y + 8.0]]);
            }
            for &area in &group.dia {
                pen.rect(Role::Bar, SeriesColor::Quiet, [Self::x(area) - 4.0, y - 4.0, 8.0, 8.0], 1.0);
            }
            for &area in &group.lead {
                pen.circle(SeriesColor::Accent, [Self::x(area), y], 4.5);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> MergedGroup {
        MergedGroup {
            data: "<eyes>".into(),
            settings: "a|b".into(),
            runs: 3,
            images: Some([30, 54]),
            dia: vec![0.7, 0.8, 0.9],
            lead: vec![0.9],
            known_direction: Some(("pca_residual".into(), 0.61)),
            dia_against: vec![[0.1, 0.04], [0.3, 0.0001]],
            lead_against: vec![[-0.02, 0.0002]],
            minutes: Some(4.6),
        }
    }

    #[test]
    fn rows_say_mean_deviation_and_the_largest_p() {
        let row = group().cells(true);
        assert_eq!(row.len(), MergedGroup::titles(Some("csi")).len());
        assert_eq!(
            row,
            [
                "<eyes> (30 / 54)",
                "a|b",
                "3",
                "0.800 ± 0.100",
                "+0.200 (0.040)",
                "0.900",
                "-0.020 (< 0.001)",
                "0.610 PCA residual",
                "5"
            ]
        );
        let empty = MergedGroup::default().cells(false);
        assert_eq!(empty.len(), MergedGroup::titles(None).len());
        assert_eq!(empty[3..], ["–", "–", "–", "–"]);
    }

    #[test]
    fn the_page_holds_table_and_chart_and_names_as_text() {
        let page = page("s", &[group()], Some("csi")).into_string();
        assert!(page.contains("&lt;eyes&gt; (30 / 54)") && !page.contains("<eyes>"), "{page}");
        assert!(page.contains("0.800 ± 0.100") && page.contains("Δ to csi (p)"));
        assert_eq!(page.matches("<circle").count(), 1, "one run has a leading score");
    }
}
