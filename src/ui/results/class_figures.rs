//! How each class of abnormal images fares at the shared threshold; a click lists its images.

use crate::{
    app::{
        ResultsCommand,
        state::{GalleryFilter, Tab, clicked},
    },
    engine::runs::score_set::ScoreSet,
    text::{elided, thousands},
    ui::shared::{context::PanelContext, plot::percent, theme, widgets},
};
use eframe::egui::{Button, Grid, RichText, Ui};

/// Longer names are cut.
const NAME: usize = 22;

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet) {
    let classes = &set.evaluation.by_class;
    if classes.is_empty() {
        return;
    }
    widgets::caption(ui, "BY CLASS");
    let small = |text: String| RichText::new(text).size(theme::SMALL);
    let weak = theme::of(ui).weak;
    Grid::new("by class").num_columns(4).spacing([theme::PAGE, 2.0]).show(ui, |ui| {
        for head in ["", "images", "found", "AUROC"] {
            ui.label(small(head.into()).color(weak));
        }
        ui.end_row();
        for class in classes {
            let results = &cx.state.results;
            let is_listed = results.filter.classes.contains(&class.class);
            let name = ui.add(Button::selectable(is_listed, small(elided(&class.class, NAME).into_owned())));
            let help = format!("{}: a click lists its images alone, Ctrl+click with those of others", class.class);
            if name.on_hover_text(help).clicked() {
                let adds = ui.input(|i| i.modifiers.command);
                let classes = clicked(&results.filter.classes, class.class.clone(), adds);
                let filter = GalleryFilter { classes, ..results.filter.clone() };
                cx.send(ResultsCommand::Tab(Tab::All));
                cx.send(ResultsCommand::Filter(filter));
            }
            ui.label(small(thousands(class.images)));
            let found = class.called_abnormal_at(cx.state.results.threshold);
            ui.label(small(percent(found as f64 / class.images.max(1) as f64))).on_hover_text(format!(
                "{} of {} are called abnormal at this threshold",
                thousands(found),
                thousands(class.images)
            ));
            ui.label(small(class.auroc.map_or("–".into(), |auroc| format!("{auroc:.3}"))))
                .on_hover_text("Of this class against all normal images");
            ui.end_row();
        }
    });
    ui.add_space(theme::PAGE);
}
