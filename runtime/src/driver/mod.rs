//! Drivers: each performs the engine's actions on one kind of connection, and decides nothing.

#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
pub(crate) mod asynchronous;
#[cfg(any(feature = "rusqlite", feature = "sqlx-sqlite"))]
mod file_lock;
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres"))]
mod held;
#[cfg(feature = "rusqlite")]
pub(crate) mod rusqlite;
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres"))]
mod server;
#[cfg(feature = "sqlx-mysql")]
mod sqlx_mysql;
#[cfg(feature = "sqlx-postgres")]
mod sqlx_postgres;
#[cfg(feature = "sqlx-sqlite")]
mod sqlx_sqlite;
