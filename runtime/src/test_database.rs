//! `test_database()`: a PostgreSQL database for each test, at the head, copied from a template.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use revchain_core::{Dialect, Target};
use sqlx_core::Error as SqlxError;
use sqlx_core::connection::{ConnectOptions as _, Connection as _};
use sqlx_core::executor::Executor as _;
use sqlx_core::raw_sql::raw_sql;
use sqlx_core::row::Row as _;
use sqlx_core::rt;
use sqlx_core::sql_str::AssertSqlSafe;
use sqlx_postgres::{PgConnectOptions, PgConnection};

use crate::error::{Error, ErrorKind};
use crate::migrations::Migrations;

/// A PostgreSQL database with every revision applied, which goes away with its value.
///
/// Its name begins with `revchain_test_`. Where a process dies before it could remove its databases, the next one that
/// makes one does: nobody is connected to them any more.
///
/// It keeps one connection to its database for as long as it lives, to show that it is in use.
pub struct TestDatabase {
    name: String,
    url: String,
    options: PgConnectOptions,
    /// Where the database is made and removed from.
    server: PgConnectOptions,
    keeper: Option<PgConnection>,
}

const TEST: &str = "revchain_test_";
const TEMPLATE: &str = "revchain_template_";
/// A template that is not whole yet.
const MAKING: &str = "revchain_making_";
/// Whoever makes a database is connected to it long before it is so old.
const LEFT_AFTER: Duration = Duration::from_secs(60);
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(20);
/// How long to wait while another process makes the template; the chain is applied meanwhile.
const PATIENCE: u32 = 15 * 60 * 50;

impl Migrations {
    /// Makes a PostgreSQL database with every revision applied, for one test.
    ///
    /// `url` names a database from which others can be made: its user may `CREATE DATABASE`. The first call applies the
    /// chain, in a template named by the set's digest (`revchain_template_…`), which stays on the server; each later one
    /// copies it, also in other processes. Templates of an earlier form of the set are removed.
    ///
    /// Each test holds one connection, besides those that it opens: with the server's default of 100, run at most some 40
    /// tests at a time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Database`] when the server refuses; as [`Run::run_async`](crate::Run::run_async) when the chain does
    /// not apply.
    ///
    /// # Panics
    ///
    /// Where sqlx has no async runtime: enable its feature `runtime-tokio`, or that of another.
    ///
    /// ```no_run
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let database = MIGRATIONS.test_database("postgres://localhost/postgres").await?;
    /// let mut connection = database.connect().await?;
    /// sqlx::query("INSERT INTO books (title, author) VALUES ('Emma', 'Austen')")
    ///     .execute(&mut connection)
    ///     .await?;
    /// // The database is gone where `database` is dropped, whoever is still connected to it.
    /// # Ok(())
    /// # }
    /// ```
    pub async fn test_database(&self, url: &str) -> Result<TestDatabase, Error> {
        let server: PgConnectOptions = url.parse().map_err(refused)?;
        let mut connection = server.connect().await.map_err(refused)?;
        remove_leftovers(&mut connection).await.map_err(refused)?;
        let mut tries = 0;
        let made = loop {
            let template = self.template(&server, &mut connection).await?;
            tries += 1;
            match TestDatabase::copy(url, server.clone(), &mut connection, &template).await {
                // Another form of the set, in another process, has removed the template in this moment.
                Err(error) if tries < TRIES && is_no_database(&error) => {}
                made => break made.map_err(refused)?,
            }
        };
        let _ = connection.close().await;
        Ok(made)
    }

    /// Returns the name of the template, and makes it where it is not there.
    async fn template(
        &self,
        server: &PgConnectOptions,
        connection: &mut PgConnection,
    ) -> Result<String, Error> {
        let set = self.set();
        let history = set.settings.history.to_string();
        let digest = |parts: &[&str]| revchain_core::checksum::digest(parts)[..12].to_owned();
        let of_set = format!("{TEMPLATE}{}_", digest(&[&set.settings.name, &history]));
        let ledger = set.ledger(Dialect::Postgres);
        let name = format!("{of_set}{}", digest(&[&set.settings.name, &history, ledger]));
        for _ in 0..PATIENCE {
            if exists(connection, &name).await.map_err(refused)? {
                return Ok(name);
            }
            if try_lock(connection, &of_set).await.map_err(refused)? {
                let made = self.make_template(server, connection, &of_set, &name).await;
                unlock(connection, &of_set).await.map_err(refused)?;
                return made.map(|()| name);
            }
            rt::sleep(PAUSE).await;
        }
        let source = format!("another process has been making `{name}` for 15 minutes").into();
        Err(Error::new(ErrorKind::Database { doing: DOING, source }, Vec::new()))
    }

    /// Makes the template under another name, and gives it its own when it is whole.
    async fn make_template(
        &self,
        server: &PgConnectOptions,
        connection: &mut PgConnection,
        of_set: &str,
        name: &str,
    ) -> Result<(), Error> {
        if exists(connection, name).await.map_err(refused)? {
            return Ok(());
        }
        // Those of other forms of this set.
        for old in databases(connection, of_set).await.map_err(refused)? {
            remove_unused(connection, &old).await;
        }
        let making = fresh_name(MAKING);
        let create = format!("CREATE DATABASE {} TEMPLATE template0", quoted(&making));
        execute(connection, create).await.map_err(refused)?;
        let applied = self.apply(server.clone().database(&making)).await;
        let rename = format!("ALTER DATABASE {} RENAME TO {}", quoted(&making), quoted(name));
        let made = match applied {
            Ok(()) => execute(connection, rename).await.map_err(refused),
            Err(error) => Err(error),
        };
        if made.is_err() {
            remove(connection, &making).await.map_err(refused)?;
            // By way of another database of the server, another process was faster.
            if exists(connection, name).await.map_err(refused)? {
                return Ok(());
            }
        }
        made
    }

    async fn apply(&self, options: PgConnectOptions) -> Result<(), Error> {
        let mut connection = options.connect().await.map_err(refused)?;
        let applied = self.upgrade(Target::Heads).run_async(&mut connection).await;
        // The name cannot be changed while somebody is connected.
        connection.close().await.map_err(refused)?;
        applied.map(|_| ())
    }
}

impl TestDatabase {
    async fn copy(
        url: &str,
        server: PgConnectOptions,
        connection: &mut PgConnection,
        template: &str,
    ) -> Result<Self, SqlxError> {
        let name = fresh_name(TEST);
        let options = server.clone().database(&name);
        // From here on it is removed, whatever happens.
        let url = with_database(url, &name);
        let mut made = Self { name, url, options, server, keeper: None };
        let create =
            format!("CREATE DATABASE {} TEMPLATE {}", quoted(&made.name), quoted(template));
        execute(connection, create).await?;
        made.keeper = Some(made.options.connect().await?);
        Ok(made)
    }

    /// Returns the database's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what connects to it, for pools: `PgPoolOptions::new().connect_with(database.options().clone())`.
    #[must_use]
    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Returns its URL, with the password, for a program that the test starts.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Connects to it.
    ///
    /// # Errors
    ///
    /// When the server refuses, as it does beyond `max_connections`.
    pub fn connect(&self) -> impl Future<Output = Result<PgConnection, SqlxError>> + Send {
        let options = self.options.clone();
        async move { options.connect().await }
    }
}

impl fmt::Debug for TestDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDatabase").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Drop for TestDatabase {
    /// Removes the database, on a thread and a connection of its own: the test's runtime may be at its end.
    fn drop(&mut self) {
        self.keeper = None;
        let (server, name) = (self.server.clone(), std::mem::take(&mut self.name));
        let removed = thread::spawn(move || {
            rt::test_block_on(async move {
                let mut connection = server.connect().await?;
                remove(&mut connection, &name).await?;
                connection.close().await
            })
        });
        // Where the server is gone, the next process removes it.
        let _ = removed.join();
    }
}

fn is_no_database(error: &SqlxError) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "3D000")
}

const DOING: &str = "to make a database for a test";

fn refused(source: SqlxError) -> Error {
    Error::new(ErrorKind::Database { doing: DOING, source: source.into() }, Vec::new())
}

fn quoted(name: &str) -> String {
    Dialect::Postgres.quote_identifier(name)
}

/// Removes databases of processes that died: nobody is connected to them.
async fn remove_leftovers(connection: &mut PgConnection) -> Result<(), SqlxError> {
    let old = now().saturating_sub(LEFT_AFTER).as_secs();
    for beginning in [TEST, MAKING] {
        for name in databases(connection, beginning).await? {
            let made = name.rsplit('_').next().and_then(|time| u64::from_str_radix(time, 16).ok());
            // The server waits for seconds before it refuses to remove one that is in use.
            if made.is_some_and(|made| made < old) && !is_used(connection, &name).await? {
                remove_unused(connection, &name).await;
            }
        }
    }
    Ok(())
}

async fn is_used(connection: &mut PgConnection, name: &str) -> Result<bool, SqlxError> {
    let name = Dialect::Postgres.quote_literal(name);
    let sql = format!("SELECT 1 FROM pg_stat_activity WHERE datname = {name} LIMIT 1");
    Ok(!connection.fetch_all(raw_sql(AssertSqlSafe(sql))).await?.is_empty())
}

/// Removes a database unless somebody is connected, which the server refuses.
async fn remove_unused(connection: &mut PgConnection, name: &str) {
    let _ = execute(connection, format!("DROP DATABASE IF EXISTS {}", quoted(name))).await;
}

/// Returns a name that no other has, with the time in it.
fn fresh_name(beginning: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let (process, now) = (std::process::id(), now());
    format!("{beginning}{process}_{number}_{:x}_{:x}", now.subsec_nanos(), now.as_secs())
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

async fn databases(
    connection: &mut PgConnection,
    beginning: &str,
) -> Result<Vec<String>, SqlxError> {
    let beginning = Dialect::Postgres.quote_literal(beginning);
    let sql =
        format!("SELECT datname::text FROM pg_database WHERE starts_with(datname, {beginning})");
    let rows = connection.fetch_all(raw_sql(AssertSqlSafe(sql))).await?;
    rows.iter().map(|row| row.try_get_unchecked(0)).collect()
}

async fn exists(connection: &mut PgConnection, name: &str) -> Result<bool, SqlxError> {
    Ok(databases(connection, name).await?.iter().any(|other| other == name))
}

async fn remove(connection: &mut PgConnection, name: &str) -> Result<(), SqlxError> {
    execute(connection, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name))).await
}

async fn execute(connection: &mut PgConnection, sql: String) -> Result<(), SqlxError> {
    connection.execute(raw_sql(AssertSqlSafe(sql))).await.map(|_| ())
}

async fn try_lock(connection: &mut PgConnection, what: &str) -> Result<bool, SqlxError> {
    ask(connection, "pg_try_advisory_lock", what).await
}

async fn unlock(connection: &mut PgConnection, what: &str) -> Result<(), SqlxError> {
    ask(connection, "pg_advisory_unlock", what).await.map(|_| ())
}

/// Calls a function of advisory locks, which are those of the database that the URL names.
async fn ask(connection: &mut PgConnection, function: &str, what: &str) -> Result<bool, SqlxError> {
    let key = revchain_core::checksum::digest(&[what]);
    let key = i64::from_str_radix(&key[..15], 16).unwrap_or_default();
    let sql = format!("SELECT {function}({key})::text");
    let row = connection.fetch_one(raw_sql(AssertSqlSafe(sql))).await?;
    let answer: &str = row.try_get_unchecked(0)?;
    Ok(matches!(answer, "t" | "true"))
}

/// Returns a URL that names another database.
fn with_database(url: &str, name: &str) -> String {
    let (url, query) = url.split_once('?').map_or((url, ""), |(url, query)| (url, query));
    let host = url.find("://").map_or(0, |at| at + "://".len());
    let path = url[host..].find('/').map_or(url.len(), |at| host + at);
    let mut other = format!("{}/{name}", &url[..path]);
    let mut sign = '?';
    for parameter in query.split('&') {
        if !parameter.is_empty() && !parameter.starts_with("dbname=") {
            other.push(std::mem::replace(&mut sign, '&'));
            other.push_str(parameter);
        }
    }
    other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_names_another_database_and_keeps_the_rest() {
        let cases = [
            (
                "postgres://ann:s%40e@db:5433/shop?sslmode=require",
                "postgres://ann:s%40e@db:5433/t?sslmode=require",
            ),
            ("postgres://db", "postgres://db/t"),
            (
                "postgresql:///shop?host=/run/postgresql&dbname=x",
                "postgresql:///t?host=/run/postgresql",
            ),
            ("postgres://[::1]:5432/?user=ann", "postgres://[::1]:5432/t?user=ann"),
        ];
        for (url, expected) in cases {
            assert_eq!(with_database(url, "t"), expected);
            assert!(expected.parse::<PgConnectOptions>().is_ok(), "{expected}");
        }
    }
}
