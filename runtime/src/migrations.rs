//! The set as applications use it, and the verbs.

#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
mod asynchronous;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use revchain_core::map::Ids;
use revchain_core::problem::Problem;
use revchain_core::set::{Replacers, Set, Text};
use revchain_core::{Checksum, Dialect, Target};

use crate::adoption::History;
use crate::engine::{Engine, Goal, Outcome};
use crate::error::{Error, ErrorKind, Named, Unknown};
use crate::function::Function;
use crate::ledger::{Applied, Contents, State};
use crate::options::{Ahead, Options, Pooler, Transactions};
use crate::plan::{Amend, Plan, Request};
use crate::report::{Progress, Report};

/// A checked set of revisions, and the application that carries it.
///
/// [`migrations!`](crate::migrations!) makes one at compile time; [`Migrations::new`] takes a set that was loaded from a
/// folder.
///
/// ```
/// use revchain::Target;
///
/// revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut connection = rusqlite::Connection::open_in_memory()?;
/// MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
/// connection.execute("INSERT INTO books (title, author) VALUES ('Emma', 'Austen')", [])?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Migrations {
    set: Set,
    application: Text,
    source: Option<&'static str>,
    functions: &'static [Function],
}

impl Migrations {
    /// Takes a set that was loaded from a folder; `application` is written into the ledger, as `shop 1.4.0`.
    ///
    /// ```
    /// use std::path::Path;
    /// use revchain::{Migrations, Target};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let set = revchain::load(Path::new("../examples/quickstart/migrations"), "migrations").unwrap();
    /// let migrations = Migrations::new(set, "shop 1.4.0");
    ///
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// migrations.upgrade(Target::Head).run(&mut connection)?;
    /// let status = migrations.current().run(&mut connection)?;
    /// assert_eq!(status.applied[0].application, "shop 1.4.0");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new(set: Set, application: impl Into<String>) -> Self {
        Self { set, application: Cow::Owned(application.into()), source: None, functions: &[] }
    }

    /// Takes what the macro compiled in.
    #[doc(hidden)]
    #[must_use]
    pub const fn compiled(
        set: Set,
        application: &'static str,
        source: Option<&'static str>,
        functions: &'static [Function],
    ) -> Self {
        Self { set, application: Cow::Borrowed(application), source, functions }
    }

    /// Makes the same of other revisions of the set.
    #[cfg(feature = "rusqlite")]
    #[inline]
    pub(crate) fn with_set(&self, set: Set) -> Self {
        Self { functions: self.functions, ..Self::new(set, "round_trip") }
    }

    /// Returns the set.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let set = MIGRATIONS.set();
    /// assert_eq!(set.settings.name, "main");
    /// assert_eq!(set.revisions[0].message, "create books");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn set(&self) -> &Set {
        &self.set
    }

    /// Applies what is missing up to `target`.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// let report = MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// assert_eq!(report.steps.len(), 3);
    ///
    /// let again = MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// assert!(again.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn upgrade(&self, target: Target) -> Run<'_> {
        Run::new(self, Request::Upgrade(target))
    }

    /// Takes back what is applied above `target`.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// let report = MIGRATIONS.downgrade(Target::Down(1)).run(&mut connection)?;
    /// assert_eq!(report.steps[0].message, "index books by author");
    ///
    /// // The revision that is named stays applied.
    /// let report = MIGRATIONS.downgrade("5b1e".parse()?).run(&mut connection)?;
    /// assert_eq!(report.steps[0].message, "add a rating to books");
    /// # Ok(())
    /// # }
    /// ```
    pub fn downgrade(&self, target: Target) -> Run<'_> {
        Run::new(self, Request::Downgrade { target, stored: false })
    }

    /// Writes into the ledger that the database is at one or several targets, and runs nothing.
    ///
    /// Heads of the database that are on a line with a target give way to it; other branches stay.
    /// ([`Run::purge`] forgets everything first.)
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// // Somebody else made this database as the first revision would have.
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// connection.execute_batch("CREATE TABLE books (id INTEGER PRIMARY KEY, title, author)")?;
    ///
    /// MIGRATIONS.stamp(["5b1e90c4a7d2".parse()?]).run(&mut connection)?;
    /// let report = MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// assert_eq!(report.steps.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stamp(&self, targets: impl IntoIterator<Item = Target>) -> Run<'_> {
        Run::new(self, Request::Stamp { targets: targets.into_iter().collect(), purge: false })
    }

    /// Takes edited revisions and what stands on them back, with the downgrades that the database stored, and applies
    /// them as they are now, behind what they need since: the loop of development. A revision that the set has no more is
    /// taken back alone.
    ///
    /// All or nothing: where no one transaction can hold it (`transaction=off`, `foreign-keys=off`), the database is copied
    /// first, beside its file, and put back when a step fails; [`Error::restored`] tells.
    ///
    /// `sealed` holds the checksums that the lock has of their downgrades: a stored downgrade that has another is not run.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::collections::HashMap;
    /// use revchain::{Direction, Target};
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// let index = "81d4be06f93a".to_owned();
    /// let report = MIGRATIONS.amend(vec![index], HashMap::new()).run(&mut connection)?;
    /// let directions: Vec<Direction> = report.steps.iter().map(|step| step.direction).collect();
    /// assert_eq!(directions, [Direction::Downgrade, Direction::Upgrade]);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn amend(&self, revisions: Vec<String>, sealed: HashMap<String, Checksum>) -> Run<'_> {
        let sealed = sealed.into_iter().collect();
        Run::new(self, Request::Amend(Amend { revisions, sealed, from_file: false }))
    }

    /// Records what another tool has applied, as the table says that it left in the ledger's schema, and runs nothing.
    ///
    /// All or nothing, as an event for each revision; the old table stays as it is. A ledger that has a row already is
    /// left as it is; one whose rows were all taken back is refused, as the old table does not know that. ([`Run::adopt`] does the same before an upgrade.)
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::History;
    ///
    /// // Whoever counted its migrations in `user_version` has run the first of them.
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// connection.execute_batch(
    ///     "CREATE TABLE books (id INTEGER PRIMARY KEY, title, author); PRAGMA user_version = 1;",
    /// )?;
    /// let report = MIGRATIONS.adopt(History::UserVersion).run(&mut connection)?;
    /// assert!(report.steps[0].adopted);
    /// assert_eq!(MIGRATIONS.current().run(&mut connection)?.pending.len(), 2);
    ///
    /// // Nobody has left a table of sqlx here.
    /// let mut other = rusqlite::Connection::open_in_memory()?;
    /// let error = MIGRATIONS.adopt(History::Sqlx).run(&mut other).unwrap_err();
    /// assert_eq!(error.code(), "history");
    /// # Ok(())
    /// # }
    /// ```
    pub fn adopt(&self, history: History) -> Run<'_> {
        Run::new(self, Request::Adopt).adopt(history)
    }

    /// Makes the ledger's tables, where they are missing, and nothing else: for a database whose later users may not make
    /// tables.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// MIGRATIONS.ensure_ledger().run(&mut connection)?;
    /// let status = MIGRATIONS.current().run(&mut connection)?;
    /// assert!(status.exists && status.applied.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn ensure_ledger(&self) -> Run<'_> {
        Run::new(self, Request::EnsureLedger)
    }

    /// Settles a half-done revision: `applied` says that it is done, otherwise that nothing of it is left.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// let error = MIGRATIONS.resolve("81d4be06f93a", true).run(&mut connection).unwrap_err();
    /// assert_eq!(error.code(), "not-half-done");
    /// # Ok(())
    /// # }
    /// ```
    pub fn resolve(&self, revision: impl Into<String>, applied: bool) -> Run<'_> {
        Run::new(self, Request::Resolve { revision: revision.into(), applied })
    }

    /// Checks that a database is where the set ends: the check of an application that starts.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// let error = MIGRATIONS.verify().run(&mut connection).unwrap_err();
    /// assert_eq!(error.to_string(), "3 revisions are pending");
    ///
    /// MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// MIGRATIONS.verify().run(&mut connection)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn verify(&self) -> Verify<'_> {
        Verify { migrations: self, ahead: Ahead::Refuse }
    }

    /// Reads where a database is.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// MIGRATIONS.upgrade("+2".parse()?).run(&mut connection)?;
    /// let status = MIGRATIONS.current().run(&mut connection)?;
    /// assert_eq!(status.heads, ["c07f3d218e6b"]);
    /// assert_eq!(status.pending[0].message, "index books by author");
    /// # Ok(())
    /// # }
    /// ```
    pub fn current(&self) -> Current<'_> {
        Current { migrations: self }
    }

    /// Returns the revisions of the set, newest first; [`current`](Self::current) tells which are applied.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let messages: Vec<&str> = MIGRATIONS.history().map(|revision| &*revision.message).collect();
    /// assert_eq!(messages, ["index books by author", "add a rating to books", "create books"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn history(&self) -> impl Iterator<Item = &revchain_core::set::Revision> {
        self.set.revisions.iter().rev()
    }

    /// Returns the ids of the set's heads.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// assert_eq!(MIGRATIONS.heads(), ["81d4be06f93a"]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    #[inline]
    pub fn heads(&self) -> Vec<&str> {
        self.set.heads.iter().map(|place| &*self.set.revisions[*place as usize].id).collect()
    }

    /// In builds with debug assertions: refuses a folder that is not what was compiled in.
    fn fresh(&self) -> Result<(), Error> {
        let differences = match self.source {
            Some(folder) if cfg!(debug_assertions) => {
                crate::emitted::differences(&self.set, folder)
            }
            _ => Vec::new(),
        };
        if differences.is_empty() {
            return Ok(());
        }
        let folder = self.set.folder.to_string();
        Err(Error::new(ErrorKind::Stale { folder, differences }, Vec::new()))
    }
}

type Observer<'r> = Box<dyn FnMut(&Progress) + Send + 'r>;

/// A run that is being prepared.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use revchain::{Target, Transactions};
///
/// let mut connection = rusqlite::Connection::open_in_memory()?;
/// let report = MIGRATIONS
///     .upgrade(Target::Head)
///     .transactions(Transactions::PerRevision)
///     .wait(Duration::from_secs(30))
///     .tag("deployment 17")
///     .run(&mut connection)?;
/// assert_eq!(report.steps.len(), 3);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens before it is run"]
pub struct Run<'r> {
    migrations: &'r Migrations,
    request: Request,
    options: Options<'r>,
    from: Option<Target>,
    observer: Option<Observer<'r>>,
}

impl<'r> Run<'r> {
    fn new(migrations: &'r Migrations, request: Request) -> Self {
        Self { migrations, request, options: Options::default(), from: None, observer: None }
    }

    /// Chooses what commits together.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::{Target, Transactions};
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// let run = MIGRATIONS.upgrade(Target::Head).transactions(Transactions::PerRevision);
    /// assert_eq!(run.run(&mut connection)?.steps.len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn transactions(mut self, transactions: Transactions) -> Self {
        self.options.transactions = Some(transactions);
        self
    }

    /// Chooses how long to wait for another run; 15 minutes otherwise.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use revchain::Target;
    ///
    /// let folder = std::env::temp_dir().join(format!("revchain-wait-{}.db", std::process::id()));
    /// let mut connection = rusqlite::Connection::open(&folder)?;
    /// let other = rusqlite::Connection::open(&folder)?;
    /// other.execute_batch("BEGIN IMMEDIATE")?;
    ///
    /// let run = MIGRATIONS.upgrade(Target::Head).wait(Duration::ZERO);
    /// let error = run.run(&mut connection).unwrap_err();
    /// assert_eq!((error.code(), error.exit_code()), ("busy", 5));
    /// # std::fs::remove_file(&folder)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait(mut self, wait: Duration) -> Self {
        self.options.wait = wait;
        self
    }

    /// Says that a pooler stands between the run and its PostgreSQL server; other databases have none.
    ///
    /// [`Pooler`] has an example.
    pub fn pooler(mut self, pooler: Pooler) -> Self {
        self.options.pooler = pooler;
        self
    }

    /// Chooses how long a statement waits for a lock of a PostgreSQL or MySQL database before it gives up and is tried again,
    /// so that it does not stand in the way of all who come after it: 5 seconds otherwise; `None` for as long as it takes.
    ///
    /// On PostgreSQL it holds inside transactions; a statement of a section with `transaction=off` waits as its session
    /// does. MySQL counts whole seconds, at least one.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// use std::time::Duration;
    ///
    /// let run = MIGRATIONS.upgrade(revchain::Target::Head);
    /// let run = run.lock_timeout(Some(Duration::from_secs(2))).retries(10);
    /// # drop(run);
    /// ```
    pub fn lock_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.options.lock_timeout = timeout;
        self
    }

    /// Chooses how long a statement may take on a PostgreSQL database, inside transactions, or on MariaDB; otherwise what the
    /// session says. MySQL stops no statement but a `SELECT` (`max_execution_time`).
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// use std::time::Duration;
    ///
    /// let run = MIGRATIONS.upgrade(revchain::Target::Head).statement_timeout(Duration::from_secs(60));
    /// # drop(run);
    /// ```
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.options.statement_timeout = Some(timeout);
        self
    }

    /// Chooses how often what met a lock, a deadlock or a conflict on a PostgreSQL or MySQL database is tried again, with
    /// growing pauses; 5 times otherwise.
    ///
    /// [`lock_timeout`](Self::lock_timeout) has an example.
    pub fn retries(mut self, retries: u32) -> Self {
        self.options.retries = retries;
        self
    }

    /// Chooses what to do when the database has revisions that the set does not know.
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
    /// let error = older.upgrade(Target::Head).run(&mut connection).unwrap_err();
    /// assert_eq!(error.code(), "ahead");
    ///
    /// let report = older.upgrade(Target::Head).ahead(Ahead::Allow).run(&mut connection)?;
    /// assert!(report.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn ahead(mut self, ahead: Ahead) -> Self {
        self.options.ahead_allowed = ahead == Ahead::Allow;
        self
    }

    /// Writes a word of the caller's beside each event, as a deployment's number.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// MIGRATIONS.upgrade(Target::Head).tag("deployment 17").run(&mut connection)?;
    /// let events = "SELECT count(*) FROM revchain_events WHERE tag = 'deployment 17'";
    /// let events: i64 = connection.query_row(events, [], |row| row.get(0))?;
    /// assert_eq!(events, 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.options.tag = Some(Cow::Owned(tag.into()));
        self
    }

    /// For an upgrade: where the ledger has no row and another tool's table stands beside it, what that table says is
    /// recorded first, under the lock, and the upgrade goes on behind it. So an application that comes from another tool
    /// moves with an ordinary release.
    ///
    /// What does not fit (a migration that failed, was edited since, or that no revision was made of) stops the run before
    /// anything is written. Where revisions were adopted and taken back since, the old table is not asked again: they run.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::{History, Target};
    ///
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// connection.execute_batch(
    ///     "CREATE TABLE books (id INTEGER PRIMARY KEY, title, author); PRAGMA user_version = 1;",
    /// )?;
    /// let run = MIGRATIONS.upgrade(Target::Head).adopt(History::UserVersion);
    /// let report = run.run(&mut connection)?;
    /// let adopted: Vec<bool> = report.steps.iter().map(|step| step.adopted).collect();
    /// assert_eq!(adopted, [true, false, false]);
    ///
    /// // A new database has no history: everything runs.
    /// let mut fresh = rusqlite::Connection::open_in_memory()?;
    /// let run = MIGRATIONS.upgrade(Target::Head).adopt(History::UserVersion);
    /// assert_eq!(run.run(&mut fresh)?.steps.len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn adopt(mut self, history: History) -> Self {
        self.options.adopt = Some(history);
        self
    }

    /// Copies the database to `path` first, where there is something to do; a file that is there is never overwritten.
    ///
    /// On SQLite the copy is made by its online backup, of the database that the ledger stands in, and is a database
    /// itself.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let folder = std::env::temp_dir().join(format!("revchain-backup-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # MIGRATIONS.upgrade("+2".parse()?).run(&mut connection)?;
    /// let path = folder.join("before.db");
    /// MIGRATIONS.upgrade(Target::Head).backup(&path).run(&mut connection)?;
    /// let mut before = rusqlite::Connection::open(&path)?;
    /// assert_eq!(MIGRATIONS.current().run(&mut before)?.applied.len(), 2);
    ///
    /// let run = MIGRATIONS.downgrade(Target::Base).backup(&path);
    /// assert_eq!(run.run(&mut connection).unwrap_err().code(), "backup-exists");
    /// # drop(before);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn backup(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.backup = Some(path.into());
        self
    }

    /// Tells `observer` before and after each revision, and while waiting.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::{Progress, Target};
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// let mut seen = Vec::new();
    /// let observer = |progress: &Progress| {
    ///     if let Progress::Started { message, step, total, .. } = progress {
    ///         seen.push(format!("{step}/{total} {message}"));
    ///     }
    /// };
    /// MIGRATIONS.upgrade(Target::Head).observer(observer).run(&mut connection)?;
    /// assert_eq!(seen[0], "1/3 create books");
    /// # Ok(())
    /// # }
    /// ```
    pub fn observer(mut self, observer: impl FnMut(&Progress) + Send + 'r) -> Self {
        self.options.observed = true;
        self.observer = Some(Box::new(observer));
        self
    }

    /// For a downgrade: lets revisions that the set does not know be taken back by the downgrades that the database
    /// stored. Whoever can write the ledger chooses that SQL.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// // An older version of the application lacks the newest revision.
    /// let older = revchain::Migrations::new(MIGRATIONS.set().first(2), "shop 1.0.0");
    /// let error = older.downgrade(Target::Head).run(&mut connection).unwrap_err();
    /// assert_eq!(error.code(), "ahead");
    ///
    /// let report = older.downgrade(Target::Head).stored(true).run(&mut connection)?;
    /// assert_eq!(report.steps[0].message, "index books by author");
    /// older.verify().run(&mut connection)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn stored(mut self, stored: bool) -> Self {
        if let Request::Downgrade { stored: chosen, .. } = &mut self.request {
            *chosen = stored;
        }
        self
    }

    /// For `stamp`: erases every row of the set first, also of revisions that the set does not know or that are half done.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// // The file of the newest revision is gone.
    /// let fewer = revchain::Migrations::new(MIGRATIONS.set().first(2), "shop 1.0.0");
    /// assert_eq!(fewer.stamp([Target::Head]).run(&mut connection).unwrap_err().code(), "ahead");
    ///
    /// fewer.stamp([Target::Head]).purge(true).run(&mut connection)?;
    /// fewer.verify().run(&mut connection)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn purge(mut self, purge: bool) -> Self {
        if let Request::Stamp { purge: chosen, .. } = &mut self.request {
            *chosen = purge;
        }
        self
    }

    /// For `amend`: takes revisions back by their files' downgrades, not by the stored ones.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::collections::HashMap;
    /// use revchain::Target;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
    /// let index = vec!["81d4be06f93a".to_owned()];
    /// let report = MIGRATIONS.amend(index, HashMap::new()).from_file(true).run(&mut connection)?;
    /// assert_eq!(report.steps.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_file(mut self, from_file: bool) -> Self {
        if let Request::Amend(amend) = &mut self.request {
            amend.from_file = from_file;
        }
        self
    }

    /// Writes the run as a script, for a database that nothing is known of but that it is where the run begins: on
    /// any other the script stops before its first change.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MissingDialect`], [`ErrorKind::Irreversible`] or [`ErrorKind::Target`].
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::{Dialect, Target};
    ///
    /// let script = MIGRATIONS.upgrade(Target::Head).sql(Dialect::Sqlite)?;
    /// assert!(script.contains("CREATE TABLE books"));
    /// let connection = rusqlite::Connection::open_in_memory()?;
    /// connection.execute_batch(&script)?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn sql(self, dialect: Dialect) -> Result<String, Error> {
        self.migrations.fresh()?;
        let downgrade = matches!(self.request, Request::Downgrade { .. });
        let default = if downgrade { Target::Heads } else { Target::Base };
        let script = crate::script::Script {
            set: &self.migrations.set,
            dialect,
            application: self.migrations.application.clone(),
            options: self.options,
            request: self.request,
            from: self.from.unwrap_or(default),
        };
        script.write()
    }

    /// For [`sql`](Self::sql): chooses where the database is; otherwise an upgrade begins at `base` and a downgrade at
    /// `heads`.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::{Dialect, Target};
    ///
    /// let run = MIGRATIONS.upgrade(Target::Head).from("c07f".parse()?);
    /// let script = run.sql(Dialect::Sqlite)?;
    /// assert!(script.contains("CREATE INDEX books_by_author"));
    /// assert!(!script.contains("CREATE TABLE books"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn from(mut self, from: Target) -> Self {
        self.from = Some(from);
        self
    }

    fn engine(&mut self, goal: fn(Request) -> Goal, dialect: Dialect) -> Result<Engine<'r>, Error> {
        self.migrations.fresh()?;
        let options = &mut self.options;
        options.ahead_allowed = options.ahead_allowed || ahead_by_environment();
        Ok(Engine::new(
            &self.migrations.set,
            dialect,
            self.migrations.application.clone(),
            goal(self.request.clone()),
            options.clone(),
        )
        .with_functions(self.migrations.functions))
    }
}

fn ahead_by_environment() -> bool {
    std::env::var_os("REVCHAIN_AHEAD").is_some_and(|value| value == "allow")
}

#[cfg(feature = "rusqlite")]
impl Run<'_> {
    /// Runs on a SQLite connection.
    ///
    /// # Errors
    ///
    /// What stopped the run; [`Error::applied`] tells what was done and committed before. Whatever happens, no
    /// transaction stays open and the connection's settings are as before.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// connection.execute_batch("CREATE TABLE books (id INTEGER PRIMARY KEY)")?;
    /// let error = MIGRATIONS.upgrade(Target::Head).run(&mut connection).unwrap_err();
    /// assert_eq!(error.code(), "statement");
    /// assert!(error.report().contains("table books already exists"));
    /// assert!(error.applied().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn run(mut self, connection: &mut rusqlite::Connection) -> Result<Report, Error> {
        let engine = self.engine(Goal::Run, Dialect::Sqlite)?;
        Ok(self.drive(engine, connection)?.report)
    }

    /// Returns what a run would do, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), before the first statement.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// let plan = MIGRATIONS.upgrade("+1".parse()?).plan(&mut connection)?;
    /// assert_eq!(plan.steps[0].message(MIGRATIONS.set()), "create books");
    /// assert!(!MIGRATIONS.current().run(&mut connection)?.exists);
    /// # Ok(())
    /// # }
    /// ```
    pub fn plan(mut self, connection: &mut rusqlite::Connection) -> Result<Plan, Error> {
        let engine = self.engine(Goal::Plan, Dialect::Sqlite)?;
        Ok(self.drive(engine, connection)?.plan)
    }

    fn drive(
        &mut self,
        engine: Engine<'_>,
        connection: &mut rusqlite::Connection,
    ) -> Result<Outcome, Error> {
        let observer =
            self.observer.as_mut().map(|observer| &mut **observer as &mut dyn FnMut(&Progress));
        crate::driver::rusqlite::drive(engine, connection, observer)
    }
}

/// The check of an application that starts.
#[must_use = "nothing happens before it is run"]
pub struct Verify<'r> {
    migrations: &'r Migrations,
    ahead: Ahead,
}

impl Verify<'_> {
    /// Chooses what to do when the database has revisions that the set does not know.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Ahead;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// // Nothing is applied: being lenient about what is unknown does not make that right.
    /// let verify = MIGRATIONS.verify().ahead(Ahead::Allow);
    /// assert_eq!(verify.run(&mut connection).unwrap_err().code(), "pending");
    /// # Ok(())
    /// # }
    /// ```
    pub fn ahead(mut self, ahead: Ahead) -> Self {
        self.ahead = ahead;
        self
    }

    /// Runs on a SQLite connection; writes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Pending`], [`ErrorKind::HalfDone`], [`ErrorKind::Edited`] or [`ErrorKind::Ahead`].
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// let error = MIGRATIONS.verify().run(&mut connection).unwrap_err();
    /// assert_eq!((error.code(), error.exit_code()), ("pending", 4));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "rusqlite")]
    #[inline]
    pub fn run(self, connection: &mut rusqlite::Connection) -> Result<(), Error> {
        let (mut run, engine) = self.prepare(Dialect::Sqlite)?;
        let outcome = run.drive(engine, connection)?;
        self.judge(&outcome)
    }

    /// Returns the run that looks, and its machine.
    #[inline]
    fn prepare(&self, dialect: Dialect) -> Result<(Run<'_>, Engine<'_>), Error> {
        let mut run = Run::new(self.migrations, Request::Upgrade(Target::Heads)).ahead(self.ahead);
        let engine = run.engine(Goal::Plan, dialect)?;
        Ok((run, engine))
    }

    /// Says whether the database is where the set ends.
    #[inline]
    fn judge(&self, outcome: &Outcome) -> Result<(), Error> {
        let set = &self.migrations.set;
        let fail = |kind| Err(Error::new(kind, Vec::new()));
        let begun = half_done(set, &outcome.contents);
        if !begun.is_empty() {
            return fail(ErrorKind::HalfDone(begun));
        }
        let mut pending = Vec::new();
        for step in &outcome.plan.steps {
            // A database that has what a revision replaces is where it should be.
            if let Some(revision) = step.revision(set)
                && !step.replacing
            {
                pending.push(Named::of(set, revision));
            }
        }
        if pending.is_empty() { Ok(()) } else { fail(ErrorKind::Pending(pending)) }
    }
}

/// A look at where a database is.
#[must_use = "nothing happens before it is run"]
pub struct Current<'r> {
    migrations: &'r Migrations,
}

impl Current<'_> {
    /// Runs on a SQLite connection; writes nothing.
    ///
    /// # Errors
    ///
    /// Only when the database cannot be read: what is unexpected there is part of the answer.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// let status = MIGRATIONS.current().run(&mut connection)?;
    /// assert!(!status.exists && status.applied.is_empty());
    /// assert_eq!(status.pending.len(), 3);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "rusqlite")]
    #[inline]
    pub fn run(self, connection: &mut rusqlite::Connection) -> Result<Status, Error> {
        let outcome =
            crate::driver::rusqlite::drive(self.engine(Dialect::Sqlite), connection, None)?;
        Ok(Status::of(&self.migrations.set, outcome))
    }

    #[inline]
    fn engine(&self, dialect: Dialect) -> Engine<'_> {
        let Migrations { set, application, .. } = self.migrations;
        Engine::new(set, dialect, application.clone(), Goal::Look, Options::default())
    }
}

/// Where a database is.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::Target;
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
/// MIGRATIONS.downgrade(Target::Down(1)).run(&mut connection)?;
/// let status = MIGRATIONS.current().run(&mut connection)?;
/// assert_eq!(status.applied.len(), 2);
/// assert_eq!(status.heads, ["c07f3d218e6b"]);
/// assert!(status.unknown.is_empty() && status.half_done.is_empty() && status.edited.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Whether there is a ledger.
    pub exists: bool,
    /// The rows of the ledger, in the order of application.
    pub applied: Vec<Applied>,
    /// The applied revisions that no other applied one revises.
    pub heads: Vec<String>,
    /// Those of the heads that no applied revision depends on either.
    pub effective_heads: Vec<String>,
    /// Revisions of the set that are not applied, in order.
    pub pending: Vec<Named>,
    /// Revisions that only the database knows.
    pub unknown: Vec<Unknown>,
    /// Revisions that were begun and not finished.
    pub half_done: Vec<Named>,
    /// Revisions that the database applied in another form.
    pub edited: Vec<Named>,
}

impl Status {
    #[inline]
    fn of(set: &Set, outcome: Outcome) -> Self {
        let Outcome { contents, rows, .. } = outcome;
        let (heads, effective_heads) = heads(set, &rows);
        let edited = those(set, &contents, |known| {
            known.state == State::Applied
                && (!known.upgrade_matches
                    || known.downgrade == crate::ledger::DowngradeMatch::Other)
        });
        let mut unknown = Vec::new();
        for row in &rows {
            if contents.unknown.contains(&row.revision) {
                unknown.push(Unknown {
                    revision: row.revision.clone(),
                    message: row.message.clone(),
                    application: row.application.clone(),
                });
            }
        }
        Self {
            exists: contents.exists,
            heads,
            effective_heads,
            pending: pending(set, &contents),
            unknown,
            half_done: half_done(set, &contents),
            edited,
            applied: rows,
        }
    }
}

/// Returns the applied revisions that no other applied one revises, and those of them that none depends on; a replacer
/// takes the place of what it replaces.
#[inline]
fn heads(set: &Set, rows: &[Applied]) -> (Vec<String>, Vec<String>) {
    let stand = Stand::of(set, rows);
    let (mut revised, mut needed) = (Ids::default(), Ids::default());
    for row in rows {
        let own = stand.of_id(&row.revision);
        for (ids, below) in [(&row.parents, &mut revised), (&row.dependencies, &mut needed)] {
            for id in ids {
                let id = stand.of_id(id);
                if id != own {
                    below.insert(id);
                }
            }
        }
    }
    let (mut heads, mut effective) = (Vec::new(), Vec::new());
    for row in rows {
        let id = row.revision.as_str();
        if stand.of_id(id) == id && !revised.contains(id) {
            heads.push(id.to_owned());
            if !needed.contains(id) {
                effective.push(id.to_owned());
            }
        }
    }
    (heads, effective)
}

/// Which row stands for which.
struct Stand<'s> {
    set: &'s Set,
    replacers: Replacers<'s>,
    ids: Ids,
}

impl<'s> Stand<'s> {
    #[inline]
    fn of(set: &'s Set, rows: &'s [Applied]) -> Self {
        let mut ids = Ids::default();
        for row in rows {
            ids.insert(&row.revision);
        }
        Self { set, replacers: set.replacers(), ids }
    }

    /// Returns the last row that replaces a revision, or the revision itself.
    #[inline]
    fn of_id<'i>(&self, id: &'i str) -> &'i str
    where
        's: 'i,
    {
        let mut stand = id;
        let mut here = id;
        while let Some(place) = self.replacers.get(here) {
            here = &self.set.at(place).id;
            if self.ids.contains(here) {
                stand = here;
            }
        }
        stand
    }
}

#[inline]
fn pending(set: &Set, contents: &Contents) -> Vec<Named> {
    let mut pending = Vec::new();
    for (revision, known) in set.revisions.iter().zip(contents.chain()) {
        if known.is_none() {
            pending.push(Named::of(set, revision));
        }
    }
    pending
}

#[inline]
fn half_done(set: &Set, contents: &Contents) -> Vec<Named> {
    those(set, contents, |known| known.state != State::Applied)
}

/// Returns the revisions of which the ledger says something.
#[inline]
fn those(set: &Set, contents: &Contents, wanted: fn(crate::ledger::Known) -> bool) -> Vec<Named> {
    let mut those = Vec::new();
    for (revision, known) in set.revisions.all().iter().zip(&contents.known) {
        if known.is_some_and(wanted) {
            those.push(Named::of(set, revision));
        }
    }
    those
}

/// Loads a folder as the macro does, for programs that have no compiled-in set.
///
/// # Errors
///
/// All problems of the folder.
///
/// ```
/// use std::path::Path;
///
/// let set = revchain::load(Path::new("../examples/quickstart/migrations"), "migrations").unwrap();
/// assert_eq!(set.revisions.len(), 3);
///
/// let problems = revchain::load(Path::new("no/such/folder"), "migrations").unwrap_err();
/// assert_eq!(problems[0].code(), "unreadable-folder");
/// ```
#[inline]
pub fn load(folder: &std::path::Path, shown: &str) -> Result<Set, Vec<Problem>> {
    revchain_core::check(&revchain_core::folder::Folder::read(folder, shown)).into_set()
}
