//! The rows that refer to rows that are not there, told apart by key: a rebuild renumbers rowids, and one violation
//! can take the place of another.

use std::collections::{BTreeMap, BTreeSet};

use revchain_core::Dialect;

use crate::error::{Source, Violation};
use crate::sql::{Row, Sql};

/// SQLite joins at most 500 selects into one ("Limits In SQLite", 3).
const MOST_SELECTS: usize = 400;

/// What violates foreign keys, now and when it was asked before.
#[derive(Debug, Default)]
pub(super) struct Violations {
    /// By child table and number of its foreign key.
    keys: BTreeMap<(String, i64), Key>,
    before: BTreeSet<Violation>,
    now: BTreeSet<Violation>,
    /// Why a commit failed, where the rows are asked for to explain it.
    pub(super) reason: Option<Source>,
}

#[derive(Debug, Default)]
struct Key {
    parent: String,
    /// Pairs of columns; the parent's is unknown where the parent does not exist.
    columns: Vec<(String, Option<String>)>,
    /// What a row of the child is told apart by: the columns of its primary key, else its number under one of the
    /// three names that no column has.
    primary: String,
}

/// Asks which foreign keys are violated, with their columns and the child's primary key.
pub(super) fn keys() -> Sql<'static> {
    Sql::plain(
        "SELECT v.\"table\", f.id, f.\"table\", f.\"from\", \
         coalesce(f.\"to\", (SELECT name FROM pragma_table_info(f.\"table\") WHERE pk = f.seq + 1)), \
         coalesce((SELECT group_concat('quote(c.\"' || replace(name, '\"', '\"\"') || '\")', ' || '','' || ') \
          FROM (SELECT name FROM pragma_table_info(v.\"table\") WHERE pk > 0 ORDER BY pk)), \
          (SELECT 'c.' || free.name FROM (SELECT 'rowid' AS name UNION ALL SELECT '_rowid_' UNION ALL SELECT 'oid') \
          AS free WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(v.\"table\") x WHERE x.name = free.name \
          COLLATE NOCASE) LIMIT 1)), \
         EXISTS (SELECT 1 FROM pragma_table_info(f.\"table\")) \
         FROM (SELECT DISTINCT \"table\", fkid FROM pragma_foreign_key_check) v \
         JOIN pragma_foreign_key_list(v.\"table\") f ON f.id = v.fkid ORDER BY 1, 2, f.seq",
    )
}

impl Violations {
    /// What was the present is the past.
    pub(super) fn begin(&mut self) {
        self.keys.clear();
        self.before = std::mem::take(&mut self.now);
    }

    /// Takes a row of [`keys`].
    pub(super) fn key(&mut self, row: &dyn Row) {
        let text = |column| row.text(column).map(std::borrow::Cow::into_owned);
        let (Some(child), Some(number)) = (text(0), row.integer(1)) else { return };
        let key = self.keys.entry((child, number)).or_default();
        key.parent = text(2).unwrap_or_default();
        key.primary = text(5).unwrap_or_else(|| "c.rowid".to_owned());
        let exists = row.integer(6) == Some(1);
        key.columns.push((text(3).unwrap_or_default(), text(4).filter(|_| exists)));
    }

    /// Asks for the rows, by key; nothing where no foreign key is violated.
    pub(super) fn query(&self) -> Option<Sql<'static>> {
        let quote = |name: &str| Dialect::Sqlite.quote_identifier(name);
        let literal = |text: &str| Dialect::Sqlite.quote_literal(text);
        let select = |((child, _), key): (&(String, i64), &Key)| {
            let filled: Vec<String> = key
                .columns
                .iter()
                .map(|(from, _)| format!("c.{} IS NOT NULL", quote(from)))
                .collect();
            let pairs: Option<Vec<String>> = key
                .columns
                .iter()
                .map(|(from, to)| Some(format!("p.{} = c.{}", quote(to.as_deref()?), quote(from))))
                .collect();
            let missing = pairs.map(|pairs| {
                format!(
                    " AND NOT EXISTS (SELECT 1 FROM {} p WHERE {})",
                    quote(&key.parent),
                    pairs.join(" AND ")
                )
            });
            format!(
                "SELECT {}, {}, {} FROM {} c WHERE {}{}",
                literal(child),
                key.primary,
                literal(&key.parent),
                quote(child),
                filled.join(" AND "),
                missing.unwrap_or_default()
            )
        };
        let selects: Vec<String> = self.keys.iter().map(select).collect();
        let whole = |some: &[String]| format!("SELECT * FROM ({})", some.join(" UNION ALL "));
        let all: Vec<String> = selects.chunks(MOST_SELECTS).map(whole).collect();
        (!all.is_empty()).then(|| Sql::plain(all.join(" UNION ALL ")))
    }

    /// Takes a row of the query.
    pub(super) fn row(&mut self, row: &dyn Row) {
        let text = |column| row.text(column).map(std::borrow::Cow::into_owned).unwrap_or_default();
        let key = row.integer(1).map_or_else(|| text(1), |number| number.to_string());
        self.now.insert(Violation { table: text(0), row: key, parent: text(2) });
    }

    /// Returns the violations that were not there before.
    pub(super) fn new_ones(&self) -> Vec<Violation> {
        self.now.difference(&self.before).cloned().collect()
    }

    /// Returns the violations that were there before and are not now.
    pub(super) fn gone(&self) -> Vec<Violation> {
        self.before.difference(&self.now).cloned().collect()
    }
}
