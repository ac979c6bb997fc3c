//! Where a run can go, and what each wrong target gets.

use revchain::{ErrorKind, Migrations, Target, TargetError};
use revchain_core::set::Heads;
use revchain_tests::project::{Draft, Project};

use crate::contract::{Driver, Result, THREE, applied, project};

fn id(id: &str) -> Target {
    Target::Revision(id.to_owned())
}

fn is(error: &ErrorKind, expected: fn(&TargetError) -> bool) -> bool {
    matches!(error, ErrorKind::Target(target) if expected(target) && !target.help().is_empty())
}

/// A base, two branches of two revisions each, no merge.
fn branches<D: Driver>() -> Result<Migrations> {
    let mut project = Project::for_dialects(&[D::DIALECT])?;
    project.settings.heads = Heads::Many;
    let draft = |id, revises| Draft::new(id, revises, "SELECT 1;", "SELECT 1;");
    project.add(&[
        draft("base1", "base"),
        draft("left1", "base1"),
        draft("left2", "left1"),
        draft("right1", "base1"),
        draft("right2", "right1"),
    ])?;
    Ok(project.migrations()?)
}

pub(crate) fn each_target_leads_where_it_says<D: Driver>() -> Result {
    let migrations = project::<D>(&THREE)?.migrations()?;
    let all: &[&str] = &["aaaa1", "bbbb2", "cccc3"];
    // From a database at the first revision.
    let cases: [(bool, Target, &[&str]); 10] = [
        (true, Target::Head, all),
        (true, Target::Heads, all),
        (true, id("bbbb2"), &all[..2]),
        (true, "head-1".parse()?, &all[..2]),
        (true, Target::Up(1), &all[..2]),
        (true, Target::Up(2), all),
        (true, Target::Base, &all[..1]),
        (false, Target::Base, &[]),
        (false, Target::Down(1), &[]),
        (false, id("aaaa1"), &all[..1]),
    ];
    for (upgrade, target, expected) in cases {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        D::run(&mut connection, migrations.upgrade(Target::Up(1)))?;
        let run = |target| {
            if upgrade { migrations.upgrade(target) } else { migrations.downgrade(target) }
        };
        let plan = D::plan(&mut connection, run(target.clone()))?;
        let report = D::run(&mut connection, run(target.clone()))?;
        assert_eq!(plan.steps.len(), report.steps.len(), "{target}");
        assert_eq!(applied::<D>(&mut connection, &migrations)?, expected, "{target}");
    }
    Ok(())
}

pub(crate) fn branches_are_taken_one_at_a_time_or_all<D: Driver>() -> Result {
    let migrations = branches::<D>()?;
    let cases: [(&[Target], &[Target], &[&str]); 5] = [
        (&[Target::Heads], &[], &["base1", "left1", "left2", "right1", "right2"]),
        (&[id("left2")], &[], &["base1", "left1", "left2"]),
        (&[id("left2"), id("right1")], &[], &["base1", "left1", "left2", "right1"]),
        (&[Target::Heads], &[id("left1")], &["base1", "left1", "right1", "right2"]),
        (&[Target::Heads], &[id("base1")], &["base1"]),
    ];
    for (up, down, expected) in cases {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        for target in up {
            D::run(&mut connection, migrations.upgrade(target.clone()))?;
        }
        for target in down {
            D::run(&mut connection, migrations.downgrade(target.clone()))?;
        }
        let mut seen = applied::<D>(&mut connection, &migrations)?;
        seen.sort_unstable();
        assert_eq!(seen, expected, "{up:?} {down:?}");
    }
    Ok(())
}

pub(crate) fn one_branch_alone_is_taken_up_and_back<D: Driver>() -> Result {
    let mut project = Project::for_dialects(&[D::DIALECT])?;
    project.settings.heads = Heads::Many;
    let draft = |id, revises| Draft::new(id, revises, "SELECT 1;", "SELECT 1;");
    project.add(&[
        draft("shop1", "base").header("-- label: shop\n"),
        draft("shop2", "shop1"),
        draft("bill1", "base").header("-- label: billing\n-- depends-on: shop1\n"),
        draft("bill2", "bill1"),
    ])?;
    let migrations = project.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let steps: [(bool, &str, &[&str]); 8] = [
        (true, "billing@+1", &["bill1", "shop1"]),
        (true, "billing@head", &["bill1", "bill2", "shop1"]),
        (true, "shop@head", &["bill1", "bill2", "shop1", "shop2"]),
        (false, "billing@-1", &["bill1", "shop1", "shop2"]),
        (false, "shop1", &["bill1", "shop1"]),
        (true, "head", &["bill1", "shop1"]),
        // What the target names stays, and so does what only depends on it.
        (true, "bill1+1", &["bill1", "bill2", "shop1"]),
        (false, "shop@base", &[]),
    ];
    for (upgrade, text, expected) in steps {
        let target: Target = text.parse()?;
        let run = if upgrade { migrations.upgrade(target) } else { migrations.downgrade(target) };
        let ended = D::run(&mut connection, run);
        assert_eq!(ended.is_err(), text == "head", "{text}: {ended:?}");
        let mut seen = applied::<D>(&mut connection, &migrations)?;
        seen.sort_unstable();
        assert_eq!(seen, expected, "{text}");
    }
    D::run(&mut connection, migrations.upgrade(Target::Heads))?;
    type Expected = fn(&TargetError) -> bool;
    let refused: [(&str, Expected); 3] = [
        // Back by steps never takes another branch along; by name it does.
        ("shop@-2", |e| matches!(e, TargetError::OtherBranch { ids, .. } if ids.len() == 2)),
        ("-1", |e| matches!(e, TargetError::SeveralWays { .. })),
        ("billing@shop2+1", |e| matches!(e, TargetError::TooFar { .. })),
    ];
    for (text, expected) in refused {
        let error = D::run(&mut connection, migrations.downgrade(text.parse()?)).expect_err(text);
        assert!(is(error.kind(), expected), "{text}: {error:?}");
    }
    Ok(())
}

pub(crate) fn each_wrong_target_is_refused<D: Driver>() -> Result {
    type Expected = fn(&ErrorKind) -> bool;
    let line = project::<D>(&THREE)?.migrations()?;
    let branches = branches::<D>()?;
    let empty = project::<D>(&[])?.migrations()?;
    let cases: [(&Migrations, &[Target], bool, Target, Expected); 14] = [
        (&line, &[], true, id("dddd4"), |k| is(k, |e| matches!(e, TargetError::Unknown { .. }))),
        (&line, &[], true, id("bbb"), |k| is(k, |e| matches!(e, TargetError::TooShort(_)))),
        (&line, &[], true, Target::Up(4), |k| {
            is(k, |e| matches!(e, TargetError::TooFar { available: 3, .. }))
        }),
        (&line, &[], true, Target::Down(1), |k| is(k, |e| matches!(e, TargetError::WrongWay(_)))),
        (&line, &[], false, Target::Up(1), |k| is(k, |e| matches!(e, TargetError::WrongWay(_)))),
        (&line, &[Target::Head], false, Target::Down(4), |k| {
            is(k, |e| matches!(e, TargetError::TooFar { available: 3, .. }))
        }),
        (&line, &[], false, id("dddd4"), |k| is(k, |e| matches!(e, TargetError::Unknown { .. }))),
        (
            &line,
            &[Target::Up(1)],
            false,
            id("cccc3"),
            |k| matches!(k, ErrorKind::NotApplied(id) if id == "cccc3"),
        ),
        (&branches, &[], true, Target::Head, |k| {
            is(k, |e| matches!(e, TargetError::SeveralHeads(heads) if heads.len() == 2))
        }),
        (&branches, &[Target::Up(1)], true, Target::Up(1), |k| {
            is(k, |e| matches!(e, TargetError::SeveralWays { ids, .. } if ids.len() == 2))
        }),
        (&branches, &[Target::Heads], false, Target::Down(1), |k| {
            is(k, |e| matches!(e, TargetError::SeveralWays { ids, .. } if ids.len() == 2))
        }),
        (&branches, &[id("left1"), id("right1")], true, Target::Up(1), |k| {
            is(k, |e| matches!(e, TargetError::SeveralWays { .. }))
        }),
        (&branches, &[], true, id("righ"), |k| {
            is(k, |e| matches!(e, TargetError::Ambiguous { ids, .. } if ids.len() == 2))
        }),
        (&empty, &[], true, Target::Up(1), |k| {
            is(k, |e| matches!(e, TargetError::NoRevision | TargetError::TooFar { .. }))
        }),
    ];
    for (migrations, before, upgrade, target, expected) in cases {
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        for target in before {
            D::run(&mut connection, migrations.upgrade(target.clone()))?;
        }
        let seen = applied::<D>(&mut connection, migrations)?;
        let run = if upgrade {
            migrations.upgrade(target.clone())
        } else {
            migrations.downgrade(target.clone())
        };
        let error = D::run(&mut connection, run).expect_err(&target.to_string());
        assert!(expected(error.kind()), "{target}: {error:?}");
        assert_eq!(applied::<D>(&mut connection, migrations)?, seen, "{target}");
    }
    Ok(())
}

pub(crate) fn an_irreversible_revision_stops_a_downgrade_before_the_first_statement<D: Driver>()
-> Result {
    let first = THREE[0].irreversible("the rows come from a shop that closed");
    let migrations = project::<D>(&[first, THREE[1], THREE[2]])?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::run(&mut connection, migrations.upgrade(Target::Head))?;
    let error = D::run(&mut connection, migrations.downgrade(Target::Base)).expect_err("no way");
    assert!(
        matches!(error.kind(), ErrorKind::Irreversible { revision, .. } if revision == "aaaa1")
    );
    assert!(error.report().contains("a shop that closed"), "{error:?}");
    assert_eq!(applied::<D>(&mut connection, &migrations)?.len(), 3);
    D::run(&mut connection, migrations.downgrade(id("aaaa1")))?;
    assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1"]);
    Ok(())
}

pub(crate) fn a_revision_spliced_behind_the_head_is_pending<D: Driver>() -> Result {
    let project = project::<D>(&[THREE[0], Draft { revises: "aaaa1", ..THREE[2] }])?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::run(&mut connection, project.migrations()?.upgrade(Target::Head))?;
    let merge = Draft::new("dddd4", "bbbb2, cccc3", "", "");
    project.add(&[THREE[1], merge])?;
    let migrations = project.migrations()?;
    let status = D::current(&mut connection, migrations.current())?;
    let pending: Vec<_> = status.pending.iter().map(|named| &*named.revision).collect();
    assert_eq!(pending, ["bbbb2", "dddd4"]);
    D::run(&mut connection, migrations.upgrade(Target::Head))?;
    D::verify(&mut connection, migrations.verify())?;
    assert_eq!(D::rows(&mut connection, "SELECT id FROM a ORDER BY id")?, ["1", "2"]);
    Ok(())
}
