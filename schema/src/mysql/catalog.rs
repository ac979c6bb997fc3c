//! The catalog of a MySQL or MariaDB database.

use std::collections::{BTreeMap, BTreeSet};

use super::table::Table;
use super::{folded, parse, quoted};
use crate::{Key, Kind, Row, Unreadable};

/// What there is, and what no `SHOW CREATE` says: collations that are the table's, the order of triggers, the database's name.
const QUERIES: [&str; 5] = [
    "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = DATABASE() \
     AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW', 'SEQUENCE') ORDER BY table_name",
    "SELECT table_name, column_name, collation_name FROM information_schema.columns \
     WHERE table_schema = DATABASE() AND collation_name IS NOT NULL",
    "SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_statement \
     FROM information_schema.triggers WHERE trigger_schema = DATABASE() \
     ORDER BY event_object_table, action_timing, event_manipulation, action_order",
    "SELECT DATABASE()",
    "SELECT CONCAT(LOWER(routine_type), ' ', routine_name) FROM information_schema.routines WHERE routine_schema = DATABASE() \
     UNION ALL SELECT CONCAT('event ', event_name) FROM information_schema.events WHERE event_schema = DATABASE()",
];

pub(crate) fn queries() -> Vec<String> {
    QUERIES.map(str::to_owned).to_vec()
}

/// The answers to the first questions: what is there is known, and each of it can be asked for.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    tables: Vec<String>,
    views: Vec<String>,
    sequences: Vec<String>,
    /// By table and folded column.
    collations: BTreeMap<(String, String), String>,
    triggers: Vec<Trigger>,
    database: String,
    unseen: BTreeSet<String>,
}

impl Names {
    pub(crate) fn read(answers: &[Vec<Row>], ignored: &[String]) -> Result<Self, Unreadable> {
        let [objects, collations, triggers, database, unseen] = answers else {
            return Err(Unreadable(format!("{} answers to five questions", answers.len())));
        };
        let is_ours = |table: &String| !ignored.contains(table);
        let mut names = Self {
            tables: Vec::new(),
            views: Vec::new(),
            sequences: Vec::new(),
            collations: BTreeMap::new(),
            triggers: Vec::new(),
            unseen: texts(unseen)?.into_iter().map(|[name]| name).collect(),
            database: database.first().and_then(|row| row.first()?.clone()).unwrap_or_default(),
        };
        for [name, kind] in texts(objects)? {
            let list = match &*kind {
                "VIEW" => &mut names.views,
                "SEQUENCE" => &mut names.sequences,
                _ => &mut names.tables,
            };
            list.push(name);
        }
        names.tables.retain(is_ours);
        for [table, column, collation] in texts(collations)? {
            names.collations.insert((table, folded(&column)), collation);
        }
        for [name, table, timing, event, body] in texts(triggers)? {
            if is_ours(&table) {
                let moment = format!("{timing} {event}");
                let place = names
                    .triggers
                    .iter()
                    .filter(|one| one.table == table && one.moment == moment)
                    .count();
                names.triggers.push(Trigger { name, table, moment, place, body });
            }
        }
        Ok(names)
    }

    /// Returns the questions for each table, view and sequence.
    pub(crate) fn queries(&self) -> Vec<String> {
        let ask = |kind: &'static str| {
            move |name: &String| format!("SHOW CREATE {kind} {}", quoted(name))
        };
        let tables = self.tables.iter().map(ask("TABLE"));
        let views = self.views.iter().map(ask("VIEW"));
        tables.chain(views).chain(self.sequences.iter().map(ask("SEQUENCE"))).collect()
    }

    /// Tells whether a name is a table's, a view's or a sequence's.
    fn has(&self, name: &str) -> bool {
        let all = [&self.tables, &self.views, &self.sequences];
        all.into_iter().flatten().any(|one| one == name)
    }
}

/// Reads rows of so many texts; a value that is not there is an empty one.
fn texts<const N: usize>(rows: &[Row]) -> Result<Vec<[String; N]>, Unreadable> {
    let texts = rows.iter().map(|row| {
        let row: Vec<String> = row.iter().map(|text| text.clone().unwrap_or_default()).collect();
        row.try_into().map_err(|row: Vec<_>| Unreadable(format!("{} columns, not {N}", row.len())))
    });
    texts.collect()
}

/// The catalog of a MySQL or MariaDB database.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub(super) tables: BTreeMap<String, Table>,
    pub(super) views: BTreeMap<String, View>,
    /// What is said of each sequence but its name.
    pub(super) sequences: BTreeMap<String, String>,
    /// In the order in which they fire.
    pub(super) triggers: Vec<Trigger>,
    /// What there is that is not compared.
    unseen: BTreeSet<String>,
}

/// A view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    /// `ALGORITHM` and `SQL SECURITY` where they are not the usual ones.
    pub(super) options: String,
    /// What stands behind its name.
    pub(super) body: String,
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    pub(super) name: String,
    pub(super) table: String,
    /// `BEFORE INSERT`.
    pub(super) moment: String,
    /// How many of the same table and moment fire before it.
    pub(super) place: usize,
    pub(super) body: String,
}

impl Catalog {
    /// Returns what there is that is not compared.
    pub(crate) fn unseen(&self) -> impl Iterator<Item = &str> {
        self.unseen.iter().map(String::as_str)
    }

    pub(crate) fn read(names: &Names, answers: &[Vec<Row>]) -> Result<Self, Unreadable> {
        let mut catalog = Self {
            triggers: names.triggers.clone(),
            unseen: names.unseen.clone(),
            ..Self::default()
        };
        let mut answers = answers.iter();
        let mut next = |kind: &str, name: &str| {
            let text = answers.next().and_then(|rows| rows.first()?.get(1)?.clone());
            text.ok_or_else(|| Unreadable(format!("{kind} `{name}` has no text")))
        };
        let unreadable = |kind: &str, name: &str| {
            Unreadable(format!("{kind} `{name}` has a text that cannot be read"))
        };
        for name in &names.tables {
            let sql = next("table", name)?;
            let collation =
                |column: &str| names.collations.get(&(name.clone(), folded(column))).cloned();
            let sql = parse::unqualified(&sql, &names.database, |name| names.has(name));
            let table = sql.and_then(|sql| parse::table(name, &sql, collation));
            let table = table.ok_or_else(|| unreadable("table", name))?;
            catalog.tables.insert(name.clone(), table);
        }
        for name in &names.views {
            let sql = next("view", name)?;
            let sql = parse::unqualified(&sql, &names.database, |name| names.has(name));
            let view = sql.and_then(|sql| parse::view(&sql));
            let (options, body) = view.ok_or_else(|| unreadable("view", name))?;
            catalog.views.insert(name.clone(), View { options, body });
        }
        for name in &names.sequences {
            let sql = next("sequence", name)?;
            let (_, said) = sql.split_once("` ").ok_or_else(|| unreadable("sequence", name))?;
            catalog.sequences.insert(name.clone(), said.to_owned());
        }
        Ok(catalog)
    }

    pub(crate) fn definitions(&self) -> BTreeMap<Key, String> {
        let mut definitions = BTreeMap::new();
        let mut add = |kind, table: Option<&str>, name: &str, definition: String| {
            let (table, name) = (table.map(str::to_owned), name.to_owned());
            definitions.insert(Key { kind, schema: None, table, name }, definition);
        };
        for (name, table) in &self.tables {
            add(Kind::Table, None, name, table.definition());
            for column in &table.columns {
                add(Kind::Column, Some(name), &folded(&column.name), column.definition());
            }
            for index in &table.indexes {
                let kind = if index.is_primary() { Kind::Constraint } else { Kind::Index };
                add(kind, Some(name), &folded(&index.name), index.definition());
            }
            for key in &table.foreign_keys {
                add(Kind::ForeignKey, Some(name), &folded(&key.name), key.definition());
            }
            for check in &table.checks {
                add(Kind::Constraint, Some(name), &folded(&check.name), check.text.clone());
            }
        }
        for (name, view) in &self.views {
            add(Kind::View, None, name, format!("{}{}", view.options, view.body));
        }
        for (name, said) in &self.sequences {
            add(Kind::Sequence, None, name, said.clone());
        }
        for trigger in &self.triggers {
            let Trigger { name, table, moment, place, body } = trigger;
            add(Kind::Trigger, Some(table), name, format!("{moment} {place} {body}"));
        }
        definitions
    }

    /// Returns the tables, each behind those that it refers to where that can be.
    pub(super) fn parents_first(&self) -> Vec<&Table> {
        let mut left: Vec<&Table> = self.tables.values().collect();
        let mut ordered = Vec::new();
        while !left.is_empty() {
            let waits = |table: &&Table| {
                table.parents().any(|parent| {
                    parent != table.name && left.iter().any(|other| other.name == parent)
                })
            };
            let next = left.iter().position(|table| !waits(table)).unwrap_or_default();
            ordered.push(left.remove(next));
        }
        ordered
    }
}
