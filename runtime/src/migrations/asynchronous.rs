//! The verbs on connections that do not block.

use super::{Current, Run, Status, Verify};
use crate::driver::asynchronous::{AsyncConnection, Connect, Performed, Prepared};
use crate::engine::{Engine, Goal, Outcome};
use crate::error::Error;
use crate::plan::Plan;
use crate::report::{Progress, Report};

impl Run<'_> {
    /// Runs on a connection or a pool of sqlx.
    ///
    /// The future is `Send`. Where it is dropped before its end, what was begun is rolled back and the connection's
    /// settings are put back before the connection does anything else.
    ///
    /// # Errors
    ///
    /// What stopped the run; [`Error::applied`] tells what was done and committed before.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    /// use sqlx::{Connection, SqliteConnection};
    ///
    /// let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    /// let report = MIGRATIONS.upgrade(Target::Head).run_async(&mut connection).await?;
    /// assert_eq!(report.steps.len(), 3);
    ///
    /// sqlx::query("DROP TABLE books").execute(&mut connection).await?;
    /// let error = MIGRATIONS.downgrade(Target::Base).run_async(&mut connection).await.unwrap_err();
    /// assert_eq!(error.code(), "statement");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run_async(mut self, connection: impl AsyncConnection) -> Result<Report, Error> {
        Ok(self.drive_async(Goal::Run, connection).await?.report)
    }

    /// Returns what a run would do, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`run_async`](Self::run_async), before the first statement.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    /// use sqlx::{Connection, SqliteConnection};
    ///
    /// let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    /// let plan = MIGRATIONS.upgrade("+1".parse()?).plan_async(&mut connection).await?;
    /// assert_eq!(plan.steps[0].message(MIGRATIONS.set()), "create books");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn plan_async(mut self, connection: impl AsyncConnection) -> Result<Plan, Error> {
        Ok(self.drive_async(Goal::Plan, connection).await?.plan)
    }

    async fn drive_async<C: Connect>(
        &mut self,
        goal: fn(crate::plan::Request) -> Goal,
        connection: C,
    ) -> Result<Outcome, Error> {
        let engine = Box::new(self.engine(goal, C::DIALECT)?);
        self.drive_engine(engine, connection).await
    }

    async fn drive_engine(
        &mut self,
        engine: Box<Engine<'_>>,
        connection: impl Connect,
    ) -> Result<Outcome, Error> {
        let observer = self.observer.as_mut();
        let observer =
            observer.map(|observer| &mut **observer as &mut (dyn FnMut(&Progress) + Send));
        let Performed(outcome) = connection.perform(Prepared { engine, observer }).await;
        outcome
    }
}

impl Verify<'_> {
    /// Runs on a connection or a pool of sqlx; writes nothing.
    ///
    /// # Errors
    ///
    /// [`Pending`](crate::ErrorKind::Pending), [`HalfDone`](crate::ErrorKind::HalfDone),
    /// [`Edited`](crate::ErrorKind::Edited) or [`Ahead`](crate::ErrorKind::Ahead).
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use sqlx::{Connection, SqliteConnection};
    ///
    /// let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
    /// let error = MIGRATIONS.verify().run_async(&mut connection).await.unwrap_err();
    /// assert_eq!((error.code(), error.exit_code()), ("pending", 4));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run_async<C: AsyncConnection>(self, connection: C) -> Result<(), Error> {
        let (mut run, engine) = self.prepare(C::DIALECT)?;
        let outcome = run.drive_engine(Box::new(engine), connection).await?;
        self.judge(&outcome)
    }
}

impl Current<'_> {
    /// Runs on a connection or a pool of sqlx; writes nothing.
    ///
    /// # Errors
    ///
    /// Only when the database cannot be read: what is unexpected there is part of the answer.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Target;
    ///
    /// let options = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    /// let pool = options.connect("sqlite::memory:").await?;
    /// MIGRATIONS.upgrade(Target::Head).run_async(&pool).await?;
    /// let status = MIGRATIONS.current().run_async(&pool).await?;
    /// assert_eq!(status.heads, ["81d4be06f93a"]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run_async<C: AsyncConnection>(self, connection: C) -> Result<Status, Error> {
        let engine = Box::new(self.engine(C::DIALECT));
        let Performed(outcome) = connection.perform(Prepared { engine, observer: None }).await;
        let outcome = outcome?;
        Ok(Status::of(&self.migrations.set, outcome))
    }
}
