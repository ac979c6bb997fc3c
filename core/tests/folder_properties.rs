//! What holds for any file, any lock and any folder.

use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Just;
use proptest::test_runner::Config;
use revchain_core::folder::{Folder, SourceFile};
use revchain_core::lock::{Entry, Lock, Seal, Sealed};
use revchain_core::script::Script;
use revchain_core::set::{Heads, History, Replaced, Settings};
use revchain_core::{Checksum, Dialect, Dialects, check, checksum::StatementHash};

fn config() -> Config {
    Config { cases: 512, failure_persistence: None, ..Config::default() }
}

/// Lines that mean something in a revision or a lock, and some that nearly do.
const LINES: &[&str] = &[
    "-- add users",
    "--",
    "",
    "-- revision: a1",
    "-- revision: b2",
    "-- revises: base",
    "-- revises: a1",
    "-- revises: a1, b2",
    "-- revises: , ,",
    "-- depends-on: a1",
    "-- label: left",
    "-- created: 2026-01-18T05:30:00Z",
    "-- origin: sqlx 0.9 abc",
    "-- replaces: a1",
    "-- revison: a1",
    "-- migrate:upgrade",
    "-- migrate:upgrade sqlite",
    "-- migrate:upgrade sqlite postgres transaction=off",
    "-- migrate:downgrade foreign-keys=off",
    "-- migrate:downgrade",
    "-- migrate:irreversible",
    "-- migrate:irreversible it is gone",
    "-- migrate:destroys t.c",
    "-- migrate:destroys t.c reviewed",
    "-- migrate:",
    " -- migrate:upgrade",
    "CREATE TABLE t (id INTEGER);",
    "DROP TABLE t; ALTER TABLE u RENAME TO t;",
    "SELECT 'é; -- x",
    "COMMIT;",
    "VACUUM;",
    "/* a /* b */ SELECT 1; -- */",
    "$$",
    "<<<<<<< ours",
    "||||||| base",
    "=======",
    ">>>>>>> theirs",
    "revchain-lock 1",
    "revchain-lock 2",
    "# Written by cargo migrate; commit it. After a merge conflict: cargo migrate lock",
    "set main",
    "dialects sqlite",
    "dialects sqlite postgres mysql",
    "heads one",
    "heads many",
    "history revchain_revisions",
    "head base",
    "head a1",
    "revision a1 revises base draft",
    "revision b2 revises a1 draft",
    "revision a1 revises base",
    "  sqlite upgrade b3v1:0000000000000000000000000000000000000000000000000000000000000000 00000000",
    "  sqlite downgrade b3v1:0000000000000000000000000000000000000000000000000000000000000000",
];

fn text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        8 => prop::sample::select(LINES).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    (prop::collection::vec(line, 0..24), any::<bool>()).prop_map(|(lines, ended)| {
        let mut text = lines.join("\n");
        text.push_str(if ended { "\n" } else { "" });
        text
    })
}

fn id() -> impl Strategy<Value = String> {
    prop::sample::select(&["a1", "b2", "c3", "d4", "e5"][..]).prop_map(str::to_owned)
}

fn replaced() -> impl Strategy<Value = Vec<Replaced>> {
    let one = (id(), any::<bool>()).prop_map(|(id, direct)| Replaced { id: id.into(), direct });
    prop::collection::vec(one, 0..3)
}

fn lock() -> impl Strategy<Value = Lock> {
    let hashes = prop::collection::vec(any::<u32>().prop_map(StatementHash), 0..4);
    let checksum = || any::<[u8; 32]>().prop_map(Checksum::from_bytes);
    let sealed =
        (checksum(), hashes).prop_map(|(checksum, statements)| Sealed { checksum, statements });
    let seal = (sealed.clone(), sealed, prop::collection::vec(checksum(), 0..3));
    let entry = (
        prop::collection::vec(id(), 0..3),
        prop::option::of(prop::collection::vec(seal, 3)),
        replaced(),
    );
    let dialects = prop::sample::subsequence(Dialect::ALL.to_vec(), 1..=3);
    let entries = prop::collection::vec(entry, 0..5);
    (dialects, any::<bool>(), prop::option::of(Just("app")), entries).prop_map(
        |(dialects, many, schema, entries)| {
            let mut lock = Lock::new(Settings {
                name: "main".into(),
                dialects: dialects.iter().copied().collect::<Dialects>(),
                heads: if many { Heads::Many } else { Heads::One },
                history: History { schema: schema.map(Into::into), table: "ledger".into() },
            });
            let names = ["a1", "b2", "c3", "d4", "e5"];
            for (index, (parents, seals, replaces)) in entries.into_iter().enumerate() {
                let mut parents: Vec<String> = parents
                    .into_iter()
                    .filter(|id| names[..index].contains(&id.as_str()))
                    .collect();
                parents.dedup();
                let seal = |(dialect, (upgrade, downgrade, former_downgrades))| Seal {
                    dialect,
                    upgrade,
                    downgrade,
                    former_downgrades,
                };
                let seals =
                    dialects.iter().copied().zip(seals.into_iter().flatten()).map(seal).collect();
                lock.revisions.push(Entry {
                    id: names[index].to_owned(),
                    parents,
                    replaces,
                    seals,
                });
            }
            lock.heads = lock.computed_heads();
            lock
        },
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_is_a_script_or_problems_inside_it(text in text()) {
        match Script::parse("x.sql", &text) {
            Ok(script) => {
                for section in &script.sections {
                    prop_assert!(text.get(section.body.clone()).is_some());
                    prop_assert_eq!(&text[section.marker.range()], section.marker.text);
                }
                for value in script.revises.iter().chain(&script.labels).chain([&script.revision]) {
                    prop_assert_eq!(&text[value.range()], value.text);
                }
            }
            Err(problems) => prop_assert!(!problems.is_empty()),
        }
    }

    #[test]
    fn a_lock_that_parses_is_rendered_to_the_same_text(text in text()) {
        if let Ok(lock) = Lock::parse(&text) {
            prop_assert_eq!(lock.render(), text);
        }
    }

    #[test]
    fn a_lock_that_is_rendered_parses_to_the_same_lock(lock in lock()) {
        let text = lock.render();
        let parsed = Lock::parse(&text);
        prop_assert_eq!(parsed.as_ref(), Ok(&lock), "{}", text);
        for entry in &lock.revisions {
            let line = text.lines().nth(lock.line_of(&entry.id).get() as usize - 1);
            let begins = format!("revision {} ", entry.id);
            prop_assert!(line.is_some_and(|line| line.starts_with(&begins)));
        }
    }

    #[test]
    fn a_damaged_lock_is_refused_or_still_renders_itself(lock in lock(), at in any::<prop::sample::Index>(), with in any::<char>()) {
        let mut text: Vec<char> = lock.render().chars().collect();
        let place = at.index(text.len());
        text[place] = with;
        let text: String = text.into_iter().collect();
        match Lock::parse(&text) {
            Ok(lock) => prop_assert_eq!(lock.render(), text),
            Err(fault) => prop_assert!(fault.line().is_some()),
        }
    }

    #[test]
    fn the_sides_of_a_conflict_are_the_locks_that_met(ours in lock(), theirs in lock()) {
        let (ours, theirs) = (ours.render(), theirs.render());
        let text = format!("<<<<<<< HEAD\n{ours}||||||| base\nold\n=======\n{theirs}>>>>>>> other\n");
        prop_assert_eq!(Lock::sides(&text), Some((ours, theirs)));
    }

    #[test]
    fn any_folder_is_checked_and_its_problems_have_words(texts in prop::collection::vec(text(), 0..5), lock in prop::option::of(prop_oneof![text(), lock().prop_map(|lock| lock.render())])) {
        let file = |(index, text)| SourceFile { path: format!("{index}.sql"), text };
        let folder = Folder {
            shown: "migrations".to_owned(),
            files: texts.into_iter().enumerate().map(file).collect(),
            lock,
            problems: Vec::new(),
        };
        let checked = check(&folder);
        for problem in &checked.problems {
            let words = problem.to_string();
            prop_assert!(words.contains(problem.code()) && words.contains("migrations/"), "{}", words);
        }
        if let Ok(set) = checked.into_set() {
            for (place, revision) in set.revisions.iter().enumerate() {
                let needs = revision.parents.iter().chain(&*revision.dependencies);
                prop_assert!(needs.into_iter().all(|need| (*need as usize) < place));
                prop_assert_eq!(set.position(&revision.id), Some(place));
            }
        }
    }
}
