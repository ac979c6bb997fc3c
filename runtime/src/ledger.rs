//! The ledger: the table of applied revisions, and the table of all that was done.

mod columns;
mod contents;
mod entry;
mod row;

use std::borrow::Cow;

use revchain_core::Dialect;
use revchain_core::set::{Part, Revision, Set};
use revchain_core::text::joined;

use self::columns::Columns;
pub(crate) use self::columns::MYSQL_TABLE;
pub(crate) use self::contents::{Contents, DowngradeMatch, Known};
use self::entry::now;
pub(crate) use self::entry::{Deed, Entry, Took, stored_downgrade};
use self::row::COLUMNS;
pub use self::row::{Applied, State};
use crate::sql::{Sql, Value};

/// Where the ledger of a set stands, and who writes it.
#[derive(Clone, Debug)]
pub(crate) struct Ledger<'s> {
    dialect: Dialect,
    set: &'s Set,
    /// The schema as it is written in a statement, where it is known.
    schema: Option<String>,
    /// The same as it is.
    schema_name: Option<String>,
    revisions: String,
    events: String,
    /// The application that writes, with its version.
    pub(crate) application: Cow<'s, str>,
    /// What the caller calls this run.
    pub(crate) tag: Option<Cow<'s, str>>,
}

/// The version of this crate, for the ledger.
const REVCHAIN: &str = env!("CARGO_PKG_VERSION");

impl<'s> Ledger<'s> {
    pub(crate) fn new(set: &'s Set, dialect: Dialect, application: Cow<'s, str>) -> Self {
        let schema = set.settings.history.schema.as_deref().map(|s| dialect.quote_identifier(s));
        let (revisions, events) = (String::new(), String::new());
        let schema_name = set.settings.history.schema.as_deref().map(str::to_owned);
        let mut ledger =
            Self { dialect, set, schema, schema_name, revisions, events, application, tag: None };
        ledger.name_tables();
        ledger
    }

    /// Is told the schema that the ledger stands in, so that no search path matters from now on.
    pub(crate) fn stands_in(&mut self, schema: &str) {
        self.schema = Some(self.dialect.quote_identifier(schema));
        self.schema_name = Some(schema.to_owned());
        self.name_tables();
    }

    fn name_tables(&mut self) {
        let history = &self.set.settings.history;
        (self.revisions, self.events) = (self.place(&history.table), self.place(&history.events()));
    }

    /// Returns a table beside the ledger's, as it is written in a statement.
    pub(crate) fn place(&self, table: &str) -> String {
        let table = self.dialect.quote_identifier(table);
        match &self.schema {
            Some(schema) => format!("{schema}.{table}"),
            None => table,
        }
    }

    /// Returns the table of applied revisions, as it is written in a statement.
    pub(crate) fn table(&self) -> &str {
        &self.revisions
    }

    /// Makes both tables, where they are missing: where the ledger is there, the events are.
    pub(crate) fn create(&self) -> [Sql<'s>; 2] {
        let Columns { key, text, number, identity, begun, ending, events_ending } =
            Columns::of(self.dialect);
        let revisions = format!(
            "CREATE TABLE IF NOT EXISTS {} (\n    set_name {key} NOT NULL,\n    revision {key} NOT NULL,\n    \
             state {key} NOT NULL,\n    sequence {number} NOT NULL,\n    upgrade_checksum {key} NOT NULL,\n    \
             downgrade_checksum {key} NOT NULL,\n    statements_done {number} NOT NULL,\n    parents {text} NOT NULL,\n    \
             dependencies {text} NOT NULL,\n    message {text} NOT NULL,\n    applied_at {key} NOT NULL,\n    \
             duration_ms {number},\n    application {text} NOT NULL,\n    revchain {key} NOT NULL,\n    \
             statements {text} NOT NULL,\n    downgrade {text} NOT NULL,\n{begun}    PRIMARY KEY (set_name, revision)\n){ending}",
            self.revisions
        );
        let events = format!(
            "CREATE TABLE IF NOT EXISTS {} (\n    id {identity},\n    set_name {key} NOT NULL,\n    \
             revision {key} NOT NULL,\n    deed {key} NOT NULL,\n    done_at {key} NOT NULL,\n    duration_ms {number},\n    \
             application {text} NOT NULL,\n    revchain {key} NOT NULL,\n    tag {text},\n    checksum {key} NOT NULL\n){events_ending}",
            self.events
        );
        [Sql::plain(events), Sql::plain(revisions)]
    }

    /// Reads what [`Contents::row`] takes.
    pub(crate) fn read(&self) -> Sql<'s> {
        // SQLite keeps the rows in the order of their key.
        let order = match self.dialect {
            Dialect::Postgres => " ORDER BY pg_catalog.lower(revision) COLLATE \"C\"",
            Dialect::Mysql => " ORDER BY lower(revision)",
            Dialect::Sqlite => "",
        };
        let text = format!(
            "SELECT revision, upgrade_checksum, downgrade_checksum, state FROM {} WHERE set_name = ?{order}",
            self.revisions
        );
        Sql::with(text, vec![Value::from(&*self.set.settings.name)])
    }

    /// Asks whether others have committed to the file that the ledger stands in, which may be an attached one.
    pub(crate) fn version(&self) -> Sql<'s> {
        let schema = self.set.settings.history.schema.as_deref();
        let schema = schema.map(|name| format!("{}.", self.dialect.quote_identifier(name)));
        Sql::plain(format!("PRAGMA {}data_version", schema.unwrap_or_default()))
    }

    /// Asks for the columns of a table beside the ledger's: none where there is no such table.
    pub(crate) fn read_columns(&self, table: &str) -> Sql<'s> {
        match self.dialect {
            Dialect::Sqlite => Sql::with(
                "SELECT name FROM pragma_table_info(?, ?)",
                vec![Value::from(table.to_owned()), Value::from(self.schema())],
            ),
            Dialect::Postgres => Sql::plain(format!(
                "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass({}) \
                 AND attnum > 0 AND NOT attisdropped",
                self.dialect.quote_literal(&self.place(table))
            )),
            Dialect::Mysql => Sql::plain(format!(
                "SELECT column_name FROM information_schema.columns WHERE table_name = {} AND table_schema = {}",
                self.dialect.quote_literal(table),
                self.schema_name
                    .as_deref()
                    .map_or("database()".to_owned(), |name| self.dialect.quote_literal(name))
            )),
        }
    }

    /// Returns the schema that the ledger stands in, which in SQLite is a database of the connection.
    pub(crate) fn schema(&self) -> &'s str {
        self.set.settings.history.schema.as_deref().unwrap_or("main")
    }

    /// Returns the schema as it is written in a statement.
    pub(crate) fn quoted_schema(&self) -> String {
        self.dialect.quote_identifier(self.schema())
    }

    /// Reads the highest sequence number.
    pub(crate) fn read_sequence(&self) -> Sql<'s> {
        let text = format!("SELECT max(sequence) FROM {} WHERE set_name = ?", self.revisions);
        Sql::with(text, vec![Value::from(&*self.set.settings.name)])
    }

    /// Counts what was done to revisions of the set, also of those that have gone.
    pub(crate) fn read_past(&self) -> Sql<'s> {
        let text = format!("SELECT count(*) FROM {} WHERE set_name = ?", self.events);
        Sql::with(text, vec![Value::from(&*self.set.settings.name)])
    }

    /// Reads whole rows, in the order of application.
    pub(crate) fn read_whole(&self) -> Sql<'s> {
        let text = format!(
            "SELECT {COLUMNS} FROM {} WHERE set_name = ? ORDER BY sequence, revision",
            self.revisions
        );
        Sql::with(text, vec![Value::from(&*self.set.settings.name)])
    }

    /// Records a revision of the set, replacing the row of one that was begun.
    pub(crate) fn record(&self, entry: &Entry<'s>) -> Sql<'s> {
        let Entry { revision, part, state, sequence, duration, statements } = entry;
        let (took, milliseconds) = duration.milliseconds(self.dialect);
        // As the header names them: a stored downgrade is hashed with these.
        let [parents, dependencies] = self.set.needs(revision);
        // Where only the database knows the last number, the row is selected and not listed.
        let (before, number, after) = match sequence {
            Some(_) => ("VALUES (", "?", ")".to_owned()),
            None => {
                let after = format!(" FROM {}", self.revisions);
                ("SELECT ", "coalesce(max(sequence), 0) + 1", after)
            }
        };
        let (insert, again) = match self.dialect {
            Dialect::Sqlite => ("INSERT OR REPLACE", ""),
            // Not REPLACE: the row keeps which statement was begun, by which a later run knows that nobody knows.
            Dialect::Mysql => (
                "INSERT",
                " ON DUPLICATE KEY UPDATE state = VALUES(state), sequence = VALUES(sequence), \
                 upgrade_checksum = VALUES(upgrade_checksum), downgrade_checksum = VALUES(downgrade_checksum), \
                 statements_done = VALUES(statements_done), parents = VALUES(parents), \
                 dependencies = VALUES(dependencies), message = VALUES(message), \
                 applied_at = VALUES(applied_at), duration_ms = VALUES(duration_ms), \
                 application = VALUES(application), revchain = VALUES(revchain), \
                 statements = VALUES(statements), downgrade = VALUES(downgrade)",
            ),
            Dialect::Postgres => (
                "INSERT",
                " ON CONFLICT (set_name, revision) DO UPDATE SET state = excluded.state, \
                 sequence = excluded.sequence, upgrade_checksum = excluded.upgrade_checksum, \
                 downgrade_checksum = excluded.downgrade_checksum, statements_done = excluded.statements_done, \
                 parents = excluded.parents, dependencies = excluded.dependencies, message = excluded.message, \
                 applied_at = excluded.applied_at, duration_ms = excluded.duration_ms, \
                 application = excluded.application, revchain = excluded.revchain, \
                 statements = excluded.statements, downgrade = excluded.downgrade",
            ),
        };
        let text = format!(
            "{insert} INTO {} (set_name, revision, state, sequence, upgrade_checksum, downgrade_checksum, \
             statements_done, parents, dependencies, message, applied_at, duration_ms, application, revchain, \
             statements, downgrade) {before}?, ?, ?, {number}, ?, ?, ?, ?, ?, ?, {}, {took}, ?, ?, ?, ?{after}{again}",
            self.revisions,
            now(self.dialect)
        );
        let mut values = vec![
            Value::from(&*self.set.settings.name),
            Value::from(&*revision.id),
            Value::from(state.name()),
        ];
        if let Some(sequence) = sequence {
            values.push(Value::Integer(*sequence));
        }
        values.push(Value::from(part.upgrade_checksum.to_string()));
        values.push(Value::from(part.downgrade_checksum.to_string()));
        values.push(Value::Integer(0));
        values.push(Value::from(joined(&parents, " ")));
        values.push(Value::from(joined(&dependencies, " ")));
        values.push(Value::from(&*revision.message));
        if let Some(milliseconds) = milliseconds {
            values.push(milliseconds);
        }
        values.push(Value::Text(self.application.clone()));
        values.push(Value::from(REVCHAIN));
        values.push(Value::Text(statements.clone()));
        values.push(Value::Text(stored_downgrade(revision, part)));
        Sql::with(text, values)
    }

    /// Sets the state of a recorded revision, and the hashes of the statements that were begun.
    pub(crate) fn mark(&self, revision: &str, state: State, statements: String) -> Sql<'s> {
        let text = format!(
            "UPDATE {} SET state = ?, statements_done = 0, statements = ? WHERE set_name = ? AND revision = ?",
            self.revisions
        );
        let values = vec![Value::from(state.name()), Value::from(statements)];
        self.with_key(text, values, revision)
    }

    /// Writes how many statements of what was begun are done.
    pub(crate) fn journal(&self, revision: &str, done: usize) -> Sql<'s> {
        let text = format!(
            "UPDATE {} SET statements_done = ? WHERE set_name = ? AND revision = ?",
            self.revisions
        );
        let values = vec![Value::Integer(done as i64)];
        self.with_key(text, values, revision)
    }

    /// Writes which statement, from 0, is begun that can take effect without its note.
    pub(crate) fn begun(&self, revision: &str, statement: Option<usize>) -> Sql<'s> {
        let text = format!(
            "UPDATE {} SET statement_begun = ? WHERE set_name = ? AND revision = ?",
            self.revisions
        );
        let number = statement.map_or(Value::Null, |number| Value::Integer(number as i64));
        let values = vec![number];
        self.with_key(text, values, revision)
    }

    /// Asks which statement was begun, and whether an index is there and valid.
    pub(crate) fn read_begun(&self, revision: &str, index: Option<&str>) -> Sql<'s> {
        let valid = index.map_or_else(
            || "NULL".to_owned(),
            |name| {
                let name = self.dialect.quote_literal(name);
                format!(
                    "(SELECT indisvalid::int FROM pg_catalog.pg_index \
                     WHERE indexrelid = pg_catalog.to_regclass({name}))"
                )
            },
        );
        let text = format!(
            "SELECT statement_begun, {valid} FROM {} WHERE set_name = ? AND revision = ?",
            self.revisions
        );
        self.with_key(text, Vec::new(), revision)
    }

    /// Removes the row of a revision.
    pub(crate) fn erase(&self, revision: &str) -> Sql<'s> {
        let text = format!("DELETE FROM {} WHERE set_name = ? AND revision = ?", self.revisions);
        self.with_key(text, Vec::new(), revision)
    }

    /// Replaces a stored downgrade by the corrected one.
    pub(crate) fn correct(&self, revision: &'s Revision, part: &'s Part) -> Sql<'s> {
        let text = format!(
            "UPDATE {} SET downgrade = ?, downgrade_checksum = ? WHERE set_name = ? AND revision = ?",
            self.revisions
        );
        let checksum = part.downgrade_checksum.to_string();
        let values = vec![Value::Text(stored_downgrade(revision, part)), Value::from(checksum)];
        self.with_key(text, values, &revision.id)
    }

    /// Appends to the events.
    pub(crate) fn event(
        &self,
        revision: &str,
        deed: Deed,
        duration: Took,
        checksum: String,
    ) -> Sql<'s> {
        let (took, milliseconds) = duration.milliseconds(self.dialect);
        let text = format!(
            "INSERT INTO {} (set_name, revision, deed, done_at, duration_ms, application, revchain, tag, checksum) \
             VALUES (?, ?, ?, {}, {took}, ?, ?, ?, ?)",
            self.events,
            now(self.dialect)
        );
        let tag = self.tag.clone().map_or(Value::Null, Value::Text);
        let mut values = vec![
            Value::from(&*self.set.settings.name),
            Value::from(revision.to_owned()),
            Value::from(deed.name()),
        ];
        if let Some(milliseconds) = milliseconds {
            values.push(milliseconds);
        }
        values.push(Value::Text(self.application.clone()));
        values.push(Value::from(REVCHAIN));
        values.push(tag);
        values.push(Value::from(checksum));
        Sql::with(text, values)
    }

    /// Returns a statement whose last values name a row.
    fn with_key(&self, text: String, mut values: Vec<Value<'s>>, revision: &str) -> Sql<'s> {
        values.push(Value::from(&*self.set.settings.name));
        values.push(Value::from(revision.to_owned()));
        Sql::with(text, values)
    }
}
