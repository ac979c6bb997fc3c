//! What revisions replace: the chain with the replacers in it, and every way in which one does not fit.

use revchain_core::check::Checked;
use revchain_core::constant::{self, pack};
use revchain_core::folder::{Folder, SourceFile};
use revchain_core::graph::Graph;
use revchain_core::lock::{Entry, Lock};
use revchain_core::set::{Heads, History, Replaced, Set, Settings};
use revchain_core::{Dialect, Dialects, check};

/// Makes a folder of revisions: each an id and the lines of its header below it.
fn folder(revisions: &[(&str, &str)]) -> Folder {
    let file = |(index, (id, header)): (usize, &(&str, &str))| {
        let header: String = header.split("; ").map(|line| format!("-- {line}\n")).collect();
        let text = format!(
            "-- m\n-- revision: {id}\n{header}\n-- migrate:upgrade\nCREATE TABLE t{id} (n);\n\
             -- migrate:downgrade\nDROP TABLE t{id};\n"
        );
        SourceFile { path: format!("{index:02}_{id}.sql"), text }
    };
    let files = revisions.iter().enumerate().map(file).collect();
    let mut folder = Folder { shown: "migrations".to_owned(), files, ..Folder::default() };
    seal(&mut folder);
    folder
}

fn empty_lock() -> Lock {
    Lock::new(Settings {
        name: "main".into(),
        dialects: Dialects::of(&[Dialect::Sqlite]),
        heads: Heads::One,
        history: History::default(),
    })
}

fn seal(folder: &mut Folder) {
    let mut lock = empty_lock();
    folder.lock = Some(lock.render());
    let entry = |one: &check::CheckedRevision| Entry {
        id: one.revision.id.to_string(),
        parents: one.parents.clone(),
        replaces: one.revision.replaces.to_vec(),
        seals: one.seals(),
    };
    lock.revisions = check(folder).revisions.iter().map(entry).collect();
    // A chain that is not sound is in the order of the files, where children may come first.
    lock.revisions.sort_by_key(|entry| !entry.parents.is_empty());
    lock.heads = lock.computed_heads();
    folder.lock = Some(lock.render());
}

fn set(revisions: &[(&str, &str)]) -> Set {
    check(&folder(revisions)).into_set().unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn ids<'s>(set: &'s Set, places: &[u32]) -> Vec<&'s str> {
    places.iter().map(|place| &*set.at(*place).id).collect()
}

fn chain(set: &Set) -> String {
    let line = |revision: &revchain_core::set::Revision| {
        format!("{}<{}", revision.id, ids(set, &revision.parents).join("+"))
    };
    let chain: Vec<String> = set.revisions.iter().map(line).collect();
    let replaced: Vec<String> = set.replaced().iter().map(line).collect();
    format!("{} | {}", chain.join(" "), replaced.join(" "))
}

const LINE: [(&str, &str); 5] = [
    ("a1", "revises: base"),
    ("b2", "revises: a1"),
    ("c3", "revises: b2"),
    ("d4", "revises: c3"),
    ("e5", "revises: d4"),
];

fn line_and(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    LINE.iter().chain(more).copied().collect()
}

#[test]
fn a_replacer_stands_in_the_place_of_what_it_replaces() {
    let cases = [
        ("revises: base; replaces: a1", "y1< b2<y1 c3<b2 d4<c3 e5<d4 | a1<"),
        ("revises: a1; replaces: b2", "a1< y1<a1 c3<y1 d4<c3 e5<d4 | b2<a1"),
        ("revises: d4; replaces: e5", "a1< b2<a1 c3<b2 d4<c3 y1<d4 | e5<d4"),
        ("revises: a1; replaces: b2..d4", "a1< y1<a1 e5<y1 | b2<a1 c3<b2 d4<c3"),
        ("revises: base; replaces: a1..e5", "y1< | a1< b2<a1 c3<b2 d4<c3 e5<d4"),
    ];
    for (header, expected) in cases {
        let set = set(&line_and(&[("y1", header)]));
        assert_eq!(chain(&set), expected, "{header}");
        assert_eq!(Graph::of(&set).heads().len(), 1);
        assert_eq!(Graph::of(&set).bases().len(), 1);
    }
}

#[test]
fn a_replacer_knows_what_it_replaces_also_in_turn() {
    let set = set(&line_and(&[
        ("y1", "revises: a1; replaces: b2..c3"),
        ("z1", "revises: base; replaces: a1..d4"),
    ]));
    assert_eq!(chain(&set), "z1< e5<z1 | a1< b2<a1 c3<b2 y1<a1 d4<y1");
    let (inner, direct) =
        (|id| Replaced { direct: false, ..Replaced::direct(id) }, Replaced::direct);
    let z1 = set.revision("z1").map(|z1| z1.replaces.to_vec());
    assert_eq!(z1, Some(vec![direct("a1"), inner("b2"), inner("c3"), direct("y1"), direct("d4")]));
    assert_eq!(set.standing("b2").map(|place| &*set.at(place).id), Some("z1"));
    assert_eq!(set.replacer("b2").map(|place| &*set.at(place).id), Some("y1"));
    assert_eq!(set.position("b2"), None);
}

#[test]
fn a_replacer_can_be_named_as_well_as_what_it_replaces() {
    let set = set(&[
        ("a1", "revises: base"),
        ("b2", "revises: a1"),
        ("y1", "revises: a1; replaces: b2"),
        ("c3", "revises: b2"),
        ("d4", "revises: c3; depends-on: b2"),
        ("x9", "revises: base; label: side; depends-on: y1"),
    ]);
    assert_eq!(chain(&set), "a1< y1<a1 c3<y1 d4<c3 x9< | b2<a1");
    let d4 = set.revision("d4").unwrap_or_else(|| panic!("d4 is there"));
    assert_eq!(ids(&set, &d4.dependencies), ["y1"]);
    // Its checksums name what its header names.
    assert_eq!(set.needs(d4), [vec!["c3".to_owned()], vec!["b2".to_owned()]]);
}

#[test]
fn branches_and_merges_inside_a_range_are_replaced_with_it() {
    let set = set(&[
        ("a1", "revises: base"),
        ("b2", "revises: a1"),
        ("b3", "revises: a1"),
        ("c4", "revises: b2, b3"),
        ("d5", "revises: c4"),
        ("y1", "revises: base; replaces: a1..c4"),
    ]);
    assert_eq!(chain(&set), "y1< d5<y1 | a1< b2<a1 b3<a1 c4<b2+b3");
}

#[test]
fn a_range_that_merges_an_older_branch_revises_that_too() {
    let revisions = [
        ("a1", "revises: base"),
        ("s1", "revises: a1"),
        ("b2", "revises: a1"),
        ("c3", "revises: b2, s1"),
        ("y1", "revises: a1, s1; replaces: b2..c3"),
    ];
    assert_eq!(chain(&set(&revisions)), "a1< s1<a1 y1<a1+s1 | b2<a1 c3<b2+s1");
}

#[test]
fn a_label_goes_over_to_the_replacer() {
    let revisions = [
        ("a1", "revises: base; label: main"),
        ("x1", "revises: base; label: side"),
        ("x2", "revises: x1; depends-on: main"),
        ("y1", "revises: base; label: main; replaces: a1"),
    ];
    let (before, after) = (set(&revisions[..3]), set(&revisions));
    let sealed = |set: &Set| set.revision("x2").map(|x2| x2.parts.to_vec());
    assert_eq!(sealed(&before), sealed(&after));
    assert_eq!(chain(&after), "x1< x2<x1 y1< | a1<".replace("x1< x2<x1 y1<", "x1< y1< x2<x1"));
    let x2 = after.revision("x2").unwrap_or_else(|| panic!("x2 is there"));
    assert_eq!(ids(&after, &x2.dependencies), ["y1"]);
    assert_eq!(after.needs(x2)[1], ["a1"]);
}

#[test]
fn every_way_in_which_a_replacer_does_not_fit_is_told() {
    type Headers = &'static [(&'static str, &'static str)];
    let cases: [(Headers, &[&str]); 12] = [
        (&[("y1", "revises: base; replaces: zz99")], &["unknown-replaced"]),
        (&[("y1", "revises: a1; replaces: b2..zz99")], &["unknown-replaced"]),
        (&[("y1", "revises: a1; replaces: y1")], &["unsound-replacement"]),
        (&[("y1", "revises: b2; replaces: b2")], &["unsound-replacement"]),
        (&[("y1", "revises: e5; replaces: a1")], &["unsound-replacement"]),
        (&[("y1", "revises: base; replaces: c3..b2")], &["unsound-replacement"]),
        (&[("y1", "revises: base; replaces: b2..c3")], &["unsound-replacement"]),
        (&[("y1", "revises: a1; replaces: b2..")], &["malformed-header"]),
        (&[("y1", "revises: a1; replaces: b2, c3")], &["malformed-header"]),
        (
            &[("y1", "revises: a1; replaces: b2"), ("y2", "revises: a1; replaces: b2")],
            &["unsound-replacement"],
        ),
        (
            &[("s1", "revises: b2"), ("y1", "revises: a1; replaces: b2..c3")],
            &["unsound-replacement"],
        ),
        (
            &[("y1", "revises: base; replaces: y2"), ("y2", "revises: base; replaces: y1")],
            &["unsound-replacement"],
        ),
    ];
    for (more, expected) in cases {
        let problems = check(&folder(&line_and(more))).problems;
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code()).collect();
        assert_eq!(codes, expected, "{more:?}\n{problems:#?}");
        assert!(problems.iter().all(|problem| !problem.helps().is_empty()));
    }
}

#[test]
fn a_replacer_depends_on_what_a_replaced_one_depends_on() {
    let revisions = |needs: &'static str| {
        [
            ("x1", "revises: base; label: side"),
            ("a1", "revises: base"),
            ("b2", "revises: a1; depends-on: x1"),
            ("y1", needs),
        ]
    };
    let problems = check(&folder(&revisions("revises: a1; replaces: b2"))).problems;
    assert_eq!(problems[0].helps(), ["write `-- depends-on: x1`"]);
    let set = set(&revisions("revises: a1; depends-on: side; replaces: b2"));
    assert_eq!(chain(&set), "x1< a1< y1<a1 | b2<a1");
}

#[test]
fn a_draft_is_not_replaced() {
    let mut folder = folder(&line_and(&[("y1", "revises: d4; replaces: e5")]));
    let mut lock = lock_of(&folder);
    for entry in lock.revisions.iter_mut().filter(|entry| entry.id == "e5") {
        entry.seals.clear();
    }
    folder.lock = Some(lock.render());
    let problems = check(&folder).problems;
    assert_eq!(problems[0].code(), "unsound-replacement");
    assert!(problems[0].message().ends_with("which is a draft"), "{problems:?}");
}

fn lock_of(folder: &Folder) -> Lock {
    folder.lock.as_deref().and_then(|text| Lock::parse(text).ok()).unwrap_or_else(empty_lock)
}

/// Drops the files and the lines of revisions, as `squash --prune` does.
fn prune(folder: &mut Folder, ids: &[&str]) {
    let mut lock = lock_of(folder);
    lock.revisions.retain(|entry| !ids.contains(&entry.id.as_str()));
    lock.heads = lock.computed_heads();
    folder.lock = Some(lock.render());
    folder.files.retain(|file| !ids.iter().any(|id| file.path.contains(id)));
}

fn sound(folder: &Folder) -> Checked {
    let checked = check(folder);
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    checked
}

#[test]
fn what_was_dropped_is_still_known_from_the_lock() {
    let mut folder = folder(&line_and(&[
        ("y1", "revises: a1; replaces: b2..c3"),
        ("z1", "revises: base; replaces: a1..d4"),
    ]));
    let before = sound(&folder).into_set();
    prune(&mut folder, &["b2", "c3"]);
    let set = sound(&folder).into_set().unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(chain(&set), "z1< e5<z1 | a1< y1<a1 d4<y1");
    prune(&mut folder, &["a1", "y1", "d4"]);
    let set = sound(&folder).into_set().unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(chain(&set), "z1< e5<z1 | ");
    let e5 = |set: &Set| set.revision("e5").map(|e5| e5.parts.to_vec());
    assert_eq!(before.map(|before| e5(&before)).ok(), Some(e5(&set)));
    assert_eq!(set.needs(&set.revisions[1])[0], ["d4"]);
    for id in ["a1", "b2", "c3", "y1", "d4"] {
        assert_eq!(set.standing(id), Some(0), "{id}");
    }
    let optional: Vec<&str> =
        set.ledger(Dialect::Sqlite).lines().filter_map(|line| line.strip_prefix('~')).collect();
    assert_eq!(optional, ["a1", "b2", "c3", "d4", "y1"]);
}

/// Takes the way that a compiled-in set takes.
fn compiled(set: &Set) -> Set {
    let leak = |text: &str| -> &'static str { text.to_owned().leak() };
    let (text, numbers) = pack(set);
    constant::set(
        set.settings.clone(),
        leak(&set.folder),
        [text.leak(), numbers.leak()],
        set.revisions.standing(),
        set.by_id.to_vec().leak(),
        set.heads.to_vec().leak(),
        Dialect::ALL.map(|dialect| leak(set.ledger(dialect))),
    )
}

#[test]
fn what_is_compiled_in_has_what_is_replaced_with_files_and_without() {
    let mut folder = folder(&line_and(&[
        ("b0", "revises: a1; replaces: b2..c3"),
        ("z1", "revises: base; replaces: a1..d4"),
    ]));
    for dropped in [&[][..], &["b2", "c3"], &["a1", "b0", "d4"]] {
        prune(&mut folder, dropped);
        let set = sound(&folder).into_set().unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(compiled(&set), set, "{dropped:?}");
        assert_eq!(compiled(&set).replaced(), set.replaced());
    }
}

#[test]
fn a_file_that_went_alone_is_missed() {
    let mut folder = folder(&line_and(&[("y1", "revises: a1; replaces: b2..c3")]));
    prune(&mut folder, &["b2"]);
    assert!(check(&folder).problems.iter().any(|problem| problem.code() == "unknown-replaced"));
}

#[test]
fn a_lock_that_forgot_what_is_replaced_is_told() {
    let mut folder = folder(&line_and(&[("y1", "revises: d4; replaces: e5")]));
    let mut lock = lock_of(&folder);
    lock.revisions.iter_mut().for_each(|entry| entry.replaces.clear());
    lock.heads = lock.computed_heads();
    folder.lock = Some(lock.render());
    let problems = check(&folder).problems;
    assert_eq!(problems[0].code(), "unsound-replacement");
    assert!(problems[0].helps()[0].ends_with("cargo migrate lock"));
}

#[test]
fn what_is_replaced_counts_in_the_checksum() {
    let checksum = |header| {
        let set = set(&line_and(&[("y1", header)]));
        set.revision("y1").map(|y1| y1.parts[0].upgrade_checksum)
    };
    assert_ne!(
        checksum("revises: a1; replaces: b2..c3"),
        checksum("revises: a1; replaces: b2..d4")
    );
}

#[test]
fn a_set_without_replacers_has_a_ledger_without_lines_that_may_be_missing() {
    assert!(!set(&LINE).ledger(Dialect::Sqlite).contains('~'));
}
