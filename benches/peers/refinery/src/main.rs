//! Brings the database named by the first argument to the head with refinery.

use std::error::Error;

refinery::embed_migrations!("migrations");

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: bench-refinery DATABASE")?;
    let mut connection = rusqlite::Connection::open(path)?;
    migrations::runner().run(&mut connection)?;
    Ok(())
}
