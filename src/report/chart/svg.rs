//! Figures as SVG. Colours are classes, so that one figure fits a light and a dark page.

use super::canvas::{Anchor, Canvas, Figure, Role, SeriesColor, Text};
use maud::{Markup, PreEscaped, html};
use std::fmt::Write;

/// The look of the figures; a page may set the custom properties.
pub const STYLE: &str = include_str!("chart.css");

/// For a page that has [`STYLE`].
pub fn embedded(figure: &impl Figure) -> String {
    render(figure, false).into_string()
}

/// A whole file.
pub fn standalone(figure: &impl Figure) -> String {
    render(figure, true).into_string()
}

fn render(figure: &impl Figure, styled: bool) -> Markup {
    let [width, height] = figure.size();
    let mut pen = Svg(String::new());
    figure.draw(&mut pen);
    html! {
        svg.chart xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(figure.title()) {
            @if styled { style { (PreEscaped(STYLE)) } }
            (PreEscaped(pen.0))
        }
    }
}

struct Svg(String);

fn class(role: Role, ink: Option<SeriesColor>) -> String {
    let role = match role {
        Role::Grid => "grid",
        Role::Axis => "axis",
        Role::Line => "line",
        Role::Dashed => "line dashed",
        Role::Band => "band",
        Role::Bar => "bar",
        Role::Marker => "marker",
    };
    ink.map_or(role.to_string(), |ink| format!("{role} {}", ink.class()))
}

/// A tenth of a pixel is enough.
fn px(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn path(points: &[[f64; 2]]) -> String {
    let mut d = String::new();
    for (i, [x, y]) in points.iter().enumerate() {
        let _ = write!(d, "{}{} {}", if i == 0 { 'M' } else { 'L' }, px(*x), px(*y));
    }
    d
}

impl Svg {
    fn put(&mut self, markup: Markup) {
        self.0 += &markup.into_string();
    }
}

impl Canvas for Svg {
    fn line(&mut self, role: Role, ink: Option<SeriesColor>, points: &[[f64; 2]]) {
        self.put(html! { path class=(class(role, ink)) d=(path(points)) {} });
    }

    fn area(&mut self, role: Role, ink: SeriesColor, points: &[[f64; 2]]) {
        self.put(html! { path class=(class(role, Some(ink))) d=(format!("{}z", path(points))) {} });
    }

    fn rect(&mut self, role: Role, ink: SeriesColor, [x, y, width, height]: [f64; 4], opacity: f64) {
        let opacity = (opacity < 1.0).then(|| (opacity * 1e3).round() / 1e3);
        self.put(html! {
            rect class=(class(role, Some(ink))) x=(px(x)) y=(px(y)) width=(px(width)) height=(px(height)) opacity=[opacity] {}
        });
    }

    fn circle(&mut self, ink: SeriesColor, [x, y]: [f64; 2], radius: f64) {
        self.put(html! { circle class=(class(Role::Marker, Some(ink))) cx=(px(x)) cy=(px(y)) r=(radius) {} });
    }

    fn text(&mut self, kind: Text, [x, y]: [f64; 2], anchor: Anchor, upright: bool, text: &str) {
        let class = match kind {
            Text::Title => "title",
            Text::Label => "label",
            Text::Tick => "tick",
        };
        let anchor = match anchor {
            Anchor::Start => None,
            Anchor::Middle => Some("middle"),
            Anchor::End => Some("end"),
        };
        let (x, y) = (px(x), px(y));
        self.put(html! {
            @if upright {
                text class=(class) transform=(format!("translate({x} {y}) rotate(-90)")) text-anchor=[anchor] { (text) }
            } @else {
                text class=(class) x=(x) y=(y) text-anchor=[anchor] { (text) }
            }
        });
    }
}
