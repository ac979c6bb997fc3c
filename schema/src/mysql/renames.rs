//! What keeps its rows under another name, as the server's own renames leave it.

use std::collections::BTreeMap;

use super::catalog::Catalog;
use super::folded;
use super::table::Table;
use super::types::base;
use crate::renames::{ColumnOutline, Outline, Outlines, Renames};

impl Catalog {
    /// Returns what of it decides about renames.
    pub(super) fn outlines(&self) -> Outlines {
        let outline = |table: &Table| Outline {
            name: table.name.clone(),
            is_virtual: false,
            columns: table
                .columns
                .iter()
                .map(|column| ColumnOutline {
                    name: column.name.clone(),
                    kind: base(&column.kind).to_owned(),
                    definition: column.definition(),
                    computed: column.generated.is_some(),
                })
                .collect(),
        };
        let tables = self.tables.iter().map(|(name, table)| (name.clone(), outline(table)));
        Outlines { tables: tables.collect(), table: str::to_owned, column: folded }
    }

    /// Returns the catalog as the server's own renames leave it. Checks, computed columns, views and triggers stay as they
    /// are: where they name what is renamed, they differ from what is wanted.
    pub(super) fn renamed(&self, renames: &Renames) -> Self {
        let mut catalog = self.clone();
        catalog.tables = BTreeMap::new();
        for (name, table) in &self.tables {
            let (mut table, new) = (table.clone(), renames.after(name).to_owned());
            table.name.clone_from(&new);
            rename_within(&mut table, name, renames);
            catalog.tables.insert(new, table);
        }
        for trigger in &mut catalog.triggers {
            trigger.table = renames.after(&trigger.table).to_owned();
        }
        catalog
    }
}

/// Renames a table's columns, and what its foreign keys refer to; the table has its new name.
fn rename_within(table: &mut Table, before: &str, renames: &Renames) {
    let name = table.name.clone();
    let rename = |table: &str, column: &mut String| {
        if let Some(new) = renames.column_after(table, column) {
            column.clone_from(new);
        }
    };
    for column in &mut table.columns {
        rename(&name, &mut column.name);
    }
    let parts = table.indexes.iter_mut().flat_map(|index| &mut index.parts);
    parts.filter_map(|part| part.column.as_mut()).for_each(|column| rename(&name, column));
    // The server names what nobody named after the table, and follows its renames (MariaDB, "RENAME TABLE").
    let follow = |own: &mut String, infix: &str| {
        if let Some(rest) = own.strip_prefix(&format!("{before}{infix}")).filter(|_| name != before)
        {
            *own = format!("{name}{infix}{rest}");
        }
    };
    for key in &mut table.foreign_keys {
        follow(&mut key.name, "_ibfk_");
        key.columns.iter_mut().for_each(|column| rename(&name, column));
        if key.database.is_none() {
            key.table = renames.after(&key.table).to_owned();
            let parent = key.table.clone();
            key.parents.iter_mut().for_each(|column| rename(&parent, column));
        }
    }
    table.checks.iter_mut().for_each(|check| follow(&mut check.name, "_chk_"));
}
