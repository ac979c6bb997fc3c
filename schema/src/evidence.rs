//! How a plan is tried on rows before anybody relies on it.

use crate::{Choices, Snapshot, mysql, postgres, sqlite};

/// Something that has to be the same before a plan and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survivor {
    /// What it is: `the rows of users`.
    pub what: String,
    /// The query that reads it before.
    pub before: String,
    /// The query that reads it afterwards.
    pub after: String,
}

/// Tells whether an expression may be another value each time it is computed, so that no two can be compared.
pub(crate) fn varies(expression: &str) -> bool {
    const WORDS: [&str; 5] = ["current_", "localtime", "session_user", "system_user", "user"];
    let starts = |word: &&str| {
        expression.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    expression.contains('(') || WORDS.iter().any(starts)
}

/// Statements that insert the same row with other values: the first that the database takes is meant.
pub type Attempts<'s> = Box<dyn Iterator<Item = String> + 's>;

/// Returns statements that fill the tables with a few rows, parents first.
///
/// They are made from the catalog alone, so a table whose rows only a person can think of may stay empty; and so may one
/// that has nothing to do with what differs from `goal`.
#[must_use]
pub fn samples<'s>(snapshot: &'s Snapshot, goal: &Snapshot) -> Vec<Attempts<'s>> {
    match (snapshot, goal) {
        (Snapshot::Postgres(catalog), Snapshot::Postgres(goal)) => postgres::samples(catalog, goal),
        (Snapshot::Sqlite(catalog), Snapshot::Sqlite(goal)) => sqlite::samples(catalog, goal),
        (Snapshot::Mysql(catalog), Snapshot::Mysql(goal)) => mysql::samples(catalog, goal),
        _ => Vec::new(),
    }
}

/// Returns what rows and values have to outlive the plan from `from` to `to`; the rows of both queries are compared as sets.
#[must_use]
pub fn survivors(from: &Snapshot, to: &Snapshot, choices: &Choices) -> Vec<Survivor> {
    match (from, to) {
        (Snapshot::Sqlite(from), Snapshot::Sqlite(to)) => sqlite::survivors(from, to, choices),
        (Snapshot::Postgres(from), Snapshot::Postgres(to)) => {
            postgres::survivors(from, to, choices)
        }
        (Snapshot::Mysql(from), Snapshot::Mysql(to)) => mysql::survivors(from, to, choices),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::varies;

    #[test]
    fn what_is_computed_anew_each_time_is_told_from_what_is_written() {
        for varying in ["CURRENT_TIMESTAMP", "current_date", "now()", "LOCALTIME", "(1 + 1)"] {
            assert!(varies(varying), "{varying}");
        }
        for fixed in ["0", "'now'", "NULL", "'user'::text", "TRUE", "x'00'"] {
            assert!(!varies(fixed), "{fixed}");
        }
    }
}
