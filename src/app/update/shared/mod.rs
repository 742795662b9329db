//! Steps that several workspaces take. They know each other and `dissolve`, and no other workspace.

pub mod curation;
pub mod embedding;
pub mod explanation;
pub mod gallery;
pub mod graph;
pub mod machine;
pub mod models;
pub mod queue;
pub mod review;
pub mod selection;
pub mod training_form;
pub mod workspace_settings;
