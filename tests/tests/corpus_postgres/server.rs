//! A database in which one case after the other is run.

use revchain::Dialect;
use revchain_schema::{Next, Reading, Row, Snapshot};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{
    Connection as _, Either, Executor as _, PgConnection, Row as _, TypeInfo as _, ValueRef as _,
};

pub(crate) struct Server {
    connection: PgConnection,
}

/// What the server said against a script.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Server {
    pub(crate) async fn connect(options: PgConnectOptions) -> Self {
        let connection =
            PgConnection::connect_with(&options).await.expect("the server can be reached");
        let mut server = Self { connection };
        server.run("SET client_min_messages = error").await.expect("a setting");
        server
    }

    /// Runs a script as one message.
    pub(crate) async fn run(&mut self, sql: &str) -> Result<(), Refused> {
        self.answers(sql).await.map(|_| ())
    }

    /// Runs a script as one message; returns the rows of each statement.
    pub(crate) async fn answers(&mut self, sql: &str) -> Result<Vec<Vec<Row>>, Refused> {
        let mut answers = vec![Vec::new()];
        let mut stream =
            self.connection.fetch_many(sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())));
        loop {
            match std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await {
                Some(Ok(Either::Left(_))) => answers.push(Vec::new()),
                Some(Ok(Either::Right(row))) => {
                    let last = answers.last_mut().expect("there is one");
                    last.push(texts(&row));
                }
                None => break,
                Some(Err(error)) => {
                    let code = error
                        .as_database_error()
                        .and_then(|error| error.code().map(|code| code.into_owned()));
                    let message = error.to_string();
                    drop(stream);
                    return Err(Refused { code: code.unwrap_or_default(), message });
                }
            }
        }
        answers.pop();
        Ok(answers)
    }

    /// Reads the catalog.
    pub(crate) async fn snapshot(&mut self) -> Result<Snapshot, Refused> {
        let reading = Reading::new(Dialect::Postgres, Vec::new());
        let answers = self.answers(&reading.ask().join(";\n")).await?;
        match reading.answer(&answers) {
            Ok(Next::Done(snapshot)) => Ok(*snapshot),
            other => Err(Refused { code: String::new(), message: format!("{other:?}") }),
        }
    }

    /// Removes all that a case made.
    pub(crate) async fn wipe(&mut self) {
        let _ = self.run("ROLLBACK").await;
        self.run("RESET ALL; SET client_min_messages = error")
            .await
            .expect("settings can be put back");
        self.run(
            "DO $$ DECLARE s name; BEGIN \
             FOR s IN SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' LOOP EXECUTE format('DROP EXTENSION IF EXISTS %I CASCADE', s); END LOOP; \
             FOR s IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' LOOP \
             EXECUTE format('DROP SCHEMA %I CASCADE', s); END LOOP; END $$; \
             CREATE SCHEMA public; COMMENT ON SCHEMA public IS 'standard public schema'; GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT ALL ON SCHEMA public TO pg_database_owner",
        )
        .await
        .expect("the database can be emptied");
    }
}

fn texts(row: &PgRow) -> Row {
    (0..row.columns().len())
        .map(|index| {
            let value = row.try_get_raw(index).expect("a value");
            let is_null = value.is_null();
            let _ = value.type_info().name();
            (!is_null).then(|| value.as_str().expect("the simple protocol sends text").to_owned())
        })
        .collect()
}
