//! Brings the database named by the first argument to the head with diesel_migrations.

use std::error::Error;

use diesel::Connection;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let path = std::env::args().nth(1).ok_or("usage: bench-diesel DATABASE")?;
    let mut connection = SqliteConnection::establish(&path)?;
    connection.run_pending_migrations(MIGRATIONS)?;
    Ok(())
}
