//! The scripts of `docs/deploying.md`, run as they stand there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use revchain_tests::Dialect;
use revchain_tests::clients::Database;
use tempfile::TempDir;

const PAGE: &str = include_str!("../../../docs/deploying.md");
const HEAD: &str = "9e47a1d3f065";
const BEFORE: &str = "5d20c8e7b914";

/// Returns the scripts of the page, by name.
fn scripts() -> BTreeMap<&'static str, &'static str> {
    let blocks = PAGE.split("```sh\n").skip(1);
    blocks
        .map(|block| {
            let (script, _) = block.split_once("\n```").expect("a block ends");
            let (name, _) = script.split_once('\n').expect("it has a name");
            (name.trim_start_matches("# ").trim_end_matches(".sh"), script)
        })
        .collect()
}

/// A machine that the application is deployed to.
struct Machine {
    folder: TempDir,
    environment: BTreeMap<&'static str, String>,
}

impl Machine {
    fn new(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let environment = BTreeMap::from([
            ("DATABASE_URL", url.to_owned()),
            ("NO_COLOR", "1".to_owned()),
            ("RELEASE", "r7".to_owned()),
            ("PAUSE", "0".to_owned()),
            ("TRIES", "2".to_owned()),
            ("PATH", path(Path::new(env!("CARGO_BIN_EXE_shop")).parent().expect("a folder"))),
        ]);
        Self { folder, environment }
    }

    fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.insert(name, value.into());
        self
    }

    fn command(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(self.folder.path()).env_clear();
        command.envs(&self.environment).stdin(Stdio::null());
        for name in ["PGUSER", "PGHOST", "PGPORT", "HOME"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
    }

    /// Runs a script of the page and expects an exit code; returns all that was said.
    #[track_caller]
    fn run(&self, name: &str, code: i32) -> String {
        let script = scripts()[name];
        let Output { status, stdout, stderr } = self.command(script).output().expect("a shell");
        let [stdout, stderr] =
            [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert_eq!(status.code(), Some(code), "{name}.sh\n{stdout}\n{stderr}");
        stdout + &stderr
    }

    /// Runs a line in the shell, which ends well.
    #[track_caller]
    fn line(&self, line: &str) -> String {
        let Output { status, stdout, stderr } = self.command(line).output().expect("a shell");
        let text =
            String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
        assert!(status.success(), "{line}\n{text}");
        text
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn path(first: &Path) -> String {
    let rest = std::env::var("PATH").unwrap_or_default();
    format!("{}:{rest}", first.display())
}

/// Puts the release before into a folder of the machine.
fn with_release_before(machine: Machine) -> Machine {
    let folder = machine.file("old");
    fs::create_dir(&folder).expect("a folder");
    let program = env!("CARGO_BIN_EXE_shop-migrate-before");
    std::os::unix::fs::symlink(program, folder.join("shop-migrate")).expect("a link");
    machine.set("OLD", folder.to_string_lossy())
}

/// Runs a test on SQLite, and on PostgreSQL where there is a server.
fn on_both(test: impl Fn(Machine)) {
    test(Machine::new("sqlite:shop.db"));
    if let Some(database) = Database::fresh(Dialect::Postgres) {
        test(Machine::new(&database.postgres_url()));
    }
}

#[track_caller]
fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
}

const OPEN: &str = "the shop is open";

#[test]
fn every_script_of_the_page_is_run_here() {
    let here = include_str!("deploying.rs");
    let scripts = scripts();
    assert!(scripts.len() >= 13, "{:?}", scripts.keys());
    for name in scripts.keys() {
        assert!(here.contains(&format!(".run(\"{name}\"")), "{name}.sh is not run");
    }
}

#[test]
fn a_container_upgrades_and_starts_and_starts_again() {
    on_both(|machine| {
        has(&machine.run("entrypoint", 0), &["3 revisions applied", OPEN]);
        has(&machine.run("entrypoint", 0), &["nothing to do", OPEN]);
    });
}

#[test]
fn workers_start_when_the_job_has_run_and_not_before() {
    on_both(|machine| {
        let said = machine.run("worker", 4);
        assert!(!said.contains(OPEN), "{said}");
        has(&machine.run("job", 0), &["3 revisions applied"]);
        has(&machine.run("worker", 0), &[OPEN]);
    });
    // What no waiting changes is told at once.
    let machine = Machine::new("nothing://here");
    has(&machine.run("worker", 2), &["nothing"]);
}

#[test]
fn ci_takes_the_secret_by_its_own_name() {
    on_both(|machine| {
        let url = machine.environment["DATABASE_URL"].clone();
        let machine = machine.set("DATABASE_URL", "sqlite:wrong.db").set("PROD_DATABASE_URL", url);
        has(&machine.run("ci", 0), &["upgrade af6a424eb7f6", "3 revisions applied", HEAD]);
        assert!(!machine.file("wrong.db").exists());
    });
}

#[test]
fn sqlite_in_development_and_postgresql_in_production() {
    let Some(database) = Database::fresh(Dialect::Postgres) else { return };
    let machine = Machine::new("").set("PROD_DATABASE_URL", database.postgres_url());
    machine.run("both", 0);
    assert!(machine.file("shop.db").exists());
    assert_eq!(database.rows("SELECT count(*) FROM revchain_revisions"), ["3"]);
}

#[test]
fn the_direct_address_is_taken_for_migrations() {
    let Some(database) = Database::fresh(Dialect::Postgres) else { return };
    let machine = Machine::new("postgres://pooler.invalid/shop");
    let machine = machine.set("DIRECT_DATABASE_URL", database.postgres_url());
    has(&machine.run("direct", 0), &["3 revisions applied", OPEN]);
}

#[test]
fn a_copy_is_taken_before_an_upgrade() {
    let machine = Machine::new("sqlite:shop.db");
    machine.line("shop-migrate upgrade +1");
    has(&machine.run("backup", 0), &["before-r7.db\n", "2 revisions applied"]);
    let said = machine.line("DATABASE_URL=sqlite:before-r7.db shop-migrate current");
    has(&said, &["af6a424eb7f6"]);

    let Some(database) = Database::fresh(Dialect::Postgres) else { return };
    let machine = Machine::new(&database.postgres_url());
    machine.line("shop-migrate upgrade +1");
    has(&machine.run("dump", 0), &["2 revisions applied"]);
    let Some(empty) = Database::fresh(Dialect::Postgres) else { return };
    let machine = machine.set("EMPTY_DATABASE_URL", empty.postgres_url());
    has(&machine.run("restore", 0), &["af6a424eb7f6"]);
}

#[test]
fn a_release_is_rolled_back_with_its_database() {
    for script in ["rollback", "stored"] {
        on_both(|machine| {
            let machine = with_release_before(machine);
            machine.run("entrypoint", 0);
            let said = match script {
                "rollback" => machine.run("rollback", 0),
                _ => machine.run("stored", 0),
            };
            has(&said, &["1 revision taken back", &format!("is at {BEFORE}")]);
        });
    }
}

#[test]
fn a_database_that_is_there_already_records_its_first_revision() {
    on_both(|machine| {
        // Everything but the ledger is there.
        machine.line("shop-migrate upgrade +1 && shop-migrate stamp base");
        let machine = machine.set("BASELINE", "af6a424eb7f6");
        has(&machine.run("baseline", 0), &["(recorded, not run)", "2 revisions applied"]);
    });
}

#[test]
fn a_marked_database_wants_its_environment_spelled_out() {
    on_both(|machine| {
        machine.run("entrypoint", 0);
        has(&machine.run("mark", 0), &["--environment production", "1 revision taken back"]);
    });
}

#[test]
fn development_starts_over() {
    on_both(|machine| {
        machine.run("entrypoint", 0);
        has(&machine.run("over", 0), &["3 revisions taken back", "3 revisions applied"]);
    });
}
