//! Opens SQLite files with sqlx.

use sqlx_core::Error;
use sqlx_core::connection::ConnectOptions as _;
use sqlx_core::raw_sql::raw_sql;
use sqlx_sqlite::{SqliteConnectOptions, SqliteConnection};

use super::asynchronous::Driven;
use super::refusal::Refusal;
use super::sqlite::{Opening, no_database, unreachable};
use crate::Pooler;
use crate::cli::failure::Failure;
use crate::cli::url::DatabaseUrl;

/// Opens a database.
pub(super) fn open(
    opening: Opening,
    url: &DatabaseUrl,
) -> Result<Driven<SqliteConnection>, Failure> {
    let options = match opening {
        Opening::Memory => SqliteConnectOptions::new().in_memory(true),
        Opening::File { path, read_only, create } => SqliteConnectOptions::new()
            .filename(path)
            .read_only(read_only)
            .create_if_missing(create),
    };
    let opened = Driven::connect(Pooler::None, async {
        let refused = |error: Error| match error.as_database_error().and_then(|error| error.code())
        {
            // SQLITE_NOTADB.
            Some(code) if code == "26" => Refusal::wrong("NOTADB"),
            _ => Refusal::unreachable(error.to_string()),
        };
        let mut connection = options.connect().await.map_err(refused)?;
        let read = raw_sql("PRAGMA schema_version").execute(&mut connection).await;
        read.map_err(refused)?;
        Ok(connection)
    });
    opened.map_err(|refusal| {
        if refusal.starting { unreachable(url, refusal.reason) } else { no_database(url) }
    })
}
