//! `import`: migrations of another tool become revisions.

use std::path::{Path, PathBuf};

use revchain_tests::command::Desk;

const IMPORT: &str = "import --from sqlx old --dialect sqlite";

/// Two migrations of sqlx, the second with a way back.
fn desk() -> Desk {
    let desk = Desk::new().set("DATABASE_URL", "sqlite:app.db");
    desk.write("old/20240102030405_create_users.sql", "CREATE TABLE users (id INTEGER);\n");
    desk.write("old/20240102030406_add-name.up.sql", "ALTER TABLE users ADD name TEXT;\n");
    desk.write("old/20240102030406_add-name.down.sql", "ALTER TABLE users DROP COLUMN name;\n");
    desk.write("old/README.md", "no migration\n");
    desk.write("old/seeds/1_seed.sql", "sqlx does not look here\n");
    desk
}

/// Returns the files of a folder with their texts, in order.
pub(crate) fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    let text = |path: &PathBuf| std::fs::read_to_string(path).expect("text");
    paths.iter().map(|path| (path.display().to_string(), text(path))).collect()
}

#[test]
fn migrations_of_sqlx_become_sealed_revisions_that_run() {
    let desk = desk();
    desk.run(&format!("{IMPORT} --dry-run")).done().says(&["would import: 2 revisions"]);
    let tried = desk.run(&format!("{IMPORT} --dry-run --derive-downgrades"));
    tried.done().says(&["would import: 2 revisions", "would derive: the downgrade of"]);
    assert!(!desk.at("migrations").exists());
    let made = desk.run(IMPORT);
    made.done().says(&["imported: 2 revisions", "1 migration had no way back"]);
    let paths: Vec<&str> = made.stdout.lines().collect();
    assert!(paths[1].ends_with("_add_name.sql"), "{}", made.stdout);
    let texts: Vec<String> = paths.iter().map(|path| desk.read(path)).collect();
    insta::assert_snapshot!("imported", texts.join("\n=====\n"));
    desk.run("check --locked").done();
    desk.run("upgrade").done();
    desk.run("downgrade -1").done();
    desk.run("upgrade").done();
    desk.run("downgrade base").failed(1, &["sqlx had no way back for it"]);
    assert_eq!(desk.tables(), ["users"]);
}

#[test]
fn two_people_get_the_same_files() {
    let (one, other) = (desk(), desk());
    one.run(&format!("{IMPORT} -n app")).done();
    other.run(&format!("{IMPORT} -n app")).done();
    let texts = |desk: &Desk| {
        let files = files(&desk.at("migrations"));
        files.into_iter().map(|(_, text)| text).collect::<Vec<_>>()
    };
    assert_eq!(texts(&one), texts(&other));
}

#[test]
fn what_sqlx_runs_without_a_transaction_runs_without_one() {
    let desk = Desk::new();
    desk.write("old/1_index.sql", "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON t (a);\n");
    let made = desk.run("import --from sqlx old --dialect postgres");
    let text = desk.read(made.done().stdout.trim());
    assert!(text.contains("-- migrate:upgrade transaction=off\n"), "{text}");
}

#[test]
fn nothing_is_overwritten() {
    let desk = desk();
    desk.run(IMPORT).done();
    let before = files(&desk.at("migrations"));
    let again = desk.run(IMPORT);
    again.done().says(&["2 migrations imported before", "imported: 0 revisions"]);
    assert!(again.stdout.is_empty(), "{}", again.stdout);
    desk.run(&format!("{IMPORT} --into old")).failed(2, &["old has files already", "--into"]);
    // A set of one's own is no place for a first import.
    desk.run("init --dir own --name own").done();
    desk.run(&format!("{IMPORT} --into own")).failed(2, &["own has files already"]);
    assert_eq!(files(&desk.at("migrations")), before);
}

#[test]
fn what_the_tool_got_since_comes_on_the_head_and_all_else_stays() {
    let desk = desk();
    desk.run(IMPORT).done();
    let before = files(&desk.at("migrations"));
    desk.draft("aaaa1", "CREATE TABLE own (n);", "DROP TABLE own;");
    desk.run("seal").done();
    desk.write("old/20240102030407_more.sql", "CREATE TABLE more (n);\n");
    desk.write("old/20240102030408_last.sql", "CREATE TABLE last (n);\n");
    desk.write("old/20230101000000_late.sql", "CREATE TABLE late (n);\n");
    let words = ["2 migrations imported before", "imported: 3 revisions"];
    desk.run(&format!("{IMPORT} --dry-run")).done().says(&[words[0], "would import: 3 revisions"]);
    let lock = desk.lock();
    desk.run("import --from sqlx old --dialect postgres")
        .failed(2, &["serves sqlite", "--dialect sqlite"]);
    assert_eq!(desk.lock(), lock);
    let made = desk.run(&format!("{IMPORT} --derive-downgrades"));
    made.done().says(&words);
    made.says(&["sqlx runs it before others that are there: here it comes last"]);
    assert_eq!(made.stdout.lines().count(), 3, "{}", made.stdout);
    for (path, text) in before.iter().filter(|(path, _)| path.ends_with(".sql")) {
        let name = path.rsplit('/').next().unwrap_or_default();
        assert_eq!(&desk.read(&format!("migrations/{name}")), text);
    }
    desk.run("check --locked").done();
    desk.run("upgrade head").done();
    assert_eq!(desk.tables(), ["last", "late", "more", "own", "users"]);
    desk.run("downgrade -4").done();
    assert_eq!(desk.tables(), ["users"]);

    desk.write("old/20240102030407_more.sql", "CREATE TABLE other (n);\n");
    desk.run(IMPORT).failed(1, &["20240102030407_more.sql is not what", "restore"]);
}

#[test]
fn what_is_added_to_a_set_with_two_heads_or_problems_is_refused() {
    let desk = desk();
    desk.run(IMPORT).done();
    desk.write("old/20240102030407_more.sql", "CREATE TABLE more (n);\n");
    desk.run("set heads many").done();
    desk.draft_with("--rev-id aaaa1 --head base", "CREATE TABLE own (n);", "DROP TABLE own;");
    desk.run("seal").done();
    desk.run(IMPORT).failed(1, &["the set has the heads", "cargo migrate merge"]);
    desk.run("merge").done();
    desk.edit("migrations/20260118_0530_aaaa1_one_more.sql", "TABLE own (n)", "TABLE own (m)");
    desk.run(IMPORT).failed(3, &["edited-revision"]);
}

#[test]
fn what_cannot_come_over_is_named_and_nothing_is_written() {
    let cases = [
        ("old/20240102030405_other.sql", "SELECT 1;", "are both version 20240102030405"),
        ("old/7_gone.down.sql", "SELECT 1;", "takes back what no file makes"),
        ("old/first_one.sql", "SELECT 1;", "begins with no number"),
        ("old/7_marker.sql", "-- migrate:upgrade\nSELECT 1;", "7_marker.sql"),
    ];
    for (path, text, words) in cases {
        let desk = desk();
        desk.write(path, text);
        let ended = desk.run(IMPORT);
        assert_ne!(ended.code, 0, "{path}");
        ended.says(&[words]);
        assert!(!desk.at("migrations").exists(), "{path}");
    }
    let desk = desk();
    desk.run("import --from sqlx old").failed(2, &["--dialect"]);
    desk.run("import --from sqlx empty --dialect sqlite").failed(1, &["cannot read"]);
    desk.run("import --from sqlx old/seeds/none --dialect sqlite").failed(1, &["cannot read"]);
}

#[test]
fn what_the_checks_refuse_comes_over_as_drafts_and_is_reported() {
    let desk = desk();
    desk.write("old/20250101000000_own.sql", "BEGIN;\nCREATE TABLE t (a INTEGER);\nCOMMIT;\n");
    desk.run(IMPORT).failed(3, &["nothing is sealed", "_own.sql", "COMMIT"]);
    desk.run("check").failed(3, &["_own.sql"]);
}
