//! The driver for `sqlx::MySqlConnection`, plain, of a pool, or acquired from one: MySQL and MariaDB.

use std::borrow::Cow;

use revchain_core::{Dialect, TransactionEffect, rust};
use sqlx_core::connection::Connection as _;
use sqlx_core::executor::Executor;
use sqlx_core::pool::{Pool, PoolConnection};
use sqlx_core::raw_sql::raw_sql;
use sqlx_core::row::Row as _;
use sqlx_core::sql_str::AssertSqlSafe;
use sqlx_core::{Either, Error, rt};
use sqlx_mysql::{MySql, MySqlConnection, MySqlDatabaseError, MySqlRow};

use super::asynchronous::{Connect, Driver, Performed, Prepared, drive, next};
use super::held::Held;
use crate::engine::{Action, Engine, Event, Failure};
use crate::error::{Source, find};
use crate::function::Call;
use crate::sql::{Row, Sql};

impl Connect for &mut MySqlConnection {
    const DIALECT: Dialect = Dialect::Mysql;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        drive(Ok(MysqlDriver::new(Held::Plain(self))), run).await
    }
}

/// The connection is closed, and not given back, after a run that had something to do.
impl Connect for &mut PoolConnection<MySql> {
    const DIALECT: Dialect = Dialect::Mysql;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        drive(Ok(MysqlDriver::new(Held::Acquired(self))), run).await
    }
}

/// A run that has something to do takes a connection out of the pool: a future that is dropped closes it.
impl Connect for &Pool<MySql> {
    const DIALECT: Dialect = Dialect::Mysql;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        // In a box, so that the futures of a run are small.
        let connection = Box::pin(self.acquire()).await;
        let held = connection.map(Held::of_pool);
        drive(held.map(MysqlDriver::new).map_err(Into::into), run).await
    }
}

/// Performs actions on a connection.
struct MysqlDriver<'c> {
    held: Held<'c, MySql>,
    /// Whether a transaction is open, as far as the statements say that were sent.
    open: bool,
}

impl Driver for MysqlDriver<'_> {
    const CANNOT_PUT_BACK: &'static str = "a run does not copy a MySQL database";
    const CALLS: rust::Driver = rust::Driver::Mysql;

    /// The engine asks the server itself for what sqlx does not know.
    async fn in_transaction(&mut self) -> Result<bool, Source> {
        let connection = self.held.connection();
        // What the server still answers to a run that was dropped is read first, also that a statement was refused.
        while let Err(error) = connection.flush().await {
            if error.as_database_error().is_none() {
                return Err(error.into());
            }
        }
        Ok(connection.is_in_transaction())
    }

    async fn perform(&mut self, engine: &mut Engine<'_>, action: Action<'_>) -> Option<Event> {
        let done = match action {
            Action::Execute(statements) => self.execute(&statements).await,
            Action::Query(sql) => self.query(&sql, engine).await,
            Action::Call(call) => self.call(call).await,
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
                source: format!("{}; mysqldump or mariadb-dump does", Self::CANNOT_PUT_BACK).into(),
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

impl<'c> MysqlDriver<'c> {
    fn new(held: Held<'c, MySql>) -> Self {
        Self { held, open: false }
    }

    /// Sends statements as few messages.
    async fn execute(&mut self, statements: &[Sql<'_>]) -> Result<(), Failure> {
        let mut done = 0;
        for message in messages(statements) {
            let mut completed = 0;
            let text = AssertSqlSafe(message.text);
            let mut results = self.held.connection().fetch_many(raw_sql(text));
            let ended = loop {
                match next(&mut results).await {
                    Some(Ok(Either::Left(_))) => completed += 1,
                    Some(Ok(Either::Right(_))) => {}
                    Some(Err(error)) => break Err(error),
                    None => break Ok(()),
                }
            };
            drop(results);
            let completed = match ended {
                Ok(()) => message.count,
                Err(_) if message.count == 1 => 0,
                Err(_) => completed,
            };
            for sql in statements.iter().skip(done).take(completed) {
                self.follow(&sql.text);
            }
            done += completed;
            ended.map_err(|error| self.failure(done, error))?;
        }
        Ok(())
    }

    async fn query(&mut self, sql: &Sql<'_>, engine: &mut Engine<'_>) -> Result<(), Failure> {
        let text = sql.written_out(Dialect::Mysql);
        let mut results = self.held.connection().fetch_many(raw_sql(AssertSqlSafe(text)));
        let ended = loop {
            match next(&mut results).await {
                Some(Ok(Either::Left(_))) => {}
                Some(Ok(Either::Right(row))) => engine.row(&row),
                Some(Err(error)) => break Err(error),
                None => break Ok(()),
            }
        };
        drop(results);
        ended.map_err(|error| self.failure(0, error))
    }

    /// Follows what a statement means for the transaction.
    fn follow(&mut self, text: &str) {
        let Ok(split) = Dialect::Mysql.split(text) else { return };
        match Dialect::Mysql.transaction_control(&split.tokens).map(|control| control.effect()) {
            Some(TransactionEffect::Opens) => self.open = true,
            Some(TransactionEffect::Closes) => self.open = false,
            None => self.open &= !Dialect::Mysql.commits_by_itself(&split.tokens),
        }
    }

    async fn call(&mut self, call: Call) -> Result<(), Failure> {
        let called = match call {
            Call::Mysql(function) => function(self.held.connection()).await,
            _ => Err("the function takes another connection".into()),
        };
        let in_transaction = self.open;
        called.map_err(|source| {
            let error = find::<Error>(&*source).and_then(Error::as_database_error);
            let error = error.and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
            let code = error.map(|error| error.number().to_string());
            let busy = code.as_deref().is_some_and(|code| Dialect::Mysql.is_busy(code));
            Failure { statement: 0, offset: None, busy, code, in_transaction, source }
        })
    }

    fn failure(&self, statement: usize, error: Error) -> Failure {
        let (offset, in_transaction) = (None, self.open);
        let refused = error.as_database_error();
        let refused = refused.and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
        let Some(refused) = refused else {
            let (busy, code) = (false, None);
            let source = error.into();
            return Failure { statement, offset, busy, code, in_transaction, source };
        };
        let code = refused.number().to_string();
        Failure {
            statement,
            offset,
            busy: Dialect::Mysql.is_busy(&code),
            code: Some(code),
            in_transaction,
            source: refused.message().to_owned().into(),
        }
    }
}

/// Statements that travel together.
struct Message {
    text: String,
    count: usize,
}

/// The server takes no message above `max_allowed_packet`, which may be as small as a megabyte.
const LARGEST: usize = 512 * 1024;

/// Puts statements into as few messages as can be, so that each answer tells which statement it belongs to.
fn messages(statements: &[Sql<'_>]) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut is_closed = true;
    for sql in statements {
        let text: Cow<'_, str> = match sql.values.is_empty() {
            true => Cow::Borrowed(&sql.text),
            false => Cow::Owned(sql.written_out(Dialect::Mysql)),
        };
        let is_alone = answers_several_times(&sql.text);
        match messages.last_mut() {
            Some(last) if !is_closed && !is_alone && last.text.len() + text.len() < LARGEST => {
                last.text.push_str(";\n");
                last.text.push_str(&text);
                last.count += 1;
            }
            _ => messages.push(Message { text: text.into_owned(), count: 1 }),
        }
        is_closed = is_alone;
    }
    messages
}

/// Tells whether a statement may have more answers than one, as a procedure that selects.
fn answers_several_times(text: &str) -> bool {
    let Ok(split) = Dialect::Mysql.split(text) else { return true };
    let one = ["alter", "create", "drop", "rename", "truncate", "grant", "revoke"];
    let first = split.tokens.first();
    let answers_once = first.is_some_and(|token| one.iter().any(|word| token.is_word(word)));
    Dialect::Mysql.commits_by_itself(&split.tokens) && !answers_once
}

impl Row for MySqlRow {
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
    fn what_may_answer_several_times_or_is_large_travels_alone() {
        let large = format!("INSERT INTO t VALUES ('{}')", "x".repeat(LARGEST));
        let texts = ["BEGIN", "SELECT 1", "CALL p()", "COMMIT", "ALTER TABLE t ADD n int", &large];
        let statements: Vec<_> = texts.into_iter().map(Sql::plain).collect();
        let counts: Vec<_> = messages(&statements).iter().map(|message| message.count).collect();
        assert_eq!(counts, [2, 1, 2, 1]);
        assert!(messages(&[]).is_empty());
    }
}
