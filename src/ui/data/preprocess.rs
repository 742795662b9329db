//! What is done to each picture before a model sees it, seen on the selected one.

use super::value_window;
use crate::{
    app::{DataCommand, message::Texture, next_step, state::OpenDataset},
    config::{Aspect, Channels, GreyWindow, PreprocessConfig},
    ui::{
        dissolve::image_frame,
        shared::{context::PanelContext, glossary, theme, widgets},
    },
};
use eframe::egui::{
    Align2, ComboBox, DragValue, Image, Rect, RichText, Sense, Spinner, Ui, Vec2, WidgetInfo, accesskit::Role, vec2,
};

pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, open: &OpenDataset) {
    let before = &cx.state.train.config.preprocess;
    let mut now = before.clone();
    let t = theme::of(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(LINE);
        widgets::caption(ui, "PREPROCESSING");
        let is_off = *before == PreprocessConfig::default();
        if is_off {
            widgets::weak(ui, "off");
        } else if widgets::small_button(ui, "Switch off").clicked() {
            now = PreprocessConfig::default();
        }
    });
    ui.checkbox(&mut now.circle_crop, "Crop to the bright disc")
        .on_hover_text("Cuts the black surround off a fundus photograph.");
    ui.horizontal(|ui| {
        ui.label("To a square").on_hover_text(
            "What is done to pictures that are no squares. Squeeze: as in the paper; discs become ellipses. Letterbox: black bars. \
             Crop: the square in the middle.",
        );
        let all = [(Aspect::Squeeze, "squeeze"), (Aspect::Letterbox, "letterbox"), (Aspect::Crop, "crop")];
        if let Some(chosen) = widgets::choices(ui, now.aspect, &all) {
            now.aspect = chosen;
        }
    });
    ui.checkbox(&mut now.ben_graham, "Ben Graham’s normalisation")
        .on_hover_text("Takes the local mean away: evens out the light of fundus photographs.");
    let mut clahe = now.clahe > 0.0;
    ui.horizontal(|ui| {
        ui.set_min_height(LINE);
        ui.checkbox(&mut clahe, "CLAHE").on_hover_text(glossary::CLAHE);
        if clahe {
            now.clahe = if now.clahe > 0.0 { now.clahe } else { 2.0 };
            let limit = DragValue::new(&mut now.clahe).range(0.5..=40.0).speed(0.05).max_decimals(1).prefix("limit ");
            if ui.add(limit).on_hover_text("Usual: 2. Double click resets.").accessible_name("Limit of CLAHE").double_clicked() {
                now.clahe = 2.0;
            }
        } else {
            now.clahe = 0.0;
        }
    });
    ui.horizontal(|ui| {
        ui.label("Channels");
        let all = [(Channels::All, "all"), (Channels::Grey, "grey"), (Channels::Green, "green")];
        if let Some(chosen) = widgets::choices(ui, now.channels, &all) {
            now.channels = chosen;
        }
    });
    value_window::show(ui, cx, open);
    window(ui, &mut now);
    ui.horizontal(|ui| {
        ui.label("Shrink to");
        let name = |size| if size == 0 { "as the models ask".to_string() } else { format!("{size} px") };
        let list = ComboBox::from_id_salt("target size").selected_text(name(now.size)).show_ui(ui, |ui| {
            for size in PreprocessConfig::SIZES {
                ui.selectable_value(&mut now.size, size, name(size));
            }
        });
        list.response.accessible_name("Target size");
    });
    if let Some(note) = proportions(cx, open, before) {
        widgets::weak(ui, note);
    }
    ui.label(RichText::new("Stored in each run; scoring and dissolving repeat it exactly.").size(theme::SMALL).color(t.weak));
    if now != *before {
        cx.send(DataCommand::Preprocess(now));
    }
}

/// Height of a line to which a setting adds a control, points: with it or without, so that what lies below stays under the pointer.
const LINE: f32 = 26.0;

/// A disc that takes less than this share of its picture is worth cropping to.
const DISC: f32 = 0.85;

/// That pictures are squeezed, and that the selected one has a disc to crop to.
fn proportions(cx: &PanelContext<'_>, open: &OpenDataset, config: &PreprocessConfig) -> Option<String> {
    let squeezed = open.squeezed.as_ref().filter(|_| !config.reframes())?;
    let selected = cx.state.data.preview.done.filter(|done| Some(done.image) == cx.state.selected);
    let disc = selected.and_then(|done| done.disc).filter(|share| *share < DISC);
    let disc = disc.map(|share| format!(" The selected one has a bright disc in {:.0} % of it to crop to.", 100.0 * share));
    Some(next_step::warning(squeezed) + &disc.unwrap_or_default())
}

/// Black and white point, in percent of the full range.
fn window(ui: &mut Ui, now: &mut PreprocessConfig) {
    let [mut low, mut high] = now.window.0.map(|v| v * 100.0);
    ui.horizontal(|ui| {
        ui.label("Window").on_hover_text("What is darker than the first becomes black, what is brighter than the second white.");
        let point = |ui: &mut Ui, v: &mut f64, range, name| {
            let value = DragValue::new(v).range(range).speed(0.2).max_decimals(1).suffix(" %");
            ui.add(value).on_hover_text("Double click resets.").accessible_name(name)
        };
        let black = point(ui, &mut low, 0.0..=high - 0.5, "Black at, percent");
        ui.label("to");
        let white = point(ui, &mut high, low + 0.5..=100.0, "White at, percent");
        let reset = black.double_clicked() || white.double_clicked();
        if reset {
            now.window = GreyWindow::default();
        } else if black.changed() || white.changed() {
            now.window = GreyWindow([low, high].map(|v| (v * 1e3).round() / 1e5));
        }
    });
}

/// At most this share of the panel's height is the picture's: what scrolls below needs room, too.
const MOST: f32 = 0.4;

/// The selected image with its mask; beside it what the models see of it, where that is another thing. As high in both cases.
pub fn pictures(ui: &mut Ui, cx: &PanelContext<'_>, open: &OpenDataset) {
    let Some(item) = cx.state.selected.and_then(|id| open.dataset.item(id)) else { return };
    let (width, [w, h]) = (ui.available_width(), item.size.map(|px| px.max(1) as f32));
    let most = MOST * ui.available_height();
    let height = (width * h / w).min(most).max(widgets::LEAST_SIDE);
    let (place, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let Some(done) = cx.state.data.preview.done.filter(|d| Some(d.image) == cx.state.selected) else {
        waiting(ui, cx, place);
        return;
    };
    let outline = done.has_outline.then_some(Texture::Outline);
    if cx.state.train.config.preprocess == PreprocessConfig::default() {
        picture(ui, cx, "The selected image", &[Some(Texture::Before), outline], place);
        return;
    }
    let [left, right] = [place.with_max_x(place.center().x - theme::STEP), place.with_min_x(place.center().x + theme::STEP)];
    for (name, layers, place) in
        [("before", [Some(Texture::Before), outline], left), ("after", [Some(Texture::After), None], right)]
    {
        if let Some(shown) = picture(ui, cx, name, &layers, place.with_max_y(place.bottom() - NAME)) {
            widgets::text_at(ui, shown.left_bottom(), Align2::LEFT_TOP, name, theme::of(ui).weak);
        }
    }
}

/// Height of the name under a picture, points.
const NAME: f32 = 16.0;

/// The thumbnail until the larger one has come.
fn waiting(ui: &mut Ui, cx: &PanelContext<'_>, place: Rect) {
    match cx.state.selected.and_then(|id| cx.textures.thumbnail(id)) {
        Some(texture) => {
            let rect = widgets::fit(texture.size_vec2(), place);
            Image::new((texture.id(), rect.size())).paint_at(ui, rect);
        }
        None if cx.state.data.preview.failed.is_none() => _ = ui.put(place, Spinner::new()),
        None => {}
    }
}

/// Layers over each other, as large as there is room; returns where they are.
fn picture(ui: &Ui, cx: &PanelContext<'_>, name: &str, layers: &[Option<Texture>], place: Rect) -> Option<Rect> {
    let textures: Vec<_> = layers.iter().flatten().filter_map(|texture| cx.textures.get(texture)).collect();
    let rect = widgets::fit(textures.first()?.size_vec2(), place);
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    for texture in textures {
        Image::new((texture.id(), rect.size())).paint_at(ui, rect);
    }
    Some(rect)
}

/// The selected image as its file has it, in this size, zoomed as all pictures are, under the edge of its mask where that is wanted.
pub fn large(ui: &mut Ui, cx: &mut PanelContext<'_>, size: Vec2) {
    let (place, _) = ui.allocate_exact_size(size, Sense::hover());
    let Some(done) = cx.state.data.preview.done.filter(|d| Some(d.image) == cx.state.selected) else {
        return waiting(ui, cx, place);
    };
    let textures = cx.textures;
    let outline = (done.has_outline && cx.state.data.large.mask).then_some(Texture::Outline);
    let layers = [Some(Texture::Before), outline].into_iter().flatten();
    let layers = layers.filter_map(|layer| Some((textures.get(&layer)?.id(), 1.0)));
    image_frame::layered(ui, cx, "the image", done.size, layers, place);
}
