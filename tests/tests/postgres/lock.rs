//! The run lock: who waits is told for whom, who has died is waited for by nobody, and direct and pooled runs exclude each
//! other.

use std::time::Duration;

use revchain::{ErrorKind, Pooler, Progress, Target};
use revchain_tests::project::Draft;

use crate::{ADVISORY_LOCKS, Result, TABLE, execute, migrations, on_a_database, one};

const SHORT: Duration = Duration::from_millis(150);

/// Makes the lock's table, which the first run does.
const NOTHING: Draft<'static> = Draft::new("aaaa1", "base", "SELECT 1;", "SELECT 1;");

#[test]
fn who_waits_is_told_for_whom_and_gives_up_in_time() -> Result {
    on_a_database(async |database| {
        let first = migrations(&[NOTHING])?;
        let migrations = migrations(&[NOTHING, Draft { revises: "aaaa1", id: "bbbb2", ..TABLE }])?;
        let mut connection = database.postgres().await?;
        first.upgrade(Target::Head).run_async(&mut connection).await?;
        // Another run, whose machine is not this one.
        let hold = "UPDATE revchain_lock SET token = 't', holder = 'shop 2.0.0', direct = false, taken_at = now(), \
                    lease_until = now() + interval '1 hour'";
        for pooler in [Pooler::None, Pooler::Transaction] {
            let mut other = database.postgres().await?;
            execute(&mut other, hold).await?;
            for own in [Pooler::None, Pooler::Transaction] {
                let mut told = None;
                let hear = |progress: &Progress| {
                    if let Progress::Waiting { holder, .. } = progress {
                        told.clone_from(holder);
                    }
                };
                let run = migrations.upgrade(Target::Head).wait(SHORT).pooler(own).observer(hear);
                let error = run.run_async(&mut connection).await.expect_err("another has the lock");
                let ErrorKind::Busy { waited, .. } = error.kind() else { panic!("{error:?}") };
                assert!(*waited >= SHORT);
                assert_eq!(error.exit_code(), 5);
                assert!(error.report().contains("shop 2.0.0, since 20"), "{error:?}");
                assert!(told.is_some_and(|holder| holder.contains("shop 2.0.0, since 20")));
                let locks: i64 = one(&mut other, ADVISORY_LOCKS).await?;
                assert_eq!(locks, 0, "what was taken is given back");
            }
            // The lease is over, and no statement of it runs.
            execute(
                &mut other,
                "UPDATE revchain_lock SET lease_until = now() - interval '1 second'",
            )
            .await?;
            migrations.upgrade(Target::Head).pooler(pooler).run_async(&mut connection).await?;
            migrations.downgrade("-1".parse()?).run_async(&mut connection).await?;
        }
        Ok(())
    })
}

#[test]
fn who_waits_for_a_session_is_told_its_process_and_name() -> Result {
    on_a_database(async |database| {
        let slow = Draft { upgrade: "SELECT pg_sleep(0.5);", ..NOTHING };
        let migrations = migrations(&[slow])?;
        let (mut first, mut second) = (database.postgres().await?, database.postgres().await?);
        execute(&mut first, "SET application_name = 'shop deployer'").await?;
        let process: i32 = one(&mut first, "SELECT pg_backend_pid()").await?;
        let waiting = async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            migrations.upgrade(Target::Head).wait(SHORT).run_async(&mut second).await
        };
        let run = migrations.upgrade(Target::Head).run_async(&mut first);
        let (done, waited) = tokio::join!(run, waiting);
        done?;
        let said = waited.expect_err("the first is slow").report();
        assert!(
            said.contains(&format!("process {process} of `shop deployer`, connected since 20")),
            "{said}"
        );
        Ok(())
    })
}

/// Lets the transaction that makes the lock's table commit once the run waits for it.
#[test]
fn a_table_that_another_run_has_made_and_not_committed_is_waited_for() -> Result {
    const TABLE_OF_LOCK: &str = "CREATE TABLE revchain_lock (id INTEGER PRIMARY KEY CHECK (id = 1), token TEXT NOT NULL, \
        holder TEXT NOT NULL, pid INTEGER NOT NULL, direct BOOLEAN NOT NULL, taken_at TIMESTAMPTZ NOT NULL, \
        lease_until TIMESTAMPTZ NOT NULL); INSERT INTO revchain_lock VALUES (1, '', '', 0, false, now(), now())";
    const WAITS: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
        AND wait_event_type = 'Lock' AND query LIKE 'CREATE TABLE IF NOT EXISTS%'";
    for pooler in [Pooler::None, Pooler::Transaction] {
        for end in ["COMMIT", "ROLLBACK"] {
            on_a_database(async |database| {
                let migrations = migrations(&[TABLE])?;
                let (mut first, mut run) = (database.postgres().await?, database.postgres().await?);
                let mut looks = database.postgres().await?;
                execute(&mut first, "BEGIN").await?;
                execute(&mut first, TABLE_OF_LOCK).await?;
                let ending = async {
                    while one::<i64>(&mut looks, WAITS).await? == 0 {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    execute(&mut first, end).await
                };
                let run = migrations.upgrade(Target::Head).pooler(pooler).run_async(&mut run);
                let (report, ending) = tokio::join!(run, ending);
                ending?;
                assert_eq!(report?.steps.len(), 1, "{pooler:?} {end}");
                Ok(())
            })?;
        }
    }
    Ok(())
}

#[test]
fn what_has_the_name_of_the_locks_table_is_told_of() -> Result {
    on_a_database(async |database| {
        let mut connection = database.postgres().await?;
        execute(&mut connection, "CREATE TYPE revchain_lock AS ENUM ('a')").await?;
        let run = migrations(&[TABLE])?;
        let error = run.upgrade(Target::Head).run_async(&mut connection).await;
        let report = error.expect_err("the name is taken").report();
        assert!(report.contains("type \"revchain_lock\" already exists"), "{report}");
        Ok(())
    })
}

/// Lets runs that are direct and pooled meet on an empty database.
fn meet(rounds: usize) -> Result {
    on_a_database(async |database| {
        let migrations = migrations(&[TABLE])?;
        let mut connections = Vec::new();
        for _ in 0..12 {
            connections.push(database.postgres().await?);
        }
        let mut clean = database.postgres().await?;
        for round in 0..rounds {
            let mut runs = Vec::new();
            for (index, mut connection) in connections.drain(..).enumerate() {
                let migrations = migrations.clone();
                let pooler = [Pooler::Transaction, Pooler::None][usize::from(index % 4 == 3)];
                runs.push(tokio::spawn(async move {
                    let run = migrations.upgrade(Target::Head).pooler(pooler);
                    let report = run.run_async(&mut connection).await;
                    report.map(|report| (report.steps.len(), connection))
                }));
            }
            let mut steps = 0;
            for run in runs {
                let (done, connection) = run.await?.map_err(|e| format!("round {round}: {e:?}"))?;
                steps += done;
                connections.push(connection);
            }
            assert_eq!(steps, 1, "round {round}");
            execute(&mut clean, "DROP TABLE a, revchain_lock, revchain_revisions, revchain_events")
                .await?;
        }
        Ok(())
    })
}

#[test]
fn runs_that_make_the_locks_table_at_the_same_moment_all_succeed() -> Result {
    meet(8)
}

#[test]
#[ignore = "takes minutes"]
fn a_thousand_rounds_of_runs_that_make_the_locks_table() -> Result {
    meet(1000)
}

#[test]
fn a_run_waits_for_one_that_is_at_work_and_finds_nothing_to_do() -> Result {
    on_a_database(async |database| {
        let slow = Draft { upgrade: "SELECT pg_sleep(0.6);\nCREATE TABLE a (n integer);", ..TABLE };
        let migrations = migrations(&[slow])?;
        for pair in [
            [Pooler::None, Pooler::None],
            [Pooler::None, Pooler::Transaction],
            [Pooler::Transaction, Pooler::None],
            [Pooler::Transaction, Pooler::Transaction],
        ] {
            let (mut first, mut second) = (database.postgres().await?, database.postgres().await?);
            let one_after_the_other = async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                migrations.upgrade(Target::Head).pooler(pair[1]).run_async(&mut second).await
            };
            let run = migrations.upgrade(Target::Head).pooler(pair[0]).run_async(&mut first);
            let (first_report, second_report) = tokio::join!(run, one_after_the_other);
            assert_eq!(first_report?.steps.len(), 1, "{pair:?}");
            assert!(second_report?.is_empty(), "{pair:?}");
            migrations.downgrade(Target::Base).run_async(&mut first).await?;
        }
        Ok(())
    })
}

#[test]
fn the_row_of_a_direct_run_that_died_is_free_at_once() -> Result {
    on_a_database(async |database| {
        let first = migrations(&[NOTHING])?;
        let migrations = migrations(&[NOTHING, Draft { revises: "aaaa1", id: "bbbb2", ..TABLE }])?;
        let mut connection = database.postgres().await?;
        first.upgrade(Target::Head).run_async(&mut connection).await?;
        let dead = "UPDATE revchain_lock SET token = 't', direct = true, lease_until = now() + interval '1 hour'";
        for own in [Pooler::None, Pooler::Transaction] {
            execute(&mut connection, dead).await?;
            let run = migrations.upgrade(Target::Head).wait(Duration::ZERO).pooler(own);
            run.run_async(&mut connection).await?;
            migrations.downgrade("-1".parse()?).run_async(&mut connection).await?;
        }
        Ok(())
    })
}
