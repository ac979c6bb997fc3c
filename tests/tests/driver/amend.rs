//! `amend`: edited revisions and what stands on them, taken back and applied again.

use std::collections::HashMap;

use revchain::{Checksum, ErrorKind, Migrations, Target};
use revchain_tests::project::{Draft, Project};

use crate::contract::{Driver, Result, THREE, applied, events, project, steps, upgraded};

fn edited() -> Draft<'static> {
    Draft {
        upgrade: "INSERT INTO a VALUES (5, 'v');",
        downgrade: "DELETE FROM a WHERE id = 5;",
        ..THREE[1]
    }
}

/// A database, its connection, the folder, and the downgrades as they were sealed.
type Edited<D> = (D, <D as Driver>::Connection, Project, HashMap<String, Checksum>);

/// Upgrades to the head, edits the second revision, and returns the downgrades as they were sealed.
fn edit<D: Driver>(draft: Draft<'_>) -> Result<Edited<D>> {
    let project = project::<D>(&THREE)?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let migrations = project.migrations()?;
    upgraded::<D>(&mut connection, &migrations)?;
    let sealed = sealed::<D>(&migrations);
    project.add(&[draft])?;
    Ok((database, connection, project, sealed))
}

fn sealed<D: Driver>(migrations: &Migrations) -> HashMap<String, Checksum> {
    let revisions = migrations.set().revisions.iter();
    let part = |revision: &revchain::set::Revision| {
        Some((revision.id.to_string(), revision.part(D::DIALECT)?.downgrade_checksum))
    };
    revisions.filter_map(part).collect()
}

fn second() -> Vec<String> {
    vec!["bbbb2".to_owned()]
}

pub(crate) fn the_stored_downgrades_run_and_then_the_files<D: Driver>() -> Result {
    let (_database, mut connection, project, sealed) = edit::<D>(edited())?;
    let migrations = project.migrations()?;
    let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("edited");
    assert!(matches!(error.kind(), ErrorKind::Edited(_)), "{error:?}");

    let report = D::run(&mut connection, migrations.amend(second(), sealed))?;
    let expected = ["downgrade cccc3", "downgrade bbbb2", "upgrade bbbb2", "upgrade cccc3"];
    assert_eq!(steps(&report), expected);
    assert_eq!(D::rows(&mut connection, "SELECT id FROM a")?, ["5"]);
    D::verify(&mut connection, migrations.verify())?;
    assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1", "bbbb2", "cccc3"]);
    assert_eq!(events::<D>(&mut connection)?.len(), 7);
    Ok(())
}

pub(crate) fn from_file_the_files_downgrades_run<D: Driver>() -> Result {
    let (_database, mut connection, project, sealed) =
        edit::<D>(Draft { downgrade: "DELETE FROM a;\nDELETE FROM a WHERE id = 7;", ..edited() })?;
    let migrations = project.migrations()?;
    D::run(&mut connection, migrations.amend(second(), sealed).from_file(true))?;
    assert_eq!(D::rows(&mut connection, "SELECT id FROM a")?, ["5"]);
    D::verify(&mut connection, migrations.verify())?;
    Ok(())
}

pub(crate) fn a_failure_leaves_the_database_as_it_was<D: Driver>() -> Result {
    let failing = Draft { upgrade: "INSERT INTO missing VALUES (1);", ..edited() };
    for from_file in [false, true] {
        let (_database, mut connection, project, sealed) = edit::<D>(failing)?;
        let before = D::rows(&mut connection, "SELECT * FROM revchain_revisions ORDER BY 1, 2")?;
        let migrations = project.migrations()?;
        let run = migrations.amend(second(), sealed).from_file(from_file);
        let error = D::run(&mut connection, run).expect_err("a table misses");
        assert!(matches!(error.kind(), ErrorKind::Statement(_)), "{error:?}");
        assert_eq!(D::rows(&mut connection, "SELECT id FROM a ORDER BY id")?, ["1", "2"]);
        assert!(!D::in_transaction(&mut connection)?);
        if !D::ROLLS_BACK_TABLES {
            // What is gone stays gone, and is told.
            let ids: Vec<_> = error.applied().iter().map(|done| &*done.revision).collect();
            assert_eq!(ids, ["cccc3"]);
            assert!(matches!(error.restored(), Some(revchain::Restored::No { .. })), "{error:?}");
            assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1", "bbbb2"]);
            continue;
        }
        assert!(error.applied().is_empty());
        let after = D::rows(&mut connection, "SELECT * FROM revchain_revisions ORDER BY 1, 2")?;
        assert_eq!(before, after);
    }
    Ok(())
}

pub(crate) fn a_stored_downgrade_that_the_lock_does_not_have_is_refused<D: Driver>() -> Result {
    let (_database, mut connection, project, mut sealed) = edit::<D>(edited())?;
    let migrations = project.migrations()?;
    sealed.insert("bbbb2".to_owned(), Checksum::from_bytes([7; 32]));
    let error = D::run(&mut connection, migrations.amend(second(), sealed)).expect_err("another");
    assert!(matches!(error.kind(), ErrorKind::StoredAltered(row) if row.revision == "bbbb2"));
    assert_eq!(D::rows(&mut connection, "SELECT id FROM a ORDER BY id")?, ["1", "2"]);
    Ok(())
}

pub(crate) fn a_prefix_names_it_and_a_wrong_name_is_refused<D: Driver>() -> Result {
    let (_database, mut connection, project, sealed) = edit::<D>(edited())?;
    let migrations = project.migrations()?;
    let run = |name: &str| migrations.amend(vec![name.to_owned()], sealed.clone());
    let error = D::run(&mut connection, run("dddd4")).expect_err("no such revision");
    assert!(matches!(error.kind(), ErrorKind::Target(_)), "{error:?}");
    assert_eq!(D::run(&mut connection, run("bbbb"))?.steps.len(), 4);
    D::verify(&mut connection, migrations.verify())?;
    Ok(())
}

pub(crate) fn a_stored_downgrade_that_was_begun_goes_on<D: Driver>() -> Result {
    let off = Draft {
        downgrade: "INSERT INTO a VALUES (9, 'z');\nDROP TABLE missing;\nDELETE FROM a;",
        ..THREE[1]
    };
    let off = off.options("transaction=off");
    let project = project::<D>(&[THREE[0], off])?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let migrations = project.migrations()?;
    upgraded::<D>(&mut connection, &migrations)?;
    let sealed = sealed::<D>(&migrations);
    D::run(&mut connection, migrations.downgrade(Target::Down(1))).expect_err("a table misses");
    D::execute(&mut connection, "CREATE TABLE missing (n INTEGER)")?;
    project.add(&[edited()])?;
    let migrations = project.migrations()?;
    let report = D::run(&mut connection, migrations.amend(second(), sealed))?;
    assert_eq!(steps(&report), ["downgrade bbbb2", "upgrade bbbb2"]);
    assert!(report.steps[0].resumed);
    assert_eq!(D::rows(&mut connection, "SELECT id FROM a")?, ["5"]);
    D::verify(&mut connection, migrations.verify())?;
    Ok(())
}

pub(crate) fn where_the_revision_is_pending_there_is_nothing_to_amend<D: Driver>() -> Result {
    let project = project::<D>(&THREE)?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let migrations = project.migrations()?;
    D::run(&mut connection, migrations.upgrade(Target::Revision("aaaa1".to_owned())))?;
    let report = D::run(&mut connection, migrations.amend(second(), HashMap::new()))?;
    assert!(report.is_empty());
    Ok(())
}

pub(crate) fn what_moved_is_applied_behind_what_it_needs_since<D: Driver>() -> Result {
    let (_database, mut connection, old, sealed) = edit::<D>(THREE[1])?;
    drop(old);
    // `bbbb2` revises a new revision now, and `cccc3`, which stood on it, is gone.
    let new = Draft::new("dddd4", "aaaa1", "CREATE TABLE d (n INTEGER);", "DROP TABLE d;");
    let moved = Draft { revises: "dddd4", ..THREE[1] };
    let project = project::<D>(&[THREE[0], new, moved])?;
    let migrations = project.migrations()?;
    let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("moved");
    let ErrorKind::Edited(differences) = error.kind() else { panic!("{error:?}") };
    assert_eq!(differences[0].revised, Some(vec!["aaaa1".to_owned()]));

    let amended = vec!["bbbb2".to_owned(), "cccc3".to_owned()];
    let report = D::run(&mut connection, migrations.amend(amended, sealed))?;
    let expected = ["downgrade cccc3", "downgrade bbbb2", "upgrade dddd4", "upgrade bbbb2"];
    assert_eq!(steps(&report), expected);
    D::verify(&mut connection, migrations.verify())?;
    Ok(())
}
