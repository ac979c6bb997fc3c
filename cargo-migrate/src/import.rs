//! Migrations of another tool, as revisions: each layout is read into the same form, which becomes files and lock lines.

mod alembic;
mod dbmate;
mod diesel;
mod flyway;
mod golang_migrate;
mod goose;
mod layout;
mod refinery;
mod revision;
mod sea_orm;
mod sqlx;
mod writer;

use std::path::Path;

use clap::ValueEnum;
use jiff::Timestamp;
use revchain_core::Dialects;

use crate::failure::Failure;
use crate::session::Session;

pub(crate) use layout::Old;
pub(crate) use sqlx::checksum as sqlx_checksum;
pub(crate) use writer::{Imported, Made, import};

/// A tool whose files can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tool {
    Sqlx,
    Diesel,
    Refinery,
    SeaOrm,
    Dbmate,
    Goose,
    GolangMigrate,
    Flyway,
    Alembic,
}

impl Tool {
    /// Reads a folder of the tool's migrations, in the order in which the tool runs them.
    ///
    /// # Errors
    ///
    /// The folder has none, the tool would refuse it, or a file cannot be read.
    pub(crate) fn read(
        self,
        session: &Session<'_>,
        folder: &Path,
        python: Option<&Path>,
        dialects: Dialects,
    ) -> Result<Old, Failure> {
        match self {
            Self::Sqlx => layout::read(self, folder, 1, sqlx::piece),
            Self::Diesel => layout::read(self, folder, 2, diesel::piece),
            Self::Refinery => layout::read(self, folder, layout::DEEP, refinery::piece),
            Self::SeaOrm => sea_orm::read(folder),
            Self::Dbmate => layout::read(self, folder, 1, dbmate::piece),
            Self::Goose => layout::read(self, folder, 1, goose::piece),
            Self::GolangMigrate => layout::read(self, folder, 1, golang_migrate::piece),
            Self::Flyway => layout::read(self, folder, layout::DEEP, flyway::piece),
            Self::Alembic => alembic::read(session, folder, python, dialects),
        }
    }

    /// Returns its name, as the command line and `origin` have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlx => "sqlx",
            Self::Diesel => "diesel",
            Self::Refinery => "refinery",
            Self::SeaOrm => "sea-orm",
            Self::Dbmate => "dbmate",
            Self::Goose => "goose",
            Self::GolangMigrate => "golang-migrate",
            Self::Flyway => "flyway",
            Self::Alembic => "alembic",
        }
    }

    /// Returns what its files look like.
    const fn example(self) -> &'static str {
        match self {
            Self::Sqlx => "20240131120000_add_users.sql or 20240131120000_add_users.up.sql",
            Self::Diesel => "2024-01-31-120000_add_users/up.sql",
            Self::Refinery => "V1__add_users.sql",
            Self::SeaOrm => "src/lib.rs with the Migrator, and src/m20240131_000001_add_users.rs",
            Self::Dbmate => "20240131120000_add_users.sql",
            Self::Goose => "00001_add_users.sql",
            Self::GolangMigrate => "000001_add_users.up.sql",
            Self::Flyway => "V1__add_users.sql",
            Self::Alembic => "alembic.ini",
        }
    }
}

/// A migration as its tool had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Migration {
    /// What the tool's table calls it.
    pub(crate) version: String,
    pub(crate) message: String,
    pub(crate) up: Body,
    pub(crate) down: Option<Way>,
    /// What the tool's table says of its text, several separated by `,` where it depends on how the tool was built; `-`
    /// where it says nothing.
    pub(crate) checksum: String,
    /// The file, from the folder on.
    pub(crate) file: String,
    /// What a person has to look at.
    pub(crate) hand: Vec<String>,
    /// Why there is no way back, where the tool has one.
    pub(crate) no_way_back: Option<String>,
    /// Its place in a graph, where the tool has one: else it revises the one before it.
    pub(crate) node: Option<Node>,
}

/// A place in a graph of revisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) parents: Vec<String>,
    pub(crate) depends_on: Vec<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) created: Option<Timestamp>,
}

/// What a migration runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Sql(Way),
    /// A program, which is not read.
    Program,
    /// What the tool cannot print as SQL, and why.
    Unprinted(String),
}

/// One direction of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) sql: String,
    pub(crate) transaction: Transaction,
}

/// Whether the tool runs one direction in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transaction {
    On,
    Off,
    /// Unless a statement cannot be in one.
    AsNeeded,
    /// As `AsNeeded`, and `BEGIN` and `COMMIT` around all of the file are the file's own.
    Own,
}
