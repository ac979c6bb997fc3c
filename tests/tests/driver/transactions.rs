//! What commits together, and what is left when a run stops.

use revchain::{ErrorKind, Target, Transactions};
use revchain_tests::project::Draft;

use crate::contract::{Driver, Result, THREE, applied, events, project, steps, upgraded};

const BOTH: [Transactions; 2] = [Transactions::PerRun, Transactions::PerRevision];

fn failing_third() -> Draft<'static> {
    Draft {
        upgrade: "INSERT INTO a VALUES (3, 'z');\nINSERT INTO missing VALUES (1);",
        downgrade: "DELETE FROM a WHERE id = 3;",
        ..THREE[2]
    }
}

fn is_statement_2(error: &revchain::Error) -> bool {
    matches!(error.kind(), ErrorKind::Statement(failure) if failure.number == 2)
}

pub(crate) fn upgrade_and_downgrade_return_to_where_they_began<D: Driver>() -> Result {
    let revisions = [THREE[0], THREE[1].options("transaction=off"), THREE[2]];
    let migrations = project::<D>(&revisions)?.migrations()?;
    for transactions in BOTH {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        let run = migrations.upgrade(Target::Head).transactions(transactions);
        let report = D::run(&mut connection, run)?;
        assert_eq!(steps(&report), ["upgrade aaaa1", "upgrade bbbb2", "upgrade cccc3"]);
        assert!(upgraded::<D>(&mut connection, &migrations)?.is_empty());
        D::verify(&mut connection, migrations.verify())?;

        let run = migrations.downgrade(Target::Base).transactions(transactions);
        let report = D::run(&mut connection, run)?;
        assert_eq!(steps(&report), ["downgrade cccc3", "downgrade bbbb2", "downgrade aaaa1"]);
        let error = D::verify(&mut connection, migrations.verify()).expect_err("all is pending");
        assert!(matches!(error.kind(), ErrorKind::Pending(pending) if pending.len() == 3));
        let written = events::<D>(&mut connection)?;
        assert_eq!((written.len(), &*written[5]), (6, "aaaa1 downgrade"));
    }
    Ok(())
}

pub(crate) fn per_run_a_failure_leaves_nothing<D: Driver>() -> Result {
    let migrations = project::<D>(&[THREE[0], THREE[1], failing_third()])?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let run = migrations.upgrade(Target::Head).transactions(Transactions::PerRun);
    let error = D::run(&mut connection, run).expect_err("a table misses");
    assert!(is_statement_2(&error), "{error:?}");
    let (done, left) = if D::ROLLS_BACK_TABLES { (0, 0) } else { (1, 1) };
    assert_eq!(error.applied().len(), done, "{error:?}");
    assert!(error.report().contains("its transaction was rolled back"), "{error:?}");
    assert_eq!(error.exit_code(), 1);
    assert!(!D::in_transaction(&mut connection)?);
    let status = D::current(&mut connection, migrations.current())?;
    assert_eq!(status.applied.len(), left);
    if D::ROLLS_BACK_TABLES {
        assert!(!status.exists, "not even the ledger");
        assert!(D::rows(&mut connection, "SELECT id FROM a").is_err());
    } else {
        // The table stays, and not a row that shared the transaction.
        assert!(D::rows(&mut connection, "SELECT id FROM a")?.is_empty());
    }
    Ok(())
}

pub(crate) fn per_revision_a_failure_leaves_what_came_before_it<D: Driver>() -> Result {
    let migrations = project::<D>(&[THREE[0], THREE[1], failing_third()])?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let run = migrations.upgrade(Target::Head).transactions(Transactions::PerRevision);
    let error = D::run(&mut connection, run).expect_err("a table misses");
    let ids: Vec<_> = error.applied().iter().map(|done| &*done.revision).collect();
    assert_eq!(ids, ["aaaa1", "bbbb2"]);
    let said = "2 revisions are done and stay so, the last `bbbb2`";
    assert!(error.report().contains(said), "{error:?}");
    assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1", "bbbb2"]);
    assert_eq!(D::rows(&mut connection, "SELECT id FROM a ORDER BY id")?, ["1", "2"]);
    assert_eq!(events::<D>(&mut connection)?, ["aaaa1 upgrade", "bbbb2 upgrade"]);
    Ok(())
}

pub(crate) fn a_section_that_stands_alone_ends_the_transaction_before_it<D: Driver>() -> Result {
    let revisions = [THREE[0], THREE[1].options("transaction=off"), failing_third()];
    let migrations = project::<D>(&revisions)?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let run = migrations.upgrade(Target::Head).transactions(Transactions::PerRun);
    let error = D::run(&mut connection, run).expect_err("a table misses");
    assert_eq!(error.applied().len(), 2);
    assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1", "bbbb2"]);
    assert_eq!(D::rows(&mut connection, "SELECT id FROM a ORDER BY id")?, ["1", "2"]);
    Ok(())
}

pub(crate) fn a_failing_downgrade_leaves_what_it_must<D: Driver>() -> Result {
    let first = match D::ROLLS_BACK_TABLES {
        true => Draft { downgrade: "DROP TABLE a;\nDROP TABLE missing;", ..THREE[0] },
        false => Draft { downgrade: "DELETE FROM a;\nDELETE FROM missing;", ..THREE[0] },
    };
    let migrations = project::<D>(&[first, THREE[1], THREE[2]])?.migrations()?;
    // A view that is dropped comes back only where that can be rolled back.
    let per_run: &[&str] = match D::ROLLS_BACK_TABLES {
        true => &["aaaa1", "bbbb2", "cccc3"],
        false => &["aaaa1", "bbbb2"],
    };
    let left: [&[&str]; 2] = [per_run, &["aaaa1"]];
    for (transactions, left) in BOTH.into_iter().zip(left) {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        upgraded::<D>(&mut connection, &migrations)?;
        let run = migrations.downgrade(Target::Base).transactions(transactions);
        let error = D::run(&mut connection, run).expect_err("a table misses");
        assert!(is_statement_2(&error), "{error:?}");
        assert!(error.to_string().starts_with("the downgrade of revision `aaaa1` failed"));
        assert_eq!(error.applied().len(), 3 - left.len());
        assert_eq!(applied::<D>(&mut connection, &migrations)?, left);
        assert!(D::rows(&mut connection, "SELECT id FROM a").is_ok());
        assert!(!D::in_transaction(&mut connection)?);
    }
    Ok(())
}

pub(crate) fn a_callers_open_transaction_is_refused_and_left_as_it_is<D: Driver>() -> Result {
    let migrations = project::<D>(&THREE)?.migrations()?;
    for begin in ["BEGIN", "BEGIN; INSERT INTO own VALUES (1)"] {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        D::execute(&mut connection, "CREATE TABLE own (n INTEGER)")?;
        D::execute(&mut connection, begin)?;
        let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("open");
        assert!(matches!(error.kind(), ErrorKind::OpenTransaction), "{error:?}");
        assert!(D::in_transaction(&mut connection)?, "it is the caller's");
        D::execute(&mut connection, "COMMIT")?;
        upgraded::<D>(&mut connection, &migrations)?;
    }
    Ok(())
}

pub(crate) fn a_run_with_nothing_to_do_reports_nothing<D: Driver>() -> Result {
    let project = project::<D>(&THREE)?;
    let migrations = project.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    assert!(D::run(&mut connection, migrations.downgrade(Target::Base))?.is_empty());
    assert!(!D::current(&mut connection, migrations.current())?.exists);
    let empty = crate::contract::project::<D>(&[])?.migrations()?;
    assert!(D::run(&mut connection, empty.upgrade(Target::Heads))?.is_empty());
    D::verify(&mut connection, empty.verify())?;
    Ok(())
}

pub(crate) fn where_no_copy_can_be_taken_nothing_is_run<D: Driver>() -> Result {
    let migrations = project::<D>(&THREE)?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    // Into a folder that is not there no driver copies, and those of servers copy nowhere.
    let run = migrations.upgrade(Target::Head).backup("no/such/folder/before.db");
    let error = D::run(&mut connection, run).expect_err("there is no copy");
    assert_eq!((error.code(), error.exit_code()), ("backup", 1), "{error:?}");
    assert_eq!(applied::<D>(&mut connection, &migrations)?, Vec::<String>::new());
    D::run(&mut connection, migrations.upgrade(Target::Head))?;
    Ok(())
}
