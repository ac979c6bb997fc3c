//! Revisions written in Rust: their functions run on the driver's own connection, in the revision's transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};

use revchain::{Direction, ErrorKind, Migrations, Target, Transactions};

use crate::contract::{Driver, Result, applied, events, steps};

revchain::migrations!(static FUNCTIONS = "pass/rust-revisions/migrations");

/// The revision that behaves as the table `behaviour` says.
const BEHAVE: &str = "d4e5f6a1b2c3";
const NAMES: &str = "9b1d77a0c2ee";

/// Takes a database to the revision before the last, and says how that is to behave.
fn behaving<D: Driver>(word: &str) -> Result<(D, D::Connection)> {
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::run(&mut connection, FUNCTIONS.upgrade(NAMES.parse()?))?;
    D::execute(&mut connection, &format!("INSERT INTO behaviour VALUES ('{word}')"))?;
    Ok((database, connection))
}

pub(crate) fn they_upgrade_and_downgrade_like_statements<D: Driver>() -> Result {
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::run(&mut connection, FUNCTIONS.upgrade("+1".parse()?))?;
    D::execute(&mut connection, "INSERT INTO users (id, name) VALUES (1, 'Ada Lovelace')")?;
    let report = D::run(&mut connection, FUNCTIONS.upgrade(Target::Head))?;
    assert_eq!(steps(&report), [format!("upgrade {NAMES}"), format!("upgrade {BEHAVE}")]);
    let names = "SELECT name, family FROM users";
    assert_eq!(D::rows(&mut connection, names)?, ["Ada|Lovelace"]);
    D::verify(&mut connection, FUNCTIONS.verify())?;

    let status = D::current(&mut connection, FUNCTIONS.current())?;
    let row = status.applied.iter().find(|row| row.revision == NAMES).ok_or("no row")?;
    assert_eq!((row.downgrade.as_str(), row.message.as_str()), ("rust", "split names"));

    let report = D::run(&mut connection, FUNCTIONS.downgrade("-2".parse()?))?;
    assert_eq!(report.steps[1].direction, Direction::Downgrade);
    assert_eq!(D::rows(&mut connection, "SELECT name FROM users")?, ["Ada Lovelace"]);
    assert!(D::rows(&mut connection, names).is_err());
    let deeds = [("upgrade", BEHAVE), ("downgrade", BEHAVE), ("downgrade", NAMES)];
    let deeds = deeds.map(|(deed, id)| format!("{id} {deed}"));
    assert_eq!(events::<D>(&mut connection)?[2..], deeds);
    Ok(())
}

pub(crate) fn one_that_fails_leaves_nothing_and_is_named<D: Driver>() -> Result {
    let (_database, mut connection) = behaving::<D>("fail")?;
    let error =
        D::run(&mut connection, FUNCTIONS.upgrade(Target::Head)).expect_err("it is refused");
    let ErrorKind::Function(failure) = error.kind() else { return Err(error.into()) };
    assert!(failure.function.starts_with("upgrade_"), "{}", failure.function);
    let stays = !D::ROLLS_BACK_TABLES;
    assert_eq!((failure.revision.as_str(), failure.kept), (BEHAVE, stays));
    let report = error.report();
    assert!(report.contains("_behave.rs:"), "{report}");
    assert!(report.contains("= note: the function was told to fail"), "{report}");
    if stays {
        assert!(report.contains(&format!("cargo migrate resolve {BEHAVE} --reverted")), "{report}");
        return settled_by_hand::<D>(&mut connection);
    }
    assert!(report.contains("nothing of it is left"), "{report}");
    assert!(D::rows(&mut connection, "SELECT * FROM made").is_err());
    assert!(!D::in_transaction(&mut connection)?);
    assert_eq!(applied::<D>(&mut connection, &FUNCTIONS)?.len(), 2);

    D::execute(&mut connection, "DELETE FROM behaviour")?;
    D::run(&mut connection, FUNCTIONS.upgrade(Target::Head))?;
    assert_eq!(applied::<D>(&mut connection, &FUNCTIONS)?.len(), 3);
    Ok(())
}

/// Where a change of a table ends the transaction, a function that failed is half done, and not run again unasked.
fn settled_by_hand<D: Driver>(connection: &mut D::Connection) -> Result {
    for _ in 0..2 {
        let error = D::run(connection, FUNCTIONS.upgrade(Target::Head)).expect_err("it is refused");
        assert_eq!(error.code(), "may-be-done");
        assert!(error.report().contains("nobody knows how far the upgrade"), "{error:?}");
    }
    D::execute(connection, "DROP TABLE made")?;
    D::run(connection, FUNCTIONS.resolve(BEHAVE, false))?;
    D::execute(connection, "DELETE FROM behaviour")?;
    D::run(connection, FUNCTIONS.upgrade(Target::Head))?;
    assert_eq!(applied::<D>(connection, &FUNCTIONS)?.len(), 3);
    Ok(())
}

pub(crate) fn one_that_fails_before_it_changes_a_table_can_run_again<D: Driver>() -> Result {
    let (_database, mut connection) = behaving::<D>("fail first")?;
    for _ in 0..2 {
        let run = FUNCTIONS.upgrade(Target::Head);
        let error = D::run(&mut connection, run).expect_err("it is refused");
        let ErrorKind::Function(failure) = error.kind() else { return Err(error.into()) };
        assert!(!failure.kept && !failure.half_done);
        assert_eq!(applied::<D>(&mut connection, &FUNCTIONS)?.len(), 2);
    }
    D::execute(&mut connection, "DELETE FROM behaviour")?;
    D::run(&mut connection, FUNCTIONS.upgrade(Target::Head))?;
    D::verify(&mut connection, FUNCTIONS.verify())?;
    Ok(())
}

pub(crate) fn one_that_ends_the_transaction_is_told_of<D: Driver>() -> Result {
    for word in ["commit", "commit and begin", "commit and fail"] {
        let (_database, mut connection) = behaving::<D>(word)?;
        let run = D::run(&mut connection, FUNCTIONS.upgrade(Target::Head));
        if !D::ROLLS_BACK_TABLES && word != "commit and fail" {
            // There the change of a table has ended it already, and the row counts on no transaction.
            assert_eq!(run?.steps.len(), 1, "{word}");
            assert!(!D::in_transaction(&mut connection)?, "{word}");
            D::verify(&mut connection, FUNCTIONS.verify())?;
            continue;
        }
        let error = run.expect_err("it is refused");
        match error.kind() {
            ErrorKind::EndedTransaction { revision, function } => {
                assert_eq!(revision.revision, BEHAVE, "{word}");
                assert!(function.starts_with("upgrade_"), "{function}");
            }
            ErrorKind::Function(failure) => {
                assert_eq!((word, failure.kept), ("commit and fail", true), "{error:?}");
            }
            _ => return Err(error.into()),
        }
        // The ledger tells the truth, and nothing is open.
        assert!(!D::in_transaction(&mut connection)?, "{word}");
        if !D::ROLLS_BACK_TABLES {
            settled_by_hand::<D>(&mut connection)?;
            continue;
        }
        assert_eq!(applied::<D>(&mut connection, &FUNCTIONS)?.len(), 2, "{word}");
    }
    Ok(())
}

pub(crate) fn one_that_swallows_an_error_commits_only_what_the_database_lets_it<D: Driver>()
-> Result {
    let (_database, mut connection) = behaving::<D>("swallow")?;
    let run = D::run(&mut connection, FUNCTIONS.upgrade(Target::Head));
    if D::DIALECT == revchain::Dialect::Postgres {
        // There a statement that fails ends the transaction's use.
        let error = run.expect_err("it is refused");
        assert_eq!(error.code(), "function");
        assert!(error.report().contains("returned as if it had not"), "{error:?}");
        assert!(D::rows(&mut connection, "SELECT * FROM made").is_err());
    } else {
        assert_eq!(run?.steps.len(), 1);
    }
    assert!(!D::in_transaction(&mut connection)?);
    Ok(())
}

pub(crate) fn one_that_panics_leaves_nothing<D: Driver>() -> Result {
    let (database, mut connection) = behaving::<D>("panic")?;
    let run = || D::run(&mut connection, FUNCTIONS.upgrade(Target::Head)).is_ok();
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    if !D::ROLLS_BACK_TABLES {
        // The table is made, and the ledger says that the revision was begun.
        D::rows(&mut connection, "SELECT * FROM made")?;
        return settled_by_hand::<D>(&mut connection);
    }
    // A plain connection of sqlx to a server is not closed by us: the next run on it rolls back first.
    let mut other = database.connect()?;
    D::execute(&mut connection, "ROLLBACK").ok();
    assert!(D::rows(&mut other, "SELECT * FROM made").is_err());
    assert_eq!(applied::<D>(&mut other, &FUNCTIONS)?.len(), 2);
    Ok(())
}

pub(crate) fn they_share_a_transaction_with_others<D: Driver>() -> Result {
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let filled = FUNCTIONS.upgrade("+1".parse()?);
    D::run(&mut connection, filled)?;
    D::execute(&mut connection, "INSERT INTO behaviour VALUES ('fail')")?;
    let run = FUNCTIONS.upgrade(Target::Head).transactions(Transactions::PerRun);
    let error = D::run(&mut connection, run).expect_err("it is refused");
    if !D::ROLLS_BACK_TABLES {
        // There none is shared: the one before stays, and the one that failed is half done.
        assert_eq!(error.applied().len(), 1);
        return settled_by_hand::<D>(&mut connection);
    }
    assert!(error.applied().is_empty());
    assert_eq!(applied::<D>(&mut connection, &FUNCTIONS)?.len(), 1);

    let run = FUNCTIONS.upgrade(Target::Head).transactions(Transactions::PerRevision);
    let error = D::run(&mut connection, run).expect_err("it is refused");
    assert_eq!(error.applied().len(), 1);
    assert_eq!(applied::<D>(&mut connection, &FUNCTIONS)?.len(), 2);
    Ok(())
}

pub(crate) fn a_set_without_them_stops_before_anything_is_done<D: Driver>() -> Result {
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    // As the command loads it, from the folder.
    let loaded = Migrations::new(FUNCTIONS.set().clone(), "command");
    let error = D::run(&mut connection, loaded.upgrade(Target::Head)).expect_err("it is refused");
    assert_eq!(error.code(), "written-in-rust");
    assert!(error.report().contains("cargo run --bin migrate -- upgrade"), "{error:?}");
    assert!(D::current(&mut connection, loaded.current())?.applied.is_empty());
    let plan = D::plan(&mut connection, loaded.upgrade(Target::Head))?;
    let is_rust: Vec<bool> = plan.steps.iter().map(|step| step.is_rust(loaded.set())).collect();
    assert_eq!(is_rust, [false, true, true]);
    // What is not written in Rust, it applies and stamps.
    D::run(&mut connection, loaded.upgrade("+1".parse()?))?;
    D::run(&mut connection, loaded.stamp([Target::Head]))?;
    D::verify(&mut connection, FUNCTIONS.verify())?;
    Ok(())
}

pub(crate) fn an_older_version_does_not_take_them_back<D: Driver>() -> Result {
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::run(&mut connection, FUNCTIONS.upgrade(Target::Head))?;
    let older = Migrations::new(FUNCTIONS.set().first(1), "older");
    let run = older.downgrade(Target::Head).stored(true);
    let error = D::run(&mut connection, run).expect_err("it is refused");
    assert_eq!(error.code(), "stored-rust");
    assert!(error.report().contains("take it back with revchain-tests"), "{error:?}");
    assert_eq!(applied::<D>(&mut connection, &FUNCTIONS)?.len(), 3);
    Ok(())
}

pub(crate) fn amend_runs_the_function_that_the_database_knows<D: Driver>() -> Result {
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::run(&mut connection, FUNCTIONS.upgrade(Target::Head))?;
    let run = FUNCTIONS.amend(vec![BEHAVE.to_owned()], [].into());
    assert_eq!(D::run(&mut connection, run)?.steps.len(), 2);
    let table = "UPDATE revchain_revisions SET downgrade_checksum = upgrade_checksum";
    D::execute(&mut connection, &format!("{table} WHERE revision = '{BEHAVE}'"))?;
    let run = FUNCTIONS.amend(vec![BEHAVE.to_owned()], [].into());
    assert_eq!(D::run(&mut connection, run).expect_err("it is refused").code(), "stored-rust");
    let run = FUNCTIONS.amend(vec![BEHAVE.to_owned()], [].into()).from_file(true);
    assert_eq!(D::run(&mut connection, run)?.steps.len(), 2);
    Ok(())
}

pub(crate) fn there_is_no_script_of_them<D: Driver>() -> Result {
    let error = FUNCTIONS.upgrade(Target::Head).sql(D::DIALECT).expect_err("it is refused");
    assert_eq!(error.code(), "not-sql");
    assert!(error.report().contains(NAMES), "{error:?}");
    assert!(FUNCTIONS.upgrade("+1".parse()?).sql(D::DIALECT).is_ok());
    Ok(())
}
