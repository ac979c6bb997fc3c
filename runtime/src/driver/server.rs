//! What the drivers of servers share: each says how a message is put together, sent, and refused.

use std::future::Future;

use futures_core::stream::BoxStream;
use revchain_core::{Dialect, TransactionEffect, rust};
use sqlx_core::connection::Connection as _;
use sqlx_core::database::Database;
use sqlx_core::pool::{Pool, PoolConnection};
use sqlx_core::{Either, Error, rt};

use super::asynchronous::{Connect, Driver, Performed, Prepared, drive, next};
use super::held::Held;
use crate::engine::{Action, Engine, Event, Failure};
use crate::error::{Source, find};
use crate::function::{Call, Called};
use crate::sql::{Row, Sql};

/// What comes back of a message: that a statement is completed, or a row.
pub(super) type Answers<'c, DB> =
    BoxStream<'c, Result<Either<<DB as Database>::QueryResult, <DB as Database>::Row>, Error>>;

/// A kind of server.
pub(super) trait Server: Database<Row: Row> {
    const DIALECT: Dialect;
    /// Whose connection it is, for the functions of revisions written in Rust.
    const CALLS: rust::Driver;
    /// Why a copy of the database cannot be put back by a run.
    const CANNOT_PUT_BACK: &'static str;
    /// What copies a database.
    const COPIED_BY: &'static str;

    /// Puts statements into messages, in order.
    fn messages(statements: &[Sql<'_>]) -> Vec<Message>;
    fn send(connection: &mut Self::Connection, text: String) -> Answers<'_, Self>;
    /// Calls a function that takes a connection of this server.
    fn call(call: Call, connection: &mut Self::Connection) -> Option<Called<'_>>;
    /// Returns the server's code for an error, where the server said one.
    fn code(error: &Error) -> Option<String>;
    /// Returns the server's words, likewise.
    fn words(error: &Error) -> Option<String>;
    /// Returns where in a message an error is, in bytes, where the server says it.
    fn place(_: &Error, _: &Message) -> Option<usize> {
        None
    }

    /// Reads what the server still answers to a run that was dropped.
    fn settle(_: &mut Self::Connection) -> impl Future<Output = Result<(), Error>> + Send {
        std::future::ready(Ok(()))
    }
}

/// Statements that travel together.
pub(super) struct Message {
    pub(super) text: String,
    /// Where each begins, in bytes.
    pub(super) starts: Vec<usize>,
    /// Whether each statement is completed once: then completions tell how far a message came.
    pub(super) answers_once: bool,
}

/// The connection is closed, and not given back, after a run that had something to do.
impl<DB: Server> Connect for &mut PoolConnection<DB> {
    const DIALECT: Dialect = DB::DIALECT;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        drive(Ok(ServerDriver::new(Held::Acquired(self))), run).await
    }
}

/// A run that has something to do takes a connection out of the pool: a future that is dropped closes it.
impl<DB: Server> Connect for &Pool<DB> {
    const DIALECT: Dialect = DB::DIALECT;

    async fn perform(self, run: Prepared<'_>) -> Performed {
        // In a box: with TLS, connecting is a large future.
        let held = Box::pin(self.acquire()).await.map(Held::of_pool);
        drive(held.map(ServerDriver::<DB>::new).map_err(Into::into), run).await
    }
}

/// Performs a run on a connection that stays the caller's.
pub(super) async fn perform_on<DB: Server>(
    connection: &mut DB::Connection,
    run: Prepared<'_>,
) -> Performed {
    drive(Ok(ServerDriver::<DB>::new(Held::Plain(connection))), run).await
}

/// Performs actions on a connection.
struct ServerDriver<'c, DB: Server> {
    held: Held<'c, DB>,
    /// Whether a transaction is open, as far as the statements say that were sent.
    open: bool,
}

impl<DB: Server> Driver for ServerDriver<'_, DB> {
    const CANNOT_PUT_BACK: &'static str = DB::CANNOT_PUT_BACK;
    const CALLS: rust::Driver = DB::CALLS;

    /// The engine asks the server itself for what sqlx does not know.
    async fn in_transaction(&mut self) -> Result<bool, Source> {
        let connection = self.held.connection();
        DB::settle(connection).await?;
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
            Action::Backup { .. } | Action::Restore { .. } | Action::Discard => {
                let source = format!("{}; {} does", DB::CANNOT_PUT_BACK, DB::COPIED_BY).into();
                Err(self.refusal(None, source))
            }
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

impl<'c, DB: Server> ServerDriver<'c, DB> {
    fn new(held: Held<'c, DB>) -> Self {
        Self { held, open: false }
    }

    /// Sends statements as few messages.
    async fn execute(&mut self, statements: &[Sql<'_>]) -> Result<(), Failure> {
        let mut done = 0;
        for message in DB::messages(statements) {
            let mut completed = 0;
            let mut answers = DB::send(self.held.connection(), message.text.clone());
            let ended = loop {
                match next(&mut answers).await {
                    Some(Ok(Either::Left(_))) => completed += 1,
                    Some(Ok(Either::Right(_))) => {}
                    Some(Err(error)) => break Err(error),
                    None => break Ok(()),
                }
            };
            drop(answers);
            let completed = match ended {
                Ok(()) => message.starts.len(),
                Err(_) if message.answers_once => completed,
                Err(_) => 0,
            };
            for sql in statements.iter().skip(done).take(completed) {
                self.follow(&sql.text);
            }
            ended.map_err(|error| self.failure(&message, done, done + completed, error))?;
            done += completed;
        }
        Ok(())
    }

    async fn query(&mut self, sql: &Sql<'_>, engine: &mut Engine<'_>) -> Result<(), Failure> {
        for message in DB::messages(std::slice::from_ref(sql)) {
            let mut answers = DB::send(self.held.connection(), message.text.clone());
            let ended = loop {
                match next(&mut answers).await {
                    Some(Ok(Either::Left(_))) => {}
                    Some(Ok(Either::Right(row))) => engine.row(&row),
                    Some(Err(error)) => break Err(error),
                    None => break Ok(()),
                }
            };
            drop(answers);
            ended.map_err(|error| self.failure(&message, 0, 0, error))?;
        }
        Ok(())
    }

    async fn call(&mut self, call: Call) -> Result<(), Failure> {
        let called = match DB::call(call, self.held.connection()) {
            Some(called) => called.await,
            None => Err("the function takes another connection".into()),
        };
        called.map_err(|source| {
            let code = find::<Error>(&*source).and_then(DB::code);
            self.refusal(code, source)
        })
    }

    /// Follows what a statement means for the transaction.
    fn follow(&mut self, text: &str) {
        let Ok(split) = DB::DIALECT.split(text) else { return };
        match DB::DIALECT.transaction_control(&split.tokens).map(|control| control.effect()) {
            Some(TransactionEffect::Opens) => self.open = true,
            Some(TransactionEffect::Closes) => self.open = false,
            None => self.open &= !DB::DIALECT.commits_by_itself(&split.tokens),
        }
    }

    /// Tells of an error in a message whose first statement has the number `first`; `done` is that of the one that failed, as
    /// far as completions tell.
    fn failure(&self, message: &Message, first: usize, done: usize, error: Error) -> Failure {
        let place = DB::place(&error, message).and_then(|byte| message.statement_at(byte));
        let code = DB::code(&error);
        let source = DB::words(&error).map_or_else(|| error.into(), Into::into);
        let mut failure = self.refusal(code, source);
        failure.statement = done;
        if let Some((statement, offset)) = place {
            (failure.statement, failure.offset) = (first + statement, Some(offset));
        }
        failure
    }

    fn refusal(&self, code: Option<String>, source: Source) -> Failure {
        let busy = code.as_deref().is_some_and(|code| DB::DIALECT.is_busy(code));
        let in_transaction = self.open;
        Failure { statement: 0, offset: None, busy, code, in_transaction, source }
    }
}

impl Message {
    /// Returns the statement at a byte, and the offset in it.
    pub(super) fn statement_at(&self, byte: usize) -> Option<(usize, usize)> {
        let statement = self.starts.partition_point(|start| *start <= byte).checked_sub(1)?;
        Some((statement, byte - self.starts[statement]))
    }
}
