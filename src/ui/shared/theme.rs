//! All colours, sizes and distances. Panels use these names, never raw colours.
#![cfg_attr(not(test), expect(clippy::disallowed_methods, reason = "the one file that makes colours"))]

use eframe::egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, RichText, Stroke, Style, TextStyle,
    Theme as Base, Ui, Visuals, vec2,
};
use std::sync::Arc;

/// Sizes of text.
pub const SMALL: f32 = 12.0;
pub const BODY: f32 = 14.0;
pub const TITLE: f32 = 20.0;

/// The grid: 4 px; 8 between things, 16 around them.
pub const STEP: f32 = 4.0;
pub const GAP: f32 = 8.0;
pub const PAGE: f32 = 16.0;
pub const RADIUS: u8 = 6;

/// Colours by what they mean. Text on `page`, `panel` and `raised` has a contrast of at least 4.5:1, and so has that of buttons under
/// the pointer (a test holds it).
#[derive(Debug, Clone, Copy)]
pub struct Tokens {
    pub page: Color32,
    pub panel: Color32,
    pub raised: Color32,
    /// A raised thing under the pointer.
    pub hover: Color32,
    /// The outline of what can be pressed.
    pub edge: Color32,
    pub line: Color32,
    pub text: Color32,
    /// Less important text.
    pub weak: Color32,
    pub accent: Color32,
    /// Text on `accent`.
    pub on_accent: Color32,
    pub normal: Color32,
    pub abnormal: Color32,
    pub unknown: Color32,
    pub error: Color32,
    pub warning: Color32,
}

/// Over all that lies behind a dialog. Dark enough that nothing there looks as if it could be pressed.
pub const BACKDROP: Color32 = Color32::from_black_alpha(160);

const fn grey(v: u8) -> Color32 {
    Color32::from_gray(v)
}

pub const DARK: Tokens = Tokens {
    page: grey(0x12),
    panel: grey(0x1B),
    raised: grey(0x26),
    hover: grey(0x33),
    edge: grey(0x4A),
    line: grey(0x35),
    text: grey(0xE6),
    weak: grey(0xA3),
    accent: Color32::from_rgb(0x2B, 0xB3, 0xA3),
    on_accent: grey(0x0C),
    normal: Color32::from_rgb(0x4C, 0x9B, 0xE8),
    abnormal: Color32::from_rgb(0xE8, 0x93, 0x4C),
    unknown: grey(0x9C),
    error: Color32::from_rgb(0xF2, 0x7B, 0x72),
    warning: Color32::from_rgb(0xE0, 0xB4, 0x4A),
};

pub const LIGHT: Tokens = Tokens {
    page: grey(0xFA),
    panel: grey(0xF1),
    raised: grey(0xE4),
    hover: grey(0xDC),
    edge: grey(0xB0),
    line: grey(0xD0),
    text: grey(0x1A),
    weak: grey(0x56),
    accent: Color32::from_rgb(0x0B, 0x6B, 0x60),
    on_accent: grey(0xFF),
    normal: Color32::from_rgb(0x1B, 0x5F, 0xA8),
    abnormal: Color32::from_rgb(0x9A, 0x4A, 0x0A),
    unknown: grey(0x5C),
    error: Color32::from_rgb(0xB0, 0x20, 0x1A),
    warning: Color32::from_rgb(0x7A, 0x55, 0x00),
};

/// Share of the accent in the ground of what is selected.
const SELECTED: f32 = 0.16;

/// The accent over pictures: they are as dark in the light theme.
pub const ON_PICTURE: Color32 = DARK.accent;

/// The handle of the slider over pictures, and its edge.
pub const HANDLE: Color32 = DARK.text;
pub const HANDLE_EDGE: Color32 = DARK.page;

/// What is left of a picture that is left out.
pub const LEFT_OUT: Color32 = Color32::from_rgba_premultiplied(0x50, 0x50, 0x50, 0x50);

/// The tokens of the theme in use.
pub fn of(ui: &Ui) -> &'static Tokens {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// The colour of a pixel: data, not decoration.
pub fn pixel(r: u8, g: u8, b: u8) -> Color32 {
    Color32::from_rgb(r, g, b)
}

/// A text in the heavier weight.
pub fn strong(text: impl Into<String>) -> RichText {
    RichText::new(text).family(strong_family())
}

pub fn strong_family() -> FontFamily {
    FontFamily::Name("strong".into())
}

/// Inter with tabular figures in two weights, then the icons, then egui's own for what they lack. Other scripts come from the
/// system's fonts (`system_fonts` of eframe), once there is such a letter.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let files: [(&str, &'static [u8]); 3] = [
        ("inter", include_bytes!("../../../assets/fonts/Inter-Regular.otf")),
        ("inter-semibold", include_bytes!("../../../assets/fonts/Inter-SemiBold.otf")),
        ("icons", include_bytes!("../../../assets/fonts/Phosphor.ttf")),
    ];
    for (name, bytes) in files {
        let mut data = FontData::from_static(bytes);
        if name == "icons" {
            // Icons stand on the baseline; a little lower they stand in the middle of the letters.
            data.tweak.y_offset_factor = 0.05;
            data.tweak.scale = 1.1;
        }
        fonts.font_data.insert(name.into(), Arc::new(data));
    }
    let rest = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let family = |first: &str| [first, "icons"].into_iter().map(String::from).chain(rest.iter().cloned()).collect();
    fonts.families.insert(FontFamily::Proportional, family("inter"));
    fonts.families.insert(strong_family(), family("inter-semibold"));
    fonts
}

/// Gives fonts and both themes to egui; called once.
pub fn install(ctx: &Context) {
    // The table of actions has these keys, and the scale is remembered with the rest.
    ctx.options_mut(|o| o.zoom_with_keyboard = false);
    ctx.set_fonts(fonts());
    for (base, tokens) in [(Base::Dark, &DARK), (Base::Light, &LIGHT)] {
        ctx.style_mut_of(base, |style| set(style, tokens));
    }
}

fn set(style: &mut Style, t: &Tokens) {
    let font = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, font(SMALL)),
        (TextStyle::Body, font(BODY)),
        (TextStyle::Button, font(BODY)),
        (TextStyle::Heading, font(TITLE)),
        (TextStyle::Monospace, FontId::new(SMALL, FontFamily::Monospace)),
    ]
    .into();
    style.animation_time = 0.0;
    style.spacing.item_spacing = vec2(GAP, GAP);
    style.spacing.button_padding = vec2(GAP, STEP);
    style.spacing.interact_size.y = 24.0;
    // A list of ten is seen to its end.
    style.spacing.combo_height = 344.0;
    style.spacing.window_margin = Margin::same(PAGE as i8);
    style.spacing.menu_margin = Margin::same(GAP as i8);
    style.spacing.tooltip_width = 360.0;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.3;
    let v: &mut Visuals = &mut style.visuals;
    v.panel_fill = t.panel;
    v.window_fill = t.raised;
    v.window_stroke = Stroke::new(1.0, t.line);
    v.window_corner_radius = CornerRadius::same(RADIUS);
    v.menu_corner_radius = CornerRadius::same(RADIUS);
    v.extreme_bg_color = t.page;
    v.text_edit_bg_color = Some(t.page);
    v.faint_bg_color = t.raised;
    v.code_bg_color = t.raised;
    v.weak_text_color = Some(t.weak);
    v.hyperlink_color = t.accent;
    v.error_fg_color = t.error;
    v.warn_fg_color = t.warning;
    v.selection.bg_fill = t.accent.gamma_multiply(SELECTED);
    // The text of what is selected, and the frame of the field that has the keyboard.
    v.selection.stroke = Stroke::new(1.5, t.text);
    v.disabled_alpha = 0.45;
    // A blinking cursor would draw the idle window again and again.
    v.text_cursor.blink = false;
    let w = &mut v.widgets;
    for (widget, fill, text) in [
        (&mut w.noninteractive, t.panel, t.text),
        (&mut w.inactive, t.raised, t.text),
        (&mut w.hovered, t.hover, t.text),
        (&mut w.active, t.hover, t.text),
        (&mut w.open, t.hover, t.text),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, t.line);
        widget.fg_stroke = Stroke::new(1.0, text);
        widget.corner_radius = CornerRadius::same(RADIUS);
        widget.expansion = 0.0;
    }
    // Boxes of ticks and rings of choices are open.
    w.inactive.bg_fill = t.page;
    w.inactive.bg_stroke = Stroke::new(1.0, t.edge);
    w.hovered.bg_stroke = Stroke::new(1.0, t.weak);
    // Also what has the keyboard's focus.
    w.active.bg_stroke = Stroke::new(2.0, t.accent);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2 contrast of two colours.
    fn contrast(a: Color32, b: Color32) -> f64 {
        let luminance = |c: Color32| {
            let part = |v: u8| {
                let v = f64::from(v) / 255.0;
                if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(c.r()) + 0.7152 * part(c.g()) + 0.0722 * part(c.b())
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_has_contrast_on_every_background() {
        for t in [DARK, LIGHT] {
            for text in [t.text, t.weak, t.accent] {
                assert!(contrast(text, t.hover) >= 4.5, "{text:?} under the pointer: {:.2}", contrast(text, t.hover));
            }
            for ground in [t.page, t.panel, t.raised] {
                for text in [t.text, t.weak, t.accent, t.normal, t.abnormal, t.unknown, t.error, t.warning] {
                    assert!(contrast(text, ground) >= 4.5, "{text:?} on {ground:?}: {:.2}", contrast(text, ground));
                }
            }
            for ground in [t.page, t.panel, t.raised] {
                let selected = ground.lerp_to_gamma(t.accent, SELECTED);
                for text in [t.text, t.weak] {
                    assert!(contrast(text, selected) >= 4.5, "{text:?} selected: {:.2}", contrast(text, selected));
                }
            }
            assert!(contrast(t.on_accent, t.accent) >= 4.5);
        }
    }

    #[test]
    fn greys_have_no_tint() {
        for t in [DARK, LIGHT] {
            for c in [t.page, t.panel, t.raised, t.hover, t.line, t.text, t.weak] {
                assert!(c.r() == c.g() && c.g() == c.b());
            }
        }
    }
}
