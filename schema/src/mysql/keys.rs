//! Foreign keys: which of them stand in the way of a change, and which stay.

use super::catalog::Catalog;
use super::quoted;
use super::table::{ForeignKey, Table};
use crate::renames::Renames;

/// What is there as the renames leave it, and what is wanted.
#[derive(Clone, Copy)]
pub(super) struct Sides<'s> {
    pub(super) state: &'s Catalog,
    pub(super) to: &'s Catalog,
    pub(super) renames: &'s Renames,
}

/// Tells whether a foreign key of `child` stays as it is.
pub(super) fn stays(sides: Sides<'_>, child: &str, key: &ForeignKey) -> bool {
    let Sides { state, to, .. } = sides;
    let (Some(old), Some(new)) = (state.tables.get(child), to.tables.get(child)) else {
        return false;
    };
    let same = new.foreign_key(&key.name).is_some_and(|new| new.definition() == key.definition());
    if !same || !steady(old, new, &key.columns) || sides.copies(child, &key.columns) {
        return false;
    }
    key.database.is_some() || sides.keeps_parent(key)
}

impl Sides<'_> {
    /// Tells whether what a foreign key refers to stays as it is.
    pub(super) fn keeps_parent(self, key: &ForeignKey) -> bool {
        match (self.state.tables.get(&key.table), self.to.tables.get(&key.table)) {
            (Some(old), Some(new)) => {
                steady(old, new, &key.parents) && !self.copies(&key.table, &key.parents)
            }
            _ => false,
        }
    }

    /// Tells whether columns get other names while their table is written again, which the server does with no foreign key
    /// on them (MariaDB, "ALTER TABLE": a column of a foreign key is renamed in place alone).
    fn copies(self, table: &str, columns: &[String]) -> bool {
        let renamed = |column: &String| self.renames.column_before(table, column) != *column;
        columns.iter().any(renamed) && self.state.tables.get(table) != self.to.tables.get(table)
    }
}

/// Tells whether columns stay what the other side of a foreign key compares with, and have an index all the while.
fn steady(old: &Table, new: &Table, columns: &[String]) -> bool {
    let same = |name: &String| match (old.column(name), new.column(name)) {
        (Some(old), Some(new)) => {
            old.kind == new.kind
                && old.collation == new.collation
                && old.not_null == new.not_null
                && old.generated == new.generated
        }
        _ => false,
    };
    columns.iter().all(same) && new.indexes.iter().any(|index| index.serves(columns))
}

/// Returns the query that counts the rows that refer to nothing, by the names that are there.
pub(super) fn orphans(from: &Catalog, before: &str, key: &ForeignKey, parent: &str) -> String {
    let known = |table: &str, columns: &[String]| {
        from.tables
            .get(table)
            .is_some_and(|table| columns.iter().all(|one| table.column(one).is_some()))
    };
    if key.database.is_some() || !known(before, &key.columns) || !known(parent, &key.parents) {
        return String::new();
    }
    let pairs = key.columns.iter().zip(&key.parents);
    let (mut equal, mut present) = (Vec::new(), Vec::new());
    for (column, parent) in pairs {
        equal.push(format!("parent.{} = child.{}", quoted(parent), quoted(column)));
        present.push(format!("child.{} IS NOT NULL", quoted(column)));
    }
    let (child, parent) = (quoted(before), quoted(parent));
    format!(
        "SELECT count(*) FROM {child} AS child WHERE {} AND NOT EXISTS (SELECT 1 FROM {parent} AS parent WHERE {})",
        present.join(" AND "),
        equal.join(" AND ")
    )
}
