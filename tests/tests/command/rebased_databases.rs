//! What becomes of databases in a rebase.

use crate::rebases::{file, is_sound, table, two_heads};

#[test]
fn a_rebase_that_fails_leaves_files_lock_and_database_as_they_were() {
    let desk = two_heads();
    // What the other side brought cannot be applied here.
    let connection = rusqlite::Connection::open(desk.at("app.db")).expect("it opens");
    connection
        .execute_batch("CREATE TABLE c (other); INSERT INTO b VALUES (1)")
        .expect("it is made");
    let before = (desk.lock(), desk.read(&file("bbbb2")), desk.schema("app.db"));
    desk.run("rebase").failed(1, &["the upgrade of revision `cccc3` failed"]);
    assert_eq!((desk.lock(), desk.read(&file("bbbb2")), desk.schema("app.db")), before);
    let rows: i64 =
        connection.query_row("SELECT count(*) FROM b", [], |row| row.get(0)).expect("it answers");
    assert_eq!(rows, 1);
    let left = std::fs::read_dir(desk.at("migrations")).expect("it is there");
    let left: Vec<_> = left.map(|entry| entry.expect("it is read").file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".revchain")), "{left:?}");
}

#[test]
fn a_call_that_died_between_the_files_is_finished_by_the_next() {
    let desk = two_heads();
    desk.edit(&file("bbbb2"), "-- revises: aaaa1", "-- revises: cccc3");
    desk.run("check").failed(3, &["reparented-revision"]);
    desk.run("rebase").done().says(&["nothing is to be moved", "upgrade bbbb2"]);
    is_sound(&desk);
}

#[test]
fn a_database_that_is_not_there_or_not_named_is_no_hindrance() {
    let cases = [
        ("--no-database", "rebased:"),
        ("--database-url nowhere.db", "the database sqlite:nowhere.db is not there"),
        ("--database-url sqlite:migrations", "the database sqlite:migrations cannot be opened"),
    ];
    for (options, words) in cases {
        let desk = two_heads();
        desk.run(&format!("rebase {options}")).done().says(&[words]);
        assert_eq!(desk.tables(), ["a", "b"]);
        desk.run("upgrade").failed(4, &["in another form", "cargo migrate amend"]);
        desk.run("amend").done().says(&["upgrade cccc3", "upgrade bbbb2"]);
        is_sound(&desk);
    }
    let desk = two_heads().set("DATABASE_URL", "");
    desk.run("rebase").done().says(&["no database is named: files and lock alone are rewritten"]);
}

#[test]
fn another_machines_database_is_amended() {
    let desk = two_heads();
    std::fs::copy(desk.at("app.db"), desk.at("other.db")).expect("it is copied");
    desk.run("rebase").done();
    desk.run("status --database-url other.db").done().prints(&["next      cargo migrate amend"]);
    desk.run("upgrade --database-url other.db").failed(
        4,
        &[
            "the database applied 1 revision in another form [edited-revision]",
            "`bbbb2` revised `aaaa1` when it was applied",
            "edited or moved by a rebase: bring this database along: cargo migrate amend",
        ],
    );
    let lock = desk.lock();
    desk.run("amend --database-url other.db").done().says(&[
        "downgrade bbbb2",
        "upgrade cccc3",
        "upgrade bbbb2",
    ]);
    assert_eq!(desk.lock(), lock);
    assert_eq!(desk.schema("other.db"), desk.schema("app.db"));
    desk.run("upgrade --database-url other.db").done().says(&["nothing to do"]);
}

#[test]
fn a_downgrade_that_no_lock_sealed_does_not_run() {
    let desk = two_heads();
    let connection = rusqlite::Connection::open(desk.at("app.db")).expect("it opens");
    let forged = "UPDATE revchain_revisions SET downgrade = '-- migrate:downgrade\nDROP TABLE a;' WHERE revision = 'bbbb2'";
    connection.execute(forged, []).expect("it is written");
    let lock = desk.lock();
    desk.run("rebase")
        .failed(4, &["is not the one that was sealed", "--no-database", "amend --from-file"]);
    assert_eq!((desk.lock(), desk.tables().len()), (lock, 2));
}

#[test]
fn a_database_that_knows_more_is_left_for_a_person() {
    let desk = two_heads();
    let connection = rusqlite::Connection::open(desk.at("app.db")).expect("it opens");
    let path = table(&desk, "--rev-id dddd4 --head bbbb2", "d");
    desk.run("set heads many").done();
    desk.run("upgrade dddd4").done();
    desk.run("set heads one").done();
    std::fs::remove_file(desk.at(&path)).expect("it is there");
    desk.run("lock --forget dddd4").done();
    desk.run("rebase").failed(
        4,
        &[
            "the database has `dddd4` one more, which this set does not know",
            "--stored",
            "--no-database",
        ],
    );
    drop(connection);
    assert_eq!(desk.tables(), ["a", "b", "d"]);
    // As the help says.
    desk.run("rebase --no-database --yes").done();
    desk.run("downgrade head --stored --yes").done();
    desk.run("amend").done();
    is_sound(&desk);
}

#[test]
fn what_was_edited_is_amended_first_also_while_there_are_two_heads() {
    let desk = two_heads();
    desk.edit(&file("bbbb2"), "n INTEGER", "n TEXT");
    desk.run("rebase").failed(3, &["edited-revision", "cargo migrate amend bbbb2"]);
    desk.run("amend").done().says(&["sealed: bbbb2"]);
    desk.run("rebase").done();
    is_sound(&desk);
}

#[test]
fn a_rebuild_goes_along() {
    let desk = two_heads();
    let path = table(&desk, "--rev-id dddd4 --head bbbb2", "d");
    desk.edit(&path, "-- migrate:upgrade\n", "-- migrate:upgrade foreign-keys=off\n");
    desk.edit(&path, "-- migrate:downgrade\n", "-- migrate:downgrade foreign-keys=off\n");
    desk.edit(
        &path,
        "CREATE TABLE d (n INTEGER);",
        "CREATE TABLE b2 (n TEXT);\nINSERT INTO b2 SELECT n FROM b;\nDROP TABLE b;\nALTER TABLE b2 RENAME TO b;",
    );
    desk.edit(
        &path,
        "DROP TABLE d;",
        "CREATE TABLE b2 (n INTEGER);\nINSERT INTO b2 SELECT n FROM b;\nDROP TABLE b;\nALTER TABLE b2 RENAME TO b;",
    );
    desk.run("set heads many").done();
    desk.run("upgrade dddd4").done();
    desk.run("set heads one").done();
    desk.run("rebase").done().says(&["upgrade cccc3", "upgrade bbbb2", "upgrade dddd4"]);
    assert_eq!(desk.run("upgrade").done().stderr, "nothing to do\n");
    is_sound(&desk);
}

#[test]
fn a_draft_that_is_not_finished_keeps_the_database_where_it_is() {
    let desk = two_heads();
    let path = table(&desk, "--rev-id dddd4 --head bbbb2", "d");
    desk.edit(&path, "DROP TABLE d;", "");
    desk.run("rebase").done().says(&[
        "the set has 1 problem: the database is left as it is",
        "cargo migrate check",
        "rebased: 1 revision onto cccc3",
    ]);
    desk.edit(&path, "-- migrate:downgrade\n", "-- migrate:downgrade\nDROP TABLE d;\n");
    desk.run("amend").done().says(&["upgrade cccc3", "upgrade bbbb2"]);
    desk.run("upgrade").done();
    is_sound(&desk);
}
