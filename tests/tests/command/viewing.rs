//! `history`, `heads`, `show`, `check`, `status`, `current`: what is shown, as text and as JSON.

use revchain_tests::command::Desk;

/// Three revisions, two of them applied.
fn desk() -> Desk {
    let desk = Desk::with_set();
    desk.three();
    desk.run("upgrade bbbb2").done();
    desk
}

/// Replaces what differs from run to run.
fn steady(text: &str) -> String {
    let steady = |line: &str| {
        for key in ["\"applied_at\": ", "\"duration_ms\": ", "Applied: "] {
            if let Some(at) = line.find(key) {
                let comma = if line.ends_with(',') { "," } else { "" };
                return format!("{}<time>{comma}", &line[..at + key.len()]);
            }
        }
        line.to_owned()
    };
    text.lines().map(steady).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_shown_as_text() {
    let desk = desk();
    for (name, line) in [
        ("history", "history"),
        ("history_range", "history -r bbbb:head"),
        ("history_verbose", "history --verbose"),
        ("heads", "heads"),
        ("show", "show bbbb"),
        ("current", "current"),
        ("current_verbose", "current --verbose"),
        ("status", "status"),
    ] {
        insta::assert_snapshot!(name, steady(&desk.run(line).done().stdout));
    }
}

#[test]
fn what_is_shown_as_json() {
    let desk = desk();
    for (name, line) in [
        ("history_json", "history --json -r :aaaa1"),
        ("heads_json", "heads --json"),
        ("show_json", "show bbbb --json"),
        ("branches_json", "branches --json"),
        ("current_json", "current --json"),
        ("status_json", "status --json"),
        ("check_json", "check --json"),
        ("upgrade_json", "upgrade --json"),
        ("downgrade_json", "downgrade -2 --json"),
        ("stamp_json", "stamp head --json"),
        ("lock_json", "lock --json"),
        ("seal_json", "seal --json"),
        ("new_json", "new \"one\" --rev-id dddd4 --json"),
        ("init_json", "init --json"),
    ] {
        let ended = desk.run(line);
        let text = &ended.done().stdout;
        let value: serde_json::Value = serde_json::from_str(text).expect(line);
        insta::assert_snapshot!(name, steady(&format!("{value:#}")));
    }
}

#[test]
fn errors_are_json_too() {
    let desk = desk();
    let path = desk.draft("dddd4", "CREATE TABLE aaaa1 (n INTEGER);", "SELECT 1;");
    let lines = ["show zzzz --json", "upgrade --json"];
    for line in lines {
        let ended = desk.run(line);
        let value: serde_json::Value = serde_json::from_str(&ended.stdout).expect(line);
        assert!(value["error"]["message"].is_string(), "{value}");
    }
    desk.edit(&path, "SELECT 1;", "");
    let ended = desk.run("upgrade --json");
    let value: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!((ended.code, &value["problems"][0]["code"]), (3, &"empty-downgrade".into()));
    let ended = desk.run("check --json");
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.is_empty(), "{}", ended.stderr);
}

#[test]
fn check_prints_all_problems_as_the_compiler_does() {
    let desk = desk();
    let path = desk.draft("dddd4", "COMMIT;", "");
    desk.run("seal dddd4").failed(3, &["transaction-control"]);
    let ended = desk.run("check");
    insta::assert_snapshot!("check", ended.failed(3, &[]).stderr);
    desk.edit(&path, "COMMIT;", "");
    desk.run("check").done().says(&["sound: migrations: 4 revisions"]);
}

#[test]
fn colours_are_for_terminals_alone() {
    let desk = desk();
    let plain = |line| !desk.run(line).stdout.contains('\u{1b}');
    assert!(plain("history") && plain("status"));
    assert!(desk.run("history --color always").stdout.contains("\u{1b}["));
    assert!(desk.run("nothing --color always").stderr.starts_with("error:"), "not parsed yet");
    assert!(desk.run("show zzzz --color always").stderr.starts_with("\u{1b}["));
    let desk = desk.at_terminal("");
    assert!(!desk.run("history").stdout.contains('\u{1b}'), "NO_COLOR is set");
    let desk = desk.set("NO_COLOR", "");
    assert!(desk.run("history").stdout.contains("\u{1b}["));
    let desk = desk.set("TERM", "dumb");
    assert!(!desk.run("history").stdout.contains('\u{1b}'));
}

#[test]
fn status_names_the_next_command() {
    let desk = Desk::new();
    desk.run("init --name app").done();
    let next = |desk: &Desk, words: &str| {
        let ended = desk.run("status");
        let line = ended.done().stdout.lines().last().unwrap_or_default().to_owned();
        assert_eq!(line, format!("next      {words}"));
    };
    next(&desk, "name it: export DATABASE_URL=sqlite:app.db");
    let desk = desk.set("DATABASE_URL", "sqlite:app.db");
    next(&desk, "cargo migrate new \"<what it does>\"");
    let path = desk.draft("aaaa1", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
    next(&desk, "cargo migrate upgrade");
    assert!(!desk.at("app.db").exists(), "looking makes no database");
    desk.run("upgrade").done();
    next(&desk, "nothing to do: the database is at the head");
    desk.edit(&path, "n INTEGER", "n TEXT");
    next(&desk, "cargo migrate amend");
    desk.edit(&path, "n TEXT", "n INTEGER");
    desk.draft("bbbb2", "", "");
    desk.draft_with("--rev-id cccc3 --head aaaa1 --splice", "", "");
    next(&desk, "cargo migrate merge, or cargo migrate rebase");
    desk.write(
        "migrations/x.sql",
        "-- x\n-- revision: xxxx1\n-- revises: bbbb2\n\n-- migrate:upgrade\n-- migrate:downgrade\n",
    );
    next(&desk, "cargo migrate check");
    std::fs::remove_file(desk.at("migrations/x.sql")).expect("it is there");
    desk.write("migrations/revisions.lock", &format!("{}x\n", desk.lock()));
    next(&desk, "cargo migrate lock");
}

#[test]
fn a_chain_that_is_broken_is_shown_as_problems() {
    let desk = desk();
    desk.write(
        "migrations/x.sql",
        "-- x\n-- revision: xxxx1\n-- revises: yyyy2\n\n-- migrate:upgrade\n-- migrate:downgrade\n",
    );
    for line in ["heads", "history", "show head", "new x", "upgrade", "status"] {
        desk.run(line)
            .failed(3, &["revision `xxxx1` revises `yyyy2`, which is not there [unknown-parent]"]);
    }
}
