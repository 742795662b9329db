//! Dissolve, on the right: which model, which method, how the difference is coloured, and the change curve.

use super::change_curve;
use crate::{
    app::{
        AppCommand, DissolveCommand,
        actions::Id,
        icons,
        state::{ChangeFrom, ComparisonLayout},
    },
    config::{DissolveMethod, Tiling},
    gpu::Difference,
    jobs::events::Pick,
    run_dir::files,
    ui::shared::{context::PanelContext, path_field, theme, widgets},
};
use eframe::egui::{Button, ComboBox, DragValue, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

/// `curve_in_view`: the change curve has found room beside the pictures.
pub fn show(ui: &mut Ui, cx: &mut PanelContext<'_>, curve_in_view: bool) {
    widgets::side_content(ui, |ui| {
        widgets::caption(ui, "DISSOLVE BY");
        let d = &cx.state.dissolve;
        let kernel = match d.method {
            DissolveMethod::Gaussian(k) | DissolveMethod::Median(k) => k,
            _ => 7,
        };
        let methods = [
            (DissolveMethod::Diffusion, "Diffusion"),
            (DissolveMethod::Gaussian(kernel), "Gaussian"),
            (DissolveMethod::Median(kernel), "Median"),
            (DissolveMethod::Resample, "Resize"),
        ];
        if let Some(method) = widgets::choices(ui, d.method, &methods) {
            cx.send(DissolveCommand::Method(method));
        }
        match d.method {
            DissolveMethod::Diffusion => models(ui, cx),
            DissolveMethod::Gaussian(k) => kernels(ui, cx, k, DissolveMethod::Gaussian),
            DissolveMethod::Median(k) => kernels(ui, cx, k, DissolveMethod::Median),
            _ => _ = widgets::weak(ui, "Shrunk to the resolution and enlarged again; nothing else."),
        }
        ui.add_space(theme::PAGE);
        scale(ui, cx);
        ui.add_space(theme::PAGE);
        difference(ui, cx);
        if d.layout() == ComparisonLayout::Images {
            ui.add_space(theme::PAGE);
            widgets::caption(ui, "BESIDE EACH OTHER");
            widgets::action_button(ui, cx, Id::Pin);
            let text = match d.pinned.len() {
                0 => "Until you choose some, the images after the selected one are shown.".to_string(),
                n => format!("{n} chosen, six at most; the selected image is shown with them."),
            };
            widgets::weak(ui, text);
        }
        if !curve_in_view {
            ui.add_space(theme::PAGE);
            change_curve::show(ui, cx, 160.0);
        }
        ui.add_space(theme::PAGE);
        export(ui, cx);
    });
}

/// Whole pictures or tiles; of whole ones, the resolution.
fn scale(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    widgets::caption(ui, "SCALE");
    let d = &cx.state.dissolve;
    let [small, middle, large] = Tiling::SIDES.map(Tiling::Px);
    let all = [(Tiling::Auto, "Auto"), (Tiling::Off, "Whole"), (small, "32"), (middle, "64"), (large, "128")];
    if let Some(tile) = widgets::choices(ui, d.tile, &all) {
        cx.send(DissolveCommand::Scale(tile));
    }
    let done = d.answers.done_of(cx.state.selected).map(|done| (done.scale_words(), done.scale.is_tiles()));
    match (d.tile, &done) {
        (Tiling::Auto, Some((scale, _))) => _ = widgets::weak(ui, format!("auto: {scale}")),
        (_, Some((scale, _))) => _ = widgets::weak(ui, widgets::sentence(scale)),
        (Tiling::Auto, None) => _ = widgets::weak(ui, "As the model has learnt; pictures up to 128 px are whole."),
        (_, None) => {}
    }
    if done.is_some_and(|(_, is_tiles)| is_tiles) {
        let learnt = d.model().filter(|_| d.uses_t()).map(|model| model.tiles);
        let text = match (learnt, d.tile) {
            (Some(None), Tiling::Px(_)) => "This model has learnt whole pictures: what it takes for detail in a tile is a guess.",
            _ => "Dissolved in its own detail, in overlapping tiles; what is in view comes first.",
        };
        widgets::weak(ui, text);
        return;
    }
    if let Tiling::Px(_) = d.tile {
        widgets::weak(ui, "Pictures up to 128 px are dissolved whole.");
    }
    ui.add_space(theme::PAGE);
    widgets::caption(ui, "RESOLUTION");
    if let Some(px) = widgets::choices(ui, d.resolution, &[(0, "Model's"), (32, "32"), (64, "64"), (128, "128")]) {
        cx.send(DissolveCommand::Resolution(px));
    }
    widgets::weak(ui, "Pictures are shrunk to this, dissolved, and enlarged again.");
}

fn models(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    let d = &cx.state.dissolve;
    let Some(current) = d.model() else {
        widgets::weak(ui, "No model yet.");
        widgets::action_button(ui, cx, Id::ImportModel);
        return;
    };
    let mut chosen = None;
    let combo = ComboBox::from_id_salt("model").selected_text(&current.name).width(ui.available_width()).truncate();
    let response = combo.show_ui(ui, |ui| {
        for model in &d.models {
            let label = ui.selectable_label(model.source == current.source, format!("{} · {}", model.name, model.detail));
            if label.on_hover_text(model.source.0.display().to_string()).clicked() {
                chosen = Some(model.source.clone());
            }
        }
    });
    response.response.accessible_name("Diffusion model");
    widgets::weak(ui, current.detail.clone());
    if let Some(set) = &current.trained_on {
        widgets::weak(ui, format!("trained on {set}"));
    }
    if let Some(source) = chosen {
        cx.send(DissolveCommand::Model(source));
    }
    widgets::action_button(ui, cx, Id::ImportModel);
}

fn kernels(ui: &mut Ui, cx: &mut PanelContext<'_>, kernel: usize, method: fn(usize) -> DissolveMethod) {
    ui.horizontal(|ui| {
        widgets::weak(ui, "Kernel, px");
        if let Some(k) = widgets::choices(ui, kernel, &[(3, "3"), (7, "7"), (11, "11")]) {
            cx.send(DissolveCommand::Method(method(k)));
        }
    });
}

fn export(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    widgets::caption(ui, "SAVE");
    widgets::action_button(ui, cx, Id::ExportStrip);
    widgets::action_button(ui, cx, Id::ExportSweep);
    if cx.state.dissolve.is_exporting {
        ui.horizontal(|ui| {
            ui.spinner();
            widgets::weak(ui, "being written…");
        });
    }
    let chosen = &cx.state.dissolve.export_folder;
    let mut text = chosen.display().to_string();
    ui.horizontal(|ui| {
        widgets::weak(ui, "Folder");
        let hint = cx.state.workspace_dir.join(files::EXPORTS).display().to_string();
        // The button, the gap before it, and the margin of the field.
        let width = ui.available_width() - 28.0 - 2.0 * theme::GAP;
        let field = path_field::show(ui, cx, "Folder to save in", &mut text, &hint, vec2(width, 24.0));
        if field.changed() {
            cx.send(DissolveCommand::ExportFolder(text.into()));
        }
        let choose = ui.add(Button::new(icons::FOLDER_OPEN).min_size(vec2(28.0, 24.0))).on_hover_text("Choose the folder");
        choose.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Choose the folder to save in"));
        if choose.clicked() {
            cx.send(AppCommand::Pick(Pick::ExportFolder));
        }
    });
}

fn difference(ui: &mut Ui, cx: &mut PanelContext<'_>) {
    widgets::caption(ui, "WHAT DISSOLVING CHANGED");
    let d = &cx.state.dissolve;
    let kinds = [(Difference::Signed, "Signed"), (Difference::Absolute, "Absolute")];
    if let Some(kind) = widgets::choices(ui, d.difference, &kinds) {
        cx.send(DissolveCommand::Difference(kind));
    }
    if d.answers.done_of(cx.state.selected).is_some_and(|done| done.resized.is_some()) {
        let kinds = [(ChangeFrom::Resized, "Beyond resizing"), (ChangeFrom::Original, "All change")];
        if let Some(kind) = widgets::choices(ui, d.change_from, &kinds) {
            cx.send(DissolveCommand::ChangeFrom(kind));
        }
        let text = match d.change_from {
            ChangeFrom::Resized => "Against the original brought through the same resizing: what is left, the method did.",
            ChangeFrom::Original => "Against the original itself: much of it may be resizing, which blurs.",
        };
        widgets::weak(ui, text);
    }
    ui.horizontal(|ui| {
        let label = ui.label("Gain");
        let mut gain = d.gain_of(cx.state.selected);
        let field = ui.add(DragValue::new(&mut gain).range(0.5..=64.0).speed(0.1).prefix("×")).labelled_by(label.id);
        if field.on_hover_text("The difference is multiplied by this").changed() {
            cx.send(DissolveCommand::Gain(Some(gain)));
        }
        let auto = ui.selectable_label(d.gain.is_none(), "Auto").on_hover_text("A gain that suits the image in view");
        if auto.clicked() {
            cx.send(DissolveCommand::Gain(if d.gain.is_none() { Some(gain) } else { None }));
        }
    });
    legend(ui, d.difference, d.gain_of(cx.state.selected));
    widgets::weak(ui, "A change is not a lesion: it shows what this model takes for detail.");
}

/// The colours with the change they stand for.
fn legend(ui: &mut Ui, kind: Difference, gain: f32) {
    const STEPS: usize = 64;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 10.0), Sense::hover());
    let width = rect.width() / STEPS as f32;
    for i in 0..STEPS {
        let share = (i as f32 + 0.5) / STEPS as f32;
        let value = if kind == Difference::Signed { 2.0 * share - 1.0 } else { share };
        let [r, g, b] = kind.colour(value);
        let place = Rect::from_min_size(pos2(rect.left() + i as f32 * width, rect.top()), vec2(width + 0.5, rect.height()));
        ui.painter().rect_filled(place, 0.0, theme::pixel(r, g, b));
    }
    let end = 1.0 / gain;
    ui.horizontal(|ui| {
        let left = if kind == Difference::Signed { format!("−{end:.3} darker") } else { "0".into() };
        widgets::weak(ui, left);
        ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
            let word = if kind == Difference::Signed { " brighter" } else { "" };
            widgets::weak(ui, format!("{end:.3}{word}"));
        });
    });
}
