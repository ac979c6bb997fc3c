//! `rebase`: what moves, what is refused, and what becomes of databases.

use revchain_tests::command::Desk;

pub(super) fn file(id: &str) -> String {
    format!("migrations/20260118_0530_{id}_one_more.sql")
}

pub(super) fn table(desk: &Desk, options: &str, name: &str) -> String {
    let upgrade = format!("CREATE TABLE {name} (n INTEGER);");
    desk.draft_with(options, &upgrade, &format!("DROP TABLE {name};"))
}

/// `aaaa1` and `cccc3` are published; `bbbb2`, which revises `aaaa1` as well, is not, and is what the database has.
pub(super) fn two_heads() -> Desk {
    let desk = Desk::with_set();
    table(&desk, "--rev-id aaaa1", "a");
    table(&desk, "--rev-id cccc3", "c");
    desk.run("seal").done();
    desk.publish();
    table(&desk, "--rev-id bbbb2 --head aaaa1 --splice", "b");
    desk.run("upgrade bbbb2").failed(3, &["multiple-heads"]);
    desk.run("set heads many").done();
    desk.run("upgrade bbbb2").done();
    desk.run("set heads one").done();
    desk
}

/// Expects one head, no problem, and a database that is what a new one would be.
pub(super) fn is_sound(desk: &Desk) {
    desk.run("check --locked").done();
    desk.run("check --against origin/main").done();
    desk.run("upgrade").done();
    desk.run("upgrade --database-url fresh.db").done();
    assert_eq!(desk.schema("app.db"), desk.schema("fresh.db"));
    desk.run("downgrade base").done();
    assert_eq!(desk.tables(), [""; 0]);
}

#[test]
fn what_is_not_published_moves_and_the_database_goes_along() {
    let desk = two_heads();
    let ended = desk.run("rebase");
    ended.done().says(&[
        "rebase onto cccc3 one more",
        "bbbb2 one more: aaaa1 -> cccc3",
        "database: downgrade bbbb2",
        "rebased: 1 revision onto cccc3",
        "sealed: bbbb2",
        "2 revisions applied, 1 revision taken back",
    ]);
    assert_eq!(desk.tables(), ["a", "b", "c"]);
    assert_eq!(desk.run("upgrade").done().stderr, "nothing to do\n");
    desk.run("rebase").failed(2, &["there is nothing to rebase", "one head, `bbbb2`"]);
    is_sound(&desk);
}

#[test]
fn a_dry_run_shows_all_and_does_nothing() {
    let desk = two_heads();
    let (lock, text) = (desk.lock(), desk.read(&file("bbbb2")));
    let ended = desk.run("rebase --dry-run");
    ended.done().prints(&[
        "rebase onto cccc3 one more\n",
        "  bbbb2 one more: aaaa1 -> cccc3\n",
        "  database: downgrade bbbb2 one more\n  database: upgrade cccc3 one more\n  database: upgrade bbbb2 one more\n",
    ]);
    let json = desk.run("rebase --dry-run --json");
    let json: serde_json::Value = serde_json::from_str(&json.done().stdout).expect("it is JSON");
    assert_eq!(json["onto"], "cccc3");
    assert_eq!(json["moved"][0]["from"], serde_json::json!(["aaaa1"]));
    assert_eq!(json["moved"][0]["to"], serde_json::json!(["cccc3"]));
    assert_eq!(json["sealed"], serde_json::json!(["bbbb2"]));
    assert_eq!((desk.lock(), desk.read(&file("bbbb2"))), (lock, text));
    assert_eq!(desk.tables(), ["a", "b"]);
}

#[test]
fn a_person_at_a_terminal_is_asked() {
    for (answer, moved) in [("n\n", false), ("y\n", true)] {
        let desk = two_heads().at_terminal(answer);
        let ended = desk.run("rebase");
        assert_eq!(ended.code, u8::from(!moved), "{}", ended.stderr);
        ended.says(&["go on? [y/N]"]);
        assert_eq!(desk.read(&file("bbbb2")).contains("-- revises: cccc3"), moved);
        assert_eq!(desk.tables().contains(&"c".to_owned()), moved);
    }
}

#[test]
fn only_the_line_changes_in_a_file() {
    let desk = two_heads();
    let path = file("bbbb2");
    let text = desk.read(&path).replace('\n', "\r\n");
    let text = format!("\u{feff}{}", text.replace("-- revises: aaaa1", "-- revises:  aaaa1 "));
    desk.write(&path, &text);
    desk.run("check").failed(3, &["multiple-heads"]);
    desk.run("rebase").done();
    assert_eq!(desk.read(&path), text.replace("-- revises:  aaaa1 ", "-- revises:  cccc3 "));
    desk.run("check").done();
}

#[test]
fn drafts_stay_drafts() {
    let desk = two_heads();
    table(&desk, "--rev-id dddd4 --head aaaa1 --splice", "d");
    desk.run("rebase --no-database").done().says(&[
        "bbbb2 one more: aaaa1 -> cccc3",
        "dddd4 one more: aaaa1 -> cccc3",
        "rebased: 2 revisions onto cccc3",
        "sealed: bbbb2\n",
    ]);
    assert!(desk.lock().contains("revision dddd4 revises cccc3 draft\n"));
    // Two branches of mine are left, and neither is published.
    desk.run("rebase").failed(
        2,
        &[
            "several heads are equally unpublished: `bbbb2`, `dddd4`",
            "cargo migrate rebase --onto bbbb2",
        ],
    );
    desk.run("rebase --onto bbbb2").done().says(&["dddd4 one more: cccc3 -> bbbb2"]);
    desk.run("upgrade").done().says(&["sealed: dddd4"]);
    is_sound(&desk);
}

#[test]
fn branches_and_merges_of_mine_keep_their_shape() {
    let desk = two_heads();
    table(&desk, "--rev-id dddd4 --head bbbb2", "d");
    table(&desk, "--rev-id eeee5 --head bbbb2 --splice", "e");
    desk.run("merge --rev-id ffff6 dddd4 eeee5").done();
    table(&desk, "--rev-id gggg7 --head ffff6", "g");
    desk.run("set heads many").done();
    desk.run("upgrade gggg7").done();
    desk.run("set heads one").done();
    desk.run("rebase").done().says(&["rebased: 1 revision onto cccc3", "sealed: bbbb2\n"]);
    let lock = desk.lock();
    for line in [
        "bbbb2 revises cccc3",
        "dddd4 revises bbbb2",
        "eeee5 revises bbbb2",
        "ffff6 revises dddd4, eeee5",
    ] {
        assert!(lock.contains(&format!("revision {line}\n")), "{line}: {lock}");
    }
    assert_eq!(desk.run("upgrade").done().stderr, "nothing to do\n");
    is_sound(&desk);
}

#[test]
fn an_empty_merge_that_joins_nothing_any_more_is_removed() {
    let desk = two_heads();
    let merge = desk.run("merge --rev-id dddd4 -m joined").done().stdout.trim().to_owned();
    table(&desk, "--rev-id eeee5", "e");
    desk.run("upgrade").done();
    desk.run("rebase --onto cccc3").done().says(&[
        "bbbb2 one more: aaaa1 -> cccc3",
        "eeee5 one more: dddd4 -> bbbb2",
        "dddd4 would join nothing any more",
        "downgrade dddd4",
    ]);
    assert!(!desk.at(&merge).exists());
    assert_eq!(desk.run("upgrade").done().stderr, "nothing to do\n");
    is_sound(&desk);
}

#[test]
fn a_merge_with_statements_stays() {
    let desk = two_heads();
    let merge = desk.run("merge --rev-id dddd4 -m joined").done().stdout.trim().to_owned();
    desk.edit(&merge, "-- migrate:upgrade\n", "-- migrate:upgrade\nCREATE INDEX i ON b (n);\n");
    desk.edit(&merge, "-- migrate:downgrade\n", "-- migrate:downgrade\nDROP INDEX i;\n");
    desk.run("upgrade").done();
    desk.run("rebase --onto cccc3").done().says(&["dddd4 joined: bbbb2, cccc3 -> bbbb2"]);
    is_sound(&desk);
}

#[test]
fn named_revisions_move_with_what_stands_on_them() {
    let desk = two_heads();
    table(&desk, "--rev-id dddd4 --head bbbb2", "d");
    table(&desk, "--rev-id eeee5 --head dddd4", "e");
    desk.run("rebase --onto eeee5 bbbb2").failed(2, &["`eeee5` stands on `bbbb2`"]);
    desk.run("rebase --onto cccc3 dddd4 --no-database").done().says(&["bbbb2 -> cccc3"]);
    let lock = desk.lock();
    assert!(lock.contains("revision dddd4 revises cccc3 draft\n"), "{lock}");
    assert!(lock.contains("revision bbbb2 revises aaaa1\n"), "{lock}");
    desk.run("rebase --onto nowhere").failed(2, &["nowhere"]);
}

#[test]
fn a_published_revision_moves_with_force_only() {
    let desk = two_heads();
    let lock = desk.lock();
    desk.run("rebase --onto bbbb2 cccc3").failed(
        1,
        &[
            "revision `cccc3` is published, and would move",
            "its seal is in the lock of `origin/main`",
            "cargo migrate rebase --onto bbbb2 cccc3 --force",
        ],
    );
    desk.run("rebase --onto bbbb2").failed(2, &["nothing of yours", "`cccc3` is published"]);
    assert_eq!(desk.lock(), lock);
    desk.run("rebase --onto bbbb2 cccc3 --force").done().says(&["cccc3 one more: aaaa1 -> bbbb2"]);
    desk.run("check --against origin/main").failed(3, &["resealed-revision"]);
    desk.run("check").done();
}

#[test]
fn without_git_what_is_sealed_wants_to_be_named() {
    let desk = Desk::with_set();
    table(&desk, "--rev-id aaaa1", "a");
    table(&desk, "--rev-id bbbb2", "b");
    desk.run("seal").done();
    table(&desk, "--rev-id cccc3 --head aaaa1 --splice", "c");
    desk.run("rebase --dry-run").done().prints(&["cccc3 one more: aaaa1 -> bbbb2"]);
    desk.run("seal").done();
    desk.run("rebase").failed(
        2,
        &[
            "several heads are published: `bbbb2`, `cccc3`",
            "the folder is in no git repository",
            "cargo migrate rebase --onto bbbb2 --force",
        ],
    );
    desk.run("rebase --onto bbbb2 --force").done().says(&["cccc3 one more: aaaa1 -> bbbb2"]);
    desk.run("check").done();
}

#[test]
fn a_labelled_branch_was_begun_on_purpose() {
    let desk = two_heads();
    desk.run("rebase").done();
    table(&desk, "--rev-id dddd4 --head aaaa1 --splice --label shop", "d");
    desk.run("check").done();
    desk.run("rebase --onto bbbb2").failed(
        2,
        &["`dddd4` begins the branch `shop` on purpose", "cargo migrate rebase --onto bbbb2 dddd4"],
    );
    desk.run("rebase --onto bbbb2 dddd4 --no-database").done().says(&["aaaa1 -> bbbb2"]);
}

#[test]
fn a_base_of_ones_own_moves_onto_the_published_line() {
    let desk = two_heads();
    desk.run("rebase").done();
    table(&desk, "--rev-id dddd4 --head base", "d");
    desk.run("rebase --onto bbbb2").done().says(&["dddd4 one more: base -> bbbb2"]);
    desk.run("upgrade").done();
    is_sound(&desk);
}

#[test]
fn a_dependency_that_becomes_needless_is_refused() {
    let desk = two_heads();
    table(&desk, "--rev-id dddd4 --head bbbb2 --depends-on cccc3", "d");
    desk.run("rebase --no-database").done();
    let desk = two_heads();
    table(&desk, "--rev-id dddd4 --head aaaa1 --splice --depends-on cccc3", "d");
    let (lock, text) = (desk.lock(), desk.read(&file("dddd4")));
    desk.run("rebase --onto cccc3 dddd4").failed(
        1,
        &["[redundant-dependency]", &file("dddd4"), "remove one of them", "cargo migrate rebase"],
    );
    assert_eq!((desk.lock(), desk.read(&file("dddd4"))), (lock, text));
}

#[test]
fn nothing_is_written_where_the_lock_must_stay() {
    let desk = two_heads();
    desk.run("rebase --locked").failed(1, &["this would write the lock"]);
    let empty = Desk::with_set();
    empty.run("rebase").failed(2, &["the set has no other head"]);
}

#[test]
fn a_circle_through_a_dependency_is_refused() {
    let desk = two_heads();
    table(&desk, "--rev-id dddd4 --head aaaa1 --splice --depends-on bbbb2", "d");
    let lock = desk.lock();
    desk.run("rebase --onto dddd4 bbbb2").failed(1, &["moved there,", "[cycle]"]);
    assert_eq!(desk.lock(), lock);
}

#[test]
fn what_is_published_and_not_here_yet_is_named() {
    let main = two_heads();
    let desk = main.colleague();
    main.run("rebase").done();
    main.publish();
    desk.git("fetch --quiet");
    desk.run("rebase")
        .failed(2, &["`origin/HEAD` has `bbbb2`, which is not here yet", "git rebase origin/HEAD"]);
}

#[test]
fn a_dry_run_is_allowed_where_the_lock_must_stay() {
    let desk = two_heads();
    desk.run("rebase --dry-run --locked").done().prints(&["bbbb2 one more: aaaa1 -> cccc3"]);
}

#[test]
fn a_needless_dependency_leaves_no_certain_chain_to_move() {
    let desk = two_heads();
    desk.edit(&file("bbbb2"), "-- created", "-- depends-on: aaaa1\n-- created");
    desk.run("rebase").failed(3, &["redundant-dependency"]);
}
