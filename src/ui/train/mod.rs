//! The Train workspace.

pub mod curves;
pub mod field;
pub mod queue;
pub mod readiness;
pub mod stage_cards;
mod tile_note;
pub mod view;
