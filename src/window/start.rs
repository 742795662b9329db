//! Opens the window, or says in one sentence why it cannot.

use super::{effects, remembered::Remembered, studio::Studio};
use crate::{
    app::{AppCommand, DataCommand},
    error::{Error, NextStep, Result},
};
use eframe::egui::{IconData, ViewportBuilder};
use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::PathBuf,
    time::Instant,
};

/// Names the window, and the folder of what is remembered.
const APP: &str = "dissolve-studio";

/// Shows the window, with `path`, the data set of the last time or the demo opened, until the person closes it. `frame_stats`: where to write how long
/// its frames took.
///
/// # Errors
/// No display, no graphics adapter, a missing library: with the name of the package that helps.
pub fn run(path: Option<PathBuf>, frame_stats: Option<PathBuf>) -> Result<()> {
    let started = Instant::now();
    check_display()?;
    let workspace = effects::workspace()?;
    let first = path.map_or(AppCommand::OpenLast.into(), |p| DataCommand::Open(std::path::absolute(&p).unwrap_or(p)).into());
    let mut remembered = eframe::storage_dir(APP).and_then(|folder| Remembered::open(&folder));
    let trouble = remembered.as_mut().and_then(|remembered| remembered.trouble.take());
    let is_first = remembered.as_ref().is_none_or(Remembered::is_first);
    let options = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title("Dissolve Studio")
            .with_app_id(APP)
            .with_icon(icon())
            // With its title it fits a screen of 1280x800.
            .with_inner_size([1280.0, 752.0])
            // A screen of 1280x800 at 300 %.
            .with_min_inner_size([420.0, 260.0])
            .with_drag_and_drop(true),
        persist_window: true,
        persistence_path: remembered.as_ref().map(|remembered| remembered.file.clone()),
        ..Default::default()
    };
    let create = move |cc: &eframe::CreationContext<'_>| {
        let studio = Studio::new(cc, workspace, Some(first))?.with_trouble(trouble);
        let studio = if is_first { studio } else { studio.beside_another() };
        let studio = match frame_stats {
            Some(file) => studio.measured(file, started),
            None => studio,
        };
        Ok(Box::new(studio) as Box<dyn eframe::App>)
    };
    let window = || eframe::run_native(APP, options, Box::new(create));
    // The windowing library panics where a library of the system is missing, and only then is that panic taken for it.
    match catch_unwind(AssertUnwindSafe(window)) {
        Ok(outcome) => outcome.map_err(|e| no_window(&e.to_string())),
        Err(payload) => match payload.downcast_ref::<String>().map(|text| (text, package(text))) {
            Some((text, Some(_))) => Err(no_window(text)),
            _ => resume_unwind(payload),
        },
    }
}

/// The program's own, in the place of the windowing library's.
fn icon() -> IconData {
    eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon/icon.png")).unwrap_or_default()
}

/// Whether there is a display, without which the windowing library ends the program.
///
/// # Errors
/// Where there is no display to show a window on.
#[cfg(target_os = "linux")]
pub fn check_display() -> Result<()> {
    let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    if ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"].into_iter().any(set) {
        return Ok(());
    }
    Err(Error::user("there is no display (DISPLAY and WAYLAND_DISPLAY are not set)", NextStep::DesktopOrVerb))
}

#[cfg(not(target_os = "linux"))]
pub fn check_display() -> Result<()> {
    Ok(())
}

/// The Debian package whose absence a message of the windowing or graphics library is about.
fn package(text: &str) -> Option<&'static str> {
    const PACKAGES: [(&str, &str); 8] = [
        ("xkbcommon-x11", "libxkbcommon-x11-0"),
        ("xkbcommon", "libxkbcommon0 libxkbcommon-x11-0"),
        ("Xcursor", "libxcursor1"),
        ("libXi", "libxi6"),
        ("X11-xcb", "libx11-xcb1"),
        ("adapter", "mesa-vulkan-drivers"),
        ("wgpu", "mesa-vulkan-drivers"),
        ("surface", "mesa-vulkan-drivers"),
    ];
    PACKAGES.iter().find(|(word, _)| text.contains(word)).map(|(_, package)| *package)
}

fn no_window(reason: &str) -> Error {
    let reason = reason.lines().next().unwrap_or_default();
    // Places in the source of a library say nothing to people.
    let reason = &reason.split(": ").filter(|part| !part.contains(".rs:")).collect::<Vec<_>>().join(": ");
    let hint = match package(reason) {
        Some(package) => format!("install what is missing, on Debian with: apt-get install {package}").into(),
        None => NextStep::DesktopOrVerb,
    };
    Error::user(format!("the window could not be opened ({reason})"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_has_an_icon_of_its_own() {
        assert_eq!([icon().width, icon().height], [256; 2]);
    }

    #[test]
    fn the_package_that_helps_is_named() {
        for (reason, package) in [
            ("Library libxkbcommon-x11.so could not be loaded.", "libxkbcommon-x11-0"),
            ("WGPU error: No suitable wgpu adapter found", "mesa-vulkan-drivers"),
        ] {
            assert!(matches!(no_window(reason).hint(), Some(NextStep::Text(text)) if text.contains(package)), "{reason}");
        }
        assert_eq!(no_window("odd").hint(), Some(NextStep::DesktopOrVerb));
    }
}
