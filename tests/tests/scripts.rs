//! Scripts, run by the databases' own clients: what they do, and what stops them where they must not run.

use revchain::{Dialect, Migrations, Target};
use revchain_core::set::Heads;
use revchain_tests::clients::Database;
use revchain_tests::project::{Draft, Project};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A line, a branch and its merge, rows with quotes in them, and a part outside transactions.
fn migrations(dialect: Dialect) -> Result<Migrations> {
    let mut project = Project::for_dialects(&[dialect])?;
    project.settings.heads = Heads::Many;
    let alone = match dialect {
        Dialect::Sqlite => Draft::new("eeee5", "dddd4", "VACUUM;", "VACUUM;"),
        Dialect::Postgres => Draft::new(
            "eeee5",
            "dddd4",
            "CREATE INDEX CONCURRENTLY i ON b (n);",
            "DROP INDEX CONCURRENTLY i;",
        ),
        Dialect::Mysql => {
            Draft::new("eeee5", "dddd4", "CREATE INDEX i ON b (n);", "DROP INDEX i ON b;")
        }
    };
    let rebuilt = "CREATE TABLE c2 (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id), m INTEGER);\n\
                   INSERT INTO c2 (id, a) SELECT id, a FROM c;\nDROP TABLE c;\nALTER TABLE c2 RENAME TO c;";
    let back = "CREATE TABLE c2 (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id));\n\
                INSERT INTO c2 SELECT id, a FROM c;\nDROP TABLE c;\nALTER TABLE c2 RENAME TO c;";
    let last = match dialect {
        Dialect::Sqlite => Draft::new("ffff6", "eeee5", rebuilt, back).options("foreign-keys=off"),
        _ => Draft::new(
            "ffff6",
            "eeee5",
            "ALTER TABLE c ADD m INTEGER;",
            "ALTER TABLE c DROP COLUMN m;",
        ),
    };
    project.add(&[
        Draft::new(
            "aaaa1",
            "base",
            "CREATE TABLE a (id INTEGER PRIMARY KEY, t VARCHAR(80));",
            "DROP TABLE a;",
        ),
        Draft::new(
            "bbbb2",
            "aaaa1",
            "CREATE TABLE b (n INTEGER);\nINSERT INTO a VALUES (1, 'it''s; -- \"so\"');",
            "DELETE FROM a;\nDROP TABLE b;",
        ),
        Draft::new(
            "cccc3",
            "aaaa1",
            "CREATE TABLE c (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id));",
            "DROP TABLE c;",
        ),
        Draft::new("dddd4", "bbbb2, cccc3", "", ""),
        alone.options("transaction=off"),
        last,
    ])?;
    Ok(project.migrations()?)
}

const DIALECTS: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql];

/// Returns the application's tables, and what the ledger has.
fn state(database: &Database) -> (Vec<String>, Vec<String>) {
    let tables = match database {
        Database::Sqlite { .. } => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        }
        Database::Postgres { .. } => "SELECT relname FROM pg_stat_user_tables ORDER BY relname",
        Database::Mysql { .. } => {
            "SELECT table_name FROM information_schema.tables WHERE table_schema = database() ORDER BY table_name"
        }
    };
    let tables = database.rows(tables);
    let rows = if tables.iter().any(|table| table == "revchain_revisions") {
        database.rows("SELECT revision, state FROM revchain_revisions ORDER BY sequence")
    } else {
        Vec::new()
    };
    (tables.into_iter().filter(|table| !table.starts_with("revchain")).collect(), rows)
}

fn script(dialect: Dialect, from: &str, to: &str) -> Result<String> {
    Ok(migrations(dialect)?.upgrade(to.parse()?).from(from.parse()?).sql(dialect)?)
}

fn script_back(dialect: Dialect, from: &str, to: &str) -> Result<String> {
    Ok(migrations(dialect)?.downgrade(to.parse()?).from(from.parse()?).sql(dialect)?)
}

const ALL: [&str; 6] = [
    "aaaa1|applied",
    "cccc3|applied",
    "bbbb2|applied",
    "dddd4|applied",
    "eeee5|applied",
    "ffff6|applied",
];

#[test]
fn a_script_does_what_a_run_does_both_ways() -> Result {
    for dialect in DIALECTS {
        let Some(database) = Database::fresh(dialect) else { continue };
        let said = database.run(&script(dialect, "base", "head")?);
        assert!(said.well, "{dialect}: {}", said.text);
        let (tables, rows) = state(&database);
        assert_eq!(tables, ["a", "b", "c"], "{dialect}");
        assert_eq!(rows, ALL, "{dialect}");
        assert_eq!(database.rows("SELECT t FROM a"), ["it's; -- \"so\""], "{dialect}");
        let events = "SELECT deed, count(*) FROM revchain_events GROUP BY deed";
        assert_eq!(database.rows(events), ["upgrade|6"], "{dialect}");

        // In pieces, and back.
        for (from, to, left) in [("heads", "eeee5", 5), ("eeee5", "aaaa1", 1), ("aaaa1", "base", 0)]
        {
            let said = database.run(&script_back(dialect, from, to)?);
            assert!(said.well, "{dialect} {from}:{to}: {}", said.text);
            assert_eq!(state(&database).1.len(), left, "{dialect} {from}:{to}");
        }
        assert!(state(&database).0.is_empty(), "{dialect}");
        for (from, to) in [("base", "bbbb2"), ("bbbb2", "dddd4"), ("dddd4", "heads")] {
            let said = database.run(&script(dialect, from, to)?);
            assert!(said.well, "{dialect} {from}:{to}: {}", said.text);
        }
        assert_eq!(state(&database).1.len(), 6, "{dialect}");
    }
    Ok(())
}

#[test]
fn a_database_that_a_script_brought_up_is_one_that_a_run_brought_up() -> Result {
    let database = Database::fresh(Dialect::Sqlite).expect("SQLite needs no server");
    assert!(database.run(&script(Dialect::Sqlite, "base", "head")?).well);
    let mut connection = rusqlite::Connection::open(database.file())?;
    let migrations = migrations(Dialect::Sqlite)?;
    migrations.verify().run(&mut connection)?;
    assert!(migrations.upgrade(Target::Head).run(&mut connection)?.is_empty());
    assert_eq!(migrations.downgrade(Target::Base).run(&mut connection)?.steps.len(), 6);
    Ok(())
}

#[test]
fn a_script_stops_on_a_database_that_is_not_where_its_range_begins() -> Result {
    for dialect in DIALECTS {
        // Where the database is, and the scripts that begin elsewhere.
        let whole = script(dialect, "base", "head")?;
        let cases = [
            (None, vec![script(dialect, "aaaa1", "head")?, script_back(dialect, "heads", "base")?]),
            (
                Some(script(dialect, "base", "bbbb2")?),
                vec![
                    whole.clone(),
                    script(dialect, "aaaa1", "head")?,
                    script(dialect, "dddd4", "head")?,
                ],
            ),
            (Some(whole.clone()), vec![whole, script_back(dialect, "eeee5", "base")?]),
        ];
        for (number, (before, scripts)) in cases.into_iter().enumerate() {
            let Some(database) = Database::fresh(dialect) else { continue };
            if let Some(before) = before {
                assert!(database.run(&before).well, "{dialect} {number}");
            }
            let there = state(&database);
            for script in scripts {
                for stops in [true, false] {
                    let said = if stops { database.run(&script) } else { database.run_on(&script) };
                    assert!(!said.well, "{dialect} {number}: {}", said.text);
                    let words =
                        ["this database is not where the script begins", "revchain_revisions"];
                    assert!(
                        words.iter().any(|word| said.text.contains(word)),
                        "{dialect}: {}",
                        said.text
                    );
                    assert_eq!(state(&database), there, "{dialect} {number}:\n{script}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn after_a_revision_that_fails_psql_runs_nothing_more() -> Result {
    let revisions = [
        Draft::new("aaaa1", "base", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;"),
        Draft::new("bbbb2", "aaaa1", "CREATE TABLE b (n INTEGER);\nSELECT 1 / 0;", "DROP TABLE b;"),
        Draft::new("cccc3", "bbbb2", "CREATE TABLE c (n INTEGER);", "DROP TABLE c;"),
        Draft::new("dddd4", "cccc3", "CREATE INDEX CONCURRENTLY i ON a (n);", "DROP INDEX i;")
            .options("transaction=off"),
    ];
    // In transactions the session itself refuses the rest; outside them the client is told to stop.
    for (count, words) in
        [(3, "bbbb2 did not end well, the rest is not run"), (4, "division by zero")]
    {
        let Some(database) = Database::fresh(Dialect::Postgres) else { continue };
        let project = Project::for_dialects(&[Dialect::Postgres])?;
        project.add(&revisions[..count])?;
        let script = project.migrations()?.upgrade(Target::Head).sql(Dialect::Postgres)?;
        let said = database.run_on(&script);
        assert!(said.text.contains(words), "{}", said.text);
        let (tables, rows) = state(&database);
        assert_eq!((tables, rows), (vec!["a".to_owned()], vec!["aaaa1|applied".to_owned()]));
        assert!(database.rows("SELECT relname FROM pg_class WHERE relname = 'i'").is_empty());
    }
    Ok(())
}

#[test]
fn scripts_know_what_is_replaced() -> Result {
    for dialect in DIALECTS {
        let Some(database) = Database::fresh(dialect) else { continue };
        let project = Project::for_dialects(&[dialect])?;
        let table = |id, revises| {
            Draft::new(id, revises, "CREATE TABLE t_ID (n INTEGER);", "DROP TABLE t_ID;")
        };
        let write = |draft: Draft<'_>| -> Result {
            let text = draft.text().replace("t_ID", &format!("t_{}", draft.id));
            Ok(std::fs::write(project.path().join(format!("{}.sql", draft.id)), text)?)
        };
        for (id, revises) in
            [("aaaa1", "base"), ("bbbb2", "aaaa1"), ("cccc3", "bbbb2"), ("dddd4", "cccc3")]
        {
            write(table(id, revises))?;
        }
        let both = "CREATE TABLE t_bbbb2 (n INTEGER);\nCREATE TABLE t_cccc3 (n INTEGER);";
        let back = "DROP TABLE t_cccc3;\nDROP TABLE t_bbbb2;";
        write(Draft::new("yyyy1", "aaaa1", both, back).header("-- replaces: bbbb2..cccc3\n"))?;
        project.seal()?;
        let migrations = project.migrations()?;
        let up = |from: &str, to: &str| -> Result<String> {
            Ok(migrations.upgrade(to.parse()?).from(from.parse()?).sql(dialect)?)
        };
        let run = |script: String| {
            let said = database.run(&script);
            assert!(said.well, "{dialect}: {}\n{script}", said.text);
        };
        let all = ["t_aaaa1", "t_bbbb2", "t_cccc3", "t_dddd4"];
        // One that had a part of it goes to the end, records the replacer, and goes on.
        run(up("base", "bbbb2")?);
        run(up("bbbb2", "cccc3")?);
        run(up("cccc3", "yyyy1")?);
        run(up("yyyy1", "head")?);
        assert_eq!(state(&database).0, all, "{dialect}");
        assert_eq!(state(&database).1.len(), 5, "{dialect}");
        // The replacer's own downgrade is not the way back of this one, which has what it replaces.
        let down = migrations.downgrade("aaaa1".parse()?).from("head".parse()?).sql(dialect)?;
        assert!(!database.run(&down).well, "{dialect}");
        assert_eq!(state(&database).0, all, "{dialect}");

        let Some(other) = Database::fresh(dialect) else { continue };
        for script in [up("base", "head")?, down] {
            let said = other.run(&script);
            assert!(said.well, "{dialect}: {}\n{script}", said.text);
        }
        assert_eq!(state(&other).0, ["t_aaaa1"], "{dialect}");
    }
    Ok(())
}

#[test]
fn settings_of_a_dump_do_not_reach_the_ledger_or_the_next_revision() -> Result {
    let Some(database) = Database::fresh(Dialect::Postgres) else { return Ok(()) };
    let dump = "SELECT pg_catalog.set_config('search_path', '', false);\n\
                SET standard_conforming_strings = off;\nCREATE TABLE public.a (n INTEGER);";
    let project = Project::for_dialects(&[Dialect::Postgres])?;
    project.add(&[
        Draft::new("aaaa1", "base", dump, "DROP TABLE a;"),
        Draft::new("bbbb2", "aaaa1", "CREATE TABLE b (t TEXT DEFAULT 'a\\b');", "DROP TABLE b;"),
    ])?;
    let script = project.migrations()?.upgrade(Target::Head).sql(Dialect::Postgres)?;
    let said = database.run(&script);
    assert!(said.well, "{}", said.text);
    assert_eq!(state(&database).0, ["a", "b"]);
    let default = "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef";
    assert_eq!(database.rows(default), ["'a\\b'::text"]);
    Ok(())
}

#[test]
fn on_mysql_a_script_that_ends_behind_ddl_leaves_that_it_was_begun() -> Result {
    if !Database::has_mysql() {
        return Ok(());
    }
    let database = Database::fresh(Dialect::Mysql).ok_or("the server makes no database")?;
    let whole = script(Dialect::Mysql, "base", "aaaa1")?;
    // The client is gone when the table is there and the note that says so is not.
    let end = whole.find("CREATE TABLE a (").ok_or("the statement")?;
    let end = end + whole[end..].find(";\n").ok_or("its end")? + 2;
    assert!(database.run(&whole[..end]).well);
    let row = "SELECT state, statements_done, statement_begun FROM revchain_revisions";
    assert_eq!(database.rows(row), ["upgrading|0|0"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let error = runtime.block_on(async {
        let mut connection = database.mysql().await?;
        let migrations = migrations(Dialect::Mysql)?;
        let run = migrations.upgrade(Target::Head).run_async(&mut connection).await;
        Result::Ok(run.err().ok_or("nobody can know whether it was done")?)
    })?;
    assert_eq!(error.code(), "may-be-done", "{error:?}");
    // Whole, it leaves nothing begun.
    let database = Database::fresh(Dialect::Mysql).ok_or("the server makes no database")?;
    assert!(database.run(&whole).well);
    assert_eq!(database.rows(row), ["applied|0|NULL"]);
    Ok(())
}
