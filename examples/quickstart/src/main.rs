//! Migrates a SQLite file and says what it did.

#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::error::Error;

use revchain::Target;
use rusqlite::Connection;

// The folder is checked while this compiles, and becomes a part of the program.
revchain::migrations!(static MIGRATIONS = "migrations");

fn main() -> Result<(), Box<dyn Error>> {
    let default = || std::env::temp_dir().join("revchain-quickstart.db").into_os_string();
    let path = std::env::args_os().nth(1).unwrap_or_else(default);
    println!("{}", path.display());

    let mut connection = Connection::open(&path)?;
    let report = MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    for step in &report.steps {
        println!("  {} {} {}", step.direction, step.revision, step.message);
    }
    if report.is_empty() {
        println!("  nothing to do: it is at {}", MIGRATIONS.heads().join(", "));
    }
    Ok(())
}
