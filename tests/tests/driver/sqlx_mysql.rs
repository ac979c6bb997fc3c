//! The driver for `sqlx` on MySQL and MariaDB.

use revchain::Dialect;
use revchain_tests::clients::Database;
use sqlx::{MySqlConnection, Row as _};
use tokio::runtime::Builder;

use crate::blocking::{Blocking, rows_of_a_server, verbs};
use crate::contract::{Driver, Result};

pub(crate) struct SqlxMysql {
    database: Database,
}

impl Driver for SqlxMysql {
    const DIALECT: Dialect = Dialect::Mysql;
    const ROLLS_BACK_TABLES: bool = false;
    type Connection = Blocking<MySqlConnection>;

    fn is_available() -> bool {
        Database::has_mysql()
    }

    fn fresh() -> Result<Self> {
        let database = Database::fresh(Dialect::Mysql).ok_or("there is no server")?;
        Ok(Self { database })
    }

    fn schema_name(&self) -> String {
        let Database::Mysql { name } = &self.database else { return String::new() };
        name.clone()
    }

    fn connect(&self) -> Result<Self::Connection> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let connection = runtime.block_on(self.database.mysql())?;
        Ok(Blocking { runtime, connection })
    }

    verbs! {}
    rows_of_a_server! {}

    fn in_transaction(blocking: &mut Self::Connection) -> Result<bool> {
        let open = "SELECT @@in_transaction";
        Ok(Self::rows(blocking, open)? == ["1"])
    }
}
