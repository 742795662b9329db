//! Shows a training on the terminal: a bar a stage, plain lines where stderr is no terminal, or JSON lines.

use super::{next_step, out, stop};
use crate::{
    ml::base::reporter::{Control, Event, Reporter, Stage, Step},
    text::{self, count_of},
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

/// Seconds between plain lines where stderr is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

pub struct Terminal {
    bar: ProgressBar,
    plain: bool,
    last_line: Option<Instant>,
}

impl Terminal {
    /// From here on a signal stops the work after its step.
    pub fn new() -> Self {
        stop::work_by_steps();
        let plain = !std::io::stderr().is_terminal();
        Self { bar: ProgressBar::hidden(), plain, last_line: None }
    }

    fn started(&mut self, stage: Stage, done: usize, total: usize) {
        self.bar.finish_and_clear();
        self.last_line = None;
        if out::speaks_json() {
            out::event(&json!({"stage": stage.name(), "step": done, "total": total, "event": "started"}));
        } else if self.plain {
            let from = if done > 0 { format!(", going on from {done}") } else { String::new() };
            out::note(format_args!("{}: {}{from}", stage.name(), count_of(total, "step")));
        } else {
            self.bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{prefix:16} {bar:30} {pos}/{len} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            self.bar.set_style(style);
            self.bar.set_prefix(stage.name());
            self.bar.set_position(done as u64);
        }
    }

    fn step(&mut self, s: Step) {
        let loss = if s.loss.is_finite() && s.loss != 0.0 { format!("loss {:.4} · ", s.loss) } else { String::new() };
        if out::speaks_json() {
            out::event(&json!({"stage": s.stage.name(), "step": s.step, "total": s.total, "loss": s.loss,
                "images_per_second": s.images_per_second, "eta_secs": s.eta_secs, "grad_norm": s.grad_norm, "lr": s.lr}));
        } else if self.plain {
            if self.last_line.is_none_or(|t| t.elapsed() >= LINE_EVERY) || s.step == s.total {
                self.last_line = Some(Instant::now());
                out::note(format_args!(
                    "{} {}/{} · {loss}{} · {} left",
                    s.stage.name(),
                    s.step,
                    s.total,
                    text::speed(s.images_per_second),
                    time_left(s.eta_secs)
                ));
            }
        } else {
            self.bar.set_position(s.step as u64);
            self.bar.set_message(format!("{loss}{} · {} left", text::speed(s.images_per_second), time_left(s.eta_secs)));
        }
    }

    fn say(&self, line: &str) {
        let line = &*text::visible(line);
        self.bar.suspend(|| out::note(line));
    }
}

impl Reporter for Terminal {
    fn event(&mut self, event: Event) {
        match event {
            Event::Started { stage, done, total } => self.started(stage, done, total),
            Event::Step(step) => self.step(step),
            Event::Epoch { epoch, auroc, ci95 } => {
                self.say(&format!("epoch {epoch}: AUROC {auroc:.3} ({:.3} to {:.3})", ci95[0], ci95[1]))
            }
            Event::Preview { .. } => {}
            Event::Readiness(readiness) => {
                for check in readiness.checks.iter().filter(|c| !c.passed) {
                    self.say(&format!("not ready at step {}: {}", readiness.step, check.found));
                }
            }
            Event::Notice(notice) => self.say(&format!("note: {}", next_step::notice(&notice))),
            Event::Finished { stage } => {
                self.bar.finish_and_clear();
                if !out::speaks_json() {
                    out::note(format_args!("{}: done", stage.name()));
                }
            }
        }
    }

    fn control(&mut self) -> Control {
        if stop::is_wanted() { Control::Stop } else { Control::Continue }
    }
}

/// `1 h 05 min`, `3 min 20 s`, `12 s`
fn time_left(seconds: f64) -> String {
    let s = if seconds.is_finite() { seconds.max(0.0).round() as u64 } else { 0 };
    match s {
        3600.. => format!("{} h {:02} min", s / 3600, s % 3600 / 60),
        60.. => format!("{} min {:02} s", s / 60, s % 60),
        _ => format!("{s} s"),
    }
}
