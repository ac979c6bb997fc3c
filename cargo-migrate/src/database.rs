//! A connection to a database, whichever it is: what verbs do on it.

mod postgres;
mod refusal;
mod sqlite;
mod waiting;

use revchain::{Migrations, Plan, Report, Run, Status};
use revchain_core::Set;

use crate::failure::Failure;
use crate::session::Session;
use crate::url::{DatabaseUrl, Place};

/// What a verb does with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reads; a file that is not there is an empty database, and is not made.
    Look,
    /// Writes, and makes the file where it is not there.
    Write,
    /// Writes to what is there.
    WriteExisting,
}

/// An open connection; no verb knows to which database.
pub(crate) enum Database {
    Sqlite(rusqlite::Connection),
    Postgres(Box<postgres::Postgres>),
}

impl DatabaseUrl {
    /// Opens the database, for a set that serves its dialect.
    ///
    /// # Errors
    ///
    /// It is not there, cannot be reached, or speaks another dialect.
    pub(crate) fn open(
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
        match &self.place {
            Place::Sqlite(place) => {
                sqlite::open(place, self, session, access).map(Database::Sqlite)
            }
            Place::Postgres(place) => {
                let folder = session.folder.clone();
                let connect = || postgres::Postgres::connect(place, &folder);
                let connected = waiting::wait(self, &mut session.output, connect)?;
                Ok(Database::Postgres(Box::new(connected)))
            }
            Place::Mysql(_) => {
                Err(Failure::usage("this build does not serve MySQL and MariaDB yet")
                    .help("write a script for them: cargo migrate upgrade --sql --dialect mysql"))
            }
        }
    }
}

impl Database {
    /// Runs.
    ///
    /// # Errors
    ///
    /// What stopped the run.
    pub(crate) fn run(&mut self, run: Run<'_>) -> Result<Report, revchain::Error> {
        match self {
            Self::Sqlite(connection) => run.run(connection),
            Self::Postgres(postgres) => postgres.run(run),
        }
    }

    /// Returns what a run would do.
    ///
    /// # Errors
    ///
    /// What would stop it before its first statement.
    pub(crate) fn plan(&mut self, run: Run<'_>) -> Result<Plan, revchain::Error> {
        match self {
            Self::Sqlite(connection) => run.plan(connection),
            Self::Postgres(postgres) => postgres.plan(run),
        }
    }

    /// Returns what is applied.
    ///
    /// # Errors
    ///
    /// The ledger cannot be read.
    pub(crate) fn current(&mut self, migrations: &Migrations) -> Result<Status, revchain::Error> {
        match self {
            Self::Sqlite(connection) => migrations.current().run(connection),
            Self::Postgres(postgres) => postgres.current(migrations),
        }
    }
}
