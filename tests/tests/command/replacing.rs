//! `new --replaces` and `squash`: what they write, and how databases go on.

use revchain_tests::command::Desk;

/// Three sealed and applied tables, and a database in each state of the way there.
fn sealed() -> Desk {
    let desk = Desk::with_set();
    desk.three();
    desk.run("seal").done();
    desk
}

fn text_of(desk: &Desk, path: &str) -> String {
    desk.read(path.trim())
}

#[test]
fn new_replaces_begins_as_a_copy_that_stands_in_the_place_of_the_revision() {
    let desk = Desk::with_set();
    desk.draft_with("--rev-id aaaa1 --label core", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
    desk.draft("bbbb2", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
    desk.run("new \"one more\" --replaces aaaa1")
        .failed(2, &["is a draft", "cargo migrate edit aaaa1"]);
    desk.run("seal").done();
    desk.run("new \"one more\" --replaces aaaa1..bbbb2").failed(2, &["squash aaaa1:bbbb2"]);
    let made = desk.run("new \"mended\" --rev-id yyyy1 --replaces aaaa").done().stdout.clone();
    let text = text_of(&desk, &made);
    for line in
        ["-- revises: base", "-- label: core", "-- replaces: aaaa1", "CREATE TABLE a (n INTEGER);"]
    {
        assert!(text.lines().any(|one| one == line), "no {line:?} in\n{text}");
    }
    assert!(
        desk.lock().contains("revision yyyy1 revises base replaces aaaa1 draft\n"),
        "{}",
        desk.lock()
    );
    desk.run("check").done();
    desk.run("heads").done().prints(&["bbbb2 (head)"]);
    let history = desk.run("history").done().stdout.clone();
    assert_eq!(history.lines().count(), 2, "{history}");
    assert!(!history.contains("aaaa1"));
    desk.run("history --replaced")
        .done()
        .prints(&["<base> -> aaaa1 (core) (replaced by yyyy1), one more"]);
    desk.run("show aaaa1").done().prints(&["Rev: aaaa1 (core) (replaced by yyyy1)"]);
    desk.run("show yyyy1").done().prints(&["Replaces: aaaa1"]);
    desk.run("new \"x\" --head aaaa1 --splice").failed(2, &["`aaaa1` is replaced by `yyyy1`"]);
    desk.run("new \"x\" --rev-id aaaa1").failed(2, &["`aaaa1` is taken"]);
    desk.run("new \"again\" --replaces aaaa1").failed(2, &["`aaaa1` is replaced by `yyyy1`"]);
    desk.run("upgrade").done();
    assert_eq!(desk.tables(), ["a", "b"]);
    desk.run("current --verbose").done().prints(&["yyyy1"]);
    desk.run("downgrade base").done();
    assert_eq!(desk.tables(), [""; 0]);
}

#[test]
fn a_database_that_has_what_is_replaced_records_the_replacer() {
    let desk = sealed();
    desk.run("upgrade bbbb2").done();
    desk.run("new \"mended\" --rev-id yyyy1 --replaces bbbb2").done();
    let run = desk.run("upgrade");
    run.done().says(&[
        "yyyy1",
        "recorded, not run: the database has what it replaces",
        "sealed: yyyy1",
    ]);
    assert_eq!(desk.tables(), ["aaaa1", "bbbb2", "cccc3"]);
    desk.run("current").done().prints(&["cccc3 (head)"]);
    desk.run("current --check-heads").done();
    desk.run("status").done().prints(&["nothing to do"]);
    let json = desk.run("downgrade aaaa1 --json").done().stdout.clone();
    assert!(json.contains("\"replacing\": true"), "{json}");
    assert_eq!(desk.tables(), ["aaaa1"]);
}

#[test]
fn squash_puts_the_sections_of_a_range_together_and_proves_them() {
    let desk = sealed();
    let made = desk.run("squash aaaa1:bbbb2 --rev-id yyyy1 -m \"both\"");
    made.done().says(&[
        "squashed:",
        "2 revisions into yyyy1",
        "proved:",
        "cargo migrate seal yyyy1",
    ]);
    insta::assert_snapshot!("squash", text_of(&desk, &made.stdout));
    assert!(desk.lock().contains("revision yyyy1 revises base replaces aaaa1, bbbb2 draft\n"));
    desk.run("check").done();
    desk.run("seal yyyy1").done();
    desk.run("upgrade").done().says(&["upgrade yyyy1 both", "upgrade cccc3"]);
    desk.run("downgrade base").done();
    assert_eq!(desk.tables(), [""; 0]);
}

#[test]
fn a_database_in_the_middle_is_told_the_command_that_goes_to_the_end() {
    let desk = sealed();
    desk.run("upgrade aaaa1").done();
    desk.run("squash :cccc3 --rev-id yyyy1").done();
    desk.run("upgrade").failed(4, &["[partly-replaced]", "cargo migrate upgrade cccc3"]);
    desk.run("plan").failed(4, &["[partly-replaced]"]);
    desk.run("current").done().prints(&["aaaa1 (replaced by yyyy1)"]);
    desk.run("upgrade cccc3").done();
    desk.run("upgrade").done().says(&["recorded, not run"]);
    desk.run("stamp bbbb2").failed(2, &["`bbbb2` is replaced by `yyyy1`"]);
    desk.run("downgrade bbbb2").done();
    assert_eq!(desk.tables(), ["aaaa1", "bbbb2"]);
}

#[test]
fn prune_drops_the_files_once_the_replacer_is_published() {
    let desk = sealed();
    desk.run("upgrade").done();
    let one = desk.run("squash aaaa1:bbbb2 --rev-id yyyy1").done().stdout.clone();
    desk.run("squash --prune").failed(1, &["`yyyy1` is not sealed", "cargo migrate seal yyyy1"]);
    desk.run("upgrade").done();
    desk.unpublished();
    desk.run("squash --prune").failed(1, &["`yyyy1` is not published", "--force"]);
    desk.run("squash --prune --force").done().says(&["dropped:", "bbbb2 aaaa1"]);
    desk.run("squash --prune --force").done().says(&["nothing to drop"]);
    desk.run("check").done();
    let lock = desk.lock();
    assert!(lock.contains("revision yyyy1 revises base replaces aaaa1, bbbb2\n"), "{lock}");
    assert!(!lock.contains("revision bbbb2") && lock.contains("revision cccc3 revises bbbb2\n"));
    let files = std::fs::read_dir(desk.at("migrations")).expect("it is there").count();
    assert_eq!(files, 4, "the lock, git's attributes and two files: {one}");
    // Everything still knows what the database has.
    desk.run("upgrade").done().says(&["nothing to do"]);
    desk.run("current --check-heads").done().prints(&["cccc3 (head)"]);
    desk.run("current --verbose").done().prints(&["aaaa1 (replaced by yyyy1)"]);
    desk.run("show aaaa1").failed(2, &["`aaaa1` is replaced by `yyyy1`"]);
    desk.run("lock").done();
    assert_eq!(desk.lock(), lock);
    desk.run("downgrade base --yes").failed(1, &["[pruned]", "--stored"]);
    desk.run("downgrade base --stored --yes").done().says(&["DROP TABLE bbbb2"]);
    assert_eq!(desk.tables(), [""; 0]);
    desk.run("upgrade").done();
    assert_eq!(desk.tables(), ["aaaa1", "bbbb2", "cccc3"]);
}

#[test]
fn ranges_that_cannot_be_one_revision_are_refused_with_those_that_can() {
    let desk = sealed();
    desk.run("squash aaaa1").failed(2, &["`aaaa1` is not a range"]);
    desk.run("squash aaaa1:aaaa1").failed(2, &["--replaces aaaa1"]);
    desk.run("squash bbbb2:aaaa1").failed(2, &["squash aaaa1:bbbb2"]);
    desk.draft_with("--rev-id dddd4", "VACUUM;", "VACUUM;");
    desk.run("squash aaaa1:").failed(1, &["`dddd4` is not sealed"]);
    let path = desk.run("show dddd4 --json").done().stdout.clone();
    let path: serde_json::Value = serde_json::from_str(&path).expect("it is JSON");
    let path = path["path"].as_str().expect("it has a path").to_owned();
    desk.edit(&path, "-- migrate:upgrade", "-- migrate:upgrade transaction=off");
    desk.edit(&path, "-- migrate:downgrade", "-- migrate:downgrade transaction=off");
    desk.draft("eeee5", "CREATE TABLE eeee5 (n INTEGER);", "DROP TABLE eeee5;");
    desk.draft("ffff6", "CREATE TABLE ffff6 (n INTEGER);", "DROP TABLE ffff6;");
    desk.run("seal").done();
    desk.run("squash aaaa1:ffff6")
        .failed(1, &["`dddd4` says `transaction=off`", "squash aaaa1:cccc3", "squash eeee5:ffff6"]);
    desk.run("new \"side\" --rev-id ssss1 --head bbbb2 --splice").done();
    desk.run("squash aaaa1:cccc3").failed(3, &["[unsound-replacement]", "ssss1"]);
    // What was refused has left nothing behind.
    assert!(!desk.lock().contains("replaces"));
    desk.run("squash aaaa1:bbbb2 --rev-id yyyy1").done();
}

#[test]
fn a_squash_that_leaves_another_database_is_not_written() {
    let desk = Desk::with_set();
    desk.draft("aaaa1", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
    desk.draft("bbbb2", "INSERT INTO a VALUES (random());", "DELETE FROM a;");
    desk.run("seal").done();
    let lock = desk.lock();
    desk.run("squash aaaa1:bbbb2").failed(1, &["the table a has other rows", "--unproved"]);
    assert_eq!(desk.lock(), lock);
    desk.run("squash aaaa1:bbbb2 --unproved").done();
}

#[test]
fn a_squash_keeps_labels_options_reasons_and_what_has_no_semicolon() {
    let desk = Desk::with_set();
    desk.draft_with("--rev-id aaaa1 --label core", "CREATE TABLE a (n INTEGER)", "DROP TABLE a");
    let path = desk.draft("bbbb2", "CREATE TABLE b (n INTEGER) -- last", "DROP TABLE b;");
    let text = desk.read(&path);
    let (above, _) = text.split_once("-- migrate:downgrade").expect("it has one");
    desk.write(&path, &format!("{above}-- migrate:irreversible it is kept\n"));
    desk.draft(
        "cccc3",
        "INSERT INTO a VALUES (1);\n-- migrate:destroys b reviewed\nDROP TABLE b;",
        "CREATE TABLE b (n INTEGER);",
    );
    desk.run("seal").done();
    let made = desk.run("squash core:cccc3 --rev-id yyyy1");
    let text = text_of(&desk, &made.done().stdout);
    insta::assert_snapshot!("squash_all", text);
    desk.run("upgrade core@head").done();
    assert_eq!(desk.tables(), ["a"]);
}

#[test]
fn a_squash_serves_each_dialect_of_the_set() {
    let desk = Desk::new();
    desk.run("init --name app").done();
    desk.run("set dialects sqlite postgres").done();
    desk.draft("aaaa1", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
    let path =
        desk.draft("bbbb2", "ALTER TABLE a ADD COLUMN m TEXT;", "ALTER TABLE a DROP COLUMN m;");
    desk.edit(
        &path,
        "-- migrate:upgrade\n",
        "-- migrate:upgrade postgres\nALTER TABLE a ADD COLUMN m VARCHAR;\n\n-- migrate:upgrade\n",
    );
    desk.run("seal").done();
    let made = desk.run("squash aaaa1:bbbb2 --rev-id yyyy1");
    insta::assert_snapshot!("squash_dialects", text_of(&desk, &made.done().stdout));
    desk.run("seal").done();
    desk.run("check").done();
}

#[test]
fn a_label_that_others_depend_on_keeps_the_id_that_it_named() {
    let desk = Desk::with_set();
    desk.draft_with("--rev-id aaaa1 --label core", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
    desk.draft("bbbb2", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
    desk.draft_with(
        "--rev-id xxxx1 --head base --label side --depends-on core",
        "CREATE TABLE x (n INTEGER);",
        "DROP TABLE x;",
    );
    desk.run("seal").done();
    desk.run("upgrade heads").done();
    desk.run("squash aaaa1:bbbb2 --rev-id yyyy1").done();
    desk.run("upgrade heads").done().says(&["recorded, not run"]);
    desk.run("check").done();
    desk.run("squash --prune --force")
        .failed(1, &["`xxxx1` depends on `aaaa1` by its label `core`", "`-- depends-on: aaaa1`"]);
    let path = desk.run("show xxxx1 --json").done().stdout.clone();
    let path: serde_json::Value = serde_json::from_str(&path).expect("it is JSON");
    desk.edit(
        path["path"].as_str().expect("it has a path"),
        "-- depends-on: core",
        "-- depends-on: aaaa1",
    );
    desk.run("check").done();
    desk.run("squash --prune --force").done();
    desk.run("check").done();
    desk.run("upgrade heads").done().says(&["nothing to do"]);
}

#[test]
fn what_was_published_and_dropped_is_no_seal_that_went() {
    let desk = sealed();
    desk.run("squash aaaa1:cccc3 --rev-id yyyy1").done();
    desk.run("seal").done();
    desk.publish();
    desk.run("squash --prune yyyy1").done().says(&["dropped:", "cccc3 bbbb2 aaaa1"]);
    desk.run("check --against origin/main").done();
    // A seal that went otherwise is still missed.
    let lock = desk.lock();
    desk.write("migrations/revisions.lock", &lock.replace("aaaa1, bbbb2", "bbbb2"));
    assert_ne!(desk.run("check --against origin/main").code, 0);
}

#[test]
fn a_branch_that_dropped_files_and_one_that_added_a_revision_are_merged() {
    let desk = sealed();
    desk.run("squash aaaa1:cccc3 --rev-id yyyy1").done();
    desk.run("seal").done();
    desk.publish();
    desk.git("checkout --quiet -b tidy");
    desk.run("squash --prune").done();
    desk.git("commit --quiet --all --message pruned");
    desk.git("checkout --quiet -");
    desk.draft("dddd4", "CREATE TABLE dddd4 (n INTEGER);", "DROP TABLE dddd4;");
    desk.run("seal").done();
    desk.git("add --all");
    desk.git("commit --quiet --message added");
    let _ = desk.try_git("merge --quiet tidy");
    desk.run("lock").done();
    desk.run("check").done();
    let lock = desk.lock();
    assert!(lock.contains("revision yyyy1 revises base replaces aaaa1, bbbb2, cccc3\n"), "{lock}");
    assert!(lock.contains("head dddd4\n") && !lock.contains("revision bbbb2"), "{lock}");
    desk.run("upgrade").done();
    assert_eq!(desk.tables(), ["aaaa1", "bbbb2", "cccc3", "dddd4"]);
}

#[test]
fn two_branches_that_replace_the_same_revision_are_told() {
    let desk = sealed();
    desk.run("new \"mine\" --rev-id yyyy1 --replaces bbbb2").done();
    let theirs = desk.read("migrations/20260118_0530_yyyy1_mine.sql").replace("yyyy1", "yyyy2");
    desk.write("migrations/20260118_0530_yyyy2_theirs.sql", &theirs);
    desk.run("check").failed(3, &["revision `bbbb2` is replaced twice", "`-- replaces: yyyy1`"]);
}

#[test]
fn a_plan_shows_what_is_only_recorded() {
    let desk = sealed();
    desk.run("upgrade").done();
    desk.run("squash aaaa1:bbbb2 --rev-id yyyy1").done();
    desk.run("plan").done().prints(&["upgrade yyyy1 (only its record), squash aaaa1 to bbbb2"]);
    desk.run("upgrade").done();
    let plan = desk.run("plan --downgrade base");
    let lines: Vec<&str> = plan.done().stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[1].starts_with("downgrade yyyy1 (only its record)"), "{lines:?}");
    desk.run("amend").done().says(&["nothing to do"]);
}

#[test]
fn a_rebase_beside_a_squash_moves_what_is_mine() {
    let desk = sealed();
    desk.run("upgrade").done();
    desk.run("squash aaaa1:bbbb2 --rev-id yyyy1").done();
    desk.run("upgrade").done();
    desk.publish();
    desk.git("checkout --quiet -b mine");
    desk.draft("dddd4", "CREATE TABLE dddd4 (n INTEGER);", "DROP TABLE dddd4;");
    desk.run("upgrade").done();
    desk.git("add --all");
    desk.git("commit --quiet --message mine");
    desk.git("checkout --quiet main");
    desk.draft("eeee5", "CREATE TABLE eeee5 (n INTEGER);", "DROP TABLE eeee5;");
    desk.run("seal").done();
    desk.publish();
    desk.git("checkout --quiet mine");
    let (_, said) = desk.try_git("merge --quiet main");
    assert!(said.contains("CONFLICT"), "{said}");
    desk.run("rebase").done();
    desk.run("check").done();
    assert!(desk.lock().contains("revision dddd4 revises eeee5\n"), "{}", desk.lock());
    assert!(desk.lock().contains("revision yyyy1 revises base replaces aaaa1, bbbb2\n"));
    desk.run("upgrade").done();
    desk.run("current --check-heads").done().prints(&["dddd4 (head)"]);
    assert_eq!(desk.tables(), ["aaaa1", "bbbb2", "cccc3", "dddd4", "eeee5"]);
}
