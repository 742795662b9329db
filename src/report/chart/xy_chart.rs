//! A small chart: axes with round ticks, labels with units, lines, bands, bars and markers.

use super::{
    canvas::{Anchor, Canvas, Figure, Role, SeriesColor, Text},
    scale::{Axis, AxisScale},
    svg,
};

#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Points `[x, y]`.
    Line(Vec<[f64; 2]>),
    Dashed(Vec<[f64; 2]>),
    /// Points `[x, low, high]`.
    Band(Vec<[f64; 3]>),
    /// `[from, to, height]`, standing on the axis.
    Bars(Vec<[f64; 3]>),
    /// One marker: a circle, or a triangle for [`SeriesColor::Abnormal`].
    Point([f64; 2]),
    /// A line across the plot at this x.
    Vertical(f64),
}

/// One thing that is drawn; with a name it appears in the legend.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub name: Option<String>,
    pub ink: SeriesColor,
    pub shape: Shape,
}

impl Series {
    pub fn new(ink: SeriesColor, shape: Shape) -> Self {
        Self { name: None, ink, shape }
    }

    pub fn named(ink: SeriesColor, shape: Shape, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ink, shape }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    /// Drawn in this order.
    pub series: Vec<Series>,
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
    /// For a page that has [`STYLE`](svg::STYLE).
    pub fn svg(&self) -> String {
        svg::embedded(self)
    }

    /// Where the plot begins, below title and legend, px.
    fn top(&self) -> f64 {
        34.0 + self.legend().last().map_or(0.0, |last| last.1 + 1.0) * LEGEND_ROW
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
        for series in &self.series {
            match &series.shape {
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

    /// Named series with their row and where they start in it.
    fn legend(&self) -> Vec<(&Series, f64, f64)> {
        let (mut row, mut from) = (0.0, 0.0);
        let mut entries = Vec::new();
        for series in &self.series {
            let Some(name) = &series.name else { continue };
            let width = 38.0 + name.chars().count() as f64 * LETTER;
            if from > 0.0 && from + width > LEFT + self.size[0] + RIGHT {
                (row, from) = (row + 1.0, 0.0);
            }
            entries.push((series, row, from));
            from += width;
        }
        entries
    }
}

impl Figure for Chart {
    fn title(&self) -> &str {
        &self.title
    }

    fn size(&self) -> [f64; 2] {
        [LEFT + self.size[0] + RIGHT, self.top() + self.size[1] + BELOW]
    }

    fn draw(&self, pen: &mut dyn Canvas) {
        let top = self.top();
        let [right, bottom] = [LEFT + self.size[0], top + self.size[1]];
        let centre = [(LEFT + right) / 2.0, (top + bottom) / 2.0];
        let x = AxisScale::new(&self.x, self.extent(true), [LEFT, right]);
        let y = AxisScale::new(&self.y, self.extent(false), [bottom, top]);
        pen.text(Text::Title, [0.0, 14.0], Anchor::Start, false, &self.title);
        for (series, row, from) in self.legend() {
            legend_entry(pen, series, 34.0 + row * LEGEND_ROW, from);
        }
        for (value, label) in y.ticks() {
            let at = y.at(value);
            pen.line(Role::Grid, None, &[[LEFT, at], [right, at]]);
            pen.text(Text::Tick, [LEFT - 8.0, at + 4.0], Anchor::End, false, &label);
        }
        for (value, label) in x.ticks() {
            let at = x.at(value);
            pen.line(Role::Axis, None, &[[at, bottom], [at, bottom + 4.0]]);
            pen.text(Text::Tick, [at, bottom + 17.0], Anchor::Middle, false, &label);
        }
        pen.line(Role::Axis, None, &[[LEFT, bottom], [right, bottom]]);
        for series in &self.series {
            draw(pen, series, &x, &y);
        }
        pen.text(Text::Label, [centre[0], bottom + 36.0], Anchor::Middle, false, &self.x.label);
        pen.text(Text::Label, [12.0, centre[1]], Anchor::Middle, true, &self.y.label);
        if self.extent(true).is_none() {
            pen.text(Text::Label, centre, Anchor::Middle, false, "nothing to show yet");
        }
    }
}

fn legend_entry(pen: &mut dyn Canvas, series: &Series, y: f64, from: f64) {
    let stroke = [[from, y], [from + 18.0, y]];
    match series.shape {
        Shape::Line(_) => pen.line(Role::Line, Some(series.ink), &stroke),
        Shape::Dashed(_) | Shape::Vertical(_) => pen.line(Role::Dashed, Some(series.ink), &stroke),
        Shape::Band(_) => pen.rect(Role::Band, series.ink, [from, y - 5.0, 18.0, 10.0], 1.0),
        Shape::Bars(_) | Shape::Point(_) => marker(pen, series.ink, [from + 9.0, y]),
    }
    pen.text(Text::Label, [from + 24.0, y + 4.0], Anchor::Start, false, series.name.as_deref().unwrap_or_default());
}

fn draw(pen: &mut dyn Canvas, series: &Series, x: &AxisScale, y: &AxisScale) {
    let ink = series.ink;
    let line = |points: &[[f64; 2]]| thinned(points.iter().map(|p| [x.at(p[0]), y.at(p[1])]));
    match &series.shape {
        Shape::Line(points) => pen.line(Role::Line, Some(ink), &line(points)),
        Shape::Dashed(points) => pen.line(Role::Dashed, Some(ink), &line(points)),
        Shape::Band(points) => {
            let there = points.iter().map(|p| [x.at(p[0]), y.at(p[2])]);
            let back = points.iter().rev().map(|p| [x.at(p[0]), y.at(p[1])]);
            pen.area(Role::Band, ink, &thinned(there.chain(back)));
        }
        Shape::Bars(bars) => {
            for bar in bars.iter().filter(|b| b[2] > 0.0) {
                let (left, right, upper) = (x.at(bar[0]), x.at(bar[1]), y.at(bar[2]));
                pen.rect(Role::Bar, ink, [left, upper, (right - left).max(0.5), (y.base() - upper).max(0.0)], 1.0);
            }
        }
        Shape::Point([at, height]) => marker(pen, ink, [x.at(*at), y.at(*height)]),
        Shape::Vertical(at) => pen.line(Role::Dashed, Some(ink), &[[x.at(*at), y.base()], [x.at(*at), y.top()]]),
    }
}

/// A circle, or a triangle for what is abnormal.
fn marker(pen: &mut dyn Canvas, ink: SeriesColor, [x, y]: [f64; 2]) {
    match ink {
        SeriesColor::Abnormal => pen.area(Role::Marker, ink, &[[x, y - 6.0], [x + 6.0, y + 4.0], [x - 6.0, y + 4.0]]),
        _ => pen.circle(ink, [x, y], 5.0),
    }
}

/// Points too close to see are left out, so that a curve of 100,000 points stays small.
fn thinned(points: impl Iterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
    let mut kept: Vec<[f64; 2]> = Vec::new();
    let mut skipped = None;
    for point in points.filter(|p| p.iter().all(|v| v.is_finite())) {
        match kept.last() {
            Some(last) if (point[0] - last[0]).abs() < 0.4 && (point[1] - last[1]).abs() < 0.4 => skipped = Some(point),
            _ => {
                kept.push(point);
                skipped = None;
            }
        }
    }
    kept.extend(skipped);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(series: Vec<Series>) -> Chart {
        Chart { title: "A <title>".into(), x: Axis::new("t"), y: Axis::new("loss"), series, size: [300.0, 200.0] }
    }

    #[test]
    fn a_chart_is_escaped_and_has_its_parts() {
        let series = Series::named(SeriesColor::Abnormal, Shape::Point([1.0, 2.0]), "a & b");
        let svg = chart(vec![series, Series::new(SeriesColor::Normal, Shape::Line(vec![[0.0, 1.0], [10.0, 3.0]]))]).svg();
        assert!(svg.contains("A &lt;title&gt;") && svg.contains("a &amp; b"));
        assert!(svg.contains("<path class=\"marker abnormal\" d=\"M"));
        assert!(!svg.contains("<style>") && !svg.contains("NaN"));
    }

    #[test]
    fn odd_data_draw_without_nonsense() {
        for points in
            [vec![], vec![[f64::NAN, 1.0]], vec![[1.0, 5.0]], vec![[0.0, f64::INFINITY], [1.0, 1.0]], vec![[2.0, 0.0]; 5]]
        {
            let svg = svg::standalone(&chart(vec![Series::new(SeriesColor::Accent, Shape::Line(points))]));
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
        assert!(chart(vec![]).svg().contains("nothing to show yet"));
    }

    #[test]
    fn long_curves_stay_small() {
        let points = (0..100_000).map(|i| [f64::from(i), f64::from(i).sqrt()]).collect();
        assert!(chart(vec![Series::new(SeriesColor::Accent, Shape::Line(points))]).svg().len() < 40_000);
    }
}
