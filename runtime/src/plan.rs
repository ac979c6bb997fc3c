//! The plan: which steps take a database from what is applied to a target.

mod planner;
mod replacing;
mod taking_back;

use revchain_core::check::stored::StoredDowngrade;
use revchain_core::checksum::Direction;
use revchain_core::set::{Downgrade, Options, Revision, Section, Set};
use revchain_core::{Checksum, Dialect, Target};

use crate::function;
use crate::ledger::Applied;
pub(crate) use planner::Planner;

/// Ordered steps, and what else the ledger needs.
///
/// What is executed, what a dry run shows and what `--sql` writes are this same plan.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::{Dialect, Target};
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
/// let plan = MIGRATIONS.downgrade(Target::Base).plan(&mut connection)?;
/// let statements = |step: &revchain::Step| step.statements(MIGRATIONS.set(), Dialect::Sqlite).join("; ");
/// assert_eq!(statements(&plan.steps[0]), "DROP INDEX books_by_author");
/// assert_eq!(plan.steps.len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Places of revisions whose stored downgrade was corrected since.
    pub corrections: Vec<u32>,
}

/// One revision, one way.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::{Direction, Target};
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// # let plan = MIGRATIONS.upgrade(Target::Head).plan(&mut connection)?;
/// let step = &plan.steps[0];
/// assert_eq!(step.direction, Direction::Upgrade);
/// assert_eq!(step.id(MIGRATIONS.set()), "5b1e90c4a7d2");
/// assert_eq!(step.resume, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whether the revision is applied or taken back.
    pub direction: Direction,
    /// Where the statements come from.
    pub source: StepSource,
    /// The number of statements that an earlier run has done, where this run resumes it.
    pub resume: Option<u32>,
    /// Whether the ledger alone changes, as `stamp` does.
    pub stamp: bool,
    /// Whether that is because the database has what the revision replaces.
    pub replacing: bool,
    /// Whether that is because another tool has applied it, as its table says.
    pub adopted: bool,
}

/// Where the statements of a step come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepSource {
    /// The set's revision at this place; behind the chain come those that are replaced.
    Set(u32),
    /// The downgrade that the database stored, of a revision that the set has otherwise or not at all.
    Stored(Box<StoredStep>),
    /// Nowhere: only the row of this id goes, which the set does not know or nobody understands.
    Row(String),
}

/// A downgrade that a database stored, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredStep {
    /// The ledger's row.
    pub row: Applied,
    /// The downgrade, as core read it.
    pub downgrade: StoredDowngrade,
}

impl Plan {
    /// Tells whether there is nothing to do.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// assert!(!MIGRATIONS.downgrade(Target::Base).plan(&mut connection)?.is_empty());
    /// assert!(MIGRATIONS.upgrade(Target::Head).plan(&mut connection)?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.corrections.is_empty()
    }
}

impl Step {
    pub(crate) fn of(direction: Direction, place: u32) -> Self {
        let source = StepSource::Set(place);
        Self { direction, source, resume: None, stamp: false, replacing: false, adopted: false }
    }

    /// Makes a step that changes the ledger alone, as another tool has applied the revision.
    pub(crate) fn adopting(place: u32) -> Self {
        Self { stamp: true, adopted: true, ..Self::of(Direction::Upgrade, place) }
    }

    /// Makes a step that changes the ledger alone, as the database has what the revision replaces.
    pub(crate) fn replacing(direction: Direction, place: u32) -> Self {
        Self { stamp: true, replacing: true, ..Self::of(direction, place) }
    }

    /// Returns the id of the step's revision.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # let plan = MIGRATIONS.upgrade(Target::Head).plan(&mut connection)?;
    /// assert_eq!(plan.steps[2].id(MIGRATIONS.set()), "81d4be06f93a");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn id<'p>(&'p self, set: &'p Set) -> &'p str {
        match &self.source {
            StepSource::Set(place) => &set.at(*place).id,
            StepSource::Stored(stored) => &stored.row.revision,
            StepSource::Row(id) => id,
        }
    }

    /// Returns the message of the step's revision.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # let plan = MIGRATIONS.upgrade(Target::Head).plan(&mut connection)?;
    /// assert_eq!(plan.steps[2].message(MIGRATIONS.set()), "index books by author");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn message<'p>(&'p self, set: &'p Set) -> &'p str {
        match &self.source {
            StepSource::Set(place) => &set.at(*place).message,
            StepSource::Stored(stored) => &stored.row.message,
            StepSource::Row(_) => "",
        }
    }

    /// Returns the revision of the set, where the step is one of the set's.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # let plan = MIGRATIONS.upgrade(Target::Head).plan(&mut connection)?;
    /// let revision = plan.steps[0].revision(MIGRATIONS.set()).unwrap();
    /// assert_eq!(revision.created, "2026-01-12T09:04:00Z");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn revision<'s>(&self, set: &'s Set) -> Option<&'s Revision> {
        match &self.source {
            StepSource::Set(place) => Some(set.at(*place)),
            StepSource::Stored(_) | StepSource::Row(_) => None,
        }
    }

    /// Returns the text and the section that the step runs; none for `stamp`.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::{Dialect, Target};
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # let plan = MIGRATIONS.upgrade(Target::Head).plan(&mut connection)?;
    /// let (text, section) = plan.steps[0].section(MIGRATIONS.set(), Dialect::Sqlite).unwrap();
    /// assert!(section.span.of(text).starts_with("-- migrate:upgrade"));
    /// assert!(plan.steps[0].section(MIGRATIONS.set(), Dialect::Postgres).is_none());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn section<'p>(&'p self, set: &'p Set, dialect: Dialect) -> Option<(&'p str, &'p Section)> {
        if self.stamp {
            return None;
        }
        match &self.source {
            StepSource::Stored(stored) => {
                Some((&stored.downgrade.text, stored.downgrade.section.as_ref()?))
            }
            StepSource::Set(place) => {
                let revision = set.at(*place);
                let part = revision.part(dialect)?;
                let section = match (self.direction, &part.downgrade) {
                    (Direction::Upgrade, _) => &part.upgrade,
                    (Direction::Downgrade, Downgrade::Section(section)) => section,
                    (Direction::Downgrade, Downgrade::Irreversible(_)) => return None,
                };
                Some((&revision.text, section))
            }
            StepSource::Row(_) => None,
        }
    }

    /// Tells whether the step is a function of a revision written in Rust: it has no statements that could be shown.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # let plan = MIGRATIONS.upgrade(Target::Head).plan(&mut connection)?;
    /// assert!(!plan.steps[0].is_rust(MIGRATIONS.set()));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_rust(&self, set: &Set) -> bool {
        !self.stamp
            && match &self.source {
                StepSource::Set(place) => set.at(*place).is_rust(),
                StepSource::Stored(stored) => stored.row.downgrade == function::STORED,
                StepSource::Row(_) => false,
            }
    }

    /// Returns the statements of the step, in order.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::{Dialect, Target};
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # let plan = MIGRATIONS.upgrade(Target::Head).plan(&mut connection)?;
    /// let statements = plan.steps[2].statements(MIGRATIONS.set(), Dialect::Sqlite);
    /// assert_eq!(statements, ["CREATE INDEX books_by_author ON books (author, title)"]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn statements<'p>(&'p self, set: &'p Set, dialect: Dialect) -> Vec<&'p str> {
        let mut statements = Vec::new();
        if let Some((text, section)) = self.section(set, dialect) {
            for span in &*section.statements {
                statements.push(span.of(text));
            }
        }
        statements
    }

    /// Returns the options of the step's section.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::{Dialect, Target};
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # let plan = MIGRATIONS.upgrade(Target::Head).plan(&mut connection)?;
    /// let options = plan.steps[0].options(MIGRATIONS.set(), Dialect::Sqlite);
    /// assert!(options.transaction && options.foreign_keys);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn options(&self, set: &Set, dialect: Dialect) -> Options {
        self.section(set, dialect).map_or(Options::DEFAULT, |(_, section)| section.options)
    }

    /// Tells whether the statements of the step and its ledger row cannot commit together, so that each statement is
    /// written down as it is done: the section says `transaction=off`, or a statement commits by itself, as DDL on MySQL.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::{Dialect, Target};
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # let plan = MIGRATIONS.upgrade(Target::Head).plan(&mut connection)?;
    /// assert!(!plan.steps[0].is_journaled(MIGRATIONS.set(), Dialect::Sqlite));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_journaled(&self, set: &Set, dialect: Dialect) -> bool {
        let commits = |text: &&str| {
            dialect.split(text).is_ok_and(|split| dialect.commits_by_itself(&split.tokens))
        };
        !self.options(set, dialect).transaction
            || dialect == Dialect::Mysql && self.statements(set, dialect).iter().any(commits)
    }
}

/// What is asked of a database.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Upgrade(Target),
    Downgrade {
        target: Target,
        stored: bool,
    },
    /// Rows of the set are erased first, also such as it does not know or that are half done, where `purge` says so.
    Stamp {
        targets: Vec<Target>,
        purge: bool,
    },
    Amend(Amend),
    /// Record what another tool's table says.
    Adopt,
    EnsureLedger,
    Resolve {
        revision: String,
        applied: bool,
    },
}

/// What `amend` takes back and applies again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Amend {
    /// The ids that were edited.
    pub(crate) revisions: Vec<String>,
    /// The sealed checksums of their downgrades; a stored one must have it to run.
    pub(crate) sealed: Vec<(String, Checksum)>,
    /// Ids whose rows are to be taken back by the file's downgrade, not the stored one.
    pub(crate) from_file: bool,
}

impl Amend {
    /// Tells whether a stored downgrade may run: the lock has no other checksum of it.
    pub(crate) fn lets_run(&self, revision: &str, downgrade: Checksum) -> bool {
        for (id, checksum) in &self.sealed {
            if id == revision {
                return *checksum == downgrade;
            }
        }
        true
    }
}
