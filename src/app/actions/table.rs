//! All actions: what each is called, its key, when it may be done, and what it sends.

use super::{commands::*, permissions::*};
use crate::{
    app::{
        AppCommand, Command, DataCommand, DissolveCommand, ResultsCommand, RunsCommand, State, TrainCommand, icons,
        state::{Overlay, Side, Workspace},
    },
    config::ThresholdRule,
    data::Label,
    engine::{
        export::{results::Export, sweep::SweepExport},
        runs::actions::RunAction,
    },
    jobs::events::Pick,
    run_dir::RunKind,
    scores::Tag,
};
use eframe::egui::{Key, KeyboardShortcut, Modifiers};

/// What a person can do: a line of the palette, a key, a button.
pub struct Action {
    pub id: Id,
    pub name: &'static str,
    pub icon: &'static str,
    /// What it is about: the heading over it on the page of keys.
    pub area: &'static str,
    pub key: Option<KeyboardShortcut>,
    /// Where its key is its own, be it another action's elsewhere; `None`: everywhere.
    pub only: Option<Workspace>,
    /// Why it cannot be done now, as a sentence for the tooltip.
    pub allowed: fn(&State) -> Result<(), &'static str>,
    pub command: fn(&State) -> Command,
}

pub(super) const fn plain(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::NONE, key))
}

const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

const fn alt(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::ALT, key))
}

const fn shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::SHIFT, key))
}

const fn ctrl_shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key))
}

/// What an entry of the table need not say; each says its name and its command.
const PLAIN: Action = Action {
    id: Id::Escape,
    name: "",
    icon: "",
    area: "",
    key: None,
    only: None,
    allowed: |_| Ok(()),
    command: |_| AppCommand::Escape.into(),
};

const NORMALS: ThresholdRule = ThresholdRule::DEFAULT;
const SENSITIVITY: ThresholdRule = ThresholdRule::Sensitivity(0.9);
const SPECIFICITY: ThresholdRule = ThresholdRule::Specificity(0.9);

macro_rules! actions {
    ($([$area:literal] $($id:ident { $($field:ident: $value:expr),* $(,)? })*)*) => {
        /// Names of the actions.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Id { $($($id),*),* }

        /// In the order of the palette.
        pub const ACTIONS: &[Action] = &[$($({
            let mut action = PLAIN;
            action.id = Id::$id;
            action.area = $area;
            $(action.$field = $value;)*
            action
        }),*),*];
    };
}

// One entry is one action, under what it is about: its name here, whether it may be done in `permissions`, and what it sends,
// where that depends on the state, in `commands`.
actions! {
    ["Pages and files"]
    GoData {
        name: "Data",
        key: plain(Key::Num1),
        command: |_| AppCommand::Go(Workspace::Data).into(),
    }
    GoDissolve {
        name: "Dissolve",
        key: plain(Key::Num2),
        command: |_| AppCommand::Go(Workspace::Dissolve).into(),
    }
    GoTrain {
        name: "Train",
        key: plain(Key::Num3),
        command: |_| AppCommand::Go(Workspace::Train).into(),
    }
    GoResults {
        name: "Results",
        key: plain(Key::Num4),
        command: |_| AppCommand::Go(Workspace::Results).into(),
    }
    OpenFolder {
        name: "Open folder…",
        icon: icons::FOLDER_OPEN,
        key: ctrl(Key::O),
        command: |_| AppCommand::Pick(Pick::DataFolder).into(),
    }
    OpenFile {
        name: "Open file…",
        icon: icons::FILE,
        command: |_| AppCommand::Pick(Pick::DataFile).into(),
    }
    OpenDemo {
        name: "Open the synthetic demo",
        icon: icons::DROP_HALF,
        command: |_| AppCommand::OpenDemo.into(),
    }
    UseDemoModel {
        name: "Dissolve with the demo's model",
        icon: icons::DROP_HALF,
        command: |_| AppCommand::UseDemoModel.into(),
    }
    ImportModel {
        name: "Import model…",
        icon: icons::DOWNLOAD,
        command: |_| AppCommand::Pick(Pick::Model).into(),
    }
    ["Images"]
    Next {
        name: "Next image",
        icon: icons::ARROW_RIGHT,
        key: plain(Key::ArrowRight),
        allowed: has_images,
        command: |_| AppCommand::Walk(1).into(),
    }
    Previous {
        name: "Previous image",
        icon: icons::ARROW_LEFT,
        key: plain(Key::ArrowLeft),
        allowed: has_images,
        command: |_| AppCommand::Walk(-1).into(),
    }
    SelectNext {
        name: "Select the next image, too",
        icon: icons::ARROW_RIGHT,
        key: shift(Key::ArrowRight),
        allowed: has_images,
        command: |_| AppCommand::Extend(1).into(),
    }
    SelectPrevious {
        name: "Select the previous image, too",
        icon: icons::ARROW_LEFT,
        key: shift(Key::ArrowLeft),
        allowed: has_images,
        command: |_| AppCommand::Extend(-1).into(),
    }
    SelectAll {
        name: "Select all images shown",
        icon: icons::CHECK,
        key: ctrl(Key::A),
        allowed: may_select,
        command: mark_all,
    }
    LeaveOut {
        name: "Leave out, or take back",
        icon: icons::X,
        key: plain(Key::X),
        allowed: may_curate,
        command: leave_out,
    }
    LabelNormal {
        name: "Label: normal",
        key: shift(Key::N),
        allowed: may_curate,
        command: |s| label(s, Some(Label::Normal)),
    }
    LabelAbnormal {
        name: "Label: abnormal",
        key: shift(Key::A),
        allowed: may_curate,
        command: |s| label(s, Some(Label::Abnormal)),
    }
    Unlabel {
        name: "Take the label away",
        key: shift(Key::U),
        allowed: may_unlabel,
        command: |s| label(s, None),
    }
    ChooseNormal {
        name: "Choose the normal class…",
        icon: icons::LIST,
        allowed: may_choose_normal,
        command: |_| DataCommand::ChooseNormal(true).into(),
    }
    OwnTags {
        name: "Tags of your own…",
        icon: icons::LIST,
        key: ctrl(Key::G),
        command: |_| AppCommand::Toggle(Overlay::Tags).into(),
    }
    ImportCuration {
        name: "Import labels, left-out images and tags…",
        icon: icons::FILE,
        key: ctrl(Key::I),
        allowed: has_data_set,
        command: |_| AppCommand::Pick(Pick::Curation).into(),
    }
    ExportCuration {
        name: "Export labels, left-out images and own tags as CSV",
        icon: icons::DOWNLOAD,
        allowed: is_curated,
        command: |_| DataCommand::ExportCuration.into(),
    }
    ["Pictures"]
    Play {
        name: "Play the sweep of t",
        icon: icons::PLAY,
        key: plain(Key::Space),
        allowed: may_dissolve,
        command: |_| DissolveCommand::Play.into(),
    }
    Fit {
        name: "Fit pictures to the view",
        icon: icons::CORNERS_OUT,
        key: plain(Key::Z),
        allowed: has_images,
        command: |_| DissolveCommand::View(Default::default()).into(),
    }
    ActualSize {
        name: "Pixel for pixel (1:1)",
        icon: icons::FRAME_CORNERS,
        key: plain(Key::Num0),
        allowed: has_images,
        command: |_| DissolveCommand::ActualSize.into(),
    }
    ZoomIn {
        name: "Enlarge the pictures",
        icon: icons::PLUS,
        key: plain(Key::Plus),
        allowed: sees_pictures,
        command: |s| zoomed(s, 1.25),
    }
    ZoomOut {
        name: "Make the pictures smaller",
        icon: icons::MINUS,
        key: plain(Key::Minus),
        allowed: sees_pictures,
        command: |s| zoomed(s, 0.8),
    }
    PanLeft {
        name: "Move over the pictures: left",
        icon: icons::ARROW_LEFT,
        key: alt(Key::ArrowLeft),
        allowed: sees_pictures,
        command: |s| moved(s, [-1.0, 0.0]),
    }
    PanRight {
        name: "Move over the pictures: right",
        icon: icons::ARROW_RIGHT,
        key: alt(Key::ArrowRight),
        allowed: sees_pictures,
        command: |s| moved(s, [1.0, 0.0]),
    }
    PanUp {
        name: "Move over the pictures: up",
        icon: icons::ARROW_UP,
        key: alt(Key::ArrowUp),
        allowed: sees_pictures,
        command: |s| moved(s, [0.0, -1.0]),
    }
    PanDown {
        name: "Move over the pictures: down",
        icon: icons::ARROW_DOWN,
        key: alt(Key::ArrowDown),
        allowed: sees_pictures,
        command: |s| moved(s, [0.0, 1.0]),
    }
    NextLayout {
        name: "Next layout of the pictures",
        icon: icons::COLUMNS,
        key: plain(Key::V),
        allowed: may_dissolve,
        command: next_layout,
    }
    LargeDissolved {
        name: "Large view of Data: alone or dissolved",
        icon: icons::COLUMNS,
        key: plain(Key::V),
        only: Some(Workspace::Data),
        allowed: may_dissolve_large,
        command: large_dissolved,
    }
    Blink {
        name: "Blink: original and dissolved take turns",
        icon: icons::EYE,
        key: plain(Key::B),
        allowed: may_dissolve,
        command: |_| DissolveCommand::Blink.into(),
    }
    Compare {
        name: "Compare the selected images",
        icon: icons::COLUMNS,
        key: plain(Key::C),
        allowed: may_compare,
        command: |s| AppCommand::Compare(s.selection().images.clone()).into(),
    }
    Pin {
        name: "Put this image beside others, or take it away",
        icon: icons::PUSH_PIN,
        key: plain(Key::A),
        allowed: has_selection,
        command: |_| DissolveCommand::Pin.into(),
    }
    ExportStrip {
        name: "Save the strip of many t (PNG)",
        icon: icons::DOWNLOAD,
        allowed: may_export,
        command: |_| DissolveCommand::Export(SweepExport::ContactSheet).into(),
    }
    ExportSweep {
        name: "Save the sweep of t (GIF)",
        icon: icons::DOWNLOAD,
        allowed: may_export,
        command: |_| DissolveCommand::Export(SweepExport::Sweep).into(),
    }
    Track {
        name: "Slider of t: logarithmic or linear",
        icon: icons::GAUGE,
        allowed: may_track,
        command: other_track,
    }
    Difference {
        name: "Difference: signed or absolute",
        icon: icons::CIRCLE_HALF,
        allowed: may_dissolve,
        command: other_difference,
    }
    ["Images"]
    Duplicates {
        name: "Look for duplicates",
        icon: icons::COPY,
        allowed: may_examine,
        command: |_| DataCommand::FindDuplicates.into(),
    }
    LeaveOutDuplicates {
        name: "Leave out all duplicates but the first",
        icon: icons::COPY,
        allowed: has_duplicates,
        command: leave_out_duplicates,
    }
    ["Training"]
    TrainAll {
        name: "Train all",
        icon: icons::PLAY,
        key: ctrl(Key::T),
        allowed: may_train,
        command: |_| TrainCommand::Start(RunKind::Train).into(),
    }
    TrainDdpm {
        name: "Train the diffusion model alone",
        icon: icons::PLAY,
        allowed: may_train_ddpm,
        command: |_| TrainCommand::Start(RunKind::Ddpm).into(),
    }
    TrainDia {
        name: "Train DIA alone",
        icon: icons::PLAY,
        allowed: may_train_dia,
        command: |_| TrainCommand::Start(RunKind::Dia).into(),
    }
    ScoreOnly {
        name: "Score a run that is there",
        icon: icons::PLAY,
        allowed: may_score_run,
        command: score_again,
    }
    Resume {
        name: "Go on with the last run",
        icon: icons::PLAY,
        allowed: may_resume,
        command: resume,
    }
    Pause {
        name: "Pause or go on",
        icon: icons::PAUSE,
        key: ctrl(Key::P),
        allowed: has_job,
        command: pause,
    }
    Stop {
        name: "Stop (can be resumed)",
        icon: icons::STOP,
        allowed: has_job,
        command: |s| of_job(s, TrainCommand::Stop),
    }
    FinishEarly {
        name: "Finish this stage early and keep it",
        icon: icons::SKIP_FORWARD,
        allowed: may_finish_early,
        command: |s| of_job(s, TrainCommand::FinishEarly),
    }
    ["Pictures"]
    BigPicture {
        name: "Large view",
        icon: icons::MAGNIFYING_GLASS,
        key: plain(Key::Enter),
        allowed: has_selection,
        command: |_| AppCommand::Toggle(Overlay::Picture).into(),
    }
    ["Results"]
    LabelWrong {
        name: "Tag: label wrong",
        key: plain(Key::T),
        allowed: has_row,
        command: |_| ResultsCommand::Tag(Tag::LabelWrong).into(),
    }
    ImagePoor {
        name: "Tag: image poor",
        key: plain(Key::N),
        allowed: has_row,
        command: |_| ResultsCommand::Tag(Tag::ImagePoor).into(),
    }
    Interesting {
        name: "Tag: interesting",
        key: plain(Key::P),
        allowed: has_row,
        command: |_| ResultsCommand::Tag(Tag::Interesting).into(),
    }
    ScoreFolder {
        name: "Score a folder…",
        icon: icons::FOLDER_OPEN,
        allowed: may_score,
        command: |_| ResultsCommand::AskFolder(true).into(),
    }
    Plant {
        name: "Plant lesions",
        icon: icons::DROP_HALF,
        allowed: may_plant,
        command: |_| ResultsCommand::Plant.into(),
    }
    ExportSelected {
        name: "Export the selected images as CSV",
        icon: icons::DOWNLOAD,
        allowed: has_row,
        command: |_| ResultsCommand::Export(Export::Selected).into(),
    }
    ExportTags {
        name: "Export tags and notes as CSV",
        icon: icons::DOWNLOAD,
        allowed: has_tags,
        command: |_| ResultsCommand::Export(Export::Tags).into(),
    }
    Report {
        name: "Write report",
        icon: icons::FILE,
        allowed: has_run,
        command: |s| of_run(s, RunAction::Report),
    }
    ExportWeights {
        name: "Export the run’s weights",
        icon: icons::DOWNLOAD,
        allowed: has_weights,
        command: |s| of_run(s, RunAction::Export),
    }
    ExportOnnx {
        name: "Export the run’s model as ONNX",
        icon: icons::DOWNLOAD,
        allowed: has_encoder,
        command: |s| of_run(s, RunAction::ExportOnnx),
    }
    Map {
        name: "Map: what covering the picture changes",
        icon: icons::EYE,
        allowed: may_map,
        command: |_| ResultsCommand::Occlude(true).into(),
    }
    AnomalyMap {
        name: "Anomaly map: how unlike normal each place looks",
        icon: icons::EYE,
        key: plain(Key::M),
        allowed: may_lay_map,
        command: other_map_view,
    }
    GalleryMaps {
        name: "Gallery: images under their anomaly maps",
        icon: icons::EYE,
        allowed: may_show_maps,
        command: other_gallery,
    }
    Embedding {
        name: "Likeness: images in two dimensions, alike ones together",
        icon: icons::EYE,
        allowed: may_embed,
        command: |s| ResultsCommand::Embedding(!s.results.embedding.on).into(),
    }
    // A function pointer holds no values: each rule has its own pair of functions, which names it twice.
    RuleNormals {
        name: "Threshold: 95th percentile of the training normals",
        allowed: |s| may_rule(s, NORMALS),
        command: |_| ResultsCommand::Rule(NORMALS).into(),
    }
    RuleYouden {
        name: "Threshold: Youden",
        allowed: |s| may_rule(s, ThresholdRule::Youden),
        command: |_| ResultsCommand::Rule(ThresholdRule::Youden).into(),
    }
    RuleSensitivity {
        name: "Threshold: 90 % sensitivity",
        allowed: |s| may_rule(s, SENSITIVITY),
        command: |_| ResultsCommand::Rule(SENSITIVITY).into(),
    }
    RuleSpecificity {
        name: "Threshold: 90 % specificity",
        allowed: |s| may_rule(s, SPECIFICITY),
        command: |_| ResultsCommand::Rule(SPECIFICITY).into(),
    }
    ["Images"]
    LargeMask {
        name: "Large view of Data: the mask",
        icon: icons::EYE,
        key: plain(Key::M),
        only: Some(Workspace::Data),
        allowed: may_lay_mask,
        command: large_mask,
    }
    Unfiltered {
        name: "Take all filters away",
        icon: icons::X,
        allowed: has_filters,
        command: unfiltered,
    }
    NextView {
        name: "Show the next saved view",
        icon: icons::EYE,
        key: plain(Key::W),
        allowed: has_views,
        command: next_view,
    }
    ["Runs"]
    RefreshRuns {
        name: "List runs again",
        icon: icons::ARROWS_CLOCKWISE,
        key: plain(Key::F5),
        command: |_| RunsCommand::Refresh.into(),
    }
    Runs {
        name: "All runs",
        icon: icons::LIST,
        key: ctrl(Key::R),
        command: |_| AppCommand::Toggle(Overlay::Runs).into(),
    }
    ImportRun {
        name: "Import a checkpoint as a run…",
        icon: icons::DOWNLOAD,
        command: |_| AppCommand::Pick(Pick::ModelRun).into(),
    }
    ["Window"]
    Library {
        name: "Fold the left panel",
        icon: icons::SIDEBAR,
        key: plain(Key::OpenBracket),
        command: |_| AppCommand::Fold(Side::Library).into(),
    }
    Inspector {
        name: "Fold the right panel",
        icon: icons::SIDEBAR,
        key: plain(Key::CloseBracket),
        allowed: has_inspector,
        command: |_| AppCommand::Fold(Side::Inspector).into(),
    }
    Theme {
        name: "Dark, light or system colours",
        icon: icons::CIRCLE_HALF,
        key: ctrl(Key::D),
        command: next_theme,
    }
    Larger {
        name: "Larger",
        icon: icons::PLUS,
        key: ctrl(Key::Plus),
        command: |_| AppCommand::Scale(1).into(),
    }
    Smaller {
        name: "Smaller",
        icon: icons::MINUS,
        key: ctrl(Key::Minus),
        command: |_| AppCommand::Scale(-1).into(),
    }
    FullSize {
        name: "Scale 100 %",
        key: ctrl(Key::Num0),
        command: |_| AppCommand::Scale(0).into(),
    }
    LargerThumbnails {
        name: "Larger thumbnails",
        icon: icons::PLUS,
        key: alt(Key::Plus),
        command: |_| AppCommand::ThumbnailSize(1).into(),
    }
    SmallerThumbnails {
        name: "Smaller thumbnails",
        icon: icons::MINUS,
        key: alt(Key::Minus),
        command: |_| AppCommand::ThumbnailSize(-1).into(),
    }
    Undo {
        name: "Undo",
        icon: icons::UNDO,
        key: ctrl(Key::Z),
        allowed: can_undo,
        command: |_| AppCommand::Undo.into(),
    }
    Redo {
        name: "Redo",
        icon: icons::REDO,
        key: ctrl_shift(Key::Z),
        allowed: can_redo,
        command: |_| AppCommand::Redo.into(),
    }
    Log {
        name: "Show or hide the log",
        icon: icons::LIST,
        key: ctrl(Key::L),
        command: |_| AppCommand::Fold(Side::Log).into(),
    }
    About {
        name: "About Dissolve Studio",
        icon: icons::INFO,
        command: |_| AppCommand::Toggle(Overlay::About).into(),
    }
    Palette {
        name: "Find an action",
        key: ctrl(Key::K),
        command: |_| AppCommand::Toggle(Overlay::Palette).into(),
    }
    Keys {
        name: "Keys and help",
        icon: icons::QUESTION,
        key: plain(Key::Questionmark),
        command: |_| AppCommand::Toggle(Overlay::Keys).into(),
    }
    Escape {
        name: "One level out",
        key: plain(Key::Escape),
        command: |_| AppCommand::Escape.into(),
    }
    Quit {
        name: "Quit",
        icon: icons::SIGN_OUT,
        key: ctrl(Key::Q),
        command: |_| AppCommand::Close.into(),
    }
}
