//! What outlives a plan, as queries.

use super::super::catalog::{Body, Catalog, Column};
use super::super::names::{name_of, quote};
use super::columns::loses;
use super::fate::{self, Fate};
use super::{Planner, rename, spoken};
use crate::{Choices, Key, Survivor};

/// As [`survivors`](crate::survivors).
pub(crate) fn survivors(from: &Catalog, to: &Catalog, choices: &Choices) -> Vec<Survivor> {
    let mut named = from.clone();
    let renames = rename::apply(&mut named, to, choices);
    let fates = fate::decide(&named, to);
    let planner = Planner { from: &named, to, choices, fates };
    let mut survivors = Vec::new();
    for (key, object) in &to.objects {
        let Body::Table(new) = &object.body else { continue };
        let is_there = named.table(key).is_some() && new.server.is_none();
        // The rows of a partition are those of its table, wherever they come to stand.
        if !is_there || new.bound.is_some() || planner.moves_partitions(key) {
            continue;
        }
        let only = |catalog: &Catalog, key: &Key| {
            let divided = catalog.table(key).is_some_and(|table| table.partition_by.is_some());
            if divided { "" } else { "ONLY " }
        };
        let before_key = renames.before(key);
        let (mut read, mut reread) = (vec!["1".to_owned()], vec!["1".to_owned()]);
        for (column_key, after) in to.columns(key) {
            let Some(before) = named.column(column_key) else { continue };
            let old_name = renames.before(column_key).name;
            if let Some((old, new)) = planner.same_value(column_key, &old_name, before, after) {
                read.push(old);
                reread.push(new);
            }
        }
        survivors.push(Survivor {
            what: format!("the rows of `{}`", spoken(&before_key)),
            before: format!(
                "SELECT {} FROM {}{}",
                read.join(", "),
                only(from, &before_key),
                name_of(&before_key)
            ),
            after: format!("SELECT {} FROM {}{}", reread.join(", "), only(to, key), name_of(key)),
        });
    }
    survivors
}

impl Planner<'_> {
    /// Whether rows come to a partitioned table, or leave it, with tables of their own.
    fn moves_partitions(&self, key: &Key) -> bool {
        let before: Vec<_> = self.from.children(key).collect();
        let after: Vec<_> = self.to.children(key).collect();
        let moved = |child: &&Key| !before.contains(child) || self.fate(child) == Fate::Recreate;
        let divided = self.is_partitioned(key);
        let gone = before.iter().any(|child| !after.contains(child));
        divided && (gone || after.iter().any(moved))
    }

    /// Returns how a value reads before and afterwards; none where it cannot be the same.
    fn same_value(
        &self,
        key: &Key,
        old_name: &str,
        before: &Column,
        after: &Column,
    ) -> Option<(String, String)> {
        if before.generated || after.generated || loses(before, after) {
            return None;
        }
        let (old, new) = (quote(old_name), quote(&key.name));
        // A type that is the plan's to make is not there yet: such values are compared as texts.
        let own = |data_type: &str| data_type.contains('.') || data_type.contains('"');
        let mut value = if !self.fates.retyped.contains(key) || own(&after.data_type) {
            format!("{old}::text")
        } else {
            match self.cast(&old, before, after) {
                Some(cast) => format!("({cast})::text"),
                None => format!("{old}::{}::text", after.data_type),
            }
        };
        if !before.not_null && after.not_null {
            let filled = self.backfill(key).or(after.default.as_deref());
            match filled {
                // What is computed anew each time cannot be compared.
                Some(filled) if filled.contains('(') => return None,
                Some(filled) => {
                    value = format!("coalesce({value}, ({filled})::{}::text)", after.data_type);
                    if own(&after.data_type) {
                        return None;
                    }
                }
                None => {}
            }
        }
        Some((value, format!("{new}::text")))
    }
}
