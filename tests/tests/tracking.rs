//! A build never uses a stale set: what cargo, the emitted test and a release build notice.
#![expect(clippy::unwrap_used, reason = "a test ends with a panic")]

use revchain_core::{Dialect, Target};
use revchain_tests::cases::{EMAIL, EMAIL_TEXT, USERS, USERS_TEXT};
use revchain_tests::package::Package;
use revchain_tests::sealing::{settings, write};

/// A revision that nobody told the lock of.
const BY_HAND: &str = "20260120_1200_c3d4e5f6a1b2_by_hand.sql";

fn file(name: &str) -> String {
    format!("migrations/{name}")
}

fn package(tracked: bool) -> Package {
    let package = Package::new(env!("CARGO_TARGET_TMPDIR"), tracked).unwrap();
    package.write(&file(USERS), USERS_TEXT).unwrap();
    package.write(&file(EMAIL), EMAIL_TEXT).unwrap();
    seal(&package, &[]);
    package
}

fn seal(package: &Package, drafts: &[&str]) {
    write(&package.path("migrations"), settings(&[Dialect::Sqlite]), drafts).unwrap();
}

fn add_by_hand(package: &Package) {
    let text = EMAIL_TEXT.replace("a1b2c3d4e5f6", "b2c3d4e5f6a1");
    let text = text.replacen("revision: b2c3d4e5f6a1", "revision: c3d4e5f6a1b2", 1);
    package.write(&file(BY_HAND), &text).unwrap();
}

#[test]
fn without_the_build_script_edits_and_removals_are_seen_and_additions_by_the_test() {
    let package = package(false);
    let compiled = |text: &str| format!("b2c3d4e5f6a1: {} bytes", text.len());
    package.cargo(&["run"]).unwrap().says(&[&compiled(EMAIL_TEXT)]);

    let commented = format!("{EMAIL_TEXT}-- done\n");
    package.write(&file(EMAIL), &commented).unwrap();
    package.cargo(&["run"]).unwrap().says(&[&compiled(&commented)]);

    add_by_hand(&package);
    let test = package.cargo(&["test"]).unwrap();
    // A test binary that is built for the first time sees the file; the one before it did not.
    test.fails_with(&["unlisted-revision"]);
    std::fs::remove_file(package.path(&file(BY_HAND))).unwrap();
    package.cargo(&["test"]).unwrap().says(&["compiled_in ... ok", "round_trip ... ignored"]);
    add_by_hand(&package);
    package.cargo(&["test"]).unwrap().fails_with(&[
        "compiled_in ... FAILED",
        "the compiled-in set is not the folder's",
        BY_HAND,
        "cargo migrate init",
    ]);
    std::fs::remove_file(package.path(&file(BY_HAND))).unwrap();

    std::fs::remove_file(package.path(&file(EMAIL))).unwrap();
    package.cargo(&["check"]).unwrap().fails_with(&["removed-revision", "b2c3d4e5f6a1"]);
    seal(&package, &[]);
    package.cargo(&["run"]).unwrap().says(&["a1b2c3d4e5f6: "]);
}

#[test]
fn without_the_build_script_a_release_build_says_how_to_add_it() {
    let package = package(false);
    package.cargo(&["check", "--release"]).unwrap().fails_with(&[
        "nothing tells cargo to watch the folder `migrations` [untracked-folder]",
        "cargo migrate init",
    ]);
}

#[test]
fn with_the_build_script_every_change_is_seen_in_every_build() {
    let package = package(true);
    let builds: [&[&str]; 3] = [&["check"], &["test"], &["check", "--release"]];
    let each = |expected: &dyn Fn(revchain_tests::package::Output)| {
        builds.iter().for_each(|build| expected(package.cargo(build).unwrap()));
    };
    each(&|output| output.says(&[]));

    add_by_hand(&package);
    each(&|output| output.fails_with(&["unlisted-revision", BY_HAND]));
    std::fs::remove_file(package.path(&file(BY_HAND))).unwrap();
    each(&|output| output.says(&[]));

    package.write(&file(EMAIL), &EMAIL_TEXT.replace("email TEXT", "email BLOB")).unwrap();
    each(&|output| output.fails_with(&["edited-revision", "add_email.sql:8:1", "statement 1"]));
    package.write(&file(EMAIL), EMAIL_TEXT).unwrap();

    std::fs::remove_file(package.path(&file(EMAIL))).unwrap();
    each(&|output| output.fails_with(&["removed-revision"]));
}

#[test]
fn a_draft_compiles_in_debug_and_not_in_release() {
    let package = package(true);
    add_by_hand(&package);
    seal(&package, &["c3d4e5f6a1b2"]);
    package.cargo(&["check"]).unwrap().says(&[]);
    package.cargo(&["check", "--release"]).unwrap().fails_with(&[
        "[draft-in-release]",
        "by_hand.sql:3:14",
        "cargo migrate seal c3d4e5f6a1b2",
    ]);
}

#[test]
fn an_edit_is_shown_against_the_text_that_git_has() {
    let package = package(false);
    for arguments in [&["init", "-q"][..], &["add", "."], &["commit", "-qm", "sealed"]] {
        package.git(arguments).unwrap().says(&[]);
    }
    package
        .write(&file(EMAIL), &EMAIL_TEXT.replace("ON users (email)", "ON users (name)"))
        .unwrap();
    package.cargo(&["check"]).unwrap().fails_with(&[
        "revision `b2c3d4e5f6a1` was edited after it was sealed [edited-revision]",
        "add_email.sql:9:1",
        "statement 2 of the upgrade changed",
        "- CREATE INDEX users_email ON users (email);",
        "+ CREATE INDEX users_email ON users (name);",
    ]);
}

#[test]
fn a_debug_build_refuses_a_stale_set_before_it_touches_a_database() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(USERS), USERS_TEXT).unwrap();
    write(folder.path(), settings(&[Dialect::Sqlite]), &[]).unwrap();
    let set = revchain::load(folder.path(), "migrations").unwrap();
    let source: &'static str = folder.path().to_str().unwrap().to_owned().leak();
    let migrations = revchain::Migrations::compiled(set, "shop 1.2.3", Some(source), &[]);
    std::fs::write(folder.path().join(EMAIL), EMAIL_TEXT).unwrap();

    let mut connection = rusqlite::Connection::open_in_memory().unwrap();
    let error = migrations.upgrade(Target::Head).run(&mut connection).unwrap_err();
    assert!(error.report().contains(EMAIL), "{}", error.report());
    let tables = "SELECT count(*) FROM sqlite_schema";
    assert_eq!(connection.query_row(tables, [], |row| row.get::<_, u32>(0)), Ok(0));

    // Where the folder is absent, the application is somewhere else: nothing is said.
    drop(folder);
    migrations.upgrade(Target::Head).run(&mut connection).unwrap();
}
