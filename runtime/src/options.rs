//! What a caller chooses for a run.

use std::borrow::Cow;
use std::time::Duration;

/// How much of a run commits together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transactions {
    /// The whole run, all or nothing: the default on SQLite.
    #[default]
    PerRun,
    /// Each revision.
    PerRevision,
}

/// What to do when the database has revisions that the set does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ahead {
    /// Stop with an error, unless `REVCHAIN_AHEAD=allow` is set.
    #[default]
    Refuse,
    /// Succeed, when nothing of the set's own is pending: for rolling deploys.
    Allow,
}

/// The options of a run, as the engine takes them.
#[derive(Clone, Debug)]
pub(crate) struct Options<'s> {
    pub(crate) transactions: Transactions,
    /// How long to wait for another run.
    pub(crate) wait: Duration,
    pub(crate) ahead_allowed: bool,
    pub(crate) tag: Option<Cow<'s, str>>,
    /// Whether somebody listens.
    pub(crate) observed: bool,
    /// Whether the run is written down and not performed: nothing takes any time.
    pub(crate) scripted: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            transactions: Transactions::default(),
            wait: Duration::from_secs(15 * 60),
            ahead_allowed: false,
            tag: None,
            observed: false,
            scripted: false,
        }
    }
}
