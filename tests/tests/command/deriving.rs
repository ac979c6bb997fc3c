//! `derive-downgrade`: ways back that nobody wrote.

use revchain_tests::command::Desk;

/// Writes a revision whose file has an upgrade alone, and how it ends.
fn one_way(desk: &Desk, id: &str, upgrade: &str, end: &str) {
    one_way_on(desk, id, "", upgrade, end);
}

/// As [`one_way`], with options of `new` that say on what it stands.
fn one_way_on(desk: &Desk, id: &str, on: &str, upgrade: &str, end: &str) {
    let ended = desk.run(&format!("new \"revision {id}\" --rev-id {id} {on}"));
    let path = ended.done().stdout.trim().to_owned();
    desk.edit(&path, "-- migrate:upgrade\n\n-- migrate:downgrade\n", "-- migrate:upgrade\n");
    let text = desk.read(&path);
    desk.write(&path, &format!("{text}{upgrade}\n{end}"));
}

#[test]
fn each_is_found_written_and_leads_back() {
    let desk = Desk::with_set();
    one_way(
        &desk,
        "aaaa1",
        "CREATE TABLE people (id INTEGER PRIMARY KEY, full TEXT, age INT);",
        "",
    );
    one_way(
        &desk,
        "bbbb2",
        "ALTER TABLE people RENAME COLUMN full TO name;\nALTER TABLE people RENAME TO users;",
        "\n-- migrate:irreversible so it was\n",
    );
    one_way(
        &desk,
        "cccc3",
        "INSERT INTO users (id, name, age) VALUES (1, 'Ann', 7);",
        "\n-- migrate:downgrade\n",
    );
    one_way(
        &desk,
        "dddd4",
        "ALTER TABLE users DROP COLUMN age;\nCREATE INDEX users_name ON users (name);",
        "",
    );
    desk.run("check").failed(3, &["missing-downgrade", "empty-downgrade"]);

    let shown = desk.run("derive-downgrade --all --dry-run");
    shown.done().prints(&["-- migrate:downgrade\nDROP TABLE \"people\";", "SELECT 1;"]);
    shown.says(&["would derive: the downgrade of aaaa1", "`users.age` comes back empty"]);
    desk.run("check").failed(3, &["missing-downgrade"]);

    desk.run("derive-downgrade dddd4").done().says(&["derived: the downgrade of dddd4"]);
    desk.run("derive-downgrade --all").done().says(&["3 downgrades derived"]);
    desk.run("derive-downgrade --all").done().says(&["nothing to do"]);
    desk.run("derive-downgrade dddd4").failed(2, &["has a downgrade", "--replace"]);
    desk.run("check").done();
    desk.run("upgrade").done();
    assert_eq!(desk.tables(), ["users"]);
    desk.run("downgrade bbbb2").done();
    // A rename keeps the rows.
    desk.run("downgrade aaaa1").done();
    let connection = rusqlite::Connection::open(desk.at("app.db")).expect("it opens");
    let name = connection.query_row("SELECT full FROM people", [], |row| row.get::<_, String>(0));
    assert_eq!(name, Ok("Ann".to_owned()));
    drop(connection);
    desk.run("downgrade base").done();
    assert!(desk.tables().is_empty());
    desk.run("upgrade").done();
}

#[test]
fn one_that_is_sealed_stays_sealed_and_databases_that_have_it_learn_it() {
    let desk = Desk::with_set();
    let end = "\n-- migrate:irreversible the old tool had no way back\n";
    one_way(&desk, "aaaa1", "CREATE TABLE users (id INTEGER PRIMARY KEY);", end);
    desk.run("upgrade").done().says(&["sealed: aaaa1"]);
    desk.run("downgrade base").failed(1, &["irreversible"]);
    desk.run("derive-downgrade aaaa1").done();
    desk.run("check --locked").done();
    desk.run("upgrade").done().says(&["corrected: the stored downgrade of aaaa1"]);
    desk.run("downgrade base").done();
    assert!(desk.tables().is_empty());
}

#[test]
fn where_none_is_found_the_file_says_why() {
    let Some((desk, _database)) = Desk::on_postgres() else { return };
    let mood = "CREATE TYPE mood AS ENUM ('sad', 'ok');\n\
                CREATE TABLE people (mood mood DEFAULT 'ok');";
    one_way(&desk, "aaaa1", mood, "");
    let narrower = "ALTER TABLE people ALTER mood DROP DEFAULT;\n\
                    ALTER TYPE mood RENAME TO old_mood;\n\
                    CREATE TYPE mood AS ENUM ('sad');\n\
                    ALTER TABLE people ALTER mood TYPE mood USING mood::text::mood;\n\
                    DROP TYPE old_mood;";
    one_way(&desk, "bbbb2", narrower, "");
    let ended = desk.run("derive-downgrade --all --json");
    let json: serde_json::Value = serde_json::from_str(&ended.done().stdout).expect("JSON");
    let derived = &json["derived"];
    assert_eq!((&derived[0]["revision"], &json["written"]), (&"aaaa1".into(), &true.into()));
    assert!(derived[0]["downgrade"].is_string() && derived[0]["irreversible"].is_null(), "{json}");
    assert_eq!(derived[1]["irreversible"], "the way back takes several transactions", "{json}");
    desk.run("check").done();
    let path = derived[1]["path"].as_str().expect("a path");
    assert!(
        desk.read(path)
            .ends_with("-- migrate:irreversible the way back takes several transactions\n")
    );
    desk.run("derive-downgrade bbbb2")
        .done()
        .says(&["no way back is found for `bbbb2`", "0 downgrades"]);
    desk.run("derive-downgrade nope").failed(2, &["nope"]);
    desk.run("derive-downgrade").failed(2, &["REVISION"]);
}

#[test]
fn what_cannot_be_applied_is_told_and_nothing_is_written() {
    let desk = Desk::with_set();
    one_way(&desk, "aaaa1", "CREATE TABLE users (id INTEGER PRIMARY KEY);", "");
    one_way(&desk, "bbbb2", "CREATE TABLE users (id INTEGER PRIMARY KEY);", "");
    desk.run("derive-downgrade --all").failed(1, &["bbbb2", "already exists"]);
    desk.run("check").failed(3, &["missing-downgrade"]);
}

#[test]
fn each_dialect_has_a_way_back_of_its_own() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    desk.run("set dialects postgres sqlite").done();
    one_way(&desk, "aaaa1", "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);", "");
    one_way(&desk, "bbbb2", "CREATE INDEX users_name ON users (lower(name));", "");
    desk.run("derive-downgrade --all --scratch-url sqlite::memory:")
        .failed(1, &["no postgres server is known"]);
    desk.run("derive-downgrade --all").done();
    desk.run("check").done();
    for url in [database.postgres_url(), "sqlite:app.db".to_owned()] {
        desk.run(&format!("upgrade --database-url {url}")).done();
        desk.run(&format!("downgrade base --database-url {url}")).done();
        desk.run(&format!("upgrade --database-url {url}")).done();
    }
}

#[test]
fn each_branch_is_seen_without_the_others() {
    let (on_postgres, on_mysql) = (Desk::on_postgres(), Desk::on_mysql());
    let on_servers = on_postgres.iter().chain(&on_mysql).map(|(desk, _)| desk);
    for desk in [&Desk::with_set()].into_iter().chain(on_servers) {
        desk.run("set heads many").done();
        one_way(desk, "aaaa1", "CREATE TABLE a (n INTEGER);", "");
        // Neither says what the other does.
        one_way_on(desk, "bbbb2", "--head aaaa1", "CREATE TABLE b (n INTEGER);", "");
        one_way_on(desk, "cccc3", "--head aaaa1 --splice", "DROP TABLE a;", "");
        desk.run("merge --rev-id dddd4").done();
        one_way(desk, "eeee5", "CREATE INDEX b_n ON b (n);", "");
        let ended = desk.run("derive-downgrade --all --json");
        let json: serde_json::Value = serde_json::from_str(&ended.done().stdout).expect("JSON");
        let derived = json["derived"].as_array().expect("a list");
        let ways: Vec<(&str, &str)> = derived
            .iter()
            .map(|one| {
                let way = one["downgrade"].as_str().unwrap_or_default();
                (one["revision"].as_str().unwrap_or_default(), way)
            })
            .collect();
        let ids: Vec<&str> = ways.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, ["aaaa1", "bbbb2", "cccc3", "eeee5"]);
        assert!(ways[1].1.contains("DROP TABLE") && !ways[1].1.contains("CREATE"), "{ways:?}");
        assert!(ways[2].1.contains("CREATE TABLE") && !ways[2].1.contains("DROP"), "{ways:?}");
        desk.run("check").done();
        desk.run("upgrade head").done();
        desk.run("downgrade base").done();
        desk.run("upgrade head").done();
    }
}

#[test]
fn what_stands_below_a_revision_in_rust_has_its_way_back() {
    let desk = Desk::with_set();
    one_way(&desk, "aaaa1", "CREATE TABLE a (n INTEGER);", "");
    desk.run("new \"fill a\" --rust --rev-id bbbb2").done();
    one_way(&desk, "cccc3", "CREATE TABLE c (n INTEGER);", "");
    desk.run("derive-downgrade --all").done().says(&[
        "derived: the downgrade of aaaa1",
        "no way back is found for `cccc3`: revision `bbbb2` is written in Rust",
        "1 downgrade derived",
    ]);
}
