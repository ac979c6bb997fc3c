//! The driver for `sqlx::PgConnection`, plain, of a pool, or acquired from one.

use std::borrow::Cow;
use std::future::{Future, ready};

use revchain_core::{Dialect, TransactionEffect};
use sqlx_core::connection::Connection as _;
use sqlx_core::executor::Executor;
use sqlx_core::pool::{Pool, PoolConnection};
use sqlx_core::raw_sql::raw_sql;
use sqlx_core::row::Row as _;
use sqlx_core::sql_str::AssertSqlSafe;
use sqlx_core::{Either, Error, rt};
use sqlx_postgres::{PgConnection, PgDatabaseError, PgErrorPosition, PgRow, Postgres};

use super::asynchronous::{Connect, Driver, Performed, Prepared, drive, next};
use super::held::Held;
use crate::engine::{Action, Engine, Event, Failure};
use crate::error::Source;
use crate::sql::{Row, Sql};

impl Connect for &mut PgConnection {
    const DIALECT: Dialect = Dialect::Postgres;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        drive(Ok(PostgresDriver::new(Held::Plain(self))), run).await
    }
}

/// The connection is closed, and not given back, after a run that had something to do.
impl Connect for &mut PoolConnection<Postgres> {
    const DIALECT: Dialect = Dialect::Postgres;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        drive(Ok(PostgresDriver::new(Held::Acquired(self))), run).await
    }
}

/// A run that has something to do takes a connection out of the pool: a future that is dropped closes it.
impl Connect for &Pool<Postgres> {
    const DIALECT: Dialect = Dialect::Postgres;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        // In a box: with TLS, connecting is a large future.
        let held = Box::pin(self.acquire()).await.map(Held::of_pool);
        drive(held.map(PostgresDriver::new).map_err(Into::into), run).await
    }
}

/// Performs actions on a connection.
struct PostgresDriver<'c> {
    held: Held<'c, Postgres>,
    /// Whether a transaction is open, as far as the statements say that were sent.
    open: bool,
}

impl Driver for PostgresDriver<'_> {
    const CANNOT_PUT_BACK: &'static str = "a run does not copy a PostgreSQL database";

    /// The engine asks the server itself for what sqlx does not know.
    fn in_transaction(&mut self) -> impl Future<Output = Result<bool, Source>> + Send {
        ready(Ok(self.held.connection().is_in_transaction()))
    }

    async fn perform(&mut self, engine: &mut Engine<'_>, action: Action<'_>) -> Option<Event> {
        let done = match action {
            Action::Execute(statements) => self.execute(&statements).await,
            Action::Query(sql) => self.query(&sql, engine).await,
            Action::Own => {
                self.held.keep();
                Ok(())
            }
            Action::Wait(pause) => {
                rt::sleep(pause).await;
                Ok(())
            }
            Action::Tell(_) | Action::LockFile | Action::UnlockFile => Ok(()),
            Action::Backup { .. } | Action::Restore { .. } | Action::Discard => Err(Failure {
                statement: 0,
                offset: None,
                busy: false,
                code: None,
                in_transaction: self.open,
                source: format!("{}; pg_dump does", Self::CANNOT_PUT_BACK).into(),
            }),
            Action::Finish => return None,
        };
        Some(match done {
            Ok(()) => Event::Done { in_transaction: self.open },
            Err(failure) => Event::Failed(failure),
        })
    }

    /// Nothing can be sent while the server answers: a connection of a pool is closed, and on a plain one the next run finds
    /// what this one has left.
    fn abandon(&mut self, _: Action<'_>) -> Option<Event> {
        None
    }

    async fn finish(self) {
        self.held.finish().await;
    }
}

impl<'c> PostgresDriver<'c> {
    fn new(held: Held<'c, Postgres>) -> Self {
        Self { held, open: false }
    }

    /// Sends statements as one message of the simple protocol.
    async fn execute(&mut self, statements: &[Sql<'_>]) -> Result<(), Failure> {
        let message = Message::of(statements);
        let mut done = 0;
        let mut results =
            self.held.connection().fetch_many(raw_sql(AssertSqlSafe(message.text.clone())));
        let ended = loop {
            match next(&mut results).await {
                Some(Ok(Either::Left(_))) => done += 1,
                Some(Ok(Either::Right(_))) => {}
                Some(Err(error)) => break Err(error),
                None => break Ok(()),
            }
        };
        drop(results);
        for sql in statements.iter().take(done) {
            self.follow(&sql.text);
        }
        ended.map_err(|error| self.failure(&message, done, error))
    }

    async fn query(&mut self, sql: &Sql<'_>, engine: &mut Engine<'_>) -> Result<(), Failure> {
        let message = Message::of(std::slice::from_ref(sql));
        let mut results =
            self.held.connection().fetch_many(raw_sql(AssertSqlSafe(message.text.clone())));
        let ended = loop {
            match next(&mut results).await {
                Some(Ok(Either::Left(_))) => {}
                Some(Ok(Either::Right(row))) => engine.row(&row),
                Some(Err(error)) => break Err(error),
                None => break Ok(()),
            }
        };
        drop(results);
        ended.map_err(|error| self.failure(&message, 0, error))
    }

    /// Follows what a statement means for the transaction.
    fn follow(&mut self, text: &str) {
        let Ok(split) = Dialect::Postgres.split(text) else { return };
        match Dialect::Postgres.transaction_control(&split.tokens).map(|control| control.effect()) {
            Some(TransactionEffect::Opens) => self.open = true,
            Some(TransactionEffect::Closes) => self.open = false,
            None => {}
        }
    }

    fn failure(&self, message: &Message, done: usize, error: Error) -> Failure {
        let in_transaction = self.open;
        let refused = error.as_database_error();
        let Some(error) = refused.and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
        else {
            let (offset, busy, code) = (None, false, None);
            return Failure {
                statement: done,
                offset,
                busy,
                code,
                in_transaction,
                source: error.into(),
            };
        };
        let place = match error.position() {
            Some(PgErrorPosition::Original(position)) => message.place(position),
            _ => None,
        };
        let (statement, offset) = place.map_or((done, None), |(at, offset)| (at, Some(offset)));
        let mut words = error.message().to_owned();
        for more in [error.detail(), error.hint()].into_iter().flatten() {
            words = format!("{words}; {more}");
        }
        Failure {
            statement,
            offset,
            busy: Dialect::Postgres.is_busy(error.code()),
            code: Some(error.code().to_owned()),
            in_transaction,
            source: words.into(),
        }
    }
}

/// Statements that travel together.
struct Message {
    text: String,
    /// Where each begins, in bytes.
    starts: Vec<usize>,
}

impl Message {
    fn of(statements: &[Sql<'_>]) -> Self {
        let mut message = Self { text: String::new(), starts: Vec::new() };
        for sql in statements {
            message.starts.push(message.text.len());
            if sql.values.is_empty() {
                message.text.push_str(&sql.text);
            } else {
                message.text.push_str(&sql.written_out(Dialect::Postgres));
            }
            message.text.push_str(";\n");
        }
        message
    }

    /// Returns the statement at a position, which counts characters from 1, and the offset in it in bytes.
    fn place(&self, position: usize) -> Option<(usize, usize)> {
        let (byte, _) = self.text.char_indices().nth(position.checked_sub(1)?)?;
        let statement = self.starts.partition_point(|start| *start <= byte).checked_sub(1)?;
        Some((statement, byte - self.starts[statement]))
    }
}

impl Row for PgRow {
    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        self.try_get_unchecked::<Option<&str>, _>(column).ok().flatten().map(Cow::Borrowed)
    }

    fn integer(&self, column: usize) -> Option<i64> {
        self.text(column)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_in_characters_is_a_statement_and_an_offset_in_bytes() {
        let message = Message::of(&[Sql::plain("SELECT 'ü'"), Sql::plain("SELECT 'ß', ölig")]);
        let position = message.text.chars().position(|c| c == 'ö').expect("it is there") + 1;
        assert_eq!(message.place(position), Some((1, "SELECT 'ß', ".len())));
        assert_eq!(message.place(1), Some((0, 0)));
        assert_eq!(message.place(0), None);
        assert_eq!(message.place(1000), None);
    }
}
