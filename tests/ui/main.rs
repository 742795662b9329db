//! The window, by clicks and keys, and as pictures.

mod example_figures;
mod gpu_adapter;
mod harness;
mod panels;
#[path = "../test_files/mod.rs"]
mod test_files;

mod curation;
mod data;
mod keyboard;
mod layout;
mod listing;
mod result_states;
mod second_pass;
mod shaders;
mod snapshots;
mod states;
mod train;
mod window;
