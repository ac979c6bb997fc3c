//! split names
//!
//! revision: 9b1d77a0c2ee
//! revises: a1b2c3d4e5f6
//! created: 2026-01-20T09:10:00Z

use rusqlite::{Connection, Result};

pub fn upgrade_rusqlite(connection: &Connection) -> Result<()> {
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

pub fn downgrade_rusqlite(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "UPDATE users SET name = trim(name || ' ' || family);
         ALTER TABLE users DROP COLUMN family;",
    )
}

/// Splits at the last space.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once(' ').unwrap_or((name, ""))
}

pub async fn upgrade_sqlx_sqlite(connection: &mut sqlx::SqliteConnection) -> sqlx::Result<()> {
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

pub async fn downgrade_sqlx_sqlite(connection: &mut sqlx::SqliteConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "UPDATE users SET name = trim(name || ' ' || family); ALTER TABLE users DROP COLUMN family",
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn upgrade_postgres(connection: &mut sqlx::PgConnection) -> sqlx::Result<()> {
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

pub async fn downgrade_postgres(connection: &mut sqlx::PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "UPDATE users SET name = trim(name || ' ' || family); ALTER TABLE users DROP COLUMN family",
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn upgrade_mysql(connection: &mut sqlx::MySqlConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("ALTER TABLE users ADD COLUMN family VARCHAR(80) NOT NULL DEFAULT ''")
        .execute(&mut *connection)
        .await?;
    let people: Vec<(i32, String)> =
        sqlx::query_as("SELECT id, name FROM users").fetch_all(&mut *connection).await?;
    for (id, name) in people {
        let (given, family) = split(&name);
        sqlx::query("UPDATE users SET name = ?, family = ? WHERE id = ?")
            .bind(given)
            .bind(family)
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

pub async fn downgrade_mysql(connection: &mut sqlx::MySqlConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "UPDATE users SET name = trim(concat(name, ' ', family)); ALTER TABLE users DROP COLUMN family",
    )
    .execute(connection)
    .await?;
    Ok(())
}
