//! `in_memory()`: a database at the head for each test, and none of them sees another.

use std::error::Error;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use revchain::{ErrorKind, Target};
use revchain_tests::project::{Draft, Project};
use rusqlite::Connection;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const TABLE: Draft<'static> = Draft::new(
    "aaaa1",
    "base",
    "CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT);\nINSERT INTO a VALUES (1, 'x');",
    "DROP TABLE a;",
);

fn count(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM a", [], |row| row.get(0))
}

#[test]
fn each_call_gives_a_database_of_its_own_at_the_head() -> Result {
    let migrations = Project::with(&[TABLE])?.migrations()?;
    let mut first = migrations.in_memory()?;
    migrations.verify().run(&mut first)?;
    first.execute_batch("INSERT INTO a VALUES (2, 'y'); CREATE TABLE own (n INTEGER)")?;
    let mut second = migrations.in_memory()?;
    assert_eq!((count(&first)?, count(&second)?), (2, 1));
    assert!(second.prepare("SELECT * FROM own").is_err());
    migrations.downgrade(Target::Base).run(&mut second)?;
    assert_eq!((count(&first)?, count(&migrations.in_memory()?)?), (2, 1));
    drop(first);
    assert_eq!(count(&migrations.in_memory()?)?, 1);
    Ok(())
}

#[test]
fn a_copy_is_a_connection_like_any_other() -> Result {
    let migrations = Project::with(&[TABLE])?.migrations()?;
    drop(migrations.in_memory()?);
    let (copy, fresh) = (migrations.in_memory()?, Connection::open_in_memory()?);
    for pragma in ["foreign_keys", "legacy_alter_table", "journal_mode", "page_size", "encoding"] {
        let value = |connection: &Connection| {
            connection.query_row(&format!("PRAGMA {pragma}"), [], |row| {
                row.get::<_, rusqlite::types::Value>(0)
            })
        };
        assert_eq!(value(&copy)?, value(&fresh)?, "{pragma}");
    }
    assert!(copy.is_autocommit());
    copy.execute_batch(
        "BEGIN; DELETE FROM a; ROLLBACK; VACUUM; BEGIN; INSERT INTO a VALUES (7, 'z'); COMMIT",
    )?;
    copy.execute_batch("SAVEPOINT s; DROP TABLE a; ROLLBACK TO s; RELEASE s")?;
    assert_eq!(count(&copy)?, 2);
    assert_eq!(copy.path().unwrap_or_default(), "");
    Ok(())
}

#[test]
fn sets_do_not_share_an_image() -> Result {
    let one = Project::with(&[TABLE])?;
    let first = one.migrations()?;
    assert_eq!(count(&first.in_memory()?)?, 1);
    // The same folder after an edit, and a copy of the folder under another name.
    one.add(&[Draft { upgrade: "CREATE TABLE a (id INTEGER PRIMARY KEY);", ..TABLE }])?;
    let edited = one.migrations()?;
    assert_eq!(count(&edited.in_memory()?)?, 0);
    let mut other = Project::new()?;
    other.settings.name = "other".into();
    other.add(&[TABLE])?;
    let other = other.migrations()?;
    other.verify().run(&mut other.in_memory()?)?;
    assert_eq!(count(&first.in_memory()?)?, 1);
    Ok(())
}

#[test]
fn an_empty_set_gives_an_empty_database() -> Result {
    let migrations = Project::with(&[])?.migrations()?;
    for _ in 0..2 {
        let mut database = migrations.in_memory()?;
        migrations.verify().run(&mut database)?;
        database.execute_batch("CREATE TABLE own (n INTEGER)")?;
    }
    Ok(())
}

#[test]
fn a_chain_that_fails_fails_each_time() -> Result {
    let broken = Draft { upgrade: "INSERT INTO missing VALUES (1);", ..TABLE };
    let migrations = Project::with(&[broken])?.migrations()?;
    for _ in 0..2 {
        let error = migrations.in_memory().expect_err("a table misses");
        assert!(matches!(error.kind(), ErrorKind::Statement(_)), "{error:?}");
    }
    Ok(())
}

#[test]
fn threads_take_copies_at_once() -> Result {
    let migrations = Project::with(&[TABLE])?.migrations()?;
    let count_after = |number: i64| -> std::result::Result<i64, String> {
        let copy = migrations.in_memory().map_err(|error| error.to_string())?;
        let insert = format!("INSERT INTO a VALUES ({number}, 'mine')");
        copy.execute_batch(&insert).map_err(|error| error.to_string())?;
        count(&copy).map_err(|error| error.to_string())
    };
    std::thread::scope(|scope| {
        let started: Vec<_> =
            (2..34).map(|number| scope.spawn(move || count_after(number))).collect();
        for thread in started {
            assert_eq!(thread.join().expect("no thread panics"), Ok(2));
        }
    });
    Ok(())
}

#[test]
fn a_later_call_takes_less_than_a_millisecond_for_a_thousand_revisions() -> Result {
    let project = Project::new()?;
    let revisions = revchain_generator::revisions(1_000, 1);
    revchain_generator::write_revchain(project.path(), &revisions)?;
    project.seal()?;
    let migrations = project.migrations()?;
    let timed = || -> Result<Duration> {
        let began = Instant::now();
        let copy = migrations.in_memory()?;
        let took = began.elapsed();
        drop(copy);
        Ok(took)
    };
    let first = timed()?;
    let mut later: Vec<Duration> = (0..50).map(|_| timed()).collect::<Result<_>>()?;
    later.sort_unstable();
    writeln!(io::stderr(), "first {first:?}, later {:?} (median)", later[25])?;
    // Where nothing is optimised, only that it is a copy and no second run of the chain.
    let limit = if cfg!(debug_assertions) { first / 4 } else { Duration::from_millis(1) };
    assert!(later[25] < limit, "{:?}, the first took {first:?}", later[25]);
    Ok(())
}
