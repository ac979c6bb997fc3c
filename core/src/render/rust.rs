//! Words for revisions written in Rust.

use super::for_dialect;
use crate::problem::{Change, Edit, Foreign, RustFault};
use crate::rust::RustLexErrorKind;

pub(super) fn rust_message(fault: &RustFault) -> String {
    match fault {
        RustFault::Lexical(kind) => match kind {
            RustLexErrorKind::UnterminatedString => "string without its closing quote",
            RustLexErrorKind::UnterminatedCharacter => "character without its closing quote",
            RustLexErrorKind::UnterminatedComment => "comment without its closing `*/`",
            RustLexErrorKind::Unbalanced => "bracket without its other side",
        }
        .to_owned(),
        RustFault::NotUtf8 => "the file is not UTF-8".to_owned(),
        RustFault::ConflictMarkers => "a merge was left unfinished here".to_owned(),
        RustFault::NoUpgrade => "the file has no function `upgrade`".to_owned(),
        RustFault::NotPublic { function } => format!("function `{function}` is not `pub`"),
        RustFault::Signature { function, .. } => {
            format!("function `{function}` has not the form that its driver calls")
        }
        RustFault::UnknownConnection { function } => {
            format!("function `{function}` does not say whose connection it takes")
        }
        RustFault::UnknownFunction { function, .. } => {
            format!("no driver calls a function `{function}`")
        }
        RustFault::Twice { function, other, driver } => {
            format!("functions `{other}` and `{function}` are both for {driver}")
        }
        RustFault::DowngradeAndIrreversible => {
            "an irreversible revision has no function `downgrade`".to_owned()
        }
    }
}

pub(super) fn rust_helps(fault: &RustFault) -> String {
    match fault {
        RustFault::Lexical(_) => "close it".to_owned(),
        RustFault::NotUtf8 => "save the file as UTF-8".to_owned(),
        RustFault::ConflictMarkers => "settle the conflict, then: cargo migrate check".to_owned(),
        RustFault::NoUpgrade => {
            "write `pub fn upgrade(connection: &rusqlite::Connection) -> rusqlite::Result<()>`\n\
                 or `pub async fn upgrade(connection: &mut sqlx::PgConnection) -> sqlx::Result<()>`"
                .to_owned()
        }
        RustFault::NotPublic { function } => {
            format!("write `pub` before it, or call it otherwise than `{function}`")
        }
        RustFault::Signature { expected, .. } => format!("write it as `{expected}`"),
        RustFault::UnknownConnection { function } => format!(
            "its parameter is `&rusqlite::Connection`, `&mut sqlx::SqliteConnection`, \
             `&mut sqlx::PgConnection` or `&mut sqlx::MySqlConnection`\n\
                 or say it in the name: `{function}_rusqlite`, `_sqlx_sqlite`, `_postgres`, `_mysql`"
        ),
        RustFault::UnknownFunction { function, meant } => {
            let direction = function.split('_').next().unwrap_or_default();
            let meant = meant.map(|driver| format!("did you mean `{direction}_{driver}`?\n"));
            meant.unwrap_or_default() + "a function that only the file calls is not `pub`"
        }
        RustFault::Twice { driver, .. } => {
            format!("keep one of them: a run on {driver} calls one")
        }
        RustFault::DowngradeAndIrreversible => {
            "keep the function, or the line `//! irreversible: <reason>`".to_owned()
        }
    }
}

pub(super) fn foreign_message(foreign: &Foreign) -> String {
    match foreign {
        Foreign::Path(word) => format!("`{word}` leads to the application's code"),
        Foreign::Module(name) => format!("module `{name}` stands in another file"),
        Foreign::File(name) => format!("`{name}!` reads another file"),
    }
}

/// Returns what an edit of a Rust file is called under its line.
pub(super) fn rust_edit_label(edit: &Edit) -> String {
    let of = format!("of the {}{}", edit.direction, for_dialect(edit.dialect));
    match (&edit.item, edit.change) {
        (Some(item), Change::Added(_)) => format!("`{item}` is new"),
        (Some(item), _) => format!("`{item}` changed"),
        (None, Change::Removed(number)) => format!("item {number} {of} is gone"),
        (None, Change::Header) => format!("the dependencies {of} changed"),
        (None, _) => format!("what is said {of} changed"),
    }
}

/// Puts a help that was written for a SQL file into the words of a Rust file.
pub(super) fn in_rust(help: &str) -> String {
    help.replace("`-- migrate:irreversible <reason>`", "`//! irreversible: <reason>`")
        .replace("`-- ", "`//! ")
}
