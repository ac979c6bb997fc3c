//! `import --from alembic`: a project of twenty revisions (`tests/alembic`), and databases at any of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use revchain::Dialect;
use revchain_tests::alembic::python;
use revchain_tests::clients::Database;
use revchain_tests::command::Desk;

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

/// Writes what Alembic could not print, with the options of its section, and seals it.
fn write_the_rest(desk: &Desk, printed: &str, parts: &[(&str, &str, &str)]) {
    for (id, options, sql) in parts {
        let name = format!("_{id}_");
        let path = printed.lines().find(|path| path.contains(&name)).expect("its file");
        desk.edit(path, "-- migrate:upgrade\n", &format!("-- migrate:upgrade {options}\n"));
        desk.edit(path, "SELECT to_be_written();", sql);
    }
    desk.run("seal").done();
    desk.run("check --locked").done();
}

/// Lets Alembic take a database to revisions.
fn alembic(python: &Path, database: &Database, targets: &[&str]) {
    for target in targets {
        let output = Command::new(python)
            .args(["-m", "alembic", "upgrade", target])
            .env("DATABASE_URL", alembic_url(database))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(project())
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn alembic_url(database: &Database) -> String {
    if let Database::Sqlite { .. } = database {
        return format!("sqlite:///{}", database.file().display());
    }
    let (host, port) = database.server();
    let place = database.rows("SELECT current_user, current_database()").concat();
    let (user, name) = place.split_once('|').expect("two columns");
    format!("postgresql+psycopg2://{user}@/{name}?host={}&port={port}", host.display())
}

const LOWER: (&str, &str, &str) = ("r13", "", "UPDATE users SET name = lower(name);");
/// What Alembic's batch mode does on SQLite.
const TITLES: (&str, &str, &str) = (
    "r14",
    "foreign-keys=off",
    "CREATE TABLE new_posts (id INTEGER NOT NULL, title TEXT NOT NULL, body TEXT, PRIMARY KEY (id));
INSERT INTO new_posts (id, title, body) SELECT id, title, body FROM posts;
DROP TABLE posts;
ALTER TABLE new_posts RENAME TO posts;
CREATE INDEX posts_title ON posts (title);",
);

/// Where a database can be, and how many revisions it has then: at each of them, on two branches at once, at the end.
const PLACES: [(&[&str], usize); 23] = [
    (&["r01"], 1),
    (&["r02"], 2),
    (&["r03"], 3),
    (&["r04"], 4),
    (&["r05"], 5),
    (&["r06"], 6),
    (&["r07"], 4),
    (&["r08"], 5),
    (&["r09"], 6),
    (&["r10"], 10),
    (&["r11"], 11),
    (&["r12"], 12),
    (&["r13"], 13),
    (&["r14"], 14),
    (&["r15"], 17),
    (&["r16"], 18),
    (&["r17"], 19),
    (&["x01"], 1),
    (&["x02"], 3),
    (&["x03"], 4),
    (&["r05", "r08", "x01"], 8),
    (&["r12", "x03"], 15),
    (&["heads"], 20),
];

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

const SCHEMA_AS_NEW: &str = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC; \
    COMMENT ON SCHEMA public IS 'standard public schema'";

fn goes_on_from_each(dialect: Dialect, rest: &[(&str, &str, &str)]) {
    let Some(python) = python() else { return };
    let databases = (Database::fresh(dialect), Database::fresh(dialect));
    let (Some(by_alembic), Some(mut database)) = databases else { return };
    let desk = desk("");
    let made = imported(&desk, &python, &dialect.to_string());
    write_the_rest(&desk, &made.done().stdout, rest);
    alembic(&python, &by_alembic, &["heads"]);
    for (targets, adopted) in PLACES {
        // To make a schema takes a server less time than to make a database.
        if dialect == Dialect::Postgres {
            assert!(database.run(SCHEMA_AS_NEW).well);
        } else {
            database = Database::fresh(dialect).expect("it is made");
        }
        alembic(&python, &database, targets);
        let url = database.url();
        let run = |words: &[&str]| desk.call(&[words, &["--database-url", &url]].concat());
        let counted = |count: usize, what: &str| match count {
            0 => "nothing to do".to_owned(),
            1 => format!("1 revision {what}"),
            _ => format!("{count} revisions {what}"),
        };
        run(&["adopt-history"]).done().says(&[&counted(adopted, "adopted from alembic")]);
        run(&["upgrade", "heads"]).done().says(&[&counted(20 - adopted, "applied")]);
        run(&["verify"]).done();
        let diff = ["diff", "--from", &by_alembic.url(), "--to", &url];
        let diff = desk.call(&diff);
        assert_eq!((diff.stdout.as_str(), diff.code), ("", 0), "{targets:?}");
        for table in ["users", "posts", "invoices"] {
            let rows = format!("SELECT * FROM {table} ORDER BY id");
            assert_eq!(database.rows(&rows), by_alembic.rows(&rows), "{targets:?}: {table}");
        }
    }
}

#[test]
fn a_database_at_any_of_its_revisions_goes_on_from_there() {
    goes_on_from_each(Dialect::Sqlite, &[LOWER, TITLES]);
}

#[test]
fn on_postgresql_a_database_at_any_of_its_revisions_goes_on_from_there() {
    goes_on_from_each(Dialect::Postgres, &[LOWER]);
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
    alembic(&python, &plain, &["heads"]);
    assert!(plain.run("DROP TABLE alembic_version").well);
    let diff = ["diff", "--from", &plain.postgres_url(), "--to", &ours.postgres_url()];
    desk.call(&diff).done().says(&["nothing differs"]);
    desk.run("downgrade base").failed(1, &["alembic cannot print its downgrade offline"]);
}

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
