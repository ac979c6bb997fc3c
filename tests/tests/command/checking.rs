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
