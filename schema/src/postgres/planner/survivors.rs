//! What outlives a plan, as queries.

use super::super::catalog::{Body, Catalog, Column};
use super::super::names::{name_of, quote};
use super::super::samples::concerned;
use super::casts::{loses, using_can_fail};
use super::fate::{self, Fate};
use super::{Planner, rename, spoken};
use crate::evidence::varies;
use crate::{Choices, Key, Survivor};

/// As [`survivors`](crate::survivors).
pub(crate) fn survivors(from: &Catalog, to: &Catalog, choices: &Choices) -> Vec<Survivor> {
    let mut named = from.clone();
    let renames = rename::apply(&mut named, to, choices);
    let fates = fate::decide(&named, to);
    let planner = Planner { from: &named, to, choices, fates };
    let concerned = concerned(&named, to);
    let mut survivors = Vec::new();
    for (key, object) in &to.objects {
        if concerned.as_ref().is_some_and(|concerned| !concerned.contains(key)) {
            continue;
        }
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
        let whole = |base: &str| matches!(base, "smallint" | "integer" | "bigint");
        let mut value = format!("{old}::text");
        if self.fates.retyped.contains(key) && !(whole(&before.base) && whole(&after.base)) {
            if using_can_fail(before, after) {
                // What a value becomes cannot be asked before: where there was one there is one.
                return (!after.not_null || before.not_null)
                    .then(|| (format!("({old} IS NULL)::text"), format!("({new} IS NULL)::text")));
            }
            if let Some(cast) = self.cast(&old, before, after) {
                value = format!("({cast})::text");
            }
        }
        if !before.not_null && after.not_null {
            let filled = self.backfill(key).or(after.default.as_deref());
            match filled {
                Some(filled) if varies(filled) => return None,
                // A type may be the plan's to make, and not be there yet.
                Some(_) if after.data_type.contains(['.', '"']) => return None,
                Some(filled) => {
                    value = format!("coalesce({value}, ({filled})::{}::text)", after.data_type);
                }
                None => {}
            }
        }
        Some((value, format!("{new}::text")))
    }
}
