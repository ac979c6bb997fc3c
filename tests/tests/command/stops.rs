//! Two clones of one remote, merged and rebased by git itself: one command settles the lock at each stop.

use revchain_tests::command::Desk;

const SECOND: &str = "migrations/20260118_0530_bbbb2_one_more.sql";

/// A colleague's desk with `bbbb2` in three commits, whose database ran each of them; `cccc3` was published meanwhile.
///
/// The first commit has the revision as a draft.
pub(super) fn three_commits() -> Desk {
    let main = published();
    let desk = main.colleague();
    desk.git("checkout --quiet -b topic");
    desk.draft("bbbb2", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
    desk.commit("new");
    desk.run("upgrade").done();
    desk.edit(SECOND, "n INTEGER", "n INTEGER, first TEXT");
    desk.run("amend").done();
    desk.commit("edited once");
    desk.edit(SECOND, "n INTEGER", "n INTEGER, second TEXT");
    desk.edit(SECOND, "DROP TABLE b;", "DROP TABLE IF EXISTS b;");
    desk.run("amend").done();
    desk.commit("edited twice");
    main.draft("cccc3", "CREATE TABLE c (n INTEGER);", "DROP TABLE c;");
    main.run("seal").done();
    main.publish();
    desk.git("fetch --quiet origin");
    desk
}

fn published() -> Desk {
    let desk = Desk::with_set();
    desk.draft("aaaa1", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
    desk.run("seal").done();
    desk.publish();
    desk
}

/// Rebases on what is published and settles each stop with a verb; returns the number of stops.
fn rebase(desk: &Desk, verb: &str, at_stop: impl Fn(&Desk)) -> usize {
    let (mut well, mut text) = desk.try_git("rebase origin/main");
    let mut stops = 0;
    while !well {
        assert!(text.contains("revisions.lock"), "{text}");
        desk.run(verb).done().says(&["next: git add migrations; git rebase --continue"]);
        desk.run("check").done();
        at_stop(desk);
        desk.git("add migrations");
        (well, text) = desk.try_git("rebase --continue");
        stops += 1;
        assert!(stops < 5, "{text}");
    }
    stops
}

/// Expects one head, and a database that is what a new one would be.
fn is_sound(desk: &Desk) {
    desk.run("check --against origin/main").done();
    assert_eq!(desk.run("heads").done().stdout.lines().count(), 1);
    // A merge's own revision is a draft until it is applied.
    desk.run("upgrade").done();
    desk.run("check --locked").done();
    desk.run("upgrade --database-url fresh.db").done();
    assert_eq!(desk.schema("app.db"), desk.schema("fresh.db"));
    desk.run("downgrade base").done();
    assert_eq!(desk.tables(), [""; 0]);
}

#[test]
fn rebase_settles_three_commits_that_touch_one_revision() {
    let desk = three_commits();
    let stops = rebase(&desk, "rebase --yes", |desk| {
        assert!(desk.read(SECOND).contains("-- revises: cccc3\n"));
        let original = desk.git("show REBASE_HEAD:migrations/revisions.lock");
        let was_draft = original.contains("revision bbbb2 revises aaaa1 draft\n");
        let lock = desk.lock();
        assert_eq!(lock.contains("revision bbbb2 revises cccc3 draft\n"), was_draft, "{lock}");
        assert!(lock.contains("\nhead bbbb2\n"), "{lock}");
    });
    assert_eq!(stops, 3);
    assert!(desk.schema("app.db").iter().any(|sql| sql.contains("second TEXT")));
    assert_eq!(desk.run("upgrade").done().stderr, "nothing to do\n");
    is_sound(&desk);
}

#[test]
fn a_database_is_left_alone_until_the_last_commit() {
    let desk = three_commits();
    let before = desk.schema("app.db");
    assert!(!desk.try_git("rebase origin/main").0);
    let ended = desk.run("rebase --yes");
    ended.done().says(&["the database is left as it is until git's last commit"]);
    desk.git("rebase --abort");
    assert_eq!(desk.schema("app.db"), before);
    desk.run("upgrade").done().says(&["nothing to do"]);
}

#[test]
fn a_commit_that_does_not_touch_the_folder_is_none_to_wait_for() {
    let desk = three_commits();
    desk.git("reset --quiet --soft origin/main~1");
    desk.commit("all in one");
    desk.write("src.txt", "code");
    desk.commit("code");
    let stops = rebase(&desk, "rebase", |_| {});
    assert_eq!(stops, 1);
    assert_eq!(desk.run("upgrade").done().stderr, "nothing to do\n");
    is_sound(&desk);
}

#[test]
fn a_database_that_git_did_not_stop_for_is_amended() {
    let desk = three_commits();
    desk.git("reset --quiet --soft origin/main~1");
    desk.commit("all in one");
    desk.edit(
        SECOND,
        "\n-- migrate:downgrade",
        "-- a comment changes no seal\n\n-- migrate:downgrade",
    );
    desk.commit("comment");
    let stops = rebase(&desk, "rebase", |desk| assert_eq!(desk.tables(), ["a", "b"]));
    assert_eq!(stops, 1);
    desk.run("upgrade")
        .failed(4, &["`bbbb2` revised `aaaa1` when it was applied", "cargo migrate amend"]);
    desk.run("amend").done().says(&["downgrade bbbb2", "upgrade cccc3", "upgrade bbbb2"]);
    is_sound(&desk);
}

#[test]
fn merge_settles_three_commits_that_touch_one_revision() {
    let desk = three_commits();
    let stops = rebase(&desk, "merge", |desk| {
        assert!(desk.read(SECOND).contains("-- revises: aaaa1\n"));
    });
    assert!((1..=3).contains(&stops), "{stops}");
    is_sound(&desk);
}

#[test]
fn lock_settles_three_commits_and_leaves_the_heads_to_join() {
    let desk = three_commits();
    let (mut well, mut text) = desk.try_git("rebase origin/main");
    while !well {
        assert!(text.contains("revisions.lock"), "{text}");
        desk.run("lock").done().says(&["cargo migrate merge", "cargo migrate rebase"]);
        desk.git("add migrations");
        (well, text) = desk.try_git("rebase --continue");
    }
    desk.run("check").failed(3, &["multiple-heads"]);
    desk.run("rebase").done().says(&["bbbb2 one more: aaaa1 -> cccc3", "upgrade cccc3"]);
    desk.commit("rebased");
    is_sound(&desk);
}

#[test]
fn one_merge_is_settled_by_rebase_or_by_merge() {
    for (verb, parent) in [("rebase", "cccc3"), ("merge", "aaaa1")] {
        let desk = three_commits();
        let (well, text) = desk.try_git("merge origin/main");
        assert!(!well && text.contains("revisions.lock"), "{text}");
        desk.run(verb).done().says(&["next: git add migrations; git commit"]);
        assert!(desk.read(SECOND).contains(&format!("-- revises: {parent}\n")));
        desk.git("add migrations");
        desk.git("commit --quiet --no-edit");
        is_sound(&desk);
    }
}

#[test]
fn theirs_and_ours_are_told_by_what_is_published_on_either_side() {
    // The other way round: the topic is merged into main, and "ours" is what is published.
    let desk = three_commits();
    desk.git("checkout --quiet -B main origin/main");
    assert!(!desk.try_git("merge topic").0);
    desk.run("rebase").done();
    assert!(desk.read(SECOND).contains("-- revises: cccc3\n"));
    desk.commit("merged");
    is_sound(&desk);
}

#[test]
fn one_side_seals_and_the_other_adds_a_child() {
    for verb in ["lock", "merge", "rebase --yes"] {
        let main = published();
        let path = main.draft("bbbb2", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
        main.publish();
        let desk = main.colleague();
        desk.draft("cccc3", "CREATE TABLE c (n INTEGER);", "DROP TABLE c;");
        desk.commit("child");
        main.run("seal").done();
        main.publish();
        desk.git("fetch --quiet");
        let stops = rebase(&desk, verb, |desk| {
            let lock = desk.lock();
            assert!(lock.contains("revision bbbb2 revises aaaa1\n"), "sealed wins: {lock}");
            assert!(lock.contains("revision cccc3 revises bbbb2 draft\n"), "{lock}");
        });
        assert_eq!(stops, 1, "{path}");
        desk.run("seal").done();
        desk.run("upgrade").done();
        is_sound(&desk);
    }
}

#[test]
fn a_revision_that_both_sides_added_is_settled() {
    let main = published();
    let desk = main.colleague();
    for one in [&main, &desk] {
        one.draft("bbbb2", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
    }
    main.run("seal").done();
    main.publish();
    desk.commit("the same");
    desk.git("fetch --quiet");
    let stops = rebase(&desk, "rebase --yes", |desk| {
        assert!(desk.lock().contains("revision bbbb2 revises aaaa1\n"));
    });
    assert!(stops <= 1);
    desk.run("upgrade").done();
    is_sound(&desk);
}

/// Main goes on with `dddd4`, which revises `cccc3`.
fn publish_another(main: &Desk) {
    main.draft("dddd4", "CREATE TABLE d (n INTEGER);", "DROP TABLE d;");
    main.run("seal").done();
    main.publish();
}

#[test]
fn a_merge_that_git_left_out_goes_from_the_database_as_well() {
    let main = published();
    let desk = main.colleague();
    desk.git("checkout --quiet -b topic");
    desk.draft("bbbb2", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
    desk.run("upgrade").done();
    desk.commit("new");
    main.draft("cccc3", "CREATE TABLE c (n INTEGER);", "DROP TABLE c;");
    main.run("seal").done();
    main.publish();
    desk.git("fetch --quiet");
    assert!(!desk.try_git("merge origin/main").0);
    desk.run("merge --rev-id eeee5").done();
    desk.run("upgrade").done();
    desk.commit("merged");
    publish_another(&main);
    desk.git("fetch --quiet");
    let stops = rebase(&desk, "rebase", |desk| {
        assert!(desk.read(SECOND).contains("-- revises: dddd4\n"));
    });
    assert_eq!(stops, 1);
    assert_eq!(desk.run("upgrade").done().stderr, "nothing to do\n");
    is_sound(&desk);
}

#[test]
fn a_branch_of_two_revisions_and_a_merge_of_its_own_goes_along() {
    let main = published();
    let desk = main.colleague();
    desk.git("checkout --quiet -b topic");
    for (id, options) in [("bbbb2", ""), ("eeee5", ""), ("ffff6", "--head bbbb2 --splice")] {
        let (upgrade, downgrade) = (format!("CREATE TABLE {id} (n);"), format!("DROP TABLE {id};"));
        desk.draft_with(&format!("--rev-id {id} {options}"), &upgrade, &downgrade);
        desk.run("seal").done();
        desk.commit(id);
    }
    desk.run("merge --rev-id aaaa9").done();
    desk.run("upgrade").done();
    desk.commit("joined");
    main.draft("cccc3", "CREATE TABLE c (n INTEGER);", "DROP TABLE c;");
    main.run("seal").done();
    main.publish();
    desk.git("fetch --quiet");
    let (mut well, mut text) = desk.try_git("rebase origin/main");
    while !well {
        assert!(text.contains("revisions.lock"), "{text}");
        desk.run("rebase").done();
        desk.git("add migrations");
        (well, text) = desk.try_git("rebase --continue");
    }
    let lock = desk.lock();
    for line in [
        "bbbb2 revises cccc3",
        "eeee5 revises bbbb2",
        "ffff6 revises bbbb2",
        "aaaa9 revises eeee5, ffff6",
    ] {
        assert!(lock.contains(&format!("revision {line}\n")), "{line}: {lock}");
    }
    // Git stopped for the first commit alone, and the database waited for the last.
    desk.run("upgrade")
        .failed(4, &["`bbbb2` revised `aaaa1` when it was applied", "cargo migrate amend"]);
    desk.run("amend").done().says(&["upgrade cccc3", "upgrade aaaa9"]);
    assert_eq!(desk.run("upgrade").done().stderr, "nothing to do\n");
    is_sound(&desk);
}

#[test]
fn a_draft_that_others_have_is_what_mine_stand_on() {
    let main = published();
    let desk = main.colleague();
    desk.draft("bbbb2", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
    desk.run("upgrade").done();
    desk.commit("mine");
    main.draft("cccc3", "CREATE TABLE c (n INTEGER);", "DROP TABLE c;");
    main.publish();
    desk.git("fetch --quiet");
    let stops = rebase(&desk, "rebase", |desk| {
        let lock = desk.lock();
        assert!(lock.contains("revision bbbb2 revises cccc3\n"), "{lock}");
        assert!(lock.contains("revision cccc3 revises aaaa1 draft\n"), "{lock}");
    });
    assert_eq!(stops, 1);
}

#[test]
fn a_cherry_pick_says_how_git_goes_on() {
    let desk = three_commits();
    desk.git("checkout --quiet -B main origin/main");
    assert!(!desk.try_git("cherry-pick topic~2").0);
    desk.run("rebase --no-database")
        .done()
        .says(&["next: git add migrations; git cherry-pick --continue"]);
}

#[test]
fn a_conflict_in_a_revision_is_for_a_person_to_settle() {
    let desk = three_commits();
    desk.git("checkout --quiet -b other topic~1");
    desk.edit(SECOND, "n INTEGER", "n REAL");
    desk.run("amend --database-url other.db").done();
    desk.commit("otherwise");
    assert!(!desk.try_git("merge topic").0);
    for verb in ["lock", "merge", "rebase"] {
        desk.run(verb).failed(3, &["a merge was left unfinished here [malformed-sql]"]);
    }
    let text = desk.git("show :2:migrations/20260118_0530_bbbb2_one_more.sql");
    desk.write(SECOND, &text.replace("n REAL", "n BLOB"));
    desk.run("rebase --no-database").done().says(&["like neither: a draft now"]);
    desk.run("check").done();
}

#[test]
fn a_revision_that_one_side_took_away_is_forgotten() {
    let desk = three_commits();
    desk.git("rm --quiet migrations/20260118_0530_bbbb2_one_more.sql");
    desk.run("lock --forget bbbb2").done();
    desk.commit("away");
    let (mut well, mut text) = desk.try_git("rebase origin/main");
    while !well {
        assert!(text.contains("CONFLICT"), "{text}");
        if desk.at(SECOND).exists() && text.contains("modify/delete") {
            desk.git("rm --quiet migrations/20260118_0530_bbbb2_one_more.sql");
        }
        desk.run("rebase --yes --no-database").done();
        desk.git("add --all migrations");
        (well, text) = desk.try_git("rebase --continue");
    }
    desk.run("check --locked").done();
    assert!(!desk.lock().contains("bbbb2"));
}
