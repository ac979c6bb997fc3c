//! What `ALTER TABLE` can do without a rebuild (SQLite, "ALTER TABLE").

use super::table::{Column, Constraint, Placed, Table};
use super::words::folded;
use crate::Refusal;

/// How a table becomes another of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is the other already.
    None,
    /// Columns go, then others come at the end; folded names.
    Columns { drop: Vec<String>, add: Vec<String> },
    /// All of it is made again.
    Rebuild,
}

/// Finds the smallest change. `filled` tells which new columns are to have other values than their default.
pub(super) fn change(old: &Table, new: &Table, filled: impl Fn(&str) -> bool) -> Change {
    if old.same(new) {
        return Change::None;
    }
    if old.options() != new.options() || old.is_virtual() || new.is_virtual() {
        return Change::Rebuild;
    }
    let names = |columns: &[Column], other: &Table| -> Vec<String> {
        let missing = columns.iter().filter(|column| other.column(&column.name).is_none());
        missing.map(|column| folded(&column.name)).collect()
    };
    let (drop, add) = (names(&old.columns, new), names(&new.columns, old));
    let kept = old.columns.iter().filter(|column| !drop.contains(&folded(&column.name)));
    let kept: Vec<&Column> = kept.collect();
    let stays = |(at, column): (usize, &&Column)| {
        new.columns.get(at).is_some_and(|new| {
            new.name.eq_ignore_ascii_case(&column.name) && new.definition() == column.definition()
        })
    };
    if kept.is_empty() || !kept.iter().enumerate().all(stays) {
        return Change::Rebuild;
    }
    let inline = |columns: &[String], placed: &Placed| {
        placed.inline.as_ref().is_some_and(|column| columns.contains(column))
    };
    let kept_before = old.constraints.iter().filter(|placed| !inline(&drop, placed));
    let kept_after = new.constraints.iter().filter(|placed| !inline(&add, placed));
    let before: std::collections::BTreeSet<_> = kept_before.map(|one| &one.constraint).collect();
    let after: std::collections::BTreeSet<_> = kept_after.map(|one| &one.constraint).collect();
    let droppable = drop.iter().all(|column| can_drop(old, column));
    let addable = add.iter().all(|column| can_add(new, column) && !filled(column));
    if before == after && droppable && addable {
        Change::Columns { drop, add }
    } else {
        Change::Rebuild
    }
}

/// Tells whether `DROP COLUMN` takes the column.
fn can_drop(table: &Table, column: &str) -> bool {
    let stays = |placed: &Placed| {
        let here = placed.inline.as_deref() == Some(column);
        let key =
            matches!(placed.constraint, Constraint::PrimaryKey { .. } | Constraint::Unique { .. });
        let names = placed.constraint.columns().contains(&column);
        // A check or a foreign key in the column's own definition goes with it.
        if here { key } else { names }
    };
    let computes = |other: &Column| {
        other.generated.as_ref().is_some_and(|generated| generated.value.mentions(column))
    };
    let others = table.columns.iter().filter(|other| !other.name.eq_ignore_ascii_case(column));
    !table.constraints.iter().any(stays) && !others.into_iter().any(computes)
}

/// Tells whether `ADD COLUMN` takes the column, also where there are rows.
fn can_add(table: &Table, name: &str) -> bool {
    let Some(column) = table.column(name) else { return false };
    let inline = table.constraints.iter().filter(|placed| placed.inline.as_deref() == Some(name));
    let mut refers = false;
    for placed in inline {
        match placed.constraint {
            Constraint::PrimaryKey { .. } | Constraint::Unique { .. } => return false,
            Constraint::ForeignKey { .. } => refers = true,
            Constraint::Check { .. } => {}
        }
    }
    let valued = column.default.as_ref().filter(|default| !default.null);
    match &column.generated {
        Some(generated) => !generated.stored,
        None => {
            // With foreign keys on, a column that refers to another table begins with NULL.
            valued.is_none_or(|default| default.constant && !refers)
                && (column.not_null.is_none() || valued.is_some())
        }
    }
}

/// Tells how rows can be in the way of a column that is added.
pub(super) fn refusal(table: &Table, column: &Column) -> Option<Refusal> {
    let path = format!("{}.{}", table.name, column.name);
    let mut reasons = Vec::new();
    if column.generated.is_some() && column.not_null.is_some() {
        reasons.push(format!("`{path}` is NOT NULL, and can be computed as NULL"));
    }
    let inline = |placed: &&Placed| {
        placed.inline.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&column.name))
    };
    for placed in table.constraints.iter().filter(inline) {
        if let Constraint::Check { .. } = &placed.constraint {
            reasons.push(format!("`{}` must hold: {}", table.name, placed.constraint));
        }
    }
    let reason = reasons.join("; ");
    (!reason.is_empty()).then(|| Refusal { reason, count: String::new() })
}
