//! Splits names with a revision written in Rust, and puts them together again.

#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::error::Error;

use revchain::Target;
use rusqlite::Connection;

revchain::migrations!(static MIGRATIONS = "migrations");

fn main() -> Result<(), Box<dyn Error>> {
    let mut connection = Connection::open_in_memory()?;
    MIGRATIONS.upgrade("+1".parse()?).run(&mut connection)?;
    connection.execute_batch(
        "INSERT INTO authors (name) VALUES ('Ursula K. Le Guin'), ('Jane Austen'), ('Homer')",
    )?;

    MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    for line in rows(&connection, "SELECT given || ' | ' || family FROM authors")? {
        println!("{line}");
    }
    MIGRATIONS.downgrade("-2".parse()?).run(&mut connection)?;
    println!("{}", rows(&connection, "SELECT name FROM authors")?.join(", "));
    Ok(())
}

fn rows(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], |row| row.get(0))?.collect()
}
