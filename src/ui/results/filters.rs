//! What narrows the gallery down: outcome, class, range of the score, tag, text; and its order.

use crate::{
    app::{
        ResultsCommand, actions, icons,
        state::{GalleryFilter, MapView, Sort, Tab},
    },
    engine::runs::score_set::ScoreSet,
    scores::Tag,
    text::{count_of, elided, thousands},
    ui::shared::{column_filter, context::PanelContext, image_grid, theme, views, widgets},
};
use eframe::egui::{
    Atom, Button, ComboBox, IdSalt, PopupCloseBehavior, RichText, ScrollArea, TextEdit, Ui, Vec2, WidgetInfo,
    accesskit::Role,
    containers::menu::{MenuButton, MenuConfig},
};

/// Side of a mark with its ring, points.
const MARK: f32 = 12.0;
/// Least width of the field for text, points.
const TEXT: f32 = 96.0;

/// One button an outcome, with its number of images and its mark.
pub fn tabs(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet) {
    ui.horizontal_wrapped(|ui| {
        // Narrow, so that three have room beside each other.
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.spacing_mut().button_padding.x = 3.0;
        for tab in Tab::ALL {
            let count = thousands(cx.state.results.count(tab));
            if tab.here(set) != tab {
                continue;
            }
            let here = cx.state.results.tab == tab;
            let text = RichText::new(format!("{} {count}", tab.name())).size(theme::SMALL);
            let mark = IdSalt::new("mark");
            let button = match tab.label() {
                Some(_) => Button::selectable(here, (Atom::custom(mark, Vec2::splat(MARK)), text)).atom_ui(ui),
                None => Button::selectable(here, text).atom_ui(ui),
            };
            if let Some(place) = button.rect(mark) {
                widgets::outcome_mark(ui.painter(), theme::of(ui), tab.label(), tab.is_wrong(), place.center(), 3.5);
            }
            let response = button.response;
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, here, format!("{} {count}", tab.name())));
            let ring = if tab.is_wrong() { "\nA ring round the mark of the label: called the other way" } else { "" };
            if response.on_hover_text(format!("{}{ring}", tab.meaning())).clicked() {
                cx.send(ResultsCommand::Tab(tab));
            }
        }
    });
}

/// The line of filters: order, a menu with the rest, whether maps are seen, and text.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, set: &ScoreSet) {
    let mut filter = cx.state.results.filter.clone();
    let before = filter.clone();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = theme::STEP;
        order(ui, cx);
        let count = filter.filters();
        let text = if count == 0 { "Filters".to_string() } else { format!("Filters ({count})") };
        let menu = MenuButton::from_button(Button::new(small(format!("{text}  {}", icons::CARET_DOWN))))
            .config(MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside));
        let (button, _) = menu.ui(ui, |ui| menu_of_filters(ui, cx, set, &mut filter));
        button.widget_info(|| WidgetInfo::labeled(Role::Button, true, &text));
        button.on_hover_text("By score, tag, classes and columns of the table of labels");
        views::menu(ui, cx);
        if set.config.data.tiles().is_some() {
            maps(ui, cx);
        }
        // What has no room to be read goes on in a line of its own.
        if ui.available_size_before_wrap().x < TEXT {
            ui.end_row();
        }
        if ui.available_size_before_wrap().x > 200.0 {
            image_grid::size_buttons(ui, cx);
        }
        let edit =
            TextEdit::singleline(&mut filter.text).hint_text("find").desired_width(ui.available_size_before_wrap().x - 16.0);
        ui.add(edit).accessible_name("Filter by name or note");
    });
    if filter != before {
        cx.send(ResultsCommand::Filter(filter));
    }
    views::note(ui, cx.state);
}

/// Whether images are seen under their anomaly maps.
fn maps(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let (view, allowed) = (cx.state.results.map_view, actions::may_show_maps(cx.state));
    let on = view.in_gallery && allowed.is_ok();
    let switch = ui.add_enabled(allowed.is_ok(), Button::selectable(on, small("Anomaly maps")));
    switch.widget_info(|| WidgetInfo::selected(Role::Button, allowed.is_ok(), on, "Anomaly maps"));
    if switch.clicked() {
        cx.send(ResultsCommand::Maps(MapView { in_gallery: !view.in_gallery, ..view }));
    }
    match allowed {
        Ok(()) => _ = switch.on_hover_text("Images under their anomaly maps: where the score comes from, not a lesion finder"),
        Err(reason) => _ = switch.on_disabled_hover_text(reason),
    }
}

fn menu_of_filters(ui: &mut Ui, cx: &PanelContext<'_>, set: &ScoreSet, filter: &mut GalleryFilter) {
    ui.set_width(240.0);
    let room = ui.ctx().content_rect().height() * MENU;
    ScrollArea::vertical().max_height(room).show(ui, |ui| {
        ui.set_width(ui.available_width());
        filters_of(ui, cx, set, filter);
    });
    ui.separator();
    let clear = ui.add_enabled(!filter.is_empty(), Button::new("Take all filters away"));
    if clear.on_disabled_hover_text("Nothing is filtered.").clicked() {
        *filter = GalleryFilter::default();
        ui.close();
    }
}

/// Share of the window's height that the menu may have before it scrolls.
const MENU: f32 = 0.55;

fn filters_of(ui: &mut Ui, cx: &PanelContext<'_>, set: &ScoreSet, filter: &mut GalleryFilter) {
    widgets::caption(ui, "SCORE");
    ui.horizontal(|ui| column_filter::range(ui, "score", &mut filter.range, set.histogram.range));
    let metadata = &cx.state.results.images.metadata;
    if !metadata.columns().is_empty() {
        widgets::caption(ui, "COLUMNS OF THE TABLE");
        column_filter::show(ui, metadata, &mut filter.columns);
    }
    widgets::caption(ui, "TAG");
    if ui.selectable_label(filter.tag.is_none() && filter.own_tag.is_none(), "any or none").clicked() {
        (filter.tag, filter.own_tag) = (None, None);
    }
    for tag in Tag::ALL {
        let count = cx.state.results.review.count(tag);
        ui.selectable_value(&mut filter.tag, Some(tag), format!("{} ({})", tag.name(), thousands(count)));
    }
    for (tag, count) in cx.state.open_of(set).into_iter().flat_map(|open| &open.tags) {
        ui.selectable_value(&mut filter.own_tag, Some(tag.clone()), format!("{tag} ({})", thousands(*count)));
    }
    if let Some(names) = &filter.within {
        widgets::caption(ui, "DRAWN ROUND");
        if ui.button(format!("List others than these {}, too", count_of(names.len(), "image"))).clicked() {
            filter.within = None;
        }
    }
    let classes = cx.state.results.tab.classes(set);
    // One that was chosen for other images can be taken away.
    let of_others: Vec<String> = filter.classes.iter().filter(|class| !classes.contains(class)).cloned().collect();
    if classes.len() > 1 || !filter.classes.is_empty() {
        widgets::caption(ui, "CLASSES");
        if ui.selectable_label(filter.classes.is_empty(), "all classes").clicked() {
            filter.classes.clear();
        }
        let counts = cx.state.results.class_counts(set);
        for class in classes.iter().chain(&of_others) {
            let (count, mut on) = (counts.get(&**class).copied().unwrap_or_default(), filter.classes.contains(class));
            let line = ui.checkbox(&mut on, format!("{} ({})", elided(class, 60), thousands(count)));
            if line.accessible_name(format!("{class}, {}", count_of(count, "image"))).changed() {
                _ = if on { filter.classes.insert(class.clone()) } else { filter.classes.remove(class) };
            }
        }
    }
}

fn small(text: impl Into<String>) -> RichText {
    RichText::new(text).size(theme::SMALL)
}

fn order(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let now = cx.state.results.sort;
    let combo = ComboBox::from_id_salt("sort").selected_text(small(now.name())).width(108.0).show_ui(ui, |ui| {
        for sort in Sort::ALL {
            if ui.selectable_label(sort == now, sort.name()).clicked() {
                cx.send(ResultsCommand::Sort(sort));
            }
        }
    });
    combo.response.accessible_name("Order of the gallery").on_hover_text("Order of the gallery");
}
