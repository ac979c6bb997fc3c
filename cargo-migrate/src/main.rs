//! The `cargo migrate` command: its arguments, environment and streams, handed to the library.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anstream::AutoStream;
use cargo_migrate::{Call, Terminals};

fn main() -> ExitCode {
    let (mut stdin, mut stdout, mut stderr) = (
        std::io::stdin().lock(),
        AutoStream::always(std::io::stdout()),
        AutoStream::always(std::io::stderr()),
    );
    let text = |variable: std::ffi::OsString| variable.into_string().ok();
    let code = cargo_migrate::run(Call {
        arguments: std::env::args_os().collect(),
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
            .collect(),
        folder: std::env::current_dir().unwrap_or_else(|_| ".".into()),
        terminals: Terminals {
            stdin: std::io::stdin().is_terminal(),
            stdout: std::io::stdout().is_terminal(),
            stderr: std::io::stderr().is_terminal(),
        },
        clock: std::time::SystemTime::now,
        stdin: &mut stdin,
        stdout: &mut stdout,
        stderr: &mut stderr,
    });
    ExitCode::from(code)
}
