//! split names
//!
//! revision: ca5558584ab8
//! revises: 789759708e36
//! created: 2026-11-24T18:40:59Z

use rusqlite::{Connection, Result};

/// SQLite has no way to split at the last space, so the rows come here.
pub fn upgrade(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "ALTER TABLE authors ADD COLUMN given TEXT NOT NULL DEFAULT '';
         ALTER TABLE authors ADD COLUMN family TEXT NOT NULL DEFAULT '';",
    )?;
    let mut authors = connection.prepare("SELECT id, name FROM authors")?;
    let mut change =
        connection.prepare("UPDATE authors SET given = ?1, family = ?2 WHERE id = ?3")?;
    let mut rows = authors.query([])?;
    while let Some(row) = rows.next()? {
        let (id, name): (i64, String) = (row.get(0)?, row.get(1)?);
        let (given, family) = split(&name);
        change.execute((given, family, id))?;
    }
    Ok(())
}

pub fn downgrade(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "UPDATE authors SET name = trim(given || ' ' || family);
         ALTER TABLE authors DROP COLUMN family;
         ALTER TABLE authors DROP COLUMN given;",
    )
}

/// Returns what stands before the family's name, and that name with the words that belong to it.
fn split(name: &str) -> (&str, &str) {
    let Some(mut at) = name.rfind(' ') else { return (name, "") };
    for particle in [" Le", " de", " van", " von"] {
        if name[..at].ends_with(particle) {
            at -= particle.len();
        }
    }
    (&name[..at], name[at..].trim_start())
}
