//! On PostgreSQL.

use std::time::Duration;

use revchain::{Dialect, Direction, Migrations, Target, Transactions};
use revchain_tests::clients::Database;
use revchain_tests::project::{Draft, Project};
use revchain_tests::proxy::Proxy;
use sqlx::postgres::PgPoolOptions;
use sqlx::{ConnectOptions as _, PgConnection, Row as _};
use tokio::runtime::Builder;

use crate::{Result, polled, sent};

const DRAFTS: [Draft<'static>; 4] = [
    Draft::new("aaaa1", "base", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;"),
    Draft::new("bbbb2", "aaaa1", "SET work_mem = '9MB';\nINSERT INTO a VALUES (1);", "DELETE FROM a;"),
    Draft::new(
        "cccc3",
        "bbbb2",
        "INSERT INTO a VALUES (2);\nCREATE UNIQUE INDEX CONCURRENTLY i ON a (n);\nINSERT INTO a VALUES (3);",
        "DROP INDEX CONCURRENTLY i;\nDELETE FROM a WHERE n > 1;",
    )
    .options("transaction=off"),
    Draft::new("dddd4", "cccc3", "INSERT INTO a VALUES (4);", "DELETE FROM a WHERE n = 4;"),
];

async fn number(connection: &mut PgConnection, sql: &'static str) -> Result<i64> {
    Ok(sqlx::raw_sql(sql).fetch_one(connection).await?.try_get_unchecked(0)?)
}

/// What is found on a connection that is the pool's next.
async fn is_free(connection: &mut PgConnection) -> Result {
    let open = "SELECT (now() <> statement_timestamp())::int::bigint";
    assert_eq!(number(connection, open).await?, 0, "a transaction is open");
    let locks =
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
    assert_eq!(number(connection, locks).await?, 0, "a lock is held");
    Ok(())
}

async fn finishes(migrations: &Migrations, connection: &mut PgConnection) -> Result {
    let wait = Duration::from_secs(20);
    migrations.upgrade(Target::Head).wait(wait).run_async(&mut *connection).await?;
    migrations.verify().run_async(&mut *connection).await?;
    assert_eq!(number(connection, "SELECT count(*) * 100 + sum(n) FROM a").await?, 410);
    assert_eq!(number(connection, "SELECT count(*) FROM pg_index WHERE NOT indisvalid").await?, 0);
    is_free(connection).await
}

async fn finishes_back(migrations: &Migrations, connection: &mut PgConnection) -> Result {
    let wait = Duration::from_secs(20);
    migrations.downgrade(Target::Base).wait(wait).run_async(&mut *connection).await?;
    let left = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'a' AND table_schema = current_schema()";
    assert_eq!(number(connection, left).await?, 0);
    assert_eq!(number(connection, "SELECT count(*) FROM revchain_revisions").await?, 0);
    is_free(connection).await
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Whose {
    Plain,
    Acquired,
    Pool,
}

fn dropped_everywhere(whose: Whose, transactions: Transactions, direction: Direction) -> Result {
    if !Database::has_postgres() {
        return Ok(());
    }
    let database = Database::fresh(Dialect::Postgres).ok_or("the server makes no database")?;
    let project = Project::for_dialects(&[Dialect::Postgres])?;
    project.add(&DRAFTS)?;
    let migrations = project.migrations()?;
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        // No answer is there before it is waited for: each message is a point where the run can be dropped.
        let proxy = Proxy::before(&database, Duration::from_millis(1))?;
        let options = proxy.options(&database);
        let mut plain = options.connect().await?;
        let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
        let mut ends = 0;
        // Answers come when they come: a run may end a few polls earlier than another.
        for polls in 0.. {
            let run = || {
                let wait = Duration::from_secs(20);
                let run = match direction {
                    Direction::Upgrade => migrations.upgrade(Target::Head),
                    Direction::Downgrade => migrations.downgrade(Target::Base),
                };
                run.transactions(transactions).wait(wait)
            };
            if direction == Direction::Downgrade {
                finishes(&migrations, &mut plain).await?;
            }
            let mut acquired = None;
            let ended = match whose {
                Whose::Plain => polled(sent(run().run_async(&mut plain)), polls).await,
                Whose::Pool => polled(sent(run().run_async(&pool)), polls).await,
                Whose::Acquired => {
                    let acquired = acquired.insert(pool.acquire().await?);
                    polled(sent(run().run_async(acquired)), polls).await
                }
            };
            drop(acquired);
            let mut next = None;
            let next = match whose {
                Whose::Plain => &mut plain,
                _ => &mut **next.insert(pool.acquire().await?),
            };
            if whose != Whose::Plain {
                is_free(next).await?;
            }
            if direction == Direction::Upgrade {
                finishes(&migrations, next).await?;
            }
            finishes_back(&migrations, next).await?;
            if let Some(report) = ended {
                assert_eq!(report?.steps.len(), 4);
                assert!(polls > 15, "{polls} polls are too few to mean anything");
                ends += 1;
                if ends == 3 {
                    break;
                }
            }
        }
        Ok(())
    })
}

#[test]
fn the_next_run_on_a_plain_connection_rolls_back_and_unlocks() -> Result {
    dropped_everywhere(Whose::Plain, Transactions::PerRevision, Direction::Upgrade)
}

#[test]
fn the_next_run_on_a_plain_connection_ends_a_transaction_of_several_messages() -> Result {
    dropped_everywhere(Whose::Plain, Transactions::PerRun, Direction::Upgrade)
}

#[test]
fn an_acquired_connection_is_closed() -> Result {
    dropped_everywhere(Whose::Acquired, Transactions::PerRevision, Direction::Upgrade)
}

#[test]
fn a_pool_gives_a_free_connection_to_its_next_user() -> Result {
    dropped_everywhere(Whose::Pool, Transactions::PerRevision, Direction::Upgrade)
}

#[test]
fn a_pool_gives_a_free_connection_after_a_transaction_of_several_messages() -> Result {
    dropped_everywhere(Whose::Pool, Transactions::PerRun, Direction::Upgrade)
}

#[test]
fn a_downgrade_on_a_plain_connection_is_rolled_back_by_the_next_run() -> Result {
    dropped_everywhere(Whose::Plain, Transactions::PerRevision, Direction::Downgrade)
}

#[test]
fn a_downgrade_on_an_acquired_connection_leaves_nothing_to_the_next_user() -> Result {
    dropped_everywhere(Whose::Acquired, Transactions::PerRevision, Direction::Downgrade)
}

#[test]
fn a_downgrade_on_a_pool_leaves_nothing_to_its_next_user() -> Result {
    dropped_everywhere(Whose::Pool, Transactions::PerRun, Direction::Downgrade)
}
