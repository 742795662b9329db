//! Figures as PNG, for slides and papers: the light colours, at three times the size in px.

use super::{
    canvas::{Anchor, Canvas, Figure, Role, SeriesColor, Text},
    text,
};
use crate::error::{Error, Result};
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use vello_cpu::{
    Pixmap, RenderContext, Resources,
    color::{AlphaColor, Srgb},
    kurbo::{Affine, BezPath, Circle, Rect, Shape, Stroke},
};

/// Pixels of the picture for one px of the figure.
const SCALE: f64 = 3.0;
/// White round the figure, px.
const MARGIN: f64 = 12.0;

/// The bytes of a PNG file.
///
/// # Errors
/// A figure too large for a picture.
pub fn png(figure: &impl Figure) -> Result<Vec<u8>> {
    let side = |v: f64| ((v + 2.0 * MARGIN) * SCALE).ceil().clamp(1.0, 16_000.0) as u16;
    let [width, height] = figure.size().map(side);
    let mut pen = PngCanvas { context: RenderContext::new(width, height), resources: Resources::new() };
    pen.context.set_paint(colour([255; 3], 1.0));
    pen.context.fill_rect(&Rect::new(0.0, 0.0, width.into(), height.into()));
    pen.context.set_transform(placed());
    figure.draw(&mut pen);
    let mut pixels = Pixmap::new(width, height);
    pen.context.flush();
    pen.context.render(&mut pixels, &mut pen.resources);
    // All is painted on white, so nothing is left to be divided by its opacity.
    let rgb: Vec<u8> = pixels.data().iter().flat_map(|p| [p.r, p.g, p.b]).collect();
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&rgb, width.into(), height.into(), ExtendedColorType::Rgb8)
        .map_err(|e| Error::user(format!("the picture could not be written: {e}"), "export it as SVG"))?;
    Ok(bytes)
}

fn placed() -> Affine {
    Affine::translate((MARGIN * SCALE, MARGIN * SCALE)) * Affine::scale(SCALE)
}

struct PngCanvas {
    context: RenderContext,
    resources: Resources,
}

fn colour([r, g, b]: [u8; 3], opacity: f64) -> AlphaColor<Srgb> {
    AlphaColor::from_rgba8(r, g, b, (opacity.clamp(0.0, 1.0) * 255.0).round() as u8)
}

/// The light colours of `chart.css`.
fn rgb(ink: SeriesColor) -> [u8; 3] {
    match ink {
        SeriesColor::Normal => [0x4c, 0x9b, 0xe8],
        SeriesColor::Abnormal => [0xe8, 0x93, 0x4c],
        SeriesColor::Accent => [0x14, 0x85, 0x7a],
        SeriesColor::Quiet => [0x7a, 0x7a, 0x7a],
    }
}

fn outline(points: &[[f64; 2]]) -> BezPath {
    let mut path = BezPath::new();
    for (i, &[x, y]) in points.iter().enumerate() {
        if i == 0 { path.move_to((x, y)) } else { path.line_to((x, y)) }
    }
    path
}

fn filling(role: Role) -> f64 {
    match role {
        Role::Band => 0.18,
        Role::Bar => 0.5,
        _ => 1.0,
    }
}

impl PngCanvas {
    fn paint(&mut self, ink: SeriesColor, opacity: f64) {
        self.context.set_paint(colour(rgb(ink), opacity));
    }
}

impl Canvas for PngCanvas {
    fn line(&mut self, role: Role, ink: Option<SeriesColor>, points: &[[f64; 2]]) {
        let stroke = match role {
            Role::Line => Stroke::new(2.0),
            Role::Dashed => Stroke::new(1.5).with_dashes(0.0, [5.0, 4.0]),
            _ => Stroke::new(1.0),
        };
        let plain = if role == Role::Grid { [0xde; 3] } else { [0x5e; 3] };
        self.context.set_paint(colour(ink.map_or(plain, rgb), 1.0));
        self.context.set_stroke(stroke);
        self.context.stroke_path(&outline(points));
    }

    fn area(&mut self, role: Role, ink: SeriesColor, points: &[[f64; 2]]) {
        let mut path = outline(points);
        if !points.is_empty() {
            path.close_path();
        }
        self.paint(ink, filling(role));
        self.context.fill_path(&path);
    }

    fn rect(&mut self, role: Role, ink: SeriesColor, [x, y, width, height]: [f64; 4], opacity: f64) {
        let rect = Rect::new(x, y, x + width, y + height);
        self.paint(ink, filling(role) * opacity);
        self.context.fill_rect(&rect);
        if role == Role::Bar {
            self.paint(ink, opacity);
            self.context.set_stroke(Stroke::new(1.0));
            self.context.stroke_rect(&rect);
        }
    }

    fn circle(&mut self, ink: SeriesColor, [x, y]: [f64; 2], radius: f64) {
        self.paint(ink, 1.0);
        self.context.fill_path(&Circle::new((x, y), radius).to_path(0.05));
    }

    fn text(&mut self, kind: Text, at: [f64; 2], anchor: Anchor, upright: bool, text: &str) {
        let (heavy, size, grey) = match kind {
            Text::Title => (true, 14.0, 0x1c),
            Text::Label => (false, 12.0, 0x1c),
            Text::Tick => (false, 12.0, 0x5e),
        };
        let line = text::line(heavy, size, text);
        let back = match anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -line.width / 2.0,
            Anchor::End => -line.width,
        };
        let turn = Affine::rotate(if upright { -std::f64::consts::FRAC_PI_2 } else { 0.0 });
        self.context.set_paint(colour([grey; 3], 1.0));
        self.context.set_transform(placed() * Affine::translate((at[0], at[1])) * turn * Affine::translate((back, 0.0)));
        self.context.fill_path(&line.path);
        self.context.set_transform(placed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::{
        scale::Axis,
        xy_chart::{Chart, Series, Shape as Drawn},
    };

    #[test]
    fn a_picture_has_white_ground_text_and_data() {
        let series = vec![Series::new(SeriesColor::Accent, Drawn::Line(vec![[0.0, 0.0], [1.0, 1.0]]))];
        let chart = Chart { title: "ROC".into(), x: Axis::unit("x"), y: Axis::unit("y"), series, size: [100.0, 80.0] };
        let picture = image::load_from_memory(&png(&chart).unwrap()).unwrap().to_rgb8();
        assert_eq!(picture.width(), ((100.0 + 72.0 + 2.0 * MARGIN) * SCALE) as u32);
        assert_eq!(picture.get_pixel(0, 0).0, [255; 3]);
        let has = |want: [u8; 3]| picture.pixels().any(|p| p.0.iter().zip(want).all(|(a, b)| a.abs_diff(b) < 12));
        assert!(has(rgb(SeriesColor::Accent)) && has([0x1c; 3]), "the line and the title are there");
    }
}
