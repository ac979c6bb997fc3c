//! The check of an application that starts.

use revchain_core::{Dialect, Target};

use super::current::half_done;
use super::{Migrations, Run};
use crate::engine::{Engine, Goal, Outcome};
use crate::error::{Error, ErrorKind, Named};
use crate::options::Ahead;
use crate::plan::Request;

/// The check of an application that starts.
#[must_use = "nothing happens before it is run"]
pub struct Verify<'r> {
    pub(super) migrations: &'r Migrations,
    pub(super) ahead: Ahead,
}

impl Verify<'_> {
    /// Chooses what to do when the database has revisions that the set does not know.
    ///
    /// ```
    /// # revchain::migrations!(static MIGRATIONS = "../examples/quickstart/migrations");
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use revchain::Ahead;
    ///
    /// # let mut connection = rusqlite::Connection::open_in_memory()?;
    /// // Nothing is applied: being lenient about what is unknown does not make that right.
    /// let verify = MIGRATIONS.verify().ahead(Ahead::Allow);
    /// assert_eq!(verify.run(&mut connection).unwrap_err().code(), "pending");
    /// # Ok(())
    /// # }
    /// ```
    pub fn ahead(mut self, ahead: Ahead) -> Self {
        self.ahead = ahead;
        self
    }

    /// Returns the run that looks, and its machine.
    #[inline]
    pub(super) fn prepare(&self, dialect: Dialect) -> Result<(Run<'_>, Engine<'_>), Error> {
        let mut run = Run::new(self.migrations, Request::Upgrade(Target::Heads)).ahead(self.ahead);
        let engine = run.engine(Goal::Plan, dialect)?;
        Ok((run, engine))
    }

    /// Says whether the database is where the set ends.
    #[inline]
    pub(super) fn judge(&self, outcome: &Outcome) -> Result<(), Error> {
        let set = &self.migrations.set;
        let fail = |kind| Err(Error::new(kind, Vec::new()));
        let begun = half_done(set, &outcome.contents);
        if !begun.is_empty() {
            return fail(ErrorKind::HalfDone(begun));
        }
        let mut pending = Vec::new();
        for step in &outcome.plan.steps {
            // A database that has what a revision replaces is where it should be.
            if let Some(revision) = step.revision(set)
                && !step.replacing
            {
                pending.push(Named::of(set, revision));
            }
        }
        if pending.is_empty() { Ok(()) } else { fail(ErrorKind::Pending(pending)) }
    }
}
