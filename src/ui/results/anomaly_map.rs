//! The anomaly map over the picture of the large view: its switch, how it is looked at, and what its colours say.

use crate::{
    app::{
        ResultsCommand, State,
        actions::{self, Id},
        message::{MapLayer, Texture},
        state::MapView,
    },
    engine::{display::rgba::Rgba, map_layers::MapLayers},
    ui::{
        dissolve::image_frame,
        shared::{context::PanelContext, theme, widgets},
    },
};
use eframe::egui::{Align2, Color32, Image, Rect, Sense, Slider, Ui, Vec2, vec2};

/// Width of the bar of colours, points.
const BAR: f32 = 120.0;

/// Whether the map takes the picture's place.
pub fn is_on(state: &State) -> bool {
    state.results.map_view.on && actions::may_lay_map(state).is_ok()
}

/// The switch and, while it is on, the sliders and the legend.
pub fn controls(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let (view, on) = (cx.state.results.map_view, is_on(cx.state));
    ui.horizontal_wrapped(|ui| {
        widgets::switch(ui, cx, Id::AnomalyMap, "Anomaly map", view.on);
        if let Err(reason) = actions::may_lay_map(cx.state) {
            widgets::weak(ui, reason);
        }
        if on {
            sliders(ui, cx, view);
        }
    });
    if on {
        ui.horizontal_wrapped(|ui| legend(ui, cx.state));
    }
}

fn sliders(ui: &mut Ui, cx: &mut PanelContext<'_>, view: MapView) {
    ui.spacing_mut().slider_width = 90.0;
    let mut opacity = view.opacity;
    let percent = |v: f64, _| format!("{:.0} %", 100.0 * v);
    ui.label("Opacity");
    let slider = ui.add(Slider::new(&mut opacity, 0.0..=1.0).custom_formatter(percent));
    if slider.accessible_name("Opacity").changed() {
        cx.send(ResultsCommand::Maps(MapView { opacity, ..view }));
    }
    let Some(layers) = cx.state.results.explanation.layers else { return };
    let [low, high] = MapLayers::RANGE;
    let mut threshold = view.threshold.or(layers.threshold).unwrap_or(MapLayers::SEEN_FROM);
    let help = "Outlines what the map has above this value";
    ui.label("Outline above").on_hover_text(help);
    let slider = ui.add(Slider::new(&mut threshold, low..=high).fixed_decimals(1)).on_hover_text(help);
    if slider.accessible_name("Outline above").changed() {
        cx.send(ResultsCommand::Maps(MapView { threshold: Some(threshold), ..view }));
    }
    if view.threshold.is_some() {
        let (name, help) = match layers.threshold {
            Some(own) => ("The model’s", format!("{own:.1}: one in a thousand pixels of normal images is above it")),
            None => {
                ("What is coloured", "All that the map colours: the run's model, which has a value of its own, is gone".into())
            }
        };
        if widgets::small_button(ui, name).on_hover_text(help).clicked() {
            cx.send(ResultsCommand::Maps(MapView { threshold: None, ..view }));
        }
    }
}

fn legend(ui: &mut Ui, state: &State) {
    ui.spacing_mut().interact_size.y = 16.0;
    let t = theme::of(ui);
    widgets::weak(ui, "like normal");
    let (bar, _) = ui.allocate_exact_size(vec2(BAR, 10.0), Sense::hover());
    ui.painter().rect_filled(bar, 0.0, t.raised);
    let opacity = state.results.map_view.opacity;
    let [from, to] = [MapLayers::SEEN_FROM, MapLayers::RANGE[1]];
    for i in 0..BAR as usize {
        let [r, g, b, a] = MapLayers::colour(from + (to - from) * i as f32 / BAR);
        let colour = theme::pixel(r, g, b).gamma_multiply(opacity * f32::from(a) / 255.0);
        ui.painter().rect_filled(Rect::from_min_size(bar.min + vec2(i as f32, 0.0), vec2(1.0, bar.height())), 0.0, colour);
    }
    widgets::weak(ui, "unlike normal");
    let Some(layers) = state.results.explanation.layers else { return };
    if layers.has_edge {
        line(ui, MapLayers::EDGE, "above the value of the outline");
    } else {
        widgets::weak(ui, "Nothing is above the value of the outline.");
    }
    if layers.has_mask {
        line(ui, Rgba::MASK_EDGE, "the mask that came with the image");
    }
    let source = if layers.is_saved { "This map was saved by the run." } else { "This map was made now." };
    widgets::weak(ui, "Where the score comes from, not a lesion finder.").on_hover_text(source);
    if layers.is_learnt {
        let why = "The model of maps was trained with this image as one of its normals: in one that it has not seen, the same place \
                   may stand out more.";
        widgets::weak(ui, "Made by a model that has learnt from this image.").on_hover_text(why);
    }
}

/// A sample of a line with its meaning.
fn line(ui: &mut Ui, [r, g, b, _]: [u8; 4], text: &str) {
    let (rect, _) = ui.allocate_exact_size(vec2(14.0, 6.0), Sense::hover());
    let core: Color32 = theme::pixel(r, g, b);
    // Dark around it, so that it is seen on a light page.
    ui.painter().rect_filled(rect, 0.0, theme::DARK.page);
    ui.painter().rect_filled(rect.shrink2(vec2(0.0, 2.0)), 0.0, core);
    widgets::weak(ui, text);
}

/// The picture under its map, in this size; until it has come, its thumbnail.
pub fn picture(ui: &mut Ui, cx: &mut PanelContext<'_>, size: Vec2) {
    let (place, _) = ui.allocate_exact_size(size, Sense::hover());
    let (opacity, explanation) = (cx.state.results.map_view.opacity, &cx.state.results.explanation);
    let textures = cx.textures;
    let texture = |layer| Some(textures.get(&Texture::Layer(layer))?.id());
    let Some((layers, _)) = explanation.layers.zip(texture(MapLayer::Picture)) else {
        if let Some(thumbnail) = cx.state.selected.and_then(|id| textures.thumbnail(id)) {
            let rect = widgets::fit(thumbnail.size_vec2(), place);
            Image::new((thumbnail.id(), rect.size())).paint_at(ui, rect);
        }
        let text = if explanation.failed.is_some() { "no map" } else { "making the map…" };
        widgets::text_at(ui, place.center_bottom(), Align2::CENTER_BOTTOM, text, theme::of(ui).weak);
        return;
    };
    let all = [
        (true, MapLayer::Picture, 1.0),
        (true, MapLayer::Colours, opacity),
        (layers.has_mask, MapLayer::Mask, 1.0),
        (layers.has_edge, MapLayer::Edge, 1.0),
    ];
    let seen = all.into_iter().filter_map(|(is_there, layer, opacity)| is_there.then(|| texture(layer))?.map(|id| (id, opacity)));
    image_frame::layered(ui, cx, "the image under its anomaly map", layers.size, seen, place);
}
