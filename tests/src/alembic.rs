//! Alembic's answers beside ours: cases of a graph, a database's place and a command, in the form that
//! `alembic-cases` reads.
//!
//! A case is laid out for real: a folder of revisions, a SQLite file whose ledger is where the case says, and a call of
//! `cargo migrate`. What was executed is read from a table into which each revision writes.

mod case;
mod desk;
mod judge;
mod tally;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

pub use case::{Case, Revision, read};
pub use judge::{REFUSALS, Verdict, judge};
pub use tally::Tally;

/// Returns the Python that has Alembic, as `REVCHAIN_PYTHON` names it; says so where there is none.
///
/// # Panics
///
/// There is no standard error to say it on.
#[must_use]
pub fn python() -> Option<PathBuf> {
    let python =
        std::env::var_os("REVCHAIN_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
    let has = Command::new(&python).args(["-c", "import alembic.command"]).output();
    if has.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    let note =
        format!("skipped: {} has no Alembic (REVCHAIN_PYTHON names another)\n", python.display());
    std::io::stderr().write_all(note.as_bytes()).expect("stderr is there");
    None
}
