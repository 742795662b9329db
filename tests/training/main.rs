//! Runs from their start to their scores: trained, stopped, resumed, scored, evaluated, swept.

#[path = "../common/mod.rs"]
mod common;

mod baselines;
mod ddpm;
mod demo;
mod dia;
mod endurance;
mod evaluate;
mod resume;
mod sweep;
mod synthetic_lesions;
mod tiles;
mod told;
