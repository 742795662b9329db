//! The window itself: drains events, draws, carries out effects. All decisions are in [`update`](crate::app::update()).

use super::{
    effects::Effects,
    frame_stats::FrameStats,
    missing_font::MissingFont,
    remembered::{self, STORAGE_KEY},
};
use crate::{
    app::{AppCommand, Command, Effect, Message, RunsCommand, State, state::PersistedState, update, update::derived_effects},
    error::Error,
    gpu,
    jobs::events::{JobEvent, Wake, channel},
    ui::{self, shared::textures::Textures},
};
use eframe::egui::{Context, Event, Ui, ViewportCommand};
use std::{
    path::PathBuf,
    sync::{Arc, mpsc::Receiver},
    time::{Duration, Instant},
};

/// Events taken in one frame; more wait for the next one.
const EVENTS: usize = 256;

pub struct Studio {
    state: State,
    textures: Textures,
    effects: Effects,
    /// `None` once the window is closing for good.
    events: Option<Receiver<JobEvent>>,
    ui: ui::MainView,
    frame_stats: Option<FrameStats>,
    missing_font: MissingFont,
    /// When the runs were looked at last because another program works on one.
    looked: Instant,
}

/// So often runs are looked at that other programs work on: these end without a word to this one.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

impl Studio {
    /// Starts the threads, and takes the first command: what the window opens with.
    pub fn new(cc: &eframe::CreationContext<'_>, workspace: PathBuf, first: Option<Command>) -> std::io::Result<Self> {
        ui::shared::theme::install(&cc.egui_ctx);
        remembered::forget_scrolling(&cc.egui_ctx);
        if let Some(render_state) = &cc.wgpu_render_state {
            gpu::install(render_state);
        }
        let mut persisted: PersistedState = cc.storage.and_then(|s| eframe::get_value(s, STORAGE_KEY)).unwrap_or_default();
        // What has gone since then is no model.
        persisted.imported.retain(|file| file.exists());
        let ctx = cc.egui_ctx.clone();
        let wake: Wake = Arc::new(move || ctx.request_repaint());
        let (tx, rx) = channel(wake);
        let mut studio = Self {
            state: State::starting(persisted, workspace.clone(), cores()),
            textures: Textures::default(),
            effects: Effects::start(workspace, tx)?,
            events: Some(rx),
            ui: ui::MainView::default(),
            frame_stats: None,
            missing_font: MissingFont::watch(&cc.egui_ctx),
            looked: Instant::now(),
        };
        studio.remember_workspace();
        studio.take(RunsCommand::Refresh, &cc.egui_ctx);
        if let Some(command) = first {
            studio.take(command, &cc.egui_ctx);
        }
        Ok(studio)
    }

    /// Takes in what the workspace keeps of the window.
    fn remember_workspace(&mut self) {
        match remembered::workspace_settings(&self.state.workspace_dir) {
            Ok(settings) => self.state.workspace_settings = settings,
            Err(e) => self.say(e),
        }
    }

    fn say(&mut self, error: Error) {
        self.state.notify_failure(error.into());
    }

    /// Says what went wrong before there was a window.
    pub fn with_trouble(mut self, trouble: Option<Error>) -> Self {
        trouble.into_iter().for_each(|error| self.say(error));
        self
    }

    /// Writes to `file` at the end how long the frames took; `started`: when the program began.
    pub fn measured(self, file: PathBuf, started: Instant) -> Self {
        Self { frame_stats: Some(FrameStats::new(file, started)), ..self }
    }

    /// The jobs that are remembered wait in a window that is open.
    pub fn beside_another(mut self) -> Self {
        self.state.persisted.queue.clear();
        self
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn textures(&self) -> &Textures {
        &self.textures
    }

    /// Takes one message in, and does what follows from it.
    pub fn take(&mut self, message: impl Into<Message>, ctx: &Context) {
        self.state.now = jiff::ZonedDateTime::now().time();
        let mut effects = update(&mut self.state, message);
        effects.extend(derived_effects(&mut self.state));
        for effect in effects {
            self.run(effect, ctx);
        }
    }

    fn run(&mut self, effect: Effect, ctx: &Context) {
        self.effects.run(effect, &mut self.textures, ctx);
    }
}

impl eframe::App for Studio {
    fn logic(&mut self, ctx: &Context, _: &mut eframe::Frame) {
        let part = FrameStats::begin();
        let events: Vec<JobEvent> = self.events.iter().flat_map(|rx| rx.try_iter().take(EVENTS)).collect();
        if events.len() == EVENTS {
            ctx.request_repaint();
        }
        for event in events {
            self.take(event, ctx);
        }
        for answer in self.effects.frame(&mut self.textures, ctx) {
            self.take(answer, ctx);
        }
        // Another window or a command line may have changed the runs.
        if ctx.input(|i| i.events.contains(&Event::WindowFocused(true))) {
            self.take(RunsCommand::Refresh, ctx);
        }
        if self.state.runs.iter().any(|run| run.is_locked) {
            ctx.request_repaint_after(LOOK_AGAIN);
            if self.looked.elapsed() >= LOOK_AGAIN {
                self.looked = Instant::now();
                self.take(RunsCommand::Refresh, ctx);
            }
        }
        if ctx.input(|i| i.viewport().close_requested()) {
            if self.state.running().is_some() {
                // The checkpoint comes first; the window closes by itself when it is written.
                ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            }
            // What is half typed is kept.
            self.take(AppCommand::Close, ctx);
        }
        if let Some(stats) = &mut self.frame_stats {
            stats.logic(part);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        let part = FrameStats::begin();
        let commands = self.ui.show(ui, &self.state, &self.textures);
        let ctx = ui.ctx().clone();
        if !commands.is_empty() {
            ctx.request_repaint();
        }
        for command in commands {
            self.take(command, &ctx);
        }
        if let Some(text) = self.missing_font.news() {
            self.take(AppCommand::Notify(text), &ctx);
            ctx.request_repaint();
        }
        if let Some(stats) = &mut self.frame_stats {
            stats.drawn(part);
        }
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.state.remember();
        eframe::set_value(storage, STORAGE_KEY, &self.state.persisted);
    }

    fn on_exit(&mut self) {
        // Without a receiver no thread waits for room in the channel.
        self.events = None;
        self.effects.shut_down();
        if let Some(Err(e)) = self.frame_stats.take().map(FrameStats::write) {
            let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("error: {e}.\n"));
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
