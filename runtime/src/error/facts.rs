//! What an error tells.

use std::fmt;

use revchain_core::checksum::Direction;
use revchain_core::order::sorted;
use revchain_core::problem::Place;
use revchain_core::set::{Revision, Set};

use super::Source;
use crate::ledger::Applied;

/// A revision and its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The id.
    pub revision: String,
    /// The message.
    pub message: String,
    /// The file, as it is shown.
    pub path: String,
}

impl Named {
    pub(crate) fn of(set: &Set, revision: &Revision) -> Self {
        Self {
            revision: revision.id.to_string(),
            message: revision.message.to_string(),
            path: format!("{}/{}", set.folder, revision.path),
        }
    }

    /// Names a revision that only the database knows.
    pub(crate) fn stored(row: &Applied) -> Self {
        Self {
            revision: row.revision.clone(),
            message: row.message.clone(),
            path: format!("the stored downgrade of {}", row.revision),
        }
    }
}

/// A revision that the database applied in another form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerDifference {
    /// The revision.
    pub revision: Named,
    /// What differs.
    pub direction: Direction,
    /// What it revised when it was applied, where that is not what it revises now: it was moved.
    pub revised: Option<Vec<String>>,
}

impl LedgerDifference {
    pub(crate) fn of(
        set: &Set,
        revision: &Revision,
        direction: Direction,
        row: Option<&Applied>,
    ) -> Self {
        let [parents, _] = set.needs(revision);
        let parents = sorted(parents);
        let revised =
            row.map(|row| sorted(row.parents.clone())).filter(|revised| *revised != parents);
        Self { revision: Named::of(set, revision), direction, revised }
    }
}

/// A database in the middle of what a revision replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartlyReplaced {
    /// The revision.
    pub by: Named,
    /// What the database has of it.
    pub has: Vec<String>,
    /// What it lacks.
    pub lacks: Vec<String>,
    /// The last of them, where the files are there that take it to the end.
    pub last: Option<String>,
    /// The applications that applied what it has.
    pub applications: Vec<String>,
}

/// A revision that only the database knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The id.
    pub revision: String,
    /// The message.
    pub message: String,
    /// The application that applied it, with its version.
    pub application: String,
}

/// A row that refers to a row that is not there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Violation {
    /// The table of the row.
    pub table: String,
    /// The row, by its key.
    pub row: String,
    /// The table that it refers to.
    pub parent: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table `{}`, row {} refers to no row of `{}`", self.table, self.row, self.parent)
    }
}

/// A statement that may be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MayBeDone {
    /// The revision.
    pub revision: String,
    /// The way it was going.
    pub direction: Direction,
    /// Where the statement stands.
    pub place: Place,
    /// The number of the statement in its section, from 1.
    pub number: usize,
    /// How many statements the section has.
    pub total: usize,
}

/// A statement that the database refused.
#[derive(Debug)]
pub struct StatementFailure {
    /// The revision.
    pub revision: String,
    /// The way it was going.
    pub direction: Direction,
    /// Where the statement stands; the column is the database's where it gave one.
    pub place: Place,
    /// Whether the database said where in the statement it is.
    pub exact: bool,
    /// The number of the statement in its section, from 1.
    pub number: usize,
    /// How many statements the section has.
    pub total: usize,
    /// Whether the statements before it are kept, because the section runs without a transaction.
    pub kept: bool,
    /// Whether the database was busy.
    pub busy: bool,
    /// The database's words.
    pub source: Source,
}

/// A function of a revision that returned an error.
#[derive(Debug)]
pub struct FunctionFailure {
    /// The revision.
    pub revision: String,
    /// The way it was going.
    pub direction: Direction,
    /// The function.
    pub function: String,
    /// Where the function stands.
    pub place: Place,
    /// Whether what it did before is kept, because it ended the transaction that it ran in.
    pub kept: bool,
    /// Whether the revision is half done so: MySQL ends the transaction where a table changes.
    pub half_done: bool,
    /// Whether the database was busy.
    pub busy: bool,
    /// The function's error.
    pub source: Source,
}
