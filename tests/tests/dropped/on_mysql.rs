//! On MariaDB.

use std::time::Duration;

use revchain::{Dialect, Direction, Migrations, Target, Transactions};
use revchain_tests::clients::Database;
use revchain_tests::project::{Draft, Project};
use revchain_tests::proxy::Proxy;
use sqlx::mysql::{MySqlPool, MySqlPoolOptions};
use sqlx::{ConnectOptions as _, MySqlConnection as Connection, Row as _};
use tokio::runtime::Builder;

use crate::contract::contract;
use crate::{Result, polled, sent};

const DIALECT: Dialect = Dialect::Mysql;
const CURRENT_SCHEMA: &str = "database()";
const WRONG_INDEXES: &str = "SELECT count(*) - 1 FROM information_schema.statistics \
     WHERE table_schema = database() AND index_name = 'i'";
const FEWEST: usize = 15;

const DRAFTS: [Draft<'static>; 4] = [
    Draft::new("aaaa1", "base", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;"),
    Draft::new(
        "bbbb2",
        "aaaa1",
        "SET sql_mode = 'ANSI';\nINSERT INTO a VALUES (1);",
        "DELETE FROM a;",
    ),
    Draft::new(
        "cccc3",
        "bbbb2",
        "INSERT INTO a VALUES (2);\nCREATE UNIQUE INDEX i ON a (n);\nINSERT INTO a VALUES (3);",
        "DROP INDEX i ON a;\nDELETE FROM a WHERE n > 1;",
    ),
    Draft::new("dddd4", "cccc3", "INSERT INTO a VALUES (4);", "DELETE FROM a WHERE n = 4;"),
];

async fn number(connection: &mut Connection, sql: &str) -> Result<i64> {
    let sql = sqlx::AssertSqlSafe(sql);
    let text: String = sqlx::raw_sql(sql).fetch_one(connection).await?.try_get_unchecked(0)?;
    Ok(text.parse()?)
}

/// What is found on a connection that is the pool's next.
async fn is_free(connection: &mut Connection) -> Result {
    assert_eq!(number(connection, "SELECT @@in_transaction").await?, 0, "a transaction is open");
    assert_eq!(number(connection, "SELECT release_all_locks()").await?, 0, "a lock is held");
    Ok(())
}

/// No answer is there before it is waited for: each message is a point where the run can be dropped.
async fn connected(database: &Database) -> Result<(Proxy, Connection, MySqlPool)> {
    let proxy = Proxy::before(database, Duration::from_millis(1))?;
    let options = proxy.mysql_options(database);
    let plain = options.connect().await?;
    Ok((proxy, plain, MySqlPoolOptions::new().max_connections(1).connect_with(options).await?))
}

contract!();
