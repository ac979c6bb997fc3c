//! What the revisions do with the rows that are there when they come.

use revchain::Target;
use revchain_tripplanner::MIGRATIONS;
use rusqlite::Connection;

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

/// A database at a revision, with rows of that time.
fn at(revision: &str, rows: &str) -> std::result::Result<Connection, Box<dyn std::error::Error>> {
    let mut connection = Connection::open_in_memory()?;
    MIGRATIONS.upgrade(revision.parse()?).run(&mut connection)?;
    connection.execute_batch(rows)?;
    Ok(connection)
}

fn texts(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}

#[test]
fn addresses_are_written_in_lower_case_and_none_is_lost() -> Result {
    let mut connection = at(
        "2c61fa0d94e7",
        "INSERT INTO users (name, email) VALUES
            ('Ann', 'Ann@example.org'), ('Ann', 'ann@example.org'), ('Bob', 'BOB@example.org');",
    )?;
    MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    assert_eq!(
        texts(&connection, "SELECT email FROM users ORDER BY id")?,
        ["ann@example.org", "twice-2-ann@example.org", "bob@example.org"]
    );
    Ok(())
}

#[test]
fn places_are_numbered_within_their_trip() -> Result {
    let mut connection = at(
        "06e2c9f41b7d",
        "INSERT INTO users VALUES (1, 'Ann', 'ann@example.org');
         INSERT INTO trips VALUES (1, 1, 'Lisbon', '2025-05-01', NULL), (2, 1, 'Oslo', '2025-09-01', NULL);
         INSERT INTO places (trip_id, name) VALUES (1, 'Belém'), (2, 'Bygdøy'), (1, 'Alfama');",
    )?;
    MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    assert_eq!(
        texts(
            &connection,
            "SELECT trip_id || '.' || position || ' ' || name FROM places ORDER BY 1"
        )?,
        ["1.1 Belém", "1.2 Alfama", "2.1 Bygdøy"]
    );
    Ok(())
}

#[test]
fn an_older_version_may_go_on_writing_names_between_the_phases_of_the_rename() -> Result {
    let mut connection = at(
        "71f8a6c2d04e",
        "INSERT INTO users VALUES (1, 'Ann', 'ann@example.org');
         INSERT INTO trips (id, user_id, name, begins_on) VALUES (1, 1, 'before', '2025-05-01');",
    )?;
    MIGRATIONS.upgrade("5e08bd7c19a2".parse()?).run(&mut connection)?;
    connection.execute_batch(
        "INSERT INTO trips (id, user_id, name, begins_on) VALUES (2, 1, 'between', '2025-06-04');
         UPDATE trips SET name = 'renamed' WHERE id = 1;",
    )?;
    MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    assert_eq!(texts(&connection, "SELECT title FROM trips ORDER BY id")?, ["renamed", "between"]);
    Ok(())
}

#[test]
fn the_rebuild_of_trips_keeps_their_places_and_turns_what_was_the_wrong_way_round() -> Result {
    let mut connection = at(
        "1d6f92c8e5b0",
        "INSERT INTO users VALUES (1, 'Ann', 'ann@example.org');
         INSERT INTO trips (id, user_id, title, begins_on, ends_on) VALUES
            (1, 1, 'Lisbon', '2025-05-08', '2025-05-01'), (2, 1, 'Oslo', '2025-09-01', NULL);
         INSERT INTO places (trip_id, name, position) VALUES (1, 'Belém', 1), (2, 'Bygdøy', 1);",
    )?;
    MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    assert_eq!(texts(&connection, "SELECT name FROM places ORDER BY id")?, ["Belém", "Bygdøy"]);
    assert_eq!(
        texts(
            &connection,
            "SELECT begins_on || ' ' || coalesce(ends_on, '?') FROM trips ORDER BY id"
        )?,
        ["2025-05-01 2025-05-08", "2025-09-01 ?"]
    );
    let broken = texts(&connection, "SELECT \"table\" FROM pragma_foreign_key_check")?;
    assert!(broken.is_empty(), "{broken:?}");
    Ok(())
}

#[test]
fn rows_survive_the_way_down_to_the_irreversible_revision_and_back() -> Result {
    let mut connection = MIGRATIONS.in_memory()?;
    connection.execute_batch(
        "INSERT INTO users VALUES (1, 'Ann', 'ann@example.org');
         INSERT INTO trips VALUES (1, 1, 'Lisbon', '2025-05-01', NULL);",
    )?;
    MIGRATIONS.downgrade("9fb24de8703c".parse()?).run(&mut connection)?;
    assert_eq!(texts(&connection, "SELECT name FROM trips")?, ["Lisbon"]);
    MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    assert_eq!(texts(&connection, "SELECT title FROM trips")?, ["Lisbon"]);
    let error = MIGRATIONS.downgrade(Target::Base).run(&mut connection).expect_err("irreversible");
    assert_eq!(error.code(), "irreversible");
    assert!(error.applied().is_empty());
    Ok(())
}
