//! Statements that no transaction may hold: journaled one by one, and an index that is left half made is no hindrance.

use revchain::{ErrorKind, Progress, State, Target};
use revchain_tests::project::Draft;

use crate::{ADVISORY_LOCKS, Result, TABLE, execute, migrations, on_a_database, one, project};

const INDEX: Draft<'static> = Draft::new(
    "bbbb2",
    "aaaa1",
    "INSERT INTO a VALUES (10, 'y');\nCREATE UNIQUE INDEX CONCURRENTLY i ON a (n);\nINSERT INTO a VALUES (11, 'z');",
    "DROP INDEX CONCURRENTLY i;\nDELETE FROM a WHERE id >= 10;",
)
.options("transaction=off");

const INVALID: &str = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";

#[test]
fn an_invalid_index_of_our_own_is_dropped_before_the_retry() -> Result {
    on_a_database(async |database| {
        let migrations = migrations(&[TABLE, INDEX])?;
        let mut connection = database.postgres().await?;
        // Two rows are alike: the index fails, and stays invalid.
        let error = migrations.upgrade(Target::Head).run_async(&mut connection).await;
        let error = error.expect_err("two rows are alike");
        let ErrorKind::Statement(failure) = error.kind() else { panic!("{error:?}") };
        assert_eq!((failure.number, failure.kept), (2, true), "{error:?}");
        assert_eq!(one::<i64>(&mut connection, INVALID).await?, 1);
        let status = migrations.current().run_async(&mut connection).await?;
        assert_eq!(
            (status.applied[1].state, status.applied[1].statements_done),
            (State::Upgrading, 1)
        );

        execute(&mut connection, "UPDATE a SET n = 'other' WHERE id = 2").await?;
        let report = migrations.upgrade(Target::Head).run_async(&mut connection).await?;
        assert!(report.steps[0].resumed);
        assert_eq!(one::<i64>(&mut connection, INVALID).await?, 0);
        assert_eq!(one::<i64>(&mut connection, "SELECT count(*) FROM a WHERE id >= 10").await?, 2);
        migrations.downgrade(Target::Base).run_async(&mut connection).await?;
        Ok(())
    })
}

#[test]
fn an_index_that_another_made_is_neither_dropped_nor_taken_for_ours() -> Result {
    on_a_database(async |database| {
        let migrations = migrations(&[TABLE, INDEX])?;
        let mut connection = database.postgres().await?;
        migrations.upgrade("+1".parse()?).run_async(&mut connection).await?;
        execute(&mut connection, "CREATE INDEX i ON a (id)").await?;
        for _ in 0..2 {
            let run = migrations.upgrade(Target::Head).run_async(&mut connection).await;
            let error = run.expect_err("the name is taken");
            assert!(error.report().contains("relation \"i\" already exists"), "{error:?}");
        }
        let indexes =
            "SELECT count(*) FROM pg_index WHERE indexrelid = 'i'::regclass AND indisvalid";
        assert_eq!(one::<i64>(&mut connection, indexes).await?, 1);
        Ok(())
    })
}

#[test]
fn a_statement_whose_note_was_lost_is_not_done_twice() -> Result {
    on_a_database(async |database| {
        let failing = Draft {
            upgrade: "INSERT INTO a VALUES (10, 'y');\nCREATE INDEX CONCURRENTLY i ON a (n);\nSELECT nothing;",
            ..INDEX
        };
        let project = project(&[TABLE, failing])?;
        let mut connection = database.postgres().await?;
        let migrations = project.migrations()?;
        migrations.upgrade(Target::Head).run_async(&mut connection).await.expect_err("no column");
        // As a run leaves it that is killed between the second statement and its note.
        let begun = "UPDATE revchain_revisions SET statements_done = 1, statement_begun = 1 WHERE revision = 'bbbb2'";
        execute(&mut connection, begun).await?;
        let upgrade =
            "INSERT INTO a VALUES (10, 'y');\nCREATE INDEX CONCURRENTLY i ON a (n);\nSELECT 1;";
        project.add(&[Draft { upgrade, ..failing }])?;
        let migrations = project.migrations()?;
        let made = "SELECT oid::bigint FROM pg_class WHERE relname = 'i'";
        let before: i64 = one(&mut connection, made).await?;
        migrations.upgrade(Target::Head).run_async(&mut connection).await?;
        assert_eq!(
            one::<i64>(&mut connection, made).await?,
            before,
            "it is the index that was there"
        );

        // The same on the way back: the index is gone, and nobody wrote it down.
        execute(&mut connection, "DROP INDEX i").await?;
        let hashes = "UPDATE revchain_revisions SET state = 'downgrading', statement_begun = 0 WHERE revision = 'bbbb2'";
        execute(&mut connection, hashes).await?;
        migrations.downgrade("-1".parse()?).run_async(&mut connection).await?;
        assert_eq!(one::<i64>(&mut connection, "SELECT count(*) FROM a").await?, 2);
        Ok(())
    })
}

#[test]
fn nothing_of_the_lock_is_left_behind_it() -> Result {
    on_a_database(async |database| {
        let off = Draft { upgrade: "VACUUM a;\nSELECT pg_sleep(0);", ..INDEX };
        let project = project(&[TABLE, off])?;
        let migrations = project.migrations()?;
        let mut connection = database.postgres().await?;
        let mut seen = Vec::new();
        let hear = |progress: &Progress| seen.push(format!("{progress:?}"));
        migrations.upgrade(Target::Head).observer(hear).run_async(&mut connection).await?;
        assert_eq!(seen.len(), 4, "{seen:?}");
        let mut other = database.postgres().await?;
        assert_eq!(one::<i64>(&mut other, ADVISORY_LOCKS).await?, 0);
        let row = "SELECT token FROM revchain_lock";
        assert_eq!(one::<String>(&mut other, row).await?, "");
        Ok(())
    })
}
