//! A run that is killed at any moment leaves a ledger that tells the truth, and the next run finishes the work.
//!
//! Each revision makes a table and appends marks to another; the marks and the tables together say how far it came, and
//! the ledger must say the same. Nothing may run twice: the marks of a revision stand in the order of its statements.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use revchain_tests::deployer::Deployer;
use revchain_tests::project::{Draft, Project};
use revchain_tests::random::Random;
use revchain_tests::reliability;
use rusqlite::Connection;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const MIGRATOR: &str = env!("CARGO_BIN_EXE_migrator");
const KILLS: usize = 55;
/// However slow the machine is, the test ends.
const BUDGET: Duration = Duration::from_secs(60);

/// What a statement leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Effect {
    Makes,
    Drops,
    Marks(u32),
    Nothing,
}

use Effect::{Drops, Makes, Marks, Nothing};

/// A kind of revision: its options, and what its statements do, either way.
struct Kind {
    options: &'static str,
    up: &'static [Effect],
    down: &'static [Effect],
    /// Words before the statements without an effect, which also show that they run.
    words: &'static [&'static str],
}

const PLAIN: Kind = Kind {
    options: "",
    up: &[Makes, Marks(1), Marks(2), Marks(3)],
    down: &[Marks(4), Marks(5), Drops],
    words: &[],
};
const REBUILD: Kind = Kind { options: "foreign-keys=off", ..PLAIN };
const OFF: Kind = Kind { options: "transaction=off", ..PLAIN };
/// A transaction of its own in the middle.
const OWN: Kind = Kind {
    options: "transaction=off",
    up: &[Makes, Marks(1), Nothing, Marks(2), Marks(3), Nothing, Marks(4)],
    down: &[Nothing, Marks(5), Drops, Nothing, Marks(6)],
    words: &["BEGIN", "COMMIT", "BEGIN IMMEDIATE", "COMMIT"],
};
/// Statements that cannot run in a transaction, and those that set up the connection.
const VACUUM: Kind = Kind {
    options: "transaction=off",
    up: &[Nothing, Makes, Marks(1), Nothing],
    down: &[Marks(2), Nothing, Drops, Nothing],
    words: &["PRAGMA cache_size = 50", "VACUUM", "VACUUM", "PRAGMA secure_delete = ON"],
};

impl Kind {
    fn statements(&self, id: &str, effects: &[Effect], words: &mut usize) -> String {
        let mut text = String::new();
        for effect in effects {
            let _ = match effect {
                Makes => writeln!(text, "CREATE TABLE {id} (n INTEGER PRIMARY KEY, t TEXT);"),
                Drops => writeln!(text, "DROP TABLE {id};"),
                Marks(number) => {
                    writeln!(text, "INSERT INTO marks (revision, mark) VALUES ('{id}', {number});")
                }
                Nothing => {
                    *words += 1;
                    writeln!(text, "{};", self.words[*words - 1])
                }
            };
        }
        text
    }
}

/// Writes a chain that repeats `kinds`.
fn project(kinds: &[Kind], count: usize) -> Result<Project> {
    let project = Project::new()?;
    let mut revises = "base".to_owned();
    for index in 0..count {
        let kind = &kinds[index % kinds.len()];
        let id = format!("r{index:03}");
        let mut words = 0;
        let up = kind.statements(&id, kind.up, &mut words);
        let down = kind.statements(&id, kind.down, &mut words);
        project.write(&Draft::new(&id, &revises, &up, &down).options(kind.options))?;
        revises = id;
    }
    project.seal()?;
    Ok(project)
}

/// What is known of a revision.
#[derive(Debug, PartialEq)]
struct Truth {
    table: bool,
    marks: Vec<u32>,
}

/// Returns what the ledger says a revision has left since it was away last.
fn told(kind: &Kind, state: Option<&(String, usize)>) -> Truth {
    let effects: Vec<Effect> = match state.map(|(state, done)| (state.as_str(), *done)) {
        None => Vec::new(),
        Some(("applied", _)) => kind.up.to_vec(),
        Some(("upgrading", done)) => kind.up[..done].to_vec(),
        Some((_, done)) => [kind.up, &kind.down[..done]].concat(),
    };
    let mut truth = Truth { table: false, marks: Vec::new() };
    for effect in effects {
        match effect {
            Makes => truth.table = true,
            Drops => truth.table = false,
            Marks(number) => truth.marks.push(number),
            Nothing => {}
        }
    }
    truth
}

/// Checks that the ledger, the tables and the marks tell the same.
fn check(database: &std::path::Path, kinds: &[Kind], count: usize) -> Result<usize> {
    let connection = Connection::open(database)?;
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    assert_eq!(sound, "ok");
    let mut ledger: HashMap<String, (String, usize)> = HashMap::new();
    if exists(&connection, "revchain_revisions")? {
        let mut rows = connection
            .prepare("SELECT revision, state, statements_done FROM revchain_revisions")?;
        let rows = rows.query_map([], |row| {
            Ok((row.get(0)?, (row.get(1)?, row.get::<_, u32>(2)? as usize)))
        })?;
        ledger = rows.collect::<rusqlite::Result<_>>()?;
    }
    let begun = ledger.values().filter(|(state, _)| state != "applied").count();
    assert!(begun <= 1, "{ledger:?}");
    for index in 0..count {
        let (id, kind) = (format!("r{index:03}"), &kinds[index % kinds.len()]);
        let mut marks =
            connection.prepare_cached("SELECT mark FROM marks WHERE revision = ? ORDER BY id")?;
        let marks: Vec<u32> =
            marks.query_map([&id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        // Whole rounds of up and down, then what has happened since.
        let whole = [kind.up, kind.down].concat();
        let whole: Vec<u32> = whole
            .iter()
            .filter_map(|effect| if let Marks(number) = effect { Some(*number) } else { None })
            .collect();
        let mut since = &marks[..];
        while let Some(rest) = since.strip_prefix(&whole[..]) {
            // The last mark of a downgrade may stand while its row does, too.
            if rest.is_empty() && ledger.get(&id).is_some_and(|(state, _)| state == "downgrading") {
                break;
            }
            since = rest;
        }
        let seen = Truth { table: exists(&connection, &id)?, marks: since.to_vec() };
        assert_eq!(seen, told(kind, ledger.get(&id)), "{id}: {:?} {marks:?}", ledger.get(&id));
    }
    Ok(ledger.len())
}

fn exists(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM sqlite_schema WHERE name = ?")?;
    statement.exists([table])
}

fn kill(
    what: &str,
    wanted: usize,
    kinds: &[Kind],
    count: usize,
    mode: &str,
    setup: &str,
) -> Result {
    let mut random = Random::new()?;
    let seed = random.seed();
    let project = project(kinds, count)?;
    let database = project.database();
    Connection::open(&database)?.execute_batch(&format!(
        "{setup}; CREATE TABLE marks (id INTEGER PRIMARY KEY, revision TEXT, mark INTEGER);
         CREATE INDEX marks_of ON marks (revision)"
    ))?;
    let run = |verb: &str| -> Result<Duration> {
        let mut deployer = Deployer::start(MIGRATOR, project.path(), &database, verb, mode)?;
        let began = Instant::now();
        deployer.go()?;
        let end = deployer.end()?;
        assert!(end.status.success(), "seed {seed}: {end:?}");
        Ok(began.elapsed())
    };
    let mut lengths = [run("upgrade")?, run("downgrade")?];
    check(&database, kinds, count)?;

    let began = Instant::now();
    let (mut kills, mut inside, mut direction) = (0, 0, 0);
    let budget = BUDGET * u32::try_from(wanted.div_ceil(KILLS))?;
    while kills < wanted {
        assert!(began.elapsed() < budget, "seed {seed}: {kills} kills in {budget:?}");
        let verb = ["upgrade", "downgrade"][direction];
        let (done, target) = (check(&database, kinds, count)?, [count, 0][direction]);
        if done == target {
            direction = 1 - direction;
            continue;
        }
        let mut deployer = Deployer::start(MIGRATOR, project.path(), &database, verb, mode)?;
        let length = u64::try_from(lengths[direction].as_micros())?;
        let moment = Instant::now() + Duration::from_micros(random.below(length));
        deployer.go()?;
        std::thread::sleep(moment.saturating_duration_since(Instant::now()));
        let ended_itself = deployer.kill()?.success();
        kills += usize::from(!ended_itself);
        let left = check(&database, kinds, count)?;
        inside += usize::from(left != done && left != target);
        // Every other time the next run is not killed, and finishes.
        if random.below(2) == 0 {
            let length = run(verb)?;
            if left == [0, count][direction] {
                lengths[direction] = (lengths[direction] + length) / 2;
            }
            assert_eq!(check(&database, kinds, count)?, target, "seed {seed}");
        }
    }
    writeln!(io::stderr(), "{kills} kills, {inside} between revisions, {:?}", began.elapsed())?;
    run("upgrade")?;
    assert_eq!(check(&database, kinds, count)?, count, "seed {seed}");
    if wanted > KILLS {
        reliability::note("kills", &format!("| SQLite: {what} | {kills} | {inside} |"))?;
    }
    Ok(())
}

fn kill_in_one_transaction(wanted: usize) -> Result {
    kill("a run of one transaction", wanted, &[PLAIN], 120, "per-run", "")
}

fn kill_in_transactions_of_a_revision_each(wanted: usize) -> Result {
    let what = "a transaction for each revision, rebuilds among them";
    kill(what, wanted, &[PLAIN, PLAIN, REBUILD], 24, "per-revision", "")
}

fn kill_between_statements(wanted: usize) -> Result {
    kill("`transaction=off`", wanted, &[OFF, OWN, VACUUM], 6, "per-run", "")
}

fn kill_in_wal_mode(wanted: usize) -> Result {
    let kinds = [PLAIN, OFF, REBUILD, OWN, PLAIN];
    kill("all kinds, in WAL mode", wanted, &kinds, 15, "per-run", "PRAGMA journal_mode = WAL")
}

#[test]
fn killed_in_a_run_of_one_transaction() -> Result {
    kill_in_one_transaction(KILLS)
}

#[test]
fn killed_between_and_in_transactions_of_a_revision_each() -> Result {
    kill_in_transactions_of_a_revision_each(KILLS)
}

#[test]
fn killed_between_statements_without_a_transaction() -> Result {
    kill_between_statements(KILLS)
}

#[test]
fn killed_in_all_kinds_of_sections_in_wal_mode() -> Result {
    kill_in_wal_mode(KILLS)
}

#[test]
#[ignore = "takes minutes"]
fn killed_five_hundred_times() -> Result {
    kill_in_one_transaction(125)?;
    kill_in_transactions_of_a_revision_each(125)?;
    kill_between_statements(125)?;
    kill_in_wal_mode(125)
}

/// Kills an `amend` that fails at its last step, where all before it is committed, and puts the database back.
fn kill_an_amend(setup: &str) -> Result {
    let mut random = Random::new()?;
    let seed = random.seed();
    let kinds = [PLAIN, OFF, REBUILD, OWN, PLAIN];
    let (sound, failing) = (project(&kinds, 5)?, project(&kinds[..4], 4)?);
    let last = "DELETE FROM missing;";
    failing.add(&[Draft::new("r004", "r003", last, last)])?;
    let database = sound.database();
    let marks = "CREATE TABLE marks (id INTEGER PRIMARY KEY, revision TEXT, mark INTEGER)";
    Connection::open(&database)?.execute_batch(&format!("{setup}; {marks}"))?;
    let start = |project: &Project, verb: &str| {
        Deployer::start(MIGRATOR, project.path(), &database, verb, "per-run")
    };
    let upgrade = || -> Result {
        let mut deployer = start(&sound, "upgrade")?;
        deployer.go()?;
        assert!(deployer.end()?.status.success(), "seed {seed}");
        assert_eq!(check(&database, &kinds, 5)?, 5, "seed {seed}");
        Ok(())
    };
    upgrade()?;
    let mut deployer = start(&failing, "amend")?;
    let length = Instant::now();
    deployer.go()?;
    let end = deployer.end()?;
    assert!(end.errors.contains("it is as it was before the run"), "{end:?}");
    let length = u64::try_from(length.elapsed().as_micros())?;
    assert_eq!(check(&database, &kinds, 5)?, 5);

    let (began, mut left) = (Instant::now(), 0);
    for _ in 0..KILLS {
        assert!(began.elapsed() < BUDGET, "seed {seed}");
        let mut deployer = start(&failing, "amend")?;
        let moment = Instant::now() + Duration::from_micros(random.below(length));
        deployer.go()?;
        std::thread::sleep(moment.saturating_duration_since(Instant::now()));
        deployer.kill()?;
        check(&database, &kinds, 5)?;
        // The copy that was left is whole, or was not begun.
        let copy = PathBuf::from(format!("{}-revchain-copy", database.display()));
        if copy.exists() {
            let connection = Connection::open(&copy)?;
            let sound: String = connection.query_row("PRAGMA integrity_check", [], |r| r.get(0))?;
            assert_eq!(sound, "ok", "seed {seed}");
            if exists(&connection, "revchain_revisions")? {
                drop(connection);
                assert_eq!(check(&copy, &kinds, 5)?, 5, "seed {seed}");
                left += 1;
            }
            std::fs::remove_file(&copy)?;
        }
        upgrade()?;
    }
    writeln!(io::stderr(), "{left} whole copies, {:?}", began.elapsed())?;
    assert!(left > 0, "seed {seed}: no run was killed behind its copy");
    Ok(())
}

#[test]
fn killed_in_an_amend_that_fails_and_puts_the_database_back() -> Result {
    kill_an_amend("")
}

#[test]
fn killed_in_an_amend_that_fails_in_wal_mode() -> Result {
    kill_an_amend("PRAGMA journal_mode = WAL")
}

#[test]
fn upgrades_and_downgrades_at_once_leave_the_truth() -> Result {
    let kinds = [PLAIN, OFF, REBUILD, PLAIN, OWN];
    let (count, verbs) = (5, ["upgrade", "downgrade"]);
    let project = project(&kinds, count)?;
    let database = project.database();
    let marks = "CREATE TABLE marks (id INTEGER PRIMARY KEY, revision TEXT, mark INTEGER)";
    Connection::open(&database)?.execute_batch(marks)?;
    for mode in ["per-run", "per-revision", "per-run", "per-revision"] {
        let start = |index: usize| {
            Deployer::start(MIGRATOR, project.path(), &database, verbs[index % 2], mode)
        };
        let mut deployers: Vec<Deployer> = (0..8).map(start).collect::<io::Result<_>>()?;
        deployers.iter_mut().try_for_each(Deployer::go)?;
        for deployer in deployers {
            let end = deployer.end()?;
            assert!(end.status.success(), "{mode}: {end:?}");
        }
        check(&database, &kinds, count)?;
    }
    Ok(())
}
