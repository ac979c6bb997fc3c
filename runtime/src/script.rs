//! A run as a script, for `--sql`: a driver that writes down what the engine would have executed.
//!
//! The engine is told that the database is where the range begins; all else is as in a real run, so a script and a run
//! cannot disagree.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use revchain_core::set::Set;
use revchain_core::target::TargetError;
use revchain_core::{Dialect, Target, Walk};

use crate::engine::{Action, Engine, Event, Failure, Outcome};
use crate::error::Error;
use crate::sql::Row;

/// Writes a run from `from` on.
pub(crate) fn write(
    mut engine: Engine<'_>,
    set: &Set,
    dialect: Dialect,
    from: &Target,
) -> Result<(String, Outcome), Error> {
    let applied = match assumed(set, from) {
        Ok(applied) => applied,
        Err(error) => return Err(Error::new(error.into(), Vec::new())),
    };
    let mut writer = Writer { set, dialect, applied, text: String::new() };
    let _ = writeln!(
        writer.text,
        "-- revchain {}: set {}, from {from}",
        env!("CARGO_PKG_VERSION"),
        set.settings.name
    );
    let mut action = engine.start(false);
    while let Some(event) = writer.perform(&mut engine, action) {
        action = engine.step(event, Duration::ZERO);
    }
    let outcome = engine.outcome()?;
    if outcome.report.is_empty() {
        writer.text.push_str("-- nothing to do\n");
    }
    Ok((writer.text, outcome))
}

/// Returns what is applied on a database that is at `from`.
fn assumed(set: &Set, from: &Target) -> Result<Vec<bool>, TargetError> {
    let walk = Walk::new(set, vec![false; set.revisions.len()]);
    Ok(walk.graph().ancestors(&walk.named(from)?))
}

struct Writer<'w> {
    set: &'w Set,
    dialect: Dialect,
    applied: Vec<bool>,
    text: String,
}

impl Writer<'_> {
    fn perform(&mut self, engine: &mut Engine<'_>, action: Action<'_>) -> Option<Event> {
        match action {
            Action::Finish => return None,
            Action::Execute(statements) => {
                for sql in statements {
                    let _ = writeln!(self.text, "{};", sql.written_out(self.dialect));
                }
            }
            Action::Query(_) if engine.reads_ledger() => {
                if !self.applied.contains(&true) {
                    return Some(Event::Failed(Failure {
                        statement: 0,
                        offset: None,
                        busy: false,
                        in_transaction: false,
                        source: "no such table".into(),
                    }));
                }
                self.rows(engine);
            }
            Action::Query(_) if engine.reads_sequence() => {
                let applied = self.applied.iter().filter(|applied| **applied).count();
                engine.row(&Number(applied as i64));
            }
            // `PRAGMA foreign_keys`: a script that switches them off finds them off.
            Action::Query(_) => engine.row(&Number(0)),
            Action::Tell(progress) => {
                if let crate::Progress::Started { revision, message, direction, .. } = progress {
                    let _ = writeln!(self.text, "\n-- {direction} {revision}: {message}");
                }
            }
            Action::LockFile
            | Action::UnlockFile
            | Action::Backup { .. }
            | Action::Restore { .. }
            | Action::Discard
            | Action::Wait(_) => {}
        }
        Some(Event::Done { in_transaction: false })
    }

    fn rows(&self, engine: &mut Engine<'_>) {
        let applied = self.set.revisions.iter().zip(&self.applied).filter(|(_, applied)| **applied);
        for (revision, _) in applied {
            if let Some(part) = revision.part(self.dialect) {
                let checksums =
                    [part.upgrade_checksum.to_string(), part.downgrade_checksum.to_string()];
                engine.row(&Assumed { id: &revision.id, checksums });
            }
        }
    }
}

/// A row of the ledger as it is where the range begins.
struct Assumed<'a> {
    id: &'a str,
    checksums: [String; 2],
}

impl Row for Assumed<'_> {
    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        let text = match column {
            0 => self.id,
            1 => &self.checksums[0],
            2 => &self.checksums[1],
            3 => crate::ledger::State::Applied.name(),
            _ => return None,
        };
        Some(Cow::Borrowed(text))
    }

    fn integer(&self, _: usize) -> Option<i64> {
        None
    }
}

struct Number(i64);

impl Row for Number {
    fn text(&self, _: usize) -> Option<Cow<'_, str>> {
        None
    }

    fn integer(&self, column: usize) -> Option<i64> {
        (column == 0).then_some(self.0)
    }
}
