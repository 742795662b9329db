//! A small chart as SVG: axes with round ticks, labels with units, lines, bands, bars and markers.
//!
//! Colours are classes, so that one chart fits a light and a dark page; [`Chart::standalone`] brings its own style along.

use super::scale::{Axis, Scale};
use maud::{Markup, PreEscaped, html};
use std::fmt::Write;

/// What a colour means; the shape of a marker says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Blue, circle.
    Normal,
    /// Orange, triangle.
    Abnormal,
    /// Teal: the model, or whatever the chart is about.
    Accent,
    /// Grey: references.
    Quiet,
}

impl Ink {
    fn class(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Abnormal => "abnormal",
            Self::Accent => "accent",
            Self::Quiet => "quiet",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Points `[x, y]`.
    Line(Vec<[f64; 2]>),
    Dashed(Vec<[f64; 2]>),
    /// Points `[x, low, high]`.
    Band(Vec<[f64; 3]>),
    /// `[from, to, height]`, standing on the axis.
    Bars(Vec<[f64; 3]>),
    /// One marker: a circle, or a triangle for [`Ink::Abnormal`].
    Point([f64; 2]),
    /// A line across the plot at this x.
    Vertical(f64),
}

/// One thing that is drawn; with a name it appears in the legend.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub name: Option<String>,
    pub ink: Ink,
    pub shape: Shape,
}

impl Mark {
    pub fn new(ink: Ink, shape: Shape) -> Self {
        Self { name: None, ink, shape }
    }

    pub fn named(ink: Ink, shape: Shape, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ink, shape }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    /// Drawn in this order.
    pub marks: Vec<Mark>,
    /// Width and height of the area that data are drawn in, px.
    pub size: [f64; 2],
}

const LEFT: f64 = 60.0;
const RIGHT: f64 = 12.0;
const BELOW: f64 = 44.0;
const LEGEND_ROW: f64 = 18.0;
/// Mean width of a letter at the charts' 12 px.
const LETTER: f64 = 6.3;

impl Chart {
    /// For a page that has [`STYLE`](super::chart::STYLE).
    pub fn svg(&self) -> String {
        self.render(false).into_string()
    }

    /// A whole file.
    pub fn standalone(&self) -> String {
        self.render(true).into_string()
    }

    fn render(&self, styled: bool) -> Markup {
        let legend = self.legend();
        let rows = legend.last().map_or(0.0, |last| last.1 + 1.0);
        let top = 26.0 + rows * LEGEND_ROW + 8.0;
        let [right, bottom] = [LEFT + self.size[0], top + self.size[1]];
        let (middle, view) = (LEFT + self.size[0] / 2.0, format!("0 0 {} {}", right + RIGHT, bottom + BELOW));
        let x = Scale::new(&self.x, self.extent(true), [LEFT, right]);
        let y = Scale::new(&self.y, self.extent(false), [bottom, top]);
        html! {
            svg.chart xmlns="http://www.w3.org/2000/svg" viewBox=(view) role="img" aria-label=(self.title) {
                @if styled { style { (PreEscaped(STYLE)) } }
                text.title x="0" y="14" { (self.title) }
                @for (mark, row, from) in &legend { (legend_entry(mark, 34.0 + row * LEGEND_ROW, *from)) }
                @for (value, label) in y.ticks() {
                    line.grid x1=(LEFT) x2=(right) y1=(px(y.at(value))) y2=(px(y.at(value))) {}
                    text.tick x=(LEFT - 8.0) y=(px(y.at(value) + 4.0)) text-anchor="end" { (label) }
                }
                @for (value, label) in x.ticks() {
                    line.axis x1=(px(x.at(value))) x2=(px(x.at(value))) y1=(bottom) y2=(bottom + 4.0) {}
                    text.tick x=(px(x.at(value))) y=(bottom + 17.0) text-anchor="middle" { (label) }
                }
                line.axis x1=(LEFT) x2=(right) y1=(bottom) y2=(bottom) {}
                @for mark in &self.marks { (draw(mark, &x, &y)) }
                text.label x=(middle) y=(bottom + 36.0) text-anchor="middle" { (self.x.label) }
                text.label transform=(format!("translate(12 {}) rotate(-90)", px((top + bottom) / 2.0))) text-anchor="middle" { (self.y.label) }
                @if self.extent(true).is_none() {
                    text.label x=(middle) y=(px((top + bottom) / 2.0)) text-anchor="middle" { "nothing to show yet" }
                }
            }
        }
    }

    /// Least and largest value of the data along an axis.
    fn extent(&self, along_x: bool) -> Option<[f64; 2]> {
        let mut extent: Option<[f64; 2]> = None;
        let mut see = |x: f64, y: f64| {
            let value = if along_x { x } else { y };
            if x.is_finite() && y.is_finite() {
                extent = Some(extent.map_or([value; 2], |[low, high]| [low.min(value), high.max(value)]));
            }
        };
        for mark in &self.marks {
            match &mark.shape {
                Shape::Line(points) | Shape::Dashed(points) => points.iter().for_each(|p| see(p[0], p[1])),
                Shape::Band(points) => points.iter().flat_map(|p| [[p[0], p[1]], [p[0], p[2]]]).for_each(|p| see(p[0], p[1])),
                Shape::Bars(bars) => bars.iter().flat_map(|b| [[b[0], 0.0], [b[1], b[2]]]).for_each(|p| see(p[0], p[1])),
                Shape::Point([x, y]) => see(*x, *y),
                Shape::Vertical(x) if along_x => see(*x, 0.0),
                Shape::Vertical(_) => {}
            }
        }
        extent
    }

    /// Named marks with their row and where they start in it.
    fn legend(&self) -> Vec<(&Mark, f64, f64)> {
        let (mut row, mut from) = (0.0, 0.0);
        let mut entries = Vec::new();
        for mark in &self.marks {
            let Some(name) = &mark.name else { continue };
            let width = 38.0 + name.chars().count() as f64 * LETTER;
            if from > 0.0 && from + width > LEFT + self.size[0] + RIGHT {
                (row, from) = (row + 1.0, 0.0);
            }
            entries.push((mark, row, from));
            from += width;
        }
        entries
    }
}

fn legend_entry(mark: &Mark, y: f64, from: f64) -> Markup {
    let class = mark.ink.class();
    html! {
        g class=(class) {
            @match mark.shape {
                Shape::Line(_) => { line.line x1=(from) x2=(from + 18.0) y1=(y) y2=(y) {} }
                Shape::Dashed(_) | Shape::Vertical(_) => { line.line.dashed x1=(from) x2=(from + 18.0) y1=(y) y2=(y) {} }
                Shape::Band(_) => { rect.band x=(from) y=(y - 5.0) width="18" height="10" {} }
                Shape::Bars(_) | Shape::Point(_) => { (marker(mark.ink, from + 9.0, y)) }
            }
        }
        text.label x=(from + 24.0) y=(y + 4.0) { (mark.name.as_deref().unwrap_or_default()) }
    }
}

fn draw(mark: &Mark, x: &Scale, y: &Scale) -> Markup {
    let line = |points: &[[f64; 2]]| path(points.iter().map(|p| [x.at(p[0]), y.at(p[1])]));
    html! {
        g class=(mark.ink.class()) {
            @match &mark.shape {
                Shape::Line(points) => { path.line d=(line(points)) {} }
                Shape::Dashed(points) => { path.line.dashed d=(line(points)) {} }
                Shape::Band(points) => {
                    @let there = points.iter().map(|p| [x.at(p[0]), y.at(p[2])]);
                    @let back = points.iter().rev().map(|p| [x.at(p[0]), y.at(p[1])]);
                    path.band d=(path(there.chain(back))) {}
                }
                Shape::Bars(bars) => {
                    @for bar in bars.iter().filter(|b| b[2] > 0.0) {
                        @let (left, right, upper) = (x.at(bar[0]), x.at(bar[1]), y.at(bar[2]));
                        rect.bar x=(px(left)) y=(px(upper)) width=(px((right - left).max(0.5))) height=(px((y.base() - upper).max(0.0))) {}
                    }
                }
                Shape::Point([at, height]) => { (marker(mark.ink, x.at(*at), y.at(*height))) }
                Shape::Vertical(at) => { line.line.dashed x1=(px(x.at(*at))) x2=(px(x.at(*at))) y1=(px(y.base())) y2=(px(y.top())) {} }
            }
        }
    }
}

/// A circle, or a triangle for what is abnormal.
fn marker(ink: Ink, x: f64, y: f64) -> Markup {
    match ink {
        Ink::Abnormal => {
            html! { path.marker d=(format!("M{} {}l6 10h-12z", px(x), px(y - 6.0))) {} }
        }
        _ => html! { circle.marker cx=(px(x)) cy=(px(y)) r="5" {} },
    }
}

/// A tenth of a pixel is enough.
fn px(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Path through points in px. Points too close to see are left out, so that a curve of 100,000 points stays small.
fn path(points: impl Iterator<Item = [f64; 2]>) -> String {
    let mut d = String::new();
    let (mut kept, mut skipped) = (None::<[f64; 2]>, None);
    let mut put = |[x, y]: [f64; 2], first: bool| {
        let _ = write!(d, "{}{} {}", if first { 'M' } else { 'L' }, px(x), px(y));
    };
    for point in points.filter(|p| p.iter().all(|v| v.is_finite())) {
        match kept {
            Some(last) if (point[0] - last[0]).abs() < 0.4 && (point[1] - last[1]).abs() < 0.4 => skipped = Some(point),
            _ => {
                put(point, kept.is_none());
                (kept, skipped) = (Some(point), None);
            }
        }
    }
    if let Some(last) = skipped {
        put(last, false);
    }
    d
}

/// The look of the charts; a page may set the custom properties.
pub const STYLE: &str = include_str!("chart.css");

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(marks: Vec<Mark>) -> Chart {
        Chart { title: "A <title>".into(), x: Axis::new("t"), y: Axis::new("loss"), marks, size: [300.0, 200.0] }
    }

    #[test]
    fn a_chart_is_escaped_and_has_its_parts() {
        let mark = Mark::named(Ink::Abnormal, Shape::Point([1.0, 2.0]), "a & b");
        let svg = chart(vec![mark, Mark::new(Ink::Normal, Shape::Line(vec![[0.0, 1.0], [10.0, 3.0]]))]).svg();
        assert!(svg.contains("A &lt;title&gt;") && svg.contains("a &amp; b"));
        assert!(svg.contains("class=\"abnormal\"") && svg.contains("<path class=\"marker\" d=\"M"));
        assert!(!svg.contains("<style>") && !svg.contains("NaN"));
    }

    #[test]
    fn odd_data_draw_without_nonsense() {
        for points in
            [vec![], vec![[f64::NAN, 1.0]], vec![[1.0, 5.0]], vec![[0.0, f64::INFINITY], [1.0, 1.0]], vec![[2.0, 0.0]; 5]]
        {
            let svg = chart(vec![Mark::new(Ink::Accent, Shape::Line(points))]).standalone();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
        assert!(chart(vec![]).svg().contains("nothing to show yet"));
    }

    #[test]
    fn long_curves_stay_small() {
        let points = (0..100_000).map(|i| [f64::from(i), f64::from(i).sqrt()]).collect();
        assert!(chart(vec![Mark::new(Ink::Accent, Shape::Line(points))]).svg().len() < 40_000);
    }
}
