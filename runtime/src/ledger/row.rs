//! A row of the ledger, whole.

use std::borrow::Cow;

use revchain_core::checksum::Direction;

use crate::sql::Row;

/// How far a revision is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Applied.
    Applied,
    /// Begun and not finished: a run is at it, or died.
    Upgrading,
    /// Its downgrade has begun and not finished.
    Downgrading,
}

impl State {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Upgrading => "upgrading",
            Self::Downgrading => "downgrading",
        }
    }

    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "applied" => Some(Self::Applied),
            "upgrading" => Some(Self::Upgrading),
            "downgrading" => Some(Self::Downgrading),
            _ => None,
        }
    }

    /// Returns the state of a revision that was begun in a direction.
    pub(crate) const fn begun_by(direction: Direction) -> Self {
        match direction {
            Direction::Upgrade => Self::Upgrading,
            Direction::Downgrade => Self::Downgrading,
        }
    }

    /// Returns the direction that was begun, for a revision that is half done.
    pub(crate) const fn begun(self) -> Option<Direction> {
        match self {
            Self::Applied => None,
            Self::Upgrading => Some(Direction::Upgrade),
            Self::Downgrading => Some(Direction::Downgrade),
        }
    }
}

/// One row of the ledger, whole.
///
/// ```
/// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use revchain::{State, Target};
///
/// # let mut connection = rusqlite::Connection::open_in_memory()?;
/// # MIGRATIONS.upgrade(Target::Head).run(&mut connection)?;
/// let status = MIGRATIONS.current().run(&mut connection)?;
/// let first = &status.applied[0];
/// assert_eq!((first.revision.as_str(), first.state), ("5b1e90c4a7d2", State::Applied));
/// assert!(first.downgrade.contains("DROP TABLE books"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The revision's id.
    pub revision: String,
    /// The number of the row, in the order of application.
    pub sequence: i64,
    /// What it revises.
    pub parents: Vec<String>,
    /// What it depends on besides.
    pub dependencies: Vec<String>,
    /// Its message.
    pub message: String,
    /// Its checksum, `b3v1:…`.
    pub upgrade_checksum: String,
    /// The checksum of the stored downgrade.
    pub downgrade_checksum: String,
    /// The downgrade's section, marker line included, or `-- migrate:irreversible <reason>`, or `rust`.
    pub downgrade: String,
    /// How far it is.
    pub state: State,
    /// How many statements of what was begun are done.
    pub statements_done: i64,
    /// Hashes of the statements of what was begun.
    pub statements: String,
    /// When it was applied (RFC 3339, UTC).
    pub applied_at: String,
    /// How long that took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// The application that applied it, with its version.
    pub application: String,
    /// The version of revchain that applied it.
    pub revchain: String,
}

pub(super) const COLUMNS: &str = "revision, sequence, parents, dependencies, message, upgrade_checksum, \
    downgrade_checksum, downgrade, state, statements_done, statements, applied_at, duration_ms, \
    application, revchain";

impl Applied {
    /// Returns how many statements of what was begun are done.
    pub(crate) fn done(&self) -> u32 {
        u32::try_from(self.statements_done).unwrap_or(0)
    }

    /// Returns what it revises and depends on.
    pub(crate) fn needs(&self) -> impl Iterator<Item = &String> {
        self.parents.iter().chain(&self.dependencies)
    }

    pub(crate) fn of(row: &dyn Row) -> Option<Self> {
        // The rest may be missing, or is no text.
        for column in [0, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14] {
            row.text(column)?;
        }
        let text = |column| row.text(column).map(Cow::into_owned).unwrap_or_default();
        let ids = |column| {
            let mut ids = Vec::new();
            for id in text(column).split_ascii_whitespace() {
                ids.push(id.to_owned());
            }
            ids
        };
        Some(Self {
            revision: text(0),
            sequence: row.integer(1)?,
            parents: ids(2),
            dependencies: ids(3),
            message: text(4),
            upgrade_checksum: text(5),
            downgrade_checksum: text(6),
            downgrade: text(7),
            state: State::of(&text(8))?,
            statements_done: row.integer(9)?,
            statements: text(10),
            applied_at: text(11),
            duration_ms: row.integer(12),
            application: text(13),
            revchain: text(14),
        })
    }
}
