//! An `amend` that no one transaction can hold: a copy is taken, and put back when a step fails.

use std::collections::HashMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

use revchain::{ErrorKind, Migrations, Progress, Restored, Run, Target};
use revchain_tests::project::{Draft, Project};

use crate::contract::{Driver, Result, Sqlite, THREE, applied, project, upgraded};

/// Its rows have numbers of their own, which a copy must not give anew.
const TABLE: Draft<'static> =
    Draft::new("aaaa1", "base", "CREATE TABLE a (id INTEGER, n TEXT);", "DROP TABLE a;");

/// The second revision stands alone, and the third fails once it is edited: the second is committed by then.
fn edited<D: Driver>(options: &'static str) -> Result<(Project, Migrations, Migrations)> {
    let second =
        Draft { upgrade: "DELETE FROM a WHERE id = 1;", downgrade: "DELETE FROM a;", ..THREE[1] };
    let project = project::<D>(&[TABLE, second.options(options), THREE[2]])?;
    let sound = project.migrations()?;
    project.add(&[Draft { upgrade: "CREATE INDEX i ON missing (n);", ..THREE[2] }])?;
    let failing = project.migrations()?;
    Ok((project, sound, failing))
}

/// Applies all, and fills the table.
fn filled<D: Sqlite>(settings: &str, sound: &Migrations) -> Result<(D, D::Connection)> {
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::execute(&mut connection, settings)?;
    upgraded::<D>(&mut connection, sound)?;
    let rows = "INSERT INTO a VALUES (2, 'x'), (3, 'y'), (4, 'z'); DELETE FROM a WHERE id = 3";
    D::execute(&mut connection, rows)?;
    Ok((database, connection))
}

fn amend(migrations: &Migrations) -> Run<'_> {
    let revisions = vec!["bbbb2".to_owned(), "cccc3".to_owned()];
    migrations.amend(revisions, HashMap::new()).wait(Duration::ZERO)
}

/// Returns all that a database holds, with the numbers of rows.
fn whole<D: Sqlite>(connection: &mut D::Connection) -> Result<Vec<String>> {
    let mut whole = Vec::new();
    for query in [
        "SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2",
        "SELECT rowid, * FROM a ORDER BY 1",
        "SELECT * FROM revchain_revisions ORDER BY 1, 2",
        "SELECT * FROM revchain_events ORDER BY 1",
        "PRAGMA journal_mode",
        "PRAGMA locking_mode",
        "PRAGMA page_size",
        "PRAGMA foreign_keys",
        "PRAGMA user_version",
        "PRAGMA auto_vacuum",
        "PRAGMA integrity_check",
    ] {
        whole.extend(D::rows(connection, query)?);
    }
    Ok(whole)
}

/// Returns the files beside a database that are neither its own nor the lock.
pub(crate) fn beside<D: Sqlite>(database: &D) -> Result<Vec<String>> {
    let folder = database.file().parent().ok_or("the database has a folder")?;
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| {
        !["", "-wal", "-shm", "-revchain"].map(|e| format!("test.db{e}")).contains(name)
    });
    names.sort_unstable();
    Ok(names)
}

fn copy_of<D: Sqlite>(database: &D) -> PathBuf {
    format!("{}-revchain-copy", database.file().display()).into()
}

pub(crate) fn the_database_is_as_it_was_before<D: Sqlite>() -> Result {
    for options in ["transaction=off", "foreign-keys=off"] {
        let (project, sound, failing) = edited::<D>(options)?;
        for settings in ["PRAGMA page_size = 1024", "PRAGMA journal_mode = WAL"] {
            let (database, mut connection) = filled::<D>(settings, &sound)?;
            let before = whole::<D>(&mut connection)?;
            let other = database.witness()?;
            let rows = |other: &rusqlite::Connection| {
                other.query_row("SELECT count(*) FROM a", [], |row| row.get::<_, i64>(0))
            };
            assert_eq!(rows(&other)?, 2);

            let error = D::run(&mut connection, amend(&failing)).expect_err("a table misses");
            assert_eq!(error.restored(), Some(&Restored::Yes), "{error:?}");
            assert!(matches!(error.kind(), ErrorKind::Statement(_)) && error.applied().is_empty());
            assert!(error.report().contains("it is as it was before the run"), "{error:?}");
            assert_eq!(whole::<D>(&mut connection)?, before, "{options} {settings}");
            assert_eq!((beside(&database)?.len(), rows(&other)?), (0, 2));
            // Nothing is locked any more.
            other.execute("INSERT INTO a VALUES (9, 'other')", [])?;
            assert_eq!(D::rows(&mut connection, "SELECT count(*) FROM a")?, ["3"]);

            project.add(&[THREE[2]])?;
            let report = D::run(&mut connection, amend(&project.migrations()?))?;
            assert_eq!(report.steps.len(), 4);
            assert!(beside(&database)?.is_empty());
            project.add(&[Draft { upgrade: "CREATE INDEX i ON missing (n);", ..THREE[2] }])?;
        }
    }
    Ok(())
}

pub(crate) fn a_failing_statement_of_the_lone_section_is_no_longer_half_done<D: Sqlite>() -> Result
{
    let off = |upgrade| Draft { upgrade, ..THREE[1] }.options("transaction=off");
    let project = project::<D>(&[TABLE, off("SELECT 1;"), THREE[2]])?;
    let (_database, mut connection) = filled::<D>("", &project.migrations()?)?;
    project.add(&[off("DELETE FROM a;\nDELETE FROM missing;")])?;
    let before = whole::<D>(&mut connection)?;
    let error = D::run(&mut connection, amend(&project.migrations()?)).expect_err("a table misses");
    let ErrorKind::Statement(failure) = error.kind() else { panic!("{error:?}") };
    assert_eq!((failure.number, failure.kept), (2, false));
    assert!(!error.report().contains("stays done"), "{error:?}");
    assert_eq!(whole::<D>(&mut connection)?, before);
    Ok(())
}

pub(crate) fn what_a_revision_does_to_the_file_itself_is_undone<D: Sqlite>() -> Result {
    let statements = "PRAGMA auto_vacuum = FULL;\nVACUUM;\nPRAGMA user_version = 7;";
    let second = Draft { upgrade: "SELECT 1;", ..THREE[1] }.options("transaction=off");
    let project = project::<D>(&[TABLE, second, THREE[2]])?;
    let (database, mut connection) = filled::<D>("", &project.migrations()?)?;
    let before = whole::<D>(&mut connection)?;
    project.add(&[
        Draft { upgrade: statements, ..second },
        Draft { upgrade: "CREATE INDEX i ON missing (n);", ..THREE[2] },
    ])?;
    let error = D::run(&mut connection, amend(&project.migrations()?)).expect_err("a table misses");
    assert_eq!(error.restored(), Some(&Restored::Yes), "{error:?}");
    assert_eq!(whole::<D>(&mut connection)?, before);
    assert!(beside(&database)?.is_empty());
    Ok(())
}

pub(crate) fn what_another_connection_wrote_meanwhile_is_not_discarded<D: Sqlite>() -> Result {
    for settings in ["", "PRAGMA journal_mode = WAL"] {
        let (_project, sound, failing) = edited::<D>("transaction=off")?;
        let (database, mut connection) = filled::<D>(settings, &sound)?;
        let other = database.witness()?;
        let write = move |progress: &Progress| {
            if matches!(progress, Progress::Finished(done) if done.revision == "bbbb2") {
                other.execute("INSERT INTO a VALUES (9, 'other')", []).expect("nothing is locked");
            }
        };
        let error =
            D::run(&mut connection, amend(&failing).observer(write)).expect_err("a table misses");
        let Some(Restored::No { reason, copy, .. }) = error.restored() else { panic!("{error:?}") };
        assert!(reason.contains("another connection has written"), "{reason}");
        assert_eq!(error.applied().len(), 3, "{error:?}");
        assert_eq!(D::rows(&mut connection, "SELECT n FROM a WHERE id = 9")?, ["other", "other"]);
        assert_eq!(applied::<D>(&mut connection, &sound)?, ["aaaa1", "bbbb2"]);

        assert_eq!(copy.as_deref(), Some(&*copy_of(&database)));
        let kept = rusqlite::Connection::open(copy_of(&database))?;
        let rows: i64 = kept.query_row("SELECT count(*) FROM a", [], |row| row.get(0))?;
        assert_eq!(rows, 2);
        // The way back that the error names.
        drop(kept);
        let mut own = rusqlite::Connection::open(database.file())?;
        own.restore("main", copy_of(&database), None::<fn(_)>)?;
        D::run(&mut connection, sound.upgrade(Target::Head))?;
        assert_eq!(D::rows(&mut connection, "SELECT n FROM a")?, ["x", "z"]);
    }
    Ok(())
}

pub(crate) fn a_copy_that_lies_there_is_told_of_and_left<D: Sqlite>() -> Result {
    let (_project, sound, failing) = edited::<D>("foreign-keys=off")?;
    let (database, mut connection) = filled::<D>("", &sound)?;
    fs::write(copy_of(&database), "an earlier one")?;
    let before = whole::<D>(&mut connection)?;
    let mut told = Vec::new();
    let hear = |progress: &Progress| {
        if let Progress::LeftOver { path } = progress {
            told.push(path.clone());
        }
    };
    D::run(&mut connection, amend(&failing).observer(hear)).expect_err("a table misses");
    assert_eq!(told, [copy_of(&database)]);
    assert_eq!(whole::<D>(&mut connection)?, before);
    assert_eq!(beside(&database)?, ["test.db-revchain-copy"]);
    assert_eq!(fs::read_to_string(copy_of(&database))?, "an earlier one");
    Ok(())
}

pub(crate) fn a_panic_of_the_observer_puts_it_back_as_well<D: Sqlite>() -> Result {
    let (_project, sound, failing) = edited::<D>("transaction=off")?;
    let (database, mut connection) = filled::<D>("", &sound)?;
    let before = whole::<D>(&mut connection)?;
    let panic = |progress: &Progress| {
        let late = matches!(progress, Progress::Started { step: 4, .. });
        assert!(!late, "the observer panics");
    };
    let run = amend(&failing).observer(panic);
    catch_unwind(AssertUnwindSafe(|| D::run(&mut connection, run))).expect_err("it panicked");
    assert_eq!(whole::<D>(&mut connection)?, before);
    assert!(beside(&database)?.is_empty());
    Ok(())
}

pub(crate) fn what_a_copy_cannot_undo_stays_and_the_error_says_so<D: Sqlite>() -> Result {
    let cases = [
        ("PRAGMA journal_mode = WAL;", "revision `bbbb2` sets the `journal_mode` of the file"),
        ("PRAGMA page_size = 8192;\nVACUUM;", "revision `bbbb2` sets the `page_size` of the file"),
        ("ATTACH ':memory:' AS more;", "revision `bbbb2` attaches another database"),
    ];
    for (statements, reason) in cases {
        let second = Draft { upgrade: "SELECT 1;", ..THREE[1] }.options("transaction=off");
        let project = project::<D>(&[TABLE, second, THREE[2]])?;
        let (database, mut connection) = filled::<D>("", &project.migrations()?)?;
        let third = Draft { upgrade: "CREATE INDEX i ON missing (n);", ..THREE[2] };
        project.add(&[Draft { upgrade: statements, ..second }, third])?;
        let migrations = project.migrations()?;
        let error = D::run(&mut connection, amend(&migrations)).expect_err("a table misses");
        let Some(Restored::No { reason: said, copy: None, .. }) = error.restored() else {
            panic!("{error:?}")
        };
        assert_eq!(said, reason);
        assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1", "bbbb2"]);
        assert!(beside(&database)?.is_empty());
    }
    Ok(())
}

pub(crate) fn where_another_database_is_attached_the_error_says_what_is_left<D: Sqlite>() -> Result
{
    let (_project, sound, failing) = edited::<D>("transaction=off")?;
    let (database, mut connection) = filled::<D>("ATTACH ':memory:' AS archive", &sound)?;
    let error = D::run(&mut connection, amend(&failing)).expect_err("a table misses");
    let Some(Restored::No { reason, copy: None, .. }) = error.restored() else {
        panic!("{error:?}")
    };
    assert_eq!(reason, "the connection has other databases attached: `archive`");
    assert_eq!(applied::<D>(&mut connection, &sound)?, ["aaaa1", "bbbb2"]);
    assert!(beside(&database)?.is_empty());
    Ok(())
}

#[test]
fn a_database_in_memory_is_put_back_from_memory() -> Result {
    type D = crate::rusqlite::Rusqlite;
    for options in ["transaction=off", "foreign-keys=off"] {
        let (_project, sound, failing) = edited::<D>(options)?;
        let mut connection = rusqlite::Connection::open_in_memory()?;
        connection.execute_batch("PRAGMA page_size = 1024")?;
        upgraded::<D>(&mut connection, &sound)?;
        connection.execute_batch("INSERT INTO a VALUES (2, 'x')")?;
        let before = whole::<D>(&mut connection)?;
        let error = amend(&failing).run(&mut connection).expect_err("a table misses");
        assert_eq!(error.restored(), Some(&Restored::Yes), "{error:?}");
        assert_eq!(whole::<D>(&mut connection)?, before);
    }
    Ok(())
}
