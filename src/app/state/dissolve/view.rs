//! How the pictures are laid out, and what of them is in view.

/// Images that have room beside each other.
pub const BESIDE: usize = 6;

/// Layouts of the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ComparisonLayout {
    /// Original, dissolved and difference.
    #[default]
    SideBySide,
    /// Original and dissolved in one frame, on both sides of a bar.
    Split,
    /// The dissolved image in a circle about the pointer, in the original.
    Loupe,
    /// One image at many t.
    Steps,
    /// Several images at one t.
    Images,
    /// All methods at matched strength.
    Methods,
    /// One image dissolved as a whole at several resolutions.
    Resolutions,
}

impl ComparisonLayout {
    /// With their names, as the switch lists them.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::SideBySide, "Side by side"),
        (Self::Split, "Split"),
        (Self::Loupe, "Loupe"),
        (Self::Steps, "Many t"),
        (Self::Images, "Images"),
        (Self::Methods, "Methods"),
        (Self::Resolutions, "Resolutions"),
    ];
}

/// What dissolved images beside each other show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PanelContent {
    /// As it was before.
    Original,
    /// As it is at its t.
    Dissolved,
    /// The difference of both, coloured.
    Change,
}

/// What a dissolved image is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeFrom {
    /// The original brought through the same resizing: what is left is the model's doing.
    Resized,
    /// The original itself.
    Original,
}

/// What of the pictures is in view, the same for all of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// 1 = the complete picture fits.
    pub zoom: f32,
    /// Middle of the view in picture coordinates, \[0, 1\] each.
    pub centre: [f32; 2],
    /// One pixel of the picture is one of the screen, whatever the zoom says.
    pub actual: bool,
}

impl Default for View {
    fn default() -> Self {
        Self { zoom: 1.0, centre: [0.5; 2], actual: false }
    }
}

impl View {
    /// The zooms there are.
    pub const ZOOM: std::ops::RangeInclusive<f32> = 0.02..=2048.0;

    /// Brought back to a zoom there is, with its middle in the picture.
    pub fn clamped(self) -> Self {
        let zoom = self.zoom.clamp(*Self::ZOOM.start(), *Self::ZOOM.end());
        Self { zoom, centre: self.centre.map(|c| c.clamp(0.0, 1.0)), ..self }
    }
}
