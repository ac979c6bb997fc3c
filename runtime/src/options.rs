//! What a caller chooses for a run.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use crate::adoption::History;

/// How much of a run commits together.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::{Target, Transactions};
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// // The third revision fails: without an option nothing of the run is left.
/// connection.execute_batch("CREATE TABLE unrelated (id); CREATE INDEX books_by_author ON unrelated (id)")?;
/// let error = MIGRATIONS.upgrade(Target::Head).run(&mut connection).unwrap_err();
/// assert_eq!(error.applied().len(), 0);
///
/// let run = MIGRATIONS.upgrade(Target::Head).transactions(Transactions::PerRevision);
/// let error = run.run(&mut connection).unwrap_err();
/// assert_eq!(error.applied().len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transactions {
    /// The whole run, all or nothing: the default on SQLite, and of an `amend`.
    #[default]
    PerRun,
    /// Each revision: the default on PostgreSQL.
    PerRevision,
}

/// What to do when the database has revisions that the set does not know.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::{Ahead, Target};
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
/// // An older version of the application lacks the newest revision.
/// let older = revchain::Migrations::new(MIGRATIONS.set().first(2), "shop 1.0.0");
/// assert_eq!(older.verify().run(&mut connection).unwrap_err().code(), "ahead");
/// older.verify().ahead(Ahead::Allow).run(&mut connection)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ahead {
    /// Stop with an error, unless `REVCHAIN_AHEAD=allow` is set.
    #[default]
    Refuse,
    /// Succeed, when nothing of the set's own is pending: for rolling deploys.
    Allow,
}

/// What stands between a run and its PostgreSQL server.
///
/// ```
/// use revchain::Pooler;
///
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// let run = MIGRATIONS.upgrade(revchain::Target::Head).pooler(Pooler::Transaction);
/// # drop(run);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing, or what gives each connection a session of its own.
    #[default]
    None,
    /// A pooler that gives each transaction another session, as PgBouncer in transaction mode: what belongs to a session,
    /// as an advisory lock, cannot be used.
    Transaction,
}

/// The options of a run, as the engine takes them.
#[derive(Clone, Debug)]
pub(crate) struct Options<'s> {
    /// What commits together, where the caller says it.
    pub(crate) transactions: Option<Transactions>,
    /// How long to wait for another run.
    pub(crate) wait: Duration,
    pub(crate) pooler: Pooler,
    /// How long a statement waits for a lock of the database, and how long it may take.
    pub(crate) lock_timeout: Option<Duration>,
    pub(crate) statement_timeout: Option<Duration>,
    /// How often what met a lock is tried again.
    pub(crate) retries: u32,
    pub(crate) ahead_allowed: bool,
    pub(crate) tag: Option<Cow<'s, str>>,
    /// Whose history is adopted, where the ledger has no row.
    pub(crate) adopt: Option<History>,
    /// Where the database is copied to first.
    pub(crate) backup: Option<PathBuf>,
    /// Whether somebody listens.
    pub(crate) observed: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            transactions: None,
            pooler: Pooler::None,
            lock_timeout: Some(Duration::from_secs(5)),
            statement_timeout: None,
            retries: 5,
            wait: Duration::from_secs(15 * 60),
            ahead_allowed: false,
            tag: None,
            adopt: None,
            backup: None,
            observed: false,
        }
    }
}
