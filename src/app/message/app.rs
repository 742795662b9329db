use crate::{
    app::state::{Overlay, Room, SavedView, Side, ThemeChoice, Workspace},
    data::ImageId,
    engine::export::{curves::Graph, results::Format},
    jobs::events::Pick,
};
use std::path::PathBuf;

/// Commands to the window as a whole: navigation, panels, undo, files.
#[derive(Debug, Clone, PartialEq)]
pub enum AppCommand {
    Go(Workspace),
    Fold(Side),
    /// The window has become wider or narrower than panels need.
    Room(Room),
    Theme(ThemeChoice),
    /// Steps of the window's scale; 0 = 100 %.
    Scale(i32),
    /// Thumbnails by so many steps larger, or smaller.
    ThumbnailSize(i8),
    Undo,
    Redo,
    Toggle(Overlay),
    Escape,
    Notify(String),
    DismissNotification(usize),
    /// Shows these images beside each other, in Dissolve.
    Compare(Vec<ImageId>),
    /// Steps through the images, or through the gallery on its workspace.
    Walk(i64),
    /// Walks on by so many images, and selects what is walked over together, in the grid and in the gallery.
    Extend(i64),
    /// Keeps what is seen of the workspace in view under a name; a view of that name there is replaced.
    SaveView(String),
    ShowView(SavedView),
    ForgetView(SavedView),
    /// Completes a path that is being typed, in the field of this name.
    CompletePath {
        field: &'static str,
        typed: String,
    },
    Copy(String),
    ShowFolder(PathBuf),
    /// Opens the desktop's dialog for files or folders.
    Pick(Pick),
    /// Opens the data set that was open last, or the demo.
    OpenLast,
    /// Opens the demo in all workspaces.
    OpenDemo,
    /// Dissolves with the demo's model what is open.
    UseDemoModel,
    /// Saves a graph of Dissolve or Train, or the terms of an image.
    Graph(Graph, Format),
    Close,
}
