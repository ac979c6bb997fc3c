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
