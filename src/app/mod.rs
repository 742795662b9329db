//! The window: its state, what can be asked of it, and what is done about it.
//!
//! ```text
//! ui ── Command ──▶ update (pure) ── Effect ──▶ effects ── starts ──▶ jobs
//!  ▲                  ▲   │                                             │
//!  └──── State ◀──────┼───┘                                             │
//!                     └──────────────── JobEvent ◀──────────────────────┘
//! ```
//! [`update`](mod@update) knows no window, no thread and no file, and is tested without any; `window::effects` alone acts.

pub(crate) mod actions;
pub(crate) mod icons;
pub mod message;
pub(crate) mod next_step;
pub mod state;
pub mod update;

pub use message::{
    AppCommand, Command, DataCommand, DissolveCommand, Effect, Message, ResultsCommand, RunsCommand, TrainCommand,
};
pub use state::State;
pub use update::update;
