//! The catalog of a SQLite database.

use std::collections::BTreeMap;

use revchain_core::Dialect;

use super::parse;
use super::table::Table;
use super::witness;
use super::words::{Cursor, Expression, folded, written};
use crate::{Key, Kind, Row, Unreadable};

/// All objects; then the names of shadow tables, which belong to virtual ones.
const QUERIES: [&str; 2] = [
    "SELECT type, name, tbl_name, sql FROM main.sqlite_schema \
     WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'",
];

pub(crate) fn queries() -> Vec<String> {
    QUERIES.into_iter().chain(witness::QUERIES).map(str::to_owned).collect()
}

/// The catalog of a SQLite database: what is in its schema `main`, by folded names.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub(super) tables: BTreeMap<String, Table>,
    pub(super) indexes: BTreeMap<String, Index>,
    pub(super) views: BTreeMap<String, View>,
    pub(super) triggers: BTreeMap<String, Trigger>,
    /// The names of all tables in the order in which they were made.
    pub(super) order: Vec<String>,
}

/// An index that is no constraint.
#[derive(Clone, Debug)]
pub(super) struct Index {
    pub(super) name: String,
    /// The table's name, folded.
    pub(super) table: String,
    pub(super) unique: bool,
    /// What is indexed, and `WHERE`.
    pub(super) body: Expression,
    pub(super) sql: String,
}

/// A view.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) name: String,
    pub(super) body: Expression,
    pub(super) sql: String,
    /// Which view was made first.
    pub(super) place: usize,
}

/// A trigger.
#[derive(Clone, Debug)]
pub(super) struct Trigger {
    pub(super) name: String,
    /// The table or view, folded.
    pub(super) table: String,
    pub(super) body: Expression,
    pub(super) sql: String,
    pub(super) place: usize,
}

impl Index {
    pub(super) fn same(&self, other: &Self) -> bool {
        self.definition() == other.definition()
    }

    fn definition(&self) -> String {
        let unique = if self.unique { "unique " } else { "" };
        format!("{unique}on {} {}", written(&self.table), self.body)
    }
}

impl Catalog {
    pub(crate) fn read(answers: &[Vec<Row>], ignored: &[String]) -> Result<Self, Unreadable> {
        let [objects, shadows, told @ ..] = answers else {
            return Err(Unreadable(format!("{} answers to five questions", answers.len())));
        };
        let shadows: Vec<String> = shadows.iter().filter_map(|row| row.first()?.clone()).collect();
        let is_ignored =
            |table: &str| shadows.iter().chain(ignored).any(|one| one.eq_ignore_ascii_case(table));
        let mut catalog = Self::default();
        let mut later = Vec::new();
        for (place, row) in objects.iter().enumerate() {
            let [Some(kind), Some(name), Some(table), Some(sql)] = &row[..] else {
                return Err(Unreadable("an object without a name or a text".to_owned()));
            };
            if is_ignored(table) {
                continue;
            }
            if kind == "table" {
                let table = parse::table(sql).ok_or_else(|| unreadable("table", name))?;
                catalog.order.push(table.key());
                catalog.tables.insert(table.key(), table);
            } else {
                later.push((place, kind, name, folded(table), sql));
            }
        }
        for (place, kind, name, table, sql) in later {
            let added = catalog.add(place, kind, name, table, sql);
            added.ok_or_else(|| unreadable(kind, name))?;
        }
        witness::compare(&catalog, told)?;
        Ok(catalog)
    }

    /// Adds an index, a view or a trigger; the tables and the views before it are known.
    fn add(
        &mut self,
        place: usize,
        kind: &str,
        name: &str,
        table: String,
        sql: &str,
    ) -> Option<()> {
        let split = Dialect::Sqlite.split(sql).ok()?;
        let mut cursor = Cursor::new(split.tokens_of(0));
        cursor.take(&["create"]).then_some(())?;
        let (key, name, sql) = (folded(name), name.to_owned(), sql.to_owned());
        if kind == "index" {
            let unique = cursor.take(&["unique"]);
            cursor.take(&["index"]).then_some(())?;
            cursor.name()?;
            cursor.take(&["on"]).then_some(())?;
            cursor.name()?;
            let on = self.tables.get(&table)?;
            let body = Expression::of(cursor.rest(), |name| on.column(name).is_some());
            let body = body.unqualified(&table).without_asc();
            self.indexes.insert(key, Index { name, table, unique, body, sql });
            return Some(());
        }
        cursor.pop()?;
        cursor.name()?;
        let tokens = cursor.rest();
        let bare = Expression::of(tokens, |_| false);
        let is_name = |one: &str| {
            bare.mentions(one)
                || self.tables.contains_key(one)
                || self.views.contains_key(one)
                || self.tables.values().any(|table| table.column(one).is_some())
        };
        let body = Expression::of(tokens, is_name);
        if kind == "view" {
            self.views.insert(key, View { name, body, sql, place });
        } else {
            self.triggers.insert(key, Trigger { name, table, body, sql, place });
        }
        Some(())
    }

    pub(crate) fn definitions(&self) -> BTreeMap<Key, String> {
        self.definitions_but(|_, _| false)
    }

    /// As [`Self::definitions`], without the tables of which `other` has the same text; both are as they were read.
    pub(crate) fn definitions_beside(&self, other: &Self) -> BTreeMap<Key, String> {
        self.definitions_but(|key, table| {
            other.tables.get(key).is_some_and(|other| other.sql == table.sql)
        })
    }

    fn definitions_but(&self, left_out: impl Fn(&str, &Table) -> bool) -> BTreeMap<Key, String> {
        let mut definitions = BTreeMap::new();
        let mut add = |kind, table: Option<&str>, name: &str, definition: String| {
            let table = table.map(folded);
            definitions
                .insert(Key { kind, schema: None, table, name: name.to_owned() }, definition);
        };
        for (key, table) in self.tables.iter().filter(|(key, table)| !left_out(key, table)) {
            add(Kind::Table, None, key, table.definition());
            for column in &table.columns {
                add(Kind::Column, Some(key), &folded(&column.name), column.definition());
            }
            for constraint in table.constraint_set() {
                let text = constraint.to_string();
                let is_foreign = text.starts_with("foreign key");
                let kind = if is_foreign { Kind::ForeignKey } else { Kind::Constraint };
                add(kind, Some(key), &text.clone(), text);
            }
        }
        for (key, index) in &self.indexes {
            add(Kind::Index, None, key, index.definition());
        }
        for (key, view) in &self.views {
            add(Kind::View, None, key, view.body.to_string());
        }
        for (key, trigger) in &self.triggers {
            add(Kind::Trigger, Some(&trigger.table), key, trigger.body.to_string());
        }
        definitions
    }
}

pub(super) fn unreadable(kind: &str, name: &str) -> Unreadable {
    Unreadable(format!("{kind} `{name}` has a text that cannot be read"))
}
