//! On PostgreSQL.

use std::time::Duration;

use revchain::{Dialect, Direction, Migrations, Target, Transactions};
use revchain_tests::clients::Database;
use revchain_tests::project::{Draft, Project};
use revchain_tests::proxy::Proxy;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgConnection as Connection, Row as _};
use tokio::runtime::Builder;

use crate::contract::contract;
use crate::{Result, polled, sent};

const DIALECT: Dialect = Dialect::Postgres;
const CURRENT_SCHEMA: &str = "current_schema()";
const WRONG_INDEXES: &str = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
const FEWEST: usize = 15;

const DRAFTS: [Draft<'static>; 4] = [
    Draft::new("aaaa1", "base", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;"),
    Draft::new("bbbb2", "aaaa1", "SET work_mem = '9MB';\nINSERT INTO a VALUES (1);", "DELETE FROM a;"),
    Draft::new(
        "cccc3",
        "bbbb2",
        "INSERT INTO a VALUES (2);\nCREATE UNIQUE INDEX CONCURRENTLY i ON a (n);\nINSERT INTO a VALUES (3);",
        "DROP INDEX CONCURRENTLY i;\nDELETE FROM a WHERE n > 1;",
    )
    .options("transaction=off"),
    Draft::new("dddd4", "cccc3", "INSERT INTO a VALUES (4);", "DELETE FROM a WHERE n = 4;"),
];

async fn number(connection: &mut Connection, sql: &str) -> Result<i64> {
    let sql = sqlx::AssertSqlSafe(sql);
    Ok(sqlx::raw_sql(sql).fetch_one(connection).await?.try_get_unchecked(0)?)
}

/// What is found on a connection that is the pool's next.
async fn is_free(connection: &mut Connection) -> Result {
    let open = "SELECT (now() <> statement_timestamp())::int::bigint";
    assert_eq!(number(connection, open).await?, 0, "a transaction is open");
    let locks =
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
    assert_eq!(number(connection, locks).await?, 0, "a lock is held");
    Ok(())
}

/// No answer is there before it is waited for: each message is a point where the run can be dropped.
async fn connected(database: &Database) -> Result<(Proxy, Connection, PgPool)> {
    let proxy = Proxy::before(database, Duration::from_millis(1))?;
    let options = proxy.options(database);
    let plain = options.connect().await?;
    Ok((proxy, plain, PgPoolOptions::new().max_connections(1).connect_with(options).await?))
}

contract!();
