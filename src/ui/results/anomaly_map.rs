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
        dissolve::{captioned_image::CAPTION, image_frame},
        shared::{context::PanelContext, theme, widgets},
    },
};
use eframe::egui::{
    Align, Align2, Color32, Image, Layout, Rect, Sense, Slider, Stroke, Ui, UiBuilder, Vec2, WidgetInfo, accesskit::Role, vec2,
};

/// Width and height of the bar of colours, points.
const BAR: Vec2 = vec2(120.0, 10.0);

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
    widgets::weak(ui, "like normal");
    bar(ui, state);
    widgets::weak(ui, "unlike normal");
    let Some(layers) = state.results.explanation.layers else { return };
    let outline = outline(state);
    if layers.has_edge {
        line(ui, MapLayers::EDGE, &format!("above {outline:.1}"));
    } else {
        widgets::weak(ui, format!("Nothing is above {outline:.1}."));
    }
    if layers.has_mask {
        line(ui, Rgba::MASK_EDGE, "the image’s mask");
    }
    let source = if layers.is_saved { "This map was saved by the run." } else { "This map was made now." };
    widgets::weak(ui, "Where the score comes from, not a lesion finder.").on_hover_text(source);
    if layers.is_learnt {
        let why = "The model of maps was trained with this image as one of its normals: in one that it has not seen, the same place \
                   may stand out more.";
        widgets::weak(ui, "Made by a model that has learnt from this image.").on_hover_text(why);
    }
}

/// The value above which the map is outlined.
fn outline(state: &State) -> f32 {
    let results = &state.results;
    let own = results.explanation.layers.and_then(|layers| layers.threshold);
    results.map_view.threshold.or(own).unwrap_or(MapLayers::SEEN_FROM)
}

/// The colours of the map from the least value that is coloured to the greatest, with both, and a mark at the value of the outline.
fn bar(ui: &mut Ui, state: &State) {
    let t = theme::of(ui);
    let [from, to] = [MapLayers::SEEN_FROM, MapLayers::RANGE[1]];
    let outline = outline(state);
    widgets::weak(ui, format!("{from:.0}"));
    let (bar, response) = ui.allocate_exact_size(BAR, Sense::hover());
    ui.painter().rect_filled(bar, 0.0, t.raised);
    let opacity = state.results.map_view.opacity;
    for i in 0..BAR.x as usize {
        let [r, g, b, a] = MapLayers::colour(from + (to - from) * i as f32 / BAR.x);
        let colour = theme::pixel(r, g, b).gamma_multiply(opacity * f32::from(a) / 255.0);
        ui.painter().rect_filled(Rect::from_min_size(bar.min + vec2(i as f32, 0.0), vec2(1.0, BAR.y)), 0.0, colour);
    }
    if (from..=to).contains(&outline) {
        let x = bar.left() + BAR.x * (outline - from) / (to - from);
        for (width, colour) in [(4.0, theme::DARK.page), (2.0, theme::ON_PICTURE)] {
            ui.painter().vline(x, bar.expand(2.0).y_range(), Stroke::new(width, colour));
        }
    }
    let about = format!("Colours of the map from {from:.0} to {to:.0}, outlined above {outline:.1}");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &about));
    response.on_hover_text(about);
    widgets::weak(ui, format!("{to:.0}"));
}

/// What a reader wants to see with the picture, in a place beside it: the picture under its anomaly map; where there is no map, its
/// mask. Returns whether there is one of them.
pub fn beside(ui: &mut Ui, cx: &mut PanelContext<'_>, place: Rect) -> bool {
    let has_map = actions::may_lay_map(cx.state).is_ok();
    let mask = cx.state.results.explanation.picture.filter(|has_mask| *has_mask);
    let mask = mask.and_then(|_| cx.textures.get(&Texture::Explained)).map(|texture| (texture.id(), texture.size()));
    if !has_map && mask.is_none() {
        return false;
    }
    let (head, below) = place.split_top_bottom_at_y(place.top() + CAPTION);
    let mut child = ui.new_child(UiBuilder::new().max_rect(head).layout(Layout::left_to_right(Align::Center)));
    child.spacing_mut().interact_size.y = CAPTION;
    match mask.filter(|_| !has_map) {
        Some((texture, size)) => {
            widgets::weak(&mut child, "the mask that came with the image");
            image_frame::layered(
                ui,
                cx,
                "the image with its mask",
                size.map(|side| side as u32),
                [(texture, 1.0)].into_iter(),
                below,
            );
        }
        None => {
            widgets::weak(&mut child, "anomaly map");
            if cx.state.results.explanation.layers.is_some() {
                bar(&mut child, cx.state);
            }
            layers(ui, cx, below);
        }
    }
    true
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
    layers(ui, cx, place);
}

fn layers(ui: &mut Ui, cx: &mut PanelContext<'_>, place: Rect) {
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
