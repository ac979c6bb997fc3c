//! A connection to a database, whichever it is: what verbs do on it.

#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
mod asynchronous;
#[cfg(feature = "sqlx-mysql")]
mod mysql;
#[cfg(feature = "sqlx-postgres")]
mod postgres;
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
mod refusal;
#[cfg(feature = "rusqlite")]
mod rusqlite;
#[cfg(any(feature = "rusqlite", feature = "sqlx-sqlite"))]
mod sqlite;
#[cfg(all(feature = "sqlx-sqlite", not(feature = "rusqlite")))]
mod sqlx_sqlite;
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres"))]
mod waiting;

use revchain_core::{Dialect, Set};

use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::url::{DatabaseUrl, Place};
use crate::{Current, Error, Migrations, Plan, Report, Run, Status, Verify};

/// Asks SQLite for the foreign keys that fit no unique key of their parent, each by its table and its number.
pub const UNFIT: &str = crate::foreign_keys::UNFIT;

/// What a verb does with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads; a file that is not there is an empty database, and is not made.
    Look,
    /// Writes, and makes the file where it is not there.
    Write,
    /// Writes to what is there.
    WriteExisting,
}

/// An open connection; no verb knows to which database.
pub struct Database(Box<dyn Connected>);

/// What verbs do on a connection.
trait Connected: Send {
    fn run(&mut self, run: Run<'_>) -> Result<Report, Error>;
    fn plan(&mut self, run: Run<'_>) -> Result<Plan, Error>;
    fn current(&mut self, current: Current<'_>) -> Result<Status, Error>;
    fn verify(&mut self, verify: Verify<'_>) -> Result<(), Error>;
    fn execute(&mut self, sql: &str) -> Result<(), Refused>;
    fn texts(&mut self, sql: &str) -> Result<Vec<String>, Refused>;
    fn rows(&mut self, sql: &str) -> Result<Vec<Row>, Refused>;
    fn answers(&mut self, queries: &[String]) -> Result<Vec<Vec<Row>>, Refused> {
        queries.iter().map(|query| self.rows(query)).collect()
    }
}

/// A row of an answer, each value as text.
pub type Row = Vec<Option<String>>;

/// What the database has against a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its words.
    pub words: String,
    /// Whether a table or a schema is not there.
    pub no_table: bool,
}

impl DatabaseUrl {
    /// Opens the database, for a set that serves its dialect.
    ///
    /// # Errors
    ///
    /// It is not there, cannot be reached, or speaks another dialect.
    pub fn open(
        &self,
        session: &mut Session<'_>,
        set: &Set,
        access: Access,
    ) -> Result<Database, Failure> {
        let (dialect, served) = (self.dialect(), set.settings.dialects);
        if !served.contains(dialect) {
            let all = format!("{served} {dialect}");
            return Err(Failure::usage(format!(
                "the set serves {served}, and {self} is {dialect}"
            ))
            .help(format!("let it serve both: cargo migrate set dialects {}", all.trim())));
        }
        let mut database = self.open_any(session, access)?;
        self.arrived(&mut database)?;
        Ok(database)
    }

    /// Makes sure that the session works in the schema that was named: a pooler may have dropped what it was told.
    fn arrived(&self, database: &mut Database) -> Result<(), Failure> {
        let Some(schema) = self.schema() else { return Ok(()) };
        let refused = |words: String| {
            Failure::new(format!("the session does not work in the schema `{schema}`")).note(words)
        };
        let current = "SELECT pg_catalog.current_schema()::text FROM (SELECT 1) one \
                       WHERE pg_catalog.current_schema() IS NOT NULL";
        let found = database.texts(current).map_err(|error| refused(error.words))?;
        match found.first() {
            Some(found) if found == schema => Ok(()),
            Some(found) => Err(refused(format!("it works in `{found}`"))
                .help("does a pooler stand before the server? connect to the server itself")),
            None => {
                Err(refused("it is gone, or the role may not use it".to_owned()).help(format!(
                    "let the role in: GRANT USAGE, CREATE ON SCHEMA {} TO …",
                    Dialect::Postgres.quote_identifier(schema)
                )))
            }
        }
    }

    /// Opens the database, whichever it is.
    ///
    /// # Errors
    ///
    /// It is not there, cannot be reached, or this build does not serve it.
    pub fn open_any(&self, session: &mut Session<'_>, access: Access) -> Result<Database, Failure> {
        // Which of them a place needs, the features say.
        let _ = (&session, access);
        match &self.place {
            #[cfg(feature = "rusqlite")]
            Place::Sqlite(place) => {
                let opening = sqlite::opening(place, self, session, access)?;
                Ok(Database(Box::new(rusqlite::open(opening, self)?)))
            }
            #[cfg(all(feature = "sqlx-sqlite", not(feature = "rusqlite")))]
            Place::Sqlite(place) => {
                let opening = sqlite::opening(place, self, session, access)?;
                Ok(Database(Box::new(sqlx_sqlite::open(opening, self)?)))
            }
            #[cfg(feature = "sqlx-postgres")]
            Place::Postgres(place) => {
                let folder = session.folder.clone();
                let connect = || postgres::connect(place, &folder);
                Ok(Database(Box::new(waiting::wait(self, &mut session.output, connect)?)))
            }
            #[cfg(feature = "sqlx-mysql")]
            Place::Mysql(place) => {
                let folder = session.folder.clone();
                let connect = || mysql::connect(place, &folder);
                Ok(Database(Box::new(waiting::wait(self, &mut session.output, connect)?)))
            }
            #[cfg(not(any(feature = "rusqlite", feature = "sqlx-sqlite")))]
            Place::Sqlite(_) => Err(not_served("SQLite", "`rusqlite` or `sqlx-sqlite`")),
            #[cfg(not(feature = "sqlx-postgres"))]
            Place::Postgres(_) => Err(not_served("PostgreSQL", "`sqlx-postgres`")),
            #[cfg(not(feature = "sqlx-mysql"))]
            Place::Mysql(_) => Err(not_served("MySQL and MariaDB", "`sqlx-mysql`")),
        }
    }
}

/// Says which feature is missing.
#[cfg(not(all(
    any(feature = "rusqlite", feature = "sqlx-sqlite"),
    feature = "sqlx-mysql",
    feature = "sqlx-postgres"
)))]
fn not_served(name: &str, feature: &str) -> Failure {
    Failure::usage(format!("this build does not serve {name}"))
        .note(format!("the feature {feature} of the crate `revchain` is not enabled"))
        .help(format!("enable it in Cargo.toml, beside `cli`: {feature}"))
}

impl Database {
    /// Runs.
    ///
    /// # Errors
    ///
    /// What stopped the run.
    pub fn run(&mut self, run: Run<'_>) -> Result<Report, Error> {
        self.0.run(run)
    }

    /// Returns what a run would do.
    ///
    /// # Errors
    ///
    /// What would stop it before its first statement.
    pub fn plan(&mut self, run: Run<'_>) -> Result<Plan, Error> {
        self.0.plan(run)
    }

    /// Returns what is applied.
    ///
    /// # Errors
    ///
    /// The ledger cannot be read.
    pub fn current(&mut self, migrations: &Migrations) -> Result<Status, Error> {
        self.0.current(migrations.current())
    }

    /// Tells whether the database is where a set wants it.
    ///
    /// # Errors
    ///
    /// It is not.
    pub fn verify(&mut self, verify: Verify<'_>) -> Result<(), Error> {
        self.0.verify(verify)
    }

    /// Executes a statement that is no revision's.
    ///
    /// # Errors
    ///
    /// The database refuses it.
    pub fn execute(&mut self, sql: &str) -> Result<(), Refused> {
        self.0.execute(sql)
    }

    /// Returns a query's rows, each value as text.
    ///
    /// # Errors
    ///
    /// The database refuses it.
    pub fn rows(&mut self, sql: &str) -> Result<Vec<Row>, Refused> {
        self.0.rows(sql)
    }

    /// Returns the rows of each query, each value as text; a server is sent them as one message.
    ///
    /// # Errors
    ///
    /// The database refuses one.
    pub fn answers(&mut self, queries: &[String]) -> Result<Vec<Vec<Row>>, Refused> {
        self.0.answers(queries)
    }

    /// Returns the first column of a query's rows.
    ///
    /// # Errors
    ///
    /// The database refuses it.
    pub fn texts(&mut self, sql: &str) -> Result<Vec<String>, Refused> {
        self.0.texts(sql)
    }
}
