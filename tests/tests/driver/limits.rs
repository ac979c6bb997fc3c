//! What a server makes wait: a revision that meets a lock is tried again, one that takes too long is stopped.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use revchain::{Dialect, ErrorKind, Progress, Target};
use revchain_tests::project::Draft;

use crate::contract::{Driver, Result, project};

const TABLE: Draft<'static> =
    Draft::new("aaaa1", "base", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
const COLUMN: Draft<'static> =
    Draft::new("bbbb2", "aaaa1", "ALTER TABLE a ADD m INTEGER;", "ALTER TABLE a DROP m;");

pub(crate) fn what_meets_a_lock_is_tried_again_and_gives_up_after_so_many_tries<D>() -> Result
where
    D: Driver<Connection: Send>,
{
    let database = D::fresh()?;
    let migrations = project::<D>(&[TABLE, COLUMN])?.migrations()?;
    let (mut connection, mut reader) = (database.connect()?, database.connect()?);
    D::run(&mut connection, migrations.upgrade("aaaa1".parse::<Target>()?))?;
    D::execute(&mut reader, "BEGIN; SELECT * FROM a")?;
    // MySQL waits for whole seconds, and at least one.
    let run = || migrations.upgrade(Target::Head).lock_timeout(Some(Duration::from_millis(50)));
    let mut tries = 0;
    let hear = |progress: &Progress| {
        tries += usize::from(matches!(progress, Progress::Retrying { .. }));
    };
    let error = D::run(&mut connection, run().retries(2).observer(hear));
    let error = error.expect_err("a reader is in the way");
    assert!(matches!(error.kind(), ErrorKind::Statement(failure) if failure.busy), "{error:?}");
    assert_eq!((error.exit_code(), tries), (5, 2));

    // The reader ends when the run has met it; a statement that was begun is known to have done nothing.
    let (end, ended) = channel();
    let hear = move |progress: &Progress| {
        if matches!(progress, Progress::Retrying { .. }) {
            let _ = end.send(());
        }
    };
    let report = thread::scope(|scope| {
        let reader = &mut reader;
        scope.spawn(move || {
            ended.recv().expect("the run meets the reader");
            D::execute(reader, "COMMIT").expect("it commits");
        });
        D::run(&mut connection, run().observer(hear))
    });
    assert_eq!(report?.steps.len(), 1);
    Ok(())
}

pub(crate) fn a_statement_that_takes_too_long_is_stopped<D: Driver>() -> Result {
    let (slow, said, setting): (&[&str], _, _) = match D::DIALECT {
        Dialect::Mysql => (
            &["SELECT sleep(30);", "CREATE TABLE slow AS SELECT sleep(30) AS n;"],
            "max_statement_time exceeded",
            "SELECT @@max_statement_time + 0",
        ),
        _ => (
            &["SELECT pg_sleep(30);", "CREATE TABLE slow AS SELECT 1 FROM pg_sleep(30);"],
            "canceling statement due to statement timeout",
            "SHOW statement_timeout",
        ),
    };
    for upgrade in slow {
        let database = D::fresh()?;
        let slow = Draft::new("aaaa1", "base", upgrade, "SELECT 1;");
        let migrations = project::<D>(&[slow])?.migrations()?;
        let mut connection = database.connect()?;
        let run = migrations.upgrade(Target::Head).statement_timeout(Duration::from_millis(50));
        let error = D::run(&mut connection, run).expect_err("it is too slow");
        assert!(error.report().contains(said), "{error:?}");
        // The caller's session is as it was.
        let left = D::rows(&mut connection, setting)?;
        assert_eq!(left.concat().parse::<f64>()?, 0.0);
    }
    Ok(())
}
