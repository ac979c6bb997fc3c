//! What the emitted test `models_match` calls: the revisions make what the structs describe.

use revchain_core::set::History;
use revchain_schema::{Next, Reading, Snapshot};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::{Dialect, Migrations, Target};

/// What a struct says of its table.
type Ddl = &'static [(Dialect, &'static str)];

/// Panics while the chain and the models do not make the same on SQLite.
#[doc(hidden)]
#[track_caller]
pub fn models_match(migrations: &Migrations, models: &[Ddl]) {
    let differences = differences(migrations, models).unwrap_or_else(|error| vec![error]);
    assert!(
        differences.is_empty(),
        "the revisions do not make what the models describe\n  {}\n  \
         = help: write the revision: cargo migrate new --autogenerate MESSAGE",
        differences.join("\n  ")
    );
}

fn differences(migrations: &Migrations, models: &[Ddl]) -> Result<Vec<String>, String> {
    let open = || Connection::open_in_memory().map_err(|error| error.to_string());
    let mut made = open()?;
    let run = migrations.upgrade(Target::Heads).run(&mut made);
    run.map_err(|error| error.to_string())?;
    let wanted = open()?;
    for ddl in models {
        let sqlite = ddl.iter().find(|(dialect, _)| *dialect == Dialect::Sqlite);
        let (_, text) = sqlite.ok_or("a model has a type that is not known for SQLite")?;
        wanted.execute_batch(text).map_err(|error| format!("{error}, at {text}"))?;
    }
    let history = &migrations.set().settings.history;
    let (made, wanted) = (read(&made, history)?, read(&wanted, history)?);
    let words = made.differences(&wanted).into_iter().map(|difference| {
        let side = |definition: Option<String>| definition.unwrap_or_else(|| "nothing".to_owned());
        let (before, after) = (side(difference.before), side(difference.after));
        format!("{}: the revisions make {before}, the models {after}", difference.key)
    });
    Ok(words.collect())
}

fn read(connection: &Connection, history: &History) -> Result<Snapshot, String> {
    let own = vec![history.table.to_string(), history.events().to_string()];
    let mut reading = Reading::new(Dialect::Sqlite, own);
    loop {
        let answers = reading.ask().iter().map(|query| rows(connection, query)).collect();
        let answers: Result<Vec<_>, rusqlite::Error> = answers;
        let answers = answers.map_err(|error| error.to_string())?;
        match reading.answer(&answers).map_err(|error| error.to_string())? {
            Next::Ask(next) => reading = next,
            Next::Done(snapshot) => return Ok(*snapshot),
        }
    }
}

fn rows(connection: &Connection, query: &str) -> rusqlite::Result<Vec<revchain_schema::Row>> {
    let mut statement = connection.prepare(query)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut texts = Vec::new();
    while let Some(row) = rows.next()? {
        let value = |column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
                ValueRef::Integer(number) => Some(number.to_string()),
                _ => None,
            })
        };
        texts.push((0..columns).map(value).collect::<rusqlite::Result<_>>()?);
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_revision_is_told_by_its_column() {
        let set = crate::set::Set::new(
            crate::set::Settings {
                name: "none".into(),
                dialects: revchain_core::Dialects::of(&[Dialect::Sqlite]),
                heads: crate::set::Heads::One,
                history: History::default(),
            },
            "migrations".into(),
            Vec::new(),
        );
        let migrations = Migrations::new(set, "a test");
        assert_eq!(differences(&migrations, &[]), Ok(Vec::new()));
        let ddl: Ddl = &[(Dialect::Sqlite, "CREATE TABLE users (id INTEGER PRIMARY KEY)")];
        let found = differences(&migrations, &[ddl]).expect("both can be made");
        assert!(
            found.contains(
                &"column `users.id`: the revisions make nothing, the models integer".to_owned()
            ),
            "{found:?}"
        );
        let ddl: Ddl = &[(Dialect::Postgres, "")];
        differences(&migrations, &[ddl]).expect_err("SQLite's is missing");
    }
}
