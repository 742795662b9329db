//! Planted lesions: how small and how faint a spot in a normal image the run still finds; the job that asks for it.

use crate::{
    app::{
        TrainCommand,
        actions::Id,
        state::{JobInfo, JobState},
    },
    engine::export::results::ResultsChart,
    jobs::job::Outcome,
    scores::{ScoreKind, SyntheticLesionCell, SyntheticLesions},
    text::thousands,
    ui::shared::{
        context::PanelContext,
        plot::{self, percent},
        theme, widgets,
    },
};
use eframe::egui::{ProgressBar, Ui};
use egui_plot::{GridMark, HLine, Line, LineStyle, Points};

const HEIGHT: f32 = 150.0;
/// Sensitivity of a coin that calls as many images abnormal.
const CHANCE: f64 = 0.05;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let lesions = cx.state.results.lesions.clone();
    match &lesions {
        Some(_) => plot::head(ui, cx, ResultsChart::SyntheticLesions, |ui, _| widgets::caption(ui, "PLANTED LESIONS")),
        None => widgets::caption(ui, "PLANTED LESIONS"),
    }
    if let Some(lesions) = &lesions {
        let kind = lesions.shown_for(cx.state.results.ready().map_or_else(ScoreKind::default, |set| set.kind));
        chart(ui, &lesions.by(kind), kind);
    } else {
        let text = "How small and how faint a change does this run notice? Soft spots are drawn into normal images that it did not \
                    learn from. They are synthetic lesions, not disease; no abnormal image is needed.";
        widgets::weak(ui, text);
    }
    match cx.state.planting().filter(|job| !matches!(job.state, JobState::Ended(Outcome::Finished(_)))).cloned() {
        Some(job) => progress(ui, cx, &job),
        None if lesions.is_none() => _ = widgets::action_button(ui, cx, Id::Plant),
        None => {}
    }
}

fn progress(ui: &mut Ui, cx: &mut PanelContext<'_>, job: &JobInfo) {
    match &job.state {
        JobState::Ended(Outcome::Failed(failure)) => {
            widgets::failure(ui, cx, &failure.summary, &failure.hint);
            widgets::action_button(ui, cx, Id::Plant);
        }
        JobState::Ended(_) => _ = widgets::action_button(ui, cx, Id::Plant),
        JobState::Queued => {
            ui.horizontal(|ui| {
                widgets::weak(ui, "Waits for the job before it.");
                widgets::button(ui, cx, "Remove from the queue", || TrainCommand::Dequeue(job.id));
            });
        }
        _ => {
            ui.horizontal(|ui| {
                let bar = ProgressBar::new(job.progress.share()).desired_width(150.0).desired_height(8.0);
                ui.add(bar.fill(theme::of(ui).accent));
                widgets::weak(ui, percent(f64::from(job.progress.share())));
                if job.state != JobState::Stopping {
                    widgets::button(ui, cx, "Stop", || TrainCommand::Stop(job.id));
                }
            });
        }
    }
}

/// Sensitivity of a score against contrast, a line and a size of dot for each size of spot.
fn chart(ui: &mut Ui, lesions: &SyntheticLesions, kind: ScoreKind) {
    let t = theme::of(ui);
    let styles = [LineStyle::dotted_loose(), LineStyle::dotted_dense(), LineStyle::dashed_dense(), LineStyle::Solid];
    let sizes = lesions.sizes();
    let style = |i: usize| styles[(i + styles.len()).saturating_sub(sizes.len()).min(styles.len() - 1)];
    let point = |c: &SyntheticLesionCell| [100.0 * c.contrast, c.sensitivity_at_95_specificity];
    let plot = plot::quiet("planted", t, HEIGHT).default_y_bounds(-0.03, 1.05).include_x(0.0);
    let marks = |_| (0..=5).map(|i| GridMark { value: 20.0 * f64::from(i), step_size: 20.0 }).collect();
    let plot = plot.x_grid_spacer(marks).x_axis_formatter(|mark, _| format!("{:.0} %", mark.value));
    let shown = plot.show(ui, |p| {
        p.hline(HLine::new("found by chance", CHANCE).color(t.line).style(LineStyle::dashed_loose()));
        for (i, &size) in sizes.iter().enumerate() {
            let points: Vec<[f64; 2]> = lesions.of_size(size).map(point).collect();
            let name = name(size);
            p.line(Line::new(name.clone(), points.clone()).color(t.accent).width(1.5).style(style(i)));
            p.points(Points::new(name, points).color(t.accent).radius(2.0 + 1.2 * i as f32));
        }
        // In units of the plot, in which both axes are about as long.
        let pointer = p.pointer_coordinate().filter(|_| p.response().hovered())?;
        let far = |c: &SyntheticLesionCell| ((point(c)[0] - pointer.x) / 100.0).hypot(point(c)[1] - pointer.y);
        lesions.cells.iter().min_by(|a, b| far(a).total_cmp(&far(b))).copied()
    });
    match shown.inner {
        Some(cell) => {
            let [low, high] = lesions.interval(&cell);
            let found = percent(cell.sensitivity_at_95_specificity);
            widgets::weak(ui, format!("{}, contrast {:.0} %: {found} found", name(cell.size), 100.0 * cell.contrast));
            widgets::weak(ui, format!("({} to {}) · AUROC {:.3}", percent(low), percent(high), cell.auroc))
                .on_hover_text("Wilson's 95 % interval; AUROC against the same images without");
        }
        None => {
            let sizes: Vec<String> = sizes.iter().map(|&size| SyntheticLesions::percent(size)).collect();
            widgets::weak(ui, format!("Found by {} at 95 % specificity, against contrast.", kind.title()));
            widgets::weak(ui, format!("Dots grow with the spot: {} of the side.", sizes.join(", ").replace(" %,", ",")));
        }
    }
    let text =
        format!("Synthetic spots in {} of {} held-out normals, not disease.", thousands(lesions.images), thousands(lesions.of));
    widgets::weak(ui, text).on_hover_text(
        "Half of the spots are bright, half dark. Contrast: their largest change, as a share of the range of the image's own \
         brightness. The anomaly map has learnt from spots, if of other shapes",
    );
    if let Some(caution) = lesions.caution() {
        widgets::weak(ui, widgets::sentence(&caution));
    }
}

fn name(size: f64) -> String {
    format!("{} of the side", SyntheticLesions::percent(size))
}
