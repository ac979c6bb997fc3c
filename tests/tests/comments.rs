//! Nested comments: what one dialect reads as a statement and another as a comment can never change unseen.

use revchain::Dialect;
use revchain_core::check;
use revchain_core::checksum::Checksum;
use revchain_tests::project::{Draft, Project};

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

/// Pairs of texts: in the first a statement is hidden from some dialects, and the second differs in that statement alone.
const HIDDEN: [(&str, &str, &str, &[Dialect]); 9] = [
    (
        "a nested comment: PostgreSQL goes on until the outer one ends",
        "SELECT 1;\n/* a /* b */ DROP TABLE n; -- */\nSELECT 2;",
        "SELECT 1;\n/* a /* b */ DROP TABLE m; -- */\nSELECT 2;",
        &[Dialect::Postgres],
    ),
    (
        "an executable comment of MySQL",
        "SELECT 1; /*! DROP TABLE n */;",
        "SELECT 1; /*! DROP TABLE m */;",
        &[Dialect::Sqlite, Dialect::Postgres],
    ),
    (
        "an executable comment of MariaDB",
        "SELECT 1; /*M! DROP TABLE n */;",
        "SELECT 1; /*M! DROP TABLE m */;",
        &[Dialect::Sqlite, Dialect::Postgres],
    ),
    (
        "two dashes without white space are no comment in MySQL",
        "SELECT 1\n--1; DROP TABLE n\n;",
        "SELECT 1\n--1; DROP TABLE m\n;",
        &[Dialect::Sqlite, Dialect::Postgres],
    ),
    (
        "a number sign begins a comment in MySQL",
        "SELECT 1; # DROP TABLE n\nSELECT 2;",
        "SELECT 1; # DROP TABLE m\nSELECT 2;",
        &[Dialect::Mysql],
    ),
    (
        "a backslash in a MySQL literal",
        "SELECT 'a\\'; DROP TABLE n; -- ';",
        "SELECT 'a\\'; DROP TABLE m; -- ';",
        &[],
    ),
    (
        "a dollar quote of PostgreSQL with a comment in it",
        "SELECT $$ /* $$; DROP TABLE n; SELECT $$ */ $$;",
        "SELECT $$ /* $$; DROP TABLE m; SELECT $$ */ $$;",
        &[Dialect::Sqlite, Dialect::Mysql],
    ),
    (
        "a bracket of SQLite with a comment in it",
        "SELECT [/*]; DROP TABLE n; SELECT [*/];",
        "SELECT [/*]; DROP TABLE m; SELECT [*/];",
        &[Dialect::Postgres, Dialect::Mysql],
    ),
    (
        "a comment that only one of two readings closes",
        "/* /* */ DROP TABLE n; /* */ */ SELECT 1;",
        "/* /* */ DROP TABLE m; /* */ */ SELECT 1;",
        &[Dialect::Postgres],
    ),
];

fn checksum(upgrade: &str, dialect: Dialect) -> Option<Checksum> {
    let text = Draft::new("aaaa1", "base", upgrade, "SELECT 0;").text();
    let checked = check::revision("aaaa1.sql", &text, dialect)?;
    Some(checked.revision.part(dialect)?.upgrade_checksum)
}

#[test]
fn who_executes_a_statement_sees_its_change() {
    for (what, text, changed, hidden_from) in HIDDEN {
        for dialect in Dialect::ALL {
            let (before, after) = (checksum(text, dialect), checksum(changed, dialect));
            let (Some(before), Some(after)) = (before, after) else {
                // The dialect cannot read it at all: such a revision does not compile.
                assert!(dialect.split(text).is_err() || dialect.split(changed).is_err(), "{what}");
                continue;
            };
            let hidden = hidden_from.contains(&dialect);
            assert_eq!(before == after, hidden, "{dialect}: {what}");
        }
    }
}

#[test]
fn a_section_for_two_dialects_that_read_it_differently_does_not_compile() -> Result {
    for (what, text, _, _) in HIDDEN {
        let readable: Vec<Dialect> =
            Dialect::ALL.into_iter().filter(|dialect| dialect.split(text).is_ok()).collect();
        for first in &readable {
            for second in readable.iter().filter(|second| *second > first) {
                let reading = |dialect: &Dialect| {
                    let split = dialect.split(text).ok()?;
                    Some(split.tokens.iter().map(|token| token.text.to_owned()).collect::<Vec<_>>())
                };
                let expected: &[&str] =
                    if reading(first) == reading(second) { &[] } else { &["malformed-sql"] };
                let project = Project::for_dialects(&[*first, *second])?;
                project.add(&[Draft::new("aaaa1", "base", text, "SELECT 0;")])?;
                let mut codes = project.codes();
                codes.dedup();
                assert_eq!(codes, expected, "{first} {second}: {what}");
            }
        }
    }
    Ok(())
}

#[test]
fn with_a_section_for_each_dialect_it_compiles_and_both_are_sealed() -> Result {
    let (_, text, changed, _) = HIDDEN[0];
    let sections = |sqlite: &str| {
        format!(
            "-- nested\n-- revision: aaaa1\n-- revises: base\n\n-- migrate:upgrade sqlite\n{sqlite}\n\
             -- migrate:upgrade postgres\nSELECT 1;\n-- migrate:downgrade\nSELECT 0;\n"
        )
    };
    let project = Project::for_dialects(&[Dialect::Sqlite, Dialect::Postgres])?;
    let file = project.path().join("aaaa1.sql");
    std::fs::write(&file, sections(text))?;
    project.seal()?;
    assert_eq!(project.codes(), [""; 0]);
    std::fs::write(&file, sections(changed))?;
    assert_eq!(project.codes(), ["edited-revision"]);
    Ok(())
}

#[test]
fn what_every_dialect_takes_for_a_comment_may_change() {
    let texts = ["SELECT 1; /* one */", "SELECT 1; /* two */", "-- three\nSELECT 1;", "SELECT 1;"];
    for dialect in Dialect::ALL {
        let mut checksums: Vec<_> = texts.map(|text| checksum(text, dialect)).into();
        checksums.dedup();
        assert_eq!(checksums.len(), 1, "{dialect}");
    }
}
