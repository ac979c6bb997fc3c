//! The driver for `rusqlite::Connection`.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use revchain_core::rust;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Batch, Connection, ErrorCode, MAIN_DB, OpenFlags, ToSql, params_from_iter};

use crate::driver::file_lock::FileLock;
use crate::engine::{Action, Engine, Event, Failure, Outcome};
use crate::error::{Error, Source, find};
use crate::function::Call;
use crate::report::Progress;
use crate::sql::{Row, Sql, Value};

/// Performs a run on a connection.
pub(crate) fn drive(
    engine: Engine<'_>,
    connection: &mut Connection,
    observer: Option<&mut dyn FnMut(&Progress)>,
) -> Result<Outcome, Error> {
    let mut engine = engine;
    engine.called_by(rust::Driver::Rusqlite);
    let began = Instant::now();
    let driver = Driver { connection, lock: FileLock::default(), copy: None };
    let mut run = Run { engine: Some(engine), driver, began };
    run.perform(observer);
    run.engine.take().map_or_else(|| unreachable!("a run is performed once"), Engine::outcome)
}

/// A run that ends in order even when the observer panics.
struct Run<'s, 'c> {
    engine: Option<Engine<'s>>,
    driver: Driver<'c>,
    began: Instant,
}

impl Run<'_, '_> {
    fn perform(&mut self, mut observer: Option<&mut dyn FnMut(&Progress)>) {
        let Some(engine) = &mut self.engine else { return };
        let mut action = engine.start(self.driver.in_transaction());
        loop {
            if let (Action::Tell(progress), Some(observer)) = (&action, &mut observer) {
                observer(progress);
            }
            let Some(event) = self.driver.perform(engine, action) else { return };
            action = engine.step(event, self.began.elapsed());
        }
    }
}

impl Drop for Run<'_, '_> {
    fn drop(&mut self) {
        let Some(engine) = &mut self.engine else { return };
        let mut action = engine.abandon(self.driver.in_transaction());
        while let Some(event) = self.driver.perform(engine, action) {
            action = engine.step(event, self.began.elapsed());
        }
    }
}

struct Driver<'c> {
    connection: &'c mut Connection,
    /// The lock beside the database's file, while it is held.
    lock: FileLock,
    /// The copy of the database, and its file.
    copy: Option<(Connection, Option<PathBuf>)>,
}

/// Why an action was not done.
enum Undone {
    /// The statement with this number was refused.
    Statement(usize, rusqlite::Error),
    /// Another connection has what is needed.
    Busy,
    /// The file's lock is held by another.
    Locked,
    /// The file is there already.
    Exists,
    /// The system refused.
    System(io::Error),
    /// The function of a revision failed.
    Function(Source),
}

impl From<rusqlite::Error> for Undone {
    fn from(error: rusqlite::Error) -> Self {
        Self::Statement(0, error)
    }
}

impl From<io::Error> for Undone {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl Driver<'_> {
    fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// Performs an action; nothing when the run is at its end.
    fn perform(&mut self, engine: &mut Engine<'_>, action: Action<'_>) -> Option<Event> {
        let done = match action {
            Action::Execute(statements) => self.execute(&statements),
            Action::Query(sql) => self.query(&sql, engine).map_err(Undone::from),
            Action::Call(call) => self.call(call),
            Action::Own => Ok(()),
            Action::LockFile => self.lock(),
            Action::UnlockFile => {
                self.lock.release();
                Ok(())
            }
            Action::Backup { schema, path } => self.backup(schema, path),
            Action::Restore { schema } => self.restore(schema),
            Action::Discard => self.discard().map_err(Undone::from),
            Action::Wait(pause) => {
                std::thread::sleep(pause);
                Ok(())
            }
            Action::Tell(_) => Ok(()),
            Action::Finish => return None,
        };
        Some(match done {
            Ok(()) => Event::Done { in_transaction: self.in_transaction() },
            Err(Undone::Locked) => Event::Locked,
            Err(Undone::Exists) => Event::Exists,
            Err(Undone::Statement(statement, error)) => {
                Event::Failed(self.sqlite_failure(statement, error))
            }
            Err(Undone::Busy) => {
                let source = "database is locked".into();
                Event::Failed(Failure { busy: true, ..self.failure(0, source) })
            }
            Err(Undone::System(error)) => Event::Failed(self.failure(0, error.into())),
            Err(Undone::Function(source)) => {
                let busy = find::<rusqlite::Error>(&*source).is_some_and(is_busy);
                Event::Failed(Failure { busy, ..self.failure(0, source) })
            }
        })
    }

    fn execute(&self, statements: &[Sql<'_>]) -> Result<(), Undone> {
        for (index, sql) in statements.iter().enumerate() {
            let done = if sql.values.is_empty() {
                self.execute_all(&sql.text)
            } else {
                self.connection
                    .prepare_cached(&sql.text)
                    .and_then(|mut statement| statement.execute(params_from_iter(&sql.values)))
                    .map(|_| ())
            };
            done.map_err(|error| Undone::Statement(index, error))?;
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

    fn call(&self, call: Call) -> Result<(), Undone> {
        match call {
            Call::Rusqlite(function) => function(self.connection).map_err(Undone::Function),
            _ => Err(Undone::Function("the function takes another connection".into())),
        }
    }

    fn query(&self, sql: &Sql<'_>, engine: &mut Engine<'_>) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(&sql.text)?;
        let mut rows = statement.query(params_from_iter(&sql.values))?;
        while let Some(row) = rows.next()? {
            engine.row(row);
        }
        Ok(())
    }

    fn lock(&mut self) -> Result<(), Undone> {
        if self.lock.take(self.connection.path())? { Ok(()) } else { Err(Undone::Locked) }
    }

    /// Copies a database of the connection; of a copy that fails no file stays.
    fn backup(&mut self, schema: &str, path: Option<PathBuf>) -> Result<(), Undone> {
        let Some(path) = path else {
            let mut copy = Connection::open_in_memory()?;
            copy_pages(self.connection, schema, &mut copy, MAIN_DB)?;
            self.copy = Some((copy, None));
            return Ok(());
        };
        match File::options().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Undone::Exists);
            }
            file => drop(file?),
        }
        match self.backup_into(schema, &path) {
            Ok(copy) => {
                self.copy = Some((copy, Some(path)));
                Ok(())
            }
            Err(undone) => {
                let _ = std::fs::remove_file(&path);
                Err(undone)
            }
        }
    }

    /// Copies into an empty file, which nobody may read who may not read the database.
    fn backup_into(&self, schema: &str, path: &Path) -> Result<Connection, Undone> {
        // A database in memory has no file, and no permissions.
        if let Some(Ok(database)) = self.connection.path().map(std::fs::metadata) {
            std::fs::set_permissions(path, database.permissions())?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut copy = Connection::open_with_flags(path, flags)?;
        copy_pages(self.connection, schema, &mut copy, MAIN_DB)?;
        Ok(copy)
    }

    fn restore(&mut self, schema: &str) -> Result<(), Undone> {
        match &self.copy {
            Some((copy, _)) => copy_pages(copy, MAIN_DB, self.connection, schema),
            None => Err(Undone::System(io::ErrorKind::NotFound.into())),
        }
    }

    fn discard(&mut self) -> io::Result<()> {
        let path = self.copy.take().and_then(|(_, path)| path);
        path.map_or(Ok(()), std::fs::remove_file)
    }

    fn sqlite_failure(&self, statement: usize, error: rusqlite::Error) -> Failure {
        let busy = is_busy(&error);
        let (offset, words) = match &error {
            rusqlite::Error::SqlInputError { msg, offset, .. } => {
                (usize::try_from(*offset).ok(), Some(msg.clone()))
            }
            _ => (None, None),
        };
        let source = words.map_or_else(|| error.into(), Into::into);
        Failure { offset, busy, ..self.failure(statement, source) }
    }

    fn failure(&self, statement: usize, source: Source) -> Failure {
        let in_transaction = self.in_transaction();
        Failure { statement, offset: None, busy: false, code: None, in_transaction, source }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Copies all pages in one transaction of each side.
fn copy_pages(
    from: &Connection,
    from_name: impl rusqlite::Name,
    to: &mut Connection,
    to_name: impl rusqlite::Name,
) -> Result<(), Undone> {
    match Backup::new_with_names(from, from_name, to, to_name)?.step(-1)? {
        StepResult::Busy | StepResult::Locked => Err(Undone::Busy),
        _ => Ok(()),
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
        let value = self.get_ref(column).unwrap_or(ValueRef::Null);
        matches!(value, ValueRef::Text(bytes) if bytes == text.as_bytes())
    }

    fn integer(&self, column: usize) -> Option<i64> {
        self.get_ref(column).ok()?.as_i64().ok()
    }
}
