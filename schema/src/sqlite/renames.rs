//! What keeps its rows under another name, as SQLite's own `RENAME` leaves it.

use std::collections::BTreeMap;

use super::catalog::Catalog;
use super::table::{Constraint, Table};
use super::words::folded;
use crate::renames::{ColumnOutline, Outline, Outlines, Renames, asked};
use crate::{Choices, Kind};

/// Finds the renames that apply to two catalogs.
pub(super) fn renames(from: &Catalog, to: &Catalog, choices: &Choices) -> Renames {
    let mut renames = Renames::of(&from.outlines(), &to.outlines(), choices);
    // No row hangs on what else is renamed: it is dropped and made.
    for (rename, _) in asked(choices) {
        let (old, new) = (folded(&rename.old), folded(&rename.new));
        let goes = match rename.kind {
            Kind::Index => from.indexes.contains_key(&old) && to.indexes.contains_key(&new),
            Kind::View => from.views.contains_key(&old) && to.views.contains_key(&new),
            Kind::Trigger => from.triggers.contains_key(&old) && to.triggers.contains_key(&new),
            _ => false,
        };
        if goes && old != new {
            renames.used.push(rename.clone());
        }
    }
    renames
}

impl Catalog {
    /// Returns what of it decides about renames.
    pub(super) fn outlines(&self) -> Outlines {
        let outline = |table: &Table| Outline {
            name: table.name.clone(),
            is_virtual: table.is_virtual(),
            columns: table
                .columns
                .iter()
                .map(|column| ColumnOutline {
                    name: column.name.clone(),
                    kind: column.kind.split('(').next().unwrap_or_default().trim().to_owned(),
                    definition: column.definition(),
                    computed: column.generated.is_some(),
                })
                .collect(),
        };
        let tables = self.tables.iter().map(|(key, table)| (key.clone(), outline(table)));
        Outlines { tables: tables.collect(), table: folded, column: folded }
    }

    /// Returns the catalog as SQLite's own `RENAME` leaves it; views and triggers stay as they are.
    pub(super) fn renamed(&self, renames: &Renames) -> Self {
        let new_table = |table: &str| renames.after(table).to_owned();
        let mut catalog = self.clone();
        catalog.order = self.order.iter().map(|table| new_table(table)).collect();
        catalog.tables = BTreeMap::new();
        for (key, table) in &self.tables {
            let (mut table, new) = (table.clone(), new_table(key));
            if new != *key {
                table.name.clone_from(&new);
            }
            rename_within(&mut table, renames);
            catalog.tables.insert(new, table);
        }
        for index in catalog.indexes.values_mut() {
            index.table = new_table(&index.table);
            let columns = renames.columns.get(&index.table);
            index.body.rename(&|name| columns?.get(name).cloned());
        }
        catalog
    }
}

/// Renames a table's columns, and what its foreign keys refer to; the table has its new name.
fn rename_within(table: &mut Table, renames: &Renames) {
    let columns = renames.columns.get(&table.key());
    let new = |name: &str| columns?.get(name).cloned();
    for column in &mut table.columns {
        if let Some(new) = new(&folded(&column.name)) {
            column.name = new;
        }
        if let Some(generated) = &mut column.generated {
            generated.value.rename(&new);
        }
    }
    for placed in &mut table.constraints {
        if let Some(column) = placed.inline.as_deref().and_then(new) {
            placed.inline = Some(column);
        }
        match &mut placed.constraint {
            Constraint::PrimaryKey { members, .. } | Constraint::Unique { members, .. } => {
                for member in members {
                    member.column = new(&member.column).unwrap_or_else(|| member.column.clone());
                }
            }
            Constraint::Check { value } => value.rename(&new),
            Constraint::ForeignKey { columns, table, parents, .. } => {
                for column in columns {
                    *column = new(column).unwrap_or_else(|| column.clone());
                }
                *table = renames.tables.get(table).unwrap_or(table).clone();
                let of_parent = renames.columns.get(table);
                for parent in parents {
                    *parent =
                        of_parent.and_then(|columns| columns.get(parent)).unwrap_or(parent).clone();
                }
            }
        }
    }
}
