//! The driver for `rusqlite::Connection`.

use std::borrow::Cow;
use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::Instant;

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Batch, Connection, ErrorCode, ToSql, params_from_iter};

use crate::engine::{Action, Engine, Event, Failure, Outcome};
use crate::error::Error;
use crate::report::Progress;
use crate::sql::{Row, Sql, Value};

/// Performs a run on a connection.
pub(crate) fn drive(
    engine: Engine<'_>,
    connection: &mut Connection,
    observer: Option<&mut dyn FnMut(&Progress)>,
) -> Result<Outcome, Error> {
    let began = Instant::now();
    let driver = Driver { connection, file: None };
    let mut run = Run { engine: Some(engine), driver };
    run.perform(began, observer);
    run.engine.take().map_or_else(|| unreachable!("a run is performed once"), Engine::outcome)
}

/// A run that ends in order even when the observer panics.
struct Run<'s, 'c> {
    engine: Option<Engine<'s>>,
    driver: Driver<'c>,
}

impl Run<'_, '_> {
    fn perform(&mut self, began: Instant, mut observer: Option<&mut dyn FnMut(&Progress)>) {
        let Some(engine) = &mut self.engine else { return };
        let mut action = engine.start(self.driver.in_transaction());
        loop {
            if let (Action::Tell(progress), Some(observer)) = (&action, &mut observer) {
                observer(progress);
            }
            let Some(event) = self.driver.perform(engine, action) else { return };
            action = engine.step(event, began.elapsed());
        }
    }
}

impl Drop for Run<'_, '_> {
    fn drop(&mut self) {
        let Some(engine) = &mut self.engine else { return };
        let mut action = engine.abandon(self.driver.in_transaction());
        while let Some(event) = self.driver.perform(engine, action) {
            action = engine.step(event, std::time::Duration::ZERO);
        }
    }
}

struct Driver<'c> {
    connection: &'c mut Connection,
    /// The lock beside the database's file, while it is held.
    file: Option<File>,
}

impl Driver<'_> {
    fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Performs an action; nothing when the run is at its end.
    fn perform(&mut self, engine: &mut Engine<'_>, action: Action<'_>) -> Option<Event> {
        let done = match action {
            Action::Execute(statements) => self.execute(&statements),
            Action::Query(sql) => self.query(&sql, engine).map_err(|error| (0, error)),
            Action::LockFile => match self.lock() {
                Ok(true) => Ok(()),
                Ok(false) => return Some(Event::Locked),
                Err(error) => return Some(Event::Failed(self.failure(0, error.into()))),
            },
            Action::UnlockFile => {
                // Closing the file releases its lock.
                self.file = None;
                Ok(())
            }
            Action::Wait(pause) => {
                std::thread::sleep(pause);
                Ok(())
            }
            Action::Tell(_) => Ok(()),
            Action::Finish => return None,
        };
        Some(match done {
            Ok(()) => Event::Done { in_transaction: self.in_transaction() },
            Err((statement, error)) => Event::Failed(self.sqlite_failure(statement, error)),
        })
    }

    fn execute(&self, statements: &[Sql<'_>]) -> Result<(), (usize, rusqlite::Error)> {
        for (index, sql) in statements.iter().enumerate() {
            let done = if sql.values.is_empty() {
                self.execute_all(&sql.text)
            } else {
                self.connection
                    .prepare_cached(&sql.text)
                    .and_then(|mut statement| statement.execute(params_from_iter(&sql.values)))
                    .map(|_| ())
            };
            done.map_err(|error| (index, error))?;
        }
        Ok(())
    }

    /// Executes all that stands in a text, and reads the rows of each statement to the end.
    fn execute_all(&self, text: &str) -> rusqlite::Result<()> {
        let mut batch = Batch::new(self.connection, text);
        while let Some(mut statement) = batch.next()? {
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
        }
        Ok(())
    }

    fn query(&self, sql: &Sql<'_>, engine: &mut Engine<'_>) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(&sql.text)?;
        let mut rows = statement.query(params_from_iter(&sql.values))?;
        while let Some(row) = rows.next()? {
            engine.row(row);
        }
        Ok(())
    }

    /// Tries to lock the file beside the database; a database in memory belongs to this connection anyway.
    fn lock(&mut self) -> std::io::Result<bool> {
        let Some(database) = self.connection.path().filter(|path| !path.is_empty()) else {
            return Ok(true);
        };
        let path = PathBuf::from(format!("{database}-revchain"));
        let file = File::options().create(true).append(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {
                self.file = Some(file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn sqlite_failure(&self, statement: usize, error: rusqlite::Error) -> Failure {
        let busy = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        );
        let (offset, words) = match &error {
            rusqlite::Error::SqlInputError { msg, offset, .. } => {
                (usize::try_from(*offset).ok(), Some(msg.clone()))
            }
            _ => (None, None),
        };
        let source = words.map_or_else(|| error.into(), Into::into);
        Failure { offset, busy, ..self.failure(statement, source) }
    }

    fn failure(&self, statement: usize, source: crate::error::Source) -> Failure {
        let in_transaction = self.in_transaction();
        Failure { statement, offset: None, busy: false, in_transaction, source }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl Row for rusqlite::Row<'_> {
    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        match self.get_ref(column).ok()? {
            ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            ValueRef::Integer(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    fn is(&self, column: usize, text: &str) -> bool {
        matches!(self.get_ref(column), Ok(ValueRef::Text(bytes)) if bytes == text.as_bytes())
    }

    fn integer(&self, column: usize) -> Option<i64> {
        self.get_ref(column).ok()?.as_i64().ok()
    }
}
