//! Revisions written in Rust: a module for each file, and a list of their functions.

use std::fmt::Write as _;
use std::path::Path;

use revchain_core::Dialect;
use revchain_core::checksum::Direction;
use revchain_core::rust::{Driver, Function, Source};
use revchain_core::set::{Revision, Set};

use crate::quote::Quote;

/// Appends the modules of the revisions that are written in Rust, and the constant `FUNCTIONS`.
///
/// The file itself is the module, so that rustc watches it and all that it says of it has the file's own lines.
pub(crate) fn functions(set: &Set, folder: &Path, code: &mut String) {
    let mut list = String::new();
    for (place, revision) in set.revisions.all().iter().enumerate() {
        if !revision.is_rust() {
            continue;
        }
        code.push_str("#[path = ");
        folder.join(&*revision.path).to_string_lossy().quote(code);
        // What is private to the static is public to nobody.
        let _ = write!(code, "] #[allow(unreachable_pub)] mod revision_{place};");
        for function in Source::read(&revision.text).0.functions {
            entry(&function, revision, place, &mut list);
        }
    }
    let _ = write!(code, "const FUNCTIONS: &[::revchain::__private::Function] = &[{list}];");
}

fn entry(function: &Function, revision: &Revision, place: usize, list: &mut String) {
    let Function { name, direction, driver, conditions, .. } = function;
    let direction = match direction {
        Direction::Upgrade => "Upgrade",
        Direction::Downgrade => "Downgrade",
    };
    let driver_name = driver.name();
    let driver = match driver {
        Driver::Rusqlite => "Rusqlite",
        Driver::SqlxSqlite => "SqlxSqlite",
        Driver::Postgres => "Postgres",
        Driver::Mysql => "Mysql",
    };
    let _ = write!(
        list,
        "{conditions} ::revchain::__private::Function {{
            revision: \"{}\",
            direction: ::revchain::Direction::{direction},
            driver: ::revchain::__private::Driver::{driver},
            name: \"{name}\",
            call: ::revchain::__private::call_{driver_name}!(revision_{place}::{name}),
        }},",
        revision.id
    );
}

/// Returns a revision that the emitted test `round_trip`, which is rusqlite's, cannot run.
pub(crate) fn not_for_rusqlite(set: &Set) -> Option<&Revision> {
    for revision in set.revisions.all() {
        if !revision.is_rust() || revision.part(Dialect::Sqlite).is_none() {
            continue;
        }
        let functions = Source::read(&revision.text).0.functions;
        if !functions.iter().any(|function| function.driver == Driver::Rusqlite) {
            return Some(revision);
        }
    }
    None
}
