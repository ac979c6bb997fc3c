//! What keeps its rows under another name, and what could.

use std::collections::BTreeMap;

use super::catalog::Catalog;
use super::folded;
use super::table::{Column, Table};
use super::types::base;
use crate::{Ambiguous, Choices, Kind, Rename};

/// The renames that apply to two catalogs; columns by folded names.
#[derive(Clone, Debug, Default)]
pub(super) struct Renames {
    /// Old and new names of tables.
    pub(super) tables: BTreeMap<String, String>,
    /// For each table, as it is called afterwards, the old and new names of columns.
    columns: BTreeMap<String, BTreeMap<String, String>>,
    /// All of them, as they were asked for.
    pub(super) used: Vec<Rename>,
}

impl Renames {
    /// Takes those of `choices` that say what is to be done: an annotation stays in the text when it is done.
    pub(super) fn of(from: &Catalog, to: &Catalog, choices: &Choices) -> Self {
        let mut renames = Self::default();
        let of_kind = |kind| choices.renames.iter().filter(move |rename| rename.kind == kind);
        for rename in of_kind(Kind::Table) {
            let Rename { old, new, .. } = rename;
            let leaves = of_kind(Kind::Table).any(|one| one.old == *new);
            let free = !from.tables.contains_key(new) || leaves;
            let known = from.tables.contains_key(old) && to.tables.contains_key(new);
            let taken =
                renames.tables.contains_key(old) || renames.tables.values().any(|one| one == new);
            let done = is_done(from.tables.get(old), to.tables.get(old), Table::whole)
                && is_done(from.tables.get(new), to.tables.get(new), Table::whole);
            if old != new && known && free && !taken && !done {
                renames.tables.insert(old.clone(), new.clone());
                renames.used.push(rename.clone());
            }
        }
        for rename in of_kind(Kind::Column) {
            let (old, new) = (folded(&rename.old), folded(&rename.new));
            let Some(named) = &rename.table else { continue };
            // A flag may name the table as it is called before.
            let table = renames.tables.get(named).filter(|_| !to.tables.contains_key(named));
            let table = table.unwrap_or(named).clone();
            let before = from.tables.get(renames.before(&table));
            let (Some(before), Some(after)) = (before, to.tables.get(&table)) else { continue };
            let leaves = of_kind(Kind::Column)
                .any(|one| one.table == rename.table && folded(&one.old) == new);
            let free = before.column(&new).is_none() || leaves;
            let known = before.column(&old).is_some() && after.column(&new).is_some();
            let columns = renames.columns.entry(table).or_default();
            let taken = columns.contains_key(&old) || columns.values().any(|one| *one == new);
            let same = |name| is_done(before.column(name), after.column(name), Column::definition);
            let done = same(&old) && same(&new);
            if old != new && known && free && !taken && !done {
                columns.insert(old, new);
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

    /// Returns what a table is called afterwards.
    pub(super) fn after<'n>(&'n self, table: &'n str) -> &'n str {
        self.tables.get(table).map_or(table, String::as_str)
    }

    /// Returns what a column was called before; the table is named as it is called afterwards.
    pub(super) fn column_before(&self, table: &str, column: &str) -> String {
        let columns = self.columns.get(table).into_iter().flatten();
        let mut found = columns.filter(|(_, new)| **new == folded(column));
        found.next().map_or_else(|| column.to_owned(), |(old, _)| old.clone())
    }

    fn column_after(&self, table: &str, column: &str) -> Option<&String> {
        self.columns.get(table)?.get(&folded(column))
    }
}

/// Tells whether something is there on both sides, and the same: what changed names with another has done so already.
fn is_done<T>(from: Option<&T>, to: Option<&T>, definition: impl Fn(&T) -> String) -> bool {
    matches!((from, to), (Some(from), Some(to)) if definition(from) == definition(to))
}

impl Catalog {
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

/// Lists what goes and what comes that could be one thing under a new name, the likeliest first.
pub(super) fn ambiguous(
    from: &Catalog,
    to: &Catalog,
    renames: &Renames,
    choices: &Choices,
) -> Vec<Ambiguous> {
    let state = from.renamed(renames);
    let mut found: Vec<(usize, Ambiguous)> = Vec::new();
    let mut pair = |likeness, table: Option<&str>, old: &str, new: &str| {
        let path = |table: Option<&str>| match table {
            Some(table) => format!("{table}.{old}"),
            None => old.to_owned(),
        };
        let gone = path(table.map(|table| renames.before(table)));
        if choices.drops.iter().any(|drop| *drop == gone || *drop == path(table)) {
            return;
        }
        let kind = if table.is_some() { Kind::Column } else { Kind::Table };
        let (path, table) = (path(table), table.map(str::to_owned));
        let rename = Rename { kind, table, old: old.to_owned(), new: new.to_owned() };
        found.push((likeness, Ambiguous { rename, gone, path }));
    };
    for old in state.tables.values().filter(|table| !to.tables.contains_key(&table.name)) {
        for new in to.tables.values().filter(|table| !state.tables.contains_key(&table.name)) {
            if let Some(likeness) = alike(old, new) {
                pair(likeness, None, &old.name, &new.name);
            }
        }
    }
    for after in to.tables.values() {
        let Some(before) = state.tables.get(&after.name) else { continue };
        let missing = |column: &&Column, table: &Table| {
            table.column(&column.name).is_none() && column.generated.is_none()
        };
        for old in before.columns.iter().filter(|column| missing(column, after)) {
            for new in after.columns.iter().filter(|column| missing(column, before)) {
                if base(&old.kind) == base(&new.kind) {
                    let likeness = 100 + usize::from(old.definition() == new.definition());
                    pair(likeness, Some(&after.name), &old.name, &new.name);
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
        other.column(&column.name).is_some_and(|other| base(&other.kind) == base(&column.kind))
    };
    let common = one.columns.iter().filter(same).count();
    let all = one.columns.len().max(other.columns.len());
    (common > 0 && common * 2 >= all).then_some(common * 100 / all)
}
