//! What a run tells: before and after each revision, and at its end.

use std::time::Duration;

use revchain_core::checksum::Direction;

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The revisions, in the order in which they were done.
    pub steps: Vec<Done>,
    /// Revisions whose stored downgrade was replaced by the corrected one.
    pub corrected: Vec<String>,
}

impl Report {
    /// Tells whether there was nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.corrected.is_empty()
    }
}

/// A revision that was done, one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The id.
    pub revision: String,
    /// The message.
    pub message: String,
    /// The way.
    pub direction: Direction,
    /// How long its statements took.
    pub duration: Duration,
    /// Whether the ledger alone was changed, by `stamp`.
    pub stamped: bool,
    /// Whether an earlier run had begun it.
    pub resumed: bool,
}

/// What an observer is told while a run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// Another run has the database.
    Waiting {
        /// How long already.
        waited: Duration,
    },
    /// A revision begins.
    Started {
        /// The id.
        revision: String,
        /// The message.
        message: String,
        /// The way.
        direction: Direction,
        /// The number of the step, from 1.
        step: usize,
        /// How many steps there are.
        total: usize,
    },
    /// A revision is done; its transaction may still be open.
    Finished(Done),
}
