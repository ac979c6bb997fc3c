//! The texts of the cases that have revisions written in Rust.

use std::io;

use revchain_core::Dialect;
use revchain_core::lock::FILE;

use super::{Making, USERS, USERS_TEXT};

/// The file of the revision in Rust.
pub(super) const NAMES: &str = "20260120_0910_9b1d77a0c2ee_split_names.rs";
const BEHAVE: &str = "20260121_1000_d4e5f6a1b2c3_behave.rs";

/// A revision for rusqlite.
pub(super) const NAMES_TEXT: &str = r#"//! split names
//!
//! revision: 9b1d77a0c2ee
//! revises: a1b2c3d4e5f6
//! created: 2026-01-20T09:10:00Z

use rusqlite::{Connection, Result};

pub fn upgrade(connection: &Connection) -> Result<()> {
    connection.execute_batch("ALTER TABLE users ADD COLUMN family TEXT NOT NULL DEFAULT ''")?;
    let mut people = connection.prepare("SELECT id, name FROM users")?;
    let rows = people.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    for row in rows {
        let (id, name) = row?;
        let (given, family) = split(&name);
        connection.execute(
            "UPDATE users SET name = ?1, family = ?2 WHERE id = ?3",
            (given, family, id),
        )?;
    }
    Ok(())
}

pub fn downgrade(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "UPDATE users SET name = trim(name || ' ' || family);
         ALTER TABLE users DROP COLUMN family;",
    )
}

/// Splits at the last space.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once(' ').unwrap_or((name, ""))
}
"#;

/// The same for sqlx: what is `Type` in it is the connection's, `?` its placeholders.
const ASYNC_TEXT: &str = r#"
pub async fn upgrade_NAME(connection: &mut sqlx::TYPE) -> sqlx::Result<()> {
    sqlx::raw_sql("ALTER TABLE users ADD COLUMN family TEXT NOT NULL DEFAULT ''")
        .execute(&mut *connection)
        .await?;
    let people: Vec<(i32, String)> =
        sqlx::query_as("SELECT id, name FROM users").fetch_all(&mut *connection).await?;
    for (id, name) in people {
        let (given, family) = split(&name);
        sqlx::query("UPDATE users SET name = $1, family = $2 WHERE id = $3")
            .bind(given)
            .bind(family)
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

pub async fn downgrade_NAME(connection: &mut sqlx::TYPE) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "UPDATE users SET name = trim(name || ' ' || family); ALTER TABLE users DROP COLUMN family",
    )
    .execute(connection)
    .await?;
    Ok(())
}
"#;

const BEHAVE_TEXT: &str = r#"//! do what the table `behaviour` says, which a test fills
//!
//! revision: d4e5f6a1b2c3
//! revises: 9b1d77a0c2ee
//! created: 2026-01-21T10:00:00Z

use std::error::Error;

type Result = std::result::Result<(), Box<dyn Error + Send + Sync>>;

const MADE: &str = "CREATE TABLE made (by_function INTEGER)";
const WORD: &str = "SELECT coalesce((SELECT max(word) FROM behaviour), '')";

pub fn upgrade_rusqlite(connection: &rusqlite::Connection) -> Result {
    let word: String = connection.query_row(WORD, [], |row| row.get(0))?;
    begins_well(&word)?;
    connection.execute_batch(MADE)?;
    match word.as_str() {
        "swallow" => _ = connection.execute_batch("SELECT nothing"),
        statement => connection.execute_batch(statement_of(statement)?)?,
    }
    ends_well(&word)
}

pub fn downgrade_rusqlite(connection: &rusqlite::Connection) -> Result {
    Ok(connection.execute_batch("DROP TABLE made")?)
}
"#;

const ASYNC_BEHAVE_TEXT: &str = r#"
pub async fn upgrade_NAME(connection: &mut sqlx::TYPE) -> Result {
    let (word,): (String,) = sqlx::query_as(WORD).fetch_one(&mut *connection).await?;
    begins_well(&word)?;
    sqlx::raw_sql(MADE).execute(&mut *connection).await?;
    if word == "swallow" {
        let _ = sqlx::raw_sql("SELECT nothing").execute(&mut *connection).await;
    } else {
        sqlx::raw_sql(statement_of(&word)?).execute(&mut *connection).await?;
    }
    ends_well(&word)
}

pub async fn downgrade_NAME(connection: &mut sqlx::TYPE) -> Result {
    sqlx::raw_sql("DROP TABLE made").execute(connection).await?;
    Ok(())
}
"#;

const BEHAVE_END: &str = r#"
fn statement_of(word: &str) -> std::result::Result<&'static str, Box<dyn Error + Send + Sync>> {
    match word {
        "commit" | "commit and fail" => Ok("COMMIT"),
        "commit and begin" => Ok("COMMIT; BEGIN"),
        "fail" => Err("the function was told to fail".into()),
        "panic" => panic!("the function was told to panic"),
        _ => Ok("SELECT 1"),
    }
}

fn begins_well(word: &str) -> Result {
    if word == "fail first" { Err("the function was told to fail first".into()) } else { Ok(()) }
}

fn ends_well(word: &str) -> Result {
    if word == "commit and fail" { Err("it failed behind the end".into()) } else { Ok(()) }
}
"#;

/// The drivers of sqlx, with their connections.
const ASYNC: [(&str, &str); 3] = [
    ("sqlx_sqlite", "SqliteConnection"),
    ("postgres", "PgConnection"),
    ("mysql", "MySqlConnection"),
];

/// What MySQL says otherwise.
const ON_MYSQL: [(&str, &str); 5] = [
    ("$1", "?"),
    ("$2", "?"),
    ("$3", "?"),
    ("family TEXT", "family VARCHAR(80)"),
    ("name || ' ' || family", "concat(name, ' ', family)"),
];

fn for_each(text: &str) -> String {
    let one = |(name, kind): &(&str, &str)| {
        let changes = if *name == "mysql" { &ON_MYSQL[..] } else { &[] };
        let text = text.replace("NAME", name).replace("TYPE", kind);
        changes.iter().fold(text, |text, (from, to)| text.replace(from, to))
    };
    ASYNC.iter().map(one).collect()
}

/// Two revisions in Rust, for each driver.
pub(super) fn several_drivers(case: &Making<'_>) -> io::Result<()> {
    let behaviour = "CREATE TABLE behaviour (word TEXT);\nCREATE TABLE users";
    let users = USERS_TEXT.replace("CREATE TABLE users", behaviour);
    let users = users.replace("DROP TABLE users;", "DROP TABLE users;\nDROP TABLE behaviour;");
    case.write(USERS, users)?;
    let names = NAMES_TEXT.replace("grade(", "grade_rusqlite(");
    case.write(NAMES, format!("{names}{}", for_each(ASYNC_TEXT)))?;
    case.write(BEHAVE, format!("{BEHAVE_TEXT}{}{BEHAVE_END}", for_each(ASYNC_BEHAVE_TEXT)))?;
    case.seal_for(&[Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql], &[])
}

impl Making<'_> {
    /// Writes the table and the revision in Rust, replaced in, and seals both.
    pub(super) fn rust(&self, from: &str, to: &str) -> io::Result<()> {
        self.write(USERS, USERS_TEXT)?;
        self.write(NAMES, NAMES_TEXT)?;
        self.replace(NAMES, from, to)?;
        self.seal(&[])
    }

    /// Seals both, and then replaces in the revision in Rust.
    pub(super) fn rust_edited(&self, from: &str, to: &str) -> io::Result<()> {
        self.rust("", "")?;
        self.replace(NAMES, from, to)
    }

    /// The lock is that of the whole file, so that nothing is wrong but what is replaced.
    pub(super) fn rust_for(&self, dialects: &[Dialect]) -> io::Result<()> {
        self.rust("", "")?;
        let lock = crate::sealing::seal(self.folder, crate::sealing::settings(dialects), &[]);
        self.write(FILE, lock.render())
    }
}
