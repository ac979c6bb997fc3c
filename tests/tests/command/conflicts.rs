//! The lock after merges and rebases, by git itself.

use std::fs;

use revchain_tests::command::Desk;

use crate::stops::three_commits;

/// A published set with one sealed revision, `aaaa1`.
fn desk() -> Desk {
    let desk = Desk::with_set();
    desk.draft("aaaa1", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
    desk.run("seal").done();
    desk.publish();
    desk
}

/// Two branches that both add a revision to `aaaa1`.
fn two_branches() -> Desk {
    let desk = desk();
    desk.git("checkout --quiet -b side");
    desk.draft("bbbb2", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
    desk.run("seal").done();
    desk.commit("side");
    desk.git("checkout --quiet -");
    desk.draft("cccc3", "CREATE TABLE c (n INTEGER);", "DROP TABLE c;");
    desk.commit("main");
    desk
}

#[test]
fn two_branches_conflict_and_lock_settles_it() {
    let desk = two_branches();
    let (well, text) = desk.try_git("merge side");
    assert!(!well && text.contains("revisions.lock"), "{text}");
    for line in ["check", "heads", "upgrade", "new x", "seal"] {
        let ended = desk.run(line);
        assert!(
            ended.stderr.contains("cargo migrate lock") || line == "heads",
            "{line}: {}",
            ended.stderr
        );
    }
    desk.run("lock").done().says(&[
        "written: migrations/revisions.lock: 3 revisions, 1 draft",
        "2 heads: `bbbb2`, `cccc3`",
        "cargo migrate merge",
    ]);
    insta::assert_snapshot!("settled", shortened(&desk.lock()));
    desk.run("check").failed(3, &["multiple-heads"]);
    desk.run("merge --rev-id dddd4").done();
    desk.run("check").done();
    desk.commit("merged");
    desk.run("upgrade").done().says(&["4 revisions applied"]);
}

#[test]
fn a_rebase_is_settled_at_each_stop() {
    let desk = two_branches();
    desk.git("checkout --quiet side");
    desk.draft("dddd4", "CREATE TABLE d (n INTEGER);", "DROP TABLE d;");
    desk.commit("another");
    let (mut well, mut text) = desk.try_git("rebase main");
    let mut stops = 0;
    while !well {
        assert!(text.contains("revisions.lock"), "{text}");
        desk.run("lock").done();
        desk.git("add --all");
        (well, text) = desk.try_git("rebase --continue");
        stops += 1;
        assert!(stops < 4, "{text}");
    }
    assert!(stops >= 1);
    let lock = desk.lock();
    for id in ["aaaa1", "bbbb2", "cccc3", "dddd4"] {
        assert_eq!(lock.matches(&format!("revision {id} ")).count(), 1, "{lock}");
    }
}

#[test]
fn one_side_seals_and_the_other_adds_a_child() {
    let desk = desk();
    desk.draft("bbbb2", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
    desk.commit("draft");
    desk.git("checkout --quiet -b side");
    desk.run("seal").done();
    desk.commit("sealed");
    desk.git("checkout --quiet -");
    desk.draft("cccc3", "CREATE TABLE c (n INTEGER);", "DROP TABLE c;");
    desk.commit("child");
    let (well, text) = desk.try_git("merge side");
    assert!(!well, "{text}");
    let ended = desk.run("lock");
    ended.done().says(&["3 revisions, 1 draft"]);
    assert!(!ended.stderr.contains("head"), "{}", ended.stderr);
    desk.run("check").done();
    assert_eq!(desk.lock().matches(" draft\n").count(), 1, "sealed wins over draft");
}

#[test]
fn a_seal_that_does_not_agree_with_the_file_is_a_draft_again() {
    let desk = desk();
    let path = desk.draft("bbbb2", "CREATE TABLE b (n INTEGER);", "DROP TABLE b;");
    desk.commit("draft");
    desk.git("checkout --quiet -b side");
    desk.run("seal").done();
    desk.commit("sealed");
    desk.git("checkout --quiet -");
    desk.edit(&path, "n INTEGER", "n TEXT");
    desk.draft("cccc3", "", "");
    desk.commit("edited");
    assert!(!desk.try_git("merge side").0);
    desk.run("lock").done().says(&["revision `bbbb2` is sealed on one side with other checksums than its file has: a draft now"]);
    desk.run("check").done();
}

#[test]
fn a_published_seal_wins_whatever_the_file_says() {
    let desk = desk();
    desk.git("checkout --quiet -b side");
    let path = "migrations/20260118_0530_aaaa1_one_more.sql";
    desk.edit(path, "n INTEGER", "n TEXT");
    let lock = desk.lock();
    let theirs: Vec<&str> = lock.lines().collect();
    let changed: Vec<String> = theirs
        .iter()
        .map(|line| match line.strip_prefix("  sqlite upgrade b3v1:") {
            Some(rest) => format!("  sqlite upgrade b3v1:{}{}", "0".repeat(64), &rest[64..]),
            None => (*line).to_owned(),
        })
        .collect();
    let body = |lines: &[String]| lines[9..].join("\n");
    let whole: Vec<String> = theirs.iter().map(|line| (*line).to_owned()).collect();
    let conflict = format!(
        "{}\n<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> side\n",
        whole[..9].join("\n"),
        body(&changed),
        body(&whole)
    );
    desk.write("migrations/revisions.lock", &conflict);
    desk.run("lock").done();
    assert_eq!(desk.lock(), lock);
    desk.run("check").failed(3, &["edited-revision"]);
}

#[test]
fn settings_of_both_sides_are_joined() {
    let desk = desk();
    desk.git("checkout --quiet -b side");
    desk.run("set dialects sqlite postgres").done();
    desk.run("seal --dialect postgres").done();
    desk.commit("side");
    desk.git("checkout --quiet -");
    desk.run("set heads many").done();
    desk.draft("bbbb2", "", "");
    desk.commit("main");
    let (well, text) = desk.try_git("merge side");
    assert!(!well, "{text}");
    desk.run("lock").done();
    let lock = desk.lock();
    assert!(lock.contains("dialects sqlite postgres\nheads many\n"), "{lock}");
    desk.run("check").done();
}

#[test]
fn a_damaged_lock_is_written_again_from_what_can_be_read() {
    let desk = Desk::with_set();
    desk.three();
    desk.run("seal aaaa1 cccc3").done();
    let sound = desk.lock();
    let cases = [
        (sound.replace("head cccc3", "head aaaa1"), true),
        (sound.replace("head cccc3\n", ""), true),
        (format!("{sound}junk\n"), true),
        (sound.replace("  sqlite upgrade", " sqlite upgrade"), false),
        (sound.replace("revision bbbb2 revises aaaa1 draft\n", ""), true),
        (sound.trim_end().to_owned(), true),
    ];
    for (damaged, same) in cases {
        desk.write("migrations/revisions.lock", &damaged);
        desk.run("lock").done();
        assert_eq!(desk.lock() == sound, same, "{damaged}");
        desk.run("lock").done().says(&["as it was:"]);
    }
    desk.write("migrations/revisions.lock", "nothing\n");
    desk.run("lock").failed(
        1,
        &["the lock's settings cannot be read", "git restore migrations/revisions.lock"],
    );
    desk.write("migrations/revisions.lock", &sound.replace("revchain-lock 1", "revchain-lock 9"));
    desk.run("lock").failed(3, &["the lock has version 9"]);
}

#[test]
fn a_draft_whose_file_was_removed_is_forgotten_by_name() {
    let desk = Desk::with_set();
    let [.., second, third] = desk.three();
    for path in [&second, &third] {
        fs::remove_file(desk.at(path)).expect("it is there");
    }
    desk.run("check").failed(3, &["cargo migrate lock --forget cccc3"]);
    desk.run("new x").failed(3, &["removed-revision"]);
    desk.run("lock --forget bbbb").failed(1, &["revision `cccc3` revises `bbbb2`"]);
    desk.run("lock --forget bbbb --forget cccc").done();
    desk.run("check").done();
    desk.run("new x").done();
}

#[test]
fn a_revision_is_forgotten_when_those_on_it_were_made_to_revise_another() {
    let desk = Desk::with_set();
    desk.unpublished();
    let [_, second, third] = desk.three();
    desk.run("upgrade").done();
    fs::remove_file(desk.at(&second)).expect("it is there");
    desk.edit(&third, "-- revises: bbbb2", "-- revises: aaaa1");
    desk.run("amend").failed(3, &["cargo migrate lock --forget bbbb2"]);
    desk.run("lock --forget bbbb2").done();
    assert!(desk.lock().contains("revision cccc3 revises aaaa1 draft"), "{}", desk.lock());
    desk.run("amend").done();
    desk.run("downgrade head --stored --yes").done();
    desk.run("current --check-heads").done();
    desk.run("check").done();
    assert_eq!(desk.tables(), ["aaaa1", "cccc3"]);
}

/// What becomes of the file before it is settled.
type Prepare = fn(&Desk);

#[test]
fn every_style_of_markers_and_every_state_of_the_file_is_settled_alike() {
    let styles: [(&str, Prepare); 7] = [
        ("merge", |_| {}),
        ("diff3", |_| {}),
        ("zdiff3", |_| {}),
        ("merge", |desk| {
            std::fs::remove_file(desk.at("migrations/revisions.lock")).expect("it is there");
        }),
        ("merge", |desk| {
            desk.write("migrations/revisions.lock", &desk.git("show :2:migrations/revisions.lock"));
        }),
        ("merge", |desk| {
            desk.write("migrations/revisions.lock", &desk.git("show :3:migrations/revisions.lock"));
        }),
        // Added with its markers: the index knows of no conflict any more.
        ("diff3", |desk| drop(desk.git("add migrations"))),
    ];
    let mut locks = Vec::new();
    for (style, prepare) in styles {
        let desk = three_commits();
        desk.git(&format!("config merge.conflictStyle {style}"));
        assert!(!desk.try_git("merge origin/main").0);
        prepare(&desk);
        desk.run("rebase --no-database").done();
        desk.run("check --locked").done();
        locks.push(desk.lock());
    }
    assert!(locks.iter().all(|lock| *lock == locks[0]), "{locks:#?}");
}

#[test]
fn what_was_settled_already_is_not_settled_again() {
    let desk = three_commits();
    assert!(!desk.try_git("merge origin/main").0);
    desk.run("rebase --no-database").done();
    let path = desk.draft("dddd4", "CREATE TABLE d (n);", "DROP TABLE d;");
    let lock = desk.lock();
    desk.run("lock").done().says(&["as it was:"]);
    assert_eq!(desk.lock(), lock);
    // In the middle of git's work the same command is never wrong.
    for verb in ["rebase --no-database", "merge"] {
        desk.run(verb).done().says(&["nothing", "next: git add migrations; git commit"]);
        assert_eq!(desk.lock(), lock);
    }
    desk.git("add --all");
    desk.git("commit --quiet --no-edit");
    desk.run("rebase").failed(2, &["there is nothing to rebase: the set has one head, `dddd4`"]);
    std::fs::remove_file(desk.at(&path)).expect("it is there");
}

/// Leaves of each checksum its form alone.
fn shortened(lock: &str) -> String {
    let line = |line: &str| line.split("b3v1:").next().unwrap_or_default().trim_end().to_owned();
    lock.lines().map(line).collect::<Vec<_>>().join("\n")
}
