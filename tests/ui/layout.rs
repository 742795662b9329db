//! Where widgets lie in windows of many sizes: none over another, none outside its panel, and all of their words to be read.

use crate::{
    panels::{Panels, at, open},
    result_states::{results, score_set},
    states::{run, train_running},
};
use dissolve_studio::{
    app::{
        AppCommand, ResultsCommand, State,
        state::{Mark, Notification, Side, Tab, Workspace},
        update,
    },
    config::Tiling,
    engine::runs::list::RunEntry,
    jobs::{events::JobEvent, job::JobId},
    ml::{
        base::reporter::{Event, Stage, Step},
        training::cost::Speed,
    },
    run_dir::RunState,
    ui::shared::theme,
};
use eframe::egui::{Color32, FontId, Key, Modifiers, Rect, Theme, accesskit::Role, pos2, vec2};
use egui_kittest::kittest::{By, NodeT, Queryable};

/// Widths of the panels beside the page, points.
const LIBRARY: f32 = 224.0;
const INSPECTOR: f32 = 344.0;
/// Below the line of the workspaces.
const TOP: f32 = 48.0;

/// What is seen and used: its name, and where it lies.
fn widgets(panels: &Panels) -> Vec<(String, Rect)> {
    let kinds = [
        Role::Button,
        Role::CheckBox,
        Role::RadioButton,
        Role::ComboBox,
        Role::TextInput,
        Role::SpinButton,
        Role::Label,
        Role::Image,
    ];
    let nodes = panels.0.root().children_recursive().filter(|node| kinds.contains(&node.accesskit_node().role()));
    let name =
        |node: &egui_kittest::Node<'_>| node.accesskit_node().label().or(node.accesskit_node().value()).unwrap_or_default();
    nodes.map(|node| (name(&node), node.rect())).filter(|(_, place)| place.top() > TOP).collect()
}

/// None lies over another, and none over the edge of its panel, which end at these places.
fn assert_apart(panels: &Panels, ends: &[f32], when: &str) {
    let all = widgets(panels);
    for (i, (name, place)) in all.iter().enumerate() {
        for (other, there) in &all[i + 1..] {
            assert!(!place.shrink(1.0).intersects(there.shrink(1.0)), "{when}: “{name}” {place} lies over “{other}” {there}");
        }
        let over = ends.iter().find(|end| place.left() + 1.0 < **end && place.right() - 1.0 > **end);
        assert!(over.is_none(), "{when}: “{name}” {place} lies over {over:?}");
    }
}

/// Room that all of a small text needs in one line, points.
fn length(panels: &Panels, text: &str) -> f32 {
    let font = FontId::proportional(theme::SMALL);
    panels.0.ctx.fonts_mut(|fonts| fonts.layout_no_wrap(text.into(), font, Color32::WHITE).size().x)
}

fn set_size(panels: &mut Panels, width: f32, height: f32) {
    panels.0.set_size(vec2(width, height));
    panels.0.run_steps(4);
}

/// Scores of a run that works by tiles, over several folders.
fn by_tiles() -> State {
    let mut set = score_set();
    set.config.data.tile = Tiling::Px(32);
    set.map_model = Some("map.safetensors".into());
    set.files = vec![set.file.clone(), set.run.join("scores-other.csv")];
    let mut state = results(set);
    update(&mut state, ResultsCommand::Tab(Tab::All));
    state
}

#[test]
fn no_widget_of_results_lies_over_another_at_any_width() {
    let mut panels = Panels::of(by_tiles());
    for marked in [false, true] {
        if marked {
            (0..3).for_each(|row| panels.take(ResultsCommand::Mark(Mark::Toggle(row))));
        }
        for width in (1000..=1300).step_by(20) {
            let width = width as f32;
            set_size(&mut panels, width, 780.0);
            let when = format!("{width} wide, several selected: {marked}");
            assert_apart(&panels, &[LIBRARY, width - INSPECTOR, width], &when);
            let find = panels.0.get_by_label("Filter by name or note").rect();
            assert!(find.width() >= 72.0, "{when}: {find}");
            panels.has_all(&["test split · 8 normal, 4 abnormal", "Anomaly maps"]);
        }
    }
}

#[test]
fn what_is_said_under_the_curve_is_complete_where_it_is_narrowest() {
    let mut panels = Panels::of(by_tiles());
    set_size(&mut panels, 1280.0, 800.0);
    let (left, right) = (panels.0.get_by_label("ROC").rect(), panels.0.get_by_label("Export: ROC").rect());
    panels.0.hover_at(pos2(left.right() + 60.0, left.bottom() + 60.0));
    panels.0.run_steps(4);
    let said = panels.0.get_by_label_contains("≥ -1.").accesskit_node().value().unwrap();
    assert!(said.contains(" %, specificity "), "{said}");
    let longest = "≥ -1.5500: sensitivity 100.0 %, specificity 100.0 %";
    assert!(length(&panels, longest) <= right.right() - left.left());
}

#[test]
fn a_search_for_duplicates_never_makes_data_wider_than_it_is() {
    let mut state = at(Workspace::Data);
    open(&mut state, false);
    // As long as it can get.
    (state.data.duplicate_search.running, state.data.duplicate_search.done) = (true, 123_456_789);
    let mut panels = Panels::of(state);
    for (width, height) in [(800.0, 600.0), (1000.0, 780.0), (1180.0, 780.0)] {
        set_size(&mut panels, width, height);
        if !panels.0.state().state.unfolded(Side::Inspector) {
            panels.take(AppCommand::Fold(Side::Inspector));
        }
        set_size(&mut panels, width, height);
        assert!(panels.has("duplicates: 123,456,789 of 24 images"));
        let cells = panels.0.query_all_by_label_contains(".png, ").map(|cell| cell.rect().right());
        let last = cells.fold(0.0, f32::max);
        assert!(last > 0.0 && last <= width - INSPECTOR, "{width}: {last}");
        let said = panels.0.get_by_label_contains("duplicates: 123,456,789 of 24 images").rect();
        assert!(said.right() <= width - INSPECTOR, "{width}: {said}");
    }
}

/// A training with all of its charts.
fn with_four_charts() -> State {
    let mut state = train_running();
    let mut tell = |event| update(&mut state, JobEvent::JobProgress(JobId(1), event));
    for stage in [Stage::Dia, Stage::TileDia] {
        tell(Event::Started { stage, done: 0, total: 40 });
        for step in 1..=20 {
            tell(Event::Step(Step {
                stage,
                step,
                total: 40,
                loss: 4.125,
                parts: [2.875, 1.25],
                grad_norm: 1.0,
                lr: 1e-4,
                images_per_second: 80.0,
                eta_secs: 100.0,
            }));
        }
    }
    for epoch in 1..=2 {
        tell(Event::Epoch { epoch, auroc: 0.75, ci95: [0.625, 0.875] });
    }
    for step in 1..=6 {
        tell(Event::Preview { step: 100 * step, file: format!("preview-{step}.png").into() });
    }
    state
}

#[test]
fn charts_and_previews_of_a_training_stay_on_the_page() {
    let mut panels = Panels::of(with_four_charts());
    for width in [420.0, 640.0, 800.0, 1000.0, 1100.0, 1200.0, 1280.0, 1600.0] {
        // High enough that no chart is cut off below.
        set_size(&mut panels, width, 4000.0);
        let captions = ["DIFFUSION MODEL", "DIA", "DIA ON TILES", "AUROC ON LABELLED IMAGES"];
        let places = captions.map(|caption| panels.0.get_all_by_label(caption).last().unwrap().rect());
        let texts = ["last, epoch 2: 0.750 (0.625 to 0.875)", "best, epoch"];
        let texts = texts.map(|text| panels.0.get_by_label_contains(text).rect());
        let parts: Vec<Rect> = panels.0.query_all_by_label_contains("shifts 1.250").map(|node| node.rect()).collect();
        assert_eq!(parts.len(), 2);
        let previews = (1..=6).map(|step| panels.0.get_by_label(&format!("step {}", 100 * step)).rect());
        let previews: Vec<Rect> = previews.collect();
        for place in places.iter().chain(&texts).chain(&parts).chain(&previews) {
            assert!(place.right() <= width - theme::GAP, "{width}: {place}");
        }
        // A chart has its share of a row, whatever stands under it.
        let row: Vec<f32> = places.iter().filter(|p| p.top() == places[0].top()).map(|p| p.left()).collect();
        let steps: Vec<f32> = row.array_windows().map(|[a, b]| b - a).collect();
        assert!(steps.iter().all(|step| (step - steps[0]).abs() < 1.0), "{width}: {row:?}");
    }
}

#[test]
fn a_folded_panel_has_a_handle_in_a_wide_window() {
    let mut panels = Panels::of(by_tiles());
    for (key, handle, words) in
        [(Key::OpenBracket, "Fold the left panel", "WORKSPACE"), (Key::CloseBracket, "Fold the right panel", "AUROC")]
    {
        assert!(panels.0.query_by_label(handle).is_none() && panels.has(words));
        panels.0.key_press(key);
        panels.0.run_steps(3);
        assert!(panels.0.query_by_label(words).is_none(), "{words}");
        panels.click(handle);
        assert!(panels.0.query_by_label(handle).is_none() && panels.0.query_by_label(words).is_some());
    }
    // Where there is no panel there is no handle of it.
    panels.0.key_press(Key::CloseBracket);
    panels.0.run_steps(3);
    panels.take(AppCommand::Go(Workspace::Train));
    assert!(panels.0.query_by_label("Fold the right panel").is_none());
}

#[test]
fn a_path_has_the_whole_width_of_its_panel() {
    let panels = Panels::of(at(Workspace::Data));
    let field = |panels: &Panels| panels.0.get_by_label("Path to open").rect();
    assert!(field(&panels).width() > 380.0 && panels.has("Open"), "{}", field(&panels));
    let mut state = at(Workspace::Data);
    open(&mut state, false);
    let panels = Panels::of(state);
    let place = field(&panels);
    assert!(place.width() >= LIBRARY - 2.0 * theme::PAGE - 1.0 && place.right() <= LIBRARY - theme::GAP, "{place}");
}

#[test]
fn the_day_of_a_run_is_told_as_people_write_it() {
    let mut state = at(Workspace::Data);
    let entry = run("eyes", RunState::Finished);
    let written = entry.manifest.created.clone();
    update(&mut state, JobEvent::Runs(vec![entry]));
    let mut panels = Panels::of(state);
    let place = panels.0.get_by_label("Run eyes").rect();
    panels.0.hover_at(place.center());
    panels.0.run_steps(60);
    assert!(panels.has(" preset\n") && !panels.has(&written));
}

#[test]
fn ctrl_and_the_key_of_plus_makes_all_larger_with_shift_or_without() {
    let mut panels = Panels::of(at(Workspace::Data));
    let scale = |panels: &Panels| panels.0.state().state.persisted.scale.factor();
    let mut before = scale(&panels);
    for key in [Key::Equals, Key::Plus] {
        panels.0.key_press_modifiers(Modifiers::COMMAND, key);
        panels.0.run_steps(2);
        assert!(scale(&panels) > before, "{key:?}");
        before = scale(&panels);
    }
}

#[test]
fn what_was_only_told_goes_by_itself_and_errors_stay() {
    let mut panels = Panels::of(at(Workspace::Data));
    panels.take(AppCommand::Notify("Something was said".into()));
    let error = Notification { text: "the disk is full".into(), hint: String::new(), is_error: true, results: None };
    panels.0.state_mut().state.notifications.push(error);
    let start = panels.0.ctx.input(|input| input.time);
    let passed = |panels: &Panels| panels.0.ctx.input(|input| input.time) - start;
    while passed(&panels) < 8.0 {
        panels.0.step();
    }
    assert!(panels.has("Something was said"));
    while passed(&panels) < 12.0 {
        panels.0.step();
    }
    assert!(!panels.has("Something was said") && panels.has("The disk is full"));
}

/// The form of Train, on a machine that was measured.
fn form() -> State {
    let mut state = at(Workspace::Train);
    open(&mut state, false);
    update(&mut state, AppCommand::Go(Workspace::Train));
    (state.machine.measuring, state.machine.speed) = (false, Some(Speed { unet: 1e12, encoder: 1e12 }));
    state.machine.free_memory = Some(1 << 40);
    state
}

#[test]
fn the_next_step_is_told_until_a_run_of_these_images_exists_however_they_were_opened() {
    let mut state = at(Workspace::Data);
    open(&mut state, false);
    let place = state.open().unwrap().dataset.place.clone();
    let mut panels = Panels::of(state);
    for (place, told) in [("/elsewhere".into(), true), (place, false)] {
        panels.take(JobEvent::Runs(vec![RunEntry { place, ..run("eyes", RunState::Finished) }]));
        assert_eq!(panels.has("Next: watch fine features dissolve"), told);
    }
}

#[test]
fn a_list_of_ways_to_dissolve_is_seen_to_its_end() {
    let mut panels = Panels::of(form());
    panels.0.get(By::new().label("Dissolve by").role(Role::ComboBox)).click();
    panels.0.run_steps(4);
    let place = |name: &str| panels.0.get(By::new().label(name).role(Role::Button)).rect();
    let (first, last) = (place("diffusion"), place("none"));
    assert!(last.bottom() - first.top() <= panels.0.ctx.style_of(Theme::Dark).spacing.combo_height, "{first} {last}");
}
