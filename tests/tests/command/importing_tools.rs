//! `import`: the layout of each tool.

use revchain_tests::command::Desk;

/// Files of a folder: paths and texts.
type Files = &'static [(&'static str, &'static str)];

/// A folder of a tool, with what becomes of it.
struct Layout {
    tool: &'static str,
    dialect: &'static str,
    files: Files,
    /// What `origin` says of each revision.
    origins: &'static [&'static str],
    messages: &'static [&'static str],
}

/// Each makes the tables `a` and `b`, takes both back, and comes in an order that the names alone do not have.
const LAYOUTS: [Layout; 7] = [
    Layout {
        tool: "sqlx",
        dialect: "sqlite",
        files: &[
            ("10_add_b.up.sql", "CREATE TABLE b (x INTEGER);\n"),
            ("10_add_b.down.sql", "DROP TABLE b;\n"),
            ("9_add-a.up.sql", "CREATE TABLE a (x INTEGER);\n"),
            ("9_add-a.down.sql", "DROP TABLE a;\n"),
        ],
        origins: &[
            "sqlx 9 4820f98e34b315bd6566cc1c30de97c528ffeb70e481c322c984402ddec247ae046cd9c7b373e220f6d9796dcf66da56",
            "sqlx 10 ",
        ],
        messages: &["add-a", "add b"],
    },
    Layout {
        tool: "diesel",
        dialect: "sqlite",
        files: &[
            ("2024-01-02-030405_add_b/up.sql", "CREATE TABLE b (x INTEGER);\n"),
            ("2024-01-02-030405_add_b/down.sql", "DROP TABLE b;\n"),
            ("20230101000000_add_a/up.sql", "CREATE TABLE a (x INTEGER);\n"),
            ("20230101000000_add_a/down.sql", "DROP TABLE a;\n"),
            (".diesel_lock", ""),
        ],
        origins: &["diesel 20230101000000 -", "diesel 20240102030405 -"],
        messages: &["add a", "add b"],
    },
    Layout {
        tool: "refinery",
        dialect: "sqlite",
        files: &[
            ("V2__add_b.sql", "CREATE TABLE b (x INTEGER);\n"),
            ("first/U1__add_a.sql", "CREATE TABLE a (x INTEGER);\n"),
        ],
        origins: &["refinery 1 ", "refinery 2 "],
        messages: &["add a", "add b"],
    },
    Layout {
        tool: "dbmate",
        dialect: "sqlite",
        files: &[
            (
                "9_add_b.sql",
                "-- migrate:up\nCREATE TABLE b (x INTEGER);\n\n-- migrate:down\nDROP TABLE b;\n",
            ),
            (
                "10_add_a.sql",
                "-- a comment\n--migrate:up\nCREATE TABLE a (x INTEGER);\n--migrate:down\nDROP TABLE a;\n",
            ),
        ],
        // dbmate runs them in the order of their names.
        origins: &["dbmate 10 -", "dbmate 9 -"],
        messages: &["add a", "add b"],
    },
    Layout {
        tool: "goose",
        dialect: "sqlite",
        files: &[
            (
                "00010_add_b.sql",
                "-- +goose up\n-- +goose StatementBegin\nCREATE TABLE b (x INTEGER)\n-- +goose StatementEnd\n\
                 CREATE INDEX b_x ON b (x);\n-- +goose Down\nDROP TABLE b;\n",
            ),
            (
                "00009_add_a.sql",
                "-- +goose Up\nCREATE TABLE a (x INTEGER);\n-- +goose Down\nDROP TABLE a;\n",
            ),
        ],
        origins: &["goose 9 -", "goose 10 -"],
        messages: &["add a", "add b"],
    },
    Layout {
        tool: "golang-migrate",
        dialect: "sqlite",
        files: &[
            ("000010_add_b.up.sql", "BEGIN;\nCREATE TABLE b (x INTEGER);\nCOMMIT;\n"),
            ("000010_add_b.down.sql", "DROP TABLE b;\n"),
            ("9_add_a.up.sql", "CREATE TABLE a (x INTEGER);\n"),
            ("9_add_a.down.sql", "DROP TABLE a;\n"),
        ],
        origins: &["golang-migrate 9 -", "golang-migrate 10 -"],
        messages: &["add a", "add b"],
    },
    Layout {
        tool: "flyway",
        dialect: "sqlite",
        files: &[
            ("V1.10__add_b.sql", "CREATE TABLE b (x INTEGER);\n"),
            ("undo/U1_10__add_b.sql", "DROP TABLE b;\n"),
            ("V1_9__add_a.sql", "CREATE TABLE a (x INTEGER);\n"),
            ("undo/U1.9__add_a.sql", "DROP TABLE a;\n"),
        ],
        origins: &["flyway 1.9 657626788", "flyway 1.10 "],
        messages: &["add a", "add b"],
    },
];

fn desk(files: &[(&str, &str)]) -> Desk {
    let desk = Desk::new().set("DATABASE_URL", "sqlite:app.db");
    for (path, text) in files {
        desk.write(&format!("old/{path}"), text);
    }
    desk
}

/// Imports, and returns the texts of the new files.
fn imported(desk: &Desk, tool: &str, dialect: &str) -> Vec<String> {
    let made = desk.run(&format!("import --from {tool} old --dialect {dialect}"));
    made.done().stdout.lines().map(|path| desk.read(path)).collect()
}

fn origin(text: &str) -> &str {
    let line = text
        .lines()
        .find_map(|line| line.trim_start_matches(['-', '/', '!', ' ']).strip_prefix("origin: "));
    line.expect("an origin")
}

#[test]
fn every_tools_files_become_revisions_in_the_tools_order() {
    for layout in LAYOUTS {
        let desk = desk(layout.files);
        desk.run(&format!(
            "import --from {} old --dialect {} --dry-run",
            layout.tool, layout.dialect
        ))
        .done()
        .says(&["would import: 2 revisions"]);
        assert!(!desk.at("migrations").exists(), "{}", layout.tool);
        let texts = imported(&desk, layout.tool, layout.dialect);
        assert_eq!(texts.len(), layout.origins.len(), "{}", layout.tool);
        for ((text, begins), message) in texts.iter().zip(layout.origins).zip(layout.messages) {
            assert!(origin(text).starts_with(begins), "{text}");
            assert!(text.starts_with(&format!("-- {message}\n")), "{text}");
        }
        desk.run("check --locked").done();
        desk.run("upgrade head").done();
        assert_eq!(desk.tables(), ["a", "b"], "{}", layout.tool);
        if layout.tool == "refinery" {
            desk.run("downgrade base").failed(1, &["refinery had no way back for it"]);
            continue;
        }
        desk.run("downgrade base").done();
        assert!(desk.tables().is_empty(), "{}", layout.tool);
        desk.run("upgrade head").done();
    }
}

#[test]
fn no_transaction_is_what_the_tool_says_or_the_statements_want() {
    const INDEX: &str = "CREATE INDEX CONCURRENTLY i ON t (x);\n";
    let cases: [(&str, Files); 9] = [
        ("diesel", &[("1_i/up.sql", INDEX), ("1_i/metadata.toml", "run_in_transaction = false\n")]),
        (
            "refinery",
            &[("V1__i.sql", "-- refinery:noTransaction\nCREATE INDEX CONCURRENTLY i ON t (x);\n")],
        ),
        (
            "dbmate",
            &[(
                "1_i.sql",
                "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON t (x);\n",
            )],
        ),
        (
            "goose",
            &[(
                "1_i.sql",
                "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON t (x);\n",
            )],
        ),
        ("golang-migrate", &[("1_i.up.sql", INDEX)]),
        ("flyway", &[("V1__i.sql", INDEX)]),
        (
            "flyway",
            &[
                ("V1__i.sql", "CREATE INDEX i ON t (x);"),
                ("V1__i.sql.conf", "executeInTransaction = false\n"),
            ],
        ),
        ("sqlx", &[("1_i.sql", "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON t (x);\n")]),
        ("goose", &[("1_i.sql", "-- +GOOSE no transaction\n-- +goose up\nVACUUM;\n")]),
    ];
    for (tool, files) in cases {
        let texts = imported(&desk(files), tool, "postgres");
        assert!(texts[0].contains("-- migrate:upgrade transaction=off\n"), "{tool}: {}", texts[0]);
    }
    let texts = imported(
        &desk(&[("1_i.up.sql", "CREATE INDEX i ON t (x);\n")]),
        "golang-migrate",
        "postgres",
    );
    assert!(texts[0].contains("-- migrate:upgrade\n"), "{}", texts[0]);
}

#[test]
fn what_a_tool_repeats_comes_last_and_what_it_fills_in_is_named() {
    let desk = desk(&[
        ("R__view_b.sql", "CREATE VIEW vb AS SELECT 1 AS x;\n"),
        ("R__a_view.sql", "CREATE VIEW va AS SELECT 1 AS x;\n"),
        ("V2__t.sql", "CREATE TABLE t (x TEXT DEFAULT '${name}');\n"),
        ("V1__s.sql", "CREATE TABLE s (x INTEGER);\n"),
        ("beforeMigrate.sql", "SELECT 1;\n"),
        ("notes.md", "none\n"),
    ]);
    let made = desk.run("import --from flyway old --dialect sqlite");
    made.done().says(&[
        "imported: 4 revisions",
        "1 file that flyway does not run stayed behind:\n  beforeMigrate.sql",
        "line 1: Flyway filled in what stands in `${…}`",
        "Flyway ran it again whenever it changed",
    ]);
    let origins: Vec<String> = made
        .stdout
        .lines()
        .map(|path| origin(&desk.read(path)).split(' ').nth(1).unwrap_or_default().to_owned())
        .collect();
    assert_eq!(origins, ["1", "2", "R__a_view.sql", "R__view_b.sql"]);
    desk.run("check --locked").done();
    let again = self::desk(&[("V1__s.sql", "SELECT '${x}';\n"), ("README.sql", "")]);
    let shown = again.run("import --from flyway old --dialect sqlite --dry-run --json");
    let json: serde_json::Value = serde_json::from_str(&shown.done().stdout).expect("JSON");
    assert_eq!(json["skipped"][0], "README.sql");
    assert_eq!(json["imported"][0]["hand"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_place_of_a_program_is_held_by_a_draft_that_fails_until_it_is_written() {
    let desk = desk(&[
        ("V1__a.sql", "CREATE TABLE a (x INTEGER);\n"),
        ("V2__fill.rs", "pub fn migration() -> String { String::new() }\n"),
        ("V3__b.sql", "CREATE TABLE b (x INTEGER);\n"),
    ]);
    let made = desk.run("import --from refinery old --dialect sqlite");
    made.done().says(&["is a program", "1 draft to be written, and not sealed"]);
    let paths: Vec<&str> = made.stdout.lines().collect();
    assert!(paths[1].ends_with("_fill.rs"), "{}", made.stdout);
    insta::assert_snapshot!("placeholder", desk.read(paths[1]));
    let lock = desk.read("migrations/revisions.lock");
    assert_eq!(lock.matches("draft").count(), 1, "{lock}");
    desk.run("check --locked").failed(3, &["draft"]);
    desk.run("upgrade +1").done();
    assert_eq!(desk.tables(), ["a"]);
    let goose = self::desk(&[("1_x.go", "package x"), ("2_y_test.go", "package x")]);
    let made = goose.run("import --from goose old --dialect postgres");
    assert!(made.done().stdout.trim().ends_with("_x.rs"), "{}", made.stdout);
}

/// A crate as `sea-orm-cli migrate init` and `generate` leave it.
const SEA_ORM: Files = &[
    (
        "src/lib.rs",
        "pub use sea_orm_migration::prelude::*;\n\nmod m20240101_000001_create_a;\nmod m20230102_030405_add_b;\n\n\
         pub struct Migrator;\n\n#[async_trait::async_trait]\nimpl MigratorTrait for Migrator {\n    \
         fn migrations() -> Vec<Box<dyn MigrationTrait>> {\n        vec![\n            \
         Box::new(m20240101_000001_create_a::Migration),\n            \
         Box::new(m20230102_030405_add_b::Migration),\n        ]\n    }\n}\n",
    ),
    ("src/main.rs", "fn main() {}\n"),
    ("src/m20240101_000001_create_a.rs", "#[derive(DeriveMigrationName)]\npub struct Migration;\n"),
    (
        "src/m20230102_030405_add_b.rs",
        "pub struct Migration;\nimpl MigrationName for Migration {\n    \
         fn name(&self) -> &str {\n        \"add_b_first\"\n    }\n}\n",
    ),
    ("src/m20250101_000001_unused.rs", "pub struct Migration;\n"),
    ("Cargo.toml", "[package]\nname = \"migration\"\n"),
];

#[test]
fn modules_of_sea_orm_come_in_the_order_of_the_list_and_their_names_are_adopted() {
    let desk = desk(SEA_ORM);
    let made = desk.run("import --from sea-orm old --dialect sqlite");
    made.done().says(&[
        "imported: 2 revisions",
        "1 file that sea-orm does not run stayed behind:\n  m20250101_000001_unused.rs",
        "2 drafts to be written",
    ]);
    let texts: Vec<String> = made.stdout.lines().map(|path| desk.read(path)).collect();
    let origins: Vec<&str> = texts.iter().map(|text| origin(text)).collect();
    assert_eq!(origins, ["sea-orm m20240101_000001_create_a -", "sea-orm add_b_first -"]);
    assert!(texts[0].starts_with("//! create a\n"), "{}", texts[0]);
    assert!(texts[0].contains("//! created: 2024-01-01T00:00:01Z\n"), "{}", texts[0]);
    assert!(
        texts[1].contains("//! irreversible: its way back was a program too\n"),
        "{}",
        texts[1]
    );
    desk.run("check").done();
    // The folder of the sources is as good.
    desk.run("import --from sea-orm old/src --dialect sqlite --into again --dry-run").done();

    let connection = rusqlite::Connection::open(desk.at("app.db")).expect("it opens");
    let ran = "CREATE TABLE a (x); CREATE TABLE b (x);\n\
               CREATE TABLE seaql_migrations (version VARCHAR PRIMARY KEY, applied_at BIGINT NOT NULL);\n\
               INSERT INTO seaql_migrations VALUES ('m20240101_000001_create_a', 1), ('add_b_first', 2);";
    connection.execute_batch(ran).expect("it runs");
    desk.run("adopt-history --locked=false").done().says(&["2 revisions adopted from sea-orm"]);

    let other = self::desk(&[("src/lib.rs", "fn migrations() { m1_a::Migration }")]);
    other.run("import --from sea-orm old --dialect sqlite").failed(1, &["there is no m1_a.rs"]);
    let none = self::desk(&[("src/lib.rs", "pub fn add() {}")]);
    none.run("import --from sea-orm old --dialect sqlite").failed(1, &["lists no migrations"]);
    none.run("import --from sea-orm src --dialect sqlite").failed(1, &["no migration of sea-orm"]);
}

#[test]
fn an_empty_way_back_is_none() {
    let desk = desk(&[
        ("1_a.up.sql", "CREATE TABLE a (x INTEGER);\n"),
        ("1_a.down.sql", "-- nothing to do\n"),
        ("2_b.up.sql", "-- nothing\n"),
        ("2_b.down.sql", "-- nothing either\n"),
    ]);
    let texts = imported(&desk, "golang-migrate", "sqlite");
    assert!(
        texts[0]
            .contains("-- migrate:irreversible its way back in golang-migrate had no statement\n")
    );
    assert!(texts[1].contains("-- migrate:downgrade\n"), "{}", texts[1]);
    desk.run("check --locked").done();
}

#[test]
fn what_a_tool_would_refuse_is_refused_by_name_and_nothing_is_written() {
    let cases: [(&str, Files, &str); 14] = [
        ("sqlx", &[("1_a.sql", ""), ("01_b.sql", "")], "01_b.sql and 1_a.sql are both version 1"),
        ("diesel", &[("1-2_a/up.sql", ""), ("12_b/up.sql", "")], "are both version 12"),
        ("diesel", &[("1_a/down.sql", "")], "1_a/down.sql takes back what no file makes"),
        (
            "diesel",
            &[("1_a/up.sql", ""), ("1_a/metadata.toml", "run_in")],
            "metadata.toml that cannot be read",
        ),
        ("refinery", &[("V1__a.sql", ""), ("x/U1__b.sql", "")], "are both version 1"),
        ("refinery", &[("V99999999999999999999__a.sql", "")], "too large"),
        ("dbmate", &[("1_a.sql", "CREATE TABLE a (x int);")], "has no `-- migrate:up`"),
        (
            "dbmate",
            &[("1_a.sql", "SELECT 1;\n-- migrate:up\n")],
            "statements above `-- migrate:up`",
        ),
        ("goose", &[("1_a.sql", "SELECT 1;\n")], "statements above `-- +goose Up`"),
        (
            "goose",
            &[("1_a.sql", "-- +goose Up\n-- +goose StatementBegin\n")],
            "without its `StatementEnd`",
        ),
        (
            "goose",
            &[("1_a.sql", "-- +goose Down\n-- +goose Up\n")],
            "`-- +goose down` in line 1, out of place",
        ),
        ("golang-migrate", &[("1_a.down.sql", "")], "takes back what no file makes"),
        ("flyway", &[("V1.0__a.sql", ""), ("V1__b.sql", "")], "are both version 1"),
        ("flyway", &[("x.txt", "")], "no migration of flyway in"),
    ];
    for (tool, files, words) in cases {
        let desk = desk(files);
        desk.run(&format!("import --from {tool} old --dialect postgres")).failed(1, &[words]);
        assert!(!desk.at("migrations").exists(), "{tool}");
    }
}

/// A table that MySQL's client would need `DELIMITER` for.
#[test]
fn a_statement_between_goose_annotations_stays_one() {
    let text = "-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int AS $$\nBEGIN\n  RETURN 1;\nEND;\n\
                $$ LANGUAGE plpgsql\n-- +goose StatementEnd\nSELECT f();\n";
    let texts = imported(&desk(&[("1_f.sql", text)]), "goose", "postgres");
    let split = revchain::Dialect::Postgres.split(&texts[0]).expect("it splits");
    assert_eq!(split.statements.len(), 2, "{}", texts[0]);
}
