//! `completions`: what a shell needs to complete verbs, flags and paths.

use crate::{cli::out, error::Result};
use clap::Command;
use clap_complete::Shell;

/// What the shell calls.
const NAME: &str = env!("CARGO_PKG_NAME");

#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    dissolve-studio completions bash > ~/.local/share/bash-completion/completions/dissolve-studio\n  \
    dissolve-studio completions zsh > ~/.zfunc/_dissolve-studio          (with fpath+=~/.zfunc before compinit in ~/.zshrc)\n  \
    dissolve-studio completions fish > ~/.config/fish/completions/dissolve-studio.fish\n  \
    dissolve-studio completions powershell >> $PROFILE")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// `command`: the whole command line.
pub fn run(args: Args, command: &Command) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut shown(command), NAME, &mut script);
    // For bash, a hyphen in the program's name is written in two ways, and nothing within a verb is completed.
    out::print(&String::from_utf8_lossy(&script).replace("dissolve__subcmd__studio", "dissolve__studio"))
}

/// The command without what is hidden, which the scripts would offer.
fn shown(command: &Command) -> Command {
    Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .args(command.get_arguments().filter(|arg| !arg.is_hide_set()))
        .subcommands(command.get_subcommands().filter(|verb| !verb.is_hide_set()))
}
