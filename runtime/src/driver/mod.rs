//! Drivers: each performs the engine's actions on one kind of connection, and decides nothing.

#[cfg(feature = "sqlx-sqlite")]
pub(crate) mod asynchronous;
mod file_lock;
#[cfg(feature = "rusqlite")]
pub(crate) mod rusqlite;
#[cfg(feature = "sqlx-sqlite")]
mod sqlx_sqlite;
