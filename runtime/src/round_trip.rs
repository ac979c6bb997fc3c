//! The emitted test `round_trip`: up to every head, back as far as it goes, and up again, in memory.
//!
//! All of it is `#[inline]`: compiled where the test is, and not in each application.

use rusqlite::Connection;

use revchain_core::dialect::TokenKind;
use revchain_core::set::{Downgrade, Set};
use revchain_core::{Dialect, Target};

use crate::migrations::Migrations;

/// So many of the newest revisions are looked at one by one.
const STEPS: usize = 20;

/// Panics when a revision cannot be taken back, or leaves another schema than it found.
///
/// The last revisions go one by one, each with the schema before it to compare. That of all others is compared at the
/// ends: after the way back to base, or to the newest irreversible revision, and after the way up again. Where the files of
/// replaced revisions are there, they must leave the schema that their replacer leaves, and go back from there.
#[doc(hidden)]
#[track_caller]
#[inline]
pub fn round_trip(migrations: &Migrations) {
    if let Err(failure) = Trip::make(migrations).and_then(|()| replaced(migrations)) {
        panic!("{failure}");
    }
}

struct Trip<'t> {
    migrations: &'t Migrations,
    set: &'t Set,
    connection: Connection,
}

impl<'t> Trip<'t> {
    #[inline]
    fn make(migrations: &'t Migrations) -> Result<(), String> {
        let set = migrations.set();
        let connection = open(set).map_err(|error| error.to_string())?;
        let mut trip = Self { migrations, set, connection };
        let count = set.revisions.len();
        let first = count.saturating_sub(STEPS);
        let mut schemas = Vec::new();
        trip.up_to(first)?;
        for place in first..count {
            schemas.push(trip.schema()?);
            trip.up_to(place + 1)?;
        }
        let top = trip.schema()?;
        let bottom = trip.bottom();
        for place in (first.max(bottom)..count).rev() {
            trip.back_to(place)?;
            trip.compare(&schemas[place - first], place)?;
        }
        if bottom < first {
            trip.back_to(bottom)?;
        }
        let left = if bottom == 0 { difference(&[], &trip.schema()?) } else { None };
        if let Some(left) = left {
            return Err(format!("the way back to base leaves something behind\n{left}"));
        }
        trip.up_to(count)?;
        difference(&top, &trip.schema()?).map_or(Ok(()), |difference| {
            Err(format!("the way back and up again leaves another schema\n{difference}"))
        })
    }

    /// Returns how many revisions stay at the bottom, because the last of them is irreversible.
    #[inline]
    fn bottom(&self) -> usize {
        let irreversible = |place: &usize| {
            let part = self.set.revisions[*place].part(Dialect::Sqlite);
            part.is_none_or(|part| matches!(part.downgrade, Downgrade::Irreversible(_)))
        };
        (0..self.set.revisions.len()).rev().find(irreversible).map_or(0, |place| place + 1)
    }

    /// The first revisions of a set are a set of their own, as none revises one behind it.
    #[inline]
    fn first(&self, count: usize) -> Migrations {
        self.migrations.with_set(self.set.first(count))
    }

    #[inline]
    fn up_to(&mut self, count: usize) -> Result<(), String> {
        let upgrade = self.first(count);
        let run = upgrade.upgrade(Target::Heads).run(&mut self.connection);
        run.map(|_| ()).map_err(|error| error.report())
    }

    /// Takes back what the first revisions do not know, as a database ahead of its application does.
    #[inline]
    fn back_to(&mut self, count: usize) -> Result<(), String> {
        let downgrade = self.first(count);
        let run = downgrade.downgrade(Target::Heads).stored(true).run(&mut self.connection);
        run.map(|_| ()).map_err(|error| error.report())
    }

    #[inline]
    fn compare(&self, before: &[Object], place: usize) -> Result<(), String> {
        let Some(difference) = difference(before, &self.schema()?) else { return Ok(()) };
        let revision = &self.set.revisions[place];
        Err(format!(
            "the downgrade of revision `{}` leaves another schema than its upgrade found\n  --> {}/{}\n{difference}",
            revision.id, self.set.folder, revision.path
        ))
    }

    /// Reads what the revisions made; the ledger stays.
    #[inline]
    fn schema(&self) -> Result<Vec<Object>, String> {
        const QUERY: &str = "SELECT type, name, sql FROM sqlite_schema \
            WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tbl_name NOT IN (?1, ?2) ORDER BY type, name";
        let history = &self.set.settings.history;
        let tables = [history.table.to_string(), history.events().to_string()];
        let read = |row: &rusqlite::Row<'_>| {
            let sql: Option<String> = row.get(2)?;
            let sql = sql.unwrap_or_default();
            Ok(Object { kind: row.get(0)?, name: row.get(1)?, tokens: tokens(&sql), sql })
        };
        let objects = self.connection.prepare(QUERY).and_then(|mut statement| {
            let objects = statement.query_map(tables, read)?;
            objects.collect::<Result<Vec<_>, _>>()
        });
        objects.map_err(|error| error.to_string())
    }
}

/// Lets what is replaced run as well, as on a database that had it before it was replaced.
#[inline]
fn replaced(migrations: &Migrations) -> Result<(), String> {
    let set = migrations.set();
    let whole = migrations.with_set(set.clone());
    let trip = || {
        let opened = open(set).map_err(|error| error.to_string());
        opened.map(|connection| Trip { migrations, set, connection })
    };
    let to = |trip: &mut Trip<'_>, id: &str| {
        whole.upgrade(Target::Revision(id.to_owned())).run(&mut trip.connection)
    };
    let said = |error: crate::Error| error.report();
    for revision in set.revisions.all().iter().filter(|one| !one.replaces.is_empty()) {
        let last = revision.replaces.iter().rfind(|one| one.direct);
        let Some(last) = last.filter(|last| set.place(&last.id).is_some()) else { continue };
        let (mut before, mut after) = (trip()?, trip()?);
        // What does not apply here was replaced for that: no database has it.
        if to(&mut before, &last.id).is_err() {
            continue;
        }
        to(&mut after, &revision.id).map_err(said)?;
        if let Some(difference) = difference(&before.schema()?, &after.schema()?) {
            return Err(format!(
                "revision `{}` leaves another schema than what it replaces\n  --> {}/{}\n{difference}",
                revision.id, set.folder, revision.path
            ));
        }
        to(&mut before, &revision.id).map_err(said)?;
        match whole.downgrade(Target::Base).run(&mut before.connection) {
            Err(error) if error.code() == "irreversible" => {}
            Err(error) => return Err(error.report()),
            Ok(_) => {
                if let Some(left) = difference(&[], &before.schema()?) {
                    return Err(format!(
                        "the way back through what `{}` replaces leaves something behind\n{left}",
                        revision.id
                    ));
                }
            }
        }
    }
    Ok(())
}

/// Opens a database in memory, with the ledger's schema beside it where it has one of its own.
#[inline]
fn open(set: &Set) -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    let own = |schema: &&str| !["main", "temp"].contains(schema);
    if let Some(schema) = set.settings.history.schema.as_deref().filter(own) {
        connection.execute_batch(&format!("ATTACH ':memory:' AS \"{schema}\""))?;
    }
    Ok(connection)
}

/// A row of `sqlite_schema`.
struct Object {
    kind: String,
    name: String,
    sql: String,
    /// The SQL without what SQLite itself may write another way.
    tokens: Vec<String>,
}

/// Returns the words of a definition: SQLite quotes names when it renames, and keeps white space when it adds columns.
#[inline]
fn tokens(sql: &str) -> Vec<String> {
    let Ok(split) = Dialect::Sqlite.split(sql) else { return vec![sql.to_owned()] };
    let word = |token: &revchain_core::Token<'_>| match token.kind {
        TokenKind::Word => token.text.to_ascii_lowercase(),
        TokenKind::Identifier => {
            let inner = &token.text[1..token.text.len() - 1];
            inner.replace("\"\"", "\"").to_ascii_lowercase()
        }
        _ => token.text.to_owned(),
    };
    split.tokens.iter().map(word).collect()
}

/// Says what two schemas do not share.
#[inline]
fn difference(before: &[Object], after: &[Object]) -> Option<String> {
    let same = |a: &Object, b: &Object| {
        a.kind == b.kind && a.name.eq_ignore_ascii_case(&b.name) && a.tokens == b.tokens
    };
    let lacks = |list: &[Object], object: &Object| !list.iter().any(|other| same(object, other));
    let mut lines = Vec::new();
    for (sign, list, other) in [('-', before, after), ('+', after, before)] {
        for object in list.iter().filter(|object| lacks(other, object)) {
            lines.extend(object.sql.lines().map(|line| format!("  {sign} {line}")));
        }
    }
    (!lines.is_empty()).then(|| format!("  (- before, + after)\n{}", lines.join("\n")))
}
