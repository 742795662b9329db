//! Two runs beside each other: their figures, and the images whose rank changed most.

use crate::{
    app::{
        AppCommand, ResultsCommand, icons,
        state::{Comparing, Overlay, config_title},
    },
    data::ImageId,
    engine::runs::{comparison::ComparedRuns, list::RunEntry},
    text::images,
    ui::shared::{
        context::PanelContext,
        glossary, image_grid, theme,
        widgets::{self, label_of},
    },
};
use eframe::egui::{Align2, FontId, Image, Rect, RichText, ScrollArea, Sense, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2};

/// Height of a row, and side of the picture in it, points.
const ROW: f32 = 40.0;
const PICTURE: f32 = 36.0;

/// Shows the comparison, where one was asked for; returns whether it did.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>) -> bool {
    match &cx.state.results.comparison {
        Comparing::None => return false,
        Comparing::Loading(_) => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Reading the second run…");
            });
        }
        Comparing::Failed(_, failure) => {
            let failure = failure.clone();
            widgets::failure(ui, cx, &failure.summary, &failure.hint);
            widgets::button(ui, cx, "Back to the gallery", || ResultsCommand::CompareWith(None));
        }
        Comparing::Ready(compared) => {
            let compared = compared.clone();
            ready(ui, cx, &compared);
        }
    }
    true
}

fn ready(ui: &mut Ui, cx: &mut PanelContext<'_>, c: &ComparedRuns) {
    let t = theme::of(ui);
    ui.horizontal(|ui| {
        widgets::caption(ui, "THIS RUN AGAINST");
        ui.label(theme::strong(&c.second.name));
        if widgets::small_button(ui, icons::X).on_hover_text("Back to the gallery").clicked() {
            cx.send(ResultsCommand::CompareWith(None));
        }
    });
    let f = &c.figures;
    match (f.auroc_first, f.auroc_second, f.delta_auroc) {
        (Some(first), Some(second), Some(delta)) => {
            let p = f.p_value.map_or("p undefined: too few images".into(), p_words);
            let delta = signed(format!("{delta:+.3}"));
            ui.label(format!("AUROC {first:.3} against {second:.3} · difference {delta} · {p}"));
            widgets::weak(ui, format!("Paired DeLong test on the {} that both runs scored.", images(f.n_shared)))
                .on_hover_text(glossary::DELONG_TEST);
        }
        _ => {
            let why = c.first.evaluation.undefined.as_deref().unwrap_or("one class is missing among the shared images");
            ui.label(format!("AUROC undefined: {}", widgets::sentence(why)));
        }
    }
    ui.add_space(theme::GAP);
    widgets::caption(ui, "IMAGES THAT MOVED, THE LARGEST CHANGE OF RANK FIRST");
    if f.rank_changes.is_empty() {
        widgets::weak(ui, "Both runs put the images in the same order.");
        return;
    }
    widgets::weak(ui, "Rank = share of the shared images with a lower score. Filled: this run; hollow: the other one.");
    image_grid::rows_by_key(ui, cx, 1);
    let mut area = ScrollArea::vertical().auto_shrink(false);
    // A row that was chosen by key comes into view.
    let chosen = c.rows.iter().position(|row| Some(*row) == cx.state.results.row);
    let key = ui.scope_id().with("chosen");
    // At first the largest change is in view, whatever is selected.
    let (before, offset) = ui.data(|data| data.get_temp::<(Option<usize>, f32)>(key)).unwrap_or((chosen, 0.0));
    if let Some(index) = chosen.filter(|_| chosen != before) {
        let (height, view) = (ROW + ui.spacing().item_spacing.y, ui.available_height());
        let top = index as f32 * height;
        if top < offset || top + height > offset + view {
            area = area.vertical_scroll_offset((top - view / 3.0).max(0.0));
        }
    }
    let shown = area.show_rows(ui, ROW, f.rank_changes.len(), |ui, range| {
        for i in range {
            row(ui, cx, c, i, t);
        }
    });
    ui.data_mut(|data| data.insert_temp(key, (chosen, shown.state.clamped_offset().y)));
}

/// Never broken over two lines.
fn p_words(p: f64) -> String {
    if p < 0.001 { "p\u{a0}<\u{a0}0.001".into() } else { format!("p\u{a0}=\u{a0}{p:.3}") }
}

/// A number with a minus for its hyphen.
fn signed(number: String) -> String {
    number.replace('-', "−")
}

fn row(ui: &mut Ui, cx: &mut PanelContext<'_>, c: &ComparedRuns, index: usize, t: &theme::Tokens) {
    let (image, place) = (&c.figures.rank_changes[index], c.rows[index]);
    let chosen = cx.state.results.row == Some(place);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width() - 12.0, ROW), Sense::click());
    let change = 100.0 * (image.rank_first - image.rank_second);
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, chosen, format!("{}, rank changed by {change:+.0} %", image.path))
    });
    if chosen || response.hovered() {
        ui.painter().rect_filled(rect, theme::RADIUS, if chosen { t.hover } else { t.raised });
    }
    let square = Rect::from_center_size(pos2(rect.left() + 4.0 + PICTURE / 2.0, rect.center().y), Vec2::splat(PICTURE));
    let thumbnail = cx.state.open_of(&c.first).and_then(|o| o.by_name.get(&image.path).copied());
    if let Some(id) = thumbnail {
        picture(ui, cx, id, square);
    }
    let left = if thumbnail.is_some() { square.right() } else { rect.left() };
    let (middle, label) = (rect.center().y, label_of(Some(image.label == 1)));
    let colour = widgets::label_colour(t, label);
    widgets::mark(ui.painter(), t, label, pos2(left + 10.0, middle), 5.0);
    let track = rect.right() - 150.0..=rect.right() - 56.0;
    let name = widgets::cut_middle(ui, &image.path, &FontId::proportional(theme::SMALL), track.start() - left - 36.0);
    widgets::text_at(ui, pos2(left + 22.0, middle), Align2::LEFT_CENTER, name, t.text);
    ui.painter().hline(track.clone(), middle, (1.0, t.line));
    let at = |rank: f64| pos2(track.start() + (track.end() - track.start()) * rank as f32, middle);
    let (first, second) = (at(image.rank_first), at(image.rank_second));
    ui.painter().line_segment([second, first], (2.0, colour));
    ui.painter().circle(second, 4.0, t.page, (1.5, colour));
    ui.painter().circle_filled(first, 4.0, colour);
    widgets::text_at(ui, pos2(rect.right() - 4.0, middle), Align2::RIGHT_CENTER, signed(format!("{change:+.0} %")), t.text);
    if response.clicked() {
        cx.send(ResultsCommand::Row(place));
    }
    if response.double_clicked() {
        cx.send(AppCommand::Toggle(Overlay::Picture));
    }
}

/// The thumbnail of an image, or its place until it has come.
fn picture(ui: &Ui, cx: &mut PanelContext<'_>, id: ImageId, place: Rect) {
    match cx.textures.thumbnail(id) {
        Some(texture) => {
            let inner = widgets::fit(texture.size_vec2(), place);
            Image::new((texture.id(), inner.size())).corner_radius(2).paint_at(ui, inner);
        }
        None => {
            cx.want(id);
            ui.painter().rect_filled(place, 2.0, theme::of(ui).raised);
        }
    }
}

/// The menu that picks the second run.
pub fn pick(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let own = cx.state.results.ready().map(|set| set.run.clone());
    let place = cx.state.results.ready().map(|set| set.place.clone());
    let is_same_set = |run: &RunEntry| Some(&run.place) == place.as_ref();
    let mut others: Vec<_> = cx.state.runs.iter().filter(|r| r.has_scores && Some(&r.path) != own.as_ref()).cloned().collect();
    // Those of other images come last, and say so.
    others.sort_by_key(|run| !is_same_set(run));
    let menu = ui.add_enabled_ui(!others.is_empty(), |ui| {
        ui.menu_button(RichText::new(format!("{}  Compare with…", icons::CIRCLE_HALF)), |ui| {
            ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
                for run in &others {
                    let auroc = run.auroc().map_or(String::new(), |a| format!("  {a}"));
                    let of = if is_same_set(run) { String::new() } else { format!("  · on {}", config_title(&run.config.data)) };
                    if ui.button(format!("{}{auroc}{of}", run.manifest.name)).on_hover_text(&run.manifest.created).clicked() {
                        cx.send(ResultsCommand::CompareWith(Some(run.path.clone())));
                        ui.close();
                    }
                }
            });
        })
    });
    let response = menu.inner.response;
    response.clone().on_hover_text("Paired test against another run on the same images, and which images moved");
    response.on_disabled_hover_text("There is no other run with scores.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_a_minus_and_stay_on_one_line() {
        assert_eq!(signed(format!("{:+.3}", -0.024)), "−0.024");
        assert!([0.0001, 0.04].iter().all(|p| !p_words(*p).contains(' ')));
    }
}
