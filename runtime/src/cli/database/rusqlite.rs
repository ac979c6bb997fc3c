//! Opens SQLite files with rusqlite.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::sqlite::{Opening, no_database, unreachable};
use super::{Connected, Refused, Row};
use crate::cli::failure::Failure;
use crate::cli::url::DatabaseUrl;
use crate::{Current, Error, Plan, Report, Run, Status, Verify};

/// Opens a database.
pub(super) fn open(opening: Opening, url: &DatabaseUrl) -> Result<Connection, Failure> {
    let Opening::File { path, read_only, create } = opening else {
        return Connection::open_in_memory().map_err(|error| unreachable(url, error));
    };
    let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags |= if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    };
    if create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let opened = Connection::open_with_flags(&path, flags);
    let connection = opened.map_err(|error| unreachable(url, error))?;
    // SQLite opens whatever it is given, and reads it with the first question.
    let read = connection.pragma_query(None, "schema_version", |_| Ok(()));
    if read.is_err_and(|error| error.sqlite_error_code() == Some(ErrorCode::NotADatabase)) {
        return Err(no_database(url));
    }
    Ok(connection)
}

impl Connected for Connection {
    fn run(&mut self, run: Run<'_>) -> Result<Report, Error> {
        run.run(self)
    }

    fn plan(&mut self, run: Run<'_>) -> Result<Plan, Error> {
        run.plan(self)
    }

    fn current(&mut self, current: Current<'_>) -> Result<Status, Error> {
        current.run(self)
    }

    fn verify(&mut self, verify: Verify<'_>) -> Result<(), Error> {
        verify.run(self)
    }

    fn execute(&mut self, sql: &str) -> Result<(), Refused> {
        self.execute_batch(sql).map_err(refused)
    }

    fn texts(&mut self, sql: &str) -> Result<Vec<String>, Refused> {
        let mut statement = self.prepare(sql).map_err(refused)?;
        let rows = statement.query_map([], |row| row.get(0)).map_err(refused)?;
        rows.collect::<rusqlite::Result<_>>().map_err(refused)
    }

    fn rows(&mut self, sql: &str) -> Result<Vec<Row>, Refused> {
        let read = || {
            let mut statement = self.prepare(sql)?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            let mut texts = Vec::new();
            while let Some(row) = rows.next()? {
                let values = (0..columns).map(|column| row.get_ref(column).map(text));
                texts.push(values.collect::<rusqlite::Result<Row>>()?);
            }
            Ok(texts)
        };
        read().map_err(refused)
    }
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
    }
}

fn refused(error: rusqlite::Error) -> Refused {
    let words = error.to_string();
    Refused { no_table: words.contains("no such table"), words }
}
