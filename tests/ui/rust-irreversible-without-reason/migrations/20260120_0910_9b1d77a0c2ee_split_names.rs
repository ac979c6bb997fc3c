//! split names
//!
//! revision: 9b1d77a0c2ee
//! revises: a1b2c3d4e5f6
//! irreversible:
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
