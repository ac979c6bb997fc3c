//! Takes a chain up and back down in a scratch database, revision by revision: which downgrades do not lead back.

use std::num::NonZeroU32;

use revchain::{ErrorKind, Migrations, Target};
use revchain_core::Dialect;
use revchain_core::set::{Downgrade, Revision, Set};
use revchain_core::text::Position;
use revchain_schema::Snapshot;
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::failure::Failure;
use crate::output::counted;
use crate::run;
use crate::scratch::{Scratch, Servers};
use crate::session::Session;
use crate::side::to_replay;

/// A downgrade that does not lead back to where its upgrade began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) id: String,
    /// The file and, where it is known, the line.
    pub(crate) path: String,
    pub(crate) dialect: Dialect,
    pub(crate) reason: String,
}

impl Fault {
    /// Returns what is to be said of it.
    pub(crate) fn message(&self) -> String {
        let Self { id, path, dialect, reason } = self;
        format!("the downgrade of `{id}` does not lead back on {dialect}: {reason} ({path})")
    }

    /// Returns the command that helps.
    pub(crate) fn help(&self) -> String {
        format!("put another in its place: cargo migrate derive-downgrade {} --replace", self.id)
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "revision": self.id,
            "path": self.path,
            "dialect": self.dialect.name(),
            "reason": self.reason,
        })
    }
}

/// Tries the downgrades of a chain on each of its databases, up to the first revision that is written in Rust.
///
/// # Errors
///
/// A revision cannot be applied; there is no server to try it on.
pub(crate) fn rehearse(
    session: &mut Session<'_>,
    chain: &Chain,
    servers: &Servers,
) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for dialect in chain.set.settings.dialects.iter() {
        let migrations = to_replay(&chain.checked, dialect)?;
        let rehearsal = Rehearsal { set: migrations.set(), dialect, servers };
        faults.extend(rehearsal.run(session)?);
    }
    Ok(faults)
}

struct Rehearsal<'r> {
    set: &'r Set,
    dialect: Dialect,
    servers: &'r Servers,
}

impl Rehearsal<'_> {
    fn run(&self, session: &mut Session<'_>) -> Result<Vec<Fault>, Failure> {
        let revisions = &self.set.revisions;
        let count = revisions.iter().position(|one| one.is_rust()).unwrap_or(revisions.len());
        if let Some(first) = revisions.get(count) {
            let rest = counted(revisions.len() - count, "revision");
            let first = &first.id;
            session.output.say(format_args!(
                "not tried: {rest}, from `{first}` on, which is written in Rust"
            ));
        }
        let mut scratch = self.at(session, 0)?;
        let mut before = Vec::with_capacity(count);
        for place in 0..count {
            before.push(scratch.snapshot()?);
            self.up(&mut scratch, place + 1)?;
        }
        let mut faults = Vec::new();
        // How many revisions the database has; none where a downgrade has left something else.
        let mut has = Some(count);
        for place in (0..count).rev() {
            if self.is_irreversible(place) {
                continue;
            }
            if has != Some(place + 1) {
                scratch = self.at(session, place + 1)?;
            }
            let fault = self.back(&mut scratch, place, &before[place])?;
            has = fault.is_none().then_some(place);
            faults.extend(fault);
        }
        faults.reverse();
        Ok(faults)
    }

    /// Makes a database with the first revisions.
    fn at(&self, session: &mut Session<'_>, count: usize) -> Result<Scratch, Failure> {
        let history = &self.set.settings.history;
        let mut scratch = Scratch::make(session, self.dialect, history, self.servers)?;
        if count > 0 {
            self.up(&mut scratch, count)?;
        }
        Ok(scratch)
    }

    /// The first revisions of a set are a set of their own, as none revises one behind it.
    fn first(&self, count: usize) -> Migrations {
        Migrations::new(self.set.first(count), run::APPLICATION)
    }

    fn up(&self, scratch: &mut Scratch, count: usize) -> Result<(), Failure> {
        Ok(scratch.migrate(self.first(count).upgrade(Target::Heads))?)
    }

    fn is_irreversible(&self, place: usize) -> bool {
        let part = self.set.revisions[place].part(self.dialect);
        part.is_none_or(|part| matches!(part.downgrade, Downgrade::Irreversible(_)))
    }

    /// Takes one revision back, and says what is wrong with that.
    fn back(
        &self,
        scratch: &mut Scratch,
        place: usize,
        before: &Snapshot,
    ) -> Result<Option<Fault>, Failure> {
        let revision = &self.set.revisions[place];
        let fault = |line: Option<NonZeroU32>, reason: String| {
            let line = line.map(|line| format!(":{line}")).unwrap_or_default();
            let path = format!("{}/{}{line}", self.set.folder, revision.path);
            Some(Fault { id: revision.id.to_string(), path, dialect: self.dialect, reason })
        };
        let below = self.first(place);
        // What a set does not know is taken back by what the database has stored.
        let ran = scratch.migrate(below.downgrade(Target::Heads).stored(true));
        if let Err(error) = ran {
            return Ok(match error.kind() {
                ErrorKind::Statement(failure) => {
                    let line = self.line(revision, failure.number);
                    fault(line, failure.source.to_string())
                }
                _ => fault(None, error.to_string()),
            });
        }
        let found = scratch.snapshot()?;
        let differences = before.differences(&found);
        let Some(first) = differences.first() else { return Ok(None) };
        let reason = match (&first.before, &first.after) {
            (Some(_), None) => format!("{} is gone", first.key),
            (None, Some(_)) => format!("{} stays behind", first.key),
            _ => format!("{} is another than its upgrade found", first.key),
        };
        Ok(fault(None, reason))
    }

    /// Returns the line where a statement of a downgrade begins, in the file and not in what was stored of it.
    fn line(&self, revision: &Revision, number: usize) -> Option<NonZeroU32> {
        let Downgrade::Section(section) = &revision.part(self.dialect)?.downgrade else {
            return None;
        };
        let statement = section.statements.get(number.checked_sub(1)?)?;
        Some(Position::of(&revision.text, statement.start as usize).line)
    }
}
