//! The application's own command, run as the binary that it is: in a folder without sources, on SQLite and PostgreSQL.

use std::process::{Command, Output};

use revchain_tests::clients::Database;
use tempfile::TempDir;

/// An empty folder, as a container has it.
struct Container {
    folder: TempDir,
    url: String,
}

impl Container {
    fn new(url: impl Into<String>) -> Self {
        Self { folder: tempfile::tempdir().expect("a folder can be made"), url: url.into() }
    }

    fn run(&self, program: &str, line: &str) -> Output {
        let program = match program {
            "shop-migrate" => env!("CARGO_BIN_EXE_shop-migrate"),
            _ => env!("CARGO_BIN_EXE_shop"),
        };
        Command::new(program)
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .env("DATABASE_URL", &self.url)
            .env("NO_COLOR", "1")
            .env_remove("CI")
            // There is no cargo where it runs.
            .env("PATH", "")
            .output()
            .expect("the binary is there")
    }

    /// Runs `shop-migrate`, expects an exit code, and returns what it printed and said.
    #[track_caller]
    fn migrate(&self, line: &str, code: i32) -> (String, String) {
        let Output { status, stdout, stderr } = self.run("shop-migrate", line);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is text");
        let (stdout, stderr) = (text(stdout), text(stderr));
        assert_eq!(status.code(), Some(code), "{line}\n{stdout}\n{stderr}");
        (stdout, stderr)
    }
}

#[track_caller]
fn has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
}

/// The life of a database, the same on each.
fn life(container: &Container) {
    let (_, said) = container.migrate("verify", 4);
    has(&said, &["[pending]", "create products", "shop-migrate upgrade"]);
    let (plan, _) = container.migrate("plan", 0);
    has(&plan, &["upgrade 5d20c8e7b914", "index orders by product"]);
    let (_, said) = container.migrate("upgrade head --wait 5s --tag release-7", 0);
    has(&said, &["upgrade 5d20c8e7b914 create orders (", "3 revisions applied"]);
    let (_, said) = container.migrate("upgrade head", 0);
    assert_eq!(said, "nothing to do\n");
    let (_, said) = container.migrate("verify", 0);
    has(&said, &[" is at 9e47a1d3f065"]);
    let (current, _) = container.migrate("current --verbose", 0);
    has(&current, &["Rev: 9e47a1d3f065 (head)", "by revchain-shop 0.1.0"]);
    let (json, _) = container.migrate("current --json", 0);
    has(&json, &["\"heads\": [\n    \"9e47a1d3f065\"\n  ]", "\"pending\": []"]);
    let (history, _) = container.migrate("history -i", 0);
    has(&history, &["5d20c8e7b914 -> 9e47a1d3f065 (head) (current), index orders by product"]);
    let (_, said) = container.migrate("downgrade -1", 0);
    has(&said, &["downgrade 9e47a1d3f065", "1 revision taken back"]);
    let (_, said) = container.migrate("stamp head", 0);
    has(&said, &["(recorded, not run)"]);
    container.migrate("stamp 5d20", 0);
    let (_, said) = container.migrate("resolve 5d20 --applied", 1);
    has(&said, &["is not half done"]);
    let (_, said) = container.migrate("downgrade base", 0);
    has(&said, &["2 revisions taken back"]);
    let (_, said) = container.migrate("ensure-version", 0);
    has(&said, &["revchain_revisions is there"]);
}

#[test]
fn it_needs_nothing_beside_itself_on_sqlite() {
    let container = Container::new("sqlite:shop.db");
    life(&container);
    let there = container.folder.path().read_dir().expect("it can be read");
    let names: Vec<_> = there.map(|entry| entry.expect("it can be read").file_name()).collect();
    assert_eq!(names, ["shop.db"], "nothing but the database was made");
}

#[test]
fn it_needs_nothing_beside_itself_on_postgresql() {
    let Some(database) = Database::fresh(revchain_tests::Dialect::Postgres) else { return };
    life(&Container::new(database.postgres_url()));
}

#[test]
fn it_is_called_as_the_application_calls_it() {
    let container = Container::new("sqlite:shop.db");
    let ended = container.run("shop", "migrate upgrade head");
    assert!(ended.status.success(), "{ended:?}");
    let help = container.run("shop", "migrate help upgrade");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    has(&help, &["Usage: shop migrate upgrade [OPTIONS] [TARGET]", "  shop migrate upgrade +1"]);
    assert!(!help.contains("cargo"), "{help}");
    let (help, _) = container.migrate("help", 0);
    has(
        &help,
        &["Usage: shop-migrate [OPTIONS] <COMMAND>", "ensure-version", "`shop-migrate help VERB`"],
    );
    let (_, said) = container.migrate("upgrad", 2);
    has(&said, &["there is no verb `upgrad`", "did you mean `upgrade`?", "shop-migrate help"]);
    let (_, said) = container.migrate("seal", 2);
    has(&said, &["there is no verb `seal`"]);
    // What is of development has no place on a database that bears a mark.
    container.migrate("mark production", 0);
    let (_, said) = container.migrate("amend", 1);
    has(&said, &["the database is marked `production`", "cargo migrate new"]);
    let served = container.run("shop", "serve");
    has(&String::from_utf8_lossy(&served.stdout), &["the shop is open, at 9e47a1d3f065"]);
}

#[test]
fn what_stops_it_has_the_exit_codes_of_the_command() {
    let container = Container::new("sqlite:shop.db");
    container.migrate("upgrade beef", 2);
    container.migrate("downgrade base", 1);
    container.migrate("upgrade --database-url sqlite:nowhere/shop.db", 5);
    let (_, said) = container.migrate("upgrade --database-url postgres:///shop?host=/nowhere", 5);
    has(&said, &["cannot be reached", "--wait 60s"]);
    let (_, said) = container.migrate("upgrade --database-url mysql://u:s3cret@h/shop", 2);
    has(&said, &["the set serves sqlite postgres, and mysql://u@h/shop is mysql"]);
    assert!(!said.contains("s3cret"), "{said}");
    let nothing = Container::new("");
    let (_, said) = nothing.migrate("current", 1);
    has(&said, &["no database is named", "export DATABASE_URL=sqlite:app.db"]);
    let (script, _) = nothing.migrate("upgrade --sql --dialect postgres", 0);
    has(&script, &["CREATE TABLE products", "revchain_revisions"]);
}

#[test]
fn a_variables_file_beside_it_names_the_database() {
    let container = Container::new("");
    std::fs::write(container.folder.path().join(".env"), "DATABASE_URL=sqlite:from-env.db\n")
        .expect("it can be written");
    container.migrate("upgrade", 0);
    assert!(container.folder.path().join("from-env.db").exists());
}
