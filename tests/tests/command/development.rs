//! `amend` and what counts as published.

use revchain_tests::command::Desk;

#[test]
fn five_edits_of_an_unpublished_revision_are_one_amend_each() {
    let desk = Desk::with_set();
    desk.unpublished();
    let [_, second, _] = desk.three();
    desk.run("upgrade").done();
    let mut columns = "n INTEGER".to_owned();
    for number in 0..5 {
        let more = format!("{columns}, c{number} TEXT");
        desk.edit(&second, &columns, &more);
        columns = more;
        desk.run("check").failed(3, &["edited-revision", "cargo migrate amend bbbb2"]);
        let ended = desk.run("amend");
        ended.done().says(&[
            "downgrade cccc3",
            "downgrade bbbb2",
            "upgrade bbbb2",
            "upgrade cccc3",
            "sealed: bbbb2",
        ]);
        assert!(!ended.stderr.contains("aaaa1"));
        desk.run("check").done();
        desk.run("upgrade").done().says(&["nothing to do"]);
    }
    let connection = rusqlite::Connection::open(desk.at("app.db")).expect("it opens");
    connection
        .execute("INSERT INTO bbbb2 (c4) VALUES ('x')", [])
        .expect("the fifth column is there");
    desk.run("amend").done().says(&["nothing to do"]);
}

#[test]
fn amend_uses_the_downgrade_that_the_database_stored() {
    let desk = Desk::with_set();
    desk.unpublished();
    let path = desk.draft("aaaa1", "CREATE TABLE old (n);", "DROP TABLE old;");
    desk.run("upgrade").done();
    desk.edit(&path, "CREATE TABLE old (n);", "CREATE TABLE new (n);");
    desk.edit(&path, "DROP TABLE old;", "DROP TABLE new;");
    desk.run("amend aaaa1").done();
    assert_eq!(desk.tables(), ["new"]);
}

#[test]
fn an_amend_that_fails_leaves_lock_and_database_as_they_were() {
    let desk = Desk::with_set();
    desk.unpublished();
    let [first, ..] = desk.three();
    desk.run("upgrade").done();
    let before = desk.lock();
    desk.edit(&first, "CREATE TABLE aaaa1 (n INTEGER);", "CREATE TABLE aaaa1 (n INTEGER, n TEXT);");
    desk.run("amend")
        .failed(1, &["the upgrade of revision `aaaa1` failed", "duplicate column name"]);
    assert_eq!((desk.lock(), desk.tables().len()), (before.clone(), 3));
    desk.edit(&first, "-- migrate:downgrade\n", "-- migrate:downgrad\n");
    desk.run("amend").failed(3, &["unknown-directive"]);
    assert_eq!(desk.lock(), before);
}

#[test]
fn an_amend_of_a_rebuild_that_fails_later_leaves_lock_and_database_as_they_were() {
    let desk = Desk::with_set();
    desk.unpublished();
    let [first, ..] = desk.three();
    desk.edit(&first, "-- migrate:upgrade\n", "-- migrate:upgrade foreign-keys=off\n");
    desk.edit(&first, "-- migrate:downgrade\n", "-- migrate:downgrade transaction=off\n");
    desk.run("upgrade").done();
    let now = || {
        let connection = rusqlite::Connection::open(desk.at("app.db")).expect("it opens");
        let ledger = "SELECT count(*) || max(done_at) FROM revchain_events";
        let ledger = connection.query_row(ledger, [], |row| row.get::<_, String>(0));
        (desk.lock(), desk.tables(), ledger.expect("the ledger is there"))
    };
    let before = now();
    desk.edit(&first, "CREATE TABLE aaaa1 (n INTEGER);", "CREATE TABLE aaaa1 (n, n);");
    desk.run("amend").failed(
        1,
        &["the upgrade of revision `aaaa1` failed", "put back: it is as it was before the run"],
    );
    assert_eq!(now(), before);
    assert!(!desk.at("app.db-revchain-copy").exists());

    // A copy that lies there from a run that was killed is told of, and not touched.
    desk.write("app.db-revchain-copy", "from before");
    desk.run("amend").failed(
        1,
        &[
            "warning: a copy from before an earlier `amend` is left",
            "rm \"<desk>/app.db-revchain-copy\"",
        ],
    );
    assert_eq!(now(), before);
    assert_eq!(desk.read("app.db-revchain-copy"), "from before");

    desk.edit(&first, "(n, n)", "(n, m)");
    desk.run("amend").done().says(&["sealed: aaaa1"]);
    assert_eq!(desk.tables(), before.1);
}

#[test]
fn a_backup_is_taken_where_there_is_something_to_do_and_overwrites_nothing() {
    let desk = Desk::with_set();
    desk.unpublished();
    let [.., third] = desk.three();
    desk.run("upgrade bbbb2").done();
    desk.run("upgrade --backup one.db").done().says(&["backup: <desk>/one.db", "upgrade cccc3"]);
    desk.run("current --database-url sqlite:one.db").done().prints(&["bbbb2"]);
    desk.run("upgrade --backup one.db").done().says(&["nothing to do"]);
    desk.run("downgrade -1 --backup one.db")
        .failed(1, &["the backup `<desk>/one.db` is there already [backup-exists]", "rm \""]);
    desk.run("downgrade -1 --backup none/two.db")
        .failed(1, &["the database could not be copied to `<desk>/none/two.db` [backup]"]);
    desk.run("current").done().prints(&["cccc3"]);
    desk.run("downgrade -1 --yes --backup two.db").done().says(&["backup: <desk>/two.db"]);
    desk.run("upgrade").done();
    desk.edit(&third, "n INTEGER", "n TEXT");
    desk.run("amend --backup three.db").done().says(&["backup: <desk>/three.db"]);
    for copy in ["two.db", "three.db"] {
        desk.run(&format!("current --database-url sqlite:{copy}")).done().prints(&["cccc3"]);
    }
    desk.run("upgrade --sql --backup four.db").failed(2, &["cannot be used with"]);
}

#[test]
fn a_published_seal_is_changed_with_force_only() {
    let desk = Desk::with_set();
    let [first, ..] = desk.three();
    desk.run("upgrade bbbb2").done();
    desk.publish();
    let [second, third] =
        ["bbbb2", "cccc3"].map(|id| format!("migrations/20260118_0530_{id}_one_more.sql"));
    desk.run("upgrade").done();
    desk.edit(&third, "n INTEGER", "n TEXT");
    desk.run("amend").done().says(&["sealed: cccc3"]);
    desk.edit(&second, "n INTEGER", "n TEXT");
    desk.run("amend").failed(
        1,
        &["revision `bbbb2` is published", "its seal is in the lock of `origin/main`", "--force"],
    );
    desk.run("amend cccc3").failed(0, &["nothing to do"]);
    desk.run("check --against origin/main").failed(3, &["edited-revision"]);
    desk.run("amend --force").done().says(&["sealed: bbbb2"]);
    desk.run("check").done();
    desk.run("check --against origin/main").failed(3, &["revision `bbbb2` is published in `origin/main`, and here another upgrade is sealed [resealed-revision]"]);
    desk.run("check --against HEAD").failed(3, &["resealed-revision"]);
    desk.edit(&second, "n TEXT", "n INTEGER");
    desk.run("amend --force").done();
    desk.run("check --against origin/main").done();
    desk.edit(&first, "DROP TABLE aaaa1;", "DROP TABLE IF EXISTS aaaa1;");
    desk.run("seal --downgrade aaaa1").done();
    desk.run("check --against origin/main").done();
}

#[test]
fn a_published_revision_that_went_is_found() {
    let desk = Desk::with_set();
    let [.., third] = desk.three();
    desk.run("seal").done();
    desk.publish();
    std::fs::remove_file(desk.at(&third)).expect("it is there");
    desk.run("check").failed(3, &["removed-revision", "cargo migrate lock --forget cccc3"]);
    desk.run("lock --forget cccc3").failed(1, &["revision `cccc3` is published", "--force"]);
    desk.run("lock --forget cccc3 --force").done();
    desk.run("check").done();
    desk.run("check --against origin/main").failed(3, &["its seal is gone [resealed-revision]"]);
}

#[test]
fn without_git_or_remote_every_seal_counts_as_published() {
    let desk = Desk::with_set();
    let [first, ..] = desk.three();
    desk.run("upgrade").done();
    desk.edit(&first, "n INTEGER", "n TEXT");
    desk.run("amend").failed(1, &["is published", "in no git repository"]);
    desk.git("init --quiet");
    desk.run("amend").failed(1, &["the repository has no remote"]);
    desk.git("remote add origin ./remote.git");
    desk.write("migrations/migrate.toml", "published-branch = \"origin/trunk\"\n");
    desk.run("amend").failed(1, &["git knows no branch `origin/trunk`"]);
    desk.write("migrations/migrate.toml", "");
    desk.run("amend").done();
}

#[test]
fn another_database_is_brought_along() {
    let desk = Desk::with_set();
    desk.unpublished();
    let [first, ..] = desk.three();
    desk.run("upgrade").done();
    desk.run("upgrade --database-url other.db").done();
    desk.edit(&first, "n INTEGER", "n TEXT");
    desk.run("amend").done();
    desk.run("upgrade --database-url other.db")
        .failed(4, &["in another form", "cargo migrate amend"]);
    let sealed = desk.lock();
    desk.run("status --database-url other.db")
        .done()
        .prints(&["edited    aaaa1", "next      cargo migrate amend"]);
    desk.run("amend --database-url other.db").done().says(&["upgrade aaaa1"]);
    assert_eq!(desk.lock(), sealed);
    desk.run("upgrade --database-url other.db").done().says(&["nothing to do"]);
}

#[test]
fn a_stored_downgrade_that_is_not_the_locks_wants_the_file() {
    let desk = Desk::with_set();
    desk.unpublished();
    let [first, ..] = desk.three();
    desk.run("upgrade").done();
    let connection = rusqlite::Connection::open(desk.at("app.db")).expect("it opens");
    let forged = "UPDATE revchain_revisions SET downgrade = '-- migrate:downgrade\nDROP TABLE bbbb2;' WHERE revision = 'aaaa1'";
    connection.execute(forged, []).expect("it is written");
    desk.edit(&first, "n INTEGER", "n TEXT");
    desk.run("amend").failed(4, &["is not the one that was sealed", "--from-file"]);
    assert_eq!(desk.tables().len(), 3);
    desk.run("amend --from-file").done();
    assert_eq!(desk.tables().len(), 3);
}

#[test]
fn a_draft_that_was_applied_and_edited_is_amended() {
    let desk = Desk::with_set();
    let [first, ..] = desk.three();
    let drafts = desk.lock();
    desk.run("upgrade").done();
    desk.write("migrations/revisions.lock", &drafts);
    desk.edit(&first, "n INTEGER", "n TEXT");
    desk.run("upgrade")
        .failed(4, &["sealed: bbbb2 cccc3", "in another form", "cargo migrate amend"]);
    desk.run("amend").done().says(&["sealed: aaaa1"]);
    desk.run("check --locked").done();
}

#[test]
fn an_edited_revision_that_is_not_applied_here_is_sealed_and_said_so() {
    let desk = Desk::with_set();
    desk.unpublished();
    let [_, second, _] = desk.three();
    desk.run("upgrade").done();
    desk.run("downgrade aaaa1").done();
    desk.edit(&second, "n INTEGER", "n TEXT");
    desk.run("amend")
        .done()
        .says(&["revision `bbbb2` is sealed, but not applied here", "cargo migrate upgrade"]);
    desk.run("upgrade").done();
}

#[test]
fn without_a_database_an_edited_revision_is_sealed_again() {
    let desk = Desk::with_set();
    desk.unpublished();
    let [first, ..] = desk.three();
    desk.run("seal").done();
    desk.edit(&first, "n INTEGER", "n TEXT");
    desk.run("amend").done().says(&["sealed: aaaa1", "not applied here"]);
    assert!(!desk.at("app.db").exists());
    desk.run("upgrade").done();
}

#[test]
fn revisions_that_changed_places_are_amended() {
    let desk = Desk::with_set();
    desk.unpublished();
    let [_, second, third] = desk.three();
    desk.run("upgrade").done();
    desk.edit(&third, "-- revises: bbbb2", "-- revises: aaaa1");
    desk.edit(&second, "-- revises: aaaa1", "-- revises: cccc3");
    desk.run("check").failed(3, &["reparented-revision", "cargo migrate amend bbbb2"]);
    desk.run("upgrade").failed(3, &["reparented-revision"]);
    desk.run("amend").done().says(&["sealed: cccc3 bbbb2"]);
    desk.run("check").done();
    desk.run("current").done().prints(&["bbbb2 (head)"]);
    assert!(desk.lock().contains("revision bbbb2 revises cccc3\n"));
    desk.run("upgrade").done().says(&["nothing to do"]);
    desk.run("downgrade -1").done().says(&["downgrade bbbb2"]);
}

#[test]
fn what_is_irreversible_cannot_be_amended_in_place() {
    let desk = Desk::with_set();
    desk.unpublished();
    let [first, ..] = desk.three();
    let path = desk.draft("dddd4", "DELETE FROM aaaa1;", "");
    desk.edit(&path, "-- migrate:downgrade", "-- migrate:irreversible the rows are gone");
    desk.run("upgrade").done();
    desk.edit(&first, "n INTEGER", "n TEXT");
    desk.run("amend").failed(1, &["revision `dddd4` is irreversible", "begin with a new database"]);
    desk.edit(&first, "n TEXT", "n INTEGER");
    desk.run("downgrade -1").failed(1, &["its author says: the rows are gone"]);
}
