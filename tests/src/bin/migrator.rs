//! A deployer for the tests that need a process of its own: `migrator FOLDER DATABASE VERB per-run|per-revision`, with
//! `upgrade`, `downgrade`, or `amend` of all revisions.
//!
//! It loads the folder, opens the database, writes `ready`, waits for a line, runs, and writes how many steps it did.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use revchain::{Migrations, Target, Transactions};
use rusqlite::Connection;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error:?}");
            let code = error.downcast_ref::<revchain::Error>().map(revchain::Error::exit_code);
            ExitCode::from(code.unwrap_or(2))
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let [folder, database, verb, mode] = arguments else {
        return Err("four arguments are wanted".into());
    };
    let set = revchain::load(Path::new(folder), "migrations")
        .map_err(|problems| format!("{problems:?}"))?;
    let migrations = Migrations::new(set, "migrator 1.0.0");
    let mut connection = Connection::open(database)?;
    let transactions = match mode.as_str() {
        "per-revision" => Transactions::PerRevision,
        _ => Transactions::PerRun,
    };
    let run = match verb.as_str() {
        "downgrade" => migrations.downgrade(Target::Base),
        "amend" => {
            let revisions = migrations.set().revisions.iter();
            let all = revisions.map(|revision| revision.id.to_string()).collect();
            migrations.amend(all, HashMap::new())
        }
        _ => migrations.upgrade(Target::Head),
    };
    writeln!(io::stdout(), "ready")?;
    io::stdout().flush()?;
    io::stdin().read_line(&mut String::new())?;
    let report = run.transactions(transactions).run(&mut connection)?;
    writeln!(io::stdout(), "{}", report.steps.len())?;
    Ok(())
}
