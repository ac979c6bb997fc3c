//! Statements that commit by themselves: journaled one by one, and a later run goes on behind the last that is done.

use revchain::{Dialect, ErrorKind, State, Target};
use revchain_tests::project::{Draft, Project};

use crate::{Result, TABLE, execute, migrations, on_a_database, one, project};

/// Four statements: DDL, rows, DDL, rows.
const MIXED: Draft<'static> = Draft::new(
    "bbbb2",
    "aaaa1",
    "CREATE TABLE b (n INTEGER);\nINSERT INTO b VALUES (1);\nALTER TABLE b ADD m INTEGER;\nINSERT INTO b VALUES (2, 2);",
    "DELETE FROM b;\nDROP TABLE b;\nDELETE FROM a WHERE id > 2;",
);

#[test]
fn two_revisions_go_up_and_back() -> Result {
    on_a_database(async |database| {
        let rows = Draft::new(
            "bbbb2",
            "aaaa1",
            "INSERT INTO a VALUES (3, 'it''s \\\\ ü');",
            "DELETE FROM a WHERE id = 3;",
        );
        let migrations = migrations(&[TABLE, rows])?;
        let mut connection = database.mysql().await?;
        let report = migrations.upgrade(Target::Head).run_async(&mut connection).await?;
        assert_eq!(report.steps.len(), 2);
        assert_eq!(one(&mut connection, "SELECT n FROM a WHERE id = 3").await?, "it's \\ ü");
        migrations.verify().run_async(&mut connection).await?;
        assert!(migrations.upgrade(Target::Head).run_async(&mut connection).await?.is_empty());
        let report = migrations.downgrade(Target::Base).run_async(&mut connection).await?;
        assert_eq!(report.steps.len(), 2);
        let left = "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() \
                    AND table_name NOT LIKE 'revchain%'";
        assert_eq!(one(&mut connection, left).await?, "0");
        Ok(())
    })
}

#[test]
fn a_failing_statement_leaves_those_before_it_and_the_run_goes_on_there() -> Result {
    on_a_database(async |database| {
        let statements: Vec<&str> = MIXED.upgrade.lines().collect();
        for failing in 0..4 {
            let mut lines = statements.clone();
            lines[failing] = "ALTER TABLE missing ADD n INTEGER;";
            let upgrade = lines.join("\n");
            let project = project(&[TABLE, Draft { upgrade: &upgrade, ..MIXED }])?;
            let mut connection = database.mysql().await?;
            let run = project.migrations()?;
            let error = run.upgrade(Target::Head).run_async(&mut connection).await;
            let error = error.expect_err("a table misses");
            let ErrorKind::Statement(failure) = error.kind() else { panic!("{error:?}") };
            assert_eq!((failure.number, failure.total, failure.kept), (failing + 1, 4, true));
            let place = format!("(migrations/bbbb2.sql:{})", 7 + failing);
            assert!(error.to_string().ends_with(&place), "{error}");
            let status = run.current().run_async(&mut connection).await?;
            let row = &status.applied[1];
            assert_eq!((row.state, row.statements_done), (State::Upgrading, failing as i64));

            project.add(&[MIXED])?;
            let migrations = project.migrations()?;
            let report = migrations.upgrade(Target::Head).run_async(&mut connection).await?;
            assert!(report.steps[0].resumed);
            assert_eq!(one(&mut connection, "SELECT sum(n) FROM b").await?, "3");
            migrations.downgrade(Target::Base).run_async(&mut connection).await?;
        }
        Ok(())
    })
}

#[test]
fn where_nobody_knows_the_run_says_so_and_its_keeper_settles_it() -> Result {
    on_a_database(async |database| {
        let migrations = migrations(&[TABLE, MIXED])?;
        for applied in [true, false] {
            // As a server leaves it that stops in the middle of the third statement.
            let mut connection = database.mysql().await?;
            migrations.upgrade(Target::Head).run_async(&mut connection).await?;
            let begun = "UPDATE revchain_revisions SET state = 'upgrading', statements_done = 2, statement_begun = 2 \
                         WHERE revision = 'bbbb2'";
            execute(&mut connection, begun).await?;
            for _ in 0..2 {
                let run = migrations.upgrade(Target::Head).run_async(&mut connection).await;
                let error = run.expect_err("nobody knows");
                assert_eq!((error.code(), error.exit_code()), ("may-be-done", 4), "{error:?}");
                let report = error.report();
                assert!(report.contains("--> migrations/bbbb2.sql:9\n"), "{report}");
                assert!(report.contains("statements 1 to 2 are done"), "{report}");
                for end in ["--applied", "--reverted"] {
                    assert!(report.contains(&format!("resolve bbbb2 {end}")), "{report}");
                }
            }
            migrations.resolve("bbbb2", applied).run_async(&mut connection).await?;
            if !applied {
                execute(&mut connection, "DROP TABLE b").await?;
                migrations.upgrade(Target::Head).run_async(&mut connection).await?;
            }
            migrations.verify().run_async(&mut connection).await?;
            migrations.downgrade(Target::Base).run_async(&mut connection).await?;
        }
        // Rows and their note commit together: of those everybody knows.
        let mut connection = database.mysql().await?;
        migrations.upgrade(Target::Head).run_async(&mut connection).await?;
        let back = "UPDATE revchain_revisions SET state = 'downgrading', statements_done = 1, statement_begun = 1 \
                    WHERE revision = 'bbbb2'";
        execute(&mut connection, back).await?;
        let run = migrations.downgrade(Target::Base).run_async(&mut connection).await;
        assert_eq!(run.expect_err("the table may be gone").code(), "may-be-done");
        execute(&mut connection, "UPDATE revchain_revisions SET statement_begun = NULL").await?;
        migrations.downgrade(Target::Base).run_async(&mut connection).await?;
        Ok(())
    })
}

#[test]
fn a_procedure_that_answers_several_times_is_one_statement() -> Result {
    on_a_database(async |database| {
        let create = "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; INSERT INTO a VALUES (9, 'p'); END;\nCALL p();\n\
                      INSERT INTO missing VALUES (1);";
        let calling = Draft::new("bbbb2", "aaaa1", create, "DROP PROCEDURE p;");
        let migrations = migrations(&[TABLE, calling])?;
        let mut connection = database.mysql().await?;
        let run = migrations.upgrade(Target::Head).run_async(&mut connection).await;
        let error = run.expect_err("a table misses");
        assert!(matches!(error.kind(), ErrorKind::Statement(f) if f.number == 3), "{error:?}");
        assert_eq!(one(&mut connection, "SELECT count(*) FROM a WHERE id = 9").await?, "1");
        Ok(())
    })
}

#[test]
fn a_transaction_of_its_own_ends_where_ddl_ends_it() -> Result {
    on_a_database(async |database| {
        // The first INSERT is committed by the ALTER; the rest of the section does not hang on the open transaction.
        let own = "BEGIN;\nINSERT INTO a VALUES (3, 'y');\nALTER TABLE a ADD m INTEGER;\n\
                   INSERT INTO a VALUES (4, 'z', 1);\nINSERT INTO missing VALUES (1);\nCOMMIT;";
        let off = Draft::new("bbbb2", "aaaa1", own, "ALTER TABLE a DROP m;");
        let project = project(&[TABLE, off.options("transaction=off")])?;
        let mut connection = database.mysql().await?;
        let run = project.migrations()?.upgrade(Target::Head).run_async(&mut connection).await;
        let error = run.expect_err("a table misses");
        assert!(matches!(error.kind(), ErrorKind::Statement(f) if f.number == 5), "{error:?}");
        assert_eq!(one(&mut connection, "SELECT count(*) FROM a").await?, "4");
        let mended = own.replace("missing VALUES (1)", "a VALUES (5, '', 2)");
        project.add(&[Draft { upgrade: &mended, ..off }.options("transaction=off")])?;
        project.migrations()?.upgrade(Target::Head).run_async(&mut connection).await?;
        assert_eq!(one(&mut connection, "SELECT count(*) FROM a").await?, "5");
        assert_eq!(one(&mut connection, "SELECT @@in_transaction").await?, "0");
        Ok(())
    })
}

#[test]
fn a_set_for_several_databases_runs_with_its_sections_for_mysql() -> Result {
    on_a_database(async |database| {
        let project = Project::for_dialects(&Dialect::ALL)?;
        let text = "-- both\n--\n-- revision: aaaa1\n-- revises: base\n\n-- migrate:upgrade sqlite postgres\n\
                    CREATE TABLE other (n INTEGER);\n\n-- migrate:upgrade mysql\n\
                    CREATE TABLE own (n INTEGER) COMMENT = 'mine';\n\n-- migrate:downgrade sqlite postgres\n\
                    DROP TABLE other;\n\n-- migrate:downgrade mysql\nDROP TABLE own;\n";
        std::fs::write(project.path().join("aaaa1.sql"), text)?;
        project.seal()?;
        let migrations = project.migrations()?;
        let mut connection = database.mysql().await?;
        migrations.upgrade(Target::Head).run_async(&mut connection).await?;
        assert_eq!(one(&mut connection, "SELECT count(*) FROM own").await?, "0");
        migrations.downgrade(Target::Base).run_async(&mut connection).await?;
        execute(&mut connection, "SELECT * FROM own").await.expect_err("it is gone");
        Ok(())
    })
}
