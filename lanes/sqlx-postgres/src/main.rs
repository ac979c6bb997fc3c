//! An application on sqlx and PostgreSQL alone: it makes a schema of its own on the server that `psql` finds, and drops it.

use revchain::Target;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

revchain::migrations!(static MIGRATIONS = "migrations");

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let pool = pool("main").await?;
    let report = MIGRATIONS.upgrade(Target::Head).run_async(&pool).await?;
    MIGRATIONS.verify().run_async(&pool).await?;
    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&pool).await?;
    println!("{} revisions on PostgreSQL {version}", report.steps.len());
    drop_schema(pool).await
}

/// Connects as `psql` does: by PGUSER and the like, else as the user of the system.
fn options() -> PgConnectOptions {
    let asked = std::process::Command::new("id").arg("-un").output();
    let name = asked.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned());
    let options = PgConnectOptions::new().database("postgres");
    match (std::env::var_os("PGUSER"), name) {
        (None, Ok(name)) => options.username(&name),
        _ => options,
    }
}

async fn pool(name: &str) -> Result<PgPool> {
    let schema = format!("revchain_lane_{}_{name}", std::process::id());
    let options = options().options([("search_path", schema.as_str())]);
    let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await?;
    let make = format!("CREATE SCHEMA {schema}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(&pool).await?;
    Ok(pool)
}

async fn drop_schema(pool: PgPool) -> Result {
    let schema: String =
        sqlx::query_scalar("SELECT current_schema()::text").fetch_one(&pool).await?;
    let drop = format!("DROP SCHEMA {schema} CASCADE");
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
        drop_schema(pool).await
    }
}
