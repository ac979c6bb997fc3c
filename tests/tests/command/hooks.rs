//! Hooks in migrate.toml: when they run, what they see, and what their failure means.

use revchain_tests::command::Desk;

fn with_hooks() -> Desk {
    let desk = Desk::with_set();
    let hook = |name: &str| {
        format!(
            "{name} = [\"/bin/sh\", \"-c\", \"echo {name} $DATABASE_URL $REVCHAIN_FILE $OTHER; echo {name} >> ran\"]\n"
        )
    };
    let hooks = ["before-upgrade", "after-upgrade", "after-new"].map(hook).concat();
    desk.write("migrations/migrate.toml", &hooks);
    desk
}

fn ran(desk: &Desk) -> String {
    std::fs::read_to_string(desk.at("ran")).unwrap_or_default()
}

#[test]
fn hooks_run_around_what_is_done_and_never_for_nothing() {
    let desk = with_hooks();
    desk.write(".env", "OTHER=s3cret\n");
    let made = desk.run("new \"one more\" --rev-id aaaa1");
    made.done().says(&["hook: after-new: /bin/sh", "after-new sqlite:app.db migrations/2026"]);
    assert!(made.stdout.lines().count() == 1 && !made.stderr.contains("s3cret"), "{made:?}");
    desk.edit(
        made.stdout.trim(),
        "-- migrate:upgrade\n",
        "-- migrate:upgrade\nCREATE TABLE a (n);\n",
    );
    desk.edit(
        made.stdout.trim(),
        "-- migrate:downgrade\n",
        "-- migrate:downgrade\nDROP TABLE a;\n",
    );
    for line in ["plan", "current", "status", "history", "check", "upgrade --sql", "verify"] {
        let _ = desk.run(line);
    }
    assert_eq!(ran(&desk), "after-new\n");
    let ended = desk.run("upgrade");
    ended.done().says(&["before-upgrade sqlite:app.db", "after-upgrade sqlite:app.db"]);
    let order = ["before-upgrade sqlite", "upgrade aaaa1", "sealed: aaaa1", "after-upgrade sqlite"];
    let places: Vec<_> = order.iter().map(|word| ended.stderr.find(word)).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{}", ended.stderr);
    assert_eq!(ran(&desk), "after-new\nbefore-upgrade\nafter-upgrade\n");
    desk.run("upgrade").done().says(&["nothing to do"]);
    desk.run("downgrade -1").done();
    desk.run("upgrade --no-hooks").done();
    assert_eq!(ran(&desk), "after-new\nbefore-upgrade\nafter-upgrade\n");
}

#[test]
fn a_hook_that_fails_before_stops_the_run() {
    let cases = [
        ("[\"/bin/sh\", \"-c\", \"echo no backup >&2; exit 7\"]", "exit status: 7"),
        ("[\"/nowhere/backup\"]", "cannot be started"),
    ];
    for (command, words) in cases {
        let desk = Desk::with_set();
        desk.three();
        desk.write("migrations/migrate.toml", &format!("before-upgrade = {command}\n"));
        desk.run("upgrade").failed(1, &["the hook `before-upgrade`", words, "--no-hooks"]);
        assert!(desk.tables().is_empty());
        desk.run("upgrade --no-hooks").done();
    }
}

#[test]
fn a_hook_that_fails_after_leaves_what_is_done() {
    let desk = Desk::with_set();
    desk.three();
    desk.write("migrations/migrate.toml", "after-upgrade = [\"/bin/false\"]\n");
    desk.run("upgrade").failed(1, &["sealed: aaaa1", "the upgrade itself is done"]);
    assert_eq!(desk.tables().len(), 3);
}

#[test]
fn a_hook_is_a_list_of_words() {
    let desk = Desk::with_set();
    desk.three();
    for value in ["\"pg_dump -f x\"", "[]", "[1]", "[\"\"]"] {
        desk.write("migrations/migrate.toml", &format!("before-upgrade = {value}\n"));
        desk.run("upgrade")
            .failed(1, &["`before-upgrade` wants a list of words", "migrate.toml:1:18"]);
    }
    // It stops a verb before it writes.
    desk.write("migrations/migrate.toml", "after-new = \"echo\"\n");
    desk.run("new fourth").failed(1, &["`after-new` wants a list of words"]);
    std::fs::remove_file(desk.at("migrations/migrate.toml")).expect("it was written");
    desk.run("check").done().says(&["3 revisions"]);
}

#[test]
fn a_hook_gets_the_password_and_shows_it_nowhere() {
    let Some((desk, database)) = Desk::on_postgres() else { return };
    desk.three();
    let url = database.postgres_url().replacen('@', ":s3cret@", 1);
    let desk = desk.set("DATABASE_URL", &url);
    desk.write(
        "migrations/migrate.toml",
        "before-upgrade = [\"/bin/sh\", \"-c\", \"echo $DATABASE_URL; echo $DATABASE_URL > seen\"]\n",
    );
    let ended = desk.run("upgrade");
    assert!(!ended.done().stderr.contains("s3cret"), "{}", ended.stderr);
    assert_eq!(desk.read("seen").trim(), url);
}
