//! What stops a script on a database that is not where its range begins.
//!
//! A client may go on after an error, as `sqlite3` and `psql` do when they are not told otherwise. So the guard leaves the
//! session in a state in which nothing can be written, and only a right database gets it out of there:
//!
//! * SQLite: in the first transaction a deferred foreign key points to a row that only a right database is given. Without
//!   it no `COMMIT` succeeds, and with the transaction open nothing after it does.
//! * PostgreSQL: transactions are read-only until the guard has seen what it expects, before each revision.
//! * MySQL: its client stops at the first error, unless `--force` is given.

use revchain_core::Dialect;
use revchain_core::checksum::Direction;

use super::Writer;
use crate::plan::{Plan, Step};

/// What is said on a wrong database; as a name it fits MySQL's limit of 64 characters.
const WRONG: &str = "this database is not where the script begins";
/// PostgreSQL: the last step that has ended well in this session.
const DONE: &str = "coalesce(current_setting('revchain.done', true), '')";

impl Writer<'_> {
    /// Writes what lets only a database pass that has these revisions, and no others, of the set.
    ///
    /// Rows of what is replaced do not count beside a replacer that stays: the database has recorded that or run it.
    #[inline]
    pub(super) fn guard(&mut self, applied: &[bool], plan: &Plan) {
        let (mut ids, mut beside) = (Vec::new(), Vec::new());
        for (revision, applied) in self.set.revisions.all().iter().zip(applied) {
            if !applied {
                continue;
            }
            ids.push(self.dialect.quote_literal(&revision.id));
            let taken_back = |step: &Step| {
                step.direction == Direction::Downgrade && step.id(self.set) == revision.id
            };
            if !plan.steps.iter().any(taken_back) {
                for one in &*revision.replaces {
                    beside.push(self.dialect.quote_literal(&one.id));
                }
            }
        }
        let name = self.dialect.quote_literal(&self.set.settings.name);
        let mut rows =
            format!("SELECT count(*) FROM {} WHERE set_name = {name}", self.ledger.table());
        if !beside.is_empty() {
            rows.push_str(&format!(" AND revision NOT IN ({})", beside.join(", ")));
        }
        let count = ids.len();
        let mut condition = format!("({rows}) = {count}");
        if count > 0 {
            let ids = ids.join(", ");
            condition = format!(
                "{condition} AND ({rows} AND state = 'applied' AND revision IN ({ids})) = {count}"
            );
        }
        match self.dialect {
            Dialect::Sqlite => self.guard_sqlite(&condition),
            Dialect::Postgres => {
                let missing = if count == 0 { "true" } else { "false" };
                self.guard_postgres(&condition, missing, WRONG);
            }
            Dialect::Mysql => self.guard_mysql(&condition, count == 0),
        }
    }

    /// Writes what lets a script go on only when the step before has ended well.
    #[inline]
    pub(super) fn guard_between(&mut self, before: &Step) {
        if self.dialect != Dialect::Postgres {
            return;
        }
        let id = before.id(self.set);
        let condition = format!("{DONE} = {}", self.dialect.quote_literal(id));
        let words = format!("{id} did not end well, the rest is not run");
        self.text.push('\n');
        self.guard_postgres(&condition, "false", &words);
    }

    /// Writes into the session that a step has ended well, which an aborted transaction takes back.
    #[inline]
    pub(super) fn note_ended(&mut self, step: &Step) {
        if self.dialect == Dialect::Postgres {
            let id = self.dialect.quote_literal(step.id(self.set));
            self.line(&format!("SET revchain.done = {id};"));
        }
    }

    /// Takes away what the guard left in the session.
    #[inline]
    pub(super) fn unguard(&mut self) {
        match self.dialect {
            Dialect::Sqlite => {
                for table in ["said", "guard", "gate"] {
                    self.line(&format!("DROP TABLE temp.revchain_{table};"));
                }
            }
            Dialect::Postgres => {
                self.line("\nRESET default_transaction_read_only;\nRESET revchain.done;");
            }
            Dialect::Mysql => {}
        }
    }

    #[inline]
    fn guard_sqlite(&mut self, condition: &str) {
        self.line("\nPRAGMA foreign_keys = ON;");
        self.begin();
        // A missing ledger is an empty one; it is made in the same transaction.
        self.ledger_made = true;
        for sql in self.ledger.create() {
            self.statement(&sql);
        }
        self.line("CREATE TEMP TABLE revchain_gate (id INTEGER PRIMARY KEY);");
        self.line(
            "CREATE TEMP TABLE revchain_guard (gate INTEGER REFERENCES revchain_gate (id) \
             DEFERRABLE INITIALLY DEFERRED);",
        );
        self.line(&format!(
            "CREATE TEMP TABLE revchain_said (ok INTEGER CONSTRAINT \"{WRONG}\" CHECK (ok = 1));"
        ));
        self.line("INSERT INTO temp.revchain_guard VALUES (1);");
        self.line(&format!("INSERT INTO temp.revchain_gate SELECT 1 WHERE {condition};"));
        self.line("INSERT INTO temp.revchain_said SELECT count(*) FROM temp.revchain_gate;");
    }

    #[inline]
    fn guard_postgres(&mut self, condition: &str, missing: &str, words: &str) {
        let table = self.dialect.quote_literal(self.ledger.table());
        let words = self.dialect.quote_literal(words);
        self.line(&format!(
            "SET default_transaction_read_only = on;\n\
             DO $revchain$\nDECLARE\n    ok boolean := {missing};\nBEGIN\n    \
             IF to_regclass({table}) IS NOT NULL THEN\n        \
             EXECUTE $ok$SELECT {condition}$ok$ INTO ok;\n    END IF;\n    \
             IF NOT ok THEN\n        RAISE EXCEPTION USING MESSAGE = {words};\n    END IF;\n    \
             PERFORM set_config('default_transaction_read_only', 'off', false);\nEND\n$revchain$;"
        ));
    }

    #[inline]
    fn guard_mysql(&mut self, condition: &str, may_be_missing: bool) {
        if may_be_missing {
            self.ledger_made = true;
            self.line("");
            for sql in self.ledger.create() {
                self.statement(&sql);
            }
        }
        self.line(&format!(
            "\nSET @revchain = IF({condition}, 'DO 0', 'SELECT * FROM `{WRONG}`');\n\
             PREPARE revchain FROM @revchain;\nEXECUTE revchain;\nDEALLOCATE PREPARE revchain;"
        ));
    }
}
