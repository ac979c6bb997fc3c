//! A run, and what it is told.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use revchain_core::{Dialect, Target};

use super::Migrations;
use crate::adoption::History;
use crate::engine::{Engine, Goal};
use crate::error::Error;
use crate::options::{Ahead, Options, Pooler, Transactions};
use crate::plan::Request;
use crate::report::Progress;

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
    pub(super) observer: Option<Observer<'r>>,
}

impl<'r> Run<'r> {
    pub(super) fn new(migrations: &'r Migrations, request: Request) -> Self {
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
    /// [`MissingDialect`](crate::ErrorKind::MissingDialect), [`Irreversible`](crate::ErrorKind::Irreversible) or
    /// [`Target`](crate::ErrorKind::Target).
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

    pub(super) fn engine(
        &mut self,
        goal: fn(Request) -> Goal,
        dialect: Dialect,
    ) -> Result<Engine<'r>, Error> {
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
