//! `check` says of every folder what the compiler says of it.

use std::path::Path;

use revchain_tests::cases::CASES;
use revchain_tests::command::Desk;

#[test]
fn check_finds_in_every_folder_what_the_compiler_finds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let desk = Desk::new().set("REVCHAIN_NO_GIT", "1");
    for case in CASES {
        let name = case.name;
        let folder = root.join(case.place()).join(name).join("migrations");
        let ended = desk.run(&format!("check --dir \"{}\"", folder.display()));
        assert_eq!(
            ended.code,
            if case.codes.is_empty() { 0 } else { 3 },
            "{name}: {}",
            ended.stderr
        );
        // Each problem begins with `error: <message> [<code>]`.
        let codes: Vec<&str> = ended
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: "))
            .filter_map(|line| line.rsplit_once('[')?.1.strip_suffix(']'))
            .collect();
        assert_eq!(codes, case.codes, "{name}: {}", ended.stderr);
    }
}

#[test]
fn a_trigger_of_sqlite_that_postgresql_cannot_read_is_one_problem() {
    let desk = Desk::with_set();
    let trigger =
        "CREATE TABLE t (n);\nCREATE TRIGGER g AFTER INSERT ON t\nBEGIN\n    DELETE FROM t;\nEND;";
    let path = desk.draft("aaaa1", trigger, "DROP TABLE t;");
    desk.run("set dialects sqlite postgres").done();
    let ended = desk.run("check");
    ended.failed(3, &["read the upgrade differently", "`-- migrate:upgrade postgres`"]);
    assert!(!ended.stderr.contains("transaction-control"), "{}", ended.stderr);
    desk.edit(&path, "-- migrate:upgrade\n", "-- migrate:upgrade sqlite\n");
    desk.edit(
        &path,
        "-- migrate:downgrade\n",
        "-- migrate:upgrade postgres\nCREATE TABLE t (n int);\n\n-- migrate:downgrade\n",
    );
    desk.run("check").done();
}

#[test]
fn downgrades_that_do_not_lead_back_are_named_with_the_command_that_helps() {
    let desk = Desk::with_set();
    let path = desk.draft("aaaa1", "CREATE TABLE a (n);", "DROP TABLE a;");
    desk.draft("bbbb2", "CREATE TABLE b (n); CREATE INDEX i ON a (n);", "DROP TABLE b;");
    desk.draft("cccc3", "ALTER TABLE b ADD m;", "ALTER TABLE b DROP other;");
    let last = desk.draft("dddd4", "CREATE TABLE d (n);", "DROP TABLE d;");
    let text = desk.read(&last);
    let (sound, _) = text.split_once("-- migrate:downgrade").expect("a downgrade");
    desk.write(&last, &format!("{sound}-- migrate:irreversible its rows are gone\n"));
    desk.run("check").done();
    desk.run("check --downgrades").failed(
        3,
        &[
            "the downgrade of `bbbb2` does not lead back on sqlite: index `i` stays behind",
            "= help: put another in its place: cargo migrate derive-downgrade bbbb2 --replace",
            "the downgrade of `cccc3` does not lead back on sqlite: no such column: \"other\"",
            ".sql:11)",
            "2 downgrades do not lead back",
        ],
    );
    let ended = desk.run("check --downgrades --json");
    ended.failed(3, &[]);
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(json["downgrades"][0]["reason"], "index `i` stays behind", "{json}");
    assert_eq!(json["downgrades"][1]["revision"], "cccc3", "{json}");
    desk.run("derive-downgrade bbbb2 cccc3 --replace").done();
    desk.run("check --downgrades").done().says(&["sound:"]);
    // No database is made, and none is asked.
    assert!(!desk.at("app.db").exists());
    desk.edit(&path, "DROP TABLE a;", "DROP TABLE nothing;");
    desk.run("check --downgrades").failed(3, &["1 downgrade does not lead back"]);
    desk.run("new \"fill a\" --rust --rev-id eeee5").done();
    desk.run("check --downgrades").failed(
        3,
        &[
            "the downgrade of `aaaa1`",
            "not tried: 1 revision, from `eeee5` on, which is written in Rust",
        ],
    );
}

#[test]
fn a_revision_that_fails_in_a_scratch_database_says_that_no_other_was_touched() {
    let desk = Desk::with_set();
    desk.draft("aaaa1", "CREATE TABLE a (n);", "DROP TABLE a;");
    desk.draft("bbbb2", "CREATE TABLE a (n);", "DROP TABLE a;");
    for command in ["check --downgrades", "schema", "derive-downgrade bbbb2 --replace"] {
        let ended = desk.run(command);
        ended.failed(
            1,
            &[
                "table a already exists",
                "= note: it ran in a scratch database, which goes away: no other was touched",
                "= help: mend the revision, and run this again",
            ],
        );
    }
}
