//! The driver for `sqlx` on PostgreSQL.

use revchain::{Current, Dialect, Error, Plan, Report, Run, Status, Verify};
use revchain_tests::clients::Database;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use tokio::runtime::{Builder, Runtime};

use crate::contract::{Driver, Result};

pub(crate) struct SqlxPostgres {
    database: Database,
}

/// A connection, and what drives it.
pub(crate) struct Blocking {
    runtime: Runtime,
    connection: PgConnection,
}

impl Driver for SqlxPostgres {
    const DIALECT: Dialect = Dialect::Postgres;
    type Connection = Blocking;

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

    fn connect(&self) -> Result<Blocking> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let connection = runtime.block_on(self.database.postgres())?;
        Ok(Blocking { runtime, connection })
    }

    fn run(blocking: &mut Blocking, run: Run<'_>) -> std::result::Result<Report, Error> {
        let Blocking { runtime, connection } = blocking;
        runtime.block_on(run.run_async(connection))
    }

    fn plan(blocking: &mut Blocking, run: Run<'_>) -> std::result::Result<Plan, Error> {
        let Blocking { runtime, connection } = blocking;
        runtime.block_on(run.plan_async(connection))
    }

    fn verify(blocking: &mut Blocking, verify: Verify<'_>) -> std::result::Result<(), Error> {
        let Blocking { runtime, connection } = blocking;
        runtime.block_on(verify.run_async(connection))
    }

    fn current(
        blocking: &mut Blocking,
        current: Current<'_>,
    ) -> std::result::Result<Status, Error> {
        let Blocking { runtime, connection } = blocking;
        runtime.block_on(current.run_async(connection))
    }

    fn execute(blocking: &mut Blocking, sql: &str) -> Result {
        let Blocking { runtime, connection } = blocking;
        runtime.block_on(sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection))?;
        Ok(())
    }

    fn rows(blocking: &mut Blocking, sql: &str) -> Result<Vec<String>> {
        let Blocking { runtime, connection } = blocking;
        let rows = runtime.block_on(sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection))?;
        rows.iter().map(joined).collect()
    }

    fn in_transaction(blocking: &mut Blocking) -> Result<bool> {
        let open = "SELECT (now() <> statement_timestamp())::int";
        Ok(Self::rows(blocking, open)? == ["1"])
    }
}

/// Everything is text in the simple protocol.
fn joined(row: &PgRow) -> Result<String> {
    let mut columns = Vec::new();
    for index in 0..row.len() {
        columns.push(row.try_get_unchecked::<Option<String>, _>(index)?.unwrap_or_default());
    }
    Ok(columns.join("|"))
}
