//! The rows that refer to rows that are not there, told apart by key: a rebuild renumbers rowids, and one violation
//! can take the place of another.

use revchain_core::Dialect;
use revchain_core::map::Ids;
use revchain_core::text::joined;

use crate::error::{Source, Violation};
use crate::foreign_keys::UNFIT;
use crate::sql::{Row, Sql};

/// SQLite joins at most 500 selects into one ("Limits In SQLite", 3).
const MOST_SELECTS: usize = 400;

/// What violates foreign keys, now and when it was asked before.
#[derive(Debug, Default)]
pub(super) struct Violations {
    keys: Vec<Key>,
    /// In the order of the query, each once.
    before: Vec<Violation>,
    now: Vec<Violation>,
    /// Why a commit failed, where the rows are asked for to explain it.
    pub(super) reason: Option<Source>,
}

/// A violated foreign key.
#[derive(Debug)]
struct Key {
    child: String,
    /// Its number among the foreign keys of the child.
    number: i64,
    parent: String,
    /// Pairs of columns; the parent's is unknown where the parent does not exist.
    columns: Vec<(String, Option<String>)>,
    /// What a row of the child is told apart by: the columns of its primary key, else its number under one of the
    /// three names that no column has.
    primary: String,
}

/// Asks which foreign keys are violated, with their columns and the child's primary key.
///
/// A table with a foreign key that fits nothing SQLite does not check: any other of its keys may be violated.
pub(super) fn keys() -> Sql<'static> {
    Sql::plain(format!(
        "WITH unfit AS ({UNFIT}), v AS (SELECT c.\"table\" AS child, c.fkid AS id FROM sqlite_schema t \
         JOIN pragma_foreign_key_check(t.name) c WHERE t.type = 'table' AND t.name NOT IN (SELECT child FROM unfit) \
         UNION SELECT t.child, f.id FROM unfit t JOIN pragma_foreign_key_list(t.child) f \
         WHERE NOT EXISTS (SELECT 1 FROM unfit WHERE child = t.child AND id = f.id)) \
         SELECT v.child, f.id, f.\"table\", f.\"from\", \
         coalesce(f.\"to\", (SELECT name FROM pragma_table_info(f.\"table\") WHERE pk = f.seq + 1)), \
         coalesce((SELECT group_concat('quote(c.\"' || replace(name, '\"', '\"\"') || '\")', ' || '','' || ') \
          FROM (SELECT name FROM pragma_table_info(v.child) WHERE pk > 0 ORDER BY pk)), \
          (SELECT 'c.' || free.name FROM (SELECT 'rowid' AS name UNION ALL SELECT '_rowid_' UNION ALL SELECT 'oid') \
          AS free WHERE NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(v.child) x WHERE x.name = free.name \
          COLLATE NOCASE) LIMIT 1)), \
         EXISTS (SELECT 1 FROM pragma_table_info(f.\"table\")) \
         FROM v JOIN pragma_foreign_key_list(v.child) f ON f.id = v.id ORDER BY 1, 2, f.seq"
    ))
}

impl Violations {
    /// What was the present is the past.
    pub(super) fn begin(&mut self) {
        self.keys.clear();
        self.before = std::mem::take(&mut self.now);
    }

    /// Takes a row of [`keys`]: a pair of columns, those of one key one after another.
    pub(super) fn key(&mut self, row: &dyn Row) {
        let text = |column| row.text(column).map(std::borrow::Cow::into_owned);
        let (Some(child), Some(number)) = (text(0), row.integer(1)) else { return };
        let exists = row.integer(6) == Some(1);
        let pair = (text(3).unwrap_or_default(), text(4).filter(|_| exists));
        match self.keys.last_mut() {
            Some(key) if key.number == number && key.child == child => key.columns.push(pair),
            _ => self.keys.push(Key {
                child,
                number,
                parent: text(2).unwrap_or_default(),
                columns: vec![pair],
                primary: text(5).unwrap_or_else(|| "c.rowid".to_owned()),
            }),
        }
    }

    /// Asks for the rows, by key; nothing where no foreign key is violated.
    pub(super) fn query(&self) -> Option<Sql<'static>> {
        if self.keys.is_empty() {
            return None;
        }
        let mut all = Vec::new();
        for keys in self.keys.chunks(MOST_SELECTS) {
            let mut selects = Vec::new();
            for key in keys {
                selects.push(select(key));
            }
            all.push(format!("SELECT * FROM ({})", joined(&selects, " UNION ALL ")));
        }
        let all = joined(&all, " UNION ALL ");
        Some(Sql::plain(format!("SELECT DISTINCT * FROM ({all}) ORDER BY 1, 2, 3")))
    }

    /// Takes a row of the query.
    pub(super) fn row(&mut self, row: &dyn Row) {
        let text = |column| row.text(column).map(std::borrow::Cow::into_owned).unwrap_or_default();
        let key = row.integer(1).map_or_else(|| text(1), |number| number.to_string());
        self.now.push(Violation { table: text(0), row: key, parent: text(2) });
    }

    /// Returns the violations that were not there before.
    pub(super) fn new_ones(&self) -> Vec<Violation> {
        without(&self.now, &self.before)
    }

    /// Returns the violations that were there before and are not now.
    pub(super) fn gone(&self) -> Vec<Violation> {
        without(&self.before, &self.now)
    }
}

fn without(violations: &[Violation], others: &[Violation]) -> Vec<Violation> {
    let key = |violation: &Violation| {
        let Violation { table, row, parent } = violation;
        format!("{table}\0{row}\0{parent}")
    };
    let mut known = Ids::default();
    for violation in others {
        known.insert(&key(violation));
    }
    let mut without = Vec::new();
    for violation in violations {
        if !known.contains(&key(violation)) {
            without.push(violation.clone());
        }
    }
    without
}

/// Returns the rows of a child that violate its key.
fn select(key: &Key) -> String {
    let quote = |name: &str| Dialect::Sqlite.quote_identifier(name);
    let literal = |text: &str| Dialect::Sqlite.quote_literal(text);
    let (mut filled, mut pairs, mut names_parents) = (Vec::new(), Vec::new(), true);
    for (from, to) in &key.columns {
        filled.push(format!("c.{} IS NOT NULL", quote(from)));
        match to {
            Some(to) => pairs.push(format!("p.{} = c.{}", quote(to), quote(from))),
            None => names_parents = false,
        }
    }
    let mut select = format!(
        "SELECT {}, {}, {} FROM {} c WHERE {}",
        literal(&key.child),
        key.primary,
        literal(&key.parent),
        quote(&key.child),
        joined(&filled, " AND ")
    );
    if names_parents {
        let (parent, pairs) = (quote(&key.parent), joined(&pairs, " AND "));
        select.push_str(&format!(" AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE {pairs})"));
    }
    select
}
