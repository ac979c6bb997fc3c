//! Statements that fail: the file, the line, the server's words.

use revchain::{ErrorKind, Target};
use revchain_tests::project::Draft;

use crate::{Result, TABLE, migrations, on_a_database, one};

/// The second revision's upgrade; the line, the number of statements, the words.
const CASES: [(&str, usize, (usize, usize), &str); 6] = [
    (
        "INSERT INTO a VALUES (3, 'z');\nINSERT INTO a VALUES (1, 'x');",
        8,
        (2, 2),
        "Duplicate entry '1'",
    ),
    ("UPDATE a\n   SET n = 'ü'\n WHERE colour = 'red';", 7, (1, 1), "Unknown column 'colour'"),
    ("SELECT 1;\n\nINSERT INTO missing VALUES (1);", 9, (2, 2), "missing' doesn't exist"),
    (
        "DELETE FROM a;\nDELETE FORM a;\nSELECT 1;",
        8,
        (2, 3),
        "You have an error in your SQL syntax",
    ),
    ("CREATE TABLE a (n INTEGER);", 7, (1, 1), "Table 'a' already exists"),
    (
        "CREATE TABLE c (n INTEGER);\nALTER TABLE c ADD n INTEGER;",
        8,
        (2, 2),
        "Duplicate column name 'n'",
    ),
];

#[test]
fn the_error_names_the_statement_and_its_line() -> Result {
    on_a_database(async |database| {
        let mut connection = database.mysql().await?;
        for (upgrade, line, numbers, words) in CASES {
            let second = Draft::new("bbbb2", "aaaa1", upgrade, "SELECT 1;");
            let migrations = migrations(&[TABLE, second])?;
            let run = migrations.upgrade(Target::Head).run_async(&mut connection).await;
            let error = run.expect_err(upgrade);
            let ErrorKind::Statement(failure) = error.kind() else { panic!("{error:?}") };
            assert_eq!(
                (failure.number, failure.total, failure.exact),
                (numbers.0, numbers.1, false)
            );
            assert!(failure.source.to_string().contains(words), "{error:?}");
            assert!(
                error.report().contains(&format!("--> migrations/bbbb2.sql:{line}\n")),
                "{error:?}"
            );
            // Rows alone are rolled back; what commits by itself is not.
            assert_eq!(failure.kept, upgrade.contains("TABLE"), "{error:?}");
            assert_eq!(one(&mut connection, "SELECT count(*) FROM a").await?, "2", "{upgrade}");
            assert_eq!(one(&mut connection, "SELECT @@in_transaction").await?, "0", "{upgrade}");
            if failure.kept {
                migrations.resolve("bbbb2", false).run_async(&mut connection).await?;
            }
        }
        Ok(())
    })
}

#[test]
fn without_a_database_the_error_says_how_to_name_one() -> Result {
    on_a_database(async |database| {
        let migrations = migrations(&[TABLE])?;
        let options = database.mysql_options();
        let mut connection =
            sqlx::ConnectOptions::connect(&options.database("information_schema")).await?;
        let error = migrations.upgrade(Target::Head).run_async(&mut connection).await;
        error.expect_err("nobody can write there");
        let mut connection = database.mysql().await?;
        crate::execute(&mut connection, "CREATE DATABASE IF NOT EXISTS revchain_gone").await?;
        crate::execute(&mut connection, "USE revchain_gone; DROP DATABASE revchain_gone").await?;
        let error = migrations.verify().run_async(&mut connection).await.expect_err("it is gone");
        assert!(
            error.report().contains("no database is selected: name one in the URL"),
            "{error:?}"
        );
        Ok(())
    })
}
