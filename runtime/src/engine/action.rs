//! What passes between the engine and a driver, and what a run is for and comes to.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::Source as DriverError;
use crate::function::Call;
use crate::ledger::{Applied, Contents};
use crate::plan::{Plan, Request};
use crate::report::{Progress, Report};
use crate::sql::Sql;

/// What a driver does next.
#[derive(Debug)]
pub(crate) enum Action<'s> {
    /// Execute statements in order, up to the first that fails.
    Execute(Vec<Sql<'s>>),
    /// Execute a statement and hand each row to [`Engine::row`].
    Query(Sql<'s>),
    /// Call the function of a revision written in Rust.
    Call(Call),
    /// Keep the connection from now on: what a run that ends in the middle leaves on it must not pass to another.
    Own,
    /// Try to take the lock that the operating system keeps for the database's file.
    LockFile,
    /// Release it.
    UnlockFile,
    /// Copy a database of the connection into a new file, or into memory, and keep it open.
    Backup {
        /// The database.
        schema: &'s str,
        /// The file; it must not be there.
        path: Option<PathBuf>,
    },
    /// Put the copy back into the database that it was taken of.
    Restore {
        /// The database.
        schema: &'s str,
    },
    /// Close the copy and remove its file.
    Discard,
    /// Wait.
    Wait(Duration),
    /// Tell the observer.
    Tell(Progress),
    /// Stop: the outcome is there.
    Finish,
}

/// What came of an action.
#[derive(Debug)]
pub(crate) enum Event {
    /// It was done.
    Done {
        /// Whether the connection has a transaction open now.
        in_transaction: bool,
    },
    /// The file's lock is held by another.
    Locked,
    /// The copy's file is there already.
    Exists,
    /// It failed.
    Failed(Failure),
}

/// Why an action failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The index of the statement that failed; those before it are done.
    pub(crate) statement: usize,
    /// Where in the statement, in bytes.
    pub(crate) offset: Option<usize>,
    /// Whether another connection has what is needed.
    pub(crate) busy: bool,
    /// The database's code for the error.
    pub(crate) code: Option<String>,
    /// Whether the connection has a transaction open now.
    pub(crate) in_transaction: bool,
    /// The database's words.
    pub(crate) source: DriverError,
}

/// What a run is for.
#[derive(Clone, Debug)]
pub(crate) enum Goal {
    /// Do it.
    Run(Request),
    /// Say what would be done.
    Plan(Request),
    /// Say what is there.
    Look,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) report: Report,
    pub(crate) plan: Plan,
    pub(crate) contents: Contents,
    pub(crate) rows: Vec<Applied>,
}
