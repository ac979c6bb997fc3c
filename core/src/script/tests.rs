//! The form of a revision, and what it cannot be.

use super::*;

const HEADER: &str = "-- m\n-- revision: a\n-- revises: base\n\n";

fn codes(text: &str) -> Vec<String> {
    let problems = Script::parse("x.sql", text).err().unwrap_or_default();
    let place = |problem: &Problem| problem.place.position.map(|position| position.to_string());
    let describe = |p: &Problem| format!("{} {}", p.code(), place(p).unwrap_or_default());
    problems.iter().map(describe).collect()
}

#[test]
fn a_header_gives_its_keys() {
    let text = "-- add prefs\n--\n-- more: prose with a colon\n--\n-- revision: b\n-- revises: a, c\n\
                -- depends-on: d\n-- label: x, y\n-- created: 2026-01-18T05:30:00Z\n\n-- migrate:upgrade\n";
    let script = Script::parse("x.sql", text).unwrap();
    assert_eq!(script.message, "add prefs");
    assert_eq!(Script::texts(&script.revises), ["a", "c"]);
    assert_eq!(Script::texts(&script.labels), ["x", "y"]);
    assert_eq!(&text[script.revises[1].range()], "c");
    assert_eq!(script.created, "2026-01-18T05:30:00Z");
}

#[test]
fn what_a_header_cannot_say_is_refused_where_it_stands() {
    let cases = [
        ("-- revision: a\n-- revises: base\n-- revision: b\n", "malformed-header 3:1"),
        ("-- revision: a\n-- revises: base\n-- lable: b\n", "malformed-header 3:1"),
        ("-- revision: a\n-- revises:\n", "malformed-header 2:1"),
        ("-- revision: a\n-- revises: base, b\n", "malformed-header 2:13"),
        ("-- revision: a\n-- revises: base\nDROP TABLE t;\n", "malformed-header 3:1"),
        ("-- revision: a\n-- revises: base\n-- created: today\n", "malformed-header 3:13"),
        ("-- revision: a\n", "malformed-header 1:1"),
    ];
    for (text, expected) in cases {
        assert_eq!(codes(text), [expected], "{text}");
    }
}

#[test]
fn markers_that_say_nothing_known_are_refused() {
    let cases = [
        ("-- migrate:upgade\n", "unknown-directive 5:1"),
        ("-- migrate:upgrade mariadb\n", "unknown-directive 5:20"),
        ("-- migrate:upgrade transaction=on\n", "unknown-directive 5:20"),
        ("-- migrate:upgrade transaction=off foreign-keys=off\n", "unknown-directive 5:20"),
        ("  -- migrate:upgrade\n", "unknown-directive 5:1"),
        ("--migrate:upgrade\n", "unknown-directive 5:1"),
        ("-- migrate:\n", "unknown-directive 5:1"),
        ("-- migrate:upgrade\n-- migrate:destroys\n", "unknown-directive 6:1"),
        ("-- migrate:upgrade\n-- migrate:upgrade\n", "malformed-sql 6:1"),
        ("-- migrate:upgrade sqlite\n-- migrate:upgrade mysql sqlite\n", "malformed-sql 6:1"),
        ("-- migrate:downgrade\n-- migrate:irreversible why\n", "malformed-sql 5:1"),
        ("-- migrate:irreversible why\nDROP TABLE t;\n", "malformed-sql 6:1"),
    ];
    for (sections, expected) in cases {
        assert_eq!(codes(&format!("{HEADER}{sections}")), [expected], "{sections}");
    }
}

#[test]
fn the_section_that_names_the_dialect_wins() {
    let text = format!("{HEADER}-- migrate:upgrade\nA;\n-- migrate:upgrade sqlite\nB;\n");
    let script = Script::parse("x.sql", &text).unwrap();
    let body = |dialect| {
        let section = script.section(Direction::Upgrade, dialect).unwrap();
        text[section.body.clone()].trim()
    };
    assert_eq!((body(Dialect::Sqlite), body(Dialect::Postgres)), ("B;", "A;"));
    assert!(script.section(Direction::Downgrade, Dialect::Sqlite).is_none());
}

#[test]
fn a_destroys_line_stays_inside_its_section() {
    let text = format!(
        "{HEADER}-- migrate:upgrade\nA;\n-- migrate:destroys users.name reviewed\nB;\n-- migrate:destroys preview\n"
    );
    let script = Script::parse("x.sql", &text).unwrap();
    assert_eq!(script.sections.len(), 1);
    assert!(text[script.sections[0].body.clone()].contains("B;"));
    let said: Vec<_> = script.destroys.iter().map(|d| (d.what, d.reviewed)).collect();
    assert_eq!(said, [("users.name", true), ("preview", false)]);
}

#[test]
fn conflict_markers_are_named_once() {
    let text = format!("{HEADER}<<<<<<< HEAD\n-- migrate:upgrade\n=======\n>>>>>>> other\n");
    assert_eq!(codes(&text), ["malformed-sql 5:1"]);
}
