//! do what the table `behaviour` says, which a test fills
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

pub async fn upgrade_sqlx_sqlite(connection: &mut sqlx::SqliteConnection) -> Result {
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

pub async fn downgrade_sqlx_sqlite(connection: &mut sqlx::SqliteConnection) -> Result {
    sqlx::raw_sql("DROP TABLE made").execute(connection).await?;
    Ok(())
}

pub async fn upgrade_postgres(connection: &mut sqlx::PgConnection) -> Result {
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

pub async fn downgrade_postgres(connection: &mut sqlx::PgConnection) -> Result {
    sqlx::raw_sql("DROP TABLE made").execute(connection).await?;
    Ok(())
}

pub async fn upgrade_mysql(connection: &mut sqlx::MySqlConnection) -> Result {
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

pub async fn downgrade_mysql(connection: &mut sqlx::MySqlConnection) -> Result {
    sqlx::raw_sql("DROP TABLE made").execute(connection).await?;
    Ok(())
}

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
