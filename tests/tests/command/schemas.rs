//! `--schema`: the same set in many schemas of one PostgreSQL database, each with a ledger of its own.

use revchain_tests::clients::Database;
use revchain_tests::command::Desk;

/// Returns the tables of a schema that are not the ledger's, in order.
fn tables(database: &Database, schema: &str) -> Vec<String> {
    database.rows(&format!(
        "SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' \
         AND tablename NOT LIKE 'revchain%' ORDER BY 1"
    ))
}

/// A desk whose database has three tenants, and a schema beside them with a name that wants quotes.
fn tenants() -> Option<(Desk, Database)> {
    let (desk, database) = Desk::on_postgres()?;
    desk.three();
    let made = database.run(
        "CREATE SCHEMA tenant_a; CREATE SCHEMA tenant_b; CREATE SCHEMA \"tenant c\"; CREATE SCHEMA other;",
    );
    assert!(made.well);
    Some((desk, database))
}

#[test]
fn each_schema_has_a_ledger_and_a_run_of_its_own() {
    let Some((desk, database)) = tenants() else { return };
    desk.run("plan --schema tenant_*").done().prints(&["schema tenant_a:", "upgrade aaaa1"]);
    desk.run("upgrade +1 --schema tenant_b").done().says(&["schema tenant_b:", "sealed: aaaa1"]);
    assert_eq!(tables(&database, "tenant_b"), ["aaaa1"]);
    assert!(tables(&database, "tenant_a").is_empty() && tables(&database, "public").is_empty());
    let ended = desk.call(&["upgrade", "--schema", "tenant_*", "--schema", "tenant?c"]);
    ended.done().says(&["3 revisions applied", "2 revisions applied", "sealed: bbbb2 cccc3"]);
    for schema in ["tenant_a", "tenant_b", "tenant c"] {
        assert_eq!(tables(&database, schema), ["aaaa1", "bbbb2", "cccc3"], "{schema}");
        let rows = format!("SELECT count(*) FROM \"{schema}\".revchain_revisions");
        assert_eq!(database.rows(&rows), ["3"], "{schema}");
    }
    assert!(tables(&database, "other").is_empty() && tables(&database, "public").is_empty());
    desk.run("upgrade --schema tenant_*").done().says(&["nothing to do"]);
    desk.run("verify --schema tenant_a --schema tenant_b").done().says(&["is at cccc3"]);
    desk.run("downgrade -1 --schema tenant_a").done().says(&["1 revision taken back"]);
    assert_eq!(tables(&database, "tenant_b"), ["aaaa1", "bbbb2", "cccc3"]);
    let current = desk.run("current --schema tenant_*");
    current.done().prints(&["schema tenant_a:\nbbbb2", "schema tenant_b:\ncccc3 (head)"]);
    desk.run("history --schema tenant_a").done().prints(&["schema tenant_a:", "cccc3"]);
    let verified = desk.run("verify --schema tenant_*");
    verified.failed(4, &["1 of 2 schemas failed: tenant_a", "done: tenant_b"]);
    desk.run("status --schema tenant_*").done().prints(&["schema tenant_a:", "pending   cccc3"]);
    // The database as a whole has none of it.
    desk.run("current --check-heads").failed(4, &["it is at base"]);
}

#[test]
fn a_hook_is_told_the_schema() {
    let Some((desk, _database)) = tenants() else { return };
    let told = "after-upgrade = [\"sh\", \"-c\", \"echo in $REVCHAIN_SCHEMA\"]\n";
    desk.write("migrations/migrate.toml", told);
    let ended = desk.run("upgrade --schema tenant_a --schema tenant_b");
    ended.done().says(&["in tenant_a", "in tenant_b"]);
}

#[test]
fn a_failure_in_one_schema_is_named_and_the_others_have_their_turn() {
    let Some((desk, database)) = tenants() else { return };
    assert!(database.run("CREATE TABLE tenant_a.bbbb2 (taken INTEGER);").well);
    let ended = desk.run("upgrade --schema tenant_a --schema tenant_b --transactions per-revision");
    ended.failed(
        1,
        &[
            "the upgrade of revision `bbbb2` failed",
            "1 of 2 schemas failed: tenant_a",
            "done: tenant_b",
        ],
    );
    assert_eq!(tables(&database, "tenant_b"), ["aaaa1", "bbbb2", "cccc3"]);
    let ended = desk.run("upgrade --json --schema tenant_a --schema tenant_b");
    assert_eq!(ended.code, 1, "{ended:?}");
    let value: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON value");
    let [first, second] = &value["schemas"].as_array().expect("an array")[..] else {
        panic!("{value}")
    };
    assert_eq!((&first["schema"], &first["exit_code"]), (&"tenant_a".into(), &1.into()));
    assert_eq!(first["error"]["code"], "statement");
    assert_eq!((&second["schema"], &second["exit_code"]), (&"tenant_b".into(), &0.into()));
    assert_eq!(second["result"]["done"], serde_json::json!([]));
    assert!(database.run("DROP TABLE tenant_a.bbbb2;").well);
    desk.run("upgrade --schema tenant_*").done().says(&["2 revisions applied", "nothing to do"]);
}

#[test]
fn the_mark_of_the_database_guards_each_of_its_schemas() {
    let Some((desk, database)) = tenants() else { return };
    desk.run("upgrade --schema tenant_a").done();
    desk.run("mark production").done();
    desk.run("downgrade -1 --schema tenant_a").failed(1, &["is marked `production`"]);
    desk.run("stamp --purge base --schema tenant_a").failed(1, &["is marked `production`"]);
    assert_eq!(tables(&database, "tenant_a").len(), 3);
    desk.run("downgrade -1 --schema tenant_a --environment production").done();
}

#[test]
fn schemas_that_cannot_be_are_refused_with_what_helps() {
    let Some((desk, database)) = tenants() else { return };
    let cases: [(&str, u8, &[&str]); 6] = [
        ("upgrade --schema tenant_x", 1, &["has no schema `tenant_x`", "did you mean `tenant_a`?"]),
        ("upgrade --schema billing", 1, &["has no schema `billing`", "CREATE SCHEMA \"billing\""]),
        ("verify --schema shop_*", 1, &["no schema of", "is named like `shop_*`", "quote it"]),
        ("upgrade --schema pg_catalog", 1, &["has no schema `pg_catalog`"]),
        ("upgrade --schema tenant_a --sql", 2, &["cannot be used with `--sql`", "PGOPTIONS="]),
        (
            "upgrade --schema tenant_a --backup x.sql",
            2,
            &["cannot be used with `--backup", "pg_dump"],
        ),
    ];
    for (line, code, words) in cases {
        desk.run(line).failed(code, words);
    }
    let url = database.postgres_url();
    let sign = if url.contains('?') { '&' } else { '?' };
    let pooled = format!("{url}{sign}pooler=transaction");
    let ended = desk.call(&["upgrade", "--schema", "tenant_a", "--database-url", &pooled]);
    ended.failed(2, &["`--schema` needs a session"]);
    desk.run("set history audit.ledger").done();
    desk.run("upgrade --schema tenant_a")
        .failed(2, &["one ledger", "cargo migrate set history ledger"]);
    assert!(tables(&database, "tenant_a").is_empty());
}

#[test]
fn a_ledger_whose_schema_is_not_there_says_how_to_make_it() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    desk.three();
    desk.run("set history audit.ledger").done();
    desk.run("current").done();
    for verb in ["upgrade", "ensure-version", "stamp head"] {
        let help = ["schema \"audit\" does not exist", "CREATE SCHEMA \"audit\"", "set history"];
        desk.run(verb).failed(1, &help);
    }
    assert!(tables(&database, "public").is_empty());
    assert!(database.run("CREATE SCHEMA audit;").well);
    desk.run("upgrade").done();
    assert_eq!(database.rows("SELECT count(*) FROM audit.ledger"), ["3"]);
    assert_eq!(tables(&database, "public"), ["aaaa1", "bbbb2", "cccc3"]);
    let Some((desk, _database)) = Desk::on_mysql() else { return };
    desk.three();
    desk.run("set history revchain_nowhere.ledger").done();
    desk.run("upgrade").failed(1, &["CREATE DATABASE `revchain_nowhere`", "set history"]);
}

#[test]
fn a_database_without_schemas_says_what_to_do_instead() {
    let desk = Desk::with_set();
    desk.three();
    for verb in ["upgrade", "current", "verify", "plan", "history", "status", "downgrade base"] {
        let ended = desk.run(&format!("{verb} --schema tenant_a"));
        ended.failed(2, &["a SQLite file has no schemas", "sqlite:tenant_a.db"]);
    }
    let Some((desk, _database)) = Desk::on_mysql() else { return };
    desk.three();
    desk.run("upgrade --schema a").failed(2, &["a schema of MySQL is a database", "mysql://"]);
}
