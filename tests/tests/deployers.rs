//! Eight processes upgrade one file at the same time: one applies, seven find nothing to do.

use std::error::Error;
use std::process::Command;

use revchain::Target;
use revchain_tests::deployer::{Deployer, End};
use revchain_tests::project::{Draft, Project};
use rusqlite::Connection;

type Result = std::result::Result<(), Box<dyn Error>>;

const MIGRATOR: &str = env!("CARGO_BIN_EXE_migrator");
const DEPLOYERS: usize = 8;
const ROUNDS: usize = 20;

/// A parent with children; whoever runs one of these twice fails, or leaves a second row.
const PLAIN: [Draft<'static>; 3] = [
    Draft::new(
        "aaaa1",
        "base",
        "CREATE TABLE parents (id INTEGER PRIMARY KEY, n TEXT);\nINSERT INTO parents VALUES (1, 'x');\n\
         CREATE TABLE children (parent INTEGER REFERENCES parents ON DELETE CASCADE);",
        "DROP TABLE children;\nDROP TABLE parents;",
    ),
    Draft::new(
        "bbbb2",
        "aaaa1",
        "INSERT INTO children VALUES (1);\nCREATE TABLE marks (n INTEGER);\nINSERT INTO marks VALUES (1);",
        "DROP TABLE marks;\nDELETE FROM children;",
    ),
    Draft::new("cccc3", "bbbb2", "CREATE INDEX i ON parents (n);", "DROP INDEX i;"),
];

/// Sections that stand alone; the last needs the file's lock, so that whoever has anything to do needs it.
const ALONE: [Draft<'static>; 3] = [
    Draft::new(
        "dddd4",
        "cccc3",
        "INSERT INTO marks VALUES (2);\nVACUUM;\nINSERT INTO marks VALUES (3);",
        "DELETE FROM marks WHERE n > 1;",
    )
    .options("transaction=off"),
    Draft::new("eeee5", "dddd4", "INSERT INTO marks VALUES (4);", "DELETE FROM marks WHERE n = 4;"),
    Draft::new(
        "ffff6",
        "eeee5",
        "CREATE TABLE new (id INTEGER PRIMARY KEY, n TEXT NOT NULL);\nINSERT INTO new SELECT * FROM parents;\n\
         DROP TABLE parents;\nALTER TABLE new RENAME TO parents;",
        "SELECT 1;",
    )
    .options("foreign-keys=off"),
];

fn rounds(drafts: &[Draft<'_>], mode: &str, setup: &str) -> Result {
    let project = Project::with(drafts)?;
    let migrations = project.migrations()?;
    for round in 0..ROUNDS {
        let database = project.path().join(format!("{round}.db"));
        Connection::open(&database)?.execute_batch(setup)?;
        let start = || Deployer::start(MIGRATOR, project.path(), &database, "upgrade", mode);
        let mut deployers: Vec<Deployer> =
            (0..DEPLOYERS).map(|_| start()).collect::<std::io::Result<_>>()?;
        for deployer in &mut deployers {
            deployer.go()?;
        }
        let ends: Vec<End> =
            deployers.into_iter().map(Deployer::end).collect::<std::io::Result<_>>()?;
        assert!(ends.iter().all(|end| end.status.success()), "round {round}: {ends:?}");
        let mut steps: Vec<usize> = ends.iter().map(|end| end.steps).collect();
        steps.sort_unstable();
        let mut expected = [0; DEPLOYERS];
        expected[DEPLOYERS - 1] = drafts.len();
        assert_eq!(steps, expected, "round {round}");

        let mut connection = Connection::open(&database)?;
        migrations.verify().run(&mut connection)?;
        let one = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        assert_eq!(one("SELECT count(*) FROM revchain_events")?, drafts.len() as i64);
        assert_eq!(one("SELECT count(*) FROM children")?, 1);
        assert_eq!(one("SELECT count(*) - max(n) FROM marks")?, 0, "each mark stands once");
    }
    Ok(())
}

#[test]
fn one_of_eight_applies_and_seven_find_nothing_to_do() -> Result {
    rounds(&PLAIN, "per-run", "")
}

#[test]
fn one_of_eight_applies_each_revision_by_itself() -> Result {
    rounds(&[PLAIN, ALONE].concat(), "per-revision", "")
}

#[test]
fn one_of_eight_applies_sections_that_stand_alone() -> Result {
    rounds(&[PLAIN, ALONE].concat(), "per-run", "")
}

#[test]
fn one_of_eight_applies_in_wal_mode() -> Result {
    rounds(&[PLAIN, ALONE].concat(), "per-run", "PRAGMA journal_mode = WAL")
}

#[test]
fn the_environment_lets_a_rolling_deploy_pass() -> Result {
    let newer = Project::with(&PLAIN)?;
    let database = newer.database();
    let mut connection = Connection::open(&database)?;
    newer.migrations()?.upgrade(Target::Head).run(&mut connection)?;
    let older = Project::with(&PLAIN[..2])?;
    for (value, code) in [(None, 4), (Some("allow"), 0), (Some("no"), 4)] {
        let mut command = Command::new(MIGRATOR);
        command.args([older.path(), &database]).args(["upgrade", "per-run"]);
        command.env_remove("REVCHAIN_AHEAD").envs(value.map(|value| ("REVCHAIN_AHEAD", value)));
        let mut deployer = Deployer::spawn(command)?;
        deployer.go()?;
        let end = deployer.end()?;
        assert_eq!(end.status.code(), Some(code), "{value:?}: {end:?}");
        assert_eq!(end.errors.contains("REVCHAIN_AHEAD=allow"), code == 4, "{end:?}");
    }
    Ok(())
}
