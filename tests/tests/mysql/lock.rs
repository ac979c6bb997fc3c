//! The run lock: who waits is told for whom, who has died is waited for by nobody, who has lost it stops.

use std::time::Duration;

use revchain::{ErrorKind, Progress, Target};
use revchain_tests::project::Draft;

use crate::{Result, TABLE, execute, migrations, on_a_database, one};

const SHORT: Duration = Duration::from_millis(150);

/// Makes the lock's table, which the first run does.
const NOTHING: Draft<'static> = Draft::new("aaaa1", "base", "SELECT 1;", "SELECT 1;");
const SECOND: Draft<'static> = Draft { revises: "aaaa1", id: "bbbb2", ..TABLE };

#[test]
fn who_waits_for_a_session_is_told_its_connection_and_gives_up_in_time() -> Result {
    on_a_database(async |database| {
        let slow = Draft { upgrade: "DO sleep(3);", ..NOTHING };
        let migrations = migrations(&[slow])?;
        let (mut first, mut second) = (database.mysql().await?, database.mysql().await?);
        let id = one(&mut first, "SELECT connection_id()").await?;
        let mut told = None;
        let hear = |progress: &Progress| {
            if let Progress::Waiting { holder, .. } = progress {
                told.clone_from(holder);
            }
        };
        let waiting = async {
            // Until the first has the lock.
            while one(&mut second, "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%sleep(3)%' AND id <> connection_id()").await? == "0" {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let run = migrations.upgrade(Target::Head).wait(SHORT).observer(hear);
            Ok::<_, Box<dyn std::error::Error>>(run.run_async(&mut second).await)
        };
        let run = migrations.upgrade(Target::Head).run_async(&mut first);
        let (done, waited) = tokio::join!(run, waiting);
        assert_eq!(done?.steps.len(), 1);
        let error = waited?.expect_err("the first is slow");
        let ErrorKind::Busy { waited, .. } = error.kind() else { panic!("{error:?}") };
        assert!(*waited >= SHORT);
        assert_eq!(error.exit_code(), 5);
        let said = format!("connection {id} of `");
        assert!(error.report().contains(&said), "{error:?}");
        assert!(told.is_some_and(|holder| holder.contains(&said)));
        assert!(migrations.upgrade(Target::Head).run_async(&mut second).await?.is_empty());
        Ok(())
    })
}

/// What the row says of the run before, and whether it is in the way.
const ROWS: [(&str, bool); 4] = [
    // A direct run of this server that died: its `GET_LOCK` went with its session.
    (
        "direct = 1, server = concat(@@hostname, ':', @@port), lease_until = utc_timestamp(6) + INTERVAL 1 HOUR",
        false,
    ),
    // One of another server, whose locks this one does not know.
    ("direct = 1, server = 'other:3306', lease_until = utc_timestamp(6) + INTERVAL 1 HOUR", true),
    ("direct = 0, lease_until = utc_timestamp(6) + INTERVAL 1 HOUR", true),
    (
        "direct = 0, server = 'other:3306', lease_until = utc_timestamp(6) - INTERVAL 1 SECOND",
        false,
    ),
];

#[test]
fn a_row_is_free_when_its_run_has_died_or_its_lease_is_over() -> Result {
    on_a_database(async |database| {
        let first = migrations(&[NOTHING])?;
        let migrations = migrations(&[NOTHING, SECOND])?;
        let mut connection = database.mysql().await?;
        first.upgrade(Target::Head).run_async(&mut connection).await?;
        for (row, in_the_way) in ROWS {
            let hold = format!(
                "UPDATE revchain_lock SET token = 'u', holder = 'shop 2.0.0', taken_at = utc_timestamp(6), {row}"
            );
            execute(&mut connection, &hold).await?;
            let run = migrations.upgrade(Target::Head).wait(SHORT).run_async(&mut connection).await;
            if in_the_way {
                let error = run.expect_err(row);
                assert!(error.report().contains("shop 2.0.0, since 20"), "{error:?}");
                let free = "SELECT release_all_locks()";
                assert_eq!(one(&mut connection, free).await?, "0", "what was taken is given back");
            } else {
                assert_eq!(run?.steps.len(), 1, "{row}");
                migrations.downgrade("-1".parse()?).run_async(&mut connection).await?;
                assert_eq!(one(&mut connection, "SELECT token FROM revchain_lock").await?, "");
            }
        }
        Ok(())
    })
}

#[test]
fn a_statement_of_the_run_before_is_waited_for_after_its_lease() -> Result {
    on_a_database(async |database| {
        let first = migrations(&[NOTHING])?;
        let migrations = migrations(&[NOTHING, SECOND])?;
        let (mut connection, mut other) = (database.mysql().await?, database.mysql().await?);
        first.upgrade(Target::Head).run_async(&mut connection).await?;
        let over = "UPDATE revchain_lock SET token = 't', direct = 0, lease_until = utc_timestamp(6) - INTERVAL 1 HOUR";
        execute(&mut connection, over).await?;
        let running = execute(&mut other, "/* revchain t */ DO sleep(1)");
        let waiting = async {
            let seen = "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '/* revchain t */%'";
            while one(&mut connection, seen).await? == "0" {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let run = migrations.upgrade(Target::Head).wait(SHORT);
            let refused = run.run_async(&mut connection).await.expect_err("it still runs");
            assert!(matches!(refused.kind(), ErrorKind::Busy { .. }), "{refused:?}");
            Ok::<_, Box<dyn std::error::Error>>(
                migrations.upgrade(Target::Head).run_async(&mut connection).await?,
            )
        };
        let (ran, report) = tokio::join!(running, waiting);
        ran?;
        assert_eq!(report?.steps.len(), 1);
        Ok(())
    })
}

#[test]
fn a_run_that_has_lost_the_lock_stops_before_it_does_anything_more() -> Result {
    on_a_database(async |database| {
        let rows = Draft::new("cccc3", "bbbb2", "INSERT INTO a VALUES (3, 'z');", "SELECT 1;");
        for (behind, left) in [("aaaa1", "SELECT 1"), ("bbbb2", "SELECT 3 - count(*) FROM a")] {
            let migrations = migrations(&[NOTHING, SECOND, rows])?;
            let mut connection = database.mysql().await?;
            let hear = |progress: &Progress| {
                if matches!(progress, Progress::Finished(done) if done.revision == behind) {
                    assert!(database.run("UPDATE revchain_lock SET token = 'another'").well);
                }
            };
            let run = migrations.upgrade(Target::Head).observer(hear);
            let error = run.run_async(&mut connection).await.expect_err("another has it");
            assert!(matches!(error.kind(), ErrorKind::LockLost), "{error:?}");
            assert_eq!(error.exit_code(), 5);
            assert_eq!(one(&mut connection, left).await?, "1");
            assert!(database.run("UPDATE revchain_lock SET token = ''").well);
            migrations.downgrade(Target::Base).run_async(&mut connection).await?;
        }
        Ok(())
    })
}
