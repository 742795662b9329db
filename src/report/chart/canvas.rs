//! What a figure draws itself with: as SVG for pages and files, or as pixels for a PNG. Places in px, y downwards.

/// Thickness and filling of what is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A thin line behind the data.
    Grid,
    Axis,
    /// A line of data.
    Line,
    Dashed,
    /// A filled area behind a line.
    Band,
    Bar,
    Marker,
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    Title,
    Label,
    Tick,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// Receives the parts of a figure in the order they lie upon each other.
pub trait Canvas {
    /// An open line through these points.
    fn line(&mut self, role: Role, ink: Option<SeriesColor>, points: &[[f64; 2]]);
    /// A filled polygon.
    fn area(&mut self, role: Role, ink: SeriesColor, points: &[[f64; 2]]);
    /// A filled rectangle: left, top, width, height. `opacity` \[0, 1\] beside that of its role.
    fn rect(&mut self, role: Role, ink: SeriesColor, place: [f64; 4], opacity: f64);
    fn circle(&mut self, ink: SeriesColor, centre: [f64; 2], radius: f64);
    /// `at` is on the base line; `upright` texts read from below to above.
    fn text(&mut self, kind: Text, at: [f64; 2], anchor: Anchor, upright: bool, text: &str);
}

/// A figure that can be shown on a page or saved.
pub trait Figure {
    fn title(&self) -> &str;
    /// Width and height of the whole, px.
    fn size(&self) -> [f64; 2];
    fn draw(&self, pen: &mut dyn Canvas);
}

/// What a colour means; the shape of a marker says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeriesColor {
    /// Blue, circle.
    Normal,
    /// Orange, triangle.
    Abnormal,
    /// Teal: the model, or whatever the chart is about.
    Accent,
    /// Grey: references.
    Quiet,
}

impl SeriesColor {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Abnormal => "abnormal",
            Self::Accent => "accent",
            Self::Quiet => "quiet",
        }
    }
}
