//! SQLite table rebuilds: `foreign-keys=off` keeps every child row, and tells new violations from old ones.

use revchain::{ErrorKind, Target, Transactions, Violation};
use revchain_tests::project::{Draft, Project};

use crate::contract::{Result, Sqlite, applied, project, upgraded};

const FAMILY: Draft<'static> = Draft::new(
    "aaaa1",
    "base",
    "CREATE TABLE parents (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents ON DELETE CASCADE);
CREATE TABLE log (n TEXT);
CREATE VIEW names AS SELECT n FROM parents;
CREATE INDEX by_name ON parents (n);
CREATE TRIGGER t AFTER INSERT ON parents BEGIN INSERT INTO log VALUES (new.n); END;
INSERT INTO parents VALUES (1, 'one'), (2, 'two'), (40, 'gone');
DELETE FROM parents WHERE id = 40;
INSERT INTO children VALUES (10, 1), (11, 1), (12, 2), (13, NULL);",
    "DROP VIEW names;\nDROP TABLE children;\nDROP TABLE parents;\nDROP TABLE log;",
);

/// The form of SQLite's manual: new table, copy, drop, rename; triggers, indexes and AUTOINCREMENT's mark by hand.
const REBUILD: Draft<'static> = Draft::new(
    "bbbb2",
    "aaaa1",
    "CREATE TABLE new (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT NOT NULL CHECK (n <> ''));
INSERT INTO new SELECT id, n FROM parents;
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'parents') WHERE name = 'new';
DROP TABLE parents;
ALTER TABLE new RENAME TO parents;
CREATE INDEX by_name ON parents (n);
CREATE TRIGGER t AFTER INSERT ON parents BEGIN INSERT INTO log VALUES (new.n); END;",
    "CREATE TABLE new (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT);
INSERT INTO new SELECT id, n FROM parents;
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'parents') WHERE name = 'new';
DROP TABLE parents;
ALTER TABLE new RENAME TO parents;
CREATE INDEX by_name ON parents (n);
CREATE TRIGGER t AFTER INSERT ON parents BEGIN INSERT INTO log VALUES (new.n); END;",
)
.options("foreign-keys=off");

const CHILDREN: &str = "SELECT id, parent FROM children ORDER BY id";

pub(crate) fn every_child_row_is_kept<D: Sqlite>() -> Result {
    let migrations = project::<D>(&[FAMILY, REBUILD])?.migrations()?;
    for transactions in [Transactions::PerRun, Transactions::PerRevision] {
        for foreign_keys in ["1", "0"] {
            let database = D::fresh()?;
            let mut connection = database.connect()?;
            D::execute(&mut connection, &format!("PRAGMA foreign_keys = {foreign_keys}"))?;
            D::run(&mut connection, migrations.upgrade(Target::Up(1)))?;
            let children = D::rows(&mut connection, CHILDREN)?;
            let schema = database.schema()?;
            let run = migrations.upgrade(Target::Head).transactions(transactions);
            D::run(&mut connection, run)?;
            assert_eq!(D::rows(&mut connection, CHILDREN)?, children);
            assert_eq!(children, ["10|1", "11|1", "12|2", "13|"]);
            assert_eq!(D::rows(&mut connection, "PRAGMA foreign_keys")?, [foreign_keys]);
            assert_eq!(D::rows(&mut connection, "PRAGMA legacy_alter_table")?, ["0"]);

            // The view, the trigger, the mark of AUTOINCREMENT and the reference are as they were.
            D::execute(&mut connection, "INSERT INTO parents (n) VALUES ('next')")?;
            let next = "SELECT max(id) FROM parents UNION ALL SELECT count(*) FROM names \
                        UNION ALL SELECT count(*) FROM log WHERE n = 'next'";
            assert_eq!(D::rows(&mut connection, next)?, ["41", "3", "1"]);
            let orphan = D::execute(&mut connection, "INSERT INTO children VALUES (14, 99)");
            assert_eq!(orphan.is_err(), foreign_keys == "1");
            D::execute(
                &mut connection,
                "DELETE FROM parents WHERE id = 41; DELETE FROM children WHERE id = 14; DELETE FROM log WHERE n = 'next'",
            )?;

            let run = migrations.downgrade(Target::Down(1)).transactions(transactions);
            D::run(&mut connection, run)?;
            assert_eq!(D::rows(&mut connection, CHILDREN)?, children);
            // A renamed table is stored with quotes.
            let unquoted = |schema: Vec<String>| -> Vec<String> {
                schema.iter().map(|line| line.replace('"', "")).collect()
            };
            assert_eq!(unquoted(database.schema()?), unquoted(schema));
        }
    }
    Ok(())
}

pub(crate) fn new_violations_are_refused_and_nothing_is_left<D: Sqlite>() -> Result {
    let losing = "CREATE TABLE new (id INTEGER PRIMARY KEY, n TEXT);\nINSERT INTO new SELECT id, n FROM parents \
                  WHERE id <> 1;\nDROP TABLE parents;\nALTER TABLE new RENAME TO parents;";
    let migrations = project::<D>(&[FAMILY, Draft { upgrade: losing, ..REBUILD }])?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::run(&mut connection, migrations.upgrade(Target::Up(1)))?;
    let (schema, children) = (database.schema()?, D::rows(&mut connection, CHILDREN)?);
    let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("orphans");
    let ErrorKind::Rebuild { revision, violations } = error.kind() else { panic!("{error:?}") };
    assert_eq!(revision.revision, "bbbb2");
    let seen: Vec<_> = violations.iter().map(|v| (&*v.table, &*v.row, &*v.parent)).collect();
    assert_eq!(seen, [("children", "10", "parents"), ("children", "11", "parents")]);
    assert_eq!(database.schema()?, schema);
    assert_eq!(D::rows(&mut connection, CHILDREN)?, children);
    assert_eq!(D::rows(&mut connection, "PRAGMA foreign_keys")?, ["1"]);
    assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1"]);
    Ok(())
}

/// A child table, its rows that violate already, what a revision does, and the new violations by key.
type Keys = (&'static str, &'static str, &'static str, &'static [&'static str]);

const KEYS: [Keys; 11] = [
    (
        "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p);",
        "INSERT INTO c VALUES (1, 77), (2, 78);",
        "DELETE FROM c WHERE id = 1; INSERT INTO c VALUES (5, 77);",
        &["5"],
    ),
    (
        "CREATE TABLE c (a TEXT, b INTEGER, p INTEGER REFERENCES p, PRIMARY KEY (a, b));",
        "INSERT INTO c VALUES ('x', 1, 77), ('x', 2, 1);",
        "UPDATE c SET p = 1 WHERE b = 1; UPDATE c SET p = 79 WHERE b = 2;",
        &["'x',2"],
    ),
    (
        "CREATE TABLE c (a TEXT, b INTEGER, p INTEGER REFERENCES p, PRIMARY KEY (b, a)) WITHOUT ROWID;",
        "INSERT INTO c VALUES ('it''s', 1, 77);",
        "INSERT INTO c VALUES ('y', 2, 77);",
        &["2,'y'"],
    ),
    (
        "CREATE TABLE c (p INTEGER REFERENCES p);",
        "INSERT INTO c VALUES (77);",
        "INSERT INTO c VALUES (77);",
        &["2"],
    ),
    // A rebuild that copies its rows in another order renumbers rowids, but keys stay.
    (
        "CREATE TABLE c (k TEXT PRIMARY KEY, p INTEGER REFERENCES p);",
        "INSERT INTO c VALUES ('a', 1), ('b', 77), ('c', 1);",
        "CREATE TABLE d (k TEXT PRIMARY KEY, p INTEGER REFERENCES p); INSERT INTO d SELECT * FROM c ORDER BY k DESC; \
         DROP TABLE c; ALTER TABLE d RENAME TO c;",
        &[],
    ),
    // Two references in one row, one to a table that does not exist.
    (
        "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p, q INTEGER REFERENCES missing (id));",
        "INSERT INTO c VALUES (1, 77, 1);",
        "UPDATE c SET p = 1; INSERT INTO c VALUES (2, 1, 3);",
        &["2"],
    ),
    // A composite reference counts only when all its columns are there.
    (
        "CREATE TABLE q (a INTEGER, b INTEGER, PRIMARY KEY (a, b)); CREATE TABLE c (id INTEGER PRIMARY KEY, \
         a INTEGER, b INTEGER, FOREIGN KEY (a, b) REFERENCES q);",
        "INSERT INTO q VALUES (1, 2); INSERT INTO c VALUES (1, 2, 1);",
        "INSERT INTO c VALUES (2, 1, 2), (3, 9, NULL), (4, 9, 9);",
        &["4"],
    ),
    // Names that must be quoted.
    (
        "CREATE TABLE \"order \"\"by\" (\"primary key\" INTEGER PRIMARY KEY, \"the p\" INTEGER REFERENCES p);",
        "INSERT INTO \"order \"\"by\" VALUES (1, 77);",
        "INSERT INTO \"order \"\"by\" VALUES (2, 77);",
        &["2"],
    ),
    // A reference that fits no unique key, which SQLite cannot check, beside one of the same table, and of another.
    (
        "CREATE TABLE q (a INTEGER); \
         CREATE TABLE c (id INTEGER PRIMARY KEY, q INTEGER REFERENCES q (a), p INTEGER REFERENCES p);",
        "INSERT INTO c VALUES (1, 5, 77);",
        "INSERT INTO c VALUES (2, 5, 1), (3, 5, 77);",
        &["3"],
    ),
    (
        "CREATE TABLE q (a INTEGER, id INTEGER, UNIQUE (a, id)); CREATE TABLE d (q INTEGER REFERENCES q (a)); \
         CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p);",
        "INSERT INTO c VALUES (1, 77);",
        "INSERT INTO c VALUES (2, 78); INSERT INTO d VALUES (4);",
        &["2"],
    ),
    // A column called rowid is not the row's number.
    (
        "CREATE TABLE c (rowid TEXT, p INTEGER REFERENCES p);",
        "INSERT INTO c VALUES ('same', 77);",
        "INSERT INTO c VALUES ('same', 77);",
        &["2"],
    ),
];

pub(crate) fn new_violations_are_told_from_old_ones_by_key<D: Sqlite>() -> Result {
    for (tables, before, upgrade, expected) in KEYS {
        let tables = format!(
            "CREATE TABLE p (id INTEGER PRIMARY KEY);\nINSERT INTO p VALUES (1);\n{tables}"
        );
        let first = Draft::new("aaaa1", "base", &tables, "SELECT 1;");
        let second = Draft::new("bbbb2", "aaaa1", upgrade, "SELECT 1;").options("foreign-keys=off");
        let migrations = project::<D>(&[first, second])?.migrations()?;
        let database = D::fresh()?;
        let mut connection = database.connect()?;
        D::run(&mut connection, migrations.upgrade(Target::Up(1)))?;
        D::execute(
            &mut connection,
            &format!("PRAGMA foreign_keys = OFF; {before} PRAGMA foreign_keys = ON"),
        )?;
        let done = D::run(&mut connection, migrations.upgrade(Target::Head));
        let rows: Vec<String> = match &done {
            Ok(_) => Vec::new(),
            Err(error) => {
                let ErrorKind::Rebuild { violations, .. } = error.kind() else {
                    panic!("{tables}: {error:?}")
                };
                violations.iter().map(|Violation { row, .. }| row.clone()).collect()
            }
        };
        assert_eq!(rows, expected, "{tables} {upgrade}");
    }
    Ok(())
}

pub(crate) fn many_violations_from_before_are_no_hindrance<D: Sqlite>() -> Result {
    // SQLite takes at most 500 selects in one.
    let mut tables = String::from("CREATE TABLE p (id INTEGER PRIMARY KEY);\n");
    let mut rows = String::new();
    for number in 0..600 {
        tables.push_str(&format!("CREATE TABLE c{number} (p INTEGER REFERENCES p);\n"));
        rows.push_str(&format!("INSERT INTO c{number} VALUES ({number});\n"));
    }
    let first = Draft::new("aaaa1", "base", &tables, "SELECT 1;");
    let second = Draft::new("bbbb2", "aaaa1", "INSERT INTO c7 VALUES (8);", "DELETE FROM c7;")
        .options("foreign-keys=off");
    let migrations = project::<D>(&[first, second])?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    D::run(&mut connection, migrations.upgrade(Target::Up(1)))?;
    D::execute(
        &mut connection,
        &format!("PRAGMA foreign_keys = OFF; BEGIN; {rows} COMMIT; PRAGMA foreign_keys = ON"),
    )?;
    let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("one is new");
    assert!(
        matches!(error.kind(), ErrorKind::Rebuild { violations, .. } if violations.len() == 1),
        "{error:?}"
    );
    Ok(())
}

pub(crate) fn the_naive_forms_do_not_compile<D: Sqlite>() -> Result {
    let statements = "CREATE TABLE new (id INTEGER PRIMARY KEY, n TEXT);\nINSERT INTO new SELECT id, n FROM parents;\n\
                      DROP TABLE parents;\nALTER TABLE new RENAME TO parents;";
    let with_pragma =
        format!("PRAGMA foreign_keys = OFF;\n{statements}\nPRAGMA foreign_keys = ON;");
    let renamed_first = "ALTER TABLE parents RENAME TO old;\nCREATE TABLE parents (id INTEGER PRIMARY KEY);\n\
                         INSERT INTO parents SELECT id FROM old;\nDROP TABLE old;";
    let cases: [(&str, &str, &[&str]); 6] = [
        (statements, "", &["unsafe-rebuild"]),
        (&with_pragma, "", &["unsafe-rebuild"; 3]),
        (renamed_first, "", &["unsafe-rebuild"]),
        (statements, "transaction=off", &["unsafe-rebuild"]),
        (statements, "foreign-keys=off", &[]),
        (statements, "transaction=off foreign-keys=off", &["unknown-directive"]),
    ];
    for (upgrade, options, expected) in cases {
        let project = Project::new()?;
        let naive = Draft {
            upgrade,
            upgrade_options: options,
            downgrade_options: "",
            downgrade: "SELECT 1;",
            ..REBUILD
        };
        project.add(&[FAMILY, naive])?;
        let mut codes = project.codes();
        codes.dedup();
        let mut expected = expected.to_vec();
        expected.dedup();
        assert_eq!(codes, expected, "{options} {upgrade}");
    }
    Ok(())
}

pub(crate) fn a_rebuild_stands_alone_between_others<D: Sqlite>() -> Result {
    let last = Draft::new("cccc3", "bbbb2", "INSERT INTO missing VALUES (1);", "SELECT 1;");
    let migrations = project::<D>(&[FAMILY, REBUILD, last])?.migrations()?;
    let database = D::fresh()?;
    let mut connection = database.connect()?;
    let error = D::run(&mut connection, migrations.upgrade(Target::Head)).expect_err("no table");
    assert_eq!(error.applied().len(), 2);
    assert_eq!(applied::<D>(&mut connection, &migrations)?, ["aaaa1", "bbbb2"]);
    assert_eq!(D::rows(&mut connection, CHILDREN)?.len(), 4);
    upgraded::<D>(&mut connection, &migrations).expect_err("still no table");
    assert_eq!(D::rows(&mut connection, "PRAGMA foreign_keys")?, ["1"]);
    Ok(())
}
