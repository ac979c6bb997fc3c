//! What the tests that `migrations!` emits call, and what a debug build asks before it touches a database.

use std::path::Path;

use revchain_core::folder::Folder;
use revchain_core::set::{Revision, Set};

use crate::migrations::Migrations;

/// Returns how a folder differs from the set that was compiled in; nothing where the folder is not there.
pub(crate) fn differences(set: &Set, folder: &str) -> Vec<String> {
    if !Path::new(folder).is_dir() {
        return Vec::new();
    }
    let read = Folder::read(Path::new(folder), &set.folder);
    let checked = revchain_core::check(&read);
    if !checked.problems.is_empty() {
        let mut problems = Vec::with_capacity(checked.problems.len());
        for problem in &checked.problems {
            problems.push(problem.to_string());
        }
        return problems;
    }
    let Ok(now) = checked.into_set() else { return Vec::new() };
    if now == *set {
        return Vec::new();
    }
    let path = |path: &str| format!("{}/{path}", set.folder);
    let mut differences = Vec::new();
    for revision in now.revisions.all() {
        match set.place(&revision.id).map(|place| set.at(place)) {
            None => differences.push(format!("{} is not compiled in", path(&revision.path))),
            Some(compiled) if compiled != revision => {
                differences.push(format!("{} was compiled in another form", path(&revision.path)));
            }
            Some(_) => {}
        }
    }
    let gone = |revision: &&Revision| now.place(&revision.id).is_none();
    for revision in set.revisions.all().iter().filter(gone) {
        differences.push(format!("{} is compiled in and gone", path(&revision.path)));
    }
    if differences.is_empty() {
        differences.push(format!("{} differs", path(revchain_core::lock::FILE)));
    }
    differences
}

/// Panics when the folder is not what was compiled in: the emitted test `compiled_in`.
#[doc(hidden)]
#[track_caller]
#[inline]
pub fn compiled_in(migrations: &Migrations, folder: Option<&str>) {
    let differences =
        folder.map(|folder| differences(migrations.set(), folder)).unwrap_or_default();
    assert!(
        differences.is_empty(),
        "the compiled-in set is not the folder's\n  {}\n  \
         = help: build again: this one used a stale set\n  \
         = help: so that no build does: cargo migrate init, which writes the build script",
        differences.join("\n").replace('\n', "\n  ")
    );
}

/// Emits the test that the compiled-in set is the folder's.
#[doc(hidden)]
#[macro_export]
macro_rules! compiled_in_test {
    ($migrations:path, $folder:expr) => {
        #[test]
        fn compiled_in() {
            $crate::__private::compiled_in(&$migrations, $folder);
        }
    };
}

/// Emits the test that every revision can be taken back.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "rusqlite")]
macro_rules! round_trip_test {
    ($(#[$attribute:meta])* $migrations:path) => {
        #[test]
        $(#[$attribute])*
        fn round_trip() {
            $crate::__private::round_trip(&$migrations);
        }
    };
}

/// Emits the test that every revision can be taken back, which cannot run here.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "rusqlite"))]
macro_rules! round_trip_test {
    ($(#[$attribute:meta])* $migrations:path) => {
        #[test]
        #[ignore = "revchain is built without its feature `rusqlite`"]
        fn round_trip() {
            let _ = &$migrations;
        }
    };
}

/// Emits the test that the revisions make what the models describe.
#[doc(hidden)]
#[macro_export]
#[cfg(all(feature = "models", feature = "rusqlite"))]
macro_rules! models_match_test {
    ($(#[$attribute:meta])* $migrations:path $(, $model:path)+) => {
        #[test]
        $(#[$attribute])*
        fn models_match() {
            $crate::__private::models_match(
                &$migrations,
                &[$(<$model as $crate::Table>::TABLE_DDL),+],
            );
        }
    };
}

/// Emits the test that the revisions make what the models describe, which cannot run here.
#[doc(hidden)]
#[macro_export]
#[cfg(not(all(feature = "models", feature = "rusqlite")))]
macro_rules! models_match_test {
    // What the set lacks is told before what the build lacks.
    ($(#[$attribute:meta])+ $migrations:path $(, $model:path)+) => {
        #[test]
        $(#[$attribute])+
        fn models_match() {
            let _ = &$migrations;
        }
    };
    ($migrations:path $(, $model:path)+) => {
        #[test]
        #[ignore = "revchain is built without its features `models` and `rusqlite`"]
        fn models_match() {
            let _ = &$migrations;
        }
    };
}
