//! Downgrades that the database stored, for revisions that the set does not know; and a database ahead of the set.

use revchain::{Ahead, ErrorKind, Migrations, State, Target};
use revchain_tests::project::Draft;

use crate::contract::{Driver, Result, THREE, applied, project, steps, upgraded};

/// A database that version 2 upgraded, and version 1 of the application, which knows only the first revision.
fn ahead<D: Driver>(newer: &[Draft<'_>]) -> Result<(D, D::Connection, Migrations)> {
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let project_2 = project::<D>(&[&THREE[..1], newer].concat())?;
    let migrations_2 = Migrations::new(project_2.set()?, "shop 2.0.0");
    upgraded::<D>(&mut connection, &migrations_2)?;
    let migrations = project::<D>(&THREE[..1])?.migrations()?;
    Ok((database, connection, migrations))
}

pub(crate) fn a_database_ahead_is_refused_with_the_version_that_knows<D: Driver>() -> Result {
    let (_database, mut connection, migrations) = ahead::<D>(&THREE[1..])?;
    let errors = [
        D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("ahead"),
        D::run(&mut connection, migrations.downgrade(Target::Base)).expect_err("ahead"),
        D::verify(&mut connection, migrations.verify()).expect_err("ahead"),
    ];
    for error in errors {
        let ErrorKind::Ahead(unknown) = error.kind() else { panic!("{error:?}") };
        let seen: Vec<_> = unknown.iter().map(|u| (&*u.revision, &*u.application)).collect();
        assert_eq!(seen, [("bbbb2", "shop 2.0.0"), ("cccc3", "shop 2.0.0")]);
        assert!(error.report().contains("applied by shop 2.0.0"), "{error:?}");
        assert_eq!(error.exit_code(), 4);
    }
    let status = D::current(&mut connection, migrations.current())?;
    assert_eq!(status.unknown.len(), 2);
    assert_eq!(status.heads, ["cccc3"]);
    Ok(())
}

pub(crate) fn a_rolling_deploy_may_allow_it<D: Driver>() -> Result {
    let (_database, mut connection, migrations) = ahead::<D>(&THREE[1..])?;
    let run = migrations.upgrade(Target::Head).ahead(Ahead::Allow);
    assert!(D::run(&mut connection, run)?.is_empty());
    D::verify(&mut connection, migrations.verify().ahead(Ahead::Allow))?;

    // Something of the set's own is pending: that is no rolling deploy.
    let other = project::<D>(&[
        THREE[0],
        Draft::new("dddd4", "aaaa1", "DELETE FROM a;", "DELETE FROM a;"),
    ])?;
    let migrations = other.migrations()?;
    let run = migrations.upgrade(Target::Head).ahead(Ahead::Allow);
    let error = D::run(&mut connection, run).expect_err("one is pending");
    assert!(matches!(error.kind(), ErrorKind::Ahead(_)), "{error:?}");
    let error = D::verify(&mut connection, migrations.verify().ahead(Ahead::Allow));
    assert!(error.is_err());
    Ok(())
}

pub(crate) fn they_are_taken_back_in_reverse<D: Driver>() -> Result {
    let (_database, mut connection, migrations) = ahead::<D>(&THREE[1..])?;
    let run = || migrations.downgrade(Target::Head).stored(true);
    assert_eq!(D::plan(&mut connection, run())?.steps.len(), 2);
    let report = D::run(&mut connection, run())?;
    assert_eq!(steps(&report), ["downgrade cccc3", "downgrade bbbb2"]);
    assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1"]);
    assert!(D::rows(&mut connection, "SELECT id FROM a")?.is_empty());
    D::verify(&mut connection, migrations.verify())?;
    Ok(())
}

pub(crate) fn known_ones_follow_down_to_the_target<D: Driver>() -> Result {
    let (_database, mut connection, migrations) = ahead::<D>(&THREE[1..])?;
    let report = D::run(&mut connection, migrations.downgrade(Target::Base).stored(true))?;
    assert_eq!(steps(&report), ["downgrade cccc3", "downgrade bbbb2", "downgrade aaaa1"]);
    assert!(applied::<D>(&mut connection, &migrations)?.is_empty());
    Ok(())
}

pub(crate) fn one_that_is_not_what_was_stored_stops_the_run_before_the_first_statement<
    D: Driver,
>() -> Result {
    type Expected = fn(&ErrorKind) -> bool;
    let cases: [(&str, Expected); 5] = [
        // Another statement, and one that a file could not have either.
        ("-- migrate:downgrade\nDROP TABLE a;", |kind| matches!(kind, ErrorKind::StoredAltered(_))),
        // Another option.
        ("-- migrate:downgrade transaction=off\nDELETE FROM a;", |kind| {
            matches!(kind, ErrorKind::StoredAltered(_))
        }),
        (
            "-- migrate:downgrade\nDELETE FROM a; COMMIT;",
            |kind| matches!(kind, ErrorKind::StoredMalformed { problems, .. } if problems[0].code() == "transaction-control"),
        ),
        (
            "-- migrate:downgrade\nDELETE FROM a WHERE n = 'x;",
            |kind| matches!(kind, ErrorKind::StoredMalformed { problems, .. } if problems[0].code() == "malformed-sql"),
        ),
        ("-- migrate:forward", |kind| matches!(kind, ErrorKind::StoredMalformed { .. })),
    ];
    for (stored, expected) in cases {
        let (_database, mut connection, migrations) = ahead::<D>(&THREE[1..])?;
        let stored = stored.replace('\'', "''");
        D::execute(
            &mut connection,
            &format!(
                "UPDATE revchain_revisions SET downgrade = '{stored}' WHERE revision = 'bbbb2'"
            ),
        )?;
        let run = migrations.downgrade(Target::Head).stored(true);
        let error = D::run(&mut connection, run).expect_err(&stored);
        assert!(expected(error.kind()), "{stored}: {error:?}");
        assert!(error.report().contains("shop 2.0.0 can take it back"), "{error:?}");
        assert_eq!(error.exit_code(), 4);
        assert_eq!(applied::<D>(&mut connection, &migrations)?.len(), 3, "{stored}");
        assert_eq!(D::rows(&mut connection, "SELECT id FROM a ORDER BY id")?, ["1", "2"]);
    }
    Ok(())
}

pub(crate) fn an_irreversible_one_is_refused<D: Driver>() -> Result {
    let newer = [THREE[1], THREE[2].irreversible("the index was paid for")];
    let (_database, mut connection, migrations) = ahead::<D>(&newer)?;
    let run = migrations.downgrade(Target::Head).stored(true);
    let error = D::run(&mut connection, run).expect_err("irreversible");
    assert!(matches!(error.kind(), ErrorKind::StoredIrreversible(row) if row.revision == "cccc3"));
    assert_eq!(applied::<D>(&mut connection, &migrations)?.len(), 3);
    Ok(())
}

pub(crate) fn comments_and_options_are_stored_with_it<D: Driver>() -> Result {
    let newer = [Draft {
        downgrade: "-- a word\nDELETE FROM a; /* and another */",
        downgrade_options: "transaction=off",
        ..THREE[1]
    }];
    let (_database, mut connection, migrations) = ahead::<D>(&newer)?;
    let status = D::current(&mut connection, migrations.current())?;
    let stored = &status.applied[1].downgrade;
    assert_eq!(
        stored,
        "-- migrate:downgrade transaction=off\n-- a word\nDELETE FROM a; /* and another */"
    );
    let report = D::run(&mut connection, migrations.downgrade(Target::Head).stored(true))?;
    assert_eq!(steps(&report), ["downgrade bbbb2"]);
    Ok(())
}

pub(crate) fn a_begun_one_goes_on_behind_its_last_statement<D: Driver>() -> Result {
    let newer = [Draft {
        downgrade: "INSERT INTO a VALUES (9, 'z');\nDROP TABLE missing;\nDELETE FROM a;",
        downgrade_options: "transaction=off",
        ..THREE[1]
    }];
    let (_database, mut connection, migrations) = ahead::<D>(&newer)?;
    let run = || migrations.downgrade(Target::Head).stored(true);
    let error = D::run(&mut connection, run()).expect_err("a table misses");
    let ErrorKind::Statement(failure) = error.kind() else { panic!("{error:?}") };
    assert!(failure.place.path.contains("the stored downgrade of bbbb2"), "{error:?}");
    let status = D::current(&mut connection, migrations.current())?;
    assert_eq!(
        (status.applied[1].state, status.applied[1].statements_done),
        (State::Downgrading, 1)
    );
    D::execute(&mut connection, "CREATE TABLE missing (n INTEGER)")?;
    let report = D::run(&mut connection, run())?;
    assert!(report.steps[0].resumed);
    assert!(D::rows(&mut connection, "SELECT id FROM a")?.is_empty());
    assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1"]);
    Ok(())
}

pub(crate) fn a_begun_upgrade_of_an_unknown_revision_is_not_taken_back<D: Driver>() -> Result {
    let (_database, mut connection, migrations) = ahead::<D>(&THREE[1..])?;
    D::execute(
        &mut connection,
        "UPDATE revchain_revisions SET state = 'upgrading' WHERE revision = 'cccc3'",
    )?;
    let run = migrations.downgrade(Target::Head).stored(true);
    let error = D::run(&mut connection, run).expect_err("half done");
    assert!(matches!(error.kind(), ErrorKind::HalfDone(half) if half[0].revision == "cccc3"));
    assert_eq!(applied::<D>(&mut connection, &migrations)?.len(), 3);
    Ok(())
}

pub(crate) fn a_corrected_downgrade_replaces_the_stored_one<D: Driver>() -> Result {
    let project = project::<D>(&THREE)?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    upgraded::<D>(&mut connection, &project.migrations()?)?;
    let corrected = "DELETE FROM a WHERE id < 3;";
    project.write(&Draft { downgrade: corrected, ..THREE[1] })?;
    project.correct()?;
    let migrations = project.migrations()?;
    D::verify(&mut connection, migrations.verify())?;
    let report = upgraded::<D>(&mut connection, &migrations)?;
    assert_eq!(report.corrected, ["bbbb2"]);
    assert!(report.steps.is_empty());
    let status = D::current(&mut connection, migrations.current())?;
    assert!(status.applied[1].downgrade.ends_with(corrected), "{}", status.applied[1].downgrade);
    let events = crate::contract::events::<D>(&mut connection)?;
    assert_eq!(events.last().map(String::as_str), Some("bbbb2 correct downgrade"));
    assert!(upgraded::<D>(&mut connection, &migrations)?.is_empty(), "once is enough");
    D::run(&mut connection, migrations.downgrade(Target::Base))?;
    Ok(())
}

pub(crate) fn a_downgrade_that_was_never_sealed_is_an_edit<D: Driver>() -> Result {
    let project = project::<D>(&THREE)?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    upgraded::<D>(&mut connection, &project.migrations()?)?;
    project.add(&[Draft { downgrade: "DELETE FROM a WHERE id < 3;", ..THREE[1] }])?;
    let migrations = project.migrations()?;
    let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("edited");
    let ErrorKind::Edited(differences) = error.kind() else { panic!("{error:?}") };
    assert_eq!(differences[0].direction, revchain::Direction::Downgrade);
    Ok(())
}
