//! The run lock on PostgreSQL: an advisory lock, and the row.

use super::super::Engine;
use crate::error::ErrorKind;
use crate::sql::Sql;

/// How long a run keeps the row without renewing it.
const LEASE: &str = "interval '60 seconds'";

/// The first number of the advisory locks: `rvch`.
const CLASS: i32 = 0x7276_6368;

/// in_failed_sql_transaction
pub(super) const FAILED_TRANSACTION: &str = "25P02";

impl Engine<'_> {
    /// Asks what every run begins with: whether a transaction is open, where the ledger stands, and for a token.
    pub(super) fn session_on_postgres(&self) -> Sql<'static> {
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
            exists(&history.lock()),
        ))
    }

    pub(super) fn try_lock_on_postgres(&self) -> Sql<'static> {
        let key = self.lock.key;
        Sql::plain(format!("SELECT pg_catalog.pg_try_advisory_lock({CLASS}, {key})::int"))
    }

    pub(super) fn create_lock_on_postgres<'s>(&self) -> Vec<Sql<'s>> {
        let table = self.lock_table();
        vec![
            Sql::plain(format!(
                "CREATE TABLE IF NOT EXISTS {table} (\n    id INTEGER PRIMARY KEY CHECK (id = 1),\n    \
                 token TEXT NOT NULL,\n    holder TEXT NOT NULL,\n    pid INTEGER NOT NULL,\n    \
                 direct BOOLEAN NOT NULL,\n    taken_at TIMESTAMPTZ NOT NULL,\n    lease_until TIMESTAMPTZ NOT NULL\n)"
            )),
            Sql::plain(format!(
                "INSERT INTO {table} VALUES (1, '', '', 0, false, pg_catalog.now(), pg_catalog.now()) \
                 ON CONFLICT (id) DO NOTHING"
            )),
        ]
    }

    pub(super) fn claim_on_postgres(&self) -> Sql<'static> {
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
             OR NOT l.direct AND l.lease_until < pg_catalog.clock_timestamp() AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity a \
             WHERE a.state = 'active' AND a.query LIKE '/* revchain ' || l.token || ' */%') \
             FOR UPDATE SKIP LOCKED) RETURNING 1",
            key as u32
        ))
    }

    pub(super) fn read_holder_on_postgres(&self) -> Sql<'static> {
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

    /// Keeps the row until the transaction ends; fails, with a division by zero, where it is not this run's any more, and with
    /// the root of a negative number where a run that has its session to itself is on another one.
    ///
    /// Such a run does not renew the lease: its row is its own for as long as its advisory lock is.
    pub(super) fn fence_on_postgres(&self) -> Sql<'static> {
        let (table, token) = (self.lock_table(), self.dialect.quote_literal(&self.lock.token));
        Sql::plain(if self.is_direct() {
            format!(
                "WITH mine AS (SELECT pid FROM {table} WHERE token = {token} FOR NO KEY UPDATE) SELECT 1 / count(*), \
                 pg_catalog.sqrt(CASE WHEN bool_and(pid = pg_catalog.pg_backend_pid()) IS FALSE THEN -1 ELSE 1 END) FROM mine"
            )
        } else {
            format!(
                "WITH mine AS (UPDATE {table} SET lease_until = pg_catalog.clock_timestamp() + {LEASE} WHERE token = {token} \
                 RETURNING 1) SELECT 1 / count(*) FROM mine"
            )
        })
    }

    pub(super) fn unlock_on_postgres<'s>(&self) -> Vec<Sql<'s>> {
        let key = self.lock.key;
        vec![Sql::plain(format!("SELECT pg_catalog.pg_advisory_unlock({CLASS}, {key})"))]
    }

    /// Gives all advisory locks of ours back.
    pub(super) fn unlock_all_on_postgres<'s>(&self) -> Vec<Sql<'s>> {
        let own = "SELECT pg_catalog.pg_advisory_unlock((classid::bigint - CASE WHEN classid::bigint > 2147483647 \
             THEN 4294967296 ELSE 0 END)::int, (objid::bigint - CASE WHEN objid::bigint > 2147483647 \
             THEN 4294967296 ELSE 0 END)::int) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objsubid = 2 \
             AND pid = pg_catalog.pg_backend_pid() AND classid = ";
        vec![Sql::plain(format!("{own}{CLASS}"))]
    }

    /// Asks for the settings that this session has set for itself, and for the roles it has taken.
    pub(super) fn read_settings_on_postgres(&self) -> Sql<'static> {
        Sql::plain(
            "SELECT name, setting FROM pg_catalog.pg_settings WHERE source = 'session' AND pg_catalog.left(name, 12) <> 'transaction_' \
             UNION ALL SELECT 'role', pg_catalog.current_setting('role') \
             UNION ALL SELECT 'session_authorization', session_user::text",
        )
    }

    /// Puts the settings of the session back that a revision has changed: to what they were, or to what they would be
    /// in a new session.
    pub(super) fn restore_settings_on_postgres(&self) -> Vec<Sql<'static>> {
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

/// Returns what a failed fence says: division_by_zero, invalid_argument_for_power_function.
pub(super) fn said_by_the_fence(code: &str) -> Option<ErrorKind> {
    match code {
        "22012" => Some(ErrorKind::LockLost),
        "2201F" => Some(ErrorKind::Pooler),
        _ => None,
    }
}

/// Returns the second number of the advisory lock of a ledger (Fowler, Noll and Vo: FNV-1a of 32 bits).
pub(super) fn key(schema: &str, table: &str) -> i32 {
    let mut hash = 0x811c_9dc5_u32;
    for byte in format!("{schema}\0{table}").as_bytes() {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    hash as i32
}
