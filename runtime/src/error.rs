//! What can go wrong when a set meets a database.

mod facts;
mod restored;
#[cfg(test)]
mod tests;
mod words;

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use revchain_core::checksum::Direction;
use revchain_core::problem::{Place, Problem};
use revchain_core::render::Report as Rendered;
use revchain_core::render::lines;
use revchain_core::rust::Driver;
use revchain_core::target::TargetError;
use revchain_core::{Dialect, Target};

use crate::adoption::HistoryMisfit;
use crate::ledger::Applied;
use crate::report::Done;
pub use facts::{
    FunctionFailure, LedgerDifference, MayBeDone, Named, PartlyReplaced, StatementFailure, Unknown,
    Violation,
};
pub use restored::Restored;

/// Why a run stopped, and what it had applied before.
///
/// `Display` is one phrase; [`report`](Self::report) and `Debug` are the whole message for people, so that
/// `fn main() -> Result<(), revchain::Error>` prints what helps.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::Target;
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// connection.execute_batch("BEGIN")?;
/// let error = MIGRATIONS.upgrade(Target::Head).run(&mut connection).unwrap_err();
/// assert_eq!(error.to_string(), "the connection has a transaction open");
/// assert!(format!("{error:?}").contains("= help: commit or roll back before the run"));
/// # Ok(())
/// # }
/// ```
pub struct Error {
    kind: Box<ErrorKind>,
    applied: Vec<Done>,
    restored: Option<Box<Restored>>,
}

/// The kinds of errors.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::{ErrorKind, Target};
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// let error = MIGRATIONS.verify().run(&mut connection).unwrap_err();
/// assert!(matches!(error.kind(), ErrorKind::Pending(revisions) if revisions.len() == 3));
/// # Ok(())
/// # }
/// ```
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
    /// The database has a part of what a revision replaces.
    PartlyReplaced(Box<PartlyReplaced>),
    /// The target of a downgrade is replaced, and the database ran what replaces it.
    Replaced {
        /// The target.
        replaced: String,
        /// What replaces it.
        by: Named,
    },
    /// What a revision replaces is to be taken back, and has no files any more.
    Pruned {
        /// The revision.
        by: Named,
        /// What is to be taken back.
        rows: Vec<Unknown>,
    },
    /// `verify`: revisions are pending.
    Pending(Vec<Named>),
    /// `verify`, `stamp` and stored downgrades: a revision is half done.
    HalfDone(Vec<Named>),
    /// A half-done revision was changed where it was already done.
    ChangedSinceBegun {
        /// The revision.
        revision: Named,
        /// The statement, from 1.
        statement: usize,
    },
    /// A statement of a half-done revision was begun, and nobody knows whether it was done: the server stopped, or the
    /// connection was cut, before that could be written.
    MayBeDone(Box<MayBeDone>),
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
    /// A revision to take back by its stored downgrade is written in Rust, and this program does not have it.
    StoredRust(Box<Applied>),
    /// A revision is written in Rust, and this program loaded the set from a folder.
    WrittenInRust(Named),
    /// A revision written in Rust has no function for the connection that it is run on.
    NoFunction {
        /// The revision.
        revision: Named,
        /// Whose connection it is.
        driver: Driver,
        /// What the function would do.
        direction: Direction,
    },
    /// `--sql` of a revision written in Rust.
    NotSql(Named),
    /// The function of a revision failed.
    Function(Box<FunctionFailure>),
    /// The function of a revision ended the transaction that it ran in.
    EndedTransaction {
        /// The revision.
        revision: Named,
        /// The function.
        function: String,
    },
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
    /// Another run has taken the run lock: this one had not renewed it in time.
    LockLost,
    /// The session is not the one that took the run lock: a pooler gives each transaction another one.
    Pooler,
    /// A server cannot be reached, or the connection to it has ended.
    Unreachable {
        /// What the run was doing, where it had begun.
        revision: Option<Named>,
        /// The words of the driver, or the server's last ones.
        source: Source,
    },
    /// What another tool's table says cannot be adopted.
    History(Box<HistoryMisfit>),
    /// Rows of the ledger cannot be read.
    MalformedLedger(Vec<String>),
    /// The database refused something that is not a revision's.
    Database {
        /// What was tried.
        doing: &'static str,
        /// The database's words.
        source: Source,
    },
    /// The database could not be copied before the run: nothing was begun.
    Backup {
        /// The copy's file; none in memory.
        path: Option<PathBuf>,
        /// The words of the database, or of the system.
        source: Source,
    },
    /// The file that the backup is to be written to is there already.
    BackupExists(PathBuf),
    /// The folder is not what was compiled in.
    Stale {
        /// The folder.
        folder: String,
        /// What differs.
        differences: Vec<String>,
    },
}

/// The error of a database's driver.
pub type Source = Box<dyn StdError + Send + Sync>;

/// Finds an error of a driver in another, which it may be the cause of.
pub(crate) fn find<'e, E: StdError + 'static>(
    error: &'e (dyn StdError + Send + Sync + 'static),
) -> Option<&'e E> {
    let mut next: Option<&'e (dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, applied: Vec<Done>) -> Self {
        Self { kind: Box::new(kind), applied, restored: None }
    }

    /// Says that the run was in a database that was made for it alone, and goes away: what a statement left is no matter.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # connection.execute_batch("CREATE TABLE books (id INTEGER PRIMARY KEY)")?;
    /// let error = MIGRATIONS.upgrade(Target::Head).run(&mut connection).unwrap_err().in_scratch();
    /// assert!(error.report().contains("no other was touched"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn in_scratch(self) -> Self {
        match *self.kind {
            ErrorKind::Statement(_) | ErrorKind::Function(_) | ErrorKind::MayBeDone(_) => {
                self.with_restored(Some(Restored::Scratch))
            }
            _ => self,
        }
    }

    pub(crate) fn with_restored(mut self, restored: Option<Restored>) -> Self {
        self.restored = restored.map(Box::new);
        self
    }

    /// Returns what kind of error it is.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::{ErrorKind, Target};
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # connection.execute_batch("CREATE TABLE books (id INTEGER PRIMARY KEY)")?;
    /// let error = MIGRATIONS.upgrade(Target::Head).run(&mut connection).unwrap_err();
    /// let ErrorKind::Statement(failure) = error.kind() else { panic!("{error:?}") };
    /// assert_eq!((failure.number, failure.total), (1, 1));
    /// assert_eq!(failure.place.position.unwrap().line.get(), 8);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Returns what this run did, and committed, before it stopped.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # connection.execute_batch("CREATE TABLE books (id INTEGER PRIMARY KEY)")?;
    /// let error = MIGRATIONS.upgrade(Target::Head).run(&mut connection).unwrap_err();
    /// assert!(error.applied().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn applied(&self) -> &[Done] {
        &self.applied
    }

    /// Returns what became of the database, where an `amend` failed that no one transaction could hold; nothing where a
    /// transaction was rolled back.
    ///
    /// [`Restored`] has an example.
    #[must_use]
    pub fn restored(&self) -> Option<&Restored> {
        self.restored.as_deref()
    }

    /// Returns the code that names the kind of error in documentation and `--json`.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// let error = MIGRATIONS.upgrade("beef".parse()?).run(&mut connection).unwrap_err();
    /// assert_eq!(error.code(), "target");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Returns the exit code of a command that ends with this error: 1 failed, 4 the database is not what the set
    /// expects, 5 try again.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// let error = MIGRATIONS.verify().run(&mut connection).unwrap_err();
    /// assert_eq!(error.exit_code(), 4);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    #[inline]
    pub fn exit_code(&self) -> u8 {
        match &*self.kind {
            ErrorKind::Edited(_)
            | ErrorKind::Ahead(_)
            | ErrorKind::PartlyReplaced(_)
            | ErrorKind::Pending(_)
            | ErrorKind::HalfDone(_)
            | ErrorKind::ChangedSinceBegun { .. }
            | ErrorKind::MayBeDone(_)
            | ErrorKind::History(_)
            | ErrorKind::MalformedLedger(_)
            | ErrorKind::StoredMalformed { .. }
            | ErrorKind::StoredAltered(_) => 4,
            ErrorKind::Busy { .. } | ErrorKind::LockLost | ErrorKind::Unreachable { .. } => 5,
            ErrorKind::Statement(failure) if failure.busy => 5,
            ErrorKind::Function(failure) if failure.busy => 5,
            _ => 1,
        }
    }

    /// Returns the whole message: what, where, why and what helps.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # connection.execute_batch("CREATE TABLE books (id INTEGER PRIMARY KEY)")?;
    /// let error = MIGRATIONS.upgrade(Target::Head).run(&mut connection).unwrap_err();
    /// let report = error.report();
    /// assert!(report.starts_with("the upgrade of revision `5b1e90c4a7d2` failed [statement]"));
    /// assert!(report.contains("20260112_0904_5b1e90c4a7d2_create_books.sql:8"));
    /// assert!(report.contains("= help: mend the statement and run again"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn report(&self) -> String {
        let place = match &*self.kind {
            ErrorKind::Statement(failure) => Some(failure.place.clone()),
            ErrorKind::Function(failure) => Some(failure.place.clone()),
            ErrorKind::MayBeDone(statement) => Some(statement.place.clone()),
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
            helps: &self.helps(),
        }
        .to_string()
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.kind.notes();
        match &self.restored {
            Some(restored) if restored.is_back() => notes.extend(restored.notes()),
            restored => {
                notes.extend(self.kind.left());
                if let Some(restored) = restored {
                    notes.append(&mut restored.notes());
                }
            }
        }
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

    fn helps(&self) -> Vec<String> {
        let of_database = self.restored.as_ref().map(|restored| restored.helps());
        match self.restored.as_deref() {
            // What helps a database that stays helps none that goes away.
            Some(Restored::Scratch) => of_database.unwrap_or_default(),
            _ => [lines(&self.kind.helps()), of_database.unwrap_or_default()].concat(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match &*self.kind {
            ErrorKind::Statement(failure) => match failure.place.position {
                Some(position) if failure.exact => {
                    write!(f, " ({}:{position})", failure.place.path)
                }
                Some(position) => write!(f, " ({}:{})", failure.place.path, position.line),
                None => write!(f, " ({})", failure.place.path),
            },
            ErrorKind::Function(failure) => match failure.place.position {
                Some(position) => write!(f, " ({}:{})", failure.place.path, position.line),
                None => write!(f, " ({})", failure.place.path),
            },
            ErrorKind::MayBeDone(statement) => match statement.place.position {
                Some(position) => write!(f, " ({}:{})", statement.place.path, position.line),
                None => write!(f, " ({})", statement.place.path),
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
            ErrorKind::Function(failure) => Some(&*failure.source),
            ErrorKind::Database { source, .. }
            | ErrorKind::Backup { source, .. }
            | ErrorKind::Busy { source: Some(source), .. } => Some(&**source),
            _ => None,
        }
    }
}

impl From<TargetError> for ErrorKind {
    fn from(error: TargetError) -> Self {
        match error {
            TargetError::NotApplied(id) => Self::NotApplied(id),
            TargetError::Relative(target) => Self::RelativeStamp(target),
            error => Self::Target(error),
        }
    }
}
