//! `init`, `new`, `merge`, `add`, `seal`, `set`, `edit`: what is written, and that nothing else is.

use std::fs;

use revchain_tests::command::Desk;

#[test]
fn init_makes_folder_lock_attributes_and_build_script_once() {
    let desk = Desk::new();
    desk.write("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n");
    let first = desk.run("init");
    insta::assert_snapshot!("init", format!("{}---\n{}", first.done().stdout, first.stderr));
    insta::assert_snapshot!("init_lock", desk.lock());
    insta::assert_snapshot!("init_build_script", desk.read("build.rs"));
    assert_eq!(
        desk.read("migrations/.gitattributes"),
        "*.sql text eol=lf\nrevisions.lock text eol=lf merge=text\n"
    );
    let before: Vec<String> =
        ["build.rs", "migrations/revisions.lock", "migrations/.gitattributes", "Cargo.toml"]
            .map(|path| desk.read(path))
            .into();
    desk.run("init").done().says(&["nothing to make"]);
    let after: Vec<String> =
        ["build.rs", "migrations/revisions.lock", "migrations/.gitattributes", "Cargo.toml"]
            .map(|path| desk.read(path))
            .into();
    assert_eq!(before, after);
}

#[test]
fn init_prints_the_lines_for_the_databases_of_the_set() {
    let cases = [
        (
            "--dialect postgres",
            "",
            &[
                "\"sqlx-postgres\"",
                "\"postgres\", \"runtime-tokio\", \"tls-rustls",
                "PgPool",
                "tokio",
            ][..],
        ),
        ("--dialect mysql", "", &["\"sqlx-mysql\"", "MySqlPool"]),
        (
            "--dialect sqlite,postgres",
            "",
            &["\"sqlx-sqlite\", \"sqlx-postgres\"", "\"sqlite-bundled\"", "PgPool"],
        ),
        ("--dialect sqlite", "sqlx = \"0.9\"\n", &["\"sqlx-sqlite\"", "SqlitePool"]),
        ("--dialect sqlite", "", &["\"rusqlite\"", "rusqlite::Connection"]),
    ];
    for (option, dependencies, words) in cases {
        let desk = Desk::new();
        desk.write(
            "Cargo.toml",
            &format!("[package]\nname = \"shop\"\n[dependencies]\n{dependencies}"),
        );
        let ended = desk.run(&format!("init {option}"));
        ended.done().prints(words);
        let other = if words[0].contains("sqlx") { "rusqlite" } else { "sqlx" };
        assert!(!ended.stdout.contains(other), "{option}: {}", ended.stdout);
        // What is there already is not pasted again.
        assert_eq!(
            ended.stdout.contains("sqlx = {"),
            words[0].contains("sqlx") && dependencies.is_empty()
        );
    }
}

#[test]
fn init_outside_a_package_makes_the_folder_alone() {
    let desk = Desk::new();
    let ended = desk.run("init --dir db/revisions --name billing --dialect postgres,sqlite --history app.ledger --heads many");
    assert_eq!(ended.done().stdout, "");
    let lock = desk.read("db/revisions/revisions.lock");
    assert!(
        lock.contains("set billing\ndialects sqlite postgres\nheads many\nhistory app.ledger\n"),
        "{lock}"
    );
    assert!(!desk.at("build.rs").exists());
    desk.run("init --dir db/revisions --dialect sqlite")
        .failed(2, &["with dialects `sqlite postgres`", "cargo migrate set dialects sqlite"]);
    desk.run("init --dir db/revisions --name other").failed(2, &["cargo migrate set name other"]);
    desk.run("init --dir db/revisions").done();
}

#[test]
fn init_says_which_lines_an_existing_build_script_lacks() {
    let desk = Desk::new();
    desk.write(
        "Cargo.toml",
        "[package]\nname = \"shop\"\n[dependencies]\nrevchain = \"1\"\nrusqlite = \"1\"\n",
    );
    desk.write("src/main.rs", "revchain::migrations!(static M = \"migrations\");");
    desk.write("build.rs", "fn main() {}\n");
    let ended = desk.run("init");
    ended.done().says(&[
        "build.rs does not track the folder",
        "println!(\"cargo::rerun-if-changed=migrations\");",
        "println!(\"cargo::rustc-env=REVCHAIN_TRACKED=migrations\");",
        "so far cargo ran it after any change of the package",
    ]);
    assert_eq!((ended.stdout.as_str(), desk.read("build.rs").as_str()), ("", "fn main() {}\n"));
    desk.write("build.rs", "fn main() { println!(\"cargo:rerun-if-changed=migrations\"); }\n");
    let ended = desk.run("init");
    assert!(!ended.stderr.contains("so far cargo ran it"), "{}", ended.stderr);
    ended.done().says(&["REVCHAIN_TRACKED"]);
    desk.write("Cargo.toml", "[package]\nname = \"shop\"\nbuild = false\n");
    desk.run("init").done().says(&["`build = false`"]);
}

#[test]
fn new_writes_the_file_and_its_draft_line() {
    let desk = Desk::with_set();
    let made = desk.run("new \"Add user preferences\" --rev-id 3f2a9c1b7d04");
    assert_eq!(
        made.done().stdout,
        "migrations/20260118_0530_3f2a9c1b7d04_add_user_preferences.sql\n"
    );
    insta::assert_snapshot!("new_file", desk.read(made.stdout.trim()));
    assert!(
        desk.lock().ends_with("head 3f2a9c1b7d04\n\nrevision 3f2a9c1b7d04 revises base draft\n")
    );
    let second = desk.run("revision -m \"and more\" --json");
    let json: serde_json::Value = serde_json::from_str(&second.done().stdout).expect("JSON");
    assert_eq!(json["revises"], serde_json::json!(["3f2a9c1b7d04"]));
    let id = json["revision"].as_str().expect("an id");
    assert!(id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    desk.run("check").done();
}

#[test]
fn new_takes_head_splice_label_and_dependency() {
    let desk = Desk::with_set();
    desk.draft("aaaa1", "", "");
    desk.draft("bbbb2", "", "");
    desk.draft_with("--rev-id cccc3 --head aaaa --splice --label side", "", "");
    desk.run("new x")
        .failed(1, &["several heads: `bbbb2`, `cccc3`", "cargo migrate merge", "--head bbbb2"]);
    let path = desk.draft_with("--rev-id dddd4 --head side --depends-on bbbb", "", "");
    assert!(desk.read(&path).contains("-- revises: cccc3\n-- depends-on: bbbb2\n-- created"));
    // `heads` are those that nobody depends on either, as in Alembic.
    let path = desk.draft_with("--rev-id eeee5 --head heads --depends-on side", "", "");
    assert!(desk.read(&path).contains("-- revises: dddd4\n-- depends-on: side\n"));
    desk.run("check").done();
    let path = desk.draft_with("--rev-id ffff6 --head base --label other", "", "");
    assert!(desk.read(&path).contains("-- revises: base\n-- label: other\n"));
    desk.run("check").done();
}

#[test]
fn a_template_is_filled_in_and_must_stay_a_revision() {
    let desk = Desk::with_set();
    let template = "-- ${message}\n--\n-- owner: team\n-- revision: ${revision}\n-- revises: ${revises}\n\n-- migrate:upgrade\n\n-- migrate:downgrade\n";
    desk.write("migrations/template.sql", &template.replace("-- owner: team\n", ""));
    let path = desk.run("new \"from template\" --rev-id aaaa1").done().stdout.clone();
    let text = desk.read(path.trim());
    assert!(
        text.starts_with("-- from template\n--\n-- revision: aaaa1\n-- revises: base\n"),
        "{text}"
    );
    desk.write(
        "migrations/template.sql",
        "\n-- migrate:upgrade\n-- by ${message}\n\n-- migrate:downgrade\n",
    );
    let path = desk.run("new second --rev-id bbbb2").done().stdout.clone();
    assert!(desk.read(path.trim()).contains(
        "-- revises: aaaa1\n-- created: 2026-01-18T05:30:00Z\n\n-- migrate:upgrade\n-- by second\n"
    ));
    let before = desk.lock();
    desk.write("migrations/template.sql", "-- revision: fixed\n-- revises: base\n");
    desk.run("new third").failed(2, &["would not read as the revision", "${revision}"]);
    assert_eq!(desk.lock(), before);
    desk.write("migrations/template.sql", &template.replace("-- owner: team\n", ""));
    desk.run("new \"no place for ${revision}\" --rev-id dddd4").done();
    desk.run("new x --label side").failed(2, &["would not read as the revision"]);
}

#[test]
fn two_calls_at_the_same_time_make_one_chain() {
    let desk = Desk::with_set();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let desk = &desk;
            scope.spawn(move || desk.run(&format!("new \"number {number}\"")).done().code);
        }
    });
    desk.run("check").done();
    let lock = desk.lock();
    assert_eq!(lock.matches(" draft\n").count(), 8, "{lock}");
    assert_eq!(desk.run("heads").stdout.lines().count(), 1);
    let names = fs::read_dir(desk.at("migrations")).expect("readable").count();
    assert_eq!(names, 8 + 2, "nothing is left behind");
}

#[test]
fn merge_joins_all_heads_or_those_named() {
    let desk = Desk::with_set();
    desk.draft("aaaa1", "", "");
    desk.draft("bbbb2", "", "");
    desk.draft_with("--rev-id cccc3 --head aaaa1 --splice", "", "");
    desk.draft_with("--rev-id dddd4 --head aaaa1 --splice", "", "");
    desk.run("check").failed(3, &["the set has 3 heads", "cargo migrate merge"]);
    desk.run("merge bbbb cccc -m \"join two\" --rev-id eeee5")
        .done()
        .prints(&["eeee5_join_two.sql"]);
    desk.run("merge --rev-id ffff6").done().prints(&["ffff6_merge_dddd4_and_eeee5.sql"]);
    desk.run("check").done();
    desk.run("branches").done().prints(&["aaaa1 (branchpoint) (draft), one more\n    -> bbbb2"]);
    desk.run("upgrade").done().says(&["6 revisions applied"]);
}

#[test]
fn add_lists_files_that_were_written_by_hand() {
    let desk = Desk::with_set();
    desk.draft("aaaa1", "", "");
    let text = "-- by hand\n-- revision: bbbb2\n-- revises: aaaa1\n\n-- migrate:upgrade\n-- migrate:downgrade\n";
    desk.write("migrations/by hand é.sql", text);
    desk.write(
        "migrations/child.sql",
        &text.replace("aaaa1", "bbbb2").replace("revision: bbbb2", "revision: cccc3"),
    );
    desk.run("check").failed(
        3,
        &["revision `bbbb2` is not in the lock", "cargo migrate add migrations/child.sql"],
    );
    desk.run("heads")
        .done()
        .prints(&["cccc3 (head) (unlisted)"])
        .says(&["warning: the set has 2 problems"]);
    desk.run("new x").failed(1, &["revision `cccc3` is not in the lock", "cargo migrate add"]);
    desk.run("seal cccc3").failed(1, &["cargo migrate add migrations/child.sql"]);
    desk.run("add migrations/child.sql").failed(1, &["which is not in the lock", "by hand é.sql"]);
    desk.run_in("migrations", "add child.sql \"by hand é.sql\"")
        .done()
        .says(&["listed: bbbb2", "listed: cccc3"]);
    desk.run("check").done();
    desk.run("add migrations/child.sql").done().says(&["nothing to add"]);
    desk.write("outside.sql", text);
    desk.run("add outside.sql").failed(2, &["is not in migrations", "mv outside.sql migrations/"]);
    desk.write("migrations/broken.sql", "SELECT 1;");
    desk.run("add migrations/broken.sql").failed(3, &["malformed-header"]);
    desk.run("add migrations/revisions.lock").failed(2, &["is not a revision's file"]);
}

#[test]
fn seal_seals_drafts_and_nothing_that_has_problems() {
    let desk = Desk::with_set();
    let [first, ..] = desk.three();
    desk.edit(&first, "DROP TABLE aaaa1;", "");
    desk.run("seal").failed(3, &["empty-downgrade"]);
    assert!(!desk.lock().contains("b3v1:"));
    desk.run("seal cccc3").done().says(&["sealed: cccc3"]);
    desk.edit(&first, "-- migrate:downgrade\n", "-- migrate:downgrade\nDROP TABLE aaaa1;");
    desk.run("seal --json").done().prints(&["aaaa1", "bbbb2"]);
    desk.run("seal").done().says(&["nothing to seal"]);
    desk.run("seal aaaa1").done().says(&["nothing to seal"]);
    desk.edit(&first, "n INTEGER", "n TEXT");
    desk.run("seal aaaa1").failed(
        1,
        &["is sealed, and was edited", "cargo migrate amend aaaa1", "--downgrade aaaa1"],
    );
}

#[test]
fn a_corrected_downgrade_is_sealed_and_the_former_one_remembered() {
    let desk = Desk::with_set();
    let [first, ..] = desk.three();
    desk.run("upgrade").done();
    let sealed = desk.lock();
    desk.edit(&first, "DROP TABLE aaaa1;", "DROP TABLE IF EXISTS aaaa1;");
    desk.run("check").failed(3, &["edited-revision", "cargo migrate seal --downgrade aaaa1"]);
    desk.run("seal --downgrade aaaa1").done();
    let former = sealed
        .lines()
        .find(|line| line.starts_with("  sqlite downgrade"))
        .and_then(|line| line.split(' ').nth(4));
    assert!(
        desk.lock().contains(&format!(" was={}", former.expect("a checksum"))),
        "{}",
        desk.lock()
    );
    desk.run("check").done();
    desk.run("upgrade").done().says(&["corrected: the stored downgrade of aaaa1"]);
    desk.edit(&first, "DROP TABLE IF EXISTS aaaa1;", "DROP TABLE aaaa1;");
    desk.run("seal --downgrade aaaa1").done();
    assert_eq!(desk.lock().matches("was=").count(), 1, "a checksum is not its own former one");
    desk.edit(&first, "n INTEGER", "n TEXT");
    desk.run("seal --downgrade aaaa1").failed(3, &["statement 1 of the upgrade changed"]);
}

#[test]
fn a_dialect_new_to_the_set_is_sealed_beside_the_others() {
    let desk = Desk::with_set();
    desk.three();
    desk.run("seal").done();
    let before = desk.lock();
    desk.run("set dialects sqlite postgres")
        .done()
        .says(&["cargo migrate seal --dialect postgres"]);
    desk.run("check")
        .failed(3, &["is not sealed for postgres", "cargo migrate seal --dialect postgres"]);
    desk.run("seal --dialect postgres").done().says(&["sealed: aaaa1"]);
    desk.run("check").done();
    let after = desk.lock();
    assert!(before.lines().filter(|line| line.starts_with("  ")).all(|line| after.contains(line)));
    assert_eq!(after.matches("  postgres upgrade ").count(), 3);
    desk.run("set dialects sqlite postgres").done().says(&["nothing to change"]);
}

#[test]
fn locked_nothing_writes_the_lock() {
    let lines = [
        "new x",
        "merge",
        "add migrations/x.sql",
        "seal",
        "amend",
        "lock",
        "set heads many",
        "set name other",
    ];
    for desk in [Desk::with_set().set("CI", "true"), Desk::with_set().set("CI", "1")] {
        let before = desk.lock();
        for line in lines {
            desk.run(line)
                .failed(1, &["this would write the lock", "`CI` is set", "--locked=false"]);
        }
        assert_eq!(desk.lock(), before);
        assert_eq!(fs::read_dir(desk.at("migrations")).expect("readable").count(), 2);
        desk.run("new x --locked=false").done();
    }
    let desk = Desk::with_set().set("CI", "false");
    desk.run("new x --locked").failed(1, &["`--locked` was given"]);
    desk.run("new x").done();
    Desk::new().set("CI", "true").run("init").failed(1, &["this would write a lock"]);
}

#[test]
fn the_editor_is_opened_on_the_file() {
    let desk = Desk::with_set();
    desk.write("editor.sh", "#!/bin/sh\nprintf '%s' \"$2\" > opened\n");
    let desk = desk.set("EDITOR", "sh editor.sh --wait");
    let made = desk.run("new x --edit --rev-id aaaa1");
    assert!(desk.read("opened").ends_with(made.done().stdout.trim()));
    desk.run("edit head").done();
    let desk = desk.set("VISUAL", "no-such-editor");
    desk.run("edit aaaa1").failed(1, &["the editor `no-such-editor` cannot be started"]);
    let desk = desk.set("VISUAL", "false");
    desk.run("edit aaaa1").failed(1, &["the editor `false` ended with"]);
}

#[test]
fn a_new_revision_lies_beside_the_one_that_it_revises() {
    let desk = Desk::with_set();
    desk.run("set heads many").done();
    desk.draft("aaaa1", "CREATE TABLE a (n INTEGER);", "DROP TABLE a;");
    desk.run("new shop --rev-id shop1 --head base --label shop --version-path shop").done();
    desk.run("new more --head shop@head --rev-id shop2").done().prints(&["migrations/shop/"]);
    desk.run("new core --head aaaa1 --rev-id core2").done().prints(&["migrations/2"]);
    desk.run("new apart --head shop2 --version-path apart --rev-id shop3")
        .done()
        .prints(&["migrations/apart/"]);
    desk.run("new both --head heads --rev-id both4").done().prints(&["migrations/2"]);
    desk.run("check").done();
}
