//! What can go wrong when a set meets a database.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use revchain_core::checksum::Direction;
use revchain_core::problem::{Place, Problem};
use revchain_core::render::Report as Rendered;
use revchain_core::set::{Revision, Set};
use revchain_core::target::TargetError;
use revchain_core::{Dialect, Target};

use crate::ledger::Applied;
use crate::report::Done;

/// Why a run stopped, and what it had applied before.
///
/// `Display` is one phrase; [`report`](Self::report) and `Debug` are the whole message for people, so that
/// `fn main() -> Result<(), revchain::Error>` prints what helps.
pub struct Error {
    kind: Box<ErrorKind>,
    applied: Vec<Done>,
}

/// The kinds of errors.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The target names nothing, or nothing single.
    Target(TargetError),
    /// The target of a downgrade is not applied.
    NotApplied(String),
    /// `stamp` with a number of steps.
    RelativeStamp(Target),
    /// The set does not serve the database's dialect.
    MissingDialect {
        /// The first revision without a part for it.
        revision: String,
        /// The dialect.
        dialect: Dialect,
    },
    /// A revision to take back is irreversible.
    Irreversible {
        /// Its id.
        revision: String,
        /// Its file.
        path: String,
        /// Its author's reason.
        reason: String,
    },
    /// The caller has a transaction open on the connection.
    OpenTransaction,
    /// The database applied other revisions than these, under the same ids.
    Edited(Vec<LedgerDifference>),
    /// The database has revisions that the set does not know.
    Ahead(Vec<Unknown>),
    /// `verify`: revisions are pending.
    Pending(Vec<Named>),
    /// `verify`: a revision is half done.
    HalfDone(Vec<Named>),
    /// A half-done revision was changed where it was already done.
    ChangedSinceBegun {
        /// The revision.
        revision: Named,
        /// The statement, from 1.
        statement: usize,
    },
    /// `resolve` of a revision that is not half done.
    NotHalfDone(String),
    /// A stored downgrade cannot be read.
    StoredMalformed {
        /// Its row.
        row: Box<Applied>,
        /// What is wrong with it.
        problems: Vec<Problem>,
    },
    /// A stored downgrade is not the one that was stored.
    StoredAltered(Box<Applied>),
    /// A revision to take back by its stored downgrade has none.
    StoredIrreversible(Box<Applied>),
    /// A statement failed.
    Statement(Box<StatementFailure>),
    /// The transaction could not commit: rows refer to rows that are not there.
    ForeignKeys(Vec<Violation>),
    /// A rebuild would leave rows that refer to rows that are not there.
    Rebuild {
        /// The revision.
        revision: Named,
        /// The new violations.
        violations: Vec<Violation>,
    },
    /// The connection does not let foreign keys be switched off.
    ForeignKeysStayOn(Named),
    /// Another run has the database.
    Busy {
        /// How long was waited.
        waited: Duration,
        /// What was waited for.
        doing: &'static str,
        /// The database's words, where it was the database.
        source: Option<Source>,
    },
    /// Rows of the ledger cannot be read.
    MalformedLedger(Vec<String>),
    /// The database refused something that is not a revision's.
    Database {
        /// What was tried.
        doing: &'static str,
        /// The database's words.
        source: Source,
    },
    /// The folder is not what was compiled in.
    Stale {
        /// The folder.
        folder: String,
        /// What differs.
        differences: Vec<String>,
    },
    /// No script can be written for the dialect yet.
    NoScript(Dialect),
}

/// The error of a database's driver.
pub type Source = Box<dyn StdError + Send + Sync>;

/// A revision and its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The id.
    pub revision: String,
    /// The message.
    pub message: String,
    /// The file, as it is shown.
    pub path: String,
}

impl Named {
    pub(crate) fn of(set: &Set, revision: &Revision) -> Self {
        Self {
            revision: revision.id.to_string(),
            message: revision.message.to_string(),
            path: format!("{}/{}", set.folder, revision.path),
        }
    }
}

/// A revision that the database applied in another form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerDifference {
    /// The revision.
    pub revision: Named,
    /// What differs.
    pub direction: Direction,
}

impl LedgerDifference {
    pub(crate) fn of(set: &Set, revision: &Revision, direction: Direction) -> Self {
        Self { revision: Named::of(set, revision), direction }
    }
}

/// A revision that only the database knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The id.
    pub revision: String,
    /// The message.
    pub message: String,
    /// The application that applied it, with its version.
    pub application: String,
}

/// A row that refers to a row that is not there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The table of the row.
    pub table: String,
    /// The row, by its key.
    pub row: String,
    /// The table that it refers to.
    pub parent: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table `{}`, row {} refers to no row of `{}`", self.table, self.row, self.parent)
    }
}

/// A statement that the database refused.
#[derive(Debug)]
pub struct StatementFailure {
    /// The revision.
    pub revision: String,
    /// The way it was going.
    pub direction: Direction,
    /// Where the statement stands; the column is the database's where it gave one.
    pub place: Place,
    /// Whether the database said where in the statement it is.
    pub exact: bool,
    /// The number of the statement in its section, from 1.
    pub number: usize,
    /// How many statements the section has.
    pub total: usize,
    /// Whether the statements before it are kept, because the section runs without a transaction.
    pub kept: bool,
    /// Whether the database was busy.
    pub busy: bool,
    /// The database's words.
    pub source: Source,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, applied: Vec<Done>) -> Self {
        Self { kind: Box::new(kind), applied }
    }

    /// Returns what kind of error it is.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Returns what this run did, and committed, before it stopped.
    #[must_use]
    pub fn applied(&self) -> &[Done] {
        &self.applied
    }

    /// Returns the code that names the kind of error in documentation and `--json`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Returns the exit code of a command that ends with this error: 1 failed, 4 the database is not what the set
    /// expects, 5 try again.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match &*self.kind {
            ErrorKind::Edited(_)
            | ErrorKind::Ahead(_)
            | ErrorKind::Pending(_)
            | ErrorKind::HalfDone(_)
            | ErrorKind::ChangedSinceBegun { .. }
            | ErrorKind::MalformedLedger(_)
            | ErrorKind::StoredMalformed { .. }
            | ErrorKind::StoredAltered(_) => 4,
            ErrorKind::Busy { .. } => 5,
            ErrorKind::Statement(failure) if failure.busy => 5,
            _ => 1,
        }
    }

    /// Returns the whole message: what, where, why and what helps.
    #[must_use]
    pub fn report(&self) -> String {
        let place = match &*self.kind {
            ErrorKind::Statement(failure) => Some(failure.place.clone()),
            _ => self.kind.path().map(Place::file),
        };
        let label = match &*self.kind {
            ErrorKind::Statement(failure) if failure.exact => failure.source.to_string(),
            _ => String::new(),
        };
        Rendered {
            message: &self.kind.to_string(),
            code: self.code(),
            place: place.as_ref(),
            label: &label,
            notes: &self.notes(),
            helps: &self.kind.helps(),
        }
        .to_string()
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.kind.notes();
        if let Some(last) = self.applied.last() {
            let count = self.applied.len();
            let done = if count == 1 {
                "revision is done and stays"
            } else {
                "revisions are done and stay"
            };
            notes.push(format!("{count} {done} so, the last `{}`", last.revision));
        }
        notes
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match &*self.kind {
            ErrorKind::Statement(failure) => match failure.place.position {
                Some(position) => write!(f, " ({}:{position})", failure.place.path),
                None => write!(f, " ({})", failure.place.path),
            },
            kind => kind.path().map_or(Ok(()), |path| write!(f, " ({path})")),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.kind {
            ErrorKind::Target(error) => Some(error),
            ErrorKind::Statement(failure) => Some(&*failure.source),
            ErrorKind::Database { source, .. } | ErrorKind::Busy { source: Some(source), .. } => {
                Some(&**source)
            }
            _ => None,
        }
    }
}

impl From<TargetError> for ErrorKind {
    fn from(error: TargetError) -> Self {
        Self::Target(error)
    }
}

impl ErrorKind {
    fn code(&self) -> &'static str {
        match self {
            Self::Target(_) => "target",
            Self::NotApplied(_) => "not-applied",
            Self::RelativeStamp(_) => "relative-stamp",
            Self::MissingDialect { .. } => "missing-dialect",
            Self::Irreversible { .. } => "irreversible",
            Self::OpenTransaction => "open-transaction",
            Self::Edited(_) => "edited-revision",
            Self::Ahead(_) => "ahead",
            Self::Pending(_) => "pending",
            Self::HalfDone(_) => "half-done",
            Self::ChangedSinceBegun { .. } => "changed-since-begun",
            Self::NotHalfDone(_) => "not-half-done",
            Self::StoredMalformed { .. } => "stored-malformed",
            Self::StoredAltered(_) => "stored-altered",
            Self::StoredIrreversible(_) => "stored-irreversible",
            Self::Statement(_) => "statement",
            Self::ForeignKeys(_) => "foreign-keys",
            Self::Rebuild { .. } => "rebuild",
            Self::ForeignKeysStayOn(_) => "foreign-keys-stay-on",
            Self::Busy { .. } => "busy",
            Self::MalformedLedger(_) => "malformed-ledger",
            Self::Database { .. } => "database",
            Self::Stale { .. } => "stale",
            Self::NoScript(_) => "no-script",
        }
    }

    /// Returns the file that the error is about.
    fn path(&self) -> Option<&str> {
        match self {
            Self::Irreversible { path, .. } => Some(path),
            Self::Edited(differences) => differences.first().map(|d| d.revision.path.as_str()),
            Self::HalfDone(revisions) => revisions.first().map(|named| named.path.as_str()),
            Self::ChangedSinceBegun { revision, .. }
            | Self::Rebuild { revision, .. }
            | Self::ForeignKeysStayOn(revision) => Some(&revision.path),
            _ => None,
        }
    }

    fn notes(&self) -> Vec<String> {
        match self {
            Self::Irreversible { reason, .. } => vec![format!("its author says: {reason}")],
            Self::Edited(differences) => {
                let line = |difference: &LedgerDifference| {
                    let Named { revision, path, .. } = &difference.revision;
                    format!("the {} of `{revision}` ({path})", difference.direction)
                };
                differences.iter().map(line).collect()
            }
            Self::Ahead(unknown) => {
                let line = |unknown: &Unknown| {
                    let Unknown { revision, message, application } = unknown;
                    format!("`{revision}` {message}, applied by {application}")
                };
                unknown.iter().map(line).collect()
            }
            Self::Pending(revisions) | Self::HalfDone(revisions) => {
                let line = |named: &Named| format!("`{}` {}", named.revision, named.message);
                revisions.iter().map(line).collect()
            }
            Self::StoredMalformed { problems, .. } => {
                problems.iter().map(ToString::to_string).collect()
            }
            Self::Statement(failure) => {
                let mut notes = Vec::new();
                if !failure.exact {
                    let StatementFailure { number, total, source, .. } = &**failure;
                    notes.push(format!("statement {number} of {total}: {source}"));
                }
                if failure.kept {
                    let before = match failure.number - 1 {
                        0 => "no statement was done before it".to_owned(),
                        1 => "statement 1 stays done".to_owned(),
                        last => format!("statements 1 to {last} stay done"),
                    };
                    notes.push(format!("{before}: the section says `transaction=off`"));
                } else {
                    notes.push("its transaction was rolled back: nothing of it is left".to_owned());
                }
                notes
            }
            Self::ForeignKeys(violations) | Self::Rebuild { violations, .. } => {
                let mut notes: Vec<String> =
                    violations.iter().take(8).map(ToString::to_string).collect();
                if violations.len() > 8 {
                    notes.push(format!("and {} more", violations.len() - 8));
                }
                notes
            }
            Self::Busy { source: Some(source), .. } | Self::Database { source, .. } => {
                vec![source.to_string()]
            }
            Self::MalformedLedger(ids) => {
                ids.iter().map(|id| format!("the row of `{id}`")).collect()
            }
            Self::Stale { differences, .. } => differences.clone(),
            _ => Vec::new(),
        }
    }

    fn helps(&self) -> Vec<String> {
        let help = |text: &str| vec![text.to_owned()];
        match self {
            Self::Target(error) => vec![error.help()],
            Self::NotApplied(_) => help("see what is applied: cargo migrate current --verbose"),
            Self::RelativeStamp(_) => help("name the revision: cargo migrate stamp <revision>"),
            Self::MissingDialect { dialect, .. } => vec![format!(
                "write its section for {dialect}, then: cargo migrate set dialects … {dialect}"
            )],
            Self::Irreversible { .. } => {
                help("restore a backup, or go forward: cargo migrate new \"<what mends it>\"")
            }
            Self::OpenTransaction => help("commit or roll back before the run: it begins its own"),
            Self::Edited(_) => vec![
                "see what was edited: cargo migrate check".to_owned(),
                "a revision of your own that nobody has: cargo migrate amend".to_owned(),
                "otherwise this binary is not the one that the database belongs to".to_owned(),
            ],
            Self::Ahead(_) => vec![
                "run the newer version of the application".to_owned(),
                "or let a rolling deploy pass when nothing of its own is pending: REVCHAIN_AHEAD=allow".to_owned(),
                "or take them back with the downgrades that the database stored: cargo migrate downgrade head --stored".to_owned(),
            ],
            Self::Pending(_) => help("apply them: cargo migrate upgrade head"),
            Self::HalfDone(_) => help("finish it: cargo migrate upgrade head"),
            Self::ChangedSinceBegun { revision: named, .. } => vec![
                "restore the statements that are done: the rest may change".to_owned(),
                format!("or finish it by hand, then: cargo migrate resolve {} --applied", named.revision),
                format!("or undo it by hand, then: cargo migrate resolve {} --reverted", named.revision),
            ],
            Self::NotHalfDone(_) => help("see where the database is: cargo migrate status"),
            Self::StoredMalformed { row, .. } | Self::StoredAltered(row) => {
                vec![format!("{} can take it back, it applied it", row.application)]
            }
            Self::StoredIrreversible(row) => {
                vec![format!("restore a backup, or go forward with {}", row.application)]
            }
            Self::Statement(failure) if failure.busy => help("try again"),
            Self::Statement(failure) if failure.kept => vec![
                "mend the statement and run again: the run goes on there".to_owned(),
                format!("or undo it by hand, then: cargo migrate resolve {} --reverted", failure.revision),
            ],
            Self::Statement(_) => help("mend the statement and run again"),
            Self::ForeignKeys(_) | Self::Rebuild { .. } => {
                help("let the revision delete or mend these rows")
            }
            Self::ForeignKeysStayOn(_) => {
                help("run it on a connection of its own, without an open statement or authorizer")
            }
            Self::Busy { .. } => help("try again when the other run has ended"),
            Self::MalformedLedger(_) => help("restore the ledger from a backup"),
            Self::Database { .. } => Vec::new(),
            Self::Stale { .. } => help("build again: the folder has changed since"),
            Self::NoScript(_) => help("name the dialect: --dialect sqlite"),
        }
    }
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
            Self::Busy { waited, doing, .. } => {
                write!(f, "another run has the database: waited {} s {doing}", waited.as_secs())
            }
            Self::MalformedLedger(_) => f.write_str("rows of the ledger cannot be read"),
            Self::Database { doing, .. } => write!(f, "the database refused {doing}"),
            Self::Stale { folder, .. } => {
                write!(f, "the folder `{folder}` is not what was compiled in")
            }
            Self::NoScript(dialect) => {
                write!(f, "this version does not write scripts for {dialect}")
            }
        }
    }
}

#[cfg(test)]
mod tests;
