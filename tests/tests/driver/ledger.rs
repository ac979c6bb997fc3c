//! The ledger: where it stands, what it says, and who may write it.

use std::sync::{Arc, Mutex};

use revchain::{
    Direction, ErrorKind, LedgerDifference, Migrations, Progress, Target, TargetError, Transactions,
};
use revchain_core::set::{Heads, History};
use revchain_tests::project::{Draft, Project};

use crate::contract::{Driver, Result, THREE, applied, project, upgraded};

pub(crate) fn verbs_that_only_read_make_none<D: Driver>() -> Result {
    let migrations = project::<D>(&THREE)?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let status = D::current(&mut connection, migrations.current())?;
    assert!(!status.exists);
    assert_eq!(status.pending.len(), 3);
    D::verify(&mut connection, migrations.verify()).expect_err("all is pending");
    assert_eq!(D::plan(&mut connection, migrations.upgrade(Target::Head))?.steps.len(), 3);
    assert!(D::plan(&mut connection, migrations.downgrade(Target::Base))?.is_empty());
    assert_eq!(D::plan(&mut connection, migrations.stamp([Target::Head]))?.steps.len(), 3);
    assert!(!D::current(&mut connection, migrations.current())?.exists);
    assert!(D::rows(&mut connection, "SELECT 1 FROM revchain_revisions").is_err());
    assert!(D::rows(&mut connection, "SELECT 1 FROM revchain_events").is_err());
    Ok(())
}

pub(crate) fn it_stands_where_the_lock_says<D: Driver>() -> Result {
    // Words of the language must be quoted.
    for history in ["schema_history", "order", "Group", "{schema}.table"] {
        let database = D::fresh()?;
        let history = &history.replace("{schema}", &database.schema_name());
        let table = history.rsplit('.').next().unwrap_or(history);
        let mut project = Project::for_dialects(&[D::DIALECT])?;
        project.settings.history = history.parse()?;
        project.add(&THREE)?;
        let migrations = project.migrations()?;
        let mut connection = database.connect()?;
        upgraded::<D>(&mut connection, &migrations)?;
        let count =
            |table: &str| format!("SELECT count(*) FROM {}", D::DIALECT.quote_identifier(table));
        assert_eq!(D::rows(&mut connection, &count(table))?, ["3"], "{history}");
        assert_eq!(D::rows(&mut connection, &count(&format!("{table}_events")))?, ["3"]);
        assert!(D::rows(&mut connection, &count(History::DEFAULT)).is_err());
        D::verify(&mut connection, migrations.verify())?;
        D::run(&mut connection, migrations.downgrade(Target::Base))?;
        assert_eq!(D::rows(&mut connection, &count(table))?, ["0"], "{history}");
    }
    Ok(())
}

pub(crate) fn a_row_says_all_of_its_revision<D: Driver>() -> Result {
    let merge = [
        THREE[0],
        THREE[1],
        Draft::new("cccc3", "aaaa1", "DELETE FROM a WHERE id = 9;", "DELETE FROM a WHERE id = 8;"),
        Draft::new("dddd4", "bbbb2, cccc3", "", ""),
        Draft::new("eeee5", "dddd4", "DELETE FROM a;", "").irreversible("rows are gone"),
    ];
    let project = project::<D>(&merge)?;
    let migrations = Migrations::new(project.set()?, "shop 1.4.0");
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let run = migrations.upgrade(Target::Head).tag("deployment 77");
    D::run(&mut connection, run)?;
    let status = D::current(&mut connection, migrations.current())?;
    assert_eq!(status.heads, ["eeee5"]);
    let sequence: Vec<i64> = status.applied.iter().map(|row| row.sequence).collect();
    assert_eq!(sequence, [1, 2, 3, 4, 5]);
    let row = &status.applied[3];
    assert_eq!(row.parents, ["bbbb2", "cccc3"]);
    assert_eq!(row.message, "revision dddd4");
    assert_eq!(row.application, "shop 1.4.0");
    assert!(row.duration_ms.is_some());
    assert!(row.applied_at.ends_with('Z') && row.applied_at.len() == 24, "{}", row.applied_at);
    let part = migrations.set().revision("dddd4").and_then(|r| r.part(D::DIALECT));
    let part = part.expect("the set serves the dialect");
    assert_eq!(row.upgrade_checksum, part.upgrade_checksum.to_string());
    assert_eq!(row.downgrade_checksum, part.downgrade_checksum.to_string());
    assert_eq!(status.applied[4].downgrade, "-- migrate:irreversible rows are gone");
    assert_eq!(status.applied[0].downgrade, "-- migrate:downgrade \nDROP TABLE a;");
    let events = "SELECT DISTINCT application, tag, set_name FROM revchain_events";
    assert_eq!(D::rows(&mut connection, events)?, ["shop 1.4.0|deployment 77|main"]);
    Ok(())
}

pub(crate) fn a_revision_that_was_applied_in_another_form_stops_every_run<D: Driver>() -> Result {
    let project = project::<D>(&THREE)?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    upgraded::<D>(&mut connection, &project.migrations()?)?;
    project.add(&[Draft { upgrade: "CREATE VIEW i AS SELECT n, id FROM a;", ..THREE[2] }])?;
    let migrations = project.migrations()?;
    let errors = [
        D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("edited"),
        D::run(&mut connection, migrations.downgrade(Target::Base)).expect_err("edited"),
        D::verify(&mut connection, migrations.verify()).expect_err("edited"),
    ];
    for error in errors {
        let ErrorKind::Edited(differences) = error.kind() else { panic!("{error:?}") };
        let [LedgerDifference { revision, direction, revised: None }] = &differences[..] else {
            panic!("{error:?}")
        };
        assert_eq!(revision.path, "migrations/cccc3.sql");
        assert_eq!(direction.to_string(), "upgrade");
        assert_eq!(error.exit_code(), 4);
    }
    assert_eq!(D::current(&mut connection, migrations.current())?.edited.len(), 1);

    // A comment, other white space: the same revision.
    project
        .add(&[Draft { upgrade: "CREATE  VIEW i -- fast\n AS SELECT n FROM a;", ..THREE[2] }])?;
    assert!(upgraded::<D>(&mut connection, &project.migrations()?)?.is_empty());
    Ok(())
}

pub(crate) fn sets_share_it_and_do_not_meet<D: Driver>() -> Result {
    // Two crates, each with a revision of the same id.
    let mut second = Project::for_dialects(&[D::DIALECT])?;
    second.settings.name = "second".into();
    second.add(&[Draft::new("aaaa1", "base", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;")])?;
    let (first, second) = (project::<D>(&THREE)?.migrations()?, second.migrations()?);
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    upgraded::<D>(&mut connection, &first)?;
    assert_eq!(upgraded::<D>(&mut connection, &second)?.steps.len(), 1);
    D::verify(&mut connection, first.verify())?;
    D::verify(&mut connection, second.verify())?;
    assert_eq!(applied::<D>(&mut connection, &second)?, ["aaaa1"]);
    D::run(&mut connection, second.downgrade(Target::Base))?;
    assert!(applied::<D>(&mut connection, &second)?.is_empty());
    assert_eq!(applied::<D>(&mut connection, &first)?.len(), 3);
    D::verify(&mut connection, first.verify())?;
    Ok(())
}

pub(crate) fn stamp_writes_it_and_runs_nothing<D: Driver>() -> Result {
    let migrations = project::<D>(&THREE)?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let id = |id: &str| Target::Revision(id.to_owned());
    let cases: [(Target, &[&str]); 6] = [
        (id("bbbb2"), &["aaaa1", "bbbb2"]),
        (Target::Head, &["aaaa1", "bbbb2", "cccc3"]),
        (id("aaaa1"), &["aaaa1"]),
        (Target::Heads, &["aaaa1", "bbbb2", "cccc3"]),
        (Target::Base, &[]),
        (id("bbbb"), &["aaaa1", "bbbb2"]),
    ];
    for (target, expected) in cases {
        let report = D::run(&mut connection, migrations.stamp([target.clone()]))?;
        assert!(report.steps.iter().all(|done| done.stamped), "{target}");
        assert_eq!(applied::<D>(&mut connection, &migrations)?, expected, "{target}");
    }
    assert!(D::rows(&mut connection, "SELECT id FROM a").is_err(), "nothing ran");
    let deeds = "SELECT deed, count(*) FROM revchain_events GROUP BY deed ORDER BY deed";
    assert_eq!(D::rows(&mut connection, deeds)?, ["stamp|7", "unstamp|5"]);
    let error = D::run(&mut connection, migrations.stamp([Target::Up(1)])).expect_err("relative");
    assert!(matches!(error.kind(), ErrorKind::RelativeStamp(_)), "{error:?}");
    Ok(())
}

pub(crate) fn stamps_of_several_branches_and_a_purge<D: Driver>() -> Result {
    let mut project = project::<D>(&[])?;
    project.settings.heads = Heads::Many;
    let draft = |id, revises| Draft::new(id, revises, "SELECT 1;", "SELECT 1;");
    project.add(&[
        draft("root1", "base"),
        draft("left1", "root1").header("-- label: left\n"),
        draft("left2", "left1"),
        draft("right1", "root1"),
        draft("right2", "right1"),
    ])?;
    let migrations = project.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let targets = |texts: &[&str]| -> Result<Vec<Target>> {
        texts.iter().map(|text| Ok(text.parse()?)).collect()
    };
    let cases: [(&[&str], &[&str]); 5] = [
        (&["left@head", "right1"], &["left1", "left2", "right1", "root1"]),
        // The other branch stays where it is.
        (&["left1"], &["left1", "right1", "root1"]),
        (&["left@base"], &["right1", "root1"]),
        (&["heads"], &["left1", "left2", "right1", "right2", "root1"]),
        (&["root1"], &["root1"]),
    ];
    for (texts, expected) in cases {
        D::run(&mut connection, migrations.stamp(targets(texts)?))?;
        let mut seen = applied::<D>(&mut connection, &migrations)?;
        seen.sort_unstable();
        assert_eq!(seen, expected, "{texts:?}");
    }
    let error = D::run(&mut connection, migrations.stamp(targets(&["left1", "left2"])?));
    let error = error.expect_err("one line");
    assert!(matches!(error.kind(), ErrorKind::Target(TargetError::OneLine { .. })), "{error:?}");

    // A file goes, and another row is not understood: only a purge gets away from there.
    D::run(&mut connection, migrations.stamp(targets(&["heads"])?))?;
    let fewer = Migrations::new(migrations.set().first(3), "tests 1.0.0");
    let broken = "UPDATE revchain_revisions SET state = 'dreaming' WHERE revision = 'left1'";
    D::execute(&mut connection, broken)?;
    let run = fewer.stamp(targets(&["base"])?);
    assert!(matches!(
        D::run(&mut connection, run).expect_err("malformed").kind(),
        ErrorKind::MalformedLedger(_)
    ));
    let report = D::run(&mut connection, fewer.stamp(targets(&["left1"])?).purge(true))?;
    let up = report.steps.iter().filter(|done| done.direction == Direction::Upgrade);
    assert_eq!(up.map(|done| &*done.revision).collect::<Vec<_>>(), ["root1", "left1"]);
    assert_eq!(report.steps.len(), 7);
    let mut seen = applied::<D>(&mut connection, &fewer)?;
    seen.sort_unstable();
    assert_eq!(seen, ["left1", "root1"]);
    Ok(())
}

pub(crate) fn rows_that_cannot_be_read_stop_every_run<D: Driver>() -> Result {
    let migrations = project::<D>(&THREE)?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    upgraded::<D>(&mut connection, &migrations)?;
    let nonsense = "UPDATE revchain_revisions SET state = 'perhaps' WHERE revision = 'bbbb2'";
    D::execute(&mut connection, nonsense)?;
    let errors = [
        D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("malformed"),
        D::run(&mut connection, migrations.downgrade(Target::Base)).expect_err("malformed"),
        D::verify(&mut connection, migrations.verify()).expect_err("malformed"),
    ];
    for error in errors {
        assert!(matches!(error.kind(), ErrorKind::MalformedLedger(ids) if ids == &["bbbb2"]));
        assert_eq!(error.exit_code(), 4);
    }
    Ok(())
}

pub(crate) fn each_row_counts_wherever_it_stands<D: Driver>() -> Result {
    // The set sorts ids without case, the database may not; one id is the beginning of another.
    const IDS: [&str; 5] = ["b1", "A1", "C1", "a10", "Z9"];
    const UNKNOWN: [&str; 6] = ["00", "a", "A", "b10", "c1", "zz"];
    let drafts: Vec<Draft<'_>> = (0..IDS.len())
        .map(|at| {
            let revises = if at == 0 { "base" } else { IDS[at - 1] };
            Draft::new(IDS[at], revises, "SELECT 1;", "SELECT 1;")
        })
        .collect();
    let migrations = project::<D>(&drafts)?.migrations()?;
    let look = |change: &str| -> Result<[Vec<String>; 4]> {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        upgraded::<D>(&mut connection, &migrations)?;
        D::execute(&mut connection, change)?;
        let status = D::current(&mut connection, migrations.current())?;
        let ids = |named: Vec<revchain::Named>| named.into_iter().map(|n| n.revision).collect();
        let unknown = status.unknown.into_iter().map(|unknown| unknown.revision).collect();
        let found = [ids(status.pending), ids(status.edited), ids(status.half_done), unknown];
        let verified = D::verify(&mut connection, migrations.verify()).is_ok();
        assert_eq!(verified, found.iter().all(Vec::is_empty), "{change}");
        Ok(found)
    };
    let none = Vec::new;
    assert_eq!(look("SELECT 1")?, [none(), none(), none(), none()]);
    for id in IDS {
        let this = || vec![id.to_owned()];
        let update =
            |what: &str| format!("UPDATE revchain_revisions SET {what} WHERE revision = '{id}'");
        let longer = "downgrade_checksum || '0'";
        let cases = [
            (format!("DELETE FROM revchain_revisions WHERE revision = '{id}'"), 0),
            (update("upgrade_checksum = 'b3v1:00'"), 1),
            (update("upgrade_checksum = downgrade_checksum || upgrade_checksum"), 1),
            (update("downgrade_checksum = ''"), 1),
            (update(&format!("downgrade_checksum = {longer}")), 1),
            (update("state = 'upgrading'"), 2),
            (update("state = 'downgrading'"), 2),
        ];
        for (change, place) in cases {
            let mut expected = [none(), none(), none(), none()];
            expected[place] = this();
            assert_eq!(look(&change)?, expected, "{change}");
        }
    }
    for id in UNKNOWN {
        let columns = "state, sequence, upgrade_checksum, downgrade_checksum, statements_done, parents, dependencies, \
                       message, applied_at, duration_ms, application, revchain, statements, downgrade";
        let change = format!(
            "INSERT INTO revchain_revisions (set_name, revision, {columns}) \
             SELECT set_name, '{id}', {columns} FROM revchain_revisions WHERE revision = 'b1'"
        );
        assert_eq!(look(&change)?, [none(), none(), none(), vec![id.to_owned()]], "{id}");
    }
    Ok(())
}

pub(crate) fn an_observer_hears_each_revision_begin_and_end<D: Driver>() -> Result {
    let revisions = [THREE[0], THREE[1].options("transaction=off"), THREE[2]];
    let migrations = project::<D>(&revisions)?.migrations()?;
    for transactions in [Transactions::PerRun, Transactions::PerRevision] {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let observer = |progress: &Progress| {
            let words = match progress {
                Progress::Started { revision, direction, step, total, .. } => {
                    format!("{direction} {revision} {step}/{total}")
                }
                Progress::Finished(done) => format!("{} done", done.revision),
                other => format!("{other:?}"),
            };
            heard.lock().expect("no observer panics").push(words);
        };
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        let run = migrations.upgrade(Target::Head).transactions(transactions).observer(observer);
        D::run(&mut connection, run)?;
        let run = migrations.downgrade(Target::Down(1)).observer(observer);
        D::run(&mut connection, run)?;
        let expected = [
            "upgrade aaaa1 1/3",
            "aaaa1 done",
            "upgrade bbbb2 2/3",
            "bbbb2 done",
            "upgrade cccc3 3/3",
            "cccc3 done",
            "downgrade cccc3 1/1",
            "cccc3 done",
        ];
        assert_eq!(*heard.lock().expect("no observer panics"), expected);
    }
    Ok(())
}
