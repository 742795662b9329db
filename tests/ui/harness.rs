//! The window in a test: started on a folder of its own, found by label, clicked, typed into.

use dissolve_studio::{
    app::{Message, State},
    window::studio::Studio,
};
use eframe::egui::{Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

pub struct Window {
    pub harness: Harness<'static, Studio>,
    /// Removed at the end; the workspace is `work` in it.
    pub folder: tempfile::TempDir,
}

impl Window {
    pub fn new() -> Self {
        Self::on(tempfile::tempdir().unwrap(), [1280.0, 800.0])
    }

    /// With what is in the folder already.
    pub fn on(folder: tempfile::TempDir, size: [f32; 2]) -> Self {
        let workspace = folder.path().join("work");
        let builder = Harness::builder().with_size(size).with_max_steps(50);
        Self { harness: builder.build_eframe(|cc| Studio::new(cc, workspace, None).unwrap()), folder }
    }

    /// Drawn by the graphics card, for pictures.
    pub fn drawn() -> Self {
        Self::drawn_at([1280.0, 800.0])
    }

    pub fn drawn_at(size: [f32; 2]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("work");
        let builder = Harness::builder().with_size(size).wgpu();
        Self { harness: builder.build_eframe(|cc| Studio::new(cc, workspace, None).unwrap()), folder }
    }

    pub fn state(&self) -> &State {
        self.harness.state().state()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command, and the frames that show what came of it.
    pub fn send(&mut self, command: impl Into<Message>) {
        let ctx = self.harness.ctx.clone();
        self.harness.state_mut().take(command, &ctx);
        self.steps();
    }

    pub fn steps(&mut self) {
        self.harness.step();
        self.harness.step();
    }

    /// Draws frames until a state is reached.
    pub fn until(&mut self, what: &str, reached: impl Fn(&Studio) -> bool) {
        let start = Instant::now();
        while !reached(self.harness.state()) {
            assert!(start.elapsed() < Duration::from_secs(300), "never reached: {what}\n{:?}", self.state().notifications);
            self.harness.step();
            std::thread::sleep(Duration::from_millis(2));
        }
        self.harness.step();
    }

    /// Clicks what has this label, with these keys held.
    pub fn click_with(&mut self, label: &str, modifiers: Modifiers) {
        self.harness.get_by_label(label).click_modifiers(modifiers);
        self.steps();
    }

    /// Presses a key, with these held.
    pub fn key_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.steps();
    }

    pub fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.steps();
    }

    pub fn key(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.step();
    }

    pub fn type_into(&mut self, label: &str, text: &str) {
        self.click(label);
        self.harness.get_by_label(label).type_text(text);
        self.steps();
    }

    /// Whether something with this in its label is shown.
    pub fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label_contains(label).next().is_some()
    }
}
