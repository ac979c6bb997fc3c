//! Rows for a catalog's tables: values are tried until types, keys and checks take them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::catalog::{Body, Catalog, Column, Constraint, table_key};
use super::names::{name_of, quote, tokens};
use crate::{Attempts, Key, Kind};

/// How many rows a table is given.
const ROWS: usize = 3;
/// How often other values are tried for one row.
const ATTEMPTS: usize = 16;

/// As [`samples`](crate::samples): for each table what all its rows are likely to be, then one statement that tries others.
pub(crate) fn samples<'s>(catalog: &'s Catalog, goal: &Catalog) -> Vec<Attempts<'s>> {
    let concerned = concerned(catalog, goal);
    let mut tables = parents_first(catalog);
    tables.retain(|table| concerned.as_ref().is_none_or(|concerned| concerned.contains(table)));
    let filled = |table: Key| -> Attempts<'s> {
        let attempts: [fn(&Sampler<'_>) -> String; 2] =
            [|sampler| sampler.likely(), |sampler| sampler.any()];
        Box::new(attempts.into_iter().map(move |sql| sql(&Sampler::new(catalog, &table))))
    };
    tables.into_iter().map(filled).collect()
}

/// Returns the tables that differ, with those to which they refer and those that refer to them; none for all.
pub(super) fn concerned(catalog: &Catalog, goal: &Catalog) -> Option<BTreeSet<Key>> {
    let mut concerned = BTreeSet::new();
    for (key, ..) in catalog.beside(goal).filter(|(_, old, new)| old != new) {
        match (key.kind, &key.table) {
            (Kind::Table, _) => concerned.insert(key.clone()),
            (_, Some(_)) => concerned.insert(table_key(key)),
            (Kind::View | Kind::MaterializedView, None) => false,
            _ => return None,
        };
    }
    let mut referring = Vec::new();
    for (key, object) in &catalog.objects {
        match &object.body {
            Body::Constraint(Constraint { references: Some(other), .. }) => {
                referring.push((table_key(key), other.clone()));
            }
            Body::Table(table) => {
                referring.extend(table.parents.iter().map(|above| (key.clone(), above.clone())));
            }
            _ => {}
        }
    }
    let own: BTreeSet<Key> = concerned.clone();
    concerned
        .extend(referring.iter().filter(|(_, to)| own.contains(to)).map(|(from, _)| from.clone()));
    // A row needs those to which it refers, and they theirs.
    loop {
        let before = concerned.len();
        let above: Vec<_> = referring
            .iter()
            .filter(|(from, _)| concerned.contains(from))
            .map(|(_, to)| to.clone())
            .collect();
        concerned.extend(above);
        if concerned.len() == before {
            return Some(concerned);
        }
    }
}

/// Returns the tables that are given rows; a partition is given those of its table.
fn parents_first(catalog: &Catalog) -> Vec<Key> {
    let mut left: Vec<&Key> = catalog
        .objects
        .iter()
        .filter(|(_, object)| match &object.body {
            Body::Table(table) => table.bound.is_none() && table.server.is_none(),
            _ => false,
        })
        .map(|(key, _)| key)
        .collect();
    let all: BTreeSet<&Key> = left.iter().copied().collect();
    let mut done: BTreeSet<&Key> = BTreeSet::new();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let waits = |table: &&Key| {
            catalog.parts(table).any(|(_, object)| match &object.body {
                Body::Constraint(Constraint { references: Some(other), .. }) => {
                    other != *table && all.contains(other) && !done.contains(other)
                }
                _ => false,
            })
        };
        let ready: Vec<usize> = (0..left.len()).filter(|at| !waits(&left[*at])).collect();
        // What goes round in a circle is begun somewhere.
        let taken = if ready.is_empty() { vec![0] } else { ready };
        for at in taken.into_iter().rev() {
            let table = left.remove(at);
            done.insert(table);
            ordered.push(table.clone());
        }
    }
    ordered
}

/// Returns a statement that does several things, all of them or none.
fn block(declared: &str, body: &str) -> String {
    format!("DO $revchain$ {declared}BEGIN SET CONSTRAINTS ALL IMMEDIATE;\n{body}END $revchain$")
}

struct Sampler<'c> {
    catalog: &'c Catalog,
    table: &'c Key,
    columns: Vec<(&'c Key, &'c Column)>,
    /// The table and the column to which a foreign key makes each of them refer.
    refers: Vec<Option<(&'c Key, &'c str)>>,
    /// Strings and numbers of the table's checks and bounds.
    literals: Vec<String>,
}

impl<'c> Sampler<'c> {
    fn new(catalog: &'c Catalog, table: &'c Key) -> Self {
        let columns = catalog.columns(table).into_iter();
        let columns: Vec<_> = columns.filter(|(_, column)| !has_value(column)).collect();
        let mut literals = Vec::new();
        for (_, object) in catalog.parts(table) {
            if let Body::Constraint(Constraint { expression: Some(expression), .. }) = &object.body
            {
                literals.extend(literals_of(expression));
            }
        }
        for child in catalog.children(table) {
            let bound = catalog.table(child).and_then(|table| table.bound.as_ref());
            literals.extend(bound.into_iter().flat_map(|bound| literals_of(bound)));
        }
        for domain in columns.iter().filter(|(_, column)| column.is_domain) {
            let of_type =
                |key: &&Key| key.kind == Kind::Domain && name_of(key) == domain.1.data_type;
            let body = catalog
                .objects
                .iter()
                .find(|(key, _)| of_type(key))
                .map(|(_, object)| &object.body);
            if let Some(Body::Domain(body)) = body {
                literals.extend(body.checks.values().flat_map(|check| literals_of(check)));
            }
        }
        let refers = columns.iter().map(|(key, _)| refers(catalog, key)).collect();
        Self { catalog, table, columns, refers, literals }
    }

    /// Returns a statement that inserts the rows that come first to mind, or none.
    fn likely(&self) -> String {
        let rows = (0..ROWS).map(|row| format!("{};\n", self.insert(row, 0)));
        block("", &rows.collect::<String>())
    }

    /// Returns a statement that tries several values for each row.
    fn any(&self) -> String {
        let mut tries = String::new();
        for row in 0..ROWS {
            tries.push_str("done := false;\n");
            let mut tried = BTreeSet::new();
            for attempt in 0..ATTEMPTS {
                let insert = self.insert(row, attempt);
                if tried.insert(insert.clone()) {
                    let _ = writeln!(
                        tries,
                        "IF NOT done THEN BEGIN {insert}; done := true; EXCEPTION WHEN OTHERS THEN NULL; END; END IF;"
                    );
                }
            }
        }
        block("DECLARE done boolean; ", &tries)
    }

    fn insert(&self, row: usize, attempt: usize) -> String {
        if self.columns.is_empty() {
            return format!("INSERT INTO {} DEFAULT VALUES", name_of(self.table));
        }
        let names: Vec<_> = self.columns.iter().map(|(key, _)| quote(&key.name)).collect();
        let values: Vec<_> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, (_, column))| self.value(column, row, attempt, at))
            .collect();
        format!(
            "INSERT INTO {} ({}) VALUES ({})",
            name_of(self.table),
            names.join(", "),
            values.join(", ")
        )
    }

    fn value(&self, column: &Column, row: usize, attempt: usize, at: usize) -> String {
        if let Some((other, name)) = self.refers[at] {
            let itself = other == self.table;
            if !column.not_null && (itself || attempt % 3 == 2) {
                return "NULL".to_owned();
            }
            let (name, other) = (quote(name), name_of(other));
            return format!("(SELECT {name} FROM {other} ORDER BY 1 OFFSET {row} LIMIT 1)");
        }
        // One row of three has nothing where nothing is allowed.
        if row == 2 && attempt.is_multiple_of(2) && !column.not_null {
            return "NULL".to_owned();
        }
        if column.category == 'C' {
            return "NULL".to_owned();
        }
        let mut candidates = self.candidates(column, row);
        if attempt > 0 {
            candidates.splice(0..0, self.literals.iter().cloned());
        }
        // Another for each column and attempt, the same whenever it is asked.
        let place = if attempt == 0 {
            0
        } else {
            (attempt * 7 + at * 3 + row * 5) % candidates.len().max(1)
        };
        match candidates.get(place) {
            Some(text) => format!("{}::{}", super::names::literal(text), column.data_type),
            None => "NULL".to_owned(),
        }
    }

    fn candidates(&self, column: &Column, row: usize) -> Vec<String> {
        let number = row + 1;
        let texts =
            |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();

        match column.category {
            'N' => vec![
                number.to_string(),
                "10".into(),
                "100".into(),
                "5".into(),
                format!("-{number}"),
            ],
            'S' => {
                let mut own = vec![number.to_string()];
                own.extend(texts(&["a", "b", "x@y.de", "abc", "12345", "https://a.de"]));
                own
            }
            'B' => texts(&["true", "false"]),
            'D' => vec![
                format!("2024-01-1{number}"),
                "2024-02-01".into(),
                format!("0{number}:30"),
                "2030-05-05".into(),
            ],
            'T' => vec![format!("{number} days")],
            'E' => self.labels(column),
            'A' => texts(&["{}"]),
            'R' => vec![
                format!("[2024-01-0{number},2024-01-0{number}]"),
                format!("[{number},{number}]"),
                "empty".into(),
            ],
            'V' => texts(&["1", "101", "00000000"]),
            'I' => vec![format!("10.0.0.{number}")],
            _ => vec![
                format!("00000000-0000-0000-0000-00000000000{number}"),
                "{}".into(),
                "1".into(),
                "a".into(),
            ],
        }
    }

    fn labels(&self, column: &Column) -> Vec<String> {
        let found = self.catalog.objects.iter().find_map(|(key, object)| match &object.body {
            Body::Enum { labels } if name_of(key) == column.base => Some(labels.clone()),
            _ => None,
        });
        found.unwrap_or_default()
    }
}

/// Returns the column to which a foreign key makes a column refer.
fn refers<'c>(catalog: &'c Catalog, key: &Key) -> Option<(&'c Key, &'c str)> {
    catalog.parts(&table_key(key)).find_map(|(_, object)| match &object.body {
        Body::Constraint(Constraint {
            references: Some(other),
            columns,
            referenced_columns,
            ..
        }) => {
            let at = columns.iter().position(|name| *name == key.name)?;
            Some((other, &**referenced_columns.get(at)?))
        }
        _ => None,
    })
}

/// Whether a column has its value without our doing.
fn has_value(column: &Column) -> bool {
    let always = column.identity.as_ref().is_some_and(|identity| identity.always);
    column.generated
        || always
        || (column.not_null && (column.default.is_some() || column.identity.is_some()))
}

/// Returns the strings and numbers of an expression.
fn literals_of(expression: &str) -> Vec<String> {
    let tokens = tokens(expression).into_iter();
    tokens
        .filter_map(|token| match token.strip_prefix('\'') {
            Some(text) => Some(text.strip_suffix('\'').unwrap_or(text).replace("''", "'")),
            None => token.starts_with(|c: char| c.is_ascii_digit()).then(|| token.to_owned()),
        })
        .collect()
}
