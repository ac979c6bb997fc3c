//! Rows for a catalog's tables.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::Catalog;
use super::parse::column_list;
use super::table::{Column, Constraint, Table};
use super::words::{folded, quoted};
use crate::Attempts;
use crate::order::behind;

/// How many rows a table is given.
const ROWS: usize = 3;
/// How often another value is tried where a row is refused.
const ATTEMPTS: usize = 24;

/// As [`samples`](crate::samples).
pub(crate) fn samples<'s>(catalog: &'s Catalog, goal: &Catalog) -> Vec<Attempts<'s>> {
    let concerned = concerned(catalog, goal);
    let mut samples: Vec<Attempts<'s>> = Vec::new();
    for key in parents_first(catalog) {
        let table = &catalog.tables[&key];
        if table.is_virtual() || concerned.as_ref().is_some_and(|some| !some.contains(&key)) {
            continue;
        }
        for row in 1..=ROWS {
            let attempts = (0..ATTEMPTS).map(move |attempt| insert(catalog, table, row, attempt));
            samples.push(Box::new(attempts));
        }
    }
    samples
}

/// Returns the tables that differ, with those to which they refer and those that refer to them; none for all.
///
/// No statement of a plan reaches the rows of any other, unless a trigger does.
pub(super) fn concerned(catalog: &Catalog, goal: &Catalog) -> Option<BTreeSet<String>> {
    let mut own: BTreeSet<&str> = BTreeSet::new();
    for (key, table) in &catalog.tables {
        if !goal.tables.get(key).is_some_and(|other| table.same(other)) {
            own.insert(key);
        }
    }
    for (one, other) in [(catalog, goal), (goal, catalog)] {
        for (key, index) in &one.indexes {
            if !other.indexes.get(key).is_some_and(|other| index.same(other)) {
                own.insert(&index.table);
            }
        }
    }
    let mut triggers = catalog.triggers.values().chain(goal.triggers.values());
    if triggers.any(|trigger| own.contains(&*trigger.table)) {
        return None;
    }
    let mut concerned: BTreeSet<&str> = own.clone();
    for (key, table) in &catalog.tables {
        if table.parents().any(|parent| own.contains(parent)) {
            concerned.insert(key);
        }
    }
    // A row needs those to which it refers, and they theirs.
    let mut left: Vec<&str> = concerned.iter().copied().collect();
    while let Some(key) = left.pop() {
        for parent in catalog.tables.get(key).into_iter().flat_map(Table::parents) {
            if concerned.insert(parent) {
                left.push(parent);
            }
        }
    }
    Some(concerned.into_iter().map(str::to_owned).collect())
}

/// Returns all tables, each behind those that it refers to where that can be.
pub(super) fn parents_first(catalog: &Catalog) -> Vec<String> {
    let places: BTreeMap<&str, usize> =
        catalog.order.iter().enumerate().map(|(place, table)| (&**table, place)).collect();
    let before: Vec<BTreeSet<usize>> = catalog
        .order
        .iter()
        .map(|table| {
            let parents = catalog.tables[table].parents().filter(|parent| parent != table);
            parents.filter_map(|parent| places.get(parent).copied()).collect()
        })
        .collect();
    behind(&before).into_iter().map(|place| catalog.order[place].clone()).collect()
}

fn insert(catalog: &Catalog, table: &Table, row: usize, attempt: usize) -> String {
    let stored = table.columns.iter().filter(|column| column.generated.is_none());
    let (names, values): (Vec<&str>, Vec<String>) =
        stored.map(|column| (&*column.name, value(catalog, table, column, row, attempt))).unzip();
    if names.is_empty() {
        return format!("INSERT INTO {} DEFAULT VALUES", quoted(&table.name));
    }
    let (table, names) = (quoted(&table.name), column_list(names));
    format!("INSERT INTO {table} ({names}) VALUES ({})", values.join(", "))
}

/// Returns a value for a column: what a foreign key or a check asks for, else one of its type that no other row has.
fn value(catalog: &Catalog, table: &Table, column: &Column, row: usize, attempt: usize) -> String {
    let key = folded(&column.name);
    for placed in &table.constraints {
        let Constraint::ForeignKey { columns, table: parent, parents, .. } = &placed.constraint
        else {
            continue;
        };
        let Some(place) = columns.iter().position(|column| *column == key) else { continue };
        let Some(parent) = catalog.tables.get(parent) else { continue };
        let primary = parent.constraints.iter().find_map(|placed| match &placed.constraint {
            Constraint::PrimaryKey { members, .. } => Some(members),
            _ => None,
        });
        let referred = parents.get(place).or_else(|| Some(&primary?.get(place)?.column));
        if attempt % 3 == 2 && column.not_null.is_none() {
            return "NULL".to_owned();
        }
        if let Some(referred) = referred.filter(|_| attempt.is_multiple_of(3)) {
            let offset = if parent.key() == table.key() { 0 } else { row - 1 };
            return format!(
                "(SELECT {} FROM {} ORDER BY 1 LIMIT 1 OFFSET {offset})",
                quoted(referred),
                quoted(&parent.name)
            );
        }
    }
    let mut literals = Vec::new();
    for placed in &table.constraints {
        if let Constraint::Check { value } = &placed.constraint
            && value.mentions(&key)
        {
            literals.extend(value.literals());
        }
    }
    let literals: Vec<&str> = literals.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    if attempt > 0 && !literals.is_empty() {
        let literal = literals[(row + attempt / 4) % literals.len()];
        let is_text = literal.starts_with('\'');
        return match attempt % 4 {
            _ if is_text => literal.to_owned(),
            0 => literal.to_owned(),
            1 => format!("{literal} + {row}"),
            2 => format!("{literal} - {row}"),
            _ => format!("{}", row * attempt),
        };
    }
    // One row of three has nothing where nothing is allowed.
    if row == 3
        && attempt.is_multiple_of(2)
        && column.not_null.is_none()
        && column.kind != "integer"
    {
        return "NULL".to_owned();
    }
    let has = |parts: &[&str]| parts.iter().any(|part| column.kind.contains(part));
    let number = row + 10 * attempt;
    if has(&["int"]) {
        number.to_string()
    } else if has(&["char", "clob", "text"]) {
        format!("'{} {number}'", ["é", "it''s", "z"][row - 1])
    } else if has(&["blob"]) {
        format!("x'0{row}ff'")
    } else if has(&["real", "floa", "doub"]) {
        format!("{number}.25")
    } else {
        number.to_string()
    }
}
