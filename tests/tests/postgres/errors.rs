//! A statement that fails: the whole revision is one message, and the error still says which statement, and where.

use revchain::{ErrorKind, Target};
use revchain_tests::project::Draft;

use crate::{Result, TABLE, migrations, on_a_database, one};

/// The second revision's upgrade, the place and the number of the statement, and what the report has.
const CASES: [(&str, &str, usize, &str); 6] = [
    (
        "INSERT INTO a VALUES (3, 'ü');\nCREATE TABEL c (n INTEGER);",
        "migrations/bbbb2.sql:8:8",
        2,
        "|        ^^^^^ syntax error at or near \"TABEL\"",
    ),
    (
        "UPDATE a\n   SET n = 'ü'\n WHERE colour = 'red';",
        "migrations/bbbb2.sql:9:8",
        1,
        "|        ^^^^^^ column \"colour\" does not exist",
    ),
    (
        "SELECT 'ü'; /* two on a line */ SELECT ünbekannt FROM a;",
        "migrations/bbbb2.sql:7:40",
        2,
        "^^^^^^^^^ column \"ünbekannt\" does not exist",
    ),
    // What has no position has its first line.
    (
        "SELECT 1;\n\n  INSERT INTO a\n  VALUES (1, 'x');",
        "migrations/bbbb2.sql:9",
        2,
        "= note: statement 2 of 2: duplicate key value violates unique constraint \"a_pkey\"",
    ),
    ("CREATE TABLE a (n INTEGER);", "migrations/bbbb2.sql:7", 1, "relation \"a\" already exists"),
    (
        "SELECT 1;\nDO $$ BEGIN RAISE EXCEPTION 'no' USING DETAIL = 'never', HINT = 'stop'; END $$;",
        "migrations/bbbb2.sql:8",
        2,
        "statement 2 of 2: no; never; stop",
    ),
];

#[test]
fn an_error_points_into_the_revision() -> Result {
    on_a_database(async |database| {
        let mut connection = database.postgres().await?;
        for (upgrade, place, number, words) in CASES {
            let second = Draft::new("bbbb2", "aaaa1", upgrade, "SELECT 1;");
            let migrations = migrations(&[TABLE, second])?;
            let run = migrations.upgrade(Target::Head);
            let error = run.run_async(&mut connection).await.expect_err(upgrade);
            let ErrorKind::Statement(failure) = error.kind() else { panic!("{error:?}") };
            assert_eq!(failure.number, number, "{error:?}");
            assert_eq!(
                error.to_string(),
                format!("the upgrade of revision `bbbb2` failed ({place})")
            );
            assert!(error.report().contains(words), "{error:?}");
            let open: bool = one(&mut connection, "SELECT now() <> statement_timestamp()").await?;
            assert!(!open);
            let rows: i64 = one(&mut connection, "SELECT count(*) FROM a").await?;
            assert_eq!(rows, 2, "nothing of it is left");
        }
        Ok(())
    })
}

#[test]
fn a_deferred_constraint_fails_the_commit_and_leaves_nothing() -> Result {
    on_a_database(async |database| {
        let mut connection = database.postgres().await?;
        let second = Draft::new(
            "bbbb2",
            "aaaa1",
            "CREATE TABLE c (a INTEGER REFERENCES a DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (9);",
            "DROP TABLE c;",
        );
        let migrations = migrations(&[TABLE, second])?;
        let error = migrations.upgrade(Target::Head).run_async(&mut connection).await;
        let error = error.expect_err("there is no row 9");
        assert!(error.report().contains("violates foreign key constraint"), "{error:?}");
        assert_eq!(error.applied().len(), 1);
        let tables: i64 =
            one(&mut connection, "SELECT count(*) FROM pg_class WHERE relname = 'c'").await?;
        assert_eq!(tables, 0);
        Ok(())
    })
}
