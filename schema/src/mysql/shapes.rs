//! The catalog's tables, as a picture shows them.

use super::catalog::Catalog;
use super::folded;
use super::table::Table;
use crate::{ColumnShape, TableShape};

/// As [`Snapshot::tables`](crate::Snapshot::tables).
pub(crate) fn shapes(catalog: &Catalog) -> Vec<TableShape> {
    let shape = |table: &Table| {
        let keys = table.primary_key();
        let columns = table.columns.iter().map(|column| ColumnShape {
            name: column.name.clone(),
            kind: column.kind.clone(),
            key: keys.contains(&folded(&column.name)),
            nullable: !column.not_null,
        });
        let references =
            table.foreign_keys.iter().map(|key| (key.columns.clone(), key.table.clone()));
        TableShape {
            name: table.name.clone(),
            columns: columns.collect(),
            references: references.collect(),
        }
    };
    catalog.tables.values().map(shape).collect()
}
