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

/// A revision in Rust, for two dialects.
const RUST: &str = r##"//! split names
//!
//! revision: a1
//! revises: b2

use rusqlite::{Connection, Result};

const WORDS: &str = r#"a "quoted" word"#;

pub fn upgrade(connection: &Connection) -> Result<()> {
    connection.execute_batch("CREATE TABLE t (c)")?;
    helper::<'_>(b'\n', 'x', 1.5e-3, 0x_ff..2)
}

pub async fn upgrade_postgres(connection: &mut sqlx::PgConnection) -> sqlx::Result<()> {
    Ok(())
}

pub fn downgrade(connection: &Connection) -> Result<()> {
    connection.execute_batch("DROP TABLE t")
}

pub async fn downgrade_postgres(connection: &mut sqlx::PgConnection) -> sqlx::Result<()> {
    Ok(())
}
"##;

/// Returns the checksums of a revision in Rust: SQLite's upgrade and downgrade, PostgreSQL's upgrade and downgrade.
fn rust(text: &str) -> Vec<String> {
    let mut sums = Vec::new();
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let checked = revision("a1.rs", text, dialect).expect("the revision can be read");
        let part = checked.revision.part(dialect).expect("the dialect is served");
        sums.extend([part.upgrade_checksum.to_string(), part.downgrade_checksum.to_string()]);
    }
    sums
}

#[test]
fn the_vectors_of_revisions_in_rust_are_what_they_were() {
    let irreversible = RUST.replace("//! revises", "//! irreversible: it is gone\n//! revises");
    let irreversible = irreversible.replace("pub fn downgrade(", "fn down(");
    let irreversible =
        irreversible.replace("pub async fn downgrade_postgres(", "async fn down_too(");
    let texts = [RUST, &RUST.replace("revises: b2", "revises: c3, b2"), &irreversible];
    let lines: Vec<String> = texts.into_iter().flat_map(rust).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_does_not_count_in_rust_does_not_count() {
    let same = [
        ("use rusqlite", "// a comment\nuse rusqlite"),
        ("use rusqlite", "/* /* nested */ */ use\n\trusqlite"),
        ("pub fn upgrade", "/// Says what it does.\npub fn upgrade"),
        ("{Connection, Result}", "{ Connection,Result }"),
        ("-> Result", "->Result"),
        ("//! split names", "//! other words"),
        ("//! revises: b2", "//! revises: b2\n//! created: 2026-01-18T05:30:00Z\n//! label: x"),
        ("0x_ff..2", "0x_ff .. 2"),
    ];
    for (from, to) in same {
        assert!(RUST.contains(from), "{from}");
        assert_eq!(rust(&RUST.replacen(from, to, 1)), rust(RUST), "{to}");
    }
}

#[test]
fn what_counts_in_rust_counts_where_it_is_used() {
    // For SQLite's upgrade and downgrade, and PostgreSQL's.
    let changes = [
        ("CREATE TABLE t (c)", "CREATE TABLE  t (c)", [true, false, false, false]),
        ("DROP TABLE t", "DROP TABLE u", [false, true, false, false]),
        ("a \"quoted\" word", "a \"quoted\"  word", [true; 4]),
        ("revises: b2", "revises: b3", [true; 4]),
        ("'x'", "'y'", [true, false, false, false]),
        ("'_", "'a", [true, false, false, false]),
        ("1.5e-3", "1.5e-4", [true, false, false, false]),
        ("sqlx::PgConnection", "PgConnection", [false, false, true, false]),
    ];
    for (from, to, counts) in changes {
        let changed = rust(&RUST.replacen(from, to, 1));
        let differs: Vec<bool> = changed.iter().zip(rust(RUST)).map(|(a, b)| *a != b).collect();
        assert_eq!(differs, counts, "{to}");
    }
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
