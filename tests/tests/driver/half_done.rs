//! Sections without a transaction: what was begun is finished where it stopped.

use revchain::{Direction, ErrorKind, State, Target};
use revchain_tests::project::{Draft, Project};

use crate::contract::{Driver, Result, THREE, applied, events, project, steps, upgraded};

const BEGUN: &str = "CREATE TABLE b (n INTEGER);\nINSERT INTO b VALUES (1);\nINSERT INTO missing VALUES (2);\n\
                     INSERT INTO b VALUES (3);";
const MENDED: &str = "CREATE TABLE b (n INTEGER);\nINSERT INTO b VALUES (1);\nINSERT INTO b VALUES (2);\n\
                      INSERT INTO b VALUES (3);";

fn draft(upgrade: &str) -> Draft<'_> {
    Draft::new("bbbb2", "aaaa1", upgrade, "DELETE FROM b;\nDROP TABLE b;")
        .options("transaction=off")
}

/// Leaves the third statement of four as the one that failed.
fn begun<D: Driver>() -> Result<(D, D::Connection, Project)> {
    let project = project::<D>(&[THREE[0], draft(BEGUN)])?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let error = upgraded::<D>(&mut connection, &project.migrations()?).expect_err("it fails");
    let error = error.downcast::<revchain::Error>()?;
    let ErrorKind::Statement(failure) = error.kind() else { panic!("{error:?}") };
    assert!(failure.kept);
    assert_eq!((failure.number, failure.total), (3, 4));
    assert_eq!(error.applied().len(), 1, "what came before is committed");
    Ok((database, connection, project))
}

pub(crate) fn a_later_run_goes_on_behind_the_last_statement<D: Driver>() -> Result {
    let (_database, mut connection, project) = begun::<D>()?;
    let migrations = project.migrations()?;
    let status = D::current(&mut connection, migrations.current())?;
    assert_eq!(status.half_done.len(), 1);
    assert_eq!(status.applied[1].state, State::Upgrading);
    assert_eq!(status.applied[1].statements_done, 2);
    let error = D::verify(&mut connection, migrations.verify()).expect_err("it is half done");
    assert!(matches!(error.kind(), ErrorKind::HalfDone(_)), "{error:?}");
    assert_eq!(error.exit_code(), 4);

    project.add(&[draft(MENDED)])?;
    let migrations = project.migrations()?;
    let report = upgraded::<D>(&mut connection, &migrations)?;
    assert_eq!(steps(&report), ["upgrade bbbb2"]);
    assert!(report.steps[0].resumed);
    assert_eq!(D::rows(&mut connection, "SELECT n FROM b")?, ["1", "2", "3"]);
    D::verify(&mut connection, migrations.verify())?;
    assert_eq!(events::<D>(&mut connection)?, ["aaaa1 upgrade", "bbbb2 upgrade"]);
    Ok(())
}

pub(crate) fn a_statement_that_is_done_must_not_have_changed<D: Driver>() -> Result {
    let (_database, mut connection, project) = begun::<D>()?;
    project.add(&[draft(&MENDED.replace("(1)", "(7)"))])?;
    let migrations = project.migrations()?;
    let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("refused");
    let ErrorKind::ChangedSinceBegun { statement, .. } = error.kind() else { panic!("{error:?}") };
    assert_eq!(*statement, 2);
    assert_eq!(error.exit_code(), 4);
    assert_eq!(D::rows(&mut connection, "SELECT n FROM b")?, ["1"]);

    // A comment is no change.
    project.add(&[draft(&MENDED.replace("(1)", "/* one */ (1)"))])?;
    upgraded::<D>(&mut connection, &project.migrations()?)?;
    Ok(())
}

pub(crate) fn what_a_resumed_run_did_is_remembered_as_it_was_then<D: Driver>() -> Result {
    let (_database, mut connection, project) = begun::<D>()?;
    // The third statement is mended and done, then the fourth fails.
    let fourth = MENDED.replace("b VALUES (3)", "missing VALUES (3)");
    project.add(&[draft(&fourth)])?;
    upgraded::<D>(&mut connection, &project.migrations()?).expect_err("it fails");
    project.add(&[draft(MENDED)])?;
    upgraded::<D>(&mut connection, &project.migrations()?)?;
    assert_eq!(D::rows(&mut connection, "SELECT n FROM b")?, ["1", "2", "3"]);
    Ok(())
}

pub(crate) fn its_keeper_can_say_that_it_is_applied<D: Driver>() -> Result {
    let (_database, mut connection, project) = begun::<D>()?;
    let migrations = project.migrations()?;
    D::run(&mut connection, migrations.resolve("bbbb2", true))?;
    assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1", "bbbb2"]);
    D::verify(&mut connection, migrations.verify())?;
    assert_eq!(events::<D>(&mut connection)?, ["aaaa1 upgrade", "bbbb2 resolve"]);
    let error =
        D::run(&mut connection, migrations.resolve("bbbb2", true)).expect_err("it is settled");
    assert!(matches!(error.kind(), ErrorKind::NotHalfDone(id) if id == "bbbb2"), "{error:?}");
    Ok(())
}

pub(crate) fn its_keeper_can_say_that_nothing_is_left<D: Driver>() -> Result {
    let (_database, mut connection, project) = begun::<D>()?;
    D::execute(&mut connection, "DROP TABLE b")?;
    let migrations = project.migrations()?;
    D::run(&mut connection, migrations.resolve("bbbb2", false))?;
    assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1"]);
    project.add(&[draft(MENDED)])?;
    upgraded::<D>(&mut connection, &project.migrations()?)?;
    assert_eq!(D::rows(&mut connection, "SELECT n FROM b")?, ["1", "2", "3"]);
    Ok(())
}

pub(crate) fn what_was_changed_since_can_be_settled<D: Driver>() -> Result {
    let (_database, mut connection, project) = begun::<D>()?;
    project.add(&[draft(&MENDED.replace("(1)", "(7)"))])?;
    let migrations = project.migrations()?;
    D::run(&mut connection, migrations.resolve("bbbb2", true))?;
    D::verify(&mut connection, migrations.verify())?;
    Ok(())
}

/// Leaves a downgrade of three statements behind its first.
fn begun_downgrade<D: Driver>() -> Result<(D, D::Connection, Project)> {
    let revision = draft(MENDED);
    let project = project::<D>(&[
        THREE[0],
        Draft { downgrade: "DELETE FROM b;\nDROP TABLE missing;\nDROP TABLE b;", ..revision },
    ])?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let migrations = project.migrations()?;
    upgraded::<D>(&mut connection, &migrations)?;
    let error =
        D::run(&mut connection, migrations.downgrade(Target::Base)).expect_err("a table misses");
    assert!(matches!(error.kind(), ErrorKind::Statement(_)), "{error:?}");
    assert_eq!(
        D::current(&mut connection, migrations.current())?.applied[1].state,
        State::Downgrading
    );
    D::execute(&mut connection, "CREATE TABLE missing (n INTEGER)")?;
    D::execute(&mut connection, "INSERT INTO b VALUES (9)")?;
    Ok((database, connection, project))
}

pub(crate) fn a_downgrade_goes_on_behind_its_last_statement<D: Driver>() -> Result {
    let (_database, mut connection, project) = begun_downgrade::<D>()?;
    let migrations = project.migrations()?;
    let report = D::run(&mut connection, migrations.downgrade(Target::Base))?;
    assert_eq!(steps(&report), ["downgrade bbbb2", "downgrade aaaa1"]);
    assert_eq!(report.steps[0].direction, Direction::Downgrade);
    assert!(applied::<D>(&mut connection, &migrations)?.is_empty());
    Ok(())
}

pub(crate) fn an_upgrade_finishes_a_begun_downgrade_and_applies_it_again<D: Driver>() -> Result {
    let (_database, mut connection, project) = begun_downgrade::<D>()?;
    let migrations = project.migrations()?;
    let report = upgraded::<D>(&mut connection, &migrations)?;
    assert_eq!(steps(&report), ["downgrade bbbb2", "upgrade bbbb2"]);
    D::verify(&mut connection, migrations.verify())?;
    assert_eq!(D::rows(&mut connection, "SELECT n FROM b")?, ["1", "2", "3"]);
    Ok(())
}

pub(crate) fn a_downgrade_finishes_a_begun_upgrade_first<D: Driver>() -> Result {
    let (_database, mut connection, project) = begun::<D>()?;
    project.add(&[draft(MENDED)])?;
    let migrations = project.migrations()?;
    let report = D::run(&mut connection, migrations.downgrade(Target::Base))?;
    assert_eq!(steps(&report), ["upgrade bbbb2", "downgrade bbbb2", "downgrade aaaa1"]);
    assert!(applied::<D>(&mut connection, &migrations)?.is_empty());
    Ok(())
}

pub(crate) fn stamp_runs_nothing_of_what_is_half_done<D: Driver>() -> Result {
    let (_database, mut connection, project) = begun::<D>()?;
    project.add(&[draft(MENDED)])?;
    let migrations = project.migrations()?;
    for target in [Target::Head, Target::Base] {
        let error = D::run(&mut connection, migrations.stamp([target])).expect_err("half done");
        assert!(matches!(error.kind(), ErrorKind::HalfDone(_)), "{error:?}");
    }
    assert_eq!(D::rows(&mut connection, "SELECT n FROM b")?, ["1"]);
    Ok(())
}

pub(crate) fn a_transaction_of_its_own_is_undone_whole<D: Driver>() -> Result {
    let inner = "BEGIN;\nINSERT INTO a VALUES (1, 'x');\nINSERT INTO missing VALUES (1);\nCOMMIT;\nINSERT INTO a VALUES (2, 'y');";
    let fixed = inner.replace("missing VALUES (1)", "a VALUES (3, 'z')");
    let with = |upgrade| {
        Draft::new("bbbb2", "aaaa1", upgrade, "DELETE FROM a;").options("transaction=off")
    };
    let project = project::<D>(&[THREE[0], with(inner)])?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    upgraded::<D>(&mut connection, &project.migrations()?).expect_err("a table misses");
    assert!(!D::in_transaction(&mut connection)?);
    let migrations = project.migrations()?;
    let status = D::current(&mut connection, migrations.current())?;
    assert_eq!(status.applied[1].statements_done, 0, "the note is undone with the statements");
    assert!(D::rows(&mut connection, "SELECT id FROM a")?.is_empty());
    project.add(&[with(&fixed)])?;
    upgraded::<D>(&mut connection, &project.migrations()?)?;
    assert_eq!(D::rows(&mut connection, "SELECT id FROM a ORDER BY id")?, ["1", "2", "3"]);
    Ok(())
}
