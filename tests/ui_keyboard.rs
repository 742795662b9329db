//! Every control of every workspace by the keyboard alone: Tab walks to each button, field and box that may be used.

mod window;

use std::collections::BTreeMap;

use dissolve_studio::app::{Command, state::Workspace};
use eframe::egui::{Key, accesskit::Role};
use egui_kittest::kittest::NodeT;
use window::Window;

/// The controls that may be used, by what they say, and whether each has the focus.
fn controls(window: &Window) -> Vec<(String, bool)> {
    let kinds = [Role::Button, Role::CheckBox, Role::RadioButton, Role::ComboBox, Role::TextInput, Role::SpinButton, Role::Link];
    let nodes = window.harness.root().children_recursive();
    let of_use = nodes.filter(|n| kinds.contains(&n.accesskit_node().role()) && !n.accesskit_node().is_disabled());
    let says = |n: &egui_kittest::Node<'_>| {
        let node = n.accesskit_node();
        format!("{:?} {}", node.role(), node.label().or_else(|| node.value()).unwrap_or_default())
    };
    of_use.map(|n| (says(&n), n.is_focused())).collect()
}

#[test]
fn tab_reaches_every_control() {
    let mut window = Window::new();
    window.send(Command::OpenDemo);
    window.until("the scores are there", |s| s.state().results.ready().is_some() && s.state().open().is_some());
    for workspace in [Workspace::Data, Workspace::Dissolve, Workspace::Train, Workspace::Results] {
        window.send(Command::Go(workspace));
        let mut wanted: BTreeMap<String, bool> = controls(&window).into_iter().map(|(name, _)| (name, false)).collect();
        assert!(wanted.len() > 12, "{workspace:?}: {wanted:?}");
        for _ in 0..300 {
            window.harness.key_press(Key::Tab);
            window.steps();
            for (name, _) in controls(&window).into_iter().filter(|(_, focused)| *focused) {
                wanted.insert(name, true);
            }
        }
        // A button may have gone by now: what it asked for was found.
        let there: Vec<String> = controls(&window).into_iter().map(|(name, _)| name).collect();
        let missed: Vec<_> = wanted.iter().filter(|(name, reached)| !**reached && there.contains(name)).collect();
        assert!(missed.is_empty(), "{workspace:?}: Tab does not reach {missed:?}");
    }
}
