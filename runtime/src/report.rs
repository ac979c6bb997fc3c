//! What a run tells: before and after each revision, and at its end.

use std::path::PathBuf;
use std::time::Duration;

use revchain_core::checksum::Direction;

/// What a run did.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::Target;
///
/// let mut connection = rusqlite::Connection::open_in_memory()?;
/// let report = MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
/// let messages: Vec<&str> = report.steps.iter().map(|step| step.message.as_str()).collect();
/// assert_eq!(messages, ["create books", "add a rating to books", "index books by author"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The revisions, in the order in which they were done.
    pub steps: Vec<Done>,
    /// Revisions whose stored downgrade was replaced by the corrected one.
    pub corrected: Vec<String>,
}

impl Report {
    /// Tells whether there was nothing to do.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// let report = MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// assert!(report.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.corrected.is_empty()
    }
}

/// A revision that was done, one way.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::{Direction, Target};
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
/// let report = MIGRATIONS.downgrade(Target::Down(1)).run(&mut connection)?;
/// let done = &report.steps[0];
/// assert_eq!((done.revision.as_str(), done.direction), ("81d4be06f93a", Direction::Downgrade));
/// assert!(!done.stamped && !done.resumed);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The id.
    pub revision: String,
    /// The message.
    pub message: String,
    /// The way.
    pub direction: Direction,
    /// How long its statements took.
    pub duration: Duration,
    /// Whether the ledger alone was changed, by `stamp` because the database has what the revision replaces, or because
    /// another tool has applied it.
    pub stamped: bool,
    /// Whether it was because the database has what the revision replaces.
    pub replacing: bool,
    /// Whether it was because another tool has applied it.
    pub adopted: bool,
    /// Whether an earlier run had begun it.
    pub resumed: bool,
}

/// What an observer is told while a run goes on.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::{Progress, Target};
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// let mut finished = 0;
/// let count = |progress: &Progress| finished += usize::from(matches!(progress, Progress::Finished(_)));
/// MIGRATIONS.upgrade(Target::Head).observer(count).run(&mut connection)?;
/// assert_eq!(finished, 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// Another run has the database.
    Waiting {
        /// How long already.
        waited: Duration,
        /// Who has it, where the database says so.
        holder: Option<String>,
    },
    /// What met a lock, a deadlock or a conflict was rolled back, and is tried again.
    Retrying {
        /// The try, from 1.
        attempt: u32,
        /// How many there are.
        of: u32,
        /// The database's words.
        reason: String,
    },
    /// The database was copied, as the caller wanted it.
    BackedUp {
        /// The copy.
        path: PathBuf,
    },
    /// A copy of the database lies beside it: an earlier `amend` was killed, or could not put the database back.
    LeftOver {
        /// The copy.
        path: PathBuf,
    },
    /// A revision begins.
    Started {
        /// The id.
        revision: String,
        /// The message.
        message: String,
        /// The way.
        direction: Direction,
        /// The number of the step, from 1.
        step: usize,
        /// How many steps there are.
        total: usize,
    },
    /// A revision is done; its transaction may still be open.
    Finished(Done),
}
