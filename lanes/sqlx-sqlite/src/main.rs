//! An application on sqlx and SQLite alone.

use revchain::Target;
use sqlx::{Connection, SqliteConnection};

revchain::migrations!(static MIGRATIONS = "../../examples/quickstart/migrations");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    let report = MIGRATIONS.upgrade(Target::Head).run_async(&mut connection).await?;
    MIGRATIONS.verify().run_async(&mut connection).await?;
    let version: String =
        sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut connection).await?;
    println!("{} revisions on SQLite {version}", report.steps.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_upgrades_downgrades_and_refuses_what_is_pending()
    -> Result<(), Box<dyn std::error::Error>> {
        let options = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
        let pool = options.connect("sqlite::memory:").await?;
        let report = MIGRATIONS.upgrade(Target::Head).run_async(&pool).await?;
        assert_eq!(report.steps.len(), 3);
        let mut connection = pool.acquire().await?;
        let again = MIGRATIONS.upgrade(Target::Head).run_async(&mut connection).await?;
        assert!(again.is_empty());
        MIGRATIONS.downgrade(Target::Down(1)).run_async(&mut connection).await?;
        let error =
            MIGRATIONS.verify().run_async(&mut connection).await.expect_err("one is pending");
        assert_eq!(error.code(), "pending");
        Ok(())
    }
}
