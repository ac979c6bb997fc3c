//! The connection after a run: without a transaction, its settings as before, whatever happened.

use std::panic::{AssertUnwindSafe, catch_unwind};

use revchain::{ErrorKind, Progress, Target};
use revchain_tests::project::Draft;

use crate::contract::{Driver, Result, Sqlite, THREE, project};

/// Settings that a revision can change, each with a value before the run and one that the revision sets.
const SETTINGS: [(&str, &str, &str); 16] = [
    ("foreign_keys", "1", "0"),
    ("legacy_alter_table", "0", "1"),
    ("recursive_triggers", "0", "1"),
    ("ignore_check_constraints", "0", "1"),
    ("reverse_unordered_selects", "0", "1"),
    ("synchronous", "2", "0"),
    ("cell_size_check", "0", "1"),
    ("automatic_index", "0", "1"),
    ("busy_timeout", "77", "5"),
    ("cache_size", "-3000", "100"),
    ("cache_spill", "0", "50"),
    ("case_sensitive_like", "1", "0"),
    ("locking_mode", "normal", "exclusive"),
    ("read_uncommitted", "0", "1"),
    ("secure_delete", "0", "1"),
    ("temp_store", "0", "2"),
];

/// Returns the settings as they are.
fn settings<D: Driver>(connection: &mut D::Connection) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for (name, ..) in SETTINGS {
        let query = match name {
            "case_sensitive_like" => "SELECT NOT 'a' LIKE 'A'".to_owned(),
            _ => format!("PRAGMA {name}"),
        };
        all.push(format!("{name} {}", D::rows(connection, &query)?.join(" ")));
    }
    Ok(all)
}

fn connect<D: Sqlite>(database: &D) -> Result<D::Connection> {
    let mut connection = database.connect()?;
    for (name, before, _) in SETTINGS {
        D::execute(&mut connection, &format!("PRAGMA {name} = {before}"))?;
    }
    Ok(connection)
}

/// A revision that sets everything, then a rebuild, then one that may fail.
fn revisions(pragmas: &str, last: &'static str) -> Result<revchain::Migrations> {
    let rebuild = Draft::new(
        "bbbb2",
        "aaaa1",
        "CREATE TABLE b (id INTEGER PRIMARY KEY, n TEXT NOT NULL);\nDROP TABLE a;\n\
         ALTER TABLE b RENAME TO a;",
        "SELECT 1;",
    );
    let setting = Draft::new("cccc3", "bbbb2", pragmas, pragmas).options("transaction=off");
    let last = Draft::new("dddd4", "cccc3", last, "SELECT 1;");
    let revisions = [THREE[0], rebuild.options("foreign-keys=off"), setting, last];
    Ok(project::<crate::rusqlite::Rusqlite>(&revisions)?.migrations()?)
}

fn pragmas() -> String {
    let pragma = |(name, _, value): &(&str, &str, &str)| format!("PRAGMA {name} = {value};\n");
    SETTINGS.iter().map(pragma).collect()
}

pub(crate) fn settings_are_as_before_on_every_way_out<D: Sqlite>() -> Result {
    let pragmas = pragmas();
    for last in ["SELECT 1;", "SELECT nothing;"] {
        let migrations = revisions(&pragmas, last)?;
        let database = D::fresh()?;
        let mut connection = connect(&database)?;
        let before = settings::<D>(&mut connection)?;
        for (name, value, _) in SETTINGS {
            assert!(before.contains(&format!("{name} {value}")), "{before:?}");
        }
        let done = D::run(&mut connection, migrations.upgrade(Target::Head));
        assert_eq!(done.is_ok(), last == "SELECT 1;", "{done:?}");
        assert_eq!(settings::<D>(&mut connection)?, before, "{last}");
        D::run(&mut connection, migrations.downgrade(Target::Base))?;
        assert_eq!(settings::<D>(&mut connection)?, before, "{last}");
        assert!(!D::in_transaction(&mut connection)?);
    }
    Ok(())
}

pub(crate) fn settings_are_as_before_when_the_observer_panics<D: Sqlite>() -> Result {
    let pragmas = pragmas();
    let migrations = revisions(&pragmas, "SELECT 1;")?;
    // At each thing the observer is told: four revisions begin and end.
    for fatal in 0..8 {
        let database = D::fresh()?;
        let mut connection = connect(&database)?;
        let before = settings::<D>(&mut connection)?;
        let mut told = 0;
        let observer = |_: &Progress| {
            assert!(told != fatal, "the observer panics on purpose");
            told += 1;
        };
        let run = migrations.upgrade(Target::Head).observer(observer);
        let caught = catch_unwind(AssertUnwindSafe(|| D::run(&mut connection, run)));
        assert!(caught.is_err());
        assert!(!D::in_transaction(&mut connection)?, "{fatal}");
        assert_eq!(settings::<D>(&mut connection)?, before, "{fatal}");
        D::run(&mut connection, migrations.upgrade(Target::Head))?;
        D::verify(&mut connection, migrations.verify())?;
    }
    Ok(())
}

pub(crate) fn settings_that_no_revision_names_are_not_touched<D: Sqlite>() -> Result {
    // A busy handler cannot be read: whoever writes `busy_timeout` back removes it.
    let migrations =
        project::<D>(&[THREE[0], THREE[1].options("foreign-keys=off")])?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::execute(&mut connection, "PRAGMA query_only = OFF; PRAGMA foreign_keys = OFF")?;
    D::run(&mut connection, migrations.upgrade(Target::Head))?;
    assert_eq!(D::rows(&mut connection, "PRAGMA foreign_keys")?, ["0"]);
    assert_eq!(D::rows(&mut connection, "PRAGMA legacy_alter_table")?, ["0"]);
    Ok(())
}

pub(crate) fn an_open_savepoint_is_an_open_transaction<D: Sqlite>() -> Result {
    let migrations = project::<D>(&THREE)?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::execute(&mut connection, "SAVEPOINT mine; CREATE TABLE own (n INTEGER)")?;
    for verb in [migrations.upgrade(Target::Head), migrations.stamp([Target::Head])] {
        let error = D::run(&mut connection, verb).expect_err("a savepoint is open");
        assert!(matches!(error.kind(), ErrorKind::OpenTransaction), "{error:?}");
    }
    D::execute(&mut connection, "RELEASE mine")?;
    D::run(&mut connection, migrations.upgrade(Target::Head))?;
    assert!(database.schema()?.iter().any(|line| line.starts_with("table own")));
    Ok(())
}
