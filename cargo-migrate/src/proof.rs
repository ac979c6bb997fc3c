//! Proves on SQLite that a revision leaves what those leave that it replaces, and takes back what it did.

use std::collections::BTreeMap;

use revchain::{Migrations, Set, Target};
use revchain_core::Dialect;
use revchain_core::set::Downgrade;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::failure::Failure;
use crate::run::APPLICATION;

/// What a database holds: for each object its definition, for each table its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Holds {
    schema: BTreeMap<String, String>,
    rows: BTreeMap<String, Vec<String>>,
}

/// Runs the replacer on one database in memory and what it replaces on another, and compares them.
///
/// # Errors
///
/// They differ, or one of them fails.
pub(crate) fn prove(set: &Set, replacer: u32) -> Result<(), Failure> {
    let revision = set.at(replacer);
    let Some(last) = revision.replaces.iter().rfind(|one| one.direct) else { return Ok(()) };
    let mut runs = set.revisions[..=replacer as usize]
        .iter()
        .chain(&set.revisions.all()[set.revisions.len()..]);
    if let Some(revision) = runs.find(|revision| revision.is_rust()) {
        return Err(Failure::new(format!(
            "the proof cannot run revision `{}`, which is written in Rust",
            revision.id
        ))
        .help("prove it in a test of the application, and do without here: add --unproved"));
    }
    let of = |set: Set| Migrations::new(set, APPLICATION);
    let older = of(set.first(replacer as usize));
    let newer = of(set.first(replacer as usize + 1));
    let whole = of(set.clone());

    let mut replaced = open(set)?;
    older.upgrade(Target::Heads).run(&mut replaced)?;
    whole.upgrade(Target::Revision(last.id.to_string())).run(&mut replaced)?;
    let expected = Holds::of(set, &replaced)?;

    let mut replacing = open(set)?;
    older.upgrade(Target::Heads).run(&mut replacing)?;
    let before = Holds::of(set, &replacing)?;
    newer.upgrade(Target::Heads).run(&mut replacing)?;
    let id = &revision.id;
    let compare = |left: &Holds, right: &Holds, what: String| match left.difference(right) {
        None => Ok(()),
        Some(difference) => Err(Failure::new(what)
            .note(difference)
            .note("where rows tell the time or come by chance, no two runs are alike")
            .help("when you have looked at it: add --unproved")),
    };
    let after = Holds::of(set, &replacing)?;
    compare(&expected, &after, format!("`{id}` leaves another database than what it replaces"))?;

    let part = revision.part(Dialect::Sqlite);
    if part.is_some_and(|part| matches!(part.downgrade, Downgrade::Section(_))) {
        older.downgrade(Target::Heads).stored(true).run(&mut replacing)?;
        let back = Holds::of(set, &replacing)?;
        compare(
            &before,
            &back,
            format!("the downgrade of `{id}` leaves another database than its upgrade found"),
        )?;
    }
    Ok(())
}

/// Opens a database in memory, with the ledger's schema beside it where it has one of its own.
fn open(set: &Set) -> Result<Connection, Failure> {
    let opened = || {
        let connection = Connection::open_in_memory()?;
        let own = |schema: &&str| !["main", "temp"].contains(schema);
        if let Some(schema) = set.settings.history.schema.as_deref().filter(own) {
            connection.execute_batch(&format!("ATTACH ':memory:' AS \"{schema}\""))?;
        }
        Ok(connection)
    };
    opened().map_err(refused)
}

fn refused(error: rusqlite::Error) -> Failure {
    Failure::new(format!("the proof could not be made: {error}")).help("do without: add --unproved")
}

impl Holds {
    /// Reads a database; the ledger does not count.
    fn of(set: &Set, connection: &Connection) -> Result<Self, Failure> {
        let read = || {
            let history = &set.settings.history;
            let own = [&*history.table, &*history.events()].map(str::to_owned);
            let mut schema = BTreeMap::new();
            let mut rows = BTreeMap::new();
            let mut statement = connection.prepare(
                "SELECT type, name, tbl_name, coalesce(sql, '') FROM main.sqlite_schema \
                 WHERE tbl_name NOT IN (?1, ?2)",
            )?;
            let objects = statement.query_map(own, |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(3)?))
            })?;
            for object in objects {
                let (kind, name, sql) = object?;
                // A virtual table may need what is not there to be read; its shadow tables hold its rows.
                let is_plain =
                    kind == "table" && !sql.to_ascii_lowercase().starts_with("create virtual");
                if is_plain {
                    rows.insert(name.clone(), rows_of(connection, &name)?);
                }
                schema.insert(format!("{kind} {name}"), sql);
            }
            Ok(Self { schema, rows })
        };
        read().map_err(refused)
    }

    /// Says in what two databases differ first.
    fn difference(&self, other: &Self) -> Option<String> {
        let names = self.schema.keys().chain(other.schema.keys());
        for name in names {
            match (self.schema.get(name), other.schema.get(name)) {
                (Some(left), Some(right)) if left == right => {}
                (Some(_), Some(_)) => return Some(format!("the {name} is another")),
                (Some(_), None) => return Some(format!("the {name} is missing")),
                (None, _) => return Some(format!("the {name} is too many")),
            }
        }
        let differs =
            |(table, rows): &(&String, &Vec<String>)| other.rows.get(*table) != Some(*rows);
        self.rows.iter().find(differs).map(|(table, _)| format!("the table {table} has other rows"))
    }
}

/// Returns the rows of a table, in the order of their values.
fn rows_of(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let sql = format!("SELECT * FROM main.{}", Dialect::Sqlite.quote_identifier(table));
    let mut statement = connection.prepare(&sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut texts = Vec::new();
    while let Some(row) = rows.next()? {
        let mut text = String::new();
        for column in 0..columns {
            text.push_str(&match row.get_ref(column)? {
                ValueRef::Null => "null".to_owned(),
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(number) => format!("{number:?}"),
                ValueRef::Text(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
                ValueRef::Blob(bytes) => format!("{bytes:?}"),
            });
            text.push('|');
        }
        texts.push(text);
    }
    texts.sort_unstable();
    Ok(texts)
}
