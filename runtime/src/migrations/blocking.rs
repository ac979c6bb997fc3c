//! The verbs on a connection that blocks.

use revchain_core::Dialect;

use super::{Current, Run, Status, Verify};
use crate::engine::{Engine, Goal, Outcome};
use crate::error::Error;
use crate::plan::Plan;
use crate::report::{Progress, Report};

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

impl Verify<'_> {
    /// Runs on a SQLite connection; writes nothing.
    ///
    /// # Errors
    ///
    /// [`Pending`](crate::ErrorKind::Pending), [`HalfDone`](crate::ErrorKind::HalfDone),
    /// [`Edited`](crate::ErrorKind::Edited) or [`Ahead`](crate::ErrorKind::Ahead).
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
    #[inline]
    pub fn run(self, connection: &mut rusqlite::Connection) -> Result<(), Error> {
        let (mut run, engine) = self.prepare(Dialect::Sqlite)?;
        let outcome = run.drive(engine, connection)?;
        self.judge(&outcome)
    }
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
    #[inline]
    pub fn run(self, connection: &mut rusqlite::Connection) -> Result<Status, Error> {
        let outcome =
            crate::driver::rusqlite::drive(self.engine(Dialect::Sqlite), connection, None)?;
        Ok(Status::of(&self.migrations.set, outcome))
    }
}
