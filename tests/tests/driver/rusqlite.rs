//! The driver for `rusqlite`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use revchain::{Current, Dialect, Error, Plan, Report, Run, Status, Verify};
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

use crate::contract::{Driver, Result, Sqlite};

pub(crate) struct Rusqlite {
    _folder: TempDir,
    file: PathBuf,
}

impl Driver for Rusqlite {
    const DIALECT: Dialect = Dialect::Sqlite;
    type Connection = Connection;

    fn fresh() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("test.db");
        Ok(Self { _folder: folder, file })
    }

    fn connect(&self) -> Result<Connection> {
        let connection = Connection::open(&self.file)?;
        // Otherwise SQLite itself waits five seconds before the engine hears that it is busy.
        connection.busy_timeout(Duration::ZERO)?;
        Ok(connection)
    }

    fn run(connection: &mut Connection, run: Run<'_>) -> std::result::Result<Report, Error> {
        run.run(connection)
    }

    fn plan(connection: &mut Connection, run: Run<'_>) -> std::result::Result<Plan, Error> {
        run.plan(connection)
    }

    fn verify(connection: &mut Connection, verify: Verify<'_>) -> std::result::Result<(), Error> {
        verify.run(connection)
    }

    fn current(
        connection: &mut Connection,
        current: Current<'_>,
    ) -> std::result::Result<Status, Error> {
        current.run(connection)
    }

    fn execute(connection: &mut Connection, sql: &str) -> Result {
        Ok(connection.execute_batch(sql)?)
    }

    fn rows(connection: &mut Connection, sql: &str) -> Result<Vec<String>> {
        let mut statement = connection.prepare(sql)?;
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let column = |index| {
                Ok(match row.get(index)? {
                    Value::Null => String::new(),
                    Value::Integer(number) => number.to_string(),
                    Value::Real(number) => number.to_string(),
                    Value::Text(text) => text,
                    Value::Blob(bytes) => format!("{bytes:?}"),
                })
            };
            Ok((0..columns).map(column).collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn in_transaction(connection: &mut Connection) -> Result<bool> {
        Ok(!connection.is_autocommit())
    }
}

impl Sqlite for Rusqlite {
    fn file(&self) -> &Path {
        &self.file
    }
}
