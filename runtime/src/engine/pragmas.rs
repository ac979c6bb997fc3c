//! The settings of a SQLite connection: as they were before, on every way out.

use std::borrow::Cow;

use revchain_core::Dialect;
use revchain_core::set::Set;
use revchain_core::text::joined;

use crate::plan::Plan;
use crate::sql::{Row, Sql};

/// The settings of a connection that a revision may change and that can be read and put back.
///
/// What belongs to the database, as `user_version`, a revision changes for good. Of the others only those are put back
/// that a revision names: a busy handler cannot be read, and writing `busy_timeout` removes it.
const NAMES: [&str; 28] = [
    "analysis_limit",
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "cache_spill",
    "case_sensitive_like",
    "cell_size_check",
    "checkpoint_fullfsync",
    "count_changes",
    "empty_result_callbacks",
    FOREIGN_KEYS,
    "full_column_names",
    "fullfsync",
    "ignore_check_constraints",
    "journal_size_limit",
    LEGACY_ALTER_TABLE,
    "locking_mode",
    "mmap_size",
    "query_only",
    "read_uncommitted",
    "recursive_triggers",
    "reverse_unordered_selects",
    "secure_delete",
    "short_column_names",
    "synchronous",
    "temp_store",
    "trusted_schema",
    "writable_schema",
];

const FOREIGN_KEYS: &str = "foreign_keys";
const LEGACY_ALTER_TABLE: &str = "legacy_alter_table";

/// The settings as they were before the run.
#[derive(Clone, Debug, Default)]
pub(super) struct Pragmas {
    names: Vec<&'static str>,
    /// What each was; nothing where SQLite does not say.
    before: Vec<Option<String>>,
    are_off: bool,
}

/// Returns the settings that a plan changes: a rebuild does, and so may a `PRAGMA` of a revision.
pub(super) fn touched(set: &Set, dialect: Dialect, plan: &Plan) -> Vec<&'static str> {
    if dialect != Dialect::Sqlite {
        return Vec::new();
    }
    let mut named: Vec<&'static str> = Vec::new();
    for step in &plan.steps {
        if !step.options(set, dialect).foreign_keys {
            named.extend_from_slice(&[FOREIGN_KEYS, LEGACY_ALTER_TABLE]);
        }
        for statement in step.statements(set, dialect) {
            named.extend(named_by(statement));
        }
    }
    // In the order in which they are known, each once.
    let mut names = Vec::new();
    for name in &NAMES {
        if named.contains(name) {
            names.push(*name);
        }
    }
    names
}

/// Returns the setting that a statement names, if it is a `PRAGMA` for one of those that are put back.
fn named_by(statement: &str) -> Option<&'static str> {
    let name = name(statement)?;
    NAMES.iter().copied().find(|known| known.eq_ignore_ascii_case(name))
}

/// Returns the name of the setting that a statement reads or writes, if it is a `PRAGMA`.
pub(super) fn name(statement: &str) -> Option<&str> {
    if !statement.get(..6)?.eq_ignore_ascii_case("pragma") {
        return None;
    }
    let split = Dialect::Sqlite.split(statement).ok()?;
    let schema = split.tokens.get(2).is_some_and(|token| token.text == ".");
    let token = split.tokens.get(if schema { 3 } else { 1 })?;
    Some(token.text.trim_matches(['"', '`', '[', ']', '\'']))
}

impl Pragmas {
    /// Asks for settings in one row.
    pub(super) fn read(&mut self, names: Vec<&'static str>) -> Sql<'static> {
        let mut columns = Vec::with_capacity(names.len());
        for name in &names {
            columns.push(match *name {
                // It has no answer of its own.
                "case_sensitive_like" => "'a' NOT LIKE 'A'".to_owned(),
                name => format!("(SELECT * FROM pragma_{name})"),
            });
        }
        let text = format!("SELECT {}", joined(&columns, ", "));
        *self = Self { names, ..Self::default() };
        Sql::plain(text)
    }

    pub(super) fn row(&mut self, row: &dyn Row) {
        self.before.clear();
        for column in 0..self.names.len() {
            self.before.push(row.text(column).map(Cow::into_owned));
        }
    }

    /// Prepares the connection for a rebuild: without foreign keys, and renames that leave views alone.
    ///
    /// With a view on the table a rename fails otherwise (SQLite, "ALTER TABLE", compatibility note 3).
    pub(super) fn off(&mut self) -> Vec<Sql<'static>> {
        self.are_off = false;
        vec![Sql::plain("PRAGMA foreign_keys = OFF"), Sql::plain("PRAGMA legacy_alter_table = ON")]
    }

    /// Takes the answer to `PRAGMA foreign_keys`.
    pub(super) fn confirm(&mut self, row: &dyn Row) {
        self.are_off = row.integer(0) == Some(0);
    }

    pub(super) fn are_off(&self) -> bool {
        self.are_off
    }

    /// Puts the settings back.
    pub(super) fn restore(&self) -> Vec<Sql<'static>> {
        let mut statements = Vec::new();
        for (name, before) in self.names.iter().zip(&self.before) {
            let Some(before) = before else { continue };
            let value = match (*name, before.as_str()) {
                ("secure_delete", "2") => "fast",
                (_, value) => value,
            };
            statements.push(Sql::plain(format!("PRAGMA {name} = {value}")));
            if *name == "locking_mode" {
                // The file's lock goes with the next access (SQLite, "PRAGMA locking_mode").
                statements.push(Sql::plain("SELECT 1 FROM sqlite_schema LIMIT 1"));
            }
        }
        statements
    }
}
