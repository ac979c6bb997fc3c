//! Alembic's recorded answers beside ours.

use std::io::Write as _;
use std::path::PathBuf;

use revchain_tests::alembic::{Tally, Verdict, judge, read};

fn shared(file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("REVCHAIN_SHARED").map(PathBuf::from);
    let path = folder.map(|folder| folder.join("alembic").join(file)).filter(|path| path.exists());
    if path.is_none() {
        let note = format!("skipped: REVCHAIN_SHARED names no folder with alembic/{file}\n");
        std::io::stderr().write_all(note.as_bytes()).expect("stderr is there");
    }
    path
}

fn agrees(file: &str) {
    let Some(path) = shared(file) else { return };
    let text = std::fs::read_to_string(path).expect("it can be read");
    let mut tally = Tally::default();
    for case in read(&text).expect("it has cases") {
        let verdict = judge(&case).expect("it can be laid out");
        tally.count(&case, verdict);
    }
    assert!(tally.disagreements().is_empty(), "{tally}");
}

#[test]
fn each_recorded_case_is_answered_as_alembic_answers_or_better() {
    agrees("cases.jsonl");
}

#[test]
fn each_fact_of_alembics_own_tests_holds() {
    agrees("traversal_facts.json");
}

/// Two revisions in a line, and what is said of them.
fn case(current: &str, command: &str, target: &str, expect: &str) -> String {
    format!(
        r#"{{"revisions": [{{"id": "aaaa1", "down": [], "depends_on": [], "labels": []}},
            {{"id": "bbbb2", "down": ["aaaa1"], "depends_on": [], "labels": []}}],
            "current": [{current}], "command": "{command}", "target": "{target}", "expect": {expect}}}"#
    )
    .replace('\n', " ")
}

#[test]
fn a_wrong_answer_is_noticed() {
    let up = r#"{"ok": {"steps": [{"rev": "aaaa1"}, {"rev": "bbbb2"}], "heads": ["bbbb2"]}}"#;
    let wrong = r#"{"ok": {"steps": [{"rev": "aaaa1"}], "heads": ["aaaa1"]}}"#;
    let twice = r#"{"ok": {"steps": [{"rev": "aaaa1"}, {"rev": "aaaa1"}], "heads": ["bbbb2"]}}"#;
    let error = r#"{"error": {"kind": "user", "message": "no"}}"#;
    let crash = r#"{"error": {"kind": "internal", "message": "KeyError"}}"#;
    let one = r#"{"ok": {"steps": [{"rev": "bbbb2"}], "heads": ["aaaa1"]}}"#;
    type Expected = fn(&Verdict) -> bool;
    let cases: [(String, Expected); 8] = [
        (case("", "upgrade", "head", up), |v| *v == Verdict::Agrees),
        (case("", "upgrade", "head", wrong), |v| matches!(v, Verdict::Disagrees(_))),
        (case("", "upgrade", "head", twice), |v| matches!(v, Verdict::Fault(_))),
        (case("", "upgrade", "head", error), |v| matches!(v, Verdict::Disagrees(_))),
        (case("", "upgrade", "head", crash), |v| matches!(v, Verdict::Fault(_))),
        (case("", "upgrade", "nope", error), |v| *v == Verdict::Agrees),
        (case("\"bbbb2\"", "downgrade", "-1", one), |v| *v == Verdict::Agrees),
        (case("\"bbbb2\"", "downgrade", "aaa", one), |v| matches!(v, Verdict::Refused(_))),
    ];
    for (text, expected) in cases {
        let cases = read(&text).expect("it is a case");
        let verdict = judge(&cases[0]).expect("it can be laid out");
        assert!(expected(&verdict), "{text}: {verdict:?}");
    }
}
