//! Notices in the lower right corner: errors stay until they are dismissed; the rest can be dismissed, too.

use super::{Cx, theme, widgets};
use crate::app::{Command, icons};
use eframe::egui::{Align2, Area, Button, Frame, Id, Order, RichText, Stroke, Ui, WidgetInfo, accesskit::Role, vec2};

/// Shown at once; older ones wait behind them.
const SHOWN: usize = 3;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let t = theme::of(ui);
    if cx.state.notices.is_empty() {
        return;
    }
    // Above the job strip.
    let area = Area::new(Id::unique("notices")).order(Order::Foreground).anchor(Align2::RIGHT_BOTTOM, vec2(-theme::PAGE, -64.0));
    area.show(ui.ctx(), |ui| {
        ui.set_width(360.0);
        let first = cx.state.notices.len().saturating_sub(SHOWN);
        for (index, notice) in cx.state.notices.iter().enumerate().skip(first) {
            let edge = if notice.is_error { t.error } else { t.accent };
            Frame::new().fill(t.raised).stroke(Stroke::new(1.0, edge)).corner_radius(theme::RADIUS).inner_margin(12).show(
                ui,
                |ui| {
                    ui.set_width(ui.available_width());
                    ui.horizontal_top(|ui| {
                        let width = ui.available_width() - 32.0;
                        ui.vertical(|ui| {
                            ui.set_width(width);
                            ui.label(RichText::new(widgets::sentence(&notice.text)).color(t.text));
                            if !notice.hint.is_empty() {
                                ui.label(RichText::new(widgets::sentence(&notice.hint)).size(theme::SMALL).color(t.weak));
                            }
                        });
                        let close = ui.add(Button::new(icons::X).frame(false)).on_hover_text("Dismiss (Esc: all)");
                        close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Dismiss notice"));
                        if close.clicked() {
                            cx.send(Command::DismissNotice(index));
                        }
                    });
                },
            );
        }
    });
}
