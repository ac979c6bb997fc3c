//! The set as applications use it, and the verbs.

#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
mod asynchronous;
#[cfg(feature = "rusqlite")]
mod blocking;
mod current;
mod run;
mod verify;

use std::borrow::Cow;
use std::collections::HashMap;

use revchain_core::problem::Problem;
use revchain_core::set::{Set, Text};
use revchain_core::{Checksum, Target};

pub use self::current::{Current, Status};
pub use self::run::Run;
pub use self::verify::Verify;
use crate::adoption::History;
use crate::error::{Error, ErrorKind};
use crate::function::Function;
use crate::options::Ahead;
use crate::plan::{Amend, Request};

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
    /// left as it is; one whose rows were all taken back is refused, as the old table does not know that. ([`Run::adopt`]
    /// does the same before an upgrade.)
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
