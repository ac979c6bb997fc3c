//! The settings of a SQLite connection: as they were before, on every way out.

use revchain_core::Dialect;
use revchain_core::set::Set;

use crate::plan::Plan;
use crate::sql::{Row, Sql};

/// The settings that a revision may change and that can be read and put back.
const NAMES: [&str; 9] = [
    "foreign_keys",
    "legacy_alter_table",
    "recursive_triggers",
    "ignore_check_constraints",
    "writable_schema",
    "query_only",
    "reverse_unordered_selects",
    "synchronous",
    "cell_size_check",
];

/// The settings as they were before the run.
#[derive(Clone, Debug, Default)]
pub(super) struct Pragmas {
    before: Vec<i64>,
    are_off: bool,
}

/// Tells whether a plan changes settings: a rebuild does, and so may a `PRAGMA` of a revision.
pub(super) fn are_touched(set: &Set, dialect: Dialect, plan: &Plan) -> bool {
    let is_pragma =
        |text: &str| text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("pragma"));
    dialect == Dialect::Sqlite
        && plan.steps.iter().any(|step| {
            !step.options(set, dialect).foreign_keys
                || step.statements(set, dialect).into_iter().any(is_pragma)
        })
}

impl Pragmas {
    /// Asks for all settings in one row.
    pub(super) fn read(&self) -> Sql<'static> {
        let column = |name| format!("(SELECT * FROM pragma_{name})");
        let columns: Vec<String> = NAMES.into_iter().map(column).collect();
        Sql::plain(format!("SELECT {}", columns.join(", ")))
    }

    /// Takes SQLite's own defaults for the settings that a rebuild changes, where nothing can be asked.
    pub(super) fn assume(&mut self) {
        self.before = vec![1, 0];
    }

    pub(super) fn row(&mut self, row: &dyn Row) {
        self.before = (0..NAMES.len()).map(|column| row.integer(column).unwrap_or(0)).collect();
    }

    /// Prepares the connection for a rebuild: without foreign keys, and renames that leave views alone.
    ///
    /// With a view on the table a rename fails otherwise (SQLite, "ALTER TABLE", compatibility note 3).
    pub(super) fn off(&mut self) -> Vec<Sql<'static>> {
        self.are_off = false;
        ["PRAGMA foreign_keys = OFF", "PRAGMA legacy_alter_table = ON"].map(Sql::plain).into()
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
        let put_back = |(name, value): (&str, i64)| Sql::plain(format!("PRAGMA {name} = {value}"));
        NAMES.into_iter().zip(self.before.iter().copied()).map(put_back).collect()
    }
}
