//! Notifications: a few lines at the bottom that take their own room, so that they cover nothing. What was only told goes by itself;
//! errors, and ways to results, stay until they are dismissed. The log keeps them all.
//!
//! Why not a crate of toasts: those lie over the panels, and over what is being looked at, and go by time even where something
//! failed.

use crate::{
    app::{
        AppCommand, ResultsCommand, actions, icons,
        state::{Notification, Workspace},
    },
    ui::shared::{context::PanelContext, theme, widgets},
};
use eframe::egui::{Align, Button, Frame, Label, Layout, Margin, Panel, RichText, Ui, WidgetInfo, accesskit::Role};
use std::time::Duration;

/// Shown at once, newest last; older ones are in the log.
const SHOWN: usize = 3;
/// How long something that was only told stays, seconds.
const STAY: f64 = 10.0;

/// Since when the oldest told notification is in view, in the window's time.
#[derive(Default)]
pub struct Notifications(Option<(String, f64)>);

impl Notifications {
    pub fn show(&mut self, ui: &mut Ui, cx: &mut PanelContext<'_>) {
        self.expire(ui, cx);
        let notifications = &cx.state.notifications;
        if notifications.is_empty() {
            return;
        }
        let t = theme::of(ui);
        let first = notifications.len().saturating_sub(SHOWN);
        let frame = Frame::new().fill(t.raised).inner_margin(Margin::symmetric(theme::PAGE as i8, theme::STEP as i8));
        Panel::bottom("notices").frame(frame).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = theme::STEP;
            for (index, notification) in cx.state.notifications.iter().enumerate().skip(first) {
                let older = if index == first { first } else { 0 };
                row(ui, cx, index, notification, older);
            }
        });
    }

    fn expire(&mut self, ui: &Ui, cx: &mut PanelContext<'_>) {
        let told = cx.state.notifications.iter().position(|n| !n.is_error && n.results.is_none());
        let Some((index, notification)) = told.and_then(|i| Some((i, cx.state.notifications.get(i)?))) else {
            self.0 = None;
            return;
        };
        let now = ui.input(|i| i.time);
        let since = match &self.0 {
            Some((text, since)) if *text == notification.text => *since,
            _ => {
                self.0 = Some((notification.text.clone(), now));
                now
            }
        };
        match STAY - (now - since) {
            left if left > 0.0 => ui.ctx().request_repaint_after(Duration::from_secs_f64(left)),
            _ => cx.send(AppCommand::DismissNotification(index)),
        }
    }
}

fn row(ui: &mut Ui, cx: &mut PanelContext<'_>, index: usize, notification: &Notification, older: usize) {
    let t = theme::of(ui);
    ui.horizontal(|ui| {
        let (icon, colour) = if notification.is_error { (icons::WARNING, t.error) } else { (icons::INFO, t.accent) };
        ui.label(RichText::new(icon).color(colour));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = ui.add(Button::new(icons::X).frame(false)).on_hover_text("Dismiss (Esc: all)");
            close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Dismiss notice"));
            if close.clicked() {
                cx.send(AppCommand::DismissNotification(index));
            }
            if older > 0 {
                widgets::link(ui, cx, &format!("{older} more in the log"), actions::Id::Log);
            }
            if let Some(run) = &notification.results
                && widgets::small_button(ui, "Show its results").clicked()
            {
                cx.send(ResultsCommand::Open(run.clone()));
                cx.send(AppCommand::Go(Workspace::Results));
            }
            if notification.is_error && widgets::small_button(ui, "Copy details").clicked() {
                cx.send(AppCommand::Copy(format!("{}\n{}", notification.text, notification.hint)));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let hint = if notification.hint.is_empty() {
                    String::new()
                } else {
                    format!(" {}", widgets::sentence(&notification.hint))
                };
                let text = format!("{}{hint}", widgets::sentence(&notification.text));
                ui.add(Label::new(RichText::new(text).color(t.text)).wrap());
            });
        });
    });
}
