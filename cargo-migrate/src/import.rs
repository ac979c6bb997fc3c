//! Migrations of another tool, as revisions: each layout is read into the same form, which becomes files and lock lines.

mod sqlx;
mod writer;

use std::path::Path;

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use revchain_core::checksum::digest;

use crate::failure::Failure;

pub(crate) use writer::{Imported, import};

/// A tool whose files can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tool {
    Sqlx,
}

impl Tool {
    /// Reads a folder of the tool's migrations, in the order in which the tool runs them.
    ///
    /// # Errors
    ///
    /// The folder has none, the tool would refuse it, or a file cannot be read.
    pub(crate) fn read(self, folder: &Path) -> Result<Vec<Migration>, Failure> {
        let migrations = match self {
            Self::Sqlx => sqlx::read(folder)?,
        };
        if migrations.is_empty() {
            return Err(Failure::new(format!(
                "no migration of {} in {}",
                self.name(),
                folder.display()
            ))
            .help("name the folder that has them: cargo migrate import --from sqlx migrations"));
        }
        Ok(migrations)
    }

    /// Returns its name, as the command line and `origin` have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlx => "sqlx",
        }
    }
}

/// A migration as its tool had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Migration {
    /// What the tool's table calls it.
    pub(crate) version: String,
    pub(crate) message: String,
    pub(crate) up: Way,
    pub(crate) down: Option<Way>,
    /// What the tool's table says of its text; `-` where it says nothing.
    pub(crate) checksum: String,
    /// The file's name.
    pub(crate) file: String,
}

/// One direction of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) sql: String,
    /// Whether the tool runs it in a transaction.
    pub(crate) transaction: bool,
}

impl Way {
    /// Returns its section.
    fn section(&self, direction: &str) -> String {
        let options = if self.transaction { "" } else { " transaction=off" };
        format!("-- migrate:{direction}{options}\n{}\n", self.sql.trim_end())
    }
}

impl Migration {
    /// Returns the id: the same for everybody who imports it.
    fn id(&self, tool: Tool) -> String {
        digest(&["import", tool.name(), &self.version])[..12].to_owned()
    }

    /// Returns when it was written, as a version of 14 digits says. Any other version gives as many minutes of 1970, so
    /// that the files' names keep the order.
    fn created(&self) -> Timestamp {
        let moment = (self.version.len() == 14)
            .then(|| DateTime::strptime("%Y%m%d%H%M%S", &self.version).ok())
            .flatten()
            .and_then(|moment| moment.to_zoned(TimeZone::UTC).ok());
        if let Some(moment) = moment {
            return moment.timestamp();
        }
        let minutes: i64 = self.version.parse().unwrap_or(0);
        Timestamp::from_second(minutes.saturating_mul(60)).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Returns the sections of its revision.
    fn sections(&self, tool: Tool) -> String {
        let up = self.up.section("upgrade");
        match &self.down {
            Some(down) => format!("{up}\n{}", down.section("downgrade")),
            None => {
                format!("{up}\n-- migrate:irreversible {} had no way back for it\n", tool.name())
            }
        }
    }
}
