//! The driver for `sqlx` on PostgreSQL.

use revchain::Dialect;
use revchain_tests::clients::Database;
use sqlx::{PgConnection, Row as _};
use tokio::runtime::Builder;

use crate::blocking::{Blocking, rows_of_a_server, verbs};
use crate::contract::{Driver, Result};

pub(crate) struct SqlxPostgres {
    database: Database,
}

impl Driver for SqlxPostgres {
    const DIALECT: Dialect = Dialect::Postgres;
    type Connection = Blocking<PgConnection>;

    fn is_available() -> bool {
        Database::has_postgres()
    }

    fn fresh() -> Result<Self> {
        let database = Database::fresh(Dialect::Postgres).ok_or("there is no server")?;
        Ok(Self { database })
    }

    fn schema_name(&self) -> String {
        "public".to_owned()
    }

    fn connect(&self) -> Result<Self::Connection> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let connection = runtime.block_on(self.database.postgres())?;
        Ok(Blocking { runtime, connection })
    }

    verbs! {}
    rows_of_a_server! {}

    fn in_transaction(blocking: &mut Self::Connection) -> Result<bool> {
        let open = "SELECT (now() <> statement_timestamp())::int";
        Ok(Self::rows(blocking, open)? == ["1"])
    }
}
