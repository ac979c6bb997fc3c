//! Brings a PostgreSQL database to the head of a folder with revchain: `bench-postgres FOLDER URL`.

use std::error::Error;
use std::path::Path;

use revchain::{Migrations, Target};
use sqlx::{Connection as _, PgConnection};

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: bench-postgres FOLDER URL";
    let mut arguments = std::env::args().skip(1);
    let (folder, url) = arguments.next().zip(arguments.next()).ok_or(usage)?;
    let set = revchain::load(Path::new(&folder), "migrations");
    let set =
        set.map_err(|problems| format!("{} problems: {:?}", problems.len(), problems.first()))?;
    let migrations = Migrations::new(set, "bench 1.0.0");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = PgConnection::connect(&url).await?;
        migrations.upgrade(Target::Head).run_async(&mut connection).await?;
        connection.close().await?;
        Ok(())
    })
}
