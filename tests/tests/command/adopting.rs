//! `adopt-history`: a database that another tool has brought half the way.

use std::path::Path;

use revchain::Dialect;
use revchain_tests::clients::Database;
use revchain_tests::command::Desk;
use revchain_tests::real::real;
use rusqlite::Connection;
use serde_json::Value;

use crate::importing::files;

const TABLE: &str = "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on \
    TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL);";

/// Returns version and checksum of each new file, as `origin` has them.
fn origins(desk: &Desk, paths: &str) -> Vec<(String, String)> {
    let origin = |path: &str| {
        let text = desk.read(path);
        let origin = text.lines().find_map(|line| line.strip_prefix("-- origin: sqlx "));
        let (version, checksum) = origin.expect("an origin").split_once(' ').expect("two words");
        (version.to_owned(), checksum.to_owned())
    };
    paths.lines().map(origin).collect()
}

fn rows(origins: &[(String, String)], quote: impl Fn(&str) -> String) -> String {
    let row = |(version, checksum): &(String, String)| {
        format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES ({version}, 'm', TRUE, {}, 1);\n",
            quote(checksum)
        )
    };
    origins.iter().map(row).collect()
}

fn import(desk: &Desk, old: &Path, dialect: &str) -> String {
    let old = old.to_string_lossy();
    let made = desk.call(&["import", "--from", "sqlx", &old, "--dialect", dialect]);
    made.done().stdout.clone()
}

#[test]
fn half_a_real_history_is_adopted_and_only_the_other_half_runs() {
    for name in ["atuin-client", "atuin-server-sqlite"] {
        let Some(old) = real(name) else { continue };
        let desk = Desk::new().set("DATABASE_URL", "sqlite:app.db");
        let made = import(&desk, &old, "sqlite");
        let origins = origins(&desk, &made);
        let half = origins.len() / 2;
        let app = Connection::open(desk.at("app.db")).expect("it opens");
        let plain = Connection::open(desk.at("plain.db")).expect("it opens");
        app.execute_batch(TABLE).expect("the tool's table");
        for (index, (path, text)) in files(&old).iter().enumerate() {
            plain.execute_batch(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            if index < half {
                app.execute_batch(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            }
        }
        let rows = rows(&origins[..half], |checksum| format!("x'{checksum}'"));
        app.execute_batch(&rows).expect("the tool's rows");
        drop(app);

        let dry = desk.run("adopt-history --dry-run");
        assert_eq!(dry.done().stdout.lines().count(), half, "{}", dry.stdout);
        dry.says(&[&format!("would adopt {half} revisions from sqlx")]);
        assert!(dry.stdout.contains(&format!("(sqlx {})", origins[0].0)), "{}", dry.stdout);
        assert!(!desk.tables().iter().any(|table| table.starts_with("revchain")));
        let json: Value =
            serde_json::from_str(&desk.run("adopt-history --dry-run --json").done().stdout)
                .expect("JSON");
        assert_eq!(json["adopted"][half - 1]["version"], origins[half - 1].0);

        desk.run("adopt-history").done().says(&[&format!("{half} revisions adopted from sqlx")]);
        desk.run("adopt-history").done().says(&["nothing to do"]);
        let left = origins.len() - half;
        desk.run("upgrade head").done().says(&[&format!("{left} revisions applied")]);
        let mut ours = desk.schema("app.db");
        ours.retain(|sql| !sql.contains("revchain") && !sql.contains("_sqlx_migrations"));
        assert_eq!(ours, desk.schema("plain.db"), "{name}");
        // What the old tool's table says was adopted, so it is nobody's drift.
        desk.run("drift").done().says(&["is what its revisions make"]);
    }
}

#[test]
fn on_postgresql_only_the_ledgers_own_schema_counts() {
    for name in ["atuin-server-postgres", "svix-server"] {
        let Some(old) = real(name) else { continue };
        let Some(database) = Database::fresh(Dialect::Postgres) else { return };
        let desk = Desk::new().set("DATABASE_URL", &database.postgres_url());
        let made = import(&desk, &old, "postgres");
        let origins = origins(&desk, &made);
        let half = origins.len() / 2;
        let ups: Vec<(String, String)> =
            files(&old).into_iter().filter(|(path, _)| !path.ends_with(".down.sql")).collect();
        for (path, text) in &ups[..half] {
            let said = database.run(text);
            assert!(said.well, "{path}: {}", said.text);
        }
        let table = TABLE.replace("BLOB", "BYTEA");
        let rows = rows(&origins[..half], |checksum| format!(r"'\x{checksum}'"));
        let elsewhere =
            database.run(&format!("CREATE SCHEMA other; SET search_path = other; {table} {rows}"));
        assert!(elsewhere.well, "{}", elsewhere.text);
        desk.run("adopt-history").failed(4, &["it is not there, in the schema of the ledger"]);
        let here =
            database.run("ALTER TABLE other._sqlx_migrations SET SCHEMA public; DROP SCHEMA other");
        assert!(here.well, "{}", here.text);
        desk.run("adopt-history").done().says(&[&format!("{half} revisions adopted from sqlx")]);
        let left = origins.len() - half;
        desk.run("upgrade head").done().says(&[&format!("{left} revisions applied")]);
        desk.run("verify").done();
    }
}

#[test]
fn the_tool_is_the_one_that_the_revisions_come_from_or_is_named() {
    let desk = Desk::with_set();
    desk.run("new first").done();
    desk.run("adopt-history").failed(2, &["no revision says which tool", "--from user-version"]);
    desk.run("adopt-history --from make").failed(2, &["the tools are sqlx, diesel,"]);
    desk.run("adopt-history --from rails").failed(1, &[]);
    let desk = Desk::new().set("DATABASE_URL", "sqlite:app.db");
    desk.write("old/1_a.sql", "CREATE TABLE a (x INTEGER);\n");
    desk.write("old/2_b.sql", "CREATE TABLE b (x INTEGER);\n");
    import(&desk, &desk.at("old"), "sqlite");
    let app = Connection::open(desk.at("app.db")).expect("it opens");
    app.execute_batch("CREATE TABLE a (x INTEGER); PRAGMA user_version = 1;").expect("it is made");
    drop(app);
    desk.run("adopt-history").failed(4, &["`_sqlx_migrations` cannot be adopted", "= help: "]);
    desk.run("adopt-history --from user-version")
        .done()
        .says(&["1 revision adopted from user-version"]);
    desk.run("upgrade").done().says(&["1 revision applied"]);
}

#[test]
fn a_table_of_another_name_or_schema_is_adopted_through_a_view() {
    let made =
        "CREATE TABLE theirs (version VARCHAR(128) PRIMARY KEY); INSERT INTO theirs VALUES ('1');";
    let cases = [
        (Dialect::Sqlite, "", "theirs"),
        (Dialect::Postgres, "CREATE SCHEMA other; SET search_path = other;", "other.theirs"),
    ];
    for (dialect, before, table) in cases {
        let Some(database) = Database::fresh(dialect) else { return };
        let desk = Desk::new().set("DATABASE_URL", &database.url());
        desk.write(
            "old/1_a.sql",
            "-- migrate:up\nCREATE TABLE a (x INTEGER);\n\n-- migrate:down\nDROP TABLE a;\n",
        );
        desk.run(&format!("import --from dbmate old --dialect {dialect}")).done();
        assert!(database.run(&format!("CREATE TABLE a (x INTEGER); {before} {made}")).well);
        let help = "CREATE VIEW schema_migrations AS SELECT * FROM THAT_TABLE";
        desk.run("adopt-history").failed(4, &["it is not there", help]);
        let view = help.replace("THAT_TABLE", table);
        assert!(database.run(&view).well);
        desk.run("adopt-history").done().says(&["1 revision adopted from dbmate"]);
        assert!(database.run("DROP VIEW schema_migrations").well);
        desk.run("verify").done();
    }
}
