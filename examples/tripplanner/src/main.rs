//! The trip planner's command.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

use std::process::ExitCode;

use revchain_tripplanner::{Outcome, run};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Outcome::Done(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Outcome::Failed(reason, code) => {
            eprintln!("error: {reason}");
            ExitCode::from(code)
        }
        Outcome::Usage(text) => {
            eprint!("{text}");
            ExitCode::from(2)
        }
    }
}
