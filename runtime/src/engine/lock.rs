//! The run lock of PostgreSQL, and what a run knows of its session.
//!
//! A run that has work owns the row of a table beside the ledger: who holds it, a token, the end of its lease. Each
//! transaction begins by renewing the row where the token is the run's, and fails where it is not. A run that has its
//! session to itself also holds an advisory lock, which ends with the session: the row of a run that died is free at once.

use revchain_core::set::History;

use super::program::{Operation, Read};
use super::{Action, Engine, execute};
use crate::error::ErrorKind;
use crate::options::Pooler;
use crate::sql::{Row, Sql};

/// How long a run keeps the row without renewing it. Inside a transaction the row itself is locked, and a statement
/// outside of one bears a mark.
const LEASE: &str = "interval '60 seconds'";

/// The first number of the advisory locks: `rvch`.
const CLASS: i32 = 0x7276_6368;

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
    /// The second number of the advisory lock.
    key: i32,
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

    /// Returns what a statement outside a transaction begins with.
    pub(super) fn mark(&self) -> String {
        format!("/* revchain {} */ ", self.token)
    }
}

impl<'s> Engine<'s> {
    fn is_direct(&self) -> bool {
        self.options.pooler == Pooler::None
    }

    /// Returns the lock's table, as it is written in a statement.
    fn lock_table(&self) -> String {
        self.ledger.place(&lock_name(&self.set.settings.history))
    }

    /// Asks what every run begins with: whether a transaction is open, where the ledger stands, and for a token.
    pub(super) fn session(&self) -> Sql<'static> {
        let literal = |text: &str| self.dialect.quote_literal(text);
        let history = &self.set.settings.history;
        let revisions = self.dialect.quote_identifier(&history.table);
        // Without a schema of its own, the ledger is where the search path finds it, or would make it.
        let schema = match &history.schema {
            Some(schema) => literal(schema),
            None => format!(
                "coalesce((SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n \
                 ON n.oid = c.relnamespace WHERE c.oid = pg_catalog.to_regclass({})), \
                 pg_catalog.current_schema(), 'public')::text",
                literal(&revisions)
            ),
        };
        let exists = |table: &str| {
            format!(
                "(EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = s.name AND c.relname = {}))::int",
                literal(table)
            )
        };
        Sql::plain(format!(
            "SELECT (pg_catalog.now() <> pg_catalog.statement_timestamp())::int, \
             (EXISTS (SELECT 1 FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND classid = {CLASS} \
             AND objsubid = 2 AND pid = pg_catalog.pg_backend_pid()))::int, s.name, {}, {}, \
             pg_catalog.md5(pg_catalog.random()::text || pg_catalog.clock_timestamp()::text \
             || pg_catalog.pg_backend_pid()::text) FROM (SELECT {schema} AS name) s",
            exists(&history.table),
            exists(&lock_name(history)),
        ))
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
        self.ledger.stands_in(&self.lock.schema);
        self.lock.key = key(&self.lock.schema, &self.set.settings.history.table);
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
            operations.extend([Operation::Read(Read::TryLock), Operation::Locked]);
        }
        operations.extend([
            Operation::CreateLock,
            Operation::Read(Read::Claim),
            Operation::Claimed,
        ]);
        operations
    }

    pub(super) fn try_lock(&mut self) -> Sql<'static> {
        self.lock.answered = false;
        let key = self.lock.key;
        Sql::plain(format!("SELECT pg_catalog.pg_try_advisory_lock({CLASS}, {key})::int"))
    }

    /// Takes the answer to [`Engine::try_lock`].
    pub(super) fn locked(&mut self) {
        if self.lock.answered {
            self.lock.advisory = true;
        } else {
            self.wait_for_holder(Operation::Read(Read::TryLock), Operation::Locked);
        }
    }

    /// Makes the lock's table with its one row.
    pub(super) fn create_lock(&self) -> Option<Action<'s>> {
        if self.lock.exists {
            return None;
        }
        let table = self.lock_table();
        Some(Action::Execute(vec![
            Sql::plain(format!(
                "CREATE TABLE IF NOT EXISTS {table} (\n    id INTEGER PRIMARY KEY CHECK (id = 1),\n    \
                 token TEXT NOT NULL,\n    holder TEXT NOT NULL,\n    pid INTEGER NOT NULL,\n    \
                 direct BOOLEAN NOT NULL,\n    taken_at TIMESTAMPTZ NOT NULL,\n    lease_until TIMESTAMPTZ NOT NULL\n)"
            )),
            Sql::plain(format!(
                "INSERT INTO {table} VALUES (1, '', '', 0, false, pg_catalog.now(), pg_catalog.now()) \
                 ON CONFLICT (id) DO NOTHING"
            )),
        ]))
    }

    /// Asks for the row; another's is free when its lease is over and no statement of it is seen, or, where it held the
    /// advisory lock, as soon as nobody does.
    pub(super) fn claim(&mut self) -> Sql<'static> {
        self.lock.answered = false;
        let table = self.lock_table();
        let literal = |text: &str| self.dialect.quote_literal(text);
        let (token, holder) = (literal(&self.lock.token), literal(&self.ledger.application));
        let (key, direct) = (self.lock.key, self.is_direct());
        Sql::plain(format!(
            "UPDATE {table} SET token = {token}, holder = {holder}, pid = pg_catalog.pg_backend_pid(), direct = {direct}, \
             taken_at = pg_catalog.clock_timestamp(), lease_until = pg_catalog.clock_timestamp() + {LEASE} \
             WHERE id IN (SELECT id FROM {table} l WHERE l.token = '' \
             OR l.direct AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_locks k WHERE k.locktype = 'advisory' \
             AND k.classid = {CLASS} AND k.objid = {} AND k.objsubid = 2 AND k.granted \
             AND k.pid <> pg_catalog.pg_backend_pid() AND k.database = (SELECT oid FROM pg_catalog.pg_database \
             WHERE datname = pg_catalog.current_database())) \
             OR l.lease_until < pg_catalog.clock_timestamp() AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity a \
             WHERE a.state = 'active' AND a.query LIKE '/* revchain ' || l.token || ' */%') \
             FOR UPDATE SKIP LOCKED) RETURNING 1",
            key as u32
        ))
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

    /// Asks who has the lock.
    pub(super) fn read_holder(&mut self) -> Sql<'static> {
        self.lock.holder = None;
        let key = self.lock.key as u32;
        let since = "pg_catalog.to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ')";
        let direct = format!(
            "SELECT pg_catalog.format('process %s of `%s`, connected since %s', a.pid, \
             coalesce(nullif(a.application_name, ''), a.usename, '?'), {since}) FROM pg_catalog.pg_locks k \
             JOIN pg_catalog.pg_stat_activity a ON a.pid = k.pid WHERE k.locktype = 'advisory' AND k.classid = {CLASS} \
             AND k.objid = {key} AND k.objsubid = 2 AND k.granted AND k.database = (SELECT oid FROM pg_catalog.pg_database \
             WHERE datname = pg_catalog.current_database())"
        );
        if !self.lock.exists {
            return Sql::plain(direct);
        }
        Sql::plain(format!(
            "({direct}) UNION ALL (SELECT pg_catalog.format('%s, since %s', holder, \
             pg_catalog.to_char(taken_at, 'YYYY-MM-DD HH24:MI:SS TZ')) FROM {} WHERE token <> '')",
            self.lock_table()
        ))
    }

    /// Renews the row; fails, with a division by zero, where it is not this run's any more, and with the root of a negative
    /// number where a run that has its session to itself is on another one.
    pub(super) fn fence(&self) -> Sql<'static> {
        let moved = if self.is_direct() {
            ", pg_catalog.sqrt(CASE WHEN bool_and(pid = pg_catalog.pg_backend_pid()) IS FALSE THEN -1 ELSE 1 END)"
        } else {
            ""
        };
        Sql::plain(format!(
            "WITH mine AS (UPDATE {} SET lease_until = pg_catalog.clock_timestamp() + {LEASE} WHERE token = {} RETURNING pid) \
             SELECT 1 / count(*){moved} FROM mine",
            self.lock_table(),
            self.dialect.quote_literal(&self.lock.token)
        ))
    }

    /// Gives the lock back.
    pub(super) fn unlock(&mut self, all: bool) -> Option<Action<'s>> {
        if all {
            let own = "SELECT pg_catalog.pg_advisory_unlock((classid::bigint - CASE WHEN classid::bigint > 2147483647 \
                 THEN 4294967296 ELSE 0 END)::int, (objid::bigint - CASE WHEN objid::bigint > 2147483647 \
                 THEN 4294967296 ELSE 0 END)::int) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objsubid = 2 \
                 AND pid = pg_catalog.pg_backend_pid() AND classid = ";
            return Some(execute(Sql::plain(format!("{own}{CLASS}"))));
        }
        let mut statements = Vec::new();
        if self.lock.owned {
            statements.push(Sql::plain(format!(
                "UPDATE {} SET token = '', holder = '' WHERE token = {}",
                self.lock_table(),
                self.dialect.quote_literal(&self.lock.token)
            )));
        }
        if self.lock.advisory {
            let key = self.lock.key;
            statements
                .push(Sql::plain(format!("SELECT pg_catalog.pg_advisory_unlock({CLASS}, {key})")));
        }
        (!statements.is_empty()).then_some(Action::Execute(statements))
    }

    pub(super) fn unlocked(&mut self, all: bool) {
        if all {
            // What had failed was the dropped run's.
            self.lock.had_failed = false;
        } else {
            (self.lock.owned, self.lock.advisory) = (false, false);
        }
    }

    /// Asks for the settings that this session has set for itself, and for the roles it has taken.
    pub(super) fn read_settings(&mut self) -> Sql<'static> {
        self.lock.settings.clear();
        Sql::plain(
            "SELECT name, setting FROM pg_catalog.pg_settings WHERE source = 'session' AND pg_catalog.left(name, 12) <> 'transaction_' \
             UNION ALL SELECT 'role', pg_catalog.current_setting('role') \
             UNION ALL SELECT 'session_authorization', session_user::text",
        )
    }

    /// Puts the settings of the session back that a revision has changed: to what they were, or to what they would be
    /// in a new session.
    pub(super) fn restore_settings(&self) -> Vec<Sql<'static>> {
        let literal = |text: &str| self.dialect.quote_literal(text);
        let roles = ["session_authorization", "role"];
        let value_of = |name: &str| {
            self.lock.settings.iter().find(|(own, _)| own == name).map(|(_, value)| value)
        };
        let mut statements = Vec::new();
        for name in roles {
            let Some(value) = value_of(name) else { continue };
            let now = if name == "role" {
                "pg_catalog.current_setting('role')"
            } else {
                "session_user::text"
            };
            statements.push(Sql::plain(format!(
                "SELECT pg_catalog.set_config('{name}', {value}, false) WHERE {now} <> {value}",
                value = literal(value)
            )));
        }
        let mut before = String::from("('', '')");
        for (name, value) in &self.lock.settings {
            if !roles.contains(&name.as_str()) {
                before.push_str(&format!(", ({}, {})", literal(name), literal(value)));
            }
        }
        statements.push(Sql::plain(format!(
            "SELECT pg_catalog.set_config(s.name, coalesce(b.value, s.reset_val), false) FROM pg_catalog.pg_settings s \
             LEFT JOIN (VALUES {before}) AS b(name, value) ON b.name = s.name WHERE s.source = 'session' \
             AND s.context IN ('user', 'superuser') AND pg_catalog.left(s.name, 12) <> 'transaction_' \
             AND s.setting IS DISTINCT FROM coalesce(b.value, s.reset_val)"
        )));
        statements
    }
}

/// Returns the name of the lock's table.
fn lock_name(history: &History) -> String {
    if history.table == History::DEFAULT {
        "revchain_lock".to_owned()
    } else {
        format!("{}_lock", history.table)
    }
}

/// Returns the second number of the advisory lock of a ledger (Fowler, Noll and Vo: FNV-1a of 32 bits).
fn key(schema: &str, table: &str) -> i32 {
    let bytes = schema.bytes().chain([0]).chain(table.bytes());
    let hash = bytes
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash as i32
}
