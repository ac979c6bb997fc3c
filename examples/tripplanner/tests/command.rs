//! The command line on a file.

use std::path::PathBuf;

use revchain::Target;
use revchain_tripplanner::{MIGRATIONS, Outcome, run};
use rusqlite::Connection;

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

/// A place for a database of this test's own.
fn database(test: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.db"));
    let _ = std::fs::remove_file(&path);
    path
}

fn tripplanner(database: &std::path::Path, words: &[&str]) -> Outcome {
    let database = database.display().to_string();
    let words = ["--database", &database].into_iter().chain(words.iter().copied());
    run(&words.map(str::to_owned).collect::<Vec<_>>())
}

fn done(outcome: Outcome) -> String {
    match outcome {
        Outcome::Done(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_trip_is_planned_and_shown() {
    let file = database("a_trip_is_planned_and_shown");
    assert_eq!(done(tripplanner(&file, &["add-user", "Ann", "ann@example.org"])), "welcome, Ann\n");
    let plan = ["plan", "ann@example.org", "Lisbon", "2026-05-01", "2026-05-08"];
    assert_eq!(done(tripplanner(&file, &plan)), "trip 1: Lisbon\n");
    done(tripplanner(&file, &["add-place", "1", "Belém", "pastéis"]));
    done(tripplanner(&file, &["add-place", "1", "Alfama"]));
    assert_eq!(
        done(tripplanner(&file, &["show", "1"])),
        "trip 1: Lisbon, 2026-05-01 to 2026-05-08\n  1. Belém (pastéis)\n  2. Alfama\n"
    );
}

#[test]
fn with_no_migrate_it_starts_only_on_a_database_that_is_up_to_date() -> Result {
    let file = database("with_no_migrate");
    let show = ["--no-migrate", "trips", "ann@example.org"];
    assert!(matches!(tripplanner(&file, &show), Outcome::Failed(_, 1)));
    assert!(!file.exists(), "no database is made where there is none");

    let mut connection = Connection::open(&file)?;
    connection.execute_batch("VACUUM")?;
    let Outcome::Failed(reason, code) = tripplanner(&file, &show) else {
        return Err("it started on an empty database".into());
    };
    assert!(reason.starts_with("13 revisions are pending [pending]"), "{reason}");
    assert_eq!(code, 4);

    MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    let outcome = tripplanner(&file, &show);
    let nobody = "nobody has the address `ann@example.org`";
    assert_eq!(outcome, Outcome::Failed(nobody.to_owned(), 1));
    Ok(())
}

#[test]
fn what_is_no_command_is_answered_with_the_usage() {
    let file = database("what_is_no_command");
    for words in [&["fly"][..], &[], &["show", "lisbon"], &["prefer", "a", "EUR", "miles"]] {
        assert!(matches!(tripplanner(&file, words), Outcome::Usage(_)), "{words:?}");
    }
    assert!(!file.exists(), "a wrong command line touches no database");
}
