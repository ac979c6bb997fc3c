//! The run lock on MySQL and MariaDB: `GET_LOCK`, and the row.

use revchain_core::order::sorted;
use revchain_core::text::joined;

use super::super::Engine;
use crate::error::ErrorKind;
use crate::ledger::MYSQL_TABLE;
use crate::sql::Sql;

/// How long a run keeps the row without renewing it.
const LEASE: &str = "INTERVAL 60 SECOND";

/// ER_CANT_CHANGE_TX_CHARACTERISTICS: the answer to a `SET TRANSACTION` where a transaction is open, whoever began it.
pub(super) const OPEN_TRANSACTION: &str = "1568";

/// `GET_LOCK` is the server's own: a row that another server's run holds is not free because this server knows no such lock.
const SERVER: &str = "concat(@@hostname, ':', @@port)";

/// The settings that are put back, besides those that a revision names: what a dump changes, what changes the meaning of
/// what follows, and what the run itself sets.
const SETTINGS: [&str; 19] = [
    "autocommit",
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "collation_connection",
    "foreign_key_checks",
    "group_concat_max_len",
    "innodb_lock_wait_timeout",
    "lock_wait_timeout",
    "max_execution_time",
    "max_statement_time",
    "sql_mode",
    "sql_notes",
    "sql_safe_updates",
    "time_zone",
    "transaction_isolation",
    "tx_isolation",
    "tx_read_only",
    "unique_checks",
];

impl Engine<'_> {
    /// Asks what every run begins with.
    ///
    /// Whether a transaction is open, MariaDB says (`@@in_transaction`), and MySQL only with privileges that a deployer
    /// need not have. Both refuse to change the character of a transaction that is open, and what is set here is what the
    /// next one would be anyway: it may write.
    pub(super) fn session_on_mysql(&self) -> Sql<'static> {
        let history = &self.set.settings.history;
        let literal = |text: &str| self.dialect.quote_literal(text);
        let schema = history.schema.as_deref().map_or_else(|| "database()".to_owned(), literal);
        let exists = |table: &str| {
            format!(
                "EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = {schema} AND table_name = {})",
                literal(table)
            )
        };
        // No more than 64 characters (MySQL manual, "Locking Functions").
        let name = format!(
            "concat('revchain ', left(sha2(concat(lower({schema}), '/', {}), 256), 48))",
            literal(&history.table)
        );
        Sql::plain(format!(
            "SELECT 0, coalesce(is_used_lock({name}) = connection_id(), 0), {schema}, {}, {}, \
             left(sha2(concat(uuid(), connection_id(), rand()), 256), 32), {name}, @@autocommit, database();\n\
             SET TRANSACTION READ WRITE",
            exists(&history.table),
            exists(&history.lock()),
        ))
    }

    fn lock_literal(&self) -> String {
        self.dialect.quote_literal(&self.lock.name)
    }

    pub(super) fn try_lock_on_mysql(&self) -> Sql<'static> {
        Sql::plain(format!("SELECT get_lock({}, 0)", self.lock_literal()))
    }

    pub(super) fn create_lock_on_mysql<'s>(&self) -> Vec<Sql<'s>> {
        let table = self.lock_table();
        vec![
            Sql::plain(format!(
                "CREATE TABLE IF NOT EXISTS {table} (\n    id INTEGER PRIMARY KEY,\n    token VARCHAR(64) NOT NULL,\n    \
                 holder TEXT NOT NULL,\n    pid BIGINT NOT NULL,\n    server VARCHAR(300) NOT NULL,\n    \
                 direct BOOLEAN NOT NULL,\n    taken_at DATETIME(6) NOT NULL,\n    \
                 lease_until DATETIME(6) NOT NULL\n){MYSQL_TABLE}"
            )),
            Sql::plain(format!(
                "INSERT IGNORE INTO {table} VALUES (1, '', '', 0, '', 0, utc_timestamp(6), utc_timestamp(6))"
            )),
        ]
    }

    pub(super) fn claim_on_mysql(&self) -> Sql<'static> {
        let table = self.lock_table();
        let literal = |text: &str| self.dialect.quote_literal(text);
        let (token, holder) = (literal(&self.lock.token), literal(&self.ledger.application));
        let name = self.lock_literal();
        Sql::plain(format!(
            "UPDATE {table} AS l SET l.token = {token}, l.holder = {holder}, l.pid = connection_id(), l.server = {SERVER}, \
             l.direct = 1, l.taken_at = utc_timestamp(6), l.lease_until = utc_timestamp(6) + {LEASE} \
             WHERE l.id = 1 AND (l.token = '' \
             OR l.direct AND l.server = {SERVER} AND coalesce(is_used_lock({name}), connection_id()) = connection_id() \
             OR l.lease_until < utc_timestamp(6) AND NOT EXISTS (SELECT 1 FROM information_schema.processlist p \
             WHERE locate(concat('/* revchain ', l.token, ' */'), convert(p.info USING utf8mb4)) = 1));\n\
             SELECT count(*) FROM {table} WHERE token = {token}"
        ))
    }

    /// Without the privilege to see others' sessions, no more than the number of the connection is known.
    pub(super) fn read_holder_on_mysql(&self) -> Sql<'static> {
        let name = self.lock_literal();
        let direct = format!(
            "SELECT concat('connection ', u.id, coalesce((SELECT concat(' of `', convert(p.user USING utf8mb4), '` at ', \
             convert(p.host USING utf8mb4)) FROM information_schema.processlist p WHERE p.id = u.id), '')) \
             FROM (SELECT is_used_lock({name}) AS id) u WHERE u.id IS NOT NULL"
        );
        if !self.lock.exists {
            return Sql::plain(direct);
        }
        Sql::plain(format!(
            "{direct};\nSELECT concat(holder, ', since ', date_format(taken_at, '%Y-%m-%d %H:%i:%s UTC')) FROM {} \
             WHERE token <> ''",
            self.lock_table()
        ))
    }

    /// Renews the row; a subquery has two rows, and is refused, where it is not this run's any more.
    pub(super) fn fence_on_mysql(&self) -> Vec<Sql<'static>> {
        let (table, token) = (self.lock_table(), self.dialect.quote_literal(&self.lock.token));
        vec![
            Sql::plain(format!(
                "UPDATE {table} SET lease_until = utc_timestamp(6) + {LEASE} WHERE token = {token}"
            )),
            Sql::plain(format!(
                "SELECT (SELECT n FROM (SELECT 1 AS n UNION ALL SELECT 2) AS two \
                 WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE token = {token}))"
            )),
        ]
    }

    pub(super) fn unlock_all_on_mysql<'s>(&self) -> Vec<Sql<'s>> {
        vec![Sql::plain(format!("DO release_lock({})", self.lock_literal()))]
    }

    /// Asks for settings that there are: each of the two products lacks some.
    pub(super) fn read_settings_on_mysql(&self) -> Sql<'static> {
        let mut names = Vec::with_capacity(SETTINGS.len());
        for name in &SETTINGS {
            names.push((*name).to_owned());
        }
        for step in &self.plan.steps {
            for text in step.statements(self.set, self.dialect) {
                if let Ok(split) = self.dialect.split(text) {
                    names.extend(self.dialect.session_settings(&split.tokens));
                }
            }
        }
        let mut asked = String::new();
        for name in sorted(names) {
            let name = self.dialect.quote_literal(&name);
            if !asked.ends_with(&name) {
                asked.push_str(if asked.is_empty() { "" } else { ", " });
                asked.push_str(&name);
            }
        }
        Sql::plain(format!("SHOW SESSION VARIABLES WHERE variable_name IN ({asked})"))
    }

    pub(super) fn restore_settings_on_mysql<'s>(&self) -> Vec<Sql<'s>> {
        let mut all = Vec::with_capacity(self.lock.settings.len());
        for (name, value) in &self.lock.settings {
            let value = match name.as_str() {
                // It is the present where it was not set.
                "timestamp" => "DEFAULT".to_owned(),
                _ if value.is_empty() && name.starts_with("character_set_") => "NULL".to_owned(),
                _ if value.starts_with(|c: char| c.is_ascii_digit())
                    && value.parse::<f64>().is_ok() =>
                {
                    value.clone()
                }
                _ => self.dialect.quote_literal(value),
            };
            all.push(format!("{} = {value}", self.dialect.quote_identifier(name)));
        }
        let mut statements = Vec::new();
        if !all.is_empty() {
            statements.push(Sql::plain(format!("SET {}", joined(&all, ", "))));
        }
        if !self.lock.database.is_empty() {
            let database = self.dialect.quote_identifier(&self.lock.database);
            statements.push(Sql::plain(format!("USE {database}")));
        }
        statements
    }

    /// MySQL has no timeout for statements that write; MariaDB has one for all.
    pub(super) fn timeouts_on_mysql<'s>(&self) -> Vec<Sql<'s>> {
        let mut settings = Vec::new();
        if let Some(timeout) = self.options.lock_timeout {
            // Whole seconds, and at least one.
            let seconds = timeout.as_millis().div_ceil(1000).max(1);
            settings.push(format!("lock_wait_timeout = {seconds}"));
            settings.push(format!("innodb_lock_wait_timeout = {seconds}"));
        }
        if let Some(timeout) = self.options.statement_timeout {
            let (seconds, milliseconds) = (timeout.as_secs_f64(), timeout.as_millis().max(1));
            settings.push(format!(
                "sql_notes = @@sql_notes /*M! , max_statement_time = {seconds:.3} */ \
                 /*!50700 , max_execution_time = {milliseconds} */"
            ));
        }
        if settings.is_empty() {
            return Vec::new();
        }
        vec![Sql::plain(format!("SET {}", joined(&settings, ", ")))]
    }
}

/// Returns what a failed fence says: ER_SUBQUERY_NO_1_ROW.
pub(super) fn said_by_the_fence(code: &str) -> Option<ErrorKind> {
    (code == "1242").then_some(ErrorKind::LockLost)
}
