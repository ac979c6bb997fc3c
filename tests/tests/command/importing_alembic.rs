//! `import --from alembic`: a project of twenty revisions (`tests/alembic`), and databases at any of them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use revchain::Dialect;
use revchain_tests::clients::Database;
use revchain_tests::command::Desk;

/// Returns the Python that has Alembic, as `REVCHAIN_PYTHON` names it; says so where there is none.
fn python() -> Option<PathBuf> {
    let python =
        std::env::var_os("REVCHAIN_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
    let has = Command::new(&python).args(["-c", "import alembic.command"]).output();
    if has.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    let note =
        format!("skipped: {} has no Alembic (REVCHAIN_PYTHON names another)\n", python.display());
    std::io::stderr().write_all(note.as_bytes()).expect("stderr is there");
    None
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("alembic")
}

/// Imports into a desk, and returns what was printed.
fn imported(desk: &Desk, python: &Path, dialect: &str) -> revchain_tests::command::Ended {
    let (project, python) = (project(), python.to_string_lossy());
    let from = project.to_string_lossy();
    let words = ["import", "--from", "alembic", &from, "--python", &python, "--dialect", dialect];
    desk.call(&words)
}

fn desk(url: &str) -> Desk {
    let path = std::env::var("PATH").unwrap_or_default();
    Desk::new().set("DATABASE_URL", url).set("PATH", &path).set("PYTHONDONTWRITEBYTECODE", "1")
}

/// Writes what Alembic could not print, and seals it.
fn write_the_rest(desk: &Desk, printed: &str, parts: &[(&str, &str)]) {
    for (id, sql) in parts {
        let name = format!("_{id}_");
        let path = printed.lines().find(|path| path.contains(&name)).expect("its file");
        let text = desk.read(path);
        assert!(text.contains("SELECT to_be_written();"), "{text}");
        desk.write(path, &text.replace("SELECT to_be_written();", sql));
    }
    desk.run("seal").done();
    desk.run("check --locked").done();
}

/// Lets Alembic take a database to a revision.
fn alembic(python: &Path, url: &str, target: &str) {
    let output = Command::new(python)
        .args(["-m", "alembic", "upgrade", target])
        .env("DATABASE_URL", url)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(project())
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const LOWER: (&str, &str) = ("r13", "UPDATE users SET name = lower(name);");

#[test]
fn the_graph_comes_over_exactly_and_what_cannot_be_printed_is_listed() {
    let Some(python) = python() else { return };
    let desk = desk("sqlite:app.db");
    let made = imported(&desk, &python, "sqlite");
    made.done().says(&[
        "imported: 20 revisions",
        "its upgrade cannot be printed offline (AttributeError",
        "its upgrade cannot be printed offline (CommandError",
        "its downgrade cannot be printed offline (NotImplementedError: invoices stay)",
        "2 drafts to be written, and not sealed",
    ]);
    let header = |id: &str| {
        let name = format!("_{id}_");
        let path = made.stdout.lines().find(|path| path.contains(&name)).expect("its file");
        let text = desk.read(path);
        let keys = ["-- revises: ", "-- depends-on: ", "-- label: ", "-- created: ", "-- origin: "];
        let lines = text.lines().filter(|line| keys.iter().any(|key| line.starts_with(key)));
        lines.map(|line| line.trim_start_matches("-- ").to_owned()).collect::<Vec<_>>().join("; ")
    };
    let cases = [
        ("r01", "revises: base; created: 2024-02-01T09:30:00Z; origin: alembic r01 -"),
        ("r04", "revises: r03; label: shop; created: 2024-02-04T09:30:00Z; origin: alembic r04 -"),
        ("r10", "revises: r06, r09; created: 2024-02-10T09:30:00Z; origin: alembic r10 -"),
        (
            "x01",
            "revises: base; label: audit; created: 2024-02-15T09:30:00Z; origin: alembic x01 -",
        ),
        (
            "x02",
            "revises: x01; depends-on: r01; created: 2024-02-16T09:30:00Z; origin: alembic x02 -",
        ),
        (
            "r15",
            "revises: r14; depends-on: x02; created: 2024-02-18T09:30:00Z; origin: alembic r15 -",
        ),
    ];
    for (id, expected) in cases {
        assert_eq!(header(id), expected);
    }
    desk.run("heads").done();
    let heads = desk.run("heads").stdout;
    assert!(heads.contains("r17") && heads.contains("x03"), "{heads}");
    desk.run("check --locked").failed(3, &["draft"]);
    desk.run("upgrade r12").done();
    desk.run("upgrade r13").failed(1, &["to_be_written"]);
}

#[test]
fn a_database_at_any_of_its_revisions_goes_on_from_there() {
    let Some(python) = python() else { return };
    let made_by_alembic = desk("sqlite:app.db");
    let at = |desk: &Desk| format!("sqlite:///{}", desk.at("app.db").display());
    alembic(&python, &at(&made_by_alembic), "heads");
    for (target, adopted) in [("r03", 3), ("r08", 5), ("x02", 3), ("r12", 12), ("heads", 20)] {
        let desk = desk("sqlite:app.db");
        let made = imported(&desk, &python, "sqlite");
        let there = ("r14", "SELECT 1;");
        write_the_rest(&desk, &made.done().stdout, &[LOWER, there]);
        alembic(&python, &at(&desk), target);
        let words = format!("{adopted} revisions adopted from alembic");
        desk.run("adopt-history").done().says(&[&words]);
        desk.run("upgrade heads").done();
        let mut tables = desk.tables();
        tables.retain(|table| table != "alembic_version");
        let mut expected = made_by_alembic.tables();
        expected.retain(|table| table != "alembic_version");
        assert_eq!(tables, expected, "{target}");
        desk.run("verify").done();
    }
}

#[test]
fn on_postgresql_the_catalog_is_the_one_that_alembic_makes() {
    let Some(python) = python() else { return };
    let databases = (Database::fresh(Dialect::Postgres), Database::fresh(Dialect::Postgres));
    let (Some(ours), Some(plain)) = databases else { return };
    let desk = desk(&ours.postgres_url());
    let made = imported(&desk, &python, "postgres");
    let index = made.done().stdout.lines().find(|path| path.contains("_r11_")).expect("its file");
    assert!(
        desk.read(index).contains("-- migrate:upgrade transaction=off\nCREATE INDEX CONCURRENTLY")
    );
    write_the_rest(&desk, &made.stdout, &[LOWER]);
    desk.run("upgrade heads").done();
    // Alembic's own script, which cannot print the rows of one revision: that one is left out.
    let script = |range: &str| {
        let output = Command::new(&python)
            .args(["-c", OFFLINE, range])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(project())
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    for range in ["r12", "r13:r14", "r14:r17", "x02:x03"] {
        let said = plain.run(&script(range));
        assert!(said.well, "{range}: {}", said.text);
    }
    assert!(plain.run("DROP TABLE alembic_version").well);
    let diff = ["diff", "--from", &plain.postgres_url(), "--to", &ours.postgres_url()];
    desk.call(&diff).done().says(&["nothing differs"]);
    desk.run("downgrade base").failed(1, &["alembic cannot print its downgrade offline"]);
}

/// `alembic upgrade RANGE --sql`, for PostgreSQL.
const OFFLINE: &str = "import sys
from alembic import command
from alembic.config import Config
config = Config('alembic.ini')
config.set_main_option('sqlalchemy.url', 'postgresql://')
command.upgrade(config, sys.argv[1], sql=True)";

#[test]
fn what_is_missing_is_said() {
    let desk = desk("sqlite:app.db");
    desk.write("empty/x", "");
    let run = |words: &str| desk.run(&format!("import --from alembic {words} --dialect sqlite"));
    run("empty")
        .failed(1, &["no alembic.ini and no env.py in", "name the folder that has alembic.ini"]);
    desk.write("old/alembic.ini", "[alembic]\nscript_location = none\n");
    run("old --python no-such-python")
        .failed(1, &["cannot run no-such-python", "--python .venv/bin/python"]);
    if let Some(python) = python() {
        let python = python.to_string_lossy().into_owned();
        run(&format!("old --python {python}"))
            .failed(1, &["Alembic could not read its project", "alembic history"]);
    }
    assert!(!desk.at("migrations").exists());
}
