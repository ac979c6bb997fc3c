//! Thirty-two processes upgrade one database of a server at the same time: one applies, the others find nothing to do; and
//! whatever is killed meanwhile, the ledger tells the truth and the next run finishes.

use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use revchain::Dialect;
use revchain_tests::clients::Database;
use revchain_tests::deployer::{Deployer, End};
use revchain_tests::pgbouncer::{Next, PgBouncer};
use revchain_tests::project::{Draft, Project};
use revchain_tests::random::Random;
use revchain_tests::reliability;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const MIGRATOR: &str = env!("CARGO_BIN_EXE_migrator");
const DEPLOYERS: usize = 32;
const REVISIONS: usize = 20;
/// The revision that makes an index while others write.
const LONE: usize = 7;

/// On MySQL, every so many revisions one whose statements share a transaction with its ledger row.
const ROWS_ONLY: usize = 4;

fn has_table(dialect: Dialect, index: usize) -> bool {
    dialect != Dialect::Mysql || index == LONE || !index.is_multiple_of(ROWS_ONLY)
}

/// Tells whether the statements of a revision commit one by one.
fn is_journaled(dialect: Dialect, index: usize) -> bool {
    index == LONE || dialect == Dialect::Mysql && has_table(dialect, index)
}

/// Each revision marks another row of a table; whoever runs one of these twice leaves a second mark.
fn project(dialect: Dialect) -> Result<Project> {
    let project = Project::for_dialects(&[dialect])?;
    let mut revises = "base".to_owned();
    let (create, drop) = match dialect {
        Dialect::Mysql => ("CREATE INDEX marked ON", "DROP INDEX marked ON marks"),
        _ => ("CREATE INDEX CONCURRENTLY marked ON", "DROP INDEX CONCURRENTLY marked"),
    };
    for index in 0..REVISIONS {
        let id = format!("r{index:03}");
        let mut up = format!("INSERT INTO marks (revision) VALUES ('{id}');\n");
        let mut down = format!("INSERT INTO marks (revision) VALUES ('-{id}');\n");
        if has_table(dialect, index) {
            up = format!("CREATE TABLE {id} (n integer);\n{up}");
            let _ = writeln!(down, "DROP TABLE {id};");
        }
        if index == LONE {
            let _ = writeln!(up, "{create} marks (revision);");
            let _ = writeln!(up, "INSERT INTO marks (revision) VALUES ('{id} again');");
            down = format!("{drop};\n{down}");
        }
        let draft = Draft::new(&id, &revises, &up, &down);
        let off = index == LONE && dialect == Dialect::Postgres;
        project.write(&if off { draft.options("transaction=off") } else { draft })?;
        revises = id;
    }
    project.seal()?;
    Ok(project)
}

fn database(dialect: Dialect) -> Result<Option<Database>> {
    let has_server = match dialect {
        Dialect::Mysql => Database::has_mysql(),
        _ => Database::has_postgres(),
    };
    if !has_server {
        return Ok(None);
    }
    let database = Database::fresh(dialect).ok_or("the server makes no database")?;
    let made = database.run("CREATE TABLE marks (id serial, revision varchar(40));");
    assert!(made.well, "{made:?}");
    Ok(Some(database))
}

/// Nothing is left of any lock, and what was done was done once.
fn is_whole(database: &Database, context: &str) {
    let one = |sql: &str| database.rows(sql).concat();
    assert_eq!(
        one("SELECT count(*) FROM revchain_revisions WHERE state = 'applied'"),
        REVISIONS.to_string(),
        "{context}"
    );
    let twice = "SELECT count(*) - count(DISTINCT revision) FROM marks";
    assert_eq!(one(twice), "0", "{context}");
    assert_eq!(one("SELECT count(*) FROM marks"), (REVISIONS + 1).to_string(), "{context}");
    if matches!(database, Database::Postgres { .. }) {
        assert_eq!(one("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0", "{context}");
    }
}

fn deploy(database: &Database, project: &Project, verb: &str, mode: &str) -> io::Result<Deployer> {
    Deployer::start(MIGRATOR, project.path(), &database.migrator_name(), verb, mode)
}

/// Lets them run at once, each in one of the modes; `behind` is `pooled`, through PgBouncer.
fn rounds(dialect: Dialect, rounds: usize, modes: &[&str]) -> Result {
    let project = project(dialect)?;
    for round in 0..rounds {
        let Some(database) = database(dialect)? else { return Ok(()) };
        let mut pooler = None;
        if modes.contains(&"behind") {
            let Some(started) = PgBouncer::before(&database, Next::InTurn)? else { return Ok(()) };
            pooler = Some(started);
        }
        let start = |index: usize| match (modes[index % modes.len()], &pooler) {
            ("behind", Some(pooler)) => {
                Deployer::start(MIGRATOR, project.path(), &pooler.name(), "upgrade", "pooled")
            }
            (mode, _) => deploy(&database, &project, "upgrade", mode),
        };
        let mut deployers: Vec<Deployer> = (0..DEPLOYERS).map(start).collect::<io::Result<_>>()?;
        deployers.iter_mut().try_for_each(Deployer::go)?;
        let ends: Vec<End> = deployers.into_iter().map(Deployer::end).collect::<io::Result<_>>()?;
        let context = format!("round {round}: {ends:?}");
        assert!(ends.iter().all(|end| end.status.success()), "{context}");
        let mut steps: Vec<usize> = ends.iter().map(|end| end.steps).collect();
        steps.sort_unstable();
        assert_eq!(steps[DEPLOYERS - 1], REVISIONS, "{context}");
        assert_eq!(steps[DEPLOYERS - 2], 0, "{context}");
        is_whole(&database, &context);
        assert_eq!(database.rows("SELECT token FROM revchain_lock"), [""], "{context}");
    }
    Ok(())
}

fn rounds_with_kills(dialect: Dialect, rounds: usize) -> Result {
    let project = project(dialect)?;
    let mut random = Random::new()?;
    for round in 0..rounds {
        let Some(database) = database(dialect)? else { return Ok(()) };
        let start = |_| deploy(&database, &project, "upgrade", "per-revision");
        let mut deployers: Vec<Deployer> = (0..DEPLOYERS).map(start).collect::<io::Result<_>>()?;
        deployers.iter_mut().try_for_each(Deployer::go)?;
        // A third is killed, at any moment; the first that is at work among them.
        for deployer in deployers.split_off(DEPLOYERS - DEPLOYERS / 3) {
            std::thread::sleep(Duration::from_millis(random.below(40)));
            deployer.kill()?;
        }
        let ends: Vec<End> = deployers.into_iter().map(Deployer::end).collect::<io::Result<_>>()?;
        assert!(ends.iter().all(|end| end.status.success()), "round {round}: {ends:?}");
        is_whole(&database, &format!("round {round}"));
    }
    Ok(())
}

/// Kills a run at any moment, looks at what it has left, and lets the next one finish every other time.
fn kills(dialect: Dialect, count: usize, mode: &str) -> Result {
    let Some(database) = database(dialect)? else { return Ok(()) };
    let project = project(dialect)?;
    let mut random = Random::new()?;
    let pooler = match mode {
        "behind" => {
            let Some(started) = PgBouncer::before(&database, Next::InTurn)? else { return Ok(()) };
            Some(started)
        }
        _ => None,
    };
    let start = |verb: &str| match &pooler {
        Some(pooler) => Deployer::start(MIGRATOR, project.path(), &pooler.name(), verb, "pooled"),
        None => deploy(&database, &project, verb, mode),
    };
    let run = |verb: &str| -> Result<Duration> {
        let mut deployer = start(verb)?;
        let began = std::time::Instant::now();
        deployer.go()?;
        let end = deployer.end()?;
        assert!(end.status.success(), "{end:?}");
        Ok(began.elapsed())
    };
    let lengths = [run("upgrade")?, run("downgrade")?];
    let (mut killed, mut inside, mut direction) = (0, 0, 0);
    while killed < count {
        let verb = ["upgrade", "downgrade"][direction];
        let mut deployer = start(verb)?;
        let length = u64::try_from(lengths[direction].as_micros())?;
        deployer.go()?;
        std::thread::sleep(Duration::from_micros(random.below(length)));
        killed += usize::from(!deployer.kill()?.success());
        let done = tells_the_truth(&database, dialect, pooler.is_some())?;
        if pooler.is_some() {
            // The row of a run behind a pooler is its own until its lease ends: that time passes here at once.
            let ended = "UPDATE revchain_lock SET lease_until = pg_catalog.clock_timestamp() - interval '1 second'";
            assert!(database.run(ended).well);
        }
        inside += usize::from(done > 0 && done < REVISIONS);
        if random.below(2) == 0 {
            run(verb)?;
            assert_eq!(
                tells_the_truth(&database, dialect, pooler.is_some())?,
                [REVISIONS, 0][direction]
            );
            direction = 1 - direction;
        }
    }
    run("upgrade")?;
    assert_eq!(tells_the_truth(&database, dialect, pooler.is_some())?, REVISIONS);
    let what = match (dialect, mode) {
        (Dialect::Mysql, "per-run") => "MariaDB: the same, where one transaction is asked for",
        (Dialect::Mysql, _) => "MariaDB: DDL noted statement by statement",
        (_, "behind") => {
            "PostgreSQL through PgBouncer in transaction mode: a transaction for each revision"
        }
        (_, "per-run") => {
            "PostgreSQL: as few transactions as can be, one revision of twenty with `transaction=off`"
        }
        _ => {
            "PostgreSQL: a transaction for each revision, one revision of twenty with `transaction=off`"
        }
    };
    let row = format!("| {what} | {killed} | {inside} |");
    io::Write::write_all(&mut io::stderr(), format!("{row}\n").as_bytes())?;
    if count > 100 {
        reliability::note("kills", &row)?;
    }
    Ok(())
}

/// Compares the ledger with the tables and the marks, and returns how many revisions it has.
fn tells_the_truth(database: &Database, dialect: Dialect, is_pooled: bool) -> Result<usize> {
    database.settle(is_pooled);
    let rows = "SELECT revision, state, statements_done FROM revchain_revisions ORDER BY 1";
    let rows = database.rows(rows);
    let schema = if dialect == Dialect::Mysql { "database()" } else { "current_schema()" };
    let tables = database.rows(&format!(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = {schema} ORDER BY 1"
    ));
    let marks = database.rows(
        "SELECT trim(leading '-' from revision), sum(CASE WHEN revision LIKE '-%' THEN -1 ELSE 1 END) \
         FROM marks GROUP BY 1",
    );
    for index in 0..REVISIONS {
        let id = format!("r{index:03}");
        let row = rows
            .iter()
            .find(|row| row.starts_with(&id))
            .map(|row| row.split('|').collect::<Vec<_>>());
        let (state, done) = match row.as_deref() {
            Some([_, state, done]) => (*state, done.parse::<usize>()?),
            _ => ("", 0),
        };
        assert!(is_journaled(dialect, index) || matches!(state, "" | "applied"), "{id} {state}");
        // On the way back the index of the lone one goes first.
        let first = usize::from(index == LONE);
        let (exists, marked) = match state {
            "" => (false, false),
            "upgrading" => (done >= 1, done >= 2),
            "downgrading" => (done < first + 2, done < first + 1),
            _ => (true, true),
        };
        let exists = exists && has_table(dialect, index);
        assert_eq!(tables.contains(&id), exists, "{id} {state} {done}");
        let seen = marks.iter().find_map(|row| row.strip_prefix(&format!("{id}|")));
        assert_eq!(seen.unwrap_or("0"), u8::from(marked).to_string(), "{id} {state} {done}");
    }
    Ok(rows.len())
}

#[test]
fn one_of_thirty_two_applies_and_the_others_find_nothing_to_do() -> Result {
    rounds(Dialect::Postgres, 2, &["per-revision"])
}

#[test]
fn direct_and_pooled_deployers_exclude_each_other() -> Result {
    rounds(Dialect::Postgres, 2, &["per-revision", "pooled"])
}

#[test]
fn deployers_behind_pgbouncer_exclude_each_other() -> Result {
    rounds(Dialect::Postgres, 2, &["behind"])
}

#[test]
fn deployers_behind_pgbouncer_and_direct_ones_exclude_each_other() -> Result {
    rounds(Dialect::Postgres, 2, &["per-revision", "behind"])
}

#[test]
fn a_third_of_them_is_killed_and_none_of_the_others_fails() -> Result {
    rounds_with_kills(Dialect::Postgres, 2)
}

#[test]
fn a_run_is_killed_at_any_moment() -> Result {
    kills(Dialect::Postgres, 40, "per-revision")
}

#[test]
fn a_run_behind_pgbouncer_is_killed_at_any_moment() -> Result {
    kills(Dialect::Postgres, 20, "behind")
}

#[test]
fn a_run_of_one_transaction_is_killed_at_any_moment() -> Result {
    kills(Dialect::Postgres, 20, "per-run")
}

#[test]
fn on_mysql_one_of_thirty_two_applies_and_the_others_find_nothing_to_do() -> Result {
    rounds(Dialect::Mysql, 1, &["per-revision"])
}

#[test]
fn on_mysql_a_third_of_them_is_killed_and_none_of_the_others_fails() -> Result {
    rounds_with_kills(Dialect::Mysql, 1)
}

#[test]
fn on_mysql_a_run_is_killed_at_any_moment() -> Result {
    kills(Dialect::Mysql, 40, "per-revision")
}

#[test]
#[ignore = "takes minutes"]
fn fifty_rounds_of_each() -> Result {
    let kinds: [(&str, &[&str]); 4] = [
        ("direct", &["per-revision"]),
        ("every other one with `Pooler::Transaction`", &["per-revision", "pooled"]),
        ("all through PgBouncer", &["behind"]),
        ("every other one through PgBouncer", &["per-revision", "behind"]),
    ];
    for (kind, modes) in kinds {
        rounds(Dialect::Postgres, 50, modes)?;
        reliability::note("deployers", &format!("| {kind} | 50 |"))?;
    }
    rounds_with_kills(Dialect::Postgres, 50)?;
    reliability::note(
        "deployers",
        "| direct, and a third of them killed at random moments | 50 |",
    )?;
    Ok(())
}

#[test]
#[ignore = "takes minutes"]
fn on_mysql_fifty_rounds_of_each() -> Result {
    rounds(Dialect::Mysql, 50, &["per-revision"])?;
    reliability::note("deployers", "| MariaDB: direct | 50 |")?;
    rounds_with_kills(Dialect::Mysql, 50)?;
    let killed = "| MariaDB: direct, and a third of them killed at random moments | 50 |";
    reliability::note("deployers", killed)?;
    Ok(())
}

#[test]
#[ignore = "takes minutes"]
fn five_hundred_kills() -> Result {
    kills(Dialect::Postgres, 350, "per-revision")?;
    kills(Dialect::Postgres, 150, "per-run")?;
    kills(Dialect::Postgres, 500, "behind")
}

#[test]
#[ignore = "takes minutes"]
fn on_mysql_five_hundred_kills() -> Result {
    kills(Dialect::Mysql, 400, "per-revision")?;
    kills(Dialect::Mysql, 100, "per-run")
}
