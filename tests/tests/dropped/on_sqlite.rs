//! On SQLite.

use std::time::Duration;

use revchain::{Migrations, Target};
use revchain_tests::project::{Draft, Project};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Connection, SqliteConnection};
use tokio::runtime::{Builder, Runtime};

use crate::{Result, polled, sent};

const DRAFTS: [Draft<'static>; 3] = [
    Draft::new("aaaa1", "base", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;"),
    Draft::new("bbbb2", "aaaa1", "INSERT INTO a VALUES (1);\nVACUUM;", "DELETE FROM a;")
        .options("transaction=off"),
    Draft::new(
        "cccc3",
        "bbbb2",
        "CREATE TABLE b (n INTEGER);\nINSERT INTO b SELECT n FROM a;\nDROP TABLE a;\nALTER TABLE b RENAME TO a;",
        "SELECT 1;",
    )
    .options("foreign-keys=off"),
];

fn runtime() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_time().build()?)
}

/// What is found on a connection after a run on it was dropped.
async fn is_free(connection: &mut SqliteConnection) -> Result {
    sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK").execute(&mut *connection).await?;
    let on: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *connection).await?;
    assert_eq!(on, 1);
    let legacy: i64 = sqlx::query_scalar("PRAGMA legacy_alter_table").fetch_one(connection).await?;
    assert_eq!(legacy, 0);
    Ok(())
}

async fn finishes(migrations: &Migrations, connection: &mut SqliteConnection) -> Result {
    let wait = Duration::from_secs(10);
    migrations.upgrade(Target::Head).wait(wait).run_async(&mut *connection).await?;
    migrations.verify().run_async(&mut *connection).await?;
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM a").fetch_one(connection).await?;
    assert_eq!(rows, 1, "each statement is done once");
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Whose {
    Plain,
    Acquired,
    Pool,
}

fn dropped_everywhere(whose: Whose) -> Result {
    let project = Project::with(&DRAFTS)?;
    let migrations = project.migrations()?;
    for polls in 0.. {
        let path = project.path().join(format!("{polls}.db"));
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let ended = runtime()?.block_on(async {
            let run = || migrations.upgrade(Target::Head);
            if whose == Whose::Plain {
                let mut connection = SqliteConnection::connect_with(&options).await?;
                let ended = polled(sent(run().run_async(&mut connection)), polls).await;
                is_free(&mut connection).await?;
                finishes(&migrations, &mut connection).await?;
                return Result::Ok(ended);
            }
            let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
            let mut acquired = None;
            let ended = if whose == Whose::Pool {
                polled(sent(run().run_async(&pool)), polls).await
            } else {
                let acquired = acquired.insert(pool.acquire().await?);
                polled(sent(run().run_async(acquired)), polls).await
            };
            drop(acquired);
            let mut next = pool.acquire().await?;
            is_free(&mut next).await?;
            finishes(&migrations, &mut next).await?;
            Ok(ended)
        })?;
        if let Some(report) = ended {
            assert_eq!(report?.steps.len(), 3);
            assert!(polls > 30, "{polls} polls are too few to mean anything");
            break;
        }
    }
    Ok(())
}

#[test]
fn a_plain_connection_is_free_at_once() -> Result {
    dropped_everywhere(Whose::Plain)
}

#[test]
fn an_acquired_connection_is_free_for_the_pools_next_user() -> Result {
    dropped_everywhere(Whose::Acquired)
}

#[test]
fn a_pool_gives_a_free_connection_to_its_next_user() -> Result {
    dropped_everywhere(Whose::Pool)
}

#[test]
fn a_pool_of_one_database_in_memory_keeps_it() -> Result {
    let migrations = Project::with(&DRAFTS)?.migrations()?;
    runtime()?.block_on(async {
        let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
        migrations.upgrade(Target::Head).run_async(&pool).await?;
        migrations.verify().run_async(&pool).await?;
        Ok(())
    })
}
