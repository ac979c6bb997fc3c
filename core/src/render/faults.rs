//! Words for edits and for what cannot be read.

use super::for_dialect;
use super::rust::rust_edit_label;
use crate::checksum::Direction;
use crate::dialect::LexErrorKind;
use crate::lock::LockFault;
use crate::problem::{Change, DirectiveFault, Edit, HeaderFault, SqlFault};
use crate::rust::is_rust;
use crate::text::joined;

pub(super) fn edit_label(edit: &Edit) -> String {
    if is_rust(&edit.path) {
        return rust_edit_label(edit);
    }
    let of = format!("of the {}{} changed", edit.direction, for_dialect(edit.dialect));
    match edit.change {
        Change::Statement(number) => format!("statement {number} {of}"),
        Change::Added(number) => {
            format!(
                "statement {number} of the {}{} is new",
                edit.direction,
                for_dialect(edit.dialect)
            )
        }
        Change::Removed(number) => format!(
            "statement {number} of the {}{} is gone",
            edit.direction,
            for_dialect(edit.dialect)
        ),
        Change::Header => format!("the options or dependencies {of}"),
        Change::Kind => format!("what is said {of}"),
    }
}

pub(super) fn edit_notes(edit: &Edit) -> Vec<String> {
    let Edit { sealed, now, lock_path, lock_line, difference, .. } = edit;
    let (sealed, now) = (sealed.short(), now.short());
    let mut notes = vec![format!("sealed as {sealed}, now {now} ({lock_path}:{lock_line})")];
    if !difference.is_empty() {
        notes.push(format!(
            "from the sealed text (-) to this file (+):\n{}",
            joined(difference, "\n")
        ));
    }
    notes
}

pub(super) fn edit_helps(edit: &Edit) -> String {
    let Edit { id, path, direction, .. } = edit;
    let helps = format!(
        "not published yet: apply it again: cargo migrate amend {id}\npublished: restore it: git restore {path}\n"
    );
    match direction {
        Direction::Upgrade => {
            helps + "or put the change in a new revision: cargo migrate new \"<what it does>\""
        }
        Direction::Downgrade => {
            format!("{helps}or seal the corrected downgrade: cargo migrate seal --downgrade {id}")
        }
    }
}

pub(super) fn header_message(fault: &HeaderFault) -> String {
    match fault {
        HeaderFault::Missing(key) => format!("the header does not say `{key}`"),
        HeaderFault::Twice(key) => format!("the header says `{key}` twice"),
        HeaderFault::UnknownKey { key, .. } => format!("no header has `{key}`"),
        HeaderFault::Empty(key) => format!("`{key}` has no value"),
        HeaderFault::BaseAndOthers => "`base` cannot stand beside other parents".to_owned(),
        HeaderFault::NotATime(text) => format!("`{text}` is not a time"),
        HeaderFault::NotARange(text) => {
            format!("`{text}` is neither a revision nor a range of them")
        }
        HeaderFault::StatementBeforeSection => {
            "a statement stands before the first section".to_owned()
        }
    }
}

pub(super) fn header_helps(fault: &HeaderFault) -> String {
    match fault {
        HeaderFault::Missing("revision") =>
            "a revision begins with `-- <message>`, `-- revision: <id>` and `-- revises: <parent>`\n\
                 let the command write it: cargo migrate new \"<what it does>\"".to_owned(),
        HeaderFault::Missing(_) => {
            "write `-- revises: <parent>`, or `-- revises: base` for the first".to_owned()
        }
        HeaderFault::Twice(_) => "keep one; several values are separated by commas".to_owned(),
        HeaderFault::UnknownKey { meant: Some(meant), .. } => {
            format!("did you mean `{meant}`?")
        }
        HeaderFault::UnknownKey { meant: None, .. } => {
            "the keys are `revision`, `revises`, `depends-on`, `label`, `created`, `replaces`, `origin`".to_owned()
        }
        HeaderFault::Empty(key) => format!("write `-- {key}: <value>`, or remove the line"),
        HeaderFault::BaseAndOthers => "name the parents alone, or `base` alone".to_owned(),
        HeaderFault::NotATime(_) => "write it as 2026-01-18T05:30:00Z (RFC 3339)".to_owned(),
        HeaderFault::NotARange(_) => {
            "write `-- replaces: <revision>`, or `-- replaces: <first>..<last>`".to_owned()
        }
        HeaderFault::StatementBeforeSection => {
            "put a line `-- migrate:upgrade` above it".to_owned()
        }
    }
}

pub(super) fn directive_message(fault: &DirectiveFault) -> String {
    match fault {
        DirectiveFault::Word { word, .. } if word.is_empty() => {
            "`-- migrate:` says nothing".to_owned()
        }
        DirectiveFault::Word { word, .. } => format!("no marker says `{word}`"),
        DirectiveFault::Option { word, .. } => {
            format!("`{word}` is neither a dialect nor an option of a section")
        }
        DirectiveFault::Contradiction => {
            "a section has `transaction=off` or `foreign-keys=off`, not both".to_owned()
        }
        DirectiveFault::Spelling => "this is nearly a marker, and would be ignored".to_owned(),
        DirectiveFault::DestroysNothing => "`destroys` does not say what".to_owned(),
    }
}

pub(super) fn directive_helps(fault: &DirectiveFault) -> String {
    match fault {
        DirectiveFault::Word { meant: Some(meant), .. }
        | DirectiveFault::Option { meant: Some(meant), .. } => {
            format!("did you mean `{meant}`?")
        }
        DirectiveFault::Word { .. } => {
            "markers are `-- migrate:upgrade`, `downgrade`, `irreversible <reason>` and `destroys <what>`".to_owned()
        }
        DirectiveFault::Option { .. } => {
            "dialects are `sqlite`, `postgres` and `mysql`; options `transaction=off` and `foreign-keys=off`".to_owned()
        }
        DirectiveFault::Contradiction => {
            "`foreign-keys=off` runs in a transaction of its own".to_owned()
        }
        DirectiveFault::Spelling => {
            "a marker begins in the first column with `-- migrate:`, in lower case".to_owned()
        }
        DirectiveFault::DestroysNothing => {
            "write `-- migrate:destroys <table or column> [reviewed]`".to_owned()
        }
    }
}

pub(super) fn sql_message(fault: &SqlFault) -> String {
    match fault {
        SqlFault::Lexical { error, dialect } => format!("{error} ({dialect})"),
        SqlFault::NotUtf8 => "the file is not UTF-8".to_owned(),
        SqlFault::SectionTwice { direction, dialect } => {
            format!("the {direction}{} stands twice", for_dialect(*dialect))
        }
        SqlFault::DowngradeAndIrreversible => {
            "an irreversible revision has no downgrade statements".to_owned()
        }
        SqlFault::ReadDifferently { direction, dialects: (first, second) } => {
            format!("{first} and {second} read the {direction} differently")
        }
        SqlFault::ConflictMarkers => "a merge was left unfinished here".to_owned(),
    }
}

pub(super) fn sql_helps(fault: &SqlFault) -> String {
    match fault {
        SqlFault::Lexical { error, .. } => lexical_help(*error).to_owned(),
        SqlFault::NotUtf8 => "save the file as UTF-8".to_owned(),
        SqlFault::SectionTwice { .. } => "put the statements into one section".to_owned(),
        SqlFault::DowngradeAndIrreversible => {
            "keep the downgrade, or the line `-- migrate:irreversible <reason>`".to_owned()
        }
        SqlFault::ReadDifferently { direction, dialects: (first, second) } => format!(
            "write it for each: `-- migrate:{direction} {first}` and `-- migrate:{direction} {second}`"
        ),
        SqlFault::ConflictMarkers => "settle the conflict, then: cargo migrate check".to_owned(),
    }
}

fn lexical_help(error: LexErrorKind) -> &'static str {
    match error {
        LexErrorKind::UnterminatedString
        | LexErrorKind::UnterminatedIdentifier
        | LexErrorKind::UnterminatedComment
        | LexErrorKind::UnterminatedDollarQuote => "close it before the section ends",
        LexErrorKind::AmbiguousDirective => "write the statement without the comment around it",
        LexErrorKind::UnterminatedBody => "end the body with `END;`",
        LexErrorKind::CopyFromStdin => "write the rows as `INSERT` statements",
        LexErrorKind::ClientCommand => {
            "write SQL: a client's own commands do not reach the database"
        }
        LexErrorKind::Delimiter => "remove the line: bodies are read whole without it",
        LexErrorKind::NulByte => "remove the byte, or write it as a blob literal",
    }
}

pub(super) fn lock_message(fault: &LockFault) -> String {
    match fault {
        LockFault::Missing => "the folder has no lock".to_owned(),
        LockFault::NotUtf8 => "the lock is not UTF-8".to_owned(),
        LockFault::NewerVersion { found } => {
            format!(
                "the lock has version {found}, this revchain understands {}",
                crate::lock::VERSION
            )
        }
        LockFault::ConflictMarkers { .. } => "the lock has a merge conflict".to_owned(),
        LockFault::Line { .. } => "the lock is not as `cargo migrate` writes it".to_owned(),
        LockFault::Twice { id, .. } => format!("revision `{id}` stands twice in the lock"),
        LockFault::Order { id, parent, .. } => {
            format!("revision `{id}` stands in the lock before `{parent}`, which it revises")
        }
        LockFault::Heads { .. } => "the lock names heads that are none".to_owned(),
    }
}

pub(super) fn lock_helps(fault: &LockFault, path: &str) -> String {
    match fault {
        LockFault::Missing => "write one: cargo migrate init".to_owned(),
        LockFault::NewerVersion { .. } => {
            "use the revchain that wrote it: cargo update -p revchain; cargo install cargo-migrate"
                .to_owned()
        }
        LockFault::ConflictMarkers { .. } => "settle it from both sides: cargo migrate lock\n\
                 or settle it and deal with a second head at once: cargo migrate merge, or rebase"
            .to_owned(),
        LockFault::NotUtf8
        | LockFault::Line { .. }
        | LockFault::Twice { .. }
        | LockFault::Order { .. }
        | LockFault::Heads { .. } => format!(
            "write it again from the files: cargo migrate lock\n\
                 or restore it: git restore {path}"
        ),
    }
}
