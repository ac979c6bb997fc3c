//! Alembic's answers beside ours: cases of a graph, a database's place and a command, in the form that
//! `alembic-cases` reads.
//!
//! A case is laid out for real: a folder of revisions, a SQLite file whose ledger is where the case says, and a call of
//! `cargo migrate`. What was executed is read from a table into which each revision writes.

mod case;
mod desk;
mod judge;
mod tally;

pub use case::{Case, Revision, read};
pub use judge::{REFUSALS, Verdict, judge};
pub use tally::Tally;
