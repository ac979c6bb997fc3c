//! Functions of revisions written in Rust, as the macro compiled them in.

use revchain_core::Direction;
use revchain_core::rust::Driver;

#[cfg(any(
    feature = "rusqlite",
    feature = "sqlx-mysql",
    feature = "sqlx-postgres",
    feature = "sqlx-sqlite"
))]
use crate::error::Source;

/// What the ledger keeps for the downgrade of a revision written in Rust: nobody but a binary that has it can run it.
pub(crate) const STORED: &str = "rust";

/// A function of a revision.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Function {
    pub revision: &'static str,
    pub direction: Direction,
    pub driver: Driver,
    /// Its name in the file.
    pub name: &'static str,
    pub call: Call,
}

/// How a function is called.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Call {
    #[cfg(feature = "rusqlite")]
    Rusqlite(fn(&rusqlite::Connection) -> Result<(), Source>),
    #[cfg(feature = "sqlx-sqlite")]
    SqlxSqlite(fn(&mut sqlx_sqlite::SqliteConnection) -> Called<'_>),
    #[cfg(feature = "sqlx-postgres")]
    Postgres(fn(&mut sqlx_postgres::PgConnection) -> Called<'_>),
    #[cfg(feature = "sqlx-mysql")]
    Mysql(fn(&mut sqlx_mysql::MySqlConnection) -> Called<'_>),
    /// Its driver is not among the features that revchain is built with.
    Not,
}

/// A call that goes on.
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
#[doc(hidden)]
pub type Called<'c> = std::pin::Pin<Box<dyn Future<Output = Result<(), Source>> + Send + 'c>>;

/// Names a function for a driver that revchain is built without.
#[doc(hidden)]
#[macro_export]
macro_rules! call_nothing {
    ($function:path) => {{
        let _ = $function;
        $crate::__private::Call::Not
    }};
}

/// Calls a function of a revision on a `rusqlite::Connection`.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "rusqlite")]
macro_rules! call_rusqlite {
    ($function:path) => {
        $crate::__private::Call::Rusqlite(|connection| {
            $function(connection).map_err(::core::convert::Into::into)
        })
    };
}

/// Calls a function of a revision on a `sqlx::SqliteConnection`.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "sqlx-sqlite")]
macro_rules! call_sqlx_sqlite {
    ($function:path) => {
        $crate::__private::Call::SqlxSqlite(|connection| {
            $crate::__private::Box::pin(async move {
                $function(connection).await.map_err(::core::convert::Into::into)
            })
        })
    };
}

/// Calls a function of a revision on a `sqlx::PgConnection`.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "sqlx-postgres")]
macro_rules! call_postgres {
    ($function:path) => {
        $crate::__private::Call::Postgres(|connection| {
            $crate::__private::Box::pin(async move {
                $function(connection).await.map_err(::core::convert::Into::into)
            })
        })
    };
}

/// Calls a function of a revision on a `sqlx::MySqlConnection`.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "sqlx-mysql")]
macro_rules! call_mysql {
    ($function:path) => {
        $crate::__private::Call::Mysql(|connection| {
            $crate::__private::Box::pin(async move {
                $function(connection).await.map_err(::core::convert::Into::into)
            })
        })
    };
}
