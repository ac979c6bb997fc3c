//! Runs behind PgBouncer in transaction mode, which gives each transaction another session.

use std::collections::BTreeSet;
use std::error::Error;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use revchain::{Dialect, ErrorKind, Migrations, Pooler, State, Target};
use revchain_tests::clients::Database;
use revchain_tests::pgbouncer::{Next, PgBouncer};
use revchain_tests::project::{Draft, Project};
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::runtime::Builder;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Each leaves the process of the session that it ran on.
const DRAFTS: [Draft<'static>; 4] = [
    Draft::new(
        "aaaa1",
        "base",
        "CREATE TABLE a (n integer, pid integer);\nINSERT INTO a VALUES (1, pg_backend_pid());",
        "DROP TABLE a;",
    ),
    Draft::new("bbbb2", "aaaa1", "INSERT INTO a VALUES (2, pg_backend_pid());", "DELETE FROM a WHERE n = 2;"),
    Draft::new(
        "cccc3",
        "bbbb2",
        "INSERT INTO a VALUES (3, pg_backend_pid());\nCREATE UNIQUE INDEX CONCURRENTLY i ON a (n);\n\
         INSERT INTO a VALUES (4, pg_backend_pid());\nVACUUM a;",
        "DROP INDEX CONCURRENTLY i;\nDELETE FROM a WHERE n IN (3, 4);",
    )
    .options("transaction=off"),
    Draft::new(
        "dddd4",
        "cccc3",
        "SET work_mem = '9MB';\nINSERT INTO a VALUES (5, pg_backend_pid());",
        "DELETE FROM a WHERE n = 5;",
    ),
];

const WHOLE: [&str; 5] = ["1", "2", "3", "4", "5"];

struct Place {
    database: Database,
    pooler: PgBouncer,
    migrations: Migrations,
}

impl Place {
    async fn connection(&self) -> Result<PgConnection> {
        Ok(self.pooler.options().connect().await?)
    }

    /// Lets the pooler have several sessions, and takes all that are left on it.
    async fn sessions(&self) -> Result<Vec<PgConnection>> {
        let mut clients = Vec::new();
        for _ in 0..4 {
            let mut client = self.connection().await?;
            execute(&mut client, "BEGIN").await?;
            clients.push(client);
        }
        for client in &mut clients {
            execute(client, "COMMIT").await?;
        }
        Ok(clients)
    }

    fn done(&self) -> Vec<String> {
        self.database.rows("SELECT n FROM a ORDER BY n")
    }

    /// Tells how many sessions left a trace of themselves.
    fn traces(&self) -> usize {
        self.database.rows("SELECT pid FROM a").into_iter().collect::<BTreeSet<String>>().len()
    }

    fn is_free(&self) {
        assert_eq!(self.database.rows("SELECT token FROM revchain_lock"), [""]);
        let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        assert_eq!(self.database.rows(locks), ["0"]);
    }
}

/// Runs a test behind a pooler of its own, where there is one.
fn behind<F: Future<Output = Result>>(next: Next, test: impl FnOnce(Rc<Place>) -> F) -> Result {
    if !Database::has_postgres() {
        return Ok(());
    }
    let database = Database::fresh(Dialect::Postgres).ok_or("the server makes no database")?;
    let Some(pooler) = PgBouncer::before(&database, next)? else { return Ok(()) };
    let project = Project::for_dialects(&[Dialect::Postgres])?;
    project.add(&DRAFTS)?;
    let place = Place { database, pooler, migrations: project.migrations()? };
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(test(place.into()))
}

async fn execute(connection: &mut PgConnection, sql: &'static str) -> Result {
    sqlx::raw_sql(sql).execute(connection).await?;
    Ok(())
}

#[test]
fn a_declared_pooler_serves_every_kind_of_revision_on_ever_other_sessions() -> Result {
    behind(Next::InTurn, async |place| {
        let _clients = place.sessions().await?;
        let mut connection = place.connection().await?;
        let migrations = &place.migrations;
        for _ in 0..2 {
            let run = migrations.upgrade(Target::Head).pooler(Pooler::Transaction);
            assert_eq!(run.run_async(&mut connection).await?.steps.len(), 4);
            assert_eq!(place.done(), WHOLE);
            assert!(place.traces() > 1, "the session never changed");
            place.is_free();
            // No session keeps what a revision has set.
            for _ in 0..8 {
                let row = sqlx::raw_sql("SHOW work_mem").fetch_one(&mut connection).await?;
                assert_ne!(sqlx::Row::try_get_unchecked::<&str, _>(&row, 0)?, "9MB");
            }
            let again = migrations.upgrade(Target::Head).pooler(Pooler::Transaction);
            assert!(again.run_async(&mut connection).await?.is_empty());
            migrations.verify().run_async(&mut connection).await?;
            let back = migrations.downgrade(Target::Base).pooler(Pooler::Transaction);
            assert_eq!(back.run_async(&mut connection).await?.steps.len(), 4);
            place.is_free();
        }
        Ok(())
    })
}

#[test]
fn a_statement_outside_a_transaction_that_fails_behind_a_pooler_is_resumed_there() -> Result {
    behind(Next::InTurn, async |place| {
        let _clients = place.sessions().await?;
        let mut connection = place.connection().await?;
        let upgrade = || place.migrations.upgrade(Target::Head).pooler(Pooler::Transaction);
        let first = place.migrations.upgrade("+2".parse()?).pooler(Pooler::Transaction);
        first.run_async(&mut connection).await?;
        // The index cannot be unique.
        assert!(place.database.run("INSERT INTO a VALUES (1, 0)").well);
        let error = upgrade().run_async(&mut connection).await.expect_err("two rows are alike");
        assert!(
            error.report().contains("statements 1 to 1 stay done")
                || error.report().contains("statement 1 stays done"),
            "{error:?}"
        );
        place.is_free();
        let status = place.migrations.current().run_async(&mut connection).await?;
        assert_eq!(status.applied[2].state, State::Upgrading);
        assert!(place.database.run("DELETE FROM a WHERE pid = 0").well);
        assert!(upgrade().run_async(&mut connection).await?.steps[0].resumed);
        assert_eq!(place.done(), WHOLE);
        let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
        assert_eq!(place.database.rows(invalid), ["0"]);
        Ok(())
    })
}

#[test]
fn a_pooler_that_nobody_declared_is_noticed_before_anything_is_begun() -> Result {
    behind(Next::InTurn, async |place| {
        let _clients = place.sessions().await?;
        let mut connection = place.connection().await?;
        let error = place.migrations.upgrade(Target::Head).run_async(&mut connection).await;
        let error = error.expect_err("the session has changed");
        assert!(matches!(error.kind(), ErrorKind::Pooler), "{error:?}");
        assert_eq!(error.exit_code(), 1);
        assert!(error.report().contains(".pooler(Pooler::Transaction)"), "{error:?}");
        assert_eq!(place.database.rows("SELECT to_regclass('a')"), [""]);
        // What the run could not give back is no hindrance for one that says what is there.
        let run = place.migrations.upgrade(Target::Head).pooler(Pooler::Transaction);
        assert_eq!(run.run_async(&mut connection).await?.steps.len(), 4);
        Ok(())
    })
}

#[test]
fn a_pooler_that_gives_another_session_in_the_middle_is_noticed_by_the_next_revision() -> Result {
    behind(Next::UsedLast, async |place| {
        let _clients = place.sessions().await?;
        let mut connection = place.connection().await?;
        // After one step another client, of a thread of its own, takes the session that was used last.
        let options = place.pooler.options();
        let (ask, asked) = std::sync::mpsc::channel::<()>();
        let (answer, answered) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().ok()?;
            let mut other = runtime.block_on(options.connect()).ok()?;
            asked.recv().ok()?;
            runtime.block_on(sqlx::raw_sql("BEGIN").execute(&mut other)).ok()?;
            answer.send(()).ok()?;
            asked.recv().ok();
            runtime.block_on(sqlx::raw_sql("COMMIT").execute(&mut other)).ok()
        });
        let asking = ask.clone();
        let mut answered = Some(answered);
        let hear = move |progress: &revchain::Progress| {
            if matches!(progress, revchain::Progress::Finished(_))
                && let Some(answered) = answered.take()
            {
                let _ = asking.send(());
                let _ = answered.recv();
            }
        };
        let run = place.migrations.upgrade(Target::Head).observer(hear);
        let error = run.run_async(&mut connection).await.expect_err("the session has changed");
        assert!(matches!(error.kind(), ErrorKind::Pooler), "{error:?}");
        assert_eq!(error.applied().len(), 1);
        assert_eq!(place.done(), ["1"]);
        drop(ask);
        let _ = thread.join();
        let run = place.migrations.upgrade(Target::Head).pooler(Pooler::Transaction);
        assert_eq!(run.run_async(&mut connection).await?.steps.len(), 3);
        assert_eq!(place.done(), WHOLE);
        Ok(())
    })
}

#[test]
fn a_direct_run_and_one_behind_the_pooler_wait_for_each_other() -> Result {
    for direct_first in [true, false] {
        behind(Next::InTurn, async |place| {
            let _clients = place.sessions().await?;
            let mut direct = place.database.postgres().await?;
            let mut pooled = place.connection().await?;
            let slow = Project::for_dialects(&[Dialect::Postgres])?;
            let sleep = "SELECT pg_sleep(0.5);\nCREATE TABLE a (n integer);";
            slow.add(&[Draft::new("aaaa1", "base", sleep, "DROP TABLE a;")])?;
            let migrations = slow.migrations()?;
            let (first, second) =
                if direct_first { (&mut direct, &mut pooled) } else { (&mut pooled, &mut direct) };
            let pooler = |is_direct| if is_direct { Pooler::None } else { Pooler::Transaction };
            let waits = async {
                // The first has the row, and its statement runs.
                let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' \
                    AND datname = current_database()";
                while place.database.rows(asleep) != ["1"] {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                let mut waited = false;
                let hear = |progress: &revchain::Progress| {
                    waited |=
                        matches!(progress, revchain::Progress::Waiting { holder: Some(_), .. });
                };
                let run = migrations.upgrade(Target::Head).pooler(pooler(!direct_first));
                let report = run.observer(hear).run_async(second).await;
                report.map(|report| (report.is_empty(), waited))
            };
            let run = migrations.upgrade(Target::Head).pooler(pooler(direct_first));
            let (report, waited) = tokio::join!(run.run_async(first), waits);
            assert_eq!(report?.steps.len(), 1);
            assert_eq!(waited?, (true, true));
            place.is_free();
            Ok(())
        })?;
    }
    Ok(())
}
