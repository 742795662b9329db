use std::process::ExitCode;

fn main() -> ExitCode {
    dissolve_studio::cli::main()
}
