//! Processes that adopt the history of another tool: eight at once adopt it once; one that is killed at any moment has
//! adopted all of it or nothing, and the next run finishes.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use revchain::Dialect;
use revchain_tests::clients::Database;
use revchain_tests::deployer::{Deployer, End};
use revchain_tests::project::{Draft, Project};
use revchain_tests::random::Random;
use revchain_tests::reliability;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const MIGRATOR: &str = env!("CARGO_BIN_EXE_migrator");
const PROCESSES: usize = 8;
/// How many revisions the other tool has applied: so many that a kill meets the adoption, too.
const OLD: usize = 24;
const REVISIONS: usize = 36;
const KILLS: usize = 24;

fn id(index: usize) -> String {
    format!("r{index:03}")
}

/// What a revision does: it makes a table, and leaves a mark that says so; twice is two marks.
fn upgrade(index: usize) -> String {
    let id = id(index);
    format!("CREATE TABLE {id} (n integer);\nINSERT INTO marks (revision) VALUES ('{id}');\n")
}

/// Writes revisions that were migrations of sqlx, version 1 on.
fn project(dialect: Dialect) -> Result<Project> {
    let project = Project::for_dialects(&[dialect])?;
    let mut revises = "base".to_owned();
    for index in 0..REVISIONS {
        let (id, upgrade) = (id(index), upgrade(index));
        let down = format!("DROP TABLE {id};");
        let origin = format!("-- origin: sqlx {} ab01\n", index + 1);
        project.write(&Draft::new(&id, &revises, &upgrade, &down).header(&origin))?;
        revises = id;
    }
    project.seal()?;
    Ok(project)
}

/// Makes a database that sqlx has brought to revision [`OLD`]; nothing where no server is.
fn database(dialect: Dialect) -> Result<Option<Database>> {
    let Some(database) = Database::fresh(dialect) else { return Ok(None) };
    let (number, bytes, checksum) = match dialect {
        Dialect::Postgres => ("serial", "bytea", r"'\xab01'"),
        Dialect::Mysql => ("serial", "blob", "x'ab01'"),
        Dialect::Sqlite => ("integer PRIMARY KEY", "blob", "x'ab01'"),
    };
    let mut script = format!(
        "CREATE TABLE marks (id {number}, revision varchar(40));\n\
         CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description varchar(99) NOT NULL, \
         success boolean NOT NULL, checksum {bytes} NOT NULL, execution_time bigint NOT NULL);\n"
    );
    for index in 0..OLD {
        script.push_str(&upgrade(index));
        writeln!(
            script,
            "INSERT INTO _sqlx_migrations VALUES ({}, 'm', TRUE, {checksum}, 1);",
            index + 1
        )?;
    }
    done_at_once(&database, &script);
    Ok(Some(database))
}

/// Takes away what runs have left, the ledger too.
fn put_back(database: &Database, dialect: Dialect) {
    let mut script = format!("DELETE FROM marks WHERE revision >= '{}';", id(OLD));
    for table in tables(database, dialect) {
        if table.starts_with("revchain_") || table.starts_with('r') && table >= id(OLD) {
            script.push_str(&format!("DROP TABLE {table};\n"));
        }
    }
    done_at_once(database, &script);
}

/// Runs a script, where it can be in one transaction: each of its own would take long.
fn done_at_once(database: &Database, script: &str) {
    let said = database.run(&format!("BEGIN; {script} COMMIT;"));
    assert!(said.well, "{said:?}");
}

fn tables(database: &Database, dialect: Dialect) -> Vec<String> {
    database.rows(match dialect {
        Dialect::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        Dialect::Postgres => "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
        Dialect::Mysql => {
            "SELECT table_name FROM information_schema.tables WHERE table_schema = database()"
        }
    })
}

fn start(database: &Database, project: &Project, mode: &str) -> io::Result<Deployer> {
    Deployer::start(MIGRATOR, project.path(), &database.migrator_name(), "adopt", mode)
}

/// Checks that the ledger says what there is, and returns how many revisions it has.
fn tells_the_truth(database: &Database, dialect: Dialect, context: &str) -> usize {
    database.settle(false);
    let tables = tables(database, dialect);
    let has = |table: &str| tables.iter().any(|one| one == table);
    let (mut rows, mut events) = (Vec::new(), Vec::new());
    if has("revchain_revisions") {
        let sql =
            "SELECT revision, state, statements_done FROM revchain_revisions ORDER BY sequence";
        rows = database.rows(sql);
    }
    if has("revchain_events") {
        events = database.rows("SELECT revision, deed FROM revchain_events ORDER BY id");
    }
    let marks = database.rows("SELECT revision FROM marks ORDER BY id");
    let old = database.rows("SELECT count(*) FROM _sqlx_migrations").concat();
    assert_eq!(old, OLD.to_string(), "{context}: the old table");
    let adopted: Vec<String> =
        events.iter().filter(|row| row.ends_with("|adopt")).cloned().collect();
    let all: Vec<String> = (0..OLD).map(|index| format!("{}|adopt", id(index))).collect();
    assert!(
        rows.is_empty() && adopted.is_empty() || adopted == all,
        "{context}: {rows:?} {events:?}"
    );
    for index in 0..REVISIONS {
        let id = id(index);
        let row = rows.iter().find_map(|row| row.strip_prefix(&format!("{id}|")));
        let marked = marks.iter().filter(|mark| **mark == id).count();
        let seen = (has(&id), marked);
        let told = match row.map(|row| row.split_once('|')) {
            _ if index < OLD => {
                assert_eq!(row.is_some(), !adopted.is_empty(), "{context}: {id}");
                (true, 1)
            }
            None => (false, 0),
            Some(Some(("applied", _))) => (true, 1),
            // On MySQL statements commit one by one.
            Some(Some(("upgrading", done))) if dialect == Dialect::Mysql => {
                (matches!(done, "1" | "2"), usize::from(done == "2"))
            }
            other => panic!("{context}: {id}: {other:?}"),
        };
        assert_eq!(seen, told, "{context}: {id}: {row:?}");
    }
    rows.len()
}

/// All is there, each was adopted or run once, and nothing is left of any lock.
fn is_whole(database: &Database, dialect: Dialect, context: &str) {
    assert_eq!(tells_the_truth(database, dialect, context), REVISIONS, "{context}");
    let events = database.rows("SELECT revision, deed FROM revchain_events ORDER BY id");
    let kind = |index| if index < OLD { "adopt" } else { "upgrade" };
    let expected: Vec<String> =
        (0..REVISIONS).map(|index| format!("{}|{}", id(index), kind(index))).collect();
    assert_eq!(events, expected, "{context}");
}

fn eight_at_once(dialect: Dialect) -> Result {
    let project = project(dialect)?;
    for mode in ["per-run", "per-revision"] {
        let Some(database) = database(dialect)? else { return Ok(()) };
        let start = |_| start(&database, &project, mode);
        let mut deployers: Vec<Deployer> = (0..PROCESSES).map(start).collect::<io::Result<_>>()?;
        deployers.iter_mut().try_for_each(Deployer::go)?;
        let ends: Vec<End> = deployers.into_iter().map(Deployer::end).collect::<io::Result<_>>()?;
        let context = format!("{mode}: {ends:?}");
        assert!(ends.iter().all(|end| end.status.success()), "{context}");
        // Between two revisions of a run that commits each, another may go on.
        let steps: usize = ends.iter().map(|end| end.steps).sum();
        assert_eq!(steps, REVISIONS, "{context}");
        is_whole(&database, dialect, &context);
    }
    Ok(())
}

/// Kills a run at any moment, looks at what it has left, and lets the next one finish every other time.
fn kills(dialect: Dialect, mode: &str, wanted: usize) -> Result {
    let mut random = Random::new()?;
    let project = project(dialect)?;
    let run = |database: &Database| -> Result<Duration> {
        let mut deployer = start(database, &project, mode)?;
        let began = Instant::now();
        deployer.go()?;
        let end = deployer.end()?;
        assert!(end.status.success(), "{end:?}");
        Ok(began.elapsed())
    };
    let Some(database) = self::database(dialect)? else { return Ok(()) };
    let length = u64::try_from(run(&database)?.as_micros())?;
    is_whole(&database, dialect, "the first");
    let (mut killed, mut before, mut inside) = (0, 0, 0);
    put_back(&database, dialect);
    while killed < wanted {
        let context = format!("seed {}: {mode}: kill {killed}", random.seed());
        let mut deployer = start(&database, &project, mode)?;
        let moment = Instant::now() + Duration::from_micros(random.below(length));
        deployer.go()?;
        std::thread::sleep(moment.saturating_duration_since(Instant::now()));
        killed += usize::from(!deployer.kill()?.success());
        let done = tells_the_truth(&database, dialect, &context);
        before += usize::from(done == 0);
        inside += usize::from(done > 0 && done < REVISIONS);
        if done == REVISIONS || random.below(2) == 0 {
            run(&database)?;
            is_whole(&database, dialect, &context);
            put_back(&database, dialect);
        }
    }
    run(&database)?;
    is_whole(&database, dialect, "the last");
    let name = match dialect {
        Dialect::Sqlite => "SQLite",
        Dialect::Postgres => "PostgreSQL",
        Dialect::Mysql => "MariaDB",
    };
    let one = if mode == "per-run" { "one transaction" } else { "a transaction for each revision" };
    let what = format!("{name}: another tool's history is adopted, {one}");
    let row = format!("| {what} | {killed} | {inside} |");
    writeln!(io::stderr(), "{row} {before} before anything")?;
    if wanted > KILLS {
        reliability::note("kills", &row)?;
    }
    Ok(())
}

#[test]
fn eight_processes_at_once_adopt_once() -> Result {
    eight_at_once(Dialect::Sqlite)
}

#[test]
fn on_postgresql_eight_processes_at_once_adopt_once() -> Result {
    eight_at_once(Dialect::Postgres)
}

#[test]
fn on_mysql_eight_processes_at_once_adopt_once() -> Result {
    eight_at_once(Dialect::Mysql)
}

#[test]
fn a_process_that_is_killed_has_adopted_all_or_nothing() -> Result {
    kills(Dialect::Sqlite, "per-run", KILLS)?;
    kills(Dialect::Sqlite, "per-revision", KILLS)
}

#[test]
fn on_postgresql_a_process_that_is_killed_has_adopted_all_or_nothing() -> Result {
    kills(Dialect::Postgres, "per-run", KILLS / 2)?;
    kills(Dialect::Postgres, "per-revision", KILLS)
}

#[test]
fn on_mysql_a_process_that_is_killed_has_adopted_all_or_nothing() -> Result {
    kills(Dialect::Mysql, "per-revision", KILLS)
}

#[test]
#[ignore = "takes minutes"]
fn a_hundred_kills_of_each() -> Result {
    for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql] {
        kills(dialect, "per-run", 100)?;
        kills(dialect, "per-revision", 100)?;
    }
    Ok(())
}
