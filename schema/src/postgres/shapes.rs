//! The catalog's tables, as a picture shows them.

use super::catalog::{Body, Catalog};
use crate::{ColumnShape, Key, TableShape};

/// As [`Snapshot::tables`](crate::Snapshot::tables).
pub(crate) fn shapes(catalog: &Catalog) -> Vec<TableShape> {
    let is_table = |body: &Body| matches!(body, Body::Table(_));
    let tables = catalog.objects.iter().filter(|(_, object)| is_table(&object.body));
    tables.map(|(key, _)| shape(catalog, key)).collect()
}

fn shape(catalog: &Catalog, table: &Key) -> TableShape {
    let parts = || {
        catalog.objects.iter().filter(|(key, _)| {
            key.table.as_ref() == Some(&table.name) && key.schema == table.schema
        })
    };
    let mut keys: Vec<&String> = Vec::new();
    let mut references = Vec::new();
    for (_, object) in parts() {
        if let Body::Constraint(constraint) = &object.body {
            match (constraint.kind, &constraint.references) {
                ('p', _) => keys.extend(&constraint.columns),
                ('f', Some(parent)) => references.push((constraint.columns.clone(), named(parent))),
                _ => {}
            }
        }
    }
    let mut columns: Vec<_> = parts()
        .filter_map(|(key, object)| match &object.body {
            Body::Column(column) => Some((column.position, key, column)),
            _ => None,
        })
        .collect();
    columns.sort_by_key(|(position, ..)| *position);
    let columns = columns.into_iter().map(|(_, key, column)| ColumnShape {
        name: key.name.clone(),
        kind: column.data_type.clone(),
        key: keys.contains(&&key.name),
        nullable: !column.not_null,
    });
    TableShape { name: named(table), columns: columns.collect(), references }
}

fn named(key: &Key) -> String {
    match key.schema.as_deref().filter(|schema| *schema != "public") {
        Some(schema) => format!("{schema}.{}", key.name),
        None => key.name.clone(),
    }
}
