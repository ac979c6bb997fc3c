//! The words of each kind of error: the one place where they stand.

use std::fmt;

use revchain_core::checksum::Direction;
use revchain_core::rust::Driver;
use revchain_core::text::{holds, joined};

use super::{ErrorKind, LedgerDifference, MayBeDone, Named, StatementFailure, Unknown};

impl ErrorKind {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Target(_) => "target",
            Self::NotApplied(_) => "not-applied",
            Self::RelativeStamp(_) => "relative-stamp",
            Self::MissingDialect { .. } => "missing-dialect",
            Self::Irreversible { .. } => "irreversible",
            Self::OpenTransaction => "open-transaction",
            Self::Edited(_) => "edited-revision",
            Self::Ahead(_) => "ahead",
            Self::PartlyReplaced(_) => "partly-replaced",
            Self::Replaced { .. } => "replaced",
            Self::Pruned { .. } => "pruned",
            Self::Pending(_) => "pending",
            Self::HalfDone(_) => "half-done",
            Self::ChangedSinceBegun { .. } => "changed-since-begun",
            Self::MayBeDone(_) => "may-be-done",
            Self::NotHalfDone(_) => "not-half-done",
            Self::StoredMalformed { .. } => "stored-malformed",
            Self::StoredAltered(_) => "stored-altered",
            Self::StoredIrreversible(_) => "stored-irreversible",
            Self::StoredRust(_) => "stored-rust",
            Self::WrittenInRust(_) => "written-in-rust",
            Self::NoFunction { .. } => "no-function",
            Self::NotSql(_) => "not-sql",
            Self::Function(_) => "function",
            Self::EndedTransaction { .. } => "ended-transaction",
            Self::Statement(_) => "statement",
            Self::ForeignKeys(_) => "foreign-keys",
            Self::Rebuild { .. } => "rebuild",
            Self::ForeignKeysStayOn(_) => "foreign-keys-stay-on",
            Self::Busy { .. } => "busy",
            Self::LockLost => "lock-lost",
            Self::Pooler => "pooler",
            Self::Unreachable { .. } => "unreachable",
            Self::History(_) => "history",
            Self::MalformedLedger(_) => "malformed-ledger",
            Self::Database { .. } => "database",
            Self::Backup { .. } => "backup",
            Self::BackupExists(_) => "backup-exists",
            Self::Stale { .. } => "stale",
        }
    }

    /// Returns the file that the error is about.
    pub(super) fn path(&self) -> Option<&str> {
        match self {
            Self::Irreversible { path, .. } => Some(path),
            Self::Edited(differences) => differences.first().map(|d| d.revision.path.as_str()),
            Self::HalfDone(revisions) => revisions.first().map(|named| named.path.as_str()),
            Self::ChangedSinceBegun { revision, .. }
            | Self::Rebuild { revision, .. }
            | Self::Replaced { by: revision, .. }
            | Self::Pruned { by: revision, .. }
            | Self::WrittenInRust(revision)
            | Self::NoFunction { revision, .. }
            | Self::NotSql(revision)
            | Self::EndedTransaction { revision, .. }
            | Self::Unreachable { revision: Some(revision), .. }
            | Self::ForeignKeysStayOn(revision) => Some(&revision.path),
            Self::PartlyReplaced(partly) => Some(&partly.by.path),
            _ => None,
        }
    }

    pub(super) fn notes(&self) -> Vec<String> {
        match self {
            Self::Irreversible { reason, .. } => vec![format!("its author says: {reason}")],
            Self::Edited(differences) => {
                let line = |difference: &LedgerDifference| {
                    let Named { revision, path, .. } = &difference.revision;
                    match difference.revised.as_deref() {
                        None => format!("the {} of `{revision}` ({path})", difference.direction),
                        Some([]) => {
                            format!("`{revision}` revised `base` when it was applied ({path})")
                        }
                        Some(parents) => {
                            let parents = joined(parents, "`, `");
                            format!("`{revision}` revised `{parents}` when it was applied ({path})")
                        }
                    }
                };
                lines(differences, line)
            }
            Self::PartlyReplaced(partly) => {
                let ids = |ids: &[String]| format!("`{}`", joined(ids, "`, `"));
                vec![format!("it has {}, and lacks {}", ids(&partly.has), ids(&partly.lacks))]
            }
            Self::Ahead(unknown) | Self::Pruned { rows: unknown, .. } => {
                let line = |unknown: &Unknown| {
                    let Unknown { revision, message, application } = unknown;
                    format!("`{revision}` {message}, applied by {application}")
                };
                lines(unknown, line)
            }
            Self::Pending(revisions) | Self::HalfDone(revisions) => {
                let line = |named: &Named| format!("`{}` {}", named.revision, named.message);
                lines(revisions, line)
            }
            Self::StoredMalformed { problems, .. } => lines(problems, ToString::to_string),
            Self::Statement(failure) => {
                let StatementFailure { number, total, source, .. } = &**failure;
                if failure.exact {
                    return Vec::new();
                }
                vec![format!("statement {number} of {total}: {source}")]
            }
            Self::Function(failure) => {
                let mut notes = vec![failure.source.to_string()];
                let mut cause = failure.source.source();
                while let Some(source) = cause {
                    let words = source.to_string();
                    // Many an error says what its source says.
                    if notes.iter().all(|note| !holds(note, &words)) {
                        notes.push(format!("because: {words}"));
                    }
                    cause = source.source();
                }
                notes
            }
            Self::EndedTransaction { .. } => vec![
                "what was done before the end of the transaction stays, and the ledger does not have this revision".to_owned(),
            ],
            Self::ForeignKeys(violations) | Self::Rebuild { violations, .. } => {
                let shown = &violations[..violations.len().min(8)];
                let mut notes = lines(shown, ToString::to_string);
                if violations.len() > 8 {
                    notes.push(format!("and {} more", violations.len() - 8));
                }
                notes
            }
            Self::Busy { source: Some(source), .. }
            | Self::Database { source, .. }
            | Self::Unreachable { source, .. }
            | Self::Backup { source, .. } => vec![source.to_string()],
            Self::MayBeDone(function) if function.total == 0 => vec![
                "it was begun and never noted as done: the run or the connection was cut, or it failed behind a change of a table"
                    .to_owned(),
            ],
            Self::MayBeDone(statement) => vec![
                "it was begun and never noted as done: the server stopped, or the connection was cut".to_owned(),
                match statement.number - 1 {
                    0 => "no statement was done before it".to_owned(),
                    1 => "statement 1 is done".to_owned(),
                    last => format!("statements 1 to {last} are done"),
                },
            ],
            Self::History(misfit) => misfit.notes(),
            Self::MalformedLedger(ids) => lines(ids, |id| format!("the row of `{id}`")),
            Self::Stale { differences, .. } => differences.clone(),
            _ => Vec::new(),
        }
    }

    /// Returns what is left of a statement's revision, where the database was not put back as a whole.
    pub(super) fn left(&self) -> Option<String> {
        let failure = match self {
            Self::Statement(failure) => failure,
            Self::Function(failure) if failure.half_done => {
                return Some(
                    "it changed a table, which ends the transaction: what it did until then stays"
                        .to_owned(),
                );
            }
            Self::Function(failure) if failure.kept => {
                return Some("it ended its transaction: what it did before that stays".to_owned());
            }
            Self::Function(_) => {
                return Some("its transaction was rolled back: nothing of it is left".to_owned());
            }
            _ => return None,
        };
        if !failure.kept {
            return Some("its transaction was rolled back: nothing of it is left".to_owned());
        }
        let before = match failure.number - 1 {
            0 => "no statement was done before it".to_owned(),
            1 => "statement 1 stays done".to_owned(),
            last => format!("statements 1 to {last} stay done"),
        };
        Some(format!("{before}: each statement of the section commits by itself"))
    }

    /// Returns what helps, a line each.
    pub(super) fn helps(&self) -> String {
        let help = |text: &str| text.to_owned();
        match self {
            Self::Target(error) => error.help(),
            Self::NotApplied(_) => help("see what is applied: cargo migrate current --verbose"),
            Self::RelativeStamp(_) => help("name the revision: cargo migrate stamp <revision>"),
            Self::MissingDialect { dialect, .. } => format!(
                "write its section for {dialect}, then: cargo migrate set dialects … {dialect}"),
            Self::Irreversible { .. } => {
                help("restore a backup, or go forward: cargo migrate new \"<what mends it>\"")
            }
            Self::OpenTransaction => help("commit or roll back before the run: it begins its own"),
            Self::Edited(_) => "see what was edited: cargo migrate check\n\
                 edited or moved by a rebase: bring this database along: cargo migrate amend\n\
                 otherwise this binary is not the one that the database belongs to".to_owned(),
            Self::Ahead(_) => "run the newer version of the application\n\
                 or let a rolling deploy pass when nothing of its own is pending: REVCHAIN_AHEAD=allow\n\
                 or take them back with the downgrades that the database stored: cargo migrate downgrade head --stored".to_owned(),
            Self::PartlyReplaced(partly) => match &partly.last {
                Some(last) => format!(
                    "take it to the end of what is replaced: cargo migrate upgrade {last}\n\
                 then go on: cargo migrate upgrade"),
                None => format!(
                    "their files are gone: upgrade with a version that has them, as {}, then with this one", joined(&partly.applications, " or ")),
            },
            Self::Replaced { by, .. } => {
                format!("go to what stands for it: cargo migrate downgrade {}", by.revision)
            }
            Self::Pruned { .. } => {
                "take them back with the downgrades that the database stored: add --stored".to_owned()
            }
            Self::Pending(_) => help("apply them: cargo migrate upgrade"),
            Self::HalfDone(_) => help("finish it: cargo migrate upgrade"),
            Self::ChangedSinceBegun { revision: named, .. } => format!(
                "restore the statements that are done: the rest may change\n\
                 or finish it by hand, then: cargo migrate resolve {} --applied\n\
                 or undo it by hand, then: cargo migrate resolve {} --reverted", named.revision, named.revision),
            Self::MayBeDone(statement) => {
                let [here, not_here] = resolutions(statement.direction);
                let MayBeDone { revision, direction, .. } = &**statement;
                format!("see whether the database has what it does\n\
                 finish the {direction} by hand, then: cargo migrate resolve {revision} {here}\n\
                 or undo it by hand, then: cargo migrate resolve {revision} {not_here}")
            }
            Self::NotHalfDone(_) => help("see where the database is: cargo migrate status"),
            Self::StoredMalformed { row, .. } | Self::StoredAltered(row) => {
                format!("{} can take it back, it applied it", row.application)
            }
            Self::StoredIrreversible(row) => {
                format!("restore a backup, or go forward with {}", row.application)
            }
            Self::StoredRust(row) => format!(
                "take it back with {}, which applied it and has its function", row.application),
            Self::WrittenInRust(_) =>
                "run it by the project's own binary: cargo run --bin migrate -- upgrade\n\
                 without one yet: cargo migrate init --runner".to_owned(),
            Self::NoFunction { driver, direction, .. } => format!(
                "write a function `{direction}_{}` that takes `{}`\n\
                 where it is there: build revchain with the feature `{}`", driver.name(), driver.parameter(), feature(*driver)),
            Self::NotSql(revision) => format!(
                "write the SQL of what stands before it: name the range that ends below `{}`\n\
                 then run it by the project's own binary: cargo run --bin migrate -- upgrade {}", revision.revision, revision.revision),
            Self::Function(failure) if failure.busy => help("try again"),
            Self::Function(failure) if failure.half_done => {
                let id = &failure.revision;
                let [here, not_here] = resolutions(failure.direction);
                format!("finish the {} by hand, then: cargo migrate resolve {id} {here}\n\
                 or undo it by hand, then: cargo migrate resolve {id} {not_here}", failure.direction)
            }
            Self::Function(failure) if failure.kept => {
                help("leave the transaction open, and undo by hand what is left before the next run")
            }
            Self::Function(_) => help("mend the function and run again"),
            Self::EndedTransaction { function, .. } => format!(
                "leave the transaction open in `{function}`: the runtime begins and commits\n\
                 undo by hand what is left before the next run"),
            Self::Statement(failure) if failure.busy => help("try again"),
            Self::Statement(failure) if failure.kept => format!(
                "mend the statement and run again: the run goes on there\n\
                 or undo it by hand, then: cargo migrate resolve {} --reverted", failure.revision),
            Self::Statement(failure) => help(match &*failure.source.to_string() {
                // SQLite's words (sqlite.org, "Result and Error Codes": SQLITE_READONLY, SQLITE_FULL): no statement is at fault.
                words if holds(words, "attempt to write a readonly database") => {
                    "let this user write the file and its folder, and run again: the statement is sound"
                }
                words if holds(words, "database or disk is full") => {
                    "make room on the disk, or raise `max_page_count`, and run again: the statement is sound"
                }
                _ => "mend the statement and run again",
            }),
            Self::ForeignKeys(_) | Self::Rebuild { .. } => {
                help("let the revision delete or mend these rows")
            }
            Self::ForeignKeysStayOn(_) => {
                help("run it on a connection of its own, without an open statement or authorizer")
            }
            Self::Busy { doing: "to commit", .. } => {
                help("end what reads the database, and run again; in WAL mode no reader is in the way")
            }
            Self::Busy { .. } => help("try again when the other run has ended"),
            Self::LockLost => help("run again: what this run had not committed, nobody has"),
            Self::Pooler => "connect to the server itself\n\
                 or say that a pooler is there: `.pooler(Pooler::Transaction)`".to_owned(),
            Self::Unreachable { .. } => {
                help("run again when it can be reached: the ledger says what is done")
            }
            Self::History(misfit) => misfit.helps(),
            Self::MalformedLedger(_) => help("restore the ledger from a backup"),
            Self::Database { source, .. } => missing_schema(&source.to_string()),
            Self::Backup { .. } => help("nothing was begun: mend what the note says, or leave the backup out and copy the database yourself"),
            Self::BackupExists(path) => {
                format!("name another file, or remove it: rm \"{}\"", path.display())
            }
            Self::Stale { .. } => help("build again: the folder has changed since"),
        }
    }
}

/// Returns what helps where the schema of the ledger is not there (`history` in the lock): whose it is, and who may use it, is
/// not ours to choose.
fn missing_schema(words: &str) -> String {
    let between = |before: &str, after: &str| words.split_once(before)?.1.split_once(after);
    let (kind, name) =
        match (between("schema \"", "\" does not exist"), between("Unknown database '", "'")) {
            (Some((name, _)), _) => ("SCHEMA", format!("\"{name}\"")),
            (None, Some((name, _))) => ("DATABASE", format!("`{name}`")),
            (None, None) => return String::new(),
        };
    format!(
        "make it, for the lock puts the ledger there: CREATE {kind} {name}\n\
         or let the ledger stand beside the tables: cargo migrate set history revchain_revisions"
    )
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(error) => error.fmt(f),
            Self::NotApplied(id) => write!(f, "revision `{id}` is not applied"),
            Self::RelativeStamp(target) => write!(f, "`{target}` cannot be stamped"),
            Self::MissingDialect { revision, dialect } => {
                write!(f, "revision `{revision}` has no part for {dialect}")
            }
            Self::Irreversible { revision, .. } => {
                write!(f, "revision `{revision}` is irreversible")
            }
            Self::OpenTransaction => f.write_str("the connection has a transaction open"),
            Self::Edited(differences) => {
                let count = differences.len();
                let what = if count == 1 { "revision" } else { "revisions" };
                write!(f, "the database applied {count} {what} in another form")
            }
            Self::Ahead(unknown) => {
                let count = unknown.len();
                let what = if count == 1 { "revision" } else { "revisions" };
                write!(f, "the database has {count} {what} that this set does not know")
            }
            Self::PartlyReplaced(partly) => {
                write!(
                    f,
                    "the database has a part of what revision `{}` replaces",
                    partly.by.revision
                )
            }
            Self::Replaced { replaced, by } => write!(
                f,
                "revision `{replaced}` is replaced by `{}`, which this database ran",
                by.revision
            ),
            Self::Pruned { by, .. } => {
                write!(f, "what revision `{}` replaces has no files any more", by.revision)
            }
            Self::Pending(revisions) => {
                let count = revisions.len();
                let what = if count == 1 { "revision is" } else { "revisions are" };
                write!(f, "{count} {what} pending")
            }
            Self::HalfDone(revisions) => {
                let id = revisions.first().map_or("", |named| &named.revision);
                write!(f, "revision `{id}` is half done")
            }
            Self::ChangedSinceBegun { revision, statement } => write!(
                f,
                "revision `{}` is half done, and its statement {statement} was changed since",
                revision.revision
            ),
            Self::MayBeDone(function) if function.total == 0 => write!(
                f,
                "nobody knows how far the {} of revision `{}` came",
                function.direction, function.revision
            ),
            Self::MayBeDone(statement) => {
                let MayBeDone { revision, direction, number, total, .. } = &**statement;
                write!(
                    f,
                    "nobody knows whether statement {number} of {total} of the {direction} of revision `{revision}` was done"
                )
            }
            Self::NotHalfDone(id) => write!(f, "revision `{id}` is not half done"),
            Self::StoredMalformed { row, .. } => {
                write!(f, "the stored downgrade of `{}` cannot be read", row.revision)
            }
            Self::StoredAltered(row) => {
                write!(
                    f,
                    "the stored downgrade of `{}` is not the one that was sealed",
                    row.revision
                )
            }
            Self::StoredIrreversible(row) => {
                write!(f, "revision `{}` is irreversible, as the database stored it", row.revision)
            }
            Self::StoredRust(row) => {
                write!(
                    f,
                    "revision `{}` is written in Rust, and is not in this program",
                    row.revision
                )
            }
            Self::WrittenInRust(named) => {
                write!(
                    f,
                    "revision `{}` is written in Rust, and was not compiled in",
                    named.revision
                )
            }
            Self::NoFunction { revision, driver, direction } => write!(
                f,
                "revision `{}` has no {direction} for a connection of {driver}",
                revision.revision
            ),
            Self::NotSql(named) => {
                write!(f, "revision `{}` is written in Rust: there is no SQL of it", named.revision)
            }
            Self::Function(failure) => {
                write!(
                    f,
                    "function `{}` of revision `{}` failed",
                    failure.function, failure.revision
                )
            }
            Self::EndedTransaction { revision, function } => write!(
                f,
                "function `{function}` of revision `{}` ended the transaction that it ran in",
                revision.revision
            ),
            Self::Statement(failure) => {
                write!(f, "the {} of revision `{}` failed", failure.direction, failure.revision)
            }
            Self::ForeignKeys(_) => f.write_str("rows refer to rows that are not there"),
            Self::Rebuild { revision, .. } => write!(
                f,
                "revision `{}` would leave rows that refer to rows that are not there",
                revision.revision
            ),
            Self::ForeignKeysStayOn(named) => {
                write!(f, "foreign keys cannot be switched off for revision `{}`", named.revision)
            }
            // A commit waits for readers alone: whoever else writes was waited for when the transaction began.
            Self::Busy { waited, doing: "to commit", .. } => {
                write!(f, "somebody reads the database: waited {} s to commit", waited.as_secs())
            }
            Self::Busy { waited, doing, .. } => {
                write!(f, "another run has the database: waited {} s {doing}", waited.as_secs())
            }
            Self::LockLost => f.write_str("another run has taken the run lock"),
            Self::Pooler => {
                f.write_str("the session changes between transactions, as behind a pooler")
            }
            Self::Unreachable { revision: Some(named), .. } => write!(
                f,
                "the connection to the database was lost at revision `{}`",
                named.revision
            ),
            Self::Unreachable { revision: None, .. } => {
                f.write_str("the database cannot be reached")
            }
            Self::History(misfit) => {
                let (tool, table) = (misfit.history.tool(), &misfit.table);
                write!(f, "the history of {tool} in `{table}` cannot be adopted")
            }
            Self::MalformedLedger(_) => f.write_str("rows of the ledger cannot be read"),
            Self::Database { doing, .. } => write!(f, "the database refused {doing}"),
            Self::Backup { path: Some(path), .. } => {
                write!(f, "the database could not be copied to `{}`", path.display())
            }
            Self::Backup { path: None, .. } => f.write_str("the database could not be copied"),
            Self::BackupExists(path) => {
                write!(f, "the backup `{}` is there already", path.display())
            }
            Self::Stale { folder, .. } => {
                write!(f, "the folder `{folder}` is not what was compiled in")
            }
        }
    }
}

/// Returns how a revision is settled that was on its way: where it came to the end, and where it is as before.
fn resolutions(direction: Direction) -> [&'static str; 2] {
    match direction {
        Direction::Upgrade => ["--applied", "--reverted"],
        Direction::Downgrade => ["--reverted", "--applied"],
    }
}

/// Returns the feature of revchain that has a driver.
fn feature(driver: Driver) -> &'static str {
    match driver {
        Driver::Rusqlite => "rusqlite",
        Driver::SqlxSqlite => "sqlx-sqlite",
        Driver::Postgres => "sqlx-postgres",
        Driver::Mysql => "sqlx-mysql",
    }
}

/// Returns a line for each.
fn lines<T>(all: &[T], line: fn(&T) -> String) -> Vec<String> {
    let mut lines = Vec::with_capacity(all.len());
    for one in all {
        lines.push(line(one));
    }
    lines
}
