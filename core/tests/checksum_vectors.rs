//! The checksum form `b3v1`, frozen: a change of any line here would make every sealed revision an edited one.

use revchain_core::check::revision;
use revchain_core::{Dialect, Direction};

const HEADER: &str = "-- m\n-- revision: a1\n-- revises: base\n\n";

/// Returns the checksum of a direction of a revision, as text.
fn checksum(text: &str, dialect: Dialect, direction: Direction) -> String {
    let checked = revision("a1.sql", text, dialect).expect("the revision can be read");
    let part = checked.revision.part(dialect).expect("the dialect is served");
    part.checksum(direction).to_string()
}

fn upgrade(body: &str, dialect: Dialect) -> String {
    let text = format!("{HEADER}-- migrate:upgrade\n{body}\n-- migrate:downgrade\nSELECT 0;\n");
    checksum(&text, dialect, Direction::Upgrade)
}

#[test]
fn the_vectors_are_what_they_were() {
    let bodies = [
        "",
        "CREATE TABLE t (id INTEGER);",
        "CREATE TABLE t (id INTEGER)",
        "SELECT 'it''s', \"a b\", x'00', 1.5e-3, a<=b, a < = b;",
        "/* a /* b */ DROP TABLE n; -- */",
    ];
    let mut lines = Vec::new();
    for dialect in Dialect::ALL {
        for body in bodies {
            match dialect.split(body) {
                Ok(_) => lines.push(format!("{dialect} {body:?} {}", upgrade(body, dialect))),
                Err(error) => lines.push(format!("{dialect} {body:?} {error}")),
            }
        }
    }
    let whole = "-- m\n-- revision: c3\n-- revises: b2, a1\n-- depends-on: x9\n\n\
                 -- migrate:upgrade transaction=off\nVACUUM;\n-- migrate:irreversible it is gone\n";
    for direction in [Direction::Upgrade, Direction::Downgrade] {
        lines.push(format!("whole {direction} {}", checksum(whole, Dialect::Sqlite, direction)));
    }
    let replacer = "-- m\n-- revision: y1\n-- revises: base\n-- replaces: a1..b2\n\n\
                    -- migrate:upgrade\nSELECT 1;\n-- migrate:downgrade\nSELECT 0;\n";
    for direction in [Direction::Upgrade, Direction::Downgrade] {
        let checksum = checksum(replacer, Dialect::Sqlite, direction);
        lines.push(format!("replacer {direction} {checksum}"));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_does_not_count_does_not_count() {
    let same = [
        "CREATE TABLE t (id INTEGER);",
        "CREATE TABLE t (id INTEGER) ;",
        "CREATE\n\tTABLE t(id INTEGER);",
        "-- a comment\nCREATE TABLE t ( -- here\n id INTEGER /* and here */ );",
        "CREATE TABLE t (id INTEGER);\n\n",
    ];
    for dialect in Dialect::ALL {
        let expected = upgrade(same[0], dialect);
        for body in same {
            assert_eq!(upgrade(body, dialect), expected, "{dialect}: {body:?}");
        }
    }
}

#[test]
fn every_other_character_counts() {
    let different = [
        "CREATE TABLE t (id INTEGER);",
        "CREATE TABLE t (id integer);",
        "CREATE TABLE t (id INTEGER);;",
        "CREATE TABLE t (id INTEGER)",
        "CREATE TABLE T (id INTEGER);",
        "CREATE TABLE \"t\" (id INTEGER);",
        "CREATE TABLE t (i d INTEGER);",
        "CREATE TABLE t (id INTEGER DEFAULT ' ');",
        "CREATE TABLE t (id INTEGER DEFAULT '  ');",
        "CREATE TABLE t (id INTEGER DEFAULT '--');",
    ];
    for dialect in Dialect::ALL {
        let mut seen = Vec::new();
        for body in different {
            let checksum = upgrade(body, dialect);
            assert!(!seen.contains(&checksum), "{dialect}: {body:?}");
            seen.push(checksum);
        }
    }
}

#[test]
fn the_header_counts_where_it_changes_the_chain() {
    let text = |id: &str, revises: &str, more: &str| {
        format!(
            "-- any words\n-- revision: {id}\n-- revises: {revises}\n{more}\n-- migrate:upgrade\nSELECT 1;\n-- migrate:downgrade\nSELECT 0;\n"
        )
    };
    let sum = |text: &str| checksum(text, Dialect::Sqlite, Direction::Upgrade);
    let plain = sum(&text("a1", "b2, c3", ""));
    assert_eq!(
        sum(&text("a1", "c3,b2", "-- label: left\n-- created: 2026-01-18T05:30:00Z\n")),
        plain
    );
    assert_ne!(sum(&text("a2", "b2, c3", "")), plain);
    assert_ne!(sum(&text("a1", "b2", "")), plain);
    assert_ne!(sum(&text("a1", "b2, c3", "-- depends-on: d4\n")), plain);
}

#[test]
fn line_endings_and_a_byte_order_mark_do_not_count() {
    let text =
        format!("{HEADER}-- migrate:upgrade\nSELECT 'a\nb';\n-- migrate:downgrade\nSELECT 0;\n");
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let windows = revchain_core::text::normalise(windows.into_bytes()).expect("it is UTF-8");
    let sum = |text: &str| checksum(text, Dialect::Sqlite, Direction::Upgrade);
    assert_eq!(sum(&windows), sum(&text));
}
