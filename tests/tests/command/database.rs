//! `upgrade`, `downgrade`, `stamp`, `current`, `resolve`, `--sql`.

use revchain_tests::command::Desk;

#[test]
fn upgrade_applies_shows_and_seals() {
    let desk = Desk::with_set();
    desk.three();
    let ended = desk.run("upgrade +1");
    ended.done().says(&["upgrade aaaa1 one more (", " ms)", "sealed: aaaa1", "1 revision applied"]);
    assert!(ended.stdout.is_empty());
    assert_eq!(desk.lock().matches(" draft\n").count(), 2);
    desk.run("up").done().says(&["sealed: bbbb2 cccc3", "2 revisions applied"]);
    assert_eq!(desk.tables(), ["aaaa1", "bbbb2", "cccc3"]);
    desk.run("upgrade").done().says(&["nothing to do"]);
    desk.run("current").done().prints(&["cccc3 (head), one more"]);
    desk.run("check --locked").done();
}

#[test]
fn a_draft_that_the_database_has_already_is_sealed() {
    let desk = Desk::with_set();
    desk.three();
    let drafts = desk.lock();
    desk.run("upgrade").done();
    desk.write("migrations/revisions.lock", &drafts);
    desk.run("upgrade").done().says(&["sealed: aaaa1 bbbb2 cccc3", "nothing to do"]);
}

#[test]
fn what_is_sealed_is_what_was_applied() {
    let desk = Desk::with_set();
    let [first, ..] = desk.three();
    desk.run("upgrade aaaa1").done();
    let sealed = desk.lock();
    desk.edit(&first, "n INTEGER", "n TEXT");
    desk.run("upgrade").failed(3, &["edited-revision", "cargo migrate amend aaaa1"]);
    assert_eq!(desk.lock(), sealed);
}

#[test]
fn a_statement_that_fails_leaves_lock_and_database_as_they_were() {
    let desk = Desk::with_set();
    desk.three();
    let path = desk.draft(
        "dddd4",
        "CREATE TABLE dddd4 (n);\nINSERT INTO nowhere VALUES (1);",
        "SELECT 1;",
    );
    let before = desk.lock();
    let ended = desk.run("upgrade");
    ended.failed(
        1,
        &[
            "error: the upgrade of revision `dddd4` failed [statement]",
            "nowhere",
            "rolled back as well: aaaa1 bbbb2 cccc3",
        ],
    );
    assert!(ended.stderr.contains(&format!("{path}:9\n")), "{}", ended.stderr);
    assert_eq!((desk.lock(), desk.tables().len()), (before, 0));
    desk.run("upgrade --transactions per-revision")
        .failed(1, &["3 revisions are done and stay so"]);
    assert_eq!(desk.tables(), ["aaaa1", "bbbb2", "cccc3"]);
    assert_eq!(desk.lock().matches(" draft\n").count(), 1, "what was applied is sealed");
}

#[test]
fn locked_drafts_are_refused_before_the_database_is_touched() {
    let desk = Desk::with_set().set("CI", "true");
    desk.run("check").done();
    let draft = |desk: &Desk| desk.run("new x --rev-id aaaa1 --locked=false").done().clone();
    draft(&desk);
    desk.run("upgrade").failed(
        3,
        &["revision `aaaa1` is a draft", "[draft-in-release]", "cargo migrate seal aaaa1"],
    );
    desk.run("check").failed(3, &["draft-in-release"]);
    desk.run("upgrade --sql").failed(3, &["draft-in-release"]);
    assert!(!desk.at("app.db").exists());
    desk.run("seal --locked=false").done();
    desk.run("upgrade").done();
    desk.run("check").done();
}

#[test]
fn downgrade_takes_back_by_steps_by_name_and_to_the_base() {
    let desk = Desk::with_set();
    desk.run("downgrade base")
        .failed(1, &["the database sqlite:app.db is not there", "cargo migrate upgrade"]);
    desk.three();
    desk.run("upgrade").done();
    desk.run("downgrade -1").done().says(&["downgrade cccc3 one more (", "1 revision taken back"]);
    desk.run("down aaaa").done().says(&["downgrade bbbb2"]);
    desk.run("downgrade base").done();
    assert!(desk.tables().is_empty());
    desk.run("downgrade base").done().says(&["nothing to do"]);
    desk.run("downgrade -1").failed(1, &["`-1` is too far"]);
    desk.run("downgrade aaaa1").failed(1, &["revision `aaaa1` is not applied"]);
}

#[test]
fn at_a_terminal_a_downgrade_lists_and_asks() {
    for (answer, code, tables) in [("y\n", 0, 1), ("YES\n", 0, 1), ("n\n", 1, 3), ("", 1, 3)] {
        let desk = Desk::with_set().at_terminal(answer);
        desk.three();
        desk.run("upgrade").done();
        let ended = desk.run("downgrade -2");
        ended.failed(
            code,
            &["  cccc3 one more\n  bbbb2 one more\n", "take back 2 revisions? [y/N]"],
        );
        assert_eq!(desk.tables().len(), tables, "{answer:?}");
    }
    let desk = Desk::with_set().at_terminal("");
    desk.three();
    desk.run("upgrade").done();
    let ended = desk.run("downgrade base --yes");
    assert!(!ended.done().stderr.contains('?'), "{}", ended.stderr);
    desk.run("downgrade base").done().says(&["nothing to do"]);
}

#[test]
fn a_database_ahead_of_the_set_is_refused_and_can_go_back_with_what_it_stored() {
    let desk = Desk::with_set();
    desk.three();
    let before = desk.lock();
    let path = desk.draft("dddd4", "CREATE TABLE dddd4 (n);", "DROP TABLE dddd4;");
    desk.run("upgrade").done();
    std::fs::remove_file(desk.at(&path)).expect("it is there");
    desk.write("migrations/revisions.lock", &before);
    desk.run("upgrade").failed(4, &["does not know", "`dddd4` one more, applied by cargo-migrate"]);
    desk.run("upgrade --ahead allow").done();
    desk.run("status")
        .done()
        .prints(&["unknown   dddd4 one more", "next      cargo migrate downgrade head --stored"]);
    desk.run("current")
        .done()
        .prints(&["dddd4 (unknown)"])
        .says(&["warning: the database has 1 revision"]);
    desk.run("downgrade head --stored").failed(2, &["DROP TABLE dddd4;", "add --yes"]);
    assert_eq!(desk.tables().len(), 4);
    desk.run("downgrade head --stored --yes")
        .done()
        .says(&["DROP TABLE dddd4;", "downgrade dddd4"]);
    assert_eq!(desk.tables().len(), 3);
    desk.run("upgrade").done();
}

/// The database has `bbbb2`, edited since, and on it `cccc3`, whose file is on another branch.
fn edited_below_what_is_not_known() -> Desk {
    let desk = Desk::with_set();
    desk.unpublished();
    desk.draft("aaaa1", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
    let edited = desk.draft("bbbb2", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
    let gone =
        desk.draft("cccc3", "ALTER TABLE b ADD COLUMN m TEXT;", "ALTER TABLE b DROP COLUMN m;");
    desk.run("upgrade").done();
    std::fs::remove_file(desk.at(&gone)).expect("it is there");
    desk.run("lock --forget cccc3").done();
    desk.edit(&edited, "(n INTEGER)", "(n TEXT)");
    desk
}

#[test]
fn amend_takes_nothing_back_below_what_only_the_database_knows() {
    let desk = edited_below_what_is_not_known();
    let schema = desk.schema("app.db");
    for line in ["amend", "amend bbbb2", "amend --from-file", "amend --ahead allow"] {
        desk.run(line).failed(
            4,
            &[
                "the database has `cccc3` one more, which this set does not know",
                "take it back first: cargo migrate downgrade head --stored",
            ],
        );
    }
    assert_eq!(desk.schema("app.db"), schema);
}

#[test]
fn what_only_the_database_knows_can_go_also_while_a_file_is_edited() {
    let desk = edited_below_what_is_not_known();
    desk.run("plan --downgrade head --stored").done().prints(&["downgrade cccc3"]);
    desk.run("downgrade head --stored --yes").done().says(&["downgrade cccc3", "1 revision"]);
    desk.run("amend").done().says(&["downgrade bbbb2", "upgrade bbbb2"]);
    assert!(desk.schema("app.db").contains(&"CREATE TABLE b (n TEXT)".to_owned()));
    desk.run("current --check-heads").done();
}

#[test]
fn what_an_edited_revision_stands_on_is_not_taken_from_below_it() {
    let desk = Desk::with_set();
    desk.unpublished();
    desk.draft("aaaa1", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
    let before = desk.lock();
    let gone = desk.draft("bbbb2", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
    let moved =
        desk.draft("cccc3", "ALTER TABLE b ADD COLUMN m TEXT;", "ALTER TABLE b DROP COLUMN m;");
    desk.run("upgrade").done();
    std::fs::remove_file(desk.at(&gone)).expect("it is there");
    desk.edit(&moved, "-- revises: bbbb2", "-- revises: aaaa1");
    desk.write("migrations/revisions.lock", &before);
    desk.run(&format!("add {moved}")).done();
    desk.run("downgrade head --stored --yes")
        .failed(4, &["`cccc3` revised `bbbb2`", "[edited-revision]"]);
    assert_eq!(desk.tables(), ["a", "b"]);
}

#[test]
fn an_upgrade_without_a_target_goes_to_all_heads() {
    let desk = Desk::with_set();
    desk.run("set heads many").done();
    desk.draft("aaaa1", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
    desk.draft_with("--rev-id bbbb2 --head base", "CREATE TABLE b (n);", "DROP TABLE b;");
    desk.run("status").done().prints(&["next      cargo migrate upgrade"]);
    desk.run("plan").done().prints(&["upgrade aaaa1", "upgrade bbbb2"]);
    desk.run("upgrade --sql").done().prints(&["-- upgrade aaaa1", "-- upgrade bbbb2"]);
    desk.run("upgrade aaaa1: --sql").done().prints(&["-- upgrade bbbb2"]);
    desk.run("upgrade").done();
    desk.run("status").done().prints(&["nothing to do: the database is at all heads"]);
    desk.run("upgrade head").failed(1, &["several heads", "`heads` for all"]);
}

#[test]
fn what_stamp_purges_is_named_also_where_it_has_no_message() {
    let desk = edited_below_what_is_not_known();
    desk.run("amend --from-file").failed(4, &["cccc3"]);
    desk.edit("migrations/20260118_0530_bbbb2_one_more.sql", "(n TEXT)", "(n INTEGER)");
    desk.run("stamp --purge head").done().says(&["downgrade cccc3 (recorded, not run)"]);
}

#[test]
fn looking_makes_no_database_and_no_ledger() {
    let desk = Desk::with_set();
    desk.three();
    for line in ["current", "status", "current --verbose", "check", "history"] {
        desk.run(line).done();
    }
    desk.run("current").done().says(&["is not there yet"]);
    assert!(!desk.at("app.db").exists());
    drop(
        rusqlite::Connection::open(desk.at("app.db"))
            .and_then(|made| made.execute_batch("CREATE TABLE t (n)")),
    );
    desk.run("status").done().prints(&["current   base", "pending   aaaa1 one more"]);
    let connection = rusqlite::Connection::open(desk.at("app.db")).expect("it opens");
    let ledger: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'revchain%'", [], |row| {
            row.get(0)
        })
        .expect("it answers");
    assert_eq!(ledger, 0);
}

#[test]
fn stamp_records_without_running() {
    let desk = Desk::with_set();
    desk.three();
    desk.run("stamp bbbb").done().says(&["upgrade aaaa1 one more (recorded, not run)"]);
    assert!(desk.tables().is_empty());
    desk.run("current").done().prints(&["bbbb2 (draft)"]);
    desk.run("stamp +1").failed(1, &["`+1` cannot be stamped"]);
    desk.run("stamp base").done();
    desk.run("current").done();
    desk.run("stamp head").done();
    desk.run("upgrade").done().says(&["sealed: aaaa1 bbbb2 cccc3"]);
}

#[test]
fn scripts_are_written_without_a_database() {
    let desk = Desk::with_set().set("DATABASE_URL", "");
    desk.three();
    let script = desk.run("upgrade --sql");
    script.done().prints(&[
        "-- upgrade aaaa1: one more\n",
        "CREATE TABLE cccc3 (n INTEGER);",
        "COMMIT;",
    ]);
    let connection = rusqlite::Connection::open(desk.at("app.db")).expect("it opens");
    connection.execute_batch(&script.stdout).expect("the script runs");
    assert_eq!(desk.tables().len(), 3);
    let desk = desk.set("DATABASE_URL", "sqlite:app.db");
    desk.run("upgrade").done().says(&["sealed: aaaa1 bbbb2 cccc3", "nothing to do"]);
    let back = desk.run("downgrade head:aaaa --sql");
    back.done().prints(&["DROP TABLE bbbb2;"]);
    connection.execute_batch(&back.stdout).expect("the script runs");
    assert_eq!(desk.tables(), ["aaaa1"]);
    desk.run("current").done().prints(&["aaaa1"]);
    desk.run("set dialects sqlite postgres").done();
    desk.run("seal --dialect postgres").done();
    desk.run("upgrade --sql").failed(2, &["serves several dialects", "--dialect"]);
    desk.run("upgrade --sql --dialect sqlite").done();
}

#[test]
fn a_half_done_revision_is_finished_or_resolved() {
    let desk = Desk::with_set();
    let path = desk.draft(
        "aaaa1",
        "CREATE TABLE a (n);\nINSERT INTO nowhere VALUES (1);",
        "DROP TABLE a;",
    );
    let text = desk.read(&path).replace("-- migrate:upgrade", "-- migrate:upgrade transaction=off");
    desk.write(&path, &text);
    desk.run("resolve aaaa1 --applied").failed(1, &["is not there"]);
    desk.run("upgrade")
        .failed(1, &["statement 1 stays done", "cargo migrate resolve aaaa1 --reverted"]);
    desk.run("status").done().prints(&["half done aaaa1"]);
    desk.edit(&path, "CREATE TABLE a (n);", "CREATE TABLE b (n);");
    desk.run("upgrade").failed(4, &["half done"]);
    desk.edit(&path, "CREATE TABLE b (n);", "CREATE TABLE a (n);");
    desk.edit(&path, "INSERT INTO nowhere VALUES (1);", "INSERT INTO a VALUES (1);");
    desk.run("upgrade").done().says(&["resumed", "sealed: aaaa1"]);
    desk.run("resolve aaaa1 --applied").failed(1, &["is not half done"]);
    let path = desk.draft(
        "bbbb2",
        "CREATE TABLE b (n);\nINSERT INTO nowhere VALUES (1);",
        "DROP TABLE b;",
    );
    desk.edit(&path, "-- migrate:upgrade", "-- migrate:upgrade transaction=off");
    desk.run("upgrade").failed(1, &[]);
    desk.run("resolve bbbb --reverted").done().says(&["resolved: bbbb2 is not applied"]);
    desk.run("current").done().prints(&["aaaa1"]);
}

#[test]
fn a_file_of_variables_that_cannot_be_read_tells_its_line_only() {
    let desk = Desk::new();
    desk.run("init").done();
    desk.draft("aaaa1", "", "");
    desk.write(".env", "A=1\nPASSWORD = 'hidden\nDATABASE_URL=sqlite:app.db\n");
    let ended = desk.run("upgrade");
    ended.failed(1, &[".env:2 cannot be read"]);
    assert!(!ended.stderr.contains("hidden"));
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let desk = Desk::with_set();
    desk.three();
    let text =
        "this is no database, and long enough that nobody can take it for an empty one".repeat(20);
    desk.write("app.db", &text);
    for line in ["upgrade", "downgrade base", "stamp head", "current"] {
        desk.run(line)
            .failed(1, &["the file of sqlite:app.db is not a database", "--database-url"]);
    }
    desk.run("status").done().prints(&["database  the file of sqlite:app.db is not a database"]);
    assert_eq!(desk.read("app.db"), text);
    assert_eq!(desk.lock().matches(" draft\n").count(), 3);
}
