//! Others at the same file: a run waits, says so, and gives up in time; one with nothing to do asks for nothing.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use revchain::{ErrorKind, Migrations, Progress, Target};
use revchain_tests::project::Draft;

use crate::contract::{Driver, Result, Sqlite, THREE, project, steps, upgraded};

const SHORT: Duration = Duration::from_millis(120);
const LONG: Duration = Duration::from_secs(60);

/// A plan of each kind: shared transactions, and one that locks the file beside.
fn kinds<D: Driver>() -> Result<[Migrations; 2]> {
    let alone = THREE[1].options("transaction=off");
    Ok([
        project::<D>(&THREE)?.migrations()?,
        project::<D>(&[THREE[0], alone, THREE[2]])?.migrations()?,
    ])
}

/// Ends the transaction of a connection when a run has said that it waits.
fn end_when_waiting(connection: rusqlite::Connection) -> impl FnMut(&Progress) + Send {
    move |progress| {
        if matches!(progress, Progress::Waiting { .. }) && !connection.is_autocommit() {
            connection.execute_batch("COMMIT").expect("it commits");
        }
    }
}

pub(crate) fn a_run_waits_for_a_writer_and_gives_up_in_time<D: Sqlite>() -> Result {
    for migrations in kinds::<D>()? {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        let writer = database.witness()?;
        writer.execute_batch("BEGIN IMMEDIATE")?;
        let told = AtomicUsize::new(0);
        let observer = |progress: &Progress| {
            assert!(matches!(progress, Progress::Waiting { .. }), "{progress:?}");
            told.fetch_add(1, Ordering::Relaxed);
        };
        let began = Instant::now();
        let run = migrations.upgrade(Target::Head).wait(SHORT).observer(observer);
        let error = D::run(&mut connection, run).expect_err("a writer has the file");
        assert!(matches!(error.kind(), ErrorKind::Busy { waited, .. } if *waited >= SHORT));
        assert_eq!(error.exit_code(), 5);
        assert!(began.elapsed() >= SHORT);
        assert!(told.load(Ordering::Relaxed) > 1);
        assert!(!D::in_transaction(&mut connection)?);
        writer.execute_batch("COMMIT")?;
        assert_eq!(upgraded::<D>(&mut connection, &migrations)?.steps.len(), 3);
    }
    Ok(())
}

pub(crate) fn a_run_goes_on_when_the_writer_is_done<D: Sqlite>() -> Result {
    for migrations in kinds::<D>()? {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        let writer = database.witness()?;
        writer.execute_batch("BEGIN IMMEDIATE; CREATE TABLE other (n INTEGER)")?;
        // The run itself says when it has waited: then the writer ends.
        let observer = end_when_waiting(writer);
        let run = migrations.upgrade(Target::Head).wait(LONG).observer(observer);
        assert_eq!(D::run(&mut connection, run)?.steps.len(), 3);
        D::verify(&mut connection, migrations.verify())?;
    }
    Ok(())
}

pub(crate) fn what_another_run_did_meanwhile_is_not_done_again<D: Sqlite>() -> Result {
    for migrations in kinds::<D>()? {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        let writer = database.witness()?;
        writer.execute_batch("BEGIN IMMEDIATE")?;
        let mut writer = Some(writer);
        // While this run waits, another one upgrades to the first revision.
        let first = &migrations;
        let observer = move |progress: &Progress| {
            let Progress::Waiting { .. } = progress else { return };
            let Some(mut writer) = writer.take() else { return };
            writer.execute_batch("COMMIT").expect("it commits");
            let run = first.upgrade(Target::Revision("aaaa1".to_owned()));
            run.run(&mut writer).expect("it upgrades");
        };
        let run = migrations.upgrade(Target::Head).wait(LONG).observer(observer);
        let report = D::run(&mut connection, run)?;
        assert_eq!(steps(&report), ["upgrade bbbb2", "upgrade cccc3"]);
        D::verify(&mut connection, migrations.verify())?;
    }
    Ok(())
}

pub(crate) fn two_runs_correct_a_stored_downgrade_once<D: Sqlite>() -> Result {
    let project = project::<D>(&THREE)?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    upgraded::<D>(&mut connection, &project.migrations()?)?;
    project.write(&Draft { downgrade: "DELETE FROM a WHERE id < 3;", ..THREE[1] })?;
    project.correct()?;
    let migrations = project.migrations()?;
    let writer = database.witness()?;
    writer.execute_batch("BEGIN IMMEDIATE")?;
    let (mut writer, first) = (Some(writer), &migrations);
    let observer = move |_: &Progress| {
        let Some(mut writer) = writer.take() else { return };
        writer.execute_batch("COMMIT").expect("it commits");
        first.upgrade(Target::Head).run(&mut writer).expect("it corrects");
    };
    let run = migrations.upgrade(Target::Head).wait(LONG).observer(observer);
    assert!(D::run(&mut connection, run)?.is_empty());
    let corrections = "SELECT count(*) FROM revchain_events WHERE deed = 'correct downgrade'";
    assert_eq!(D::rows(&mut connection, corrections)?, ["1"]);
    Ok(())
}

pub(crate) fn a_busy_commit_is_repeated<D: Sqlite>() -> Result {
    // Rollback journal: a reader lets a writer write, but not commit.
    let migrations = project::<D>(&THREE)?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::execute(&mut connection, "CREATE TABLE other (n INTEGER)")?;
    let reader = database.witness()?;
    reader.execute_batch("BEGIN; SELECT * FROM other")?;
    let run = migrations.upgrade(Target::Head).wait(SHORT);
    let error = D::run(&mut connection, run).expect_err("a reader is open");
    let ErrorKind::Busy { doing, .. } = error.kind() else { panic!("{error:?}") };
    assert_eq!(*doing, "to commit");
    assert!(error.applied().is_empty());
    assert!(!D::in_transaction(&mut connection)?);

    let observer = end_when_waiting(reader);
    let run = migrations.upgrade(Target::Head).wait(LONG).observer(observer);
    assert_eq!(D::run(&mut connection, run)?.steps.len(), 3);
    assert_eq!(D::rows(&mut connection, "SELECT count(*) FROM revchain_events")?, ["3"]);
    D::verify(&mut connection, migrations.verify())?;
    Ok(())
}

pub(crate) fn in_wal_mode_a_reader_is_in_nobodys_way<D: Sqlite>() -> Result {
    for migrations in kinds::<D>()? {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        D::execute(&mut connection, "PRAGMA journal_mode = WAL; CREATE TABLE other (n INTEGER)")?;
        let reader = database.witness()?;
        reader.execute_batch("BEGIN; SELECT * FROM other")?;
        let run = migrations.upgrade(Target::Head).wait(Duration::ZERO);
        assert_eq!(D::run(&mut connection, run)?.steps.len(), 3);
        reader.execute_batch("COMMIT")?;
        D::run(&mut connection, migrations.downgrade(Target::Base))?;
        assert_eq!(D::rows(&mut connection, "PRAGMA journal_mode")?, ["wal"]);
    }
    Ok(())
}

pub(crate) fn with_nothing_pending_nothing_is_locked_or_written<D: Sqlite>() -> Result {
    for migrations in kinds::<D>()? {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        upgraded::<D>(&mut connection, &migrations)?;
        let changes = D::rows(&mut connection, "SELECT total_changes()")?;
        let seen = || -> Result<(Vec<u8>, SystemTime)> {
            Ok((fs::read(database.file())?, fs::metadata(database.file())?.modified()?))
        };
        let before = seen()?;
        let writer = database.witness()?;
        for lock in ["BEGIN IMMEDIATE", "BEGIN"] {
            writer.execute_batch(lock)?;
            let run = migrations.upgrade(Target::Head).wait(Duration::ZERO);
            assert!(D::run(&mut connection, run)?.is_empty(), "{lock}");
            D::verify(&mut connection, migrations.verify())?;
            D::plan(&mut connection, migrations.downgrade(Target::Base))?;
            writer.execute_batch("ROLLBACK")?;
        }
        assert!(seen()? == before, "the file is as it was");
        assert_eq!(D::rows(&mut connection, "SELECT total_changes()")?, changes);
    }
    Ok(())
}

pub(crate) fn a_file_that_cannot_be_written_is_fine_at_the_head<D: Sqlite>() -> Result {
    let migrations = project::<D>(&THREE)?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    upgraded::<D>(&mut connection, &migrations)?;
    D::execute(&mut connection, "PRAGMA query_only = ON")?;
    assert!(upgraded::<D>(&mut connection, &migrations)?.is_empty());
    D::verify(&mut connection, migrations.verify())?;
    let error = D::run(&mut connection, migrations.downgrade(Target::Base)).expect_err("read-only");
    assert_eq!(error.exit_code(), 1);
    assert!(!D::in_transaction(&mut connection)?);

    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let mut reader = rusqlite::Connection::open_with_flags(database.file(), flags)?;
    assert!(migrations.upgrade(Target::Head).run(&mut reader)?.is_empty());
    migrations.verify().run(&mut reader)?;
    Ok(())
}

pub(crate) fn a_run_in_the_middle_of_a_lone_section_is_waited_for<D: Sqlite>() -> Result {
    // The file beside the database is locked as by a run between two statements.
    let draft = Draft::new("bbbb2", "aaaa1", "SELECT nothing;", "SELECT 1;");
    let migrations = project::<D>(&[THREE[0], draft.options("transaction=off")])?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    upgraded::<D>(&mut connection, &migrations).expect_err("it is half done now");
    let beside = format!("{}-revchain", database.file().display());
    let lock = fs::File::options().append(true).open(beside)?;
    lock.lock()?;
    for run in [migrations.upgrade(Target::Head), migrations.resolve("bbbb2", false)] {
        let error = D::run(&mut connection, run.wait(SHORT)).expect_err("another has the lock");
        let ErrorKind::Busy { doing, .. } = error.kind() else { panic!("{error:?}") };
        assert_eq!(*doing, "to lock its file");
        assert_eq!(error.exit_code(), 5);
    }
    drop(lock);
    D::run(&mut connection, migrations.resolve("bbbb2", false))?;
    Ok(())
}
