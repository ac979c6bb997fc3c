//! Brings the database named by the first argument to the head with sqlx.

use std::error::Error;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: bench-sqlx DATABASE")?;
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
        let mut connection = SqliteConnection::connect_with(&options).await?;
        sqlx::migrate!().run(&mut connection).await?;
        connection.close().await?;
        Ok(())
    })
}
