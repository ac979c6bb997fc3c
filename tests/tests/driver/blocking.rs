//! What the drivers for `sqlx` have in common: verbs that wait for the future.

use tokio::runtime::Runtime;

/// A connection of sqlx, and what drives it.
pub(crate) struct Blocking<C> {
    pub(crate) runtime: Runtime,
    pub(crate) connection: C,
}

/// Writes the verbs of a [`Driver`](crate::contract::Driver) over [`Blocking`].
macro_rules! verbs {
    () => {
        fn run(
            Blocking { runtime, connection }: &mut Self::Connection,
            run: revchain::Run<'_>,
        ) -> std::result::Result<revchain::Report, revchain::Error> {
            runtime.block_on(run.run_async(connection))
        }

        fn plan(
            Blocking { runtime, connection }: &mut Self::Connection,
            run: revchain::Run<'_>,
        ) -> std::result::Result<revchain::Plan, revchain::Error> {
            runtime.block_on(run.plan_async(connection))
        }

        fn verify(
            Blocking { runtime, connection }: &mut Self::Connection,
            verify: revchain::Verify<'_>,
        ) -> std::result::Result<(), revchain::Error> {
            runtime.block_on(verify.run_async(connection))
        }

        fn current(
            Blocking { runtime, connection }: &mut Self::Connection,
            current: revchain::Current<'_>,
        ) -> std::result::Result<revchain::Status, revchain::Error> {
            runtime.block_on(current.run_async(connection))
        }

        fn execute(Blocking { runtime, connection }: &mut Self::Connection, sql: &str) -> Result {
            runtime.block_on(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection))?;
            Ok(())
        }
    };
}

/// Writes how a server's rows are read: everything is text in the simple protocol.
macro_rules! rows_of_a_server {
    () => {
        fn rows(
            Blocking { runtime, connection }: &mut Self::Connection,
            sql: &str,
        ) -> Result<Vec<String>> {
            let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_all(connection);
            let mut texts = Vec::new();
            for row in runtime.block_on(rows)? {
                let columns = (0..row.len()).map(|index| row.try_get_unchecked(index));
                let columns: std::result::Result<Vec<Option<String>>, _> = columns.collect();
                let columns: Vec<String> =
                    columns?.into_iter().map(Option::unwrap_or_default).collect();
                texts.push(columns.join("|"));
            }
            Ok(texts)
        }
    };
}

pub(crate) use {rows_of_a_server, verbs};
