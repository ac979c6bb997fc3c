//! `history --graph` and what the viewing verbs say of branches, dependencies and the database's place.

use revchain_tests::command::Desk;

/// A branch point, two branches of which one bears a label, a revision that depends on the other branch, and a draft that
/// merges nothing; the first branch is applied.
fn desk() -> Desk {
    let desk = Desk::with_set();
    desk.run("set heads many").done();
    let new = |words: &str| {
        desk.run(&format!("new {words}")).done();
    };
    new("\"create books\" --rev-id aaaa1");
    new("\"create readers\" --rev-id bbbb2");
    new("\"create loans\" --rev-id cccc3 --head aaaa1 --splice --label lending");
    new("\"books have a shelf\" --rev-id dddd4 --head bbbb2");
    new("\"loans have a reader\" --rev-id eeee5 --head cccc3 --depends-on dddd4");
    desk.run("upgrade bbbb2").done();
    desk
}

#[test]
fn history_is_drawn_as_a_graph() {
    let desk = desk();
    insta::assert_snapshot!("graph", desk.run("history --graph").done().stdout);
    insta::assert_snapshot!("graph_verbose", desk.run("history --graph --verbose").done().stdout);
    let part = desk.run("history --graph -r cccc3:eeee5");
    insta::assert_snapshot!("graph_range", part.done().stdout);
}

#[test]
fn history_asks_the_database_only_when_it_is_told_to() {
    let desk = desk();
    let shown = |line: &str| desk.run(line).done().stdout.clone();
    for line in ["history", "history --graph", "history --verbose", "history --json"] {
        let shown = shown(line);
        assert!(!shown.contains("current") && !shown.contains("pending"), "{line}: {shown}");
    }
    insta::assert_snapshot!("graph_current", shown("history --graph -i"));
    insta::assert_snapshot!("history_current", shown("history --indicate-current"));
    let json: serde_json::Value =
        serde_json::from_str(&shown("history -i --json")).expect("it is JSON");
    let of = |id: &str| {
        let all = json.as_array().expect("it is a list");
        let one = all.iter().find(|one| one["revision"] == id).expect("it is listed");
        (one["database"].clone(), one["current"].clone())
    };
    assert_eq!(of("bbbb2"), ("applied".into(), true.into()));
    assert_eq!(of("aaaa1"), ("applied".into(), false.into()));
    assert_eq!(of("dddd4"), ("pending".into(), false.into()));
    desk.run("history -i --database-url none.db").done().prints(&["aaaa1 (branchpoint) (pending)"]);
    assert!(!desk.at("none.db").exists());
    let unnamed = Desk::new();
    unnamed.run("init --name app").done();
    unnamed.run("history -i").failed(1, &["no database is named"]);
}

#[test]
fn a_graph_is_coloured_on_terminals_alone() {
    let desk = desk();
    assert!(!desk.run("history --graph").stdout.contains('\u{1b}'));
    let shown = desk.run("history --graph --color always").done().stdout.clone();
    assert!(shown.contains("\u{1b}[31m*\u{1b}[0m ") && shown.contains("\u{1b}[32m*"), "{shown}");
}

#[test]
fn heads_that_others_depend_on_are_effective_heads() {
    let desk = desk();
    let heads = |options: &str| desk.run(&format!("heads {options}")).done().stdout.clone();
    assert_eq!(
        heads(""),
        "dddd4 (effective head) (draft), books have a shelf\n\
         eeee5 (head) (draft), loans have a reader\n"
    );
    assert_eq!(heads("--resolve-dependencies"), "eeee5 (head) (draft), loans have a reader\n");
}

#[test]
fn current_checks_that_the_database_is_at_all_heads() {
    let desk = desk();
    let checked = desk.run("current --check-heads");
    checked.failed(4, &["the database is not at all heads", "it is at bbbb2", "upgrade heads"]);
    checked.prints(&["bbbb2, create readers"]);
    let json = |line: &str| -> (u8, serde_json::Value) {
        let ended = desk.run(line);
        (ended.code, serde_json::from_str(&ended.stdout).expect("it is JSON"))
    };
    let (code, value) = json("current --check-heads --json");
    assert_eq!((code, &value["at_heads"]), (4, &false.into()));
    let none = desk.run("current -c --database-url none.db");
    none.failed(4, &["it is at base", "5 revisions of the set not applied"]);
    desk.run("upgrade heads").done();
    let checked = desk.run("current --check-heads");
    assert!(checked.done().stderr.is_empty(), "{}", checked.stderr);
    let (code, value) = json("current --check-heads --json");
    assert_eq!((code, &value["at_heads"]), (0, &true.into()));
}

#[test]
fn several_revisions_are_shown_at_once() {
    let desk = desk();
    let shown = desk.run("show aaaa bbbb2");
    shown.done().prints(&["Rev: aaaa1 (branchpoint)", "Rev: bbbb2"]);
    let value: serde_json::Value =
        serde_json::from_str(&desk.run("show aaaa bbbb --json").done().stdout).expect("JSON");
    assert_eq!(value.as_array().map(Vec::len), Some(2));
    desk.run("show").failed(2, &["<REVISION>"]);
}

/// The pictures of a set with all that a database can say of it.
#[test]
fn a_picture_shows_what_the_database_says_of_each_revision() {
    let desk = desk();
    // A colleague's revision is in the database alone; a sealed file has changed; and there is a half-done one.
    let theirs =
        desk.draft_with("--rev-id ffff6 --head dddd4", "CREATE TABLE f (n);", "DROP TABLE f;");
    desk.run("upgrade ffff6").done();
    std::fs::remove_file(desk.at(&theirs)).expect("it is there");
    desk.run("lock --forget ffff6 --force").done();
    let connection = rusqlite::Connection::open(desk.at("app.db")).expect("it opens");
    let sql = "UPDATE revchain_revisions SET state = 'upgrading' WHERE revision = 'bbbb2';
               UPDATE revchain_revisions SET upgrade_checksum = 'b3v1:00' WHERE revision = 'aaaa1'";
    connection.execute_batch(sql).expect("the ledger is there");
    for format in ["svg", "mermaid", "dot"] {
        let drawn = desk.run(&format!("graph --format {format}"));
        insta::assert_snapshot!(format!("graph_{format}"), drawn.done().stdout);
        drawn.says(&["does not know: ffff6"]);
        let plain = desk.run(&format!("graph --format {format} --no-database")).done().clone();
        insta::assert_snapshot!(format!("graph_{format}_no_database"), plain.stdout);
        assert!(plain.stderr.is_empty(), "{}", plain.stderr);
    }
    let drawn = desk.run("graph --json");
    let value: serde_json::Value = serde_json::from_str(&drawn.done().stdout).expect("it is JSON");
    insta::assert_snapshot!("graph_json", format!("{value:#}"));
}

#[test]
fn the_ending_of_the_file_says_the_format() {
    let desk = desk();
    let cases = [
        ("a.svg", "<svg "),
        ("a.mmd", "%% An arrow"),
        ("a.mermaid", "%% An arrow"),
        ("a.dot", "// An arrow"),
        ("a.GV", "// An arrow"),
    ];
    for (file, start) in cases {
        let drawn = desk.run(&format!("graph --output {file}"));
        drawn.done().says(&[&format!("drawn: {file}")]);
        assert!(drawn.stdout.is_empty());
        assert!(desk.read(file).starts_with(start), "{file}");
    }
    desk.run("graph -o a.svg --format dot").done();
    assert!(desk.read("a.svg").starts_with("// An arrow"));
    let svg = desk.run("graph");
    assert!(svg.done().stdout.starts_with("<svg "));
    desk.run("graph -o a.png")
        .failed(2, &["a.png names no format", "--format svg, mermaid or dot"]);
    desk.run("graph -o none/a.svg").failed(1, &["cannot write", "no such file or folder"]);
    desk.run("graph --format png").failed(2, &["png"]);
    desk.run("graph --json -o a.svg").failed(2, &[]).prints(&["a format of its own"]);
    desk.run("graph --no-database --database-url sqlite:app.db")
        .failed(2, &["cannot be used with"]);
}

#[test]
fn a_database_that_is_not_there_lacks_all_and_one_that_does_not_answer_is_warned_of() {
    let desk = desk();
    let pending = |line: &str| {
        let drawn = desk.run(line);
        let count = drawn.done().stdout.matches("> pending<").count();
        (count, drawn.stderr)
    };
    assert_eq!(pending("graph --database-url sqlite:none.db"), (5, String::new()));
    assert!(!desk.at("none.db").exists());
    desk.write("text.db", "this is no database, but a text that is longer than its header\n");
    let (count, stderr) = pending("graph --database-url sqlite:text.db");
    assert_eq!(count, 0);
    assert!(stderr.starts_with("warning: ") && stderr.contains("drawn without states"), "{stderr}");
    desk.run("graph --database-url nothing").failed(2, &["not a database's URL"]);
    let served_elsewhere = Desk::with_set().set("DATABASE_URL", "postgres://u:secret@h/app");
    let drawn = served_elsewhere.run("graph");
    drawn.done().says(&["postgres://u@h/app is postgres: drawn without states", "--no-database"]);
    let unnamed = Desk::new();
    unnamed.run("init --name app").done();
    let drawn = unnamed.run("graph");
    assert!(drawn.done().stderr.is_empty(), "{}", drawn.stderr);
}
