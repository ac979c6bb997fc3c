//! The session after a revision, and before a run: settings are put back, and a transaction of the caller's is refused.

use revchain::{ErrorKind, Target, Transactions};
use revchain_tests::project::Draft;

use crate::{Result, TABLE, execute, migrations, on_a_database, one};

/// As `pg_dump` begins.
const PREAMBLE: &str = "SET standard_conforming_strings = off;\nSELECT pg_catalog.set_config('search_path', '', false);\n\
    SET check_function_bodies = false;\nSET client_min_messages = warning;\nSET row_security = off;\nSET statement_timeout = 0;\n\
    SET default_tablespace = '';\nSET work_mem = '8MB';\n\
    CREATE TABLE public.dumped (n integer);\nINSERT INTO public.dumped VALUES (1);";

#[test]
fn settings_that_a_revision_changes_reach_neither_the_next_one_nor_the_caller() -> Result {
    on_a_database(async |database| {
        let dumped = Draft::new("bbbb2", "aaaa1", PREAMBLE, "DROP TABLE dumped;");
        let next = Draft::new(
            "cccc3",
            "bbbb2",
            r"INSERT INTO a VALUES (3, 'back\slash'); UPDATE dumped SET n = 2;",
            r"DELETE FROM a WHERE n = 'back\slash';",
        );
        let sections = [
            ("", Transactions::PerRun),
            ("", Transactions::PerRevision),
            ("transaction=off", Transactions::PerRevision),
        ];
        let role = format!(
            "{PREAMBLE}\nGRANT ALL ON ALL TABLES IN SCHEMA public TO pg_monitor;\nSET ROLE pg_monitor;"
        );
        for (options, transactions) in sections {
            let dumped = match options {
                "" => Draft { upgrade: &role, ..dumped },
                _ => dumped,
            };
            let migrations = migrations(&[TABLE, dumped.options(options), next])?;
            let mut connection = database.postgres().await?;
            execute(&mut connection, "SET work_mem = '5MB'; SET application_name = 'the caller'")
                .await?;
            let run = migrations.upgrade(Target::Head).transactions(transactions);
            run.run_async(&mut connection).await?;
            for (query, expected) in [
                ("SELECT current_setting('search_path')", "\"$user\", public"),
                ("SELECT current_setting('standard_conforming_strings')", "on"),
                ("SELECT current_setting('work_mem')", "5MB"),
                ("SELECT current_setting('application_name')", "the caller"),
                ("SELECT current_setting('client_min_messages')", "notice"),
                ("SELECT current_setting('lock_timeout')", "0"),
                ("SELECT current_setting('row_security')", "on"),
                ("SELECT current_setting('role')", "none"),
                ("SELECT n FROM a WHERE id = 3", r"back\slash"),
            ] {
                assert_eq!(
                    one::<String>(&mut connection, query).await?,
                    expected,
                    "{query} {options}"
                );
            }
            migrations.downgrade(Target::Base).run_async(&mut connection).await?;
        }
        Ok(())
    })
}

#[test]
fn a_search_path_decides_where_the_ledger_is_made_and_never_moves_it() -> Result {
    on_a_database(async |database| {
        let migrations = migrations(&[TABLE])?;
        let mut connection = database.postgres().await?;
        execute(&mut connection, "CREATE SCHEMA shop; SET search_path = shop").await?;
        migrations.upgrade(Target::Head).run_async(&mut connection).await?;
        let rows: i64 =
            one(&mut connection, "SELECT count(*) FROM shop.revchain_revisions").await?;
        assert_eq!(rows, 1);
        execute(&mut connection, "CREATE SCHEMA other; SET search_path = other, shop").await?;
        let again = migrations.upgrade(Target::Head).run_async(&mut connection).await?;
        assert!(again.is_empty());
        migrations.verify().run_async(&mut connection).await?;
        Ok(())
    })
}

#[test]
fn a_transaction_of_the_callers_is_refused_however_it_was_begun() -> Result {
    on_a_database(async |database| {
        let migrations = migrations(&[TABLE])?;
        let mut connection = database.postgres().await?;
        for begin in ["BEGIN", "BEGIN; CREATE TABLE own (n integer)", "BEGIN; SELECT 1/0"] {
            let _ = execute(&mut connection, begin).await;
            let run = migrations.upgrade(Target::Head).run_async(&mut connection).await;
            let error = run.expect_err("a transaction is open");
            assert!(matches!(error.kind(), ErrorKind::OpenTransaction), "{begin}: {error:?}");
            execute(&mut connection, "ROLLBACK").await?;
        }
        let mut transaction = sqlx::Connection::begin(&mut connection).await?;
        let run = migrations.upgrade(Target::Head).run_async(&mut *transaction).await;
        assert!(matches!(run.expect_err("open").kind(), ErrorKind::OpenTransaction));
        transaction.rollback().await?;
        migrations.upgrade(Target::Head).run_async(&mut connection).await?;
        Ok(())
    })
}

#[test]
fn with_nothing_pending_nothing_is_locked_and_a_reader_may_do_it() -> Result {
    on_a_database(async |database| {
        let migrations = migrations(&[TABLE])?;
        let mut connection = database.postgres().await?;
        migrations.upgrade(Target::Head).run_async(&mut connection).await?;
        let mut other = database.postgres().await?;
        execute(&mut other, "BEGIN; LOCK TABLE revchain_lock IN ACCESS EXCLUSIVE MODE").await?;
        execute(&mut connection, "SET default_transaction_read_only = on").await?;
        assert!(migrations.upgrade(Target::Head).run_async(&mut connection).await?.is_empty());
        migrations.verify().run_async(&mut connection).await?;
        let plan = migrations.downgrade(Target::Base).plan_async(&mut connection).await?;
        assert_eq!(plan.steps.len(), 1);
        Ok(())
    })
}

/// A long run prepares what it repeats.
#[test]
fn a_long_run_leaves_no_prepared_statement_and_does_not_need_those_that_a_revision_deallocates()
-> Result {
    const LEFT: &str = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'revchain%'";
    on_a_database(async |database| {
        for (own, well) in [("SELECT 1", true), ("DEALLOCATE ALL", true), ("SELECT 1 / 0", false)] {
            let ids: Vec<String> = (1..=14).map(|number| format!("bbbb{number}")).collect();
            let texts: Vec<(String, String)> = (1..=14)
                .map(|number| {
                    let own = if number == 9 { own } else { "SELECT 1" };
                    let upgrade = format!("CREATE TABLE b{number} (id integer); {own};");
                    (upgrade, format!("DROP TABLE b{number};"))
                })
                .collect();
            let mut drafts = vec![TABLE];
            for (number, (upgrade, downgrade)) in texts.iter().enumerate() {
                let parent = if number == 0 { "aaaa1" } else { &ids[number - 1] };
                drafts.push(Draft::new(&ids[number], parent, upgrade, downgrade));
            }
            let migrations = migrations(&drafts)?;
            let mut connection = database.postgres().await?;
            let run = migrations.upgrade(Target::Head).run_async(&mut connection).await;
            let applied = if well { 15 } else { 9 };
            match &run {
                Ok(report) => assert_eq!((report.steps.len(), well), (15, true), "{own}"),
                Err(error) => assert!(!well && error.to_string().contains("bbbb9"), "{error}"),
            }
            let rows = "SELECT count(*) FROM revchain_revisions";
            assert_eq!(one::<i64>(&mut connection, rows).await?, applied, "{own}");
            let events = "SELECT count(*) FROM revchain_events WHERE deed = 'upgrade'";
            assert_eq!(one::<i64>(&mut connection, events).await? % 15, applied % 15, "{own}");
            assert_eq!(one::<i64>(&mut connection, LEFT).await?, 0, "{own}");
            migrations.downgrade(Target::Base).run_async(&mut connection).await?;
            assert_eq!(one::<i64>(&mut connection, LEFT).await?, 0, "{own}");
        }
        Ok(())
    })
}
