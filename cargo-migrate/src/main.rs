//! The `cargo migrate` command: its arguments, environment and streams, handed to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = std::env::args_os().collect();
    ExitCode::from(revchain::cli::call::of_process(arguments, cargo_migrate::run))
}
