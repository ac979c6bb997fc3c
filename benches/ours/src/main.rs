//! Brings a database to the head with revchain, and what else the benchmark asks of it.

use std::error::Error;
use std::time::Instant;

use revchain::{Target, Transactions};
use rusqlite::Connection;

revchain::migrations!(pub static MIGRATIONS = "migrations");

const USAGE: &str = "usage: ours upgrade|per-revision|plan DATABASE, or ours in-memory";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["upgrade", path] => {
            let mut connection = Connection::open(path)?;
            MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
        }
        ["per-revision", path] => {
            let mut connection = Connection::open(path)?;
            let upgrade = MIGRATIONS.upgrade(Target::Head);
            upgrade.transactions(Transactions::PerRevision).run(&mut connection)?;
        }
        ["plan", path] => {
            let mut connection = Connection::open(path)?;
            let plan = MIGRATIONS.upgrade(Target::Head).plan(&mut connection)?;
            println!("{} {}", plan.steps.len(), peak_kib()?);
        }
        ["in-memory"] => in_memory()?,
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

/// The peak memory of this process in KiB, as Linux counts it.
fn peak_kib() -> Result<String, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    Ok(peak.ok_or("no VmHWM")?.trim().trim_end_matches(" kB").to_owned())
}

/// Prints how long the first test of a process waits for its database and how long the later
/// ones, in microseconds.
#[cfg(feature = "in-memory")]
fn in_memory() -> Result<(), Box<dyn Error>> {
    for _ in 0..20 {
        let started = Instant::now();
        let database = MIGRATIONS.in_memory()?;
        println!("{}", started.elapsed().as_micros());
        drop(database);
    }
    Ok(())
}

#[cfg(not(feature = "in-memory"))]
fn in_memory() -> Result<(), Box<dyn Error>> {
    let _: Option<Instant> = None;
    Err("built without the feature `in-memory`".into())
}
