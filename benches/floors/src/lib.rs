//! The floor of an upgrade: the same SQL, the same ledger and event rows, nothing else.
//!
//! `benches/run` writes `data/` from a database that revchain migrated.

use std::time::Instant;

use rusqlite::types::{ToSqlOutput, Value};
use rusqlite::{Connection, ToSql, params_from_iter};

#[path = "../data/apply.rs"]
#[rustfmt::skip] // `benches/run` writes it
mod data;

/// How many transactions an upgrade is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Transactions {
    /// One for all revisions.
    One,
    /// One for each revision.
    Each,
}

/// A revision's SQL and what the ledger says of it.
pub struct Revision {
    upgrade: &'static str,
    row: &'static [Field],
    event: &'static [Field],
}

/// A value of a row.
pub enum Field {
    Null,
    Integer(i64),
    Text(&'static str),
    Blob(&'static [u8]),
    /// How long the revision took, in milliseconds.
    Elapsed,
}

/// Applies all revisions to the database at the path that the program was started with.
pub fn upgrade(transactions: Transactions) -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: one|each DATABASE")?;
    let connection = Connection::open(path)?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    connection.execute_batch(data::DDL)?;
    let mut insert_revision = connection.prepare(data::INSERT_REVISION)?;
    let mut insert_event = connection.prepare(data::INSERT_EVENT)?;
    for revision in data::REVISIONS {
        if connection.is_autocommit() {
            connection.execute_batch("BEGIN IMMEDIATE")?;
        }
        let started = Instant::now();
        connection.execute_batch(revision.upgrade)?;
        let value = |field| Bound { field, started };
        insert_revision.execute(params_from_iter(revision.row.iter().map(value)))?;
        insert_event.execute(params_from_iter(revision.event.iter().map(value)))?;
        if transactions == Transactions::Each {
            connection.execute_batch("COMMIT")?;
        }
    }
    if transactions == Transactions::One {
        connection.execute_batch("COMMIT")?;
    }
    Ok(())
}

struct Bound {
    field: &'static Field,
    started: Instant,
}

impl ToSql for Bound {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.field {
            Field::Null => ToSqlOutput::Owned(Value::Null),
            Field::Integer(value) => (*value).into(),
            Field::Text(text) => (*text).into(),
            Field::Blob(bytes) => (*bytes).into(),
            Field::Elapsed => (self.started.elapsed().as_millis() as i64).into(),
        })
    }
}
