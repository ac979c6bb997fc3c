//! What only MySQL and MariaDB have: statements that commit by themselves, settings of a session, the run lock. Each test
//! has a database of its own.

mod commits;
mod errors;
mod lock;
mod session;

use std::error::Error;
use std::future::Future;

use revchain::{Dialect, Migrations};
use revchain_tests::clients::Database;
use revchain_tests::project::{Draft, Project};
use sqlx::MySqlConnection;
use tokio::runtime::Builder;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const TABLE: Draft<'static> = Draft::new(
    "aaaa1",
    "base",
    "CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT);\nINSERT INTO a VALUES (1, 'x'), (2, 'x');",
    "DROP TABLE a;",
);

fn project(drafts: &[Draft<'_>]) -> Result<Project> {
    let project = Project::for_dialects(&[Dialect::Mysql])?;
    project.add(drafts)?;
    Ok(project)
}

fn migrations(drafts: &[Draft<'_>]) -> Result<Migrations> {
    Ok(project(drafts)?.migrations()?)
}

/// Runs a test against an empty database, where there is a server.
fn on_a_database<F: Future<Output = Result>>(
    test: impl FnOnce(std::sync::Arc<Database>) -> F,
) -> Result {
    if !Database::has_mysql() {
        return Ok(());
    }
    let database = Database::fresh(Dialect::Mysql).ok_or("the server makes no database")?;
    Builder::new_current_thread().enable_all().build()?.block_on(test(database.into()))
}

/// Returns the first column of the first row, as text.
async fn one(connection: &mut MySqlConnection, sql: &str) -> Result<String> {
    let row = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_one(connection).await?;
    let text: Option<String> = sqlx::Row::try_get_unchecked(&row, 0)?;
    Ok(text.unwrap_or_default())
}

async fn execute(connection: &mut MySqlConnection, sql: &str) -> Result {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}
