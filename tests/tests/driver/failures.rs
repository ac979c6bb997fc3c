//! A statement that fails: the error says which, where, why, and what was applied.

use revchain::{ErrorKind, Target, Transactions};
use revchain_tests::project::Draft;

use crate::contract::{Result, Sqlite, THREE, applied, project};

/// The third revision's upgrade, and what the error says: place, number of statements, words, and the line under the
/// excerpt.
type Case = (&'static str, &'static str, (usize, usize), &'static str, &'static str);

const CASES: [Case; 7] = [
    // What SQLite refuses when it reads the statement has an offset.
    (
        "INSERT INTO a VALUES (3, 'z');\nCREATE TABEL c (n INTEGER);",
        "migrations/cccc3.sql:8:8",
        (2, 2),
        "near \"TABEL\": syntax error",
        "|        ^^^^^ near \"TABEL\": syntax error",
    ),
    (
        "UPDATE a\n   SET n = 'ü'\n WHERE colour = 'red';",
        "migrations/cccc3.sql:9:8",
        (1, 1),
        "no such column: colour",
        "|        ^^^^^^ no such column: colour",
    ),
    (
        "CREATE TABLE a (n INTEGER);",
        "migrations/cccc3.sql:7:14",
        (1, 1),
        "table a already exists",
        "|              ^ table a already exists",
    ),
    (
        "SELECT 1; /* two on a line */ SELECT ünbekannt FROM a;",
        "migrations/cccc3.sql:7:38",
        (2, 2),
        "no such column: ünbekannt",
        "|                                      ^^^^^^^^^ no such column: ünbekannt",
    ),
    // What it refuses later has none: the statement's first line is shown.
    (
        "INSERT INTO a VALUES (3, 'z');\n\n  INSERT INTO a\n  VALUES (1, 'x');",
        "migrations/cccc3.sql:9",
        (2, 2),
        "UNIQUE constraint failed: a.id",
        "9 |   INSERT INTO a\n  |\n  = note: statement 2 of 2: UNIQUE constraint failed: a.id",
    ),
    (
        "INSERT INTO missing VALUES (1);",
        "migrations/cccc3.sql:7",
        (1, 1),
        "no such table: missing",
        "7 | INSERT INTO missing VALUES (1);\n  |\n  = note: statement 1 of 1: no such table: missing",
    ),
    (
        "SELECT 1;\nSELECT abs(-9223372036854775808) FROM a;",
        "migrations/cccc3.sql:8",
        (2, 2),
        "integer overflow",
        "= note: statement 2 of 2: integer overflow",
    ),
];

pub(crate) fn the_error_points_into_the_revision<D: Sqlite>() -> Result {
    for (upgrade, place, numbers, words, frame) in CASES {
        let third = Draft { upgrade, ..THREE[2] };
        let migrations = project::<D>(&[THREE[0], THREE[1], third])?.migrations()?;
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        let run = migrations.upgrade(Target::Head).transactions(Transactions::PerRevision);
        let error = D::run(&mut connection, run).expect_err(upgrade);
        let ErrorKind::Statement(failure) = error.kind() else { panic!("{error:?}") };
        assert_eq!(failure.revision, "cccc3");
        assert_eq!((failure.number, failure.total), numbers, "{error:?}");
        assert!(failure.source.to_string().contains(words), "{error:?}");
        let first_line = first_line_of(upgrade, numbers.0);
        let is_exact = frame.contains('^') && D::OFFSETS;
        let place = if is_exact { place } else { &first_line };
        let display = format!("the upgrade of revision `cccc3` failed ({place})");
        assert_eq!(error.to_string(), display);
        let report = error.report();
        assert!(report.contains(&format!("--> {place}\n")), "{report}");
        assert!(report.contains(frame) || (frame.contains('^') && !is_exact), "{report}");
        let said = format!("= note: statement {} of {}: {words}", numbers.0, numbers.1);
        assert!(is_exact || report.contains(&said), "{report}");
        assert_eq!(failure.exact, is_exact);
        assert_eq!(report.contains('^'), is_exact, "{report}");
        assert!(report.contains("2 revisions are done and stay so, the last `bbbb2`"), "{report}");
        assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1", "bbbb2"]);
        assert_eq!(D::rows(&mut connection, "SELECT id FROM a ORDER BY id")?, ["1", "2"]);
    }
    Ok(())
}

/// Returns where a statement of the upgrade begins.
fn first_line_of(upgrade: &str, number: usize) -> String {
    let before: usize = upgrade.split_inclusive(';').take(number - 1).map(str::len).sum();
    let start = upgrade.len() - upgrade[before..].trim_start().len();
    format!("migrations/cccc3.sql:{}", 7 + upgrade[..start].matches('\n').count())
}

pub(crate) fn the_error_points_into_a_downgrade_and_past_line_endings<D: Sqlite>() -> Result {
    let project = project::<D>(&THREE)?;
    let file = project.path().join("cccc3.sql");
    let text = Draft { downgrade: "DROP VIEW i;\n  DROP TABEL a;", ..THREE[2] }.text();
    // A byte-order mark, and the line endings of Windows.
    std::fs::write(file, format!("\u{feff}{}", text.replace('\n', "\r\n")))?;
    project.seal()?;
    let migrations = project.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::run(&mut connection, migrations.upgrade(Target::Head))?;
    let error = D::run(&mut connection, migrations.downgrade(Target::Base)).expect_err("a typo");
    let report = error.report();
    assert!(report.starts_with("the downgrade of revision `cccc3` failed"), "{report}");
    let place = if D::OFFSETS { "11:8" } else { "11" };
    assert!(report.contains(&format!("--> migrations/cccc3.sql:{place}\n")), "{report}");
    assert!(report.contains("11 |   DROP TABEL a;\n"), "{report}");
    assert!(report.contains("near \"TABEL\": syntax error"), "{report}");
    assert_eq!(report.contains("|        ^^^^^ near"), D::OFFSETS, "{report}");
    Ok(())
}

pub(crate) fn the_first_of_a_section_without_a_transaction_leaves_nothing_behind<D: Sqlite>()
-> Result {
    let alone = Draft::new("aaaa1", "base", "SELECT nothing;\nSELECT 1;", "SELECT 1;");
    let migrations = project::<D>(&[alone.options("transaction=off")])?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("no column");
    let report = error.report();
    assert!(report.contains("no statement was done before it"), "{report}");
    assert!(report.contains("run again: the run goes on there"), "{report}");
    Ok(())
}

pub(crate) fn a_deferred_violation_lists_the_new_rows_at_commit<D: Sqlite>() -> Result {
    let parent = Draft::new(
        "aaaa1",
        "base",
        "CREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (id INTEGER PRIMARY KEY, \
         p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED);",
        "DROP TABLE c;\nDROP TABLE p;",
    );
    let child =
        Draft::new("bbbb2", "aaaa1", "INSERT INTO c VALUES (10, 1), (11, 2);", "DELETE FROM c;");
    let migrations = project::<D>(&[parent, child])?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::run(&mut connection, migrations.upgrade(Target::Up(1)))?;
    // What was wrong before the run is not the run's.
    D::execute(
        &mut connection,
        "PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (9, 7); PRAGMA foreign_keys = ON",
    )?;
    let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("no parent");
    let ErrorKind::ForeignKeys(violations) = error.kind() else { panic!("{error:?}") };
    let seen: Vec<_> = violations.iter().map(|v| (&*v.table, &*v.row, &*v.parent)).collect();
    assert_eq!(seen, [("c", "10", "p"), ("c", "11", "p")]);
    assert!(error.report().contains("table `c`, row 10 refers to no row of `p`"), "{error:?}");
    assert!(!D::in_transaction(&mut connection)?);
    assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1"]);
    assert_eq!(D::rows(&mut connection, "SELECT id FROM c")?, ["9"]);
    Ok(())
}

pub(crate) fn a_statement_that_rolls_back_by_itself_is_an_error_like_others<D: Sqlite>() -> Result {
    let third = Draft { upgrade: "INSERT OR ROLLBACK INTO a VALUES (1, 'x');", ..THREE[2] };
    let migrations = project::<D>(&[THREE[0], THREE[1], third])?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("it is there");
    assert!(matches!(error.kind(), ErrorKind::Statement(failure) if failure.number == 1));
    assert!(!D::current(&mut connection, migrations.current())?.exists);
    Ok(())
}

pub(crate) fn a_full_disk_leaves_nothing<D: Sqlite>() -> Result {
    let many = "INSERT INTO a (n) SELECT hex(randomblob(500)) FROM pragma_function_list LIMIT 200;";
    let migrations =
        project::<D>(&[THREE[0], THREE[1], Draft { upgrade: many, ..THREE[2] }])?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::execute(&mut connection, "PRAGMA max_page_count = 20")?;
    let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("it is full");
    assert!(error.report().contains("database or disk is full"), "{error:?}");
    assert!(!D::in_transaction(&mut connection)?);
    assert!(!D::current(&mut connection, migrations.current())?.exists);
    D::execute(&mut connection, "PRAGMA max_page_count = 10000")?;
    D::run(&mut connection, migrations.upgrade(Target::Head))?;
    Ok(())
}

pub(crate) fn a_ledger_in_a_database_that_is_not_attached_is_said_so<D: Sqlite>() -> Result {
    let mut project = revchain_tests::project::Project::new()?;
    project.settings.history = "app.history".parse()?;
    project.add(&THREE)?;
    let migrations = project.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("no `app`");
    assert!(matches!(error.kind(), ErrorKind::Database { .. }), "{error:?}");
    assert!(error.report().contains("unknown database"), "{error:?}");
    assert!(!D::in_transaction(&mut connection)?);
    assert!(database.schema()?.is_empty());

    let other = project.path().join("app.db");
    D::execute(&mut connection, &format!("ATTACH '{}' AS app", other.display()))?;
    assert_eq!(D::run(&mut connection, migrations.upgrade(Target::Head))?.steps.len(), 3);
    D::verify(&mut connection, migrations.verify())?;
    assert_eq!(D::rows(&mut connection, "SELECT count(*) FROM app.history")?, ["3"]);
    D::run(&mut connection, migrations.downgrade(Target::Base))?;
    assert_eq!(applied::<D>(&mut connection, &migrations)?.len(), 0);
    Ok(())
}
