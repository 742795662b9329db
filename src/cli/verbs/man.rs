//! `man`: the manual pages, made of the help of each verb.

use crate::{
    cli::out,
    error::{Error, Result},
    run_dir::write_with_folder,
};
use clap::Command;
use clap_mangen::Man;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  dissolve-studio man | man -l -\n  dissolve-studio man --out ~/.local/share/man/man1")]
pub struct Args {
    /// Write the page of the program and one for each verb into DIR [default: print that of the program]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// `command`: the whole command line.
pub fn run(args: Args, command: Command) -> Result<()> {
    // `help` would be a page of its own for each verb.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let Some(folder) = args.out else { return out::print(&String::from_utf8_lossy(&page(&command)?.1)) };
    write(&folder, &command)?;
    command.get_subcommands().filter(|verb| !verb.is_hide_set()).try_for_each(|verb| write(&folder, verb))?;
    out::path(&folder)
}

fn write(folder: &Path, command: &Command) -> Result<()> {
    let (name, text) = page(command)?;
    write_with_folder(&folder.join(name), &text)
}

/// The name of the page's file, and its text.
fn page(command: &Command) -> Result<(String, Vec<u8>)> {
    let man = Man::new(command.clone()).manual("Dissolve Studio");
    let mut text = Vec::new();
    man.render(&mut text).map_err(Error::io("write", "the manual page"))?;
    Ok((man.get_filename(), text))
}
