//! What the corpus has no case for.

use revchain_tests::schemas::{catalog, contents, database, is_empty, plan, run};
use rusqlite::Connection;
use serde_json::Value;

/// Plans, upgrades a database that has rows, and hands it over with the plan.
fn upgraded(from: &str, rows: &str, to: &str, flags: &[&str]) -> (Connection, Value) {
    let plan = plan(from, to, flags).unwrap_or_else(|error| panic!("{error}"));
    let connection = database(from);
    connection.execute_batch(rows).expect("the rows fit");
    run(&connection, &plan["upgrade"]).unwrap_or_else(|error| panic!("{error}\n{plan:#}"));
    assert_eq!(catalog(&connection), catalog(&database(to)), "{plan:#}");
    (connection, plan)
}

fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).expect("it is sound");
    let rows = statement.query_map([], |row| row.get(0)).expect("it can be asked");
    rows.map(|row| row.expect("a text")).collect()
}

fn statements(direction: &Value) -> Vec<String> {
    let parts = direction["parts"].as_array().expect("there are parts");
    let all = parts.iter().flat_map(|part| part["statements"].as_array().expect("statements"));
    all.map(|one| one["sql"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn a_rebuild_keeps_children_whose_foreign_keys_would_delete_them() {
    let from = "CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT);
        CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p (id) ON DELETE CASCADE);";
    let to = from.replace("a TEXT", "a TEXT NOT NULL DEFAULT 'x'");
    let rows = "INSERT INTO p VALUES (1, 'a'), (2, NULL); INSERT INTO c VALUES (1, 1), (2, 2);";
    let (connection, plan) = upgraded(from, rows, &to, &[]);
    assert_eq!(texts(&connection, "SELECT p || '' FROM c"), ["1", "2"]);
    assert_eq!(texts(&connection, "SELECT a FROM p"), ["a", "x"]);
    run(&connection, &plan["downgrade"]).expect("nothing is in the way");
    assert_eq!(texts(&connection, "SELECT count(*) || '' FROM c"), ["2"]);
}

#[test]
fn a_rebuild_keeps_rowids_and_the_mark_of_autoincrement() {
    let from =
        "CREATE TABLE seen (a TEXT); CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, a);";
    let to = "CREATE TABLE seen (a TEXT CHECK (a <> '')); CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, a CHECK (a));";
    let rows = "INSERT INTO seen (rowid, a) VALUES (7, 'x'), (9, 'y');
        INSERT INTO n VALUES (40, 1), (50, 1); DELETE FROM n WHERE id = 50;";
    let (connection, plan) = upgraded(from, rows, to, &[]);
    assert_eq!(texts(&connection, "SELECT rowid || a FROM seen"), ["7x", "9y"]);
    connection.execute_batch("INSERT INTO n (a) VALUES (1)").expect("it fits");
    assert_eq!(texts(&connection, "SELECT max(id) || '' FROM n"), ["51"]);
    connection.execute_batch("DELETE FROM n").expect("it can be emptied");
    run(&connection, &plan["downgrade"]).expect("nothing is in the way");
    connection.execute_batch("INSERT INTO n (a) VALUES (1)").expect("it fits");
    assert_eq!(texts(&connection, "SELECT max(id) || '' FROM n"), ["52"]);
}

#[test]
fn a_value_that_the_new_type_would_change_is_refused() {
    let (from, to) = ("CREATE TABLE t (zip TEXT)", "CREATE TABLE t (zip INTEGER)");
    let plan = plan(from, to, &[]).expect("it can be planned");
    let connection = database(from);
    connection.execute_batch("INSERT INTO t VALUES ('12'), ('x')").expect("the rows fit");
    run(&connection, &plan["upgrade"]).expect("12 is the same number");
    run(&connection, &plan["downgrade"]).expect("it goes back");
    assert_eq!(texts(&connection, "SELECT zip FROM t"), ["12", "x"]);
    connection.execute_batch("INSERT INTO t VALUES ('007')").expect("the row fits");
    let before = contents(&connection);
    let error = run(&connection, &plan["upgrade"]).expect_err("007 is not 7");
    assert!(error.contains("t.zip: a value is not the same as integer"), "{error}");
    assert_eq!(contents(&connection), before);
}

#[test]
fn a_constraint_that_ignores_or_replaces_rows_loses_none_when_it_comes() {
    let from = "CREATE TABLE t (a INT, b INT);";
    let cases = [
        ("a INT UNIQUE ON CONFLICT IGNORE, b INT", "(1, 1), (1, 2)"),
        ("a INT, b INT, UNIQUE (a) ON CONFLICT REPLACE", "(1, 1), (1, 2)"),
        ("a INT PRIMARY KEY ON CONFLICT REPLACE, b INT", "(1, 1), (1, 2)"),
        ("a INT, b INT NOT NULL ON CONFLICT IGNORE", "(1, 1), (1, NULL)"),
    ];
    for (columns, rows) in cases {
        let to = format!("CREATE TABLE t ({columns});");
        upgraded(from, "INSERT INTO t VALUES (1, 2), (3, 4)", &to, &[]);
        let plan = plan(from, &to, &[]).expect("it can be planned");
        let connection = database(from);
        connection.execute_batch(&format!("INSERT INTO t VALUES {rows}")).expect("the rows fit");
        let before = contents(&connection);
        run(&connection, &plan["upgrade"]).expect_err("the rows are in the way");
        assert_eq!(contents(&connection), before, "{columns}");
        assert!(plan["upgrade"].to_string().contains("refused_by_rows"), "{plan:#}");
    }
}

#[test]
fn a_way_back_returns_a_name_that_something_new_has_taken() {
    let from = "CREATE TABLE a (k INTEGER PRIMARY KEY, x INT);";
    let to = "CREATE TABLE b (k INTEGER PRIMARY KEY, y INT, x INT); CREATE TABLE a (k INTEGER PRIMARY KEY);";
    let flags = ["--rename", "a:b", "--rename", "b.x:y"];
    let (connection, plan) = upgraded(from, "INSERT INTO a VALUES (1, 2)", to, &flags);
    connection.execute_batch("INSERT INTO a VALUES (7)").expect("it fits");
    run(&connection, &plan["downgrade"]).expect("nothing is in the way");
    assert_eq!(catalog(&connection), catalog(&database(from)));
    assert_eq!(texts(&connection, "SELECT k || x FROM a"), ["12"]);
}

#[test]
fn renames_keep_rows_and_what_refers_to_them() {
    let from = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE pets (owner INT REFERENCES people (id) ON DELETE CASCADE, x TEXT);
        CREATE INDEX by_name ON people (name COLLATE NOCASE);
        CREATE VIEW names AS SELECT name FROM people;
        CREATE TRIGGER gone AFTER DELETE ON people BEGIN DELETE FROM pets WHERE owner = OLD.id; END;";
    let to = "CREATE TABLE users (key INTEGER PRIMARY KEY, full_name TEXT);
        CREATE TABLE pets (owner INT REFERENCES users (key) ON DELETE CASCADE, x TEXT CHECK (x <> ''));
        CREATE INDEX by_name ON users (full_name COLLATE NOCASE);
        CREATE VIEW names AS SELECT full_name FROM users;
        CREATE TRIGGER gone AFTER DELETE ON users BEGIN DELETE FROM pets WHERE owner = OLD.key; END;";
    let flags = [
        "--rename",
        "people:users",
        "--rename",
        "users.name:full_name",
        "--rename",
        "users.id:key",
    ];
    let rows =
        "INSERT INTO people VALUES (1, 'a'), (2, 'b'); INSERT INTO pets VALUES (1, 'x'), (2, 'y');";
    let (connection, plan) = upgraded(from, rows, to, &flags);
    assert_eq!(texts(&connection, "SELECT full_name FROM users"), ["a", "b"]);
    assert_eq!(texts(&connection, "SELECT x FROM pets"), ["x", "y"]);
    run(&connection, &plan["downgrade"]).expect("nothing is in the way");
    assert_eq!(catalog(&connection), catalog(&database(from)));
    assert_eq!(texts(&connection, "SELECT name FROM people"), ["a", "b"]);
}

#[test]
fn tables_and_columns_can_change_places() {
    let from = "CREATE TABLE a (x INT, y INT); CREATE TABLE b (z TEXT);";
    let to = "CREATE TABLE b (y INT, x INT); CREATE TABLE a (z TEXT);";
    let flags = ["--rename", "a:b", "--rename", "b:a", "--rename", "b.x:y", "--rename", "b.y:x"];
    let rows = "INSERT INTO a VALUES (1, 2); INSERT INTO b VALUES ('z');";
    let (connection, _) = upgraded(from, rows, to, &flags);
    assert_eq!(texts(&connection, "SELECT y || ' ' || x FROM b"), ["1 2"]);
    assert_eq!(texts(&connection, "SELECT z FROM a"), ["z"]);
}

#[test]
fn what_could_be_a_rename_is_said_with_its_flags() {
    let (from, to) = ("CREATE TABLE u (id INT, name TEXT)", "CREATE TABLE u (id INT, nick TEXT)");
    let plan = plan(from, to, &[]).expect("it can be planned");
    let [one] = &plan["ambiguous"].as_array().expect("a list")[..] else { panic!("{plan:#}") };
    assert_eq!(one["rename"], "--rename u.name:nick");
    assert_eq!(one["drop"], "--drop u.name");
    assert_eq!(
        statements(&plan["upgrade"]),
        ["ALTER TABLE \"u\" DROP COLUMN \"name\"", "ALTER TABLE \"u\" ADD COLUMN nick TEXT"]
    );
    assert_eq!(plan["upgrade"]["parts"][0]["statements"][0]["destroys"][0], "u.name");
    let dropped = self::plan(from, to, &["--drop", "u.name"]).expect("it can be planned");
    assert_eq!(dropped["ambiguous"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_backfill_lets_rows_live() {
    let (from, to) = ("CREATE TABLE u (id INT)", "CREATE TABLE u (id INT, age INT NOT NULL)");
    let (connection, _) =
        upgraded(from, "INSERT INTO u VALUES (1)", to, &["--backfill", "u.age=id + 17"]);
    assert_eq!(texts(&connection, "SELECT age || '' FROM u"), ["18"]);
}

#[test]
fn a_default_that_is_computed_anew_each_time_fills_what_is_null() {
    let from = "CREATE TABLE u (id INT, made TEXT)";
    let to = "CREATE TABLE u (id INT, made TEXT NOT NULL DEFAULT (hex(randomblob(8))))";
    let (connection, _) = upgraded(from, "INSERT INTO u VALUES (1, NULL), (2, 'x')", to, &[]);
    assert_eq!(texts(&connection, "SELECT length(made) || '' FROM u ORDER BY id"), ["16", "1"]);
}

#[test]
fn names_that_differ_in_case_or_quotes_alone_are_the_same() {
    let from = "CREATE TABLE Users (Id INTEGER PRIMARY KEY, [Full Name] TEXT DEFAULT 'A' CHECK (\"Full Name\" <> 'X'));
        CREATE INDEX I ON users (`full name` ASC);";
    let to = "CREATE TABLE \"users\" (id integer, `full name` text /* a comment */ DEFAULT ('A'),
        PRIMARY KEY (ID), CHECK ([FULL NAME]   <> 'X'));
        CREATE INDEX i ON Users (\"Full Name\");";
    let plan = plan(from, to, &[]).expect("it can be planned");
    assert!(is_empty(&plan["upgrade"]), "{plan:#}");
}

#[test]
fn whatever_matters_is_seen() {
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT, c INT AS (b + 1))";
    let cases = [
        ("a TEXT", "a TEXT COLLATE NOCASE"),
        ("a TEXT", "a TEXT DEFAULT 'x'"),
        ("a TEXT", "a TEXT DEFAULT 'X'"),
        ("a TEXT", "a TEXT NOT NULL ON CONFLICT REPLACE DEFAULT ''"),
        ("a TEXT", "a TEXT UNIQUE ON CONFLICT IGNORE"),
        ("a TEXT", "a TEXT CHECK (a <> 'x')"),
        ("a TEXT", "a TEXT CHECK (a <> 'X')"),
        ("a TEXT", "a TEXT REFERENCES t (id)"),
        ("a TEXT", "a TEXT REFERENCES t (id) ON DELETE SET NULL"),
        ("a TEXT", "a TEXT REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED"),
        ("a TEXT", "a VARCHAR(20)"),
        ("PRIMARY KEY", "PRIMARY KEY AUTOINCREMENT"),
        ("PRIMARY KEY", "PRIMARY KEY DESC"),
        ("(b + 1))", "(b + 1) STORED)"),
        ("(b + 1))", "(b + 2))"),
        ("(b + 1))", "(b + 1)) STRICT"),
        ("(b + 1))", "(b + 1)) WITHOUT ROWID"),
        ("a TEXT, b INT", "b INT, a TEXT"),
        ("(b + 1))", "(b + 1)); CREATE INDEX i ON t (a)"),
        ("(b + 1))", "(b + 1)); CREATE UNIQUE INDEX i ON t (a)"),
        ("(b + 1))", "(b + 1)); CREATE INDEX i ON t (a DESC)"),
        ("(b + 1))", "(b + 1)); CREATE INDEX i ON t (a COLLATE NOCASE)"),
        ("(b + 1))", "(b + 1)); CREATE INDEX i ON t (a) WHERE b > 1"),
        ("(b + 1))", "(b + 1)); CREATE INDEX i ON t (b + 1)"),
        ("(b + 1))", "(b + 1)); CREATE VIEW v AS SELECT a FROM t WHERE a = 'x'"),
        ("(b + 1))", "(b + 1)); CREATE VIEW v AS SELECT a FROM t WHERE a = 'X'"),
        ("(b + 1))", "(b + 1)); CREATE VIEW v AS SELECT a FROM t WHERE a = \"Y\""),
    ];
    let texts = cases.map(|(old, new)| table.replacen(old, new, 1));
    for (at, one) in texts.iter().enumerate() {
        for other in texts.iter().skip(at + 1).chain([&table.to_owned()]) {
            let plan =
                plan(one, other, &[]).unwrap_or_else(|error| panic!("{one}\n{other}\n{error}"));
            assert!(!is_empty(&plan["upgrade"]), "{one}\n{other}");
        }
    }
}

#[test]
fn a_table_that_others_refer_to_goes_without_taking_their_rows() {
    let from = "CREATE TABLE p (id INTEGER PRIMARY KEY);
        CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p ON DELETE CASCADE);";
    let to = "CREATE TABLE c (id INTEGER PRIMARY KEY, p INT);";
    let (connection, plan) =
        upgraded(from, "INSERT INTO p VALUES (1); INSERT INTO c VALUES (5, 1);", to, &[]);
    assert_eq!(texts(&connection, "SELECT p || '' FROM c"), ["1"]);
    assert!(plan.to_string().contains("MigrationHazardTypeDeletesData"));
}

#[test]
fn virtual_tables_come_and_go_with_their_shadows() {
    let from = "CREATE TABLE t (a)";
    let to = "CREATE TABLE t (a); CREATE VIRTUAL TABLE words USING fts5 (body);";
    let plan = plan(from, to, &[]).expect("it can be planned");
    assert_eq!(statements(&plan["upgrade"]).len(), 1);
    assert_eq!(statements(&plan["downgrade"]), ["DROP TABLE \"words\""]);
    let same = self::plan(to, to, &[]).expect("it can be planned");
    assert!(is_empty(&same["upgrade"]));
}

#[test]
fn rows_whose_new_values_break_a_rule_are_told_to_be_in_the_way() {
    let from = "CREATE TABLE t (a INT, b INT)";
    for to in [
        "CREATE TABLE t (a INT, b INT, c INT DEFAULT 0 CHECK (c < coalesce(a, 0)))",
        "CREATE TABLE t (a INT, b INT, c INT AS (a - 1) CHECK (typeof(c) = 'integer'))",
        "CREATE TABLE t (a INT, b INT, c INT AS (a - 1) NOT NULL)",
        "CREATE TABLE t (a INT, b INT AS (a - 1) STORED NOT NULL)",
    ] {
        upgraded(from, "INSERT INTO t VALUES (2, 1)", to, &[]);
        let plan = plan(from, to, &[]).expect("there is one");
        let connection = database(from);
        connection.execute_batch("INSERT INTO t VALUES (NULL, 3)").expect("it fits");
        run(&connection, &plan["upgrade"]).expect_err("the row is in the way");
        assert_eq!(texts(&connection, "SELECT b || '' FROM t"), ["3"]);
    }
}

#[test]
fn a_foreign_key_that_fits_no_unique_key_comes_goes_and_is_in_nobodys_way() {
    let parent = "CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT);";
    let plain = format!("{parent}CREATE TABLE c (id INTEGER PRIMARY KEY, a TEXT);");
    let unfit =
        format!("{parent}CREATE TABLE c (id INTEGER PRIMARY KEY, a TEXT REFERENCES p (a));");
    let other = "CREATE TABLE o (x INT, y TEXT);";
    let rows = "INSERT INTO p VALUES (1, 'one'); INSERT INTO c VALUES (7, 'one');";
    let (connection, _) = upgraded(&plain, rows, &unfit, &[]);
    assert_eq!(texts(&connection, "SELECT id || a FROM c"), ["7one"]);
    let from = format!("{unfit}{other}");
    let to = from.replace("x INT", "x INT NOT NULL DEFAULT 0");
    upgraded(&from, "INSERT INTO o VALUES (1, 'y')", &to, &[]);
    upgraded(&from, "INSERT INTO o VALUES (1, 'y')", &format!("{plain}{other}"), &[]);
}
