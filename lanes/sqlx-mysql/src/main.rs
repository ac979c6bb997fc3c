//! An application on sqlx and MySQL or MariaDB alone: it makes a database of its own on the server that `mysql` finds, and
//! drops it.

use revchain::Target;
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};

revchain::migrations!(static MIGRATIONS = "migrations");

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let pool = pool("main").await?;
    let report = MIGRATIONS.upgrade(Target::Head).run_async(&pool).await?;
    MIGRATIONS.verify().run_async(&pool).await?;
    let version: String = sqlx::query_scalar("SELECT version()").fetch_one(&pool).await?;
    println!("{} revisions on {version}", report.steps.len());
    drop_database(pool).await
}

/// Connects as `mysql` does: by the socket.
fn options() -> Result<MySqlConnectOptions> {
    let ask = ["-N", "-B", "-e", "SELECT substring_index(user(), '@', 1), @@socket"];
    let said = std::process::Command::new("mysql").args(ask).output()?;
    let said = String::from_utf8(said.stdout)?;
    let (user, socket) = said.trim().split_once('\t').ok_or("there is no server")?;
    Ok(MySqlConnectOptions::new().username(user).socket(socket))
}

async fn pool(name: &str) -> Result<MySqlPool> {
    let database = format!("revchain_lane_{}_{name}", std::process::id());
    let server = MySqlPool::connect_with(options()?).await?;
    let make = format!("CREATE DATABASE {database}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(&server).await?;
    server.close().await;
    let options = options()?.database(&database);
    Ok(MySqlPoolOptions::new().max_connections(2).connect_with(options).await?)
}

async fn drop_database(pool: MySqlPool) -> Result {
    let database: String = sqlx::query_scalar("SELECT database()").fetch_one(&pool).await?;
    let drop = format!("DROP DATABASE {database}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(drop)).execute(&pool).await?;
    pool.close().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_upgrades_downgrades_and_refuses_what_is_pending() -> Result {
        let pool = pool("test").await?;
        assert_eq!(MIGRATIONS.upgrade(Target::Head).run_async(&pool).await?.steps.len(), 2);
        let mut connection = pool.acquire().await?;
        let again = MIGRATIONS.upgrade(Target::Head).run_async(&mut connection).await?;
        assert!(again.is_empty());
        MIGRATIONS.downgrade(Target::Down(1)).run_async(&mut *connection).await?;
        let error = MIGRATIONS.verify().run_async(&pool).await.expect_err("one is pending");
        assert_eq!(error.code(), "pending");
        drop(connection);
        drop_database(pool).await
    }
}
