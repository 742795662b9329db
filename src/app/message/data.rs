use crate::{
    app::state::{DataPage, Filter, LargeImage, Mark, OwnTag},
    config::{DataConfig, LabelColumns, PreprocessConfig, Reading, ValueWindow},
    data::{ImageId, Label},
    engine::thumbnail_cache::Thumb,
};
use std::path::PathBuf;

/// What a person says of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curate {
    LeaveOut(bool),
    /// `None`: as their classes say.
    Label(Option<Label>),
}

/// Commands of Data: opening a data set, choosing in it, preparing its images.
#[derive(Debug, Clone, PartialEq)]
pub enum DataCommand {
    Open(PathBuf),
    /// The data of a run, with its choice of normal classes.
    OpenConfig(DataConfig),
    /// Several files and folders as one data set.
    OpenSeveral(Vec<PathBuf>),
    /// Opens again what could not be opened.
    TryAgain,
    /// Takes away why the last data set could not be opened.
    DismissFailure,
    /// Opens the same path again with these class names as the normal ones; with none, it is asked again.
    SetNormal(Vec<String>),
    /// Opens the choice of the normal classes once more, or closes it.
    ChooseNormal(bool),
    /// Opens the same path again, understood in another way.
    Reading(Reading),
    /// The folders at this level (see [`DataConfig::level`]) name the classes.
    Level(i64),
    /// Opens the same path again, with its DICOM pictures seen in another window.
    Window(ValueWindow),
    /// Takes a path off the list of recent ones.
    ForgetRecent(PathBuf),
    Page(DataPage),
    /// How the large view, which comes up where it is not there, shows its image.
    Large(LargeImage),
    FindDuplicates,
    /// Shows the columns of a table, to choose from; `None` closes that.
    ChooseColumns(Option<PathBuf>),
    /// Opens the data set again, with the labels that the files in a folder give its images one by one.
    LabelBy(PathBuf),
    Columns(LabelColumns),
    /// Opens the data set again with the table and columns that were chosen.
    UseTable,
    Preprocess(PreprocessConfig),
    Filter(Filter),
    Select(ImageId),
    /// Selects several images.
    Mark(Mark<ImageId>),
    /// Says something of these images.
    Curate(Vec<ImageId>, Curate),
    /// Puts a tag of the person's own on these images, or takes it off.
    Tag {
        images: Vec<ImageId>,
        tag: String,
        on: bool,
    },
    /// The person's tags become these; images keep what they have.
    Tags(Vec<OwnTag>),
    /// Writes what was said as a table.
    ExportCuration,
    /// Takes over what such a table says; one that was dropped on the window is opened where it is another kind of table.
    ImportCuration {
        path: PathBuf,
        dropped: bool,
    },
    /// These are in view and have no thumbnail yet.
    WantThumbnails(Vec<Thumb>),
}
