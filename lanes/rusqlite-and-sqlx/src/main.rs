//! An application that has rusqlite beside sqlx.

use revchain::Target;
use sqlx::{Connection, SqliteConnection};

revchain::migrations!(static MIGRATIONS = "../../examples/quickstart/migrations");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut blocking = rusqlite::Connection::open_in_memory()?;
    let report = MIGRATIONS.upgrade(Target::Head).run(&mut blocking)?;
    let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    assert_eq!(MIGRATIONS.upgrade(Target::Head).run_async(&mut connection).await?.steps.len(), 3);
    println!("{} revisions on SQLite {}, twice", report.steps.len(), rusqlite::version());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_driver_finds_what_the_other_did() -> Result<(), Box<dyn std::error::Error>> {
        let path = std::env::temp_dir().join(format!("revchain-lane-{}.db", std::process::id()));
        let mut blocking = rusqlite::Connection::open(&path)?;
        MIGRATIONS.upgrade("+2".parse()?).run(&mut blocking)?;
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let report = MIGRATIONS.upgrade(Target::Head).run_async(&mut connection).await?;
        assert_eq!(report.steps.len(), 1);
        MIGRATIONS.verify().run(&mut blocking)?;
        connection.close().await?;
        for file in [path.clone(), format!("{}-revchain", path.display()).into()] {
            let _ = std::fs::remove_file(file);
        }
        Ok(())
    }
}
