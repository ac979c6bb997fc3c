//! `diff`, `drift`, `schema`, `diagram`, `baseline` with what they cannot work on, on each database.

use revchain_tests::clients::Database;
use revchain_tests::command::Desk;

const USERS: &str = "CREATE TABLE users (id integer PRIMARY KEY, name varchar(9));\n";

#[test]
fn what_is_not_there_is_told() {
    let desk = Desk::with_set();
    desk.write("schema/users.sql", USERS);
    desk.run("new --autogenerate first --rev-id aaaa1").done();
    desk.run("upgrade").done();
    for line in [
        "drift --database-url sqlite:nope.db",
        "diff --from sqlite:nope.db --to head",
        "diff --from head --to sqlite:nope.db",
    ] {
        desk.run(line).failed(1, &["the database sqlite:nope.db is not there"]);
    }
    for (line, words) in [
        ("diff --from nope.sql --to head", "there is no file nope.sql"),
        ("diff --from nope/ --to head", "there is no file or folder nope/"),
        ("diff --from head --to nope", "no revision is named `nope`"),
        ("schema --at nope", "no revision is named `nope`"),
        ("schema --dialect mysql", "the set serves sqlite, not mysql"),
        ("diagram --at nope", "no revision is named `nope`"),
        ("diagram --dialect postgres", "the set serves sqlite, not postgres"),
        ("diagram --output users.png", "the ending of users.png says no format"),
        (
            "diff --from sqlite:app.db --to postgres://localhost/x",
            "one database speaks sqlite, the other postgres",
        ),
        (
            "diff --from head --to models --backfill users.nope=0",
            "there will be no column `users.nope` to fill",
        ),
        (
            "new --autogenerate x --backfill users.nope=0",
            "there will be no column `users.nope` to fill",
        ),
        ("diff --from head --to models --drop users.nope", "`users.nope` is nothing that goes"),
        ("diff --from head --to models --drop users.name", "`users.name` is nothing that goes"),
        ("new --autogenerate x --drop nope", "`nope` is nothing that goes"),
    ] {
        desk.run(line).failed(2, &[words]);
    }
    assert!(!desk.at("users.png").exists() && !desk.at("nope.db").exists());
    desk.run("diff --from head --to models --backfill Users.Name=0").done();
    desk.run("diff --from head --to base --drop Users --drop users.name").done();
    // What helps begins where the database is.
    desk.draft("bbbb2", "CREATE TABLE more (a);", "DROP TABLE more;");
    let extra = "CREATE TABLE extra (a)";
    rusqlite::Connection::open(desk.at("app.db"))
        .and_then(|one| one.execute_batch(extra))
        .expect("it can be made");
    desk.run("drift").failed(4, &["cargo migrate diff --from aaaa1 --to sqlite:app.db"]);
}

/// Each kind of side beside each, and the verbs that show one, on a server.
fn sides(desk: &Desk, database: &Database, url: &str) {
    desk.write("users.sql", USERS);
    desk.write("folder/users.sql", USERS);
    desk.write("schema/users.sql", USERS);
    desk.run("new --autogenerate first --rev-id aaaa1").done();
    desk.run("upgrade").done();
    for side in ["users.sql", "folder", "aaaa1", "head", "models", url] {
        let same = desk.run(&format!("diff --from {side} --to {url} --json"));
        let value: serde_json::Value =
            serde_json::from_str(&same.done().stdout).expect("it is JSON");
        for direction in ["upgrade", "downgrade"] {
            assert_eq!(value[direction]["parts"], serde_json::json!([]), "{side}: {value}");
        }
        same.says(&["nothing differs"]);
        if side != url && side != "users.sql" {
            continue;
        }
        let whole =
            desk.run(&format!("diff --from base --to {side} --json --dialect {}", dialect(url)));
        let value: serde_json::Value =
            serde_json::from_str(&whole.done().stdout).expect("it is JSON");
        let sql = &value["upgrade"]["parts"][0]["statements"][0]["sql"];
        assert!(sql.as_str().is_some_and(|sql| sql.starts_with("CREATE TABLE")), "{side}: {value}");
        let destroys = &value["downgrade"]["parts"][0]["statements"][0]["destroys"];
        assert_eq!(*destroys, serde_json::json!(["users"]), "{side}: {value}");
    }
    let value: serde_json::Value =
        serde_json::from_str(&desk.run("schema --at aaaa1 --json").done().stdout)
            .expect("it is JSON");
    assert_eq!(value["dialect"], dialect(url));
    assert!(desk.run("diagram --format svg").done().stdout.starts_with("<svg"));
    desk.run("diagram --format mermaid --at aaaa1").done().prints(&["erDiagram", "\"users\" {"]);
    assert!(database.run("ALTER TABLE users ADD note varchar(7)").well);
    let ended = desk.run("drift --json");
    ended.failed(4, &[]);
    assert!(ended.stdout.contains("\"name\": \"note\""), "{}", ended.stdout);
    // The same as a first revision: a copy of the database has no drift.
    std::fs::remove_dir_all(desk.at("migrations")).expect("it is there");
    desk.run(&format!("init --name app --dialect {}", dialect(url))).done();
    desk.run("stamp --purge base").done();
    desk.run("baseline --rev-id bbbb2").done();
    desk.run("drift").done();
    desk.run("upgrade").done().says(&["nothing to do"]);
}

fn dialect(url: &str) -> &str {
    url.split_once(':').map_or("", |(name, _)| name)
}

#[test]
fn each_kind_of_side_is_compared_on_postgresql() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    sides(&desk, &database, &database.postgres_url());
    desk.run("new shape --rebuild users").failed(2, &["only a table of SQLite", "ALTER TABLE"]);
}

#[test]
fn each_kind_of_side_is_compared_on_mysql() {
    let Some((desk, database)) = Desk::on_mysql() else { return };
    sides(&desk, &database, &database.mysql_url());
    desk.run("new shape --rebuild users").failed(2, &["only a table of SQLite", "ALTER TABLE"]);
}

/// Which of five rows are in the way of what, each by its key.
fn rows_in_the_way(desk: &Desk, run: impl Fn(&str)) {
    desk.write(
        "schema/users.sql",
        "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20), mail varchar(40));\n",
    );
    desk.run("new --autogenerate first").done();
    desk.run("upgrade").done();
    run(
        "INSERT INTO users VALUES (1, 'ann', NULL), (2, 'ann', 'x'), (3, NULL, 'x'), (7, 'bob', 'y'), (8, 'eve', NULL)",
    );
    desk.write(
        "schema/users.sql",
        "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20) NOT NULL, mail varchar(40) UNIQUE,
         age integer NOT NULL, CONSTRAINT c CHECK (name <> 'bob'));\n",
    );
    let made = desk.run("new --autogenerate second");
    let said = &made.done().stderr;
    let pairs: Vec<(&str, &str)> = said
        .lines()
        .zip(said.lines().skip(1))
        .filter_map(|(one, next)| Some((one.strip_prefix("warning: ")?.split_once(':')?.0, next)))
        .collect();
    for (count, rows) in [
        ("1 row is in the way", "  = note: id in `users`: 3"),
        ("5 rows are in the way", "  = note: id in `users`: 1, 2, 3, …"),
        ("2 rows are in the way", "  = note: id in `users`: 2, 3"),
        ("1 row is in the way", "  = note: id in `users`: 7"),
    ] {
        assert!(pairs.contains(&(count, rows)), "{count}, {rows}: {said}");
    }
}

#[test]
fn rows_in_the_way_are_named_on_each_database() {
    let desk = Desk::with_set();
    let file = desk.at("app.db");
    rows_in_the_way(&desk, |sql| {
        let connection = rusqlite::Connection::open(&file).expect("it is there");
        connection.execute_batch(sql).expect("they fit");
    });
    for on_server in [Desk::on_postgres, Desk::on_mysql] {
        let Some((desk, database)) = on_server() else { continue };
        rows_in_the_way(&desk, |sql| assert!(database.run(sql).well));
    }
}
