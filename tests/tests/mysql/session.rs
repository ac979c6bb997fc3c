//! What belongs to a session: a caller's transaction and settings, and what a revision changes.

use revchain::{ErrorKind, Target};
use revchain_tests::project::Draft;

use crate::{Result, TABLE, execute, migrations, on_a_database, one, project};

/// The settings that a revision here changes, in one row.
const SETTINGS: &str = "SELECT concat_ws('|', @@sql_mode, @@foreign_key_checks, @@unique_checks, @@autocommit, @@time_zone, \
    @@character_set_client, @@character_set_connection, coalesce(@@character_set_results, 'NULL'), \
    @@collation_connection, @@lock_wait_timeout, @@innodb_lock_wait_timeout, @@sort_buffer_size, @@tx_isolation, \
    database())";

/// As a dump begins, and worse.
const CHANGES: &str = "SET NAMES latin1, sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,NO_AUTO_VALUE_ON_ZERO';\n\
    /*!40014 SET UNIQUE_CHECKS=0, FOREIGN_KEY_CHECKS=0 */;\nSET @@session.time_zone = '+05:00';\n\
    SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;\nSET sort_buffer_size = 100000, character_set_results = NULL;\n\
    SET lock_wait_timeout = 77;\nUSE information_schema;\n";

#[test]
fn what_a_revision_changes_is_put_back_before_the_next_on_every_way_out() -> Result {
    on_a_database(async |database| {
        // With rows alone, and with a statement that commits by itself; the whole section is undone, or goes on.
        let rows = CHANGES.replace("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;\n", "");
        for (changes, own) in [(rows.as_str(), "SELECT 1;"), (CHANGES, "FLUSH STATUS;")] {
            for last in ["INSERT INTO a VALUES (3, '\\\\ü');", "INSERT INTO missing VALUES (1);"] {
                let text = format!("{changes}{own}");
                let drafts = [
                    TABLE,
                    Draft::new("bbbb2", "aaaa1", &text, "SELECT 'it''s \\\\ ü';"),
                    Draft::new("cccc3", "bbbb2", last, "DELETE FROM a WHERE id = 3;"),
                ];
                let migrations = migrations(&drafts)?;
                let mut connection = database.mysql().await?;
                execute(&mut connection, "SET lock_wait_timeout = 123, foreign_key_checks = 1")
                    .await?;
                let before = one(&mut connection, SETTINGS).await?;
                let run = migrations.upgrade(Target::Head).run_async(&mut connection).await;
                assert_eq!(run.is_ok(), last.contains("INTO a"), "{run:?}");
                assert_eq!(one(&mut connection, SETTINGS).await?, before, "{run:?}");
                if run.is_ok() {
                    let told = one(&mut connection, "SELECT n FROM a WHERE id = 3").await?;
                    assert_eq!(told, "\\ü", "the next revision is read as ever");
                }
                let status = migrations.current().run_async(&mut connection).await?;
                assert_eq!(
                    status.applied[1].downgrade,
                    "-- migrate:downgrade \nSELECT 'it''s \\\\ ü';"
                );
                migrations.downgrade(Target::Base).run_async(&mut connection).await?;
                assert_eq!(one(&mut connection, SETTINGS).await?, before);
            }
        }
        Ok(())
    })
}

#[test]
fn the_ledger_survives_any_mode_of_the_caller() -> Result {
    on_a_database(async |database| {
        for mode in ["", "ANSI,NO_BACKSLASH_ESCAPES", "TRADITIONAL", "ORACLE", "MSSQL"] {
            let second = Draft::new("bbbb2", "aaaa1", "DELETE FROM a;", "SELECT 'it''s \\\\ it';");
            let migrations = migrations(&[TABLE, second])?;
            let mut connection = database.mysql().await?;
            execute(&mut connection, &format!("SET sql_mode = '{mode}'")).await?;
            migrations.upgrade(Target::Head).tag(r"back\slash").run_async(&mut connection).await?;
            migrations.verify().run_async(&mut connection).await?;
            let tag = "SELECT DISTINCT tag FROM revchain_events WHERE tag IS NOT NULL";
            assert_eq!(one(&mut connection, tag).await?, r"back\slash", "{mode}");
            let status = migrations.current().run_async(&mut connection).await?;
            assert!(status.applied[1].downgrade.ends_with(r"'it''s \\ it';"), "{mode}");
            migrations.downgrade(Target::Base).run_async(&mut connection).await?;
        }
        Ok(())
    })
}

#[test]
fn a_callers_transaction_is_refused_however_it_was_begun() -> Result {
    on_a_database(async |database| {
        let migrations = migrations(&[TABLE])?;
        let mut connection = database.mysql().await?;
        execute(&mut connection, "CREATE TABLE own (n INTEGER)").await?;
        let ways = [
            "BEGIN",
            "START TRANSACTION READ ONLY",
            "BEGIN; INSERT INTO own VALUES (1)",
            "SET autocommit = 0; INSERT INTO own VALUES (1)",
            "XA START 'x'",
        ];
        for way in ways {
            let mut connection = database.mysql().await?;
            execute(&mut connection, way).await?;
            for verb in [migrations.upgrade(Target::Head), migrations.stamp([Target::Head])] {
                let error = verb.run_async(&mut connection).await.expect_err(way);
                assert!(matches!(error.kind(), ErrorKind::OpenTransaction), "{way}: {error:?}");
            }
            assert_eq!(one(&mut connection, "SELECT @@in_transaction").await?, "1", "{way}");
        }
        assert_eq!(
            one(&mut connection, "SELECT count(*) FROM own").await?,
            "0",
            "nothing was committed"
        );
        Ok(())
    })
}

#[test]
fn a_caller_without_autocommit_has_it_off_afterwards() -> Result {
    on_a_database(async |database| {
        let rows = Draft::new(
            "bbbb2",
            "aaaa1",
            "INSERT INTO a VALUES (3, 'z');",
            "DELETE FROM a WHERE id = 3;",
        );
        let project = project(&[TABLE, rows])?;
        let migrations = project.migrations()?;
        let mut connection = database.mysql().await?;
        execute(&mut connection, "SET autocommit = 0").await?;
        migrations.verify().run_async(&mut connection).await.expect_err("all is pending");
        for _ in 0..2 {
            migrations.upgrade(Target::Head).run_async(&mut connection).await?;
            migrations.verify().run_async(&mut connection).await?;
            assert_eq!(one(&mut connection, "SELECT @@autocommit").await?, "0");
            assert_eq!(one(&mut connection, "SELECT @@in_transaction").await?, "0");
        }
        // It is committed: another sees it.
        let mut other = database.mysql().await?;
        assert_eq!(one(&mut other, "SELECT count(*) FROM a").await?, "3");
        migrations.downgrade(Target::Base).run_async(&mut connection).await?;
        Ok(())
    })
}

#[test]
fn a_start_with_nothing_to_do_writes_nothing() -> Result {
    on_a_database(async |database| {
        let migrations = migrations(&[TABLE])?;
        let mut connection = database.mysql().await?;
        migrations.upgrade(Target::Head).run_async(&mut connection).await?;
        let mut other = database.mysql().await?;
        execute(&mut other, "BEGIN; SELECT * FROM revchain_lock FOR UPDATE").await?;
        execute(&mut connection, "SET SESSION TRANSACTION READ ONLY").await?;
        assert!(migrations.upgrade(Target::Head).run_async(&mut connection).await?.is_empty());
        migrations.verify().run_async(&mut connection).await?;
        let plan = migrations.downgrade(Target::Base).plan_async(&mut connection).await?;
        assert_eq!(plan.steps.len(), 1);
        Ok(())
    })
}
