//! Every control by the keyboard alone: Tab walks to each button, field and box that may be used, and brings it into view. Also on
//! a small screen at 300 %, where panels take turns and pages scroll.

use crate::harness::Window;
use dissolve_studio::app::{
    AppCommand,
    state::{Overlay, Room, Side, Workspace},
};
use eframe::egui::{Key, Pos2, Rect, accesskit::Role};
use egui_kittest::kittest::NodeT;
use std::collections::{BTreeMap, BTreeSet};

/// Presses of Tab that go round any page.
const ROUND: usize = 300;

/// A control, as somebody who cannot see it has it read out.
struct Control {
    /// What it is and says.
    name: String,
    /// It has a name: a value alone does not say of what.
    labelled: bool,
    focused: bool,
    place: Rect,
}

/// The controls that may be used.
fn controls(window: &Window) -> Vec<Control> {
    let kinds = [
        Role::Button,
        Role::CheckBox,
        Role::RadioButton,
        Role::ComboBox,
        Role::TextInput,
        Role::MultilineTextInput,
        Role::SpinButton,
        Role::Slider,
        Role::Link,
    ];
    let nodes = window.harness.root().children_recursive();
    let of_use = nodes.filter(|n| kinds.contains(&n.accesskit_node().role()) && !n.accesskit_node().is_disabled());
    let control = |n: egui_kittest::Node<'_>| {
        let node = n.accesskit_node();
        let label = node.label().filter(|label| !label.trim().is_empty());
        let labelled = label.is_some();
        let name = format!("{:?} {}", node.role(), label.or_else(|| node.value()).unwrap_or_default());
        Control { name, labelled, focused: n.is_focused(), place: n.rect() }
    };
    of_use.map(control).collect()
}

fn names(window: &Window) -> BTreeSet<String> {
    controls(window).into_iter().map(|control| control.name).collect()
}

fn with_the_demo(size: [f32; 2]) -> Window {
    let mut window = Window::on(tempfile::tempdir().unwrap(), size);
    window.send(AppCommand::OpenDemo);
    window.until("the scores are there", |s| s.state().results.ready().is_some() && s.state().open().is_some());
    window
}

/// Each control has a name; Tab reaches each of `wanted`, and what has the focus is in view.
fn walk(window: &mut Window, page: &str, wanted: BTreeSet<String>) {
    let screen = Rect::from_min_size(Pos2::ZERO, window.harness.ctx.content_rect().size()).expand(1.0);
    let unnamed: Vec<String> = controls(window).into_iter().filter(|c| !c.labelled).map(|c| c.name).collect();
    assert!(unnamed.is_empty(), "{page}: controls without a name: {unnamed:?}");
    let mut reached: BTreeMap<String, bool> = wanted.into_iter().map(|name| (name, false)).collect();
    for _ in 0..ROUND {
        window.harness.key_press(Key::Tab);
        window.steps();
        window.steps();
        for control in controls(window).into_iter().filter(|control| control.focused) {
            let Control { name, place, .. } = control;
            assert!(screen.contains(place.center()), "{page}: {name} has the focus and is not in view: {place}");
            reached.insert(name, true);
        }
    }
    // A button may have gone by now: what it asked for was found.
    let there = names(window);
    let missed: Vec<_> = reached.iter().filter(|(name, reached)| !**reached && there.contains(*name)).collect();
    assert!(missed.is_empty(), "{page}: Tab does not reach {missed:?}");
}

fn all_workspaces(size: [f32; 2]) -> Window {
    let mut window = with_the_demo(size);
    for workspace in Workspace::ALL {
        window.send(AppCommand::Go(workspace));
        window.steps();
        let wanted = names(&window);
        assert!(wanted.len() > 8, "{workspace:?}: {wanted:?}");
        walk(&mut window, workspace.name(), wanted);
    }
    window
}

#[test]
fn tab_reaches_every_control() {
    all_workspaces([1280.0, 800.0]);
}

#[test]
fn tab_reaches_every_control_of_dialogs() {
    let mut window = with_the_demo([1280.0, 800.0]);
    window.send(AppCommand::Go(Workspace::Results));
    // The large view would select one, and give the buttons below it something to do.
    window.send(AppCommand::Walk(1));
    window.steps();
    assert!(window.state().results.row.is_some());
    for (overlay, least) in [(Overlay::Runs, 4), (Overlay::Picture, 4), (Overlay::About, 2)] {
        let below = names(&window);
        window.send(AppCommand::Toggle(overlay));
        // Slider and map are offered once the model and the explanation are there.
        window.until("all that it has is in it", |s| {
            let state = s.state();
            let has_all = state.dissolve.missing().is_none() && state.results.explanation.picture.is_some();
            overlay != Overlay::Picture || has_all
        });
        window.steps();
        let wanted: BTreeSet<String> = names(&window).difference(&below).cloned().collect();
        assert!(wanted.len() >= least, "{overlay:?}: {wanted:?}");
        walk(&mut window, &format!("{overlay:?}"), wanted);
        window.send(AppCommand::Escape);
    }
}

/// 1280x800 pixels at 300 %.
#[test]
fn small_screen_at_300_percent_hides_nothing() {
    let mut window = all_workspaces([427.0, 267.0]);
    assert_eq!(window.state().room, Room::Small);
    for (workspace, side) in [
        (Workspace::Data, Side::Library),
        (Workspace::Data, Side::Inspector),
        (Workspace::Dissolve, Side::Inspector),
        (Workspace::Results, Side::Inspector),
    ] {
        window.send(AppCommand::Go(workspace));
        window.send(AppCommand::Fold(side));
        window.steps();
        assert!(window.state().unfolded(side));
        let wanted = names(&window);
        assert!(wanted.len() > 8, "{workspace:?}, {side:?}: {wanted:?}");
        walk(&mut window, &format!("{workspace:?}, {side:?}"), wanted);
        // One level out: the page is there again.
        window.send(AppCommand::Escape);
        assert!(!window.state().unfolded(side));
    }
}

/// 1920x1080 pixels at 300 %: one panel beside the page.
#[test]
fn large_screen_at_300_percent_shows_one_panel() {
    let mut window = all_workspaces([640.0, 360.0]);
    assert!(window.state().unfolded(Side::Inspector) && !window.state().unfolded(Side::Library));
    window.send(AppCommand::Fold(Side::Library));
    assert!(!window.state().unfolded(Side::Inspector) && window.state().unfolded(Side::Library));
}
