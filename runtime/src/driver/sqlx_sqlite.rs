//! The driver for `sqlx::SqliteConnection`, plain, of a pool, or acquired from one.

use std::borrow::Cow;
use std::fs::File;
use std::future::{Future, ready};
use std::io;
use std::ops::DerefMut;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Waker};

use revchain_core::{Dialect, rust};
use sqlx_core::connection::Connection as _;
use sqlx_core::executor::Executor;
use sqlx_core::pool::{Pool, PoolConnection};
use sqlx_core::query::query;
use sqlx_core::raw_sql::raw_sql;
use sqlx_core::row::Row as _;
use sqlx_core::sql_str::AssertSqlSafe;
use sqlx_core::{Either, Error, rt};
use sqlx_sqlite::{Sqlite, SqliteConnection, SqliteRow};

use super::asynchronous::{Connect, Driver, Performed, Prepared, drive, next};
use super::file_lock::FileLock;
use crate::engine::{Action, Engine, Event, Failure};
use crate::error::{Source, find};
use crate::function::Call;
use crate::sql::{Row, Sql, Value};

impl Connect for &mut SqliteConnection {
    const DIALECT: Dialect = Dialect::Sqlite;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        drive(Ok(SqliteDriver::new(self)), run).await
    }
}

impl Connect for &mut PoolConnection<Sqlite> {
    const DIALECT: Dialect = Dialect::Sqlite;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        drive(Ok(SqliteDriver::new(&mut **self)), run).await
    }
}

/// The connection goes back to the pool: with it would go a database in memory.
impl Connect for &Pool<Sqlite> {
    const DIALECT: Dialect = Dialect::Sqlite;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        drive(self.acquire().await.map(SqliteDriver::new).map_err(Into::into), run).await
    }
}

/// Performs actions on a connection.
struct SqliteDriver<C> {
    connection: C,
    lock: FileLock,
}

/// Why an action was not done.
enum Undone {
    /// The statement with this number was refused.
    Statement(usize, Error),
    /// The file's lock is held by another.
    Locked,
    /// The file is there already.
    Exists,
    /// The system refused, or the driver, or the function of a revision failed.
    Other(Source),
}

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        Self::Statement(0, error)
    }
}

impl From<io::Error> for Undone {
    fn from(error: io::Error) -> Self {
        Self::Other(error.into())
    }
}

impl<C: DerefMut<Target = SqliteConnection> + Send> Driver for SqliteDriver<C> {
    const CANNOT_PUT_BACK: &'static str = "sqlx does not offer SQLite's backup";
    const CALLS: rust::Driver = rust::Driver::SqlxSqlite;

    /// `BEGIN` is refused where a transaction is open, and locks nothing: sqlx knows only of those that it began itself.
    async fn in_transaction(&mut self) -> Result<bool, Source> {
        match self.connection.begin_with("BEGIN").await {
            Ok(transaction) => {
                transaction.rollback().await?;
                Ok(false)
            }
            Err(Error::Database(_) | Error::InvalidSavePointStatement) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    async fn perform(&mut self, engine: &mut Engine<'_>, action: Action<'_>) -> Option<Event> {
        let done = match action {
            Action::Execute(statements) => self.execute(&statements).await,
            Action::Query(sql) => self.query(&sql, engine).await.map_err(Undone::from),
            Action::Call(call) => self.call(call).await,
            Action::Own => Ok(()),
            Action::LockFile => self.lock().await,
            Action::UnlockFile => {
                self.lock.release();
                Ok(())
            }
            Action::Backup { schema, path: Some(path) } => self.backup(schema, &path).await,
            Action::Backup { path: None, .. } | Action::Restore { .. } | Action::Discard => {
                Err(Undone::Other(Self::CANNOT_PUT_BACK.into()))
            }
            Action::Wait(pause) => {
                rt::sleep(pause).await;
                Ok(())
            }
            Action::Tell(_) => Ok(()),
            Action::Finish => return None,
        };
        let in_transaction = self.in_transaction().await.unwrap_or(true);
        Some(match done {
            Ok(()) => Event::Done { in_transaction },
            Err(Undone::Locked) => Event::Locked,
            Err(Undone::Exists) => Event::Exists,
            Err(Undone::Statement(statement, error)) => {
                Event::Failed(failure(statement, error, in_transaction))
            }
            Err(Undone::Other(source)) => {
                let code = find::<Error>(&*source).and_then(code_of);
                let busy = code.is_some_and(|code| Dialect::Sqlite.is_busy(&code));
                let (statement, offset) = (0, None);
                Event::Failed(Failure {
                    statement,
                    offset,
                    busy,
                    code: None,
                    in_transaction,
                    source,
                })
            }
        })
    }

    fn abandon(&mut self, action: Action<'_>) -> Option<Event> {
        match action {
            Action::Finish => return None,
            Action::UnlockFile => self.lock.release(),
            Action::Execute(statements) => {
                statements.into_iter().for_each(|sql| self.leave_behind(sql));
            }
            _ => {}
        }
        Some(Event::Done { in_transaction: false })
    }

    fn finish(self) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

impl<C: DerefMut<Target = SqliteConnection> + Send> SqliteDriver<C> {
    fn new(connection: C) -> Self {
        Self { connection, lock: FileLock::default() }
    }

    async fn execute(&mut self, statements: &[Sql<'_>]) -> Result<(), Undone> {
        for (index, sql) in statements.iter().enumerate() {
            let text = AssertSqlSafe(sql.text.to_string());
            let done = if sql.values.is_empty() {
                raw_sql(text).execute(&mut *self.connection).await
            } else {
                bound(text, sql).execute(&mut *self.connection).await
            };
            done.map_err(|error| Undone::Statement(index, error))?;
        }
        Ok(())
    }

    async fn call(&mut self, call: Call) -> Result<(), Undone> {
        match call {
            Call::SqlxSqlite(function) => {
                function(&mut self.connection).await.map_err(Undone::Other)
            }
            _ => Err(Undone::Other("the function takes another connection".into())),
        }
    }

    async fn query(&mut self, sql: &Sql<'_>, engine: &mut Engine<'_>) -> sqlx_core::Result<()> {
        let query = bound(AssertSqlSafe(sql.text.to_string()), sql);
        let mut results = self.connection.fetch_many(query);
        while let Some(result) = next(&mut results).await {
            if let Either::Right(row) = result? {
                engine.row(&row);
            }
        }
        Ok(())
    }

    /// Sends a statement that is executed before whatever the connection is used for next, behind what is being executed:
    /// a connection is a thread, and the first poll puts the statement into its queue.
    fn leave_behind(&mut self, sql: Sql<'_>) {
        let text = AssertSqlSafe(sql.text.into_owned());
        let execution = pin!(raw_sql(text).execute(&mut *self.connection));
        let _ = execution.poll(&mut Context::from_waker(Waker::noop()));
    }

    async fn lock(&mut self) -> Result<(), Undone> {
        let database = self.file_of("main").await?;
        if self.lock.take(database.as_deref())? { Ok(()) } else { Err(Undone::Locked) }
    }

    /// Returns the file of a database of the connection; none in memory.
    async fn file_of(&mut self, schema: &str) -> sqlx_core::Result<Option<String>> {
        let text = "SELECT file FROM pragma_database_list WHERE name = ? COLLATE NOCASE";
        let query = query::<Sqlite>(text).bind(schema.to_owned());
        let row = self.connection.fetch_optional(query).await?;
        let file = row.and_then(|row| Row::text(&row, 0).map(Cow::into_owned));
        Ok(file.filter(|file| !file.is_empty()))
    }

    /// Copies a database of the connection into a file that nobody may read who may not read the database; of a copy that
    /// fails no file stays.
    async fn backup(&mut self, schema: &str, path: &Path) -> Result<(), Undone> {
        let database = self.file_of(schema).await?;
        match File::options().write(true).create_new(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Undone::Exists);
            }
            file => drop(file?),
        }
        let copied = self.backup_into(schema, path, database.as_deref()).await;
        if copied.is_err() {
            let _ = std::fs::remove_file(path);
        }
        copied
    }

    async fn backup_into(
        &mut self,
        schema: &str,
        path: &Path,
        database: Option<&str>,
    ) -> Result<(), Undone> {
        if let Some(Ok(database)) = database.map(std::fs::metadata) {
            std::fs::set_permissions(path, database.permissions())?;
        }
        let Some(name) = path.to_str() else {
            return Err(Undone::Other("the name of the file is not UTF-8".into()));
        };
        let schema = Dialect::Sqlite.quote_identifier(schema);
        let query = query::<Sqlite>(AssertSqlSafe(format!("VACUUM {schema} INTO ?")));
        query.bind(name.to_owned()).execute(&mut *self.connection).await?;
        Ok(())
    }
}

type Query = sqlx_core::query::Query<'static, Sqlite, sqlx_sqlite::SqliteArguments>;

fn bound(text: AssertSqlSafe<String>, sql: &Sql<'_>) -> Query {
    sql.values.iter().fold(query(text), |query, value| match value {
        Value::Null => query.bind(None::<i64>),
        Value::Integer(number) => query.bind(*number),
        Value::Text(text) => query.bind(text.to_string()),
    })
}

fn code_of(error: &Error) -> Option<String> {
    error.as_database_error().and_then(|error| Some(error.code()?.into_owned()))
}

fn failure(statement: usize, error: Error, in_transaction: bool) -> Failure {
    let code = code_of(&error);
    let busy = code.as_deref().is_some_and(|code| Dialect::Sqlite.is_busy(code));
    let words = error.as_database_error().map(|error| error.message().to_owned());
    let source = words.map_or_else(|| error.into(), Into::into);
    Failure { statement, offset: None, busy, code, in_transaction, source }
}

impl Row for SqliteRow {
    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        match self.try_get::<Option<&str>, _>(column) {
            Ok(text) => text.map(Cow::Borrowed),
            Err(_) => self.integer(column).map(|number| Cow::Owned(number.to_string())),
        }
    }

    fn integer(&self, column: usize) -> Option<i64> {
        self.try_get::<Option<i64>, _>(column).ok().flatten()
    }
}
