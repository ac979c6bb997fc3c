//! What the async drivers share: the loop over the engine, and its end when the future is dropped.

use std::future::Future;
use std::time::Instant;

use futures_core::Stream;
use revchain_core::{Dialect, rust};

use crate::engine::{Action, Engine, Event, Outcome};
use crate::error::{Error, ErrorKind, Source};
use crate::report::Progress;

/// What a run can be performed on with `run_async`: with the feature `sqlx-sqlite` a `&mut sqlx::SqliteConnection`, a
/// `&mut sqlx::pool::PoolConnection<Sqlite>` or a `&sqlx::SqlitePool`, and with `sqlx-postgres` and `sqlx-mysql` the same of
/// PostgreSQL, and of MySQL and MariaDB.
///
/// A `Transaction` derefs to a connection and is refused: a run begins its own transactions.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::Target;
/// use sqlx::{Connection, SqliteConnection};
///
/// let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
/// MIGRATIONS.upgrade(Target::Head).run_async(&mut connection).await?;
///
/// let mut transaction = connection.begin().await?;
/// let refused = MIGRATIONS.upgrade(Target::Head).run_async(&mut *transaction).await;
/// assert_eq!(refused.unwrap_err().code(), "open-transaction");
/// # Ok(())
/// # }
/// ```
pub trait AsyncConnection: Connect {}

impl<C: Connect> AsyncConnection for C {}

/// What a run can be performed on.
pub trait Connect: Send {
    /// The dialect of the database.
    const DIALECT: Dialect;

    /// Connects, where that is still to be done, and performs a run.
    fn perform(self, run: Prepared<'_>) -> impl Future<Output = Performed> + Send;
}

/// A run that is ready to be performed.
pub struct Prepared<'p> {
    /// In a box, so that the futures of a run are small.
    pub(crate) engine: Box<Engine<'p>>,
    pub(crate) observer: Option<&'p mut (dyn FnMut(&Progress) + Send)>,
}

/// What a run came to.
pub struct Performed(pub(crate) Result<Outcome, Error>);

/// Performs actions on a connection; none of the async ones can put a copy of a database back.
pub(crate) trait Driver: Send {
    /// Why a copy of the database cannot be put back by it.
    const CANNOT_PUT_BACK: &'static str;
    /// Whose connection it is, for the functions of revisions written in Rust.
    const CALLS: rust::Driver;

    /// Tells whether the connection has a transaction open that the caller began.
    fn in_transaction(&mut self) -> impl Future<Output = Result<bool, Source>> + Send;

    /// Performs an action; nothing when the run is at its end.
    fn perform(
        &mut self,
        engine: &mut Engine<'_>,
        action: Action<'_>,
    ) -> impl Future<Output = Option<Event>> + Send;

    /// Begins an action of a run whose future was dropped, and does not wait for its end; nothing when that run is at its
    /// end.
    fn abandon(&mut self, action: Action<'_>) -> Option<Event>;

    /// Ends, after a run that came to its end.
    fn finish(self) -> impl Future<Output = ()> + Send;
}

/// Performs a run with a driver, or tells why there is none.
pub(super) async fn drive<D: Driver>(driver: Result<D, Source>, run: Prepared<'_>) -> Performed {
    Performed(match driver {
        Ok(driver) => drive_to_its_end(driver, run).await,
        Err(source) => Err(refused(source)),
    })
}

fn refused(source: Source) -> Error {
    use sqlx_core::Error as Refused;

    // operator_intervention: it starts or stops; too_many_connections
    let later = |code: &str| code.starts_with("57P0") || code == "53300";
    let unreachable = match source.downcast_ref::<Refused>() {
        Some(Refused::Io(_) | Refused::PoolTimedOut | Refused::PoolClosed) => true,
        Some(Refused::Database(error)) => error.code().is_some_and(|code| later(&code)),
        _ => false,
    };
    let kind = if unreachable {
        ErrorKind::Unreachable { revision: None, source }
    } else {
        ErrorKind::Database { doing: "the connection", source }
    };
    Error::new(kind, Vec::new())
}

async fn drive_to_its_end<D: Driver>(
    mut driver: D,
    prepared: Prepared<'_>,
) -> Result<Outcome, Error> {
    let Prepared { mut engine, mut observer } = prepared;
    let began = Instant::now();
    let in_transaction = driver.in_transaction().await.map_err(refused)?;
    engine.cannot_put_back(D::CANNOT_PUT_BACK);
    engine.called_by(D::CALLS);
    let mut run = Run { engine: Some(engine), driver: Some(driver), began };
    if let (Some(engine), Some(driver)) = (&mut run.engine, &mut run.driver) {
        let mut action = engine.start(in_transaction);
        loop {
            if let (Action::Tell(progress), Some(observer)) = (&action, &mut observer) {
                observer(progress);
            }
            let Some(event) = driver.perform(engine, action).await else { break };
            action = engine.step(event, began.elapsed());
        }
    }
    let (engine, driver) = (run.engine.take(), run.driver.take());
    if let Some(driver) = driver {
        driver.finish().await;
    }
    engine.map_or_else(|| unreachable!("a run is performed once"), |engine| engine.outcome())
}

/// A run that ends in order even when its future is dropped or the observer panics.
struct Run<'s, D: Driver> {
    engine: Option<Box<Engine<'s>>>,
    driver: Option<D>,
    began: Instant,
}

impl<D: Driver> Drop for Run<'_, D> {
    fn drop(&mut self) {
        let (Some(engine), Some(driver)) = (&mut self.engine, &mut self.driver) else { return };
        // What is open, nobody can ask now.
        let mut action = engine.abandon(true);
        while let Some(event) = driver.abandon(action) {
            action = engine.step(event, self.began.elapsed());
        }
    }
}

/// Waits for the next item of a stream.
pub(super) async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    std::future::poll_fn(|context| std::pin::Pin::new(&mut *stream).poll_next(context)).await
}
