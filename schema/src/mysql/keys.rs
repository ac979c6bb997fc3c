//! Foreign keys: which of them stand in the way of a change, and which stay.

use super::catalog::Catalog;
use super::quoted;
use super::table::{ForeignKey, Table};

/// Tells whether a foreign key of `child` stays as it is.
pub(super) fn stays(state: &Catalog, to: &Catalog, child: &str, key: &ForeignKey) -> bool {
    let (Some(old), Some(new)) = (state.tables.get(child), to.tables.get(child)) else {
        return false;
    };
    let same = new.foreign_key(&key.name).is_some_and(|new| new.definition() == key.definition());
    if !same || !steady(old, new, &key.columns) {
        return false;
    }
    if key.database.is_some() {
        return true;
    }
    match (state.tables.get(&key.table), to.tables.get(&key.table)) {
        (Some(old), Some(new)) => steady(old, new, &key.parents),
        _ => false,
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
