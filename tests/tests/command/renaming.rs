//! Renames that comments and flags say, on each database: done once, and never guessed.

use revchain::Dialect;
use revchain_tests::clients::Database;
use revchain_tests::command::Desk;
use serde_json::Value;

const DIALECTS: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql];

/// A set whose schema is one file, applied to a database; nothing where no server is.
fn desk(dialect: Dialect, schema: &str) -> Option<(Desk, Database)> {
    let database = Database::fresh(dialect)?;
    let url = match dialect {
        Dialect::Sqlite => format!("sqlite:{}", database.file().display()),
        Dialect::Postgres => database.postgres_url(),
        Dialect::Mysql => database.mysql_url(),
    };
    let desk = Desk::new().set("DATABASE_URL", &url);
    desk.run(&format!("init --name app --dialect {dialect}")).done();
    desk.write("schema/all.sql", schema);
    desk.run("new --autogenerate first").done();
    desk.run("upgrade").done();
    Some((desk, database))
}

/// Ends each line that says what is lost as one who has looked at it.
fn review(desk: &Desk, path: &str) {
    let text = desk.read(path);
    let lines = text.lines().map(|line| match line.starts_with("-- migrate:destroys") {
        true => format!("{line} reviewed\n"),
        false => format!("{line}\n"),
    });
    desk.write(path, &lines.collect::<String>());
}

#[test]
fn what_changes_names_by_comments_does_so_once() {
    let before = "CREATE TABLE a (id int PRIMARY KEY, x int, y varchar(9));
        CREATE TABLE b (id int PRIMARY KEY, z int NOT NULL);";
    let after = "CREATE TABLE b ( -- @renamed from=a
            id int PRIMARY KEY,
            y int, -- @renamed from=x
            x varchar(9) -- @renamed from=y
        );
        CREATE TABLE a ( -- @renamed from=b
            id int PRIMARY KEY, z int NOT NULL);";
    for dialect in DIALECTS {
        let Some((desk, database)) = desk(dialect, before) else { continue };
        let rows = |sql: &str| database.rows(sql);
        assert!(
            database.run("INSERT INTO a VALUES (1, 2, 'three'); INSERT INTO b VALUES (4, 5)").well
        );
        desk.write("schema/all.sql", after);
        desk.run("new --autogenerate swapped").done();
        desk.run("new --autogenerate again").done().says(&["nothing to do"]);
        desk.run("upgrade").done();
        assert_eq!(rows("SELECT id, y, x FROM b"), ["1|2|three"], "{dialect}");
        assert_eq!(rows("SELECT id, z FROM a"), ["4|5"], "{dialect}");
        // The comments stay, and other changes do not wake them.
        desk.write(
            "schema/all.sql",
            &after.replace("z int", "more int, z int").replace("y int", "y bigint"),
        );
        desk.run("new --autogenerate more").done();
        desk.run("upgrade").done();
        assert_eq!(rows("SELECT id, y, x FROM b"), ["1|2|three"], "{dialect}");
        assert_eq!(rows("SELECT id, z FROM a"), ["4|5"], "{dialect}");
        desk.run("downgrade -2").done();
        assert_eq!(rows("SELECT id, x, y FROM a"), ["1|2|three"], "{dialect}");
        assert_eq!(rows("SELECT id, z FROM b"), ["4|5"], "{dialect}");
    }
}

#[test]
fn a_comment_of_a_rename_that_was_done_takes_no_later_table_back() {
    let people = "CREATE TABLE people (id int PRIMARY KEY);";
    let users = "CREATE TABLE users ( -- @renamed from=people\n id int PRIMARY KEY);";
    for dialect in DIALECTS {
        let Some((desk, database)) = desk(dialect, people) else { continue };
        desk.write("schema/all.sql", users);
        desk.run("new --autogenerate renamed").done();
        desk.write("schema/all.sql", &format!("{users}\n{people}"));
        desk.run("new --autogenerate another").done();
        desk.run("upgrade").done();
        assert!(database.run("INSERT INTO users VALUES (1)").well);
        // The table of the former name goes; the way back leaves what was renamed once.
        desk.write("schema/all.sql", users);
        let path = desk.run("new --autogenerate gone").done().stdout.trim().to_owned();
        assert!(!desk.read(&path).contains("RENAME"), "{}", desk.read(&path));
        review(&desk, &path);
        desk.run("upgrade").done();
        desk.run("downgrade -1").done();
        assert_eq!(database.rows("SELECT id FROM users"), ["1"], "{dialect}");
    }
}

#[test]
fn whatever_goes_and_comes_in_one_table_is_asked_for_the_likeliest_first() {
    let before = "CREATE TABLE t (id int PRIMARY KEY, name text, age int);
        CREATE TABLE people (id int PRIMARY KEY, nick text);";
    let after = "CREATE TABLE t (id int PRIMARY KEY, years int, full_name varchar(80));
        CREATE TABLE users (id int PRIMARY KEY, nick text, mail varchar(20), phone text);";
    for dialect in DIALECTS {
        let Some((desk, _database)) = desk(dialect, before) else { continue };
        desk.write("schema/all.sql", after);
        let ended = desk.run("new --autogenerate renamed");
        let said = &ended.failed(3, &[]).stderr;
        let lines: Vec<&str> = said.lines().filter(|line| line.contains("= ")).collect();
        assert_eq!(
            lines,
            [
                "  = note: `people` goes and `users` comes",
                "  = note: `t.name` goes and `full_name` or `years` comes",
                "  = note: `t.age` goes and `years` or `full_name` comes",
                "  = help: it is the same under a new name: --rename people:users",
                "  = help: or it is dropped with all that is in it: --drop people",
                "  = help: it is the same under a new name: --rename t.name:full_name",
                "  = help: or: --rename t.name:years",
                "  = help: or it is dropped with all that is in it: --drop t.name",
                "  = help: it is the same under a new name: --rename t.age:years",
                "  = help: or: --rename t.age:full_name",
                "  = help: or it is dropped with all that is in it: --drop t.age",
            ],
            "{dialect}: {said}"
        );
        let flags = "--rename people:users --rename t.name:full_name --drop t.age";
        let path = desk.run(&format!("new --autogenerate renamed {flags}")).done().stdout.clone();
        review(&desk, path.trim());
        desk.run("upgrade").done();
        desk.run("downgrade -1").done();
    }
}

#[test]
fn a_question_is_asked_for_each_pair_until_it_is_answered() {
    let before = "CREATE TABLE t (id int PRIMARY KEY, name text, age int);";
    let after = "CREATE TABLE t (id int PRIMARY KEY, years int, full_name varchar(80));";
    let Some((desk, _database)) = desk(Dialect::Sqlite, before) else { return };
    desk.write("schema/all.sql", after);
    let desk = desk.at_terminal("n\nn\ny\n");
    let ended = desk.run("new --autogenerate renamed");
    let asked: Vec<&str> =
        ended.done().stderr.lines().filter(|line| line.contains("[y/N]")).collect();
    assert_eq!(
        asked,
        [
            "Is the column `t.name` called `full_name` from now on? [y/N]",
            "Is the column `t.age` called `years` from now on? [y/N]",
            "Is the column `t.age` called `full_name` from now on? If not, it is dropped. [y/N]",
            "Is the column `t.name` called `years` from now on? If not, it is dropped. [y/N]",
        ],
        "{}",
        ended.stderr
    );
}

#[test]
fn each_flag_that_is_offered_is_taken() {
    let pairs = [
        (Dialect::Sqlite, "CREATE TABLE a (x int)", "CREATE TABLE b (x int)"),
        (Dialect::Mysql, "CREATE TABLE a (x int)", "CREATE TABLE `b b` (x int)"),
        (Dialect::Postgres, "CREATE TABLE a (x int)", "CREATE TABLE \"b b\" (x int)"),
        (Dialect::Postgres, "CREATE TYPE a AS ENUM ('x')", "CREATE TYPE b AS ENUM ('x', 'y')"),
        (Dialect::Postgres, "CREATE DOMAIN a AS int", "CREATE DOMAIN b AS int"),
        (Dialect::Postgres, "CREATE SEQUENCE a", "CREATE SEQUENCE b"),
        (
            Dialect::Postgres,
            "CREATE SCHEMA s; CREATE TABLE s.a (x int)",
            "CREATE SCHEMA s; CREATE TABLE s.b (x int, y int)",
        ),
        (
            Dialect::Postgres,
            "CREATE SCHEMA s; CREATE TABLE s.a (x int, z int)",
            "CREATE SCHEMA s; CREATE TABLE s.a (x int, y int)",
        ),
    ];
    for (dialect, before, after) in pairs {
        let Some(database) = Database::fresh(dialect) else { continue };
        let desk = Desk::new();
        desk.write("before.sql", before);
        desk.write("after.sql", after);
        let url = match dialect {
            Dialect::Sqlite => None,
            Dialect::Postgres => Some(database.postgres_url()),
            Dialect::Mysql => Some(database.mysql_url()),
        };
        let diff = |flags: &str| -> Value {
            let server = url.as_ref().map(|url| format!("--scratch-url {url}")).unwrap_or_default();
            let line = "diff --from before.sql --to after.sql --json";
            let ended = desk.run(&format!("{line} --dialect {dialect} {server} {flags}"));
            serde_json::from_str(&ended.done().stdout).expect("JSON is printed")
        };
        let plan = diff("");
        let [one] = &plan["ambiguous"].as_array().expect("a list")[..] else { panic!("{plan:#}") };
        let rename = one["rename"].as_str().expect("a flag").replace('\'', "\"");
        let renamed = diff(&rename);
        assert_eq!(renamed["renames"].as_array().map(Vec::len), Some(1), "{renamed:#}");
        for plan in [renamed, diff(one["drop"].as_str().expect("a flag"))] {
            assert_eq!(plan["ambiguous"], serde_json::json!([]), "{plan:#}");
        }
    }
}
