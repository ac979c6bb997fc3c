//! The run lock of a server, and what a run knows of its session.
//!
//! A run that has work owns the row of a table beside the ledger: who holds it, a token, the end of its lease. Each
//! transaction begins by locking the row where the token is the run's, and fails where it is not. A run that has its
//! session to itself also holds a lock that ends with the session (an advisory lock on PostgreSQL, `GET_LOCK` on MySQL):
//! the row of a run that died is free at once. Behind a pooler the lease alone tells, and each transaction renews it. What
//! is asked is decided here; how, in a file for each database.

mod mysql;
mod postgres;

use revchain_core::Dialect;

use super::kept::Kept;
use super::program::{Operation, Read};
use super::{Action, Engine};
use crate::error::ErrorKind;
use crate::options::Pooler;
use crate::sql::{Row, Sql};

/// What a run knows of its session, and of the lock.
#[derive(Debug, Default)]
pub(super) struct Lock {
    /// The caller's transaction is open, or a dropped run's.
    open: bool,
    /// This session holds an advisory lock of ours, as the database said.
    held: bool,
    /// A transaction that had failed was rolled back to be able to ask.
    had_failed: bool,
    schema: String,
    /// Whether the tables exist: of revisions and events, and of the lock, which another run may just have made.
    ledger_exists: bool,
    exists: bool,
    pub(super) met: bool,
    /// What this run is told apart by; chosen by the database.
    token: String,
    /// PostgreSQL: the second number of the advisory lock.
    key: i32,
    /// MySQL: what `GET_LOCK` is asked for.
    name: String,
    /// MySQL: the database that is in use.
    database: String,
    /// MySQL: each statement began a transaction before the run.
    autocommit_off: bool,
    /// Whether this run holds the advisory lock, and the row.
    advisory: bool,
    pub(super) owned: bool,
    /// What the last question was answered with.
    answered: bool,
    /// Who has it.
    pub(super) holder: Option<String>,
    /// Settings of the session as they were before the run.
    settings: Vec<(String, String)>,
    /// What was found before a lone statement: whether it was begun, and the state of its index.
    pub(super) lone: Lone,
    /// PostgreSQL: statements that were prepared.
    pub(super) kept: Kept,
}

/// What is known of a lone statement before it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lone {
    /// The statement, from 0, that an earlier run began.
    pub(super) begun: Option<i64>,
    /// Whether its index is there, and valid.
    pub(super) valid: Option<bool>,
}

impl Lock {
    /// Takes a row of [`Engine::session`].
    pub(super) fn session(&mut self, row: &dyn Row) {
        let is = |column| row.integer(column) == Some(1);
        let text = |column| row.text(column).unwrap_or_default().into_owned();
        (self.open, self.held) = (is(0), is(1));
        self.schema = text(2);
        (self.ledger_exists, self.exists) = (is(3), is(4));
        if self.token.is_empty() {
            self.token = text(5);
        }
        self.name = text(6);
        self.autocommit_off |= row.integer(7) == Some(0);
        self.database = text(8);
    }

    pub(super) fn answer(&mut self, row: &dyn Row) {
        self.answered = row.integer(0) == Some(1);
    }

    /// Takes a row of [`Engine::read_holder`].
    pub(super) fn holder_row(&mut self, row: &dyn Row) {
        let said = row.text(0).unwrap_or_default().into_owned();
        let before = self.holder.take();
        self.holder =
            Some(before.map_or_else(|| said.clone(), |before| format!("{before}; {said}")));
    }

    pub(super) fn setting(&mut self, row: &dyn Row) {
        if let (Some(name), Some(value)) = (row.text(0), row.text(1)) {
            self.settings.push((name.into_owned(), value.into_owned()));
        }
    }

    pub(super) fn lone(&mut self, row: &dyn Row) {
        let valid = row.integer(1).map(|valid| valid == 1);
        self.lone = Lone { begun: row.integer(0), valid };
    }

    /// Returns a number that no two runs share, for the length of a pause.
    pub(super) fn jitter(&self, attempt: u32) -> u8 {
        let digits = self.token.get(2 * attempt as usize % 30..).and_then(|rest| rest.get(..2));
        digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0)
    }

    /// Returns the name of a prepared statement: no run on the same session has the same.
    pub(super) fn name_of(&self, number: usize) -> String {
        format!("revchain_{}_{number}", self.token)
    }

    /// Returns what a statement outside a transaction begins with.
    pub(super) fn mark(&self) -> String {
        format!("/* revchain {} */ ", self.token)
    }
}

impl<'s> Engine<'s> {
    /// Tells whether the database is a server, whose sessions can be told from one another.
    pub(super) fn is_on_server(&self) -> bool {
        self.dialect != Dialect::Sqlite
    }

    pub(super) fn is_on_mysql(&self) -> bool {
        self.dialect == Dialect::Mysql
    }

    pub(super) fn is_direct(&self) -> bool {
        self.options.pooler == Pooler::None || self.is_on_mysql()
    }

    /// Returns the lock's table, as it is written in a statement.
    fn lock_table(&self) -> String {
        self.ledger.place(&self.set.settings.history.lock())
    }

    /// Takes what the session said: where the ledger is, and that nothing is open there.
    pub(super) fn session_known(&mut self) {
        let (open, held) = (self.lock.open, self.lock.held);
        let left_behind = held && !self.lock.advisory;
        if left_behind {
            // A run on this connection was dropped: what it left goes first.
            self.in_transaction = open;
            let unlock = Operation::Unlock { all: true };
            return self.prepend(&[Operation::Rollback, unlock, Operation::Read(Read::Session)]);
        }
        if open || self.lock.had_failed {
            return self.stop(ErrorKind::OpenTransaction);
        }
        if self.lock.advisory && self.is_direct() && !held {
            return self.stop(ErrorKind::Pooler);
        }
        if self.lock.schema.is_empty() {
            let source = "no database is selected: name one in the URL, or in revisions.lock: history DATABASE.TABLE";
            return self.refused("to say where the ledger is", source.into());
        }
        if self.is_on_mysql() && self.lock.autocommit_off {
            self.prepend(&[Operation::AutocommitOn]);
        }
        self.ledger.stands_in(&self.lock.schema);
        self.lock.key = postgres::key(&self.lock.schema, &self.set.settings.history.table);
    }

    /// The first question was refused: the session's transaction has failed before, and can only be rolled back.
    pub(super) fn session_refused(&mut self) {
        self.lock.had_failed = true;
        self.in_transaction = true;
        self.prepend(&[Operation::Rollback, Operation::Read(Read::Session)]);
    }

    pub(super) fn ledger_exists(&self) -> bool {
        self.lock.ledger_exists
    }

    pub(super) fn lock_owned(&self) -> bool {
        self.lock.owned
    }

    /// Returns the operations that take the lock and then look again.
    pub(super) fn locking(&self) -> Vec<Operation> {
        let mut operations = vec![Operation::Own];
        if self.is_direct() {
            operations.extend_from_slice(&[Operation::Read(Read::TryLock), Operation::Locked]);
        }
        operations.extend_from_slice(&[
            Operation::CreateLock,
            Operation::Read(Read::Claim),
            Operation::Claimed,
        ]);
        operations
    }

    /// Takes the answer to [`Engine::try_lock`].
    pub(super) fn locked(&mut self) {
        if self.lock.answered {
            self.lock.advisory = true;
        } else {
            self.wait_for_holder(Operation::Read(Read::TryLock), Operation::Locked);
        }
    }

    /// Takes the answer to [`Engine::claim`], and looks again: others may have been at work until now.
    pub(super) fn claimed(&mut self) {
        if !self.lock.answered {
            return self.wait_for_holder(Operation::Read(Read::Claim), Operation::Claimed);
        }
        self.lock.owned = true;
        self.lock.holder = None;
    }

    fn wait_for_holder(&mut self, ask: Operation, take: Operation) {
        self.prepend(&[Operation::Read(Read::Holder), Operation::WaitForHolder, ask, take]);
    }

    /// Asks what every run begins with: whether a transaction is open, where the ledger stands, and for a token.
    pub(super) fn session(&self) -> Sql<'static> {
        if self.is_on_mysql() { self.session_on_mysql() } else { self.session_on_postgres() }
    }

    /// Asks for the lock that ends with the session.
    pub(super) fn try_lock(&mut self) -> Sql<'static> {
        self.lock.answered = false;
        if self.is_on_mysql() { self.try_lock_on_mysql() } else { self.try_lock_on_postgres() }
    }

    /// Makes the lock's table with its one row.
    pub(super) fn create_lock(&self) -> Option<Action<'s>> {
        let create = || {
            if self.is_on_mysql() {
                self.create_lock_on_mysql()
            } else {
                self.create_lock_on_postgres()
            }
        };
        (!self.lock.exists).then(|| Action::Execute(create()))
    }

    /// Asks for the row; another's is free when its lease is over and no statement of it is seen, or, where it held the
    /// lock that ends with its session, as soon as nobody does.
    pub(super) fn claim(&mut self) -> Sql<'static> {
        self.lock.answered = false;
        if self.is_on_mysql() { self.claim_on_mysql() } else { self.claim_on_postgres() }
    }

    /// Asks who has the lock.
    pub(super) fn read_holder(&mut self) -> Sql<'static> {
        self.lock.holder = None;
        if self.is_on_mysql() {
            self.read_holder_on_mysql()
        } else {
            self.read_holder_on_postgres()
        }
    }

    /// Keeps the row until the transaction ends; fails where it is not this run's any more.
    pub(super) fn fence(&self) -> Vec<Sql<'static>> {
        if self.is_on_mysql() { self.fence_on_mysql() } else { vec![self.fence_on_postgres()] }
    }

    /// Returns what a statement of the fence says that failed with this code.
    pub(super) fn said_by_the_fence(&self, code: &str) -> Option<ErrorKind> {
        if self.is_on_mysql() {
            mysql::said_by_the_fence(code)
        } else {
            postgres::said_by_the_fence(code)
        }
    }

    /// Tells whether the first question was refused since the caller's transaction has failed.
    pub(super) fn is_failed_transaction(&self, code: &str) -> bool {
        !self.is_on_mysql() && code == postgres::FAILED_TRANSACTION
    }

    /// Tells whether the first question said that a transaction is open.
    pub(super) fn is_open_transaction(&self, code: &str) -> bool {
        self.is_on_mysql() && code == mysql::OPEN_TRANSACTION
    }

    /// Is told so.
    pub(super) fn transaction_is_open(&mut self) {
        self.lock.open = true;
        self.session_known();
    }

    /// Gives the lock back; `all`: also what a dropped run has left on the session.
    pub(super) fn unlock(&mut self, all: bool) -> Option<Action<'s>> {
        let statements = match (all, self.is_on_mysql()) {
            (true, true) => self.unlock_all_on_mysql(),
            (true, false) => self.unlock_all_on_postgres(),
            (false, _) => {
                let mut statements = Vec::new();
                if self.lock.owned {
                    statements.push(Sql::plain(format!(
                        "UPDATE {} SET token = '', holder = '' WHERE token = {}",
                        self.lock_table(),
                        self.dialect.quote_literal(&self.lock.token)
                    )));
                }
                if self.lock.advisory {
                    statements.extend(if self.is_on_mysql() {
                        self.unlock_all_on_mysql()
                    } else {
                        self.unlock_on_postgres()
                    });
                }
                statements
            }
        };
        (!statements.is_empty()).then_some(Action::Execute(statements))
    }

    /// Asks for the settings of the session that are put back.
    pub(super) fn read_settings(&mut self) -> Sql<'static> {
        self.lock.settings.clear();
        if self.is_on_mysql() {
            self.read_settings_on_mysql()
        } else {
            self.read_settings_on_postgres()
        }
    }

    /// Puts the settings of the session back that a revision may have changed.
    pub(super) fn restore_settings(&self) -> Vec<Sql<'static>> {
        if self.is_on_mysql() {
            let mut statements = self.restore_settings_on_mysql();
            statements.extend(self.set_up());
            statements
        } else {
            self.restore_settings_on_postgres()
        }
    }

    /// MySQL: sets what holds for all statements of the run.
    pub(super) fn set_up(&self) -> Vec<Sql<'static>> {
        if self.is_on_mysql() { self.timeouts_on_mysql() } else { Vec::new() }
    }

    /// MySQL: puts all settings back at the end of a run.
    pub(super) fn settings_as_before(&mut self) -> Option<Action<'s>> {
        if !self.is_on_mysql() || self.lock.settings.is_empty() {
            return None;
        }
        Some(Action::Execute(self.restore_settings_on_mysql()))
    }

    pub(super) fn settings_forgotten(&mut self) {
        self.lock.settings.clear();
    }

    pub(super) fn settings_known(&self) -> bool {
        !self.lock.settings.is_empty()
    }

    /// MySQL: what every run ends with that has found each statement in a transaction of its own making.
    pub(super) fn autocommit_as_before(&mut self) -> Option<Action<'s>> {
        let off = std::mem::take(&mut self.lock.autocommit_off) && self.is_on_mysql();
        off.then(|| Action::Execute(vec![Sql::plain("SET autocommit = 0")]))
    }

    pub(super) fn unlocked(&mut self, all: bool) {
        if all {
            // What had failed was the dropped run's.
            self.lock.had_failed = false;
        } else {
            (self.lock.owned, self.lock.advisory) = (false, false);
        }
    }
}
