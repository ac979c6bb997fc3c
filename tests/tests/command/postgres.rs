//! The verbs on PostgreSQL: the loop of development, and what only a server does.

use revchain_tests::clients::Database;
use revchain_tests::command::Desk;

/// Returns the tables that are not the ledger's, in order.
fn tables(database: &Database) -> Vec<String> {
    database.rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' \
         AND tablename NOT LIKE 'revchain%' ORDER BY 1",
    )
}

#[test]
fn the_loop_of_development_works_on_postgresql() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    desk.unpublished();
    let [_, second, _] = desk.three();
    desk.run("status").done().prints(&["current   base", "pending   aaaa1"]);
    desk.run("plan --verbose").done().prints(&["upgrade aaaa1", "CREATE TABLE cccc3 (n INTEGER);"]);
    assert!(tables(&database).is_empty());
    let ended = desk.run("upgrade +1");
    ended.done().says(&["upgrade aaaa1 one more (", "sealed: aaaa1", "1 revision applied"]);
    desk.run("up").done().says(&["sealed: bbbb2 cccc3", "2 revisions applied"]);
    assert_eq!(tables(&database), ["aaaa1", "bbbb2", "cccc3"]);
    desk.run("upgrade").done().says(&["nothing to do"]);
    desk.run("current").done().prints(&["cccc3 (head), one more"]);
    desk.run("current --verbose").done().prints(&["Applied: ", "by cargo-migrate"]);
    desk.run("current --check-heads").done();
    desk.run("history -i").done().prints(&["cccc3 (head)"]);
    desk.run("history -r-1:current").done().prints(&["bbbb2", "cccc3"]);
    desk.run("show current").done().prints(&["cccc3"]);
    desk.run("downgrade -1").done().says(&["downgrade cccc3 one more (", "1 revision taken back"]);
    desk.run("current --check-heads").failed(4, &["the database is not at all heads"]);
    desk.edit(&second, "n INTEGER", "n TEXT, m TEXT");
    desk.run("upgrade").failed(3, &["edited-revision", "cargo migrate amend bbbb2"]);
    desk.run("amend").done().says(&["downgrade bbbb2", "upgrade bbbb2", "sealed: bbbb2"]);
    let columns = "SELECT string_agg(column_name, ' ' ORDER BY column_name) \
                   FROM information_schema.columns WHERE table_name = 'bbbb2'";
    assert_eq!(database.rows(columns), ["m n"]);
    desk.run("stamp head").done().says(&["upgrade cccc3 one more (recorded, not run)"]);
    assert_eq!(tables(&database), ["aaaa1", "bbbb2"]);
    desk.run("stamp bbbb2").done();
    desk.run("upgrade").done();
    desk.run("downgrade base").done().says(&["3 revisions taken back"]);
    assert!(tables(&database).is_empty());
    desk.run("ensure-version").done().says(&["is there"]);
}

#[test]
fn who_is_not_named_is_the_systems_user_as_for_psql() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    let Database::Postgres { name } = &database else { return };
    let desk = desk.set("DATABASE_URL", &format!("postgres:///{name}"));
    desk.three();
    desk.run("upgrade").done().says(&["3 revisions applied"]);
    assert_eq!(tables(&database).len(), 3);
}

#[test]
fn what_is_shown_as_json_names_the_server_and_no_password() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    desk.three();
    // Where the server trusts, any password does.
    let url = database.postgres_url().replacen('@', ":s3cr%t@", 1);
    let desk = desk.set("DATABASE_URL", &url);
    for line in [
        "upgrade --json",
        "current --json",
        "status --json",
        "plan --downgrade base --json",
        "upgrade",
        "status",
        "upgrade nowhere --json",
        "upgrade --database-url postgres://u:s3cr%t@/nowhere?sslmode=on",
    ] {
        let ended = desk.run(line);
        let all = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!all.contains("s3cr"), "{line}: {all}");
    }
    let status = desk.run("current --json");
    status.done().prints(&["\"url\": \"postgres://"]);
    let events = database.rows("SELECT revchain_events::text FROM revchain_events");
    assert!(!events.is_empty() && !events.iter().any(|row| row.contains("s3cr")), "{events:?}");
}

#[test]
fn a_half_done_revision_is_finished_or_resolved_on_postgresql() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    let path = desk.draft(
        "aaaa1",
        "CREATE TABLE users (name text);\nCREATE INDEX CONCURRENTLY i ON users (name);\n\
         CREATE INDEX CONCURRENTLY j ON users (nowhere);",
        "DROP TABLE users;",
    );
    desk.edit(&path, "-- migrate:upgrade\n", "-- migrate:upgrade transaction=off\n");
    desk.run("upgrade").failed(
        1,
        &[
            "column \"nowhere\" does not exist",
            "statements 1 to 2 stay done",
            &format!("{path}:10"),
        ],
    );
    desk.run("status").done().prints(&["half done aaaa1"]);
    desk.run("current").done().says(&["warning: half done: aaaa1"]);
    desk.run("plan").done().prints(&["goes on behind statement 2"]);
    desk.edit(&path, "(nowhere)", "(upper(name))");
    desk.run("upgrade").done().says(&["resumed"]);
    let path = desk.draft(
        "bbbb2",
        "CREATE INDEX CONCURRENTLY k ON users (lower(name));\nVACUUM nowhere;",
        "DROP INDEX k;",
    );
    desk.edit(&path, "-- migrate:upgrade\n", "-- migrate:upgrade transaction=off\n");
    desk.run("upgrade")
        .failed(1, &["statement 1 stays done", "cargo migrate resolve bbbb2 --reverted"]);
    assert_eq!(database.run("DROP INDEX k").text, "");
    desk.run("resolve bbbb --reverted").done().says(&["resolved: bbbb2 is not applied"]);
    desk.run("current").done().prints(&["aaaa1"]);
    desk.run("resolve aaaa1 --applied").failed(1, &["is not half done"]);
}

#[test]
fn a_database_ahead_ends_with_4_and_a_run_lock_that_is_taken_with_5() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    desk.three();
    let before = desk.lock();
    let path = desk.draft("dddd4", "CREATE TABLE dddd4 (n int);", "DROP TABLE dddd4;");
    desk.run("upgrade").done();
    std::fs::remove_file(desk.at(&path)).expect("it is there");
    desk.write("migrations/revisions.lock", &before);
    desk.run("upgrade").failed(4, &["does not know", "`dddd4` one more, applied by cargo-migrate"]);
    desk.run("upgrade --ahead allow").done();
    desk.run("downgrade head --stored --yes").done().says(&["DROP TABLE dddd4;"]);
    assert_eq!(tables(&database).len(), 3);
    // A run behind a pooler, whose lease has not ended.
    let taken = "UPDATE revchain_lock SET holder = 'somebody', token = 'theirs', pid = 0, direct = false, \
                 taken_at = now(), lease_until = now() + interval '1 hour'";
    assert_eq!(database.run(taken).text, "");
    desk.run("downgrade -1 --lock-wait 300ms").failed(5, &["somebody"]);
}

#[test]
fn a_statement_that_takes_too_long_or_meets_a_lock_ends_with_what_was_set() {
    let Some((desk, _database)) = Desk::on_postgres() else { return };
    desk.draft("aaaa1", "SELECT pg_sleep(30);", "SELECT 1;");
    desk.run("upgrade --statement-timeout 100ms").failed(1, &["statement timeout"]);
}

#[test]
fn a_set_of_two_dialects_serves_both_and_each_is_sealed() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    desk.three();
    desk.run("upgrade").done();
    desk.run("upgrade --database-url sqlite:app.db")
        .failed(2, &["the set serves postgres", "cargo migrate set dialects postgres sqlite"]);
    desk.run("set dialects postgres sqlite").done().says(&["cargo migrate seal --dialect sqlite"]);
    desk.run("seal --dialect sqlite").done();
    desk.run("upgrade --database-url sqlite:app.db").done().says(&["3 revisions applied"]);
    desk.run("upgrade").done().says(&["nothing to do"]);
    assert_eq!(desk.tables(), tables(&database));
}

#[test]
fn a_database_is_brought_along_by_a_rebase() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    desk.unpublished();
    desk.draft("aaaa1", "CREATE TABLE aaaa1 (n int);", "DROP TABLE aaaa1;");
    desk.run("upgrade").done();
    desk.draft("bbbb2", "CREATE TABLE bbbb2 (n int);", "DROP TABLE bbbb2;");
    desk.run("upgrade").done();
    desk.draft_with(
        "--rev-id cccc3 --head aaaa1 --splice",
        "CREATE TABLE cccc3 (n int);",
        "DROP TABLE cccc3;",
    );
    desk.run("rebase bbbb2 --onto cccc3").done().says(&["downgrade bbbb2", "upgrade bbbb2"]);
    assert_eq!(tables(&database), ["aaaa1", "bbbb2", "cccc3"]);
}

#[test]
fn a_copy_is_taken_by_the_servers_own_tool_and_never_over_a_file() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    let desk = desk.set("PATH", &std::env::var("PATH").unwrap_or_default());
    desk.three();
    desk.run("upgrade +1").done();
    desk.run("upgrade +1 --backup before.sql").done().says(&["before.sql", "upgrade bbbb2"]);
    let copy = std::fs::read_to_string(desk.path().join("before.sql")).expect("the copy is there");
    assert!(copy.contains("CREATE TABLE public.aaaa1") && !copy.contains("bbbb2 ("), "{copy}");
    desk.run("upgrade --backup before.sql").failed(1, &["is there already"]);
    assert_eq!(tables(&database), ["aaaa1", "bbbb2"]);
    desk.run("downgrade base --yes --backup before.dump").done().says(&["before.dump"]);
    let restored = Database::fresh(revchain_tests::Dialect::Postgres).expect("the server is there");
    let restore = std::process::Command::new("pg_restore")
        .args(["--no-owner", "--dbname", &restored.postgres_url()])
        .arg(desk.path().join("before.dump"))
        .status();
    assert!(restore.is_ok_and(|status| status.success()));
    assert_eq!(tables(&restored), ["aaaa1", "bbbb2"]);
    // Nothing to do: no copy.
    desk.run("downgrade base --yes --backup none.dump").done();
    assert!(!desk.path().join("none.dump").exists());
    // Without the tool nothing is run, and nothing is left.
    let desk = desk.set("PATH", "/nowhere");
    desk.run("upgrade --backup again.dump").failed(1, &["`pg_dump` is not installed", "--backup"]);
    assert!(tables(&database).is_empty());
    assert!(!desk.path().join("again.dump").exists());
}
