//! What keeps its rows under another name, and what could.

use std::collections::BTreeMap;

use super::catalog::Catalog;
use super::table::{Column, Constraint, Table};
use super::words::folded;
use crate::{Ambiguous, Choices, Kind, Rename};

/// The renames that apply to two catalogs, by folded names.
#[derive(Clone, Debug, Default)]
pub(super) struct Renames {
    /// Old and new names of tables.
    pub(super) tables: BTreeMap<String, String>,
    /// For each table, as it is called afterwards, the old and new names of columns.
    pub(super) columns: BTreeMap<String, BTreeMap<String, String>>,
    /// All of them, as they were asked for.
    pub(super) used: Vec<Rename>,
}

impl Renames {
    /// Takes those of `choices` that say what is to be done: an annotation stays in the text when it is done.
    pub(super) fn of(from: &Catalog, to: &Catalog, choices: &Choices) -> Self {
        let mut renames = Self::default();
        let of_kind = |kind| choices.renames.iter().filter(move |rename| rename.kind == kind);
        let leaves =
            |name: &str| of_kind(Kind::Table).any(|rename| rename.old.eq_ignore_ascii_case(name));
        for rename in of_kind(Kind::Table) {
            let (old, new) = (folded(&rename.old), folded(&rename.new));
            let free = !from.tables.contains_key(&new) || leaves(&new);
            let taken = renames.tables.values().any(|one| *one == new);
            let known = from.tables.contains_key(&old) && to.tables.contains_key(&new);
            if old != new && known && free && !taken && !renames.tables.contains_key(&old) {
                renames.tables.insert(old, new);
                renames.used.push(rename.clone());
            }
        }
        for rename in of_kind(Kind::Column) {
            let (old, new) = (folded(&rename.old), folded(&rename.new));
            let Some(named) = rename.table.as_deref().map(folded) else { continue };
            // A flag may name the table as it is called before.
            let table = renames.tables.get(&named).filter(|_| !to.tables.contains_key(&named));
            let table = table.unwrap_or(&named).clone();
            let (Some(before), Some(after)) =
                (from.tables.get(renames.before(&table)), to.tables.get(&table))
            else {
                continue;
            };
            let leaves = |name: &str| {
                of_kind(Kind::Column)
                    .any(|one| one.table == rename.table && one.old.eq_ignore_ascii_case(name))
            };
            let free = before.column(&new).is_none() || leaves(&new);
            let known = before.column(&old).is_some() && after.column(&new).is_some();
            let columns = renames.columns.entry(table).or_default();
            let taken = columns.values().any(|one| *one == new);
            if old != new && known && free && !taken && !columns.contains_key(&old) {
                columns.insert(old, new);
                renames.used.push(rename.clone());
            }
        }
        renames.columns.retain(|_, columns| !columns.is_empty());
        // No row hangs on what else is renamed: it is dropped and made.
        for rename in &choices.renames {
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

    /// Returns what a table was called before.
    pub(super) fn before<'n>(&'n self, table: &'n str) -> &'n str {
        let renamed = self.tables.iter().find(|(_, new)| *new == table);
        renamed.map_or(table, |(old, _)| old)
    }

    /// Returns what a column was called before; the table is named as it is called afterwards.
    pub(super) fn column_before<'n>(&'n self, table: &str, column: &'n str) -> &'n str {
        let columns = self.columns.get(table).into_iter().flatten();
        columns.into_iter().find(|(_, new)| *new == column).map_or(column, |(old, _)| old)
    }
}

impl Catalog {
    /// Returns the catalog as SQLite's own `RENAME` leaves it; views and triggers stay as they are.
    pub(super) fn renamed(&self, renames: &Renames) -> Self {
        let new_table =
            |table: &str| renames.tables.get(table).map_or(table, String::as_str).to_owned();
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

/// Lists what goes and what comes that could be one thing under a new name, the likeliest first.
pub(super) fn ambiguous(
    from: &Catalog,
    to: &Catalog,
    renames: &Renames,
    choices: &Choices,
) -> Vec<Ambiguous> {
    let drops = |name: &str| choices.drops.iter().any(|drop| drop.eq_ignore_ascii_case(name));
    let state = from.renamed(renames);
    let mut found: Vec<(usize, Ambiguous)> = Vec::new();
    let mut pair =
        |likeness: usize, kind, table: Option<(&Table, &Table)>, old: &str, new: &str| {
            let (before, after) =
                table.map_or((String::new(), String::new()), |(before, after)| {
                    (format!("{}.", renames.before(&before.key())), format!("{}.", after.name))
                });
            let (gone, path) = (format!("{before}{old}"), format!("{after}{old}"));
            if drops(&gone) || drops(&path) {
                return;
            }
            let table = table.map(|(_, after)| after.name.clone());
            let rename = Rename { kind, table, old: old.to_owned(), new: new.to_owned() };
            found.push((likeness, Ambiguous { rename, gone, path }));
        };
    let gone = state.tables.iter().filter(|(key, _)| !to.tables.contains_key(*key));
    for (_, old) in gone {
        let came = to.tables.iter().filter(|(key, _)| !state.tables.contains_key(*key));
        for (_, new) in came {
            if let Some(likeness) = alike(old, new) {
                pair(likeness, Kind::Table, None, &old.name, &new.name);
            }
        }
    }
    for (key, after) in &to.tables {
        let Some(before) = state.tables.get(key) else { continue };
        let missing = |column: &&Column, table: &Table| {
            table.column(&column.name).is_none() && column.generated.is_none()
        };
        for old in before.columns.iter().filter(|column| missing(column, after)) {
            for new in after.columns.iter().filter(|column| missing(column, before)) {
                if old.kind == new.kind {
                    let likeness = 100 + usize::from(old.definition() == new.definition());
                    pair(likeness, Kind::Column, Some((before, after)), &old.name, &new.name);
                }
            }
        }
    }
    found.sort_by_key(|(likeness, _)| std::cmp::Reverse(*likeness));
    found.into_iter().map(|(_, ambiguous)| ambiguous).collect()
}

/// Tells how many of a hundred columns two tables have alike; none if fewer than half.
fn alike(one: &Table, other: &Table) -> Option<usize> {
    let same = |column: &&Column| {
        other.column(&column.name).is_some_and(|other| other.kind == column.kind)
    };
    let common = one.columns.iter().filter(same).count();
    let all = one.columns.len().max(other.columns.len());
    (common > 0 && common * 2 >= all && one.is_virtual() == other.is_virtual())
        .then_some(common * 100 / all)
}
