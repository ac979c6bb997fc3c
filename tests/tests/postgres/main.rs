//! What only PostgreSQL has: where an error is in a message, settings of a session, indexes that are made while others
//! write, the run lock, poolers. Each test has a database of its own.

mod cuts;
mod errors;
mod lock;
mod lone;
mod round_trips;
mod session;

use std::error::Error;
use std::future::Future;

use revchain::{Dialect, Migrations};
use revchain_tests::clients::Database;
use revchain_tests::project::{Draft, Project};
use sqlx::PgConnection;
use tokio::runtime::Builder;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const TABLE: Draft<'static> = Draft::new(
    "aaaa1",
    "base",
    "CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT);\nINSERT INTO a VALUES (1, 'x'), (2, 'x');",
    "DROP TABLE a;",
);

/// How many advisory locks there are in the database; the view shows those of all.
const ADVISORY_LOCKS: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

fn project(drafts: &[Draft<'_>]) -> Result<Project> {
    let project = Project::for_dialects(&[Dialect::Postgres])?;
    project.add(drafts)?;
    Ok(project)
}

fn migrations(drafts: &[Draft<'_>]) -> Result<Migrations> {
    Ok(project(drafts)?.migrations()?)
}

/// Runs a test against an empty database, where there is a server.
fn on_a_database<F: Future<Output = Result>>(
    test: impl FnOnce(std::rc::Rc<Database>) -> F,
) -> Result {
    if !Database::has_postgres() {
        return Ok(());
    }
    let database = Database::fresh(Dialect::Postgres).ok_or("the server makes no database")?;
    Builder::new_current_thread().enable_all().build()?.block_on(test(database.into()))
}

async fn one<T>(connection: &mut PgConnection, sql: &'static str) -> Result<T>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    // As the simple protocol sends it: one statement, whose transaction begins with it.
    let row = sqlx::raw_sql(sql).fetch_one(connection).await?;
    Ok(sqlx::Row::try_get_unchecked(&row, 0)?)
}

async fn execute(connection: &mut PgConnection, sql: &'static str) -> Result {
    sqlx::raw_sql(sql).execute(connection).await?;
    Ok(())
}
