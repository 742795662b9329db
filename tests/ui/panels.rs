//! The panels of the window over a state that the pure update makes: nothing acts on it, so that what passes in a moment stays.

use dissolve_studio::{
    app::{
        AppCommand, DataCommand, Message, State,
        state::{ThemeChoice, Workspace},
        update,
    },
    config::DataConfig,
    data::{Class, Dataset, Item, Label, Layout, Skipped, Source, Split},
    error::Failure,
    jobs::events::JobEvent,
    ui::{self, shared::textures::Textures},
};
use egui_kittest::{
    Harness, HarnessBuilder,
    kittest::{NodeT, Queryable},
};
use std::sync::Arc;

/// The window's panels over a state on which nobody acts.
pub struct Page {
    pub state: State,
    pub ui: ui::MainView,
    pub textures: Textures,
}

impl eframe::App for Page {
    fn ui(&mut self, ui: &mut eframe::egui::Ui, _: &mut eframe::Frame) {
        for command in self.ui.show(ui, &self.state, &self.textures) {
            update(&mut self.state, command);
        }
    }
}

pub struct Panels(pub Harness<'static, Page>);

impl Panels {
    pub fn of(state: State) -> Self {
        Self::with(Harness::builder(), state)
    }

    pub fn with(builder: HarnessBuilder<Page>, state: State) -> Self {
        let desk = |cc: &mut eframe::CreationContext<'_>| {
            ui::shared::theme::install(&cc.egui_ctx);
            Page { state, ui: ui::MainView::default(), textures: Textures::default() }
        };
        let mut panels = Self(builder.with_size([1280.0, 800.0]).build_eframe(desk));
        panels.0.run_steps(3);
        panels
    }

    pub fn has(&self, label: &str) -> bool {
        self.0.query_all_by_label_contains(label).next().is_some()
    }

    pub fn has_all(&self, labels: &[&str]) {
        labels.iter().for_each(|label| assert!(self.has(label), "{label}"));
    }

    pub fn is_disabled(&self, label: &str) -> bool {
        self.0.get_by_label(label).accesskit_node().is_disabled()
    }

    pub fn click(&mut self, label: &str) {
        self.0.get_by_label(label).click();
        self.0.run_steps(3);
    }

    /// A command or an event, and what is shown then.
    pub fn take(&mut self, message: impl Into<Message>) {
        update(&mut self.0.state_mut().state, message);
        self.0.run_steps(2);
    }
}

pub fn failure() -> Failure {
    Failure {
        summary: "the file scores.csv cannot be read: line 7 has no score".into(),
        hint: Some("score the run again".into()),
    }
}

pub fn at(workspace: Workspace) -> State {
    let mut state = State { workspace_dir: "/home/someone/dissolve-studio".into(), cores: 2, ..State::default() };
    update(&mut state, AppCommand::Theme(ThemeChoice::Dark));
    update(&mut state, AppCommand::Go(workspace));
    state
}

/// 24 images; some files beside them cannot be used where `problems`.
pub fn dataset(problems: bool) -> Arc<Dataset> {
    let item = |i: usize| Item {
        class: Some(usize::from(i % 3 == 2)),
        given_split: Some(if i < 12 { Split::Train } else { Split::Test }),
        patient: Some(format!("p{}", i / 2 % 9)),
        ..Item::new(format!("eyes/IMG_{i:04}.png"), Source::File("nowhere.png".into()), [640, 480])
    };
    let class = |name: &str, label| Class { name: name.into(), label: Some(label) };
    let classes = vec![class("healthy", Label::Normal), class("drusen", Label::Abnormal)];
    let why = "One folder per class: healthy, drusen.".to_string();
    let items = (0..24).map(item).collect();
    let mut set = Dataset::from_items("/data/eyes".into(), Layout::SplitClassFolders, why, classes, items);
    if problems {
        let skipped = |path: &str, reason: &str| Skipped { path: path.into(), reason: reason.into() };
        set.skipped = vec![
            skipped("train/healthy/a scan with a very long name that goes on and on 0001.png", "the file ends too early"),
            skipped("test/drusen/notes.docx", "is no picture"),
        ];
        set.warnings.push("One patient is in the training and in the test split: p3.".into());
    }
    Arc::new(set)
}

pub fn open(state: &mut State, problems: bool) {
    update(state, DataCommand::Open("/data/eyes".into()));
    let config = DataConfig { path: "/data/eyes".into(), normal: vec!["healthy".into()], ..DataConfig::default() };
    let generation = state.data.generation;
    update(state, JobEvent::Opened { generation, config, dataset: dataset(problems) });
}
