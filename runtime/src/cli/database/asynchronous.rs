//! Runs on a connection of sqlx what other verbs run without a runtime.

use std::future::{Future, poll_fn};
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres"))]
use std::time::Duration;

use sqlx_core::Either;
use sqlx_core::column::ColumnIndex;
use sqlx_core::connection::Connection;
use sqlx_core::database::Database;
use sqlx_core::decode::Decode;
use sqlx_core::executor::Executor;
use sqlx_core::raw_sql::raw_sql;
use sqlx_core::row::Row as _;
use sqlx_core::sql_str::AssertSqlSafe;
use sqlx_core::types::Type;
use tokio::runtime::{Builder, Runtime};

use super::refusal::Refusal;
use super::{Connected, Refused};
use crate::{AsyncConnection, Current, Error, Plan, Pooler, Report, Run, Status, Verify};

/// How long a server may take to answer, where the URL has no `connect_timeout`.
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres"))]
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Waits so long for a server to answer.
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres"))]
pub(super) async fn within<F: Future>(
    most: Option<Duration>,
    connecting: F,
) -> Result<F::Output, Refusal> {
    let most = most.unwrap_or(CONNECT_TIMEOUT);
    tokio::time::timeout(most, connecting)
        .await
        .map_err(|_| Refusal::unreachable(format!("it did not answer within {} s", most.as_secs())))
}

/// A connection and the runtime that drives it.
pub(super) struct Driven<C> {
    connection: C,
    runtime: Runtime,
    pooler: Pooler,
}

impl<C> Driven<C>
where
    for<'c> &'c mut C: AsyncConnection,
{
    /// Connects, on a runtime of its own.
    pub(super) fn connect<F>(pooler: Pooler, connecting: F) -> Result<Self, Refusal>
    where
        F: Future<Output = Result<C, Refusal>>,
    {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Refusal::wrong(error.to_string()))?;
        let connection = runtime.block_on(connecting)?;
        Ok(Self { connection, runtime, pooler })
    }
}

impl<C> Connected for Driven<C>
where
    C: Connection,
    for<'c> &'c mut C: AsyncConnection + Executor<'c, Database = C::Database>,
    for<'r> String: Decode<'r, C::Database> + Type<C::Database>,
    usize: ColumnIndex<<C::Database as Database>::Row>,
{
    fn run(&mut self, run: Run<'_>) -> Result<Report, Error> {
        let run = run.pooler(self.pooler);
        self.runtime.block_on(run.run_async(&mut self.connection))
    }

    fn plan(&mut self, run: Run<'_>) -> Result<Plan, Error> {
        let run = run.pooler(self.pooler);
        self.runtime.block_on(run.plan_async(&mut self.connection))
    }

    fn current(&mut self, current: Current<'_>) -> Result<Status, Error> {
        self.runtime.block_on(current.run_async(&mut self.connection))
    }

    fn verify(&mut self, verify: Verify<'_>) -> Result<(), Error> {
        self.runtime.block_on(verify.run_async(&mut self.connection))
    }

    fn execute(&mut self, sql: &str) -> Result<(), Refused> {
        let statement = raw_sql(AssertSqlSafe(sql.to_owned()));
        let executed = self.connection.execute(statement);
        self.runtime.block_on(executed).map(|_| ()).map_err(|error| refused(&error))
    }

    fn texts(&mut self, sql: &str) -> Result<Vec<String>, Refused> {
        let statement = raw_sql(AssertSqlSafe(sql.to_owned()));
        let rows = self.runtime.block_on(self.connection.fetch_all(statement));
        let rows = rows.map_err(|error| refused(&error))?;
        rows.iter().map(|row| row.try_get(0).map_err(|error| refused(&error))).collect()
    }

    fn rows(&mut self, sql: &str) -> Result<Vec<super::Row>, Refused> {
        let statement = raw_sql(AssertSqlSafe(sql.to_owned()));
        let rows = self.runtime.block_on(self.connection.fetch_all(statement));
        let rows = rows.map_err(|error| refused(&error))?;
        rows.iter().map(texts::<C::Database>).collect()
    }

    fn answers(&mut self, queries: &[String]) -> Result<Vec<Vec<super::Row>>, Refused> {
        let statement = raw_sql(AssertSqlSafe(queries.join(";\n")));
        let mut stream = self.connection.fetch_many(statement);
        let mut answers = vec![Vec::new()];
        self.runtime.block_on(async {
            while let Some(next) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
                match next.map_err(|error| refused(&error))? {
                    Either::Left(_) => answers.push(Vec::new()),
                    Either::Right(row) => {
                        let row = texts::<C::Database>(&row)?;
                        if let Some(rows) = answers.last_mut() {
                            rows.push(row);
                        }
                    }
                }
            }
            Ok(())
        })?;
        answers.truncate(queries.len());
        Ok(answers)
    }
}

/// Reads a row: in the simple protocol every value comes as text, whatever its type.
fn texts<D: Database>(row: &D::Row) -> Result<super::Row, Refused>
where
    for<'r> String: Decode<'r, D> + Type<D>,
    usize: ColumnIndex<D::Row>,
{
    let values = (0..row.len()).map(|column| row.try_get_unchecked(column));
    values.collect::<Result<super::Row, _>>().map_err(|error| refused(&error))
}

/// Takes what the database has against a statement; PostgreSQL, MySQL and SQLite say in these ways that a table is missing.
fn refused(error: &sqlx_core::Error) -> Refused {
    let database = error.as_database_error();
    let words = database.map_or_else(|| error.to_string(), |error| error.message().to_owned());
    let code = database.and_then(|error| error.code()).unwrap_or_default();
    let no_table = ["42P01", "3F000", "42S02"].contains(&&*code) || words.contains("no such table");
    Refused { words, no_table }
}
