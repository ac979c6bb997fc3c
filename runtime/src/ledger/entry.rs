//! What is written about a revision.

use std::borrow::Cow;
use std::time::Duration;

use revchain_core::Dialect;
use revchain_core::checksum::Direction;
use revchain_core::script::Script;
use revchain_core::set::{Downgrade, Part, Revision};

use super::State;
use crate::function;
use crate::plan::Step;
use crate::sql::Value;

/// What was done, in the table of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Upgraded,
    Downgraded,
    Stamped,
    Unstamped,
    Resolved,
    CorrectedDowngrade,
    /// Recorded in the place of what it replaces.
    Replaced,
    /// The record in the place of what it replaces was removed.
    Unreplaced,
    /// Recorded as another tool's table says.
    Adopted,
}

impl Deed {
    /// Returns what a step does.
    pub(crate) fn of(step: &Step) -> Self {
        match (step.direction, step.stamp) {
            (Direction::Upgrade, true) if step.adopted => Self::Adopted,
            (Direction::Upgrade, true) if step.replacing => Self::Replaced,
            (Direction::Downgrade, true) if step.replacing => Self::Unreplaced,
            (Direction::Upgrade, false) => Self::Upgraded,
            (Direction::Upgrade, true) => Self::Stamped,
            (Direction::Downgrade, false) => Self::Downgraded,
            (Direction::Downgrade, true) => Self::Unstamped,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Upgraded => "upgrade",
            Self::Downgraded => "downgrade",
            Self::Stamped => "stamp",
            Self::Unstamped => "unstamp",
            Self::Resolved => "resolve",
            Self::CorrectedDowngrade => "correct downgrade",
            Self::Replaced => "replace",
            Self::Unreplaced => "unreplace",
            Self::Adopted => "adopt",
        }
    }
}

/// What is written about a revision.
pub(crate) struct Entry<'s> {
    pub(crate) revision: &'s Revision,
    pub(crate) part: &'s Part,
    pub(crate) state: State,
    /// The row's number, or none where only the database knows the last one.
    pub(crate) sequence: Option<i64>,
    pub(crate) duration: Took,
    /// Hashes of the statements, where the revision is only begun.
    pub(crate) statements: Cow<'s, str>,
}

/// Returns what the ledger keeps of a downgrade: the section whole, or the marker that says why there is none.
///
/// Above it stands what the revision replaces, as its header says it, for that is a part of the checksum.
pub(crate) fn stored_downgrade(revision: &Revision, part: &Part) -> Cow<'static, str> {
    let stored = stored_section(revision, part);
    if revision.replaces.is_empty() || stored == function::STORED {
        return stored;
    }
    let (script, _) = if revision.is_rust() {
        Script::read_rust(&revision.path, &revision.text)
    } else {
        Script::read(&revision.path, &revision.text)
    };
    match script.replaces {
        Some(replaces) => Cow::Owned(format!("-- replaces: {}\n\n{stored}", replaces.whole.text)),
        None => stored,
    }
}

fn stored_section(revision: &Revision, part: &Part) -> Cow<'static, str> {
    match &part.downgrade {
        Downgrade::Section(_) if revision.is_rust() => Cow::Borrowed(function::STORED),
        Downgrade::Section(section) if section.span.end == 0 => {
            Cow::Borrowed("-- migrate:downgrade")
        }
        Downgrade::Section(section) => Cow::Owned(section.span.of(&revision.text).to_owned()),
        Downgrade::Irreversible(reason) => Cow::Owned(format!("-- migrate:irreversible {reason}")),
    }
}

/// How long something took.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Took {
    Unknown,
    Time(Duration),
    /// From the begin of the transaction until it is written: only the database can tell.
    SinceBegin,
}

impl Took {
    /// Returns the SQL for the milliseconds, and its value where it has a `?`.
    pub(super) fn milliseconds(self, dialect: Dialect) -> (&'static str, Option<Value<'static>>) {
        match self {
            Self::Unknown => ("?", Some(Value::Null)),
            Self::Time(duration) => ("?", Some(Value::Integer(duration.as_millis() as i64))),
            Self::SinceBegin if dialect == Dialect::Mysql => {
                ("timestampdiff(MICROSECOND, @revchain_began, utc_timestamp(6)) DIV 1000", None)
            }
            Self::SinceBegin => (
                "(1000 * extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.now()))::bigint",
                None,
            ),
        }
    }
}

/// The present, as RFC 3339 in UTC.
pub(super) fn now(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        Dialect::Postgres => {
            "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
        }
        Dialect::Mysql => {
            "concat(left(date_format(utc_timestamp(3), '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z')"
        }
    }
}
