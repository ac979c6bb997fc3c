//! Brings the database named by the first argument to the head with rusqlite_migration.

use std::error::Error;

use rusqlite_migration::{M, Migrations};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: bench-rusqlite_migration DATABASE")?;
    let mut connection = rusqlite::Connection::open(path)?;
    let list = include!("../migrations/list.rs");
    let migrations: Migrations = list.map(|(up, down)| M::up(up).down(down)).into_iter().collect();
    migrations.to_latest(&mut connection)?;
    Ok(())
}
