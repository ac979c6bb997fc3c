//! An application on the newest rusqlite alone.

use revchain::Target;
use rusqlite::Connection;

revchain::migrations!(static MIGRATIONS = "../../examples/quickstart/migrations");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = Connection::open_in_memory()?;
    let report = MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    MIGRATIONS.verify().run(&mut connection)?;
    println!("{} revisions on SQLite {}", report.steps.len(), rusqlite::version());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_upgrades_downgrades_and_refuses_what_is_pending() -> Result<(), revchain::Error> {
        let mut connection = Connection::open_in_memory().expect("SQLite is bundled");
        assert_eq!(MIGRATIONS.upgrade(Target::Head).run(&mut connection)?.steps.len(), 3);
        assert!(MIGRATIONS.upgrade(Target::Head).run(&mut connection)?.is_empty());
        MIGRATIONS.downgrade(Target::Down(1)).run(&mut connection)?;
        let error = MIGRATIONS.verify().run(&mut connection).expect_err("one is pending");
        assert_eq!(error.code(), "pending");
        Ok(())
    }

    #[test]
    fn a_test_has_a_migrated_database() -> Result<(), Box<dyn std::error::Error>> {
        let connection = MIGRATIONS.in_memory()?;
        let books: i64 =
            connection.query_row("SELECT count(*) FROM books", [], |row| row.get(0))?;
        assert_eq!(books, 0);
        Ok(())
    }
}
