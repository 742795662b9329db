//! # Dissolve Studio
//!
//! Finds fine-grained anomalies in medical images, trained on normal images alone: the method of "Dissolving Is Amplifying"
//! (ECCV 2024) as a desktop program and a command line over one engine.
//!
//! ## Map
//!
//! | module | what it holds | may use, of ours |
//! |---|---|---|
//! | [`error`], [`rng`] | the error that reaches people; random streams | nothing |
//! | [`text`] | sentences, names of files | nothing |
//! | [`config`] | settings, presets, `--set` | nothing |
//! | [`metrics`] | ROC, AUROC, DeLong, thresholds in plain f64; figures over pixels | nothing |
//! | [`run_dir`] | run folders: names of their files, what they hold, atomic writes | `config error text` |
//! | [`scores`] | `scores.csv`, the rule of the score that leads, evaluation; figures of pixels and synthetic lesions; a person's tags | `error metrics config run_dir text` |
//! | [`synth`] | synthetic fundus photographs | `error rng` |
//! | [`data`] | layouts, decoders, splits, pixel batches | `config error rng text` |
//! | [`gpu`] | images compared in a shader, and the shader once more in Rust | nothing |
//! | [`nn`] | layers, optimisers, the fast CPU kernels | `rng` |
//! | [`ml`] | the method: diffusion, dissolving, encoder, training, scoring | `nn data config run_dir metrics scores error rng` |
//! | [`report`] | the HTML report and its charts | `scores metrics config run_dir data error ml text` |
//! | [`engine`] | what command line and window share: the chain of stages, finished runs, exports | all of the above |
//! | [`jobs`] | threads, and the events they send | all of the above |
//! | [`app`] | the window's state, commands, pure update | all of the above |
//! | [`ui`] | panels: read the state, send commands | `app`, and types of `config data engine error gpu jobs metrics ml run_dir scores text` |
//! | [`window`] | the native window: event loop, effects, dialogs | all of the above |
//! | [`cli`] | the verbs | all of the above but `app ui` |
//!
//! The rows are in order: a module uses only what stands above it. A test (`tests/architecture.rs`) reads every path in every
//! file, and fails where an arrow points another way than the table says, or where there is a circle, between files or between
//! the rooms of any folder. Only `gpu`, `app`, `ui` and `window` know egui or wgpu.
//!
//! ## Words
//!
//! | word | what it means here |
//! |---|---|
//! | image, item, picture | an image is one entry of a data set, known by its [`ImageId`](data::ImageId); an [`Item`](data::Item) is what the data set keeps of it (name, class, split); a [`Picture`](data::Picture) is decoded pixels |
//! | part | one trained part of a run, in a folder of its own within the run's: `ddpm`, `dia` (or `csi`), `tiles` |
//! | place | of an image or a row: its index in a list; of a data set: the folder it lies in, links followed ([`DataConfig::place`](config::DataConfig::place)) |
//! | working size | the shorter side, px, to which a large picture is reduced before tiles are cut from it (`data.working_size`) |
//! | tile | a square cut-out of a picture at its working size, as large as a network sees at once |
//! | shift | one of the four transformations that the encoder's classifier tells apart: rotations, or swapped halves ([`ShiftKind`](config::ShiftKind)) |
//! | bank | the features of the training normals that an encoder keeps, which DIA's score compares with ([`Bank`](ml::encoder::bank::Bank)) |
//! | leading score | the score made of the ranks of all others, which figures and lists use where a run has it ([`scores::lead`]) |
//! | curation | what a person says of a data set's images (label, left out, tags of their own); kept in the workspace; training obeys it ([`Curation`](data::Curation)) |
//! | review | tags and notes about a run's scored images, kept beside `scores.csv`; nothing is computed from them ([`Review`](scores::Review)) |
//! | twin | the dissolved version of a training image, which the encoder learns to tell from it ([`Twin`](config::Twin)) |
//! | generation | the number of a request to a thread; an answer with an older number is dropped |
//!
//! ## The three moves
//!
//! ```text
//!  open a folder               drag t                          train, then inspect
//!
//!  ui::data                    ui::dissolve::t_slider          ui::train                        a panel draws,
//!     │ Command                   │ Command                       │ Command                     sends a command;
//!  app::update                 app::update                     app::update                      the state changes,
//!     │ Effect                    │ Effect                        │ Effect                      an effect is asked for;
//!  window::effects             window::effects                 window::effects                  it is handed to a thread
//!     │ LoadRequest               │ DissolveRequest               │ a job: what to call         (a job with the calls it makes);
//!  jobs::loader                jobs::dissolver                 jobs::compute                    the thread
//!     │                           │                               │                             calls
//!  data::Dataset::open         engine: DissolveSession         engine::pipeline                 the engine,
//!     │                           │                               │  ml::training               which the command
//!     │                        ml::dissolve::Dissolver            │  ml::scoring -> scores.csv  line calls as well;
//!     │ JobEvent                  │ JobEvent                      │  report                     the answer is
//!  app::update                 app::update                     app::update                      an event,
//!     │                           │ texture                       │ scores are read             from which
//!  ui::data, thumbnails        ui::dissolve::compare           ui::results: ROC, gallery        panels draw again
//! ```
//! The command line ([`cli`]) takes the same three ways from `engine` on, without threads or a window.
//!
//! ## Invariants
//! - Images are planar float32 in \[0, 1\] everywhere outside the networks of [`ml`], which bring them to their own range.
//! - A higher score is more abnormal, everywhere.
//! - Random numbers come from [`rng::stream`], so resumed work needs no generator state.
//! - Every file of a run is written whole or not at all ([`run_dir::write_atomic`]), but for the log and the metrics, which grow
//!   by lines; nothing is ever written beside the person's images.
//! - Nothing blocks the window's thread; workers wake it through a callback that they are given.

// `println!` panics where nobody reads or nothing can be written; the command line prints through `cli::out`.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod app;
pub mod cli;
pub mod config;
pub mod data;
pub mod engine;
pub mod error;
pub mod gpu;
pub mod jobs;
pub mod metrics;
pub mod ml;
pub mod nn;
pub mod report;
pub mod rng;
pub mod run_dir;
pub mod scores;
pub mod synth;
pub mod text;
pub mod ui;
pub mod window;

/// Training allocates and frees the same large buffers at each step; this allocator keeps their pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
