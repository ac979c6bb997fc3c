//! The application, with the command below a subcommand of its own: `shop migrate upgrade head`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people to look at")]

use std::process::ExitCode;

use revchain_shop::MIGRATIONS;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    match words.next().as_ref().and_then(|word| word.to_str()) {
        Some("migrate") => revchain::cli::run(&MIGRATIONS, words),
        Some("serve") => {
            println!("the shop is open, at {}", MIGRATIONS.heads().join(", "));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("usage: shop serve, or shop migrate");
            ExitCode::from(2)
        }
    }
}
