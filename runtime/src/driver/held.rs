//! Whose connection a run has, and what becomes of it.

use sqlx_core::connection::Connection as _;
use sqlx_core::database::Database;
use sqlx_core::pool::PoolConnection;

/// Whose connection it is.
pub(super) enum Held<'c, DB: Database> {
    Plain(&'c mut DB::Connection),
    Acquired(&'c mut PoolConnection<DB>),
    Pooled(Option<Box<PoolConnection<DB>>>),
    Own(Box<DB::Connection>),
}

impl<DB: Database> Held<'_, DB> {
    /// Holds a connection that the run itself has taken from a pool.
    pub(super) fn of_pool(connection: PoolConnection<DB>) -> Self {
        Self::Pooled(Some(Box::new(connection)))
    }

    pub(super) fn connection(&mut self) -> &mut DB::Connection {
        match self {
            Self::Plain(connection) => connection,
            Self::Acquired(connection) => connection,
            Self::Pooled(Some(connection)) => connection,
            Self::Pooled(None) => unreachable!("a connection that is taken out becomes our own"),
            Self::Own(connection) => connection,
        }
    }

    /// Sees to it that the pool does not get back what the run may leave on the connection.
    pub(super) fn keep(&mut self) {
        match self {
            Self::Plain(_) | Self::Own(_) | Self::Pooled(None) => {}
            Self::Acquired(connection) => connection.close_on_drop(),
            Self::Pooled(connection @ Some(_)) => {
                if let Some(connection) = connection.take() {
                    *self = Self::Own(Box::new(connection.detach()));
                }
            }
        }
    }

    /// Closes what the run has kept for itself.
    pub(super) async fn finish(self) {
        if let Self::Own(connection) = self {
            // In a box, so that the futures of a run are small. The run is done, whatever comes of the farewell.
            let _ = Box::pin(connection.close()).await;
        }
    }
}
