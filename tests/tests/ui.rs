//! What the macro and the checks say of each folder in `ui` and `pass`.
#![expect(clippy::unwrap_used, reason = "a test ends with a panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use revchain_core::check;
use revchain_core::folder::Folder;
use revchain_core::set::{Downgrade, Revision};
use revchain_tests::cases::{CASES, Case};

mod everything {
    // Emits its tests, too: the folder has all that a set can have.
    revchain::migrations!(pub(crate) static EVERYTHING = "pass/everything/migrations");
}

mod ends_of_literals {
    revchain::migrations!(pub(crate) static SET = "pass/ends-of-literals/migrations");
}

#[test]
fn a_text_with_the_ends_of_literals_is_compiled_in_whole() {
    let shown = "pass/ends-of-literals/migrations";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(shown);
    let loaded = check(&Folder::read(&folder, shown)).into_set().unwrap();
    assert!(loaded.revisions.iter().any(|revision| revision.text.contains("\"###")));
    assert_eq!(*ends_of_literals::SET.set(), loaded);
}

#[test]
fn what_is_compiled_in_is_what_the_folder_holds() {
    let shown = "pass/everything/migrations";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(shown);
    let loaded = check(&Folder::read(&folder, shown)).into_set().unwrap();
    assert_eq!(*everything::EVERYTHING.set(), loaded);
    let has = |what: fn(&Revision) -> bool| loaded.revisions.iter().any(what);
    assert!(has(|revision| revision.parents.len() == 2));
    assert!(has(|revision| revision.labels.len() == 2));
    assert!(has(|revision| revision.dependencies.len() == 2));
    assert!(has(|revision| revision.parts.len() == 3));
    assert!(has(|revision| !revision.parts[0].upgrade.options.foreign_keys));
    assert!(has(|revision| !revision.parts[1].upgrade.options.transaction));
    assert!(has(|revision| matches!(revision.parts[0].downgrade, Downgrade::Irreversible(_))));
    assert!(has(|revision| revision.parts[0].former_downgrades.len() == 2));
    assert!(has(|revision| revision.replaces.len() == 2));
    assert_eq!(loaded.replaced().len(), 2);
    assert!(loaded.settings.history.schema.is_some());
}

fn root(case: &Case) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(case.place()).join(case.name)
}

fn codes(folder: &Path) -> Vec<&'static str> {
    let checked = check(&Folder::read(folder, "migrations"));
    checked.problems.iter().map(|problem| problem.code()).collect()
}

#[test]
fn every_case_compiles_or_fails_with_its_text() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*/main.rs");
    cases.pass("pass/*/main.rs");
}

#[test]
fn a_struct_that_is_no_table_does_not_compile() {
    trybuild::TestCases::new().compile_fail("models/*.rs");
}

#[test]
fn every_case_has_the_same_problems_from_check() {
    for case in CASES {
        assert_eq!(codes(&root(case).join("migrations")), case.codes, "{}", case.name);
    }
}

#[test]
fn every_code_of_a_revision_has_a_case() {
    let design = [
        "edited-revision",
        "removed-revision",
        "reparented-revision",
        "unlisted-revision",
        "missing-downgrade",
        "empty-downgrade",
        "irreversible-without-reason",
        "duplicate-revision",
        "unknown-parent",
        "unknown-dependency",
        "unknown-replaced",
        "unsound-replacement",
        "cycle",
        "self-reference",
        "multiple-heads",
        "multiple-bases",
        "duplicate-label",
        "reserved-name",
        "invalid-id",
        "redundant-dependency",
        "malformed-header",
        "unknown-directive",
        "malformed-sql",
        "malformed-lock",
        "transaction-control",
        "needs-no-transaction",
        "unsafe-rebuild",
        "destroys-data",
        "missing-dialect",
        "malformed-rust",
    ];
    for code in design {
        assert!(CASES.iter().any(|case| case.name == code && case.codes == [code]), "{code}");
    }
}

#[test]
fn the_folders_are_as_the_table_makes_them() {
    let fresh = tempfile::tempdir().unwrap();
    for case in CASES {
        case.make(fresh.path()).unwrap();
        let made = contents(&fresh.path().join("migrations"));
        assert_eq!(contents(&root(case).join("migrations")), made, "{}: bless it", case.name);
    }
}

#[test]
#[ignore = "writes the cases: cargo test -p revchain-tests --test ui -- --ignored bless"]
fn bless() {
    for case in CASES {
        let root = root(case);
        case.make(&root).unwrap();
        let main = root.join("main.rs");
        if !main.exists() {
            fs::write(main, MAIN).unwrap();
        }
    }
}

const MAIN: &str = "revchain::migrations!(pub static MIGRATIONS = \"migrations\");

fn main() {
    println!(\"{} revisions\", MIGRATIONS.set().revisions.len());
}
";

/// What stands in a folder: texts, links and folders, by path.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut contents = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        let Ok(entries) = fs::read_dir(&here) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let inner = path.strip_prefix(folder).unwrap().to_owned();
            if path.is_symlink() {
                let target = fs::read_link(&path).unwrap();
                contents.insert(inner, target.as_os_str().as_encoded_bytes().to_owned());
            } else if path.is_dir() {
                folders.push(path);
            } else {
                contents.insert(inner, fs::read(&path).unwrap());
            }
        }
    }
    contents
}
