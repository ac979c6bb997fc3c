//! Rows for a catalog's tables.

use std::collections::BTreeSet;

use revchain_core::{Dialect, TokenKind};

use super::catalog::Catalog;
use super::table::{Column, Table};
use super::types::{Family, arguments, base, family};
use super::{folded, listed, quoted};
use crate::Attempts;

/// How many rows a table is given.
const ROWS: usize = 3;
/// How often another value is tried where a row is refused.
const ATTEMPTS: usize = 16;

/// As [`samples`](crate::samples).
pub(crate) fn samples<'s>(catalog: &'s Catalog, goal: &Catalog) -> Vec<Attempts<'s>> {
    let concerned = concerned(catalog, goal);
    let mut samples: Vec<Attempts<'s>> = Vec::new();
    for table in catalog.parents_first() {
        if !concerned.contains(&*table.name) {
            continue;
        }
        for row in 1..=ROWS {
            let attempts = (0..ATTEMPTS).map(move |attempt| insert(catalog, table, row, attempt));
            samples.push(Box::new(attempts));
        }
    }
    samples
}

/// Returns the tables that differ, with those to which they refer and those that refer to them.
fn concerned<'c>(catalog: &'c Catalog, goal: &Catalog) -> BTreeSet<&'c str> {
    let wanted = goal.definitions();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for (key, definition) in catalog.definitions() {
        if wanted.get(&key) != Some(&definition) {
            names.insert(key.table.unwrap_or(key.name));
        }
    }
    let known = catalog.definitions();
    names.extend(
        wanted.into_keys().filter(|key| !known.contains_key(key)).filter_map(|key| key.table),
    );
    let refers = |table: &&Table| table.parents().any(|parent| names.contains(parent));
    let children: Vec<String> =
        catalog.tables.values().filter(refers).map(|table| table.name.clone()).collect();
    names.extend(children);
    loop {
        let tables = names.iter().filter_map(|name| catalog.tables.get(name));
        let parents: Vec<String> = tables.flat_map(Table::parents).map(str::to_owned).collect();
        let before = names.len();
        names.extend(parents);
        if names.len() == before {
            let own = |name: &&str| names.contains(*name);
            return catalog.tables.keys().map(String::as_str).filter(own).collect();
        }
    }
}

fn insert(catalog: &Catalog, table: &Table, row: usize, attempt: usize) -> String {
    let stored =
        table.columns.iter().filter(|column| column.generated.is_none() && !column.auto_increment);
    let (names, values): (Vec<String>, Vec<String>) = stored
        .map(|column| (column.name.clone(), value(catalog, table, column, row, attempt)))
        .unzip();
    format!(
        "INSERT INTO {} ({}) VALUES ({})",
        quoted(&table.name),
        listed(&names),
        values.join(", ")
    )
}

/// Returns a value for a column: what a foreign key or a check asks for, else one of its type that no other row has.
fn value(catalog: &Catalog, table: &Table, column: &Column, row: usize, attempt: usize) -> String {
    for key in &table.foreign_keys {
        let is_it = |one: &String| folded(one) == folded(&column.name);
        let Some(place) = key.columns.iter().position(is_it) else { continue };
        let parent = catalog.tables.get(&key.table).filter(|_| key.database.is_none());
        let Some(parent) = parent else { continue };
        if attempt % 3 == 2 && !column.not_null {
            return "NULL".to_owned();
        }
        if attempt.is_multiple_of(3) {
            let offset = if parent.name == table.name { 0 } else { row - 1 };
            // The server takes no table that it is about to change, but one made of it.
            return format!(
                "(SELECT {} FROM (SELECT * FROM {}) AS parents ORDER BY 1 LIMIT 1 OFFSET {offset})",
                quoted(&key.parents[place]),
                quoted(&parent.name)
            );
        }
    }
    let checks = table
        .checks
        .iter()
        .map(|check| &*check.text)
        .filter(|text| text.contains(&quoted(&column.name)));
    let literals: BTreeSet<String> =
        checks.chain(column.check.as_deref()).flat_map(literals).collect();
    let literals: Vec<String> = literals.into_iter().collect();
    if attempt > 0 && !literals.is_empty() {
        let literal = &literals[(row + attempt / 4) % literals.len()];
        return match attempt % 4 {
            _ if literal.starts_with('\'') => literal.clone(),
            0 => literal.clone(),
            1 => format!("{literal} + {row}"),
            2 => format!("{literal} - {row}"),
            _ => format!("{}", row * attempt),
        };
    }
    // One row of three has nothing where nothing is allowed.
    if row == 3 && attempt.is_multiple_of(2) && !column.not_null {
        return "NULL".to_owned();
    }
    typed(column, row, attempt)
}

fn typed(column: &Column, row: usize, attempt: usize) -> String {
    let number = row + 10 * attempt;
    match family(&column.kind) {
        Family::Whole if column.kind.starts_with("tinyint") => (number % 100).to_string(),
        Family::Whole => number.to_string(),
        Family::Decimal | Family::Float if arguments(&column.kind).ends_with(",0") => {
            row.to_string()
        }
        Family::Decimal => format!("{row}.5"),
        Family::Float => format!("{number}.25"),
        Family::Text if column.check.as_ref().is_some_and(|check| check.contains("json_valid")) => {
            format!("'{{\"a\": {number}}}'")
        }
        Family::Text => {
            let text = format!("{}{number}", ["é", "b''", "z "][row - 1]);
            let fits = !matches!(arguments(&column.kind), "1" | "2" | "3" | "4");
            if fits && attempt.is_multiple_of(2) { format!("'{text}'") } else { format!("'{row}'") }
        }
        Family::Bytes if arguments(&column.kind) == "1" => format!("x'0{row}'"),
        Family::Bytes => format!("x'0{row}ff'"),
        Family::List => {
            // They are counted from one.
            row.min(1 + arguments(&column.kind).matches("',").count()).to_string()
        }
        Family::Moment => format!("'2024-0{row}-1{row} 0{row}:30:00'"),
        Family::Time => format!("'0{row}:30:00'"),
        Family::Bits => (row % 2).to_string(),
        Family::Other => match base(&column.kind) {
            "year" => format!("202{row}"),
            "uuid" => format!("'00000000-0000-0000-0000-00000000000{row}'"),
            "inet6" => format!("'::{row}'"),
            "inet4" => format!("'10.0.0.{row}'"),
            "json" => format!("'{{\"a\": {number}}}'"),
            "linestring" => format!("ST_GeomFromText('LINESTRING(0 0, {row} 1)')"),
            "polygon" => format!("ST_GeomFromText('POLYGON((0 0, {row} 0, 0 1, 0 0))')"),
            _ => format!("ST_GeomFromText('POINT({row} 1)')"),
        },
    }
}

/// Returns the strings and numbers of an expression.
fn literals(expression: &str) -> Vec<String> {
    let Ok(split) = Dialect::Mysql.split(expression) else { return Vec::new() };
    let is_literal = |kind| matches!(kind, TokenKind::String | TokenKind::Number);
    let literals = split.tokens.iter().filter(|token| is_literal(token.kind));
    literals.map(|token| token.text.to_owned()).collect()
}
