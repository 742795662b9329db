//! How the scores of normal and abnormal images lie; the line of the threshold is dragged here.

use crate::{
    app::ResultsCommand,
    config::ThresholdRule,
    data::Label,
    engine::{export::results::ResultsChart, runs::score_set::ScoreSet},
    scores::BINS,
    text::thousands,
    ui::shared::{context::PanelContext, plot, theme, widgets},
};
use eframe::egui::{CursorIcon, DragValue, RichText, Ui};
use egui_plot::{Bar, BarChart, VLine};
use std::cell::Cell;

const KINDS: [Option<Label>; 3] = [Some(Label::Normal), Some(Label::Abnormal), None];

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet, height: f32) {
    let t = theme::of(ui);
    plot::head(ui, cx, ResultsChart::Histogram, |ui, cx| {
        widgets::caption(ui, "THRESHOLD");
        let mut value = cx.state.results.threshold;
        let speed = ((set.histogram.range[1] - set.histogram.range[0]) / 500.0).max(1e-9);
        let typed = Cell::new(None);
        let parse = |text: &str| {
            let read = read(set, text);
            let value = read.as_ref().ok().map(|(threshold, _)| *threshold);
            typed.set(Some(read));
            value
        };
        let field = DragValue::new(&mut value).speed(speed).max_decimals(4).custom_parser(parse);
        let field = ui.add(field).accessible_name("Threshold").on_hover_text(format!(
            "An image with this score or more is called abnormal. Typed: a number, {}. Double click: back to its rule",
            ThresholdRule::FORMS
        ));
        // What is wrong with what stands there is said until it is mended or left.
        let (wrong, typed) = (field.id.with("wrong"), typed.into_inner());
        if let Some(read) = &typed {
            ui.data_mut(|data| data.insert_temp(wrong, read.as_ref().err().cloned()));
        }
        if let Some(why) = ui.data(|data| data.get_temp::<Option<String>>(wrong)).flatten().filter(|_| field.has_focus()) {
            field.show_tooltip_text(widgets::sentence(&why));
        }
        match typed {
            Some(Ok((_, Some(rule)))) if cx.state.results.rule != Some(rule) => cx.send(ResultsCommand::Rule(rule)),
            Some(Ok((_, Some(_)))) => {}
            _ if field.double_clicked() => reset(cx, set),
            _ if field.changed() => cx.send(ResultsCommand::Threshold(value)),
            _ => {}
        }
    });
    let (range, width) = (set.histogram.range, set.histogram.width());
    let threshold = cx.state.results.threshold;
    let plot = plot::quiet("histogram", t, height - 64.0)
        .include_y(0.0)
        .x_axis_label(RichText::new("score, higher = abnormal").size(theme::SMALL).color(t.weak));
    let shown = plot.show(ui, |p| {
        let mut below = [0; BINS];
        for (label, counts) in KINDS.into_iter().zip(&set.histogram.counts) {
            let colour = widgets::label_colour(t, label).gamma_multiply(0.85);
            let bars = counts.iter().zip(&below).enumerate().filter(|(_, (n, _))| **n > 0).map(|(i, (n, below))| {
                let middle = range[0] + (i as f64 + 0.5) * width;
                Bar::new(middle, *n as f64).width(width * 0.92).base_offset(f64::from(*below)).fill(colour)
            });
            let chart = BarChart::new(widgets::label_word(label), bars.collect());
            p.bar_chart(chart.color(colour));
            below.iter_mut().zip(counts).for_each(|(b, n)| *b += *n as u32);
        }
        p.vline(VLine::new("threshold", threshold).color(t.text).width(2.0));
        p.pointer_coordinate().filter(|_| p.response().hovered() || p.response().dragged())
    });
    let response = shown.response;
    let bin = shown.inner.map(|at| (at.x - range[0]) / width).filter(|b| (0.0..BINS as f64).contains(b));
    let text = match bin {
        Some(bin) => bin_words(set, bin as usize),
        None => format!("{} of {} called abnormal", thousands(called(set, threshold)), thousands(set.evaluated)),
    };
    widgets::weak_line(ui, text);
    if response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
    }
    if response.double_clicked() {
        reset(cx, set);
    } else if (response.dragged() || response.clicked())
        && let Some(at) = shown.inner
    {
        cx.send(ResultsCommand::Threshold(at.x.clamp(range[0], range[1] + width)));
    }
}

/// A threshold as it is typed, a number or a rule, with the rule; or what may be typed.
fn read(set: &ScoreSet, text: &str) -> Result<(f64, Option<ThresholdRule>), String> {
    let text = text.trim().replace('−', "-");
    if let Some(number) = text.parse().ok().filter(|number: &f64| number.is_finite()) {
        return Ok((number, None));
    }
    let rule: ThresholdRule =
        text.parse().map_err(|_| format!("“{text}” is no threshold: type a number, {}", ThresholdRule::FORMS))?;
    let threshold = set.threshold(rule).map_err(|_| format!("{rule} needs {}", rule.needs()))?;
    Ok((threshold, Some(rule)))
}

/// How many of the evaluated rows are at or above the threshold; they come in descending order.
fn called(set: &ScoreSet, threshold: f64) -> usize {
    set.evaluated().partition_point(|r| r.score >= threshold)
}

fn bin_words(set: &ScoreSet, bin: usize) -> String {
    let [from, to] = set.histogram.edges(bin);
    let counts = KINDS.iter().zip(&set.histogram.counts).filter(|(_, counts)| counts.iter().any(|n| *n > 0));
    let counts: Vec<String> =
        counts.map(|(label, counts)| format!("{} {}", thousands(counts[bin]), widgets::label_word(*label))).collect();
    format!("{from:.3} to {to:.3}: {}", counts.join(", "))
}

fn reset(cx: &mut PanelContext<'_>, set: &ScoreSet) {
    cx.send(ResultsCommand::Rule(set.own_rule()));
}
