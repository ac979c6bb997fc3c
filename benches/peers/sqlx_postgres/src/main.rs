//! Brings a PostgreSQL database to the head of a folder with sqlx: `bench-sqlx_postgres FOLDER URL`.

use std::error::Error;
use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::{Connection as _, PgConnection};

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: bench-sqlx_postgres FOLDER URL";
    let mut arguments = std::env::args().skip(1);
    let (folder, url) = arguments.next().zip(arguments.next()).ok_or(usage)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let migrator = Migrator::new(Path::new(&folder)).await?;
        let mut connection = PgConnection::connect(&url).await?;
        migrator.run(&mut connection).await?;
        connection.close().await?;
        Ok(())
    })
}
