//! The command line's habits, and the report that it writes.

#[path = "../test_files/mod.rs"]
mod test_files;

mod habits;
mod printing;
mod report;
