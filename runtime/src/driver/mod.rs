//! Drivers: each performs the engine's actions on one kind of connection, and decides nothing.

#[cfg(feature = "rusqlite")]
pub(crate) mod rusqlite;
