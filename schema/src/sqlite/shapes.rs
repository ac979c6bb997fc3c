//! The catalog's tables, as a picture shows them.

use super::catalog::Catalog;
use super::table::{Constraint, Table};
use crate::{ColumnShape, TableShape};

/// As [`Snapshot::tables`](crate::Snapshot::tables).
pub(crate) fn shapes(catalog: &Catalog) -> Vec<TableShape> {
    let name = |key: &str| catalog.tables.get(key).map_or(key, |table| &*table.name).to_owned();
    let shape = |table: &Table| {
        let constraints = || table.constraints.iter().map(|placed| &placed.constraint);
        let is_key = |column: &str| {
            constraints().any(|one| {
                matches!(one, Constraint::PrimaryKey { .. })
                    && one.columns().iter().any(|key| key.eq_ignore_ascii_case(column))
            })
        };
        let columns = table.columns.iter().map(|column| ColumnShape {
            name: column.name.clone(),
            kind: column.kind.clone(),
            key: is_key(&column.name),
            nullable: column.not_null.is_none() && !is_key(&column.name),
        });
        let references = constraints().filter_map(|one| match one {
            Constraint::ForeignKey { columns, table, .. } => Some((columns.clone(), name(table))),
            _ => None,
        });
        TableShape {
            name: table.name.clone(),
            columns: columns.collect(),
            references: references.collect(),
        }
    };
    catalog.tables.values().map(shape).collect()
}
