//! The tests that the macro emits, on sets that pass and on sets that do not.
#![expect(clippy::unwrap_used, reason = "a test ends with a panic")]

use std::panic::catch_unwind;

use revchain::Migrations;
use revchain_core::Dialect;
use revchain_core::lock::FILE;
use revchain_core::set::Heads;
use revchain_tests::sealing::{seal, settings};

/// Returns what `round_trip` says of a set: nothing where it passes.
fn round_trip(revisions: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (number, text) in revisions.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number:03}.sql")), text).unwrap();
    }
    let mut settings = settings(&[Dialect::Sqlite]);
    settings.heads = Heads::Many;
    std::fs::write(folder.path().join(FILE), seal(folder.path(), settings, &[]).render()).unwrap();
    let set = revchain::load(folder.path(), "migrations").unwrap();
    let migrations = Migrations::new(set, "test");
    match catch_unwind(|| revchain::__private::round_trip(&migrations)) {
        Ok(()) => String::new(),
        Err(panic) => panic.downcast_ref::<String>().unwrap().clone(),
    }
}

fn revision(id: &str, revises: &str, upgrade: &str, downgrade: &str) -> String {
    format!(
        "-- {id}\n-- revision: {id}\n-- revises: {revises}\n\n-- migrate:upgrade\n{upgrade}\n\n{downgrade}\n"
    )
}

fn down(statements: &str) -> String {
    format!("-- migrate:downgrade\n{statements}")
}

#[test]
fn a_downgrade_that_forgets_something_is_named() {
    let first = revision("a1", "base", "CREATE TABLE t (a);", &down("DROP TABLE t;"));
    let second = revision(
        "b2",
        "a1",
        "CREATE TABLE u (a); CREATE INDEX i ON t (a);",
        &down("DROP TABLE u;"),
    );
    let said = round_trip(&[&first, &second]);
    for word in ["revision `b2`", "migrations/001.sql", "+ CREATE INDEX i ON t (a)"] {
        assert!(said.contains(word), "no {word:?} in:\n{said}");
    }
}

#[test]
fn a_downgrade_that_fails_is_told_with_its_place() {
    let first = revision("a1", "base", "CREATE TABLE t (a);", &down("DROP TABLE nope;"));
    let said = round_trip(&[&first]);
    assert!(said.contains("no such table: nope"), "{said}");
}

#[test]
fn what_sqlite_writes_another_way_is_the_same_schema() {
    // A rename leaves quotes around the name, an added column its own white space.
    let first =
        revision("a1", "base", "CREATE TABLE t (\n    a INTEGER\n);", &down("DROP TABLE t;"));
    let rename =
        "ALTER TABLE t RENAME TO u;\nALTER TABLE u RENAME TO t;\nALTER TABLE t ADD COLUMN b TEXT;";
    let second = revision("b2", "a1", rename, &down("ALTER TABLE t DROP COLUMN b;"));
    assert_eq!(round_trip(&[&first, &second]), "");
}

#[test]
fn the_way_back_ends_above_the_newest_irreversible_revision() {
    let first = revision("a1", "base", "CREATE TABLE t (a);", &down("DROP TABLE nope;"));
    let second = revision("b2", "a1", "DELETE FROM t;", "-- migrate:irreversible rows are gone");
    let third = revision("c3", "b2", "CREATE INDEX i ON t (a);", &down("DROP INDEX i;"));
    assert_eq!(round_trip(&[&first, &second, &third]), "");
}

#[test]
fn branches_go_back_one_revision_after_another() {
    let first = revision("a1", "base", "CREATE TABLE t (a);", &down("DROP TABLE t;"));
    let left = revision("b2", "a1", "CREATE TABLE l (a);", &down("DROP TABLE l;"));
    let right = revision("c3", "a1", "CREATE TABLE r (a);", &down("DROP TABLE r;"));
    let merge = revision("d4", "b2, c3", "", "");
    let other = revision("e5", "base", "CREATE TABLE o (a);", &down("DROP TABLE o;"));
    assert_eq!(round_trip(&[&first, &left, &right, &merge, &other]), "");
}

#[test]
fn many_revisions_are_compared_at_the_ends() {
    let mut revisions = Vec::new();
    for number in 0..60 {
        let parent = if number == 0 { "base".to_owned() } else { format!("r{}", number - 1) };
        let (up, back) = (format!("CREATE TABLE t{number} (a);"), format!("DROP TABLE t{number};"));
        // One of the old ones forgets its table.
        let back = if number == 7 { "SELECT 1;".to_owned() } else { back };
        revisions.push(revision(&format!("r{number}"), &parent, &up, &down(&back)));
    }
    let texts: Vec<&str> = revisions.iter().map(String::as_str).collect();
    let said = round_trip(&texts);
    assert!(said.contains("the way back to base leaves something behind"), "{said}");
    assert!(said.contains("+ CREATE TABLE t7 (a)"), "{said}");
}

#[test]
fn what_is_replaced_leaves_what_its_replacer_leaves_and_goes_back() {
    let first = revision("a1", "base", "CREATE TABLE t (a);", &down("DROP TABLE t;"));
    let second = revision("b2", "a1", "CREATE TABLE u (a);", &down("DROP TABLE u;"));
    let replacer = |upgrade: &str| {
        revision("y1", "base\n-- replaces: a1..b2", upgrade, &down("DROP TABLE u;\nDROP TABLE t;"))
    };
    let same = replacer("CREATE TABLE t (a);\nCREATE TABLE u (a);");
    assert_eq!(round_trip(&[&first, &second, &same]), "");
    let other = replacer("CREATE TABLE t (a);\nCREATE TABLE u (a, b);");
    let said = round_trip(&[&first, &second, &other]);
    for word in
        ["revision `y1`", "than what it replaces", "migrations/002.sql", "+ CREATE TABLE u (a, b)"]
    {
        assert!(said.contains(word), "no {word:?} in:\n{said}");
    }
    // One that fails here was replaced for that.
    let failing = revision("b2", "a1", "CREATE TABLE u (a) NONE;", &down("DROP TABLE u;"));
    assert_eq!(round_trip(&[&first, &failing, &other]), "");
    let forgetful = revision("b2", "a1", "CREATE TABLE u (a);", &down("SELECT 1;"));
    let said = round_trip(&[&first, &forgetful, &same]);
    assert!(said.contains("the way back through what `y1` replaces"), "{said}");
}

#[test]
fn an_empty_set_goes_round() {
    assert_eq!(round_trip(&[]), "");
}
