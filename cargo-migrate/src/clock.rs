//! The time, as new files bear it.

use jiff::Timestamp;

use crate::session::Session;

/// Returns the time, to the second.
pub(crate) fn now(session: &Session<'_>) -> Timestamp {
    let now = Timestamp::try_from((session.clock)()).unwrap_or(Timestamp::UNIX_EPOCH);
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
