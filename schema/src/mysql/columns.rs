//! Columns that go, come, change and move.

use super::alter::{Change, Clauses, has_values};
use super::table::{Column, Generated};
use super::types::{casts, keeps};
use super::{fills, folded, quoted};
use crate::Hazard;

/// Tells whether no `MODIFY` leads from one to the other: what is computed cannot become what is not (MySQL manual,
/// "ALTER TABLE and Generated Columns"), unless it is stored and its values are some of the new type too; nor do values of one
/// type become some of each other.
pub(super) fn is_remade(old: &Column, new: &Column) -> bool {
    let stays = old.generated == Some(Generated::Stored) && new.generated.is_none();
    old.generated != new.generated && !(stays && keeps(old, new)) || !casts(&old.kind, &new.kind)
}

/// Says what becomes of the columns of a table.
pub(super) fn change(change: &Change<'_>, clauses: &mut Clauses) {
    let (old, new) = (change.old, change.new);
    let before = |column: &Column| change.renames.column_before(&new.name, &column.name);
    let path = |name: &str| format!("{}.{name}", change.table_before());
    for column in &old.columns {
        let remade = new.column(&column.name).map(|after| is_remade(column, after));
        if remade == Some(false) {
            continue;
        }
        clauses.say(format!("DROP COLUMN {}", quoted(&before(column))));
        // What is computed is lost with nothing; that it is stored from now on is the same values.
        if column.generated.is_none() {
            clauses.destroy(path(&before(column)));
        }
    }
    let stays = in_place(change);
    for (at, column) in new.columns.iter().enumerate() {
        let place = || match at.checked_sub(1) {
            None => " FIRST".to_owned(),
            Some(before) => format!(" AFTER {}", quoted(&new.columns[before].name)),
        };
        let kept = old.column(&column.name).filter(|old| !is_remade(old, column));
        let Some(kept) = kept else {
            let is_last = new.columns[at..].iter().all(|one| !stays.contains(&folded(&one.name)));
            let place = if is_last { String::new() } else { place() };
            clauses.say(format!("ADD COLUMN {}{place}", column.text()));
            if column.wants_value() {
                want_value(change, column, clauses);
            } else if column.not_null && column.generated.is_none() {
                refuse_nulls(change, column, clauses);
            }
            if column.generated == Some(Generated::Stored) {
                clauses.hazard(Hazard::ImpactsDatabasePerformance);
            }
            continue;
        };
        let name = before(kept);
        let renamed = name != column.name;
        let moved = !stays.contains(&folded(&column.name));
        if !renamed && !moved && kept.definition() == column.definition() {
            continue;
        }
        let place = if moved { place() } else { String::new() };
        clauses.say(match renamed {
            true => format!("CHANGE COLUMN {} {}{place}", quoted(&name), column.text()),
            false => format!("MODIFY COLUMN {}{place}", column.text()),
        });
        retype(change, kept, column, clauses);
    }
}

/// Says what a changed definition does to values.
pub(super) fn retype(change: &Change<'_>, old: &Column, new: &Column, clauses: &mut Clauses) {
    let table = &change.new.name;
    let before = change.renames.column_before(table, &new.name);
    if old.kind != new.kind || old.collation != new.collation {
        clauses.hazard(Hazard::ImpactsDatabasePerformance);
        clauses.hazard(Hazard::AcquiresShareLock);
    }
    if old.generated.is_none() && !keeps(old, new) {
        let path = format!("{}.{before}", change.table_before());
        clauses.refuse(
            format!("`{path}` may have values that are none of {}", new.kind),
            String::new(),
        );
        clauses.destroy(path);
    }
    // What two values were may be one in another collation.
    let in_unique = |index: &super::table::Index| {
        index.is_unique() && index.columns().contains(&folded(&new.name))
    };
    if old.collation != new.collation && change.new.indexes.iter().any(in_unique) {
        clauses.refuse(format!("`{table}.{}` must be unique", new.name), String::new());
    }
    if !old.not_null && new.not_null && has_values(old) && new.generated.is_none() {
        refuse_nulls(change, new, clauses);
    }
    if new.check.is_some() && old.check != new.check {
        let condition = new.check.clone().unwrap_or_default();
        let count = change.breaking(&condition);
        clauses.refuse(format!("`{table}` has the condition {condition}"), count);
    }
    if new.auto_increment && !old.auto_increment {
        // A zero that is there takes the next number (MySQL manual, "Using AUTO_INCREMENT").
        clauses.hazard(Hazard::Correctness);
    }
}

/// Says that rows must have a value, unless each without takes one.
fn refuse_nulls(change: &Change<'_>, new: &Column, clauses: &mut Clauses) {
    let table = &change.new.name;
    let value = fills::value(change, new);
    let fills = value.as_ref().is_some_and(|value| !fills::names_column(change, value));
    if fills || new.auto_increment {
        return;
    }
    let before =
        change.old.column(&new.name).map(|_| change.renames.column_before(table, &new.name));
    // What is computed of a row may be NULL, too.
    let missing = before.map(|name| quoted(&name)).into_iter().chain(value);
    let missing: Vec<String> = missing.map(|value| format!("({value}) IS NULL")).collect();
    let counted = !missing.is_empty();
    clauses.refuse(
        format!(
            "`{table}.{}` must not be NULL: give those that are a value: --backfill \"{table}.{}=…\"",
            new.name, new.name
        ),
        match counted {
            true => format!(
                "SELECT count(*) FROM {} WHERE {}",
                quoted(change.table_before()),
                missing.join(" AND ")
            ),
            false => String::new(),
        },
    );
}

/// Says that rows that are there take a value that nobody named, or are refused where the type has none.
fn want_value(change: &Change<'_>, column: &Column, clauses: &mut Clauses) {
    let (table, name) = (&change.new.name, &column.name);
    clauses.hazard(Hazard::Correctness);
    clauses.refuse(
        format!(
            "rows of `{table}` have no `{name}`, and take the zero of its type where there is one: give them a \
             value: --backfill \"{table}.{name}=…\""
        ),
        format!("SELECT count(*) FROM {}", quoted(change.table_before())),
    );
}

/// Finds the columns that need not move, folded: the longest row of them that is in order before and afterwards.
fn in_place(change: &Change<'_>) -> Vec<String> {
    let place = |column: &Column| {
        let old =
            change.old.columns.iter().position(|one| folded(&one.name) == folded(&column.name))?;
        (!is_remade(&change.old.columns[old], column)).then(|| (old, folded(&column.name)))
    };
    let places: Vec<(usize, String)> = change.new.columns.iter().filter_map(place).collect();
    // For each the longest row that ends with it, as its length and the one before.
    let mut best: Vec<(usize, Option<usize>)> = Vec::new();
    for at in 0..places.len() {
        let before = (0..at).filter(|one| places[*one].0 < places[at].0);
        let longest = before.max_by_key(|one| best[*one].0);
        best.push((longest.map_or(1, |one| best[one].0 + 1), longest));
    }
    let mut at = (0..places.len()).max_by_key(|one| best[*one].0);
    let mut stays = Vec::new();
    while let Some(one) = at {
        stays.push(places[one].1.clone());
        at = best[one].1;
    }
    stays
}
