//! The strip at the bottom: what runs, how far it is, and the ways to pause and end it.

use crate::{
    app::{
        AppCommand,
        actions::Id,
        icons,
        state::{JobInfo, JobState, Quantity, Workspace},
    },
    jobs::job::Outcome,
    ml::base::reporter::Stage,
    text,
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align, Color32, Label, Layout, ProgressBar, RichText, Sense, Shape, Stroke, Ui, pos2, vec2};

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let t = theme::of(ui);
    let Some(job) = cx.state.job() else { return };
    ui.horizontal_centered(|ui| {
        ui.set_height(28.0);
        // The buttons have their place first: what is said of the job gets what is left.
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let queued = cx.state.queued();
            if queued > 0 {
                let button = widgets::small_button(ui, &format!("{queued} queued")).on_hover_text("Shows the queue");
                if button.clicked() {
                    cx.send(AppCommand::Go(Workspace::Train));
                }
            }
            if matches!(job.state, JobState::Ended(Outcome::Stopped | Outcome::Failed(_))) {
                widgets::action_button(ui, cx, Id::Resume);
            }
            if job.state.is_running() {
                widgets::icon_button(ui, cx, Id::FinishEarly);
                widgets::icon_button(ui, cx, Id::Stop);
                // What the same key does to a paused job.
                let icon = if job.state == JobState::Paused { icons::PLAY } else { icons::PAUSE };
                widgets::icon_button_as(ui, cx, Id::Pause, icon);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let (icon, colour) = icon(job, t);
                ui.label(RichText::new(icon).color(colour));
                ui.add(Label::new(theme::strong(&job.title)).truncate());
                match &job.state {
                    // The panel in view says why it failed.
                    JobState::Ended(Outcome::Failed(_)) if cx.state.workspace == Workspace::Train && job.work.is_on_cards() => {
                        ui.label(RichText::new("failed").color(t.error));
                    }
                    JobState::Ended(outcome) => ended(ui, outcome),
                    _ => running(ui, job),
                }
            });
        });
    });
}

fn icon(job: &JobInfo, t: &theme::Tokens) -> (&'static str, Color32) {
    match &job.state {
        JobState::Queued => (icons::HOURGLASS, t.weak),
        JobState::Running => (icons::PLAY, t.accent),
        JobState::Paused => (icons::PAUSE, t.warning),
        JobState::Stopping => (icons::STOP, t.warning),
        JobState::Ended(Outcome::Finished(_)) => (icons::CHECK, t.accent),
        JobState::Ended(Outcome::Stopped) => (icons::STOP, t.weak),
        JobState::Ended(Outcome::Failed(_)) => (icons::WARNING, t.error),
    }
}

fn ended(ui: &mut Ui, outcome: &Outcome) {
    let t = theme::of(ui);
    let (text, colour) = match outcome {
        Outcome::Finished(_) => ("done".to_string(), t.weak),
        Outcome::Stopped => ("stopped; what was computed is kept".into(), t.weak),
        Outcome::Failed(failure) => (widgets::sentence(&failure.summary), t.error),
    };
    ui.add(Label::new(RichText::new(text).color(colour)).truncate());
}

fn running(ui: &mut Ui, job: &JobInfo) {
    let t = theme::of(ui);
    let p = &job.progress;
    let weak = |text: String| RichText::new(text).size(theme::SMALL).color(t.weak);
    if job.state == JobState::Stopping {
        ui.spinner();
        ui.label(weak("stopping: the checkpoint is being written…".into()));
        return;
    }
    let Some(stage) = p.stage else {
        ui.label(weak("starting…".into()));
        return;
    };
    // The more room there is, the more is said; all of it is under Train.
    let room = ui.available_width();
    ui.label(RichText::new(stage.name()).size(theme::SMALL));
    let width = (room - 100.0).clamp(32.0, 160.0);
    let bar = ProgressBar::new(p.share()).desired_width(width).desired_height(8.0).fill(t.accent);
    ui.add(bar).on_hover_text(format!("{} of {}", p.done, p.total));
    if room > 300.0 {
        ui.label(weak(format!("{} / {}", p.done, p.total)));
    }
    let paused = job.state == JobState::Paused;
    let mut parts = Vec::new();
    if paused {
        parts.push("paused".to_string());
    } else if let Some((seconds, of)) = job.time_left() {
        parts.push(format!("{} left {of}", widgets::about(seconds)));
    }
    if room > 560.0 {
        if let Some(curve) = p.curve(stage, Quantity::Loss) {
            sparkline(ui, &curve.points);
        }
        let last = p.last.iter();
        let losses = last
            .clone()
            .filter(|_| matches!(stage, Stage::Ddpm | Stage::Dia | Stage::TileDia))
            .map(|s| format!("loss {:.3}", s.loss));
        let rates = last.filter(|s| s.images_per_second > 0.0).map(|s| text::speed(s.images_per_second));
        parts.splice(0..0, losses.chain(rates));
    }
    ui.add(Label::new(weak(parts.join(" · "))).truncate());
}

/// The last steps of a curve, without axes.
fn sparkline(ui: &mut Ui, points: &[[f64; 2]]) {
    const SHOWN: usize = 120;
    let points = &points[points.len().saturating_sub(SHOWN)..];
    let (rect, _) = ui.allocate_exact_size(vec2(72.0, 20.0), Sense::hover());
    let (low, high) = points.iter().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p[1]), h.max(p[1])));
    if points.len() < 2 || high <= low {
        return;
    }
    let at = |(i, p): (usize, &[f64; 2])| {
        let x = rect.left() + rect.width() * i as f32 / (points.len() - 1) as f32;
        pos2(x, rect.bottom() - rect.height() * ((p[1] - low) / (high - low)) as f32)
    };
    let line: Vec<_> = points.iter().enumerate().map(at).collect();
    ui.painter().add(Shape::line(line, Stroke::new(1.0, theme::of(ui).accent)));
}
