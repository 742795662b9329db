use crate::{
    app::state::{ChangeFrom, ComparisonLayout, PanelContent, Track, View},
    config::{DissolveMethod, Tiling},
    engine::{dissolve::request::InView, export::sweep::SweepExport, runs::list::ModelSource},
    gpu::Difference,
};
use std::path::PathBuf;

/// Commands of Dissolve: what is dissolved and how, how it is shown, sweeps of t.
#[derive(Debug, Clone, PartialEq)]
pub enum DissolveCommand {
    SetT(usize),
    Method(DissolveMethod),
    Model(ModelSource),
    ImportModel(PathBuf),
    /// Whether large pictures are dissolved by tiles.
    Scale(Tiling),
    /// Resolution at which whole pictures are dissolved, px; 0 = that of the model.
    Resolution(usize),
    Difference(Difference),
    /// Whether what resizing alone makes counts as a change.
    ChangeFrom(ChangeFrom),
    Gain(Option<f32>),
    View(View),
    /// What of the pictures has come into view: it is dissolved first.
    InView(InView),
    /// One pixel of the image is one of the screen.
    ActualSize,
    Layout(ComparisonLayout),
    /// What images beside each other show.
    Shown(PanelContent),
    Track(Track),
    /// Place of the split bar, \[0, 1\].
    Divider(f32),
    Blink,
    /// Puts the selected image beside others, or takes it away.
    Pin,
    Play,
    /// The next step of a sweep that plays.
    Sweep,
    Export(SweepExport),
    ExportFolder(PathBuf),
}
